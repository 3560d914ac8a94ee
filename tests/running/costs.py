"""A pytest plugin: `--costs FOLDER` notes there the core-seconds that each part of a run took.

A core-second is a second of processor time, of the tests' own process and of all that it started
and waited for: a notebook's kernel counts in the moment in which it ends. A busy neighbour hardly
changes it. `tests.running.table` adds up and prints.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOMS = {"notebooks": "lesson", "solutions": "solutions", "exercises": "exercises"}
SLOW = {"answers", "pairs", "training"}
"""What `make test-fast` leaves out, beside notebooks and what runs alone."""


class Part(NamedTuple):
    """A line of the account: whose it is, what it is, when it runs, and its name.

    `lesson` is a lesson's slug or "common". `room` is lesson, solutions, exercises, tests or
    checks; for what is common it is the folder of the tests. `pace` is "fast" for what belongs to
    `make test-fast`, "slow" for what is beside it in `make test`, and "alone" for what runs after.
    `test` is a test without its parameters, or a notebook.
    """

    lesson: str
    room: str
    pace: str
    test: str


def cpu() -> float:
    """Return the core-seconds of this process and of all its children that have ended."""
    return sum(os.times()[:4])


@cache
def lessons(root: Path) -> frozenset[str]:
    """Return the slugs of the lessons there are."""
    return frozenset(path.stem[3:] for path in (root / "notebooks").glob("*.ipynb"))


def place(nodeid: str, slugs: frozenset[str]) -> tuple[str, str]:
    """Return the lesson and the room that a test belongs to, by its name.

    Checks name their exercise in brackets: `tests/checks/test_lists.py::test_x[gans.noise]`.
    """
    path, _, test = nodeid.partition("::")
    folder, *rest = path.split("/")
    if folder in ROOMS:
        return Path(path).stem[3:], ROOMS[folder]
    if rest[:1] == ["lessons"] and (owner := lesson_of(rest[1], slugs)):
        return owner, "tests"
    named = re.search(r"[\[-](\w+)\.", test)
    if rest[:1] == ["checks"] and named and named[1] in slugs:
        return named[1], "checks"
    return "common", rest[0].removesuffix(".py") if rest else folder


def lesson_of(name: str, slugs: frozenset[str]) -> str | None:
    """Return the lesson that a file or folder belongs to: `test_gans.py`, `test_gans_bugs.py`."""
    mine = (s for s in slugs if re.match(rf"(?:test_)?{s}(?:_|\.|$)", name))
    return max(mine, key=len, default=None)


def place_of(item: pytest.Item) -> tuple[str, str]:
    """Return the lesson and the room that a collected test belongs to."""
    return place(item.nodeid, lessons(item.config.rootpath))


def part(item: pytest.Item) -> Part:
    """Return the part that a test belongs to."""
    marks = {mark.name for mark in item.iter_markers()}
    notebook = item.path.suffix == ".ipynb"
    pace = "alone" if "serial" in marks else "slow" if marks & SLOW or notebook else "fast"
    name = item.nodeid.split("::" if notebook else "[")[0]
    return Part(*place_of(item), pace, name)


class Costs:
    """Count while tests run; write the account when they are over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spent: Counter[Part] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        begun = cpu()
        try:
            return (yield)
        finally:
            self.spent[part(item)] += cpu() - begun

    def pytest_sessionfinish(self) -> None:
        if not self.spent:  # it only handed out tests: its workers write their own accounts
            return
        start = Part("common", "start", "fast", "start and collect")
        self.spent[start] = cpu() - sum(self.spent.values())
        lines = [{**key._asdict(), "seconds": value} for key, value in self.spent.items()]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{os.getpid()}.json").write_text(json.dumps(lines), encoding="utf-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--costs", type=Path, help="note the core-seconds of every part in this folder"
    )


def pytest_configure(config: pytest.Config) -> None:
    if folder := config.getoption("costs"):
        config.pluginmanager.register(Costs(config.rootpath / folder))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Side by side, start with what is long: lessons, then other notebooks, then lessons' tests."""
    if hasattr(config, "workerinput"):
        order = [*ROOMS.values(), "tests", "checks"]
        ranks = {room: rank for rank, room in enumerate(order)}
        items.sort(key=lambda item: ranks.get(place_of(item)[1], len(order)))
