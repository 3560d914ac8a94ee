"""Films of two and a half seconds with a sound that comes too early or too late, by a known lag.

Something happens at irregular times, and each time there is a thud. In a "flash" the picture lights
up; in a "bounce" a ball meets the floor, and the picture is never brighter or darker for it; in a
"flicker" a ball bounces while a lamp lights up whenever it likes. A "metronome" bounces every 400
milliseconds: whoever hears it may be off by whole beats, and nothing in the film says by how many.
What happens before and after the film is heard where the lag brings it in.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int16, UInt8
from torch import Tensor

from mmtutor.datasets.spectrograms import RATE

KINDS = ("flash", "bounce", "flicker", "metronome")
FRAME_RATE = 25
"""Frames a second. From one to the next there are 40 milliseconds, 320 samples of sound."""
FRAMES = 64
SIDE = 16
SAMPLES = FRAMES * RATE // FRAME_RATE
EVENTS = 16
"""Thuds of one film, from a second before it to a second after it."""
SHORTEST, LONGEST = 0.32, 0.72
"""Seconds from one event to the next, evenly drawn."""
BEAT = 0.4
"""The same for a metronome, always."""
HIGHEST = 10.0
"""Pixels that a ball rises in the longest flight; half the time, a quarter of the height."""
FADING = 0.08
"""Seconds in which a flash loses two thirds of its light."""
THUD = 480
"""Samples of one thud, 60 milliseconds."""
GRAIN, HISS = 4.0, 0.005
"""The standard deviations of the camera's noise, in grey levels, and of the microphone's."""

TOGETHER = 50
"""Films that are made in one go: they stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Films:
    """Frames and sound of some films, and by how much the sound is late.

    `lags` are milliseconds: positive where the sound comes after the picture. `events` are the
    seconds, from the first frame on, at which something happens in the picture; some lie before
    the film or after it.
    """

    frames: UInt8[Tensor, "film 64 16 16 1"]
    waves: Int16[Tensor, "film 20480"]
    lags: Float[Tensor, " film"]
    events: Float[Tensor, "film 16"]
    kind: str

    def __len__(self) -> int:
        return len(self.lags)


def make_films(count: int, seed: int = 0, kind: str = "flash", longest_lag: int = 400) -> Films:
    """Make `count` films with lags drawn evenly from -`longest_lag` to `longest_lag` milliseconds.

    The same arguments give the same films. ValueError for another kind, or for a lag above 1,000:
    nothing is known of what happens more than a second outside the film.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    if not 0 <= longest_lag <= 1000:
        raise ValueError(f"longest_lag must lie from 0 to 1000 milliseconds, not {longest_lag}")
    generator = torch.Generator().manual_seed(seed)
    events = happen(count, kind, generator)
    lags = longest_lag * (2 * torch.rand(count, generator=generator) - 1)
    heard = events + lags.unsqueeze(1) / 1000
    frames = [film(some, kind, generator) for some in events.split(TOGETHER)]
    waves = [thuds(some, generator) for some in heard.split(TOGETHER)]
    return Films(torch.cat(frames), torch.cat(waves), lags, events, kind)


def happen(count: int, kind: str, generator: torch.Generator) -> Float[Tensor, "{count} 16"]:
    """Return the seconds at which something happens, the first more than a second too early."""
    drawn = torch.rand(count, EVENTS, generator=generator)
    pauses = SHORTEST + (LONGEST - SHORTEST) * drawn
    if kind == "metronome":
        pauses[:, 1:] = BEAT
    return pauses.cumsum(dim=1) - 1 - LONGEST - SHORTEST


def film(
    events: Float[Tensor, "film 16"], kind: str, generator: torch.Generator
) -> UInt8[Tensor, "film 64 16 16 1"]:
    """Draw each moment: a ball over a dark ground, in the light that there is."""
    chance = torch.rand(5, len(events), 1, generator=generator)
    radius = 1.5 + 0.7 * chance[0]
    height = torch.full((len(events), FRAMES), 4.0) if kind == "flash" else flight(events)
    sway = (0.2 + 0.3 * chance[1]) * moments() * 2 * torch.pi + 2 * torch.pi * chance[2]
    across, up = SIDE / 2 + 4 * sway.sin(), 1 + radius + height  # (film, frame): its middle
    column, row = torch.arange(SIDE) + 0.5, SIDE - 0.5 - torch.arange(SIDE)[:, None]
    away = (column - across[..., None, None]).square() + (row - up[..., None, None]).square()
    ball = (radius[..., None, None] + 0.5 - away.sqrt()).clamp(0, 1)  # 1 inside, 0 outside
    ground, light = 30 + 30 * chance[3], 110 + 60 * chance[4]
    picture = ground[..., None, None] + light[..., None, None] * ball
    if kind in ("flash", "flicker"):
        lamp = events if kind == "flash" else happen(len(events), "flash", generator)
        picture = picture * (1 + 0.5 * glow(lamp))[..., None, None]
    picture = picture + GRAIN * torch.randn(picture.shape, generator=generator)
    return picture.round().clamp(0, 255).to(torch.uint8).unsqueeze(-1)


def moments() -> Float[Tensor, " 64"]:
    """Return the second at which each frame is taken."""
    return torch.arange(FRAMES) / FRAME_RATE


def since(events: Float[Tensor, "film 16"]) -> tuple[Tensor, Tensor]:
    """Return how long ago, at each frame, the last event was, and its pause until the next."""
    last = torch.searchsorted(events, moments().expand(len(events), -1).contiguous(), right=True)
    before, after = events.gather(1, last - 1), events.gather(1, last)
    return moments() - before, after - before  # (film, frame) each


def flight(events: Float[Tensor, "film 16"]) -> Float[Tensor, "film 64"]:
    """Return how high a ball flies that is on the floor at each event: as things fall."""
    passed, pause = since(events)
    return 4 * HIGHEST / LONGEST**2 * passed * (pause - passed)


def glow(events: Float[Tensor, "film 16"]) -> Float[Tensor, "film 64"]:
    """Return the light of a lamp that flashes at each event and fades."""
    return (-since(events)[0] / FADING).exp()


def thuds(
    events: Float[Tensor, "film 16"], generator: torch.Generator
) -> Int16[Tensor, "film 20480"]:
    """Return a thud at each event: a note of the film's own pitch that dies away, louder or softer.

    Those that begin before the sound does or after its end are left out.
    """
    chance = torch.rand(1 + EVENTS, len(events), generator=generator)
    time = torch.arange(THUD) / RATE
    hertz = 250 * 4 ** chance[0].unsqueeze(1)  # 250 to 1,000
    note = (2 * torch.pi * hertz * time).sin() * (-time / 0.012).exp()  # (film, THUD)
    begins = (events * RATE).round().long()
    heard = (begins >= 0) & (begins < SAMPLES)
    places = begins.clamp(0, SAMPLES - 1).unsqueeze(2) + torch.arange(THUD)
    loud = (0.3 + 0.4 * chance[1:].T) * heard  # (film, event)
    wave = torch.zeros(len(events), SAMPLES + THUD)
    wave.scatter_add_(1, places.flatten(1), (loud.unsqueeze(2) * note.unsqueeze(1)).flatten(1))
    wave = wave[:, :SAMPLES] + HISS * torch.randn(len(events), SAMPLES, generator=generator)
    return (wave * 32767).round().clamp(-32768, 32767).to(torch.int16)
