"""Build the course's data, or load what was built, and say how much there is and where."""

import time
from collections.abc import Callable, Sized
from contextlib import suppress

from mmtutor.datasets import cache, emoji, espeak
from mmtutor.datasets.digits import load_digits
from mmtutor.datasets.glyphs import load_glyphs
from mmtutor.datasets.manual import load_manual
from mmtutor.datasets.spoken import load_spoken
from mmtutor.tools.show import Cell, console, table

SETS: dict[str, Callable[[], Sized]] = {
    "glyphs-dejavu": lambda: load_glyphs("dejavu"),
    "glyphs-stix": lambda: load_glyphs("stix"),
    "digits": load_digits,
    "manual": lambda: load_manual().train,
    "spoken-espeak" if espeak.installed() else "spoken-vowels": load_spoken,
}
"""Every set that needs no download, by its name in the cache."""
if emoji.installed():
    SETS["emoji"] = emoji.load_emoji
INSIDE = {"digits": "inside scikit-learn", "manual": "inside mmtutor, counted in characters"}
"""Those that come as they are, and where they lie."""
KEPT = tuple(name for name in SETS if name not in INSIDE)
"""Those that lie in the cache."""


def forget(name: str) -> None:
    """Remove a built set, so that it is built again."""
    for folder in cache.directories():
        with suppress(OSError):
            (folder / f"{name}.safetensors").unlink()


def place(name: str) -> str:
    """Say where a set lies."""
    files = [folder / f"{name}.safetensors" for folder in cache.directories()]
    kept = [str(file) for file in files if file.is_file()]
    return INSIDE.get(name) or (kept[0] if kept else "in memory only")


def prepare(name: str) -> list[Cell]:
    """Build or load one set and return its line in the table."""
    begun = time.perf_counter()
    count = len(SETS[name]())
    return [name, f"{count:,}", f"{time.perf_counter() - begun:.1f}", place(name)]


def data(force: bool = False) -> None:
    """Prepare every set, let everybody read it, and print the table; `force` builds them again."""
    rows = []
    for name in SETS:
        if force:
            forget(name)
        with console.status(f"Preparing {name} …"):
            rows.append(prepare(name))
    for file in cache.sets():
        cache.let_all_read(file)
    titles = ("Set", "Examples", "Seconds", "Place")
    table(*titles, rows=rows, numbers=("Examples", "Seconds"))
