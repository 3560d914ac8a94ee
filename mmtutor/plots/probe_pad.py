"""Which things does a classifier pick that has seen a handful of examples?"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float, Int64, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from mmtutor.plots.describe import describe
from mmtutor.plots.style import PICTURE, SOUND, TEXT

MOST = 3
"""So many classes there are at most."""
CLASSES = ("A", "B", "C")
COLOURS = (TEXT, PICTURE, SOUND)
"""What the classes are called, and their colours."""
TOP = 10
"""So many pictures of a class are drawn."""

Read = Callable[[list[str]], Float[Tensor, "text feature"]]
"""Gives the features of any words."""
Learn = Callable[
    [Float[Tensor, "example feature"], Int64[Tensor, " example"], Float[Tensor, "thing feature"]],
    Float[Tensor, "thing class"],
]
"""Learns from examples and their classes; returns the probability of each class for all things."""


@dataclass(frozen=True, eq=False)
class Shelf:
    """Things that a classifier may sort: a picture, a symbol, a name and the features of each.

    `read` gives the features of words that are no thing's name; without it such words are unknown.
    """

    pictures: UInt8[Tensor, "thing 3 32 32"]
    symbols: tuple[str, ...]
    names: tuple[str, ...]
    features: Float[Tensor, "thing feature"]
    read: Read | None = None

    def __post_init__(self) -> None:
        """Raise ValueError unless there is one of each for every thing."""
        counts = {len(part) for part in (self.pictures, self.symbols, self.names, self.features)}
        if len(counts) != 1:
            raise ValueError(f"every thing needs a picture, a symbol, a name, features: {counts}")

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each symbol, and each name in small letters, stands."""
        named = {name.lower(): place for place, name in enumerate(self.names)}
        return named | {bare(symbol): place for place, symbol in enumerate(self.symbols)}

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds a symbol in a text; a longer one goes first, as 👩‍🚒 begins with 👩."""
        symbols = sorted(map(bare, self.symbols), key=len, reverse=True)
        return re.compile("|".join(map(re.escape, symbols)))


class Examples(NamedTuple):
    """What a typed line holds: places of things, and words that are none."""

    places: tuple[int, ...]
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.places) + len(self.words)


class Verdict(NamedTuple):
    """The examples of each class, and what a classifier that learnt from them says of all things.

    `order[k]` holds the things that are no example, the likeliest of class k first.
    """

    examples: tuple[Examples, ...]
    chances: Float[Tensor, "thing class"]
    order: tuple[tuple[int, ...], ...]

    @property
    def counts(self) -> list[int]:
        """How many things that are no example the classifier gives to each class."""
        rest = torch.tensor(self.order[0], dtype=torch.long)
        return self.chances[rest].argmax(1).bincount(minlength=len(self.order)).tolist()


def bare(text: str) -> str:
    """Return a text without U+FE0F, which a keyboard may add to an emoji or leave out."""
    return text.replace("\ufe0f", "")


def find_examples(shelf: Shelf, text: str) -> Examples:
    """Return what a line holds: symbols anywhere, and names or words between commas."""
    text = bare(text)
    places = [shelf.places[found] for found in shelf.pattern.findall(text)]
    words = [part.strip() for part in re.split(r"[,;\n]", shelf.pattern.sub(",", text))]
    known = [shelf.places[word.lower()] for word in words if word.lower() in shelf.places]
    others = [word for word in words if word and word.lower() not in shelf.places]
    return Examples(tuple(dict.fromkeys(places + known)), tuple(dict.fromkeys(others)))


def unknown(shelf: Shelf, examples: Examples) -> tuple[str, ...]:
    """Return the words of which nobody knows the features."""
    return () if shelf.read else examples.words


def judged(shelf: Shelf, learn: Learn, texts: Sequence[str]) -> Verdict:
    """Learn from the examples in two or three lines, one line a class, and judge all things.

    Raises ValueError, with what to do, where a class has no example or a thing is in two classes.
    """
    filled = [place for place, text in enumerate(texts) if text.strip()]
    lines = texts[: max(filled, default=0) + 1]
    if not 2 <= len(lines) <= MOST:
        raise ValueError("Type examples of two or three classes, one line for each.")
    examples = tuple(find_examples(shelf, line) for line in lines)
    usable = [Examples(one.places, one.words if shelf.read else ()) for one in examples]
    for name, one in zip(CLASSES, usable, strict=False):
        if not len(one):
            raise ValueError(f"Class {name} has no example that is known here.")
    taken = [place for one in usable for place in one.places]
    if twice := next((place for place in taken if taken.count(place) > 1), None):
        raise ValueError(f"“{shelf.names[twice]}” cannot be in two classes.")
    features = torch.cat([part for one in usable for part in features_of(shelf, one)])
    labels = torch.arange(len(usable)).repeat_interleave(torch.tensor([len(u) for u in usable]))
    chances = learn(features, labels, shelf.features)
    rest = torch.tensor([place for place in range(len(shelf.names)) if place not in set(taken)])
    order = [
        rest[chances[rest, k].argsort(descending=True, stable=True)] for k in range(len(lines))
    ]
    return Verdict(examples, chances, tuple(tuple(one.tolist()) for one in order))


def features_of(shelf: Shelf, examples: Examples) -> list[Float[Tensor, "example feature"]]:
    """Return the features of things, then those of words."""
    parts = [shelf.features[list(examples.places)]]
    return [*parts, shelf.read(list(examples.words))] if examples.words and shelf.read else parts


def verdict_says(verdict: Verdict) -> str:
    """Say what was learnt from and what came of it."""
    examples = sum(map(len, verdict.examples))
    parts = [f"{n:,} to {name}" for n, name in zip(verdict.counts, CLASSES, strict=False)]
    return (
        f"Learnt from {examples} examples; of the {len(verdict.order[0]):,} others, it gives "
        + (f"{', '.join(parts[:-1])} and {parts[-1]}.")
    )


def probe_pad(shelf: Shelf, learn: Learn, texts: Sequence[str], top: int = TOP) -> Figure:
    """The examples of each class, and what a classifier finds likeliest to be of that class.

    The static twin of `mmtutor.widgets.ProbePad`. Raises ValueError as `judged` does.
    """
    verdict = judged(shelf, learn, texts)
    most = min(6, max(len(one.places) for one in verdict.examples)) or 1
    rows, width = len(verdict.examples), most + 1 + top
    figure, axes = plt.subplots(
        rows, width, figsize=(0.78 * width, 1.25 * rows + 0.3), squeeze=False
    )
    said = []
    for k, (row, one) in enumerate(zip(axes, verdict.examples, strict=True)):
        best = verdict.order[k][:top]
        for panel in row:
            panel.axis("off")
        for panel, place in zip(row[:most], one.places, strict=False):
            draw_thing(panel, shelf, place, "", COLOURS[k])
        for panel, place in zip(row[most + 1 :], best, strict=False):
            draw_thing(panel, shelf, place, f"{100 * verdict.chances[place, k]:.0f} %", None)
        row[most].text(0.5, 0.5, f"{CLASSES[k]} →", ha="center", va="center", fontsize=13)
        said.append(f"{CLASSES[k]}: " + ", ".join(shelf.names[place] for place in best[:3]))
    figure.suptitle("examples (left), and what it finds likeliest of the same class", fontsize=11)
    return describe(figure, f"{verdict_says(verdict)} Likeliest, {'; '.join(said)}.")


def draw_thing(panel: Axes, shelf: Shelf, place: int, says: str, colour: str | None) -> None:
    """Draw one picture, with a line under it; an example has its class's colour around it."""
    panel.imshow(shelf.pictures[place].movedim(0, 2).numpy(), interpolation="nearest")
    panel.set(xticks=[], yticks=[], xlabel=says)
    panel.axis("on")
    for side in panel.spines.values():
        side.set(visible=colour is not None, color=colour, linewidth=2)
