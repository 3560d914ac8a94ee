"""Find the course's folder and the rooms of its lessons."""

import re
from dataclasses import dataclass
from pathlib import Path

from mmtutor.tools.trouble import Trouble

NAME = re.compile(r"(\d\d)_([a-z][a-z0-9_]*)")


@dataclass(frozen=True)
class Lesson:
    """A lesson and its six rooms. `name` is its number and its slug: `01_attention`."""

    root: Path
    name: str

    @property
    def slug(self) -> str:
        """The name of its modules: `attention`."""
        return self.name[3:]

    @property
    def notebook(self) -> Path:
        return self.root / "notebooks" / f"{self.name}.ipynb"

    @property
    def solution(self) -> Path:
        return self.root / "solutions" / f"{self.name}.ipynb"

    @property
    def exercise(self) -> Path:
        return self.root / "exercises" / f"{self.name}.ipynb"

    @property
    def rooms(self) -> tuple[Path, ...]:
        """The six rooms that a lesson consists of: files, and the folder of its exercises."""
        return (
            self.notebook,
            self.root / "mmtutor" / f"{self.slug}.py",
            self.root / "mmtutor" / "checks" / self.slug,
            self.solution,
            self.exercise,
            self.root / "tests" / "lessons" / f"test_{self.slug}.py",
        )


def is_course(folder: Path) -> bool:
    """Say whether a folder is a copy of the course: all of it, or a bundle without the package."""
    return (folder / "notebooks").is_dir() and any(
        (folder / room).is_dir() for room in ("mmtutor", "exercises")
    )


def course() -> Path:
    """Return the course's folder: around the working directory, else where the package lies.

    Raises Trouble where neither is a copy of the course.
    """
    here = working_directory()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if is_course(folder):
            return folder
    raise Trouble(
        "The lessons are not here: go to the course's folder (it contains `notebooks`), or let "
        "`mmtutor start` copy the course into a folder, and try again there."
    )


def working_directory() -> Path:
    """Return the folder that the reader is in; Trouble where somebody has removed it."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise Trouble(
            "The folder that you are in was removed: go to the course's folder and try again."
        ) from None


def lessons(root: Path) -> list[Lesson]:
    """Return the lessons in their order: every `notebooks/NN_slug.ipynb`."""
    files = sorted((root / "notebooks").glob("*.ipynb"))
    return [Lesson(root, file.stem) for file in files if NAME.fullmatch(file.stem)]


def find(word: str, root: Path) -> list[Lesson]:
    """Return the lesson called `01`, `1`, `attention` or `01_attention`; all of them for `all`.

    Raises Trouble, naming the lessons there are, for anything else.
    """
    known = lessons(root)
    if not known:
        raise Trouble(f"There are no lessons in {root / 'notebooks'}.")
    chosen = [lesson for lesson in known if word in ("all", *called(lesson))]
    if not chosen:
        names = ", ".join(lesson.name for lesson in known)
        raise Trouble(f"There is no lesson {word!r}; there are {names}, or all.")
    return chosen


def called(lesson: Lesson) -> tuple[str, ...]:
    """What a reader may call a lesson."""
    number = lesson.name[:2]
    return (lesson.name, f"{lesson.name}.ipynb", lesson.slug, number, str(int(number)))
