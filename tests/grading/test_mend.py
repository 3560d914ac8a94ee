"""Submissions whose cells were copied, split, deleted or stripped can be graded, and say so."""

from collections.abc import Iterator

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from mmtutor.grading.cells import entry
from mmtutor.grading.mend import ON_TOP, Masters, mended


def handed_out() -> Iterator[NotebookNode]:
    """Two exercises, after a cell that nbgrader knows nothing of."""
    yield new_code_cell("import torch", id="setup")
    for name in ("one", "two"):
        roles = {name: {"solution": True}, f"{name}-check": {"grade": True, "points": 2.0}}
        for id, role in roles.items():
            yield new_code_cell(f"source of {id}", id=id, metadata={"nbgrader": entry(id, **role)})


@pytest.fixture
def book() -> NotebookNode:
    return new_notebook(cells=list(handed_out()))


MASTERS: Masters = {cell.id: cell for cell in handed_out() if cell.id != "setup"}


def cell(book: NotebookNode, id: str) -> NotebookNode:
    return next(cell for cell in book.cells if cell.id == id)


def names(book: NotebookNode) -> list[str]:
    """What nbgrader will call each cell."""
    return [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in book.cells]


def test_a_submission_as_it_should_be_stays_as_it_is(book: NotebookNode) -> None:
    assert mended(book, MASTERS) == (book, [])


@pytest.mark.parametrize(
    ("id", "says"),
    [
        ("one", "The answer `one` was copied or split into 2 cells: all of them were run."),
        ("one-check", "The check `one-check` is there 2 times: the last one counts."),
    ],
)
def test_of_two_cells_with_one_name_the_last_keeps_it(
    id: str, says: str, book: NotebookNode
) -> None:
    twin = new_code_cell("a half", metadata=cell(book, id).metadata)
    book.cells.insert(book.cells.index(cell(book, id)), twin)
    found, sentences = mended(book, MASTERS)
    assert sentences == [says] and says in found.cells[0].source
    assert names(found).count(id) == 1 and cell(found, id).metadata.nbgrader.grade_id == id
    assert len(found.cells) == 7  # nothing is thrown away


def test_a_deleted_check_comes_back_under_its_answer(book: NotebookNode) -> None:
    book.cells.remove(cell(book, "one-check"))
    found, sentences = mended(book, MASTERS)
    assert sentences == ["The check `one-check` was missing: it was put back."]
    assert names(found)[1:] == ["", "one", "one-check", "two", "two-check"]
    assert found.cells[3].source == "source of one-check"


def test_without_its_answer_a_check_comes_back_at_the_end(book: NotebookNode) -> None:
    book.cells = [cell(book, "setup"), cell(book, "two"), cell(book, "two-check")]
    found, sentences = mended(book, MASTERS)
    assert names(found)[-1] == "one-check" and len(sentences) == 2
    assert sentences[0].startswith("The answer `one` was deleted")


def test_a_notebook_that_lost_its_metadata_is_known_by_its_ids(book: NotebookNode) -> None:
    for one in book.cells:
        one.metadata = {}
    found, sentences = mended(book, MASTERS)
    assert names(found) == ["", *MASTERS] and not sentences


def test_a_notebook_of_another_course_gets_every_check_and_no_point(book: NotebookNode) -> None:
    stranger = new_notebook(cells=[new_code_cell("1", metadata={"nbgrader": entry("a", grade=1)})])
    found, sentences = mended(stranger, MASTERS)
    assert names(found) == ["", "", "one-check", "two-check"] and len(sentences) == 4


@pytest.mark.parametrize("forged", [{}, "text", [], {"grade_id": ["one"]}, {"grade_id": None}])
def test_metadata_of_any_form_is_replaced(forged: object, book: NotebookNode) -> None:
    cell(book, "one-check").metadata["nbgrader"] = forged
    found, sentences = mended(book, MASTERS)
    assert cell(found, "one-check").metadata.nbgrader == MASTERS["one-check"].metadata.nbgrader
    assert not sentences


def test_points_and_roles_come_from_the_gradebook(book: NotebookNode) -> None:
    cell(book, "one-check").metadata.nbgrader.update(points=1000, grade=False, solution=True)
    assert names(mended(book, MASTERS)[0]) == names(book)
    kept = cell(mended(book, MASTERS)[0], "one-check").metadata.nbgrader
    assert (kept.points, kept.grade, kept.solution) == (2, True, False)


def test_what_was_mended_stands_on_top_for_the_student(book: NotebookNode) -> None:
    del book.cells[-1], book.cells[1]
    top = mended(book, MASTERS)[0].cells[0]
    assert top.cell_type == "markdown" and top.source.startswith(f"{ON_TOP}\n\n- The answer `one`")
    assert top.source.count("\n- ") == 2
