"""What happened, line by line: each attempt with its mistakes and each hint, when and by whom.

One JSON object a line. A file that has grown large is set aside under a number; a few are kept.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mmtutor import __version__
from mmtutor.checks.engine.person import person

Event = dict[str, Any]

LARGEST = 1_000_000
"""Bytes after which a file is set aside: about seven thousand attempts."""
KEPT = 4
"""How many files that were set aside are kept, the newest as number 1."""


def event(exercise: str, **what: Any) -> Event:
    """Return something that happened just now, with the person and the version of the course."""
    return {"time": now(), "user": person(), "course": __version__, "exercise": exercise, **what}


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def beside(progress: Path) -> Path:
    """Return the file of history that belongs to a progress file."""
    return progress.with_name(f"{progress.stem}-history.jsonl")


def append(path: Path, events: Iterable[Event]) -> None:
    """Add events at the end of a file that only its owner can read."""
    rotate(path)
    # A line begins with its line break: one that a crash cut off spoils none that follows.
    lines = "".join(f"\n{json.dumps(one, ensure_ascii=False)}" for one in events)
    private = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open(private, "a", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write(lines)


def rotate(path: Path) -> None:
    """Set a large file aside as number 1; the numbers move up, and the last is dropped."""
    if not path.exists() or path.stat().st_size < LARGEST:
        return
    files = [path, *(older(path, number) for number in range(1, KEPT + 1))]
    for number in range(KEPT, 0, -1):
        with suppress(FileNotFoundError):
            os.replace(files[number - 1], files[number])


def older(path: Path, number: int) -> Path:
    """Return the name of a file that was set aside."""
    return path.with_name(f"{path.stem}.{number}.jsonl")


def read(path: Path) -> list[Event]:
    """Return all that is kept, the oldest first; lines that hold no event are left out."""
    lines: list[str] = []
    for file in [*(older(path, number) for number in range(KEPT, 0, -1)), path]:
        with suppress(FileNotFoundError):
            lines += file.read_text(encoding="utf-8", errors="replace").splitlines()
    return [found for line in lines if (found := parsed(line))]


def parsed(line: str) -> Event | None:
    """Return the event in a line, or None."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("exercise"), str) else None
