"""Which captions of a scene are right: every one that this grammar makes of its facts.

Three forms of sentence. A list names the groups in reading order or the other way round, with all
their places or with none. A relation says how one group stands to all others; "with" says how all
others stand to one.
"""

from collections.abc import Callable, Iterator
from itertools import product

from mmtutor.datasets.telling.facts import Facts, Group, related
from mmtutor.datasets.telling.words import PLACES, WITH

AROUND = {relation: words for words, relation in WITH.items()}
"""How "with" says a relation."""


def named(group: Group) -> str:
    """Return the words for a group: "a red star", "an orange heart", "two blue suns"."""
    if group.number == 2:
        return f"two {group.colour} {group.kind}s"
    return f"{'an' if group.colour[0] in 'aeiou' else 'a'} {group.colour} {group.kind}"


def lists(facts: Facts) -> list[str]:
    """Return the two captions that list all groups."""
    return [" and ".join(named(group) for group in order) for order in (facts, facts[::-1])]


def placed_lists(facts: Facts) -> list[str]:
    """Return the two captions that list all groups, each with its place."""
    return [
        " and ".join(f"{named(group)} {PLACES[group.place]}" for group in order)
        for order in (facts, facts[::-1])
    ]


def relations(facts: Facts) -> list[str]:
    """Return all captions that say how one group stands to each of the others."""
    return [
        f"{named(one)} " + " and ".join(f"{word} {named(other)}" for word, other in chosen)
        for one, chosen in anchored(facts, related)
    ]


def withs(facts: Facts) -> list[str]:
    """Return all captions that say how each of the others stands to one group."""
    return [
        f"{named(one)} with " + " and ".join(f"{named(other)} {AROUND[w]}" for w, other in chosen)
        for one, chosen in anchored(facts, lambda one, other: related(other, one))
    ]


def anchored(
    facts: Facts, relation: Callable[[Group, Group], tuple[str, ...]]
) -> Iterator[tuple[Group, tuple[tuple[str, Group], ...]]]:
    """Yield every group with one true relation to each of the others, in all ways."""
    for one in facts:
        others = [other for other in facts if other is not one]
        ways = [[(word, other) for word in relation(one, other)] for other in others]
        for chosen in product(*ways):
            yield one, chosen


FORMS = {"list": lists, "placed": placed_lists, "relation": relations, "with": withs}
"""The forms of a caption: a list has two."""


def right_captions(facts: Facts) -> tuple[str, ...]:
    """Return all captions of a scene that are right, each once."""
    return tuple(caption for form in FORMS.values() for caption in form(facts))
