"""Count, for each exercise: who passed, which mistakes were made, what nobody explains."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from mmtutor import checks
from mmtutor.checks.engine.exercise import Exercise, Number
from mmtutor.grading.record import Graded, Record

KINDS = ("passed", "known", "unknown", "by hand", "untried")
"""How an answer can stand; `known` makes a mistake that is listed, `unknown` is wrong otherwise."""


@dataclass(frozen=True)
class Seen:
    """A known mistake, the sentence that a learner reads about it, and who made it."""

    name: str
    sentence: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Wrong answers that do the same and that no listed mistake explains; what was said to most."""

    sentences: tuple[str, ...]
    students: tuple[str, ...]


@dataclass(frozen=True)
class Tally:
    """How an exercise went for every student who handed in its lesson.

    `known` is the exercise as the course has it, None for one that is no longer there.
    """

    lesson: str
    id: str
    known: Exercise | None
    went: tuple[tuple[str, Graded], ...]

    @property
    def title(self) -> str:
        return self.known.title if self.known else self.id

    @property
    def is_number(self) -> bool:
        return isinstance(self.known, Number)

    def students(self, *kinds: str) -> tuple[str, ...]:
        """Name the students whose answers stand so."""
        return tuple(student for student, graded in self.went if kind(graded) in kinds)

    @property
    def tried(self) -> int:
        return len(self.went) - len(self.students("untried"))

    @property
    def hints(self) -> list[int]:
        """How many hints were taken, for each student of whom it is known."""
        return [graded.hints for _, graded in self.went if graded.hints is not None]

    @cached_property
    def mistakes(self) -> tuple[Seen, ...]:
        """The listed mistakes that were made, the most frequent first."""
        makers: dict[str, list[str]] = {}
        for student, graded in self.went:
            for name in graded.mistakes:
                makers.setdefault(name, []).append(student)
        said = {m.name: m.hint for m in self.known.mistakes} if self.known else {}
        seen = [Seen(name, said.get(name, ""), tuple(who)) for name, who in makers.items()]
        return tuple(sorted(seen, key=lambda one: (-len(one.students), one.name)))

    @cached_property
    def unexplained(self) -> tuple[Group, ...]:
        """Wrong answers on nobody's list, by what they do: the largest group first.

        Answers with the same outputs are one group; without outputs those that heard the same.
        """
        groups: dict[tuple[str, ...], list[tuple[str, Graded]]] = {}
        for student, graded in self.went:
            does = (graded.outputs,) if graded.outputs else graded.sentences
            if kind(graded) == "unknown" and does:
                groups.setdefault(does, []).append((student, graded))
        found = [
            Group(most(one.sentences for _, one in group), tuple(who for who, _ in group))
            for group in groups.values()
        ]
        return tuple(sorted(found, key=lambda one: (-len(one.students), one.sentences)))


def most(said: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return what was said most often."""
    return Counter(said).most_common(1)[0][0]


def kind(graded: Graded) -> str:
    """Say how an answer stands."""
    if graded.passed:
        return "passed"
    if graded.status in ("by hand", "not attempted"):
        return {"by hand": "by hand", "not attempted": "untried"}[graded.status]
    return "known" if graded.mistakes else "unknown"


def tallies(records: Iterable[Record]) -> tuple[Tally, ...]:
    """Count for every exercise of the lessons that were handed in, in the order of the course."""
    went: dict[tuple[str, str], list[tuple[str, Graded]]] = {}
    for record in records:
        for graded in record.exercises:
            went.setdefault((record.lesson, graded.exercise), []).append((record.student, graded))
    known = {e.id: e for e in checks.all_exercises()}
    places = {id: place for place, id in enumerate(known)}
    order = sorted(went, key=lambda key: (key[0], places.get(key[1], len(places)), key[1]))
    return tuple(Tally(*key, known.get(key[1]), tuple(went[key])) for key in order)
