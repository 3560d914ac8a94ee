"""What nbgrader knows of the course's notebooks."""

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from mmtutor import checks
from mmtutor.grading.cells import CHECK, SOLUTION, marked
from mmtutor.grading.points import points
from mmtutor.tools.rooms import Lesson, lessons
from mmtutor.tools.tidy import text_of, tidy

COURSE = Path(__file__).resolve().parents[2]
each_lesson = pytest.mark.parametrize("lesson", lessons(COURSE), ids=lambda lesson: lesson.name)


def roles(path: Path) -> dict[str, NotebookNode]:
    """nbgrader's metadata by the ids of the cells that have some."""
    cells = nbformat.read(path, as_version=4).cells
    return {c.id: c.metadata.nbgrader for c in cells if "nbgrader" in c.metadata}


@each_lesson
def test_every_exercise_is_graded_once_with_its_points(lesson: Lesson) -> None:
    worth = [points(exercise) for exercise in checks.exercises(lesson.slug)]
    for path in (lesson.solution, lesson.exercise):
        graded = [role.points for role in roles(path).values() if role.grade]
        assert sorted(graded) == sorted(worth)


@each_lesson
def test_answers_and_checks_are_marked_and_nothing_else(lesson: Lesson) -> None:
    marks = roles(lesson.solution)
    for cell in nbformat.read(lesson.solution, as_version=4).cells:
        role = marks.get(cell.id, {})
        assert bool(role.get("solution")) == (SOLUTION in cell.source)
        assert (
            bool(role.get("grade"))
            == role.get("locked", False)
            == ("\ncheck(" in f"\n{cell.source}")
        )


@each_lesson
def test_the_gradebook_calls_a_cell_by_its_id_and_a_check_after_its_answer(lesson: Lesson) -> None:
    for marks in map(roles, (lesson.solution, lesson.exercise)):
        assert marks and all(role.grade_id == id for id, role in marks.items())
        answers = {id for id, role in marks.items() if role.solution}
        assert {id.removesuffix("-check") for id, role in marks.items() if role.grade} <= answers


@each_lesson
def test_solutions_and_exercises_are_valid_for_nbgrader(lesson: Lesson) -> None:
    pytest.importorskip("nbgrader", reason='pip install -e ".[teach]"')
    from nbgrader.nbgraderformat import MetadataValidator

    for path in (lesson.solution, lesson.exercise):
        book = nbformat.read(path, as_version=4)
        MetadataValidator().validate_nb(book)  # raises if it is not
        assert any("nbgrader" in cell.metadata for cell in book.cells)


@each_lesson
def test_storing_a_solution_again_keeps_the_marks(lesson: Lesson) -> None:
    book = nbformat.read(lesson.solution, as_version=4)
    assert text_of(marked(tidy(book))) == text_of(tidy(marked(book))) == text_of(book)


def test_a_hint_and_a_sentence_about_checks_are_no_checks() -> None:
    assert not CHECK.findall('# check("a.b", c)\nprint("check(...)")\nhint("attention.softmax")')
    assert CHECK.findall("x = 1\ncheck( 'a.b', c)") == ["a.b"]
