"""Threads that help and do not fight: as many as there are cores, and none that spins.

A thread of PyTorch that waits for the others spins on its core by default. Beside one other busy
process on two cores, that makes a training of this course ten times as long. Threads that sleep
while they wait cost nothing. Their library asks the environment once, when torch is imported:
`import mmtutor` says so in time if it comes first. If torch was first, there is a way left.
"""

import os
import sys
import threading

import torch

from mmtutor.training.cores import cores


def settle_threads() -> None:
    """Give torch the threads of this process's cores, and see to it that none spins for long.

    A number that the reader chose by OMP_NUM_THREADS stays. Source of the variable that is asked
    about: OMP_WAIT_POLICY in the OpenMP specification, version 5.2, section 21.7.
    """
    sleeps = os.environ.get("OMP_WAIT_POLICY", "").upper() == "PASSIVE"
    if not os.environ.get("OMP_NUM_THREADS"):
        torch.set_num_threads(min(torch.get_num_threads(), cores()))
    if not sleeps and torch.get_num_threads() > 1:
        crowd() if sys.platform == "linux" else torch.set_num_threads(1)


def crowd() -> None:
    """Make a second team of threads and let it sleep for good: waiting threads then spin briefly.

    GNU's OpenMP library, which torch uses on Linux, lets threads spin 300,000 times before they
    sleep, but only 100 times while there are more of them than cores. Source: GOMP_SPINCOUNT in
    the manual of libgomp, section 4.
    """
    made = threading.Event()

    def team() -> None:
        torch.ones(1_000_000).exp()  # large enough that all threads of a team take part
        made.set()
        threading.Event().wait()

    threading.Thread(target=team, name="mmtutor: a team that sleeps", daemon=True).start()
    made.wait()
