"""Letters with six tasks: what takes part, what the labels say, what no split shares."""

from itertools import combinations

import pytest
import torch

from mmtutor.datasets.glyphs import load_glyphs, parse_name, share_of
from mmtutor.datasets.tasks import GLYPH_TASKS, twins
from mmtutor.datasets.tasks.letters import FEWEST, VOWELS, as_tasks, letters_of


@pytest.fixture(scope="module")
def chosen():
    """The glyphs that take part."""
    return letters_of(load_glyphs())


def test_only_common_letters_of_three_scripts_take_part(chosen):
    characters = {chr(code) for code in chosen.codepoints.tolist()}
    parts = [parse_name(caption) for caption in set(chosen.captions)]
    assert {part.script for part in parts} == {"latin", "greek", "cyrillic"}
    assert {part.case for part in parts} == {"capital", "small"}
    bases = [part.base for part in parts]
    assert min(bases.count(base) for base in set(bases)) >= FEWEST
    assert "none" not in bases
    assert {"a", "Z", "é", "Ω", "ж"} <= characters
    assert not {"1", "α̈", "ß", "+", "ა"} & characters


def test_labels_say_what_name_and_face_say(chosen):
    examples = as_tasks(chosen)
    assert tuple(examples.labels) == GLYPH_TASKS
    for place in (0, 1000, 5000, 13_000):
        said = {
            task: examples.names[task][labels[place]] for task, labels in examples.labels.items()
        }
        name = parse_name(chosen.caption(place))
        assert (said["script"], said["case"], said["base"]) == (name.script, name.case, name.base)
        assert said["weight"] == chosen.label("weight")[place]
        assert said["slant"] == chosen.label("slant")[place]
        assert said["vowel"] == ("vowel" if name.base in VOWELS else "consonant")
    assert examples.classes == {
        "script": 3,
        "case": 2,
        "weight": 2,
        "slant": 2,
        "base": len(examples.names["base"]),
        "vowel": 2,
    }
    assert set(examples.names["base"]) >= VOWELS


def test_a_pixel_is_the_mean_of_four(chosen):
    examples = as_tasks(chosen)
    corner = chosen.images[7, 10:12, 12:14].float().mean() / 255
    assert examples.pictures.shape[1:] == (1, 16, 16)
    torch.testing.assert_close(examples.pictures[7, 0, 5, 6], corner)


def test_no_character_is_in_two_splits(chosen, letters):
    sizes = [len(part) for part in letters]
    assert sizes == [8176, 2655, 2545]
    shares = [share_of(f"tasks {code}") for code in chosen.codepoints.tolist()]
    assert sum(share < 0.6 for share in shares) == sizes[0]  # the same hash, so whole characters
    lost = len(chosen) - sum(sizes)
    assert 0 < lost < 0.03 * len(chosen)  # twins of an earlier split


def test_no_picture_is_in_two_splits(letters):
    for earlier, later in combinations(letters, 2):
        assert not twins(earlier, later).any()


def test_the_training_split_has_the_scale_that_all_have(letters):
    std, mean = torch.std_mean(letters.train.pictures)
    assert mean.item() == pytest.approx(0, abs=1e-4)
    assert std.item() == pytest.approx(1, abs=1e-4)
    darkest = {round(part.pictures.min().item(), 5) for part in letters}
    assert len(darkest) == 1  # white paper is one number everywhere
