"""Small grey faces: eyes open, shut or winking, a mouth that goes up, down or straight.

A person has a paler or darker face, wider or narrower, with larger or smaller features. In every
picture the head stands elsewhere, a little turned, and the camera adds its noise. Each feature is a
line or a disc: a pixel is inked by how far it lies from it.
"""

import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor

SIDE = 24
"""Pixels along each side of a picture."""
NOISE = 7.0
"""The standard deviation of the camera's noise, in grey levels of 255."""
BEND = (-1.0, 1.0, 0.0)
"""Which way a mouth goes for each sense: negative down, positive up, neutral straight."""
TRAITS = torch.tensor(
    [[165, 235], [15, 70], [30, 120], [8.5, 10.0], [0.85, 1.0], [0.40, 0.46], [0.42, 0.55]]
)
"""From and to, for each person: skin, ink and background (grey levels), radius (pixels), width over
height, half the distance of the eyes and half the width of the mouth (in radii)."""


def faces_of_people(count: int) -> Float[Tensor, "{count} 7"]:
    """Return the traits of so many people; the same people at each call."""
    return between(TRAITS, torch.rand(count, 7, generator=torch.Generator().manual_seed(24)))


def between(
    ends: Float[Tensor, "trait 2"], share: Float[Tensor, "any trait"]
) -> Float[Tensor, "any trait"]:
    """Return numbers that lie that share of the way from the first end to the second."""
    return ends[:, 0] + (ends[:, 1] - ends[:, 0]) * share


def draw_faces(
    traits: Float[Tensor, "face 7"],
    eyes: Int64[Tensor, " face"],
    mouths: Int64[Tensor, " face"],
    generator: torch.Generator,
) -> UInt8[Tensor, "face 24 24 1"]:
    """Draw a face for each row of traits. A wink shuts the left eye or the right, by chance.

    `eyes` counts in EYES, `mouths` in the senses. Place, turn and noise come from the generator.
    """
    skin, ink, ground, radius, width, apart, smile = traits.unsqueeze(-1).unsqueeze(-1).unbind(1)
    across, down = head_places(len(traits), radius, generator)  # (face, side, side), in radii
    edge = radius * (1 - (across / width).square().add(down.square()).sqrt())
    picture = ground + (skin - ground) * cover(edge)
    left = torch.rand(len(traits), generator=generator) < 0.5
    shut = torch.stack([(eyes == 1) | ((eyes == 2) & side) for side in (left, ~left)])
    for side, closed in zip((-1, 1), shut[..., None, None], strict=True):
        picture = draw_eye(picture, across - side * apart, down + 0.2, radius, closed, ink)
    bend = torch.tensor(BEND)[mouths, None, None]
    curve = 0.45 + 0.2 * bend * (1 / 3 - (across / smile).square())  # its mean height is the same
    away = torch.maximum((down - curve).abs(), across.abs() - smile)
    picture = picture + (ink - picture) * cover(0.8 - radius * away)
    noise = NOISE * torch.randn(picture.shape, generator=generator)
    return (picture + noise).round().clamp(0, 255).to(torch.uint8).unsqueeze(-1)


def head_places(
    count: int, radius: Float[Tensor, "face 1 1"], generator: torch.Generator
) -> tuple[Float[Tensor, "face 24 24"], Float[Tensor, "face 24 24"]]:
    """Return where each pixel lies on each head: to the right and down from its middle, in radii.

    The head stands up to 1.5 pixels from the middle of the picture and is turned by up to 9°.
    """
    chance = 2 * torch.rand(3, count, 1, 1, generator=generator) - 1
    pixels = torch.arange(SIDE) - (SIDE - 1) / 2
    right = (pixels - 1.5 * chance[0]) / radius
    under = (pixels[:, None] - 1.5 * chance[1]) / radius
    turn = 0.16 * chance[2]
    return right * turn.cos() + under * turn.sin(), under * turn.cos() - right * turn.sin()


def draw_eye(
    picture: Float[Tensor, "face 24 24"],
    across: Float[Tensor, "face 24 24"],
    down: Float[Tensor, "face 24 24"],
    radius: Float[Tensor, "face 1 1"],
    shut: Bool[Tensor, "face 1 1"],
    ink: Float[Tensor, "face 1 1"],
) -> Float[Tensor, "face 24 24"]:
    """Draw one eye: white with a pupil, or a line where it is shut. Places are from its middle."""
    away = radius * (across.square() + down.square()).sqrt()
    white, pupil = cover(2.6 - away) * ~shut, cover(1.4 - away) * ~shut
    lid = cover(0.8 - radius * torch.maximum(down.abs(), across.abs() - 0.25)) * shut
    picture = picture + (250 - picture) * white
    return picture + (ink - picture) * torch.maximum(pupil, lid)


def cover(inside: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Return how much of a pixel is inked that lies so many pixels inside a shape's edge."""
    return (inside + 0.5).clamp(0, 1)
