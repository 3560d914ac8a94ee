"""Words and their numbers: there and back, and what nobody can read."""

import pytest
import torch

from mmtutor.datasets.scenes import ANSWERS, LONGEST, WORDS, encode


def test_questions_survive_words_and_numbers(few):
    texts = [few.question(scene) for scene in range(len(few))]
    assert torch.equal(encode(texts), few.questions)
    assert torch.equal(encode([text.capitalize() + "?" for text in texts]), few.questions)
    assert few.questions.shape[1] == LONGEST
    assert len(set(WORDS)) == len(WORDS) and len(set(ANSWERS)) == len(ANSWERS)


def test_no_question_gives_no_row():
    assert encode([]).shape == (0, LONGEST)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("what colour is the elephant", "'elephant' is not among what, colour"),
        ("·", "'·' is not among"),
        ("", f"1 to {LONGEST} words, not 0"),
        ("is the star above the heart star", f"1 to {LONGEST} words, not 7"),
    ],
)
def test_questions_that_nobody_can_read(text, message):
    with pytest.raises(ValueError, match=message):
        encode([text])
