"""Plain Python's own view of scenes: what stands there, and the true answer to a question."""

import torch

from mmtutor.datasets.scenes import COLOURS, KINDS, NOTHING, NUMBERS, ROWS, SIDE, TYPES, Scenes

SIGMAS = 4
"""A fair guesser exceeds chance by so many standard errors once in 30,000 tests."""


def there(data: Scenes, scene: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Kind to colour and box, of every object in a scene."""
    rows = zip(data.kinds[scene].tolist(), data.colours[scene].tolist(), strict=True)
    boxes = data.boxes[scene].tolist()
    return {
        list(KINDS)[kind]: (list(COLOURS)[colour], tuple(box))
        for (kind, colour), box in zip(rows, boxes, strict=True)
        if kind != NOTHING
    }


def middle(box: tuple[int, ...]) -> tuple[float, float]:
    """The middle of a box: across, down."""
    left, top, right, bottom = box
    return (left + right) / 2, (top + bottom) / 2


def true_answer(kind_of_question: str, words: list[str], objects: dict) -> str:
    """Answer a question as a reader would, from the list of objects alone."""
    named = [word for word in words if word in KINDS]
    across = {name: middle(box)[0] for name, (_, box) in objects.items()}
    down = {name: middle(box)[1] for name, (_, box) in objects.items()}
    if kind_of_question == "colour":
        return objects[named[0]][0]
    if kind_of_question == "row":
        return ROWS[int(down[named[0]] // (SIDE / 3))]
    if kind_of_question == "side":
        return (min if words[-1] == "left" else max)(across, key=across.get)
    if kind_of_question == "count":
        return NUMBERS[len(objects) - 1]
    if kind_of_question == "above":
        return "yes" if down[named[0]] < down[named[1]] else "no"
    return "yes" if named[0] in objects else "no"


def assert_true(data: Scenes) -> None:
    """Hold every answer of a set against plain Python's."""
    for scene in range(len(data)):
        name = TYPES[data.types[scene]]
        expected = true_answer(name, data.question(scene).split(), there(data, scene))
        assert data.answer(scene) == expected, (scene, data.question(scene))


def present(data: Scenes) -> torch.Tensor:
    """Which slots hold an object."""
    return data.kinds != NOTHING


def of_type(data: Scenes, *names: str) -> torch.Tensor:
    """Which scenes have a question of one of these types."""
    return torch.isin(data.types, torch.tensor([TYPES.index(name) for name in names]))
