"""Scenes drawn to order for lesson 18: `python data/results/generation_scenes.py`.

It makes the part "scenes" of `generation.json`, and no other, and the checkpoints
`scene_painter.safetensors` and `latents.safetensors`. An autoencoder makes 8 × 8 latents of a
picture (`mmtutor.pipelines.latents`); the lesson's flow learns to draw latents, told five words;
and lesson 15's model, which took part in nothing of this, answers questions about the drawings.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import torch
import torch.nn.functional as F
from controls import Found, gathered
from make import as_text
from torch import Tensor, nn

from mmtutor import generation as flow
from mmtutor import vqa
from mmtutor.attention import record_attention
from mmtutor.datasets import orders
from mmtutor.pipelines import latents
from mmtutor.training import Batches, checkpoints, seed_everything

PLACE = Path(__file__).parent / "generation.json"
WEIGHTS = PLACE.with_name("generation.run")
CHECKPOINTS = PLACE.parents[1] / "checkpoints"

AUTOENCODER = latents.LatentRecipe(steps=400, batch_size=64, learning_rate=3e-3)
PAINTER = flow.FlowRecipe(
    steps=4000, batch_size=64, learning_rate=2e-3, width=96, blocks=4, short=0.0, average=0.995
)
LEARN, COUNT = 20_000, 200
SCALES = (1.0, 1.5, 3.0, 5.0)
SPLITS = {"seen": ("seen", 77), "valid": ("seen", 90), "unseen": ("held_out", 77)}
"""By split: the pairs of kind and colour, and the seed. Only "valid" chooses the guidance."""

# ── Training ──────────────────────────────────────────────────────────────────────────────────────


@cache
def learn() -> orders.Orders:
    """Return the scenes to learn from: no held-out pair of kind and colour."""
    return orders.make_orders(LEARN, "seen", seed=1)


def trained(name: str, model: nn.Module, train: Callable[[], nn.Module]) -> nn.Module:
    """Return what `train` makes: from a file, into `model`, where it was made before."""
    place = WEIGHTS / f"{name}.safetensors"
    if not place.exists():
        begun = time.process_time()
        checkpoints.save(place, train())
        print(f"{name}: {time.process_time() - begun:.0f} s", flush=True)
    checkpoints.load(place, model)
    return model.eval()


@cache
def autoencoder() -> latents.Autoencoder:
    """Return the autoencoder, trained on the pictures alone."""
    return trained(
        "latents",
        latents.Autoencoder(),
        lambda: latents.train_autoencoder(learn().pictures, AUTOENCODER)[0],
    )


def new_painter() -> flow.ReadingPainter:
    """Return the lesson's reading painter, its blocks beside their neighbours."""
    model = flow.ReadingPainter(
        (24, 24), orders.PLACES, patch=latents.PACK, width=PAINTER.width, blocks=PAINTER.blocks
    )
    model.blocks = nn.ModuleList(latents.Neighbours(b, PAINTER.width) for b in model.blocks)
    return model


def train_painter(model: nn.Module, recipe: flow.FlowRecipe) -> nn.Module:
    """Return what becomes of a painter that learns from latents by a recipe."""
    seed_everything(recipe.seed)
    states = latents.pack(latents.to_latents(autoencoder(), learn().pictures))
    batches = Batches(states, learn().words, batch_size=recipe.batch_size, seed=recipe.seed)
    return flow.train_averaged(model, batches, partial(flow.told_loss, recipe=recipe), recipe)[0]


@cache
def painter() -> flow.ReadingPainter:
    """Return the painter of latents."""
    return trained("scene_painter", new_painter(), lambda: train_painter(new_painter(), PAINTER))


@cache
def longer() -> flow.ReadingPainter:
    """Return the painter after as many steps once more, on other batches."""
    again = replace(PAINTER, seed=PAINTER.seed + 1)
    return trained(
        "longer", new_painter(), lambda: train_painter(deepcopy(painter()).train(), again)
    )


def ship() -> None:
    """Write both models in half precision, for the lesson."""
    for name, model in (("latents", autoencoder()), ("scene_painter", painter())):
        half = {
            key: t.half() if t.is_floating_point() else t for key, t in model.state_dict().items()
        }
        checkpoints.write(CHECKPOINTS / f"{name}.safetensors", half, {})


# ── Who is asked ──────────────────────────────────────────────────────────────────────────────────


@cache
def reader() -> vqa.VisionLanguageModel:
    """Return lesson 15's model."""
    return vqa.load_model()


def examined(pictures: Tensor, words: Tensor) -> dict[str, float]:
    """Return what share of the questions about these orders lesson 15's model answers right."""
    asked = orders.questions_about(words)
    return orders.shares(asked, answers(pictures, asked))


def answers(pictures: Tensor, asked: Sequence[orders.Asked]) -> list[str]:
    """Return what lesson 15's model answers."""
    patches = reader().watch(pictures)[[question.order for question in asked]]
    return vqa.answer(reader(), patches, [question.text for question in asked], limit=4)


def test(split: str) -> orders.Orders:
    """Return the orders of a split, with the real pictures."""
    pairs, seed = SPLITS[split]
    return orders.make_orders(COUNT, pairs, seed=seed)


def report(make: Callable[[str], Tensor], _seed: int = 0) -> Found:
    """Return what is answered right, by split and type, of the pictures that a split gets."""
    return {
        f"{split}, {kind}": share
        for split in SPLITS
        for kind, share in examined(make(split), test(split).words).items()
    }


# ── Rows ──────────────────────────────────────────────────────────────────────────────────────────


def there_and_back(split: str) -> Tensor:
    """Return real pictures, through the autoencoder."""
    latent = latents.to_latents(autoencoder(), test(split).pictures)
    return latents.to_pictures(autoencoder(), latent)


def coarse(split: str) -> Tensor:
    """Return real pictures at 32 × 32, enlarged again."""
    small = F.avg_pool2d(test(split).pictures.float(), 2)
    return F.interpolate(small, scale_factor=2, mode="bilinear").round().byte()


def copied(split: str) -> Tensor:
    """Return for each order a picture that was learnt from, with most words in the same places."""
    generator = torch.Generator().manual_seed(0)
    same = (test(split).words.unsqueeze(1) == learn().words).sum(dim=2)
    chosen = (same + 0.5 * torch.rand(same.shape, generator=generator)).argmax(dim=1)
    return learn().pictures[chosen]


def painted(model: nn.Module, words: Tensor, scale: float) -> Tensor:
    """Return what a painter draws of these orders, from the same noise each time."""
    noise = flow.first_noise(len(words), 576, 0)
    states = flow.euler(flow.guided_field(model, words, scale), noise, flow.STEPS)
    return latents.to_pictures(autoencoder(), latents.unpack(states))


@cache
def drawn(split: str, scale: float) -> Tensor:
    """Return what the painter draws for a split."""
    return painted(painter(), test(split).words, scale)


@cache
def best_scale() -> float:
    """Return the guidance with which most validation orders have all answers right."""
    split = "valid"
    return max(SCALES, key=lambda s: examined(drawn(split, s), test(split).words)["all"])


def another(split: str) -> Tensor:
    """Return for each order what was drawn for the one before it."""
    return drawn(split, best_scale()).roll(1, dims=0)


# ── Does it hear how two things stand? ────────────────────────────────────────────────────────────


def stands(make: Callable[[str], Tensor]) -> Found:
    """Return how two things stand in pictures that show both, as lesson 15's model sees them.

    Taken are orders of which every other answer is right: how many, which share of them stands as
    was said, and which the opposite way (both answers about the place right, or both wrong).
    """
    found: Found = {}
    for split in ("seen", "unseen"):
        asked = orders.questions_about(test(split).words)
        right = dict[tuple[int, bool], list[bool]]()
        for question, said in zip(asked, answers(make(split), asked), strict=True):
            key = (question.order, question.type == "place")
            right.setdefault(key, []).append(said == question.answer)
        both = [
            hits for (order, place), hits in right.items() if place and all(right[order, False])
        ]
        found[f"{split}, orders"] = float(len(both))
        found[f"{split}, as said"] = share(all(hits) for hits in both)
        found[f"{split}, opposite"] = share(not any(hits) for hits in both)
    return found


def turned(model: Callable[[], nn.Module], _seed: int = 0) -> Found:
    """Return what becomes of a drawing if the order says the opposite, from the same noise.

    The mean change of a pixel (of 255) between drawings told the one and the other, and between
    drawings of different orders; and how often lesson 15's model sees what the first order said.
    """
    words = test("seen").words
    words = words[words[:, 4] > 0]
    told, opposite = (
        painted(model(), w, best_scale()) for w in (words, orders.turned_round(words))
    )
    asked = [q for q in orders.questions_about(words) if (q.type, q.answer) == ("place", "yes")]
    seen = [[said == "yes" for said in answers(made, asked)] for made in (told, opposite)]
    return {
        "orders": float(len(words)),
        "change": (told.float() - opposite.float()).abs().mean().item(),
        "change, another order": (told.float() - told.roll(1, dims=0).float()).abs().mean().item(),
        "as said, told so": share(seen[0]),
        "as said, told the opposite": share(seen[1]),
        "other answers": share(a != b for a, b in zip(*seen, strict=True)),
    }


def share(found: Iterable[bool]) -> float:
    """Return which share is true."""
    hits = list(found)
    return sum(hits) / len(hits)


# ── Where the noun is looked at ───────────────────────────────────────────────────────────────────

MOMENTS = (0, 4, 8, 15)


@torch.no_grad()
def looks(_seed: int = 0, count: int = 300) -> Found:
    """Return how often the patch that looks most at a noun holds ink of its thing, by layer, step.

    Orders of two things in different colours; the ink of a colour in the finished drawing says
    where a thing stands. Drawings that lack the ink of one are left out. "other": how often that
    patch holds the other thing. "chance": the mean share of patches that hold the thing.
    """
    words = orders.make_orders(count, "seen", alone=0.0, seed=78).words
    words = words[words[:, 0] != words[:, 3]]
    noise = flow.first_noise(len(words), 576, 1)
    moments = flow.trace(flow.guided_field(painter(), words, best_scale()), noise, flow.STEPS)
    pictures = latents.to_pictures(autoencoder(), latents.unpack(moments[-1]))
    inked = [latents.patches_in_colour(pictures, words[:, place] - 1) for place in (0, 3)]
    there = inked[0].any(dim=1) & inked[1].any(dim=1)
    found = {"chance": torch.stack(inked)[:, there].float().mean().item()}
    found["orders"] = there.sum().item()
    for step in MOMENTS:
        with record_attention(painter()) as maps:
            painter()(moments[step], torch.full((len(words),), step / flow.STEPS), words)
        for layer in range(PAINTER.blocks):
            (seen,) = maps[f"blocks.{layer}.block.look.attention"]
            nouns = seen.mean(dim=1)[:, :, [1, 4]]  # (order, patch, noun)
            own = [hits(nouns[..., n], inked[n])[there] for n in (0, 1)]
            other = [hits(nouns[..., n], inked[1 - n])[there] for n in (0, 1)]
            found[f"layer {layer}, step {step}"] = torch.cat(own).mean().item()
            found[f"layer {layer}, step {step}, other"] = torch.cat(other).mean().item()
    return found


def hits(look: Tensor, inked: Tensor) -> Tensor:
    """Say, for each row, whether its strongest patch is one of the inked ones."""
    return inked.gather(1, look.argmax(dim=1, keepdim=True)).squeeze(1).float()


ROWS: dict[str, Callable[[int], Found]] = {
    "real": partial(report, lambda split: test(split).pictures),
    "real, through latents": partial(report, there_and_back),
    "real, 32 × 32": partial(report, coarse),
    "real, of another order": partial(report, lambda split: test(split).pictures.roll(1, dims=0)),
    "copyist": partial(report, copied),
    **{f"drawn, guidance {s:g}": partial(report, partial(drawn, scale=s)) for s in SCALES},
    "drawn for another order": partial(report, another),
    "looks": looks,
    "stands, through latents": lambda _: stands(there_and_back),
    "stands, drawn": lambda _: stands(partial(drawn, scale=best_scale())),
    "turned": partial(turned, painter),
    "turned, twice as long": partial(turned, longer),
}

if __name__ == "__main__":
    ship()
    done = {f"scenes|{name}|0": row(0) for name, row in ROWS.items()}
    done = {key: {name: round(n, 4) for name, n in row.items()} for key, row in done.items()}
    found = json.loads(PLACE.read_text(encoding="utf-8"))
    versions = found.pop("made with")
    found |= gathered({"scenes": ROWS}, {"scenes": 1}, done) | {"made with": versions}
    PLACE.write_text(as_text(found), encoding="utf-8", newline="\n")
