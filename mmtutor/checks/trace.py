"""Where does it go wrong first? Every part of your version beside the same part of the right one.

`trace(yours, right, x)` runs two modules on one batch, `trace_answer("transformer.block", block)`
an answer beside the reference of its exercise. The parts of a module are its named submodules; a
function's are those it calls that are marked with `@part`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from html import escape
from typing import Any, NamedTuple

from torch import Tensor, nn

from mmtutor.checks.engine import guards
from mmtutor.checks.engine.call import Call, call
from mmtutor.checks.engine.exercise import Case, Implement
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.engine.verdict import markup

RESULT = "the result"
SECONDS = 10.0


class Pass(NamedTuple):
    """One run of a part: its name, with a number from the second time on, what went in and out."""

    name: str
    given: Tensor | None
    made: Tensor


Log = list[Pass]
LOGS: list[Log] = []
"""The logs that are kept now. An answer runs in a thread of its own, which must find them, too."""


def part(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Mark a function as a part: while a trace runs, it notes what goes in and what comes out."""

    @wraps(function)
    def heard(*arguments: Any, **keywords: Any) -> Tensor:
        made = function(*arguments, **keywords)
        note(function.__name__, arguments, made)
        return made

    return heard


def note(name: str, arguments: tuple[Any, ...], made: Any) -> None:
    """Add a part's run to the log, if one is kept."""
    if not LOGS or not isinstance(made, Tensor):
        return
    log = LOGS[-1]
    times = 1 + sum(before.name.split(" (")[0] == name for before in log)
    first = next((a.detach().clone() for a in arguments if isinstance(a, Tensor)), None)
    named = name if times == 1 else f"{name} ({times})"
    log.append(Pass(named, first, made.detach().clone()))


@contextmanager
def listening(log: Log, model: Any) -> Iterator[None]:
    """Keep a log of all parts that run, those of a module by hooks."""
    parts = list(model.named_modules())[1:] if isinstance(model, nn.Module) else []
    hooks = [child.register_forward_hook(hook(name)) for name, child in parts]
    LOGS.append(log)
    try:
        yield
    finally:
        LOGS.remove(log)
        for one in hooks:
            one.remove()


def hook(name: str) -> Callable[[nn.Module, tuple[Any, ...], Any], None]:
    """Return what notes each run of a module of this name."""
    return lambda module, arguments, made: note(name, arguments, first_of(made))


def first_of(made: Any) -> Any:
    """Return the first of several results, as `nn.MultiheadAttention` has them."""
    return made[0] if isinstance(made, tuple) and made else made


def run(model: Callable[..., Any], inputs: Case) -> tuple[Log, Call]:
    """Run a module or a function and keep its log; it may raise, or never return."""
    log: Log = []
    with listening(log, model):
        made = call(model, inputs, SECONDS)
    result = first_of(made.output)
    if isinstance(result, Tensor):
        log.append(Pass(RESULT, log[-1].made if log else None, result.detach()))
    return log, made


@dataclass(frozen=True)
class Row:
    """A part of the right version beside the part of the same name in yours, if that ran."""

    right: Pass
    yours: Pass | None

    @property
    def same(self) -> bool:
        """Say whether what comes out is the same, number by number."""
        return self.yours is not None and agree(self.yours.made, self.right.made)

    @property
    def given_the_same(self) -> bool:
        """Say whether what goes in is the same."""
        if self.yours is None or self.yours.given is None or self.right.given is None:
            return False
        return agree(self.yours.given, self.right.given)

    def cells(self) -> list[str]:
        """Return the name, then mean, standard deviation and largest of yours and of the right."""
        yours = statistics(self.yours.made) if self.yours else ["–"] * 3
        return [self.right.name, *yours, *statistics(self.right.made)]


def statistics(x: Tensor) -> list[str]:
    """Write the mean, the standard deviation and the largest size of some numbers."""
    x = x.double()
    if not x.numel():
        return ["–"] * 3
    found = (x.mean(), x.std(unbiased=False), x.abs().max())
    return [f"{round(v.item(), 3) + 0.0:.3f}" for v in found]  # + 0.0: no -0.000


HEADS = ("part", *("mean", "spread", "largest |x|") * 2)
STYLE = "padding:.1em .7em;text-align:right"


@dataclass(frozen=True)
class Trace:
    """The table, and a sentence on the part that goes wrong first."""

    rows: tuple[Row, ...]
    stopped: str = ""
    """What a version that did not come to its end raised."""

    @property
    def first(self) -> int | None:
        """Return the number of the first row that is not the same, None if all are."""
        return next((i for i, row in enumerate(self.rows) if not row.same), None)

    def sentence(self) -> str:
        """Say which part goes wrong first, and where to look."""
        return " ".join(filter(None, (self.where(), self.stopped)))

    def where(self) -> str:
        """Say it of a version that came to its end."""
        if self.first is None or self.rows[-1].same:
            return "The result is right." if self.rows else ""
        row, before = self.rows[self.first], self.rows[: self.first]
        up_to = f"Up to {quoted(before[-1])} all is right. " if before else ""
        if row.yours is None:
            return f"{up_to}{quoted(row)} does not run in yours."
        if row.right.name == RESULT:
            return f"{up_to}The result is not: look at what comes after it."
        if row.given_the_same:
            return (
                f"{up_to}{quoted(row)} gets what it should and gives something else: look inside."
            )
        return f"{up_to}{quoted(row)} is given something else: look at what comes before it."

    def marks(self) -> list[str]:
        """Return a sign for each row."""
        return ["✓" if row.same else "✗" if row.yours else "–" for row in self.rows]

    def __repr__(self) -> str:
        return f"{self.table()}\n{self.sentence()}" if self.rows else self.sentence()

    def table(self) -> str:
        """Write the table as text."""
        lines = [list(HEADS), *(row.cells() for row in self.rows)]
        widths = [max(len(line[c]) for line in lines) for c in range(len(HEADS))]
        pad = " " * (2 + widths[0])
        half = sum(widths[1:4]) + 4
        text = [f"  {pad}{'yours':>{half}}  {'right':>{half}}"]
        for mark, line in zip([" ", *self.marks()], lines, strict=True):
            numbers = "  ".join(f"{c:>{w}}" for c, w in zip(line[1:], widths[1:], strict=True))
            text.append(f"{mark} {line[0]:<{widths[0]}}  {numbers}")
        return "\n".join(text)

    def _repr_html_(self) -> str:
        said = f"<p>{markup(self.sentence())}</p>"
        return f"{self.html_table()}{said}" if self.rows else said

    def html_table(self) -> str:
        """Write the table as HTML."""
        middle = "colspan=3 style='text-align:center'"
        groups = f"<th></th><th></th><th {middle}>yours</th><th {middle}>right</th>"
        heads = "<th></th>" + "".join(f"<th style='{STYLE}'>{head}</th>" for head in HEADS)
        body = "".join(
            f"<tr><td>{mark}</td>{html_of(row)}</tr>"
            for mark, row in zip(self.marks(), self.rows, strict=True)
        )
        return f"<table><tr>{groups}</tr><tr>{heads}</tr>{body}</table>"


def quoted(row: Row) -> str:
    """Write the name of a part as code."""
    return row.right.name if row.right.name == RESULT else f"`{row.right.name}`"


def html_of(row: Row) -> str:
    """Write the cells of a row."""
    return "".join(f"<td style='{STYLE}'>{escape(cell)}</td>" for cell in row.cells())


def trace(
    yours: Callable[..., Any] | nn.Module, right: Callable[..., Any] | nn.Module, *inputs: Any
) -> Trace:
    """Run both on the same inputs and lay the parts of the same name side by side.

    Modules keep the mode that they are in: call `eval()` where there is dropout.
    """
    case = Case({str(number): value for number, value in enumerate(inputs)})
    (mine, made), (theirs, _) = run(yours, case), run(right, case)
    by_name = {one.name: one for one in mine}
    rows = tuple(Row(one, by_name.get(one.name)) for one in theirs)
    return Trace(rows, guards.raised(made) or guards.broken_call(made) or "")


def trace_answer(id: str, answer: Any) -> Trace:
    """Trace an answer beside the reference of its exercise, on the first input of the check.

    ValueError where the exercise asks for no function.
    """
    from mmtutor import checks

    if not hasattr(checks, "find"):
        return Trace((), "An answer that is being graded has no reference beside it.")
    exercise = checks.find(id)
    if not isinstance(exercise, Implement):
        raise ValueError(f"{id} asks for no function, so there is nothing to trace")
    if guards.is_blank(answer):
        return Trace((), "Not attempted yet: replace the `...` first.")
    case = exercise.cases()[0]
    if sentence := guards.cannot_call(answer, case):
        return Trace((), sentence)
    return trace(answer, exercise.reference, *case.values())
