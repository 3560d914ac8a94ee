"""Which letters can be drawn? A typeface that lacks one draws a box and warns: this asks first.

matplotlib's own typefaces have no Chinese. Where the machine has one that does, it helps out; where
it has none, what cannot be drawn is left out of the figure (its description still says it).
"""

from functools import cache

import matplotlib as mpl
from matplotlib.font_manager import FontProperties, findfont, get_font

HELPERS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC"),
    *("PingFang SC", "Hiragino Sans GB", "Heiti SC", "STHeiti", "Microsoft YaHei", "SimHei"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Arial Unicode MS"),
)
"""Typefaces that have Chinese, on Linux, macOS and Windows; the first that is there helps out."""


@cache
def letters(family: str) -> frozenset[int]:
    """Return the code points that a typeface can draw; none where the machine lacks it."""
    try:
        font = get_font(findfont(FontProperties(family=[family]), fallback_to_default=False))
    except (ValueError, OSError, RuntimeError):  # not installed, or not to be opened
        return frozenset()
    return frozenset(font.get_charmap())


@cache
def helper() -> str | None:
    """Return the first installed typeface that has Chinese, or None."""
    installed = set(mpl.font_manager.get_font_names())
    return next((name for name in HELPERS if name in installed and letters(name)), None)


def families() -> list[str]:
    """Return the typefaces to draw with: the course's, and one for Chinese where there is one."""
    return [*mpl.rcParams["font.family"], *([helper()] if helper() else [])]


def can_draw(text: str) -> bool:
    """Say whether every character of a text has a drawing in one of `families()`."""
    known = frozenset().union(*(letters(family) for family in families()))
    return all(ord(character) in known for character in text if character != "\n")


def drawable(text: str, instead: str = "") -> str:
    """Return a text without the words that cannot be drawn; `instead` where none is left.

    Of "fire 火" that leaves "fire" on a machine without a Chinese typeface.
    """
    words = " ".join(word for word in text.split() if can_draw(word))
    return words.strip("·,;/|()（） ") or instead


def shorten(text: str, longest: int) -> str:
    """Return a text of at most so many characters; what is cut off leaves "…"."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
