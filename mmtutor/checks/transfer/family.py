"""Cut examples in two, families whole. Traps: what is counted, and in which order."""

from collections.abc import Callable

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
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.gpt.shared import either


def family_split(families: Tensor, order: Tensor, count: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: whole families, in the order given, until the test has `count` examples."""
    if {"complement", "train_first"} & wrong:
        count = len(families) - count
    ids = arranged(families, order, wrong)
    chosen = torch.isin(families, torch.tensor(taken(families, ids, count, wrong)))
    last = torch.zeros(len(families)).bool()
    for one in taken(families, ids, count, wrong):
        last = families == one
    ways: dict[str, Callable[[], Tensor]] = {
        "overwritten": lambda: last,
        "only_last_counts": lambda: large_enough(families, ids, count),
        "examples": lambda: torch.arange(len(families)) < count,
        "by_order_cut": lambda: cut(families, ids, count),
        "one_each": lambda: chosen & first_of_each(families),
        "one_each_counted": lambda: (
            first_of_each(families) & torch.isin(families, torch.tensor(ids[:count]))
        ),
        "first_left": lambda: chosen & ~first_of_each(families),
        "inverted": lambda: ~chosen,
        "train_first": lambda: ~chosen,
    }
    return either(ways, wrong, lambda: chosen)


def arranged(families: Tensor, order: Tensor, wrong: Wrong) -> list[int]:
    """Return the families in the order in which they are taken."""
    sizes = {int(i): int((families == i).sum()) for i in order}
    seen = list(dict.fromkeys(families.tolist()))
    ways: dict[str, Callable[[], list[int]]] = {
        "by_number": lambda: sorted(sizes),
        "by_number_down": lambda: sorted(sizes, reverse=True),
        "as_seen": lambda: seen,
        "as_seen_last": lambda: seen[::-1],
        "from_the_end": lambda: order.flip(0).tolist(),
        "numbered": lambda: list(range(len(order))),
        "ranked": lambda: [sorted(sizes)[i] for i in order.argsort().tolist()],
        "places": lambda: order.argsort().tolist(),
        "without_first": lambda: order.tolist()[1:],
        "without_last": lambda: order.tolist()[:-1],
        "small_first": lambda: sorted(order.tolist(), key=lambda i: sizes[i]),
        "large_first": lambda: sorted(order.tolist(), key=lambda i: -sizes[i]),
        "second_first": lambda: [*order.tolist()[1:], *order.tolist()[:1]],
    }
    return either(ways, wrong, order.tolist)


def taken(families: Tensor, ids: list[int], count: int, wrong: Wrong) -> list[int]:
    """Return the families that go into the test."""
    if "families_counted" in wrong:
        return ids[:count]
    if "one_family" in wrong:
        return ids[:1]
    found: list[int] = []
    held = 0
    for i in ids:
        size = int((families == i).sum())
        if "under_skips" in wrong and held + size > count:
            continue
        if not goes_on(held, size, count, wrong):
            break
        found, held = [*found, i], held + size
    return [*found, *ids[len(found) : len(found) + 1]] if "next_too" in wrong else found


def goes_on(held: int, size: int, count: int, wrong: Wrong) -> bool:
    """Say whether the next family, of this size, goes into a test that holds so many."""
    ways: dict[str, Callable[[], bool]] = {
        "under": lambda: held + size <= count,
        "under_skips": lambda: held + size <= count,
        "strictly_under": lambda: held + size < count,
        "closest": lambda: abs(held + size - count) <= abs(held - count),
        "closer": lambda: abs(held + size - count) < abs(held - count),
        "never_stops": lambda: True,
        "one_more": lambda: held <= count,
        "at_least_one": lambda: held < max(count, 1),
    }
    return either(ways, wrong, lambda: held < count)


def large_enough(families: Tensor, ids: list[int], count: int) -> Tensor:
    """Return the first family of at least so many examples, or the last one if there is none."""
    chosen = torch.zeros(len(families)).bool()
    for one in ids:
        if chosen.sum() < count:
            chosen = families == one
    return chosen


def cut(families: Tensor, ids: list[int], count: int) -> Tensor:
    """Return the first examples, family by family, up to exactly this many."""
    places = [i for one in ids for i in (families == one).nonzero().flatten().tolist()]
    return torch.isin(torch.arange(len(families)), torch.tensor(places[:count]).long())


def first_of_each(families: Tensor) -> Tensor:
    """Say which examples are the first of their family."""
    rows = families.tolist()
    return torch.tensor([rows.index(one) == place for place, one in enumerate(rows)])


def family_cases() -> list[Case]:
    def case(
        sizes: list[int],
        count: int,
        seed: int,
        ids: list[int] | None = None,
        in_order: bool = False,
    ) -> Case:
        """Families of these sizes, mixed; they are numbered 3, 10, 17 … or as `ids` says.

        `in_order`: they are to be taken in this very order.
        """
        names = torch.tensor(ids or [3 + 7 * i for i in range(len(sizes))])
        names = names[random_tensor(len(sizes), seed=seed).argsort()]
        families = names.repeat_interleave(torch.tensor(sizes))
        families = families[random_tensor(len(families), seed=seed + 1).argsort()]
        order = names[random_tensor(len(sizes), seed=seed + 2).argsort()]
        return Case(families=families, order=names if in_order else order, count=count)

    return [
        case([2, 1, 3], 2, 1400),
        case([4, 1, 2, 3, 1], 5, 1410),
        case([3, 3, 3, 3], 6, 1420),  # the number is met exactly
        case([1, 1, 1, 1, 1, 1], 4, 1430),  # everybody alone
        case([5], 3, 1440),
        case([6, 1, 1, 2], 1, 1450),
        case([2, 3, 4, 1, 2], 0, 1460),  # nothing is asked for
        case([2, 5, 1, 3], 11, 1470),  # everything is
        case([3, 2, 4, 1, 5, 2, 3], 9, 1480, [0, 1, 2, 3, 4, 5, 6]),
        case([2, 6, 1, 3, 2, 4, 1, 2], 12, 1490, [104, 3, 57, 200, 8, 33, 1, 76]),
        case([9, 7, 8, 12, 5], 21, 1495),
        case([2, 7, 1, 3], 3, 1500, None, True),  # the next goes far beyond
        case([3, 4, 2], 5, 1510, None, True),  # or as far beyond as it was below
        case([1], 1, 1498),
        case([2, 4, 1, 3], 5, 1520, [-3, 5, -20, 0]),  # any whole numbers
    ]


def right(case: Case) -> Tensor:
    """Return which examples belong into the test."""
    return family_split(*case.values())


def keeps_together(case: Case, output: Tensor) -> bool:
    """Say whether no family stands on both sides."""
    families = case["families"]
    inside, outside = families[output.bool()], families[~output.bool()]
    return not bool(torch.isin(inside, outside).any())


def holds_the_first(case: Case, output: Tensor) -> bool:
    """Say whether the first family is in a test that holds anything."""
    first = case["families"] == case["order"][0]
    return case["count"] == 0 or bool(output.bool()[first].all())


def is_enough(case: Case, output: Tensor) -> bool:
    """Say whether the test holds at least as many examples as asked for."""
    return int(output.sum()) >= case["count"]


def not_too_many(case: Case, output: Tensor) -> bool:
    """Say whether the test stays what it should be in size."""
    return int(output.sum()) <= int(right(case).sum())


FAMILY = Implement(
    id="transfer.family",
    title="Families stay together",
    difficulty=1,
    minutes=15,
    hints=(
        "Go through `order`, one family at a time. What must you know before you take the next?",
        "test = ∅; for family in order: if |test| ≥ count: stop; test = test ∪ all of the family.",
        "families == 12 is (example,), True for the members of family 12. `|` joins two such "
        "masks, and `.sum()` counts the examples in one.",
        "test = torch.zeros(len(families), dtype=torch.bool)\nfor family in order:\n"
        "    if test.sum() >= ...:\n        ...\n    test = test | (families == ...)\n"
        "return test",
    ),
    reference=family_split,
    cases=family_cases,
    mistakes=(
        Mistake(
            "examples",
            "You cut between examples, not between families: members of one family stand on both "
            "sides.",
            "take order side",
        ),
        Mistake(
            "by_order_cut",
            "The last family is cut in two to reach the number exactly. Families go in whole.",
            "take order side end",
        ),
        Mistake(
            "one_each",
            "Only one example of each family goes into the test; the others stay behind and give "
            "the answer away.",
            "side take",
        ),
        Mistake(
            "one_each_counted",
            "Only one example of each family goes into the test. Its relatives stay behind and "
            "give the answer away. If they come along, fewer families fill it.",
            "side take",
        ),
        Mistake(
            "first_left",
            "One example of each family of the test stays in training, and gives the answer away.",
            "side",
        ),
        Mistake("inverted", "That is the training set. True means test.", "side"),
        Mistake(
            "families_counted",
            "You count families. `count` is a number of *examples*.",
            "take",
        ),
        Mistake("one_family", "Only the first family goes in. When is it enough?", "take"),
        Mistake(
            "under",
            "You stop before a family that would go beyond `count`. At least so many are asked "
            "for: the last family may go beyond.",
            "take rest",
        ),
        Mistake(
            "strictly_under",
            "You stop before the family that reaches `count`. At least so many are asked for.",
            "take",
        ),
        Mistake(
            "under_skips",
            "You leave out a family that would go beyond `count` and try the next ones. The order "
            "decides, and the last family may go beyond.",
            "take order",
        ),
        Mistake(
            "closest",
            "You stop where the test is nearest to `count`, above or below. At least so many "
            "are asked for: the last family may go far beyond.",
            "take order",
        ),
        Mistake(
            "closer",
            "You stop where the next family would not bring the test nearer to `count`. At "
            "least so many are asked for: the last family may go far beyond.",
            "take order",
        ),
        Mistake(
            "never_stops",
            "All families go into the test. When is it enough?",
            "take order",
        ),
        Mistake(
            "overwritten",
            "Only the last family that you took is in the test: what becomes of those before it "
            "when you assign the next?",
            "side take",
        ),
        Mistake(
            "only_last_counts",
            "Each family that you take overwrites those before it: what becomes of them when you "
            "assign the next?",
            "side take",
        ),
        Mistake(
            "one_more",
            "Where the families make exactly `count` you take one more. Is it not enough?",
            "take",
        ),
        Mistake(
            "next_too",
            "One family too many goes in: what do you ask before you take it?",
            "take",
        ),
        Mistake(
            "at_least_one",
            "Where `count` is 0 nothing is asked for, and you take a family.",
            "take order side",
        ),
        Mistake(
            "complement",
            "You fill the test until `count` examples are left in training, or take `count` for "
            "the training set's size. It is the test's.",
            "take side order",
        ),
        Mistake(
            "train_first",
            "You fill the *training* set first, in this order, and what is left is the test. "
            "The first families go into the test.",
            "take side order",
        ),
        Mistake(
            "by_number",
            "You go through the families by their numbers. `order` says which comes first.",
            "order",
        ),
        Mistake(
            "by_number_down",
            "You go through the families by their numbers, downwards. `order` says which comes "
            "first.",
            "order",
        ),
        Mistake(
            "as_seen",
            "You go through the families as they come up among the examples. `order` says which "
            "comes first.",
            "order",
        ),
        Mistake(
            "as_seen_last",
            "You go through the examples from the end. `order` says which family comes first.",
            "order",
        ),
        Mistake("from_the_end", "You take the families from the end of `order`.", "order rest"),
        Mistake(
            "numbered",
            "You take families 0, 1, 2 …: places in `order`, not what stands there.",
            "order",
        ),
        Mistake(
            "ranked",
            "You sort `order` (or take it for places). It holds the families' numbers, the first "
            "first.",
            "order",
        ),
        Mistake(
            "small_first",
            "You take the smallest families first. `order` says which comes first.",
            "order",
        ),
        Mistake(
            "large_first",
            "You take the largest families first. `order` says which comes first.",
            "order",
        ),
        Mistake(
            "places",
            "You take `order.argsort()`, which are places. `order` holds the families themselves.",
            "order",
        ),
        Mistake("without_first", "The first family of `order` is left out.", "order take"),
        Mistake("without_last", "The last family of `order` is never taken.", "order take"),
        Mistake("second_first", "You begin with the second family of `order`.", "order"),
    ),
    properties=(
        Property(
            "In yours members of one family stand on both sides: some in the test, some not.",
            keeps_together,
        ),
        Property(
            "The first family of `order` is not in your test. It is the first to go in.",
            holds_the_first,
        ),
        Property(
            "Your test begins with the right family, but it is too small: fewer than `count` "
            "examples. Does each family that you take stay in it, and when do you stop?",
            is_enough,
        ),
        Property(
            "No family is torn apart and the test has enough examples, but somewhere more than the "
            "order asks for. When do you stop, and which family comes first?",
            not_too_many,
        ),
        Property(
            "No family is torn apart, and there are enough examples, but other families are in "
            "the test than `order` asks for.",
            lambda case, output: agree(output.float(), right(case).float()),
        ),
    ),
)
