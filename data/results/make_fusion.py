"""Precompute the controls of lesson 06: `python data/results/make_fusion.py`.

Each control changes one thing, at equal data and size, from three seeds. It goes on where it was
stopped. On one CPU core it takes two minutes.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch
from controls import Found, keep
from torch import Tensor

from mmtutor import fusion
from mmtutor.datasets import paired, spoken
from mmtutor.fusion import QUICK, VARIANTS, Variant

HERE = Path(__file__).parent

# ── Is it where they meet, or the short training, or the scale of the inputs? ─────────────────────

SETTINGS = {
    "redundant": paired.Setting(rule=paired.RULES["redundant"], lost_picture=0.3, lost_sound=0.3),
    "complementary": paired.Setting(rule=paired.RULES["complementary"]),
    "xor": paired.Setting(rule=paired.RULES["xor"]),
    "poor sound": paired.Setting(rule=paired.RULES["redundant"], lost_picture=0.1, lost_sound=0.7),
}
"""The settings of the lesson's comparison."""


def in_every_setting(variant: str, steps: int = 1, pictures: float = 1.0) -> Callable[[int], Found]:
    """Return an experiment: accuracy by setting, with so many times the usual steps.

    All numbers of the pictures are multiplied by `pictures`.
    """

    def run(seed: int) -> Found:
        recipe = replace(QUICK, steps=steps * QUICK.steps)
        found = {}
        for name in SETTINGS:
            learn, unseen = (fusion.scaled(pairs, pictures=pictures) for pairs in drawn(name))
            model = trained(VARIANTS[variant], learn, recipe, seed)
            found[name] = fusion.right(model, unseen)
        return found

    return run


@cache
def drawn(name: str) -> tuple[paired.Pairs, paired.Pairs]:
    """Return the pairs of a setting to learn from, and the unseen ones."""
    learn = paired.make_pairs(SETTINGS[name], QUICK.pairs)
    return learn, paired.make_pairs(SETTINGS[name], 4_000, test=True)


def trained(
    variant: Variant, learn: paired.Pairs, recipe: fusion.FusionRecipe, seed: int
) -> torch.nn.Module:
    """Return a variant that was trained on pairs."""
    classes = int(learn.labels.max()) + 1
    return fusion.train_variant(variant, classes, learn, recipe, seed)[0]


def redundant_again(variant: str) -> Callable[[int], Found]:
    """Return an experiment: accuracy in the redundant setting, from seeds after the page's."""

    def run(seed: int) -> Found:
        learn, unseen = drawn("redundant")
        model = trained(VARIANTS[variant], learn, QUICK, 3 + seed)
        return {"redundant": fusion.right(model, unseen)}

    return run


# ── Does it know a loud hiss for a lost sound? ────────────────────────────────────────────────────

LOUDNESS = (0.03, 1.0)
"""The lowest and the highest hiss of a lost sound in the second training."""
HISSES = (0.01, 0.03, 0.1, 0.3, 1.0)


def of_many_loudnesses(pairs: paired.Pairs) -> paired.Pairs:
    """Return the same pairs with lost sounds of many loudnesses, even on a logarithmic scale."""
    generator = torch.Generator().manual_seed(0)
    lost = pairs.lost[:, 1]
    count = int(lost.sum())
    low, high = torch.tensor(LOUDNESS).log()
    hiss = (low + (high - low) * torch.rand(count, 1, generator=generator)).exp()
    waves = hiss * torch.randn(count, spoken.SAMPLES, generator=generator)
    sounds = pairs.sounds.clone()
    sounds[lost] = paired.as_input(waves)
    return replace(pairs, sounds=sounds)


@cache
def loud() -> tuple[paired.Pairs, dict[str, paired.Pairs]]:
    """Return pairs to learn from, and by hiss unseen ones of which nothing is lost."""
    learn = of_many_loudnesses(drawn("redundant")[0])
    clean = replace(SETTINGS["redundant"], lost_picture=0.0, lost_sound=0.0)
    settings = {str(hiss): replace(clean, hiss=hiss) for hiss in HISSES}
    return learn, {h: paired.make_pairs(s, 1_500, test=True) for h, s in settings.items()}


def under_hiss(variant: str) -> Callable[[int], Found]:
    """Return an experiment: accuracy by hiss, nothing lost, if lost sounds had many loudnesses."""

    def run(seed: int) -> Found:
        learn, unseen = loud()
        model = trained(VARIANTS[variant], learn, QUICK, seed)
        return {hiss: fusion.right(model, pairs) for hiss, pairs in unseen.items()}

    return run


# ── Is it the products that learn xor where much is lost? ─────────────────────────────────────────


class SumOfProjections(fusion.LowRankBilinear):
    """The low-rank form with the same matrices, which adds where the other multiplies."""

    def meet(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Return `z = Σ_r [x_1; 1] U_r + [x_2; 1] V_r`; all are (pair, width)."""
        one1, one2 = (torch.nn.functional.pad(x, (0, 1), value=1.0) for x in (x1, x2))
        return one1 @ self.u.sum(dim=0) + one2 @ self.v.sum(dim=0)


def mostly_lost(variant: Variant) -> Callable[[int], Found]:
    """Return an experiment: accuracy in xor, by (share of lost pictures, of lost sounds)."""

    def run(seed: int) -> Found:
        found = {}
        for picture, sound in ((0.5, 0.75), (0.75, 0.5)):
            learn, unseen = partly_lost(picture, sound)
            share = fusion.right(trained(variant, learn, QUICK, seed), unseen)
            found[f"({picture:.0%}, {sound:.0%})"] = share
        return found

    return run


@cache
def partly_lost(picture: float, sound: float) -> tuple[paired.Pairs, paired.Pairs]:
    """Return pairs of xor to learn from, and unseen ones, with these shares lost."""
    setting = replace(SETTINGS["xor"], lost_picture=picture, lost_sound=sound)
    learn = paired.make_pairs(setting, QUICK.pairs)
    return learn, paired.make_pairs(setting, 4_000, test=True)


EXPERIMENTS = {
    "longer": {
        "early, pictures × 5": in_every_setting("early", pictures=5.0),
        "early, three times the steps": in_every_setting("early", steps=3),
        "early, both": in_every_setting("early", steps=3, pictures=5.0),
        "late features, three times the steps": in_every_setting("late features", steps=3),
        "late features, both": in_every_setting("late features", steps=3, pictures=5.0),
    },
    "seeds 3 to 5": {name: redundant_again(name) for name in VARIANTS},
    "hiss": {
        name: under_hiss(name) for name in ("early", "late decisions", "late features", "attention")
    },
    "products": {
        "low-rank bilinear": mostly_lost(fusion.LowRankBilinear),
        "a sum instead": mostly_lost(SumOfProjections),
    },
}


if __name__ == "__main__":
    torch.set_num_threads(1)
    keep(EXPERIMENTS, dict.fromkeys(EXPERIMENTS, 3), HERE / "fusion_controls.json")
