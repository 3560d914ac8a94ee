"""What a caption claims, read from left to right."""

import re
from dataclasses import dataclass, field

from mmtutor.datasets.scenes import COLOURS, KINDS
from mmtutor.datasets.telling.words import PLACES, RELATIONS, WITH

ADJECTIVE, NOUN = f"(?:(?:{'|'.join(COLOURS)}) )?", f"(?:{'|'.join(KINDS)})"
ITEM = rf"(?:an? {ADJECTIVE}{NOUN}|two {ADJECTIVE}{NOUN}s)\b"
PART = re.compile(
    rf"\b(?:(?P<item>{ITEM})"
    rf"|(?P<relation>{'|'.join(RELATIONS)}) (?P<to>{ITEM})"
    rf"|(?P<around>{'|'.join(WITH)})\b"
    rf"|(?P<place>{'|'.join(PLACES.values())})\b"
    r"|(?P<joint>and|with)\b(?= \S))"
    r"|(?P<unread>\S+)"
)
"""The parts of a caption; a word that begins none of the others is one by itself."""
ROW_OF = {words: row for row, words in PLACES.items()}


@dataclass(frozen=True)
class Item:
    """Something that a caption names: "two red stars"; `colour` is None where it says none."""

    number: int
    colour: str | None
    kind: str


@dataclass
class Claims:
    """What a caption claims; items have numbers, in the order in which they are named."""

    items: list[Item] = field(default_factory=list)
    places: list[tuple[int, str]] = field(default_factory=list)
    """An item and the row in which it is said to stand."""
    relations: list[tuple[int, str, int]] = field(default_factory=list)
    """An item, which of RELATIONS it is said to be in, and to which item."""
    unread: list[str] = field(default_factory=list)
    """Words that make no sense where they stand."""

    def name(self, words: str) -> int:
        """Add an item, and return its number."""
        number, *colour, noun = words.split()
        two = number == "two"
        kind = noun.removesuffix("s") if two else noun
        self.items.append(Item(1 + two, colour[0] if colour else None, kind))
        return len(self.items) - 1


def claims(caption: str) -> Claims:
    """Return what a caption claims. Nothing is guessed: words that make no sense are `unread`.

    A place belongs to the item before it. "A left of B and above C" says two things of A; "A with
    B above and C to the left" says where B and C are, seen from A.
    """
    found = Claims()
    subject = centre = None  # whom a relation is about, and who stands before "with"
    before = "joint"  # the form of the part before; a caption begins like what follows "and"
    for part in PART.finditer(caption.lower()):
        form, words = part.lastgroup, part[0]
        if form == "item" and before == "joint":
            subject = found.name(words)
        elif form == "to" and subject is not None:
            found.relations.append((subject, part["relation"], found.name(part["to"])))
        elif form == "around" and before == "item" and centre is not None:
            found.relations.append((subject, WITH[words], centre))
        elif form == "place" and found.items:
            found.places.append((len(found.items) - 1, ROW_OF[words]))
        elif form == "joint" and found.items and before != "joint":
            centre = subject if words == "with" else centre
        else:
            found.unread += words.split()
        before = form
    return found
