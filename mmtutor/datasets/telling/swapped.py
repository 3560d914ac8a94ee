"""Captions that say the opposite."""

OPPOSITE = {"left": "right", "above": "below", "top": "bottom"}
OPPOSITE |= {second: first for first, second in OPPOSITE.items()}


def swap_directions(caption: str) -> str:
    """Return the caption with left for right, above for below and top for bottom, both ways."""
    return " ".join(OPPOSITE.get(word, word) for word in caption.split())
