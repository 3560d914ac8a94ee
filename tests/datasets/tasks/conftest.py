"""The splits of letters and of scenes, made once."""

import pytest

from mmtutor.datasets.tasks import Splits, glyph_tasks, scene_tasks


@pytest.fixture(scope="session")
def letters() -> Splits:
    """Letters with six labels each."""
    return glyph_tasks()


@pytest.fixture(scope="session")
def scenes() -> Splits:
    """A few scenes with three labels each."""
    return scene_tasks(500)
