"""Words, numbers and conversations."""

import pytest

from mmtutor.datasets import asking
from mmtutor.datasets.asking import conversation, decode, encode, in_words
from mmtutor.datasets.telling import Group


def test_all_that_is_said_of_scenes_has_numbers_and_comes_back(asked):
    for scene, questions in asking.by_scene(asked, 3)[:300]:
        facts, references = asked.told.facts[scene], asked.told.references[scene]
        turns = [(question.text, question.answer) for question in questions]
        text = conversation([*turns, (asking.CAPTION_WISH, references[0])], 2, in_words(facts))
        assert decode(encode([text])) == [text]


def test_signs_have_the_first_numbers_and_no_number_comes_twice():
    signs = (asking.PADDING, asking.IMAGE_TOKEN, asking.USER_TOKEN, asking.MODEL_TOKEN, asking.END)
    assert signs == (0, 1, 2, 3, 4)
    assert len(set(asking.WORDS)) == len(asking.WORDS)


def test_several_of_a_kind_share_its_token():
    tokens = encode(["star stars"])[0].tolist()
    assert tokens[0] == tokens[1]
    assert asking.WORDS[tokens[2]] == "+s"


def test_padding_stands_on_the_side_that_is_wished_and_is_not_read():
    right, left = (encode(["red", "a red star"], 4, side) for side in ("right", "left"))
    assert right[0].tolist()[1:] == [0, 0, 0]
    assert left[0].tolist()[:3] == [0, 0, 0]
    assert decode(right) == decode(left) == ["red", "a red star"]
    assert encode([]).shape == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((["a red zebra"],), "'zebra'"),
        ((["a red star"], 2), "3 tokens"),
        ((["red"], 2, "top"), "'top'"),
    ],
)
def test_what_cannot_be_numbered_is_said(arguments, says):
    with pytest.raises(ValueError, match=says):
        encode(*arguments)


def test_a_conversation_without_an_answer_ends_where_the_model_is_to_speak():
    asked = conversation([("what ?", "red"), ("how many ?", None)], 2)
    assert asked == ("<image> <image> <user> what ? <model> red <end> <user> how many ? <model>")


def test_a_scene_in_words_says_columns_of_single_things_only():
    star = Group(1, "red", "star", "top", ((2, 4, 12, 14),))
    hearts = Group(2, "blue", "heart", "middle", ((2, 24, 12, 34), (40, 24, 50, 34)))
    told = "the star is one red top left . the hearts are two blue middle ."
    assert in_words((star, hearts)) == told


def test_questions_of_a_scene_come_together_and_each_once(asked):
    found = asking.by_scene(asked, 3)
    assert max(len(questions) for _, questions in found) == 3
    pairs = sorted((scene, question) for scene, questions in found for question in questions)
    assert pairs == sorted(zip(asked.scene.tolist(), asked.questions, strict=True))
