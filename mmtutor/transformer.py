"""The Transformer block, and its rivals on text: what attention needs to become a language machine.

Sequences are (batch, token, width). A mask is boolean and True means *may look*, as in lesson 01. A
language model reads tokens, whole numbers, and returns a score for each token that may come next.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from mmtutor.attention import MultiHeadAttention, causal_mask, known_cross_entropy
from mmtutor.training import Recipe, predict, seed_everything

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
        """`hidden` is the width inside the small network, 4 · `width` where it is not given.

        Raises ValueError for another `norm`, and where `heads` does not divide `width`.
        """
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
        mask: Bool[Tensor, "... #token token"] | None = None,
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
            # As large as sines are: begun at a seventh of that, they learn far more slowly.
            self.position = nn.Parameter(0.7 * torch.randn(longest, width))
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


@torch.no_grad()
def said_by_depth(
    model: LanguageModel, tokens: Int64[Tensor, " token"]
) -> Float[Tensor, "depth token vocabulary"]:
    """Return what the model would say next if it stopped after the embedding, block 1, block 2 …

    Probabilities, from the output layer laid on the residual stream as it stands there. Source:
    nostalgebraist 2020, "interpreting GPT: the logit lens".
    """
    depths = [model.read_out(x) for x in model.stream(tokens.unsqueeze(0))]
    return torch.cat(depths).softmax(dim=-1)


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


# ── Learning from a text, and scoring one ─────────────────────────────────────────────────────────


def next_token_loss(
    logits: Float[Tensor, "batch token vocabulary"],
    tokens: Int64[Tensor, "batch token"],
    padding: int | None = None,
) -> Float[Tensor, ""]:
    """Return the mean cross-entropy, in nats, of the token that follows each place.

    The scores at place i are held against token i + 1. What follows the last place is not known,
    and a target that is `padding` does not count.
    """
    targets = tokens[:, 1:].flatten()
    ignored = -1 if padding is None else padding
    return known_cross_entropy(logits[:, :-1].flatten(0, 1), targets, ignored)


def language_loss(model: nn.Module, tokens: Int64[Tensor, "batch token"]) -> Float[Tensor, ""]:
    """Let a model read the tokens; return its next-token loss, in nats per token."""
    return next_token_loss(model(tokens), tokens)


class Windows:
    """Batches of pieces of one long text, each from a random place: `windows[step]`."""

    def __init__(
        self, text: Int64[Tensor, " character"], length: int, batch_size: int, seed: int = 0
    ) -> None:
        """Raises ValueError where the text is shorter than a piece of `length` tokens."""
        if len(text) < length:
            raise ValueError(f"a text of {len(text)} tokens holds no window of {length}")
        self.text, self.length, self.batch_size, self.seed = text, length, batch_size, seed

    def __getitem__(self, step: int) -> tuple[Int64[Tensor, "batch length"]]:
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + step)
        last = len(self.text) - self.length
        starts = torch.randint(last + 1, (self.batch_size, 1), generator=generator)
        return (self.text[starts + torch.arange(self.length)],)


def log_probabilities(
    model: nn.Module, text: Int64[Tensor, " character"], window: int = 128
) -> Float[Tensor, " next"]:
    """Return the natural logarithm of the probability of every token but the first.

    The model reads `window` tokens at a time, each window half a window on, and what counts is its
    second half: each token is guessed from at least half a window, but for the text's beginning.
    """
    last = max(0, len(text) - window - 1)
    starts = [*range(0, last, window // 2), last]
    windows = torch.stack([text[start : start + window + 1] for start in starts])
    scores = predict(model, windows[:, :-1], batch_size=64).log_softmax(dim=-1)
    found = scores.gather(-1, windows[:, 1:].unsqueeze(-1)).squeeze(-1)  # (window, token)
    joined = text.new_zeros(len(text) - 1, dtype=found.dtype)
    for start, values in zip(starts, found, strict=True):
        known = window // 2 if start else 0
        joined[start + known : start + len(values)] = values[known:]
    return joined


def bits_per_character(log_probabilities: Float[Tensor, " next"]) -> float:
    """Turn natural logarithms of probabilities into the mean number of bits to say a character."""
    return -log_probabilities.double().mean().item() / math.log(2)


# ── Counting ──────────────────────────────────────────────────────────────────────────────────────


class NGrams:
    """Guess the next character by what followed the last few: Kneser–Ney, interpolated.

    A context that was seen takes `discount` from each of its counts, and what that yields goes to
    the guess of the next shorter context. There a character counts as often as it had *different*
    characters in front of it and its context. Source: Kneser and Ney 1995, "Improved backing-off
    for m-gram language modeling" (ICASSP); interpolated as in Chen and Goodman 1999, "An empirical
    study of smoothing techniques for language modeling" (Computer Speech & Language 13), sec. 2.7.
    """

    def __init__(self, text: str, order: int, alphabet: str, discount: float = 0.9) -> None:
        """Count pieces of 1 to `order` characters. `alphabet` holds all that may ever come.

        Of the discounts .7, .8, .9, .95 and 1 the manual's validation topics like .9 best.
        """
        self.order, self.alphabet, self.discount = order, alphabet, discount
        counts = [pieces(text, length) for length in range(1, order + 1)]
        self.counts = [Counter(longer[1:] for longer in more) for more in counts[1:]] + counts[-1:]
        self.contexts = [by_context(of_one) for of_one in self.counts]

    def probability(self, context: str, character: str) -> float:
        """Return how likely this character is after this context, from short to long."""
        guess = 1 / len(self.alphabet)
        for length in range(min(self.order, len(context) + 1)):
            end = context[len(context) - length :]
            total, followers = self.contexts[length].get(end, (0, 0))
            if not total:
                break
            count = self.counts[length][end + character]
            guess = (max(count - self.discount, 0) + self.discount * followers * guess) / total
        return guess

    def distribution(self, context: str) -> Float[Tensor, " character"]:
        """Return the probability of every character of the alphabet after this context."""
        context = context[-self.order :]
        chances = [self.probability(context, character) for character in self.alphabet]
        return torch.tensor(chances, dtype=torch.float64)

    def log_probabilities(self, text: str) -> Float[Tensor, " next"]:
        """Return the natural logarithm of the probability of every character but the first."""
        places = range(1, len(text))
        chances = [self.probability(text[max(0, i - self.order) : i], text[i]) for i in places]
        return torch.tensor(chances, dtype=torch.float64).log()


def pieces(text: str, length: int) -> Counter[str]:
    """Count all pieces of so many characters."""
    return Counter(text[i : i + length] for i in range(len(text) - length + 1))


def by_context(counts: Counter[str]) -> dict[str, tuple[int, int]]:
    """Return, for each context, its total and how many different characters followed it."""
    found: dict[str, tuple[int, int]] = {}
    for piece, count in counts.items():
        total, followers = found.get(piece[:-1], (0, 0))
        found[piece[:-1]] = total + count, followers + 1
    return found


def mixture(
    first: Float[Tensor, " next"], second: Float[Tensor, " next"]
) -> Float[Tensor, " next"]:
    """Return the log-probabilities of a guesser that trusts two others half each."""
    return torch.logaddexp(first.double(), second.double()) - math.log(2)


# ── Rules ─────────────────────────────────────────────────────────────────────────────────────────

RULES = (
    (r"\n\n$", "TIA"),
    (r"[^\n]\n$", "\nabcdefghijklmnoprstuvw"),
    (r"[,;:]$", " \n"),
    (r"[.]$", " \n"),
    (r"[.]  $", "TIAF"),
    (r"[.] $", " "),
    (r"q$", "u"),
    (r"\bt$", "hoy"),
    (r"\bth$", "eai"),
    (r"\bthe$", " \n"),
    (r"\b(of|to|is|in|and|are|for|a|an|be|by|with|that|this|as|or)$", " \n"),
    (r"\bwh$", "ei"),
    (r"tio$", "n"),
    (r"tion$", " s\n"),
    (r"[bcdfgmprst]in$", "gs "),
    (r"ing$", " \n"),
    (r"ct$", "io s"),
    (r"[a-z]e$", " rnsdx"),
    (r"[^aeiou]e[dr]$", " .\n"),
    (r"__[a-z]+$", "_aeioust"),
    (r"\bclas$", "s"),
    (r"\bfunc$", "t"),
    (r"\bobj$", "e"),
    (r"\bobje$", "c"),
    (r"\bmeth$", "o"),
)
"""What one knows of English and manuals: a text that ends like this goes on with one of these."""


class Rules:
    """Guess the next character by rules that a person wrote, the first that fits.

    A rule gives `trust` of the probability to its characters, in equal shares. What is left, and
    every place where no rule fits, follows the shares of the characters in the text given.
    """

    def __init__(self, text: str, alphabet: str, trust: float = 0.8) -> None:
        self.trust = trust
        self.rules = [(re.compile(ending), after) for ending, after in RULES]
        counts, total = Counter(text), len(text) + len(alphabet)
        self.shares = {character: (counts[character] + 1) / total for character in alphabet}

    def rule(self, before: str) -> str:
        """Return the characters that the first fitting rule allows; "" where none fits."""
        return next((after for ending, after in self.rules if ending.search(before)), "")

    def probability(self, before: str, character: str) -> float:
        """Return how likely this character is after these."""
        allowed, share = self.rule(before), self.shares[character]
        if not allowed:
            return share
        return self.trust * (character in allowed) / len(allowed) + (1 - self.trust) * share

    def log_probabilities(self, text: str) -> Float[Tensor, " next"]:
        """Return the natural logarithm of the probability of every character but the first."""
        chances = [self.probability(text[max(0, i - 20) : i], text[i]) for i in range(1, len(text))]
        return torch.tensor(chances, dtype=torch.float64).log()

    def covered(self, text: str) -> float:
        """Return the share of the places, all but the first, where some rule says something."""
        places = range(1, len(text))
        return sum(bool(self.rule(text[max(0, i - 20) : i])) for i in places) / len(places)


# ── The dial of distance ──────────────────────────────────────────────────────────────────────────

NOT_ASKED = -1
"""A label that does not count: there is no word so far back."""


def echo(
    count: int, length: int, distance: int, words: int = 16, seed: int = 0
) -> tuple[Int64[Tensor, "{count} {length}"], Int64[Tensor, "{count} {length}"]]:
    """Return rows of random words, and for each place the word of `distance` words ago.

    The first `distance` places of a row are NOT_ASKED. Guessing scores 1 / `words`.
    """
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(words, (count, length), generator=generator)
    labels = torch.full_like(tokens, NOT_ASKED)
    labels[:, distance:] = tokens[:, : length - distance]
    return tokens, labels


def echo_loss(
    model: nn.Module, tokens: Int64[Tensor, "batch token"], labels: Int64[Tensor, "batch token"]
) -> Float[Tensor, ""]:
    """Return the cross-entropy, in nats, of what the model says at the places that are asked."""
    return known_cross_entropy(model(tokens).flatten(0, 1), labels.flatten(), NOT_ASKED)


def share_right(said: Int64[Tensor, "row token"], labels: Int64[Tensor, "row token"]) -> float:
    """Return the share of the places that are asked where the answer is right."""
    asked = labels != NOT_ASKED
    return (said == labels)[asked].float().mean().item()


def look_up(
    known: tuple[Int64[Tensor, "row token"], Int64[Tensor, "row token"]],
    tokens: Int64[Tensor, "other token"],
    length: int,
) -> Int64[Tensor, "other token"]:
    """Answer like an n-gram: with the commonest answer to the last `length` words.

    Word 0 where these words were never seen in this order.
    """
    table: dict[tuple[int, ...], Counter[int]] = {}
    for context, label in zip(contexts(known[0], length), known[1].flatten().tolist(), strict=True):
        if label != NOT_ASKED:
            table.setdefault(context, Counter())[label] += 1
    best = {context: answers.most_common(1)[0][0] for context, answers in table.items()}
    said = [best.get(context, 0) for context in contexts(tokens, length)]
    return torch.tensor(said).view_as(tokens)


def contexts(tokens: Int64[Tensor, "row token"], length: int) -> list[tuple[int, ...]]:
    """Return the last `length` words at every place, row by row; −1 stands before the first."""
    padded = F.pad(tokens, (length - 1, 0), value=-1)
    return [tuple(words) for words in padded.unfold(1, length, 1).flatten(0, 1).tolist()]


# ── Recall: what was told of whom ─────────────────────────────────────────────────────────────────

KINDS = ("star", "circle", "square", "heart", "moon", "cross", "leaf", "drop")
COLOURS = ("red", "green", "blue", "yellow", "black", "white", "pink", "grey")
TOLD = 4
"""How many pairs of kind and colour stand at the beginning of a row."""


def recall(
    count: int, length: int, seed: int = 0
) -> tuple[Int64[Tensor, "{count} {length}"], Int64[Tensor, "{count} {length}"]]:
    """Return rows that tell the colours of four kinds and then ask, and for each place the answer.

    "star red moon blue … moon star star …": token k is a kind, token `len(KINDS)` + c a colour. A
    question is a told kind, and no answer stands in the row; places that tell are NOT_ASKED. After
    the associative retrieval of Ba et al. 2016, arXiv:1610.06258, section 4.1.
    """
    generator = torch.Generator().manual_seed(seed)
    told = torch.rand(count, len(KINDS), generator=generator).argsort(dim=1)[:, :TOLD]
    colours = len(KINDS) + torch.randint(len(COLOURS), (count, TOLD), generator=generator)
    asked = torch.randint(TOLD, (count, length - 2 * TOLD), generator=generator)
    pairs = torch.stack([told, colours], dim=-1).flatten(1)
    tokens = torch.cat([pairs, told.gather(1, asked)], dim=1)
    labels = torch.full_like(tokens, NOT_ASKED)
    labels[:, 2 * TOLD :] = colours.gather(1, asked)
    return tokens, labels


def among_the_seen(tokens: Int64[Tensor, "row token"]) -> Int64[Tensor, "row token"]:
    """Answer as one who knows which colours were told, but not of whom: the one told most often."""
    commonest = tokens[:, 1 : 2 * TOLD : 2].mode(dim=1).values
    return commonest.unsqueeze(1).expand_as(tokens)


# ── Depth: what happens without a part ────────────────────────────────────────────────────────────


class WithoutResidual(EncoderBlock):
    """A block that hands on what its parts make, and adds it to nothing."""

    def add(
        self, x: Tensor, norm: nn.Module, part: Callable[[Tensor], Tensor]
    ) -> Float[Tensor, "batch token width"]:
        """Return what the part makes of `x`; layer norm as in the whole block."""
        return part(norm(x)) if self.norm_first else norm(part(x))


def without_residual(model: LanguageModel) -> LanguageModel:
    """Take the residual paths out of a model, in place; its weights stay."""
    for block in model.blocks:
        block.__class__ = WithoutResidual
    return model


def without_norm(model: LanguageModel) -> LanguageModel:
    """Take every layer norm out of a model, in place."""
    model.norm = nn.Identity()
    for block in model.blocks:
        block.attention_norm, block.network_norm = nn.Identity(), nn.Identity()
    return model


def gradient_norms(model: LanguageModel, tokens: Int64[Tensor, "batch token"]) -> list[float]:
    """Return the length of the loss's gradient by the weights of each block, first to last."""
    weights = [list(block.parameters()) for block in model.blocks]
    found = torch.autograd.grad(language_loss(model, tokens), [w for part in weights for w in part])
    squares = iter(gradient.double().square().sum() for gradient in found)
    return [sum(next(squares) for _ in part).sqrt().item() for part in weights]


# ── Recipes ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class LanguageRecipe(Recipe):
    """How a language model of lesson 02 is built and trained; `hidden` is the LSTM's width."""

    window: int = 128
    width: int = 96
    depth: int = 2
    heads: int = 4
    hidden: int = 188


QUICK = LanguageRecipe(
    steps=600,
    batch_size=8,
    learning_rate=6e-3,
    expect="Expect at most 2.3 bits per character after about 25 seconds.",
)
FULL = LanguageRecipe(
    steps=5000,
    batch_size=64,
    learning_rate=1e-3,
    weight_decay=0.1,
    window=256,
    width=256,
    depth=6,
    heads=8,
    hidden=960,
    expect="Made for a GPU, where it takes minutes. It was not run: look at the validation text.",
)
ECHO = LanguageRecipe(
    steps=200,
    batch_size=16,
    learning_rate=3e-3,
    window=96,
    width=64,
    depth=2,
    hidden=128,
    expect="Expect at least 98 % at every distance, in about 10 seconds.",
)

RECALL = LanguageRecipe(
    steps=800,
    batch_size=32,
    learning_rate=3e-3,
    warmup=0.25,
    window=12,
    width=64,
    depth=2,
    hidden=128,
    expect="Expect at least 95 % after about seven seconds.",
)


def for_lstm(recipe: LanguageRecipe) -> LanguageRecipe:
    """Return the recipe for an LSTM: three times the steps at twice the rate.

    On a CPU core three of its steps take about as long as one of the Transformer. The rates are the
    best of three for each on the manual's validation topics (`data/results/make_transformer.py`).
    """
    return replace(recipe, steps=3 * recipe.steps, learning_rate=2 * recipe.learning_rate)


def new_language_model(
    recipe: LanguageRecipe, tokens: int, positions: Positions = "rotary", norm: str = "pre"
) -> LanguageModel:
    """Return an untrained Transformer for an alphabet of `tokens`; the seed draws its weights."""
    seed_everything(recipe.seed)
    shape = (recipe.width, recipe.depth, recipe.heads)
    return LanguageModel(tokens, recipe.window, *shape, positions, norm)


def new_recurrent_model(recipe: LanguageRecipe, tokens: int) -> RecurrentModel:
    """Return an untrained LSTM of as many parameters, within 3 %, as the recipe's Transformer."""
    seed_everything(recipe.seed)
    return RecurrentModel(tokens, recipe.width, recipe.hidden)


# ── What the lesson shows ─────────────────────────────────────────────────────────────────────────

Row = Mapping[str, Any]
"""A measurement of `data/results/make_transformer.py`."""


def over_time(rows: Sequence[Row]) -> dict[str, dict[int, float]]:
    """Return each network's mean bits per character, alone, on the test topics, by its steps."""
    raced = [row for row in rows if "with n-grams" in row and row["share"] == 1]
    found: dict[str, dict[int, float]] = {}
    for name in sorted({row["model"] for row in raced}):
        of_it = [row for row in raced if row["model"] == name]
        found[name] = {
            steps: fmean(row["test"] for row in of_it if row["steps"] == steps)
            for steps in sorted({row["steps"] for row in of_it})
        }
    return found


def by_order(rows: Sequence[Row]) -> dict[int, float]:
    """Return the bits per character of counts on the test topics by their order, all the text."""
    counted = [row for row in rows if row["model"] == "n-grams" and row.get("share") == 1]
    return {row["order"]: row["test"] for row in counted}


SHOWN = {"n-grams": "table", "none": "no positions"}
"""What the lesson calls a model of the echo task, where the results call it otherwise."""


def by_distance(rows: Sequence[Row]) -> dict[str, dict[int, float]]:
    """Return for each model of the echo task its share right at each distance."""
    found: dict[str, dict[int, float]] = {}
    for row in rows:
        name = SHOWN.get(row["model"], row["model"])
        found.setdefault(name, {})[row["distance"]] = row["length 96"]
    return found


def by_plan(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the trainings of the depth table by what was trained; seeds of one plan together."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row["without"], row["norm"], row["rate"])):
        norm = "" if "norm" in row["without"] else f"{row['norm']}-norm"
        without = row["without"] and f"without {row['without']}"
        plan = ", ".join(filter(None, (norm, without)))
        name = f"{plan}, rate {row['rate']:g}, warm-up {row['warmup']:.0%}"
        found.setdefault(name, []).append(row)
    return found
