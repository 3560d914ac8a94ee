"""Mend a VAE: ln σ² is taken for ln σ, and both terms are averaged, not summed."""

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
    deviation = (log_variance if "as_log_deviation" in wrong else log_variance / 2).exp()
    deviation = torch.ones_like(mean) if "unit" in wrong else deviation
    deviation = log_variance if "as_deviation" in wrong else deviation
    deviation = log_variance.exp() / 2 if "half_outside" in wrong else deviation
    code = mean - deviation * noise if "minus_noise" in wrong else mean + deviation * noise
    squares = (pictures - (mean if "no_sample" in wrong else code) @ weight).square()
    drawn = (squares.mean(1) if "averaged" in wrong else squares.sum(1)) / 2
    drawn = 2 * drawn if "no_half" in wrong else drawn
    terms = (mean.square() + log_variance.exp() - 1 - log_variance) / 2
    far = terms.mean(1) if "kl_averaged" in wrong else terms.sum(1)
    far = -far if "kl_sign" in wrong else far
    far = 2 * far if "kl_no_half" in wrong else far
    weighed = beta * drawn + far if "beta_on_picture" in wrong else drawn + beta * far
    return weighed.sum() if "over_pictures" in wrong else weighed.mean()


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
    ]


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
            "picture",
        ),
        Mistake(
            "no_half",
            "Your error of the picture is twice too large. Which factor does the formula have?",
        ),
        Mistake(
            "as_log_deviation",
            "The noise is multiplied with σ² in place of σ. Of what is `log_variance` the "
            "logarithm?",
            "sample",
        ),
        Mistake(
            "unit",
            "The noise has the size 1, whatever the encoder says. Where does σ come in?",
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
            "far",
        ),
        Mistake(
            "kl_no_half",
            "Your KL is twice too large. Which factor stands in front of its bracket?",
        ),
        Mistake(
            "kl_sign",
            "Your KL is subtracted: the further from the prior, the better. Which way should it "
            "push?",
            "far",
        ),
        Mistake(
            "beta_on_picture",
            "β weighs the picture's error in your version. Which term belongs to β?",
            "picture far",
        ),
        Mistake(
            "over_pictures",
            "Your loss is a sum over the pictures. The formula is averaged over them.",
        ),
    ),
)
