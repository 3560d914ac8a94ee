"""Films to clips: fewer frames a second, each prepared as a picture."""

from dataclasses import dataclass

from jaxtyping import Float, Shaped, UInt8
from torch import Tensor

from mmtutor.pipelines.description import Pipeline
from mmtutor.pipelines.pictures import PicturePipeline


@dataclass(frozen=True)
class ClipPipeline(Pipeline):
    """Frames of a film to a clip: fewer frames a second, each prepared as a picture.

    `recorded` frames a second come in, `rate` are kept, the nearest in time.
    """

    steps = "the nearest frames in time, each as a picture"

    picture: PicturePipeline
    rate: int
    recorded: int = 25

    def __post_init__(self) -> None:
        """Raise ValueError for more frames than were recorded: none can be made up."""
        if not 0 < self.rate <= self.recorded:
            raise ValueError(f"{self.rate} frames a second cannot be kept of {self.recorded}")

    def kept(self, frames: int) -> list[int]:
        """Return which of so many frames are kept."""
        step = self.recorded / self.rate
        count = int((frames - 1) / step) + 1 if frames else 0
        return [int(number * step + 0.5) for number in range(count)]

    def prepare(
        self, films: Shaped[Tensor, "film frame height width channel"]
    ) -> Float[Tensor, "film moment channel {self.picture.side} {self.picture.side}"]:
        """Return the clips. Raises ValueError as `PicturePipeline.prepare` does."""
        chosen = films[:, self.kept(films.shape[1])]
        return self.picture.prepare(chosen.flatten(0, 1)).unflatten(0, chosen.shape[:2])

    def restore(
        self, prepared: Float[Tensor, "film moment channel side side"]
    ) -> UInt8[Tensor, "film moment side side channel"]:
        """Return frames as a screen shows them; those between them are lost."""
        shown = self.picture.restore(prepared.flatten(0, 1))
        return shown.unflatten(0, prepared.shape[:2])
