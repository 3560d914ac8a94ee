"""An answer that serves one customer at a time, and is judged by what all of them got.

So an exercise can accept whatever helps: not what an answer gives is compared, but what
`Implement.together` makes of all that it gave.
"""

import contextlib
import inspect
import time
from collections.abc import Iterator
from typing import Any

from mmtutor.checks.engine.call import Call, Elsewhere, NeverReturned, Raised, call
from mmtutor.checks.engine.exercise import Case, Implement
from mmtutor.checks.engine.outcome import show

LONGEST = 80
"""Signs of an argument that is shown."""


def rows(case: Case) -> Iterator[Case]:
    """Give the customers of a case one by one: each argument is a list with a value for each."""
    for values in zip(*case.values(), strict=True):
        yield Case(zip(case, values, strict=True))


def seated(exercise: Implement, answer: Any) -> Any:
    """Return who serves all customers of a case by an answer; elsewhere the answer itself."""
    return RowByRow(answer, exercise) if exercise.together else answer


class RowByRow(Elsewhere):
    """Asks an answer once for each row of a case. What stops it at a row stops it."""

    def __init__(self, answer: Any, exercise: Implement) -> None:
        """Look like the answer, so that what is said of it is said of the answer."""
        self.answer, self.exercise = answer, exercise
        self.served: list[tuple[Case, Any]] = []
        """Every customer, and what it got."""
        self.__name__ = getattr(answer, "__name__", "your function")
        with contextlib.suppress(TypeError, ValueError):  # a function written in C has none
            self.__signature__ = inspect.signature(answer)

    def __call__(self, *_: Any) -> Any:
        """Be callable, as the engine asks of an answer; it calls `call` instead."""
        raise NotImplementedError

    def call(self, case: Case, seconds: float, seed: int) -> Call:
        """Serve all customers of a case within these seconds."""
        if isinstance(self.answer, Elsewhere):
            return self.one_by_one(case, seconds, seed)
        made = call(self.each, case, seconds, seed)
        if made.changed or stops(made.output):
            return made
        self.served += zip(rows(case), made.output, strict=True)
        return Call(together(self.exercise, case, made.output), made.printed, [], case, made.deeds)

    def each(self, *columns: list[Any]) -> Any:
        """Return what the answer gives to each row, or what stops it."""
        outputs = list[Any]()
        for row in zip(*columns, strict=True):
            outputs.append(self.answer(*row))
            if stops(outputs[-1]):
                return outputs[-1]
        return outputs

    def one_by_one(self, case: Case, seconds: float, seed: int) -> Call:
        """Serve the customers of a case by an answer that only calls itself."""
        over, made = time.monotonic() + seconds, list[Call]()
        for row in rows(case):
            made.append(call(self.answer, row, max(0.1, over - time.monotonic()), seed))
            if made[-1].changed or stops(made[-1].output):
                return Call(made[-1].output, made[-1].printed, made[-1].changed, case, [])
        outputs = [one.output for one in made]
        self.served += zip(rows(case), outputs, strict=True)
        deeds = list(dict.fromkeys(deed for one in made for deed in one.deeds))
        printed = "".join(one.printed for one in made)
        return Call(together(self.exercise, case, outputs), printed, [], case, deeds)

    def first_without(self, sentence: str) -> str | None:
        """Show the first customer who got what a property, known by its sentence, rules out."""
        kept = [rule.holds for rule in self.exercise.properties if rule.sentence == sentence]
        for row, output in self.served:
            alone = Case({name: [value] for name, value in row.items()})
            if not all(holds(alone, together(self.exercise, alone, [output])) for holds in kept):
                return f"The first such customer: {told(row)}. Yours returns {show(output)}."
        return None

    def functions_called(self, case: Case, seconds: float) -> set[str]:
        """No exercise of this kind forbids any."""
        return set()


def together(exercise: Implement, case: Case, outputs: list[Any]) -> Any:
    """Return what an exercise makes of all that came out."""
    assert exercise.together
    return exercise.together(case, outputs)


def told(row: Case) -> str:
    """Write the arguments of a row, but for long lists."""
    pairs = ((name, repr(value)) for name, value in row.items())
    return ", ".join(f"`{name}` {value}" for name, value in pairs if len(value) <= LONGEST)


def stops(output: Any) -> bool:
    """Say whether after this no other customer is served."""
    return output is None or output is ... or isinstance(output, Raised | NeverReturned)
