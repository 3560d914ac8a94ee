"""Generate `exercises/` from `solutions/`: the same notebooks with the answers taken out.

nbgrader's own preprocessors do it, so a teacher who uses nbgrader gets the same notebooks. What
nbgrader must know of a cell is written into both.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from mmtutor.grading.cells import marked
from mmtutor.tools.files import content, write
from mmtutor.tools.places import home
from mmtutor.tools.run import read
from mmtutor.tools.tidy import text_of, tidy
from mmtutor.tools.trouble import Trouble

Step = Callable[[NotebookNode, Any], tuple[NotebookNode, Any]]
"""As nbconvert has it: from a notebook and its resources to both."""
BLANK = "..."
"""What stands where an answer is to be written."""


def solutions(root: Path) -> list[Path]:
    """Return the solutions notebooks; Trouble where there are none, as in a bundle for students."""
    if found := sorted((root / "solutions").glob("*.ipynb")):
        return found
    raise Trouble(f"There are no solutions in {root / 'solutions'} to make exercises from.")


def solution(path: Path) -> NotebookNode:
    """Return a solutions notebook with its answers and checks marked for nbgrader, not run again.

    Raises Trouble where a check is of no exercise.
    """
    try:
        return marked(read(path))
    except ValueError as error:
        raise Trouble(f"{path.parent.name}/{path.name}: {error}.") from error


def exercise(path: Path) -> str:
    """Return the exercise notebook of a solutions notebook, as the text of its file.

    Code between BEGIN SOLUTION and END SOLUTION becomes `...`, hidden tests and outputs go, cell
    ids stay, checks are locked. Raises Trouble where nbgrader is missing or a solution is not
    closed.
    """
    book: NotebookNode = solution(path)
    try:
        for step in steps():
            book, _ = step(book, {})
    except RuntimeError as error:
        raise Trouble(f"{path.parent.name}/{path.name}: {error}.") from error
    return text_of(book)


def steps() -> list[Step]:
    """Return the steps from a solution to an exercise, nbgrader's own and `blank`."""
    home()
    try:
        from nbgrader.preprocessors import (
            ClearHiddenTests,
            ClearOutput,
            ClearSolutions,
            ComputeChecksums,
            LockCells,
        )
    except ImportError as error:
        raise Trouble('This needs nbgrader: pip install -e ".[teach]" installs it.') from error
    cut = ClearSolutions(code_stub={"python": BLANK}, text_stub="*Write your answer here.*")
    return [LockCells(), cut, ClearHiddenTests(), ClearOutput(), blank, ComputeChecksums()]


def blank(book: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
    """A step: a tidy copy in which no cell has been run."""
    book = tidy(book)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
            # `answer = ...` before a solution already stands for the blank: one is enough.
            cell.source = cell.source.replace(f" = {BLANK}\n{BLANK}", f" = {BLANK}")
    return nbformat.from_dict(book), resources


def outdated(root: Path) -> dict[Path, str | None]:
    """Return the notebooks that differ from what they should be, with that.

    Solutions may lack what nbgrader must know; exercises may differ from their solutions. None
    stands for an exercise notebook whose solutions notebook is gone.
    """
    paths = solutions(root)
    wanted = {path: text_of(solution(path)) for path in paths}
    wanted |= {root / "exercises" / path.name: exercise(path) for path in paths}
    stray = set((root / "exercises").glob("*.ipynb")) - set(wanted)
    changed = {path: text for path, text in wanted.items() if content(path) != text}
    return {**changed, **dict.fromkeys(sorted(stray))}


def release(root: Path) -> list[Path]:
    """Write the notebooks that differ, remove strays, and return what was changed."""
    changes = outdated(root)
    for path, text in changes.items():
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(exist_ok=True)
            write(path, text)
    return list(changes)
