"""Several processes learn what one learns, whatever the size of a batch."""

import json
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mmtutor.training import (
    Batches,
    fit,
)
from mmtutor.training.device import share
from tests.training.processes import in_two_processes
from tests.training.small import RECIPE, network, squared_error, task

TWO_PROCESSES = """
import json, os, pathlib, sys
from mmtutor.training import fit
from tests.training.test_device import stream, undropped
from tests.training.small import RECIPE, squared_error

model = undropped()
history = fit(model, stream(int(sys.argv[2])), squared_error, RECIPE)
sums = [p.double().sum().item() for p in model.parameters()]
pathlib.Path(sys.argv[1], os.environ["RANK"]).write_text(json.dumps([sums, history.losses]))
"""


def undropped() -> nn.Module:
    """Dropout would draw other numbers in each process."""
    return nn.Sequential(*[m for m in network() if not isinstance(m, nn.Dropout)])


def stream(size: int) -> Batches:
    return Batches(*task(), batch_size=size)


@pytest.mark.serial
@pytest.mark.parametrize("size", [16, 33])
def test_two_processes_learn_what_one_learns(tmp_path, size):
    in_two_processes(TWO_PROCESSES, tmp_path, size)
    one = undropped()
    history = fit(one, stream(size), squared_error, RECIPE)
    expected = [p.double().sum().item() for p in one.parameters()]
    for rank in ("0", "1"):
        sums, losses = json.loads((tmp_path / rank).read_text())
        assert sums == pytest.approx(expected, abs=1e-5)
        assert losses == pytest.approx(history.losses, abs=1e-5)


def test_a_batch_smaller_than_the_processes_is_a_sentence():
    three = SimpleNamespace(num_processes=3, process_index=2, device=torch.device("cpu"))
    with pytest.raises(ValueError, match="a batch of 2 cannot be shared by 3 processes"):
        share((torch.zeros(2),), three)


@pytest.mark.parametrize("whole", [3, 7, 8])
def test_shares_weigh_what_they_hold(whole):
    losses = torch.rand(whole)
    parts = [
        share((losses,), SimpleNamespace(num_processes=3, process_index=i, device=losses.device))
        for i in range(3)
    ]
    mean = sum(weight * part[0].mean() for part, weight in parts) / 3
    assert mean.item() == pytest.approx(losses.mean().item())
