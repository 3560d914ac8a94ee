"""Make a whole examination from its version: the same version gives the same items anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from mmtutor.datasets.exam.changed import changed_pairs
from mmtutor.datasets.exam.items import Item
from mmtutor.datasets.exam.others import about_films, about_sounds
from mmtutor.datasets.exam.reading import words_to_read
from mmtutor.datasets.exam.scenes import about_scenes, pool_of
from mmtutor.datasets.exam.unseen import new_layouts, new_pairs
from mmtutor.datasets.telling import make_told

SCENE_TYPES = {
    "colour": ("colour",),
    "place": ("row", "column"),
    "counting": ("count",),
    "presence": ("exists",),
    "relation": ("relation",),
    "comparison": ("comparison",),
    "two steps": ("two-step",),
}
"""The dimensions about one scene of a usual kind, and the questions of each."""
COUNTS = MappingProxyType(
    {
        **dict.fromkeys(SCENE_TYPES, 150),
        "changed": 200,
        "new pairs": 150,
        "new layouts": 150,
        "reading": 160,
        "time": 180,
        "sound": 100,
    }
)
DIMENSIONS = tuple(COUNTS)
"""What is examined."""
OTHERS = {"reading": words_to_read, "time": about_films, "sound": about_sounds}


@dataclass(frozen=True)
class Spec:
    """A version of the examination: whoever says a score names it."""

    version: str
    seed: int
    scenes: int = 1200
    """How many scenes are drawn to choose from."""
    counts: Mapping[str, int] = field(default_factory=lambda: COUNTS, hash=False)
    """How many items each dimension has."""


PERCEPTION_1 = Spec("perception-1", seed=9001)
PRACTICE_1 = Spec("practice-1", seed=9002)
"""Other items made in the same way: to choose a threshold, a temperature, a guess."""


@cache
def make_exam(spec: Spec = PERCEPTION_1) -> tuple[Item, ...]:
    """Make all items of an examination, dimension by dimension. It takes five seconds."""
    told = make_told(spec.scenes, kinds=6, seed=spec.seed)
    asked = {name: types for name, types in SCENE_TYPES.items() if name in spec.counts}
    pool = pool_of(told, [kind for types in asked.values() for kind in types])
    items: list[Item] = []
    for name, count in spec.counts.items():
        if name in asked:
            items += about_scenes(pool, asked[name], name, count, spec.seed)
        elif name == "changed":
            items += changed_pairs(told, count, spec.seed)
        elif name == "new pairs":
            items += new_pairs(told, count, spec.seed)
        elif name == "new layouts":
            items += new_layouts(count, spec.seed)
        else:
            items += OTHERS[name](count, spec.seed)
    return tuple(items)
