"""Phrases of two to four spoken digits, and at which sample each word of them begins.

With the package `espeakng-loader` (an optional extra) eSpeak NG says them and tells the times
itself. Without it, or where it cannot start, phrases are put together from words of two vowels that
a small synthesiser sings. Made once, split by split, and kept. `data/phrases.md` is the data card.
"""

import json
import warnings
from dataclasses import dataclass, replace
from functools import cache as once
from importlib.metadata import version
from itertools import pairwise, product
from random import Random

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int16, Int64
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from mmtutor.datasets import cache, espeak, saying, vowels
from mmtutor.datasets.spectrograms import RATE
from mmtutor.datasets.spoken import TEST_VOICES, as_samples, by_espeak, slowed

WORDS = {"espeak": espeak.WORDS, "vowels": tuple(word.replace("-", "") for word in vowels.WORDS)}
"""What is said for each digit, by source."""
LONGEST = 6
"""Words of the longest phrase."""
HELD_STEPS = (3, 8)
"""Pairs of digits that training never has: the second is so much more than the first, modulo 10."""
COUNTS = {
    "train": {2: 56, 3: 444, 4: 1900},
    "valid": {2: 12, 3: 60, 4: 128},
    "new": {2: 12, 3: 88, 4: 200},
    "pairs": {2: 20, 3: 100, 4: 180},
    "six": {6: 150},
    "voices": {2: 12, 3: 88, 4: 164},
    "several": {2: 56, 3: 444, 4: 1900},
    "four": {2: 56, 3: 444, 4: 1900},
    "four new": {2: 12, 3: 88, 4: 200},
}
"""How many phrases of how many words each split has.

`new`: none is a phrase of `train` or `valid`. `pairs`: each has one pair that training never has.
`six`: longer than any of training. `voices`: phrases of `new` in voices that are in no other split.
`several`: phrases of `train`, evenly spread over all voices that are not in `voices`.
`four`: phrases of `train`, each in one of FOUR voices that may say it (UNSAID). `four new`: phrases
of `new` in these voices, one after another.
"""
ALIKE = {"voices": "new", "several": "train", "four": "train", "four new": "new"}
"""Which splits have the phrases of another."""
SPEED = 175
"""Words per minute, as eSpeak NG itself has it."""
ACCENT = "en-us"
VOICE = espeak.VOICES.index("m1")
"""Who speaks where nothing else is said."""
UNHEARD = tuple(range(0, len(espeak.VOICES), len(espeak.VOICES) // TEST_VOICES))
"""Who speaks in `voices`: those that `spoken.split` keeps for testing."""
SEVERAL = tuple(sorted(set(range(len(espeak.VOICES))) - set(UNHEARD)))
"""Who speaks in `several`."""
FOUR = tuple(espeak.VOICES.index(name) for name in ("m1", "f4", "zac", "Andy"))
"""Who speaks in `four` and `four new`: a deep voice, a woman's, a child's and another deep one."""
UNSAID = dict(zip(FOUR, ((1, 6), (2, 7), (4, 9), (0, 5)), strict=True))
"""Pairs of digits that one voice of `four` never says and the others do, as HELD_STEPS has them."""
LEAD, TAIL = 256, 512
"""Samples of silence before and after each phrase: 32 and 64 milliseconds."""
TAKES = 12
"""How often each word is sung in a voice; phrases choose among these."""


@dataclass(frozen=True, eq=False)
class Phrases:
    """Waveforms, what they say, when, and who says it. `source` is "espeak" or "vowels".

    Args:
        samples: the sound, followed by silence.
        lengths: how many samples of it are the phrase, with LEAD and TAIL.
        digits: -1 after the last.
        bounds: the sample at which each word begins, then the one at which the last of them ends;
            that one also stands in all places after it.
        voices: places in `espeak.VOICES`.
    """

    samples: Int16[Tensor, "phrase sample"]
    lengths: Int64[Tensor, " phrase"]
    digits: Int64[Tensor, "phrase 6"]
    bounds: Int64[Tensor, "phrase 7"]
    voices: Int64[Tensor, " phrase"]
    source: str

    def __len__(self) -> int:
        return len(self.digits)

    @property
    def words(self) -> tuple[str, ...]:
        """What is said for each digit."""
        return WORDS[self.source]

    @property
    def counts(self) -> Int64[Tensor, " phrase"]:
        """How many words each phrase has."""
        return (self.digits >= 0).sum(dim=1)

    @property
    def texts(self) -> list[str]:
        """What each phrase says, as in "two seven one"."""
        return [in_words(row, self.words) for row in self.digits.tolist()]

    def waves(self, places: Int64[Tensor, " chosen"]) -> Float[Tensor, "chosen sample"]:
        """Return some of the waveforms as numbers from -1 to 1."""
        return self.samples[places].float() / 32768

    def only(self, places: Int64[Tensor, " chosen"]) -> "Phrases":
        """Return some of the phrases, as long as the longest of them."""
        names = ("lengths", "digits", "bounds", "voices")
        some = {name: getattr(self, name)[places] for name in names}
        longest = int(some["lengths"].max()) if len(places) else 0
        return replace(self, samples=self.samples[places, :longest], **some)


def in_words(digits: list[int], words: tuple[str, ...]) -> str:
    """Return digits as a text; -1 is left out."""
    return " ".join(words[digit] for digit in digits if digit >= 0)


# ── Which phrases ─────────────────────────────────────────────────────────────────────────────────

Phrase = tuple[int, ...]


def held_pairs(phrase: Phrase, steps: tuple[int, ...] = HELD_STEPS) -> int:
    """Return how many pairs of neighbours in a phrase are as far apart as `steps` say.

    By default, pairs that training never has.
    """
    return sum((second - first) % 10 in steps for first, second in pairwise(phrase))


@once
def shuffled(length: int, held: int) -> list[Phrase]:
    """Return all phrases of some length with so many held pairs, in an order that never changes."""
    every = [p for p in product(range(10), repeat=length) if held_pairs(p) == held]
    return Random(length).sample(every, len(every))


def phrases_of(split: str) -> list[Phrase]:
    """Return the phrases of a split."""
    if split in ALIKE:
        return phrases_of(ALIKE[split])[: sum(COUNTS[split].values())]
    return [phrase for length in COUNTS[split] for phrase in of_length(length, split)]


def of_length(length: int, split: str) -> list[Phrase]:
    """Return the phrases of a split with so many words: none of them is in another split."""
    together = [name for name in COUNTS if name not in (*ALIKE, "pairs")]
    before = together[: together.index(split)] if split in together else []
    start = sum(COUNTS[name].get(length, 0) for name in before)
    every = shuffled(length, held=int(split == "pairs"))
    return every[start : start + COUNTS[split][length]]


def voices_of(split: str, count: int) -> list[int]:
    """Return who says each phrase of a split."""
    if split == "four":
        every = [who_may_say(phrase) for phrase in phrases_of(split)[:count]]
        return [some[place % len(some)] for place, some in enumerate(every)]
    among = {"voices": UNHEARD, "several": SEVERAL, "four new": FOUR}.get(split, (VOICE,))
    return [among[place % len(among)] for place in range(count)]


def who_may_say(phrase: Phrase) -> list[int]:
    """Return the voices of FOUR in which no pair of a phrase is kept for testing."""
    return [voice for voice, steps in UNSAID.items() if not held_pairs(phrase, steps)]


def unsaid(phrases: Phrases) -> Bool[Tensor, " phrase"]:
    """Say which phrases have a pair that their voice never says in `four`, and others do."""
    rows = zip(phrases.digits.tolist(), phrases.voices.tolist(), strict=True)
    found = [held_pairs(tuple(d for d in row if d >= 0), UNSAID[voice]) for row, voice in rows]
    return torch.tensor(found) > 0


# ── Sets ──────────────────────────────────────────────────────────────────────────────────────────


def load_phrases(split: str = "train", source: str | None = None) -> Phrases:
    """Return a split of the phrases (COUNTS names all), made on the first call.

    `source` is "espeak" or "vowels"; by default the first where it is installed and can speak.
    Where "espeak" is asked for, raises ModuleNotFoundError if it is missing, RuntimeError if it
    cannot speak; ValueError for any other name, and for an unknown split.
    """
    if split not in COUNTS:
        raise ValueError(f"split must be one of {', '.join(COUNTS)}, not {split!r}")
    if source is None:
        return whoever_speaks(split)
    if source not in WORDS:
        raise ValueError(f'source must be "espeak" or "vowels", not {source!r}')
    if source == "espeak" and not espeak.installed():
        raise ModuleNotFoundError("espeakng-loader is missing: pip install 'mmtutor[speech]'")
    make = {"espeak": said, "vowels": sung}[source]
    maker = f"espeakng-loader {version('espeakng-loader')}" if source == "espeak" else "vowels"
    fingerprint = {"made by": f"{maker} 1"}
    kept = cache.cached(
        f"phrases-{source}-{split.replace(' ', '-')}", fingerprint, lambda: make(split)
    )
    return unpacked(kept, source)


def whoever_speaks(split: str) -> Phrases:
    """Return eSpeak NG's phrases; where it cannot speak, say why and return the synthesiser's."""
    if not espeak.installed():
        return load_phrases(split, "vowels")
    try:
        return load_phrases(split, "espeak")
    except RuntimeError as error:
        warnings.warn(f"{error} A small synthesiser sings the phrases instead.", stacklevel=3)
        return load_phrases(split, "vowels")


def packed(
    waves: list[Int16[Tensor, " _"]], bounds: list[list[int]], phrases: list[Phrase], split: str
) -> dict[str, Tensor]:
    """Return what is kept of a split: all sound in one row, and the other fields of Phrases."""
    digits = [F.pad(torch.tensor(p), (0, LONGEST - len(p)), value=-1) for p in phrases]
    times = [[*some, *[some[-1]] * (LONGEST + 1 - len(some))] for some in bounds]
    return {
        "samples": torch.cat(waves),
        "lengths": torch.tensor([len(wave) for wave in waves]),
        "digits": torch.stack(digits),
        "bounds": torch.tensor(times),
        "voices": torch.tensor(voices_of(split, len(phrases))),
    }


def unpacked(kept: dict[str, Tensor], source: str) -> Phrases:
    """Return the phrases, each waveform in a row of its own."""
    pieces = kept["samples"].split(kept["lengths"].tolist())
    return Phrases(**kept | {"samples": pad_sequence(pieces, batch_first=True)}, source=source)


def said(split: str) -> dict[str, Tensor]:
    """Let eSpeak NG say the phrases of a split. RuntimeError, with a sentence, where it cannot."""
    phrases = phrases_of(split)
    voices = [f"{ACCENT}+{espeak.VOICES[number]}" for number in voices_of(split, len(phrases))]
    texts = [in_words(list(phrase), WORDS["espeak"]) for phrase in phrases]
    wishes = [(text, voice, SPEED) for text, voice in zip(texts, voices, strict=True)]
    made = by_espeak(saying.__name__, json.dumps(wishes))
    waves = np.split(made["samples"], np.cumsum(made["lengths"])[:-1])
    bounds = np.split(made["bounds"], np.cumsum(made["counts"])[:-1])
    times = [(LEAD + some * RATE / espeak.ESPEAK_RATE).round().astype(int) for some in bounds]
    return packed(
        [framed(torch.from_numpy(slowed(wave))) for wave in waves],
        [some.tolist() for some in times],
        phrases,
        split,
    )


def framed(wave: Float[Tensor, " sample"]) -> Int16[Tensor, " longer"]:
    """Bring a wave to one loudness and put silence before and after it."""
    return as_samples(F.pad(wave / wave.abs().max(), (LEAD, TAIL)))


def sung(split: str) -> dict[str, Tensor]:
    """Put the phrases of a split together from sung words, each of which fades in and out."""
    random, phrases = Random(split), phrases_of(split)
    waves, bounds = [], []
    for phrase, voice in zip(phrases, voices_of(split, len(phrases)), strict=True):
        words = [random.choice(takes(voice)[digit]) for digit in phrase]
        waves.append(framed(torch.cat(words)))
        ends = torch.tensor([len(word) for word in words]).cumsum(0)
        bounds.append([LEAD, *(LEAD + ends).tolist()])
    return packed(waves, bounds, phrases, split)


@once
def takes(voice: int) -> list[list[Float[Tensor, " _"]]]:
    """Return each word as a voice sings it a few times: as long, and as high, as it happens.

    Each word has a length of its own, 0.2 to 0.35 seconds, of which takes differ by a twentieth.
    """
    generator = torch.Generator().manual_seed(voice)
    words = torch.arange(10).repeat_interleave(TAKES)
    of_voice = torch.rand(2, generator=generator)
    away = torch.randn(2, len(words), generator=generator)
    pitch = 90 * 2 ** (1.3 * of_voice[0] + 0.02 * away[0])  # from 90 to 220 Hz
    seconds = (0.2 + 0.15 * words / 9) * (1 + 0.05 * away[1]).clamp(0.8, 1.2)
    tract = (0.9 + 0.3 * of_voice[1]).repeat(len(words))
    waves = vowels.sing(words, pitch, tract, seconds, samples=RATE * 45 // 100, rate=RATE)
    cut = [wave[: round(s * RATE)] for wave, s in zip(waves, seconds.tolist(), strict=True)]
    return [cut[start : start + TAKES] for start in range(0, len(cut), TAKES)]
