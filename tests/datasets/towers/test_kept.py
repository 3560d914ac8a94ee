"""Features are computed once for what is worth it, and again where anything differs."""

import pytest
import torch

from mmtutor.datasets.towers import kept


@pytest.fixture
def counted(monkeypatch, tmp_path):
    monkeypatch.setenv("MMTUTOR_CACHE", str(tmp_path))
    monkeypatch.setattr(kept, "version", lambda package: "1.0")
    calls = []

    def features(content: bytes, count: int = kept.WORTH_KEEPING):
        def build():
            calls.append(content)
            return torch.full((count, 2), float(len(calls)))

        return kept.kept("text", content, count, build)

    return features, calls


def test_many_are_computed_once(counted):
    features, calls = counted
    assert torch.equal(features(b"one"), features(b"one"))
    assert calls == [b"one"]


def test_other_content_is_computed_anew(counted):
    features, calls = counted
    features(b"one"), features(b"two"), features(b"one")
    assert calls == [b"one", b"two"]


def test_another_version_is_computed_anew(counted, monkeypatch):
    features, calls = counted
    features(b"one")
    monkeypatch.setattr(kept, "version", lambda package: "2.0")
    features(b"one")
    assert len(calls) == 2


def test_few_leave_no_file(counted, tmp_path):
    features, calls = counted
    features(b"one", 3), features(b"one", 3)
    assert len(calls) == 2 and not list(tmp_path.iterdir())
