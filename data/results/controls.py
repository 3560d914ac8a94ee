"""Run experiments from several seeds and keep what they find, for the programs beside this file."""

import json
import time
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path

import torch
from make import as_text

import mmtutor

Found = dict[str, float]
"""What one run found: a metric, and its number."""
Experiments = Mapping[str, Mapping[str, Callable[[int], Found]]]
"""By part and name, a function that takes a seed."""


def keep(experiments: Experiments, seeds: Mapping[str, int], place: Path) -> None:
    """Run each part from its number of seeds and write it to `place`: part, name, metric, seeds.

    `seeds` may name one experiment, as "part|name", where its number differs from its part's. What
    is finished lies in a file beside it, and is not run again.
    """
    part = place.with_suffix(".part.json")
    done = json.loads(part.read_text(encoding="utf-8")) if part.exists() else {}
    for title, some in experiments.items():
        most = max(several(seeds, title, name) for name in some)
        for seed, (name, run) in product(range(most), some.items()):
            if seed >= several(seeds, title, name):
                continue
            key, begun = f"{title}|{name}|{seed}", time.perf_counter()
            if key not in done:
                done[key] = {metric: round(number, 4) for metric, number in run(seed).items()}
                part.write_text(json.dumps(done), encoding="utf-8", newline="\n")
            print(key, done[key], f"{time.perf_counter() - begun:.0f} s", flush=True)
    versions = f"mmtutor {mmtutor.__version__}, torch {torch.__version__.split('+')[0]}"
    text = as_text({**gathered(experiments, seeds, done), "made with": versions})
    place.write_text(text, encoding="utf-8", newline="\n")
    part.unlink()


def add(experiments: Experiments, seeds: Mapping[str, int], place: Path) -> None:
    """Run only what `place` lacks; the rows that it has from as many seeds stay as they are."""
    part = place.with_suffix(".part.json")
    there = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
    if not part.exists():
        part.write_text(
            json.dumps(runs_of(there, experiments, seeds)), encoding="utf-8", newline="\n"
        )
    keep(experiments, seeds, place)


def runs_of(
    there: Mapping[str, object], experiments: Experiments, seeds: Mapping[str, int]
) -> dict[str, Found]:
    """Return the single runs of a finished file, by part, name and seed."""
    runs = {}
    for part, some in experiments.items():
        for name in set(some) & set(there.get(part, {})):
            row = there[part][name]
            for seed in range(min(several(seeds, part, name), *map(len, row.values()))):
                runs[f"{part}|{name}|{seed}"] = {metric: row[metric][seed] for metric in row}
    return runs


def several(seeds: Mapping[str, int], part: str, name: str) -> int:
    """Return how many seeds an experiment has."""
    return seeds.get(f"{part}|{name}", seeds[part])


def gathered(
    experiments: Experiments, seeds: Mapping[str, int], done: Mapping[str, Found]
) -> dict[str, object]:
    """Return every metric of every experiment as a list with a number for each seed.

    A metric that some seed has no number of is left out.
    """
    found = {}
    for part, some in experiments.items():
        found[part] = {}
        for name in some:
            runs = [done[f"{part}|{name}|{seed}"] for seed in range(several(seeds, part, name))]
            whole = [metric for metric in runs[0] if all(metric in run for run in runs)]
            found[part][name] = {metric: [run[metric] for run in runs] for metric in whole}
    return found
