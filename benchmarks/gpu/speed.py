"""How fast: bfloat16 against float32, attention fused and in the open, a step as a CUDA graph."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.gpu.check import Check, Setup, require
from benchmarks.gpu.trainings import Make, glyph_names, script_reader
from mmtutor import contrastive, vit
from mmtutor.attention import scaled_dot_product_attention
from mmtutor.metrics import costs
from mmtutor.training import Loss, fit, half_precision

Step = Callable[[], Tensor]
"""Takes one training step and returns its loss."""


def rate(step: Step, count: int) -> float:
    """Return steps a second, a GPU's work included; the first three are not timed."""
    for _ in range(3):
        step()
    finished()
    begun = time.perf_counter()
    for _ in range(count):
        step()
    finished()
    return count / (time.perf_counter() - begun)


def finished() -> None:
    """Wait until a GPU has done all that it was told."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


# ── bfloat16 and attention ────────────────────────────────────────────────────────────────────────


def one_step(
    model: nn.Module,
    loss: Loss,
    optimizer: torch.optim.Optimizer,
    batch: tuple[Tensor, ...],
    precision: AbstractContextManager,
) -> Tensor:
    """Take one training step with PyTorch alone; return the loss."""
    optimizer.zero_grad()
    with precision:
        value = loss(model, *batch)
    value.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return value.detach()


def adamw(model: nn.Module, **options: bool) -> torch.optim.AdamW:
    """Return the optimiser of `fit`, at a constant rate."""
    return torch.optim.AdamW(model.parameters(), 1e-4, fused=True, **options)


def precisions(setup: Setup) -> str:
    """Time the Vision Transformer of lesson 04's full recipe in float32 and in bfloat16."""
    model, batches, loss, recipe, _ = script_reader(setup)
    device = torch.device(setup.device)
    model.to(device).train()
    batch, optimizer = batches.to(device)[0], adamw(model)
    found = {}
    for name, precision in {"float32": nullcontext(), "bfloat16": half_precision(device)}.items():
        if name == "float32" or not setup.dry:
            step = partial(one_step, model, loss, optimizer, batch, precision)
            found[name] = recipe.batch_size * rate(step, setup.steps)
    return ", ".join(f"{name} {speed:,.0f} pictures/s" for name, speed in found.items())


def attention_costs(setup: Setup) -> str:
    """Measure what lesson 04 shows: attention in the open and fused, in ms and MB."""
    length = 64 if setup.dry else 8192
    x = torch.randn(1, 1, length, 64, device=setup.device)
    paths = {"open": scaled_dot_product_attention, "fused": F.scaled_dot_product_attention}
    found = []
    for name, path in paths.items():
        work = partial(path, x, x, x)
        ms, mb = 1000 * costs.seconds(work), costs.peak_megabytes(work)
        found.append(f"{name} {ms:.2f} ms, {mb:.0f} MB")
    return f"{length:,} tokens: {'; '.join(found)}"


# ── A step as a graph ─────────────────────────────────────────────────────────────────────────────


def captured_step(
    model: nn.Module, loss: Loss, optimizer: torch.optim.Optimizer, batch: tuple[Tensor, ...]
) -> Step:
    """Record a whole training step once; what is returned plays it again, as a single launch.

    A graph reads and writes the same memory every time. So a new batch must be copied into the
    tensors of `batch`, the optimiser must be `capturable`, and nothing may wait for the GPU.
    Source: PyTorch's "CUDA semantics", "Whole-network capture".
    """
    step = partial(one_step, model, loss, optimizer, batch, half_precision(batch[0].device))
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):  # libraries and the optimiser make their memory before
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(aside)
    optimizer.zero_grad()  # so that the graph makes the gradients, in memory of its own
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        value = step()

    def play() -> Tensor:
        graph.replay()
        return value

    return play


def graphs(make: Make, setup: Setup) -> str:
    """Time lesson-sized steps: by `fit`, in a bare loop, and (on a GPU) as a captured graph."""
    model, batches, loss, recipe, _ = make(setup)
    count, device = 10 * setup.steps, torch.device(setup.device)
    twin, start = deepcopy(model).to(device).train(), deepcopy(model.state_dict())
    fitted = fit(model, batches, loss, replace(recipe, steps=count))
    batch = batches[0]
    bare = partial(one_step, twin, loss, adamw(twin), batch, half_precision(device))
    rates = {"fit": count / fitted.seconds, "bare": rate(bare, count)}
    if not setup.dry:
        model.load_state_dict(start)
        model.to(device).train()
        captured = captured_step(model, loss, adamw(model, capturable=True), batch)
        rates["captured"] = rate(captured, count)
        same_loss(bare, captured)
    said = ", ".join(f"{name} {speed:.0f}" for name, speed in rates.items())
    return f"{said} steps/s{'; a CPU has no graphs to capture' if setup.dry else ''}"


def same_loss(bare: Step, captured: Step) -> None:
    """Require that a captured model has learnt what a bare loop has; both began alike."""
    for _ in range(3):
        bare()  # the captured model took three steps before it was recorded
    one, other = bare().item(), captured().item()
    require(abs(one - other) < 0.05, f"bare the loss is {one:.3f}, captured {other:.3f}")


def checks(setup: Setup) -> list[Check]:
    """Return the measurements. Graphs come last: a capture that fails may leave CUDA unusable."""
    scripts = partial(script_reader, recipe=vit.SCRIPTS_QUICK)
    names = partial(glyph_names, recipe=contrastive.QUICK)
    return [
        Check("speed: bfloat16", partial(precisions, setup)),
        Check("speed: attention", partial(attention_costs, setup)),
        Check("graph: 04 scripts, quick", partial(graphs, scripts, setup)),
        Check("graph: 12 names, quick", partial(graphs, names, setup)),
    ]
