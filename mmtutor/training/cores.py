"""How many processor cores may this process use? A container often gives fewer than there are.

PyTorch counts those of the whole machine.
"""

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

LIMITS = (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us"))
"""Where a control group keeps its microseconds and their period: version 2, version 1."""


def cores(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Return how many cores this process may keep busy: a whole number, at least 1.

    The least of its affinity and of the limits of its control groups (Linux, versions 1 and 2),
    rounded up: 1.5 cores are 2. `proc` and `groups` are where the system keeps its files.
    """
    return max(1, math.ceil(min([affinity(), *limits(proc, groups)])))


def affinity() -> int:
    """Return the cores that the scheduler may put this process on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return getattr(os, "process_cpu_count", os.cpu_count)() or 1  # the first since Python 3.13


def limits(proc: Path, groups: Path) -> Iterator[float]:
    """Yield, in cores, every limit on this process's share of time."""
    for folder in folders(proc, groups):
        for names in LIMITS:
            # No file, "max" in place of a number, and -1 all mean: no limit.
            with suppress(OSError, ValueError):
                time, period = " ".join((folder / name).read_text() for name in names).split()
                if int(time) > 0:
                    yield int(time) / int(period)


def folders(proc: Path, groups: Path) -> Iterator[Path]:
    """Yield the folders of the control groups that hold this process, and those above them.

    A container may be told its place on the host and yet see its own folder as the root. So a
    folder may be missing, and the root is always looked at.
    """
    with suppress(OSError, ValueError):
        for line in (proc / "self" / "cgroup").read_text().splitlines():
            _, controllers, place = line.split(":", 2)
            # Version 2 has one tree and names no controllers; version 1 has a tree for each.
            if not controllers or "cpu" in controllers.split(","):
                tree = groups / "cpu" if controllers else groups
                inside = Path(place.lstrip("/"))
                yield from (tree / part for part in (inside, *inside.parents))
