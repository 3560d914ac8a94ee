"""Clipped n-gram counts. Traps: no clip, a clip by the sum, one reference for the whole caption."""

from collections import Counter
from collections.abc import Callable

from mmtutor.checks.captioning.shared import drawing, sentence
from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.gpt.shared import either

Words = list[str]
Gram = tuple[str, ...]
Counts = Counter[Gram]
Pair = tuple[int | float, int]


def clipped(candidate: Words, references: list[Words], size: int, wrong: Wrong = RIGHT) -> Pair:
    """Reference: each n-gram counts at most as often as in the reference that has it most often."""
    mine = counted(candidate, size, wrong)
    theirs = [counted(reference, size, wrong) for reference in references]
    looked_at = [counted(reference, size, wrong) for reference in chosen(references, wrong)]
    found = hits(mine, looked_at, wrong)
    total = out_of(mine, theirs, candidate, size, wrong)
    ends: dict[str, Callable[[], Pair]] = {
        "exchanged": lambda: (total, found),
        "missed": lambda: (total - found, total),
    }
    return either(ends, wrong, lambda: (found, total))


def counted(words: Words, size: int, wrong: Wrong) -> Counts:
    """Count the n-grams of a sentence, or what people take for them."""
    last = len(words) - size
    ways: dict[str, Callable[[], list[Gram]]] = {
        "one_too_few": lambda: grams(words, size, range(last)),
        "short_ones": lambda: grams(words, size, range(len(words))),
        "words_only": lambda: grams(words, 1, range(len(words))),
        "up_to": lambda: [
            gram for n in range(1, size + 1) for gram in grams(words, n, range(len(words) - n + 1))
        ],
        "any_order": lambda: [tuple(sorted(g)) for g in grams(words, size, range(last + 1))],
        "side_by_side": lambda: grams(words, size, range(0, last + 1, size)),
        "round": lambda: grams(words + words[: size - 1], size, range(len(words))),
        "one_longer": lambda: grams(words, size + 1, range(last)),
        "glued": lambda: [("".join(gram),) for gram in grams(words, size, range(last + 1))],
    }
    return Counter(either(ways, wrong, lambda: grams(words, size, range(last + 1))))


def grams(words: Words, size: int, starts: range) -> list[Gram]:
    """Return the n-grams that begin at these places."""
    return [tuple(words[start : start + size]) for start in starts]


def chosen(references: list[Words], wrong: Wrong) -> list[Words]:
    """Return the references that are looked at."""
    ways: dict[str, Callable[[], list[Words]]] = {
        "first_reference": lambda: references[:1],
        "last_reference": lambda: references[-1:],
        "longest_reference": lambda: [max(references, key=len)],
        "joined": lambda: [[word for reference in references for word in reference]],
    }
    return either(ways, wrong, lambda: references)


def hits(mine: Counts, theirs: list[Counts], wrong: Wrong) -> int | float:
    """Return how many n-grams of the candidate are found."""
    most = {gram: max(their[gram] for their in theirs) for gram in mine}
    ways: dict[str, Callable[[], int | float]] = {
        "not_clipped": lambda: sum(n for gram, n in mine.items() if most[gram]),
        "once_each": lambda: sum(1 for gram in mine if most[gram]),
        "sum_of_references": lambda: sum(
            min(n, sum(their[gram] for their in theirs)) for gram, n in mine.items()
        ),
        "in_every_reference": lambda: sum(
            min(n, min(their[gram] for their in theirs)) for gram, n in mine.items()
        ),
        "best_reference": lambda: max((mine & their).total() for their in theirs),
        "added_up": lambda: sum((mine & their).total() for their in theirs),
        "mean_reference": lambda: sum((mine & their).total() for their in theirs) / len(theirs),
        "same_count": lambda: sum(
            n for gram, n in mine.items() if any(their[gram] == n for their in theirs)
        ),
        "not_exceeded": lambda: sum(n for gram, n in mine.items() if n <= most[gram]),
        "their_count": lambda: sum(most.values()),
        "first_known": lambda: sum(
            min(n, next((their[gram] for their in theirs if gram in their), 0))
            for gram, n in mine.items()
        ),
        "each_time": lambda: sum(n * min(n, most[gram]) for gram, n in mine.items()),
        "number_of_references": lambda: sum(
            min(n, sum(gram in their for their in theirs)) for gram, n in mine.items()
        ),
    }
    return either(ways, wrong, lambda: sum(min(n, most[gram]) for gram, n in mine.items()))


def out_of(mine: Counts, theirs: list[Counts], candidate: Words, size: int, wrong: Wrong) -> int:
    """Return of how many n-grams those are."""
    ways: dict[str, Callable[[], int]] = {
        "total_words": lambda: len(candidate),
        "total_distinct": lambda: len(mine),
        "total_first_reference": lambda: theirs[0].total(),
        "total_longest_reference": lambda: max(their.total() for their in theirs),
        "total_references": lambda: sum(their.total() for their in theirs),
        "total_at_least_one": lambda: max(mine.total(), 1),
        "total_one_too_few": lambda: max(len(candidate) - size, 0),
        "total_below_zero": lambda: len(candidate) - size + 1,
    }
    return either(ways, wrong, lambda: mine.total())


FEW = ("a", "red", "star")
MANY = ("a", "red", "star", "sun", "above", "blue", "two")


def drawn(words: tuple[str, ...], length: int, lengths: list[int], size: int, seed: int) -> Case:
    """Return a caption and references of words drawn by chance."""
    chance = drawing(seed)
    return Case(
        candidate=sentence(words, length, chance),
        references=[sentence(words, n, chance) for n in lengths],
        size=size,
    )


def said(candidate: str, *references: str, size: int) -> Case:
    """Return a caption and its references as they are written."""
    return Case(
        candidate=candidate.split(),
        references=[reference.split() for reference in references],
        size=size,
    )


def clipped_cases() -> list[Case]:
    return [
        said("a a a", "a star a", "two star", size=1),
        said("a red star above a star", "a star above a red sun", "a star a star", size=2),
        drawn(FEW, 9, [5, 7, 6], 1, 10),
        drawn(FEW, 12, [9, 6], 2, 20),
        drawn(FEW, 14, [8, 13, 10, 9], 3, 30),
        said("a red", "a red star", size=3),
        said("a", "red a a", "a", size=1),
        drawn(MANY, 11, [12], 1, 40),
        drawn(FEW, 16, [17, 15, 12], 2, 50),
        said("a star a star a star", "a star a sun a star", "star a star a", size=3),
        drawn(FEW, 20, [25, 22, 24], 4, 60),
        drawn(MANY, 25, [21, 24, 22, 20, 23], 2, 70),
        said("red star", "star red", "red red star star", size=2),
        said("star", "a star star", "red", size=3),
        drawn(FEW[:2], 17, [14, 19, 12], 3, 80),
        drawn(FEW[:2], 13, [15, 8], 2, 90),
        drawn(FEW[:2], 22, [12, 16, 9, 14], 4, 95),
        drawn(FEW[:2], 19, [8, 7, 9], 2, 97),
        drawn(FEW[:2], 30, [16, 15, 15], 3, 98),
        said("star a star a", "a star a", "star star a", size=2),
        said("a red star", "a", "a red star", size=2),
        said("a star a star", "red red red red red red", "a star a star", size=2),
        said("a bc star a bc", "ab c ab c", "ab c star", size=2),
    ]


def is_a_share(case: Case, output: Pair) -> bool:
    """Say whether the found are not more than there are."""
    return float(output[0]) <= float(output[1])


def total_is_right(case: Case, output: Pair) -> bool:
    """Say whether the second number is right."""
    return float(output[1]) == clipped(*case.values())[1]


def found_if_one_reference(case: Case, output: Pair) -> bool:
    """Say whether the first number is right wherever there is a single reference."""
    return len(case["references"]) > 1 or float(output[0]) == clipped(*case.values())[0]


def found_of_single_words(case: Case, output: Pair) -> bool:
    """Say whether the first number is right wherever single words are counted."""
    return case["size"] > 1 or float(output[0]) == clipped(*case.values())[0]


def not_too_many(case: Case, output: Pair) -> bool:
    """Say whether no more are found than there are."""
    return float(output[0]) <= clipped(*case.values())[0]


CLIPPED = Implement(
    id="captioning.clipped",
    title="Say it as often as you like, it counts but so often",
    difficulty=2,
    minutes=15,
    hints=(
        "`collections.Counter` counts the n-grams of one sentence. How often may one n-gram of the "
        "caption count, if one reference has it twice and another once?",
        "hits = Σ over the caption's distinct n-grams of min(count in the caption, largest count "
        "in any one reference).",
        "A sentence of L words has L − size + 1 n-grams: a slice of `size` words from each place "
        "where it fits. A tuple can be counted, a list cannot.",
        "def grams(words):\n"
        "    return Counter(tuple(words[i : i + size]) for i in range(len(words) - ... + 1))\n\n"
        "mine, theirs = grams(candidate), [... for reference in references]\n"
        "hits = sum(min(count, max(...)) for gram, count in mine.items())\n"
        "return hits, sum(...)",
    ),
    reference=clipped,
    cases=clipped_cases,
    mistakes=(
        Mistake(
            "not_clipped",
            "An n-gram counts each time that the caption says it, as long as a reference knows it. "
            "Then “a a a a” is a perfect caption: what stops it?",
            "clip",
        ),
        Mistake(
            "once_each",
            "Each n-gram counts once in yours, as in a set. A reference may have it twice.",
            "clip",
        ),
        Mistake(
            "sum_of_references",
            "You allow an n-gram as often as it occurs in *all references together*. Which of them "
            "decides?",
            "clip references",
        ),
        Mistake(
            "in_every_reference",
            "You take the reference that has an n-gram *least* often. Is a word wrong because one "
            "of five references does not say it?",
            "clip references",
        ),
        Mistake(
            "best_reference",
            "You choose one reference for the whole caption. Each n-gram may find its own.",
            "clip references",
        ),
        Mistake(
            "added_up",
            "You add up what is found in each reference, so one n-gram counts several times.",
            "clip references",
        ),
        Mistake(
            "mean_reference",
            "You average over the references. An n-gram needs to stand in one of them.",
            "clip references",
        ),
        Mistake(
            "same_count",
            "An n-gram counts only if it is said exactly as often as in a reference. What if it is "
            "said once more, or once less?",
            "clip",
        ),
        Mistake(
            "not_exceeded",
            "An n-gram that is said too often does not count at all in yours. It counts as often "
            "as a reference has it.",
            "clip",
        ),
        Mistake(
            "their_count",
            "An n-gram counts as often as a reference has it, even if the caption says it less "
            "often.",
            "clip",
        ),
        Mistake(
            "each_time",
            "Each time that the caption says an n-gram again, you add its whole count again. Go "
            "through the *different* n-grams.",
            "clip",
        ),
        Mistake(
            "number_of_references",
            "You allow an n-gram as often as there are *references with it*. How often does one "
            "reference have it?",
            "clip references",
        ),
        Mistake(
            "first_known",
            "An n-gram is compared with the first reference that has it at all. Which one "
            "decides, if a later one has it more often?",
            "clip references",
        ),
        Mistake(
            "first_reference",
            "Only the first reference is looked at.",
            "references",
        ),
        Mistake("last_reference", "Only the last reference is looked at.", "references"),
        Mistake("longest_reference", "Only the longest reference is looked at.", "references"),
        Mistake(
            "joined",
            "The references are one long text in yours: counts add up, and n-grams arise across "
            "the seams.",
            "references clip grams",
        ),
        Mistake(
            "one_too_few",
            "The last n-gram of each sentence is missing. From how many places does a slice of "
            "`size` words fit into L words?",
            "grams total",
        ),
        Mistake(
            "short_ones",
            "At the end of each sentence you count pieces that are shorter than `size`.",
            "grams total",
        ),
        Mistake("words_only", "You count single words, whatever `size` is.", "grams total"),
        Mistake(
            "up_to",
            "You count all sizes from 1 to `size`. Only n-grams of `size` words are asked for.",
            "grams total",
        ),
        Mistake(
            "any_order",
            "The order within an n-gram does not matter in yours. “red star” is not “star red”.",
            "grams total",
        ),
        Mistake(
            "side_by_side",
            "Your n-grams stand side by side. They overlap: one begins at every word.",
            "grams total",
        ),
        Mistake(
            "round",
            "Your n-grams go on from the last word to the first.",
            "grams total",
        ),
        Mistake("one_longer", "Your n-grams are one word too long.", "grams total"),
        Mistake(
            "glued",
            "You glue the words of an n-gram together, so that “a bc” and “ab c” become one. "
            "Two different n-grams must stay two.",
            "grams total",
        ),
        Mistake(
            "total_words",
            "The second number counts the words of the caption. How many n-grams has it?",
            "total",
        ),
        Mistake(
            "total_distinct",
            "The second number counts each n-gram once. All of the caption's are asked for, also "
            "when they repeat.",
            "total",
        ),
        Mistake(
            "total_first_reference",
            "The second number counts the n-grams of the first *reference*. That would be a "
            "recall; the caption's are asked for.",
            "total",
        ),
        Mistake(
            "total_longest_reference",
            "The second number counts the n-grams of the longest *reference*. The caption's are "
            "asked for.",
            "total",
        ),
        Mistake(
            "total_references",
            "The second number counts the n-grams of all *references*. The caption's are asked "
            "for.",
            "total",
        ),
        Mistake(
            "total_at_least_one",
            "A caption that is too short has no n-gram at all: then the second number is 0.",
            "total",
        ),
        Mistake(
            "total_one_too_few",
            "The second number is L − size. From how many places does a slice of `size` words fit "
            "into L words?",
            "total",
        ),
        Mistake(
            "total_below_zero",
            "A caption that is too short has no n-gram at all. Your formula makes that a number "
            "below 0.",
            "total",
        ),
        Mistake("exchanged", "Your two numbers have changed places. Which comes first?", "end"),
        Mistake(
            "missed",
            "The first number counts those that are *not* found.",
            "end",
        ),
    ),
    properties=(
        Property(
            "The second number is how many n-grams the caption has, counted as often as they are "
            "said. Yours is another: of which sentence do you count, and from how many places?",
            total_is_right,
        ),
        Property(
            "More n-grams are found than the caption has.",
            is_a_share,
        ),
        Property(
            "The first number is wrong even where there is only one reference. When are two "
            "n-grams the same, and how often may one count that the caption has three times and "
            "the reference twice?",
            found_if_one_reference,
        ),
        Property(
            "Somewhere you count too many. When are two n-grams the same, and how often may one "
            "count at most, if there are several references?",
            not_too_many,
        ),
        Property(
            "With single words the first number is off already, where there are several "
            "references. Which of them decides, and for what: for one word, or for the caption?",
            found_of_single_words,
        ),
    ),
)
