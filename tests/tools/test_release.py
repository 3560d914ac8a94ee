"""Exercises are cut out of solutions."""

import errno
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_output

from mmtutor import checks
from mmtutor.grading.points import points
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
CHECKED = "check('attention.softmax', double)"
TESTED = f"{CHECKED}\n### BEGIN HIDDEN TESTS\nassert True\n### END HIDDEN TESTS"


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
    assert (
        mmtutor_("release").output == "solutions/01_a.ipynb written\nexercises/01_a.ipynb written\n"
    )
    book = nbformat.read(teacher / "exercises" / "01_a.ipynb", as_version=4)
    assert [cell.source for cell in book.cells] == [BLANK, CHECKED]
    assert [cell.id for cell in book.cells] == ["cell-0", "cell-1"]
    assert not any(cell.outputs or cell.execution_count for cell in book.cells)
    assert checks.engine.guards.is_blank(namespace(BLANK)["double"])


def namespace(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(source, names)
    return names


def test_release_check_names_what_differs_and_writes_nothing(teacher: Path) -> None:
    before = (teacher / "solutions" / "01_a.ipynb").read_bytes()
    result = mmtutor_("release", "--check")
    differ = "solutions/01_a.ipynb differs\nexercises/01_a.ipynb differs\n"
    assert (result.exit_code, result.output) == (1, differ)
    assert not list((teacher / "exercises").iterdir())
    assert (teacher / "solutions" / "01_a.ipynb").read_bytes() == before
    mmtutor_("release")
    result = mmtutor_("release", "--check")
    assert (result.exit_code, result.output) == (0, "The exercises equal the solutions.\n")


def test_release_removes_an_exercise_without_a_solution(teacher: Path) -> None:
    stray = write(teacher / "exercises" / "02_b.ipynb", "1")
    assert outdated(teacher)[stray] is None
    mmtutor_("release")
    assert not stray.exists()


def test_release_marks_cells_for_nbgrader_and_keeps_what_the_solutions_show(teacher: Path) -> None:
    mmtutor_("release")
    solved, blank = (
        nbformat.read(teacher / folder / "01_a.ipynb", as_version=4).cells
        for folder in ("solutions", "exercises")
    )
    assert solved[0].outputs and solved[0].execution_count == 3
    for answer, check in (solved, blank):
        assert answer.metadata.nbgrader.solution and not answer.metadata.nbgrader.grade
        assert check.metadata.nbgrader.grade and check.metadata.nbgrader.locked
        assert check.metadata.nbgrader.points == points(checks.find("attention.softmax"))
        assert [c.metadata.nbgrader.grade_id for c in (answer, check)] == ["cell-0", "cell-1"]
    assert solved[1].metadata.get("editable", True) and not blank[1].metadata.editable
    assert "checksum" in blank[1].metadata.nbgrader


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("check('a.double', double)", "there is no exercise 'a.double'; did you mean"),
        (f"{CHECKED}\n{CHECKED}", "cell cell-0 holds more than one answer or check"),
        (f"{SOLVED}\n{CHECKED}", "cell cell-0 holds more than one answer or check"),
    ],
)
def test_a_check_that_cannot_be_graded_is_one_sentence(
    teacher: Path, source: str, says: str
) -> None:
    write(teacher / "solutions" / "02_b.ipynb", source)
    result = mmtutor_("release")
    assert result.exit_code == 2 and result.output.count("\n") == 1
    assert result.output.startswith(f"solutions/02_b.ipynb: {says}")


def test_where_there_are_no_solutions_the_exercises_stay(teacher: Path) -> None:
    mmtutor_("release")
    (teacher / "solutions" / "01_a.ipynb").unlink()
    result = mmtutor_("release")
    assert result.exit_code == 2 and result.output.startswith("There are no solutions in")
    assert (teacher / "exercises" / "01_a.ipynb").is_file()


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

    mmtutor_("release")
    (teacher / "exercises" / "01_a.ipynb").unlink()
    monkeypatch.setattr(Path, "write_text", closed)  # an administrator may write everywhere
    result = mmtutor_("release")
    assert result.exit_code == 2 and result.output.count("\n") == 1
    assert f"{teacher / 'exercises' / '01_a.ipynb'} cannot be used: you have no" in result.output
