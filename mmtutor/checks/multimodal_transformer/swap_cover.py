"""Measure what swapping and covering do. Traps: eyes left open, the wrong part of the examples."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Measure, Mistake, Property
from mmtutor.checks.engine.places import each_alone_or_together

OPEN, SHUT, WINK, COVERED = range(4)
POSITIVE = (8, 9, 4)
"""Of ten words, mouths and voices so many are positive."""


@cache
def examples() -> tuple[Tensor, Tensor]:
    """Return senses (3, example) of words, mouth and voice, and eyes: all combinations once."""
    words, mouth, voice = (torch.tensor([1] * n + [-1] * (10 - n)) for n in POSITIVE)
    table = torch.cartesian_prod(words, mouth, voice, torch.arange(3))
    return table[:, :3].T, table[:, 3]


def votes(senses: Tensor, eyes: Tensor) -> Tensor:
    """Return the sense that the eyes choose; where they are covered the sum of all three."""
    choices = torch.cat([senses, senses.sum(0, keepdim=True)])
    return choices[eyes, torch.arange(len(eyes))]


def judge(senses: Tensor, eyes: Tensor) -> Tensor:
    """Answer as the notebook's judge does: True for positive."""
    return votes(senses, eyes) > 0


def change(senses: Tensor, eyes: Tensor, rows: Tensor | None = None) -> float:
    """Return in which share of some examples the answer is another than it was."""
    moved = judge(senses, eyes) != judge(*examples())
    return (moved if rows is None else moved[rows]).double().mean().item()


def positive(senses: Tensor, eyes: Tensor, rows: Tensor | None = None) -> float:
    """Return in which share of some examples the answer is positive."""
    answers = judge(senses, eyes)
    return (answers if rows is None else answers[rows]).double().mean().item()


def is_decider() -> Tensor:
    """Mark which of the three decides in every example (3, example)."""
    return torch.arange(3)[:, None] == examples()[1]


def swap(which: Tensor) -> float:
    """Return what changes if these senses (3, example) are swapped."""
    senses, eyes = examples()
    return change(torch.where(which, -senses, senses), eyes)


def cover(which: Tensor, eyes_too: bool = True, rows: Tensor | None = None) -> float:
    """Return what changes if these modalities (3, example) are covered, the eyes with the face."""
    senses, eyes = examples()
    hidden = which[1] & torch.tensor(eyes_too)
    return change(senses.masked_fill(which, 0), eyes.masked_fill(hidden, COVERED), rows)


def cover_where(*eyes: int) -> float:
    """Return what covering the decider changes where the eyes are one of these."""
    return cover(is_decider(), rows=where(*eyes))


def everywhere(modality: int) -> Tensor:
    """Mark one modality in every example."""
    return (torch.arange(3)[:, None] == modality).expand(3, len(examples()[1]))


def where(*eyes: int) -> Tensor:
    """Say in which examples the eyes are one of these."""
    return torch.isin(examples()[1], torch.tensor(eyes))


def all_eyes_covered() -> float:
    """Return what changes if the eyes are covered, whoever decides."""
    senses, eyes = examples()
    return change(senses.masked_fill(is_decider(), 0), torch.full_like(eyes, COVERED))


@cache
def in_doubt_positive() -> list[float]:
    """Measure with a judge that says positive at a sum of 0."""
    senses, eyes = examples()
    hidden, all_hidden = is_decider()[1], torch.full_like(eyes, COVERED)
    covered = senses.masked_fill(is_decider(), 0), eyes.masked_fill(hidden, COVERED)
    faceless = senses.masked_fill(everywhere(1), 0), all_hidden

    def changed(now: tuple[Tensor, Tensor]) -> Tensor:
        return (votes(*now) >= 0) != (votes(senses, eyes) >= 0)

    shares = changed(covered), changed(faceless)[where(OPEN)]
    return [1.0, 0.0, *(share.double().mean().item() for share in shares)]


@cache
def right() -> list[float]:
    """Measure the four shares."""
    return [
        swap(is_decider()),
        (swap(is_decider().roll(1, 0)) + swap(is_decider().roll(2, 0))) / 2,
        cover(is_decider()),
        cover(everywhere(1), rows=where(OPEN)),
    ]


def is_near(answer: Tensor, place: int) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) - right()[place]) < 0.005


def at(name: str, value: Callable[[], float], hint: str) -> Mistake:
    """Return a wrong number and what to say of it."""
    return Mistake(name, hint, value=cache(value))


SWAPPED = (
    at(
        "one_modality",
        lambda: swap(everywhere(0)),
        "Number 1 comes out if one and the same modality is swapped in all examples. Who decides "
        "depends on the eyes.",
    ),
    at(
        "swapped_unchanged",
        lambda: 1 - right()[0],
        "Number 1: is that the share of answers that *stay*, or did nothing get swapped?",
    ),
    at(
        "swapped_positive",
        lambda: positive(torch.where(is_decider(), -examples()[0], examples()[0]), examples()[1]),
        "Number 1: is that the share of *positive* answers after swapping? Compare each with what "
        "it was before.",
    ),
    at(
        "swapped_covered",
        lambda: right()[2],
        "Number 1 is what *covering* the decider does. Swapping turns positive into negative.",
    ),
)
OTHERS = (
    at(
        "others_unchanged",
        lambda: 1 - right()[1],
        "Number 2: is that the share of answers that *stay*, or did the decider get swapped, too?",
    ),
    at(
        "others_positive",
        lambda: positive(*examples()),
        "Number 2: is that the share of *positive* answers? Compare each with what it was before.",
    ),
    at(
        "others_one_modality",
        lambda: swap(everywhere(0)),
        "Number 2 comes out if one and the same modality is swapped in all examples. In some of "
        "them it is the one that decides.",
    ),
    at(
        "others_and_decider",
        lambda: 2 / 3,
        "Number 2 comes out if two of the modalities are swapped in all examples. In some of them "
        "one is the decider.",
    ),
)
COVERS = (
    at(
        "eyes_stay",
        lambda: cover(is_decider(), eyes_too=False),
        "Number 3: the mouth is covered, but the eyes can still be seen. Are they not part of the "
        "face?",
    ),
    at(
        "eyes_always",
        all_eyes_covered,
        "Number 3: the eyes are covered in all examples. If the words decide and only they are "
        "covered, what does the judge see of the face?",
    ),
    at(
        "cover_unchanged",
        lambda: 1 - right()[2],
        "Number 3 is the share of answers that *stay*.",
    ),
    at(
        "cover_swaps",
        lambda: 1.0,
        "Number 3 comes out if the decider is swapped. What is a sense that nobody sees?",
    ),
    at(
        "cover_nothing",
        lambda: 0.0,
        "Number 3: nothing changes? Are the examples on which you judge the ones that you covered?",
    ),
    at(
        "cover_coin",
        lambda: 0.5,
        "Number 3 is what a coin would give. That is so where both senses are equally frequent; "
        "here eight of ten words are positive, and in doubt the judge says negative. Run it.",
    ),
    at(
        "cover_without_mouth",
        lambda: cover_where(OPEN, WINK),
        "Number 3 is that of the examples in which words or voice decide. Those with both eyes "
        "shut belong to it, too: what is covered there?",
    ),
    at(
        "cover_without_voice",
        lambda: cover_where(OPEN, SHUT),
        "Number 3 is that of the examples in which words or mouth decide. Those with a wink belong "
        "to it, too.",
    ),
    at(
        "cover_without_words",
        lambda: cover_where(SHUT, WINK),
        "Number 3 is that of the examples in which mouth or voice decide. Those with open eyes "
        "belong to it, too.",
    ),
    at(
        "cover_doubt",
        lambda: in_doubt_positive()[2],
        "Number 3 comes out if the judge says *positive* in doubt, at a sum of 0. Take the judge "
        "of the notebook as it is.",
    ),
    at(
        "cover_positive",
        lambda: positive(
            examples()[0].masked_fill(is_decider(), 0),
            examples()[1].masked_fill(is_decider()[1], COVERED),
        ),
        "Number 3: is that the share of *positive* answers after covering? Compare each with what "
        "it was before.",
    ),
    at(
        "cover_thirds",
        lambda: right()[2] / 3,
        "Number 3 is divided by three times as many examples as there are: each is counted once, "
        "with the one that decides in it.",
    ),
    at(
        "cover_summed",
        lambda: 3 * right()[2],
        "Number 3 is the sum of three shares, for words, face and voice. Of all examples a share "
        "is asked for.",
    ),
    at(
        "cover_voice_only",
        lambda: cover(everywhere(2), rows=where(WINK)),
        "Number 3 is that of the examples in which the voice decides. It is asked for all "
        "examples.",
    ),
    at(
        "cover_words_only",
        lambda: cover(everywhere(0), rows=where(OPEN)),
        "Number 3 is that of the examples in which the words decide. It is asked for all examples.",
    ),
    at(
        "cover_mouth_only",
        lambda: cover(everywhere(1), rows=where(SHUT)),
        "Number 3 is that of the examples in which the mouth decides. It is asked for all "
        "examples.",
    ),
    at(
        "cover_any",
        lambda: sum(cover(everywhere(m)) for m in range(3)) / 3,
        "Number 3 comes out if each of the three is covered in all examples, and the results are "
        "averaged. Only the one that decides is to be covered.",
    ),
)
POINTS = (
    at(
        "points_in_all",
        lambda: cover(everywhere(1)),
        "Number 4 is a share of *all* examples. Among which is it asked for?",
    ),
    at(
        "points_of_all",
        lambda: right()[3] / 3,
        "Number 4: you count the changes where the eyes are open, but divide by all examples.",
    ),
    at(
        "points_decides",
        lambda: cover(everywhere(1), rows=where(SHUT)),
        "Number 4 is that of the examples in which both eyes are shut, where the mouth *decides*. "
        "Among which is it asked for?",
    ),
    at(
        "points_winks",
        lambda: cover(everywhere(1), rows=where(WINK)),
        "Number 4 is that of the examples with a wink. Among which is it asked for?",
    ),
    at(
        "points_not_shut",
        lambda: cover(everywhere(1), rows=where(OPEN, WINK)),
        "Number 4 is that of the examples with open eyes *and* of those with a wink. Among which "
        "is it asked for?",
    ),
    at(
        "points_positive",
        lambda: positive(
            examples()[0].masked_fill(everywhere(1), 0),
            torch.full_like(examples()[1], COVERED),
            where(OPEN),
        ),
        "Number 4: is that the share of *positive* answers after covering? Compare each with what "
        "it was before.",
    ),
    at(
        "points_swapped_too",
        lambda: change(
            torch.where(is_decider(), -examples()[0], examples()[0]).masked_fill(everywhere(1), 0),
            torch.full_like(examples()[1], COVERED),
            where(OPEN),
        ),
        "Number 4: it looks as if the senses are still swapped from before. Begin anew with "
        "`senses` and `eyes` as they were.",
    ),
    at(
        "points_eyes_stay",
        lambda: cover(everywhere(1), eyes_too=False, rows=where(OPEN)),
        "Number 4: nothing changes? The mouth is covered, but can the eyes still be seen?",
    ),
    at(
        "points_unchanged",
        lambda: 1 - right()[3],
        "Number 4 is the share of answers that *stay*.",
    ),
    at(
        "points_coin",
        lambda: 0.5,
        "Number 4 is what a coin would give. The judge tosses none: without the face it follows "
        "what words and voice say together. Run it.",
    ),
    at(
        "points_eyes_alone",
        lambda: change(examples()[0], torch.full_like(examples()[1], COVERED), where(OPEN)),
        "Number 4: the eyes are covered, but the mouth can still be seen. Both are the face.",
    ),
)

EVERY = (*SWAPPED, *OTHERS, *COVERS, *POINTS)

WHOLE = (
    Mistake(
        "percent",
        "Those are percentages. Give shares of 1.",
        value=lambda: [100 * share for share in right()],
    ),
    Mistake(
        "all_stay",
        "Those are the shares of answers that *stay* in all four. Count those that change.",
        value=lambda: [1 - share for share in right()],
    ),
    Mistake(
        "all_positive",
        "Those are the shares of *positive* answers in all four. Compare each answer with what it "
        "was before.",
        value=lambda: [m.value() for m in EVERY if m.value and m.name.endswith("_positive")],
    ),
    Mistake(
        "doubt",
        "Numbers 3 and 4 come out if the judge says *positive* in doubt, at a sum of 0. Take the "
        "judge of the notebook as it is.",
        value=lambda: in_doubt_positive(),
    ),
    Mistake(
        "counted",
        "Those are counts. Divide each by the number of examples it is counted among.",
        value=lambda: [
            share * n for share, n in zip(right(), (3000, 3000, 3000, 1000), strict=True)
        ],
    ),
    Mistake(
        "cover_first",
        "The two that cover stand before the two that swap. Which are asked for first?",
        value=lambda: right()[2:] + right()[:2],
    ),
)

EXCHANGED = Mistake(
    "exchanged",
    "Numbers 1 and 2 have changed places, or both are shares of answers that *stay*. Which comes "
    "first: swapping the one that decides, or the others?",
    value=lambda: [right()[1], right()[0], *right()[2:]],
)

SWAP_COVER = Measure(
    id="multimodal_transformer.swap_cover",
    title="Swap it, or cover it?",
    difficulty=2,
    minutes=15,
    hints=(
        "Judge all examples once as they are. Then change one thing, judge again, and count the "
        "examples whose answer is another.",
        "changed = (judge(new senses, new eyes) != judge(senses, eyes)).float().mean(). The "
        "decider of example i is modality eyes[i].",
        "senses (3, example), eyes (example,). decides = torch.arange(3)[:, None] == eyes has the "
        "shape of senses: True at the modality that decides.",
        "before = judge(senses, eyes)\n"
        "swapped = judge(torch.where(decides, ..., senses), eyes)\n"
        "hidden = eyes.masked_fill(eyes == ..., 3)  # the face is covered where it decides\n"
        "covered = judge(senses.masked_fill(decides, 0), ...)\n"
        "open_eyes = eyes == 0\n(covered != before).float().mean(), ...",
    ),
    truth=right,
    tolerance=0.01,
    mistakes=(
        *each_alone_or_together(right, [], [], list(COVERS), list(POINTS), whole=WHOLE),
        *each_alone_or_together(right, list(SWAPPED), list(OTHERS), [], [], whole=(EXCHANGED,)),
    ),
    properties=(
        Property(
            "A share lies between 0 and 1.",
            lambda case, answer: bool(((answer >= 0) & (answer <= 1)).all()),
        ),
        Property(
            "The judge obeys the rule, so if the sense of the one that decides is swapped the "
            "answer has to change, always.",
            lambda case, answer: float(answer.flatten()[0]) > 0.99,
        ),
        Property(
            "The judge obeys the rule, so whoever does not decide has no say: swapping its sense "
            "changes nothing.",
            lambda case, answer: float(answer.flatten()[1]) < 0.01,
        ),
        Property(
            "Number 3 is off. In each example only what decides is covered: words or voice by a 0 "
            "in their row of `senses`; where the mouth decides, by a 0 in its row and a 3 in "
            "`eyes`. All examples count.",
            lambda case, answer: is_near(answer, 2),
        ),
        Property(
            "Number 4 is off. The whole face is covered (a 0 in its row of `senses`, a 3 in "
            "`eyes`), words and voice stay, and only the examples with open eyes count.",
            lambda case, answer: is_near(answer, 3),
        ),
    ),
)
