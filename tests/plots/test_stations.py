"""Stations in a row: texts, pictures and frames, each in its panel, with arrows between."""

import matplotlib.pyplot as plt
import pytest
import torch

from mmtutor import plots

PICTURE = torch.zeros(4, 4, dtype=torch.uint8)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


def row(word: str) -> dict:
    return {"asked": word, "picture": PICTURE, "voice": torch.rand(7, 3), "again": f"{word}\nb"}


def test_every_station_is_drawn_as_what_it_is() -> None:
    figure = plots.stations([row("one"), row("two")])
    assert [axes.get_title() for axes in figure.axes[:4]] == ["asked", "picture", "voice", "again"]
    asked, picture, voice, again = figure.axes[4:]
    assert asked.texts[0].get_text() == "two" and not asked.images
    assert picture.images[0].get_array().shape == (4, 4, 3)
    assert voice.images[0].get_array().shape == (3, 7)  # time to the right
    assert [text.get_text() for text in again.texts] == ["two\nb", "→"]
    assert "one → a picture → a voice → one b | two" in figure.description


def test_rows_of_other_stations_are_refused() -> None:
    with pytest.raises(ValueError, match="the same stations"):
        plots.stations([{"asked": "one"}, {"said": "one"}])
