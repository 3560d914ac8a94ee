"""The package that answers run with: the course without what a submission must not see.

No references, mistakes, hints, solutions or tests are in it. The engine is (it knows no exercise),
the lessons' modules are (every learner has them), and `mmtutor.checks` only keeps what it is given.
"""

import shutil
from pathlib import Path

import mmtutor

CHECKS = '''"""Keeps answers for the judge, who is elsewhere."""

from mmtutor.grading.handed_in import check, hint

__all__ = ["check", "hint"]
'''
NEEDED = ("__init__.py", "handed_in.py", "room.py", "wire.py")
"""What answers need of `grading`."""


def build(folder: Path) -> Path:
    """Write the package into `folder` and return that; the shipped `data` is linked by `walls`."""
    source, target = Path(mmtutor.__file__).parent, folder / "mmtutor"
    skipped = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(source, target, ignore=lambda at, names: {*skipped(at, names), *secret(at)})
    (target / "checks" / "__init__.py").write_text(CHECKS, encoding="utf-8", newline="\n")
    return folder


def secret(at: str) -> set[str]:
    """Name what is left out of a folder of the package."""
    place = Path(at)
    inside = {entry.name for entry in place.iterdir()}
    if place.name == "checks":
        return inside - {"engine", "trace.py"}  # a notebook marks the parts that it hands out
    return inside - set(NEEDED) if place.name == "grading" else set()
