"""Two students on a JupyterHub with the committed settings, over loopback.

`.ci/run` installs the hub after all other tests; elsewhere this is skipped. To run it: `pip install
jupyterhub jupyterhub-idle-culler`, `npm install -g configurable-http-proxy`, `pytest -m hub`.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
import torch

from mmtutor.datasets import cache
from mmtutor.tools.bundle import bundle
from tests.hub.hub import COURSE, Student, hub, missing

pytestmark = [
    pytest.mark.hub,
    pytest.mark.serial,
    pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}"),
]
EXERCISE = "course/exercises/01_attention.ipynb"
LOOKS = """
import os, torch
from pathlib import Path
from mmtutor.checks import check
from mmtutor.datasets import cache
from mmtutor.training.checkpoints import read

assert torch.get_num_threads() == 1
assert cache.find("small", {"made": "by the administrator"})["numbers"].sum() == 6
read(Path("../data/checkpoints/pixels.safetensors"))
check("attention.softmax", lambda scores: scores)
print(os.environ["JUPYTERHUB_USER"], Path.home())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What the administrator prepares: the course and a cache with one small set."""
    folder = tmp_path_factory.mktemp("hub")
    bundle(COURSE, folder / "course")
    tensors = {"numbers": torch.arange(4)}
    about = {"made": "by the administrator", "content": cache.content_hash(tensors)}
    cache.write(folder / "cache" / "small.safetensors", tensors, about)
    return folder


def digest(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_two_students_have_a_copy_each_and_share_the_cache(folder: Path) -> None:
    before = digest(folder / "course")
    with hub(folder) as running:
        ada, bob = Student(running, "ada"), Student(running, "bob")
        for student in (ada, bob):
            page = f"{running.address}user/{student.name}/lab/tree/course"
            assert student.log_in() == page
            with closing(student.open(EXERCISE)) as kernel:
                assert kernel.run(LOOKS).split()[-2:] == [student.name, str(student.files)]
            (progress,) = student.files.rglob(f"progress-{student.name}.json")
            assert "attention.softmax" in progress.read_text()
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("ada's answer")])
        saved = ada.ask(f"api/contents/{EXERCISE}", "PUT", {"type": "notebook", "content": book})
        assert saved.ok, saved.text
        assert bob.browser.get(ada.home + f"api/contents/{EXERCISE}").status_code == 403
    assert "ada's answer" in (ada.files / EXERCISE).read_text()
    given = folder / EXERCISE
    assert (bob.files / EXERCISE).read_bytes() == given.read_bytes()
    assert digest(folder / "course") == before
    assert not ada.processes() and not bob.processes()


def test_an_idle_server_is_stopped_and_its_files_stay(folder: Path) -> None:
    with hub(folder, idle=10) as running:
        eve = Student(running, "eve")
        eve.log_in()
        assert eve.processes()
        (eve.files / EXERCISE).write_text("eve's answer")
        end = time.monotonic() + 60
        while eve.processes():
            assert time.monotonic() < end, "the server still runs"
            time.sleep(1)
    assert (eve.files / EXERCISE).read_text() == "eve's answer"
