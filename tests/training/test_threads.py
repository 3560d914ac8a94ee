"""Threads follow the cores and do not spin, whatever is imported first."""

import os
import subprocess
import sys

import pytest

SAYS = "; import torch, os; print(torch.get_num_threads(), os.environ.get('OMP_WAIT_POLICY'))"


def fresh(program: str, **variables: str) -> str:
    """What a program prints in a Python of its own that a reader has started."""
    ours = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OMP_WAIT_POLICY")
    environment = {k: v for k, v in os.environ.items() if k not in ours} | variables
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


TWO = "import os; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2]); "
needs_two = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="two cores and a system that says which are needed",
)


@needs_two
@pytest.mark.parametrize(
    ("program", "variables", "expected"),
    [
        ("import mmtutor.training", {}, "2 PASSIVE"),
        ("import torch, mmtutor.training", {}, "2 None"),
        ("import mmtutor.training", {"OMP_NUM_THREADS": "1"}, "1 PASSIVE"),
        ("import mmtutor.training", {"OMP_WAIT_POLICY": "ACTIVE"}, "2 ACTIVE"),
    ],
)
def test_a_reader_gets_the_threads_of_the_cores(program, variables, expected):
    assert fresh(TWO + program + SAYS, **variables) == expected


# A neighbour keeps one of two cores busy. Work that threads share in small parts, as a lesson's
# model does, is done; what a processor spends on it beyond one thread's share was spent waiting.
BESIDE_A_NEIGHBOUR = """
import subprocess, sys, time
import torch
def spent():
    begun = time.process_time()
    for _ in range(600):
        torch.ones(65_536).exp_().mul_(2)
    return time.process_time() - begun
with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as neighbour:
    threads, two = torch.get_num_threads(), spent()
    torch.set_num_threads(1)
    print(threads, two / spent())
    neighbour.kill()
"""


@needs_two
@pytest.mark.serial
@pytest.mark.parametrize("imports", ["import mmtutor.training", "import torch, mmtutor.training"])
def test_waiting_threads_do_not_spin_beside_a_busy_neighbour(imports):
    threads, ratio = fresh(f"{TWO}{imports}\n{BESIDE_A_NEIGHBOUR}").split()
    assert threads == "2" and float(ratio) < 2.5


@needs_two
@pytest.mark.serial
def test_they_would_spin_without_the_course():
    """Else the test above could not fail."""
    _, ratio = fresh(f"{TWO}import torch\n{BESIDE_A_NEIGHBOUR}").split()
    assert float(ratio) > 4


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_threads_follow_the_cores_that_a_process_may_use():
    one = "import os; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1]); import mmtutor"
    assert fresh(one + ".training" + SAYS) == "1 PASSIVE"
