"""Text files are written as a whole."""

import errno
import os
from pathlib import Path

import pytest

from mmtutor.tools.files import write


def test_what_is_written_is_read_and_nothing_else_is_left(tmp_path: Path) -> None:
    for text in ("one\n", "two σ\n\n"):
        write(tmp_path / "a.txt", text)
        assert (tmp_path / "a.txt").read_bytes() == text.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_leaves_the_old_file_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *arguments: object, **options: object) -> None:
        path.touch()  # the name is there, the text is not
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write(tmp_path / "a.txt", "old\n")
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError) as caught:
        write(tmp_path / "a.txt", "new\n")
    assert caught.value.filename == str(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "old\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
