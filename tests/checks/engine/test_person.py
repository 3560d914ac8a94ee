"""Everybody has a name, and no two the same file."""

import getpass
import os
from pathlib import Path

import pytest

from mmtutor import checks
from mmtutor.checks.engine import progress
from mmtutor.checks.engine.person import key, person

ID = "attention.predict"


@pytest.fixture(autouse=True)
def nothing_unsaved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "UNSAVED", {})
    monkeypatch.setattr(progress, "UNWRITTEN", [])
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)


def not_listed(*_: object) -> None:
    raise KeyError("getpwuid(): uid not found: 12345")


@pytest.fixture
def unlisted(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that neither the environment nor the system knows, and that has no home."""
    pwd = pytest.importorskip("pwd", reason="Unix")
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "HOME", "XDG_DATA_HOME", "MMTUTOR_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", not_listed)


def test_the_hub_knows_the_name_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "jovyan")
    assert person() == "jovyan"
    monkeypatch.setenv("JUPYTERHUB_USER", "ada@example.org")
    assert person() == "ada@example.org"
    assert progress.location().name == "progress-ada%40example.org.json"


@pytest.mark.parametrize("error", [KeyError(), ImportError(), OSError()])
def test_an_account_without_a_name_has_its_number(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def nobody() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert person() == (f"uid-{os.getuid()}" if hasattr(os, "getuid") else "somebody")


def test_two_names_are_two_keys_and_every_key_is_a_file_name(tmp_path: Path) -> None:
    names = ["ada", "a/da", "a_da", "..", "a\nb", "李" * 200, "李" * 201, "x" * 300, "a b", "a+b"]
    for name in names:
        (tmp_path / f"progress-{key(name)}-history.1.jsonl").write_text(name, encoding="utf-8")
    assert len(list(tmp_path.iterdir())) == len(names)


def test_bytes_that_are_no_letters_are_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ad\udcffa")
    assert not checks.check(ID, 0.5).passed
    assert progress.events()[0]["user"] == "ad?a"


def test_a_shared_home_keeps_people_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert checks.check(ID, 0.8808).passed
    assert checks.hint(ID).number == 1
    monkeypatch.setenv("JUPYTERHUB_USER", "bob")
    assert progress.load() == {} and progress.events() == []
    assert checks.hint(ID).number == 1
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert progress.load()[ID]["passed"] and checks.hint(ID).number == 2


def test_an_account_that_nobody_lists_and_without_a_home_goes_on(
    unlisted: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And makes no folder called `~` where it stands."""
    monkeypatch.chdir(tmp_path)
    with pytest.warns(progress.ProgressWarning, match="no home folder here"):
        assert checks.check(ID, 0.8808).passed
        assert [checks.hint(ID).number for _ in range(3)] == [1, 2, 3]
    assert not [path for path in tmp_path.iterdir() if path.name == "~"]
    monkeypatch.setenv("MMTUTOR_HOME", str(tmp_path / "mine"))
    assert checks.hint(ID).number == 4
    assert progress.location().name == f"progress-uid-{os.getuid()}.json"
    assert progress.location().exists()
