"""Whoever gives a model an input of another size reads one sentence with both sizes.

As a learner's kernel runs it: in a Python of its own, without the shape checks of the tests, which
would speak first.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from mmtutor import attention, contrastive, crossmodal, fusion, gans, start_here, vit
from mmtutor import autoencoders as ae
from mmtutor.datasets.glyphs import SIDE
from mmtutor.metrics import judging
from mmtutor.training.sizes import in_words, require_size


def pictures(side: int, channels: int = 3) -> Tensor:
    return torch.rand(2, channels, side, side)


def scene(side: int, channels: int = 3) -> Tensor:
    return torch.randint(256, (2, channels, side, side), dtype=torch.uint8)


def numbers(*shape: int) -> Tensor:
    return torch.zeros(shape, dtype=torch.long)


def transformer(side: int = 16, channels: int = 3) -> vit.VisionTransformer:
    return vit.VisionTransformer(side, 4, channels, width=8, depth=1, heads=2)


def dual() -> contrastive.DualEncoder:
    text = contrastive.TextTransformer(20, 5, width=8, depth=1, heads=2)
    return contrastive.DualEncoder(transformer(SIDE, 1), text, width=6)


def answerer() -> nn.Module:
    return crossmodal.QuestionAnswerer(crossmodal.PictureTokens(64, 8, 3, 16), 16, 2)


def colouriser() -> nn.Module:
    return crossmodal.Colouriser(crossmodal.PictureTokens(64, 8, 1, 16), 16, 2)


def pairs(pixels: int, count: int = 4, styles: int = gans.STYLE) -> gans.Pairs:
    return gans.Pairs(torch.rand(count, pixels), torch.rand(count, styles), numbers(count))


def fuse(model: type[nn.Module], wrong: str) -> Tensor:
    """A fusion of pictures and sounds, where one of the two has another size."""
    sides = {"picture": torch.rand(2, 8, 8), "sound": torch.rand(2, 19, 20)}
    return model(8, 4)(*(sides | {wrong: torch.rand(2, 9, 9)}).values())


def autoencode(kind: type[nn.Module]) -> object:
    """An autoencoder for sides of five and three numbers, where the second has four."""
    return kind((5, 3))(torch.rand(2, 5), torch.rand(2, 4), ae.seeing(ae.BOTH, 2))


Case = tuple[Callable[[], object], str, str]

CASES: dict[str, Case] = {
    "lesson 00": (
        lambda: start_here.WordFinder()(numbers(2, 96, 96, 3).to(torch.uint8), numbers(2)),
        "64 × 64 × 3",
        "96 × 96 × 3",
    ),
    "a reversed word, too long": (
        lambda: attention.AttentionReverser(27, 12, 16, (2,))(numbers(2, 24)),
        "12 letters",
        "24",
    ),
    "a reversed word, too short": (
        lambda: attention.AttentionReverser(27, 12, 16, (2,))(numbers(2, 1)),
        "12 letters",
        "1",
    ),
    "a ViT": (lambda: transformer()(pictures(20)), "3 × 16 × 16", "3 × 20 × 20"),
    "a ViT, not square": (
        lambda: transformer()(torch.rand(2, 3, 16, 20)),
        "3 × 16 × 16",
        "3 × 16 × 20",
    ),
    "a ViT, one channel": (lambda: transformer()(pictures(16, 1)), "3 × 16 × 16", "1 × 16 × 16"),
    "a ViT, no batch": (lambda: transformer()(pictures(16)[0]), "3 × 16 × 16", "16 × 16"),
    "a picture classifier": (
        lambda: vit.PictureClassifier(transformer(), 5)(pictures(32)),
        "3 × 16 × 16",
        "3 × 32 × 32",
    ),
    "a pixel classifier": (
        lambda: vit.PixelClassifier(transformer(), 4, 5)(pictures(32)),
        "3 × 16 × 16",
        "3 × 32 × 32",
    ),
    "a patch embedding": (
        lambda: vit.PatchEmbedding(3, 4, 8)(pictures(16, 1)),
        "channels is 3",
        "not 1",
    ),
    "a convolutional stem": (
        lambda: vit.ConvolutionalStem(3, 4, 8)(pictures(16, 1)),
        "channels is 3",
        "not 1",
    ),
    "a convolutional network": (
        lambda: vit.ConvolutionalNetwork(1, (8, 16), 4)(pictures(16, 3)),
        "channels is 1",
        "not 3",
    ),
    "tokens of a picture": (
        lambda: crossmodal.PictureTokens(64, 8, 3, 16)(pictures(96)),
        "3 × 64 × 64",
        "3 × 96 × 96",
    ),
    "tokens of a transformer": (
        lambda: crossmodal.TransformerTokens(transformer())(pictures(24)),
        "3 × 16 × 16",
        "3 × 24 × 24",
    ),
    "an answerer": (
        lambda: answerer()(scene(96), numbers(2, 5)),
        "3 × 64 × 64",
        "3 × 96 × 96",
    ),
    "an answerer, one channel": (
        lambda: answerer()(scene(64, 1), numbers(2, 5)),
        "3 × 64 × 64",
        "1 × 64 × 64",
    ),
    "a colouriser": (
        lambda: colouriser()(pictures(32, 1), numbers(2, 5)),
        "1 × 64 × 64",
        "1 × 32 × 32",
    ),
    "a colouriser, of colours": (
        lambda: colouriser()(pictures(64, 3), numbers(2, 5)),
        "1 × 64 × 64",
        "3 × 64 × 64",
    ),
    **{
        f"{name} fusion, {wrong}": (
            partial(fuse, fusion.VARIANTS[name], wrong),
            f"reads {size}",
            "not 81",
        )
        for name in fusion.VARIANTS
        for wrong, size in (("picture", 64), ("sound", 380))
    },
    "picture alone": (partial(fuse, fusion.PictureAlone, "picture"), "reads 64", "not 81"),
    "sound alone": (partial(fuse, fusion.SoundAlone, "sound"), "reads 380", "not 81"),
    "the sides of an autoencoder": (partial(autoencode, ae.JointAutoencoder), "5 and 3", "5 and 4"),
    "the sides of a VAE": (partial(autoencode, ae.JointVAE), "5 and 3", "5 and 4"),
    "a code": (
        lambda: ae.JointAutoencoder((5, 3), code=4).decode(torch.rand(2, 6)),
        "4 numbers",
        "not 6",
    ),
    "a generator": (
        lambda: gans.Generator(4)(torch.rand(2, 20), numbers(2)),
        "16 numbers",
        "not 20",
    ),
    "a discriminator": (lambda: gans.Discriminator(4)(pairs(1024)), "256 pixels", "not 1024"),
    "a discriminator, styles": (
        lambda: gans.Discriminator(4)(pairs(256, styles=9)),
        "7 words",
        "not 9",
    ),
    "a discriminator, packs": (
        lambda: gans.Discriminator(4, pack=2)(pairs(256, count=7)),
        "packs of 2",
        "7 pairs",
    ),
    "a judge": (lambda: judging.Judge(16, 4)(torch.rand(2, 1024)), "256 pixels", "not 1024"),
    "a judge that learns": (
        lambda: judging.judge_loss(
            judging.Judge(16, 4), torch.rand(2, 1024), numbers(2), numbers(2), judging.SHARP
        ),
        "256 pixels",
        "not 1024",
    ),
    "a text": (
        lambda: contrastive.TextTransformer(20, 5, 8, 1, 2)(numbers(2, 9)),
        "at most 5 tokens",
        "not 9",
    ),
    "two towers, the picture": (
        lambda: dual()(pictures(64, 1), numbers(2, 5)),
        "1 × 32 × 32",
        "1 × 64 × 64",
    ),
    "two towers, the channels": (
        lambda: dual()(pictures(32, 3), numbers(2, 5)),
        "1 × 32 × 32",
        "3 × 32 × 32",
    ),
    "two towers, the text": (
        lambda: dual()(pictures(32, 1), numbers(2, 6)),
        "at most 5 tokens",
        "not 6",
    ),
    "pictures to embed": (
        lambda: contrastive.embed(dual(), scene(16, 1)),
        "1 × 32 × 32",
        "1 × 16 × 16",
    ),
    "a reader": (
        lambda: contrastive.Recommender(6).reader(torch.rand(2, 3, 7)),
        "6 features",
        "not 7",
    ),
    "a thing": (lambda: contrastive.Recommender(6).item(torch.rand(2, 7)), "6 features", "not 7"),
}


def complaint(case: Callable[[], object]) -> str:
    """What a call complains about; "" where it does not."""
    try:
        case()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


PROGRAM = """
import json
from tests.training.test_sizes import CASES, complaint
print(json.dumps({name: complaint(case) for name, (case, _, _) in CASES.items()}))
"""


@cache
def complaints() -> dict[str, str]:
    course = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(course)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout)


@pytest.mark.parametrize("name", CASES)
def test_another_size_is_refused_in_a_sentence_with_both_sizes(name: str) -> None:
    _, wanted, given = CASES[name]
    kind, _, sentence = complaints()[name].partition(": ")
    assert kind == "ValueError", sentence
    assert wanted in sentence and given in sentence.split(wanted, 1)[1]
    assert "\n" not in sentence and len(sentence) < 120


def test_the_shape_checks_of_the_tests_let_the_sentence_through() -> None:
    with pytest.raises(ValueError, match=r"3 × 16 × 16 numbers .*, not 3 × 20 × 20"):
        transformer()(pictures(20))


def test_a_size_in_words() -> None:
    assert in_words(7) == "7" and in_words(torch.Size([2, 3])) == "2 × 3"
    require_size("{} {}", (2, 3), torch.Size([2, 3]))
    with pytest.raises(ValueError, match=r"^pictures of 2 × 3, not 2 × 4$"):
        require_size("pictures of {}, not {}", (2, 3), torch.Size([2, 4]))


def test_a_judge_of_a_side_that_it_cannot_halve_is_refused() -> None:
    with pytest.raises(ValueError, match=r"multiple of 8, not 12"):
        judging.Judge(12, 4)
