"""The history names mistakes, times, people and versions; it stays small and survives a crash."""

import json
import os
import stat
from pathlib import Path

import pytest

import mmtutor
from mmtutor import checks
from mmtutor.checks.engine import history, progress

ID = "attention.predict"


@pytest.fixture(autouse=True)
def nothing_unsaved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "UNSAVED", {})
    monkeypatch.setattr(progress, "UNWRITTEN", [])


def test_a_mistake_is_kept_by_name_with_who_and_when(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    mistake = next(m for m in checks.find(ID).mistakes if m.value)
    found = checks.check(ID, mistake.value())
    checks.hint(ID)
    attempt, hint = progress.events()
    assert attempt["mistakes"] == list(found.mistakes) == [mistake.name]
    assert (attempt["did"], attempt["status"], hint["did"]) == ("attempt", "mistake", "hint")
    assert attempt["user"] == "ada" and attempt["course"] == mmtutor.__version__
    assert progress.load()[ID]["last"] == attempt["time"]


def test_what_was_not_attempted_is_not_kept() -> None:
    checks.check(ID, ...)
    assert progress.events() == [] and progress.load() == {}


def numbered(*numbers: int) -> list[history.Event]:
    return [{"exercise": ID, "number": number, "filling": "x" * 100} for number in numbers]


def test_a_large_file_is_set_aside_and_the_last_ones_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "LARGEST", 500)
    path = tmp_path / "progress-ada-history.jsonl"
    for number in range(60):
        history.append(path, numbered(number))
    files = sorted(file.name for file in tmp_path.iterdir())
    assert files == [*(f"progress-ada-history.{n}.jsonl" for n in (1, 2, 3, 4)), path.name]
    assert max(file.stat().st_size for file in tmp_path.iterdir()) < 700
    kept = [event["number"] for event in history.read(path)]
    assert kept == list(range(kept[0], 60)) and len(kept) > 15


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    history.append(path, numbered(1))
    with path.open("ab") as file:
        file.write(b'\n{"exercise": "atten\xff')
    history.append(path, numbered(2, 3))
    assert [event["number"] for event in history.read(path)] == [1, 2, 3]


@pytest.mark.parametrize("line", ["[]", "1", '{"a": 1}', '{"exercise": 1}', "[" * 100_000, "\x00"])
def test_a_line_that_holds_no_event_is_left_out(tmp_path: Path, line: str) -> None:
    (tmp_path / "h.jsonl").write_text(f"{line}\n{json.dumps(numbered(1)[0])}")
    assert [event["number"] for event in history.read(tmp_path / "h.jsonl")] == [1]


@pytest.mark.skipif(os.name == "nt", reason="modes of files")
def test_only_its_owner_can_read_it() -> None:
    checks.check(ID, 0.5)
    for file in (progress.location(), history.beside(progress.location())):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_could_not_be_written_is_written_when_it_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(os, "open", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.warns(progress.ProgressWarning, match="could not be saved"):
            checks.check(ID, 0.5)
            checks.hint(ID)
    checks.check(ID, 0.8808)
    assert progress.load()[ID]["attempts"] == 2 and progress.load()[ID]["hints"] == 1
    assert [event["did"] for event in progress.events()] == ["attempt", "hint", "attempt"]
    assert progress.UNWRITTEN == []


@pytest.mark.parametrize("value", ["autograde", "validate"])
def test_nothing_is_kept_while_nbgrader_runs_the_notebook(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    checks.hint(ID)
    folder = progress.location().parent
    before = {file: file.read_bytes() for file in folder.iterdir()}
    with monkeypatch.context() as graded:
        graded.setenv("NBGRADER_EXECUTION", value)
        assert [progress.next_hint(ID, 4) for _ in range(2)] == [0, 1]  # for one who saw none
        progress.record_attempt(ID, "mistake", ["sign"])
    assert {file: file.read_bytes() for file in folder.iterdir()} == before
    assert progress.UNWRITTEN == []


def test_the_file_of_before_is_read_and_taken_over_once(monkeypatch: pytest.MonkeyPatch) -> None:
    old = progress.location().with_name("progress.json")
    entry = {"attempts": 3, "hints": 2, "passed": False, "last": "2026-01-01T00:00:00Z"}
    old.write_text(json.dumps({ID: entry}))
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert progress.load() == {ID: entry} and old.exists()
    assert checks.hint(ID).number == 3
    assert progress.load()[ID] == {**entry, "hints": 3} and not old.exists()
    monkeypatch.setenv("JUPYTERHUB_USER", "bob")
    assert progress.load() == {}


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners of files")
def test_the_file_of_another_account_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    old = progress.location().with_name("progress.json")
    old.write_text(json.dumps({ID: {"hints": 2}}))
    monkeypatch.setattr(os, "getuid", lambda: old.stat().st_uid + 1)
    assert checks.hint(ID).number == 1
    assert json.loads(old.read_text()) == {ID: {"hints": 2}}
