"""Evaluation: what can a model really perceive? An examination for every model of the course.

The items lie in `mmtutor.datasets.exam`, the statistics in `mmtutor.metrics`. Here stands who sits
the examination, through one small interface, what becomes of each answer, and the report card.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import groupby
from random import Random
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, Shaped, UInt8
from torch import Tensor, nn

from mmtutor import contrastive, crossmodal, modalities, video, vqa
from mmtutor.datasets import spoken
from mmtutor.datasets.asking import conversation, encode, in_words
from mmtutor.datasets.asking.by_hand import facts_of_things
from mmtutor.datasets.asking.questions import OPPOSITE
from mmtutor.datasets.asking.words import ANSWER_NUMBERS, NUMBERS, WORDS
from mmtutor.datasets.exam import Item, as_png, habits, program
from mmtutor.datasets.exam import showing as exam_showing
from mmtutor.datasets.glyphs import SIDE as GLYPH_SIDE
from mmtutor.datasets.glyphs import caption as name_of
from mmtutor.datasets.lamps import QUESTIONS as FILM_QUESTIONS
from mmtutor.datasets.names import encode as encode_names
from mmtutor.datasets.scenes import ANSWERS as SCENE_ANSWERS
from mmtutor.datasets.scenes import WORDS as SCENE_WORDS
from mmtutor.datasets.scenes import as_input
from mmtutor.datasets.scenes import encode as encode_scene
from mmtutor.datasets.shipped import shipped
from mmtutor.datasets.telling import claims
from mmtutor.datasets.telling.words import PLURALS, RELATIONS
from mmtutor.gpt import GPT
from mmtutor.metrics.comparing import mcnemar
from mmtutor.metrics.intervals import Interval, paired_bootstrap, share_right
from mmtutor.metrics.parsing import Parser, careful, outcome
from mmtutor.training import Batches, History, Recipe, checkpoints, fit, predict, seed_everything

Pictures = UInt8[Tensor, "picture 3 64 64"]

# ── Sitting an examination ────────────────────────────────────────────────────────────────────────


class Reply(NamedTuple):
    """What a model says, and how likely it thinks it is that this is right, from 0 to 1."""

    text: str
    confidence: float


class Ask(NamedTuple):
    """A question, and what may be answered."""

    text: str
    options: tuple[str, ...]


REFUSAL = Reply("i cannot answer that", 0.0)
"""What a sitter says to a question that it was not made for."""


class Sitter(ABC):
    """One who sits the examination: whatever it is inside, it answers questions."""

    media: ClassVar[tuple[str, ...]] = ("scene",)
    """What it can be shown; items of other media it does not sit at all."""

    @abstractmethod
    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Answer a question about each of several pictures, films or sounds."""

    def answer(self, shown: Tensor, ask: Ask) -> Reply:
        """Answer one question about one picture, film or sound."""
        return self.answers([shown], [ask])[0]


class Mark(NamedTuple):
    """An item, what was replied, and which of OUTCOMES that is."""

    item: Item
    reply: Reply
    outcome: str

    @property
    def right(self) -> bool:
        """Whether the answer is right."""
        return self.outcome == "right"


Change = Callable[..., Tensor]
"""Makes what is shown worse; called as `change(picture, seed=number)`."""


def unchanged(shown: Tensor, seed: int) -> Tensor:
    """Leave what is shown as it is."""
    return shown


def sit(
    sitter: Sitter,
    items: Iterable[Item],
    change: Change = unchanged,
    reword: Callable[[str], str] = str,
    parser: Parser = careful,
    batch: int = 250,
) -> list[Mark]:
    """Let somebody sit the items of the media that it can be shown.

    `change` and `reword` spoil what is shown and what is asked, `parser` reads the replies.
    """
    mine = [item for item in items if item.medium in sitter.media]
    marks: list[Mark] = []
    for begun in range(0, len(mine), batch):
        some = mine[begun : begun + batch]
        shown = [change(item.shown(), seed=begun + i) for i, item in enumerate(some)]
        replies = sitter.answers(shown, [Ask(reword(i.question), i.options) for i in some])
        for item, reply in zip(some, replies, strict=True):
            found = outcome(reply.text, item.options, item.answer, parser)
            marks.append(Mark(item, reply, found))
    return marks


def exchanged(items: Sequence[Item], seed: int = 0) -> list[Item]:
    """Give each item what another one shows: question and answer stay.

    A control: who is right more often than without looking did not look at the picture. All items
    must show things of one medium; ValueError otherwise.
    """
    if len({item.medium for item in items}) > 1:
        raise ValueError("items of several media cannot lend each other what they show")
    others = list(items)
    Random(seed).shuffle(others)
    return [replace(item, shows=o.shows) for item, o in zip(items, others, strict=True)]


# ── Models that speak ─────────────────────────────────────────────────────────────────────────────

WordScores = Float[Tensor, "row word"]
"""How strongly each word of the language model's vocabulary comes next."""


def next_word_scores(
    prompts: Sequence[str],
    read: Callable[[list[int], Int64[Tensor, "row token"]], Float[Tensor, "row token word"]],
) -> WordScores:
    """Return the scores of the word after each prompt; `read` gets which prompts, and their tokens.

    Prompts of equal length are read together, so that no padding stands in front of an answer.
    """
    rows = [encode([prompt])[0] for prompt in prompts]
    scores = torch.empty(len(prompts), len(WORDS))
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    for _, group in groupby(order, key=lambda i: len(rows[i])):
        which = list(group)
        with torch.no_grad():
            scores[which] = read(which, torch.stack([rows[i] for i in which]))[:, -1]
    return scores


def known_words(text: str) -> str:
    """Return a text in small letters without the words that conversations do not have."""
    words = text.lower().split()
    return " ".join(word for word in words if word in NUMBERS or word in PLURALS)


def said(scores: WordScores) -> list[Reply]:
    """Return the likeliest word of each row, with its probability."""
    found = scores.softmax(dim=1).max(dim=1)
    pairs = zip(found.indices.tolist(), found.values.tolist(), strict=True)
    return [Reply(WORDS[word], share) for word, share in pairs]


def chosen(scores: WordScores, asks: Sequence[Ask]) -> list[Reply]:
    """Return the likeliest option of each row, with its probability among the options.

    Options that are no single word of the vocabulary cannot be chosen; where none is, refuse.
    """
    replies = []
    for row, ask in zip(scores, asks, strict=True):
        options = [word for word in ask.options if word in NUMBERS]
        among = row[[NUMBERS[word] for word in options]].softmax(dim=0)
        best = int(among.argmax()) if options else 0
        replies.append(Reply(options[best], among[best].item()) if options else REFUSAL)
    return replies


class Speaker(Sitter):
    """A language model that answers with one word: any, or the likeliest of the options."""

    media = ("scene", "word")
    choose: bool = False

    @abstractmethod
    def scores(self, shown: Sequence[Tensor], questions: Sequence[str]) -> WordScores:
        """Return how strongly each word answers each question."""

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Read the question without the words that are not known, and say a word."""
        scores = self.scores(shown, [ask.text for ask in asks])
        return chosen(scores, asks) if self.choose else said(scores)


class Seeing(Speaker):
    """Lesson 15's vision–language model."""

    def __init__(self, model: vqa.VisionLanguageModel | None = None, choose: bool = False) -> None:
        """Without a model, the one that the course ships."""
        self.model, self.choose = model or vqa.load_model(), choose

    def scores(self, shown: Sequence[Tensor], questions: Sequence[str]) -> WordScores:
        """Return how strongly each word answers each question about its picture."""
        patches, places = self.model.watch(torch.stack(list(shown))), vqa.places(self.model)
        prompts = [conversation([(known_words(text), None)], places) for text in questions]
        return next_word_scores(prompts, lambda which, rows: self.model(patches[which], rows))


class Talking(Speaker):
    """Lesson 15's language model alone: it never sees anything."""

    def __init__(self, model: GPT | None = None, choose: bool = False) -> None:
        """Without a model, the one that the course ships."""
        self.model, self.choose = model or vqa.load_language_model(), choose

    def scores(self, shown: Sequence[Tensor], questions: Sequence[str]) -> WordScores:
        """Return how strongly each word answers each question; what is shown is not looked at."""
        return self.told([""] * len(questions), questions)

    def told(self, scenes: Sequence[str], questions: Sequence[str]) -> WordScores:
        """Return the same about scenes that are told in words; "" where nothing is told."""
        pairs = zip(scenes, questions, strict=True)
        prompts = [conversation([(known_words(text), None)], 0, scene) for scene, text in pairs]
        return next_word_scores(prompts, lambda which, rows: self.model(rows))


class ProgramAndTalk(Sitter):
    """A program looks and says in words what stands there; the language model answers."""

    def __init__(self, talking: Talking | None = None) -> None:
        self.talking = talking or Talking()

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Refuse where what stands there cannot be told in lesson 15's words."""
        facts = [facts_of_things(some) for some in program.things_in(torch.stack(list(shown)))]
        told = [in_words(some or ()) for some in facts]
        replies = said(self.talking.told(told, [ask.text for ask in asks]))
        return [reply if some else REFUSAL for reply, some in zip(replies, facts, strict=True)]


class WordsLook(Sitter):
    """Lesson 07's words that look at a scene: it knows questions of colour and of row."""

    def __init__(self) -> None:
        """Load the model that the course ships."""
        self.model = crossmodal.question_answerer(crossmodal.FULL).eval()
        checkpoints.load(shipped("checkpoints/answers.safetensors"), self.model)

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Refuse what is no question of colour or row about one kind."""
        texts = [in_singular(ask.text) for ask in asks]
        which = [i for i, text in enumerate(texts) if text]
        replies = [REFUSAL] * len(asks)
        if which:
            questions = encode_scene([texts[i] for i in which])
            scores = predict(self.model, torch.stack([shown[i] for i in which]), questions)
            found = scores.softmax(dim=1).max(dim=1)
            for i, word, share in zip(which, found.indices, found.values, strict=True):
                replies[i] = Reply(SCENE_ANSWERS[word], share.item())
        return replies


def in_singular(text: str) -> str:
    """Return a question of colour or row in lesson 07's words, or "" for any other question."""
    words = [PLURALS.get(word, "is" if word == "are" else word) for word in text.lower().split()]
    words = [word for word in words if word != "?"]
    form = words[:3]
    asks = form in (["what", "colour", "is"], ["which", "row", "is"]) and "thing" not in words
    return " ".join(words) if asks and set(words) <= set(SCENE_WORDS) else ""


# ── Models that name, tell, watch and listen ──────────────────────────────────────────────────────


class LetterNames(Sitter):
    """Lesson 12's glyphs and names: it reads a word letter by letter, and no classifier is trained.

    A program cuts the letters out of the picture. Each letter is compared with the name of every
    small letter; an option's score is the sum over its letters.
    """

    media = ("word",)
    ALPHABET = "abcdefghijklmnopqrstuvwxyz"

    def __init__(self) -> None:
        """Load the model that the course ships, and give every letter's name its vector."""
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(shipped("checkpoints/names"))
        self.model = contrastive.dual_encoder(contrastive.FULL, tokenizer)
        checkpoints.load(shipped("checkpoints/names.safetensors"), self.model)
        names = encode_names(tokenizer, [name_of(letter) for letter in self.ALPHABET])
        self.names = contrastive.embed(self.model, names)

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Refuse a picture in which no three letters can be told apart."""
        return [self.read(picture, ask.options) for picture, ask in zip(shown, asks, strict=True)]

    def read(self, picture: UInt8[Tensor, "3 64 64"], options: Sequence[str]) -> Reply:
        """Choose the option whose letters' names fit best, over the heights a line may have."""
        lines = cut_letters(picture)
        if not len(lines) or any(set(word) - set(self.ALPHABET) for word in options):
            return REFUSAL
        seen = contrastive.embed(self.model, lines.flatten(0, 1))
        scores = self.model.log_scale.exp().detach() * seen @ self.names.T
        logs = scores.log_softmax(dim=1).unflatten(0, lines.shape[:2])  # (height, place, letter)
        words = torch.tensor([[self.ALPHABET.index(x) for x in word] for word in options])
        place = torch.arange(words.shape[1])
        sums = logs[:, place, words].sum(dim=2).amax(dim=0)  # (option,)
        best = int(sums.argmax())
        return Reply(options[best], sums.softmax(dim=0)[best].item())


def cut_letters(
    picture: UInt8[Tensor, "3 64 64"], letters: int = 3, faint: float = 0.25
) -> UInt8[Tensor, "height letter 32 32"]:
    """Cut the letters of a word out, each as lesson 12 draws one, at every height that is possible.

    Letters are runs of columns with ink above `faint`. None comes back where there are more or
    fewer runs than letters: noise, or two letters that touch.
    """
    size = exam_showing.LETTER
    ink = as_input(picture.unsqueeze(0))[0].amax(dim=0)
    rows, columns = ((ink > faint).any(dim=axis).nonzero()[:, 0] for axis in (1, 0))
    runs = [list(run) for run in consecutive(columns.tolist())]
    high = int(rows[-1] - rows[0]) + 1 if len(rows) else size + 1
    if len(runs) != letters or high > size:
        return torch.zeros(0, letters, GLYPH_SIDE, GLYPH_SIDE, dtype=torch.uint8)
    wide = nn.functional.pad(ink, (size,) * 4)
    found = []
    for top in range(int(rows[-1]) + 1 - size, int(rows[0]) + 1):
        for run in runs:
            left = (run[0] + run[-1] + 1 - size) // 2
            found.append(wide[top + size : top + 2 * size, left + size : left + 2 * size])
    grown = nn.functional.interpolate(
        torch.stack(found).unsqueeze(1), GLYPH_SIDE, mode="bilinear", antialias=True
    )
    drawn = (grown[:, 0] * 255).round().clamp(0, 255).to(torch.uint8)
    return drawn.unflatten(0, (-1, letters))


def consecutive(numbers: Sequence[int]) -> list[list[int]]:
    """Cut rising numbers into runs in which each is one more than the one before."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


class Telling(Sitter):
    """Whoever writes captions: a program answers from the caption, and never sees the picture."""

    def __init__(self, caption: Callable[[Pictures], list[str]]) -> None:
        """`caption` returns a caption for each picture."""
        self.caption = caption

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Refuse what the caption does not say."""
        texts = self.caption(torch.stack(list(shown)))
        found = [from_caption(t, ask.text) for t, ask in zip(texts, asks, strict=True)]
        return [Reply(text, 1.0) if text else REFUSAL for text in found]


def from_caption(caption: str, question: str) -> str:
    """Answer a question from what a caption claims; "" where it does not say."""
    found, words = claims(caption), question.split()
    kinds = [PLURALS.get(word, word) for word in words]
    named = {item.kind: (number, item) for number, item in enumerate(found.items)}
    mine = [named[kind] for kind in kinds if kind in named]
    if words[:2] == ["how", "many"]:
        return ANSWER_NUMBERS[mine[0][1].number] if mine else ANSWER_NUMBERS[0]
    if words[:3] == ["are", "there", "more"]:
        numbers = [named[kind][1].number if kind in named else 0 for kind in (kinds[3], kinds[5])]
        return "yes" if numbers[0] > numbers[1] else "no"
    if words[:2] == ["are", "there"]:
        return "yes" if mine and mine[0][1].colour == words[2] else "no"
    if not mine or "thing" in words or "column" in words:
        return ""
    if words[:2] == ["what", "colour"]:
        return mine[0][1].colour or ""
    if words[:2] == ["which", "row"]:
        return dict(found.places).get(mine[0][0], "")
    return related_in(found.relations, [number for number, _ in mine], question)


def related_in(said: Iterable[tuple[int, str, int]], pair: Sequence[int], question: str) -> str:
    """Answer whether two things of a caption stand so; "" where it relates them in no such way."""
    asked = next((word for word in RELATIONS if f" {word} " in question), "")
    if len(pair) < 2 or not asked:
        return ""
    one, other = pair
    there = {(a, word, b) for a, word, b in said} | {(b, OPPOSITE[word], a) for a, word, b in said}
    if (one, asked, other) in there:
        return "yes"
    return "no" if (one, OPPOSITE[asked], other) in there else ""


FilmScores = Callable[[video.Films], Float[Tensor, "film question choice"]]
"""Scores every choice of every question about films of lamps."""


class Watching(Sitter):
    """Lesson 16's reader of films, or anything else that scores every choice of every question."""

    media = ("film",)

    def __init__(
        self, read: Callable[[video.Films], Float[Tensor, "film question choice"]]
    ) -> None:
        """`read` returns scores; −∞ where a question has fewer choices."""
        self.read = read

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Refuse what is no question about films of lamps."""
        scores = self.read(torch.stack(list(shown))).softmax(dim=2)
        texts = [question.text for question in FILM_QUESTIONS]
        replies = []
        for film, ask in zip(scores, asks, strict=True):
            if ask.text in texts:
                best = film[texts.index(ask.text)].max(dim=0)
                choices = FILM_QUESTIONS[texts.index(ask.text)].choices
                replies.append(Reply(choices[int(best.indices)], best.values.item()))
            else:
                replies.append(REFUSAL)
        return replies


class Listening(Sitter):
    """Lesson 05's reader of sounds, trained on words that the small synthesiser sings."""

    media = ("sound",)

    def __init__(self, reader: modalities.Reader) -> None:
        self.reader, self.words = reader, exam_showing.sung().words

    @classmethod
    def trained(cls, seed: int = 0) -> "Listening":
        """Train a reader for a second, on the voices that are not kept for testing."""
        reader = modalities.train_reader(sung_task(), seed=seed)
        return cls(reader)

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Say which word is likeliest."""
        raw = (torch.stack(list(shown)) * 32768).round().to(torch.int16)
        found = predict(self.reader, modalities.SOUNDS.prepare(raw))[:, 0].softmax(dim=1).max(dim=1)
        pairs = zip(found.indices.tolist(), found.values.tolist(), strict=True)
        return [Reply(self.words[word], share) for word, share in pairs]


def sung_task() -> modalities.Task:
    """Return lesson 05's task of sounds, with the sung words instead of spoken digits."""
    data = exam_showing.sung()
    learn, new = spoken.split(data)
    labels = data.digits.unsqueeze(1)
    return modalities.Task(
        modalities.SOUNDS,
        {},
        {"word": data.words},
        data.samples[learn],
        data.samples[new],
        labels[learn],
        labels[new],
        modalities.sound_reader,
        modalities.SOUND_RECIPE,
    )


# ── A model from outside ──────────────────────────────────────────────────────────────────────────


class Online(Sitter):
    """A vision–language model of transformers: `Online(pipeline("image-text-to-text", NAME))`.

    It is told the options. How sure it is it does not say: its confidence is no number.
    """

    media = ("scene", "word")
    WISH = "{question} Answer with one of these words: {options}."

    def __init__(self, pipe: Callable[..., list[dict[str, str]]]) -> None:
        self.pipe = pipe

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Show enlarged pictures, one by one, and ask in the model's own form of conversation."""
        return [self.answer(*pair) for pair in zip(shown, asks, strict=True)]

    def answer(self, shown: Tensor, ask: Ask) -> Reply:
        """Ask about one picture."""
        from PIL import Image

        wish = self.WISH.format(question=ask.text, options=", ".join(ask.options))
        picture = {"type": "image", "image": Image.open(BytesIO(as_png(shown)))}
        turn = {"role": "user", "content": [picture, {"type": "text", "text": wish}]}
        said = self.pipe(text=[turn], max_new_tokens=20, return_full_text=False)
        return Reply(said[0]["generated_text"], float("nan"))


# ── Rivals that learn nothing, and the ceiling ────────────────────────────────────────────────────

EVERYTHING = ("scene", "word", "film", "sound")


class Always(Sitter):
    """Says the same whatever is asked: "yes", or that it does not know."""

    media = EVERYTHING

    def __init__(self, text: str = "yes", confidence: float = 1.0) -> None:
        self.reply = Reply(text, confidence)

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Say it."""
        return [self.reply] * len(asks)


class Habit(Sitter):
    """Says the most frequent answer to the same text among known items, or else the first option.

    The known items must be others than those it is examined with.
    """

    media = EVERYTHING

    def __init__(self, known: Iterable[Item]) -> None:
        self.usual = habits(known, key=lambda item: item.question)

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Look up what was right most often."""
        found = [self.usual.get(ask.text, ask.options[0]) for ask in asks]
        return [
            Reply(text if text in ask.options else ask.options[0], 1 / len(ask.options))
            for text, ask in zip(found, asks, strict=True)
        ]


class Nearest(Sitter):
    """Says what was right of the known picture that looks most alike, of those asked the same.

    The strongest rival that learns nothing. It refuses what it was never asked.
    """

    media = ("scene", "word")

    def __init__(self, known: Iterable[Item], change: Change = unchanged) -> None:
        """`change` is what happened to the known pictures before they were kept."""
        self.known: dict[str, tuple[Tensor, list[str]]] = {}
        for text, some in by_question(known).items():
            pictures = torch.stack([change(item.shown(), seed=i) for i, item in enumerate(some)])
            self.known[text] = contrastive.inks(pictures), [item.answer for item in some]

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Compare ink by ink."""
        inks = contrastive.inks(torch.stack(list(shown)))
        return [self.nearest(ink, ask) for ink, ask in zip(inks, asks, strict=True)]

    def nearest(self, ink: Float[Tensor, " pixel"], ask: Ask) -> Reply:
        """Return the answer of the nearest known picture, with the cosine as its confidence."""
        if ask.text not in self.known:
            return REFUSAL
        inks, answers = self.known[ask.text]
        alike = (inks @ ink).clamp(0, 1)
        return Reply(answers[int(alike.argmax())], alike.amax().item())


def by_question(items: Iterable[Item]) -> dict[str, list[Item]]:
    """Return the items with a picture, by their question."""
    found: dict[str, list[Item]] = {}
    for item in items:
        if item.medium in ("scene", "word"):
            found.setdefault(item.question, []).append(item)
    return found


class Guesser(Sitter):
    """Learns from items which option is right by the options alone: it never looks.

    Whether an examination can be guessed is shown by training somebody to guess it.
    """

    media = ("word",)

    def __init__(self) -> None:
        """Make a small network that gives each option a score, whatever its place."""
        self.network = nn.Sequential(nn.Linear(3, 16), nn.GELU(), nn.Linear(16, 1))

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Say the option with the highest score; what is shown is not looked at."""
        alike = torch.stack([likeness(ask.options) for ask in asks])
        found = predict(self.network, alike)[..., 0].softmax(dim=1).max(dim=1)
        triples = zip(asks, found.indices.tolist(), found.values.tolist(), strict=True)
        return [Reply(ask.options[place], share) for ask, place, share in triples]


def likeness(options: Sequence[str]) -> Float[Tensor, "option other"]:
    """Return how many letters each option has in common, place by place, with each other one.

    The others are sorted, the most alike first, so that their order says nothing.
    """
    return torch.tensor(
        [
            sorted((float(sum(map(str.__eq__, a, b))) for b in options if b != a), reverse=True)
            for a in options
        ]
    )


GUESSING = Recipe(steps=300, batch_size=64, learning_rate=1e-2)


def train_guesser(items: Sequence[Item], recipe: Recipe = GUESSING) -> tuple[Guesser, History]:
    """Train a guesser on items of four options each."""
    seed_everything(recipe.seed)
    guesser = Guesser()
    alike = torch.stack([likeness(item.options) for item in items])
    right = torch.tensor([item.options.index(item.answer) for item in items])

    def loss(
        model: nn.Module,
        alike: Float[Tensor, "item option other"],
        right: Int64[Tensor, " item"],
    ) -> Tensor:
        return F.cross_entropy(model(alike)[..., 0], right)

    batches = Batches(alike, right, batch_size=recipe.batch_size, seed=recipe.seed)
    return guesser, fit(guesser.network, batches, loss, recipe)


class Program(Sitter):
    """A program that knows how scenes, words and films are drawn: the ceiling."""

    media = ("scene", "word", "film")

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Measure, and answer by rule."""
        return [self.answer(*pair) for pair in zip(shown, asks, strict=True)]

    def answer(self, shown: Tensor, ask: Ask) -> Reply:
        """Follow the lamps of a film, lay words over a word, or find the things of a scene."""
        if shown.ndim == 4:
            return Watching(by_tracking).answer(shown, ask)
        if "written" in ask.text:
            fits = program.word_fits(shown, ask.options)
            return Reply(ask.options[int(fits.argmax())], 1.0)
        things = program.things_in(shown.unsqueeze(0))[0]
        text = program.answer_about(things, ask.text)
        return Reply(text, 1.0) if text else REFUSAL


def by_tracking(films: video.Films) -> Float[Tensor, "film question choice"]:
    """Return scores of lesson 16's program that follows lamps: as good as sure of its answers."""
    return 50.0 * nn.functional.one_hot(video.track(films), 4)


# ── The report card ───────────────────────────────────────────────────────────────────────────────


class Row(NamedTuple):
    """What became of the items of one dimension: each is counted once.

    `right` is of all items, refusals and unclear answers being no right ones. Its interval draws
    items, the two of a pair together (Wilson's where all or none are right). `right_of_answered`
    leaves refusals and unclear answers out.
    """

    items: int
    right: Interval
    refused: int
    unclear: int

    @property
    def right_of_answered(self) -> float:
        """The share of right answers among those that name an option; NaN where none does."""
        answered = self.items - self.refused - self.unclear
        return self.right.mean * self.items / answered if answered else float("nan")


def rows_of(marks: Sequence[Mark]) -> dict[str, Row]:
    """Return a row for each dimension that was sat, and one for all items together."""
    groups: dict[str, list[Mark]] = {}
    for mark in marks:
        groups.setdefault(mark.item.dimension, []).append(mark)
    return {name: row_of(some) for name, some in groups.items()} | {"all": row_of(marks)}


def row_of(marks: Sequence[Mark]) -> Row:
    """Return what became of some items."""
    right = share_right(rights(marks), [mark.item.pair or mark.item.id for mark in marks])
    counts = [mark.outcome for mark in marks]
    return Row(len(marks), right, counts.count("refused"), counts.count("unclear"))


def rights(marks: Sequence[Mark]) -> Bool[Tensor, " item"]:
    """Return which answers are right."""
    return torch.tensor([mark.right for mark in marks])


def confidences(marks: Sequence[Mark]) -> Float[Tensor, " item"]:
    """Return how sure the sitter was of each answer."""
    return torch.tensor([mark.reply.confidence for mark in marks])


def share_said(marks: Sequence[Mark], text: str, where: str) -> float:
    """Return how often a text is said among the items of which `where` is the right answer."""
    said = [mark.reply.text == text for mark in marks if mark.item.answer == where]
    return sum(said) / len(said)


class Comparison(NamedTuple):
    """Two sitters on the same items: by how much the first is better, and McNemar's p-value."""

    gap: Interval
    p: float
    alone: tuple[int, int]
    """How many items each one alone has right."""


def compare(one: Sequence[Mark], other: Sequence[Mark]) -> Comparison:
    """Compare two sitters on the items that both sat. ValueError where there is no such item."""
    mine, yours = ({mark.item.id: mark.right for mark in marks} for marks in (one, other))
    both = [name for name in mine if name in yours]
    a, b = (torch.tensor([r[name] for name in both], dtype=torch.bool) for r in (mine, yours))
    alone = int((a & ~b).sum()), int((b & ~a).sum())
    return Comparison(paired_bootstrap(a, b), mcnemar(a, b), alone)


def as_report(name: str, version: str, rows: Mapping[str, Row]) -> dict[str, object]:
    """Return a report card as plain values, for JSON: shares with their 95 % intervals."""
    table = {
        dimension: {
            "items": row.items,
            "right": row.right.mean,
            "low": row.right.low,
            "high": row.right.high,
            "refused": row.refused,
            "unclear": row.unclear,
        }
        for dimension, row in rows.items()
    }
    return {"model": name, "examination": version, "dimensions": table}


def read_rights(outcomes: str) -> Bool[Tensor, " item"]:
    """Return which items are right, from a row of `data/results/evaluation_marks.json`.

    A letter for each item of the examination: "r" is right.
    """
    return torch.tensor([letter == "r" for letter in outcomes])


def read_intervals(found: Mapping[str, Sequence[float]], seed: int = 0) -> dict[str, Interval]:
    """Return the shares and intervals of a row of `data/results/evaluation.json`, from one seed.

    There a share stands under its name, and the ends of its interval under "name | low" and
    "name | high". All items together are left out, for they are no dimension, and so is a dimension
    of which a model refused every item.
    """
    names = [name for name in found if f"{name} | low" in found and name != "all"]
    names = [name for name in names if found.get(f"{name} | refused", [0.0])[seed] < 1]
    return {
        name: Interval(*(found[key][seed] for key in (name, f"{name} | low", f"{name} | high")))
        for name in names
    }


def model_card(
    report: Mapping[str, object], about: Mapping[str, str], marks: Mapping[str, Mapping[str, float]]
) -> str:
    """Return a model card in Markdown.

    `about` are headings with their sentences ("Meant for", "Not for" …); `marks` are what a score
    is held against by name and dimension (chance, the best blind, the ceiling). Source: Mitchell et
    al. 2019, "Model Cards for Model Reporting", arXiv:1810.03993.
    """
    head = ["dimension", "items", "right", "95 % interval", "refused", "unclear", *marks]
    lines = [f"# {report['model']}", ""]
    lines += [f"**{title}** {text}\n" for title, text in about.items()]
    lines += [f"Examination: {report['examination']}.", "", table_row(head)]
    lines += [table_row(["---"] * len(head))]
    for name, row in report["dimensions"].items():
        beside = [percent(some[name]) if name in some else "" for some in marks.values()]
        interval = f"{percent(row['low'])} to {percent(row['high'])}"
        counts = [row["refused"], row["unclear"]]
        lines += [
            table_row([name, row["items"], percent(row["right"]), interval, *counts, *beside])
        ]
    return "\n".join(lines) + "\n"


def percent(share: float) -> str:
    """Return a share in per cent, with one decimal."""
    return f"{100 * share:.1f}"


def table_row(cells: Iterable[object]) -> str:
    """Return a row of a Markdown table."""
    return f"| {' | '.join(map(str, cells))} |"


# ── Twins across the split ────────────────────────────────────────────────────────────────────────


def fingerprints(pictures: Shaped[Tensor, "picture ..."]) -> list[str]:
    """Return a hash of each picture's bytes: equal for equal pictures, and for no others."""
    return [hashlib.sha256(p.contiguous().numpy().tobytes()).hexdigest() for p in pictures]


Known = UInt8[Tensor, "known 3 64 64"]


def copies(pictures: Pictures, known: Known) -> Bool[Tensor, " picture"]:
    """Return which pictures are known ones, byte for byte."""
    there = set(fingerprints(known))
    return torch.tensor([mark in there for mark in fingerprints(pictures)])


def look_alikes(pictures: Pictures, known: Known, alike: float = 0.9) -> Bool[Tensor, " picture"]:
    """Return which pictures have ink so like a known one's that it is as good as a copy.

    A cosine above `alike`, lesson 12's. It finds what other noise hides from a hash.
    """
    return contrastive.twins(contrastive.inks(pictures), contrastive.inks(known), alike)
