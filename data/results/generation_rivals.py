"""An autoregressive rival for lesson 18: a picture is written patch by patch, like a text.

`python data/results/make_generation.py` asks for it. Every patch becomes the nearest of a few that
k-means found (a codebook), and lesson 03's decoder writes the patches, row by row, told the sum of
the caption's four words at every place. Guidance as for the flow: on logits instead of velocities.
"""

from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from mmtutor import generation as flow
from mmtutor.gpt import GPT, draw
from mmtutor.training import Batches, seed_everything
from mmtutor.vit import patchify, unpatchify

Codes = Int64[Tensor, "picture patch"]
Book = Float[Tensor, "code number"]


@dataclass(frozen=True, kw_only=True)
class PatchRecipe(flow.FlowRecipe):
    """How pictures are cut, and how the model that writes them is built."""

    patch: int = 2
    codes: int = 128
    heads: int = 4


AUTOREGRESSIVE = PatchRecipe(steps=2300, batch_size=32, learning_rate=6e-3, width=64, blocks=1)
"""About as many seconds as the painter takes. Nine were tried at this time (patches of 1, 2 and 4
pixels, 1 to 3 blocks, batches of 16 to 64): this one and one of two blocks had most validation
pairs right (.62 and .63 with the better guidance, the rest .10 to .61)."""
GUIDANCE = 1.5
"""Chosen on the validation pairs, from 1, 1.5, 2 and 3."""


# ── Patches and their numbers ─────────────────────────────────────────────────────────────────────


def cut(pixels: Float[Tensor, "picture pixel"], patch: int) -> Float[Tensor, "picture patch _"]:
    """Return pictures in patches, row by row."""
    return patchify(pixels.view(-1, 1, flow.SIDE, flow.SIDE), patch)


def codebook(pixels: Float[Tensor, "picture pixel"], recipe: PatchRecipe) -> Book:
    """Return the patches that k-means finds: at first different ones, then means of their own."""
    generator = torch.Generator().manual_seed(0)
    patches = cut(pixels, recipe.patch).flatten(0, 1)
    patches = patches[torch.randperm(len(patches), generator=generator)[:40_000]]
    kinds = patches.mul(8).round().unique(dim=0, return_inverse=True)[1]
    first = torch.randperm(int(kinds.max()) + 1, generator=generator)[: recipe.codes]
    book = torch.stack([patches[kinds == kind].mean(dim=0) for kind in first])
    for _ in range(30):
        nearest = torch.cdist(patches, book).argmin(dim=1)
        sums = torch.zeros_like(book).index_add(0, nearest, patches)
        counts = nearest.bincount(minlength=len(book)).unsqueeze(1)
        book = torch.where(counts > 0, sums / counts.clamp(min=1), book)
    return book


def to_codes(pixels: Float[Tensor, "picture pixel"], book: Book, patch: int) -> Codes:
    """Return for each patch the number of the nearest one in the book."""
    parts = pixels.split(1000)
    return torch.cat([torch.cdist(cut(part, patch), book).argmin(dim=2) for part in parts])


def from_codes(codes: Codes, book: Book, patch: int) -> Float[Tensor, "picture pixel"]:
    """Return the pictures that the book has for these numbers."""
    return unpatchify(book[codes], patch, flow.SIDE // patch).flatten(1)


# ── The writer ────────────────────────────────────────────────────────────────────────────────────


def new_writer(recipe: PatchRecipe) -> GPT:
    """Return lesson 03's decoder for words and patches; the words have the first numbers."""
    tokens, places = flow.VOCABULARY + recipe.codes, (flow.SIDE // recipe.patch) ** 2
    return GPT(tokens, places, recipe.width, recipe.blocks, recipe.heads)


def told(model: GPT, words: flow.Words) -> Float[Tensor, "batch 1 width"]:
    """Return what a caption says, the sum of its words as in the painter: every place hears it."""
    return model.token(words).sum(dim=1, keepdim=True)


def writer_loss(
    model: GPT, codes: Codes, words: flow.Words, recipe: PatchRecipe
) -> Float[Tensor, ""]:
    """Return the cross-entropy of every patch, given the caption and the patches before it."""
    draws = torch.rand(2, len(words))
    words = flow.shorten_captions(words, draws[0], recipe.short)
    words = flow.drop_captions(words, draws[1], recipe.silent)
    before = F.pad(model.token(flow.VOCABULARY + codes[:, :-1]), (0, 0, 1, 0))
    logits = model.read(before + told(model, words))[:, :, flow.VOCABULARY :]
    return F.cross_entropy(logits.flatten(0, 1), codes.flatten())


def train_writer(pixels: Tensor, words: flow.Words, book: Book, recipe: PatchRecipe) -> GPT:
    """Train a writer; return the running mean of its weights, as for the flow."""
    seed_everything(recipe.seed)
    codes = to_codes(pixels, book, recipe.patch)
    batches = Batches(codes, words, batch_size=recipe.batch_size, seed=recipe.seed)
    loss = partial(writer_loss, recipe=recipe)
    return flow.train_averaged(new_writer(recipe), batches, loss, recipe)[0]


@torch.no_grad()
def write(model: GPT, book: Book, asked: flow.Words, scale: float, patch: int) -> Tensor:
    """Return pictures of captions, each patch drawn from what is likely after those before it."""
    generator = torch.Generator().manual_seed(0)
    parts = [write_some(model.eval(), some, scale, generator) for some in asked.split(200)]
    return from_codes(torch.cat(parts), book, patch)


def write_some(model: GPT, asked: flow.Words, scale: float, generator: torch.Generator) -> Codes:
    """Return the patches' numbers; each is asked for twice, with the caption and without."""
    heard = told(model, torch.cat([torch.zeros_like(asked), asked]))
    cache, codes, last = model.new_cache(), [], torch.zeros_like(heard)
    for _ in range(model.window):
        logits = model.read(last + heard, cache)[:, -1, flow.VOCABULARY :]
        logits = flow.guided(*logits.chunk(2), scale)
        codes.append(draw(logits.softmax(dim=1), generator))
        last = model.token((flow.VOCABULARY + codes[-1]).repeat(2, 1))
    return torch.cat(codes, dim=1)
