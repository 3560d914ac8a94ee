"""Weights in files: whole, unaltered, of the right shape, or a sentence."""

import json

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from mmtutor.training import (
    checkpoints,
    fit,
)
from mmtutor.training.checkpoints import CheckpointError
from tests.training.small import RECIPE, batches, network, squared_error


def test_a_checkpoint_brings_back_weights_and_text(tmp_path):
    path, model = tmp_path / "model.safetensors", network(seed=1)
    checkpoints.save(path, model, accuracy="0.97")
    other = network(seed=2)
    assert checkpoints.load(path, other) == {"accuracy": "0.97"}
    for a, b in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


def test_tied_weights_are_saved(tmp_path):
    model = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    model[1].weight = model[0].weight
    checkpoints.save(tmp_path / "tied.safetensors", model)
    before = model[0].weight.clone()
    nn.init.zeros_(model[0].weight)
    checkpoints.load(tmp_path / "tied.safetensors", model)
    assert torch.equal(model[0].weight, before) and model[1].weight is model[0].weight


def test_bad_checkpoints_give_a_sentence_and_change_nothing(tmp_path):
    path, model = tmp_path / "model.safetensors", network()
    before = [p.clone() for p in model.parameters()]
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        checkpoints.load(path, model)
    torch.save(model.state_dict(), path)
    with pytest.raises(CheckpointError, match="pickles are never loaded"):
        checkpoints.load(path, model)
    checkpoints.save(path, model)
    whole = path.read_bytes()
    for length in (0, 5, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match="cut short"):
            checkpoints.load(path, model)
    checkpoints.save(path, nn.Sequential(nn.Linear(8, 4)))
    with pytest.raises(CheckpointError, match="made for another model"):
        checkpoints.load(path, model)
    checkpoints.save(
        path, nn.Sequential(*[nn.Linear(8, 16), nn.Dropout(), nn.GELU(), nn.Linear(16, 2)])
    )
    with pytest.raises(CheckpointError, match=r"shape \(2, 16\) there and \(1, 16\) here"):
        checkpoints.load(path, model)
    for a, b in zip(before, model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_one_bit_that_flipped_is_noticed(tmp_path):
    """In a weight, in the text beside the weights, and where the hash itself stands."""
    path, model = tmp_path / "model.safetensors", network()
    checkpoints.save(path, model, accuracy="0.97")
    whole, before = path.read_bytes(), [p.clone() for p in model.parameters()]
    for place in (len(whole) - 9, whole.index(b"0.97"), whole.index(b"sha256") + 12):
        altered = bytearray(whole)
        altered[place] ^= 1
        path.write_bytes(altered)
        with pytest.raises(CheckpointError, match="is not what was written"):
            checkpoints.load(path, model)
    for a, b in zip(before, model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_file_without_a_hash_is_not_trusted(tmp_path):
    path, model = tmp_path / "model.safetensors", network()
    save_file(model.state_dict(), path)
    with pytest.raises(CheckpointError, match="sha256 differs"):
        checkpoints.load(path, model)


def test_a_header_that_promises_twenty_gigabytes_is_a_sentence(tmp_path):
    """The file is all holes: it takes no room on the disk, only in memory if it were read."""
    path, size = tmp_path / "large.safetensors", 20 * 10**9
    entry = {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}
    names = network().state_dict()
    header = json.dumps({"0.weight": entry, **{n: empty(size) for n in names if n != "0.weight"}})
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header.encode())
        file.truncate(8 + len(header) + size)
    with pytest.raises(CheckpointError, match=r"0.weight has shape \(5000000000,\) there"):
        checkpoints.load(path, network())
    with pytest.raises(CheckpointError, match="made for another model"):
        fit(network(), batches(), squared_error, RECIPE, checkpoint=path)


def empty(place: int) -> dict[str, object]:
    """A tensor of no numbers, as a header describes it."""
    return {"dtype": "F32", "shape": [0], "data_offsets": [place, place]}
