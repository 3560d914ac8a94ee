"""How good can two of three be? Traps: lucky guesses, a gate nobody sees, a vote taken for it."""

from itertools import product

from torch import Tensor

from mmtutor.checks.engine.exercise import Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together

SHARES = (0.6, 0.3, 0.1)
"""How often the words decide (eyes open), the face (both shut) and the voice (a wink)."""
Kinds = tuple[int, ...]
"""Places in (words, mouth, voice, eyes)."""
WORDS_AND_FACE: Kinds = (0, 1, 3)
WORDS_AND_VOICE: Kinds = (0, 2)


def best(seen: Kinds) -> float:
    """Return the best accuracy of anybody who sees only some of words, mouth, voice and eyes."""
    chances: dict[tuple[int, ...], list[float]] = {}
    for example in product((0, 1), (0, 1), (0, 1), (0, 1, 2)):
        label = example[example[3]]
        known = tuple(example[i] for i in seen)
        chances.setdefault(known, [0.0, 0.0])[label] += SHARES[example[3]] / 8
    return sum(map(max, chances.values()))


def vote() -> float:
    """Return how often the majority of the three senses is the decider's."""
    return sum(
        SHARES[eyes] / 8
        for *senses, eyes in product((0, 1), (0, 1), (0, 1), (0, 1, 2))
        if (sum(senses) >= 2) == senses[eyes]
    )


def right() -> list[float]:
    """Return the three numbers."""
    return [best(WORDS_AND_FACE), best(WORDS_AND_VOICE), vote()]


def is_near(answer: Tensor, place: int) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) - right()[place]) < 0.005


def at(name: str, value: float, hint: str) -> Mistake:
    """Return a wrong number."""
    return Mistake(name, hint, value=lambda: value)


def whole(name: str, hint: str, *values: float) -> Mistake:
    """Return three wrong numbers."""
    return Mistake(name, hint, value=lambda: list(values))


FACE = (
    at(
        "face_no_luck",
        0.9,
        "Number 1: with a wink the voice decides, which nobody hears. Is every guess wrong then?",
    ),
    at(
        "face_certain",
        1.0,
        "Number 1: with a wink the voice decides. Who hears it?",
    ),
    at(
        "face_alone",
        0.65,
        "Number 1 is what the face reaches alone. With open eyes the words decide: are they not "
        "read?",
    ),
    at(
        "face_words_alone",
        0.8,
        "Number 1 is what the words reach alone. What do the eyes tell, and the mouth?",
    ),
    at(
        "face_vote",
        0.75,
        "Number 1 is three of four, as a vote has it. Whoever sees the eyes knows who decides, and "
        "need not vote: when is the decider seen, and what is left?",
    ),
    at(
        "face_lesson",
        5 / 6,
        "Number 1 is that of the lesson, where each of the three decides equally often. How often "
        "does each here?",
    ),
    at(
        "face_thirds",
        0.9 + 0.1 / 3,
        "Number 1: among how many senses does somebody guess who does not hear the voice?",
    ),
    at(
        "face_loss",
        0.05,
        "Number 1 is how often somebody is *wrong*.",
    ),
)
VOICE = (
    at(
        "voice_no_luck",
        0.7,
        "Number 2 is how often words or voice decide. Who does not see the face does not know "
        "*which* of them decides, and is not always wrong where the mouth does.",
    ),
    at(
        "voice_gate_known",
        0.85,
        "Number 2 does as if somebody knew *when* the voice decides. What says that somebody "
        "winked, and who sees it?",
    ),
    at(
        "voice_words_right",
        0.6,
        "Number 2 is how often the words decide. Are they always wrong where they do not?",
    ),
    at(
        "voice_coin",
        0.675,
        "Number 2: where words and voice disagree you toss a coin. Which of the two decides more "
        "often?",
    ),
    at(
        "voice_alone",
        0.55,
        "Number 2 is what the voice reaches alone. What do the words add?",
    ),
    at(
        "voice_mean",
        0.75,
        "Number 2: are the winks forgotten (0.6 + 0.3 / 2), or is it a vote, right three times in "
        "four? In how many of 100 examples do the words *not* decide, and how many of those do "
        "they get right all the same?",
    ),
    at(
        "voice_lesson",
        2 / 3,
        "Number 2 is that of the lesson, where each of the three decides equally often. How often "
        "does each here?",
    ),
    at(
        "voice_with_face",
        0.95,
        "Number 2 is what words and *face* reach. Who sees the eyes here?",
    ),
)
VOTE = (
    at(
        "vote_certain",
        1.0,
        "Number 3: a vote does not ask who decides. What if the decider is alone against two?",
    ),
    at(
        "vote_coin",
        0.5,
        "Number 3: the decider has a vote, too. How often does at least one of the others agree "
        "with it?",
    ),
    at(
        "vote_all",
        0.25,
        "Number 3 is how often all three agree, and also how often the vote is *wrong*. Does a "
        "majority need three, or did you count the mistakes?",
    ),
    at(
        "vote_all_or_coin",
        0.625,
        "Number 3: where the three do not all agree you toss a coin. What does a majority of two "
        "say?",
    ),
    at(
        "vote_as_face",
        0.95,
        "Number 3 is what words and face reach together. Who votes does not see who decides: what "
        "if the decider is alone against two?",
    ),
    at(
        "vote_words",
        0.8,
        "Number 3 is what the words reach alone. Has each of the three one vote?",
    ),
    at(
        "vote_of_words",
        0.45,
        "Number 3: you multiply by how often the words decide. Whoever decides, the vote is right "
        "equally often: where the words do not, is it always wrong?",
    ),
    at(
        "vote_by_shares",
        0.6,
        "Number 3 is how often the words decide. In a vote each of the three counts alike: how "
        "often is the one that decides among the majority?",
    ),
    at(
        "vote_two_shares",
        0.7,
        "Number 3 is how often words or voice decide, or it is rounded to one decimal. Whoever "
        "decides: how often is it among the majority?",
    ),
    at(
        "vote_two_thirds",
        2 / 3,
        "Number 3: two of three agree always; how often is the *decider* one of them? Count the "
        "eight ways in which three senses can fall.",
    ),
    at(
        "vote_others_both",
        0.875,
        "Number 3: seven of eight? The vote is lost if *both* others are against the decider. How "
        "often is that, if each is with a chance of ½?",
    ),
)
WHOLE = (
    whole(
        "percent",
        "Those are percentages. Give shares of 1.",
        *(95.0, 80.0, 75.0),
    ),
    whole("errors", "Those are the shares of mistakes. What is left?", 0.05, 0.2, 0.25),
    whole(
        "other_order",
        "The first two numbers have changed places. Which pair is asked for first?",
        *(0.8, 0.95, 0.75),
    ),
    whole(
        "last_first",
        "The numbers stand in the other order. Which is asked for first?",
        *(0.75, 0.8, 0.95),
    ),
    whole(
        "lesson",
        "Those are the numbers of the lesson, where each of the three decides equally often. How "
        "often does each here?",
        *(5 / 6, 2 / 3, 0.75),
    ),
    whole(
        "chance",
        "That is chance: a coin for everybody. When does somebody know better?",
        *(0.5, 0.5, 0.5),
    ),
    whole(
        "certain",
        "Nobody is ever wrong in your version. What if the decider is not heard, or is outvoted?",
        *(1.0, 1.0, 1.0),
    ),
)

LIMITS = Predict(
    id="multimodal_transformer.limits",
    title="How good can two of three be?",
    difficulty=1,
    minutes=10,
    hints=(
        "Take 100 examples: in 60 the words decide, in 30 the mouth, in 10 the voice. In which of "
        "them does somebody know the answer, and what happens in all the others?",
        "With the face one knows who decides: accuracy = P(the decider is seen) + ½ · P(it is "
        "not). Without it, trust the one that decides most often: P(it decides) + ½ · P(it does "
        "not).",
        "Three numbers between 0 and 1. The vote: whoever decides, the two others are heads or "
        "tails; in how many of the four ways does the decider keep the majority?",
        "face = 0.6 + 0.3 + ... * 0.1\nvoice = 0.6 + ... * (0.3 + 0.1)\nvote = 1 - ... * ...",
    ),
    truth=right,
    tolerance=0.005,
    mistakes=each_alone_or_together(right, list(FACE), list(VOICE), list(VOTE), whole=WHOLE),
    properties=(
        Property(
            "An accuracy lies between 0 and 1.",
            lambda case, answer: bool(((answer >= 0) & (answer <= 1)).all()),
        ),
        Property(
            "Whoever gets the words and something more can do as if there were only the words: "
            "they are right where they decide, and by chance elsewhere. One of your first two "
            "numbers is below that.",
            lambda case, answer: bool((answer.flatten()[:2] >= 0.799).all()),
        ),
        Property(
            "Number 1 is off. In 90 of 100 examples whoever has words and face *knows* the answer. "
            "In the 10 others, how often is a guess right?",
            lambda case, answer: is_near(answer, 0),
        ),
        Property(
            "Number 2 is off. Without the eyes nobody knows who decides, so trust one of the two, "
            "always. How often is it right because it decides, and how often by chance?",
            lambda case, answer: is_near(answer, 1),
        ),
        Property(
            "Number 3 is off. Whoever decides, each of the two others says the same with a chance "
            "of ½. In how many of these four ways is the decider outvoted?",
            lambda case, answer: is_near(answer, 2),
        ),
    ),
)
