"""What nbgrader must know of a notebook's cells: which are answers, and what each check is worth.

Nobody writes it by hand: `mmtutor release` puts it into `solutions/` and `exercises/`. A cell's id
is its name in the gradebook, so that it stays the same for as long as the cell does.
"""

import re
from typing import Any

import nbformat
from nbformat import NotebookNode

from mmtutor.checks import find
from mmtutor.grading.points import points

SOLUTION = "### BEGIN SOLUTION"
CHECK = re.compile(r"""^check\(\s*["']([\w.]+)["']""", re.MULTILINE)
SCHEMA = 3
"""The form of nbgrader's metadata, in its versions 0.6 to 0.9."""


def marked(book: NotebookNode) -> NotebookNode:
    """Return a copy whose answers and checks nbgrader knows, and no other cell.

    Raises ValueError, in a sentence, for a check of no exercise, two in one cell, or one in a cell
    with an answer.
    """
    book = nbformat.from_dict(book)
    for cell in book.cells:
        cell.metadata.pop("nbgrader", None)
        if cell.cell_type == "code" and (role := role_of(cell)):
            cell.metadata["nbgrader"] = nbformat.from_dict(role)
    return book


def role_of(cell: NotebookNode) -> dict[str, Any]:
    """Return what nbgrader must know of a code cell; nothing for one that it may leave alone."""
    checked, answer = CHECK.findall(cell.source), SOLUTION in cell.source
    if len(checked) + answer > 1:
        raise ValueError(f"cell {cell.id} holds more than one answer or check")
    if checked:
        return entry(cell.id, grade=True, points=worth(checked[0]))
    return entry(cell.id, solution=True) if answer else {}


def worth(exercise: str) -> int:
    """Return the points of an exercise; ValueError with the nearest ids where there is none."""
    try:
        return points(find(exercise))
    except LookupError as error:
        raise ValueError(error.args[0]) from error


def entry(name: str, **role: Any) -> dict[str, Any]:
    """Return nbgrader's metadata of a cell. A check is locked: grading puts its text back."""
    plain = {"grade": False, "solution": False, "task": False, "schema_version": SCHEMA}
    return {**plain, **role, "grade_id": name, "locked": bool(role.get("grade"))}
