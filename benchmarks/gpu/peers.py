"""The three benchmarks with their quickest settings, each in a process of its own."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks.gpu.check import Check, Failed, Setup, Skipped

COURSE = Path(__file__).resolve().parents[2]
PATIENCE = 120
"""Seconds that a benchmark may take on a GPU's machine; a dry run is given five times as much."""
SETTINGS = {
    "vit_step": ("--size", "lesson", "--rounds", "2"),
    "clip_step, a step": ("--part", "step", "--rounds", "2"),
    "clip_step, the loop": ("--part", "loop", "--rounds", "2"),
    "clip_step, memory": ("--part", "memory"),
    "training_loop": ("--rounds", "1", "--steps", "10", "--pairs", "20", "--batch", "32"),
}
"""By the name of the program; what follows a comma says which part of it."""
HEAVY = {"clip_step, the loop": "36 steps of 256 pairs", "clip_step, memory": "4 GB"}
"""What a dry run leaves out."""


def measure(name: str, setup: Setup) -> str:
    """Run a benchmark and return our row, who is missing, and all that it printed."""
    if setup.dry and name in HEAVY:
        raise Skipped(f"on a CPU it takes {HEAVY[name]}")
    program = COURSE / "benchmarks" / f"{name.split(',')[0]}.py"
    alone = ("--threads", "1") if setup.dry else ()  # beside neighbours, two threads wait for ever
    done = subprocess.run(
        [sys.executable, str(program), *SETTINGS[name], *alone],
        env=os.environ | {"PYTHONPATH": str(COURSE)},
        capture_output=True,
        text=True,
        timeout=PATIENCE * (5 if setup.dry else 1),
    )
    if done.returncode:
        raise Failed((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
    return summary(done.stdout)


def summary(printed: str) -> str:
    """Return our rows of the tables and who is not installed, then the tables themselves."""
    lines = printed.splitlines()
    ours = [" ".join(line.split()) for line in lines if line.startswith("mmtutor")]
    missing = sorted({line.split()[0] for line in lines if "is not installed" in line})
    absent = [f"not installed: {', '.join(missing)}"] if missing else []
    tables = "\n".join(f"    | {line}" for line in lines)
    return "; ".join([*ours, *absent]) + "\n" + tables


def checks(setup: Setup) -> list[Check]:
    """Return a check for each benchmark."""
    return [Check(f"bench: {name}", partial(measure, name, setup)) for name in SETTINGS]
