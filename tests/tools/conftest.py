"""An empty course for every test of a command that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty course as the working directory."""
    for folder in ("notebooks", "solutions", "exercises", "mmtutor", "benchmarks"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MMTUTOR_HOME", str(tmp_path / "home"))
    yield tmp_path
