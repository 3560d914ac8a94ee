"""Precompute the tables of lesson 09: `python data/results/make_multitask.py`.

A seed changes the first weights, the order of the batches, and which labels are kept where labels
are few; a task keeps the same labels alone and beside another. Steps, rates and parameters are
equal within a table. Scores are shares of right answers on the test split, which chose nothing. It
goes on where it was stopped. On one CPU core it takes ten minutes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import product
from pathlib import Path

import torch
from kept import Kept, by_name
from torch import Tensor

from mmtutor import multitask as mt
from mmtutor.datasets.tasks import (
    GLYPH_TASKS,
    SAID,
    SCENE_TASKS,
    UNKNOWN,
    Tasks,
    few_labels,
    glyph_tasks,
    scene_tasks,
    with_captions,
)
from mmtutor.multitask import QUICK
from mmtutor.training import Loss, seed_everything

KEPT = Kept(Path(__file__).with_name("multitask.json"))
over = KEPT.over
SEEDS = {"50": 5, "200": 5, "1000": 3, "all": 3}
"""By how many labels the task to be helped has: seeds. The helper has all of its own."""
FEW_SEEDS = 3
SOFT = (0.001, 0.01, 0.1)
"""Strengths of soft sharing's tie."""

Found = dict[str, object]
"""What one run found, by name."""
Way = Callable[..., mt.Multitask]
"""How tasks are trained: data and a seed in, a model out."""

DATA = {"glyphs": cache(glyph_tasks), "scenes": cache(scene_tasks)}
glyphs = DATA["glyphs"]

# ── The matrix of help ────────────────────────────────────────────────────────────────────────────


def learnt_from(kind: str, tasks: Sequence[str], count: str, seed: int) -> Tasks:
    """Return the training split with these tasks, the first of which keeps `count` labels."""
    data = DATA[kind]().train.only(tasks)
    return data if count == "all" else few_labels(data, tasks[0], int(count), seed)


def matrix_cell(kind: str, tasks: Sequence[str], count: str, seed: int) -> float:
    """Return the score of the first of some tasks that are trained together."""
    data = learnt_from(kind, tasks, count, seed)
    model = mt.train_variant(mt.HardSharing, data, QUICK, seed)
    return mt.right(model, DATA[kind]().test.only(tasks))[tasks[0]]


def rivals(kind: str, task: str, count: str, seed: int) -> Found:
    """Return what the commonest label and the nearest labelled picture score."""
    data, unseen = learnt_from(kind, (task,), count, seed), DATA[kind]().test
    near = mt.nearest_picture(data, unseen, task)
    return {"majority": mt.majority(data, unseen, task), "nearest": near}


def row_of_matrix(kind: str, tasks: Sequence[str], task: str, count: str, seeds: int) -> Found:
    """Return what a task scores alone, beside each other task, and by the cheap rivals."""
    key = f"{kind} {count} {task}"
    alone = over(seeds, key, partial(matrix_cell, kind, (task,), count))
    beside = {
        other: over(seeds, f"{key} {other}", partial(matrix_cell, kind, (task, other), count))
        for other in tasks
        if other != task
    }
    cheap = by_name(over(seeds, f"rivals {key}", partial(rivals, kind, task, count)))
    return {"alone": alone, "with": beside, **cheap}


def matrix(kind: str, tasks: Sequence[str], seeds: Mapping[str, int]) -> Found:
    """Return, by number of labels and task, what `row_of_matrix` finds."""
    found = {}
    for count, some in seeds.items():
        rows = {task: row_of_matrix(kind, tasks, task, count, some) for task in tasks}
        names = ("alone", "with", "majority", "nearest")
        found[count] = {name: {task: row[name] for task, row in rows.items()} for name in names}
    return found


@cache
def reads_base(seed: int) -> mt.Multitask:
    """Return a network that learnt the base letter alone, from all labels."""
    return mt.train_variant(mt.HardSharing, glyphs().train.only(("base",)), QUICK, seed)


def looked_up(task: str, count: str, seed: int) -> float:
    """Return what a rival without sharing scores: it reads the base letter and looks up its label.

    A base letter's label is the commonest among its examples with a label; for one that has no
    such example it is the commonest of all.
    """
    data = learnt_from("glyphs", (task, "base"), count, seed)
    known = data.labels[task] != UNKNOWN
    labels, bases = data.labels[task][known], data.labels["base"][known]
    votes = torch.zeros(data.classes["base"], data.classes[task])
    votes.index_put_((bases, labels), torch.ones(len(labels)), accumulate=True)
    votes += 1e-3 * labels.bincount(minlength=data.classes[task]) / len(labels)
    read = mt.scores_of(reads_base(seed), glyphs().test.pictures, "base").argmax(dim=1)
    return mt.accuracy(votes.argmax(dim=1)[read], glyphs().test.labels[task])


def lookup() -> Found:
    """Return, by number of labels and task, what looking the label up by the base letter scores."""
    return {
        count: {
            task: over(FEW_SEEDS, f"lookup {count} {task}", partial(looked_up, task, count))
            for task in GLYPH_TASKS
            if task != "base"
        }
        for count in ("50", "200")
    }


# ── Ways of sharing ───────────────────────────────────────────────────────────────────────────────

HELPED = ("vowel", "slant", "weight")
"""What the base letter helps, and two that it hurts."""
LARGE = replace(QUICK, size=4 * QUICK.size)


def way(variant: mt.Variant, recipe: mt.MultitaskRecipe = QUICK, **options: object) -> Way:
    """Return a way to train tasks together from a seed."""
    return partial(mt.train_variant, variant, recipe=recipe, **options)


WAYS: dict[str, Way] = {
    "hard sharing": way(mt.HardSharing),
    "hard sharing, PCGrad": way(mt.HardSharing, loss=mt.surgery_loss),
    "hard sharing, 4 × as large": way(mt.HardSharing, LARGE),
    "branches, 2 layers shared": way(mt.Branches, shared=2),
    "branches, 1 layer shared": way(mt.Branches, shared=1),
    **{f"soft sharing, {soft:g}": way(mt.SoftSharing, replace(QUICK, soft=soft)) for soft in SOFT},
}
"""Ways to train two tasks together; they differ in one thing from the first."""
ONE = {"alone": way(mt.HardSharing), "alone, 4 × as large": way(mt.HardSharing, LARGE)}
"""Ways to train one task."""


def sharing_ways(task: str, count: str, seed: int) -> Found:
    """Return what a task scores with the base letter beside it, and alone, by way of sharing."""
    found = {}
    for ways, tasks in ((ONE, (task,)), (WAYS, (task, "base"))):
        data = learnt_from("glyphs", tasks, count, seed)
        for name, train in ways.items():
            found[name] = mt.right(train(data=data, seed=seed), glyphs().test)[task]
    return found


# ── Do their gradients agree? ─────────────────────────────────────────────────────────────────────

AGREE = (("vowel", "base"), ("script", "base"), ("weight", "base"), ("slant", "base"))
PROBED, SMALL = 1_024, 32
"""So many training pictures tell the gradients; so many are in a batch of the training."""
EVERY = 10


def cosines_of(model: mt.Multitask, data: Tasks, tasks: Sequence[str]) -> Found:
    """Return the cosine of two tasks' gradients by layer, and over all layers."""
    with torch.enable_grad():
        found = mt.task_gradients(model, data.pictures, data.labels)
    one, two = (found[task] for task in tasks)
    rows = {"all": mt.cosine(mt.in_one_row(one), mt.in_one_row(two)).item()}
    return mt.gradient_cosine(one, two) | rows


def along(data: Tasks, learnt: Tasks, seed: int, prepare: Callable = lambda model: model) -> Found:
    """Train two tasks together; return the cosines of their gradients every few steps.

    `data` has all labels and tells the gradients; `learnt` is what the model sees.
    """
    pair = tuple(data.labels)
    seed_everything(seed)
    model = prepare(mt.build(mt.HardSharing, learnt, QUICK))
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    many, some = data.select(order[:PROBED]), data.select(order[PROBED : PROBED + SMALL])

    def look(model: mt.Multitask) -> Found:
        return cosines_of(model, many, pair) | {"batch": cosines_of(model, some, pair)["all"]}

    looks = [look(model)]
    mt.train(
        model,
        learnt,
        replace(QUICK, seed=seed),
        every=EVERY,
        snapshot=lambda model: looks.append(look(model)),
    )
    return {name: [one[name] for one in looks] for name in looks[0]}


def agreement(pair: Sequence[str], count: str, seed: int) -> Found:
    """Return the cosines of two tasks' gradients over a training."""
    data = glyphs().train.only(pair)
    return along(data, learnt_from("glyphs", pair, count, seed), seed)


def opposed(heads: str, seed: int) -> Found:
    """Return the cosines of a task and its opposite: regular is called bold, bold regular.

    Heads are "their own", or "one for both", which is not trained.
    """
    both = glyphs().train.only(("weight",))
    weight = both.labels["weight"]
    names = {"weight": both.names["weight"], "opposed": both.names["weight"][::-1]}
    data = replace(both, labels={"weight": weight, "opposed": 1 - weight}, names=names)

    def tie(model: mt.Multitask) -> mt.Multitask:
        if heads == "one for both":
            model.heads["opposed"] = model.heads["weight"].requires_grad_(False)
        return model

    return along(data, data, seed, tie)


def all_six(seed: int) -> Found:
    """Train six tasks together; return for each pair the mean cosine and how often it is negative.

    Both are over the looks of a training, all shared layers in one row, PROBED pictures.
    """
    data, looks = glyphs().train, []
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    many = data.select(order[:PROBED])

    def look(model: mt.Multitask) -> None:
        with torch.enable_grad():
            found = mt.task_gradients(model, many.pictures, many.labels)
        rows = torch.stack([mt.in_one_row(found[task]) for task in GLYPH_TASKS])
        looks.append(torch.cosine_similarity(rows.unsqueeze(0), rows.unsqueeze(1), dim=2))

    seed_everything(seed)
    model = mt.build(mt.HardSharing, data, QUICK)
    mt.train(model, data, replace(QUICK, seed=seed), every=EVERY, snapshot=look)
    cosines = torch.stack(looks)
    return {"mean": cosines.mean(0).tolist(), "negative": (cosines < 0).double().mean(0).tolist()}


# ── Weights of two tasks ──────────────────────────────────────────────────────────────────────────

RATIOS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""The weight of the first task; the second has weight 1."""
WEIGHED = (("slant", "base", "all"), ("vowel", "base", "200"), ("weight", "base", "200"))
"""Two tasks, and how many labels the first has."""


def weighed(pair: Sequence[str], count: str, ratio: float, seed: int) -> Found:
    """Return what two tasks score, on the validation and the test split, with such weights."""
    data = learnt_from("glyphs", pair, count, seed)
    loss = mt.plain_loss({pair[0]: ratio})
    model = mt.train_variant(mt.HardSharing, data, QUICK, seed, loss)
    splits = {"validation": glyphs().validation, "test": glyphs().test}
    return {name: mt.right(model, split) for name, split in splits.items()}


def alone(task: str, count: str, seed: int) -> float:
    """Return what a task scores on the test split if nothing is beside it."""
    return matrix_cell("glyphs", (task,), count, seed)


def pareto() -> dict[str, object]:
    """Return both scores by weight for some pairs, and what each task scores alone."""
    found = {}
    for first, second, count in WEIGHED:
        name, pair = f"{first} + {second}", (first, second)
        scores = [
            over(FEW_SEEDS, f"weights {name} {ratio}", partial(weighed, pair, count, ratio))
            for ratio in RATIOS
        ]
        found[name] = {
            "tasks": list(pair),
            "labels": [count, "all"],
            **{
                part: {
                    task: [[run[part][task] for run in runs] for runs in scores] for task in pair
                }
                for part in ("validation", "test")
            },
            "alone": {
                task: over(FEW_SEEDS, f"glyphs {labels} {task}", partial(alone, task, labels))
                for task, labels in zip(pair, (count, "all"), strict=True)
            },
        }
    return {"ratios": list(RATIOS), "pairs": found}


# ── Scales of losses ──────────────────────────────────────────────────────────────────────────────

SCALE = 100.0


def by_uncertainty(scales: Mapping[str, float]) -> Loss:
    """Return a loss with learnt log variances over losses that have these scales."""

    def loss(model: mt.Multitask, pictures: mt.Pictures, labels: Tensor) -> Tensor:
        _, losses = mt.multitask_loss(model(pictures), mt.by_task(model, labels))
        scaled = torch.stack([scales.get(task, 1.0) * value for task, value in losses.items()])
        return mt.uncertainty_loss(scaled, model.log_variances)

    return loss


def by_gradient(scales: Mapping[str, float]) -> Loss:
    """Return a loss in which every task's gradient on the shared weights has length 1."""

    def loss(model: mt.Multitask, pictures: mt.Pictures, labels: Tensor) -> Tensor:
        _, losses = mt.multitask_loss(model(pictures), mt.by_task(model, labels))
        shared = mt.shared_weights(model)
        scaled = {task: scales.get(task, 1.0) * value for task, value in losses.items()}
        rows = {t: mt.in_one_row(mt.gradients_of(value, shared)) for t, value in scaled.items()}
        return sum(value / rows[t].norm().clamp(min=1e-6) for t, value in scaled.items())

    return loss


LOSSES = {
    "plain": (mt.plain_loss, {}),
    "uncertainty": (by_uncertainty, {}),
    "uncertainty, s 30 × as fast": (by_uncertainty, {"log_variances": 30.0}),
    "gradient length": (by_gradient, {}),
}
"""Ways to weigh losses, and what learns at a rate of its own."""
SCALES = {"equal": {}, "slant × 100": {"slant": SCALE}, "base × 100": {"base": SCALE}}


def scaled(way_to_weigh: str, scales: str, seed: int) -> Found:
    """Return what slant and base score if one loss is a hundred times as large; all labels."""
    data = glyphs().train.only(("slant", "base"))
    seed_everything(seed)
    model = mt.build(mt.HardSharing, data, QUICK)
    model.log_variances = torch.nn.Parameter(torch.zeros(2))
    loss, rates = LOSSES[way_to_weigh]
    mt.train(model, data, replace(QUICK, seed=seed), loss(SCALES[scales]), rates=rates)
    return mt.right(model, glyphs().test) | {"log variances": model.log_variances.tolist()}


# ── A task without labels ─────────────────────────────────────────────────────────────────────────


def turned(pictures: Tensor, seed: int) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Turn every picture by a random number of quarters: how many?"""
    quarters = torch.randint(4, (len(pictures),), generator=torch.Generator().manual_seed(seed))
    rows = [torch.rot90(one, int(k), (1, 2)) for one, k in zip(pictures, quarters, strict=True)]
    return torch.stack(rows), quarters, ("0", "1", "2", "3")


def hidden(pictures: Tensor, seed: int) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Hide 4 × 4 pixels near the middle of every picture: in which quarter of all is their ink?"""
    generator = torch.Generator().manual_seed(seed)
    corners = torch.randint(4, 9, (len(pictures), 2), generator=generator).tolist()
    found, ink = pictures.clone(), torch.zeros(len(pictures))
    for place, (top, left) in enumerate(corners):
        patch = found[place, :, top : top + 4, left : left + 4]
        ink[place] = patch.sum()
        patch.fill_(float(pictures.min()))
    cuts = ink.quantile(torch.tensor([0.25, 0.5, 0.75]))
    return found, torch.bucketize(ink, cuts), ("least", "less", "more", "most")


PUZZLES = {"rotation": turned, "masked patch": hidden}


def with_puzzle(task: str, puzzle: str, count: str, seed: int) -> float:
    """Return the score of a task with few labels, beside a puzzle made of all training pictures."""
    data = learnt_from("glyphs", (task,), count, seed)
    pictures, answers, names = PUZZLES[puzzle](data.pictures, seed)
    unknown = torch.full((len(data),), UNKNOWN)
    both = Tasks(
        torch.cat([data.pictures, pictures]),
        {
            task: torch.cat([data.labels[task], unknown]),
            puzzle: torch.cat([unknown, answers]),
        },
        {**data.names, puzzle: names},
    )
    model = mt.train_variant(mt.HardSharing, both, QUICK, seed)
    return mt.right(model, glyphs().test)[task]


# ── A caption as a task ───────────────────────────────────────────────────────────────────────────

captioned = cache(lambda said=SAID: with_captions(glyphs(), said))
SILENT = {"slant": "slant", "weight": "weight", "vowel": "base"}
"""By task: what a caption has to leave out so that it does not say the answer."""
BESIDE_CAPTIONS = {"alone": (), "beside slant": ("slant",), "beside base": ("base",)}
BESIDE_CAPTIONS |= {"beside all five that it says": SAID}


def finds_caption(data: Tasks, seed: int) -> mt.Multitask:
    """Return a network that learnt these tasks, "caption" among them, by the captions' words."""
    captions = data.names["caption"]
    return mt.train_variant(mt.FindsCaption, data, QUICK, seed, captions=captions)


def caption_rows(seed: int) -> Found:
    """Return how often the caption of a picture is found, with 200 captioned pictures."""
    splits = captioned()
    few, unseen = few_labels(splits.train, "caption", 200, seed), splits.test
    found = {
        name: mt.right(finds_caption(few.only(("caption", *helpers)), seed), unseen)["caption"]
        for name, helpers in BESIDE_CAPTIONS.items()
    }
    numbered = mt.train_variant(mt.HardSharing, few.only(("caption",)), QUICK, seed)
    five = mt.train_variant(mt.HardSharing, few.only(SAID), QUICK, seed)
    together = mt.caption_of_answers(five, unseen, SAID)
    return found | {
        "alone, captions are numbers": mt.right(numbered, unseen)["caption"],
        "nearest of the 200": mt.nearest_picture(few, unseen, "caption"),
        "five answers put together": mt.accuracy(together, unseen.labels["caption"]),
    }


def beside_captions(task: str, seed: int) -> Found:
    """Return what a task with 200 labels scores beside captions of all pictures, and its rivals."""
    splits = captioned()
    few = few_labels(splits.train, task, 200, seed)
    ways = {"alone": (task,), "beside base": (task, "base")}
    models = {
        name: mt.train_variant(mt.HardSharing, few.only(tasks), QUICK, seed)
        for name, tasks in ways.items()
    }
    models["beside captions"] = finds_caption(few.only((task, "caption")), seed)
    silent = captioned(tuple(part for part in SAID if part != SILENT[task])).train
    quiet = few_labels(silent, task, 200, seed).only((task, "caption"))
    models["beside captions that do not say it"] = finds_caption(quiet, seed)
    whole = splits.train.only((task,))
    models["alone, all labels"] = mt.train_variant(mt.HardSharing, whole, QUICK, seed)
    return {name: mt.right(model, splits.test)[task] for name, model in models.items()}


def captions() -> Found:
    """Return who finds captions, and whom captions help."""
    return {
        "caption": by_name(over(FEW_SEEDS, "captions", caption_rows)),
        **{
            task: by_name(over(FEW_SEEDS, f"captions {task}", partial(beside_captions, task)))
            for task in SILENT
        },
    }


# ── All of it ─────────────────────────────────────────────────────────────────────────────────────


def gathered() -> Found:
    """Return everything that the file holds, and run what is not finished."""
    return {
        "variants": variants(),
        "cosines": cosines(),
        "lookup": lookup(),
        "pareto": pareto(),
        "all six": {"tasks": list(GLYPH_TASKS), **by_name(over(FEW_SEEDS, "six", all_six))},
        "scales": scales(),
        "puzzles": puzzles(),
        "captions": captions(),
        "matrix": matrix("glyphs", GLYPH_TASKS, SEEDS),
        "scenes": matrix("scenes", SCENE_TASKS, {"50": 3, "200": 3, "all": 3}),
    }


def variants() -> Found:
    """Return what two tasks score with the base letter beside them, by way of sharing."""
    return {
        f"{task} {count}": by_name(
            over(FEW_SEEDS, f"ways {task} {count}", partial(sharing_ways, task, count))
        )
        for task, count in product(HELPED, ("50", "200"))
    }


def cosines() -> Found:
    """Return the cosines of two tasks' gradients over a training, for some pairs."""
    found = {"steps": list(range(0, QUICK.steps + 1, EVERY))}
    for pair, count in [*product(AGREE, ("all",)), *product(AGREE[::2], ("200",))]:
        name = " + ".join(pair) + f", {count}"
        runs = over(FEW_SEEDS, f"cosines {name}", partial(agreement, pair, count))
        found[name] = by_name(runs)
    for heads in ("their own", "one for both"):
        runs = over(FEW_SEEDS, f"opposed {heads}", partial(opposed, heads))
        found[f"weight + opposed, heads: {heads}"] = by_name(runs)
    return found


def scales() -> Found:
    """Return the scores of slant and base by way of weighing and by scale of the losses."""
    return {
        name: {
            scale: by_name(over(FEW_SEEDS, f"scales {name} {scale}", partial(scaled, name, scale)))
            for scale in SCALES
        }
        for name in LOSSES
    }


def puzzles() -> Found:
    """Return the score of every task with 50 labels beside a puzzle that needs none."""
    return {
        "50": {
            task: {
                puzzle: over(
                    FEW_SEEDS,
                    f"puzzle 50 {task} {puzzle}",
                    partial(with_puzzle, task, puzzle, "50"),
                )
                for puzzle in PUZZLES
            }
            for task in GLYPH_TASKS
        }
    }


if __name__ == "__main__":
    KEPT.write(gathered())
