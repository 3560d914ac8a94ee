"""What does an adviser answer, show and keep? A dialogue as a picture."""

import re
from collections.abc import Sequence
from math import isfinite
from textwrap import fill
from typing import NamedTuple

import matplotlib.pyplot as plt
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from mmtutor.datasets.dialogues import Adviser, Card, Reply
from mmtutor.plots.describe import as_picture, describe
from mmtutor.plots.style import BASELINE, INK, KEY, TEXT

LONGEST = 300
"""So many letters has a message at most."""
CARD, LINES = 1.5, 1.1
"""Inches: so high is a row with cards, and so high one without, at least."""
LINE = 0.19
"""Inches: so high is a line of text."""
WIDE = 40
"""Letters in a line of what is said."""


class Turn(NamedTuple):
    """What was typed, the reply to it, and what the adviser kept of the customer after it."""

    text: str
    reply: Reply
    state: dict[str, object]


def tidied(text: str) -> str:
    """Return a message as an adviser knows messages: small letters, signs as words of their own.

    Raises ValueError for an empty message, and for one of more than LONGEST letters.
    """
    if not text.strip():
        raise ValueError("Type a message first.")
    if len(text) > LONGEST:
        raise ValueError(f"A message has at most {LONGEST} letters, not {len(text)}.")
    text = text.lower().replace("’", "'")
    return " ".join(re.sub(r"([?!.,:;])", r" \1 ", text).split())


def said_to(adviser: Adviser, text: str, count: int) -> Turn:
    """Say a text to an adviser that has `count` cards.

    Raises ValueError as `tidied` and as the adviser does, and for a reply that cannot be shown.
    """
    reply = adviser.reply(tidied(text))
    for card in on_show(reply):
        if not 0 <= card < count:
            raise ValueError(f"The reply names card {card}, but there are cards 0 to {count - 1}.")
    if not isfinite(reply.confidence):
        raise ValueError(f"The reply's confidence is {reply.confidence}: that is no number.")
    return Turn(text, reply, state_of(adviser))


def on_show(reply: Reply) -> list[int]:
    """Return the cards that a reply shows: the one that it is about, then those it offers."""
    about = [] if reply.about is None or reply.about in reply.shown else [reply.about]
    return [*about, *reply.shown]


def state_of(adviser: object) -> dict[str, object]:
    """Return all that an adviser keeps in its state, as plain data; {} where it has no state.

    `wanted`, `shown` and `said` as lesson 20 has them, everything else as text.
    """
    state = getattr(adviser, "state", None)
    if state is None:
        return {}
    kept = dict(vars(state))
    wanted, shown, said = (kept.pop(name, ()) for name in ("wanted", "shown", "said"))
    return {
        "wanted": {str(name): str(value) for name, value in dict(wanted).items()},
        "shown": [int(card) for card in shown],
        "said": [str(text) for text in said],
        "more": {name: str(value) for name, value in kept.items()},
    }


def adviser_desk(
    adviser: Adviser,
    pictures: UInt8[Tensor, "card 3 high wide"],
    cards: Sequence[Card],
    messages: Sequence[str],
) -> Figure:
    """What does an adviser answer, and what does it keep? A row for each message.

    A row has what was said, the cards that are shown (a frame where the answer was seen) and the
    state after it. The static twin of `mmtutor.widgets.AdviserDesk`.

    Args:
        adviser: it forgets whom it knew, and is told the messages.
        pictures: the cards' pictures.
        cards: of each, the title and the price are shown.
        messages: such as "do you have a red star ?".

    Raises:
        ValueError: there is no message; as `said_to`.
    """
    if not messages:
        raise ValueError("A dialogue has at least one message.")
    adviser.forget()
    turns = [said_to(adviser, text, len(cards)) for text in messages]
    most = max(1, *(len(on_show(turn.reply)) for turn in turns))
    heights = [max(row_height(turn), CARD if on_show(turn.reply) else 0.0) for turn in turns]
    figure, rows = plt.subplots(
        len(turns),
        most + 2,
        figsize=(11, sum(heights) + 0.1),
        squeeze=False,
        gridspec_kw={"width_ratios": [3.3, *[1.15] * most, 2.0], "height_ratios": heights},
    )
    for turn, row in zip(turns, rows, strict=True):
        draw_said(row[0], turn)
        draw_cards(list(row[1:-1]), turn.reply, pictures, cards)
        row[-1].text(0, 1, "\n".join(kept_lines(turn.state)), va="top", fontsize=9, color=INK)
        row[-1].set_axis_off()
    for axes, name in ((rows[0, 0], "said and answered"), (rows[0, -1], "kept after it")):
        axes.set_title(name, loc="left", fontsize=10, color=BASELINE)
    return describe(figure, " ".join(in_words(turn, cards) for turn in turns))


def reply_says(reply: Reply) -> str:
    """Return what a reply says and how sure it is."""
    return f"{fill(reply.text, WIDE)}\nsure: {reply.confidence:.3f}".strip()


def row_height(turn: Turn) -> float:
    """Return how high a turn's texts are, in inches."""
    said = fill(turn.text, WIDE).count("\n") + reply_says(turn.reply).count("\n") + 3
    return max(LINES, LINE * (max(said, len(kept_lines(turn.state))) + 1))


def draw_said(axes: Axes, turn: Turn) -> None:
    """Write what was said, and under it what was answered."""
    text = fill(turn.text, WIDE)
    options = {"va": "top", "fontsize": 10, "parse_math": False}
    axes.text(0, 1, text, color=INK, weight="bold", **options)
    below = (0, -14 * (text.count("\n") + 1))
    place = {"xy": (0, 1), "xycoords": "axes fraction", "xytext": below}
    said = reply_says(turn.reply)
    axes.annotate(said, textcoords="offset points", color=TEXT, **place, **options)
    axes.set_axis_off()


def draw_cards(
    panels: Sequence[Axes],
    reply: Reply,
    pictures: UInt8[Tensor, "card 3 high wide"],
    cards: Sequence[Card],
) -> None:
    """Draw the cards of a reply, with a frame where its answer was seen."""
    shown = on_show(reply)
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    for axes, card in zip(panels, shown, strict=False):
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=True, color=BASELINE)
        axes.imshow(as_picture(pictures[card].movedim(0, 2)), interpolation="nearest")
        title = fill(f"{cards[card].title}, {cards[card].price}", 20)
        axes.set_title(title, fontsize=8, parse_math=False)
        if card == reply.about and reply.box is not None:
            left, top, right, bottom = reply.box
            corner, size = (left - 0.5, top - 0.5), (right - left, bottom - top)
            for color, width in ((INK, 4.5), (KEY, 2.5)):
                axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=color, lw=width))


def kept_lines(state: dict[str, object]) -> list[str]:
    """Return the lines that say what an adviser keeps."""
    if not state:
        return ["no state to look at"]
    wanted = [f"{name}: {value}" for name, value in state["wanted"].items()]
    count = len(state["said"])
    return [*(wanted or ["nothing wanted"]), f"messages kept: {count}"]


def in_words(turn: Turn, cards: Sequence[Card]) -> str:
    """Say one turn in a line."""
    reply = turn.reply
    said = f"“{turn.text}”: {reply.text} (sure: {reply.confidence:.3f})"
    shown = [f"{cards[card].title}, {cards[card].price}" for card in on_show(reply)]
    parts = [said, *([f"cards: {'; '.join(shown)}"] if shown else [])]
    return " ".join(f"{'; '.join([*parts, *kept_lines(turn.state)])}.".split())
