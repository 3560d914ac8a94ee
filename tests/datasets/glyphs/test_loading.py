"""Loading: drawn once, kept, drawn again where anything changed; and what is said about it."""

import subprocess
import sys
import time
import warnings

import pytest
import torch

from mmtutor.datasets.glyphs import load_glyphs, loading


def test_drawn_in_15_seconds_loaded_in_1(tmp_path, monkeypatch):
    """Seconds of a core: other programs on the machine do not count."""
    monkeypatch.setenv("MMTUTOR_CACHE", str(tmp_path))
    start = time.process_time()
    fresh = load_glyphs()
    drawn = time.process_time()
    kept = load_glyphs()
    loaded = time.process_time()
    assert drawn - start <= 15
    assert loaded - drawn <= 1
    for field in ("images", "codepoints", "faces", "characters"):
        assert torch.equal(getattr(fresh, field), getattr(kept, field))


def test_loading_does_not_draw(glyphs, monkeypatch):
    monkeypatch.setattr(loading, "build", lambda typeface: pytest.fail("drawn again"))
    assert torch.equal(load_glyphs().images, glyphs.images)


@pytest.mark.parametrize("what", ["builder", "typefaces", "matplotlib", "pillow", "unicode"])
def test_any_other_source_draws_again(stix, what, monkeypatch):
    changed = {**loading.fingerprint(), what: "another"}
    monkeypatch.setattr(loading, "fingerprint", lambda: changed)
    built = []
    build = loading.build
    monkeypatch.setattr(
        loading, "build", lambda typeface: built.append(typeface) or build(typeface)
    )
    assert torch.equal(load_glyphs("stix").images, stix.images)
    assert built == ["stix"]


def test_other_typefaces_are_noticed(glyphs, monkeypatch):
    monkeypatch.setitem(loading.ORDER, "dejavu", "of another matplotlib")
    with pytest.warns(UserWarning) as notices:
        found = load_glyphs()
    (notice,) = notices
    assert str(notice.message).startswith("this matplotlib's dejavu typefaces are not those")
    assert torch.equal(found.images, glyphs.images)


def test_no_warning_on_a_sound_machine(glyphs):
    with warnings.catch_warnings(record=True) as notices:
        warnings.simplefilter("always")
        found = load_glyphs()
    assert not notices
    assert len(found) == len(glyphs)


def test_unknown_typeface():
    with pytest.raises(ValueError, match="dejavu, stix"):
        load_glyphs("helvetica")


def test_import_is_light():
    heavy = "{'transformers', 'sklearn', 'ipywidgets', 'matplotlib', 'PIL', 'torchvision'}"
    code = f"import sys, mmtutor.datasets.glyphs; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr
