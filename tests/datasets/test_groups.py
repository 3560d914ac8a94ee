"""Unicode's groups: labels that fit, families that stay together, and what a leak is worth."""

import pytest
import torch
import torch.nn.functional as F

from mmtutor.datasets import groups as module
from mmtutor.datasets.groups import (
    GROUPS,
    Grouped,
    family,
    family_split,
    few,
    installed,
    load_groups,
    plain,
)

needs_groups = pytest.mark.skipif(not installed(), reason="the emoji are not installed")


@pytest.fixture(scope="module")
def grouped() -> Grouped:
    return load_groups()


@needs_groups
def test_what_there_is(grouped):
    assert len(grouped) > 1600 and len(grouped.labels) == len(grouped.families) == len(grouped)
    assert grouped.labels.unique().tolist() == list(range(len(GROUPS)))
    assert grouped.labels.bincount().min() > 80
    families = grouped.families.unique()
    assert families.tolist() == list(range(len(families))) and 1200 < len(families) < 1300


@needs_groups
@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("cat face", "Animals & Nature"),
        ("pizza", "Food & Drink"),
        ("grinning face", "Smileys & Emotion"),
        ("soccer ball", "Activities"),
        ("om", "Symbols"),
        ("hammer", "Objects"),
    ],
)
def test_labels_are_unicodes(grouped, name, group):
    assert GROUPS[grouped.labels[grouped.emoji.english.index(name)]] == group


@needs_groups
def test_flags_and_components_are_left_out(grouped):
    assert not {"Nigeria", "France", "chequered flag", "curly hair"} & set(grouped.emoji.english)


def test_the_variation_selector_does_not_part_an_emoji():
    assert plain("\u2600\ufe0f") == plain("\u2600") == "\u2600"


@pytest.mark.parametrize(
    "names",
    [
        ("person running", "woman running facing right", "man running"),
        ("one o\u2019clock", "twelve o\u2019clock", "six-thirty"),
        ("red heart", "light blue heart", "black heart"),
        ("waxing crescent moon", "full moon", "last quarter moon"),
        ("keycap 1", "keycap 10", "keycap #", "keycap *"),
        ("family man woman girl", "family adult child", "family"),
        ("backhand index pointing up", "backhand index pointing left"),
        ("merman", "mermaid", "merperson"),
    ],
)
def test_near_copies_are_one_family(names):
    assert len({family(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("woman running", "woman walking"),
        ("red apple", "red heart"),
        ("alarm clock", "one o\u2019clock"),
        ("cat face", "dog face"),
    ],
)
def test_others_are_not(one, other):
    assert family(one) != family(other)


@needs_groups
def test_no_family_is_on_two_sides(grouped):
    parts = family_split(grouped, seed=1)
    assert sorted(torch.cat(parts).tolist()) == list(range(len(grouped)))
    learn, valid, test = (set(grouped.families[part].tolist()) for part in parts)
    assert not learn & valid and not learn & test and not valid & test
    assert 0.6 < len(parts[0]) / len(grouped) < 0.8 and len(parts[1]) > 80


@needs_groups
def test_the_split_depends_on_the_seed_alone(grouped):
    one, same, other = (family_split(grouped, seed)[2] for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)


@needs_groups
def test_every_group_has_some_of_every_part(grouped):
    for seed in range(5):
        counts = [
            grouped.labels[part].bincount(minlength=8) for part in family_split(grouped, seed)
        ]
        assert min(count.min() for count in counts) >= 3


def test_few_takes_as_many_of_each_class_and_more_contain_fewer():
    labels = torch.tensor([0] * 50 + [1] * 30 + [2] * 4)
    some, more = few(labels, 5, seed=1), few(labels, 20, seed=1)
    assert labels[some].bincount().tolist() == [5, 5, 4]
    assert labels[more].bincount().tolist() == [20, 20, 4]
    assert set(some.tolist()) < set(more.tolist()) and len(set(more.tolist())) == 44
    assert not torch.equal(some, few(labels, 5, seed=2))


def nearest_accuracy(grouped: Grouped, learn: torch.Tensor, test: torch.Tensor) -> float:
    """The share right where each picture takes the label of the one most like it."""
    ink = F.normalize(255.0 - grouped.emoji.pictures.flatten(1), dim=1)
    nearest = (ink[test] @ ink[learn].T).argmax(dim=1)
    return (grouped.labels[learn][nearest] == grouped.labels[test]).float().mean().item()


@needs_groups
def test_a_random_split_flatters_who_remembers(grouped):
    """Both times the nearest picture decides; only which emoji are held out differs."""
    flattered, honest = [], []
    for seed in range(3):
        learn, _, test = family_split(grouped, seed)
        honest.append(nearest_accuracy(grouped, learn, test))
        order = torch.randperm(len(grouped), generator=torch.Generator().manual_seed(seed))
        flattered.append(
            nearest_accuracy(grouped, order[len(test) :][: len(learn)], order[: len(test)])
        )
    assert min(flattered) - max(honest) > 0.08


def test_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'mmtutor\[emoji\]'"):
        load_groups()
