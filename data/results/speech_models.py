"""Phrases, models and the judge of lesson 17, for the programs beside this file.

What is trained is kept in a folder while a program runs, and is not trained again.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import mean

from controls import Found
from torch import Tensor, nn

from mmtutor import speech
from mmtutor.datasets.phrases import Phrases, load_phrases
from mmtutor.datasets.spelling import to_say
from mmtutor.metrics.cepstra import mel_cepstral_distance
from mmtutor.metrics.transcripts import heard
from mmtutor.pipelines.mel_frames import Mels, frame_counts
from mmtutor.speech import RECOGNISER_QUICK, SYNTHESISER_QUICK
from mmtutor.training import checkpoints

WEIGHTS = Path(__file__).parent / "speech.run"
"""Trained models, while the program runs."""
SPLITS = ("new", "pairs", "six")

phrases = cache(load_phrases)


@cache
def prepared(split: str) -> speech.Prepared:
    """Return the phrases of a split, ready to learn from."""
    return speech.prepare(phrases(split))


def trained(name: str, model: nn.Module, train: Callable[[], nn.Module]) -> nn.Module:
    """Return what `train` makes: from a file, into `model`, where it was made before."""
    place = WEIGHTS / f"{name}.safetensors"
    if place.exists():
        checkpoints.load(place, model)
        return model.eval()
    model = train()
    WEIGHTS.mkdir(exist_ok=True)
    checkpoints.save(place, model)
    return model


@cache
def recogniser(learns: str, seed: int) -> nn.Module:
    """Return a recogniser that has learnt from a split."""
    recipe = replace(RECOGNISER_QUICK, seed=seed)
    return trained(
        f"recogniser {learns} {seed}",
        speech.Recogniser(recipe.width),
        lambda: speech.train_recogniser(phrases(learns), recipe)[0],
    )


CHANGES = {
    "no dropout": {"dropout": 0.0},
    "guided": {"guided": 1.0},
    "even": {"attention": "even"},
    "contents alone": {"attention": "content"},
}
"""What differs from the lesson's recipe."""


def recipe_of(name: str, seed: int) -> speech.SynthesiserRecipe:
    """Return the recipe of a synthesiser with attention."""
    return replace(SYNTHESISER_QUICK, **CHANGES.get(name, {}), seed=seed)


@cache
def synthesiser(name: str, seed: int) -> nn.Module:
    """Return a synthesiser with attention."""
    recipe = recipe_of(name, seed)
    return trained(
        f"attention {name} {seed}",
        speech.new_synthesiser(recipe),
        lambda: speech.train_synthesiser(prepared("train"), recipe)[0],
    )


def named(split: str, found: Found) -> Found:
    """Return what was found with the split's name before each metric."""
    return {f"{split}, {metric}": number for metric, number in found.items()}


def judged(split: str, mels: Mels, frames: Tensor) -> Found:
    """Return what the judge understands of speech, and how far from real speech it sounds."""
    data = phrases(split)
    said = speech.recognise(recogniser("several", 0), mels, frames)
    found = named(split, heard(said, data.texts))
    found[f"{split}, cepstral distance"] = distance(data, mels, frames)
    return found


def distance(data: Phrases, mels: Mels, frames: Tensor, every: int = 5) -> float:
    """Return the mean mel cepstral distance of every fifth phrase, in decibels."""
    real, counts = speech.frames_of(data), frame_counts(data.lengths)
    return mean(
        mel_cepstral_distance(mels[i, : frames[i]], real[i, : counts[i]])
        for i in range(0, len(data), every)
        if frames[i] > 0
    )


def attention(name: str, seed: int) -> Found:
    """Return where a synthesiser looks, and what is understood of its speech."""
    model = synthesiser(name, seed)
    found = speech.alignment(model, prepared("new"))
    for split in SPLITS:
        said = speech.say(model, to_say(phrases(split).texts), seed=seed)
        found |= judged(split, said.mels, said.frames)
        found[f"{split}, stopped"] = said.stopped.float().mean().item()
    return found
