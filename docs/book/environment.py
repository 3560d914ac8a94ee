"""Make an environment for the book beside the course's own: `environment.py FOLDER`.

Run it with the course's Python. The new environment sees the course and all that the course's
environment has, by a `.pth` file, and installs what the extra `book` lists for itself: the course's
own stays as it was tested.
"""

import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

COURSE = Path(__file__).resolve().parents[2]


def wanted() -> list[str]:
    """Return what the extra `book` lists."""
    project = tomllib.loads((COURSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["optional-dependencies"]["book"]


def site_packages(folder: Path) -> Path:
    """Return where an environment keeps its packages."""
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))


def make(folder: Path) -> int:
    """Make the environment and return pip's exit status."""
    venv.create(folder, with_pip=True, clear=True)
    mine = sysconfig.get_path("purelib")
    (site_packages(folder) / "course.pth").write_text(f"{mine}\n{COURSE}\n", encoding="utf-8")
    scripts = sysconfig.get_path("scripts", "venv", {"base": str(folder)})
    pip = [str(Path(scripts) / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    return subprocess.run([*pip, "--quiet", *wanted()]).returncode


if __name__ == "__main__":
    sys.exit(make(Path(sys.argv[1]).resolve()))
