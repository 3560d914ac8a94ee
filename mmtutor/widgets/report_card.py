"""The report card: choose models and dimensions, and open a dot to see the items behind it.

It knows no model: shares, outcomes and what was said are given. What an item shows is made and sent
when the reader asks for it. Its script and its style lie beside this file and travel with the
notebook's own connection: nothing is fetched from anywhere. Its static twin is
`mmtutor.plots.report_card`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import anywidget
import torch
import traitlets
from torch import Tensor

from mmtutor.datasets.corrupting import CORRUPTIONS
from mmtutor.datasets.exam import Item
from mmtutor.datasets.spectrograms import RATE
from mmtutor.metrics.intervals import Interval, share_right
from mmtutor.plots.examination import LOOKS
from mmtutor.plots.players import as_wav
from mmtutor.plots.style import INK
from mmtutor.widgets.style import script_of, style_of

FIRST = 5
"""So many models are shown at the beginning."""
LETTERS = {"r": "right", "w": "wrong", "-": "refused", "?": "unclear", ".": "not sat"}
"""What becomes of an item, by its letter in `outcomes`."""
FAILED = "w-?"
"""Letters of items that were sat and not right."""
PEAKS = 160
"""So many upright strokes draw a sound."""
DIMENSIONS, TYPEFACE = "dimensions", "typeface"
"""What the rows are, unless they are strengths; a way to spoil words, whose strengths are faces."""

Card = Mapping[str, Interval]
"""By dimension, the share of right answers and the ends of its interval."""
Strengths = Mapping[str | int | float, Interval]
"""By strength, the same."""


@runtime_checkable
class Reply(Protocol):
    """What somebody said to an item."""

    text: str


@runtime_checkable
class Mark(Protocol):
    """What `mmtutor.evaluation.sit` gives of an item: the reply, and what became of it."""

    item: Item
    reply: Reply
    outcome: str


class ReportCard(anywidget.AnyWidget):
    """Who can perceive what? A row for each dimension, a dot with its interval for each model.

    A dot opens: it shows the items that the model failed, one by one. `models` and `dimensions`
    are those shown, `order` is "exam" or "gap": by that of the first of `between` over the second;
    then `alone` leaves of what one of the two failed only what the other has right. `rows` are
    "dimensions" or a way to spoil pictures, `opened` is [] or the model and the row of a dot, and
    `page`, from 0, says which of its items is shown. All follow what the reader does; Python can
    read and set them.

    Args:
        card: shares with their intervals, by model and dimension, as `plots.report_card`.
        items: the exam, in order.
        outcomes: by model, a letter of LETTERS for each item.
        said: by model and item, what was said where it was not right.
        against: lines to hold the shares against, by name and dimension: chance, the best blind.
        spoilt: shares by way to spoil pictures, model and strength, as `plots.corruption_curves`.

    Raises:
        ValueError: what is given does not fit together.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)

    models = traitlets.List(traitlets.Unicode()).tag(sync=True)
    dimensions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    order = traitlets.Enum(("exam", "gap"), "exam").tag(sync=True)
    between = traitlets.List(traitlets.Unicode()).tag(sync=True)
    alone = traitlets.Bool(False).tag(sync=True)
    rows = traitlets.Unicode(DIMENSIONS).tag(sync=True)
    opened = traitlets.List(traitlets.Unicode()).tag(sync=True)
    page = traitlets.Int(0).tag(sync=True)

    _given = traitlets.Dict().tag(sync=True)
    _item = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        card: Mapping[str, Card],
        items: Sequence[Item],
        outcomes: Mapping[str, str],
        said: Mapping[str, Mapping[str, str]] | None = None,
        against: Mapping[str, Mapping[str, float]] | None = None,
        spoilt: Mapping[str, Mapping[str, Strengths]] | None = None,
    ) -> None:
        self._items = tuple(items)
        self._card, self._outcomes = dict(card), dict(outcomes)
        self._said, self._against = dict(said or {}), dict(against or {})
        self._spoilt = {way: in_text(some) for way, some in (spoilt or {}).items()}
        self._every = list(dict.fromkeys(item.dimension for item in self._items))
        self._check()
        names = list(self._card)
        super().__init__(
            models=names[:FIRST],
            dimensions=self._every,
            between=[names[0], names[min(1, len(names) - 1)]],
            _given=self._for_the_page(),
        )

    # ── What is given ────────────────────────────────────────────────────────────────────────────

    def _check(self) -> None:
        """Raise ValueError, with a sentence, where what is given does not fit together."""
        if not self._card:
            raise ValueError("a report card needs a model, and there is none in card.")
        for name, row in self._card.items():
            check_outcomes(name, self._outcomes, len(self._items))
            check_shares(name, row, self._every)
        for way, some in self._spoilt.items():
            for name, row in some.items():
                if name not in self._card:
                    raise ValueError(f"“{name}” is in spoilt under “{way}”, but not in card.")
                check_shares(name, row, list(row))
                check_strengths(way, row)

    def add(self, name: str, marks: Iterable[Mark]) -> None:
        """Add somebody's marks, or put them in the place of those that the name had before.

        `marks` are what `mmtutor.evaluation.sit` gives of items of this exam: all, or some.
        Raises ValueError where they are none, or of another exam.
        """
        marks = as_marks(name, marks)
        places = {item.id: place for place, item in enumerate(self._items)}
        for mark in marks:
            if mark.item.id not in places or self._items[places[mark.item.id]] != mark.item:
                raise ValueError(
                    f"“{name}” sat another exam: this one has no such item “{mark.item.id}”."
                )
        letters = {mark.item.id: letter_of(mark.outcome) for mark in marks}
        self._outcomes[name] = "".join(letters.get(item.id, ".") for item in self._items)
        self._said[name] = {mark.item.id: str(mark.reply.text) for mark in marks}
        self._card[name] = shares_of(marks)
        with self.hold_sync():  # the page sees the new model as a whole
            self._given = self._for_the_page()
            self.models = [*dict.fromkeys([*self.models, name])]
            if name in [*self.opened[:1], *self.between]:
                self.opened = []

    def _for_the_page(self) -> dict[str, object]:
        """Return all rows and dots; None where there is no dot or no level."""
        names, every = list(self._card), self._every
        cells = cells_of(self._card, names, every)
        for row, name in zip(cells, names, strict=True):
            pairs = zip(self._items, self._outcomes[name], strict=True)
            tell_counts(row, every, Counter((item.dimension, letter) for item, letter in pairs))
        views = [{"name": DIMENSIONS, "rows": every, "cells": cells}]
        for way, some in self._spoilt.items():
            rows = list(dict.fromkeys(row for points in some.values() for row in points))
            views.append({"name": way, "rows": rows, "cells": cells_of(some, names, rows)})
        return {
            "models": names,
            "looks": [look_of(place) for place in range(len(names))],
            "levels": [[name, [x.get(d) for d in every]] for name, x in self._against.items()],
            "views": views,
        }

    # ── What the reader asks for ─────────────────────────────────────────────────────────────────

    @traitlets.validate("models", "dimensions", "between")
    def _be_known(self, proposal: traitlets.Bunch) -> list[str]:
        """Refuse names that there are not."""
        name, value = proposal["trait"].name, proposal["value"]
        known = self._every if name == "dimensions" else list(self._card)
        for one in value:
            if one not in known:
                raise traitlets.TraitError(f"{name} has “{one}”; there are {', '.join(known)}.")
        if name == "between" and len(value) != 2:
            raise traitlets.TraitError(f"between needs two models, not {len(value)}.")
        return value

    @traitlets.validate("rows")
    def _be_a_view(self, proposal: traitlets.Bunch) -> str:
        """Refuse rows that there are not."""
        known = [DIMENSIONS, *self._spoilt]
        if proposal["value"] not in known:
            raise traitlets.TraitError(f"rows must be {' or '.join(known)}.")
        return proposal["value"]

    @traitlets.validate("opened")
    def _be_a_dot(self, proposal: traitlets.Bunch) -> list[str]:
        """Refuse a dot that there is not."""
        value = proposal["value"]
        if not value:
            return value
        if len(value) != 2 or value[1] not in self._shown_card.get(value[0], {}):
            raise traitlets.TraitError(f"there is no dot of {value}: give a model and a row.")
        return value

    @traitlets.validate("page")
    def _stay_inside(self, proposal: traitlets.Bunch) -> int:
        """Refuse a page that there is not."""
        last = max(0, len(self._behind()) - 1)
        if not 0 <= proposal["value"] <= last:
            raise traitlets.TraitError(f"page must lie from 0 to {last}, not {proposal['value']}.")
        return proposal["value"]

    @property
    def _shown_card(self) -> Mapping[str, Card]:
        """The shares whose dots are shown."""
        return self._card if self.rows == DIMENSIONS else self._spoilt[self.rows]

    def _behind(self) -> list[int]:
        """Return which items lie behind the dot that is open, by their places in the exam."""
        if not self.opened:
            return []
        name, row = self.opened
        letters, items = self._outcomes[name], enumerate(self._items)
        if self.rows != DIMENSIONS:
            return [i for i, one in items if letters[i] != "." and can_spoil(one, self.rows)]
        failed = [i for i, one in items if one.dimension == row and letters[i] in FAILED]
        if self.alone and self.order == "gap" and name in self.between:
            other = self._outcomes[self.between[1 - self.between.index(name)]]
            return [i for i in failed if other[i] == "r"]
        return failed

    @traitlets.observe("rows")
    def _close(self, _change: traitlets.Bunch) -> None:
        """Other rows have other dots."""
        self.opened = []

    @traitlets.observe("opened", "order", "between", "alone")
    def _open(self, _change: traitlets.Bunch) -> None:
        """Begin with the first of the items, where they may be others."""
        self.page = 0
        self._show()

    @traitlets.observe("page")
    def _show(self, _change: traitlets.Bunch | None = None) -> None:
        """Make what the page's item shows, and send it."""
        behind = self._behind()
        about = {"dot": self.opened, "count": len(behind), "page": self.page}
        self._item = about | self._about(behind[self.page]) if behind else about

    def _about(self, place: int) -> dict[str, object]:
        """Return what the page shows of the item at a place of the exam."""
        item, (name, row) = self._items[place], self.opened
        if self.rows != DIMENSIONS:
            return in_words(item) | drawn(spoil(item, self.rows, row, place))
        outcome = LETTERS[self._outcomes[name][place]]
        said = self._said.get(name, {}).get(item.id)
        return in_words(item) | {"outcome": outcome, "said": said} | drawn(item.shown())

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        return (
            f"Report card of {len(self._card)} models in {len(self._every)} dimensions, "
            "live in a running notebook"
        )


# ── Does it fit together? ─────────────────────────────────────────────────────────────────────────


def check_outcomes(name: str, outcomes: Mapping[str, str], count: int) -> None:
    """Raise ValueError where a model has no outcomes, not `count`, or unknown letters."""
    if name not in outcomes:
        raise ValueError(f"“{name}” is in card, but has no outcomes.")
    letters = outcomes[name]
    if len(letters) != count:
        raise ValueError(f"“{name}” has {len(letters)} outcomes, and the exam {count} items.")
    if strange := set(letters) - set(LETTERS):
        raise ValueError(
            f"“{name}” has outcomes {' '.join(sorted(strange))}; there are {' '.join(LETTERS)}"
        )


def check_shares(name: str, row: Card, rows: Sequence[str]) -> None:
    """Raise ValueError where a row is unknown, or a share or an end does not lie from 0 to 1."""
    for key, found in row.items():
        if key not in rows:
            raise ValueError(f"“{name}” has a share in “{key}”, and no item examines that.")
        if not all(0 <= x <= 1 for x in found):
            raise ValueError(f"“{name}” in “{key}”: {tuple(found)} must lie from 0 to 1.")


def check_strengths(way: str, row: Card) -> None:
    """Raise ValueError where a strength should be a number and is none."""
    for key in row:
        if way in CORRUPTIONS and not key.replace(".", "", 1).isdecimal():
            raise ValueError(f"a strength of “{way}” must be a number from 0, not “{key}”.")


def as_marks(name: str, marks: Iterable[Mark]) -> list[Mark]:
    """Return marks as a list. ValueError for no name, for no marks, and for what are no marks."""
    if not name.strip():
        raise ValueError("a name is needed for these marks, such as “mine”.")
    marks = list(marks)
    if not marks:
        raise ValueError(f"“{name}” has no marks: let it sit some items first.")
    for mark in marks:
        if not isinstance(mark, Mark):
            kind = type(mark).__name__
            raise ValueError(
                f"a mark has an item, a reply and an outcome, as sit gives: not {kind}."
            )
    return marks


def letter_of(outcome: str) -> str:
    """Return the letter of an outcome. ValueError for one that there is not."""
    letters = {word: letter for letter, word in LETTERS.items()}
    if outcome not in letters:
        raise ValueError(f"an outcome is right, wrong, refused or unclear, not “{outcome}”.")
    return letters[outcome]


# ── Rows and dots ─────────────────────────────────────────────────────────────────────────────────

Cell = list[float | int | None]
"""A dot: share, low, high, how many items failed, how many sat (None where that is not kept)."""


def in_text(some: Mapping[str, Strengths]) -> dict[str, dict[str, Interval]]:
    """Return shares with their strengths as text."""
    return {
        name: {x if isinstance(x, str) else f"{x:g}": found for x, found in points.items()}
        for name, points in some.items()
    }


def cells_of(
    card: Mapping[str, Card], names: Sequence[str], rows: Sequence[str]
) -> list[list[Cell | None]]:
    """Return a dot or None for each model and row."""
    found = [card.get(name, {}) for name in names]
    return [[[*some[row], None, None] if row in some else None for row in rows] for some in found]


def tell_counts(cells: list[Cell | None], rows: Sequence[str], counts: Counter) -> None:
    """Write how many items a model failed and sat into its dots; `counts` are by row, letter."""
    for row, cell in zip(rows, cells, strict=True):
        if cell is not None:
            failed = sum(counts[row, letter] for letter in FAILED)
            cell[3:] = [failed, failed + counts[row, "r"]]


def shares_of(marks: Sequence[Mark]) -> dict[str, Interval]:
    """Return the share of right answers by dimension; the two of a pair are drawn together."""
    by_dimension: dict[str, list[Mark]] = {}
    for mark in marks:
        by_dimension.setdefault(mark.item.dimension, []).append(mark)
    return {
        dimension: share_right(
            torch.tensor([mark.outcome == "right" for mark in some]),
            [mark.item.pair or mark.item.id for mark in some],
        )
        for dimension, some in by_dimension.items()
    }


def look_of(place: int) -> tuple[str, str]:
    """Return a model's colour and sign: no two of the first 49 are the same."""
    count = len(LOOKS)
    colour, sign = LOOKS[place % count][0], LOOKS[(place + place // count) % count][1]
    return ("var(--mm-ink)" if colour == INK else colour), sign


# ── An item ───────────────────────────────────────────────────────────────────────────────────────


def in_words(item: Item) -> dict[str, object]:
    """Return what the page says of an item, also to those who cannot see what it shows."""
    if item.medium == "scene":
        things = ", ".join(f"{colour} {kind}" for kind, colour, *_ in item.shows["things"])
        shown = f"a scene with {things}"
    elif item.medium == "word":
        shown = f"the word “{item.shows['text']}”"
    else:
        shown = {"film": "a film, frame by frame", "sound": "the wave of a sung word"}[item.medium]
    asked = {"question": item.question, "answer": item.answer, "options": item.options}
    return {"id": item.id, "shown": shown, **asked}


def drawn(shown: Tensor) -> dict[str, object]:
    """Return pixels, (frame, high, wide, channel), or the strokes of a sound and its WAV file."""
    if shown.ndim == 1:
        ends = [part.aminmax() for part in shown.tensor_split(PEAKS)]
        peaks = [[round(end.min.item(), 3), round(end.max.item(), 3)] for end in ends]
        return {"peaks": peaks, "wav": as_wav(shown.numpy(), RATE)}
    frames = shown if shown.ndim == 4 else shown.unsqueeze(0)
    pixels = frames.permute(0, 2, 3, 1).contiguous()
    return {"pixels": pixels.numpy().tobytes(), "sizes": list(pixels.shape[:3])}


def can_spoil(item: Item, way: str) -> bool:
    """Say whether what an item shows can be spoilt so."""
    if way == TYPEFACE:
        return item.medium == "word"
    return way in CORRUPTIONS and item.medium == "scene"


def spoil(item: Item, way: str, strength: str, seed: int) -> Tensor:
    """Return the picture of an item, spoilt."""
    if way == TYPEFACE:
        return replace(item, shows={**item.shows, "face": strength}).shown()
    change, _ = CORRUPTIONS[way]
    return change(item.shown(), float(strength), seed)
