"""One pipeline of each kind, and data to prepare, for the tests of this room."""

import torch

from mmtutor.pipelines import ClipPipeline, PicturePipeline, SoundPipeline, WordPipeline

WORDS = WordPipeline(("the", "cat", "café", "!"), length=5)
COLOUR = PicturePipeline(24, (0.5, 0.4, 0.3), (0.2, 0.25, 0.3))
VOICE = SoundPipeline(rate=8000, window=256, hop=128, bands=16)
CLIP = ClipPipeline(COLOUR, rate=10)


def drawn(*shape: int, top: int = 256, dtype: torch.dtype = torch.uint8) -> torch.Tensor:
    return torch.randint(top, shape, generator=torch.Generator().manual_seed(0)).to(dtype)
