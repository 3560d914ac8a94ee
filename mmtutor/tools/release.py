"""Generate `exercises/` from `solutions/`: the same notebooks with the answers taken out.

nbgrader's own preprocessors do it, so a teacher who uses nbgrader gets the same notebooks.
"""

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from mmtutor.tools.files import content, write
from mmtutor.tools.places import home
from mmtutor.tools.run import read
from mmtutor.tools.tidy import text_of, tidy
from mmtutor.tools.trouble import Trouble


def exercise(solution: Path) -> str:
    """Return the exercise notebook of a solutions notebook, as the text of its file.

    Code between BEGIN SOLUTION and END SOLUTION becomes `...`, hidden tests and outputs go, cell
    ids stay. Raises Trouble where nbgrader is missing or a solution is not closed.
    """
    book = read(solution)
    try:
        for step in preprocessors():
            book, _ = step.preprocess(book, {})
    except RuntimeError as error:
        raise Trouble(f"{solution.parent.name}/{solution.name}: {error}.") from error
    return text_of(blank(book))


def preprocessors() -> list:
    """Return nbgrader's steps from a solution to an exercise."""
    home()
    try:
        from nbgrader.preprocessors import ClearHiddenTests, ClearOutput, ClearSolutions
    except ImportError as error:
        raise Trouble('This needs nbgrader: pip install -e ".[teach]" installs it.') from error
    code, text = {"python": "..."}, "*Write your answer here.*"
    # enforce_metadata would refuse solutions in cells that nbgrader did not make.
    return [
        ClearSolutions(enforce_metadata=False, code_stub=code, text_stub=text),
        ClearHiddenTests(enforce_metadata=False),
        ClearOutput(),
    ]


def blank(book: NotebookNode) -> NotebookNode:
    """Return a tidy copy in which no cell has been run."""
    book = tidy(book)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
            # `answer = ...` before a solution already stands for the blank: one is enough.
            cell.source = cell.source.replace(" = ...\n...", " = ...")
    return nbformat.from_dict(book)


def outdated(root: Path) -> dict[Path, str | None]:
    """Return the exercise notebooks that differ from their solutions, with what they should be.

    None stands for an exercise notebook whose solutions notebook is gone.
    """
    wanted = {
        root / "exercises" / solution.name: exercise(solution)
        for solution in sorted((root / "solutions").glob("*.ipynb"))
    }
    stray = set((root / "exercises").glob("*.ipynb")) - set(wanted)
    changed = {path: text for path, text in wanted.items() if content(path) != text}
    return {**changed, **dict.fromkeys(sorted(stray))}


def release(root: Path) -> list[Path]:
    """Write the exercise notebooks that differ, remove strays, and return what was changed."""
    changes = outdated(root)
    for path, text in changes.items():
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(exist_ok=True)
            write(path, text)
    return list(changes)
