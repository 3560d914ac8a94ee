"""Films: the lag is the lag, who can find it and who cannot, and what is refused."""

import pytest
import torch
from torch import Tensor

from mmtutor.datasets import films
from mmtutor.datasets.films import (
    EVENTS,
    FRAME_RATE,
    FRAMES,
    KINDS,
    RATE,
    SAMPLES,
    Films,
    make_films,
)

STEP = 8
"""Points per frame at which both signals are compared: 5 milliseconds apart."""


def found(looked_at: Tensor, made: Films) -> Tensor:
    """The lag in milliseconds at which a signal of the picture goes best with loudness."""
    fine = torch.nn.functional.interpolate(looked_at[:, None], scale_factor=STEP, mode="linear")
    window = RATE // FRAME_RATE // STEP
    loud = made.waves.double().abs().unfold(1, window, window).mean(dim=2)
    seen, heard = (x - x.mean(dim=1, keepdim=True) for x in (fine[:, 0].double(), loud))
    lags = range(-400 // 5, 400 // 5 + 1)
    length = seen.shape[1]
    scores = [
        (
            seen[:, max(0, -lag) : length - max(0, lag)]
            * heard[:, max(0, lag) : length + min(0, lag)]
        ).mean(dim=1)
        for lag in lags
    ]
    return 5.0 * torch.tensor([*lags])[torch.stack(scores).argmax(dim=0)]


def close(looked_at: Tensor, made: Films) -> float:
    """The share of films whose lag is found within 20 milliseconds, but for a constant error."""
    error = found(looked_at, made) - made.lags
    return float(((error - error.median()).abs() <= 20).double().mean())


def pixels(made: Films) -> Tensor:
    return made.frames[..., 0].double()


def brightness(made: Films) -> Tensor:
    return pixels(made).mean(dim=(2, 3))


def motion(made: Films) -> Tensor:
    moved = pixels(made).diff(dim=1).abs().mean(dim=(2, 3))
    return torch.cat([moved[:, :1], moved], dim=1)


def low(made: Films) -> Tensor:
    """How low the light stands on average: somebody has said that it is the height that matters."""
    ink = (pixels(made) - pixels(made).amin(dim=(1, 2, 3), keepdim=True)).square()
    return (ink * torch.arange(16)[:, None]).sum(dim=(2, 3)) / ink.sum(dim=(2, 3))


@pytest.fixture(scope="module")
def made() -> dict[str, Films]:
    return {kind: make_films(200, seed=1, kind=kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_and_ranges(kind: str, made: dict[str, Films]) -> None:
    some = made[kind]
    assert (some.frames.shape, some.waves.shape) == ((200, 64, 16, 16, 1), (200, 20480))
    assert len(some) == 200 and some.kind == kind
    assert FRAMES * RATE == SAMPLES * FRAME_RATE
    assert some.lags.abs().max() < 400 and some.lags.std() > 200
    assert some.waves.abs().amax(dim=1).min() > 5000 and some.waves.abs().max() < 32767


def test_the_same_seed_gives_the_same_films_and_another_does_not() -> None:
    one, again, other = (make_films(3, seed, "flicker") for seed in (5, 5, 6))
    assert torch.equal(one.frames, again.frames) and torch.equal(one.waves, again.waves)
    assert not torch.equal(one.frames, other.frames)


@pytest.mark.parametrize("kind", KINDS)
def test_events_fill_the_film_and_a_second_on_either_side(kind: str, made: dict) -> None:
    events = made[kind].events
    assert events.shape[1] == EVENTS
    assert (events[:, 0] < -1).all() and (events[:, -1] > FRAMES / FRAME_RATE + 1).all()
    pauses = events.diff(dim=1)
    if kind == "metronome":
        assert torch.allclose(pauses, torch.tensor(films.BEAT), atol=1e-5)
    else:
        assert pauses.min() > films.SHORTEST - 1e-5 and pauses.max() < films.LONGEST + 1e-5


def test_every_thud_is_heard_at_its_event_and_its_lag(made: dict[str, Films]) -> None:
    some = made["bounce"]
    heard = ((some.events + some.lags[:, None] / 1000) * RATE).round().long()
    for film in range(0, 200, 10):
        wave = some.waves[film].double().abs() / 32767
        for begin in heard[film].tolist():
            if 100 <= begin < SAMPLES - 100:
                assert wave[begin : begin + 40].max() > 0.2
                assert wave[begin - 60 : begin - 1].max() < 0.06  # the thud before has died away


def test_a_ball_is_on_the_floor_at_its_event_and_as_bright_as_ever(made: dict) -> None:
    some = made["bounce"]
    height = films.flight(some.events)
    passed, pause = films.since(some.events)
    assert height.min() >= -1e-4 and height.max() <= films.HIGHEST + 1e-4
    assert height[torch.minimum(passed, pause - passed) < 0.01].max() < 1
    bright = brightness(some)
    assert (bright.std(dim=1) / bright.mean(dim=1)).max() < 0.02
    flashing = brightness(made["flash"])
    assert (flashing.std(dim=1) / flashing.mean(dim=1)).min() > 0.05


def test_brightness_finds_the_lag_of_a_flash_and_of_nothing_else(made: dict) -> None:
    assert close(brightness(made["flash"]), made["flash"]) > 0.9
    for kind in ("bounce", "flicker", "metronome"):
        assert close(brightness(made[kind]), made[kind]) < 0.25


def test_motion_finds_some_bounces_until_a_lamp_flickers(made: dict) -> None:
    assert 0.2 < close(motion(made["bounce"]), made["bounce"]) < 0.7
    assert close(motion(made["flicker"]), made["flicker"]) < 0.25


def test_whoever_knows_that_height_matters_finds_bounces_and_no_flash(made: dict) -> None:
    assert close(low(made["bounce"]), made["bounce"]) > 0.9
    assert close(low(made["flicker"]), made["flicker"]) > 0.9
    assert close(low(made["flash"]), made["flash"]) < 0.5


def test_a_metronome_is_ambiguous_by_whole_beats(made: dict[str, Films]) -> None:
    error = found(low(made["metronome"]), made["metronome"]) - made["metronome"].lags
    error = error - error[error.abs() < 100].median()
    beats = (error / 400).round()
    assert 0.25 < (beats != 0).double().mean() < 0.75
    assert ((error - 400 * beats).abs() <= 20).double().mean() > 0.9


def test_a_longest_lag_of_nothing_is_no_lag() -> None:
    assert not make_films(4, longest_lag=0).lags.any()


def test_what_cannot_be_made_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 1000 milliseconds, not 2000"):
        make_films(2, longest_lag=2000)
    with pytest.raises(ValueError, match="flash, bounce, flicker, metronome, not 'talk'"):
        make_films(2, kind="talk")
