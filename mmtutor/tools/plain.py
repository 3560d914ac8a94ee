"""Print on every terminal: a letter that its encoding lacks is replaced and raises nothing."""

import codecs
import io
import sys
import unicodedata

SAME = {"✓": "+", "✗": "x", "−": "-", "–": "-", "…": "...", "→": "->", "←": "<-"}
SAME |= {"≤": "<=", "≥": ">=", "×": "x", "·": "*", "⊙": "*", "²": "^2", "⁴": "^4", "½": "1/2"}
SAME |= {"√": "root ", "‖": "||", "∞": "infinity"}
"""What says the same in letters that every encoding has."""


def plain(letter: str) -> str:
    """Return ASCII for a letter: what says the same, the name of a Greek one, else "?"."""
    name = unicodedata.name(letter, "")
    if name.startswith("GREEK") and "LETTER" in name:
        return name.split()[3].lower()
    return SAME.get(letter, "?")


def replace(error: UnicodeError) -> tuple[str, int]:
    """Tell a stream what to write in place of what it cannot; the form that `codecs` asks for."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(map(plain, lacking)), error.end


def print_anywhere() -> None:
    """Let this program's output replace what it cannot show, unless its user chose otherwise."""
    codecs.register_error("plain", replace)
    for stream in (sys.stdout, sys.stderr):
        careful = ("strict", "surrogateescape")  # what Python chooses by itself
        if isinstance(stream, io.TextIOWrapper) and stream.errors in careful:
            stream.reconfigure(errors="plain")
