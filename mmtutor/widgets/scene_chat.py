"""The scene chat: drag things, colour them, ask about them, and see where a model looked.

It knows no model: `ask` answers. Its script and its style lie beside this file and travel with the
notebook's own connection: nothing is fetched from anywhere. Its static twin is
`mmtutor.plots.scene_chat`.
"""

from collections.abc import Sequence

import anywidget
import traitlets

from mmtutor.datasets.asking import TYPES
from mmtutor.datasets.asking.by_hand import Thing, draw_things, questions_about
from mmtutor.datasets.scenes import COLOURS, KINDS, SIDE
from mmtutor.datasets.scenes.stamps import extents_of_stamps
from mmtutor.plots.scene_chat import Ask, Turn, asked, look_says
from mmtutor.plots.style import DIM
from mmtutor.widgets.style import script_of, style_of

MOST = 6
"""So many things stand in a scene at most."""
OFFERED = 6
"""So many of KINDS can be chosen on the page, from the first: those that models were trained on."""
TURNS = 50
"""So many turns before the present one are kept."""


class SceneChat(anywidget.AnyWidget):
    """A scene that can be changed, and a conversation about it.

    `things` (kind, colour, left, top and size of each, as numbers), `chosen`, the thing that keys
    and colours change, `question` and `lit`, whether the picture is lit where the model looked,
    follow what the reader does; Python can read and set them. Whenever the scene changes, the
    question is asked anew.

    Args:
        ask: the model; where it raises ValueError, the page shows the sentence and keeps the turn
            before.
        things: what stands in the scene, from 1 to MOST.
        grid: rows and columns of patches.
        question: what is asked first.

    Raises:
        ValueError: the first question has no answer, or the things or the grid do not fit.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)

    things = traitlets.List().tag(sync=True)
    chosen = traitlets.Int(0).tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    lit = traitlets.Bool(True).tag(sync=True)

    _shown = traitlets.Dict().tag(sync=True)
    _log = traitlets.List().tag(sync=True)
    _pixels = traitlets.Bytes().tag(sync=True)
    _look = traitlets.Bytes().tag(sync=True)
    _error = traitlets.Unicode("").tag(sync=True)
    _fixed = traitlets.Dict().tag(sync=True)

    def __init__(
        self, ask: Ask, things: Sequence[Thing], grid: tuple[int, int], question: str
    ) -> None:
        if not 1 <= len(things) <= MOST:
            raise ValueError(f"a scene has from 1 to {MOST} things, not {len(things)}.")
        self._ask, self._grid = ask, grid
        self._turn, self._now = asked(ask, things, question, grid), (tuple(things), question)
        super().__init__(
            things=[as_numbers(thing) for thing in things],
            question=question,
            _fixed=fixed(grid),
            **self._taken(things),
        )

    def _taken(self, things: Sequence[Thing]) -> dict[str, object]:
        """Return what the page shows of the present turn."""
        return {
            "_shown": as_shown(self._turn, things, self._grid[1]),
            "_pixels": draw_things(things).permute(1, 2, 0).contiguous().numpy().tobytes(),
            "_look": self._turn.look.astype("<f4").tobytes(),
        }

    def _put(self, things: Sequence[Thing], question: str) -> None:
        """Ask, or say why there is no answer; show the scene."""
        error = ""
        try:
            self._turn = asked(self._ask, things, question, self._grid)
        except ValueError as problem:
            error = str(problem)
        taken = self._taken(things)
        with self.hold_sync():  # the page sees the new turn as a whole
            self._error = error
            for name, value in taken.items():
                setattr(self, name, value)

    @traitlets.observe("things", "question")
    def _changed(self, _change: traitlets.Bunch) -> None:
        """Ask of the scene as it is now; what was said to another question goes into the log."""
        now = self._scene, self.question
        if now == self._now:
            return
        before, another = self._turn, self.question != self._now[1]
        self._now = now
        self.chosen = min(self.chosen, len(self.things) - 1)
        self._put(self._scene, self.question if another else before.question)
        if another and self._turn is not before:
            said = {"question": before.question, "answer": before.answer, "right": before.right}
            self._log = [*self._log, said][-TURNS:]

    @property
    def _scene(self) -> tuple[Thing, ...]:
        return tuple(as_thing(numbers) for numbers in self.things)

    @traitlets.validate("things")
    def _on_the_canvas(self, proposal: traitlets.Bunch) -> list[list[int]]:
        """Refuse a scene that there cannot be."""
        value = proposal["value"]
        if not 1 <= len(value) <= MOST:
            raise traitlets.TraitError(f"a scene has from 1 to {MOST} things, not {len(value)}.")
        try:
            draw_things([as_thing(numbers) for numbers in value])
        except (ValueError, IndexError, TypeError) as error:
            raise traitlets.TraitError(f"This is no scene: {error}.") from error
        return value

    @traitlets.validate("chosen")
    def _stay_inside(self, proposal: traitlets.Bunch) -> int:
        """Refuse a choice that there is not."""
        last = len(self.things) - 1
        if not 0 <= proposal["value"] <= last:
            raise traitlets.TraitError(
                f"chosen must lie from 0 to {last}, not {proposal['value']}."
            )
        return proposal["value"]

    @property
    def answer(self) -> str:
        """What the model says."""
        return self._turn.answer

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        return f"Scene chat about {len(self.things)} things, live in a running notebook"


def as_numbers(thing: Thing) -> list[int]:
    """Return a thing as the page has it."""
    kind, colour, *rest = thing
    return [tuple(KINDS).index(kind), tuple(COLOURS).index(colour), *rest]


def as_thing(numbers: Sequence[int]) -> Thing:
    """Return a thing from its numbers."""
    kind, colour, *rest = numbers
    return Thing(tuple(KINDS)[kind], tuple(COLOURS)[colour], *rest)


def fixed(grid: tuple[int, int]) -> dict[str, object]:
    """Return what the page has to know once."""
    inks = {name: [round(255 * part) for part in ink] for name, ink in COLOURS.items()}
    sizes = {
        "side": SIDE,
        "grid": grid,
        "dim": DIM,
        "most": MOST,
        "types": TYPES,
        "offered": OFFERED,
    }
    extents = extents_of_stamps().tolist()
    return {**sizes, "kinds": tuple(KINDS), "colours": inks, "extents": extents}


def as_shown(turn: Turn, things: Sequence[Thing], columns: int) -> dict[str, object]:
    """Return what the page says of a turn, and what else can be asked of the scene, by type."""
    questions = {kind: [] for kind in TYPES}
    for question in questions_about(things, OFFERED):
        questions[question.type].append(question.text)
    return {
        "question": turn.question,
        "answer": turn.answer,
        "right": turn.right,
        "verdict": turn.verdict,
        "look": look_says(turn, columns),
        "questions": questions,
    }
