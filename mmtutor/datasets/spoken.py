"""Digits spoken by many voices, as waveforms; some voices are kept for testing.

With the package `espeakng-loader` (an optional extra) eSpeak NG says "zero" to "nine" in 55 voices,
two accents and two speeds. Without it, or where it cannot start, a small synthesiser sings ten
words of two vowels in as many voices. Made once, and kept. `data/spoken.md` is the data card.
"""

import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from math import gcd
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float64, Int16, Int64
from torch import Tensor

from mmtutor.datasets import cache, espeak, vowels
from mmtutor.datasets.spectrograms import RATE

SAMPLES = 5120
"""Samples of every waveform: 0.64 seconds. Longer words are cut, shorter ones end in silence."""
TEST_VOICES = 11
"""Of the 55 voices, how many are kept for testing."""


@dataclass(frozen=True, eq=False)
class Spoken:
    """Waveforms, what they say and who says it. `source` is "espeak" or "vowels"."""

    samples: Int16[Tensor, "utterance sample"]
    digits: Int64[Tensor, " utterance"]
    voices: Int64[Tensor, " utterance"]
    source: str

    def __len__(self) -> int:
        return len(self.digits)

    @property
    def words(self) -> tuple[str, ...]:
        """What is said for each digit."""
        return espeak.WORDS if self.source == "espeak" else vowels.WORDS

    def waves(self, places: Int64[Tensor, " chosen"]) -> Float[Tensor, "chosen sample"]:
        """Return some of the waveforms as numbers from -1 to 1."""
        return self.samples[places].float() / 32768


def load_spoken(source: str | None = None) -> Spoken:
    """Return the spoken digits, made on the first call.

    `source` is "espeak" or "vowels"; by default the first where it is installed and can speak.
    Where "espeak" is asked for, raises ModuleNotFoundError if it is missing, RuntimeError if it
    cannot speak; ValueError for any other name.
    """
    if source is None:
        return whoever_speaks()
    if source == "vowels":
        made = cache.cached("spoken-vowels", {"made by": "vowels 1"}, sung)
    elif source != "espeak":
        raise ValueError(f'source must be "espeak" or "vowels", not {source!r}')
    elif not espeak.installed():
        raise ModuleNotFoundError("espeakng-loader is missing: pip install 'mmtutor[speech]'")
    else:
        maker = {"made by": f"espeakng-loader {version('espeakng-loader')} 1"}
        made = cache.cached("spoken-espeak", maker, spoken)
    return Spoken(**made, source=source)


def whoever_speaks() -> Spoken:
    """Return eSpeak NG's digits; where it cannot speak, say why and return the synthesiser's."""
    if not espeak.installed():
        return load_spoken("vowels")
    try:
        return load_spoken("espeak")
    except RuntimeError as error:
        warnings.warn(f"{error} A small synthesiser sings the digits instead.", stacklevel=3)
        return load_spoken("vowels")


def split(data: Spoken) -> tuple[Int64[Tensor, " train"], Int64[Tensor, " test"]]:
    """Return the places to train on and to test on. No voice is on both sides."""
    kept = data.voices % (len(espeak.VOICES) // TEST_VOICES) == 0
    return (~kept).nonzero()[:, 0], kept.nonzero()[:, 0]


def spoken() -> dict[str, Tensor]:
    """Let eSpeak NG speak in a process of its own, and bring its sound to the course's rate.

    RuntimeError, with a sentence, where it cannot.
    """
    made = by_espeak(espeak.__name__)
    pieces = np.split(made["samples"], np.cumsum(made["lengths"])[:-1])
    return {
        "samples": torch.stack([fitted(piece) for piece in pieces]),
        "digits": torch.from_numpy(made["digits"]).long(),
        "voices": torch.from_numpy(made["voices"]).long(),
    }


def by_espeak(program: str, wishes: str = "") -> dict[str, np.ndarray]:
    """Return what a module writes that speaks with eSpeak NG, run in a process of its own.

    `wishes` go to its standard input. RuntimeError, with a sentence, where it cannot speak.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spoken.npz"
        run = subprocess.run(
            [sys.executable, "-m", program, str(file)],
            input=wishes,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if run.returncode != 0:
            said = run.stderr.strip().splitlines()
            reason = said[-1] if said else f"it ended with code {run.returncode}"
            raise RuntimeError(f"eSpeak NG cannot speak here: {reason}.")
        with np.load(file) as made:
            return dict(made)


def fitted(wave: Int16[np.ndarray, " sample"]) -> Int16[Tensor, " samples"]:
    """Bring one of eSpeak NG's waveforms to the course's rate, length and loudness.

    Silence stays silence, as a text gives that has nothing to say.
    """
    if not wave.any():
        return torch.zeros(SAMPLES, dtype=torch.int16)
    slow = slowed(wave)[:SAMPLES]
    slow = slow / (np.abs(slow).max() or 1)  # 0 where the sound comes later
    return as_samples(torch.from_numpy(np.pad(slow, (0, SAMPLES - len(slow)))))


def slowed(wave: Int16[np.ndarray, " sample"]) -> Float64[np.ndarray, " slower"]:
    """Bring one of eSpeak NG's waveforms to the course's rate."""
    from scipy.signal import resample_poly

    common = gcd(RATE, espeak.ESPEAK_RATE)
    return resample_poly(wave.astype(float), RATE // common, espeak.ESPEAK_RATE // common)


def sung() -> dict[str, Tensor]:
    """Let the synthesiser sing every word in as many voices, four times each."""
    generator = torch.Generator().manual_seed(0)
    voices = torch.arange(len(espeak.VOICES)).repeat_interleave(4 * len(vowels.WORDS))
    digits = torch.arange(len(vowels.WORDS)).repeat(4 * len(espeak.VOICES))
    of_voice = torch.rand(2, len(espeak.VOICES), generator=generator)[:, voices]
    pitch = 90 * 2 ** (1.3 * of_voice[0])  # from a low man's 90 Hz to a child's 220 Hz
    pitch *= 2 ** (0.1 * torch.randn(len(digits), generator=generator))
    tract = 0.9 + 0.3 * of_voice[1]
    seconds = 0.3 + 0.3 * torch.rand(len(digits), generator=generator)
    parts = [
        as_samples(vowels.sing(*part, samples=SAMPLES, rate=RATE))
        for part in zip(*(x.split(100) for x in (digits, pitch, tract, seconds)), strict=True)
    ]
    return {"samples": torch.cat(parts), "digits": digits, "voices": voices}


def as_samples(wave: Float[Tensor, "*any"]) -> Int16[Tensor, "*any"]:
    """Return sound from -1 to 1 as 16-bit samples, with a little room above the loudest."""
    return (wave * 29000).round().to(torch.int16)
