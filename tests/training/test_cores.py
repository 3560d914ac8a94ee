"""Cores are counted as the system gives them to this process, on made trees of its files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmtutor.tools import doctor
from mmtutor.training import cores as module
from mmtutor.training.cores import cores


@pytest.fixture(autouse=True)
def sixteen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with 16 cores."""
    monkeypatch.setattr(module, "affinity", lambda: 16)


def tree(root: Path, where: str, **files: str) -> int:
    """Make the system's files under `root`, and return how many cores are counted there."""
    (root / "proc" / "self").mkdir(parents=True)
    (root / "proc" / "self" / "cgroup").write_text(where)
    for name, text in files.items():
        path = root / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return cores(root / "proc", root / "groups")


@pytest.mark.parametrize(
    ("limit", "count"),
    [
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("10000 100000\n", 1),
        ("6400000 100000\n", 16),
        ("max 100000\n", 16),
        ("", 16),
        ("nonsense", 16),
    ],
)
def test_a_limit_of_version_2_is_rounded_up(tmp_path: Path, limit: str, count: int) -> None:
    assert tree(tmp_path, "0::/\n", **{"cpu.max": limit}) == count


@pytest.mark.parametrize(
    ("quota", "count"), [("200000\n", 2), ("50000\n", 1), ("250000\n", 3), ("-1\n", 16)]
)
@pytest.mark.parametrize("controllers", ["cpu", "cpu,cpuacct", "cpuacct,cpu"])
def test_a_limit_of_version_1_is_read(
    tmp_path: Path, controllers: str, quota: str, count: int
) -> None:
    files = {"cpu/box/cpu.cfs_quota_us": quota, "cpu/box/cpu.cfs_period_us": "100000\n"}
    where = f"5:memory:/box\n4:{controllers}:/box\n1:cpuset:/box\n0::/\n"
    assert tree(tmp_path, where, **files) == count


@pytest.mark.parametrize(("outer", "inner"), [("300000", "800000"), ("800000", "300000")])
def test_the_tightest_group_counts(tmp_path: Path, outer: str, inner: str) -> None:
    limits = {"a/cpu.max": f"{outer} 100000", "a/b/c/cpu.max": f"{inner} 100000"}
    assert tree(tmp_path, "0::/a/b/c\n", **limits) == 3


@pytest.mark.parametrize("place", ["/docker/0123", "/../.."])
def test_a_container_that_sees_its_own_folder_as_the_root(tmp_path: Path, place: str) -> None:
    assert tree(tmp_path, f"0::{place}\n", **{"cpu.max": "200000 100000\n"}) == 2


def test_fewer_cores_by_affinity_than_by_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "affinity", lambda: 3)
    assert tree(tmp_path, "0::/\n", **{"cpu.max": "800000 100000\n"}) == 3


def test_a_system_without_these_files_counts_what_it_has(tmp_path: Path) -> None:
    assert cores(tmp_path / "no proc", tmp_path / "no groups") == 16


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_affinity_is_that_of_this_process() -> None:
    program = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
    program += "from mmtutor.training.cores import cores; print(cores())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "1\n", done.stderr


def test_doctor_says_how_many_of_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "cores", lambda: 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    assert doctor.processor().found == "2 (of 16)"
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert doctor.processor().found == "2"
