"""Where did a model look while it spoke, against when each word is truly heard?

Attention is (phrase, step, letter): a step writes `group` frames. `texts` are letters as
`datasets.spelling` numbers them; `bounds` are the frames in which words begin, and the one in which
the last of them ends.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from mmtutor.datasets.spelling import Texts, words_of
from mmtutor.pipelines.mel_frames import MILLISECONDS, Lengths, within


def off_diagonal(
    steps: Lengths, letters: Lengths, shape: tuple[int, int]
) -> Float[Tensor, "phrase step letter"]:
    """Return how far each step and letter is from the diagonal, from 0 to 1; outside, 0 too."""
    down = (torch.arange(shape[0]) + 0.5) / steps.unsqueeze(1)
    along = (torch.arange(shape[1]) + 0.5) / letters.unsqueeze(1)
    away = (down.unsqueeze(2) - along.unsqueeze(1)).abs()
    return away * ((down < 1).unsqueeze(2) & (along < 1).unsqueeze(1))


def by_word(
    weights: Float[Tensor, "phrase step letter"], texts: Texts
) -> Float[Tensor, "phrase step word"]:
    """Return how much of its attention each step gives to each word, STOP behind the last."""
    words = words_of(texts)
    own = F.one_hot(words + 1, int(words.max()) + 2)[..., 1:]
    return weights @ own.to(weights)


def step_middles(steps: int, group: int) -> Float[Tensor, " {steps}"]:
    """Return the frame in the middle of each step."""
    return torch.arange(steps) * group + (group - 1) / 2


def true_words(
    bounds: Float[Tensor, "phrase bound"], steps: int, group: int
) -> Int64[Tensor, "phrase {steps}"]:
    """Return the word that is heard in the middle of each step; behind the end, STOP's number."""
    middles = step_middles(steps, group).expand(len(bounds), -1).contiguous()
    word = torch.searchsorted(bounds, middles, right=True) - 1
    ends = (bounds < bounds[:, -1:]).sum(dim=1, keepdim=True)  # how many words there are
    return torch.minimum(word, ends).clamp(min=0)


def word_hits(
    weights: Float[Tensor, "phrase step letter"],
    texts: Texts,
    bounds: Float[Tensor, "phrase bound"],
    group: int,
) -> float:
    """Return in which share of the steps, up to the end, the strongest word is the one heard."""
    strongest = by_word(weights, texts).argmax(dim=2)
    real = step_middles(weights.shape[1], group) < bounds[:, -1:]
    right = strongest == true_words(bounds, weights.shape[1], group)
    return right[real].float().mean().item()


def looked_at(
    weights: Float[Tensor, "phrase step letter"], texts: Texts, group: int
) -> Float[Tensor, "phrase word"]:
    """Return in which frame attention moves on from each word to the next, for all words.

    There the words behind get half of it for the first time, between the middles of two steps. The
    number of steps where it never does.
    """
    mass = by_word(weights, texts)
    behind = (mass.flip(2).cumsum(dim=2).flip(2))[..., 1:]  # (phrase, step, word)
    over = (behind >= 0.5).long()
    first = over.argmax(dim=1)
    now = behind.gather(1, first.unsqueeze(1)).squeeze(1)
    before = behind.gather(1, (first - 1).clamp(min=0).unsqueeze(1)).squeeze(1)
    back = torch.where(first > 0, (now - 0.5) / (now - before).clamp(min=1e-9), 0.0)
    moved = (first - back) * group + (group - 1) / 2
    return moved.masked_fill(over.sum(dim=1) == 0, weights.shape[1] * group)


def boundary_errors(
    weights: Float[Tensor, "phrase step letter"],
    texts: Texts,
    bounds: Float[Tensor, "phrase bound"],
    group: int,
) -> Float[Tensor, " boundary"]:
    """Return how many milliseconds attention moves on too late, for each pair of neighbours.

    Negative where it moves on too early.
    """
    moved = looked_at(weights, texts, group)
    inner = within((bounds < bounds[:, -1:]).sum(dim=1) - 1, moved.shape[1])
    return (moved - bounds[:, 1 : moved.shape[1] + 1])[inner] * MILLISECONDS


def diagonal_mass(
    weights: Float[Tensor, "phrase step letter"],
    steps: Lengths,
    letters: Lengths,
    near: float = 0.15,
) -> float:
    """Return the share of attention that lies near the diagonal: at most `near` of the text off."""
    away = off_diagonal(steps, letters, tuple(weights.shape[1:]))
    real = within(steps, weights.shape[1])
    return (weights * (away <= near)).sum(dim=2)[real].mean().item()


def monotony(weights: Float[Tensor, "phrase step letter"], steps: Lengths) -> float:
    """Return in which share of the steps the strongest letter is the one before or a later one."""
    forward = weights.argmax(dim=2).diff(dim=1) >= 0
    return forward[within(steps - 1, forward.shape[1])].float().mean().item()
