"""The scene chat and its static twin: what is drawn, asked, answered, judged and refused."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import traitlets

from mmtutor import plots
from mmtutor.datasets.asking.by_hand import Thing, draw_things
from mmtutor.plots.scene_chat import Turn, asked, look_says, tidied
from mmtutor.widgets import SceneChat
from mmtutor.widgets.scene_chat import MOST, TURNS, as_numbers

STAR, HEART = Thing("star", "blue", 4, 6), Thing("heart", "red", 40, 40)
GRID = (2, 4)
COLOUR = "what colour is the star ?"


def ask(picture, question):
    """Says "blue" if the picture has more blue than red ink; looks at as many as it has words."""
    if "zebra" in question:
        raise ValueError("conversations here do not have the word 'zebra'")
    red, _, blue = (255.0 - picture).sum((1, 2))
    look = torch.zeros(8)
    look[len(question.split()) % 8] = 0.5
    return ("blue" if blue < red else "red"), look


@pytest.fixture
def chat() -> SceneChat:
    return SceneChat(ask, [STAR, HEART._replace(size=0)], GRID, COLOUR)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


# ---------------------------------------------------------------------------- one turn


def test_a_turn_knows_what_is_right() -> None:
    turn = asked(ask, [STAR], "What colour is the STAR?", GRID)
    assert turn[:3] == (COLOUR, "blue", "blue") and turn.verdict == "right"
    turn = asked(ask, [STAR._replace(colour="red")], "what colour is the star?", GRID)
    assert turn.right and turn.answer == "red"
    turn = asked(ask, [STAR], "how many stars are there ?", GRID)
    assert turn.right is False and turn.verdict == "wrong: the answer is one"
    turn = asked(ask, [STAR], "is it nice ?", GRID)
    assert turn.right is None and turn.verdict == "no clear answer is known"


def test_the_look_is_said() -> None:
    turn = Turn("", "", None, np.array([0.1, 0.1, 0.1, 0.1, 0.2, 0.4, 0.0, 0.0]))
    assert look_says(turn, 4) == "As it answered, it looked most at patch row 1, column 1: 0.40."


def test_a_question_is_tidied() -> None:
    assert tidied(" Is  it Red?") == "is it red ?" and tidied("describe it") == "describe it"


@pytest.mark.parametrize(
    ("look", "sentence"),
    [
        (torch.ones(7), "each of 2 x 4 patches"),
        (-torch.ones(8), "from 0 on"),
        (torch.full((8,), torch.nan), "from 0 on"),
    ],
)
def test_a_look_that_is_none_is_refused(look, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        asked(lambda picture, question: ("red", look), [STAR], COLOUR, GRID)


# ---------------------------------------------------------------------------- the widget in Python


def test_another_colour_is_drawn_and_asked_about_anew(chat: SceneChat) -> None:
    assert chat.answer == "blue" and chat._shown["right"]
    before = chat._pixels
    chat.things = [[1, 0, 4, 6, 3], chat.things[1]]
    assert chat.answer == "red" and chat._shown["right"] and chat._pixels != before
    assert chat._log == []


def test_the_page_gets_the_pixels_and_the_look(chat: SceneChat) -> None:
    chat.things = [as_numbers(HEART)]
    pixels = np.frombuffer(chat._pixels, np.uint8).reshape(64, 64, 3)
    assert np.array_equal(pixels, draw_things([HEART]).permute(1, 2, 0).numpy())
    chat.question = "describe"
    assert np.frombuffer(chat._look, "<f4").argmax() == 1


def test_what_was_said_before_is_kept(chat: SceneChat) -> None:
    chat.question = "how many stars are there?"
    chat.question = "are there red stars?"
    assert chat._log == [
        {"question": COLOUR, "answer": "blue", "right": True},
        {"question": "how many stars are there ?", "answer": "blue", "right": False},
    ]
    for turn in range(TURNS + 3):
        chat.question = f"{turn} ?"
    assert len(chat._log) == TURNS and chat._log[-1]["question"] == f"{TURNS + 1} ?"


def test_each_change_asks_once() -> None:
    questions = []

    def counts(picture, question):
        questions.append(question)
        return ask(picture, question)

    chat = SceneChat(counts, [STAR], GRID, COLOUR)
    chat.things = [as_numbers(STAR), as_numbers(HEART)]
    chat.question = "a ?"
    chat.chosen, chat.lit = 1, False
    assert questions == [COLOUR, COLOUR, "a ?"]


def test_what_the_model_cannot_read_is_said_and_the_turn_stays(chat: SceneChat) -> None:
    chat.question = "where is the zebra ?"
    assert chat._error.endswith("the word 'zebra'")
    assert chat._shown["question"] == COLOUR and chat._log == []
    chat.things = [[1, 0, 4, 6, 3]]
    assert chat.answer == "red" and chat._error == ""


def test_only_questions_with_a_clear_answer_are_offered(chat: SceneChat) -> None:
    offered = chat._shown["questions"]
    assert list(offered) == [
        *("colour", "row", "column", "count", "exists", "relation", "comparison", "two-step")
    ]
    assert "is the star above the heart ?" in offered["relation"]
    chat.things = [*chat.things, [1, 0, 40, 6, 3]]  # a red star beside a blue one
    assert not any(chat._shown["questions"].values())
    assert chat._shown["right"] is None


def test_the_chosen_thing_stays_inside_a_smaller_scene(chat: SceneChat) -> None:
    chat.chosen = 1
    chat.things = chat.things[:1]
    assert chat.chosen == 0
    for outside in (-1, 1):
        with pytest.raises(traitlets.TraitError, match="chosen must lie from 0 to 0"):
            chat.chosen = outside


@pytest.mark.parametrize(
    ("things", "sentence"),
    [
        ([], "from 1 to 6 things, not 0"),
        ([[1, 0, 4, 6, 3]] * (MOST + 1), "not 7"),
        ([[1, 0, 60, 6, 3]], "the star does not lie on the canvas"),
        ([[1, 0, -1, 6, 3]], "the star does not lie on the canvas"),
        ([[12, 0, 4, 6, 3]], "This is no scene"),
        ([[1, 0, 4]], "This is no scene"),
        ([[1, 0, 4, 6, 7]], "This is no scene"),
    ],
)
def test_a_scene_that_there_cannot_be_is_refused(chat: SceneChat, things, sentence: str) -> None:
    before = chat._pixels
    with pytest.raises(traitlets.TraitError, match=sentence):
        chat.things = things
    assert chat._pixels == before


def test_a_chat_about_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="from 1 to 6 things, not 0"):
        SceneChat(ask, [], GRID, COLOUR)


def test_it_says_what_it_is(chat: SceneChat) -> None:
    assert repr(chat) == "Scene chat about 2 things, live in a running notebook"


def test_the_page_has_the_colours_of_the_course() -> None:
    assert f"--mm-key: {plots.KEY};" in str(SceneChat._css)


# ---------------------------------------------------------------------------- the static twin


def test_the_figure_shows_each_question_and_says_the_answers() -> None:
    questions = [COLOUR, "is the star left of the heart ?"]
    figure = plots.scene_chat(ask, [STAR, HEART], GRID, questions)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles[0] == "what colour is the\nstar ?\n“red”\nlook: 0.50"
    assert figure.description == (
        "what colour is the star ? “red”, wrong: the answer is blue; "
        "is the star left of the heart ? “red”, wrong: the answer is yes."
    )
