"""The notebook for teachers runs, shows what it shows now, and its prose is about what it shows.

`python -m docs.example_class.make` stores it anew where the words of a hint have changed.
"""

import contextlib
import io
from pathlib import Path
from typing import Any

import nbformat
import pytest

from mmtutor import checks
from mmtutor.grading.report.gather import gather
from mmtutor.grading.report.tally import Tally, tallies
from mmtutor.tools.tidy import text_of, tidy

DOCS = Path(__file__).resolve().parents[2] / "docs"
NOTEBOOK = DOCS / "reading_a_report.ipynb"


@pytest.fixture(scope="module")
def exercises() -> dict[str, Tally]:
    found = gather(DOCS / "example_class")
    assert len(found.records) == 20 and found.notes == ()
    return {one.id: one for one in tallies(found.records)}


def test_every_cell_prints_what_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DOCS)
    names: dict[str, Any] = {}
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(cell.source, names)
            assert printed.getvalue() == "".join(output.text for output in cell.outputs)


def test_it_is_stored_as_lessons_are() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert text == text_of(tidy(nbformat.reads(text, as_version=4)))


def test_the_same_four_make_two_mistakes(exercises: dict[str, Tally]) -> None:
    makers = {seen.name: seen.students for seen in exercises["attention.softmax"].mistakes}
    assert makers["multiplied"] == makers["unstable"] and len(makers["unstable"]) == 4


def test_seven_took_the_mean_and_no_list_has_it(exercises: dict[str, Tally]) -> None:
    (group,) = exercises["attention.additive"].unexplained
    assert len(group.students) == 7 and "times 1/n" in group.sentences[0]
    assert "mean" not in {m.name for m in checks.find("attention.additive").mistakes}


def test_mistakes_of_the_example_are_still_listed(exercises: dict[str, Tally]) -> None:
    seen = [one for tally in exercises.values() for one in tally.mistakes]
    assert seen and all(one.sentence for one in seen)
