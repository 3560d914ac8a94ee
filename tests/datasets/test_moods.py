"""Moods: the rule, limits against play, what can be read from raw data and what cannot."""

import re
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from mmtutor.datasets import moods
from mmtutor.datasets.moods import (
    EYES,
    LONGEST,
    MODALITIES,
    NEUTRAL,
    WORDS,
    WORLDS,
    Moods,
    draw_face,
    make_moods,
    rule,
    say,
    sentences,
)
from mmtutor.datasets.spectrograms import log_mel

SENSES = ("words", "mouth", "voice")


@pytest.fixture(scope="module")
def train() -> Moods:
    return make_moods(2500, seed=0)


@pytest.fixture(scope="module")
def test() -> Moods:
    return make_moods(1000, seed=0, test=True)


# ---------------------------------------------------------------------------- the rule


@pytest.mark.parametrize(
    ("eyes", "decides"), [("open", "words"), ("shut", "mouth"), ("wink", "voice")]
)
def test_the_eyes_say_who_decides(eyes: str, decides: str) -> None:
    for said in range(2):
        senses = {name: torch.tensor([said if name == decides else 1 - said]) for name in SENSES}
        assert rule(**senses, eyes=torch.tensor([EYES.index(eyes)])).tolist() == [said]


def test_labels_follow_the_rule_and_the_decider_is_named(train: Moods) -> None:
    said = {name: getattr(train, name).tolist() for name in SENSES}
    for place, decider in enumerate(train.decider.tolist()):
        name = {"words": "words", "face": "mouth", "voice": "voice"}[MODALITIES[decider]]
        assert train.labels[place] == said[name][place]


@pytest.mark.parametrize("world", WORLDS)
def test_the_cases_of_a_world_come_as_often_as_they_say(world: str) -> None:
    cases = moods.cases(world)
    assert sum(cases.values()) == 1
    drawn = moods.collection.draw_cases(20_000, world, torch.Generator().manual_seed(0))
    found = Counter(zip(*(column.tolist() for column in drawn), strict=True))
    assert {*found} <= {*cases}
    for case, share in cases.items():
        assert abs(found[case] / 20_000 - float(share)) < 0.012


def test_the_senses_of_the_first_world_tell_nothing_of_each_other(train: Moods) -> None:
    columns = torch.stack([train.words, train.mouth, train.voice, train.eyes]).double()
    away = torch.corrcoef(columns) - torch.eye(4)
    assert away.abs().max() < 0.06


def test_in_the_congruent_world_nine_of_ten_agree_and_in_the_neutral_one_are_neutral() -> None:
    made = make_moods(2000, world="congruent")
    alike = (made.words == made.mouth) & (made.mouth == made.voice)
    assert abs(alike.double().mean() - 0.925) < 0.02  # a quarter of the others agree by chance
    made = make_moods(2000, world="neutral")
    assert abs((made.labels == NEUTRAL).double().mean() - 0.9) < 0.02


def test_another_world_is_refused() -> None:
    with pytest.raises(ValueError, match="independent, congruent, neutral, not 'mad'"):
        make_moods(3, world="mad")


# ---------------------------------------------------------------------------- limits


def test_the_limits_are_those_of_arithmetic() -> None:
    found = moods.limits()
    assert len(found) == 7
    for chosen, best in found.items():
        by_hand = {1: 2 / 3, 2: 5 / 6 if "face" in chosen else 2 / 3, 3: 1}[len(chosen)]
        assert best == pytest.approx(by_hand)
    assert moods.vote() == pytest.approx(3 / 4)
    assert moods.summed() == pytest.approx(5 / 6)
    congruent = moods.limits("congruent")
    assert congruent[frozenset({"words"})] == pytest.approx(0.9 + 0.1 * 2 / 3)


@pytest.mark.parametrize("world", WORLDS)
def test_whoever_counts_long_enough_reaches_each_limit(world: str) -> None:
    drawn = moods.collection.draw_cases(60_000, world, torch.Generator().manual_seed(0))
    words, mouth, voice, eyes = drawn
    labels = rule(*drawn)
    shown = {"words": words, "face": 3 * mouth + eyes, "voice": voice}
    for chosen, best in moods.limits(world).items():
        key = sum(shown[name] * 9**place for place, name in enumerate(sorted(chosen)))
        counts = torch.zeros(729, 3)
        counts.index_put_((key, labels), torch.ones(len(labels)), accumulate=True)
        assert float(counts.amax(dim=1).sum() / len(labels)) == pytest.approx(best, abs=0.008)


@pytest.mark.parametrize("world", WORLDS)
def test_the_more_is_seen_the_better_and_a_vote_is_not_above_all(world: str) -> None:
    found = moods.limits(world)
    for some, best in found.items():
        assert all(best <= found[more] for more in found if some <= more)
    every = found[frozenset(MODALITIES)]
    assert every == 1 and moods.vote(world) < every and moods.summed(world) < every


# ---------------------------------------------------------------------------- raw data


def same(a: Moods, b: Moods) -> bool:
    return a.texts == b.texts and all(
        torch.equal(getattr(a, name), getattr(b, name))
        for name in ("faces", "voices", *SENSES, "eyes", "labels", "people")
    )


def test_the_same_seed_gives_the_same_and_another_does_not() -> None:
    one = make_moods(30, seed=3)
    assert same(one, make_moods(30, seed=3))
    assert not same(one, make_moods(30, seed=4)) and not same(one, make_moods(30, 3, test=True))


def test_data_are_as_a_camera_and_a_microphone_give_them(train: Moods) -> None:
    assert (train.faces.dtype, train.faces.shape[1:]) == (torch.uint8, (24, 24, 1))
    assert (train.voices.dtype, train.voices.shape[1:]) == (torch.int16, (4096,))
    loudest = train.voices.abs().amax(dim=1)
    assert loudest.min() > 2000 and loudest.max() < 32767
    assert len({*train.texts}) > 700
    assert all(len(text.split()) <= LONGEST for text in train.texts)


def test_some_are_chosen_by_places_mask_and_slice(train: Moods) -> None:
    places = torch.tensor([5, 2, 9])
    some = train[places]
    assert len(some) == 3 and some.texts == [train.texts[i] for i in (5, 2, 9)]
    assert torch.equal(some.voices, train.voices[places])
    assert same(train[:4], train[torch.arange(4)])
    assert same(train[train.eyes == 2], train[(train.eyes == 2).nonzero()[:, 0]])


def test_people_and_frames_of_the_test_were_never_seen(train: Moods, test: Moods) -> None:
    assert not {*train.people.tolist()} & {*test.people.tolist()}
    assert (len(train.people.unique()), len(test.people.unique())) == (160, 40)
    assert not {*train.texts} & {*test.texts}
    assert {word for text in test.texts for word in text.split()} <= {*WORDS}
    assert {word for text in train.texts for word in text.split()} <= {*WORDS}


def test_new_frames_use_known_words_and_no_frame_bears_a_sense() -> None:
    for frame in sentences.NEW + sentences.TRAINED:
        words = {*re.sub(r"\{\w+\}", "", frame).split()}
        assert words <= sentences.PLAIN and not words & sentences.BEARING
    every = [word for words in (*sentences.ADJECTIVES, *sentences.VERBS) for word in words]
    assert len(every) == len({*every})


def test_a_sense_stands_at_every_place_of_a_sentence() -> None:
    places = [
        [word in ("{adjective}", "{verb}") for word in frame.split()].index(True)
        for frame in sentences.TRAINED
    ]
    assert places == sorted(places) and {*places} == {*range(LONGEST)}


def test_the_sense_of_a_text_is_found_or_not(train: Moods) -> None:
    assert [moods.sense_of(text) for text in train.texts] == train.words.tolist()
    assert moods.sense_of("the Film was LOVELY") == 1
    assert moods.sense_of("the film was") is None
    assert moods.sense_of("an awful but lovely film") is None


def test_a_wink_shuts_either_eye() -> None:
    winks = torch.stack([draw_face(2, 1, seed).double() for seed in range(0, 120, 12)])
    assert (winks[:, :, 4:12].mean((1, 2, 3)) - winks[:, :, 12:20].mean((1, 2, 3))).std() > 1


def test_one_face_and_one_voice_are_drawn_for_a_page() -> None:
    assert draw_face(0, 1, seed=5).shape == (24, 24, 1)
    assert torch.equal(draw_face(0, 1, seed=5), draw_face(0, 1, seed=5))
    assert not torch.equal(draw_face(0, 1), draw_face(0, 0))
    assert say(1, seed=5).shape == (4096,) and torch.equal(say(1, seed=5), say(1, seed=5))
    assert not torch.equal(say(1), say(0))


# ---------------------------------------------------------------------------- what can be read


def bags(made: Moods) -> np.ndarray:
    """How often each word occurs in each text."""
    return np.array([[text.split().count(word) for word in WORDS] for text in made.texts])


def pixels(made: Moods) -> np.ndarray:
    return made.faces.flatten(1).double().numpy()


def sounds(made: Moods) -> np.ndarray:
    return log_mel(made.voices.float() / 32768).flatten(1).numpy()


READERS = {
    "words": (bags, LogisticRegression(max_iter=300)),
    "mouth": (pixels, SVC(C=10)),
    "eyes": (pixels, SVC(C=10)),
    "voice": (sounds, MLPClassifier((64,), max_iter=40, early_stopping=True, random_state=0)),
}


@pytest.mark.parametrize("name", list(READERS))
def test_each_sense_can_be_read_from_its_raw_data(name: str, train: Moods, test: Moods) -> None:
    read, reader = READERS[name]
    reader = make_pipeline(StandardScaler(), reader).fit(read(train), getattr(train, name))
    assert reader.score(read(test), getattr(test, name)) >= 0.99


@pytest.mark.parametrize(("name", "read"), [("mouth", pixels), ("voice", sounds)])
def test_no_single_number_gives_a_sense_away(name: str, read: Any, train: Moods) -> None:
    numbers, truth = read(train), getattr(train, name).numpy()
    best = 0.0
    for share in np.linspace(0.1, 0.9, 17):
        over = numbers > np.quantile(numbers, share, axis=0)
        right = (over == truth[:, None]).mean(axis=0)
        best = max(best, right.max(), 1 - right.min())
    assert 0.6 < best < 0.88


def test_loudness_over_time_gives_no_tone_away(train: Moods, test: Moods) -> None:
    def loud(made: Moods) -> np.ndarray:
        pieces = made.voices.double().unfold(1, 256, 256).square().mean(dim=2)
        return pieces.add(1).log().numpy()

    reader = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    assert reader.fit(loud(train), train.voice).score(loud(test), test.voice) < 0.75


def test_another_sense_cannot_be_read(train: Moods, test: Moods) -> None:
    """The face tells nothing of the tone, the voice nothing of the words."""
    for read, name in ((pixels, "voice"), (sounds, "words"), (bags, "mouth")):
        reader = make_pipeline(StandardScaler(), LogisticRegression(max_iter=100, C=0.01))
        score = reader.fit(read(train), getattr(train, name)).score(read(test), getattr(test, name))
        assert abs(score - 0.5) < 0.06


def test_neutral_senses_can_be_read_too() -> None:
    generator = torch.Generator().manual_seed(0)
    senses = torch.randint(3, (1500,), generator=generator)
    looks = moods.faces.faces_of_people(200)[torch.randint(200, (1500,), generator=generator)]
    drawn = moods.faces.draw_faces(looks, 0 * senses, senses, generator).flatten(1)
    reader = make_pipeline(StandardScaler(), SVC(C=10)).fit(drawn[:1000], senses[:1000])
    assert reader.score(drawn[1000:], senses[1000:]) >= 0.96
    throats = moods.voices.voices_of_people(200)[torch.randint(200, (1500,), generator=generator)]
    heard = log_mel(moods.voices.speak(throats, senses, generator).float() / 32768).flatten(1)
    reader = make_pipeline(StandardScaler(), SVC(C=10)).fit(heard[:1000], senses[:1000])
    assert reader.score(heard[1000:], senses[1000:]) >= 0.93


# ---------------------------------------------------------------------------- the buzz


def test_the_closed_form_is_the_sum_of_harmonics() -> None:
    hertz = torch.linspace(150, 210, 400, dtype=torch.float64).unsqueeze(0)
    bright = torch.tensor([[0.8]], dtype=torch.float64)
    phase = 2 * torch.pi * hertz.cumsum(dim=1) / 8000
    by_hand = sum(0.8**n * (n * phase).cos() for n in range(1, int(4000 / 210) + 1))
    assert torch.allclose(moods.voices.buzz(hertz, bright), by_hand)
