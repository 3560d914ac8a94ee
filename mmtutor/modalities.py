"""What must be true of text, pictures, sound and video before one model can read them (lesson 05).

The pipelines that it derives lie in `mmtutor.pipelines`, for all lessons. Here are the one for byte
pairs, known signals, and the two laboratories: what a mistake in preparing costs, and by how much
a sound is late.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from statistics import mean
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Float64, Int64, Shaped, UInt8
from torch import Tensor, nn

from mmtutor.datasets import bugs, spectrograms, spoken
from mmtutor.datasets.bugs import Bug, orders
from mmtutor.datasets.films import FRAME_RATE, Films, make_films
from mmtutor.datasets.films import KINDS as FILM_KINDS
from mmtutor.datasets.paired import RULES, Pairs, Setting, make_pairs
from mmtutor.datasets.scenes import ANSWERS, COLOURS, KINDS, ROWS, SIDE, make_scenes
from mmtutor.datasets.shipped import shipped
from mmtutor.gpt import BYTES, Merge, byte_pair_encode
from mmtutor.pipelines import (
    FIRST,
    LOUDEST,
    PADDING,
    STRANGER,
    ClipPipeline,
    PicturePipeline,
    Pipeline,
    SoundPipeline,
    WordPipeline,
    padded,
    require_side,
)
from mmtutor.pipelines import channel_statistics as channel_statistics
from mmtutor.pipelines import described as described
from mmtutor.pipelines import middle as middle
from mmtutor.pipelines import overlap_add as overlap_add
from mmtutor.pipelines import require_prepared as require_prepared
from mmtutor.training import Batches, Recipe, fit, predict, seed_everything
from mmtutor.transformer import EncoderBlock

if TYPE_CHECKING:
    from mmtutor.plots import BugCase, Cost, Scores

# ── Text ──────────────────────────────────────────────────────────────────────────────────────────

END = 1
"""The number that a BytePairPipeline puts behind a text: nothing is unknown to it."""


@dataclass(frozen=True)
class BytePairPipeline(Pipeline):
    """Texts to numbers of byte pairs; 0 is padding, 1 ends a text. Nothing is unknown, none lost.

    `merges` are those of lesson 03's `byte_pair_merges`. A special number never comes from a text:
    what a user types is bytes, whatever it says.
    """

    steps = "UTF-8; GPT-2 words; merges in their order; 0 pads, 1 ends"

    merges: tuple[Merge, ...]
    side: str = "right"

    def __post_init__(self) -> None:
        """Raise ValueError for a side that is none."""
        require_side(self.side)

    @cached_property
    def tokens(self) -> tuple[bytes, ...]:
        """Every token: the bytes as GPT-2 orders them, then what the merges made, once each."""
        return tuple(dict.fromkeys([*BYTES, *(first + second for first, second in self.merges)]))

    @cached_property
    def numbers(self) -> dict[bytes, int]:
        """The number of every token."""
        return {token: number for number, token in enumerate(self.tokens, FIRST)}

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a text's tokens.

        Raises ValueError for half of a surrogate pair, which is no character.
        """
        if half := re.search("[\ud800-\udfff]", text):
            raise ValueError(
                f"character {half.start()} (counted from 0) is half of a surrogate pair, which "
                "stands for nothing: the text was cut, or decoded wrongly, before it came here"
            )
        return [self.numbers[token] for token in byte_pair_encode(text, self.merges)]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of some tokens; special numbers are left out.

        All bytes are joined first: a character may be spread over several tokens.
        """
        joined = b"".join(self.tokens[number - FIRST] for number in ids if number >= FIRST)
        return joined.decode(errors="replace")

    def prepare(self, texts: Sequence[str]) -> Int64[Tensor, "text token"]:
        """Return one row of numbers for each text, as long as the longest and its end."""
        rows = [[*self.encode(text), END] for text in texts]
        return padded(rows, max(map(len, rows), default=0), self.side)

    def restore(self, ids: Int64[Tensor, "text token"]) -> list[str]:
        """Return the texts, every character of them."""
        return [self.decode(row) for row in ids.tolist()]

    def mask(self, ids: Int64[Tensor, "text token"]) -> Bool[Tensor, "text token"]:
        """Say which tokens are real: True where it is not padding."""
        return ids != PADDING


def code_points(text: str) -> list[tuple[str, str, str]]:
    """Return the number of every code point, its name in Unicode, and its bytes in UTF-8."""
    return [
        (f"U+{ord(point):04X}", unicodedata.name(point, "no name"), point.encode().hex(" "))
        for point in text
    ]


def longest_first(text: str, tokens: Collection[bytes]) -> list[bytes]:
    """Cut a text into the longest known tokens, from the left: what byte-pair encoding is *not*."""
    rest, found = text.encode(), []
    while rest:
        size = next(n for n in range(len(rest), 0, -1) if n == 1 or rest[:n] in tokens)
        found.append(rest[:size])
        rest = rest[size:]
    return found


IN_CHINESE = {
    "red": "红色", "orange": "橙色", "green": "绿色",
    "blue": "蓝色", "purple": "紫色", "black": "黑色",
    "umbrella": "一把{}的伞", "star": "一颗{}的星", "heart": "一颗{}的心", "anchor": "一只{}的锚",
    "flower": "一朵{}的花", "airplane": "一架{}的飞机", "face": "一张{}的脸", "sun": "一个{}的太阳",
    "castle": "一座{}的城堡", "horse": "一匹{}的马", "flag": "一面{}的旗", "crown": "一顶{}的王冠",
}  # fmt: skip
"""The colours and the kinds of scenes, with the measure word of each kind."""


def in_chinese(objects: Sequence[str]) -> str:
    """Say in Chinese what stands in a scene, as in ["green umbrella", "orange star"]."""
    pairs = [name.split() for name in objects]
    named = [IN_CHINESE[kind].format(IN_CHINESE[colour]) for colour, kind in pairs]
    return "和".join(filter(None, ["、".join(named[:-1]), named[-1]]))


# ── Pictures ──────────────────────────────────────────────────────────────────────────────────────


def squeezed(
    planes: Float[Tensor, "picture channel height width"], side: int
) -> Float[Tensor, "picture channel {side} {side}"]:
    """Bring both edges to `side`, whatever their ratio: nothing is cut, and circles become eggs."""
    return F.interpolate(planes, (side, side), mode="bilinear", antialias=True)


def letterboxed(
    planes: Float[Tensor, "picture channel height width"], side: int, paper: float = 1.0
) -> Float[Tensor, "picture channel {side} {side}"]:
    """Bring the longer edge to `side` and fill up with `paper`: nothing is cut or squeezed."""
    height, width = planes.shape[-2:]
    rows, columns = (edge * side // max(height, width) for edge in (height, width))
    small = F.interpolate(planes, (rows, columns), mode="bilinear", antialias=True)
    top, left = (side - rows) // 2, (side - columns) // 2
    around = (left, side - columns - left, top, side - rows - top)
    return F.pad(small, around, value=paper)


def flipped_boxes(boxes: Int64[Tensor, "*any 4"], down: bool) -> Int64[Tensor, "*any 4"]:
    """Return where boxes (left, top, right, bottom) lie after a scene is flipped.

    Flipped upside down if `down`, else as in a mirror.
    """
    left, top, right, bottom = boxes.unbind(-1)
    if down:
        return torch.stack([left, SIDE - bottom, right, SIDE - top], dim=-1)
    return torch.stack([SIDE - right, top, SIDE - left, bottom], dim=-1)


def facts(
    colours: Int64[Tensor, "scene slot"], boxes: Int64[Tensor, "scene slot 4"]
) -> dict[str, Int64[Tensor, " scene"]]:
    """Return four labels of every scene, all about its first two objects, A and B."""
    middle = boxes[..., :2] + boxes[..., 2:]  # twice the middle: across, down
    before = (middle[:, 0] < middle[:, 1]).long()
    third = (middle[:, 0, 1] * 3 // (2 * SIDE)).clamp(max=2)
    named = {"colour of A": colours[:, 0], "row of A": third}
    return named | {"A is left of B": before[:, 0], "A is above B": before[:, 1]}


# ── Sound ─────────────────────────────────────────────────────────────────────────────────────────


def sine(
    hertz: float | int, seconds: float | int, rate: int, loud: float = 0.5
) -> Float64[Tensor, " sample"]:
    """Return a pure tone, `rate` samples a second, that swings from -loud to loud."""
    time = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    return loud * (2 * torch.pi * hertz * time).sin()


def rising(highest: float | int, seconds: float | int, rate: int) -> Float64[Tensor, " sample"]:
    """Return a tone that rises evenly from 0 to `highest` hertz."""
    time = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    return 0.5 * (torch.pi * highest * time**2 / seconds).sin()


def folded(hertz: float | int, rate: int) -> float | int:
    """Return the pitch that is heard where `hertz` is sampled `rate` times a second.

    Below half the rate nothing changes; above it, the pitch comes down again (aliasing).
    """
    return abs((hertz + rate / 2) % rate - rate / 2)


def decibels(amplitude: Float[Tensor, "*any"], floor: float = 1e-20) -> Float[Tensor, "*any"]:
    """Return 20 times the decimal logarithm; nothing is quieter than `floor`."""
    return 20 * amplitude.clamp(min=floor).log10()


# ── Video ─────────────────────────────────────────────────────────────────────────────────────────


def wheel(turns: Float[Tensor, " frame"], side: int = 48) -> UInt8[Tensor, "frame {side} {side} 1"]:
    """Draw a wheel with one spoke: up at 0 turns, to the right after a quarter of one."""
    place = torch.arange(side) - (side - 1) / 2
    down, across = place.view(-1, 1) * 2 / side, place * 2 / side  # from -1 to 1
    angle = (turns * 2 * torch.pi).view(-1, 1, 1)
    along = across * angle.sin() - down * angle.cos()  # how far out on the spoke
    beside = across * angle.cos() + down * angle.sin()  # how far from the spoke's line
    spoke = (along > 0) & (along < 0.8) & (beside.abs() < 0.09)
    rim = ((across**2 + down**2).sqrt() - 0.85).abs() < 0.07
    return (255 * ~(spoke | rim)).to(torch.uint8).unsqueeze(-1)


# ── What a bug costs ──────────────────────────────────────────────────────────────────────────────


class Reader(nn.Module):
    """Answer several questions about one example, each with a layer of its own."""

    def __init__(self, body: nn.Module, width: int, sizes: Sequence[int]) -> None:
        """`body` turns examples into `width` numbers; `sizes` is how many answers each has."""
        super().__init__()
        self.body, self.sizes = body, tuple(sizes)
        self.answer = nn.ModuleList(nn.Linear(width, size) for size in sizes)

    def forward(
        self, examples: Shaped[Tensor, "example ..."]
    ) -> Float[Tensor, "example question answer"]:
        """Return a score for every answer; minus infinity where a question has fewer."""
        seen, most = self.body(examples), max(self.sizes)
        rows = [
            F.pad(layer(seen), (0, most - layer.out_features), value=-torch.inf)
            for layer in self.answer
        ]
        return torch.stack(rows, dim=1)


def picture_reader(sizes: Sequence[int]) -> Reader:
    """Return a reader of pictures of 32 × 32 pixels: three convolutions, then one layer."""
    layers: list[nn.Module] = []
    for inside, outside in ((3, 32), (32, 32), (32, 64)):
        layers += [nn.Conv2d(inside, outside, 3, stride=2, padding=1), nn.ReLU()]
    layers += [nn.Flatten(), nn.Linear(64 * 4 * 4, 128), nn.ReLU()]
    return Reader(nn.Sequential(*layers), 128, sizes)


def sound_reader(sizes: Sequence[int], norm: bool = False) -> Reader:
    """Return a reader of log-mel pictures of 19 × 20: two layers.

    With `norm`, each sound is first brought to mean 0 and deviation 1, whatever it had.
    """
    numbers = FRAMES * spectrograms.BANDS
    first = nn.LayerNorm(numbers, elementwise_affine=False) if norm else nn.Identity()
    layers = (nn.Linear(numbers, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
    return Reader(nn.Sequential(nn.Flatten(), first, *layers), 64, sizes)


def text_reader(sizes: Sequence[int], positions: bool = True) -> Reader:
    """Return a reader of orders: two blocks of lesson 02; without `positions`, a bag of words."""
    return Reader(TextBody(len(orders.WORDS) + FIRST, 48, positions), 48, sizes)


class TextBody(nn.Module):
    """Turn a text into one vector: word and position, two encoder blocks, the mean of the words."""

    def __init__(self, words: int, width: int, positions: bool) -> None:
        super().__init__()
        self.word = nn.Embedding(words, width)
        place = positions * torch.randn(TEXT_LENGTH, width)
        self.position = nn.Parameter(place, requires_grad=positions)
        self.blocks = nn.ModuleList(EncoderBlock(width, heads=4) for _ in range(2))
        self.norm = nn.LayerNorm(width)

    def forward(self, ids: Int64[Tensor, "text token"]) -> Float[Tensor, "text width"]:
        """Return one vector a text; padding has no say."""
        real = ids != PADDING
        x = self.word(ids) + self.position
        for block in self.blocks:
            x = block(x, real.unsqueeze(1))
        total = self.norm(x).masked_fill(~real.unsqueeze(-1), 0.0).sum(dim=1)
        return total / real.sum(dim=1, keepdim=True).clamp(min=1)


FRAMES = (spoken.SAMPLES - spectrograms.WINDOW) // spectrograms.HOP + 1
"""Frames of every spoken digit."""
TEXT_LENGTH = 20
"""Tokens of every order: the longest has 14."""
PICTURES = PicturePipeline(32, (0.979, 0.976, 0.976), (0.070, 0.078, 0.080))
SOUNDS = SoundPipeline(
    spectrograms.RATE,
    spectrograms.WINDOW,
    spectrograms.HOP,
    spectrograms.BANDS,
    mean=-3.9,
    deviation=6.4,
)
ORDERS = WordPipeline(orders.WORDS, TEXT_LENGTH)
"""The pipelines of the three tasks; means and deviations are those of what is learnt from."""

PICTURE_RECIPE = Recipe(
    steps=900,
    batch_size=64,
    learning_rate=3e-3,
    expect="Expect 97 % of the kinds and all colours and rows after about 10 seconds.",
)
SOUND_RECIPE = Recipe(
    steps=300,
    batch_size=64,
    learning_rate=3e-3,
    expect="Expect 96 % of the digits after a second.",
)
TEXT_RECIPE = Recipe(
    steps=500,
    batch_size=64,
    learning_rate=5e-3,
    expect="Expect nearly all orders right after about 10 seconds.",
)


@dataclass(frozen=True, eq=False)
class Task:
    """Raw examples to learn from and unseen ones, what is asked of them, and who is to read them.

    Args:
        pipeline: the right preparation.
        bugs: by name, what can go wrong.
        answers: by question, its possible answers.
        learn, unseen: raw examples.
        learn_labels, unseen_labels: the places of the right answers.
        reader: makes a new model, given how many answers each question has.
        recipe: how it is trained.
    """

    pipeline: Pipeline
    bugs: Mapping[str, Bug]
    answers: Mapping[str, Sequence[str]]
    learn: Any
    unseen: Any
    learn_labels: Int64[Tensor, "example question"]
    unseen_labels: Int64[Tensor, "unseen question"]
    reader: Callable[[Sequence[int]], Reader]
    recipe: Recipe

    @property
    def chance(self) -> dict[str, float]:
        """How often somebody is right who guesses: by question."""
        return {question: 1 / len(names) for question, names in self.answers.items()}


def picture_task(count: int = 6000, unseen: int = 1000) -> Task:
    """Which thing, in which colour, in which row? Scenes with one object, as cameras give them."""
    answers = {"kind": [*KINDS][:6], "colour": [*COLOURS], "row": ROWS}
    learn, learn_labels = one_object(count, seed=1)
    new, new_labels = one_object(unseen, seed=1001)
    return Task(
        PICTURES,
        bugs.pictures.BUGS,
        answers,
        learn,
        new,
        learn_labels,
        new_labels,
        picture_reader,
        PICTURE_RECIPE,
    )


def one_object(
    count: int, seed: int
) -> tuple[UInt8[Tensor, "picture 64 64 3"], Int64[Tensor, "picture 3"]]:
    """Draw scenes with one object; return pictures, channels last, and kind, colour and row."""
    options = {"kinds": 6, "objects": (1, 1), "questions": ("row",), "pairs": "all"}
    scenes = make_scenes(count, seed=seed, **options)
    rows = scenes.answers - ANSWERS.index(ROWS[0])
    labels = torch.stack([scenes.kinds[:, 0], scenes.colours[:, 0], rows], dim=1)
    return scenes.pictures.permute(0, 2, 3, 1).contiguous(), labels


def sound_task() -> Task:
    """Which digit is spoken? The voices of the unseen examples are unheard, too."""
    data = spoken.load_spoken()
    learn, new = spoken.split(data)
    labels = data.digits.unsqueeze(1)
    return Task(
        SOUNDS,
        bugs.sounds.BUGS,
        {"digit": data.words},
        data.samples[learn],
        data.samples[new],
        labels[learn],
        labels[new],
        sound_reader,
        SOUND_RECIPE,
    )


def text_task(count: int = 6000, unseen: int = 1000) -> Task:
    """Which of two things is wanted? Orders, as somebody types them."""
    learn = orders.make_orders(count, seed=1)
    new = orders.make_orders(unseen, seed=1001, test=True)
    return Task(
        ORDERS,
        bugs.texts.BUGS,
        {"thing": orders.THINGS},
        learn.texts,
        new.texts,
        learn.wanted.unsqueeze(1),
        new.wanted.unsqueeze(1),
        text_reader,
        TEXT_RECIPE,
    )


def reader_loss(
    reader: nn.Module,
    examples: Shaped[Tensor, "example ..."],
    labels: Int64[Tensor, "example question"],
) -> Float[Tensor, ""]:
    """Return the cross-entropy of the right answers in nats, averaged over questions."""
    return F.cross_entropy(reader(examples).flatten(0, 1), labels.flatten())


def new_reader(task: Task, seed: int = 0) -> Reader:
    """Return an untrained reader for a task."""
    seed_everything(seed)
    return task.reader([len(names) for names in task.answers.values()])


def train_reader(
    task: Task, bug: Bug = bugs.right, seed: int = 0, reader: Reader | None = None
) -> Reader:
    """Train a reader, by default a new one, on a task's examples, prepared with or without a bug.

    Raises NotFinite where the bug makes infinite numbers.
    """
    reader = reader or new_reader(task, seed)
    recipe = replace(task.recipe, seed=seed)
    data = (bug(task.pipeline, task.learn), task.learn_labels)
    batches = Batches(*data, batch_size=recipe.batch_size, seed=seed)
    fit(reader, batches, reader_loss, recipe, every=recipe.steps)
    return reader


def shares_right(reader: Reader, task: Task, bug: Bug = bugs.right) -> dict[str, float]:
    """Return how often a reader is right about unseen examples, by question."""
    said = predict(reader, bug(task.pipeline, task.unseen)).argmax(dim=-1)
    right = (said == task.unseen_labels).float().mean(dim=0)
    return dict(zip(task.answers, right.tolist(), strict=True))


def shares_by_answer(
    reader: Reader, task: Task, question: str, bug: Bug = bugs.right
) -> dict[str, float]:
    """Return how often a reader is right about the unseen examples that have each answer."""
    number = list(task.answers).index(question)
    said = predict(reader, bug(task.pipeline, task.unseen))[:, number].argmax(dim=-1)
    true = task.unseen_labels[:, number]
    right = (said == true).float()
    return {name: right[true == i].mean().item() for i, name in enumerate(task.answers[question])}


def nearest_right(task: Task) -> dict[str, float]:
    """Return how often a lookup is right about unseen examples, by question: nothing is trained.

    Each gets the answers of the nearest example to learn from, both prepared right.
    """
    learn, unseen = (task.pipeline.prepare(raw).flatten(1) for raw in (task.learn, task.unseen))
    said = task.learn_labels[torch.cdist(unseen.float(), learn.float()).argmin(dim=1)]
    right = (said == task.unseen_labels).float().mean(dim=0)
    return dict(zip(task.answers, right.tolist(), strict=True))


def bug_table(reader: Reader, task: Task) -> dict[str, dict[str, float]]:
    """Return by preparation and question how often a reader is right; the right one comes first.

    Nothing is trained: one reader is shown the same unseen examples, prepared in each way.
    """
    ways = {"right": bugs.right, **task.bugs}
    return {name: shares_right(reader, task, bug) for name, bug in ways.items()}


def silent(right: Sequence[Mapping[str, float]], bugged: Sequence[Mapping[str, float]]) -> bool:
    """Say whether somebody who looks at the score would miss a bug: no question loses 3 points.

    Both are shares right by question, one row for each seed; the loss is that of the means.
    """
    from mmtutor.plots.bench import SILENT

    return all(
        mean(row[question] for row in right) - mean(row[question] for row in bugged) < SILENT
        for question in right[0]
    )


def by_seed(shares: Mapping[str, Sequence[float]]) -> list[dict[str, float]]:
    """Turn a list of seeds for every question into a row of questions for every seed."""
    return [dict(zip(shares, row, strict=True)) for row in zip(*shares.values(), strict=True)]


RESULTS = "results/modalities.json"
"""Where the program `data/results/make_modalities.py` keeps what it found."""


def bug_results() -> dict[str, Any]:
    """Return what the program found: by part, name and metric a number for every seed."""
    return json.loads(shipped(RESULTS).read_text(encoding="utf-8"))


def costs(results: Mapping[str, Any], modality: str) -> list["Cost"]:
    """Return what each bug costs at test and in both, of the question that loses most at test.

    The first is that without a bug.
    """
    from mmtutor.plots import Cost

    at_test, in_both = (results[f"{modality}, {where}"] for where in ("at test", "in both"))
    rows = []
    for name, shares in at_test.items():
        question = min(shares, key=lambda q: mean(shares[q]) - mean(at_test["right"][q]))
        silence = (is_silent(at_test, name), is_silent(in_both, name))
        rows.append(Cost(name, question, shares[question], in_both[name][question], silence))
    return rows


def is_silent(found: Mapping[str, Mapping[str, Sequence[float]]], name: str) -> bool:
    """Say whether this bug is silent, beside the right preparation of the same results."""
    return silent(by_seed(found["right"]), by_seed(found[name]))


# ── The bench of bugs ─────────────────────────────────────────────────────────────────────────────


def bug_cases(
    tasks: Mapping[str, Task], readers: Mapping[str, Reader], places: Mapping[str, int]
) -> list["BugCase"]:
    """Return what `widgets.BugBench` shows: every bug, on one unseen example of each modality.

    `readers` say what they read in that example; the shares are the shipped ones, means over seeds.
    `places` says which example it is.
    """
    results = bug_results()
    return [
        bug_case(modality, name, bug, tasks[modality], readers[modality], places[modality], results)
        for modality in tasks
        for name, bug in tasks[modality].bugs.items()
    ]


def bug_case(
    modality: str,
    name: str,
    bug: Bug,
    task: Task,
    reader: Reader,
    place: int,
    results: Mapping[str, Any],
) -> "BugCase":
    """Return what the bench shows of one bug."""
    from mmtutor.plots import BugCase

    raw = task.unseen[place : place + 1]
    right, bugged = task.pipeline.prepare(raw), bug(task.pipeline, raw)
    return BugCase(
        modality=modality,
        name=name,
        says=bugs.sentence(bug),
        right=made_visible(task, right),
        bugged=made_visible(task, bugged),
        scores=bench_scores(results, modality, name, task.chance),
        said=answers_in_words(reader, task, bugged),
    )


def made_visible(task: Task, prepared: Shaped[Tensor, "1 ..."]) -> Any:
    """Return one prepared example as the bench shows it: a tensor, or a text's tokens."""
    if isinstance(task.pipeline, WordPipeline):
        names = ("·", STRANGER, *task.pipeline.words)
        return [names[number] for number in prepared[0].tolist()]
    return prepared[0]


def every_way(
    task: Task, reader: Reader, place: int
) -> tuple[dict[str, Shaped[Tensor, "..."]], dict[str, str]]:
    """Return by preparation what a reader gets of one example, restored, and what it says.

    Under what it says stands the reach of the numbers that it got.
    """
    raw, restored, said = task.unseen[place : place + 1], {}, {}
    for name, bug in {"right": bugs.right, **task.bugs}.items():
        prepared = bug(task.pipeline, raw)
        restored[name] = task.pipeline.restore(prepared)[0]
        said[name] = f"{answers_in_words(reader, task, prepared)}\n{reach(prepared)}"
    return restored, said


def reach(numbers: Shaped[Tensor, "..."]) -> str:
    """Write the smallest and the largest of some numbers, as in "−2.1 to 3.0"."""
    low, high = (f"{value:.1f}".replace("-", "−") for value in (numbers.min(), numbers.max()))
    return f"{low} to {high}"


def answers_in_words(reader: Reader, task: Task, prepared: Shaped[Tensor, "1 ..."]) -> str:
    """Return what a reader answers about one prepared example, such as "star, red, top"."""
    chosen = predict(reader, prepared)[0].argmax(dim=-1).tolist()
    return ", ".join(names[i] for names, i in zip(task.answers.values(), chosen, strict=True))


def bench_scores(
    results: Mapping[str, Any], modality: str, name: str, chance: Mapping[str, float]
) -> dict[str, "Scores"]:
    """Return the shipped shares of one bug by question: right, at test, in both; and chance."""
    from mmtutor.plots import Scores

    at_test, in_both = (results[f"{modality}, {where}"] for where in ("at test", "in both"))
    return {
        question: Scores(
            chance=chance[question],
            right=mean(at_test["right"][question]),
            test_only=mean(at_test[name][question]),
            alike=mean(in_both[name][question]),
        )
        for question in chance
    }


# ── Alignment in time ─────────────────────────────────────────────────────────────────────────────

STEPS_A_SECOND = 100
"""Picture and sound are compared at so many moments a second: one every 10 milliseconds."""
LONGEST = 40
"""The longest lag that is looked for, in steps: 400 milliseconds."""
SYNC_PICTURES = PicturePipeline(16, (0.25,), (0.15,))
SYNC_SOUNDS = SoundPipeline(spectrograms.RATE, 160, 80, 8, mean=-6.0, deviation=3.0)
"""How films are prepared: every frame, and a log-mel frame every 10 milliseconds."""


def resample_in_time(
    values: Float[Tensor, "film moment feature"], moments: int
) -> Float[Tensor, "film {moments} feature"]:
    """Bring what was measured at some moments to more or fewer, evenly spread over the same time.

    Fewer are each the mean of those that they stand for, so that nothing between two is lost;
    more lie on the straight line between the nearest two.
    """
    rows = values.transpose(1, 2)
    if moments <= rows.shape[2]:
        return F.adaptive_avg_pool1d(rows, moments).transpose(1, 2)
    return F.interpolate(rows, moments, mode="linear").transpose(1, 2)


def match_by_shift(
    picture: Float[Tensor, "film moment feature"],
    sound: Float[Tensor, "film moment feature"],
    longest: int = LONGEST,
) -> Float[Tensor, "film shift"]:
    """Return how well both match if the sound is late by -`longest` to `longest` steps.

    `Σ_t picture[t] · sound[t + shift]`, a cross-correlation, over the middle of the picture: the
    `longest` moments at both ends are left out, so that every shift compares as many moments.
    """
    inner = picture[:, longest:-longest]
    windows = sound.unfold(1, inner.shape[1], 1)  # (film, shift, feature, moment)
    return torch.einsum("ftn,fsnt->fs", inner, windows) / inner.shape[1]


def best_lag(matches: Float[Tensor, "film shift"]) -> Float[Tensor, " film"]:
    """Return the lag of the best match in milliseconds; positive where the sound is late.

    Finer than a step: the top of the parabola through the best match and its two neighbours.
    """
    middle = matches.shape[1] // 2
    best = matches[:, 1:-1].argmax(dim=1, keepdim=True) + 1
    before, at, after = (matches.gather(1, best + side)[:, 0] for side in (-1, 0, 1))
    bend = (2 * at - before - after).clamp(min=1e-12)
    shift = best[:, 0] - middle + ((after - before) / (2 * bend)).clamp(-0.5, 0.5)
    return shift * 1000 / STEPS_A_SECOND


def loudness(films: Films) -> Float[Tensor, "film moment 1"]:
    """Return the logarithm of the sound's power, every 10 milliseconds, standardised by film."""
    pieces = films.waves.float().unfold(1, *2 * [spectrograms.RATE // STEPS_A_SECOND])
    return standardised((pieces / LOUDEST).square().mean(dim=2, keepdim=True).add(1e-5).log())


def standardised(values: Float[Tensor, "film moment 1"]) -> Float[Tensor, "film moment 1"]:
    """Bring each film's values to mean 0 and deviation 1."""
    values = values - values.mean(dim=1, keepdim=True)
    return values / values.std(dim=1, keepdim=True).clamp(min=1e-6)


def brightness(films: Films) -> Float[Tensor, "film frame 1"]:
    """Return the mean of each frame's pixels."""
    return films.frames.float().mean(dim=(2, 3))


def motion(films: Films) -> Float[Tensor, "film frame 1"]:
    """Return by how much the pixels change from the frame before, on average; 0 at first."""
    pixels = films.frames.float()
    return F.pad((pixels[:, 1:] - pixels[:, :-1]).abs().mean(dim=(2, 3)), (0, 0, 1, 0))


def lowness(films: Films) -> Float[Tensor, "film frame 1"]:
    """Return in which row the light is on average, counted from the top: that of the ball.

    Dark pixels hardly count: light is the square of what a pixel has above the film's darkest.
    """
    pixels = films.frames[..., 0].float()
    light = (pixels - pixels.amin(dim=(1, 2, 3), keepdim=True)) ** 2
    row = torch.arange(pixels.shape[2]).view(-1, 1)
    return ((light * row).sum(dim=(2, 3)) / light.sum(dim=(2, 3)).clamp(min=1e-6)).unsqueeze(-1)


def on_the_floor(films: Films) -> Float[Tensor, "film frame 1"]:
    """Return lowness above its mean, to the third power: only what is quite low counts."""
    return standardised(lowness(films)).clamp(min=0) ** 3


BY_HAND = {
    "brightness": brightness,
    "motion": motion,
    "lowness": lowness,
    "on the floor": on_the_floor,
}
"""What somebody may measure in a frame who thinks that it goes with loudness."""


def matches_by_hand(films: Films, measure: Callable[[Films], Tensor]) -> Float[Tensor, "film 81"]:
    """Return the cross-correlation of one number a frame with the loudness."""
    heard = loudness(films)
    seen = resample_in_time(standardised(measure(films)), heard.shape[1])
    return match_by_shift(seen, heard)


class SyncTowers(nn.Module):
    """Do picture and sound belong together? Two towers, and the match of what they make.

    Each tower turns every moment into a direction; where the two agree, something is seen and heard
    at once. After Chung & Zisserman 2016, "Out of time: automated lip sync in the wild".
    """

    def __init__(self, width: int = 32, features: int = 16) -> None:
        super().__init__()
        pixels, steps = SYNC_PICTURES.side**2, STEPS_A_SECOND // FRAME_RATE
        self.frame = nn.Linear(pixels, width)
        self.picture = nn.Sequential(
            nn.Conv1d(width, width, 5, padding=2),
            nn.ReLU(),
            nn.Conv1d(width, steps * features, 5, padding=2),
        )
        self.sound = nn.Sequential(
            nn.Conv1d(SYNC_SOUNDS.bands, width, 5, padding=2),
            nn.ReLU(),
            nn.Conv1d(width, features, 5, padding=2),
        )
        self.sharpness = nn.Parameter(torch.tensor(4.0))

    def seen(
        self, clips: Float[Tensor, "film frame 1 side side"]
    ) -> Float[Tensor, "film moment feature"]:
        """Return a direction every 10 milliseconds: each frame gives four."""
        rows = self.picture(self.frame(clips.flatten(2)).relu().transpose(1, 2))
        moments = rows.transpose(1, 2).unflatten(2, (STEPS_A_SECOND // FRAME_RATE, -1))
        return F.normalize(moments.flatten(1, 2), dim=-1)

    def heard(
        self, mels: Float[Tensor, "film moment band"]
    ) -> Float[Tensor, "film moment feature"]:
        """Return a direction every 10 milliseconds."""
        return F.normalize(self.sound(mels.transpose(1, 2)).transpose(1, 2), dim=-1)

    def forward(
        self,
        clips: Float[Tensor, "film frame 1 side side"],
        mels: Float[Tensor, "film moment band"],
    ) -> Float[Tensor, "film 81"]:
        """Return a score for every shift from -400 to 400 milliseconds."""
        return self.sharpness.exp() * match_by_shift(self.seen(clips), self.heard(mels))


def sync_inputs(films: Films) -> tuple[Float[Tensor, "film frame 1 side side"], Tensor]:
    """Return frames and log-mel frames as the towers read them, four of these for each frame."""
    clips = ClipPipeline(SYNC_PICTURES, rate=FRAME_RATE).prepare(films.frames)
    edge = (SYNC_SOUNDS.window - SYNC_SOUNDS.hop) // 2  # so that a window's middle is its moment
    return clips, SYNC_SOUNDS.prepare(F.pad(films.waves, (edge, edge)))


def sync_loss(
    towers: nn.Module,
    clips: Float[Tensor, "film frame 1 side side"],
    mels: Float[Tensor, "film moment band"],
) -> Float[Tensor, ""]:
    """Return the cross-entropy of "they belong together as they are", in nats.

    The films must be in time. Every other shift of the same film is an example of what does not
    belong together: nobody has to say by how much any film is late.
    """
    scores = towers(clips, mels)
    return F.cross_entropy(scores, torch.full((len(scores),), LONGEST, device=scores.device))


SYNC = Recipe(
    steps=200,
    batch_size=16,
    learning_rate=4e-3,
    expect="Expect a mean error of a few milliseconds after about 8 seconds.",
)


def train_towers(kinds: Sequence[str], seed: int = 0, count: int = 3000) -> SyncTowers:
    """Train towers on films that are in time, `count` in all, as many of each kind."""
    parts = [sync_inputs(in_time(kind, count // len(kinds))) for kind in kinds]
    clips, mels = (torch.cat(some) for some in zip(*parts, strict=True))
    seed_everything(seed)
    towers = SyncTowers()
    batches = Batches(clips, mels, batch_size=SYNC.batch_size, seed=seed)
    fit(towers, batches, sync_loss, replace(SYNC, seed=seed), every=SYNC.steps)
    return towers


def in_time(kind: str, count: int) -> Films:
    """Return films to learn from, whose sound is not late."""
    return make_films(count, seed=1, kind=kind, longest_lag=0)


def lags_by_hand(films: Films, measure: Callable[[Films], Tensor]) -> Float[Tensor, " film"]:
    """Return each film's lag by one measure, in milliseconds.

    What it says of films of the same kind that are in time, in the median, is its zero.
    """
    zero = best_lag(matches_by_hand(in_time(films.kind, 400), measure)).median()
    return best_lag(matches_by_hand(films, measure)) - zero


def lags_by_towers(films: Films, towers: SyncTowers) -> Float[Tensor, " film"]:
    """Return each film's lag by two towers, in milliseconds."""
    return best_lag(predict(towers, *sync_inputs(films)))


def errors(found: Float[Tensor, " film"], films: Films) -> dict[str, float]:
    """Return the mean error in milliseconds, and the share that is off by 20 at most."""
    off = (found - films.lags).abs()
    return {"mean error": off.mean().item(), "within 20 ms": (off <= 20).float().mean().item()}


def lag_table(results: Mapping[str, Any]) -> str:
    """Return a line for every method: mean error in milliseconds and share within 20, by kind.

    Those of towers are means over seeds; hand methods, and to say 0 always, have no seeds.
    """
    rows = {**results["lags by hand"], **results["lags by towers"]}
    lines = [f"{'':32}" + "".join(f"{kind:>16}" for kind in FILM_KINDS)]
    for name, found in rows.items():
        pairs = [
            [mean(found[f"{kind}: {what}"]) for what in ("mean error", "within 20 ms")]
            for kind in FILM_KINDS
        ]
        cells = [f"{off:.0f} ms, {near:.0%}" for off, near in pairs]
        lines.append(f"{name:32}" + "".join(f"{cell:>16}" for cell in cells))
    return "\n".join(lines)


# ── Scales and missing pieces ─────────────────────────────────────────────────────────────────────

SCALES = Recipe(steps=150, batch_size=64, learning_rate=5e-3)


@cache
def halves(test: bool) -> Pairs:
    """Return pairs of digits, one seen and one heard; each alone gives half of the label."""
    return make_pairs(Setting(rule=RULES["complementary"]), 2000 if test else 4000, test=test)


def in_one_row(pairs: Pairs, picture: float, sound: float) -> Float[Tensor, "pair number"]:
    """Return picture and sound of each pair in one row of numbers, each times its scale."""
    return torch.cat([picture * pairs.pictures.flatten(1), sound * pairs.sounds.flatten(1)], dim=1)


def learnt_at_scales(
    picture: float, sound: float, seed: int = 0, steps: int = SCALES.steps
) -> dict[str, float]:
    """Train one small network on pairs at these scales; return how much it knows of each half.

    Chance is one half for each: is the seen digit five or more, is the heard one?
    """
    seed_everything(seed)
    learn, test = (in_one_row(halves(test), picture, sound) for test in (False, True))
    network = nn.Sequential(nn.Linear(learn.shape[1], 64), nn.ReLU(), nn.Linear(64, 4))
    batches = Batches(learn, halves(False).labels, batch_size=SCALES.batch_size, seed=seed)
    fit(network, batches, label_loss, replace(SCALES, steps=steps), every=steps)
    said, true = predict(network, test).argmax(dim=1), halves(True).labels
    parts = {"seen": (said // 2, true // 2), "heard": (said % 2, true % 2)}
    return {half: (a == b).float().mean().item() for half, (a, b) in parts.items()}


def label_loss(
    network: nn.Module, rows: Float[Tensor, "pair number"], labels: Int64[Tensor, " pair"]
) -> Float[Tensor, ""]:
    """Return the cross-entropy of the labels, in nats."""
    return F.cross_entropy(network(rows), labels)
