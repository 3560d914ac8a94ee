"""Lesson 17: what is read, said and repeated, by hand; and the edges."""

import math

import pytest
import torch
import torch.nn.functional as F

from mmtutor import speech
from mmtutor.datasets.phrases import Phrases, load_phrases
from mmtutor.datasets.spectrograms import log_mel
from mmtutor.datasets.spelling import STOP, to_say, words_of
from mmtutor.pipelines.mel_frames import SILENCE, frame_counts, within
from mmtutor.speech import SynthesiserRecipe


@pytest.fixture(scope="module")
def phrases() -> Phrases:
    return load_phrases("new", "vowels").only(torch.arange(0, 300, 25))


# ── From mel bands to a wave ──────────────────────────────────────────────────────────────────────


def test_frames_become_a_wave_with_about_these_frames(phrases: Phrases) -> None:
    mels = speech.frames_of(phrases)
    sounds = speech.again(mels)
    loud = mels > 0
    assert (sounds - mels)[loud].abs().mean() < 0.25  # of a deviation
    assert speech.to_wave(mels).shape == (len(phrases), (mels.shape[1] - 1) * 128 + 512)


# ── Letters and frames ────────────────────────────────────────────────────────────────────────────


def test_frames_are_those_of_lesson_05(phrases: Phrases) -> None:
    mels = speech.frames_of(phrases)
    all_at_once = log_mel(phrases.samples.float() / 32768, 8000, 512, 128, 40)
    assert torch.allclose(mels, (all_at_once + 1.5) / 4, atol=1e-4)
    counts = frame_counts(phrases.lengths)
    assert counts.max() == mels.shape[1]
    behind = ~within(counts, mels.shape[1])
    assert torch.allclose(mels[behind], torch.tensor(SILENCE), atol=1e-4)


# ── The recogniser ────────────────────────────────────────────────────────────────────────────────


def test_the_recogniser_reads_every_second_frame() -> None:
    model = speech.Recogniser(8).eval()
    for count in (1, 2, 7, 8):
        scores = model(torch.randn(2, count, 40))
        assert scores.shape == (2, speech.halved(torch.tensor([count])), STOP)
        assert torch.allclose(scores.exp().sum(2), torch.ones(()), atol=1e-5)
    assert 100_000 < sum(p.numel() for p in speech.Recogniser().parameters()) < 200_000


# ── Where it looked ───────────────────────────────────────────────────────────────────────────────


BOUNDS = torch.tensor([[0.0, 4.0, 8.0, 8.0], [0.0, 6.0, 6.0, 6.0]])
"""Two words of four frames; one word of six."""


# ── A synthesiser with attention ──────────────────────────────────────────────────────────────────

SMALL = SynthesiserRecipe(steps=2, batch_size=4, learning_rate=1e-3, width=8, hidden=8, dropout=0.0)


def small(**changes: object) -> speech.AttentionSynthesiser:
    torch.manual_seed(0)
    recipe = SynthesiserRecipe(**{**vars(SMALL), **changes})
    return speech.new_synthesiser(recipe).eval()


def test_teacher_forcing_reads_the_frame_before_each_group() -> None:
    model, texts = small(), to_say(["one two", "six"])
    mels = torch.randn(2, 6, 40)
    written = model(texts, mels)
    changed = mels.clone()
    changed[:, 3] += 1  # the last frame of step 1 is read by step 2
    now = model(texts, changed).mels
    assert torch.equal(now[:, :4], written.mels[:, :4])
    assert not torch.allclose(now[:, 4:], written.mels[:, 4:])
    changed = mels.clone()
    changed[:, 2] += 1  # no step reads a frame inside a group
    assert torch.equal(model(texts, changed).mels, written.mels)


def test_saying_is_teacher_forcing_with_its_own_frames() -> None:
    model, texts = small(), to_say(["one two", "six"])
    said = speech.say(model, texts, limit=8)
    steps = said.weights.shape[1]
    with torch.no_grad():
        model.out[2].bias[-1] = -9.0  # never the last
        said = speech.say(model, texts, limit=8)
        again = model(texts, said.mels)
    assert not said.stopped.any() and (said.frames == 8).all() and steps <= 4
    assert torch.allclose(again.mels, said.mels, atol=1e-5)
    assert torch.allclose(again.weights, said.weights, atol=1e-6)


def test_what_is_said_ends_in_silence() -> None:
    model, texts = small(), to_say(["one two", "six"])
    with torch.no_grad():
        model.out[2].bias[-1] = 9.0
    said = speech.say(model, texts)
    assert said.stopped.all() and (said.frames == 2).all() and said.mels.shape[1] == 2


def test_weights_are_shares_of_real_letters() -> None:
    texts = to_say(["one two", "six"])
    for kind in ("location", "content", "even"):
        weights = small(attention=kind)(texts, torch.randn(2, 6, 40)).weights
        assert torch.allclose(weights.sum(dim=2), torch.ones(()), atol=1e-5)
        assert (weights[1, :, 4:] == 0).all()


def test_padding_has_no_say() -> None:
    model, mels = small(), torch.randn(2, 6, 40)
    alone = model(to_say(["six"]), mels[1:])
    beside = model(to_say(["one two", "six"]), mels)
    assert torch.allclose(alone.mels, beside.mels[1:], atol=1e-5)


def test_contents_alone_do_not_know_where_they_looked() -> None:
    model = small(attention="content")
    letters = model.read(to_say(["one"]))
    one = model.begin(letters)
    other = one._replace(looked=torch.rand_like(one.looked))
    before = torch.zeros(1, 64)
    assert torch.equal(
        model.step(before, letters, one).looked[:, 0],
        model.step(before, letters, other).looked[:, 0],
    )


def test_a_prenet_forgets_also_when_it_speaks() -> None:
    model, texts = small(dropout=0.5), to_say(["one two"])
    one, same, other = (speech.say(model, texts, 20, seed).mels for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert one.shape != other.shape or not torch.equal(one, other)


def test_the_end_is_told_from_the_last_step_on() -> None:
    found = speech.last_steps(torch.tensor([4, 5, 1]), steps=4, group=2)
    assert found.tolist() == [[0, 1, 1, 1], [0, 0, 1, 1], [1, 1, 1, 1]]


def test_trimmed_fills_groups_with_silence() -> None:
    texts, mels = speech.trimmed(
        to_say(["one", "six"]), torch.zeros(2, 5, 40), torch.tensor([3, 5]), group=3
    )
    assert texts.shape == (2, 4) and mels.shape == (2, 6, 40)
    assert (mels[:, 5] == SILENCE).all() and (mels[:, :5] == 0).all()


def test_frames_behind_the_end_cost_nothing() -> None:
    made, wanted = torch.zeros(2, 4, 40), torch.zeros(2, 4, 40)
    wanted[0, 2:] = 9
    assert speech.frame_loss(made, wanted, torch.tensor([2, 4])) == 0
    assert speech.frame_loss(made, wanted, torch.tensor([3, 3])) == 9 / 6


# ── Durations ─────────────────────────────────────────────────────────────────────────────────────


def test_letters_share_their_word() -> None:
    texts = to_say(["no zo", "no"])
    found = speech.spread_evenly(BOUNDS, texts, torch.tensor([10, 7]))
    assert found.tolist() == [[2, 2, 1, 2, 1, 2], [3, 3, 1, 0, 0, 0]]
    assert found.sum(dim=1).tolist() == [10, 7]


def test_durations_add_up_to_all_frames(phrases: Phrases) -> None:
    prepared = speech.prepare(phrases)
    found = speech.true_durations(prepared)
    assert torch.equal(found.sum(dim=1), prepared.frames) and (found >= 0).all()
    words = words_of(prepared.texts)
    first = torch.where(words == 0, found, 0).sum(dim=1)
    assert (first - prepared.bounds[:, 1]).abs().max() <= 0.5


def test_the_strongest_letters_are_counted() -> None:
    weights = F.one_hot(torch.tensor([[0, 0, 1], [2, 2, 2]])).float()
    found = speech.strongest_letters(weights, torch.tensor([5, 2]), group=2)
    assert found.tolist() == [[4, 1, 0], [0, 0, 2]]


def test_the_length_regulator_is_repeat_interleave() -> None:
    vectors, durations = torch.randn(2, 3, 4), torch.tensor([[2, 0, 3], [1, 1, 1]])
    found = speech.regulate(vectors, durations)
    for row in range(2):
        wanted = vectors[row].repeat_interleave(durations[row], dim=0)
        assert torch.equal(found[row, : len(wanted)], wanted)
        assert (found[row, len(wanted) :] == 0).all()
    nothing = speech.regulate(vectors, torch.zeros(2, 3, dtype=torch.long))
    assert nothing.shape == (2, 0, 4)


def test_speed_shortens_all() -> None:
    torch.manual_seed(0)
    model, texts = speech.DurationSynthesiser(8, voices=3), to_say(["one two", "six"])
    with torch.no_grad():
        model.duration[2].bias += math.log(6.0)
    voices = torch.tensor([0, 2])
    mels, frames = speech.say_with_durations(model, texts, voices)
    _, fast = speech.say_with_durations(model, texts, voices, speed=2.0)
    assert mels.shape[1] == frames.max() and (fast - frames / 2).abs().max() <= 0.5
    assert (mels[1, frames[1] :] == SILENCE).all()


def test_what_a_voice_says_depends_on_the_voice() -> None:
    torch.manual_seed(0)
    model, texts = speech.DurationSynthesiser(8, voices=3).eval(), to_say(["one", "one"])
    durations = torch.full(texts.shape, 2)
    one, other = model(texts, durations, torch.tensor([0, 1]))[0]
    assert not torch.allclose(one, other)


def test_a_mixed_voice_is_the_weighted_mean_of_voices_and_leaves_the_model_alone() -> None:
    model = speech.DurationSynthesiser(8, voices=3)
    before = model.voice.weight.clone()
    other = speech.mixed(model, {0: 0.25, 2: 0.75})
    wanted = 0.25 * before[0] + 0.75 * before[2]
    assert torch.allclose(other.voice.weight, wanted.expand(3, -1))
    assert torch.equal(model.voice.weight, before)


def test_some_prepared_phrases_are_some_of_all_fields(phrases: Phrases) -> None:
    every = speech.prepare(phrases)
    some = every.only(torch.tensor([2, 0]))
    for one, all_of_them in zip(some.tensors(), every.tensors(), strict=True):
        assert torch.equal(one, all_of_them[[2, 0]])


# ── Rivals, speed, play ──


def test_a_straight_look_is_right_where_words_are_as_long_as_their_letters(
    phrases: Phrases,
) -> None:
    found = speech.straight(speech.prepare(phrases), group=2)
    assert 0.5 < found["hit"] <= 1 and 0 <= found["off"] < 200


def test_the_nearest_text_needs_the_fewest_edits_of_words() -> None:
    known = ["one two three", "two two", "nine"]
    assert speech.nearest_texts(known, ["one two four", "two", "eight"]) == [
        *("one two three", "two two", "nine"),
    ]


def test_frames_are_stretched_and_their_ends_are_silent() -> None:
    mels = torch.arange(8.0).view(1, 8, 1).expand(2, 8, 40)
    slow, counts = speech.at_speed(mels, torch.tensor([8, 4]), 0.5)
    assert counts.tolist() == [16, 8] and slow.shape == (2, 16, 40)
    assert (slow[0].diff(dim=0) >= 0).all() and slow[1, :8].max() == 3
    assert (slow[1, 8:] == SILENCE).all()
    same, _ = speech.at_speed(mels, torch.tensor([8, 4]), 1.0)
    assert torch.equal(same[0], mels[0]) and torch.equal(same[1, :4], mels[1, :4])


def test_digits_and_words_are_texts() -> None:
    words = ("zero", "one", "two")
    assert speech.in_words(" 10 Two ", words) == "one zero two"
    for text, strange in (("one zebra", "'zebra'"), ("  ", "at least one"), ("1.5", "'1.5'")):
        with pytest.raises(ValueError, match=strange):
            speech.in_words(text, words)


def test_what_is_said_fits_together() -> None:
    model, judge = small(), speech.Recogniser(8).eval()
    talk = speech.talker(model, judge, ("zero", "one", "two"))
    said, fast = talk("12", 1.0), talk("12", 1.5)
    assert said.look.letters == "one two" and said.look.weights.shape[1] == 8
    assert said.seconds == pytest.approx(len(said.mel) * 0.016)
    assert fast.seconds == pytest.approx(said.seconds / 1.5)
    assert len(said.wave) == (len(said.mel) - 1) * 128 + 512


def test_shipped_curves_are_read_by_step() -> None:
    found = {"a": {"loss, step 5": [2.0, 3.0], "hit, step 5": [0.1, 0.2]}}
    lines = speech.learning_lines(found, ["a"])
    assert lines["loss"].x == [5] and lines["loss"].lines == {"a": [(2.0,), (3.0,)]}
    assert lines["hit"].lines == {"a": [(0.1,), (0.2,)]}


# ── Training ──────────────────────────────────────────────────────────────────────────────────────


def test_all_three_models_learn_a_little(phrases: Phrases) -> None:
    """A few steps, from a seed: the same numbers again, and a loss that falls."""
    from dataclasses import replace

    prepared = speech.prepare(phrases)
    judge = replace(speech.RECOGNISER_QUICK, steps=8, batch_size=6, width=16)
    _, history = speech.train_recogniser(phrases, judge)
    assert history.losses[-1] < history.losses[0]
    recipe = replace(SMALL, steps=6, guided=1.0, learning_rate=1e-2)
    model, history = speech.train_synthesiser(prepared, recipe, prepared, every=6)
    assert history.losses[-1] < history.losses[0] and 0 <= history.last("hit") <= 1
    assert model.group == 2
    _, same = speech.train_synthesiser(prepared, recipe)
    assert same.losses == history.losses
    quick = replace(speech.DURATION_QUICK, steps=6, batch_size=6, width=16)
    for durations in (
        speech.true_durations(prepared),
        speech.attended_durations(model, prepared),
        speech.attended_durations(model, prepared, letters=True),
    ):
        assert (durations >= 0).all() and (durations.sum(dim=1) <= prepared.frames).all()
        _, history = speech.train_durations(prepared, durations, quick)
        assert history.losses[-1] < history.losses[0]
