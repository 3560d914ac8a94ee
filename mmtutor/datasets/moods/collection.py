"""Make moods: three senses that are independent of each other, and raw data that show them."""

from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Int16, Int64, UInt8
from torch import Tensor

from mmtutor.datasets.moods.faces import draw_faces, faces_of_people
from mmtutor.datasets.moods.rules import cases, rule
from mmtutor.datasets.moods.sentences import write
from mmtutor.datasets.moods.voices import speak, voices_of_people

PEOPLE = 200
"""Faces and voices there are. Every fifth person is kept for tests."""
TOGETHER = 500
"""Examples that are drawn in one go: they stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Moods:
    """What was said, seen and heard, as raw data; and what each part, and the whole, means.

    `words`, `mouth` and `voice` are senses (0 negative, 1 positive, 2 neutral), `eyes` counts in
    EYES, `labels` is what is meant, `people` whose face and voice it is.
    """

    texts: list[str]
    faces: UInt8[Tensor, "example 24 24 1"]
    voices: Int16[Tensor, "example 4096"]
    words: Int64[Tensor, " example"]
    mouth: Int64[Tensor, " example"]
    voice: Int64[Tensor, " example"]
    eyes: Int64[Tensor, " example"]
    labels: Int64[Tensor, " example"]
    people: Int64[Tensor, " example"]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(
        self, places: Int64[Tensor, " chosen"] | Bool[Tensor, " example"] | slice
    ) -> "Moods":
        """Return some of the examples."""
        numbers = torch.arange(len(self))[places].tolist()
        tensors = {f.name: getattr(self, f.name)[places] for f in fields(self) if f.name != "texts"}
        return Moods(texts=[self.texts[number] for number in numbers], **tensors)

    @property
    def decider(self) -> Int64[Tensor, " example"]:
        """Which modality decides: 0 the words, 1 the face, 2 the voice. The eyes say so."""
        return self.eyes


def make_moods(count: int, seed: int = 0, world: str = "independent", test: bool = False) -> Moods:
    """Draw `count` examples of a world. The same arguments give the same examples.

    With `test`, people (their faces and voices) and the frames of the sentences are those that
    training never uses. ValueError for a world that is not in WORLDS.
    """
    generator = torch.Generator().manual_seed(2 * seed + test)
    words, mouth, voice, eyes = draw_cases(count, world, generator)
    known = torch.arange(PEOPLE)[(torch.arange(PEOPLE) % 5 == 0) == test]
    people = known[torch.randint(len(known), (count,), generator=generator)]
    looks, throats = faces_of_people(PEOPLE)[people], voices_of_people(PEOPLE)[people]
    some = torch.arange(count).split(TOGETHER)
    faces = [draw_faces(looks[at], eyes[at], mouth[at], generator) for at in some]
    voices = [speak(throats[at], voice[at], generator) for at in some]
    return Moods(
        texts=write(words, generator, test),
        faces=torch.cat(faces),
        voices=torch.cat(voices),
        words=words,
        mouth=mouth,
        voice=voice,
        eyes=eyes,
        labels=rule(words, mouth, voice, eyes),
        people=people,
    )


def draw_cases(
    count: int, world: str, generator: torch.Generator
) -> tuple[Int64[Tensor, " example"], ...]:
    """Return the senses of words, mouth and voice, and what the eyes do, as the world has them."""
    table = cases(world)
    shares = torch.tensor([float(share) for share in table.values()])
    drawn = torch.multinomial(shares, count, replacement=True, generator=generator)
    return torch.tensor([*table])[drawn].unbind(1)


def draw_face(eyes: int, mouth: int, seed: int = 0) -> UInt8[Tensor, "24 24 1"]:
    """Draw one face of one of the people kept for tests; the seed says whose."""
    generator = torch.Generator().manual_seed(seed)
    look = faces_of_people(PEOPLE)[5 * (seed % (PEOPLE // 5)), None]
    return draw_faces(look, torch.tensor([eyes]), torch.tensor([mouth]), generator)[0]


def say(sense: int, seed: int = 0) -> Int16[Tensor, " 4096"]:
    """Return one wave in a tone of that sense, by one of the people kept for tests."""
    generator = torch.Generator().manual_seed(seed)
    throat = voices_of_people(PEOPLE)[5 * (seed % (PEOPLE // 5)), None]
    return speak(throat, torch.tensor([sense]), generator)[0]
