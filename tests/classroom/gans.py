"""What a class hands in for the exercises of lesson 11, wrong and right."""

import math
from functools import partial
from itertools import combinations

import numpy as np
import torch
import torch.nn.functional as F

from tests.classroom import Wrong

# ── 1 · The inspector's loss ─────────────────────────────────────────────────────────────────────


def bce(scores, label):
    return F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, label))


def inspected(real, drawn):
    return F.softplus(-real).mean() + F.softplus(drawn).mean()


def all_at_once(real, drawn):
    labels = torch.cat([torch.ones_like(real), torch.zeros_like(drawn)])
    return F.binary_cross_entropy_with_logits(torch.cat([real, drawn]), labels)


def by_sigmoids(real, drawn):
    return -torch.log(torch.sigmoid(real)).mean() - torch.log(1 - torch.sigmoid(drawn)).mean()


def by_sigmoids_and_a_little(real, drawn):
    little = 1e-8
    of_real = torch.log(torch.sigmoid(real) + little).mean()
    return -of_real - torch.log(1 - torch.sigmoid(drawn) + little).mean()


def clamped_inspector(real, drawn):
    real, drawn = real.clamp(-5, 5), drawn.clamp(-5, 5)
    return F.softplus(-real).mean() + F.softplus(drawn).mean()


INSPECTOR = (
    Wrong(by_sigmoids, "the logarithm of a sigmoid", "−100 your loss is infinite"),
    Wrong(by_sigmoids_and_a_little, "a small number in the logarithm", "You add a small number"),
    Wrong(clamped_inspector, "clamps the scores to ±5", "Does something limit"),
    Wrong(lambda r, d: inspected(d, r), "swaps real and drawn"),
    Wrong(lambda r, d: F.softplus(-r).mean(), "the real half only"),
    Wrong(lambda r, d: F.softplus(d).mean(), "the drawn half only"),
    Wrong(lambda r, d: inspected(r, d) / 2, "the mean of both halves"),
    Wrong(lambda r, d: F.softplus(-r).sum() + F.softplus(d).sum(), "sums in place of means"),
    Wrong(lambda r, d: -inspected(r, d), "the sign"),
    Wrong(
        lambda r, d: -r.sigmoid().log().mean() - (1 - d.sigmoid()).log().mean(),
        "the formula as it stands: infinite at 100",
    ),
    Wrong(
        lambda r, d: (1 + (-r).exp()).log().mean() + (1 + d.exp()).log().mean(),
        "exp overflows at 100",
    ),
    Wrong(
        lambda r, d: torch.log1p((-r).exp()).mean() + torch.log1p(d.exp()).mean(),
        "log1p does not help where exp overflows",
    ),
    Wrong(all_at_once, "one mean over all scores, halved and weighed by their numbers"),
    Wrong(lambda r, d: 2 * all_at_once(r, d), "twice the mean over all: right only if n = m"),
    Wrong(lambda r, d: inspected(r, d) / math.log(2), "in bits"),
    Wrong(lambda r, d: inspected(r, d) / math.log(10), "decimal logarithms"),
    Wrong(lambda r, d: -r.sigmoid().mean() - (1 - d.sigmoid()).mean(), "no logarithm"),
    Wrong(lambda r, d: 2 - r.sigmoid().mean() - (1 - d.sigmoid()).mean(), "no logarithm, errors"),
    Wrong(
        lambda r, d: (r.sigmoid() - 1).square().mean() + d.sigmoid().square().mean(),
        "squares of probabilities",
    ),
    Wrong(lambda r, d: (r - 1).square().mean() + d.square().mean(), "least squares of scores"),
    Wrong(lambda r, d: F.relu(1 - r).mean() + F.relu(1 + d).mean(), "hinge"),
    Wrong(lambda r, d: d.mean() - r.mean(), "Wasserstein"),
    Wrong(
        lambda r, d: F.softplus(-r).mean() + F.softplus(-d).mean(),
        "drawn pairs should be high, too",
    ),
    Wrong(
        lambda r, d: F.softplus(r).mean() + F.softplus(d).mean(), "real pairs should be low, too"
    ),
    Wrong(lambda r, d: F.softplus(-r).mean() - F.softplus(d).mean(), "subtracts the second half"),
    Wrong(
        lambda r, d: -(r.sigmoid() + 1e-8).log().mean() - (1 - d.sigmoid() + 1e-8).log().mean(),
        "a small number inside the logarithm",
    ),
    Wrong(
        lambda r, d: (
            -r.sigmoid().clamp(1e-7, 1 - 1e-7).log().mean()
            - (1 - d.sigmoid().clamp(1e-7, 1 - 1e-7)).log().mean()
        ),
        "clamps the probability",
    ),
    Wrong(lambda r, d: inspected(r.clamp(-10, 10), d.clamp(-10, 10)), "clamps the scores to ±10"),
    Wrong(lambda r, d: inspected(r.clamp(-50, 50), d.clamp(-50, 50)), "clamps the scores to ±50"),
    Wrong(lambda r, d: -r.log().mean() - (1 - d).log().mean(), "forgets the sigmoid"),
    Wrong(lambda r, d: bce(r.sigmoid(), 1.0) + bce(d.sigmoid(), 0.0), "the sigmoid twice"),
    Wrong(lambda r, d: inspected(r, d).detach(), "cuts the gradient"),
    Wrong(lambda r, d: inspected(r, d).item(), "a float"),
    Wrong(
        lambda r, d: torch.tensor(inspected(r, d).item(), requires_grad=True),
        "a new tensor: its gradient leads nowhere",
    ),
    Wrong(
        lambda r, d: inspected(r, d.detach()),
        "detaches the drawn scores, as the loop does with drawings",
    ),
    Wrong(lambda r, d: F.softplus(-r) + F.softplus(d).mean(), "a number for each real pair"),
    Wrong(
        lambda r, d: (
            0.9 * F.softplus(-r).mean() + 0.1 * F.softplus(r).mean() + F.softplus(d).mean()
        ),
        "smooths the labels",
    ),
    Wrong(lambda r, d: F.softplus(d - r).mean(), "compares real with drawn, pair by pair"),
    Wrong(
        lambda r, d: F.softplus(-r.mean()) + F.softplus(d.mean()), "the mean of the scores first"
    ),
    Wrong(
        lambda r, d: -r.sigmoid().mean().log() - (1 - d.sigmoid()).mean().log(),
        "the logarithm of the mean",
    ),
    Wrong(lambda r, d: (F.softplus(-r).mean(), F.softplus(d).mean()), "a tuple of both halves"),
    Wrong(lambda r, d: inspected(r, d)[None], "shape (1,)"),
    Wrong(
        lambda r, d: F.softplus(-r).sum() + F.softplus(d).mean(),
        "sums the real, averages the drawn",
    ),
    Wrong(
        lambda r, d: (F.softplus(-r).sum() + F.softplus(d).sum()) / len(r),
        "divides both by the number of real ones",
    ),
    Wrong(
        lambda r, d: -F.logsigmoid(r).mean() - (1 - F.logsigmoid(d)).mean(),
        "1 − ln σ in place of ln(1 − σ)",
    ),
    Wrong(
        lambda r, d: -F.logsigmoid(r).mean() + F.logsigmoid(d).mean(),
        "minus ln σ(drawn) for ln(1 − σ)",
    ),
    Wrong(lambda r, d: -inspected(d, r) / 2, "swapped, negative and halved"),
    Wrong(
        lambda r, d: F.softplus(d).mean() / 2 + F.softplus(d).mean() / 2,
        "never looks at the real ones",
    ),
    Wrong(lambda r, d: inspected(r, d) / math.log(10), "base 10", "has base 10"),
    Wrong(
        lambda r, d: -r.log().mean() - (1 - d).log().mean(),
        "scores taken for probabilities",
        "What makes a probability of a score",
    ),
    Wrong(
        lambda r, d: F.softplus(-r).max() + F.softplus(d).max(),
        "the worst counts",
        "Only the worst",
    ),
    Wrong(lambda r, d: F.softplus(-r)[0] + F.softplus(d)[0], "the first counts", "Only the first"),
    Wrong(
        lambda r, d: (F.softplus(-r)[: len(d)] + F.softplus(d)[: len(r)]).mean(),
        "cuts to the shorter group",
        "length of the shorter",
    ),
    Wrong(
        lambda r, d: F.softplus(-r).sum() / len(d) + F.softplus(d).sum() / len(r),
        "the numbers swapped",
        "Which number belongs to which",
    ),
    Wrong(lambda r, d: F.softplus(d.mean() - r.mean()), "relativistic", "relativistic GAN"),
    Wrong(
        lambda r, d: F.softplus(r).sum() + F.softplus(-d).sum(),
        "labels swapped, and sums",
        "labels are swapped, and you take sums",
    ),
    Wrong(lambda r, d: F.softplus(-r).median() + F.softplus(d).mean(), "a median", "the median"),
    Wrong(
        lambda r, d: inspected(r, d.clamp(-10, 10)),
        "clamps the drawn scores only",
        "a real pair at −100 and a drawn one at 100",
    ),
)


class Inspector:
    def __init__(self):
        self.loss = torch.nn.BCEWithLogitsLoss()

    def __call__(self, real, drawn):
        return self.loss(real, torch.ones_like(real)) + self.loss(drawn, torch.zeros_like(drawn))


def inspector_by_score(real, drawn):
    cost = torch.zeros(())
    for score in real:
        cost = cost - F.logsigmoid(score) / len(real)
    for score in drawn:
        cost = cost - F.logsigmoid(-score) / len(drawn)
    return cost


def careful_exp(x):
    return F.relu(x) + torch.log1p((-x.abs()).exp())


INSPECTOR_RIGHT = (
    inspected,
    Inspector(),
    inspector_by_score,
    lambda real, drawn: -F.logsigmoid(real).mean() - F.logsigmoid(-drawn).mean(),
    lambda r, d: careful_exp(-r).mean() + careful_exp(d).mean(),
    lambda r, d: (
        torch.logaddexp(torch.zeros_like(r), -r).mean()
        + torch.logaddexp(torch.zeros_like(d), d).mean()
    ),
    lambda r, d: inspected(r.double(), d.double()),
    lambda r, d: (1 + (-r.double()).exp()).log().mean() + torch.log1p(d.double().exp()).mean(),
    lambda r, d: F.softplus(-r).sum() / r.numel() + F.softplus(d).sum() / d.shape[0],
    lambda r, d: (
        F.cross_entropy(torch.stack([r, 0 * r], 1), torch.zeros(len(r)).long())
        + F.cross_entropy(torch.stack([d, 0 * d], 1), torch.ones(len(d)).long())
    ),
)

# ── 2 · The forger's loss that does not fall asleep ──────────────────────────────────────────────


def fool_by_sigmoid(drawn):
    return -torch.log(torch.sigmoid(drawn)).mean()


def fool_by_a_little(drawn):
    return -torch.log(torch.sigmoid(drawn) + 1e-8).mean()


def clamped_fool(drawn):
    return F.softplus(-drawn.clamp(-5, 5)).mean()


FOOL = (
    Wrong(fool_by_sigmoid, "the logarithm of a sigmoid", "−100 your loss is infinite"),
    Wrong(fool_by_a_little, "a small number in the logarithm", "You add a small number"),
    Wrong(clamped_fool, "clamps the scores to ±5", "Does something limit"),
    Wrong(lambda d: F.softplus(d).mean(), "−ln(1 − σ): the inspector's half"),
    Wrong(lambda d: -F.softplus(d).mean(), "minimax"),
    Wrong(lambda d: -d.mean(), "hinge"),
    Wrong(lambda d: F.softplus(-d).sum(), "sums"),
    Wrong(lambda d: -F.softplus(-d).mean(), "the sign"),
    Wrong(lambda d: F.logsigmoid(d).mean(), "the sign, by the library"),
    Wrong(lambda d: (1 - d.sigmoid()).mean(), "1 − σ, no logarithm"),
    Wrong(lambda d: -d.sigmoid().mean(), "−σ, no logarithm"),
    Wrong(lambda d: -d.sigmoid().log2().mean(), "bits"),
    Wrong(lambda d: -d.sigmoid().log10().mean(), "decimal logarithms"),
    Wrong(lambda d: F.softplus(-d), "a number for each drawing"),
    Wrong(lambda d: F.softplus(-d).mean() / 2, "halves"),
    Wrong(lambda d: F.softplus(-d).mean().detach(), "cuts the gradient"),
    Wrong(lambda d: F.softplus(-d).mean().item(), "a float"),
    Wrong(
        lambda d: F.softplus(-d.detach()).mean(), "detaches the scores, as in the inspector's move"
    ),
    Wrong(lambda d: bce(d, 0.0), "labels 0"),
    Wrong(lambda d: bce(d, 1.0) + bce(d, 0.0), "both labels"),
    Wrong(lambda d: bce(d, 0.9), "label 0.9"),
    Wrong(lambda d: bce(d, 0.5), "label ½"),
    Wrong(lambda d: -d.sigmoid().mean().log(), "the logarithm of the mean"),
    Wrong(lambda d: F.softplus(-d.mean()), "the mean of the scores first"),
    Wrong(lambda d: F.softplus(d.abs()).mean(), "the size of the score"),
    Wrong(lambda d: -d.sigmoid().clamp(min=1e-3).log().mean(), "clamps the probability"),
    Wrong(lambda d: -(d.sigmoid() + 1e-6).log().mean(), "a small number in the logarithm"),
    Wrong(lambda d: (d.sigmoid() - 1).square().mean(), "squares"),
    Wrong(lambda d: (d - 1).square().mean(), "least squares"),
    Wrong(lambda d: -d.log().mean(), "forgets the sigmoid"),
    Wrong(lambda d: -d.tanh().log().mean(), "tanh for σ"),
    Wrong(lambda d: -d.sigmoid().sigmoid().log().mean(), "the sigmoid twice"),
    Wrong(lambda d: bce(d.sigmoid(), 1.0), "the sigmoid, and a loss with another inside"),
    Wrong(lambda d: (-d).exp().mean(), "exp only"),
    Wrong(lambda d: F.relu(1 - d).mean(), "the inspector's hinge"),
    Wrong(lambda d: F.softplus(-d).square().mean(), "squares the cost"),
    Wrong(lambda d: F.softplus(-d).max(), "the worst drawing only"),
    Wrong(lambda d: F.softplus(-d).median(), "the median"),
    Wrong(lambda d: F.softplus(-d).mean()[None], "shape (1,)"),
    Wrong(lambda d: F.softplus(-d).sum() / (len(d) - 1), "divides by n − 1"),
    Wrong(lambda d: F.softplus(-d).sum() / 8, "a batch of eight built in"),
    Wrong(lambda d: -F.softplus(d).sum(), "minimax, and summed"),
    Wrong(lambda d: 1 - F.logsigmoid(d).mean(), "1 − ln σ"),
    Wrong(lambda d: -F.log_softmax(d, dim=0).mean(), "softmax over the drawings"),
    Wrong(
        lambda d: -d.sigmoid().log().mean() if d.min() > -3 else d.mean() * 0 + 3.0,
        "stops counting at −3",
    ),
    Wrong(lambda d: F.softplus(d).sum(), "caught, and a sum", r"learns to be \*caught.*a sum"),
    Wrong(lambda d: F.softplus(-d).mean() / math.log(10), "base 10", "has base 10"),
    Wrong(lambda d: -d.log().mean(), "scores for probabilities", "makes a probability of a score"),
    Wrong(lambda d: F.softplus(-d).square().mean().sqrt(), "root mean square", r"mean \*square"),
    Wrong(lambda d: F.softplus(-d)[0], "the first only", "Only the first drawing"),
    Wrong(lambda d: F.softplus(-d.abs()).mean(), "the size of the score", r"\*size\* of the score"),
    Wrong(lambda d: F.softplus(-d.relu()).mean(), "ReLU on the scores", "below 0 to 0"),
)


class Fool:
    def __call__(self, drawn):
        return F.binary_cross_entropy_with_logits(drawn, torch.ones_like(drawn))


FOOL_RIGHT = (
    lambda drawn: F.softplus(-drawn).mean(),
    Fool(),
    lambda drawn: -F.logsigmoid(drawn).mean(),
    lambda d: sum(F.softplus(-score) for score in d) / len(d),
    lambda d: torch.logaddexp(torch.zeros_like(d), -d).mean(),
    lambda d: F.softplus(-d.double()).mean(),
    partial(bce, label=1.0),
    lambda d: (F.softplus(d) - d).sum() / d.numel(),
    lambda d: careful_exp(-d).mean(),
)

# ── 3 · Who is pushed, and how hard? ─────────────────────────────────────────────────────────────

FORCE = (
    Wrong([0.982, 0.018, 1.0], "exchanges the first two"),
    Wrong([-0.018, -0.982, -1.0], "the gradient, not the force"),
    Wrong([-0.018, 4.018, 4.0], "the losses"),
    Wrong([0.018, 4.018, 4.0], "the sizes of the losses"),
    Wrong([0.018, 0.982, -1.0], "the hinge's sign"),
    Wrong([-0.018, 0.982, 1.0], "the minimax's sign"),
    Wrong([0.018, -0.982, 1.0], "the non-saturating one's sign"),
    Wrong([0.018, 0.982, 4.0], "hinge: −s itself"),
    Wrong([0.018, 0.982, -4.0], "hinge: s itself"),
    Wrong([0.018, 0.982, 0.0], "hinge: thinks it is flat"),
    Wrong([0.02, 0.98, 1.0], "two decimals"),
    Wrong([1.8, 98.2, 100], "percent"),
    Wrong([0.018, 0.982], "two numbers"),
    Wrong([0.269, 0.731, 1.0], "the lesson's s = −1"),
    Wrong([0.002, 0.998, 1.0], "the lesson's s = −6"),
    Wrong([0.017, 0.982, 1.0], "truncated"),
    Wrong([0.018, 0.018, 1.0], "the same for the first two"),
    Wrong([0.982, 0.982, 1.0], "the same for the first two, large"),
    Wrong([1.018, 55.598, 1.0], "the derivative with respect to D"),
    Wrong([0.018, 54.598, 1.0], "e⁴ for the non-saturating"),
    Wrong([0.018, 0.018, 0.0], "σ′ everywhere"),
    Wrong(["0.018", "0.982", "1"], "strings"),
    Wrong("0.018, 0.982, 1", "one string"),
    Wrong([0.018, 0.982, None], "one missing"),
    Wrong(0.018, "one number"),
    Wrong([0.018, 0.982, 1.0, 0], "four numbers"),
    Wrong({"minimax": 0.018, "non-saturating": 0.982, "hinge": 1.0}, "a dictionary"),
    Wrong([0, 1, 1], "rounded to whole numbers"),
    Wrong([0.5, 0.5, 1.0], "σ(0)"),
    Wrong([1.0, 0.982, 0.018], "backwards"),
    Wrong([0.982, 1.0, 0.018], "another order"),
    Wrong([-0.982, -0.018, -1.0], "the sign, and exchanged"),
    Wrong([0.119, 0.881, 1.0], "s = −2"),
    Wrong([0.018, 0.983, 1.0], "rounds up"),
    Wrong([0.018, 0.982, 3.0], "hinge: 1 − s less 2"),
    Wrong([0.018, 0.982, 5.0], "hinge: 1 − s"),
    Wrong([0.0183, 0.982, 1.0], "e^−4 for σ(−4)"),
    Wrong([18, 982, 1000], "thousandths"),
    Wrong([0.026, 1.417, 1], "logarithms of base 2", "base 2"),
    Wrong([0.0078, 0.4265, 1], "logarithms of base 10", "base 10"),
    Wrong([0.01766, 0.982, 1], "σ(1 − σ)", "slope of the sigmoid"),
    Wrong([0.072, 3.928, 4], "times |s|", "size of s"),
    Wrong([0.002, 0.998, 1], "s = −6, rounded", "s = −6, rounded"),
    Wrong([0.0018, 0.982, 1], "a zero too many", "too far left"),
    Wrong([-0.999, 1.999, 1], "tanh", "tanh"),
)
FORCE_RIGHT = (
    [0.018, 0.982, 1.0],
    (0.018, 0.982, 1),
    torch.tensor([-4.0, 4.0, 100.0]).sigmoid(),
    np.array([0.018, 0.982, 1.0]),
    [1 / (1 + math.exp(4)), 1 / (1 + math.exp(-4)), 1],
    [torch.tensor(-4.0).sigmoid(), torch.tensor(4.0).sigmoid(), torch.tensor(1.0)],
    [np.float32(0.01799), np.float64(0.98201), 1],
)

# ── 4 · Find the bugs: two moves ─────────────────────────────────────────────────────────────────


def careless(generator, inspector, real, noise, rate):
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    drawn = noise @ g
    of_real, of_drawn = -(real @ d), drawn @ d
    loss = torch.log1p(of_real.exp()).mean() + torch.log1p(of_drawn.exp()).mean()
    loss.backward()
    with torch.no_grad():
        d -= rate * d.grad
    d.grad = None
    fooled = torch.log1p((noise @ g @ d).exp()).mean()
    fooled.backward()
    with torch.no_grad():
        g -= rate * g.grad
        d -= rate * d.grad
    return torch.cat([g.detach().flatten(), d.detach()])


def game(
    generator,
    inspector,
    real,
    noise,
    rate,
    *,
    stale=False,
    both=False,
    sign=-1,
    judge=inspected,
    fool=None,
    first=1.0,
    second=1.0,
    old=False,
    last=None,
):
    """Two moves: with `stale` the forger keeps the inspector's gradient, and so on."""
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    drawn = noise @ g
    judge(real @ d, (drawn if stale else drawn.detach()) @ d).backward()
    before = d.detach().clone()
    with torch.no_grad():
        d -= first * rate * d.grad
    d.grad = None
    against = before if old else d
    scores = noise @ g @ against
    (fool(scores) if fool else F.softplus(sign * scores).mean()).backward()
    with torch.no_grad():
        g -= second * rate * g.grad
        if both:
            d -= rate * d.grad
    return last(g.detach(), d.detach()) if last else torch.cat([g.detach().flatten(), d.detach()])


def forger_first(generator, inspector, real, noise, rate):
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    F.softplus(-(noise @ g @ d)).mean().backward()
    with torch.no_grad():
        g -= rate * g.grad
    d.grad = None
    inspected(real @ d, noise @ g.detach() @ d).backward()
    with torch.no_grad():
        d -= rate * d.grad
    return torch.cat([g.detach().flatten(), d.detach()])


def in_place(generator, inspector, real, noise, rate):
    result = game(generator, inspector, real, noise, rate)
    generator.copy_(result[: generator.numel()].reshape(generator.shape))
    return result


def one_loss(generator, inspector, real, noise, rate):
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    (inspected(real @ d, noise @ g @ d) + F.softplus(-(noise @ g @ d)).mean()).backward()
    return torch.cat([(g - rate * g.grad).detach().flatten(), (d - rate * d.grad).detach()])


def forger_detached(generator, inspector, real, noise, rate):
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    drawn = (noise @ g).detach()
    inspected(real @ d, drawn @ d).backward()
    with torch.no_grad():
        d -= rate * d.grad
    F.softplus(-(drawn @ d)).mean().backward()
    with torch.no_grad():
        g -= rate * g.grad
    return torch.cat([g.detach().flatten(), d.detach()])


def wrong_labels(real, drawn):
    return F.softplus(real).mean() + F.softplus(-drawn).mean()


def swapped_labels(generator, inspector, real, noise, rate):
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    drawn = (noise @ g).detach()
    (F.softplus(real @ d).mean() + F.softplus(-(drawn @ d)).mean()).backward()
    new = (d - rate * d.grad).detach()
    F.softplus(-(noise @ g @ new)).mean().backward()
    return torch.cat([(g - rate * g.grad).detach().flatten(), new])


def summed(generator, inspector, real, noise, rate):
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    drawn = (noise @ g).detach()
    (F.softplus(-(real @ d)).sum() + F.softplus(drawn @ d).sum()).backward()
    new = (d - rate * d.grad).detach()
    F.softplus(-(noise @ g @ new)).mean().backward()
    return torch.cat([(g - rate * g.grad).detach().flatten(), new])


def without_rate(generator, inspector, real, noise, rate):
    return game(generator, inspector, real, noise, 1.0)


def still_inspector(generator, inspector, real, noise, rate):
    g = generator.clone().requires_grad_()
    F.softplus(-(noise @ g @ inspector)).mean().backward()
    return torch.cat([(g - rate * g.grad).detach().flatten(), inspector])


def other_order(generator, inspector, real, noise, rate):
    moved = game(generator, inspector, real, noise, rate)
    return torch.cat([moved[generator.numel() :], moved[: generator.numel()]])


def moved_by_adam(generator, inspector, real, noise, rate):
    g, d = torch.nn.Parameter(generator.clone()), torch.nn.Parameter(inspector.clone())
    first, second = torch.optim.Adam([d], lr=rate), torch.optim.Adam([g], lr=rate)
    inspected(real @ d, (noise @ g).detach() @ d).backward()
    first.step()
    F.softplus(-(noise @ g @ d)).mean().backward()
    second.step()
    return torch.cat([g.detach().flatten(), d.detach()])


def gradients_of_both_first(generator, inspector, real, noise, rate):
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    inspected(real @ d, (noise @ g).detach() @ d).backward()
    F.softplus(-(noise @ g @ d)).mean().backward()
    with torch.no_grad():
        d -= rate * d.grad
        g -= rate * g.grad
    return torch.cat([g.detach().flatten(), d.detach()])


def minimax_in_the_given_program(generator, inspector, real, noise, rate):
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    inspected(real @ d, noise @ g @ d).backward()
    with torch.no_grad():
        d -= rate * d.grad
    d.grad = None
    (-F.softplus(noise @ g @ d).mean()).backward()
    with torch.no_grad():
        g -= rate * g.grad
        d -= rate * d.grad
    return torch.cat([g.detach().flatten(), d.detach()])


MOVES = (
    Wrong(swapped_labels, "the inspector's labels are swapped", "inspector's labels are swapped"),
    Wrong(summed, "sums in the inspector's loss", "inspector's loss is a sum"),
    Wrong(without_rate, "no rate", "as long as the gradients"),
    Wrong(still_inspector, "an inspector that never moves", "inspector has not moved"),
    Wrong(other_order, "the result in the other order", "inspector before the forger"),
    Wrong(forger_first, "the forger moves first", "forger moves first"),
    Wrong(careless, "hands back the program as it was"),
    Wrong(partial(game, stale=True), "the inspector's gradient is still in the forger's"),
    Wrong(partial(game, both=True), "the inspector moves a second time"),
    Wrong(partial(game, sign=1), "the forger still wants to be caught"),
    Wrong(partial(game, stale=True, both=True), "mends the sign only"),
    Wrong(partial(game, stale=True, sign=1), "mends the second move of the inspector only"),
    Wrong(partial(game, both=True, sign=1), "mends the detach only"),
    Wrong(partial(game, fool=lambda s: -F.softplus(s).mean()), "minimax for the forger"),
    Wrong(partial(game, fool=lambda s: -s.mean()), "hinge for the forger"),
    Wrong(partial(game, old=True), "the forger moves against the old inspector"),
    Wrong(forger_first, "the forger moves first"),
    Wrong(partial(game, first=-1.0), "the inspector climbs"),
    Wrong(partial(game, second=-1.0), "the forger climbs"),
    Wrong(partial(game, judge=wrong_labels), "the inspector's labels are swapped"),
    Wrong(
        partial(game, judge=lambda r, d: F.softplus(-r).mean()), "the inspector sees only real ones"
    ),
    Wrong(
        partial(game, judge=lambda r, d: F.softplus(d).mean()), "the inspector sees only drawn ones"
    ),
    Wrong(partial(game, judge=lambda r, d: inspected(r, d) / 2), "halves the inspector's loss"),
    Wrong(
        partial(game, judge=lambda r, d: F.softplus(-r).sum() + F.softplus(d).sum()),
        "sums in the inspector's loss",
    ),
    Wrong(partial(game, judge=all_at_once), "one mean over real and drawn"),
    Wrong(partial(game, fool=lambda s: F.softplus(-s).sum()), "sums in the forger's loss"),
    Wrong(
        partial(game, last=lambda g, d: torch.cat([d, g.flatten()])),
        "the inspector first in the result",
    ),
    Wrong(partial(game, last=lambda g, d: torch.cat([g.T.flatten(), d])), "flattens by columns"),
    Wrong(partial(game, last=lambda g, d: (g, d)), "a tuple"),
    Wrong(partial(game, last=lambda g, d: g.flatten()), "only the forger"),
    Wrong(partial(game, last=lambda g, d: d), "only the inspector"),
    Wrong(partial(game, last=lambda g, d: torch.cat([g, d[None]])), "not flattened"),
    Wrong(partial(game, first=0.0), "the inspector stands still"),
    Wrong(partial(game, second=0.0), "the forger stands still"),
    Wrong(forger_detached, "the forger's drawings are detached in its own move"),
    Wrong(one_loss, "one step on both losses together"),
    Wrong(in_place, "changes the matrix it was handed"),
    Wrong(lambda g, d, real, noise, rate: game(g, d, real, noise, 0.1), "a rate of its own"),
    Wrong(
        lambda g, d, real, noise, rate: game(g, d, real, torch.randn_like(noise), rate),
        "noise of its own",
    ),
    Wrong(partial(game, first=2.0), "the inspector moves twice as far"),
    Wrong(partial(game, second=2.0), "the forger moves twice as far"),
    Wrong(lambda g, d, real, noise, rate: torch.cat([g.flatten(), d]), "nobody moves"),
    Wrong(
        lambda g, d, real, noise, rate: game(g, d, noise @ g, noise, rate),
        "takes drawings for real ones",
    ),
    Wrong(partial(game, old=True, both=True), "old inspector, and it moves again"),
    Wrong(
        partial(game, judge=lambda r, d: -inspected(r, d)),
        "the inspector's loss has the wrong sign",
    ),
    Wrong(partial(game, fool=lambda s: F.softplus(-s).mean() / 2), "halves the forger's loss"),
    Wrong(moved_by_adam, "Adam for plain descent", "as if Adam"),
    Wrong(gradients_of_both_first, "both gradients first", "the gradients of both losses first"),
    Wrong(minimax_in_the_given_program, "minimax, the rest left", "two mistakes are still there"),
)


def moves_on_paper(generator, inspector, real, noise, rate):
    drawn = noise @ generator
    slope = drawn.T @ (drawn @ inspector).sigmoid() / len(drawn)
    slope = slope - real.T @ (-(real @ inspector)).sigmoid() / len(real)
    inspector = inspector - rate * slope
    push = (-(drawn @ inspector)).sigmoid() / len(drawn)
    generator = generator + rate * noise.T @ torch.outer(push, inspector)
    return torch.cat([generator.flatten(), inspector])


def moves_numpy(generator, inspector, real, noise, rate):
    arguments = (x.double().numpy() for x in (generator, inspector, real, noise))
    g, d, x, e = arguments

    def sigma(s):
        return 1 / (1 + np.exp(-s))

    d = d - rate * ((e @ g).T @ sigma(e @ g @ d) / len(e) - x.T @ sigma(-(x @ d)) / len(x))
    g = g + rate * e.T @ np.outer(sigma(-(e @ g @ d)), d) / len(e)
    return np.concatenate([g.ravel(), d])


def moves_by_library(generator, inspector, real, noise, rate):
    g, d = torch.nn.Parameter(generator.clone()), torch.nn.Parameter(inspector.clone())
    movers = torch.optim.SGD([d], lr=rate), torch.optim.SGD([g], lr=rate)
    for mover, loss in zip(
        movers,
        (lambda: bce(real @ d, 1.0) + bce(noise @ g @ d, 0.0), lambda: bce(noise @ g @ d, 1.0)),
        strict=True,
    ):
        g.grad = d.grad = None
        loss().backward()
        mover.step()
    return torch.cat([g.data.flatten(), d.data])


def moves_by_autograd(generator, inspector, real, noise, rate):
    d = inspector.clone().requires_grad_()
    (slope,) = torch.autograd.grad(inspected(real @ d, noise @ generator @ d), d)
    d = (d - rate * slope).detach()
    g = generator.clone().requires_grad_()
    (slope,) = torch.autograd.grad(F.softplus(-(noise @ g @ d)).mean(), g)
    return torch.hstack([(g - rate * slope).detach().ravel(), d])


def moves_as_given(generator, inspector, real, noise, rate):
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    drawn = (noise @ g).detach()
    of_real, of_drawn = -(real @ d), drawn @ d
    loss = torch.log1p(of_real.exp()).mean() + torch.log1p(of_drawn.exp()).mean()
    loss.backward()
    with torch.no_grad():
        d -= rate * d.grad
    fooled = torch.log1p((-(noise @ g @ d)).exp()).mean()
    fooled.backward()
    with torch.no_grad():
        g -= rate * g.grad
    return torch.cat([g.detach().flatten(), d.detach()])


MOVES_RIGHT = (
    game,
    moves_as_given,
    moves_on_paper,
    moves_numpy,
    moves_by_library,
    moves_by_autograd,
    lambda g, d, real, noise, rate: game(*(x.double() for x in (g, d, real, noise)), rate),
    lambda generator, inspector, real, noise, rate: game(
        generator, inspector, real, noise, rate
    ).tolist(),
)

# ── 5 · Spectral norm ────────────────────────────────────────────────────────────────────────────


def stretch(weight):
    return torch.linalg.svdvals(weight)[0]


def power(weight, steps, seed=0):
    v = torch.randn(weight.shape[1], generator=torch.Generator().manual_seed(seed))
    for _ in range(steps):
        u = F.normalize(weight @ v, dim=0)
        v = F.normalize(weight.T @ u, dim=0)
    return weight / (u @ weight @ v)


def divided_in_place(weight):
    weight /= stretch(weight)
    return weight


def orthogonal(weight):
    u, _, v = torch.linalg.svd(weight, full_matrices=False)
    return u @ v


def only_if_it_stretches(weight):
    return weight / torch.linalg.svdvals(weight)[0].clamp(min=1)


def values_clipped(weight):
    left, values, right = torch.linalg.svd(weight, full_matrices=False)
    return left @ torch.diag(values.clamp(max=1)) @ right


SPECTRAL = (
    Wrong(only_if_it_stretches, "divides only where σ > 1", "stretches less than 1 stays"),
    Wrong(values_clipped, "clips the singular values at 1", "You clip the singular values"),
    Wrong(lambda w: w / w.norm(), "the Frobenius norm"),
    Wrong(lambda w: w / torch.linalg.matrix_norm(w), "the library's default: Frobenius"),
    Wrong(lambda w: w / torch.linalg.svdvals(w)[-1], "the smallest singular value"),
    Wrong(lambda w: w / torch.linalg.svdvals(w).min(), "the smallest singular value, by min"),
    Wrong(lambda w: w / torch.linalg.svdvals(w).sum(), "the sum of the singular values"),
    Wrong(lambda w: w / torch.linalg.svdvals(w).mean(), "the mean singular value"),
    Wrong(lambda w: w / w.abs().max(), "the largest entry"),
    Wrong(lambda w: w / w.max(), "the largest entry with its sign"),
    Wrong(lambda w: F.normalize(w, dim=1), "each row made 1 long"),
    Wrong(lambda w: F.normalize(w, dim=0), "each column made 1 long"),
    Wrong(F.normalize, "the library's default: rows or columns"),
    Wrong(lambda w: w / stretch(w) ** 2, "divides by σ²"),
    Wrong(lambda w: w / stretch(w).sqrt(), "divides by √σ"),
    Wrong(lambda w: w * stretch(w), "multiplies"),
    Wrong(lambda w: stretch(w), "returns σ"),
    Wrong(lambda w: torch.linalg.svdvals(w), "returns all singular values"),
    Wrong(lambda w: w / torch.linalg.eigvals(w).abs().max(), "eigenvalues: square matrices only"),
    Wrong(lambda w: w / torch.linalg.eigvalsh(w.T @ w).max(), "the eigenvalue, without its root"),
    Wrong(
        lambda w: w / torch.linalg.eigvalsh(w.T @ w)[0].clamp(min=1e-6).sqrt(),
        "the first eigenvalue: the smallest",
    ),
    Wrong(partial(power, steps=1), "one step of power iteration"),
    Wrong(partial(power, steps=3), "three steps of power iteration"),
    Wrong(lambda w: w / stretch(w).clamp(min=1), "divides only where σ > 1"),
    Wrong(lambda w: w / torch.linalg.matrix_norm(w, ord=1), "the largest column sum"),
    Wrong(lambda w: w / torch.linalg.matrix_norm(w, ord=float("inf")), "the largest row sum"),
    Wrong(lambda w: w / torch.linalg.matrix_norm(w, ord="nuc"), "the nuclear norm"),
    Wrong(lambda w: w / (stretch(w) + 1), "adds 1"),
    Wrong(orthogonal, "makes all singular values 1"),
    Wrong(lambda w: w - stretch(w), "subtracts"),
    Wrong(divided_in_place, "changes the matrix it was handed"),
    Wrong(lambda w: (w / stretch(w)).T, "transposed"),
    Wrong(lambda w: (w / stretch(w), stretch(w)), "a tuple"),
    Wrong(lambda w: w / torch.linalg.svdvals(w)[1], "the second singular value"),
    Wrong(lambda w: w / torch.linalg.svdvals(w)[:, None], "a singular value for each row"),
    Wrong(lambda w: w / w.norm(dim=1).max(), "the longest row"),
    Wrong(lambda w: w / w.norm(dim=0).max(), "the longest column"),
    Wrong(lambda w: w / w.std(), "the spread of the entries"),
    Wrong(lambda w: (w - w.mean()) / stretch(w - w.mean()), "centred first"),
    Wrong(lambda w: w.softmax(dim=1), "softmax"),
    Wrong(lambda w: w / torch.det(w), "the determinant: square matrices only"),
    Wrong(lambda w: w / (w @ torch.ones(w.shape[1])).norm(), "the stretch of one vector"),
    Wrong(
        lambda w: w / (w @ F.normalize(torch.ones(w.shape[1]), dim=0)).norm(),
        "the stretch of one unit vector",
    ),
    Wrong(lambda w: w.clamp(-1, 1), "clamps the entries"),
    Wrong(lambda w: w / (stretch(w) + 1e-2), "adds a hundredth"),
    Wrong(lambda w: w / w.trace(), "the trace", "by the trace"),
    Wrong(lambda w: w / w.abs().sum(), "the sum of all sizes", "entries' sizes"),
    Wrong(lambda w: w / torch.linalg.matrix_rank(w), "the rank", "by the rank"),
    Wrong(lambda w: w.softmax(1), "a softmax", "a softmax of each row"),
)

SPECTRAL_RIGHT = (
    lambda weight: weight / torch.linalg.svdvals(weight)[0],
    lambda weight: weight / torch.linalg.svdvals(weight.T).max(),
    lambda w: w / torch.linalg.matrix_norm(w, ord=2),
    lambda w: w.numpy() / np.linalg.norm(w.numpy(), 2),
    lambda w: w / torch.linalg.eigvalsh(w.double().T @ w.double()).max().sqrt(),
    lambda w: w / torch.linalg.eigvalsh(w.double() @ w.double().T)[-1].sqrt(),
    partial(power, steps=3000),
    lambda w: w.double() / torch.svd(w.double()).S[0],
    lambda w: (
        torch.linalg.svd(w, full_matrices=False)[0]
        @ torch.diag(torch.linalg.svdvals(w) / stretch(w))
        @ torch.linalg.svd(w, full_matrices=False)[2]
    ),
    lambda weight: (weight / torch.linalg.norm(weight, 2)).tolist(),
)

# ── 6 · Batch norm when you draw ─────────────────────────────────────────────────────────────────


def measured(h, m, v, g, b, e):
    return (h - m) / (v + e).sqrt() * g + b


def of_the_batch(h, m, v, g, b, e):
    return measured(h, h.mean(0), h.var(0, unbiased=False), g, b, e)


def shifted_in_place(h, m, v, g, b, e):
    h -= m
    return h / (v + e).sqrt() * g + b


def layer_norm(h, m, v, g, b, e):
    return F.layer_norm(h, h.shape[1:], g, b, e)


def kept_going(h, m, v, g, b, e):
    return F.batch_norm(h, m.clone(), v.clone(), g, b, training=True, eps=e)


def buffers_moved(h, m, v, g, b, e):
    return F.batch_norm(h, m, v, g, b, training=True, eps=e)


def variance_at_least(hidden, mean, variance, scale, shift, eps):
    return (hidden - mean) / variance.clamp(min=eps).sqrt() * scale + shift


DRAWING = (
    Wrong(variance_at_least, "ε as a floor", "at ε or above"),
    Wrong(of_the_batch, "measures by the batch"),
    Wrong(kept_going, "training mode"),
    Wrong(buffers_moved, "training mode, and moves what was kept"),
    Wrong(lambda h, m, v, g, b, e: (h - m) / (v.sqrt() + e) * g + b, "ε outside the root"),
    Wrong(lambda h, m, v, g, b, e: (h - m) / v.sqrt() * g + b, "forgets ε"),
    Wrong(lambda h, m, v, g, b, e: (h - m) / (v + e) * g + b, "divides by the variance"),
    Wrong(lambda h, m, v, g, b, e: (h - m) / v * g + b, "divides by the variance, no ε"),
    Wrong(lambda h, m, v, g, b, e: (h - m) / (v**2 + e).sqrt() * g + b, "takes the variance for σ"),
    Wrong(lambda h, m, v, g, b, e: (h - m) / (v + e).sqrt() * g, "forgets the shift"),
    Wrong(lambda h, m, v, g, b, e: (h - m) / (v + e).sqrt() + b, "forgets the scale"),
    Wrong(lambda h, m, v, g, b, e: (h - m) / (v + e).sqrt(), "forgets scale and shift"),
    Wrong(lambda h, m, v, g, b, e: measured(h, m, v, b, g, e), "exchanges scale and shift"),
    Wrong(lambda h, m, v, g, b, e: ((h - m) / (v + e).sqrt() + b) * g, "shifts before it scales"),
    Wrong(lambda h, m, v, g, b, e: measured(h, -m, v, g, b, e), "adds the mean"),
    Wrong(lambda h, m, v, g, b, e: measured(h, 0, v, g, b, e), "forgets the mean"),
    Wrong(lambda h, m, v, g, b, e: measured(h, v, m.abs(), g, b, e), "exchanges mean and variance"),
    Wrong(layer_norm, "layer norm"),
    Wrong(lambda h, m, v, g, b, e: measured(h, m, v, g, b, 1e-5), "ε of the library"),
    Wrong(lambda h, m, v, g, b, e: (h - m) * (v + e).sqrt() * g + b, "multiplies with σ"),
    Wrong(lambda h, m, v, g, b, e: (h - m) / (v + e**2).sqrt() * g + b, "squares ε"),
    Wrong(lambda h, m, v, g, b, e: (h - m) / (v - e).sqrt() * g + b, "subtracts ε"),
    Wrong(
        lambda h, m, v, g, b, e: measured(h, h.mean(0), v, g, b, e),
        "the batch's mean, the kept variance",
    ),
    Wrong(
        lambda h, m, v, g, b, e: measured(h, m, h.var(0, unbiased=False), g, b, e),
        "the kept mean, the batch's variance",
    ),
    Wrong(lambda h, m, v, g, b, e: measured(h, m, v, 1 + g, b, e), "1 + γ"),
    Wrong(lambda h, m, v, g, b, e: measured(h, m, v, g, b, e).T, "transposed"),
    Wrong(lambda h, m, v, g, b, e: F.relu(measured(h, m, v, g, b, e)), "a ReLU after it"),
    Wrong(
        lambda h, m, v, g, b, e: measured(h, 0.9 * m + 0.1 * h.mean(0), v, g, b, e),
        "mixes the batch's mean in",
    ),
    Wrong(shifted_in_place, "changes what came in"),
    Wrong(
        lambda h, m, v, g, b, e: measured(h, m.mean(), v.mean(), g, b, e),
        "one mean for all columns",
    ),
    Wrong(lambda h, m, v, g, b, e: measured(h.mean(0), m, v, g, b, e), "one row for all"),
    Wrong(lambda h, m, v, g, b, e: (h - m) / (v + e).sqrt() / g + b, "divides by γ"),
    Wrong(lambda h, m, v, g, b, e: measured(h, m, v, g, -b, e), "subtracts the shift"),
    Wrong(
        lambda h, m, v, g, b, e: measured(h, m[:, None], v[:, None], g[:, None], b[:, None], e),
        "a mean for each row: needs a square",
    ),
    Wrong(lambda h, m, v, g, b, e: (h - m) / v.sqrt() * g, "forgets ε and the shift"),
    Wrong(lambda h, m, v, g, b, e: of_the_batch(h, m, v, g, 0, e), "the batch, and no shift"),
    Wrong(
        lambda h, m, v, g, b, e: (h - m / (v + e).sqrt()) * g + b, "a bracket in the wrong place"
    ),
    Wrong(lambda h, m, v, g, b, e: (h - m) / (v + e).sqrt() * (g + b), "a bracket around γ + β"),
    Wrong(
        lambda h, m, v, g, b, e: measured(h, m, v, g, b, e).squeeze(),
        "squeezes a single row or column away",
    ),
    Wrong(
        lambda h, m, v, g, b, e: measured(h, m, v * len(h) / (len(h) - 1), g, b, e),
        "corrects the variance by n − 1",
    ),
    Wrong(lambda h, m, v, g, b, e: measured(h, m, v, g.abs(), b, e), "|γ|"),
    Wrong(
        lambda h, m, v, g, b, e: measured(h, m, v.clamp(min=0.1), g, b, e),
        "a floor under the variance",
    ),
    Wrong(lambda h, m, v, g, b, e: measured(h, m, v, g, b, e).clamp(-3, 3), "clamps to ±3"),
    Wrong(
        lambda h, m, v, g, b, e: (h - m) / (h.var(0) + e).sqrt() * g + b,
        "the batch's variance, by n − 1",
        "divided by n − 1",
    ),
    Wrong(
        lambda h, m, v, g, b, e: (h - m) / (((h - m) ** 2).mean(0) + e).sqrt() * g + b,
        "the batch's variance around the kept mean",
        "around the mean that was kept",
    ),
    Wrong(
        lambda h, m, v, g, b, e: (h - m).abs() / (v + e).sqrt() * g + b,
        "absolute differences",
        "Numbers below the mean stay below",
    ),
)


class Kept:
    def __call__(self, hidden, mean, variance, scale, shift, eps):
        layer = torch.nn.BatchNorm1d(hidden.shape[1], eps=eps).to(hidden.dtype).eval()
        values = {"running_mean": mean, "running_var": variance, "weight": scale, "bias": shift}
        layer.load_state_dict(values, strict=False)
        with torch.no_grad():
            return layer(hidden)


def drawing_by_number(hidden, mean, variance, scale, shift, eps):
    rows = []
    for row in hidden.tolist():
        values = zip(
            row, mean.tolist(), variance.tolist(), scale.tolist(), shift.tolist(), strict=True
        )
        rows.append([(h - m) / math.sqrt(v + eps) * g + b for h, m, v, g, b in values])
    return rows


DRAWING_RIGHT = (
    measured,
    Kept(),
    drawing_by_number,
    lambda h, m, v, g, b, e: F.batch_norm(h, m, v, g, b, training=False, eps=e),
    lambda h, m, v, g, b, e: torch.addcmul(b, h - m, g * torch.rsqrt(v + e)),
    lambda h, m, v, g, b, e: (
        (h.numpy() - m.numpy()) / np.sqrt(v.numpy() + e) * g.numpy() + b.numpy()
    ),
    lambda h, m, v, g, b, e: measured(h.double(), m, v, g, b, e),
    lambda h, m, v, g, b, e: h * (g / (v + e).sqrt()) + (b - m * g / (v + e).sqrt()),
    lambda hidden, mean, variance, scale, shift, eps: torch.stack(
        [measured(row, mean, variance, scale, shift, eps) for row in hidden]
    ),
)

# ── 7 · How varied the drawings of a letter are ──────────────────────────────────────────────────


def each_letter(features, letters, of=lambda own: torch.pdist(own).mean()):
    return torch.stack([of(features[letters == k]) for k in letters.unique()])


def with_itself(own):
    return torch.cdist(own, own).mean()


def neighbours(own):
    return (own[1:] - own[:-1]).norm(dim=1).mean()


def from_the_middle(own):
    return (own - own.mean(0)).norm(dim=1).mean()


def within(features, letters):
    far = torch.cdist(features, features)
    same = (letters[:, None] == letters).triu(1)
    return far[same]


def above_zero(features, letters):
    means = []
    for letter in letters.unique():
        own = features[letters == letter]
        far = torch.cdist(own, own)
        means.append(far[far > 0].mean())
    return torch.stack(means).mean()


def method_not_called(features, letters):
    means = []
    for letter in letters.unique:
        means.append(torch.pdist(features[letters == letter]).mean())
    return torch.stack(means).mean()


DIVERSITY = (
    Wrong(above_zero, "leaves distances of 0 out", "You leave distances of 0 out"),
    Wrong(method_not_called, "forgets the parentheses", "unique"),
    Wrong(lambda f, y: torch.pdist(f).mean(), "ignores the letters"),
    Wrong(
        lambda f, y: each_letter(f, y, with_itself).mean(), "pairs of a picture with itself count"
    ),
    Wrong(lambda f, y: within(f, y).mean(), "one mean over all pairs: large letters count more"),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: torch.pdist(own).square().mean()).mean(),
        "squares the distances",
    ),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: torch.pdist(own).sum()).mean(),
        "sums over the pairs",
    ),
    Wrong(lambda f, y: each_letter(f, y).sum(), "sums over the letters"),
    Wrong(
        lambda f, y: each_letter(f, y, from_the_middle).mean(), "distances from the mean picture"
    ),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: own.std(0).mean()).mean(),
        "spreads of the features",
    ),
    Wrong(lambda f, y: each_letter(f, y, lambda own: own.var(0).sum()).mean(), "variances"),
    Wrong(lambda f, y: each_letter(f, y, neighbours).mean(), "neighbours only"),
    Wrong(
        lambda f, y: torch.stack(
            [torch.pdist(f[y == k]).mean() for k in range(int(y.max()) + 1)]
        ).mean(),
        "letters 0, 1, 2 … without gaps",
    ),
    Wrong(
        lambda f, y: torch.stack(
            [torch.pdist(f[y == k]).mean() for k in range(len(y.unique()))]
        ).mean(),
        "as many letters from 0 as there are",
    ),
    Wrong(
        lambda f, y: torch.stack([torch.pdist(f[y == k]).mean() for k in range(26)]).mean(),
        "26 letters built in",
    ),
    Wrong(lambda f, y: each_letter(f, y).sum() / 26, "divides by 26"),
    Wrong(
        lambda f, y: each_letter(f, y).sum() / (int(y.max()) + 1), "divides by the highest letter"
    ),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: torch.pdist(own).median()).mean(),
        "the median pair",
    ),
    Wrong(lambda f, y: each_letter(f, y).median(), "the median letter"),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: torch.pdist(own, p=1).mean()).mean(),
        "sums of absolute differences",
    ),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: torch.pdist(own, p=float("inf")).mean()).mean(),
        "the largest difference",
    ),
    Wrong(lambda f, y: each_letter(F.normalize(f), y).mean(), "directions only"),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: (own[0] - own[1]).norm()).mean(),
        "the first two of each letter",
    ),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: torch.pdist(own).max()).mean(),
        "the farthest pair",
    ),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: torch.pdist(own).min()).mean(),
        "the nearest pair",
    ),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: torch.pdist(own).sum() / len(own) ** 2).mean(),
        "divides by n²",
    ),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: torch.pdist(own).sum() / len(own)).mean(),
        "divides by n",
    ),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: 2 * torch.pdist(own).mean()).mean(),
        "counts each pair twice",
    ),
    Wrong(lambda f, y: each_letter(f, y).mean() / f.shape[1], "divides by the width"),
    Wrong(lambda f, y: each_letter(f, y).mean() / f.shape[1] ** 0.5, "a root mean square"),
    Wrong(lambda f, y: each_letter(f, y), "a number for each letter"),
    Wrong(
        lambda f, y: torch.stack(
            [torch.pdist(f[y == k]).mean() for k in torch.unique_consecutive(y)]
        ).mean(),
        "each run of a letter counts",
    ),
    Wrong(
        lambda f, y: torch.stack([torch.pdist(f[y == k]).mean() for k in y]).mean(),
        "each picture's letter counts",
    ),
    Wrong(
        lambda f, y: torch.stack(
            [torch.pdist(part).mean() for part in f[y.argsort()].chunk(len(y.unique()))]
        ).mean(),
        "as many pictures of each letter",
    ),
    Wrong(
        lambda f, y: torch.stack(
            [torch.pdist(part).mean() for part in f.chunk(len(y.unique()))]
        ).mean(),
        "letters in order, as many of each",
    ),
    Wrong(lambda f, y: torch.cdist(f, f)[y[:, None] != y].mean(), "pairs of different letters"),
    Wrong(
        lambda f, y: torch.pdist(torch.stack([f[y == k].mean(0) for k in y.unique()])).mean(),
        "distances between the letters' means",
    ),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: torch.pdist(own).square().mean().sqrt()).mean(),
        "root mean square distance",
    ),
    Wrong(
        lambda f, y: each_letter(f, y).square().mean().sqrt(), "root mean square over the letters"
    ),
    Wrong(lambda f, y: each_letter(f, y)[0], "one letter only"),
    Wrong(lambda f, y: each_letter(f, y).mean()[None], "shape (1,)"),
    Wrong(lambda f, y: each_letter(f, y).max(), "the most varied letter"),
    Wrong(
        lambda f, y: each_letter(f, y, lambda own: torch.cdist(own, own).sum()).mean(),
        "all ordered pairs, summed",
    ),
    Wrong(lambda f, y: within(f, y).sum() / len(f), "divides all distances by the pictures"),
    Wrong(lambda f, y: each_letter(f.T, y).mean(), "the axes exchanged"),
    Wrong(lambda f, y: each_letter(f.round(), y).mean(), "rounds the features"),
    Wrong(
        lambda f, y: torch.stack(
            [torch.pdist(f[y == k].unique(dim=1)).mean() for k in y.unique()]
        ).mean(),
        "leaves out equal columns",
        "equal columns",
    ),
    Wrong(lambda f, y: torch.pdist(f[y == y.max()]).mean(), "the last letter", "Only the last"),
    Wrong(lambda f, y: torch.cdist(f, f).mean(), "all pairs, the diagonal too", "always 0"),
    Wrong(
        lambda f, y: torch.stack([torch.pdist(f[y == k]).mean() for k in range(26)]).mean(),
        "26 letters",
        "26 letters, and some",
    ),
    Wrong(
        lambda f, y: torch.stack(
            [(f[y == k][1:] - f[y == k][0]).norm(dim=1).mean() for k in y.unique()]
        ).mean(),
        "from the first picture only",
        "from the first picture",
    ),
    Wrong(
        lambda f, y: (
            torch.cat([torch.pdist(f[y == k]) for k in y.unique()]).mean() / len(y.unique())
        ),
        "one mean over all pairs, over K",
        "number of letters once more",
    ),
)


def diversity_by_pair(features, letters):
    means = []
    for letter in sorted(set(letters.tolist())):
        places = [i for i, own in enumerate(letters.tolist()) if own == letter]
        far = [
            math.dist(features[i].tolist(), features[j].tolist())
            for i, j in combinations(places, 2)
        ]
        means.append(sum(far) / len(far))
    return sum(means) / len(means)


def diversity_by_masks(features, letters):
    far = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")
    kinds = letters.unique()
    owns = (letters == kinds[:, None]).to(far.dtype)  # (letter, picture)
    counts = owns.sum(1)
    return (torch.einsum("ki,ij,kj->k", owns, far, owns) / (counts * (counts - 1))).mean()


def diversity_numpy(features, letters):
    f, y = features.numpy().astype(float), letters.numpy()
    means = []
    for k in np.unique(y):
        own = f[y == k]
        i, j = np.triu_indices(len(own), 1)
        means.append(np.linalg.norm(own[i] - own[j], axis=1).mean())
    return np.mean(means)


DIVERSITY_RIGHT = (
    lambda features, letters: each_letter(features, letters).mean(),
    diversity_by_pair,
    diversity_by_masks,
    diversity_numpy,
    lambda f, y: each_letter(f.double(), y).mean(),
    lambda f, y: sum(torch.pdist(f[y == k]).mean() for k in set(y.tolist())) / len(set(y.tolist())),
    lambda f, y: torch.tensor(
        [torch.pdist(f[y == k]).mean().item() for k in y.unique().tolist()]
    ).mean(),
    lambda f, y: each_letter(
        f,
        y,
        lambda own: torch.stack(
            [(own[i] - own[j]).norm() for i, j in combinations(range(len(own)), 2)]
        ).mean(),
    ).mean(),
)

# ── 8 · The Fréchet distance of two Gaussians ────────────────────────────────────────────────────

FRECHET = (
    Wrong([10, -2], "a negative distance for the copyist", "negative, and a distance is not"),
    Wrong(
        [18, 0], "a plus before the root, or 4 for a standard deviation", "or the last term added"
    ),
    Wrong([10, None], "one is missing", "Number 2 is no number"),
    Wrong([4, 0], "the difference of the means is not squared"),
    Wrong([18, 0], "takes the variance 4 for a standard deviation"),
    Wrong([9, 0], "forgets the spreads"),
    Wrong([1, 0], "forgets the means"),
    Wrong([14, 0], "forgets −2√"),
    Wrong([6, 0], "no root in the third term"),
    Wrong([12, 0], "no 2 before the root"),
    Wrong([16, 0], "squares the difference of the variances, and a mistake"),
    Wrong([18.0, 0.0], "squares the difference of the variances"),
    Wrong([3.162, 0], "a root over everything"),
    Wrong([0, 10], "the wrong order"),
    Wrong([10, 1], "thinks that equal means 1"),
    Wrong([10, 14.19], "the lesson's copyist"),
    Wrong([10, None], "the second is missing"),
    Wrong([10], "one number"),
    Wrong(10, "not a list"),
    Wrong(["10", "0"], "strings"),
    Wrong("10, 0", "one string"),
    Wrong([10, "inf"], "a word"),
    Wrong([10, float("inf")], "infinite"),
    Wrong([10, float("nan")], "not a number"),
    Wrong([10, 0, 0], "three numbers"),
    Wrong([13, 0], "adds 9 and 4"),
    Wrong([-10, 0], "a negative distance"),
    Wrong([10, 10], "the same twice"),
    Wrong([6, 0], "adds 3 to the spreads … or loses the root"),
    Wrong([2, 0], "adds the differences 3 and −1"),
    Wrong([5, 0], "the variances only"),
    Wrong([4.307, 0], "Kullback–Leibler from memory"),
    Wrong([2.625, 0], "Kullback–Leibler from memory, another"),
    Wrong([10, 2], "the copyist's variance counted twice"),
    Wrong([8, 0], "9 + 1 − 2"),
    Wrong([11, 0], "9 + 2"),
    Wrong([10, 0.5], "guesses"),
    Wrong([10.5, 0], "rounds somewhere"),
    Wrong([12, 2], "−√ in place of −2√, twice"),
    Wrong([14, 2], "forgets −2√, in both"),
    Wrong([22, 0], "9 + 1 + 16 − 2 · 2"),
    Wrong({"d": 10, "copyist": 0}, "a dictionary"),
    Wrong([10, -1], "a copyist at −1", "is −1, and a distance"),
    Wrong([11, 0], "1 too many", "1 too large"),
    Wrong([16, 0], "the root added", "the root is added"),
    Wrong([1.443, 0], "a Kullback–Leibler divergence", "Kullback"),
    Wrong([5.307, 0], "the same, the other way round", "the other way round"),
    Wrong([-8, 0], "the means subtracted", "means is subtracted"),
)
FRECHET_RIGHT = (
    [10, 0],
    [10.0, 0.0],
    (10, 0),
    torch.tensor([10.0, 0.0]),
    np.array([10, 0]),
    [9 + 1 + 4 - 2 * math.sqrt(4), 0],
    [10, -0.0],
    [torch.tensor(10), torch.tensor(0)],
    [10.0, 1e-9],
)

WRONG = {
    "gans.inspector": INSPECTOR,
    "gans.fool": FOOL,
    "gans.force": FORCE,
    "gans.moves": MOVES,
    "gans.spectral": SPECTRAL,
    "gans.drawing": DRAWING,
    "gans.diversity": DIVERSITY,
    "gans.frechet": FRECHET,
}
RIGHT = {
    "gans.inspector": INSPECTOR_RIGHT,
    "gans.fool": FOOL_RIGHT,
    "gans.force": FORCE_RIGHT,
    "gans.moves": MOVES_RIGHT,
    "gans.spectral": SPECTRAL_RIGHT,
    "gans.drawing": DRAWING_RIGHT,
    "gans.diversity": DIVERSITY_RIGHT,
    "gans.frechet": FRECHET_RIGHT,
}
