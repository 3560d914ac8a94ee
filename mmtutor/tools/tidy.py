"""Make an executed notebook fit to publish: small, readable without a kernel, the same every time.

A notebook that is stored twice with the same results is the same file, byte for byte.
"""

import re
from typing import Any

import nbformat
from nbformat import NotebookNode

from mmtutor.checks.engine.verdict import MIME
from mmtutor.tools import live

WIDGET = "application/vnd.jupyter.widget-view+json"
ADDRESS = re.compile(r"(?<= at )0x[0-9a-fA-F]+")
VERSION = re.compile(r"(?<=torch )\d[^\s,]*")
"""What `mmtutor.ready()` says of the machine that ran the lesson; every reader's is another."""
DUMP = re.compile(r"^(\w+)\(.*\Z", re.DOTALL)
"""The text of a widget that says nothing of its own: `HBox(children=(…`."""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
"""The kernel that every Jupyter has; the versions of the machine that ran it are left out."""


def tidy(book: NotebookNode) -> NotebookNode:
    """Return a copy with counts 1, 2, 3 …, and without debris, paths, versions and timings."""
    book = nbformat.from_dict(book)
    widgets = live.states_of(book.metadata)
    book.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    count = 0
    for cell in book.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if kept(k)})
        if cell.cell_type == "code":
            count += bool(cell.source.strip())
            tidy_outputs(cell, count if cell.source.strip() else None, widgets)
    return book


def kept(key: str) -> bool:
    """Say whether an entry of a cell's metadata is the author's, not a trace of a run."""
    return key not in ("execution", "collapsed", "scrolled", "ExecuteTime")


def tidy_outputs(cell: NotebookNode, count: int | None, widgets: dict[str, Any]) -> None:
    """Number a code cell and its result; drop what went to stderr (warnings, progress bars)."""
    cell.execution_count = count
    cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
    for output in cell.outputs:
        if "text" in output:
            output.text = VERSION.sub("…", output.text)
        if "execution_count" in output:
            output.execution_count = count
        if "data" in output:
            output.data = readable(output.data, widgets)
            # A picture keeps its size on the page and its one-line description.
            sizes = {k: v for k, v in output.metadata.items() if k == "image/png"}
            output.metadata = nbformat.from_dict(sizes)


def readable(data: NotebookNode, widgets: dict[str, Any]) -> NotebookNode:
    """Return what a page without a kernel can show.

    A widget's view is a reference to a living kernel: a page without one shows nothing, or an
    error. Its text stays, and its picture stands in the cell above; what it holds stays where its
    page can do without a kernel. Addresses in memory differ from run to run.
    """
    text = ADDRESS.sub("0x…", data.get("text/plain", ""))
    if WIDGET in data:
        kept = live.live(widgets.get(data[WIDGET]["model_id"], {}))
        said = {"text/plain": DUMP.sub(r"\1: run this cell to use it", text)}
        return nbformat.from_dict({**said, live.MIME: kept} if kept else said)
    return nbformat.from_dict({**data, "text/plain": text} if text else data)


def text_of(book: NotebookNode) -> str:
    """Return the notebook as it is written to a file: sorted keys, one newline at the end."""
    return nbformat.writes(book).rstrip("\n") + "\n"


def verdicts(book: NotebookNode) -> list[dict[str, Any]]:
    """Return the verdicts that the checks of a notebook showed, in their order."""
    outputs = [o for cell in book.cells for o in cell.get("outputs", [])]
    return [o.data[MIME] for o in outputs if MIME in o.get("data", {})]
