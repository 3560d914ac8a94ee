"""Show the cards that a class gets back: `python -m tests.classroom attention.softmax`.

The argument is how the exercises' names begin: a lesson, an exercise, or nothing for all.
"""

import sys
from collections import Counter

from mmtutor import checks
from mmtutor.checks.engine.judge import judge
from tests.classroom import rooms


def show(beginning: str = "") -> None:
    """Print what a teacher would say, then the card; right answers only if they are refused."""
    for lesson, room in rooms().items():
        counts: Counter[str] = Counter()
        for id, answers in room.WRONG.items():
            for number, wrong in enumerate(answers):
                if id.startswith(beginning):
                    found = judge(checks.find(id), wrong.answer)
                    counts[found.status] += 1
                    print(f"\n{id}-{number} [{found.status}] {wrong.does}\n{found!r}")
        for id, answers in room.RIGHT.items():
            for number, answer in enumerate(answers):
                if id.startswith(beginning):
                    found = judge(checks.find(id), answer)
                    counts["right, passed" if found.passed else "right, refused"] += 1
                    if not found.passed:
                        print(f"\n{id}-{number} [a right answer is refused]\n{found!r}")
        if counts:
            print(f"\n{lesson}: " + ", ".join(f"{n} {what}" for what, n in counts.items()))


if __name__ == "__main__":
    show(*sys.argv[1:])
