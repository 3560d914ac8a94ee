"""What films of lamps sound like: each lamp hums while it glides, and clicks when it flashes.

Each lamp has its pitch, which a film may tune up or down a little. Film and sound run in a loop,
and one may switch on at any moment: so a sound that is some frames late is as likely a sound as one
that is in time, and neither the film nor the sound alone says which it is.
"""

import torch
from jaxtyping import Float, Int16, Int64, Shaped
from torch import Tensor

from mmtutor.datasets.lamps import FRAMES, STEPS, Lamps
from mmtutor.datasets.spectrograms import RATE

PER_FRAME = 1000
"""Samples of sound while one frame is shown: at 8,000 a second, 8 frames a second."""
HERTZ = (200.0, 283.0, 400.0)
"""The hum of a red, a green and a blue lamp; each clicks four times as high."""
TUNING = 0.05
"""A film is tuned by up to this share, up or down."""
HISS = 0.02
"""The standard deviation of the microphone's noise, where a hum has an amplitude of 0.2."""
BANDS = 24
"""Bands of frequencies that `loudness` tells apart."""
EDGES = 150 * (2000 / 150) ** (torch.arange(BANDS + 1) / BANDS)
"""Hertz at which one band ends and the next begins: equal steps for the ear, 150 to 2,000."""
MIDDLES = (EDGES[1:] * EDGES[:-1]).sqrt()


def sounds(films: Lamps, seed: int = 0) -> Int16[Tensor, "film 8000"]:
    """Return the sound of each film, mono, `RATE` samples a second. The same seed, the same sound.

    A hum begins in the frame in which its lamp sets off and lasts until the lamp rests; a click
    comes with the first frame of a flash and dies away in some 20 milliseconds.
    """
    generator = torch.Generator().manual_seed(seed)
    tuned = 1 + TUNING * (2 * torch.rand(len(films), 1, 1, generator=generator) - 1)
    pitch = tuned * torch.tensor(HERTZ).unsqueeze(1)  # (film, lamp, 1)
    time = torch.arange(FRAMES * PER_FRAME)
    moved, lit = (time - PER_FRAME * m.unsqueeze(2) for m in (films.starts, films.flashes))
    hum = 0.2 * ((moved >= 0) & (moved < STEPS * PER_FRAME)) * wave(pitch, moved)
    click = 0.8 * (lit >= 0) * (-lit.clamp(min=0) / (0.01 * RATE)).exp() * wave(4 * pitch, lit)
    heard = (hum + click).sum(1)
    heard = heard + HISS * torch.randn(heard.shape, generator=generator)
    return (heard * 8000).round().clamp(-32768, 32767).to(torch.int16)


def wave(
    hertz: Float[Tensor, "film lamp 1"], sample: Int64[Tensor, "film lamp sample"]
) -> Float[Tensor, "film lamp sample"]:
    """Return a sine of so many hertz."""
    return (2 * torch.pi / RATE * hertz * sample).sin()


def switched_on(
    parts: Shaped[Tensor, "film part ..."], later: Int64[Tensor, " film"]
) -> Shaped[Tensor, "film part ..."]:
    """Begin each film's loop so many parts later: part t is then what part t + `later` was."""
    count = parts.shape[1]
    order = (torch.arange(count) + later.unsqueeze(1)) % count
    return parts[torch.arange(len(parts)).unsqueeze(1), order]


def loudness(waves: Int16[Tensor, "film 8000"]) -> Float[Tensor, "film 8 24"]:
    """Return how loud each band of frequencies is in each frame: the log of its mean power."""
    pieces = waves.unflatten(1, (FRAMES, PER_FRAME)).float() / 8000
    power = torch.fft.rfft(pieces).abs().square() / PER_FRAME
    hertz = torch.fft.rfftfreq(PER_FRAME, 1 / RATE)
    inside = (hertz >= EDGES[:-1, None]) & (hertz < EDGES[1:, None])  # (band, frequency)
    share = inside / inside.sum(1, keepdim=True).clamp(min=1)
    return (power @ share.T + 1e-3).log()
