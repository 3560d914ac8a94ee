"""Notebooks run from top to bottom, and what fails is named."""

import errno
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from mmtutor.tools.run import environment, run
from tests.tools.small import mmtutor_, shown, write


def test_run_counts_verdicts_and_reports_seconds(course: Path) -> None:
    write(course / "notebooks" / "01_a.ipynb", shown("a.one", "not attempted"))
    write(course / "solutions" / "01_a.ipynb", shown("a.one", "passed"), shown("a.two", "passed"))
    result = mmtutor_("run", "a")
    assert result.exit_code == 0
    rows = [line.split() for line in result.output.splitlines() if "ipynb" in line]
    assert [(row[0], row[-2]) for row in rows] == [
        ("notebooks/01_a.ipynb", "–"),
        ("solutions/01_a.ipynb", "2/2"),
    ]
    assert all(float(row[-1]) > 0 for row in rows)


def test_run_names_the_failing_cell_and_goes_on(course: Path) -> None:
    broken = "print('half')\nraise ValueError('first line\\nthe [last] line')"
    write(course / "notebooks" / "01_a.ipynb", "1", "", broken, "2")
    write(course / "solutions" / "01_a.ipynb", shown("a.one", "mistake"))
    result = mmtutor_("run", "all")
    assert result.exit_code == 1
    assert "notebooks/01_a.ipynb, cell [2]: ValueError: the [last] line" in result.output
    assert "solutions/01_a.ipynb: a.one did not pass its check" in result.output


def test_a_kernel_that_dies_or_hangs_is_one_sentence(tmp_path: Path) -> None:
    dead = run(write(tmp_path / "dead.ipynb", "import os; os._exit(1)"))
    assert dead.error == "the kernel died (often: out of memory)" and dead.cell == 1
    slow = run(write(tmp_path / "slow.ipynb", "1", "while True: pass"), timeout=1)
    assert slow.error == "it took more than 1 seconds" and slow.cell == 2


CATCHES = """import time
begun = time.monotonic()
while time.monotonic() < begun + 60:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        break
print("went on")"""


def test_a_cell_that_catches_the_interrupt_has_run_out_of_time_all_the_same(course: Path) -> None:
    """The verdict comes from the clock of the command, not from what the cell does then."""
    path = write(course / "notebooks" / "01_a.ipynb", "1", CATCHES, "2")
    before = path.read_bytes()
    result = mmtutor_("run", "a", "--timeout", "1", "--store")
    assert result.exit_code == 1 and path.read_bytes() == before
    assert "notebooks/01_a.ipynb, cell [2]: it took more than 1 seconds" in result.output


def test_a_file_that_is_no_notebook_is_one_sentence(course: Path) -> None:
    (course / "notebooks" / "01_a.ipynb").write_text("not JSON")
    result = mmtutor_("run", "all")
    assert result.exit_code == 2 and "01_a.ipynb is not a notebook" in result.output


def test_a_notebook_runs_where_it_lies_with_this_python_and_a_home_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "jupyter" / "kernels" / "python3"  # another Python's kernel, found first
    spec.mkdir(parents=True)
    argv = {"argv": ["/nonexistent", "{connection_file}"], "display_name": "x", "language": "x"}
    (spec / "kernel.json").write_text(json.dumps(argv))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("MMTUTOR_HOME", str(tmp_path / "mine"))
    source = "import os, sys\nprint(sys.executable, os.getcwd(), os.environ['MMTUTOR_HEADLESS'])\n"
    source += "print(os.environ['MMTUTOR_HOME'])"
    result = run(write(tmp_path / "where.ipynb", source))
    first, home = result.book.cells[0].outputs[0].text.splitlines()
    assert first.split() == [sys.executable, str(tmp_path), "1"]
    assert home != str(tmp_path / "mine") and not Path(home).exists()


def test_what_is_stored_is_what_a_reader_without_a_gpu_sees() -> None:
    stored = environment(Path("home"), store=True)
    assert (stored["MMTUTOR_BUDGET"], stored["CUDA_VISIBLE_DEVICES"]) == ("quick", "")


THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


@pytest.mark.parametrize(("asked", "given"), [(None, "1"), ("3", "3")])
def test_a_notebook_runs_with_one_thread_unless_more_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str | None, given: str
) -> None:
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
        if asked:
            monkeypatch.setenv(name, asked)
    source = f"import os\nprint(*[os.environ[name] for name in {THREADS}])"
    result = run(write(tmp_path / "threads.ipynb", source))
    assert result.book.cells[0].outputs[0].text.split() == [given, given]


DEBRIS = (
    "import sys; print('kept'); print('bar 10%', file=sys.stderr)",
    "import ipywidgets\nipywidgets.IntSlider()",
    "object()",
    "",
    "1 + 1",
)


def test_store_writes_outputs_without_debris(course: Path) -> None:
    path = write(course / "notebooks" / "01_a.ipynb", *DEBRIS)
    assert mmtutor_("run", "a", "--store").exit_code == 0
    first, text = nbformat.read(path, as_version=4), path.read_text(encoding="utf-8")
    assert [cell.execution_count for cell in first.cells] == [1, 2, 3, None, 4]
    assert [cell.id for cell in first.cells] == [f"cell-{i}" for i in range(5)]
    assert [[o.get("text") for o in cell.outputs] for cell in first.cells[:1]] == [["kept\n"]]
    assert first.cells[1].outputs[0].data == {"text/plain": "IntSlider: run this cell to use it"}
    assert first.cells[2].outputs[0].data == {"text/plain": "<object at 0x…>"}
    assert set(first.metadata) == {"kernelspec", "language_info"}
    assert first.metadata.language_info == {"name": "python"}
    assert text.endswith("}\n") and 'execution"' not in text
    assert mmtutor_("run", "a", "--store").exit_code == 0
    assert path.read_text(encoding="utf-8") == text


def test_run_without_store_and_a_failing_run_write_nothing(course: Path) -> None:
    path = write(course / "notebooks" / "01_a.ipynb", "1")
    before = path.read_text(encoding="utf-8")
    assert mmtutor_("run", "a").exit_code == 0
    assert path.read_text(encoding="utf-8") == before
    path = write(path, "1", "1 / 0")
    before = path.read_text(encoding="utf-8")
    assert mmtutor_("run", "a", "--store").exit_code == 1
    assert path.read_text(encoding="utf-8") == before


def refuse(number: int) -> Callable[..., None]:
    """What writing does where the system refuses it."""

    def write_text(path: Path, *arguments: Any, **options: Any) -> None:
        raise OSError(number, os.strerror(number))

    return write_text


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "the disk is full; free some room and try again"),
        (errno.EROFS, "it can only be read here; use a copy of the course in a folder of yours"),
        (errno.EACCES, "you have no permission for it; use a copy of the course in a folder of"),
    ],
)
def test_outputs_that_cannot_be_stored_are_one_sentence(
    course: Path, monkeypatch: pytest.MonkeyPatch, number: int, reason: str
) -> None:
    path = write(course / "notebooks" / "01_a.ipynb", "1")
    before = path.read_bytes()
    monkeypatch.setattr(Path, "write_text", refuse(number))
    result = mmtutor_("run", "a", "--store")
    assert result.exit_code == 2 and path.read_bytes() == before
    assert f"{path} cannot be used: {reason}" in result.output


def test_no_room_for_temporary_files_is_one_sentence(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(course / "notebooks" / "01_a.ipynb", "1")
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(course / "missing")])
    result = mmtutor_("run", "a")
    assert result.exit_code == 2 and "free some room on the disk, or set TMPDIR" in result.output


def test_without_a_home_folder_a_sentence_says_what_to_set(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", unknown)
    write(course / "notebooks" / "01_a.ipynb", "1")
    result = mmtutor_("run", "a")
    assert result.exit_code == 2
    assert "This account has no home folder, and Jupyter needs one: set HOME" in result.output
