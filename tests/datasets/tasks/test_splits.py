"""Few labels, twins, and splits by share."""

import pytest
import torch

from mmtutor.datasets.tasks import UNKNOWN, Splits, Tasks, few_labels, twins
from mmtutor.datasets.tasks.splits import split_by, without_twins


def numbered(*values: float) -> Tasks:
    """Pictures of 2 × 2 pixels that all have a number, with the number's parity as a label."""
    pictures = torch.tensor(values).float().view(-1, 1, 1, 1).expand(-1, 1, 2, 2)
    labels = {"odd": torch.tensor(values).long() % 2, "zero": torch.zeros(len(values)).long()}
    return Tasks(pictures, labels, {"odd": ("even", "odd"), "zero": ("zero",)})


def test_few_labels_keeps_so_many_and_hides_the_others():
    data = numbered(*range(30))
    few = few_labels(data, "odd", 7, seed=1)
    known = few.labels["odd"] != UNKNOWN
    assert known.sum() == 7
    assert torch.equal(few.labels["odd"][known], data.labels["odd"][known])
    assert torch.equal(few.labels["zero"], data.labels["zero"])
    assert (data.labels["odd"] != UNKNOWN).all()  # what was given stays as it is


def test_the_seed_decides_which_labels_are_kept():
    data = numbered(*range(30))
    kept = [few_labels(data, "odd", 7, seed=seed).labels["odd"] for seed in (0, 0, 1)]
    assert torch.equal(kept[0], kept[1])
    assert not torch.equal(kept[0], kept[2])


def test_hidden_labels_cannot_be_kept_again():
    few = few_labels(numbered(*range(30)), "odd", 7)
    fewer = few_labels(few, "odd", 3)
    known = fewer.labels["odd"] != UNKNOWN
    assert known.sum() == 3
    assert (few.labels["odd"][known] != UNKNOWN).all()
    with pytest.raises(ValueError, match="'odd' has 7 labels, so 8 cannot be kept"):
        few_labels(few, "odd", 8)


def test_an_unknown_task_is_named():
    with pytest.raises(ValueError, match="no task is called 'even'; there are odd, zero"):
        few_labels(numbered(1.0), "even", 1)


def test_twins_are_found_pixel_for_pixel():
    assert twins(numbered(1, 2, 3), numbered(3, 4, 1)).tolist() == [True, False, True]


def test_a_picture_of_an_earlier_split_leaves_the_later_ones():
    splits = without_twins(Splits(numbered(1, 2), numbered(2, 3), numbered(1, 3, 4)))
    assert [part.pictures[:, 0, 0, 0].tolist() for part in splits] == [[1, 2], [3], [4]]
    assert splits.test.labels["odd"].tolist() == [0]


def test_a_share_says_which_split():
    splits = split_by(numbered(1, 2, 3, 4, 5), torch.tensor([0.1, 0.7, 0.59, 0.6, 0.8]))
    assert [part.labels["odd"].tolist() for part in splits] == [[1, 1], [0, 0], [1]]
    assert splits.train.pictures.mean().abs() < 1e-6


def test_only_some_tasks_and_some_examples():
    data = numbered(1, 2, 3)
    assert tuple(data.only(("zero",)).labels) == ("zero",)
    assert data.select(torch.tensor([2, 0])).labels["odd"].tolist() == [1, 1]
    assert len(data.select(data.labels["odd"] == 0)) == 1
    assert data.classes == {"odd": 2, "zero": 1}
    with pytest.raises(KeyError):
        data.only(("even",))
