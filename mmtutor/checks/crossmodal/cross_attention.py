"""Words ask, patches answer. Traps: who asks, whose mask it is, values from the wrong side."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.crossmodal.shared import flags, taken, takes, weighed
from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.engine.properties import agree


def cross_attention(
    text: Tensor,
    picture: Tensor,
    query_matrix: Tensor,
    key_matrix: Tensor,
    value_matrix: Tensor,
    mask: Tensor,
    wrong: Wrong = RIGHT,
) -> tuple[Tensor, Tensor]:
    """Reference: words ask, the patches that are real answer."""
    mask = taken(mask, wrong)
    if "picture_asks" in wrong:
        text, picture = picture, text
    if "picture_alone" in wrong:
        text = picture
    if "zeroed" in wrong:
        picture = picture * mask.unsqueeze(-1)
    made = matrices(query_matrix, key_matrix, value_matrix, wrong)
    query, key = text @ made[0], (text if "text_alone" in wrong else picture) @ made[1]
    value = (text if {"text_alone", "value_from_text"} & wrong else picture) @ made[2]
    scores = query @ key.transpose(1, 2) / cross_scale(query, value, text, key, wrong)
    weights = weighed(scores, mask, wrong)
    used = scores.softmax(-1) if "found_not_hidden" in wrong else weights
    output = handed_over(used, value, text, mask, wrong)
    return output, looks(scores, weights, query.shape[-1], mask, wrong)


def looks(scores: Tensor, weights: Tensor, inner: int, mask: Tensor, wrong: Wrong) -> Tensor:
    """Return what comes back beside the output: the weights, or what people take for them."""
    hidden = ~mask.unsqueeze(1)
    ways: dict[str, Callable[[], Tensor]] = {
        "scores": lambda: scores,
        "hidden_scores": lambda: scores.masked_fill(hidden, -math.inf),
        "looks_not_scaled": lambda: (
            (scores * math.sqrt(inner)).masked_fill(hidden, -math.inf).softmax(-1)
        ),
        "looks_not_hidden": lambda: scores.softmax(-1),
    }
    return next((way() for name, way in ways.items() if name in wrong), weights)


def handed_over(weights: Tensor, value: Tensor, text: Tensor, mask: Tensor, wrong: Wrong) -> Tensor:
    """Return what the words take home."""
    if "values_only" in wrong:
        value = value * mask.unsqueeze(-1)
    if "output_scaled" in wrong:
        return weights @ value / math.sqrt(value.shape[-1])
    return weights @ value + (text if "residual" in wrong else 0.0)


def matrices(query: Tensor, key: Tensor, value: Tensor, wrong: Wrong) -> list[Tensor]:
    """Return what makes queries, keys and values, in this order."""
    nothing = torch.eye(len(query), dtype=query.dtype)
    orders = {
        "crossed": [key, query, value],
        "key_as_value": [query, value, key],
        "key_by_query": [query, query, value],
        "value_by_key": [query, key, key],
        "value_raw": [query, key, nothing],
        "unprojected": [nothing, nothing, value],
    }
    return next((o for name, o in orders.items() if name in wrong), [query, key, value])


def cross_scale(query: Tensor, value: Tensor, text: Tensor, key: Tensor, wrong: Wrong) -> float:
    """Return what the scores are divided by."""
    roots = {
        "by_text_width": text.shape[-1],
        "by_value_width": value.shape[-1],
        "by_patches": key.shape[1],
        "by_words": query.shape[1],
        "by_width": query.shape[-1] ** 2,
        "times_root": 1 / query.shape[-1],
        "no_scale": 1,
        "output_scaled": 1,
    }
    return math.sqrt(next((n for name, n in roots.items() if name in wrong), query.shape[-1]))


def cross_cases() -> list[Case]:
    def case(shape: tuple[int, ...], mask: Tensor, seed: int) -> Case:
        words, width, inner, value_width = shape
        batch, patches = mask.shape
        return Case(
            text=random_tensor(batch, words, width, seed=seed),
            picture=random_tensor(batch, patches, width, seed=seed + 1),
            query_matrix=random_tensor(width, inner, seed=seed + 2),
            key_matrix=random_tensor(width, inner, seed=seed + 3),
            value_matrix=random_tensor(width, value_width, seed=seed + 4),
            mask=mask,
        )

    inputs = case((3, 4, 3, 2), flags("1101", "0111"), seed=50)
    inputs["text"], inputs["picture"] = 30 * inputs["text"], 30 * inputs["picture"]
    for name in ("query_matrix", "key_matrix"):
        inputs[name] = 0.04 * inputs[name]
    made = case((4, 2, 2, 3), flags("10", "11"), seed=60)
    made["text"], made["picture"] = 0.04 * made["text"], 0.04 * made["picture"]
    for name in ("query_matrix", "key_matrix", "value_matrix"):
        made[name] = 30 * made[name]
    made["key_matrix"][0, 0], made["text"][1] = 35.0, made["text"][0]
    quiet = case((2, 3, 2, 4), flags("0110", "1011"), seed=70)
    for name in ("text", "picture"):
        quiet[name][:, 1] = 0.0
    for name in ("query_matrix", "key_matrix", "value_matrix"):
        quiet[name][0] = 0.0
    return [
        case((3, 2, 3, 2), flags("110"), seed=0),
        case((4, 3, 2, 5), flags("1100", "1010"), seed=10),
        case((3, 4, 2, 6), flags("10110", "11001", "01101"), seed=20),
        case((4, 5, 3, 3), flags("110110", "111111"), seed=30),
        case((5, 2, 4, 2), flags("011", "110"), seed=40),
        case((4, 3, 3, 3), flags("1100", "1110", "0100", "0110"), seed=45),
        case((4, 3, 5, 6), flags("0110111", "1101110"), seed=48),
        case((1, 1, 1, 1), flags("1"), seed=80),
        quiet,
        inputs,
        made,
        far(),
    ]


def far() -> Case:
    """Return a case with scores near 150, 0 and -150: their exponentials are ∞, 1 and 0.

    The hidden patches' have the other sign, so that a hidden score is 150 beside others of -150.
    """
    ones = torch.ones(1, 1)
    return Case(
        text=torch.tensor([[[12.0], [0.0], [-12.0]], [[-11.0], [13.0], [0.1]]]),
        picture=torch.tensor([[[12.4], [-12.5], [12.2]], [[12.0], [12.3], [-12.1]]]),
        query_matrix=ones,
        key_matrix=ones.clone(),
        value_matrix=torch.tensor([[1.0, -2.0]]),
        mask=flags("101", "110"),
    )


def padding_is_unseen(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether no word looks at a patch that is not real."""
    hidden = ~case["mask"].unsqueeze(1).expand_as(output[1])
    return bool((output[1].masked_select(hidden).abs() < 1e-6).all())


def words_share_out(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether each word's weights sum to 1."""
    sums = output[1].detach().sum(-1)
    return agree(sums, torch.ones_like(sums))


def mixes_patches(case: Case, output: tuple[Tensor, Tensor]) -> bool:
    """Say whether the output is the weights times the values of the patches."""
    return agree(output[0], output[1] @ (case["picture"] @ case["value_matrix"]))


ALONE = "source value length matrices value_width scale axis sense hide side second"
"""Every group: a mistake of all of them is never paired."""

CROSS_ATTENTION = Implement(
    id="crossmodal.cross_attention",
    title="Words ask, patches answer",
    difficulty=2,
    minutes=20,
    hints=(
        "It is the attention of lesson 01, with one difference: queries come from one sequence, "
        "keys and values from another. Who asks here? And to which of the two does the mask "
        "belong?",
        "weights = softmax(Q Kᵀ / √d) with Q = text W_q and K = picture W_k; output = weights V "
        "with V = picture W_v. d is the width of a query. Where a patch is padding, its score "
        "becomes -∞ for every word.",
        "query (batch, words, inner) @ keyᵀ (batch, inner, patches) → scores (batch, words, "
        "patches). The mask (batch, patches) → (batch, 1, patches). Weights like the scores; "
        "weights @ value → (batch, words, value_width).",
        "query, key, value = ... @ query_matrix, ... @ key_matrix, ... @ value_matrix\n"
        "scores = query @ key.transpose(..., ...) / math.sqrt(...)\n"
        "scores = scores.masked_fill(~mask.unsqueeze(...), -math.inf)\n"
        "weights = scores.softmax(dim=...)\n"
        "return weights @ value, weights",
    ),
    reference=cross_attention,
    cases=cross_cases,
    mistakes=(
        Mistake(
            "picture_asks",
            "In your version the patches ask and the words answer: you return a row for every "
            "patch. The sequence that asks keeps its length: whose length has the output that is "
            "asked for?",
            "source length",
        ),
        Mistake(
            "text_alone",
            "Queries, keys and values all come from the text, so your words look at each other. "
            "What has your output learnt of the picture?",
            "source value hide length",
        ),
        Mistake(
            "picture_alone",
            "Your queries come from the picture, too: patches look at patches, and you return a "
            "row for each of them. Who asks in this exercise?",
            "source length",
        ),
        Mistake(
            "value_from_text",
            "The words choose among the patches, and then they are handed words. What should a "
            "word take home from the patch that it looks at?",
            "source value length",
        ),
        Mistake(
            "value_raw",
            "Your words receive the patches as they are. Which of the three matrices has no say in "
            "your output?",
            "value matrices value_width",
        ),
        Mistake(
            "key_as_value",
            "Keys and values have changed their matrices. Which projection makes a patch *found*, "
            "and which makes what it *gives*?",
            "matrices value_width",
        ),
        Mistake(
            "crossed",
            "The text goes through the keys' matrix and the picture through the queries'. Who "
            "asks, and which matrix makes questions?",
            "matrices",
        ),
        Mistake(
            "key_by_query",
            "Queries and keys go through one and the same matrix. Which of the three has no say in "
            "your weights?",
            "matrices",
        ),
        Mistake(
            "value_by_key",
            "Keys and values go through one and the same matrix. Which of the three has no say in "
            "your output?",
            "matrices value value_width",
        ),
        Mistake(
            "unprojected",
            "You compare words and patches as they are. Which two matrices have no say in your "
            "weights?",
            "matrices scale",
        ),
        Mistake(
            "no_scale",
            "The scores are not scaled. By what does attention divide a dot product, so that it "
            "does not grow with the width?",
            "scale",
        ),
        Mistake(
            "by_width",
            "You divide by d. The *variance* of a dot product grows like d: what brings its "
            "standard deviation back to 1?",
            "scale",
        ),
        Mistake(
            "times_root",
            "You multiply by √d instead of dividing. Dot products grow with the width: which of "
            "the two keeps the softmax from hardening?",
            "scale",
        ),
        Mistake(
            "output_scaled",
            "The scores are not scaled, but your output is. What is divided by √d in the formula, "
            "before or after the softmax?",
            "scale value source value_width",
        ),
        Mistake(
            "by_text_width",
            "You divide by the root of the tokens' width, before the projection. Over how many "
            "numbers does the dot product of a query and a key sum?",
            "scale",
        ),
        Mistake(
            "by_value_width",
            "You divide by the root of the *values'* width. Do the values take part in a score?",
            "scale value_width",
        ),
        Mistake(
            "by_patches",
            "You divide by the root of the number of patches. Along which axis does one dot "
            "product sum?",
            "scale length side",
        ),
        Mistake(
            "by_words",
            "You divide by the root of the number of words. Along which axis does one dot product "
            "sum?",
            "scale length side",
        ),
        Mistake(
            "axis",
            "Your softmax runs over the words, so they compete for each patch. Every word shares "
            "out its own attention: among whom?",
            "axis",
        ),
        Mistake(
            "axis_even",
            "The words compete for each patch in your softmax, and a hidden patch is shared out "
            "among them evenly. Every word shares out its own attention: over what?",
            "axis hide sense",
        ),
        Mistake(
            "over_batch",
            "Your softmax runs over the examples of the batch, so that pictures compete. Over "
            "which axis of (batch, words, patches) does a word share out its attention?",
            ALONE,
        ),
        Mistake(
            "twice",
            "Your weights went through a softmax twice, so even the padding gets some. Once they "
            "sum to 1, what is left to do?",
            ALONE,
        ),
        Mistake(
            "hardest",
            "All of a word's attention goes to one patch. How much does the second best get after "
            "a softmax?",
            ALONE,
        ),
        Mistake(
            "no_softmax",
            "Your weights are the scores themselves, with their -∞. Which function turns scores "
            "into shares?",
            ALONE,
        ),
        Mistake(
            "logarithm",
            "Your weights are negative: they are logarithms of weights. Which of the two functions "
            "`softmax` and `log_softmax` makes shares?",
            ALONE,
        ),
        Mistake(
            "by_sum",
            "You divide the scores by their sum. What becomes of a share where scores are "
            "negative, and which function of them is never negative?",
            ALONE,
        ),
        Mistake(
            "inverted",
            "Your words look at the padding and nowhere else. True means *real*; which places does "
            "`masked_fill` fill?",
            "sense",
        ),
        Mistake(
            "after_softmax",
            "The mask comes after the softmax: the padding has taken its share before it is "
            "removed, and the rows no longer sum to 1. When must a patch be hidden?",
            "hide",
        ),
        Mistake(
            "ignored",
            "The mask has no effect in your version: words look at patches that do not exist. "
            "Which scores should become -∞?",
            "hide sense",
        ),
        Mistake(
            "zeroed",
            "You set the padded patches to zero before the attention. Their scores are then 0: "
            "what is exp(0), and what does it take from the others?",
            "hide sense source",
        ),
        Mistake(
            "filled_with_zero",
            "It looks as if hidden scores became 0, which is an ordinary score. Which score has "
            "the exponential 0?",
            "hide axis",
        ),
        Mistake(
            "filled_with_infinity",
            "Hidden scores become +∞ in your version: then the padding takes everything, and "
            "∞ − ∞ is NaN. Which score has the exponential 0?",
            ALONE,
        ),
        Mistake(
            "overflow",
            "That is right while the scores are small, but the exponential of 150 is ∞ in these "
            "numbers and that of -150 is 0. What may be subtracted from all scores of a word "
            "first, and what does `softmax` do about it?",
            ALONE,
        ),
        Mistake(
            "values_only",
            "You hide the values of the padding, but its patches keep their weights. What should "
            "be hidden before the weights are shared out?",
            ALONE,
        ),
        Mistake(
            "left_over",
            "You hide after the exponentials are taken, and share out anew what is left. Where a "
            "hidden score is far above the others, 150 beside -150, nothing is left in these "
            "numbers: 0/0. What could be hidden before the softmax instead?",
            ALONE,
        ),
        Mistake(
            "left_over_kept",
            "You hide after the exponentials are taken, and divide by what is left, kept from 0. "
            "Where a hidden score is far above the others, 150 beside -150, nothing is left in "
            "these numbers, and all weights are 0. What could be hidden before that instead?",
            ALONE,
        ),
        *takes("picture", "patch", "sense hide second source side"),
        Mistake(
            "wrong_side",
            "You hide those who *ask*: a row that may look nowhere is NaN. The mask is there for "
            "those who answer: along which axis of the scores do they lie?",
            "hide side",
        ),
        Mistake(
            "asks_even",
            "You hide those who *ask*: a row of which all scores are hidden is shared out evenly. "
            "The mask is there for those who answer: along which axis of the scores do they lie?",
            "hide side axis",
        ),
        Mistake(
            "no_axis",
            "Your mask lacks the axis of the words. Shapes are lined up from the right, so "
            "(batch, patches) meets (words, patches), and only by luck do the sizes fit. Where "
            "does the new axis of size 1 belong?",
            "hide",
        ),
        Mistake(
            "residual",
            "You add the text to what was found, as a whole layer does. What does this exercise "
            "ask for: the layer, or what attention found?",
            "source value_width",
        ),
        Mistake(
            "scores",
            "The second thing that you return is the scores. Which line turns them into weights?",
            "second",
        ),
        Mistake(
            "hidden_scores",
            "The second thing that you return is the masked scores, with their -∞. What does the "
            "softmax make of them, and did you keep it?",
            "second hide sense",
        ),
        Mistake(
            "looks_not_scaled",
            "Your output is right, but the weights beside it come from scores that were not "
            "scaled. Do both come from the same softmax?",
            ALONE,
        ),
        Mistake(
            "found_not_hidden",
            "Your weights are right, but in those that made your output the padding has a share. "
            "Do both come from the same softmax?",
            ALONE,
        ),
        Mistake(
            "looks_not_hidden",
            "Your output is right, but in the weights beside it the padding has a share. Do both "
            "come from the same softmax?",
            ALONE,
        ),
    ),
    properties=(
        Property(
            "A patch that is padding must get no weight from any word; somewhere yours does.",
            padding_is_unseen,
        ),
        Property(
            "Each word shares out its attention over the patches, so its weights sum to 1; yours "
            "do not.",
            words_share_out,
        ),
        Property(
            "The output should be the weights times the values of the patches: yours is something "
            "else.",
            mixes_patches,
        ),
    ),
)
