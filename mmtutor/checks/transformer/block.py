"""A pre-norm block of given parts. Traps: the norm's place, the residual's, no ReLU."""

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
from mmtutor.checks.transformer.shared import linear, normalise, self_attention


def encoder_block(
    x: Tensor, matrices: Tensor, first: Tensor, second: Tensor, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: `x + attention(norm(x))`, then `x + network(norm(x))`."""
    if "parallel" in wrong:
        normed = normalise(x)
        return x + self_attention(normed, matrices) + network(normed, first, second, wrong)
    if "network_first" in wrong:
        x = x + network(normalise(x), first, second, wrong)
        return x + self_attention(normalise(x), matrices)
    after = after_attention(x, matrices, wrong)
    if "attention_alone" in wrong:
        return after
    result = after_network(x, after, first, second, wrong)
    return normalise(result) if "norm_at_the_end" in wrong else result


def after_attention(x: Tensor, matrices: Tensor, wrong: Wrong) -> Tensor:
    """Return the tokens after the first half of the block."""
    if {"post_norm", "post_norm_attention"} & wrong:
        return normalise(x + self_attention(x, matrices))
    if {"no_norm", "no_norm_attention"} & wrong:
        return x + self_attention(x, matrices)
    if {"norm_of_results", "norm_of_attention"} & wrong:
        return x + normalise(self_attention(x, matrices))
    normed = normalise(x)
    gathered = self_attention(normed, matrices)
    if {"no_residuals", "no_residual_attention"} & wrong:
        return gathered
    if {"normed_residuals", "normed_residual_attention"} & wrong:
        return normed + gathered
    if "minus" in wrong:
        return x - gathered
    return x + 2 * gathered if "attention_twice" in wrong else x + gathered


def after_network(x: Tensor, after: Tensor, first: Tensor, second: Tensor, wrong: Wrong) -> Tensor:
    """Return the tokens after the second half; `x` is what came into the block."""
    if {"post_norm", "post_norm_network"} & wrong:
        return normalise(after + network(after, first, second, wrong))
    if {"no_norm", "no_norm_network"} & wrong:
        return after + network(after, first, second, wrong)
    if {"norm_of_results", "norm_of_network"} & wrong:
        return after + normalise(network(after, first, second, wrong))
    normed = normalise(after)
    thought = network(normed, first, second, wrong)
    if {"no_residuals", "no_residual_network"} & wrong:
        return thought
    if {"normed_residuals", "normed_residual_network"} & wrong:
        return normed + thought
    if "residual_of_the_input" in wrong:
        return x + thought
    return x + after + thought if "input_twice" in wrong else after + thought


def network(x: Tensor, first: Tensor, second: Tensor, wrong: Wrong) -> Tensor:
    """Widen, bend, narrow."""
    if "relu_late" in wrong:
        return linear(linear(x, first), second).relu()
    if "relu_early" in wrong:
        return linear(linear(x.relu(), first), second)
    if "relu_twice" in wrong:
        return linear(linear(x, first).relu(), second).relu()
    return linear(bent(linear(x, first), wrong), second)


def bent(x: Tensor, wrong: Wrong) -> Tensor:
    """Bend what stands between the two matrices."""
    if "no_relu" in wrong:
        return x
    if "gelu" in wrong:
        return torch.nn.functional.gelu(x)
    if "gelu_tanh" in wrong:
        return torch.nn.functional.gelu(x, approximate="tanh")
    if "silu" in wrong:
        return torch.nn.functional.silu(x)
    if "sigmoid" in wrong:
        return x.sigmoid()
    return x.tanh() if "tanh" in wrong else x.relu()


def block_cases() -> list[Case]:
    def case(shape: tuple[int, ...], hidden: int, seed: int) -> Case:
        width = shape[-1]
        return Case(
            x=random_tensor(*shape, seed=seed),
            matrices=random_tensor(3, width, width, seed=seed + 1) / width**0.5,
            first=random_tensor(width, hidden, seed=seed + 2),
            second=random_tensor(hidden, width, seed=seed + 3),
        )

    no_network, no_attention = case((2, 4, 3), 5, 20), case((2, 5, 4), 6, 30)
    no_network["second"].zero_()
    no_attention["matrices"][2].zero_()
    nothing = case((2, 3, 5), 4, 40)
    nothing["second"].zero_()
    nothing["matrices"][2].zero_()
    large = case((3, 4, 6), 7, 50)
    large["x"].view(-1)[0], large["x"].view(-1)[1], large["x"].view(-1)[-1] = 0.0, 25.0, -25.0
    large["x"][1] = large["x"][0]
    large_alone = Case({**large, "second": torch.zeros_like(large["second"])})
    heavy = case((1, 3, 4), 2, 60)
    for name in ("matrices", "first", "second"):
        heavy[name].view(-1)[0], heavy[name].view(-1)[1] = 25.0, -25.0
        heavy[name].view(-1)[2] = 0.0
    return [
        case((2, 3, 4), 5, 10),
        nothing,
        no_network,
        no_attention,
        large,
        large_alone,
        heavy,
        case((2, 1, 2), 1, 70),
        case((1, 2, 1), 3, 80),
    ]


def silent(case: Case, *parts: str) -> bool:
    """Say whether exactly these halves of the block add nothing, whatever they get."""
    quiet = {"attention": not case["matrices"][2].any(), "network": not case["second"].any()}
    return all(quiet[part] == (part in parts) for part in quiet)


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether the output is the right one."""
    return agree(output, encoder_block(*case.values()))


BLOCK = Implement(
    id="transformer.block",
    title="A pre-norm block",
    difficulty=2,
    minutes=20,
    hints=(
        "Think of x as a road. Two side roads leave it: each begins with a layer norm, does its "
        "work, and is *added* to the road. The road itself is never normed.",
        "x′ = x + attention(norm(x)), then x″ = x′ + second(relu(first(norm(x′)))).",
        "All of x, norm(x), attention, x′ and x″ are (batch, token, width). Between the two "
        "matrices it is (batch, token, hidden).",
        "x = x + self_attention(normalise(...), matrices)\n"
        "hidden = linear(normalise(...), first).relu()\n"
        "return ... + linear(..., second)",
    ),
    reference=encoder_block,
    cases=block_cases,
    mistakes=(
        Mistake(
            "post_norm",
            "The norm comes *after* each sum, as in the paper of 2017: that is a post-norm block, "
            "and the road itself is normed. Where does a pre-norm block have it?",
            "block",
        ),
        Mistake(
            "post_norm_attention",
            "In the attention's half the norm comes after the sum. What should it work on?",
            "block",
        ),
        Mistake(
            "post_norm_network",
            "Up to the feed-forward network all is right. There the norm comes after the sum. What "
            "should it work on?",
            "block",
        ),
        Mistake(
            "no_norm",
            "There is no layer norm in yours. What does each half of the block begin with?",
            "block",
        ),
        Mistake(
            "no_norm_attention",
            "The attention gets x as it is. What does each half of the block begin with?",
            "block",
        ),
        Mistake(
            "no_norm_network",
            "Up to the feed-forward network all is right. It gets its input as it is: what does "
            "each half of the block begin with?",
            "block",
        ),
        Mistake(
            "norm_of_results",
            "You norm what the attention and the network *give*. In a pre-norm block they *get* "
            "something normed.",
            "block",
        ),
        Mistake(
            "norm_of_attention",
            "You norm what the attention *gives*. In a pre-norm block it *gets* something normed.",
            "block",
        ),
        Mistake(
            "norm_of_network",
            "Up to the feed-forward network all is right. You norm what it *gives*, and in a "
            "pre-norm block it *gets* something normed.",
            "block",
        ),
        Mistake(
            "normed_residuals",
            "Both sums begin with the *normed* tokens: the road goes through the norm. Was x "
            "overwritten? To what is each half's result added?",
            "block",
        ),
        Mistake(
            "normed_residual_attention",
            "The attention's result is added to the *normed* x. To what should it be added?",
            "block",
        ),
        Mistake(
            "normed_residual_network",
            "Up to the feed-forward network all is right. Its result is added to its *normed* "
            "input. To what should it be added?",
            "block",
        ),
        Mistake(
            "no_residuals",
            "Nothing is added: each half replaces what it got. What becomes of the road?",
            "block",
        ),
        Mistake(
            "no_residual_attention",
            "The attention's result *replaces* x. What should it do with it?",
            "block",
        ),
        Mistake(
            "no_residual_network",
            "Up to the feed-forward network all is right. Its result *replaces* what came before; "
            "what should it do with it?",
            "block",
        ),
        Mistake(
            "residual_of_the_input",
            "The feed-forward network's result is added to the block's *input*, so what the "
            "attention gathered is lost on the way. To what should it be added?",
            "block",
        ),
        Mistake(
            "input_twice",
            "The block's input is added twice: with the attention's result and once more at the "
            "end. What comes out of the first half holds it already.",
            "block",
        ),
        Mistake(
            "parallel",
            "The feed-forward network gets the block's input, normed, side by side with the "
            "attention. Some models do so. Here it should see what the attention has gathered.",
            "block",
        ),
        Mistake(
            "network_first",
            "The feed-forward network comes before the attention. Which half is first?",
            "block",
        ),
        Mistake(
            "attention_alone",
            "That is the first half of the block, and it is right. Where is the feed-forward "
            "network?",
            "block",
        ),
        Mistake(
            "norm_at_the_end",
            "The block's result is normed once more. Does the road itself go through a norm?",
            "block",
        ),
        Mistake(
            "minus", "The attention's result is subtracted. Which sign has the formula?", "block"
        ),
        Mistake("attention_twice", "The attention's result is added twice.", "block"),
        Mistake(
            "no_relu",
            "Up to the feed-forward network all is right. Nothing bends between its two matrices, "
            "so they are but *one* matrix. What belongs there?",
            "block",
        ),
        Mistake(
            "relu_late",
            "Up to the feed-forward network all is right. It bends after both matrices, so that "
            "they are but one, and it can only add to the road. Where does the ReLU belong?",
            "block",
        ),
        Mistake(
            "relu_early",
            "Up to the feed-forward network all is right. It bends before the first matrix. Where "
            "does the ReLU belong?",
            "block",
        ),
        Mistake(
            "relu_twice",
            "Up to the feed-forward network all is right. It bends twice, also after the second "
            "matrix. How many does the formula have?",
            "block",
        ),
        Mistake(
            "gelu",
            "Up to the feed-forward network all is right. It bends with a GELU, as newer models "
            "do. Which function does the card ask for?",
            "block",
        ),
        Mistake(
            "gelu_tanh",
            "Up to the feed-forward network all is right. It bends with GPT-2's GELU. Which "
            "function does the card ask for?",
            "block",
        ),
        Mistake(
            "silu",
            "Up to the feed-forward network all is right. It bends with a SiLU. Which function "
            "does the card ask for?",
            "block",
        ),
        Mistake(
            "sigmoid",
            "Up to the feed-forward network all is right. It bends with a sigmoid. Which function "
            "does the card ask for?",
            "block",
        ),
        Mistake(
            "tanh",
            "Up to the feed-forward network all is right. It bends with a tanh. Which function "
            "does the card ask for?",
            "block",
        ),
    ),
    properties=(
        Property(
            "Where the attention and the network add nothing (their last matrices are 0), the "
            "block "
            "should give back x, just as it came. Yours does not: what happens on the road itself?",
            lambda case, output: not silent(case, "attention", "network") or is_right(case, output),
        ),
        Property(
            "Where the network adds nothing (`second` is 0), only the attention's half is left, "
            "and yours is wrong there: what does the attention get, and to what is it added?",
            lambda case, output: not silent(case, "network") or is_right(case, output),
        ),
        Property(
            "Up to the feed-forward network all is right: where it adds nothing, so are you. What "
            "does it get, what bends between its two matrices, and to what is its result added?",
            is_right,
        ),
    ),
)
