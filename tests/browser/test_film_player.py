"""The film player in a real browser: played, stepped, dragged, by mouse and by keys alone."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install mmtutor[test]")
from playwright.sync_api import Locator, expect

from mmtutor.plots.film_player import Watched, all_say, counted, film_says, watched
from tests.browser.page import IN_A_BROWSER, NotebookPage, widget_page

pytestmark = IN_A_BROWSER

FRAMES = 8
NAMES = ["usual", "odd at once", "<b>late</b>", "never"]
BEGINS = [FRAMES, 2, 4, 7]


def made_up() -> Watched:
    """Four films whose frame t is as bright as t says, with scores of every kind."""
    generator = np.random.default_rng(3)
    bright = np.arange(FRAMES, dtype=np.uint8) * 30 + np.arange(4, dtype=np.uint8)[:, None]
    films = np.broadcast_to(bright[..., None, None, None], (4, FRAMES, 1, 4, 6)).copy()
    odd = np.arange(FRAMES) >= np.array(BEGINS)[:, None]
    scores = generator.random((4, FRAMES)) + odd * np.array([[0], [0.8], [0.1], [-0.9]])
    scores[:, 0] = np.nan
    return watched(films, scores, odd, NAMES)


FOUND = made_up()
GIVEN = f"""
import numpy as np
from mmtutor.widgets import FilmPlayer

nan = np.nan
scores = np.array({FOUND.scores.tolist()})
odd = np.array({FOUND.odd.tolist()})
films = np.array({FOUND.frames[..., 0, 0, 0].tolist()}, dtype=np.uint8)
films = np.broadcast_to(films[..., None, None, None], (4, {FRAMES}, 1, 4, 6))
player = FilmPlayer(films, scores, odd, 0.5, {NAMES!r}, rate=10)

def back():
    player.film, player.frame, player.threshold = 0, 0, 0.5

player
"""
ASK = "print(player.film, player.frame, round(player.threshold, 6))"
SET = "back(); print('put back')"
MOVE = "player.film, player.frame, player.threshold = 3, 5, 9.0; print('moved')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookPage]:
    """The notebook with a player, run from top to bottom."""
    folder = tmp_path_factory.mktemp("notebooks")
    with widget_page(folder, [GIVEN, ASK, SET, MOVE], ".mm-player") as opened:
        yield opened


@pytest.fixture
def player(page: NotebookPage) -> Locator:
    """The player as it was at first."""
    assert page.run_cell(SET) == "put back"
    one = page.tab.locator(".mm-player")
    one.scroll_into_view_if_needed()
    expect(one.locator(".mm-now")).to_have_text("frame 0: no score yet")
    expect(one.locator(".mm-one")).to_have_text(film_says(FOUND, 0, 0.5))
    return one


def threshold(player: Locator) -> Locator:
    return player.get_by_role("slider", name="threshold")


def shown_threshold(player: Locator) -> float:
    return float(threshold(player).get_attribute("aria-valuenow"))


def drag(player: Locator, down: float) -> None:
    """Drag the threshold's knob by so many pixels."""
    box = player.locator(".mm-knob").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = player.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x, y + down, steps=6)
    mouse.up()


def comes_to(player: Locator, holds: Callable[[], bool]) -> bool:
    """Wait, at most five seconds, until something holds."""
    for _ in range(50):
        if holds():
            return True
        player.page.wait_for_timeout(100)
    return False


def brightness(player: Locator) -> int:
    read = "c => c.getContext('2d').getImageData(3, 2, 1, 1).data[0]"
    return player.locator("canvas").evaluate(read)


def test_page_and_python_say_the_same_at_every_threshold(
    page: NotebookPage, player: Locator
) -> None:
    levels = [*np.linspace(*FOUND.span, 6), 0.5]
    for film, name in enumerate(NAMES):
        player.get_by_role("combobox", name="film").select_option(name)
        threshold(player).focus()
        for level in levels:
            steps = round((level - FOUND.span[0]) / (FOUND.span[1] - FOUND.span[0]) * 200)
            player.page.keyboard.press("Home")
            for key, times in (("PageUp", steps // 10), ("ArrowUp", steps % 10)):
                for _ in range(times):
                    player.page.keyboard.press(key)
            now = float(page.run_cell(ASK).split()[2])
            threshold(player).focus()
            expect(player.locator(".mm-one")).to_have_text(film_says(FOUND, film, now))
            expect(player.locator(".mm-all")).to_have_text(all_say(FOUND, now))


def test_dragging_the_threshold_counts_live(page: NotebookPage, player: Locator) -> None:
    before = player.locator(".mm-all").inner_text()
    drag(player, -60)
    assert comes_to(player, lambda: shown_threshold(player) > 0.6)
    assert player.locator(".mm-all").inner_text() != before
    now = float(page.run_cell(ASK).split()[2])
    expect(player.locator(".mm-all")).to_have_text(all_say(FOUND, now))
    drag(player, 1000)
    assert comes_to(player, lambda: abs(shown_threshold(player) - FOUND.span[0]) < 0.01)
    assert page.run_cell(ASK).split()[1] == "0"  # the film did not move


def test_marks_are_what_frames_are(player: Locator) -> None:
    for film, name in enumerate(NAMES):
        player.get_by_role("combobox", name="film").select_option(name)
        expect(player.locator(".mm-one")).to_have_text(film_says(FOUND, film, 0.5))
        drawn = [player.locator(f".mm-{kind}").count() for kind in ("hit", "miss", "false")]
        assert drawn == [*counted(FOUND.scores[film], FOUND.odd[film], 0.5)]
        assert player.locator(".mm-odd").count() == FOUND.odd[film].sum()


def test_the_frame_that_is_shown_is_drawn_and_its_alarm_is_seen(player: Locator) -> None:
    player.get_by_role("combobox", name="film").select_option("odd at once")
    for frame in range(FRAMES):
        expect(player.locator(".mm-now")).to_contain_text(f"frame {frame}: ")
        assert brightness(player) == FOUND.frames[1, frame, 0, 0, 0]
        alarm = bool(FOUND.scores[1, frame] > 0.5)
        assert ("mm-alarm" in player.locator("canvas").get_attribute("class")) == alarm
        assert player.locator(".mm-now").inner_text().endswith("alarm") == alarm
        player.get_by_role("button", name="one frame on").click()
    expect(player.locator(".mm-now")).to_contain_text(f"frame {FRAMES - 1}: ")  # it stays there


def test_a_click_on_the_chart_goes_to_that_frame(page: NotebookPage, player: Locator) -> None:
    box = player.locator(".mm-chart").bounding_box()
    wide = box["width"] / 530
    player.page.mouse.click(box["x"] + wide * (56 + 460 * 6.4 / FRAMES), box["y"] + 20)
    expect(player.locator(".mm-now")).to_contain_text("frame 6: ")
    assert page.run_cell(ASK) == "0 6 0.5"


def test_the_keyboard_is_enough(page: NotebookPage, player: Locator) -> None:
    """Tab goes from film to picture, buttons and threshold; space plays, arrows step and move."""
    keys = player.page.keyboard
    player.get_by_role("combobox", name="film").focus()
    keys.press("ArrowDown")
    expect(player.locator(".mm-one")).to_have_text(film_says(FOUND, 1, 0.5))
    keys.press("Tab")
    expect(player.locator("canvas")).to_be_focused()
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    keys.press("ArrowLeft")
    expect(player.locator(".mm-now")).to_contain_text("frame 1: ")
    for _ in range(4):
        keys.press("Tab")
    expect(threshold(player)).to_be_focused()
    keys.press("ArrowUp")
    step = (FOUND.span[1] - FOUND.span[0]) / 200
    assert comes_to(player, lambda: abs(shown_threshold(player) - 0.5 - step) < 0.002)
    keys.press("ArrowRight")  # still the film's
    expect(player.locator(".mm-now")).to_contain_text("frame 2: ")
    assert page.run_cell(ASK) == f"1 2 {0.5 + step:.6f}".rstrip("0")


def test_space_plays_and_pauses_and_python_hears_where(page: NotebookPage, player: Locator) -> None:
    player.locator("canvas").focus()
    player.page.keyboard.press("Space")
    play = player.locator(".mm-play")
    expect(play).to_have_text("pause")
    assert comes_to(player, lambda: "frame 0:" not in player.locator(".mm-now").inner_text())
    player.page.keyboard.press("Space")
    expect(play).to_have_text("play")
    shown = player.locator(".mm-now").inner_text()
    player.page.wait_for_timeout(400)
    assert player.locator(".mm-now").inner_text() == shown
    assert f"frame {page.run_cell(ASK).split()[1]}:" in shown


def test_a_film_goes_on_from_its_beginning(player: Locator) -> None:
    player.locator(".mm-play").click()
    seen = set()
    comes_to(
        player, lambda: seen.add(player.locator(".mm-now").inner_text()) or len(seen) == FRAMES
    )
    player.locator(".mm-play").click()
    assert len(seen) == FRAMES


def test_the_page_follows_python(page: NotebookPage, player: Locator) -> None:
    assert page.run_cell(MOVE) == "moved"
    expect(player.locator(".mm-one")).to_have_text(film_says(FOUND, 3, 9.0))
    expect(player.locator(".mm-now")).to_contain_text("frame 5: ")
    expect(player.get_by_role("combobox", name="film")).to_have_value("3")


def test_a_screen_reader_hears_names_and_values(player: Locator) -> None:
    expect(player).to_have_attribute("aria-label", "film player")
    expect(player.get_by_role("img", name="usual, frame 0: no score yet.")).to_be_visible()
    expect(threshold(player)).to_have_attribute("aria-valuetext", "threshold 0.5")
    expect(player.get_by_role("status")).to_have_attribute("aria-live", "polite")


def test_nothing_jumps_when_film_and_threshold_change(player: Locator) -> None:
    def places() -> list[dict]:
        parts = player.locator(".mm-control, canvas, .mm-now, .mm-chart, .mm-said, .mm-legend")
        return [part.bounding_box() for part in parts.all()]

    before = places()
    for name in NAMES:
        player.get_by_role("combobox", name="film").select_option(name)
        for key in ("Home", "End"):
            threshold(player).press(key)
            assert places() == before


def test_names_are_text_not_html(player: Locator) -> None:
    player.get_by_role("combobox", name="film").select_option("<b>late</b>")
    expect(player.locator(".mm-one")).to_contain_text("<b>late</b>:")
    assert player.locator("b").count() == 0


def test_the_page_asks_nobody_and_complains_of_nothing(page: NotebookPage) -> None:
    assert page.outside == []
    assert page.errors == []
