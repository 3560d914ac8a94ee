"""No figure stays open between tests."""

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")
