"""Told scenes that the tests of this folder share."""

import pytest

from mmtutor.datasets.telling import make_told


@pytest.fixture(scope="package")
def told():
    return make_told(400, seed=11)
