"""How long one training step takes: `mmtutor.training.fit` beside its peers, in one run.

    python benchmarks/training_loop.py [--rounds 5] [--steps 30] [--pairs 150]

Everyone trains the same small vision transformer on glyphs to name the script: same first weights,
batch size, threads, AdamW, warm-up and cosine, clipped gradient, CPU. Two measurements:

**In turn.** Each round gives every peer one short run, so that whatever else the machine does hits
all alike; ratios are taken within a round. A step lasts from one computation of the loss to the
next, so setting up is left out for all. The loss on pictures that nobody trained on shows at the
end that all did the same work.

**Step by step.** A bare step runs between every two steps of a peer, so that both of a pair see the
same machine: this resolves a per cent, where short runs on a busy machine resolve ten. The bare
loop itself takes part as a control. Worker processes do not: they would work during the bare step.
"""

import argparse
import contextlib
import io
import logging
import os
import time
import warnings
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from itertools import pairwise
from statistics import mean, median, quantiles
from typing import Any

os.environ["ACCELERATE_USE_CPU"] = "true"  # also where there is a GPU: all peers on the same device
os.environ.pop("MMTUTOR_HEADLESS", None)  # fit is measured with its progress bar

import torch
from _table import Table
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset

from mmtutor.datasets.glyphs import SCRIPTS, Glyphs, load_glyphs, split_by_character
from mmtutor.training import Batches, Loss, Recipe, fit, predict, seed_everything

FIRST = 5
"""Steps at the start of every run that are not timed: caches and the optimiser's state fill."""
TOLERANCE = 0.05
"""How far a peer's final loss may lie from the bare loop's, in nats: others shuffle differently."""
FIT_BAR, TRAINER_BAR = 1.03, 1.7
"""The course's aim: fit costs at most 3 %, and the trainers take 1.7 times as long as fit."""


# ── The task ──────────────────────────────────────────────────────────────────────────────────────


class SmallViT(nn.Module):
    """A vision transformer: 16 patches of 8 × 8 pixels and a class token to one of 17 scripts."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.patch = nn.Conv2d(1, width, kernel_size=8, stride=8)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(0.02 * torch.randn(1, 17, width))
        layer = nn.TransformerEncoderLayer(
            width, 4, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.answer = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, len(SCRIPTS)))

    def forward(self, images: Tensor) -> Tensor:
        """Return scores (batch, 17) for images (batch, 1, 32, 32)."""
        patches = self.patch(images).flatten(2).transpose(1, 2)  # (batch, 16, width)
        start = self.class_token.expand(len(images), -1, -1)
        tokens = torch.cat([start, patches], dim=1) + self.position  # (batch, 17, width)
        return self.answer(self.encoder(tokens)[:, 0])


def picture_loss(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy in nats."""
    return F.cross_entropy(model(images), labels)


def undisturbed(times: list, cost: Callable | None = None) -> list:
    """Return the faster half of the times: in the slower one the machine did other things too."""
    return sorted(times, key=cost)[: (len(times) + 1) // 2]


class TimedLoss:
    """Cross-entropy that notes when it was asked: from one call to the next is one step."""

    def __init__(self) -> None:
        self.calls: list[float] = []

    def __call__(self, model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        """Return the loss in nats."""
        self.calls.append(time.perf_counter())
        return picture_loss(model, images, labels)

    def milliseconds(self) -> float:
        """Return the mean time of a step: of the faster half, after the first ones."""
        steps = [end - begin for begin, end in pairwise(self.calls[FIRST:])]
        return 1000 * mean(undisturbed(steps))


@dataclass
class Task:
    """What every peer gets. `pictures` are the bytes that `images` was made from."""

    pictures: Tensor
    images: Tensor
    labels: Tensor
    held_out: tuple[Tensor, Tensor]
    recipe: Recipe
    threads: int = 2
    loss: TimedLoss = field(default_factory=TimedLoss)

    def batches(self) -> Batches:
        """Return shuffled batches of the tensors in memory."""
        return Batches(self.images, self.labels, batch_size=self.recipe.batch_size)

    @torch.no_grad()
    def final_loss(self, model: nn.Module) -> float:
        """Return the loss in nats on pictures of characters that nobody trained on."""
        images, labels = self.held_out
        return F.cross_entropy(predict(model, images), labels).item()


def to_floats(pictures: Tensor) -> Tensor:
    """Return bytes (n, 32, 32) as numbers from -1 to 1 (n, 1, 32, 32)."""
    return (pictures.unsqueeze(1).float() / 255 - 0.5) / 0.5


def make_task(glyphs: Glyphs, recipe: Recipe) -> Task:
    """Return the task of naming the script of a glyph, with 2,000 held-out pictures."""
    labels = glyphs.label("script").values
    train, test = split_by_character(glyphs)
    test = test[torch.randperm(len(test), generator=torch.Generator().manual_seed(0))[:2000]]
    pictures = glyphs.images[train]
    held_out = to_floats(glyphs.images[test]), labels[test]
    return Task(pictures, to_floats(pictures), labels[train], held_out, recipe)


# ── The peers ─────────────────────────────────────────────────────────────────────────────────────

Peer = Callable[[nn.Module, Task], None]
"""Trains a model in place on a task."""


def make_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.AdamW:
    """Return AdamW as `fit` makes it: fused, which is also what transformers chooses."""
    return torch.optim.AdamW(
        model.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )


def bare_step(
    model: nn.Module,
    batch: Iterable[Tensor],
    optimizer: torch.optim.Optimizer,
    step: int,
    recipe: Recipe,
    loss: Loss,
) -> None:
    """Take one step with PyTorch alone."""
    loss(model, *batch).backward()
    nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
    optimizer.param_groups[0]["lr"] = recipe.learning_rate * recipe.rate(step)
    optimizer.step()
    optimizer.zero_grad()


def bare_loop(model: nn.Module, task: Task) -> None:
    """Train with PyTorch alone on tensors in memory."""
    batches, optimizer = task.batches(), make_optimizer(model, task.recipe)
    for step in range(task.recipe.steps):
        bare_step(model, batches[step], optimizer, step, task.recipe, task.loss)


def course_fit(model: nn.Module, task: Task) -> None:
    """Train with the course's loop on tensors in memory."""
    fit(model, task.batches(), task.loss, task.recipe)


class Named(Dataset):
    """One example as a dictionary, as transformers' Trainer wants it."""

    def __init__(self, task: Task) -> None:
        self.images, self.labels = task.images, task.labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {"pixel_values": self.images[index], "labels": self.labels[index]}


class Transformed(Dataset):
    """One example as torchvision's datasets give it: a PIL picture through transforms."""

    def __init__(self, task: Task) -> None:
        from torchvision import transforms

        self.pictures, self.labels = task.pictures.numpy(), task.labels.tolist()
        self.transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        from PIL import Image

        return self.transform(Image.fromarray(self.pictures[index])), self.labels[index]


class NamedTransformed(Transformed):
    """The same as a dictionary, as transformers' Trainer wants it."""

    def __getitem__(self, index: int) -> dict[str, Any]:
        return dict(zip(("pixel_values", "labels"), super().__getitem__(index), strict=True))


class WithLoss(nn.Module):
    """A model that returns its own loss, as transformers' Trainer wants it."""

    def __init__(self, model: nn.Module, loss: TimedLoss) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, pixel_values: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return the loss of a batch."""
        return {"loss": self.loss(self.model, pixel_values, labels)}


def transformers_settings(recipe: Recipe) -> dict[str, Any]:
    """Return the Trainer's settings: no logs, no files, no bar; otherwise its defaults.

    Its default optimiser is the fused AdamW; its default collator and loader (0 workers) stay.
    """
    return {
        "max_steps": recipe.steps,
        "per_device_train_batch_size": recipe.batch_size,
        "learning_rate": recipe.learning_rate,
        "weight_decay": recipe.weight_decay,
        "lr_scheduler_type": "cosine",
        "warmup_steps": round(recipe.warmup * recipe.steps),
        "max_grad_norm": recipe.clip,
        "seed": recipe.seed,
        "use_cpu": True,
        "logging_strategy": "no",
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
    }


def transformers_trainer(dataset: type[Dataset]) -> Peer:
    """Return training with transformers' Trainer on a kind of dataset."""

    def train(model: nn.Module, task: Task) -> None:
        from transformers import Trainer, TrainingArguments

        settings = TrainingArguments(**transformers_settings(task.recipe))
        Trainer(WithLoss(model, task.loss), settings, train_dataset=dataset(task)).train()

    return train


def lightning_module(model: nn.Module, task: Task) -> Any:
    """Return the model as Lightning wants it, with a learning rate set at every step."""
    from lightning import LightningModule

    class Classifier(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def training_step(self, batch: list[Tensor]) -> Tensor:
            return task.loss(self.model, *batch)

        def configure_optimizers(self) -> dict[str, Any]:
            optimizer = make_optimizer(self.model, task.recipe)
            schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, task.recipe.rate)
            return {
                "optimizer": optimizer,
                "lr_scheduler": {"scheduler": schedule, "interval": "step"},
            }

    return Classifier()


def lightning_settings(recipe: Recipe) -> dict[str, Any]:
    """Return the Trainer's settings: no logs, no files, no bar; otherwise its defaults."""
    return {
        "max_steps": recipe.steps,
        "gradient_clip_val": recipe.clip,
        "accelerator": "cpu",
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }


def lightning_trainer(dataset: Callable[[Task], Dataset]) -> Peer:
    """Return training with Lightning's Trainer on a DataLoader (0 workers) of a dataset."""

    def train(model: nn.Module, task: Task) -> None:
        from lightning import Trainer

        loader = DataLoader(dataset(task), task.recipe.batch_size, shuffle=True)
        Trainer(**lightning_settings(task.recipe)).fit(lightning_module(model, task), loader)

    return train


def transforms_loop(workers: int) -> Peer:
    """Return a bare loop that reads from a DataLoader with per-sample transforms."""

    def loop(model: nn.Module, task: Task) -> None:
        optimizer, size = make_optimizer(model, task.recipe), task.recipe.batch_size
        loader = DataLoader(Transformed(task), size, shuffle=True, num_workers=workers)
        for step, batch in zip(range(task.recipe.steps), loader, strict=False):
            bare_step(model, batch, optimizer, step, task.recipe, task.loss)

    return loop


def tensors(task: Task) -> Dataset:
    """Return the tensors in memory, one example at a time."""
    return TensorDataset(task.images, task.labels)


BARE, FIT = "bare loop", "mmtutor fit"
TRAINERS = ("transformers Trainer", "Lightning Trainer")
PEERS: dict[str, tuple[str, Peer]] = {
    BARE: ("torch", bare_loop),
    FIT: ("mmtutor", course_fit),
    TRAINERS[0]: ("transformers", transformers_trainer(Named)),
    TRAINERS[1]: ("lightning", lightning_trainer(tensors)),
    "bare + transforms": ("torchvision", transforms_loop(0)),
    "bare + transforms, 2 workers": ("torchvision", transforms_loop(2)),
    f"{TRAINERS[0]} + transforms": ("transformers", transformers_trainer(NamedTransformed)),
    f"{TRAINERS[1]} + transforms": ("lightning", lightning_trainer(Transformed)),
}
"""Everyone who takes part: the package that is needed, and the run."""


# ── In turn ───────────────────────────────────────────────────────────────────────────────────────


def installed() -> list[str]:
    """Return the peers that can take part; says which cannot."""
    missing = sorted({package for package, _ in PEERS.values() if find_spec(package) is None})
    for package in missing:
        print(f"{package} is not installed and is left out: pip install -e .[bench]")
    return [name for name, (package, _) in PEERS.items() if package not in missing]


@dataclass
class Result:
    """One peer's times (milliseconds a step) and final losses (nats), one of each a round."""

    times: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)


@contextlib.contextmanager
def in_silence():
    """Keep what the peers say off the screen; the work of drawing a bar is still done."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def run_once(peer: str, start: nn.Module, task: Task, result: Result) -> None:
    """Give one peer one short run from the first weights and note what came of it."""
    torch.set_num_threads(task.threads)
    seed_everything(task.recipe.seed)
    model, task.loss = deepcopy(start), TimedLoss()
    with in_silence():
        PEERS[peer][1](model, task)
    result.times.append(task.loss.milliseconds())
    result.losses.append(task.final_loss(model))


def in_turn(names: list[str], start: nn.Module, task: Task, rounds: int) -> dict[str, Result]:
    """Return each peer's results. The first in line changes from round to round."""
    results = {name: Result() for name in names}
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            run_once(name, start, task, results[name])
    return results


# ── Step by step ──────────────────────────────────────────────────────────────────────────────────


Pairs = list[tuple[float, float]]
"""Seconds of a bare step and of the peer's step after it, for every step of a run."""


class PairedLoss(TimedLoss):
    """A loss that takes a bare step, with a model of its own, each time before it answers.

    The peer's step is the time from an answer's beginning to the next question.
    """

    def __init__(self, start: nn.Module, task: Task) -> None:
        super().__init__()
        self.model, self.batches, self.recipe = deepcopy(start), task.batches(), task.recipe
        self.optimizer = make_optimizer(self.model, task.recipe)
        self.answers: list[float] = []

    def __call__(self, model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        """Return the loss in nats, after a bare step."""
        step = len(self.calls)
        self.calls.append(time.perf_counter())
        bare_step(self.model, self.batches[step], self.optimizer, step, self.recipe, picture_loss)
        self.answers.append(time.perf_counter())
        return picture_loss(model, images, labels)

    def pairs(self) -> Pairs:
        """Return the seconds of the steps that were timed from end to end."""
        bare = [end - begin for begin, end in zip(self.calls, self.answers, strict=True)]
        peer = [end - begin for begin, end in zip(self.answers, self.calls[1:], strict=False)]
        return list(zip(bare, peer, strict=False))[FIRST:]


def ratio_of(pairs: Pairs) -> float:
    """Return the time of a peer's steps over the time of the bare steps beside them."""
    bare, peer = zip(*undisturbed(pairs, sum), strict=True)  # a pair goes as a whole
    return sum(peer) / sum(bare)


def step_by_step(peer: str, start: nn.Module, task: Task) -> Pairs:
    """Return the seconds of each pair of a bare step and a step of the peer."""
    torch.set_num_threads(task.threads)
    seed_everything(task.recipe.seed)
    task.loss = PairedLoss(start, task)
    with in_silence():
        PEERS[peer][1](deepcopy(start), task)
    return task.loss.pairs()


# ── The report ────────────────────────────────────────────────────────────────────────────────────


def spread(values: list[float], digits: int = 2) -> str:
    """Return the median and the quartiles, such as "1.85 (1.80-1.91)"."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f}"
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def ratios(one: Result, other: Result) -> list[float]:
    """Return one peer's time over another's, round by round."""
    return [mine / theirs for mine, theirs in zip(one.times, other.times, strict=True)]


def turns_table(results: dict[str, Result]) -> Table:
    """Return the short runs as a table."""
    headings = ("ms a step", "to bare", "to fit", "final loss")
    drawn = Table("In turn: median over the rounds (quartiles)", *headings)
    for name, result in results.items():
        to_bare, to_fit = ratios(result, results[BARE]), ratios(result, results[FIT])
        loss = f"{median(result.losses):.3f}"
        drawn.add_row(name, spread(result.times, 1), spread(to_bare), spread(to_fit), loss)
    return drawn


def blocks_of(pairs: Pairs, blocks: int = 6) -> list[float]:
    """Return the ratio in each of a few parts of the run, one after another."""
    size = max(1, len(pairs) // blocks)
    return [ratio_of(pairs[i : i + size]) for i in range(0, len(pairs) - size + 1, size)]


def pairs_table(results: dict[str, Pairs]) -> Table:
    """Return the paired steps as a table."""
    headings = ("ms a step", "bare beside it", "to bare (quartiles of blocks)", "to fit")
    drawn = Table("Step by step: means over the faster half of the pairs", *headings)
    for name, pairs in results.items():
        bare, peer = (
            f"{1000 * mean(column):.1f}" for column in zip(*undisturbed(pairs, sum), strict=True)
        )
        low, _, high = quantiles(blocks_of(pairs), n=4, method="inclusive")
        ratio = ratio_of(pairs)
        to_fit = f"{ratio / ratio_of(results[FIT]):.2f}"
        drawn.add_row(name, peer, bare, f"{ratio:.3f} ({low:.3f}-{high:.3f})", to_fit)
    return drawn


def same_work(results: dict[str, Result]) -> str:
    """Return a sentence on whether all peers arrived at the bare loop's loss."""
    goal = median(results[BARE].losses)
    far = [n for n, r in results.items() if abs(median(r.losses) - goal) > TOLERANCE]
    if far:
        return f"NOT the same work: {', '.join(far)} ended more than {TOLERANCE} nats off."
    return f"All ended within {TOLERANCE} nats of the bare loop: the same work."


def summary(results: dict[str, Pairs]) -> str:
    """Return the ratios that do not depend on the machine, with the course's bars."""
    fitted, control = ratio_of(results[FIT]), ratio_of(results[BARE])
    lines = [f"fit / bare = {fitted:.3f} (bar: <= {FIT_BAR}; bare / bare = {control:.3f})"]
    for name in results:
        if name.startswith(TRAINERS):
            ratio = ratio_of(results[name]) / fitted
            lines.append(f"{name} / fit = {ratio:.2f} (bar: >= {TRAINER_BAR})")
    return "\n".join(lines)


def conditions(model: nn.Module, task: Task) -> str:
    """Return what was trained and how busy the machine was."""
    size = sum(parameter.numel() for parameter in model.parameters())
    return (
        f"torch {torch.__version__}, {task.threads} threads on {os.cpu_count()} cores, {load()}; "
        f"{size:,} parameters, batches of {task.recipe.batch_size}"
    )


def load() -> str:
    """Return how many processes wanted to run in the last minute."""
    return f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"


def busy() -> str:
    """Return a sentence on the load at the end; it counts this benchmark's own process."""
    cores = os.cpu_count() or 1
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > cores + 0.5:
        return f"BUSY: {load()} on {cores} cores at the end. Run it again when others are done."
    return f"{load()} at the end."


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="short runs of every peer")
    parser.add_argument("--steps", type=int, default=30, help="steps of a short run, at least 10")
    parser.add_argument("--pairs", type=int, default=150, help="pairs of steps, at least 20")
    parser.add_argument("--batch", type=int, default=256, help="examples in a batch")
    parser.add_argument("--width", type=int, default=24, help="width of the transformer")
    parser.add_argument("--depth", type=int, default=1, help="layers of the transformer")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch, for all peers")
    return parser.parse_args()


def main() -> None:
    """Measure and report."""
    chosen = options()
    recipe = Recipe(steps=chosen.steps, batch_size=chosen.batch, learning_rate=2e-3)
    seed_everything(recipe.seed)
    start, task = SmallViT(chosen.width, chosen.depth), make_task(load_glyphs(), recipe)
    task.threads = chosen.threads
    print(conditions(start, task))
    results = in_turn(installed(), start, task, chosen.rounds)
    print(turns_table(results))
    print(same_work(results))
    task.recipe = replace(recipe, steps=chosen.pairs)
    paired = {name: step_by_step(name, start, task) for name in results if "workers" not in name}
    print(pairs_table(paired))
    print(summary(paired), busy(), sep="\n")


if __name__ == "__main__":
    main()
