"""Technical English: what Python says about itself when one types `help("for")`.

The 79 topics that CPython 3.11.7 carries are shipped with the package, so that every Python learns
from the same text. They are split by topic. The manual repeats itself, and so a paragraph of a
held-out topic is left out where it (nearly) stands in a topic to learn from: to continue a text
that one has read is no art. `data/manual.md` is the data card.
"""

import gzip
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from jaxtyping import Int64
from torch import Tensor

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PACKED = Path(__file__).with_name("manual.json.gz")
"""The topics, a name and its text each. `data/make_manual.py` made the file."""
VALID = (
    *("assert", "attribute-references", "augassign", "bitwise", "context-managers", "continue"),
    *("identifiers", "raise", "strings", "typesmethods", "typesmodules"),
)
"""The topics to choose by: steps, rates, sizes."""
TEST = (
    *("atom-literals", "attribute-access", "bltin-type-objects", "function", "imaginary"),
    *("specialattrs", "subscriptions", "types", "typesseq-mutable"),
)
"""The topics to report on. The other 59 are to learn from."""
RUN = 5
"""Paragraphs are compared by their runs of so many words."""
COPY = 0.5
"""From this share of known runs on, a paragraph is a copy."""
UNKNOWN = "�"
"""What stands for every character that is not in an alphabet: its last place."""


class Manual(NamedTuple):
    """The text in three parts, each of other topics; paragraphs are joined by blank lines.

    Nothing in `valid` and `test` stands (nearly) in an earlier part, nor twice in its own.
    """

    train: str
    valid: str
    test: str
    test_with_copies: str
    copied: float
    """The share of the characters of `test_with_copies` that `test` is without."""


@cache
def load_manual() -> Manual:
    """Return the manual to learn from, to choose by and to report on: the same on every Python."""
    parts: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for name, text in sorted(topics().items()):
        parts[side(name)] += paragraphs(text)
    seen: set[tuple[str, ...]] = set().union(*map(runs, parts["train"]))
    texts = ["\n\n".join(fresh(parts[part], seen)) for part in ("valid", "test")]
    with_copies = "\n\n".join(parts["test"])
    copied = 1 - len(texts[1]) / len(with_copies)
    return Manual("\n\n".join(parts["train"]), *texts, with_copies, copied)


def topics() -> dict[str, str]:
    """Return the text of every topic by its name, as CPython 3.11.7 has it."""
    return json.loads(gzip.decompress(PACKED.read_bytes()))


def side(name: str) -> str:
    """Say whether a topic belongs to "train", "valid" or "test"."""
    return "valid" if name in VALID else "test" if name in TEST else "train"


def paragraphs(text: str) -> list[str]:
    """Return what stands between blank lines."""
    return [part for part in re.split(r"\n\s*\n", text.strip("\n")) if part.strip()]


def runs(paragraph: str) -> set[tuple[str, ...]]:
    """Return every run of five words of a paragraph; of a shorter one, its words as one run.

    A sign is a word, too. Capitals and line breaks make no difference.
    """
    words = re.findall(r"\w+|[^\w\s]", paragraph.lower())
    return {tuple(words[i : i + RUN]) for i in range(max(1, len(words) - RUN + 1))}


def fresh(given: Iterable[str], seen: set[tuple[str, ...]]) -> list[str]:
    """Return the paragraphs of whose runs fewer than half were seen; all runs join the seen."""
    kept = []
    for paragraph in given:
        its = runs(paragraph)
        if len(its & seen) < COPY * len(its):
            kept.append(paragraph)
        seen |= its
    return kept


def characters(text: str) -> str:
    """Return the alphabet of a text: its characters in order, and `UNKNOWN` for all others."""
    return "".join(sorted(set(text) - {UNKNOWN})) + UNKNOWN


def encode(text: str, alphabet: str) -> Int64[Tensor, " character"]:
    """Return the place of every character in the alphabet; the last place where it has none."""
    places = {character: place for place, character in enumerate(alphabet)}
    unknown = len(alphabet) - 1
    return torch.tensor([places.get(c, unknown) for c in text], dtype=torch.long)


def decode(numbers: Int64[Tensor, " character"], alphabet: str) -> str:
    """Return the characters at these places of the alphabet."""
    return "".join(alphabet[number] for number in numbers.tolist())


def byte_pairs(text: str, size: int) -> "Tokenizer":
    """Return a tokenizer of `size` tokens, learnt from the text: bytes, and pairs merged of them.

    No text is unknown to it, and each comes back as it was (Sennrich et al. 2016, arXiv
    1508.07909; on bytes: Radford et al. 2019). A short text may hold fewer pairs that come twice.
    ValueError for a size below 256: there are as many bytes.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    if size < 256:
        raise ValueError(f"size must be at least 256, the number of bytes, not {size}")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer
