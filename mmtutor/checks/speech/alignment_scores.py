"""Where attention looks, scored by word. Traps: letters for words, gaps, ends, spaces, ties."""

import math
from collections.abc import Callable
from functools import partial

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


def alignment_scores(weights: Tensor, words: Tensor, times: Tensor, wrong: Wrong = RIGHT) -> float:
    """Reference: in which share of the steps with a word that word has the largest weight."""
    looked = looked_at(weights, words, len(times), wrong)
    heard = is_heard(times, len(weights), wrong)
    return float(shared(looked, heard, weights, words, wrong))


def masses(weights: Tensor, words: Tensor, count: int, wrong: Wrong = RIGHT) -> Tensor:
    """Return the weight of each word in each step (step, word)."""
    own = belongs(words, count).to(weights.dtype)
    next_word = torch.where(words < 0, words.roll(-1), words)
    before = torch.where(words < 0, words.roll(1), words)
    ways: dict[str, Callable[[], Tensor]] = {
        "mean_of_letters": lambda: weights @ (own / own.sum(0).clamp(min=1)),
        "largest_letter": lambda: largest(weights, own),
        "first_letter": lambda: weights @ (own * (own.cumsum(0) == 1)),
        "last_letter": lambda: weights @ (own * (own.flip(0).cumsum(0).flip(0) == 1)),
        "space_to_last": lambda: weights @ F.one_hot(words % count, count).to(weights),
        "space_to_first": lambda: weights @ F.one_hot(words.clamp(min=0), count).to(weights),
        "space_to_next": lambda: weights @ belongs(next_word, count).to(weights),
        "space_to_previous": lambda: weights @ belongs(before, count).to(weights),
        "places_for_words": lambda: F.pad(weights, (0, max(0, count - len(words))))[:, :count],
    }
    return either(ways, wrong, lambda: weights @ own)


def belongs(words: Tensor, count: int) -> Tensor:
    """Say which letter is whose (letter, word)."""
    return words[:, None] == torch.arange(count)


def largest(weights: Tensor, own: Tensor) -> Tensor:
    """Return the largest weight of each word's letters."""
    return torch.where(own > 0, weights[:, :, None], -1.0).amax(1)


def looked_at(weights: Tensor, words: Tensor, count: int, wrong: Wrong) -> Tensor:
    """Return which word is looked at in each step, −1 for none."""
    found = masses(weights, words, count, wrong)
    space = (weights * (words < 0)).sum(1)
    first = found.argmax(1)
    ways: dict[str, Callable[[], Tensor]] = {
        "strongest_letter": lambda: words[weights.argmax(1)],
        "space_wins": lambda: first.where(found.amax(1) >= space, -1),
        "later_tie": lambda: count - 1 - found.flip(1).argmax(1),
        "over_half": lambda: first.where(found.amax(1) > 0.5, -1),
        "smallest": lambda: found.argmin(1),
        "never_back": lambda: first.cummax(0).values,
        "step_of_word": lambda: found.mean(0).argmax().expand(len(weights)),
        "middle_letter": lambda: centre(weights, words),
        "one_late": lambda: first.roll(1),
        "one_early": lambda: first.roll(-1),
    }
    return either(ways, wrong, lambda: first)


def centre(weights: Tensor, words: Tensor) -> Tensor:
    """Return the word of the letter at the centre of attention."""
    places = torch.arange(len(words), dtype=weights.dtype)
    middle = (weights @ places / weights.sum(1).clamp(min=1e-9)).round().long()
    return words[middle.clamp(0, len(words) - 1)]


def is_heard(times: Tensor, steps: int, wrong: Wrong = RIGHT) -> Tensor:
    """Return whether each word is heard in each step (step, word)."""
    step = torch.arange(steps, dtype=times.dtype)[:, None]
    begin, end = times[:, 0], times[:, 1]
    following = torch.cat([begin[1:], end[-1:]])
    next_begin = F.pad(begin[1:], (0, 1), value=torch.inf)
    ways: dict[str, Callable[[], Tensor]] = {
        "end_counts": lambda: (begin <= step) & (step <= end),
        "end_counts_either": lambda: (begin <= step) & (step <= end),
        "end_counts_later": lambda: later_only((begin <= step) & (step <= end)),
        "begins_only": lambda: (begin <= step) & (step < next_begin),
        "begins_only_all": lambda: (begin <= step) & (step < next_begin),
        "begin_left_out": lambda: (begin < step) & (step < end),
        "end_for_begin": lambda: (begin < step) & (step <= end),
        "one_later": lambda: (begin <= step + 1) & (step + 1 < end),
        "one_earlier": lambda: (begin <= step - 1) & (step - 1 < end),
        "middle_of_step": lambda: (begin <= step + 0.5) & (step + 0.5 < end),
        "rounded_down": lambda: (begin.floor() <= step) & (step < end.floor()),
        "rounded": lambda: (begin.round() <= step) & (step < end.round()),
        "rounded_out": lambda: (begin.floor() <= step) & (step < end.ceil()),
        "gap_to_previous": lambda: (begin <= step) & (step < following),
        "gap_to_next": lambda: (F.pad(end[:-1], (1, 0)) <= step) & (step < end),
        "begin_and_length": lambda: (begin <= step) & (step < begin + end),
        "whole_text": lambda: (begin <= step) & (step < end[-1]),
        "first_steps": lambda: (begin.ceil() == step) & (step < end),
    }
    return either(ways, wrong, lambda: (begin <= step) & (step < end))


def later_only(heard: Tensor) -> Tensor:
    """Keep the later word where two are heard."""
    last = heard.shape[1] - 1 - heard.flip(1).long().argmax(1)
    return heard & (torch.arange(heard.shape[1]) == last[:, None])


def shared(looked: Tensor, heard: Tensor, weights: Tensor, words: Tensor, wrong: Wrong) -> Tensor:
    """Return the share of hits."""
    real = heard.any(1)
    hits = (looked == heard.long().argmax(1)) & real
    either_one = (F.one_hot(looked + 1, heard.shape[1] + 1)[:, 1:].bool() & heard).any(1)
    count = heard.shape[1]
    found = masses(weights, words, count, wrong)
    mass, top = (found * heard).sum(1), (found == found.amax(1, keepdim=True)).float()
    each = torch.stack([hits[own].float().mean() for own in heard.T])
    ways: dict[str, Callable[[], Tensor]] = {
        "end_counts_either": lambda: either_one[real].float().mean(),
        "begins_only_all": lambda: hits.float().mean(),
        "gaps_wrong": lambda: hits.float().mean(),
        "gaps_right": lambda: (hits | ~real).float().mean(),
        "gaps_first_word": lambda: (looked == heard.long().argmax(1)).float().mean(),
        "mean_of_words": lambda: each.nanmean(),
        "words_found": lambda: (each > 0).float().mean(),
        "words_mostly": lambda: (each > 0.5).float().mean(),
        "words_all": lambda: (each == 1).float().mean(),
        "soft": lambda: mass[real].mean(),
        "all_steps": lambda: hits[real].all().float(),
        "tie_half": lambda: (top * heard).sum(1)[real].div(top.sum(1)[real]).mean(),
        "tie_any": lambda: ((top > 0) & heard).any(1)[real].float().mean(),
        "tie_none": lambda: (top.sum(1) == 1)[real].logical_and(hits[real]).float().mean(),
        "above_mean": lambda: wide(found > found.mean(1, keepdim=True), heard)[real].mean(),
        "any_weight": lambda: wide(found > 0, heard)[real].mean(),
        "top_two": lambda: wide(found >= second(found), heard)[real].mean(),
        "best_step": lambda: heard.gather(0, found.argmax(0)[None]).float().mean(),
        "misses": lambda: 1 - hits[real].float().mean(),
        "how_many": lambda: hits.sum(),
        "percent": lambda: 100 * hits[real].float().mean(),
        "by_letters": lambda: hits.sum() / weights.shape[1],
        "by_words": lambda: hits.sum() / count,
        "any_step": lambda: hits.any().float(),
    }
    return either(ways, wrong, lambda: hits[real].float().mean())


def wide(looked: Tensor, heard: Tensor) -> Tensor:
    """Return 1 for each step in which the word heard is among several that are looked at."""
    return (looked & heard).any(1).float()


def second(found: Tensor) -> Tensor:
    """Return the second largest weight of each step, the largest where there is one word."""
    return found.topk(min(2, found.shape[1]), 1).values[:, -1:]


def alignment_cases() -> list[Case]:
    def case(words: list[int], times: list[list[int | float]], steps: int, seed: int) -> Case:
        """Attention that mostly goes along, with much on spaces and on single letters."""
        letters, bounds = torch.tensor(words), torch.tensor(times)
        heard = is_heard(bounds, steps).to(torch.float32)
        own = (letters[:, None] == torch.arange(len(times))).float()
        pull = 1.5 * heard @ own.T + 1.3 * random_tensor(steps, len(words), seed=seed)
        return Case(weights=pull.softmax(1), words=letters, times=bounds)

    example = Case(
        weights=torch.tensor(
            [
                [0.3, 0.3, 0.0, 0.4],
                [0.125, 0.125, 0.5, 0.25],
                [1.0, 0.0, 0.0, 0.0],
                [0.0, 0.25, 0.25, 0.5],
                [0.5, 0.25, 0.0, 0.25],
            ]
        ),
        words=torch.tensor([0, 0, -1, 1]),
        times=torch.tensor([[0.0, 2.0], [3.0, 5.0]]),
    )
    three = [0, 0, 0, -1, 1, 1, -1, 2, 2, 2, 2]
    return [
        example,
        case(three, [[1.0, 4.0], [4.0, 9.0], [11.0, 15.0]], 18, 10),
        case(three, [[0.5, 5.0], [6.25, 8.0], [8.0, 12.75]], 13, 20),
        case([0, -1, 1, 1, 1, -1, 2, -1, 3, 3], [[2, 6.5], [6.5, 7], [9, 16], [16.4, 21]], 24, 30),
        case([-1, 0, 0, -1, 1, -1], [[0.0, 3.0], [3.0, 7.0]], 9, 40),
        case([0, 0, 0], [[1.0, 3.0]], 5, 50),
        case([0], [[0.0, 1.0]], 1, 55),
        case([0, 0, -1, 1, -1, 2], [[3.2, 3.8], [4.0, 8.0], [8.001, 30.0]], 17, 60),
        case([0, 1, 1, -1, 2], [[1.75, 5.0], [5.0, 9.5], [12.0, 30.0]], 31, 70),
        ties(),
        case([0, 0, 1, 1, 1, 2, -1, 3], [[4, 9.99], [10, 18.5], [18.5, 40], [120, 127]], 140, 80),
        case([0, -1, 1, -1, 2, 2], [[0, 2], [2.5, 2.75], [4, 6]], 8, 90),
    ]


def ties() -> Case:
    """Return weights in eighths: words and letters tie, or nearly, and a letter has nothing."""
    eighths = torch.tensor(
        [
            [2, 2, 0, 2, 2, 0],
            [1, 1, 4, 1, 1, 0],
            [0, 4, 0, 2, 1, 1],
            [3, 0, 1, 2, 1, 1],
            [0, 0, 8, 0, 0, 0],
            [0, 0, 0, 2, 2, 4],
            [1, 0, 0, 3, 0, 4],
            [0, 4, 0, 2, 1, 1],
            [0, 0, 8, 0, 0, 0],
        ]
    )
    weights = eighths / 8
    weights[6, 5], weights[6, 0] = 0.5 - 1 / 1024, 0.125 + 1 / 1024
    weights[8, 3:] = torch.tensor([0.0003, 0.0003, 0.0007])  # nearly all on the space
    return Case(
        weights=weights,
        words=torch.tensor([0, 0, -1, 1, 1, 2]),
        times=torch.tensor([[0.0, 2.0], [2.0, 5.0], [5.0, 9.0]]),
    )


def is_number(case: Case, output: float) -> bool:
    """Say whether it is a number at all."""
    return not math.isnan(float(output))


def is_share(case: Case, output: float) -> bool:
    """Say whether the number lies between 0 and 1."""
    return math.isnan(float(output)) or -1e-6 <= float(output) <= 1 + 1e-6


def counts_steps(case: Case, output: float) -> bool:
    """Say whether the number is a whole number of the steps in which a word is heard."""
    steps = int(is_heard(case["times"], len(case["weights"])).any(1).sum())
    found = float(output) * steps
    return math.isnan(found) or abs(found - round(found)) < 1e-3


def like(more: bool, case: Case, output: float) -> bool:
    """Say whether the number is not too large, or not too small."""
    right = alignment_scores(*case.values())
    return float(output) <= right + 1e-4 if more else float(output) >= right - 1e-4


ALIGNMENT_SCORES = Implement(
    id="speech.alignment_scores",
    title="Did it look at the right word?",
    difficulty=2,
    minutes=15,
    hints=(
        "Make two tables on paper, with a row for each step and a column for each word: how much "
        "weight the word has, and whether it is heard. Which rows of the second are empty?",
        "weight(t, w) = Σ over letters l with words[l] = w of weights[t, l]. heard(t, w): "
        "times[w, 0] ≤ t < times[w, 1]. Share of the t with a word of which the largest weight is "
        "that of the word heard.",
        "weights: (step, letter) @ (letter, word) → (step, word) → argmax: (step,). heard: "
        "(step, word) → any: (step,). Result: one number.",
        "own = words[:, None] == torch.arange(...)\nlooked = (weights @ own.float()).argmax(...)\n"
        "step = torch.arange(len(weights))[:, None]\nheard = (times[:, 0] <= step) & ...\n"
        "real = heard.any(...)\nreturn the mean of looked == word heard, over the steps with ...",
    ),
    reference=alignment_scores,
    cases=alignment_cases,
    mistakes=(
        Mistake(
            "strongest_letter",
            "You take the word of the strongest *letter*. A word's weight is the sum over all of "
            "its letters.",
            "look mass",
        ),
        Mistake(
            "mean_of_letters",
            "You take the *mean* over a word's letters: so long words lose. The sum is asked for.",
            "mass",
        ),
        Mistake(
            "largest_letter",
            "You take the *largest* of a word's letters. The sum is asked for.",
            "mass",
        ),
        Mistake("first_letter", "Only the first letter of each word counts in yours.", "mass"),
        Mistake("last_letter", "Only the last letter of each word counts in yours.", "mass"),
        Mistake(
            "space_to_last",
            "The weight of spaces goes to the *last* word: what is index −1 in Python?",
            "mass",
        ),
        Mistake("space_to_first", "The weight of spaces goes to the first word.", "mass"),
        Mistake("space_to_next", "The weight of a space goes to the word behind it.", "mass"),
        Mistake("space_to_previous", "The weight of a space goes to the word before it.", "mass"),
        Mistake(
            "places_for_words",
            "You take the first letters for the words. `words` says which letters are whose.",
            "heard shared look mass",
        ),
        Mistake(
            "space_wins",
            "A space that has more than any word makes your step a miss. Spaces have no say.",
            "look mass",
        ),
        Mistake(
            "later_tie",
            "Of two words with equal weights you take the later one. The earlier one counts.",
            "look mass",
        ),
        Mistake(
            "over_half",
            "A word must have more than half of all weight in yours. It needs only more than any "
            "other word.",
            "look mass",
        ),
        Mistake(
            "smallest",
            "You take the word with the *smallest* weight.",
            "heard shared look mass",
        ),
        Mistake(
            "never_back",
            "You never go back to an earlier word. What is looked at may well jump back.",
            "look mass",
        ),
        Mistake(
            "step_of_word",
            "You look for one word for all steps. Each step has its own.",
            "heard shared look mass",
        ),
        Mistake(
            "middle_letter",
            "You take the letter in the middle of all weight. Which *word* has the most?",
            "look mass",
        ),
        Mistake("one_late", "What is looked at comes one step too late.", "look mass"),
        Mistake("one_early", "What is looked at comes one step too early.", "look mass"),
        Mistake(
            "end_counts",
            "The step at which a word *ends* counts as its own in yours. times[w, 1] itself does "
            "not belong to it.",
            "heard",
        ),
        Mistake(
            "end_counts_either",
            "The step at which a word *ends* still belongs to it in yours, so that two words may "
            "be heard at once. times[w, 1] itself does not belong to it.",
            "heard shared look mass",
        ),
        Mistake(
            "end_counts_later",
            "A word is still heard in yours in the step at which it *ends*. times[w, 1] itself "
            "does not belong to it.",
            "heard shared look mass",
        ),
        Mistake(
            "begins_only",
            "You look only at where words begin: the last of them is heard for ever, and none has "
            "a gap behind it. When do they end?",
            "heard shared look mass",
        ),
        Mistake(
            "begins_only_all",
            "You look only at where words begin, and all steps count. When do they end, and is a "
            "word heard in every step?",
            "heard shared look mass",
        ),
        Mistake(
            "begin_left_out",
            "The step at which a word begins does not count in yours. times[w, 0] itself belongs "
            "to it.",
            "heard",
        ),
        Mistake(
            "end_for_begin",
            "The step at which a word ends belongs to it in yours, that at which it begins does "
            "not. It is the other way round.",
            "heard shared look mass",
        ),
        Mistake("one_later", "You count steps from 1. The first step is step 0.", "heard"),
        Mistake(
            "one_earlier",
            "Words are heard one step too late in yours.",
            "heard shared look mass",
        ),
        Mistake(
            "middle_of_step",
            "You ask which word is heard half a step later. Step t is at t itself.",
            "heard shared look mass",
        ),
        Mistake(
            "rounded_down",
            "Times are rounded down before they are compared. A word that begins at 1.5 is not "
            "heard in step 1.",
            "heard shared look mass",
        ),
        Mistake(
            "rounded",
            "Times are rounded before they are compared. Take them as they are.",
            "heard shared look mass",
        ),
        Mistake(
            "rounded_out",
            "Words begin too soon: beginnings are rounded down. One that begins at 1.5 is not "
            "heard in step 1.",
            "heard shared look mass",
        ),
        Mistake(
            "gap_to_previous",
            "A word goes on in yours until the next one begins. In the gap no word is heard.",
            "heard",
        ),
        Mistake(
            "gap_to_next",
            "A word begins in yours as soon as the one before it ends. In the gap no word is "
            "heard.",
            "heard",
        ),
        Mistake(
            "begin_and_length",
            "You take the second time for a length. It is where the word ends.",
            "heard shared",
        ),
        Mistake(
            "whole_text",
            "You take all words that have begun for heard. Each ends, too.",
            "heard shared look mass",
        ),
        Mistake(
            "first_steps",
            "Only the first step of each word counts in yours. All of them do.",
            "heard shared look mass",
        ),
        Mistake(
            "gaps_wrong",
            "Steps in which no word is heard count as misses in yours. They do not count at all: "
            "by how many steps is to be divided?",
            "shared",
        ),
        Mistake(
            "gaps_right",
            "Steps in which no word is heard count as hits in yours. They do not count at all.",
            "heard shared look mass",
        ),
        Mistake(
            "gaps_first_word",
            "Steps in which no word is heard count in yours as if the first word were heard: "
            "`argmax` of a row of False is 0.",
            "shared",
        ),
        Mistake(
            "mean_of_words",
            "You take a share for each word and then their mean. Each *step* counts the same.",
            "shared",
        ),
        Mistake(
            "words_found",
            "You count words that are looked at in some step. Steps are to be counted.",
            "heard shared look mass",
        ),
        Mistake(
            "words_mostly",
            "You count words that are looked at in most of their steps. Steps are to be counted.",
            "heard shared look mass",
        ),
        Mistake(
            "words_all",
            "You count words that are looked at in all their steps. Steps are to be counted.",
            "heard shared look mass",
        ),
        Mistake(
            "soft",
            "You average the weight of the word that is heard. Ask in each step whether it is the "
            "largest.",
            "shared look",
        ),
        Mistake(
            "all_steps",
            "That says whether all steps are right. In which share?",
            "heard shared look mass",
        ),
        Mistake(
            "tie_half",
            "Where two words have equal weights yours counts half a hit. The earlier one is looked "
            "at, the other is not.",
            "heard shared look mass",
        ),
        Mistake(
            "tie_any",
            "Where two words have equal weights either counts as looked at in yours. Only the "
            "earlier one is.",
            "heard shared look mass",
        ),
        Mistake(
            "tie_none",
            "Where two words have equal weights none is looked at in yours. The earlier one is.",
            "heard shared look mass",
        ),
        Mistake(
            "above_mean",
            "Several words can be looked at in one step of yours: all that have more than the "
            "mean. Only the one with the largest weight is.",
            "heard shared look mass",
        ),
        Mistake(
            "any_weight",
            "Several words can be looked at in one step of yours: all that have any weight. Only "
            "the one with the largest is.",
            "heard shared look mass",
        ),
        Mistake(
            "top_two",
            "Two words are looked at in one step of yours. Only the one with the largest weight "
            "is.",
            "heard shared look mass",
        ),
        Mistake(
            "best_step",
            "For each word you look for its best *step*. For each step the word with the largest "
            "weight is asked for: along which axis?",
            "heard shared look mass",
        ),
        Mistake(
            "misses",
            "That is the share of misses.",
            "heard shared look mass",
        ),
        Mistake(
            "how_many",
            "That is how *many* steps are right. Of how many?",
            "heard shared look mass",
        ),
        Mistake(
            "percent",
            "That is a percentage. A number from 0 to 1 is asked for.",
            "heard shared look mass",
        ),
        Mistake(
            "by_letters",
            "You divide by the number of letters. Of which steps is it a share?",
            "heard shared look mass",
        ),
        Mistake(
            "by_words",
            "You divide by the number of words. Of which steps is it a share?",
            "heard shared look mass",
        ),
        Mistake(
            "any_step",
            "That says whether any step is right. In which share?",
            "heard shared look mass",
        ),
    ),
    properties=(
        Property(
            "NaN comes out: in some input you find no step in which a word is heard, and there is "
            "always one.",
            is_number,
        ),
        Property("A share lies between 0 and 1. Yours does not.", is_share),
        Property(
            "Your number is no share of the steps in which a word is heard: count these steps. By "
            "which number do you divide?",
            counts_steps,
        ),
        Property(
            "Your share is too large at times: can more than one word be looked at in a step of "
            "yours, or does a step count in which none is heard?",
            partial(like, True),
        ),
        Property(
            "Your share is too small at times. Which steps do you miss?", partial(like, False)
        ),
    ),
)
