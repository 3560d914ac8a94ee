"""An answer that serves one customer at a time, and is judged by what all of them got.

So an exercise can accept whatever helps: not what an answer gives is compared, but what
`Implement.together` makes of all that it gave.
"""

import contextlib
import inspect
import time
from collections.abc import Callable, Iterator
from typing import Any

from mmtutor.checks.engine.call import Call, Elsewhere, NeverReturned, Raised, call
from mmtutor.checks.engine.exercise import Case, Implement


def rows(case: Case) -> Iterator[Case]:
    """Give the customers of a case one by one: each argument is a list with a value for each."""
    for values in zip(*case.values(), strict=True):
        yield Case(zip(case, values, strict=True))


def seated(exercise: Implement, answer: Any) -> Any:
    """Return who serves all customers of a case by an answer; elsewhere the answer itself."""
    return RowByRow(answer, exercise.together) if exercise.together else answer


class RowByRow(Elsewhere):
    """Asks an answer once for each row of a case. What stops it at a row stops it."""

    def __init__(self, answer: Any, together: Callable[[Case, list[Any]], Any]) -> None:
        """Look like the answer, so that what is said of it is said of the answer."""
        self.answer, self.together = answer, together
        self.__name__ = getattr(answer, "__name__", "your function")
        with contextlib.suppress(TypeError, ValueError):  # a function written in C has none
            self.__signature__ = inspect.signature(answer)

    def __call__(self, *_: Any) -> Any:
        """Be callable, as the engine asks of an answer; it calls `call` instead."""
        raise NotImplementedError

    def call(self, case: Case, seconds: float, seed: int) -> Call:
        """Serve all customers of a case within these seconds."""
        over, made = time.monotonic() + seconds, list[Call]()
        for row in rows(case):
            made.append(call(self.answer, row, max(0.1, over - time.monotonic()), seed))
            if made[-1].changed or stops(made[-1].output):
                return Call(made[-1].output, made[-1].printed, made[-1].changed, case, [])
        deeds = list(dict.fromkeys(deed for one in made for deed in one.deeds))
        printed = "".join(one.printed for one in made)
        return Call(self.together(case, [one.output for one in made]), printed, [], case, deeds)

    def functions_called(self, case: Case, seconds: float) -> set[str]:
        """No exercise of this kind forbids any."""
        return set()


def stops(output: Any) -> bool:
    """Say whether after this no other customer is served."""
    return output is None or output is ... or isinstance(output, Raised | NeverReturned)
