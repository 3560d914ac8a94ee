"""Precompute the tables of lesson 17: `python data/results/make_speech.py`.

A seed changes the first weights, the order of the batches, what a prenet drops and the first phases
of Griffin-Lim. What is reported is measured on splits that chose nothing. The judge is the lesson's
recogniser, from seed 0: it knows the voice that the synthesisers learn, and no synthesised sound.
It goes on where it was stopped. On one CPU core it takes half an hour.
"""

from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from statistics import mean

import torch
from controls import Found, keep
from speech_control import CONTROL
from speech_looks import LOOKS
from speech_models import (
    CHANGES,
    SPLITS,
    WEIGHTS,
    attention,
    judged,
    named,
    phrases,
    prepared,
    recipe_of,
    recogniser,
    synthesiser,
)
from torch import Tensor, nn

from mmtutor import speech
from mmtutor.datasets.spectrograms import mel_filters, short_time_fourier
from mmtutor.datasets.spelling import NOTHING, to_say
from mmtutor.metrics.transcripts import heard, word_errors
from mmtutor.pipelines import gluing
from mmtutor.pipelines.griffin_lim import (
    griffin_lim,
    least_squares,
    spectral_convergence,
    spread_out,
)
from mmtutor.pipelines.mel_frames import BANDS, HOP, WINDOW, as_frames, frame_counts
from mmtutor.speech import DURATION_QUICK

PLACE = Path(__file__).parent / "speech.json"
SEEDS = {
    "attention": 2,
    "attention, changed|guided": 2,
    "voices": 2,
}
"""Of all others there is one."""

# ── From sound to sound ───────────────────────────────────────────────────────────────────────────

WAYS = {
    "zero phase": {"rounds": 0, "momentum": 0.0},
    "zero phase, from the middle": {"rounds": 0, "momentum": 0.0},
    "random phase": {"rounds": 0, "momentum": 0.0},
    "1 round": {"rounds": 1, "momentum": 0.0},
    "4 rounds": {"rounds": 4, "momentum": 0.0},
    "32 rounds": {"rounds": 32, "momentum": 0.0},
    "100 rounds": {"rounds": 100, "momentum": 0.0},
    "32 rounds, momentum .99": {"rounds": 32, "momentum": 0.99},
}
"""How phases are guessed."""


def sound(way: str, seed: int, count: int = 60) -> Found:
    """Return how near sound comes to what was asked, and what is still understood of it.

    Asked for are the true magnitudes, and those that are guessed from mel bands in two ways.
    """
    some = phrases("new").only(torch.arange(0, 300, 300 // count))
    true = short_time_fourier(some.waves(torch.arange(count)), WINDOW, HOP).abs()
    power = true.square() @ mel_filters(BANDS, WINDOW)
    inverted = {"pseudo-inverse": spread_out, "least squares": least_squares}
    asked = {"magnitudes": true} | {name: make(power) for name, make in inverted.items()}
    first = None if "zero phase" in way else seed
    found = {}
    for name, loud in asked.items():
        signs = (-1.0) ** torch.arange(loud.shape[-1]) if "middle" in way else 1.0
        wave = griffin_lim(loud * signs, **WAYS[way], seed=first)
        found[f"{name}, dB"] = spectral_convergence(wave, true).mean().item()
        said = speech.recognise(
            recogniser("several", 0), as_frames(wave), frame_counts(some.lengths)
        )
        found[f"{name}, word error"] = word_errors(said, some.texts)
    return found


# ── From sound to text ────────────────────────────────────────────────────────────────────────────


def reads(learns: str, seed: int) -> Found:
    """Return what a recogniser reads right, on real sound, split by split."""
    found = {}
    for split in (*SPLITS, "voices"):
        data = prepared(split)
        said = speech.recognise(recogniser(learns, seed), data.mels, data.frames)
        found |= named(split, heard(said, phrases(split).texts))
    return found


RECOGNISERS = ("several", "train")
"""What a recogniser learns from: 44 voices, or one."""

# ── From text to sound ────────────────────────────────────────────────────────────────────────────

DURATIONS = ("true times", "attention, by word", "attention, by letter", "all letters alike")
"""Where the durations come from that a synthesiser learns with."""


def durations_from(source: str) -> Tensor:
    """Return the durations of the phrases to learn from."""
    learn = prepared("train")
    if source == "true times":
        return speech.true_durations(learn)
    if source == "all letters alike":
        return all_alike(learn)
    letters = source == "attention, by letter"
    return speech.attended_durations(synthesiser("the recipe", 0), learn, letters)


def all_alike(learn: speech.Prepared) -> Tensor:
    """Return durations that share each phrase's frames evenly among its letters."""
    counts = (learn.texts != NOTHING).sum(dim=1, keepdim=True)
    place = torch.minimum(torch.arange(1, learn.texts.shape[1] + 1), counts)
    ends = (learn.frames.unsqueeze(1) * place / counts).round().long()
    return torch.nn.functional.pad(ends, (1, 0)).diff(dim=1)


def durations(source: str, seed: int) -> Found:
    """Return what is understood of a synthesiser that learnt with durations from some source."""
    recipe = replace(DURATION_QUICK, seed=seed)
    model, _ = speech.train_durations(prepared("train"), durations_from(source), recipe)
    found = {}
    for split in SPLITS:
        texts = to_say(phrases(split).texts)
        found |= judged(split, *speech.say_with_durations(model, texts, phrases(split).voices))
    return found


# ── Rivals, learning, speed ───────────────────────────────────────────────────────────────────────


def glued(alike: bool, seed: int) -> Found:
    """Return what is understood of recorded words that are put side by side."""
    found = {}
    for split in SPLITS:
        found |= judged(split, *gluing.glued(phrases("train"), phrases(split), seed, alike))
    return found


def nearest(_seed: int) -> Found:
    """Return how wrong the recording is that needs the fewest edits: of words, perfectly heard."""
    known, found = phrases("train").texts, {}
    for split in SPLITS:
        wanted = phrases(split).texts
        found |= named(split, heard(speech.nearest_texts(known, wanted), wanted))
    return found


RIVALS = {
    "glued": partial(glued, False),
    "glued, same neighbours": partial(glued, True),
    "the nearest phrase": nearest,
}
"""What nobody has to learn."""


def learning(name: str, seed: int, every: int = 25) -> Found:
    """Return the loss (the mean since the last look) and the hit on validation phrases, by step."""
    learn, valid, recipe = prepared("train"), prepared("valid"), recipe_of(name, seed)
    _, history = speech.train_synthesiser(learn, recipe, valid, every)
    found = {}
    for step, hit in history.metrics["hit"]:
        found[f"loss, step {step}"] = mean(history.losses[step - every : step])
        found[f"hit, step {step}"] = hit
    return found


def speeds(model: nn.Module | None, seed: int) -> Found:
    """Return the judge's word error by speed, of real sound or of a synthesiser with durations."""
    found, data = {}, phrases("new")
    for speed in (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.6):
        if model is None:
            made = speech.at_speed(prepared("new").mels, prepared("new").frames, speed)
        else:
            made = speech.say_with_durations(model, to_say(data.texts), data.voices, speed)
        said = speech.recognise(recogniser("several", seed), *made)
        found[f"speed {speed}"] = word_errors(said, data.texts)
    return found


@cache
def speaker() -> nn.Module:
    """Return a synthesiser with durations that has learnt with the true times."""
    learn = prepared("train")
    return speech.train_durations(learn, speech.true_durations(learn), DURATION_QUICK)[0]


def speed_of(name: str, seed: int) -> Found:
    """Return `speeds` of real sound, stretched, or of the model with durations."""
    return speeds(None if name == "real" else speaker(), seed)


EXPERIMENTS = {
    "rivals": RIVALS,
    "attention": {"the recipe": partial(attention, "the recipe")},
    "durations": {source: partial(durations, source) for source in DURATIONS},
    "sound": {way: partial(sound, way) for way in WAYS},
    "recogniser": {name: partial(reads, name) for name in RECOGNISERS},
    "attention, changed": {name: partial(attention, name) for name in CHANGES},
    "speed": {name: partial(speed_of, name) for name in ("real", "durations")},
    "learning": {name: partial(learning, name) for name in ("the recipe", "even")},
    **LOOKS,
    **CONTROL,
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    keep(EXPERIMENTS, dict.fromkeys(EXPERIMENTS, 1) | SEEDS, PLACE)
    for place in WEIGHTS.glob("*.safetensors"):
        place.unlink()
    WEIGHTS.rmdir()
