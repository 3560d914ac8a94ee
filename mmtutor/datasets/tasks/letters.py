"""Letters with six tasks: script, case, weight, slant, base letter, and whether that is a vowel."""

import torch
import torch.nn.functional as F
from jaxtyping import Int64
from torch import Tensor

from mmtutor.datasets.glyphs import Glyphs, load_glyphs, share_of
from mmtutor.datasets.tasks.collection import Tasks
from mmtutor.datasets.tasks.splits import Splits, split_by, without_twins

GLYPH_TASKS = ("script", "case", "weight", "slant", "base", "vowel")
GLYPH_SCRIPTS = ("latin", "greek", "cyrillic")
"""Three scripts with capital and small letters, some of which look alike."""
FEWEST = 6
"""A base letter takes part if this many characters are made from it."""
VOWELS = frozenset(
    (
        *("a", "ae", "alpha", "barred o", "e", "epsilon", "eta", "i", "ie", "iota", "o", "omega"),
        *("omicron", "schwa", "u", "upsilon", "y", "yeru"),
    )
)
"""Which base letters count as vowels; the others are consonants. "y" is both: here, a vowel."""
GLYPH_SIDE = 16
"""The side of a picture in pixels."""


def glyph_tasks(glyphs: Glyphs | None = None) -> Splits:
    """Letters of three scripts, 16 × 16 pixels, with six labels each.

    No character is in two splits: a hash of its code point decides. A picture that an earlier
    split also holds (Latin, Greek and Cyrillic have the same "A") is left out of the later one.
    """
    letters = letters_of(load_glyphs() if glyphs is None else glyphs)
    examples = as_tasks(letters)
    share = {code: share_of(f"tasks {code}") for code in letters.codepoints.unique().tolist()}
    shares = torch.tensor([share[code] for code in letters.codepoints.tolist()])
    return without_twins(split_by(examples, shares))


def letters_of(glyphs: Glyphs) -> Glyphs:
    """The capital and small letters of three scripts whose base letter many characters share."""
    script, case, base = (glyphs.label(name) for name in ("script", "case", "base"))
    mine = torch.isin(script.values, places(script.names, GLYPH_SCRIPTS))
    mine &= torch.isin(case.values, places(case.names, ("capital", "small")))
    mine &= base.values != base.names.index("none")
    characters = torch.stack([glyphs.codepoints[mine], base.values[mine]]).unique(dim=1)[1]
    common = characters.bincount(minlength=len(base.names)) >= FEWEST
    return glyphs.select(mine & common[base.values])


def as_tasks(letters: Glyphs) -> Tasks:
    """Pictures of 16 × 16 with ink from 0 to 1, and the labels that occur, counted from 0."""
    pictures = F.avg_pool2d(letters.images.unsqueeze(1) / 255, 32 // GLYPH_SIDE)
    labels, names = {}, {}
    for task in GLYPH_TASKS[:-1]:
        label = letters.label(task)
        used, labels[task] = label.values.unique(return_inverse=True)
        names[task] = tuple(label.names[place] for place in used.tolist())
    is_vowel = torch.tensor([base in VOWELS for base in names["base"]])
    labels["vowel"], names["vowel"] = is_vowel[labels["base"]].long(), ("consonant", "vowel")
    return Tasks(pictures, labels, names)


def places(names: tuple[str, ...], wanted: tuple[str, ...]) -> Int64[Tensor, " name"]:
    """Where some names stand in a vocabulary."""
    return torch.tensor([names.index(name) for name in wanted])
