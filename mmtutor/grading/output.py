"""What grading leaves for people and their systems: CSV files and a page for each student.

Names come from files that students name: they are escaped on pages, and in tables a sign in front
keeps a name that begins like a formula from becoming one.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from mmtutor import checks
from mmtutor.checks.engine.verdict import Verdict, markup
from mmtutor.grading.record import Graded, Record
from mmtutor.grading.submissions import Refused
from mmtutor.tools.files import write

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:52em;margin:2em auto;padding:0 1em}}
section>div,details{{margin:.8em 0}}</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


def file_name(student: str) -> str:
    """Return a name for a student's files: other students, other names, on every system."""
    plain = re.sub(r"[^\w-]+", "_", student).strip("_")[:60]
    if plain == student:
        return plain
    return f"{plain or 'student'}-{hashlib.sha256(student.encode()).hexdigest()[:6]}"


def write_tables(
    out: Path, records: Sequence[Record], numbers: Mapping[str, str], refused: Iterable[Refused]
) -> None:
    """Write grades.csv, refused.csv, canvas.csv and, for each lesson, Moodle's worksheet.

    `numbers` are the students' numbers in Moodle or Canvas, where they are known.
    """
    columns = ["student", "lesson", "points", "of", "passed", "exercises", "by hand", "notes"]
    write_csv(out / "grades.csv", [columns, *map(grades_row, records)])
    told = [[one.name, one.sentence] for one in refused]
    write_csv(out / "refused.csv", [["file", "why"], *told])
    lessons = sorted({record.lesson for record in records})
    write_csv(out / "canvas.csv", canvas(records, lessons, numbers))
    for lesson in lessons:
        name = "moodle.csv" if len(lessons) == 1 else f"moodle-{lesson}.csv"
        write_csv(out / name, moodle([r for r in records if r.lesson == lesson], numbers))


def grades_row(record: Record) -> list[str]:
    """Return a record's line in grades.csv."""
    hand = sum(graded.status == "by hand" for graded in record.exercises)
    passed = sum(graded.passed for graded in record.exercises)
    counts = [record.points, record.of, passed, len(record.exercises), hand]
    return [record.student, record.lesson, *(f"{n:g}" for n in counts), " ".join(record.notes)]


def moodle(records: Sequence[Record], numbers: Mapping[str, str]) -> list[list[str]]:
    """Return the worksheet that Moodle's "Upload grading worksheet" reads."""
    head = ["Identifier", "Full name", "Grade", "Maximum grade", "Last modified (grade)"]
    return [
        [*head, "Feedback comments"],
        *(
            [
                f"Participant {numbers[r.student]}" if numbers.get(r.student) else "",
                *(r.student, f"{r.points:g}", f"{r.of:g}", "-", summary(r)),
            ]
            for r in records
        ),
    ]


def summary(record: Record) -> str:
    """Say in one line which exercises passed."""
    words = {
        "passed": "passed",
        "by hand": "is looked at by hand",
        "not attempted": "not attempted",
    }
    told = [f"{title(g.exercise)}: {words.get(g.status, 'not yet')}" for g in record.exercises]
    return "; ".join(told)


def canvas(
    records: Sequence[Record], lessons: Sequence[str], numbers: Mapping[str, str]
) -> list[list[str]]:
    """Return the table that Canvas's gradebook imports: an assignment for each lesson."""
    worth = {record.lesson: f"{record.of:g}" for record in records}
    points = {(record.student, record.lesson): f"{record.points:g}" for record in records}
    students = sorted({record.student for record in records})
    return [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *lessons],
        ["Points Possible", "", "", "", "", *(worth[lesson] for lesson in lessons)],
        *(
            [
                s,
                numbers.get(s, ""),
                "",
                "",
                "",
                *(points.get((s, lesson), "") for lesson in lessons),
            ]
            for s in students
        ),
    ]


def write_csv(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write a table."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([list(map(harmless, row)) for row in rows])
    write(path, text.getvalue())


def harmless(text: str) -> str:
    """Keep a text from being taken for a formula by the program that opens the table."""
    return f"'{text}" if text[:1] in ("=", "+", "@", "-") and text != "-" else text


def title(id: str) -> str:
    """Return an exercise's title."""
    return checks.find(id).title


def write_pages(out: Path, records: Sequence[Record]) -> None:
    """Write a page of feedback for each student."""
    (out / "feedback").mkdir(exist_ok=True)
    for student in {record.student for record in records}:
        own = [record for record in records if record.student == student]
        write(out / "feedback" / f"{file_name(student)}.html", page(student, own))


def page(student: str, records: Sequence[Record]) -> str:
    """Return a student's page: a card for each exercise, and the hint to begin with."""
    body = "\n".join(section(record) for record in records)
    return PAGE.format(title=escape(student), body=body)


def section(record: Record) -> str:
    """Return what a page says of one lesson."""
    notes = "".join(f"<p>{escape(note)}</p>" for note in record.notes)
    cards = "\n".join(card(graded) for graded in record.exercises)
    points = f"{record.points:g} of {record.of:g} points"
    return f"<section><h2>{escape(record.lesson)}: {points}</h2>{notes}\n{cards}</section>"


def card(graded: Graded) -> str:
    """Return the card of one exercise, as the notebook shows it."""
    if graded.status == "by hand":
        told = "".join(f"<p>{markup(sentence)}</p>" for sentence in graded.sentences)
        return f"<div><b>? {escape(title(graded.exercise))}: is looked at by hand</b>{told}</div>"
    shown = Verdict(
        graded.exercise,
        title(graded.exercise),
        graded.status,  # type: ignore[arg-type]
        graded.sentences,
        graded.tried,
        graded.mistakes,
    )
    return shown.to_html() + ("" if graded.passed else hints(graded))


def hints(graded: Graded) -> str:
    """Return the next hint, folded, and how to get more."""
    listed = checks.find(graded.exercise).hints
    number = min(graded.hints or 0, len(listed) - 1)
    more = f'<p>More, in the notebook: <code>hint("{escape(graded.exercise)}")</code></p>'
    told = markup(listed[number]).replace("\n", "<br>")
    count = f"<summary>Hint {number + 1} of {len(listed)}</summary>"
    return f"<details>{count}<p>{told}</p>{more}</details>"
