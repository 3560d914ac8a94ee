"""Figures that say what they show: a description of one line, stored once."""

import base64
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from mmtutor import plots


@pytest.mark.parametrize("text", ["", "  ", "two\nlines"])
def test_a_description_is_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        plots.describe(plt.subplots()[0], text)


def test_an_empty_figure_cannot_be_described() -> None:
    with pytest.raises(ValueError, match="draw first"):
        plots.describe(Figure(), "nothing")


def test_a_notebook_stores_each_figure_once_with_its_description(tmp_path: Path) -> None:
    start = "import matplotlib.pyplot as plt\nfrom mmtutor import plots\n"
    drawn = "plots.describe(plt.subplots()[0], 'a < b')"
    endings = [start + drawn, drawn + ";", f"figure = {drawn}", f"display({drawn})"]
    book = new_notebook(cells=[new_code_cell(cell) for cell in endings])
    NotebookClient(book, timeout=60, resources={"metadata": {"path": tmp_path}}).execute()
    for cell in nbformat.from_dict(book).cells:
        picture, sentence = cell.outputs
        assert picture.metadata["image/png"]["alt"] == "a < b"
        assert base64.b64decode(picture.data["image/png"]).startswith(b"\x89PNG")
        assert sentence.data["text/html"] == "<p><small>a &lt; b</small></p>"
        assert {picture.data["text/plain"], sentence.data["text/plain"]} == {"a < b"}


def test_a_chart_gets_a_palette_and_a_photograph_keeps_its_colours() -> None:
    from io import BytesIO

    from PIL import Image

    from mmtutor.plots.describe import smaller

    def packed(pixels: np.ndarray) -> Image.Image:
        buffer = BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        return Image.open(BytesIO(base64.b64decode(smaller(buffer.getvalue()))))

    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    chart = np.full((100, 100, 3), 255, dtype=np.uint8)
    chart[40:60] = (213, 94, 0)
    table = chart.copy()  # of more than CHART_COLOURS colours, each near another one
    table[:50, :50, :2] = np.indices((50, 50)).transpose(1, 2, 0)
    apart = np.asarray(packed(table).convert("RGB")).astype(int) - table
    assert packed(table).mode == "P" and np.abs(apart).mean() < 1.5
    assert packed(noise).mode == "RGB" and (np.asarray(packed(noise)) == noise).all()
    assert packed(chart).mode == "P" and (np.asarray(packed(chart).convert("RGB")) == chart).all()
