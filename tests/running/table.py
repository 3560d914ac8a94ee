"""Print what a test run cost, lesson by lesson, and fail if a lesson is far over its budget.

`python -m tests.running.table build/costs` reads what `pytest --costs build/costs` has written.
"""

import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.running.costs import Part

ROOMS = {"lesson": "notebooks", "solutions": "notebooks", "exercises": "notebooks"}
ROOMS |= {"tests": "tests", "checks": "tests"}
"""The rooms of a lesson, and the budget that each counts into."""
WIDTH = 11
WORKERS = 2


@dataclass(frozen=True)
class Budgets:
    """Core-seconds that a lesson may cost; see budgets.toml."""

    notebooks: float
    tests: float
    red: float


def budgets() -> Budgets:
    """Return the one set of budgets that there is."""
    file = Path(__file__).with_name("budgets.toml")
    return Budgets(**tomllib.loads(file.read_text(encoding="utf-8")))


def read(folder: Path) -> Counter[Part]:
    """Return the core-seconds of every part: the sum over all processes that took part."""
    spent: Counter[Part] = Counter()
    for file in folder.glob("*.json"):
        for line in json.loads(file.read_text(encoding="utf-8")):
            seconds = line.pop("seconds")
            spent[Part(**line)] += seconds
    return spent


def lessons(spent: Counter[Part]) -> list[str]:
    """Return the lessons that took part."""
    return sorted({part.lesson for part in spent} - {"common"})


def seconds(spent: Counter[Part], **wanted: str) -> float:
    """Return the sum over the parts that agree with `wanted`."""
    return sum(s for part, s in spent.items() if wanted.items() <= part._asdict().items())


def shares(spent: Counter[Part], lesson: str, limits: Budgets) -> dict[str, float]:
    """Return how much of its two budgets a lesson uses: 1 is all of it."""
    used = dict.fromkeys(ROOMS.values(), 0.0)
    for room, budget in ROOMS.items():
        used[budget] += seconds(spent, lesson=lesson, room=room) / getattr(limits, budget)
    return used


def minutes(spent: Counter[Part]) -> dict[str, float]:
    """Return how long the two commands take on two free cores."""
    fast, slow = (seconds(spent, pace=pace) / WORKERS for pace in ("fast", "slow"))
    return {"test-fast": fast / 60, "test": (fast + slow + seconds(spent, pace="alone")) / 60}


def row(name: str, *cells: object) -> str:
    """Return a line of the table; numbers are rounded to seconds."""
    texts = [f"{cell:.0f}" if isinstance(cell, float) else str(cell) for cell in cells]
    return name.ljust(18) + "".join(text.rjust(WIDTH) for text in texts)


def table(spent: Counter[Part], limits: Budgets) -> Iterator[str]:
    """Write the table, line by line."""
    whole = max(seconds(spent), 1e-9)
    yield row("Core-seconds", *ROOMS, "sum", "share", "over")
    for lesson in lessons(spent):
        rooms = [seconds(spent, lesson=lesson, room=room) for room in ROOMS]
        used = shares(spent, lesson, limits)
        over = ", ".join(f"{name} {share:.0%}" for name, share in used.items() if share > 1)
        yield row(lesson, *rooms, sum(rooms), f"{sum(rooms) / whole:.0%}", over or "–")
    common = seconds(spent, lesson="common")
    yield row("common", *[""] * len(ROOMS), common, f"{common / whole:.0%}")
    yield row("all", *(seconds(spent, room=room) for room in ROOMS), whole)
    yield from ("", f"common: {', '.join(folders(spent))}", "")
    yield from (f"{cost:4.0f}  {name}" for name, cost in dearest(spent))
    yield ""
    took = ", ".join(f"make {name} {value:.1f} min" for name, value in minutes(spent).items())
    yield f"{len(lessons(spent))} lessons on {WORKERS} free cores: {took}"


def folders(spent: Counter[Part]) -> list[str]:
    """Say what the common tests cost, the dearest folder first."""
    totals: Counter[str] = Counter()
    for part, value in spent.items():
        totals[part.room] += value * (part.lesson == "common")
    return [f"{room} {value:.0f}" for room, value in totals.most_common() if value > 0]


def dearest(spent: Counter[Part], count: int = 20) -> list[tuple[str, float]]:
    """Return the tests that cost most: where to look first."""
    totals: Counter[str] = Counter()
    for part, value in spent.items():
        totals[part.test] += value
    return totals.most_common(count)


def too_dear(spent: Counter[Part], limits: Budgets) -> list[str]:
    """Say, a sentence each, which lessons are so far over a budget that the run fails."""
    return [
        f"{lesson}: its {name} cost {share:.1f} times their budget: make them cheaper."
        for lesson in lessons(spent)
        for name, share in shares(spent, lesson, limits).items()
        if share > limits.red
    ]


def main(folder: Path) -> int:
    """Print the table; return 1 if a lesson is much too dear, or if nothing was measured."""
    spent, limits = read(folder), budgets()
    print("", *table(spent, limits), "", *too_dear(spent, limits), sep="\n")
    return bool(too_dear(spent, limits) or not spent)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
