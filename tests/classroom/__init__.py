"""What a class hands in: wrong answers with a diagnosis, and right ones in odd forms.

A lesson's stand in the file of its name: `WRONG["attention.softmax"]` and
`RIGHT["attention.softmax"]` are tuples. They were written by reading the cards alone, as students
do, without a look at the lists of known mistakes. `tests/checks/test_classroom.py` hands them all
in; `python -m tests.classroom attention` shows the cards that come back.
"""

from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Wrong:
    """A wrong answer. `does` is what a teacher would say of it, in one line.

    `says`, if any, is a regular expression that must be found in the card that comes back.
    """

    answer: Any
    does: str
    says: str = ""


def rooms() -> dict[str, ModuleType]:
    """Return the modules with a lesson's answers, by the lesson's name."""
    names = sorted(module.name for module in iter_modules(__path__) if module.name[0] != "_")
    return {name: import_module(f"{__name__}.{name}") for name in names}
