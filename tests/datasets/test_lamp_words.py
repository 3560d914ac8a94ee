"""Films of lamps in words: captions say what is true, and their words alone say next to nothing."""

from collections import Counter
from dataclasses import replace

import torch

from mmtutor.datasets.lamp_words import (
    EVENTS,
    captions,
    event_frames,
    meanings,
    sentence,
    turning,
)
from mmtutor.datasets.lamps import FLASH, LAMPS, WAYS, make_lamps

FILMS = make_lamps(200, seed=21)


def ordered(clause: str) -> list[str]:
    """Return the lamps of a clause, the earliest first."""
    lamps = [word for word in clause.split() if word in LAMPS]
    return lamps if "before" in clause else lamps[::-1]


def test_captions_say_what_is_true() -> None:
    for film, text in enumerate(captions(FILMS, seed=1)):
        clauses = text.split(", ")
        starts, flashes = (
            next(c for c in clauses if f" {does} " in c) for does in ("sets off", "flashes")
        )
        for clause, moments in ((starts, FILMS.starts), (flashes, FILMS.flashes)):
            assert ordered(clause) == [LAMPS[lamp] for lamp in moments[film].argsort()]
        goes = next(c for c in clauses if "goes" in c or "moves" in c).split()
        said = [word for word in goes if word in WAYS]
        assert said == [WAYS[way] for way in FILMS.answers[film, :3]]


def test_captions_have_several_wordings_and_a_seed() -> None:
    assert captions(FILMS, seed=1) == captions(FILMS, seed=1) != captions(FILMS, seed=2)
    one = replace(
        FILMS,
        starts=FILMS.starts[:1].expand(200, -1),
        flashes=FILMS.flashes[:1].expand(200, -1),
        answers=FILMS.answers[:1].expand(200, -1),
    )
    assert len(set(captions(one))) == 2 * 2 * 2 * 6  # three facts in two wordings, in any order


def test_the_words_of_a_caption_do_not_say_who_is_first() -> None:
    order = [1, 2, 0]
    other = replace(FILMS, starts=FILMS.starts[:, order], flashes=FILMS.flashes[:, order])
    for one, two in zip(captions(FILMS), captions(other), strict=True):
        assert one != two and Counter(one.replace(",", "").split()) == Counter(
            two.replace(",", "").split()
        )


def test_films_whose_captions_say_the_same_have_one_number() -> None:
    plain = [" ".join(sorted(text.split(", "))) for text in captions(FILMS)]
    names = meanings(FILMS).tolist()
    assert len(set(names)) <= len(set(plain))
    twins = [(i, j) for i in range(200) for j in range(i) if plain[i] == plain[j]]
    assert all(names[i] == names[j] for i, j in twins)
    many = make_lamps(5000, seed=3)
    assert len(meanings(many).unique()) > 1900  # of 6 · 6 · 64 = 2,304


def test_events_are_in_the_frames_in_which_they_happen() -> None:
    frames = event_frames(FILMS)  # (film, lamp, event, time)
    counts = frames.sum(3)
    assert (counts[:, :, [0, 1, 2]] == 2).all() and (counts[:, :, 4] == 5).all()
    turned = FILMS.answers[:, 9:12].bool()
    assert torch.equal(counts[:, :, 3], 3 * turned.long())
    first = frames.int().argmax(3)
    assert torch.equal(first[:, :, 0], FILMS.flashes) and FLASH == 2
    assert torch.equal(first[:, :, 1], FILMS.starts)
    assert torch.equal(first[:, :, 2], FILMS.starts + 3)
    assert torch.equal(first[:, :, 4], FILMS.starts)
    assert torch.equal(first[:, :, 3][turned], turning(FILMS)[turned] - 1)


def test_a_lamp_turns_one_step_after_its_start_or_one_before_its_end() -> None:
    turned = FILMS.answers[:, 9:12].bool()
    since = (turning(FILMS) - FILMS.starts)[turned]
    assert set(since.tolist()) == {1, 3}
    assert (turning(FILMS)[~turned] == 0).all()


def test_a_sentence_names_a_lamp_and_an_event() -> None:
    assert sentence(0, "flashes") == "the red lamp flashes"
    assert sentence(2, "turns back", 1) == "the blue lamp changes its way"
    assert len({sentence(lamp, e, w) for lamp in range(3) for e in EVENTS for w in (0, 1)}) == 30
