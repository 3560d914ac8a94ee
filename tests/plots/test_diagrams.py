"""Diagrams of boxes and arrows show what they name."""

from mmtutor import plots


def test_the_diagram_shows_four_places_to_meet() -> None:
    figure = plots.meeting_places()
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["early", "hierarchical", "late, features", "late, decisions"]
    boxes = [[t.get_text() for t in axes.texts if t.get_text()] for axes in figure.axes]
    assert boxes[0].count("picture") == 1 and boxes[1].count("met") == 2
    assert boxes[3].count("decision") == 3


def test_the_family_shows_which_part_reads_the_other_stack() -> None:
    figure = plots.transformer_family()
    boxes = [[t.get_text() for t in axes.texts if t.get_text()] for axes in figure.axes]
    assert [panel.count("feed-forward") for panel in boxes] == [1, 1, 2]
    assert [panel.count("cross-attention") for panel in boxes] == [0, 0, 1]
