"""What two students cost who run a lesson at once: `python -m tests.hub 01_attention`.

Memory is what a student has alone (USS) at its highest, and what all share is counted once.
"""

import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import nbformat
import psutil

from mmtutor.datasets import cache
from mmtutor.tools.bundle import bundle
from tests.hub.hub import COURSE, Student, hub

MB = 2**20


def work(student: Student, name: str) -> None:
    """Run every cell of a lesson, as a student who reads very fast."""
    place = f"course/notebooks/{name}.ipynb"
    cells = nbformat.read(COURSE / "notebooks" / f"{name}.ipynb", as_version=4).cells
    with closing(student.open(place)) as kernel:
        for cell in cells:
            if cell.cell_type == "code":
                kernel.run(cell.source)


def cost(student: Student) -> dict[str, tuple[float, float, float]]:
    """MB alone, MB shared and CPU seconds of a student's server and of their kernels."""
    found = {"server": (0.0, 0.0, 0.0), "kernel": (0.0, 0.0, 0.0)}
    for process in student.processes():
        try:
            line, memory, times = process.cmdline(), process.memory_full_info(), process.cpu_times()
        except psutil.Error:
            continue
        part = "kernel" if any("ipykernel" in word for word in line) else "server"
        values = (memory.uss / MB, (memory.rss - memory.uss) / MB, times.user + times.system)
        found[part] = tuple(a + b for a, b in zip(found[part], values, strict=True))
    return found


def watch(student: Student, done: threading.Event, highest: dict) -> None:
    """Keep the highest of each number, until told that all is done."""
    while not done.wait(0.5):
        for part, values in cost(student).items():
            before = highest.setdefault((student.name, part), values)
            highest[student.name, part] = tuple(map(max, before, values))


def measure(folder: Path, name: str) -> None:
    """Print a line for each student: their server and their kernel."""
    highest: dict[tuple[str, str], tuple[float, float, float]] = {}
    with hub(folder) as running, ThreadPoolExecutor() as pool:
        students = [Student(running, "ada"), Student(running, "bob")]
        for student in students:
            student.log_in()
        done, start = threading.Event(), time.monotonic()
        watches = [pool.submit(watch, student, done, highest) for student in students]
        lessons = [pool.submit(work, student, name) for student in students]
        try:
            for lesson in lessons:
                lesson.result()
        finally:
            done.set()
        print(f"{name}: {time.monotonic() - start:.0f} s for both at once")
        for watched in watches:
            watched.result()
        around = [p for p in psutil.process_iter() if runs(p, folder)]
        print(f"hub, proxy, culler: {sum(p.memory_full_info().uss for p in around) / MB:.0f} MB")
    for (who, part), (alone, shared, seconds) in sorted(highest.items()):
        print(f"{who} {part}: {alone:.0f} MB alone, {shared:.0f} MB shared, {seconds:.0f} s CPU")


def runs(process: psutil.Process, folder: Path) -> bool:
    """Say whether a process is the hub, its proxy, or what stops idle servers."""
    try:
        env = process.environ()
    except psutil.Error:
        return False
    ours = env.get("MMTUTOR_HUB") == str(folder)
    return ours or env.get("JUPYTERHUB_SERVICE_NAME") == "idle-culler"


def main(name: str) -> None:
    """Lay out a course beside the cache that is there, and measure."""
    with tempfile.TemporaryDirectory(prefix="mmtutor-hub-") as made:
        folder = Path(made)
        bundle(COURSE, folder / "course")
        (folder / "cache").symlink_to(cache.directories()[0])
        measure(folder, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
