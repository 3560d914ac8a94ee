"""What stands between a submission and this machine: a file system of its own, and no network.

In order: bubblewrap; the same by Linux's namespaces and `walls.sh`; nothing but limits. The first
that works here is taken, and the report says which. Behind walls there are only Python, its
packages, the built data and the answers' package, all read-only, and an empty folder in memory.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mmtutor.datasets import cache

Command = list[str]
SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/sys/devices/system/cpu",  # what kind of processor: PyTorch chooses its kernels by that
)
SECRET = ("solutions", "exercises", "mmtutor", "tests", ".git")
"""What is hidden of the course, should it lie inside something that is shown."""
SCRIPT = Path(__file__).with_name("walls.sh")


@dataclass(frozen=True)
class Walls:
    """How a program is shut in. `closed` says whether files and network are out of reach."""

    name: str
    closed: bool
    before: Command

    def shut_in(self, command: Command) -> Command:
        """Return the command line that runs a program behind these walls."""
        return [*self.before, *command]

    @cached_property
    def works(self) -> bool:
        """Try it: some systems forbid namespaces, or have not the programs."""
        try:
            probe = self.shut_in([sys.executable, "-c", "print('inside')"])
            run = subprocess.run(probe, capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired):
            return False
        return run.returncode == 0 and run.stdout.strip() == b"inside"


def kinds(package: Path, root: Path, secrets: Iterable[Path]) -> list[Walls]:
    """Return every kind of walls, the best first; the last works everywhere.

    `package` is what answers run with, `root` an empty folder to mount on, `secrets` are folders
    to hide wherever they would be seen.
    """
    shown = outermost([*SYSTEM, sys.base_prefix, sys.prefix, *found_packages(), *data(), package])
    hidden = [str(path) for path in secrets if path.is_dir() and inside(path, shown)]
    return [
        Walls("bubblewrap", True, bubblewrap(shown, hidden)),
        Walls("namespaces", True, namespaces(root, shown, hidden)),
        Walls("limits only", False, []),
    ]


def bubblewrap(shown: list[str], hidden: list[str]) -> Command:
    """Return the beginning of a command line that shuts in by bubblewrap."""
    binds = [word for path in shown for word in ("--ro-bind", path, path)]
    covers = [word for path in hidden for word in ("--tmpfs", path, "--remount-ro", path)]
    room = ["--size", str(256 * 2**20), "--tmpfs", "/tmp", "--dev", "/dev", "--proc", "/proc"]
    apart = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    return ["bwrap", *apart, *room, *binds, *covers, "--remount-ro", "/", "--chdir", "/tmp", "--"]


def namespaces(root: Path, shown: list[str], hidden: list[str]) -> Command:
    """Return the beginning of a command line that does the same by the system's own programs."""
    kinds = ["--user", "--map-root-user", "--mount", "--net", "--pid", "--ipc", "--uts"]
    apart = ["unshare", *kinds, "--fork", "--kill-child"]
    return [*apart, "sh", str(SCRIPT), str(root), *shown, "--", *hidden, "--"]


def secret_places(course: Path) -> list[Path]:
    """Return the folders that no submission may see, wherever they lie."""
    installed = [Path(entry) / "mmtutor" for entry in sys.path if entry]
    return [*(course / name for name in SECRET), *installed]


def found_packages() -> list[str]:
    """Return the folders in which Python finds packages."""
    return [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]


def data() -> list[str]:
    """Return where built and shipped data lie."""
    return [str(path) for path in (*cache.directories(), cache.REPOSITORY / "data")]


def outermost(paths: Iterable[str | Path]) -> list[str]:
    """Return those of the paths that exist and lie in no other of them."""
    there = list(dict.fromkeys(os.path.abspath(path) for path in paths if os.path.exists(path)))
    return [path for path in there if not inside(Path(path), [p for p in there if p != path])]


def inside(path: Path, folders: Iterable[str]) -> bool:
    """Say whether a path lies in one of the folders."""
    return any(path.absolute().is_relative_to(folder) for folder in folders)


def environment(package: Path, home: str) -> dict[str, str]:
    """Return all that an answer process knows of its surroundings."""
    kept = {k: os.environ[k] for k in ("LD_LIBRARY_PATH", "SYSTEMROOT") if k in os.environ}
    places = {"HOME": home, "TMPDIR": home, "MMTUTOR_HOME": home, "MPLCONFIGDIR": home}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    course = {"MMTUTOR_HEADLESS": "1", "MMTUTOR_BUDGET": "quick", "CUDA_VISIBLE_DEVICES": ""}
    built = [str(folder) for folder in cache.directories() if folder.is_dir()]
    python = {
        "PYTHONPATH": str(package),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "Agg",
    }
    person = {"USER": "student", "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    where = {"MMTUTOR_CACHE": built[0]} if built else {}
    return {**kept, **places, **threads, **course, **python, **person, **where}
