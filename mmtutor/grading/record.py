"""One student's verdicts on one lesson: what grading writes and a report reads, as JSON."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

VERSION = 1
"""Of the form of the file. A reader refuses what is newer than itself."""


@dataclass(frozen=True)
class Graded:
    """How one exercise went.

    `status` is a verdict's, or "by hand" where a person has to look, with the reason among the
    sentences. `mistakes` are names of known mistakes. `outputs` is a fingerprint of what the answer
    gave: answers that nobody's list explains, and that do the same, share it. `attempts` and
    `hints` are what a saved notebook or a progress file says, None where nothing is known.
    """

    exercise: str
    status: str
    points: float
    of: int
    sentences: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    tried: str = ""
    outputs: str = ""
    attempts: int | None = None
    hints: int | None = None

    @property
    def passed(self) -> bool:
        return self.status == "passed"


@dataclass(frozen=True)
class Record:
    """A student's verdicts on a lesson, in the order of its exercises.

    `notes` are sentences about the submission as a whole: what was missing, doubled or refused.
    `notebook` is the hash of the graded file: the same file need not be graded again.
    """

    student: str
    lesson: str
    course: str
    exercises: tuple[Graded, ...] = ()
    notes: tuple[str, ...] = field(default=())
    notebook: str = ""

    @property
    def points(self) -> float:
        return sum((graded.points for graded in self.exercises), 0.0)

    @property
    def of(self) -> int:
        return sum(graded.of for graded in self.exercises)


def dump(record: Record) -> str:
    """Write a record as the text of its file."""
    return json.dumps({"version": VERSION, **asdict(record)}, indent=1, ensure_ascii=False) + "\n"


def parse(text: str) -> Record:
    """Read a record from the text of its file; ValueError with a sentence if it is none."""
    try:
        read: dict[str, Any] = json.loads(text)
        version = read.pop("version")
        if version > VERSION:
            raise ValueError(f"this record has form {version}; this course reads up to {VERSION}")
        graded = [Graded(**frozen(one)) for one in read.pop("exercises")]
        record = Record(**frozen(read), exercises=tuple(graded))
        if not well_formed(record):
            raise ValueError("this is no record of verdicts (a field has another type)")
        return record
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"this is no record of verdicts ({error})") from error


def frozen(fields: dict[str, Any]) -> dict[str, Any]:
    """Turn the lists of JSON into tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}


def well_formed(record: Record) -> bool:
    """Say whether every field has its type: Python does not ask when it makes a dataclass."""
    of = record.exercises
    texts = [record.student, record.lesson, record.course, record.notebook, *record.notes]
    texts += [text for one in of for text in (one.exercise, one.status, one.tried, one.outputs)]
    texts += [text for one in of for text in (*one.sentences, *one.mistakes)]
    counts = [count for one in of for count in (one.points, one.of, one.attempts, one.hints)]
    lists = [record.notes, *(side for one in of for side in (one.sentences, one.mistakes))]
    return (
        all(isinstance(text, str) for text in texts)
        and all(isinstance(count, int | float | None) for count in counts)
        and all(isinstance(side, tuple) for side in lists)
    )
