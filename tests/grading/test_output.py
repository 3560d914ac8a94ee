"""Tables that no program takes for formulas, and pages in which nothing of a student's is code."""

import csv
from pathlib import Path

import pytest

from mmtutor.grading.output import file_name, harmless, page, write_pages, write_tables
from mmtutor.grading.record import Graded, Record
from mmtutor.grading.submissions import Refused

EVIL = '=HYPERLINK("http://x")\'"<script>'


def record(student: str, lesson: str = "attention", *sentences: str) -> Record:
    graded = (
        Graded("attention.softmax", "guard", 0.0, 1, sentences or ("Look at it.",)),
        Graded("attention.predict", "passed", 1.0, 1),
        Graded("attention.spread", "by hand", 0.0, 1, ("Its check is `missing` <b>.",)),
    )
    return Record(student, lesson, "0.1.0", graded, ("A note with <i>.",))


def rows(path: Path) -> list[list[str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_moodle_and_canvas_get_what_their_imports_read(tmp_path: Path) -> None:
    refused = [Refused("x.ipynb", "It is damaged.")]
    write_tables(tmp_path, [record("Ada Li"), record("Bob")], {"Ada Li": "123"}, refused)
    head, ada, bob = rows(tmp_path / "moodle.csv")
    assert {"Identifier", "Grade", "Last modified (grade)", "Feedback comments"} <= set(head)
    assert ada[:4] == ["Participant 123", "Ada Li", "1", "3"] and bob[0] == ""
    canvas = rows(tmp_path / "canvas.csv")
    assert canvas[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert canvas[1] == ["Points Possible", "", "", "", "", "3"]
    assert canvas[2] == ["Ada Li", "123", "", "", "", "1"]
    assert rows(tmp_path / "refused.csv")[1] == ["x.ipynb", "It is damaged."]
    assert rows(tmp_path / "grades.csv")[1][:7] == ["Ada Li", "attention", "1", "3", "1", "3", "1"]


def test_two_lessons_are_two_worksheets_and_two_columns(tmp_path: Path) -> None:
    write_tables(tmp_path, [record("Ada"), record("Ada", "vit")], {}, [])
    assert {p.name for p in tmp_path.glob("moodle*")} == {"moodle-attention.csv", "moodle-vit.csv"}
    assert rows(tmp_path / "canvas.csv")[2][-2:] == ["1", "1"]


@pytest.mark.parametrize("sign", ["=", "+", "@", "-"])
def test_no_name_becomes_a_formula(sign: str) -> None:
    assert harmless(f"{sign}1+1") == f"'{sign}1+1"
    assert harmless("Ada") == "Ada"


def test_a_page_shows_what_was_said_and_runs_none_of_it() -> None:
    text = page(EVIL, [record(EVIL, "attention", f"It stops: {EVIL}")])
    assert "<script" not in text and "<i>" not in text
    assert "&lt;script&gt;" in text and "default-src 'none'" in text
    assert "1 of 3 points" in text and "looked at by hand" in text
    assert text.count("Hint 1 of 4") == 1  # of what is not right yet; none for what passed


def test_every_student_gets_a_page_of_their_own(tmp_path: Path) -> None:
    students = [EVIL, "Ada", "../../ada", "ada_", "Łukasz", "a" * 300, "陈", "", "a b", "a_b"]
    write_pages(tmp_path, [record(student) for student in students])
    assert len(list((tmp_path / "feedback").iterdir())) == len(students)
    assert len({file_name(student) for student in students}) == len(students)
    assert file_name("Ada") == "Ada" and file_name("陈") == "陈"
