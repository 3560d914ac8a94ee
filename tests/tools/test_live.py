"""What is kept of a widget, so that a page without a kernel can show it alive."""

import base64
import importlib
import json
from pathlib import Path

import nbformat
import numpy as np
import pytest
from ipywidgets import Widget
from ipywidgets.widgets.widget import _remove_buffers
from nbformat.v4 import new_code_cell, new_notebook, new_output

from mmtutor.tools.live import ALONE, MIME, STATES, live, unpack
from mmtutor.tools.tidy import WIDGET, text_of, tidy
from mmtutor.widgets import AttentionExplorer
from mmtutor.widgets.attention_explorer import ONE

COURSE = Path(__file__).resolve().parents[2]
MAPS = np.array([[0.25, 0.75], [1.0, 0.0]])


def stored(widget: Widget) -> dict:
    """A widget as Jupyter stores it in a notebook's metadata."""
    state, paths, buffers = _remove_buffers(widget.get_state())
    words = [base64.b64encode(buffer).decode() for buffer in buffers]
    rows = [{"encoding": "base64", "path": p, "data": w} for p, w in zip(paths, words, strict=True)]
    return {"model_name": "AnyModel", "state": state, "buffers": rows}


def test_the_values_and_the_bytes_of_a_widget_are_kept_and_not_its_script() -> None:
    kept = live(stored(AttentionExplorer(MAPS, ["a", "b"], ["c", "d"])))
    values = json.loads(unpack(kept["values"]))
    assert kept["widget"] == "attention_explorer"
    assert values["_key_labels"] == ["c", "d"] and "_esm" not in values
    weights = np.frombuffer(unpack(kept["bytes"]["_weights"]), dtype="<u2") / ONE
    assert np.allclose(weights, MAPS.flatten(), atol=2e-4)


def test_a_widget_that_needs_a_kernel_is_not_kept() -> None:
    assert live({}) is None
    assert live({"state": {"_anywidget_id": "mmtutor.widgets.caption_desk.CaptionDesk"}}) is None


def test_tidy_keeps_it_beside_the_sentence() -> None:
    view = new_output("display_data", {WIDGET: {"model_id": "7"}, "text/plain": "An explorer"})
    book = new_notebook(cells=[new_code_cell("x", id="x", outputs=[view])])
    widget = stored(AttentionExplorer(MAPS, ["a", "b"], ["c", "d"]))
    book.metadata["widgets"] = {STATES: {"state": {"7": widget}}}
    clean = tidy(book)
    assert set(clean.cells[0].outputs[0].data) == {"text/plain", MIME}
    assert clean.cells[0].outputs[0].data["text/plain"] == "An explorer"
    assert text_of(tidy(clean)) == text_of(clean)


@pytest.mark.parametrize("name", ALONE)
def test_python_listens_to_none_of_them(name: str) -> None:
    source = Path(importlib.import_module(f"mmtutor.widgets.{name}").__file__).read_text()
    script = (COURSE / f"mmtutor/widgets/{name}.js").read_text()
    assert "observe(" not in source and "on_msg(" not in source and "model.send(" not in script


def test_each_lesson_that_shows_one_keeps_it() -> None:
    classes = {"".join(word.title() for word in name.split("_")): name for name in ALONE}
    missing = []
    for path in sorted(COURSE.glob("notebooks/[0-9]*.ipynb")):
        for cell in nbformat.read(path, 4).cells:
            shown = [name for made, name in classes.items() if f"\n{made}(" in f"\n{cell.source}"]
            kept = [
                o.data[MIME]["widget"] for o in cell.get("outputs", []) if MIME in o.get("data", {})
            ]
            missing += [(path.name, cell.id)] if shown != kept else []
    assert not missing
