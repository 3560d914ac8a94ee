"""Scenes with three tasks: what the largest object is, where it stands, how many there are."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Int64
from torch import Tensor

from mmtutor.datasets.scenes import KINDS, NUMBERS, Scenes, as_input, make_scenes
from mmtutor.datasets.tasks.collection import Tasks
from mmtutor.datasets.tasks.splits import Splits, split_by, without_twins

SCENE_TASKS = ("what", "where", "how many")
ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "middle", "right")
WHERE = tuple(f"{row} {column}" for row in ROWS for column in COLUMNS)
"""Ninths of the canvas, by the middle of an object's box."""
SCENE_KINDS, SCENE_OBJECTS = 4, 4
"""How many kinds take part, and how many objects a scene has at most."""
LARGER = 1.2
"""The largest object's box has at least this many times the area of the next."""
SCENE_SIDE = 16
"""The side of a picture in pixels."""


def scene_tasks(count: int = 6000, seed: int = 0) -> Splits:
    """About `count` scenes of one to four objects, 16 × 16 pixels of grey, with three labels each.

    Scenes without one object that is clearly the largest are left out.
    """
    kinds, objects = SCENE_KINDS, (1, SCENE_OBJECTS)
    scenes = make_scenes(2 * count, kinds=kinds, objects=objects, questions=("count",), seed=seed)
    examples = tasks_of_scenes(scenes)
    examples = examples.select(clearly_largest(scenes).nonzero().squeeze(1)[:count])
    shares = torch.arange(len(examples)) / len(examples)
    return without_twins(split_by(examples, shares))


def areas(scenes: Scenes) -> Int64[Tensor, "scene slot"]:
    """The area of every object's box in pixels; 0 where a slot holds none."""
    return (scenes.boxes[..., 2] - scenes.boxes[..., 0]) * (
        scenes.boxes[..., 3] - scenes.boxes[..., 1]
    )


def clearly_largest(scenes: Scenes) -> Bool[Tensor, " scene"]:
    """Say where one object's box has LARGER times the area of any other."""
    first, second = areas(scenes).topk(2, dim=1).values.unbind(dim=1)
    return first >= LARGER * second


def tasks_of_scenes(scenes: Scenes) -> Tasks:
    """Pictures of 16 × 16 in grey with ink from 0 to 1, and what, where and how many."""
    largest = areas(scenes).argmax(dim=1)
    rows = torch.arange(len(scenes))
    box = scenes.boxes[rows, largest]
    side = scenes.pictures.shape[-1]
    column = 3 * (box[:, 0] + box[:, 2]) // (2 * side)
    row = 3 * (box[:, 1] + box[:, 3]) // (2 * side)
    labels = {
        "what": scenes.kinds[rows, largest],
        "where": 3 * row + column,
        "how many": (scenes.kinds >= 0).sum(dim=1) - 1,
    }
    names = {
        "what": tuple(KINDS)[:SCENE_KINDS],
        "where": WHERE,
        "how many": NUMBERS[:SCENE_OBJECTS],
    }
    pictures = F.avg_pool2d(as_input(scenes.pictures).mean(dim=1, keepdim=True), side // SCENE_SIDE)
    return Tasks(pictures, labels, names)
