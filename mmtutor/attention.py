"""Attention: how a vector decides what to listen to (lesson 01).

Everything here follows one convention, which is PyTorch's: a mask is boolean and True means *may
look*. A query that may look nowhere gets zeros, never NaN. What is masked gets a weight of 0 and is
still multiplied with it, as in PyTorch: a NaN or ∞ in a masked value makes the output NaN, because
0 · NaN is NaN. Where a value may hold anything, put zeros there first.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor, nn

from mmtutor.datasets.words import ALPHABET, PADDING, backwards
from mmtutor.training import Recipe, predict, seed_everything
from mmtutor.training.sizes import require_size


def masked_softmax(
    scores: Float[Tensor, "*batch query key"], mask: Shaped[Tensor, "..."] | None = None
) -> Float[Tensor, "*batch query key"]:
    """Turn scores into weights that sum to 1 along the keys.

    `mask` (True = may look) must broadcast to the shape of `scores`. A row that may look nowhere
    gives zeros. Raises TypeError for a mask that is not boolean: 0 and 1 mean different things in
    different libraries.
    """
    if mask is None:
        return scores.softmax(dim=-1)
    require_boolean(mask)
    # The lowest finite number instead of -inf: a row of nothing but -inf would be 0/0.
    hidden = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return hidden.softmax(dim=-1).masked_fill(~mask, 0.0)


def require_boolean(mask: Shaped[Tensor, "..."]) -> None:
    """Raise TypeError for a mask of numbers: to PyTorch they are added to the scores."""
    if mask.dtype != torch.bool:
        raise TypeError(f"the mask must be boolean (True = may look), not {mask.dtype}")


def scaled_dot_product_attention(
    query: Float[Tensor, "*#batch query width"],
    key: Float[Tensor, "*#batch key width"],
    value: Float[Tensor, "*#batch key value_width"],
    mask: Bool[Tensor, "..."] | None = None,
) -> tuple[Float[Tensor, "... query value_width"], Float[Tensor, "... query key"]]:
    """Return `softmax(query keyᵀ / √width) value` and the weights, in the open.

    `mask` (True = may look) must broadcast to (*batch, query, key). A NaN or ∞ in a masked value
    gives NaN, as in PyTorch. In a masked key it gives NaN in PyTorch's own attention and, here, in
    the gradient only. Source: Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762,
    equation 1.
    """
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    weights = masked_softmax(scores, mask)
    return weights @ value, weights


class AdditiveAttention(nn.Module):
    """Score a query and a key with a small network: `vᵀ tanh(W query + U key)`.

    Source: Bahdanau, Cho and Bengio 2014, "Neural Machine Translation by Jointly Learning to Align
    and Translate", arXiv:1409.0473, section 3.1 and appendix A.1.2.
    """

    def __init__(self, query_width: int, key_width: int, hidden_width: int) -> None:
        super().__init__()
        self.query_projection = nn.Linear(query_width, hidden_width, bias=False)
        self.key_projection = nn.Linear(key_width, hidden_width, bias=False)
        self.score = nn.Linear(hidden_width, 1, bias=False)

    def forward(
        self,
        query: Float[Tensor, "*#batch query query_width"],
        key: Float[Tensor, "*#batch key key_width"],
        value: Float[Tensor, "*#batch key value_width"],
        mask: Bool[Tensor, "..."] | None = None,
    ) -> tuple[Float[Tensor, "... query value_width"], Float[Tensor, "... query key"]]:
        """Return the weighted values and the weights; `mask` as in `masked_softmax`."""
        # Every query meets every key: (batch, query, 1, hidden) + (batch, 1, key, hidden).
        pairs = self.query_projection(query).unsqueeze(-2) + self.key_projection(key).unsqueeze(-3)
        weights = masked_softmax(self.score(pairs.tanh()).squeeze(-1), mask)
        return weights @ value, weights


class BilinearAttention(nn.Module):
    """Score a query φ and a key u with one matrix: `uᵀ W φ`.

    The two may have different widths, which is why fusing two modalities often starts here.
    Source: Luong, Pham and Manning 2015, "Effective Approaches to Attention-based Neural Machine
    Translation", arXiv:1508.04025, section 3.1 ("general").
    """

    def __init__(self, query_width: int, key_width: int) -> None:
        super().__init__()
        self.projection = nn.Linear(query_width, key_width, bias=False)

    def forward(
        self,
        query: Float[Tensor, "*#batch query query_width"],
        key: Float[Tensor, "*#batch key key_width"],
        value: Float[Tensor, "*#batch key value_width"],
        mask: Bool[Tensor, "..."] | None = None,
    ) -> tuple[Float[Tensor, "... query value_width"], Float[Tensor, "... query key"]]:
        """Return the weighted values and the weights; `mask` as in `masked_softmax`."""
        weights = masked_softmax(self.projection(query) @ key.transpose(-2, -1), mask)
        return weights @ value, weights


def causal_mask(length: int, device: torch.device | None = None) -> Bool[Tensor, "length length"]:
    """Let position i look at positions 0 … i and at nothing later."""
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()


def padding_mask(lengths: Int[Tensor, " batch"], size: int) -> Bool[Tensor, "batch 1 {size}"]:
    """Let every query look at the first `lengths[b]` of `size` keys, and never at the padding."""
    return (torch.arange(size, device=lengths.device) < lengths.unsqueeze(-1)).unsqueeze(-2)


FEW = 32
"""With so many keys or fewer, a CPU is about as fast in the open as with fused attention."""


class MultiHeadAttention(nn.Module):
    """Several attentions side by side, each in its own slice of the width.

    `MultiHead(Q, K, V) = Concat(head_1 … head_h) W^O`, `head_i = Attention(Q W_i^Q, K W_i^K,
    V W_i^V)`. While nobody records, it runs PyTorch's fused attention, which never stores the
    weights (but for few keys on a CPU, where that saves no time); inside `record_attention` it
    computes the same in the open and hands the weights out.
    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2.
    """

    def __init__(self, width: int, heads: int) -> None:
        """`heads` must divide `width` (ValueError otherwise)."""
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads cannot share a width of {width}: it does not divide")
        self.heads = heads
        self.query_projection = nn.Linear(width, width)
        self.key_projection = nn.Linear(width, width)
        self.value_projection = nn.Linear(width, width)
        self.output_projection = nn.Linear(width, width)
        self.record: Callable[[Tensor], None] | None = None

    def forward(
        self,
        query: Float[Tensor, "*batch query width"],
        key: Float[Tensor, "*batch key width"],
        value: Float[Tensor, "*batch key width"],
        mask: Shaped[Tensor, "... #query #key"] | None = None,
    ) -> Float[Tensor, "*batch query width"]:
        """Let each query gather from the values; all heads share `mask` (True = may look)."""
        projected = self.project(query, key, value)
        query, key, value = map(self.split, projected)  # (*batch, heads, token, width/heads)
        if mask is not None:
            require_boolean(mask)
            mask = mask.unsqueeze(-3)  # the same for every head
        few = query.device.type == "cpu" and key.shape[-2] <= FEW
        if self.record is None and not few:
            gathered = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        else:
            gathered, weights = scaled_dot_product_attention(query, key, value, mask)
            if self.record is not None:
                self.record(weights.detach())
        return self.output_projection(self.join(gathered))

    def project(
        self,
        query: Float[Tensor, "*batch query width"],
        key: Float[Tensor, "*batch key width"],
        value: Float[Tensor, "*batch key width"],
    ) -> tuple[Tensor, ...]:
        """Make queries, keys and values; in self-attention, with one product for all three."""
        parts = (self.query_projection, self.key_projection, self.value_projection)
        if not (query is key is value):
            return tuple(part(x) for part, x in zip(parts, (query, key, value), strict=True))
        weight = torch.cat([part.weight for part in parts])  # (3 · width, width)
        bias = torch.cat([part.bias for part in parts])
        return F.linear(query, weight, bias).chunk(3, dim=-1)

    def split(self, x: Float[Tensor, "*batch token width"]) -> Float[Tensor, "*batch h token part"]:
        """Cut the width into one slice per head: (*batch, heads, token, width / heads)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(-3, -2)

    def join(self, x: Float[Tensor, "*batch h token part"]) -> Float[Tensor, "*batch token width"]:
        """Put the heads' slices side by side again: (*batch, token, width)."""
        return x.transpose(-3, -2).flatten(-2)


Maps = dict[str, list[Float[Tensor, "*batch heads query key"]]]


@contextmanager
def record_attention(model: nn.Module) -> Iterator[Maps]:
    """Keep every attention map that `model` makes inside the `with` block.

    Yields a dictionary from a module's name to its maps, one per call, each (*batch, heads, query,
    key), detached. Raises ValueError when there is nothing to record.
    """
    modules = {n: m for n, m in model.named_modules() if isinstance(m, MultiHeadAttention)}
    if not modules:
        raise ValueError(f"{type(model).__name__} contains no MultiHeadAttention to record")
    maps: Maps = {name: [] for name in modules}
    before = {name: module.record for name, module in modules.items()}
    for name, module in modules.items():
        module.record = maps[name].append
    try:
        yield maps
    finally:
        for name, module in modules.items():
            module.record = before[name]


def maps_of(
    model: nn.Module, *inputs: Shaped[Tensor, "example ..."]
) -> Float[Tensor, "layer example head query key"]:
    """Let a model read its `inputs` inside `record_attention`; return every map, on the CPU.

    Raises ValueError where the layers' maps have different shapes: they fit into no tensor.
    """
    with record_attention(model) as maps:
        predict(model, *inputs)
    layers = [torch.cat(calls).cpu() for calls in maps.values()]
    if len({layer.shape for layer in layers}) > 1:
        shapes = ", ".join(f"{name} {tuple(x.shape)}" for name, x in zip(maps, layers, strict=True))
        raise ValueError(f"the maps of these layers differ in shape: {shapes}")
    return torch.stack(layers)


def gradient_of_largest(
    query: Float[Tensor, "query width"], key: Float[Tensor, "key width"], scale: float
) -> Float[Tensor, "query width"]:
    """Differentiate each query's largest weight, of softmax(query keyᵀ / scale), by the query."""
    query = query.detach().requires_grad_()
    largest = (query @ key.T / scale).softmax(dim=-1).amax(dim=-1)
    # A row's largest weight depends on that query alone: the gradient of the sum holds them all.
    (gradient,) = torch.autograd.grad(largest.sum(), query)
    return gradient


class AttentionReverser(nn.Module):
    """Write a word backwards with attention and nothing else between embedding and readout.

    Every layer adds what its attention gathered to what a position already knows. Position i of
    the output says which letter comes i-th in the reversed word.
    """

    def __init__(self, tokens: int, longest: int, width: int, heads: tuple[int, ...]) -> None:
        """`heads` holds one number of heads for each layer; token 0 is the padding."""
        super().__init__()
        self.letter = nn.Embedding(tokens, width)
        self.position = nn.Parameter(0.2 * torch.randn(longest, width))
        self.layers = nn.ModuleList(MultiHeadAttention(width, h) for h in heads)
        self.readout = nn.Linear(width, tokens)

    def forward(self, words: Int[Tensor, "batch longest"]) -> Float[Tensor, "batch longest tokens"]:
        """Return a score for every letter at every place of the reversed word.

        Raises ValueError, naming both sizes, for words that are not padded to `longest` letters.
        """
        sentence = "this model reads words padded to {} letters, not {}"
        require_size(sentence, len(self.position), words.shape[1])
        mask = (words != PADDING).unsqueeze(-2)  # (batch, 1, key): nobody looks at the padding
        x = self.letter(words) + self.position  # (batch, longest, width)
        for layer in self.layers:
            x = x + layer(x, x, x, mask)
        return self.readout(x)


class NoAttention(nn.Module):
    """Write a word backwards without attention: what lesson 01 compares with.

    All letters lie side by side, one hidden layer reads them, and all letters come out at once.
    """

    def __init__(self, tokens: int, longest: int, width: int) -> None:
        super().__init__()
        self.letter = nn.Embedding(tokens, 16)
        self.hidden = nn.Linear(16 * longest, width)
        self.readout = nn.Linear(width, longest * tokens)

    def forward(self, words: Int[Tensor, "batch longest"]) -> Float[Tensor, "batch longest tokens"]:
        """Return a score for every letter at every place of the reversed word."""
        hidden = self.hidden(self.letter(words).flatten(1)).relu()
        return self.readout(hidden).unflatten(-1, (words.shape[1], -1))


def reversing_loss(model: nn.Module, words: Int[Tensor, "batch longest"]) -> Float[Tensor, ""]:
    """Return the cross-entropy, in nats per letter, between the output and the reversed words."""
    return known_cross_entropy(model(words).flatten(0, 1), backwards(words).flatten(), PADDING)


def known_cross_entropy(
    scores: Float[Tensor, "row class"], labels: Int[Tensor, " row"], ignored: int
) -> Float[Tensor, ""]:
    """Return the mean cross-entropy, in nats, of the rows whose label is not `ignored`.

    0 where all are ignored. What the scores hold in an ignored row (NaN, ∞) plays no part.
    """
    known = labels != ignored
    scores = scores.masked_fill(~known.unsqueeze(1), 0.0)
    total = F.cross_entropy(scores, labels, ignore_index=ignored, reduction="sum")
    return total / known.sum().clamp(min=1)


def added_by(
    model: AttentionReverser, layer: int, words: Int[Tensor, "word longest"]
) -> Float[Tensor, "word longest width"]:
    """Return what one layer adds at every place while the model reads `words`."""
    kept: list[Tensor] = []
    # A hook that returns None leaves the output as it is.
    hook = model.layers[layer].register_forward_hook(lambda part, inputs, out: kept.append(out))
    try:
        predict(model, words)
    finally:
        hook.remove()
    return torch.cat(kept)


@contextmanager
def transplant(
    model: AttentionReverser, layer: int, added: Float[Tensor, "word longest width"], places: slice
) -> Iterator[None]:
    """Inside the block one layer adds `added` at these `places`, and its own at the others.

    Raises ValueError when the model then reads more or fewer words at once than `added` holds.
    """

    def swap(part: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        if len(output) != len(added):
            raise ValueError(f"a transplant of {len(added)} words for {len(output)} words")
        mixed = output.clone()
        mixed[:, places] = added[:, places].to(output.device)
        return mixed

    hook = model.layers[layer].register_forward_hook(swap)
    try:
        yield
    finally:
        hook.remove()


def look_after_transplant(
    model: AttentionReverser,
    giver: Int[Tensor, "word longest"],
    receiver: Int[Tensor, "word longest"],
    places: slice,
) -> Int[Tensor, "word longest"]:
    """Return where each place looks in layer 1 if layer 0 adds to the receivers as to the givers.

    Only these `places` are exchanged; the receivers keep their letters and positions.
    """
    with transplant(model, 0, added_by(model, 0, giver), places):
        maps = maps_of(model, receiver)  # (layer, word, head, query, key)
    return maps[1, :, 0].argmax(dim=-1)


def scores_without(
    model: AttentionReverser,
    layer: int,
    words: Int[Tensor, "word longest"],
    forbidden: Bool[Tensor, "word query key"],
) -> Float[Tensor, "word longest tokens"]:
    """Return the model's scores if in one layer no query may look where `forbidden` is True."""

    def narrow(part: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        query, key, value, mask = inputs
        return query, key, value, mask & ~forbidden.to(mask.device)

    hook = model.layers[layer].register_forward_pre_hook(narrow)
    try:
        return predict(model, words, batch_size=len(words))  # all at once, as `forbidden` is
    finally:
        hook.remove()


def without_head(model: AttentionReverser, layer: int, head: int) -> AttentionReverser:
    """Return a copy of the model in which one head of one layer adds nothing."""
    silent = deepcopy(model)
    part = silent.layers[layer]
    with torch.no_grad():  # W^O reads the heads' slices side by side
        part.output_projection.weight.unflatten(1, (part.heads, -1))[:, head] = 0
    return silent


@dataclass(frozen=True, kw_only=True)
class ReverserRecipe(Recipe):
    """How the reverser of lesson 01 is built and trained."""

    longest: int = 12
    width: int = 64
    heads: tuple[int, ...] = (1, 1)


QUICK = ReverserRecipe(
    steps=500,
    batch_size=256,
    learning_rate=4e-3,
    expect="Expect at least 99 % exact match after about 10 seconds on two CPU cores.",
)
FULL = ReverserRecipe(
    steps=3000,
    batch_size=512,
    learning_rate=2e-3,
    longest=24,
    width=128,
    expect="Expect at least 99 % exact match on words twice as long.",
)


def new_reverser(recipe: ReverserRecipe) -> AttentionReverser:
    """Return an untrained reverser; the recipe's seed draws its weights."""
    seed_everything(recipe.seed)
    return AttentionReverser(len(ALPHABET), recipe.longest, recipe.width, recipe.heads)


def words_and_letters_right(
    model: nn.Module, words: Int[Tensor, "word longest"]
) -> dict[str, float]:
    """Return the share of words that a model reverses without a mistake, and that of letters."""
    right = predict(model, words).argmax(dim=-1) == backwards(words)
    letters = words != PADDING
    return {
        "exact match": (right | ~letters).all(dim=1).float().mean().item(),
        "letters": right[letters].float().mean().item(),
    }
