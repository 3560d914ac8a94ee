"""Right in part: where within an output it departs, and what its numbers are there."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from mmtutor.checks.engine.relations.evidence import Pair, close, same_shapes
from mmtutor.checks.engine.relations.quantities import place

Region = Callable[[Pair], Tensor | None]
"""Says for each number of a case whether it lies in the region; None if the case has no such."""

VALUES: dict[str, Callable[[Tensor], Tensor]] = {
    "0": lambda x: x == 0,
    "negative": lambda x: x < 0,
    "positive": lambda x: x > 0,
    "larger than 1": lambda x: x > 1,
    "between −1 and 1": lambda x: x.abs() <= 1,
    "infinite": lambda x: x.isinf(),
}


def right_in_part(pairs: Sequence[Pair]) -> str | None:
    """Say where the numbers depart, if that place has a name and the others are right."""
    if not same_shapes(pairs):
        return None
    wrong = [~close(pair.found, pair.wanted) for pair in pairs]
    if sum(int((~one).sum()) for one in wrong) < 3:
        return None
    for words, region in regions(pairs):
        found = [region(pair) for pair in pairs]
        if lies_in(found, wrong) and says_something(found, pairs):
            return f"It departs only {words}; everywhere else it is right."
    return None


def lies_in(places: Sequence[Tensor | None], wrong: Sequence[Tensor]) -> bool:
    """Say whether all wrong numbers lie in a region, most of it is wrong, and it is not all."""
    seen = [(p, w) for p, w in zip(places, wrong, strict=True) if p is not None]
    if len(seen) < len(wrong) or not any(bool(w.any()) for _, w in seen):
        return False
    inside = sum(int(p.sum()) for p, _ in seen)
    outside = sum(int((~p).sum()) for p, _ in seen)
    astray = any(bool((w & ~p).any()) for p, w in seen)
    hit = sum(int((w & p).sum()) for p, w in seen)
    return not astray and outside >= 3 and 2 * hit >= inside


def says_something(places: Sequence[Tensor | None], pairs: Sequence[Pair]) -> bool:
    """Say whether the numbers outside of a region differ: one and the same is no achievement."""
    rest = [pair.wanted[~p] for p, pair in zip(places, pairs, strict=True) if p is not None]
    return len(torch.cat(rest).unique()) >= 2 if rest else False


def regions(pairs: Sequence[Pair]) -> Iterator[tuple[str, Region]]:
    """Give regions with their names, the most telling first."""
    for name, value in pairs[0].case.items():
        if isinstance(value, Tensor) and value.dtype == torch.bool:
            yield f"where `{name}` is False", lambda pair, name=name: where(pair, name, False)
            yield f"where `{name}` is True", lambda pair, name=name: where(pair, name, True)
    for name, test in VALUES.items():
        yield (
            f"where the right answer is {name}",
            lambda pair, test=test: test(pair.wanted),
        )
    for axis in range(-1, -min(4, min(pair.wanted.ndim for pair in pairs)) - 1, -1):
        yield from places(axis, max(pair.wanted.ndim for pair in pairs))
    yield "on the diagonal (of the last two axes)", lambda pair: diagonal(pair.wanted)
    yield "off the diagonal (of the last two axes)", off_diagonal


def where(pair: Pair, name: str, sense: bool) -> Tensor | None:
    """Return where a boolean argument has a value, in the shape of the output if it fits."""
    mask = pair.case.get(name)
    if not isinstance(mask, Tensor):
        return None
    wider = mask.reshape(*mask.shape, *[1] * max(0, pair.wanted.ndim - mask.ndim))
    for one in (mask, wider):
        try:
            return one.expand_as(pair.wanted) == sense
        except RuntimeError:
            continue
    return None


def places(axis: int, axes: int) -> Iterator[tuple[str, Region]]:
    """Give the ends of an axis, and what is left without them."""
    for words, index, beyond in (("first", 0, "beyond"), ("last", -1, "before")):
        name = place(words, axis, axes)
        yield f"in the {name}", lambda pair, index=index: at(pair.wanted, axis, index)
        yield f"{beyond} the {name}", lambda pair, index=index: ~at(pair.wanted, axis, index)


def at(like: Tensor, axis: int, index: int) -> Tensor:
    """Return True at one place of an axis."""
    found = torch.zeros_like(like, dtype=torch.bool)
    if like.shape[axis]:
        found.select(axis, index).fill_(True)
    return found


def diagonal(like: Tensor) -> Tensor | None:
    """Return True on the diagonal of the last two axes."""
    if like.ndim < 2:
        return None
    return torch.eye(*like.shape[-2:], dtype=torch.bool).expand_as(like)


def off_diagonal(pair: Pair) -> Tensor | None:
    """Return True off the diagonal of the last two axes."""
    found = diagonal(pair.wanted)
    return None if found is None else ~found


def stuck(pairs: Sequence[Pair]) -> str | None:
    """Say that the numbers that depart are all the same one: a bound, a filling, NaN."""
    if not same_shapes(pairs):
        return None
    wrong = torch.cat([pair.found[~close(pair.found, pair.wanted)].flatten() for pair in pairs])
    total = sum(pair.found.numel() for pair in pairs)
    if len(wrong) < 3 or 4 * len(wrong) > 3 * total or not same(wrong):
        return None
    value = float(wrong[0])
    truth = torch.cat([pair.wanted[~close(pair.found, pair.wanted)].flatten() for pair in pairs])
    every = torch.cat([pair.found.flatten() for pair in pairs])
    kept = close(every, wrong[:1])
    if bool((truth < value).all() and (kept | (every > value)).all()):
        return f"Your numbers never go below {value:.4g}; the right ones do. What stops them?"
    if bool((truth > value).all() and (kept | (every < value)).all()) and value != 0:
        return f"Your numbers never go above {value:.4g}; the right ones do. What stops them?"
    return f"Wherever yours departs it is {value:.4g}. Where does that number come from?"


def same(numbers: Tensor) -> bool:
    """Say whether all numbers are one and the same."""
    return bool(close(numbers, numbers[:1]).all())


def nearly(pairs: Sequence[Pair]) -> str | None:
    """Say that everything is close and yet not right."""
    if not same_shapes(pairs) or not all(pair.wanted.isfinite().all() for pair in pairs):
        return None
    sizes = [pair.wanted.abs().max().clamp(min=1e-9) for pair in pairs if pair.wanted.numel()]
    gaps = [(p.found - p.wanted).abs().max() for p in pairs if p.wanted.numel()]
    worst = max((float(gap / size) for gap, size in zip(gaps, sizes, strict=True)), default=1.0)
    if not worst < 0.02:
        return None
    return (
        f"It is close on every input (off by {100 * worst:.2g} % of the largest number at most), "
        "yet not equal: a small constant, n − 1 for n, a rounded or approximated step?"
    )
