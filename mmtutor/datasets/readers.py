"""Readers: made-up people who like some things and not others, to recommend to.

A reader has two tastes. A taste is a word, such as "arrow" or "cyrillic", and a reader who has it
likes things whose name holds that word. Some things are known better than others, whatever one's
taste, and now and then somebody likes a thing for no reason at all. A seed decides it all.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from mmtutor.metrics import recall_at

FEWEST, MOST = 30, 300
"""A word is a taste if so many names hold it: rarer ones say little, commoner ones everything."""
WHIM = 0.1
"""The share of likes that no taste explains."""


@dataclass(frozen=True, eq=False)
class Readers:
    """What some readers liked, in the order in which they did.

    Args:
        likes: places of things in the list of names; nobody likes a thing twice.
        tastes: two places in `words` for each reader.
        words: what a taste can be.
        fame: how well each thing is known; the sum is 1.
        wanted: the chance of each thing to be liked out of a taste; a row sums to 1.
    """

    likes: Int64[Tensor, "reader like"]
    tastes: Int64[Tensor, "reader 2"]
    words: tuple[str, ...]
    fame: Float[Tensor, " thing"]
    wanted: Float[Tensor, "word thing"]


def tastes_in(names: Sequence[str]) -> tuple[str, ...]:
    """Return the words that are neither too rare nor too common to be a taste, sorted."""
    counts = Counter(word for name in names for word in set(name.split()))
    return tuple(sorted(w for w, count in counts.items() if FEWEST <= count <= MOST and len(w) > 2))


def holds(names: Sequence[str], words: Sequence[str]) -> Bool[Tensor, "word thing"]:
    """Return which name holds which word."""
    split = [set(name.split()) for name in names]
    return torch.tensor([[word in name for name in split] for word in words])


def make_readers(names: Sequence[str], count: int, likes: int = 7, seed: int = 0) -> Readers:
    """Return `count` readers and `likes` things that each liked, out of all things with `names`.

    Fame depends on the place in the list alone, so that two crowds agree on what is well known.
    Raises ValueError where fewer than two words can be a taste.
    """
    words = tastes_in(names)
    if len(words) < 2:
        raise ValueError(f"fewer than two words occur in {FEWEST} to {MOST} of the names")
    fame, generator = fame_of(len(names)), torch.Generator().manual_seed(seed)
    suits = holds(names, words) * fame  # (word, thing)
    wanted = suits / suits.sum(dim=1, keepdim=True)
    tastes = torch.rand(count, len(words), generator=generator).topk(2).indices
    chosen = torch.multinomial(chances(wanted, tastes, fame), likes, generator=generator)
    return Readers(chosen, tastes, words, fame, wanted)


def chances(
    wanted: Float[Tensor, "word thing"],
    tastes: Int64[Tensor, "reader 2"],
    fame: Float[Tensor, " thing"],
) -> Float[Tensor, "reader thing"]:
    """Return how likely each thing is to be a reader's next like, if one knew the tastes."""
    return (1 - WHIM) * wanted[tastes].mean(dim=1) + WHIM * fame


def best_guess(
    readers: Readers, likes: Int64[Tensor, "reader like"]
) -> Float[Tensor, "reader thing"]:
    """Return how likely each thing is to be the next like, for somebody who knows how it is drawn.

    Every pair of tastes is weighed by how well it explains the likes: nobody can do better than
    that (but for the rule that nobody likes a thing twice, which it leaves out).
    """
    tastes = torch.combinations(torch.arange(len(readers.words)))
    each = chances(readers.wanted, tastes, readers.fame)  # (pair of tastes, thing)
    logs = each.log()
    belief = torch.stack([logs[:, row].sum(dim=1) for row in likes]).softmax(dim=1)
    return belief @ each


def liked_by_alike(
    likes: Int64[Tensor, "reader known"], crowd: Int64[Tensor, "other like"], things: int
) -> Float[Tensor, "reader thing"]:
    """Return how often each thing was liked by the crowd, each as often as they share a like.

    "Who liked this also liked that": counts of what is liked together, nothing learnt.
    """
    held = torch.zeros(len(crowd), things).scatter(1, crowd, 1.0)  # (other, thing)
    shared = torch.stack([held[:, row].sum(dim=1) for row in likes])  # (reader, other)
    return shared @ held


def found_again(
    scores: Float[Tensor, "reader thing"], likes: Int64[Tensor, "reader like"], count: int = 50
) -> float:
    """Return how often the last like is among the `count` best things, the other likes left out."""
    known, wanted = likes[:, :-1], likes[:, -1]
    return recall_at(scores.scatter(1, known, -torch.inf), wanted, count)


def fame_of(count: int) -> Float[Tensor, " thing"]:
    """Return how well each thing is known; who comes first, second, third is left to chance.

    The r-th is known as 1 / (r + 20): a few widely, most hardly at all, as Zipf's law has it.
    """
    order = torch.randperm(count, generator=torch.Generator().manual_seed(1_000_003))
    fame = 1 / (order + 21.0)
    return fame / fame.sum()
