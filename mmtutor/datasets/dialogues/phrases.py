"""What customers say: for each act several phrasings, some of them kept for the test."""

import re
from collections.abc import Mapping
from random import Random
from string import Formatter
from typing import NamedTuple

from mmtutor.datasets.dialogues.catalogue import KINDS_SOLD, PRICES
from mmtutor.datasets.scenes import COLOURS, KINDS

ORDINALS = ("first", "second", "third")
"""How a customer points at one of the cards that were shown last."""
SOLD = tuple(KINDS)[:KINDS_SOLD]

HEARD = {
    "want": (
        "i would like a {colour} {kind}",
        "do you have a card with a {colour} {kind} ?",
        "please show me {colour} {kind}s",
        "i want a card with {colour} {kind}s on it",
        "have you any {colour} {kind}s ?",
        "i am looking for a {colour} {kind} and a {beside}",
        "do you have {colour} {kind}s with a {beside} on the same card ?",
        "i need {colour} {kind}s , and there must be a {beside}",
        "no , i have changed my mind : rather {colour}",
        "could it be {colour} instead ?",
        "let us say {colour} , not that",
    ),
    "limit": (
        "not more than {limit} please",
        "it must not cost more than {limit}",
        "i have only {limit} to spend",
        "at most {limit} , please",
        "my limit is {limit}",
    ),
    "drop": (
        "never mind the price",
        "never mind the colour",
        "i do not care about the price after all",
        "i do not care about the colour after all",
        "any price will do",
        "any colour will do",
    ),
    "ask": (
        "what colour is the {kind} on the {which} one ?",
        "which colour does the {kind} on the {which} one have ?",
        "how many {kind}s are there on the {which} one ?",
        "how many {kind}s does the {which} one show ?",
        "is there a {colour} {kind} on the {which} one ?",
        "does the {which} one have a {colour} {kind} ?",
        "who drew the {which} one ?",
        "when was the {which} one drawn ?",
        "how old is the {kind} on the {which} one ?",
    ),
    "claim": (
        "the {kind} on the {which} one is {colour} , isn't it ?",
        "so the {which} one has a {colour} {kind} , right ?",
        "but the {kind} on the {which} one is {colour}",
        "i think that the {which} one shows a {colour} {kind}",
    ),
    "cheaper": (
        "do you have something cheaper than the {which} one ?",
        "the {which} one is too expensive",
        "is there one that costs less than the {which} one ?",
        "i would pay less than for the {which} one",
        "the {which} one is beyond my means",
    ),
    "like": (
        "i like the {which} one , what else is like it ?",
        "show me more like the {which} one",
        "do you have others like the {which} one ?",
        "what is similar to the {which} one ?",
        "i love the {which} one , are there more ?",
    ),
    "take": (
        "i take the {which} one",
        "the {which} one , please",
        "i will have the {which} one",
        "i buy the {which} one",
        "let me have the {which} one",
    ),
    "chat": ("hello", "good morning", "thank you", "that is kind of you", "how are you ?", "hi"),
}
"""Act → phrasings that a shop has heard before."""

NEW = {
    "want": (
        "a {colour} {kind} would be nice",
        "have you got anything with a {colour} {kind} ?",
        "show me all that has {colour} {kind}s on it",
        "my friend collects {colour} {kind}s , and a {beside} should be on it",
        "is there a card with a {colour} {kind} and a {beside} ?",
        "on second thoughts , {colour} is better",
        "i would rather have {colour}",
    ),
    "limit": (
        "{limit} is all that i can pay",
        "nothing above {limit} , please",
        "it should cost {limit} or less",
        "i do not want to spend more than {limit}",
    ),
    "drop": (
        "forget about the price",
        "the price does not matter",
        "the colour does not matter",
        "i do not mind the colour",
    ),
    "ask": (
        "can you tell me the colour of the {kind} on the {which} one ?",
        "and the {kind} on the {which} one , what colour has it ?",
        "the {which} one : what is the number of {kind}s ?",
        "count the {kind}s on the {which} one , please",
        "do i see a {colour} {kind} on the {which} one ?",
        "are there {colour} {kind}s on the {which} one ?",
        "what is the name of the artist of the {which} one ?",
        "is the {kind} on the {which} one made of wood ?",
    ),
    "claim": (
        "surely the {kind} on the {which} one is {colour}",
        "am i right that the {which} one shows a {colour} {kind} ?",
        "that {kind} on the {which} one is {colour} , no ?",
    ),
    "cheaper": (
        "the {which} one costs too much for me",
        "can you show me a less expensive one than the {which} one ?",
        "what do you have that is cheaper than the {which} one ?",
    ),
    "like": (
        "the {which} one is lovely , are there similar ones ?",
        "more of the kind of the {which} one , please",
        "are there others like the {which} one ?",
    ),
    "take": (
        "give me the {which} one , please",
        "wrap up the {which} one",
        "i will take the {which} one",
        "the {which} one it is",
    ),
    "chat": ("hi there", "many thanks", "good evening", "how nice of you"),
}
"""Act → phrasings that nobody has heard before."""

ACTS = tuple(HEARD)
UNKNOWABLE = ("who", "when", "old", "artist", "wood")
"""A question with one of these words asks for what no picture of the shop shows."""


class Message(NamedTuple):
    """What a customer says, and what is meant; the last three are for the judge."""

    text: str
    act: str
    slots: Mapping[str, str]
    """colour, kind, beside, limit, which, or drop; a number is written in digits."""
    answer: str | None = None
    """What is true, for a question or a claim; None where nobody can know."""


def phrase(act: str, slots: Mapping[str, str], random: Random, new: bool = False) -> str:
    """Return one of an act's phrasings that says these slots, and no others.

    Raises ValueError where no phrasing has exactly these slots.
    """
    fitting = [text for text in (NEW if new else HEARD)[act] if slots_in(text) == set(slots)]
    if act == "drop":
        fitting = [text for text in (NEW if new else HEARD)[act] if slots["drop"] in text]
    if not fitting:
        raise ValueError(f"no phrasing of {act!r} says {', '.join(sorted(slots)) or 'nothing'}")
    return filled(random.choice(fitting), slots)


def filled(phrasing: str, slots: Mapping[str, str]) -> str:
    """Return a phrasing with its slots filled in, and "an" before a vowel."""
    return re.sub(r"\ba (?=[aou])", "an ", phrasing.format(**slots))


def slots_in(text: str) -> set[str]:
    """Return the names of the slots of a phrasing."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def make_messages(count: int, seed: int = 0, new: bool = False) -> list[Message]:
    """Draw messages, each act as often, with slots drawn evenly: to learn acts from, or to test."""
    random, found = Random(seed), []
    for number in range(count):
        act = ACTS[number % len(ACTS)]
        text = random.choice((NEW if new else HEARD)[act])
        kind, beside = random.sample(SOLD, 2)
        values = {
            "colour": random.choice(tuple(COLOURS)),
            "kind": kind,
            "beside": beside,
            "limit": str(random.choice(PRICES)),
            "which": random.choice(ORDINALS),
        }
        slots = {name: values[name] for name in slots_in(text)}
        if act == "drop":
            slots["drop"] = "price" if "price" in text else "colour"
        found.append(Message(filled(text, slots), act, slots))
    return found
