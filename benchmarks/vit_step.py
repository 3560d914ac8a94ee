"""How long one step of a vision transformer takes and how much memory: ours beside its peers.

    python benchmarks/vit_step.py [--size lesson|small|both] [--rounds 20] [--threads 2]

A step is forward, cross-entropy, backward and AdamW (fused) on one batch in memory, under bfloat16
autocast where there is a GPU. All have the same patches, width, depth, heads, class token, learned
positions, layer norm first, no dropout. Who has 2 % more or fewer parameters is not compared.

**Time.** The peers take turns, so that whatever else the machine does hits all alike. Ratios are
taken within a turn.

**Memory.** The most that tensors take during a step, over what was there before it: what forward
and backward keep, and the gradients. Parameters and the optimiser's state are the same for all and
are left out. On a CPU the profiler notes each allocation, on a GPU PyTorch counts.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

os.environ.setdefault("KINETO_LOG_LEVEL", "6")  # the profiler is to be silent

import torch
from _table import Table
from torch import nn
from torch.nn import functional as F
from training_loop import busy, load, spread

from mmtutor.training import half_precision, seed_everything
from mmtutor.vit import PictureClassifier, VisionTransformer, parameters

CLASSES = 17
ALIKE = 0.02
"""By what share a peer's parameters may differ from ours."""
STEPS = {"cpu": 1, "cuda": 20}
"""Steps of a turn."""
CPU = [torch.profiler.ProfilerActivity.CPU]
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@dataclass(frozen=True)
class Size:
    """A transformer and its batch. The hidden width is four times the width."""

    side: int
    channels: int
    patch: int
    width: int
    depth: int
    heads: int
    batch: int


SIZES = {
    "lesson": Size(side=32, channels=1, patch=8, width=64, depth=4, heads=4, batch=256),
    "small": Size(side=64, channels=3, patch=8, width=192, depth=6, heads=3, batch=32),
}


# ── The peers ─────────────────────────────────────────────────────────────────────────────────────


def ours(s: Size) -> nn.Module:
    """Return this course's transformer."""
    body = VisionTransformer(s.side, s.patch, s.channels, s.width, s.depth, s.heads)
    return PictureClassifier(body, CLASSES)


def timm(s: Size) -> nn.Module:
    """Return timm's."""
    from timm.models.vision_transformer import VisionTransformer

    numbers = {"embed_dim": s.width, "depth": s.depth, "num_heads": s.heads}
    return VisionTransformer(s.side, s.patch, s.channels, CLASSES, **numbers)


def transformers(s: Size) -> nn.Module:
    """Return transformers', with PyTorch's fused attention."""
    from transformers import ViTConfig, ViTForImageClassification

    config = ViTConfig(
        hidden_size=s.width,
        num_hidden_layers=s.depth,
        num_attention_heads=s.heads,
        intermediate_size=4 * s.width,
        image_size=s.side,
        patch_size=s.patch,
        num_channels=s.channels,
        num_labels=CLASSES,
        attn_implementation="sdpa",
    )
    return ViTForImageClassification(config)


def torchvision(s: Size) -> nn.Module:
    """Return torchvision's. It knows only three channels, so its convolution is made anew."""
    from torchvision.models import VisionTransformer

    numbers = {"hidden_dim": s.width, "mlp_dim": 4 * s.width, "num_classes": CLASSES}
    model = VisionTransformer(s.side, s.patch, s.depth, s.heads, **numbers)
    model.conv_proj = nn.Conv2d(s.channels, s.width, s.patch, s.patch)
    return model


def vit_pytorch(s: Size) -> nn.Module:
    """Return vit-pytorch's. It norms patches twice more; three projections have no bias."""
    from vit_pytorch import ViT

    numbers = {"image_size": s.side, "patch_size": s.patch, "channels": s.channels, "dim": s.width}
    numbers |= {"depth": s.depth, "heads": s.heads, "dim_head": s.width // s.heads}
    return ViT(**numbers, mlp_dim=4 * s.width, num_classes=CLASSES)


OURS = "mmtutor"
PEERS: dict[str, Callable[[Size], nn.Module]] = {
    OURS: ours,
    "timm": timm,
    "transformers": transformers,
    "torchvision": torchvision,
    "vit_pytorch": vit_pytorch,
}
"""Everyone who takes part, by the name of the package that is needed."""


def build(size: Size) -> dict[str, nn.Module]:
    """Return the models of all who are installed and have as many parameters as we have."""
    models = {}
    for name, make in PEERS.items():
        if find_spec(name) is None:
            print(f"{name} is not installed and is left out: pip install -e .[bench]")
            continue
        seed_everything(0)
        model = make(size).to(DEVICE).train()
        count, expected = parameters(model), parameters(models.get(OURS, model))
        if abs(count / expected - 1) > ALIKE:
            print(f"{name} has {count:,} parameters and not {expected:,}: it is not compared.")
        else:
            models[name] = model
    return models


# ── Measuring ─────────────────────────────────────────────────────────────────────────────────────


def make_steps(model: nn.Module, size: Size, batch: int) -> Callable[[int], float]:
    """Return a function that takes some steps on one batch and returns milliseconds a step."""
    pictures = torch.randn(batch, size.channels, size.side, size.side, device=DEVICE)
    labels = torch.randint(CLASSES, (batch,), device=DEVICE)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4, fused=True)

    def take(steps: int) -> float:
        start = time.perf_counter()
        for _ in range(steps):
            with half_precision(torch.device(DEVICE)):
                scores = model(pictures)
                loss = F.cross_entropy(getattr(scores, "logits", scores), labels)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        loss.item()  # waits for a GPU
        return 1000 * (time.perf_counter() - start) / steps

    return take


def in_turn(models: dict[str, nn.Module], size: Size, turns: int) -> dict[str, list[float]]:
    """Return each peer's milliseconds a step, turn by turn; who begins changes."""
    take = {name: make_steps(model, size, size.batch) for name, model in models.items()}
    names, taken = list(models), {name: [] for name in models}
    for name in names:
        take[name](3)  # not timed: memory, caches and the optimiser's state fill
    for turn in range(turns):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            taken[name].append(take[name](STEPS[DEVICE]))
    return taken


def peak(take: Callable[[int], float]) -> float:
    """Return the MB that a step allocates at most, over what was there before it."""
    take(2)
    if DEVICE == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        take(1)
        return (torch.cuda.max_memory_allocated() - before) / 1e6
    with torch.profiler.profile(activities=CPU, profile_memory=True) as profile:
        take(1)
    return max(accumulate(allocations(profile))) / 1e6


def allocations(profile: torch.profiler.profile) -> list[int]:
    """Return the bytes that were asked for, or given back (below 0), one after another."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "trace.json"
        profile.export_chrome_trace(str(file))
        events = json.loads(file.read_text(encoding="utf-8"))["traceEvents"]
    asked = [event for event in events if event["name"] == "[memory]"]
    return [event["args"]["Bytes"] for event in sorted(asked, key=lambda event: event["ts"])]


# ── The report ────────────────────────────────────────────────────────────────────────────────────


def report(name: str, chosen: argparse.Namespace) -> None:
    """Measure one size and print its table."""
    size = SIZES[name]
    models = build(size)
    taken = in_turn(models, size, chosen.rounds)
    best = min(set(models) - {OURS} or {OURS}, key=lambda peer: median(taken[peer]))
    title = f"{name}: medians of {chosen.rounds} turns (quartiles)"
    table = Table(title, "parameters", "ms a step", f"to {best}", "peak MB")
    for peer, model in models.items():
        ratios = [mine / theirs for mine, theirs in zip(taken[peer], taken[best], strict=True)]
        memory = f"{peak(make_steps(model, size, size.batch)):.0f}"
        count = f"{parameters(model):,}"
        table.add_row(peer, count, spread(taken[peer], 1), spread(ratios), memory)
    print(size)
    print(table)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=[*SIZES, "both"], default="both")
    parser.add_argument("--rounds", type=int, default=20, help="turns of every peer")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch, for all peers")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    print(f"torch {torch.__version__} on {DEVICE}, {chosen.threads} threads, {load()}")
    for name in SIZES if chosen.size == "both" else [chosen.size]:
        report(name, chosen)
    print(busy())


if __name__ == "__main__":
    main()
