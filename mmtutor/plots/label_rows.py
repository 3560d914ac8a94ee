"""How good is each way with few labels, and with more?"""

from collections.abc import Mapping, Sequence
from statistics import mean

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from mmtutor.plots.describe import describe
from mmtutor.plots.style import BASELINE

SHADES = ("#9ECAE1", "#4292C6", "#08306B")
"""From the fewest labels to the most: darker and darker."""
APART = 0.24
"""How far apart the lines of one row stand; the next row is 1 away."""
Rows = Mapping[str, Mapping[str, Sequence[float]]]
"""By row and number of labels, the scores of all seeds."""


def label_rows(panels: Mapping[str, Rows], chance: float) -> Figure:
    """Draw a row for each way, the best with most labels on top: a dot for each number of labels.

    A dot is the mean over seeds, the thin line behind it reaches from the worst seed to the best;
    the fewest labels stand uppermost in a row. Dashed is what guessing scores. All panels share the
    numbers of labels.

    Raises:
        ValueError: nothing to draw, or rows of different numbers of labels.
    """
    if not panels or not all(panels.values()):
        raise ValueError("There is no row to draw.")
    counts = list(next(iter(next(iter(panels.values())).values())))
    if any(list(row) != counts for rows in panels.values() for row in rows.values()):
        raise ValueError("Every row needs scores for the same numbers of labels.")
    longest = max(map(len, panels.values()))
    figure, axes = plt.subplots(
        1,
        len(panels),
        figsize=(5.6 * len(panels), 0.4 * longest + 1.3),
        squeeze=False,
        sharex=True,
        layout="constrained",
    )
    for panel, (title, rows) in zip(axes[0], panels.items(), strict=True):
        names = best_first(rows)
        for level, name in enumerate(names):
            for place, (count, shade) in enumerate(zip(counts, shades(len(counts)), strict=True)):
                seeds = [100 * score for score in rows[name][count]]
                at = level + APART * (place - (len(counts) - 1) / 2)
                panel.plot([min(seeds), max(seeds)], [at, at], color=shade, linewidth=1)
                label = f"{count} labels a group" if level == 0 else None
                panel.plot(mean(seeds), at, "o", color=shade, label=label, markersize=5)
        panel.axvline(100 * chance, color=BASELINE, linestyle="--")
        panel.set_yticks(range(len(names)), names)
        panel.set(ylim=(longest - 0.5, -0.5), xlabel="balanced accuracy, percent")
        panel.set_title(title)
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(counts)
    )
    return describe(figure, " ".join(in_words(title, rows) for title, rows in panels.items()))


def shades(count: int) -> tuple[str, ...]:
    """Return so many shades, of which the last is the darkest."""
    return SHADES[-count:]


def best_first(rows: Rows) -> list[str]:
    """Return the names of rows, the best mean with most labels first."""
    return sorted(rows, key=lambda name: -mean(list(rows[name].values())[-1]))


def in_words(title: str, rows: Rows) -> str:
    """Say what the best and the worst row score with the fewest and the most labels."""
    names = best_first(rows)

    def says(name: str) -> str:
        scores = [100 * mean(seeds) for seeds in rows[name].values()]
        return f"{name} {scores[0]:.0f} to {scores[-1]:.0f} %"

    return f"{title}, fewest to most labels: best {says(names[0])}, worst {says(names[-1])}."
