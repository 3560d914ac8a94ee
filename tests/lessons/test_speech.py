"""Lesson 17: equal to PyTorch, to a library's Griffin-Lim, to counting by hand; and the edges."""

import math
from collections import defaultdict
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from nltk.metrics.distance import edit_distance
from scipy.optimize import nnls
from torch import Tensor

from mmtutor import speech
from mmtutor.datasets.phrases import Phrases, load_phrases
from mmtutor.datasets.spectrograms import log_mel, mel_filters, short_time_fourier
from mmtutor.speech import STOP, SynthesiserRecipe, encode, to_say


@pytest.fixture(scope="module")
def phrases() -> Phrases:
    return load_phrases("new", "vowels").only(torch.arange(0, 300, 25))


def magnitudes(phrases: Phrases, count: int = 3) -> Tensor:
    return short_time_fourier(phrases.waves(torch.arange(count)), 512, 128).abs()


# ── From mel bands to a wave ──────────────────────────────────────────────────────────────────────


def test_spread_out_is_the_clamped_pseudo_inverse() -> None:
    power = torch.rand(2, 3, 40, dtype=torch.float64)
    filters = mel_filters(40, 512, 8000).double()
    by_hand = torch.linalg.lstsq(filters.T, power.reshape(6, 40).T).solution.T
    assert torch.allclose(speech.spread_out(power).square(), by_hand.clamp(min=0).view(2, 3, 257))


def test_least_squares_comes_near_scipys() -> None:
    filters = mel_filters(40, 512, 8000).double()
    loud = torch.rand(257, dtype=torch.float64).pow(6)
    power = filters.T @ loud
    found = speech.least_squares(power.view(1, 40), rounds=3000).square().view(-1)
    _, residual = nnls(filters.T.numpy(), power.numpy())
    assert (found >= 0).all()
    assert (filters.T @ found - power).norm() < residual + 1e-3 * power.norm()


def test_least_squares_fits_the_bands_better_than_clamping(phrases: Phrases) -> None:
    power = magnitudes(phrases).square() @ mel_filters(40, 512, 8000)
    away = [
        (make(power).square() @ mel_filters(40, 512, 8000) - power).norm()
        for make in (speech.spread_out, speech.least_squares)
    ]
    assert away[1] < 0.5 * away[0]


def test_silence_stays_silent() -> None:
    nothing = torch.zeros(1, 9, 40)
    for make in (speech.spread_out, speech.least_squares):
        assert (make(nothing) == 0).all()
    assert (speech.griffin_lim(torch.zeros(1, 9, 257), 3) == 0).all()


def librarys(waves: Tensor) -> Tensor:
    """PyTorch's transform, which puts half a window of silence before and after."""
    window = torch.hann_window(512)
    spectrum = torch.stft(waves, 512, 128, window=window, pad_mode="constant", return_complex=True)
    return spectrum.mT


def librarys_griffin_lim(loud: Tensor, rounds: int, momentum: float) -> Tensor:
    """torchaudio.functional.griffinlim, line by line."""
    window, momentum = torch.hann_window(512), momentum / (1 + momentum)
    phase, before = speech.first_phases(loud, 0), torch.tensor(0.0)
    for _ in range(rounds):
        wave = torch.istft((loud * phase).mT, 512, 128, window=window)
        rebuilt = librarys(wave)
        phase = rebuilt - before * momentum if momentum else rebuilt
        phase = phase / (phase.abs() + 1e-16)
        before = rebuilt
    return torch.istft((loud * phase).mT, 512, 128, window=window)


@pytest.mark.parametrize(("rounds", "momentum"), [(0, 0.0), (4, 0.0), (32, 0.0), (32, 0.99)])
def test_griffin_lim_comes_as_near_as_the_librarys(
    phrases: Phrases, rounds: int, momentum: float
) -> None:
    loud = magnitudes(phrases)
    centred = phrases.waves(torch.arange(3))[:, 256 : 256 + (loud.shape[1] - 1) * 128]
    assert torch.allclose(librarys(centred).abs(), loud, atol=1e-4)
    away = librarys(librarys_griffin_lim(loud, rounds, momentum)).abs() - loud
    library = 20 * (away.norm(dim=(1, 2)) / loud.norm(dim=(1, 2))).log10()
    ours = speech.spectral_convergence(speech.griffin_lim(loud, rounds, momentum), loud)
    assert (ours - library).abs().max() < 0.6


def test_more_rounds_come_nearer_and_momentum_sooner(phrases: Phrases) -> None:
    loud = magnitudes(phrases)
    away = {
        (rounds, momentum): speech.spectral_convergence(
            speech.griffin_lim(loud, rounds, momentum), loud
        ).mean()
        for rounds, momentum in ((0, 0.0), (1, 0.0), (32, 0.0), (32, 0.99))
    }
    assert list(away.values()) == sorted(away.values(), reverse=True)


def test_the_right_phases_are_a_fixed_point(phrases: Phrases) -> None:
    wave = phrases.waves(torch.arange(2)).double()
    loud = short_time_fourier(wave, 512, 128).abs()
    away = speech.spectral_convergence(wave[:, : (loud.shape[1] - 1) * 128 + 512], loud)
    assert (away < -200).all()
    assert math.isclose(speech.spectral_convergence(torch.zeros_like(wave[0]), loud[0]), 0)


def test_phases_start_at_random_and_the_same(phrases: Phrases) -> None:
    loud = magnitudes(phrases)
    assert torch.equal(speech.griffin_lim(loud, 2), speech.griffin_lim(loud, 2))
    assert not torch.equal(speech.griffin_lim(loud, 2), speech.griffin_lim(loud, 2, seed=1))
    assert torch.equal(speech.first_phases(loud, None), torch.ones_like(loud) + 0j)
    assert torch.allclose(speech.first_phases(loud, 0).abs(), torch.ones_like(loud))


def test_frames_become_a_wave_with_about_these_frames(phrases: Phrases) -> None:
    mels = speech.frames_of(phrases)
    sounds = speech.again(mels)
    loud = mels > 0
    assert (sounds - mels)[loud].abs().mean() < 0.25  # of a deviation
    assert speech.to_wave(mels).shape == (len(phrases), (mels.shape[1] - 1) * 128 + 512)


# ── Letters and frames ────────────────────────────────────────────────────────────────────────────


def test_letters_go_there_and_back() -> None:
    texts = ["two seven", "one", ""]
    numbers = encode(texts)
    assert [speech.decode(row) for row in numbers.tolist()] == texts
    assert numbers.shape == (3, 9) and numbers.max() < STOP
    said = to_say(texts)
    assert (said == STOP).sum(dim=1).tolist() == [1, 1, 1]
    assert said.argmax(dim=1).tolist() == [9, 3, 0]
    with pytest.raises(ValueError, match="'!'"):
        encode(["one!"])


def test_frames_are_those_of_lesson_05(phrases: Phrases) -> None:
    mels = speech.frames_of(phrases)
    all_at_once = log_mel(phrases.samples.float() / 32768, 8000, 512, 128, 40)
    assert torch.allclose(mels, (all_at_once + 1.5) / 4, atol=1e-4)
    counts = speech.frame_counts(phrases.lengths)
    assert counts.max() == mels.shape[1]
    behind = ~speech.within(counts, mels.shape[1])
    assert torch.allclose(mels[behind], torch.tensor(speech.SILENCE), atol=1e-4)


# ── CTC ───────────────────────────────────────────────────────────────────────────────────────────


def ctc_case(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Scores before the softmax, texts with repeats, and how much of each is real."""
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(4, 11, 5, dtype=torch.float64, generator=generator)
    letters, frames = torch.tensor([4, 1, 3, 0]), torch.tensor([11, 6, 9, 5])
    texts = torch.randint(1, 5, (4, 4), generator=generator)
    texts[0] = torch.tensor([2, 2, 2, 3])
    texts = texts * speech.within(letters, 4)
    return scores, texts, frames, letters


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("zero", [False, True])
def test_ctc_equals_pytorchs_with_gradients(seed: int, zero: bool) -> None:
    scores, texts, frames, letters = ctc_case(seed)
    one, other = (scores.clone().requires_grad_() for _ in range(2))
    ours = speech.ctc_loss(one.log_softmax(2), texts, frames, letters, zero_infinity=zero)
    theirs = F.ctc_loss(
        other.log_softmax(2).transpose(0, 1), texts, frames, letters, zero_infinity=zero
    )
    assert torch.allclose(ours, theirs, atol=1e-12)
    ours.backward()
    theirs.backward()
    assert torch.allclose(one.grad, other.grad, atol=1e-12)


def test_more_letters_than_frames_have_no_way() -> None:
    scores, texts, frames, letters = ctc_case(0)
    frames[0] = 5  # 2 2 2 3 needs six: a blank between twos
    losses = speech.ctc_losses(scores.log_softmax(2), texts, frames, letters)
    assert losses[0] == torch.inf and losses[1:].isfinite().all()
    assert speech.ctc_losses(scores.log_softmax(2), texts, frames + (frames == 5), letters)[0] < 99
    one, other = (scores.clone().requires_grad_() for _ in range(2))
    speech.ctc_loss(one.log_softmax(2), texts, frames, letters, zero_infinity=True).backward()
    F.ctc_loss(
        other.log_softmax(2).transpose(0, 1), texts, frames, letters, zero_infinity=True
    ).backward()
    assert one.grad.isfinite().all() and (one.grad[0] == 0).all()
    assert torch.allclose(one.grad, other.grad, atol=1e-12)


def test_ctc_adds_up_all_ways() -> None:
    scores = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
    scores = scores.log_softmax(1)
    for text in ((1,), (1, 1), (1, 2), (2, 1, 2)):
        ways = [
            sum(scores[t, c] for t, c in enumerate(path))
            for path in product(range(3), repeat=4)
            if tuple(speech.collapsed(path)) == text
        ]
        loss = speech.ctc_losses(
            *(scores[None], torch.tensor([text])), torch.tensor([4]), torch.tensor([len(text)])
        )
        assert torch.allclose(-loss[0], torch.stack(ways).logsumexp(0))


def test_scores_as_large_as_they_come_stay_finite() -> None:
    scores, texts, frames, letters = ctc_case(1)
    wild = (1e4 * scores).requires_grad_()
    loss = speech.ctc_loss(wild.log_softmax(2), texts, frames, letters)
    loss.backward()
    assert loss.isfinite() and wild.grad.isfinite().all()


def test_repeats_are_merged_before_blanks_are_left_out() -> None:
    assert speech.collapsed([0, 1, 1, 0, 1, 2, 2, 0]) == [1, 1, 2]
    assert speech.collapsed([]) == speech.collapsed([0, 0]) == []


def test_greedy_reads_real_frames_alone() -> None:
    path = [*encode(["ee"])[0].tolist(), 0, *encode(["en"])[0].tolist()]
    scores = F.one_hot(torch.tensor([path]), STOP).double().log_softmax(2)
    assert speech.greedy(scores, torch.tensor([5])) == ["een"]
    assert speech.greedy(scores, torch.tensor([4])) == ["ee"]
    assert speech.greedy(scores, torch.tensor([2])) == ["e"]


def all_texts(scores: Tensor) -> dict[str, float]:
    """The chance of every text, over all paths."""
    found: dict[str, list[Tensor]] = defaultdict(list)
    for path in product(range(scores.shape[1]), repeat=len(scores)):
        chance = sum(scores[t, c] for t, c in enumerate(path))
        found[speech.decode(speech.collapsed(path))].append(chance)
    return {text: torch.stack(ways).logsumexp(0).item() for text, ways in found.items()}


@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_finds_the_likeliest_text_and_its_chance(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(5, 3, generator=generator, dtype=torch.float64).log_softmax(1)
    every = all_texts(scores)
    found = dict(speech.prefix_beam(scores, width=1000))
    assert set(found) == set(every)
    assert all(abs(found[text] - every[text]) < 1e-5 for text in every)
    assert next(iter(found)) == max(every, key=every.get)


def test_a_beam_finds_what_greedy_misses() -> None:
    """Both frames are most likely blank, yet the letter has more ways."""
    scores = torch.tensor([[0.6, 0.4], [0.6, 0.4]]).log()
    assert speech.greedy(scores[None], torch.tensor([2])) == [""]
    best = speech.prefix_beam(scores)
    assert best[0][0] == speech.LETTERS[0]
    assert abs(math.exp(best[0][1]) - 0.64) < 1e-5


# ── The recogniser ────────────────────────────────────────────────────────────────────────────────


def test_the_recogniser_reads_every_second_frame() -> None:
    model = speech.Recogniser(8).eval()
    for count in (1, 2, 7, 8):
        scores = model(torch.randn(2, count, 40))
        assert scores.shape == (2, speech.halved(torch.tensor([count])), STOP)
        assert torch.allclose(scores.exp().sum(2), torch.ones(()), atol=1e-5)
    assert 100_000 < sum(p.numel() for p in speech.Recogniser().parameters()) < 200_000


# ── What was said right ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "wanted"),
    [("", ""), ("", "one"), ("one", ""), ("oen", "one"), ("three", "there"), ("kitten", "sitting")],
)
def test_edits_are_nltks(said: str, wanted: str) -> None:
    assert speech.edits(said, wanted) == edit_distance(said, wanted)


def test_error_rates_count_all_words_alike() -> None:
    said, wanted = ["one two", "two", ""], ["one two", "two three four", "five"]
    assert speech.word_errors(said, wanted) == 3 / 6
    assert speech.error_rate(["ab"], ["abcd"]) == 0.5
    assert speech.word_errors(["one one one"], ["two"]) == 3.0
    found = speech.heard(said, wanted)
    assert found["right"] == 1 / 3 and found["word error"] == 0.5


def test_cepstral_distance_is_that_of_smoothed_spectra() -> None:
    """With all coefficients it is the root mean square of the decibels, loudness left out."""
    one, other = torch.randn(2, 3, 40, dtype=torch.float64)
    decibels = (one - other) * 4 * 10 / math.log(10)
    decibels = decibels - decibels.mean(dim=1, keepdim=True)
    difference = speech.cepstra(one, 39) - speech.cepstra(other, 39)
    full = 10 / math.log(10) * (2 * difference.square().sum(dim=1)).sqrt()
    # the cosine transform's length counts the last coefficients as the others
    assert torch.allclose(full, decibels.square().mean(dim=1).sqrt(), rtol=1e-6)


def test_warping_follows_the_slower_sound() -> None:
    one = torch.randn(6, 40)
    slow = one.repeat_interleave(torch.tensor([1, 3, 2, 1, 1, 4]), dim=0)
    assert speech.mel_cepstral_distance(one, slow) == 0
    assert speech.mel_cepstral_distance(one, one + 0.5) < 1e-4  # louder, not different
    there, back = speech.mel_cepstral_distance(one, -one), speech.mel_cepstral_distance(-one, one)
    assert there > 1 and math.isclose(there, back, rel_tol=1e-5)


# ── Where it looked ───────────────────────────────────────────────────────────────────────────────


def test_a_space_belongs_to_the_word_behind_it() -> None:
    words = speech.words_of(to_say(["no zo", "no"]))
    assert words.tolist() == [[0, 0, 1, 1, 1, 2], [0, 0, 1, -1, -1, -1]]


BOUNDS = torch.tensor([[0.0, 4.0, 8.0, 8.0], [0.0, 6.0, 6.0, 6.0]])
"""Two words of four frames; one word of six."""


def test_true_words_are_those_under_the_middles_of_steps() -> None:
    found = speech.true_words(BOUNDS, steps=5, group=2)
    assert found.tolist() == [[0, 0, 1, 1, 2], [0, 0, 0, 1, 1]]
    assert speech.true_words(BOUNDS, 9, 1).tolist()[0] == [0, 0, 0, 0, 1, 1, 1, 1, 2]


def looking(path: list[list[int]], letters: int) -> Tensor:
    return F.one_hot(torch.tensor(path), letters).float()


def test_alignment_by_hand() -> None:
    texts = to_say(["no zo", "no"])
    weights = looking([[0, 1, 2, 4, 5], [0, 0, 1, 2, 2]], 6)
    assert speech.word_hits(weights, texts, BOUNDS, 2) == 1.0
    early = looking([[0, 2, 3, 4, 5], [0, 0, 1, 2, 2]], 6)
    assert math.isclose(speech.word_hits(early, texts, BOUNDS, 2), 6 / 7, rel_tol=1e-6)
    moved = speech.looked_at(weights, texts, 2)
    assert moved.tolist() == [[3.5, 7.5], [5.5, 10.0]]  # halfway between the middles of two steps
    errors = speech.boundary_errors(weights, texts, BOUNDS, 2)
    assert errors.tolist() == [-8.0]  # half a frame; one word has no boundary inside
    assert speech.boundary_errors(early, texts, BOUNDS, 2).tolist() == [-40.0]


def test_attention_that_never_moves_on_is_late() -> None:
    texts = to_say(["no zo"])
    still = looking([[0, 0, 0, 0]], 6)
    assert speech.looked_at(still, texts, 2).tolist() == [[8, 8]]
    assert speech.looked_at(looking([[5, 5, 5, 5]], 6), texts, 2).tolist() == [[0.5, 0.5]]


def test_diagonal_and_monotony() -> None:
    texts, steps = torch.tensor([6]), torch.tensor([6])
    straight = torch.eye(6).unsqueeze(0)
    assert speech.diagonal_mass(straight, steps, texts) == 1
    assert speech.diagonal_mass(straight.flip(1), steps, texts) < 0.1
    assert speech.monotony(straight, steps) == 1 and speech.monotony(straight.flip(1), steps) == 0
    even = torch.full((1, 6, 6), 1 / 6)
    assert speech.guided_loss(straight, steps, texts) < 1e-3
    assert speech.guided_loss(even, steps, texts) > 0.2
    padded = F.pad(even, (0, 3, 0, 2))
    assert torch.allclose(
        speech.guided_loss(padded, steps, texts), speech.guided_loss(even, steps, texts)
    )


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
    assert (mels[:, 5] == speech.SILENCE).all() and (mels[:, :5] == 0).all()


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
    words = speech.words_of(prepared.texts)
    first = torch.where(words == 0, found, 0).sum(dim=1)
    assert (first - prepared.bounds[:, 1]).abs().max() <= 0.5


def test_the_strongest_letters_are_counted() -> None:
    weights = looking([[0, 0, 1], [2, 2, 2]], 3)
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
    assert (mels[1, frames[1] :] == speech.SILENCE).all()


def test_what_a_voice_says_depends_on_the_voice() -> None:
    torch.manual_seed(0)
    model, texts = speech.DurationSynthesiser(8, voices=3).eval(), to_say(["one", "one"])
    durations = torch.full(texts.shape, 2)
    one, other = model(texts, durations, torch.tensor([0, 1]))[0]
    assert not torch.allclose(one, other)


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
