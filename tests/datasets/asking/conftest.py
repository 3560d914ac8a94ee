"""Questions that the tests of this folder share."""

import pytest

from mmtutor.datasets.asking import make_asked


@pytest.fixture(scope="package")
def asked():
    return make_asked(4000, scenes=2000, seed=11)
