"""Batches of tensors in memory: every example once an epoch, the same at every call."""

import pytest
import torch

from mmtutor.training import (
    Batches,
)
from tests.training.small import batches, task


def test_a_batch_depends_on_seed_and_step_alone():
    forwards, again = batches(), batches()
    steps = [7, 0, 3, 7]
    for step in steps:
        assert torch.equal(forwards[step][0], again[step][0])
    assert not torch.equal(forwards[0][0], forwards[4][0])


def test_an_epoch_holds_every_example_once():
    numbers = torch.arange(64)
    stream = Batches(numbers, batch_size=16)
    seen = torch.cat([stream[step][0] for step in range(4)])
    assert torch.equal(seen.sort().values, numbers)
    assert not torch.equal(seen, torch.cat([stream[step][0] for step in range(4, 8)]))


def test_tensors_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="one length"):
        Batches(torch.zeros(3), torch.zeros(4), batch_size=1)
    with pytest.raises(ValueError, match="a batch of 5 cannot come from 3 examples"):
        Batches(torch.zeros(3), batch_size=5)


def test_another_seed_gives_another_order():
    first, second = Batches(*task(), batch_size=16), Batches(*task(), batch_size=16, seed=1)
    orders = {tuple(stream[s][0][:, 0].tolist()) for stream in (first, second) for s in range(40)}
    assert len(orders) == 80
