"""Spoken digits: both sources, the split by voice, the cache, and what is missing."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mmtutor.datasets import espeak, spoken, vowels
from mmtutor.datasets.spectrograms import RATE, log_mel
from mmtutor.datasets.spoken import SAMPLES, Spoken, load_spoken, split

SOURCES = [
    "vowels",
    pytest.param(
        "espeak",
        marks=pytest.mark.skipif(not espeak.installed(), reason="espeakng-loader is not installed"),
    ),
]


@pytest.fixture(scope="module", params=SOURCES)
def data(request: pytest.FixtureRequest) -> Spoken:
    return load_spoken(request.param)


def test_every_voice_says_every_digit_four_times(data: Spoken) -> None:
    counts = torch.zeros(len(espeak.VOICES), 10).index_put_(
        (data.voices, data.digits), torch.ones(len(data)), accumulate=True
    )
    assert (counts == 4).all()
    assert data.samples.shape == (2200, SAMPLES)
    assert len(set(data.words)) == 10


def test_waves_are_loud_and_never_clip(data: Spoken) -> None:
    waves = data.waves(torch.arange(len(data)))
    loudest = waves.abs().amax(dim=1)
    assert (loudest > 0.8).all() and (loudest < 1).all()
    assert (waves.abs().mean(dim=1) > 0.01).all()


def test_no_voice_is_on_both_sides_of_the_split(data: Spoken) -> None:
    train, test = split(data)
    assert not set(data.voices[train].tolist()) & set(data.voices[test].tolist())
    assert len(set(data.voices[test].tolist())) == spoken.TEST_VOICES
    assert sorted([*train.tolist(), *test.tolist()]) == list(range(len(data)))


def test_digits_can_be_told_in_voices_never_heard(data: Spoken) -> None:
    from sklearn.neighbors import NearestCentroid

    train, test = split(data)
    mel = log_mel(data.waves(torch.arange(len(data)))).flatten(1).numpy()
    reader = NearestCentroid().fit(mel[train], data.digits[train])
    assert reader.score(mel[test], data.digits[test]) > 0.6  # chance is 0.1


def test_it_is_made_once(data: Spoken, monkeypatch: pytest.MonkeyPatch) -> None:
    def never() -> dict[str, torch.Tensor]:
        raise AssertionError("made again")

    monkeypatch.setattr(spoken, "sung", never)
    monkeypatch.setattr(spoken, "spoken", never)
    assert torch.equal(load_spoken(data.source).samples, data.samples)


def test_without_espeak_the_synthesiser_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "installed", lambda: False)
    assert load_spoken().source == "vowels"
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'mmtutor\[speech\]'"):
        load_spoken("espeak")


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(ValueError, match="not 'parrot'"):
        load_spoken("parrot")


@pytest.mark.skipif(not espeak.installed(), reason="espeakng-loader is not installed")
def test_espeak_says_the_same_in_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = f"from mmtutor.datasets import espeak; espeak.VOICES = {espeak.VOICES[:3]!r}; "
    said = []
    for name in ("a", "b"):
        file = tmp_path / f"{name}.npz"
        call = few + f"from pathlib import Path; espeak.main(Path({str(file)!r}))"
        subprocess.run([sys.executable, "-c", call], check=True)
        said.append(np.load(file)["samples"])
    assert np.array_equal(*said) and len(said[0]) > 100_000


@pytest.mark.parametrize("seconds", [0.3, 0.9])
def test_sound_of_any_length_is_brought_to_one(seconds: float) -> None:
    time = np.arange(int(seconds * espeak.ESPEAK_RATE)) / espeak.ESPEAK_RATE
    tone = (8000 * np.sin(2 * np.pi * 500 * time)).astype(np.int16)
    found = spoken.fitted(tone)
    assert found.shape == (SAMPLES,) and found.abs().max() == 29000
    heard = found[:2400].double() / 29000  # 0.3 seconds
    pitch = torch.fft.rfft(heard).abs().argmax() * RATE / 2400
    assert abs(pitch - 500) < 5
    assert (found[2600:] == 0).all() == (seconds < 0.32)


def sing(**changes: object) -> torch.Tensor:
    voice = {
        "words": torch.tensor([0]),
        "pitch": torch.tensor([120.0]),
        "tract": torch.tensor([1.0]),
        "seconds": torch.tensor([0.5]),
    }
    return vowels.sing(**{**voice, **changes}, samples=SAMPLES, rate=RATE)


def test_a_sung_word_ends_in_silence_and_a_high_voice_is_another() -> None:
    low, high = sing(), sing(pitch=torch.tensor([240.0]))
    assert (low[:, int(0.5 * RATE) + 1 :] == 0).all()
    assert not torch.equal(low, high)


def test_the_pitch_of_a_voice_can_be_measured() -> None:
    for pitch in (100.0, 200.0):
        wave = sing(pitch=torch.tensor([pitch]))[0, 1000:3048]
        echo = torch.stack([(wave[:1024] * wave[lag : lag + 1024]).sum() for lag in range(25, 120)])
        assert abs(RATE / (25 + int(echo.argmax())) - pitch) < 0.15 * pitch
