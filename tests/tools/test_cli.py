"""The command `mmtutor`: what it prints, what it writes, and how it fails, on small courses."""

import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from typer.testing import CliRunner, Result

import mmtutor
from mmtutor import checks
from mmtutor.checks.engine import progress
from mmtutor.checks.engine.verdict import MIME
from mmtutor.cli import app
from mmtutor.datasets import cache, emoji
from mmtutor.datasets.spoken import load_spoken
from mmtutor.tools import data, doctor, lab, rooms
from mmtutor.tools.release import outdated
from mmtutor.tools.run import environment, run
from mmtutor.tools.tidy import WIDGET, text_of, tidy

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


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty course as the working directory."""
    for folder in ("notebooks", "solutions", "exercises", "mmtutor", "benchmarks"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MMTUTOR_HOME", str(tmp_path / "home"))
    yield tmp_path


def mmtutor_(*arguments: str) -> Result:
    """Run the command. A traceback is never an answer."""
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


# ---------------------------------------------------------------------------- rooms


@pytest.mark.parametrize("word", ["1", "01", "attention", "01_attention", "01_attention.ipynb"])
def test_a_lesson_answers_to_its_names(course: Path, word: str) -> None:
    write(course / "notebooks" / "00_start_here.ipynb")
    write(course / "notebooks" / "01_attention.ipynb")
    assert [lesson.slug for lesson in rooms.find(word, course)] == ["attention"]


def test_all_lessons_come_in_order_and_drafts_are_no_lessons(course: Path) -> None:
    for name in ("10_late", "02_soon", "draft", "1_short"):
        write(course / "notebooks" / f"{name}.ipynb")
    assert [lesson.name for lesson in rooms.find("all", course)] == ["02_soon", "10_late"]


def test_the_course_is_found_from_below(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(course / "notebooks")
    assert rooms.course() == course


def test_no_course_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rooms, "is_course", lambda folder: False)
    result = mmtutor_("run", "all")
    assert result.exit_code == 2
    assert "notebooks were not found" in result.output and result.output.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "99"], "There is no lesson '99'; there are 00_start_here, or all."),
        (["hint", "attention.sofmax"], "There is no exercise 'attention.sofmax'; did you mean"),
        (["hint", "nonsense"], "There is no exercise 'nonsense'"),
        (["bench", "nonsense"], "There is no benchmark 'nonsense'; there are: none."),
    ],
)
def test_an_unknown_name_is_one_sentence(course: Path, arguments: list[str], says: str) -> None:
    write(course / "notebooks" / "00_start_here.ipynb", "1")
    result = mmtutor_(*arguments)
    assert result.exit_code == 2
    assert result.output.startswith(says) and result.output.count("\n") == 1


# ---------------------------------------------------------------------------- run


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


# ---------------------------------------------------------------------------- store

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


def untidy() -> NotebookNode:
    """A notebook as Jupyter leaves it."""
    view = {WIDGET: {"model_id": "0" * 32}, "text/plain": "A slider, live in a notebook"}
    pictured = new_output("display_data", {"image/png": "AAAA", "text/plain": "<Figure>"})
    pictured.metadata["needs_background"] = "light"
    outputs = [new_output("display_data", view), pictured]
    cell = new_code_cell("x", id="x", execution_count=7, outputs=outputs)
    cell.metadata.update(execution={"iopub.execute_input": "now"}, tags=["keep"])
    book = new_notebook(cells=[new_markdown_cell("# A", id="a"), cell])
    book.metadata.update(widgets={"state": {}}, language_info={"name": "python", "version": "3.11"})
    return book


def test_tidy_keeps_what_the_author_wrote_and_what_a_page_can_show() -> None:
    book = untidy()
    before = text_of(book)
    clean = tidy(book)
    slider, picture = clean.cells[1].outputs
    assert clean.cells[1].metadata == {"tags": ["keep"]}
    assert slider.data == {"text/plain": "A slider, live in a notebook"}
    assert picture.data == {"image/png": "AAAA", "text/plain": "<Figure>"}
    assert picture.metadata == {} and clean.cells[1].execution_count == 1
    assert "widgets" not in clean.metadata and "version" not in clean.metadata.language_info
    assert text_of(tidy(clean)) == text_of(clean)
    assert text_of(book) == before


# ---------------------------------------------------------------------------- release

SOLVED = """def double(x):
    \"\"\"Twice x.\"\"\"
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION"""
BLANK = """def double(x):
    \"\"\"Twice x.\"\"\"
    ..."""
TESTED = "check('a.double', double)\n### BEGIN HIDDEN TESTS\nassert True\n### END HIDDEN TESTS"


@pytest.fixture
def teacher(course: Path) -> Path:
    """A course with one solved lesson, and nbgrader to cut it."""
    pytest.importorskip("nbgrader", reason='pip install -e ".[teach]"')
    path = write(course / "solutions" / "01_a.ipynb", SOLVED, TESTED)
    book = nbformat.read(path, as_version=4)
    book.cells[0].outputs = [new_output("stream", text="seen")]
    book.cells[0].execution_count = 3
    nbformat.write(book, path)
    return course


def test_release_takes_out_answers_and_outputs_and_keeps_ids(teacher: Path) -> None:
    assert mmtutor_("release").output == "exercises/01_a.ipynb written\n"
    book = nbformat.read(teacher / "exercises" / "01_a.ipynb", as_version=4)
    assert [cell.source for cell in book.cells] == [BLANK, "check('a.double', double)"]
    assert [cell.id for cell in book.cells] == ["cell-0", "cell-1"]
    assert not any(cell.outputs or cell.execution_count for cell in book.cells)
    assert checks.engine.guards.is_blank(namespace(BLANK)["double"])


def namespace(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(source, names)
    return names


def test_release_check_names_what_differs_and_writes_nothing(teacher: Path) -> None:
    result = mmtutor_("release", "--check")
    assert (result.exit_code, result.output) == (1, "exercises/01_a.ipynb differs\n")
    assert not list((teacher / "exercises").iterdir())
    mmtutor_("release")
    result = mmtutor_("release", "--check")
    assert (result.exit_code, result.output) == (0, "The exercises equal the solutions.\n")


def test_release_removes_an_exercise_without_a_solution(teacher: Path) -> None:
    stray = write(teacher / "exercises" / "02_b.ipynb", "1")
    assert outdated(teacher)[stray] is None
    mmtutor_("release")
    assert not stray.exists()


def test_a_solution_that_is_not_closed_is_one_sentence(teacher: Path) -> None:
    write(teacher / "solutions" / "02_b.ipynb", "### BEGIN SOLUTION\n1")
    result = mmtutor_("release")
    assert result.exit_code == 2
    assert "solutions/02_b.ipynb: no end solution statement found." in result.output


def test_release_without_nbgrader_says_what_to_install(
    teacher: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nbgrader.preprocessors", None)
    result = mmtutor_("release")
    assert result.exit_code == 2 and "[teach]" in result.output


# ---------------------------------------------------------------------------- doctor


def replace_module(monkeypatch: pytest.MonkeyPatch, name: str, given: Any) -> None:
    """Let the doctor's import of one module return or raise something else."""
    real = doctor.attempt
    monkeypatch.setattr(doctor, "attempt", lambda asked: given if asked == name else real(asked))


def test_doctor_says_that_a_sound_machine_is_ready(course: Path) -> None:
    result = mmtutor_("doctor")
    assert result.exit_code == 0
    assert "Ready: every lesson can run." in result.output
    assert "torchvision" in result.output and "✗" not in result.output


def test_doctor_knows_a_torchvision_that_does_not_fit(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = RuntimeError("operator torchvision::nms does not exist")
    replace_module(monkeypatch, "torchvision", error)
    assert doctor.torchvision().found == "does not fit this torch"
    assert doctor.REINSTALL in doctor.torchvision().mend
    result = mmtutor_("doctor")
    assert result.exit_code == 1 and "To be mended: torchvision." in result.output


def test_doctor_needs_no_espeak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "installed", lambda name: name != "espeakng-loader")
    assert "pip install -e .[speech]" in doctor.speech().found and not doctor.speech().sick


def test_doctor_works_without_torch(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = ModuleNotFoundError("No module named 'torch'", name="torch")
    for name in ("torch", "torchvision", "mmtutor.training", "mmtutor.datasets.cache"):
        replace_module(monkeypatch, name, missing)
    result = mmtutor_("doctor")
    assert result.exit_code == 1
    assert "To be mended: torch, torchvision." in result.output
    assert "unknown until torch works" in result.output


def test_the_doctor_reads_why_torch_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_module(monkeypatch, "torch", OSError("libcudart.so: cannot open\nmore"))
    assert doctor.torch().found == "libcudart.so: cannot open"
    assert doctor.REINSTALL in doctor.torch().mend


@pytest.mark.parametrize("name", ["mmtutor_no_such_module", "json.no_such_module"])
def test_a_failing_import_is_returned_not_raised(name: str) -> None:
    assert isinstance(doctor.attempt(name), ModuleNotFoundError)
    assert isinstance(doctor.attempt("json"), ModuleType)


def test_an_old_torch_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_module(monkeypatch, "torch", SimpleNamespace(__version__="2.9.1+cpu"))
    with pytest.raises(RuntimeError, match=r"torch 2.9.1\+cpu: The course needs torch 2.11"):
        mmtutor.ready()


@pytest.mark.parametrize(
    ("found", "old"),
    [
        ("2.10.2", True),
        ("1.99", True),
        ("2.11.0", False),
        ("2.15.0+cu132", False),
        ("3.0a0", False),
    ],
)
def test_versions_are_compared_as_numbers(found: str, old: bool) -> None:
    assert bool(doctor.too_old(found)) is old


def test_the_first_cell_prints_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMTUTOR_BUDGET", "quick")
    mmtutor.ready()
    line = rf"mmtutor {re.escape(mmtutor.__version__)}, torch [\d.]+, .+, budget quick\n"
    assert re.fullmatch(line, capsys.readouterr().out)


def test_a_wrong_budget_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMTUTOR_BUDGET", "huge")
    assert doctor.budget().sick and "'huge'" in doctor.budget().mend


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MMTUTOR_CACHE", str(tmp_path))
    monkeypatch.setattr(cache, "writable_directory", lambda: None)
    assert "MMTUTOR_CACHE" in doctor.cache().mend and not doctor.cache().sick


def test_missing_packages_are_named() -> None:
    found = doctor.packages("Jupyter", "pytest", "no-such-package")
    assert found.found == "no-such-package missing" and found.sick


# ---------------------------------------------------------------------------- lab


def test_a_taken_port_is_avoided() -> None:
    with socket.socket() as taken:
        taken.bind((lab.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert lab.free_port(port) not in (0, port)
    assert lab.free_port(port) == port


class Server:
    """Stands in for a running JupyterLab, and listens where it was told to."""

    def __init__(self, line: list[str], env: dict[str, str]) -> None:
        self.line, self.env, self.ended = line, env, False
        self.socket = socket.socket()
        self.socket.bind((lab.HOST, self.port))
        self.socket.listen()

    @property
    def port(self) -> int:
        (option,) = [word for word in self.line if word.startswith("--ServerApp.port=")]
        return int(option.split("=")[1])

    def poll(self) -> int | None:
        return None

    def wait(self, timeout: float | None = None) -> int:
        self.socket.close()
        return 0

    def terminate(self) -> None:
        self.ended = True


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> list[Server]:
    """Every server that the command starts."""
    started: list[Server] = []

    def start(line: list[str], env: dict[str, str]) -> Server:
        started.append(Server(line, env))
        return started[-1]

    monkeypatch.setattr(lab, "start", start)
    return started


def test_lab_serves_this_machine_only_and_prints_the_address(
    course: Path, servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "is_root", lambda: True)
    result = mmtutor_("lab", "--no-browser", "--port", str(lab.free_port(0)))
    (server,) = servers
    token = server.env["JUPYTER_TOKEN"]
    assert result.exit_code == 0 and len(token) >= 32
    page = "lab/tree/notebooks/00_start_here.ipynb"
    assert f"http://127.0.0.1:{server.port}/{page}?token={token}\n" in result.output
    assert {"--ServerApp.ip=127.0.0.1", "--no-browser", "--allow-root"} <= set(server.line)
    assert f"--ServerApp.root_dir={course}" in server.line
    assert token not in " ".join(server.line)
    assert server.line[:3] == [sys.executable, "-m", "jupyterlab"]


@pytest.mark.parametrize("as_root", [True, False])
@pytest.mark.parametrize("browser", [True, False])
def test_the_command_line_follows_the_machine(browser: bool, as_root: bool) -> None:
    line = lab.command(Path("course"), 8888, browser, as_root)
    assert ("--no-browser" in line) is not browser
    assert ("--allow-root" in line) is as_root


def test_lab_takes_another_port_when_8888_is_taken(course: Path, servers: list[Server]) -> None:
    with socket.socket() as taken:
        taken.bind((lab.HOST, 0))
        taken.listen()
        mmtutor_("lab", "--port", str(taken.getsockname()[1]))
        assert servers[0].port != taken.getsockname()[1]


def test_without_a_screen_no_browser_is_opened() -> None:
    assert not lab.can_open_browser({}, "linux")


# ---------------------------------------------------------------------------- learning, data, bench


def test_progress_counts_per_lesson(course: Path) -> None:
    exercise, other = checks.exercises("attention")[:2]
    progress.record_attempt(exercise.id, passed=False)
    progress.record_attempt(exercise.id, passed=True)
    progress.record_attempt(other.id, passed=False)
    progress.next_hint(other.id, 4)
    output = mmtutor_("progress").output
    (row,) = [line.split() for line in output.splitlines() if line.startswith(" attention")]
    total = len(checks.exercises("attention"))
    assert row == ["attention", str(total), "3", "1", f"1/{total}"]


def test_hint_gives_the_next_one(course: Path) -> None:
    hints = checks.find("attention.softmax").hints
    first, second = mmtutor_("hint", "attention.softmax"), mmtutor_("hint", "attention.softmax")
    assert first.output == f"Hint 1 of 4: {hints[0]}\n"
    assert second.output == f"Hint 2 of 4: {hints[1]}\n"


def test_data_are_counted_and_built_again_when_asked(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    monkeypatch.setenv("MMTUTOR_CACHE", str(course / "cache"))
    monkeypatch.setattr(data, "SETS", {"tiny": lambda: built.append("tiny") or range(1234)})
    (course / "cache").mkdir()
    kept = course / "cache" / "tiny.safetensors"
    kept.touch()
    assert "1,234" in mmtutor_("data").output and kept.exists()
    assert "in memory only" in mmtutor_("data", "--force").output and not kept.exists()
    assert built == ["tiny", "tiny"]


def test_the_sets_that_need_no_download_are_all_there() -> None:
    spoken = f"spoken-{load_spoken().source}"
    needed = {"glyphs-dejavu", "glyphs-stix", "digits", spoken}
    assert set(data.SETS) == needed | ({"emoji"} if emoji.installed() else set())
    assert len(data.SETS["digits"]()) == 1797


def test_bench_lists_and_runs(course: Path) -> None:
    (course / "benchmarks" / "_shared.py").write_text("")
    (course / "benchmarks" / "speed.py").write_text('"""How fast."""\nimport sys\nsys.exit(3)\n')
    assert mmtutor_("bench").output == "speed: How fast.\n"
    assert mmtutor_("bench", "speed").exit_code == 3


def test_version_and_help() -> None:
    assert mmtutor_("--version").output == f"mmtutor {mmtutor.__version__}\n"
    output = mmtutor_("--help").output
    names = ("doctor", "lab", "run", "progress", "hint", "data", "release", "bench")
    assert not [name for name in names if name not in output]


def test_trouble_is_the_only_exception_that_becomes_a_sentence(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours must not look like a mistake of the reader's."""

    def broken(word: str, root: Path) -> None:
        raise KeyError(word)

    monkeypatch.setattr("mmtutor.cli.find", broken)
    assert isinstance(CliRunner().invoke(app, ["run", "1"]).exception, KeyError)
