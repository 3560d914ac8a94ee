"""The page of `mmtutor advisor` in a real browser: asked, reloaded, forgotten, and closed."""

import threading

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import expect, sync_playwright

from mmtutor.datasets.dialogues import make_catalogue
from mmtutor.tools.advisor import Shop
from mmtutor.widgets.adviser_desk import Conversation
from tests.browser.page import CHROMIUM, FLAGS, IN_A_BROWSER
from tests.widgets.test_adviser_desk import Parrot

pytestmark = IN_A_BROWSER


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_is_the_desk_and_asks_only_its_own_server(theme: str) -> None:
    catalogue = make_catalogue(5, seed=0)
    outside, errors = list[str](), list[str]()
    with (
        Shop(Conversation(Parrot(), catalogue.pictures, catalogue.cards)) as shop,
        sync_playwright() as playwright,
    ):
        thread = threading.Thread(target=shop.serve_forever, args=(0.05,))
        thread.start()
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = chromium.new_page(viewport={"width": 390, "height": 800}, color_scheme=theme)
        home = (shop.address, "data:")
        tab.on("request", lambda made: made.url.startswith(home) or outside.append(made.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("console", lambda told: errors.append(told.text))
        tab.goto(shop.address)

        box, turns = tab.get_by_role("textbox", name="your message"), tab.locator(".mm-turn")
        for count, text in enumerate(("a star ?", "its colour ?", "a star ?", "who ?"), start=1):
            box.fill(text)
            box.press("Enter")
            expect(turns).to_have_count(count)
        expect(turns.nth(1).locator(".mm-frame")).to_have_count(1)
        expect(tab.locator(".mm-state li")).to_have_count(4)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390

        tab.reload()  # what is kept lies in the shop; the newest message is in view
        expect(turns).to_have_count(4)
        log, last = (one.bounding_box() for one in (tab.get_by_role("log"), turns.last))
        assert log["y"] <= last["y"] <= log["y"] + log["height"]

        tab.get_by_role("button", name="forget me").click()
        expect(turns).to_have_count(0)
        expect(tab.get_by_role("status")).to_have_text("Nothing of you is kept.")
        ink = "one => getComputedStyle(one).color.match(/[0-9]+/)[0]"
        assert (int(tab.locator("h1").evaluate(ink)) > 128) == (theme == "dark")
        assert outside == [] and errors == []

        shop.shutdown()
        thread.join()
        shop.server_close()
        box.fill("a star ?")
        box.press("Enter")
        expect(tab.get_by_role("alert")).to_contain_text("The shop is closed")
        expect(box).to_have_value("a star ?")
        chromium.close()
