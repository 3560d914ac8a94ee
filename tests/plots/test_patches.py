"""Patches: numbers in reading order, a map of each position, one colour a class."""

import torch

from mmtutor import plots
from tests.plots.read import shown


def test_patches_are_numbered_in_reading_order() -> None:
    figure = plots.numbered_patches(torch.ones(8, 12, 3), (2, 3), first=1)
    numbers = [text for text in shown(figure) if text.isdigit()]
    assert numbers == [str(n) for n in range(1, 7)] * 2  # on the patches, and in the sentence
    plates = [text.get_bbox_patch().get_facecolor()[:3] for text in figure.axes[1].texts]
    assert plates == [(1, 1, 1)] * 6  # a number reads on a patch of any colour


def test_each_patch_has_a_map_of_its_position() -> None:
    similarity = torch.eye(6)
    figure = plots.position_maps(similarity, (2, 3))
    panels = figure.axes[:6]
    assert [panel.images[0].get_clim() for panel in panels] == [(-1, 1)] * 6
    assert panels[4].images[0].get_array()[1, 1] == 1


def test_label_maps_give_every_class_its_colour_in_every_row() -> None:
    truth = torch.tensor([[[0, 1], [2, 2]]])
    picture = torch.ones(2, 2, 3)
    figure = plots.label_maps([picture], {"truth": truth, "model": 0 * truth}, ["paper", "a", "b"])
    one, other = (axes.images[0] for axes in figure.axes[1:3])
    assert one.norm.vmin == other.norm.vmin and one.norm.vmax == other.norm.vmax
    labels = [label.get_text() for label in figure.axes[-1].get_yticklabels()]
    assert labels == ["paper", "a", "b"]
