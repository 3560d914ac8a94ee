"""An exercise may be right in two conventions: either passes, and a mistake is named in either."""

from dataclasses import replace

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Mistake, Wrong, versions
from mmtutor.checks.engine.judge import judge
from tests.checks.mutation.mutants import Mutant
from tests.checks.mutation.trial import fails_in
from tests.checks.play import TWICE


def ordered(x: Tensor, wrong: Wrong = frozenset()) -> Tensor:
    """Reference: twice the numbers, as they come or, in the other convention, turned round."""
    times = 3 if "thrice" in wrong else 2
    return times * (x.flip(-1) if "turned" in wrong else x)


EITHER = replace(
    TWICE,
    reference=ordered,
    conventions=("turned",),
    mistakes=(Mistake("thrice", "That is three times."),),
    cases=lambda: [
        Case(x=torch.tensor([1.0, -2.0])),
        Case(x=torch.tensor([[1.0, 2, 4], [0, 5, 3]])),
    ],
)


def test_either_convention_passes() -> None:
    assert judge(EITHER, lambda x: 2 * x).passed
    assert judge(EITHER, lambda x: 2 * x.flip(-1)).passed


def test_half_of_one_and_half_of_the_other_does_not_pass() -> None:
    assert not judge(EITHER, lambda x: 2 * (x if x.ndim == 1 else x.flip(-1))).passed


def test_a_mistake_is_named_in_either_convention() -> None:
    for answer in (lambda x: 3 * x, lambda x: 3 * x.flip(-1)):
        assert judge(EITHER, answer).mistakes == ("thrice",)


def test_an_exercise_without_conventions_has_one_version() -> None:
    assert versions(TWICE) == (TWICE,)
    assert len(versions(EITHER)) == 2 and versions(EITHER) is versions(EITHER)


def test_a_mutant_of_an_answer_in_the_other_convention_is_told_there() -> None:
    mutant = Mutant(EITHER.id, "answer", "", "", lambda x: 2 * x.flip(-1))
    assert [fails_in(version, mutant) for version in versions(EITHER)] == [True, False]
