"""Questions: every answer is true and clear, and nobody answers without looking."""

import math
from collections import Counter, defaultdict

import pytest
import torch

from mmtutor.datasets.scenes import (
    CHANCE,
    COLOURS,
    KINDS,
    MARGIN,
    NOTHING,
    NUMBERS,
    QUESTIONS,
    ROWS,
    SIDE,
    TYPES,
    make_scenes,
)
from tests.datasets.scenes.reader import SIGMAS, assert_true, middle, of_type, there

# ── Answers are true ──────────────────────────────────────────────────────────────────────────────


def test_answers_are_true(few):
    assert_true(few)


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_every_answer(scenes, name):
    found = {scenes.answer(i) for i in of_type(scenes, name).nonzero().flatten().tolist()}
    yes_no = {"yes", "no"}
    expected = {"colour": {*COLOURS}, "row": {*ROWS}, "side": {*KINDS}, "count": {*NUMBERS}}
    assert found == expected.get(name, yes_no)


def test_both_sides_and_all_types_are_asked_equally(scenes):
    asked = Counter(scenes.types.tolist())
    assert max(abs(n / len(scenes) - 1 / len(TYPES)) for n in asked.values()) < 0.012  # 4.5 sigma
    sides = Counter(
        scenes.question(i).split()[-1] for i in of_type(scenes, "side").nonzero().flatten().tolist()
    )
    assert abs(sides["left"] / sides.total() - 1 / 2) < 0.04


def test_questions_have_the_words_of_their_type(few):
    for scene in range(500):
        words = iter(few.question(scene).split())
        for expected, found in zip(QUESTIONS[TYPES[few.types[scene]]].split(), words, strict=True):
            assert found in (KINDS if expected[1:2].isdigit() else (expected, "left", "right"))


def test_no_answer_about_places_is_a_matter_of_opinion(few):
    for scene in of_type(few, "row", "side", "above").nonzero().flatten().tolist():
        objects, words = there(few, scene), few.question(scene).split()
        across = sorted(middle(box)[0] for _, box in objects.values())
        downs = [middle(objects[word][1])[1] for word in words if word in KINDS]
        if words[0] == "which":
            assert all(abs(downs[0] - line * SIDE / 3) >= MARGIN - 1 for line in (1, 2))
        elif words[0] == "is":
            assert abs(downs[0] - downs[1]) >= MARGIN
        elif words[-1] == "left":
            assert across[1] - across[0] >= MARGIN
        else:
            assert across[-1] - across[-2] >= MARGIN


def test_the_slot_that_is_asked_about(few):
    for scene in range(len(few)):
        name, slot = TYPES[few.types[scene]], int(few.asked[scene])
        if slot == NOTHING:
            assert name == "count" or (name, few.answer(scene)) == ("exists", "no")
            assert few.asked_boxes()[scene].tolist() == [0, 0, 0, 0]
            continue
        kind = list(KINDS)[few.kinds[scene, slot]]
        named = [word for word in few.question(scene).split() if word in KINDS]
        assert kind == (few.answer(scene) if name == "side" else named[0])
        assert torch.equal(few.asked_boxes()[scene], few.boxes[scene, slot])


# ── Nobody answers without looking ────────────────────────────────────────────────────────────────


def guesses(keys: list, answers: list[int]) -> dict:
    """The most frequent answer to each key."""
    seen = defaultdict(Counter)
    for key, answer in zip(keys, answers, strict=True):
        seen[key][answer] += 1
    return {key: counter.most_common(1)[0][0] for key, counter in seen.items()}


def blind_score(keys: list, answers: list[int]) -> tuple[float, int]:
    """What a guesser who knows one half scores on the other, and of how many."""
    half = len(keys) // 2
    learnt = guesses(keys[:half], answers[:half])
    asked = [
        (learnt[k], a) for k, a in zip(keys[half:], answers[half:], strict=True) if k in learnt
    ]
    return sum(guess == answer for guess, answer in asked) / len(asked), len(asked)


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("placement", ["anywhere", "jittered"])
def test_a_blind_guesser_is_at_chance(scenes, name, placement):
    if placement == "jittered":
        data = make_scenes(4_000, questions=(name,), placement=placement, seed=8)
    else:
        data = scenes
    chosen = of_type(data, name)
    answers = data.answers[chosen].tolist()
    by_text = list(map(tuple, data.questions[chosen].tolist()))
    for keys in (by_text, [name] * len(answers)):
        score, size = blind_score(keys, answers)
        error = math.sqrt(CHANCE[name] * (1 - CHANCE[name]) / size)
        assert score < CHANCE[name] + SIGMAS * error
