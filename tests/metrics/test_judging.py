"""The judge names letters in a typeface that it never saw; its shares are of what was asked."""

import pytest
import torch

from mmtutor.datasets import letters
from mmtutor.metrics import judging


@pytest.fixture(scope="module")
def small() -> letters.Letters:
    """Eight letters in all faces, 16 pixels a side."""
    return letters.load_letters("aegkmrsx", side=16)


@pytest.fixture(scope="module")
def judge(small: letters.Letters) -> judging.Judge:
    """A judge of these, trained for a few seconds."""
    return judging.train_judge(small, judging.JudgeRecipe(steps=150, batch_size=96))


def test_it_names_a_typeface_it_never_saw(judge: judging.Judge) -> None:
    stix = letters.load_letters("aegkmrsx", side=16, typeface="stix")
    assert (judging.verdict(judge, stix.pixels)[0] == stix.letters).float().mean() > 0.7


def test_real_pictures_are_recognised_and_noise_is_not(judge, small) -> None:
    real = judging.recognised(judge, small.pixels, small)
    assert real["letter"] > 0.95 and real["both"] <= min(real["letter"], real["face"])
    noise = judging.recognised(judge, torch.rand(len(small), 256), small)
    assert noise["letter"] < 0.5


def test_the_share_is_of_the_letters_asked_for(judge, small) -> None:
    half = small.pixels.clone()
    half[: len(small) // 2] = small.pixels[-1]  # an x in place of the first half
    share = judging.recognised(judge, half, small)["letter"]
    assert share == pytest.approx(0.5, abs=0.05)


def test_moving_by_nothing_changes_nothing_and_by_a_pixel_one_pixel(small) -> None:
    some = small.pixels[:5]
    still = torch.zeros(4, 5)
    torch.testing.assert_close(judging.moved(some, 16, *still), some, atol=1e-5, rtol=0)
    still[2] = 2 / 16  # a pixel is two sixteenths of half a side; what lies at its right comes here
    moved = judging.moved(some, 16, *still).view(5, 16, 16)
    torch.testing.assert_close(moved[:, :, :-1], some.view(5, 16, 16)[:, :, 1:], atol=1e-4, rtol=0)


def test_a_judge_sees_through_shaking(judge, small) -> None:
    torch.manual_seed(0)
    shaken = judging.shaken(small.pixels, 16, judging.JudgeRecipe())
    assert not torch.allclose(shaken, small.pixels)
    assert judging.recognised(judge, shaken, small)["letter"] > 0.8


def test_a_judge_that_is_shaken_less_is_shaken_less(small) -> None:
    torch.manual_seed(0)
    sharp, plain = (
        (judging.shaken(small.pixels, 16, recipe) - small.pixels).norm(dim=1).mean()
        for recipe in (judging.SHARP, judging.JudgeRecipe())
    )
    assert 0 < sharp < 0.7 * plain
    still = judging.JudgeRecipe(shake=0.0, grain=0.0)
    torch.testing.assert_close(
        judging.shaken(small.pixels, 16, still), small.pixels, atol=1e-5, rtol=0
    )
