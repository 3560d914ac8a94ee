"""Gated cross-attention that starts closed. Traps: sigmoid, and gates on the wrong term."""

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
from mmtutor.checks.engine.properties import agree


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
    gradient=True,
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
