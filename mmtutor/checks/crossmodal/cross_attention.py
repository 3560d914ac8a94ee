"""The exercises of lesson 07, cross-modal attention."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    Case,
    FindTheBug,
    Implement,
    Mistake,
    Predict,
    Property,
    Wrong,
    random_tensor,
)

RIGHT: Wrong = frozenset()


def agree(a: Tensor, b: Tensor) -> bool:
    """Say whether two tensors have one shape and the same numbers, within float32's precision."""
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), atol=1e-4)


def flags(*rows: str) -> Tensor:
    """Turn "110", "100" into a boolean mask: 1 is real, 0 is padding."""
    return torch.tensor([[letter == "1" for letter in row] for row in rows])


# ------------------------------------------------------------------------ cross-attention


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
    weights = shared_out(scores, mask, wrong)
    output = weights @ value + (text if "residual" in wrong else 0.0)
    if "hidden_scores" in wrong:
        return output, scores.masked_fill(~mask.unsqueeze(1), -math.inf)
    return output, scores if "scores" in wrong else weights


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
        "no_scale": 1,
    }
    return math.sqrt(next((n for name, n in roots.items() if name in wrong), query.shape[-1]))


def shared_out(scores: Tensor, mask: Tensor, wrong: Wrong) -> Tensor:
    """Turn scores (batch, words, patches) into weights under a mask of the patches."""
    axis = 1 if "axis" in wrong else -1
    if {"ignored", "zeroed"} & wrong:
        return scores.softmax(axis)
    seen = ~mask if "inverted" in wrong else mask
    if "no_axis" not in wrong:
        seen = seen.unsqueeze(-1 if "wrong_side" in wrong else 1)
    if "after_softmax" in wrong:
        return scores.softmax(axis) * seen
    return scores.masked_fill(~seen, 0.0 if "filled_with_zero" in wrong else -math.inf).softmax(
        axis
    )


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

    return [
        case((3, 2, 3, 2), flags("110"), seed=0),
        case((4, 3, 2, 5), flags("1100", "1010"), seed=10),
        case((3, 4, 2, 6), flags("10110", "11001", "01101"), seed=20),
        case((4, 5, 3, 3), flags("110110", "111111"), seed=30),
        case((5, 2, 4, 2), flags("011", "110"), seed=40),
        case((4, 3, 3, 3), flags("1100", "1110", "0101", "0011"), seed=45),
    ]


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
            "You replace hidden scores by 0, which is an ordinary score. Which score has the "
            "exponential 0?",
            "hide",
        ),
        Mistake(
            "wrong_side",
            "You hide those who *ask*: a row that may look nowhere is NaN. The mask is there for "
            "those who answer: along which axis of the scores do they lie?",
            "hide side",
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

# ------------------------------------------------------ find the bug: the neighbour's mask


def picture_reads(
    picture: Tensor, text: Tensor, mask: Tensor, heads: int, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: patches read a padded question, with several heads in one row of examples."""
    batch, _, width = picture.shape

    def split(x: Tensor) -> Tensor:  # (batch, token, width) → (batch · heads, token, part)
        parts = x.unflatten(-1, (heads, -1))
        return parts.movedim(2, 0 if "order_left" in wrong else 1).flatten(0, 1)

    if "zeroed" in wrong:
        text = text * mask.unsqueeze(-1)
    query, key, value = split(picture), split(text), split(text)
    below = 1 if "no_scale" in wrong else width if "full_width" in wrong else width // heads
    scores = query @ key.transpose(1, 2) / math.sqrt(below)
    gathered = words_weighed(scores, copies(mask, heads, wrong), wrong) @ value
    if "join_turned" in wrong:
        return gathered.unflatten(0, (heads, batch)).movedim(0, 2).flatten(2)
    return gathered.unflatten(0, (batch, heads)).transpose(1, 2).flatten(2)


def copies(mask: Tensor, heads: int, wrong: Wrong) -> Tensor:
    """Return a row of the mask for every head of every example: (batch · heads, word)."""
    rows = len(mask) * heads
    if {"tiled", "order_left"} & wrong:
        return mask.repeat(heads, 1)
    if "shortest" in wrong:
        return mask.all(0).expand(rows, -1)
    if "longest" in wrong:
        return mask.any(0).expand(rows, -1)
    if "first_only" in wrong:
        return mask[:1].expand(rows, -1)
    return mask.repeat_interleave(heads, dim=0)


def words_weighed(scores: Tensor, mask: Tensor, wrong: Wrong) -> Tensor:
    """Turn scores (batch · heads, patch, word) into weights."""
    axis = 1 if "axis" in wrong else -1
    if {"ignored", "zeroed"} & wrong:
        return scores.softmax(axis)
    seen = (~mask if "inverted" in wrong else mask).unsqueeze(2 if "wrong_side" in wrong else 1)
    if "after_softmax" in wrong:
        return scores.softmax(axis) * seen
    hidden = 0.0 if "filled_with_zero" in wrong else -math.inf
    return scores.masked_fill(~seen, hidden).softmax(axis)


def padded_cases() -> list[Case]:
    def case(shape: tuple[int, ...], mask: Tensor, seed: int) -> Case:
        patches, width, heads = shape
        batch, words = mask.shape
        picture = random_tensor(batch, patches, width, seed=seed)
        text = random_tensor(batch, words, width, seed=seed + 1)
        return Case(picture=picture, text=text, mask=mask, heads=heads)

    return [
        case((2, 2, 2), flags("111", "100"), seed=50),
        case((4, 6, 2), flags("1110", "1111", "1100"), seed=60),
        case((5, 6, 3), flags("11000", "11110"), seed=70),
    ]


def stays_among_real_words(case: Case, output: Tensor) -> bool:
    """Say whether every column of the output lies in the range of its question's real words."""
    hidden = ~case["mask"].unsqueeze(-1)
    largest = case["text"].masked_fill(hidden, -math.inf).amax(1, keepdim=True)
    smallest = case["text"].masked_fill(hidden, math.inf).amin(1, keepdim=True)
    return bool(((output <= largest + 1e-4) & (output >= smallest - 1e-4)).all())


PADDING_BUG = FindTheBug(
    id="crossmodal.bug_padding",
    title="Find the bug: whose padding is it?",
    difficulty=2,
    minutes=20,
    given=frozenset({"tiled"}),
    hints=(
        "Take two questions and two heads. Number the four rows that `split` makes: which question "
        "and which head is each? Then write beside them what the program hides in each row.",
        "Row i of the scores belongs to question i // heads and head i % heads. A row's mask must "
        "be the mask of *its* question.",
        "split: (batch, words, width) → (batch, words, heads, part) → (batch, heads, words, part) "
        "→ (batch · heads, words, part): the heads count fastest. The mask: (batch, words) → "
        "(batch · heads, words), in the same order → (batch · heads, 1, words).",
        "query, key, value = split(picture), split(text), split(text)  # as before\n"
        "seen = mask....(heads, ...)  # question 0, question 0, question 1, question 1\n"
        "scores = scores.masked_fill(~seen.unsqueeze(...), -math.inf)\n"
        "# the rest as before",
    ),
    reference=picture_reads,
    cases=padded_cases,
    mistakes=(
        Mistake(
            "tiled",
            "The masks stand in the order question 0, question 1, question 0, question 1. In which "
            "order does `split` lay out questions and heads? Print both for two of each.",
            "copies",
        ),
        Mistake(
            "order_left",
            "Scores and mask agree now: head after head. But the line that joins the heads still "
            "believes that question comes after question. What does `unflatten` find in row 1?",
            "copies join",
        ),
        Mistake(
            "join_turned",
            "The heads are joined as if head came after head, so questions get each other's "
            "numbers. In which order does `split` lay out questions and heads?",
            "join",
        ),
        Mistake(
            "shortest",
            "You hide what is padding in *any* question, so that no patch reads any. But how much "
            "of a long question is left beside a short one?",
            "copies nan",
        ),
        Mistake(
            "longest",
            "You hide only what is padding in *every* question. What do the patches read in the "
            "short ones?",
            "copies",
        ),
        Mistake(
            "first_only",
            "The first question's mask serves for all of them. Which row of the mask belongs to "
            "the second question?",
            "copies",
        ),
        Mistake(
            "ignored",
            "The mask has no effect any more. A question no longer depends on its neighbours, but "
            "on what now?",
            "copies hide sense",
        ),
        Mistake(
            "zeroed",
            "You set the padded words to zero. A word of zeros still has a score, namely 0: what "
            "share does exp(0) take?",
            "copies hide sense late",
        ),
        Mistake(
            "filled_with_zero",
            "You replace hidden scores by 0. What did the program that you were given put there, "
            "and why?",
            "hide",
        ),
        Mistake(
            "after_softmax",
            "The padding is removed after the softmax, when it has taken its share: the rows no "
            "longer sum to 1. When did the program that you were given hide it?",
            "hide late",
        ),
        Mistake(
            "wrong_side",
            "You hide *patches*, and a patch that may look nowhere is NaN. Patches ask, words "
            "answer: which axis of the scores belongs to the words?",
            "hide",
        ),
        Mistake(
            "inverted",
            "Your patches read the padding and nothing else. What does True mean in this mask, and "
            "what in `masked_fill`?",
            "sense nan",
        ),
        Mistake(
            "axis",
            "The softmax runs over the patches. Every patch shares out its attention over the "
            "words: which axis is that?",
            "axis nan late",
        ),
        Mistake(
            "full_width",
            "The scale uses the whole width. Over how many numbers does a head's dot product sum?",
            "scale",
        ),
        Mistake(
            "no_scale",
            "The scores are no longer scaled. What did the program that you were given divide by?",
            "scale",
        ),
    ),
    properties=(
        Property(
            "What a patch reads is a mean of the real words of its own question, so no column can "
            "leave their range; yours does.",
            stays_among_real_words,
        ),
    ),
)

# ------------------------------------------------------------------ gated cross-attention


def gated(
    x: Tensor, attended: Tensor, matrix: Tensor, a: Tensor, b: Tensor, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: `y = x + tanh(a) · attended`, then `y + tanh(b) · (y @ matrix)`."""
    if "swapped" in wrong:
        a, b = b, a
    first, second = (b if "same_b" in wrong else a), (a if "same_a" in wrong else b)
    y = let_in(x, attended, first, lost("first", wrong), wrong)
    if "no_second" in wrong:
        return y
    read = x if "reads_x" in wrong else attended if "reads_attended" in wrong else y
    found = read @ (matrix.T if "transposed" in wrong else matrix)
    stream = x if "forgotten" in wrong else y
    return let_in(stream, found, second, lost("second", wrong), wrong)


def lost(step: str, wrong: Wrong) -> str:
    """Say what a step loses, if anything: its stream or its gate."""
    return next((part for part in ("stream", "gate") if f"{step}_without_{part}" in wrong), "")


def let_in(stream: Tensor, found: Tensor, gate: Tensor, lost: str, wrong: Wrong) -> Tensor:
    """Add to the stream what was found, by as much as the gate is open."""
    if "inside" in wrong:
        return stream + (gate * found).tanh()
    opening = opening_of(gate, wrong)
    if lost:
        return opening * found if lost == "stream" else stream + found
    if "mixed" in wrong:
        return (1 - opening) * stream + opening * found
    if "whole" in wrong:
        return opening * (stream + found)
    return opening * stream + found if "wrong_term" in wrong else stream + opening * found


def opening_of(gate: Tensor, wrong: Wrong) -> Tensor:
    """Return how far a gate is open."""
    if "sigmoid" in wrong:
        return gate.sigmoid()
    if "raw" in wrong:
        return gate
    if "open" in wrong or "closing" in wrong:
        return 1 + gate.tanh() if "open" in wrong else 1 - gate.tanh()
    return gate.tanh()


def gated_cases() -> list[Case]:
    def case(shape: tuple[int, ...], a: float, b: float, seed: int) -> Case:
        width = shape[-1]
        return Case(
            x=random_tensor(*shape, seed=seed),
            attended=random_tensor(*shape, seed=seed + 1),
            matrix=random_tensor(width, width, seed=seed + 2),
            a=torch.tensor(a),
            b=torch.tensor(b),
        )

    return [
        case((1, 2, 2), 0.5, -0.8, seed=80),
        case((2, 3, 4), 1.5, 0.6, seed=90),
        case((2, 3, 3), 0.0, 0.0, seed=100),
        case((1, 4, 3), 2.5, 0.0, seed=110),
        case((2, 2, 5), -0.4, 1.2, seed=120),
    ]


def closed_is_identity(case: Case, output: Tensor) -> bool:
    """Say whether two closed gates let nothing in."""
    return bool(case["a"] or case["b"]) or agree(output, case["x"])


def moves_no_further(case: Case, output: Tensor) -> bool:
    """Say whether, where only the first gate is open, x moves by at most what attention found."""
    moved = (output - case["x"]).abs()
    return bool(case["b"]) or bool((moved <= case["attended"].abs() + 1e-4).all())


GATED = Implement(
    id="crossmodal.gated",
    title="A gate that starts closed",
    difficulty=2,
    minutes=15,
    hints=(
        "Two steps of the same form: a stream goes on untouched, and something new is added to it, "
        "more or less of it. What must be 0 at the start: the stream, or what is added?",
        "y = x + tanh(a) · attended, and the result is y + tanh(b) · (y M). tanh(0) = 0, so both "
        "gates are closed where a and b are 0.",
        "x and attended: (batch, words, width). a and b: single numbers. y: like x. y @ matrix "
        "(width, width): (batch, words, width) again, and so is the result.",
        "y = x + ... * attended\nreturn ... + ... * (... @ matrix)",
    ),
    reference=gated,
    cases=gated_cases,
    mistakes=(
        Mistake(
            "sigmoid",
            "Your gates are sigmoids: with a = 0 they are already half open. Which function of the "
            "formula is 0 at 0?",
            "gate",
        ),
        Mistake(
            "open",
            "Your gates start open: with a = 0 everything that was found goes in. What is 1 + "
            "tanh(0), and what should a block do that has learnt nothing yet?",
            "gate",
        ),
        Mistake(
            "closing",
            "Your gates close as a grows, and start open. What is 1 - tanh(0), and what should a "
            "block do that has learnt nothing yet?",
            "gate",
        ),
        Mistake(
            "raw",
            "You multiply by a and b as they are: nothing keeps such a gate between -1 and 1. What "
            "does the formula do with a first?",
            "gate",
        ),
        Mistake(
            "inside",
            "Your tanh bends what was found. In the formula, does the bracket of tanh close before "
            "*attended* or after it?",
            "gate first second",
        ),
        Mistake(
            "mixed",
            "You mix old and new, so that the more comes in the less of the stream is left. What "
            "stands before the x in the formula?",
            "first second",
        ),
        Mistake(
            "whole",
            "Your gates close the stream, too: with a = b = 0 nothing at all comes out. Where does "
            "the bracket open in the formula, before the x or after it?",
            "first second product",
        ),
        Mistake(
            "wrong_term",
            "Your gates stand before the stream, and the new flows in freely. Which of the two "
            "should a closed gate keep out?",
            "first second",
        ),
        Mistake(
            "first_without_stream",
            "Your y is only what attention found. What happens to x where the first gate is "
            "closed?",
            "first",
        ),
        Mistake(
            "second_without_stream",
            "Your result is only what the network made. What happens to y where the second gate is "
            "closed?",
            "second",
        ),
        Mistake(
            "first_without_gate",
            "What attention found goes in whole, whatever a is. What should let it in?",
            "first gate which",
        ),
        Mistake(
            "second_without_gate",
            "What the network made goes in whole, whatever b is. What should let it in?",
            "second gate which",
        ),
        Mistake(
            "forgotten",
            "In the end you add to x, and what attention found is forgotten on the way. Which "
            "stream enters the second step?",
            "second",
        ),
        Mistake(
            "reads_x",
            "Your network reads x, as if it stood beside the attention. What has the stream become "
            "when it reaches the network?",
            "read",
        ),
        Mistake(
            "reads_attended",
            "Your network reads what attention found, and nothing of the stream. Which letter "
            "stands before the matrix in the formula?",
            "read",
        ),
        Mistake(
            "swapped",
            "The gates have changed places. Which of a and b opens for the attention?",
            "which product",
        ),
        Mistake(
            "same_a",
            "Both of your gates open with a. Which argument have you not used?",
            "which",
        ),
        Mistake(
            "same_b",
            "Both of your gates open with b. Which argument have you not used?",
            "which",
        ),
        Mistake(
            "transposed",
            "The matrix is transposed. `nn.Linear` keeps its weight as (out, in); what does the "
            "formula write?",
            "matrix",
        ),
        Mistake(
            "no_second",
            "You return y. There is a second gate: what does it let in?",
            "second which read matrix",
        ),
    ),
    properties=(
        Property(
            "Where both gates are closed (a = b = 0) the block must return x unchanged, or it "
            "would disturb a trained stream; yours returns something else.",
            closed_is_identity,
        ),
        Property(
            "A gate lies between -1 and 1: where only the first is open, x moves at most by what "
            "attention found. Yours moves further.",
            moves_no_further,
        ),
    ),
)

# ---------------------------------------------------------- the weighted residual, with α


def weighted_residual(
    attended: Tensor,
    text: Tensor,
    picture: Tensor,
    mask: Tensor,
    alpha: Tensor,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: `attended + (1 − α)(text + mean of the real patches)`."""
    pooled = pool(picture, mask, text.shape[1], wrong)
    kept = alpha if "alpha_itself" in wrong else 1.0 if "not_weighed" in wrong else 1 - alpha
    text = attended if "attended_for_text" in wrong else text
    if "bracket" in wrong:
        rest = kept * text + pooled
    elif "bracket_picture" in wrong:
        rest = text + kept * pooled
    elif "divided_up" in wrong:
        rest = (1 - alpha) * text + alpha * pooled
    else:
        both = text if "no_picture" in wrong else pooled if "no_text" in wrong else text + pooled
        rest = kept * both
    rest = rest / 2 if "averaged" in wrong else rest
    if "no_attended" in wrong:
        return rest.expand_as(attended)
    factor = alpha if "attended_by_alpha" in wrong else 1.0
    return (1 - alpha if "attended_by_rest" in wrong else factor) * attended + rest


def pool(picture: Tensor, mask: Tensor, words: int, wrong: Wrong) -> Tensor:
    """Bring the picture to the length of the text, in one of the ways that people try."""
    if "inverted" in wrong:
        mask = ~mask
    real = picture * mask.unsqueeze(-1)
    if "not_pooled" in wrong or "cut" in wrong:
        return picture if "not_pooled" in wrong else picture[:, :words]
    if "resampled" in wrong:
        return F.adaptive_avg_pool1d(picture.transpose(1, 2), words).transpose(1, 2)
    if "over_width" in wrong:
        return picture.mean(-1, keepdim=True)
    if "over_batch" in wrong:
        return picture.mean(0)
    if "whole_batch" in wrong:
        return picture[mask].mean(0)
    if "padding" in wrong or "divided_by_all" in wrong:
        return (picture if "padding" in wrong else real).mean(1, keepdim=True)
    count = mask.sum() if "divided_by_batch" in wrong else mask.sum(1)[:, None, None]
    mean = real.sum(1, keepdim=True) / (1 if "not_divided" in wrong else count)
    return mean.squeeze(1) if "no_axis" in wrong else mean


def alpha_cases() -> list[Case]:
    def case(shape: tuple[int, ...], mask: Tensor, alpha: float, seed: int) -> Case:
        words, width = shape
        batch, patches = mask.shape
        return Case(
            attended=random_tensor(batch, words, width, seed=seed),
            text=random_tensor(batch, words, width, seed=seed + 1),
            picture=random_tensor(batch, patches, width, seed=seed + 2),
            mask=mask,
            alpha=torch.tensor(alpha),
        )

    twins = case((3, 3), flags("11010", "11010"), 0.25, seed=170)
    for name in ("attended", "text", "picture"):
        padding = ~twins["mask"][:1, :, None] if name == "picture" else torch.tensor(False)
        twins[name] = torch.where(padding, twins[name], twins[name][:1])
    return [
        case((2, 2), flags("110"), 0.25, seed=130),
        case((3, 4), flags("111", "101"), 0.7, seed=140),
        case((3, 2), flags("11011", "11000", "01111"), 0.4, seed=150),
        case((4, 3), flags("111110", "100000"), 1.0, seed=160),
        twins,
    ]


def only_attention_at_one(case: Case, output: Tensor) -> bool:
    """Say whether at α = 1 nothing but what attention found goes on."""
    return bool(case["alpha"] != 1) or agree(output, case["attended"])


def padding_has_no_say(case: Case, output: Tensor) -> bool:
    """Say whether two examples that differ in their padding alone have one result."""
    first, last = case["text"][0], case["text"][-1]
    return not torch.equal(first, last) or agree(output[0], output[-1])


ALPHA = Implement(
    id="crossmodal.alpha",
    title="How much of the old is kept: α",
    difficulty=2,
    minutes=20,
    hints=(
        "Three things are added: what attention found, the text, and the picture. Which of them "
        "does the factor weigh? And the picture has another length than the text: what is left of "
        "it after a mean over its patches?",
        "h = attended + (1 − α)(H_T + m), where m is the sum of the real patches divided by their "
        "number. m is the same for every word.",
        "attended and text: (batch, words, width). picture · mask[:, :, None]: (batch, patches, "
        "width) → its sum over the patches (batch, 1, width). How many are real: (batch, 1, 1). "
        "m (batch, 1, width) broadcasts over the words.",
        "real = mask.unsqueeze(...)\n"
        "mean = (picture * real).sum(dim=..., keepdim=...) / real.sum(dim=..., keepdim=...)\n"
        "return ... + (...) * (text + mean)",
    ),
    reference=weighted_residual,
    cases=alpha_cases,
    mistakes=(
        Mistake(
            "alpha_itself",
            "You weigh text and picture by α. At α = 1 they should vanish and at α = 0 go on "
            "whole: which factor does that?",
            "kept",
        ),
        Mistake(
            "not_weighed",
            "α has no effect on text and picture in your version. Which factor stands before their "
            "bracket?",
            "kept part",
        ),
        Mistake(
            "attended_by_alpha",
            "You weigh what attention found by α, and the rest by what remains: a mean of the two. "
            "What stands before *attended* in the formula?",
            "attended",
        ),
        Mistake(
            "attended_by_rest",
            "(1 − α) weighs everything in your version, also what attention found. Where does the "
            "bracket open in the formula?",
            "attended",
        ),
        Mistake(
            "no_attended",
            "What attention found does not reach your result. Which argument have you not used?",
            "attended",
        ),
        Mistake(
            "attended_for_text",
            "You add what attention found once more, in the place of the text. Which two sequences "
            "stand in the bracket?",
            "attended part",
        ),
        Mistake(
            "bracket",
            "The factor weighs the text alone, and the picture goes on whole. What does Python "
            "multiply where there is no bracket?",
            "part",
        ),
        Mistake(
            "bracket_picture",
            "The factor weighs the picture alone, and the text goes on whole. Which of the two "
            "stands inside the bracket?",
            "part",
        ),
        Mistake(
            "divided_up",
            "α divides up between text and picture in your version: the more of the one, the less "
            "of the other. In the formula, which factor stands before each of them?",
            "part kept",
        ),
        Mistake(
            "no_picture",
            "The picture is missing beside what attention found. Which two sequences stand in the "
            "bracket?",
            "part pool",
        ),
        Mistake(
            "no_text",
            "The text is missing beside what attention found. Which two sequences stand in the "
            "bracket?",
            "part",
        ),
        Mistake(
            "averaged",
            "You take the mean of text and picture. Which sign stands between them, and what is it "
            "divided by?",
            "part",
        ),
        Mistake(
            "padding",
            "The padding counts in your mean of the patches. Which argument says what is real?",
            "pool",
        ),
        Mistake(
            "divided_by_all",
            "You leave the padding out of the sum, but you divide by the number of *all* patches. "
            "How many have you added up?",
            "pool",
        ),
        Mistake(
            "divided_by_batch",
            "You divide by the number of real patches in the *whole batch*. How many has one "
            "picture, and along which axis do you count them?",
            "pool",
        ),
        Mistake(
            "not_divided",
            "You add up the patches. The more there are the larger that gets: what makes a mean "
            "of it?",
            "pool",
        ),
        Mistake(
            "inverted",
            "You average the *padding*, and a picture without any gives 0/0. Does True mean real?",
            "pool",
        ),
        Mistake(
            "whole_batch",
            "All pictures of the batch share one mean. What does `picture[mask]` do with the axis "
            "of the batch?",
            "pool",
        ),
        Mistake(
            "over_batch",
            "You average over the pictures of the batch. Along which axis do the patches of one "
            "picture lie?",
            "pool",
        ),
        Mistake(
            "over_width",
            "You average the numbers of each patch. Along which axis do the patches of one picture "
            "lie?",
            "pool",
        ),
        Mistake(
            "no_axis",
            "Your means have the shape (batch, width). Lined up from the right, the batch meets "
            "the *words*: which axis should be kept, with size 1?",
            "pool",
        ),
        Mistake(
            "resampled",
            "You give each word the mean of its own stretch of patches, as `resample` does in the "
            "lesson. How does the card bring the picture to the length of the text, and what does "
            "your way know of the padding?",
            "pool",
        ),
        Mistake(
            "not_pooled",
            "You add patch number i to word number i, which works only where there are as many "
            "patches as words. How does the card bring the picture to the length of the text?",
            "pool",
        ),
        Mistake(
            "cut",
            "You keep as many patches as there are words and drop the others. Which part of the "
            "picture do you lose? How does the card bring it to the length of the text?",
            "pool",
        ),
    ),
    properties=(
        Property(
            "At α = 1 only what attention found goes on; with yours, something else does, too.",
            only_attention_at_one,
        ),
        Property(
            "Two examples that differ in nothing but their padding should have one result; yours "
            "have two.",
            padding_has_no_say,
        ),
    ),
)

# -------------------------------------------------------------- what a blind look scores

BOX, SCENE, PATCH = (12, 14, 29, 28), 64, 8
"""Left, top, right, bottom in pixels; the side of a scene and of a patch."""
MIDDLES = [PATCH * i + PATCH / 2 for i in range(SCENE // PATCH)]


def share(across: int, down: int) -> float:
    """Return which share of the patches a block of `across` × `down` patches is."""
    return across * down / (SCENE // PATCH) ** 2


def shares(counts: str) -> float:
    """Return the share that comes out when patches are counted as people do."""
    left, top, right, bottom = BOX

    def number(start: int, end: int) -> int:
        inside = {
            "middle": lambda m: start <= m < end,
            "inclusive": lambda m: start <= m <= end,
            "strict": lambda m: start < m < end,
            "corner": lambda m: start <= m - PATCH / 2 < end,
            "overlap": lambda m: m + PATCH / 2 > start and m - PATCH / 2 < end,
            "whole": lambda m: m - PATCH / 2 >= start and m + PATCH / 2 <= end,
        }
        return sum(map(inside[counts], MIDDLES))

    return share(number(left, right), number(top, bottom))


BLIND = Predict(
    id="crossmodal.blind",
    title="What does a blind look score?",
    difficulty=1,
    minutes=5,
    hints=(
        "Draw the line of the patches' middles along one side: 4, 12, 20, … Which of them lie "
        "between the left and the right edge of the box? Then do the same downwards.",
        "score = patches whose middle lies in the box / all patches. A middle m lies in it if "
        "left ≤ m < right and top ≤ m < bottom.",
        "There are 8 middles across and 8 down. The middles in the box form a block of (number "
        "across) × (number down) patches, out of 8 × 8.",
        "across = how many of 4, 12, 20, 28, … lie in 12 ≤ m < 29\n"
        "down = how many of them lie in 14 ≤ m < 28\n"
        "score = ... * ... / ...",
    ),
    truth=lambda: shares("middle"),
    mistakes=(
        Mistake(
            "area",
            "That is the box's share of the *pixels*. A look hits or misses with its whole patch, "
            "by one point of it: which one?",
            value=lambda: 17 * 14 / SCENE**2,
        ),
        Mistake(
            "overlap",
            "You count every patch that the box touches. Which point of a patch decides?",
            value=lambda: shares("overlap"),
        ),
        Mistake(
            "whole",
            "You count the patches that lie in the box with their whole area. Which point of a "
            "patch decides?",
            value=lambda: shares("whole"),
        ),
        Mistake(
            "corner",
            "It looks as if the patches' top left corners decide: 0, 8, 16, … Where does the "
            "middle of the first patch lie?",
            value=lambda: shares("corner"),
        ),
        Mistake(
            "inclusive",
            "You count a middle that lies on the lower edge of the box. Does a box that ends at 28 "
            "hold the 28?",
            value=lambda: shares("inclusive"),
        ),
        Mistake(
            "strict",
            "You leave out a middle that lies on the left edge of the box. Does a box that begins "
            "at 12 hold the 12?",
            value=lambda: shares("strict"),
        ),
        Mistake(
            "sizes",
            "It looks as if 29 and 28 were the box's width and height. What do the third and the "
            "fourth number of a box say?",
            value=lambda: share(4, 3),
        ),
        Mistake(
            "across",
            "That is the share of the *columns*. A look must also hit the right row: how often do "
            "both happen?",
            value=lambda: 3 / 8,
        ),
        Mistake(
            "down",
            "That is the share of the *rows*. A look must also hit the right column: how often do "
            "both happen?",
            value=lambda: 1 / 8,
        ),
        Mistake(
            "count",
            "So many patches have their middle in the box. Out of how many?",
            value=lambda: 3.0,
        ),
        Mistake(
            "percent",
            "That looks like a percentage. Give the score as a share of 1.",
            value=lambda: 100 * shares("middle"),
        ),
        Mistake(
            "inverse",
            "One look in so many hits. What share of the looks is that?",
            value=lambda: 1 / shares("middle"),
        ),
    ),
    properties=(
        Property(
            "A share lies between 0 and 1.", lambda case, answer: bool(0 <= answer.item() <= 1)
        ),
    ),
)

# ---------------------------------------------------------------------- pointing accuracy


def pointing(
    weights: Tensor, boxes: Tensor, columns: int, patch: int, wrong: Wrong = RIGHT
) -> float:
    """Reference: the share of rows whose most attended patch has its middle in the box."""
    if "mass" in wrong:
        number = torch.arange(weights.shape[1]).unsqueeze(0)
    elif "one_for_all" in wrong:
        number = weights.argmax().expand(len(weights), 1)
    else:
        number = (-weights if "least" in wrong else weights).argmax(1, keepdim=True)
    x, y = middles(number, weights.shape[1] // columns, columns, patch, wrong)
    hits = inside(x, y, boxes.unsqueeze(1), patch, wrong).double()
    hit = (hits * weights).sum(1) if "mass" in wrong else hits[:, 0]
    if "count" in wrong:
        return hit.sum().item()
    return hit.mean().item() * (100 if "percent" in wrong else 1)


def middles(
    number: Tensor, rows: int, columns: int, patch: int, wrong: Wrong
) -> tuple[Tensor, Tensor]:
    """Return where the patches of these numbers have their middles: across, down."""
    if "pixel_number" in wrong:
        return number % (columns * patch), number // (columns * patch)
    lines = {"by_rows": rows, "by_patch": patch, "square": round((rows * columns) ** 0.5)}
    long = next((n for name, n in lines.items() if name in wrong), columns)
    column, row = number % long, number / long if "not_whole" in wrong else number // long
    if "swapped" in wrong:
        column, row = row, column
    half = 0.0 if "corner" in wrong else 0.5 - ("half_pixel" in wrong) / (2 * patch)
    size = 1 if "grid_units" in wrong else patch
    return (column + half) * size, (row + half) * size


def inside(x: Tensor, y: Tensor, boxes: Tensor, patch: int, wrong: Wrong) -> Tensor:
    """Say whether a place lies in a box, in one of the ways that people try."""
    left, top, right, bottom = boxes.unbind(-1)
    if "box_size" in wrong:
        right, bottom = left + right, top + bottom
    across, down = (between(*side, patch, wrong) for side in ((x, left, right), (y, top, bottom)))
    if "across_only" in wrong or "down_only" in wrong:
        return across if "across_only" in wrong else down
    return across | down if "either" in wrong else across & down


def between(m: Tensor, start: Tensor, end: Tensor, patch: int, wrong: Wrong) -> Tensor:
    """Say whether a middle lies between two edges."""
    if "overlap" in wrong:
        return (m + patch / 2 > start) & (m - patch / 2 < end)
    if "whole" in wrong:
        return (m - patch / 2 >= start) & (m + patch / 2 <= end)
    if "floored" in wrong:
        return (start // patch <= m // patch) & (m // patch < end // patch)
    if "box_middle" in wrong:
        return ((start + end) / 2 - m).abs() < patch / 2
    begun = start < m if "strict" in wrong else start <= m
    return begun & (m <= end if "inclusive" in wrong else m < end)


def pointing_cases() -> list[Case]:
    """Boxes near the most attended patch, at the top left corner, and exactly on the patch."""
    wide = [looks(40, 3, 5, 8, seed) for seed in (200, 201)]
    high = [looks(40, 6, 4, 6, seed) for seed in (202, 203)]
    odd = looks(30, 4, 6, 5, seed=204)
    corners = [looks(40, 4, 7, 4, seed=205), looks(40, 5, 3, 8, seed=206)]
    for case in corners:
        generator = torch.Generator().manual_seed(case["columns"])
        start = torch.randint(0, 4, (40, 2), generator=generator)
        case["boxes"] = torch.cat([start, start + 1 + start.flip(1) * 2 + start % 2], dim=1)
    exact = looks(6, 3, 4, 8, seed=207)
    number = exact["weights"].argmax(1)
    corner = 8 * torch.stack([number % 4, number // 4], dim=1)
    exact["boxes"] = torch.cat([corner, corner + 8], dim=1)
    return [looks(2, 2, 3, 4, seed=208), *wide, *high, odd, *corners, exact]


def looks(batch: int, rows: int, columns: int, patch: int, seed: int) -> Case:
    """Draw weights, and boxes of which many have an edge on the middle of the strongest patch."""
    generator = torch.Generator().manual_seed(seed)
    weights = (2 * random_tensor(batch, rows * columns, seed=seed)).softmax(-1)
    number = weights.argmax(1)
    middle = patch * torch.stack([number % columns, number // columns], dim=1) + patch // 2
    size = torch.randint(2, 2 * patch + 3, (batch, 2), generator=generator)
    before = size * torch.randint(-1, 4, (batch, 2), generator=generator) // 2
    start = (middle - before).clamp(min=0)
    return Case(
        weights=weights, boxes=torch.cat([start, start + size], dim=1), columns=columns, patch=patch
    )


def exact_is_one(case: Case, score: float | Tensor) -> bool:
    """Say whether the score is 1 where every box is exactly the strongest patch."""
    patch, columns = case["patch"], case["columns"]
    number = case["weights"].argmax(1)
    corner = patch * torch.stack([number % columns, number // columns], dim=1)
    exact = torch.cat([corner, corner + patch], dim=1)
    return not torch.equal(case["boxes"], exact) or abs(float(score) - 1) < 1e-6


POINTING = Implement(
    id="crossmodal.pointing",
    title="Pointing accuracy",
    difficulty=2,
    minutes=20,
    differentiable=False,
    hints=(
        "Follow one row of weights. Which patch is the strongest? In which row and column of the "
        "grid does it lie, and at which pixel is its middle? Only then look at the box.",
        "number = argmax of the weights; column = number mod columns, row = number div columns; "
        "x = (column + ½) · patch, y = (row + ½) · patch. A hit: left ≤ x < right and "
        "top ≤ y < bottom. The score is hits / rows.",
        "weights (batch, patches) → number (batch,) → x and y (batch,). boxes (batch, 4) → four "
        "times (batch,). Hits: (batch,) of True and False. Their mean: one number.",
        "number = weights.argmax(dim=...)\n"
        "x = (number % ... + 0.5) * ...\ny = (number // ... + 0.5) * ...\n"
        "left, top, right, bottom = boxes.unbind(dim=...)\n"
        "hit = (left <= x) & ...\nreturn hit.float()....",
    ),
    reference=pointing,
    cases=pointing_cases,
    mistakes=(
        Mistake(
            "swapped",
            "Your patches and your boxes do not speak of the same axes. When a patch's number "
            "grows by one, does it move across or down? And in which order does a box name its "
            "edges?",
            "grid order",
        ),
        Mistake(
            "by_rows",
            "You divide by the number of *rows* of the grid. After how many patches does a new "
            "line begin in reading order?",
            "grid order",
        ),
        Mistake(
            "by_patch",
            "You divide by the size of a patch. After how many patches does a new line begin in "
            "reading order?",
            "grid order",
        ),
        Mistake(
            "square",
            "You take the grid for a square. Here it may be wider or higher: after how many "
            "patches does a new line begin?",
            "grid order",
        ),
        Mistake(
            "not_whole",
            "Your rows are no whole numbers: the further right a patch lies, the lower you place "
            "it. Which of Python's two divisions leaves the remainder out?",
            "grid order fraction",
        ),
        Mistake(
            "pixel_number",
            "You read the patch's number as if it were a pixel's. How many pixels wide is a patch, "
            "and how many patches are there in a line?",
            "grid order middle start end",
        ),
        Mistake(
            "grid_units",
            "Your place is counted in patches and the box in pixels. What is between them?",
            "grid order middle start end select",
        ),
        Mistake(
            "corner",
            "You test the top left corner of the patch. How far from it lies the middle, and in "
            "which direction?",
            "middle",
        ),
        Mistake(
            "half_pixel",
            "It looks as if your middles lie half a pixel too far left and up, or as if the wrong "
            "edges belong to your boxes. A patch of 8 pixels begins at 0 and ends where the next "
            "begins: what lies halfway?",
            "middle",
        ),
        Mistake(
            "box_size",
            "You read the last two numbers of a box as its width and height. What does the card "
            "say that they are?",
            "edges order",
        ),
        Mistake(
            "overlap",
            "A patch that only touches its box is a hit in your version. Which point of the patch "
            "must lie inside?",
            "start end middle",
        ),
        Mistake(
            "whole",
            "You ask for the whole patch inside the box. An object may be smaller than a patch: "
            "which point of the patch must lie inside?",
            "start end middle",
        ),
        Mistake(
            "floored",
            "You round the edges of the box down to whole patches, and a small box may lose all of "
            "them. In which unit can place and box be compared without rounding?",
            "start end middle",
        ),
        Mistake(
            "box_middle",
            "You ask whether the middle of the *box* lies in the patch. Whose middle must lie in "
            "what?",
            "start end middle",
        ),
        Mistake(
            "inclusive",
            "The right and the lower edge belong to your boxes. A box from 4 to 8 holds the pixels "
            "4, 5, 6, 7: which sign leaves the 8 out?",
            "end edge",
        ),
        Mistake(
            "strict",
            "The left and the upper edge do not belong to your boxes. A box from 4 to 8 holds the "
            "pixels 4, 5, 6, 7: which sign lets the 4 in?",
            "start edge",
        ),
        Mistake(
            "across_only",
            "You look at left and right only. Can a look above the object be a hit?",
            "axes fraction",
        ),
        Mistake(
            "down_only",
            "You look at top and bottom only. Can a look beside the object be a hit?",
            "axes",
        ),
        Mistake(
            "either",
            "One of the two directions is enough for a hit in your version. Which word joins the "
            "conditions: and, or or?",
            "axes",
        ),
        Mistake(
            "mass",
            "You add up the weights inside the box. That is a fine measure, and another one: of "
            "how many patches does pointing accuracy ask where they lie?",
            "select",
        ),
        Mistake(
            "least",
            "You take the *least* attended patch. Which end of the order did you mean?",
            "select",
        ),
        Mistake(
            "one_for_all",
            "You look for the strongest patch of the whole batch at once. Every row points on its "
            "own: along which axis do its patches lie?",
            "select grid order middle start end",
        ),
        Mistake(
            "count",
            "You return how many rows hit. How many rows are there?",
            "returned",
        ),
        Mistake(
            "percent",
            "That is a percentage. Give a share of 1.",
            "returned",
        ),
    ),
    properties=(
        Property(
            "A share lies between 0 and 1; yours does not.",
            lambda case, score: bool(0 <= float(score) <= 1),
        ),
        Property(
            "Where every box is exactly the strongest patch, every row hits: the score is 1. Yours "
            "is less.",
            exact_is_one,
        ),
    ),
)

EXERCISES = (CROSS_ATTENTION, PADDING_BUG, GATED, ALPHA, BLIND, POINTING)
