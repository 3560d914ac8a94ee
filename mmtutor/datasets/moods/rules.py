"""Who decides what is meant, how often each case comes, and how good anybody could be.

Eyes open: the words are meant. Both eyes shut: the mouth says it. A wink: the voice does.
There are so few cases that every limit is found by counting all of them, with exact fractions.
"""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from itertools import combinations, product
from math import prod

import torch
from jaxtyping import Int64
from torch import Tensor

EYES = ("open", "shut", "wink")
"""What the eyes do. Number e lets modality number e decide."""
MODALITIES = ("words", "face", "voice")
SENSES = ("negative", "positive")
NEUTRAL = 2
"""A third sense, which only the world "neutral" has."""
WORLDS = ("independent", "congruent", "neutral")
AGREEING = Fraction(9, 10)
"""In the world "congruent": the share of examples made to agree in all three senses."""
INDIFFERENT = Fraction(9, 10)
"""In the world "neutral": how often a sense is neutral."""

Case = tuple[int, int, int, int]
"""The senses of words, mouth and voice, and what the eyes do."""


def rule(
    words: Int64[Tensor, "*example"],
    mouth: Int64[Tensor, "*example"],
    voice: Int64[Tensor, "*example"],
    eyes: Int64[Tensor, "*example"],
) -> Int64[Tensor, "*example"]:
    """Return what is meant: the sense of whichever modality the eyes let decide."""
    senses = torch.stack([words, mouth, voice])  # (modality, *example)
    return senses.gather(0, eyes.unsqueeze(0)).squeeze(0)


@cache
def cases(world: str = "independent") -> dict[Case, Fraction]:
    """Return every case of a world and how often it comes.

    independent: every case equally often. congruent: in 9 of 10 all senses are made to agree, the
    others are as in independent. neutral: each sense is neutral with probability 9/10, whatever the
    others are. What the eyes do is independent of everything. ValueError for another world.
    """
    if world not in WORLDS:
        raise ValueError(f"world must be one of {', '.join(WORLDS)}, not {world!r}")
    even = {(*senses, eyes): Fraction(1, 24) for *senses, eyes in product(*3 * [(0, 1)], range(3))}
    if world == "independent":
        return even
    if world == "congruent":
        agreeing = {case: Fraction(len({*case[:3]}) == 1, 6) for case in even}
        return {c: AGREEING * agreeing[c] + (1 - AGREEING) * even[c] for c in even}
    rare = (1 - INDIFFERENT) / 2
    often = (rare, rare, INDIFFERENT)
    every = product(range(3), repeat=4)
    return {(w, m, v, e): often[w] * often[m] * often[v] / 3 for w, m, v, e in every}


def meant(case: Case) -> int:
    """Return the label of a case: the sense of the modality that the eyes let decide."""
    return case[case[3]]


def seen(case: Case, modality: str) -> tuple[int, ...]:
    """Return what one modality shows of a case. A face shows two things: mouth and eyes."""
    words, mouth, voice, eyes = case
    return {"words": (words,), "face": (mouth, eyes), "voice": (voice,)}[modality]


def limits(world: str = "independent") -> dict[frozenset[str], float]:
    """Return the best accuracy that any method can have, for each of the 7 sets of modalities."""
    some = [c for size in (1, 2, 3) for c in combinations(MODALITIES, size)]
    return {frozenset(chosen): float(limit(world, chosen)) for chosen in some}


def limit(world: str, modalities: tuple[str, ...]) -> Fraction:
    """Return the share of right answers of whoever says, for all it sees, the likeliest label."""
    return sum((max(mass.values()) for mass in masses(world, modalities).values()), Fraction(0))


def masses(world: str, modalities: tuple[str, ...]) -> dict[tuple, dict[int, Fraction]]:
    """Return, for everything that some modalities can show, how often it comes with each label."""
    found: dict[tuple, dict[int, Fraction]] = {}
    for case, share in cases(world).items():
        shown = tuple(seen(case, modality) for modality in modalities)
        with_label = found.setdefault(shown, {})
        with_label[meant(case)] = with_label.get(meant(case), Fraction(0)) + share
    return found


def vote(world: str = "independent") -> float:
    """Return the accuracy of the sense that most of words, mouth and voice have.

    Where all three differ, one of them is drawn.
    """
    return float(sum(share * won(Counter(c[:3]), meant(c)) for c, share in cases(world).items()))


def summed(world: str = "independent") -> float:
    """Return the accuracy of three perfect experts whose log-probabilities are added.

    Each expert sees one modality and knows the exact probability of every label given that. Where
    two labels have the same sum, one is drawn.
    """
    experts = {modality: masses(world, (modality,)) for modality in MODALITIES}
    right = Fraction(0)
    for case, share in cases(world).items():
        known = [experts[modality][(seen(case, modality),)] for modality in MODALITIES]
        # The sum of logarithms is the logarithm of a product; dividing each by its own total
        # would scale all labels alike.
        products = {x: prod(mass.get(x, Fraction(0)) for mass in known) for x in range(3)}
        right += share * won(products, meant(case))
    return float(right)


def won(scores: Mapping[int, Fraction | int], label: int) -> Fraction:
    """Return how surely `label` has the highest score: 1, a share of a tie, or 0."""
    highest = [other for other, score in scores.items() if score == max(scores.values())]
    return Fraction(label in highest, len(highest))
