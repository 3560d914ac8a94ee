"""Train a checkpoint that the course ships: `python data/checkpoints/make.py pixels`, or `answers`.

Each is the full recipe of its lesson. On one CPU core it takes about ten minutes.
"""

import sys
from pathlib import Path

import torch

from mmtutor import checkpoints, crossmodal, vit
from mmtutor.datasets.scenes import SIDE, make_scenes
from mmtutor.metrics import accuracy, mean_iou
from mmtutor.training import Batches, fit, predict, seed_everything

HERE = Path(__file__).parent


def pixels() -> None:
    """Lesson 04: a Vision Transformer says what every pixel of a scene shows."""
    recipe = vit.PIXELS_FULL
    seed_everything(recipe.seed)
    train = make_scenes(recipe.scenes, questions=("colour",), seed=1)
    test = make_scenes(1000, questions=("colour",), seed=1001)
    model = vit.pixel_classifier(recipe)
    labels = train.labels().to(torch.uint8)
    batches = Batches(train.pictures, labels, batch_size=recipe.batch_size)
    history = fit(model, batches, vit.pixel_loss, recipe, every=recipe.steps)
    checkpoints.save(HERE / "pixels.safetensors", model)
    score = mean_iou(vit.predict_pixels(model, test.pictures), test.labels(), 1 + recipe.kinds)
    keep("pixels", model, history.seconds, f"mean IoU {score:.3f}")


def answers() -> None:
    """Lesson 07: words find their objects in a scene."""
    recipe = crossmodal.FULL
    seed_everything(recipe.seed)
    train = crossmodal.recipe_scenes(recipe, recipe.scenes, seed=1)
    test = crossmodal.recipe_scenes(recipe, 2000, seed=1001)
    model = crossmodal.question_answerer(recipe)
    batches = Batches(train.pictures, *train.every_question(), batch_size=recipe.batch_size)
    history = fit(model, batches, crossmodal.answer_loss, recipe, every=recipe.steps)
    right = accuracy(predict(model, test.pictures, test.questions).argmax(1), test.answers)
    pointed = crossmodal.pointing(model, test)
    keep("answers", model, history.seconds, f"answers {right:.4f}, pointing {pointed:.4f}")


def keep(name: str, model: torch.nn.Module, seconds: float, result: str) -> None:
    """Write the weights and say what to put into the card."""
    path = HERE / f"{name}.safetensors"
    checkpoints.save(path, model, result=result)
    size = path.stat().st_size / 1e6
    count = vit.parameters(model)
    print(f"{name}: {result}; {count:,} parameters, {size:.2f} MB, {seconds:.0f} s, side {SIDE}")


if __name__ == "__main__":
    {"pixels": pixels, "answers": answers}[sys.argv[1]]()
