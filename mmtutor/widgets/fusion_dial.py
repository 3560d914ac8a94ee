"""The fusion dial: choose a rule and what gets lost, and see which way of fusing wins.

Everything it shows was computed before: its page only looks it up. Its script and its style lie
beside this file and travel with the notebook's own connection: nothing is fetched from anywhere.
Its static twin is `mmtutor.plots.fusion_dial`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from mmtutor.plots.dial import Dial, read_dial
from mmtutor.widgets.style import script_of


class FusionDial(anywidget.AnyWidget):
    """A row for every model and a dot for every seed, at the position where the dial stands.

    `rule`, `picture` and `sound` are that position: which rule gives the label, which level of lost
    pictures, which level of lost sounds. They count from 0; Python can read and set them, and they
    follow what the reader does. `mmtutor.plots.dial.sentence` says in Python what the page says.

    Args:
        results: the parsed JSON that `data/results/make.py` writes.

    Raises:
        ValueError: keys are missing or unknown, sizes do not fit, or a number is no share.
    """

    _esm = script_of(__file__)
    _css = Path(__file__).with_suffix(".css")

    rule = traitlets.Int(0).tag(sync=True)
    picture = traitlets.Int(0).tag(sync=True)
    sound = traitlets.Int(0).tag(sync=True)

    _results = traitlets.Dict().tag(sync=True)

    def __init__(self, results: Mapping[str, Any]) -> None:
        self.dial = read_dial(results)
        super().__init__(_results=_for_the_page(self.dial, results))

    @traitlets.validate("rule", "picture", "sound")
    def _stay_inside(self, proposal: traitlets.Bunch) -> int:
        """Refuse a position that the results do not have."""
        name, value = proposal["trait"].name, proposal["value"]
        last = len(self.dial.rules if name == "rule" else self.dial.lost) - 1
        if not 0 <= value <= last:
            raise traitlets.TraitError(f"{name} must lie from 0 to {last}, not {value}.")
        return value

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        return (
            f"Fusion dial, live in a running notebook. Rules: {', '.join(self.dial.rules)}, "
            f"levels of loss: {len(self.dial.lost)}, models: {len(self.dial.variants)}"
        )


def _for_the_page(dial: Dial, results: Mapping[str, Any]) -> dict[str, Any]:
    """What the page needs: plain lists, where each rule's axis begins, and where it comes from."""
    return {
        "rules": dial.rules,
        "lost": dial.lost,
        "variants": dial.variants,
        "accuracy": dial.accuracy.tolist(),
        "limit": dial.limit.tolist(),
        "chance": dial.chance.tolist(),
        "low": [dial.low(rule) for rule in range(len(dial.rules))],
        "source": f"spoken digits: {results['sound']}; {results['made with']}",
    }
