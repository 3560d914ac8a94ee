"""Accuracy by type, without looking, and repainted. Traps: frequent types, what stays the same."""

from collections.abc import Callable, Sequence
from functools import cache
from random import Random

from torch import Tensor

from mmtutor.checks.engine.exercise import Measure, Mistake, Property
from mmtutor.checks.engine.places import each_alone_or_together

Scene = dict[str, tuple[str, str]]
"""The colour and the side of each kind that is there."""

AFTER = {"red": "blue", "blue": "green", "green": "yellow", "yellow": "red"}
KINDS, SIDES = ["star", "heart", "sun"], ["left", "right"]
NEAR = 0.0015
"""Three digits behind the point are asked for."""
TYPES = ("colour", "side", "exists")


def make() -> tuple[list[Scene], list[tuple[int, str, str, str]]]:
    """Return scenes of two kinds each, and questions: the scene, the type, the kind, the answer."""
    chance = Random(15)
    scenes: list[Scene] = []
    questions: list[tuple[int, str, str, str]] = []
    for number in range(60):
        kinds, sides = chance.sample(KINDS, 2), chance.sample(SIDES, 2)
        scene = {
            kind: (chance.choice(list(AFTER)), side)
            for kind, side in zip(kinds, sides, strict=True)
        }
        for kind in kinds:
            questions.append((number, "colour", kind, scene[kind][0]))
        questions.append((number, "side", kinds[0], sides[0]))
        kind = chance.choice(KINDS)
        questions.append((number, "exists", kind, "yes" if kind in scene else "no"))
        scenes.append(scene)
    return scenes, questions


SCENES, QUESTIONS = make()


def says(scene: Scene, asked: str, kind: str) -> str:
    """Return what a model with two bad habits answers."""
    if asked == "exists":
        return "yes"
    colour, side = scene.get(kind, ("yellow", "left"))
    if asked == "side":
        return side
    return "red" if colour == "green" else colour


def answers(scenes: Sequence[Scene]) -> list[str]:
    """Return what the model says to each question about these pictures."""
    return [says(scenes[number], asked, kind) for number, asked, kind, _ in QUESTIONS]


def hits(scenes: Sequence[Scene], truth: Sequence[str] | None = None) -> list[bool]:
    """Return which answers are right, or are what `truth` says."""
    wanted = truth or [answer for *_, answer in QUESTIONS]
    return [said == one for said, one in zip(answers(scenes), wanted, strict=True)]


def share(right: Sequence[bool], types: Sequence[str] = TYPES) -> float:
    """Return the share of right answers among the questions of these types."""
    some = [hit for hit, (_, asked, *_) in zip(right, QUESTIONS, strict=True) if asked in types]
    return sum(some) / len(some)


def by_type(right: Sequence[bool]) -> float:
    """Return the mean of the shares of all types."""
    return sum(share(right, (asked,)) for asked in TYPES) / len(TYPES)


def turned(by: int) -> list[Scene]:
    """Return the pictures, each moved by so many questions' scenes."""
    return [SCENES[(number + by) % len(SCENES)] for number in range(len(SCENES))]


def painted() -> list[Scene]:
    """Return the scenes with every object in the next colour."""
    return [{kind: (AFTER[c], side) for kind, (c, side) in scene.items()} for scene in SCENES]


def new_colours() -> list[str]:
    """Return what is right after painting; other answers are as before."""
    return [AFTER.get(answer, answer) for *_, answer in QUESTIONS]


def changed() -> list[bool]:
    """Return which answers are others after painting."""
    return [a != b for a, b in zip(answers(SCENES), answers(painted()), strict=True)]


def moved(by: int) -> list[bool]:
    """Return which answers are right if they are moved along the questions instead of pictures."""
    said = answers(SCENES)
    there = [*said[-by:], *said[:-by]]
    return [one == right for one, (*_, right) in zip(there, QUESTIONS, strict=True)]


def both_times() -> list[bool]:
    """Return which answers are right before the painting and after it."""
    return [a and b for a, b in zip(hits(SCENES), hits(painted(), new_colours()), strict=True)]


def present(scenes: Sequence[Scene]) -> float:
    """Return the mean over types of questions whose kind is in these pictures."""
    rows = list(zip(hits(scenes), QUESTIONS, strict=True))
    found = [
        [hit for hit, (number, asked, kind, _) in rows if asked == one and kind in scenes[number]]
        for one in TYPES
    ]
    return sum(sum(some) / len(some) for some in found) / len(TYPES)


BEFORE = {new: old for old, new in AFTER.items()}


def back() -> list[Scene]:
    """Return the scenes with every object in the colour before its own."""
    return [{kind: (BEFORE[c], side) for kind, (c, side) in scene.items()} for scene in SCENES]


def twice() -> list[Scene]:
    """Return the scenes painted twice."""
    return [{kind: (AFTER[c], side) for kind, (c, side) in scene.items()} for scene in painted()]


@cache
def right() -> list[float]:
    """Return the share of all, the mean of types, that of wrong pictures, and what follows."""
    true = hits(SCENES)
    follows = share(hits(painted(), new_colours()), ("colour",))
    return [share(true), by_type(true), by_type(hits(turned(1))), follows]


def is_near(answer: Tensor, place: int) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) - right()[place]) <= NEAR * right()[place]


def at(name: str, value: float, hint: str) -> Mistake:
    """Return a wrong number."""
    return Mistake(name, hint, value=lambda: value)


def whole(name: str, hint: str, values: Callable[[], list[float]]) -> Mistake:
    """Return four wrong numbers."""
    return Mistake(name, hint, value=values)


def alone(number: int, true: Sequence[bool]) -> tuple[Mistake, ...]:
    """Return the shares of the single types in the place of a number that is about all."""
    return tuple(
        at(f"only_{asked}_{number}", share(true, (asked,)), f"Number {number} is that of {one}.")
        for asked, one in (
            ("colour", "the questions for a colour alone"),
            ("side", "the questions for a side alone"),
            ("exists", "the questions whether something is there alone"),
        )
    )


ALL = (
    at(
        "all_by_type",
        by_type(hits(SCENES)),
        "Number 1 is the mean over the types. Each *question* counts once in it.",
    ),
    at("all_wrong", 1 - share(hits(SCENES)), "Number 1 is the share of wrong answers."),
    at("all_count", float(sum(hits(SCENES))), "Number 1 is how many are right. The share?"),
    at("all_percent", 100 * share(hits(SCENES)), "Number 1 is in per cent."),
    at("all_shuffled", share(hits(turned(1))), "Number 1 is that of the wrong pictures."),
    *alone(1, hits(SCENES))[::2],
)
MEAN = (
    at(
        "mean_all",
        share(hits(SCENES)),
        "Number 2 is the share of all questions. Half of them ask for a colour: first a share for "
        "each type, then the mean of the three.",
    ),
    at("mean_wrong", 1 - by_type(hits(SCENES)), "Number 2 is the share of wrong answers."),
    at("mean_percent", 100 * by_type(hits(SCENES)), "Number 2 is in per cent."),
    at("mean_sum", 3 * by_type(hits(SCENES)), "Number 2 is a sum. The mean of the three types?"),
    at(
        "mean_of_two",
        (share(hits(SCENES), ("colour",)) + share(hits(SCENES), ("side",))) / 2,
        "Number 2 leaves a type out. There are three.",
    ),
    *alone(2, hits(SCENES))[::2],
)
SHUFFLED = (
    at(
        "shuffled_all",
        share(hits(turned(1))),
        "Number 3 is the share of all questions. Here, too, the mean of the three types is asked "
        "for.",
    ),
    at(
        "shuffled_back",
        by_type(hits(turned(-1))),
        "Number 3: each question gets the scene *before* its own. The next one is asked for.",
    ),
    at(
        "shuffled_back_all",
        share(hits(turned(-1))),
        "Number 3: each question gets the scene *before* its own, and all questions count alike.",
    ),
    at(
        "shuffled_not",
        by_type(hits(SCENES)),
        "Number 3 is that of the right pictures. Give each question the next scene.",
    ),
    at("shuffled_reversed", by_type(hits(SCENES[::-1])), "Number 3: the scenes are reversed."),
    at("shuffled_wrong", 1 - by_type(hits(turned(1))), "Number 3 is the share of wrong answers."),
    at("shuffled_percent", 100 * by_type(hits(turned(1))), "Number 3 is in per cent."),
    at(
        "shuffled_present",
        present(turned(1)),
        "Number 3 leaves out questions whose kind the next picture lacks. They count, too.",
    ),
    at(
        "shuffled_fall",
        by_type(hits(SCENES)) - by_type(hits(turned(1))),
        "Number 3 is how far it falls. How much is left is asked for.",
    ),
    at(
        "shuffled_last_kept",
        by_type(hits([*SCENES[1:], SCENES[-1]])),
        "Number 3: the last scene keeps its own picture. It gets the first one's.",
    ),
    at(
        "shuffled_answers",
        by_type(moved(-1)),
        "Number 3: you move the *answers* by one question. Move the pictures by one scene, and ask "
        "again.",
    ),
    at(
        "shuffled_answers_back",
        by_type(moved(1)),
        "Number 3: you move the *answers*, each to the question after its own. Move the pictures "
        "by one scene, and ask again.",
    ),
    at(
        "shuffled_two",
        by_type(hits(turned(2))),
        "Number 3: each question gets the scene after the next. The next one is asked for.",
    ),
    at(
        "shuffled_first",
        by_type(hits([SCENES[0]] * len(SCENES))),
        "Number 3: all questions get the same picture. Each gets the next scene's.",
    ),
    *alone(3, hits(turned(1))),
)
FOLLOWS = (
    at(
        "follows_changed",
        share(changed(), ("colour",)),
        "Number 4 is how many answers are *others* than before. How many say the new colour?",
    ),
    at(
        "follows_all",
        share(hits(painted(), new_colours())),
        "Number 4 is over all questions. Only those for a colour are asked about.",
    ),
    at(
        "follows_old",
        share(hits(painted()), ("colour",)),
        "Number 4 compares with the colours from before the painting.",
    ),
    at(
        "follows_not",
        1 - share(hits(painted(), new_colours()), ("colour",)),
        "Number 4 is the share that does *not* say the new colour.",
    ),
    at(
        "follows_unpainted",
        share(hits(SCENES), ("colour",)),
        "Number 4 is from before the painting. What is said of the painted scenes?",
    ),
    at(
        "follows_changed_all",
        share(changed()),
        "Number 4 is how many of *all* answers are others. How many of the colours are the new "
        "ones?",
    ),
    at(
        "follows_old_all",
        share(hits(painted())),
        "Number 4 compares with the answers from before the painting, over all questions.",
    ),
    at(
        "follows_both",
        share(both_times(), ("colour",)),
        "Number 4 counts only what was right before the painting, too, or compares with the "
        "model's own first answer. The new colour of the object is what counts.",
    ),
    at(
        "follows_of_right",
        share(both_times(), ("colour",)) / share(hits(SCENES), ("colour",)),
        "Number 4 is the share of those that were right before. All questions for a colour count.",
    ),
    at(
        "follows_of_four",
        share(hits(painted(), new_colours()), ("colour",)) / 2,
        "Number 4 is half of what it should be. Is it divided by all 240 questions, of which half "
        "ask for a colour, or is only one object of each scene painted?",
    ),
    at(
        "follows_back",
        share(hits(back(), [BEFORE.get(a, a) for *_, a in QUESTIONS]), ("colour",)),
        "Number 4: you paint backwards. `AFTER[colour]` is the new colour of what is `colour` now.",
    ),
    at(
        "follows_read_back",
        share(hits(back(), new_colours()), ("colour",)),
        "Number 4: you paint in the wrong direction. `AFTER[colour]` is the new colour of what is "
        "`colour` now.",
    ),
    at(
        "follows_shuffled",
        share(hits(turned(1)), ("colour",)),
        "Number 4 is that of the next scenes' pictures. Here each keeps its own, painted.",
    ),
    at(
        "follows_twice",
        share(hits(twice(), [AFTER.get(a, a) for a in new_colours()]), ("colour",)),
        "Number 4: the scenes have been painted twice. Each object is painted once.",
    ),
    at(
        "follows_by_type",
        by_type(hits(painted(), new_colours())),
        "Number 4 is the mean over the types. Only questions for a colour are asked about.",
    ),
    at(
        "follows_percent",
        100 * share(hits(painted(), new_colours()), ("colour",)),
        "Number 4 is in per cent.",
    ),
    at(
        "follows_count",
        120 * share(hits(painted(), new_colours()), ("colour",)),
        "Number 4 is how many. The share is asked for.",
    ),
)
WHOLE = (
    whole(
        "first_two_exchanged",
        "Numbers 1 and 2 have changed places: all questions alike come first.",
        lambda: [right()[1], right()[0], *right()[2:]],
    ),
    whole(
        "last_two_exchanged",
        "Numbers 3 and 4 have changed places: the next scenes come first.",
        lambda: [*right()[:2], right()[3], right()[2]],
    ),
    whole(
        "percent",
        "All four are in per cent. Shares between 0 and 1 are asked for.",
        lambda: [100 * number for number in right()],
    ),
    whole(
        "never_by_type",
        "Numbers 2 and 3: first a share for each type, then the mean of the three. Half of all "
        "questions ask for a colour.",
        lambda: [right()[0], right()[0], share(hits(turned(1))), right()[3]],
    ),
)

BY_TYPE = Measure(
    id="vqa.by_type",
    title="Does it look?",
    difficulty=2,
    minutes=15,
    hints=(
        "Sort the answers by type first: for each type a list of True and False. Which type has "
        "the same share with the wrong pictures?",
        "Mean over types: (share of colour + share of side + share of exists) / 3. The next "
        "scene's picture: the first scene moves to the end of the list.",
        "answers(scenes) gives 240 texts, one for each row of QUESTIONS; scenes has 60 entries. "
        "Four numbers between 0 and 1.",
        "said = answers(SCENES)\nright = {asked: [] for asked in ('colour', 'side', 'exists')}\n"
        "for one, (_, asked, _, answer) in zip(said, QUESTIONS):\n    right[asked].append(...)\n"
        "next_scenes = SCENES[1:] + ...\n"
        "painted = [{kind: (AFTER[colour], side) for ... in scene.items()} for scene in SCENES]",
    ),
    truth=right,
    tolerance=NEAR,
    mistakes=each_alone_or_together(
        right,
        *(list(ALL), list(MEAN), list(SHUFFLED), list(FOLLOWS)),
        whole=WHOLE,
        at_most=2,
    ),
    properties=(
        Property(
            "All four are shares: between 0 and 1.",
            lambda case, answer: bool(((answer >= 0) & (answer <= 1)).all()),
        ),
        Property(
            "Number 1 is off. How many of the 240 answers to the right pictures are right?",
            lambda case, answer: is_near(answer, 0),
        ),
        Property(
            "Number 2 is off. A share for each of the three types, then their mean.",
            lambda case, answer: is_near(answer, 1),
        ),
        Property(
            "Number 3 is off. Each scene is replaced by the one behind it, the last by the first; "
            "questions and right answers stay. Then as number 2.",
            lambda case, answer: is_near(answer, 2),
        ),
        Property(
            "Number 4 is off. Paint every object, ask again, and count the answers to the "
            "questions for a colour that are the new one.",
            lambda case, answer: is_near(answer, 3),
        ),
    ),
)
