"""Pictures for a network: the right preparation, and what goes wrong on the way.

Raw pictures are as a camera gives them: whole numbers from 0 to 255, the colour axis last. Every
function here returns what the network is given, (picture, 3, 32, 32), so that any of them can stand
in the place of `right`.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from mmtutor.datasets.bugs.named import by_name

Raw = UInt8[Tensor, "picture high wide 3"]
Pictures = Float[Tensor, "picture 3 high wide"]

NETWORK_SIDE = 32
"""Pixels along a side of what the network is given."""
MEAN, DEVIATION = (0.979, 0.976, 0.976), (0.070, 0.078, 0.080)
"""Of the training scenes' red, green and blue, from 0 to 1, after the resizing."""
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the photographs of ImageNet, as torchvision gives them."""
GRID = 4
"""Patches along a side, for the bug that puts them in the wrong order."""


def right(raw: Raw) -> Pictures:
    """Divide by 255, put the colour axis first, make smaller, take off the mean, scale."""
    return normalised(smaller(channels_first(raw) / 255))


def channels_first(raw: Raw) -> Pictures:
    """Move the colour axis from the end to the front, still from 0 to 255."""
    return raw.permute(0, 3, 1, 2).float()


def smaller(pictures: Pictures, side: int = NETWORK_SIDE) -> Pictures:
    """Resize to `side` pixels, every new pixel the mean of what it covers (antialiasing)."""
    return F.interpolate(pictures, size=(side, side), mode="bilinear", antialias=True)


def normalised(
    pictures: Pictures,
    mean: tuple[float, ...] = MEAN,
    deviation: tuple[float, ...] = DEVIATION,
) -> Pictures:
    """Take the mean off every channel, and divide it by its standard deviation."""
    middle, spread = (torch.tensor(x).view(-1, 1, 1) for x in (mean, deviation))
    return (pictures - middle) / spread


def blue_for_red(raw: Raw) -> Pictures:
    """The channels come as blue, green, red, as OpenCV reads a file."""
    return right(raw.flip(-1))


def grey(raw: Raw) -> Pictures:
    """The mean of the three channels stands in all of them."""
    pictures = smaller(channels_first(raw) / 255)
    return normalised(pictures.mean(dim=1, keepdim=True).expand_as(pictures))


def not_divided(raw: Raw) -> Pictures:
    """Numbers from 0 to 255 go where 0 to 1 is expected."""
    return normalised(smaller(channels_first(raw)))


def divided_twice(raw: Raw) -> Pictures:
    """The loader divides by 255, and then the next function does so again."""
    return normalised(smaller(channels_first(raw) / 255 / 255))


def not_normalised(raw: Raw) -> Pictures:
    """Numbers from 0 to 1 go in as they are: nobody takes off the mean."""
    return smaller(channels_first(raw) / 255)


def mean_of_imagenet(raw: Raw) -> Pictures:
    """Mean and deviation are those of another data set, ImageNet."""
    return normalised(smaller(channels_first(raw) / 255), IMAGENET_MEAN, IMAGENET_DEVIATION)


def channels_viewed(raw: Raw) -> Pictures:
    """The memory is cut into three planes (`view`) where the axes had to be moved (`permute`)."""
    high, wide = raw.shape[1:3]
    return normalised(smaller(raw.reshape(-1, 3, high, wide) / 255))


def sides_swapped(raw: Raw) -> Pictures:
    """Width stands for height: the picture is mirrored at its diagonal."""
    return right(raw.transpose(1, 2))


def upside_down(raw: Raw) -> Pictures:
    """The rows are read from the bottom, as in a BMP file."""
    return right(raw.flip(1))


def patches_transposed(raw: Raw) -> Pictures:
    """The picture is put together from 4 × 4 patches, column by column in place of row by row."""
    size = NETWORK_SIDE // GRID
    patches = right(raw).unflatten(2, (GRID, size)).unflatten(4, (GRID, size))
    return patches.transpose(2, 4).flatten(4, 5).flatten(2, 3)


def every_second_pixel(raw: Raw) -> Pictures:
    """Made smaller by leaving pixels out, without a mean of what lies between (no antialiasing)."""
    step = raw.shape[1] // NETWORK_SIDE
    return normalised(channels_first(raw[:, ::step, ::step]) / 255)


BUGS = by_name(
    blue_for_red,
    grey,
    sides_swapped,
    upside_down,
    patches_transposed,
    channels_viewed,
    not_divided,
    divided_twice,
    not_normalised,
    mean_of_imagenet,
    every_second_pixel,
)
"""What goes wrong with pictures, by name."""
