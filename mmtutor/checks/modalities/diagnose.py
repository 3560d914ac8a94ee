"""Name a bug by the scores it leaves. Traps: grey for exchanged colours, grey for few pixels."""

from mmtutor.checks.engine.exercise import Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together

BUGS = {
    1: ("nothing is wrong", "leaves all three scores as they are"),
    2: ("red and blue are exchanged", "leaves shapes and places alone, and some colours"),
    3: ("grey", "leaves places alone, and no colour at all"),
    4: ("rows and columns are exchanged", "leaves colours alone, and moves what stands aside"),
    5: ("every second pixel", "leaves places and colours alone, and fine lines suffer"),
    6: ("0 to 255", "leaves nothing that looks like what the model has learnt"),
}
"""The bugs on the card: what each is, and what it leaves."""
TRUTH = {"A": 2, "B": 5, "C": 6, "D": 4}
"""Which bug has which scores: those of three readers, from `data/results/modalities.json`."""
CLUES = {
    "A": "Kind and row are about as good as ever, and half of the colours are still right",
    "B": "Colour and row are about as good as ever, and only the kind suffers",
    "C": "All three have fallen to about what guessing gives",
    "D": "The colour is as good as ever, kind and row suffer",
}
"""What the scores say, in words."""


def right() -> list[float]:
    """Return the numbers of the bugs of A, B, C and D."""
    return [float(bug) for bug in TRUTH.values()]


def wrong(row: str, bug: int) -> Mistake:
    """Return the mistake of naming this bug for these scores."""
    name, leaves = BUGS[bug]
    hint = f'{row}: bug {bug}, "{name}", {leaves}. {CLUES[row]}: does that fit?'
    return Mistake(f"{row}_{bug}", hint, value=lambda: float(bug))


PLACES = [[wrong(row, bug) for bug in BUGS if bug != right] for row, right in TRUTH.items()]

DIAGNOSE = Predict(
    id="modalities.diagnose",
    title="Which bug was it?",
    difficulty=1,
    minutes=5,
    hints=(
        "Take the bugs one by one, before you look at the scores: can one still tell the kind "
        "after it? The colour? The row?",
        "Which answer breaks names the bug: one that is untouched rules out every bug that "
        "destroys what it needs.",
        "Four numbers from 1 to 6, no number twice: for A, for B, for C, for D.",
        "answer = [..., ..., ..., ...]  # A: colours suffer, but not all; B: only the kind …",
    ),
    truth=right,
    tolerance=1e-6,
    mistakes=each_alone_or_together(right, *PLACES),
    properties=(
        Property(
            "The bugs on the card are numbered from 1 to 6.",
            lambda case, answer: bool(((answer >= 1) & (answer <= 6) & (answer % 1 == 0)).all()),
        ),
    ),
)
