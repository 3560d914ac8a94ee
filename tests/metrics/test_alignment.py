"""Where a model looked, against the truth, by hand."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.datasets.spelling import to_say
from mmtutor.metrics import alignment
from mmtutor.speech import guided_loss

BOUNDS = torch.tensor([[0.0, 4.0, 8.0, 8.0], [0.0, 6.0, 6.0, 6.0]])
"""Two words of four frames; one word of six."""


def test_true_words_are_those_under_the_middles_of_steps() -> None:
    found = alignment.true_words(BOUNDS, steps=5, group=2)
    assert found.tolist() == [[0, 0, 1, 1, 2], [0, 0, 0, 1, 1]]
    assert alignment.true_words(BOUNDS, 9, 1).tolist()[0] == [0, 0, 0, 0, 1, 1, 1, 1, 2]


def looking(path: list[list[int]], letters: int) -> Tensor:
    return F.one_hot(torch.tensor(path), letters).float()


def test_alignment_by_hand() -> None:
    texts = to_say(["no zo", "no"])
    weights = looking([[0, 1, 2, 4, 5], [0, 0, 1, 2, 2]], 6)
    assert alignment.word_hits(weights, texts, BOUNDS, 2) == 1.0
    early = looking([[0, 2, 3, 4, 5], [0, 0, 1, 2, 2]], 6)
    assert math.isclose(alignment.word_hits(early, texts, BOUNDS, 2), 6 / 7, rel_tol=1e-6)
    moved = alignment.looked_at(weights, texts, 2)
    assert moved.tolist() == [[3.5, 7.5], [5.5, 10.0]]  # halfway between the middles of two steps
    errors = alignment.boundary_errors(weights, texts, BOUNDS, 2)
    assert errors.tolist() == [-8.0]  # half a frame; one word has no boundary inside
    assert alignment.boundary_errors(early, texts, BOUNDS, 2).tolist() == [-40.0]


def test_attention_that_never_moves_on_is_late() -> None:
    texts = to_say(["no zo"])
    still = looking([[0, 0, 0, 0]], 6)
    assert alignment.looked_at(still, texts, 2).tolist() == [[8, 8]]
    assert alignment.looked_at(looking([[5, 5, 5, 5]], 6), texts, 2).tolist() == [[0.5, 0.5]]


def test_diagonal_and_monotony() -> None:
    texts, steps = torch.tensor([6]), torch.tensor([6])
    straight = torch.eye(6).unsqueeze(0)
    assert alignment.diagonal_mass(straight, steps, texts) == 1
    assert alignment.diagonal_mass(straight.flip(1), steps, texts) < 0.1
    assert (
        alignment.monotony(straight, steps) == 1
        and alignment.monotony(straight.flip(1), steps) == 0
    )
    even = torch.full((1, 6, 6), 1 / 6)
    assert guided_loss(straight, steps, texts) < 1e-3
    assert guided_loss(even, steps, texts) > 0.2
    padded = F.pad(even, (0, 3, 0, 2))
    assert torch.allclose(guided_loss(padded, steps, texts), guided_loss(even, steps, texts))
