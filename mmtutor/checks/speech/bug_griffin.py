"""Mend a Griffin-Lim that keeps how loud its own wave is, so that no round changes anything.

Griffin and Lim 1984, "Signal Estimation from Modified Short-Time Fourier Transform".
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.gpt.shared import either

Spectrum = Tensor
"""Complex numbers (frequency, frame)."""


def griffin_lim(loud: Tensor, phases: Tensor, rounds: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: in each round the phases of the wave's own transform, as loud as asked."""
    if "mean_angles" in wrong:
        return halfway(loud, phases, rounds)
    spectrum = first(loud, phases, wrong)
    wave = to_wave(spectrum, wrong)
    for _ in range(counted(rounds, wrong)):
        found = to_spectrum(wave, len(loud), wrong)
        spectrum = renewed(found, spectrum, loud, phases, wrong)
        wave = to_wave(spectrum, wrong)
    ends: dict[str, Callable[[], Tensor]] = {
        "scaled": lambda: wave / wave.abs().max(),
        "magnitudes": lambda: to_spectrum(wave, len(loud), wrong).abs(),
        "backwards": lambda: wave.flip(0),
        "absolute": lambda: wave.abs(),
    }
    return either(ends, wrong, lambda: wave)


def halfway(loud: Tensor, phases: Tensor, rounds: int) -> Tensor:
    """Return the wave if angles are only ever moved half of the way, whole turns and all."""
    for _ in range(rounds):
        wave = to_wave(torch.polar(loud, phases), RIGHT)
        phases = (phases + to_spectrum(wave, len(loud), RIGHT).angle()) / 2
    return to_wave(torch.polar(loud, phases), RIGHT)


def first(loud: Tensor, phases: Tensor, wrong: Wrong) -> Spectrum:
    """Return the spectrum before the first round."""
    ways: dict[str, Callable[[], Tensor]] = {
        "zero_phases": lambda: torch.zeros_like(phases),
        "minus_phases": lambda: -phases,
        "degrees": lambda: phases * math.pi / 180,
        "turns": lambda: phases * 2 * math.pi,
    }
    return torch.polar(loud, either(ways, wrong, lambda: phases))


def counted(rounds: int, wrong: Wrong) -> int:
    """Return how many rounds are made."""
    ways: dict[str, Callable[[], int]] = {
        "one_more": lambda: rounds + 1,
        "one_less": lambda: max(rounds - 1, 0),
        "one_always": lambda: 1,
        "at_most_one": lambda: min(rounds, 1),
        "at_least_one": lambda: max(rounds, 1),
    }
    return either(ways, wrong, lambda: rounds)


def renewed(found: Spectrum, old: Spectrum, loud: Tensor, phases: Tensor, wrong: Wrong) -> Spectrum:
    """Return the spectrum after a round."""
    angle, size = found.angle(), found.abs()
    ways: dict[str, Callable[[], Spectrum]] = {
        "kept": lambda: found,
        "first_phases_own_loudness": lambda: torch.polar(size, phases),
        "loud_times_all": lambda: loud * found,
        "half_loud": lambda: torch.polar((loud + size) / 2, angle),
        "geometric": lambda: torch.polar((loud * size).sqrt(), angle),
        "squared": lambda: torch.polar(loud**2, angle),
        "root": lambda: torch.polar(loud.sqrt(), angle),
        "louder_only": lambda: torch.polar(torch.maximum(loud, size), angle),
        "softer_only": lambda: torch.polar(torch.minimum(loud, size), angle),
        "added_phases": lambda: torch.polar(loud, old.angle() + angle),
        "first_added": lambda: torch.polar(loud, phases + angle),
        "mean_phases": lambda: torch.polar(loud, (old.angle() + angle) / 2),
        "difference": lambda: torch.polar(loud, angle - old.angle()),
        "minus": lambda: torch.polar(loud, -angle),
        "no_phases": lambda: torch.polar(loud, torch.zeros_like(loud)),
        "real_part": lambda: torch.polar(loud, torch.where(found.real < 0, math.pi, 0.0).to(loud)),
        "added_spectra": lambda: torch.polar(loud, (found + old).angle()),
        "momentum": lambda: torch.polar(loud, (found - 0.5 * old).angle()),
        "residual": lambda: torch.polar(loud, (old - found).angle()),
        "arctangent": lambda: torch.polar(loud, torch.atan(found.imag / (found.real + 1e-12))),
        "exchanged": lambda: torch.polar(loud, torch.atan2(found.real, found.imag)),
        "half_phases": lambda: torch.polar(loud, angle / 2),
        "cosine": lambda: torch.complex(loud * angle.cos(), torch.zeros_like(loud)),
        "by_largest": lambda: loud * found / size.max(),
        "by_largest_of_frame": lambda: loud * found / (size.amax(0, keepdim=True) + 1e-12),
        "one_frequency_kept": lambda: torch.cat([torch.polar(loud, angle)[:-1], found[-1:]]),
        "sum_kept": lambda: torch.polar(loud, angle) + found,
        "epsilon": lambda: loud * found / (size + 0.1),
        "all_as_loud": lambda: found * (loud.norm() / found.abs().norm()),
        "mean_as_loud": lambda: found * (loud.mean() / size.mean()),
        "frame_as_loud": lambda: found * (loud.norm(dim=0) / size.norm(dim=0).clamp(min=1e-9)),
        "imaginary": lambda: torch.polar(loud, found.imag),
        "power_of_e": lambda: torch.complex(loud * angle.exp(), torch.zeros_like(loud)),
    }
    return either(ways, wrong, lambda: torch.polar(loud, angle))


def to_wave(spectrum: Spectrum, wrong: Wrong) -> Tensor:
    """Return the wave of a spectrum."""
    size, hop, window = settings(len(spectrum), spectrum.abs().dtype, wrong)
    return torch.istft(spectrum, size, hop, window=window)


def to_spectrum(wave: Tensor, frequencies: int, wrong: Wrong) -> Spectrum:
    """Return the transform of a wave."""
    size, hop, window = settings(frequencies, wave.dtype, wrong)
    if "no_window_there" in wrong:
        window = torch.ones_like(window)
    return torch.stft(wave, size, hop, window=window, return_complex=True)


def settings(frequencies: int, dtype: torch.dtype, wrong: Wrong) -> tuple[int, int, Tensor]:
    """Return how long a window is, how far apart two are, and the window."""
    size = 2 * (frequencies - 1)
    ways: dict[str, Callable[[], Tensor]] = {
        "no_window": lambda: torch.ones(size, dtype=dtype),
        "hamming": lambda: torch.hamming_window(size, dtype=dtype),
        "root_window": lambda: torch.hann_window(size, dtype=dtype).sqrt(),
        "symmetric": lambda: torch.hann_window(size, periodic=False, dtype=dtype),
    }
    window = either(ways, wrong, lambda: torch.hann_window(size, dtype=dtype))
    return size, size // 2 if "wide_hop" in wrong else size // 4, window


def griffin_cases() -> list[Case]:
    def case(
        frequencies: int, frames: int, rounds: int, seed: int, scale: float = 1.0, low: float = 0.02
    ) -> Case:
        loud = scale * (low + random_tensor(frequencies, frames, seed=seed).abs())
        phases = 2 * random_tensor(frequencies, frames, seed=seed + 1)
        return Case(loud=loud, phases=phases, rounds=rounds)

    silent = case(9, 15, 2, 60)
    silent["loud"][:, 6:], silent["loud"][2] = 0.0, 0.0  # so silent that a size is 0
    silent["phases"][0, 0], silent["phases"][5] = 0.0, 0.0
    twins = case(5, 9, 3, 70, 4.0)
    twins["loud"][3], twins["phases"][3] = twins["loud"][1], twins["phases"][1]
    twins["phases"][:, 4:] += 30
    twins["phases"][:, :3] -= 30
    return [
        case(5, 7, 1, 10),
        case(9, 12, 3, 20),
        case(17, 6, 2, 30),
        case(3, 10, 4, 40, 30.0),
        case(9, 6, 0, 50),
        silent,
        twins,
        case(33, 11, 5, 80),
        case(5, 24, 6, 90, 0.5),
    ]


def is_wave(case: Case, output: Tensor) -> bool:
    """Say whether an answer is a wave as long as it should be."""
    size = 2 * (len(case["loud"]) - 1)
    return torch.as_tensor(output).shape == (size // 4 * (case["loud"].shape[1] - 1),)


def begins_right(case: Case, output: Tensor) -> bool:
    """Say whether without a round it is the wave of what is given."""
    if case["rounds"] or not is_wave(case, output):
        return True
    wanted = griffin_lim(*case.values())
    return torch.allclose(torch.as_tensor(output).double(), wanted.double(), atol=1e-4)


def away(wave: Tensor, loud: Tensor) -> float:
    """Return how far a wave is from being as loud as asked."""
    made = to_spectrum(torch.as_tensor(wave).to(loud), len(loud), RIGHT).abs()
    return float((made - loud).norm() / loud.norm())


def comes_nearer(case: Case, output: Tensor) -> bool:
    """Say whether rounds bring the wave nearer to being as loud as asked."""
    if not case["rounds"] or not is_wave(case, output):
        return True
    start = griffin_lim(case["loud"], case["phases"], 0)
    return away(output, case["loud"]) < away(start, case["loud"])


def as_near(case: Case, output: Tensor) -> bool:
    """Say whether the wave is about as near as it should be after so many rounds."""
    if not is_wave(case, output):
        return True
    wanted = away(griffin_lim(*case.values()), case["loud"])
    return abs(away(output, case["loud"]) - wanted) < 1e-3 * max(wanted, 0.1)


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether it is the right wave."""
    wanted = griffin_lim(*case.values())
    mine = torch.as_tensor(output)
    return mine.shape != wanted.shape or torch.allclose(mine.double(), wanted.double(), atol=1e-3)


GRIFFIN_BUG = FindTheBug(
    id="speech.bug_griffin",
    title="Find the bug: rounds that change nothing",
    difficulty=2,
    minutes=15,
    given=frozenset({"kept"}),
    hints=(
        "Print `spectrum.abs()` before the loop and after a round, beside `loud`. Which of them is "
        "to stay, and which is to change?",
        "A complex number is a size and an angle. From the transform of the wave only the angle is "
        "taken; the size is `loud` in every round.",
        "loud, phases, spectrum: (frequency, frame). wave: (sample,). Angles by `.angle()`, "
        "numbers of a size and an angle by `torch.polar(size, angle)`.",
        "spectrum = torch.polar(loud, phases)\nfor _ in range(rounds):\n"
        "    wave = torch.istft(...)\n"
        "    rebuilt = torch.stft(...)\n    spectrum = torch.polar(..., ...)\n"
        "return torch.istft(spectrum, ...)",
    ),
    reference=griffin_lim,
    cases=griffin_cases,
    mistakes=(
        Mistake(
            "kept",
            "The wave is that of the first phases, whatever the number of rounds. A wave whose own "
            "transform is taken over unchanged, or that gets its first phases back, stays as it "
            "is. What is to be taken from the transform, and what not?",
            "round rounds",
        ),
        Mistake(
            "first_phases_own_loudness",
            "In each round the *first* phases come back, and how loud it is comes from the wave. "
            "It is the other way round: what is to stay, and what is to be new?",
            "round",
        ),
        Mistake(
            "loud_times_all",
            "You multiply `loud` with the whole transform. That has a size already: take only its "
            "phase.",
            "round",
        ),
        Mistake(
            "half_loud",
            "How loud it is lies halfway between what was asked for and what came out. It stays as "
            "asked.",
            "round",
        ),
        Mistake(
            "geometric",
            "How loud it is is mixed from what was asked for and what came out. It stays as asked.",
            "round",
        ),
        Mistake("squared", "In a round `loud` is squared. It stays as asked.", "round"),
        Mistake("root", "In a round you take the root of `loud`. It stays as asked.", "round"),
        Mistake(
            "louder_only",
            "Where the wave is louder than asked it stays so. It is to be as loud as asked.",
            "round",
        ),
        Mistake(
            "softer_only",
            "Where the wave is softer than asked it stays so. It is to be as loud as asked.",
            "round",
        ),
        Mistake(
            "added_phases",
            "The new phases are *added* to those before. They take their place.",
            "round",
        ),
        Mistake(
            "first_added",
            "The new phases are added to the first ones. They take their place.",
            "round rounds",
        ),
        Mistake(
            "mean_phases",
            "The phases are the mean of old and new. The new ones take their place.",
            "round",
        ),
        Mistake(
            "difference",
            "The phases are the difference of new and old. The new ones take their place.",
            "round",
        ),
        Mistake("minus", "The sign of the phases is turned in each round.", "round"),
        Mistake(
            "no_phases",
            "After a round all phases are 0. Take those that the wave has.",
            "round rounds begin end window",
        ),
        Mistake(
            "real_part",
            "Only the sign of the real part is left of the phases: 0 or π. Which function gives "
            "the angle?",
            "round",
        ),
        Mistake(
            "added_spectra",
            "You take the phases of old and new transform added up. The new ones are asked for.",
            "round",
        ),
        Mistake(
            "momentum",
            "You take a share of the old transform away first: that is the fast variant, with a "
            "momentum. Here it is plain.",
            "round",
        ),
        Mistake(
            "residual",
            "You take the phases of the difference of old and new transform.",
            "round",
        ),
        Mistake(
            "arctangent",
            "`atan(imag / real)` knows only half of the circle. Which function gives the angle?",
            "round rounds begin end window",
        ),
        Mistake(
            "exchanged",
            "Real and imaginary part have changed places in the angle.",
            "round rounds begin end window",
        ),
        Mistake(
            "half_phases",
            "The phases are halved in each round.",
            "round rounds begin end window",
        ),
        Mistake(
            "cosine",
            "Only the real part is left of size and phase. A number has both.",
            "round rounds begin end window",
        ),
        Mistake(
            "by_largest",
            "The transform is divided by its largest size and multiplied by `loud`. *Each* of its "
            "numbers has to lose its own size.",
            "round rounds begin end window",
        ),
        Mistake(
            "by_largest_of_frame",
            "In each frame the transform is divided by its largest size. Each of its numbers has "
            "to lose its own.",
            "round rounds begin end window",
        ),
        Mistake(
            "one_frequency_kept",
            "The highest frequency keeps what the wave has there. All are to be as loud as asked.",
            "round",
        ),
        Mistake(
            "sum_kept",
            "You add the wave's own transform. It is to be as loud as asked, no more.",
            "round",
        ),
        Mistake(
            "epsilon",
            "Something is added to the size before you divide by it. So soft frequencies get "
            "softer than asked.",
            "round",
        ),
        Mistake(
            "all_as_loud",
            "As a whole it is as loud as asked; each frequency of each frame is to be.",
            "round",
        ),
        Mistake(
            "mean_as_loud",
            "One factor makes all of it as loud as asked on the mean. Each frequency of each frame "
            "is to be as loud as asked: what is left of the transform then?",
            "round",
        ),
        Mistake(
            "frame_as_loud",
            "One factor for each frame makes it as loud as asked; each frequency of a frame is to "
            "be. What is left of the transform then?",
            "round",
        ),
        Mistake(
            "imaginary",
            "The imaginary part stands where an angle should. Which function gives the angle?",
            "round rounds begin end window",
        ),
        Mistake(
            "power_of_e",
            "e to the angle is a real number, and has no phase. Which power of e lies on the "
            "circle?",
            "round rounds begin end window",
        ),
        Mistake(
            "mean_angles",
            "The phases are moved only half of the way to the new ones, which take their place.",
            "round rounds begin end window",
        ),
        Mistake(
            "zero_phases",
            "You begin with all phases 0. `phases` are given.",
            "begin",
        ),
        Mistake(
            "minus_phases",
            "You begin with the given phases' sign turned.",
            "round rounds begin end window",
        ),
        Mistake(
            "degrees",
            "You take `phases` for degrees. They are angles in radians.",
            "round rounds begin end window",
        ),
        Mistake(
            "turns",
            "You take `phases` for whole turns. They are angles in radians.",
            "round rounds begin end window",
        ),
        Mistake("one_more", "You make one round more than asked for.", "rounds"),
        Mistake(
            "one_less",
            "You make one round less than asked for: is the last spectrum still made a wave?",
            "rounds",
        ),
        Mistake(
            "one_always",
            "You make one round, whatever `rounds` says.",
            "round rounds begin end window",
        ),
        Mistake(
            "at_most_one",
            "However many rounds are asked for, yours is the wave of one: you make no more, or "
            "`loud` comes back only once, after them. What is to happen in *each* round?",
            "round rounds begin end window",
        ),
        Mistake(
            "at_least_one",
            "You make a round even if none is asked for.",
            "round rounds begin end window",
        ),
        Mistake(
            "scaled",
            "The wave is divided by its largest sample. It is to be as loud as asked.",
            "round rounds begin end window",
        ),
        Mistake(
            "magnitudes",
            "You return how loud the wave is. The wave is asked for.",
            "round rounds begin end window",
        ),
        Mistake(
            "backwards",
            "The wave runs backwards.",
            "round rounds begin end window",
        ),
        Mistake(
            "absolute",
            "The wave has lost its sign.",
            "round rounds begin end window",
        ),
        Mistake(
            "no_window",
            "The window is gone: every sample of a frame weighs the same. Keep Hann's, as given.",
            "round rounds begin end window",
        ),
        Mistake(
            "no_window_there",
            "Only one of the two ways has the window. Both need it.",
            "round rounds begin end window",
        ),
        Mistake(
            "hamming",
            "That is Hamming's window. Keep Hann's, as given.",
            "round rounds begin end window",
        ),
        Mistake(
            "root_window",
            "That is the root of Hann's window. Keep it as given.",
            "round rounds begin end window",
        ),
        Mistake(
            "symmetric",
            "Your window is symmetric, one sample off. Keep Hann's, as given.",
            "round rounds begin end window",
        ),
        Mistake(
            "wide_hop",
            "Your windows are twice as far apart as in the program. Keep a quarter of the size.",
            "round rounds begin end window",
        ),
    ),
    properties=(
        Property(
            "Without a round it is to be the wave of `loud` and `phases` as they are.", begins_right
        ),
        Property(
            "After its rounds your wave is no nearer to being as loud as asked than before.",
            comes_nearer,
        ),
        Property(
            "After so many rounds the wave should be nearer to being as loud as asked, or not so "
            "near yet. What is taken from the transform in a round?",
            as_near,
        ),
        Property("Your wave is about as loud as it should be, but it is another one.", is_right),
    ),
)
