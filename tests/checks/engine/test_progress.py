"""The file that remembers: two kernels at once, bad files, and no place to write."""

import multiprocessing
import os
import sys
from pathlib import Path

import pytest

from mmtutor import checks
from mmtutor.checks.engine import progress

ID = "attention.predict"


@pytest.fixture(autouse=True)
def nothing_unsaved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "UNSAVED", {})
    monkeypatch.setattr(progress, "UNWRITTEN", [])


def attempt(times: int) -> None:
    for _ in range(times):
        progress.record_attempt(ID, "mistake", ["axis"])


@pytest.mark.skipif(sys.platform == "win32", reason="fork")
def test_four_kernels_at_once_lose_no_attempt() -> None:
    fork = multiprocessing.get_context("fork")
    kernels = [fork.Process(target=attempt, args=(50,)) for _ in range(4)]
    for kernel in kernels:
        kernel.start()
    for kernel in kernels:
        kernel.join()
    assert [kernel.exitcode for kernel in kernels] == [0] * 4
    assert progress.load()[ID]["attempts"] == 200
    assert [event["mistakes"] for event in progress.events()] == [["axis"]] * 200


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"a": 1}', "\x00", '{"attention.predict": {"attempts": null}}', "[" * 100_000],
)
def test_an_unreadable_progress_file_is_set_aside(text: str) -> None:
    progress.location().write_text(text)
    with pytest.warns(progress.ProgressWarning, match="set aside as progress-.*unreadable"):
        checks.check(ID, 0.8808)
    assert progress.load()[ID]["passed"] is True
    kept = list(progress.location().parent.glob("progress-*.unreadable-*.json"))
    assert [k.read_text() for k in kept] == [text]


def test_bad_files_within_a_second_are_all_kept() -> None:
    texts = [f"bad {number}" for number in range(5)]
    for text in texts:
        progress.location().write_text(text)
        with pytest.warns(progress.ProgressWarning, match="set aside"):
            attempt(1)
    kept = progress.location().parent.glob("progress-*.unreadable-*.json")
    assert sorted(path.read_text() for path in kept) == texts


def test_looking_moves_nothing() -> None:
    progress.location().write_text("{")
    with pytest.warns(progress.ProgressWarning, match="could not be read"):
        assert progress.load() == {}
    assert progress.location().read_text() == "{"


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("MMTUTOR_HOME", "~/x")
    monkeypatch.chdir(tmp_path)
    attempt(1)
    assert [*(tmp_path / "x").glob("progress-*.json")] and not (tmp_path / "~").exists()


def assert_the_session_remembers() -> None:
    with pytest.warns(progress.ProgressWarning, match="could not be saved"):
        assert checks.check(ID, 0.8808).passed
        assert not checks.check(ID, 0.5).passed
        assert [checks.hint(ID).number for _ in range(3)] == [1, 2, 3]
    assert progress.UNSAVED[ID]["attempts"] == 2 and progress.UNSAVED[ID]["passed"] is True


def test_where_nothing_can_be_written_the_session_remembers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MMTUTOR_HOME", str(tmp_path / "file" / "below"))
    assert_the_session_remembers()


def test_in_a_read_only_home_the_session_goes_on_from_what_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempt(3)

    def read_only(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", read_only)
    with pytest.warns(progress.ProgressWarning, match="Permission denied. It lasts as long"):
        attempt(1)
    assert progress.load()[ID]["attempts"] == 4
    monkeypatch.undo()


def test_what_could_not_be_saved_is_saved_when_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(progress, "write", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.warns(progress.ProgressWarning, match="disk full"):
            attempt(2)
    attempt(1)
    assert progress.read(progress.location())[ID]["attempts"] == 3
    assert progress.UNSAVED == {}


def test_without_a_home_folder_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(_: str) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("MMTUTOR_HOME")
    monkeypatch.setattr(progress, "user_data_path", no_home)
    assert_the_session_remembers()
    with pytest.warns(progress.ProgressWarning, match="you have no home folder here"):
        assert progress.load()[ID]["attempts"] == 2
