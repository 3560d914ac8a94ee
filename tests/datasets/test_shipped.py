"""Trained models and results are found, and where there are none a sentence says what to do."""

from pathlib import Path

import pytest

from mmtutor.datasets import shipped as module
from mmtutor.datasets.shipped import shipped

COURSE = Path(__file__).resolve().parents[2]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of a package that lies in no repository."""
    monkeypatch.setattr(module, "REPOSITORY", tmp_path / "site-packages")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["checkpoints/pixels.safetensors", "checkpoints/names"])
def test_what_is_shipped_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shipped(name) == COURSE / "data" / name and shipped(name).exists()


def test_an_installed_package_finds_it_in_the_copy_around_the_notebook(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (installed / "data" / "results").mkdir(parents=True)
    (installed / "data" / "results" / "a.json").touch()
    (installed / "notebooks").mkdir()
    monkeypatch.chdir(installed / "notebooks")
    assert shipped("results/a.json") == installed / "data" / "results" / "a.json"


def test_where_it_is_missing_a_sentence_says_what_to_do(installed: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        shipped("checkpoints/names")
    sentence = str(caught.value)
    assert sentence.startswith("data/checkpoints/names is not here")
    assert "copy of the course's repository" in sentence and "\n" not in sentence
