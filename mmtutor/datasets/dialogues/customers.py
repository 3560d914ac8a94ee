"""Customers that talk with an adviser by a plan of theirs, and judge what they get by the truth."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple, Protocol, runtime_checkable

from mmtutor.datasets.dialogues.catalogue import PRICES, Card, Catalogue, Wish, fulfilling, fulfils
from mmtutor.datasets.dialogues.phrases import ORDINALS, SOLD, Message, phrase
from mmtutor.datasets.scenes import COLOURS


class Reply(NamedTuple):
    """What an adviser says. `shown` are cards by number, the best first."""

    text: str
    shown: tuple[int, ...] = ()
    about: int | None = None
    """The card that an answer is about: its evidence."""
    answer: str | None = None
    """What a question is answered with; None if it says that it does not know."""
    confidence: float = 1.0
    box: tuple[int, int, int, int] | None = None
    """Where on that card the answer was seen: left, top, right, bottom in pixels."""


@runtime_checkable
class Adviser(Protocol):
    """Whoever talks with customers: keeps what was said, until `forget`."""

    def reply(self, text: str) -> Reply:
        """Answer a message."""
        ...

    def forget(self) -> None:
        """Delete everything that is known of this customer."""
        ...


class Turn(NamedTuple):
    """A message and its reply."""

    message: Message
    reply: Reply


class Dialogue(NamedTuple):
    """A whole conversation, and how it ended."""

    turns: tuple[Turn, ...]
    wish: Wish
    """What the customer wants at the end."""
    possible: bool
    """Whether the catalogue has it."""
    taken: int | None
    """The card that the customer takes; None if none was on the table."""

    def succeeded(self, catalogue: Catalogue) -> bool:
        """Say whether the right card was taken, or none where there is none."""
        if self.taken is None or not self.possible:
            return self.taken is None and not self.possible
        return fulfils(catalogue.cards[self.taken], self.wish)


class Plan(NamedTuple):
    """What a customer wants first, what changes then, and what else is asked."""

    first: Wish
    then: Wish
    """The wish at the end: another colour, or a price, or as before."""
    asks: int
    """How many questions about the first card that is shown."""


def make_plan(catalogue: Catalogue, random: Random, possible: bool) -> Plan:
    """Draw a plan whose last wish the catalogue has, or has not.

    What it has not is built from words that it has: such a colour, such a kind, never together.
    """
    while True:
        kind, beside = random.sample(SOLD, 2)
        then = Wish(random.choice(tuple(COLOURS)), kind)
        if random.random() < 0.5:
            then = then._replace(beside=beside)
        if random.random() < 0.5:
            then = then._replace(limit=random.choice(PRICES))
        if bool(fulfilling(catalogue, then)) == possible:
            break
    first = then._replace(limit=None)
    if random.random() < 0.5:
        first = first._replace(colour=random.choice([c for c in COLOURS if c != then.colour]))
    return Plan(first, then, asks=random.choice((1, 2)))


def wishes(plan: Plan, random: Random, new: bool) -> Iterator[Message]:
    """Yield what a customer says until everything wished for is said."""
    first = {k: str(v) for k, v in plan.first._asdict().items() if v is not None}
    yield Message(phrase("want", first, random, new), "want", first)
    if plan.then.colour != plan.first.colour:
        slots = {"colour": str(plan.then.colour)}
        yield Message(phrase("want", slots, random, new), "want", slots)
    if plan.then.limit is not None:
        slots = {"limit": str(plan.then.limit)}
        yield Message(phrase("limit", slots, random, new), "limit", slots)


WAYS = ("colour", "exists", "count", *["claim"] * 3, "absent", *["unknowable"] * 2)
"""What is asked about a card, each as likely: a third cannot be answered by anybody."""


def question(card: Card, which: str, random: Random, new: bool) -> Message:
    """Return a question or a claim about a card.

    Nobody can answer for the colour of a thing that is not there, or for what no picture shows.
    Half of the claims, and of the questions whether there is such a thing, are false.
    """
    way, there = random.choice(WAYS), random.choice(card.facts)
    if way == "unknowable":
        slots = {"which": which}
        return Message(phrase("ask", slots, random, new), "ask", slots)
    if way in ("colour", "absent", "count"):
        missing = [kind for kind in SOLD if not card.has(None, kind)]
        slots = {"kind": random.choice(missing) if way == "absent" else there.kind, "which": which}
        said = {"colour": there.colour, "count": ("one", "two")[there.number - 1]}.get(way)
        return Message(asking(way, slots, random, new), "ask", slots, said)
    others = [colour for colour in COLOURS if colour != there.colour]
    colour = random.choice((there.colour, random.choice(others)))
    slots = {"kind": there.kind, "which": which, "colour": colour}
    act = "claim" if way == "claim" else "ask"
    said = "yes" if colour == there.colour else "no"
    return Message(phrase(act, slots, random, new), act, slots, said)


def asking(way: str, slots: dict[str, str], random: Random, new: bool) -> str:
    """Return a question for a colour or a number: phrasings with the same slots ask for others."""
    signs = ("how many", "number", "count") if way == "count" else ("colour",)
    while not any(sign in (text := phrase("ask", slots, random, new)) for sign in signs):
        pass
    return text


class Talk:
    """A conversation as it goes on: the turns so far, and what the customer wants by now."""

    def __init__(self, adviser: Adviser, wish: Wish) -> None:
        """The adviser forgets who was there before."""
        adviser.forget()
        self.adviser, self.wish, self.turns = adviser, wish, list[Turn]()

    def say(self, message: Message) -> None:
        """Say a message, and hear the reply."""
        self.turns.append(Turn(message, self.adviser.reply(message.text)))


def talk(
    adviser: Adviser, catalogue: Catalogue, plan: Plan, random: Random, new: bool = False
) -> Dialogue:
    """Let a customer talk with an adviser.

    The customer trusts: when all is said, it takes the first card that was shown.
    """
    held = Talk(adviser, plan.then)
    for message in wishes(plan, random, new):
        held.say(message)
    if not held.turns[-1].reply.shown and held.wish.limit is not None and random.random() < 0.5:
        held.wish = held.wish._replace(limit=None)
        held.say(Message(phrase("drop", {"drop": "price"}, random, new), "drop", {"drop": "price"}))
    table = held.turns[-1].reply.shown
    if table and random.random() < 0.3:
        held.wish = held.wish._replace(limit=catalogue.cards[table[0]].price - 1)
        slots = {"which": ORDINALS[0]}
        held.say(Message(phrase("cheaper", slots, random, new), "cheaper", slots))
        table = held.turns[-1].reply.shown
    if table:
        ask_and_take(held, catalogue, table, plan.asks, random, new)
    possible = bool(fulfilling(catalogue, held.wish))
    return Dialogue(tuple(held.turns), held.wish, possible, table[0] if table else None)


def ask_and_take(
    held: Talk, catalogue: Catalogue, table: Sequence[int], asks: int, random: Random, new: bool
) -> None:
    """Ask about the cards on the table, and take the first."""
    for _ in range(asks):
        place = random.randrange(min(len(table), len(ORDINALS)))
        held.say(question(catalogue.cards[table[place]], ORDINALS[place], random, new))
    slots = {"which": ORDINALS[0]}
    held.say(Message(phrase("take", slots, random, new), "take", slots))


def visit(
    adviser: Adviser,
    catalogue: Catalogue,
    count: int,
    seed: int = 0,
    new: bool = False,
) -> list[Dialogue]:
    """Let `count` customers come one after the other; every third wants what is not there."""
    found = []
    for number in range(count):
        random = Random(f"{seed} {number}")
        plan = make_plan(catalogue, random, possible=number % 3 != 0)
        found.append(talk(adviser, catalogue, plan, random, new))
    return found
