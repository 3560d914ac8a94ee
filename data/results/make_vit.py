"""Retrain the race of lesson 04, one thing changed at a time: `python data/results/make_vit.py`.

Which script is a letter from? A Vision Transformer and its rivals, from three seeds each. It goes
on where it was stopped. On one CPU core it takes ten minutes.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from make import as_text
from sklearn.metrics import balanced_accuracy_score
from torch import Tensor, nn

import mmtutor
from mmtutor import vit
from mmtutor.metrics import accuracy
from mmtutor.training import Batches, fit, predict, seed_everything

HERE = Path(__file__).parent
DONE = HERE / "vit_race.json"
PART = HERE / "vit_race.part.json"
"""What is finished so far; gone at the end."""

SEEDS = 3
FEATURES = 2000
RECIPE = vit.SCRIPTS_QUICK
WIDTHS = (20, 40, 80, 160)
SHUFFLE = torch.randperm(32 * 32, generator=torch.Generator().manual_seed(0))
DATA = vit.load_scripts()


def transformer(spread: float = 0.2) -> nn.Module:
    """The lesson's Vision Transformer; `spread` is that of its positions at the start."""
    size = (RECIPE.width, RECIPE.depth, RECIPE.heads)
    model = vit.VisionTransformer(32, RECIPE.patch, 1, *size)
    with torch.no_grad():
        model.position.mul_(spread / 0.2)
    model.position.requires_grad_(spread > 0)  # at 0 they stay there: no positions
    return vit.PictureClassifier(model, len(DATA.names))


def convolutional() -> nn.Module:
    """The lesson's convolutional network."""
    return vit.ConvolutionalNetwork(1, WIDTHS, len(DATA.names))


def layers() -> nn.Module:
    """As many parameters without patches: one hidden layer over all pixels."""
    classes = len(DATA.names)
    return nn.Sequential(nn.Flatten(), nn.Linear(1024, 150), nn.GELU(), nn.Linear(150, classes))


def shuffled(pixels: Tensor) -> Tensor:
    """The pixels of every picture in one and the same random order: nobody has its neighbours."""
    return pixels.flatten(1)[:, SHUFFLE].view_as(pixels)


def strips(pixels: Tensor) -> Tensor:
    """Pictures of which the patches are what `reshape` makes: two lines each."""
    rows = pixels.reshape(len(pixels), 16, RECIPE.patch**2)
    return vit.unpatchify(rows, RECIPE.patch, rows=4)


Case = tuple[Callable[[], nn.Module], Callable[[Tensor], Tensor]]
CASES: dict[str, Case] = {
    "ViT": (transformer, Tensor.clone),
    "CNN": (convolutional, Tensor.clone),
    "MLP": (layers, Tensor.clone),
    "ViT, no positions": (lambda: transformer(0.0), Tensor.clone),
    "ViT, positions start at 0.02": (lambda: transformer(0.02), Tensor.clone),
    "ViT, pixels shuffled": (transformer, shuffled),
    "CNN, pixels shuffled": (convolutional, shuffled),
    "ViT, strips": (transformer, strips),
}
"""A model, and what is done to its pictures."""


def measure(case: Case, seed: int) -> list[float]:
    """Train once; return what `scores` says of the answers."""
    make, prepare = case
    pixels, recipe = prepare(DATA.pixels), replace(RECIPE, seed=seed)
    seed_everything(seed)
    model = make()
    batches = Batches(
        pixels[DATA.train], DATA.labels[DATA.train], batch_size=recipe.batch_size, seed=seed
    )
    fit(model, batches, lambda m, x, y: F.cross_entropy(m(x), y), recipe, every=recipe.steps)
    return scores(predict(model, pixels[DATA.test]).argmax(dim=1))


def measure_random(seed: int) -> list[float]:
    """The same for random features, which nobody trains, and one linear layer over them."""
    rows = F.normalize(DATA.pixels.flatten(1), dim=1)
    features = vit.random_features(rows, FEATURES, seed)
    weights = vit.least_squares(features[DATA.train], DATA.labels[DATA.train])
    return scores((features[DATA.test] @ weights).argmax(dim=1))


def scores(guessed: Tensor) -> list[float]:
    """Return the share of right answers, the same without twins, and the mean over scripts."""
    truth = DATA.labels[DATA.test]
    single = vit.twin_labels(DATA.pixels, DATA.labels, DATA.train, DATA.test) == vit.NO_TWIN
    right, apart = accuracy(guessed, truth), accuracy(guessed[single], truth[single])
    alike = balanced_accuracy_score(truth, guessed)
    return [round(right, 4), round(apart, 4), round(alike, 4)]


def measure_all() -> dict[str, list[float]]:
    """Measure every case from every seed, or read it if an earlier run has."""
    found = json.loads(PART.read_text(encoding="utf-8")) if PART.exists() else {}
    for seed in range(SEEDS):
        for name, case in CASES.items():
            key, begun = f"{name}; seed {seed}", time.process_time()
            if key not in found:
                found[key] = measure(case, seed)
                PART.write_text(json.dumps(found), encoding="utf-8", newline="\n")
            print(f"{key}: {found[key]}, {time.process_time() - begun:.0f} s", flush=True)
    return found


def results(found: dict[str, list[float]]) -> dict[str, object]:
    """Return a number for every seed: all test pictures, those without twins, scripts alike."""
    by_case = {name: [found[f"{name}; seed {seed}"] for seed in range(SEEDS)] for name in CASES}
    by_case["random features"] = [measure_random(seed) for seed in range(SEEDS)]
    tables = {
        table: {name: [seed[i] for seed in seeds] for name, seeds in by_case.items()}
        for i, table in enumerate(("accuracy", "apart", "alike"))
    }
    return tables | {
        "made with": f"vit.SCRIPTS_QUICK, {SEEDS} seeds; mmtutor {mmtutor.__version__}"
    }


if __name__ == "__main__":
    DONE.write_text(as_text(results(measure_all())), encoding="utf-8", newline="\n")
    PART.unlink()
    print(f"{DONE.name}: {DONE.stat().st_size / 1000:.0f} kB")
