"""A pytest inside a pytest: small notebooks, run under the rules of the course's own."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

COURSE = Path(__file__).resolve().parents[2]


def write(path: Path, *cells: str | tuple[str, dict[str, object]]) -> None:
    """Write a notebook. A pair is a cell that was run, with the result that is stored."""
    book = new_notebook()
    for cell in cells:
        source, *stored = cell if isinstance(cell, tuple) else (cell,)
        results = [new_output("execute_result", data, execution_count=1) for data in stored]
        book.cells.append(
            new_code_cell(source, execution_count=1 if stored else None, outputs=results)
        )
    path.parent.mkdir(exist_ok=True)
    nbformat.write(book, path)


def environment(**variables: str) -> dict[str, str]:
    """The variables of a reader who has set none of the course's, and those given."""
    ours = ("MMTUTOR_", "OMP_", "MKL_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | variables


def run(folder: Path, *options: str, **variables: str) -> dict[str, list[str]]:
    """Run pytest on a folder of notebooks: what each cell said, "" for one that passed."""
    report = folder / "report.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "conftest",
        "-c",
        str(COURSE / "pyproject.toml"),
    ]
    command += [f"--rootdir={folder}", f"--junitxml={report}", "--color=no", *options, str(folder)]
    done = subprocess.run(
        command, cwd=COURSE, env=environment(**variables), capture_output=True, text=True
    )
    assert report.exists(), done.stdout + done.stderr
    said: dict[str, list[str]] = {}
    for cell in ET.parse(report).iter("testcase"):
        # A cell that pytest lets pass although it failed has a child, too, but no word of ours.
        texts = [f"{child.tag}: {child.get('message')} {child.text}" for child in cell]
        said.setdefault(Path(cell.get("classname") or "").stem, []).append("".join(texts))
    assert done.returncode == any(text for texts in said.values() for text in texts)
    return said
