"""Make a class that nobody taught: twenty invented students, and real verdicts on lesson 01.

Their answers are drawn from those of `tests/classroom/attention.py`; a few wrong ones are frequent,
as in every class. Then the notebook that reads them is stored anew. From the course's folder:
`python -m docs.example_class.make`.
"""

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from mmtutor import __version__, checks
from mmtutor.checks.engine.exercise import Exercise
from mmtutor.checks.engine.judge import judge
from mmtutor.grading.points import points
from mmtutor.grading.record import Graded, Record, dump
from mmtutor.tools.files import write
from mmtutor.tools.run import run
from tests.classroom import attention

VERDICTS = Path(__file__).parent / "verdicts"
NOTEBOOK = Path(__file__).parents[1] / "reading_a_report.ipynb"
NAMES = (
    *("Adaeze", "Ahmed", "Aiko", "Bao", "Björn", "Chiara", "Diego", "Elif", "Fatima", "Hyun"),
    *("Ines", "Jonas", "Kwame", "Lucía", "Mei", "Noor", "Olena", "Priya", "Samir", "Tomás"),
)
FREQUENT = 5
"""How many wrong answers to an exercise are made at all; each half as often as the one before."""


@cache
def judged(exercise: Exercise, which: int, right: bool) -> Graded:
    """Return the real verdict on an answer of the list."""
    listed = (attention.RIGHT if right else attention.WRONG)[exercise.id][which]
    found = judge(exercise, listed if right else listed.answer)
    worth = points(exercise)
    return Graded(
        exercise.id,
        found.status,
        points=float(worth if found.passed else 0),
        of=worth,
        sentences=found.sentences,
        mistakes=found.mistakes,
        tried=found.tried,
        # Grading takes the fingerprint of what comes out; here every answer has its own.
        outputs=hashlib.sha256(f"{exercise.id} {which} {right}".encode()).hexdigest()[:16],
    )


def went(
    exercise: Exercise, skill: float, wrong: np.ndarray, chance: np.random.Generator
) -> Graded:
    """Draw how one exercise went for a student: untried, right, or one of the frequent mistakes."""
    drawn = chance.random()
    if drawn > 1 - 0.08 * exercise.difficulty:
        return Graded(exercise.id, "not attempted", points=0.0, of=points(exercise), hints=0)
    right = drawn < skill
    which = 0 if right else min(int(chance.geometric(0.5)) - 1, FREQUENT - 1)
    found = judged(exercise, which if right else int(wrong[which]), right)
    attempts = 1 + int(chance.geometric(0.5 if right else 0.25))
    return replace(found, attempts=attempts, hints=min(attempts // 2, 4))


def main() -> None:
    """Write a file for each student, and store the notebook that reads them."""
    chance = np.random.default_rng(3)
    exercises = checks.exercises("attention")
    orders = {e.id: chance.permutation(len(attention.WRONG[e.id])) for e in exercises}
    for name in NAMES:
        skill = chance.uniform(0.25, 0.8)
        graded = tuple(
            went(e, skill * (1.2 - 0.2 * e.difficulty), orders[e.id], chance) for e in exercises
        )
        path = VERDICTS / "attention" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, dump(Record(name, "attention", __version__, graded)))
    if error := run(NOTEBOOK, store=True).error:
        raise SystemExit(error)


if __name__ == "__main__":
    main()
