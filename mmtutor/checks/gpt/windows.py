"""Inputs and targets from one text. Traps: targets that wrap round, a window lost at the end."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.gpt.shared import either

Pair = tuple[Tensor, Tensor]


def windows(tokens: Tensor, length: int, wrong: Wrong = RIGHT) -> Pair:
    """Reference: windows side by side; the target is the token that comes next in the text."""
    count = (len(tokens) - 1) // length
    text = tokens if "unequal" in wrong else tokens[:-1]  # what the inputs are cut from
    ways: dict[str, Callable[[], Pair]] = {
        "same": lambda: (cut(tokens[:-1], length),) * 2,
        "two_ahead": lambda: (cut(tokens[:-2], length), cut(tokens[2:], length)),
        "rolled": lambda: with_last(cut(text, length), cut(text, length)[:, :1]),
        "rolled_text": lambda: (cut(tokens, length), cut(tokens.roll(-1), length)),
        "rolled_back": lambda: (cut(tokens, length), cut(tokens.roll(1), length)),
        "zero_last": lambda: with_last(cut(text, length), torch.tensor(0)),
        "ignored_last": lambda: with_last(cut(text, length), torch.tensor(-100)),
        "pieces": lambda: apart(cut(tokens, length + 1)),
        "shorter": lambda: apart(cut(text, length)),
        "slid": lambda: apart(tokens.unfold(0, length + 1, 1)),
        "overlap": lambda: apart(tokens.unfold(0, length + 1, max(length - 1, 1))),
        "exact_dropped": lambda: first_rows(tokens, length, (len(tokens) - 2) // length),
        "one_dropped": lambda: first_rows(tokens, length, len(tokens) // length - 1),
        "one_window": lambda: first_rows(tokens, length, 1),
        "dealt": lambda: (dealt(tokens[:-1], length), dealt(tokens[1:], length)),
        "padded": lambda: (padded(tokens[:-1], length), padded(tokens[1:], length)),
        "from_the_end": lambda: from_the_end(tokens, length),
        "flat": lambda: (tokens[:-1], tokens[1:]),
        "one_target": lambda: (cut(tokens[:-1], length), tokens[length::length][:count]),
        "next_window": lambda: (cut(text, length)[:-1], cut(text, length)[1:]),
        "rolled_rest": lambda: (cut(text, length), rolled_rest(cut(text, length))),
        "padded_text": lambda: padded_text(tokens, length),
        "last_repeated": lambda: with_last(cut(text, length), cut(text, length)[:, -1:]),
        "transposed": lambda: (cut(tokens[:-1], length).T, cut(tokens[1:], length).T),
    }
    return either(ways, wrong, lambda: (cut(text, length), cut(tokens[1:], length)))


def cut(tokens: Tensor, length: int) -> Tensor:
    """Cut a row of tokens into windows (window, length); what is left over is dropped."""
    count = len(tokens) // length
    return tokens[: count * length].view(count, length)


def apart(pieces: Tensor) -> Pair:
    """Return all but the last token of every piece, and all but the first."""
    return pieces[:, :-1], pieces[:, 1:]


def with_last(inputs: Tensor, last: Tensor) -> Pair:
    """Shift inside each window, and put something else at its end."""
    return inputs, torch.cat([inputs[:, 1:], last.expand(len(inputs), 1)], dim=1)


def rolled_rest(inputs: Tensor) -> Tensor:
    """Roll what was cut as one text: the very first token comes last."""
    return inputs.flatten().roll(-1).view_as(inputs)


def first_rows(tokens: Tensor, length: int, count: int) -> Pair:
    """Return only so many windows."""
    inputs, targets = windows(tokens, length)
    return inputs[:count], targets[:count]


def dealt(tokens: Tensor, length: int) -> Tensor:
    """Deal the tokens to the windows one by one."""
    return cut(tokens, length).reshape(length, -1).T


def padded(tokens: Tensor, length: int) -> Tensor:
    """Keep what is left over at the end, filled up with 0."""
    return F.pad(tokens, (0, -len(tokens) % length)).view(-1, length)


def padded_text(tokens: Tensor, length: int) -> Pair:
    """Fill the text itself up with 0, so that its last token becomes an input, too."""
    text = F.pad(tokens, (0, (1 - len(tokens)) % length))
    return text[:-1].view(-1, length), text[1:].view(-1, length)


def from_the_end(tokens: Tensor, length: int) -> Pair:
    """Drop what is left over at the beginning."""
    first = (len(tokens) - 1) % length
    return windows(tokens[first:], length)


def windows_cases() -> list[Case]:
    def case(size: int, length: int, seed: int, largest: int = 30) -> Case:
        dice = torch.Generator().manual_seed(seed)
        return Case(tokens=torch.randint(0, largest, (size,), generator=dice), length=length)

    return [
        Case(tokens=torch.tensor([5, 3, 8, 1, 9, 2, 7, 4]), length=3),
        case(13, 4, seed=1),  # every token but the first is a target
        case(12, 4, seed=2),  # the twelfth has no target
        case(9, 1, seed=3, largest=500),
        case(6, 5, seed=4),  # exactly one window
        case(23, 5, seed=5, largest=9),
        case(2, 1, seed=6),
        case(19, 6, seed=7),
        case(17, 2, seed=8, largest=50_000),
    ]


def follows(case: Case, output: Pair) -> bool:
    """Say whether each target is the next input, as far as the next input is in the window."""
    inputs, targets = output
    windows = inputs.ndim == 2 and inputs.shape == targets.shape
    return not windows or torch.equal(inputs[:, 1:], targets[:, :-1])


def begins(case: Case, output: Pair) -> bool:
    """Say whether the first window begins where the text begins."""
    inputs, _ = output
    return inputs.numel() == 0 or torch.equal(inputs.flatten()[:1], case["tokens"][:1])


WINDOWS = Implement(
    id="gpt.windows",
    title="Inputs and targets from one text",
    difficulty=1,
    minutes=10,
    hints=(
        "Write eight tokens on paper and cut them for length 3. Under each token write the one "
        "that comes next in the *text*. Where does the target of a window's last token stand?",
        "inputs[w, i] = tokens[w · length + i], targets[w, i] = tokens[w · length + i + 1], for "
        "w = 0 … (n − 1) // length − 1.",
        "tokens (n,) → all but the last, all but the first: (n − 1,) each → as many whole windows "
        "as fit, (window · length,) → (window, length).",
        "count = (len(tokens) - 1) // ...\ninputs = tokens[: ...].view(count, length)\n"
        "targets = tokens[... : ...].view(count, length)\nreturn inputs, targets",
    ),
    reference=windows,
    cases=windows_cases,
    mistakes=(
        Mistake(
            "same",
            "The targets are the inputs. A model would learn to repeat what it sees: which token "
            "should it guess?",
            "shift count",
        ),
        Mistake(
            "two_ahead",
            "Each target is the token after the next one. How far does the target lie ahead?",
            "shift count",
        ),
        Mistake(
            "rolled",
            "The last target of each window is the window's own first token. What follows the last "
            "token of a window in the *text*?",
            "shift",
        ),
        Mistake(
            "rolled_text",
            "`roll` brings the first token of the text to its end, and there it is taken for the "
            "target of the last one. Has the last token of a text a target?",
            "shift count",
        ),
        Mistake(
            "rolled_back",
            "Each target is the token *before* the input, which the model has seen already. In "
            "which direction should the text be shifted?",
            "shift count",
        ),
        Mistake(
            "zero_last",
            "The last target of each window is 0, as if nothing came after it. What follows it in "
            "the text?",
            "shift",
        ),
        Mistake(
            "ignored_last",
            "The last target of each window is −100, which a loss would leave out. But the text "
            "goes on: what follows it there?",
            "shift",
        ),
        Mistake(
            "pieces",
            "You cut pieces of length + 1, so the token between two windows is never an input. "
            "The next window should begin with the last *target* of the one before.",
            "shift count",
        ),
        Mistake(
            "shorter",
            "You cut pieces of `length` tokens first and shift afterwards, so every window is one "
            "too short. From how many tokens does one make `length` inputs with their targets?",
            "shift",
        ),
        Mistake(
            "slid",
            "A window begins at every token, so that nearly all tokens come `length` times. Where "
            "should the second window begin?",
            "shift count",
        ),
        Mistake(
            "overlap",
            "Your windows overlap by one input. How far from the first does the second begin?",
            "shift count",
        ),
        Mistake(
            "exact_dropped",
            "Where the text ends exactly with the last target of a window, that window is missing. "
            "How many windows fit into n − 1 inputs?",
            "shift count",
        ),
        Mistake(
            "one_dropped",
            "Where tokens are left over at the end, the last whole window is missing, too. How "
            "many windows fit into n − 1 inputs?",
            "shift count",
        ),
        Mistake("one_window", "Only the first window comes back. How many fit?", "shift count"),
        Mistake(
            "dealt",
            "The tokens are dealt to the windows one by one, so that neighbours of the text stand "
            "in different windows. Which of the two axes should run through the text?",
            "shift count",
        ),
        Mistake(
            "padded",
            "What is left over at the end is filled up with 0 to one more window. The card drops "
            "it.",
            "shift count",
        ),
        Mistake(
            "padded_text",
            "The text is filled up with 0 until the last window is full. What is left over at the "
            "end and fills no window should go.",
            "shift count",
        ),
        Mistake(
            "from_the_end",
            "What does not fit is dropped at the *beginning* of the text. Where does the first "
            "window begin?",
            "shift count",
        ),
        Mistake(
            "flat",
            "The shift is right, but nothing is cut into windows yet. Which shape is asked for?",
            "shift count",
        ),
        Mistake(
            "one_target",
            "There is one target for each window. A GPT guesses at *every* position: how many "
            "targets does a window of `length` inputs have?",
            "shift count",
        ),
        Mistake(
            "next_window",
            "The targets of a window are the inputs of the *next* window, a whole window ahead. "
            "How far ahead of its input does a target lie?",
            "shift",
        ),
        Mistake(
            "rolled_rest",
            "You cut first and roll then, so that the very last target is the first token of the "
            "text. What follows the last input in the text, and does anything?",
            "shift",
        ),
        Mistake(
            "last_repeated",
            "The last target of each window is its last input again. What follows it in the text?",
            "shift",
        ),
        Mistake(
            "unequal",
            "Where the text ends exactly with a window of inputs, there is one window of inputs "
            "more than of targets. Has the last token of a text a target?",
            "count",
        ),
        Mistake(
            "transposed",
            "Your windows are columns. Which of the two axes comes first?",
            "shift count",
        ),
    ),
    properties=(
        Property(
            "The target of an input is what stands next to it in the window, as long as there is "
            "a next; somewhere yours is not. In which direction, and how far, is it shifted?",
            follows,
        ),
        Property("The first window should begin with the first token of the text.", begins),
    ),
)
