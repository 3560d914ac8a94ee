"""The bootstrap interval of a difference. Traps: no pairs, answers for items, the wrong quantiles.

Efron, "Bootstrap Methods: Another Look at the Jackknife", Annals of Statistics 1979.
"""

import math
from collections.abc import Callable
from statistics import NormalDist

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

Pair = tuple[Tensor, Tensor]
Ends = tuple[float, float]


def paired(
    first: Tensor, second: Tensor, draws: Tensor, level: float, wrong: Wrong = RIGHT
) -> Ends:
    """Reference: quantiles of the mean gain of `second` over `first`, items drawn together."""
    a, b = scored(first.double(), wrong), scored(second.double(), wrong)
    tail = tails(level, wrong)
    ways: dict[str, Callable[[], Pair]] = {
        "bounds_subtracted": lambda: apart(a, b, draws, tail, crossed=False),
        "bounds_crossed": lambda: apart(a, b, draws, tail, crossed=True),
        "formula": lambda: formula(a, b, normal(level)),
        "formula_95": lambda: formula(a, b, 1.96),
        "only_first": lambda: bounds(drawn(a, draws, wrong), tail),
        "only_second": lambda: bounds(drawn(b, draws, wrong), tail),
    }
    low, high = either(ways, wrong, lambda: interval(a, b, draws, level, wrong))
    ends = (high, low) if "exchanged" in wrong else (low, high)
    return float(ends[0]), float(ends[1])


def scored(scores: Tensor, wrong: Wrong) -> Tensor:
    """Return the scores (item, question), or what people make of them first."""
    ways: dict[str, Callable[[], Tensor]] = {
        "over_half": lambda: (scores > 0.5).double(),
        "not_zero": lambda: (scores != 0).double(),
        "all_or_nothing": lambda: scores.prod(1, keepdim=True),
        "all_ones": lambda: (scores == 1).all(1, keepdim=True).double(),
        "truncated": lambda: scores.trunc(),
    }
    return either(ways, wrong, lambda: scores)


def tails(level: float, wrong: Wrong) -> float:
    """Return which share of the draws lies below the interval."""
    ways: dict[str, Callable[[], float]] = {
        "both_tails_twice": lambda: 1 - level,
        "half_level": lambda: level / 2,
        "quarter": lambda: (1 - level) / 4,
        "always_95": lambda: 0.025,
        "per_cent": lambda: (100 - level) / 200,
        "extremes": lambda: 0.0,
    }
    return either(ways, wrong, lambda: (1 - level) / 2)


def bounds(means: Tensor, tail: float) -> Pair:
    """Return the quantiles that leave out so much on either side."""
    return means.quantile(tail), means.quantile(1 - tail)


def apart(a: Tensor, b: Tensor, draws: Tensor, tail: float, crossed: bool) -> Pair:
    """Return the differences of the bounds of both models' own intervals."""
    low_a, high_a = bounds(drawn(a, draws, RIGHT), tail)
    low_b, high_b = bounds(drawn(b, draws, RIGHT), tail)
    return (low_b - high_a, high_b - low_a) if crossed else (low_b - low_a, high_b - high_a)


def around(middle: Tensor, half: Tensor) -> Pair:
    """Return an interval by its middle and half its width."""
    return middle - half, middle + half


def formula(a: Tensor, b: Tensor, z: float) -> Pair:
    """Return the interval of the normal distribution, without a draw."""
    gains = (b - a).mean(1)
    return around(gains.mean(), z * gains.std() / len(gains) ** 0.5)


def normal(level: float) -> float:
    """Return how many standard deviations hold this share of a normal distribution."""
    return NormalDist().inv_cdf((1 + level) / 2)


def drawn(scores: Tensor, draws: Tensor, wrong: Wrong) -> Tensor:
    """Return the mean of each draw of items."""
    items = scores.mean(1)
    rows = torch.zeros(len(draws), len(items)).scatter(1, draws, 1.0).double()
    ways: dict[str, Callable[[], Tensor]] = {
        "answers": lambda: scores.flatten()[draws].mean(1),
        "first_question": lambda: scores[:, 0][draws].mean(1),
        "last_question": lambda: scores[:, -1][draws].mean(1),
        "best_question": lambda: scores.amax(1)[draws].mean(1),
        "summed_questions": lambda: scores.sum(1)[draws].mean(1),
        "summed": lambda: items[draws].sum(1),
        "each_once": lambda: (rows @ items) / rows.sum(1),
        "each_question": lambda: scores[draws].mean(1).flatten(),
        "not_averaged": lambda: items[draws].flatten(),
        "over_draws": lambda: items[draws].mean(0),
        "first_draw": lambda: items[draws[0]],
        "medians": lambda: items[draws].quantile(0.5, dim=1),
        "lower_medians": lambda: items[draws].median(1).values,
        "median_question": lambda: scores.median(1).values[draws].mean(1),
        "numbers_times": lambda: (draws * items).mean(1),
        "each_once_by_all": lambda: rows @ items / len(items),
        "no_draws": lambda: items,
    }
    return either(ways, wrong, lambda: items[draws].mean(1))


def differences(a: Tensor, b: Tensor, draws: Tensor, wrong: Wrong) -> Tensor:
    """Return the difference of both models in each draw."""
    ways: dict[str, Callable[[], Tensor]] = {
        "not_paired": lambda: drawn(b, draws.roll(1, 0), wrong) - drawn(a, draws, wrong),
        "not_paired_back": lambda: drawn(b, draws, wrong) - drawn(a, draws.roll(1, 0), wrong),
        "reversed_draws": lambda: drawn(b, draws.flip(0), wrong) - drawn(a, draws, wrong),
        "first_as_it_is": lambda: drawn(b, draws, wrong) - a.mean(),
        "second_as_it_is": lambda: b.mean() - drawn(a, draws, wrong),
        "turned": lambda: drawn(a - b, draws, wrong),
        "distance": lambda: drawn((b - a).abs(), draws, wrong),
        "distance_of_means": lambda: drawn(b - a, draws, wrong).abs(),
        "wins": lambda: drawn((b - a).mean(1, keepdim=True).sign(), draws, wrong),
        "gain_signs": lambda: drawn((b - a).sign(), draws, wrong),
        "wins_only": lambda: drawn((b > a).double(), draws, wrong),
        "ratio": lambda: drawn(b, draws, wrong) / drawn(a, draws, wrong),
        "sorted_first": lambda: (
            drawn(b, draws, wrong).sort().values - drawn(a, draws, wrong).sort().values
        ),
    }
    return either(ways, wrong, lambda: drawn(b - a, draws, wrong))


def interval(a: Tensor, b: Tensor, draws: Tensor, level: float, wrong: Wrong) -> Pair:
    """Return the two ends from the differences of all draws."""
    means, tail = differences(a, b, draws, wrong), tails(level, wrong)
    seen, spread = (b - a).mean(), means.std()
    low, high = bounds(means, tail)
    count = len(means)
    row = means.sort().values
    below, above = int(tail * count), min(int((1 - tail) * count), count - 1)
    ways: dict[str, Callable[[], Pair]] = {
        "normal": lambda: around(means.mean(), normal(level) * spread),
        "normal_by_n": lambda: around(means.mean(), normal(level) * means.std(correction=0)),
        "normal_seen": lambda: around(seen, normal(level) * spread),
        "two_spreads_seen": lambda: around(seen, 1.96 * spread),
        "two_spreads": lambda: around(means.mean(), 1.96 * spread),
        "one_spread": lambda: around(means.mean(), spread),
        "error_of_error_95": lambda: around(means.mean(), 1.96 * spread / count**0.5),
        "error_of_error": lambda: around(means.mean(), normal(level) * spread / count**0.5),
        "basic": lambda: (2 * seen - high, 2 * seen - low),
        "centred": lambda: (low - seen, high - seen),
        "one_sided": lambda: (means.quantile(1 - level), means.max()),
        "one_sided_up": lambda: (means.min(), means.quantile(level)),
        "places": lambda: (row[below], row[above]),
        "places_inside": lambda: (row[below], row[max(above - 1, 0)]),
        "places_alike": lambda: (row[below], row[count - 1 - below]),
        "rounded_places": lambda: nearest(means, tail),
        "middle_and_half": lambda: (seen, (high - low) / 2),
        "middle_and_width": lambda: (seen, high - low),
        "same_end": lambda: (low, low),
        "clamped": lambda: (low.clamp(0, 1), high.clamp(0, 1)),
        "upper_is_level": lambda: (low, means.quantile(level)),
    }
    return either(ways, wrong, lambda: (low, high))


def nearest(means: Tensor, tail: float) -> Pair:
    """Return the quantiles without what lies between two draws."""
    return (
        means.quantile(tail, interpolation="nearest"),
        means.quantile(1 - tail, interpolation="nearest"),
    )


def case(
    items: int, questions: int, resamples: int, level: float, seed: int, scale: float = 0.0
) -> Case:
    """Two models on items of which some are hard for both; right is 1 and wrong is 0."""
    hard = random_tensor(items, 1, seed=seed)
    noise = random_tensor(2, items, questions, seed=seed + 1)
    values = hard + noise + torch.tensor([0.2, 0.6])[:, None, None]
    scores = values * scale if scale else (values > 0).float()
    picked = (random_tensor(resamples, items, seed=seed + 2).abs() * 9973).long() % items
    return Case(first=scores[0], second=scores[1], draws=picked, level=level)


def paired_cases() -> list[Case]:
    written = Case(
        first=torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]]),
        second=torch.tensor([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]),
        draws=torch.tensor([[0, 1, 2], [0, 0, 1], [2, 2, 2], [1, 1, 0], [2, 0, 2]]),
        level=0.5,
    )
    twins = case(6, 3, 40, 0.8, 60)
    twins["first"][1], twins["second"][1] = twins["first"][0], twins["second"][0]
    return [
        written,
        case(5, 2, 30, 0.9, 10),
        case(12, 3, 200, 0.95, 20),
        case(9, 4, 50, 0.99, 30),
        case(20, 1, 100, 0.8, 40, 30.0),
        case(1, 4, 6, 0.95, 50),
        twins,
        case(7, 5, 1, 0.9, 70),
        case(130, 2, 60, 0.68, 80),
        case(8, 6, 300, 0.3, 90, 0.4),
        case(10, 3, 25, 0.75, 95, 55.0),
    ]


def in_order(case: Case, output: Ends) -> bool:
    """Say whether the lower end comes first, or one of them is no number."""
    return not float(output[0]) > float(output[1]) + 1e-6


def among_draws(case: Case, output: Ends) -> bool:
    """Say whether both ends lie between the smallest and the largest difference of all draws."""
    means = differences(case["first"].double(), case["second"].double(), case["draws"], RIGHT)
    slack = 1e-4 * (1 + float(means.abs().max()))
    return all(float(means.min()) - slack <= float(x) <= float(means.max()) + slack for x in output)


def between_neighbours(case: Case, output: Ends) -> bool:
    """Say whether each end lies between the two draws that it should lie between."""
    a, b = case["first"].double(), case["second"].double()
    means, tail = differences(a, b, case["draws"], RIGHT), (1 - case["level"]) / 2
    slack = 1e-4 * (1 + float(means.abs().max()))
    return all(
        float(means.quantile(q, interpolation="lower")) - slack
        <= float(x)
        <= float(means.quantile(q, interpolation="higher")) + slack
        for q, x in zip((tail, 1 - tail), output, strict=True)
    )


def is_exact(case: Case, output: Ends) -> bool:
    """Say whether both ends are right."""
    wanted = paired(*case.values())
    pairs = zip(output, wanted, strict=True)
    return all(math.isclose(float(x), w, rel_tol=1e-3, abs_tol=1e-4) for x, w in pairs)


def one_question(case: Case, output: Ends) -> bool:
    """Say whether it is nearly right where each item has one question only."""
    return case["first"].shape[1] > 1 or between_neighbours(case, output)


PAIRED = Implement(
    id="evaluation.paired",
    title="Is the second model better?",
    difficulty=2,
    minutes=20,
    hints=(
        "An item is hard for both models or for neither. What is left of that if you take, item by "
        "item, the difference first?",
        "gain of an item = mean over its questions of second − first. Each row of `draws` gives "
        "one mean gain. The interval: the quantiles (1 − level)/2 and 1 − (1 − level)/2 of these.",
        "gains: (items,). gains[draws]: (resamples, items). Its mean over the items: (resamples,). "
        "Two quantiles of that.",
        "gains = (second - first).mean(...)\nmeans = gains[draws].mean(...)\n"
        "tail = ...\nreturn means.quantile(tail), means.quantile(...)",
    ),
    reference=paired,
    cases=paired_cases,
    mistakes=(
        Mistake(
            "bounds_subtracted",
            "You make an interval for each model and subtract the bounds. First the difference of "
            "each draw, then the quantiles of the differences.",
            "ends what items tails",
        ),
        Mistake(
            "bounds_crossed",
            "You make an interval for each model and subtract the far ends from one another, as if "
            "the worst of one met the best of the other. First the difference of each draw.",
            "ends what items tails",
        ),
        Mistake(
            "formula",
            "You never use `draws`: that is the interval of the normal distribution.",
            "ends what items tails",
        ),
        Mistake(
            "formula_95",
            "You never use `draws`, nor `level`: that is the 95 % interval of the normal "
            "distribution.",
            "ends what items tails",
        ),
        Mistake("only_first", "That is the interval of the first model alone.", "what ends"),
        Mistake("only_second", "That is the interval of the second model alone.", "what ends"),
        Mistake("exchanged", "The ends come in the other order: the lower one first.", "order"),
        Mistake(
            "both_tails_twice",
            "You leave out 1 − level on *each* side. Together it is 1 − level.",
            "tails",
        ),
        Mistake(
            "half_level",
            "You leave out level / 2 on each side. What is left *outside* of the level?",
            "tails",
        ),
        Mistake(
            "quarter", "You leave out only half of 1 − level in all.", "what ends items tails order"
        ),
        Mistake(
            "always_95", "Yours is always a 95 % interval. Where does `level` come in?", "tails"
        ),
        Mistake(
            "extremes",
            "You return the smallest and the largest difference of all draws. Where does `level` "
            "come in?",
            "what ends items tails order",
        ),
        Mistake(
            "answers",
            "You draw *answers*: a number in `draws` is that of an item, and an item brings all of "
            "its questions along.",
            "items",
        ),
        Mistake("first_question", "Only the first question of each item counts in yours.", "items"),
        Mistake(
            "last_question",
            "Only the last question of each item counts in yours.",
            "what ends items tails order",
        ),
        Mistake(
            "best_question",
            "Only the best question of each item counts in yours.",
            "what ends items tails order",
        ),
        Mistake(
            "summed_questions",
            "You sum over the questions of an item. The mean of all its questions?",
            "items",
        ),
        Mistake("summed", "You sum over the items of a draw. The mean?", "items"),
        Mistake(
            "each_once",
            "An item that was drawn twice counts once in yours. It is drawn with replacement, and "
            "counts twice.",
            "items",
        ),
        Mistake(
            "not_averaged",
            "You take quantiles of the single items' gains. First the mean of each draw: that is "
            "what spreads so little.",
            "items ends",
        ),
        Mistake(
            "over_draws",
            "You average over the draws. Each *draw* has a mean over its items.",
            "items what",
        ),
        Mistake(
            "first_draw", "Only the first draw counts in yours.", "what ends items tails order"
        ),
        Mistake("medians", "You take the median of each draw. The mean?", "items"),
        Mistake(
            "no_draws",
            "You never use `draws`: you take quantiles of the items' own gains.",
            "items what ends tails",
        ),
        Mistake(
            "not_paired",
            "The second model sees other items than the first in the same draw. Both are to be "
            "compared on the same ones.",
            "what",
        ),
        Mistake(
            "not_paired_back",
            "The first model sees other items than the second in the same draw. Both are to be "
            "compared on the same ones.",
            "what ends items tails order",
        ),
        Mistake(
            "reversed_draws",
            "The second model gets the draws in reverse, so that both see other items.",
            "what ends items tails order",
        ),
        Mistake(
            "first_as_it_is",
            "Only the second model is drawn again; the first keeps its mean over all items. Both "
            "are to be compared on the same ones.",
            "what",
        ),
        Mistake(
            "second_as_it_is",
            "Only the first model is drawn again; the second keeps its mean over all items. Both "
            "are to be compared on the same ones.",
            "what",
        ),
        Mistake(
            "turned",
            "It is turned: first − second. How much better is the *second* one?",
            "what",
        ),
        Mistake(
            "distance",
            "You take absolute differences of the answers. Gains and losses cancel: keep the sign.",
            "what",
        ),
        Mistake(
            "distance_of_means",
            "You take the absolute value of each draw's difference. Keep the sign.",
            "what",
        ),
        Mistake(
            "wins",
            "You count on how many items the second is better, minus on how many it is worse. By "
            "how much is it better?",
            "what items ends",
        ),
        Mistake(
            "ratio",
            "You divide the two means. Their difference is asked for.",
            "what ends items tails order",
        ),
        Mistake(
            "sorted_first",
            "You sort the means of both models before you subtract: so the pairs are lost.",
            "what ends items tails order",
        ),
        Mistake(
            "normal",
            "You take the mean of the draws and so many standard deviations. The quantiles of the "
            "draws are asked for.",
            "ends tails",
        ),
        Mistake(
            "normal_seen",
            "You take the difference that was seen and so many standard deviations of the draws. "
            "The quantiles of the draws are asked for.",
            "ends tails what",
        ),
        Mistake(
            "two_spreads",
            "You take 1.96 standard deviations on either side, whatever `level` is. The quantiles "
            "of the draws are asked for.",
            "ends tails",
        ),
        Mistake(
            "two_spreads_seen",
            "You take 1.96 standard deviations of the draws on either side of the difference that "
            "was seen, whatever `level` is. The quantiles of the draws are asked for.",
            "ends tails what items",
        ),
        Mistake(
            "error_of_error_95",
            "You take 1.96 times the spread of the draws, divided by the root of their number. The "
            "draws' spread *is* the standard error; more draws do not make it smaller.",
            "ends tails items",
        ),
        Mistake(
            "one_spread",
            "You take one standard deviation on either side. The quantiles of the draws are asked "
            "for.",
            "what ends items tails order",
        ),
        Mistake(
            "error_of_error",
            "You divide the spread of the draws by the root of their number. The draws' spread "
            "*is* the standard error; more draws do not make it smaller.",
            "what ends items tails order",
        ),
        Mistake(
            "basic",
            "You reflect the quantiles at the difference that was seen: the “basic” interval. Here "
            "the quantiles themselves are asked for.",
            "ends what",
        ),
        Mistake(
            "centred",
            "You take the difference that was seen away. The ends of the interval themselves?",
            "ends what",
        ),
        Mistake(
            "one_sided",
            "Your interval goes up to the largest draw. Leave out as much above as below.",
            "ends tails",
        ),
        Mistake(
            "one_sided_up",
            "Your interval begins at the smallest draw. Leave out as much below as above.",
            "what ends items tails order",
        ),
        Mistake(
            "places",
            "You take the draws that stand at rounded places of the sorted list. `quantile` goes "
            "between two of them.",
            "ends",
        ),
        Mistake(
            "places_inside",
            "You take the draws that stand at rounded places of the sorted list, the upper one a "
            "place lower. `quantile` goes between two of them.",
            "what ends items tails order",
        ),
        Mistake(
            "places_alike",
            "You cut equally many draws off both ends of the sorted list. `quantile` goes between "
            "two draws.",
            "ends items tails",
        ),
        Mistake(
            "rounded_places",
            "You take the draw nearest to the quantile. `quantile` goes between two of them.",
            "ends",
        ),
        Mistake(
            "middle_and_half",
            "You return the difference and half the width. The two ends are asked for.",
            "ends what order",
        ),
        Mistake(
            "middle_and_width",
            "You return the difference and the width. The two ends are asked for.",
            "ends what order",
        ),
        Mistake("same_end", "Both ends are the lower one.", "what ends items tails order"),
        Mistake(
            "upper_is_level",
            "Your upper end is the quantile `level`. As much is to be left out above as below.",
            "ends tails",
        ),
        Mistake(
            "over_half",
            "You make the scores 0 or 1 at ½ first. They are *mostly* 0 or 1: a score may be "
            "any number.",
            "what ends items tails order",
        ),
        Mistake(
            "not_zero",
            "Whatever is not 0 counts as 1 in yours. Scores are *mostly* 0 or 1: a score may "
            "be any number.",
            "what ends items tails order",
        ),
        Mistake(
            "all_or_nothing",
            "You multiply the scores of an item, as if it counted only where all of its "
            "questions are right. The mean of its questions?",
            "what ends items tails order",
        ),
        Mistake(
            "lower_medians",
            "You take the median of each draw as `torch.median` has it. The mean?",
            "what ends items tails order",
        ),
        Mistake(
            "median_question",
            "You take the median over the questions of an item. The mean of all its questions?",
            "what ends items tails order",
        ),
        Mistake(
            "numbers_times",
            "You multiply by the numbers in `draws`. They are numbers *of* items: they say "
            "which gains to take, as an index does.",
            "what ends items tails order",
        ),
        Mistake(
            "each_once_by_all",
            "An item that was drawn twice counts once in yours, and the sum is still divided "
            "by all items. It counts twice.",
            "what ends items tails order",
        ),
        Mistake(
            "normal_by_n",
            "You take the mean of the draws and so many standard deviations, these by n. The "
            "quantiles of the draws are asked for.",
            "what ends items tails order",
        ),
        Mistake(
            "per_cent",
            "You read `level` in per cent. It is a share: 0.95, not 95.",
            "what ends items tails order",
        ),
        Mistake(
            "wins_only",
            "You count where the second is better, and leave out where it is worse. By how "
            "much is it better?",
            "what ends items tails order",
        ),
        Mistake(
            "each_question",
            "You keep a mean for each question of a draw, so that there are more numbers than "
            "draws. Each draw has one difference: the mean over its items and questions.",
            "what ends items tails order",
        ),
        Mistake(
            "all_ones",
            "An item counts only if all of its questions are right in yours. Its mean over all "
            "questions?",
            "what ends items tails order",
        ),
        Mistake(
            "truncated",
            "The scores lose their decimals in yours (`long`, `int`). They are *mostly* 0 or 1: a "
            "score may be any number.",
            "what ends items tails order",
        ),
        Mistake(
            "gain_signs",
            "You keep the sign of each question's gain only. They are *mostly* 0 or 1: how large "
            "is the gain?",
            "what ends items tails order",
        ),
        Mistake(
            "clamped",
            "You cut the ends off at 0 and 1. A difference may be below 0.",
            "what ends items tails order",
        ),
    ),
    properties=(
        Property(
            "The lower end comes first. In yours, somewhere, it is above the other.", in_order
        ),
        Property(
            "Both ends lie among the differences of the draws; yours leave them somewhere. What is "
            "the difference of one draw?",
            among_draws,
        ),
        Property(
            "Each item has one question, and still it is off: a mean gain for each draw, then two "
            "quantiles.",
            one_question,
        ),
        Property(
            "An end lies between the wrong two draws. (1 − level)/2 of the draws are to lie below "
            "the interval, and as many above.",
            between_neighbours,
        ),
        Property(
            "Each end lies between the right two draws, but not where `quantile` puts it.",
            is_exact,
        ),
    ),
)
