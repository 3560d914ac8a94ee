"""A search box: type words, see the nearest pictures; click one, see its neighbours; like some.

It knows no model: `read` turns a text into a unit vector, `recommend` turns likes into scores. Its
static twin is `mmtutor.plots.nearest_rows`.
"""

from collections.abc import Callable, Sequence
from html import escape
from io import BytesIO

import ipywidgets as ipw
import torch
import traitlets
from jaxtyping import Float, UInt8
from torch import Tensor

Read = Callable[[str], Float[Tensor, " width"]]
Recommend = Callable[[list[int]], Float[Tensor, " item"]]

PIXELS = 64
"""The side of a tile's picture on the page."""


class SearchBox(ipw.VBox):
    """The pictures whose vectors are nearest to what is typed, or to a picture that was clicked.

    `query`, `likes` and `chosen` (whose neighbours are shown: a picture's place, or -1) can be read
    and set from Python. A new query leaves the chosen picture.

    Args:
        pictures: gray ink on 0, or colour.
        names: what stands beneath each picture.
        vectors: a unit vector for each picture.
        read: returns the unit vector of a text; ValueError becomes a sentence on the page.
        recommend: returns a score for each picture from the places of those that are liked.
        examples: queries to start with, as buttons.
        count: how many pictures are shown.

    Raises:
        ValueError: not one name and one vector for each picture.
    """

    query = traitlets.Unicode("")
    chosen = traitlets.Int(-1)
    likes = traitlets.List(traitlets.Int())

    def __init__(
        self,
        pictures: UInt8[Tensor, "item *channels 32 32"],
        names: Sequence[str],
        vectors: Float[Tensor, "item width"],
        read: Read,
        recommend: Recommend | None = None,
        examples: Sequence[str] = (),
        count: int = 10,
    ) -> None:
        if not len(pictures) == len(names) == len(vectors):
            raise ValueError(
                f"{len(pictures)} pictures, {len(names)} names and {len(vectors)} vectors: "
                "give one of each per item."
            )
        self.pictures, self.names, self.vectors = pictures, list(names), vectors
        self.read, self.recommend = read, recommend
        self.box = ipw.Text(placeholder="type a name", description="find", continuous_update=True)
        traitlets.link((self, "query"), (self.box, "value"))
        self.line = ipw.HTML()
        count = min(count, len(names))
        self.found = [Tile(self) for _ in range(count)]
        self.offered = [Tile(self) for _ in range(count if recommend else 0)]
        self.liked = ipw.HTML()
        super().__init__(
            [ipw.HBox([self.box, *self.buttons(examples)]), self.line, row(self.found)]
        )
        if recommend:
            self.children += (self.liked, row(self.offered))
        self.observe(self.asked, "query")
        self.observe(lambda _: self.search(), "chosen")
        self.observe(lambda _: self.offer(), "likes")
        self.search()
        self.offer()

    def buttons(self, examples: Sequence[str]) -> list[ipw.Button]:
        """Return a button for each example, and one that goes back from a picture to the words."""
        made = [ipw.Button(description=text, layout={"width": "auto"}) for text in examples]
        for button in made:
            button.on_click(lambda pressed: self.set_trait("query", pressed.description))
        self.back = ipw.Button(description="back to the words", disabled=True)
        self.back.on_click(lambda _: self.set_trait("chosen", -1))
        return [*made, self.back]

    def asked(self, _: object) -> None:
        """Show what is nearest to a new query."""
        if self.chosen == -1:
            self.search()
        self.chosen = -1

    def search(self) -> None:
        """Show the nearest pictures, or say in a sentence why there are none."""
        self.back.disabled = self.chosen == -1
        try:
            vector = self.vectors[self.chosen] if self.chosen >= 0 else self.typed()
        except ValueError as error:
            self.line.value = f"<p>{escape(str(error))}</p>"
            return show(self.found, [], [])
        scores = self.vectors @ vector
        best = scores.topk(len(self.found))
        of = f"neighbours of “{self.names[self.chosen]}”" if self.chosen >= 0 else "nearest first"
        self.line.value = f"<p>{escape(of)}; below each picture its cosine and its name</p>"
        show(self.found, best.indices.tolist(), best.values.tolist())

    def typed(self) -> Float[Tensor, " width"]:
        """Return the vector of the query; ValueError where there is none."""
        if not self.query.strip():
            raise ValueError("Type a name, such as one of the examples.")
        return self.read(self.query)

    def offer(self) -> None:
        """Show what somebody with these likes may like next."""
        if not self.recommend:
            return
        if not self.likes:
            self.liked.value = "<p>Press ♥ under pictures that you like.</p>"
            return show(self.offered, [], [])
        scores = self.recommend(self.likes).index_fill(0, torch.tensor(self.likes), -torch.inf)
        best = scores.topk(len(self.offered))
        liked = escape(", ".join(self.names[place] for place in self.likes))
        self.liked.value = f"<p>You like: {liked}. You may like, best first:</p>"
        show(self.offered, best.indices.tolist(), best.values.tolist())

    def like(self, place: int) -> None:
        """Add a picture to the likes, or take it back."""
        rest = [liked for liked in self.likes if liked != place]
        self.likes = rest if place in self.likes else [*rest, place]

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        return f"Search box over {len(self.names):,} pictures, live in a running notebook"


class Tile(ipw.VBox):
    """A picture, its name as a button that shows its neighbours, and a heart."""

    def __init__(self, owner: SearchBox) -> None:
        self.owner, self.place = owner, -1
        self.image = ipw.Image(format="png", width=PIXELS, height=PIXELS)
        self.about = ipw.HTML()
        self.near = ipw.Button(description="neighbours", layout={"width": "96px"})
        self.heart = ipw.Button(description="♥", layout={"width": "96px"}, tooltip="like")
        self.near.on_click(lambda _: owner.set_trait("chosen", self.place))
        self.heart.on_click(lambda _: owner.like(self.place))
        buttons = [self.near, self.heart] if owner.recommend else [self.near]
        super().__init__([self.image, self.about, *buttons], layout={"width": "104px"})

    def fill(self, place: int, score: float) -> None:
        """Show the picture at a place."""
        self.place, name = place, self.owner.names[place]
        self.image.value = as_png(self.owner.pictures[place])
        self.image.alt = name
        style = "display: block; line-height: 1.3; margin-bottom: 4px"
        self.about.value = f'<small style="{style}">{score:.2f} {escape(name)}</small>'


def row(tiles: Sequence[Tile]) -> ipw.Box:
    """Return tiles side by side, in as many lines as they need."""
    return ipw.Box(list(tiles), layout={"flex_flow": "row wrap"})


def show(tiles: Sequence[Tile], places: Sequence[int], scores: Sequence[float]) -> None:
    """Fill tiles with the pictures at these places and hide those that are left over."""
    for tile in tiles[len(places) :]:
        tile.layout.display = "none"
    for tile, place, score in zip(tiles, places, scores, strict=False):
        tile.layout.display = None
        tile.fill(place, score)


def as_png(picture: UInt8[Tensor, "*channels 32 32"]) -> bytes:
    """Return a picture as a PNG file: gray ink becomes dark on white paper, colour stays."""
    from PIL import Image

    seen = 255 - picture if picture.ndim == 2 else picture.movedim(0, -1)
    image, file = Image.fromarray(seen.contiguous().numpy()), BytesIO()
    image.resize((PIXELS, PIXELS), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()
