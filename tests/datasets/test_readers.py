"""Made-up readers: their likes follow their tastes, and the best guess is the best."""

import pytest
import torch

from mmtutor.datasets.readers import (
    FEWEST,
    WHIM,
    best_guess,
    fame_of,
    found_again,
    holds,
    liked_by_alike,
    make_readers,
    tastes_in,
)

NAMES = [f"{colour} {thing}" for colour in ("red", "green", "blue") for thing in range(100)]
NAMES += ["red and green"] * 10 + ["rare bird"] * 5


@pytest.fixture(scope="module")
def readers():
    return make_readers(NAMES, 2000, likes=4, seed=3)


def test_a_taste_is_a_word_neither_rare_nor_common():
    assert tastes_in(NAMES) == ("blue", "green", "red")
    assert holds(NAMES, ["red", "bird"]).sum(dim=1).tolist() == [110, 5]
    with pytest.raises(ValueError, match=f"in {FEWEST} to"):
        make_readers(["rare bird"] * 20, 5)


def test_likes_follow_tastes_but_for_a_whim(readers):
    suits = holds(NAMES, readers.words)[readers.tastes].any(dim=1)  # (reader, thing)
    share = suits.gather(1, readers.likes[:, :1]).float().mean().item()
    by_whim = (suits * readers.fame).sum(dim=1).mean().item()
    assert share == pytest.approx(1 - WHIM + WHIM * by_whim, abs=0.03)


def test_nobody_likes_a_thing_twice_or_has_one_taste_twice(readers):
    assert all(len(set(row)) == 4 for row in readers.likes.tolist())
    assert (readers.tastes[:, 0] != readers.tastes[:, 1]).all()


def test_what_is_drawn_depends_on_the_seed_and_fame_does_not():
    one, same, other = (make_readers(NAMES, 50, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.likes, same.likes) and not torch.equal(one.likes, other.likes)
    assert torch.equal(one.fame, other.fame)
    assert fame_of(300).sum().item() == pytest.approx(1.0)


def test_nobody_beats_the_best_guess(readers):
    known = readers.likes[:, :-1]
    best = best_guess(readers, known)
    assert torch.allclose(best.sum(dim=1), torch.ones(2000), atol=1e-4)
    scores = {"fame": readers.fame.expand(2000, -1), "chance": torch.rand(2000, len(NAMES))}
    liked = holds(NAMES, readers.words).float()[:, known].amax(dim=2).T  # (reader, word)
    scores["words liked"] = liked @ readers.wanted
    limit = found_again(best, readers.likes, 20)
    assert all(found_again(score, readers.likes, 20) < limit for score in scores.values())


def test_found_again_leaves_out_what_is_known():
    likes = torch.tensor([[0, 1], [2, 0]])
    scores = torch.tensor([[9.0, 1.0, 0.0], [5.0, 6.0, 7.0]])
    assert found_again(scores, likes, 1) == pytest.approx(0.5)
    assert found_again(scores, likes, 2) == pytest.approx(1.0)


def test_what_is_liked_together_is_counted_as_often_as_likes_are_shared():
    crowd = torch.tensor([[0, 1, 2], [0, 1, 3], [4, 5, 6]])
    counts = liked_by_alike(torch.tensor([[0, 1], [4, 0]]), crowd, things=8)
    assert counts.tolist() == [[4, 4, 2, 2, 0, 0, 0, 0], [2, 2, 1, 1, 1, 1, 1, 0]]
