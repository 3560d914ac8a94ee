"""The counts as CSV: a line for each number, each mistake and each group of wrong answers."""

import csv
import io
from collections.abc import Iterable, Iterator

from mmtutor.grading.report.tally import KINDS, Tally

TITLES = ("lesson", "exercise", "what", "name", "count", "sentence", "students")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet would take for the beginning of a formula."""


def sheet(tallies: Iterable[Tally], names: bool = True) -> str:
    """Return the table as text that spreadsheets read as UTF-8.

    `what` says of what a line is: "handed in", "tried", "hints" (their number, over the students of
    whom it is known), one of `KINDS`, "mistake" (with its name and sentence), or "unexplained".
    """
    text = io.StringIO()
    written = csv.writer(text, lineterminator="\n")
    written.writerow(TITLES)
    for tally in tallies:
        for what, name, count, sentence, students in lines(tally):
            who = "; ".join(students) if names else ""
            row = (tally.lesson, tally.id, what, name, count, sentence, who)
            written.writerow([harmless(str(cell)) for cell in row])
    plain = text.getvalue().encode(errors="replace").decode()  # a name may hold half a letter
    return "\ufeff" + plain  # the mark by which a spreadsheet knows UTF-8


def lines(tally: Tally) -> Iterator[tuple[str, str, int, str, tuple[str, ...]]]:
    """Go through what is known of an exercise: what, name, count, sentence, students."""
    yield "handed in", "", len(tally.went), "", ()
    yield "tried", "", tally.tried, "", ()
    for kind in KINDS:
        yield kind, "", len(tally.students(kind)), "", tally.students(kind)
    if tally.hints:
        yield "hints", "", sum(tally.hints), "", ()
    for seen in tally.mistakes:
        yield "mistake", seen.name, len(seen.students), seen.sentence, seen.students
    for group in tally.unexplained:
        yield "unexplained", "", len(group.students), " ".join(group.sentences), group.students


def harmless(cell: str) -> str:
    """Return a cell that a spreadsheet shows and does not compute."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
