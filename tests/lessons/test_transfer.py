"""Lesson 13: pretrained towers, and what is put on top of them."""

import pytest
import torch

from mmtutor import transfer
from mmtutor.datasets import towers

TEXTS = ["black cat", "a word that nobody named", "umbrella with rain drops"]


def pictures(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, 32, 32), generator=generator, dtype=torch.uint8)


# ── The towers that are here ──────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def own():
    return transfer.own_towers()


def test_where_the_extra_is_missing_the_courses_own_towers_stand_in(monkeypatch):
    monkeypatch.setattr(towers, "installed", lambda: False)
    here = transfer.load_towers()
    assert here.about == towers.MISSING
    assert here.text_features(TEXTS).shape == here.picture_features(pictures(3)).shape == (3, 96)


def test_the_pretrained_towers_come_first(monkeypatch):
    monkeypatch.setattr(towers, "installed", lambda: True)
    here = transfer.load_towers()
    assert here.text_features is towers.text_features and "MiniLM" in here.about


def test_own_features_need_no_gradient_and_differ(own):
    for features in (own.text_features(TEXTS), own.picture_features(pictures(3))):
        assert not features.requires_grad and features.isfinite().all()
        assert not torch.allclose(features[0], features[1])


def test_own_towers_read_many_as_they_read_one(own):
    many = own.picture_features(pictures(300))
    torch.testing.assert_close(many[299:], own.picture_features(pictures(300)[299:]))


def test_ink_is_dark():
    paper = torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)
    paper[0, :, 0, 0] = torch.tensor([0, 0, 255], dtype=torch.uint8)  # a blue dot
    assert transfer.ink(paper)[0, 0].tolist() == [[pytest.approx(2 / 3), 0], [0, 0]]
