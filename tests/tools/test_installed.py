"""An installed package outside a copy of the course: what needs the copy says so in a sentence."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mmtutor

MISSING = "The lessons are not here: go to the course's folder"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the package and nothing else, as a wheel leaves it."""
    folder = tmp_path_factory.mktemp("site")
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(mmtutor.__file__).parent, folder / "mmtutor", ignore=unwanted)
    return folder


def python(site: Path, elsewhere: Path, *line: str) -> subprocess.CompletedProcess[str]:
    """Run Python with that package in a folder that has nothing to do with the course."""
    ours = {"PYTHONPATH": str(site), "MMTUTOR_HOME": str(elsewhere / "home"), "COLUMNS": "300"}
    return subprocess.run(
        [sys.executable, *line],
        cwd=elsewhere,
        env={**os.environ, **ours},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize("command", ["lab", "run 01", "release", "bench", "bench speed"])
def test_what_needs_the_lessons_says_so(site: Path, tmp_path: Path, command: str) -> None:
    done = python(site, tmp_path, "-m", "mmtutor.cli", *command.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(MISSING) and done.stderr.count("\n") == 1
    assert "`mmtutor start` copy the course" in done.stderr


def test_the_doctor_says_what_is_missing(site: Path, tmp_path: Path) -> None:
    done = python(site, tmp_path, "-m", "mmtutor.cli", "doctor")
    assert done.returncode == 1 and done.stdout.endswith("To be mended: Lessons.\n")
    assert MISSING in done.stdout and not done.stderr


@pytest.mark.parametrize(
    ("command", "says"), [("progress", " attention "), ("hint attention.softmax", "Hint 1 of 4")]
)
def test_what_needs_no_lesson_works(site: Path, tmp_path: Path, command: str, says: str) -> None:
    done = python(site, tmp_path, "-m", "mmtutor.cli", *command.split())
    assert done.returncode == 0 and says in done.stdout and not done.stderr


def test_a_notebook_that_was_carried_away_says_what_it_lacks(site: Path, tmp_path: Path) -> None:
    program = "from mmtutor.datasets.shipped import shipped; shipped('checkpoints/names')"
    done = python(site, tmp_path, "-c", program)
    assert "data/checkpoints/names is not here: trained models and results lie" in done.stderr
