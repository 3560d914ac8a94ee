"""Pictures with a label for each of several tasks, split so that nothing is seen twice.

Letters have five tasks: script, case, weight, slant and base letter. Scenes have three: what the
largest object is, where it stands, how many objects there are. `few_labels` hides labels of a task;
a label that is hidden is UNKNOWN, which cross-entropy leaves out.
"""

from mmtutor.datasets.tasks.collection import UNKNOWN, Tasks
from mmtutor.datasets.tasks.largest import SCENE_TASKS, scene_tasks
from mmtutor.datasets.tasks.letters import GLYPH_TASKS, glyph_tasks
from mmtutor.datasets.tasks.splits import Splits, few_labels, twins

__all__ = [
    "GLYPH_TASKS",
    "SCENE_TASKS",
    "UNKNOWN",
    "Splits",
    "Tasks",
    "few_labels",
    "glyph_tasks",
    "scene_tasks",
    "twins",
]
