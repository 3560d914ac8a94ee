"""Run notebooks from top to bottom without a browser, and report how each went."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mmtutor.tools.files import write
from mmtutor.tools.places import home
from mmtutor.tools.show import Cell, bad, console, good, grey, table
from mmtutor.tools.tidy import text_of, tidy, verdicts
from mmtutor.tools.trouble import Trouble

PUBLISHED = {"MMTUTOR_BUDGET": "quick", "CUDA_VISIBLE_DEVICES": ""}
"""Stored outputs are those of a reader without a GPU."""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Models of a lesson's size gain nothing from a second; who runs this may ask for more."""


@dataclass
class Result:
    """How a notebook's run went: the executed notebook, the seconds, and what failed, if anything.

    `cell` is the number of the code cell that was running last, as Jupyter shows it.
    """

    path: Path
    book: NotebookNode
    seconds: float = 0.0
    cell: int = 0
    error: str = ""
    verdicts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def is_solution(self) -> bool:
        return self.path.parent.name == "solutions"

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(verdict["status"] == "passed" for verdict in self.verdicts)

    @property
    def unsolved(self) -> list[str]:
        """The exercises of a solutions notebook whose check did not pass."""
        if not self.is_solution:
            return []
        return [v["exercise"] for v in self.verdicts if v["status"] != "passed"]

    @property
    def ok(self) -> bool:
        return not self.error and not self.unsolved

    def complaints(self) -> list[str]:
        """Say what failed, a sentence each, with the notebook and the cell."""
        failed = [f"{self.name}, cell [{self.cell}]: {self.error}"] if self.error else []
        return failed + [f"{self.name}: {id} did not pass its check" for id in self.unsolved]

    def row(self) -> list[Cell]:
        """Return this result's line in the table."""
        # A lesson may show a check that fails on purpose: only solutions are counted.
        counted = self.is_solution and self.verdicts
        count = f"{self.passed}/{len(self.verdicts)}" if counted else grey("–")
        mark = good("✓ ran") if self.ok else bad("✗ failed")
        return [self.name, mark, count, f"{self.seconds:.1f}"]


def read(path: Path) -> NotebookNode:
    """Return a notebook; Trouble when there is none or it is not one."""
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise Trouble(f"There is no notebook {path}.") from None
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, ValueError) as error:
        raise Trouble(f"{path.name} is not a notebook: {str(error)[:80]}") from error


def environment(home: Path, store: bool) -> dict[str, str]:
    """Return the kernel's environment: one thread, no bars, and a progress file of its own."""
    ours = {"MMTUTOR_HEADLESS": "1", "MMTUTOR_HOME": str(home)}
    return {**ONE_THREAD, **os.environ, **(PUBLISHED if store else {}), **ours}


def client(book: NotebookNode, folder: Path, timeout: int) -> NotebookClient:
    """Return a client whose kernel is this very Python, whatever kernels are installed.

    Jupyter looks for a kernel called python3 in several folders, and the first may belong to
    another Python. With no folders to look in, it takes the one that runs now. Raises Trouble where
    Jupyter has no home.
    """
    home()
    made = NotebookClient(
        book,
        kernel_name="python3",
        timeout=timeout,
        # A cell may catch an interrupt and go on: time is up when this clock says so.
        interrupt_on_timeout=False,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=True,  # `tidy` keeps what the book needs
        coalesce_streams=True,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    made.create_kernel_manager().kernel_spec_manager.kernel_dirs = []
    return made


def run(
    path: Path,
    *,
    timeout: int = 600,
    store: bool = False,
    advance: Callable[[int], None] = lambda index: None,
) -> Result:
    """Run one notebook in its own folder and report; `store` writes its outputs back.

    No cell may take longer than `timeout` seconds. `advance(index)` is called as each cell starts.
    Nothing is stored where a cell failed. The reader's own progress is not touched.
    """
    result = Result(path, read(path))

    def started(cell: NotebookNode, cell_index: int) -> None:
        result.cell += cell.cell_type == "code" and bool(cell.source.strip())
        advance(cell_index)

    worker = client(result.book, path.parent, timeout)
    worker.on_cell_start = started
    with timed(result), workshop() as folder:
        result.error = outcome(worker, environment(Path(folder), store))
    result.verdicts = verdicts(result.book)
    if store and not result.error:
        write(path, text_of(tidy(result.book)))
    return result


def workshop() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that is gone after its `with`; Trouble where the system has no room."""
    try:
        return tempfile.TemporaryDirectory(prefix="mmtutor-")
    except FileNotFoundError:  # how Python says that each folder for such files is closed or full
        raise Trouble(
            "No temporary file can be written: free some room on the disk, or set TMPDIR to a "
            "folder of yours, and try again."
        ) from None


def outcome(worker: NotebookClient, env: dict[str, str]) -> str:
    """Execute and return what went wrong in one line; an empty string when nothing did."""
    try:
        worker.execute(env=env)
    except CellExecutionError as error:
        return f"{error.ename}: {last_line(error.evalue)}"
    except CellTimeoutError:
        return f"it took more than {worker.timeout} seconds"
    except DeadKernelError:
        return "the kernel died (often: out of memory)"
    return ""


def last_line(message: str) -> str:
    """Return the last line of an error's message that says something."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


@contextmanager
def timed(result: Result) -> Iterator[None]:
    """Note the seconds that the block took."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        result.seconds = time.perf_counter() - begun


def run_all(paths: Sequence[Path], *, timeout: int, store: bool) -> list[Result]:
    """Run notebooks one after another under a progress bar over their cells."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:

        def one(path: Path) -> Result:
            name = f"{path.parent.name}/{path.stem}"
            task = bar.add_task(name, total=len(read(path).cells))
            result = run(
                path,
                timeout=timeout,
                store=store,
                advance=lambda index: bar.update(task, completed=index),
            )
            bar.remove_task(task)
            return result

        return [one(path) for path in paths]


def report(results: Sequence[Result]) -> bool:
    """Print the table of verdicts and seconds, then what failed; return whether all went well."""
    table(
        "Notebook",
        "Result",
        "Checks passed",
        "Seconds",
        rows=[result.row() for result in results],
        numbers=("Checks passed", "Seconds"),
    )
    complaints = [sentence for result in results for sentence in result.complaints()]
    for sentence in complaints:
        console.print(sentence)
    return not complaints
