"""Pretrained towers and a new task: what is kept frozen, what is trained, and what that costs.

A tower is a network that others have trained (`mmtutor.datasets.towers`). A probe reads its
features; LoRA, adapters and prompts add a few numbers to it; fine-tuning moves all of them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from types import MappingProxyType, MethodType
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from torch import Tensor, nn

from mmtutor.attention import MultiHeadAttention
from mmtutor.contrastive import FULL as NAMES
from mmtutor.contrastive import dual_encoder
from mmtutor.datasets import groups, towers
from mmtutor.datasets.emoji import Emoji
from mmtutor.datasets.glyphs import load_glyphs
from mmtutor.datasets.groups import GROUPS, Grouped, family_split, few, load_groups
from mmtutor.datasets.names import encode
from mmtutor.datasets.shipped import shipped
from mmtutor.datasets.towers import masked_mean
from mmtutor.metrics import balanced_accuracy
from mmtutor.training import (
    Batches,
    History,
    Recipe,
    checkpoints,
    fit,
    predict,
    seed_everything,
)
from mmtutor.transformer import EncoderBlock

if TYPE_CHECKING:
    from transformers import BertConfig, BertModel

Tokens = Int64[Tensor, "text token"]
"""The numbers of a text's tokens, or 1 for each token and 0 for padding."""
Pictures = UInt8[Tensor, "picture 3 high wide"]

# ── The towers that are here ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Towers:
    """Two ways to turn what is read into features, and a sentence about whose they are."""

    text_features: Callable[[Sequence[str]], Float[Tensor, "text width"]]
    picture_features: Callable[[Pictures], Float[Tensor, "picture width"]]
    about: str


def load_towers() -> Towers:
    """Return the pretrained towers, or the course's own where those are not installed."""
    if not towers.installed():
        return own_towers()
    about = "MiniLM reads the texts, EfficientNet-Lite0 looks at the pictures."
    return Towers(towers.text_features, towers.picture_features, about)


def own_towers() -> Towers:
    """Return lesson 12's two towers, which learnt the names of drawn characters, not of emoji.

    Both give 96 numbers: what stands before the projection into their common space. Pictures are
    32 × 32 pixels; a coloured one is read as ink. Raises FileNotFoundError where there is no copy
    of the repository.
    """
    from transformers import PreTrainedTokenizerFast

    folder = shipped("checkpoints")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder / "names")
    model = dual_encoder(NAMES, tokenizer)
    checkpoints.load(folder / "names.safetensors", model)
    freeze(model)

    def read(texts: Sequence[str]) -> Tensor:
        return torch.cat([model.text(part) for part in encode(tokenizer, texts).split(256)])

    def look(pictures: Pictures) -> Tensor:
        return torch.cat([model.picture(ink(part))[:, 0] for part in pictures.split(256)])

    return Towers(read, look, towers.MISSING)


def ink(pictures: Pictures) -> Float[Tensor, "picture 1 high wide"]:
    """Return how dark coloured pictures are, 0 to 1: what a network of glyphs reads."""
    return 1 - pictures.float().mean(dim=1, keepdim=True) / 255


# ── Things to sort ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Task:
    """Things with a picture, a name and a group, the groups' names, and what is missing, if any."""

    things: Grouped
    groups: tuple[str, ...]
    missing: str = ""


def load_task() -> Task:
    """Return emoji in Unicode's groups, or drawn characters in scripts where there are no emoji."""
    if groups.installed():
        return Task(load_groups(), GROUPS)
    return Task(drawn_characters(), SCRIPTS, NO_EMOJI)


NO_EMOJI = (
    "The emoji are not installed, so drawn characters stand in. To have them: "
    "pip install 'mmtutor[emoji]' (in the course's folder: pip install -e .[emoji])."
)
"""What the lesson says where they are missing."""


def complete() -> bool:
    """Say whether emoji and pretrained towers are both here: the lesson's numbers are theirs."""
    return groups.installed() and towers.installed()


SCRIPTS = ("Latin", "Greek", "Cyrillic", "Arabic", "Canadian", "Braille", "Georgian", "Armenian")
"""The first words of Unicode's names for characters of eight scripts."""


def drawn_characters() -> Grouped:
    """Return characters of eight scripts, with their Unicode names without the script's.

    Each is a family of its own.
    """
    glyphs = load_glyphs()
    glyphs = glyphs.select(glyphs.faces == 0)
    symbols = [glyphs.character(place) for place in range(len(glyphs))]
    names = [
        unicodedata.name(symbol, "unnamed sign").lower().split(maxsplit=1) for symbol in symbols
    ]
    number = {script.lower(): place for place, script in enumerate(SCRIPTS)}
    kept = [place for place, name in enumerate(names) if name[0] in number and len(name) == 2]
    images = 255 - glyphs.images[kept]
    rest = tuple(names[place][1] for place in kept)
    characters = tuple(symbols[place] for place in kept)
    pictures = images.unsqueeze(1).repeat(1, 3, 1, 1)
    labels = torch.tensor([number[names[place][0]] for place in kept])
    return Grouped(Emoji(pictures, characters, rest, rest), labels, torch.arange(len(kept)))


Split = tuple[Int64[Tensor, " labelled"], Int64[Tensor, " valid"], Int64[Tensor, " test"]]
"""Places with a label, places to choose by, places to test on."""


def split_of(things: Grouped, count: int, seed: int) -> Split:
    """Return `count` labelled things a group, those of the validation and of the test families."""
    learn, valid, test = family_split(things, seed)
    return learn[few(things.labels[learn], count, seed)], valid, test


# ── Features that cost nothing ────────────────────────────────────────────────────────────────────


def bag(texts: Sequence[str], characters: bool = False) -> Float[Tensor, "text word"]:
    """Return how often each word (or character) occurs in each text: a bag of words."""
    bags = [list(text) if characters else text.lower().split() for text in texts]
    number = {word: place for place, word in enumerate(sorted({w for bag in bags for w in bag}))}
    found = torch.zeros(len(texts), len(number))
    for row, words in zip(found, bags, strict=True):
        for word in words:
            row[number[word]] += 1
    return found


def one_convolution(
    pictures: Pictures, count: int = 256, size: int = 7
) -> Float[Tensor, "picture feature"]:
    """Return what `count` random filters see: their positive answers, averaged in four quarters."""
    filters = torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(0))
    filters -= filters.mean(dim=(1, 2, 3), keepdim=True)
    seen = [F.relu(F.conv2d(part.float() / 255, filters)) for part in pictures.split(256)]
    return torch.cat([F.adaptive_avg_pool2d(part, 2).flatten(1) for part in seen])


# ── Features and a probe ──────────────────────────────────────────────────────────────────────────


def ridge(
    features: Float[Tensor, "example feature"],
    wanted: Float[Tensor, "example class"],
    strength: float,
) -> tuple[Float[Tensor, "feature class"], Float[Tensor, " class"]]:
    """Return the weights and the bias of a linear probe, in closed form.

    `W = (XᵀX + λI)⁻¹ XᵀY` for centred X and Y, `b = mean(Y) - mean(X) W`: λ keeps the weights
    small, never the bias. Source: Hoerl and Kennard 1970, "Ridge Regression", Technometrics 12.
    """
    middle, average = features.mean(dim=0), wanted.mean(dim=0)
    x, y = features - middle, wanted - average
    few = len(x) < x.shape[1]  # then XᵀX is the larger of the two squares: W = Xᵀ (XXᵀ + λI)⁻¹ Y
    square = x @ x.T if few else x.T @ x
    square = square + strength * torch.eye(len(square), dtype=x.dtype, device=x.device)
    weight = x.T @ torch.linalg.solve(square, y) if few else torch.linalg.solve(square, x.T @ y)
    return weight, average - middle @ weight


@dataclass(frozen=True)
class Scaling:
    """How features are brought to one size: seen on the labelled examples alone."""

    middle: Float[Tensor, " feature"]
    spread: Float[Tensor, " feature"]

    @classmethod
    def of(cls, features: Float[Tensor, "example feature"]) -> "Scaling":
        """Measure it. What hardly moves in these examples is not blown up."""
        spread = features.std(dim=0)
        return cls(features.mean(dim=0), spread + 0.01 * features.std() + 1e-6)

    def __call__(
        self, features: Float[Tensor, "example feature"]
    ) -> Float[Tensor, "example feature"]:
        """Return features of mean 0 whose squares sum to about 1 in each example."""
        return (features - self.middle) / self.spread / len(self.middle) ** 0.5


STRENGTHS = tuple(10.0**power for power in range(-4, 3))
"""What validation chooses a probe's λ from."""


def probe(
    x: Float[Tensor, "example feature"],
    labels: Int64[Tensor, " example"],
    split: Split,
    scaled: bool = False,
) -> tuple[Float[Tensor, "example class"], float]:
    """Return a linear probe's scores for all examples, and the strength that validation chose.

    Features are brought to one size first, unless they are `scaled`.
    """
    labelled, valid, _ = split
    x = x if scaled else Scaling.of(x[labelled])(x)
    wanted = F.one_hot(labels, int(labels.max()) + 1).float()

    def scores(strength: float) -> Tensor:
        weight, bias = ridge(x[labelled], wanted[labelled], strength)
        return x @ weight + bias

    best = max(STRENGTHS, key=lambda s: right(scores(s)[valid], labels[valid]))
    return scores(best), best


def right(scores: Float[Tensor, "example class"], labels: Int64[Tensor, " example"]) -> float:
    """Return the balanced accuracy of the classes with the highest scores."""
    return balanced_accuracy(scores.argmax(dim=1), labels)


def probed(
    x: Float[Tensor, "example feature"],
    labels: Int64[Tensor, " example"],
    split: Split,
    scaled: bool = False,
) -> float:
    """Return a linear probe's balanced accuracy on the test families."""
    test = split[2]
    return right(probe(x, labels, split, scaled)[0][test], labels[test])


def nearest(
    x: Float[Tensor, "example feature"], labels: Int64[Tensor, " example"], split: Split
) -> float:
    """Return the balanced accuracy of the nearest labelled example, by cosine."""
    labelled, _, test = split
    x = F.normalize(x - x[labelled].mean(dim=0), dim=1)
    found = labels[labelled][(x[test] @ x[labelled].T).argmax(dim=1)]
    return balanced_accuracy(found, labels[test])


def side_by_side(
    *sides: Float[Tensor, "example _"], labelled: Int64[Tensor, " labelled"]
) -> Float[Tensor, "example feature"]:
    """Return several kinds of features in one row, each scaled by itself."""
    return torch.cat([Scaling.of(side[labelled])(side) for side in sides], dim=1)


def chances(
    known: Float[Tensor, "example feature"],
    labels: Int64[Tensor, " example"],
    features: Float[Tensor, "thing feature"],
    strength: float = 0.1,
) -> Float[Tensor, "thing class"]:
    """Return how probable each class is for all things, by logistic regression on a few examples.

    Features are brought to length 1 first: what counts is where they point to. Classes count the
    same, however many examples they have.
    """
    from sklearn.linear_model import LogisticRegression

    probe = LogisticRegression(C=1 / strength, class_weight="balanced", max_iter=1000)
    probe.fit(F.normalize(known, dim=1).numpy(), labels.numpy())
    return torch.from_numpy(probe.predict_proba(F.normalize(features, dim=1).numpy())).float()


# ── Where the evidence is ─────────────────────────────────────────────────────────────────────────


@torch.inference_mode()
def evidence(
    pictures: Pictures,
) -> tuple[Float[Tensor, "picture row column"], Float[Tensor, "picture class"]]:
    """Return what each place of a picture adds to the score of its likeliest class, and all scores.

    The picture tower's last layer reads the mean of a map over its places, so a score is the mean
    of what the places say, and a bias. Source: Zhou et al. 2016, "Learning Deep Features for
    Discriminative Localization", arXiv:1512.04150.
    """
    tower = towers.load_picture_tower()
    maps = tower.forward_features(towers.prepare_pictures(pictures))
    scores = tower.forward_head(maps)
    weights = towers.last_layer(tower).weight[scores.argmax(dim=1)]
    return torch.einsum("pfrc,pf->prc", maps, weights).clone(), scores.clone()


@torch.no_grad()
def seen(tower: nn.Module, pictures: Pictures) -> Float[Tensor, "picture feature"]:
    """Return the features that a picture tower gives in the mode in which it is."""
    parts = [towers.prepare_pictures(part) for part in pictures.split(4)]
    maps = [tower.forward_features(part) for part in parts]
    return torch.cat([tower.forward_head(part, pre_logits=True) for part in maps])


# ── A frozen tower ────────────────────────────────────────────────────────────────────────────────


def freeze(module: nn.Module) -> nn.Module:
    """Freeze a module for good and return it: no parameter learns, no buffer moves.

    `train()` of a model around it would switch its dropout on and let the statistics of its batch
    norms move, though nothing has a gradient; so it stays in evaluation mode whatever is called.
    """
    for part in module.eval().requires_grad_(False).modules():
        part.train = MethodType(stay, part)
    return module


def stay(module: nn.Module, mode: bool = True) -> nn.Module:
    """Do what `train(mode)` does to a frozen module: nothing."""
    return module


def moved(before: Mapping[str, Tensor], module: nn.Module) -> list[str]:
    """Return which parameters and buffers differ from a copy of the state dict made before."""
    after = module.state_dict()
    return [name for name, value in before.items() if not torch.equal(value, after[name])]


# ── A few numbers more ────────────────────────────────────────────────────────────────────────────


class LoRALinear(nn.Module):
    """A frozen linear layer and a trained change of low rank: `W x + b + α/r · B A x`.

    A starts random, B at 0: at first nothing changes. Source: Hu et al. 2021, "LoRA",
    arXiv:2106.09685, section 4.1.
    """

    def __init__(self, linear: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.scale = alpha / rank
        self.a = nn.Parameter(torch.empty(rank, linear.in_features))
        self.b = nn.Parameter(torch.zeros(linear.out_features, rank))
        nn.init.kaiming_uniform_(self.a, a=5**0.5)

    def forward(self, x: Float[Tensor, "*batch inside"]) -> Float[Tensor, "*batch outside"]:
        """Return what the layer says, with the change."""
        return self.linear(x) + self.scale * (x @ self.a.T @ self.b.T)

    def merged(self) -> nn.Linear:
        """Return one linear layer that says the same: `W + α/r · B A`."""
        linear = deepcopy(self.linear)
        with torch.no_grad():
            linear.weight += self.scale * self.b @ self.a
        return linear


def replace_linears(
    module: nn.Module, names: Iterable[str], made: Callable[[nn.Linear], nn.Module]
) -> nn.Module:
    """Put what `made` makes of it in the place of every linear layer with one of these names.

    A name is the last part of a path ("query") or more of it ("output.dense"). Raises ValueError
    where none has such a name.
    """
    ends = tuple(f".{name}" for name in names)
    found = [
        path
        for path, part in module.named_modules()
        if isinstance(part, nn.Linear) and f".{path}".endswith(ends)
    ]
    if not found:
        raise ValueError(f"the model has no linear layer called {' or '.join(names)}")
    for path in found:
        parent, _, name = path.rpartition(".")
        setattr(module.get_submodule(parent), name, made(module.get_submodule(path)))
    return module


def add_lora(
    module: nn.Module, rank: int, alpha: float, names: Iterable[str] = ("query", "value")
) -> nn.Module:
    """Give every linear layer with one of these names a change of low rank; return the model."""
    return replace_linears(module, tuple(names), lambda linear: LoRALinear(linear, rank, alpha))


class Adapter(nn.Module):
    """A small network added on: `x + W_up ReLU(W_down x)`, which says x at first.

    Source: Houlsby et al. 2019, "Parameter-Efficient Transfer Learning for NLP", arXiv:1902.00751.
    """

    def __init__(self, width: int, bottleneck: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(width, bottleneck), nn.Linear(bottleneck, width)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Float[Tensor, "*batch width"]) -> Float[Tensor, "*batch width"]:
        """Return x and what the adapter adds."""
        return x + self.up(F.relu(self.down(x)))


def add_adapters(module: nn.Module, bottleneck: int) -> nn.Module:
    """Put an adapter behind attention and behind the small network of every block of a BERT."""
    return replace_linears(
        module,
        ("output.dense",),
        lambda linear: nn.Sequential(linear, Adapter(linear.out_features, bottleneck)),
    )


class Prompted(nn.Module):
    """A BERT that reads trained vectors before every text (a soft prompt).

    They have no place of their own, so the words keep theirs. Source: Lester et al. 2021, "The
    Power of Scale for Parameter-Efficient Prompt Tuning", arXiv:2104.08691.
    """

    def __init__(self, tower: "BertModel", length: int) -> None:
        super().__init__()
        self.tower = tower
        self.prompt = nn.Parameter(0.02 * torch.randn(length, tower.config.hidden_size))

    def forward(self, input_ids: Tokens, attention_mask: Tokens) -> "Said":
        """Return the last vectors of the text's own tokens."""
        words = self.tower.embeddings.word_embeddings(input_ids)
        texts, length = len(words), len(self.prompt)
        found = self.tower(
            inputs_embeds=torch.cat([self.prompt.expand(texts, -1, -1), words], dim=1),
            attention_mask=F.pad(attention_mask, (length, 0), value=1),
            position_ids=F.pad(torch.arange(words.shape[1]), (length, 0)).unsqueeze(0),
        )
        return Said(found.last_hidden_state[:, length:])


@dataclass
class Said:
    """What a tower says, with the name that transformers gives it."""

    last_hidden_state: Float[Tensor, "text token width"]


# ── A classifier on top ───────────────────────────────────────────────────────────────────────────


class TextClassifier(nn.Module):
    """A tower, the mean over a text's own tokens, and a linear layer that starts at 0."""

    def __init__(self, tower: nn.Module, classes: int, width: int = 384) -> None:
        super().__init__()
        self.tower, self.head = tower, nn.Linear(width, classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, tokens: Tokens, mask: Tokens) -> Float[Tensor, "text class"]:
        """Return a score for each class. Columns that are padding in all texts are left out."""
        longest = int(mask.sum(dim=1).max())
        tokens, mask = tokens[:, :longest], mask[:, :longest]
        vectors = self.tower(input_ids=tokens, attention_mask=mask).last_hidden_state
        return self.head(F.normalize(masked_mean(vectors, mask), dim=1) * LENGTH)


LENGTH = 8.0
"""How long the features are that a head reads: with length 1 the scores would rise too slowly."""


def adapted(tower: "BertModel", way: str) -> nn.Module:
    """Return a copy of a tower in which only what a way trains can learn.

    Ways: "probe", "last block", "all", "LoRA 4" (or another rank), "adapter", "prompt". LoRA has
    α = 2 r. Raises ValueError for another.
    """
    tower = freeze(deepcopy(tower))
    if way == "probe":
        return tower
    if way == "last block":
        thaw(tower.encoder.layer[-1])
        return tower
    if way == "all":
        return thaw(tower)
    if way == "adapter":
        return add_adapters(tower, bottleneck=16)
    if way == "prompt":
        return Prompted(tower, length=5)
    if way.startswith("LoRA "):
        rank = int(way.removeprefix("LoRA "))
        return add_lora(tower, rank, alpha=2.0 * rank)
    raise ValueError(f"there is no way {way!r} to fine-tune")


def thaw(module: nn.Module) -> nn.Module:
    """Let a frozen module learn again, and return it; it stays in evaluation mode (no dropout)."""
    return module.requires_grad_(True)


def trained(model: nn.Module) -> int:
    """Return how many numbers of a model learn."""
    return sum(part.numel() for part in model.parameters() if part.requires_grad)


# ── Both at once ──────────────────────────────────────────────────────────────────────────────────


class Joint(nn.Module):
    """Classify from the features of two towers: by concatenation, attention, or a late sum.

    Attention: the two are brought to one width and look at each other as two tokens (lessons 01
    and 06). A late sum adds the scores of two classifiers.
    """

    def __init__(
        self, widths: tuple[int, int], classes: int, fusion: str = "concatenation", width: int = 64
    ) -> None:
        """Raises ValueError for another `fusion`."""
        super().__init__()
        if fusion not in ("concatenation", "attention", "late sum"):
            raise ValueError(f"there is no fusion {fusion!r}")
        self.fusion = fusion
        outs = {"concatenation": width, "attention": width, "late sum": classes}
        self.sides = nn.ModuleList(nn.Linear(inside, outs[fusion]) for inside in widths)
        self.attention = MultiHeadAttention(width, heads=2) if fusion == "attention" else None
        joined = {"concatenation": 2 * width, "attention": width}
        self.head = nn.Linear(joined[fusion], classes) if fusion in joined else nn.Identity()

    def forward(
        self, pictures: Float[Tensor, "example one"], texts: Float[Tensor, "example other"]
    ) -> Float[Tensor, "example class"]:
        """Return a score for each class."""
        sides = [side(x) for side, x in zip(self.sides, (pictures, texts), strict=True)]
        if self.fusion == "late sum":
            return sides[0] + sides[1]
        if self.attention is None:
            return self.head(F.relu(torch.cat(sides, dim=1)))
        tokens = torch.stack(sides, dim=1)  # (example, 2, width)
        return self.head(F.relu(tokens + self.attention(tokens, tokens, tokens)).mean(dim=1))


# ── Our own blocks with a BERT's weights ──────────────────────────────────────────────────────────


class TextEncoder(nn.Module):
    """BERT out of lesson 03's blocks: every token looks at all others, before and after it.

    Tokens, places and kinds of sentence (here all of the first kind) are added and normed, then
    come blocks that norm after each sum. Source: Devlin et al. 2018, "BERT", arXiv:1810.04805.
    """

    def __init__(
        self, tokens: int, longest: int, width: int, depth: int, heads: int, hidden: int
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(tokens, width)
        self.position = nn.Parameter(0.02 * torch.randn(longest, width))
        self.norm = nn.LayerNorm(width)
        blocks = (EncoderBlock(width, heads, hidden, norm="post") for _ in range(depth))
        self.blocks = nn.ModuleList(blocks)

    def forward(self, texts: Tokens, mask: Tokens) -> Float[Tensor, "text token width"]:
        """Return a vector for each token; nobody looks at padding, where `mask` is 0."""
        x = self.norm(self.embedding(texts) + self.position[: texts.shape[1]])
        own = mask.bool().unsqueeze(1)  # (text, 1, token): the same for every query
        for block in self.blocks:
            x = block(x, own)
        return x


def bert_shaped(config: "BertConfig") -> TextEncoder:
    """Return an encoder of the shape of transformers' `BertModel(config)`, for its weights."""
    sizes = (config.vocab_size, config.max_position_embeddings, config.hidden_size)
    depth, heads = config.num_hidden_layers, config.num_attention_heads
    model = TextEncoder(*sizes, depth, heads, config.intermediate_size)
    for part in model.modules():
        if isinstance(part, nn.LayerNorm):
            part.eps = config.layer_norm_eps
    return model


BERT_NAMES = (
    (r"^embeddings\.word_embeddings", "embedding"),
    (r"^embeddings\.position_embeddings\.weight", "position"),
    (r"^embeddings\.LayerNorm", "norm"),
    (r"^encoder\.layer\.", "blocks."),
    (r"attention\.self\.(query|key|value)", r"attention.\1_projection"),
    (r"attention\.output\.dense", "attention.output_projection"),
    (r"attention\.output\.LayerNorm", "attention_norm"),
    (r"intermediate\.dense", "network.0"),
    (r"(?<!attention\.)output\.dense", "network.2"),
    (r"(?<!attention\.)output\.LayerNorm", "network_norm"),
)
"""What transformers calls a part of a BERT, and what we do."""


def from_transformers(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of transformers' `BertModel` under the names of `bert_shaped`'s model.

    The first kind of sentence is added to every place; the pooler and the numbers of the places
    are left out.
    """
    ours, kinds = {}, "embeddings.token_type_embeddings.weight"
    for name, tensor in weights.items():
        if name.startswith("pooler.") or name in (kinds, "embeddings.position_ids"):
            continue
        for theirs, new in BERT_NAMES:
            name = re.sub(theirs, new, name)
        ours[name] = tensor
    ours["position"] = ours["position"] + weights[kinds][0]
    return ours


# ── Two networks, or two layers, compared ─────────────────────────────────────────────────────────


def cka(x: Float[Tensor, "example one"], y: Float[Tensor, "example other"]) -> float:
    """Return the linear centred kernel alignment of two sets of features, from 0 to 1.

    `‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖)` for centred features: turning or scaling one of them changes nothing.
    Source: Kornblith et al. 2019, "Similarity of Neural Network Representations Revisited",
    arXiv:1905.00414, section 3.
    """
    x, y = (side - side.mean(dim=0) for side in (x.double(), y.double()))
    both, one, other = ((a.T @ b).norm() for a, b in ((y, x), (x, x), (y, y)))
    return (both**2 / (one * other)).item()


# ── The table ─────────────────────────────────────────────────────────────────────────────────────


def table_rows(results: Mapping[str, Any]) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Return the rows of the shipped table: by modality, way and labels a group, a score a seed.

    `results` is `data/results/transfer.json`. What the tower gives is read by a probe in closed
    form ("ridge"), by logistic regression and by the nearest neighbour; the rest by ridge alone.
    """
    probes, counts = results["probes"], [str(count) for count in results["probes"]["labels"]]
    rows: dict[str, dict[str, dict[str, list[float]]]] = {}
    for name in (
        name for name in probes if ", " in name and not name.startswith(("both", "saved"))
    ):
        modality, features = name.split(", ", 1)
        readers = ("ridge", "nearest", "logistic") if features == "tower" else ("ridge",)
        for reader in (reader for reader in readers if reader in probes[name][counts[0]]):
            row = f"{features}, {reader}" if len(readers) > 1 else features
            rows.setdefault(modality, {})[row] = {n: probes[name][n][reader] for n in counts}
    for way, row in results["fine-tuning"]["rows"].items():
        name = {"probe": "tower, probe by gradient", "scratch": "from scratch"}.get(way, way)
        rows["English name"][name] = {n: row[n]["accuracy"] for n in counts}
    joint = probes["both, trained"]
    rows["both"] = {
        "side by side, ridge": {n: probes["both, towers"][n]["ridge"] for n in counts},
        "without towers, ridge": {n: probes["both, cheap"][n]["ridge"] for n in counts},
        **{f"{way}, trained": {n: joint[way][n] for n in counts} for way in joint},
    }
    return rows


def probe_rows(results: Mapping[str, Any]) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Return the rows that read frozen features, of pictures and of English names."""
    rows, tuned = table_rows(results), results["fine-tuning"]["rows"]
    left_out = {*tuned, "from scratch", "tower, probe by gradient"}
    return {
        modality: {name: row for name, row in rows[modality].items() if name not in left_out}
        for modality in ("picture", "English name")
    }


def layer_lines(
    results: Mapping[str, Any], kind: str, questions: Sequence[str]
) -> dict[str, list[float]]:
    """Return what a probe scores on each layer, by question, of a trained and an untrained tower.

    In percent, means over seeds; `kind` is "name" or "picture".
    """
    names = [f"{question}, {state}" for question in questions for state in ("trained", "untrained")]
    seeds = {name: results["layers"][f"{kind}, {name}"] for name in names}
    return {name: (100 * torch.tensor(rows).mean(dim=0)).tolist() for name, rows in seeds.items()}


# ── Training ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class TransferRecipe(Recipe):
    """How a tower is fine-tuned: `learning_rate` is the head's."""

    rates: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """By way, what the tower's numbers get of the learning rate; one that is not named gets all."""


QUICK = TransferRecipe(steps=60, batch_size=16, learning_rate=3e-3, expect="About ten seconds.")
FULL = TransferRecipe(steps=400, batch_size=32, learning_rate=3e-3, expect="A minute on a GPU.")


def classification_loss(model: nn.Module, *batch: Tensor) -> Float[Tensor, ""]:
    """Return the cross-entropy; the last tensor of a batch holds the labels."""
    *inputs, labels = batch
    return F.cross_entropy(model(*inputs), labels)


def train(
    model: nn.Module, *examples: Tensor, recipe: Recipe = QUICK, tower: float = 1.0
) -> History:
    """Train a classifier in place on tensors whose last holds the labels; return what happened.

    `tower` is the tower's share of the learning rate.
    """
    seed_everything(recipe.seed)
    batches = Batches(*examples, batch_size=recipe.batch_size, seed=recipe.seed)
    rates = {"tower": tower} if hasattr(model, "tower") else {}
    return fit(model, batches, classification_loss, recipe, rates=rates)


def joint(
    fusion: str,
    sides: tuple[Float[Tensor, "example one"], Float[Tensor, "example other"]],
    labels: Int64[Tensor, " example"],
    split: Split,
    seed: int,
) -> float:
    """Train a classifier on two sides' features, five times QUICK's steps; return what it scores.

    Both sides are scaled by what the labelled examples show; their length is then about `LENGTH`.
    """
    labelled, _, test = split
    sides = tuple(LENGTH * Scaling.of(side[labelled])(side) for side in sides)
    seed_everything(seed)
    model = Joint((sides[0].shape[1], sides[1].shape[1]), int(labels.max()) + 1, fusion)
    recipe = replace(QUICK, seed=seed, steps=5 * QUICK.steps)
    train(model, *(side[labelled] for side in sides), labels[labelled], recipe=recipe)
    return right(predict(model, *(side[test] for side in sides)), labels[test])


def tuned(
    way: str,
    tower: "BertModel",
    rate: float,
    examples: tuple[Tokens, Tokens, Int64[Tensor, " text"]],
    split: Split,
    recipe: Recipe = QUICK,
    seed: int = 0,
) -> tuple[int, float]:
    """Fine-tune a copy of a tower; return how many numbers learn, and the score on the test.

    `way` as in `adapted`; `rate` is the tower's share of the learning rate; `examples` are tokens,
    masks and labels of all texts.
    """
    seed_everything(seed)
    labelled, _, test = split
    tokens, mask, labels = examples
    model = TextClassifier(adapted(tower, way), int(labels.max()) + 1, tower.config.hidden_size)
    learn = (part[labelled] for part in examples)
    train(model, *learn, recipe=replace(recipe, seed=seed), tower=rate)
    return trained(model), right(predict(model, tokens[test], mask[test]), labels[test])
