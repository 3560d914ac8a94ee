"""The examination, made once."""

import pytest

from mmtutor.datasets.exam import PERCEPTION_1, make_exam


@pytest.fixture(scope="session")
def exam():
    return make_exam(PERCEPTION_1)
