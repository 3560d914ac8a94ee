"""A check, the row that it becomes, and the table of all of them."""

import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from mmtutor.training import Recipe


@dataclass(frozen=True)
class Setup:
    """Where and how much: a GPU with the recipes' own batches, or a dry run on the CPU.

    `batch` is None where each recipe keeps its own.
    """

    device: str
    steps: int
    batch: int | None = None

    @property
    def dry(self) -> bool:
        """Whether this is the CPU, where no speed or memory is worth a number."""
        return self.device == "cpu"

    def brief(self, recipe: Recipe) -> Recipe:
        """Return the recipe for a few steps."""
        return replace(recipe, steps=self.steps, batch_size=self.batch or recipe.batch_size)


GPU = Setup("cuda", steps=30)
DRY = Setup("cpu", steps=2, batch=8)


class Check(NamedTuple):
    """Something to try; `run` returns what was measured, and raises where something is wrong."""

    name: str
    run: Callable[[], str]


class Skipped(Exception):
    """This cannot be tried here; the message says why."""


class Failed(Exception):
    """What was tried is not as it should be; the message says what."""


def require(true: bool, sentence: str) -> None:
    """Raise Failed with the sentence unless it is `true`."""
    if not true:
        raise Failed(sentence)


class Row(NamedTuple):
    """What became of a check: passed, failed, skipped or not run; seconds; what there is to say."""

    name: str
    state: str
    seconds: float
    note: str

    @property
    def bad(self) -> bool:
        """Whether this makes the whole run fail. A check that was not reached proves nothing."""
        return self.state in ("failed", "not run")

    def __str__(self) -> str:
        return f"{self.name:33}  {self.state:7}  {self.seconds:6.1f}  {self.note}"


def attempt(check: Check) -> Row:
    """Try one check, whatever it raises."""
    begun = time.perf_counter()
    try:
        state, note = "passed", check.run()
    except Skipped as why:
        state, note = "skipped", f"skipped: {why}"
    except Exception as error:
        state, note = "failed", in_one_line(error)
    return Row(check.name, state, time.perf_counter() - begun, note)


def in_one_line(error: Exception) -> str:
    """Return what an error says and where it was raised."""
    said = (str(error).strip().splitlines() or [""])[0]
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {said} ({Path(last.filename).name}:{last.lineno} {last.line})"


def attempt_all(checks: Iterable[Check], minutes: float) -> Iterator[Row]:
    """Try the checks one after another; none begins when so many minutes are over."""
    begun = time.perf_counter()
    for check in checks:
        if time.perf_counter() - begun < 60 * minutes:
            yield attempt(check)
        else:
            yield Row(check.name, "not run", 0.0, f"{minutes:g} minutes were over")


def report(rows: Iterable[Row]) -> int:
    """Print each row as it comes, then the sums; return the exit code, 1 where a row is bad."""
    print(f"{'check':33}  {'state':7}  {'s':>6}  note")
    seen = []
    for row in rows:
        print(row, flush=True)
        seen.append(row)
    counts = Counter(row.state for row in seen)
    sums = ", ".join(f"{count} {state}" for state, count in counts.items())
    print(f"{sums}; {sum(row.seconds for row in seen):.0f} s")
    return int(not seen or any(row.bad for row in seen))
