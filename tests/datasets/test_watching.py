"""What cameras watch: what is odd and from when on, what one frame cannot tell, the grain."""

import pytest
import torch
from torch import Tensor

from mmtutor.datasets import watching
from mmtutor.datasets.watching import EARLIEST, FRAMES, LATEST, ODD, Watching, make_watching
from mmtutor.metrics import auroc

WAYS = (None, *ODD)


@pytest.fixture(scope="module")
def made() -> dict[str | None, Watching]:
    return {way: make_watching(300, seed=1, odd=way) for way in WAYS}


def quiet(way: str | None, monkeypatch: pytest.MonkeyPatch) -> Tensor:
    """The same films from cameras without grain."""
    monkeypatch.setattr(watching, "FINEST", 1e-6)
    monkeypatch.setattr(watching, "COARSEST", 1e-6)
    return make_watching(60, seed=1, odd=way).frames.int()


@pytest.mark.parametrize("way", WAYS)
def test_sizes(way: str | None, made: dict) -> None:
    some = made[way]
    assert some.frames.shape == (300, 16, 1, 16, 16) and len(some) == 300
    assert some.frames.dtype == torch.uint8 and some.odd.shape == (300, 16)


def test_the_same_seed_gives_the_same_films_and_another_does_not() -> None:
    one, again, other = (make_watching(3, seed, "jump") for seed in (5, 5, 6))
    assert torch.equal(one.frames, again.frames) and torch.equal(one.odd, again.odd)
    assert not torch.equal(one.frames, other.frames)


@pytest.mark.parametrize("way", ODD)
def test_an_odd_film_is_odd_from_a_frame_on_to_its_end(way: str, made: dict) -> None:
    begins = made[way].begins
    assert begins.unique().tolist() == list(range(EARLIEST, LATEST + 1))
    assert torch.equal(made[way].odd, torch.arange(FRAMES) >= begins[:, None])


def test_nothing_is_odd_in_a_usual_film(made: dict) -> None:
    assert not made[None].odd.any()
    assert (made[None].begins == -1).all()


@pytest.mark.parametrize("way", ODD)
def test_until_then_an_odd_film_is_the_usual_one_of_its_seed(way: str, made: dict) -> None:
    same = (made[way].frames == made[None].frames).all(dim=(2, 3, 4))
    assert same[~made[way].odd].all() and not same[made[way].odd].any()


def test_what_runs_backwards_shows_the_frames_again(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = quiet("reverse", monkeypatch)
    for film, begin in enumerate(make_watching(60, 1, "reverse").begins.tolist()):
        for after in range(min(begin - 1, FRAMES - begin)):
            assert torch.equal(frames[film, begin + after], frames[film, begin - 2 - after])


def test_what_stands_still_shows_one_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = quiet("stop", monkeypatch)
    for film, begin in enumerate(make_watching(60, 1, "stop").begins.tolist()):
        assert (frames[film, begin:] == frames[film, begin - 1]).all()


def test_a_usual_ball_drives_at_an_even_speed_along_a_row_or_a_column() -> None:
    clock = torch.arange(16.0).expand(200, -1)
    place, front = watching.drive(clock, torch.Generator().manual_seed(0))
    moved = place.diff(dim=1)
    straight = (front[:, 1:] == front[:, :-1]).all(dim=2)
    speed = moved.norm(dim=2)
    evenly = speed[straight]
    assert evenly.min() > watching.SLOWEST - 1e-4 and evenly.max() < watching.FASTEST + 1e-4
    assert moved.abs().amin(dim=2).max() < 1e-4
    along = (moved * front[:, 1:]).sum(dim=2)[straight]
    torch.testing.assert_close(along, evenly)  # with its front ahead
    assert place.min() >= watching.RIM and place.max() <= watching.SIDE - watching.RIM


def test_a_jump_is_longer_than_any_step() -> None:
    leaps = watching.leap(100, torch.Generator().manual_seed(0)).diff(dim=1)
    assert leaps.min() >= watching.SHORTEST_JUMP and leaps.max() <= watching.LONGEST_JUMP


@pytest.mark.parametrize("way", ODD)
def test_one_frame_says_nothing(way: str, made: dict) -> None:
    """As much light, as far from the middle: every frame could be one of a usual film."""
    frames = made[way].frames[:, :, 0].double()
    for sign in (frames.mean(dim=(2, 3)), frames[..., 4:12, 4:12].mean(dim=(2, 3))):
        assert 0.45 < auroc(sign[made[way].odd], sign[~made[way].odd]) < 0.55


def test_grain_differs_and_is_what_it_says(made: dict) -> None:
    grain = made[None].grain
    assert grain.min() < 10 and grain.max() > 28
    assert ((grain / watching.FINEST).log2() < 1).float().mean() == pytest.approx(0.5, abs=0.1)
    corner = made[None].frames[:, :, 0, :2, :2].double()  # no ball gets there
    found = corner.flatten(1).std(dim=1)
    fine = grain < 14  # darker than black is black: coarse grain is cut off
    assert (found / grain)[fine].mean() == pytest.approx(1, abs=0.05)


def test_what_cannot_be_made_is_refused() -> None:
    with pytest.raises(ValueError, match="None or one of reverse, stop, jump, not 'fire'"):
        make_watching(2, odd="fire")
