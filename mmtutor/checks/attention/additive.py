"""Bahdanau's additive scores. Traps: tanh before the sum, no vector, pairs turned round."""

import math

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


def additive_scores(
    query: Tensor,
    key: Tensor,
    query_matrix: Tensor,
    key_matrix: Tensor,
    vector: Tensor,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: `vᵀ tanh(W query + U key)` for every pair."""
    projected_query, projected_key = query @ query_matrix, key @ key_matrix
    if "multiplied" in wrong:
        pairs = projected_query.unsqueeze(-2) * projected_key.unsqueeze(-3)
    elif "subtracted" in wrong:
        pairs = projected_query.unsqueeze(-2) - projected_key.unsqueeze(-3)
    else:
        pairs = projected_query.unsqueeze(-2) + projected_key.unsqueeze(-3)
    if "tanh_apart" in wrong:
        pairs = projected_query.tanh().unsqueeze(-2) + projected_key.tanh().unsqueeze(-3)
    elif "tanh_late" not in wrong and "no_tanh" not in wrong:
        pairs = pairs.tanh()
    scores = pairs.sum(-1) if "no_vector" in wrong else pairs @ vector
    if "tanh_late" in wrong:
        scores = scores.tanh()
    if "transposed" in wrong:
        scores = scores.transpose(-2, -1)
    if "scaled" in wrong:
        scores = scores / math.sqrt(vector.shape[-1])
    return scores.softmax(-1) if "softmax" in wrong else scores


def additive_cases() -> list[Case]:
    def case(shape: tuple[int, ...], seed: int) -> Case:
        *batch, queries, keys, query_width, key_width, hidden = shape
        return Case(
            query=random_tensor(*batch, queries, query_width, seed=seed),
            key=random_tensor(*batch, keys, key_width, seed=seed + 1),
            query_matrix=random_tensor(query_width, hidden, seed=seed + 2),
            key_matrix=random_tensor(key_width, hidden, seed=seed + 3),
            vector=random_tensor(hidden, seed=seed + 4),
        )

    return [case((2, 3, 2, 2, 3), 80), case((3, 3, 2, 4, 5), 90), case((2, 4, 3, 5, 3, 6), 100)]


ADDITIVE = Implement(
    id="attention.additive",
    title="Stretch: Bahdanau's additive scores",
    difficulty=3,
    minutes=25,
    hints=(
        "Every query must meet every key. Give one of them a new axis of size 1 in the right place "
        "and let broadcasting build all pairs.",
        "score(q, k) = vᵀ tanh(W q + U k). The tanh works on the *sum*, once for each pair.",
        "query @ W: (..., query, hidden) → (..., query, 1, hidden). key @ U: (..., key, hidden) → "
        "(..., 1, key, hidden). Their sum: (..., query, key, hidden). With v: (..., query, key).",
        "projected_query = (query @ query_matrix).unsqueeze(...)\n"
        "projected_key = (key @ key_matrix).unsqueeze(...)\n"
        "return (... + ...).tanh() @ ...",
    ),
    reference=additive_scores,
    cases=additive_cases,
    mistakes=(
        Mistake(
            "no_tanh",
            "The tanh is missing. Without it the query adds the same number to all of its scores, "
            "which a softmax ignores: the query would have no say.",
            "tanh meet",
        ),
        Mistake(
            "tanh_apart",
            "You bend the query and the key apart, then add. Then the query only shifts its whole "
            "row. The tanh must see the sum.",
            "tanh meet",
        ),
        Mistake(
            "tanh_late",
            "The tanh comes after the vector v. It should bend every hidden number before v weighs "
            "them.",
            "tanh",
        ),
        Mistake(
            "multiplied",
            "You multiply the two projections. This form *adds* them, hence its name.",
            "meet",
        ),
        Mistake(
            "subtracted", "You subtract the key's projection. Which sign has the formula?", "meet"
        ),
        Mistake(
            "scaled",
            "You divide by a root, as dot products need it. Does the formula here have one?",
        ),
        Mistake(
            "no_vector",
            "The hidden numbers are summed as they are. Where does the vector v come in?",
        ),
        Mistake(
            "transposed",
            "Your scores are (key, query): the two axes are swapped. Which of the two gets its new "
            "axis at -2, and which at -3?",
        ),
        Mistake(
            "softmax",
            "You return weights. The exercise asks for the scores, before the softmax.",
        ),
    ),
    properties=(
        Property(
            "A tanh lies between -1 and 1, so no score can exceed the sum of |v|; yours does.",
            lambda case, scores: bool((scores.abs() <= case["vector"].abs().sum() + 1e-4).all()),
        ),
    ),
)
