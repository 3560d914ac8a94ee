"""Lay the solutions out as nbgrader wants its sources: a folder for each lesson."""

from pathlib import Path

from mmtutor.tools.files import content, write


def lay_out(solutions: Path, sources: Path) -> None:
    """Copy `solutions/NN_slug.ipynb` to `sources/NN_slug/NN_slug.ipynb` where the two differ."""
    for path in sorted(solutions.glob("*.ipynb")):
        place = sources / path.stem / path.name
        if content(place) != (text := path.read_text(encoding="utf-8")):
            place.parent.mkdir(parents=True, exist_ok=True)
            write(place, text)
