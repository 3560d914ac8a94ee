"""What an answer says: nasty texts, faulty parsers, and an outcome for every text."""

import pytest

from mmtutor.datasets.asking import parse_among
from mmtutor.metrics import parsing


@pytest.mark.parametrize("nasty", parsing.NASTY, ids=lambda nasty: nasty.text or "empty")
def test_the_courses_parser_reads_what_is_nasty(nasty):
    assert parse_among(nasty.text, nasty.options) == nasty.says
    assert parsing.careful(nasty.text, nasty.options) == nasty.says


@pytest.mark.parametrize("name", parsing.FAULTY)
def test_every_faulty_parser_is_wrong_in_a_way_of_its_own(name):
    wrong = {key: set(parsing.misread(parser)) for key, parser in parsing.FAULTY.items()}
    assert len(wrong[name]) >= 2
    assert not [other for other in wrong if other != name and wrong[other] == wrong[name]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("red", "right"),
        ("It is not blue: red", "right"),
        ("blue", "wrong"),
        ("", "refused"),
        ("  ", "refused"),
        ("I don’t know", "refused"),
        ("i do not know", "refused"),
        ("I am not sure, but it looks red", "right"),
        ("red or blue", "unclear"),
        ("yes", "unclear"),
    ],
)
def test_an_answer_has_one_outcome(text, found):
    assert parsing.outcome(text, ("red", "blue"), "red") == found


def test_a_parser_that_guesses_turns_refusals_into_answers():
    guess = parsing.FAULTY["never unclear"]
    assert parsing.outcome("i cannot tell", ("no", "yes"), "no", guess) == "right"


def test_words_with_a_hyphen_are_whole():
    assert parse_among("I heard a-o.", ("a-i", "a-o", "o-a")) == "a-o"
    assert parse_among("a o", ("a-i", "a-o")) is None


@pytest.mark.parametrize(("text", "says"), [("a or b? D", "D"), ("B.", "B"), ("b", None)])
def test_letters_count_where_they_are_large(text, says):
    assert parse_among(text, ("A", "B", "C", "D")) == says


def test_a_wrapped_answer_is_read_as_what_it_means_and_is_the_same_each_time():
    for number in range(40):
        text = parsing.wrapped("red", ("red", "blue", "green"), f"item {number}")
        assert text == parsing.wrapped("red", ("red", "blue", "green"), f"item {number}")
        assert parse_among(text, ("red", "blue", "green")) == "red"
    texts = {parsing.wrapped("red", ("red", "blue"), str(number)) for number in range(40)}
    assert len(texts) == len(parsing.WRAPS)


@pytest.mark.parametrize("text", ["No idea.", "no clue", "There is no way to tell."])
def test_no_idea_is_no_no(text: str) -> None:
    assert parsing.outcome(text, ("no", "yes"), "no") == "refused"


def test_who_refuses_and_names_an_option_has_answered() -> None:
    assert parsing.outcome("I am not sure: no", ("no", "yes"), "no") == "right"
    assert parsing.outcome("I have no idea, yes?", ("no", "yes"), "no") == "wrong"
