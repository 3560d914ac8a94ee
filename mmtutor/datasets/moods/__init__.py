"""Moods: a sentence, a face and a tone of voice that can disagree, and a rule whom to believe.

Eyes open: the words are meant. Both eyes shut: the mouth says it. A wink: the voice does. The three
senses are drawn independently of each other (in the world "independent"), so that no modality can
be guessed from another; truth and limits are known. Raw data as a keyboard, a camera and a
microphone would give them, drawn when they are needed. `data/moods.md` is the data card.
"""

from mmtutor.datasets.moods.collection import PEOPLE, Moods, draw_face, make_moods, say
from mmtutor.datasets.moods.faces import SIDE
from mmtutor.datasets.moods.rules import (
    EYES,
    MODALITIES,
    NEUTRAL,
    SENSES,
    WORLDS,
    cases,
    limits,
    rule,
    summed,
    vote,
)
from mmtutor.datasets.moods.sentences import LONGEST, WORDS, sense_of, write
from mmtutor.datasets.moods.voices import SAMPLES

__all__ = [
    "EYES",
    "LONGEST",
    "MODALITIES",
    "NEUTRAL",
    "PEOPLE",
    "SAMPLES",
    "SENSES",
    "SIDE",
    "WORDS",
    "WORLDS",
    "Moods",
    "cases",
    "draw_face",
    "limits",
    "make_moods",
    "rule",
    "say",
    "sense_of",
    "summed",
    "vote",
    "write",
]
