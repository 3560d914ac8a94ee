"""What goes wrong with texts between a file and a network.

A bug is `bug(pipeline, raw)`: it returns what `pipeline.prepare(raw)` should have returned, with
one thing wrong. `pipeline` is lesson 05's WordPipeline (or any dataclass with its fields); `raw`
are strings. In what comes back, 0 is padding and 1 a word that the vocabulary does not have.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch.nn.functional as F
from jaxtyping import Int64
from torch import Tensor

from mmtutor.datasets.bugs.named import by_name

Raw = Sequence[str]
Prepared = Int64[Tensor, "text token"]


def other_order(pipeline: Any, raw: Raw) -> Prepared:
    """The vocabulary of another run: the same words, in the opposite order."""
    return replace(pipeline, words=pipeline.words[::-1]).prepare(raw)


def off_by_one(pipeline: Any, raw: Raw) -> Prepared:
    """One more special token came first: every word has the number of the next one."""
    return replace(pipeline, words=(pipeline.words[-1], *pipeline.words[:-1])).prepare(raw)


def split_at_spaces(pipeline: Any, raw: Raw) -> Prepared:
    """Another tokenizer: a comma stays on its word, which the vocabulary then does not have."""
    return pipeline.prepare([re.sub(r"\w+,", "wordandcomma", text) for text in raw])


def case_kept(pipeline: Any, raw: Raw) -> Prepared:
    """Capital letters stay, and the vocabulary has none."""
    return replace(pipeline, lowered=False).prepare(raw)


def padded_left(pipeline: Any, raw: Raw) -> Prepared:
    """Padding stands in front of the text, where it was behind it in training."""
    return replace(pipeline, side="left").prepare(raw)


def no_mask(pipeline: Any, raw: Raw) -> Prepared:
    """Padding has the number of an unknown word, so that nothing marks it as padding."""
    ids = pipeline.prepare(raw)
    return ids.masked_fill(ids == 0, 1)


def half_cut(pipeline: Any, raw: Raw) -> Prepared:
    """Texts are cut after half of the length."""
    half = replace(pipeline, length=pipeline.length // 2).prepare(raw)
    return F.pad(half, (0, pipeline.length - half.shape[1]))


BUGS = by_name(
    other_order,
    off_by_one,
    split_at_spaces,
    case_kept,
    padded_left,
    no_mask,
    half_cut,
)
"""What goes wrong with texts, by name."""
