"""What an exercise need not do, and why: a file for each lesson.

`[[mutant]]`: damaged right answers that are right all the same, with the reason. `[cases."id"]`:
rules about cases that make no sense for an exercise, with the reason. An entry that excuses nothing
any more is an error.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from mmtutor import checks
from mmtutor.checks.engine.exercise import Implement


@cache
def read(lesson: str) -> dict[str, Any]:
    """Return what stands in the file of a lesson."""
    file = Path(__file__).with_name(f"{lesson}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def equivalent(exercise: str) -> dict[tuple[str, str, str, str], str]:
    """Return the mutants of an exercise that are right, too, each with the reason."""
    entries = read(exercise.split(".")[0]).get("mutant", [])
    return {
        (exercise, entry["function"], entry["before"], after): entry["reason"]
        for entry in entries
        if entry["exercise"] == exercise
        for after in entry["after"]
    }


def excepted(exercise: str) -> dict[str, str]:
    """Return the rules that the cases of an exercise need not keep, each with the reason."""
    return read(exercise.split(".")[0]).get("cases", {}).get(exercise, {})


def chosen(words: list[str]) -> list[str]:
    """Return the exercises that are named, by id or by lesson; all if nothing is named."""
    ids = [e.id for e in checks.all_exercises() if isinstance(e, Implement)]
    return [id for id in ids if not words or id in words or id.split(".")[0] in words]
