"""Widgets that need no kernel, alive in the book: their state as HTML, their scripts as files.

Whoever opens a page from a file cannot load modules: each script becomes a plain one.
"""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

from mmtutor.tools.live import ALONE, unpack

WIDGETS = Path(__file__).resolve().parents[2] / "mmtutor" / "widgets"
EXPORT = "export default { render };"
"""How the module of each widget ends."""
PLACE = """<div class="mm-live" data-widget="{name}">
<p><em>Live on this page: it needs no running notebook.</em></p>
<div class="mm-live-ground"></div>
<script type="application/json">{state}</script>
<link rel="stylesheet" href="../_static/live/{name}.css">
<script src="../_static/live/{name}.js"></script>
</div>"""


def write_scripts(folder: Path) -> None:
    """Write the script and the style of each widget that can live here."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ALONE:
        script = plain(name, joined(name, ".js"))
        (folder / f"{name}.js").write_text(script, encoding="utf-8")
        (folder / f"{name}.css").write_text(joined(name, ".css"), encoding="utf-8")


def joined(name: str, suffix: str) -> str:
    """Return what widgets share and what one has of its own, as `mmtutor.widgets.style` does."""
    both = (WIDGETS / f"shared{suffix}", WIDGETS / f"{name}{suffix}")
    return "\n".join(part.read_text(encoding="utf-8") for part in both)


def plain(name: str, module: str) -> str:
    """Return a module as a plain script that leaves what it exports in `mmLive`."""
    if module.count(EXPORT) != 1:
        raise ValueError(f"{name}.js must end with {EXPORT}")
    inside = module.replace(EXPORT, "return { render };")
    return f"(window.mmLive ??= {{}}).{name} = (() => {{\n{inside}\n}})();\n"


def place_of(kept: dict[str, Any]) -> str:
    """Return the HTML of a widget from what `mmtutor.tools.live` kept of it."""
    sent = {name: b64encode(unpack(word)).decode() for name, word in kept["bytes"].items()}
    values = json.loads(unpack(kept["values"]))
    state = json.dumps({"values": values, "bytes": sent}).replace("</", "<\\/")
    return PLACE.format(name=kept["widget"], state=state)
