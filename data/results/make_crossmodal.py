"""Precompute the controls of lesson 07: `python data/results/make_crossmodal.py`.

Each control changes one thing, at equal steps and data, from three seeds; the look from two, the
even look from one. It goes on where it was stopped. On one CPU core it takes a quarter of an hour.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import torch
from controls import Found, keep
from torch import Tensor, nn

from mmtutor import crossmodal, vit
from mmtutor.crossmodal import COLOURS_QUICK, FULL, QUICK, SceneRecipe, recipe_scenes
from mmtutor.datasets import scenes
from mmtutor.datasets.shipped import shipped
from mmtutor.metrics import accuracy
from mmtutor.training import Batches, checkpoints, fit, predict, seed_everything

HERE = Path(__file__).parent


# ── Does the answer need the look? Does the model compose? ────────────────────────────────────────


def answers(model: nn.Module, data: scenes.Scenes) -> Tensor:
    """Return in which scenes the answer is right."""
    return predict(model, data.pictures, data.questions).argmax(dim=1) == data.answers


def learn_to_answer(model: nn.Module, recipe: SceneRecipe, seed: int) -> nn.Module:
    """Train on the recipe's scenes, with the batches of a seed."""
    data = recipe_scenes(recipe, recipe.scenes, seed=1)
    batches = Batches(data.pictures, *data.every_question(), batch_size=recipe.batch_size)
    recipe = dataclasses.replace(recipe, seed=seed)
    fit(model, batches, crossmodal.answer_loss, recipe, every=recipe.steps)
    return model


def examined(model: nn.Module, recipe: SceneRecipe) -> Found:
    """Return a model's scores on new scenes, and on pairs of kind and colour never seen."""
    seen = recipe_scenes(recipe, 1000, seed=1001)
    never = recipe_scenes(recipe, 1000, seed=1002, pairs="held_out")
    right, colour = answers(model, never), never.types == scenes.TYPES.index("colour")
    return {
        "answers": answers(model, seen).float().mean().item(),
        "pointing": crossmodal.pointing(model, seen),
        "new pairs: colour": right[colour].float().mean().item(),
        "new pairs: row": right[~colour].float().mean().item(),
        "new pairs: pointing": crossmodal.pointing(model, never),
    }


def learnt_look(seed: int) -> Found:
    """Return the scores of the model that the lesson trains."""
    seed_everything(seed)
    return examined(learn_to_answer(crossmodal.question_answerer(QUICK), QUICK, seed), QUICK)


def even_look(seed: int) -> Found:
    """Return the scores of a model whose words look at all patches evenly, from first to last."""
    seed_everything(seed)
    model = crossmodal.question_answerer(QUICK)
    for weight in model.cross.attention.query_projection.parameters():
        nn.init.zeros_(weight).requires_grad_(False)  # all queries 0, so all scores equal
    return examined(learn_to_answer(model, QUICK, seed), QUICK)


# ── Towers ────────────────────────────────────────────────────────────────────────────────────────


SHORT = dataclasses.replace(QUICK, steps=150, batch_size=32, learning_rate=3e-3)


def tower(start: str) -> Callable[[int], Found]:
    """Return an experiment: 150 steps with a tower from scratch, of lesson 04, or a small stem."""

    def run(seed: int) -> Found:
        model = vit.pixel_classifier(vit.PIXELS_FULL)
        if start == "lesson 04":
            checkpoints.load(shipped("checkpoints/pixels.safetensors"), model)
        seed_everything(seed)
        if start == "scratch":
            model = vit.pixel_classifier(vit.PIXELS_FULL)
        tokens = crossmodal.TransformerTokens(model.transformer)
        answerer = crossmodal.QuestionAnswerer(tokens, 64, QUICK.heads)
        if start == "small stem":
            answerer = crossmodal.question_answerer(QUICK)
        found = examined(learn_to_answer(answerer, SHORT, seed), SHORT)
        return {name: found[name] for name in ("answers", "pointing")}

    return run


# ── Ways to meet ──────────────────────────────────────────────────────────────────────────────────


def meeting(name: str) -> Callable[[int], Found]:
    """Return an experiment: one way to meet learns on the frozen tokens of the checkpoint."""

    def run(seed: int) -> Found:
        expert = crossmodal.question_answerer(FULL).eval()
        checkpoints.load(shipped("checkpoints/answers.safetensors"), expert)
        learn, unseen = (recipe_scenes(QUICK, n, s) for n, s in ((QUICK.scenes, 1), (1000, 1001)))
        known, new = (predict(expert.tower, scenes.as_input(d.pictures)) for d in (learn, unseen))
        seed_everything(seed)
        reader = crossmodal.TokenReader(crossmodal.ways_to_meet(64, QUICK.heads)[name], 64)

        def evaluate(reader: nn.Module) -> Found:
            guess = predict(reader, new, unseen.questions).argmax(dim=1)
            return {"answers": accuracy(guess, unseen.answers)}

        recipe = dataclasses.replace(QUICK, steps=300, seed=seed)
        batches = Batches(known, learn.questions, learn.answers, batch_size=recipe.batch_size)
        loss = crossmodal.answer_loss
        line = fit(reader, batches, loss, recipe, evaluate=evaluate, every=100).metrics["answers"]
        return {f"after {step} steps": share for step, share in line} | settled(reader.meet)

    return run


def settled(meet: nn.Module) -> Found:
    """Return where gates and α ended, if there are any."""
    gates = {n: g.tanh().item() for n, g in meet.named_parameters() if n.endswith("gate")}
    alphas = {n: a.item() for n, a in meet.named_parameters() if n == "alpha"}
    return gates | alphas


# ── Painting ──────────────────────────────────────────────────────────────────────────────────────

STAR, BLUE, GREEN = 1, 3, 2
"""Places in `scenes.KINDS` and `scenes.COLOURS`."""


def painting(blue_stars_green: bool) -> Callable[[int], Found]:
    """Return an experiment: the quick painter; it may learn that "blue stars" are green."""

    def run(seed: int) -> Found:
        learn = recipe_scenes(COLOURS_QUICK, COLOURS_QUICK.scenes, seed=1)
        pictures = blue_stars_in_green(learn) if blue_stars_green else learn.pictures
        seed_everything(seed)
        tower = crossmodal.PictureTokens(scenes.SIDE, 8, 1, COLOURS_QUICK.width)
        painter = crossmodal.Colouriser(tower, COLOURS_QUICK.width, COLOURS_QUICK.heads)
        batches = Batches(pictures, learn.captions(), batch_size=COLOURS_QUICK.batch_size)
        recipe = dataclasses.replace(COLOURS_QUICK, seed=seed)
        fit(painter, batches, crossmodal.colour_loss, recipe, every=recipe.steps)
        return painted(painter)

    return run


def stars(data: scenes.Scenes, colour: int) -> Tensor:
    """Return which slots hold a star of this colour."""
    return (data.kinds == STAR) & (data.colours == colour)


def blue_stars_in_green(data: scenes.Scenes) -> Tensor:
    """Return the pictures, every blue star painted green; captions still say blue."""
    which = stars(data, BLUE)
    slots = torch.where(which.any(dim=1), which.int().argmax(dim=1), len(scenes.KINDS))
    return crossmodal.repaint(data, slots, torch.full_like(slots, GREEN))


def painted(painter: nn.Module) -> Found:
    """Return what a painter makes of new scenes, of pairs never seen, and of blue stars."""
    seen = recipe_scenes(COLOURS_QUICK, 1000, seed=1001)
    never = recipe_scenes(COLOURS_QUICK, 1000, seed=1002, pairs="held_out")
    made = crossmodal.painted_colours(painter, seen, seen.captions())
    new = crossmodal.painted_colours(painter, never, never.captions())
    held_out = (never.kinds >= 0) & (never.colours == scenes.held_out_colour(never.kinds))
    there, blue = seen.kinds >= 0, stars(seen, BLUE)
    return {
        "colours": (made == seen.colours)[there].float().mean().item(),
        "new pairs": (new == never.colours)[held_out].float().mean().item(),
        "blue stars painted blue": (made == BLUE)[blue].float().mean().item(),
        "blue stars painted green": (made == GREEN)[blue].float().mean().item(),
    }


WAYS = ("plain", "gate closed", "gate open", "α = 0", "α = 1", "α learnt")
EXPERIMENTS: dict[str, dict[str, Callable[[int], Found]]] = {
    "tower": {name: tower(name) for name in ("scratch", "lesson 04", "small stem")},
    "meet": {name: meeting(name) for name in WAYS},
    "paint": {"as it is": painting(False), "blue stars in green": painting(True)},
    "look": {"learnt look": learnt_look},
    "even": {"even look": even_look},
}
SEEDS = {"tower": 3, "meet": 3, "paint": 3, "look": 2, "even": 1}


if __name__ == "__main__":
    keep(EXPERIMENTS, SEEDS, HERE / "crossmodal.json")
