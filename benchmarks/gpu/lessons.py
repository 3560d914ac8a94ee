"""Every lesson trains for a few steps, in bfloat16 on a GPU, and its model comes home."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from benchmarks.gpu.check import Check, Setup, require
from benchmarks.gpu.trainings import MAKERS, Make, heard_digits, scripted_glyphs
from mmtutor import fusion, gans
from mmtutor.datasets import letters, spoken
from mmtutor.training import History, fit


def train(make: Make, setup: Setup) -> str:
    """Train for a few steps, first with a look at the model, then timed; return the numbers."""
    model, batches, loss, recipe, looks = make(setup)
    fit(model, batches, loss, replace(recipe, steps=2), evaluate=looks, every=1)
    if not setup.dry:
        torch.cuda.reset_peak_memory_stats()
    with types_of_outputs(model) as seen:
        history = fit(model, batches, loss, recipe)
    require(on_the_cpu(model) and not model.training, "the model did not come home")
    wanted = ("cpu", torch.float32) if setup.dry else ("cuda", torch.bfloat16)
    require(seen == {wanted}, f"layers put out {seen}, not {wanted} alone")
    return numbers(history, setup)


def game(setup: Setup, **rules: object) -> str:
    """Lesson 11 plays its game by a loop of its own, on the CPU also where there is a GPU."""
    recipe = setup.brief(replace(gans.FULL, **rules))
    data = gans.real_pairs(letters.load_letters(letters.SMALL, side=16), versions=2)
    match = gans.play(data, 26, recipe, watch=[0, 1], every=max(1, recipe.steps // 2))
    require(on_the_cpu(match.generator), "a player left the CPU")
    losses = {player: ends(values) for player, values in match.losses.items()}
    return f"on the CPU, as it should be; D {losses['D']}, G {losses['G']}"


def numbers(history: History, setup: Setup) -> str:
    """Return steps a second, peak memory (on a GPU) and the loss."""
    rate = f"{len(history.losses) / history.seconds:.0f} steps/s, "
    peak = "" if setup.dry else f"{torch.cuda.max_memory_allocated() / 1e6:.0f} MB, "
    return f"{rate}{peak}loss {ends(history.losses)}"


def ends(losses: list[float]) -> str:
    """Return the first and the last loss; Failed where one is not finite."""
    require(all(map(math.isfinite, losses)), "a loss is not finite")
    return f"{losses[0]:.3g} → {losses[-1]:.3g}"


def on_the_cpu(model: nn.Module) -> bool:
    """Say whether all that a model holds lies on the CPU."""
    return all(tensor.device.type == "cpu" for tensor in model.state_dict().values())


@contextmanager
def types_of_outputs(model: nn.Module) -> Iterator[set[tuple[str, torch.dtype]]]:
    """Collect where the outputs of linear layers and convolutions lie, and their type."""
    seen: set[tuple[str, torch.dtype]] = set()

    def note(_: nn.Module, __: tuple, output: Tensor) -> None:
        seen.add((output.device.type, output.dtype))

    parts = [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv1d, nn.Conv2d))]
    hooks = [part.register_forward_hook(note) for part in parts]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def data(setup: Setup) -> str:
    """Build what the lessons read, once, so that no lesson's seconds hold it."""
    pictures, _, scripts = scripted_glyphs()
    heard_digits(4 * setup.brief(fusion.FULL).batch_size)
    sound = spoken.load_spoken().source
    return f"{len(pictures):,} glyphs of {scripts} scripts; digits spoken by {sound}"


def checks(setup: Setup) -> list[Check]:
    """Return a check for every training, and for the game."""
    trainings = [Check(name, partial(train, make, setup)) for name, make in MAKERS.items()]
    games = [
        Check("11 game", partial(game, setup)),
        Check("11 game, spectral hinge", partial(game, setup, game="hinge", spectral=True)),
    ]
    return [*trainings, *games]
