"""Pairs with a dial: rules, losses, splits, and the Bayes limit against brute force."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtutor.datasets import digits
from mmtutor.datasets.paired import (
    NEVER,
    RULES,
    Pairs,
    Setting,
    limit,
    make_pairs,
    pick,
    posterior,
    without_picture,
    without_sound,
)

XOR = Setting(rule=RULES["xor"])
SHARE = st.floats(0, 1)


@pytest.mark.parametrize("name", list(RULES))
@pytest.mark.parametrize("test", [False, True])
def test_labels_follow_the_rule_and_are_balanced(name: str, test: bool) -> None:
    setting = Setting(rule=RULES[name])
    pairs = make_pairs(setting, 4000, test=test)
    assert torch.equal(pairs.labels, RULES[name][pairs.digits[:, 0], pairs.digits[:, 1]])
    assert set(pairs.labels.bincount().tolist()) == {4000 // setting.classes}


def test_redundant_pairs_show_the_same_digit() -> None:
    pairs = make_pairs(Setting(rule=RULES["redundant"]), 500)
    assert torch.equal(pairs.digits[:, 0], pairs.digits[:, 1])


def same(a: Pairs, b: Pairs) -> bool:
    names = ("pictures", "sounds", "labels", "digits", "lost")
    return all(torch.equal(getattr(a, name), getattr(b, name)) for name in names)


def test_the_same_seed_gives_the_same_pairs_and_another_does_not() -> None:
    assert same(make_pairs(XOR, 50, seed=3), make_pairs(XOR, 50, seed=3))
    assert not same(make_pairs(XOR, 50, seed=3), make_pairs(XOR, 50, seed=4))
    assert not same(make_pairs(XOR, 50, seed=3), make_pairs(XOR, 50, seed=3, test=True))


def test_without_noise_test_pictures_are_never_training_pictures() -> None:
    clean = replace(XOR, grain=0.0)
    sides = [make_pairs(clean, 2000, test=test).pictures for test in (False, True)]
    seen, new = ({tuple(p.flatten().tolist()) for p in side} for side in sides)
    assert len(seen) > 900 and len(new) > 300
    data = digits.load_digits()
    twins = {tuple(p.flatten().tolist()) for p in data.images}
    assert len(seen & new) <= len(data) - len(twins)  # only where the set itself repeats a picture


def test_picked_places_have_the_wanted_label_and_all_of_them_come_up() -> None:
    labels = torch.arange(30) % 10
    places = torch.arange(5, 30)
    wanted = torch.arange(10).repeat(200)
    found = pick(labels, places, wanted, torch.Generator().manual_seed(0))
    assert torch.equal(labels[found], wanted)
    assert set(found.tolist()) == set(places.tolist())


def test_lost_means_noise_and_its_share_is_kept() -> None:
    pairs = make_pairs(replace(XOR, grain=0.0, lost_picture=0.4, lost_sound=0.1), 4000)
    assert (pairs.lost.float().mean(dim=0) - torch.tensor([0.4, 0.1])).abs().max() < 0.03
    data = digits.load_digits()
    known = {tuple(((p - 0.305) / 0.376).flatten().tolist()) for p in data.images}
    are_known = [tuple(p.flatten().tolist()) in known for p in pairs.pictures]
    assert are_known == (~pairs.lost[:, 0]).tolist()


def test_inputs_are_standardised() -> None:
    pairs = make_pairs(XOR, 2000)
    assert pairs.pictures.mean().abs() < 0.05 and abs(pairs.pictures.std() - 1.13) < 0.05
    assert pairs.sounds.mean().abs() < 0.35 and 0.7 < pairs.sounds.std() < 1.3  # either source


def test_a_missing_side_is_zero_and_the_other_stays() -> None:
    pairs = make_pairs(XOR, 20)
    assert not without_picture(pairs).pictures.any() and not without_sound(pairs).sounds.any()
    assert torch.equal(without_picture(pairs).sounds, pairs.sounds)
    assert torch.equal(without_sound(pairs).pictures, pairs.pictures)
    assert pairs.pictures.any() and pairs.sounds.any()


def test_hiss_is_heard() -> None:
    quiet, loud = (make_pairs(replace(XOR, hiss=hiss), 50).sounds for hiss in (0.0, 0.3))
    assert loud.mean() > quiet.mean() + 0.5


# ------------------------------------------------------------------------ the limit


@settings(deadline=None, max_examples=30)
@given(lost_picture=SHARE, lost_sound=SHARE)
def test_the_limit_equals_the_formulas(lost_picture: float, lost_sound: float) -> None:
    p, s = lost_picture, lost_sound
    expected = {
        "redundant": (1 - 0.9 * p, 1 - 0.9 * s, 1 - 0.9 * p * s),
        "complementary": ((1 - p / 2) / 2, (1 - s / 2) / 2, (1 - p / 2) * (1 - s / 2)),
        "xor": (0.5, 0.5, 0.5 + (1 - p) * (1 - s) / 2),
    }
    for name, numbers in expected.items():
        found = limit(Setting(rule=RULES[name], lost_picture=p, lost_sound=s))
        assert found == pytest.approx(
            dict(zip(("picture", "sound", "both"), numbers, strict=True)), abs=1e-5
        )


def test_a_rule_of_ones_own_has_a_limit_found_by_playing_it() -> None:
    rule = (torch.arange(10).unsqueeze(1) * torch.arange(10)) % 3
    rule[4:6] = NEVER
    setting = Setting(rule=rule, lost_picture=0.3, lost_sound=0.2)
    generator = torch.Generator().manual_seed(0)
    allowed = (rule != NEVER).nonzero()
    drawn = allowed[torch.randint(len(allowed), (200_000,), generator=generator)]
    lost = torch.rand(len(drawn), 2, generator=generator) < torch.tensor([0.3, 0.2])
    seen = drawn.masked_fill(lost, 10)  # what somebody sees: a digit, or 10 for noise
    votes = torch.zeros(11, 11, 3)
    labels = rule[drawn[:, 0], drawn[:, 1]]
    votes.index_put_((seen[:, 0], seen[:, 1], labels), torch.ones(len(drawn)), accumulate=True)
    assert limit(setting)["both"] == pytest.approx(
        float(votes.amax(dim=2).sum() / len(drawn)), abs=0.004
    )


def test_two_experts_are_combined_as_bayes_says() -> None:
    generator = torch.Generator().manual_seed(0)
    picture, sound = (torch.rand(4, 10, generator=generator).softmax(1) for _ in range(2))
    for rule in RULES.values():
        found = posterior(rule, picture, sound)
        for row in range(4):
            mass = torch.zeros(int(rule.max()) + 1)
            for a, b in (rule != NEVER).nonzero().tolist():
                mass[rule[a, b]] += picture[row, a] * sound[row, b]
            assert torch.allclose(found[row], mass / mass.sum())
