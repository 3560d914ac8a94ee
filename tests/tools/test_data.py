"""The course's data are built, counted, and built again when asked."""

from pathlib import Path

import pytest

from mmtutor.datasets import emoji, groups, towers
from mmtutor.datasets.spoken import load_spoken
from mmtutor.tools import data
from tests.tools.small import mmtutor_


def test_data_are_counted_and_built_again_when_asked(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    monkeypatch.setenv("MMTUTOR_CACHE", str(course / "cache"))
    monkeypatch.setattr(data, "SETS", {"tiny": lambda: built.append("tiny") or range(1234)})
    (course / "cache").mkdir()
    kept = course / "cache" / "tiny.safetensors"
    kept.touch()
    assert "1,234" in mmtutor_("data").output and kept.exists()
    assert "in memory only" in mmtutor_("data", "--force").output and not kept.exists()
    assert built == ["tiny", "tiny"]


def test_the_sets_that_need_no_download_are_all_there() -> None:
    spoken = f"spoken-{load_spoken().source}"
    needed = {"glyphs-dejavu", "glyphs-stix", "digits", "manual", spoken}
    needed |= {f"phrases-{data.SPEAKER}-{split}" for split in data.SPLITS}
    extra = {"emoji"} if emoji.installed() else set()
    extra |= set(data.TOWERS) if groups.installed() and towers.installed() else set()
    assert set(data.SETS) == needed | extra
    assert len(data.SETS["digits"]()) == 1797
