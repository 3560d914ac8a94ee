"""Making scenes: the same seed, the same scenes; whatever is asked for is drawn, and quickly."""

import time

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtutor.datasets.scenes import KINDS, NEEDED, NUMBERS, TYPES, Scenes, make_scenes
from tests.datasets.scenes.reader import assert_true, present, there

FIELDS = tuple(Scenes.__dataclass_fields__)


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
