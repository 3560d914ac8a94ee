"""The mood lab and its static twin: what is asked of the judge, what is said, what is refused."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import traitlets

from mmtutor import plots
from mmtutor.datasets import moods
from mmtutor.plots.mood_lab import Scene, Verdict, model_says, rule_says, verdicts
from mmtutor.widgets import MoodLab

Seen = tuple[bool, bool, bool]


def judge(text: str, face: torch.Tensor, wave: torch.Tensor, there: Seen) -> Verdict:
    """Knows the sense of the words and nothing else; looks evenly at whatever it may see."""
    if not text:
        raise ValueError("type at least one word")
    assert face.dtype == torch.uint8 and wave.dtype == torch.int16
    sense = moods.sense_of(text)
    positive = 0.5 if sense is None or not there[0] else 0.05 + 0.9 * sense
    shares = tuple(float(seen) / sum(there) for seen in there)
    return Verdict(positive, shares, tuple(w for w in text.split() if w not in moods.WORDS))


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


# ---------------------------------------------------------------------------- what is said


@pytest.mark.parametrize(
    ("eyes", "says"),
    [
        (0, "The eyes are open: the words decide, and negative is meant."),
        (1, "Both eyes are shut: the mouth decides, and positive is meant."),
        (2, "A wink: the voice decides, and negative is meant."),
    ],
)
def test_the_rule_says_who_decides_and_what_is_meant(eyes: int, says: str) -> None:
    assert rule_says(Scene("the film was awful", eyes, 1, 0)) == says


@pytest.mark.parametrize("text", ["the film was", "an awful lovely film"])
def test_words_without_one_sense_decide_nothing(text: str) -> None:
    assert rule_says(Scene(text, 0, 1, 0)).endswith("but no single sense is among them.")
    assert Scene(text, 2, 1, 0).meant == 0  # the voice decides all the same


def test_an_ordinary_film_is_neutral() -> None:
    assert "neutral is meant" in rule_says(Scene("an ordinary film", 0, 1, 0))


def test_the_judge_sees_everything_and_then_all_but_one() -> None:
    asked: list[Seen] = []

    def asks(text: str, face: torch.Tensor, wave: torch.Tensor, there: Seen) -> Verdict:
        asked.append(there)
        return judge(text, face, wave, there)

    verdicts(asks, Scene("a lovely film", 0, 0, 0))
    assert asked == [(True,) * 3, (False, True, True), (True, False, True), (True, True, False)]


def test_what_covering_changes_is_said() -> None:
    found = verdicts(judge, Scene("an awful film", 0, 1, 1))
    assert model_says(found) == "The model says negative, 95 %."
    turned = "With words covered: the model says positive, 50 %; the answer turns."
    assert model_says(found, 1) == turned
    assert model_says(found, 2) == (
        "With face covered: the model says negative, 95 %; the answer stays."
    )


@pytest.mark.parametrize("wrong", [Verdict(1.5, (0, 0, 1)), Verdict(0.5, (0.2, float("nan"), 0))])
def test_a_verdict_that_is_none_is_refused(wrong: Verdict) -> None:
    with pytest.raises(ValueError, match="a probability and three shares"):
        verdicts(lambda *scene: wrong, Scene("a lovely film", 0, 0, 0))


# ---------------------------------------------------------------------------- the widget in Python


def test_it_follows_every_choice() -> None:
    lab = MoodLab(judge, "the soup was awful")
    assert lab.sentences[0].startswith("The eyes are open: the words decide, and negative")
    faces = {lab._face}
    lab.eyes = 2
    assert lab.sentences[0] == "A wink: the voice decides, and positive is meant."
    faces.add(lab._face)
    lab.mouth = 1
    faces.add(lab._face)
    lab.person = 3
    faces.add(lab._face)
    assert len(faces) == 4
    before = lab._wave
    lab.tone = 0
    assert lab._wave != before and "negative is meant" in lab.sentences[0]


def test_the_page_gets_the_face_and_the_voice_of_the_data() -> None:
    lab = MoodLab(judge, eyes=1, mouth=1, tone=0, person=7)
    assert lab._face == moods.draw_face(1, 1, 7).numpy().tobytes()
    assert np.array_equal(np.frombuffer(lab._wave, "<i2"), moods.say(0, 7).numpy())


def test_covering_asks_nobody() -> None:
    count = 0

    def counts(*scene: object) -> Verdict:
        nonlocal count
        count += 1
        return judge(*scene)

    lab = MoodLab(counts, "the soup was awful")
    lab.covered = 1
    assert count == 4 and lab.sentences[1].startswith("With words covered:")
    lab.tone = 0
    assert count == 8


def test_what_the_judge_cannot_read_is_said_and_the_scene_stays() -> None:
    lab = MoodLab(judge, "the soup was awful")
    shown = lab._shown
    lab.text = ""
    assert lab._error == "type at least one word" and lab._shown is shown
    lab.text = "the zzz was lovely"
    assert lab._error == "" and lab._shown["unknown"] == ["zzz"]


@pytest.mark.parametrize(("name", "last"), [("eyes", 2), ("mouth", 1), ("tone", 1), ("covered", 3)])
def test_a_choice_stays_inside(name: str, last: int) -> None:
    lab = MoodLab(judge)
    setattr(lab, name, last)
    for outside in (-1, last + 1):
        with pytest.raises(traitlets.TraitError, match=f"{name} must lie from 0 to {last}"):
            setattr(lab, name, outside)


def test_a_first_text_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one word"):
        MoodLab(judge, "")


def test_it_says_what_it_is() -> None:
    assert repr(MoodLab(judge)).startswith("Mood lab with “the film was lovely”, live in")


def test_the_page_has_the_colours_of_the_course() -> None:
    style = str(MoodLab._css)
    colours = {"words": plots.TEXT, "face": plots.PICTURE, "voice": plots.SOUND}
    for name, colour in colours.items():
        assert f"--mm-of-{name}: {colour};" in style


# ---------------------------------------------------------------------------- the static twin


def test_the_figure_shows_the_verdicts_and_the_shares() -> None:
    figure = plots.mood_lab(judge, "the film was awful", eyes=2, mouth=0, tone=1)
    points = [line.get_xdata()[0] for line in figure.axes[2].lines if line.get_marker() == "o"]
    assert points == pytest.approx([5, 50, 5, 5])
    shares = [bar.get_width() for bar in figure.axes[3].patches]
    assert shares == pytest.approx([100 / 3] * 3)
    assert "A wink: the voice decides, and positive is meant." in figure.description
    assert "With words covered: the model says positive, 50 %" in figure.description


def test_no_text_lies_on_another() -> None:
    figure = plots.mood_lab(judge, "what i saw today was that wonderful concert")
    figure.canvas.draw()
    texts = [
        t
        for axes in figure.axes
        for t in (*axes.texts, axes.title, axes.xaxis.label, *axes.get_yticklabels())
    ]
    boxes = [t.get_window_extent().padded(-1) for t in texts if t.get_text()]
    assert not any(boxes[i].overlaps(boxes[j]) for i in range(len(boxes)) for j in range(i))
