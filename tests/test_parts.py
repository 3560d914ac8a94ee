"""A lesson has its parts in their order: a core that stands alone, and sections for who wants more.

A section under *Further* uses what the core made, and nothing that another section made.
"""

import ast
import builtins
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mmtutor.tools.rooms import Lesson, lessons

COURSE = Path(__file__).resolve().parents[1]

LAST_PARTS = ["What to remember", "Exercises", "Further", "Key terms", "References"]
TIMES = r"Core: (\d+) minutes\. Further: (\d+) minutes\."
HOUR = 60
GIVEN = {*dir(builtins), "display", "get_ipython"}
"""Names that every notebook has."""

# ---------------------------------------------------------------------------- sections


@dataclass
class Section:
    """A heading with what stands under it: its words, and its code cells."""

    level: int
    title: str
    text: str = ""
    code: list[str] = field(default_factory=list)

    @property
    def minutes(self) -> int | None:
        """The minutes that a section of *Further* promises in its heading."""
        found = re.search(r" \((\d+) minutes\)$", self.title)
        return int(found[1]) if found else None


def sections(book: NotebookNode) -> list[Section]:
    """Cut a notebook at its headings of levels 1 to 3."""
    found = [Section(0, "")]
    for cell in book.cells:
        if cell.cell_type == "code":
            found[-1].code.append(cell.source)
            continue
        for line in without_code(cell.source).splitlines():
            if heading := re.match(r"(#{1,3}) (.+)", line):
                found.append(Section(len(heading[1]), heading[2].strip()))
            else:
                found[-1].text += f"{line}\n"
    return found


def without_code(source: str) -> str:
    """Leave out fenced code, in which a line may begin with "#"."""
    return re.sub(r"^```.*?^```", "", source, flags=re.MULTILINE | re.DOTALL)


@dataclass
class Parts:
    """A lesson, cut into its core, the sections of *Further*, and the heads of its last parts."""

    opening: str
    core: list[str]
    remember: str
    further_list: str
    further: list[Section]
    last: list[str]
    end: str


def parts(book: NotebookNode) -> Parts:
    found = sections(book)
    titles = [section.title for section in found if section.level == 2]
    first = found.index(next((s for s in found if s.title == "Further"), found[-1]))
    inside = [s for s in found[first + 1 :] if s.level == 3]
    return Parts(
        opening=book.cells[0].source,
        core=[code for section in found[:first] for code in section.code],
        remember="".join(s.text for s in found if s.title == "What to remember"),
        further_list=found[first].text,
        further=inside,
        last=[title for title in titles if title in LAST_PARTS],
        end=book.cells[-1].source,
    )


# ---------------------------------------------------------------------------- names


def names(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """Return what a statement reads from the notebook, also inside functions, and what it binds."""
    top = symtable.symtable(ast.unparse(statement), "cell", "exec")
    reads = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    binds = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    return reads | {name for table in inner(top) for name in globals_of(table)}, binds


def inner(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Yield the scopes within a scope: functions, classes, comprehensions."""
    for child in table.get_children():
        yield child
        yield from inner(child)


def globals_of(table: symtable.SymbolTable) -> set[str]:
    return {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}


def used_and_made(code: list[str]) -> tuple[set[str], set[str]]:
    """Return the names that cells need from before, and those that they bind.

    A plain assignment reads before it binds; `for`, `with` and `def` bind what their bodies read.
    """
    needed: set[str] = set()
    made: set[str] = set()
    for statement in (s for source in code for s in ast.parse(source).body):
        reads, binds = names(statement)
        binds_first = hasattr(statement, "body")
        needed |= reads - made - (binds if binds_first else set())
        made |= binds
    return needed - GIVEN, made


def read_by_functions(code: list[str]) -> set[str]:
    """Return the notebook's names that functions and classes of the cells read when called."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    bodies = [s for source in code for s in ast.parse(source).body if isinstance(s, kinds)]
    return {name for body in bodies for name in names(body)[0]}


# ---------------------------------------------------------------------------- what is wrong


def complaints(book: NotebookNode) -> list[str]:
    """Say, a sentence each, what a lesson lacks of its form."""
    lesson = parts(book)
    core = "".join(cell.source for cell in book.cells).split("\n## Further\n")[0]
    return [
        *about_form(lesson),
        *about_minutes(lesson),
        *about_sittings(lesson, core),
        *about_independence(lesson),
    ]


def about_form(lesson: Parts) -> Iterator[str]:
    if lesson.last != LAST_PARTS:
        yield f"the last parts are {lesson.last}"
    if len(lesson.core) > 36:
        yield f"the core has {len(lesson.core)} code cells"
    if len(re.findall(r"^- ", lesson.remember, re.MULTILINE)) not in range(1, 7):
        yield "what to remember is not 1 to 6 lines"
    if "**Next" not in lesson.end:
        yield "the last cell does not say what comes next"


def about_minutes(lesson: Parts) -> Iterator[str]:
    said = re.search(TIMES, lesson.opening)
    if not said:
        yield "the opening does not say the minutes"
        return
    if None in (minutes := [section.minutes for section in lesson.further]):
        yield "a section under Further has no minutes in its heading"
    elif sum(minutes) != int(said[2]):
        yield f"the sections under Further take {sum(minutes)} minutes, the opening says {said[2]}"
    for section in lesson.further:
        if section.title not in lesson.further_list.replace("[", "").replace("]", ""):
            yield f"the list under Further lacks {section.title!r}"


def about_sittings(lesson: Parts, core: str) -> Iterator[str]:
    """More than an hour is for two evenings, and it is said where the first one ends."""
    said = re.search(TIMES, lesson.opening)
    long = bool(said) and int(said[1]) > HOUR
    if core.count("**Half-way.**") != long:
        yield f"the core is {'long' if long else 'short'}: is half-way marked?"


def about_independence(lesson: Parts) -> Iterator[str]:
    core = used_and_made(lesson.core)[1]
    names_of = {section.title: used_and_made(section.code) for section in lesson.further}
    for title, (needed, _) in names_of.items():
        if strange := needed - core:
            yield f"{title!r} reads {sorted(strange)}, which the core does not make"
    later = read_by_functions(lesson.core)
    for (title, (_, made)), (other, (needed, _)) in permutations(names_of.items(), 2):
        if changed := made & core & (needed | later):
            yield f"{title!r} changes {sorted(changed)}, which {other!r} takes from the core"


@pytest.mark.parametrize("lesson", lessons(COURSE), ids=lambda lesson: lesson.name)
def test_a_lesson_has_its_parts(lesson: Lesson) -> None:
    assert not complaints(nbformat.read(lesson.notebook, as_version=4))


# ---------------------------------------------------------------------------- it can fail


GOOD = [
    "# A\n\nCore: 40 minutes. Further: 15 minutes.",
    "+ import math\ndata = 1\ndef double(x):\n    return x * data",
    "## What to remember\n\n- One line.\n\n## Exercises\n\nSee there.",
    "## Further\n\n- [More (10 minutes)](#More)\n- Most (5 minutes)",
    "### More (10 minutes)",
    "+ mine = double(data)\nfor step in range(3):\n    print(mine, step, [s for s in (mine,)])",
    "### Most (5 minutes)",
    "+ mine = math.pi\nprint(mine)",
    "## Key terms\n\nkey 键: offered.\n\n## References\n\nNone.\n\n**Next.** B.",
]


def book(cells: list[str]) -> NotebookNode:
    """A notebook of Markdown cells; a cell that begins with "+" is code."""
    made = [new_code_cell(s[2:]) if s.startswith("+ ") else new_markdown_cell(s) for s in cells]
    return new_notebook(cells=made)


def test_a_good_lesson_gives_no_complaint() -> None:
    assert complaints(book(GOOD)) == []


@pytest.mark.parametrize(
    ("cell", "before", "after", "says"),
    [
        (0, "Further: 15", "Further: 20", "take 15 minutes, the opening says 20"),
        (0, "Core: 40 minutes.", "", "the opening does not say the minutes"),
        (0, "Core: 40", "Core: 70", "the core is long: is half-way marked?"),
        (2, "- One line.", "- One line.\n**Half-way.**", "the core is short: is half-way marked?"),
        (2, "Exercises", "Tasks", "the last parts are"),
        (2, "- One line.", "- A line.\n" * 7, "what to remember is not 1 to 6 lines"),
        (3, "Most (5 minutes)", "Most", "the list under Further lacks 'Most (5 minutes)'"),
        (4, "(10 minutes)", "", "has no minutes in its heading"),
        (5, "double(data)", "double(other)", "reads ['other'], which the core does not make"),
        (5, "mine = double(data)", "print(mine)\nmine = 2", "reads ['mine']"),
        (5, "mine = double(data)", "mine = mine + 1", "reads ['mine']"),
        (5, "mine = double(data)", "mine = lambda: other", "reads ['other']"),
        (5, "mine =", "math = mine =", "changes ['math'], which 'Most (5 minutes)' takes"),
        (5, "mine =", "data = mine =", "changes ['data'], which 'Most (5 minutes)' takes"),
        (8, "**Next.** B.", "", "the last cell does not say what comes next"),
    ],
)
def test_what_is_missing_is_said(cell: int, before: str, after: str, says: str) -> None:
    assert before in GOOD[cell]
    damaged = [*GOOD[:cell], GOOD[cell].replace(before, after), *GOOD[cell + 1 :]]
    assert [said for said in complaints(book(damaged)) if says in said]


def test_a_long_core_is_said() -> None:
    said = complaints(book([*GOOD[:2], *["+ 1"] * 40, *GOOD[2:]]))
    assert said == ["the core has 41 code cells"]
