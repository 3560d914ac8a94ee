"""The next-token loss with padding. Traps: targets not shifted, padding counted, mean of means."""

import math

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


def next_token_loss(logits: Tensor, tokens: Tensor, padding: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the mean price of every token that has one before it and is no padding."""
    logits, targets = aligned(logits, tokens, wrong)
    price = -log_probabilities(logits, wrong).gather(-1, targets[..., None])[..., 0]
    counts = counted(tokens, targets, padding, wrong)
    total = (price * counts).sum(-1)
    if "mean_of_means" in wrong:
        return (total / counts.sum(-1).clamp(min=1)).mean()
    if "summed" in wrong:
        return total.sum()
    if "per_sequence" in wrong:
        return total.sum() / len(tokens)
    if "by_all" in wrong:
        return total.sum() / counts.numel()
    if "by_all_tokens" in wrong:
        return total.sum() / tokens.numel()
    if "by_tokens" in wrong:
        return total.sum() / (tokens != padding).sum()
    result = total.sum() / counts.sum()
    if "bits" in wrong:
        return result / math.log(2)
    if "perplexity" in wrong:
        return result.exp()
    return -result if "sign" in wrong else result


def aligned(logits: Tensor, tokens: Tensor, wrong: Wrong) -> tuple[Tensor, Tensor]:
    """Put logits beside what they are to guess."""
    if "first_sequence" in wrong:
        return logits[:1, :-1], tokens[:1, 1:]
    if "across" in wrong:
        return logits.flatten(0, 1)[None, :-1], tokens.flatten()[None, 1:]
    if "not_shifted" in wrong:
        return logits, tokens
    if "shifted_back" in wrong:
        return logits[:, 1:], tokens[:, :-1]
    if "first_dropped" in wrong:
        return logits[:, 1:], tokens[:, 1:]
    if "last_dropped" in wrong:
        return logits[:, :-1], tokens[:, :-1]
    if "two_ahead" in wrong:
        return logits[:, :-2], tokens[:, 2:]
    if "rolled" in wrong:
        return logits, tokens.roll(-1, dims=1)
    return logits[:, :-1], tokens[:, 1:]


def log_probabilities(logits: Tensor, wrong: Wrong) -> Tensor:
    """Return the logarithms of what each position gives each token."""
    if "over_batch" in wrong:
        return logits.log_softmax(0)
    if "over_positions" in wrong:
        return logits.log_softmax(1)
    if "twice" in wrong:
        return logits.softmax(-1).log_softmax(-1)
    if "raw" in wrong:
        return logits
    return logits.softmax(-1) if "no_logarithm" in wrong else logits.log_softmax(-1)


def counted(tokens: Tensor, targets: Tensor, padding: int, wrong: Wrong) -> Tensor:
    """Return 1.0 for every target that counts, 0.0 for the others."""
    if "padding_counted" in wrong:
        return torch.ones_like(targets).float()
    if "padding_alone" in wrong:
        return (targets == padding).float()
    tokens = tokens[: len(targets)]
    if "until_padding" in wrong:
        return (targets != padding).cumprod(-1).float()
    if "by_inputs" in wrong:
        return (tokens[:, : targets.shape[1]] != padding).float()
    if "by_both" in wrong:
        return ((targets != padding) & (tokens[:, : targets.shape[1]] != padding)).float()
    return (targets != (0 if "zero" in wrong else padding)).float()


def loss_cases() -> list[Case]:
    def case(rows: list[list[int]], words: int, padding: int, seed: int) -> Case:
        logits = random_tensor(len(rows), len(rows[0]), words, seed=seed)
        return Case(logits=logits, tokens=torch.tensor(rows), padding=padding)

    even = case([[1, 3, 0, 2, 2], [4, 1, 5, 1, 0], [3, 2, 2, 4, 1]], 6, 8, 15)
    even["logits"].zero_()
    whole = case([[1, 2, 0, 3], [2, 4, 1, 1]], 5, 6, 10)  # no padding at all
    sure = case([[2, 1, 3, 0], [1, 2, 0, 0], [3, 3, 3, 0]], 4, 0, 40)
    sure["logits"] = 100 * sure["logits"].sign()  # far apart: softmax then log would give −∞
    sure["logits"][0, 0, :] = 0.0
    large = case([[4, 1, 4, 4, 2], [4, 1, 4, 4, 2], [4, 4, 0, 3, 1]], 6, 4, 50)  # padding anywhere
    large["logits"] = 10 * large["logits"]
    large["logits"][2, 0, 0] = 0.0
    large["logits"][1] = large["logits"][0]
    return [
        case([[1, 2, 0], [2, 0, 0]], 3, 0, 20),
        even,
        whole,
        case([[3, 1, 5, 2, 1], [2, 5, 1, 4, 4], [5, 3, 4, 4, 4], [0, 0, 4, 4, 4]], 7, 4, 30),
        sure,
        large,
        case([[4, 1, 4, 2, 4], [4, 4, 0, 3, 1]], 6, 4, 55),
        case([[2, 0]], 3, 1, 60),
        case([[5, 0, 0]], 8, 5, 70),
        case([[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]], 1, 7, 80),  # one word only
        case([[1, 0, 130, 1, 1, 1]], 140, 1, 90),
    ]


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether the loss is the right one."""
    return agree(torch.as_tensor(output), next_token_loss(*case.values()))


def ordinary(case: Case) -> bool:
    """Say whether no logit is large."""
    return bool(case["logits"].abs().max() < 10)


def nothing_to_hide(case: Case) -> bool:
    """Say whether no token is padding."""
    return not bool((case["tokens"] == case["padding"]).any())


LOSS = Implement(
    id="transformer.loss",
    title="The next-token loss, with padding",
    difficulty=2,
    minutes=20,
    hints=(
        "Write a sentence of four tokens, and below each token the one that its logits are to "
        "guess. What does the last one guess, and who guesses the first? Then cross out every "
        "guess whose target is padding.",
        "loss = Σ −log softmax(logits_i)[token_{i+1}] / how many, over all i and all sequences "
        "where token_{i+1} is not padding.",
        "logits[:, :-1] (batch, position − 1, vocabulary) and tokens[:, 1:] (batch, position − 1) "
        "belong together. Their prices (batch, position − 1), and a mask of the same shape.",
        "guesses, targets = logits[:, ...], tokens[:, ...]\n"
        "price = F.cross_entropy(guesses.transpose(1, 2), targets, reduction='none')\n"
        "counts = targets != ...\nreturn (price * counts).sum() / ...",
    ),
    reference=next_token_loss,
    cases=loss_cases,
    gradient=True,
    mistakes=(
        Mistake(
            "not_shifted",
            "Each position is asked for its *own* token, which it has just read: copying would be "
            "enough. Which token is it to guess?",
            "shift inputs every",
        ),
        Mistake(
            "shifted_back",
            "Your shift goes the wrong way: each position is asked for the token *before* it. Of "
            "which of the two do you drop the first, and of which the last?",
            "shift inputs",
        ),
        Mistake(
            "first_dropped",
            "You drop the first place of both, so each position is still asked for its own token.",
            "shift inputs",
        ),
        Mistake(
            "last_dropped",
            "You drop the last place of both, so each position is still asked for its own token.",
            "shift inputs",
        ),
        Mistake(
            "two_ahead",
            "Each position is asked for the token after the next. Is something shifted twice?",
            "shift inputs",
        ),
        Mistake(
            "rolled",
            "The last position is asked for the *first* token, which is what `roll` puts there. "
            "What follows the last token of a sequence?",
            "shift inputs every",
        ),
        Mistake(
            "across",
            "The last position of a sequence is asked for the first token of the *next* one: the "
            "batch was flattened before it was shifted. Which axis holds the positions?",
            "shift inputs divisor batch",
        ),
        Mistake(
            "first_sequence",
            "Only the first sequence of the batch counts in yours. How many are there?",
            "shift inputs divisor batch",
        ),
        Mistake(
            "padding_counted",
            "Padding is among your targets. It is not a word: which targets should not count?",
            "mask divisor",
        ),
        Mistake(
            "padding_alone",
            "You count the padding and nothing else. Is your mask the wrong way round?",
            "mask divisor",
        ),
        Mistake(
            "by_inputs",
            "Your mask looks at the token that is *read*. Then a padding that follows a word "
            "counts "
            "as a target. Which token has to be no padding: the one that is read, or the target?",
            "mask inputs",
        ),
        Mistake(
            "by_both",
            "You leave out the targets that follow a padding, too. A target counts wherever it "
            "stands, if only it is no padding itself.",
            "mask inputs",
        ),
        Mistake(
            "until_padding",
            "You stop counting at the first padding of a sequence. A target counts wherever it "
            "stands, if only it is no padding itself.",
            "mask divisor inputs",
        ),
        Mistake(
            "zero",
            "You take 0 for the padding. Which argument says what it is?",
            "mask",
        ),
        Mistake(
            "by_all",
            "The padding's prices are left out, but you divide by the number of *all* places. How "
            "many prices are in your sum?",
            "divisor",
        ),
        Mistake(
            "by_all_tokens",
            "You divide by the number of all places, padding and the first of each sequence among "
            "them, which nobody guesses. How many prices are in your sum?",
            "divisor every",
        ),
        Mistake(
            "by_tokens",
            "You divide by the number of all tokens that are no padding. The first of a sequence "
            "is guessed by nobody: how many prices are in your sum?",
            "divisor every",
        ),
        Mistake(
            "mean_of_means",
            "You average in each sequence and then over the sequences, so that a token in a short "
            "one weighs more. Each token that counts should weigh the same.",
            "divisor",
        ),
        Mistake(
            "per_sequence",
            "You divide by the number of sequences. How many prices are in your sum?",
            "divisor",
        ),
        Mistake("summed", "That is the sum of the prices. Their mean is asked for.", "divisor"),
        Mistake(
            "over_batch",
            "Your softmax runs over the batch: the sequences share out 1 among themselves. Which "
            "axis holds the words that a position chooses among?",
            "softmax batch",
        ),
        Mistake(
            "over_positions",
            "Your softmax runs over the positions. Which axis holds the words that one of them "
            "chooses among?",
            "softmax shift",
        ),
        Mistake(
            "twice",
            "A softmax is taken twice: `cross_entropy` and `log_softmax` take logits as they are.",
            "softmax",
        ),
        Mistake(
            "raw",
            "You take the logits for logarithms of probabilities, as `nll_loss` does. Which step "
            "makes them so?",
            "softmax",
        ),
        Mistake(
            "no_logarithm",
            "You take the probability itself where its logarithm belongs.",
            "softmax",
        ),
        Mistake("bits", "Your loss is in bits. The card asks for nats.", "unit divisor"),
        Mistake(
            "perplexity",
            "You take the exponential of the loss, which is the perplexity.",
            "unit divisor sign",
        ),
        Mistake(
            "sign",
            "Your loss falls as the guesses get worse. Which sign has the logarithm of a "
            "probability?",
            "sign divisor unit",
        ),
    ),
    properties=(
        Property(
            "A price is never negative, and so is no mean of prices; yours is.",
            lambda case, output: bool(torch.as_tensor(output) >= -1e-5),
        ),
        Property(
            "Where all words are equally likely each guess costs ln(number of words), and so does "
            "their mean. Yours is another: along which axis runs the softmax, which prices are in "
            "your sum, and by how many do you divide?",
            lambda case, output: bool(case["logits"].any()) or is_right(case, output),
        ),
        Property(
            "Already where no token is padding yours is another. Which token do the logits of "
            "position i guess, and is it the mean of −ln p of these tokens?",
            lambda case, output: (
                not ordinary(case) or not nothing_to_hide(case) or is_right(case, output)
            ),
        ),
        Property(
            "Where no token is padding you are right, where some are you are not: which prices are "
            "in your sum, and by how many do you divide?",
            lambda case, output: not ordinary(case) or is_right(case, output),
        ),
        Property(
            "Right for small logits, but not for large ones: a probability may be so small there "
            "that nothing is left of it before its logarithm is taken. Which function takes "
            "softmax and logarithm in one step?",
            is_right,
        ),
    ),
)
