"""The page of key terms is made from the lessons' own lists and keeps in step with them."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from mmtutor.tools.glossary import glossary, page, terms
from mmtutor.tools.rooms import Lesson, lessons
from tests.tools.small import mmtutor_

COURSE = Path(__file__).resolve().parents[2]


def lesson(course: Path, name: str, listed: str) -> Lesson:
    """A lesson that is nothing but a list of key terms."""
    cells = [new_markdown_cell(f"# A\n\n## Key terms\n\n{listed}\n\n## References\n\nNone.")]
    nbformat.write(new_notebook(cells=cells), course / "notebooks" / f"{name}.ipynb")
    return Lesson(course, name)


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| ")][1:]


def test_a_list_is_read(course: Path) -> None:
    listed = "key 键: what is offered · recall at k 前k召回率 · macro F1 宏平均 F1: a mean."
    found = terms(lesson(course, "01_a", listed))
    assert [(t.english, t.chinese, t.line) for t in found] == [
        ("key", "键", "what is offered"),
        ("recall at k", "前k召回率", ""),
        ("macro F1", "宏平均 F1", "a mean"),
    ]


def test_a_term_of_several_lessons_is_one_row_with_the_first_line_that_is_given(
    course: Path,
) -> None:
    lesson(course, "01_a", "query 查询 · key 键: what is offered")
    lesson(course, "02_b", "Query 查询: what is looked for")
    assert rows(glossary(course)) == [
        "| key | 键 | what is offered | [01](01_a.ipynb) |",
        "| query | 查询 | what is looked for | [01](01_a.ipynb), [02](02_b.ipynb) |",
    ]


@pytest.mark.parametrize(
    ("listed", "says"),
    [
        (["query: looked for"], "01_a, key term 'query: looked for': write it as"),
        (["query 查询", "query 问题"], "The lessons translate 'query' differently (01_a: 查询, 02"),
    ],
)
def test_a_term_without_chinese_or_with_two_translations_is_one_sentence(
    course: Path, listed: list[str], says: str
) -> None:
    for name, terms_of_one in zip(("01_a", "02_b"), listed, strict=False):
        lesson(course, name, terms_of_one)
    result = mmtutor_("glossary")
    assert result.exit_code == 2
    assert result.output.startswith(says) and result.output.count("\n") == 1


def test_the_command_writes_the_page_and_says_when_it_differs(course: Path) -> None:
    lesson(course, "01_a", "query 查询")
    differs = mmtutor_("glossary", "--check")
    assert differs.exit_code == 1 and not page(course).exists()
    assert mmtutor_("glossary").output == "notebooks/GLOSSARY.md written\n"
    equal = mmtutor_("glossary", "--check")
    assert (equal.exit_code, equal.output) == (0, "notebooks/GLOSSARY.md equals the lists\n")


def test_the_page_of_the_course_equals_the_lists_of_its_lessons() -> None:
    assert page(COURSE).read_text(encoding="utf-8") == glossary(COURSE), "run `mmtutor glossary`"


@pytest.mark.parametrize("one", lessons(COURSE), ids=lambda one: one.name)
def test_every_key_term_has_one_short_line(one: Lesson) -> None:
    assert not [t.english for t in terms(one) if not 0 < len(t.line) <= 120]
