"""A class that cheats, slips and has accidents is graded: each gets what the work deserves."""

import csv
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mmtutor.checks.engine import progress
from mmtutor.grading import package, walls
from mmtutor.grading.grade import Run, grade
from mmtutor.grading.process import Limits
from mmtutor.grading.record import Graded, Record
from mmtutor.tools.trouble import Trouble
from tests.grading.classroom import (
    NOTEBOOKS,
    REACHED,
    READS_THE_SOLUTIONS,
    SETUP,
    SOFTMAX,
    check,
    text,
)

COURSE = Path(__file__).resolve().parents[2]
LIMITS = Limits(cell=6.0, call=0.4)
"""Four seconds a call instead of twenty: who hangs in a test costs little."""

pytestmark = pytest.mark.serial


class Class:
    """A graded class: where it lies, what came out, and how the machine was before."""

    def __init__(self, folder: Path, port: int) -> None:
        self.submitted, self.out = folder / "submitted", folder / "out"
        self.secret = folder / "gradebook.db"
        self.secret.write_text("marks", newline="")
        secrets = [str(self.secret), str(COURSE / "solutions" / "01_attention.ipynb")]
        reached = REACHED.format(paths=secrets, port=port)
        solutions = READS_THE_SOLUTIONS.format(solution=secrets[1])
        for name, cells in NOTEBOOKS.items():
            filled = [
                cell.replace("{reached}", reached).replace("{solutions}", solutions)
                for cell in cells
            ]
            path = self.submitted / folder_name(name) / "attention" / "01_attention.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(text(filled), encoding="utf-8", newline="")
        progress.record_attempt("attention.softmax", "guard")
        self.before = self.state()
        self.run = self.grade()

    def grade(self) -> Run:
        return grade(self.submitted, self.out, LIMITS)

    def state(self) -> dict[str, str]:
        """What no submission may change: the teacher's files, and what was handed in."""
        solutions = (COURSE / "solutions").glob("*.ipynb")
        kept = [one for one in Path(os.environ["MMTUTOR_HOME"]).rglob("*") if one.is_file()]
        files = [self.secret, *kept, *solutions, *self.submitted.rglob("*.ipynb")]
        beside = [str(path) for path in self.secret.parent.iterdir() if path != self.out]
        hashes = {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        return {**hashes, "beside": str(sorted(beside))}

    def record(self, name: str) -> Record:
        return next(one for one in self.run.records if one.student == folder_name(name))

    def graded(self, name: str, id: str) -> Graded:
        exercises = self.record(name).exercises
        return next(one for one in exercises if one.exercise == f"attention.{id}")


def folder_name(name: str) -> str:
    """A name as a folder may bear it."""
    return name.replace("/", "⁄")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    """All notebooks, graded once for all tests; a port is open that nobody may reach."""
    folder = tmp_path_factory.mktemp("class")
    home, os.environ["MMTUTOR_HOME"] = os.environ["MMTUTOR_HOME"], str(folder / "home")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Class(folder, server.getsockname()[1])
    os.environ["MMTUTOR_HOME"] = home


def test_a_right_answer_gets_full_points_whatever_else_the_notebook_does(graded: Class) -> None:
    """Prints, errors in other cells, slow calls, patched PyTorch, a deleted or copied check."""
    for id in ("softmax", "additive", "bug_future", "predict"):
        one = graded.graded("honest, but untidy", id)
        assert one.passed and one.points == one.of > 0, one
    notes = " ".join(graded.record("honest, but untidy").notes)
    assert "ZeroDivisionError" in notes
    assert "`attention.additive` was handed in 2 times" in notes


def test_what_is_missing_is_looked_at_by_hand(graded: Class) -> None:
    one = graded.graded("honest, but untidy", "spread")
    assert (one.status, one.points) == ("by hand", 0)
    assert "missing" in one.sentences[0]


def test_patching_the_judge_or_returning_what_equals_everything_brings_nothing(
    graded: Class,
) -> None:
    assert graded.graded("cheats", "bug_heads").points == 0


def test_numbers_learnt_by_heart_fail_on_fresh_inputs(graded: Class) -> None:
    one = graded.graded("cheats", "additive")
    assert (one.status, one.points) == ("difference", 0)
    assert "not on others of the same kind" in one.sentences[0]


def test_the_reference_is_not_there(graded: Class) -> None:
    one = graded.graded("cheats", "softmax")
    assert one.points == 0
    assert "ModuleNotFoundError" in one.sentences[0]


def test_the_solutions_cannot_be_read(graded: Class) -> None:
    needs_walls(graded)
    assert "FileNotFoundError" in graded.graded("cheats", "bug_future").sentences[0]


def test_a_check_that_a_student_wrote_says_nothing(graded: Class) -> None:
    assert graded.graded("fakes the check", "additive").points == 0


def test_nothing_outside_can_be_reached_and_no_submission_sees_another(graded: Class) -> None:
    needs_walls(graded)
    notes = [note for record in graded.run.records for note in record.notes]
    assert not [note for note in notes if "REACHED" in note]
    tried = [cells for cells in NOTEBOOKS.values() if "{reached}" in cells]
    assert len(tried) == 2  # the second would see what the first left behind


def needs_walls(graded: Class) -> None:
    if not graded.run.walls.closed:
        pytest.skip("neither bubblewrap nor namespaces work here")


def test_who_ends_the_process_loses_that_exercise_alone(graded: Class) -> None:
    passed = [one.exercise for one in graded.record("ends everything").exercises if one.passed]
    assert passed == ["attention.softmax", "attention.predict"]
    said = {
        "additive": "the end of the whole process",
        "bug_future": "still running",
        "scaled_dot_product": "MemoryError",
    }
    for id, words in said.items():
        assert words in graded.graded("ends everything", id).sentences[0]
    notes = " ".join(graded.record("ends everything").notes)
    assert "cell 4 ended the whole process" in notes
    assert "cell 5 stops with OSError" in notes  # a file larger than is allowed
    assert "cell 6 took more than 6 seconds" in notes


def test_who_speaks_for_the_room_is_heard_by_nobody(graded: Class) -> None:
    record = graded.record("speaks for the room")
    assert {one.status for one in record.exercises} <= {"by hand", "not attempted", "passed"}
    assert record.points <= 1  # the right softmax, at most


def test_what_undermines_everything_gets_what_its_answers_deserve(graded: Class) -> None:
    """Ignored signals, hooks, replaced modules, forks, threads, floods, chance, endless answers."""
    record = graded.record("undermines everything")
    assert record.points == 0
    assert {one.status for one in record.exercises} <= {"guard", "difference", "property"}, record


def test_who_undermines_all_and_is_right_gets_the_points(graded: Class) -> None:
    assert graded.graded("undermines all and is right", "additive").passed


def test_nothing_goes_on_after_the_class_is_graded(graded: Class) -> None:
    """Children that a submission left would sleep for a minute."""
    needs_walls(graded)
    lines = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    assert not [line for line in lines if "mmtutor.grading.room" in line]


def test_a_blank_notebook_gets_nothing(graded: Class) -> None:
    assert graded.record("blank").points == 0
    assert graded.graded("blank", "softmax").status == "not attempted"


def test_nothing_of_the_teachers_has_changed(graded: Class) -> None:
    assert graded.state() == graded.before


def test_what_a_submission_says_is_escaped(graded: Class) -> None:
    pages = [p.read_text(encoding="utf-8") for p in (graded.out / "feedback").glob("*.html")]
    assert len(pages) == len(NOTEBOOKS)
    assert not [page for page in pages if re.search("<script|<b>(?!<span|[?])", page)]
    assert any("&lt;script&gt;alert(1)" in page for page in pages)
    assert any("half a letter: � �[31m" in page for page in pages)


def test_the_tables_hold_everybody(graded: Class) -> None:
    with open(graded.out / "grades.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["student"] for row in rows} == {folder_name(name) for name in NOTEBOOKS}
    assert all(row["of"] == rows[0]["of"] for row in rows)
    for name in ("moodle.csv", "canvas.csv", "refused.csv"):
        assert (graded.out / name).is_file()


def test_a_second_run_goes_on_where_the_first_stopped_and_says_the_same(graded: Class) -> None:
    files = sorted(graded.out.rglob("*.*"))
    before = {path: path.read_bytes() for path in files}
    (verdicts,) = [
        path for path in files if path.name.startswith("blank") and path.suffix == ".json"
    ]
    verdicts.unlink()
    assert graded.grade().judged == 1
    assert {path: path.read_bytes() for path in sorted(graded.out.rglob("*.*"))} == before


# ---------------------------------------------------------------------------- walls, one by one

LOOK = """
import json, os, socket, sys
def can(deed):
    try:
        deed()
        return True
    except OSError:
        return False
print(json.dumps({
    "read": can(lambda: open(sys.argv[1]).read()),
    "write": can(lambda: open(sys.argv[2] + "/new", "w").write("x")),
    "network": can(lambda: socket.create_connection(("127.0.0.1", int(sys.argv[3])), 2)),
    "package": can(lambda: open(sys.argv[2] + "/mmtutor/__init__.py").read()),
    "others": [one for one in os.listdir("/proc") if one.isdigit() and int(one) > 100],
}))
"""


@pytest.mark.parametrize("name", ["namespaces", "limits only"])
def test_a_class_can_be_graded_behind_other_walls(name: str, tmp_path: Path) -> None:
    """The class above sat behind the best that work here."""
    (tmp_path / "ada.ipynb").write_text(text([SETUP, SOFTMAX, check("softmax")]), newline="")
    try:
        run = grade(tmp_path, tmp_path / "out", LIMITS, name)
    except Trouble:
        pytest.skip(f"{name} do not work here")
    assert (run.walls.name, run.records[0].points) == (name, 1.0)
    assert name in (tmp_path / "out" / "how.txt").read_text()


@pytest.mark.parametrize("name", ["bubblewrap", "namespaces"])
def test_walls_let_nothing_through(name: str, tmp_path: Path) -> None:
    built, root = package.build(tmp_path / "package"), tmp_path / "root"
    root.mkdir()
    kinds = walls.kinds(built, root, walls.secret_places(COURSE))
    wall = next(one for one in kinds if one.name == name)
    if not wall.works:
        pytest.skip(f"{name} does not work here")
    secret = str(COURSE / "solutions" / "01_attention.ipynb")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        command = wall.shut_in([sys.executable, "-c", LOOK, secret, str(built), port])
        run = subprocess.run(command, capture_output=True, text=True, check=True)
    nothing = {"read": False, "write": False, "network": False, "others": []}
    assert json.loads(run.stdout) == {**nothing, "package": True}


def test_the_answers_package_holds_no_exercise(tmp_path: Path) -> None:
    built = package.build(tmp_path / "package")
    names = {str(path.relative_to(built)) for path in built.rglob("*.py")}
    assert "mmtutor/attention.py" in names and "mmtutor/checks/engine/call.py" in names
    inside = {Path(name).parts[2] for name in names if name.startswith("mmtutor/checks/")}
    assert inside == {"__init__.py", "engine", "trace.py"}
    marks = ("mistakes=(", "hints=(", "def fresh_cases")
    texts = {path: path.read_text(encoding="utf-8") for path in built.rglob("*.py")}
    assert not [path for path, program in texts.items() if any(m in program for m in marks)]
