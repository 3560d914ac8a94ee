"""A description names all that a pipeline does, travels with a model, and refuses what differs."""

import json
from pathlib import Path

import pytest
from torch import nn

from mmtutor.pipelines import (
    ClipPipeline,
    PicturePipeline,
    SoundPipeline,
    WordPipeline,
    described,
    require_prepared,
)
from mmtutor.training import checkpoints
from tests.pipelines.some import CLIP, COLOUR, VOICE, WORDS

ALL = {"words": WORDS, "face": COLOUR, "voice": VOICE, "film": CLIP}


@pytest.mark.parametrize("name", ALL)
def test_a_description_is_plain_json_and_names_every_field(name: str) -> None:
    description = ALL[name].description
    assert json.loads(json.dumps(description)) == description
    assert {type(value) for value in description.values()} <= {str, int, float, bool}
    assert description["kind"] == type(ALL[name]).__name__


def test_a_description_travels_with_a_checkpoint(tmp_path: Path) -> None:
    model, path = nn.Linear(2, 1), tmp_path / "model.safetensors"
    checkpoints.save(path, model, **described(**ALL), recipe="quick")
    about = checkpoints.load(path, model)
    require_prepared(about, **ALL)
    assert about["recipe"] == "quick"


SMALL = PicturePipeline(16, COLOUR.mean, COLOUR.deviation)
OTHERS = {
    "words": (
        WordPipeline(("the", "cat", "cafe", "!"), length=5),
        "words",
        '"café" at place 2, here it is "cafe"',
    ),
    "side": (WordPipeline(WORDS.words, length=5, side="left"), "side", "right, here it is left"),
    "length": (WordPipeline(WORDS.words, length=6), "length", "5, here it is 6"),
    "lowered": (WordPipeline(WORDS.words, 5, lowered=False), "lowered", "True, here it is False"),
    "mean": (PicturePipeline(24, (0.5, 0.4, 0.4), COLOUR.deviation), "mean", "0.5 0.4 0.3"),
    "grey": (PicturePipeline(24, (0.5,), (0.2,)), "mean", "here it is 0.5:"),
    "rate": (SoundPipeline(16000, 256, 128, 16), "rate", "8000, here it is 16000"),
    "hop": (SoundPipeline(8000, 256, 64, 16), "hop", "128, here it is 64"),
    "scaled": (SoundPipeline(8000, 256, 128, 16, mean=-3.5), "mean", "0.0, here it is -3.5"),
    "frames": (ClipPipeline(COLOUR, rate=5), "rate", "10, here it is 5"),
    "within": (ClipPipeline(SMALL, 10), "picture side", "24"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_preparation_is_refused_in_a_sentence(name: str) -> None:
    other, field, says = OTHERS[name]
    modality = next(key for key, value in ALL.items() if type(value) is type(other))
    with pytest.raises(checkpoints.CheckpointError) as caught:
        require_prepared(described(**ALL), **{**ALL, modality: other})
    assert f"{modality} prepared with {field} " in str(caught.value)
    assert says in str(caught.value)


def test_a_modality_more_or_less_is_refused() -> None:
    with pytest.raises(checkpoints.CheckpointError, match="does not say how its voice"):
        require_prepared(described(words=WORDS), words=WORDS, voice=VOICE)
    with pytest.raises(checkpoints.CheckpointError, match="reads voice, too"):
        require_prepared(described(words=WORDS, voice=VOICE), words=WORDS)
    with pytest.raises(checkpoints.CheckpointError, match="kind PicturePipeline, here it is Clip"):
        require_prepared(described(face=COLOUR), face=CLIP)


@pytest.mark.parametrize("name", ALL)
def test_the_fixed_steps_are_said_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who changes what a pipeline does without a field changes its steps: then it is refused."""
    about = described(**{name: ALL[name]})
    monkeypatch.setattr(type(ALL[name]), "steps", ALL[name].steps + "; twice")
    with pytest.raises(checkpoints.CheckpointError, match=f"{name} prepared with steps"):
        require_prepared(about, **{name: ALL[name]})
