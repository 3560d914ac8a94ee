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
    "the {thing} was {adjective}",
    "i thought the {thing} was {adjective}",
    "to me that {thing} was really {adjective}",
    "that was the {adjective} {thing} we talked about",
    "what i saw today was that {adjective} {thing}",
    "you know that i {verb} the {thing}",
    "today we {verb} that {thing}",
    "we really {verb} the {thing} today",
)
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
