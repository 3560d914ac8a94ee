"""The sound of films of lamps: clicks and hums where they belong, and nothing that tells alone."""

import torch

from mmtutor.datasets.lamp_sounds import (
    HERTZ,
    MIDDLES,
    PER_FRAME,
    loudness,
    sounds,
    switched_on,
)
from mmtutor.datasets.lamps import FRAMES, STEPS, make_lamps

FILMS = make_lamps(60, seed=31)
WAVES = sounds(FILMS, seed=2)


def near(hertz: float) -> torch.Tensor:
    """Return how loud it is around a pitch in each frame: (film, time)."""
    return loudness(WAVES)[..., (MIDDLES / hertz).log().abs() < 0.1].amax(2)


def test_a_sound_lasts_as_long_as_its_film_and_has_a_seed() -> None:
    assert WAVES.shape == (60, FRAMES * PER_FRAME) and WAVES.dtype == torch.int16
    assert torch.equal(WAVES, sounds(FILMS, seed=2))
    assert not torch.equal(WAVES, sounds(FILMS, seed=3))
    assert WAVES.abs().max() < 32767  # nothing is cut off


def test_each_lamp_clicks_with_its_flash() -> None:
    for lamp, hertz in enumerate(HERTZ):
        assert torch.equal(near(4 * hertz).argmax(1), FILMS.flashes[:, lamp])


def test_each_lamp_hums_while_it_glides() -> None:
    since = torch.arange(FRAMES) - FILMS.starts.unsqueeze(2)
    glides = (since >= 0) & (since < STEPS)  # (film, lamp, frame)
    for lamp, hertz in enumerate(HERTZ):
        loud = near(hertz)
        quietest = torch.where(glides[:, lamp], loud, torch.inf).amin(1)
        assert (quietest > torch.where(glides[:, lamp], -torch.inf, loud).amax(1)).all()


def test_a_loop_begins_later_and_loses_nothing() -> None:
    later = torch.arange(60) % FRAMES
    moved = switched_on(FILMS.frames, later)
    assert torch.equal(moved[3], FILMS.frames[3].roll(-3, 0))
    assert torch.equal(switched_on(moved, -later), FILMS.frames)


def test_the_sound_alone_does_not_say_whether_it_is_late() -> None:
    """Over all moments at which one may switch on, sounds in time and late ones are the same."""
    loud = loudness(WAVES)[:20]
    each = [switched_on(loud, torch.full((20,), begin)) for begin in range(FRAMES)]
    late = [switched_on(loud, torch.full((20,), begin + 3)) for begin in range(FRAMES)]
    for film in range(20):
        one, other = ({part[film].numpy().tobytes() for part in some} for some in (each, late))
        assert one == other and len(one) == FRAMES


def test_the_loudest_bands_are_those_of_the_pitches() -> None:
    glides = loudness(WAVES).amax(1)  # (film, band)
    for hertz in HERTZ:
        band = (MIDDLES / hertz).log().abs().argmin()
        far = (MIDDLES < 175) | (MIDDLES > 1900)
        assert (glides[:, band - 1 : band + 2].amax(1) > glides[:, far].amax(1)).all()
