"""Every command prints on every terminal: what its encoding lacks is replaced."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmtutor.tools.plain import plain
from tests.tools.small import shown, write

COMMANDS = (
    *("--help", "--version", "doctor", "progress", "data", "bench", "bench speed", "lab"),
    *("hint contrastive.temperature",) * 4,
    *("release --check", "run all", "run nothing", "hint nothing", "bench nothing", "nothing"),
)
PROGRAM = r"""
import subprocess, sys
from mmtutor.cli import app
from mmtutor.tools import data, lab

data.SETS = {"tiny \u2212 set": lambda: range(3)}
lab.start = lambda line, env: subprocess.Popen([sys.executable, "-c", ""])
for line in sys.argv[1:]:
    try:
        app(line.split())
    except SystemExit as end:
        print(f"[{line}] {end.code}", flush=True)
"""


def printed(course: Path, commands: tuple[str, ...], **environment: str) -> str:
    """Return what commands print in one program whose output has an encoding of its own."""
    line = [sys.executable, "-P", "-c", PROGRAM, *commands]
    known = {k: v for k, v in os.environ.items() if k not in ("PYTHONUTF8", "PYTHONIOENCODING")}
    done = subprocess.run(line, cwd=course, env={**known, **environment}, capture_output=True)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode(environment.get("PYTHONIOENCODING", "ascii").split(":")[0])


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_every_command_prints_in_every_encoding(course: Path, encoding: str) -> None:
    write(course / "notebooks" / "01_a.ipynb", "print('σ ✓ 语')")
    write(course / "solutions" / "01_a.ipynb", shown("a.✓", "mistake"))
    (course / "benchmarks" / "speed.py").write_text('"""How fast → here."""\n', encoding="utf-8")
    output = printed(course, COMMANDS, PYTHONIOENCODING=encoding)
    ends = dict(row[1:].split("] ") for row in output.splitlines() if row.startswith("["))
    assert ends.pop("release --check") in ("1", "2")  # without nbgrader it says what to install
    zero = ("--help", "--version", "doctor", "progress", "data", "bench", "bench speed", "lab")
    wanted = dict.fromkeys((*zero, "hint contrastive.temperature"), "0") | {"run all": "1"}
    assert ends == wanted | dict.fromkeys([c for c in COMMANDS if "nothing" in c], "2")
    assert "+ ran" in output and "x failed" in output and "tau" in output
    assert "How fast -> here." in output and "a.+ did not pass its check" in output


def test_a_terminal_without_a_language_is_served_too(course: Path) -> None:
    bare = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    assert "Ready: every lesson can run." in printed(course, ("doctor",), **bare)


def test_who_chose_what_is_to_happen_gets_it(course: Path) -> None:
    output = printed(
        course, ("hint contrastive.temperature",) * 4, PYTHONIOENCODING="ascii:namereplace"
    )
    assert r"\N{GREEK SMALL LETTER TAU}" in output and "tau" not in output


@pytest.mark.parametrize(
    ("letter", "ascii"), [("✓", "+"), ("…", "..."), ("Σ", "sigma"), ("ε", "epsilon"), ("语", "?")]
)
def test_a_letter_is_replaced_by_what_says_the_same(letter: str, ascii: str) -> None:
    assert plain(letter) == ascii
