"""`mmtutor start`: from a repository, and from a wheel in an environment that has nothing of it."""

import os
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from mmtutor.tools.start import start
from mmtutor.tools.trouble import Trouble

COURSE = Path(__file__).resolve().parents[2]
LOADS = """
import mmtutor
from mmtutor import vqa
from mmtutor.datasets.shipped import shipped
mmtutor.ready()
assert shipped("results/video.json").parents[2].samefile("."), shipped("results")
print(type(vqa.load_model()).__name__, mmtutor.__version__)
"""


def test_lessons_exercises_and_data_are_copied_and_no_solutions(tmp_path: Path) -> None:
    written, kept = start(tmp_path / "here")
    assert not kept and "notebooks/00_start_here.ipynb" in written
    assert {name.split("/")[0] for name in written} == {"LICENSE", "notebooks", "exercises", "data"}
    assert (tmp_path / "here" / "data" / "checkpoints" / "names.safetensors").exists()


def test_what_a_reader_has_written_stays(tmp_path: Path) -> None:
    start(tmp_path)
    mine = tmp_path / "exercises" / "01_attention.ipynb"
    mine.write_text("my answers", encoding="utf-8")
    (tmp_path / "notebooks" / "GLOSSARY.md").unlink()
    written, kept = start(tmp_path)
    assert (written, kept) == (("notebooks/GLOSSARY.md",), ("exercises/01_attention.ipynb",))
    assert mine.read_text(encoding="utf-8") == "my answers"


def test_the_course_is_not_copied_onto_itself_or_onto_a_file(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="the course itself"):
        start(COURSE)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(Trouble, match="a file"):
        start(tmp_path / "file")


def without_this_course() -> dict[str, str]:
    """The environment without what leads to this copy of the course."""
    return {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel; what it needs is lent from ours."""
    folder = tmp_path_factory.mktemp("wheel")
    quiet = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    built = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(COURSE)]
    clean = without_this_course()
    subprocess.run([*quiet, *built], check=True, env=clean, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    assert wheel.stat().st_size < 60e6
    venv.create(folder / "venv", with_pip=False)
    found = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / Path(sys.executable).name
    into = [*quiet, "--python", str(found), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(into, check=True, env=clean, cwd=folder)
    asked = [str(found), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    done = subprocess.run(asked, check=True, capture_output=True, text=True, env=clean)
    place = done.stdout.strip()
    (Path(place) / "lent.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    return found


@pytest.mark.serial
def test_a_wheel_brings_a_course_that_runs(python: Path, tmp_path: Path) -> None:
    def run(*line: str, folder: Path = tmp_path) -> str:
        done = subprocess.run(
            [str(python), *line],
            cwd=folder,
            env=without_this_course(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "files written" in run("-m", "mmtutor.cli", "start", "course")
    here = tmp_path / "course"
    assert len([*(here / "notebooks").glob("*.ipynb")]) == len(
        [*(COURSE / "notebooks").glob("*.ipynb")]
    )
    assert not (here / "solutions").exists()
    assert "VisionLanguageModel 1" in run("-c", LOADS, folder=here)
    assert "Hint 1 of 4" in run("-m", "mmtutor.cli", "hint", "attention.softmax", folder=here)
