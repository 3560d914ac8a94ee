"""CTC's map from frames to letters. Traps: blanks first, blank is 0, runs lost at either end.

Graves et al. 2006, "Connectionist Temporal Classification", section 3.1, call it B.
"""

from collections.abc import Callable
from functools import partial
from itertools import groupby, pairwise

import torch
import torch.nn.functional as F
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

Row = list[int]


def collapsed(frames: Tensor, blank: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: every run becomes one, then blanks are left out."""
    row = frames.tolist()
    silent = silence(row, blank, wrong)
    if "mask" in wrong:
        return F.pad(frames.diff() != 0, (1, 0), value=True) & (frames != silent)
    found = letters(row, silent, wrong)
    ends: dict[str, Callable[[], Row]] = {
        "filled_blank": lambda: found + [silent] * (len(row) - len(found)),
        "filled_zero": lambda: found + [0] * (len(row) - len(found)),
        "how_many": lambda: [len(found)],
        "renumbered": lambda: [one - (one > silent) for one in found],
        "by_coming": lambda: [list(dict.fromkeys(found)).index(one) for one in found],
        "backwards": lambda: found[::-1],
        "sorted": lambda: sorted(found),
        "first_only": lambda: found[:1],
        "last_dropped": lambda: found[:-1],
        "first_dropped": lambda: found[1:],
    }
    return torch.tensor(either(ends, wrong, lambda: found), dtype=torch.int64)


def silence(row: Row, blank: int, wrong: Wrong) -> int:
    """Return the number that is taken for the blank."""
    ways: dict[str, Callable[[], int]] = {
        "blank_zero": lambda: 0,
        "blank_largest": lambda: max(row),
        "blank_smallest": lambda: min(row),
        "blank_first": lambda: row[0],
        "blank_last": lambda: row[-1],
        "blank_commonest": lambda: max(row, key=row.count),
    }
    return either(ways, wrong, lambda: blank)


def letters(row: Row, blank: int, wrong: Wrong) -> Row:
    """Return the letters."""
    runs = [(one, len(list(run))) for one, run in groupby(row)]
    heads = [one for one, _ in runs]
    spoken = [one for one in row if one != blank]
    places = [0, *(i for i in range(1, len(row)) if row[i] != row[i - 1])]
    ways: dict[str, Callable[[], Row]] = {
        "blanks_first": lambda: [one for one, _ in groupby(spoken)],
        "letters_once": lambda: list(dict.fromkeys(spoken)),
        "letters_once_sorted": lambda: sorted(set(spoken)),
        "not_merged": lambda: spoken,
        "blanks_kept": lambda: heads,
        "only_ends": lambda: stripped(heads, blank),
        "only_leading": lambda: stripped(heads[::-1], blank, both=False)[::-1],
        "only_trailing": lambda: stripped(heads, blank, both=False),
        "one_blank_removed": lambda: less_one(heads, blank),
        "needed_blanks_dropped": lambda: [*without_needed(heads, blank)],
        "blanks_to_zero": lambda: [0 if one == blank else one for one in heads],
        "repeats_kept": lambda: without([row[0], *repeats(row)], blank),
        "after_blank_only": lambda: after_blank(heads, blank),
        "two_blanks": lambda: apart(row, blank),
        "empty_blank": lambda: without(heads, blank) or [blank],
        "needed_blanks_kept": lambda: needed(heads, blank),
        "last_run_lost": lambda: without(heads[:-1], blank),
        "first_run_lost": lambda: without(heads[1:], blank),
        "last_frame_unseen": lambda: without([one for one, _ in groupby(row[:-1])], blank),
        "first_frame_unseen": lambda: without([one for one, _ in groupby(row[1:])], blank),
        "pairs_merged": lambda: without([o for o, n in runs for _ in range((n + 1) // 2)], blank),
        "one_merged": lambda: without([o for o, n in runs for _ in range(max(1, n - 1))], blank),
        "runs_dropped": lambda: without([one for one, n in runs if n == 1], blank),
        "short_dropped": lambda: without([one for one, n in runs if n > 1], blank),
        "until_blank": lambda: heads[: [*heads, blank].index(blank)],
        "after_zero": lambda: without(heads[row[0] == 0 :], blank),
        "round_the_end": lambda: without(heads[row[0] == row[-1] :], blank),
        "above_blank": lambda: [one for one in heads if one > blank],
        "places": lambda: [i for i in places if row[i] != blank],
        "run_lengths": lambda: [n for one, n in runs if one != blank],
    }
    return either(ways, wrong, lambda: without(heads, blank))


def without(row: Row, blank: int) -> Row:
    """Leave the blanks out."""
    return [one for one in row if one != blank]


def stripped(row: Row, blank: int, both: bool = True) -> Row:
    """Leave blanks out that stand behind all letters and, with `both`, in front of them."""
    while row and row[-1] == blank:
        row = row[:-1]
    return stripped(row[::-1], blank, both=False)[::-1] if both else row


def needed(heads: Row, blank: int) -> Row:
    """Keep blanks that stand between two equal letters."""
    last = len(heads) - 1
    return [
        one
        for i, one in enumerate(heads)
        if one != blank or (0 < i < last and heads[i - 1] == heads[i + 1])
    ]


def without_needed(heads: Row, blank: int) -> Row:
    """Leave out blanks that stand between two equal letters."""
    last = len(heads) - 1
    inner = [0 < i < last and heads[i - 1] == heads[i + 1] for i in range(len(heads))]
    return [one for one, out in zip(heads, inner, strict=True) if one != blank or not out]


def less_one(heads: Row, blank: int) -> Row:
    """Leave out the first blank."""
    place = [*heads, blank].index(blank)
    return heads[:place] + heads[place + 1 :]


def repeats(row: Row) -> Row:
    """Return the frames that equal the frame before."""
    return [one for before, one in pairwise(row) if one == before]


def after_blank(heads: Row, blank: int) -> Row:
    """Return the letters in front of which a blank stands, or nothing."""
    return [one for before, one in pairwise([blank, *heads]) if before == blank != one]


def apart(row: Row, blank: int) -> Row:
    """Return the letters if one blank alone does not part two equal ones."""
    found: Row = []
    before, blanks = None, 0
    for one in row:
        if one != blank and (one != before or blanks > 1):
            found.append(one)
        before, blanks = (before, blanks + 1) if one == blank else (one, 0)
    return found


def collapsed_cases() -> list[Case]:
    rows = (
        ([0, 3, 3, 0, 3, 5, 5, 5, 0], 0),
        ([0, 3, 3, 0, 3, 5, 5, 5, 0], 5),
        ([2, 2, 7, 1, 1, 7, 1, 4, 4, 4], 7),  # neither begins nor ends with a blank
        ([6, 4, 6, 6, 4, 0, 0, 6, 0, 2], 6),  # 0 is a letter, and comes twice
        ([3, 3, 1, 3, 3, 3, 3, 1, 1, 1, 2, 1], 1),
        ([9, 9, 9], 9),  # nothing is left
        ([4], 4),
        ([8], 0),
        ([0, 0], 3),
        ([5, 5, 5, 5, 2, 2, 5, 2, 5], 250),  # no blank at all
        ([120, 30, 30, 255, 120, 255, 120, 120, 30], 255),
        ([1, 2, 1, 2, 2, 0, 1, 0, 0, 1, 1, 2], 2),
        ([2, 0, 2, 2, 0, 0, 2], 0),
    )
    fixed = [Case(frames=torch.tensor(row), blank=blank) for row, blank in rows]
    return [
        *fixed,
        drawn(40, 3, 1, 10),
        drawn(25, 5, 4, 20),
        drawn(60, 2, 0, 30),
        drawn(9, 7, 6, 40),
    ]


def drawn(length: int, symbols: int, blank: int, seed: int) -> Case:
    """Return frames by chance, most of them in runs."""
    chance = (random_tensor(length, seed=seed).abs() * 1000).long() % symbols
    lasts = 1 + (random_tensor(length, seed=seed + 1).abs() * 2).long()
    return Case(frames=chance.repeat_interleave(lasts)[:length], blank=blank)


def numbers(output: Tensor) -> Row:
    """Return the numbers of an answer."""
    return torch.as_tensor(output).flatten().tolist()


def no_blank_is_left(case: Case, output: Tensor) -> bool:
    """Say whether no blank is among the letters, where there are more of them than there should be.

    A letter that was given another number may have the blank's.
    """
    more = len(numbers(output)) > len(collapsed(**case))
    return not more or case["blank"] not in numbers(output)


def all_letters_come(case: Case, output: Tensor) -> bool:
    """Say whether every letter of the frames comes."""
    return set(numbers(output)) >= set(case["frames"].tolist()) - {case["blank"]}


def nothing_else_comes(case: Case, output: Tensor) -> bool:
    """Say whether only what stands in the frames comes."""
    return set(numbers(output)) <= set(case["frames"].tolist())


def so_many(more: bool, case: Case, output: Tensor) -> bool:
    """Say whether there are not too many letters, or not too few."""
    mine, wanted = len(numbers(output)), len(collapsed(*case.values()))
    return mine <= wanted if more else mine >= wanted


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether the letters are right."""
    return numbers(output) == collapsed(*case.values()).tolist()


COLLAPSED = Implement(
    id="speech.collapsed",
    title="From frames to letters",
    difficulty=1,
    minutes=10,
    hints=(
        "Write the frames 3 3 0 3 on paper. How many 3s are to come out? What would come out if "
        "you struck the 0 before you looked for runs?",
        "Keep frame t if it differs from frame t − 1 (the first frame always), and is no blank.",
        "frames: (frame,). Both conditions: (frame,), boolean. Result: (letter,), no longer than "
        "the frames, and perhaps empty.",
        "before, found = None, []\nfor one in frames.tolist():\n    if one != ... and one != ...:\n"
        "        found.append(one)\n    before = ...\nreturn found",
    ),
    reference=collapsed,
    cases=collapsed_cases,
    mistakes=(
        Mistake(
            "blanks_first",
            "Double letters have become one: two equal letters with a blank between are *two*. "
            "With which is each frame compared, with the frame before it or with the last letter?",
            "which",
        ),
        Mistake("letters_once", "Each letter comes only once. It may come again later.", "which"),
        Mistake(
            "letters_once_sorted",
            "Each letter comes only once, and they are sorted. Keep the order of the frames.",
            "which end",
        ),
        Mistake("not_merged", "Blanks are gone, but runs are still runs.", "which"),
        Mistake("blanks_kept", "Runs have become one, but blanks are still there.", "which blank"),
        Mistake(
            "only_ends",
            "Blanks at both ends are gone, those between letters are still there.",
            "which",
        ),
        Mistake(
            "only_leading",
            "Blanks in front are gone, the others are still there.",
            "which end",
        ),
        Mistake(
            "only_trailing",
            "Blanks behind the last letter are gone, the others are still there.",
            "which end blank",
        ),
        Mistake(
            "one_blank_removed",
            "One blank is gone, the others are still there.",
            "which end blank",
        ),
        Mistake(
            "needed_blanks_dropped",
            "Only blanks between two equal letters are gone. All of them go in the end.",
            "which end blank",
        ),
        Mistake(
            "blanks_to_zero",
            "Blanks have become 0. They are to be left out, and 0 may be a letter.",
            "which end blank",
        ),
        Mistake(
            "repeats_kept",
            "You keep the frames that *equal* the frame before. Which are to be kept?",
            "which end blank",
        ),
        Mistake(
            "after_blank_only",
            "You keep a letter only if a blank stands before it. A letter may follow another one "
            "at once.",
            "which end blank",
        ),
        Mistake(
            "two_blanks",
            "Two equal letters with *one* blank frame between have become one. One is enough.",
            "which end blank",
        ),
        Mistake(
            "empty_blank",
            "Where nothing is left you return a blank. It is to be empty.",
            "which end blank",
        ),
        Mistake(
            "needed_blanks_kept",
            "Blanks between two equal letters are still there. They have done their work by then.",
            "which",
        ),
        Mistake(
            "last_run_lost",
            "The last run is lost: when does your loop write it down, if nothing comes behind it?",
            "which",
        ),
        Mistake(
            "first_run_lost",
            "The first run is lost: with what do you compare the first frame?",
            "which",
        ),
        Mistake("last_frame_unseen", "You never look at the last frame.", "which"),
        Mistake("first_frame_unseen", "You never look at the first frame.", "which"),
        Mistake(
            "pairs_merged",
            "Equal neighbours become one two by two, so of a run of three two are left.",
            "which",
        ),
        Mistake(
            "one_merged",
            "Of a run only one frame is taken away, so of a run of three two are left.",
            "which",
        ),
        Mistake(
            "runs_dropped",
            "Letters that last longer than one frame are gone. A run becomes *one*.",
            "which",
        ),
        Mistake(
            "short_dropped",
            "Letters that last only one frame are gone. They count, too.",
            "which",
        ),
        Mistake(
            "until_blank",
            "It stops at the first blank. Letters follow behind it.",
            "which",
        ),
        Mistake(
            "after_zero",
            "A run of 0 right at the beginning is lost. Before the first frame there is nothing, "
            "not a 0.",
            "which blank",
        ),
        Mistake(
            "round_the_end",
            "If the first frame equals the *last* one, its run is lost. `frames[i - 1]` for i = 0 "
            "and `roll` go round.",
            "which blank",
        ),
        Mistake(
            "above_blank",
            "Letters with a number below that of the blank are gone. A letter is whatever is not "
            "the blank.",
            "which blank",
        ),
        Mistake(
            "places",
            "Those are the *frames* in which letters begin. Which letters?",
            "which end",
        ),
        Mistake(
            "run_lengths",
            "Those are the *lengths* of the runs. Which letters are they?",
            "which end",
        ),
        Mistake(
            "mask",
            "That is a mask: it says in which frames letters begin. Which letters?",
            "which end",
        ),
        Mistake(
            "blank_zero",
            "You take 0 for the blank, always. Its number is given.",
            "blank",
        ),
        Mistake(
            "blank_largest",
            "You take the largest number for the blank. Its number is given.",
            "blank which",
        ),
        Mistake(
            "blank_smallest",
            "You take the smallest number for the blank. Its number is given.",
            "blank which",
        ),
        Mistake(
            "blank_first",
            "You take the first frame for the blank. Its number is given.",
            "blank which",
        ),
        Mistake(
            "blank_last",
            "You take the last frame for the blank. Its number is given.",
            "blank which",
        ),
        Mistake(
            "blank_commonest",
            "You take the most frequent number for the blank. Its number is given.",
            "blank which",
        ),
        Mistake(
            "filled_blank",
            "It is filled up with blanks to the length of the frames. Only letters are asked for.",
            "end",
        ),
        Mistake(
            "filled_zero",
            "It is filled up with 0 to the length of the frames. Only letters are asked for.",
            "end blank",
        ),
        Mistake("how_many", "That is how *many* letters there are. Which are they?", "end"),
        Mistake("backwards", "The letters come backwards.", "end"),
        Mistake(
            "sorted",
            "The letters are sorted. Keep the order of the frames.",
            "end which",
        ),
        Mistake(
            "first_only",
            "Only the first letter comes out. Does the loop return too soon?",
            "end which",
        ),
        Mistake(
            "renumbered",
            "Letters above the blank have become one smaller. A letter keeps its number.",
            "end which",
        ),
        Mistake(
            "by_coming",
            "Letters are numbered as they come. A letter keeps the number of its frames.",
            "end which",
        ),
        Mistake("last_dropped", "The last letter is missing, whatever it is.", "end"),
        Mistake("first_dropped", "The first letter is missing, whatever it is.", "end"),
    ),
    properties=(
        Property("Blanks are still there. They are left out in the end.", no_blank_is_left),
        Property(
            "A number comes out that stands in no frame. Letters are numbers that stand there.",
            nothing_else_comes,
        ),
        Property(
            "A letter is lost altogether: each letter of the frames comes at least once.",
            all_letters_come,
        ),
        Property(
            "Too many letters come out: is a run counted more than once?",
            partial(so_many, True),
        ),
        Property(
            "Too few letters come out: equal letters with something between are two.",
            partial(so_many, False),
        ),
        Property(
            "There are as many letters as there should be, but others, or elsewhere.", is_right
        ),
    ),
)
