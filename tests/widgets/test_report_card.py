"""The report card in Python: what the page gets, what lies behind a dot, what is refused."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import traitlets
from torch import nan

from mmtutor.datasets.corrupting import noise
from mmtutor.datasets.exam import Item
from mmtutor.datasets.exam.showing import word
from mmtutor.metrics.intervals import Interval, wilson
from mmtutor.plots.examination import LOOKS
from mmtutor.widgets import ReportCard
from mmtutor.widgets.report_card import LETTERS, look_of

SCENES = [{"things": [["star", "red", 2 + 10 * n, 8, 0]]} for n in range(4)]
WORD = {"text": "bit", "colour": "black", "left": 1, "top": 32, "seed": 3}


def item(number: int, dimension: str, medium: str, shows: dict) -> Item:
    """An item that asks for yes or no."""
    name = f"{dimension} {number}"
    return Item(name, dimension, "exists", f"is it {name} ?", "yes", ("no", "yes"), medium, shows)


ITEMS = (
    *(item(number, "presence", "scene", shows) for number, shows in enumerate(SCENES)),
    item(0, "reading", "word", WORD),
    item(0, "time", "film", {"seed": 7, "count": 2, "number": 1}),
    item(0, "sound", "sound", {"number": 4}),
)
CARD = {
    "sees": {"presence": Interval(0.5, 0.25, 0.75), "reading": wilson(1, 1)},
    "guesses": {"presence": wilson(2, 4), "time": wilson(0, 1), "sound": wilson(0, 1)},
}
OUTCOMES = {"sees": "rw-rr..", "guesses": "rrww.?w", "not shown": "......."}
SAID = {"sees": {"presence 1": "<b>no</b>"}}
SPOILT = {
    "noise": {"sees": {0: Interval(0.9, 0.8, 1.0), 0.25: Interval(0.4, 0.3, 0.5)}},
    "typeface": {"sees": {"STIXGeneral": Interval(0.5, 0.4, 0.6)}},
    "rain": {"guesses": {1: Interval(0.5, 0.4, 0.6)}},
}


def given(**other: object) -> dict[str, object]:
    """All that a report card takes, some of it replaced."""
    usual = {"card": CARD, "items": ITEMS, "outcomes": OUTCOMES, "said": SAID}
    return usual | {"against": {"chance": {"presence": 0.5}}, "spoilt": SPOILT} | other


@pytest.fixture
def desk() -> ReportCard:
    return ReportCard(**given())


def marks(outcomes: dict[int, str]) -> list[SimpleNamespace]:
    """What a sitter gets for some of the items."""
    reply = SimpleNamespace(text="well")
    return [SimpleNamespace(item=ITEMS[n], reply=reply, outcome=x) for n, x in outcomes.items()]


def test_the_page_gets_every_dot_with_what_was_failed_and_sat(desk: ReportCard) -> None:
    view = desk._given["views"][0]
    assert view["rows"] == ["presence", "reading", "time", "sound"]
    sees, guesses = view["cells"]
    assert sees == [[0.5, 0.25, 0.75, 2, 4], [*wilson(1, 1), 0, 1], None, None]
    assert [cell and cell[3:] for cell in guesses] == [[2, 4], None, [1, 1], [1, 1]]
    assert desk._given["levels"] == [["chance", [0.5, None, None, None]]]


def test_strengths_are_rows_of_their_own(desk: ReportCard) -> None:
    noise_rows, faces = desk._given["views"][1:3]
    assert noise_rows["rows"] == ["0", "0.25"]
    dots = [[0.9, 0.8, 1.0, None, None], [0.4, 0.3, 0.5, None, None]]
    assert noise_rows["cells"] == [dots, [None, None]]
    assert (faces["name"], faces["rows"]) == ("typeface", ["STIXGeneral"])


def test_no_picture_is_sent_before_it_is_asked_for(desk: ReportCard) -> None:
    assert "pixels" not in desk._item
    assert b"pixels" not in str(desk._given).encode()


def test_a_dot_opens_the_items_that_were_failed_one_by_one(desk: ReportCard) -> None:
    desk.opened = ["sees", "presence"]
    first = desk._item
    assert (first["id"], first["count"], first["page"]) == ("presence 1", 2, 0)
    assert (first["outcome"], first["said"]) == ("wrong", "<b>no</b>")
    assert (first["question"], first["answer"]) == ("is it presence 1 ?", "yes")
    assert first["shown"] == "a scene with red star"
    pixels = np.frombuffer(first["pixels"], np.uint8).reshape(*first["sizes"], 3)
    assert np.array_equal(pixels[0], ITEMS[1].shown().permute(1, 2, 0).numpy())
    desk.page = 1
    assert (desk._item["id"], desk._item["outcome"], desk._item["said"]) == (
        *("presence 2", "refused"),
        None,
    )


def test_another_dot_begins_with_its_first_item(desk: ReportCard) -> None:
    desk.opened = ["sees", "presence"]
    desk.page = 1
    desk.opened = ["guesses", "presence"]
    assert (desk.page, desk._item["id"]) == (0, "presence 2")
    desk.opened = ["sees", "reading"]
    assert desk._item == {"dot": ["sees", "reading"], "count": 0, "page": 0}


def test_of_two_models_only_what_the_other_has_right(desk: ReportCard) -> None:
    desk.order, desk.alone, desk.opened = "gap", True, ["sees", "presence"]
    assert (desk._item["count"], desk._item["id"]) == (1, "presence 1")
    desk.opened = ["guesses", "presence"]
    assert (desk._item["count"], desk._item["id"]) == (1, "presence 3")
    desk.order = "exam"
    assert desk._item["count"] == 2


def test_films_are_frames_and_sounds_are_waves_with_a_file(desk: ReportCard) -> None:
    desk.opened = ["guesses", "time"]
    assert desk._item["sizes"] == [8, 16, 16] and len(desk._item["pixels"]) == 8 * 16 * 16 * 3
    desk.opened = ["guesses", "sound"]
    wave = ITEMS[6].shown()
    peaks = np.array(desk._item["peaks"])
    assert peaks.shape == (160, 2) and (peaks[:, 0] <= peaks[:, 1]).all()
    assert peaks.max() == pytest.approx(wave.max().item(), abs=1e-3)
    assert desk._item["wav"][:4] == b"RIFF"


def test_a_strength_shows_pictures_made_worse_by_it(desk: ReportCard) -> None:
    desk.rows = "noise"
    desk.opened = ["sees", "0.25"]
    assert desk._item["count"] == 4 and "outcome" not in desk._item
    pixels = np.frombuffer(desk._item["pixels"], np.uint8).reshape(64, 64, 3)
    worse = noise(ITEMS[0].shown(), 0.25, 0)
    assert np.array_equal(pixels, worse.permute(1, 2, 0).numpy())
    desk.rows = "typeface"
    assert desk.opened == [] and desk._item["count"] == 0
    desk.opened = ["sees", "STIXGeneral"]
    other_face = word(**WORD, face="STIXGeneral").permute(1, 2, 0).contiguous()
    assert desk._item["pixels"] == other_face.numpy().tobytes()


def test_of_a_way_that_is_not_known_there_is_no_picture(desk: ReportCard) -> None:
    desk.rows = "rain"
    desk.opened = ["guesses", "1"]
    assert desk._item["count"] == 0


def test_own_marks_are_added_and_replaced(desk: ReportCard) -> None:
    desk.add("mine", marks({0: "right", 1: "wrong", 4: "unclear"}))
    cells = desk._given["views"][0]["cells"][2]
    assert cells[0][0] == 0.5 and cells[0][3:] == [1, 2]
    assert cells[1] == [*wilson(0, 1), 1, 1] and cells[2:] == [None, None]
    assert desk.models == ["sees", "guesses", "mine"]
    desk.opened = ["mine", "reading"]
    assert desk._item["said"] == "well"
    desk.add("mine", marks({0: "right"}))
    assert desk._given["models"] == ["sees", "guesses", "mine"]
    assert desk._given["views"][0]["cells"][2] == [[*wilson(1, 1), 0, 1], None, None, None]
    assert desk.opened == []


@pytest.mark.parametrize(
    ("name", "some", "says"),
    [
        ("mine", [], "“mine” has no marks"),
        (" ", marks({0: "right"}), "a name is needed"),
        ("mine", iter(["right"]), "as sit gives: not str"),
        ("mine", marks({0: "half"}), "right, wrong, refused or unclear, not “half”"),
    ],
)
def test_what_are_no_marks_is_refused(desk: ReportCard, name: str, some, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        desk.add(name, some)
    assert desk._given["models"] == ["sees", "guesses"]


def test_marks_of_another_exam_are_refused(desk: ReportCard) -> None:
    other = marks({0: "right"})
    other[0].item = item(0, "presence", "scene", SCENES[3])
    with pytest.raises(ValueError, match="another exam: this one has no such item “presence 0”"):
        desk.add("mine", other)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"card": {}}, "needs a model"),
        ({"card": {"new": {}}}, "“new” is in card, but has no outcomes"),
        ({"outcomes": OUTCOMES | {"sees": "rr"}}, "“sees” has 2 outcomes, and the exam 7 items"),
        ({"outcomes": OUTCOMES | {"sees": "rrrrrrx"}}, "outcomes x; there are r w - \\? \\."),
        ({"card": {"sees": {"smell": wilson(1, 2)}}}, "“smell”, and no item examines that"),
        ({"card": {"sees": {"time": Interval(50.0, 40.0, 60.0)}}}, "must lie from 0 to 1"),
        ({"card": {"sees": {"time": Interval(nan, 0.0, 1.0)}}}, "must lie from 0 to 1"),
        ({"spoilt": {"noise": {"new": {}}}}, "“new” is in spoilt under “noise”, but not in card"),
        ({"spoilt": {"blur": {"sees": {"much": wilson(1, 2)}}}}, "must be a number from 0"),
    ],
)
def test_what_does_not_fit_is_refused(other: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ReportCard(**given(**other))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("models", ["nobody"], "models has “nobody”; there are sees, guesses"),
        ("dimensions", ["smell"], "dimensions has “smell”"),
        ("between", ["sees"], "between needs two models, not 1"),
        ("between", ["sees", "nobody"], "between has “nobody”"),
        ("order", "abc", "gap"),
        ("rows", "fog", "rows must be dimensions or noise or typeface or rain"),
        ("opened", ["sees", "time"], "there is no dot of"),
        ("opened", ["sees"], "there is no dot of"),
        ("page", 1, "page must lie from 0 to 0, not 1"),
    ],
)
def test_what_there_is_not_cannot_be_set(desk: ReportCard, name: str, value, says: str) -> None:
    with pytest.raises(traitlets.TraitError, match=says):
        setattr(desk, name, value)


def test_what_is_given_stays_the_readers_own(desk: ReportCard) -> None:
    desk.add("mine", marks({0: "right"}))
    assert list(CARD) == ["sees", "guesses"] and "mine" not in {**OUTCOMES, **SAID}


def test_the_letters_are_those_of_the_shipped_results() -> None:
    assert LETTERS == {"r": "right", "w": "wrong", "-": "refused", "?": "unclear", ".": "not sat"}


def test_every_model_has_a_look_of_its_own() -> None:
    looks = [look_of(place) for place in range(len(LOOKS) ** 2)]
    assert len(set(looks)) == len(looks)
    assert looks[0] == LOOKS[0]


def test_the_first_five_models_are_shown() -> None:
    card = {f"model {n}": {"time": wilson(n, 9)} for n in range(9)}
    desk = ReportCard(card, ITEMS, dict.fromkeys(card, ".....r."))
    assert desk.models == [f"model {n}" for n in range(5)]


def test_it_says_what_it_is(desk: ReportCard) -> None:
    assert repr(desk) == "Report card of 2 models in 4 dimensions, live in a running notebook"


def test_every_sign_of_the_static_twin_is_drawn_on_the_page() -> None:
    signs = re.search(r"const SIGNS = \{(.*?)\n\};", str(ReportCard._esm), re.S)[1]
    assert {mark for _, mark in LOOKS} == set(re.findall(r'^\s*"?(.)"?: "M', signs, re.M))
