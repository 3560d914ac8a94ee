"""No bar is drawn, and an interrupt is an error, while training is tested."""

import pytest


@pytest.fixture(autouse=True)
def headless(monkeypatch):
    monkeypatch.setenv("MMTUTOR_HEADLESS", "1")
