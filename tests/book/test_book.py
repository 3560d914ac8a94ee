"""The book is whole, asks nobody for anything, fits a phone, and can be read by all."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("sphinx_book_theme", reason="no book without: pip install mmtutor[book]")
pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
import axe_playwright_python
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.page import CHROMIUM, FLAGS, IN_A_BROWSER

COURSE = Path(__file__).resolve().parents[2]
HTML = COURSE / "build" / "book" / "html"
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
SQUEEZED = """[...document.images].filter((i) => i.clientHeight > 0 &&
  Math.abs(i.clientWidth / i.clientHeight / (i.naturalWidth / i.naturalHeight) - 1) > 0.05
).map((i) => i.src)"""
LAPTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

pytestmark = IN_A_BROWSER


@pytest.fixture(scope="module")
def pages() -> list[str]:
    """Make the book anew; any warning of Sphinx, such as a link to nowhere, is an error."""
    made = subprocess.run(
        [sys.executable, str(COURSE / "docs/book/make.py")], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr[-3000:]
    names = sorted(page.relative_to(HTML).as_posix() for page in HTML.glob("**/*.html"))
    return [name for name in names if not name.startswith("_static")]  # the theme's templates


@pytest.fixture(scope="module")
def browser(pages: list[str]) -> Iterator:
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as browser,
    ):
        yield browser


def opened(browser, size: dict, scheme: str = "light") -> tuple[Page, list[str]]:
    """Return a page of this size, and a list that collects what it asks of other machines."""
    page, asked = browser.new_context(viewport=size, color_scheme=scheme).new_page(), []
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else asked.append(r))
    return page, asked


def test_every_lesson_exercise_and_module_has_a_page(pages: list[str]) -> None:
    for notebook in sorted(COURSE.glob("notebooks/[0-9]*.ipynb")):
        assert f"notebooks/{notebook.stem}.html" in pages
        assert f"package/{notebook.stem[3:]}.html" in pages
    for notebook in sorted(COURSE.glob("exercises/[0-9]*.ipynb")):
        assert f"exercises/{notebook.stem}.html" in pages
    assert {"index.html", "notebooks/GLOSSARY.html", "docs/classroom.html"} <= set(pages)
    assert {"docs/engineers.html", "docs/promises.html", "package/datasets.html"} <= set(pages)


def test_a_room_that_exports_nothing_shows_its_modules(pages: list[str]) -> None:
    page = (HTML / "package/datasets.html").read_text(encoding="utf-8")
    assert "mmtutor.datasets.glyphs.load_glyphs" in page
    assert "mmtutor.datasets.digits.load_digits" in page


def test_the_glossary_has_both_languages(pages: list[str]) -> None:
    page = (HTML / "notebooks/GLOSSARY.html").read_text(encoding="utf-8")
    assert "注意力" in page and "attention" in page


def test_the_engineers_program_runs() -> None:
    text = (COURSE / "docs/engineers.md").read_text(encoding="utf-8")
    program = text.split("```python\n")[1].split("```")[0]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout.split()[0]) > 0.9


def test_no_answer_stands_in_the_book(pages: list[str]) -> None:
    assert not [page for page in pages if "solution" in page]
    assert "BEGIN SOLUTION" not in "".join(
        (HTML / page).read_text(encoding="utf-8") for page in pages if page.startswith("exercises/")
    )


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_pages_fit_and_ask_no_other_machine(browser, pages: list[str], size: dict) -> None:
    page, asked = opened(browser, size)
    wide, squeezed = [], []
    for name in pages:
        page.goto((HTML / name).as_uri())
        if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
            wide.append(name)
        squeezed += page.evaluate(SQUEEZED)
    assert not asked and not wide and not squeezed


# What may differ in the dark are colours.
@pytest.mark.parametrize(
    ("scheme", "rules"), [("light", "{}"), ("dark", "{runOnly: ['color-contrast']}")]
)
def test_axe_finds_no_serious_fault(browser, pages: list[str], scheme: str, rules: str) -> None:
    page, _ = opened(browser, LAPTOP, scheme)
    faults = {}
    checked = [name for name in pages if name.startswith(("notebooks/", "index", "docs"))]
    for name in [*checked, next(name for name in pages if name.startswith("exercises/"))]:
        page.goto((HTML / name).as_uri())
        page.evaluate(AXE)
        found = page.evaluate(f"axe.run({rules})")["violations"]
        faults[name] = [f["id"] for f in found if f["impact"] in ("serious", "critical")]
    assert not {name: some for name, some in faults.items() if some}


def test_search_works_from_a_file(browser) -> None:
    page, _ = opened(browser, LAPTOP)
    page.goto((HTML / "search.html").as_uri() + "?q=softmax")
    expect(page.locator("#search-results li").first).to_be_visible(timeout=20_000)
    expect(page.locator("#search-results")).to_contain_text("How does a vector decide")


def test_formulas_are_drawn_and_the_core_is_told_from_the_rest(browser) -> None:
    page, _ = opened(browser, LAPTOP)
    page.goto((HTML / "notebooks/01_attention.html").as_uri())
    assert page.locator("math").count() > 10 and page.locator("mfrac").count() > 0
    assert page.locator("section.core").count() >= 5
    assert page.locator("section.further").count() == 1


def test_a_widgets_place_says_that_it_lives_in_a_notebook(browser) -> None:
    page, _ = opened(browser, LAPTOP)
    page.goto((HTML / "notebooks/18_generation.html").as_uri())
    expect(page.get_by_text("live in a running notebook").first).to_be_visible()
    assert "DrawingDesk(children" not in page.content()


def test_widgets_that_need_no_kernel_live_in_the_page(browser) -> None:
    page, asked = opened(browser, LAPTOP)
    faults, lives = [], 0
    page.on("pageerror", lambda error: faults.append(str(error)))
    for name in sorted(HTML.glob("notebooks/[0-9]*.html")):
        page.goto(name.as_uri())
        for place in page.locator(".mm-live-ground").all():
            lives += 1
            assert place.inner_text().strip(), name.name
    assert not faults and not asked and lives >= 12


def test_a_live_widget_follows_the_keyboard(browser) -> None:
    page, _ = opened(browser, LAPTOP)
    page.goto((HTML / "notebooks/09_multitask.html").as_uri())
    dial = page.locator(".mm-live-ground")
    expect(dial).to_contain_text("slant : base = 1 : 1")
    dial.get_by_role("slider").press("ArrowRight")
    expect(dial).not_to_contain_text("slant : base = 1 : 1")


def test_the_explorer_answers_the_pointer(browser) -> None:
    page, _ = opened(browser, LAPTOP)
    page.goto((HTML / "notebooks/07_crossmodal.html").as_uri())
    explorer = page.locator(".mm-live-ground").first
    sentence = explorer.locator(".mm-sentence")
    before = sentence.inner_text()
    explorer.locator(".mm-map image").hover(position={"x": 10, "y": 90})
    expect(sentence).not_to_have_text(before)
