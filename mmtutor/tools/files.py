"""Read a text file if there is one; write it as a whole, and the same bytes on every system."""

import os
from contextlib import suppress
from pathlib import Path


def content(path: Path) -> str | None:
    """Return a file's text, or None where there is no file."""
    return path.read_text(encoding="utf-8") if path.is_file() else None


def write(path: Path, text: str) -> None:
    """Replace a text file in one step, so that a full disk leaves the old one.

    Raises OSError with the name of the file where the system refuses.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        error.filename = str(path)  # a full disk names none
        raise
