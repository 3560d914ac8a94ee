"""Lesson 05 equals the field's tools, gives back what it was given, and refuses in one sentence."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torchvision.transforms import v2
from transformers.audio_utils import mel_filter_bank, spectrogram

from mmtutor import gpt, modalities
from mmtutor.datasets import scenes
from mmtutor.datasets.manual import byte_pairs, load_manual
from mmtutor.modalities import (
    BytePairPipeline,
    ClipPipeline,
    PicturePipeline,
    SoundPipeline,
    WordPipeline,
    described,
    require_prepared,
)
from mmtutor.training import checkpoints

CORPUS = "the cat sat on the mat, the hat sat on the cat; 模型看图，模型听声，模型读字。 " * 3
WORDS = WordPipeline(("the", "cat", "café", "!"), length=5)
PAIRS = BytePairPipeline(tuple(gpt.byte_pair_merges(CORPUS, 60)))
COLOUR = PicturePipeline(24, (0.5, 0.4, 0.3), (0.2, 0.25, 0.3))
VOICE = SoundPipeline(rate=8000, window=256, hop=128, bands=16)
CLIP = ClipPipeline(COLOUR, rate=10)
ALL = {"words": WORDS, "pairs": PAIRS, "face": COLOUR, "voice": VOICE, "film": CLIP}


def drawn(*shape: int, top: int = 256, dtype: torch.dtype = torch.uint8) -> torch.Tensor:
    return torch.randint(top, shape, generator=torch.Generator().manual_seed(0)).to(dtype)


# ── Descriptions ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ALL)
def test_a_description_is_plain_json_and_names_every_field(name: str) -> None:
    description = ALL[name].description
    assert json.loads(json.dumps(description)) == description
    assert {type(value) for value in description.values()} <= {str, int, float, bool}
    assert description["kind"] == type(ALL[name]).__name__


def test_a_description_travels_with_a_checkpoint(tmp_path: Path) -> None:
    model, path = nn.Linear(2, 1), tmp_path / "model.safetensors"
    checkpoints.save(path, model, **described(**ALL), recipe="quick")
    about = checkpoints.load(path, model)
    require_prepared(about, **ALL)
    assert about["recipe"] == "quick"


SMALL = PicturePipeline(16, COLOUR.mean, COLOUR.deviation)
OTHERS = {
    "words": (
        WordPipeline(("the", "cat", "cafe", "!"), length=5),
        "words",
        '"café" at place 2, here it is "cafe"',
    ),
    "side": (WordPipeline(WORDS.words, length=5, side="left"), "side", "right, here it is left"),
    "length": (WordPipeline(WORDS.words, length=6), "length", "5, here it is 6"),
    "lowered": (WordPipeline(WORDS.words, 5, lowered=False), "lowered", "True, here it is False"),
    "merges": (BytePairPipeline(PAIRS.merges[:-1]), "merges", "at place 41, here it is nothing"),
    "mean": (PicturePipeline(24, (0.5, 0.4, 0.4), COLOUR.deviation), "mean", "0.5 0.4 0.3"),
    "grey": (PicturePipeline(24, (0.5,), (0.2,)), "mean", "here it is 0.5:"),
    "rate": (SoundPipeline(16000, 256, 128, 16), "rate", "8000, here it is 16000"),
    "hop": (SoundPipeline(8000, 256, 64, 16), "hop", "128, here it is 64"),
    "scaled": (SoundPipeline(8000, 256, 128, 16, mean=-3.5), "mean", "0.0, here it is -3.5"),
    "frames": (ClipPipeline(COLOUR, rate=5), "rate", "10, here it is 5"),
    "within": (ClipPipeline(SMALL, 10), "picture side", "24"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_preparation_is_refused_in_a_sentence(name: str) -> None:
    other, field, says = OTHERS[name]
    modality = next(key for key, value in ALL.items() if type(value) is type(other))
    with pytest.raises(checkpoints.CheckpointError) as caught:
        require_prepared(described(**ALL), **{**ALL, modality: other})
    assert f"{modality} prepared with {field} " in str(caught.value)
    assert says in str(caught.value)


def test_a_modality_more_or_less_is_refused() -> None:
    with pytest.raises(checkpoints.CheckpointError, match="does not say how its voice"):
        require_prepared(described(words=WORDS), words=WORDS, voice=VOICE)
    with pytest.raises(checkpoints.CheckpointError, match="reads voice, too"):
        require_prepared(described(words=WORDS, voice=VOICE), words=WORDS)
    with pytest.raises(checkpoints.CheckpointError, match="kind PicturePipeline, here it is Clip"):
        require_prepared(described(face=COLOUR), face=CLIP)


# ── Text ────────────────────────────────────────────────────────────────────────────────────────


def test_words_become_numbers_and_come_back() -> None:
    ids = WORDS.prepare(["The CAT!", "cafe\u0301 the dog", "", "the the the the the cat"])
    assert ids.tolist() == [
        [2, 3, 5, 0, 0],
        [4, 2, 1, 0, 0],
        [0, 0, 0, 0, 0],
        [2, 2, 2, 2, 2],
    ]
    assert WORDS.restore(ids) == ["the cat !", "café the �", "", "the the the the the"]
    assert WORDS.mask(ids).sum(dim=1).tolist() == [3, 3, 0, 5]


def test_padding_on_the_left_ends_with_the_last_word() -> None:
    left = WordPipeline(WORDS.words, length=4, side="left")
    assert left.prepare(["the cat", ""]).tolist() == [[0, 0, 2, 3], [0, 0, 0, 0]]
    assert left.restore(left.prepare(["the cat"])) == ["the cat"]


def test_without_lowering_capitals_are_other_words() -> None:
    kept = WordPipeline(("The", "the"), length=2, lowered=False)
    assert kept.prepare(["The the", "THE the"]).tolist() == [[2, 3], [1, 3]]


@pytest.mark.parametrize(
    ("words", "options", "says"),
    [
        (("the", "the"), {}, "stands twice"),
        (("The",), {}, "'The' is not one word"),
        (("two words",), {}, "is not one word"),
        (("",), {}, "is not one word"),
        (("e\u0301",), {}, "is not one word"),
        (("the",), {"side": "both"}, "on the left or on the right, not 'both'"),
    ],
)
def test_word_lists_that_no_text_could_use_are_refused(
    words: tuple[str, ...], options: dict[str, str], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        WordPipeline(words, 3, **options)


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


LIBRARY = byte_pairs(CORPUS, 256 + 60)


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


# ── Pictures ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("height", "width"), [(24, 24), (48, 48), (40, 31), (31, 57), (20, 13)])
def test_pictures_equal_torchvisions(height: int, width: int) -> None:
    pictures = drawn(2, height, width, 3)
    theirs = v2.Compose(
        [
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Resize(24, antialias=True),
            v2.CenterCrop(24),
            v2.Normalize(COLOUR.mean, COLOUR.deviation),
        ]
    )
    expected = torch.stack([theirs(picture.permute(2, 0, 1)) for picture in pictures])
    assert torch.allclose(COLOUR.prepare(pictures), expected, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_that_fit_come_back_exactly(channels: int) -> None:
    pictures = drawn(3, 24, 24, channels)
    pipeline = PicturePipeline(24, *modalities.channel_statistics(pictures))
    prepared = pipeline.prepare(pictures)
    assert torch.equal(pipeline.restore(prepared), pictures)
    assert torch.allclose(prepared.mean(dim=(0, 2, 3)), torch.zeros(channels), atol=1e-5)
    deviation = prepared.std(dim=(0, 2, 3), correction=0)
    assert torch.allclose(deviation, torch.ones(channels), atol=1e-5)


def test_pictures_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match=r"torch\.uint8, not torch\.float32"):
        COLOUR.prepare(drawn(1, 24, 24, 3).float())
    with pytest.raises(ValueError, match="these have 24 there"):
        COLOUR.prepare(drawn(1, 3, 24, 24))
    with pytest.raises(ValueError, match="above 0"):
        PicturePipeline(24, (0.5,), (0.0,))
    with pytest.raises(ValueError, match="for each channel"):
        PicturePipeline(24, (0.5, 0.5), (1.0,))


# ── Sound ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rate", "window", "hop", "bands"), [(8000, 256, 128, 16), (16000, 400, 160, 40)]
)
def test_log_mel_equals_that_of_transformers(rate: int, window: int, hop: int, bands: int) -> None:
    waves = drawn(2, 4000, top=60000, dtype=torch.int32).sub(30000).to(torch.int16)
    ours = SoundPipeline(rate, window, hop, bands).prepare(waves)
    for wave, picture in zip(waves, ours, strict=True):
        theirs = spectrogram(
            wave.numpy() / 32768,
            np.hanning(window + 1)[:-1],
            window,
            hop,
            fft_length=window,
            power=2.0,
            center=False,
            mel_filters=mel_filter_bank(window // 2 + 1, bands, 0, rate / 2, rate, mel_scale="htk"),
            mel_floor=0.0,
        )
        assert np.allclose(picture.numpy(), np.log(theirs.T + 1e-5), atol=1e-3)


def test_a_scaled_pipeline_is_the_same_numbers_scaled() -> None:
    waves = drawn(2, 1000, top=2000, dtype=torch.int16)
    scaled = SoundPipeline(8000, 256, 128, 16, mean=-3.0, deviation=2.0)
    assert torch.allclose(scaled.prepare(waves), (VOICE.prepare(waves) + 3) / 2)


def test_a_restored_sound_is_as_loud_at_each_pitch() -> None:
    """Pitch within a band and phase are lost; what the picture says is not."""
    time = torch.arange(4000) / 8000
    wave = (8000 * (2 * torch.pi * 700 * time).sin() * (time < 0.25)).to(torch.int16)[None]
    mel = VOICE.prepare(wave)
    again = VOICE.prepare(VOICE.restore(mel))
    assert again.shape == mel.shape
    assert (again.argmax(dim=2) == mel.argmax(dim=2))[0, :12].all()
    assert again[0, -1].max() < again[0, 5].max() - 4


def test_sounds_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match=r"torch\.int16, not torch\.float32"):
        VOICE.prepare(torch.zeros(1, 1000))
    with pytest.raises(ValueError, match="100 samples is shorter than the window of 256"):
        VOICE.prepare(drawn(1, 100, dtype=torch.int16))
    with pytest.raises(ValueError, match="never heard"):
        SoundPipeline(8000, 256, 300, 16)
    with pytest.raises(ValueError, match="too many for a window of 64"):
        SoundPipeline(8000, 64, 32, 60)
    with pytest.raises(ValueError, match="above 0"):
        SoundPipeline(8000, 256, 128, 16, deviation=0.0)


@pytest.mark.parametrize(("window", "hop"), [(256, 128), (256, 64), (400, 160)])
def test_overlap_add_gives_the_wave_back(window: int, hop: int) -> None:
    length = window + 9 * hop
    wave = torch.randn(2, length, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    back = modalities.overlap_add(modalities.short_time_fourier(wave, window, hop), window, hop)
    assert back.shape == wave.shape
    assert torch.allclose(back[:, 1:], wave[:, 1:], atol=1e-9)
    assert back[0, 0] == 0  # the window is 0 there: nobody heard it


# ── Video ───────────────────────────────────────────────────────────────────────────────────────


def test_a_clip_keeps_the_nearest_frames() -> None:
    assert CLIP.kept(11) == [0, 3, 5, 8, 10]  # 0, 2.5, 5, 7.5, 10: halves go up
    assert ClipPipeline(COLOUR, 25).kept(4) == [0, 1, 2, 3]
    assert CLIP.kept(1) == [0] and CLIP.kept(0) == []


def test_a_clip_is_its_frames_prepared() -> None:
    films = drawn(2, 11, 24, 24, 3)
    clip = CLIP.prepare(films)
    assert clip.shape == (2, 5, 3, 24, 24)
    assert torch.equal(clip[1, 2], COLOUR.prepare(films[1, 5:6])[0])
    assert torch.equal(CLIP.restore(clip), films[:, [0, 3, 5, 8, 10]])
    with pytest.raises(ValueError, match="cannot be kept of 25"):
        ClipPipeline(COLOUR, rate=30)


def test_one_form_of_a_text_for_words_and_every_form_for_bytes() -> None:
    two = "cafe\u0301"
    assert unicodedata.normalize("NFC", two) == "café" != two
    assert torch.equal(WORDS.prepare([two]), WORDS.prepare(["café"]))
    assert PAIRS.encode(two) != PAIRS.encode("café")


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


def test_without_antialias_stripes_do_not_become_grey() -> None:
    stripes = (torch.arange(64) % 4 < 2).float().expand(1, 1, 64, 64)
    smooth = modalities.middle(stripes, 16)
    assert (smooth - 0.5).abs().max() < 0.2
    thin = (torch.arange(60) % 3 == 1).float().expand(1, 1, 60, 60)  # a third of it is white
    assert modalities.middle(thin, 20, antialias=False).mean() > 0.99


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
        assert modalities.short_time_fourier(tone, window)[0].abs().argmax() == k
    click = torch.zeros(window, dtype=torch.float64)
    click[window // 2] = 1.0
    flat = modalities.short_time_fourier(click, window)[0].abs()
    assert flat.max() - flat.min() < 1e-15
    once, twice = (modalities.sine(440, 0.5, rate, loud) for loud in (0.25, 0.5))
    louder = modalities.decibels(modalities.short_time_fourier(twice).abs().amax())
    louder -= modalities.decibels(modalities.short_time_fourier(once).abs().amax())
    assert louder.item() == pytest.approx(20 * np.log10(2), abs=1e-12)
    for loud, gain in ((0.25, np.log(4)), (5e-6, 0.106)):
        faint, fainter = (
            modalities.log_mel(modalities.sine(440, 0.5, rate, amplitude)).amax()
            for amplitude in (2 * loud, loud)
        )
        assert (faint - fainter).item() == pytest.approx(gain, abs=1e-3)


def test_a_hann_window_leaks_less_than_none() -> None:
    between = modalities.sine(100.5 * 8000 / 512, 512 / 8000, 8000)
    bare = torch.fft.rfft(between).abs()
    faded = modalities.short_time_fourier(between)[0].abs()
    leaks = [modalities.decibels(s[110] / s.max()).item() for s in (bare, faded)]
    assert leaks == pytest.approx([-25.74, -67.09], abs=0.01)


def test_a_rising_tone_passes_every_pitch() -> None:
    tone = modalities.rising(3000, 2.0, 8000)
    bins = modalities.short_time_fourier(tone).abs().argmax(dim=1)
    middle = (torch.arange(len(bins)) * 256 + 256) / 8000  # seconds at the middle of each window
    assert ((bins * 8000 / 512 - 1500 * middle).abs() < 30).all()


def test_a_wheel_shows_its_turn() -> None:
    frames = modalities.wheel(torch.tensor([0.0, 0.25, 0.5, 1.0]))
    ink = (frames[..., 0] == 0)[:, 12:36, 12:36]  # without the rim
    up, right, down, again = ink
    assert up[:12].any() and not up[13:].any()
    assert right[:, 13:].any() and not right[:, :11].any()
    assert torch.equal(down, up.flip(0)) and torch.equal(again, up)


@pytest.mark.parametrize("name", ALL)
def test_the_fixed_steps_are_said_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who changes what a pipeline does without a field changes its steps: then it is refused."""
    about = described(**{name: ALL[name]})
    monkeypatch.setattr(type(ALL[name]), "steps", ALL[name].steps + "; twice")
    with pytest.raises(checkpoints.CheckpointError, match=f"{name} prepared with steps"):
        require_prepared(about, **{name: ALL[name]})
