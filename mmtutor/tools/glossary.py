"""Collect the key terms of all lessons on one page, `notebooks/GLOSSARY.md`."""

import re
from dataclasses import dataclass
from pathlib import Path

from mmtutor.tools.rooms import Lesson, lessons
from mmtutor.tools.run import read
from mmtutor.tools.trouble import Trouble

LIST = re.compile(r"^(?:## Key terms\s+|\*\*Key terms\.\*\* )(.+)", re.MULTILINE)
ENTRY = re.compile(r"(?P<english>.+?) (?P<chinese>\S*[\u4e00-\u9fff][^:]*)(?:: (?P<line>.+))?")
"""`query 查询: what is looked for`. The Chinese begins at the first word with a Chinese character
and may go on in Latin ones; the line may be missing."""

HEAD = """# Glossary

The terms of all lessons, with the Chinese word and the lessons in which each is explained.
`mmtutor glossary` makes this page from the lessons' own lists.

| Term | 中文 | In one line | Lessons |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Term:
    """A key term as one lesson explains it; `line` is empty where the lesson only names it."""

    english: str
    chinese: str
    line: str
    lesson: Lesson


def terms(lesson: Lesson) -> list[Term]:
    """Return a lesson's key terms; Trouble where it has no list or a term has no Chinese."""
    source = "\n\n".join(cell.source for cell in read(lesson.notebook).cells)
    found = LIST.search(source)
    if not found:
        raise Trouble(f"{lesson.name} has no list of key terms.")
    return [term(entry, lesson) for entry in found[1].strip().removesuffix(".").split(" · ")]


def term(entry: str, lesson: Lesson) -> Term:
    """Return one entry of a list; Trouble where it has no Chinese."""
    parts = ENTRY.fullmatch(entry)
    if not parts:
        raise Trouble(f"{lesson.name}, key term {entry!r}: write it as `query 查询: what it is`.")
    return Term(parts["english"], parts["chinese"], parts["line"] or "", lesson)


def glossary(root: Path) -> str:
    """Return the page: one row a term, in the order of the alphabet.

    The line is that of the first lesson that has one. Raises Trouble where two lessons translate a
    term differently.
    """
    by_name: dict[str, list[Term]] = {}
    for lesson in lessons(root):
        for found in terms(lesson):
            by_name.setdefault(found.english.lower(), []).append(found)
    return HEAD + "".join(row(by_name[name]) for name in sorted(by_name))


def row(same: list[Term]) -> str:
    """Return the row of a term that one or several lessons explain."""
    first = same[0]
    if len({term.chinese for term in same}) > 1:
        said = ", ".join(f"{term.lesson.name}: {term.chinese}" for term in same)
        raise Trouble(f"The lessons translate {first.english!r} differently ({said}).")
    line = next((term.line for term in same if term.line), "")
    links = ", ".join(f"[{t.lesson.name[:2]}]({t.lesson.name}.ipynb)" for t in same)
    return f"| {first.english} | {first.chinese} | {line} | {links} |\n"


def page(root: Path) -> Path:
    """Return where the page lies: beside the lessons, so that its links are short."""
    return root / "notebooks" / "GLOSSARY.md"
