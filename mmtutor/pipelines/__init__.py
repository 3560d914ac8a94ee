"""Pipelines: from raw data to what a model reads, one small frozen value per modality.

What a pipeline does is its fields and nothing else. `prepare` makes tensors of raw data, `restore`
goes back as far as one can. A pipeline's description travels with a model's checkpoint
(`described`), and `require_prepared` refuses data that are prepared in another way. Lesson 05
derives them, and adds the one for byte pairs.
"""

from mmtutor.pipelines.clips import ClipPipeline
from mmtutor.pipelines.description import Pipeline, described, require_prepared
from mmtutor.pipelines.pictures import PicturePipeline, as_planes, channel_statistics, middle
from mmtutor.pipelines.sounds import LOUDEST, SoundPipeline, guess_phases, overlap_add
from mmtutor.pipelines.texts import (
    FIRST,
    PADDING,
    STRANGER,
    UNKNOWN,
    WordPipeline,
    padded,
    require_side,
)

__all__ = [
    "FIRST",
    "LOUDEST",
    "PADDING",
    "STRANGER",
    "UNKNOWN",
    "ClipPipeline",
    "PicturePipeline",
    "Pipeline",
    "SoundPipeline",
    "WordPipeline",
    "as_planes",
    "channel_statistics",
    "described",
    "guess_phases",
    "middle",
    "overlap_add",
    "padded",
    "require_prepared",
    "require_side",
]
