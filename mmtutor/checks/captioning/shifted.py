"""Inputs and targets of teacher forcing. Traps: no shift, the wrong way, padding that is scored."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
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

Pair = tuple[Tensor, Tensor]
IGNORED = -100
"""The target that PyTorch's cross-entropy leaves out."""


def shifted(captions: Tensor, padding: int, wrong: Wrong = RIGHT) -> Pair:
    """Reference: all but the last are read, all but the first are to be said."""
    inputs, targets = captions[:, :-1], captions[:, 1:]
    ways: dict[str, Callable[[], Pair]] = {
        "not_shifted": lambda: (inputs, inputs),
        "backwards": lambda: (targets, inputs),
        "both_later": lambda: (targets, targets),
        "two_ahead": lambda: (inputs, F.pad(captions[:, 2:], (0, 1), value=padding)),
        "rolled": lambda: (captions, captions.roll(-1, 1)),
        "same_width": lambda: (captions, F.pad(targets, (0, 1), value=padding)),
        "whole_inputs": lambda: (captions, targets),
        "whole_both": lambda: (captions, captions),
        "start_dropped": lambda: (captions[:, 1:-1], captions[:, 2:]),
        "other_caption": lambda: (inputs, targets.roll(-1, 0)),
        "next_caption": lambda: (captions[:-1], captions[1:]),
        "reversed": lambda: (inputs, inputs.flip(1)),
    }
    read, said = either(ways, wrong, lambda: (inputs, targets))
    said = silenced(read, said, captions, padding, wrong)
    return finished(read, said, captions, padding, wrong)


def silenced(read: Tensor, said: Tensor, captions: Tensor, padding: int, wrong: Wrong) -> Tensor:
    """Return the targets, with what is not scored as −100."""
    empty = said == padding
    before = F.pad(read[:, :-1] if read.shape == said.shape else said[:, 1:], (1, 0), value=-7)
    last = ~empty & F.pad(empty[:, 1:], (0, 1), value=True)
    ways: dict[str, Callable[[], Tensor]] = {
        "padding_scored": lambda: said,
        "padding_read": lambda: said.masked_fill(read[:, : said.shape[1]] == padding, IGNORED),
        "padding_is_zero": lambda: said.masked_fill(said == 0, IGNORED),
        "end_silent": lambda: said.masked_fill(empty | last, IGNORED),
        "end_alone_silent": lambda: said.masked_fill(last, IGNORED),
        "first_caption": lambda: said.masked_fill(empty[:1].expand_as(empty), IGNORED),
        "any_caption": lambda: said.masked_fill(empty.any(0), IGNORED),
        "whole_captions": lambda: said.masked_fill(empty.any(1, keepdim=True), IGNORED),
        "minus_one": lambda: said.masked_fill(empty, -1),
        "zero": lambda: said.masked_fill(empty, 0),
        "plus_hundred": lambda: said.masked_fill(empty, 100),
        "turned": lambda: said.masked_fill(~empty, IGNORED),
        "repeats_silent": lambda: said.masked_fill(empty | (said == before), IGNORED),
        "above_padding": lambda: said.masked_fill(said >= padding, IGNORED),
        "below_padding": lambda: said.masked_fill(said <= padding, IGNORED),
    }
    return either(ways, wrong, lambda: said.masked_fill(empty, IGNORED))


def finished(read: Tensor, said: Tensor, captions: Tensor, padding: int, wrong: Wrong) -> Pair:
    """Return inputs and targets, or what people hand over instead."""
    ends = (captions[:, :-1] != padding) & (captions[:, 1:] == padding)
    ways: dict[str, Callable[[], Pair]] = {
        "inputs_silent": lambda: (read.masked_fill(read == padding, IGNORED), said),
        "inputs_zero": lambda: (read.masked_fill(read == padding, 0), said),
        "end_not_read": lambda: (read.masked_fill(ends, padding), said),
        "exchanged": lambda: (said, read),
    }
    return either(ways, wrong, lambda: (read, said))


def case(lengths: list[int], padding: int, words: int, seed: int) -> Case:
    """Captions of so many words; start and end are two further numbers, words may repeat."""
    start, end = words, words + 1
    rows = []
    for number, length in enumerate(lengths):
        drawn = random_tensor(length, seed=seed + number).abs() * 1000
        row = [start, *(drawn.long() % words).tolist(), end]
        rows.append([word + (word >= padding) for word in row])  # no word is padding
    widest = max(map(len, rows))
    filled = [row + [padding] * (widest - len(row)) for row in rows]
    return Case(captions=torch.tensor(filled), padding=padding)


def shifted_cases() -> list[Case]:
    twice = case([6, 3], 1, 3, 60)
    twice["captions"][0, 3] = twice["captions"][0, 2]
    return [
        case([3, 1], 0, 4, 10),
        case([2, 5, 3], 9, 6, 20),
        case([4], 0, 5, 30),
        case([1, 1], 2, 3, 40),
        case([0, 4, 2, 1], 3, 5, 50),
        twice,
        case([7, 2, 4, 0, 6], 120, 300, 70),
        case([2, 5, 2, 0], 11, 8, 80),
        case([0, 0, 0], 5, 4, 90),
    ]


def no_padding_scored(case: Case, output: Pair) -> bool:
    """Say whether no target is padding."""
    return not bool((output[1] == case["padding"]).any())


def as_many_targets_as_words(case: Case, output: Pair) -> bool:
    """Say whether each caption has a target for each of its words and its end."""
    real = (case["captions"] != case["padding"]).sum(1) - 1
    return torch.equal((output[1] != IGNORED).sum(1), real)


def begins_with_start(case: Case, output: Pair) -> bool:
    """Say whether each row of inputs begins as its caption does."""
    return torch.equal(output[0][:, 0], case["captions"][:, 0])


def next_is_wanted(case: Case, output: Pair) -> bool:
    """Say whether what is to be said is what is read at the next place."""
    read, said = output[0][:, 1:], output[1][:, :-1]
    scored = said != IGNORED
    return torch.equal(read[scored], said[scored])


SHIFTED = Implement(
    id="captioning.shifted",
    title="Read one, say the next",
    difficulty=1,
    minutes=5,
    hints=(
        "Write the caption `start a star end` down twice, one copy moved by one place. Which word "
        "should be said after `start`, and what is there to say after `end`?",
        "inputs: all places but the last. targets: all places but the first, and −100 wherever "
        "there is padding in the *targets*.",
        "captions (caption, place). Both results are (caption, place − 1).",
        "inputs = captions[:, ...]\ntargets = captions[:, ...]\n"
        "targets = targets.masked_fill(... == padding, ...)\nreturn inputs, targets",
    ),
    reference=shifted,
    cases=shifted_cases,
    mistakes=(
        Mistake(
            "not_shifted",
            "What is to be said at each place is what is read there. A model learns to copy from "
            "that. Which word should it say?",
            "shift copy",
        ),
        Mistake(
            "backwards",
            "You read the later word and ask for the earlier one. Which of the two is known when a "
            "caption is made?",
            "shift",
        ),
        Mistake(
            "both_later",
            "Both begin at the second place. Where is the start read?",
            "shift copy",
        ),
        Mistake("two_ahead", "Your targets are moved by *two* places.", "shift"),
        Mistake(
            "rolled",
            "`roll` brings the start round to the end of the targets, and one place too many is "
            "left. What comes after the last place? Nothing: it is not read.",
            "shift",
        ),
        Mistake(
            "same_width",
            "Your results are as wide as the captions. After the last place nothing is to be said: "
            "leave it out of the inputs, too.",
            "shift",
        ),
        Mistake(
            "whole_inputs",
            "The inputs are one place longer than the targets. What is to be said after the last "
            "place?",
            "shift",
        ),
        Mistake(
            "whole_both",
            "Nothing is shifted: inputs and targets are the captions themselves.",
            "shift copy",
        ),
        Mistake(
            "start_dropped",
            "The start is not read, so nothing asks for the first word.",
            "shift",
        ),
        Mistake(
            "other_caption",
            "The targets are those of another caption: the rows have moved, too.",
            "shift",
        ),
        Mistake(
            "next_caption",
            "You shift the captions instead of their words. Which axis holds the places?",
            "shift",
        ),
        Mistake("reversed", "Your targets run from the end to the start.", "shift"),
        Mistake(
            "padding_scored",
            "Padding is still among the targets, so the model would be trained to say it.",
            "mask",
        ),
        Mistake(
            "padding_read",
            "The first padding behind each end is still a target. Did you look for padding in the "
            "*inputs*? Where the end is read, the target is padding already.",
            "mask copy",
        ),
        Mistake(
            "padding_is_zero",
            "You take 0 for padding. Its number is given as `padding`.",
            "mask",
        ),
        Mistake(
            "end_silent",
            "The end is no target in yours. Then the model never learns to stop.",
            "mask",
        ),
        Mistake(
            "end_alone_silent",
            "You silence the end and leave padding in. It should be the other way round.",
            "mask",
        ),
        Mistake(
            "first_caption",
            "The first caption's padding decides for all captions.",
            "mask",
        ),
        Mistake(
            "any_caption",
            "A place where *any* caption has padding is left out for all of them.",
            "mask",
        ),
        Mistake(
            "whole_captions",
            "A caption with padding is left out as a whole. Only its padding should be.",
            "mask",
        ),
        Mistake("minus_one", "Padding becomes −1 in yours. Which number is asked for?", "mask"),
        Mistake(
            "zero",
            "Padding becomes 0, which is a word like any other. Which number leaves a target out?",
            "mask",
        ),
        Mistake("plus_hundred", "Padding becomes 100. A sign is missing.", "mask"),
        Mistake(
            "turned",
            "The padding is kept and all words are left out. The mask is turned.",
            "mask",
        ),
        Mistake(
            "repeats_silent",
            "A word that is said twice in a row is left out the second time. Only padding is left "
            "out.",
            "mask",
        ),
        Mistake(
            "above_padding",
            "Every word whose number is padding's or *larger* is left out. Only padding itself is.",
            "mask",
        ),
        Mistake(
            "below_padding",
            "Every word whose number is padding's or *smaller* is left out. Only padding itself "
            "is.",
            "mask",
        ),
        Mistake(
            "inputs_silent",
            "The padding of the inputs becomes −100, too. No embedding has a row of that number: "
            "the inputs keep their padding.",
            "end",
        ),
        Mistake(
            "inputs_zero",
            "The padding of the inputs becomes 0. They keep the number that they have.",
            "end",
        ),
        Mistake(
            "end_not_read",
            "You take the end out of the inputs where padding follows. It may stay: nothing is "
            "asked for there.",
            "end shift",
        ),
        Mistake(
            "exchanged",
            "Inputs and targets have changed places. Which is asked for first?",
            "end mask shift",
        ),
    ),
    properties=(
        Property(
            "Some target is padding. Nobody should learn to say that.",
            no_padding_scored,
        ),
        Property(
            "Each caption has a target for each word *and* for its end, and no other. In yours the "
            "count is another somewhere.",
            as_many_targets_as_words,
        ),
        Property(
            "The first thing that is read is the start. In yours it is something else.",
            begins_with_start,
        ),
        Property(
            "What is to be said at one place is what is read at the next. In yours somewhere it is "
            "not.",
            next_is_wanted,
        ),
    ),
)
