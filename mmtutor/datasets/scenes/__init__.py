"""Scenes: coloured objects anywhere on a small canvas, with questions that have one true answer.

A scene is 64 × 64 pixels with 1 to 6 objects of different kinds, each of any size and colour, none
over another, on slightly noisy paper. Every scene carries a caption, a question, its answer, and
the box and the ink of every object: *where a model looks can be scored, not only admired*.

**Answers are balanced.** Somebody who reads the question and never sees the picture is right as
often as chance (`CHANCE`). That holds by construction: kinds and colours are drawn evenly, the
object that is asked about is placed first, and the others make room.

**Pairs held out.** Every kind has one colour that it never has in a scene with `pairs="seen"`: a
test whether a model that knows "green" and "umbrella" knows a green umbrella.

Scenes are drawn when they are needed, thousands a second, and the same seed gives the same scenes.
`data/scenes.md` is the data card.
"""

from mmtutor.datasets.scenes.boxes import SIDE, patches_in_box
from mmtutor.datasets.scenes.collection import Scenes
from mmtutor.datasets.scenes.drawing import NOISE, as_input
from mmtutor.datasets.scenes.kinds import COLOURS, KINDS, NOTHING, held_out_colour
from mmtutor.datasets.scenes.making import make_scenes
from mmtutor.datasets.scenes.places import MARGIN
from mmtutor.datasets.scenes.stamps import FAINT, LARGEST, SMALLEST
from mmtutor.datasets.scenes.words import (
    ANSWERS,
    CHANCE,
    IGNORED,
    LONGEST,
    LONGEST_CAPTION,
    NEEDED,
    NUMBERS,
    PADDING,
    QUESTIONS,
    ROWS,
    SIDES,
    TYPES,
    WORDS,
    encode,
)

__all__ = [
    "ANSWERS",
    "CHANCE",
    "COLOURS",
    "FAINT",
    "IGNORED",
    "KINDS",
    "LARGEST",
    "LONGEST",
    "LONGEST_CAPTION",
    "MARGIN",
    "NEEDED",
    "NOISE",
    "NOTHING",
    "NUMBERS",
    "PADDING",
    "QUESTIONS",
    "ROWS",
    "SIDE",
    "SIDES",
    "SMALLEST",
    "TYPES",
    "WORDS",
    "Scenes",
    "as_input",
    "encode",
    "held_out_colour",
    "make_scenes",
    "patches_in_box",
]
