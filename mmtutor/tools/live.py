"""Keep what a widget holds, where its page needs no kernel: the book shows such a widget alive.

Jupyter stores the state of all widgets of a notebook, each with its script. Here only what differs
from notebook to notebook is kept, beside the widget's text, and packed.
"""

import base64
import json
import zlib
from typing import Any

import numpy as np

ALONE = (
    "attention_explorer",
    "bug_bench",
    "film_player",
    "frame_pad",
    "fusion_dial",
    "temperature_dial",
    "weight_dial",
)
"""The widgets whose pages answer by themselves all that a reader does, by their modules."""
WEIGHTS = {"attention_explorer": ("_weights", "_back")}
"""Where 16-bit weights are sent, of which the last four bits are left out: such bytes pack well."""
MIME = "application/vnd.mmtutor.live+json"
STATES = "application/vnd.jupyter.widget-state+json"
ROOM = "mmtutor.widgets."


def states_of(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the widgets that Jupyter stored in a notebook's metadata, by their ids."""
    return metadata.get("widgets", {}).get(STATES, {}).get("state", {})


def live(model: dict[str, Any]) -> dict[str, Any] | None:
    """Return a widget's name and packed state; None where its page needs a kernel.

    Args:
        model: a widget as Jupyter stores it: its "state", and its "buffers" in base64.
    """
    state = model.get("state", {})
    name = state.get("_anywidget_id", "").removeprefix(ROOM).split(".")[0]
    if name not in ALONE:
        return None
    said = {key: state[key] for key in state if not is_frame(key)}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    sent = {b["path"][0]: base64.b64decode(b["data"]) for b in model.get("buffers", [])}
    sent |= {key: coarse(sent[key]) for key in WEIGHTS.get(name, ()) if key in sent}
    packed = {key: pack(sent[key]) for key in sorted(sent)}
    return {"widget": name, "values": pack(text.encode("utf-8")), "bytes": packed}


def is_frame(key: str) -> bool:
    """Say whether a part of the state is the same in every notebook: script, style, layout."""
    return key in ("_esm", "_css", "_anywidget_id", "layout", "tabbable", "tooltip") or (
        key.startswith(("_model_", "_view_", "_dom_"))
    )


def coarse(weights: bytes) -> bytes:
    """Return 16-bit numbers rounded to multiples of 16: a page in the book is exact to 0.0002."""
    fine = np.frombuffer(weights, dtype="<u2").astype(float)
    return ((fine / 16).round() * 16).clip(max=65535).astype("<u2").tobytes()


def pack(some: bytes) -> str:
    """Return bytes as one short word: compressed, in base64."""
    return base64.b64encode(zlib.compress(some, 9)).decode("ascii")


def unpack(word: str) -> bytes:
    """Return the bytes that `pack` made a word of."""
    return zlib.decompress(base64.b64decode(word))
