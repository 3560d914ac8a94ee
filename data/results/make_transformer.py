"""The race on the manual, the dial of distance, recall, positions, depth: `make_transformer.py`.

`python data/results/make_transformer.py` takes about a quarter of an hour on one CPU core. What is
done is kept in a file beside it, and a run that was stopped goes on there.

The race: Kneser-Ney of several orders, rules, and an LSTM and a Transformer of as many parameters.
Their rates are chosen on the validation topics, the test topics are read once, at the end of each
training. A training has one length from the start: a point of the curve is a run of its own. The
LSTM takes three steps while the Transformer takes one: about the same time.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from make import as_text
from torch import Tensor, nn

import mmtutor
from mmtutor import transformer
from mmtutor.datasets.manual import characters, decode, encode, load_manual
from mmtutor.training import Batches, fit, predict
from mmtutor.transformer import (
    ECHO,
    QUICK,
    RECALL,
    LanguageRecipe,
    NGrams,
    Rules,
    bits_per_character,
)

DONE = Path(__file__).parent / "transformer.json"
PART = DONE.with_suffix(".part.json")
RATES = {"Transformer": (3e-3, 6e-3, 1.2e-2), "LSTM": (6e-3, 1.2e-2, 2.4e-2)}
STEPS = {"Transformer": (400, 1200, 2400), "LSTM": (1200, 3600, 7200)}
RUNS = ((1, 0, 1.0), (0, 0, 1.0), (1, 1, 1.0), (0, 0, 1 / 8), (2, 0, 1.0))
"""Length (0: short, 1: middle, 2: long), seed, share of the text; the longest is the last."""
ORDERS = (1, 2, 3, 4, 5, 6, 8, 10)
DISTANCES = (1, 4, 8, 16, 32, 64)
Rows = list[dict[str, object]]

manual = load_manual()
alphabet = characters(manual.train)
train, valid, test = (encode(part, alphabet) for part in manual[:3])
# A character that training never showed is "unknown" to everybody.
readable = {part: decode(encode(getattr(manual, part), alphabet), alphabet) for part in
            ("valid", "test", "test_with_copies")}  # fmt: skip


def new_model(name: str, recipe: LanguageRecipe, tokens: int) -> nn.Module:
    """Return an untrained LSTM, or a Transformer with the positions that are named."""
    if name == "LSTM":
        return transformer.new_recurrent_model(recipe, tokens)
    positions = "rotary" if name == "Transformer" else name
    return transformer.new_language_model(recipe, tokens, positions)


def learnt(
    name: str, steps: int, rate: float, seed: int = 0, share: float = 1.0
) -> tuple[nn.Module, float]:
    """Train on the first `share` of the text; return the model and the seconds of the processor."""
    recipe = replace(QUICK, steps=steps, learning_rate=rate, seed=seed)
    model = new_model(name, recipe, len(alphabet))
    text = train[: round(share * len(train))]
    windows = transformer.Windows(text, recipe.window, recipe.batch_size, seed)
    begun = time.process_time()
    fit(model, windows, transformer.language_loss, recipe)
    return model, time.process_time() - begun


def said(model: nn.Module, text: Tensor) -> Tensor:
    """Return the log-probabilities that a model gives to a text."""
    return transformer.log_probabilities(model, text)


def bits(logs: Tensor) -> float:
    return round(bits_per_character(logs), 3)


# ── The race ──────────────────────────────────────────────────────────────────────────────────────


def counted() -> Rows:
    """Score what needs no training; n-grams also on the text with its copies."""
    rules = Rules(manual.train, alphabet)
    rows: Rows = [{"model": "rules", "covered": round(rules.covered(readable["test"]), 3)}]
    rows[0] |= both(rules)
    for share in (1.0, 1 / 8):
        text = manual.train[: round(share * len(manual.train))]
        for order in ORDERS if share == 1 else (3, 5, 8):
            begun = time.process_time()
            grams = NGrams(text, order, alphabet)
            seconds = round(time.process_time() - begun, 2)
            row = {"model": "n-grams", "order": order, "share": share, "seconds": seconds}
            rows.append(row | both(grams))
    for order in (3, 8):
        logs = NGrams(manual.train, order, alphabet).log_probabilities(readable["test_with_copies"])
        rows.append({"model": "n-grams", "order": order, "with copies": bits(logs)})
    return rows


def both(guesser: NGrams | Rules) -> dict[str, object]:
    """Return bits per character on the validation and on the test topics."""
    parts = ("valid", "test")
    return {part: bits(guesser.log_probabilities(readable[part])) for part in parts}


def rate_of(name: str) -> Rows:
    """Score each rate on the validation topics, after the short training."""
    steps = STEPS[name][0]
    return [
        {"model": name, "rate": rate, "valid": bits(said(learnt(name, steps, rate)[0], valid))}
        for rate in RATES[name]
    ]


def raced(length: int, seed: int, share: float, rates: dict[str, float]) -> Rows:
    """Train an LSTM and a Transformer for about the same time; score them alone and mixed."""
    text = manual.train[: round(share * len(manual.train))]
    grams = NGrams(text, 8, alphabet).log_probabilities(readable["test"])
    rows, logs = [], []
    for name in ("LSTM", "Transformer"):
        steps = STEPS[name][length]
        model, seconds = learnt(name, steps, rates[name], seed, share)
        logs.append(said(model, test))
        row = {"model": name, "steps": steps, "seed": seed, "share": share, "rate": rates[name]}
        row |= {"parameters": sum(p.numel() for p in model.parameters())}
        row |= {"seconds": round(seconds, 1), "train": bits(said(model, train[:20_000]))}
        row |= {"valid": bits(said(model, valid)), "test": bits(logs[-1])}
        rows.append(row | {"with n-grams": bits(transformer.mixture(logs[-1], grams))})
    rows.append({"model": "LSTM and Transformer", "length": length, "seed": seed, "share": share,
                 "test": bits(transformer.mixture(*logs))})  # fmt: skip
    return rows


# ── Distance and positions ────────────────────────────────────────────────────────────────────────


def echoed(name: str, distance: int, seed: int, longer: int = 1, times: int = 1) -> Rows:
    """Learn to say the word of so long ago; score rows of 96 words, and `longer` times as long.

    `times` as many steps as the recipe's.
    """
    recipe = replace(ECHO, seed=seed, steps=times * ECHO.steps)
    if name == "LSTM":
        recipe = replace(recipe, steps=3 * recipe.steps, learning_rate=1e-2)
    model = new_model(name.removesuffix(SMALLER), recipe, 16)
    if name.endswith(SMALLER):
        model.position.data /= 7
    rows = transformer.echo(2000, recipe.window, distance, seed=seed)
    begun = time.process_time()
    fit(
        model,
        Batches(*rows, batch_size=recipe.batch_size, seed=seed),
        transformer.echo_loss,
        recipe,
    )
    row = {"model": name, "distance": distance, "seed": seed, "steps": recipe.steps}
    row |= {"seconds": round(time.process_time() - begun, 1)}
    for length in {recipe.window, longer * recipe.window}:
        if length > recipe.window and name.startswith("learnt"):
            continue
        tokens, labels = transformer.echo(200, length, distance, seed=100)
        new = labels[:, -recipe.window :]
        answers = predict(model, tokens).argmax(dim=-1)[:, -recipe.window :]
        row[f"length {length}"] = round(transformer.share_right(answers, new), 3)
    return [row]


SMALLER = ", smaller start"


def looked_up(distance: int) -> Rows:
    """Answer by tables of the last 1 to 6 words: the best of them on rows to choose by."""
    known = transformer.echo(2000, ECHO.window, distance)
    scores = []
    for length in range(1, 7):
        for seed in (50, 100):  # to choose by, to report
            tokens, labels = transformer.echo(200, ECHO.window, distance, seed=seed)
            answers = transformer.look_up(known, tokens, length)
            scores.append(round(transformer.share_right(answers, labels), 3))
    best = max(range(6), key=lambda place: scores[2 * place])
    row = {"model": "n-grams", "distance": distance, "words": best + 1, "seed": 0}
    return [row | {"length 96": scores[2 * best + 1]}]


# ── Recall ────────────────────────────────────────────────────────────────────────────────────────

FAR = (8, 16, 32, 64, 128)
"""Where the questions stand by which the LSTM is scored: eight places from there on."""


def recalled(name: str, depth: int, warmup: float, seed: int, times: int = 1) -> Rows:
    """Learn to say the colour of a kind; `times` as many steps as the recipe's, `depth` blocks."""
    recipe = replace(RECALL, depth=depth, warmup=warmup, seed=seed, steps=times * RECALL.steps)
    if name == "LSTM":
        recipe = replace(recipe, learning_rate=1e-2)
    tokens = len(transformer.KINDS) + len(transformer.COLOURS)
    model = new_model(name, recipe, tokens)
    told = transformer.recall(16_000, recipe.window, seed=seed)
    begun = time.process_time()
    fit(
        model,
        Batches(*told, batch_size=recipe.batch_size, seed=seed),
        transformer.echo_loss,
        recipe,
    )
    row = {"model": name, "depth": depth, "warmup": warmup, "steps": recipe.steps, "seed": seed}
    row |= {"seconds": round(time.process_time() - begun, 1)}
    row["right"] = scored(model, recipe.window, 0)
    if name == "LSTM":  # rows nine times as long as in training
        row["by place"] = [scored(model, FAR[-1] + 8, place, place + 8) for place in FAR]
    return [row]


def scored(model: nn.Module, length: int, start: int, end: int | None = None) -> float:
    """Return the share right on new rows of `length`, of the questions from `start` to `end`."""
    asked, answers = transformer.recall(1000, length, seed=100)
    said = predict(model, asked).argmax(dim=-1)
    return round(transformer.share_right(said[:, start:end], answers[:, start:end]), 3)


# ── Depth ─────────────────────────────────────────────────────────────────────────────────────────

DEEP = replace(QUICK, steps=150, window=64, width=32, depth=12)
UNTOUCHED, NO_NORM, NO_RESIDUAL = "untouched", "without norm", "without residual"


def deep(
    norm: str, without: str = "", rate: float = 3e-3, warmup: float = 0.1, seed: int = 0
) -> Rows:
    """Train 12 blocks for 150 steps, a part taken out."""
    recipe = replace(DEEP, learning_rate=rate, warmup=warmup, seed=seed)
    model = transformer.new_language_model(recipe, len(alphabet), norm=norm)
    if "residual" in without:
        transformer.without_residual(model)
    if "norm" in without:
        transformer.without_norm(model)
    windows = transformer.Windows(train, recipe.window, recipe.batch_size, seed)
    first, *_, last = transformer.gradient_norms(model, windows[0][0])
    fit(model, windows, transformer.language_loss, recipe)
    scored = bits(transformer.log_probabilities(model, valid[:10_000], recipe.window))
    row = {"norm": norm, "without": without, "rate": rate, "warmup": warmup, "seed": seed}
    row |= {"first gradient": float(f"{first:.2g}"), "last gradient": float(f"{last:.2g}")}
    return [row | {"valid": scored}]


# ── All of it ─────────────────────────────────────────────────────────────────────────────────────


def jobs() -> list[tuple[str, str, Callable[[], Rows]]]:
    """Return what is to be done: the part it belongs to, a name, the work."""
    found = [("race", "counted", counted)]
    found += [("rates", name, partial(rate_of, name)) for name in RATES]
    found += [race(0), race(1)]
    for distance in DISTANCES:
        found.append(("echo", f"n-grams {distance}", partial(looked_up, distance)))
        for name in ("LSTM", "Transformer", "none"):
            found.append(("echo", f"{name} {distance}", partial(echoed, name, distance, seed=0)))
    found += [("depth", str(plan), partial(deep, **plan)) for plan in DEPTHS]
    found += [race(2), race(3)]
    for seed in (0, 1):
        for name in ("none", "sinusoid", "learnt" + SMALLER, "learnt", "rotary"):
            found.append(("positions", f"{name} {seed}", partial(echoed, name, 8, seed, longer=2)))
    found.append(("longer", "LSTM", partial(echoed, "LSTM", 16, 0, times=3)))
    found.append(("longer", "none", partial(echoed, "none", 1, 0, times=4)))
    for plan in RECALLS:
        found.append(("recall", str(plan), partial(recalled, **plan)))
    return [*found, race(4)]


def race(number: int) -> tuple[str, str, Callable[[], Rows]]:
    """Return the job that runs one of RUNS, with the rates that were chosen before."""
    return "race", str(RUNS[number]), lambda: raced(*RUNS[number], chosen_rates())


DEPTHS = [
    {"norm": "pre"},
    {"norm": "post"},
    {"norm": "pre", "without": "norm"},
    {"norm": "pre", "without": "residual"},
    {"norm": "post", "without": "residual"},
    {"norm": "pre", "without": "norm and residual"},
    {"norm": "pre", "rate": 1e-2},
    {"norm": "post", "rate": 1e-2},
    {"norm": "post", "rate": 1e-2, "warmup": 0.3},
    {"norm": "pre", "without": "norm", "rate": 1e-2},
    {"norm": "pre", "without": "norm", "seed": 1},
    {"norm": "pre", "without": "norm", "rate": 1e-2, "seed": 1},
    {"norm": "pre", "rate": 1e-2, "seed": 1},
    {"norm": "pre", "seed": 1},
    {"norm": "post", "seed": 1},
    {"norm": "pre", "without": "residual", "seed": 1},
    {"norm": "post", "rate": 1e-2, "seed": 1},
    {"norm": "post", "rate": 1e-2, "warmup": 0.3, "seed": 1},
]

RECALLS = [
    {"name": "learnt", "depth": 2, "warmup": warmup, "seed": seed}
    for seed in (0, 1)
    for warmup in (0.25, 0.05)
]
RECALLS += [
    {"name": name, "depth": 1, "warmup": 0.25, "seed": seed, "times": times}
    for name, times in (("learnt", 1), ("LSTM", 3))
    for seed in (0, 1)
]
RECALLS += [
    {"name": "learnt", "depth": 2, "warmup": warmup, "seed": seed}
    for seed in (2, 3, 4)
    for warmup in (0.25, 0.05)
]


def kept() -> dict[str, dict[str, Rows]]:
    """Return what earlier runs of this program found."""
    return json.loads(PART.read_text(encoding="utf-8")) if PART.exists() else {}


def chosen_rates() -> dict[str, float]:
    """Return each model's best rate on the validation topics."""
    found = kept()["rates"]
    return {name: min(found[name], key=lambda row: row["valid"])["rate"] for name in found}


if __name__ == "__main__":
    for part, name, work in jobs():
        found = kept()
        if name in found.setdefault(part, {}):
            continue
        found[part][name] = work()
        print(part, *found[part][name], sep="\n  ", flush=True)
        PART.write_text(as_text(found), encoding="utf-8", newline="\n")
    versions = f"mmtutor {mmtutor.__version__}, torch {transformer.torch.__version__.split('+')[0]}"
    rows = {part: [row for run in runs.values() for row in run] for part, runs in kept().items()}
    DONE.write_text(as_text(rows | {"made with": versions}), encoding="utf-8", newline="\n")
