"""Precompute what the dial of lesson 06 shows: `python data/results/make.py`.

Every rule, share of lost pictures and share of lost sounds: ten models from three seeds each. It
goes on where it was stopped. On one CPU core it takes a quarter of an hour.
"""

import json
import re
import time
from itertools import product
from pathlib import Path

import torch

import mmtutor
from mmtutor import fusion
from mmtutor.datasets import paired, spoken

HERE = Path(__file__).parent
DONE = HERE / "fusion_dial.json"
PART = HERE / "fusion_dial.part.json"
"""What is finished so far; gone at the end."""

LOST = (0.0, 0.25, 0.5, 0.75)
SEEDS = 3
MODELS = fusion.ALONE | fusion.VARIANTS


def setting(rule: str, picture: int, sound: int) -> paired.Setting:
    """Return where the dial stands, with the default grain and hiss."""
    lost = {"lost_picture": LOST[picture], "lost_sound": LOST[sound]}
    return paired.Setting(rule=paired.RULES[rule], **lost)


def measure(rule: str, picture: int, sound: int) -> list[list[float]]:
    """Return the accuracy of every model from every seed at one position of the dial."""
    name = "here"
    found = fusion.compare(MODELS, {name: setting(rule, picture, sound)}, seeds=SEEDS)
    return [[round(share, 3) for share in found.values(name, model)] for model in MODELS]


def measure_all() -> dict[str, list[list[float]]]:
    """Measure every position, or read it if an earlier run has; key is `rule picture sound`."""
    found = json.loads(PART.read_text(encoding="utf-8")) if PART.exists() else {}
    positions = list(product(paired.RULES, range(len(LOST)), range(len(LOST))))
    for count, (rule, picture, sound) in enumerate(positions, 1):
        key, begun = f"{rule} {picture} {sound}", time.perf_counter()
        if key not in found:
            found[key] = measure(rule, picture, sound)
            PART.write_text(json.dumps(found), encoding="utf-8", newline="\n")
        best = max(sum(seeds) / len(seeds) for seeds in found[key])
        lost = f"lost pictures {LOST[picture]:.2f}, lost sounds {LOST[sound]:.2f}"
        seconds = time.perf_counter() - begun
        print(f"{count}/{len(positions)} {rule}, {lost}: {best:.3f}, {seconds:.0f} s", flush=True)
    return found


def results(found: dict[str, list[list[float]]]) -> dict[str, object]:
    """Return all numbers as the dial reads them: nested lists, in the order of its controls."""
    levels = range(len(LOST))

    def table(cell):
        return [[[cell(rule, p, s) for s in levels] for p in levels] for rule in paired.RULES]

    recipe = f"fusion.QUICK ({fusion.QUICK.steps} steps), {SEEDS} seeds"
    versions = f"mmtutor {mmtutor.__version__}, torch {torch.__version__.split('+')[0]}"
    return {
        "rules": [*paired.RULES],
        "lost": [*LOST],
        "variants": [*MODELS],
        "accuracy": table(lambda rule, p, s: found[f"{rule} {p} {s}"]),
        "limit": table(lambda rule, p, s: round(paired.limit(setting(rule, p, s))["both"], 3)),
        "chance": [round(paired.best(rule, 1.0, 1.0), 3) for rule in paired.RULES.values()],
        "sound": spoken.load_spoken().source,
        "made with": f"{recipe}; {versions}",
    }


def as_text(numbers: dict[str, object]) -> str:
    """Return JSON with every innermost list on one line, so that a change can be read."""
    text = json.dumps(numbers, indent=1)
    return re.sub(r"\[[^\[\]]*\]", lambda found: " ".join(found[0].split()), text) + "\n"


if __name__ == "__main__":
    DONE.write_text(as_text(results(measure_all())), encoding="utf-8", newline="\n")
    PART.unlink()
    print(f"{DONE.name}: {DONE.stat().st_size / 1000:.0f} kB")
