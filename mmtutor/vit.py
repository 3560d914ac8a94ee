"""The Vision Transformer: how a picture becomes a sentence (lesson 04).

Pictures are (batch, channels, high, wide). Patches, and the tokens made of them, come in reading
order: row by row from the top left. The class token, where there is one, comes first.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor, nn

from mmtutor.datasets.glyphs import Glyphs, load_glyphs, split_by_character
from mmtutor.datasets.scenes import SIDE, Scenes, as_input
from mmtutor.training import Recipe
from mmtutor.training.sizes import require_channels, require_pictures
from mmtutor.transformer import EncoderBlock


def patchify(
    pictures: Float[Tensor, "*batch channels high wide"], size: int
) -> Float[Tensor, "*batch patches pixels"]:
    """Cut pictures into squares of `size` pixels, each a row of channels · size · size numbers.

    A row holds one channel after the other, each line by line: the order of a convolution's
    weights. Raises ValueError where `size` does not divide both sides. Source: Dosovitskiy et al.
    2020, "An Image is Worth 16x16 Words", arXiv:2010.11929, section 3.1.
    """
    height, width = pictures.shape[-2:]
    if height % size or width % size:
        raise ValueError(f"patches of {size} pixels do not fill a picture of {height} x {width}")
    cut = pictures.unflatten(-1, (-1, size)).unflatten(-3, (-1, size))
    # (*batch, channels, rows, y, columns, x) → (*batch, rows, columns, channels, y, x)
    return cut.movedim((-5, -3), (-3, -2)).flatten(-5, -4).flatten(-3)


def unpatchify(
    patches: Float[Tensor, "*batch patches pixels"], size: int, rows: int
) -> Float[Tensor, "*batch channels high wide"]:
    """Put the patches of `patchify` back together, `rows` rows of them."""
    grid = patches.unflatten(-1, (-1, size, size)).unflatten(-4, (rows, -1))
    # (*batch, rows, columns, channels, y, x) → (*batch, channels, rows, y, columns, x)
    return grid.movedim((-3, -2), (-5, -3)).flatten(-2).flatten(-3, -2)


class PatchEmbedding(nn.Module):
    """Cut a picture into patches and project each to a token: `x E` in equation 1 of the paper.

    The same as a convolution whose stride is its size. Source: Dosovitskiy et al. 2020,
    arXiv:2010.11929, section 3.1.
    """

    def __init__(self, channels: int, patch: int, width: int) -> None:
        super().__init__()
        self.channels, self.patch = channels, patch
        self.projection = nn.Linear(channels * patch * patch, width)

    def forward(
        self, pictures: Float[Tensor, "batch channels high wide"]
    ) -> Float[Tensor, "batch patches width"]:
        """Return one token for every patch, in reading order."""
        require_channels(pictures.shape, self.channels)
        return self.projection(patchify(pictures, self.patch))


class ConvolutionalStem(nn.Module):
    """Make as many tokens with a few small convolutions, each of which halves the sides.

    After three of them a token sees 22 × 22 pixels around its patch of 8 × 8. Source: Xiao et al.
    2021, "Early Convolutions Help Transformers See Better", arXiv:2106.14881, section 3; kernels of
    4 instead of 3, and GELU, are ours.
    """

    def __init__(self, channels: int, patch: int, width: int) -> None:
        """`patch` must be a power of 2 (ValueError otherwise)."""
        super().__init__()
        halvings = patch.bit_length() - 1
        if patch < 2 or 2**halvings != patch:
            raise ValueError(f"halving gives patches of 2, 4, 8 … pixels, not {patch}")
        self.channels = channels
        widths = [channels, *(width >> i for i in reversed(range(halvings)))]
        self.layers = nn.Sequential(
            *(halve(inside, outside) for inside, outside in pairwise(widths)),
            nn.Conv2d(width, width, kernel_size=1),
        )

    def forward(
        self, pictures: Float[Tensor, "batch channels high wide"]
    ) -> Float[Tensor, "batch patches width"]:
        """Return one token for every patch, in reading order."""
        require_channels(pictures.shape, self.channels)
        return self.layers(pictures).flatten(2).transpose(1, 2)


def halve(inside: int, outside: int) -> nn.Module:
    """A convolution that halves the sides, normalised over the batch, and bent.

    The kernel is 4 wide and not the usual 3: an even kernel is centred on the 2 × 2 pixels that
    become one, an odd one lies half a pixel off. After three layers a token would sit 3.5 pixels up
    and left of its patch, and a map of attention would point beside what it means.
    """
    convolution = nn.Conv2d(inside, outside, kernel_size=4, stride=2, padding=1)
    return nn.Sequential(convolution, nn.BatchNorm2d(outside), nn.GELU())


class VisionTransformer(nn.Module):
    """A picture in, one vector for the class token and one for every patch out.

    `z_0 = [x_class; x_1 E; … x_N E] + E_pos`, then blocks, then a last layer norm. Source:
    Dosovitskiy et al. 2020, arXiv:2010.11929, equations 1 to 4.
    """

    def __init__(
        self, side: int, patch: int, channels: int, width: int, depth: int, heads: int
    ) -> None:
        """For square pictures of `side` pixels; ValueError where `patch` does not divide it."""
        super().__init__()
        if side % patch:
            raise ValueError(f"patches of {patch} pixels do not fill a picture of {side} x {side}")
        self.channels, self.side, self.grid = channels, side, side // patch
        self.embedding = PatchEmbedding(channels, patch, width)
        self.class_token = nn.Parameter(0.02 * torch.randn(1, 1, width))
        # Ten times the usual 0.02; on the scripts of lesson 04 three seeds show no difference.
        self.position = nn.Parameter(0.2 * torch.randn(1, 1 + self.grid**2, width))
        self.first_norm: nn.Module = nn.Identity()  # CLIP puts a layer norm here (lesson 12)
        self.blocks = nn.ModuleList(EncoderBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(
        self, pictures: Float[Tensor, "batch channels high wide"]
    ) -> Float[Tensor, "batch tokens width"]:
        """Return the class token's vector (token 0) and each patch's (the rest).

        Raises ValueError, naming both sizes, for pictures of another size or number of channels.
        """
        require_pictures(pictures.shape, self.channels, self.side)
        x = self.embedding(pictures)  # (batch, patches, width)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1) + self.position
        x = self.first_norm(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class PictureClassifier(nn.Module):
    """Say what a picture shows, from the class token. Source: arXiv:2010.11929, section 3.1."""

    def __init__(self, transformer: VisionTransformer, classes: int) -> None:
        super().__init__()
        self.transformer = transformer
        self.head = nn.Linear(transformer.norm.normalized_shape[0], classes)

    def forward(
        self, pictures: Float[Tensor, "batch channels high wide"]
    ) -> Float[Tensor, "batch classes"]:
        """Return a score for each class."""
        return self.head(self.transformer(pictures)[:, 0])


class PixelClassifier(nn.Module):
    """Say what every pixel shows: each patch's vector scores the classes of its own pixels."""

    def __init__(self, transformer: VisionTransformer, patch: int, classes: int) -> None:
        """`patch` is the side of the transformer's patches in pixels."""
        super().__init__()
        self.transformer, self.patch = transformer, patch
        self.head = nn.Linear(transformer.norm.normalized_shape[0], classes * patch**2)

    def forward(
        self, pictures: Float[Tensor, "batch channels high wide"]
    ) -> Float[Tensor, "batch classes high wide"]:
        """Return a score for each class at each pixel."""
        scores = self.head(self.transformer(pictures)[:, 1:])  # (batch, patches, classes · pixels)
        return unpatchify(scores, self.patch, rows=self.transformer.grid)


class ConvolutionalNetwork(nn.Module):
    """The classic beside the newcomer: convolutions and pooling, then one linear layer.

    A small network in the manner of LeCun et al. 1998, "Gradient-Based Learning Applied to Document
    Recognition", with batch normalisation (Ioffe & Szegedy 2015, arXiv:1502.03167).
    """

    def __init__(self, channels: int, widths: tuple[int, ...], classes: int) -> None:
        """Each of `widths` is a 3 × 3 convolution followed by halving the sides."""
        super().__init__()
        self.channels = channels
        layers: list[nn.Module] = []
        for inside, outside in pairwise((channels, *widths)):
            layers += [nn.Conv2d(inside, outside, kernel_size=3, padding=1)]
            layers += [nn.BatchNorm2d(outside), nn.ReLU(), nn.MaxPool2d(2)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1], classes)

    def forward(
        self, pictures: Float[Tensor, "batch channels high wide"]
    ) -> Float[Tensor, "batch classes"]:
        """Return a score for each class, from the mean over all places."""
        require_channels(pictures.shape, self.channels)
        return self.head(self.features(pictures).mean(dim=(2, 3)))


def pixel_loss(
    model: nn.Module,
    pictures: UInt8[Tensor, "batch 3 high wide"],
    labels: UInt8[Tensor, "batch high wide"],
) -> Float[Tensor, ""]:
    """Return the cross-entropy over pixels, in nats, with ink counting INK_WEIGHT times as paper.

    Eleven pixels of twelve are paper: the weight lets ink count two thirds as much as they do.
    """
    scores = model(as_input(pictures))
    weight = torch.full((scores.shape[1],), INK_WEIGHT, device=scores.device)
    weight[0] = 1.0
    return F.cross_entropy(scores, labels.long(), weight)


INK_WEIGHT = 8.0


@torch.no_grad()
def predict_pixels(
    model: nn.Module, pictures: UInt8[Tensor, "batch 3 high wide"]
) -> Int64[Tensor, "batch high wide"]:
    """Return the class of every pixel, on the CPU; the weight of the training is taken back."""
    device = next(model.parameters()).device
    parts = [model(as_input(part.to(device))).cpu() for part in pictures.split(100)]
    scores = torch.cat(parts)
    scores[:, 1:] -= math.log(INK_WEIGHT)  # what weighted training adds to the score of ink
    return scores.argmax(dim=1)


def parameters(model: nn.Module) -> int:
    """Return how many numbers the model learns."""
    return sum(parameter.numel() for parameter in model.parameters())


def attention_rollout(
    maps: Float[Tensor, "layer *batch token token"],
) -> Float[Tensor, "*batch token token"]:
    """Follow attention through all layers: which input token reaches which output token, how much?

    Each layer's map is mixed half and half with the identity, which stands for the residual path,
    and the layers are multiplied. Average the heads first. Source: Abnar & Zuidema 2020,
    "Quantifying Attention Flow in Transformers", arXiv:2005.00928, section 3.
    """
    identity = torch.eye(maps.shape[-1], dtype=maps.dtype, device=maps.device)
    flow = identity.expand(maps.shape[1:])
    for layer in maps:
        flow = (0.5 * layer + 0.5 * identity) @ flow
    return flow


def position_similarity(
    position: Float[Tensor, "token width"],
) -> Float[Tensor, "token token"]:
    """Return the cosine between every two position vectors, from -1 to 1."""
    unit = F.normalize(position, dim=-1)
    return unit @ unit.T


NAMES = (
    (r"^vit\.", ""),
    (r"^embeddings\.cls_token", "class_token"),
    (r"^embeddings\.position_embeddings", "position"),
    (r"^embeddings\.patch_embeddings\.projection", "embedding.projection"),
    (r"^(?:encoder\.)?layers?\.", "blocks."),
    (r"layernorm_before", "attention_norm"),
    (r"layernorm_after", "network_norm"),
    (r"attention\.(?:attention\.)?(?:query|q_proj)\.", "attention.query_projection."),
    (r"attention\.(?:attention\.)?(?:key|k_proj)\.", "attention.key_projection."),
    (r"attention\.(?:attention\.)?(?:value|v_proj)\.", "attention.value_projection."),
    (r"attention\.(?:output\.dense|o_proj)\.", "attention.output_projection."),
    (r"(?:intermediate\.dense|mlp\.fc1)\.", "network.0."),
    (r"(?<!attention\.)(?:output\.dense|mlp\.fc2)\.", "network.2."),
    (r"^layernorm\.", "norm."),
)
"""What transformers calls a part (its names changed once within version 5), and what we do."""


def from_transformers(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of transformers' `ViTModel` under the names of `VisionTransformer`.

    Its patch projection is a convolution, (width, channels, y, x); ours is the same as one long
    row. A pooler or a classifier in `weights` is left out.
    """
    ours = {}
    for name, tensor in weights.items():
        if name.startswith(("pooler.", "classifier.", "vit.pooler.")):
            continue
        for theirs, new in NAMES:
            name = re.sub(theirs, new, name)
        ours[name] = tensor.flatten(1) if name == "embedding.projection.weight" else tensor
    return ours


@dataclass(frozen=True, kw_only=True)
class VisionRecipe(Recipe):
    """How a Vision Transformer of lesson 04 is built and trained."""

    patch: int
    width: int = 64
    depth: int = 3
    heads: int = 4


DIGITS = VisionRecipe(
    steps=1000,
    batch_size=32,
    learning_rate=2e-3,
    weight_decay=0.1,
    patch=4,
    depth=2,
    expect="Expect at least 97 % on digits never seen, in about 10 seconds on two CPU cores.",
)
SCRIPTS_QUICK = VisionRecipe(
    steps=750,
    batch_size=64,
    learning_rate=2e-3,
    patch=8,
    expect="Expect at least 62 % after half a minute.",
)
SCRIPTS_FULL = VisionRecipe(
    steps=6000,
    batch_size=256,
    learning_rate=1e-3,
    weight_decay=0.1,
    patch=4,
    width=128,
    depth=6,
    expect="Expect clearly more than the 62 % of the quick recipe.",
)


@dataclass(frozen=True, kw_only=True)
class PixelRecipe(VisionRecipe):
    """A recipe for the dense task: how many kinds of objects, how many scenes to learn from."""

    kinds: int
    scenes: int


PIXELS_QUICK = PixelRecipe(
    steps=500,
    batch_size=32,
    learning_rate=3e-3,
    patch=8,
    kinds=6,
    scenes=6000,
    expect="Expect a mean IoU of at least 0.45 after about 45 seconds on two CPU cores.",
)
PIXELS_FULL = PixelRecipe(
    steps=4000,
    batch_size=32,
    learning_rate=2e-3,
    patch=8,
    kinds=12,
    scenes=16000,
    expect="Expect a mean IoU of at least 0.75 over twice as many kinds.",
)


def pixel_classifier(recipe: PixelRecipe) -> PixelClassifier:
    """Build the model that the recipe trains: one class for each kind, and class 0 for paper."""
    transformer = VisionTransformer(SIDE, recipe.patch, 3, recipe.width, recipe.depth, recipe.heads)
    return PixelClassifier(transformer, recipe.patch, 1 + recipe.kinds)


# ── What the lesson measures ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Scripts:
    """Letters and the script of each, split so that no character is in both `train` and `test`."""

    glyphs: Glyphs
    pixels: Float[Tensor, "letter 1 32 32"]
    labels: Int64[Tensor, " letter"]
    names: Sequence[str]
    train: Int64[Tensor, " train"]
    test: Int64[Tensor, " test"]


def load_scripts() -> Scripts:
    """All glyphs that belong to one script: digits and signs, which belong to several, stay out."""
    glyphs = load_glyphs("dejavu")
    script = glyphs.label("script")
    keep = script.values != script.names.index("common")
    train, test = (part[keep[part]] for part in split_by_character(glyphs))
    pixels = glyphs.images.unsqueeze(1) / 255  # from 0 (paper) to 1 (ink)
    return Scripts(glyphs, pixels, script.values, script.names, train, test)


NO_TWIN = -1


def twin_labels(
    pixels: Float[Tensor, "picture ..."],
    labels: Int64[Tensor, " picture"],
    train: Int64[Tensor, " train"],
    test: Int64[Tensor, " test"],
) -> Int64[Tensor, " test"]:
    """Return the label that training gave to exactly the same picture, for each of the test.

    Where several training pictures are the same, that of most of them; NO_TWIN where none is.
    """
    votes: defaultdict[bytes, Counter[int]] = defaultdict(Counter)
    for picture, label in zip(pixels[train].numpy(), labels[train].tolist(), strict=True):
        votes[picture.tobytes()][label] += 1
    known = {picture: counts.most_common(1)[0][0] for picture, counts in votes.items()}
    found = [known.get(picture.tobytes(), NO_TWIN) for picture in pixels[test].numpy()]
    return torch.tensor(found)


def random_features(
    rows: Float[Tensor, "picture pixels"], count: int, seed: int = 0
) -> Float[Tensor, "picture {count}"]:
    """Return `count` sums of a picture's pixels with random weights, negative ones cut to 0.

    Nobody trains them. Source: Rahimi & Recht 2007, "Random Features for Large-Scale Kernel
    Machines" (NeurIPS); ReLU in the place of their cosine.
    """
    generator = torch.Generator().manual_seed(seed)
    return F.relu(rows @ torch.randn(rows.shape[1], count, generator=generator))


def least_squares(
    features: Float[Tensor, "picture feature"],
    labels: Int64[Tensor, " picture"],
    ridge: float = 10.0,
) -> Float[Tensor, "feature class"]:
    """Return the weights that bring `features @ weights` nearest to 1 for the label, 0 elsewhere.

    One system of equations, solved in one go; `ridge` keeps the weights small.
    """
    wanted = F.one_hot(labels).to(features.dtype)
    square = features.T @ features + ridge * torch.eye(features.shape[1], dtype=features.dtype)
    return torch.linalg.solve(square, features.T @ wanted)


def first_letters(scripts: Scripts, count: int) -> list[int]:
    """Return where, in the test, the first letter of each of `count` scripts stands.

    A letter is a glyph whose name says so. The scripts come in the order of their numbers.
    """
    first: dict[int, int] = {}
    for position in scripts.test.tolist():
        if "letter" in scripts.glyphs.caption(position):
            first.setdefault(int(scripts.labels[position]), position)
    return [first[script] for script in sorted(first)[:count]]


def pixels_within(
    size: int, rows: int, columns: int, reach: int
) -> Bool[Tensor, "patch high wide"]:
    """Say for each patch of `size` pixels which pixels lie in it or up to `reach` patches away."""
    near = (patches_apart(rows, columns) <= reach).float().unsqueeze(-1)  # (patch, patch, 1)
    return unpatchify(near.expand(-1, -1, size**2), size, rows)[:, 0].bool()


def patches_alone(
    pictures: UInt8[Tensor, "picture channels high wide"],
    size: int,
    reach: int = 0,
    around: UInt8[Tensor, "picture channels high wide"] | None = None,
) -> UInt8[Tensor, "picture patch channels high wide"]:
    """Show every patch of `size` pixels alone: a page for each, white all around it.

    With a `reach` of 1, its eight neighbours stay, with 2 the ring around them, too. Where other
    pictures are given as `around`, they stand in the place of the white.
    """
    rows, columns = (side // size for side in pictures.shape[-2:])
    shown = pixels_within(size, rows, columns, reach).unsqueeze(1)  # (patch, 1, high, wide)
    page = torch.full_like(pictures, 255) if around is None else around
    return torch.where(shown, pictures.unsqueeze(1), page.unsqueeze(1))


def predict_alone(
    model: PixelClassifier,
    pictures: UInt8[Tensor, "picture 3 high wide"],
    reach: int = 0,
    around: UInt8[Tensor, "picture 3 high wide"] | None = None,
) -> Int64[Tensor, "picture high wide"]:
    """Return the class of every pixel, each patch's from its own page of `patches_alone`."""
    rows, columns = (side // model.patch for side in pictures.shape[-2:])
    own = pixels_within(model.patch, rows, columns, reach=0)
    pages = patches_alone(pictures, model.patch, reach, around)
    drawn = [predict_pixels(model, of_one) for of_one in pages]  # each (patch, high, wide)
    return torch.stack([(page * own).sum(dim=0) for page in drawn])


def ink_of(
    pictures: UInt8[Tensor, "picture 3 high wide"],
) -> Bool[Tensor, "picture high wide"]:
    """Say which pixels of scenes are ink, whatever its colour: paper is light in all three."""
    return pictures.amin(dim=1) < 140


def windows(
    ink: Bool[Tensor, "picture high wide"], size: int, reach: int
) -> Float[Tensor, "picture patch pixels"]:
    """Return what lies in a patch and up to `reach` patches around it; beyond the edge is paper."""
    side, margin = size * (1 + 2 * reach), size * reach
    return F.unfold(ink.unsqueeze(1).float(), side, stride=size, padding=margin).transpose(1, 2)


def copy_labels(
    learn: Scenes, pictures: UInt8[Tensor, "picture 3 high wide"], size: int, reach: int
) -> Int64[Tensor, "picture high wide"]:
    """Label every patch with ink as the most similar one in `learn`: a copyist, no network.

    Similar is what differs in the fewest pixels of ink within `windows` of that `reach`.
    """
    known = windows(ink_of(learn.pictures), size, reach).flatten(0, 1)  # (known patch, pixels)
    labels = patchify(learn.labels().unsqueeze(1).float(), size).flatten(0, 1)
    inked = windows(ink_of(learn.pictures), size, 0).flatten(0, 1).any(dim=1)
    known, labels = known[inked], labels[inked]
    amount = known.sum(dim=1)
    seen = windows(ink_of(pictures), size, reach)  # (picture, patch, pixels)
    filled = windows(ink_of(pictures), size, 0).any(dim=2)  # (picture, patch): else paper, no copy
    drawn = torch.zeros(*filled.shape, size**2)
    for of_one, some, page in zip(seen, filled, drawn, strict=True):
        different = amount - 2 * of_one[some] @ known.T  # less what is the same for all of them
        page[some] = labels[different.argmin(dim=1)]
    return unpatchify(drawn, size, pictures.shape[-2] // size)[:, 0].long()


def middle_patch(boxes: Int64[Tensor, "box 4"], grid: int) -> Int64[Tensor, " box"]:
    """Return the patch, of `grid` × `grid` in a scene, that holds the middle of each box.

    A box is left, top, right and bottom, in pixels.
    """
    middle = (boxes[:, :2] + boxes[:, 2:]) * grid // (2 * SIDE)  # (box, 2): column and row
    return grid * middle[:, 1] + middle[:, 0]


def share_inside(
    maps: Float[Tensor, "scene patch patch"], inside: Bool[Tensor, "scene patch"]
) -> float:
    """Return how much of what an object's patches gather from others comes from the same object.

    A row of `maps` says how much a patch gathers from each; its own share is left out. `inside`
    says which patches belong to the object. The mean over these patches, then over scenes; a patch
    that gathers from nobody else counts as 0. A scene whose object has one patch only is left out.
    """
    several = inside.sum(dim=1) > 1
    maps, inside = maps[several], inside[several]
    itself = torch.eye(maps.shape[-1], dtype=torch.bool)
    others = maps.masked_fill(itself, 0.0)
    shares = others / others.sum(dim=-1, keepdim=True).clamp(min=1e-9)  # each row sums to 1 again
    stays = (shares * inside.unsqueeze(1)).sum(dim=-1)  # (scene, patch)
    return ((stays * inside).sum(dim=1) / inside.sum(dim=1)).mean().item()


def patches_apart(rows: int, columns: int) -> Int64[Tensor, "patch patch"]:
    """Return how far apart every two patches lie: 0 for itself, 1 for its eight neighbours, …"""
    number = torch.arange(rows * columns)
    row, column = number // columns, number % columns
    down, across = (row.unsqueeze(1) - row).abs(), (column.unsqueeze(1) - column).abs()
    return torch.maximum(down, across)


def look_by_distance(
    looks: Float[Tensor, "layer scene token token"], grid: int
) -> Float[Tensor, "layer {grid}"]:
    """Return how much patches look at patches 0, 1, 2 … apart, as multiples of an even look.

    The class token comes first in `looks`, as in a VisionTransformer, and is left out.
    """
    share = looks[:, :, 1:, 1:].mean(dim=1)  # (layer, patch, patch)
    share = share / share.mean(dim=(1, 2), keepdim=True)  # an even look is 1
    apart = patches_apart(grid, grid)
    by_distance = [share[:, apart == distance].mean(dim=1) for distance in range(grid)]
    return torch.stack(by_distance, dim=1)
