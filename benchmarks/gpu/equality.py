"""Our modules against the field's, in float32 without TF32, and what a GPU says against the CPU.

The tests of the lessons compare the same pairs (`tests/lessons/twins.py`) in float64 on the CPU.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from benchmarks.gpu.check import Check, Setup, require
from mmtutor.attention import MultiHeadAttention, causal_mask, padding_mask, record_attention
from mmtutor.contrastive import chunked_contrastive_loss, contrastive_loss
from mmtutor.training import seed_everything
from mmtutor.transformer import EncoderBlock
from tests.lessons import twins

TOLERANCE = 1e-4
"""Largest difference over largest number. TF32 keeps 10 bits of a number and would miss it."""
HALF_TOLERANCE = 2e-2
"""The same in bfloat16, which keeps 7 bits."""


class Twins(NamedTuple):
    """Two modules, what both are given, and how each is asked for one tensor."""

    ours: nn.Module
    theirs: nn.Module
    inputs: tuple[Tensor, ...]
    ask: Callable[..., Tensor]
    ask_theirs: Callable[..., Tensor]


def plainly(model: nn.Module, *inputs: Tensor) -> Tensor:
    """Ask a module that takes what it is given and returns one tensor."""
    return model(*inputs)


def attention() -> Twins:
    """Lesson 01: several heads, over more keys than the CPU computes in the open."""
    ours = MultiHeadAttention(64, 4)
    query, both = torch.randn(2, 5, 64), torch.randn(2, 65, 64)

    def theirs(model: nn.Module, query: Tensor, both: Tensor) -> Tensor:
        return model(query, both, both, need_weights=False)[0]

    def mine(model: nn.Module, query: Tensor, both: Tensor) -> Tensor:
        return model(query, both, both)

    return Twins(ours, twins.torch_attention(ours), (query, both), mine, theirs)


def block() -> Twins:
    """Lesson 04: a block of the encoder."""
    ours = EncoderBlock(64, 4)
    return Twins(ours, twins.torch_block(ours), (torch.randn(2, 65, 64),), plainly, plainly)


def vision_transformer() -> Twins:
    """Lesson 04: the whole Vision Transformer, against transformers'."""
    ours, theirs = twins.vision_transformers(3)

    def ask_theirs(model: nn.Module, pictures: Tensor) -> Tensor:
        return model(pictures).last_hidden_state

    return Twins(ours, theirs, (torch.randn(4, 3, 12, 12),), plainly, ask_theirs)


def clip() -> Twins:
    """Lesson 12: both towers and the loss, against transformers' CLIP."""
    ours, theirs = twins.dual_encoders()

    def mine(model: nn.Module, pictures: Tensor, texts: Tensor) -> Tensor:
        left, right, scale = model(pictures, texts)
        return scale * left @ right.T

    def ask_theirs(model: nn.Module, pictures: Tensor, texts: Tensor) -> Tensor:
        return model(pixel_values=pictures, input_ids=texts).logits_per_image

    inputs = (torch.randn(5, 3, 16, 16), twins.texts_of_many_lengths())
    return Twins(ours, theirs, inputs, mine, ask_theirs)


MAKERS: dict[str, Callable[[], Twins]] = {
    "equal: attention": attention,
    "equal: block": block,
    "equal: Vision Transformer": vision_transformer,
    "equal: CLIP": clip,
}


def answers(
    model: nn.Module, ask: Callable[..., Tensor], inputs: tuple[Tensor, ...], device: str
) -> list[Tensor]:
    """Return what a copy of the model says on a device, and its gradient for the first input."""
    first, *rest = (tensor.to(device) for tensor in inputs)
    first.requires_grad_()
    output = ask(deepcopy(model).to(device).eval(), first, *rest)
    weights = torch.linspace(-1, 1, output.numel(), device=device).view_as(output)
    gradient = torch.autograd.grad((output * weights).sum(), first)[0]
    return [output.detach().cpu(), gradient.cpu()]


def apart(some: list[Tensor], others: list[Tensor]) -> float:
    """Return the largest difference, as a share of the largest number that it belongs to."""
    pairs = zip(some, others, strict=True)
    return max(((a - b).abs().max() / b.abs().max()).item() for a, b in pairs)


@contextmanager
def without_tf32() -> Iterator[None]:
    """Multiply float32 as float32: TF32 would round what goes in."""
    kept = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = kept


@without_tf32()
def compare(make: Callable[[], Twins], setup: Setup) -> str:
    """Compare ours with the field's on the device, and with ours on the CPU."""
    seed_everything(0)
    ours, theirs, inputs, ask, ask_theirs = make()
    here = answers(ours, ask, inputs, setup.device)
    field = apart(here, answers(theirs, ask_theirs, inputs, setup.device))
    home = apart(here, answers(ours, ask, inputs, "cpu"))
    require(max(field, home) < TOLERANCE, f"{field:.1e} from the field's, {home:.1e} from the CPU")
    return f"{field:.1e} from the field's, {home:.1e} from the CPU; at most {TOLERANCE:g}"


MASKS = {
    "no mask": None,
    "causal": causal_mask(65),
    "padding": padding_mask(torch.tensor([65, 40, 0]), 65),  # the last may look nowhere
}


@without_tf32()
def paths(setup: Setup, dtype: torch.dtype, tolerance: float) -> str:
    """Compare fused attention with attention in the open, also where a query may look nowhere."""
    seed_everything(0)
    model = MultiHeadAttention(64, 4).to(setup.device, dtype)
    found = {}
    for name, mask in MASKS.items():
        x = torch.randn(3, 65, 64).to(setup.device, dtype)
        place = None if mask is None else mask.to(setup.device)

        def ask(model: nn.Module, x: Tensor, place: Tensor | None = place) -> Tensor:
            return model(x, x, x, place).float()

        fused = answers(model, ask, (x,), setup.device)
        with record_attention(model):
            opened = [ask(model, x).detach().cpu()]
        found[name] = apart(fused[:1], opened)
        require(all(tensor.isfinite().all() for tensor in fused), f"{name}: not finite")
    said = ", ".join(f"{name} {share:.1e}" for name, share in found.items())
    require(max(found.values()) < tolerance, said)
    return f"{said}; at most {tolerance:g}"


@without_tf32()
def chunks(setup: Setup) -> str:
    """Compare the contrastive loss in chunks with the plain one."""
    seed_everything(0)
    left, right = nn.functional.normalize(torch.randn(2, 300, 64), dim=-1)
    same = torch.arange(300) // 2

    def plain(_: nn.Module, left: Tensor, right: Tensor, same: Tensor) -> Tensor:
        return contrastive_loss(left, right, 14.0, same)

    def in_chunks(_: nn.Module, left: Tensor, right: Tensor, same: Tensor) -> Tensor:
        return chunked_contrastive_loss(left, right, 14.0, same, chunk=128)

    inputs, nobody = (left, right, same), nn.Identity()
    both = (answers(nobody, ask, inputs, setup.device) for ask in (plain, in_chunks))
    share = apart(*both)
    require(share < TOLERANCE, f"{share:.1e} apart")
    return f"{share:.1e} apart; at most {TOLERANCE:g}"


def checks(setup: Setup) -> list[Check]:
    """Return a check for each pair of twins, for both paths of attention, and for the chunks."""
    pairs = [Check(name, partial(compare, make, setup)) for name, make in MAKERS.items()]
    whole = partial(paths, setup, torch.float32, TOLERANCE)
    half = partial(paths, setup, torch.bfloat16, HALF_TOLERANCE)
    return [
        *pairs,
        Check("equal: fused and in the open", whole),
        Check("equal: the same in bfloat16", half),
        Check("equal: loss in chunks", partial(chunks, setup)),
    ]
