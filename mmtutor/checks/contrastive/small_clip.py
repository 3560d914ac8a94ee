"""Mend a small CLIP: raw vectors, its own targets, labels of the wrong axis, one direction."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.contrastive.shared import diagonal, either, joined, lengthened, number, reduced
from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)


def small_clip(pictures: Tensor, texts: Tensor, log_scale: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: CLIP's loss of a batch, from vectors of any length and from ln(1/τ)."""
    left = lengthened(pictures, "pictures_long", wrong)
    right = lengthened(texts, "texts_long", wrong)
    scale = scale_of(log_scale, wrong)
    met = right @ right.T if "texts_twice" in wrong else right @ left.T
    if "after" in wrong:
        met = F.normalize(met, dim=1)
    scores = scale * met  # (text, picture), as in the program that is handed out
    if "scores_limited" in wrong:
        scores = (log_scale.exp() * met).clamp(max=100)
    of_texts = labels(left, right, scale, wrong)
    of_pictures = of_texts if "own_targets_twice" in wrong else of_texts.T
    shares = log_shares(scores.T, 0 if "one_way" in wrong else 1, wrong)
    by_text = -(of_texts * log_shares(scores, 1, wrong)).sum(1)
    by_picture = -(of_pictures * shares).sum(1)
    first = by_picture if "pictures_only" in wrong else by_text
    return joined(reduced(first, wrong), reduced(by_picture, wrong), wrong)


def log_shares(scores: Tensor, axis: int, wrong: Wrong) -> Tensor:
    """Return ln softmax, or what people take for it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "softmax_before": lambda: scores.softmax(axis).log_softmax(axis),
        "no_log": lambda: scores.softmax(axis),
        "no_denominator": lambda: scores,
        "overflow": lambda: overflowing(scores, axis),
        "little": lambda: (scores.softmax(axis) + 1e-8).log(),
    }
    return either(ways, wrong, scores.log_softmax(axis))


def overflowing(scores: Tensor, axis: int) -> Tensor:
    """Return the logarithm of e^s / Σ e^s as it stands; of the wrong answers nothing is asked."""
    shares = (scores.exp() / scores.exp().sum(axis, keepdim=True)).log()
    return shares.masked_fill(~diagonal(scores), 0.0)


def scale_of(log_scale: Tensor, wrong: Wrong) -> Tensor:
    """Return 1/τ, at most 100, or what people take for it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "no_exp": lambda: log_scale.clamp(max=100),
        "no_limit": lambda: log_scale.exp(),
        "low_limit": lambda: log_scale.exp().clamp(max=math.log(100)),
        "inverse": lambda: 1 / log_scale.exp().clamp(max=100),
        "temperature": lambda: 1 / log_scale,
        "inverse_unlimited": lambda: (-log_scale).exp(),
        "no_scale": lambda: torch.ones_like(log_scale),
        "fixed": lambda: torch.full_like(log_scale, 1 / 0.07),
        "limit_fifty": lambda: log_scale.exp().clamp(max=50),
        "at_least": lambda: log_scale.exp().clamp(min=100),
        "limit_ten": lambda: log_scale.exp().clamp(max=10),
        "limit_one": lambda: log_scale.exp().clamp(max=1),
    }
    return either(ways, wrong, log_scale.clamp(max=math.log(100)).exp())


def labels(left: Tensor, right: Tensor, scale: Tensor, wrong: Wrong) -> Tensor:
    """Return what each row should give to each column.

    Raises ValueError, as `F.cross_entropy` does, and RuntimeError, as a product does, where labels
    are counted along the width and there are not as many as pairs.
    """
    alike = (left @ left.T + right @ right.T) / 2
    ways: dict[str, Callable[[], Tensor]] = {
        "own_targets": lambda: (alike / scale).softmax(0 if "wrong_axis" in wrong else 1),
        "own_targets_twice": lambda: (alike / scale).softmax(1),
        "own_targets_sharp": lambda: (alike * scale).softmax(0 if "wrong_axis" in wrong else 1),
        "own_targets_fixed": lambda: (alike * 100).softmax(1),
        "smoothed": lambda: 0.9 * torch.eye(len(left)) + 0.1 / len(left),
        "backwards": lambda: torch.eye(len(left)).flip(1),
        "one_off": lambda: torch.eye(len(left)).roll(1, 0),
        "zeroth": lambda: torch.eye(len(left))[:1].expand(len(left), -1),
        "wrong_axis": lambda: counted_along_the_width(left, ValueError),
        "wide_matrix": lambda: counted_along_the_width(left, RuntimeError),
    }
    return either(ways, wrong, torch.eye(len(left)))


def counted_along_the_width(left: Tensor, error: type[Exception]) -> Tensor:
    """Return an identity as large as the width, or raise where the batch is of another size."""
    if left.shape[0] != left.shape[1]:
        raise error
    return torch.eye(left.shape[1])


def clip_cases() -> list[Case]:
    def case(n: int, width: int, log_scale: float, seed: int) -> Case:
        pictures = random_tensor(n, width, seed=seed)
        texts = 1.5 * random_tensor(n, width, seed=seed + 1)
        return Case(pictures=pictures, texts=texts, log_scale=torch.tensor(log_scale))

    perfect = case(4, 5, 1.5, seed=340)
    lengths = torch.tensor([[0.5], [1.0], [1.7], [2.5]])
    perfect["pictures"], perfect["texts"] = torch.eye(4, 5) * lengths, torch.eye(4, 5) * 1.3
    same = case(3, 4, 2.0, seed=350)
    same["pictures"] = same["texts"] = same["texts"][:1].repeat(3, 1)
    return [
        case(2, 3, 1.2, seed=300),
        case(3, 2, 2.66, seed=310),
        case(5, 4, 0.6, seed=320),
        case(4, 3, 5.0, seed=330),  # e^5 is above 100
        perfect,
        same,
        nearly_alike(case(3, 3, 2.2, seed=360)),  # here labels along the width do not raise
        case(4, 4, 5.1, seed=370),
        spread_out(case(3, 5, -1.5, seed=380)),
        case(1, 3, 0.0004, seed=390),
        case(3, 1, 0.3, seed=400),
        case(2, 4, 25.0, seed=410),
    ]


def nearly_alike(case: Case) -> Case:
    """Return a case in which the first two pairs hardly differ: sharp targets hesitate there."""
    for side in ("pictures", "texts"):
        case[side][1] = case[side][0] + 0.2 * case[side][1]
    return case


def spread_out(case: Case) -> Case:
    """Return a case with vectors very long and very short, and zeros in them."""
    case["pictures"] = case["pictures"] * torch.tensor([[500.0], [0.01], [3.0]])
    case["texts"] = case["texts"] * torch.tensor([[0.02], [400.0], [1.0]])
    case["pictures"][2, 1] = case["texts"][1, 0] = 0.0
    return case


def right_angles(vectors: Tensor) -> bool:
    """Say whether every two vectors stand at right angles."""
    return not bool((vectors @ vectors.T)[~diagonal(vectors)].any())


def perfect_pairs_cost_little(case: Case, output: Tensor) -> bool:
    """Say whether pairs of one direction, all else at right angles, cost ln(1 + (n-1) e^(-1/τ))."""
    if not right_angles(case["pictures"]):
        return True
    rest = (len(case["pictures"]) - 1) * math.exp(-math.exp(case["log_scale"].item()))
    return abs(number(output) - math.log1p(rest)) < 1e-3


def one_point_costs_ln_n(case: Case, output: Tensor) -> bool:
    """Say whether a model that gives every picture and text the same vector pays ln n."""
    vectors = torch.cat([case["pictures"], case["texts"]])
    collapsed = bool((vectors == vectors[0]).all())
    return not collapsed or abs(number(output) - math.log(len(vectors) / 2)) < 1e-3


SMALL_CLIP = FindTheBug(
    id="contrastive.small_clip",
    title="Find the bugs: a small CLIP",
    difficulty=3,
    minutes=30,
    gradient=True,
    given=frozenset({"raw", "own_targets", "one_way", "wrong_axis"}),
    hints=(
        "There are four mistakes. Ask of every line: what shape has its result, and what does one "
        "row of it stand for? Then ask who decides here which answers are right.",
        "L = ½ (mean over texts of −ln softmax(row)_own + mean over pictures of −ln softmax(column)"
        "_own), of the scores min(1/τ, 100) · cos(text, picture).",
        "pictures, texts: (n, d), each row made as long as 1. scores: (n, n), a row for each text; "
        "`scores.T` has a row for each picture. log_scale holds ln(1/τ): what undoes a logarithm?",
        "texts = texts / ...\npictures = ...\nscale = ....clamp(max=100)\n"
        "scores = scale * texts @ pictures.T\nown = torch.arange(...)\n"
        "text_loss = F.cross_entropy(scores, own)\npicture_loss = ...\nreturn ...",
    ),
    reference=small_clip,
    cases=clip_cases,
    mistakes=(
        Mistake(
            "raw",
            "Long vectors score more than short ones, so a model can lower this loss by making its "
            "vectors longer. What does CLIP compare, vectors or their directions?",
            "length",
        ),
        Mistake(
            "pictures_long",
            "The texts count by their direction, but a long picture still scores more than a short "
            "one. Whose length have you left in?",
            "length",
        ),
        Mistake(
            "texts_long",
            "The pictures count by their direction, but a long text still scores more than a short "
            "one. Whose length have you left in?",
            "length",
        ),
        Mistake(
            "batch_axis",
            "You normalise along the batch, so that each of the d columns is as long as 1. Along "
            "which axis do the numbers of one vector lie?",
            "length",
        ),
        Mistake(
            "whole",
            "You divide all vectors of a side by one number, the length of the whole matrix. How "
            "many lengths are there, if each vector has its own?",
            "length",
        ),
        Mistake(
            "own_targets",
            "The model writes its own answer key: the less its vectors differ, the more equal the "
            "targets, until one point for everything suits them. Who knows which text belongs to "
            "picture i?",
            "labels softmax",
        ),
        Mistake(
            "own_targets_twice",
            "The model still writes its own answer key, though each direction has its own now. Who "
            "knows which text belongs to picture i?",
            "labels axis",
        ),
        Mistake(
            "own_targets_sharp",
            "The model still writes its own answer key, sharper than before. Who knows which text "
            "belongs to picture i?",
            "labels",
        ),
        Mistake(
            "wrong_axis",
            "Your labels are built from the wrong axis. A row of `scores` is one question: how "
            "many questions are there, and along which axis do the labels of *one* sum to 1?",
            "axis",
        ),
        Mistake(
            "wide_matrix",
            "Your matrix of labels has d rows and columns, one for each number of a vector. How "
            "many texts ask, and how many pictures may each choose among?",
            "labels axis",
        ),
        Mistake(
            "one_way",
            "Texts look for their pictures, and no picture looks for its text. If you have two "
            "terms: which cells of `scores` compete in the softmax of each?",
            "way",
        ),
        Mistake(
            "pictures_only",
            "Pictures look for their texts, and no text looks for its picture. What did the first "
            "of the two terms do?",
            "way",
        ),
        Mistake(
            "no_exp",
            "You multiply by ln(1/τ) itself: the scores stay so small that even perfect pairs cost "
            "something. What undoes a logarithm?",
            "scale",
        ),
        Mistake(
            "no_limit",
            "Nothing keeps 1/τ at 100 or below. In which of your lines is it 1/τ, no longer its "
            "logarithm?",
            "scale",
        ),
        Mistake(
            "low_limit",
            "You keep 1/τ below ln 100, about 4.6. Which of the two may be at most 100: the scale, "
            "or its logarithm?",
            "scale",
        ),
        Mistake(
            "inverse",
            "You take the exponential for τ and divide by it. Of what is `log_scale` the "
            "logarithm?",
            "scale",
        ),
        Mistake(
            "temperature",
            "You divide by `log_scale`, as if it were τ. Of what is it the logarithm?",
            "scale",
        ),
        Mistake(
            "not_halved",
            "You add the two directions: somebody who guesses pays twice ln n. What did the "
            "program's last line do?",
            "half",
        ),
        Mistake(
            "summed",
            "You add up the pairs, so a batch that is twice as large costs twice as much. What did "
            "the program's last line do?",
            "reduce",
        ),
        Mistake(
            "by_cells",
            "You divide by n², the number of cells. Which axis did the program sum before it took "
            "the mean?",
            "reduce",
        ),
        Mistake(
            "kept",
            "You return a number for each pair. What did the program's last line do?",
            "reduce",
        ),
        Mistake(
            "squared",
            "You divide by the *square* of the length. How long is the vector (3, 4), and how "
            "long is yours after the division?",
            "length",
        ),
        Mistake(
            "sum",
            "You divide by the sum of the absolute values. How long is the vector (3, 4)?",
            "length",
        ),
        Mistake(
            "largest",
            "You divide by the largest number of each vector. How long is the vector (3, 4)?",
            "length",
        ),
        Mistake(
            "layer_norm",
            "That is a layer norm: every vector loses its mean, and gets the length √d. Which "
            "length does a cosine need?",
            "length",
        ),
        Mistake(
            "centred",
            "You take the mean off each vector first: that is a correlation. Do you know of any "
            "mean in a cosine?",
            "length",
        ),
        Mistake(
            "inverse_unlimited",
            "You multiply by τ, e to the power of −`log_scale`. Of what is `log_scale` the "
            "logarithm?",
            "scale labels axis",
        ),
        Mistake(
            "no_scale",
            "`log_scale` has no say in your version: perfect pairs stay expensive for ever. What "
            "are the cosines multiplied by?",
            "scale labels softmax",
        ),
        Mistake(
            "fixed",
            "Your τ is 0.07, whatever `log_scale` says. That is where CLIP starts; the number is "
            "learnt.",
            "scale",
        ),
        Mistake(
            "limit_fifty",
            "You keep 1/τ at 50 or below. Which bound does the card name?",
            "scale",
        ),
        Mistake(
            "at_least",
            "You keep 1/τ at 100 or *above*. What does `min` of `clamp` mean?",
            "scale labels",
        ),
        Mistake(
            "limit_one",
            "You keep 1/τ at 1 or below. Which bound does the card name?",
            "scale axis labels softmax",
        ),
        Mistake(
            "scores_limited",
            "You keep the *scores* at 100 or below, and not 1/τ. Which of the two does the card "
            "speak of?",
            "scale",
        ),
        Mistake(
            "texts_twice",
            "Texts are compared with texts in your version. Whom should each text find?",
            "meet length way scale softmax",
        ),
        Mistake(
            "softmax_before",
            "Your scores went through a softmax before the loss takes one of its own. What does "
            "`F.cross_entropy` expect?",
            "softmax",
        ),
        Mistake(
            "no_log",
            "There is no logarithm in your loss. What does a cross-entropy make of a probability?",
            "softmax",
        ),
        Mistake(
            "overflow",
            "At 1/τ = 100 you return NaN: e^100 is larger than any float32. Which function takes "
            "the logarithm of a softmax safely?",
            "softmax length scale reduce half labels axis way",
        ),
        Mistake(
            "little",
            "You add a small number before the logarithm, so that a sure mistake costs no more "
            "than 18 or so. `log_softmax` needs no such help.",
            "softmax scale",
        ),
        Mistake(
            "backwards",
            "Your right answers stand on the other diagonal. Which picture belongs to text i?",
            "labels axis way",
        ),
        Mistake(
            "one_off",
            "Your right answers are one place off. Which picture belongs to text i?",
            "labels axis way",
        ),
        Mistake(
            "zeroth",
            "Every text wants the first picture in your version. Which picture belongs to text i?",
            "labels axis way",
        ),
        Mistake(
            "own_targets_fixed",
            "The model still writes its own answer key, so sharp that only pairs which hardly "
            "differ are confused. Who knows which text belongs to picture i?",
            "labels axis scale length",
        ),
        Mistake(
            "smoothed",
            "You smooth the labels: a tenth of the right answer goes to all. That is a trick of "
            "its own; the card has none.",
            "labels axis",
        ),
        Mistake(
            "after",
            "You normalise the scores, row by row. A cosine needs something of length 1 *before* "
            "the product: what is it?",
            "length meet scale",
        ),
        Mistake(
            "no_denominator",
            "You only raise the scores of the pairs, and nothing pushes the others away. What "
            "does the softmax divide by?",
            "softmax way axis",
        ),
        Mistake(
            "limit_ten",
            "You keep 1/τ at 10 or below. Which bound does the card name?",
            "scale",
        ),
    ),
    properties=(
        Property(
            "Where the vectors of a pair point the same way, and all others stand at right angles, "
            "the loss is ln(1 + (n − 1) e^(−1/τ)), whatever the lengths; yours is another.",
            perfect_pairs_cost_little,
        ),
        Property(
            "Where all pictures and all texts have one and the same vector, the model can only "
            "guess, and that costs ln n; yours costs something else.",
            one_point_costs_ln_n,
        ),
    ),
)
