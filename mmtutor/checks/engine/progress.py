"""Remember what a person has tried, passed and been shown. One small file per person."""

import json
import os
import tempfile
import warnings
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

Record = dict[str, dict[str, Any]]
FIELDS = {"attempts": int, "hints": int, "passed": bool, "last": str}
UNSAVED: Record = {}
"""What could not be written: it lasts as long as the notebook's kernel."""


def location() -> Path:
    """Return the progress file. The environment variable MMTUTOR_HOME moves it elsewhere."""
    home = os.environ.get("MMTUTOR_HOME")
    return (Path(home) if home else user_data_path("mmtutor")) / "progress.json"


def load() -> Record:
    """Return what is known, by exercise. A file that cannot be read is set aside, not lost."""
    path = location()
    try:
        return {**validated(json.loads(path.read_text(encoding="utf-8"))), **UNSAVED}
    except FileNotFoundError:
        return dict(UNSAVED)
    except (ValueError, OSError, RecursionError) as error:
        warnings.warn(set_aside(path, error), stacklevel=2)
        return dict(UNSAVED)


def validated(record: Any) -> Record:
    """Return `record` if it has the form that `save` writes; ValueError otherwise."""
    if not isinstance(record, dict) or not all(map(is_entry, record.values())):
        raise ValueError("it does not hold one entry per exercise")
    return record


def is_entry(entry: Any) -> bool:
    """Say whether an entry has the form that `update` writes: every field of its own type."""
    return isinstance(entry, dict) and all(
        isinstance(entry.get(field, kind()), kind) for field, kind in FIELDS.items()
    )


def set_aside(path: Path, error: Exception) -> str:
    """Rename an unreadable file and say so."""
    kept = path.with_name(f"progress.unreadable-{datetime.now(UTC):%Y%m%dT%H%M%S}.json")
    with suppress(OSError):
        path.rename(kept)
        return f"Your progress could not be read ({error}). It was set aside as {kept.name}."
    return f"Your progress could not be read ({error}); this session starts without it."


def update(exercise: str, **changes: Any) -> None:
    """Write `changes` into the entry of `exercise`; warn when the file cannot be written."""
    record = load()
    record[exercise] = {**record.get(exercise, {}), **changes}
    try:
        write(location(), json.dumps(record, indent=1, sort_keys=True))
    except OSError as error:
        UNSAVED[exercise] = record[exercise]
        warnings.warn(f"Your progress could not be saved: {error.strerror}.", stacklevel=2)


def write(path: Path, text: str) -> None:
    """Replace a file in one step, so that a crash leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, suffix=".part", delete=False, encoding="utf-8"
    ) as part:
        part.write(text)
    os.replace(part.name, path)


def record_attempt(exercise: str, passed: bool) -> None:
    """Count an attempt. What was once passed stays passed."""
    entry = load().get(exercise, {})
    update(
        exercise,
        attempts=entry.get("attempts", 0) + 1,
        passed=passed or entry.get("passed", False),
        last=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )


def next_hint(exercise: str, total: int) -> int:
    """Return the number of the next hint (from 0) and remember that it was shown."""
    shown = load().get(exercise, {}).get("hints", 0)
    update(exercise, hints=shown + 1)
    return shown % total
