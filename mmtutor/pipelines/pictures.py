"""Pictures as cameras give them to pictures as networks want them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped, UInt8
from torch import Tensor

from mmtutor.pipelines.description import Pipeline


@dataclass(frozen=True)
class PicturePipeline(Pipeline):
    """Pictures as cameras give them to pictures as networks want them.

    In: whole numbers from 0 to 255, (picture, height, width, channel). Out: numbers around 0,
    (picture, channel, side, side): divided by 255, the shorter edge brought to `side`, the middle
    cut out, less each channel's mean, divided by its deviation.
    """

    steps = "divided by 255; shorter edge resized, antialiased; middle cut out; standardised"

    side: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def __post_init__(self) -> None:
        """Raise ValueError unless there is a mean and a deviation above 0 for every channel."""
        if len(self.mean) != len(self.deviation):
            raise ValueError("mean and deviation have one number for each channel")
        if min(self.deviation) <= 0:
            raise ValueError("a deviation is above 0: a channel that never changes has none")

    def prepare(
        self, pictures: Shaped[Tensor, "picture height width channel"]
    ) -> Float[Tensor, "picture channel {self.side} {self.side}"]:
        """Return the pictures as a network wants them.

        Raises ValueError where they are no whole numbers from 0 to 255, or the channels, which
        come last, are not as many as the means.
        """
        if pictures.dtype != torch.uint8:
            raise ValueError(
                f"pictures are numbers from 0 to 255 in torch.uint8, not {pictures.dtype}"
            )
        if pictures.shape[-1] != len(self.mean):
            raise ValueError(
                f"pictures have {len(self.mean)} channels, in their last axis; these have "
                f"{pictures.shape[-1]} there"
            )
        planes = pictures.permute(0, 3, 1, 2).float() / 255
        return (middle(planes, self.side) - as_planes(self.mean)) / as_planes(self.deviation)

    def restore(
        self, prepared: Float[Tensor, "picture channel side side"]
    ) -> UInt8[Tensor, "picture side side channel"]:
        """Return pictures as a screen shows them. What resizing and cutting lost stays lost."""
        planes = prepared * as_planes(self.deviation) + as_planes(self.mean)
        return (255 * planes).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


def as_planes(numbers: Sequence[float]) -> Float[Tensor, "channel 1 1"]:
    """Give each channel's number the axes of height and width."""
    return torch.tensor(numbers).view(-1, 1, 1)


def middle(
    planes: Float[Tensor, "picture channel height width"], side: int, antialias: bool = True
) -> Float[Tensor, "picture channel {side} {side}"]:
    """Bring the shorter edge to `side` and cut out the middle: nothing is squeezed.

    With `antialias`, a pixel of a smaller picture is a mean of all that it stands for; without it,
    only of the nearest ones. Equal to torchvision's `Resize` and `CenterCrop`.
    """
    height, width = planes.shape[-2:]
    if min(height, width) != side:
        short, scale = min(height, width), side
        size = [edge * scale // short for edge in (height, width)]
        planes = F.interpolate(planes, size, mode="bilinear", antialias=antialias)
    top, left = (round((edge - side) / 2) for edge in planes.shape[-2:])
    return planes[..., top : top + side, left : left + side]


def channel_statistics(
    pictures: UInt8[Tensor, "picture height width channel"],
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and deviation of each channel, on the scale from 0 to 1: of the training set."""
    pixels = pictures.flatten(0, 2).double() / 255  # (pixel, channel)
    mean, deviation = pixels.mean(dim=0), pixels.std(dim=0, correction=0)
    return tuple(mean.tolist()), tuple(deviation.tolist())
