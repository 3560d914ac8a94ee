"""Mend a picture of sound: windows from the wrong end, a magnitude taken for a power."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    SHIFT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
)
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.modalities.shared import either

LOWEST = 1e-10
"""A power below this is silence: −100 decibels."""


def decibels(wave: Tensor, window: int, hop: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: whole windows from the start, faded, 10 log10 of their power (frame, bin)."""
    pieces = cut(scaled(wave, wrong), window, hop, wrong)
    spectrum = transformed(pieces * fading(window, wrong), wrong)
    root = "wave_squared" in wrong  # squared already
    found = loudness(spectrum.abs().sqrt() if root else spectrum.abs(), wrong)
    return (found.T if "transposed" in wrong else found).float()


def scaled(wave: Tensor, wrong: Wrong) -> Tensor:
    """Return the wave between −1 and 1, or otherwise."""
    x = wave.double()
    ways: dict[str, Callable[[], Tensor]] = {
        "not_scaled": lambda: x,
        "by_loudest": lambda: x / x.abs().max().clamp(min=1),
        "by_65536": lambda: x / 65536,
        "wave_squared": lambda: (x / 32768).square(),
        "by_255": lambda: x / 255,
        "centred_wave": lambda: (x - x.mean()) / 32768,
    }
    return either(ways, wrong, lambda: x / 32768)


def cut(x: Tensor, window: int, hop: int, wrong: Wrong) -> Tensor:
    """Return the windows (frame, sample)."""
    left = (len(x) - window) % hop
    ways: dict[str, Callable[[], Tensor]] = {
        "from_the_end": lambda: x[left:],
        "one_sample_late": lambda: x[1:] if left else x,
        "filled_up": lambda: F.pad(x, (0, (hop - left) % hop)),
        "centred": lambda: F.pad(x[None], (window // 2, window // 2))[0],
        "centred_mirrored": lambda: mirrored(x, window // 2),
        "one_less": lambda: x[: max(len(x) - hop, window)],
        "first_missing": lambda: x[hop:] if len(x) >= window + hop else x,
        "backwards": lambda: x.flip(0),
    }
    pieces = either(ways, wrong, lambda: x)
    step = window if "side_by_side" in wrong else hop
    found = pieces.unfold(0, window, step)
    return found.flip(0) if "frames_backwards" in wrong else found


def mirrored(x: Tensor, more: int) -> Tensor:
    """Put the wave's own beginning and end, mirrored, before and behind it."""
    return F.pad(x[None], (more, more), mode="reflect")[0]


def fading(window: int, wrong: Wrong) -> Tensor:
    """Return what a window is multiplied with."""
    ways: dict[str, Callable[[], Tensor]] = {
        "rectangle": lambda: torch.ones(window).double(),
        "symmetric": lambda: torch.hann_window(window, periodic=False).double(),
        "hamming": lambda: torch.hamming_window(window).double(),
        "faded_twice": lambda: torch.hann_window(window, dtype=torch.double).square(),
    }
    return either(ways, wrong, lambda: torch.hann_window(window, dtype=torch.double))


def transformed(pieces: Tensor, wrong: Wrong) -> Tensor:
    """Return the spectrum of every window."""
    if "all_bins" in wrong:
        return torch.fft.fft(pieces)
    if "over_frames" in wrong:
        return torch.fft.rfft(pieces, dim=0)
    found = torch.fft.rfft(pieces)
    if "real_part" in wrong:
        return found.real.to(found.dtype)
    if "no_bin_zero" in wrong:
        return found[:, 1:]
    return found / pieces.shape[-1] if "by_length" in wrong else found


def loudness(magnitude: Tensor, wrong: Wrong) -> Tensor:
    """Return decibels, or what is taken for them."""
    power = magnitude.square()
    kept = power.clamp(min=LOWEST)
    ways: dict[str, Callable[[], Tensor]] = {
        "magnitude": lambda: 10 * magnitude.clamp(min=1e-5).log10(),
        "low_magnitude": lambda: 10 * magnitude.clamp(min=LOWEST).log10(),
        "low_power": lambda: 20 * magnitude.clamp(min=LOWEST).log10(),
        "high_floor": lambda: 10 * power.clamp(min=1e-5).log10(),
        "twenty": lambda: 20 * kept.log10(),
        "twenty_high_floor": lambda: 20 * power.clamp(min=1e-5).log10(),
        "natural": lambda: 10 * kept.log(),
        "plain_natural": lambda: kept.log(),
        "bel": lambda: kept.log10(),
        "base_two": lambda: 10 * kept.log2(),
        "no_floor": lambda: 10 * power.log10(),
        "floor_added": lambda: 10 * (power + 1e-5).log10(),
        "little_added": lambda: 10 * (power + LOWEST).log10(),
        "one_added": lambda: 10 * (power + 1).log10(),
        "no_logarithm": lambda: kept,
        "no_logarithm_magnitude": lambda: magnitude.clamp(min=1e-5),
        "positive": lambda: -10 * kept.log10(),
        "from_loudest": lambda: 10 * (power / power.max()).clamp(min=LOWEST).log10(),
        "mean_first": lambda: 10 * kept.mean(dim=0, keepdim=True).log10(),
        "root": lambda: 5 * kept.log10() / 2,
    }
    return either(ways, wrong, lambda: 10 * kept.log10())


def decibels_cases() -> list[Case]:
    def case(samples: int, window: int, hop: int, seed: int, loud: int = 9000) -> Case:
        dice = torch.Generator().manual_seed(seed + SHIFT.get())
        drawn = torch.randint(-loud, loud, (samples,), generator=dice)
        return Case(wave=drawn.to(torch.int16), window=window, hop=hop)

    full = case(37, 8, 3, seed=3, loud=32000)
    full["wave"][:3] = torch.tensor([-32767, 32766, -32765], dtype=torch.int16)
    still = case(29, 6, 4, seed=4)
    still["wave"][:14] = 0
    faint = case(23, 8, 5, seed=5, loud=2)
    return [
        case(11, 4, 3, seed=1),  # one sample is left over
        case(30, 8, 4, seed=2),
        full,
        still,
        faint,
        case(16, 16, 5, seed=6),  # one window
        case(9, 4, 1, seed=7),
        case(25, 5, 7, seed=8),  # a hop longer than the window
        case(7, 2, 2, seed=9),
        case(18, 6, 4, seed=10),  # nothing is left over
        case(64, 10, 6, seed=11, loud=300),
    ]


def frames_of(case: Case) -> int:
    """Return how many whole windows there are."""
    return (len(case["wave"]) - case["window"]) // case["hop"] + 1


def nothing_left(case: Case) -> bool:
    """Say whether the last window ends with the wave."""
    return (len(case["wave"]) - case["window"]) % case["hop"] == 0


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether the output is what the mended program gives."""
    return agree(output, decibels(*case.values()))


def above_silence(case: Case, output: Tensor) -> bool:
    """Say whether nothing lies below −100 decibels."""
    return bool((output >= -100.001).all())


def starts_right(case: Case, output: Tensor) -> bool:
    """Say whether the first frame is right."""
    right = decibels(*case.values())
    return output.shape[1:] != right.shape[1:] or agree(output[:1], right[:1])


DECIBELS_BUG = FindTheBug(
    id="modalities.bug_decibels",
    title="Find the bugs: a picture of sound",
    difficulty=2,
    minutes=20,
    given=frozenset({"from_the_end", "low_magnitude"}),
    hints=(
        "Two symptoms, two places. Which line decides where the first window begins? Which number "
        "must be squared before it is a power?",
        "Frame i holds the samples i · hop … i · hop + window − 1. Decibels: 10 · log10(power), "
        "power = magnitude², and a power below 1e-10 counts as 1e-10.",
        "wave (sample,) → pieces (frame, window) → spectrum (frame, window // 2 + 1) → power, all "
        "the same shape to the end.",
        "pieces = (wave / 32768).unfold(0, ..., ...)\nmagnitude = torch.fft.rfft(pieces * "
        "torch.hann_window(window)).abs()\npower = ...\nreturn 10 * power.clamp(min=...).log10()",
    ),
    reference=decibels,
    cases=decibels_cases,
    mistakes=(
        Mistake(
            "from_the_end",
            "The windows are counted from the *end* of the wave: what is left over is dropped at "
            "the beginning, and every frame begins a little too late. Where does frame 0 begin?",
            "cut",
        ),
        Mistake(
            "low_magnitude",
            "The *magnitude* goes into a formula for powers: twice the amplitude adds 3 decibels "
            "where it should add 6. What is a power?",
            "loud",
        ),
        Mistake(
            "magnitude",
            "Twice the amplitude still adds 3 decibels: the *magnitude* goes into a formula for "
            "powers (and silence became −50). What is a power?",
            "loud",
        ),
        Mistake(
            "low_power",
            "Right but for silence: you hold the *magnitude* at 1e-10, which is a power of 1e-20. "
            "The card holds the power at 1e-10.",
            "loud",
        ),
        Mistake(
            "high_floor",
            "Faint sounds are cut off at −50 decibels. Which power counts as silence?",
            "loud",
        ),
        Mistake(
            "twenty",
            "Twice the amplitude adds 12 decibels: the factor 20 belongs to magnitudes, and you "
            "have squared already.",
            "loud",
        ),
        Mistake(
            "twenty_high_floor",
            "Twice the amplitude adds 12 decibels: factor 20 and floor 1e-5 belong to magnitudes, "
            "and you have squared already.",
            "loud",
        ),
        Mistake(
            "natural",
            "Your logarithm is the natural one, which makes all about 2.3 times as large. Which "
            "have decibels?",
            "loud",
        ),
        Mistake(
            "plain_natural",
            "That is the natural logarithm of the power, as in a log-mel picture. In decibels it "
            "is another logarithm, and a factor.",
            "loud",
        ),
        Mistake("bel", "That is in bels. A decibel is a tenth of one: a factor is lost.", "loud"),
        Mistake("base_two", "Your logarithm is that to base 2. Which have decibels?", "loud"),
        Mistake(
            "no_floor",
            "Where there is silence you take the logarithm of 0, which is −∞. What did the program "
            "that you were given do about it?",
            "loud",
        ),
        Mistake(
            "floor_added",
            "You *add* to the power (about 1e-5) so that no logarithm is of 0; that lifts all that "
            "is faint. The card raises only what is below 1e-10.",
            "loud scale",
        ),
        Mistake(
            "little_added",
            "You *add* 1e-10 to the power, which lifts what is faint by up to 3 decibels. The card "
            "raises what is below 1e-10, and leaves the rest alone.",
            "loud scale",
        ),
        Mistake(
            "one_added",
            "You add 1 to the power before the logarithm, which hides all that is soft. What does "
            "the card raise, and to what?",
            "loud",
        ),
        Mistake(
            "no_logarithm",
            "You return the power itself. How does it become decibels?",
            "loud",
        ),
        Mistake(
            "no_logarithm_magnitude",
            "You return the magnitude itself. How does it become decibels?",
            "loud",
        ),
        Mistake("positive", "Your decibels have the other sign. A louder sound has more.", "loud"),
        Mistake(
            "from_loudest",
            "Your decibels are counted from the loudest of this wave, so a soft wave looks as loud "
            "as a loud one. What did the program that you were given compare with?",
            "loud scale",
        ),
        Mistake(
            "mean_first",
            "All frames are averaged into one. Should time go away?",
            "loud cut axes scale fade fourier",
        ),
        Mistake(
            "root",
            "Your decibels are a quarter of what they should be: roots instead of squares? What is "
            "a power?",
            "loud",
        ),
        Mistake(
            "one_sample_late",
            "The windows begin one sample late. Where does frame 0 begin?",
            "cut",
        ),
        Mistake(
            "filled_up",
            "The wave is filled up with zeros, so there is a window more that is not whole. What "
            "does the card do with what is left over?",
            "cut",
        ),
        Mistake(
            "centred",
            "Half a window of silence is put before and behind: the middle of frame 0 is the first "
            "sample. Where does frame 0 begin?",
            "cut fade axes scale loud fourier",
        ),
        Mistake(
            "centred_mirrored",
            "Half a window of the wave itself, mirrored, is put before and behind, as `torch.stft` "
            "does unless told otherwise (`center`). Where does frame 0 begin?",
            "cut fade axes scale loud fourier",
        ),
        Mistake(
            "one_less",
            "The last whole window is missing. How many fit?",
            "cut fade axes scale loud fourier",
        ),
        Mistake(
            "first_missing",
            "The first window is missing. Where does frame 0 begin?",
            "cut fade axes scale loud fourier",
        ),
        Mistake(
            "backwards",
            "The wave runs backwards. Is a flip left over?",
            "cut fade axes scale loud fourier",
        ),
        Mistake(
            "frames_backwards",
            "The frames stand in the other order, the last one first.",
            "cut fade axes scale loud fourier",
        ),
        Mistake(
            "side_by_side",
            "Your windows are cut side by side. How far apart do two of them begin?",
            "cut fade axes scale loud fourier",
        ),
        Mistake(
            "rectangle",
            "The windows are not faded any more. By what did the program that you were given "
            "multiply?",
            "fade cut axes scale loud fourier",
        ),
        Mistake(
            "symmetric",
            "Your Hann window is the symmetric one, as `np.hanning` or `periodic=False` makes it. "
            "Which did the program that you were given take?",
            "fade cut axes scale loud fourier",
        ),
        Mistake(
            "hamming",
            "You fade with a Hamming window. Which did the program that you were given take?",
            "fade cut axes scale loud fourier",
        ),
        Mistake(
            "faded_twice",
            "The windows are faded twice. Where is it done already?",
            "fade cut axes scale loud fourier",
        ),
        Mistake(
            "not_scaled",
            "Everything is about 90 decibels too loud: the whole numbers of the recorder were not "
            "divided. By what did the program that you were given divide?",
            "scale cut fade axes fourier",
        ),
        Mistake(
            "by_loudest",
            "The wave is divided by its own loudest sample, so a soft one looks as loud as a loud "
            "one. By what did the program that you were given divide?",
            "scale cut fade axes fourier loud",
        ),
        Mistake(
            "wave_squared",
            "The *wave* is squared before the Fourier transform, which makes other pitches of it. "
            "A power is the square of a magnitude.",
            "scale cut fade axes fourier loud",
        ),
        Mistake(
            "by_65536",
            "Everything is 6 decibels too soft: divided by 65536? By what did the program that you "
            "were given divide?",
            "scale cut fade axes fourier",
        ),
        Mistake(
            "by_255",
            "Everything is 42 decibels too loud: divided by 255, as pictures are? By what did the "
            "program that you were given divide?",
            "scale cut fade axes fourier",
        ),
        Mistake(
            "centred_wave",
            "The wave's mean is taken away, which the program that you were given does not do.",
            "scale cut fade axes fourier loud",
        ),
        Mistake(
            "all_bins",
            "You keep the upper half of the bins, which mirrors the lower one. Which Fourier "
            "transform did the program that you were given take?",
            "fourier cut fade axes scale loud",
        ),
        Mistake(
            "over_frames",
            "The Fourier transform runs over the *frames*. Along which axis lie the samples of one "
            "window?",
            "fourier cut fade axes scale loud",
        ),
        Mistake(
            "real_part",
            "Only the real part of the spectrum is used: a sine and a cosine of the same loudness "
            "differ. What is the size of a complex number?",
            "fourier cut fade axes scale loud",
        ),
        Mistake(
            "no_bin_zero",
            "Bin 0 is missing. What did the program that you were given keep?",
            "fourier cut fade axes scale loud",
        ),
        Mistake(
            "by_length",
            "The spectrum is divided by the length of the window, which the program that you were "
            "given does not do.",
            "fourier cut fade axes scale loud",
        ),
        Mistake(
            "transposed",
            "Bins and frames have changed places. Which axis comes first on the card?",
            "axes cut fade scale loud fourier",
        ),
    ),
    properties=(
        Property(
            "A power below 1e-10 counts as 1e-10, so nothing lies below −100 decibels. Something "
            "of yours does.",
            above_silence,
        ),
        Property(
            "Where *nothing* is left over at the end, all windows begin where they did in the "
            "program that you were given, and yours is wrong even there. How does a magnitude "
            "become decibels, and what else did you change?",
            lambda case, output: not nothing_left(case) or is_right(case, output),
        ),
        Property(
            "The first frame is not right everywhere: it holds the samples 0 … window − 1.",
            starts_right,
        ),
        Property(
            "The first frame is right; a later one is not. Frame i begins at sample i · hop, and "
            "the last one must be whole.",
            is_right,
        ),
    ),
)
