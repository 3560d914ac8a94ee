"""Judge an answer that is a number, or a few of them."""

import math
from functools import cache
from itertools import takewhile
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Mistake, Number
from mmtutor.checks.engine.outcome import kind
from mmtutor.checks.engine.relations import single
from mmtutor.checks.engine.verdict import Judgement

Tolerance = float | tuple[float, ...]


def judge(exercise: Number, answer: Any) -> Judgement:
    """Go down the steps for a number: guard, known mistakes, properties, direction."""
    numbers = read(answer)
    if isinstance(numbers, str):
        return Judgement("guard", (numbers,))
    truth = as_tensor(exercise.truth())
    if sentence := unfit(numbers, truth):
        return Judgement("guard", (sentence,))
    if near(numbers, truth, exercise.tolerance):
        return Judgement("passed")
    if mistake := recognise(exercise, numbers, truth):
        guess = said_of_little_evidence(
            numbers.flatten(), truth.flatten(), mistake, exercise.tolerance
        )
        return Judgement("mistake", (*guess, mistake.hint), frozenset({mistake.name}))
    rules = (rule.sentence for rule in exercise.properties if not rule.holds(Case(), numbers))
    lacking = next(rules, None)
    if sentence := slip(numbers.flatten(), truth.flatten(), exercise.tolerance):
        unrounded = lacking and single.SHORT in sentence
        return Judgement("relation", (sentence, *([f"If not: {lacking}"] if unrounded else [])))
    if known := known_first(exercise, numbers.flatten(), truth.flatten()):
        return Judgement("mistake", *known)
    if lacking:
        return Judgement("property", (lacking,))
    off = direction(numbers, truth, exercise.tolerance)
    begun = each_near(numbers.flatten(), truth.flatten(), exercise.tolerance)[0]
    # Nothing fits: then a nudge, or the formula for whoever has the first number right already.
    return Judgement("difference", (off, exercise.hints[int(begun)]))


def said_of_little_evidence(
    numbers: Tensor, truth: Tensor, mistake: Mistake, tolerance: Tolerance
) -> tuple[str, ...]:
    """Say that it is a guess: a wrong number has two digits, or is the only one that agrees."""
    whole = each_near(numbers, numbers_of(mistake), tolerance, truth).all()
    wrong = ~each_near(numbers, truth, tolerance)
    pairs = zip(numbers[wrong].tolist(), numbers_of(mistake)[wrong].tolist(), strict=True)
    few = any(mine == float(f"{mine:.2g}") and not math.isclose(mine, its) for mine, its in pairs)
    if wrong.sum() == 1 and not whole and not few:
        return ("Only one number is off; several ways may lead to it. Perhaps this one:",)
    return ("With so few digits several ways lead there. Perhaps this one:",) if few else ()


def both_rounded(numbers: Tensor, truth: Tensor, wrong: Tensor) -> bool:
    """Say whether several numbers are wrong, and all of them right but for too few digits."""
    pairs = list(zip(numbers[wrong].tolist(), truth[wrong].tolist(), strict=True))
    return len(pairs) > 1 and all(mine == float(f"{wanted:.2g}") for mine, wanted in pairs)


def slip(numbers: Tensor, truth: Tensor, tolerance: Tolerance) -> str | None:
    """Say how the numbers, or those of them that are wrong, are related to what is asked for."""
    tightest = min(tolerance) if isinstance(tolerance, tuple) else tolerance
    wrong = ~each_near(numbers, truth, tolerance)
    sentence = single.relation(numbers[wrong], truth[wrong], tightest)
    if not sentence or wrong.all():
        return sentence
    places = [str(i + 1) for i in wrong.nonzero().flatten().tolist()]
    which = f"Number {places[0]} is" if len(places) == 1 else f"Numbers {', '.join(places)} are"
    return f"{which} not right yet, the rest is. {sentence}"


def recognise(exercise: Number, numbers: Tensor, truth: Tensor) -> Mistake | None:
    """Return the listed mistake with these numbers; of several numbers the rest may be right."""
    mine, wanted, listed = numbers.flatten(), truth.flatten(), mistaken(exercise)
    close = each_near(mine, listed, exercise.tolerance, wanted)  # (mistake, number)
    wrong = ~each_near(mine, wanted, exercise.tolerance)
    rest = close[:, wrong].all(-1) & (len(mine) > 2)  # of two numbers one agrees by chance
    rest &= ~other_order(listed, wanted)  # which nobody has in some places only
    exact = close.all(-1)
    if not exact.any() and both_rounded(mine, wanted, wrong):
        return None
    for hits in (exact, nearest(mine, wanted, listed), rest):
        if hits.any():
            gaps = gap(mine, listed, wanted).masked_fill(~hits, math.inf)
            return exercise.mistakes[int(gaps.argmin())]
    return None


def known_first(
    exercise: Number, numbers: Tensor, truth: Tensor
) -> tuple[tuple[str, ...], frozenset[str]] | None:
    """Name what is known of the first wrong number and of the next, if nothing fits all of them."""
    if len(truth) <= 2:  # of two numbers one agrees by chance
        return None
    wrong = (~each_near(numbers, truth, exercise.tolerance)).nonzero().flatten().tolist()
    named = list(takewhile(bool, (known_at(exercise, numbers, truth, place) for place in wrong)))
    said = [mistake for mistake in named[:2] if mistake]
    if not said:
        return None
    rest = [str(place + 1) for place in wrong[len(said) :]]
    which = f"Number {rest[0]} is" if len(rest) == 1 else f"Numbers {', '.join(rest)} are"
    either = (f"{which} not right yet, either.",) if rest else ()
    return (*(m.hint for m in said), *either), frozenset(m.name for m in said)


def known_at(exercise: Number, numbers: Tensor, truth: Tensor, place: int) -> Mistake | None:
    """Return the listed mistake in this number alone that gives the one answered."""
    listed = mistaken(exercise)
    apart = ~torch.isclose(listed, truth)
    close = each_near(numbers, listed, exercise.tolerance, truth)[:, place]
    hits = (close & apart[:, place] & (apart.sum(-1) == 1)).nonzero().flatten().tolist()
    return exercise.mistakes[hits[0]] if hits else None


def other_order(listed: Tensor, truth: Tensor) -> Tensor:
    """Say which mistakes' numbers are the right ones in another order."""
    return torch.isclose(listed.sort(-1)[0], truth.sort()[0]).all(-1)


EXACTLY = 1e-3
ROUNDED = 0.01
"""A wrong number may be rounded by so much, even where the right one may not."""


def nearest(numbers: Tensor, truth: Tensor, listed: Tensor) -> Tensor:
    """Say which mistake's numbers these are, rounded; none if they are nearer to the truth."""
    gaps = gap(numbers, listed, truth)
    close = (gaps <= ROUNDED) & (gaps < gap(numbers, truth, truth))
    if len(numbers) == 1:  # which may be near by chance: then as near as its digits say
        close &= (numbers - listed).abs().squeeze(-1) <= last_place(float(numbers)) + 1e-12
    close &= (counted_nearly(numbers, listed) | (numbers == listed)).all(-1)
    return close & (gaps == gaps.min())


def counted_nearly(numbers: Tensor, listed: Tensor) -> Tensor:
    """Say of which numbers a rounding can be. A whole number is rounded if its last digit is 0."""
    whole = (numbers == numbers.round()) & (listed == listed.round()) & (numbers != 0)
    places = 10.0 ** torch.arange(1, 10, dtype=torch.float64)
    rounded = (numbers.unsqueeze(-1) % places == 0) * places / 2
    return ~whole | ((numbers - listed).abs() <= rounded.amax(-1))


def last_place(number: float) -> float:
    """Return what one in the last digit of a number is worth: 0.01 for 13.69."""
    decimals = f"{number:.12f}".rstrip("0").partition(".")[2]
    return 10.0 ** -len(decimals)


def gap(numbers: Tensor, wanted: Tensor, truth: Tensor) -> Tensor:
    """Return by which share of those wanted the worst number is off."""
    return ((numbers - wanted).abs() / scale(wanted, truth)).amax(-1)


def scale(wanted: Tensor, truth: Tensor) -> Tensor:
    """Return of what tolerances are shares: of a number. Who says 0 instead of one says just 0."""
    zero = torch.where(truth != 0, EXACTLY * truth.abs(), 1.0)
    return torch.where(wanted != 0, wanted.abs(), zero)


@cache
def mistaken(exercise: Number) -> Tensor:
    """Return the numbers that the mistakes lead to, a row for each."""
    return torch.stack([numbers_of(mistake) for mistake in exercise.mistakes])


def numbers_of(mistake: Mistake) -> Tensor:
    """Return the numbers that a mistake leads to."""
    assert mistake.value is not None, f"{mistake.name} has no value"
    return as_tensor(mistake.value()).flatten()


def read(answer: Any) -> Tensor | str:
    """Return the answer as a float64 tensor, or a sentence that says why it is no number."""
    if isinstance(answer, str):
        return "Your answer is a text. Write the number without quotation marks."
    if answer is None:
        return "Your answer is None. Did you assign the result of something that only prints?"
    if callable(answer):
        return "Your answer is a function. Call it, or write the number down."
    if isinstance(answer, bool):
        return "Your answer is True or False, but a number is asked for."
    if isinstance(answer, tuple | list) and (sentence := odd_member(answer)):
        return sentence
    try:
        return as_tensor(answer)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        if isinstance(answer, tuple | list):
            return "The members of your list are not all numbers: are some of them lists?"
        return f"Your answer is {kind(answer)}; a number, or a list of numbers, is asked for."


def odd_member(answer: tuple[Any, ...] | list[Any]) -> str | None:
    """Say which member of a list is no number."""
    for place, member in enumerate(answer, start=1):
        if isinstance(member, str):
            return f"Number {place} is a text. Write the numbers without quotation marks."
        if member is None or isinstance(member, bool) or callable(member):
            return f"Number {place} is no number but {kind(member)}."
    return None


def as_tensor(value: Any) -> Tensor:
    """Turn a number, a list or array of numbers or a tensor into float64."""
    if isinstance(value, Tensor):
        return value.detach().cpu().double()
    return torch.from_numpy(np.array(value, dtype=np.float64))


def unfit(numbers: Tensor, truth: Tensor) -> str | None:
    """Say that there are too many or too few numbers, or that one is not finite."""
    if numbers.numel() != truth.numel() == 1:
        return f"One number is asked for, and you gave {numbers.numel()}. A comma for a point?"
    if numbers.numel() != truth.numel():
        return f"{truth.numel()} numbers are asked for, and you gave {numbers.numel()}."
    if not numbers.isfinite().all():
        odd = int((~numbers.flatten().isfinite()).nonzero()[0])
        which = f"Number {odd + 1}" if numbers.numel() > 1 else "Your answer"
        return (
            f"{which} is not finite (∞ or NaN), and what is asked for is. Where does it come from?"
        )
    return None


def near(numbers: Tensor, wanted: Tensor, tolerance: Tolerance) -> Tensor:
    """Say whether all numbers lie within `tolerance` of those wanted (of 1 where those are 0).

    `wanted` may hold several rows: there is an answer for each.
    """
    return each_near(numbers.flatten(), wanted.reshape(-1, numbers.numel()), tolerance).all(-1)


def each_near(
    numbers: Tensor, wanted: Tensor, tolerance: Tolerance, truth: Tensor | None = None
) -> Tensor:
    """Say of each number whether it lies within `tolerance` of the one wanted."""
    share = torch.as_tensor(tolerance, dtype=torch.float64)
    allowed = share * scale(wanted, wanted if truth is None else truth) + 1e-12
    return (numbers - wanted).abs() <= allowed


def direction(numbers: Tensor, truth: Tensor, tolerance: Tolerance) -> str:
    """Say which numbers are off, and to which side; never what they should be."""
    mine, wanted = numbers.flatten(), truth.flatten()
    wrong = (~each_near(mine, wanted, tolerance)).nonzero().flatten().tolist()
    if len(wanted) == 1:
        return f"Your number is {size(float(mine), float(wanted))}."
    said = [f"number {i + 1} is {size(float(mine[i]), float(wanted[i]))}" for i in wrong]
    rest = "; the others are right" if len(said) < len(wanted) else ""
    return f"{', '.join(said).capitalize()}{rest}."


def size(a: float, b: float) -> str:
    """Compare a with b in words."""
    if a * b < 0:
        far = abs(math.log10(abs(a / b))) > 1
        return f"of the wrong sign, and {size(abs(a), abs(b))}" if far else "of the wrong sign"
    if b == 0:
        return "too large" if a > 0 else "too small: it is negative"
    side = "large" if abs(a) > abs(b) else "small"
    far = a == 0 or abs(math.log10(abs(a / b))) > 1
    return f"far too {side}" if far else f"too {side}"
