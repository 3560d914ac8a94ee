"""Labels: what every glyph is, as numbers with a vocabulary, from its name and its face."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int32, Int64
from torch import Tensor

from mmtutor.datasets.glyphs.characters import caption
from mmtutor.datasets.glyphs.faces import FACES
from mmtutor.datasets.glyphs.parts import CASES, SCRIPTS, parse_name


@dataclass(frozen=True, eq=False)
class Label:
    """One property of every glyph: `names` is its vocabulary, `values` are places in it."""

    name: str
    names: tuple[str, ...]
    values: Int64[Tensor, " glyph"]

    def __getitem__(self, position: int) -> str:
        """The name at one position: `glyphs.label("script")[0]` is "latin"."""
        return self.names[self.values[position]]


def vocabulary(name: str, used: Sequence[str]) -> tuple[str, ...]:
    """A label's fixed vocabulary; for base letters and marks, "none" and then all that occur."""
    fixed = {"script": SCRIPTS, "case": CASES}
    return fixed.get(name) or ("none", *sorted(set(used) - {"none"}))


def name_label(
    name: str, codepoints: Int32[Tensor, " glyph"], characters: Int32[Tensor, " character"]
) -> Label:
    """A label that follows from the character's name."""
    words = [getattr(parse_name(caption(chr(code))), name) for code in characters.tolist()]
    names = vocabulary(name, words)
    number = {word: place for place, word in enumerate(names)}
    of_character = torch.tensor([number[word] for word in words])
    return Label(name, names, of_character[torch.searchsorted(characters, codepoints)])


def face_label(name: str, faces: Int64[Tensor, " glyph"]) -> Label:
    """A label that follows from the face."""
    words = [getattr(face, name) for face in FACES]
    names = tuple(dict.fromkeys(words))
    return Label(name, names, torch.tensor([names.index(word) for word in words])[faces])
