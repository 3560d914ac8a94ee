"""Worse pictures and questions: pure, as strong as was asked for, and at 0 nothing happens."""

import pytest
import torch

from mmtutor.datasets import corrupting
from mmtutor.datasets.scenes import make_scenes

PICTURE = make_scenes(1, seed=4).pictures[0]
EACH = [(name, *corrupting.CORRUPTIONS[name]) for name in corrupting.CORRUPTIONS]
each = pytest.mark.parametrize(("name", "change", "strengths"), EACH, ids=lambda x: str(x)[:12])


@each
def test_nothing_happens_at_0_and_more_at_every_step(name, change, strengths):
    before = PICTURE.clone()
    far = [(change(PICTURE, s, 1).float() - PICTURE).abs().mean().item() for s in strengths]
    assert far[0] == 0 and far == sorted(far) and len(set(far)) == len(far)
    assert torch.equal(PICTURE, before)


@each
def test_the_same_arguments_give_the_same_picture(name, change, strengths):
    strong = [change(PICTURE, strengths[-1], seed) for seed in (1, 1, 2)]
    assert torch.equal(strong[0], strong[1])
    assert torch.equal(strong[0], strong[2]) == (name in ("blur", "colour shift"))


def test_noise_is_as_strong_as_it_says():
    grey = torch.full((3, 64, 64), 128, dtype=torch.uint8)
    assert (corrupting.noise(grey, 0.1).float() / 255).std().item() == pytest.approx(0.1, rel=0.03)


def test_blur_keeps_the_ink():
    blurred = corrupting.blur(PICTURE, 1.5)
    assert blurred.float().mean().item() == pytest.approx(PICTURE.float().mean().item(), abs=0.3)


def test_a_cover_hides_the_share_that_it_says():
    white = torch.full((3, 64, 64), 255, dtype=torch.uint8)
    hidden = (corrupting.cover(white, 0.25, 3) == 127).all(dim=0)
    assert hidden.float().mean().item() == 0.25
    rows = hidden.any(dim=1).nonzero()
    assert rows[-1] - rows[0] == 31


def test_at_1_colours_have_changed_places():
    red_ink = torch.tensor([255, 0, 0], dtype=torch.uint8).view(3, 1, 1).expand(3, 8, 8)
    assert corrupting.colour_shift(red_ink, 1.0)[:, 0, 0].tolist() == [0, 255, 0]


def test_a_typo_exchanges_two_letters_within_a_word():
    text = "what colour is the umbrella ?"
    for seed in range(20):
        wrong = corrupting.typos(text, 1, seed).split()
        apart = [(a, b) for a, b in zip(text.split(), wrong, strict=True) if a != b]
        assert len(apart) == 1
        ((before, after),) = apart
        assert sorted(before) == sorted(after) and before[0] == after[0] and before[-1] == after[-1]


def test_there_are_no_more_typos_than_long_words():
    assert corrupting.typos("is it ?", 3) == "is it ?"
    assert corrupting.typos("what colour is it ?", 0) == "what colour is it ?"


def test_a_paraphrase_keeps_what_is_asked_for():
    text = "what colour is the star ?"
    found = {name: change(text) for name, change in corrupting.PARAPHRASES.items()}
    assert found.pop("as learnt") == text
    assert text not in found.values() and all("star" in some.lower() for some in found.values())
