"""GPT: how guessing the next token becomes writing (lesson 03).

Tokens are numbers, (batch, token). The logits at place i are about the token at place i + 1: what
comes next. Surprise is in nats where nothing else is said; 1 bit is ln 2 = 0.693 nats.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from mmtutor.attention import MultiHeadAttention, scaled_dot_product_attention
from mmtutor.datasets.scenes import PADDING
from mmtutor.datasets.sentences import TRAINED, WORDS, Sentences, make_sentences
from mmtutor.training import Batches, Recipe, fit, predict, seed_everything
from mmtutor.transformer import EncoderBlock, language_loss, next_token_loss, rotary

# ── How surprised a model is ──────────────────────────────────────────────────────────────────────

Logits = Float[Tensor, "batch token vocabulary"]
Tokens = Int64[Tensor, "batch token"]
Texts = Iterable[Int64[Tensor, "_ _"]]
"""Batches of tokens, which may differ in both sizes."""


def surprise(logits: Logits, tokens: Tokens, padding: int | None = None) -> tuple[Tensor, int]:
    """Return the sum of the surprises, in nats, of all tokens but the first ones, and their number.

    The logits at place i meet the token at place i + 1. Tokens equal to `padding` are not counted.
    """
    targets = tokens[:, 1:]
    count = targets.numel() if padding is None else int((targets != padding).sum())
    return count * next_token_loss(logits, tokens, padding), count


@torch.no_grad()
def total_surprise(
    model: nn.Module, batches: Texts, padding: int | None = None
) -> tuple[float, int]:
    """Return the sum of all surprises over all batches, in nats, and the number of tokens."""
    sums, counts = zip(*(surprise(model(b), b, padding) for b in batches), strict=True)
    return sum(s.item() for s in sums), sum(counts)


def perplexity(model: nn.Module, batches: Texts, padding: int | None = None) -> float:
    """Return e to the mean surprise: among how many equally likely tokens the model hesitates.

    The mean is over all tokens of all batches, so that neither the size of a batch nor the padding
    changes it. Raises ValueError where there is no token to predict.
    """
    nats, count = total_surprise(model, batches, padding)
    if count == 0:
        raise ValueError("there is no token to predict: a sequence needs at least two")
    return math.exp(nats / count)


# ── From logits to a choice ───────────────────────────────────────────────────────────────────────


def next_distribution(
    logits: Float[Tensor, "*batch vocabulary"],
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Float[Tensor, "*batch vocabulary"]:
    """Return the probabilities to draw the next token from.

    `temperature` divides the logits; at 0 the likeliest token gets everything (greedy; the first
    one, where several are as likely). Then only the `top_k` likeliest tokens stay, then the fewest
    of the likeliest that together reach `top_p`: the token that crosses it stays, and at least one
    does. Source: Holtzman et al. 2019, "The Curious Case of Neural Text Degeneration",
    arXiv:1904.09751 (top-p); Fan et al. 2018, arXiv:1805.04833 (top-k).
    """
    if temperature < 0 or (top_k is not None and top_k < 1):
        raise ValueError("a temperature is 0 or more, and top_k at least 1")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p is a share, above 0 and at most 1, not {top_p}")
    if temperature == 0:
        return F.one_hot(logits.argmax(dim=-1), logits.shape[-1]).to(logits.dtype)
    probabilities = (logits / temperature).softmax(dim=-1)
    if top_k is not None:
        probabilities = keep_top_k(probabilities, top_k)
    if top_p is not None:
        probabilities = keep_top_p(probabilities, top_p)
    return probabilities


Probabilities = Float[Tensor, "*batch vocabulary"]


def keep_top_k(probabilities: Probabilities, k: int) -> Probabilities:
    """Keep the `k` likeliest tokens and those as likely as the last of them; share out the rest."""
    least = probabilities.topk(min(k, probabilities.shape[-1]), dim=-1).values[..., -1:]
    kept = probabilities.masked_fill(probabilities < least, 0.0)
    return kept / kept.sum(dim=-1, keepdim=True)


def keep_top_p(probabilities: Probabilities, p: float) -> Probabilities:
    """Keep the likeliest tokens up to the one with which they reach `p`; share out the rest."""
    ranked, order = probabilities.sort(dim=-1, descending=True, stable=True)
    before = ranked.cumsum(dim=-1) - ranked  # what the likelier ones have together
    # 1 is never crossed, and sums of many numbers end near 1, not at it.
    dropped = before >= p if p < 1 else torch.zeros_like(before, dtype=torch.bool)
    dropped[..., 0] = False
    kept = torch.zeros_like(ranked).scatter(-1, order, ranked.masked_fill(dropped, 0.0))
    return kept / kept.sum(dim=-1, keepdim=True)


# ── The model ─────────────────────────────────────────────────────────────────────────────────────


class KeyValueCache:
    """The keys and values of the tokens read so far, layer by layer.

    They depend on nothing that comes later, so they need not be computed again. `read` counts the
    tokens read, `kept` those whose keys and values are still here.
    """

    def __init__(self, layers: int, size: int) -> None:
        """`size` is how many tokens it has room for."""
        self.size, self.read, self.kept = size, 0, 0
        self.keys: list[Tensor | None] = [None] * layers
        self.values: list[Tensor | None] = [None] * layers

    def extend(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Put the keys and values of new tokens behind those of a layer; return all of them.

        Both are (batch, heads, token, part). Raises ValueError where there is no room.
        """
        end = self.kept + key.shape[-2]
        if end > self.size:
            raise ValueError(f"the cache has room for {self.size} tokens, not for {end}")
        if self.keys[layer] is None:
            shape = (*key.shape[:-2], self.size, key.shape[-1])
            self.keys[layer], self.values[layer] = key.new_empty(shape), value.new_empty(shape)
        keys, values = self.keys[layer], self.values[layer]
        keys[..., self.kept : end, :], values[..., self.kept : end, :] = key, value
        return keys[..., :end, :], values[..., :end, :]

    def moved_on(self, tokens: int) -> None:
        """Note, after all layers, that so many tokens were read."""
        self.read, self.kept = self.read + tokens, self.kept + tokens

    def forget(self, keep: int = 0) -> None:
        """Drop all but the newest `keep` tokens; with 0, start again from the first position."""
        for tensors in (self.keys, self.values):
            for stored in tensors:
                if stored is not None and keep:
                    newest = stored[..., self.kept - keep : self.kept, :].clone()
                    stored[..., :keep, :] = newest
        self.kept, self.read = keep, self.read if keep else 0

    def numbers(self) -> int:
        """Return how many numbers it has room for, in all layers."""
        return sum(t.numel() for t in (*self.keys, *self.values) if t is not None)


class CausalAttention(MultiHeadAttention):
    """Self-attention to the past: each token asks those up to itself, and a cache if there is one.

    With `rotary`, queries and keys are turned by their positions before they meet.
    """

    def __init__(self, width: int, heads: int, rotary: bool) -> None:
        super().__init__(width, heads)
        self.rotary = rotary

    def forward(
        self,
        x: Float[Tensor, "batch token width"],
        cache: KeyValueCache | None = None,
        layer: int = 0,
    ) -> Float[Tensor, "batch token width"]:
        """Let each token gather from those before it and from itself."""
        query, key, value = map(self.split, self.project(x, x, x))
        if self.rotary:
            first = cache.read if cache else 0
            positions = torch.arange(first, first + x.shape[1], device=x.device)
            query, key = rotary(query, positions), rotary(key, positions)
        if cache:
            key, value = cache.extend(layer, key, value)
        return self.output_projection(self.join(self.look(query, key, value)))

    def look(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attend from the newest places; a recorder gets the weights."""
        new, all_of_them = query.shape[-2], key.shape[-2]
        if self.record is None and new in (1, all_of_them):  # one sees all; or nothing is cached
            return F.scaled_dot_product_attention(query, key, value, is_causal=new > 1)
        old = all_of_them - new
        mask = torch.ones(new, all_of_them, dtype=torch.bool, device=query.device).tril(old)
        gathered, weights = scaled_dot_product_attention(query, key, value, mask)
        if self.record is not None:
            self.record(weights.detach())
        return gathered


class GPTBlock(EncoderBlock):
    """A pre-norm block whose attention looks back only and can keep what it has read."""

    def __init__(self, width: int, heads: int, dropout: float, rotary: bool) -> None:
        super().__init__(width, heads, dropout=dropout)
        self.attention = CausalAttention(width, heads, rotary)
        self.network[1] = nn.GELU(approximate="tanh")  # as GPT-2 has it

    def forward(
        self,
        x: Float[Tensor, "batch token width"],
        cache: KeyValueCache | None = None,
        layer: int = 0,
    ) -> Float[Tensor, "batch token width"]:
        """Return the tokens, each richer by what it gathered from those before it."""
        x = self.add(x, self.attention_norm, lambda seen: self.attention(seen, cache, layer))
        return self.add(x, self.network_norm, self.network)


class GPT(nn.Module):
    """A decoder and nothing else: tokens in, logits of the next token after each of them out.

    One table serves twice: its rows are what goes in for a token, and what comes out is compared
    with them ("tied weights"). Source: Radford et al. 2019, "Language Models are Unsupervised
    Multitask Learners", section 2.3; Press and Wolf 2016, arXiv:1608.05859 (the tied weights).
    """

    def __init__(
        self,
        tokens: int,
        window: int,
        width: int,
        depth: int,
        heads: int,
        positions: str = "learnt",
        dropout: float = 0.0,
    ) -> None:
        """`window` is how many tokens it reads at most; `positions` are "learnt" or "rotary"."""
        super().__init__()
        if positions not in ("learnt", "rotary"):
            raise ValueError(f"positions are 'learnt' or 'rotary', not {positions!r}")
        turned = positions == "rotary"
        self.window = window
        self.token = nn.Embedding(tokens, width)
        self.position = None if turned else nn.Parameter(0.02 * torch.randn(window, width))
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(GPTBlock(width, heads, dropout, turned) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.start()

    def start(self) -> None:
        """Draw the first weights: the more blocks add to the stream, the less each adds.

        Source: Radford et al. 2019, section 2.3. Their 0.02 suits a width of 768; here the spread
        of a matrix goes with its width.
        """
        nn.init.normal_(self.token.weight, std=0.02)
        for block in self.blocks:
            last = (block.attention.output_projection, block.network[2])
            for part in (m for m in block.modules() if isinstance(m, nn.Linear)):
                share = (2 * len(self.blocks)) ** -0.5 if part in last else 1.0
                nn.init.normal_(part.weight, std=0.7 * share * self.token.embedding_dim**-0.5)
                nn.init.zeros_(part.bias)

    def forward(self, tokens: Tokens, cache: KeyValueCache | None = None) -> Logits:
        """Return the logits of what follows each token; what `cache` holds came before them.

        Raises ValueError where a learnt position is missing.
        """
        return self.read(self.token(tokens), cache)

    def read(
        self, x: Float[Tensor, "batch token width"], cache: KeyValueCache | None = None
    ) -> Logits:
        """Return the logits of what follows each vector, be it a token's or comes from elsewhere.

        Raises ValueError where a learnt position is missing.
        """
        x = self.dropout(self.placed(x, cache.read if cache else 0))
        for layer, block in enumerate(self.blocks):
            x = block(x, cache, layer)
        if cache:
            cache.moved_on(x.shape[1])
        return F.linear(self.norm(x), self.token.weight)

    def placed(
        self, x: Float[Tensor, "batch token width"], first: int
    ) -> Float[Tensor, "batch token width"]:
        """Tell vectors where they stand; the first of them is at position `first`."""
        end = first + x.shape[1]
        if self.position is None:
            return x
        if end > len(self.position):
            raise ValueError(f"this model knows {len(self.position)} positions, not {end}")
        return x + self.position[first:end]

    def new_cache(self, size: int | None = None) -> KeyValueCache:
        """Return an empty cache for this model; as large as the window if nothing else is said."""
        return KeyValueCache(len(self.blocks), size or self.window)


def parameters(model: nn.Module) -> int:
    """Return how many numbers the model learns; tied weights count once."""
    return sum(parameter.numel() for parameter in model.parameters())


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────


@torch.no_grad()
def generate(
    model: GPT,
    prompt: Tokens,
    length: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    cache: bool = True,
    generator: torch.Generator | None = None,
) -> Int64[Tensor, "batch _"]:
    """Return the prompt with `length` more tokens, each drawn given those before it.

    Where the window is full, the model goes on from the newest half of it, with the cache and
    without: both read the same tokens at every step. The model is left in evaluation mode. Raises
    ValueError for an empty prompt: something must come first.
    """
    if prompt.shape[1] == 0:
        raise ValueError("the prompt is empty: the first token is followed, never guessed")
    model.eval()
    memory = model.new_cache() if cache else None
    tokens, read = prompt, 0
    for _ in range(length):
        start = window_start(tokens.shape[1], model.window)
        if memory and start > read - memory.kept:  # the window has moved: read its tokens again
            memory.forget()
            read = start
        new = tokens[:, read:] if memory else tokens[:, start:]
        logits = model(new, memory)[:, -1]
        read = tokens.shape[1]
        probabilities = next_distribution(logits, temperature, top_k, top_p)
        tokens = torch.cat([tokens, draw(probabilities, generator)], dim=1)
    return tokens


def window_start(length: int, window: int) -> int:
    """Return the first of `length` tokens that is read: it moves on by half a window at a time."""
    half = max(1, window // 2)
    return 0 if length <= window else half * math.ceil((length - window) / half)


def draw(
    probabilities: Float[Tensor, "batch vocabulary"], generator: torch.Generator | None = None
) -> Int64[Tensor, "batch 1"]:
    """Draw one token for each row."""
    return torch.multinomial(probabilities, 1, generator=generator)


def repeated_share(tokens: Int64[Tensor, " token"], length: int = 16) -> float:
    """Return the share of a text's pieces of `length` tokens that stood in the same text before."""
    pieces = [tuple(piece) for piece in tokens.unfold(0, length, 1).tolist()]
    return 1 - len(set(pieces)) / len(pieces)


# ── Weights of GPT-2 ──────────────────────────────────────────────────────────────────────────────

NAMES = (
    (r"^transformer\.", ""),
    (r"^wte\.weight", "token.weight"),
    (r"^wpe\.weight", "position"),
    (r"^h\.", "blocks."),
    (r"\.ln_1\.", ".attention_norm."),
    (r"\.ln_2\.", ".network_norm."),
    (r"\.attn\.c_proj\.", ".attention.output_projection."),
    (r"\.mlp\.c_fc\.", ".network.0."),
    (r"\.mlp\.c_proj\.", ".network.2."),
    (r"^ln_f\.", "norm."),
)
"""What transformers calls a part of GPT-2, and what we do."""


def from_transformers(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of transformers' `GPT2LMHeadModel` under the names of `GPT`.

    GPT-2 stores matrices (in, out) where PyTorch has (out, in), and one for query, key and value
    together. The tied output layer is left out: `GPT` has the table once.
    """
    ours = {}
    for name, tensor in weights.items():
        if name == "lm_head.weight":
            continue
        transposed = re.search(r"\.(c_attn|c_proj|c_fc)\.weight$", name)
        tensor = tensor.T.contiguous() if transposed else tensor
        for theirs, new in NAMES:
            name = re.sub(theirs, new, name)
        if ".attn.c_attn." in name:
            for part, third in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
                ours[name.replace("attn.c_attn", f"attention.{part}_projection")] = third
        else:
            ours[name] = tensor
    return ours


# ── Byte-pair encoding ────────────────────────────────────────────────────────────────────────────

Merge = tuple[bytes, bytes]


def byte_pair_merges(text: str, count: int) -> list[Merge]:
    """Learn which two neighbours to join, again and again: the commonest pair first.

    Starts from the 256 bytes and never joins across `words`. Of pairs that are as common, that of
    the older tokens is first, as in the `tokenizers` library, which finds the same merges. Source:
    Sennrich, Haddow and Birch 2015, "Neural Machine Translation of Rare Words with Subword Units",
    arXiv:1508.07909; over bytes: Radford et al. 2019, section 2.2.
    """
    age = {byte: i for i, byte in enumerate(BYTES)}
    counts = Counter(words(text))
    parts = {word: [bytes([b]) for b in word.encode()] for word in counts}
    merges: list[Merge] = []
    while len(merges) < count:
        pairs: Counter[Merge] = Counter()
        for word, tokens in parts.items():
            for pair in pairwise(tokens):
                pairs[pair] += counts[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], age[pair[0]], age[pair[1]]))
        merges.append(best)
        age.setdefault(best[0] + best[1], len(age))
        parts = {word: joined(tokens, best) for word, tokens in parts.items()}
    return merges


def joined(tokens: Sequence[bytes], pair: Merge) -> list[bytes]:
    """Join every occurrence of the pair, from left to right: "aaa" becomes "aa", "a"."""
    new: list[bytes] = []
    i = 0
    while i < len(tokens):
        both = tuple(tokens[i : i + 2]) == pair
        new.append(tokens[i] + tokens[i + 1] if both else tokens[i])
        i += 2 if both else 1
    return new


def byte_pair_encode(text: str, merges: Sequence[Merge]) -> list[bytes]:
    """Cut a text into tokens: in each word, join what was learnt first, first."""
    tokens: list[bytes] = []
    for word in words(text):
        parts = [bytes([b]) for b in word.encode()]
        for pair in merges:
            if len(parts) > 1:
                parts = joined(parts, pair)
        tokens += parts
    return tokens


PRINTABLE = [*range(33, 127), *range(161, 173), *range(174, 256)]
BYTES = [bytes([b]) for b in (*PRINTABLE, *sorted({*range(256)} - {*PRINTABLE}))]
"""All bytes as GPT-2 numbers them: those with a visible character come first."""

KINDS = re.compile(r" ?L+| ?N+| ?O+|[ S]+(?![LNO])|[ S]+")


def words(text: str) -> list[str]:
    """Cut a text as GPT-2 does: runs of letters, of digits, of other signs, with a space before.

    Source: the pattern of OpenAI's GPT-2 tokenizer,
    `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+`.
    """
    found, place = [], 0
    kinds = "".join(map(kind, text))
    while place < len(text):
        match = SHORT_FORM.match(text, place) or KINDS.match(kinds, place)
        found.append(text[place : match.end()])
        place = match.end()
    return found


SHORT_FORM = re.compile(r"'(?:s|t|re|ve|m|ll|d)")


def kind(character: str) -> str:
    """Return " ", S (other white space), L (letter), N (number) or O (any other)."""
    if character.isspace() and character not in "\x1c\x1d\x1e\x1f":
        return " " if character == " " else "S"
    category = unicodedata.category(character)[0]
    return category if category in "LN" else "O"


# ── Scaling ───────────────────────────────────────────────────────────────────────────────────────


def power_law(sizes: Sequence[float], losses: Sequence[float]) -> tuple[float, float]:
    """Fit `loss = factor · size^-exponent`, a straight line in logarithms; return both numbers.

    Least squares over the logarithms. Source: Kaplan et al. 2020, "Scaling Laws for Neural Language
    Models", arXiv:2001.08361, section 1.2. Raises ValueError for fewer than two different sizes.
    """
    if len(set(sizes)) < 2:
        raise ValueError("a line needs at least two different sizes")
    x, y = (torch.tensor(numbers, dtype=torch.float64).log() for numbers in (sizes, losses))
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    return (y.mean() - slope * x.mean()).exp().item(), -slope.item()


# ── Induction heads ───────────────────────────────────────────────────────────────────────────────


def prefix_matching(
    maps: Float[Tensor, "*layer batch head query key"], tokens: Int64[Tensor, "batch query"]
) -> Float[Tensor, "*layer head"]:
    """Return how much each head looks at what came next, where it has met this token before.

    For a token at place i that stood at an earlier place j, too, the weight on place j + 1; for
    several such j their sum; the mean over all such i of all sequences. NaN where no token comes
    twice. Source: Olsson et al. 2022, "In-context Learning and Induction Heads", arXiv:2209.11895.
    """
    same = (tokens.unsqueeze(2) == tokens.unsqueeze(1)).tril(diagonal=-1)  # (batch, i, j), j < i
    after = same.roll(1, dims=2)  # (batch, i, j + 1); nothing falls over the edge: j < i
    repeated = after.any(dim=2)  # (batch, i)
    matched = (maps * after.unsqueeze(1)).sum(dim=-1)  # (*layer, batch, head, i)
    total = (matched * repeated.unsqueeze(1)).sum(dim=(-3, -1))
    return total / repeated.sum()


class AttentionOnly(nn.Module):
    """Layers of causal attention and nothing between them: the smallest home of induction heads.

    Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits".
    """

    def __init__(self, tokens: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.token = nn.Embedding(tokens, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(depth))
        self.layers = nn.ModuleList(CausalAttention(width, heads, True) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, tokens)

    def forward(self, tokens: Tokens) -> Logits:
        """Return the logits of what follows each token."""
        x = self.token(tokens)
        for norm, layer in zip(self.norms, self.layers, strict=True):
            x = x + layer(norm(x))
        return self.head(self.norm(x))


KINDS_OF_TOKENS, SHORTEST, LONGEST, LENGTH = 32, 8, 24, 48
"""Repeated sequences: how many tokens there are, the periods, and how long a sequence is."""


def repeated_sequences(
    count: int, generator: torch.Generator, tokens: int = KINDS_OF_TOKENS
) -> tuple[Int64[Tensor, "{count} token"], Int64[Tensor, "{count} 1"]]:
    """Draw 8 to 24 different tokens in random order and say them again and again; also the period.

    From the second time on, whoever finds the last place where a token stood knows what follows.
    The period differs, so that looking back by a fixed distance does not help.
    """
    periods = torch.randint(SHORTEST, LONGEST + 1, (count, 1), generator=generator)
    order = torch.rand(count, tokens, generator=generator).argsort(dim=1)
    return order.gather(1, torch.arange(LENGTH) % periods), periods


class Repetitions:
    """Batches of repeated sequences, new ones at each step."""

    def __init__(self, batch_size: int, seed: int = 0, tokens: int = KINDS_OF_TOKENS) -> None:
        self.batch_size, self.seed, self.tokens = batch_size, seed, tokens

    def __getitem__(self, step: int) -> tuple[Tokens]:
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + step)
        return (repeated_sequences(self.batch_size, generator, self.tokens)[0],)


def repetitions_right(
    model: nn.Module, tokens: Int64[Tensor, "sequence token"], periods: Int64[Tensor, "sequence 1"]
) -> float:
    """Return the share of tokens predicted right where they can be known: after one period."""
    said = predict(model, tokens)[:, :-1].argmax(dim=-1)
    known = torch.arange(1, tokens.shape[1]) > periods
    return (said == tokens[:, 1:])[known].float().mean().item()


@contextmanager
def without_head(layer: CausalAttention, head: int) -> Iterator[None]:
    """Silence one head inside the `with` block: what it gathers becomes 0."""
    part = layer.output_projection.in_features // layer.heads

    def silence(module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        (gathered,) = inputs
        gathered = gathered.clone()
        gathered[..., head * part : (head + 1) * part] = 0.0
        return (gathered,)

    hook = layer.output_projection.register_forward_pre_hook(silence)
    try:
        yield
    finally:
        hook.remove()


# ── Prompts ───────────────────────────────────────────────────────────────────────────────────────


def answers_right(model: nn.Module, sentences: Sentences) -> float:
    """Return the share of sentences whose answer is what the model finds likeliest there."""
    tokens, places = sentences
    rows = torch.arange(len(tokens))
    said = predict(model, tokens)[rows, places - 1].argmax(dim=-1)
    return (said == tokens[rows, places]).float().mean().item()


def new_reader() -> AttentionOnly:
    """Return an untrained reader of the language of scenes: three layers of attention alone."""
    return AttentionOnly(len(WORDS), width=64, depth=3, heads=2)


def train_reader(
    seed: int = 0, repeats_first: bool = True, colour_first: bool = False
) -> AttentionOnly:
    """Train a reader of facts: on repeated random words, then on facts with questions about them.

    `repeats_first` and `colour_first` (how facts are told) are what the lesson changes, one at a
    time.
    """
    seed_everything(seed)
    model, recipe = new_reader(), PROMPTS
    if repeats_first:
        stream = Repetitions(INDUCTION.batch_size, seed, len(WORDS))
        fit(model, stream, language_loss, INDUCTION, every=INDUCTION.steps)
    else:  # as many steps in all
        recipe = replace(PROMPTS, steps=PROMPTS.steps + INDUCTION.steps)
    formats = (*TRAINED, *3 * ("exam",))  # it is hard: the kind stands four words before the answer
    texts = make_sentences(10_000, formats, questions=4, colour_first=colour_first, seed=seed + 1)
    batches = Batches(texts.tokens, batch_size=recipe.batch_size, seed=seed)
    fit(model, batches, sentence_loss, recipe, every=recipe.steps)
    return model


def sentence_loss(model: nn.Module, tokens: Tokens) -> Float[Tensor, ""]:
    """Return the mean surprise of each word of the sentences, in nats; padding does not count."""
    return next_token_loss(model(tokens), tokens, PADDING)


# ── Recipes ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class GPTRecipe(Recipe):
    """How a GPT of lesson 03 is built and trained on characters."""

    window: int = 128
    width: int = 96
    depth: int = 3
    heads: int = 4
    dropout: float = 0.0


def new_gpt(recipe: GPTRecipe, tokens: int) -> GPT:
    """Build the model that a recipe trains, with rotary positions."""
    size = (recipe.window, recipe.width, recipe.depth, recipe.heads)
    return GPT(tokens, *size, positions="rotary", dropout=recipe.dropout)


INDUCTION = Recipe(steps=300, batch_size=32, learning_rate=8e-3)
PROMPTS = Recipe(steps=1400, batch_size=32, learning_rate=5e-3)
QUICK = GPTRecipe(
    steps=800,
    batch_size=8,
    learning_rate=3e-3,
    weight_decay=0.1,
    expect="Expect about 2 bits per character after about 40 seconds on two CPU cores.",
)
SHIPPED = GPTRecipe(
    steps=6000,
    batch_size=4,
    learning_rate=2e-3,
    weight_decay=0.1,
    warmup=0.05,
    window=256,
    width=128,
    depth=4,
    dropout=0.1,
    expect="The recipe of the checkpoint: about a quarter of an hour on one CPU core.",
)
FULL = GPTRecipe(
    steps=5000,
    batch_size=64,
    learning_rate=1e-3,
    weight_decay=0.1,
    window=256,
    width=384,
    depth=6,
    heads=6,
    dropout=0.2,
    expect="Made for a GPU, where it takes minutes. It was not run: look at the validation text.",
)
