"""Sinusoid positions. Traps: halves for pairs, exponents, degrees, counting from 1."""

import math

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    SHIFT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
)
from mmtutor.checks.engine.properties import agree


def sinusoid_positions(length: int, width: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `sin(p / 10000^(2i/d))` in column 2i, the cosine in column 2i + 1."""
    angle = numbered(length, wrong)[:, None] * frequencies(width, wrong).double()
    if "degrees" in wrong:
        angle = angle * math.pi / 180
    if "circles" in wrong:
        angle = angle * 2 * math.pi
    sine, cosine = functions(angle, wrong)
    if "halves" in wrong:
        return torch.cat([sine, cosine], dim=-1).float()
    if {"even_columns_everywhere", "columns_for_pairs"} & wrong:
        return own_frequencies(length, width, wrong)
    return torch.stack([sine, cosine], dim=-1).flatten(-2).float()


def numbered(length: int, wrong: Wrong) -> Tensor:
    """Return the numbers of the positions."""
    p = torch.arange(length, dtype=torch.float64)
    if "shares" in wrong:
        return p / length
    if "backwards" in wrong:
        return p.flip(0)
    return p + 1 if "from_one" in wrong else p


def frequencies(width: int, wrong: Wrong) -> Tensor:
    """Return how fast the angle of each pair of columns grows."""
    i = torch.arange(width // 2, dtype=torch.float64)
    base = 1000.0 if "base" in wrong else 10000.0
    if "pairs_from_one" in wrong:
        i = i + 1
    if "last_is_base" in wrong:
        return base ** -(i / max(width // 2 - 1, 1))
    if "not_doubled" in wrong:
        return base ** -(i / width)
    if "doubled_again" in wrong:
        return base ** -(4 * i / width)
    if "multiplied" in wrong:
        return base ** (2 * i / width)
    return torch.ones_like(i) if "one_frequency" in wrong else base ** -(2 * i / width)


def own_frequencies(length: int, width: int, wrong: Wrong) -> Tensor:
    """Return a table in which column j has the frequency of exponent j/d or 2j/d."""
    j = torch.arange(width, dtype=torch.float64)
    exponent = (2 if "columns_for_pairs" in wrong else 1) * j / width
    base = 1000.0 if "base" in wrong else 10000.0
    angle = numbered(length, wrong)[:, None] * base**-exponent
    return torch.where(j % 2 == 0, angle.sin(), angle.cos()).float()


def functions(angle: Tensor, wrong: Wrong) -> tuple[Tensor, Tensor]:
    """Return what stands in the first and in the second column of a pair."""
    if "swapped" in wrong:
        return angle.cos(), angle.sin()
    if "sine_alone" in wrong:
        return angle.sin(), angle.sin()
    if "cosine_alone" in wrong:
        return angle.cos(), angle.cos()
    if "minus" in wrong:
        return -angle.sin(), angle.cos()
    return angle.sin(), angle.cos()


def sinusoid_cases() -> list[Case]:
    sizes = [(3, 4), (5, 2), (1, 6), (7, 8), (60, 6), (2, 16)]
    more = SHIFT.get() and 1 + SHIFT.get() % 9  # other inputs of the same kind for who grades
    return [Case(length=length + more, width=width + 2 * more) for length, width in sizes]


def starts_well(case: Case, table: Tensor) -> bool:
    """Say whether position 0 is 0, 1, 0, 1, …, as sin 0 and cos 0 are."""
    return agree(table[0], torch.tensor([0.0, 1.0]).repeat(case["width"] // 2))


def first_pair(case: Case, table: Tensor) -> bool:
    """Say whether the first two columns are the sine and the cosine of the position itself."""
    p = torch.arange(case["length"], dtype=torch.float64)
    return agree(table[:, :2], torch.stack([p.sin(), p.cos()], dim=-1).float())


def slower_and_slower(case: Case, table: Tensor) -> bool:
    """Say whether the sines of position 1 shrink from pair to pair."""
    return len(table) < 2 or bool((table[1, 0::2].diff() < 0).all())


def on_circles(case: Case, table: Tensor) -> bool:
    """Say whether the squares of each pair of columns sum to 1."""
    pairs = table.unflatten(-1, (-1, 2)).square().sum(-1)
    return agree(pairs, torch.ones_like(pairs))


SINUSOID = Implement(
    id="transformer.sinusoid",
    title="Sinusoid positions",
    difficulty=2,
    minutes=15,
    hints=(
        "Columns come in pairs, and a pair is the hand of a clock: its sine and its cosine. The "
        "first clock turns fastest. What is the angle of clock i at position p?",
        "angle = p / 10000^(2i/d) for pair i = 0, 1, …, d/2 − 1; column 2i is its sine, column "
        "2i + 1 its cosine.",
        "positions (length, 1) and frequencies (width / 2) give angles (length, width / 2). Sines "
        "go into the columns [:, 0::2], cosines into [:, 1::2] of a table (length, width).",
        "p = torch.arange(length)[:, None]\n"
        "i = torch.arange(width // 2)\n"
        "angle = p / 10000 ** (...)\n"
        "table = torch.zeros(length, width)\n"
        "table[:, 0::2], table[:, 1::2] = ..., ...\nreturn table",
    ),
    reference=sinusoid_positions,
    cases=sinusoid_cases,
    mistakes=(
        Mistake(
            "halves",
            "All sines stand in the left half and all cosines in the right one. Many programs do "
            "so, and it would serve as well; the card wants them to take turns: which columns are "
            "2i and 2i + 1?",
            "layout",
        ),
        Mistake(
            "swapped",
            "Sine and cosine have changed places. Which stands in column 0, where i is 0?",
            "function",
        ),
        Mistake(
            "sine_alone",
            "Both columns of a pair are sines. What stands in column 2i + 1?",
            "function layout",
        ),
        Mistake(
            "cosine_alone",
            "Both columns of a pair are cosines. What stands in column 2i?",
            "function layout",
        ),
        Mistake("minus", "Your sines have the other sign. Is a sign lost?", "function"),
        Mistake(
            "from_one",
            "Your positions begin at 1. Which number has the first one on the card?",
            "position",
        ),
        Mistake(
            "backwards", "Your positions run backwards. Which number has the first?", "position"
        ),
        Mistake(
            "shares",
            "You divide the positions by the length, so that position 3 is another one in a longer "
            "sentence. The card takes p as it is.",
            "position",
        ),
        Mistake(
            "not_doubled",
            "Your angles are those of an exponent half as large: i/d where the formula has 2i/d. "
            "If i counts pairs, how many columns lie before pair i? (The root of 10000, 100, would "
            "do the same.)",
            "frequency",
        ),
        Mistake(
            "doubled_again",
            "Your angles are those of an exponent twice as large: 4i/d, where the formula has "
            "2i/d. Does your counter go 0, 1, 2, … or 0, 2, 4, … already?",
            "frequency",
        ),
        Mistake(
            "even_columns_everywhere",
            "Each column has a frequency of its own: the exponent is j/d for column j, also for "
            "the odd ones. In the formula column 2i + 1 shares the exponent of its neighbour.",
            "frequency layout function circle",
        ),
        Mistake(
            "columns_for_pairs",
            "Each column has a frequency of its own: the exponent is 2j/d for column j. In the "
            "formula i counts *pairs*: which i have columns 2 and 3?",
            "frequency layout function circle",
        ),
        Mistake(
            "multiplied",
            "Your angles grow from pair to pair: p *times* the power. The formula divides by it.",
            "frequency",
        ),
        Mistake(
            "last_is_base",
            "Your exponent reaches 1 in the last pair: you divide by d/2 − 1. Some programs do; by "
            "what does the formula divide?",
            "frequency",
        ),
        Mistake(
            "one_frequency",
            "All your pairs turn equally fast. Where does i come in?",
            "frequency",
        ),
        Mistake(
            "pairs_from_one",
            "Your pairs are counted from 1, so that the fastest is missing. What is i in the first "
            "pair?",
            "frequency",
        ),
        Mistake("base", "Your base is 1000. How many zeros has the card's?", "frequency"),
        Mistake(
            "degrees",
            "Your angles are taken for degrees. `torch.sin` takes radians, and so does the "
            "formula.",
            "circle",
        ),
        Mistake(
            "circles",
            "Your angles carry a factor 2π, as if p counted whole turns. Does the formula have "
            "one?",
            "circle",
        ),
    ),
    properties=(
        Property(
            "Position 0 should be 0, 1, 0, 1, …, because sin 0 = 0 and cos 0 = 1. Yours is "
            "another.",
            starts_well,
        ),
        Property(
            "Columns 0 and 1 should be sin p and cos p themselves: for i = 0 the power is 1. Yours "
            "are others.",
            first_pair,
        ),
        Property(
            "Columns 2i and 2i + 1 are sine and cosine of *one* angle, so their squares sum to 1. "
            "Yours do not.",
            on_circles,
        ),
        Property(
            "The first pair is right. At position 1 the sines should shrink from pair to pair: "
            "each "
            "turns slower than the one before, since p is *divided* by a power that grows. Yours "
            "do not shrink.",
            slower_and_slower,
        ),
        Property(
            "The first pair is right. From the second on something is off: what is the power "
            "10000^(2i/d) for pair i, and in which columns does the pair stand?",
            lambda case, table: agree(table, sinusoid_positions(case["length"], case["width"])),
        ),
    ),
)
