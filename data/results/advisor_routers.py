"""Other ways to find out what a message means, and what is understood of phrasings left out."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtutor.advisor import LearntRouter, Router, pieces, share
from mmtutor.datasets.dialogues import ACTS, Message, make_messages
from mmtutor.modalities import TextBody
from mmtutor.training import Batches, Recipe, fit, predict, seed_everything

FOLDS = 3
"""Of an act's phrasings a third is left out at a time."""


def phrasing(text: str) -> str:
    """Return a text with its colours, kinds, ordinals and numbers put in classes."""
    return " ".join(pieces(text, 1))


def left_out(longest: int, seed: int) -> float:
    """Return what a learnt router understands of heard phrasings that were left out."""
    messages, right = make_messages(800, seed), list[bool]()
    known = sorted({(m.act, phrasing(m.text)) for m in messages})
    fold = {text: number % FOLDS for number, (_, text) in enumerate(known)}
    for part in range(FOLDS):
        kept = [m for m in messages if fold[phrasing(m.text)] != part]
        test = [m for m in messages if fold[phrasing(m.text)] == part]
        acts = LearntRouter(kept, longest)([m.text for m in test])
        right += [m.act == act for m, act in zip(test, acts, strict=True)]
    return share(right)


def told() -> Router:
    """Return a router that knows the act of every phrasing, heard and new: the ceiling."""
    messages = make_messages(4000, 1) + make_messages(4000, 1, new=True)
    acts = {phrasing(m.text): m.act for m in messages}
    return lambda texts: [acts[phrasing(text)] for text in texts]


class Nearest:
    """Takes the act of the known message with most words in common."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.acts = [message.act for message in messages]
        self.probe = LearntRouter(messages, 1)
        self.known = self.probe.features([message.text for message in messages])

    def __call__(self, texts: Sequence[str]) -> list[str]:
        near = self.probe.features(texts) @ self.known.T
        return [self.acts[number] for number in near.argmax(dim=1).tolist()]


class TransformerRouter:
    """Two blocks of lesson 02 that read the words in order: lesson 05's reader of texts."""

    LENGTH, WIDTH, UNKNOWN = 20, 48, 1

    def __init__(self, messages: Sequence[Message], seed: int) -> None:
        words = sorted({word for m in messages for word in phrasing(m.text).split()})
        self.numbers = {word: number + 2 for number, word in enumerate(words)}
        seed_everything(seed)
        body = TextBody(len(words) + 2, self.WIDTH, positions=True)
        self.model = nn.Sequential(body, nn.Linear(self.WIDTH, len(ACTS)))
        acts = torch.tensor([ACTS.index(m.act) for m in messages])
        data = (self.ids([m.text for m in messages]), acts)
        recipe = Recipe(steps=300, batch_size=64, learning_rate=3e-3, seed=seed)
        fit(self.model, Batches(*data, batch_size=64, seed=seed), loss, recipe, every=300)

    def ids(self, texts: Sequence[str]) -> Tensor:
        """Return the numbers of the words of each text; 0 is padding."""
        rows = torch.zeros(len(texts), self.LENGTH, dtype=torch.int64)
        for row, text in zip(rows, texts, strict=True):
            words = phrasing(text).split()[: self.LENGTH]
            row[: len(words)] = torch.tensor([self.numbers.get(w, self.UNKNOWN) for w in words])
        return rows

    def __call__(self, texts: Sequence[str]) -> list[str]:
        return [ACTS[number] for number in predict(self.model, self.ids(texts)).argmax(1).tolist()]


def loss(model: nn.Module, ids: Tensor, acts: Tensor) -> Tensor:
    """Return the cross-entropy of the right acts; a word in ten is hidden."""
    hidden = (torch.rand(ids.shape) < 0.1) & (ids != 0)
    return F.cross_entropy(model(ids.masked_fill(hidden, TransformerRouter.UNKNOWN)), acts)
