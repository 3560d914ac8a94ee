"""Contrastive learning: how pictures and words end up in one space (lesson 12).

Two towers, one for each modality, turn what they read into unit vectors. In every function here
`left` and `right` are the two sides of the same pairs, row by row: row i of one belongs to row i of
the other. `names` says which rows mean the same: two rows with one number are no negatives.
"""

import math
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, Int64, Shaped, UInt8
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from mmtutor.attention import causal_mask
from mmtutor.datasets.emoji import Emoji
from mmtutor.datasets.glyphs import SIDE, Glyphs, caption
from mmtutor.datasets.names import END, PADDING, bags, encode
from mmtutor.metrics import costs, recall_at
from mmtutor.pipelines import Pipeline
from mmtutor.training import Recipe
from mmtutor.training.sizes import require_size
from mmtutor.transformer import EncoderBlock
from mmtutor.vit import ConvolutionalStem, VisionTransformer

if TYPE_CHECKING:
    from transformers import CLIPConfig, PreTrainedTokenizerFast

# ── Losses ────────────────────────────────────────────────────────────────────────────────────────


def targets(names: Int[Tensor, " pair"]) -> Float[Tensor, "pair pair"]:
    """Return the share of each row that each column should get: all, or a part where names repeat.

    Source: Yang et al. 2022, "UniCL", arXiv:2204.03610, equations 3 and 4.
    """
    same = names.unsqueeze(1) == names
    return same / same.sum(dim=1, keepdim=True)


def contrastive_loss(
    left: Float[Tensor, "pair width"],
    right: Float[Tensor, "pair width"],
    scale: Float[Tensor, ""] | float,
    names: Int[Tensor, " pair"] | None = None,
) -> Float[Tensor, ""]:
    """Return InfoNCE in both directions, averaged, in nats; guessing costs ln(pairs).

    `left` and `right` are unit vectors, `scale` is 1 / τ. Without `names` every row is its own
    class. Source: Radford et al. 2021, "CLIP", arXiv:2103.00020, figure 3; InfoNCE is equation 4 of
    van den Oord et al. 2018, arXiv:1807.03748.
    """
    scores = scale * left @ right.T  # (left, right)
    own = torch.arange(len(left), device=left.device) if names is None else targets(names)
    own = own if names is None else own.to(scores.dtype)
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2


def sigmoid_loss(
    left: Float[Tensor, "pair width"],
    right: Float[Tensor, "pair width"],
    scale: Float[Tensor, ""] | float,
    bias: Float[Tensor, ""] | float,
    names: Int[Tensor, " pair"] | None = None,
) -> Float[Tensor, ""]:
    """Ask of every cell alone: do these two belong together? Return the sum over a row, averaged.

    Source: Zhai et al. 2023, "SigLIP", arXiv:2303.15343, section 3.2, with the
    sign of the bias as in its algorithm 1.
    """
    names = torch.arange(len(left), device=left.device) if names is None else names
    scores = scale * left @ right.T + bias
    sign = 2.0 * (names.unsqueeze(1) == names) - 1  # +1 where they belong together, else -1
    return -F.logsigmoid(sign * scores).sum() / len(left)


def chunked_contrastive_loss(
    left: Float[Tensor, "pair width"],
    right: Float[Tensor, "pair width"],
    scale: Float[Tensor, ""] | float,
    names: Int[Tensor, " pair"],
    chunk: int = 512,
) -> Float[Tensor, ""]:
    """Return what `contrastive_loss` returns, never holding more than `chunk` rows of scores.

    Each strip is thrown away and computed again for the gradient. Source for that: Chen et al.
    2016, "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174.
    """
    parts = zip(left.split(chunk), names.split(chunk), strict=True)
    strips = [checkpoint(strip, *part, right, scale, names, use_reentrant=False) for part in parts]
    rows, columns, pulls = (torch.stack(part) for part in zip(*strips, strict=True))
    # A column's log-sum-exp over all rows is that of its strips' log-sum-exps.
    return ((rows.sum() + columns.logsumexp(dim=0).sum()) / 2 - pulls.sum()) / len(left)


def strip(
    part: Float[Tensor, "row width"],
    own: Int[Tensor, " row"],
    right: Float[Tensor, "pair width"],
    scale: Float[Tensor, ""] | float,
    names: Int[Tensor, " pair"],
) -> tuple[Float[Tensor, ""], Float[Tensor, " pair"], Float[Tensor, ""]]:
    """Return what some rows add: their log-sum-exps, the columns' so far, the positives' scores."""
    scores = scale * part @ right.T  # (row, pair)
    same = own.unsqueeze(1) == names
    pull = scores.masked_fill(~same, 0.0).sum(dim=1) / same.sum(dim=1)
    return scores.logsumexp(dim=1).sum(), scores.logsumexp(dim=0), pull.sum()


# ── Several processes ─────────────────────────────────────────────────────────────────────────────


class Gather(torch.autograd.Function):
    """Join the rows of all processes; in the gradient, add up what all of them found out.

    The sum undoes the mean over processes, and only because each computes the *whole* loss.
    """

    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        """Return everybody's rows, in the order of the processes; shares may differ in length."""
        ctx.lengths = lengths(own)
        padded = own.new_zeros(max(ctx.lengths), *own.shape[1:])
        padded[: len(own)] = own
        parts = [torch.empty_like(padded) for _ in ctx.lengths]
        dist.all_gather(parts, padded)
        return torch.cat([part[:length] for part, length in zip(parts, ctx.lengths, strict=True)])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """Return the sum of all processes' gradients for this process's rows."""
        gradient = gradient.contiguous()
        dist.all_reduce(gradient)
        return gradient.split(ctx.lengths)[dist.get_rank()]


def lengths(own: Tensor) -> list[int]:
    """Return how many rows each process holds."""
    mine = torch.tensor([len(own)], device=own.device)
    all_of_them = [torch.empty_like(mine) for _ in range(dist.get_world_size())]
    dist.all_gather(all_of_them, mine)
    return torch.cat(all_of_them).tolist()


def gather(own: Shaped[Tensor, "pair ..."]) -> Shaped[Tensor, "pairs ..."]:
    """Return the rows of all processes as negatives for each; alone, return `own`.

    Every process then computes the whole loss; averaging their gradients, as
    DistributedDataParallel does, gives the gradient of one process with the joined batch.
    """
    alone = not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1
    return own if alone else Gather.apply(own)


# ── Two towers ────────────────────────────────────────────────────────────────────────────────────

SHORTEST = 1e-4
"""A vector shorter than this has no direction to speak of: in float32 it is mostly rounding."""


def unit(vectors: Float[Tensor, "*batch width"]) -> Float[Tensor, "*batch width"]:
    """Return the vectors made as long as 1, with a gradient of at most 1 / SHORTEST = 10⁴.

    Normalising multiplies gradients by up to 1 / length, without end as a vector nears zero. So one
    shorter than SHORTEST is divided by SHORTEST: it comes out shorter than 1, and zeros stay zeros.
    """
    return F.normalize(vectors, dim=-1, eps=SHORTEST)


class TextTransformer(nn.Module):
    """Read a caption from left to right; its vector is what its last token, the end, gathered.

    Source: Radford et al. 2021, arXiv:2103.00020, section 2.4, with GPT-2's blocks.
    """

    def __init__(
        self, tokens: int, longest: int, width: int, depth: int, heads: int, end: int = END
    ) -> None:
        """For at most `longest` tokens; `end` is the number of the token that ends each caption."""
        super().__init__()
        self.end = end
        self.embedding = nn.Embedding(tokens, width)
        self.position = nn.Parameter(0.1 * torch.randn(longest, width))
        self.blocks = nn.ModuleList(EncoderBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.embedding.weight, std=0.5)

    def forward(self, texts: Int64[Tensor, "batch word"]) -> Float[Tensor, "batch width"]:
        """Return one vector for each text. What stands after its end plays no part.

        Of a text without an end it reads the first token alone. Raises ValueError, naming both
        sizes, for texts longer than `longest`.
        """
        longest = len(self.position)
        if texts.shape[1] > longest:
            raise ValueError(
                f"this model reads texts of at most {longest} tokens, not {texts.shape[1]}"
            )
        x = self.embedding(texts) + self.position[: texts.shape[1]]  # (batch, word, width)
        mask = causal_mask(texts.shape[1], x.device)
        for block in self.blocks:
            x = block(x, mask)
        ends = (texts == self.end).int().argmax(dim=1)
        return self.norm(x[torch.arange(len(x), device=x.device), ends])


class DualEncoder(nn.Module):
    """Two towers and two projections into one space, with a temperature that is learnt.

    Source: Radford et al. 2021, arXiv:2103.00020, sections 2.3 to 2.5 and figure 3.
    """

    def __init__(self, picture: VisionTransformer, text: TextTransformer, width: int) -> None:
        """`width` is the number of dimensions of the shared space."""
        super().__init__()
        self.picture, self.text = picture, text
        inside = picture.norm.normalized_shape[0], text.norm.normalized_shape[0]
        self.picture_projection = nn.Linear(inside[0], width, bias=False)
        self.text_projection = nn.Linear(inside[1], width, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def forward(
        self,
        pictures: Float[Tensor, "batch channels high wide"],
        texts: Int64[Tensor, "batch word"],
    ) -> tuple[Float[Tensor, "batch width"], Float[Tensor, "batch width"], Float[Tensor, ""]]:
        """Return unit vectors of the pictures and of the texts, and the scale 1 / τ."""
        return self.see(pictures), self.read(texts), self.scale

    def see(self, pictures: Float[Tensor, "batch channels high wide"]) -> Float[Tensor, "batch w"]:
        """Return a unit vector for each picture, from the class token."""
        return unit(self.picture_projection(self.picture(pictures)[:, 0]))

    def read(self, texts: Int64[Tensor, "batch word"]) -> Float[Tensor, "batch width"]:
        """Return a unit vector for each text."""
        return unit(self.text_projection(self.text(texts)))

    @property
    def scale(self) -> Float[Tensor, ""]:
        """What a cosine is multiplied with, 1 / τ: never above 100, as in section 2.5.

        Beyond, the gradient is that at 100: clamped, it would be 0, and nothing would lead back.
        """
        value = self.log_scale.detach()
        return (value.clamp(max=math.log(100)) + (self.log_scale - value)).exp()


# ── CLIP's own weights ────────────────────────────────────────────────────────────────────────────


class QuickGELU(nn.Module):
    """`x · sigmoid(1.702 x)`, a cheap GELU, with which OpenAI trained CLIP."""

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Return `x`, bent."""
        return x * torch.sigmoid(1.702 * x)


def clip_shaped(config: "CLIPConfig") -> DualEncoder:
    """Return a model of the shape of transformers' `CLIPModel(config)`, for its weights.

    CLIP norms patches and positions once more before the first block, and bends with `QuickGELU`
    or GELU. Raises ValueError where a hidden layer is not four times the width.
    """
    eye, ear = config.vision_config, config.text_config
    if any(part.intermediate_size != 4 * part.hidden_size for part in (eye, ear)):
        raise ValueError("a hidden layer must be four times the width, as in every released CLIP")
    size = (eye.hidden_size, eye.num_hidden_layers, eye.num_attention_heads)
    picture = VisionTransformer(eye.image_size, eye.patch_size, eye.num_channels, *size)
    picture.first_norm = nn.LayerNorm(eye.hidden_size)
    size = (ear.hidden_size, ear.num_hidden_layers, ear.num_attention_heads)
    longest = ear.max_position_embeddings
    # Released CLIPs say 2, an old mistake that transformers keeps: their texts end with the last
    # token of the vocabulary.
    end = ear.vocab_size - 1 if ear.eos_token_id == 2 else ear.eos_token_id
    text = TextTransformer(ear.vocab_size, longest, *size, end=end)
    for tower, part in ((picture, eye), (text, ear)):
        for block in tower.blocks:
            block.network[1] = QuickGELU() if part.hidden_act == "quick_gelu" else nn.GELU()
    return DualEncoder(picture, text, config.projection_dim)


NAMES = (
    (r"^logit_scale$", "log_scale"),
    (r"^text_model\.embeddings\.token_embedding", "text.embedding"),
    (r"^text_model\.embeddings\.position_embedding\.weight", "text.position"),
    (r"^text_model\.final_layer_norm", "text.norm"),
    (r"^vision_model\.embeddings\.class_embedding", "picture.class_token"),
    (r"^vision_model\.embeddings\.patch_embedding", "picture.embedding.projection"),
    (r"^vision_model\.embeddings\.position_embedding\.weight", "picture.position"),
    (r"^vision_model\.pre_layrnorm", "picture.first_norm"),
    (r"^vision_model\.post_layernorm", "picture.norm"),
    (r"^visual_projection", "picture_projection"),
    (r"^text_model\.", "text."),
    (r"^vision_model\.", "picture."),
    (r"encoder\.layers\.", "blocks."),
    (r"layer_norm1", "attention_norm"),
    (r"layer_norm2", "network_norm"),
    (r"self_attn\.q_proj", "attention.query_projection"),
    (r"self_attn\.k_proj", "attention.key_projection"),
    (r"self_attn\.v_proj", "attention.value_projection"),
    (r"self_attn\.out_proj", "attention.output_projection"),
    (r"mlp\.fc1", "network.0"),
    (r"mlp\.fc2", "network.2"),
)
"""What transformers calls a part, and what we do ("pre_layrnorm" is its own spelling)."""


def from_transformers(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of transformers' `CLIPModel` under the names of `clip_shaped`'s model.

    Its patch projection has no bias: ours gets zeros.
    """
    ours = {}
    for name, tensor in weights.items():
        for theirs, new in NAMES:
            name = re.sub(theirs, new, name)
        ours[name] = tensor
    patches = ours["picture.embedding.projection.weight"].flatten(1)
    ours["picture.embedding.projection.weight"] = patches
    ours["picture.embedding.projection.bias"] = patches.new_zeros(len(patches))
    for name in ("picture.class_token", "picture.position"):
        ours[name] = ours[name].view(1, -1, len(patches))
    return ours


# ── Pairs of pictures and names ───────────────────────────────────────────────────────────────────


def as_input(pictures: UInt8[Tensor, "batch *channels high wide"]) -> Float[Tensor, "batch c h w"]:
    """Return pictures as a network reads them: from 0 to 1, with an axis of channels."""
    return (pictures if pictures.ndim == 4 else pictures.unsqueeze(1)) / 255


@dataclass(frozen=True)
class Names(Pipeline):
    """Names as the lesson's models are given them (lesson 05): number i is word i."""

    steps = (
        "NFC, small letters; words, digits and Chinese characters; cut at the longest, end added"
    )

    words: tuple[str, ...]
    longest: int

    @classmethod
    def of(cls, tokenizer: "PreTrainedTokenizerFast") -> "Names":
        """Return what a tokenizer does, in the order of its numbers."""
        numbers = range(len(tokenizer))
        return cls(tuple(tokenizer.convert_ids_to_tokens(numbers)), tokenizer.model_max_length)


def glyph_pairs(
    glyphs: Glyphs, tokenizer: "PreTrainedTokenizerFast"
) -> tuple[UInt8[Tensor, "glyph 32 32"], Int64[Tensor, "glyph word"], Int64[Tensor, " glyph"]]:
    """Return every glyph's picture, its name as tokens, and a number for each different name."""
    characters, names = glyphs.codepoints.unique(return_inverse=True)
    texts = encode(tokenizer, [caption(chr(code)) for code in characters.tolist()])
    return glyphs.images, texts[names], names


def emoji_pairs(
    emoji: Emoji, tokenizer: "PreTrainedTokenizerFast"
) -> tuple[UInt8[Tensor, "pair 3 32 32"], Int64[Tensor, "pair word"], Int64[Tensor, " pair"]]:
    """Return every picture twice, first with its English name, then with its Chinese one.

    The number of a pair is its picture's: the two names of one picture are no negatives.
    """
    texts = encode(tokenizer, [*emoji.english, *emoji.chinese])
    return emoji.pictures.repeat(2, 1, 1, 1), texts, torch.arange(len(emoji)).repeat(2)


def one_each(glyphs: Glyphs, count: int | None = None, seed: int = 0) -> Glyphs:
    """Return each character once, in the first face that draws it, or `count` of them at random."""
    changes = glyphs.codepoints.diff(prepend=glyphs.codepoints[:1] - 1) != 0
    first = changes.nonzero().squeeze(1)
    order = torch.randperm(len(first), generator=torch.Generator().manual_seed(seed))
    return glyphs.select(first if count is None else first[order[:count]])


def pair_loss(
    model: nn.Module,
    pictures: UInt8[Tensor, "batch *channels high wide"],
    texts: Int64[Tensor, "batch word"],
    names: Int64[Tensor, " batch"],
    shift: int = 0,
    hidden: float = 0.0,
) -> Float[Tensor, ""]:
    """Return the contrastive loss of a batch of pairs, of all processes if there are several.

    At random, pictures move by up to `shift` pixels, and texts lose a share `hidden` of words.
    """
    left, right, scale = model(as_input(shifted(pictures, shift)), without_some(texts, hidden))
    return contrastive_loss(gather(left), gather(right), scale, gather(names))


def shifted(
    pictures: UInt8[Tensor, "batch *channels high wide"], pixels: int
) -> UInt8[Tensor, "batch *channels high wide"]:
    """Move each picture by up to `pixels` in both directions; its border fills the gap."""
    if not pixels:
        return pictures
    side, device = pictures.shape[-1], pictures.device
    # Any border would do on paper; repeating it keeps a letter that touches the edge whole.
    flat = pictures if pictures.ndim == 4 else pictures.unsqueeze(1)
    wide = F.pad(flat.float(), (pixels,) * 4, mode="replicate").to(torch.uint8)
    moves = torch.randint(2 * pixels + 1, (2, len(wide), 1), device=device)
    y, x = moves + torch.arange(side, device=device)  # (batch, side) each
    rows = torch.arange(len(wide), device=device).view(-1, 1, 1)
    moved = wide.movedim(1, -1)[rows, y.unsqueeze(2), x.unsqueeze(1)].movedim(-1, 1)
    return moved.view_as(pictures) if pictures.ndim == 4 else moved.squeeze(1)


def without_some(texts: Int64[Tensor, "batch word"], share: float) -> Int64[Tensor, "batch word"]:
    """Take a random `share` of the words out; what follows moves up, and the end stays the end."""
    if not share:
        return texts
    lost = (torch.rand(texts.shape, device=texts.device) < share) & (texts > END)
    order = (lost | (texts == PADDING)).int().argsort(dim=1, stable=True)
    return texts.masked_fill(lost, PADDING).gather(1, order)


@torch.no_grad()
def embed(
    model: DualEncoder,
    inputs: UInt8[Tensor, "item *channels high wide"] | Int64[Tensor, "item word"],
) -> Float[Tensor, "item width"]:
    """Return a unit vector for each of many pictures (uint8) or texts (int64), on the CPU."""
    device, seen = model.log_scale.device, inputs.dtype == torch.uint8
    model.eval()
    parts = [part.to(device) for part in inputs.split(512)]
    return torch.cat([(model.see(as_input(p)) if seen else model.read(p)).cpu() for p in parts])


def retrieval(
    pictures: Float[Tensor, "pair width"], texts: Float[Tensor, "pair width"]
) -> dict[str, float]:
    """Return recall at 1, 5 and 10: the name of each picture, and the picture of each name."""
    scores, own = pictures @ texts.T, torch.arange(len(pictures))
    names = {f"name R@{k}": recall_at(scores, own, k) for k in (1, 5, 10)}
    return names | {f"picture R@{k}": recall_at(scores.T, own, k) for k in (1, 5, 10)}


def class_vectors(
    model: DualEncoder, tokenizer: "PreTrainedTokenizerFast", prompts: Sequence[Sequence[str]]
) -> Float[Tensor, "class width"]:
    """Return a unit vector for each class: the mean of its prompts' vectors, made as long as 1.

    A class is then the name that a picture is nearest to; nobody trained a classifier. Source:
    Radford et al. 2021, arXiv:2103.00020, sections 3.1.2 and 3.1.4.
    """
    means = [embed(model, encode(tokenizer, texts)).mean(dim=0) for texts in prompts]
    return unit(torch.stack(means))


def weight_slope(
    model: DualEncoder,
    pictures: UInt8[Tensor, "pair *channels high wide"],
    texts: Int64[Tensor, "pair word"],
    names: Int64[Tensor, " pair"] | None,
    scale: float,
) -> Float[Tensor, " weight"]:
    """Return the slope of the contrastive loss along all weights of both towers, one after another.

    The scale stands still. `names` says which rows mean the same, or nothing.
    """
    loss = contrastive_loss(model.see(as_input(pictures)), model.read(texts), scale, names)
    weights = [weight for weight in model.parameters() if weight is not model.log_scale]
    return torch.cat([slope.flatten() for slope in torch.autograd.grad(loss, weights)])


# ── Is the space any good? ────────────────────────────────────────────────────────────────────────


def alignment(left: Float[Tensor, "pair width"], right: Float[Tensor, "pair width"]) -> float:
    """Return the mean squared distance within pairs: 0 is perfect, 2 is unrelated.

    Source: Wang & Isola 2020, arXiv:2005.10242, section 4.1 (with α = 2).
    """
    return (left - right).square().sum(dim=1).mean().item()


def uniformity(vectors: Float[Tensor, "item width"]) -> float:
    """Return how evenly unit vectors cover the sphere: 0 is one point, lower is more even.

    NaN for fewer than two vectors. Source: Wang & Isola 2020, arXiv:2005.10242, section 4.1
    (with t = 2).
    """
    return torch.pdist(vectors).square().mul(-2).exp().mean().log().item()


def effective_rank(vectors: Float[Tensor, "item width"]) -> float:
    """Return how many directions are in use, from 1 to the width: exp of the spectrum's entropy.

    Of the vectors as they are, so that one point has rank 1, zero too. Source: Roy & Vetterli 2007,
    "The effective rank: a measure of effective dimensionality", EUSIPCO.
    """
    shares = torch.linalg.svdvals(vectors)
    shares = shares / shares.sum().clamp(min=torch.finfo(shares.dtype).tiny)
    return torch.special.entr(shares).sum().exp().item()


def space_numbers(
    left: Float[Tensor, "pair width"], right: Float[Tensor, "pair width"]
) -> dict[str, float]:
    """Return what shows a collapse: alignment, and of `left` uniformity and rank; and R@1."""
    return {
        "alignment": alignment(left, right),
        "uniformity": uniformity(left),
        "rank": effective_rank(left),
        "R@1": retrieval(left, right)["name R@1"],
    }


def best_temperature(
    left: Float[Tensor, "pair width"],
    right: Float[Tensor, "pair width"],
    temperatures: Sequence[float],
) -> float:
    """Return the temperature at which the loss of these pairs is lowest; vectors stay."""
    return min(temperatures, key=lambda each: contrastive_loss(left, right, 1 / each).item())


def information_bound(
    left: Float[Tensor, "pair width"],
    right: Float[Tensor, "pair width"],
    scale: float,
    size: int,
    seed: int = 0,
) -> float:
    """Return ln N − loss in nats, averaged over batches of N = `size` pairs: a bound on what
    left tells about right, never above ln N.

    Raises ValueError where the pairs do not fill a batch. Source: van den Oord et al. 2018,
    arXiv:1807.03748, section 2.3 and appendix A.1; it holds on average over batches.
    """
    if size > len(left):
        raise ValueError(f"a batch of {size} pairs cannot come from {len(left)}")
    order = torch.randperm(len(left), generator=torch.Generator().manual_seed(seed))
    batches = [rows for rows in order.split(size) if len(rows) == size][:20]
    losses = [
        F.cross_entropy(scale * left[rows] @ right[rows].T, torch.arange(size)) for rows in batches
    ]
    return math.log(size) - torch.stack(losses).mean().item()


@torch.no_grad()
def occlusion(
    model: DualEncoder,
    picture: UInt8[Tensor, "side side"],
    vectors: Float[Tensor, "question width"],
    window: int = 8,
) -> Float[Tensor, "question side side"]:
    """Return how much each score (scale · cosine) falls when paper covers each pixel.

    A square of `window` pixels is laid everywhere; a pixel gets the mean over the squares that
    cover it. Each vector is a question. Raises ValueError where the square is larger than the
    picture. Source: Zeiler & Fergus 2013, arXiv:1311.2901, section 4.2.
    """
    if not 0 < window <= len(picture):
        raise ValueError(f"a window of {window} pixels does not fit into a side of {len(picture)}")
    starts = torch.arange(len(picture) - window + 1)
    covered = (starts.unsqueeze(1) <= torch.arange(len(picture))) & (
        torch.arange(len(picture)) < starts.unsqueeze(1) + window
    )  # (start, pixel)
    squares = (covered[:, None, :, None] & covered[None, :, None, :]).flatten(0, 1)
    scores = embed(model, picture.masked_fill(squares, 0)) @ vectors.T  # (square, question)
    falls = model.scale.cpu() * (embed(model, picture.unsqueeze(0)) @ vectors.T - scores)
    return torch.einsum("sq,syx->qyx", falls, squares.float()) / squares.sum(dim=0)


# ── A recommender ─────────────────────────────────────────────────────────────────────────────────


class Recommender(nn.Module):
    """Two towers again: a reader, known by what they liked, and the things they might like next.

    Both read the same frozen features of things. Source for two-tower recommendation with the other
    things of the batch as negatives: Yi et al. 2019, "Sampling-Bias-Corrected Neural Modeling for
    Large Corpus Item Recommendations", RecSys, section 3.
    """

    def __init__(self, features: int, width: int = 64, hidden: int = 256) -> None:
        """`width` is the number of dimensions of the space in which both sides meet."""
        super().__init__()
        self.features = features
        self.like, self.thing = network(features, hidden, width), network(features, hidden, width)
        self.mix = nn.Sequential(nn.LayerNorm(width), network(width, hidden, width))
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def reader(self, likes: Float[Tensor, "reader like features"]) -> Float[Tensor, "reader width"]:
        """Return a unit vector for each reader. The order of the likes plays no part.

        Who likes nothing yet has a mean of 0. Raises ValueError, naming both sizes, for things of
        another number of features.
        """
        require_size(
            "this model knows things by {} features, not {}", self.features, likes.shape[2]
        )
        mean = self.like(likes).sum(dim=1) / max(1, likes.shape[1])
        return unit(mean + self.mix(mean))

    def item(self, things: Float[Tensor, "thing features"]) -> Float[Tensor, "thing width"]:
        """Return a unit vector for each thing; ValueError for another number of features."""
        require_size(
            "this model knows things by {} features, not {}", self.features, things.shape[1]
        )
        return unit(self.thing(things))

    def forward(
        self,
        likes: Float[Tensor, "reader like features"],
        things: Float[Tensor, "reader features"],
    ) -> tuple[Float[Tensor, "reader width"], Float[Tensor, "reader width"], Float[Tensor, ""]]:
        """Return both sides' unit vectors and the scale, as `DualEncoder` does."""
        return self.reader(likes), self.item(things), self.log_scale.exp()


def network(inside: int, hidden: int, outside: int) -> nn.Module:
    """Return a network with one hidden layer."""
    return nn.Sequential(nn.Linear(inside, hidden), nn.GELU(), nn.Linear(hidden, outside))


def standardised(*sides: Float[Tensor, "thing _"]) -> Float[Tensor, "thing features"]:
    """Return things described by all sides at once, each number with mean 0 and spread 1.

    A number that is the same for all things is 0.
    """
    joined = torch.cat(sides, dim=1)
    return (joined - joined.mean(dim=0)) / joined.std(dim=0).clamp(min=1e-6)


def liking_loss(
    features: Float[Tensor, "thing features"],
) -> Callable[[nn.Module, Int64[Tensor, "reader like"]], Float[Tensor, ""]]:
    """Return a loss for `fit`: the contrastive loss between readers and one thing each liked.

    Which of the likes is taken out to be found again is drawn anew for each batch.
    """

    def loss(model: nn.Module, likes: Int64[Tensor, "reader like"]) -> Float[Tensor, ""]:
        place = int(torch.randint(likes.shape[1], ()))
        wanted, rest = likes[:, place], torch.cat([likes[:, :place], likes[:, place + 1 :]], dim=1)
        known = features.to(likes.device)  # `fit` moves the batches alone
        return contrastive_loss(*model(known[rest], known[wanted]), wanted)

    return loss


# ── Recipes ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class ContrastiveRecipe(Recipe):
    """How a dual encoder of lesson 12 is built and trained; `depth` is the picture tower's."""

    width: int = 64
    depth: int = 3
    text_depth: int = 2
    heads: int = 4
    shift: int = 0
    hidden: float = 0.0


QUICK = ContrastiveRecipe(
    steps=600,
    batch_size=256,
    learning_rate=2e-3,
    weight_decay=0.1,
    expect="Expect R@1 of at least 33 % among 500 names never seen, after a minute on two cores.",
)
FULL = ContrastiveRecipe(
    steps=3000,
    batch_size=512,
    learning_rate=1.5e-3,
    weight_decay=0.3,
    width=96,
    shift=2,
    expect="Expect R@1 of at least 52 % among 500 names never seen; 62 % were measured.",
)


EMOJI = ContrastiveRecipe(
    steps=2500,
    batch_size=256,
    learning_rate=1.5e-3,
    weight_decay=0.1,
    shift=2,
    hidden=0.15,
    expect="Expect R@10 of at least 30 % among 184 emoji never seen.",
)


def recipe_loss(recipe: ContrastiveRecipe) -> Callable[..., Float[Tensor, ""]]:
    """Return `pair_loss` with the recipe's shifts and hidden words, for `fit`."""
    return partial(pair_loss, shift=recipe.shift, hidden=recipe.hidden)


def dual_encoder(
    recipe: ContrastiveRecipe, tokenizer: "PreTrainedTokenizerFast", channels: int = 1
) -> DualEncoder:
    """Return an untrained model for pictures of 32 × 32 pixels and the tokenizer's texts."""
    picture = VisionTransformer(SIDE, 8, channels, recipe.width, recipe.depth, recipe.heads)
    picture.embedding = ConvolutionalStem(channels, 8, recipe.width)
    size = (recipe.width, recipe.text_depth, recipe.heads)
    text = TextTransformer(len(tokenizer), tokenizer.model_max_length, *size)
    return DualEncoder(picture, text, recipe.width)


# ── What the lesson asks of its models ────────────────────────────────────────────────────────────


def find_names(
    model: DualEncoder, glyphs: Glyphs, tokenizer: "PreTrainedTokenizerFast"
) -> dict[str, float]:
    """Return the `retrieval` of glyphs and their own names, each among all of these."""
    pictures, texts, _ = glyph_pairs(glyphs, tokenizer)
    return retrieval(embed(model, pictures), embed(model, texts))


def inks(pictures: UInt8[Tensor, "picture *channels high wide"]) -> Float[Tensor, "picture pixel"]:
    """Return the ink of each picture as a unit vector: what is 0 in a glyph is white in colour."""
    ink = 255 - pictures if pictures.ndim == 4 else pictures
    return unit(ink.flatten(1).float())


def twins(
    ink: Float[Tensor, "picture pixel"], known: Float[Tensor, "other pixel"], alike: float = 0.9
) -> Bool[Tensor, " picture"]:
    """Return which pictures have a twin among known ones: a cosine of ink above `alike`."""
    return (ink @ known.T).amax(dim=1) > alike


def neighbours_words(
    ink: Float[Tensor, "picture pixel"],
    known: Float[Tensor, "other pixel"],
    words: Float[Tensor, "other word"],
    count: int,
    temperature: float = 0.1,
) -> Float[Tensor, "picture word"]:
    """Return for each picture the words of the `count` known pictures that look most like it.

    A neighbour counts as the softmax of cosine / temperature says; nothing is learnt.
    """
    nearest = (ink @ known.T).topk(count, dim=1)
    weights = (nearest.values / temperature).softmax(dim=1)
    return unit(torch.einsum("pn,pnw->pw", weights, words[nearest.indices]))


def ridge_words(
    ink: Float[Tensor, "picture pixel"],
    known: Float[Tensor, "other pixel"],
    words: Float[Tensor, "other word"],
    sharpness: float = 5.0,
    penalty: float = 0.3,
) -> Float[Tensor, "picture word"]:
    """Return for each picture the words that kernel ridge regression on known pictures expects.

    Two pictures are alike as e^(sharpness · (cosine − 1)) says; one system of equations gives every
    known picture its weights. Of sharpness 5 and 20 with penalties 0.03 and 0.3, the defaults find
    most names on the validation split of lesson 12. Source: Saunders, Gammerman & Vovk 1998, "Ridge
    Regression Learning Algorithm in Dual Variables", ICML.
    """
    alike = (sharpness * (known @ known.T - 1)).exp()  # (other, other)
    alike.diagonal().add_(penalty)
    weights = torch.cholesky_solve(words, torch.linalg.cholesky(alike))  # (other, word)
    return unit((sharpness * (ink @ known.T - 1)).exp() @ weights)


def shared_characters(glyphs: Glyphs, other: Glyphs) -> Glyphs:
    """Return each character once that `other` draws, too, in the first face that draws it here."""
    return one_each(glyphs.select(torch.isin(glyphs.codepoints, other.codepoints.unique())))


def mistake_rows(
    glyphs: Glyphs, chosen: Int64[Tensor, " glyph"], which: Sequence[int]
) -> dict[str, tuple[UInt8[Tensor, "2 32 32"], list[str]]]:
    """Return rows for `plots.nearest_rows`: each of these glyphs beside the one it was taken for.

    `chosen` says for every glyph whose name it chose.
    """
    rows = {}
    for number, place in enumerate(which, start=1):
        other = int(chosen[place])
        captions = [glyphs.caption(place), f"chose: {glyphs.caption(other)}"]
        rows[f"{number}. missed"] = (glyphs.images[[place, other]], captions)
    return rows


def loss_megabytes(loss: Callable[[Tensor, Tensor], Float[Tensor, ""]], pairs: int) -> float:
    """Return the most memory that `loss(left, right)` and its gradient hold for so many pairs."""
    left, right = (side.requires_grad_() for side in unit(torch.randn(2, pairs, 64)))
    return costs.peak_megabytes(lambda: loss(left, right).backward())


def names_of_script(glyphs: Glyphs, script: str, count: int) -> list[str]:
    """Return so many different names of a script's characters, spread over the alphabet; or all."""
    label = glyphs.label("script")
    of_it = (label.values == label.names.index(script)).nonzero().flatten().tolist()
    different = sorted({glyphs.caption(place) for place in of_it})
    return different[:: max(1, len(different) // count)][:count]


def without_mark(character: str) -> str:
    """Return "e" for "é"; nothing for what is not one letter with one mark."""
    parts = unicodedata.normalize("NFD", character)
    return parts[0] if len(parts) == 2 else ""


def other_letter(name: str, known: Collection[str]) -> str:
    """Return a known name with the same mark on another letter; nothing where there is none."""
    letter, mark = name.split(" with ", 1)
    others = (f"{letter[:-1]}{one} with {mark}" for one in string.ascii_lowercase)
    return next((other for other in others if other != name and other in known), "")


def mark_pairs(glyphs: Glyphs, plain: Glyphs, count: int) -> tuple[Glyphs, Glyphs]:
    """Return the first `count` glyphs with one mark, and row by row the same without it.

    Of the first typeface alone, so that only the mark tells the two apart.
    """
    glyphs, plain = (each.select(each.faces == 0) for each in (glyphs, plain))
    place_of = {plain.character(place): place for place in range(len(plain))}
    bases = [place_of.get(without_mark(glyphs.character(i)), -1) for i in range(len(glyphs))]
    marked = [place for place, base in enumerate(bases) if base >= 0][:count]
    rows = torch.tensor(marked), torch.tensor([bases[place] for place in marked])
    return glyphs.select(rows[0]), plain.select(rows[1])


def widened(mask: Bool[Tensor, "picture high wide"], by: int) -> Bool[Tensor, "picture high wide"]:
    """Return a mask with all that lies within `by` pixels of it, corners of the square included."""
    return F.max_pool2d(mask.float().unsqueeze(1), 2 * by + 1, 1, by).squeeze(1) > 0


def emoji_routes(
    model: DualEncoder, emoji: Emoji, tokenizer: "PreTrainedTokenizerFast"
) -> dict[str, Float[Tensor, "emoji emoji"]]:
    """Return how near each is to each, for each two of three sides.

    The sides are the picture, its English name and its Chinese name.
    """
    english, chinese = (encode(tokenizer, side) for side in (emoji.english, emoji.chinese))
    sides = {"picture": emoji.pictures, "English": english, "Chinese": chinese}
    vectors = {name: embed(model, side) for name, side in sides.items()}
    routes = [("picture", "English"), ("picture", "Chinese"), ("English", "Chinese")]
    return {f"{one} → {other}": vectors[one] @ vectors[other].T for one, other in routes}


def emoji_bags(
    emoji: Emoji, language: str, tokenizer: "PreTrainedTokenizerFast"
) -> Float[Tensor, "emoji word"]:
    """Return which known words each name holds, made as long as 1; "english" or "chinese"."""
    return unit(bags(tokenizer, encode(tokenizer, getattr(emoji, language))))


def single_words(glyphs: Glyphs, fewest: int = 10, most: int = 300) -> list[str]:
    """Return the words that so many names hold and that are no whole name themselves, sorted."""
    captions = set(glyphs.captions)
    counts = Counter(word for name in captions for word in set(name.split()))
    kept = (w for w, count in counts.items() if fewest <= count <= most and len(w) > 2)
    return sorted(word for word in kept if word not in captions)


def words_found(
    model: DualEncoder,
    glyphs: Glyphs,
    words: Sequence[str],
    tokenizer: "PreTrainedTokenizerFast",
    count: int = 6,
) -> float:
    """Return the share of the `count` pictures nearest to each word whose name holds the word."""
    pictures = embed(model, glyphs.images)
    best = (embed(model, encode(tokenizer, words)) @ pictures.T).topk(count, dim=1).indices
    hits = [
        word in glyphs.caption(place).split()
        for word, row in zip(words, best.tolist(), strict=True)
        for place in row
    ]
    return sum(hits) / len(hits)


def shares_right(
    predicted: Int64[Tensor, " item"], truth: Int64[Tensor, " item"]
) -> tuple[float, float]:
    """Return the share that is right, and its mean over the classes, each counted the same."""
    right = (predicted == truth).float()
    classes = [right[truth == number].mean() for number in truth.unique()]
    return right.mean().item(), torch.stack(classes).mean().item()


@torch.no_grad()
def thing_scores(
    model: Recommender,
    features: Float[Tensor, "thing features"],
    likes: Int64[Tensor, "reader like"],
) -> Float[Tensor, "reader thing"]:
    """Return each thing's score for each reader (scale · cosine), in nats up to a constant."""
    return model.log_scale.exp() * model.reader(features[likes]) @ model.item(features).T
