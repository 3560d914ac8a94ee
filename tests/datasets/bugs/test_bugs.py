"""Every bug gives what a network takes without a word, and does the one thing that it says."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mmtutor.datasets import bugs
from mmtutor.datasets.bugs import pictures, sounds, texts
from mmtutor.modalities import PicturePipeline, SoundPipeline, WordPipeline

PICTURES = PicturePipeline(8, (0.5, 0.4, 0.3), (0.2, 0.25, 0.3))
SOUNDS = SoundPipeline(8000, 256, 128, 8, mean=-4.0, deviation=6.0)
WORDS = WordPipeline(("the", "red", "star", ",", "not"), 8)
TEXTS = ["The red star", "the star, not the red", "NOT the star, the red star, star"]


def camera(count: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(256, (count, 16, 16, 3), generator=generator).to(torch.uint8)


def microphone(count: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return (3000 * torch.randn(count, 1280, generator=generator)).to(torch.int16)


EVERY = [
    *[(PICTURES, camera(), name, bug) for name, bug in pictures.BUGS.items()],
    *[(SOUNDS, microphone(), name, bug) for name, bug in sounds.BUGS.items()],
    *[(WORDS, TEXTS, name, bug) for name, bug in texts.BUGS.items()],
]
each_bug = pytest.mark.parametrize(
    ("pipeline", "raw", "name", "bug"), EVERY, ids=[f"{type(e[0]).__name__} {e[2]}" for e in EVERY]
)


@each_bug
def test_a_bug_gives_what_a_network_takes_without_a_word(
    pipeline: object, raw: Tensor | Sequence[str], name: str, bug: bugs.Bug
) -> None:
    before = raw.clone() if isinstance(raw, Tensor) else list(raw)
    good, bad = bugs.right(pipeline, raw), bug(pipeline, raw)
    assert bad.shape == good.shape and bad.dtype == good.dtype
    assert not torch.equal(bad, good)
    assert torch.equal(raw, before) if isinstance(raw, Tensor) else raw == before


@each_bug
def test_a_bug_is_called_what_it_is_and_says_so_in_a_sentence(
    pipeline: object, raw: Tensor | Sequence[str], name: str, bug: bugs.Bug
) -> None:
    assert name == bug.__name__.replace("_", " ")
    assert bugs.sentence(bug).endswith(".") and len(bugs.sentence(bug)) > 20


@pytest.mark.parametrize("bug", [pictures.blue_for_red, pictures.upside_down])
def test_what_is_reversed_twice_is_right(bug: bugs.Bug) -> None:
    axis = {"blue_for_red": 1, "upside_down": 2}[bug.__name__]
    raw = camera()
    flipped = bug(replace(PICTURES, mean=(0.5,) * 3, deviation=(0.2,) * 3), raw).flip(axis)
    right = replace(PICTURES, mean=(0.5,) * 3, deviation=(0.2,) * 3).prepare(raw)
    assert torch.allclose(flipped, right, atol=1e-5)


def test_transposed_patches_stay_as_they_are_and_change_places() -> None:
    good, bad = PICTURES.prepare(camera()), pictures.patches_transposed(PICTURES, camera())
    for row in range(4):
        for column in range(4):
            here = bad[..., 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            there = good[..., 2 * column : 2 * column + 2, 2 * row : 2 * row + 2]
            assert torch.equal(here, there)


def test_numbers_are_255_times_too_large_or_too_small_before_the_mean() -> None:
    unit = replace(PICTURES, mean=(0.0,) * 3, deviation=(1.0,) * 3)
    right = unit.prepare(camera())
    assert torch.allclose(pictures.not_divided(unit, camera()), 255 * right, rtol=1e-5)
    assert torch.allclose(pictures.divided_twice(unit, camera()), right / 255, rtol=1e-5)
    assert torch.allclose(pictures.not_normalised(PICTURES, camera()), right)


def test_viewed_planes_hold_the_memory_in_its_order() -> None:
    unit = PicturePipeline(16, (0.0,) * 3, (1.0,) * 3)
    viewed = pictures.channels_viewed(unit, camera(1))
    assert torch.allclose(viewed.flatten(), camera(1).flatten() / 255)


def test_swapped_sides_and_grey() -> None:
    good = PICTURES.prepare(camera())
    assert torch.allclose(pictures.sides_swapped(PICTURES, camera()), good.mT, atol=1e-5)
    planes = PICTURES.restore(pictures.grey(PICTURES, camera())).int()
    assert (planes.amax(dim=-1) - planes.amin(dim=-1)).max() <= 1


def test_every_second_pixel_is_a_pixel_of_the_picture() -> None:
    kept = PICTURES.restore(pictures.every_second_pixel(PICTURES, camera()))
    assert torch.equal(kept, camera()[:, ::2, ::2])


def test_late_sounds_are_the_same_frames_later() -> None:
    good = SOUNDS.prepare(microphone())
    late = sounds.one_frame_late(SOUNDS, microphone())
    assert torch.allclose(late[:, 2:], good[:, 1:-1], atol=1e-5)
    later = sounds.one_window_late(SOUNDS, microphone())
    assert torch.allclose(later[:, 3:], good[:, 1:-2], atol=1e-5)


def test_half_a_hop_hears_every_frame_of_the_first_half() -> None:
    good, dense = SOUNDS.prepare(microphone()), sounds.hop_halved(SOUNDS, microphone())
    assert torch.allclose(dense[:, ::2], good[:, : (good.shape[1] + 1) // 2], atol=1e-5)


def test_logarithms_differ_by_a_factor_and_powers_by_a_square() -> None:
    unit = replace(SOUNDS, mean=0.0, deviation=1.0)
    right, decimal = unit.prepare(microphone()), sounds.logarithm_to_base_10(unit, microphone())
    assert torch.allclose(decimal, right * 0.4342945, rtol=1e-4)
    assert torch.allclose(sounds.no_logarithm(unit, microphone()).log(), right, atol=0.1)
    loud = sounds.not_divided(unit, microphone())
    assert torch.allclose(loud - right, torch.full_like(right, 20.794), atol=0.05)  # 2 ln 32768


def test_without_a_floor_silence_is_minus_infinity() -> None:
    silence = torch.zeros(1, 1280, dtype=torch.int16)
    assert sounds.logarithm_of_0(SOUNDS, silence).isneginf().all()
    assert SOUNDS.prepare(silence).isfinite().all()


def test_a_wrong_rate_moves_a_tone_up_by_more_than_a_third() -> None:
    time = torch.arange(1280) / 8000
    sine = (10_000 * (2 * torch.pi * 800 * time).sin()).to(torch.int16).unsqueeze(0)
    fine = SoundPipeline(8000, 512, 256, 40)
    heard = [prepared[0, 1].argmax() for prepared in (fine.prepare(sine), wrong(fine, sine))]
    higher = (10_000 * (2 * torch.pi * 800 * 11025 / 8000 * time).sin()).to(torch.int16)
    assert heard[1] == fine.prepare(higher.unsqueeze(0))[0, 1].argmax() > heard[0]


def wrong(pipeline: SoundPipeline, raw: Tensor) -> Tensor:
    return sounds.wrong_rate(pipeline, raw)


def test_a_clipped_sound_is_that_of_samples_cut_off() -> None:
    loud = (8 * microphone().int()).clamp(-32768, 32767).to(torch.int16)
    assert torch.equal(sounds.clipped(SOUNDS, microphone()), SOUNDS.prepare(loud))


def test_texts_go_wrong_as_they_say() -> None:
    assert WORDS.prepare(TEXTS[:2]).tolist() == [
        [2, 3, 4, 0, 0, 0, 0, 0],
        [2, 4, 5, 6, 2, 3, 0, 0],
    ]
    two = TEXTS[:2]
    assert texts.padded_left(WORDS, two)[0].tolist() == [0, 0, 0, 0, 0, 2, 3, 4]
    assert texts.no_mask(WORDS, two)[0].tolist() == [2, 3, 4, 1, 1, 1, 1, 1]
    assert texts.half_cut(WORDS, two)[1].tolist() == [2, 4, 5, 6, 0, 0, 0, 0]
    assert texts.other_order(WORDS, two)[0].tolist() == [6, 5, 4, 0, 0, 0, 0, 0]
    assert texts.off_by_one(WORDS, two)[0].tolist() == [3, 4, 5, 0, 0, 0, 0, 0]
    assert texts.case_kept(WORDS, two)[0].tolist() == [1, 3, 4, 0, 0, 0, 0, 0]
    assert texts.split_at_spaces(WORDS, two)[1].tolist() == [2, 1, 6, 2, 3, 0, 0, 0]


@settings(deadline=None)  # a machine that is busy is no bug
@given(st.lists(st.text(), min_size=1, max_size=3))
def test_any_text_can_be_prepared_in_any_wrong_way(said: list[str]) -> None:
    for bug in texts.BUGS.values():
        assert bug(WORDS, said).shape == (len(said), 8)
