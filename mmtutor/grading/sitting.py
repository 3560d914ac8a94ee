"""A submission at work: an answer process that is started again where it was ended.

Cells run in their order; one that raises does not stop the next. One that hangs or ends the
process is left out, and the others run again in a new process: so it costs only itself.
"""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from mmtutor.grading.process import AnswerProcess, Ended, Limits
from mmtutor.grading.walls import Walls
from mmtutor.grading.wire import Garbled, Message

MOST_LEFT_OUT = 4
"""Cells that may end the process; behind one more, nothing is run."""


@dataclass(frozen=True)
class Place:
    """Where submissions run: behind which walls, with which package, within which limits."""

    walls: Walls
    package: Path
    limits: Limits


class Sitting:
    """Runs a submission's cells, and asks its answers. Use it in a `with`."""

    def __init__(self, place: Place, cells: tuple[str, ...], names: dict[str, str]) -> None:
        self.place, self.cells, self.names = place, cells, names
        self.left_out: dict[int, str] = {}
        self.failed: dict[int, str] = {}
        self.process: AnswerProcess | None = None
        self.told: Message = {}
        self.tensors: list[Tensor] = []

    def __enter__(self) -> "Sitting":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End the process, if there is one; the next question starts another."""
        if self.process:
            self.process.end()
        self.process = None

    def start(self) -> None:
        """Run the cells in a new process, as often as it takes to leave out those that end it."""
        self.process = AnswerProcess(self.place.walls, self.place.package, self.place.limits)
        while not all(self.runs(number, source) for number, source in self.to_run()):
            self.process = AnswerProcess(self.place.walls, self.place.package, self.place.limits)
        told, self.tensors = self.asked({"do": "answers", "names": self.names}, [], 60.0)
        if not all(isinstance(told.get(key), dict) for key in ("answers", "times")):
            self.end()
            raise Garbled("answers are not listed")
        self.told = told

    def to_run(self) -> list[tuple[int, str]]:
        """Return the cells with their numbers, without those left out; none behind too many."""
        last = max(self.left_out) if len(self.left_out) > MOST_LEFT_OUT else len(self.cells)
        numbered = enumerate(self.cells[:last], start=1)
        return [(number, cell) for number, cell in numbered if number not in self.left_out]

    def runs(self, number: int, source: str) -> bool:
        """Run a cell; say whether the process outlived it."""
        try:
            told, _ = self.asked({"do": "cell", "source": source}, [], self.place.limits.cell)
        except Ended as ended:
            took = f"took more than {self.place.limits.cell:.0f} seconds"
            self.left_out[number] = took if ended.late else "ended the whole process"
            return False
        except Garbled:
            self.left_out[number] = "disturbed the process that runs it"
            return False
        if error := str(told.get("error", ""))[:200]:
            self.failed[number] = error
        return True

    def asked(
        self, message: Message, tensors: list[Tensor], seconds: float
    ) -> tuple[Message, list[Tensor]]:
        """Ask the running process; forget it where it does not answer properly."""
        assert self.process
        try:
            return self.process.ask(message, tensors, seconds)
        except (Ended, Garbled):
            self.end()
            raise

    def ask(
        self, message: Message, tensors: list[Tensor], seconds: float
    ) -> tuple[Message, list[Tensor]]:
        """Ask an answer; a process is started where there is none."""
        if not self.process:
            self.start()
        return self.asked(message, tensors, seconds)

    def notes(self) -> list[str]:
        """Say which cells were left out and which failed."""
        out = [f"Code cell {n} {why}, so it was left out." for n, why in self.left_out.items()]
        failed = [f"Code cell {n} stops with {why}." for n, why in sorted(self.failed.items())]
        return [*out, *failed[:5]]
