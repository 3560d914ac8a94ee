"""Spoken digits: both sources, the split by voice, the cache, and what is missing."""

import os
import subprocess
import sys
from collections.abc import Callable
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


needs_espeak = pytest.mark.skipif(not espeak.installed(), reason="espeakng-loader is not installed")


def said(file: Path) -> np.ndarray:
    """What a few voices say in a process of its own."""
    few = f"from mmtutor.datasets import espeak; espeak.VOICES = {espeak.VOICES[:3]!r}; "
    call = few + f"from pathlib import Path; espeak.main(Path({str(file)!r}))"
    subprocess.run([sys.executable, "-c", call], check=True)
    return np.load(file)["samples"]


@needs_espeak
def test_espeak_says_the_same_in_another_process(tmp_path: Path) -> None:
    one, other = said(tmp_path / "a.npz"), said(tmp_path / "b.npz")
    assert np.array_equal(one, other) and len(one) > 100_000


# ── Where eSpeak NG cannot start ──────────────────────────────────────────────────────────────────


@pytest.fixture
def moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Returns a function that lets child processes find eSpeak NG's data, or library, elsewhere."""
    import espeakng_loader

    def move(data: Path, library: str = espeakng_loader.get_library_path()) -> Path:
        (tmp_path / "espeakng_loader.py").write_text(
            f"def get_data_path(): return {str(data)!r}\n"
            f"def get_library_path(): return {library!r}\n",
            encoding="utf-8",
        )
        places = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(places))
        return data

    monkeypatch.setenv("MMTUTOR_CACHE", str(tmp_path / "cache"))
    sound = torch.zeros(2, SAMPLES, dtype=torch.int16)
    quick = {"samples": sound, "digits": torch.arange(2), "voices": torch.arange(2)}
    monkeypatch.setattr(spoken, "sung", lambda: quick)
    return move


def data_at(place: Path) -> Path:
    """Let eSpeak NG's data be reached by this path too."""
    import espeakng_loader

    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(espeakng_loader.get_data_path())
    return place


def of_length(count: int, folder: Path) -> Path:
    """A path of so many bytes."""
    return folder / ("x" * (count - len(os.fsencode(folder)) - 1))


def assert_the_synthesiser_stands_in(reason: str) -> None:
    """One warning says why, and who asks for eSpeak NG by name gets the same sentence."""
    with pytest.warns(UserWarning, match="A small synthesiser sings") as notices:
        assert load_spoken().source == "vowels"
    (notice,) = notices
    assert reason in str(notice.message) and "\n" not in str(notice.message)
    with pytest.raises(RuntimeError, match="eSpeak NG cannot speak here: ") as error:
        load_spoken("espeak")
    assert reason in str(error.value)


@needs_espeak
def test_a_path_too_long_for_espeak(tmp_path: Path, moved: Callable[..., Path]) -> None:
    moved(data_at(of_length(espeak.LONGEST_PATH + 1, tmp_path)))
    assert_the_synthesiser_stands_in("the path to its data has 160 bytes, over 159")


@needs_espeak
def test_data_that_are_not_there(tmp_path: Path, moved: Callable[..., Path]) -> None:
    moved(tmp_path / "nowhere")
    assert_the_synthesiser_stands_in("it cannot read its data.")
    moved(tmp_path / "José 王")  # as for eSpeak NG on Windows, which takes these for other letters
    assert_the_synthesiser_stands_in("its data, whose path has letters outside ASCII.")


@needs_espeak
def test_a_library_that_cannot_be_loaded(tmp_path: Path, moved: Callable[..., Path]) -> None:
    moved(tmp_path, library=str(tmp_path / "libespeak-ng.so"))
    assert_the_synthesiser_stands_in("libespeak-ng.so")


@needs_espeak
def test_a_process_that_dies_without_a_word(
    moved: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    died = subprocess.CompletedProcess([], returncode=-11, stdout="", stderr="")
    monkeypatch.setattr(spoken.subprocess, "run", lambda *arguments, **options: died)
    assert_the_synthesiser_stands_in("it ended with code -11.")


@needs_espeak
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a path is not any bytes")
def test_any_path_that_it_can_hold_gives_the_same_bytes(
    tmp_path: Path, moved: Callable[..., Path]
) -> None:
    usual = said(tmp_path / "usual.npz")
    long, foreign = of_length(espeak.LONGEST_PATH, tmp_path), tmp_path / "José 王"
    for place in (long, foreign, Path(os.fsdecode(os.fsencode(tmp_path) + b"/Jos\xe9"))):
        moved(data_at(place))
        assert np.array_equal(said(tmp_path / "here.npz"), usual), place


# ── Sound of any length, and none ─────────────────────────────────────────────────────────────────


class Mute:
    """A library that does all it is asked and gives no sound."""

    def __getattr__(self, name: str) -> Callable[..., int]:
        return lambda *arguments: 0


def test_a_text_with_nothing_to_say_is_silence() -> None:
    speaker = espeak.Speaker.__new__(espeak.Speaker)
    speaker.library, speaker.pieces = Mute(), []
    assert speaker.say("", "en+m1", 150).shape == (0,)


@needs_espeak
def test_espeak_has_nothing_to_say_to_some_texts() -> None:
    call = (
        "from mmtutor.datasets import espeak; speaker = espeak.Speaker()\n"
        "texts = '', ' ', '.', 'one', '***'\n"
        "print(*(bool(speaker.say(text, 'en+m1', 150).any()) for text in texts))"
    )
    run = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[:4] == ["False", "False", "False", "True"]  # "***" may be read aloud


@pytest.mark.parametrize(
    "wave",
    [
        np.zeros(0, dtype=np.int16),
        np.zeros(5000, dtype=np.int16),
        np.repeat(np.array([0, 9], dtype=np.int16), 22050),  # its sound comes too late
    ],
)
def test_silence_stays_silence(wave: np.ndarray) -> None:
    assert torch.equal(spoken.fitted(wave), torch.zeros(SAMPLES, dtype=torch.int16))


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
