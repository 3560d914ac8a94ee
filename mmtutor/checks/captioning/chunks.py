"""METEOR by hand. Traps: the first alignment for the one with fewest chunks, precision for recall.

The caption is "a blue sun below a red star", the reference "a red star stands above a blue sun".
"""

from collections.abc import Callable
from functools import cache, partial

from torch import Tensor

from mmtutor.checks.engine.exercise import Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together, same

SAID, WANTED = 7, 8
"""How many words the caption and the reference have."""
MATCHES, CHUNKS = 6, 2


def f_mean(matches: int = MATCHES, said: int = SAID, wanted: int = WANTED) -> float:
    """Return 10 P R / (R + 9 P)."""
    precision, recall = matches / said, matches / wanted
    return 10 * precision * recall / (recall + 9 * precision)


def penalty(chunks: int = CHUNKS, matches: int = MATCHES) -> float:
    """Return ½ (chunks / matches)³."""
    return 0.5 * (chunks / matches) ** 3


def four(chunks: int, mean: float, price: float) -> list[float]:
    """Return the four numbers that follow from these three."""
    return [float(chunks), mean, price, mean * (1 - price)]


@cache
def right() -> list[float]:
    """Return the chunks, the mean, the penalty and METEOR."""
    return four(CHUNKS, f_mean(), penalty())


def is_near(answer: Tensor, place: int) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) / right()[place] - 1) < 0.005


def at(name: str, value: float, hint: str) -> Mistake:
    """Return a wrong number."""
    return Mistake(name, hint, value=lambda: value)


def whole(name: str, hint: str, values: Callable[[], list[float]]) -> Mistake:
    """Return four wrong numbers."""
    return Mistake(name, hint, value=values)


MEAN, PENALTY = f_mean(), penalty()
NUMBER = (
    at(
        "chunks_in_order",
        4.0,
        "Number 1: the first `a` was matched with the first `a`. Each may be matched with the "
        "other: with which do the runs get longer?",
    ),
    at(
        "chunks_three",
        3.0,
        "Number 1: one run is cut in two. Which `a` belongs to which?",
    ),
    at("chunks_matches", 6.0, "Number 1 counts the matched words. How many runs do they make?"),
    at(
        "chunks_one",
        1.0,
        "Number 1: in the caption blue comes first, in the reference red. One run?",
    ),
    at("chunks_five", 5.0, "Number 1: which matched words are neighbours in *both* sentences?"),
)
F = (
    at(
        "mean_harmonic",
        2 * MATCHES / (SAID + WANTED),
        "Number 2 is 2PR / (P + R). METEOR weighs recall more: 10PR / (R + 9P).",
    ),
    at(
        "mean_turned",
        f_mean(said=WANTED, wanted=SAID),
        "Number 2: precision and recall have changed places. Which of them divides by the "
        "*caption's* words?",
    ),
    at(
        "mean_precision",
        MATCHES / SAID,
        "Number 2 is the precision alone; or does your reference have 7 words, too?",
    ),
    at(
        "mean_recall",
        MATCHES / WANTED,
        "Number 2 is the recall alone; or does your caption have 8 words, too?",
    ),
    at("mean_ordinary", MATCHES * (1 / SAID + 1 / WANTED) / 2, "Number 2 is the mean of P and R."),
    at(
        "mean_product",
        MATCHES / SAID * MATCHES / WANTED,
        "Number 2 is P · R. What is it divided by, and multiplied with?",
    ),
    at(
        "mean_five",
        f_mean(5),
        "Number 2: how many words of the caption find one of their own? There is an `a` for each "
        "`a`.",
    ),
    at(
        "mean_seven",
        f_mean(7),
        "Number 2: how many words of the caption find one of their own? `below` is not `above`.",
    ),
    at(
        "mean_four",
        f_mean(4),
        "Number 2: you left out both `a`. They are words like any other.",
    ),
    at(
        "mean_without_ten",
        f_mean() / 10,
        "Number 2: the 10 is missing.",
    ),
)
PRICE = (
    at(
        "price_in_order",
        penalty(4),
        "Number 3 is that of four chunks (which `a` belongs to which?), or two chunks are divided "
        "by three words: how many are matched?",
    ),
    at("price_three", penalty(3), "Number 3 is that of three chunks."),
    at("price_five", penalty(5), "Number 3 is that of five chunks."),
    at("price_one", penalty(1), "Number 3 is that of a single chunk."),
    at("price_cube", CHUNKS / MATCHES / 2, "Number 3: the cube is missing."),
    at("price_square", 0.5 * (CHUNKS / MATCHES) ** 2, "Number 3 is a square. A cube is asked for."),
    at("price_half", 2 * penalty(), "Number 3: the ½ is missing."),
    at(
        "price_half_cubed",
        (0.5 * CHUNKS / MATCHES) ** 3,
        "Number 3: the ½ is not to be cubed. It stands before the bracket.",
    ),
    at(
        "price_of_said",
        penalty(matches=SAID),
        "Number 3: you divide the chunks by the caption's words. By the *matched* ones.",
    ),
    at(
        "price_of_wanted",
        penalty(matches=WANTED),
        "Number 3: you divide the chunks by the reference's words. By the *matched* ones.",
    ),
    at(
        "price_matches",
        penalty(matches=5),
        "Number 3: how many words are matched? There is an `a` for each `a`.",
    ),
    at("price_turned", penalty(6, 2), "Number 3: chunks / matches, not matches / chunks."),
    at("price_factor", 1 - penalty(), "Number 3 is 1 − penalty. The penalty is asked for."),
    at(
        "price_ratio", CHUNKS / MATCHES, "Number 3 is chunks / matches. A cube and a ½ are missing."
    ),
)
SCORE = (
    at(
        "score_difference",
        MEAN - PENALTY,
        "Number 4 is F − penalty. METEOR is F · (1 − penalty).",
    ),
    at("score_product", MEAN * PENALTY, "Number 4 is F · penalty. METEOR is F · (1 − penalty)."),
    at("score_no_penalty", MEAN, "Number 4 is F itself. What does the penalty take away?"),
    at("score_sum", MEAN * (1 + PENALTY), "Number 4 is *more* than F. A penalty takes away."),
    at(
        "score_in_order",
        MEAN * (1 - penalty(4)),
        "Number 4 is that of four chunks.",
    ),
    at(
        "score_three",
        MEAN * (1 - penalty(3)),
        "Number 4 is that of three chunks.",
    ),
    at(
        "score_harmonic",
        2 * MATCHES / (SAID + WANTED) * (1 - PENALTY),
        "Number 4 is (1 − penalty) times 2PR / (P + R). METEOR's mean is 10PR / (R + 9P).",
    ),
    at(
        "score_turned",
        f_mean(said=WANTED, wanted=SAID) * (1 - PENALTY),
        "Number 4: precision and recall have changed places in it.",
    ),
)
ALIGNED = {
    "in_order": (
        4,
        "You matched the first `a` with the first `a`, which makes four chunks. The alignment with "
        "the *fewest* chunks counts: each `a` may be matched with the other.",
    ),
    "three_chunks": (3, "Three chunks: one run is cut in two. Which `a` belongs to which?"),
    "five_chunks": (
        5,
        "Five chunks: which matched words are neighbours in *both* sentences?",
    ),
    "six_chunks": (
        6,
        "Each matched word is a chunk of its own in yours. Neighbours in both sentences are one.",
    ),
    "one_chunk": (1, "One chunk? In the caption blue comes first, in the reference red."),
}
"""How people count the chunks, and all that follows from it."""
MEANS = {
    "harmonic": (
        2 * MATCHES / (SAID + WANTED),
        "You take 2PR / (P + R). METEOR weighs recall more: 10PR / (R + 9P).",
    ),
    "turned": (
        f_mean(said=WANTED, wanted=SAID),
        "Precision and recall have changed places. Which divides by the *caption's* words?",
    ),
    "precision": (
        MATCHES / SAID,
        "Your F is the precision. F is 10PR / (R + 9P), and R divides by the words of the "
        "*reference*: how many has it?",
    ),
    "recall": (
        MATCHES / WANTED,
        "Your F is the recall. F is 10PR / (R + 9P), and P divides by the words of the *caption*: "
        "how many has it?",
    ),
    "ordinary": (
        MATCHES * (1 / SAID + 1 / WANTED) / 2,
        "You take the mean of P and R for F, which is 10PR / (R + 9P).",
    ),
}
"""What people take for F."""
PRICES: dict[str, tuple[Callable[[int], float], str]] = {
    "no_cube": (lambda n: n / MATCHES / 2, "The penalty lacks its cube."),
    "ratio": (
        lambda n: n / MATCHES,
        "The penalty is chunks / matches in yours. A cube and a ½ are missing.",
    ),
    "ratio_squared": (
        lambda n: (n / MATCHES) ** 2,
        "The penalty is (chunks / matches)² in yours. It is half of the *cube*.",
    ),
    "square": (lambda n: 0.5 * (n / MATCHES) ** 2, "The penalty has a square for its cube."),
    "no_half": (lambda n: 2 * penalty(n), "The penalty lacks its ½."),
    "of_said": (
        lambda n: penalty(n, SAID),
        "The penalty divides the chunks by the caption's words. By the *matched* ones.",
    ),
    "of_wanted": (
        lambda n: penalty(n, WANTED),
        "The penalty divides the chunks by the reference's words. By the *matched* ones.",
    ),
    "half_cubed": (
        lambda n: (0.5 * n / MATCHES) ** 3,
        "The ½ of the penalty is cubed in yours. It stands before the bracket.",
    ),
}
"""What people take for the penalty, by the number of chunks."""


def followed() -> tuple[Mistake, ...]:
    """Return one or two mistakes, and the numbers that follow from them."""
    found: list[Mistake] = []
    for aligned, (chunks, hint) in [("", (CHUNKS, "")), *ALIGNED.items()]:
        means = [("", (MEAN, "")), *MEANS.items()]
        for name, (mean, of_mean) in means:
            prices = [("", (penalty, "")), *PRICES.items()]
            for price, (cost, of_price) in prices:
                names = [n for n in (aligned, name, price) if n]
                hints = [h for h in (hint, of_mean, of_price) if h]
                numbers = four(chunks, mean, cost(chunks))
                new = Mistake("_".join(names), " ".join(hints), value=partial(list, numbers))
                if 0 < len(names) < 3 and not any(same(new, other) for other in found):
                    found.append(new)
    return tuple(found)


ONE_A = "You match one `a` only. Two are said and two are wanted: how many words are matched?"
WHOLE = (
    *followed(),
    whole("one_a", ONE_A, lambda: four(2, f_mean(5), penalty(2, 5))),
    whole("one_a_three", f"{ONE_A} (And of chunks.)", lambda: four(3, f_mean(5), penalty(3, 5))),
    whole(
        "no_a",
        "You leave out `a`. It is a word like any other.",
        lambda: four(2, f_mean(4), penalty(2, 4)),
    ),
    whole(
        "below_is_above",
        "`below` is not `above`: only equal words match.",
        lambda: four(3, f_mean(7), penalty(3, 7)),
    ),
)
MISTAKES = each_alone_or_together(
    right, list(NUMBER), list(F), list(PRICE), list(SCORE), whole=WHOLE, at_most=2
)
"""Three wrong numbers of four at a time are too many ways to tell apart."""


CHUNKED = Predict(
    id="captioning.chunks",
    title="METEOR by hand",
    difficulty=3,
    minutes=10,
    hints=(
        "Write the two sentences below each other and draw a line from each word to its twin. "
        "Where there are two twins, try both.",
        "P = matches / words of the caption, R = matches / words of the reference, F = 10PR / "
        "(R + 9P), penalty = ½ (chunks / matches)³, METEOR = F (1 − penalty).",
        "A whole number, then three numbers between 0 and 1. The second and the fourth are close "
        "to each other.",
        "matches, chunks = ..., ...\nprecision, recall = matches / ..., matches / ...\n"
        "mean = 10 * precision * recall / (recall + ... * precision)\n"
        "penalty = 0.5 * (...) ** 3\nmeteor = mean * (...)",
    ),
    truth=right,
    tolerance=(0.001, 0.005, 0.01, 0.005),
    mistakes=MISTAKES,
    properties=(
        Property(
            "Number 1 is off. A chunk is a run of matched words that are neighbours, and in the "
            "same order, in both sentences; choose the twins so that there are few.",
            lambda case, answer: is_near(answer, 0),
        ),
        Property(
            "Number 2 is off. How many words are matched, and how many words have the caption and "
            "the reference? Then 10PR / (R + 9P).",
            lambda case, answer: is_near(answer, 1),
        ),
        Property(
            "Number 3 is off. ½ · (chunks / matches)³, with the chunks of number 1.",
            lambda case, answer: is_near(answer, 2),
        ),
        Property(
            "Number 4 is off. Number 2, times 1 − number 3.",
            lambda case, answer: is_near(answer, 3),
        ),
    ),
)
