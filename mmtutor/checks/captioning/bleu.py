"""BLEU of a corpus from its counts. Traps: a mean of sentences, the wrong length, the brevity."""

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
from mmtutor.checks.gpt.shared import either


def bleu(hits: Tensor, totals: Tensor, reference_lengths: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: counts are summed over the corpus before anything is divided."""
    found, out_of = hits.double(), totals.double()
    lengths = spoken(found, out_of, wrong)
    if "mean_of_sentences" in wrong:
        rows = range(len(found))
        both = [
            geometric(precisions(found[i : i + 1], out_of[i : i + 1], wrong), wrong)
            * brevity(lengths[i : i + 1], reference_lengths[i : i + 1], wrong)
            for i in rows
        ]
        return torch.stack(both).mean().float()
    shortened = brevity(lengths, reference_lengths, wrong)
    if "brevity_by_sentence" in wrong:
        rows = range(len(found))
        each = [brevity(lengths[i : i + 1], reference_lengths[i : i + 1], wrong) for i in rows]
        shortened = torch.stack(each).mean()
    mean = geometric(precisions(found, out_of, wrong), wrong)
    ends: dict[str, Callable[[], Tensor]] = {
        "subtracted": lambda: mean - (1 - shortened),
        "brevity_in_root": lambda: mean * shortened ** (1 / hits.shape[1]),
        "silent_caption": lambda: mean * shortened * bool((hits > 0).all()),
        "silent_sentence": lambda: mean * shortened * bool((hits.sum(1) > 0).all()),
    }
    return either(ends, wrong, lambda: mean * shortened).float()


def spoken(hits: Tensor, totals: Tensor, wrong: Wrong) -> Tensor:
    """Return how many words each candidate has (sentence,)."""
    ways: dict[str, Callable[[], Tensor]] = {
        "found_words": lambda: hits[:, 0],
        "ones": lambda: torch.ones_like(totals[:, 0]),
        "all_grams": lambda: totals.sum(1),
        "longest_grams": lambda: totals[:, -1],
        "mean_grams": lambda: totals.mean(1),
    }
    return either(ways, wrong, lambda: totals[:, 0])


def precisions(hits: Tensor, totals: Tensor, wrong: Wrong) -> Tensor:
    """Return p_n (n,), the share of the n-grams that is found."""
    found, out_of = hits.sum(0), totals.sum(0)
    each = hits / totals.clamp(min=1)
    there = (totals > 0).sum(0).clamp(min=1)
    ways: dict[str, Callable[[], Tensor]] = {
        "mean_of_shares": lambda: each.mean(0),
        "mean_where_there": lambda: each.sum(0) / there,
        "plus_one": lambda: (found + 1) / (out_of + 1),
        "over_words": lambda: found / out_of[0],
        "over_all": lambda: found / out_of.sum(),
        "first_sentence": lambda: each[0],
        "pooled": lambda: found.sum() / out_of.sum() * torch.ones_like(found),
        "by_caption": lambda: hits.sum(1) / totals.sum(1),
    }
    return either(ways, wrong, lambda: found / out_of.clamp(min=1))


def geometric(shares: Tensor, wrong: Wrong) -> Tensor:
    """Return the geometric mean of the p_n, or another."""
    some = shares[shares > 0]
    ways: dict[str, Callable[[], Tensor]] = {
        "arithmetic": lambda: shares.mean(),
        "product": lambda: shares.prod(),
        "square_root": lambda: shares.prod().sqrt(),
        "last_only": lambda: shares[-1],
        "first_only": lambda: shares[0],
        "harmonic": lambda: 1 / (1 / shares).mean(),
        "zeros_left_out": lambda: some.log().mean().exp() if len(some) else shares[0],
        "zeros_ignored": lambda: (some.log().sum() / len(shares)).exp(),
        "four_always": lambda: shares.prod() ** 0.25,
        "later_weigh_more": lambda: weighted(shares),
        "root_by_n": lambda: (shares ** (1 / torch.arange(1, len(shares) + 1))).prod(),
        "smallest": lambda: shares.min(),
    }
    return either(ways, wrong, lambda: shares.log().mean().exp())


def weighted(shares: Tensor) -> Tensor:
    """Return the geometric mean in which p_n has the weight n."""
    weights = torch.arange(1, len(shares) + 1, dtype=shares.dtype)
    return (shares.log() * weights / weights.sum()).sum().exp()


def brevity(lengths: Tensor, reference_lengths: Tensor, wrong: Wrong) -> Tensor:
    """Return the factor of captions that are too short."""
    c, r = lengths.sum(), wanted(lengths, reference_lengths, wrong)
    over = (1 - r / c).exp()
    one = torch.ones_like(over)
    ways: dict[str, Callable[[], Tensor]] = {
        "no_brevity": lambda: one,
        "reward": lambda: over,
        "ratio": lambda: (c / r).clamp(max=1),
        "turned": lambda: (1 - c / r).exp().clamp(max=1),
        "both_punished": lambda: (-(r / c - 1).abs()).exp(),
        "difference": lambda: (c - r).exp().clamp(max=1),
        "one_at_least": lambda: over.clamp(min=1),
        "no_one": lambda: (-r / c).exp() if c <= r else one,
        "by_reference": lambda: (1 - r / c).mul(c / r).exp().clamp(max=1),
    }
    return either(ways, wrong, lambda: over.clamp(max=1))


def wanted(lengths: Tensor, reference_lengths: Tensor, wrong: Wrong) -> Tensor:
    """Return the length of the references that the corpus is compared with."""
    theirs = reference_lengths.double()
    gaps = (theirs - lengths[:, None]).abs()
    short = theirs.gather(1, (gaps + 1e-3 * theirs).argmin(1)[:, None])
    long = theirs.gather(1, (gaps - 1e-3 * theirs).argmin(1)[:, None])
    sums = theirs.sum(0)
    ways: dict[str, Callable[[], Tensor]] = {
        "longest": lambda: theirs.amax(1).sum(),
        "shortest": lambda: theirs.amin(1).sum(),
        "mean_length": lambda: theirs.mean(1).sum(),
        "first_reference": lambda: theirs[:, 0].sum(),
        "tie_longer": lambda: long.sum(),
        "tie_first": lambda: theirs.gather(1, gaps.argmin(1)[:, None]).sum(),
        "corpus_closest": lambda: sums[((sums - lengths.sum()).abs() + 1e-3 * sums).argmin()],
        "closest_longer": lambda: beyond(theirs, lengths, 1),
        "closest_shorter": lambda: beyond(theirs, lengths, -1),
        "gap_alone": lambda: gaps.amin(1).sum(),
        "furthest": lambda: theirs.gather(1, gaps.argmax(1)[:, None]).sum(),
        "all_references": lambda: theirs.sum(),
        "mean_over_corpus": lambda: short.mean(),
        "median": lambda: theirs.median(1).values.sum(),
    }
    return either(ways, wrong, lambda: short.sum())


def beyond(theirs: Tensor, lengths: Tensor, sign: int) -> Tensor:
    """Sum the closest lengths on one side of the captions' own, or on any where there is none."""
    gaps = theirs - lengths[:, None]
    far = gaps.abs() + 1e6 * (gaps * sign < 0) + 1e-3 * theirs
    return theirs.gather(1, far.argmin(1)[:, None]).sum()


def case(lengths: list[int], references: int, orders: int, off: int, seed: int) -> Case:
    """Captions of so many words, references about `off` words longer, falling precisions."""
    words = torch.tensor(lengths)
    totals = (words[:, None] - torch.arange(orders)).clamp(min=0)
    share = random_tensor(len(lengths), orders, seed=seed).sigmoid() * 0.5 + 0.45
    hits = (totals * share.cumprod(1)).round().long()
    apart = (random_tensor(len(lengths), references, seed=seed + 1) * 2.5).round().long()
    return Case(
        hits=hits,
        totals=totals,
        reference_lengths=(words[:, None] + off + apart).clamp(min=1),
    )


def long_ones(length: int, orders: int, seed: int) -> Case:
    """Captions that are longer than every reference: whichever counts, nothing is lost."""
    made = case([length, length + 4, length + 1], 2, orders, 0, seed)
    made["reference_lengths"] = torch.tensor([[4, 2], [3, 4], [1, 4]])
    return made


def bleu_cases() -> list[Case]:
    tied = case([9, 7, 12], 3, 2, 0, 60)
    tied["reference_lengths"] = torch.tensor([[11, 7, 14], [5, 9, 12], [14, 10, 17]])
    tied_short = case([9, 7, 6], 2, 2, 0, 62)
    tied_short["reference_lengths"] = torch.tensor([[11, 7], [5, 9], [17, 20]])
    tied_long = case([9, 7, 20], 3, 2, 0, 64)
    tied_long["reference_lengths"] = torch.tensor([[11, 7, 14], [5, 9, 12], [6, 5, 4]])
    beside = case([9, 6], 2, 2, 0, 66)  # the closest is the longer one
    beside["reference_lengths"] = torch.tensor([[10, 3], [2, 8]])
    below = case([9, 6], 2, 2, 0, 68)  # the closest is the shorter one
    below["reference_lengths"] = torch.tensor([[14, 8], [5, 12]])
    nothing = case([6, 5, 8], 2, 3, 3, 70)
    nothing["hits"][:, 2] = 0
    perfect = case([7, 9, 6, 8], 2, 3, -3, 75)
    perfect["hits"] = perfect["totals"].clone()
    ends_well = case([1, 1, 1, 9], 3, 2, 1, 77)  # what is long is found, what is short is not
    ends_well["hits"] = torch.tensor([[0, 0], [0, 0], [1, 0], [8, 7]])
    one = case([1], 2, 1, 2, 83)
    one["hits"][:] = 1
    never = case([2, 2, 1], 4, 3, 0, 85)
    return [
        case([8, 5], 3, 1, 3, 10),
        case([10, 6, 14], 2, 4, 5, 20),
        case([12, 9, 11, 7, 10], 4, 2, -2, 30),
        case([9], 5, 3, 4, 40),
        case([7, 11, 5, 9], 1, 3, 2, 50),
        *(tied, tied_short, tied_long, beside, below),
        nothing,
        perfect,
        ends_well,
        case([3, 8, 2, 7], 4, 3, 4, 80),
        never,
        one,
        case([130, 145, 12, 108], 3, 2, 9, 90),
        case([9, 13, 6], 5, 4, 6, 95),
        case([20, 18, 16, 21, 17], 2, 4, 3, 99),
        case([2, 1, 3], 2, 1, 9, 101),
        *(
            long_ones(12, 3, 110),
            long_ones(9, 2, 115),
            long_ones(15, 1, 120),
            long_ones(11, 4, 125),
        ),
        case([15, 11], 1, 5, -1, 105),
    ]


def right(case: Case) -> Tensor:
    """Return the right BLEU."""
    return bleu(*case.values())


def is_right(case: Case, output: Tensor | float) -> bool:
    """Say whether it is right."""
    return abs(float(output) - float(right(case))) < 1e-4


def is_a_share(case: Case, output: Tensor | float) -> bool:
    """Say whether it lies between 0 and 1."""
    return 0 <= float(output) <= 1 + 1e-6


def all_found(case: Case) -> bool:
    """Say whether for every n something is found."""
    return bool((case["hits"].sum(0) > 0).all())


def nothing_found_is_zero(case: Case, output: Tensor | float) -> bool:
    """Say whether it is 0 where for some n nothing at all is found."""
    return all_found(case) or is_right(case, output)


def penalty(case: Case) -> float:
    """Return the right brevity penalty."""
    lengths = case["totals"][:, 0].double()
    return float(brevity(lengths, case["reference_lengths"], RIGHT))


def all_longer(case: Case, output: Tensor | float) -> bool:
    """Say whether it is right where every caption is longer than all its references."""
    longer = case["totals"][:, :1] > case["reference_lengths"]
    return not bool(longer.all()) or not all_found(case) or is_right(case, output)


def long_enough(case: Case, output: Tensor | float) -> bool:
    """Say whether it is right where the captions are long enough."""
    return penalty(case) < 1 or not all_found(case) or is_right(case, output)


def one_reference(case: Case, output: Tensor | float) -> bool:
    """Say whether it is right where there is one reference for each caption."""
    return case["reference_lengths"].shape[1] > 1 or not all_found(case) or is_right(case, output)


def single_words(case: Case, output: Tensor | float) -> bool:
    """Say whether it is right where only single words are counted."""
    return case["hits"].shape[1] > 1 or not all_found(case) or is_right(case, output)


BLEU = Implement(
    id="captioning.bleu",
    title="BLEU of a whole corpus",
    difficulty=2,
    minutes=15,
    hints=(
        "In which order: sum over the captions, or divide? And of the two lengths c and r, which "
        "is that of your captions?",
        "p_n = Σ hits / Σ totals over the captions; BLEU = min(1, e^(1 − r/c)) · (p_1 … p_N)^(1/N)"
        ". c: all words that are said, r: the sum of the closest lengths.",
        "hits and totals are (caption, n), so both sums are (n,). gaps = |reference_lengths − "
        "lengths[:, None]| is (caption, reference).",
        "shares = hits.sum(0) / totals.sum(0)...\nlengths = totals[:, ...]\nr = 0\n"
        "for length, row in zip(lengths.tolist(), reference_lengths.tolist()):\n"
        "    r += min(row, key=lambda other: (abs(...), other))\n"
        "brevity = min(1, math.exp(1 - ... / ...))\nreturn brevity * ...",
    ),
    reference=bleu,
    cases=bleu_cases,
    mistakes=(
        Mistake(
            "mean_of_sentences",
            "You compute a BLEU for each caption and average. The card sums the counts of all "
            "captions first.",
            "shares brevity length",
        ),
        Mistake(
            "mean_of_shares",
            "You average the captions' own shares. A long caption has more n-grams than a short "
            "one: sum first, then divide.",
            "shares",
        ),
        Mistake(
            "mean_where_there",
            "You average the shares of those captions that have such n-grams. Sum first, then "
            "divide.",
            "shares firsts",
        ),
        Mistake(
            "plus_one",
            "You add 1 to the counts. People smooth so, the card does not.",
            "shares zeros",
        ),
        Mistake(
            "over_words",
            "You divide all hits by the number of words. Of what are there so many 2-grams?",
            "shares firsts",
        ),
        Mistake(
            "over_all",
            "You divide by the n-grams of all sizes together. Each p_n has its own total.",
            "shares",
        ),
        Mistake(
            "pooled",
            "You throw n-grams of all sizes together and divide once. There is a share p_n for "
            "each n, and then their mean.",
            "shares mean",
        ),
        Mistake(
            "by_caption",
            "You sum over n, so each *caption* has a share. Which axis are the captions?",
            "shares mean",
        ),
        Mistake("first_sentence", "Only the first caption's counts are in your shares.", "shares"),
        Mistake(
            "arithmetic",
            "You take the ordinary mean of the p_n. The geometric one is asked for.",
            "mean",
        ),
        Mistake("product", "You multiply the p_n, but take no root.", "mean"),
        Mistake(
            "square_root",
            "You take the square root of the product. Which root, if there are N of them?",
            "mean",
        ),
        Mistake("last_only", "Only the largest n is in yours. All p_n are.", "mean"),
        Mistake("first_only", "Only single words are in yours. All p_n are.", "mean firsts"),
        Mistake("harmonic", "That is the harmonic mean. The geometric one is asked for.", "mean"),
        Mistake(
            "zeros_left_out",
            "Where for one n nothing is found, you leave that n out. What is a product with a 0 in "
            "it?",
            "mean zeros",
        ),
        Mistake(
            "zeros_ignored",
            "Where for one n nothing is found, it counts as if all had been found. What is a "
            "product with a 0 in it?",
            "mean zeros",
        ),
        Mistake(
            "four_always",
            "You take the fourth root, however many p_n there are.",
            "mean",
        ),
        Mistake("later_weigh_more", "Larger n weigh more in yours. All weigh the same.", "mean"),
        Mistake(
            "root_by_n",
            "You take the n-th root of p_n. All have the same root, the N-th.",
            "mean firsts shares",
        ),
        Mistake(
            "smallest",
            "That is the smallest p_n. Their geometric mean is asked for.",
            "mean shares",
        ),
        Mistake("no_brevity", "The brevity penalty is missing.", "brevity length"),
        Mistake(
            "reward",
            "Captions that are longer than the references get a factor above 1. It is a penalty: "
            "at most 1.",
            "brevity",
        ),
        Mistake("ratio", "Your brevity penalty is c/r. The card has e^(1 − r/c).", "brevity"),
        Mistake(
            "turned",
            "You have e^(1 − c/r), which punishes captions that are too *long*. Which of the two "
            "lengths stands below?",
            "brevity",
        ),
        Mistake(
            "both_punished",
            "You punish long captions as well as short ones. Only short ones are punished.",
            "brevity",
        ),
        Mistake(
            "difference",
            "You take e^(c − r). The card divides: 1 − r/c.",
            "brevity",
        ),
        Mistake(
            "one_at_least",
            "Your factor is at *least* 1. It is at most 1.",
            "brevity",
        ),
        Mistake("no_one", "You take e^(−r/c). Where is the 1?", "brevity"),
        Mistake(
            "by_reference",
            "You take e^((c − r)/r). The card divides by the captions' length c.",
            "brevity",
        ),
        Mistake(
            "brevity_by_sentence",
            "You take a brevity penalty for each caption and average. There is one for the corpus, "
            "from the sums.",
            "length brevity",
        ),
        Mistake(
            "subtracted",
            "You subtract what is missing from 1. The brevity penalty is a factor.",
            "end brevity length mean shares spoken",
        ),
        Mistake(
            "brevity_in_root",
            "The root is taken of the brevity penalty, too. It stands before the root.",
            "end brevity length mean shares spoken",
        ),
        Mistake(
            "silent_caption",
            "You give 0 as soon as *one caption* has no hit for some n. Only where the whole "
            "corpus has none it is 0.",
            "end brevity length mean shares spoken",
        ),
        Mistake(
            "silent_sentence",
            "You give 0 as soon as *one caption* has no hit at all. Only where the whole corpus "
            "has none for some n it is 0.",
            "end brevity length mean shares spoken",
        ),
        Mistake(
            "all_grams",
            "For the length c you count n-grams of all sizes. It counts words.",
            "spoken length brevity",
        ),
        Mistake(
            "found_words",
            "For the length c you count the words that are *found*. It counts all that are said.",
            "spoken length brevity",
        ),
        Mistake(
            "ones",
            "For the length c you count the captions. It counts their words.",
            "spoken length brevity",
        ),
        Mistake(
            "longest_grams",
            "For the length c you count the longest n-grams. It counts words.",
            "spoken length brevity",
        ),
        Mistake(
            "mean_grams",
            "For the length c you average over the sizes of n-grams. It counts words.",
            "spoken length brevity",
        ),
        Mistake(
            "longest",
            "You compare with the *longest* reference of each caption. The closest in length is "
            "asked for.",
            "length",
        ),
        Mistake(
            "shortest",
            "You compare with the *shortest* reference of each caption. The closest in length is "
            "asked for.",
            "length",
        ),
        Mistake(
            "mean_length",
            "You compare with the mean length of the references. The closest is asked for.",
            "length",
        ),
        Mistake(
            "first_reference",
            "You compare with the first reference. The closest in length is asked for.",
            "length",
        ),
        Mistake(
            "tie_longer",
            "Of two references that are equally close you take the longer one.",
            "length",
        ),
        Mistake(
            "tie_first",
            "Of two references that are equally close you take the one that stands first. What "
            "does the card say?",
            "length",
        ),
        Mistake(
            "corpus_closest",
            "You sum up each column of references and take the closest sum. Each caption has a "
            "closest reference of its own.",
            "length",
        ),
        Mistake(
            "closest_longer",
            "You look only at references that are at least as long as the caption. A shorter one "
            "may be closer.",
            "length",
        ),
        Mistake(
            "closest_shorter",
            "You look only at references that are at most as long as the caption. A longer one "
            "may be closer.",
            "length",
        ),
        Mistake(
            "gap_alone",
            "Your r is how far the lengths are apart. It is the length of the closest reference.",
            "length",
        ),
        Mistake(
            "furthest",
            "You take the reference that is *furthest* in length.",
            "length",
        ),
        Mistake(
            "all_references",
            "You add up the lengths of all references. One for each caption.",
            "length",
        ),
        Mistake(
            "mean_over_corpus",
            "You compare the *sum* of the captions' words with a *mean* of the references'.",
            "length",
        ),
        Mistake(
            "median",
            "You compare with the reference of the middle length. The closest is asked for.",
            "length",
        ),
    ),
    properties=(
        Property("BLEU lies between 0 and 1 here. Yours does not.", is_a_share),
        Property(
            "Yours is off even where every reference is shorter than its caption, so that nothing "
            "is taken away for brevity, whichever you choose. Look at the shares p_n, one for each "
            "n, at their mean, and at which words c counts.",
            all_longer,
        ),
        Property(
            "Yours is off where the captions are long enough for their closest references, but "
            "other references are longer. Which captions and lengths are in the sums, and when is "
            "the penalty 1?",
            long_enough,
        ),
        Property(
            "Yours is off where only single words are counted and BLEU is p_1 times the brevity "
            "penalty. Look at r and c.",
            single_words,
        ),
        Property(
            "Yours is off where each caption has a single reference, so that there is nothing to "
            "choose. What is the brevity penalty there?",
            one_reference,
        ),
        Property(
            "Where for some n not one n-gram of the whole corpus is found, BLEU is 0. Yours is "
            "not.",
            nothing_found_is_zero,
        ),
    ),
)
