"""Several voices in one model, and pitch: parts of `make_speech.py`.

The synthesiser is the one with durations. Phrases are those of `new`, each in one of four voices. A
phrase is *unsaid* if it has a pair of digits that its voice never says in training, and others do.
"""

from dataclasses import replace
from functools import cache, partial
from statistics import mean

import torch
from controls import Found
from speech_models import phrases, prepared, recogniser, trained
from torch import Tensor, nn

from mmtutor import speech
from mmtutor.datasets import espeak
from mmtutor.datasets.phrases import FOUR, unsaid
from mmtutor.datasets.spectrograms import RATE
from mmtutor.datasets.spelling import to_say
from mmtutor.metrics.cepstra import mel_cepstral_distance
from mmtutor.metrics.pitch import pitch_of, semitones
from mmtutor.metrics.transcripts import heard
from mmtutor.metrics.voices import Whose, voice_judge
from mmtutor.pipelines.buzz import BREATH, with_pitch
from mmtutor.pipelines.mel_frames import Lengths, Mels, as_frames, frame_counts
from mmtutor.speech import DURATION_QUICK, DurationSynthesiser

Voices = Tensor
Sound = tuple[Mels, Lengths]

# ── Voices ────────────────────────────────────────────────────────────────────────────────────────


@cache
def whose() -> Whose:
    """Return a judge of 44 voices, who knows real sound alone."""
    return voice_judge(prepared("several").mels, prepared("several").frames, voices_in("several"))


def voices_in(split: str) -> Voices:
    """Return who says each phrase."""
    return phrases(split).voices


@cache
def of_four(seed: int) -> DurationSynthesiser:
    """Return one model of four voices."""
    return speaker(f"four {seed}", prepared("four"), seed)


@cache
def of_one(voice: int, steps: int, seed: int) -> DurationSynthesiser:
    """Return a model of one voice."""
    own = (voices_in("four") == voice).nonzero()[:, 0]
    return speaker(f"one {voice} {steps} {seed}", prepared("four").only(own), seed, steps)


@cache
def of_nobody(seed: int) -> DurationSynthesiser:
    """Return a model of four voices that is not told who speaks."""
    learn = prepared("four")
    same = torch.full_like(learn.voices, FOUR[0])
    return speaker(f"nobody {seed}", replace(learn, voices=same), seed)


def speaker(
    name: str, learn: speech.Prepared, seed: int, steps: int = DURATION_QUICK.steps
) -> DurationSynthesiser:
    """Return a synthesiser that has learnt with the true times, or did so before."""
    recipe = replace(DURATION_QUICK, seed=seed, steps=steps)
    return trained(
        name,
        DurationSynthesiser(recipe.width, len(espeak.VOICES), recipe.depth),
        lambda: speech.train_durations(learn, speech.true_durations(learn), recipe)[0],
    )


def said_by(model: nn.Module, voices: Voices) -> Sound:
    """Return all phrases as a model says them."""
    return speech.say_with_durations(model, to_say(phrases("four new").texts), voices)


def said_by_own(steps: int, seed: int) -> Sound:
    """Return all phrases, each said by the model of its own voice."""
    voices = voices_in("four new")
    every = {voice: said_by(of_one(voice, steps, seed), voices) for voice in FOUR}
    rows = [every[voice][0][i] for i, voice in enumerate(voices.tolist())]
    counts = [every[voice][1][i] for i, voice in enumerate(voices.tolist())]
    mels = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=speech.SILENCE)
    return mels, torch.stack(counts)


def made(name: str, seed: int) -> Sound:
    """Return the phrases in their voices, as somebody says them."""
    voices = voices_in("four new")
    if name == "real sound":
        return prepared("four new").mels, prepared("four new").frames
    if name.startswith("one model each"):
        steps = DURATION_QUICK.steps
        return said_by_own(steps // 4 if "quarter" in name else steps, seed)
    if name == "nobody is told":
        return said_by(of_nobody(seed), torch.full_like(voices, FOUR[0]))
    if name == "the mean voice":
        return said_by(speech.mixed(of_four(seed), dict.fromkeys(FOUR, 0.25)), voices)
    return said_by(of_four(seed), following(voices) if name == "the next voice" else voices)


def following(voices: Voices) -> Voices:
    """Return another voice of the four for each."""
    other = dict(zip(FOUR, FOUR[1:] + FOUR[:1], strict=True))
    return torch.tensor([other[voice] for voice in voices.tolist()])


def voices(name: str, seed: int) -> Found:
    """Return what is understood of four voices, and whose they are heard to be."""
    mels, frames = made(name, seed)
    texts, real = phrases("four new").texts, prepared("four new")
    said = speech.recognise(recogniser("several", 0), mels, frames)
    by_frames = whose()(mels, frames) == real.voices
    by_sound = whose()(speech.again(mels), frames) == real.voices
    kept, found = unsaid(phrases("four new")), {}
    for title, part in (("said", ~kept), ("unsaid", kept)):
        chosen = part.nonzero()[:, 0].tolist()
        right = heard([said[i] for i in chosen], [texts[i] for i in chosen])
        found[f"{title}, right"], found[f"{title}, word error"] = (
            right[metric] for metric in ("right", "word error")
        )
        found[f"{title}, voice"] = by_frames[part].float().mean().item()
        found[f"{title}, voice in the sound"] = by_sound[part].float().mean().item()
        found[f"{title}, cepstral distance"] = mean(
            mel_cepstral_distance(mels[i, : frames[i]], real.mels[i, : real.frames[i]])
            for i in chosen[::4]
        )
    return found


SPEAKERS = (
    *("real sound", "one model", "one model each", "one model each, a quarter of the steps"),
    *("nobody is told", "the mean voice", "the next voice"),
)
"""Who says the phrases."""


def between(names: tuple[str, str], seed: int) -> Found:
    """Return how voices between two are understood, and whose they are heard to be."""
    one, other = (espeak.VOICES.index(name) for name in names)
    texts, found = phrases("four new").texts, {}
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        model = speech.mixed(of_four(seed), {one: 1 - share, other: share})
        mels, frames = said_by(model, voices_in("four new"))
        said, voice = (
            speech.recognise(recogniser("several", 0), mels, frames),
            whose()(mels, frames),
        )
        found |= {
            f"{share:.2f}, right": heard(said, texts)["right"],
            f"{share:.2f}, {names[0]}": (voice == one).float().mean().item(),
            f"{share:.2f}, {names[1]}": (voice == other).float().mean().item(),
            f"{share:.2f}, frames": frames.float().mean().item(),
        }
    return found


# ── Pitch ─────────────────────────────────────────────────────────────────────────────────────────

PITCHES = (70, 94, 120, 150, 180, 250, 350)
"""What is asked for, in hertz."""
FASTER = (0.8, 1.25, 1.6, 2.0)
"""How much faster recordings are played."""


def pitch(voice: str, _seed: int) -> Found:
    """Return how high a voice is in recordings and in what is made of their frames.

    What is understood of it stands beside it: of 75 phrases.
    """
    own = (voices_in("four new") == espeak.VOICES.index(voice)).nonzero()[:, 0]
    some, data = phrases("four new").only(own), prepared("four new").only(own)
    waves = some.waves(torch.arange(len(some)))
    sounds = {"recorded": waves, "Griffin-Lim": speech.to_wave(data.mels)}
    found = {}
    for name, wave in sounds.items():
        found |= named_pitch(name, wave, data.frames, some.texts)
    for hertz in PITCHES:
        for breath in (0.0, BREATH):
            wave = with_pitch(data.mels, hertz, breath)
            name = f"asked {hertz}, breath {breath}"
            found |= named_pitch(name, wave, data.frames, some.texts, hertz)
    for times in FASTER:
        faster = played(waves, times)
        counts = frame_counts((some.lengths / times).long())
        found |= named_pitch(f"played x {times}", faster, counts, some.texts)
    return found


def played(waves: Tensor, times: float) -> Tensor:
    """Return sound that is played so many times as fast: shorter and higher."""
    from scipy.signal import resample

    return torch.from_numpy(resample(waves.numpy(), round(waves.shape[1] / times), axis=1)).float()


def named_pitch(
    name: str, waves: Tensor, frames: Lengths, texts: list[str], wanted: float | None = None
) -> Found:
    """Return the median pitch of sound, the share of voiced frames, and what is understood."""
    found = pitch_of(waves, RATE)
    hertz = found.hertz[found.voiced]
    said = speech.recognise(recogniser("several", 0), as_frames(waves), frames)
    metrics = {
        f"{name}, hertz": hertz.median().item(),
        f"{name}, voiced": (found.voiced.sum() / found.loud.sum()).item(),
        f"{name}, right": heard(said, texts)["right"],
    }
    if wanted is not None:
        off = semitones(hertz, wanted).abs()
        metrics |= {
            f"{name}, semitones off": off.median().item(),
            f"{name}, within one": (off < 1).float().mean().item(),
        }
    return metrics


CONTROL = {
    "voices": {name: partial(voices, name) for name in SPEAKERS},
    "between voices": {
        f"{one} to {other}": partial(between, (one, other))
        for one, other in (("m1", "zac"), ("f4", "Andy"))
    },
    "pitch": {espeak.VOICES[voice]: partial(pitch, espeak.VOICES[voice]) for voice in FOUR},
}
"""By part and name, what is measured."""
