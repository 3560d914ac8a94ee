"""Benchmarks are listed and run."""

from pathlib import Path

from tests.tools.small import mmtutor_


def test_bench_lists_and_runs(course: Path) -> None:
    (course / "benchmarks" / "_shared.py").write_text("")
    (course / "benchmarks" / "speed.py").write_text('"""How fast."""\nimport sys\nsys.exit(3)\n')
    assert mmtutor_("bench").output == "speed: How fast.\n"
    assert mmtutor_("bench", "speed").exit_code == 3
