"""Remember what a person has tried, passed and been shown. One small file per person.

Beside it lies the history, with the mistakes that were made (`history.py`).
"""

import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from mmtutor.checks.engine import history
from mmtutor.checks.engine.person import key, person
from mmtutor.checks.engine.verdict import Status

Entry = dict[str, Any]
Record = dict[str, Entry]
FIELDS = {"attempts": int, "hints": int, "passed": bool, "last": str}
UNREADABLE = (ValueError, OSError, RecursionError)
UNSAVED: Record = {}
UNWRITTEN: list[history.Event] = []
"""Entries and events that could not be written: they last as long as the notebook's kernel."""
GRADING = "NBGRADER_EXECUTION"
"""nbgrader sets this variable: what runs then is another's work, and nothing of it is kept."""


class ProgressWarning(UserWarning):
    """What was done cannot be read or kept; the check or hint itself goes on."""


def location() -> Path:
    """Return this person's progress file. The environment variable MMTUTOR_HOME moves it elsewhere.

    OSError where there is no home folder and MMTUTOR_HOME names none.
    """
    home = os.environ.get("MMTUTOR_HOME")
    try:
        folder = Path(home).expanduser() if home else user_data_path("mmtutor")
    except RuntimeError as error:  # what `~` stands for is written nowhere
        raise OSError("you have no home folder here") from error
    if folder.parts[:1] == ("~",):  # the same, as platformdirs says it
        raise OSError("you have no home folder here")
    return folder / f"progress-{key(person())}.json"


def to_read(path: Path) -> Path:
    """Return the file that holds a person's progress.

    Before a file had a person's name there was one for all in a folder. It belongs to whoever of
    its owner's people comes first, as long as they have none of their own.
    """
    old = path.with_name("progress.json")
    with suppress(OSError):
        if not path.exists() and old.stat().st_uid == getattr(os, "getuid", lambda: 0)():
            return old
    return path


def load() -> Record:
    """Return what is known, by exercise; what cannot be read stays where it is, with a warning."""
    try:
        return {**read(to_read(location())), **UNSAVED}
    except UNREADABLE as error:
        warn(f"Your progress could not be read: {reason(error)}.")
        return dict(UNSAVED)


def events() -> list[history.Event]:
    """Return what happened, the oldest first; what cannot be read is left out, with a warning."""
    try:
        return history.read(history.beside(location())) + UNWRITTEN
    except OSError as error:
        warn(f"Your history could not be read: {reason(error)}.")
        return list(UNWRITTEN)


def read(path: Path) -> Record:
    """Return what a progress file holds; ValueError if it is none."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    if not isinstance(record, dict) or not all(map(is_entry, record.values())):
        raise ValueError("it does not hold one entry per exercise")
    return record


def is_entry(entry: Any) -> bool:
    """Say whether an entry has the form that `change` writes: every field of its own type."""
    return isinstance(entry, dict) and all(
        isinstance(entry.get(field, kind()), kind) for field, kind in FIELDS.items()
    )


def change(exercise: str, step: Callable[[Entry], Entry], event: history.Event) -> Entry:
    """Replace the entry of `exercise` by what `step` makes of it, and return that.

    The event goes into the history. Several kernels take turns. Where nothing can be written, and
    where nbgrader runs another's work, the session remembers.
    """
    if os.environ.get(GRADING):
        return remember(exercise, step)
    UNWRITTEN.append(event)
    try:
        with alone() as path:
            record = {**read_or_set_aside(path), **UNSAVED}
            record[exercise] = step(record.get(exercise, {}))
            history.append(history.beside(path), UNWRITTEN)
            UNWRITTEN.clear()
            write(path, json.dumps(record, indent=1, sort_keys=True))
            UNSAVED.clear()
            return record[exercise]
    except (OSError, NotImplementedError) as error:  # the second: a disk that knows no locks
        warn(
            f"Your progress could not be saved: {reason(error)}. It lasts as long as this session; "
            "the environment variable MMTUTOR_HOME may name another folder."
        )
    with suppress(*UNREADABLE):
        UNSAVED.setdefault(exercise, read(to_read(location())).get(exercise, {}))
    return remember(exercise, step)


def remember(exercise: str, step: Callable[[Entry], Entry]) -> Entry:
    """Take a step in memory only."""
    UNSAVED[exercise] = step(UNSAVED.get(exercise, {}))
    return UNSAVED[exercise]


@contextmanager
def alone() -> Iterator[Path]:
    """Give the progress file to this process alone; OSError where its folder cannot be written."""
    from filelock import FileLock  # here, because only a check needs it

    path = location()
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock"), timeout=10, poll_interval=0.01):
        if (old := to_read(path)) != path:
            with suppress(FileNotFoundError):  # somebody else of this account was faster
                old.rename(path)
        yield path


def read_or_set_aside(path: Path) -> Record:
    """Return what a progress file holds. One that cannot be read is renamed, not lost."""
    try:
        return read(path)
    except UNREADABLE as error:
        stem = f"{path.stem}.unreadable-{datetime.now(UTC):%Y%m%dT%H%M%S}"
        names = (path.with_name(f"{stem}-{number}.json") for number in count(1))
        kept = next(name for name in names if not name.exists())
        path.rename(kept)
        warn(f"Your progress could not be read: {reason(error)}. It was set aside as {kept.name}.")
        return {}


def warn(sentence: str) -> None:
    """Say it once in a notebook, where the same words come again at every check."""
    warnings.warn(sentence, ProgressWarning, stacklevel=3)


def reason(error: Exception) -> str:
    """Return in a few words why a file could not be used."""
    if isinstance(error, TimeoutError):
        return "another program has locked it"
    return (getattr(error, "strerror", None) or str(error)).rstrip(".")


def write(path: Path, text: str) -> None:
    """Replace a file in one step, so that a crash leaves the old one or the new one."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, suffix=".part", delete=False, encoding="utf-8"
    ) as part:
        part.write(text)
    os.replace(part.name, path)


def record_attempt(exercise: str, status: Status, mistakes: Iterable[str] = ()) -> None:
    """Count an attempt, and keep the names of its mistakes. What was once passed stays passed."""
    happened = history.event(exercise, did="attempt", status=status, mistakes=list(mistakes))

    def attempted(entry: Entry) -> Entry:
        attempts = entry.get("attempts", 0) + 1
        passed = status == "passed" or entry.get("passed", False)
        return {**entry, "attempts": attempts, "passed": passed, "last": happened["time"]}

    change(exercise, attempted, happened)


def next_hint(exercise: str, total: int) -> int:
    """Return the number of the next hint (from 0) and remember that it was shown."""

    def shown(entry: Entry) -> Entry:
        return {**entry, "hints": entry.get("hints", 0) + 1}

    entry = change(exercise, shown, history.event(exercise, did="hint"))
    return (entry["hints"] - 1) % total
