"""What an examination gives to whoever does not look: chance, and the best that text alone allows.

All of it is computed from the items themselves, so that it bounds every model: nobody who says the
same to the same text and options can do better than `best_blind`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import mean

from mmtutor.datasets.exam.items import Item


def by_dimension(items: Iterable[Item]) -> dict[str, list[Item]]:
    """Return the items of each dimension."""
    found: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        found[item.dimension].append(item)
    return dict(found)


def chance(items: Iterable[Item]) -> dict[str, float]:
    """Return, by dimension, how often somebody is right who draws one of the options."""
    groups = by_dimension(items).items()
    return {name: mean(1 / len(item.options) for item in some) for name, some in groups}


def text_of(item: Item) -> tuple[str, tuple[str, ...]]:
    """Return all of an item that can be known without looking."""
    return item.question, tuple(sorted(item.options))


def best_blind(items: Iterable[Item], key: Callable[[Item], object] = text_of) -> dict[str, float]:
    """Return, by dimension, the share of the most frequent answer among items of the same text.

    Who says this answer knows the examination by heart, but for the pictures. With another `key`
    less is known: `lambda item: item.type` is one answer for each type.
    """
    return {name: share_by_heart(some, key) for name, some in by_dimension(items).items()}


def share_by_heart(items: Sequence[Item], key: Callable[[Item], object]) -> float:
    """Return the share of items that each key's most frequent answer gets right."""
    counts: dict[object, Counter[str]] = defaultdict(Counter)
    for item in items:
        counts[key(item)][item.answer] += 1
    return sum(max(some.values()) for some in counts.values()) / len(items)


def habits(
    items: Iterable[Item], key: Callable[[Item], str] = lambda item: item.type
) -> dict[str, str]:
    """Return the most frequent answer of each type: learn it from practice, not from the test.

    With another `key`, of whatever items share: `lambda item: item.question`.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for item in items:
        counts[key(item)][item.answer] += 1
    return {name: some.most_common(1)[0][0] for name, some in counts.items()}


def pairs_right(right: Mapping[str, bool], items: Iterable[Item]) -> list[bool]:
    """Say of each pair whether both of its items are right; `right` goes by an item's id.

    Items without a pair do not count.
    """
    found: dict[str, list[bool]] = defaultdict(list)
    for item in items:
        if item.pair:
            found[item.pair].append(right[item.id])
    return [all(both) for both in found.values()]
