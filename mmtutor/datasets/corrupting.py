"""Pictures and questions made worse, step by step: noise, blur, cover, colour; typed errors, words.

Every function is pure: the same arguments give the same picture, and 0 leaves it as it was.
"""

from collections.abc import Callable
from random import Random

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

Picture = UInt8[Tensor, "3 high wide"]
Change = Callable[[Picture, float | int, int], Picture]
"""Makes a picture worse: by how much, and a seed."""


def as_bytes(numbers: Float[Tensor, "3 high wide"]) -> UInt8[Tensor, "3 high wide"]:
    """Return numbers from 0 to 255 as a picture; what lies beyond is cut."""
    return numbers.round().clamp(0, 255).to(torch.uint8)


def noise(picture: Picture, spread: float | int, seed: int = 0) -> Picture:
    """Add normal noise; `spread` is its standard deviation, as a share of black to white."""
    drawn = torch.randn(picture.shape, generator=torch.Generator().manual_seed(seed))
    return as_bytes(picture + 255 * spread * drawn)


def blur(picture: Picture, radius: float | int, seed: int = 0) -> Picture:
    """Blur with a normal bell of this standard deviation in pixels. It draws nothing."""
    if not radius:
        return picture
    reach = int(3 * radius + 0.5)
    bell = torch.exp(-torch.arange(-reach, reach + 1).square() / (2 * radius**2))
    bell = (bell / bell.sum()).expand(3, 1, 1, -1)
    wide = F.pad(picture.float().unsqueeze(0), (reach,) * 4, mode="replicate")
    across = F.conv2d(wide, bell, groups=3)
    return as_bytes(F.conv2d(across, bell.transpose(2, 3), groups=3)[0])


def cover(picture: Picture, share: float | int, seed: int = 0) -> Picture:
    """Lay one grey square over a share of the picture, anywhere."""
    high, wide = picture.shape[1:]
    side = round((share * high * wide) ** 0.5)
    random = Random(seed)
    top, left = random.randint(0, high - side), random.randint(0, wide - side)
    covered = picture.clone()
    covered[:, top : top + side, left : left + side] = 127
    return covered


def colour_shift(picture: Picture, share: float | int, seed: int = 0) -> Picture:
    """Mix the channels as light of another colour would: each gets a share of the next one's ink.

    At 1 red ink is green, green is blue, blue is red. It draws nothing.
    """
    ink = 255 - picture.float()
    return as_bytes(255 - (1 - share) * ink - share * ink.roll(1, dims=0))


CORRUPTIONS: dict[str, tuple[Change, tuple[float, ...]]] = {
    "noise": (noise, (0.0, 0.05, 0.1, 0.2, 0.3, 0.45)),
    "blur": (blur, (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)),
    "cover": (cover, (0.0, 0.02, 0.05, 0.1, 0.2, 0.35)),
    "colour shift": (colour_shift, (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)),
}
"""What can be done to a picture, and by how much."""


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────


def typos(text: str, count: int, seed: int = 0) -> str:
    """Let so many words have two neighbouring letters exchanged, as fast fingers do.

    Words of fewer than four letters stay, for of them too little would be left.
    """
    random, words = Random(seed), text.split()
    long = [i for i, word in enumerate(words) if len(word) > 3]
    for i in random.sample(long, min(count, len(long))):
        word, at = words[i], random.randrange(1, len(words[i]) - 2)
        words[i] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


PARAPHRASES: dict[str, Callable[[str], str]] = {
    "as learnt": lambda text: text,
    "no question mark": lambda text: text.removesuffix(" ?"),
    "capitals": str.upper,
    "which for what": lambda text: text.replace("what colour", "which colour"),
    "a wish in front": lambda text: f"describe the scene {text}",
    "twice": lambda text: f"{text} {text}",
}
"""The same question in other words."""
