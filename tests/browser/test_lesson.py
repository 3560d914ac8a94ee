"""Lesson 00 in a real browser, as a reader runs it.

It stands apart from `test_explorer.py` because each of the two opens a browser of its own.
"""

from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import expect

from tests.browser.page import IN_A_BROWSER, jupyterlab, notebook
from tests.browser.test_explorer import check_explorer

pytestmark = IN_A_BROWSER


def test_lesson_00_runs_and_its_explorer_follows_the_reader() -> None:
    with jupyterlab(Path("notebooks")) as lab, notebook(lab, "00_start_here.ipynb") as lesson:
        lesson.run_all(300)
        check_explorer(lesson.tab)
        expect(lesson.tab.get_by_text("Row and column are swapped")).to_be_visible()
        assert lesson.tab.locator(".jp-Notebook mjx-container").count() >= 5, "formulas are drawn"
        assert not lesson.outside, "a request left the machine"
        assert not lesson.errors
