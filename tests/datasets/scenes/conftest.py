"""Scenes that the tests of this folder share."""

import pytest

from mmtutor.datasets.scenes import make_scenes


@pytest.fixture(scope="package")
def scenes():
    return make_scenes(20_000, seed=11)


@pytest.fixture(scope="package")
def few():
    return make_scenes(3_000, seed=12)
