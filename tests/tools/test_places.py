"""Places that can be written, and a home folder, are found or missed in a sentence."""

import os
from pathlib import Path

import pytest

from mmtutor.tools.places import can_be_written, home, home_for_jupyter
from mmtutor.tools.trouble import Trouble
from tests.tools.small import mmtutor_


def test_a_file_can_be_written_where_a_folder_is_or_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert can_be_written(tmp_path / "file")
    assert can_be_written(tmp_path / "new" / "deeper" / "file")
    assert not can_be_written(tmp_path / "file" / "below a file")


def test_a_folder_without_permission_is_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda place, mode: mode != os.W_OK)
    assert not can_be_written(tmp_path / "file")


def test_home_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUPYTER_DATA_DIR", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert home() == home_for_jupyter() == tmp_path


def no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")


@pytest.mark.parametrize("command", ["lab", "doctor"])
def test_no_home_is_one_sentence(
    course: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.delenv("JUPYTER_DATA_DIR", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    result = mmtutor_(command)
    assert result.exit_code == {"lab": 2, "doctor": 1}[command]
    words = " ".join(result.output.split())
    assert "To be mended: Home folder." in words or "no home folder, and Jupyter needs" in words


def test_a_home_that_cannot_be_written_stops_the_lab_in_a_sentence(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the server starts: it would show a traceback."""
    monkeypatch.delenv("JUPYTER_DATA_DIR", raising=False)
    (course / "no folder").touch()
    monkeypatch.setattr(Path, "home", lambda: course / "no folder")
    result = mmtutor_("lab")
    assert result.exit_code == 2 and result.output.count("\n") == 1
    assert f"keeps its files in {course / 'no folder'}, which cannot be written" in result.output


def test_where_jupyter_was_told_to_keep_its_files_no_home_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path(os.devnull))
    with pytest.raises(Trouble, match="cannot be written: set HOME to a folder of yours"):
        home_for_jupyter()
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    assert home_for_jupyter() == tmp_path
