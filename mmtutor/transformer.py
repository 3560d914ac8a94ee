"""The Transformer block, and its rivals on text: what attention needs to become a language machine.

Sequences are (batch, token, width). A mask is boolean and True means *may look*, as in lesson 01. A
language model reads tokens, whole numbers, and returns a score for each token that may come next.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from mmtutor.attention import MultiHeadAttention, causal_mask

# ── Layer norm ────────────────────────────────────────────────────────────────────────────────────


def layer_norm(
    x: Float[Tensor, "*batch width"],
    weight: Float[Tensor, " width"],
    bias: Float[Tensor, " width"],
    eps: float = 1e-5,
) -> Float[Tensor, "*batch width"]:
    """Give every token mean 0 and variance 1 over its own width, then stretch and shift.

    The variance is the mean of the squares, not divided by width − 1. Source: Ba, Kiros and Hinton
    2016, "Layer Normalization", arXiv:1607.06450, equations 3 and 4.
    """
    centred = x - x.mean(dim=-1, keepdim=True)
    variance = centred.square().mean(dim=-1, keepdim=True)
    return centred / (variance + eps).sqrt() * weight + bias


# ── Positions ─────────────────────────────────────────────────────────────────────────────────────

Positions = Literal["none", "sinusoid", "learnt", "rotary"]


def frequencies(width: int, base: float = 10_000.0) -> Float[Tensor, " pair"]:
    """Return by how many radians each pair of numbers turns from one position to the next.

    From 1 down to nearly 1 / base, `width / 2` of them. Raises ValueError for an odd width.
    """
    if width % 2:
        raise ValueError(f"positions turn pairs of numbers, and a width of {width} is odd")
    return base ** (-torch.arange(0, width, 2) / width)


def sinusoid(length: int, width: int) -> Float[Tensor, "{length} {width}"]:
    """Return a sine and a cosine of each frequency, side by side, for positions 0, 1, 2 …

    Source: Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762, section 3.5.
    """
    angles = torch.arange(length).unsqueeze(1) * frequencies(width)  # (length, width / 2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)


def rotary(
    x: Float[Tensor, "*batch token width"], positions: Int64[Tensor, " token"]
) -> Float[Tensor, "*batch token width"]:
    """Turn queries or keys by their position: their product then knows the distance alone.

    Number i of the first half and number i of the second half are a pair, and pair i turns by
    position · frequency i. (The paper pairs neighbours: the same, with the width in another order.)
    Source: Su et al. 2021, "RoFormer", arXiv:2104.09864, section 3.2.2 and equation 34.
    """
    turn = frequencies(x.shape[-1]).to(x.device)
    angles = positions.unsqueeze(1) * turn  # (token, width / 2)
    sine, cosine = angles.sin().to(x.dtype), angles.cos().to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)


class RotaryAttention(MultiHeadAttention):
    """Attention whose queries and keys are turned by their position before they meet."""

    def project(self, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, ...]:
        """Make queries, keys and values; turn the first two, in each head alike."""
        query, key, value = super().project(query, key, value)
        return self.turned(query), self.turned(key), value

    def turned(self, x: Float[Tensor, "*batch token width"]) -> Float[Tensor, "*batch token width"]:
        """Turn each head's slice; the first token has position 0."""
        positions = torch.arange(x.shape[-2], device=x.device)
        return self.join(rotary(self.split(x), positions))


# ── Blocks ────────────────────────────────────────────────────────────────────────────────────────


class EncoderBlock(nn.Module):
    """Look at the others, then think alone: attention and a small network, each added on.

    Layer norm comes before each of the two ("pre-norm") or after the sum ("post-norm"). With a
    causal mask it is the block of a decoder without cross-attention, as in GPT. Source: Vaswani et
    al. 2017, arXiv:1706.03762, section 3.1 (post-norm); Xiong et al. 2020, "On Layer Normalization
    in the Transformer Architecture", arXiv:2002.04745, figure 1 (both).
    """

    def __init__(
        self,
        width: int,
        heads: int,
        hidden: int | None = None,
        norm: str = "pre",
        dropout: float = 0.0,
        rotary: bool = False,
    ) -> None:
        """`hidden` is the width inside the small network, 4 · `width` where it is not given."""
        super().__init__()
        if norm not in ("pre", "post"):
            raise ValueError(f"norm must be 'pre' or 'post', not {norm!r}")
        hidden = hidden or 4 * width
        self.norm_first = norm == "pre"
        self.attention_norm = nn.LayerNorm(width)
        self.attention = (RotaryAttention if rotary else MultiHeadAttention)(width, heads)
        self.network_norm = nn.LayerNorm(width)
        self.network = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        x: Float[Tensor, "batch token width"],
        mask: Bool[Tensor, "... token token"] | None = None,
    ) -> Float[Tensor, "batch token width"]:
        """Return the tokens, each richer by what it gathered where `mask` allows (True = may)."""
        x = self.add(x, self.attention_norm, lambda seen: self.attention(seen, seen, seen, mask))
        return self.add(x, self.network_norm, self.network)

    def add(
        self, x: Tensor, norm: nn.Module, part: Callable[[Tensor], Tensor]
    ) -> Float[Tensor, "batch token width"]:
        """Add what a part makes of `x` to `x`, with layer norm before the part or after the sum."""
        if self.norm_first:
            return x + self.dropout(part(norm(x)))
        return norm(x + self.dropout(part(x)))


class DecoderBlock(EncoderBlock):
    """A block that also reads a memory: the output of an encoder, by cross-attention.

    Queries come from the decoder, keys and values from the memory. Source: Vaswani et al. 2017,
    arXiv:1706.03762, section 3.1 and figure 1.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        hidden: int | None = None,
        norm: str = "pre",
        dropout: float = 0.0,
    ) -> None:
        super().__init__(width, heads, hidden, norm, dropout)
        self.cross_norm = nn.LayerNorm(width)
        self.cross_attention = MultiHeadAttention(width, heads)

    def forward(
        self,
        x: Float[Tensor, "batch token width"],
        memory: Float[Tensor, "batch word width"],
        mask: Bool[Tensor, "... token token"] | None = None,
        memory_mask: Bool[Tensor, "... #token word"] | None = None,
    ) -> Float[Tensor, "batch token width"]:
        """Look at oneself, at the memory, then think. A decoder's `mask` is `causal_mask`."""
        x = self.add(x, self.attention_norm, lambda seen: self.attention(seen, seen, seen, mask))
        x = self.add(
            x,
            self.cross_norm,
            lambda asks: self.cross_attention(asks, memory, memory, memory_mask),
        )
        return self.add(x, self.network_norm, self.network)


# ── Language models ───────────────────────────────────────────────────────────────────────────────


class LanguageModel(nn.Module):
    """Tokens in, scores for the token after each of them out: causal blocks between two tables.

    Source: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training",
    section 3.1; layer norm first, and once more at the end, as in GPT-2 (Radford et al. 2019).
    """

    def __init__(
        self,
        tokens: int,
        longest: int,
        width: int,
        depth: int,
        heads: int,
        positions: Positions = "rotary",
        norm: str = "pre",
        dropout: float = 0.0,
    ) -> None:
        """`tokens` is the size of the alphabet. Only learnt positions end at `longest` tokens."""
        super().__init__()
        self.positions, self.longest = positions, longest
        self.embedding = nn.Embedding(tokens, width)
        nn.init.normal_(self.embedding.weight, std=0.5)
        if positions == "learnt":
            self.position = nn.Parameter(0.1 * torch.randn(longest, width))
        turned = positions == "rotary"
        self.blocks = nn.ModuleList(
            EncoderBlock(width, heads, norm=norm, dropout=dropout, rotary=turned)
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(width) if norm == "pre" else nn.Identity()
        self.head = nn.Linear(width, tokens)

    def forward(self, tokens: Int64[Tensor, "batch token"]) -> Float[Tensor, "batch token _"]:
        """Return, at each place, a score for every token that may come next."""
        *_, last = self.stream(tokens)
        return self.read_out(last)

    def stream(self, tokens: Int64[Tensor, "batch token"]) -> Iterator[Tensor]:
        """Yield what stands in the residual stream: after the embedding and after each block."""
        x = self.embed(tokens)
        mask = causal_mask(tokens.shape[1], tokens.device)
        yield x
        for block in self.blocks:
            x = block(x, mask)
            yield x

    def embed(self, tokens: Int64[Tensor, "batch token"]) -> Float[Tensor, "batch token width"]:
        """Look every token up and add its position, unless that is told to the attention.

        Raises ValueError, naming both numbers, where learnt positions end before the tokens do.
        """
        x, length = self.embedding(tokens), tokens.shape[1]
        if self.positions == "sinusoid":
            x = x + sinusoid(length, x.shape[-1]).to(x)
        if self.positions == "learnt":
            if length > self.longest:
                raise ValueError(f"this model knows {self.longest} positions, not {length}")
            x = x + self.position[:length]
        return x

    def read_out(self, x: Float[Tensor, "batch token width"]) -> Float[Tensor, "batch token _"]:
        """Score the next token from what stands in the residual stream at any depth."""
        return self.head(self.norm(x))


def lstm_step(
    x: Float[Tensor, "batch width"],
    hidden: Float[Tensor, "batch hidden"],
    cell: Float[Tensor, "batch hidden"],
    weights: nn.LSTM,
) -> tuple[Float[Tensor, "batch hidden"], Float[Tensor, "batch hidden"]]:
    """Read one token: forget a part of the cell, write a part, show a part.

    Source: Hochreiter and Schmidhuber 1997, "Long Short-Term Memory" (Neural Computation 9), with
    the forget gate of Gers, Schmidhuber and Cummins 2000, "Learning to Forget".
    """
    gates = F.linear(x, weights.weight_ih_l0, weights.bias_ih_l0)
    gates = gates + F.linear(hidden, weights.weight_hh_l0, weights.bias_hh_l0)
    write, forget, new, show = gates.chunk(4, dim=-1)
    cell = forget.sigmoid() * cell + write.sigmoid() * new.tanh()
    return show.sigmoid() * cell.tanh(), cell


def lstm(
    x: Float[Tensor, "batch token width"], weights: nn.LSTM
) -> Float[Tensor, "batch token hidden"]:
    """Read a sequence from left to right, token after token: what `nn.LSTM` does, in the open."""
    hidden = cell = x.new_zeros(len(x), weights.hidden_size)
    shown = []
    for token in x.unbind(dim=1):
        hidden, cell = lstm_step(token, hidden, cell, weights)
        shown.append(hidden)
    return torch.stack(shown, dim=1)


class RecurrentModel(nn.Module):
    """The rival before attention: an LSTM reads, one layer scores the next token."""

    def __init__(self, tokens: int, width: int, hidden: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.embedding = nn.Embedding(tokens, width)
        self.memory = nn.LSTM(width, hidden, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, tokens)

    def forward(self, tokens: Int64[Tensor, "batch token"]) -> Float[Tensor, "batch token _"]:
        """Return, at each place, a score for every token that may come next."""
        shown, _ = self.memory(self.embedding(tokens))
        return self.head(self.dropout(shown))
