"""The weight dial: drag the weights of two tasks, and see what both score and where weights tie.

Everything it shows was computed before: its page only looks it up. Its script and its style lie
beside this file and travel with the notebook's own connection: nothing is fetched from anywhere.
Its static twin is `mmtutor.plots.weight_dial`.
"""

from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets

from mmtutor.plots.weights import Weighing, read_weighings
from mmtutor.widgets.style import script_of, style_of


class WeightDial(anywidget.AnyWidget):
    """Two tasks' scores for every weight as a curve, and the weight where the slider stands.

    `pair` and `place` are that position: which two tasks, which of the weights. They count from 0;
    Python can read and set them, and they follow what the reader does.
    `mmtutor.plots.weights.sentence` says in Python what the page says.

    Args:
        results: the part "pareto" of `data/results/multitask.json`.

    Raises:
        ValueError: keys are missing, sizes do not fit, or a number is no share.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)

    pair = traitlets.Int(0).tag(sync=True)
    place = traitlets.Int(0).tag(sync=True)

    _pairs = traitlets.List().tag(sync=True)

    def __init__(self, results: Mapping[str, Any]) -> None:
        pairs = read_weighings(results)
        middle = len(results["ratios"]) // 2
        super().__init__(_pairs=[for_the_page(*pair) for pair in pairs.items()], place=middle)

    @traitlets.validate("pair", "place")
    def _stay_inside(self, proposal: traitlets.Bunch) -> int:
        """Refuse a position that the results do not have."""
        name, value = proposal["trait"].name, proposal["value"]
        last = len(self._pairs if name == "pair" else self._pairs[0]["ratios"]) - 1
        if not 0 <= value <= last:
            raise traitlets.TraitError(f"{name} must lie from 0 to {last}, not {value}.")
        return value

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        names = ", ".join(pair["name"] for pair in self._pairs)
        return f"Weight dial, live in a running notebook. Pairs of tasks: {names}"


def for_the_page(name: str, found: Weighing) -> dict[str, Any]:
    """What the page needs of two tasks: plain lists, and where its axes and its ties begin."""
    return {
        "name": name,
        "tasks": found.tasks,
        "labels": found.labels,
        "ratios": found.ratios,
        "scores": found.scores.tolist(),
        "means": found.means.tolist(),
        "alone": found.alone.mean(axis=1).tolist(),
        "edges": found.edges.tolist(),
        "ties": found.ties.tolist(),
        "span": found.span.tolist(),
    }
