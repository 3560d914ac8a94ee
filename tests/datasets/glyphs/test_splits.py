"""Splits: no character, or no face, on both sides."""

import pytest
import torch

from mmtutor.datasets.glyphs import split_by_character, split_by_face


def test_no_character_on_both_sides(glyphs):
    train, test = split_by_character(glyphs, held_out=0.1)
    assert torch.equal(torch.cat([train, test]).sort().values, torch.arange(len(glyphs)))
    seen, held = (set(glyphs.codepoints[part].tolist()) for part in (train, test))
    assert not seen & held
    assert 0.08 < len(held) / len(glyphs.characters) < 0.12


def test_split_by_character_is_fixed_and_depends_on_the_seed(glyphs):
    _, test = split_by_character(glyphs, seed=0)
    _, again = split_by_character(glyphs, seed=0)
    _, other = split_by_character(glyphs, seed=1)
    held = glyphs.select(test).codepoints.unique()
    assert torch.equal(test, again)
    assert not torch.equal(test, other)
    assert [chr(code) for code in held[:8]] == list("&,=DH\\an")


def test_a_held_out_character_is_held_out_of_stix_too(glyphs, stix):
    _, test = split_by_character(glyphs)
    train_stix, test_stix = split_by_character(stix)
    held = set(glyphs.codepoints[test].tolist())
    assert set(stix.codepoints[test_stix].tolist()) <= held
    assert not set(stix.codepoints[train_stix].tolist()) & held


@pytest.mark.parametrize("share", [-0.1, 0.0, 1.0, 2.0])
def test_impossible_share(glyphs, share):
    with pytest.raises(ValueError, match="between 0 and 1"):
        split_by_character(glyphs, held_out=share)


def test_no_face_on_both_sides(glyphs):
    train, test = split_by_face(glyphs, "DejaVuSerif-Italic")
    assert len(train) + len(test) == len(glyphs)
    assert set(glyphs.faces[test].tolist()) == {10}
    assert 10 not in glyphs.faces[train]
    with pytest.raises(ValueError, match="DejaVuSansMono"):
        split_by_face(glyphs, "Arial")
