"""CTC's forward score in log space. Traps: skips, ends, blanks, the maximum, −∞, the empty text.

Graves et al. 2006, "Connectionist Temporal Classification", section 4.1.
"""

import math
from collections.abc import Callable, Sequence
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

NEVER = -math.inf
Logs = list[float]
Add = Callable[[Sequence[float]], float]
"""Adds chances that are given as logarithms."""


def ctc(scores: Tensor, labels: Tensor, blank: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: one row of states a frame, all that can lead to a state added up."""
    rows = read(scores, wrong)
    states = stated(labels.tolist(), silence(rows, blank, wrong), wrong)
    add = adding(wrong)
    alpha = begun(rows[0], states, wrong)
    for before, row in zip(rows, rows[1:], strict=False):
        alpha = ahead(alpha, states, before if "late_scores" in wrong else row, add, wrong)
    found = told(ended(alpha, states, add, wrong), len(labels), len(rows), wrong)
    return torch.tensor(found, dtype=scores.dtype)


def read(scores: Tensor, wrong: Wrong) -> list[Logs]:
    """Return the rows that are gone through."""
    ways: dict[str, Callable[[], Tensor]] = {
        "last_frame_missing": lambda: scores[: max(len(scores) - 1, 1)],
        "first_frame_twice": lambda: torch.cat([scores[:1], scores]),
        "first_frame_free": lambda: torch.cat([0 * scores[:1], scores[1:]]),
        "virtual_frame": lambda: torch.cat([0 * scores[:1], scores]),
        "first_frame_missing": lambda: scores[min(1, len(scores) - 1) :],
        "twice_logarithm": lambda: scores.softmax(1),
        "first_frame_only": lambda: scores[:1].expand_as(scores),
    }
    return either(ways, wrong, lambda: scores).tolist()


def silence(rows: list[Logs], blank: int, wrong: Wrong) -> int:
    """Return the number that is taken for the blank."""
    ways: dict[str, Callable[[], int]] = {
        "blank_zero": lambda: 0,
        "blank_last": lambda: len(rows[0]) - 1,
    }
    return either(ways, wrong, lambda: blank)


Text = list[int | None]
"""The letters that are gone through, None for a blank, with the blank's number put in later."""


def stated(labels: list[int], blank: int, wrong: Wrong) -> list[tuple[int, bool]]:
    """Return the states: each a symbol, and whether it is a blank."""
    between: list[int | None] = [None] * (2 * len(labels) + 1)
    between[1::2] = labels
    equal = [
        labels[:1],
        *([a] if a != b else [None, a] for b, a in zip(labels, labels[1:], strict=False)),
    ]
    ways: dict[str, Callable[[], Text]] = {
        "no_blanks": lambda: [*labels] or [None],
        "no_first_blank": lambda: between[1:] or [None],
        "no_last_blank": lambda: between[:-1] or [None],
        "blanks_between_only": lambda: between[1:-1] or [None],
        "blanks_at_ends_only": lambda: [None, *labels, None],
        "blanks_where_needed": lambda: [None, *(one for some in equal for one in some), None],
        "backwards": lambda: between[::-1],
        "letters_once": lambda: stretched_out(list(dict.fromkeys(labels))),
        "doubles_merged": lambda: stretched_out(
            [a for i, a in enumerate(labels) if not i or a != labels[i - 1]]
        ),
    }
    text = either(ways, wrong, lambda: between)
    return [(blank, True) if one is None else (one, False) for one in text]


def stretched_out(labels: list[int]) -> Text:
    """Return letters with a blank before, between and behind them."""
    found: Text = [None] * (2 * len(labels) + 1)
    found[1::2] = labels
    return found


def begun(row: Logs, states: list[tuple[int, bool]], wrong: Wrong) -> Logs:
    """Return the chances of all states in the first frame."""
    first = 1 if states and not states[0][1] else 2
    some: dict[str, Callable[[], set[int]]] = {
        "begins_blank": lambda: {0},
        "begins_letter": lambda: {min(1, len(states) - 1)},
        "begins_anywhere": lambda: set(range(len(states))),
    }
    begins = either(some, wrong, lambda: set(range(first)))
    return [row[s] if i in begins else NEVER for i, (s, _) in enumerate(states)]


def ahead(alpha: Logs, states: list[tuple[int, bool]], row: Logs, add: Add, wrong: Wrong) -> Logs:
    """Return the chances of all states one frame later."""
    new: Logs = []
    old = list(alpha)
    for i, (symbol, _) in enumerate(states):
        ways = [old[i], *(old[j] for j in sources(i, states, wrong))]
        ways = ways[1:] or [NEVER] if "never_stays" in wrong else ways
        new.append(add(ways) + row[symbol])
        if "same_frame" in wrong:
            old[i] = new[i]
    return new


def sources(i: int, states: list[tuple[int, bool]], wrong: Wrong) -> list[int]:
    """Return the states before from which one goes on to state i."""
    one = [i - 1] if i or "round" in wrong else []
    two = [i - 2] if i > 1 or ("round" in wrong and i > 1) else []
    silent = states[i][1]
    fresh = i < 2 or states[i] != states[i - 2]
    skips: dict[str, Callable[[], bool]] = {
        "skips_equal": lambda: not silent,
        "skips_blank": lambda: silent or fresh,
        "skips_always": lambda: True,
        "skips_never": lambda: False,
        "skips_only_equal": lambda: not silent and not fresh,
        "skips_only_blank": lambda: silent,
    }
    may = either(skips, wrong, lambda: not silent and fresh)
    return [] if "only_stays" in wrong else one + (two if may else [])


def adding(wrong: Wrong) -> Add:
    """Return how chances are added."""
    ways: dict[str, Callable[[], Add]] = {
        "best_path": lambda: max,
        "no_maximum": lambda: plainly,
        "nan": lambda: carelessly,
        "little_more": lambda: partial(plainly, more=1e-10),
        "shared": lambda: lambda logs: added(logs) - math.log(3),
        "averaged": lambda: lambda logs: added(logs) - math.log(len(logs)),
        "logs_added": lambda: sum,
    }
    return either(ways, wrong, lambda: added)


def added(logs: Sequence[float]) -> float:
    """Return the logarithm of a sum of chances; −∞ where none is there."""
    top = max(logs)
    return top if top == NEVER else top + math.log(sum(math.exp(x - top) for x in logs))


def plainly(logs: Sequence[float], more: float = 0.0) -> float:
    """Return the same without a maximum, in single precision."""
    total = float(torch.tensor(list(logs)).float().exp().sum()) + more
    return math.log(total) if total > 0 else NEVER


def carelessly(logs: Sequence[float]) -> float:
    """Return the same with a maximum that may be −∞: then it is NaN."""
    return math.nan if not max(logs) > NEVER or any(x != x for x in logs) else added(logs)


def ended(alpha: Logs, states: list[tuple[int, bool]], add: Add, wrong: Wrong) -> float:
    """Return the chance of all paths that end as they should."""
    last = alpha[-1:] if states and not states[-1][1] else alpha[-2:]
    ways: dict[str, Callable[[], float]] = {
        "ends_blank": lambda: alpha[-1],
        "ends_letter": lambda: alpha[-2:][0],
        "ends_anywhere": lambda: add(alpha),
        "better_end": lambda: max(last),
        "ends_added": lambda: sum(last),
        "empty_twice": lambda: add([alpha[-1], alpha[len(alpha) - 2]]),
        "three_ends": lambda: add(alpha[-3:]),
    }
    return either(ways, wrong, lambda: add(last))


def told(found: float, letters: int, frames: int, wrong: Wrong) -> float:
    """Return the score in the form that is asked for."""
    known, some = math.isfinite(found), max(letters, 1)
    ways: dict[str, Callable[[], float]] = {
        "loss": lambda: -found,
        "chance": lambda: math.exp(min(found, 80.0)),
        "by_letter": lambda: found / some,
        "by_frame": lambda: found / frames,
        "loss_by_letter": lambda: -found / some,
        "impossible_zero": lambda: found if known or found != found else 0.0,
        "impossible_low": lambda: found if known or found != found else -1e30,
        "empty_zero": lambda: found if letters else 0.0,
        "empty_never": lambda: found if letters else NEVER,
        "at_least": lambda: max(found, -100.0),
    }
    return either(ways, wrong, lambda: found)


def ctc_cases() -> list[Case]:
    def case(
        frames: int, symbols: int, labels: list[int], blank: int, seed: int, scale: float = 1.0
    ) -> Case:
        scores = (scale * random_tensor(frames, symbols, seed=seed)).log_softmax(1)
        return Case(scores=scores, labels=torch.tensor(labels, dtype=torch.int64), blank=blank)

    even = Case(
        scores=torch.tensor([[0.5, 0.3, 0.2]] * 3).log(), labels=torch.tensor([1, 2]), blank=0
    )
    return [
        even,
        Case(scores=even["scores"], labels=torch.tensor([1, 1]), blank=0),
        case(5, 4, [2], 0, 10),
        case(6, 5, [0, 3, 3, 1], 2, 20),
        case(7, 3, [1, 1, 0], 2, 25),
        case(4, 6, [], 1, 30),
        case(1, 3, [2], 0, 35),
        case(1, 4, [], 3, 40),
        case(3, 5, [4, 4, 1], 0, 45),  # one frame too few
        case(2, 4, [1, 2, 3], 0, 50),
        case(4, 7, [5, 2, 5, 6], 0, 55),  # one path
        case(9, 110, [104, 3, 104, 104], 108, 60, 3.0),
        case(8, 4, [1, 2, 3, 2], 0, 65, 12.0),
        case(60, 5, [3, 1, 4, 4, 1, 2], 0, 70, 2.0),
        case(260, 9, [7, 0, 7, 7], 4, 75),
        case(10, 2, [1, 1, 1], 0, 80, 0.01),
        twins(),
    ]


def twins() -> Case:
    """Return frames of which two are the same, and one symbol is sure."""
    scores = random_tensor(6, 4, seed=90).mul(2).log_softmax(1)
    scores[4] = scores[1]
    scores[2] = torch.tensor([-40.0, 0.0, -40.0, -40.0])
    return Case(scores=scores, labels=torch.tensor([1, 3]), blank=0)


def number(output: Tensor | float) -> float:
    """Return an answer as a number."""
    return float(output)


def at_most_sure(case: Case, output: Tensor) -> bool:
    """Say whether the chance is at most 1."""
    return not number(output) > 1e-4


def never_said(case: Case, output: Tensor) -> bool:
    """Say whether −∞ comes out where no path is."""
    return math.isfinite(float(ctc(*case.values()))) or number(output) == NEVER


def said_somehow(case: Case, output: Tensor) -> bool:
    """Say whether something finite comes out where a path is."""
    return number(output) != NEVER or not math.isfinite(float(ctc(*case.values())))


def empty_is_silence(case: Case, output: Tensor) -> bool:
    """Say whether the empty text has the chance of blanks alone."""
    silent = float(case["scores"][:, case["blank"]].sum())
    return len(case["labels"]) > 0 or math.isclose(number(output), silent, abs_tol=1e-3)


def like(compare: Callable[[float, float], bool], case: Case, output: Tensor) -> bool:
    """Say whether an answer compares with the right one, where that is finite, as it should."""
    mine, right = number(output), float(ctc(*case.values()))
    return not math.isfinite(right) or compare(mine, right)


def not_below(mine: float, right: float) -> bool:
    return mine >= right - 1e-3 - 1e-4 * abs(right)


def not_above(mine: float, right: float) -> bool:
    return mine <= right + 1e-3 + 1e-4 * abs(right)


CTC = Implement(
    id="speech.ctc",
    title="All the ways to say a word",
    difficulty=3,
    minutes=30,
    hints=(
        "Write the text with a blank before, between and behind its letters. In each frame one is "
        "in one of these places. From which places may one come, and where may one begin and end?",
        "α(t, s) = score of s in frame t + ln(e^α(t−1, s) + e^α(t−1, s−1) + e^α(t−1, s−2)). The "
        "last term is there only if s is a letter and not the same as s − 2.",
        "states: (2 · letters + 1,). alpha: (state,), one such row for each frame. scores[t, "
        "states]: (state,). Result: no axis.",
        "states = blank, letter, blank, letter, …, blank\nalpha = −∞, but for states 0 and 1: "
        "scores[0, ...]\nfor row in scores[1:]:\n    one = alpha moved by one state\n"
        "    two = alpha moved by two, −∞ where ...\n"
        "    alpha = logsumexp of the three + row[...]\nreturn logsumexp of the last ... states",
    ),
    reference=ctc,
    cases=ctc_cases,
    forbids=("ctc_loss",),
    mistakes=(
        Mistake(
            "skips_equal",
            "Between two *equal* letters your paths leave the blank out. Then they would be one. "
            "From which state may one not skip?",
            "step",
        ),
        Mistake(
            "skips_blank",
            "Your paths skip from a blank to the next blank: a letter is left out so.",
            "step",
        ),
        Mistake(
            "skips_always",
            "Your paths skip a state anywhere, letters too. What may be left out, and when? "
            "(Compare state s with s − 2, not with s − 1.)",
            "step",
        ),
        Mistake(
            "skips_never",
            "Every blank between letters is passed through in yours. Between two different letters "
            "it may be left out.",
            "step",
        ),
        Mistake(
            "skips_only_equal",
            "Your paths skip the blank only between *equal* letters. It is the other way round.",
            "step",
        ),
        Mistake(
            "skips_only_blank",
            "Your paths skip from blank to blank, over letters, and never from letter to letter.",
            "step",
        ),
        Mistake("only_stays", "Your paths stay where they begin. They go on, too.", "step"),
        Mistake(
            "never_stays",
            "Your paths never stay in a state: each letter would last one frame only.",
            "step",
        ),
        Mistake(
            "same_frame",
            "Within one frame your paths run through several states: the row is written over while "
            "it is still read. Which row do the three terms come from?",
            "step",
        ),
        Mistake(
            "round",
            "Before the first state comes the last one in yours: index −1 and `roll` go round.",
            "step",
        ),
        Mistake(
            "best_path",
            "That is the score of the *best* path alone (Viterbi). The chances of all are added.",
            "sum",
        ),
        Mistake(
            "no_maximum",
            "Right for few frames; for many all chances are too small for a float, and e to their "
            "logarithm is 0. What does `logsumexp` take out first?",
            "sum",
        ),
        Mistake(
            "nan",
            "NaN comes out: where nothing leads to a state all is −∞, and −∞ minus its maximum is "
            "NaN. What does `logsumexp` do then?",
            "sum",
        ),
        Mistake(
            "little_more",
            "Something small is added before the logarithm. With many frames it is far larger than "
            "the chances.",
            "sum",
        ),
        Mistake(
            "shared",
            "In each frame the sum is divided by 3. Chances are added, not averaged.",
            "sum",
        ),
        Mistake(
            "averaged",
            "In each frame you take the mean of the ways to a state. Chances are added.",
            "sum",
        ),
        Mistake(
            "logs_added",
            "Logarithms are added where chances should be: that multiplies the chances.",
            "sum",
        ),
        Mistake(
            "no_blanks",
            "There is no blank among your states: so letters follow at once, and none may be "
            "silent between.",
            "states step",
        ),
        Mistake("no_first_blank", "No blank may come before the first letter in yours.", "states"),
        Mistake("no_last_blank", "No blank may come behind the last letter in yours.", "states"),
        Mistake(
            "blanks_between_only",
            "Blanks stand between your letters, but none before the first and behind the last.",
            "states",
        ),
        Mistake(
            "blanks_at_ends_only",
            "Blanks stand before and behind your letters, but none between them.",
            "states step",
        ),
        Mistake(
            "blanks_where_needed",
            "Between your letters a blank stands only where two are equal. It may stand between "
            "any two.",
            "states step",
        ),
        Mistake("backwards", "The letters come backwards.", "states"),
        Mistake("letters_once", "Each letter of the text comes only once.", "states"),
        Mistake(
            "doubles_merged",
            "Double letters of the text have become one. They are to be said twice.",
            "states",
        ),
        Mistake(
            "begins_blank",
            "All your paths begin with the blank. They may begin with the first letter, too.",
            "states begin",
        ),
        Mistake(
            "begins_letter",
            "All your paths begin with the first letter. They may begin with the blank, too.",
            "states begin",
        ),
        Mistake(
            "begins_anywhere",
            "Your paths begin in any state. Whoever begins later leaves letters out.",
            "states begin",
        ),
        Mistake(
            "ends_blank",
            "Your paths end in the last blank only. They may end in the last letter, too.",
            "states end",
        ),
        Mistake(
            "ends_letter",
            "Your paths end in the last letter only. They may end in the blank behind it, too.",
            "states end",
        ),
        Mistake(
            "ends_anywhere",
            "Your paths end in any state. Whoever ends earlier leaves letters out.",
            "states end",
        ),
        Mistake(
            "better_end",
            "Of the two ends you take the better one. Their chances are added.",
            "states end sum",
        ),
        Mistake(
            "ends_added",
            "The logarithms of the two ends are added: that multiplies their chances.",
            "states end sum",
        ),
        Mistake(
            "empty_twice",
            "Right but for the empty text: it has a single state, and its chance is counted twice. "
            "What is index −1 there?",
            "states end",
        ),
        Mistake(
            "three_ends",
            "You add the last *three* states. In which may a path end?",
            "states end",
        ),
        Mistake("blank_zero", "You take symbol 0 for the blank. Its number is given.", "blank"),
        Mistake(
            "blank_last", "You take the last symbol for the blank. Its number is given.", "blank"
        ),
        Mistake("last_frame_missing", "The last frame is never looked at.", "frames"),
        Mistake(
            "first_frame_twice",
            "The first frame counts twice: alpha begins with it, and the loop does, too.",
            "frames",
        ),
        Mistake(
            "first_frame_free",
            "The scores of the first frame do not count: where does alpha begin?",
            "frames",
        ),
        Mistake(
            "virtual_frame",
            "There is one step too many: as if a frame without scores came before the first one, "
            "in which either state may be.",
            "frames",
        ),
        Mistake("first_frame_missing", "The first frame is never looked at.", "frames"),
        Mistake("late_scores", "Each step takes the scores of the frame *before*.", "frames"),
        Mistake(
            "twice_logarithm",
            "You take chances for logarithms. The scores are logarithms already, and are added.",
            "frames",
        ),
        Mistake(
            "first_frame_only", "The scores of the first frame stand for all frames.", "frames"
        ),
        Mistake(
            "loss",
            "The sign: that is the loss, minus the logarithm. The score itself is asked for.",
            "told",
        ),
        Mistake("chance", "That is the chance. Its logarithm is asked for.", "told sum"),
        Mistake("by_letter", "It is divided by the number of letters. The score is not.", "told"),
        Mistake("by_frame", "It is divided by the number of frames. The score is not.", "told"),
        Mistake(
            "loss_by_letter",
            "That is PyTorch's loss by default: negated, and divided by the letters. Neither is "
            "asked for.",
            "told",
        ),
        Mistake(
            "impossible_zero",
            "Where no path says the text you return 0: that is the logarithm of 1. It is −∞.",
            "told",
        ),
        Mistake(
            "impossible_low",
            "Where no path says the text you return some number far below 0. It is −∞.",
            "told",
        ),
        Mistake("empty_zero", "For an empty text you return 0. Blanks have to be said.", "told"),
        Mistake(
            "empty_never",
            "For an empty text you return −∞. The path of blanks says it.",
            "told",
        ),
        Mistake("at_least", "Your score never falls below −100.", "told"),
    ),
    properties=(
        Property(
            "Where no path says the text the score is −∞. Yours is another number there.",
            never_said,
        ),
        Property("Where some path says the text yours is −∞.", said_somehow),
        Property(
            "A chance is at most 1, so its logarithm at most 0. Yours is above.", at_most_sure
        ),
        Property(
            "For an empty text only the path of blanks is left: the sum of the blank's scores.",
            empty_is_silence,
        ),
        Property(
            "Some of your scores are too low: paths that say the text are left out, or frames "
            "count more than once. Try it with two frames and one letter, by hand.",
            partial(like, not_below),
        ),
        Property(
            "Some of your scores are too high: paths count that do not say the text, or some count "
            "twice. Try it with three frames and two equal letters, by hand.",
            partial(like, not_above),
        ),
    ),
)
