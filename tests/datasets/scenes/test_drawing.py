"""Drawing: boxes are tight around the ink, and the ink has its colour."""

import torch
import torch.nn.functional as F

from mmtutor.datasets.scenes import COLOURS, NOTHING, SIDE, as_input, make_scenes
from tests.datasets.scenes.reader import present


def test_boxes_are_tight_around_the_ink(few):
    for slot in range(few.kinds.shape[1]):
        ink = few.owners == slot
        shown = present(few)[:, slot]
        assert torch.equal(ink.flatten(1).any(1), shown)
        for low, high, line in ((0, 2, ink.any(1)), (1, 3, ink.any(2))):
            first = line.int().argmax(1)
            last = SIDE - line.flip(1).int().argmax(1)
            assert torch.equal(few.boxes[shown, slot, low], first[shown])
            assert torch.equal(few.boxes[shown, slot, high], last[shown])
        assert not few.boxes[~shown, slot].any()


def test_ink_has_its_colour_and_paper_has_none(few):
    """A thin stroke is paler than its colour, but it takes red, green, blue in the same shares."""
    named = F.normalize(1 - torch.tensor(list(COLOURS.values())))
    taken = as_input(few.pictures)
    for slot in range(few.kinds.shape[1]):
        ink, shown = few.owners == slot, present(few)[:, slot]
        total = F.normalize((taken * ink.unsqueeze(1)).sum((2, 3))[shown])
        assert torch.equal((total @ named.T).argmax(1), few.colours[shown, slot])
    paper = taken.movedim(1, -1)[few.owners == NOTHING]
    assert paper.mean() < 0.02 and paper.max() < 0.4


def test_every_object_is_drawn_strongly_enough_to_be_read(few):
    """A fifth of its ink, and 15 pixels at least, have more than half of the full colour."""
    strong = as_input(few.pictures).amax(1) > 0.5
    for slot in range(few.kinds.shape[1]):
        ink, shown = few.owners == slot, present(few)[:, slot]
        count = (ink & strong).flatten(1).sum(1)[shown]
        assert count.min() >= 15
        assert (count / ink.flatten(1).sum(1)[shown]).min() > 0.2


def test_what_a_network_reads():
    data = make_scenes(3)
    read = as_input(data.pictures)
    assert data.pictures.dtype == torch.uint8
    assert read.dtype == torch.float32 and read.min() >= 0 and read.max() <= 1
    torch.testing.assert_close(255 * (1 - read), data.pictures.float())
