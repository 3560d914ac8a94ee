"""An examination of perception: items with a picture, a film or a sound, and one right answer.

Two thousand questions about scenes, words, films and sounds, in thirteen dimensions. It is
balanced: for each text every answer is right equally often, so that the text says nothing, and
`best_blind` proves it. It is versioned: `make_exam(PERCEPTION_1)` gives the same items everywhere.
`data/exam.md` is the data card.
"""

from mmtutor.datasets.exam.blind import (
    best_blind,
    by_dimension,
    chance,
    habits,
    pairs_right,
    text_of,
)
from mmtutor.datasets.exam.exporting import as_png, as_tsv
from mmtutor.datasets.exam.harness import as_lmms_eval
from mmtutor.datasets.exam.items import Item, as_json, from_json
from mmtutor.datasets.exam.making import (
    COUNTS,
    DIMENSIONS,
    PERCEPTION_1,
    PRACTICE_1,
    SCENE_TYPES,
    Spec,
    make_exam,
)
from mmtutor.datasets.exam.probes import PROBES, make_probes, popular_pairs
from mmtutor.datasets.exam.reading import middle_option, naive_words

__all__ = [
    "COUNTS",
    "DIMENSIONS",
    "PERCEPTION_1",
    "PRACTICE_1",
    "PROBES",
    "SCENE_TYPES",
    "Item",
    "Spec",
    "as_json",
    "as_lmms_eval",
    "as_png",
    "as_tsv",
    "best_blind",
    "by_dimension",
    "chance",
    "from_json",
    "habits",
    "make_exam",
    "make_probes",
    "middle_option",
    "naive_words",
    "pairs_right",
    "popular_pairs",
    "text_of",
]
