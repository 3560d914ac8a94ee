"""Draw questions, so that whoever does not look is right as often as chance."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import torch
from jaxtyping import Int64
from torch import Tensor

from mmtutor.datasets.asking.questions import TYPES, Question, questions_of
from mmtutor.datasets.scenes import COLOURS, KINDS, held_out_colour
from mmtutor.datasets.telling import Told, make_told


@dataclass(frozen=True, eq=False)
class Asked:
    """Questions about told scenes; several may be asked of one scene."""

    told: Told
    scene: Int64[Tensor, " question"]
    """Of which scene each is asked."""
    questions: tuple[Question, ...]

    def __len__(self) -> int:
        return len(self.questions)

    def __repr__(self) -> str:
        return f"{len(self)} questions about {len(self.told)} scenes"

    @property
    def answers(self) -> list[str]:
        """The right answers."""
        return [question.answer for question in self.questions]

    def of(self, kind: str) -> list[int]:
        """Return which questions are of a type."""
        return [i for i, question in enumerate(self.questions) if question.type == kind]

    def only(self, chosen: Sequence[int]) -> "Asked":
        """Return some of the questions, about the same scenes."""
        which = torch.tensor(chosen, dtype=torch.long)
        return Asked(self.told, self.scene[which], tuple(self.questions[i] for i in chosen))


def make_asked(
    count: int,
    *,
    kinds: int = 6,
    scenes: int | None = None,
    types: Sequence[str] = TYPES,
    pairs: str = "seen",
    seed: int = 0,
) -> Asked:
    """Draw `count` questions, as many of each type, in random order.

    For each question its text is drawn first, then one of the answers that some scene gives to it,
    each as likely, and only then a scene. So the text says nothing about the answer.

    Args:
        count: how many questions.
        kinds: how many of `KINDS` take part, as in `make_told`.
        scenes: how many scenes are drawn to choose from; half as many as questions otherwise.
        types: which of TYPES are asked.
        pairs: "seen" (no kind in its held-out colour), or "held_out" or "all", as in `make_told`.
        seed: the same seed and arguments give the same scenes and questions.

    Raises ValueError for an unknown type.
    """
    if unknown := set(types) - set(TYPES):
        raise ValueError(f"types must be among {', '.join(TYPES)}, not {unknown.pop()!r}")
    told = make_told(scenes or -(-count // 2), kinds=kinds, pairs=pairs, seed=seed)
    random, table = Random(seed), by_text(told, kinds, pairs)
    drawn = [draw(table[types[i % len(types)]], random) for i in range(count)]
    random.shuffle(drawn)
    where = torch.tensor([scene for scene, _ in drawn], dtype=torch.long)
    return Asked(told, where, tuple(question for _, question in drawn))


Found = tuple[int, Question]


def by_text(told: Told, kinds: int, pairs: str) -> dict[str, list[list[list[Found]]]]:
    """Return by type, for each text, for each answer to it, the scenes that give it."""
    names = tuple(KINDS)[:kinds]
    colours = held_out_colour(torch.arange(kinds)).tolist()
    never = {(tuple(COLOURS)[colour], kind) for colour, kind in zip(colours, names, strict=True)}
    found = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for scene, facts in enumerate(told.facts):
        for question in questions_of(facts, names):
            if pairs == "all" or question.type != "exists" or not names_one(question, never):
                found[question.type][question.text][question.answer].append((scene, question))
    return {
        kind: [list(answers.values()) for answers in texts.values() if len(answers) > 1]
        for kind, texts in found.items()
    }


def names_one(question: Question, pairs: set[tuple[str, str]]) -> bool:
    """Say whether a question whether something exists names one of these pairs."""
    return any(f"{colour} {kind}s" in question.text for colour, kind in pairs)


def draw(texts: list[list[list[Found]]], random: Random) -> Found:
    """Draw a text, then an answer to it, then a scene."""
    return random.choice(random.choice(random.choice(texts)))
