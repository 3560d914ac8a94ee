"""Score answers by type. Traps: the mean over questions, a rival that is scored otherwise."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import cache, partial
from statistics import mean, median

from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Measure, Mistake, Property
from mmtutor.checks.engine.places import each_alone_or_together

ROWS = (
    ("colour", "star", "red", "red"),
    ("colour", "star", "blue", "blue"),
    ("colour", "star", "red", "red"),
    ("colour", "heart", "red", "red"),
    ("colour", "heart", "green", "green"),
    ("colour", "heart", "green", "red"),
    ("colour", "sun", "blue", "blue"),
    ("colour", "sun", "red", "red"),
    ("colour", "sun", "red", "red"),
    ("colour", "sun", "blue", "blue"),
    ("count", "stars", "two", "two"),
    ("count", "stars", "one", "two"),
    ("count", "stars", "two", "two"),
    ("count", "hearts", "one", "one"),
    ("count", "hearts", "two", "one"),
    ("exists", "star", "yes", "yes"),
    ("exists", "heart", "no", "yes"),
    ("exists", "heart", "no", "no"),
    ("row", "star", "top", "bottom"),
)
"""Type, what is asked about, the right answer, and what the model said."""
Row = tuple[str, str, str, str]
Key = Callable[[Row], object]


def by_type(right: Sequence[bool]) -> dict[str, float]:
    """Return the share that is right, by type."""
    found = defaultdict(list)
    for row, hit in zip(ROWS, right, strict=True):
        found[row[0]].append(hit)
    return {kind: mean(map(float, hits)) for kind, hits in found.items()}


def guessed(key: Key) -> list[bool]:
    """Return what the most frequent answer to all that share a key gets right."""
    counts = defaultdict(Counter)
    for row in ROWS:
        counts[key(row)][row[2]] += 1
    return [counts[key(row)].most_common(1)[0][0] == row[2] for row in ROWS]


def kind_of(row: Row) -> object:
    """Return the type of a question."""
    return row[0]


def words_of(row: Row) -> object:
    """Return the type and what is asked about: the question's words."""
    return row[:2]


SAID = [said == answer for *_, answer, said in ROWS]
MOST, ALONE = guessed(kind_of), guessed(words_of)


def over_questions(right: Sequence[bool]) -> float:
    """Return the share of all questions."""
    return mean(map(float, right))


def over_types(right: Sequence[bool]) -> float:
    """Return the mean of the types' shares."""
    return mean(by_type(right).values())


@cache
def right() -> list[float]:
    """Return the model over questions and over types, and two rivals over types."""
    return [over_questions(SAID), over_types(SAID), over_types(MOST), over_types(ALONE)]


def is_near(place: int, case: Case, answer: Tensor) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) - right()[place]) < 0.004


def at(name: str, value: float, hint: str) -> Mistake:
    """Return a wrong number."""
    return Mistake(name, hint, value=lambda: float(value))


def without_the_single(right: Sequence[bool]) -> float:
    """Return the mean over the types that have more than one question."""
    return mean(share for kind, share in by_type(right).items() if kind != "row")


def over_texts() -> float:
    """Return the mean over the different questions of what the question alone gets."""
    found = defaultdict(list)
    for row, hit in zip(ROWS, ALONE, strict=True):
        found[row[:2]].append(float(hit))
    return mean(map(mean, found.values()))


ALL_WRONG = (
    at("all_types", over_types(SAID), "Number 1 is the mean over types. Every *question* counts."),
    at("all_count", sum(SAID), "Number 1 is how many. The share is asked for."),
    at("all_missed", 1 - right()[0], "Number 1 is the share that is *wrong*."),
    at("all_percent", 100 * right()[0], "Number 1 is in percent. A share is asked for."),
    at("all_off", sum(SAID) / 18, "Number 1: how many questions are there?"),
)
TYPES_WRONG = (
    at(
        "types_questions",
        over_questions(SAID),
        "Number 2 is the share of all questions. First a share for each type, then their mean.",
    ),
    at("types_sum", sum(by_type(SAID).values()), "Number 2 is a sum. The mean is asked for."),
    at("types_median", median(by_type(SAID).values()), "Number 2 is the median of the types."),
    at(
        "types_single_left",
        without_the_single(SAID),
        "Number 2 leaves out the type with one question. It counts as any other.",
    ),
    at("types_best", max(by_type(SAID).values()), "Number 2 is the best type's."),
    at("types_missed", 1 - over_types(SAID), "Number 2 is the share that is *wrong*."),
    at("types_percent", 100 * over_types(SAID), "Number 2 is in percent. A share is asked for."),
)
MOST_WRONG = (
    at(
        "most_questions",
        over_questions(MOST),
        "Number 3 is that rival's share of all questions. It has to be scored as the model in "
        "number 2: type by type, then the mean.",
    ),
    at(
        "most_of_all",
        over_types(guessed(lambda row: None)),
        "Number 3: *one* answer for all questions. Each type has its own most frequent answer.",
    ),
    at(
        "most_of_all_questions",
        over_questions(guessed(lambda row: None)),
        "Number 3: *one* answer for all questions, and the share of all. Each type has its own "
        "most frequent answer, and counts the same.",
    ),
    at(
        "most_single_left",
        without_the_single(MOST),
        "Number 3 leaves out the type with one question.",
    ),
    at(
        "most_said",
        over_types(
            [
                Counter(r[3] for r in ROWS if r[0] == row[0]).most_common(1)[0][0] == row[2]
                for row in ROWS
            ]
        ),
        "Number 3 takes what the *model* says most. The most frequent right answer is meant.",
    ),
    at("most_is_words", over_types(ALONE), "Number 3 is number 4: this rival sees only the type."),
    at("most_percent", 100 * over_types(MOST), "Number 3 is in percent. A share is asked for."),
)
ALONE_WRONG = (
    at(
        "alone_questions",
        over_questions(ALONE),
        "Number 4 is that rival's share of all questions. First type by type, then the mean.",
    ),
    at(
        "alone_texts",
        over_texts(),
        "Number 4 is the mean over the different questions. Type by type, then the mean.",
    ),
    at(
        "alone_thing",
        over_types(guessed(lambda row: row[1])),
        "Number 4 looks only at what is asked *about*. The type belongs to the question's words.",
    ),
    at(
        "alone_single_left",
        without_the_single(ALONE),
        "Number 4 leaves out the type with one question.",
    ),
    at("alone_is_most", over_types(MOST), "Number 4 is number 3: this rival also sees the word."),
    at("alone_percent", 100 * over_types(ALONE), "Number 4 is in percent. A share is asked for."),
)
WHOLE = (
    Mistake(
        "all_over_questions",
        "You take the share of all questions everywhere. Numbers 2 to 4: first a share for each "
        "type, then the mean of these.",
        value=lambda: [
            over_questions(SAID),
            over_questions(SAID),
            over_questions(MOST),
            over_questions(ALONE),
        ],
    ),
    Mistake(
        "rivals_over_questions",
        "The model is scored by type and its rivals by question. Who is compared is scored alike.",
        value=lambda: [*right()[:2], over_questions(MOST), over_questions(ALONE)],
    ),
    Mistake(
        "rivals_exchanged",
        "Numbers 3 and 4 have changed places: first the rival that sees the type alone.",
        value=lambda: [*right()[:2], right()[3], right()[2]],
    ),
    Mistake(
        "means_exchanged",
        "Numbers 1 and 2 have changed places: all questions first, then by type.",
        value=lambda: [right()[1], right()[0], *right()[2:]],
    ),
)
MISTAKES = each_alone_or_together(
    right,
    list(ALL_WRONG),
    list(TYPES_WRONG),
    list(MOST_WRONG),
    list(ALONE_WRONG),
    whole=WHOLE,
    at_most=2,
)


BY_TYPE = Measure(
    id="vqa.by_type",
    title="Better than not looking?",
    difficulty=2,
    minutes=15,
    hints=(
        "Group the rows by type first. How many of each type are there, and how many does the "
        "model get right?",
        "over types = mean of (right / asked) of each type. A rival answers with the most frequent "
        "right answer among the rows that look the same to it.",
        "Four types: 10, 5, 3 and 1 question. Rival one sees the type; rival two the type and the "
        "word.",
        "def over_types(hits):\n    types = sorted({row[0] for row in rows})\n"
        "    return mean(mean(h for h, row in zip(hits, rows) if row[0] == t) for t in types)\n"
        "best = Counter(row[2] for row in rows if row[0] == ...).most_common(1)[0][0]",
    ),
    truth=right,
    tolerance=(0.005, 0.005, 0.005, 0.005),
    mistakes=MISTAKES,
    properties=(
        Property(
            "Number 1 is off. In how many of the 19 rows is what was said the right answer?",
            partial(is_near, 0),
        ),
        Property(
            "Number 2 is off. Right / asked for each of the four types, then the mean of the four.",
            partial(is_near, 1),
        ),
        Property(
            "Number 3 is off. Per type, the answer that is right most often; how often is it "
            "right? Then the mean of the four.",
            partial(is_near, 2),
        ),
        Property(
            "Number 4 is off. As number 3, but each *word* of a type has its own most frequent "
            "answer.",
            partial(is_near, 3),
        ),
    ),
)
