"""A widget's style and script: what several share, then its own."""

from pathlib import Path

SHARED = Path(__file__).with_name("shared")


def style_of(file: str) -> str:
    """Return the shared style and the one that lies beside a widget's Python file."""
    return joined(file, ".css")


def script_of(file: str) -> str:
    """Return the shared tools and the module that lies beside a widget's Python file."""
    return joined(file, ".js")


def joined(file: str, suffix: str) -> str:
    """Return what is shared, and what a widget has of its own, of one kind."""
    both = (SHARED.with_suffix(suffix), Path(file).with_suffix(suffix))
    return "\n".join(part.read_text(encoding="utf-8") for part in both)
