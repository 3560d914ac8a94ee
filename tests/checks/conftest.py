"""What every test of the checks needs: a progress file of its own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MMTUTOR_HOME", str(tmp_path))
    return tmp_path
