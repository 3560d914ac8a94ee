"""Recipes and budgets: how the learning rate moves, which recipe a machine gets."""

import dataclasses

import pytest

from mmtutor.training import (
    budget,
    choose,
)
from tests.training.small import RECIPE


def test_the_learning_rate_rises_and_falls():
    rates = [RECIPE.rate(step) for step in range(RECIPE.steps)]
    assert rates[0] == 0.5 and rates[1] == rates[2] == 1.0
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert 0 < rates[-1] < 0.02


def test_the_budget_follows_the_environment(monkeypatch, capsys):
    full = dataclasses.replace(RECIPE, steps=99)
    for name, steps in (("quick", 20), ("full", 99)):
        monkeypatch.setenv("MMTUTOR_BUDGET", name)
        assert choose(RECIPE, full).steps == steps
        assert f"Budget {name}: {steps} steps" in capsys.readouterr().out
    monkeypatch.setenv("MMTUTOR_BUDGET", "enormous")
    with pytest.raises(ValueError, match="must be quick or full"):
        budget()
