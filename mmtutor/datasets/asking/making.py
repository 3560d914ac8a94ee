"""Draw questions, so that whoever does not look is right as often as chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import torch
from jaxtyping import Int64
from torch import Tensor

from mmtutor.datasets.asking.questions import TYPES, Question, questions_of
from mmtutor.datasets.scenes import COLOURS, KINDS, held_out_colour
from mmtutor.datasets.telling import Told, make_told
from mmtutor.datasets.telling.words import RELATIONS


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

    For each question its text is drawn first (of each relation as often), then one of the answers
    that some scene gives to it, each as likely, and only then a scene. So the text says nothing
    about the answer. Half of those for what is not there are traps.

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
    random, table = Random(seed), by_type(told, kinds, pairs)
    drawn = [draw(table[types[i % len(types)]], random) for i in range(count)]
    random.shuffle(drawn)
    where = torch.tensor([scene for scene, _ in drawn], dtype=torch.long)
    return Asked(told, where, tuple(question for _, question in drawn))


Found = tuple[int, Question]
Tree = dict
"""What is drawn, level by level: a relation, a text, an answer, a trap or none, then one Found."""


def by_type(told: Told, kinds: int, pairs: str) -> dict[str, Tree]:
    """Return all questions about scenes, by type; texts that have one answer only are left out."""
    names = tuple(KINDS)[:kinds]
    colours = held_out_colour(torch.arange(kinds)).tolist()
    never = {(tuple(COLOURS)[colour], kind) for colour, kind in zip(colours, names, strict=True)}
    trees: dict[str, Tree] = {}
    for scene, facts in enumerate(told.facts):
        for question in questions_of(facts, names):
            if pairs == "all" or question.type != "exists" or not names_one(question, never):
                tree = trees.setdefault(question.type, {})
                for key in (relation_of(question), question.text, question.answer):
                    tree = tree.setdefault(key, {})
                tree.setdefault(question.trap, []).append((scene, question))
    return {kind: with_a_choice(tree) for kind, tree in trees.items()}


def relation_of(question: Question) -> str:
    """Return the relation that a question names, or nothing."""
    return next((word for word in RELATIONS if f" {word} " in question.text), "")


def names_one(question: Question, pairs: set[tuple[str, str]]) -> bool:
    """Say whether a question whether something exists names one of these pairs."""
    return any(f"{colour} {kind}s" in question.text for colour, kind in pairs)


def with_a_choice(tree: Tree) -> Tree:
    """Keep the texts that have more than one answer, and the relations that have such a text."""
    kept = {
        relation: {text: answers for text, answers in texts.items() if len(answers) > 1}
        for relation, texts in tree.items()
    }
    return {relation: texts for relation, texts in kept.items() if texts}


def draw(tree: Tree | list[Found], random: Random) -> Found:
    """Draw on each level, each branch as likely."""
    while isinstance(tree, dict):
        tree = tree[random.choice(list(tree))]
    return random.choice(tree)
