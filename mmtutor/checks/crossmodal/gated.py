"""Gated cross-attention that starts closed. Traps: sigmoid, and gates on the wrong term."""

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
from mmtutor.checks.engine.properties import agree


def gated(
    x: Tensor, attended: Tensor, matrix: Tensor, a: Tensor, b: Tensor, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: `y = x + tanh(a) · attended`, then `y + tanh(b) · (y @ matrix)`."""
    if "swapped" in wrong:
        a, b = b, a
    if "exchanged" in wrong:
        x, attended = attended, x
    first, second = (b if "same_b" in wrong else a), (a if "same_a" in wrong else b)
    y = let_in(x, brought(attended, matrix, wrong), first, "first", wrong)
    if "no_second" in wrong:
        return y
    if "product_late" in wrong:
        return (y + second.tanh() * y) @ matrix
    read = x if "reads_x" in wrong else attended if "reads_attended" in wrong else y
    read = y - x if "reads_new" in wrong else x + attended if "reads_open" in wrong else read
    stream = x if "forgotten" in wrong else y
    return let_in(stream, network(read, matrix, wrong), second, "second", wrong)


def brought(attended: Tensor, matrix: Tensor, wrong: Wrong) -> Tensor:
    """Return what the first gate lets in."""
    if "matrix_twice" in wrong:
        return attended @ matrix
    return attended.tanh() if {"bent_attended", "bent_instead"} & wrong else attended


def network(y: Tensor, matrix: Tensor, wrong: Wrong) -> Tensor:
    """Return what the second gate lets in."""
    found = y @ (matrix.T if "transposed" in wrong else matrix)
    if "relu_network" in wrong:
        return found.relu()
    if {"bent_network", "bent_instead"} & wrong:
        return found.tanh()
    return y * matrix.diagonal() if "diagonal" in wrong else found


def let_in(stream: Tensor, found: Tensor, gate: Tensor, step: str, wrong: Wrong) -> Tensor:
    """Add to the stream what was found, by as much as the gate is open.

    Some mistakes are made at both steps or, with the step's name behind theirs, at one.
    """
    opening = opening_of(gate, step, wrong)
    ways: dict[str, Callable[[], Tensor]] = {
        "inside": lambda: stream + (gate * found).tanh(),
        "mixed": lambda: (1 - opening) * stream + opening * found,
        "whole": lambda: opening * (stream + found),
        "adds_stream": lambda: stream + opening * (stream + found),
        "wrong_term": lambda: opening * stream + found,
        "minus": lambda: stream - opening * found,
        "added": lambda: stream + opening + found,
        "without_stream": lambda: opening * found,
        "without_gate": lambda: stream + found,
    }
    made = (way() for name, way in ways.items() if {name, f"{name}_{step}"} & wrong)
    return next(made, stream + opening * found)


def opening_of(gate: Tensor, step: str, wrong: Wrong) -> Tensor:
    """Return how far a gate is open."""
    ways: dict[str, Callable[[], Tensor]] = {
        "sigmoid": gate.sigmoid,
        "raw": lambda: gate,
        "bent_instead": lambda: gate,
        "open": lambda: 1 + gate.tanh(),
        "closing": lambda: 1 - gate.tanh(),
        "tangent": gate.tan,
        "arc_tangent": gate.atan,
        "hyperbolic_sine": gate.sinh,
        "clipped": lambda: gate.clamp(-1, 1),
        "relu": gate.relu,
        "size": lambda: gate.tanh().abs(),
        "one_way": lambda: gate.tanh().relu(),
        "squared": lambda: gate.tanh() ** 2,
        "half": lambda: (gate / 2).tanh(),
        "twice": lambda: gate.tanh().tanh(),
    }
    made = (way() for name, way in ways.items() if {name, f"{name}_{step}"} & wrong)
    return next(made, gate.tanh())


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

    loud = case((3, 2, 4), -1.1, 0.7, seed=130)
    for name in ("x", "attended", "matrix"):
        loud[name] = 30 * loud[name]
        loud[name][-1] = 0.0
    loud["x"][1] = loud["x"][0]
    return [
        case((1, 2, 2), 0.5, -0.8, seed=80),
        case((2, 3, 4), 1.5, 0.6, seed=90),
        case((2, 3, 3), 0.0, 0.0, seed=100),
        case((1, 4, 3), 2.5, 0.0, seed=110),
        case((2, 2, 5), -0.4, 1.2, seed=120),
        case((1, 1, 1), -2.2, -0.3, seed=140),
        case((2, 4, 3), 6.0, -7.0, seed=150),
        case((2, 2, 3), 0.0, 1.3, seed=160),
        loud,
    ]


def closed_is_identity(case: Case, output: Tensor) -> bool:
    """Say whether two closed gates let nothing in."""
    return bool(case["a"] or case["b"]) or agree(output, case["x"])


def moves_no_further(case: Case, output: Tensor) -> bool:
    """Say whether, where only the first gate is open, x moves by at most what attention found."""
    moved = (output - case["x"]).abs()
    return bool(case["b"]) or bool((moved <= case["attended"].abs() + 1e-4).all())


def first_step_is_right(case: Case, output: Tensor) -> bool:
    """Say whether the first gate alone lets in what it should."""
    return bool(case["b"]) or agree(output, case["x"] + case["a"].tanh() * case["attended"])


def second_step_is_right(case: Case, output: Tensor) -> bool:
    """Say whether the second gate alone lets in what it should."""
    x, opening = case["x"], case["b"].tanh()
    return bool(case["a"]) or agree(output, x + opening * (x @ case["matrix"]))


ALONE = "gate first second which product read matrix"
"""Every group: a mistake of all of them is never paired."""

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
            "raw_first",
            "What attention found is multiplied by a as it is; your second gate has its tanh. What "
            "does the formula do with a?",
            ALONE,
        ),
        Mistake(
            "raw_second",
            "What the network made is multiplied by b as it is; your first gate has its tanh. What "
            "does the formula do with b?",
            ALONE,
        ),
        Mistake(
            "tangent",
            "Your gates are tangents: `tan` goes to infinity. Which letter is missing?",
            "gate",
        ),
        Mistake(
            "arc_tangent",
            "Your gates are arc tangents, which open further than 1. Which function of the formula "
            "has a similar name?",
            "gate",
        ),
        Mistake(
            "hyperbolic_sine",
            "Your gates are hyperbolic sines: nothing keeps them between -1 and 1. Which other "
            "hyperbolic function stands in the formula?",
            "gate",
        ),
        Mistake(
            "clipped",
            "Your gates are cut off at -1 and 1: beyond, they could not be trained any more. Which "
            "function comes near 1 and never gets there?",
            "gate",
        ),
        Mistake(
            "relu",
            "Your gates are ReLUs: shut below 0, and above nothing holds them. Which function does "
            "the formula put around a and b?",
            "gate",
        ),
        Mistake(
            "size",
            "It looks as if your gates could not be negative: the sign of a is lost. Is there "
            "anything around the tanh in the formula?",
            "gate",
        ),
        Mistake(
            "one_way",
            "Your gates stay shut where a or b is negative. Between which two numbers does a tanh "
            "lie?",
            "gate",
        ),
        Mistake(
            "squared",
            "Your gates are squared. Do you multiply by the tanh twice?",
            "gate",
        ),
        Mistake(
            "half",
            "Your gates open half as fast: 2σ(a) − 1 is the tanh of a/2. What is the tanh of a?",
            "gate",
        ),
        Mistake(
            "twice",
            "Your gates went through a tanh twice, so they never open further than 0.76. How often "
            "does it stand in the formula?",
            "gate",
        ),
        Mistake(
            "exchanged",
            "x and *attended* have changed places: with closed gates, what attention found comes "
            "out. Which of the two is the stream?",
            "first second product read",
        ),
        Mistake(
            "minus",
            "You subtract what the gates let in. Which sign stands before the tanh?",
            "first second gate which",
        ),
        Mistake(
            "adds_stream",
            "The gate lets in the stream once more, together with what is new. What stands behind "
            "the tanh in the formula?",
            ALONE,
        ),
        Mistake(
            "adds_stream_first",
            "Your first gate lets in x + *attended*. What stands behind tanh(a) in the formula?",
            ALONE,
        ),
        Mistake(
            "mixed_first",
            "In your first step the more comes in the less of x is left. What stands before the x "
            "in the formula?",
            ALONE,
        ),
        Mistake(
            "mixed_second",
            "In your second step the more comes in the less of y is left. What stands before the y "
            "in the formula?",
            ALONE,
        ),
        Mistake(
            "inside_first",
            "The tanh bends a times *attended*. Where does its bracket close in the formula?",
            ALONE,
        ),
        Mistake(
            "bent_attended",
            "You bend what attention found with a tanh. Around what does the formula put it?",
            ALONE,
        ),
        Mistake(
            "bent_instead",
            "The tanh stands around what is let in, and a and b as they are before it. Around "
            "what does the formula put it?",
            ALONE,
        ),
        Mistake(
            "matrix_twice",
            "What attention found goes through the matrix before it is let in. How often does M "
            "stand in the formula?",
            ALONE,
        ),
        Mistake(
            "relu_network",
            "You put a ReLU behind the matrix. It stands for the whole network here: what does "
            "the formula let in?",
            ALONE,
        ),
        Mistake(
            "bent_network",
            "You put a tanh around what the network made, too. Around what does the formula put "
            "it?",
            ALONE,
        ),
        Mistake(
            "diagonal",
            "Only the diagonal of the matrix reaches your result: is your product one of numbers, "
            "or one of matrices?",
            ALONE,
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
            "whole_first",
            "Your first gate closes the stream, too: with a = 0 nothing is left of x. Where does "
            "the bracket open in the formula, before the x or after it?",
            ALONE,
        ),
        Mistake(
            "whole_second",
            "Your second gate closes the stream, too: with b = 0 nothing is left of y. Where does "
            "the bracket open in the formula, before the y or after it?",
            ALONE,
        ),
        Mistake(
            "product_late",
            "All of your stream goes through the matrix: with b = 0 the result is y M. What does "
            "the matrix stand behind in the formula, and where does that bracket begin?",
            ALONE,
        ),
        Mistake(
            "wrong_term",
            "Your gates stand before the stream, and the new flows in freely. Which of the two "
            "should a closed gate keep out?",
            "first second",
        ),
        Mistake(
            "without_stream_first",
            "Your y is only what attention found. What happens to x where the first gate is "
            "closed?",
            "first",
        ),
        Mistake(
            "without_stream_second",
            "Your result is only what the network made. What happens to y where the second gate is "
            "closed?",
            "second",
        ),
        Mistake(
            "without_gate_first",
            "What attention found goes in whole, whatever a is. What should let it in?",
            "first gate which",
        ),
        Mistake(
            "without_gate_second",
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
            "reads_new",
            "Your network reads what the first gate let in, without the stream. Which letter "
            "stands before the matrix, and what is it made of?",
            ALONE,
        ),
        Mistake(
            "reads_open",
            "Your network reads x + *attended*, as if the first gate were wide open. Which letter "
            "stands before the matrix, and what is it made of?",
            ALONE,
        ),
        Mistake(
            "added",
            "You add the tanh to what was found. With a = 0 everything goes in then: what stands "
            "between tanh(a) and *attended* in the formula?",
            "gate first second product",
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
        Property(
            "Where the second gate is closed (b = 0), the result should be x + tanh(a) · "
            "*attended*; yours is something else. How does your first step differ from the "
            "formula's, or what does the second let in though b is 0?",
            first_step_is_right,
        ),
        Property(
            "With b = 0 you are right. Where only the second gate is open (a = 0), the result "
            "should be x + tanh(b) · (x M), and yours is something else: look at your second step.",
            second_step_is_right,
        ),
    ),
)
