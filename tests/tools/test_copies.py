"""A student's copies of a course that nobody writes to."""

import stat
from pathlib import Path

import pytest

from mmtutor.tools.copies import copies


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course whose files and folders cannot be written."""
    root = tmp_path / "course"
    texts = ("LICENSE", "notebooks/00_a.ipynb", "exercises/00_a.ipynb", "data/README.md")
    for name in texts:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"as given: {name}")
    (root / "notebooks" / ".ipynb_checkpoints").mkdir()  # the administrator had a look
    for path in root.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return root


def test_notebooks_can_be_written_and_data_is_one_for_all(course: Path, tmp_path: Path) -> None:
    mine = tmp_path / "ada" / "course"
    assert copies(course, mine) == 3
    for path in (mine, *mine.glob("notebooks"), *mine.rglob("*.ipynb")):
        assert path.stat().st_mode & stat.S_IWUSR
    assert (mine / "data").is_symlink() and (mine / "data" / "README.md").is_file()


def test_what_a_student_wrote_stays_and_what_is_gone_comes_again(
    course: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "course of mine"
    copies(course, mine)
    (mine / "exercises" / "00_a.ipynb").write_text("my answer")
    (mine / "notebooks" / "00_a.ipynb").unlink()
    assert copies(course, mine) == 1
    assert (mine / "exercises" / "00_a.ipynb").read_text() == "my answer"
    assert (mine / "notebooks" / "00_a.ipynb").read_text() == "as given: notebooks/00_a.ipynb"
    assert copies(course, mine) == 0


def test_a_data_folder_of_the_students_own_is_left_alone(course: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "data").mkdir(parents=True)
    copies(course, mine)
    assert not (mine / "data").is_symlink()


def test_a_full_disk_leaves_no_half_a_notebook(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, part: Path) -> None:
        part.write_text("as gi")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        copies(course, tmp_path / "mine")
    assert not [path for path in (tmp_path / "mine").rglob("*") if path.is_file()]
