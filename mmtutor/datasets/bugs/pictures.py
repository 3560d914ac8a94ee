"""What goes wrong with pictures between a file and a network.

A bug is `bug(pipeline, raw)`: it returns what `pipeline.prepare(raw)` should have returned, with
one thing wrong. `pipeline` is lesson 05's PicturePipeline (or any dataclass with its fields);
`raw` is as a camera gives it, whole numbers from 0 to 255, the channels last.
"""

from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from mmtutor.datasets.bugs.named import by_name

Raw = UInt8[Tensor, "picture high wide 3"]
Prepared = Float[Tensor, "picture 3 side side"]

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the photographs of ImageNet, as torchvision gives them."""
GRID = 4
"""Patches along a side, for the bug that puts them in the wrong order."""


def blue_for_red(pipeline: Any, raw: Raw) -> Prepared:
    """The channels come as blue, green, red: the order in which OpenCV reads a file."""
    return pipeline.prepare(raw.flip(-1))


def grey(pipeline: Any, raw: Raw) -> Prepared:
    """The mean of red, green and blue stands in all three channels."""
    mean = raw.float().mean(dim=-1, keepdim=True).round().to(torch.uint8)
    return pipeline.prepare(mean.expand_as(raw))


def sides_swapped(pipeline: Any, raw: Raw) -> Prepared:
    """Width stands for height: the picture is mirrored at its diagonal."""
    return pipeline.prepare(raw.transpose(1, 2))


def upside_down(pipeline: Any, raw: Raw) -> Prepared:
    """The rows are read from the bottom, as a BMP file stores them."""
    return pipeline.prepare(raw.flip(1))


def patches_transposed(pipeline: Any, raw: Raw) -> Prepared:
    """The picture is put together from 4 × 4 patches, column by column and not row by row."""
    patches = pipeline.prepare(raw).unflatten(3, (GRID, -1)).unflatten(2, (GRID, -1))
    return patches.transpose(2, 4).flatten(4, 5).flatten(2, 3)


def channels_viewed(pipeline: Any, raw: Raw) -> Prepared:
    """The memory is cut into three planes (`view`) where an axis had to be moved (`permute`)."""
    planes = raw.reshape(len(raw), 3, *raw.shape[1:3])
    return pipeline.prepare(planes.permute(0, 2, 3, 1))


def not_divided(pipeline: Any, raw: Raw) -> Prepared:
    """Numbers from 0 to 255 go where 0 to 1 is expected."""
    return multiplied(pipeline, raw, 255.0)


def divided_twice(pipeline: Any, raw: Raw) -> Prepared:
    """The loader divides by 255, and then the next function does so again."""
    return multiplied(pipeline, raw, 1 / 255)


def multiplied(pipeline: Any, raw: Raw, factor: float) -> Prepared:
    """Return the pictures as if their numbers were `factor` times as large before the mean."""
    raw_scale = replace(pipeline, mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0))
    mean, deviation = (torch.tensor(x).view(3, 1, 1) for x in (pipeline.mean, pipeline.deviation))
    return (factor * raw_scale.prepare(raw) - mean) / deviation


def not_normalised(pipeline: Any, raw: Raw) -> Prepared:
    """Numbers from 0 to 1 go in as they are: nobody takes off the mean."""
    return replace(pipeline, mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0)).prepare(raw)


def mean_of_imagenet(pipeline: Any, raw: Raw) -> Prepared:
    """Mean and deviation are those of another data set, ImageNet."""
    return replace(pipeline, mean=IMAGENET_MEAN, deviation=IMAGENET_DEVIATION).prepare(raw)


def every_second_pixel(pipeline: Any, raw: Raw) -> Prepared:
    """Made smaller by leaving pixels out; no mean is taken of what lies between."""
    step = raw.shape[1] // pipeline.side
    return pipeline.prepare(raw[:, ::step, ::step])


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
