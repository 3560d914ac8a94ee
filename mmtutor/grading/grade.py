"""Grade a class: `mmtutor grade SUBMISSIONS --out FOLDER`.

Every submission gets a file of verdicts as soon as it is judged; one whose file is there and whose
notebook is the same is not judged again, so a run that was interrupted goes on where it stopped.
"""

import re
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

import mmtutor
from mmtutor.grading import package, walls
from mmtutor.grading.judges import grade_all
from mmtutor.grading.judging import Rules
from mmtutor.grading.output import file_name, write_pages, write_tables
from mmtutor.grading.process import AnswerProcess, Ended, Limits
from mmtutor.grading.record import Record, dump, parse
from mmtutor.grading.sitting import Place
from mmtutor.grading.submissions import Refused, Submission, code_cells, find
from mmtutor.grading.walls import Walls
from mmtutor.grading.wire import Garbled
from mmtutor.tools.files import content, write
from mmtutor.tools.rooms import course, lessons
from mmtutor.tools.run import workshop
from mmtutor.tools.show import bad, console
from mmtutor.tools.trouble import Trouble

HANDED = re.compile(r"""^check\(\s*["']([\w.]+)["'],\s*(\w+)\)""", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """How a run went: all records, what was refused, how many were judged now, behind what."""

    records: list[Record]
    refused: list[Refused]
    judged: int
    walls: Walls


def grade(place: Path, out: Path, limits: Limits, kind: str = "") -> Run:
    """Grade all submissions in a folder or zip and write everything into `out`.

    `kind` names the walls to take; without it, the best that work here. Trouble where `place` is
    neither folder nor zip.
    """
    submissions, refused = find(place)
    out.mkdir(parents=True, exist_ok=True)
    records = {one: record for one in submissions if (record := judged_before(one, out))}
    todo = [one for one in submissions if one not in records]
    with workshop() as folder:
        rules = rules_for(Path(folder), [place, out], seed_of(out), limits, kind)
        records.update(judged_now(todo, rules, out))
    ordered = [records[one] for one in submissions]
    write_tables(out, ordered, {one.student: one.identifier for one in submissions}, refused)
    write_pages(out, ordered)
    write(out / "how.txt", f"mmtutor {mmtutor.__version__}. {said(rules.place.walls)}\n")
    return Run(ordered, refused, len(todo), rules.place.walls)


def said(kind: Walls) -> str:
    """Say what stood between answers and this machine."""
    if kind.closed:
        return f"Answers ran behind walls ({kind.name}): no network, none of this machine's files."
    return (
        f"Answers ran WITHOUT WALLS ({kind.name}): they could read your files and use the network. "
        "Grade on Linux, with bubblewrap installed or user namespaces allowed."
    )


def rules_for(folder: Path, secret: Sequence[Path], seed: int, limits: Limits, kind: str) -> Rules:
    """Build the answers' package in `folder`, and choose the walls."""
    root = root_of_course()
    built, empty = package.build(folder / "package"), folder / "root"
    empty.mkdir()
    hidden = [*walls.secret_places(root), *(path.absolute() for path in secret)]
    kinds = walls.kinds(built, empty, hidden)
    wanted = (one for one in kinds if kind in ("", one.name))
    chosen = next((one for one in wanted if opens(one, built, limits)), None)
    if not chosen:
        raise Trouble("No process for answers can be started here: is there room in memory?")
    return Rules(Place(chosen, built, limits), seed, names_of_answers(root))


def opens(kind: Walls, built: Path, limits: Limits) -> bool:
    """Say whether an answer process can be started behind walls of a kind."""
    try:
        if kind.works:
            AnswerProcess(kind, built, limits).end()
        return kind.works
    except (Ended, Garbled):
        return False


def root_of_course() -> Path:
    """Return the course's folder, or where the package lies if there is no course around."""
    try:
        return course()
    except Trouble:
        return Path(mmtutor.__file__).parents[1]


def seed_of(out: Path) -> int:
    """Return the seed of fresh inputs: drawn once for a folder, so that a second run agrees.

    It stands in no file of the course, where a student could read it.
    """
    path = out / "seed.txt"
    text = (content(path) or "").strip()
    if not text.isdecimal():
        text = str(1000 + secrets.randbelow(2**31))
        write(path, f"{text}\n")
    return int(text)


def names_of_answers(root: Path) -> dict[str, str]:
    """Return how the solutions call each answer, where a notebook has that name but once.

    So an answer is found whose check a student has deleted.
    """
    found = {}
    for lesson in lessons(root):
        cells = code_cells(lesson.solution.read_bytes()) if lesson.solution.is_file() else []
        pairs = HANDED.findall("\n".join(cells))
        times = Counter(name for _, name in pairs)
        found.update({id: name for id, name in pairs if times[name] == 1})
    return found


def place_of(one: Submission, out: Path) -> Path:
    """Return the file of a submission's verdicts."""
    return out / "verdicts" / one.lesson / f"{file_name(one.student)}.json"


def judged_before(one: Submission, out: Path) -> Record | None:
    """Return what this version of the course said of this very notebook, if it did."""
    with suppress(ValueError):
        record = parse(content(place_of(one, out)) or "")
        wanted = (one.student, one.hash, mmtutor.__version__)
        return record if (record.student, record.notebook, record.course) == wanted else None
    return None


def judged_now(
    todo: Sequence[Submission], rules: Rules, out: Path
) -> Iterator[tuple[Submission, Record]]:
    """Judge submissions under a progress bar, and keep each one's verdicts when they are there."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=len(todo))
        for one, record in grade_all(todo, rules):
            path = place_of(one, out)
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, dump(record))
            bar.advance(task)
            yield one, record


def show(run: Run, out: Path) -> None:
    """Say what was done, what was refused, and behind which walls answers ran."""
    before = len(run.records) - run.judged
    kept = f", {before} from an earlier run" if before else ""
    console.print(f"{run.judged} submissions judged{kept}: see {out / 'grades.csv'}.")
    for one in run.refused:
        console.print(f"{one.name}: {one.sentence}")
    hand = sum(any(g.status == "by hand" for g in record.exercises) for record in run.records)
    if hand:
        console.print(f"{hand} submissions are to be looked at by hand: see their feedback pages.")
    console.print(said(run.walls) if run.walls.closed else bad(said(run.walls)))
