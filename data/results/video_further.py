"""Precompute what *Further* of lesson 16 compares: `python data/results/video_further.py`.

Captions find films, sentences find moments, films find sounds. A seed changes first weights and the
order of the batches, of the reader of films, too. All is measured on test films (seed 1001), which
chose nothing. It goes on where it was stopped. On one CPU core it takes half an hour, most of it to
train the readers.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import torch
from controls import Found, keep
from make_video import Way, trained
from torch import Tensor, nn

from mmtutor import video
from mmtutor.datasets.lamp_sounds import BANDS
from mmtutor.datasets.lamp_words import captions, meanings
from mmtutor.datasets.lamps import Lamps, make_lamps
from mmtutor.datasets.names import encode, word_tokenizer
from mmtutor.metrics.moments import hits, temporal_overlap
from mmtutor.training import predict, seed_everything
from mmtutor.video import FilmReader

PLACE = Path(__file__).with_suffix(".json")
SEEDS = {"captions": 2, "moments": 3, "sounds": 3}
WORDINGS = 4
"""Captions of each film to learn from."""


def mean_frame(films: video.Films, seed: int) -> video.Films:
    """Show the mean frame; there is nothing to draw."""
    return video.mean_frame(films)


SHOWN = {
    "all frames": Way().shown,
    "shuffled": video.shuffled,
    "mean of frames": mean_frame,
    "one frame": video.one_frame,
}


@cache
def reader(shown: str, seed: int) -> FilmReader:
    """Train a reader on films that are shown in this way."""
    return trained(Way(shown=SHOWN[shown]), seed)[0]


@cache
def to_test() -> Lamps:
    """Return films that chose nothing."""
    return make_lamps(1_000, seed=1001)


# ── Captions ──────────────────────────────────────────────────────────────────────────────────────


def matched(shown: str, text: Callable[[int, int], nn.Module], wordings: int, seed: int) -> Found:
    """Train a matcher; return its recall, and what it prefers in hard pairs."""
    read, see = reader(shown, seed), partial(SHOWN[shown], seed=7)
    told, films = make_lamps(3_000, seed=4), to_test()
    said = [line for wording in range(wordings) for line in captions(told, seed=wording)]
    tokenizer = word_tokenizer(said, longest=video.LONGEST)
    known = video.gathered(read, SHOWN[shown](told.frames, seed)).repeat(wordings, 1, 1)
    seed_everything(seed)
    matcher = video.Matcher(len(tokenizer), text)
    names, recipe = meanings(told).repeat(wordings), replace(video.MATCH, seed=seed)
    video.learn_to_match(matcher, known, encode(tokenizer, said), names, recipe)
    texts = encode(tokenizer, captions(films, seed=9))
    with torch.no_grad():
        vectors = matcher(video.gathered(read, see(films.frames)), texts)
    return {
        **video.retrieval(*vectors),
        **video.hard_pairs(read, matcher, tokenizer, films, see),
    }


CAPTIONS = {
    "the lesson's": partial(matched, "all frames", video.text_tower, WORDINGS),
    "one wording a film": partial(matched, "all frames", video.text_tower, 1),
    "bag of words": partial(matched, "all frames", video.BagOfWords, WORDINGS),
    **{
        name: partial(matched, name, video.text_tower, WORDINGS)
        for name in SHOWN
        if name != "all frames"
    },
}


# ── Moments ───────────────────────────────────────────────────────────────────────────────────────


@cache
def finder(along: Callable[[int], nn.Module], seed: int) -> Callable[[Lamps, list[str]], Tensor]:
    """Train a finder; return what scores each frame of films for a sentence each."""
    read, told = reader("all frames", seed), make_lamps(3_000, seed=5)
    first = video.sentences(told)
    tokenizer = word_tokenizer(first.texts)
    seed_everything(seed)
    model, recipe = video.MomentFinder(len(tokenizer), along), replace(video.MOMENTS, seed=seed)
    known, texts = video.tokens_of(read, told.frames), encode(tokenizer, first.texts)
    video.learn_moments(model, known, texts, first.when, recipe)

    def scores(films: Lamps, texts: list[str]) -> Tensor:
        return predict(model, video.tokens_of(read, films.frames), encode(tokenizer, texts))

    return torch.no_grad()(scores)


def moments(along: Callable[[int], nn.Module] | None, heard: bool, seed: int) -> Found:
    """Score moments by event, those of a finder or (none) those of the reader's look."""
    films = to_test()
    asked = video.sentences(films, heard, seed=1)
    if along is None:
        look = video.look(reader("all frames", seed), films.frames)
        return scored(video.looked_at(look, asked), asked)
    return scored(finder(along, seed)(films, asked.texts), asked)


def scored(scores: Tensor, asked: video.Sentences) -> Found:
    """Return hits and overlap of each event."""
    said = video.said_frames(scores, asked.when.sum(1))
    both = {"hit": hits(scores, asked.when), "overlap": temporal_overlap(said, asked.when)}
    return {
        f"{name}, {event}": share
        for name, found in both.items()
        for event, share in video.by_event(found, asked).items()
    }


FINDERS = {"frame by frame": nn.Identity, "along time": video.AlongTime, "the reader's look": None}
MOMENTS = {
    f"{name}{which}": partial(moments, along, heard)
    for which, heard in (("", True), (", unheard", False))
    for name, along in FINDERS.items()
}


# ── Sounds ────────────────────────────────────────────────────────────────────────────────────────


def heard(recipe: video.Recipe | None, seed: int) -> Found:
    """Train a matcher of films and sounds, or (no recipe) leave it as it begins."""
    read, test = reader("all frames", seed), video.loops(1_000, seed=1001)
    seed_everything(seed)
    matcher = video.SoundMatcher(BANDS)
    if recipe:
        told = video.loops(1_500, seed=6)
        known = video.tokens_of(read, told.frames)
        video.learn_to_hear(matcher, known, told.loud, replace(recipe, seed=seed))
    with torch.no_grad():
        return video.hearing(*matcher(video.tokens_of(read, test.frames), test.loud))


EXPERIMENTS = {
    "captions": CAPTIONS,
    "moments": MOMENTS,
    "sounds": {"untrained": partial(heard, None), "learnt": partial(heard, video.HEAR)},
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    keep(EXPERIMENTS, SEEDS, PLACE)
