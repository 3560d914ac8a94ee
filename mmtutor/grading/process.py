"""The judge's end of the pipe: start an answer process, speak with it, end it in time."""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path

from torch import Tensor

from mmtutor.grading.walls import Walls, environment
from mmtutor.grading.wire import Garbled, Message, receive, send

GIB = 2**30


@dataclass(frozen=True)
class Limits:
    """What a submission may take. Seconds of the clock for its start and for each cell.

    `call` multiplies what an exercise allows a call in a notebook: this machine may be busier.
    `memory` is in bytes beyond what an idle process has, `cpu` in seconds of one process.
    """

    start: float = 120.0
    cell: float = 120.0
    call: float = 2.0
    memory: int = 4 * GIB
    cpu: int = 1200
    file: int = 64 * 2**20
    processes: int = 256

    def words(self) -> str:
        """Write what the process itself sets."""
        names = ("memory", "cpu", "file", "processes")
        return json.dumps({**{name: getattr(self, name) for name in names}, "core": 0})


class Ended(Exception):
    """The answer process has ended: by itself, or because its time was up (`late`)."""

    def __init__(self, late: bool) -> None:
        super().__init__("its time was up" if late else "it ended")
        self.late = late


class AnswerProcess:
    """A running answer process. Use it in a `with`: it ends with the block, whatever it does."""

    def __init__(self, walls: Walls, package: Path, limits: Limits) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="mmtutor-", ignore_cleanup_errors=True)
        home = "/tmp" if walls.closed else self.folder.name
        program = [sys.executable, "-m", "mmtutor.grading.room", limits.words()]
        self.process = subprocess.Popen(
            walls.shut_in(program),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.folder.name,
            env=environment(package, home),
            start_new_session=True,
        )
        assert self.process.stdin and self.process.stdout
        self.heard: queue.Queue[tuple[Message, list[Tensor]] | Exception | None] = queue.Queue()
        threading.Thread(target=self.listen, args=(self.process.stdout,), daemon=True).start()
        try:
            self.hear(limits.start)
        except (Ended, Garbled):
            self.end()
            raise

    def __enter__(self) -> "AnswerProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def listen(self, stream: BufferedIOBase) -> None:
        """Put every message into the queue, and None at the end."""
        try:
            while message := receive(stream):
                self.heard.put(message)
            self.heard.put(None)
        except Exception as error:  # garbled, or a stream that was closed
            self.heard.put(error)

    def hear(self, seconds: float) -> tuple[Message, list[Tensor]]:
        """Return the next message; Ended where none comes in time, Garbled where it is none."""
        try:
            heard = self.heard.get(timeout=seconds)
        except queue.Empty:
            self.end()
            raise Ended(late=True) from None
        if isinstance(heard, Garbled):
            self.end()
            raise heard
        if heard is None or isinstance(heard, Exception):
            raise Ended(late=False)
        return heard

    def ask(
        self, message: Message, tensors: list[Tensor], seconds: float
    ) -> tuple[Message, list[Tensor]]:
        """Send a request and return the reply to it. Whoever does not reply in time is ended."""
        assert self.process.stdin
        clock = threading.Timer(seconds, self.kill)  # also where nobody reads the pipe
        clock.start()
        try:
            send(self.process.stdin, message, tensors)
            return self.hear(seconds)
        except OSError:
            raise Ended(late=not clock.is_alive()) from None
        except Ended as ended:
            raise Ended(late=ended.late or not clock.is_alive()) from None
        finally:
            clock.cancel()

    def kill(self) -> None:
        """Kill the process and, where the system has groups of processes, its group."""
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()

    def end(self) -> None:
        """End the process and all that it started behind its walls."""
        self.kill()
        self.process.wait()
        assert self.process.stdin
        with suppress(OSError):  # what was not sent yet has no reader
            self.process.stdin.close()
        self.folder.cleanup()
