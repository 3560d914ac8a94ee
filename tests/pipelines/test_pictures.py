"""Pictures equal torchvision's, come back, and are refused where they are of another kind."""

import pytest
import torch
from torchvision.transforms import v2

from mmtutor import pipelines
from mmtutor.pipelines import PicturePipeline
from tests.pipelines.some import COLOUR, drawn


@pytest.mark.parametrize(("height", "width"), [(24, 24), (48, 48), (40, 31), (31, 57), (20, 13)])
def test_pictures_equal_torchvisions(height: int, width: int) -> None:
    pictures = drawn(2, height, width, 3)
    theirs = v2.Compose(
        [
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Resize(24, antialias=True),
            v2.CenterCrop(24),
            v2.Normalize(COLOUR.mean, COLOUR.deviation),
        ]
    )
    expected = torch.stack([theirs(picture.permute(2, 0, 1)) for picture in pictures])
    assert torch.allclose(COLOUR.prepare(pictures), expected, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_that_fit_come_back_exactly(channels: int) -> None:
    pictures = drawn(3, 24, 24, channels)
    pipeline = PicturePipeline(24, *pipelines.channel_statistics(pictures))
    prepared = pipeline.prepare(pictures)
    assert torch.equal(pipeline.restore(prepared), pictures)
    assert torch.allclose(prepared.mean(dim=(0, 2, 3)), torch.zeros(channels), atol=1e-5)
    deviation = prepared.std(dim=(0, 2, 3), correction=0)
    assert torch.allclose(deviation, torch.ones(channels), atol=1e-5)


def test_pictures_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match=r"torch\.uint8, not torch\.float32"):
        COLOUR.prepare(drawn(1, 24, 24, 3).float())
    with pytest.raises(ValueError, match="these have 24 there"):
        COLOUR.prepare(drawn(1, 3, 24, 24))
    with pytest.raises(ValueError, match="above 0"):
        PicturePipeline(24, (0.5,), (0.0,))
    with pytest.raises(ValueError, match="for each channel"):
        PicturePipeline(24, (0.5, 0.5), (1.0,))


def test_without_antialias_stripes_do_not_become_grey() -> None:
    stripes = (torch.arange(64) % 4 < 2).float().expand(1, 1, 64, 64)
    smooth = pipelines.middle(stripes, 16)
    assert (smooth - 0.5).abs().max() < 0.2
    thin = (torch.arange(60) % 3 == 1).float().expand(1, 1, 60, 60)  # a third of it is white
    assert pipelines.middle(thin, 20, antialias=False).mean() > 0.99
