"""Lesson 20: an adviser in a shop of postcards, put together from what the course has trained.

It understands a message (rules, or a probe as in lesson 13), keeps what was said in a state that
can be looked at, searches by captions and looks again (lesson 15's vision–language model), answers
with evidence, and says that it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from random import Random
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from mmtutor import transfer, vqa
from mmtutor.datasets.asking import CAPTION_WISH, conversation
from mmtutor.datasets.asking.words import NUMBERS, WORDS
from mmtutor.datasets.dialogues import (
    ACTS,
    ORDINALS,
    SOLD,
    Adviser,
    Catalogue,
    Dialogue,
    Message,
    Reply,
    Wish,
    fulfilling,
    make_plan,
    visit,
    without,
)
from mmtutor.datasets.phrases import LONGEST, Phrases
from mmtutor.datasets.scenes import COLOURS, SIDE
from mmtutor.datasets.telling.claims import claims
from mmtutor.evaluation import next_word_scores

# ── What is meant? ────────────────────────────────────────────────────────────────────────────────

Router = Callable[[Sequence[str]], list[str]]
"""Says of each text which of ACTS it is."""

RULES = (
    ("cheaper", r"cheaper|expensive|less|means"),
    ("like", r"like (it|the)\b|similar|love"),
    ("take", r"i take|will have|one , please$|buy|let me have"),
    ("claim", r"isn't it|right \?|^but|think"),
    ("ask", r"^(what|which|how (many|old)|who|when|is there|does)\b"),
    ("limit", r"more than|at most|to spend|limit"),
    ("drop", r"never mind|do not care|any (price|colour) will"),
    ("want", r"would like|do you have|show me|want|any|looking|need|mind|instead|let us"),
)
"""Act and pattern: the first pattern that is found decides. Written for what was heard."""


def by_rules(texts: Sequence[str]) -> list[str]:
    """Return each text's act by RULES; "chat" where none fits."""
    return [next((act for act, sign in RULES if re.search(sign, text)), "chat") for text in texts]


def pieces(text: str, longest: int = 2) -> list[str]:
    """Return the words of a text, and its neighbouring words up to `longest` in a row.

    Colours, kinds, ordinals and numbers are put in classes: they are read as slots.
    """
    words = [WORD_CLASSES.get(word, "#" if word.isdigit() else word) for word in text.split()]
    return [
        " ".join(words[i : i + n]) for n in range(1, longest + 1) for i in range(len(words) + 1 - n)
    ]


WORD_CLASSES = {
    **dict.fromkeys(COLOURS, "<colour>"),
    **dict.fromkeys(SOLD, "<kind>"),
    **{f"{kind}s": "<kinds>" for kind in SOLD},
    **dict.fromkeys(ORDINALS, "<which>"),
}


class LearntRouter:
    """A probe on words and neighbouring words, as in lesson 13: closed form, no steps."""

    def __init__(self, messages: Sequence[Message], longest: int = 2, strength: float = 1.0):
        """Fit it to messages whose acts are known."""
        self.longest = longest
        found = {piece for message in messages for piece in pieces(message.text, longest)}
        self.numbers = {piece: number for number, piece in enumerate(sorted(found))}
        acts = torch.tensor([ACTS.index(message.act) for message in messages])
        wanted = torch.nn.functional.one_hot(acts, len(ACTS)).float()
        texts = [message.text for message in messages]
        self.weight, self.bias = transfer.ridge(self.features(texts), wanted, strength)

    def features(self, texts: Sequence[str]) -> Float[Tensor, "text piece"]:
        """Return 1 for each known piece of a text, else 0; rows of length 1."""
        rows = torch.zeros(len(texts), len(self.numbers))
        for row, text in zip(rows, texts, strict=True):
            known = [self.numbers[p] for p in pieces(text, self.longest) if p in self.numbers]
            row[known] = 1
        return rows / rows.norm(dim=1, keepdim=True).clamp(min=1)

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """Return the likeliest act of each text."""
        scores = self.features(texts) @ self.weight + self.bias
        return [ACTS[number] for number in scores.argmax(dim=1).tolist()]


def slots_of(text: str, act: str) -> dict[str, str]:
    """Return what a text says of colour, kind, a second kind, price, and which card is meant.

    The first kind is the kind, a second one stands beside it.
    """
    words, found = text.split(), dict[str, str]()
    kinds = [word.removesuffix("s") for word in words if word.removesuffix("s") in SOLD]
    found |= dict(zip(("kind", "beside"), kinds, strict=False))
    for name, known in (("colour", COLOURS), ("which", ORDINALS)):
        found |= {name: word} if (word := last(words, known)) else {}
    found |= {"limit": word} if (word := next(filter(str.isdigit, words), "")) else {}
    if act == "drop":
        found = {"drop": last(words, ("price", "colour"))}
    return found


def last(words: Sequence[str], known: Container[str]) -> str:
    """Return the last of some words that is known; "" if none is."""
    return next((word for word in reversed(words) if word in known), "")


# ── What was said? ────────────────────────────────────────────────────────────────────────────────


@dataclass
class State:
    """All that an adviser keeps of a customer."""

    wanted: dict[str, str] = field(default_factory=dict)
    """colour, kind, beside, limit: what is wished for by now."""
    shown: tuple[int, ...] = ()
    """The cards shown last, by number."""
    said: list[str] = field(default_factory=list)
    """The customer's messages."""


def updated(wanted: Mapping[str, str], act: str, slots: Mapping[str, str]) -> dict[str, str]:
    """Return what is wished for after a message.

    A wish with a kind is a new wish, of which only the price stays; one without a kind changes the
    old one. "drop" takes one thing out.
    """
    if act == "drop":
        gone = {"price": "limit"}.get(slots.get("drop", ""), slots.get("drop"))
        return {name: value for name, value in wanted.items() if name != gone}
    told = {name: slots[name] for name in ("colour", "kind", "beside", "limit") if name in slots}
    if act == "want" and "kind" in told:
        return {name: value for name, value in wanted.items() if name == "limit"} | told
    return dict(wanted) | told


def meant(shown: Sequence[int], slots: Mapping[str, str]) -> int | None:
    """Return which of the cards shown is meant by "the second one"; None where there is none."""
    place = ORDINALS.index(slots["which"]) if "which" in slots else 0
    return shown[place] if place < len(shown) else None


# ── Looking ───────────────────────────────────────────────────────────────────────────────────────


class Seen(NamedTuple):
    """What is seen on a card, in a word."""

    word: str
    probability: float
    there: float
    """How probable it is that the thing stands there at all."""


class Eyes:
    """Lesson 15's vision–language model before a catalogue: what it has seen, it keeps."""

    LAYER = -1
    """Whose attention is shown as evidence: in lesson 15 the last layer's points best."""

    def __init__(
        self, pictures: UInt8[Tensor, "card 3 64 64"], model: vqa.VisionLanguageModel | None = None
    ) -> None:
        """Without a model, the one that the course ships."""
        self.model = model or vqa.load_model()
        self.patches = self.model.watch(pictures)
        self.known: dict[str, Float[Tensor, "card word"]] = {}
        self.boxes: dict[tuple[int, str], tuple[int, int, int, int]] = {}

    @cached_property
    def captions(self) -> list[str]:
        """What the model says of each card when it is asked to describe it."""
        return vqa.answer(self.model, self.patches, [CAPTION_WISH] * len(self.patches))

    def probabilities(self, question: str) -> Float[Tensor, "card word"]:
        """Return how probable each word is as the answer, for every card."""
        if question not in self.known:
            prompt = conversation([(question, None)], vqa.places(self.model))
            scores = next_word_scores(
                [prompt] * len(self.patches),
                lambda which, rows: self.model(self.patches[which], rows),
            )
            self.known[question] = scores.softmax(dim=1)
        return self.known[question]

    def probability(self, question: str, word: str) -> Float[Tensor, " card"]:
        """Return how probable one word is as the answer."""
        return self.probabilities(question)[:, NUMBERS[word]]

    def has(self, colour: str | None, kind: str | None) -> Float[Tensor, " card"]:
        """Return how probable it is that a thing stands on each card; None is any."""
        if kind is None:
            return torch.stack([self.has(colour, each) for each in SOLD]).max(dim=0).values
        if colour is None:
            return 1 - self.probability(f"how many {kind}s are there ?", "none")
        return self.probability(f"are there {colour} {kind}s ?", "yes")

    def answer(self, card: int, question: str, kind: str) -> Seen:
        """Return the likeliest word about a card, and how probable it is that the kind is there."""
        share, word = self.probabilities(question)[card].max(dim=0)
        return Seen(WORDS[word], share.item(), self.has(None, kind)[card].item())

    def evidence(self, card: int, question: str) -> tuple[int, int, int, int]:
        """Return the place that the answer looked at most: left, top, right, bottom in pixels."""
        if (card, question) not in self.boxes:
            some = self.patches[card : card + 1]
            look = vqa.looks(self.model, some, [question])[self.LAYER, 0]
            across = round(len(look) ** 0.5)
            row, column = divmod(int(look.argmax()), across)
            side = SIDE // across
            box = column * side, row * side, (column + 1) * side, (row + 1) * side
            self.boxes[card, question] = box
        return self.boxes[card, question]


# ── Searching ─────────────────────────────────────────────────────────────────────────────────────


def singular(text: str) -> str:
    """Return a text in which two stars are a star."""
    return " ".join(w[:-1] if w[:-1] in SOLD and w[-1] == "s" else w for w in text.split())


class Index:
    """Texts as vectors of word counts, compared by their cosine: exact, nothing is learnt."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Count the words of each text; a plural counts as its singular."""
        words = {word for text in texts for word in singular(text).split()}
        self.numbers = {word: number for number, word in enumerate(sorted(words))}
        self.vectors = self.read(texts)

    def read(self, texts: Sequence[str]) -> Float[Tensor, "text word"]:
        """Return the vectors of texts, each of length 1; unknown words are left out."""
        rows = torch.zeros(len(texts), len(self.numbers))
        for row, text in zip(rows, texts, strict=True):
            known = [self.numbers[w] for w in singular(text).split() if w in self.numbers]
            row[known] = 1
        return rows / rows.norm(dim=1, keepdim=True).clamp(min=1e-9)

    def scores(self, query: str) -> Float[Tensor, " text"]:
        """Return the cosine of a query with each text."""
        return self.vectors @ self.read([query])[0]


def best(scores: Float[Tensor, " card"], count: int) -> list[int]:
    """Return the numbers of the highest scores, the highest first; of equals the first."""
    return scores.sort(descending=True, stable=True).indices[:count].tolist()


def reranked(first: Sequence[int], scores: Float[Tensor, " card"]) -> list[int]:
    """Return what a first search found, in a new order. What it missed stays missed."""
    return [first[place] for place in best(scores[list(first)], len(first))]


# ── The adviser ───────────────────────────────────────────────────────────────────────────────────

SHOWN = 3
"""Cards that are shown at once."""
FIRST = 20
"""Cards that the first search hands to the second look."""


class PostcardAdviser:
    """Understands, remembers, searches, looks, and says when it does not know.

    `search` is how probable it must be that a card is right before it is shown, `answer` how
    probable an answer must be before it is given: both are chosen on dialogues of validation.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        eyes: Eyes | Told,
        router: Router = by_rules,
        search: float = 0.5,
        answer: float = 0.5,
    ) -> None:
        """Nothing is known of a customer yet."""
        self.catalogue, self.eyes, self.router = catalogue, eyes, router
        self.search, self.answer = search, answer
        self.index, self.state = Index(eyes.captions), State()
        self.prices = torch.tensor([card.price for card in catalogue.cards])

    def forget(self) -> None:
        """Delete everything that is known of this customer."""
        self.state = State()

    def reply(self, text: str) -> Reply:
        """Answer a message: its act says which tool is used."""
        act = self.router([text])[0]
        slots = slots_of(text, act)
        self.state.said.append(text)
        if act in ("want", "limit", "drop"):
            self.state.wanted = updated(self.state.wanted, act, slots)
            return self.offer()
        if act == "chat":
            return Reply("Hello. What may I show you?")
        card = meant(self.state.shown, slots)
        if card is None:
            return Reply("I do not know which card you mean.", confidence=0.0)
        tools = {"ask": self.look, "claim": self.check, "cheaper": self.cheaper}
        tools |= {"like": self.alike, "take": self.sell}
        return tools[act](card, text, slots)

    def fits(self) -> Float[Tensor, " card"]:
        """Return how probable it is that each card is what is wished for, its price left out."""
        wanted = self.state.wanted
        found = torch.ones(len(self.catalogue))
        if "colour" in wanted or "kind" in wanted:
            found = self.eyes.has(wanted.get("colour"), wanted.get("kind"))
        if "beside" in wanted:
            found = torch.minimum(found, self.eyes.has(None, wanted["beside"]))
        return found

    def affordable(self) -> Bool[Tensor, " card"]:
        """Say of each card whether it costs no more than the customer will pay."""
        return self.prices <= int(self.state.wanted.get("limit", self.prices.max()))

    def offer(self) -> Reply:
        """Search by captions, look again at what is found, and show what is probable enough."""
        wanted = self.state.wanted
        query = " ".join(wanted[name] for name in ("colour", "kind", "beside") if name in wanted)
        scores = self.index.scores(query).masked_fill(~self.affordable(), -1)
        first = [card for card in best(scores, FIRST) if scores[card] >= 0]
        fits = self.fits()
        found = reranked(first, fits)
        sure = max((fits[card].item() for card in found), default=0.0)
        shown = tuple(card for card in found if fits[card] >= self.search)[:SHOWN]
        if not shown:
            return Reply("I have no card of which I am sure that it is that.", confidence=sure)
        self.state.shown = shown
        titles = "; ".join(f"{self.catalogue.cards[card].title}" for card in shown)
        return Reply(f"Perhaps these: {titles}.", shown, confidence=sure)

    def look(self, card: int, text: str, slots: Mapping[str, str]) -> Reply:
        """Answer a question about a card by looking at it."""
        asked = self.question(card, text, slots)
        if asked is None:
            return Reply("I do not know: no picture tells that.", about=card, confidence=0.0)
        seen = self.eyes.answer(card, asked, slots["kind"])
        sure = seen.probability * (seen.there if asked.startswith("what") else 1)
        if sure < self.answer:
            said = f"I do not know: I am not sure that there is a {slots['kind']}."
            return Reply(said, about=card, confidence=sure)
        box = self.eyes.evidence(card, asked)
        return Reply(f"{seen.word}.", about=card, answer=seen.word, confidence=sure, box=box)

    def question(self, card: int, text: str, slots: Mapping[str, str]) -> str | None:
        """Return a question in the words of lesson 15; None where those have none for it."""
        if "kind" not in slots:
            return None
        kind = slots["kind"]
        if "colour" in slots:
            return f"are there {slots['colour']} {kind}s ?"
        if "colour" in text:
            several = self.eyes.answer(card, f"how many {kind}s are there ?", kind).word == "two"
            return f"what colour are the {kind}s ?" if several else f"what colour is the {kind} ?"
        return f"how many {kind}s are there ?" if "how many" in text else None

    def check(self, card: int, text: str, slots: Mapping[str, str]) -> Reply:
        """Compare what a customer claims with what is seen."""
        asked = {name: value for name, value in slots.items() if name != "colour"}
        seen = self.look(card, "colour", asked)
        if seen.answer is None:
            return seen
        answer = "yes" if seen.answer == slots.get("colour") else "no"
        return seen._replace(text=f"{answer}: I see {seen.answer}.", answer=answer)

    def cheaper(self, card: int, text: str, slots: Mapping[str, str]) -> Reply:
        """Show what costs less than a card."""
        self.state.wanted["limit"] = str(self.catalogue.cards[card].price - 1)
        return self.offer()

    def alike(self, card: int, text: str, slots: Mapping[str, str]) -> Reply:
        """Show the cards whose captions have most words in common with a card's."""
        scores = self.index.scores(self.eyes.captions[card]).masked_fill(~self.affordable(), -1)
        scores[card] = -1
        self.state.shown = tuple(best(scores, SHOWN))
        return Reply("These are like it.", self.state.shown, about=card)

    def sell(self, card: int, text: str, slots: Mapping[str, str]) -> Reply:
        """Name the price."""
        return Reply(f"Thank you: that is {self.catalogue.cards[card].price}.", about=card)


# ── Other eyes ────────────────────────────────────────────────────────────────────────────────────


class Told:
    """Knows of each card some groups, in words, and looks at no picture."""

    def __init__(self, groups: Sequence[Sequence[tuple[str, str, str]]]) -> None:
        """Of each card the groups that are known: number ("one" or "two"), colour, kind."""
        self.groups = groups

    @property
    def captions(self) -> list[str]:
        """What is known of each card."""
        return [" and ".join(" ".join(group) for group in some) for some in self.groups]

    def has(self, colour: str | None, kind: str | None) -> Float[Tensor, " card"]:
        """Return 1 for a card of which it is known that such a thing stands on it, else 0."""
        return torch.tensor(
            [
                float(any(colour in (None, c) and kind in (None, k) for _, c, k in some))
                for some in self.groups
            ]
        )

    def answer(self, card: int, question: str, kind: str) -> Seen:
        """Return what is known; with probability 0 where nothing is."""
        for number, colour, found in self.groups[card]:
            if found == kind:
                word = colour if question.startswith("what") else number
                if question.startswith("are"):
                    word = "yes" if colour in question.split() else "no"
                return Seen(word, 1.0, 1.0)
        return Seen("none", 0.0, 0.0)

    def evidence(self, card: int, question: str) -> None:
        """It has not looked."""


def titles_alone(catalogue: Catalogue) -> Told:
    """Return who knows the titles and never looks: one group of each card."""
    return Told([[in_words(card.title)] for card in catalogue.cards])


def all_facts(catalogue: Catalogue) -> Told:
    """Return who knows what is true of each card: the ceiling."""
    return Told(
        [
            [(("one", "two")[g.number - 1], g.colour, g.kind) for g in card.facts]
            for card in catalogue.cards
        ]
    )


def captions_alone(captions: Sequence[str]) -> Told:
    """Return who has the model's captions read by a program, and never looks again."""
    return Told(
        [
            [
                (("one", "two")[i.number - 1], i.colour, i.kind)
                for i in claims(text).items
                if i.colour
            ]
            for text in captions
        ]
    )


def in_words(title: str) -> tuple[str, str, str]:
    """Return number, colour and kind of a title such as "two red stars" or "an orange star"."""
    number, colour, kind = singular(title).split()
    return "two" if number == "two" else "one", colour, kind


# ── Rivals ────────────────────────────────────────────────────────────────────────────────────────


class AlwaysTheSame:
    """Shows everybody the same cards and answers nothing; without cards, it always abstains."""

    def __init__(self, cards: Sequence[int] = ()) -> None:
        """Take the cards that are shown."""
        self.cards = tuple(cards)

    def reply(self, text: str) -> Reply:
        """Show them."""
        return Reply("", self.cards, confidence=float(bool(self.cards)))

    def forget(self) -> None:
        """Nothing is kept."""


class WithoutMemory(PostcardAdviser):
    """Forgets what was wished for before each message; the cards on the table still lie there."""

    def reply(self, text: str) -> Reply:
        """Answer a message as if it were the first."""
        self.state.wanted = {}
        return super().reply(text)


class ByTheBest(PostcardAdviser):
    """Divides all scores by the best, so that the best is always 1: no search is refused."""

    def fits(self) -> Float[Tensor, " card"]:
        """Return shares of the best score."""
        found = super().fits()
        return found / found.masked_fill(~self.affordable(), 0).max().clamp(min=1e-9)


class Obliging(PostcardAdviser):
    """Agrees with everything that a customer claims."""

    def check(self, card: int, text: str, slots: Mapping[str, str]) -> Reply:
        """Say yes."""
        return Reply("Yes, indeed.", about=card, answer="yes")


class Sure(PostcardAdviser):
    """Answers the colour of a thing without asking whether there is one."""

    def look(self, card: int, text: str, slots: Mapping[str, str]) -> Reply:
        """Take the answer's own probability for how sure it is."""
        asked = self.question(card, text, slots)
        if asked is None:
            return super().look(card, text, slots)
        seen = self.eyes.answer(card, asked, slots["kind"])
        if seen.probability < self.answer:
            return Reply("I do not know.", about=card, confidence=seen.probability)
        return Reply(f"{seen.word}.", about=card, answer=seen.word, confidence=seen.probability)


class ReadsTitles(PostcardAdviser):
    """Takes what stands in a title behind a full stop for something that the customer says."""

    def offer(self) -> Reply:
        """Search, obey the titles of what is found, and search again."""
        reply = super().offer()
        titles = [self.catalogue.cards[card].title for card in reply.shown]
        for order in (order for title in titles for order in title.split(" . ")[1:]):
            act = self.router([order])[0]
            self.state.wanted = updated(self.state.wanted, act, slots_of(order, act))
        return super().offer()


def with_orders(catalogue: Catalogue, order: str, every: int = 1) -> Catalogue:
    """Return a catalogue in which every so-manieth title holds an order to the adviser."""
    cards = [
        card._replace(title=f"{card.title} . {order}") if number % every == 0 else card
        for number, card in enumerate(catalogue.cards)
    ]
    return replace(catalogue, cards=tuple(cards))


# ── Judging ───────────────────────────────────────────────────────────────────────────────────────


class Answered(NamedTuple):
    """A question or a claim, what is true, and what was said."""

    act: str
    truth: str | None
    said: str | None
    confidence: float


def answered(dialogues: Sequence[Dialogue]) -> list[Answered]:
    """Return all questions and claims of dialogues with their answers."""
    return [
        Answered(turn.message.act, turn.message.answer, turn.reply.answer, turn.reply.confidence)
        for dialogue in dialogues
        for turn in dialogue.turns
        if turn.message.act in ("ask", "claim")
    ]


def share(found: Sequence[bool]) -> float:
    """Return the share that is true; NaN of none."""
    return sum(found) / len(found) if found else float("nan")


def judged(dialogues: Sequence[Dialogue], catalogue: Catalogue) -> dict[str, float]:
    """Return what customers got, in shares, and the turns of a dialogue.

    *Shown in vain*: something was shown to one who wants what is not there; *missed*: nothing was
    shown to one who wants what is there. *Said in vain* and *silent* are the same of answers.
    """
    asks = answered(dialogues)
    known = [ask for ask in asks if ask.truth is not None]
    possible = [d for d in dialogues if d.possible]
    taken = [d for d in dialogues if d.taken is not None]
    false = [ask for ask in asks if ask.act == "claim" and ask.truth == "no"]
    return {
        "success": share([d.succeeded(catalogue) for d in dialogues]),
        "wrong card": share([not d.succeeded(catalogue) for d in taken]),
        "shown in vain": share([d.taken is not None for d in dialogues if not d.possible]),
        "missed": share([d.taken is None for d in possible]),
        "right answers": share([ask.said == ask.truth for ask in known]),
        "silent": share([ask.said is None for ask in known]),
        "said in vain": share([ask.said is not None for ask in asks if ask.truth is None]),
        "agreed though false": share([ask.said == "yes" for ask in false]),
        "turns": sum(len(d.turns) for d in dialogues) / max(1, len(dialogues)),
    }


def above_limit(dialogues: Sequence[Dialogue], catalogue: Catalogue) -> float:
    """Return, of customers with a limit who take a card, the share whose card costs more."""
    bound = [d for d in dialogues if d.taken is not None and d.wish.limit is not None]
    return share([catalogue.cards[d.taken].price > d.wish.limit for d in bound])


def curve(found: Sequence[Answered], thresholds: Sequence[float]) -> dict[str, list[float]]:
    """Return both errors of answers at each threshold, for an adviser whose own threshold is 0.

    *Said in vain*: the share of questions that nobody can answer and that were answered. *Silent*:
    the share of the others that were not.
    """
    known = [ask.confidence for ask in found if ask.truth is not None]
    unknown = [ask.confidence for ask in found if ask.truth is None]
    return {
        "said in vain": [share([c >= t for c in unknown]) for t in thresholds],
        "silent": [share([c < t for c in known]) for t in thresholds],
    }


class Found(NamedTuple):
    """How often the first card is right by captions alone and after a second look.

    `bound` is how often a right one is among those that were looked at again: no order of them can
    do better.
    """

    captions: float
    looked: float
    bound: float


def searched(catalogue: Catalogue, eyes: Eyes, first: int = FIRST, count: int = 200) -> Found:
    """Search for what the catalogue has: wishes for two kinds, one of them in a colour."""
    random, index, rows = Random(0), Index(eyes.captions), list[tuple[bool, bool, bool]]()
    while len(rows) < count:
        kind, beside = random.sample(SOLD, 2)
        wish = Wish(random.choice(tuple(COLOURS)), kind, beside)
        if right := set(fulfilling(catalogue, wish)):
            found = best(index.scores(f"{wish.colour} {kind} {beside}"), first)
            fits = torch.minimum(eyes.has(wish.colour, kind), eyes.has(None, beside))
            again = reranked(found, fits)
            rows.append((found[0] in right, again[0] in right, bool(right & set(found))))
    return Found(*(share(column) for column in zip(*rows, strict=True)))


class Rest(NamedTuple):
    """How often an answer changes when something is taken off the picture."""

    cited: float
    other: float
    questions: int


def rests_on(catalogue: Catalogue, answer: float = 0.5, seed: int = 0) -> Rest:
    """Ask for the colour of a thing of each card; then without that thing, then without another.

    Whoever answers by what is cited changes the answer the first time, and keeps it the second.
    """
    rows = things_to_remove(catalogue, Random(seed))
    kinds = [kind for _, kind, _ in rows]
    said = []
    for gone in ([None] * len(rows), kinds, [other for _, _, other in rows]):
        pairs = zip(rows, gone, strict=True)
        pictures = torch.cat([without(catalogue, card, kind) for (card, _, _), kind in pairs])
        said.append(colours_said(Eyes(pictures), kinds, answer))
    cited, other = (share([a != b for a, b in zip(said[0], s, strict=True)]) for s in said[1:])
    return Rest(cited, other, len(rows))


def things_to_remove(catalogue: Catalogue, random: Random) -> list[tuple[int, str, str]]:
    """Return cards with two groups or more: the card, the kind of a single thing, another kind."""
    rows = []
    for number, card in enumerate(catalogue.cards):
        single = [group.kind for group in card.facts if group.number == 1]
        if single and len(card.facts) > 1:
            kind = random.choice(single)
            others = [group.kind for group in card.facts if group.kind != kind]
            rows.append((number, kind, random.choice(others)))
    return rows


def colours_said(eyes: Eyes, kinds: Sequence[str], answer: float) -> list[str | None]:
    """Return the colour of one kind on each picture; None where that is not probable enough."""
    seen = [eyes.answer(i, f"what colour is the {kind} ?", kind) for i, kind in enumerate(kinds)]
    return [one.word if one.probability * one.there >= answer else None for one in seen]


def mean(values: Sequence[float]) -> float:
    """Return the mean of what is not NaN; NaN of none."""
    known = [value for value in values if value == value]
    return sum(known) / len(known) if known else float("nan")


def popular(catalogue: Catalogue, count: int = SHOWN, seed: int = 100) -> list[int]:
    """Return the cards that are right for most of 300 other customers' wishes."""
    votes = torch.zeros(len(catalogue))
    for number in range(300):
        plan = make_plan(catalogue, Random(f"{seed} {number}"), possible=True)
        votes[fulfilling(catalogue, plan.then)] += 1
    return best(votes, count)


def phrases_of(like: Phrases, digits: Sequence[Sequence[int]]) -> Phrases:
    """Return what is to be said, digit by digit; it has no sound yet."""
    rows = torch.full((len(digits), LONGEST), -1)
    for row, some in zip(rows, digits, strict=True):
        row[: len(some)] = torch.tensor(some)
    nothing = torch.zeros(len(digits), dtype=torch.long)
    samples, bounds = torch.zeros(len(digits), 1).short(), torch.zeros(len(digits), LONGEST + 1)
    return Phrases(samples, nothing, rows, bounds.long(), nothing, like.source)


# ── All of them ───────────────────────────────────────────────────────────────────────────────────

COLUMNS = (
    "success",
    "shown in vain",
    "missed",
    "right answers",
    "said in vain",
    "agreed though false",
)
"""What a table of advisers shows."""


def rivals(catalogue: Catalogue, eyes: Eyes, router: Router, search: float) -> dict[str, Adviser]:
    """Return our adviser and its rivals; each differs from it in one thing."""
    words = {"titles alone": titles_alone(catalogue)}
    words |= {"captions alone": captions_alone(eyes.captions), "all facts": all_facts(catalogue)}
    found: dict[str, Adviser] = {"ours": PostcardAdviser(catalogue, eyes, router, search)}
    found |= {name: PostcardAdviser(catalogue, told, router) for name, told in words.items()}
    found["rules"] = PostcardAdviser(catalogue, eyes, by_rules, search)
    kinds = {"no memory": WithoutMemory, "by the best": ByTheBest, "obliging": Obliging}
    for name, kind in {**kinds, "sure": Sure}.items():
        found[name] = kind(catalogue, eyes, router, search)
    found["always the same"] = AlwaysTheSame(popular(catalogue))
    return found | {"never": AlwaysTheSame()}


def customers(
    shops: Sequence[Catalogue],
    looks: Sequence[Eyes],
    router: Router,
    search: float,
    count: int = 150,
    new: bool = False,
) -> dict[str, dict[str, float]]:
    """Return what `judged` says of each adviser: the mean over shops, each with as many customers.

    `new` customers say what no shop has heard.
    """
    rows: dict[str, list[dict[str, float]]] = {}
    for catalogue, eyes in zip(shops, looks, strict=True):
        for name, adviser in rivals(catalogue, eyes, router, search).items():
            met = visit(adviser, catalogue, count, seed=1, new=new)
            rows.setdefault(name, []).append(judged(met, catalogue))
    return {name: means(some) for name, some in rows.items()}


def means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of each column, without what is NaN."""
    return {name: mean([row[name] for row in rows]) for name in rows[0]}
