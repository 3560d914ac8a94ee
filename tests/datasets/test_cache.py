"""The cache: what it keeps comes back bit for bit, and what cannot be trusted is made again."""

import os
import stat
import threading
import warnings

import platformdirs
import pytest
import torch
from safetensors.torch import save_file

from mmtutor.datasets import cache

FINGERPRINT = {"builder": "1", "source": "test"}


def make() -> dict[str, torch.Tensor]:
    return {"numbers": torch.arange(1000), "pixels": torch.full((3, 4), 7, dtype=torch.uint8)}


class Builder:
    """Makes the tensors and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> dict[str, torch.Tensor]:
        self.calls += 1
        return make()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MMTUTOR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def kept(folder):
    """A file that the cache has written."""
    cache.cached("set", FINGERPRINT, make)
    return folder / "set.safetensors"


def assert_made_again(path):
    """The right tensors come back, they were made now, and the file is sound afterwards."""
    build = Builder()
    found = cache.cached("set", FINGERPRINT, build)
    assert build.calls == 1
    assert same(found, make())
    assert same(cache.read(path, FINGERPRINT), make())


def same(found, expected) -> bool:
    return found.keys() == expected.keys() and all(
        found[key].dtype == expected[key].dtype and torch.equal(found[key], expected[key])
        for key in expected
    )


# ── What is kept ──────────────────────────────────────────────────────────────────────────────────


def test_made_once_then_read(folder):
    build = Builder()
    first = cache.cached("set", FINGERPRINT, build)
    second = cache.cached("set", FINGERPRINT, build)
    assert build.calls == 1
    assert same(first, make())
    assert same(second, make())


def test_only_the_finished_file_is_left(kept):
    assert [path.name for path in kept.parent.iterdir()] == ["set.safetensors"]


def test_tensors_outlive_their_file(kept):
    found = cache.cached("set", FINGERPRINT, make)
    kept.write_bytes(bytes(kept.stat().st_size))  # in place, as a careless copy would
    assert same(found, make())


def test_non_contiguous_tensors_are_kept(folder):
    across = torch.arange(12).view(3, 4).T
    cache.cached("set", FINGERPRINT, lambda: {"across": across})
    found = cache.cached("set", FINGERPRINT, lambda: pytest.fail("made again"))
    assert torch.equal(found["across"], across)


# ── What is not trusted ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.5, 0.999])
def test_half_written(kept, share):
    whole = kept.read_bytes()
    kept.write_bytes(whole[: int(share * len(whole))])
    assert_made_again(kept)


@pytest.mark.parametrize("place", [0, 9, 60, -1, -2000])
def test_one_damaged_byte(kept, place):
    damaged = bytearray(kept.read_bytes())
    damaged[place] ^= 0b100
    kept.write_bytes(damaged)
    assert_made_again(kept)


@pytest.mark.parametrize("content", [b"not a tensor", b"\x80\x04\x95 a pickle", bytes(5000)])
def test_another_kind_of_file(kept, content):
    kept.write_bytes(content)
    assert_made_again(kept)


def test_a_file_without_fingerprint(kept):
    save_file({"numbers": torch.zeros(1000)}, kept)
    assert_made_again(kept)


@pytest.mark.parametrize(
    "other",
    [{"builder": "2", "source": "test"}, {"builder": "1"}, {**FINGERPRINT, "more": "x"}],
)
def test_another_fingerprint(kept, other):
    cache.cached("set", other, lambda: {"numbers": torch.zeros(1)})
    assert_made_again(kept)


def test_a_directory_in_the_way(folder):
    (folder / "set.safetensors" / "inside").mkdir(parents=True)
    with pytest.warns(UserWarning, match="made in memory"):
        found = cache.cached("set", FINGERPRINT, make)
    assert same(found, make())


# ── Where nothing can be written ──────────────────────────────────────────────────────────────────


def test_nowhere_to_write(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("MMTUTOR_CACHE", str(blocked / "cache"))
    with pytest.warns(UserWarning, match="set was made in memory .* MMTUTOR_CACHE") as notices:
        found = cache.cached("set", FINGERPRINT, make)
    assert same(found, make())
    assert len(notices) == 1
    assert cache.writable_directory() is None


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_directory(folder):
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.warns(UserWarning, match="made in memory"):
        assert same(cache.cached("set", FINGERPRINT, make), make())


def test_a_full_disk(folder, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "save_file", full)
    with pytest.warns(UserWarning, match="made in memory"):
        assert same(cache.cached("set", FINGERPRINT, make), make())
    assert list(folder.iterdir()) == []


def test_what_was_kept_can_be_read_where_nothing_can_be_written(kept, monkeypatch):
    monkeypatch.setattr(cache, "write", lambda *arguments: pytest.fail("written"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same(cache.cached("set", FINGERPRINT, make), make())


# ── Where files lie ───────────────────────────────────────────────────────────────────────────────


def test_repository_first_then_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("MMTUTOR_CACHE", raising=False)
    monkeypatch.setattr(cache, "REPOSITORY", tmp_path)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: str(tmp_path / "user"))
    assert cache.directories() == [tmp_path / "user"]  # installed without its repository
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "data").mkdir()
    assert cache.directories() == [tmp_path / "data" / "cache", tmp_path / "user"]
    (tmp_path / "data" / "cache").touch()  # a file: cannot be written as a directory
    assert cache.writable_directory() == tmp_path / "user"
    cache.cached("set", FINGERPRINT, make)
    assert (tmp_path / "user" / "set.safetensors").is_file()


def test_two_at_once(folder):
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(cache.cached("set", FINGERPRINT, make)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert all(same(found, make()) for found in results)
    assert same(cache.read(folder / "set.safetensors", FINGERPRINT), make())
