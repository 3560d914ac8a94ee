"""Expected calibration error. Traps: the wrong side of a bin, the bin of exactly 1, the weights.

Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015;
Guo et al., "On Calibration of Modern Neural Networks", 2017, arXiv 1706.04599.
"""

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


def ece(confidence: Tensor, right: Tensor, bins: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the mean over bins of |accuracy − mean confidence|, weighted by their shares."""
    hits, sure = right.double(), confidence.double()
    whole: dict[str, Callable[[], Tensor]] = {
        "one_bin": lambda: (hits.mean() - sure.mean()).abs(),
        "each_answer": lambda: (hits - sure).abs().mean(),
        "right_alone": lambda: (
            in_bins(sure[right], hits[right], bins, RIGHT) if right.any() else torch.zeros(())
        ),
        "brier": lambda: (hits - sure).square().mean(),
        "equal_counts": lambda: in_equal_counts(sure, hits, bins),
        "equal_chunks": lambda: in_chunks(sure, hits, bins),
        "unsorted_chunks": lambda: of_parts(torch.arange(len(sure)).chunk(bins), sure, hits),
        "between_extremes": lambda: between_extremes(sure, hits, bins),
    }
    return either(whole, wrong, lambda: in_bins(sure, hits, bins, wrong)).float()


def in_equal_counts(sure: Tensor, hits: Tensor, bins: int) -> Tensor:
    """Return the error with bins of equally many answers, by confidence."""
    order = sure.argsort(stable=True)
    return of_parts(order.tensor_split(bins), sure, hits)


def in_chunks(sure: Tensor, hits: Tensor, bins: int) -> Tensor:
    """Return the error with bins as `chunk` cuts them, by confidence."""
    return of_parts(sure.argsort(stable=True).chunk(bins), sure, hits)


def of_parts(parts: Sequence[Tensor], sure: Tensor, hits: Tensor) -> Tensor:
    """Return the error with these groups of answers as bins."""
    gaps = [(hits[p].mean() - sure[p].mean()).abs() * len(p) for p in parts if len(p)]
    return torch.stack(gaps).sum() / len(sure)


def between_extremes(sure: Tensor, hits: Tensor, bins: int) -> Tensor:
    """Return the error with bins from the smallest to the largest confidence there is."""
    low, high = sure.min(), sure.max()
    scaled = ((sure - low) / (high - low).clamp(min=1e-12)).clamp(0, 1)
    place = ((scaled * bins - 1e-9).ceil().long() - 1).clamp(min=0)
    return weighted(*totals(place == torch.arange(bins)[:, None], sure, hits))


def totals(inside: Tensor, sure: Tensor, hits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return for each bin how many answers, how many hits and how much confidence it holds."""
    return inside.sum(1).double(), (inside * hits).sum(1), (inside * sure).sum(1)


def weighted(count: Tensor, hit: Tensor, sure: Tensor) -> Tensor:
    """Return the error from what the bins hold."""
    return (hit - sure).abs().sum() / count.sum()


def in_bins(sure: Tensor, hits: Tensor, bins: int, wrong: Wrong) -> Tensor:
    """Return the error, or what comes out if bins, gaps or weights are others."""
    bins = (
        bins + 1 if "one_bin_more" in wrong else max(bins - 1, 1) if "one_less" in wrong else bins
    )
    inside = masks(sure, bins, wrong)
    count, hit, _ = totals(inside, sure, hits)
    accuracy = hit / count.clamp(min=1)
    if "from_accuracy" in wrong:
        return ((accuracy[:, None] - sure).abs() * inside).sum() / len(sure)
    gaps = gap(accuracy, middle(inside, sure, hits, wrong), count, bins, wrong)
    if "weighted_by_right" in wrong:
        return (gaps * hit).sum() / hit.sum().clamp(min=1)
    return combined(gaps, count, len(sure), wrong)


def middle(inside: Tensor, sure: Tensor, hits: Tensor, wrong: Wrong) -> Tensor:
    """Return the mean confidence of each bin, 0 of an empty one, or another of its numbers."""
    count, hit, sums = totals(inside, sure, hits)
    ways: dict[str, Callable[[], Tensor]] = {
        "median_confidence": lambda: torch.stack(
            [sure[row].median() if row.any() else torch.zeros(()).double() for row in inside]
        ),
        "confidence_of_right": lambda: (inside * sure * hits).sum(1) / hit.clamp(min=1),
    }
    return either(ways, wrong, lambda: sums / count.clamp(min=1))


def masks(sure: Tensor, bins: int, wrong: Wrong) -> Tensor:
    """Return which answers each bin holds (bin, answer)."""
    number = torch.arange(bins)[:, None]
    up, down = (sure * bins).ceil().long() - 1, (sure * bins).floor().long()
    ways: dict[str, Callable[[], Tensor]] = {
        "in_two_bins": lambda: (up == number) | (down == number),
        "one_apart": lambda: down == torch.arange(bins + 1)[:, None],
        "zero_apart": lambda: up == torch.arange(-1, bins)[:, None],
    }
    return either(ways, wrong, lambda: places(sure, bins, wrong) == number)


def places(sure: Tensor, bins: int, wrong: Wrong) -> Tensor:
    """Return the bin of each answer, −1 or `bins` for one that is in none."""
    up, down = (sure * bins).ceil().long() - 1, (sure * bins).floor().long()
    ways: dict[str, Callable[[], Tensor]] = {
        "left_closed": lambda: down.clamp(max=bins - 1),
        "left_closed_one_lost": lambda: down,
        "zero_lost": lambda: up,
        "zero_is_last": lambda: up % bins,
        "first_bin_lost": lambda: up.clamp(min=0).where(up > 0, -1),
        "last_bin_lost": lambda: up.clamp(min=0).where(up < bins - 1, -1),
        "one_lost": lambda: up.clamp(min=0).where(sure < 1, -1),
        "one_is_first": lambda: down % bins,
        "open": lambda: up.where(up == down, -1),
        "rounded": lambda: (sure * bins).round().long().clamp(max=bins - 1),
        "rounded_down": lambda: ((sure * bins).round().long() - 1).clamp(min=0),
        "rounded_to_edges": lambda: (sure * (bins - 1)).round().long(),
    }
    return either(ways, wrong, lambda: up.clamp(min=0))


def gap(accuracy: Tensor, mean: Tensor, count: Tensor, bins: int, wrong: Wrong) -> Tensor:
    """Return how far accuracy and confidence of each bin are apart; 0 where a bin is empty."""
    number, share = torch.arange(len(count)).double(), count / count.sum()
    apart = {
        "centres": accuracy - (number + 0.5) / bins,
        "upper_edges": accuracy - (number + 1) / bins,
        "lower_edges": accuracy - number / bins,
        "wrong_ones": (1 - accuracy) - mean,
        "accuracy_of_all": (accuracy * share).sum() - mean,
        "confidence_of_all": accuracy - (mean * share).sum(),
        "hits_not_divided": accuracy * count - mean,
        "confidence_not_divided": accuracy - mean * count,
        "confidence_by_all": accuracy - mean * share,
        "accuracy_by_all": accuracy * share - mean,
        "accuracy_by_right": accuracy * count / (accuracy * count).sum().clamp(min=1) - mean,
    }
    difference = next((d for name, d in apart.items() if name in wrong), accuracy - mean)
    ways: dict[str, Callable[[], Tensor]] = {
        "signed": lambda: difference,
        "turned": lambda: -difference,
        "squared": lambda: difference.square(),
        "only_overconfident": lambda: (-difference).clamp(min=0),
        "only_underconfident": lambda: difference.clamp(min=0),
        "relative": lambda: difference.abs() / mean.clamp(min=1e-12),
    }
    return either(ways, wrong, lambda: difference.abs()) * (count > 0)


def combined(gaps: Tensor, count: Tensor, answers: int, wrong: Wrong) -> Tensor:
    """Return one number from the gaps of all bins."""
    share, full = count / answers, count > 0
    some = gaps[full] if full.any() else gaps
    ways: dict[str, Callable[[], Tensor]] = {
        "mean_of_bins": lambda: gaps.mean(),
        "mean_of_full": lambda: some.mean(),
        "summed": lambda: gaps.sum(),
        "largest": lambda: gaps.abs().max(),
        "empty_divided": lambda: (gaps / full * share).sum(),
        "by_count_alone": lambda: (gaps * count).sum(),
        "by_bins_too": lambda: (gaps * share).sum() / len(gaps),
        "root": lambda: (gaps.square() * share).sum().sqrt(),
        "share_squared": lambda: (gaps * share.square()).sum(),
        "full_divided": lambda: (gaps * share).sum() / full.sum().clamp(min=1),
    }
    return either(ways, wrong, lambda: (gaps * share).sum())


def written(confidence: list[float], right: list[int], bins: int) -> Case:
    """Return answers as they are written."""
    return Case(confidence=torch.tensor(confidence), right=torch.tensor(right).bool(), bins=bins)


def case(count: int, bins: int, seed: int, spread: float = 1.5, middle: float = 0.5) -> Case:
    """Return answers whose confidence is too great, or too small."""
    drawn = random_tensor(2, count, seed=seed)
    confidence = (middle + spread * drawn[0]).sigmoid()
    right = (drawn[1] * 2).sigmoid() < 0.2 + 0.6 * confidence
    return Case(confidence=confidence, right=right, bins=bins)


def ece_cases() -> list[Case]:
    return [
        written([0.25, 0.3, 0.5, 0.6, 0.75, 1.0], [1, 0, 1, 0, 1, 0], 4),
        written([0.125, 0.2, 0.25, 0.5, 0.6, 0.875, 0.9, 0.0], [1, 0, 1, 1, 0, 0, 1, 1], 8),
        written([0.0, 0.2, 1.0, 0.9], [1, 0, 0, 1], 2),
        written([0.9, 0.8, 0.3, 0.4, 0.45], [1, 0, 1, 1, 0], 2),
        written([0.25, 0.5, 0.75, 1.0, 0.9, 0.4], [1, 0, 1, 0, 1, 1], 2),
        written([1.0], [0], 1),
        written([0.0], [1], 3),
        written([1.0, 1.0, 1.0], [1, 0, 1], 8),
        written([0.5, 0.5, 0.25, 0.125, 0.6, 0.7], [1, 0, 1, 0, 1, 1], 8),
        written([0.75, 0.25, 0.26, 0.74, 0.0, 1.0, 0.99], [1, 0, 1, 0, 1, 1, 0], 4),
        written([1e-5, 0.9999, 0.4999, 0.5001], [0, 1, 0, 1], 2),
        written([0.61, 0.64, 0.62], [1, 0, 0], 5),
        written([0.35, 0.65, 0.35], [1, 1, 0], 1),
        case(30, 5, 10),
        case(80, 10, 20),
        case(25, 3, 30, 0.4, 2.0),
        case(40, 15, 40, 4.0),
        case(7, 130, 50),
        case(60, 7, 60, 2.0, -1.0),
        case(200, 20, 70, 1.0, 1.5),
    ]


def between(case: Case, output: Tensor) -> bool:
    """Say whether the error lies between 0 and 1."""
    return -1e-6 <= float(output) <= 1 + 1e-6


def is_near(when: Callable[[Case], bool], case: Case, output: Tensor) -> bool:
    """Say whether the error is right in those cases."""
    return not when(case) or abs(float(output) - float(ece(*case.values()))) < 1e-4


def one_full(case: Case) -> bool:
    """Say whether all answers lie in one bin, on no edge."""
    inside = (case["confidence"] * case["bins"]).ceil()
    return not on_edge(case) and len(inside.unique()) == 1


def on_edge(case: Case) -> bool:
    """Say whether some confidence lies exactly on the edge of a bin, 0 and 1 among them."""
    scaled = case["confidence"].double() * case["bins"]
    return bool((scaled == scaled.round()).any())


def off_edge(case: Case) -> bool:
    """Say whether none does."""
    return not on_edge(case)


ECE = Implement(
    id="evaluation.ece",
    title="Does 80 % mean 80 %?",
    difficulty=2,
    minutes=15,
    hints=(
        "Sort the answers into bins first. In which bin is 0.25 if there are four, and in which is "
        "1? Which of `floor` and `ceil` says so?",
        "Number of the bin: ⌈c · K⌉, at least 1. Error: Σ (answers in the bin / all answers) · "
        "|accuracy in the bin − mean confidence in the bin|.",
        "place: (n,) whole numbers 0 to K − 1. For each bin a mask (n,), and with it two means. An "
        "empty bin has none: skip it.",
        "place = ((confidence * bins).ceil().long() - 1).clamp(min=0)\nerror = 0.0\n"
        "for k in place.unique():\n    inside = place == k\n"
        "    gap = right[inside].float().mean() - ...\n"
        "    error += inside.float().mean() * ...",
    ),
    reference=ece,
    cases=ece_cases,
    mistakes=(
        Mistake(
            "one_bin",
            "You compare the accuracy of all answers with the mean of all confidences, or sum the "
            "gaps with their signs, which is the same. Errors in two directions cancel so: what "
            "are the bins for?",
            "bins gap sum sign number",
        ),
        Mistake(
            "each_answer",
            "You take the distance of each answer from its confidence, and average. In a bin the "
            "means are compared.",
            "bins gap sum sign number",
        ),
        Mistake(
            "brier",
            "That is the Brier score: the squared distance of each answer. In a bin the means are "
            "compared.",
            "bins gap sum sign number",
        ),
        Mistake(
            "equal_counts",
            "Your bins hold equally many answers. Here they are equally *wide*.",
            "bins gap sum sign number",
        ),
        Mistake(
            "equal_chunks",
            "Your bins are pieces of the sorted list, with equally many answers. Here they are "
            "equally *wide*.",
            "bins gap sum sign number",
        ),
        Mistake(
            "between_extremes",
            "Your bins go from the smallest to the largest confidence there is (as `histc` does "
            "without limits). They go from 0 to 1.",
            "bins gap sum sign number",
        ),
        Mistake("one_bin_more", "You have one bin too many.", "number"),
        Mistake(
            "one_less",
            "You have one bin too few. How many edges do K bins have?",
            "bins gap sum sign number",
        ),
        Mistake(
            "left_closed",
            "Your bins are closed on the wrong side: k/K falls into the next one, as `floor` has "
            "it. A bin ends *with* k/K.",
            "bins number",
        ),
        Mistake(
            "left_closed_one_lost",
            "Your bins are closed on the wrong side, and a confidence of exactly 1 is in none: the "
            "surest answers are lost.",
            "bins number",
        ),
        Mistake(
            "one_is_first",
            "Your bins are closed on the wrong side, and a confidence of exactly 1 has come into "
            "the first one.",
            "bins number",
        ),
        Mistake(
            "one_apart",
            "Your bins are closed on the wrong side, and a confidence of exactly 1 has a bin of "
            "its own behind the last one.",
            "bins number gap sign",
        ),
        Mistake(
            "zero_apart",
            "A confidence of exactly 0 has a bin of its own in front of the first. It belongs to "
            "the first.",
            "bins gap sign",
        ),
        Mistake(
            "in_two_bins",
            "What lies exactly on an edge is in two of your bins. It belongs to the lower one.",
            "bins number",
        ),
        Mistake(
            "zero_lost",
            "A confidence of exactly 0 is in none of your bins. It belongs to the first.",
            "bins number",
        ),
        Mistake(
            "first_bin_lost",
            "The first bin is missing. They are K: 0 to 1/K is one of them.",
            "bins number gap sign sum",
        ),
        Mistake(
            "last_bin_lost",
            "The last bin is missing. They are K, and the last ends with 1.",
            "bins number gap sign sum",
        ),
        Mistake(
            "zero_is_last",
            "A confidence of exactly 0 is in your *last* bin: −1 was used as a place.",
            "bins number gap",
        ),
        Mistake(
            "one_lost",
            "A confidence of exactly 1 is in none of your bins. It belongs to the last.",
            "bins number",
        ),
        Mistake(
            "open",
            "What lies exactly on an edge is in none of your bins. It belongs to the lower one.",
            "bins number",
        ),
        Mistake(
            "rounded",
            "You round c · K to the nearest number. A bin is where c lies between two edges.",
            "bins number",
        ),
        Mistake(
            "rounded_down",
            "You round c · K to the nearest number, and take one off. A bin is where c lies "
            "between two edges.",
            "bins number",
        ),
        Mistake(
            "rounded_to_edges",
            "Your answers go to the nearest of K points from 0 to 1. Bins have a width: 1/K.",
            "bins number",
        ),
        Mistake(
            "centres",
            "You compare the accuracy with the *centre* of the bin. Compare it with the mean "
            "confidence of the answers in it.",
            "gap",
        ),
        Mistake(
            "upper_edges",
            "You compare the accuracy with the upper edge of the bin. Compare it with the mean "
            "confidence of the answers in it.",
            "bins gap sum sign number",
        ),
        Mistake(
            "lower_edges",
            "You compare the accuracy with the lower edge of the bin. Compare it with the mean "
            "confidence of the answers in it.",
            "bins gap sum sign number",
        ),
        Mistake(
            "wrong_ones", "You take the share of *wrong* answers in each bin.", "gap bins number"
        ),
        Mistake(
            "signed",
            "The gaps keep their sign, so that an overconfident bin and a timid one cancel.",
            "sign bins number",
        ),
        Mistake(
            "turned",
            "The gaps keep their sign (confidence − accuracy), so that an overconfident bin and a "
            "timid one cancel.",
            "sign bins number",
        ),
        Mistake("squared", "You square the gaps. Take their absolute values.", "sign"),
        Mistake(
            "only_overconfident",
            "Only the bins with too much confidence count in yours. Too little is an error, too.",
            "sign",
        ),
        Mistake(
            "only_underconfident",
            "Only the bins with too little confidence count in yours. Too much is an error, too.",
            "sign",
        ),
        Mistake(
            "relative",
            "You divide each gap by the confidence. It is a difference, and no more.",
            "bins gap sum sign number",
        ),
        Mistake(
            "mean_of_bins",
            "You average over the bins, and each counts the same, empty ones with 0. A bin counts "
            "by its share of the answers.",
            "sum",
        ),
        Mistake(
            "mean_of_full",
            "You average over the bins with answers, and each counts the same. A bin counts by its "
            "share of the answers.",
            "sum",
        ),
        Mistake(
            "summed",
            "You sum the gaps. A bin counts by its share of the answers.",
            "sum",
        ),
        Mistake(
            "largest",
            "That is the largest gap (the *maximum* calibration error). The mean over the answers?",
            "sum sign",
        ),
        Mistake(
            "empty_divided",
            "An empty bin is 0/0 in yours, and NaN spoils the sum. It has no answers and counts "
            "nothing.",
            "sum",
        ),
        Mistake(
            "by_count_alone",
            "You weigh each bin by *how many* answers it has. By which share of all?",
            "sum",
        ),
        Mistake(
            "by_bins_too",
            "You weigh the bins by their shares and then divide by the number of bins, too. The "
            "shares sum to 1.",
            "sum",
        ),
        Mistake(
            "full_divided",
            "You weigh the bins by their shares and then divide by the number of bins with "
            "answers, too. The shares sum to 1.",
            "bins gap sum sign number",
        ),
        Mistake(
            "root",
            "You take the root of the mean square of the gaps. The mean of their absolute values?",
            "sum sign",
        ),
        Mistake(
            "share_squared",
            "Each bin's share comes in twice in yours. Once is enough.",
            "bins gap sum sign number",
        ),
        Mistake(
            "accuracy_of_all",
            "You compare the accuracy of *all* answers with the mean confidence of each bin. "
            "Which answers are in the bin?",
            "bins gap sum sign number",
        ),
        Mistake(
            "confidence_of_all",
            "You compare the accuracy of each bin with the mean confidence of *all* answers. "
            "Which answers are in the bin?",
            "bins gap sum sign number",
        ),
        Mistake(
            "confidence_by_all",
            "The confidences of a bin are summed and divided by *all* answers. Their mean in "
            "the bin?",
            "bins gap sum sign number",
        ),
        Mistake(
            "unsorted_chunks",
            "Your bins are pieces of the list as it comes. What do the answers of a bin have "
            "in common?",
            "bins gap sum sign number",
        ),
        Mistake(
            "hits_not_divided",
            "You compare how *many* are right in a bin with a mean confidence. Which share is "
            "right?",
            "bins gap sum sign number",
        ),
        Mistake(
            "confidence_not_divided",
            "You compare an accuracy with the *sum* of the confidences in a bin. Their mean?",
            "bins gap sum sign number",
        ),
        Mistake(
            "accuracy_by_all",
            "The right answers of a bin are divided by *all* answers. Which share of those in the "
            "bin is right?",
            "bins gap sum sign number",
        ),
        Mistake(
            "accuracy_by_right",
            "The right answers of a bin are divided by all *right* ones. Which share of the "
            "answers in the bin is right?",
            "bins gap sum sign number",
        ),
        Mistake(
            "confidence_of_right",
            "Only the *right* answers' confidence is in your mean. It is that of all answers in "
            "the bin.",
            "bins gap sum sign number",
        ),
        Mistake(
            "weighted_by_right",
            "A bin counts by its share of the *right* answers in yours. By its share of all.",
            "bins gap sum sign number",
        ),
        Mistake(
            "right_alone",
            "Only the right answers are in your bins. Then each bin has an accuracy of 1: all "
            "answers belong in.",
            "bins gap sum sign number",
        ),
        Mistake(
            "median_confidence",
            "You compare the accuracy with the *median* confidence of the bin. Its mean?",
            "bins gap sum sign number",
        ),
        Mistake(
            "from_accuracy",
            "You take the distance of each confidence from the accuracy of its bin, and average. "
            "First the mean confidence of the bin, then one gap.",
            "bins gap sum sign number",
        ),
    ),
    properties=(
        Property("It lies between 0 and 1. Yours does not, somewhere.", between),
        Property(
            "All answers lie in one bin, and it is off: |accuracy − mean confidence| of these "
            "answers.",
            partial(is_near, one_full),
        ),
        Property(
            "No confidence lies on an edge, and still it is off: the gap of each bin, weighted by "
            "its share of the answers.",
            partial(is_near, off_edge),
        ),
        Property(
            "It is off where a confidence lies exactly on an edge. k/K belongs to bin k, 0 to the "
            "first, 1 to the last.",
            partial(is_near, on_edge),
        ),
    ),
)
