"""CTC's forward score in log space. Traps: skips, ends, blanks, the maximum, −∞, the empty text.

Graves et al. 2006, "Connectionist Temporal Classification", section 4.1.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby, pairwise
from typing import NamedTuple

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
Text = list[int | None]
"""Letters that are gone through, None for a blank that is put in."""
Add = Callable[[Sequence[float]], float]
"""Adds chances that are given as logarithms."""


class State(NamedTuple):
    """A place on the way: its symbol, whether it is taken for a blank, whether it was put in."""

    symbol: int
    silent: bool
    put_in: bool


def ctc(scores: Tensor, labels: Tensor, blank: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: one row of states a frame, all that can lead to a state added up."""
    if "greedy" in wrong:
        return greedily(scores, labels, blank)
    rows = read(scores, wrong)
    states = stated(labels.tolist(), silence(rows, blank, wrong), wrong)
    add, ways = adding(wrong), [sources(i, states, wrong) for i in range(len(states))]
    alpha = begun(rows[0], states, wrong)
    for before, row in pairwise(rows):
        now = before if "late_scores" in wrong else row
        alpha = ahead(alpha, ways, [now[state.symbol] for state in states], add, wrong)
    found = told(ended(alpha, states, add, wrong), len(labels), len(rows), wrong)
    return torch.tensor(found, dtype=scores.dtype)


def greedily(scores: Tensor, labels: Tensor, blank: int) -> Tensor:
    """Return the chance of the best symbols of all frames if they say the text, else −∞."""
    best, symbols = scores.max(1)
    said = [one for one, _ in groupby(symbols.tolist()) if one != blank]
    return best.sum() if said == labels.tolist() else scores.new_tensor(NEVER)


def read(scores: Tensor, wrong: Wrong) -> list[Logs]:
    """Return the rows that are gone through."""
    ways: dict[str, Callable[[], Tensor]] = {
        "last_frame_missing": lambda: scores[: max(len(scores) - 1, 1)],
        "first_frame_twice": lambda: torch.cat([scores[:1], scores]),
        "first_frame_free": lambda: torch.cat([0 * scores[:1], scores[1:]]),
        "virtual_frame": lambda: torch.cat([0 * scores[:1], scores]),
        "first_frame_missing": lambda: scores[min(1, len(scores) - 1) :],
        "as_chances": lambda: scores.exp(),
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


def stated(labels: list[int], blank: int, wrong: Wrong) -> list[State]:
    """Return the states of a text."""
    between = spread(labels)
    needed = [[a] if a != b else [None, a] for b, a in pairwise([None, *labels])]
    single = [a for i, a in enumerate(labels) if not i or a != labels[i - 1]]
    ways: dict[str, Callable[[], Text]] = {
        "no_blanks": lambda: [*labels] or [None],
        "no_blanks_no_skips": lambda: [*labels] or [None],
        "no_first_blank": lambda: between[1:] or [None],
        "no_last_blank": lambda: between[:-1] or [None],
        "blanks_between_only": lambda: between[1:-1] or [None],
        "blanks_at_ends_only": lambda: [None, *labels, None],
        "blanks_where_needed": lambda: [None, *(one for some in needed for one in some), None],
        "backwards": lambda: between[::-1],
        "letters_once": lambda: spread(list(dict.fromkeys(labels))),
        "doubles_merged": lambda: spread(single),
    }
    text = either(ways, wrong, lambda: between)
    named = [(blank if one is None else one, one is None) for one in text]
    return [State(symbol, symbol == blank, put_in) for symbol, put_in in named]


def spread(labels: list[int]) -> Text:
    """Return letters with a blank before, between and behind them."""
    found: Text = [None] * (2 * len(labels) + 1)
    found[1::2] = labels
    return found


def begun(row: Logs, states: list[State], wrong: Wrong) -> Logs:
    """Return the chances of all states in the first frame."""
    some: dict[str, Callable[[], int]] = {
        "begins_blank": lambda: 1,
        "begins_anywhere": lambda: len(states),
        "begins_three": lambda: 3,
    }
    first = either(some, wrong, lambda: 2 if states[0].put_in else 1)
    return [row[state.symbol] if i < first else NEVER for i, state in enumerate(states)]


def ahead(alpha: Logs, ways: list[list[int]], scores: Logs, add: Add, wrong: Wrong) -> Logs:
    """Return the chances of all states one frame later."""
    old = list(alpha)
    if "same_frame" not in wrong:
        outside = [[0.0]] if "padded" in wrong else [[]]
        more = outside + [[]] * (len(ways) - 1)  # what the first state gets from outside
        every = zip(ways, more, scores, strict=True)
        return [add([old[j] for j in way] + some) + score for way, some, score in every]
    for i, (way, score) in enumerate(zip(ways, scores, strict=True)):
        old[i] = add([old[j] for j in way]) + score
    return old


def sources(i: int, states: list[State], wrong: Wrong) -> list[int]:
    """Return the states before from which one goes on to state i."""
    silent, fresh = states[i].silent, i < 2 or states[i].symbol != states[i - 2].symbol
    symbols = [state.symbol for state in states]
    skips: dict[str, Callable[[], bool]] = {
        "skips_equal": lambda: not silent,
        "skips_blank": lambda: silent or fresh,
        "skips_always": lambda: True,
        "skips_never": lambda: False,
        "skips_only_equal": lambda: not silent and not fresh,
        "skips_only_blank": lambda: silent,
        "skips_by_next": lambda: not silent and symbols[i] not in symbols[i + 2 : i + 3],
        "skips_unless_seen": lambda: not silent and symbols[i] not in symbols[:i],
        "no_blanks_no_skips": lambda: False,
    }
    may = i > 1 and either(skips, wrong, lambda: not silent and fresh)
    ways: dict[str, Callable[[], list[int]]] = {
        "only_stays": lambda: [i],
        "never_stays": lambda: [i - 1] if i else [len(states) - 1],
        "round": lambda: [i, i - 1],
    }
    return either(ways, wrong, lambda: [i, i - 1] if i else [i]) + ([i - 2] if may else [])


def adding(wrong: Wrong) -> Add:
    """Return how chances are added."""
    ways: dict[str, Callable[[], Add]] = {
        "best_path": lambda: max,
        "no_maximum": lambda: plainly,
        "no_maximum_double": lambda: partial(plainly, double=True),
        "nan": lambda: carelessly,
        "little_more": lambda: partial(plainly, more=1e-10),
        "shared": lambda: lambda logs: added(logs) - math.log(3),
        "averaged": lambda: lambda logs: added(logs) - math.log(len(logs)),
        "logs_added": lambda: sum,
        "logs_added_within": lambda: sum,
        "logs_added_where_any": lambda: finite_sum,
    }
    return either(ways, wrong, lambda: added)


def added(logs: Sequence[float]) -> float:
    """Return the logarithm of a sum of chances; −∞ where none is there."""
    top = max(logs)
    return top if top == NEVER else top + math.log(sum(math.exp(x - top) for x in logs))


def finite_sum(logs: Sequence[float]) -> float:
    """Return the sum of the logarithms of all chances that are not 0; −∞ where none is there."""
    return sum(x for x in logs if x > NEVER) if max(logs) > NEVER else NEVER


def plainly(logs: Sequence[float], more: float = 0.0, double: bool = False) -> float:
    """Return the same without a maximum, in single or double precision."""
    chances = torch.tensor(list(logs), dtype=torch.float64).exp()
    total = float(chances.sum() if double else chances.float().sum()) + more
    return math.log(total) if total > 0 else NEVER


def carelessly(logs: Sequence[float]) -> float:
    """Return the same with a maximum that may be −∞: then it is NaN."""
    return math.nan if not max(logs) > NEVER or any(x != x for x in logs) else added(logs)


def ended(alpha: Logs, states: list[State], add: Add, wrong: Wrong) -> float:
    """Return the chance of all paths that end as they should."""
    last = alpha[-2:] if states[-1].put_in else alpha[-1:]
    ways: dict[str, Callable[[], float]] = {
        "ends_blank": lambda: alpha[-1],
        "ends_anywhere": lambda: add(alpha),
        "better_end": lambda: max(last),
        "ends_added": lambda: sum(last),
        "logs_added_within": lambda: added(last),
        "logs_added_where_any": lambda: added(last),
        "empty_twice": lambda: add([alpha[-1], alpha[len(alpha) - 2]]),
        "normalised": lambda: add(last) - add(alpha),
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
        "base_two": lambda: found / math.log(2),
        "base_ten": lambda: found / math.log(10),
        "impossible_nan": lambda: found if known else math.nan,
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
        case(60, 5, [3, 1, 4, 4, 1, 2], 0, 70, 8.0),
        case(110, 9, [7, 0, 7, 7], 4, 75, 30.0),
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
            "path",
        ),
        Mistake(
            "skips_blank",
            "Your paths skip from a blank to the next blank: a letter is left out so.",
            "path",
        ),
        Mistake(
            "skips_always",
            "Your paths skip a state anywhere, letters too. What may be left out, and when? "
            "(Compare state s with s − 2, not with s − 1.)",
            "path",
        ),
        Mistake(
            "skips_never",
            "Every blank between letters is passed through in yours. Between two different letters "
            "it may be left out.",
            "path",
        ),
        Mistake(
            "skips_only_equal",
            "Your paths skip the blank only between *equal* letters. It is the other way round.",
            "path",
        ),
        Mistake(
            "skips_only_blank",
            "Your paths skip from blank to blank, over letters, and never from letter to letter.",
            "path",
        ),
        Mistake(
            "skips_by_next",
            "Whether a blank may be left out depends in yours on the letter *behind*. It lies "
            "between a letter and the one before it: which two are to be compared?",
            "path",
        ),
        Mistake(
            "skips_unless_seen",
            "Your paths need a blank before every letter that came *anywhere* before. Which two "
            "equal letters would become one without it?",
            "path",
        ),
        Mistake(
            "padded",
            "Something comes into the first state from outside, in each frame, with chance 1. "
            "What is the logarithm of no chance at all? (`F.pad` puts 0.)",
            "path sum frames told blank",
        ),
        Mistake(
            "greedy",
            "That is the score of one path: of the likeliest symbol of each frame, where these say "
            "the text. How many other paths say it?",
            "path sum frames told blank",
        ),
        Mistake(
            "only_stays",
            "Your paths stay where they begin. They go on, too.",
            "path",
        ),
        Mistake(
            "never_stays",
            "Your paths never stay in a state: each letter would last one frame only.",
            "path",
        ),
        Mistake(
            "same_frame",
            "Within one frame your paths run through several states: the row is written over while "
            "it is still read. Which row do the three terms come from?",
            "path",
        ),
        Mistake(
            "round",
            "Before the first state comes the last one in yours: index −1 and `roll` go round.",
            "path",
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
            "path sum frames told blank",
        ),
        Mistake(
            "no_maximum_double",
            "Right for some frames; for many all chances are too small even for a double, and e to "
            "their logarithm is 0. What does `logsumexp` take out first?",
            "path sum frames told blank",
        ),
        Mistake(
            "nan",
            "NaN comes out: where nothing leads to a state all is −∞, and −∞ minus its maximum is "
            "NaN. What does `logsumexp` do then?",
            "path sum frames told blank",
        ),
        Mistake(
            "little_more",
            "Something small is added before the logarithm. With many frames it is far larger than "
            "the chances.",
            "path sum frames told blank",
        ),
        Mistake(
            "shared",
            "In each frame the sum is divided by 3. Chances are added, not averaged.",
            "path sum frames told blank",
        ),
        Mistake(
            "averaged",
            "In each frame you take the mean of the ways to a state. Chances are added.",
            "path sum frames told blank",
        ),
        Mistake(
            "logs_added",
            "Logarithms are added where chances should be: that multiplies the chances.",
            "path sum frames told blank",
        ),
        Mistake(
            "logs_added_within",
            "On the way to a state logarithms are added where chances should be: that multiplies "
            "the chances, and one −∞ swallows all.",
            "path sum frames told blank",
        ),
        Mistake(
            "logs_added_where_any",
            "On the way to a state logarithms are added, leaving −∞ out. That multiplies the "
            "chances. They are to be added.",
            "path sum frames told blank",
        ),
        Mistake(
            "no_blanks",
            "There is no blank among your states, and yet some are skipped: so letters are left "
            "out.",
            "path",
        ),
        Mistake(
            "no_blanks_no_skips",
            "There is no blank among your states: so letters follow at once. Where may the blank "
            "be said?",
            "path",
        ),
        Mistake(
            "no_first_blank",
            "All your paths begin with the first letter. A blank may come before it.",
            "path",
        ),
        Mistake(
            "no_last_blank",
            "All your paths end in the last letter. A blank may come behind it.",
            "path",
        ),
        Mistake(
            "blanks_between_only",
            "Blanks stand between your letters, but none before the first and behind the last.",
            "path",
        ),
        Mistake(
            "blanks_at_ends_only",
            "Blanks stand before and behind your letters, but none between them.",
            "path",
        ),
        Mistake(
            "blanks_where_needed",
            "Between your letters a blank stands only where two are equal. It may stand between "
            "any two.",
            "path",
        ),
        Mistake(
            "backwards",
            "The letters come backwards.",
            "path",
        ),
        Mistake(
            "letters_once",
            "Each letter of the text comes only once.",
            "path",
        ),
        Mistake(
            "doubles_merged",
            "Double letters of the text have become one. They are to be said twice.",
            "path",
        ),
        Mistake(
            "begins_blank",
            "All your paths begin with the blank. They may begin with the first letter, too.",
            "path",
        ),
        Mistake(
            "begins_anywhere",
            "Your paths begin in any state. Whoever begins later leaves letters out.",
            "path",
        ),
        Mistake(
            "ends_blank",
            "Your paths end in the last blank only. They may end in the last letter, too.",
            "path",
        ),
        Mistake(
            "ends_anywhere",
            "Your paths end in any state. Whoever ends earlier leaves letters out.",
            "path",
        ),
        Mistake(
            "better_end",
            "Of the two ends you take the better one. Their chances are added.",
            "path sum",
        ),
        Mistake(
            "ends_added",
            "The logarithms of the two ends are added: that multiplies their chances.",
            "path sum",
        ),
        Mistake(
            "empty_twice",
            "Right but for the empty text: it has a single state, and its chance is counted twice. "
            "What is index −1 there?",
            "path sum",
        ),
        Mistake(
            "three_ends",
            "You add the last *three* states. In which may a path end?",
            "path",
        ),
        Mistake(
            "blank_zero",
            "You take symbol 0 for the blank. Its number is given.",
            "blank",
        ),
        Mistake(
            "blank_last",
            "You take the last symbol for the blank. Its number is given.",
            "path sum frames told blank",
        ),
        Mistake(
            "last_frame_missing",
            "The last frame is never looked at.",
            "frames",
        ),
        Mistake(
            "first_frame_twice",
            "The first frame counts twice: alpha begins with it, and the loop does, too.",
            "frames",
        ),
        Mistake(
            "first_frame_free",
            "The scores of the first frame do not count: where does alpha begin?",
            "path sum frames told blank",
        ),
        Mistake(
            "virtual_frame",
            "There is one step too many: as if a frame without scores came before the first one, "
            "in which either state may be.",
            "path sum frames told blank",
        ),
        Mistake(
            "first_frame_missing",
            "The first frame is never looked at.",
            "path sum frames told blank",
        ),
        Mistake(
            "late_scores",
            "Each step takes the scores of the frame *before*.",
            "path sum frames told blank",
        ),
        Mistake(
            "as_chances",
            "You take chances for logarithms. The scores are logarithms already, and are added.",
            "path sum frames told blank",
        ),
        Mistake(
            "first_frame_only",
            "The scores of the first frame stand for all frames.",
            "path sum frames told blank",
        ),
        Mistake(
            "loss",
            "The sign: that is the loss, minus the logarithm. The score itself is asked for.",
            "told",
        ),
        Mistake(
            "chance",
            "That is the chance. Its logarithm is asked for.",
            "path sum frames told blank",
        ),
        Mistake(
            "by_letter",
            "It is divided by the number of letters. The score is not.",
            "told",
        ),
        Mistake(
            "by_frame",
            "It is divided by the number of frames. The score is not.",
            "path sum frames told blank",
        ),
        Mistake(
            "loss_by_letter",
            "That is PyTorch's loss by default: negated, and divided by the letters. Neither is "
            "asked for.",
            "path sum frames told blank",
        ),
        Mistake(
            "impossible_zero",
            "Where no path says the text you return 0: that is the logarithm of 1. It is −∞.",
            "path sum frames told blank",
        ),
        Mistake(
            "impossible_low",
            "Where no path says the text you return some number far below 0. It is −∞.",
            "path sum frames told blank",
        ),
        Mistake(
            "impossible_nan",
            "Where no path says the text you return NaN. It is −∞.",
            "path sum frames told blank",
        ),
        Mistake(
            "base_two",
            "That is the logarithm to base 2. The natural one is asked for.",
            "path sum frames told blank",
        ),
        Mistake(
            "base_ten",
            "That is the logarithm to base 10. The natural one is asked for.",
            "path sum frames told blank",
        ),
        Mistake(
            "normalised",
            "It is divided by the chance of all states together. Where you make each row sum to 1, "
            "what it was divided by has to be kept.",
            "path sum frames told blank",
        ),
        Mistake(
            "begins_three",
            "Your paths begin in one of the first *three* states: whoever begins in the third "
            "leaves a letter out.",
            "path sum frames told blank",
        ),
        Mistake(
            "empty_zero",
            "For an empty text you return 0. Blanks have to be said.",
            "path sum frames told blank",
        ),
        Mistake(
            "empty_never",
            "For an empty text you return −∞. The path of blanks says it.",
            "path sum frames told blank",
        ),
        Mistake(
            "at_least",
            "Your score never falls below −100.",
            "path sum frames told blank",
        ),
    ),
    properties=(
        Property(
            "Where no path says the text the score is −∞. Yours is another number there.",
            never_said,
        ),
        Property(
            "Where some path says the text yours is −∞: is a chance too small for a float, is a "
            "path left out, or are logarithms added where chances should be?",
            said_somehow,
        ),
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
