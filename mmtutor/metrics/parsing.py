"""What did it answer? Right, wrong, refused or unclear; and parsers that read the wrong thing."""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from mmtutor.datasets.asking.parsing import parse_among

Parser = Callable[[str, Sequence[str]], str | None]
"""Reads a text: the option that it says, or None."""
OUTCOMES = ("right", "wrong", "refused", "unclear")
"""What can become of an answer. Each answer counts once, in one of them."""
REFUSAL = re.compile(
    r"\b(cannot|can not|can't|unable|won't|do not know|don't know|not sure|unsure"
    r"|no idea|no way|no clue)\b"
)


def refuses(text: str) -> bool:
    """Say whether a text declines to answer: it says nothing at all, or that it cannot say."""
    return not text.strip() or bool(REFUSAL.search(plain(text)))


def plain(text: str) -> str:
    """Return a text in small letters, with straight apostrophes, without space around it."""
    return text.lower().replace("’", "'").strip()


def careful(text: str, options: Sequence[str]) -> str | None:
    """Return the option that a text names, without the words of a refusal: "no idea" is no "no"."""
    return parse_among(REFUSAL.sub(" ", plain(text)) if refuses(text) else text, options)


def outcome(text: str, options: Sequence[str], answer: str, parser: Parser = careful) -> str:
    """Return which of OUTCOMES a text is. Who names an option has answered, however unsure."""
    said = parser(text, options)
    if said is not None:
        return "right" if said == answer else "wrong"
    return "refused" if refuses(text) else "unclear"


# ── Parsers with a fault ──────────────────────────────────────────────────────────────────────────


def inside(text: str, options: Sequence[str]) -> str | None:
    """The first option that stands anywhere in the text, also within a word."""
    return next((option for option in options if option.lower() in text.lower()), None)


def exact(text: str, options: Sequence[str]) -> str | None:
    """The option that equals the text, sign for sign."""
    return text if text in options else None


def first_word(text: str, options: Sequence[str]) -> str | None:
    """The text's first word, whatever follows."""
    words = re.findall(r"\w+", text.lower())
    return next((o for o in options if words[:1] == [o.lower()]), None)


def last_named(text: str, options: Sequence[str]) -> str | None:
    """The option that is named last, also where it is denied."""
    words = re.findall(r"\w+", text.lower())
    named = [word for word in words if word in [option.lower() for option in options]]
    return next((o for o in options if named[-1:] == [o.lower()]), None)


def never_unclear(text: str, options: Sequence[str]) -> str | None:
    """Guess the first option where nothing is clear: a refusal becomes an answer."""
    return parse_among(text, options) or options[0]


FAULTY: dict[str, Parser] = {
    "inside a word": inside,
    "sign for sign": exact,
    "first word": first_word,
    "last named": last_named,
    "never unclear": never_unclear,
}
"""Parsers that people write, each wrong in a way of its own."""


class Nasty(NamedTuple):
    """A text that parsers get wrong, what may be answered, and what it says (None: no option)."""

    text: str
    options: tuple[str, ...]
    says: str | None


YES_NO, HUES = ("no", "yes"), ("red", "green", "blue")
NASTY = (
    Nasty("Yes.", YES_NO, "yes"),
    Nasty("I notice one: yes", YES_NO, "yes"),
    Nasty("The", YES_NO, None),
    Nasty("", YES_NO, None),
    Nasty("I cannot tell, the picture is blurred.", YES_NO, None),
    Nasty("not red, the answer is blue", HUES, "blue"),
    Nasty("It is blue, not red.", HUES, "blue"),
    Nasty("red or blue", HUES, None),
    Nasty("It looks reddish", HUES, None),
    Nasty("BLUE! Blue it is.", HUES, "blue"),
    Nasty("not B, the answer is D", ("A", "B", "C", "D"), "D"),
    Nasty("C because nothing else fits", ("A", "B", "C", "D"), "C"),
)
"""Twelve of them."""


def misread(parser: Parser, texts: Sequence[Nasty] = NASTY) -> list[Nasty]:
    """Return the texts that a parser reads wrongly."""
    return [nasty for nasty in texts if parser(nasty.text, nasty.options) != nasty.says]


# ── Who talks round an answer ─────────────────────────────────────────────────────────────────────

WRAPS = (
    "{0}",
    "The answer is {0}.",
    "I notice that it is {0}!",
    "It is not {1}, it is {0}.",
    "{0}, not {1}.",
    "I cannot be sure, but I would say {0}",
)
"""How somebody might say an answer: {0} is what is meant, {1} another option."""


def wrapped(answer: str, options: Sequence[str], name: str) -> str:
    """Say an answer in one of WRAPS: the same for the same name, such as an item's."""
    random = Random(name)
    others = [option for option in options if option != answer]
    return random.choice(WRAPS).format(answer, random.choice(others))
