"""Remember what a person has tried, passed and been shown. One small file per person."""

import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

Entry = dict[str, Any]
Record = dict[str, Entry]
FIELDS = {"attempts": int, "hints": int, "passed": bool, "last": str}
UNREADABLE = (ValueError, OSError, RecursionError)
UNSAVED: Record = {}
"""What could not be written: it lasts as long as the notebook's kernel."""


class ProgressWarning(UserWarning):
    """What was done cannot be read or kept; the check or hint itself goes on."""


def location() -> Path:
    """Return the progress file. The environment variable MMTUTOR_HOME moves it elsewhere.

    OSError where there is no home folder and MMTUTOR_HOME names none.
    """
    home = os.environ.get("MMTUTOR_HOME")
    try:
        folder = Path(home).expanduser() if home else user_data_path("mmtutor")
    except RuntimeError as error:  # what `~` stands for is written nowhere
        raise OSError("you have no home folder here") from error
    return folder / "progress.json"


def load() -> Record:
    """Return what is known, by exercise; what cannot be read stays where it is, with a warning."""
    try:
        return {**read(location()), **UNSAVED}
    except UNREADABLE as error:
        warn(f"Your progress could not be read: {reason(error)}.")
        return dict(UNSAVED)


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


def change(exercise: str, step: Callable[[Entry], Entry]) -> Entry:
    """Replace the entry of `exercise` by what `step` makes of it, and return that.

    Several kernels take turns. Where nothing can be written, the session remembers.
    """
    try:
        with alone() as path:
            record = {**read_or_set_aside(path), **UNSAVED}
            record[exercise] = step(record.get(exercise, {}))
            write(path, json.dumps(record, indent=1, sort_keys=True))
            UNSAVED.clear()
            return record[exercise]
    except (OSError, NotImplementedError) as error:  # the second: a disk that knows no locks
        warn(
            f"Your progress could not be saved: {reason(error)}. It lasts as long as this session; "
            "the environment variable MMTUTOR_HOME may name another folder."
        )
    with suppress(*UNREADABLE):
        UNSAVED.setdefault(exercise, read(location()).get(exercise, {}))
    UNSAVED[exercise] = step(UNSAVED.get(exercise, {}))
    return UNSAVED[exercise]


@contextmanager
def alone() -> Iterator[Path]:
    """Give the progress file to this process alone; OSError where its folder cannot be written."""
    from filelock import FileLock  # here, because only a check needs it

    path = location()
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock"), timeout=10, poll_interval=0.01):
        yield path


def read_or_set_aside(path: Path) -> Record:
    """Return what a progress file holds. One that cannot be read is renamed, not lost."""
    try:
        return read(path)
    except UNREADABLE as error:
        stem = f"progress.unreadable-{datetime.now(UTC):%Y%m%dT%H%M%S}"
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


def record_attempt(exercise: str, passed: bool) -> None:
    """Count an attempt. What was once passed stays passed."""

    def attempted(entry: Entry) -> Entry:
        attempts = entry.get("attempts", 0) + 1
        last = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        passed_before = entry.get("passed", False)
        return {**entry, "attempts": attempts, "passed": passed or passed_before, "last": last}

    change(exercise, attempted)


def next_hint(exercise: str, total: int) -> int:
    """Return the number of the next hint (from 0) and remember that it was shown."""
    entry = change(exercise, lambda entry: {**entry, "hints": entry.get("hints", 0) + 1})
    return (entry["hints"] - 1) % total
