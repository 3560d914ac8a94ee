"""Build the course's data, or load what was built, and say how much there is and where."""

import time
from collections.abc import Callable, Sized
from contextlib import suppress
from functools import partial
from pathlib import Path

from mmtutor.datasets import cache, emoji, espeak, groups, towers
from mmtutor.datasets.digits import load_digits
from mmtutor.datasets.glyphs import load_glyphs
from mmtutor.datasets.manual import load_manual
from mmtutor.datasets.phrases import load_phrases
from mmtutor.datasets.spoken import load_spoken
from mmtutor.tools.show import Cell, console, table

SPEAKER = "espeak" if espeak.installed() else "vowels"
"""Who says what is spoken."""
SPLITS = ("train", "valid", "new", "pairs", "six", "voices")
"""The splits of the phrases that lesson 17 reads."""
SETS: dict[str, Callable[[], Sized]] = {
    "glyphs-dejavu": lambda: load_glyphs("dejavu"),
    "glyphs-stix": lambda: load_glyphs("stix"),
    "digits": load_digits,
    "manual": lambda: load_manual().train,
    f"spoken-{SPEAKER}": load_spoken,
    **{f"phrases-{SPEAKER}-{split}": partial(load_phrases, split) for split in SPLITS},
}
"""Every set that needs no download, by its name in the cache."""
if emoji.installed():
    SETS["emoji"] = emoji.load_emoji
TOWERS: dict[str, Callable[[], Sized]] = {
    "tower-text": lambda: towers.text_features(groups.load_groups().emoji.english),
    "tower-pictures": lambda: towers.picture_features(groups.load_groups().emoji.pictures),
}
"""What pretrained towers make of all emoji: half a minute once. Their files' names say more."""
if groups.installed() and towers.installed():
    SETS |= TOWERS
INSIDE = {"digits": "inside scikit-learn", "manual": "inside mmtutor, counted in characters"}
"""Those that come as they are, and where they lie."""
KEPT = tuple(name for name in SETS if name not in INSIDE | TOWERS)
"""Those that lie in the cache under their own name."""


def forget(name: str) -> None:
    """Remove a built set, so that it is built again."""
    for file in files(name):
        with suppress(OSError):
            file.unlink()


def files(name: str) -> list[Path]:
    """Return where a set lies in the caches, whatever its name says more."""
    return [file for folder in cache.directories() for file in folder.glob(f"{name}*.safetensors")]


def place(name: str) -> str:
    """Say where a set lies."""
    kept = sorted(map(str, files(name)))
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
