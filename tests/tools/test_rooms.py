"""Lessons are found by every name that they have, in their order."""

from pathlib import Path

import pytest

from mmtutor.tools import rooms
from tests.tools.small import mmtutor_, write


@pytest.mark.parametrize("word", ["1", "01", "attention", "01_attention", "01_attention.ipynb"])
def test_a_lesson_answers_to_its_names(course: Path, word: str) -> None:
    write(course / "notebooks" / "00_start_here.ipynb")
    write(course / "notebooks" / "01_attention.ipynb")
    assert [lesson.slug for lesson in rooms.find(word, course)] == ["attention"]


def test_all_lessons_come_in_order_and_drafts_are_no_lessons(course: Path) -> None:
    for name in ("10_late", "02_soon", "draft", "1_short"):
        write(course / "notebooks" / f"{name}.ipynb")
    assert [lesson.name for lesson in rooms.find("all", course)] == ["02_soon", "10_late"]


def test_the_course_is_found_from_below(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(course / "notebooks")
    assert rooms.course() == course


def test_no_course_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rooms, "is_course", lambda folder: False)
    result = mmtutor_("run", "all")
    assert result.exit_code == 2
    assert result.output.startswith("The lessons are not here: go to the course's folder")
    assert "`mmtutor start` copy the course" in result.output and result.output.count("\n") == 1


def test_a_removed_folder_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    result = mmtutor_("run", "all")
    assert result.exit_code == 2
    assert result.output.startswith("The folder that you are in was removed: go to the course's")
