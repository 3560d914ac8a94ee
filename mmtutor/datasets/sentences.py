"""The language of scenes as text alone: a few facts, then a question and its answer.

"star red , horse black . what colour is the star ? red ." Whoever goes on writing after the
question mark has to read the facts. One thing can be asked in several formats. Some formats are
kept out of what a model learns from, and so are one colour of each kind (as in `scenes`) and the
question the other way round, from the colour to the kind: whoever asks so, asks for what nobody
trained. Sentences are drawn when they are needed; the same seed gives the same ones.
"""

from collections.abc import Sequence
from random import Random
from typing import Literal, NamedTuple

import torch
from jaxtyping import Int64
from torch import Tensor

from mmtutor.datasets.scenes import COLOURS, KINDS, NUMBERS, PADDING

TRAINED = {
    "ask": "what colour is the {kind} ? {colour} .",
    "which": "which colour has the {kind} ? {colour} .",
    "state": "the {kind} is {colour} .",
    "label": "{kind} : {colour} .",
    "exam": "question : colour of the {kind} ? answer : {colour} .",
    "count": "how many objects are there ? {number} .",
    "exam count": "question : how many objects ? answer : {number} .",
}
"""Formats to learn from. Most ask for a colour, two for the number of objects."""
NEW = {
    "of": "what is the colour of the {kind} ? {colour} .",
    "full exam": "question : what colour is the {kind} ? answer : {colour} .",
    "full state": "the colour of the {kind} is {colour} .",
}
"""Formats for tests alone: their words are known, their order is not."""
REVERSED = {"reversed": "what is {colour} ? the {kind} ."}
"""The same facts, asked for from the other side: for tests alone."""
FORMATS = TRAINED | NEW | REVERSED
ASKS_COLOUR = tuple(name for name, text in TRAINED.items() if "{colour}" in text)
"""Those of the trained formats that ask for a colour."""

HELD_OUT = dict(zip(KINDS, 2 * tuple(COLOURS), strict=True))
"""The colour that a kind never has with the pairs "seen", as in `scenes`."""
SEEN = {kind: [c for c in COLOURS if c != held] for kind, held in HELD_OUT.items()}
"""The colours that it can have."""
FEWEST, MOST = 2, 4
"""How many objects the facts are about."""
TEXT_WORDS = sorted({w for text in TRAINED.values() for w in text.split() if "{" not in w})
WORDS = ("·", "a", "an", ",", *TEXT_WORDS, *COLOURS, *KINDS, *NUMBERS[FEWEST - 1 : MOST])
"""The tokens; number 0 is the padding."""
LONGEST_QUESTION = max(len(text.split()) for text in FORMATS.values())
"""Words in the longest question with its answer."""

Facts = list[tuple[str, str]]
"""The colour and the kind of every object, the kinds all different."""
Pairs = Literal["seen", "held out"]


class Sentences(NamedTuple):
    """Sentences, padded on the right, and where the answer stands in each: before it is the prompt.

    An answer is one word, the last before the full stop.
    """

    tokens: Int64[Tensor, "sentence longest"]
    answers: Int64[Tensor, " sentence"]


def make_sentences(
    count: int,
    formats: Sequence[str] = tuple(TRAINED),
    pairs: Pairs = "seen",
    questions: int = 1,
    shuffled: bool = False,
    colour_first: bool = False,
    seed: int = 0,
) -> Sentences:
    """Return sentences about 2 to 4 objects, each question in a format drawn from `formats`.

    Args:
        pairs: with "held out", the object asked for last has the colour that it never has with
            "seen".
        questions: so many follow the facts, each about another object, as far as there are any.
        shuffled: put other facts before question and answer: who is right now has not read them.
        colour_first: tell the facts as "a red star", not as "star red".

    ValueError for no format or no question, or for a format that does not exist.
    """
    if questions < 1:
        raise ValueError(f"there must be at least one question, not {questions}")
    if not formats or not set(formats) <= set(FORMATS):
        raise ValueError(f"formats must be some of {', '.join(FORMATS)}, not {tuple(formats)}")
    random, texts = Random(seed), []
    for _ in range(count):
        facts = draw_facts(random, pairs)
        asked = [ask(facts, obj, FORMATS[random.choice(formats)]) for obj in facts[:questions]]
        shown = draw_facts(random) if shuffled else facts
        random.shuffle(shown)  # or the answer would always stand in the same place
        texts.append(" ".join((describe(shown, colour_first), *reversed(asked))))
    tokens = encode(texts, 4 * MOST + questions * LONGEST_QUESTION)
    return Sentences(tokens, (tokens != PADDING).sum(dim=1) - 2)


def draw_facts(random: Random, pairs: Pairs = "seen") -> Facts:
    """Draw objects; the first is the one to ask for, and nothing else has its colour."""
    kinds = random.sample(list(KINDS), random.randint(FEWEST, MOST))
    first = HELD_OUT[kinds[0]] if pairs == "held out" else random.choice(SEEN[kinds[0]])
    others = [random.choice([c for c in SEEN[kind] if c != first]) for kind in kinds[1:]]
    return list(zip([first, *others], kinds, strict=True))


def describe(facts: Facts, colour_first: bool = False) -> str:
    """Return the facts in words: "star red , sun orange .", or "a red star , an orange sun ."."""
    if not colour_first:
        return " , ".join(f"{kind} {colour}" for colour, kind in facts) + " ."
    named = [f"{'an' if c[0] in 'aeiou' else 'a'} {c} {kind}" for c, kind in facts]
    return " , ".join(named) + " ."


def ask(facts: Facts, about: tuple[str, str], text: str) -> str:
    """Fill a format in: one of the objects is asked for."""
    colour, kind = about
    return text.format(colour=colour, kind=kind, number=NUMBERS[len(facts) - 1])


def encode(texts: Sequence[str], longest: int) -> Int64[Tensor, "text {longest}"]:
    """Turn texts into numbers of `WORDS`, padded on the right to `longest` words; signs count.

    ValueError for an unknown word, or for too many.
    """
    numbers = {word: number for number, word in enumerate(WORDS)}
    rows = [text.split() for text in texts]
    for row in rows:
        if unknown := [word for word in row if word not in numbers]:
            raise ValueError(f"the word {unknown[0]!r} is not among {', '.join(WORDS[1:])}")
        if len(row) > longest:
            raise ValueError(f"a text here has at most {longest} words, not {len(row)}")
    padded = [row + [WORDS[PADDING]] * (longest - len(row)) for row in rows]
    return torch.tensor([[numbers[word] for word in row] for row in padded]).view(-1, longest)


def decode(tokens: Int64[Tensor, "text word"]) -> list[str]:
    """Turn numbers back into texts, without the padding."""
    return [" ".join(WORDS[n] for n in row if n != PADDING) for row in tokens.tolist()]
