"""Phrases: both sources, true times, splits that share nothing, the cache, and what is missing."""

from itertools import pairwise

import pytest
import torch

from mmtutor.datasets import espeak, phrases
from mmtutor.datasets.phrases import COUNTS, LEAD, TAIL, Phrases, load_phrases, phrases_of
from mmtutor.datasets.spectrograms import RATE
from mmtutor.datasets.spoken import load_spoken, split

SOURCES = [
    "vowels",
    pytest.param(
        "espeak",
        marks=pytest.mark.skipif(not espeak.installed(), reason="espeakng-loader is not installed"),
    ),
]


@pytest.fixture(scope="module", params=SOURCES)
def new(request: pytest.FixtureRequest) -> Phrases:
    return load_phrases("new", request.param)


def pairs_in(name: str) -> set[tuple[int, int]]:
    return {pair for phrase in phrases_of(name) for pair in pairwise(phrase)}


# ── Which phrases ─────────────────────────────────────────────────────────────────────────────────


def test_splits_have_their_sizes_and_share_no_phrase() -> None:
    several = {name: phrases_of(name) for name in COUNTS}
    for name, some in several.items():
        lengths = [len(phrase) for phrase in some]
        assert {n: lengths.count(n) for n in set(lengths)} == COUNTS[name]
        assert len(set(some)) == len(some)
    apart = ("train", "valid", "new", "pairs", "six")
    every = [phrase for name in apart for phrase in several[name]]
    assert len(set(every)) == len(every)
    assert several["several"] == several["train"]
    assert set(several["voices"]) <= set(several["new"])


def test_twenty_pairs_are_in_one_split_alone() -> None:
    held = {(a, b) for a in range(10) for b in range(10) if phrases.held_pairs((a, b))}
    assert len(held) == 20
    assert {len([p for p in held if p[side] == d]) for d in range(10) for side in (0, 1)} == {2}
    for name in COUNTS:
        assert not (pairs_in(name) & held) or name == "pairs"
    assert held <= pairs_in("pairs")
    assert all(phrases.held_pairs(phrase) == 1 for phrase in phrases_of("pairs"))
    assert len(pairs_in("train")) == 80


def test_unheard_voices_are_those_of_the_spoken_digits() -> None:
    data = load_spoken("vowels")
    _, test = split(data)
    assert set(phrases.UNHEARD) == set(data.voices[test].tolist())
    assert not set(phrases.UNHEARD) & set(phrases.SEVERAL)
    assert set(phrases.voices_of("several", 44)) == set(phrases.SEVERAL)
    assert phrases.VOICE in phrases.SEVERAL and set(phrases.voices_of("new", 9)) == {phrases.VOICE}


def test_each_of_four_voices_never_says_pairs_that_the_others_say() -> None:
    voices = phrases.voices_of("four", len(phrases_of("four")))
    said = {voice: set() for voice in phrases.FOUR}
    for phrase, voice in zip(phrases_of("four"), voices, strict=True):
        said[voice] |= set(pairwise(phrase))
    for voice, pairs in said.items():
        missing = pairs_in("train") - pairs
        assert len(missing) == 20 and all(
            phrases.held_pairs(p, phrases.UNSAID[voice]) for p in missing
        )
        others = [some for other, some in said.items() if other != voice]
        assert all(missing <= some for some in others)
    assert min(voices.count(voice) for voice in phrases.FOUR) > 550
    assert set(phrases.FOUR) <= set(phrases.SEVERAL)


def test_a_phrase_is_unsaid_if_its_voice_never_says_one_of_its_pairs() -> None:
    new = load_phrases("four new", "vowels")
    assert new.voices.bincount()[list(phrases.FOUR)].tolist() == [75] * 4
    for phrase, voice, kept in zip(
        phrases_of("four new"), new.voices.tolist(), phrases.unsaid(new).tolist(), strict=True
    ):
        assert kept == (voice not in phrases.who_may_say(phrase))


# ── Their sound ───────────────────────────────────────────────────────────────────────────────────


def test_all_fields_tell_of_the_same_phrases(new: Phrases) -> None:
    assert len(new) == sum(COUNTS["new"].values()) == len(new.texts)
    assert [len(text.split()) for text in new.texts] == new.counts.tolist()
    told = [tuple(d for d in row if d >= 0) for row in new.digits.tolist()]
    assert told == phrases_of("new")
    assert new.texts[0] == " ".join(new.words[d] for d in told[0])
    assert len(set(new.words)) == 10 and all(word.isalpha() for word in new.words)


def test_sound_lies_between_the_bounds(new: Phrases) -> None:
    waves = new.waves(torch.arange(len(new))).abs()
    time = torch.arange(waves.shape[1])
    ends = new.bounds[torch.arange(len(new)), new.counts]
    assert torch.equal(ends, new.bounds[:, -1])
    assert (new.bounds[:, 0] == LEAD).all()
    assert (waves[:, :LEAD] == 0).all()
    after = time >= (new.lengths - TAIL).unsqueeze(1)
    assert (waves[after] == 0).all() and (ends <= new.lengths - TAIL).all()
    assert (waves.amax(dim=1) > 0.8).all() and (waves < 1).all()


def test_every_word_takes_its_time_and_is_heard(new: Phrases) -> None:
    seconds = new.bounds.diff(dim=1) / RATE
    real = torch.arange(6) < new.counts.unsqueeze(1)
    assert (seconds[~real] == 0).all()
    assert (seconds[real] > 0.1).all() and (seconds[real] < 0.8).all()
    loud = new.waves(torch.arange(len(new))).square().cumsum(dim=1)
    heard = loud.gather(1, new.bounds - 1).diff(dim=1)
    assert (heard[real] > 0.2).all()


def test_the_same_word_takes_about_the_same_time(new: Phrases) -> None:
    """As it would not if times were those of other words."""
    seconds, real = new.bounds.diff(dim=1) / RATE, new.digits >= 0
    spread = [seconds[new.digits == digit].std() for digit in range(10)]
    assert torch.stack(spread).mean() < 0.75 * seconds[real].std()


def test_some_of_them_are_as_long_as_the_longest_of_them(new: Phrases) -> None:
    some = new.only(torch.tensor([3, 0]))
    assert some.texts == [new.texts[3], new.texts[0]]
    assert some.samples.shape == (2, some.lengths.max())
    assert torch.equal(some.samples[1, : some.lengths[1]], new.samples[0, : new.lengths[0]])
    assert len(new.only(torch.empty(0, dtype=torch.long))) == 0


# ── Made once ─────────────────────────────────────────────────────────────────────────────────────


def test_they_are_made_once(new: Phrases, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(split: str) -> dict[str, torch.Tensor]:
        raise AssertionError("made again")

    monkeypatch.setattr(phrases, "sung", never)
    monkeypatch.setattr(phrases, "said", never)
    assert torch.equal(load_phrases("new", new.source).samples, new.samples)


@pytest.mark.parametrize("make", [phrases.sung, pytest.param(phrases.said, marks=SOURCES[1].marks)])
def test_the_same_bytes_come_again(make: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COUNTS, "new", {2: 4})
    phrases.takes.cache_clear()
    one, other = make("new"), make("new")
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_without_espeak_the_synthesiser_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "installed", lambda: False)
    assert load_phrases("valid").source == "vowels"
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'mmtutor\[speech\]'"):
        load_phrases("valid", "espeak")


def test_where_espeak_cannot_speak_a_warning_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(split: str) -> dict[str, torch.Tensor]:
        raise RuntimeError("eSpeak NG cannot speak here: no voice.")

    monkeypatch.setattr(espeak, "installed", lambda: True)
    monkeypatch.setattr(phrases, "version", lambda name: "0")
    monkeypatch.setattr(phrases, "said", broken)
    with pytest.warns(UserWarning, match=r"no voice\. A small synthesiser sings"):
        assert load_phrases("valid").source == "vowels"
    with pytest.raises(RuntimeError, match="no voice"):
        load_phrases("valid", "espeak")


def test_unknown_names_are_named() -> None:
    with pytest.raises(ValueError, match="not 'parrot'"):
        load_phrases("new", "parrot")
    with pytest.raises(ValueError, match="not 'test'"):
        load_phrases("test", "vowels")
