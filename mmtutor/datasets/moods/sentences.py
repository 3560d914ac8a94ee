"""Sentences that are friendly, unfriendly or neither, from templates.

One word carries the sense, and it stands in a different place in different frames. Some frames are
for tests alone: their words are known, their order is not.
"""

import torch
from jaxtyping import Int64
from torch import Tensor

THINGS = (
    *("film", "soup", "train", "lesson", "party", "song", "room", "game"),
    *("coat", "letter", "walk", "concert", "book", "garden", "dinner", "hotel"),
)
ADJECTIVES = (
    ("awful", "terrible", "horrible", "dreadful", "boring", "ugly", "miserable", "poor"),
    ("lovely", "great", "wonderful", "excellent", "brilliant", "charming", "perfect", "superb"),
    ("usual", "ordinary", "normal", "plain", "standard", "common", "regular", "typical"),
)
"""For each sense: negative, positive, neutral."""
VERBS = (
    ("hated", "disliked", "loathed", "regretted"),
    ("loved", "enjoyed", "adored", "admired"),
    ("described", "mentioned", "noticed", "remembered"),
)
TRAINED = (
    "{adjective} was the {thing} to me",
    "that {adjective} {thing} was the one i saw",
    "really {adjective} was the {thing} today",
    "i {verb} the {thing} you talked about",
    "today we {verb} that {thing}",
    "we really {verb} the {thing} today",
    "the {thing} was {adjective}",
    "that was the {adjective} {thing} we talked about",
    "we saw the {adjective} {thing} you talked about",
    "you know that i {verb} the {thing}",
    "today i saw that {adjective} {thing}",
    "i thought the {thing} was {adjective}",
    "to me that {thing} was really {adjective}",
    "what i saw today was that {adjective} {thing}",
    "that {thing} we talked about was {adjective}",
    "you know the {thing} i saw was {adjective}",
)
"""Frames, in the order of the place at which their sense stands: from the first to the eighth."""
NEW = (
    "today the {thing} was really {adjective}",
    "you know the {thing} was {adjective} to me",
    "that {adjective} {thing} was what we talked about",
    "i really {verb} that {thing} today",
)
"""Frames for tests alone."""
LONGEST = max(len(frame.split()) for frame in TRAINED + NEW)
"""Words in the longest sentence."""
PLAIN = {word for frame in TRAINED for word in frame.split() if "{" not in word}
BEARING = {word for words in (*ADJECTIVES, *VERBS) for word in words}
WORDS = tuple(sorted({*PLAIN, *THINGS, *BEARING}))
"""Every word that occurs, in the order of the alphabet."""


def write(
    senses: Int64[Tensor, " sentence"], generator: torch.Generator, test: bool = False
) -> list[str]:
    """Return a sentence of each sense (0 negative, 1 positive, 2 neutral), in lower case.

    Frame, thing and the word with the sense are drawn evenly; with `test`, from the new frames.
    """
    frames = NEW if test else TRAINED
    counts = torch.tensor([len(frames), len(THINGS), len(ADJECTIVES[0]), len(VERBS[0])])
    drawn = (torch.rand(len(senses), 4, generator=generator) * counts).long()
    return [
        frames[frame].format(
            thing=THINGS[thing], adjective=ADJECTIVES[sense][adjective], verb=VERBS[sense][verb]
        )
        for sense, (frame, thing, adjective, verb) in zip(
            senses.tolist(), drawn.tolist(), strict=True
        )
    ]


def sense_of(text: str) -> int | None:
    """Return the sense of a text, or None where no word bears one, or two bear different ones."""
    words = {*text.lower().split()}
    found = [sense for sense in range(3) if words & {*ADJECTIVES[sense], *VERBS[sense]}]
    return found[0] if len(found) == 1 else None
