"""One fit loop for the whole course: device, precision, several processes, progress, checkpoints.

Two budgets, one recipe: `quick` (two CPU cores, at most about a minute) and `full` (a GPU). The
environment variable MMTUTOR_BUDGET chooses; without it, a GPU means `full`.
"""

import math
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from mmtutor import checkpoints

Loss = Callable[..., Tensor]
"""`loss(model, *batch)` returns one number to make small."""
Look = Callable[[nn.Module], Any]
"""What `evaluate` and `snapshot` are: a function of the model."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a model is trained. A lesson's recipe adds the sizes of its model.

    The learning rate rises over the first `warmup` share of the steps, then falls along a cosine
    to zero. `clip` bounds the norm of the gradient. `expect` says what result to look for.
    """

    steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.01
    warmup: float = 0.1
    clip: float = 1.0
    seed: int = 0
    expect: str = ""

    def rate(self, step: int) -> float:
        """Return the share of the learning rate that is used at `step`, from 0 to 1."""
        rise = max(1, round(self.warmup * self.steps))
        if step < rise:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, self.steps - rise)))


SomeRecipe = TypeVar("SomeRecipe", bound=Recipe)


def budget() -> str:
    """Return "quick" or "full": MMTUTOR_BUDGET if it is set, else whether there is a GPU."""
    chosen = os.environ.get("MMTUTOR_BUDGET") or ("full" if torch.cuda.is_available() else "quick")
    if chosen not in ("quick", "full"):
        raise ValueError(f"MMTUTOR_BUDGET is {chosen!r}: it must be quick or full")
    return chosen


def choose(quick: SomeRecipe, full: SomeRecipe) -> SomeRecipe:
    """Return the recipe of this machine's budget, and print which one it is."""
    recipe = quick if budget() == "quick" else full
    print(f"Budget {budget()}: {recipe.steps} steps of {recipe.batch_size}. {recipe.expect}")
    return recipe


def seed_everything(seed: int) -> None:
    """Start Python's, NumPy's and PyTorch's random numbers from `seed`."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - libraries still draw from the global generator
    torch.manual_seed(seed)


@runtime_checkable
class Stream(Protocol):
    """Where batches come from: `stream[step]` is a tuple of tensors, the same at every call."""

    def __getitem__(self, step: int) -> tuple[Tensor, ...]: ...


class Batches:
    """Shuffled batches of tensors that lie in memory: a batch is an index.

    `batches[step]` depends on the seed and the step alone, so training can stop and resume. Every
    example comes once per epoch; the examples left over at an epoch's end are dropped.
    """

    def __init__(self, *tensors: Tensor, batch_size: int, seed: int = 0) -> None:
        """All `tensors` have one example per row; ValueError when their lengths differ."""
        lengths = {len(tensor) for tensor in tensors}
        if len(lengths) != 1:
            raise ValueError(f"the tensors must have one length, not {sorted(lengths)}")
        if batch_size > min(lengths):
            raise ValueError(f"a batch of {batch_size} cannot come from {min(lengths)} examples")
        self.tensors, self.batch_size, self.seed = tensors, batch_size, seed
        self.epoch, self.order = -1, torch.empty(0, dtype=torch.long)

    def to(self, device: torch.device) -> "Batches":
        """Move the data once, so that no step waits for it."""
        self.tensors = tuple(tensor.to(device) for tensor in self.tensors)
        self.epoch = -1
        return self

    def __getitem__(self, step: int) -> tuple[Tensor, ...]:
        epoch, place = divmod(step, len(self.tensors[0]) // self.batch_size)
        if epoch != self.epoch:
            # Far apart, or one seed's epoch 1 would be the next seed's epoch 0.
            generator = torch.Generator().manual_seed(1_000_003 * self.seed + epoch)
            order = torch.randperm(len(self.tensors[0]), generator=generator)
            self.epoch, self.order = epoch, order.to(self.tensors[0].device)
        chosen = self.order[place * self.batch_size : (place + 1) * self.batch_size]
        return tuple(tensor[chosen] for tensor in self.tensors)


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

    def note(self, loss: Tensor) -> None:
        """Keep the loss of a step. Few at a time: small tensors that live long split the memory."""
        self.pending.append(loss.detach())
        if len(self.pending) == 50:
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


def fit(
    model: nn.Module,
    batches: Stream,
    loss: Loss,
    recipe: Recipe,
    *,
    evaluate: Callable[[nn.Module], dict[str, float]] | None = None,
    snapshot: Callable[[nn.Module], Any] | None = None,
    every: int = 50,
    checkpoint: Path | None = None,
    rates: Mapping[str, float] | None = None,
) -> History:
    """Train `model` in place with AdamW and return what happened.

    Every `every` steps, and at the last one, `evaluate(model)` and `snapshot(model)` see the model
    in evaluation mode, and the state goes to the file `checkpoint`. If that file exists, training
    resumes from it with the same numbers. `rates` gives parts of the model a share of the learning
    rate, by name: {"sound": 0.1}. Stopping the cell keeps what was learnt. Under `torchrun`
    each process takes its share of every batch. The model ends in evaluation mode on the device
    that it came from. Raises RuntimeError, with a smaller batch to try, when memory runs out.
    """
    accelerator, history = accelerate(), History()
    with coming_home(model), sized_to_fit(recipe):
        model.to(accelerator.device).train()
        optimizer = torch.optim.AdamW(
            groups(model, rates or {}), weight_decay=recipe.weight_decay, fused=True
        )
        checkpoints.resume(checkpoint, model, optimizer, history, recipe)
        wrapped = accelerator.prepare_model(model)
        if isinstance(batches, Batches):
            batches.to(accelerator.device)
        with kept_when_stopped(history, recipe):
            for step in progress(range(len(history.losses), recipe.steps)):
                optimizer.zero_grad()
                batch = share(batches[step], accelerator)
                with half_precision(accelerator.device):
                    value = loss(wrapped, *batch)
                accelerator.backward(value)
                accelerator.clip_grad_norm_(wrapped.parameters(), recipe.clip)
                for group in optimizer.param_groups:
                    group["lr"] = group["share"] * recipe.learning_rate * recipe.rate(step)
                optimizer.step()
                history.note(value)
                if (step + 1) % every == 0 or step + 1 == recipe.steps:
                    history.look(model, evaluate, snapshot)
                    if accelerator.is_main_process:
                        checkpoints.save_run(checkpoint, model, optimizer, history, recipe)
    return history


def groups(model: nn.Module, rates: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return the parameters for an optimiser: one group per part in `rates`, and all the others.

    A group's "share" is what it gets of the learning rate. Raises ValueError where the model has
    no part of this name.
    """
    parts: dict[str, list[nn.Parameter]] = {name: [] for name in ("", *rates)}
    for name, parameter in model.named_parameters():
        parts[next((part for part in rates if f"{name}.".startswith(f"{part}.")), "")] += [
            parameter
        ]
    if missing := [name for name in rates if not parts[name]]:
        raise ValueError(f"the model has no part {missing[0]!r} to train at a rate of its own")
    shares = {"": 1.0, **rates}
    return [{"params": found, "share": shares[name]} for name, found in parts.items() if found]


def accelerate() -> Any:
    """Return accelerate's view of this machine: its device and its processes."""
    from accelerate import Accelerator  # imported late: it takes a second

    return Accelerator()


def share(batch: tuple[Tensor, ...], accelerator: Any) -> list[Tensor]:
    """Return this process's part of a batch, on its device: every n-th example of n processes."""
    mine = slice(accelerator.process_index, None, accelerator.num_processes)
    return [tensor[mine].to(accelerator.device, non_blocking=True) for tensor in batch]


def half_precision(device: torch.device) -> AbstractContextManager[Any]:
    """Compute in bfloat16 on a GPU: half the memory of float32, the same range."""
    return torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()


def progress(steps: range) -> Iterable[int]:
    """Show a bar while training, unless MMTUTOR_HEADLESS is set; leave nothing behind."""
    from tqdm.auto import tqdm

    return tqdm(steps, leave=False, disable=bool(os.environ.get("MMTUTOR_HEADLESS")))


@contextmanager
def kept_when_stopped(history: History, recipe: Recipe) -> Iterator[None]:
    """Let an interrupt end the loop quietly, with everything so far in `history`."""
    history.clock = time.perf_counter()
    try:
        yield
    except KeyboardInterrupt:
        history.stopped = True
        done = len(history.losses) + len(history.pending)
        print(f"Stopped after step {done} of {recipe.steps}. The model keeps what it has learnt.")
    finally:
        history.collect()


@contextmanager
def sized_to_fit(recipe: Recipe) -> Iterator[None]:
    """Say which batch to try next when the device's memory runs out."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        # CUDA has an error of its own for this; Apple's GPUs and the CPU only say it in words.
        words = str(error).lower()
        if "out of memory" not in words and "can't allocate memory" not in words:
            raise
        smaller = recipe.batch_size // 2
        advice = f"try batch_size={smaller}" if smaller else "the model itself is too large"
        raise RuntimeError(
            f"A batch of {recipe.batch_size} does not fit into this device's memory: {advice}."
        ) from error


@contextmanager
def coming_home(model: nn.Module) -> Iterator[None]:
    """Bring the model back to where it came from, in evaluation mode, however the block ends."""
    home = next(model.parameters()).device
    try:
        yield
    finally:
        model.to(home).eval()


@torch.no_grad()
def predict(model: nn.Module, *inputs: Tensor, batch_size: int = 512) -> Tensor:
    """Return the model's outputs for all `inputs`, on the CPU, in evaluation mode.

    Works wherever the model lies. The model's mode is left as it was.
    """
    device, was_training = next(model.parameters()).device, model.training
    model.eval()
    try:
        chunks = zip(*(tensor.split(batch_size) for tensor in inputs), strict=True)
        return torch.cat([model(*[c.to(device) for c in chunk]).cpu() for chunk in chunks])
    finally:
        model.train(was_training)
