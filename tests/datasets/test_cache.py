"""The cache: what it keeps comes back bit for bit, and what cannot be trusted is made again."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import platformdirs
import pytest
import torch
from safetensors.torch import save_file

from mmtutor.datasets import cache
from mmtutor.tools import data, doctor

FINGERPRINT = {"builder": "1", "source": "test"}


def make() -> dict[str, torch.Tensor]:
    return {"numbers": torch.arange(1000), "pixels": torch.full((3, 4), 7, dtype=torch.uint8)}


class Builder:
    """Makes the tensors and counts how often."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.calls, self.seconds = 0, seconds

    def __call__(self) -> dict[str, torch.Tensor]:
        self.calls += 1
        time.sleep(self.seconds)
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
    assert sorted(path.name for path in kept.parent.iterdir()) == ["set.lock", "set.safetensors"]


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

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.warns(UserWarning, match="made in memory"):
        assert same(cache.cached("set", FINGERPRINT, make), make())
    assert [path.name for path in folder.iterdir()] == ["set.lock"]


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


def test_a_home_is_spelt_out(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))  # what Windows calls it
    monkeypatch.setenv("MMTUTOR_CACHE", "~/sets")
    monkeypatch.chdir(tmp_path)
    cache.cached("set", FINGERPRINT, make)
    assert (tmp_path / "sets" / "set.safetensors").is_file()
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize("chosen", [None, "~/sets", "~nobody-of-this-name/sets"])
def test_no_home_is_known(chosen, tmp_path, monkeypatch):
    """As for a user whom the system has no entry for: platformdirs and pathlib raise."""

    def unknown(*arguments):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(cache, "REPOSITORY", tmp_path)  # installed without its repository
    monkeypatch.setattr(platformdirs, "user_cache_dir", unknown)
    monkeypatch.setattr(Path, "expanduser", unknown)
    monkeypatch.delenv("MMTUTOR_CACHE", raising=False)
    if chosen:
        monkeypatch.setenv("MMTUTOR_CACHE", chosen)
    assert cache.directories() == []
    with pytest.warns(UserWarning, match="no home directory is known .set MMTUTOR_CACHE"):
        assert same(cache.cached("set", FINGERPRINT, make), make())
    assert doctor.cache().found == "no home directory is known"
    assert "MMTUTOR_CACHE" in doctor.cache().mend and not doctor.cache().sick


# ── Several people: who may read, and a directory that nobody may write ───────────────────────────

ANOTHER_USER = """
import os, sys, warnings
from mmtutor.datasets import cache
from mmtutor.tools import data, doctor
if os.geteuid() == 0:  # root may do anything: become somebody else
    os.setgid(54321)
    os.setuid(54321)
warnings.simplefilter("error")
data.KEPT = ("set",)
cache.cached("set", {"builder": "1", "source": "test"}, lambda: sys.exit("built again"))
print(doctor.cache().found, doctor.cache().mend, sep=";")
"""
"""Read the set as another user would, and ask the doctor."""


@pytest.fixture
def shared(monkeypatch):
    """A folder that everybody on this machine can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        monkeypatch.setenv("MMTUTOR_CACHE", folder)
        yield Path(folder)
        os.chmod(folder, 0o755)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no umask")
@pytest.mark.parametrize("umask", [0o022, 0o002, 0o027, 0o077])
def test_everybody_may_read_whatever_the_umask(umask, tmp_path, monkeypatch):
    folder = tmp_path / "srv" / "cache"
    monkeypatch.setenv("MMTUTOR_CACHE", str(folder))
    before = os.umask(umask)
    try:
        cache.cached("set", FINGERPRINT, make)
    finally:
        os.umask(before)
    assert mode(folder / "set.safetensors") == 0o666 & ~umask | 0o444
    assert mode(folder) == mode(folder.parent) == 0o777 & ~umask | 0o555


@pytest.mark.skipif(os.name != "posix", reason="Windows has no umask")
def test_above_the_users_own_cache_the_umask_holds(tmp_path, monkeypatch):
    monkeypatch.delenv("MMTUTOR_CACHE", raising=False)
    monkeypatch.setattr(cache, "REPOSITORY", tmp_path)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: str(tmp_path / "own" / name))
    before = os.umask(0o077)
    try:
        cache.cached("set", FINGERPRINT, make)
    finally:
        os.umask(before)
    assert mode(tmp_path / "own") == 0o700 and mode(tmp_path / "own" / "mmtutor") == 0o755


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(os.name != "posix", reason="permissions as on POSIX")
def test_a_class_reads_what_an_administrator_built_before_and_now_shares(kept, monkeypatch):
    kept.chmod(0o600)
    monkeypatch.setattr(data, "SETS", {"set": lambda: [1]})
    data.data()
    assert mode(kept) == 0o644


@pytest.mark.skipif(os.name != "posix", reason="permissions as on POSIX")
def test_the_doctor_says_to_the_owner_that_nobody_else_can_read(kept):
    assert not doctor.cache().mend
    kept.chmod(0o600)
    shares = f"chmod -R a+rX {kept.parent} lets everybody read it."
    assert doctor.cache().mend == f"Only you can read {kept}: {shares}"
    kept.parent.chmod(0o700)
    assert doctor.cache().mend == f"Only you can read {kept.parent}: {shares}"
    assert not doctor.cache().sick


@pytest.mark.skipif(os.name != "posix", reason="permissions as on POSIX")
@pytest.mark.parametrize("closed", ["set.safetensors", "."])
def test_the_doctor_says_to_others_whom_to_ask(closed, shared):
    cache.cached("set", FINGERPRINT, make)
    (shared / closed).chmod(0o600)
    lines = [line for line in ANOTHER_USER.splitlines() if not line.startswith("cache.cached")]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
    )
    says = f"Built again in every session: set. You may not read {shared / closed}; ask its owner:"
    assert f"{shared} cannot be written;{says} chmod -R a+rX {shared} lets" in done.stdout


def test_the_doctor_names_what_is_closed_also_where_there_is_a_cache_of_ones_own(kept, monkeypatch):
    monkeypatch.setattr(os, "access", lambda file, mode: file != kept)
    assert doctor.cache().found == str(kept.parent)
    assert doctor.cache().mend.startswith(f"You may not read {kept}; ask its owner: chmod")


@pytest.mark.skipif(os.name != "posix", reason="permissions as on POSIX")
def test_everybody_reads_from_a_directory_that_nobody_can_write(shared):
    cache.cached("set", FINGERPRINT, make)
    (shared / "set.lock").unlink()
    shared.chmod(0o555)
    run = subprocess.run([sys.executable, "-c", ANOTHER_USER], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{shared} cannot be written, but every set is there;\n"
    assert [path.name for path in shared.iterdir()] == ["set.safetensors"]


def test_the_doctor_says_which_sets_are_built_again(kept, monkeypatch):
    monkeypatch.setattr(cache, "writable_directory", lambda: None)
    monkeypatch.setattr(data, "KEPT", ("set", "another"))
    assert doctor.cache().mend.startswith("Built again in every session: another. Set")
    monkeypatch.setattr(os, "access", lambda file, mode: False)  # there, and somebody else's
    assert doctor.cache().mend.startswith("Built again in every session: another, set. You may")
    assert doctor.cache().found == f"{kept.parent} cannot be written"


# ── Several processes: one builds, the others wait ────────────────────────────────────────────────

BUILDER = """
import sys, time, torch
from pathlib import Path
from mmtutor.datasets import cache
name, seconds, folder = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])
def build():
    (folder / f"built-by-{name}").touch()
    time.sleep(seconds)
    return {"numbers": torch.arange(1000)}
(folder / f"ready-{name}").touch()
while not (folder / "go").exists():
    time.sleep(0.01)
found = cache.cached("set", {"builder": "1", "source": "test"}, build)
assert found["numbers"].sum() == 499500
"""
"""A process that says when it is ready, waits for the word, and needs the set."""


def builder(name: str, seconds: float, folder: Path) -> subprocess.Popen:
    """Start a process whose building takes so many seconds."""
    return subprocess.Popen([sys.executable, "-c", BUILDER, name, str(seconds), str(folder)])


def wait_for(path: Path) -> None:
    """Return when a file is there; fail after two minutes."""
    patience = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < patience, f"{path.name} did not come"
        time.sleep(0.01)


@pytest.mark.serial
def test_of_several_processes_one_builds(folder, tmp_path):
    processes = [builder(name, 1.0, tmp_path) for name in "abc"]
    for name in "abc":
        wait_for(tmp_path / f"ready-{name}")
    (tmp_path / "go").touch()
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    assert len(list(tmp_path.glob("built-by-*"))) == 1


@pytest.mark.serial
def test_a_builder_that_is_killed_holds_nobody_up(folder, tmp_path):
    process = builder("a", 600.0, tmp_path)
    (tmp_path / "go").touch()
    wait_for(tmp_path / "built-by-a")
    process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    process.wait(120)
    begun = time.monotonic()
    assert same(cache.cached("set", FINGERPRINT, make), make())
    assert time.monotonic() - begun < 30
    assert same(cache.read(folder / "set.safetensors", FINGERPRINT), make())


def test_a_builder_that_never_ends_is_not_waited_for_for_ever(folder, monkeypatch):
    monkeypatch.setattr(cache, "PATIENCE", 0.1)
    with cache.one_at_a_time("set"), ThreadPoolExecutor() as pool:  # a lock is a thread's own
        assert same(pool.submit(cache.cached, "set", FINGERPRINT, make).result(60), make())


@pytest.mark.parametrize("error", [OSError(37, "No locks available"), NotImplementedError()])
def test_where_no_lock_can_be_had_it_goes_without(error, folder, monkeypatch):
    def refuse(*arguments, **options):
        raise error

    monkeypatch.setattr(cache.FileLock, "acquire", refuse)
    assert same(cache.cached("set", FINGERPRINT, make), make())
    assert (folder / "set.safetensors").is_file()


def test_of_several_threads_one_builds(folder):
    build = Builder(seconds=0.3)
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(cache.cached, "set", FINGERPRINT, build) for _ in range(8)]
    assert all(same(one.result(), make()) for one in found)
    assert build.calls == 1
