"""Pictures with a label for each of several tasks, split so that nothing is seen twice.

Letters have six tasks: script, case, weight, slant, base letter, and whether that is a vowel.
`with_captions` adds a sixth question to them: which of all captions fits?
Scenes have three: what the largest object is, where it stands, how many objects there are.
All pictures have 16 × 16 pixels. `few_labels` hides labels of a task: what is hidden is UNKNOWN,
which cross-entropy leaves out.
"""

from mmtutor.datasets.tasks.captioned import SAID, with_captions
from mmtutor.datasets.tasks.collection import UNKNOWN, Tasks
from mmtutor.datasets.tasks.largest import SCENE_TASKS, scene_tasks
from mmtutor.datasets.tasks.letters import GLYPH_TASKS, glyph_tasks
from mmtutor.datasets.tasks.splits import Splits, few_labels, twins

__all__ = [
    "GLYPH_TASKS",
    "SAID",
    "SCENE_TASKS",
    "UNKNOWN",
    "Splits",
    "Tasks",
    "few_labels",
    "glyph_tasks",
    "scene_tasks",
    "twins",
    "with_captions",
]
