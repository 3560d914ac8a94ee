"""Decibels by hand. Traps: 10 for 20, ln for log10, a ratio for a difference, signs."""

import math
from functools import cache

from mmtutor.checks.engine.exercise import Mistake, Predict
from mmtutor.checks.engine.places import each_alone_or_together
from mmtutor.checks.speech.shared import at, off, whole

SMALL, LARGE = 3.0, 60.0
"""Norms of the difference and of what was asked for."""
EARLY, LATE = -18.8, -25.4
"""Decibels before and after more rounds."""
SOFT = 0.4
"""What samples are multiplied by."""
ONE, OTHER = 1.5, -2.0
"""Natural logarithms of two bands' powers."""
LOUD = 5.0
"""Power above power."""


def decibels(ratio: float, factor: int = 20) -> float:
    """Return a ratio in decibels: factor 20 for amplitudes, 10 for powers."""
    return factor * math.log10(ratio)


@cache
def right() -> list[float]:
    """Return the five numbers."""
    return [
        decibels(SMALL / LARGE),
        10 ** ((EARLY - LATE) / 20),
        decibels(SOFT),
        10 * (ONE - OTHER) / math.log(10),
        decibels(LOUD, 10),
    ]


def with_(*pairs: tuple[int, float]) -> list[float]:
    """Return the right numbers but for some of them, by number."""
    found = list(right())
    for number, value in pairs:
        found[number - 1] = value
    return found


CONVERGENCE: list[Mistake] = [
    at(
        "first_ten",
        decibels(SMALL / LARGE, 10),
        "Number 1: norms are amplitudes. Which factor do amplitudes have?",
    ),
    at(
        "first_positive",
        -decibels(SMALL / LARGE),
        "Number 1 has the wrong sign: is the difference larger than what was asked for?",
    ),
    at(
        "first_ten_positive",
        -decibels(SMALL / LARGE, 10),
        "Number 1: norms are amplitudes, and the difference is the smaller one.",
    ),
    at("first_ratio", SMALL / LARGE, "Number 1 is the ratio. How many decibels is that?"),
    at("first_upside", LARGE / SMALL, "Number 1 is a ratio, upside down, and no decibels."),
    at(
        "first_ln",
        20 * math.log(SMALL / LARGE),
        "Number 1: decibels take log₁₀, not ln.",
    ),
    at("first_only_ln", math.log(SMALL / LARGE), "Number 1 is ln of the ratio, not decibels."),
    at("first_ten_ln", 10 * math.log(SMALL / LARGE), "Number 1: log₁₀, and norms are amplitudes."),
    at("first_bel", math.log10(SMALL / LARGE), "Number 1 is log₁₀ of the ratio. Which factor?"),
    at("first_forty", 2 * decibels(SMALL / LARGE), "Number 1: the square counts once, not twice."),
    at(
        "first_rest",
        decibels((LARGE - SMALL) / LARGE),
        "Number 1: 3 *is* the norm of the difference already.",
    ),
    at("first_one", decibels(SMALL), "Number 1: compare 3 with 60, not with 1."),
    at("first_difference", LARGE - SMALL, "Number 1: a ratio is asked for, in decibels."),
    at("first_log2", 20 * math.log2(SMALL / LARGE), "Number 1: decibels take log₁₀, not log₂."),
    at(
        "first_of_each",
        20 * math.log10(SMALL) / math.log10(LARGE),
        "Number 1: the logarithm of a ratio is no ratio of logarithms.",
    ),
]
NORMS: list[Mistake] = [
    at(
        "second_power",
        10 ** ((EARLY - LATE) / 10),
        "Number 2 is by how much the *power* is divided. The norm is an amplitude.",
    ),
    at("second_decibels", EARLY - LATE, "Number 2 is a difference of decibels. Divided by what?"),
    at("second_minus", LATE - EARLY, "Number 2 is a difference of decibels, with a sign. By what?"),
    at(
        "second_ratio",
        LATE / EARLY,
        "Number 2: decibels are logarithms already. A *difference* of them is a ratio.",
    ),
    at(
        "second_ratio_upside",
        EARLY / LATE,
        "Number 2: decibels are logarithms already. A *difference* of them is a ratio of norms.",
    ),
    at(
        "second_upside",
        10 ** ((LATE - EARLY) / 20),
        "Number 2 is upside down: it says what the norm is multiplied by.",
    ),
    at(
        "second_power_upside",
        10 ** ((LATE - EARLY) / 10),
        "Number 2 is upside down, and that of the power.",
    ),
    at(
        "second_e",
        math.exp((EARLY - LATE) / 20),
        "Number 2: decibels are undone by a power of 10, not of e.",
    ),
    at(
        "second_e_ten",
        math.exp((EARLY - LATE) / 10),
        "Number 2: decibels are undone by a power of 10, not of e, and a norm is an amplitude.",
    ),
    at("second_two", 2, "Number 2 is near: 2 is for 6 dB. Work it out for these, to 1 %."),
    at("second_four", 4, "Number 2: 4 would be the power, and for 6 dB."),
    at("second_log", (EARLY - LATE) / 20, "Number 2 is the exponent. What is it raised from?"),
    at("second_log_ten", (EARLY - LATE) / 10, "Number 2 is an exponent, and that of the power."),
    at("second_steps", (EARLY - LATE) / 6.0, "Number 2 is how many times it was halved."),
    at("second_by_three", (EARLY - LATE) / 3.0, "Number 2: how many 3 dB is not by how much."),
    at(
        "second_after",
        10 ** (-LATE / 20),
        "Number 2 is what was asked for over the difference, after the rounds. And before?",
    ),
]
SOFTER: list[Mistake] = [
    at(
        "third_ten",
        decibels(SOFT, 10),
        "Number 3: samples are amplitudes. Which factor do amplitudes have?",
    ),
    at("third_positive", -decibels(SOFT), "Number 3: the wave gets softer. Which sign is that?"),
    at(
        "third_ten_positive",
        -decibels(SOFT, 10),
        "Number 3: samples are amplitudes, and the wave gets softer.",
    ),
    at("third_ln", 20 * math.log(SOFT), "Number 3: decibels take log₁₀, not ln."),
    at("third_ten_ln", 10 * math.log(SOFT), "Number 3: log₁₀, and samples are amplitudes."),
    at("third_only_ln", math.log(SOFT), "Number 3 is ln of the factor, not decibels."),
    at("third_bel", math.log10(SOFT), "Number 3 is log₁₀ of the factor. What is it multiplied by?"),
    at("third_factor", SOFT, "Number 3 is the factor itself. How many decibels is it?"),
    at("third_lost", SOFT - 1, "Number 3 is the share that is lost. How many decibels is it?"),
    at("third_rest", decibels(1 - SOFT), "Number 3: what is left is 0.4, not 0.6."),
    at("third_forty", 2 * decibels(SOFT), "Number 3: the square counts once, not twice."),
    at("third_six", -6, "Number 3: −6 dB would be one half. By what is it multiplied here?"),
    at("third_percent", -60, "Number 3 is a percentage. How many decibels is it?"),
]
BANDS: list[Mistake] = [
    at(
        "fourth_twenty",
        20 * (ONE - OTHER) / math.log(10),
        "Number 4: the frame holds logarithms of *powers*. Which factor do powers have?",
    ),
    at("fourth_ln", ONE - OTHER, "Number 4 is a difference of ln. How many decibels is it?"),
    at("fourth_ten_ln", 10 * (ONE - OTHER), "Number 4: ln is not log₁₀. How are they related?"),
    at(
        "fourth_twenty_ln",
        20 * (ONE - OTHER),
        "Number 4: ln is not log₁₀, and the frame holds powers.",
    ),
    at(
        "fourth_sign",
        -10 * (ONE - OTHER) / math.log(10),
        "Number 4: which of the two bands is louder?",
    ),
    at("fourth_ratio", math.exp(ONE - OTHER), "Number 4 is the ratio of powers. In decibels?"),
    at(
        "fourth_sum",
        10 * (ONE + OTHER) / math.log(10),
        "Number 4: −2 is below 0. How far is it from 1.5 to −2?",
    ),
    at(
        "fourth_apart",
        10 * (ONE + abs(OTHER) - 3) / math.log(10),
        "Number 4: how far is it from 1.5 to −2?",
    ),
    at(
        "fourth_one",
        10 * ONE / math.log(10),
        "Number 4 is the first band alone. How far is it above the second?",
    ),
    at(
        "fourth_other",
        10 * OTHER / math.log(10),
        "Number 4 is the second band alone. How far is the first above it?",
    ),
    at("fourth_bel", (ONE - OTHER) / math.log(10), "Number 4 is log₁₀ of the ratio. Which factor?"),
    at(
        "fourth_undone",
        10 * (ONE - OTHER) * math.log(10),
        "Number 4: multiplied by ln 10, where it should be divided.",
    ),
    at(
        "fourth_log_of_logs",
        decibels(ONE - OTHER, 10),
        "Number 4: these are logarithms already. Why take one more?",
    ),
    at(
        "fourth_log_of_logs_twenty",
        decibels(ONE - OTHER),
        "Number 4: these are logarithms already. Why take one more? And powers have another "
        "factor.",
    ),
    at(
        "fourth_ratio_of_logs",
        decibels(abs(ONE / OTHER), 10),
        "Number 4: a ratio of logarithms is no ratio of powers. What does their *difference* mean?",
    ),
    at(
        "fourth_log2",
        10 * (ONE - OTHER) / math.log(2),
        "Number 4: which number is ln divided by to get log₁₀?",
    ),
    at("fourth_power_ten", 10 ** (ONE - OTHER), "Number 4: they are natural logarithms."),
]
POWER: list[Mistake] = [
    at("fifth_twenty", decibels(LOUD), "Number 5: a power is given. Which factor do powers have?"),
    at("fifth_sign", -decibels(LOUD, 10), "Number 5: the sound is louder. Which sign is that?"),
    at("fifth_ln", 10 * math.log(LOUD), "Number 5: decibels take log₁₀, not ln."),
    at("fifth_twenty_ln", 20 * math.log(LOUD), "Number 5: log₁₀, and a power is given."),
    at("fifth_only_ln", math.log(LOUD), "Number 5 is ln of the ratio, not decibels."),
    at(
        "fifth_bel",
        math.log10(LOUD),
        "Number 5 is log₁₀ of the ratio. Which factor do powers have?",
    ),
    at("fifth_ratio", LOUD, "Number 5 is the ratio. How many decibels is it?"),
    at("fifth_half", decibels(LOUD, 5), "Number 5: the root is not needed: powers are given."),
    at("fifth_square", decibels(LOUD, 40), "Number 5: a power need not be squared."),
    at("fifth_ten_times", 10 * LOUD, "Number 5: the logarithm is missing."),
    at("fifth_more", decibels(LOUD - 1, 10), "Number 5: 5 *times*, not 5 times more."),
    at("fifth_plus", decibels(LOUD + 1, 10), "Number 5: 5 *times*, nothing is added to it."),
    at("fifth_log2", 10 * math.log2(LOUD), "Number 5: decibels take log₁₀, not log₂."),
]
WHOLE = (
    whole(
        "all_ten",
        "Numbers 1 to 3 are about amplitudes: norms and samples. The factor 10 is for powers.",
        *with_(
            (1, decibels(SMALL / LARGE, 10)),
            (2, 10 ** ((EARLY - LATE) / 10)),
            (3, decibels(SOFT, 10)),
        ),
    ),
    whole(
        "all_twenty",
        "Numbers 4 and 5 are about powers. The factor 20 is for amplitudes.",
        *with_((4, 20 * (ONE - OTHER) / math.log(10)), (5, decibels(LOUD))),
    ),
    whole(
        "factors_exchanged",
        "The factors have changed places: 10 is for powers, 20 for amplitudes. Which are norms and "
        "samples?",
        decibels(SMALL / LARGE, 10),
        10 ** ((EARLY - LATE) / 10),
        decibels(SOFT, 10),
        20 * (ONE - OTHER) / math.log(10),
        decibels(LOUD),
    ),
    whole(
        "no_signs",
        "Numbers 1 and 3 have no sign. Below 0 means smaller, or softer.",
        *with_((1, -decibels(SMALL / LARGE)), (3, -decibels(SOFT))),
    ),
    whole(
        "all_ln",
        "Everywhere ln stands for log₁₀. Which logarithm do decibels take?",
        *with_(
            (1, 20 * math.log(SMALL / LARGE)),
            (2, math.exp((EARLY - LATE) / 20)),
            (3, 20 * math.log(SOFT)),
            (4, 10 * (ONE - OTHER)),
            (5, 10 * math.log(LOUD)),
        ),
    ),
    whole(
        "some_ln",
        "Numbers 1, 3 and 5: ln stands for log₁₀. Which logarithm do decibels take?",
        *with_(
            (1, 20 * math.log(SMALL / LARGE)),
            (3, 20 * math.log(SOFT)),
            (5, 10 * math.log(LOUD)),
        ),
    ),
    whole(
        "bels",
        "Numbers 1, 3, 4 and 5 are logarithms without a factor: bels of an amplitude, or a power. "
        "Which factor is whose?",
        *with_(
            (1, math.log10(SMALL / LARGE)),
            (3, math.log10(SOFT)),
            (4, (ONE - OTHER) / math.log(10)),
            (5, math.log10(LOUD)),
        ),
    ),
    whole(
        "bels_ten",
        "Numbers 1, 3, 4 and 5 are 10 times too small: those are bels.",
        *with_(
            (1, decibels(SMALL / LARGE) / 10),
            (3, decibels(SOFT) / 10),
            (4, (ONE - OTHER) / math.log(10)),
            (5, math.log10(LOUD)),
        ),
    ),
)

DECIBEL = Predict(
    id="speech.decibel",
    title="How many decibels?",
    difficulty=1,
    minutes=10,
    hints=(
        "Ask of each number first: is it a power, or an amplitude (a sample, a norm)? Then: do you "
        "have a ratio, or logarithms already?",
        "Of powers 10 log₁₀(ratio), of amplitudes 20 log₁₀(ratio). Backwards: ratio = "
        "10^(dB / 10), or 10^(dB / 20). And ln x = ln 10 · log₁₀ x.",
        "Five numbers: decibels below 0, a number above 1, decibels below 0, decibels above 0, "
        "decibels above 0.",
        "first = 20 * log10(... / ...)\nsecond = 10 ** (... / 20)\nthird = ... * log10(0.4)\n"
        "fourth = 10 * log10(e ** ...)\nfifth = ... * log10(5)",
    ),
    truth=right,
    tolerance=(0.01,) * 5,
    mistakes=each_alone_or_together(
        right, CONVERGENCE, NORMS, SOFTER, BANDS, POWER, whole=WHOLE, at_most=2
    ),
    properties=(
        off(
            0, right, "By which is 3 divided, which factor do norms have, and which sign comes out?"
        ),
        off(1, right, "How many decibels lie between the two, and which ratio of norms is that?"),
        off(2, right, "Is a sample a power or an amplitude, and does it get louder?"),
        off(3, right, "What is the difference of two natural logarithms of power, in decibels?"),
        off(4, right, "Is a ratio of powers given, or of amplitudes?"),
    ),
)
