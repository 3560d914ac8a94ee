"""An item of an examination: what is shown, what is asked, what is right. All of it is JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from torch import Tensor

from mmtutor.datasets.exam import showing

Plain = str | int | float | list | dict
"""What JSON can hold."""
SHOW: dict[str, Callable[..., Tensor]] = {
    "scene": showing.scene,
    "word": showing.word,
    "film": showing.film,
    "sound": showing.sound,
}
"""What can be shown, and how it is made from what an item says of it."""


@dataclass(frozen=True)
class Item:
    """One question about one picture, film or sound.

    `shows` holds what `SHOW[medium]` needs to make it again: no pixel is stored. Two items with the
    same `pair` ask the same of two pictures that differ in one thing.
    """

    id: str
    dimension: str
    """What is examined: one of DIMENSIONS."""
    type: str
    """The form of the question, such as "row": a dimension may have several."""
    question: str
    answer: str
    options: tuple[str, ...]
    """What may be answered; the right answer is among them."""
    medium: str = "scene"
    shows: Mapping[str, Plain] = field(default_factory=dict, hash=False)
    pair: str = ""

    def shown(self) -> Tensor:
        """Make what is shown.

        A scene or a word is uint8 of shape (3, 64, 64), a film uint8 of (8, 3, 16, 16), a sound
        float of (5120,).
        """
        return SHOW[self.medium](**self.shows)


def as_json(version: str, items: Sequence[Item]) -> str:
    """Return an examination as text, an item a line."""
    lines = ",\n".join(json.dumps(asdict(item)) for item in items)
    return f'{{"version": {json.dumps(version)}, "items": [\n{lines}\n]}}\n'


def from_json(text: str) -> tuple[str, tuple[Item, ...]]:
    """Return the version and the items of such a text."""
    found = json.loads(text)
    items = (Item(**{**item, "options": tuple(item["options"])}) for item in found["items"])
    return found["version"], tuple(items)
