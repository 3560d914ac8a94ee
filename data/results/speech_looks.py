"""What the recipe's model of lesson 17 knows and does: parts of `make_speech.py`."""

from dataclasses import replace
from functools import partial
from itertools import groupby
from statistics import mean

import torch
from controls import Found
from speech_models import attention, phrases, prepared, recogniser, synthesiser
from torch import Tensor

from mmtutor import speech
from mmtutor.datasets.spelling import NOTHING, STOP, to_say, words_of
from mmtutor.metrics.alignment import by_word
from mmtutor.metrics.transcripts import heard
from mmtutor.pipelines.mel_frames import within
from mmtutor.speech import SYNTHESISER_QUICK


def nothing_learnt(_seed: int) -> Found:
    """Return how near one comes without learning: by a straight line, by a frame said again."""
    data, group = prepared("new"), SYNTHESISER_QUICK.group
    _, mels = speech.trimmed(data.texts, data.mels, data.frames, group)
    learn = prepared("train")
    mean_frame = learn.mels[within(learn.frames, learn.mels.shape[1])].mean(dim=0)
    before = torch.nn.functional.pad(mels, (0, 0, 1, 0))[:, : mels.shape[1] : group]
    again = before.repeat_interleave(group, dim=1)
    return {
        **{f"straight line, {key}": value for key, value in speech.straight(data, group).items()},
        "last frame again, frames off": speech.frame_loss(again, mels, data.frames).item(),
        "mean frame, frames off": speech.frame_loss(
            mean_frame.expand_as(mels), mels, data.frames
        ).item(),
    }


def as_sound(name: str, seed: int) -> Found:
    """Return what the judge understands of a model's frames, and of the sound they become."""
    found, model = {}, synthesiser(name, seed)
    for split in ("new", "six"):
        texts = phrases(split).texts
        made = speech.say(model, to_say(texts), seed=seed)
        sounds = torch.cat([speech.again(some) for some in made.mels.split(50)])
        read, listened = (
            speech.recognise(recogniser("several", 0), mels, made.frames)
            for mels in (made.mels, sounds)
        )
        found[f"{split}, frames, right"] = heard(read, texts)["right"]
        found[f"{split}, sound, right"] = heard(listened, texts)["right"]
        found[f"{split}, same text"] = mean(a == b for a, b in zip(read, listened, strict=True))
    return found


def word_order(name: str, seed: int) -> Found:
    """Return how far frames are off where the text's words are given in reverse order."""
    data, model = prepared("new"), synthesiser(name, seed)
    backwards = [" ".join(text.split()[::-1]) for text in phrases("new").texts]
    other = torch.tensor([a != b for a, b in zip(phrases("new").texts, backwards, strict=True)])
    found = {}
    for order, texts in (("as it is", data.texts), ("reversed", to_say(backwards))):
        some = replace(data, texts=texts).only(other.nonzero()[:, 0])
        torch.manual_seed(seed)
        found[f"{order}, frames off"] = speech.alignment(model, some)["frames off"]
    return found


def unforgetful(name: str, seed: int) -> Found:
    """Return how a model that learnt with dropout writes and speaks without."""
    model = synthesiser(name, seed)
    learnt_with, model.dropout = model.dropout, 0.0
    found = attention(name, seed)
    model.dropout = learnt_with
    return found


def where_it_looks(name: str, seed: int) -> Found:
    """Return how a model goes along letters, and along the words of long phrases that fail."""
    model, data = synthesiser(name, seed), prepared("new")
    weights = speech.look_along(model, data).weights
    letters = data.texts[:, : weights.shape[2]]
    real = (letters != NOTHING) & (letters != STOP)
    silent = speech.strongest_letters(weights, data.frames, model.group) == 0
    texts = phrases("six").texts
    made = speech.say(model, to_say(texts), seed=seed)
    said = speech.recognise(recogniser("several", 0), made.mels, made.frames)
    looked = looked_at_words(made.weights, to_say(texts), made.frames // model.group)
    wrong = [i for i, text in enumerate(texts) if said[i] != text]
    return {
        "letters without a frame": silent[real].float().mean().item(),
        "word on one letter": on_one_letter(weights, data, model.group),
        "six, wrong": len(wrong) / len(texts),
        "six, wrong, all words in order": mean(looked[i] == list(range(6)) for i in wrong),
        "six, wrong, fewer words": mean(len(said[i].split()) < 6 for i in wrong),
    }


def looked_at_words(weights: Tensor, texts: Tensor, steps: Tensor) -> list[list[int]]:
    """Return the words that are looked at in each phrase, in turn, without the end."""
    strongest = by_word(weights, texts).argmax(dim=2).tolist()
    last = words_of(texts).amax(dim=1).tolist()
    return [
        [word for word, _ in groupby(row[:count]) if word < end]
        for row, count, end in zip(strongest, steps.tolist(), last, strict=True)
    ]


def on_one_letter(weights: Tensor, data: speech.Prepared, group: int) -> float:
    """Return in which share of the words that are looked at one letter is always the strongest."""
    letter, words = weights.argmax(dim=2).tolist(), words_of(data.texts).tolist()
    steps = (-(-data.frames // group)).tolist()
    found = []
    for row, count, own in zip(letter, steps, words, strict=True):
        letters = sorted(at for at in set(row[:count]) if own[at] < max(own))  # not the end
        found += [len(list(some)) == 1 for _, some in groupby(letters, own.__getitem__)]
    return mean(found)


LOOKS = {
    "nothing learnt": {"lines and copies": nothing_learnt},
    "as sound": {name: partial(as_sound, name) for name in ("the recipe", "even")},
    "word order": {name: partial(word_order, name) for name in ("the recipe", "even")},
    "scored without dropout": {"the recipe": partial(unforgetful, "the recipe")},
    "where it looks": {"the recipe": partial(where_it_looks, "the recipe")},
}
"""By part and name, what is measured."""
