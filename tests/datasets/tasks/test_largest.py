"""Scenes with three tasks: the largest object, its place, how many there are."""

import torch

from mmtutor.datasets.scenes import make_scenes
from mmtutor.datasets.tasks import scene_tasks, twins
from mmtutor.datasets.tasks.largest import WHERE, areas, clearly_largest, tasks_of_scenes


def test_labels_are_those_of_the_largest_object():
    scenes = make_scenes(60, kinds=4, objects=(1, 4), questions=("count",), seed=3)
    examples = tasks_of_scenes(scenes)
    for scene in range(len(scenes)):
        boxes = scenes.boxes[scene].tolist()
        size = [(right - left) * (bottom - top) for left, top, right, bottom in boxes]
        slot = size.index(max(size))
        left, top, right, bottom = boxes[slot]
        row, column = (int((a + b) / 2 // (64 / 3)) for a, b in ((top, bottom), (left, right)))
        said = {
            task: examples.names[task][labels[scene]] for task, labels in examples.labels.items()
        }
        assert said["where"] == WHERE[3 * row + column]
        assert scenes.objects(scene)[slot].endswith(said["what"])
        assert said["how many"] == ("one", "two", "three", "four")[sum(a > 0 for a in size) - 1]


def test_scenes_without_a_clearly_largest_object_are_left_out(scenes):
    drawn = make_scenes(1000, kinds=4, objects=(1, 4), questions=("count",))
    one, two = areas(drawn).topk(2, dim=1).values.unbind(1)
    clear = clearly_largest(drawn)
    assert torch.equal(clear, one >= 1.2 * two)
    assert 0 < clear.sum() < 1000
    assert sum(map(len, scenes)) == 500


def test_splits_are_fixed_grey_and_without_twins(scenes):
    again = scene_tasks(500)
    assert [len(part) for part in scenes] == [300, 100, 100]
    assert scenes.train.pictures.shape == (300, 1, 16, 16)
    assert torch.equal(scenes.test.pictures, again.test.pictures)
    assert not twins(scenes.train, scenes.test).any()
    assert scenes.train.classes == {"what": 4, "where": 9, "how many": 4}
