"""The state of a dialogue. Traps: "never mind" is forgotten, 0 is no wish, all starts anew."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from mmtutor.checks.advisor.shared import drawing
from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.gpt.shared import either

NOTHING, NEVER_MIND = -1, -2


def updated(wishes: Tensor, said: Tensor, anew: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: what is said stands, what is not said stays, unless all starts anew."""
    if "carried" in wrong:
        return carried(wishes, said, anew)
    if "codes_exchanged" in wrong:
        said = torch.where(said < 0, NOTHING + NEVER_MIND - said, said)
    said = heard(said, wrong)
    before = left(wishes, said, anew, wrong)
    after = put(before, said, wrong)
    never = said == NEVER_MIND
    ways: dict[str, Callable[[], Tensor]] = {
        "never_ignored": lambda: torch.where(never, before, after),
        "never_stored": lambda: torch.where(never, NEVER_MIND, after),
        "never_zero": lambda: torch.where(never, 0, after),
        "never_everywhere": lambda: torch.where(never.any(0) & (said < 0), NOTHING, after),
        "never_all": lambda: torch.where(never.any(1, keepdim=True), NOTHING, after),
        "never_others": lambda: torch.where(
            never | (never.any(1, keepdim=True) & (said == NOTHING)), NOTHING, after
        ),
    }
    done = either(ways, wrong, lambda: torch.where(never, NOTHING, after))
    empty: dict[str, Callable[[], Tensor]] = {
        "anew_clears_last": lambda: torch.where(anew[:, None], NOTHING, done),
        "anew_zero": lambda: torch.where(anew[:, None] & (said == NOTHING), 0, done),
    }
    if "square" in wrong:
        done = torch.where(torch.arange(wishes.shape[1]) < len(wishes), done, before)
    return either(empty, wrong, lambda: done)


def heard(said: Tensor, wrong: Wrong) -> Tensor:
    """Return the message, or what is heard of it until the first slot that is not mentioned."""
    over = (said == NOTHING).cumsum(1) > 0
    return torch.where(over, NOTHING, said) if "until_silent" in wrong else said


def carried(wishes: Tensor, said: Tensor, anew: Tensor) -> Tensor:
    """Go on in each dialogue with what came out of the one before."""
    state, rows = wishes[:1], []
    for message, starts in zip(said.split(1), anew.split(1), strict=True):
        state = updated(state, message, starts)
        rows.append(state)
    return torch.cat(rows)


def left(wishes: Tensor, said: Tensor, anew: Tensor, wrong: Wrong) -> Tensor:
    """Return what is left of the earlier wishes when this message comes."""
    silent = (said == NOTHING).all(1)
    changed = ((wishes >= 0) & (said >= 0) & (wishes != said)).any(1)
    first = torch.arange(wishes.shape[1]) == 0
    ways: dict[str, Callable[[], Tensor]] = {
        "anew_ignored": lambda: torch.zeros_like(anew)[:, None],
        "anew_for_all": lambda: anew.any().expand_as(anew)[:, None],
        "anew_first": lambda: anew[:1].expand_as(anew)[:, None],
        "anew_last": lambda: anew[-1:].expand_as(anew)[:, None],
        "anew_if_all": lambda: anew.all().expand_as(anew)[:, None],
        "anew_turned": lambda: ~anew[:, None],
        "anew_if_silent": lambda: (anew & silent)[:, None],
        "anew_by_slot": lambda: by_slot(anew, wishes),
        "anew_keeps_first": lambda: anew[:, None] & ~first,
        "forgets": lambda: torch.ones_like(anew)[:, None],
        "forgets_on_change": lambda: (anew | changed)[:, None],
        "forgets_when_said": lambda: (anew | (said >= 0).any(1))[:, None],
    }
    return torch.where(either(ways, wrong, lambda: anew[:, None]), NOTHING, wishes)


def by_slot(anew: Tensor, wishes: Tensor) -> Tensor:
    """Say which slots are emptied if the flags of the dialogues lie along the slots."""
    flags = torch.zeros(wishes.shape[1]).bool()
    flags[: len(anew)] = anew[: len(flags)]
    return flags[None].expand(wishes.shape)


def put(before: Tensor, said: Tensor, wrong: Wrong) -> Tensor:
    """Return the wishes with what is said put in."""
    named = said >= 0
    count = named.cumsum(1)
    ways: dict[str, Callable[[], Tensor]] = {
        "zero_unsaid": lambda: torch.where(said > 0, said, before),
        "old_kept": lambda: torch.where(named & (before < 0), said, before),
        "old_only": lambda: torch.where(named & (before >= 0), said, before),
        "larger": lambda: torch.maximum(before, said.clamp(min=NOTHING)),
        "added": lambda: torch.where(named, said + before.clamp(min=0), before),
        "first_said": lambda: torch.where(named & (count == 1), said, before),
        "last_said": lambda: torch.where(named & (count == count[:, -1:]), said, before),
        "first_dialogue": lambda: torch.where(named[:1], said[:1], before),
        "same_twice": lambda: torch.where(named & (said == before), NOTHING, base(before, said)),
    }
    return either(ways, wrong, lambda: base(before, said))


def base(before: Tensor, said: Tensor) -> Tensor:
    """Return the wishes with every value that is said put in."""
    return torch.where(said >= 0, said, before)


def updated_cases() -> list[Case]:
    def written(wishes: list[list[int]], said: list[list[int]], anew: list[int]) -> Case:
        tensors = map(torch.tensor, (wishes, said))
        return Case(**dict(zip(("wishes", "said"), tensors, strict=True)), anew=flags(anew))

    def case(dialogues: int, slots: int, seed: int, high: int = 4) -> Case:
        """Half of the slots hold a wish; of those mentioned some are never minded."""
        chance = drawing(seed)
        size = range(dialogues), range(slots)

        def value(empty: float, never: float) -> int:
            drawn = chance.random()
            few = NOTHING if drawn < empty + never else chance.randint(0, high)
            return NEVER_MIND if drawn < never else few

        wishes = [[value(0.35, 0.0) for _ in size[1]] for _ in size[0]]
        said = [[value(0.4, 0.2) for _ in size[1]] for _ in size[0]]
        return written(wishes, said, [chance.randint(0, 1) for _ in size[0]])

    return [
        written([[2, 0, -1], [1, 3, 4]], [[-1, 1, 0], [0, -2, -1]], [0, 0]),
        written([[2, 0, -1], [1, 3, 4]], [[-1, 1, 0], [0, -1, -1]], [0, 1]),
        written([[3]], [[0]], [0]),
        written([[3]], [[-1]], [1]),
        written([[3], [2], [1]], [[-1], [-2], [5]], [0, 0, 1]),
        written([[1, 2, 3, 4]], [[-1, -1, -1, -1]], [0]),
        written([[1, 2, 3, 4]], [[-2, -2, 0, -1]], [1]),
        written([[0, -1], [0, 0], [-1, -1], [5, 5]], [[0, -1], [-2, 0], [-2, 7], [-1, 2]], [0] * 4),
        written([[5, 1, 120, 7, 2]], [[5, -1, 300, -2, 0]], [0]),
        case(6, 4, 10),
        case(5, 6, 20, 1),
        case(9, 5, 30, 200),
        case(12, 3, 40),
    ]


def flags(values: list[int]) -> Tensor:
    """Return numbers as yes and no."""
    return torch.tensor(values).bool()


def holds(which: Callable[[Tensor, Tensor, Tensor], Tensor], case: Case, output: Tensor) -> bool:
    """Say whether the places that `which` chooses are right."""
    found = torch.as_tensor(output)
    places = which(case["wishes"], case["said"], case["anew"][:, None])
    return found.shape != places.shape or torch.equal(found[places], updated(**case)[places])


def kept(wishes: Tensor, said: Tensor, anew: Tensor) -> Tensor:
    """Choose what the message does not mention, where nothing starts anew."""
    return (said == NOTHING) & ~anew


def named(wishes: Tensor, said: Tensor, anew: Tensor) -> Tensor:
    """Choose what the message gives a value."""
    return said >= 0


def minded(wishes: Tensor, said: Tensor, anew: Tensor) -> Tensor:
    """Choose what the customer does not mind any more."""
    return said == NEVER_MIND


def begun(wishes: Tensor, said: Tensor, anew: Tensor) -> Tensor:
    """Choose what the message does not mention, where all starts anew."""
    return (said == NOTHING) & anew


UPDATED = Implement(
    id="advisor.updated",
    title="What does the customer want now?",
    difficulty=2,
    minutes=15,
    hints=(
        "Take one slot of one dialogue. What stands in it after the message depends on three "
        "numbers: what stood there, what was said, and whether all starts anew. Write down the "
        "cases.",
        "First, what is left of the old wishes: −1 where all starts anew, else the old one. Then: "
        "said ≥ 0 gives said, −2 gives −1, and −1 gives what is left.",
        "`wishes`, `said` and the result: (dialogue, slot). `anew`: (dialogue); `anew[:, None]` is "
        "(dialogue, 1) and goes with every slot.",
        "left = torch.where(anew[:, None], ..., wishes)\n"
        "after = torch.where(said >= 0, ..., left)\n"
        "return torch.where(said == -2, ..., after)",
    ),
    reference=updated,
    cases=updated_cases,
    mistakes=(
        Mistake(
            "never_ignored",
            'After "never mind the colour" the old colour still stands. −2 empties its slot.',
            "never",
        ),
        Mistake(
            "never_stored",
            "−2 stands in your result. It says what is to be *done*; an empty slot is −1.",
            "never",
        ),
        Mistake(
            "never_zero",
            '"Never mind" becomes 0 in yours. 0 is a value like others; an empty slot is −1.',
            "never",
        ),
        Mistake(
            "never_all",
            'One "never mind" empties all slots of the dialogue in yours. It is about its own.',
            "never said",
        ),
        Mistake(
            "never_others",
            'One "never mind" also empties the slots that the message does not mention in yours. '
            "It is about its own.",
            "never anew",
        ),
        Mistake(
            "anew_ignored",
            "Old wishes outlive a new start in yours. What does `anew` ask for?",
            "anew",
        ),
        Mistake(
            "anew_clears_last",
            "Where all starts anew, what is said in that same message is lost, too. Only the "
            "*earlier* wishes go.",
            "anew said never",
        ),
        Mistake(
            "anew_for_all",
            "If one dialogue starts anew, all of them do in yours. `anew` has a value for each.",
            "anew",
        ),
        Mistake(
            "anew_first",
            "The first dialogue's `anew` decides for all of them in yours.",
            "anew",
        ),
        Mistake(
            "anew_last",
            "The last dialogue's `anew` decides for all of them in yours.",
            "anew said never",
        ),
        Mistake(
            "anew_if_all",
            "A new start counts only if *all* dialogues start anew in yours. `anew` has a value "
            "for each.",
            "anew said never",
        ),
        Mistake(
            "carried",
            "Each dialogue goes on in yours with what came out of the one before. Each has a row "
            "of `wishes` of its own.",
            "anew said never",
        ),
        Mistake(
            "until_silent",
            "Behind the first slot that a message does not mention, nothing of it counts in yours. "
            "Does a `break` or a `return` stand there?",
            "anew said never",
        ),
        Mistake(
            "anew_turned",
            "It is the wrong way round: those that do *not* start anew lose their wishes.",
            "anew",
        ),
        Mistake(
            "anew_if_silent",
            "A new start counts only in messages that say nothing else in yours.",
            "anew",
        ),
        Mistake(
            "anew_keeps_first",
            "The first slot outlives a new start in yours. All of them are emptied.",
            "anew",
        ),
        Mistake(
            "anew_zero",
            "After a new start slots hold 0 in yours. 0 is a value; an empty slot is −1.",
            "anew never",
        ),
        Mistake(
            "forgets",
            "A slot that the message does not mention is emptied in yours. It should stay what it "
            "was.",
            "anew never",
        ),
        Mistake(
            "forgets_on_change",
            "When the customer changes one wish, those that the message does not mention are lost "
            "in yours. They stay.",
            "anew said",
        ),
        Mistake(
            "forgets_when_said",
            "When the customer says a wish, those that the message does not mention are lost in "
            "yours. They stay.",
            "anew said",
        ),
        Mistake(
            "zero_unsaid",
            "The value 0 counts as not said in yours. Values begin at 0; `if value:` is false "
            "for it.",
            "said",
        ),
        Mistake(
            "old_kept",
            "A wish that stands already is not replaced in yours. What the customer says last "
            "counts.",
            "said anew",
        ),
        Mistake(
            "old_only",
            "A wish in an empty slot is lost in yours: only wishes that stand already are "
            "replaced.",
            "said anew",
        ),
        Mistake(
            "larger",
            "You take the larger of the old and the new value. They are numbers of values; which "
            "was said *last*?",
            "said anew",
        ),
        Mistake(
            "added",
            "You add the new value to the old one. It takes its place.",
            "said anew",
        ),
        Mistake(
            "first_said",
            "Only the first wish of a message counts in yours. It may hold several.",
            "said",
        ),
        Mistake(
            "last_said",
            "Only the last wish of a message counts in yours. It may hold several.",
            "said",
        ),
        Mistake(
            "first_dialogue",
            "All dialogues get the wishes of the first one's message.",
            "said never anew",
        ),
        Mistake(
            "same_twice",
            "Who says the same wish twice loses it in yours. It stays.",
            "said anew",
        ),
        Mistake(
            "codes_exchanged",
            "−1 and −2 have changed places in yours: −1 says that the slot is not mentioned, −2 "
            "that there is no wish any more.",
            "never said anew",
        ),
        Mistake(
            "never_everywhere",
            'In yours "never mind" empties this slot for all other customers, too. Each dialogue '
            "is a row.",
            "never said anew",
        ),
        Mistake(
            "anew_by_slot",
            "`anew` lies along the slots in yours: flag 0 empties slot 0. It has a value for "
            "each *dialogue*, which is a row: `anew[:, None]`.",
            "never said anew",
        ),
        Mistake(
            "square",
            "In yours nothing is said in slots behind the first n, where n is the number of "
            "*dialogues*. How many slots has a row?",
            "never said anew",
        ),
    ),
    properties=(
        Property(
            "What the message gives a value (0 or more) has this value afterwards, whatever stood "
            "there. In yours somewhere it has not.",
            partial(holds, named),
        ),
        Property(
            'A slot with −2, "never mind", is −1 afterwards. In yours somewhere it is not.',
            partial(holds, minded),
        ),
        Property(
            "Where nothing starts anew, what the message does not mention (−1) stays as it was. "
            "In yours somewhere it does not.",
            partial(holds, kept),
        ),
        Property(
            "Where all starts anew, what the message does not mention is −1 afterwards. In yours "
            "somewhere it is not.",
            partial(holds, begun),
        ),
    ),
)
