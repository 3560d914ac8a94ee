"""Bahdanau's additive scores. Traps: tanh before the sum, no vector, pairs turned round."""

import math

from torch import Tensor

from mmtutor.checks.attention.shared import with_odd_numbers
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


def additive_scores(
    query: Tensor,
    key: Tensor,
    query_matrix: Tensor,
    key_matrix: Tensor,
    vector: Tensor,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: `vᵀ tanh(W query + U key)` for every pair."""
    pairs = joined((query @ query_matrix).unsqueeze(-2), (key @ key_matrix).unsqueeze(-3), wrong)
    if "vector_inside" in wrong:
        return (pairs * vector).tanh().sum(-1)
    pairs = bent(pairs, wrong)
    scores = pairs.sum(-1) if "no_vector" in wrong else pairs @ vector
    if "tanh_late" in wrong:
        scores = scores.tanh()
    if "transposed" in wrong:
        scores = scores.transpose(-2, -1)
    if "scaled" in wrong:
        scores = scores / math.sqrt(vector.shape[-1])
    return scores.softmax(-1) if "softmax" in wrong else scores


def joined(query: Tensor, key: Tensor, wrong: Wrong) -> Tensor:
    """Let every projected query meet every projected key."""
    if "tanh_apart" in wrong:
        return query.tanh() + key.tanh()
    if "tanh_of_one" in wrong:
        return query.tanh() + key
    if "multiplied" in wrong:
        return query * key
    if "halved" in wrong:
        return (query + key) / 2
    return query - key if "subtracted" in wrong else query + key


def bent(pairs: Tensor, wrong: Wrong) -> Tensor:
    """Bend every hidden number, or not, or otherwise."""
    if {"tanh_apart", "tanh_of_one", "tanh_late", "no_tanh"} & wrong:
        return pairs
    if "sigmoid" in wrong:
        return pairs.sigmoid()
    return pairs.relu() if "relu" in wrong else pairs.tanh()


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

    nothing = case((2, 3, 2, 2, 4), 85)
    nothing["query"][0], nothing["key"][1] = 0.0, 0.0
    small = case((2, 3, 4, 5, 6), 95)
    small["query"], small["key"] = small["query"] / 1000, small["key"] / 1000
    small["vector"] = 100 * small["vector"]
    low, high = (
        odd_numbers(case((3, 2, 2, 3, 4), 110), -25.0),
        odd_numbers(case((3, 2, 2, 3, 4), 111), 25.0),
    )
    return [
        case((2, 3, 2, 2, 3), 80),
        case((3, 3, 2, 4, 5), 90),
        case((2, 4, 3, 5, 3, 6), 100),
        nothing,
        small,
        case((2, 1, 1, 1, 1, 1), 105),
        low,
        high,
    ]


def odd_numbers(case: Case, large: float) -> Case:
    """Put zeros, twins and large numbers into a case; what meets a large number is small."""
    case["vector"] = with_odd_numbers(case["vector"], large)
    for name in ("query", "key"):
        case[name] = with_odd_numbers(case[name], large)
        case[name][..., 0] /= 25
        case[f"{name}_matrix"] = with_odd_numbers(case[f"{name}_matrix"].flip(0) / 25, large).flip(
            0
        )
    case["query"][1] = case["query"][0]
    return case


def nothing_from_nothing(case: Case, scores: Tensor) -> bool:
    """Say whether the score is 0 where both the query and the key are 0."""
    empty = ~case["query"].any(-1).unsqueeze(-1) & ~case["key"].any(-1).unsqueeze(-2)
    return scores.shape != empty.shape or bool((scores * empty).abs().max() < 1e-5)


def tiny(case: Case) -> bool:
    """Say whether queries and keys are so small that a tanh changes nothing."""
    return bool(case["query"].abs().max() < 0.005)


def is_right(case: Case, scores: Tensor) -> bool:
    """Say whether the scores are those of the formula."""
    return agree(scores, additive_scores(*case.values()))


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
            "The query and the key are bent apart and come together afterwards. Then the query "
            "only shifts its whole row. The tanh must see the sum.",
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
            "scaled",
        ),
        Mistake(
            "no_vector",
            "The hidden numbers are summed as they are. Where does the vector v come in?",
            "vector",
        ),
        Mistake(
            "transposed",
            "Your scores are (key, query): the two axes are swapped. Which of the two gets its new "
            "axis at -2, and which at -3?",
            "transposed",
        ),
        Mistake(
            "softmax",
            "You return weights. The exercise asks for the scores, before the softmax.",
            "softmax",
        ),
        Mistake(
            "tanh_of_one",
            "You bend the query alone and add the key to it. The tanh must see the sum.",
            "tanh meet softmax",
        ),
        Mistake(
            "sigmoid",
            "You bend with a sigmoid, which lies between 0 and 1. Which function has the formula?",
            "tanh meet",
        ),
        Mistake(
            "relu",
            "You bend with a ReLU, which has no upper bound. Which function has the formula?",
            "tanh meet",
        ),
        Mistake(
            "halved",
            "The tanh sees only half of the sum. Do you take the mean of the two projections, or "
            "is your own tanh built from exp(x) where it needs exp(2x)?",
            "meet",
        ),
        Mistake(
            "vector_inside",
            "The vector v multiplies before the tanh. It should weigh what comes *out* of it.",
            "tanh meet vector scaled transposed softmax",
        ),
    ),
    properties=(
        Property(
            "A tanh lies between -1 and 1, so no score can exceed the sum of |v|; yours does.",
            lambda case, scores: bool(
                (scores.abs() <= case["vector"].abs().sum() * 1.0001 + 1e-4).all()
            ),
        ),
        Property(
            "Where both the query and the key are 0 nothing is left, and tanh(0) = 0: the score is "
            "0. Yours is not: what do you do besides adding, bending and weighing?",
            nothing_from_nothing,
        ),
        Property(
            "Where everything is small a tanh changes nothing, and the score is v · (W q + U k). "
            "Yours is something else: which two things are added, for each pair, and what does v "
            "weigh?",
            lambda case, scores: not tiny(case) or is_right(case, scores),
        ),
        Property(
            "Where everything is small nothing seems wrong, elsewhere it is: does every query meet "
            "every key, and which function bends each hidden number of their sum before v weighs "
            "it?",
            is_right,
        ),
    ),
)
