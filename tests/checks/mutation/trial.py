"""Judge mutants: does one pass?"""

import warnings
from dataclasses import replace
from functools import cache

from mmtutor import checks
from mmtutor.checks.engine import guards, outcome, world
from mmtutor.checks.engine.call import call
from mmtutor.checks.engine.exercise import Implement, versions
from mmtutor.checks.engine.judge import judge
from mmtutor.checks.engine.mistakes import inputs, outcomes
from mmtutor.checks.engine.rows import seated
from mmtutor.checks.engine.verdict import Verdict
from tests.checks.mutation.mutants import Mutant

SECONDS = 2.0
"""A mutant is stopped after so long."""


@cache
def exercise(id: str) -> Implement:
    """Return an exercise that waits less long for an answer."""
    found = checks.find(id)
    assert isinstance(found, Implement)
    return replace(found, seconds=SECONDS)


def passes(mutant: Mutant) -> bool:
    """Say whether a mutant is taken for right. Nearly all fail a case, which is soon seen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return not fails(mutant) and verdict(mutant).passed


def fails(mutant: Mutant) -> bool:
    """Say whether a mutant is wrong in every convention."""
    return all(fails_in(asked, mutant) for asked in versions(exercise(mutant.exercise)))


def fails_in(asked: Implement, mutant: Mutant) -> bool:
    """Say whether a mutant is wrong in some case; stop at the first."""
    with world.standard():
        for case, right in zip(inputs(asked), outcomes(asked), strict=True):
            made = call(seated(asked, mutant.answer), case, asked.seconds)
            if guards.broken_call(made) or not outcome.same(
                outcome.like(made.output, right), right
            ):
                return True
    return False


def verdict(mutant: Mutant) -> Verdict:
    """Return what a learner with this answer reads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return judge(exercise(mutant.exercise), mutant.answer)
