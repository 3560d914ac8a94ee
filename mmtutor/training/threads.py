"""Threads that help: all that a machine has to spare, or one beside a busy neighbour.

A thread of PyTorch that waits for the others spins on its core. On a quiet machine that is the
fastest way. Beside one other busy process on two cores, it makes a training of this course three to
fifteen times as long, while a single thread hardly notices. Nobody can say before which it will be,
so a training tries both, now and again.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import torch

from mmtutor.training.cores import cores

TRIAL = 3
"""Steps that are taken with each number of threads before the two are compared."""
EVERY = 50
"""Steps from one trial to the next."""
CLEARLY = 0.85
"""All threads go on if their step takes less than this share of what it takes one alone.

Where both are as fast, one is the safe choice, and it must not hang on luck: sums in another order
are other numbers.
"""
AS_BEFORE = 1.25
"""All threads go on without a rival while their step takes at most this much of what it took."""


def chosen_by_reader() -> bool:
    """Say whether the number of threads was set from outside: then it stays."""
    return bool(os.environ.get("OMP_NUM_THREADS"))


class Threads:
    """Counts the steps of a training and lets torch use the number of threads that suits it."""

    def __init__(self) -> None:
        self.all = torch.get_num_threads() if chosen_by_reader() else cores()
        self.fixed = chosen_by_reader() or self.all == 1
        self.step, self.began = 0, 0.0
        self.took: dict[int, list[float]] = {}
        self.won = 0.0  # seconds of a step when all threads won a trial; 0 while one goes on alone

    def tune(self) -> None:
        """Call before each step. The middle one of a trial's steps counts: one may meet a pause."""
        if self.fixed:
            return
        now, place = time.perf_counter(), self.step % EVERY
        if 0 < place <= 2 * TRIAL:
            self.took.setdefault(torch.get_num_threads(), []).append(now - self.began)
        if place == 0:
            self.took.clear()
            torch.set_num_threads(self.all)
        elif place == TRIAL and median(self.took[self.all]) > AS_BEFORE * self.won:
            torch.set_num_threads(1)
        elif place == 2 * TRIAL and 1 in self.took:
            both = median(self.took[self.all])
            alone = both >= CLEARLY * median(self.took[1])
            self.won = 0.0 if alone else both
            torch.set_num_threads(1 if alone else self.all)
        self.step, self.began = self.step + 1, time.perf_counter()


@contextmanager
def tuned_threads() -> Iterator[Threads]:
    """Give a training its threads; afterwards there is the number that was there before."""
    before = torch.get_num_threads()
    try:
        yield Threads()
    finally:
        torch.set_num_threads(before)


def settle_threads() -> None:
    """Leave one thread for what is not a training: between trainings nothing spins."""
    if not chosen_by_reader():
        torch.set_num_threads(1)
