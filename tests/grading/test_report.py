"""What a class got wrong: read from every form, counted right, shown without harm."""

import csv
import io
import json
import os
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output, writes

from mmtutor import __version__, checks
from mmtutor.checks.engine import progress
from mmtutor.checks.engine.verdict import MIME
from mmtutor.grading.record import Graded, Record, dump
from mmtutor.grading.report import report
from mmtutor.grading.report.anonymous import anonymous
from mmtutor.grading.report.gather import gather
from mmtutor.grading.report.sheet import sheet
from mmtutor.grading.report.tally import tallies
from mmtutor.tools.learning import export_progress
from tests.tools.small import mmtutor_

SOFTMAX, PREDICT = "attention.softmax", "attention.predict"
HOSTILE = "<script>alert(1)</script>'\"><img src=https://x.example/y onerror=z>"


def went(status: str, *mistakes: str, **more: Any) -> Graded:
    """How softmax went."""
    points = float(status == "passed")
    return Graded(SOFTMAX, status, points, 1, mistakes=mistakes, **more)


def record(student: str, *exercises: Graded, **more: Any) -> Record:
    return Record(student, "attention", __version__, exercises, **more)


CLASS = (
    record("ada", went("passed", hints=0)),
    record("bob", went("mistake", "axis", hints=4, attempts=9)),
    record("cem", went("mistake", "axis", "ignored", hints=1)),
    record("dai", went("difference", sentences=("Element 3 departs.",), outputs="f00d")),
    record("eva", went("relation", sentences=("Twice.",), outputs="f00d")),
    record("fox", went("relation", sentences=("Twice.",))),
    record("gil", went("guard", sentences=("Twice.",))),
    record("hua", went("not attempted")),
    record("ian", went("by hand", sentences=("The kernel ended.",))),
)


def written(folder: Path, records: Iterable[Record]) -> Path:
    """Write records as grading does."""
    for one in records:
        path = folder / "verdicts" / one.lesson / f"{len(one.student)}-{hash(one.student)}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(json.loads(dump(one))), encoding="utf-8")  # all in ASCII
    return folder


def card(exercise: str, status: str, **more: Any) -> dict[str, Any]:
    return {MIME: {"exercise": exercise, "status": status, "sentences": [], "mistakes": [], **more}}


def notebook(path: Path, *shown: dict[str, Any], source: str = "") -> Path:
    """Write a saved notebook whose cells show these bundles."""
    outputs = [new_output("display_data", data=data) for data in shown]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(writes(new_notebook(cells=[new_code_cell(source, outputs=outputs)])))
    return path


# ---------------------------------------------------------------------------- counting


def test_a_class_is_counted() -> None:
    (tally,) = tallies(CLASS)
    assert (len(tally.went), tally.tried, tally.hints) == (9, 8, [0, 4, 1])
    assert tally.students("passed") == ("ada",) and tally.students("by hand") == ("ian",)
    assert tally.students("known") == ("bob", "cem") and tally.students("untried") == ("hua",)
    axis, ignored = tally.mistakes
    assert (axis.name, axis.students, ignored.students) == ("axis", ("bob", "cem"), ("cem",))
    assert "first axis" in axis.sentence


def test_answers_on_no_list_are_grouped_by_what_they_do_else_by_what_was_said() -> None:
    (tally,) = tallies(CLASS)
    groups = {group.students: group.sentences for group in tally.unexplained}
    assert set(groups) == {("dai", "eva"), ("fox", "gil")}
    assert groups["fox", "gil"] == ("Twice.",)


def test_exercises_stand_in_the_order_of_the_course_and_strangers_last() -> None:
    both = Graded(PREDICT, "passed", 1.0, 1), went("passed")
    strange = Graded("attention.gone", "difference", 0.0, 1, sentences=("So.",))
    counted = tallies([record("ada", strange, *both)])
    assert [tally.id for tally in counted] == [SOFTMAX, PREDICT, "attention.gone"]
    assert counted[2].title == "attention.gone" and counted[2].unexplained


# ---------------------------------------------------------------------------- reading


def test_saved_notebooks_are_read_and_not_run(tmp_path: Path) -> None:
    hint = checks.find(SOFTMAX).hints[2]
    path = notebook(
        tmp_path / "submitted" / "ada" / "01_attention" / "01_attention.ipynb",
        card(SOFTMAX, "difference"),
        card(SOFTMAX, "mistake", mistakes=["axis", "never heard of"], sentences=["Which axis?"]),
        {"text/plain": f"Hint 3 of 4: {hint}"},
        source=f"open({str(tmp_path / 'ran')!r}, 'w'); check('{PREDICT}', answer)",
    )
    found = gather(tmp_path)
    assert found.notes == () and not (tmp_path / "ran").exists()
    (read,) = found.records
    assert (read.student, read.lesson) == ("ada", "attention")
    assert [one.exercise for one in read.exercises] == [e.id for e in checks.exercises("attention")]
    softmax, predict = read.exercises[:2]
    assert (softmax.status, softmax.mistakes, softmax.hints) == ("mistake", ("axis",), 3)
    assert softmax.sentences == ("Which axis?",) and predict.status == "not attempted"
    assert path.exists()


def test_notebooks_in_which_no_check_was_run_are_said(tmp_path: Path) -> None:
    notebook(tmp_path / "ada.ipynb", source=f"check('{SOFTMAX}', softmax)")
    assert gather(tmp_path).notes == (
        "No check was run in any of these: `mmtutor grade FOLDER` runs them.",
    )
    notebook(tmp_path / "bob.ipynb", card(SOFTMAX, "passed"))
    assert gather(tmp_path).notes == ()


def test_who_handed_in_and_was_not_graded_is_named(tmp_path: Path) -> None:
    for student in ("ada", "jun"):
        notebook(tmp_path / "submitted" / student / "01_attention" / "my work.ipynb")
    place = tmp_path / "autograded" / "ada" / "01_attention" / "01_attention.ipynb"
    notebook(place, card(SOFTMAX, "passed"))
    found = gather(tmp_path)
    assert [record.student for record in found.records] == ["ada"]
    assert found.notes == ("jun handed in, and nbgrader did not grade it: not counted here.",)


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("ada/01_attention.ipynb", "ada"),
        ("ada.ipynb", "ada"),
        ("01_attention/ada.ipynb", "ada"),
        ("submitted/ada/01_attention/01_attention.ipynb", "ada"),
        ("Ada L_123_assignsubmission_file_/01_attention.ipynb", "Ada L_123"),
        ("01_attention.ipynb", "01_attention"),
        ("李 'x'/answers.ipynb", "李 'x'"),
    ],
)
def test_whose_notebook_it_is(tmp_path: Path, path: str, student: str) -> None:
    notebook(tmp_path / path, card(SOFTMAX, "passed"))
    assert [one.student for one in gather(tmp_path).records] == [student]


def test_an_exported_progress_is_read_with_all_mistakes_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMTUTOR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    monkeypatch.setattr(progress, "UNSAVED", {})
    monkeypatch.setattr(progress, "UNWRITTEN", [])
    progress.record_attempt(SOFTMAX, "mistake", ["axis"])
    progress.next_hint(SOFTMAX, 4)
    progress.record_attempt(SOFTMAX, "passed")
    progress.record_attempt(PREDICT, "difference")
    (tmp_path / "class").mkdir()
    export_progress(tmp_path / "class" / "any name.json")
    (read,) = gather(tmp_path / "class").records
    softmax, predict = read.exercises[:2]
    assert (read.student, read.course) == ("ada", __version__)
    assert (softmax.status, softmax.mistakes) == ("passed", ("axis",))
    assert (softmax.attempts, softmax.hints) == (2, 1)
    assert (predict.status, predict.attempts) == ("difference", 1)


BAD = {
    "empty.ipynb": b"",
    "picture.ipynb": b"\x89PNG\xff\xfe",
    "list.ipynb": b"[1]",
    "no cells.ipynb": b'{"cells": 3}',
    "other.ipynb": b'{"cells": [{"source": "check(\'poetry.rhyme\', x)", "outputs": 5}, 7]}',
    "deep.ipynb": b"[" * 100_000,
    "deep.json": b"[" * 100_000,
    "text.json": b"no",
    "odd.json": b'{"version": 1, "student": 5, "lesson": "a", "course": "", "exercises": []}',
    "export.json": b'{"user": 1, "course": "", "exercises": {"attention.x": 1}, "history": []}',
    "export2.json": b'{"user": "a", "course": "", "exercises": {"attention.softmax": 1},'
    b' "history": [1]}',
}


def test_each_bad_file_is_one_sentence_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("mmtutor.grading.report.gather"), "LARGEST", 200_000)
    for name, content in BAD.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "huge.ipynb").write_bytes(b" " * 200_001)
    (tmp_path / "folder.ipynb").mkdir()
    notebook(tmp_path / "good.ipynb", card(SOFTMAX, "passed"))
    found = gather(tmp_path)
    assert [one.student for one in found.records] == ["good"]
    assert len(found.notes) == len(BAD) + 1
    for name in [*BAD, "huge.ipynb"]:
        (note,) = [note for note in found.notes if note.startswith(f"{name} ")]
        assert note.endswith(".") and "\n" not in note and "Traceback" not in note


@pytest.mark.skipif(os.name == "nt", reason="links, pipes and odd names")
def test_links_pipes_and_odd_names_are_sentences(tmp_path: Path) -> None:
    outside = notebook(tmp_path / "outside" / "secret.ipynb", card(SOFTMAX, "passed"))
    folder = tmp_path / "class"
    notebook(folder / "a\nb\x1b[31m\u202e.ipynb", card(SOFTMAX, "passed"))
    notebook(folder / ".hidden.ipynb", card(SOFTMAX, "passed"))
    (folder / "link.ipynb").symlink_to(outside)
    (folder / "linked").symlink_to(outside.parent)
    os.mkfifo(folder / "pipe.ipynb")
    (folder / "l\n.json").write_text("{}")
    found = gather(folder)
    assert [one.student for one in found.records] == ["a\nb\x1b[31m\u202e"]
    assert sorted(found.notes) == [
        "l?.json was left out: this is no record of verdicts ('version').",
        "link.ipynb was left out: it is a link to another file.",
        "linked was left out: it is a link to another folder.",
        "pipe.ipynb was left out: it is no file.",
    ]
    out = tmp_path / "out"
    report(folder, out)
    assert not re.search("[\x1b\u202e]", (out / "report.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "data",
    [
        {MIME: 5},
        {MIME: {"exercise": [SOFTMAX], "status": "passed"}},
        {MIME: {"exercise": SOFTMAX, "status": "excellent"}},
        {MIME: {"exercise": SOFTMAX, "status": ["passed"]}},
        {MIME: {"status": "passed"}},
        {"text/plain": {"a": 1}},
    ],
)
def test_a_verdict_of_another_form_is_not_believed(tmp_path: Path, data: dict[str, Any]) -> None:
    path = notebook(tmp_path / "ada.ipynb", source=f"check('{SOFTMAX}', f)")
    book = json.loads(path.read_text())
    book["cells"][0]["outputs"] = [{"data": data}, 3, {"data": []}]
    path.write_text(json.dumps(book))
    (read,) = gather(tmp_path).records
    assert {one.status for one in read.exercises} == {"not attempted"}


def test_two_notebooks_of_one_student_are_said_and_the_first_counts(tmp_path: Path) -> None:
    notebook(tmp_path / "ada" / "a.ipynb", card(SOFTMAX, "passed"))
    notebook(tmp_path / "ada" / "a-Copy1.ipynb", card(SOFTMAX, "mistake", mistakes=["axis"]))
    found = gather(tmp_path)
    assert found.records[0].exercises[0].passed and len(found.records) == 1
    assert "a-Copy1.ipynb" in found.notes[0]


# ---------------------------------------------------------------------------- the page


class Tags(HTMLParser):
    """Collect what a browser would see: tags with their attributes, and the words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def shown(folder: Path, *records: Record, names: bool = True) -> str:
    report(written(folder, records), folder, names)
    return (folder / "report.html").read_text(encoding="utf-8")


def test_the_page_says_all_that_was_counted(tmp_path: Path) -> None:
    words = Tags(shown(tmp_path, *CLASS)).words
    assert "9 students, 1 exercise." in words and "8 of 9" in words
    assert "2 students in Softmax with a temperature: axis." in words
    assert "bob (9 attempts, 4 hints), cem (1 hint)" in words
    assert "mmtutor/checks/attention/softmax.py" in words and 'Mistake("a_name"' in words
    assert "2 students, the same answer. Twice." in words


def test_a_number_is_added_to_its_list_with_its_value(tmp_path: Path) -> None:
    wrong = Graded(PREDICT, "difference", 0.0, 1, sentences=("Too large.",))
    words = Tags(shown(tmp_path, record("ada", wrong))).words
    assert 'question that leads on?", value=lambda: 0.5),' in words


def test_nothing_from_a_submission_becomes_a_tag(tmp_path: Path) -> None:
    evil = Graded(
        HOSTILE, "mistake", 0.0, 1, (HOSTILE, f"`{HOSTILE}`"), (HOSTILE,), HOSTILE, HOSTILE
    )
    odd = Graded(SOFTMAX, "difference", 0.0, 1, (f"`{HOSTILE}",), (), "", HOSTILE)
    records = [
        Record(HOSTILE, "attention", HOSTILE, (evil, odd), (HOSTILE,)),
        Record(HOSTILE, "' onclick='x", HOSTILE, (evil,)),
    ]
    page = Tags(shown(tmp_path, *records))
    assert "<script>alert(1)</script>" in page.words
    assert not {"script", "img", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert not [a for _, attrs in page.tags for a in attrs if a.startswith("on")]
    links = [attrs["href"] or "" for _, attrs in page.tags if "href" in attrs]
    assert links and all(re.fullmatch(r"#[\w.-]+", link) for link in links)


def test_the_page_needs_nothing_else_and_links_only_to_itself(tmp_path: Path) -> None:
    page = Tags(shown(tmp_path, *CLASS))
    assert not [attrs for _, attrs in page.tags if "src" in attrs]
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    assert {attrs["href"] for tag, attrs in page.tags if tag == "a"} <= {f"#{one}" for one in ids}
    policies = [attrs["content"] for _, attrs in page.tags if "http-equiv" in attrs]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert "url(" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_without_names_nobody_is_named(tmp_path: Path) -> None:
    names = [f"Zz{word} Qx{word}" for word in ("ada", "bob", "cem", "dai", "eva", "fox")]
    class_ = [
        record(name, *one.exercises, notes=(f"{name} was late.",))
        for name, one in zip(names, CLASS, strict=False)
    ]
    page = shown(tmp_path, *class_, names=False)
    (tmp_path / "verdicts" / "Zzbad.json").write_text("{")
    report(tmp_path, tmp_path, names=False)
    for path in (tmp_path / "report.html", tmp_path / "report.csv"):
        assert not re.search("Zz|Qx", path.read_text(encoding="utf-8"))
    assert "Student 6" in page and "Student 7" not in page


def test_a_record_without_its_name_has_no_notes_either() -> None:
    (bare,) = anonymous([record("ada", went("passed"), notes=("ada.ipynb was there twice.",))])
    assert bare == record("Student 1", went("passed"))


def test_numbers_of_students_do_not_follow_their_names(tmp_path: Path) -> None:
    results = {"a": went("mistake", "axis"), "b": went("passed"), "c": went("not attempted")}
    orders = [dict(zip("abc", order, strict=True)) for order in ("abc", "cba")]
    pages = [
        shown(tmp_path / str(i), *(record(order[n], results[n]) for n in "abc"), names=False)
        for i, order in enumerate(orders)
    ]
    assert pages[0] == pages[1]


def test_a_report_is_the_same_every_time(tmp_path: Path) -> None:
    folder = written(tmp_path, CLASS)
    texts = []
    for out in ("one", "two"):
        paths, _ = report(folder, tmp_path / out)
        texts.append([path.read_bytes() for path in paths])
    assert texts[0] == texts[1]


# ---------------------------------------------------------------------------- the table


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_table_has_a_line_for_each_count() -> None:
    lines = {(row["what"], row["name"]): row for row in rows(sheet(tallies(CLASS)))}
    assert lines["tried", ""]["count"] == "8" and lines["hints", ""]["count"] == "5"
    assert lines["mistake", "axis"]["students"] == "bob; cem"
    assert "first axis" in lines["mistake", "axis"]["sentence"]
    assert {row["students"] for row in rows(sheet(tallies(CLASS), names=False))} == {""}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(start: str) -> None:
    name = f"{start}cmd|' /C calc'!A0"
    text = sheet(tallies([record(name, went("mistake", name, sentences=(name,)))]))
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert [cell for cell in cells if "calc" in cell]
    assert not [cell for cell in cells if cell.startswith(start)]


def test_half_a_letter_spoils_neither_page_nor_table(tmp_path: Path) -> None:
    half = "a\ud800b"
    one = Graded(half, "difference", 0.0, 1, (half,), (half,), half, half)
    page = shown(tmp_path, Record(half, "attention", half, (one,), (half,)))
    assert "a?b" in page and "a?b" in (tmp_path / "report.csv").read_text(encoding="utf-8")


# ---------------------------------------------------------------------------- the command


def test_the_command_writes_a_page_and_a_table(tmp_path: Path) -> None:
    written(tmp_path, CLASS)
    (tmp_path / "verdicts" / "bad.json").write_text("{")
    result = mmtutor_("report", str(tmp_path), "--out", str(tmp_path / "out"))
    assert result.exit_code == 0 and "bad.json was left out: " in result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "report.csv",
        "report.html",
    ]


@pytest.mark.parametrize(
    ("name", "says"), [("none", "There is no folder"), (".", "There are no verdicts in")]
)
def test_nothing_to_report_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = mmtutor_("report", name)
    assert result.exit_code == 2 and result.output.startswith(says)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("out", ["report.html", "report.html/below"])
def test_a_report_into_a_file_is_a_sentence(tmp_path: Path, out: str) -> None:
    written(tmp_path / "class", CLASS)
    (tmp_path / "report.html").touch()
    result = mmtutor_("report", str(tmp_path / "class"), "--out", str(tmp_path / out))
    assert result.exit_code == 2 and "report.html is a file: name a folder" in result.output
