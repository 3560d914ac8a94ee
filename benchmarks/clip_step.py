"""What contrastive learning costs: our two towers beside open_clip's and transformers'.

    python benchmarks/clip_step.py [--part step|loop|memory|all] [--rounds 20] [--threads 2]

**step.** Forward, loss in both directions, backward and AdamW (fused) on one batch in memory, under
bfloat16 autocast where there is a GPU. All are built from one `CLIPConfig`: equal patches, widths,
depths, heads and texts, GELU, one layer norm before the first block. Each has its own model and its
own loss. The peers take turns, and ratios are taken within a turn.

**loop.** Pairs a second through a whole training loop, data included: `mmtutor.training.fit` on
tensors in memory, and open_clip's `train_one_epoch` fed by its `CsvDataset` and `DataLoader` from
small PNG files, as its documentation does, with 0 and with 2 workers. Both train their own model of
the same size, on the CPU; what is compared is loop and data together.

**memory.** What the loss alone takes at most, forward and backward, from 512 to 16,384 pairs: the
plain form and ours in chunks.
"""

import argparse
import time
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import torch
from _table import Table
from torch import Tensor, nn
from torch.nn import functional as F
from training_loop import busy, load, spread
from vit_step import DEVICE, STEPS, peak

from mmtutor import contrastive
from mmtutor.training import Batches, Recipe, fit, half_precision, seed_everything
from mmtutor.vit import parameters


class Size(NamedTuple):
    """Two towers and their batch."""

    side: int
    patch: int
    width: int
    depth: int
    text_depth: int
    words: int
    batch: int


SIZES = {
    "lesson": Size(side=32, patch=8, width=64, depth=3, text_depth=2, words=16, batch=256),
    "small": Size(side=64, patch=8, width=128, depth=4, text_depth=4, words=32, batch=64),
}
HEADS, VOCABULARY = 4, 1000
END = VOCABULARY - 1
"""open_clip reads a text at its highest token, transformers and we at the one that ends it."""

Step = Callable[[Tensor, Tensor], Tensor]
"""Pictures and texts in, the loss out."""


# ── The peers ─────────────────────────────────────────────────────────────────────────────────────


def config(size: Size):
    """Return transformers' description of the model."""
    from transformers import CLIPConfig

    both = {"hidden_size": size.width, "intermediate_size": 4 * size.width, "hidden_act": "gelu"}
    both |= {"num_attention_heads": HEADS, "projection_dim": size.width}
    text = {"num_hidden_layers": size.text_depth, "max_position_embeddings": size.words}
    text |= {"vocab_size": VOCABULARY, "eos_token_id": END, "pad_token_id": 0, "bos_token_id": 1}
    picture = {"num_hidden_layers": size.depth, "image_size": size.side, "patch_size": size.patch}
    return CLIPConfig(
        text_config=both | text, vision_config=both | picture, projection_dim=size.width
    )


def ours(size: Size) -> tuple[nn.Module, Step]:
    """Return this course's model and loss."""
    model = contrastive.clip_shaped(config(size))
    return model, lambda pictures, texts: contrastive.contrastive_loss(*model(pictures, texts))


def transformers(size: Size) -> tuple[nn.Module, Step]:
    """Return transformers', with PyTorch's fused attention."""
    from transformers import CLIPModel

    chosen = config(size)
    chosen._attn_implementation = "sdpa"
    model = CLIPModel(chosen)
    return (
        model,
        lambda pictures, texts: (
            model(pixel_values=pictures, input_ids=texts, return_loss=True).loss
        ),
    )


def open_clip(size: Size) -> tuple[nn.Module, Step]:
    """Return open_clip's."""
    from open_clip.loss import ClipLoss
    from open_clip.model import CLIP

    picture = {"layers": size.depth, "width": size.width, "head_width": size.width // HEADS}
    picture |= {"patch_size": size.patch, "image_size": size.side}
    text = {"layers": size.text_depth, "width": size.width, "heads": HEADS}
    text |= {"context_length": size.words, "vocab_size": VOCABULARY}
    model, loss = CLIP(size.width, picture, text, output_dict=True), ClipLoss()
    return model, lambda pictures, texts: loss(**model(pictures, texts))


OURS = "mmtutor"
PEERS = {OURS: ours, "open_clip": open_clip, "transformers": transformers}


def present() -> list[str]:
    """Return who is installed, and say who is not."""
    missing = [name for name in PEERS if find_spec(name) is None]
    for name in missing:
        print(f"{name} is not installed and is left out: pip install -e .[bench]")
    return [name for name in PEERS if name not in missing]


# ── A step ────────────────────────────────────────────────────────────────────────────────────────


def random_batch(size: Size) -> tuple[Tensor, Tensor]:
    """Return pictures, and texts that end somewhere between their third and their last word."""
    pictures = torch.randn(size.batch, 3, size.side, size.side)
    texts = torch.randint(3, END, (size.batch, size.words))
    ends = torch.randint(2, size.words, (size.batch, 1))
    places = torch.arange(size.words)
    texts = texts.masked_fill(places == ends, END).masked_fill(places > ends, 0)
    return pictures, texts


def make_step(name: str, size: Size) -> tuple[nn.Module, Callable[[int], float]]:
    """Return a peer's model and a function that takes steps and returns milliseconds a step."""
    seed_everything(0)
    model, loss = PEERS[name](size)
    model.to(DEVICE).train()
    batch = [side.to(DEVICE) for side in random_batch(size)]
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4, fused=True)

    def take(steps: int) -> float:
        start = time.perf_counter()
        for _ in range(steps):
            optimizer.zero_grad()
            with half_precision(torch.device(DEVICE)):
                value = loss(*batch)
            value.backward()
            optimizer.step()
        value.item()  # waits for a GPU
        return 1000 * (time.perf_counter() - start) / steps

    return model, take


def in_turn(take: dict[str, Callable[[int], float]], rounds: int) -> dict[str, list[float]]:
    """Return each peer's milliseconds a step, turn by turn; who begins changes."""
    names, taken = list(take), {name: [] for name in take}
    for name in names:
        take[name](3)  # not timed: memory, caches and the optimiser's state fill
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            taken[name].append(take[name](STEPS[DEVICE]))
    return taken


def report_step(name: str, chosen: Namespace) -> None:
    """Time one size and print its table."""
    built = {peer: make_step(peer, SIZES[name]) for peer in present()}
    taken = in_turn({peer: take for peer, (_, take) in built.items()}, chosen.rounds)
    best = min(set(built) - {OURS} or {OURS}, key=lambda peer: median(taken[peer]))
    title = f"{name}: a step, medians of {chosen.rounds} turns (quartiles)"
    table = Table(title, "parameters", "ms", f"to {best}")
    for peer, (model, _) in built.items():
        ratios = [mine / theirs for mine, theirs in zip(taken[peer], taken[best], strict=True)]
        table.add_row(peer, f"{parameters(model):,}", spread(taken[peer], 1), spread(ratios))
    print(SIZES[name])
    print(table)


# ── The whole loop ────────────────────────────────────────────────────────────────────────────────


def our_loop(pictures: Tensor, texts: Tensor, size: Size) -> float:
    """Return pairs a second through `fit`, over one epoch."""
    seed_everything(0)
    model = contrastive.clip_shaped(config(size))
    steps = len(pictures) // size.batch
    recipe = Recipe(steps=steps, batch_size=size.batch, learning_rate=1e-4)
    names = torch.arange(len(pictures))
    history = fit(
        model, Batches(pictures, texts, names, batch_size=size.batch), contrastive.pair_loss, recipe
    )
    return steps * size.batch / history.seconds


def their_loop(files: Path, texts: Tensor, size: Size, workers: int) -> float:
    """Return pairs a second through open_clip's `train_one_epoch`."""
    from open_clip.loss import ClipLoss
    from open_clip_train.data import get_csv_dataset
    from open_clip_train.train import train_one_epoch

    seed_everything(0)
    model = open_clip(size)[0]
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4, fused=True)
    arguments = Namespace(
        device="cpu",
        precision="fp32",
        distill=False,
        accum_freq=1,
        rank=0,
        skip_scheduler=True,
        grad_clip_norm=1.0,
        log_every_n_steps=10**6,
        batch_size=size.batch,
        world_size=1,
        local_rank=0,
        log_local=False,
        train_data=str(files),
        csv_img_key="file",
        csv_caption_key="text",
        csv_separator="\t",
        distributed=False,
        workers=workers,
        wandb=False,
        horovod=False,
    )
    data = get_csv_dataset(arguments, to_tensor, True, tokenizer=partial(look_up, texts))
    steps = data.dataloader.num_batches
    start = time.perf_counter()
    train_one_epoch(model, {"train": data}, ClipLoss(), 0, optimizer, None, None, None, arguments)
    return steps * size.batch / (time.perf_counter() - start)


def to_tensor(picture) -> Tensor:
    """Read a picture as open_clip does: to colour, to a tensor, normalised."""
    from torchvision.transforms.v2.functional import normalize, to_dtype, to_image

    tensor = to_dtype(to_image(picture.convert("RGB")), torch.float32, scale=True)
    return normalize(tensor, [0.5] * 3, [0.25] * 3)


def look_up(texts: Tensor, numbers: list[str]) -> Tensor:
    """Return texts that were made into tokens before, so that no tokenizer is compared."""
    return texts[[int(number) for number in numbers]]


def write_pictures(pictures: Tensor, folder: Path) -> Path:
    """Write the pictures as PNG files, and the table of files and captions."""
    from torchvision.io import write_png

    rows = ["file\ttext"]
    for number, picture in enumerate(pictures):
        file = folder / f"{number}.png"
        write_png(picture, str(file))
        rows.append(f"{file}\t{number}")
    (folder / "pairs.csv").write_text("\n".join(rows), encoding="utf-8", newline="\n")
    return folder / "pairs.csv"


def report_loop(chosen: Namespace) -> None:
    """Run the loops in turn and print pairs a second."""
    size = SIZES["lesson"]
    count = 12 * size.batch
    texts = random_batch(size._replace(batch=count))[1]
    pictures = torch.randint(0, 256, (count, 3, size.side, size.side), dtype=torch.uint8)
    with TemporaryDirectory() as folder:
        files = write_pictures(pictures, Path(folder))
        loops = {OURS: partial(our_loop, pictures, texts, size)}
        if find_spec("open_clip_train") is not None:
            loops |= {
                f"open_clip, {w} workers": partial(their_loop, files, texts, size, w)
                for w in (0, 2)
            }
        speeds = {name: [] for name in loops}
        for _ in range(max(3, chosen.rounds // 4)):
            for name, loop in loops.items():
                speeds[name].append(loop())
    table = Table("The whole loop, data included", "pairs a second", f"{OURS} to it")
    for name, values in speeds.items():
        ratios = [mine / theirs for mine, theirs in zip(speeds[OURS], values, strict=True)]
        table.add_row(name, spread(values, 0), spread(ratios))
    print(table)


# ── The loss alone ────────────────────────────────────────────────────────────────────────────────


def loss_memory(loss: Callable[..., Tensor], pairs: int) -> float:
    """Return the MB that a loss and its gradient take at most, over vectors of 64 numbers."""
    generator = torch.Generator().manual_seed(0)
    left, right = F.normalize(torch.randn(2, pairs, 64, generator=generator), dim=-1).to(DEVICE)
    names = torch.arange(pairs, device=DEVICE)

    def take(_: int) -> float:
        inputs = left.clone().requires_grad_(), right.clone().requires_grad_()
        loss(*inputs, 14.0, names).backward()
        return 0.0

    return peak(take)


def plain(left: Tensor, right: Tensor, scale: float, _: Tensor) -> Tensor:
    """Return the loss from one table of all scores, as open_clip and transformers make it."""
    return contrastive.contrastive_loss(left, right, scale)


def report_memory(chosen: Namespace) -> None:
    """Print the peak memory of both forms, as the number of pairs doubles."""
    chunks = (128, 512)
    heads = ["plain, MB", *(f"chunks of {chunk}, MB" for chunk in chunks)]
    table = Table("Peak memory of the loss, forward and backward", *heads)
    for pairs in (512, 1024, 2048, 4096, 8192, 16384):
        losses = [partial(contrastive.chunked_contrastive_loss, chunk=chunk) for chunk in chunks]
        row = [f"{loss_memory(loss, pairs):,.0f}" for loss in (plain, *losses)]
        table.add_row(f"{pairs:,} pairs", *row)
    print(table)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=["step", "loop", "memory", "all"], default="all")
    parser.add_argument("--rounds", type=int, default=20, help="turns of every peer")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch, for all peers")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    print(f"torch {torch.__version__} on {DEVICE}, {chosen.threads} threads, {load()}")
    if chosen.part in ("step", "all"):
        for name in SIZES:
            report_step(name, chosen)
    if chosen.part in ("loop", "all"):
        report_loop(chosen)
    if chosen.part in ("memory", "all"):
        report_memory(chosen)
    print(busy())


if __name__ == "__main__":
    main()
