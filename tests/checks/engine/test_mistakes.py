"""Recognising a mistake among hundreds at once."""

import pytest
import torch

from mmtutor import checks
from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.exercise import Implement
from mmtutor.checks.engine.judge import judge
from mmtutor.checks.engine.mistakes import outcomes, recognise
from tests.checks.play import TWICE

NOBODY: frozenset[str] = frozenset()


def test_the_first_combination_with_the_same_outcome_is_named() -> None:
    """All at once names the same as one after the other, also for outcomes of many forms."""
    for id in ("attention.softmax", "attention.scaled_dot_product", "vit.patchify"):
        exercise = checks.find(id)
        assert isinstance(exercise, Implement)
        combinations = exercise.combinations()
        for wrong in combinations[::7]:
            found = outcomes(exercise, wrong)
            hits = (c for c in combinations if outcome.same(found, outcomes(exercise, c)))
            assert recognise(exercise, found) == next(hits) == wrong


def test_what_nobody_listed_is_nobodys() -> None:
    assert recognise(TWICE, [torch.tensor([3.0, -6.0]), torch.full((2, 3), 3.0)]) == {"thrice"}
    assert recognise(TWICE, [torch.tensor([3.0, -6.0]), torch.full((2, 3), 4.0)]) == NOBODY
    assert recognise(TWICE, [torch.tensor([3.0, -6.0]), torch.full((2, 2), 3.0)]) == NOBODY
    assert recognise(TWICE, [torch.full((2,), torch.nan), torch.full((2, 3), torch.nan)]) == NOBODY


def test_what_a_mistake_warns_of_is_not_shown(recwarn: pytest.WarningsRecorder) -> None:
    exercise = checks.find("gans.diversity")
    outcomes.cache_clear()
    judge(exercise, lambda features, letters: features.mean())
    assert not recwarn.list
