"""CTC: equal to PyTorch with gradients, to counting all ways by hand; and reading it back."""

import math
from collections import defaultdict
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.training import ctc


def ctc_case(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Scores before the softmax, texts with repeats, and how much of each is real."""
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(4, 11, 5, dtype=torch.float64, generator=generator)
    letters, frames = torch.tensor([4, 1, 3, 0]), torch.tensor([11, 6, 9, 5])
    texts = torch.randint(1, 5, (4, 4), generator=generator)
    texts[0] = torch.tensor([2, 2, 2, 3])
    texts = texts * (torch.arange(4) < letters.unsqueeze(1))
    return scores, texts, frames, letters


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("zero", [False, True])
def test_ctc_equals_pytorchs_with_gradients(seed: int, zero: bool) -> None:
    scores, texts, frames, letters = ctc_case(seed)
    one, other = (scores.clone().requires_grad_() for _ in range(2))
    ours = ctc.ctc_loss(one.log_softmax(2), texts, frames, letters, zero_infinity=zero)
    theirs = F.ctc_loss(
        other.log_softmax(2).transpose(0, 1), texts, frames, letters, zero_infinity=zero
    )
    assert torch.allclose(ours, theirs, atol=1e-12)
    ours.backward()
    theirs.backward()
    assert torch.allclose(one.grad, other.grad, atol=1e-12)


def test_more_letters_than_frames_have_no_way() -> None:
    scores, texts, frames, letters = ctc_case(0)
    frames[0] = 5  # 2 2 2 3 needs six: a blank between twos
    losses = ctc.ctc_losses(scores.log_softmax(2), texts, frames, letters)
    assert losses[0] == torch.inf and losses[1:].isfinite().all()
    assert ctc.ctc_losses(scores.log_softmax(2), texts, frames + (frames == 5), letters)[0] < 99
    one, other = (scores.clone().requires_grad_() for _ in range(2))
    ctc.ctc_loss(one.log_softmax(2), texts, frames, letters, zero_infinity=True).backward()
    F.ctc_loss(
        other.log_softmax(2).transpose(0, 1), texts, frames, letters, zero_infinity=True
    ).backward()
    assert one.grad.isfinite().all() and (one.grad[0] == 0).all()
    assert torch.allclose(one.grad, other.grad, atol=1e-12)


def test_ctc_adds_up_all_ways() -> None:
    scores = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
    scores = scores.log_softmax(1)
    for text in ((1,), (1, 1), (1, 2), (2, 1, 2)):
        ways = [
            sum(scores[t, c] for t, c in enumerate(path))
            for path in product(range(3), repeat=4)
            if tuple(ctc.collapsed(path)) == text
        ]
        loss = ctc.ctc_losses(
            *(scores[None], torch.tensor([text])), torch.tensor([4]), torch.tensor([len(text)])
        )
        assert torch.allclose(-loss[0], torch.stack(ways).logsumexp(0))


def test_scores_as_large_as_they_come_stay_finite() -> None:
    scores, texts, frames, letters = ctc_case(1)
    wild = (1e4 * scores).requires_grad_()
    loss = ctc.ctc_loss(wild.log_softmax(2), texts, frames, letters)
    loss.backward()
    assert loss.isfinite() and wild.grad.isfinite().all()


def test_repeats_are_merged_before_blanks_are_left_out() -> None:
    assert ctc.collapsed([0, 1, 1, 0, 1, 2, 2, 0]) == [1, 1, 2]
    assert ctc.collapsed([]) == ctc.collapsed([0, 0]) == []


def test_greedy_reads_real_frames_alone() -> None:
    scores = F.one_hot(torch.tensor([[2, 2, 0, 2, 1]])).double().log_softmax(2)
    assert ctc.greedy(scores, torch.tensor([5])) == [[2, 2, 1]]
    assert ctc.greedy(scores, torch.tensor([4])) == [[2, 2]]
    assert ctc.greedy(scores, torch.tensor([2])) == [[2]]


def all_texts(scores: Tensor) -> dict[tuple[int, ...], float]:
    """The chance of every text, over all paths."""
    found: dict[tuple[int, ...], list[Tensor]] = defaultdict(list)
    for path in product(range(scores.shape[1]), repeat=len(scores)):
        chance = sum(scores[t, c] for t, c in enumerate(path))
        found[tuple(ctc.collapsed(path))].append(chance)
    return {text: torch.stack(ways).logsumexp(0).item() for text, ways in found.items()}


@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_finds_the_likeliest_text_and_its_chance(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(5, 3, generator=generator, dtype=torch.float64).log_softmax(1)
    every = all_texts(scores)
    found = dict(ctc.prefix_beam(scores, width=1000))
    assert set(found) == set(every)
    assert all(abs(found[text] - every[text]) < 1e-5 for text in every)
    assert next(iter(found)) == max(every, key=every.get)


def test_a_beam_finds_what_greedy_misses() -> None:
    """Both frames are most likely blank, yet the letter has more ways."""
    scores = torch.tensor([[0.6, 0.4], [0.6, 0.4]]).log()
    assert ctc.greedy(scores[None], torch.tensor([2])) == [[]]
    best = ctc.prefix_beam(scores)
    assert best[0][0] == (1,)
    assert abs(math.exp(best[0][1]) - 0.64) < 1e-5
