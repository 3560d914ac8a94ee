"""Mend a VAE: ln σ² is taken for ln σ, and both terms are averaged, not summed."""

from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import RIGHT, Case, FindTheBug, Mistake, Wrong, random_tensor


def vae_loss(
    pictures: Tensor,
    weight: Tensor,
    mean: Tensor,
    log_variance: Tensor,
    noise: Tensor,
    beta: float,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: `E[½ ‖x − z W‖² + β Σ KL]`, with `z = μ + σ ε`."""
    drawn = error_of(pictures - sampled(mean, log_variance, noise, wrong) @ weight, wrong)
    far = divergence(mean, log_variance, wrong)
    if "first_over_pictures" in wrong:
        return drawn.sum() + beta * far.mean()
    if "second_over_pictures" in wrong:
        return drawn.mean() + beta * far.sum()
    ways = {
        "beta_on_picture": lambda: beta * drawn + far,
        "beta_on_both": lambda: beta * (drawn + far),
        "beta_missing": lambda: drawn + far,
        "kl_missing": lambda: drawn,
        "picture_missing": lambda: beta * far,
        "beta_divides": lambda: drawn + far / beta,
    }
    weighed = either(ways, wrong, drawn + beta * far)
    return weighed.sum() if "over_pictures" in wrong else weighed.mean()


def either(ways: dict[str, Callable[[], Tensor]], wrong: Wrong, right: Tensor) -> Tensor:
    """Return what the mistake that is being made gives, or what is right where none is made."""
    return next((way() for name, way in ways.items() if name in wrong), right)


def sampled(mean: Tensor, log_variance: Tensor, noise: Tensor, wrong: Wrong) -> Tensor:
    """Return the code, `μ + σ ε`, or what people draw instead."""
    ways: dict[str, Callable[[], Tensor]] = {
        "as_log_deviation": log_variance.exp,
        "unit": lambda: torch.ones_like(mean),
        "as_deviation": lambda: log_variance,
        "half_as_deviation": lambda: log_variance / 2,
        "half_outside": lambda: log_variance.exp() / 2,
        "fourth": lambda: (2 * log_variance).exp(),
        "inverse": lambda: (-log_variance / 2).exp(),
        "minus_noise": lambda: -(log_variance / 2).exp(),
        "no_sample": lambda: torch.zeros_like(mean),
    }
    if "mean_scaled" in wrong:
        return (mean + noise) * (log_variance / 2).exp()
    return mean + either(ways, wrong, (log_variance / 2).exp()) * noise


def error_of(off: Tensor, wrong: Wrong) -> Tensor:
    """Return half the squared error of each picture, or what people take for it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "averaged": lambda: off.square().mean(1) / 2,
        "no_half": lambda: off.square().sum(1),
        "averaged_no_half": lambda: off.square().mean(1),
        "root": lambda: off.norm(dim=1) / 2,
        "absolute": lambda: off.abs().sum(1) / 2,
        "quarter": lambda: off.square().sum(1) / 4,
        "over_pictures_not_pixels": lambda: off.square().mean(1) * len(off) / 2,
    }
    return either(ways, wrong, off.square().sum(1) / 2)


def divergence(mean: Tensor, log_variance: Tensor, wrong: Wrong) -> Tensor:
    """Return KL of each picture, or what people take for it."""
    inside = mean.square() + log_variance.exp() - 1 - log_variance
    ways: dict[str, Callable[[], Tensor]] = {
        "kl_deviation": lambda: mean.square() + (log_variance / 2).exp() - 1 - log_variance,
        "kl_half_logarithm": lambda: inside + log_variance / 2,
        "kl_deviations": lambda: mean.square() + (log_variance / 2).exp() - 1 - log_variance / 2,
        "kl_log_deviation": lambda: mean.square() + (2 * log_variance).exp() - 1 - 2 * log_variance,
        "kl_no_one": lambda: inside + 1,
        "kl_plus_logarithm": lambda: inside + 2 * log_variance,
        "kl_plain_mean": lambda: inside - mean.square() + mean,
    }
    terms = either(ways, wrong, inside) / 2
    far = terms.mean(1) if {"kl_averaged", "kl_over_pictures"} & wrong else terms.sum(1)
    far = far * len(mean) if "kl_over_pictures" in wrong else far
    sizes = {"kl_sign": -1.0, "kl_no_half": 2.0, "kl_quarter": 0.5}
    return next((size for name, size in sizes.items() if name in wrong), 1.0) * far


def vae_cases() -> list[Case]:
    def case(pairs: int, pixels: int, code: int, beta: float, seed: int) -> Case:
        numbers = [(pairs, pixels), (code, pixels), *[(pairs, code)] * 3]
        names = ("pictures", "weight", "mean", "log_variance", "noise")
        sizes = dict(zip(names, numbers, strict=True))
        made = {
            name: random_tensor(*size, seed=seed + place)
            for place, (name, size) in enumerate(sizes.items())
        }
        return Case(**made, beta=beta)

    return [
        case(1, 2, 3, 2.0, seed=0),
        case(3, 4, 2, 0.5, seed=10),
        case(4, 5, 3, 3.0, seed=20),
        case(2, 1, 3, 0.004, seed=30),
        case(5, 3, 1, 25.0, seed=40),
        spread_out(case(3, 6, 2, 1.125, seed=50), "mean"),
        spread_out(case(3, 2, 4, 0.0005, seed=60), "pictures"),
        spread_out(case(2, 4, 3, 0.7, seed=70), "noise"),
        spread_out(case(4, 3, 2, 0.9, seed=90), "weight"),
        case_of_logarithms(case(3, 4, 2, 0.0004, seed=80)),
    ]


def spread_out(case: Case, far: str) -> Case:
    """Return a case in which one argument is far from 0, and every one is 0 somewhere."""
    case[far] = 40 * case[far]
    for name in ("pictures", "weight", "mean", "noise"):
        case[name][0, 0] = 0.0
    case["mean"][1, 0] = 45.0 if far == "mean" else case["mean"][1, 0]
    case["pictures"][-1] = case["pictures"][0]
    case["log_variance"][0, 0] = -30.0 if far == "noise" else case["log_variance"][0, 0]
    return case


def case_of_logarithms(case: Case) -> Case:
    """Return a case with variances from next to nothing to e^21."""
    case["log_variance"] = torch.tensor([[0.0, -30.0], [5.0, -4.0], [2.0, 21.0]])
    case["noise"][2, 1] = 0.0  # σ is e^10.5 here
    return case


BUGS = FindTheBug(
    id="autoencoders.find_bugs",
    title="Find the bugs: a variational autoencoder",
    difficulty=3,
    minutes=20,
    gradient=True,
    given=frozenset({"averaged", "as_log_deviation", "kl_averaged"}),
    hints=(
        "There are three mistakes. Ask of each line: does it sum or average, and over what? And "
        "what exactly does the encoder return: σ, σ², or a logarithm of one of them?",
        "z = μ + σ ε; L = ½ Σ_pixels (x − z W)² + β Σ_dimensions ½ (μ² + σ² − 1 − ln σ²), averaged "
        "over the pictures.",
        "log_variance = ln σ² (picture, code), so σ = e to the power of half of it. squares "
        "(picture, pixel), summed along dim=1: (picture,). KL (picture, code), summed: (picture,).",
        "deviation = (log_variance / ...).exp()\ncode = mean + ...\n"
        "drawn = (pictures - code @ weight).square()....(dim=1) / 2\n"
        "far = (...)....(dim=1) / 2\nreturn (drawn + ...).mean()",
    ),
    reference=vae_loss,
    cases=vae_cases,
    mistakes=(
        Mistake(
            "averaged",
            "The error is averaged over the pixels, so with 1,024 of them β weighs a thousand "
            "times more than it says. What does the formula do over the pixels?",
            "picture averaged",
        ),
        Mistake(
            "no_half",
            "Your error of the picture is twice too large. Which factor does the formula have?",
            "picture",
        ),
        Mistake(
            "averaged_no_half",
            "The error is a mean over the pixels, as `F.mse_loss` gives it, without a ½. The "
            "formula "
            "has half of their *sum*.",
            "picture",
        ),
        Mistake(
            "root",
            "Your error is a length, with a root. Which power stands at the double bars?",
            "picture",
        ),
        Mistake(
            "absolute",
            "Your error has absolute values. Which power stands at the double bars?",
            "picture",
        ),
        Mistake(
            "quarter",
            "Your error of the picture is halved twice. Which factor does the formula have?",
            "picture",
        ),
        Mistake(
            "over_pictures_not_pixels",
            "Your squares are added up over the pictures and averaged over the pixels (`dim=0`?). "
            "The formula has it the other way round.",
            "picture pixels",
        ),
        Mistake(
            "as_log_deviation",
            "The noise is multiplied with σ² in place of σ. Of what is `log_variance` the "
            "logarithm?",
            "sample",
        ),
        Mistake(
            "half_as_deviation",
            "The noise is multiplied with half of `log_variance`: the half is right, but what "
            "undoes a logarithm?",
            "sample",
        ),
        Mistake(
            "fourth",
            "The noise is multiplied with σ⁴: `log_variance` is doubled where it should be halved.",
            "sample",
        ),
        Mistake(
            "inverse",
            "The noise is multiplied with 1/σ. Which sign has the exponent?",
            "sample",
        ),
        Mistake(
            "unit",
            "The noise has the size 1, whatever the encoder says. Where does σ come in?",
            "sample",
        ),
        Mistake(
            "mean_scaled",
            "Your μ is multiplied with σ, too. What does σ stand in front of in z?",
            "sample",
        ),
        Mistake(
            "as_deviation",
            "The noise is multiplied with `log_variance` itself. What undoes a logarithm?",
            "sample",
        ),
        Mistake(
            "half_outside",
            "The noise is multiplied with σ²/2. The half belongs into the exponent: σ is the root "
            "of σ².",
            "sample",
        ),
        Mistake(
            "no_sample",
            "You draw from μ, without noise: then σ costs KL and is good for nothing.",
            "sample",
        ),
        Mistake(
            "minus_noise",
            "Your noise is subtracted. By chance that would do no harm, but here the noise is "
            "given: z = μ + σ ε.",
            "sample",
        ),
        Mistake(
            "kl_averaged",
            "KL is averaged over the dimensions of the code. Those of independent dimensions add "
            "up.",
            "sum",
        ),
        Mistake(
            "kl_over_pictures",
            "Your KL is added up over the pictures and averaged over the dimensions (`dim=0`?). "
            "The formula has it the other way round.",
            "sum dimensions",
        ),
        Mistake(
            "kl_deviation",
            "One term of your KL has σ where the formula has σ². Did you halve an exponent that "
            "was right?",
            "bracket",
        ),
        Mistake(
            "kl_half_logarithm",
            "The last term of your KL is ln σ where the formula has ln σ². Which half is one too "
            "many?",
            "bracket",
        ),
        Mistake(
            "kl_deviations",
            "Your KL has σ and ln σ where the formula has σ² and ln σ². Only the *noise* is "
            "multiplied with σ.",
            "bracket",
        ),
        Mistake(
            "kl_log_deviation",
            "Your KL takes `log_variance` for ln σ. It is ln σ²: what is σ², then?",
            "bracket",
        ),
        Mistake(
            "kl_no_one",
            "Your KL lacks the −1: a Gaussian that *is* the prior should cost nothing.",
            "bracket",
        ),
        Mistake(
            "kl_plus_logarithm",
            "Your KL adds ln σ². Which sign does the formula have?",
            "bracket",
        ),
        Mistake(
            "kl_plain_mean",
            "Your KL has μ where the formula has μ².",
            "bracket",
        ),
        Mistake(
            "kl_quarter",
            "Your KL is halved twice. Which factor stands in front of its bracket?",
            "kl",
        ),
        Mistake(
            "kl_no_half",
            "Your KL is twice too large. Which factor stands in front of its bracket?",
            "kl",
        ),
        Mistake(
            "kl_sign",
            "Your KL is subtracted: the further from the prior, the better. Which way should it "
            "push?",
            "kl",
        ),
        Mistake(
            "beta_on_picture",
            "β weighs the picture's error in your version. Which term belongs to β?",
            "beta",
        ),
        Mistake(
            "beta_on_both",
            "β weighs both terms in your version, so that it only makes the loss longer. Which "
            "term belongs to β?",
            "beta",
        ),
        Mistake(
            "beta_missing",
            "β has no say in your version. Which term belongs to it?",
            "beta",
        ),
        Mistake(
            "beta_divides",
            "Your KL is divided by β. Should a larger β make KL count more or less?",
            "beta",
        ),
        Mistake(
            "kl_missing",
            "The distance from the prior has no say in your loss. Which term is missing?",
            "beta sum kl bracket",
        ),
        Mistake(
            "picture_missing",
            "The picture has no say in your loss. Which term is missing?",
            "beta picture sample",
        ),
        Mistake(
            "over_pictures",
            "Your loss is a sum over the pictures. The formula is averaged over them.",
            "pictures pixels dimensions",
        ),
        Mistake(
            "first_over_pictures",
            "Your error is summed over the pictures and KL is averaged over them. Both are to be "
            "averaged over the pictures.",
            "pictures beta pixels dimensions averaged",
        ),
        Mistake(
            "second_over_pictures",
            "Your KL is summed over the pictures and the error is averaged over them. Both are to "
            "be averaged over the pictures.",
            "pictures beta pixels dimensions averaged sum",
        ),
    ),
)
