"""Glyphs that the tests of this folder share: drawn once, into a cache of their own."""

import pytest

from mmtutor.datasets.glyphs import Face, Parts, load_glyphs


@pytest.fixture(scope="package")
def cache_folder(tmp_path_factory):
    """A cache of this folder's own: the first load draws, the later ones read."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("MMTUTOR_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="package")
def glyphs(cache_folder):
    return load_glyphs()


@pytest.fixture(scope="package")
def labels(glyphs):
    return {name: glyphs.label(name) for name in Parts._fields + Face._fields[1:]}


@pytest.fixture(scope="package")
def stix(cache_folder):
    return load_glyphs("stix")
