"""Grammar: all right captions of a scene, each right, and no other."""

from itertools import permutations, product

from mmtutor.datasets.telling import FORMS, RELATIONS, Group, claims, right_captions, truth

STAR = Group(2, "red", "star", "top", ((0, 0, 10, 10), (22, 0, 32, 10)))
SUN = Group(1, "orange", "sun", "top", ((44, 0, 54, 10),))
HEART = Group(1, "blue", "heart", "bottom", ((44, 44, 54, 54),))


def test_the_captions_of_two_groups():
    assert right_captions((STAR, SUN)) == (
        "two red stars and an orange sun",
        "an orange sun and two red stars",
        "two red stars at the top and an orange sun at the top",
        "an orange sun at the top and two red stars at the top",
        "two red stars left of an orange sun",
        "an orange sun right of two red stars",
        "two red stars with an orange sun to the right",
        "an orange sun with two red stars to the left",
    )


def test_the_captions_of_three_groups():
    captions = right_captions((STAR, SUN, HEART))
    assert len(captions) == 4 + 2 * (1 * 2 + 1 * 1 + 2 * 1)
    assert "two red stars left of an orange sun and above a blue heart" in captions
    assert "a blue heart with two red stars to the left and an orange sun above" in captions


def test_every_right_caption_is_right_and_stands_once(told):
    for facts in told.facts:
        captions = right_captions(facts)
        assert len(set(captions)) == len(captions)
        assert all(truth(caption, facts).right for caption in captions)


def test_no_other_relation_would_be_right():
    """Of all sentences of the form, twice as many are true: the others in the other order."""
    facts, names = (STAR, SUN, HEART), ("two red stars", "an orange sun", "a blue heart")
    said = {
        f"{a} {x} {b} and {y} {c}"
        for (a, b, c), x, y in product(permutations(names), RELATIONS, RELATIONS)
    }
    true = {text for text in said if truth(text, facts).right}
    assert true >= {*FORMS["relation"](facts)}
    assert len(true) == 2 * len(FORMS["relation"](facts))


def test_captions_have_several_lengths_and_claim_as_much_as_their_form_says(told):
    lengths = {len(c.split()) for facts in told.facts for c in right_captions(facts)}
    assert min(lengths) == 7 and max(lengths) == 20 and len(lengths) > 7
    for facts in told.facts[:200]:
        for name, form in FORMS.items():
            for caption in form(facts):
                found = claims(caption)
                assert len(found.items) == len(facts)
                assert len(found.places) == len(facts) * (name == "placed")
                assert len(found.relations) == (len(facts) - 1) * (name in ("relation", "with"))
