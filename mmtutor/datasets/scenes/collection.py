"""The scenes: pictures, objects, questions and answers, as tensors and in words."""

from dataclasses import dataclass

import torch
from jaxtyping import Int8, Int64, UInt8
from torch import Tensor

from mmtutor.datasets.scenes.boxes import SIDE, rows_of
from mmtutor.datasets.scenes.kinds import COLOURS, KINDS, NOTHING
from mmtutor.datasets.scenes.questions import question_templates
from mmtutor.datasets.scenes.words import (
    ANSWERS,
    IGNORED,
    LONGEST_CAPTION,
    PADDING,
    TYPES,
    WORDS,
    encode,
)


@dataclass(frozen=True, eq=False)
class Scenes:
    """Scenes with a question each. A slot that holds no object has kind and colour NOTHING.

    `boxes` are left, top, right, bottom in pixels, right and bottom exclusive. `owners` says for
    every pixel which slot's ink it is (NOTHING: paper). `questions` are numbers of `WORDS`,
    padded; `answers` are numbers of `ANSWERS`. `asked` is the slot that the question is about
    (NOTHING where it is about none), `types` the question's place in `TYPES`.
    """

    pictures: UInt8[Tensor, "scene 3 64 64"]
    owners: Int8[Tensor, "scene 64 64"]
    kinds: Int64[Tensor, "scene slot"]
    colours: Int64[Tensor, "scene slot"]
    boxes: Int64[Tensor, "scene slot 4"]
    types: Int64[Tensor, " scene"]
    questions: Int64[Tensor, "scene word"]
    answers: Int64[Tensor, " scene"]
    asked: Int64[Tensor, " scene"]

    def __len__(self) -> int:
        return len(self.pictures)

    def __repr__(self) -> str:
        return f"{len(self)} scenes of up to {self.kinds.shape[1]} objects"

    def picture(self, scene: int) -> UInt8[Tensor, "64 64 3"]:
        """One picture with its colours last, as plots want it."""
        return self.pictures[scene].permute(1, 2, 0)

    def question(self, scene: int) -> str:
        """The question in words, such as "what colour is the umbrella"."""
        return " ".join(WORDS[word] for word in self.questions[scene].tolist() if word != PADDING)

    def answer(self, scene: int) -> str:
        """The true answer, a word of `ANSWERS`."""
        return ANSWERS[self.answers[scene]]

    def objects(self, scene: int) -> list[str]:
        """What stands there, such as ["green umbrella", "orange star"]."""
        pairs = zip(self.kinds[scene].tolist(), self.colours[scene].tolist(), strict=True)
        return [f"{tuple(COLOURS)[c]} {tuple(KINDS)[k]}" for k, c in pairs if k != NOTHING]

    def caption(self, scene: int) -> str:
        """The scene in words: "a green umbrella and an orange star"."""
        nouns = [f"{'an' if name[0] in 'aeiou' else 'a'} {name}" for name in self.objects(scene)]
        return " and ".join(filter(None, [", ".join(nouns[:-1]), nouns[-1]]))

    def captions(self) -> Int64[Tensor, "scene word"]:
        """Every caption as numbers of `WORDS`, padded on the right."""
        texts = [self.caption(scene).replace(",", "") for scene in range(len(self))]
        return encode(texts, LONGEST_CAPTION)

    def every_question(
        self,
    ) -> tuple[Int64[Tensor, "scene question word"], Int64[Tensor, "scene question"]]:
        """Ask for the colour and the row of every object, and answer.

        A picture is costly to encode and a question is cheap: so one picture teaches more. Slots
        that hold no object have the answer IGNORED.
        """
        templates = question_templates()[[TYPES.index("colour"), TYPES.index("row")]]  # (2, word)
        named = (WORDS.index("umbrella") + self.kinds)[:, :, None, None]  # (scene, slot, 1, 1)
        questions = torch.where(templates < 0, named, templates)  # (scene, slot, 2, word)
        colours, rows = (
            ANSWERS.index("red") + self.colours,
            ANSWERS.index("top") + rows_of(self.boxes),
        )
        answers = torch.stack([colours, rows], dim=2)
        answers = answers.masked_fill((self.kinds == NOTHING).unsqueeze(2), IGNORED)
        return questions.flatten(1, 2), answers.flatten(1, 2)

    def labels(self) -> Int64[Tensor, "scene 64 64"]:
        """What every pixel shows: 0 is paper, 1 + k is the ink of kind k."""
        paper = torch.zeros(len(self), 1, dtype=torch.long)
        classes = torch.cat([paper, self.kinds + 1], dim=1)  # owner -1 becomes column 0
        return classes.gather(1, self.owners.long().flatten(1) + 1).view(-1, SIDE, SIDE)

    def asked_boxes(self) -> Int64[Tensor, "scene 4"]:
        """The box of the object that the question is about; zeros where it is about none."""
        chosen = self.boxes.gather(1, self.asked.clamp(min=0).view(-1, 1, 1).expand(-1, 1, 4))
        return chosen[:, 0] * (self.asked != NOTHING).unsqueeze(1)
