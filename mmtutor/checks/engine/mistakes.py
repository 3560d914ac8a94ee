"""What the reference gives, right and with every mistake, and whose outcome an answer has."""

import warnings
from collections.abc import Hashable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.call import describe
from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Wrong
from mmtutor.checks.engine.rows import rows, together


@cache
def outcomes(exercise: Implement, wrong: Wrong = RIGHT) -> list[Any]:
    """Return what the reference gives for each case when it makes the mistakes in `wrong`.

    What PyTorch warns of in a mistake is not the reader's concern.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [play(exercise, wrong, case) for case in inputs(exercise)]


@cache
def inputs(exercise: Implement) -> list[Case]:
    """Return the cases that all mistakes are played on. The tests see to it that none changes."""
    return exercise.cases()


def play(exercise: Implement, wrong: Wrong, case: Case) -> Any:
    """Return what the reference gives or, since a mistake may well end so, what it raises."""
    try:
        if exercise.together:
            found = [exercise.reference(*row.values(), wrong=wrong) for row in rows(case)]
            return together(exercise, case, found)
        return exercise.reference(*case.values(), wrong=wrong)
    except Exception as error:
        return describe(error)


@cache
def album(exercise: Implement) -> dict[Hashable, tuple[list[Wrong], Tensor]]:
    """Return the numbers of all mistakes and pairs, a row each, those of one form together.

    So an answer is compared with hundreds of them at once.
    """
    pages: dict[Hashable, list[Wrong]] = {}
    for wrong in exercise.combinations():
        pages.setdefault(outcome.form(outcomes(exercise, wrong)), []).append(wrong)
    return {
        form: (page, torch.stack([outcome.numbers(outcomes(exercise, wrong)) for wrong in page]))
        for form, page in pages.items()
    }


def recognise(exercise: Implement, outputs: list[Any]) -> Wrong:
    """Return the listed mistakes that give exactly these outputs, or nothing."""
    page, wanted = album(exercise).get(outcome.form(outputs), ([], None))
    if wanted is None or outcome.nothing_but_nan(outputs):
        return RIGHT
    hits = outcome.agree(outcome.numbers(outputs), wanted).nonzero().flatten().tolist()
    return page[hits[0]] if hits else RIGHT
