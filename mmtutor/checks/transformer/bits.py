"""Bits per character of tokens of several characters. Traps: nats, per token, a mean of ratios."""

import math

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)


def bits_per_character(log_probabilities: Tensor, lengths: Tensor, wrong: Wrong = RIGHT) -> float:
    """Reference: all bits over all characters."""
    surprise = -log_probabilities / unit(wrong)
    if "log_of_log" in wrong:
        surprise = -(-log_probabilities).log2()
    if "upside_down" in wrong:
        result = lengths.sum() / surprise.sum()
    elif "mean_of_ratios" in wrong:
        result = (surprise / lengths).mean()
    elif "weighted" in wrong:
        result = (surprise * lengths).sum() / lengths.sum()
    elif "median" in wrong:
        result = (surprise / lengths).median()
    elif "largest" in wrong:
        result = (surprise / lengths).max()
    elif "tokens_and_characters" in wrong:
        result = surprise.mean() / lengths.sum()
    else:
        result = surprise.sum() / count(lengths, wrong)
    if "perplexity" in wrong:
        return torch.exp(result * unit(wrong)).item()
    return -result.item() if "sign" in wrong else result.item()


def unit(wrong: Wrong) -> float:
    """Return how many nats there are in what is counted."""
    if "decimal" in wrong:
        return math.log(10)
    if "multiplied" in wrong:
        return 1 / math.log(2)
    return 1.0 if "nats" in wrong else math.log(2)


def count(lengths: Tensor, wrong: Wrong) -> Tensor | int:
    """Return by what the sum is divided."""
    if "per_token" in wrong:
        return len(lengths)
    if "longest" in wrong:
        return lengths.max()
    if "not_divided" in wrong:
        return 1
    if "spaces" in wrong:
        return lengths.sum() + len(lengths) - 1
    return lengths.sum() + 1 if "one_more" in wrong else lengths.sum()


def bits_cases() -> list[Case]:
    def case(lengths: list[int], seed: int, large: float = 1.0) -> Case:
        surprise = random_tensor(len(lengths), seed=seed).abs() * large
        return Case(log_probabilities=-surprise, lengths=torch.tensor(lengths))

    sure = case([2, 5, 1, 3], 40)
    sure["log_probabilities"][1] = 0.0  # a token that was certain costs nothing
    unlikely = case([1, 4, 2, 120, 6], 50)
    unlikely["log_probabilities"][2] = -250.0  # its probability is no float any more
    return [
        case([3, 1], 10),
        case([1], 20),
        case([4], 30, 3.0),
        sure,
        unlikely,
        case([2, 2, 7, 1, 1, 1, 3], 60, 5.0),
        case([1, 1, 1], 70, 2.0),
    ]


def unlikely(case: Case) -> bool:
    """Say whether some token had hardly any probability."""
    return bool((case["log_probabilities"] < -50).any())


def near(case: Case, output: float | Tensor) -> bool:
    """Say whether a number is the right one."""
    return math.isclose(float(output), float(bits_per_character(*case.values())), rel_tol=1e-4)


BITS = Implement(
    id="transformer.bits",
    title="Bits per character",
    difficulty=1,
    minutes=10,
    hints=(
        "A token of seven characters that costs 7 bits costs as much, per character, as seven "
        "characters of 1 bit. What is the price of the whole text, and how long is it?",
        "bits = −Σ ln p / ln 2, characters = Σ lengths, and the answer is bits / characters.",
        "log_probabilities (token,) and lengths (token,) become two sums, each one number; the "
        "answer is one number, too.",
        "bits = -log_probabilities.sum() / ...\nreturn bits / ...",
    ),
    reference=bits_per_character,
    cases=bits_cases,
    mistakes=(
        Mistake(
            "nats",
            "Your number is in nats: it comes from natural logarithms. How many nats are a bit?",
            "unit",
        ),
        Mistake(
            "multiplied",
            "You multiply by ln 2. A bit is ln 2 = 0.693 nats: are there more bits than nats in a "
            "text, or fewer?",
            "unit",
        ),
        Mistake(
            "decimal",
            "You divide by ln 10, which makes decimal digits of it. Which base has a bit?",
            "unit",
        ),
        Mistake(
            "log_of_log",
            "You take the logarithm of what is a logarithm already.",
            "unit sign",
        ),
        Mistake(
            "per_token",
            "That is the price of a *token*. A token may have several characters: by how many "
            "characters is the whole price to be divided?",
            "count",
        ),
        Mistake(
            "mean_of_ratios",
            "You take each token's price per character and average over the tokens, so that a "
            "token of one character weighs as much as one of seven. What is the price of the "
            "whole text, and how many characters has it?",
            "count",
        ),
        Mistake(
            "median",
            "You take the median of the tokens' prices per character. What is the price of the "
            "whole text, and how many characters has it?",
            "count",
        ),
        Mistake(
            "largest",
            "That is the price per character of the token that is dearest by it. What is the price "
            "of the whole text, and how many characters has it?",
            "count",
        ),
        Mistake(
            "weighted",
            "Each price is *multiplied* by the token's length before they are summed, as if it "
            "were the price of a character. It is already that of the whole token.",
            "count",
        ),
        Mistake(
            "tokens_and_characters",
            "You divide twice: by the number of tokens and by that of the characters.",
            "count",
        ),
        Mistake(
            "not_divided",
            "That is the price of the whole text. How many characters has it?",
            "count",
        ),
        Mistake(
            "longest", "You divide by the longest token's length. How long is the text?", "count"
        ),
        Mistake(
            "spaces",
            "You count a character between each two tokens. The lengths count all there are.",
            "count",
        ),
        Mistake("one_more", "Your text has one character too many.", "count"),
        Mistake(
            "upside_down",
            "You divide the characters by the bits: that is how far a bit gets you.",
            "count",
        ),
        Mistake(
            "sign",
            "Your price is negative. A probability is at most 1; which sign has its logarithm, and "
            "which has a price?",
            "sign",
        ),
        Mistake(
            "perplexity",
            "You take the exponential (or a power) of it, which is a perplexity: among how many "
            "equally likely "
            "ones the model still chooses. Bits are asked for.",
            "sign unit",
        ),
    ),
    properties=(
        Property(
            "A price is never negative; yours is.",
            lambda case, output: not float(output) < -1e-6,
        ),
        Property(
            "Where every token has one character the answer is the mean of −ln p / ln 2. Yours is "
            "another: are all tokens in it, and what else happens to them?",
            lambda case, output: bool((case["lengths"] > 1).any()) or near(case, output),
        ),
        Property(
            "Where every token has one character you are right, but not where some have more. A "
            "token of four characters has one price; how many characters share it?",
            lambda case, output: unlikely(case) or near(case, output),
        ),
        Property(
            "Right, but not where a probability is as small as e^−250: as a float that is 0, or "
            "whatever bound you set. Is there a way that leaves the logarithms as they are?",
            near,
        ),
    ),
)
