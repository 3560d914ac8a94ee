"""The style of a widget: what several share, then its own."""

from pathlib import Path

SHARED = Path(__file__).with_name("shared.css")


def style_of(file: str) -> str:
    """Return the shared style and the one that lies beside a widget's Python file."""
    own = Path(file).with_suffix(".css")
    return "\n".join(part.read_text(encoding="utf-8") for part in (SHARED, own))
