"""Does everything work on a GPU? Every full recipe, equality, trouble, benchmarks: in one table.

    python benchmarks/gpu_check.py [--minutes 8] [--only WORD] [--dry-run]

From a plain checkout: the course need not be installed; torch, transformers, accelerate,
scikit-learn, matplotlib, jaxtyping and pytest must be. Where there is no GPU, the same is tried on
the CPU in small (`--dry-run`). The exit code is 1 where a check failed or was not reached in time.
"""

import argparse
import os
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the course need not be installed

import torch

from benchmarks.gpu import equality, lessons, peers, pretend, speed, trouble
from benchmarks.gpu.check import DRY, GPU, Check, Setup, attempt_all, report, require
from mmtutor.datasets import cache
from mmtutor.training import budget
from mmtutor.training.device import accelerate


def machine(setup: Setup) -> str:
    """Say what this runs on; `fit` must find the same device."""
    found = accelerate().device.type
    require(found == setup.device, f"fit would train on {found}")
    if setup.dry:
        return f"torch {torch.__version__}, {os.cpu_count()} cores, budget {budget()}"
    about = torch.cuda.get_device_properties(0)
    memory = f"{about.total_memory / 1e9:.0f} GB"
    return f"torch {torch.__version__}, {about.name} with {memory}, budget {budget()}"


def checks(setup: Setup) -> list[Check]:
    """Return everything, what may break the most last."""
    first = [Check("machine", partial(machine, setup)), Check("data", partial(lessons.data, setup))]
    pretended = pretend.checks(setup) if setup.dry else []
    parts = [part.checks(setup) for part in (lessons, equality, trouble, peers, speed)]
    return [*first, *pretended, *(check for part in parts for check in part)]


def options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=8, help="no check begins after so many")
    parser.add_argument("--only", default="", help="checks whose name holds this word")
    parser.add_argument("--dry-run", action="store_true", help="on the CPU, in small")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Try everything and return the exit code."""
    chosen = options(arguments)
    setup = DRY if chosen.dry_run or not torch.cuda.is_available() else GPU
    os.environ.setdefault("MMTUTOR_HEADLESS", "1")
    os.environ.setdefault("MMTUTOR_CACHE", str(cache.REPOSITORY / "data" / "cache"))
    if setup.dry:
        os.environ["ACCELERATE_USE_CPU"] = "true"
    wanted = [check for check in checks(setup) if chosen.only in check.name]
    return report(attempt_all(wanted, chosen.minutes))


if __name__ == "__main__":
    sys.exit(main())
