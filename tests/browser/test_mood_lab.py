"""The mood lab in a real browser: what is typed and chosen is what the judge is asked about."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from mmtutor.datasets import moods
from tests.browser.page import IN_A_BROWSER, NotebookPage, widget_page

pytestmark = IN_A_BROWSER

GIVEN = """
from mmtutor.datasets import moods
from mmtutor.plots import Verdict
from mmtutor.widgets import MoodLab

def judge(text, face, wave, there):
    if not text:
        raise ValueError("type at least <b>one</b> word")
    positive = 0.5 if not there[0] else 0.9 if "lovely" in text else 0.2
    unknown = tuple(word for word in text.split() if word not in moods.WORDS)
    shares = tuple(seen * share for seen, share in zip(there, (0.6, 0.3, 0.1)))
    return Verdict(positive, shares, unknown)

lab = MoodLab(judge)
lab
"""
ASK = "print(lab.text, lab.eyes, lab.mouth, lab.tone, lab.person, lab.covered)"
SET = "lab.text, lab.eyes, lab.covered = 'the film was awful', 1, 2; print('moved')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with a lab, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    with widget_page(folder, (GIVEN, ASK, SET), ".mm-moods") as opened:
        yield opened


@pytest.fixture
def lab(page: NotebookPage) -> Locator:
    """The lab with its first scene."""
    one = page.tab.locator(".mm-moods")
    one.scroll_into_view_if_needed()
    write(one, "the film was lovely")
    for group, place in (("eyes", 0), ("mouth", 0), ("tone", 1), ("covered", 0)):
        choose(one, group, place)
    expect(one.locator(".mm-rule")).to_contain_text("The eyes are open: the words decide, and pos")
    return one


def write(lab: Locator, text: str) -> None:
    box = lab.get_by_role("textbox", name="sentence")
    box.fill(text)
    box.press("Enter")


def choose(lab: Locator, group: str, place: int) -> None:
    lab.get_by_role("radiogroup", name=group).get_by_role("radio").nth(place).click()


def portrait(lab: Locator) -> list[int]:
    """The grey levels that the page shows."""
    read = """c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]
        .filter((_, at) => at % 4 === 0)"""
    return lab.locator("canvas.mm-portrait").evaluate(read)


def test_a_typed_sentence_is_judged(lab: Locator) -> None:
    expect(lab.locator(".mm-model")).to_have_text("The model says positive, 90 %.")
    write(lab, "the soup was awful")
    expect(lab.locator(".mm-model")).to_have_text("The model says negative, 80 %.")
    expect(lab.locator(".mm-rule")).to_contain_text("the words decide, and negative is meant")


def test_eyes_say_who_decides_and_the_face_follows(lab: Locator) -> None:
    assert portrait(lab) == moods.draw_face(0, 0, 0).flatten().tolist()
    choose(lab, "eyes", 2)
    expect(lab.locator(".mm-rule")).to_contain_text("A wink: the voice decides, and positive")
    expect(lab.locator(".mm-decides .mm-label")).to_have_text("voice")
    choose(lab, "mouth", 1)
    expect(lab.get_by_role("img", name="eyes wink, mouth positive")).to_be_visible()
    lab.get_by_role("button", name="another person").click()
    expect(lab.locator("canvas.mm-portrait")).to_be_visible()
    lab.page.wait_for_timeout(500)
    assert portrait(lab) == moods.draw_face(2, 1, 1).flatten().tolist()


def test_the_tone_changes_the_wave_and_can_be_played(lab: Locator) -> None:
    wave = lab.locator(".mm-wave path")
    before = wave.get_attribute("d")
    choose(lab, "tone", 0)
    expect(wave).not_to_have_attribute("d", before)
    lab.get_by_role("button", name="play").click()


def test_covering_shows_what_changes(lab: Locator) -> None:
    rows = lab.get_by_role("radiogroup", name="covered").locator(".mm-value")
    answers = ["positive 90 %", "positive 50 %", "positive 90 %", "positive 90 %"]
    expect(rows).to_have_text(answers)
    choose(lab, "covered", 1)
    says = "With words covered: the model says positive, 50 %; the answer stays."
    expect(lab.locator(".mm-model")).to_have_text(says)
    looks = lab.locator("div.mm-row .mm-value")
    expect(looks).to_have_text(["0 %", "30 %", "10 %"])
    expect(lab.locator("div.mm-off .mm-label")).to_have_text("words")


def test_bars_run_from_the_middle_to_the_probability(lab: Locator) -> None:
    write(lab, "the soup was awful")
    expect(lab.locator(".mm-model")).to_have_text("The model says negative, 80 %.")
    track = lab.get_by_role("radiogroup", name="covered").locator(".mm-track").first
    box, bar = track.bounding_box(), track.locator(".mm-bar").bounding_box()
    assert abs(bar["x"] - box["x"] - 0.2 * box["width"]) < 2
    assert abs(bar["width"] - 0.3 * box["width"]) < 2


def test_what_cannot_be_read_is_said_as_text(lab: Locator) -> None:
    write(lab, "")
    expect(lab.get_by_role("alert")).to_have_text("type at least <b>one</b> word")
    expect(lab.locator(".mm-model")).to_have_text("The model says positive, 90 %.")
    write(lab, "a <i>lovely</i> film")
    expect(lab.get_by_role("alert")).to_have_text("words it does not know: a, <i>lovely</i>")


def test_the_keyboard_is_enough_and_a_screen_reader_hears(lab: Locator) -> None:
    first = lab.get_by_role("radiogroup", name="eyes").get_by_role("radio").first
    first.focus()
    first.press("End")
    wink = lab.get_by_role("radio", name="wink")
    expect(wink).to_be_focused()
    expect(wink).to_have_attribute("aria-checked", "true")
    everything = lab.get_by_role("radio", name="all three")
    everything.focus()
    everything.press("ArrowDown")
    expect(lab.locator(".mm-model")).to_contain_text("With words covered")
    expect(lab.get_by_role("status")).to_have_attribute("aria-live", "polite")


def test_python_and_page_share_their_state(page: NotebookPage, lab: Locator) -> None:
    choose(lab, "eyes", 2)
    expect(lab.locator(".mm-rule")).to_contain_text("A wink")
    assert page.run_cell(ASK).startswith("the film was lovely 2 0 1 ")
    assert page.run_cell(SET) == "moved"
    expect(lab.locator(".mm-rule")).to_contain_text("Both eyes are shut: the mouth decides")
    expect(lab.locator(".mm-model")).to_contain_text("With face covered: the model says negative")


def test_nothing_left_the_machine_and_no_script_failed(page: NotebookPage) -> None:
    """After everything above: no request to elsewhere, no error on the page."""
    assert page.outside == []
    assert page.errors == []
