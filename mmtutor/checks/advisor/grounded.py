"""Does an answer hang on what it cites? Traps: all answers, ids compared, id 0 is no citation."""

from collections.abc import Callable
from functools import partial
from itertools import takewhile

import torch

from mmtutor.checks.advisor.shared import drawing
from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.gpt.shared import either

Answer = tuple[str, int]
"""A text, and the id of the item that it cites, or −1."""
Answers = list[Answer]
Pair = tuple[float, float]
UNKNOWN = "I do not know."
OTHER_ROWS = frozenset(
    [
        "all_cite",
        "without_cites",
        "skips_first",
        "rows_slip",
        "each_filtered",
        "anywhere",
        "control_over_changed",
        "first_by_both",
        "control_by_both",
        "cites_another",
        "over_items",
        "ratio",
        "first_question",
        "counts_or_nan",
        "high_and_low_for_nan",
        "each_cites",
        "until_uncited",
        "texts_once",
    ]
)
"""Mistakes that compare or count the wrong rows: made only when one of them is asked for."""


def grounded(answers: Answers, without: Answers, control: Answers, wrong: Wrong = RIGHT) -> Pair:
    """Reference: of the answers that cite, the shares that change without it, and without others.

    Both are NaN where no answer cites.
    """
    cites = [is_cited(answer, wrong) for answer in answers]
    moved, stirred = changes(answers, without, control, wrong)
    kept = [c for c, cited in zip(moved, cites, strict=True) if cited]
    also = [c for c, cited in zip(stirred, cites, strict=True) if cited]
    others = [c for c, cited in zip(stirred, cites, strict=True) if not cited]
    ways: dict[str, Callable[[], tuple[float, float]]] = {
        "over_all": lambda: (sum(kept) / len(moved), sum(also) / len(moved)),
        "of_all": lambda: (mean(moved), mean(stirred)),
        "first_over_all": lambda: (sum(kept) / len(moved), mean(also)),
        "control_over_all": lambda: (mean(kept), sum(also) / len(moved)),
        "control_of_all": lambda: (mean(kept), mean(stirred)),
        "control_uncited": lambda: (mean(kept), mean(others)),
        "counts": lambda: (float(sum(kept)), float(sum(also))),
        "zero_for_nan": lambda: (mean(kept or [0.0]), mean(also or [0.0])),
        "one_for_nan": lambda: (mean(kept or [1.0]), mean(also or [1.0])),
        "exchanged": lambda: (mean(also), mean(kept)),
        "first_stays": lambda: (1 - mean(kept), mean(also)),
        "control_stays": lambda: (mean(kept), 1 - mean(also)),
        "both_stay": lambda: (1 - mean(kept), 1 - mean(also)),
        "percent": lambda: (100 * mean(kept), 100 * mean(also)),
        "rounded": lambda: (round(mean(kept), 2), round(mean(also), 2)),
        "difference": lambda: (mean(kept) - mean(also), mean(also)),
    }
    if wrong & OTHER_ROWS:
        ways |= in_other_rows(answers, without, control)
    one, other = either(ways, wrong, lambda: (mean(kept), mean(also)))
    return one, other


def in_other_rows(
    answers: Answers, without: Answers, control: Answers
) -> dict[str, Callable[[], Pair]]:
    """Return what comes out where the wrong rows are compared or counted."""
    three = list(zip(answers, without, control, strict=True))
    cited = [row for row in three if row[0][1] >= 0]

    def shares(rows: list[tuple[Answer, Answer, Answer]]) -> Pair:
        """Return both shares over these rows."""
        return mean([a[0] != b[0] for a, b, _ in rows]), mean([a[0] != c[0] for a, _, c in rows])

    def moved_on(other: Answers) -> float:
        """Compare the answers that cite with the first ones of another list."""
        return mean([a[0] != b[0] for (a, _, _), b in zip(cited, other, strict=False)])

    def own(other: Answers) -> float:
        """Compare what cites in both lists, one behind the other, divided by the answers' own."""
        left = [row[0] for row in cited], [one for one in other if one[1] >= 0]
        changed = sum(a[0] != b[0] for a, b in zip(*left, strict=False))
        return changed / len(cited) if cited else float("nan")

    def anywhere(other: Answers) -> float:
        """Ask whether the text comes anywhere in another list."""
        return mean([a[0] not in {text for text, _ in other} for a, _, _ in cited])

    changed = [row for row in cited if row[0][0] != row[1][0]]
    first, second = shares(cited)
    answers_an_item = len(cited) / max(1, len({row[0][1] for row in cited}))
    return {
        "all_cite": lambda: shares([row for row in three if all(one[1] >= 0 for one in row)]),
        "without_cites": lambda: shares([row for row in three if row[1][1] >= 0]),
        "skips_first": lambda: shares([row for row in three[1:] if row[0][1] >= 0]),
        "rows_slip": lambda: (moved_on(without), moved_on(control)),
        "each_filtered": lambda: (own(without), own(control)),
        "anywhere": lambda: (anywhere(without), anywhere(control)),
        "control_over_changed": lambda: (first, shares(changed)[1] if changed else 0 * first),
        "first_by_both": lambda: (mean([a != b for a, b, _ in cited]), second),
        "control_by_both": lambda: (first, mean([a != c for a, _, c in cited])),
        "each_cites": lambda: (
            shares([row for row in cited if row[1][1] >= 0])[0],
            shares([row for row in cited if row[2][1] >= 0])[1],
        ),
        "until_uncited": lambda: shares([*takewhile(lambda row: row[0][1] >= 0, three)]),
        "texts_once": lambda: shares([*{row[0][0]: row for row in cited}.values()]),
        "cites_another": lambda: shares([row for row in cited if row[1][1] != row[0][1]]),
        "over_items": lambda: (first * answers_an_item, second * answers_an_item),
        "ratio": lambda: (first, second / first if first else 0.0),
        "first_question": lambda: shares(cited[:1]),
        "counts_or_nan": lambda: (first * len(cited), second * len(cited)),
        "high_and_low_for_nan": lambda: (first, second) if cited else (1.0, 0.0),
    }


def mean(values: list[bool] | list[float]) -> float:
    """Return the mean, NaN if there is nothing."""
    return sum(values) / len(values) if values else float("nan")


def is_cited(answer: Answer, wrong: Wrong) -> bool:
    """Say whether an answer cites an item."""
    text, cited = answer
    ways: dict[str, Callable[[], bool]] = {
        "zero_uncited": lambda: cited > 0,
        "truthy": lambda: bool(cited),
        "unless_unknown": lambda: cited >= 0 and text != UNKNOWN,
        "uncited": lambda: cited < 0,
        "by_text": lambda: text != UNKNOWN,
    }
    return either(ways, wrong, lambda: cited >= 0)


def changes(
    answers: Answers, without: Answers, control: Answers, wrong: Wrong
) -> tuple[list[bool], list[bool]]:
    """Return which answers change without the item cited, and without another one."""
    differ = comparing(wrong)
    moved = [differ(a, b) for a, b in zip(answers, without, strict=True)]
    stirred = [differ(a, b) for a, b in zip(answers, control, strict=True)]
    pairs = list(zip(moved, stirred, strict=True))
    ways: dict[str, Callable[[], tuple[list[bool], list[bool]]]] = {
        "either": lambda: ([a or b for a, b in pairs], stirred),
        "only": lambda: ([a and not b for a, b in pairs], stirred),
        "against_control": lambda: (
            [differ(a, b) for a, b in zip(control, without, strict=True)],
            stirred,
        ),
        "control_against_without": lambda: (
            moved,
            [differ(a, b) for a, b in zip(without, control, strict=True)],
        ),
        "control_of_moved": lambda: (moved, [a and b for a, b in pairs]),
    }
    return either(ways, wrong, lambda: (moved, stirred))


def comparing(wrong: Wrong) -> Callable[[Answer, Answer], bool]:
    """Return what says whether an answer is another one."""
    ways: dict[str, Callable[[], Callable[[Answer, Answer], bool]]] = {
        "by_id": lambda: lambda a, b: a[1] != b[1],
        "by_both": lambda: lambda a, b: a != b,
        "both_differ": lambda: lambda a, b: a[0] != b[0] and a[1] != b[1],
        "lowered": lambda: lambda a, b: a[0].lower() != b[0].lower(),
        "stripped": lambda: lambda a, b: a[0].strip(" .") != b[0].strip(" ."),
        "to_unknown": lambda: lambda a, b: b[0] == UNKNOWN,
        "becomes_unknown": lambda: lambda a, b: b[0] == UNKNOWN != a[0],
        "uncites": lambda: lambda a, b: b[1] < 0,
        "first_word": lambda: lambda a, b: a[0].split()[0] != b[0].split()[0],
        "shorter": lambda: lambda a, b: any(p != q for p, q in zip(a[0], b[0], strict=False)),
        "inside": lambda: lambda a, b: a[0] not in b[0],
        "length": lambda: lambda a, b: len(a[0]) != len(b[0]),
        "words": lambda: lambda a, b: {*a[0].split()} != {*b[0].split()},
    }
    return either(ways, wrong, lambda: lambda a, b: a[0] != b[0])


ROWS: list[tuple[Answer, Answer, Answer]] = [
    (("It is red.", 3), ("It is blue.", 5), ("It is red.", 3)),
    (("It costs 5.", 1), ("It costs 5.", 4), ("It costs 5.", 1)),
    (("Yes.", 0), (UNKNOWN, -1), ("Yes.", 0)),
    ((UNKNOWN, -1), (UNKNOWN, -1), ("It is red.", 2)),
    (("Hello!", -1), ("Good day!", -1), ("Hello!", -1)),
    (("It is red.", 0), ("It is red.", -1), ("It is blue.", 0)),
    (("No.", 2), ("no.", 2), ("No.", 7)),
    (("Two.", 6), ("Two", 6), ("Two.", 6)),
    (("Two.", 0), ("Two. ", 8), ("Three.", 1)),
    ((UNKNOWN, 4), (UNKNOWN, 4), (UNKNOWN, 5)),
    ((UNKNOWN, 4), ("It is a cup.", 3), (UNKNOWN, 4)),
    (("Red.", 7), ("Red. And blue.", 2), (UNKNOWN, -1)),
    (("red before blue", 9), ("blue before red", 9), ("red before blue", 2)),
    (("A cup.", 3), ("A hat.", 3), ("A cap.", 3)),
    (("Hello!", -1), ("Hello!", 2), (UNKNOWN, -1)),
    (("A cup.", 1), ("A cup.", 0), (UNKNOWN, 1)),
]


def grounded_cases() -> list[Case]:
    def case(*rows: int) -> Case:
        three = [[*side] for side in zip(*(ROWS[i] for i in rows), strict=True)]
        return Case(**dict(zip(("answers", "without", "control"), three, strict=True)))

    def drawn(seed: int, many: int) -> Case:
        """Answers of few words, so that some stay the same."""
        chance = drawing(seed)

        def answer() -> Answer:
            text = chance.choice(["red", "blue", "two", UNKNOWN]) + chance.choice(["", " ", "!"])
            return text, chance.choice([-1, 0, 1, 2])

        def again(before: Answer) -> Answer:
            return before if chance.random() < 0.4 else answer()

        first = [answer() for _ in range(many)]
        sides = [again(one) for one in first], [again(one) for one in first]
        return Case(answers=first, without=sides[0], control=sides[1])

    return [
        case(0, 1, 3, 2),
        case(0),
        case(4),
        case(5),
        case(3, 4, 14),
        case(5, 0),
        case(6, 7, 12, 4),
        case(9, 10, 2, 3),
        case(11, 13, 8, 14, 1),
        case(12, 8),
        case(1, 15, 5, 3, 4),
        case(2, 5, 4),
        case(7, 8, 13, 11, 6),
        case(*range(16)),
        *(drawn(n, many) for n, many in enumerate((9, 15, 12, 7, 20))),
    ]


def kept(say: Callable[[Case, float, float], bool], case: Case, output: Pair) -> bool:
    """Say whether two numbers keep a rule."""
    found = [torch.as_tensor(x).double() for x in output]
    fits = len(found) == 2 and all(x.numel() == 1 for x in found)
    return not fits or say(case, *(float(x) for x in found))


def near(a: float, b: float) -> bool:
    """Say whether two numbers agree; NaN is NaN."""
    return abs(a - b) < 1e-4 or (a != a and b != b)


def none_is_nan(case: Case, one: float, other: float) -> bool:
    """Say whether both are NaN where nothing is cited, and only there."""
    none = all(cited < 0 for _, cited in case["answers"])
    return (one != one) == none and (other != other) == none


def extreme(at: float, case: Case, one: float, other: float) -> bool:
    """Say whether a share is right where it should be 0, or 1."""
    wanted = zip((one, other), grounded(*case.values()), strict=True)
    return all(near(mine, its) for mine, its in wanted if its == at)


def first_is_right(case: Case, one: float, other: float) -> bool:
    """Say whether the first share is right."""
    return near(one, grounded(*case.values())[0])


def second_is_right(case: Case, one: float, other: float) -> bool:
    """Say whether the second share is right."""
    return near(other, grounded(*case.values())[1])


GROUNDED = Implement(
    id="advisor.grounded",
    title="Does the answer hang on what it cites?",
    difficulty=2,
    minutes=15,
    hints=(
        "Which answers can be asked about at all? Mark those that cite something; then compare "
        "each with itself, twice.",
        "Among answers with cited ≥ 0: first the share whose text differs from that in `without`, "
        "then the share whose text differs from that in `control`.",
        "All three lists are of one length, and place i belongs to one question. "
        "`zip(answers, without, control)` gives three pairs at a time.",
        "moved, stirred = [], []\n"
        "for (text, cited), (bare, _), (same, _) in zip(answers, without, control):\n"
        "    if ...:\n        moved.append(text != ...)\n        stirred.append(...)\n"
        "if not moved:\n    return ...\nreturn sum(moved) / ..., ...",
    ),
    reference=grounded,
    cases=grounded_cases,
    mistakes=(
        Mistake(
            "over_all",
            "You divide by *all* answers. Of those that cite something, which share changes?",
            "over",
        ),
        Mistake(
            "of_all",
            "Answers without a citation count in yours, too. What was taken away from them?",
            "over cited",
        ),
        Mistake(
            "first_over_all",
            "You divide the first by *all* answers. How many cite something?",
            "over",
        ),
        Mistake(
            "control_over_all",
            "You divide the second by *all* answers. How many cite something?",
            "over",
        ),
        Mistake(
            "control_of_all",
            "The second counts answers without a citation, too. Both are about the same answers.",
            "over",
        ),
        Mistake(
            "control_uncited",
            "The second is about the answers *without* a citation. Both are about the same ones.",
            "over cited",
        ),
        Mistake("counts", "Those are counts. Which shares?", "over"),
        Mistake(
            "counts_or_nan", "Those are counts. Of how many, as shares?", "cited over compare which"
        ),
        Mistake(
            "high_and_low_for_nan",
            "If no answer cites anything you return 1 and 0. Nothing was tried: NaN.",
            "cited over compare which",
        ),
        Mistake(
            "all_cite",
            "You look only where all three lists cite something. Whose citation was taken out?",
            "cited over compare which",
        ),
        Mistake(
            "without_cites",
            "You look where the answer in `without` cites something. Which answers are asked "
            "about?",
            "cited over compare which",
        ),
        Mistake(
            "first_question",
            "Only the first answer that cites something counts.",
            "cited over compare which",
        ),
        Mistake(
            "cites_another",
            "You look only where the citation changes in `without`. The question is whether the "
            "*text* does.",
            "cited over compare which",
        ),
        Mistake(
            "over_items",
            "You divide by how many different items are cited. Of how many *answers* is it a "
            "share?",
            "cited over compare which",
        ),
        Mistake(
            "ratio",
            "Your second is divided by the first. Return both as they are.",
            "cited over compare which",
        ),
        Mistake(
            "skips_first", "The first question is left out in yours.", "cited over compare which"
        ),
        Mistake(
            "rows_slip",
            "You leave out answers without a citation in one list only: from then on different "
            "questions stand beside each other.",
            "cited over compare which",
        ),
        Mistake(
            "each_filtered",
            "You leave out of each list what cites nothing *there*: from then on different "
            "questions stand beside each other.",
            "cited over compare which",
        ),
        Mistake(
            "anywhere",
            "An answer counts as unchanged in yours if its text comes *anywhere* in the other "
            "list. Compare question with question.",
            "cited over compare which",
        ),
        Mistake(
            "control_over_changed",
            "The second is a share of those that change in `without`. Both are shares of the "
            "answers that cite something.",
            "cited over compare which",
        ),
        Mistake(
            "first_by_both",
            "For the first, an answer with the same text that cites another item is another one in "
            "yours. Compare the *texts*.",
            "cited over compare which",
        ),
        Mistake(
            "control_by_both",
            "For the second, an answer with the same text that cites another item is another one "
            "in yours. Compare the *texts*.",
            "cited over compare which",
        ),
        Mistake(
            "zero_for_nan",
            "If no answer cites anything you return 0. Nothing was tried: NaN.",
            "over",
        ),
        Mistake(
            "one_for_nan",
            "If no answer cites anything you return 1. Nothing was tried: NaN.",
            "over",
        ),
        Mistake(
            "exchanged",
            "The two are exchanged: first without the cited item, then without another one.",
            "over",
        ),
        Mistake(
            "first_stays",
            "The first is the share that *stays*. Which share changes?",
            "over",
        ),
        Mistake(
            "control_stays",
            "The second is the share that *stays*. Which share changes?",
            "over",
        ),
        Mistake("both_stay", "Those are the shares that *stay*. Which change?", "over"),
        Mistake("percent", "Those are per cent. Shares from 0 to 1 are asked for.", "over"),
        Mistake("rounded", "You round. Return the shares as they are.", "over"),
        Mistake(
            "difference",
            "You take the second from the first. Return both as they are.",
            "over which",
        ),
        Mistake(
            "zero_uncited",
            "An answer that cites item 0 counts as one without a citation in yours. Ids begin "
            "at 0.",
            "cited",
        ),
        Mistake(
            "truthy",
            "`if cited:` is false for the id 0 and true for −1. What says that nothing is cited?",
            "cited over",
        ),
        Mistake(
            "unless_unknown",
            'You leave out "I do not know." Whatever it says: does it cite something?',
            "cited over compare which",
        ),
        Mistake(
            "uncited",
            "You count the answers *without* a citation.",
            "cited over compare which",
        ),
        Mistake(
            "by_text",
            'You count all answers but "I do not know." Those with a citation are asked for.',
            "cited over compare which",
        ),
        Mistake(
            "either",
            "The first counts an answer that changes without *any* item. Which one was cited?",
            "which",
        ),
        Mistake(
            "only",
            "The first leaves out answers that also change in the control. It stands beside for "
            "this very reason; count them.",
            "which over compare",
        ),
        Mistake(
            "against_control",
            "The first compares with the control. Compare with the answer as it was.",
            "which over compare",
        ),
        Mistake(
            "control_against_without",
            "The second compares `control` with `without`. Compare with the answer as it was.",
            "which over compare",
        ),
        Mistake(
            "control_of_moved",
            "The second counts only answers that also change without the cited item. It stands by "
            "itself.",
            "which over compare",
        ),
        Mistake(
            "by_id",
            "You compare which item is cited. An answer changes if its *text* does: the same item "
            "can be found elsewhere.",
            "compare",
        ),
        Mistake(
            "by_both",
            "An answer with the same text that cites another item is another one in yours. Compare "
            "the *texts*.",
            "compare",
        ),
        Mistake(
            "both_differ",
            "An answer counts as changed only if text *and* citation differ in yours. Compare the "
            "texts.",
            "compare over which",
        ),
        Mistake(
            "lowered",
            "Capitals make no difference in yours. Here texts are the same letter by letter.",
            "compare over which",
        ),
        Mistake(
            "stripped",
            "Spaces and points at the ends make no difference in yours. Here texts are the same "
            "letter by letter.",
            "compare over which",
        ),
        Mistake(
            "to_unknown",
            'Only what becomes "I do not know." counts as changed in yours. Any other text does.',
            "compare over which",
        ),
        Mistake(
            "becomes_unknown",
            'Only an answer that turns into "I do not know." counts as changed in yours. Any other '
            "text does.",
            "compare over which",
        ),
        Mistake(
            "uncites",
            "You ask whether the new answer still cites something. Is its *text* another?",
            "compare over which",
        ),
        Mistake("first_word", "You compare the first words only.", "compare over which"),
        Mistake(
            "shorter",
            "You compare letters as far as the shorter text goes. What stands behind counts, too.",
            "compare over which",
        ),
        Mistake(
            "inside",
            "A text that goes on behind the old one counts as the same in yours (`in`). It is "
            "another.",
            "compare over which",
        ),
        Mistake("length", "You compare how long the texts are.", "compare over which"),
        Mistake(
            "words",
            "You compare sets of words. The same words in another order are another text.",
            "compare over which",
        ),
        Mistake(
            "each_cites",
            "You leave out answers whose *new* answer cites nothing. Those that count are the "
            "ones whose answer in `answers` cites something.",
            "cited over compare which",
        ),
        Mistake(
            "until_uncited",
            "Behind the first answer that cites nothing, no other counts in yours. Does a "
            "`break` stand there?",
            "cited over compare which",
        ),
        Mistake(
            "texts_once",
            "Answers with the same text count once in yours, as the keys of a dictionary do. "
            "Each question counts.",
            "cited over compare which",
        ),
    ),
    properties=(
        Property(
            "Both are NaN where no answer cites anything, and nowhere else.",
            partial(kept, none_is_nan),
        ),
        Property(
            "Where none of the texts of answers that cite changes, letter by letter, the share is "
            "0, whatever they cite then. In yours somewhere it is not.",
            partial(kept, partial(extreme, 0.0)),
        ),
        Property(
            "Where each text of an answer that cites is another one, the share is 1, whatever "
            "they cite then. In yours somewhere it is not.",
            partial(kept, partial(extreme, 1.0)),
        ),
        Property(
            "The first is off: of the answers that cite something, which share has another text "
            "in `without`?",
            partial(kept, first_is_right),
        ),
        Property(
            "The second is off: of the answers that cite something, which share has another text "
            "in `control`?",
            partial(kept, second_is_right),
        ),
    ),
)
