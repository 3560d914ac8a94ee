"""Lesson 16: pieces of films, readers of time, films that were tampered with, and monitors."""

from functools import partial

import pytest
import torch
from torch import nn
from transformers import VivitConfig
from transformers.models.vivit.modeling_vivit import VivitTubeletEmbeddings

from mmtutor import video
from mmtutor.datasets.lamp_sounds import BANDS, loudness, sounds, switched_on
from mmtutor.datasets.lamp_words import EVENTS, captions, event_frames, meanings
from mmtutor.datasets.lamps import (
    FRAMES,
    LAMPS,
    QUESTIONS,
    SIDE,
    TYPES,
    compared,
    make_lamps,
    reversed_films,
)
from mmtutor.datasets.names import PADDING, encode, word_tokenizer
from mmtutor.datasets.watching import make_watching
from mmtutor.training import Recipe

FILMS = make_lamps(60, seed=11)


def random_film(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


# ── Pieces ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("frames", "patch"), [(2, 4), (1, 2), (4, 8), (8, 1)])
def test_tubelets_are_what_a_convolution_with_its_stride_reads(frames: int, patch: int) -> None:
    film = random_film(2, 8, 3, 8, 16)
    layer = nn.Conv3d(3, 5, (frames, patch, patch), (frames, patch, patch)).double()
    kernel = layer.weight.transpose(1, 2).flatten(1)  # (output, time · channel · row · column)
    ours = video.tubelets(film, frames, patch) @ kernel.T + layer.bias
    theirs = layer(film.transpose(1, 2)).flatten(2).transpose(1, 2)
    assert torch.allclose(ours, theirs)


def test_tubelets_are_those_of_transformers_vivit() -> None:
    config = VivitConfig(
        image_size=8, num_frames=4, tubelet_size=[2, 4, 4], num_channels=3, hidden_size=6
    )
    theirs = VivitTubeletEmbeddings(config).double()
    film = random_film(2, 4, 3, 8, 8)
    kernel = theirs.projection.weight.transpose(1, 2).flatten(1)
    ours = video.tubelets(film, 2, 4) @ kernel.T + theirs.projection.bias
    assert torch.allclose(ours, theirs(film))


def test_a_film_that_cannot_be_cut_says_both_sizes() -> None:
    with pytest.raises(ValueError, match="7 frames of 8 × 8 cannot be cut into tubelets of 2 × 4"):
        video.tubelets(random_film(1, 7, 3, 8, 8), 2, 4)


def test_neighbours_are_the_picture_and_its_two_changes() -> None:
    light = FILMS.frames.flatten(3).float() / 255
    now, to_next, since_last = video.neighbours(FILMS.frames).chunk(3, dim=3)
    assert torch.equal(now, light)
    assert torch.allclose(to_next[:, :-1], 4 * (light[:, 1:] - light[:, :-1]))
    assert torch.allclose(since_last[:, 1:], 4 * (light[:, 1:] - light[:, :-1]))
    assert (to_next[:, -1] == 0).all() and (since_last[:, 0] == 0).all()


def test_pairs_hold_two_frames_of_one_lamp() -> None:
    pieces = video.in_pairs(FILMS.frames)
    assert pieces.shape == (60, 4, 3, 512)
    light = FILMS.frames.flatten(3).float() / 255
    assert torch.equal(pieces[:, 2, 1], torch.cat([light[:, 4, 1], light[:, 5, 1]], 1))


def test_moments_do_not_care_where_a_lamp_is() -> None:
    """Detectors are the same everywhere, and the picture has no edges."""
    torch.manual_seed(0)
    see = video.Moments(12)
    moved = FILMS.frames.roll((5, -3), dims=(3, 4))
    assert torch.allclose(see(FILMS.frames), see(moved), atol=1e-5)
    assert not torch.allclose(see(FILMS.frames), see(FILMS.frames.flip(1)), atol=1e-3)


def test_moments_are_a_convolution_over_three_frames() -> None:
    """Its three channels are sums of three frames, so a kernel over time says the same."""
    torch.manual_seed(0)
    see = video.Moments(12)
    now, to_next, since_last = see.detect.weight.double().unbind(1)
    louder = video.LOUDER
    kernel = torch.stack(  # of the frame before, this one, the next
        [-louder * since_last, now + louder * (since_last - to_next), louder * to_next], 1
    ).unsqueeze(1)
    film = FILMS.frames.double().transpose(1, 2).flatten(0, 1).unsqueeze(1) / 255
    padded = torch.nn.functional.pad(film, (2, 2, 2, 2, 0, 0), mode="circular")
    theirs = torch.nn.functional.conv3d(padded, kernel, see.detect.bias.double())
    pieces = video.neighbours(FILMS.frames).flatten(0, 2).unflatten(1, (3, SIDE, SIDE))
    ours = see.detect(pieces).unflatten(0, (60, FRAMES, 3))[:, 1:-1]
    theirs = theirs.unflatten(0, (60, 3)).permute(0, 3, 1, 2, 4, 5)
    assert torch.allclose(ours.double(), theirs, atol=1e-4)


# ── Readers ───────────────────────────────────────────────────────────────────────────────────────

SEES = (
    video.Moments,
    *(
        partial(video.Flat, cut=cut)
        for cut in (video.stills, video.neighbours, video.in_pairs, video.patches)
    ),
)
MIXES = (video.Joint, video.Factorised, video.Recurrent, video.Averaged)


@pytest.mark.parametrize("see", SEES)
@pytest.mark.parametrize("mix", MIXES)
def test_every_reader_scores_every_choice(see, mix) -> None:
    scores = video.FilmReader(see, mix, width=16)(FILMS.frames[:3])
    assert scores.shape == (3, 18, 4)
    for number, question in enumerate(QUESTIONS):
        count = len(question.choices)
        assert scores[:, number, :count].isfinite().all()
        assert (scores[:, number, count:] == -torch.inf).all()


def test_the_mean_over_time_cannot_tell_a_film_of_stills_from_its_shuffled_self() -> None:
    reader = video.FilmReader(partial(video.Flat, cut=video.stills), video.Averaged, width=16)
    frames = FILMS.frames[:5]
    assert torch.allclose(reader(frames), reader(video.shuffled(frames)), atol=1e-5)


def test_frame_then_time_looks_along_both() -> None:
    """A change at one place and frame reaches another place in another frame, in two steps."""
    torch.manual_seed(0)
    mix = video.Factorised(8, 2)
    tokens = torch.randn(1, 4, 3, 8, requires_grad=True)
    mix(tokens).unflatten(1, (4, 3))[0, 2, 1].sum().backward()
    assert (tokens.grad[0].abs().sum(2) > 0).all()


def test_recurrence_keeps_one_token_a_place() -> None:
    assert video.Recurrent(8, 2)(torch.randn(2, 5, 3, 8)).shape == (2, 3, 8)


def test_a_reader_learns_from_a_few_films() -> None:
    torch.manual_seed(0)
    reader = video.FilmReader(width=32)
    recipe = video.FilmRecipe(steps=30, batch_size=30, learning_rate=3e-3, films=60)
    history = video.train(reader, FILMS, recipe)
    assert sum(history.losses[-5:]) < 0.95 * sum(history.losses[:5])


def test_by_type_counts_each_type_alone() -> None:
    said = FILMS.answers.clone()
    said[:, 0] = (said[:, 0] + 1) % 4  # red's direction
    found = video.by_type(said, FILMS.answers)
    assert found == pytest.approx({**dict.fromkeys(TYPES, 1.0), "direction": 2 / 3})


def test_chance_is_one_over_the_choices() -> None:
    assert {**dict.fromkeys(TYPES, 0.5), "direction": 0.25} == video.CHANCE


# ── Tampering ─────────────────────────────────────────────────────────────────────────────────────


def test_shuffled_films_hold_the_same_frames() -> None:
    mixed = video.shuffled(FILMS.frames)
    heap, before = (f.flatten(2).long().sum(2).sort(1).values for f in (mixed, FILMS.frames))
    assert torch.equal(heap, before) and not torch.equal(mixed, FILMS.frames)


def test_one_frame_is_one_of_the_film_throughout() -> None:
    still = video.one_frame(FILMS.frames)
    assert (still == still[:, :1]).all()
    same = (FILMS.frames == still).flatten(2).all(2)
    assert (same.sum(1) == 1).all()
    assert len(same.int().argmax(1).unique()) > 4


@pytest.mark.parametrize(
    ("total", "count", "kept"), [(8, 4, [1, 3, 5, 7]), (8, 1, [4]), (10, 3, [1, 5, 8])]
)
def test_sampled_takes_the_middle_of_each_part(total: int, count: int, kept: list[int]) -> None:
    assert video.sampled(total, count) == kept


def test_with_frames_holds_the_last_frame_that_was_kept() -> None:
    held = video.with_frames(FILMS.frames, [1, 5])
    assert torch.equal(held, FILMS.frames[:, [1, 1, 1, 1, 1, 5, 5, 5]])


def test_exchanged_flashes_are_those_of_the_other_lamp_and_nothing_else_changes() -> None:
    changed = video.exchange_flashes(FILMS, 0, 2)
    bright = changed.frames.flatten(3).amax(3) > 190
    assert torch.equal(bright.int().argmax(1), changed.flashes)
    assert torch.equal(changed.flashes, FILMS.flashes[:, [2, 1, 0]])
    assert (bright.sum(1) == 2).all()
    assert torch.equal(changed.frames[:, :, 1], FILMS.frames[:, :, 1])
    quiet = ~video.flash_frames(FILMS)[:, [0, 2]].any(1)  # neither lamp's flash
    assert torch.equal(changed.frames[quiet], FILMS.frames[quiet])


def test_answers_to_exchanged_flashes_are_right() -> None:
    changed = video.exchange_flashes(FILMS, 0, 2)
    assert min(video.by_type(video.track(changed.frames), changed.answers).values()) > 0.98
    other = changed.answers != FILMS.answers
    asked = torch.tensor([question.type == "flash" for question in QUESTIONS])
    assert not other[:, ~asked].any() and other[:, asked][:, 1].all()  # red before blue


# ── Looking ───────────────────────────────────────────────────────────────────────────────────────


def test_a_look_is_spread_over_moments_and_sums_to_one() -> None:
    spread = video.look(video.FilmReader(width=16), FILMS.frames[:4])
    assert spread.shape == (4, 18, FRAMES, len(LAMPS))
    assert torch.allclose(spread.sum((2, 3)), torch.ones(4, 18), atol=1e-5)


def test_a_look_needs_tokens_of_single_moments() -> None:
    with pytest.raises(ValueError, match="after Averaged no token belongs to one moment"):
        video.look(video.FilmReader(mix=video.Averaged, width=16), FILMS.frames[:1])


# ── By hand ───────────────────────────────────────────────────────────────────────────────────────


def test_middles_are_where_the_lamps_are() -> None:
    away = video.middles(FILMS.frames) - FILMS.places
    assert ((away + SIDE / 2) % SIDE - SIDE / 2).abs().max() < 0.5


def test_the_tracker_answers_everything_forwards_and_backwards() -> None:
    for films in (make_lamps(500, seed=12), reversed_films(make_lamps(500, seed=12))):
        found = video.by_type(video.track(films.frames), films.answers)
        assert min(found.values()) > 0.99, found


def test_brightened_films_keep_dark_dark_and_flashes_brightest() -> None:
    seen = video.brightened(FILMS.frames).flatten(3).amax(3)
    assert (seen[:, :, 0][video.flash_frames(FILMS)[:, 0]] > 220).all()
    assert video.brightened(torch.zeros(1, 3, 16, 16).byte()).max() == 0


def test_means_are_over_seeds() -> None:
    assert video.means({kind: [0.5, 1.0] for kind in TYPES}) == dict.fromkeys(TYPES, 0.75)


# ── Monitoring ────────────────────────────────────────────────────────────────────────────────────


def test_surprise_is_the_error_of_what_was_expected() -> None:
    usual = make_watching(40, seed=1)
    predictor = video.learn_usual(usual, Recipe(steps=20, batch_size=32, learning_rate=1e-3))
    scores = video.surprise(predictor, usual)
    assert scores.shape == (40, 14)
    assert video.with_silence(scores)[:, :2].isnan().all()
    assert torch.equal(video.with_silence(scores)[:, 2:], scores)
    frames = video.scaled(usual)
    expected = predictor(torch.cat([frames[3, 4], frames[3, 5]]))
    error = (expected - frames[3, 6]).double().square().mean()
    assert scores[3, 4].item() == pytest.approx(error.item(), rel=1e-5)


# ── What the lesson says of heaps ─────────────────────────────────────────────────────────────────


def steps_in_a_heap(frames: torch.Tensor) -> torch.Tensor:
    """Return how far each lamp's places lie apart, sorted, and 0 where it stood: (film, 7, lamp).

    The order of frames plays no part. The widest gap on the circle is where the lamp never was.
    """
    places = video.middles(frames)  # (film, time, lamp, axis)
    apart = (places.unsqueeze(1) - places.unsqueeze(2) + SIDE / 2) % SIDE - SIDE / 2
    axis = apart.abs().amax((1, 2)).argmax(2)[:, None, :, None].expand(-1, FRAMES, -1, 1)
    along = places.gather(3, axis).squeeze(3).sort(1).values
    gaps = torch.cat([along.diff(dim=1), along[:, :1] + SIDE - along[:, -1:]], 1)
    steps = gaps.sort(1).values[:, :-1]
    return steps * (steps > 0.4)


def test_a_heap_of_frames_holds_speeds_and_turns() -> None:
    films = make_lamps(500, seed=12)
    steps = steps_in_a_heap(video.shuffled(films.frames))
    taken = (steps > 0).sum(1)  # four, or three places further where a lamp turned back
    speed = steps.sum(1) / taken
    said = films.answers.clone()
    said[:, 6:9], said[:, 9:12] = compared(-speed), taken == 3
    assert min(video.by_type(said, films.answers).values()) > 0.99


def test_triples_without_numbers_can_be_joined_like_a_chain() -> None:
    pieces = video.neighbours(FILMS.frames).double().chunk(3, dim=3)
    now, to_next, since_last = (part.flatten(2) for part in pieces)  # (film, time, pixel)
    after = torch.cdist(now + to_next / video.LOUDER, now) + torch.eye(FRAMES) * 1e6
    assert torch.equal(after[:, :-1].argmin(2), torch.arange(1, FRAMES).expand(60, -1))
    before = torch.cdist(now - since_last / video.LOUDER, now) + torch.eye(FRAMES) * 1e6
    assert (before.amin(2).argmax(1) == 0).all()  # nothing comes before the first


# ── Captions and their films ──────────────────────────────────────────────────────────────────────

TOKENIZER = word_tokenizer(captions(FILMS), longest=video.LONGEST)


def test_what_is_gathered_is_what_the_answers_are_made_of() -> None:
    reader = video.FilmReader().eval()
    read = video.gathered(reader, FILMS.frames[:4])
    assert read.shape == (4, 18, 96)
    direction = reader.answer[0](read[:, :3])
    assert torch.allclose(direction, reader(FILMS.frames[:4])[:, :3], atol=1e-5)


def test_no_caption_is_too_long() -> None:
    texts = encode(TOKENIZER, captions(make_lamps(300, seed=2)))
    assert texts.shape[1] == video.LONGEST and (texts[:, -1] == PADDING).all()


def test_a_bag_of_words_does_not_know_their_order() -> None:
    torch.manual_seed(0)
    texts = encode(TOKENIZER, ["red flashes before blue before green"])
    other = encode(TOKENIZER, ["green flashes before red before blue"])
    bag, tower = (make(len(TOKENIZER), 16) for make in (video.BagOfWords, video.text_tower))
    assert torch.allclose(bag(texts), bag(other), atol=1e-5)
    assert not torch.allclose(tower(texts), tower(other), atol=1e-3)


def test_retrieval_counts_own_pairs_in_galleries_both_ways() -> None:
    vectors = torch.eye(64).repeat(2, 1)
    assert set(video.retrieval(vectors, vectors).values()) == {1.0}
    others = vectors.roll(1, 0)
    assert video.retrieval(vectors, others)["film → text @1"] == 0.0
    same = torch.ones(64, 3)
    found = video.retrieval(same, same)
    assert found["text → film @1"] == pytest.approx(1 / 64)
    assert found["film → text @5"] == pytest.approx(5 / 64)


def test_an_exchanged_fact_changes_that_fact_alone() -> None:
    for fact in ("starts", "flashes", "ways"):
        wrong = video.exchanged(FILMS, fact)
        assert torch.equal(wrong.frames, FILMS.frames)
        assert torch.equal(wrong.starts[:, [1, 0, 2]], FILMS.starts) == (fact == "starts")
        assert torch.equal(wrong.flashes, FILMS.flashes) == (fact != "flashes")
        assert torch.equal(wrong.answers, FILMS.answers) == (fact != "ways")


def test_a_matcher_learns_from_a_few_films() -> None:
    torch.manual_seed(0)
    reader = video.FilmReader()
    read, texts = video.gathered(reader, FILMS.frames), encode(TOKENIZER, captions(FILMS))
    matcher = video.Matcher(len(TOKENIZER), video.BagOfWords, width=16)
    recipe = Recipe(steps=100, batch_size=30, learning_rate=1e-2)
    history = video.learn_to_match(matcher, read, texts, meanings(FILMS), recipe)
    assert sum(history.losses[-5:]) < 0.95 * sum(history.losses[:5])
    found = video.hard_pairs(reader, matcher, TOKENIZER, FILMS)
    assert found["starts"] == pytest.approx(0.5, abs=0.35)
    assert found["flashes"] == pytest.approx(0.5, abs=0.35)


def test_a_tie_between_two_is_a_half() -> None:
    assert video.preferred(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 2.0, 4.0])) == 0.5


# ── Moments ───────────────────────────────────────────────────────────────────────────────────────


def test_sentences_are_true_and_some_are_kept() -> None:
    truth = event_frames(FILMS)
    for heard in (True, False):
        asked = video.sentences(FILMS, heard, seed=3)
        pairs = list(zip(asked.lamps.tolist(), asked.events.tolist(), strict=True))
        assert all(((lamp, list(EVENTS)[e]) in video.UNHEARD) != heard for lamp, e in pairs)
        for film, (lamp, event) in enumerate(pairs):
            assert torch.equal(asked.when[film], truth[film, lamp, event])
            assert LAMPS[lamp] in asked.texts[film]
        assert asked.when.any(1).all()


def test_frame_by_frame_a_finder_does_not_know_the_order_and_along_time_it_does() -> None:
    torch.manual_seed(0)
    tokens, texts = torch.randn(2, FRAMES, 3, 96), torch.tensor([[3, 4], [5, 6]])
    alone, along = (video.MomentFinder(9, way) for way in (nn.Identity, video.AlongTime))
    assert torch.allclose(alone(tokens, texts).flip(1), alone(tokens.flip(1), texts), atol=1e-4)
    assert not torch.allclose(along(tokens, texts).flip(1), along(tokens.flip(1), texts), atol=1e-2)


def test_rivals_of_moments_know_what_they_say() -> None:
    heard, asked = (video.sentences(FILMS, seed=seed) for seed in (1, 2))
    usual = video.usual_moment(heard, asked)
    assert usual.shape == (60, FRAMES) and usual.min() >= 0 and usual.max() <= 1
    assert video.middle(FILMS.frames)[0].tolist() == [0, 0, 0, 1, 1, 0, 0, 0]
    change = video.most_change(FILMS.frames)
    steps = FILMS.frames.float().diff(dim=1).abs().mean((2, 3, 4))
    assert torch.allclose(change[:, 3], steps[:, 2] + steps[:, 3])
    assert torch.allclose(change[:, 0], steps[:, 0])


def test_as_many_frames_are_said_as_the_event_lasts() -> None:
    scores = torch.tensor([[0.1, 0.9, 0.3, 0.5], [1.0, 1.0, 0.0, 1.0]])
    said = video.said_frames(scores, torch.tensor([1, 2]))
    assert said.tolist() == [[False, True, False, False], [True, True, False, False]]


def test_a_finder_learns_from_a_few_films() -> None:
    asked = video.sentences(FILMS)
    tokenizer = word_tokenizer(asked.texts)
    torch.manual_seed(0)
    finder = video.MomentFinder(len(tokenizer))
    tokens = video.tokens_of(video.FilmReader(), FILMS.frames)
    recipe = Recipe(steps=60, batch_size=30, learning_rate=3e-3)
    texts = encode(tokenizer, asked.texts)
    history = video.learn_moments(finder, tokens, texts, asked.when, recipe)
    assert sum(history.losses[-5:]) < 0.95 * sum(history.losses[:5])
    assert set(video.by_event(asked.when.float().mean(1), asked)) == set(EVENTS)


def test_the_readers_look_is_taken_from_this_lamp_and_its_questions() -> None:
    asked = video.sentences(FILMS)
    look = torch.zeros(60, 18, FRAMES, 3)
    lamp, event = int(asked.lamps[0]), list(EVENTS)[asked.events[0]]
    kind = video.ASKED_FOR[event]
    number = next(n for n, q in enumerate(QUESTIONS) if q.type == kind and LAMPS[lamp] in q.text)
    look[0, number, 5, lamp] = 1.0
    assert video.looked_at(look, asked)[0].argmax() == 5


# ── Sounds ────────────────────────────────────────────────────────────────────────────────────────

HEARD = video.loops(128, seed=4)


def test_loops_are_films_and_sounds_that_begin_at_one_moment() -> None:
    films = make_lamps(128, seed=4)
    assert torch.equal(HEARD.frames[7], films.frames[7].roll(-int(HEARD.later[7]), 0))
    assert torch.equal(HEARD.loud, switched_on(loudness(sounds(films, 4)), HEARD.later))
    assert set(HEARD.later.tolist()) == set(range(FRAMES))


def test_programs_that_know_lamps_and_pitches_find_lag_and_sound() -> None:
    marks, heard = video.film_marks(HEARD), video.sound_marks(HEARD)
    found = video.hearing(marks, heard)
    assert found["right lag"] > 0.99 and found["own sound"] > 0.95
    any_lamp = video.hearing(video.any_lamp(marks), video.any_lamp(heard))
    assert any_lamp["right lag"] > 0.95 and any_lamp["own sound"] < 0.95


def test_a_late_sound_is_found_late() -> None:
    marks, heard = video.film_marks(HEARD), video.sound_marks(HEARD)
    lags = video.at_lags(marks, heard.roll(3, 1)).argmax(1)
    assert (lags == 3).float().mean() > 0.99


def test_a_sound_matcher_learns_from_a_few_films() -> None:
    torch.manual_seed(0)
    matcher = video.SoundMatcher(BANDS)
    tokens = video.tokens_of(video.FilmReader(), HEARD.frames)
    recipe = Recipe(steps=30, batch_size=64, learning_rate=3e-3)
    history = video.learn_to_hear(matcher, tokens, HEARD.loud, recipe)
    assert sum(history.losses[-5:]) < 0.95 * sum(history.losses[:5])
    film, sound = matcher(tokens, HEARD.loud)
    assert film.shape == sound.shape == (128, FRAMES, 24)
