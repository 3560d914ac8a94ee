"""Small notebooks to try the commands on, and the command itself."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from typer.testing import CliRunner, Result

from mmtutor.checks.engine.verdict import MIME
from mmtutor.cli import app

SHOW = "from IPython.display import display\n"


def shown(exercise: str, status: str) -> str:
    """A cell's source that shows a verdict as `check` does."""
    verdict = {MIME: {"exercise": exercise, "status": status}, "text/plain": status}
    return f"{SHOW}display({verdict!r}, raw=True)"


def write(path: Path, *sources: str) -> Path:
    """Write a notebook of code cells with the ids a, b, c …"""
    cells = [new_code_cell(s, id=f"cell-{i}") for i, s in enumerate(sources)]
    path.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=cells), path)
    return path


def mmtutor_(*arguments: str) -> Result:
    """Run the command. A traceback is never an answer."""
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result
