"""Mend a monitor that scales every film to its own smallest and largest score.

So the highest frame of *any* film gets 1, odd or not. Published code does it before it measures:
the area under the curve looks better, and what is measured could never be an alarm in time.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.gpt.shared import either

Pair = tuple[Tensor, Tensor]


def alarms(usual: Tensor, scores: Tensor, share: float, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: scores above what only `share` of the usual frames exceed, one line for all."""
    before, now = scaled(usual, scores, wrong)
    line = threshold(before, now, share, wrong)
    ways: dict[str, Callable[[], Tensor]] = {
        "at_threshold": lambda: now >= line,
        "below": lambda: now < line,
        "at_most": lambda: now <= line,
        "whole_film": lambda: (now > line).any(1),
        "whole_film_frames": lambda: (now > line).any(1, keepdim=True).expand_as(now).clone(),
        "film_mean": lambda: (now.mean(1, keepdim=True) > line).expand_as(now).clone(),
        "distances": lambda: now - line,
        "numbers": lambda: (now > line).float(),
        "shares": lambda: (now > line).float().mean(1),
        "on_usual": lambda: before > line,
        "fewer_above": lambda: shares_above(before, now) < share,
        "no_more_above": lambda: shares_above(before, now) <= share,
        "from_then_on": lambda: (now > line).cummax(1).values,
    }
    return either(ways, wrong, lambda: now > line)


def shares_above(before: Tensor, now: Tensor) -> Tensor:
    """Return for each test score which share of the usual frames exceeds it."""
    return (before.flatten() > now[..., None]).float().mean(-1)


def scaled(usual: Tensor, scores: Tensor, wrong: Wrong) -> Pair:
    """Return validation and test scores in the units in which they are compared."""
    one = by_range(usual, usual)
    ways: dict[str, Callable[[], Pair]] = {
        "per_film": lambda: (one, by_range(scores, scores, 1)),
        "all_test": lambda: (one, by_range(scores, scores)),
        "per_frame": lambda: (one, by_range(scores, scores, 0)),
        "both_per_film": lambda: (by_range(usual, usual, 1), by_range(scores, scores, 1)),
        "both_per_frame": lambda: (by_range(usual, usual, 0), by_range(scores, scores, 0)),
        "usual_per_film": lambda: (by_range(usual, usual, 1), by_range(scores, usual)),
        "z_per_film": lambda: (by_spread(usual, usual), by_spread(scores, scores, 1)),
        "z_both": lambda: (by_spread(usual, usual, 1), by_spread(scores, scores, 1)),
        "z_all_test": lambda: (by_spread(usual, usual), by_spread(scores, scores)),
        "by_largest": lambda: (usual / usual.max(), scores / scores.amax(1, keepdim=True)),
        "by_smallest": lambda: (
            usual - usual.min(),
            scores - scores.amin(1, keepdim=True),
        ),
        "all_by_largest": lambda: (usual / usual.max(), scores / scores.max()),
        "magnitude": lambda: (usual.abs(), scores.abs()),
        "both_by_largest": lambda: apart(usual, scores, lambda x: x / x.amax(1, keepdim=True)),
        "both_by_smallest": lambda: apart(usual, scores, lambda x: x - x.amin(1, keepdim=True)),
        "both_by_mean": lambda: apart(usual, scores, lambda x: x - x.mean(1, keepdim=True)),
        "both_by_median": lambda: apart(
            usual, scores, lambda x: x - x.median(1, keepdim=True).values
        ),
        "both_by_first": lambda: apart(usual, scores, lambda x: x - x[:, :1]),
        "by_mean": lambda: (usual - usual.mean(), scores - scores.mean(1, keepdim=True)),
        "by_median": lambda: (
            usual - usual.median(),
            scores - scores.median(1, keepdim=True).values,
        ),
        "by_first_frame": lambda: (usual, scores - scores[:, :1]),
        "half_mended": lambda: (one, scores),
        "other_half": lambda: (usual, by_range(scores, usual)),
        "threshold_raw": lambda: (usual, by_range(scores, scores, 1)),
        "as_if_seen": lambda: (one, seen_so_far(scores)),
        "first_film_range": lambda: (one, by_range(scores, scores[:1])),
        "first_usual_range": lambda: (one, by_range(scores, usual[:1])),
        "of_both": lambda: (one, by_range(scores, torch.cat([usual.flatten(), scores.flatten()]))),
        "film_low": lambda: (one, by_ends(scores, scores.amin(1, keepdim=True), usual.max())),
        "film_high": lambda: (one, by_ends(scores, usual.min(), scores.amax(1, keepdim=True))),
        "test_low": lambda: (one, by_ends(scores, scores.min(), usual.max())),
        "test_high": lambda: (one, by_ends(scores, usual.min(), scores.max())),
        "only_lowered": lambda: (one, scores - usual.min()),
        "only_divided": lambda: (one, scores / usual.max()),
        "clamped_film": lambda: (one, by_range(scores.clamp(min=0), scores.clamp(min=0), 1)),
    }
    return either(ways, wrong, lambda: (usual, scores))


def apart(usual: Tensor, scores: Tensor, change: Callable[[Tensor], Tensor]) -> Pair:
    """Return validation and test scores, each film changed by itself."""
    return change(usual), change(scores)


def by_range(values: Tensor, of: Tensor, axis: int | None = None) -> Tensor:
    """Return values such that 0 is the smallest `of` these and 1 the largest, along an axis."""
    if axis is None:
        return (values - of.min()) / (of.max() - of.min())
    low, high = of.amin(axis, keepdim=True), of.amax(axis, keepdim=True)
    return (values - low) / (high - low)


def by_ends(values: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return values such that 0 is `low` and 1 is `high`."""
    return (values - low) / (high - low)


def by_spread(values: Tensor, of: Tensor, axis: int | None = None) -> Tensor:
    """Return values by their distance from the mean `of` these, in standard deviations."""
    if axis is None:
        return (values - of.mean()) / (of.std() + 1e-9)
    return (values - of.mean(axis, keepdim=True)) / (of.std(axis, keepdim=True) + 1e-9)


def seen_so_far(scores: Tensor) -> Tensor:
    """Return scores by the range of what the film has shown until then."""
    low, high = scores.cummin(1).values, scores.cummax(1).values
    return (scores - low) / (high - low)


def threshold(before: Tensor, now: Tensor, share: float, wrong: Wrong) -> Tensor:
    """Return the line above which a score is an alarm."""
    films = before.quantile(1 - share, dim=1)
    ways: dict[str, Callable[[], Tensor]] = {
        "test_line": lambda: now.flatten().quantile(1 - share),
        "line_of_both": lambda: torch.cat([before.flatten(), now.flatten()]).quantile(1 - share),
        "test_film_line": lambda: now.quantile(1 - share, dim=1, keepdim=True),
        "low_line": lambda: before.flatten().quantile(share),
        "line_below": lambda: before.flatten().quantile(1 - share, interpolation="lower"),
        "line_above": lambda: before.flatten().quantile(1 - share, interpolation="higher"),
        "line_nearest": lambda: before.flatten().quantile(1 - share, interpolation="nearest"),
        "line_counted_below": lambda: counted_up(before, share),
        "line_counted": lambda: counted_down(before, share),
        "largest": lambda: before.max(),
        "mean_line": lambda: before.mean(),
        "median_line": lambda: before.median(),
        "mean_of_films": lambda: films.mean(),
        "largest_of_films": lambda: films.max(),
        "smallest_of_films": lambda: films.min(),
        "by_film_maxima": lambda: before.amax(1).quantile(1 - share),
        "first_film_line": lambda: films[0],
        "percent": lambda: before.flatten().quantile(1 - share / 100),
        "share_is_line": lambda: torch.tensor(1 - share),
        "two_sided": lambda: before.flatten().quantile(1 - share / 2),
        "of_range": lambda: before.min() + (1 - share) * (before.max() - before.min()),
        "of_largest": lambda: (1 - share) * before.max(),
        "normal": lambda: before.mean() + before.std() * normal(1 - share),
        "median_of_films": lambda: films.quantile(0.5),
        "last_film_line": lambda: films[-1],
        "lines_in_a_row": lambda: films,
        "lines_of_frames": lambda: before.quantile(1 - share, dim=0),
        "lines_of_films": lambda: films[:, None],
        "three_spreads": lambda: before.mean() + 3 * before.std(),
    }
    return either(ways, wrong, lambda: before.flatten().quantile(1 - share))


def counted_up(before: Tensor, share: float) -> Tensor:
    """Return the usual score that so many, rounded down, are below."""
    lowest = before.flatten().sort().values
    return lowest[-1 - int((1 - share) * (len(lowest) - 1))]


def normal(share: float) -> Tensor:
    """Return below how many standard deviations such a share of a normal distribution lies."""
    return torch.special.ndtri(torch.tensor(share).clamp(1e-4, 1 - 1e-4))


def counted_down(before: Tensor, share: float) -> Tensor:
    """Return the usual score that so many, rounded down, are above."""
    highest = before.flatten().sort(descending=True).values
    return highest[min(int(share * len(highest)), len(highest) - 1)]


def alarms_cases() -> list[Case]:
    def case(
        usual: tuple[int, int], size: tuple[int, int], share: float, seed: int, scale: float = 1.0
    ) -> Case:
        """Films of which each has a level and a spread of its own; some become odd."""
        spreads = 0.2 + random_tensor(size[0], 1, seed=seed).abs()
        levels = 0.3 * random_tensor(size[0], 1, seed=seed + 1)
        scores = levels + spreads * random_tensor(*size, seed=seed + 2)
        scores[::2, size[1] // 2 :] += 1.5
        quiet = 0.3 * random_tensor(usual[0], 1, seed=seed + 3)
        heights = quiet + (0.2 + quiet.abs()) * random_tensor(*usual, seed=seed + 4)
        return Case(usual=scale * heights, scores=scale * scores, share=share)

    exact = Case(
        usual=torch.arange(17.0)[torch.arange(17) * 5 % 17][None],
        scores=torch.tensor([[12.0, 3.0, 12.5, 0.0], [11.5, 12.0, 11.0, 40.0]]),
        share=0.25,
    )
    level = case((4, 9), (3, 5), 0.2, 60)
    level["scores"][0], level["scores"][1] = 9.0, -9.0  # one film odd throughout, one never
    above = case((4, 7), (3, 6), 0.3, 62)
    above["scores"] += 9.0  # all of them are above the line
    within = case((5, 6), (4, 5), 0.3, 65)
    within["usual"] *= 8
    twins = case((3, 6), (4, 7), 0.25, 70)
    twins["usual"][1] = twins["usual"][0]
    twins["scores"][1] = twins["scores"][0]
    twins["scores"][2, 0], twins["usual"][2, 0] = 0.0, 0.0
    low = case((5, 12), (6, 8), 0.1, 80, 0.004)
    return [
        case((3, 8), (4, 6), 0.1, 10),
        case((6, 10), (5, 12), 0.05, 20),
        case((2, 20), (3, 9), 0.5, 30, 60.0),
        case((7, 5), (1, 16), 0.02, 40),
        case((1, 30), (8, 1), 0.3, 50),
        case((8, 1), (2, 7), 0.2, 55),
        exact,
        level,
        above,
        within,
        moved(case((3, 7), (4, 8), 0.25, 66), 140.0),
        moved(case((4, 6), (3, 9), 0.2, 67), -90.0),
        twins,
        low,
        case((4, 40), (7, 30), 0.01, 90),
        case((9, 7), (9, 7), 0.15, 95, 30.0),
        Case(  # the line is the largest usual score itself
            usual=torch.tensor([[0.1, 0.2, 0.2, 0.2, 0.2]]),
            scores=torch.tensor([[0.2, 0.9, 0.15]]),
            share=0.2,
        ),
    ]


def moved(case: Case, by: float) -> Case:
    """Return a case with all scores moved up or down."""
    return Case(usual=case["usual"] + by, scores=case["scores"] + by, share=case["share"])


def is_fit(case: Case, output: Tensor) -> bool:
    """Say whether an answer has a place for each frame."""
    return torch.as_tensor(output).shape == case["scores"].shape


def one_line_for_all(case: Case, output: Tensor) -> bool:
    """Say whether every score with an alarm is higher than all without, in whichever film."""
    if not is_fit(case, output):
        return True
    loud, scores = torch.as_tensor(output).bool(), case["scores"]
    return not loud.any() or bool(loud.all()) or bool(scores[loud].min() > scores[~loud].max())


def rises(case: Case, output: Tensor) -> bool:
    """Say whether in each film every score with an alarm is higher than all without."""
    rows = zip(case["scores"].split(1), torch.as_tensor(output).split(1), strict=False)
    return not is_fit(case, output) or all(
        one_line_for_all(Case(scores=film), loud) for film, loud in rows
    )


def so_many(more: bool, case: Case, output: Tensor) -> bool:
    """Say whether there are not more alarms than there should be, or not fewer."""
    if not is_fit(case, output):
        return True
    mine, wanted = int(torch.as_tensor(output).sum()), int(alarms(*case.values()).sum())
    return mine <= wanted if more else mine >= wanted


SCORES_BUG = FindTheBug(
    id="video.bug_scores",
    title="Find the bug: every film has its alarm",
    difficulty=2,
    minutes=15,
    given=frozenset({"per_film"}),
    hints=(
        "Give the program a film in which nothing happens and print `scaled`. What is its largest "
        "number? What is it for a film in which much happens?",
        "A score is an alarm if it is above the line, and the line is the same for all films. So "
        "scores have to be in the units of the line, whichever film they are from.",
        "usual: (film, frame) of validation; scores: (film, frame) of test. The line is one "
        "number. "
        "`low` and `high` are one number each, too.",
        "low, high = usual.min(), usual.max()\n"
        "line = ((usual - low) / (high - low)).flatten().quantile(1 - share)\n"
        "return (scores - ...) / (...) > line",
    ),
    reference=alarms,
    cases=alarms_cases,
    mistakes=(
        Mistake(
            "per_film",
            "Each test film is scaled to its own smallest and largest score. So the highest frame "
            "of every film gets 1, whether something is odd or not. In which units is the line?",
            "what",
        ),
        Mistake(
            "all_test",
            "The test films are scaled to their common smallest and largest score. So one film's "
            "peak decides on the alarms of another. In which units is the line?",
            "what",
        ),
        Mistake(
            "per_frame",
            "Each frame is scaled over the films: films have become each other's measure. In which "
            "units is the line?",
            "what",
        ),
        Mistake(
            "both_per_film",
            "Now the validation films are scaled one by one, too. The highest frame of every film "
            "still gets 1, whether something is odd or not.",
            "what",
        ),
        Mistake(
            "both_per_frame",
            "Both are scaled frame by frame, over the films. One scale for all is needed.",
            "what",
        ),
        Mistake(
            "usual_per_film",
            "The validation films are scaled one by one, the test films all in one way. In which "
            "units is the line then?",
            "what",
        ),
        Mistake(
            "z_per_film",
            "Each test film is still measured by itself: by its own mean and spread. A film that "
            "is odd throughout would never be heard.",
            "what",
        ),
        Mistake(
            "z_both",
            "Every film, usual or not, is measured by its own mean and spread. A film that is odd "
            "throughout would never be heard.",
            "what",
        ),
        Mistake(
            "z_all_test",
            "The test films are measured by their own mean and spread, the line by that of "
            "validation.",
            "what",
        ),
        Mistake(
            "by_largest",
            "Each test film is divided by its own largest score. So each film has a frame with 1.",
            "what",
        ),
        Mistake(
            "by_smallest",
            "Each test film's own smallest score is taken away. It is another one in each film.",
            "what",
        ),
        Mistake(
            "all_by_largest",
            "The test films are divided by their common largest score, the usual ones by theirs. "
            "In which units is the line?",
            "what",
        ),
        Mistake("magnitude", "The sign of the scores is lost.", "what"),
        Mistake(
            "both_by_largest",
            "Every film, usual or not, is divided by its own largest score: the highest frame of "
            "each still gets 1.",
            "what",
        ),
        Mistake(
            "both_by_smallest",
            "Every film's own smallest score is taken away, usual or not. It is another one in "
            "each film.",
            "what",
        ),
        Mistake(
            "both_by_mean",
            "Every film's own mean is taken away, usual or not. A film that is odd throughout "
            "would never be heard.",
            "what",
        ),
        Mistake(
            "both_by_median",
            "Every film's own median is taken away, usual or not. A film that is odd throughout "
            "would never be heard.",
            "what",
        ),
        Mistake(
            "both_by_first",
            "Every film's own first score is taken away, usual or not. A film that is odd "
            "throughout would never be heard.",
            "what",
        ),
        Mistake(
            "by_mean",
            "Each test film's own mean is taken away. A film that is odd for long hides so.",
            "what",
        ),
        Mistake(
            "by_median",
            "Each test film's own median is taken away. A film that is odd for long hides so.",
            "what",
        ),
        Mistake(
            "by_first_frame",
            "Each test film's first score is taken away, and none of the validation films'.",
            "what",
        ),
        Mistake(
            "half_mended",
            "The test scores are as they were measured now, but the line is still in scaled units. "
            "Both must be in the same.",
            "what",
        ),
        Mistake(
            "other_half",
            "The line is in the units of the scores now, but the test scores are scaled. Both must "
            "be in the same units.",
            "what",
        ),
        Mistake(
            "threshold_raw",
            "You changed the line and left the scale of each test film as it was.",
            "what",
        ),
        Mistake(
            "as_if_seen",
            "Each test film is scaled to what it has shown so far. The line is in other units.",
            "what",
        ),
        Mistake(
            "first_film_range",
            "All test films are scaled by the first of them. In which units is the line?",
            "what",
        ),
        Mistake(
            "first_usual_range",
            "The test films are scaled by the first validation film, the line by all of them.",
            "what",
        ),
        Mistake(
            "of_both",
            "The test scores are scaled by the range of validation and test together, the line by "
            "that of validation.",
            "what",
        ),
        Mistake(
            "film_low",
            "The test films are scaled from their own smallest score to the *usual* largest one. "
            "In which units is the line?",
            "what",
        ),
        Mistake(
            "film_high",
            "The test films are scaled to their own largest score, the line to the *usual* largest "
            "one. In which units is the line?",
            "what",
        ),
        Mistake(
            "test_low",
            "From the test scores their own smallest one is taken away, from the line the *usual* "
            "smallest one. In which units is the line?",
            "what",
        ),
        Mistake(
            "test_high",
            "The test scores are scaled to their own largest one, the line to the *usual* largest "
            "one. In which units is the line?",
            "what",
        ),
        Mistake(
            "only_lowered",
            "The test scores have the smallest one taken away and are not divided, the line is. In "
            "which units is the line?",
            "what",
        ),
        Mistake(
            "only_divided",
            "The test scores are divided only, the line has the smallest score taken away, too. In "
            "which units is the line?",
            "what",
        ),
        Mistake(
            "clamped_film",
            "Scores below 0 are lost, and each test film is still scaled by itself.",
            "what",
        ),
        Mistake(
            "test_line",
            "The line is chosen on the *test* films. Their scores are not known when it is chosen.",
            "what",
        ),
        Mistake(
            "line_of_both",
            "The line is chosen on validation and test films together.",
            "what",
        ),
        Mistake(
            "test_film_line",
            "Each test film has a line of its own, so each has its share of alarms. One line, from "
            "the validation films.",
            "what",
        ),
        Mistake(
            "low_line",
            "`share` of the usual frames are *below* your line. So few are to be above it.",
            "what",
        ),
        Mistake(
            "line_below",
            "Your line is one of the usual scores: the next below the right place. `quantile` as "
            "in the program draws it between two of them.",
            "what",
        ),
        Mistake(
            "line_above",
            "Your line is one of the usual scores: the next above the right place. `quantile` as "
            "in the program draws it between two of them.",
            "what",
        ),
        Mistake(
            "line_nearest",
            "Your line is one of the usual scores: the one nearest to the right place. `quantile` "
            "as in the program draws it between two of them.",
            "what",
        ),
        Mistake(
            "line_counted_below",
            "You count `1 - share` of the usual frames from the *highest* down: so many are above "
            "your line, and few below it.",
            "what",
        ),
        Mistake(
            "line_counted",
            "Your line is one of the usual scores, counted from the highest. `quantile` as in the "
            "program draws it between two of them.",
            "what",
        ),
        Mistake("largest", "Your line is the highest usual score: `share` is lost.", "what"),
        Mistake("mean_line", "Your line is the mean of the usual scores: `share` is lost.", "what"),
        Mistake("median_line", "Your line is the usual median: `share` is lost.", "what"),
        Mistake(
            "mean_of_films",
            "You choose a line for each validation film and average. `share` is that of all "
            "frames.",
            "what",
        ),
        Mistake(
            "largest_of_films",
            "Your line is the highest of those of single validation films.",
            "what",
        ),
        Mistake(
            "smallest_of_films",
            "Your line is the lowest of those of single validation films.",
            "what",
        ),
        Mistake(
            "by_film_maxima",
            "Your line is chosen on each validation film's highest score: `share` of the *films*. "
            "That of the frames is asked for.",
            "what",
        ),
        Mistake(
            "first_film_line", "Your line is chosen on the first validation film only.", "what"
        ),
        Mistake("last_film_line", "Your line is chosen on the last validation film only.", "what"),
        Mistake(
            "median_of_films",
            "You choose a line for each validation film and take the middle one. `share` is that "
            "of all frames.",
            "what",
        ),
        Mistake(
            "lines_in_a_row",
            "You choose a line for each validation film. One line is asked for, from all frames: "
            "what is missing before `quantile`?",
            "what",
        ),
        Mistake(
            "lines_of_frames",
            "You choose a line for each frame number, over the films. One line is asked for, from "
            "all frames.",
            "what",
        ),
        Mistake(
            "lines_of_films",
            "Test film 1 has the line of validation film 1, and so on. They are different films: "
            "one line is asked for, from all frames.",
            "what",
        ),
        Mistake(
            "of_range",
            "Your line lies at a share of the *way* from the lowest usual score to the highest. "
            "`quantile` asks which share of the *frames* lies below.",
            "what",
        ),
        Mistake(
            "of_largest",
            "Your line is a share of the highest usual score. `quantile` asks which share of the "
            "*frames* lies below.",
            "what",
        ),
        Mistake(
            "normal",
            "Your line supposes that the usual scores are spread like a normal distribution. Do "
            "`share` of these frames exceed it?",
            "what",
        ),
        Mistake("percent", "`share` is a share, not in per cent.", "what"),
        Mistake(
            "share_is_line",
            "1 − share is your line itself. It is which share of the usual scores lies below it.",
            "what",
        ),
        Mistake("two_sided", "You halve `share`. Only scores that are too high count.", "what"),
        Mistake(
            "three_spreads",
            "Your line is three standard deviations above the mean: `share` is lost.",
            "what",
        ),
        Mistake(
            "at_threshold",
            "A score that is *equal* to the line is an alarm in yours. The program that you were "
            "given said “above”.",
            "what",
        ),
        Mistake("below", "Alarms are scores *below* the line in yours.", "what"),
        Mistake("at_most", "Alarms are scores that are not above the line in yours.", "what"),
        Mistake(
            "whole_film",
            "You get one answer for each film. One for each frame is asked for.",
            "what",
        ),
        Mistake(
            "whole_film_frames",
            "One frame above the line makes all frames of its film alarms.",
            "what",
        ),
        Mistake(
            "film_mean",
            "You compare each film's mean with the line. Frames are asked about.",
            "what",
        ),
        Mistake(
            "distances",
            "That is how far above the line a score is. True and False are asked for.",
            "what",
        ),
        Mistake(
            "numbers",
            "It returns 0.0 and 1.0. True and False are asked for.",
            "what",
        ),
        Mistake(
            "shares",
            "That is the share of alarms in each film. The frames are asked for.",
            "what",
        ),
        Mistake(
            "on_usual",
            "You return the alarms in the validation films. Those of the test films are asked for.",
            "what",
        ),
        Mistake(
            "fewer_above",
            "You count the usual frames above each score: fewer than `share`. That is a line at "
            "one of the usual scores; `quantile` as in the program draws it between two of them.",
            "what",
        ),
        Mistake(
            "no_more_above",
            "You count the usual frames above each score: at most `share`. That is a line at one "
            "of the usual scores; `quantile` as in the program draws it between two of them.",
            "what",
        ),
        Mistake(
            "from_then_on",
            "Once a film has an alarm it never ends in yours.",
            "what",
        ),
    ),
    properties=(
        Property(
            "In one film a frame with a lower score has an alarm and one with a higher score has "
            "none.",
            rises,
        ),
        Property(
            "The line is not the same for all films: a score is an alarm in one of them, and a "
            "higher score in another film is none. What else does it depend on?",
            one_line_for_all,
        ),
        Property(
            "There is one line for all films, and on some input it is too low: a score that lies "
            "below the right line is an alarm. Where exactly does `quantile` draw the line, and "
            "are line and scores in the same units?",
            partial(so_many, True),
        ),
        Property(
            "There is one line for all films, and on some input it is too high: a score that lies "
            "above the right line is no alarm. Where exactly does `quantile` draw the line, and "
            "are line and scores in the same units?",
            partial(so_many, False),
        ),
    ),
)
