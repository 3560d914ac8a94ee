"""What happened while a model was trained: losses, metrics, snapshots, seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

Look = Callable[[nn.Module], Any]
"""What `evaluate` and `snapshot` are: a function of the model."""


@dataclass(repr=False)
class History:
    """What happened: the loss of every step, the metrics and snapshots of every evaluation.

    `metrics["accuracy"]` is a list of (step, value); `snapshots[step]` is whatever the snapshot
    function returned. `stopped` is True when the run was interrupted before its last step.
    `pending` holds losses that have not left the device yet: asking for each would slow a GPU down.
    `seconds` runs up to `clock`.
    """

    losses: list[float] = field(default_factory=list)
    metrics: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    snapshots: dict[int, Any] = field(default_factory=dict)
    seconds: float = 0.0
    stopped: bool = False
    pending: list[Tensor] = field(default_factory=list)
    clock: float = field(default_factory=time.perf_counter)

    def __repr__(self) -> str:
        """Say in one line how it went, not in 500 numbers."""
        ends = [f"loss {self.losses[-1]:.3g}"] if self.losses else []
        ends += [f"{name} {rows[-1][1]:.3g}" for name, rows in self.metrics.items()]
        return f"History of {len(self.losses)} steps ({self.seconds:.1f} s): {', '.join(ends)}"

    @property
    def steps(self) -> list[int]:
        """Return the number of every step taken, from 1."""
        return list(range(1, len(self.losses) + 1))

    def last(self, metric: str) -> float:
        """Return the newest value of a metric."""
        return self.metrics[metric][-1][1]

    def note(self, loss: Tensor, now: bool) -> None:
        """Keep the loss of a step; bring it from a GPU only `now`, or with 49 others.

        Not more at a time: small tensors that live long split the memory.
        """
        self.pending.append(loss.detach())
        if now or loss.device.type == "cpu" or len(self.pending) == 50:
            self.collect()

    def collect(self) -> None:
        """Bring the losses of the last steps from the device, and add up the time."""
        if self.pending:
            self.losses += torch.stack(self.pending).float().tolist()
            self.pending.clear()
        now = time.perf_counter()
        self.seconds, self.clock = self.seconds + now - self.clock, now

    @torch.no_grad()
    def look(self, model: nn.Module, evaluate: Look | None, snapshot: Look | None) -> None:
        """Evaluate the model in evaluation mode and note the results under the current step."""
        self.collect()
        model.eval()
        for name, value in (evaluate(model) if evaluate else {}).items():
            self.metrics.setdefault(name, []).append((len(self.losses), float(value)))
        if snapshot:
            self.snapshots[len(self.losses)] = snapshot(model)
        model.train()

    def plot(self, baselines: dict[str, float] | None = None) -> Any:
        """Draw the loss and the metrics, with named baselines as grey dashed lines."""
        from mmtutor import plots

        return plots.training_curve(self, baselines)
