"""List and run the measurements in `benchmarks/`."""

import subprocess
import sys
from pathlib import Path

from mmtutor.tools.show import console
from mmtutor.tools.trouble import Trouble


def benchmarks(root: Path) -> dict[str, Path]:
    """Return the programs in `benchmarks/` by name."""
    files = sorted((root / "benchmarks").glob("*.py"))
    return {file.stem: file for file in files if not file.stem.startswith("_")}


def purpose(program: Path) -> str:
    """Return the first line of a program's docstring."""
    first = program.read_text(encoding="utf-8").lstrip().split("\n")[0]
    return first.strip('"').strip() if first.startswith('"""') else ""


def show_list(root: Path) -> None:
    """Print the name and purpose of every benchmark."""
    for name, program in benchmarks(root).items():
        console.print(f"{name}: {purpose(program)}")


def bench(root: Path, name: str) -> int:
    """Run a benchmark with this Python and return its exit status; Trouble for an unknown name."""
    known = benchmarks(root)
    if name not in known:
        raise Trouble(f"There is no benchmark {name!r}; there are: {', '.join(known) or 'none'}.")
    return subprocess.run([sys.executable, str(known[name])], cwd=root).returncode
