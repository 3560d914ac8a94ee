"""Open answers: what they commit to, and what they do not."""

import pytest

from mmtutor.datasets.asking import CHOICES, TYPES, parse


@pytest.mark.parametrize("kind", TYPES)
def test_every_choice_is_read_as_itself(kind):
    for choice in CHOICES[kind]:
        for text in (choice, f" {choice.upper()}. ", f"it is {choice} , i think", f"<{choice}>"):
            assert parse(text, kind) == choice


@pytest.mark.parametrize(
    ("text", "kind", "answer"),
    [
        ("", "colour", None),
        ("I do not know", "exists", None),
        ("red or blue", "colour", None),
        ("red red red", "colour", "red"),
        ("reddish", "colour", None),
        ("not red", "colour", None),
        ("not a red one", "colour", None),
        ("it isn't red , it is blue", "colour", "blue"),
        ("it isn’t red, it is blue", "colour", "blue"),
        ("not red but blue", "colour", "blue"),
        ("neither red nor blue", "colour", None),
        ("there is no red star", "colour", None),
        ("blue, not red", "colour", "blue"),
        ("no", "colour", None),
        ("notice", "exists", None),
        ("yesterday", "exists", None),
        ("no , there is none", "exists", "no"),
        ("not yes", "exists", None),
        ("yes and no", "relation", None),
        ("2", "count", "two"),
        ("12", "count", None),
        ("zero", "count", "none"),
        ("none", "count", "none"),
        ("no one", "count", None),
        ("one or two", "count", None),
        ("in the center", "column", "centre"),
        ("top left", "row", "top"),
        ("top left", "column", "left"),
        ("top or bottom", "row", None),
        ("fünf", "count", None),
    ],
)
def test_nasty_answers(text, kind, answer):
    assert parse(text, kind) == answer
