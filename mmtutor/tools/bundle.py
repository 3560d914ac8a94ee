"""Make the folder that students get: lessons, exercises without answers, data; no solution.

The package is not in it, since the checks hold the answers: whoever works on a machine of their own
installs it as a wheel, and on a class's server it is there.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from mmtutor import __version__
from mmtutor.tools.files import write
from mmtutor.tools.release import exercise, solutions
from mmtutor.tools.trouble import Trouble

COPIED = ("LICENSE", "notebooks/*.ipynb", "notebooks/*.md", "data/*.md")
SHIPPED = ("data/checkpoints", "data/results")
"""Trained models and results, which lessons load; the programs that made them stay at home."""
README = f"""# mmtutor

1. Install Python 3.11 or newer, then the course's package, a file that your teacher gives you:
   `pip install mmtutor-{__version__}-py3-none-any.whl`. On your class's server it is there already.
2. In this folder, `mmtutor doctor` says whether all is well, and `mmtutor lab` opens the course.
3. Start with [notebooks/{{first}}](notebooks/{{first}}). After each lesson, do the notebook
   of the same name in `exercises/`: replace each `...`, run the cell, and run the check below it.
4. [notebooks/GLOSSARY.md](notebooks/GLOSSARY.md) explains all terms, and
   [data/README.md](data/README.md) the data. `mmtutor progress` shows what you have passed.

Code: MIT; text and pictures: CC BY 4.0; see [LICENSE](LICENSE).
"""


def bundle(root: Path, folder: Path) -> int:
    """Write the bundle into a new or empty folder and return how many exercise notebooks it has.

    The exercises are made from the solutions, whatever lies in `exercises/`. Raises Trouble where
    the folder holds something, or where there are no solutions.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Trouble(f"{folder} is not empty: name a new folder for the bundle.")
    paths = solutions(root)
    texts = {folder / "exercises" / path.name: exercise(path) for path in paths}
    texts[folder / "README.md"] = README.format(first=paths[0].name)
    for path in files(root):
        place = folder / path.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    (folder / "exercises").mkdir(parents=True, exist_ok=True)
    for place, text in texts.items():
        write(place, text)
    return len(paths)


def files(root: Path) -> Iterator[Path]:
    """Name what is copied as it is."""
    for pattern in COPIED:
        yield from sorted(root.glob(pattern))
    for name in SHIPPED:
        every = sorted((root / name).rglob("*"))
        yield from (path for path in every if path.suffix in (".md", ".json", ".safetensors"))
