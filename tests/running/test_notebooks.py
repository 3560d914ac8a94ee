"""The tests of the tests: notebooks that must turn a run red do, and the others do not."""

from pathlib import Path

import pytest

from tests.running.inner import run, write
from tests.running.notebooks import MIME

ANSWER = "lambda weights, columns: divmod(int(weights.argmax()), columns)"
SWAPPED = f"lambda *a: ({ANSWER})(*a)[::-1]"


def asked(answer: str) -> str:
    """The source of a cell that checks an answer."""
    return f"from mmtutor.checks import check; check('start_here.strongest_patch', {answer})"


pytestmark = pytest.mark.serial


# Out of time --------------------------------------------------------------------------------------

SLEEPS = "import time\ntime.sleep(60)"
GOES_ON = "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('stopped')"
TRAINS = """
import time, torch
from mmtutor.training import Batches, Recipe, fit
def slow(model, x):
    time.sleep(0.1)
    return model(x).mean()
recipe = Recipe(steps=600, batch_size=4, learning_rate=0.1)
fit(torch.nn.Linear(1, 1), Batches(torch.ones(8, 1), batch_size=4), slow, recipe)
"""


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What is said of notebooks whose first cell has 5 seconds and does not end in them."""
    folder = tmp_path_factory.mktemp("late")
    first = {
        "sleeps": SLEEPS,
        "goes_on": GOES_ON,
        "trains": TRAINS,
        "dies": "import os\nos._exit(1)",
    }
    for name, source in first.items():
        write(folder / f"{name}.ipynb", source, "1 + 1", "assert False")
    return run(folder, "--nbval-lax", "--nbval-cell-timeout=5")


@pytest.mark.parametrize("name", ["sleeps", "goes_on", "trains"])
def test_a_cell_that_runs_out_of_time_fails_with_all_that_follow(late, name: str) -> None:
    first, *others = late[name]
    assert "more than 5 seconds" in first or "Timeout of 5 seconds" in first
    assert len(others) == 2 and all("ran out of time" in text for text in others)


def test_a_kernel_that_dies_is_noticed_before_the_time_is_over(late) -> None:
    first, *others = late["dies"]
    assert "The kernel died" in first
    assert len(others) == 2 and all(others)


# What is judged, what is compared --------------------------------------------------------------

SURROUNDINGS = """
import os, torch
import mmtutor
from mmtutor.checks import check
from mmtutor.training import budget
mmtutor.ready()
assert budget() == "quick"
assert torch.get_num_threads() == 1
assert os.environ["MMTUTOR_HEADLESS"]
"""
CHECKED = "# NBVAL_CHECK_OUTPUT\n1 + 1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("course")


@pytest.fixture(scope="module")
def judged(folder: Path) -> dict[str, list[str]]:
    """What is said, under --nbval, of small notebooks in the folders of a course."""
    write(folder / "solutions" / "one.ipynb", asked(ANSWER), asked(SWAPPED), f"# {asked(ANSWER)}")
    write(folder / "exercises" / "one.ipynb", asked("..."), asked(ANSWER))
    stored = [{"text/plain": "2"}, {"text/plain": "3"}, {"text/plain": "3"}, {MIME: {"tried": 4}}]
    sources = [CHECKED, CHECKED, "1 + 1", asked(SWAPPED)]
    cells = zip(sources, stored, strict=True)
    write(folder / "notebooks" / "one.ipynb", SURROUNDINGS, *cells)
    return run(folder, "--nbval", MMTUTOR_HOME=str(folder / "mine"))


def test_solutions_must_pass_their_checks(judged) -> None:
    solved, swapped, not_asked = judged["solutions.one"]
    assert solved == ""
    assert "should say 'passed'" in swapped
    assert "should say 'passed'" in not_asked


def test_exercises_must_be_blank(judged) -> None:
    blank, given_away = judged["exercises.one"]
    assert blank == ""
    assert "should say 'not attempted'" in given_away


def test_marked_cells_and_cards_are_compared_and_no_others(judged) -> None:
    _, fresh, stale, unmarked, card = judged["notebooks.one"]
    assert fresh == unmarked == ""
    assert "Cell outputs differ" in stale
    assert "The stored card" in card


def test_a_run_needs_no_variables_and_leaves_progress_alone(judged, folder: Path) -> None:
    assert judged["notebooks.one"][0] == ""
    assert not (folder / "mine").exists()
