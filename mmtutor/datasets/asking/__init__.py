"""Questions about told scenes, and conversations: who speaks, what is asked, what is right."""

from mmtutor.datasets.asking.conversations import (
    CAPTION_WISH,
    by_scene,
    conversation,
    in_words,
    turn,
)
from mmtutor.datasets.asking.making import Asked, make_asked
from mmtutor.datasets.asking.parsing import CHOICES, parse, parse_among
from mmtutor.datasets.asking.questions import TYPES, Question, questions_of
from mmtutor.datasets.asking.words import (
    COLUMNS,
    END,
    IMAGE,
    IMAGE_TOKEN,
    MODEL,
    MODEL_TOKEN,
    PADDING,
    STOP,
    USER,
    USER_TOKEN,
    WORDS,
    decode,
    encode,
)

__all__ = [
    "CAPTION_WISH",
    "CHOICES",
    "COLUMNS",
    "END",
    "IMAGE",
    "IMAGE_TOKEN",
    "MODEL",
    "MODEL_TOKEN",
    "PADDING",
    "STOP",
    "TYPES",
    "USER",
    "USER_TOKEN",
    "WORDS",
    "Asked",
    "Question",
    "by_scene",
    "conversation",
    "decode",
    "encode",
    "in_words",
    "make_asked",
    "parse",
    "parse_among",
    "questions_of",
    "turn",
]
