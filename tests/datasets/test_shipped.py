"""Trained models and results are found, and where there are none a sentence says what to do."""

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from mmtutor.contrastive import Names
from mmtutor.crossmodal import SceneQuestions
from mmtutor.datasets import shipped as module
from mmtutor.datasets.shipped import shipped
from mmtutor.pipelines import Pipeline, require_prepared
from mmtutor.pipelines.description import PREPARED
from mmtutor.training import checkpoints

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
    assert "a copy of the course; `mmtutor start` makes one" in sentence and "\n" not in sentence


def names_of(folder: str) -> Names:
    """What the tokenizer in a folder does."""
    return Names.of(AutoTokenizer.from_pretrained(shipped(f"checkpoints/{folder}")))


@pytest.mark.parametrize(
    ("model", "prepared"),
    [
        ("answers", {"questions": SceneQuestions()}),
        ("names", {"names": names_of("names")}),
        ("emoji", {"names": names_of("emoji")}),
    ],
)
def test_a_shipped_model_says_with_which_words_it_learnt(
    model: str, prepared: dict[str, Pipeline]
) -> None:
    _, about = checkpoints.read(shipped(f"checkpoints/{model}.safetensors"))
    require_prepared(about, **prepared)  # raises if it is not
    assert {f"{PREPARED}{name}" for name in prepared} == {k for k in about if PREPARED in k}


def test_a_shipped_model_refuses_words_with_other_numbers() -> None:
    _, about = checkpoints.read(shipped("checkpoints/answers.safetensors"))
    known = SceneQuestions().words
    other = SceneQuestions(words=(*known[:-1], "tower"))
    with pytest.raises(checkpoints.CheckpointError, match=f'words "{known[-1]}" at place'):
        require_prepared(about, questions=other)
