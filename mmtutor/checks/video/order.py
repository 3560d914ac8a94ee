"""Which event begins before which? Traps: what never happens, equal beginnings, i and j exchanged.

What never happens begins at −1, which is smaller than every frame.
"""

from collections.abc import Callable
from functools import partial

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
from mmtutor.checks.gpt.shared import either

NEVER, LATE, FAR = -1, 10**9, 200
"""The number of what never happens, one behind all films, and where frames are far."""
AT_ONCE, BY_NUMBER = frozenset({"at_once"}), frozenset({"ties_by_number"})
"""Mistakes that are made among what happens, too."""


def order(begins: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: [b, i, j] says whether event i begins before event j; −1 is never."""
    never = begins < 0
    never_i, never_j = never[:, :, None], never[:, None, :]
    others = never_j.expand(-1, begins.shape[1], -1)
    ways: dict[str, Callable[[], Tensor]] = {
        "plain": lambda: compared(begins, wrong),
        "never_left_out": lambda: compared(begins, wrong) & ~never_i & ~never_j,
        "never_late_all": lambda: compared(late(begins), wrong) | never_j,
        "never_before_all": lambda: compared(late(begins), wrong) | never_i,
        "only_never": lambda: ~never_i & never_j,
        "both_happen": lambda: ~never_i & ~never_j,
        "either_never": lambda: compared(begins, wrong) | never_j & ~never_i,
        "never_at_zero": lambda: compared(begins.clamp(min=0), wrong),
        "never_at_one": lambda: compared(begins.abs(), wrong),
        "never_at_eight": lambda: compared(begins.where(~never, 8), wrong),
        "never_at_hundred": lambda: compared(begins.where(~never, 100), wrong),
        "never_at_last": lambda: compared(begins.where(~never, begins.max()), wrong),
        "never_at_last_of_film": lambda: compared(
            begins.where(~never, begins.amax(1, keepdim=True)), wrong
        ),
        "first_films_events": lambda: late(begins)[:, :, None] < late(begins)[:1, None, :],
        "never_at_events": lambda: compared(begins.where(~never, begins.shape[1]), wrong),
        "zero_is_never": lambda: compared(begins.where(begins > 0, LATE), wrong),
        "others_never": lambda: others.clone(),
        "films_with_never": lambda: compared(late(begins), wrong) & ~never.any(1)[:, None, None],
        "zero_before_nothing": lambda: compared(late(begins), wrong) & (begins > 0)[:, :, None],
        "zero_is_false": lambda: compared(begins, wrong) & (begins != 0)[:, :, None],
        "until_never": lambda: compared(late(begins), wrong) & ~never.cummax(1).values[:, :, None],
        "until_never_in_row": lambda: (
            compared(begins, wrong) & ~never_i & ~never.cummax(1).values[:, None, :]
        ),
        "at_once_if_it_happens": lambda: compared(late(begins), AT_ONCE) & ~never_i,
        "ties_by_number_if_it_happens": lambda: compared(late(begins), BY_NUMBER) & ~never_i,
        "places_for_ranks": lambda: compared(late(begins).argsort(dim=1, stable=True), wrong),
    }
    shapes: dict[str, Callable[[], Tensor]] = {
        "with_the_next": lambda: late(begins)[:, :-1] < late(begins)[:, 1:],
        "before_first": lambda: late(begins) < late(begins)[:, :1],
        "after_first": lambda: late(begins)[:, :1] < late(begins),
        "films_compared": lambda: late(begins)[:, None, :] < late(begins)[None, :, :],
        "films_compared_turned": lambda: late(begins)[:, None, :] > late(begins)[None, :, :],
        "in_turn": lambda: late(begins).argsort(dim=1, stable=True),
        "ranks": lambda: late(begins).argsort(dim=1, stable=True).argsort(dim=1),
        "gaps": lambda: begins[:, None, :] - begins[:, :, None],
        "gaps_turned": lambda: begins[:, :, None] - begins[:, None, :],
    }
    right = either(ways, wrong, lambda: compared(late(begins), wrong))
    return either(shapes, wrong, lambda: placed(right, wrong))


def late(begins: Tensor) -> Tensor:
    """Return beginnings in which what never happens begins after everything."""
    return begins.where(begins >= 0, LATE)


def compared(begins: Tensor, wrong: Wrong) -> Tensor:
    """Return whether i begins before j, or what a mistake says instead."""
    i, j = begins[:, :, None], begins[:, None, :]
    number = torch.arange(begins.shape[1])
    tied = (i == j) & (number[:, None] < number)
    ways: dict[str, Callable[[], Tensor]] = {
        "at_once": lambda: i <= j,
        "later": lambda: i > j,
        "later_or_at_once": lambda: i >= j,
        "ties_by_number": lambda: (i < j) | tied,
        "ties_by_later_number": lambda: (i < j) | tied.mT,
        "ties_of_others": lambda: (i <= j) & (number[:, None] != number),
        "unequal": lambda: i != j,
        "equal": lambda: i == j,
        "gap": lambda: i + 1 < j,
        "right_after": lambda: i + 1 == j,
        "next_only": lambda: next_only(i, j),
        "sorted": lambda: begins.sort(1).values[:, :, None] < begins.sort(1).values[:, None, :],
    }
    return either(ways, wrong, lambda: i < j)


def next_only(i: Tensor, j: Tensor) -> Tensor:
    """Return whether j is one of the events that come right after i."""
    later = j.where(i < j, 2 * LATE)
    return (i < j) & (later == later.amin(2, keepdim=True))


def placed(found: Tensor, wrong: Wrong) -> Tensor:
    """Return what was found, in part, of one film, or as something else."""
    ways: dict[str, Callable[[], Tensor]] = {
        "by_number": lambda: found.triu(1),
        "neighbours": lambda: found.triu(1) & ~found.triu(2),
        "diagonal": lambda: found | torch.eye(found.shape[1], dtype=torch.bool),
        "as_many_as_films": lambda: among_first(found, len(found)),
        "last_event": lambda: among_first(found, found.shape[1] - 1),
        "last_row": lambda: found & (torch.arange(found.shape[1]) < found.shape[1] - 1)[:, None],
        "last_column": lambda: found & (torch.arange(found.shape[1]) < found.shape[1] - 1),
        "first_event": lambda: among_last(found),
        "others_empty": lambda: found & (torch.arange(len(found)) == 0)[:, None, None],
        "last_film": lambda: found[-1:].expand_as(found).clone(),
        "first_film": lambda: found[:1].expand_as(found).clone(),
        "against_first": lambda: found[:, :, :1].expand_as(found).clone(),
        "numbers": lambda: found.float(),
        "counts": lambda: found.sum(2),
        "signs": lambda: found.float() - found.mT.float(),
        "all_films": lambda: found.all(0, keepdim=True).expand_as(found).clone(),
        "any_film": lambda: found.any(0, keepdim=True).expand_as(found).clone(),
        "events_first": lambda: found.movedim(0, -1),
        "films_first": lambda: found.transpose(0, 1),
    }
    return either(ways, wrong, lambda: found)


def among_first(found: Tensor, count: int) -> Tensor:
    """Return what was found among the first `count` events only."""
    seen = torch.arange(found.shape[1]) < count
    return found & seen & seen[:, None]


def among_last(found: Tensor) -> Tensor:
    """Return what was found without event 0."""
    seen = torch.arange(found.shape[1]) > 0
    return found & seen & seen[:, None]


def order_cases() -> list[Case]:
    def case(*rows: list[int]) -> Case:
        return Case(begins=torch.tensor(rows))

    def drawn(batch: int, events: int, seed: int, scale: float) -> Case:
        begins = (scale * random_tensor(batch, events, seed=seed)).abs().long()
        never = random_tensor(batch, events, seed=seed + 1) > 1
        return Case(begins=begins.masked_fill(never, NEVER))

    return [
        case([2, NEVER, 5], [4, 1, 4]),
        case([3, 3, NEVER, 0, NEVER, 7]),
        case([1, 0, NEVER, 4], [NEVER] * 4, [5, 2, 9, 2], [5, 2, 9, 2]),
        case([1]),
        case([NEVER], [2]),
        case([130, NEVER, 131, 99], [40, 41, 6, NEVER]),
        case([5, 4, 3, 2, 1], [100, 140, 120, NEVER, 140], [0] * 5),
        case([8, 9, NEVER, 7], [3, 2, NEVER, 12]),
        case([70_000, NEVER, 300, 20_000], [1_200, 256, NEVER, 255]),
        drawn(4, 7, 20, 10.0),
        drawn(2, 5, 30, 2.0),
        drawn(5, 2, 40, 50.0),
    ]


def of(case: Case, output: Tensor) -> Tensor | None:
    """Return an answer as yes and no, or None if its shape is another one."""
    batch, events = case["begins"].shape
    found = torch.as_tensor(output)
    return found.bool() if found.shape == (batch, events, events) else None


def agrees(where: Callable[[Tensor, Tensor], Tensor], case: Case, output: Tensor) -> bool:
    """Say whether an answer is right for the pairs that `where` chooses by their beginnings."""
    found, begins = of(case, output), case["begins"]
    if found is None:
        return True
    chosen = where(begins[:, :, None].expand(found.shape), begins[:, None, :].expand(found.shape))
    return torch.equal(found[chosen], order(begins)[chosen])


def near(i: Tensor, j: Tensor) -> Tensor:
    """Say for which pairs both frames have small numbers, as in a short film."""
    return (i < FAR) & (j < FAR)


ORDER = Implement(
    id="video.order",
    title="Which comes first?",
    difficulty=1,
    minutes=10,
    hints=(
        "Which number could stand for “never”, so that every frame of any film is before it?",
        "[b, i, j] = begins[b, i] < begins[b, j], with never = something very late.",
        "begins: (batch, event). As (batch, event, 1) and (batch, 1, event) both broadcast to "
        "(batch, event, event).",
        "late = begins.masked_fill(begins < 0, ...)\nreturn late[:, :, None] < late[...]",
    ),
    reference=order,
    cases=order_cases,
    mistakes=(
        Mistake(
            "plain",
            "What never happens is before everything in yours, since −1 is below every frame. It "
            "is before nothing, and everything that happens is before it.",
            "never",
        ),
        Mistake(
            "never_left_out",
            "What happens is not before what *never* happens in yours. It is: which frame could "
            "stand for “never”?",
            "never",
        ),
        Mistake(
            "never_late_all",
            "Two events that never happen are before each other in yours. What never happens is "
            "before nothing.",
            "never time",
        ),
        Mistake(
            "never_before_all",
            "What never happens is before everything in yours, and everything is before it. It is "
            "before nothing.",
            "never time",
        ),
        Mistake(
            "only_never",
            "Of two that happen none is first in yours. Compare their frames, too.",
            "never time",
        ),
        Mistake("both_happen", "You ask whether both happen. Which is first?", "never time"),
        Mistake(
            "either_never",
            "If one of two never happens, *each* is before the other in yours. Only the one that "
            "happens is.",
            "never time",
        ),
        Mistake("never_at_zero", "“Never” is at frame 0 in yours. It is after all.", "never"),
        Mistake(
            "never_at_one",
            "“Never” is at frame 1 in yours: the sign of −1 was lost. It is after all.",
            "never",
        ),
        Mistake(
            "never_at_eight",
            "“Never” is at frame 8 in yours. A film may be longer than that.",
            "never",
        ),
        Mistake(
            "never_at_hundred",
            "“Never” is at frame 100 in yours. A film may be longer than that.",
            "never",
        ),
        Mistake(
            "never_at_last",
            "What never happens begins with the last event in yours. That one, too, is before it.",
            "never",
        ),
        Mistake(
            "never_at_last_of_film",
            "What never happens begins with the last event of its film in yours. That one, too, is "
            "before it.",
            "never",
        ),
        Mistake(
            "first_films_events",
            "The events of every film are compared with those of the first film.",
            "never time",
        ),
        Mistake(
            "never_at_events",
            "“Never” is at the frame whose number is how many *events* there are. How long may a "
            "film be?",
            "never",
        ),
        Mistake(
            "zero_is_never",
            "What begins in frame 0 never happens in yours. Frame 0 is the first frame; only −1 is "
            "never.",
            "never",
        ),
        Mistake("others_never", "You ask only whether event j never happens.", "never time"),
        Mistake(
            "films_with_never",
            "In a film in which some event never happens nothing is before anything in yours. The "
            "other events of that film have an order, too.",
            "never time",
        ),
        Mistake(
            "zero_before_nothing",
            "What begins in frame 0 is before nothing in yours. Frame 0 is the first frame; only "
            "−1 is never.",
            "never time",
        ),
        Mistake(
            "zero_is_false",
            "Python takes the number 0 for False and −1 for True: what begins in frame 0 counts as "
            "if it never happened, and what never happens as if it did. Compare with −1.",
            "never time",
        ),
        Mistake(
            "until_never",
            "At the first event that never happens you stop looking at its film: those after it in "
            "the list have an order, too.",
            "never",
        ),
        Mistake(
            "until_never_in_row",
            "At the first event j that never happens you stop: event i is before that one, and "
            "those after it in the list count, too.",
            "never",
        ),
        Mistake(
            "at_once_if_it_happens",
            "If two begin in the same frame, each is before the other in yours. Neither is.",
            "never time",
        ),
        Mistake(
            "ties_by_number_if_it_happens",
            "Of two that begin in the same frame the one with the smaller number is first in "
            "yours, as in a sorted list. Neither is.",
            "never time",
        ),
        Mistake(
            "places_for_ranks",
            "`argsort` says *which* event is first, second, …, not at which place an event is. You "
            "compare numbers of events.",
            "never time",
        ),
        Mistake(
            "at_once",
            "If two begin at the same time, each is before the other in yours. Neither is.",
            "time",
        ),
        Mistake(
            "later",
            "It is turned: yours says whether event i begins *after* event j. Which axis is i?",
            "time",
        ),
        Mistake(
            "later_or_at_once",
            "It is turned, and holds for equal beginnings, too: yours says whether event i does "
            "*not* begin before event j.",
            "time",
        ),
        Mistake(
            "ties_by_number",
            "Of two that begin at the same time the one with the smaller number is first in yours, "
            "as in a sorted list. Neither is.",
            "time",
        ),
        Mistake(
            "ties_by_later_number",
            "Of two that begin at the same time the one with the larger number is first in yours. "
            "Neither is.",
            "time",
        ),
        Mistake(
            "ties_of_others",
            "You leave out the diagonal only. Two *different* events may begin at the same time, "
            "too.",
            "time",
        ),
        Mistake(
            "unequal",
            "You ask whether they begin at different times. Which is first?",
            "time never",
        ),
        Mistake("equal", "You ask whether they begin together. Which is first?", "time never"),
        Mistake(
            "gap",
            "You ask for a frame in between. Frame 4 is before frame 5.",
            "time",
        ),
        Mistake(
            "right_after",
            "You ask whether event j begins in the very next frame. Any later one will do.",
            "time never",
        ),
        Mistake(
            "next_only",
            "You see only what comes *right* after. An event is before all that begin later.",
            "time",
        ),
        Mistake(
            "sorted",
            "You sort the events before you compare them. So their numbers are lost.",
            "time never",
        ),
        Mistake(
            "by_number",
            "Only pairs with i < j are looked at in yours. Event 2 may be before event 0.",
            "place time never",
        ),
        Mistake(
            "neighbours",
            "You compare each event with the next in the list only.",
            "place time never",
        ),
        Mistake("diagonal", "An event is before itself in yours.", "place time never"),
        Mistake(
            "as_many_as_films",
            "You go only as far in the list of events as there are *films*. How many events are "
            "there?",
            "place time never",
        ),
        Mistake(
            "last_event",
            "The last event is left out. Where does Python's `range` stop?",
            "place time never",
        ),
        Mistake(
            "last_row",
            "The last event is before nothing in yours, whenever it begins.",
            "place time never",
        ),
        Mistake(
            "last_column",
            "Nothing is before the last event in yours, whenever it begins.",
            "place time never",
        ),
        Mistake("first_event", "Event 0 is left out.", "place time never"),
        Mistake(
            "others_empty",
            "Only the first film has an order in yours. In the others nothing is before anything.",
            "place time never",
        ),
        Mistake("last_film", "All films have the order of the last one.", "place time never"),
        Mistake("first_film", "All films have the order of the first one.", "place time never"),
        Mistake(
            "against_first", "You compare with event 0 only, whatever j is.", "place time never"
        ),
        Mistake(
            "numbers", "It returns 0.0 and 1.0. True and False are asked for.", "place time never"
        ),
        Mistake(
            "counts", "You count how many begin later. Which ones is asked for.", "place time never"
        ),
        Mistake("signs", "It returns 1 and −1. True and False are asked for.", "place time never"),
        Mistake(
            "all_films", "You ask what holds in all films. Each has an order.", "place time never"
        ),
        Mistake(
            "any_film", "You ask what holds in some film. Each has an order.", "place time never"
        ),
        Mistake(
            "events_first", "The axis of the films comes last. It comes first.", "place time never"
        ),
        Mistake(
            "films_first",
            "The first axis is that of event i. The films come first.",
            "place time never",
        ),
        Mistake(
            "with_the_next",
            "You compare each event with the next in the list only, so that one is missing. Each "
            "is compared with each: which axes do i and j lie along?",
            "place time never",
        ),
        Mistake(
            "before_first",
            "You ask of each event whether it begins before *event 0*. Each is compared with each: "
            "which axes do i and j lie along?",
            "place time never",
        ),
        Mistake(
            "after_first",
            "You ask of each event whether *event 0* begins before it. Each is compared with each: "
            "which axes do i and j lie along?",
            "place time never",
        ),
        Mistake(
            "films_compared",
            "You compare each *film* with each, event by event. Compare the events of one film.",
            "place time never",
        ),
        Mistake(
            "films_compared_turned",
            "You compare each *film* with each, event by event, and the wrong way round. Compare "
            "the events of one film.",
            "place time never",
        ),
        Mistake(
            "in_turn",
            "That is in which order the events begin, as `argsort` gives it. Yes or no is asked "
            "for, for each two events.",
            "place time never",
        ),
        Mistake(
            "ranks",
            "That is at which place each event comes. Yes or no is asked for, for each two events.",
            "place time never",
        ),
        Mistake(
            "gaps",
            "That is how many frames lie between the two. Yes or no is asked for: is it before?",
            "place time never",
        ),
        Mistake(
            "gaps_turned",
            "That is how many frames event i begins *after* event j. Yes or no is asked for: is it "
            "before?",
            "place time never",
        ),
    ),
    properties=(
        Property(
            "Of two that happen, one is wrong: the one with the smaller number in `begins` is "
            "before the other, and if both are equal, neither is.",
            partial(agrees, lambda i, j: near(i, j) & (i >= 0) & (j >= 0)),
        ),
        Property(
            "What happens is before all that never happens. In yours somewhere it is not.",
            partial(agrees, lambda i, j: near(i, j) & (i >= 0) & (j < 0)),
        ),
        Property(
            "What never happens is before nothing. In yours somewhere it is.",
            partial(agrees, lambda i, j: near(i, j) & (i < 0)),
        ),
        Property(
            "All is right in short films, but not where frames have large numbers. Is “never” at "
            "a frame that a long film reaches, or does the type of your numbers end before?",
            partial(agrees, lambda i, j: ~near(i, j)),
        ),
    ),
)
