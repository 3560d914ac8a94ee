"""Eleven photographs that come with scikit-image and scikit-learn: what a camera really sees.

Their subjects, authors and licences (public domain, CC0, CC BY 2.0) stand in
`data/photographs.md`. scikit-image is part of the extra `towers`.
"""

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from mmtutor.pipelines.pictures import middle

MISSING = (
    "The photographs are not installed, so this part is left out. To see it: "
    "pip install 'mmtutor[towers]' (in the course's folder: pip install -e .[towers])."
)
"""What a lesson says where they are missing."""

SIDE = 224
SKIMAGE = {
    "coffee": "coffee",
    "camera": "camera",
    "cat": "chelsea",
    "rocket": "rocket",
    "astronaut": "astronaut",
    "clock": "clock",
    "stars": "hubble_deep_field",
    "retina": "retina",
    "cell": "cell",
}
"""Our names for the photographs, and scikit-image's functions that read them."""
SKLEARN = {"temple": "china.jpg", "flower": "flower.jpg"}
"""Our names for scikit-learn's, and their files."""


@dataclass(frozen=True, eq=False)
class Photographs:
    """Photographs, the middle square of each, with a word for what they show."""

    pictures: UInt8[Tensor, "photograph 3 224 224"]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)


def installed() -> bool:
    """Say whether scikit-image is on this machine; scikit-learn is."""
    return find_spec("skimage") is not None


def load_photographs() -> Photographs:
    """Return the photographs, brought to 224 × 224 pixels: everyday things first, then others.

    Raises ModuleNotFoundError, with what to install, where scikit-image is missing.
    """
    if not installed():
        raise ModuleNotFoundError(MISSING)
    from skimage import data
    from sklearn.datasets import load_sample_image

    shown = {name: load_sample_image(file) for name, file in SKLEARN.items()}
    shown |= {name: getattr(data, function)() for name, function in SKIMAGE.items()}
    return Photographs(torch.stack([square(picture) for picture in shown.values()]), tuple(shown))


def square(picture: np.ndarray) -> UInt8[Tensor, "3 224 224"]:
    """Return the middle of one photograph in three channels; a grey one has three alike."""
    coloured = picture if picture.ndim == 3 else np.stack([picture] * 3, axis=2)
    planes = torch.from_numpy(coloured.copy()).movedim(2, 0).unsqueeze(0).float()
    return middle(planes, SIDE).squeeze(0).round().clamp(0, 255).to(torch.uint8)
