"""Lesson 18's scenes: latents, the painter that the course ships, and what its table promises."""

import json

import pytest
import torch

from mmtutor import generation as flow
from mmtutor.attention import record_attention
from mmtutor.datasets import orders
from mmtutor.datasets.scenes import COLOURS
from mmtutor.datasets.shipped import shipped
from mmtutor.pipelines import latents
from mmtutor.training import checkpoints

TINY = latents.LatentRecipe(steps=2, batch_size=4, learning_rate=1e-3, width=4)


@pytest.fixture(scope="module")
def some() -> orders.Orders:
    """A few orders that no model learnt from."""
    return orders.make_orders(8, seed=11)


@pytest.fixture(scope="module")
def painter() -> flow.ReadingPainter:
    """The painter that the course ships."""
    return load_painter()


def load_painter() -> flow.ReadingPainter:
    model = flow.ReadingPainter((24, 24), orders.PLACES, patch=latents.PACK, width=96, blocks=4)
    model.blocks = torch.nn.ModuleList(latents.Neighbours(block, 96) for block in model.blocks)
    checkpoints.load(shipped("checkpoints/scene_painter.safetensors"), model)
    return model.eval()


# ---------------------------------------------------------------------------- latents


def test_an_autoencoder_of_any_size_keeps_shapes_and_learns(some: orders.Orders) -> None:
    model, history = latents.train_autoencoder(some.pictures, TINY)
    made = latents.to_latents(model, some.pictures)
    assert made.shape == (8, TINY.numbers, latents.GRID, latents.GRID)
    assert latents.to_pictures(model, made).shape == some.pictures.shape
    assert len(history.losses) == TINY.steps


def test_packing_is_undone_by_unpacking_and_is_one_patch_for_each_latent() -> None:
    made = torch.randn(2, 9, 8, 8)
    states = latents.pack(made)
    assert torch.equal(latents.unpack(states), made)
    patch = states.view(2, 24, 24)[0, 3:6, 6:9].flatten()  # second row, third column
    assert torch.equal(patch, made[0, :, 1, 2])


def test_the_shipped_autoencoder_brings_pictures_back(some: orders.Orders) -> None:
    model = latents.load_autoencoder()
    made = latents.to_latents(model, some.pictures)
    assert made.mean().abs() < 0.1
    assert 0.8 < made.std() < 1.2
    back = latents.to_pictures(model, made)
    apart = (back.float() - some.pictures.float()).abs().mean()
    assert apart < 0.5 * (255 - some.pictures.float()).mean()  # paper without ink is further away


def test_a_patch_looks_at_its_neighbours_before_its_block_and_at_no_other() -> None:
    class Same(torch.nn.Module):
        def forward(self, patches: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
            return patches

    model, patches = latents.Neighbours(Same(), 8), torch.randn(1, 64, 8)
    none, condition = torch.zeros(1, 0, 8), torch.zeros(1, 1, 8)
    before = model(patches, none, condition)
    changed = patches.clone()
    changed[0, 9] = torch.randn(8)  # second row, second column
    moved = (model(changed, none, condition) - before).abs().sum(dim=2)[0] > 1e-6
    assert moved.view(8, 8)[:3, :3].all()
    assert moved.sum() == 9


def test_ink_is_found_where_it_stands_and_in_its_colour_only() -> None:
    picture = torch.full((1, 3, 64, 64), 255, dtype=torch.uint8)
    red = torch.tensor(COLOURS["red"]).mul(255).byte().view(3, 1, 1)
    picture[0, :, 8:16, 16:24] = red
    first = torch.tensor([list(COLOURS).index("red")])
    found = latents.patches_in_colour(picture, first)
    assert found.nonzero().tolist() == [[0, 10]]
    assert not latents.patches_in_colour(picture, first + 1).any()


# ---------------------------------------------------------------------------- the painter


def test_the_painter_draws_a_velocity_for_each_number_and_each_patch_looks_at_each_word(
    painter: flow.ReadingPainter, some: orders.Orders
) -> None:
    noise = flow.first_noise(len(some.words), painter.numbers, 0)
    with record_attention(painter) as maps, torch.no_grad():
        assert painter(noise, torch.zeros(8), some.words).shape == noise.shape
    looks = [maps[f"blocks.{layer}.block.look.attention"] for layer in range(4)]
    assert {tuple(seen.shape) for (seen,) in looks} == {(8, 4, 64, orders.PLACES + 64)}


def test_half_precision_is_all_that_is_shipped() -> None:
    for name, most in (("scene_painter", 1.4e6), ("latents", 0.6e6)):
        path = shipped(f"checkpoints/{name}.safetensors")
        assert path.stat().st_size < most
        kept = checkpoints.read(path)[0].values()
        assert {t.dtype for t in kept if t.is_floating_point()} == {torch.float16}


# ---------------------------------------------------------------------------- the table

RESULTS = json.loads(shipped("results/generation.json").read_text(encoding="utf-8"))["scenes"]


def share(row: str, metric: str) -> float:
    return sum(RESULTS[row][metric]) / len(RESULTS[row][metric])


@pytest.mark.parametrize(
    ("better", "worse", "metric", "least"),
    [
        ("drawn, guidance 1.5", "drawn for another order", "seen, pair", 0.7),
        ("drawn, guidance 1.5", "drawn for another order", "unseen, pair", 0.4),
        ("drawn, guidance 1.5", "copyist", "unseen, pair", 0.1),
        ("real, through latents", "drawn, guidance 1.5", "seen, place", 0.4),
        ("drawn, guidance 5", "drawn, guidance 1", "seen, colour", 0.05),
        ("stands, through latents", "stands, drawn", "seen, as said", 0.3),
        ("stands, through latents", "stands, drawn", "unseen, as said", 0.3),
    ],
)
def test_the_table_still_says_what_the_lesson_says(
    better: str, worse: str, metric: str, least: float
) -> None:
    assert share(better, metric) - share(worse, metric) >= least


def test_the_guidance_of_the_lesson_is_the_best_on_validation_orders() -> None:
    valid = {name: share(name, "valid, all") for name in RESULTS if name.startswith("drawn, g")}
    assert max(valid, key=lambda name: valid[name]) == "drawn, guidance 1.5"


@pytest.mark.parametrize("row", ["turned", "turned, twice as long"])
def test_an_order_turned_round_is_drawn_as_before(row: str) -> None:
    assert share(row, "change") < 0.1 * share(row, "change, another order")
    assert share(row, "other answers") < 0.1


def test_a_noun_is_looked_for_where_its_thing_will_stand_and_not_where_the_other_one_will() -> None:
    for step, least in ((0, 0.4), (4, 0.9)):
        own = share("looks", f"layer 3, step {step}")
        assert own >= least
        assert share("looks", f"layer 3, step {step}, other") < 2 * share("looks", "chance")


# ---------------------------------------------------------------------------- the program


def test_the_exact_velocity_has_no_loss_on_packed_latents() -> None:
    """With a single datum, whoever knows it makes no mistake: packing changes nothing of that."""
    data = latents.pack(torch.randn(1, 9, 8, 8)).expand(4, -1)

    class Known(torch.nn.Module):
        def forward(self, states: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
            return (data - states) / (1 - times.view(-1, 1))

    assert flow.flow_loss(Known(), data) < 1e-6
