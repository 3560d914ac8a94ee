"""What students get: everything that a lesson needs, links that lead somewhere, and no answer."""

import re
from pathlib import Path

import nbformat
import pytest

from mmtutor.tools.bundle import bundle
from mmtutor.tools.rooms import is_course, lessons
from tests.tools.small import mmtutor_, write
from tests.tools.test_release import BLANK, teacher

__all__ = ["teacher"]

COURSE = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+\.\w+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the whole course."""
    pytest.importorskip("nbgrader", reason='pip install -e ".[teach]"')
    folder = tmp_path_factory.mktemp("students") / "mmtutor-course"
    bundle(COURSE, folder)
    return folder


def test_every_lesson_and_its_exercises_are_there_and_no_solution(given: Path) -> None:
    names = [lesson.name for lesson in lessons(COURSE)]
    assert [lesson.name for lesson in lessons(given)] == names and is_course(given)
    assert sorted(path.stem for path in given.glob("exercises/*.ipynb")) == names
    assert {path.name for path in given.iterdir()} == {
        "LICENSE",
        "README.md",
        "data",
        "exercises",
        "notebooks",
    }
    assert not list(given.rglob("*.py")) and not (given / "data" / "cache").exists()


def test_exercises_are_those_of_the_course(given: Path) -> None:
    for path in given.glob("exercises/*.ipynb"):
        assert path.read_bytes() == (COURSE / "exercises" / path.name).read_bytes()
        assert "SOLUTION" not in path.read_text(encoding="utf-8")


def links(path: Path) -> list[str]:
    """The files of its own course that a page or a notebook leads to."""
    if path.suffix == ".md":
        return LINK.findall(path.read_text(encoding="utf-8"))
    cells = nbformat.read(path, as_version=4).cells
    return [link for c in cells if c.cell_type == "markdown" for link in LINK.findall(c.source)]


def test_every_link_leads_somewhere(given: Path) -> None:
    pages = [*given.rglob("*.md"), *given.rglob("*.ipynb")]
    found = [(page, link) for page in pages for link in links(page)]
    assert len(found) > 50
    broken = [(p.name, link) for p, link in found if not (p.parent / link).exists()]
    assert not broken


def test_what_lessons_load_is_there(given: Path) -> None:
    books = [nbformat.read(path, as_version=4) for path in COURSE.glob("notebooks/*.ipynb")]
    source = "\n".join(cell.source for book in books for cell in book.cells)
    names = set(re.findall(r"""shipped\(["']([\w/.]+)""", source))
    assert "results/attention_rivals.json" in names
    assert not [name for name in names if not (given / "data" / name).exists()]
    weights = {path.relative_to(COURSE) for path in COURSE.glob("data/**/*.safetensors")}
    weights = {path for path in weights if "cache" not in path.parts}
    assert weights == {path.relative_to(given) for path in given.rglob("*.safetensors")}


def test_the_readme_is_short_and_says_how_to_install(given: Path) -> None:
    readme = (given / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 12 and "pip install mmtutor-" in readme


def test_exercises_come_from_the_solutions_whatever_a_teacher_wrote_into_them(
    teacher: Path,
) -> None:
    write(teacher / "exercises" / "01_a.ipynb", "def double(x): return 2 * x")
    result = mmtutor_("release", "--bundle", "out")
    assert result.output == "out: lessons, data, and 1 notebooks of exercises\n"
    book = nbformat.read(teacher / "out" / "exercises" / "01_a.ipynb", as_version=4)
    assert book.cells[0].source == BLANK


def test_a_folder_that_holds_something_is_left_alone(teacher: Path) -> None:
    for line in ("notebooks", "solutions/01_a.ipynb"):
        (teacher / "notebooks" / "mine").touch()
        result = mmtutor_("release", "--bundle", line)
        assert result.exit_code == 2 and result.output.startswith(f"{line} is not empty: name a")
    assert [path.name for path in (teacher / "notebooks").iterdir()] == ["mine"]


def test_in_a_bundle_nothing_is_released(teacher: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(teacher / "notebooks" / "01_a.ipynb")
    mmtutor_("release", "--bundle", "out")
    monkeypatch.chdir(teacher / "out")
    result = mmtutor_("release")
    assert result.exit_code == 2 and result.output.startswith("There are no solutions in")
    assert (teacher / "out" / "exercises" / "01_a.ipynb").is_file()
