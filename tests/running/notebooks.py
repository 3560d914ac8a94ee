"""A pytest plugin: how the course's notebooks are judged when nbval runs them.

nbval proves that no cell raises and that a cell marked NBVAL_CHECK_OUTPUT shows what is stored.
Four rules come on top:

- A cell that runs out of time fails, even if it survives the interrupt, and so do all after it.
- A kernel that dies is noticed at once.
- Every check passes in solutions/, says "not attempted" in exercises/, and says what is stored.
- `--nbval` compares the same cells as `--nbval-lax`: trained numbers differ between machines.
"""

import re
import time
from collections.abc import Iterator
from functools import partial
from queue import Empty
from typing import Any

import pytest
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

CHECK = re.compile(r"""\bcheck\(\s*["']([\w.]+)["']""")
MIME = "application/vnd.mmtutor.verdict+json"
"""As in mmtutor.checks, whose import would cost each run of pytest the import of torch."""
EXPECTED = {"solutions": "passed", "exercises": "not attempted"}


def pytest_collectstart(collector: pytest.Collector) -> None:
    if isinstance(collector, IPyNbFile):
        collector.compare_outputs = False


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # nbval would run the cell and expect it to fail: neither outcome would turn the run red.
    if isinstance(item, IPyNbCell) and item.parent.timed_out:
        pytest.fail("Not run: an earlier cell of this notebook ran out of time.", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    if not isinstance(item, IPyNbCell):
        return (yield)
    kernel = item.parent.kernel
    kernel.await_reply = partial(await_reply, kernel)
    yield
    for complaint in complaints(item):
        item.raise_cell_error(complaint)


def await_reply(kernel: RunningKernel, msg_id: str, timeout: float) -> None:
    """Wait as nbval does, but notice within a second that the kernel has died."""
    end = time.monotonic() + timeout
    while True:
        try:
            return RunningKernel.await_reply(kernel, msg_id, timeout=min(1, timeout))
        except Empty:
            if not kernel.is_alive():
                raise RuntimeError("The kernel died (often: out of memory).") from None
            if time.monotonic() >= end:
                raise


def complaints(cell: IPyNbCell) -> Iterator[str]:
    """Say what is wrong with a cell that raised nothing."""
    if cell.parent.timed_out:
        limit = cell.config.option.nbval_cell_timeout
        yield f"The cell took more than {limit:g} seconds and went on when it was interrupted."
    shown, stored = verdicts(cell.test_outputs or []), verdicts(cell.cell.outputs)
    if status := EXPECTED.get(cell.path.parent.name):
        said = [(verdict["exercise"], verdict["status"]) for verdict in shown]
        if said != [(exercise, status) for exercise in CHECK.findall(cell.cell.source)]:
            yield f"Every check here should say {status!r}. They said: {said}"
    if shown != stored and cell.cell.execution_count:
        yield (
            "The stored card is not what the check says now (mmtutor run NN --store renews it).\n"
            f"Stored: {stored}\nNow:    {shown}"
        )


def verdicts(outputs: list[Any]) -> list[dict[str, Any]]:
    """Return the verdicts among the outputs of a cell."""
    return [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]
