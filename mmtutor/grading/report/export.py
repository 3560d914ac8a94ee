"""Read what a learner exported with `mmtutor progress --export`: attempts, hints, all mistakes."""

import json
from dataclasses import replace
from typing import Any

from mmtutor import checks
from mmtutor.checks.engine.exercise import Exercise
from mmtutor.checks.engine.progress import is_entry
from mmtutor.grading.record import Graded, Record
from mmtutor.grading.report.notebook import STATUSES, graded, texts

KEYS = ("user", "course", "exercises", "history")


def is_export(text: str) -> bool:
    """Say whether a text is an exported progress, by its keys."""
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(kept, dict) and all(key in kept for key in KEYS)


def records(text: str) -> list[Record]:
    """Return a record for each lesson of which something was tried; ValueError if it is damaged."""
    kept = json.loads(text)
    entries, history = kept["exercises"], kept["history"]
    names = isinstance(kept["user"], str) and isinstance(kept["course"], str)
    if not names or not isinstance(entries, dict) or not isinstance(history, list):
        raise ValueError("it is a damaged export of progress")
    slugs = {id.split(".")[0] for id in entries}
    return [
        Record(kept["user"], lesson, kept["course"], exercises(lesson, entries, history))
        for lesson in checks.lessons()
        if lesson in slugs
    ]


def exercises(lesson: str, entries: dict[str, Any], history: list[Any]) -> tuple[Graded, ...]:
    """Return how each exercise of a lesson went, by its counts and by what happened."""
    return tuple(
        went(exercise, entries.get(exercise.id, {}), happened(exercise, history))
        for exercise in checks.exercises(lesson)
    )


def happened(exercise: Exercise, history: list[Any]) -> list[dict[str, Any]]:
    """Return the attempts at an exercise that the history tells of, the oldest first."""
    return [
        one
        for one in history
        if isinstance(one, dict)
        and one.get("exercise") == exercise.id
        and one.get("status") in STATUSES
    ]


def went(exercise: Exercise, entry: Any, attempts: list[dict[str, Any]]) -> Graded:
    """Return how one exercise went: passed if it ever was, with all mistakes on the way."""
    if not is_entry(entry):
        raise ValueError("it is a damaged export of progress")
    last = attempts[-1]["status"] if attempts else "difference" if entry.get("attempts") else None
    status = "passed" if entry.get("passed") else last or "not attempted"
    mistakes = [name for one in attempts for name in texts(one.get("mistakes"))]
    found = graded(exercise, {"status": status, "mistakes": mistakes}, {})
    return replace(found, attempts=entry.get("attempts", 0), hints=entry.get("hints", 0))
