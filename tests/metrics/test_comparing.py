"""Tests of two models: scipy's sign and permutation tests, Holm, and how many items it takes."""

import numpy as np
import pytest
import torch
from scipy import stats

from mmtutor.metrics import comparing


def models(both: int, first: int, second: int, none: int):
    """Return which items two models have right, with so many of each kind."""
    kinds = ((1, 1), both), ((1, 0), first), ((0, 1), second), ((0, 0), none)
    rows = [pair for pair, count in kinds for _ in range(count)]
    one, other = torch.tensor(rows, dtype=torch.bool).T
    return one, other


@pytest.mark.parametrize(
    ("first", "second"), [(1, 0), (0, 1), (5, 5), (10, 3), (3, 10), (40, 21), (300, 340)]
)
def test_mcnemar_is_the_exact_sign_test(first, second):
    p = comparing.mcnemar(*models(17, first, second, 4))
    assert p == pytest.approx(stats.binomtest(first, first + second).pvalue)


def test_items_that_both_have_right_or_wrong_do_not_matter():
    assert comparing.mcnemar(*models(0, 9, 2, 0)) == comparing.mcnemar(*models(50, 9, 2, 90))


def test_models_that_never_differ_cannot_be_told_apart():
    assert comparing.mcnemar(*models(5, 0, 0, 5)) == 1
    assert comparing.sign_flips(*models(5, 0, 0, 5), times=100) == 1


def test_sign_flips_is_about_the_exact_test():
    one, other = models(10, 14, 4, 10)
    theirs = stats.permutation_test(
        (one.double().numpy(), other.double().numpy()),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        n_resamples=20_000,
        rng=np.random.default_rng(0),
    )
    assert comparing.sign_flips(one, other) == pytest.approx(theirs.pvalue, abs=0.01)
    assert comparing.sign_flips(one, other) == pytest.approx(
        comparing.mcnemar(one, other), abs=0.01
    )


def test_a_permutation_test_is_never_0():
    assert comparing.sign_flips(*models(0, 60, 0, 0), times=999) == 1 / 1000


def by_the_book(values):
    """Holm's rule, step by step: reject in order of size while p ≤ α / (how many are left)."""

    def rejected(alpha):
        found = set()
        for rank, i in enumerate(np.argsort(values)):
            if values[i] > alpha / (len(values) - rank):
                break
            found.add(int(i))
        return found

    return rejected


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_holm_rejects_what_the_step_by_step_rule_rejects(alpha):
    generator = np.random.default_rng(3)
    for _ in range(50):
        values = (generator.random(7) ** 3).tolist()
        ours = {i for i, p in enumerate(comparing.holm(values)) if p <= alpha}
        assert ours == by_the_book(values)(alpha)


def test_holm_by_hand():
    assert comparing.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert comparing.holm([0.9, 0.8]) == [1, 1]
    assert comparing.holm([]) == []


def test_half_the_width_falls_with_the_root_of_the_number():
    assert comparing.half_width(0.5, 100) == pytest.approx(0.098, abs=1e-3)
    assert comparing.half_width(0.5, 400) == pytest.approx(comparing.half_width(0.5, 100) / 2)


def test_with_the_items_that_are_needed_the_difference_is_found_as_often_as_promised():
    generator, count = np.random.default_rng(0), comparing.items_needed(0.8, 0.7)
    one, other = (generator.binomial(count, p, 4000) / count for p in (0.8, 0.7))
    error = np.sqrt((one * (1 - one) + other * (1 - other)) / count)
    assert count == 291  # (1.96 + 0.842)² · (0.16 + 0.21) / 0.1², rounded up
    assert np.mean(np.abs(one - other) / error > 1.96) == pytest.approx(0.8, abs=0.03)


def test_pairs_need_fewer_items_where_models_are_right_about_the_same():
    assert comparing.paired_items_needed(0.12, 0.02) < comparing.items_needed(0.8, 0.7) / 2
    count = comparing.paired_items_needed(0.15, 0.05)
    generator = np.random.default_rng(1)
    found = 0
    for first, second, _ in generator.multinomial(count, [0.15, 0.05, 0.8], 2000):
        found += stats.binomtest(first, first + second).pvalue <= 0.05 if first + second else 0
    assert 0.7 < found / 2000 < 0.85  # the exact test is a little shy


@pytest.mark.parametrize("needed", [comparing.items_needed, comparing.paired_items_needed])
def test_no_number_of_items_tells_equals_apart(needed):
    with pytest.raises(ValueError, match="equal shares"):
        needed(0.3, 0.3)


def test_many_tests_of_nothing_find_something():
    assert comparing.any_false_alarm(1) == pytest.approx(0.05)
    assert comparing.any_false_alarm(14) == pytest.approx(1 - 0.95**14)
