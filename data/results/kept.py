"""Keep what a long program has finished, seed by seed, so that it goes on where it was stopped."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from make import as_text

import mmtutor


class Kept:
    """What a program finds: while it runs in a file beside the one that it makes."""

    def __init__(self, place: Path) -> None:
        self.place, self.part = place, place.with_suffix(".part.json")
        there = self.part.exists()
        self.done = json.loads(self.part.read_text(encoding="utf-8")) if there else {}

    def over(self, seeds: int, key: str, run: Callable[[int], object]) -> list:
        """Return what an experiment gives from each seed, from the file where it is finished."""
        begun = time.process_time()
        for seed in range(seeds):
            if f"{key} | {seed}" not in self.done:
                self.done[f"{key} | {seed}"] = rounded(run(seed))
                self.part.write_text(json.dumps(self.done), encoding="utf-8", newline="\n")
        found = [self.done[f"{key} | {seed}"] for seed in range(seeds)]
        print(f"{time.process_time() - begun:5.1f} s", key, str(found)[:100], flush=True)
        return found

    def write(self, found: Mapping[str, object]) -> None:
        """Write all that was found, and remove what was kept on the way."""
        versions = f"mmtutor {mmtutor.__version__}, torch {torch.__version__.split('+')[0]}"
        text = as_text({**found, "made with": versions})
        self.place.write_text(text, encoding="utf-8", newline="\n")
        self.part.unlink()


def by_name(runs: Sequence[Mapping[str, object]]) -> dict[str, list]:
    """Return, for each name, a list with what every seed found."""
    return {name: [run[name] for run in runs] for name in runs[0]}


def rounded(found: object) -> object:
    """Return the same numbers with four decimals, in lists and dictionaries."""
    if isinstance(found, Mapping):
        return {name: rounded(part) for name, part in found.items()}
    if isinstance(found, Sequence) and not isinstance(found, str):
        return [rounded(part) for part in found]
    return round(found, 4) if isinstance(found, float) else found
