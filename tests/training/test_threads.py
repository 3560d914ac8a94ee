"""Threads: as many as make steps fast, one beside a neighbour, and never against the reader."""

import os
import subprocess
import sys

import pytest
import torch

from mmtutor.training import fit, threads
from mmtutor.training.threads import EVERY, TRIAL, Threads
from tests.training.small import RECIPE, batches, network, squared_error


class Machine:
    """A machine of two cores whose steps take as long as we say; its clock is ours."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.used, self.seconds = 0.0, 1, {1: 1.0, 2: 1.0}
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
        monkeypatch.setattr(threads, "cores", lambda: 2)
        monkeypatch.setattr(threads.time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(torch, "set_num_threads", lambda number: setattr(self, "used", number))
        monkeypatch.setattr(torch, "get_num_threads", lambda: self.used)

    def train(self, tuned: Threads, steps: int) -> list[int]:
        """Return how many threads each step had."""
        had = []
        for _ in range(steps):
            tuned.tune()
            had.append(self.used)
            self.now += self.seconds[self.used]
        return had


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.mark.parametrize(
    ("alone", "both", "expected"),
    [(1.0, 0.6, 2), (1.0, 3.0, 1), (1.0, 1.0, 1), (1.0, 0.9, 1), (1.0, 0.8, 2)],
)
def test_a_trial_finds_what_is_faster_and_a_tie_goes_to_one(machine, alone, both, expected):
    machine.seconds = {1: alone, 2: both}
    had = machine.train(Threads(), EVERY)
    assert had[: 2 * TRIAL] == [2] * TRIAL + [1] * TRIAL
    assert set(had[2 * TRIAL :]) == {expected}


def test_a_neighbour_that_comes_and_goes_is_noticed(machine):
    tuned, quiet, busy = Threads(), {1: 1.0, 2: 0.6}, {1: 1.1, 2: 3.0}
    ends = []
    for machine.seconds in (quiet, busy, quiet):
        ends.append(machine.train(tuned, EVERY)[-1])
    assert ends == [2, 1, 2]


def test_while_nothing_changes_no_step_is_spent_on_a_rival(machine):
    tuned = Threads()
    machine.seconds = {1: 1.0, 2: 0.6}
    machine.train(tuned, EVERY)
    assert set(machine.train(tuned, 3 * EVERY)) == {2}


def test_a_pause_in_a_trial_decides_nothing(machine):
    """An evaluation, or a page of memory that must be fetched."""
    tuned = Threads()
    machine.seconds = {1: 1.0, 2: 0.6}
    machine.train(tuned, 2)
    machine.now += 60
    assert machine.train(tuned, EVERY - 2)[-1] == 2


def test_what_the_reader_set_stays(machine, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    machine.used, machine.seconds = 2, {2: 9.0}
    assert set(machine.train(Threads(), EVERY)) == {2}


def test_one_core_is_one_thread(machine, monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 1)
    assert set(machine.train(Threads(), EVERY)) == {1}


def test_after_a_training_there_are_as_many_as_before(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(threads, "cores", lambda: 2)
    before, seen = torch.get_num_threads(), []

    def loss(model, x, y):
        seen.append(torch.get_num_threads())
        return squared_error(model, x, y)

    fit(network(), batches(), loss, RECIPE)
    assert seen[: 2 * TRIAL] == [2] * TRIAL + [1] * TRIAL
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("imports", ["import mmtutor.training", "import torch, mmtutor.training"])
@pytest.mark.parametrize(("chosen", "expected"), [("", "1"), ("2", "2")])
def test_between_trainings_there_is_one_whatever_is_imported_first(imports, chosen, expected):
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    environment |= {"OMP_NUM_THREADS": chosen} if chosen else {}
    program = f"{imports}; import torch; print(torch.get_num_threads())"
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert run.stdout.strip() == expected, run.stderr
