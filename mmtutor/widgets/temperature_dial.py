"""The temperature dial: drag τ, and see the softmax sharpen and who is pulled and pushed.

Its script and its style lie beside this file and travel with the notebook's own connection: nothing
is fetched from anywhere. Its static twin is `mmtutor.plots.temperature_rows`.
"""

from collections.abc import Sequence
from pathlib import Path

import anywidget
import traitlets

from mmtutor.plots.style import ATTENTION, GRADIENT, palette
from mmtutor.plots.temperature import HIGHEST, LOWEST, Cosines, check_temperature, read_cosines
from mmtutor.widgets.style import script_of


class TemperatureDial(anywidget.AnyWidget):
    """Two tables over the same cosines: each row's softmax, and the gradient of the loss.

    `temperature` and `row` (the row that the sentence is about) follow what the reader does; Python
    can read and set them. `mmtutor.plots.temperature.sentence` says in Python what the page says.

    Args:
        cosines: (left, right), two to ten pairs; row i belongs with column i.
        left_labels: one for each row.
        right_labels: one for each column.
        temperature: where the slider stands first, from 0.005 to 2.

    Raises:
        ValueError: cosines or labels do not fit.
        TraitError: the temperature or the row is outside.
    """

    _esm = script_of(__file__)
    _css = Path(__file__).with_suffix(".css")

    temperature = traitlets.Float(0.07).tag(sync=True)
    row = traitlets.Int(0).tag(sync=True)

    _cosines = traitlets.List().tag(sync=True)
    _left = traitlets.List().tag(sync=True)
    _right = traitlets.List().tag(sync=True)
    _range = traitlets.List([LOWEST, HIGHEST]).tag(sync=True)
    _attention = traitlets.Bytes(palette(ATTENTION)).tag(sync=True)
    _gradient = traitlets.Bytes(palette(GRADIENT)).tag(sync=True)

    def __init__(
        self,
        cosines: Cosines,
        left_labels: Sequence[str],
        right_labels: Sequence[str],
        temperature: float = 0.07,
    ) -> None:
        array = read_cosines(cosines, left_labels, right_labels)
        labels = {"_left": list(left_labels), "_right": list(right_labels)}
        super().__init__(_cosines=array.tolist(), temperature=temperature, **labels)

    @traitlets.validate("temperature")
    def _has_a_place(self, proposal: traitlets.Bunch) -> float:
        """Refuse a temperature that the slider does not have."""
        try:
            return check_temperature(proposal["value"])
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None

    @traitlets.validate("row")
    def _is_there(self, proposal: traitlets.Bunch) -> int:
        """Refuse a row that is not in the table."""
        if not 0 <= proposal["value"] < len(self._cosines):
            last = len(self._cosines) - 1
            raise traitlets.TraitError(f"row must lie from 0 to {last}, not {proposal['value']}.")
        return proposal["value"]

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        return f"Temperature dial over {len(self._cosines)} pairs, live in a running notebook"
