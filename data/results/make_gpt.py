"""Scaling, the cache's speed, prompts that nobody trained: `python data/results/make_gpt.py`.

On one CPU core it takes about ten minutes. What is done is kept in a file beside it, and a run that
was stopped goes on there. Name parts to measure these alone: `make_gpt.py scaling speed prompts`.

Scaling: GPTs of several widths, everything else the same; each is scored on the validation topics.
Speed: one text, greedy, from a prompt of one token; with the cache and without take turns.
Prompts: readers of facts, two seeds; the first one is the checkpoint `prompts.safetensors`.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import torch
from make import as_text

import mmtutor
from mmtutor import gpt
from mmtutor.datasets.manual import characters, encode, load_manual
from mmtutor.datasets.sentences import FORMATS, make_sentences
from mmtutor.training import checkpoints, fit, seed_everything
from mmtutor.transformer import Windows, bits_per_character, language_loss, log_probabilities

HERE = Path(__file__).parent
DONE = HERE / "gpt.json"
PART = HERE / "gpt.part.json"
SEEDS = 2
WIDTHS = (16, 24, 32, 48, 64, 96)
"""The last one is not part of the line: it is what the line predicts."""
LENGTHS = (64, 128, 256, 512, 1024)
Row = dict[str, object]


# ── Scaling ───────────────────────────────────────────────────────────────────────────────────────

TEXTS = load_manual()
ALPHABET = characters(TEXTS.train)


def scaling(width: int, seed: int) -> Row:
    """Train a GPT of this width for as many steps as every other; score it on other topics."""
    recipe = replace(gpt.QUICK, width=width, steps=500, seed=seed)
    seed_everything(seed)
    model = gpt.new_gpt(recipe, len(ALPHABET))
    windows = Windows(encode(TEXTS.train, ALPHABET), recipe.window, recipe.batch_size, seed)
    begun = time.process_time()
    fit(model, windows, language_loss, recipe, every=recipe.steps)
    seconds = time.process_time() - begun
    logs = log_probabilities(model, encode(TEXTS.valid, ALPHABET), recipe.window)
    bits = round(bits_per_character(logs), 4)
    return {"parameters": gpt.parameters(model), "bits": bits, "seconds": round(seconds)}


# ── Speed ─────────────────────────────────────────────────────────────────────────────────────────


def speed(length: int) -> Row:
    """Write `length` tokens, twice each way in turn; return tokens per second of the processor."""
    seed_everything(0)
    model = gpt.GPT(len(ALPHABET), length, 128, 4, 4).eval()
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(2):
        for cache in taken:
            begun = time.process_time()
            gpt.generate(model, torch.zeros(1, 1).long(), length - 1, temperature=0.0, cache=cache)
            taken[cache].append((length - 1) / (time.process_time() - begun))
    memory = gpt.KeyValueCache(4, length)
    model(torch.zeros(1, 1).long(), memory)
    return {
        "with": round(median(taken[True]), 1),
        "without": round(median(taken[False]), 1),
        "kB": round(4 * memory.numbers() / 1000),
    }


# ── Prompts ───────────────────────────────────────────────────────────────────────────────────────


CASES = {
    "repeats first": {},
    "sentences alone": {"repeats_first": False},
    "colour before kind": {"colour_first": True},
}
"""How a reader is trained; each differs from the first in one thing."""
WAYS = {
    "seen": {},
    "held out": {"pairs": "held out"},
    "shuffled": {"shuffled": True},
}
"""What is asked: about pairs that were trained, about those that never were, after other facts."""


def prompts(case: str, seed: int) -> Row:
    """Train a reader; return the share of right answers, format by format and way by way."""
    begun = time.process_time()
    model = gpt.train_reader(seed, **CASES[case])
    print(f"{time.process_time() - begun:.0f} s, {gpt.parameters(model)} parameters")
    if (case, seed) == ("repeats first", 0):
        checkpoints.save(HERE.parent / "checkpoints/prompts.safetensors", model)
    order = {"colour_first": True} if case == "colour before kind" else {}
    return {
        name: {
            way: round(
                gpt.answers_right(model, make_sentences(500, (name,), seed=99, **options, **order)),
                3,
            )
            for way, options in WAYS.items()
        }
        for name in FORMATS
    }


# ── All of it ─────────────────────────────────────────────────────────────────────────────────────

Part = list[tuple[str, Callable[[], Row]]]
PARTS: dict[str, Part] = {
    "scaling": [
        (f"{width} {seed}", lambda w=width, s=seed: scaling(w, s))
        for seed in range(SEEDS)
        for width in WIDTHS
    ],
    "speed": [(str(length), lambda n=length: speed(n)) for length in LENGTHS],
    "prompts": [
        (f"{case}, seed {seed}", lambda c=case, s=seed: prompts(c, s))
        for case in CASES
        for seed in range(SEEDS)
    ],
}


def measure(chosen: list[str]) -> dict[str, dict[str, Row]]:
    """Measure what is not yet there; keep each row as soon as it is found."""
    begun = PART if PART.exists() else DONE
    found = json.loads(begun.read_text(encoding="utf-8")) if begun.exists() else {}
    for part in chosen:
        rows = found.setdefault(part, {})
        for name, take in PARTS[part]:
            if name not in rows:
                rows[name] = take()
                PART.write_text(json.dumps(found), encoding="utf-8", newline="\n")
            print(part, name, rows[name], flush=True)
    return found


if __name__ == "__main__":
    found = measure(sys.argv[1:] or list(PARTS)) | {"made with": f"mmtutor {mmtutor.__version__}"}
    DONE.write_text(as_text(found), encoding="utf-8", newline="\n")
    PART.unlink(missing_ok=True)
    print(f"{DONE.name}: {DONE.stat().st_size / 1000:.0f} kB")
