"""The fit loop of the whole course: device, precision, several processes, progress, checkpoints."""

import os
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from mmtutor.training.batches import Batches, Stream
from mmtutor.training.device import accelerate, coming_home, half_precision, share
from mmtutor.training.finite import LastGood
from mmtutor.training.history import History
from mmtutor.training.optimizer import adamw
from mmtutor.training.recipe import Recipe
from mmtutor.training.runs import resume, save_run
from mmtutor.training.threads import tuned_threads

Loss = Callable[..., Tensor]
"""`loss(model, *batch)` returns one number to make small."""


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
    rate, by name: {"sound": 0.1}. Stopping the cell keeps what was learnt. Under `torchrun` each
    process takes its share of every batch; `loss` must be a mean over examples. The model ends in
    evaluation mode on the device that it came from. Raises NotFinite where a loss or a gradient is
    not, and RuntimeError, with a smaller batch to try, when memory runs out.
    """
    accelerator, history = accelerate(), History()
    with coming_home(model), sized_to_fit(recipe), tuned_threads() as threads:
        model.to(accelerator.device).train()
        optimizer = adamw(model, recipe, rates or {})
        resume(checkpoint, model, optimizer, history, recipe)
        good, wrapped = LastGood(model, optimizer), accelerator.prepare_model(model)
        if isinstance(batches, Batches):
            batches.to(accelerator.device)
        with kept_when_stopped(history, recipe):
            for step in progress(range(len(history.losses), recipe.steps)):
                threads.tune()
                optimizer.zero_grad()
                good.before_step()
                batch, weight = share(batches[step], accelerator)
                with half_precision(accelerator.device):
                    value = weight * loss(wrapped, *batch)
                accelerator.backward(value)
                norm = accelerator.clip_grad_norm_(wrapped.parameters(), recipe.clip)
                value = accelerator.reduce(value.detach(), "mean")
                good.after_backward(value, norm)
                for group in optimizer.param_groups:
                    group["lr"] = group["share"] * recipe.learning_rate * recipe.rate(step)
                optimizer.step()
                history.note(value, due := (step + 1) % every == 0 or step + 1 == recipe.steps)
                good.check(history)
                if due:
                    history.look(model, evaluate, snapshot)
                    if accelerator.is_main_process:
                        save_run(checkpoint, model, optimizer, history, recipe)
    return history


def headless() -> bool:
    """Say whether nobody watches: in CI, or when a notebook is run from the command line."""
    return bool(os.environ.get("MMTUTOR_HEADLESS"))


def progress(steps: range) -> Iterable[int]:
    """Show a bar while training, unless MMTUTOR_HEADLESS is set; leave nothing behind."""
    from tqdm.auto import tqdm

    return tqdm(steps, leave=False, disable=headless())


@contextmanager
def kept_when_stopped(history: History, recipe: Recipe) -> Iterator[None]:
    """Let a reader's interrupt end the loop quietly, with everything so far in `history`.

    Where nobody reads (MMTUTOR_HEADLESS), an interrupt means that time ran out: an error.
    """
    history.clock = time.perf_counter()
    try:
        yield
    except KeyboardInterrupt:
        history.stopped = True
        if headless():
            raise
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
        # A notebook keeps its last error: with it, all that the model was computing would stay.
        traceback.clear_frames(error.__traceback__)
        smaller = recipe.batch_size // 2
        advice = f"try batch_size={smaller}" if smaller else "the model itself is too large"
        raise RuntimeError(
            f"A batch of {recipe.batch_size} does not fit into this device's memory: {advice}."
        ) from error
