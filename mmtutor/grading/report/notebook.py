"""Read the verdicts out of a saved notebook: as data, without running or showing any of it."""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

from mmtutor import checks
from mmtutor.checks.engine.exercise import Exercise
from mmtutor.checks.engine.verdict import MIME, Status
from mmtutor.grading.points import points
from mmtutor.grading.record import Graded, Record

CHECK = re.compile(r"""check\(\s*["']([\w.]+)["']""")
HINT = re.compile(r"Hint (\d+) of \d+: (.*)", re.DOTALL)
STATUSES = get_args(Status)
SENTENCES, LETTERS = 8, 600
"""How many sentences of a verdict are read, and how much of each; a card has fewer and less."""

Found = dict[str, Any]


def records(text: str, student: str) -> list[Record]:
    """Return a record for each lesson whose checks a notebook shows or calls.

    ValueError with a sentence where there are none. The last verdict on an exercise counts.
    """
    cells = cells_of(text)
    shown = {found["exercise"]: found for found in verdicts(cells)}
    called = {id for cell in cells for id in CHECK.findall(joined(cell.get("source")))}
    slugs = {id.split(".")[0] for id in {*shown, *called}}
    lessons = [lesson for lesson in checks.lessons() if lesson in slugs]
    if not lessons:
        raise ValueError("it holds no check of this course")
    taken = hints(cells)
    return [Record(student, one, "", exercises(one, shown, taken)) for one in lessons]


def cells_of(text: str) -> list[dict[str, Any]]:
    """Return the cells of a notebook; ValueError where the text is none."""
    try:
        book = json.loads(text)
    except ValueError as error:
        raise ValueError("it is no notebook: its text is no JSON") from error
    cells = book.get("cells") if isinstance(book, dict) else None
    if not isinstance(cells, list):
        raise ValueError("it is no notebook: it has no cells")
    return [cell for cell in cells if isinstance(cell, dict)]


def bundles(cells: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Go through what the cells show: data by type, one for each output."""
    for cell in cells:
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else []:
            data = output.get("data") if isinstance(output, dict) else None
            if isinstance(data, dict):
                yield data


def verdicts(cells: list[dict[str, Any]]) -> Iterator[Found]:
    """Go through the verdicts that have the form of a card; others are not believed."""
    for data in bundles(cells):
        found = data.get(MIME)
        if not isinstance(found, dict) or found.get("status") not in STATUSES:
            continue
        if isinstance(found.get("exercise"), str):
            yield found


def hints(cells: list[dict[str, Any]]) -> dict[str, int]:
    """Return how many hints are on show, by the text of the hint."""
    found: dict[str, int] = {}
    for data in bundles(cells):
        if match := HINT.fullmatch(joined(data.get("text/plain"))):
            found[match[2]] = int(match[1][:3])
    return found


def exercises(lesson: str, shown: dict[str, Found], taken: dict[str, int]) -> tuple[Graded, ...]:
    """Return how each exercise of a lesson went, in its order."""
    known = checks.exercises(lesson)
    return tuple(graded(one, shown.get(one.id, {}), taken) for one in known)


def graded(exercise: Exercise, found: Found, taken: dict[str, int]) -> Graded:
    """Turn a verdict, or none, into how an exercise went. Only known mistakes are taken over."""
    status = found.get("status", "not attempted")
    named = {m.name for m in exercise.mistakes} & set(texts(found.get("mistakes")))
    worth = points(exercise)
    return Graded(
        exercise.id,
        status,
        points=float(worth if status == "passed" else 0),
        of=worth,
        sentences=tuple(one[:LETTERS] for one in texts(found.get("sentences"))[:SENTENCES]),
        mistakes=tuple(sorted(named)),
        tried=joined(found.get("tried"))[:LETTERS],
        hints=max(taken.get(hint, 0) for hint in exercise.hints),
    )


def texts(value: Any) -> list[str]:
    """Return the texts in what should be a list of them."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def joined(value: Any) -> str:
    """Return a notebook's text, which may be stored as a list of lines."""
    return value if isinstance(value, str) else "".join(texts(value))
