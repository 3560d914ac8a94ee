"""VQA accuracy. Traps: ten people instead of nine, no cap, a share of all."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from statistics import median

from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.gpt.shared import either
from mmtutor.checks.vqa.shared import drawing

ENOUGH = 3


def agreed(answer: str, people: Sequence[str], wrong: Wrong = RIGHT) -> float:
    """Reference: the mean, over the sets that leave one person out, of min(count / 3, 1)."""
    match = matching(answer, wrong)
    sets = left_out(answer, people, wrong)
    counts = [sum(match(said) for said in some) for some in sets]
    enough = 4 if "four" in wrong else 2 if "two" in wrong else ENOUGH
    one: dict[str, Callable[[int], float]] = {
        "no_cap": lambda n: n / enough,
        "all_or_nothing": lambda n: float(n >= enough),
        "share": lambda n: n / (len(people) - 1),
        "any": lambda n: float(n > 0),
        "floor": lambda n: max(n / enough, 1.0),
    }
    score = next((f for name, f in one.items() if name in wrong), lambda n: min(n / enough, 1.0))
    scores = [score(n) for n in counts]
    ways: dict[str, Callable[[], float]] = {
        "summed": lambda: sum(scores),
        "best_set": lambda: max(scores),
        "worst_set": lambda: min(scores),
        "median": lambda: median(scores),
        "majority": lambda: float(Counter(people).most_common(1)[0][0] == answer),
        "percent": lambda: 100 * sum(scores) / len(scores),
        "by_nine": lambda: sum(scores) / 9,
        "by_others": lambda: sum(scores) / (len(people) - 1),
        "by_ten": lambda: sum(scores) / 10,
    }
    return either(ways, wrong, lambda: sum(scores) / len(scores))


def matching(answer: str, wrong: Wrong) -> Callable[[str], bool]:
    """Return what says whether somebody's answer is the same."""
    ways: dict[str, Callable[[], Callable[[str], bool]]] = {
        "inside": lambda: lambda said: answer in said,
        "lowered": lambda: lambda said: said.lower() == answer.lower(),
        "stripped": lambda: lambda said: said.strip() == answer.strip(),
        "goes_on": lambda: lambda said: said.startswith(answer),
        "tidied": lambda: lambda said: said.strip().lower() == answer.strip().lower(),
        "begins": lambda: lambda said: said[:1] == answer[:1],
        "others": lambda: lambda said: said != answer,
    }
    return either(ways, wrong, lambda: lambda said: said == answer)


def left_out(answer: str, people: Sequence[str], wrong: Wrong) -> list[list[str]]:
    """Return the sets in which one person is left out."""
    ways: dict[str, Callable[[], list[list[str]]]] = {
        "everybody": lambda: [list(people)],
        "first_set": lambda: [list(people[1:])],
        "last_set": lambda: [list(people[:-1])],
        "shrinking": lambda: [list(people[i + 1 :]) for i in range(len(people))],
        "without_answer": lambda: [[p for p in people if p != one] for one in people],
        "first_agreeing": lambda: without_one(people, [people.index(answer)] * len(people)),
        "each_answer_once": lambda: without_one(people, sorted({*map(people.index, people)})),
        "one_each": lambda: [[one] for one in people],
        "different": lambda: [sorted({*people[:i], *people[i + 1 :]}) for i in range(len(people))],
    }
    return either(ways, wrong, lambda: without_one(people, range(len(people))))


def without_one(people: Sequence[str], places: Iterable[int]) -> list[list[str]]:
    """Return, for each of these places, all people but the one who stands there."""
    return [[*people[:i], *people[i + 1 :]] for i in places]


def agreed_cases() -> list[Case]:
    def case(counts: dict[str, int], answer: str, seed: int) -> Case:
        people = [said for said, n in counts.items() for _ in range(n)]
        drawing(seed).shuffle(people)
        return Case(answer=answer, people=people)

    def drawn(seed: int) -> Case:
        """Some people more or fewer, of whom one or two say what the model says."""
        chance = drawing(seed)
        return case({"red": chance.randint(1, 2), "blue": chance.randint(4, 30)}, "red", seed)

    return [
        case({"red": 2, "blue": 8}, "red", 1),
        case({"red": 3, "blue": 7}, "red", 2),
        case({"red": 1, "blue": 5, "green": 4}, "red", 3),
        case({"two": 10}, "two", 4),
        case({"two": 4, "one": 6}, "two", 5),
        case({"yes": 9, "no": 1}, "no", 6),
        case({"left": 5, "right": 5}, "centre", 7),
        case({"red": 2, "dark red": 3, "orange": 5}, "red", 8),
        case({"blue": 2, "black": 3, "green": 5}, "blue", 9),
        case({"one": 2, "none": 5, "two": 1}, "one", 10),
        case({"red": 3, "blue": 2}, "red", 11),
        case({"red": 9, "blue": 1}, "red", 12),
        case({"red": 1, "blue": 2, "green": 9}, "blue", 13),
        case({"no": 2}, "no", 14),
        case({"Red": 1, "red": 1, " red": 2, "blue": 6}, "red", 15),
        case({"red": 2, "reddish": 1, "blue": 7}, "red", 16),
        *(drawn(seed) for seed in (17, 18, 19)),
    ]


def between(case: Case, output: float) -> bool:
    """Say whether the result lies between 0 and 1."""
    return bool(-1e-6 <= float(output) <= 1 + 1e-6)


def nobody_said_it(case: Case, output: float) -> bool:
    """Say whether what nobody said gets 0."""
    return case["answer"] in case["people"] or abs(float(output)) < 1e-6


def four_are_enough(case: Case, output: float) -> bool:
    """Say whether what four people or more said gets 1: in every set three of them are left."""
    return case["people"].count(case["answer"]) < 4 or abs(float(output) - 1) < 1e-6


def right_for(few: bool, case: Case, output: float) -> bool:
    """Say whether it is right for ten people, or for another number of them."""
    if few == (len(case["people"]) == 10):
        return True
    return abs(float(output) - agreed(*case.values())) < 1e-4


AGREED = Implement(
    id="vqa.agreed",
    title="Right, say three of nine",
    difficulty=3,
    minutes=10,
    hints=(
        "Two of ten people say what the model says. Leave each person out once: in how many of the "
        "ten sets are two left who say it, and in how many one?",
        "(1 / n) Σ over people left out of min(count among the others / 3, 1).",
        "people: n strings, n is mostly 10. n sets of n − 1. One number between 0 and 1.",
        "scores = []\nfor i in range(len(people)):\n    others = people[:i] + ...\n"
        "    scores.append(min(... / 3, 1))\nreturn ...",
    ),
    reference=agreed,
    cases=agreed_cases,
    mistakes=(
        Mistake(
            "everybody",
            "You count among all people, and leave nobody out. What two of ten say would get 2/3; "
            "left out once each, it is less.",
            "sets end",
        ),
        Mistake(
            "first_set",
            "You leave out the first person only. Each is left out once.",
            "sets end match",
        ),
        Mistake(
            "last_set",
            "You leave out the last person only. Each is left out once.",
            "sets end match",
        ),
        Mistake(
            "shrinking",
            "Your sets become smaller and smaller: those *before* the person left out are missing.",
            "sets end",
        ),
        Mistake(
            "without_answer",
            "You leave out everybody who said the same as the person left out. Only one person "
            "goes.",
            "sets match score end",
        ),
        Mistake(
            "one_each", "You look at each person alone, not at all the others.", "sets score end"
        ),
        Mistake(
            "different",
            "Your sets hold each answer once. If three people say the same, they count as three.",
            "sets score end",
        ),
        Mistake("no_cap", "An answer that many people gave gets more than 1.", "score end"),
        Mistake(
            "all_or_nothing",
            "It is all or nothing in yours (with `//`?): less than three people still give a part.",
            "score",
        ),
        Mistake(
            "share",
            "That is the share of people who said it. Three are enough for a full point.",
            "score",
        ),
        Mistake("any", "One person is enough in yours for a full point.", "score match end"),
        Mistake("floor", "You take the larger of 1 and the share.", "score end"),
        Mistake("four", "You divide by 4. How many people are enough?", "score"),
        Mistake("two", "You divide by 2. How many people are enough?", "score"),
        Mistake("summed", "That is the sum over the sets. The mean is asked for.", "end"),
        Mistake(
            "best_set",
            "That is the best of the sets. The mean is asked for.",
            "end score sets match",
        ),
        Mistake(
            "worst_set",
            "That is the worst of the sets: one of those who agree is left out. The mean over all "
            "is asked for.",
            "end score sets",
        ),
        Mistake(
            "median",
            "That is the median of the sets. The mean is asked for.",
            "end score sets match",
        ),
        Mistake(
            "majority",
            "You ask which answer most people gave. An answer that three gave is right, even if "
            "another one is more frequent.",
            "end score sets match",
        ),
        Mistake("percent", "That is in percent. A number from 0 to 1 is asked for.", "end"),
        Mistake(
            "by_nine",
            "You divide by 9 at the end. How many sets are there? As many as people.",
            "end sets",
        ),
        Mistake(
            "by_others",
            "You divide by one less than there are people. How many *sets* are there? One for each "
            "person who is left out.",
            "end sets score",
        ),
        Mistake(
            "first_agreeing",
            "You always leave out somebody who agrees: `index` finds the first who said the same. "
            "Each person is left out once, also those who said something else.",
            "sets end match",
        ),
        Mistake(
            "each_answer_once",
            "You leave out one person for each *different* answer: `index` finds only the first "
            "who said it. Each person is left out once, by number.",
            "sets end match",
        ),
        Mistake(
            "by_ten",
            "You divide by 10 always. There may be fewer people, or more.",
            "end sets",
        ),
        Mistake(
            "inside",
            "“dark red” counts as “red” in yours. Only the same answer counts.",
            "match",
        ),
        Mistake(
            "lowered",
            "Capitals make no difference in yours. Here answers are the same letter by letter.",
            "match sets score end",
        ),
        Mistake(
            "stripped",
            "Spaces around an answer make no difference in yours. Here answers are the same letter "
            "by letter.",
            "match sets score end",
        ),
        Mistake(
            "tidied",
            "Capitals and spaces make no difference in yours. Here answers are the same letter by "
            "letter.",
            "match sets score end",
        ),
        Mistake(
            "goes_on",
            "“reddish” counts as “red” in yours: it begins so. Only the same answer counts.",
            "match sets score end",
        ),
        Mistake("begins", "Only the first letter is compared in yours.", "match"),
        Mistake("others", "You count those who said something *else*.", "match"),
    ),
    properties=(
        Property("The result lies between 0 and 1.", between),
        Property("What nobody said gets 0.", nobody_said_it),
        Property(
            "What four people or more said is right in every set, for three of them are always "
            "left: 1.",
            four_are_enough,
        ),
        Property(
            "With ten people it is wrong already. Take the example of the card, ten sets of nine: "
            "how many of them give 2/3, and how many 1?",
            partial(right_for, False),
        ),
        Property(
            "With ten people it is right, but not with more or fewer. There are as many sets as "
            "people, and three are enough, however many there are.",
            partial(right_for, True),
        ),
    ),
)
