"""Make the course as a book, in `build/book/html`: `make book`, or `python docs/book/make.py`.

It is made from the outputs that the notebooks hold, without a network.
"""

import re
import shutil
import sys
from pathlib import Path

import live
import nbformat
from sphinx.cmd.build import main as sphinx

from mmtutor.tools.live import MIME

COURSE = Path(__file__).resolve().parents[2]
BUILD = COURSE / "build" / "book"
PARTS = {
    "I · Attention": range(4),
    "II · Seeing and hearing": range(4, 6),
    "III · Putting modalities together": range(6, 10),
    "IV · Generating": range(10, 12),
    "V · Aligning": range(12, 16),
    "VI · Beyond": range(16, 21),
}
"""The parts of the course, and the numbers of their lessons."""
USE = {
    "Use it": ["README", "docs/elsewhere", "docs/promises", "CHANGELOG"],
    "If you teach": ["docs/classroom"],
    "If you build": ["docs/engineers", "benchmarks/README", "CONTRIBUTING"],
}
"""The pages of Markdown beside glossary and data cards, by the captions that they stand under."""
ROOMS = ("attention", "datasets", "pipelines", "training", "metrics", "plots", "widgets")


def lay_out(source: Path) -> None:
    """Lay all pages into one folder, under the addresses that they have in the course."""
    shutil.rmtree(source, ignore_errors=True)
    for folder in ("notebooks", "exercises"):
        for page in sorted((COURSE / folder).glob("[0-9][0-9]_*.ipynb")):
            copy_notebook(page, source / folder / page.name)
    for page in texts():
        copy_text(COURSE / page, source / page)
    shutil.copytree(COURSE / "data/pictures", source / "data/pictures")
    live.write_scripts(source / "static/live")
    write_package_pages(source / "package")
    (source / "index.md").write_text(index(), encoding="utf-8")


def copy_notebook(page: Path, place: Path) -> None:
    """Copy a notebook; its widgets live where they can without a kernel."""
    notebook = nbformat.read(page, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n")  # meant for a machine
        for output in cell.get("outputs", []):
            if kept := output.get("data", {}).get(MIME):
                output.data = {"text/html": live.place_of(kept)}
    place.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, place)


def texts() -> list[str]:
    """Return the pages of Markdown that the book has, the data's cards among them."""
    cards = [page.relative_to(COURSE).as_posix() for page in sorted(COURSE.glob("data/**/*.md"))]
    cards = [card for card in cards if not card.startswith("data/cache")]
    return [
        "notebooks/GLOSSARY.md",
        *(f"{page}.md" for pages in USE.values() for page in pages),
        *cards,
    ]


def copy_text(page: Path, place: Path) -> None:
    """Copy a page of Markdown; what it links to outside the book is named only."""
    text = page.read_text(encoding="utf-8")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(re.sub(r"\[([^\]]+)\]\(([^)]+)\)", named_only(page), text), encoding="utf-8")


def named_only(page: Path):
    """Return what replaces a link: itself, or its name where the book has no such page."""

    def replace(link: re.Match) -> str:
        target = link[2].split("#")[0]
        inside = not target or "://" in target or in_book((page.parent / target).resolve())
        return link[0] if inside else link[1]

    return replace


def in_book(target: Path) -> bool:
    """Say whether the book has a page or picture of the course."""
    name = target.relative_to(COURSE).as_posix() if target.is_relative_to(COURSE) else ""
    notebook = re.fullmatch(r"(notebooks|exercises)/\d\d_.*\.ipynb|data/pictures/.*", name)
    return bool(notebook) or name in texts()


def write_package_pages(folder: Path) -> None:
    """Write a page for each module of a lesson and each common room, from their docstrings."""
    folder.mkdir(parents=True)
    for name in modules():
        text = f"mmtutor.{name}\n{'=' * (8 + len(name))}\n\n.. automodule:: mmtutor.{name}\n"
        rest = "".join(map(section, inside(name))) if name == "datasets" else ""
        (folder / f"{name}.rst").write_text(text + rest, encoding="utf-8")


def inside(room: str) -> list[str]:
    """Return the modules of a common room that exports nothing itself."""
    paths = sorted((COURSE / "mmtutor" / room).iterdir())
    names = [p.stem for p in paths if p.suffix == ".py" or (p / "__init__.py").exists()]
    return [f"mmtutor.{room}.{name}" for name in names if name != "__init__"]


def section(module: str) -> str:
    """Return a module's section on the page of its room."""
    return f"\n{module}\n{'-' * len(module)}\n\n.. automodule:: {module}\n"


def modules() -> list[str]:
    """Return the lessons' modules in their order, then the common rooms."""
    lessons = [page.stem[3:] for page in sorted((COURSE / "notebooks").glob("[0-9]*.ipynb"))]
    return [*lessons, *(room for room in ROOMS if room not in lessons)]


def index() -> str:
    """Return the first page: what the course is, and the table of contents by parts."""
    start = (COURSE / "README.md").read_text(encoding="utf-8").split("## Start")[0]
    numbered = {int(p.name[:2]): p.stem for p in (COURSE / "notebooks").glob("[0-9][0-9]_*.ipynb")}
    trees = [
        tree(part, [f"notebooks/{numbered[n]}" for n in numbers if n in numbered])
        for part, numbers in PARTS.items()
    ]
    exercises = [f"exercises/{name}" for name in sorted(numbered.values())]
    exercises = [name for name in exercises if (COURSE / f"{name}.ipynb").exists()]
    more = {
        "Exercises": exercises,
        "Look it up": ["notebooks/GLOSSARY", *(f"package/{name}" for name in modules())],
        "Data": [card.removesuffix(".md") for card in texts() if card.startswith("data/")],
        **USE,
    }
    return "\n".join([start, *trees, *(tree(name, pages) for name, pages in more.items())])


def tree(caption: str, pages: list[str]) -> str:
    """Return a table of contents with a caption."""
    lines = "\n".join(pages)
    return f"```{{toctree}}\n:caption: {caption}\n:maxdepth: 1\n:hidden:\n\n{lines}\n```\n"


if __name__ == "__main__":
    lay_out(BUILD / "source")
    settings = ["-c", str(Path(__file__).parent), "-b", "html", "-q", "-W", "--keep-going"]
    sys.exit(sphinx([*settings, str(BUILD / "source"), str(BUILD / "html")]))
