"""Whether what a caption claims is true of a scene."""

from collections import Counter
from dataclasses import dataclass

from mmtutor.datasets.telling.claims import Claims, claims
from mmtutor.datasets.telling.facts import Facts, Group, related


@dataclass(frozen=True)
class Truth:
    """How many claims of a caption are false, by kind, and how many groups it leaves out.

    Of what is not there only `absent` is counted: it has no true colour, number or place.
    """

    said: int
    """How many things the caption names."""
    absent: int
    wrong_colour: int
    wrong_number: int
    wrong_place: int
    wrong_relation: int
    left_out: int
    """Groups of the scene that the caption does not name."""
    unread: int
    """Words that make no sense where they stand."""

    @property
    def all_true(self) -> bool:
        """Whether the caption names something, can be read, and claims nothing false."""
        wrong = (self.absent, self.wrong_colour, self.wrong_number, self.wrong_place)
        return bool(self.said) and not any((*wrong, self.wrong_relation, self.unread))

    @property
    def right(self) -> bool:
        """Whether all is true and nothing is left out."""
        return self.all_true and not self.left_out


def truth(caption: str, facts: Facts) -> Truth:
    """Judge every claim of a caption by what is true of the scene.

    Who names a kind twice says that there are so many more of it.
    """
    said = claims(caption)
    there = {group.kind: group for group in facts}
    return Truth(
        said=len(said.items),
        absent=sum(item.kind not in there for item in said.items),
        wrong_colour=sum(
            item.colour not in (None, there[item.kind].colour)
            for item in said.items
            if item.kind in there
        ),
        wrong_number=wrong_numbers(said, there),
        wrong_place=sum(
            place != there[kind].place
            for kind, place in ((said.items[item].kind, place) for item, place in said.places)
            if kind in there
        ),
        wrong_relation=wrong_relations(said, there),
        left_out=len(there.keys() - {item.kind for item in said.items}),
        unread=len(said.unread),
    )


def wrong_numbers(said: Claims, there: dict[str, Group]) -> int:
    """Return for how many kinds that are there the caption says another number."""
    numbers = Counter()
    for item in said.items:
        numbers[item.kind] += item.number
    return sum(kind in there and n != there[kind].number for kind, n in numbers.items())


def wrong_relations(said: Claims, there: dict[str, Group]) -> int:
    """Return how many relations between things that are there do not hold."""
    named = [
        (said.items[one].kind, word, said.items[other].kind) for one, word, other in said.relations
    ]
    return sum(
        word not in related(there[one], there[other])
        for one, word, other in named
        if one in there and other in there
    )
