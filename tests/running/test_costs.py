"""Core-seconds count where they are spent; a lesson that is too dear turns the run red."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.running.costs import Part, place
from tests.running.inner import run, write
from tests.running.table import Budgets, budgets, main, minutes, read, seconds, table, too_dear

BURN = """
import time
def burn(seconds):
    while time.process_time() < seconds:
        pass
"""
LIMITS = Budgets(notebooks=100, tests=50, red=1.5)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("notebooks/11_gans.ipynb::Cell 3", ("gans", "lesson")),
        ("solutions/00_start_here.ipynb::Cell 0", ("start_here", "solutions")),
        ("exercises/11_gans.ipynb::Cell 3", ("gans", "exercises")),
        ("tests/lessons/test_start_here.py::test_a[gpu.b]", ("start_here", "tests")),
        ("tests/lessons/gans/test_noise.py::test_a", ("gans", "tests")),
        ("tests/lessons/test_gans_bugs.py::test_a", ("gans", "tests")),
        ("tests/lessons/twins.py::test_a", ("common", "lessons")),
        ("tests/checks/test_lists.py::test_a[gans.noise]", ("gans", "checks")),
        ("tests/checks/test_lists.py::test_a[start_here.x-a+b]", ("start_here", "checks")),
        ("tests/checks/test_lists.py::test_a[0.88-a text]", ("common", "checks")),
        ("tests/checks/engine/test_world.py::test_a[torch.softmax]", ("common", "checks")),
        ("tests/datasets/test_words.py::test_a", ("common", "datasets")),
        ("tests/test_structure.py::test_a[11_gans]", ("common", "test_structure")),
    ],
)
def test_each_test_has_its_place(test: str, expected: tuple[str, str]) -> None:
    assert place(test, frozenset({"gans", "start_here"})) == expected


@pytest.mark.serial
def test_a_notebook_that_burns_three_seconds_costs_three_seconds(tmp_path: Path) -> None:
    """Its kernel is a child of a worker: that, too, is counted, and a second asleep is not."""
    cells = (f"{BURN}\nstart = time.process_time()", "burn(start + 3)", "time.sleep(2)")
    write(tmp_path / "notebooks" / "09_burn.ipynb", *cells)
    write(tmp_path / "notebooks" / "08_idle.ipynb", *cells[:1], *cells[2:])
    side_by_side = ("-n", "2", "--dist", "loadfile")
    run(tmp_path, "--nbval-lax", "--costs", str(tmp_path / "costs"), *side_by_side)
    spent = read(tmp_path / "costs")
    idle, burnt = (seconds(spent, lesson=name, room="lesson") for name in ("idle", "burn"))
    assert burnt - idle == pytest.approx(3, abs=0.5)
    assert idle < 3
    assert seconds(spent, test="notebooks/09_burn.ipynb", pace="slow") == burnt
    assert seconds(spent, lesson="common", room="start") > 0


# The table ----------------------------------------------------------------------------------------


def account(**lesson: float) -> Counter[Part]:
    """What one lesson and the common rooms cost."""
    rooms = {Part("gans", room, "slow", ""): value for room, value in lesson.items()}
    return Counter({**rooms, Part("common", "training", "fast", ""): 60.0})


def test_the_budgets_are_those_that_were_agreed() -> None:
    assert budgets() == Budgets(notebooks=150, tests=60, red=1.5)


def test_a_lesson_over_its_budget_is_named_and_far_over_it_the_run_fails() -> None:
    cheap = account(lesson=60, solutions=20, exercises=20, tests=25, checks=25)
    over = account(lesson=60, solutions=20, exercises=30, tests=25, checks=25)
    dear = account(lesson=60, solutions=20, exercises=30, tests=50, checks=26)
    assert list(table(cheap, LIMITS))[1].endswith("–")
    assert list(table(over, LIMITS))[1].endswith("notebooks 110%")
    assert not too_dear(cheap, LIMITS) and not too_dear(over, LIMITS)
    assert too_dear(dear, LIMITS) == [
        "gans: its tests cost 1.5 times their budget: make them cheaper."
    ]


def test_the_accounts_of_all_processes_are_added_up(tmp_path: Path, capsys) -> None:
    line = {"lesson": "gans", "room": "tests", "pace": "fast", "test": "test_a", "seconds": 40.0}
    for process in ("1", "2"):
        (tmp_path / f"{process}.json").write_text(json.dumps([line]))
    assert seconds(read(tmp_path), lesson="gans") == 80
    assert main(tmp_path) == 0
    (tmp_path / "3.json").write_text(json.dumps([line]))
    assert main(tmp_path) == 1
    assert "gans: its tests cost 2.0 times their budget" in capsys.readouterr().out


def test_a_run_that_noted_nothing_is_not_green(tmp_path: Path) -> None:
    assert main(tmp_path) == 1


def test_what_runs_side_by_side_takes_half_as_long() -> None:
    spent = Counter(
        {
            Part("gans", "tests", "fast", ""): 60.0,
            Part("gans", "lesson", "slow", ""): 120.0,
            Part("common", "training", "fast", ""): 60.0,
            Part("common", "browser", "alone", ""): 60.0,
        }
    )
    assert minutes(spent) == {"test-fast": 1, "test": 3}
