"""Latents: a picture of 64 × 64 pixels as 8 × 8 short vectors, and back.

An autoencoder of convolutions, trained once; whoever draws then draws latents, which are many times
fewer numbers than pixels. Source: Rombach et al. 2022, "High-Resolution Image Synthesis with Latent
Diffusion Models", arXiv:2112.10752, section 3.1, with neither an adversary nor a prior.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor, nn

from mmtutor.datasets.scenes import COLOURS, SIDE, as_input
from mmtutor.datasets.shipped import shipped
from mmtutor.training import Batches, History, Recipe, checkpoints, fit, seed_everything

GRID = 8
"""Latents along a side of the picture: each stands for 8 × 8 pixels, and sees more of them."""

Pictures = UInt8[Tensor, "picture 3 64 64"]
Latents = Float[Tensor, "picture number 8 8"]


@dataclass(frozen=True, kw_only=True)
class LatentRecipe(Recipe):
    """How an autoencoder is built and trained.

    `numbers` has a latent, `noise` is added to each of them before it is decoded: they have a
    variance of 1 each.
    """

    numbers: int = 9
    width: int = 32
    noise: float = 0.3


class Autoencoder(nn.Module):
    """Pictures to latents, whose numbers have mean 0 and variance 1, and latents to pictures."""

    def __init__(self, numbers: int = 9, width: int = 32) -> None:
        super().__init__()
        self.numbers = numbers
        one, two, three = width, 2 * width, 3 * width
        self.encoder = nn.Sequential(
            half(3, one), half(one, two), half(two, three), nn.Conv2d(three, numbers, 1)
        )
        self.scale = nn.BatchNorm2d(numbers, affine=False)
        self.decoder = nn.Sequential(
            nn.Conv2d(numbers, three, 3, padding=1),
            nn.GELU(),
            twice(three, two),
            twice(two, one),
            nn.ConvTranspose2d(one, 3, 4, stride=2, padding=1),
        )

    def encode(self, ink: Float[Tensor, "picture 3 64 64"]) -> Latents:
        """Return the latents of pictures, given as ink from 0 to 1."""
        return self.scale(self.encoder(ink))

    def decode(self, latents: Latents) -> Float[Tensor, "picture 3 64 64"]:
        """Return the ink that latents stand for; it may lie a little outside of 0 to 1."""
        return self.decoder(latents)


def half(channels: int, more: int) -> nn.Module:
    """Return a convolution that halves both sides of a picture."""
    return nn.Sequential(nn.Conv2d(channels, more, 4, stride=2, padding=1), nn.GELU())


def twice(channels: int, fewer: int) -> nn.Module:
    """Return a convolution that doubles both sides of a picture."""
    return nn.Sequential(nn.ConvTranspose2d(channels, fewer, 4, stride=2, padding=1), nn.GELU())


def round_trip_loss(
    model: Autoencoder, pictures: Pictures, recipe: LatentRecipe
) -> Float[Tensor, ""]:
    """Return the mean error of ink that was encoded, got a little noise, and was decoded."""
    ink = as_input(pictures)
    latents = model.encode(ink)
    back = model.decode(latents + recipe.noise * torch.randn_like(latents))
    return F.l1_loss(back, ink) + F.mse_loss(back, ink)


def train_autoencoder(pictures: Pictures, recipe: LatentRecipe) -> tuple[Autoencoder, History]:
    """Train an autoencoder on pictures."""
    seed_everything(recipe.seed)
    model = Autoencoder(recipe.numbers, recipe.width)
    batches = Batches(pictures, batch_size=recipe.batch_size, seed=recipe.seed)

    def loss(model: Autoencoder, pictures: Pictures) -> Float[Tensor, ""]:
        return round_trip_loss(model, pictures, recipe)

    history = fit(model, batches, loss, recipe)
    return model.eval(), history


@torch.no_grad()
def to_latents(model: Autoencoder, pictures: Pictures) -> Latents:
    """Return the latents of pictures."""
    return torch.cat([model.encode(as_input(some)) for some in pictures.split(500)])


@torch.no_grad()
def to_pictures(model: Autoencoder, latents: Latents) -> Pictures:
    """Return the pictures that latents stand for, in bytes: 255 is white paper."""
    ink = torch.cat([model.decode(some) for some in latents.split(500)])
    return (255 * (1 - ink.clamp(0, 1))).round().byte()


PACK = 3
"""Latents of nine numbers each are laid out as 3 × 3 pixels: a grey picture of 24 × 24."""


def pack(latents: Float[Tensor, "picture 9 8 8"]) -> Float[Tensor, "picture 576"]:
    """Return latents as rows of numbers, as a painter of grey pictures reads them."""
    return F.pixel_shuffle(latents, PACK).flatten(1)


def unpack(states: Float[Tensor, "picture 576"]) -> Float[Tensor, "picture 9 8 8"]:
    """Return rows of numbers as latents."""
    return F.pixel_unshuffle(states.unflatten(1, (1, PACK * GRID, PACK * GRID)), PACK)


def load_autoencoder() -> Autoencoder:
    """Return the autoencoder that the course ships."""
    checkpoints.load(shipped("checkpoints/latents.safetensors"), model := Autoencoder(PACK**2))
    return model.eval()


class Neighbours(nn.Module):
    """A block that reads patches and words, after each patch has looked at those around it.

    A convolution of 3 × 3 patches in groups of numbers: what a thing's four latents have to agree
    on need not be learnt place by place.
    """

    def __init__(self, block: nn.Module, width: int, groups: int = 4) -> None:
        super().__init__()
        self.norm, self.block = nn.LayerNorm(width), block
        self.mix = nn.Conv2d(width, width, 3, padding=1, groups=groups)

    def forward(
        self,
        patches: Float[Tensor, "batch patch width"],
        words: Float[Tensor, "batch word width"],
        condition: Float[Tensor, "batch 1 condition"],
    ) -> Float[Tensor, "batch patch width"]:
        """Return the patches, richer by what stands around them and by what the block finds."""
        grid = self.norm(patches).transpose(1, 2).unflatten(2, (GRID, GRID))
        return self.block(patches + self.mix(grid).flatten(2).transpose(1, 2), words, condition)


def patches_in_colour(
    pictures: Pictures, colours: Int64[Tensor, " picture"]
) -> Bool[Tensor, "picture 64"]:
    """Return which patches hold ink of a colour: at least a tenth of their pixels.

    `colours` are places in `COLOURS`, one for each picture; a pixel has the nearest of these or of
    white.
    """
    known = torch.tensor([*COLOURS.values(), (1.0, 1.0, 1.0)])
    pixels = (pictures / 255).permute(0, 2, 3, 1).flatten(0, 2)
    nearest = torch.cdist(pixels, known).argmin(dim=1).view(len(pictures), 1, SIDE, SIDE)
    ink = (nearest == colours.view(-1, 1, 1, 1)).float()
    return F.avg_pool2d(ink, SIDE // GRID).flatten(1) >= 0.1
