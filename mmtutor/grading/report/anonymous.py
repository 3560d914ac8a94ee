"""Leave the names out: students become numbers that say nothing about who they are."""

from collections.abc import Iterable
from dataclasses import replace

from mmtutor.grading.record import Record, dump


def anonymous(records: Iterable[Record]) -> tuple[Record, ...]:
    """Return the records with "Student 1", "Student 2" … for names, and without notes.

    Students are numbered by their results, those who passed most first: the order of names, or of
    files, would tell who is who. Notes name files, and files have names of people.
    """
    bare: dict[str, list[Record]] = {}
    for record in records:
        bare.setdefault(record.student, []).append(replace(record, student="", notes=()))
    order = sorted(bare.values(), key=results)
    return tuple(
        replace(record, student=f"Student {number}")
        for number, theirs in enumerate(order, start=1)
        for record in theirs
    )


def results(records: list[Record]) -> tuple[int, list[str]]:
    """Return what students are sorted by: how little they passed, then all that is known."""
    passed = sum(graded.passed for record in records for graded in record.exercises)
    return -passed, sorted(map(dump, records))
