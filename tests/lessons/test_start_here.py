"""Lesson 00's pictures and model."""

import pytest
import torch

from mmtutor.start_here import (
    COLOURS,
    KINDS,
    NOTHING,
    QUICK,
    PlainFinder,
    WordFinder,
    colour_loss,
    colour_of_words,
    look,
    look_for_each,
    make_pictures,
    most_common_colour,
    patches,
    steps_until_found,
)
from mmtutor.training import Batches, fit, predict, seed_everything


@pytest.fixture(scope="module")
def data():
    return make_pictures(2000, seed=3)


def test_every_picture_holds_five_different_objects(data):
    for kinds, colours in zip(data.kinds[:50], data.colours[:50], strict=True):
        there = kinds[kinds != NOTHING]
        assert len(there) == len(there.unique()) == 5
        assert torch.equal(kinds == NOTHING, colours == NOTHING)


def test_the_question_fits_the_picture(data):
    rows = torch.arange(len(data.words))
    assert torch.equal(data.kinds[rows, data.places], data.words)
    assert torch.equal(data.colours[rows, data.places], data.answers)


def test_a_blind_guess_is_at_chance(data):
    for column, kinds in (
        (data.answers, len(COLOURS)),
        (data.words, len(KINDS)),
        (data.places, 16),
    ):
        shares = column.bincount(minlength=kinds) / len(column)
        assert (shares - 1 / kinds).abs().max() < 0.04


def test_cells_show_what_the_labels_say(data):
    cells = patches(data.pictures).unflatten(-1, (256, 3))  # 0 is white
    ink = cells.amax(dim=(2, 3)) > 0
    assert torch.equal(ink, data.kinds != NOTHING)
    darkest = cells.amax(dim=2)[ink]  # what the ink takes from each of red, green and blue
    expected = 1 - torch.tensor(list(COLOURS.values()))[data.colours[ink]]
    nearest = torch.cdist(darkest, 1 - torch.tensor(list(COLOURS.values()))).argmin(-1)
    assert torch.equal(nearest, data.colours[ink])
    assert (darkest <= expected + 0.01).all()


def test_no_two_kinds_look_alike():
    data = make_pictures(200, objects=8, seed=0)
    cells = patches(data.pictures).unflatten(-1, (256, 3)).amax(-1) > 0.1
    for kind in range(len(KINDS)):
        drawn = cells[data.kinds == kind].float().mean(0) > 0.5
        others = [
            (drawn != (cells[data.kinds == other].float().mean(0) > 0.5)).sum()
            for other in range(len(KINDS))
            if other != kind
        ]
        assert min(others) > 20


def test_the_same_seed_draws_the_same_pictures():
    assert torch.equal(make_pictures(5, seed=1).pictures, make_pictures(5, seed=1).pictures)
    assert not torch.equal(make_pictures(5, seed=1).pictures, make_pictures(5, seed=2).pictures)


def test_weights_are_shares():
    data, model = make_pictures(7, seed=0), WordFinder()
    weights = look(model, data.pictures, data.words)
    assert weights.shape == (7, 16)
    torch.testing.assert_close(weights.sum(-1), torch.ones(7))


def test_a_caption_asks_for_the_kind_and_names_the_colour(data):
    word, answer = data.caption(7).split("? ")
    assert list(KINDS).index(word) == data.words[7]
    assert list(COLOURS).index(answer) == data.answers[7]


def test_the_objects_of_a_picture_come_in_reading_order(data):
    kinds, places = data.objects(7)
    assert torch.equal(data.kinds[7, places], kinds)
    assert len(kinds) == 5 and NOTHING not in kinds and (places.diff() > 0).all()


def test_the_box_holds_the_object_that_is_asked_for_and_no_other(data):
    for picture in range(20):
        left, top, right, bottom = data.box(picture)
        inside = data.pictures[picture, top:bottom, left:right]
        cell = patches(data.pictures[picture : picture + 1])[0, data.places[picture]]
        assert torch.equal(1 - inside.flatten() / 255, cell)


def test_each_word_looks_as_if_it_were_asked_alone(data):
    model, words = WordFinder(), torch.tensor([3, 0])
    alone = [look(model, data.pictures[:1], word.view(1))[0] for word in words]
    torch.testing.assert_close(
        look_for_each(model, data.pictures[0], words), torch.stack(alone), atol=1e-6, rtol=1e-5
    )


def test_the_wordless_guess_is_the_colour_of_most_objects():
    colours = torch.tensor([[NOTHING] * 11 + [4, 2, 2, 1, 2], [NOTHING] * 12 + [3, 1, 3, 1]])
    assert most_common_colour(colours).tolist() == [2, 1]  # of two that tie, the first


def test_a_word_has_found_its_object_at_the_first_step_with_over_half_of_its_weight():
    maps = torch.full((3, 2, 16), 0.02)  # (step, word, cell)
    maps[0, 0, 9], maps[1, 0, 9], maps[2, 0, 9] = 0.5, 0.6, 0.9
    maps[2, 1, 9] = 0.9  # the second word's own cell is 4: it never looks there
    assert steps_until_found(maps, [10, 20, 30], torch.tensor([9, 4])) == [20, None]


def test_it_learns_to_look(data, monkeypatch):
    monkeypatch.setenv("MMTUTOR_HEADLESS", "1")
    seed_everything(0)
    model, test = WordFinder(), make_pictures(300, seed=4)
    batches = Batches(data.pictures, data.words, data.answers, batch_size=QUICK.batch_size)
    fit(model, batches, colour_loss, QUICK)
    right = predict(model, test.pictures, test.words).argmax(-1) == test.answers
    pointing = look(model, test.pictures, test.words).argmax(-1) == test.places
    assert right.float().mean() >= 0.95 and pointing.float().mean() >= 0.95


def test_the_colour_of_a_word_is_the_one_that_was_right_most_often(data):
    colours = colour_of_words(data)
    for kind, colour in enumerate(colours):
        counts = data.answers[data.words == kind].bincount(minlength=len(COLOURS))
        assert counts[colour] == counts.max() > 0


def test_the_plain_rival_reads_the_word_and_every_patch(data):
    torch.manual_seed(0)
    model, picture = PlainFinder(), data.pictures[:1]
    plain = model(picture, data.words[:1])
    assert not torch.equal(plain, model(picture, (data.words[:1] + 1) % len(KINDS)))
    for row, column in ((0, 0), (1, 2), (3, 3)):
        changed = picture.clone()
        changed[:, 16 * row, 16 * column] = 77
        assert not torch.equal(plain, model(changed, data.words[:1]))
