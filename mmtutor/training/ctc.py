"""Connectionist temporal classification: a text is as likely as all ways of saying it together.

A way says one class in every frame: a letter, or the blank, which is nothing. Repeats are one
letter; then blanks are left out. Source: Graves, Fernández, Gomez and Schmidhuber 2006,
"Connectionist Temporal Classification: Labelling Unsegmented Sequence Data with Recurrent Neural
Networks".
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor

BLANK = 0
"""The class that is no letter."""
NEVER = -1e30
"""The logarithm of no chance at all. Minus infinity would make gradients NaN."""

Labels = Int64[Tensor, "phrase letter"]
Lengths = Int64[Tensor, " phrase"]


def with_blanks(texts: Labels) -> Int64[Tensor, "phrase state"]:
    """Put a blank before, between and behind letters: "two" becomes _t_w_o_."""
    rows = texts.new_full((len(texts), 2 * texts.shape[1] + 1), BLANK)
    rows[:, 1::2] = texts
    return rows


def may_skip(states: Int64[Tensor, "phrase state"]) -> Bool[Tensor, "phrase state"]:
    """Say which states may follow the last but one: letters that differ from the letter before.

    Between two equal letters a blank must stand, or they would be one.
    """
    skips = torch.zeros_like(states, dtype=torch.bool)
    skips[:, 2:] = (states[:, 2:] != BLANK) & (states[:, 2:] != states[:, :-2])
    return skips


def ctc_losses(
    scores: Float[Tensor, "phrase frame class"],
    texts: Labels,
    frames: Lengths,
    letters: Lengths,
) -> Float[Tensor, " phrase"]:
    """Return minus the logarithm of the chance of each text, all ways of saying it added up.

    `scores` are logarithms of chances (class 0: blank); `frames` and `letters` say how many are
    real. Infinite where a text has no way: more letters than frames. Source: Graves et al. 2006,
    "Connectionist Temporal Classification", section 4.1.
    """
    states = with_blanks(texts)
    said = scores.gather(2, states.unsqueeze(1).expand(-1, scores.shape[1], -1))
    alpha = torch.full_like(said[:, 0], NEVER)
    alpha = torch.cat([said[:, 0, :2], alpha[:, 2:]], dim=1)
    ends = [last_states(alpha, letters)]
    skips = may_skip(states)
    for frame in range(1, scores.shape[1]):
        alpha = ahead(alpha, skips) + said[:, frame]
        ends.append(last_states(alpha, letters))
    found = torch.stack(ends, dim=1).gather(1, frames.unsqueeze(1) - 1).squeeze(1)
    return torch.where(found < NEVER / 2, torch.inf, -found)


def ahead(
    alpha: Float[Tensor, "phrase state"], skips: Bool[Tensor, "phrase state"]
) -> Float[Tensor, "phrase state"]:
    """Return the chances after one more step: to stay, to come from one state before, or two."""
    one = F.pad(alpha[:, :-1], (1, 0), value=NEVER)
    two = F.pad(alpha[:, :-2], (2, 0), value=NEVER).masked_fill(~skips, NEVER)
    return torch.stack([alpha, one, two]).logsumexp(dim=0)


def last_states(alpha: Float[Tensor, "phrase state"], letters: Lengths) -> Float[Tensor, " phrase"]:
    """Return the chance to have ended: in the last letter or in the blank behind it."""
    last = alpha.gather(1, (2 * letters).unsqueeze(1))
    letter = alpha.gather(1, (2 * letters - 1).clamp(min=0).unsqueeze(1))
    letter = letter.masked_fill((letters == 0).unsqueeze(1), NEVER)
    return torch.cat([last, letter], dim=1).logsumexp(dim=1)


def ctc_loss(
    scores: Float[Tensor, "phrase frame class"],
    texts: Labels,
    frames: Lengths,
    letters: Lengths,
    zero_infinity: bool = False,
) -> Float[Tensor, ""]:
    """Return the mean over phrases of the loss by letter, as PyTorch has it.

    With `zero_infinity`, a text that has no way counts 0 and has no gradient.
    """
    losses = ctc_losses(scores, texts, frames, letters)
    if zero_infinity:
        losses = losses.masked_fill(losses == torch.inf, 0.0)
    return (losses / letters.clamp(min=1)).mean()


def collapsed(path: Sequence[int]) -> list[int]:
    """Return the letters of a path: repeats become one, then blanks are left out."""
    return [letter for letter, _ in groupby(path) if letter != BLANK]


def greedy(scores: Float[Tensor, "phrase frame class"], frames: Lengths) -> list[list[int]]:
    """Return the letters of the likeliest class of every frame."""
    paths = scores.argmax(dim=2).tolist()
    return [collapsed(p[:count]) for p, count in zip(paths, frames.tolist(), strict=True)]


def prefix_beam(
    scores: Float[Tensor, "frame class"], width: int = 8
) -> list[tuple[tuple[int, ...], float]]:
    """Return the likeliest letters of one phrase with the logarithms of their chances, best first.

    A text's chance adds up all its ways that the beam still holds, those that end in a blank and
    those that do not apart: after a blank the same letter is a new one. Source: Graves and Jaitly
    2014, "Towards End-to-End Speech Recognition", algorithm 1.
    """
    beam = {(): (0.0, NEVER)}  # text: chance to end in a blank, in its last letter
    for row in scores.tolist():
        found = defaultdict(lambda: (NEVER, NEVER))
        for text, (blank, letter) in beam.items():
            for next_text, more in steps(text, blank, letter, row):
                found[next_text] = tuple(map(added_logs, found[next_text], more))
        best = sorted(found, key=lambda text: -added_logs(*found[text]))[:width]
        beam = {text: found[text] for text in best}
    return [(text, added_logs(*chances)) for text, chances in beam.items()]


Step = tuple[tuple[int, ...], tuple[float, float]]


def steps(text: tuple[int, ...], blank: float, letter: float, row: list[float]) -> list[Step]:
    """Return all texts that a text can be after one more frame, with the chances of each."""
    either, last = added_logs(blank, letter), text[-1] if text else BLANK
    again = letter + row[last] if text else NEVER
    ways = [(text, (either + row[BLANK], again))]
    for number in range(1, len(row)):
        before = blank if number == last else either
        if before > NEVER / 2:  # else a blank would have to stand between
            ways.append(((*text, number), (NEVER, before + row[number])))
    return ways


def added_logs(one: float, other: float) -> float:
    """Return the logarithm of the sum of two chances that are given as logarithms."""
    larger, smaller = max(one, other), min(one, other)
    return larger + math.log1p(math.exp(smaller - larger))
