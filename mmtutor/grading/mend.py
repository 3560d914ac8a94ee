"""Mend a submission before nbgrader grades it: cells that were copied, split, deleted or changed.

Of two cells with one name nbgrader refuses the whole class ("an old version of the metadata
format"), and a deleted check counts as not graded. Here the names and points of cells come from the
gradebook, whatever the submission says, and what had to be mended stands on top of the notebook.
"""

from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from mmtutor.grading.cells import entry

Masters = dict[str, NotebookNode]
"""The answers and checks of the notebook that was handed out, by name."""
ON_TOP = "**Before it was graded, this notebook was mended:**"
CHECK = "-check"
"""A check is called like the answer above it, and this."""


def mend(book: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
    """A step of `nbgrader autograde`: nbgrader_config.py puts it among the sanitizing ones."""
    from traitlets.log import get_logger

    about = resources["nbgrader"]
    book, sentences = mended(book, masters(about))
    for sentence in sentences:
        get_logger().warning("%s: %s", about["student"], sentence)
    return book, resources


def masters(about: dict[str, str]) -> Masters:
    """Return the cells that the gradebook knows of a notebook, answers first."""
    from nbgrader.api import Gradebook

    with Gradebook(about["db_url"]) as gradebook:
        notebook = gradebook.find_notebook(about["notebook"], about["assignment"])
        worth = {cell.name: cell.max_score for cell in notebook.grade_cells}
        cells = sorted(notebook.source_cells, key=lambda cell: (cell.name in worth, cell.name))
        return {cell.name: master(cell, worth.get(cell.name)) for cell in cells}


def master(cell: Any, points: float | None) -> NotebookNode:
    """Return a cell as it was handed out; with points it is a check, else an answer."""
    role = {"solution": True} if points is None else {"grade": True, "points": points}
    given = {**entry(cell.name, **role), "cell_type": cell.cell_type, "checksum": cell.checksum}
    return new_code_cell(cell.source, metadata={"nbgrader": given})


def mended(book: NotebookNode, masters: Masters) -> tuple[NotebookNode, list[str]]:
    """Return a copy in which every check is there once, and a sentence for each thing mended."""
    book = nbformat.from_dict(book)
    named: dict[str, list[NotebookNode]] = {name: [] for name in masters}
    for cell in book.cells:
        named.get(name_of(cell, masters), []).append(cell)
        cell.metadata.pop("nbgrader", None)
    sentences = []
    for name, cells in named.items():
        is_check = masters[name].metadata.nbgrader.grade
        if cells:
            cells[-1].metadata["nbgrader"] = nbformat.from_dict(masters[name].metadata.nbgrader)
        elif is_check:
            put_back(book, name, masters[name])
        sentences += [said(name, len(cells), is_check)] if len(cells) != 1 else []
    if sentences:
        book.cells.insert(0, new_markdown_cell("\n- ".join([f"{ON_TOP}\n", *sentences])))
    return book, sentences


def name_of(cell: NotebookNode, masters: Masters) -> str:
    """Return a cell's name in the gradebook: nbgrader's, or its id where that was lost."""
    given = cell.metadata.get("nbgrader")
    name = given.get("grade_id") if isinstance(given, dict) else None
    return name if isinstance(name, str) and name in masters else str(cell.get("id", ""))


def put_back(book: NotebookNode, name: str, check: NotebookNode) -> None:
    """Put a check under its answer; where that is gone, at the end, so that all is defined."""
    answer = name.removesuffix(CHECK)
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in book.cells]
    place = names.index(answer) + 1 if answer in names else len(names)
    book.cells.insert(place, nbformat.from_dict(check))


def said(name: str, times: int, is_check: bool) -> str:
    """Say what was found of a cell that is not there exactly once."""
    if times and is_check:
        return f"The check `{name}` is there {times} times: the last one counts."
    if times:
        return f"The answer `{name}` was copied or split into {times} cells: all of them were run."
    if is_check:
        return f"The check `{name}` was missing: it was put back."
    return f"The answer `{name}` was deleted: if it stands in no other cell, it brings no points."
