"""Judges side by side: a process for each processor, which grades one submission after another."""

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from mmtutor.grading.judging import Rules, grade, unfinished
from mmtutor.grading.record import Record
from mmtutor.grading.submissions import Submission
from mmtutor.tools.run import ONE_THREAD, PUBLISHED
from mmtutor.tools.trouble import Trouble

SURROUNDINGS = {**ONE_THREAD, **PUBLISHED}
"""Judges work as the published notebooks were made: without a GPU, one thread, small trainings."""
RULES: list[Rules] = []
"""In a judge's process: the rules that it was started with."""


def grade_all(todo: Sequence[Submission], rules: Rules) -> Iterator[tuple[Submission, Record]]:
    """Grade submissions and give each record as soon as it is there."""
    with judges(len(todo), rules) as pool:
        work = {pool.submit(grade_one, submission): submission for submission in todo}
        for future in as_completed(work):
            yield work[future], result(future)


@contextmanager
def judges(count: int, rules: Rules) -> Iterator[ProcessPoolExecutor]:
    """Start judges; when the block ends or is interrupted, those at work finish, and no other."""
    with surroundings():
        pool = ProcessPoolExecutor(
            max(1, min(count, processors())),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=begin,
            initargs=(rules,),
        )
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def surroundings() -> Iterator[None]:
    """Set the environment that the judges' processes begin with."""
    before = {name: os.environ.get(name) for name in SURROUNDINGS}
    os.environ.update(SURROUNDINGS)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({name: value} if value is not None else {})


def processors() -> int:
    """Return how many processors this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def begin(rules: Rules) -> None:
    """Prepare a judge's process. Control-C is for the command, which then lets it finish."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    RULES[:] = [rules]


def grade_one(submission: Submission) -> Record:
    """Grade one submission in a judge's process; a failure there is that submission's alone."""
    try:
        return grade(submission, RULES[0])
    except Exception as error:
        return unfinished(submission, error)


def result(future: Future[Record]) -> Record:
    """Return what a judge found; Trouble where a judge was ended, as by a full memory."""
    try:
        return future.result()
    except BrokenProcessPool:
        raise Trouble(
            "A judge was ended from outside, perhaps because memory is full: give the same command "
            "again, and it goes on where it stopped."
        ) from None
