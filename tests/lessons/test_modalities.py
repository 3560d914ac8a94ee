"""Lesson 05: byte pairs equal the library's and lose nothing; known signals say what they must."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmtutor import gpt, modalities
from mmtutor.datasets import scenes
from mmtutor.datasets.manual import byte_pairs, load_manual
from mmtutor.datasets.spectrograms import log_mel, short_time_fourier
from mmtutor.modalities import BytePairPipeline, described, require_prepared
from mmtutor.training import checkpoints

CORPUS = "the cat sat on the mat, the hat sat on the cat; 模型看图，模型听声，模型读字。 " * 3
PAIRS = BytePairPipeline(tuple(gpt.byte_pair_merges(CORPUS, 60)))
LIBRARY = byte_pairs(CORPUS, 256 + 60)


# ── Byte pairs ──────────────────────────────────────────────────────────────────────────────────


def test_other_merges_are_refused_in_a_sentence() -> None:
    about = described(pairs=PAIRS)
    require_prepared(about, pairs=PAIRS)
    with pytest.raises(checkpoints.CheckpointError, match="merges "):
        require_prepared(about, pairs=BytePairPipeline(PAIRS.merges[:-1]))


@given(st.lists(st.text(), max_size=4), st.sampled_from(["left", "right"]))
def test_every_text_comes_back_from_byte_pairs(texts: list[str], side: str) -> None:
    pairs = BytePairPipeline(PAIRS.merges, side)
    ids = pairs.prepare(texts)
    assert pairs.restore(ids) == texts
    assert [pairs.decode(pairs.encode(text)) for text in texts] == texts
    assert pairs.mask(ids).sum(dim=1).tolist() == [len(pairs.encode(t)) + 1 for t in texts]


@given(st.text(st.sampled_from("the cat模型看图éé\U0001f600\u200d<>end ")))
def test_byte_pairs_have_the_numbers_of_the_tokenizers_library(text: str) -> None:
    theirs = LIBRARY.encode(text).ids
    assert PAIRS.encode(text) == [number + modalities.FIRST for number in theirs]


@pytest.mark.parametrize("size", [512, 1024])
def test_large_vocabularies_equal_the_librarys_on_text_that_neither_has_seen(size: int) -> None:
    manual = load_manual()
    learnt = manual.train[: 8 * size]
    pairs = BytePairPipeline(tuple(gpt.byte_pair_merges(learnt, size - 256)))
    library = byte_pairs(learnt, size)
    assert len(pairs.tokens) == library.get_vocab_size() == size
    for text in (manual.test[:1000], "模型看图，模型听声，naïve 👩🏽‍🚀"):
        assert pairs.encode(text) == [n + modalities.FIRST for n in library.encode(text).ids]


def test_no_text_makes_a_special_number() -> None:
    for text in ("<end>", "<padding>", "<|endoftext|>", "\x00\x01", ""):
        assert min([*PAIRS.encode(text), modalities.FIRST]) >= modalities.FIRST
        assert PAIRS.prepare([text, "the cat sat on"]).tolist()[0].count(modalities.END) == 1


def test_half_of_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"character 1 \(counted from 0\) is half of a surrogate pair"
    ):
        PAIRS.encode("a\ud83d")


def test_tokens_cut_within_a_character_decode_to_a_stranger() -> None:
    ids = BytePairPipeline(()).encode("模")
    assert len(ids) == 3
    assert BytePairPipeline(()).decode(ids[:2]) == modalities.STRANGER


def test_byte_pairs_keep_two_ways_to_write_a_letter_apart() -> None:
    assert PAIRS.encode("cafe\u0301") != PAIRS.encode("café")


# ── What the lesson shows ───────────────────────────────────────────────────────────────────────


def test_code_points_have_numbers_names_and_bytes() -> None:
    assert modalities.code_points("e\u0301中") == [
        ("U+0065", "LATIN SMALL LETTER E", "65"),
        ("U+0301", "COMBINING ACUTE ACCENT", "cc 81"),
        ("U+4E2D", "CJK UNIFIED IDEOGRAPH-4E2D", "e4 b8 ad"),
    ]


def test_merge_order_is_not_the_longest_token() -> None:
    merges = [(b"b", b"c"), (b"a", b"b")]
    assert gpt.byte_pair_encode("abc", merges) == [b"a", b"bc"]
    assert modalities.longest_first("abc", {b"bc", b"ab"}) == [b"ab", b"c"]
    assert b"".join(modalities.longest_first("模型", {b"\xe6\xa8"})).decode() == "模型"


def test_scenes_are_said_in_chinese() -> None:
    said = modalities.in_chinese(["red star", "black horse", "blue sun"])
    assert said == "一颗红色的星、一匹黑色的马和一个蓝色的太阳"
    assert modalities.in_chinese(["green flag"]) == "一面绿色的旗"
    assert set(modalities.IN_CHINESE) == {*scenes.COLOURS, *scenes.KINDS}


def test_three_ways_to_make_a_page_square() -> None:
    wide = torch.zeros(1, 1, 20, 40)
    wide[..., 30:] = 1.0
    assert modalities.squeezed(wide, 10).mean() == pytest.approx(0.25, abs=0.02)
    assert modalities.middle(wide, 10).mean() == pytest.approx(0.0, abs=0.02)
    boxed = modalities.letterboxed(wide, 10)
    assert boxed.shape == (1, 1, 10, 10)
    assert boxed.mean() == pytest.approx(0.5 * 0.25 + 0.5, abs=0.02)


def test_a_flip_moves_boxes_and_changes_some_labels() -> None:
    box = torch.tensor([[10, 20, 30, 25]])
    assert modalities.flipped_boxes(box, down=False).tolist() == [[34, 20, 54, 25]]
    assert modalities.flipped_boxes(box, down=True).tolist() == [[10, 39, 30, 44]]
    made = scenes.make_scenes(200, objects=(2, 6), seed=3)
    before = modalities.facts(made.colours, made.boxes)
    assert torch.equal(before["row of A"], scenes_rows(made)[:, 0])
    for down, axis in ((False, 2), (True, 1)):
        after = modalities.facts(made.colours, modalities.flipped_boxes(made.boxes, down))
        inked = made.owners.flip(axis) == 0  # (scene, 64, 64): object A in the flipped picture
        drawn = torch.stack([ends(inked.any(dim=other)) for other in (1, 2)], dim=-1)
        moved = modalities.flipped_boxes(made.boxes, down)[:, 0].view(-1, 2, 2)
        assert (drawn >= moved[:, 0].unsqueeze(1)).all() and (
            drawn <= moved[:, 1].unsqueeze(1)
        ).all()
        assert torch.equal(after["colour of A"], before["colour of A"])


def ends(inked: torch.Tensor) -> torch.Tensor:
    """The first line with ink, and the one behind the last."""
    first = inked.float().argmax(dim=1)
    return torch.stack([first, inked.shape[1] - inked.flip(1).float().argmax(dim=1)], dim=1)


def scenes_rows(made: scenes.Scenes) -> torch.Tensor:
    return (made.boxes[..., 1::2].sum(dim=-1) / 2 / (scenes.SIDE / 3)).long()


def test_pitches_fold_at_half_the_rate() -> None:
    assert [modalities.folded(f, 8000) for f in (440, 4000, 5000, 8000, 8440)] == [
        440,
        4000,
        3000,
        0,
        440,
    ]
    five, three = (modalities.sine(hertz, 0.1, 8000) for hertz in (5000, 3000))
    assert torch.allclose(five, -three, atol=1e-12)


def test_every_bin_has_its_sine() -> None:
    """The known signals: bins, a flat click, decibels, and what the floor hides."""
    window, rate = 512, 8000
    for k in range(1, window // 2):
        tone = modalities.sine(k * rate / window, window / rate, rate)
        assert short_time_fourier(tone, window)[0].abs().argmax() == k
    click = torch.zeros(window, dtype=torch.float64)
    click[window // 2] = 1.0
    flat = short_time_fourier(click, window)[0].abs()
    assert flat.max() - flat.min() < 1e-15
    once, twice = (modalities.sine(440, 0.5, rate, loud) for loud in (0.25, 0.5))
    louder = modalities.decibels(short_time_fourier(twice).abs().amax())
    louder -= modalities.decibels(short_time_fourier(once).abs().amax())
    assert louder.item() == pytest.approx(20 * np.log10(2), abs=1e-12)
    for loud, gain in ((0.25, np.log(4)), (5e-6, 0.106)):
        faint, fainter = (
            log_mel(modalities.sine(440, 0.5, rate, amplitude)).amax()
            for amplitude in (2 * loud, loud)
        )
        assert (faint - fainter).item() == pytest.approx(gain, abs=1e-3)


def test_a_hann_window_leaks_less_than_none() -> None:
    between = modalities.sine(100.5 * 8000 / 512, 512 / 8000, 8000)
    bare = torch.fft.rfft(between).abs()
    faded = short_time_fourier(between)[0].abs()
    leaks = [modalities.decibels(s[110] / s.max()).item() for s in (bare, faded)]
    assert leaks == pytest.approx([-25.74, -67.09], abs=0.01)


def test_a_rising_tone_passes_every_pitch() -> None:
    tone = modalities.rising(3000, 2.0, 8000)
    bins = short_time_fourier(tone).abs().argmax(dim=1)
    middle = (torch.arange(len(bins)) * 256 + 256) / 8000  # seconds at the middle of each window
    assert ((bins * 8000 / 512 - 1500 * middle).abs() < 30).all()


def test_a_wheel_shows_its_turn() -> None:
    frames = modalities.wheel(torch.tensor([0.0, 0.25, 0.5, 1.0]))
    ink = (frames[..., 0] == 0)[:, 12:36, 12:36]  # without the rim
    up, right, down, again = ink
    assert up[:12].any() and not up[13:].any()
    assert right[:, 13:].any() and not right[:, :11].any()
    assert torch.equal(down, up.flip(0)) and torch.equal(again, up)
