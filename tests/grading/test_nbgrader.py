"""The whole way of a lesson through nbgrader, by its own commands and the course's settings."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from traitlets.config.loader import PyFileConfigLoader

from mmtutor.checks import all_exercises, exercises
from mmtutor.checks.engine.exercise import Implement
from mmtutor.checks.engine.verdict import MIME
from mmtutor.grading.grade import grade
from mmtutor.grading.points import points
from mmtutor.grading.process import Limits
from mmtutor.tools.tidy import verdicts

COURSE = Path(__file__).resolve().parents[2]
LESSON = "00_start_here"
ID = "start_here.strongest_patch"
SWAPPED = """
right = strongest_patch
def strongest_patch(weights, columns):
    return tuple(reversed(right(weights, columns)))"""
WORTH = sum(map(points, exercises(LESSON[3:])))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the course after the whole way: four students, graded, with feedback and grades."""
    pytest.importorskip("nbgrader", reason='pip install -e ".[teach]"')
    root = tmp_path_factory.mktemp("clone")
    (root / "solutions").mkdir()
    shutil.copy(COURSE / "nbgrader_config.py", root)
    shutil.copy(COURSE / "solutions" / f"{LESSON}.ipynb", root / "solutions")
    nbgrader(root, "generate_assignment", LESSON)
    for student, change in STUDENTS.items():
        book = nbformat.read(released(root), as_version=4)
        change(book)
        path = root / "class" / "submitted" / student / LESSON / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(book, path)
    for command in ("autograde", "generate_feedback"):
        nbgrader(root, command, LESSON)
    nbgrader(root, "export")
    return root


def nbgrader(root: Path, *line: str) -> None:
    """Run a command of nbgrader's in the course's folder."""
    ours = {"PYTHONPATH": str(COURSE), "MMTUTOR_HOME": str(root / "home")}
    tools = str(Path(sys.executable).parent)  # nbgrader starts `alembic`, which lies beside Python
    ours["PATH"] = tools + os.pathsep + os.environ["PATH"]
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *line],
        cwd=root,
        env={**os.environ, **ours},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def released(root: Path) -> Path:
    return root / "class" / "release" / LESSON / f"{LESSON}.ipynb"


def answer(book: NotebookNode) -> NotebookNode:
    return next(c for c in book.cells if c.metadata.get("nbgrader", {}).get("solution"))


def solve(book: NotebookNode) -> None:
    solved = nbformat.read(COURSE / "solutions" / f"{LESSON}.ipynb", as_version=4)
    answer(book).source = answer(solved).source


def mistake(book: NotebookNode) -> None:
    solve(book)
    answer(book).source += SWAPPED


def blank(book: NotebookNode) -> None:
    """Hand it in as it came."""


def split_and_delete(book: NotebookNode) -> None:
    """Right, in two cells with one name, and without its check."""
    solve(book)
    second = nbformat.v4.new_code_cell("1 + 1", metadata=answer(book).metadata)
    book.cells.insert(book.cells.index(answer(book)) + 1, second)
    book.cells = [c for c in book.cells if not c.metadata.get("nbgrader", {}).get("grade")]


STUDENTS = {"right": solve, "mistake": mistake, "blank": blank, "split": split_and_delete}


def autograded(root: Path, student: str) -> NotebookNode:
    folder = root / "class" / "autograded" / student / LESSON
    return nbformat.read(folder / f"{LESSON}.ipynb", as_version=4)


def feedback(root: Path, student: str) -> str:
    page = root / "class" / "feedback" / student / LESSON / f"{LESSON}.html"
    return page.read_text(encoding="utf-8")


pytestmark = pytest.mark.serial


def test_nbgrader_hands_out_what_release_writes(clone: Path) -> None:
    ours = nbformat.read(COURSE / "exercises" / f"{LESSON}.ipynb", as_version=4)
    assert nbformat.read(released(clone), as_version=4) == ours


def test_every_student_gets_the_points_that_are_due(clone: Path) -> None:
    with (clone / "class" / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {float(row["max_score"]) for row in rows.values()} == {WORTH}
    scores = {student: float(row["score"]) for student, row in rows.items()}
    assert scores == {"right": WORTH, "mistake": 0, "blank": 0, "split": WORTH}


def test_honest_grading_gives_the_same_points(clone: Path, tmp_path: Path) -> None:
    run = grade(clone / "class", tmp_path, Limits())
    scores = {record.student: record.points for record in run.records}
    assert scores == {"right": WORTH, "mistake": 0, "blank": 0, "split": WORTH}
    (exercise,) = next(r for r in run.records if r.student == "mistake").exercises
    assert exercise.mistakes == ("swapped",)


def test_the_verdicts_are_stored(clone: Path) -> None:
    found = {student: verdicts(autograded(clone, student)) for student in STUDENTS}
    assert {student: [v["exercise"] for v in cards] for student, cards in found.items()} == {
        student: [ID] for student in STUDENTS
    }
    status = {student: cards[0]["status"] for student, cards in found.items()}
    assert status.pop("blank") == "not attempted"
    assert status == {"right": "passed", "mistake": "mistake", "split": "passed"}
    assert found["mistake"][0]["mistakes"] == ["swapped"]


def test_the_feedback_names_the_mistake_and_says_what_was_mended(clone: Path) -> None:
    (said,) = verdicts(autograded(clone, "mistake"))[0]["sentences"]
    assert said.split(".")[0] in feedback(clone, "mistake")
    assert "most recent call last" not in feedback(clone, "mistake")
    assert "was missing: it was put back" in feedback(clone, "split")
    assert "copied or split into 2 cells" in feedback(clone, "split")


def test_a_card_is_a_display_so_that_nbgrader_reads_no_points_from_it(clone: Path) -> None:
    cells = autograded(clone, "right").cells
    (check,) = [c for c in cells if c.metadata.get("nbgrader", {}).get("grade")]
    assert [o.output_type for o in check.outputs] == ["display_data"] and MIME in check.outputs[
        0
    ].data


def test_a_slow_answer_that_is_right_is_in_time(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check may call an answer once a case, twice where gradients must flow."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    limit = PyFileConfigLoader("nbgrader_config.py", path=str(clone)).load_config().Execute.timeout
    asked = [exercise for exercise in all_exercises() if isinstance(exercise, Implement)]
    assert asked
    for exercise in asked:
        calls = len(exercise.cases()) * (1 + exercise.gradient) + bool(exercise.forbids)
        assert calls * exercise.seconds <= limit, exercise.id


def test_grading_leaves_the_graders_progress_alone(clone: Path) -> None:
    assert not (clone / "home").exists()
