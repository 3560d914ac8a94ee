"""When does something happen in a film? How well a set of frames agrees with the true one."""

from jaxtyping import Bool, Float
from torch import Tensor

Frames = Bool[Tensor, "film time"]


def temporal_overlap(said: Frames, truth: Frames) -> Float[Tensor, " film"]:
    """Return the frames in both, over those in either: 1 is exact, 0 beside it ("temporal IoU").

    Source: Gao et al. 2017, "TALL: Temporal Activity Localization via Language Query",
    arXiv:1705.02101. Raises ValueError where in some film neither says any frame.
    """
    either = (said | truth).sum(1)
    if (either == 0).any():
        raise ValueError("a film in which neither names a frame has no overlap")
    return (said & truth).sum(1) / either


def hits(scores: Float[Tensor, "film time"], truth: Frames) -> Float[Tensor, " film"]:
    """Return 1 where the frame that scores highest is a true one; of tied frames, their share."""
    best = scores == scores.amax(1, keepdim=True)
    return (best & truth).sum(1) / best.sum(1)
