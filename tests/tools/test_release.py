"""Exercises are cut out of solutions."""

import errno
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_output

from mmtutor import checks
from mmtutor.tools.release import outdated
from tests.tools.small import mmtutor_, write

SOLVED = """def double(x):
    \"\"\"Twice x.\"\"\"
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION"""
BLANK = """def double(x):
    \"\"\"Twice x.\"\"\"
    ..."""
TESTED = "check('a.double', double)\n### BEGIN HIDDEN TESTS\nassert True\n### END HIDDEN TESTS"


@pytest.fixture
def teacher(course: Path) -> Path:
    """A course with one solved lesson, and nbgrader to cut it."""
    pytest.importorskip("nbgrader", reason='pip install -e ".[teach]"')
    path = write(course / "solutions" / "01_a.ipynb", SOLVED, TESTED)
    book = nbformat.read(path, as_version=4)
    book.cells[0].outputs = [new_output("stream", text="seen")]
    book.cells[0].execution_count = 3
    nbformat.write(book, path)
    return course


def test_release_takes_out_answers_and_outputs_and_keeps_ids(teacher: Path) -> None:
    assert mmtutor_("release").output == "exercises/01_a.ipynb written\n"
    book = nbformat.read(teacher / "exercises" / "01_a.ipynb", as_version=4)
    assert [cell.source for cell in book.cells] == [BLANK, "check('a.double', double)"]
    assert [cell.id for cell in book.cells] == ["cell-0", "cell-1"]
    assert not any(cell.outputs or cell.execution_count for cell in book.cells)
    assert checks.engine.guards.is_blank(namespace(BLANK)["double"])


def namespace(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(source, names)
    return names


def test_release_check_names_what_differs_and_writes_nothing(teacher: Path) -> None:
    result = mmtutor_("release", "--check")
    assert (result.exit_code, result.output) == (1, "exercises/01_a.ipynb differs\n")
    assert not list((teacher / "exercises").iterdir())
    mmtutor_("release")
    result = mmtutor_("release", "--check")
    assert (result.exit_code, result.output) == (0, "The exercises equal the solutions.\n")


def test_release_removes_an_exercise_without_a_solution(teacher: Path) -> None:
    stray = write(teacher / "exercises" / "02_b.ipynb", "1")
    assert outdated(teacher)[stray] is None
    mmtutor_("release")
    assert not stray.exists()


def test_a_solution_that_is_not_closed_is_one_sentence(teacher: Path) -> None:
    write(teacher / "solutions" / "02_b.ipynb", "### BEGIN SOLUTION\n1")
    result = mmtutor_("release")
    assert result.exit_code == 2
    assert "solutions/02_b.ipynb: no end solution statement found." in result.output


def test_release_without_nbgrader_says_what_to_install(
    teacher: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nbgrader.preprocessors", None)
    result = mmtutor_("release")
    assert result.exit_code == 2 and "[teach]" in result.output


def test_exercises_that_cannot_be_written_are_one_sentence(
    teacher: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path, *arguments: Any, **options: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "write_text", closed)  # an administrator may write everywhere
    result = mmtutor_("release")
    assert result.exit_code == 2 and result.output.count("\n") == 1
    assert f"{teacher / 'exercises' / '01_a.ipynb'} cannot be used: you have no" in result.output
