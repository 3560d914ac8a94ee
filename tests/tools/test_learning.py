"""Progress is counted by lesson, and hints come one by one."""

import json
from pathlib import Path

import pytest

from mmtutor import checks
from mmtutor.checks.engine import progress
from tests.tools.small import mmtutor_


def test_progress_counts_per_lesson(course: Path) -> None:
    exercise, other = checks.exercises("attention")[:2]
    progress.record_attempt(exercise.id, "mistake", ["axis"])
    progress.record_attempt(exercise.id, "passed")
    progress.record_attempt(other.id, "guard")
    progress.next_hint(other.id, 4)
    output = mmtutor_("progress").output
    (row,) = [line.split() for line in output.splitlines() if line.startswith(" attention")]
    total = len(checks.exercises("attention"))
    assert row == ["attention", str(total), "3", "1", f"1/{total}"]


def test_hint_gives_the_next_one(course: Path) -> None:
    hints = checks.find("attention.softmax").hints
    first, second = mmtutor_("hint", "attention.softmax"), mmtutor_("hint", "attention.softmax")
    assert first.output == f"Hint 1 of 4: {hints[0]}\n"
    assert second.output == f"Hint 2 of 4: {hints[1]}\n"


def test_what_cannot_be_kept_is_a_sentence_without_file_and_line(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And hints move on as long as the program runs."""
    (course / "file").touch()
    monkeypatch.setenv("MMTUTOR_HOME", str(course / "file" / "below"))
    monkeypatch.setattr(progress, "UNSAVED", {})
    monkeypatch.setattr(progress, "UNWRITTEN", [])
    first, second = mmtutor_("hint", "attention.softmax"), mmtutor_("hint", "attention.softmax")
    said, shown = first.output.splitlines()[:2]
    assert said.startswith("Your progress could not be saved: ") and "MMTUTOR_HOME" in said
    assert shown.startswith("Hint 1 of 4") and "Hint 2 of 4" in second.output
    assert "Warning" not in first.output
    assert "Your progress could not be read: Not a directory." in mmtutor_("progress").output


def test_everything_that_is_kept_can_be_exported(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "李")
    progress.record_attempt("attention.softmax", "mistake", ["axis"])
    progress.next_hint("attention.softmax", 4)
    assert "mine.json holds" in mmtutor_("progress", "--export", "mine.json").output
    kept = json.loads(Path("mine.json").read_text(encoding="utf-8"))
    assert kept["user"] == "李" and kept["exercises"]["attention.softmax"]["attempts"] == 1
    assert [event.get("mistakes") for event in kept["history"]] == [["axis"], None]


@pytest.mark.parametrize(
    ("name", "says"), [("none/x.json", "There is no folder none"), (".", "is a folder")]
)
def test_an_export_to_nowhere_is_a_sentence(course: Path, name: str, says: str) -> None:
    result = mmtutor_("progress", "--export", name)
    assert result.exit_code == 2 and says in result.output
