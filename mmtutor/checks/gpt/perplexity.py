"""Perplexity over several batches. Traps: means of means, padding counted, a real id 0 dropped."""

import math
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


def perplexity(
    logits: Tensor, targets: Tensor, real: Tensor, wrong: Wrong = RIGHT
) -> Tensor | float:
    """Reference: the exponential of the mean loss over all real tokens of all batches."""
    if "zero_logits" in wrong:
        logits = logits * real[..., None]
    if "zero_counted" in wrong:
        targets = targets * real
    if "shifted" in wrong:
        logits, targets, real = logits[:, :, :-1], targets[:, :, 1:], real[:, :, 1:]
    found = summed_up(token_losses(logits, targets, wrong), counted(targets, real, wrong), wrong)
    return found if found.ndim else found.item()


def summed_up(losses: Tensor, real: Tensor, wrong: Wrong) -> Tensor:
    """Return the exponential of the mean loss, or something else."""
    if "not_exponential" in wrong:
        return mean(losses, real)
    if "base_two" in wrong:
        return 2 ** mean(losses, real)
    if "bits" in wrong:
        return (mean(losses, real) / math.log(2)).exp()
    if "probability" in wrong:
        return (-mean(losses, real)).exp()
    return averaged(losses, real, wrong)


def token_losses(logits: Tensor, targets: Tensor, wrong: Wrong) -> Tensor:
    """Return minus the logarithm of the probability of every target, in one of many ways."""
    ways: dict[str, Callable[[], Tensor]] = {
        "axis": lambda: logits.log_softmax(-2),
        "over_batches": lambda: logits.log_softmax(0),
        "softmax_twice": lambda: logits.softmax(-1).log_softmax(-1),
        "log_of_softmax": lambda: logits.softmax(-1).log(),
        "clamped": lambda: logits.softmax(-1).clamp(min=1e-8).log(),
        "no_softmax": lambda: logits,
        "largest": lambda: logits.log_softmax(-1).amax(-1, keepdim=True).expand_as(logits),
    }
    logs = either(ways, wrong, lambda: logits.log_softmax(-1))
    return -logs.gather(-1, targets.unsqueeze(-1)).squeeze(-1)


def counted(targets: Tensor, real: Tensor, wrong: Wrong) -> Tensor:
    """Return which tokens count."""
    ways: dict[str, Callable[[], Tensor]] = {
        "padding": lambda: torch.ones_like(real),
        "zero_counted": lambda: torch.ones_like(real),
        "zero_logits": lambda: torch.ones_like(real),
        "inverted": lambda: ~real,
        "zero_dropped": lambda: real & (targets != 0),
        "zero_for_padding": lambda: targets != 0,
        "at_the_end": lambda: torch.arange(real.shape[-1]) < real.sum(-1, keepdim=True),
        "in_front": lambda: torch.arange(real.shape[-1]) >= (~real).sum(-1, keepdim=True),
        "first_mask": lambda: real[:1].expand_as(real),
    }
    return either(ways, wrong, lambda: real)


def mean(losses: Tensor, real: Tensor) -> Tensor:
    """Return the mean loss of the tokens that count."""
    return (losses * real).sum() / real.sum()


def means(losses: Tensor, real: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Return the mean loss along some axes of the tokens that count."""
    return (losses * real).sum(axes) / real.sum(axes)


def weighted(perplexities: Tensor, real: Tensor) -> Tensor:
    """Return the mean of the batches' perplexities, each as often as it has real tokens."""
    return (perplexities * real.sum((1, 2))).sum() / real.sum()


def averaged(losses: Tensor, real: Tensor, wrong: Wrong) -> Tensor:
    """Make one number of all losses, in one of many ways."""
    batch, row = (1, 2), (2,)
    ways: dict[str, Callable[[], Tensor]] = {
        "batch_means": lambda: means(losses, real, batch).mean().exp(),
        "batch_perplexities": lambda: means(losses, real, batch).exp().mean(),
        "weighted_perplexities": lambda: weighted(means(losses, real, batch).exp(), real),
        "row_means": lambda: means(losses, real, row).mean().exp(),
        "row_perplexities": lambda: means(losses, real, row).exp().mean(),
        "token_perplexities": lambda: mean(losses.exp(), real),
        "mean_probability": lambda: 1 / mean((-losses).exp(), real),
        "padding_zero": lambda: (losses * real).mean().exp(),
        "summed": lambda: (losses * real).sum().exp(),
        "by_batches": lambda: ((losses * real).sum() / len(real)).exp(),
        "by_rows": lambda: ((losses * real).sum() / (real.shape[0] * real.shape[1])).exp(),
        "first_batch": lambda: mean(losses[0], real[0]).exp(),
        "last_batch": lambda: mean(losses[-1], real[-1]).exp(),
        "each_batch": lambda: means(losses, real, batch).exp(),
        "each_row": lambda: means(losses, real, row).exp(),
        "median": lambda: losses[real].median().exp(),
    }
    return either(ways, wrong, lambda: mean(losses, real).exp())


def perplexity_cases() -> list[Case]:
    def case(shape: tuple[int, int, int, int], seed: int, scale: float = 1.0) -> Case:
        *places, vocabulary = shape
        dice = torch.Generator().manual_seed(seed)
        lengths = torch.randint(1, places[-1] + 1, (*places[:-1], 1), generator=dice)
        return Case(
            logits=scale * random_tensor(*shape, seed=seed),
            targets=torch.randint(0, vocabulary, tuple(places), generator=dice),
            real=torch.arange(places[-1]) < lengths,
        )

    small = case((2, 1, 3, 4), seed=300)
    small["targets"] = torch.tensor([[[1, 0, 2]], [[3, 0, 0]]])
    small["real"] = torch.tensor([[[True, True, True]], [[True, False, False]]])
    sure = case((2, 3, 4, 3), seed=330, scale=0.2)
    sure["logits"][0, 0, 0] = torch.tensor([70.0, -70.0, 1.0])
    sure["targets"][0, 0, 0] = 1  # wrong with a probability that is 0 in float32
    left = case((3, 2, 5, 6), seed=340, scale=2.0)
    left["real"] = left["real"].flip(-1)  # padding in front
    holes = case((3, 4, 6, 2), seed=320, scale=3.0)
    holes["real"] = torch.rand(3, 4, 6, generator=torch.Generator().manual_seed(320)) < 0.6
    moved = case((4, 2, 3, 5), seed=350)
    moved["logits"] = moved["logits"] - 40
    moved["logits"][1, :, :, 2] = 0.0
    one = case((1, 1, 1, 3), seed=360)
    many = case((2, 2, 3, 130), seed=370)
    many["targets"][0, 0, 0], many["logits"][1] = 120, many["logits"][0]
    return [
        small,
        case((2, 3, 5, 7), seed=310),
        holes,
        sure,
        left,
        moved,
        one,
        many,
        Case(
            logits=torch.zeros(2, 2, 3, 1),
            targets=torch.zeros(2, 2, 3, dtype=torch.int64),
            real=torch.ones(2, 2, 3, dtype=torch.bool),
        ),
    ]


def number(output: Tensor | float) -> Tensor:
    """Return what comes out as a tensor of float64."""
    return torch.as_tensor(output).double()


def at_least_one(case: Case, output: Tensor) -> bool:
    """Say whether the perplexity is 1 or more, as every perplexity is."""
    return bool((torch.as_tensor(output) > 0.999).all())


def ordinary(case: Case) -> bool:
    """Say whether no logit lies so far from the others that a probability becomes tiny."""
    return bool((case["logits"].amax(-1) - case["logits"].amin(-1) < 20).all())


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether the perplexity is the one asked for."""
    return bool(torch.isclose(number(output), number(perplexity(*case.values())), rtol=1e-3).all())


PERPLEXITY = Implement(
    id="gpt.perplexity",
    title="One perplexity for several batches",
    difficulty=2,
    minutes=15,
    hints=(
        "Cut the same tokens into other batches: the perplexity must not change. What has to be "
        "added up over all batches before anything is divided?",
        "perplexity = exp(− Σ log p(target) / N), with the sum over all N real tokens of all "
        "batches.",
        "log-probabilities (batch, row, position, token) → those of the targets (batch, row, "
        "position) → the sum of those that are real, and how many there are: two numbers → one.",
        "losses = -logits.log_softmax(...).gather(-1, targets.unsqueeze(-1)).squeeze(-1)\n"
        "total = (losses * ...).sum()\nreturn (total / ...).exp()",
    ),
    reference=perplexity,
    cases=perplexity_cases,
    mistakes=(
        Mistake(
            "batch_means",
            "You average over the batches' means, so a token in a short batch counts for more. "
            "Over what is the mean to be taken?",
            "mean end length",
        ),
        Mistake(
            "batch_perplexities",
            "You average the batches' perplexities. When is the exponential taken: once for each "
            "batch, or once at the end?",
            "mean end",
        ),
        Mistake(
            "weighted_perplexities",
            "You average the batches' perplexities, each weighted by its tokens. The weights are "
            "right for the *losses*: when is the exponential taken?",
            "mean end length",
        ),
        Mistake(
            "row_means",
            "You average over the rows' means, so a token in a short row counts for more. Over "
            "what is the mean to be taken?",
            "mean end length",
        ),
        Mistake(
            "row_perplexities",
            "You average the rows' perplexities. When is the exponential taken: once for each row, "
            "or once at the end?",
            "mean end",
        ),
        Mistake(
            "token_perplexities",
            "You average 1 / p over the tokens. Which comes first, the mean of the losses or the "
            "exponential?",
            "mean end stable",
        ),
        Mistake(
            "mean_probability",
            "You take the mean of the probabilities, and 1 divided by it. What is averaged is the "
            "*logarithm* of each probability.",
            "mean end stable",
        ),
        Mistake(
            "padding",
            "The padding counts like real tokens. What does `real` say?",
            "count length",
        ),
        Mistake(
            "zero_counted",
            "The padding's targets become 0 and count all the same, as if the model should guess "
            "the token 0 there. Which tokens count?",
            "count mean length",
        ),
        Mistake(
            "zero_logits",
            "The padding's logits become 0, so that every token is equally likely there, and it "
            "counts all the same. Which tokens count?",
            "count mean length softmax",
        ),
        Mistake(
            "padding_zero",
            "The losses of the padding are 0, but its places are still counted in what you divide "
            "by. How many tokens are real?",
            "mean end count",
        ),
        Mistake(
            "inverted",
            "Only the padding counts. Which tokens are those with `real` = True?",
            "count mean",
        ),
        Mistake(
            "zero_dropped",
            "Real tokens with the id 0 are left out. What alone says whether a token is padding?",
            "count mean",
        ),
        Mistake(
            "zero_for_padding",
            "You take the id 0 for padding and never look at `real`. Here 0 is a token like any "
            "other, and padding may hold any id.",
            "count mean",
        ),
        Mistake(
            "at_the_end",
            "You take the padding to stand at the end of each row. It may stand anywhere: which "
            "argument says where?",
            "count mean",
        ),
        Mistake(
            "in_front",
            "You take the padding to stand at the beginning of each row. It may stand anywhere: "
            "which argument says where?",
            "count mean",
        ),
        Mistake(
            "first_mask",
            "The first batch's `real` is used for all batches. Is every batch as long?",
            "count mean",
        ),
        Mistake(
            "base_two",
            "The losses are in natural logarithms, and you raise 2 to their mean. To which base "
            "does the exponential belong that undoes `log`?",
            "end mean",
        ),
        Mistake(
            "bits",
            "The losses are turned into bits, and then e is raised to their mean. Base and "
            "logarithm must belong together.",
            "end mean",
        ),
        Mistake(
            "not_exponential",
            "That is the mean loss. One step is left until it is a perplexity.",
            "end mean",
        ),
        Mistake(
            "probability",
            "That is the (geometric) mean probability of the right tokens, 1 divided by the "
            "perplexity. Which sign has the loss?",
            "end mean stable",
        ),
        Mistake(
            "shifted",
            "You shift logits and targets against each other. The card says that they are aligned: "
            "`targets[…, i]` is what the logits at i should guess.",
            "shift mean",
        ),
        Mistake(
            "axis",
            "The softmax runs over the positions. Which axis holds the tokens to choose from?",
            "softmax mean count",
        ),
        Mistake(
            "over_batches",
            "The softmax runs over the batches. Which axis holds the tokens to choose from?",
            "softmax mean count",
        ),
        Mistake(
            "softmax_twice",
            "A softmax is taken of what is a softmax already. `cross_entropy` and `log_softmax` "
            "expect the logits themselves.",
            "softmax mean",
        ),
        Mistake(
            "log_of_softmax",
            "It returns ∞ where the model was so sure *against* a token that its probability "
            "became 0. Which function gives the logarithm of a softmax in one step?",
            "softmax count length shift stable",
        ),
        Mistake(
            "clamped",
            "A probability is kept from becoming 0 by a small number, so that a token the model "
            "was very sure *against* costs too little. Which function takes the logarithm of a "
            "softmax without ever computing the softmax?",
            "softmax mean count",
        ),
        Mistake(
            "no_softmax",
            "The logits themselves are taken for log-probabilities. What makes them sum to 1?",
            "softmax mean count",
        ),
        Mistake(
            "largest",
            "You score the token that the model finds most likely. Whose probability counts?",
            "softmax mean count",
        ),
        Mistake(
            "summed",
            "You take the exponential of the *sum* of all losses. By what is it to be divided "
            "first?",
            "mean end count",
        ),
        Mistake(
            "by_batches",
            "You divide the sum of all losses by the number of batches. Perplexity is per token: "
            "how many are there?",
            "mean end count",
        ),
        Mistake(
            "by_rows",
            "You divide the sum of all losses by the number of rows. Perplexity is per token: how "
            "many are there?",
            "mean end count",
        ),
        Mistake(
            "first_batch",
            "Only the first batch counts. Does a `return` stand inside a loop?",
            "mean end count",
        ),
        Mistake(
            "last_batch",
            "Only the last batch counts. Does a loop overwrite what it should add to?",
            "mean end count",
        ),
        Mistake(
            "each_batch",
            "You return a perplexity for each batch. One number for all of them is asked for: what "
            "is to be added up before the exponential?",
            "mean end count",
        ),
        Mistake(
            "each_row",
            "You return a perplexity for each row. One number for all of them is asked for: what "
            "is to be added up before the exponential?",
            "mean end count",
        ),
        Mistake(
            "median",
            "You take the median of the losses. Which average is asked for?",
            "mean end count",
        ),
    ),
    properties=(
        Property(
            "A perplexity is never below 1: that would be better than knowing every token. Which "
            "sign have the losses, and is the exponential taken?",
            at_least_one,
        ),
        Property(
            "Even for a single token, where there is nothing to average, it departs. Its "
            "perplexity is 1 divided by the probability that the model gave it.",
            lambda case, output: case["targets"].numel() > 1 or is_right(case, output),
        ),
        Property(
            "Something else is not as asked: the log-softmax over the tokens, the entry of the "
            "target at the same place, one mean over all real tokens, one exponential at the end. "
            "Try each step on a single batch with two rows.",
            lambda case, output: not ordinary(case) or is_right(case, output),
        ),
        Property(
            "Right where probabilities are ordinary, but not where the model is very sure "
            "*against* a token: a bound, something small that is added, or a probability that "
            "became 0 stands in the way. Which function takes the logarithm of a softmax without "
            "computing the softmax?",
            is_right,
        ),
    ),
)
