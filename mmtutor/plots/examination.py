"""What can it perceive, how sure is it, and what breaks it? Report cards and their curves."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from statistics import mean

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmtutor.metrics.calibration import Bin
from mmtutor.metrics.intervals import Interval
from mmtutor.metrics.selective import RiskCoverage, area_under_risk
from mmtutor.plots.describe import describe
from mmtutor.plots.style import BASELINE, FUSED, INK, KEY, PICTURE, QUERY, SOUND, TEXT, baseline

LOOKS = (
    *((FUSED, "o"), (TEXT, "s"), (PICTURE, "^"), (QUERY, "v")),
    *((KEY, "P"), (SOUND, "D"), (INK, "X")),
)
"""Colour and sign of each model, in order; with more than seven models they begin again."""
DASHES = ((4, 2), (1, 1.5), (6, 1.5, 1, 1.5), (2, 4))
"""How the lines of chance, of the best blind and so on are broken."""

Card = Mapping[str, Interval]
"""By dimension, the share of right answers and the ends of its interval."""


def report_card(scores: Mapping[str, Card], against: Mapping[str, Mapping[str, float]]) -> Figure:
    """What can each model perceive? A row for each dimension, a dot with its interval each model.

    `against` are the lines that a score is held against, by name and dimension: chance, the best
    blind, the ceiling; rows stand in their order. A model without a dot in a row did not sit it.
    """
    rows = list(
        dict.fromkeys(name for some in [*against.values(), *scores.values()] for name in some)
    )
    figure, axes = plt.subplots(figsize=(8.6, 0.52 * len(rows) + 1.6))
    room = 0.7 / max(1, len(scores))
    for place, ((name, card), (color, marker)) in enumerate(
        zip(scores.items(), cycle(LOOKS), strict=False)
    ):
        for dimension, found in card.items():
            height = rows.index(dimension) + room * (place - (len(scores) - 1) / 2)
            axes.plot([found.low, found.high], [height, height], color=color, linewidth=1.6)
            axes.plot(found.mean, height, marker, color=color, ms=5.5)
        axes.plot([], [], marker, color=color, label=name)
    for (name, levels), dashes in zip(against.items(), cycle(DASHES), strict=False):
        _levels(axes, rows, levels, dashes)
        axes.plot([], [], color=BASELINE, linewidth=1.6, dashes=dashes, label=name)
    _rows(axes, rows)
    figure.legend(loc="outside lower center", ncols=3, fontsize=9)
    return describe(figure, _in_words(scores))


def _levels(
    axes: Axes, rows: Sequence[str], levels: Mapping[str, float], dashes: Sequence[float | int]
) -> None:
    """Draw a level in each row that has one: an upright grey dashed line as high as the row."""
    for dimension, level in levels.items():
        middle = rows.index(dimension)
        ends = [middle - 0.46, middle + 0.46]
        axes.plot([level, level], ends, color=BASELINE, linewidth=1.6, dashes=dashes, zorder=1)


def _rows(axes: Axes, rows: Sequence[str]) -> None:
    """Name the rows, from top to bottom, and part them by thin lines."""
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlim=(-0.02, 1.02), ylim=(len(rows) - 0.5, -0.5), xlabel="share of right answers")
    for height in range(1, len(rows)):
        axes.axhline(height - 0.5, color="#dddddd", linewidth=0.8, zorder=0)
    axes.tick_params(axis="y", length=0)


def _in_words(scores: Mapping[str, Card]) -> str:
    """Name each model with how many dimensions it sat, its mean, its best and its worst."""
    said = []
    for name, card in scores.items():
        best, worst = (choose(card, key=lambda d: card[d].mean) for choose in (max, min))
        share = mean(found.mean for found in card.values())
        said.append(
            f"{name}: {share:.2f} on average over {len(card)}, best in {best} "
            f"({card[best].mean:.2f}), worst in {worst} ({card[worst].mean:.2f})"
        )
    return f"Shares of right answers by dimension. {'; '.join(said)}."


# ── How sure ──────────────────────────────────────────────────────────────────────────────────────


def reliability_diagram(panels: Mapping[str, Sequence[Bin]]) -> Figure:
    """Is it right as often as it is sure? A dot for each bin, as large as the bin has answers.

    On the dashed diagonal confidence is what it should be; a dot below it is too sure.
    """
    figure, axes = plt.subplots(
        1, len(panels), figsize=(3.3 * len(panels) + 0.4, 3.5), sharey=True, squeeze=False
    )
    for panel, (title, bins) in zip(axes[0], panels.items(), strict=True):
        filled = [some for some in bins if some.count]
        total = sum(some.count for some in filled)
        panel.plot([0, 1], [0, 1], "--", color=BASELINE, linewidth=1.2)
        panel.text(0.02, 0.12, "as sure as right", color=BASELINE, rotation=45, fontsize=9)
        for some in filled:
            ends = [some.confidence, some.right]
            panel.plot([some.confidence] * 2, ends, color=KEY, linewidth=2, zorder=2)
            size = 15 + 500 * some.count / total
            panel.scatter(some.confidence, some.right, size, color=INK, alpha=0.75, zorder=3)
        panel.set(title=title, xlabel="confidence", xlim=(-0.03, 1.05), ylim=(-0.03, 1.05))
        panel.set_aspect("equal")
    axes[0, 0].set_ylabel("share of right answers")
    said = [f"{title}: {_gaps(bins)}" for title, bins in panels.items()]
    return describe(figure, f"Share right by confidence. {'; '.join(said)}.")


def _gaps(bins: Sequence[Bin]) -> str:
    """Say how far each filled bin is from the diagonal."""
    filled = [some for some in bins if some.count]
    said = [f"sure {b.confidence:.2f}, right {b.right:.2f} ({b.count} answers)" for b in filled]
    return ", ".join(said)


def risk_coverage_curves(curves: Mapping[str, RiskCoverage]) -> Figure:
    """What does answering more cost? The share of wrong answers over the share answered.

    The dashed line of each is what it would be if lots were drawn who is answered: its right end.
    """
    figure, axes = plt.subplots(figsize=(5.8, 3.6))
    said = []
    for (name, curve), (color, marker) in zip(curves.items(), cycle(LOOKS), strict=False):
        coverage, risk = curve.coverage.numpy(), curve.risk.numpy()
        every = max(1, len(risk) // 12)
        axes.plot(coverage, risk, color=color, marker=marker, markevery=every, ms=4, label=name)
        baseline(axes, float(risk[-1]), f"{name}, by lot", right=False)
        said.append(f"{name}: mean risk {area_under_risk(curve):.3f}, all answered {risk[-1]:.3f}")
    axes.set(xlabel="coverage: share that is answered", ylabel="risk: share of these wrong")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=9)
    return describe(figure, f"{'; '.join(said)}.")


# ── What breaks it ────────────────────────────────────────────────────────────────────────────────

Points = Mapping[float, Interval]
"""By strength, the share of right answers and the ends of its interval."""


def corruption_curves(
    panels: Mapping[str, Mapping[str, Points]], chance: float, ylabel: str = "share right"
) -> Figure:
    """What breaks it? A panel for each way to spoil a picture, a line for each model.

    The band is the interval; what somebody has who does not look is a dashed line.
    """
    figure, axes = plt.subplots(
        1, len(panels), figsize=(2.6 * len(panels) + 0.6, 3.0), sharey=True, squeeze=False
    )
    said = []
    for panel, (title, models) in zip(axes[0], panels.items(), strict=True):
        for (name, points), (color, marker) in zip(models.items(), cycle(LOOKS), strict=False):
            x, found = list(points), list(points.values())
            panel.plot(x, [f.mean for f in found], color=color, marker=marker, ms=4, label=name)
            low, high = [f.low for f in found], [f.high for f in found]
            panel.fill_between(x, low, high, color=color, alpha=0.18, linewidth=0)
            ends = f"{found[0].mean:.2f} to {found[-1].mean:.2f}"
            said.append(f"{title}, {name}: {ends} at {x[-1]:g}")
        baseline(panel, chance, "blind")
        panel.set(title=title, xlabel="strength", ylim=(0, 1.03))
    axes[0, 0].set_ylabel(ylabel)
    if any(len(models) > 1 for models in panels.values()):
        axes[0, 0].legend(fontsize=9, loc="lower left")
    return describe(figure, f"Share right as pictures get worse. {'; '.join(said)}.")
