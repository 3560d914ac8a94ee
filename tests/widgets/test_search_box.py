"""The search box shows what a matrix product says is nearest, and survives what is typed."""

import pytest
import torch
import torch.nn.functional as F

from mmtutor.widgets import SearchBox
from mmtutor.widgets.search_box import as_png

NAMES = [f"thing {number}" for number in range(40)]
generator = torch.Generator().manual_seed(0)
VECTORS = F.normalize(torch.randn(40, 8, generator=generator), dim=1)
PICTURES = torch.randint(0, 256, (40, 32, 32), generator=generator, dtype=torch.uint8)


def read(text: str) -> torch.Tensor:
    if text not in NAMES:
        raise ValueError(f"No word of “{text}” is known.")
    return F.normalize(VECTORS[NAMES.index(text)] + 0.3 * VECTORS[0], dim=0)


def make(**options) -> SearchBox:
    return SearchBox(PICTURES, NAMES, VECTORS, read, count=5, **options)


def shown(tiles) -> list[int]:
    return [tile.place for tile in tiles if tile.layout.display != "none"]


def test_a_query_shows_the_nearest_in_order():
    box = make()
    box.box.value = "thing 7"  # as if typed
    best = (VECTORS @ read("thing 7")).topk(5)
    assert shown(box.found) == best.indices.tolist()
    assert box.found[0].image.value == as_png(PICTURES[best.indices[0]])
    assert f"{best.values[0]:.2f} thing" in box.found[0].about.value


def test_nothing_typed_or_nothing_known_is_a_sentence_and_the_box_lives_on():
    box = make()
    assert shown(box.found) == [] and "Type a name" in box.line.value
    box.query = "<b>nonsense</b>"
    assert shown(box.found) == [] and "&lt;b&gt;nonsense" in box.line.value
    box.query = "thing 3"
    assert len(shown(box.found)) == 5


def test_neighbours_and_back():
    box = make(examples=["thing 2"])
    box.query = "thing 7"
    before = shown(box.found)
    box.found[2].near.click()
    assert box.chosen == before[2] == shown(box.found)[0]
    assert shown(box.found) == (VECTORS @ VECTORS[before[2]]).topk(5).indices.tolist()
    box.back.click()
    assert box.chosen == -1 and shown(box.found) == before and box.back.disabled
    box.chosen = 4
    box.query = "thing 2"  # a new query leaves the chosen picture
    assert box.chosen == -1
    assert shown(box.found) == (VECTORS @ read("thing 2")).topk(5).indices.tolist()


def test_likes_bring_recommendations_without_the_liked():
    box = make(recommend=lambda likes: VECTORS @ VECTORS[likes].mean(dim=0))
    assert shown(box.offered) == []
    box.query = "thing 7"
    first = shown(box.found)[0]
    box.found[0].heart.click()
    assert box.likes == [first] and first not in shown(box.offered)
    scores = VECTORS @ VECTORS[first]
    scores[first] = -torch.inf
    assert shown(box.offered) == scores.topk(5).indices.tolist()
    box.like(first)
    assert box.likes == [] and shown(box.offered) == []


def test_without_a_recommender_there_are_no_hearts():
    assert make().offered == [] and len(make().found[0].children) == 3


def test_it_says_what_it_is_and_what_does_not_fit():
    assert repr(make()) == "Search box over 40 pictures, live in a running notebook"
    with pytest.raises(ValueError, match="one of each per item"):
        SearchBox(PICTURES, NAMES[:3], VECTORS, read)


def test_pictures_as_files():
    from io import BytesIO

    from PIL import Image

    gray = Image.open(BytesIO(as_png(torch.zeros(32, 32, dtype=torch.uint8))))
    assert gray.size == (64, 64) and gray.getpixel((5, 5)) == 255  # no ink: white paper
    red = torch.zeros(3, 32, 32, dtype=torch.uint8)
    red[0] = 200
    assert Image.open(BytesIO(as_png(red))).getpixel((9, 9)) == (200, 0, 0)
