"""The bug bench: choose a bug of preprocessing, see what it does to an example, and what it costs.

It knows no model and no preparation: each `BugCase` brings both. Its script and its style lie
beside this file and travel with the notebook's own connection: nothing is fetched from anywhere.
Its static twin is `mmtutor.plots.bug_bench`.
"""

from collections.abc import Sequence

import anywidget
import traitlets

from mmtutor.plots.bench import COLOURS, WAYS, BugCase, View, changed, numbers, painted, sentence
from mmtutor.widgets.style import script_of, style_of


class BugBench(anywidget.AnyWidget):
    """Bugs of text, pictures and sound, each beside the right preparation, with its scores.

    `case` is the number of the bug that is shown; it follows what the reader chooses, and Python
    can read and set it. Choosing a modality shows its first bug.

    Args:
        cases: the bugs, in the order in which they are to be offered.

    Raises:
        ValueError: there is no case, or two of one modality have the same name.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)

    case = traitlets.Int(0).tag(sync=True)

    _cases = traitlets.List(traitlets.Dict()).tag(sync=True)
    _pixels = traitlets.Bytes().tag(sync=True)
    _ways = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, cases: Sequence[BugCase]) -> None:
        names = [(case.modality, case.name) for case in cases]
        if not names:
            raise ValueError("A bug bench needs at least one case.")
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"Two cases of {twice[0]} are called {twice[1]!r}.")
        self._bugs = sorted(cases, key=lambda case: [*COLOURS].index(case.modality))
        pixels = bytearray()
        shown = [as_shown(case, pixels) for case in self._bugs]
        super().__init__(_cases=shown, _pixels=bytes(pixels), _ways=list(WAYS))

    @traitlets.validate("case")
    def _stay_inside(self, proposal: traitlets.Bunch) -> int:
        """Refuse the number of a case that is not there."""
        value, last = proposal["value"], len(self._cases) - 1
        if not 0 <= value <= last:
            raise traitlets.TraitError(f"case must lie from 0 to {last}, not {value}.")
        return value

    @property
    def sentence(self) -> str:
        """What is said on the page: what the chosen bug costs."""
        return sentence(self._bugs[self.case])

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        kinds = {case.modality: 0 for case in self._bugs}
        for case in self._bugs:
            kinds[case.modality] += 1
        counts = ", ".join(f"{name} {count}" for name, count in kinds.items())
        return f"Bug bench, live in a running notebook. Bugs: {counts}"


def as_shown(case: BugCase, pixels: bytearray) -> dict[str, object]:
    """Return what the page shows of a case; pictures go to the end of `pixels`."""
    return {
        "modality": case.modality,
        "name": case.name,
        "says": case.says,
        "said": case.said,
        "sentence": sentence(case),
        "right": view_shown(case, case.right, pixels),
        "bugged": view_shown(case, case.bugged, pixels),
        "scores": [[name, scores.chance, *scores.ways] for name, scores in case.scores.items()],
    }


def view_shown(case: BugCase, view: View, pixels: bytearray) -> dict[str, object]:
    """Return tokens, or where in `pixels` a picture begins and how large it is; and its numbers."""
    said = {"numbers": numbers(view)}
    if case.modality == "text":
        marked = changed(case) if view is case.bugged else [False] * len(view)
        return {**said, "tokens": list(view), "marked": marked}
    picture = painted(case, view)
    begin = len(pixels)
    pixels.extend(picture.tobytes())
    return {**said, "size": list(picture.shape[:2]), "begin": begin}
