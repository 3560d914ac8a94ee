"""A first win (lesson 00): a model that finds an object in a picture because it read the word."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from torch import Tensor, nn

from mmtutor.attention import MultiHeadAttention, maps_of
from mmtutor.datasets.glyphs import draw
from mmtutor.training import Recipe
from mmtutor.training.sizes import require_size

KINDS = {
    "umbrella": "☂",
    "star": "★",
    "heart": "♥",
    "anchor": "⚓",
    "scissors": "✂",
    "flower": "✿",
    "airplane": "✈",
    "snowman": "☃",
}
"""The objects: a word, and the character that is drawn for it."""
COLOURS = {
    "red": (0.80, 0.10, 0.10),
    "orange": (0.95, 0.55, 0.00),
    "green": (0.05, 0.55, 0.20),
    "blue": (0.10, 0.30, 0.85),
    "purple": (0.55, 0.15, 0.65),
}
"""The answers: a word, and its red, green and blue from 0 to 1."""
GRID, CELL = 4, 16
"""A picture is GRID × GRID cells of CELL × CELL pixels."""
NOTHING = -1


@dataclass(frozen=True)
class Pictures:
    """Pictures with a question each: which colour has the object that the word names?

    `kinds` and `colours` say what stands in each cell, in reading order (-1: nothing). `words` is
    the kind that is asked for, `places` the cell in which it stands, `answers` its colour.
    """

    pictures: UInt8[Tensor, "picture 64 64 3"]
    kinds: Int64[Tensor, "picture 16"]
    colours: Int64[Tensor, "picture 16"]
    words: Int64[Tensor, " picture"]
    places: Int64[Tensor, " picture"]
    answers: Int64[Tensor, " picture"]

    def caption(self, picture: int) -> str:
        """Return a picture's question and its answer: "star? red"."""
        return f"{list(KINDS)[self.words[picture]]}? {list(COLOURS)[self.answers[picture]]}"

    def objects(self, picture: int) -> tuple[Int64[Tensor, " object"], Int64[Tensor, " object"]]:
        """Return the kinds that stand in one picture, and the cell of each, in reading order."""
        places = (self.kinds[picture] != NOTHING).nonzero().squeeze(1)
        return self.kinds[picture, places], places

    def box(self, picture: int) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom, in pixels, of the cell that the question is about."""
        row, column = divmod(int(self.places[picture]), GRID)
        return (CELL * column, CELL * row, CELL * (column + 1), CELL * (row + 1))


def make_pictures(count: int, objects: int = 5, seed: int = 0) -> Pictures:
    """Draw `count` pictures of `objects` different kinds, each in its own cell and any colour."""
    generator = torch.Generator().manual_seed(seed)
    kinds = scatter(shuffled(count, len(KINDS), generator)[:, :objects], generator)
    random_colours = torch.randint(len(COLOURS), kinds.shape, generator=generator)
    colours = torch.where(kinds == NOTHING, NOTHING, random_colours)
    # The word asks for one of the objects, each equally likely.
    places = (kinds != NOTHING).float().multinomial(1, generator=generator)
    words, answers = kinds.gather(1, places), colours.gather(1, places)
    pictures = paint(kinds, colours)
    return Pictures(pictures, kinds, colours, words[:, 0], places[:, 0], answers[:, 0])


def shuffled(count: int, size: int, generator: torch.Generator) -> Int64[Tensor, "count size"]:
    """Return `count` random orders of the numbers 0 … size - 1."""
    return torch.rand(count, size, generator=generator).argsort(dim=1)


def scatter(
    kinds: Int64[Tensor, "picture objects"], generator: torch.Generator
) -> Int64[Tensor, "picture 16"]:
    """Put every object into a random cell of its own; the other cells hold NOTHING."""
    cells = shuffled(len(kinds), GRID * GRID, generator)[:, : kinds.shape[1]]
    empty = torch.full((len(kinds), GRID * GRID), NOTHING)
    return empty.scatter(1, cells, kinds)


def paint(
    kinds: Int64[Tensor, "picture 16"], colours: Int64[Tensor, "picture 16"]
) -> UInt8[Tensor, "picture 64 64 3"]:
    """Draw what stands in each cell, in its colour, on white paper."""
    shapes = torch.stack([icon(character) for character in KINDS.values()]) / 255
    shapes = torch.cat([shapes, torch.zeros(1, CELL, CELL)])  # the last one is NOTHING (-1)
    inks = torch.tensor([*COLOURS.values(), (1.0, 1.0, 1.0)])
    ink = 1 - inks[colours]  # (picture, cell, 3): what the ink takes away from white
    cells = 1 - shapes[kinds].unsqueeze(-1) * ink[:, :, None, None, :]
    rows = cells.unflatten(1, (GRID, GRID)).transpose(2, 3)  # (picture, row, y, column, x, 3)
    return (rows.reshape(-1, GRID * CELL, GRID * CELL, 3) * 255).round().to(torch.uint8)


def icon(character: str) -> UInt8[Tensor, "16 16"]:
    """Draw a character large and cut out the CELL × CELL pixels around the middle of its ink."""
    drawn = draw(character, size=CELL + 10)
    ink = (drawn > 40).nonzero()
    top, left = ((ink.amin(0) + ink.amax(0) + 1 - CELL) // 2).clamp(min=0).tolist()
    return drawn[top : top + CELL, left : left + CELL]


def patches(
    pictures: UInt8[Tensor, "picture 64 64 3"],
) -> Float[Tensor, "picture 16 768"]:
    """Cut pictures into their 16 cells, each a row of numbers from 0 (white) to 1 (black).

    Raises ValueError, naming both sizes, for pictures of another size.
    """
    wanted = (GRID * CELL, GRID * CELL, 3)
    sentence = "this model reads pictures of {} numbers (high × wide × colours), not {}"
    require_size(sentence, wanted, pictures.shape[1:])
    cells = pictures.unflatten(1, (GRID, CELL)).unflatten(3, (GRID, CELL)).transpose(2, 3)
    return 1 - cells.reshape(-1, GRID * GRID, CELL * CELL * 3) / 255


class WordFinder(nn.Module):
    """Read a word, look at a picture, name a colour.

    The word makes the query; each of the 16 patches makes a key and a value. The answer is read
    from what the query gathered. Nobody tells the model where to look.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.word = nn.Embedding(len(KINDS), width)
        self.patch = nn.Linear(CELL * CELL * 3, width)
        self.attention = MultiHeadAttention(width, heads=1)
        self.answer = nn.Linear(width, len(COLOURS))

    def forward(
        self, pictures: UInt8[Tensor, "batch 64 64 3"], words: Int64[Tensor, " batch"]
    ) -> Float[Tensor, "batch colours"]:
        """Return a score for each colour."""
        query = self.word(words).unsqueeze(1)  # (batch, 1, width)
        seen = self.patch(patches(pictures))  # (batch, 16, width)
        return self.answer(self.attention(query, seen, seen).squeeze(1))


class PlainFinder(nn.Module):
    """Read a word, look at a picture, name a colour, without attention: a rival.

    The word and all 16 patches lie side by side, and one hidden layer reads them at once.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.word = nn.Embedding(len(KINDS), width)
        self.patch = nn.Linear(CELL * CELL * 3, width)
        self.hidden = nn.Linear((1 + GRID * GRID) * width, width)
        self.answer = nn.Linear(width, len(COLOURS))

    def forward(
        self, pictures: UInt8[Tensor, "batch 64 64 3"], words: Int64[Tensor, " batch"]
    ) -> Float[Tensor, "batch colours"]:
        """Return a score for each colour."""
        seen = self.patch(patches(pictures)).flatten(1)  # (batch, 16 * width)
        both = torch.cat([self.word(words), seen], dim=1)
        return self.answer(self.hidden(both).relu())


def colour_loss(
    model: nn.Module,
    pictures: UInt8[Tensor, "batch 64 64 3"],
    words: Int64[Tensor, " batch"],
    answers: Int64[Tensor, " batch"],
) -> Float[Tensor, ""]:
    """Return the cross-entropy between the model's answers and the true colours, in nats."""
    return F.cross_entropy(model(pictures, words), answers)


def look(
    model: WordFinder,
    pictures: UInt8[Tensor, "batch 64 64 3"],
    words: Int64[Tensor, " batch"],
) -> Float[Tensor, "batch 16"]:
    """Return how much attention each word pays to each cell of its picture, on the CPU."""
    return maps_of(model, pictures, words)[0, :, 0, 0]  # one layer, one head, one query


def look_for_each(
    model: WordFinder, picture: UInt8[Tensor, "64 64 3"], words: Int64[Tensor, " word"]
) -> Float[Tensor, "word 16"]:
    """Return how much attention each of several words pays to each cell of one picture."""
    return look(model, picture.expand(len(words), -1, -1, -1), words)


def most_common_colour(colours: Int64[Tensor, "picture 16"]) -> Int64[Tensor, " picture"]:
    """Return the colour that most objects of each picture have: an answer without the word.

    Where several colours are equally common, the first of them in COLOURS.
    """
    counts = [(colours == colour).sum(dim=1) for colour in range(len(COLOURS))]
    return torch.stack(counts, dim=1).argmax(dim=1)


def colour_of_words(asked: Pictures) -> Int64[Tensor, " kind"]:
    """Return the colour that was most often right for each kind: a guess without the picture."""
    kinds = range(len(KINDS))
    return torch.stack([asked.answers[asked.words == kind].mode().values for kind in kinds])


def steps_until_found(
    maps: Float[Tensor, "step word 16"], steps: Sequence[int], places: Int64[Tensor, " word"]
) -> list[int | None]:
    """Return the first step at which each word pays over half of its attention to its own cell.

    `steps` are the numbers of the steps, `places` the words' own cells. None: at no step.
    """
    over_half = [maps[:, word, place] > 0.5 for word, place in enumerate(places)]
    return [
        next((step for step, found in zip(steps, column.tolist(), strict=True) if found), None)
        for column in over_half
    ]


QUICK = Recipe(
    steps=200,
    batch_size=128,
    learning_rate=2e-3,
    expect="Expect at least 95 % right answers after about 5 seconds on two CPU cores.",
)
FULL = Recipe(
    steps=1500,
    batch_size=512,
    learning_rate=2e-3,
    expect="Expect 99 % right answers or more.",
)
