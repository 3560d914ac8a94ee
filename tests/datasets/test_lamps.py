"""Films of lamps: what is true of them, and that neither a frame nor a heap of frames tells it."""

import torch

from mmtutor.datasets.lamps import (
    BACKWARDS,
    FLASH,
    FRAMES,
    LAMPS,
    QUESTIONS,
    SIDE,
    STEPS,
    TYPES,
    WAYS,
    make_lamps,
    reversed_films,
)

FILMS = make_lamps(400, seed=3)


def answered(kind: str) -> torch.Tensor:
    """Return the answers of one type: (film, question)."""
    return FILMS.answers[:, [q.type == kind for q in QUESTIONS]]


def moved(films) -> torch.Tensor:
    """Return how far each lamp gets from frame to frame: (film, step, lamp, axis)."""
    step = films.places.diff(dim=1)
    return (step + SIDE / 2) % SIDE - SIDE / 2


def test_the_same_seed_makes_the_same_films() -> None:
    again = make_lamps(400, seed=3)
    assert torch.equal(FILMS.frames, again.frames) and torch.equal(FILMS.answers, again.answers)
    assert not torch.equal(FILMS.answers, make_lamps(400, seed=4).answers)


def test_every_answer_is_as_frequent_as_the_others() -> None:
    many = make_lamps(4000, seed=5).answers
    for number, question in enumerate(QUESTIONS):
        counts = torch.bincount(many[:, number], minlength=len(question.choices)) / 4000
        assert (counts - 1 / len(question.choices)).abs().max() < 0.04, question.text


def test_there_are_three_questions_of_each_type_in_order() -> None:
    assert [q.type for q in QUESTIONS] == [kind for kind in TYPES for _ in LAMPS]


def test_the_net_way_is_the_direction_that_is_asked_for() -> None:
    gone = moved(FILMS).sum(1)  # (film, lamp, axis)
    for way, (axis, sign) in enumerate([(0, -1), (0, 1), (1, -1), (1, 1)]):
        chosen = answered("direction") == way
        assert (sign * gone[..., axis][chosen] > 0).all(), WAYS[way]
        assert (gone[..., 1 - axis][chosen].abs() < 1e-3).all()


def test_a_lamp_glides_four_steps_from_its_start_on() -> None:
    glides = moved(FILMS).abs().sum(3) > 1e-3  # (film, step, lamp)
    assert (glides.sum(1) == STEPS).all()
    assert torch.equal(glides.long().argmax(1), FILMS.starts)


def test_who_is_asked_for_first_sets_off_first() -> None:
    red, green, blue = FILMS.starts.unbind(1)
    truth = torch.stack([red < green, red < blue, green < blue], 1).long()
    assert torch.equal(answered("first"), truth)


def test_speeds_and_turns_are_those_of_the_places() -> None:
    steps = moved(FILMS).sum(3)
    speed = steps.abs().amax(1)
    red, green, blue = speed.unbind(1)
    truth = torch.stack([red > green, red > blue, green > blue], 1).long()
    assert torch.equal(answered("faster"), truth)
    turns = steps.sum(1).abs() < 3 * speed
    assert torch.equal(answered("turned"), turns.long())


def test_a_flash_is_two_bright_frames_and_never_two_lamps_at_once() -> None:
    light = FILMS.frames.flatten(3).amax(3).float()  # (film, frame, lamp)
    bright = light > 190
    assert (bright.sum(1) == FLASH).all()
    assert torch.equal(bright.long().argmax(1), FILMS.flashes)
    assert (bright.sum(2) == 1).all(1).float().mean() < 1  # two of eight frames have no flash
    assert (bright.sum(2) <= 1).all()


def test_a_reversed_film_holds_the_same_frames_and_the_other_answers() -> None:
    back = reversed_films(FILMS)
    assert torch.equal(back.frames, FILMS.frames.flip(1))
    changed = back.answers != FILMS.answers
    for number, question in enumerate(QUESTIONS):
        assert changed[:, number].all() == (question.type in BACKWARDS)
        assert changed[:, number].any() == (question.type in BACKWARDS)
    glides = moved(back).abs().sum(3) > 1e-3
    assert torch.equal(glides.long().argmax(1), back.starts)
    gone, before = moved(back).sum(1), moved(FILMS).sum(1)
    assert torch.allclose(gone, -before, atol=1e-3)


def test_reversed_films_are_drawn_as_often_as_films() -> None:
    """Starts, flashes and early and late turns: the distribution is its own mirror image."""
    many = make_lamps(6000, seed=6)
    back = reversed_films(many)
    for name, most in (("starts", FRAMES - STEPS), ("flashes", FRAMES)):
        ways = [
            torch.bincount(getattr(films, name).flatten(), minlength=most) / 18000
            for films in (many, back)
        ]
        assert (ways[0] - ways[1]).abs().max() < 0.015, name


def test_a_place_is_as_likely_as_any_other_whatever_the_direction() -> None:
    """So one frame says nothing of where its lamps go."""
    many = make_lamps(6000, seed=7)
    for frame in (0, 3, 7):
        for way in range(len(WAYS)):
            chosen = many.places[:, frame][many.answers[:, :3] == way]  # (some, axis)
            quarters = torch.histc(chosen[:, 0], 4, 0, SIDE) / len(chosen)
            assert (quarters - 0.25).abs().max() < 0.03, (frame, way)
