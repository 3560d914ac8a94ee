"""Scenes: what is drawn, what is asked, and that nobody answers without looking."""

import math
import time
from collections import Counter, defaultdict

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtutor.datasets.scenes import (
    ANSWERS,
    CHANCE,
    COLOURS,
    IGNORED,
    KINDS,
    LONGEST,
    LONGEST_CAPTION,
    MARGIN,
    NEEDED,
    NOTHING,
    NUMBERS,
    QUESTIONS,
    ROWS,
    SIDE,
    TYPES,
    WORDS,
    Scenes,
    as_input,
    encode,
    held_out_colour,
    make_scenes,
    patches_in_box,
)

FIELDS = tuple(Scenes.__dataclass_fields__)


@pytest.fixture(scope="module")
def scenes():
    return make_scenes(20_000, seed=11)


@pytest.fixture(scope="module")
def few():
    return make_scenes(3_000, seed=12)


# ── Plain Python's own view of a scene ────────────────────────────────────────────────────────────


def there(data: Scenes, scene: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Kind to colour and box, of every object in a scene."""
    rows = zip(data.kinds[scene].tolist(), data.colours[scene].tolist(), strict=True)
    boxes = data.boxes[scene].tolist()
    return {
        list(KINDS)[kind]: (list(COLOURS)[colour], tuple(box))
        for (kind, colour), box in zip(rows, boxes, strict=True)
        if kind != NOTHING
    }


def middle(box: tuple[int, ...]) -> tuple[float, float]:
    left, top, right, bottom = box
    return (left + right) / 2, (top + bottom) / 2


def true_answer(kind_of_question: str, words: list[str], objects: dict) -> str:
    """Answer a question as a reader would, from the list of objects alone."""
    named = [word for word in words if word in KINDS]
    across = {name: middle(box)[0] for name, (_, box) in objects.items()}
    down = {name: middle(box)[1] for name, (_, box) in objects.items()}
    if kind_of_question == "colour":
        return objects[named[0]][0]
    if kind_of_question == "row":
        return ROWS[int(down[named[0]] // (SIDE / 3))]
    if kind_of_question == "side":
        return (min if words[-1] == "left" else max)(across, key=across.get)
    if kind_of_question == "count":
        return NUMBERS[len(objects) - 1]
    if kind_of_question == "above":
        return "yes" if down[named[0]] < down[named[1]] else "no"
    return "yes" if named[0] in objects else "no"


def assert_true(data: Scenes) -> None:
    """Hold every answer of a set against plain Python's."""
    for scene in range(len(data)):
        name = TYPES[data.types[scene]]
        expected = true_answer(name, data.question(scene).split(), there(data, scene))
        assert data.answer(scene) == expected, (scene, data.question(scene))


def present(data: Scenes) -> torch.Tensor:
    return data.kinds != NOTHING


def of_type(data: Scenes, *names: str) -> torch.Tensor:
    return torch.isin(data.types, torch.tensor([TYPES.index(name) for name in names]))


# ── The same scenes everywhere ────────────────────────────────────────────────────────────────────


def test_the_same_seed_draws_the_same_scenes():
    one, same, other = (make_scenes(50, seed=seed) for seed in (1, 1, 2))
    for field in FIELDS:
        assert torch.equal(getattr(one, field), getattr(same, field)), field
    for field in ("pictures", "kinds", "colours", "boxes", "questions", "answers"):
        assert not torch.equal(getattr(one, field), getattr(other, field)), field


def test_nobody_elses_random_numbers_matter():
    torch.manual_seed(0)
    one = make_scenes(20).pictures
    torch.rand(7)
    before = torch.random.get_rng_state()
    assert torch.equal(make_scenes(20).pictures, one)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("count", [0, 1, 65])
def test_as_many_as_asked_for(count):
    data = make_scenes(count)
    assert len(data) == count
    assert {len(getattr(data, field)) for field in FIELDS} == {count}
    assert repr(data) == f"{count} scenes of up to 6 objects"


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


argument = st.fixed_dictionaries(
    {
        "kinds": st.integers(3, len(KINDS)),
        "placement": st.sampled_from(["anywhere", "jittered"]),
        "pairs": st.sampled_from(["seen", "held_out", "all"]),
        "questions": st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True),
        "seed": st.integers(0, 2**31),
    }
)


@settings(max_examples=40, deadline=None)
@given(arguments=argument, data=st.data())
def test_whatever_is_asked_for_is_drawn_and_true(arguments, data):
    room = min(arguments["kinds"] - 1, len(NUMBERS))
    most = data.draw(st.integers(max(NEEDED.get(q, 1) for q in arguments["questions"]), room))
    fewest = data.draw(st.integers(1, most))
    drawn = make_scenes(12, objects=(fewest, most), **arguments)
    numbers = present(drawn).sum(1)
    assert numbers.min() >= fewest and numbers.max() <= most
    assert drawn.kinds.max() < arguments["kinds"]
    assert all(len(there(drawn, scene)) == numbers[scene] for scene in range(12))  # no kind twice
    assert {TYPES[t] for t in drawn.types} <= set(arguments["questions"])
    assert_true(drawn)


# ── Boxes, ink, places ────────────────────────────────────────────────────────────────────────────


def test_boxes_are_tight_around_the_ink(few):
    for slot in range(few.kinds.shape[1]):
        ink = few.owners == slot
        shown = present(few)[:, slot]
        assert torch.equal(ink.flatten(1).any(1), shown)
        for low, high, line in ((0, 2, ink.any(1)), (1, 3, ink.any(2))):
            first = line.int().argmax(1)
            last = SIDE - line.flip(1).int().argmax(1)
            assert torch.equal(few.boxes[shown, slot, low], first[shown])
            assert torch.equal(few.boxes[shown, slot, high], last[shown])
        assert not few.boxes[~shown, slot].any()


@pytest.mark.parametrize("placement", ["anywhere", "jittered"])
def test_boxes_lie_inside_and_never_touch(placement):
    data = make_scenes(2_000, placement=placement, seed=5)
    assert data.boxes.min() >= 0 and data.boxes.max() <= SIDE
    for one in range(data.kinds.shape[1]):
        for other in range(one):
            a, b = data.boxes[:, one], data.boxes[:, other]
            gap = torch.maximum(a[:, :2] - b[:, 2:], b[:, :2] - a[:, 2:]).amax(1)
            both = present(data)[:, one] & present(data)[:, other]
            assert (gap[both] >= 1).all()


def test_ink_has_its_colour_and_paper_has_none(few):
    """A thin stroke is paler than its colour, but it takes red, green, blue in the same shares."""
    named = F.normalize(1 - torch.tensor(list(COLOURS.values())))
    taken = as_input(few.pictures)
    for slot in range(few.kinds.shape[1]):
        ink, shown = few.owners == slot, present(few)[:, slot]
        total = F.normalize((taken * ink.unsqueeze(1)).sum((2, 3))[shown])
        assert torch.equal((total @ named.T).argmax(1), few.colours[shown, slot])
    paper = taken.movedim(1, -1)[few.owners == NOTHING]
    assert paper.mean() < 0.02 and paper.max() < 0.4


def test_every_object_is_drawn_strongly_enough_to_be_read(few):
    """A fifth of its ink, and 15 pixels at least, have more than half of the full colour."""
    strong = as_input(few.pictures).amax(1) > 0.5
    for slot in range(few.kinds.shape[1]):
        ink, shown = few.owners == slot, present(few)[:, slot]
        count = (ink & strong).flatten(1).sum(1)[shown]
        assert count.min() >= 15
        assert (count / ink.flatten(1).sum(1)[shown]).min() > 0.2


def test_no_two_kinds_look_alike():
    from mmtutor.datasets.scenes import _stamps

    small = _stamps()[:, 0].flatten(1)  # 11 pixels: the hardest size
    apart = torch.cdist(small, small, p=1) + 1000 * torch.eye(len(KINDS))
    assert apart.min() > 15


def test_every_box_holds_the_middle_of_a_patch(scenes):
    boxes = scenes.boxes[present(scenes)]
    assert patches_in_box(boxes, grid=8).any(1).all()


def test_patches_in_box_by_hand():
    boxes = torch.tensor([[0, 0, 64, 64], [4, 12, 5, 21], [0, 0, 0, 0], [5, 0, 12, 64]])
    found = patches_in_box(boxes, grid=8).view(-1, 8, 8)
    assert found[0].all()
    assert found[1].nonzero().tolist() == [[1, 0], [2, 0]]  # the middle of a patch is at 4, 12, 20
    assert not found[2:].any()  # right and bottom do not belong to a box


def test_places_do_not_follow_the_patches(scenes):
    corners = scenes.boxes[present(scenes)]
    for side in range(4):
        share = (corners[:, side] % 8).bincount(minlength=8) / len(corners)
        assert share.min() > 0.08  # of 0.125


def test_jittered_objects_have_a_cell_of_their_own_and_the_others_go_anywhere():
    for placement in ("jittered", "anywhere"):
        data = make_scenes(2_000, placement=placement, objects=(6, 6), seed=3)
        middles = (data.boxes[..., :2] + data.boxes[..., 2:]) / 2
        cells = (middles / (SIDE / 3)).long() @ torch.tensor([1, 3])
        distinct = torch.tensor([len(set(row)) == 6 for row in cells.tolist()])
        assert distinct.all() if placement == "jittered" else not distinct.all()
        assert cells.flatten().bincount(minlength=9).min() > 0.08 * cells.numel()


def test_labels_agree_with_owners_and_kinds(few):
    labels = few.labels()
    assert torch.equal(labels == 0, few.owners == NOTHING)
    for scene in range(300):
        for slot in range(few.kinds.shape[1]):
            shown = labels[scene][few.owners[scene] == slot]
            assert (shown == few.kinds[scene, slot] + 1).all()


def test_what_a_network_reads():
    data = make_scenes(3)
    read = as_input(data.pictures)
    assert data.pictures.dtype == torch.uint8
    assert read.dtype == torch.float32 and read.min() >= 0 and read.max() <= 1
    torch.testing.assert_close(255 * (1 - read), data.pictures.float())


# ── Pairs held out ────────────────────────────────────────────────────────────────────────────────


def held(data: Scenes) -> torch.Tensor:
    """Which objects are in the colour that their kind never has in training."""
    return (data.colours == held_out_colour(data.kinds)) & present(data)


def test_held_out_pairs(few):
    assert not held(few).any()
    test = make_scenes(1_000, pairs="held_out", seed=1)
    assert held(test)[:, 0].all() and not held(test)[:, 1:].any()
    about = of_type(test, "colour", "row")
    assert (test.asked[about] == 0).all()
    both = make_scenes(1_000, pairs="all", seed=1)
    share = held(both).sum() / present(both).sum()
    assert abs(share - 1 / len(COLOURS)) < 0.03


def test_every_kind_has_one_held_out_colour_and_every_colour_two_kinds():
    colours = held_out_colour(torch.arange(len(KINDS)))
    assert colours.bincount().tolist() == [2] * len(COLOURS)


# ── Nobody answers without looking ────────────────────────────────────────────────────────────────

SIGMAS = 4
"""A fair guesser exceeds chance by so many standard errors once in 30,000 tests."""


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


def test_the_object_that_is_asked_about_stands_in_each_row_as_often(scenes):
    chosen = of_type(scenes, "row")
    shares = scenes.answers[chosen].bincount(minlength=len(ANSWERS)) / chosen.sum()
    rows = shares[[ANSWERS.index(row) for row in ROWS]]
    assert (rows - 1 / 3).abs().max() < SIGMAS * math.sqrt(2 / 9 / int(chosen.sum()))


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────


def test_questions_survive_words_and_numbers(few):
    texts = [few.question(scene) for scene in range(len(few))]
    assert torch.equal(encode(texts), few.questions)
    assert torch.equal(encode([text.capitalize() + "?" for text in texts]), few.questions)
    assert few.questions.shape[1] == LONGEST
    assert len(set(WORDS)) == len(WORDS) and len(set(ANSWERS)) == len(ANSWERS)


def test_questions_have_the_words_of_their_type(few):
    for scene in range(500):
        words = iter(few.question(scene).split())
        for expected, found in zip(QUESTIONS[TYPES[few.types[scene]]].split(), words, strict=True):
            assert found in (KINDS if expected[1:2].isdigit() else (expected, "left", "right"))


def test_no_question_gives_no_row():
    assert encode([]).shape == (0, LONGEST)


def test_captions_name_exactly_what_stands_there(few):
    for scene in range(500):
        nouns = few.caption(scene).replace(" and ", ", ").split(", ")
        objects = there(few, scene)
        assert len(nouns) == len(objects)
        for noun, (kind, (colour, _)) in zip(nouns, objects.items(), strict=True):
            article = "an" if colour == "orange" else "a"
            assert noun == f"{article} {colour} {kind}"


def test_commas_and_and():
    captions = {}
    data = make_scenes(100, seed=4)
    for scene in range(100):
        captions[int(present(data)[scene].sum())] = data.caption(scene)
    assert "and" not in captions[1] and "," not in captions[1]
    assert captions[2].count(" and ") == 1 and "," not in captions[2]
    for number in range(3, 7):
        assert captions[number].count(",") == number - 2
        assert captions[number].count(" and ") == 1


def test_captions_as_numbers_read_back(few):
    part = make_scenes(200, seed=7)
    for scene, row in enumerate(part.captions().tolist()):
        words = " ".join(WORDS[word] for word in row if word)
        assert words == part.caption(scene).replace(",", "")
    full = make_scenes(50, objects=(6, 6)).captions()
    assert full.shape == (50, LONGEST_CAPTION) and full.all()  # the longest ones fill it


def test_every_question_about_a_scene_is_true():
    data = make_scenes(200, seed=9)
    questions, answers = data.every_question()
    for scene in range(len(data)):
        objects, count = there(data, scene), 0
        for question, answer in zip(
            questions[scene].tolist(), answers[scene].tolist(), strict=True
        ):
            if answer == IGNORED:
                continue
            words = [WORDS[word] for word in question if word]
            name = "colour" if words[1] == "colour" else "row"
            assert ANSWERS[answer] == true_answer(name, words, objects)
            count += 1
        assert count == 2 * len(objects)


# ── What cannot be drawn ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kinds": 1}, "kinds must be 2 to 12, not 1"),
        ({"kinds": 13}, "kinds must be 2 to 12, not 13"),
        ({"objects": (1, 7)}, "at most 6, not \\(1, 7\\)"),
        ({"objects": (0, 3)}, "from 1 to at most 6"),
        ({"objects": (4, 3)}, "from 1 to at most 6"),
        ({"kinds": 3, "objects": (1, 4)}, "at most 3"),
        ({"questions": ("size",)}, "some of colour, row, side, count, above, exists, not"),
        ({"questions": ("colour", "size")}, "size"),
        ({"questions": ()}, "some of .*, not \\(\\)"),
        ({"objects": (1, 1)}, "'side' needs two objects"),
        ({"objects": (1, 1), "questions": ("above",)}, "'above' needs two objects"),
        ({"kinds": 4, "objects": (1, 4)}, "none to ask for in vain"),
        ({"placement": "tidy"}, "anywhere or jittered, not 'tidy'"),
        ({"pairs": "some"}, "seen, held_out or all, not 'some'"),
    ],
)
def test_one_sentence_says_what_is_allowed(arguments, message):
    with pytest.raises(ValueError, match=message) as error:
        make_scenes(1, **arguments)
    assert "\n" not in str(error.value)


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


# ── Speed ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.serial
def test_a_thousand_scenes_a_second_on_one_thread():
    """The aim is 2,000 on a quiet machine; the shape checks of the tests and neighbours cost."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        make_scenes(1)  # draws the stamps, once
        times = []
        for seed in range(3):
            start = time.perf_counter()
            make_scenes(512, seed=seed)
            times.append(time.perf_counter() - start)
    finally:
        torch.set_num_threads(threads)
    assert 512 / min(times) >= 1_000
