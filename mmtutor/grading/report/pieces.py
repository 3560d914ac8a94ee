"""The small pieces of the report's page. What comes from a submission is escaped here."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from mmtutor.checks.engine.verdict import markup
from mmtutor.grading.report.gather import printable
from mmtutor.grading.report.tally import KINDS, Tally

LABELS = {
    "passed": "passed",
    "known": "a mistake that is listed",
    "unknown": "wrong, on no list",
    "by hand": "to be looked at by hand",
    "untried": "not tried",
}
FEW = 6
"""So many names, or wrong answers, are shown; more of them wait behind a word that opens."""


def text(value: str, longest: int = 120) -> str:
    """Escape a word or a name; what cannot be printed becomes a question mark."""
    return escape(printable(value, longest))


def prose(sentences: Iterable[str]) -> str:
    """Escape sentences and set what stands in backticks as code."""
    return " ".join(markup(printable(one, 1000)) for one in sentences)


def count(number: int, of: str) -> str:
    return f"{number} {of}" if number == 1 else f"{number} {of}s"


def css(kind: str) -> str:
    """Return the name of a kind's colour."""
    return kind.replace(" ", "-")


def key() -> str:
    """Explain the colours of the bars."""
    marks = "".join(f"<i class='{css(kind)}'></i>{LABELS[kind]}" for kind in KINDS)
    return f"<span class='key'>{marks}</span>"


def bar(tally: Tally) -> str:
    """Draw how an exercise went: a bar of five colours and their numbers, and the same in words."""
    counts = {kind: len(tally.students(kind)) for kind in KINDS}
    words = ", ".join(f"{number} {LABELS[kind]}" for kind, number in counts.items() if number)
    drawn = "".join(
        f"<i class='{css(kind)}' style='flex:{number}'>{number}</i>"
        for kind, number in counts.items()
        if number
    )
    return f"<div class='bar' role='img' aria-label='{words}' title='{words}'>{drawn}</div>"


def who(students: Sequence[str], names: bool) -> str:
    """Name students; many of them wait behind a line that opens."""
    if not names:
        return ""
    line = ", ".join(map(text, students))
    if len(students) <= FEW:
        return f"<div class='who quiet'>{line}</div>"
    return f"<details class='who quiet'><summary>Who</summary>{line}</details>"


def anchor(word: str) -> str:
    """Return a name of a lesson or an exercise as the name of a place on the page."""
    return re.sub(r"[^\w.-]", "-", word)


def table(titles: Sequence[str], rows: Iterable[str], numbers: Sequence[str] = ()) -> str:
    """Put rows under titles; what is wider than the page can be moved sideways, also by keys.

    The titles in `numbers` stand to the right, as the numbers below them do.
    """
    head = "".join(
        f"<th scope='col'{' class=number' if title in numbers else ''}>{title}</th>"
        for title in titles
    )
    return (
        f"<div class='wide' tabindex='0' role='region' aria-label='Table'><table><thead><tr>{head}"
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
