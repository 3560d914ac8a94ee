"""The exercises of lesson 11, generative adversarial networks."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    Case,
    FindTheBug,
    Implement,
    Mistake,
    Predict,
    Property,
    Wrong,
    random_tensor,
)

RIGHT: Wrong = frozenset()

# ------------------------------------------------------------------ the inspector's loss


def inspector(real: Tensor, drawn: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `−E[ln σ(real)] − E[ln(1 − σ(drawn))]`."""
    one, two = F.softplus(-real), F.softplus(drawn)
    ways: dict[str, Callable[[], Tensor]] = {
        "labels": lambda: F.softplus(real).mean() + F.softplus(-drawn).mean(),
        "value": lambda: -one.mean() - two.mean(),
        "real_only": lambda: one.mean(),
        "drawn_only": lambda: two.mean(),
        "both_real": lambda: one.mean() + F.softplus(-drawn).mean(),
        "half": lambda: (one.mean() + two.mean()) / 2,
        "sums": lambda: one.sum() + two.sum(),
        "pooled": lambda: torch.cat([one, two]).mean(),
        "twice": lambda: F.softplus(-real.sigmoid()).mean() + F.softplus(drawn.sigmoid()).mean(),
        "no_logarithm": lambda: 1 - real.sigmoid().mean() + drawn.sigmoid().mean(),
        "margin": lambda: F.relu(1 - real).mean() + F.relu(1 + drawn).mean(),
        "outside": lambda: -real.sigmoid().mean().log() - (-drawn).sigmoid().mean().log(),
        "minus": lambda: one.mean() - two.mean(),
        "critic": lambda: drawn.mean() - real.mean(),
        "squares": lambda: (1 - real.sigmoid()).square().mean() + drawn.sigmoid().square().mean(),
        "score_squares": lambda: (1 - real).square().mean() + drawn.square().mean(),
        "bits": lambda: (one.mean() + two.mean()) / math.log(2),
    }
    return next((way() for name, way in ways.items() if name in wrong), one.mean() + two.mean())


def inspector_cases() -> list[Case]:
    def case(real: int, drawn: int, seed: int) -> Case:
        scores = random_tensor(real, seed=seed) + 1, random_tensor(drawn, seed=seed + 1) - 0.5
        return Case(real=scores[0], drawn=scores[1])

    return [case(2, 3, seed=0), case(5, 3, seed=10), case(4, 6, seed=20)]


def a_loss_is_positive(case: Case, output: Tensor) -> bool:
    """Say whether the cross-entropy is above 0."""
    return bool((output > 0).all())


INSPECTOR = Implement(
    id="gans.inspector",
    title="The inspector's loss",
    difficulty=1,
    minutes=10,
    hints=(
        "It is a classifier with two classes. What does a real pair pay when D says 0.9? What does "
        "a drawn one pay?",
        "L = −E[ln σ(s)] over real scores − E[ln(1 − σ(s))] over drawn ones.",
        "real (n,), drawn (m,) → one mean for each, (), added. `F.softplus(x)` is ln(1 + eˣ), and "
        "−ln σ(s) = ln(1 + e^(−s)).",
        "of_real = F.softplus(...).mean()\nof_drawn = F.softplus(...).mean()\nreturn ... + ...",
    ),
    reference=inspector,
    cases=inspector_cases,
    mistakes=(
        Mistake(
            "labels",
            "Your labels are swapped: real pairs pay for being called real. Who is class 1?",
            "all",
        ),
        Mistake(
            "value",
            "Your number is the value that the inspector wants *large*. A loss is made small: what "
            "is missing in front?",
            "all",
        ),
        Mistake("real_only", "Drawn pairs cost nothing in your version.", "all"),
        Mistake("drawn_only", "Real pairs cost nothing in your version.", "all"),
        Mistake(
            "both_real",
            "Real and drawn pairs pay the same way: an inspector that calls everything real would "
            "be perfect. What should a drawn pair with a high score pay?",
            "all",
        ),
        Mistake(
            "half",
            "Your number is half of it. The formula adds the two means.",
            "all",
        ),
        Mistake(
            "sums",
            "You add up the scores of the batch. What does E[ ] stand for?",
            "all",
        ),
        Mistake(
            "pooled",
            "You take one mean over all scores together. Each of the two groups has a mean of its "
            "own, and they are added.",
            "all",
        ),
        Mistake(
            "twice",
            "Your scores go through a sigmoid twice. What do `F.softplus` and "
            "`binary_cross_entropy_with_logits` expect: scores, or probabilities?",
            "all",
        ),
        Mistake(
            "no_logarithm",
            "You add up probabilities. Where are the logarithms?",
            "all",
        ),
        Mistake(
            "margin",
            "That is the hinge loss. Which one does this exercise ask for?",
            "all",
        ),
        Mistake(
            "outside",
            "You take the logarithms of the means. Which comes first, the logarithm or the mean?",
            "all",
        ),
        Mistake(
            "minus",
            "You subtract what drawn pairs cost: the inspector would be paid for calling them "
            "real. Both terms are costs.",
            "all",
        ),
        Mistake(
            "critic",
            "That is the difference of the mean scores, the loss of a Wasserstein critic. Where "
            "are the logarithms of σ(s)?",
            "all",
        ),
        Mistake(
            "squares",
            "You take squared errors of the probabilities. The formula has logarithms.",
            "all",
        ),
        Mistake(
            "score_squares",
            "You take squared errors of the scores, as the least-squares GAN does. Which loss does "
            "this exercise ask for?",
            "all",
        ),
        Mistake("bits", "Your logarithm has base 2. The formula has the natural one.", "all"),
    ),
    properties=(Property("A cross-entropy is positive; yours is not.", a_loss_is_positive),),
)

# ------------------------------------------------------------------ the forger's loss


def fool(drawn: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: `−E[ln σ(drawn)]`."""
    ways: dict[str, Callable[[], Tensor]] = {
        "minimax": lambda: -F.softplus(drawn).mean(),
        "caught": lambda: F.softplus(drawn).mean(),
        "sign": lambda: -F.softplus(-drawn).mean(),
        "hinge": lambda: -drawn.mean(),
        "no_logarithm": lambda: -drawn.sigmoid().mean(),
        "missing": lambda: 1 - drawn.sigmoid().mean(),
        "sum": lambda: F.softplus(-drawn).sum(),
        "twice": lambda: F.softplus(-drawn.sigmoid()).mean(),
        "outside": lambda: -drawn.sigmoid().mean().log(),
        "half": lambda: F.softplus(-drawn).mean() / 2,
        "margin": lambda: F.relu(1 - drawn).mean(),
        "score_squares": lambda: (1 - drawn).square().mean(),
    }
    return next((way() for name, way in ways.items() if name in wrong), F.softplus(-drawn).mean())


def fool_cases() -> list[Case]:
    return [Case(drawn=random_tensor(n, seed=seed) - 1) for n, seed in ((2, 0), (5, 10), (3, 20))]


def better_scores_cost_less(case: Case, output: Tensor) -> bool:
    """Say whether the loss lies between those of its best and its worst drawing."""
    low, high = F.softplus(-case["drawn"].max()), F.softplus(-case["drawn"].min())
    return output.numel() != 1 or bool(low - 1e-5 <= output.sum() <= high + 1e-5)


FOOL = Implement(
    id="gans.fool",
    title="The forger's loss that does not fall asleep",
    difficulty=1,
    minutes=10,
    hints=(
        "The forger wants its drawings to be called real. What would a *real* pair with this score "
        "pay?",
        "L = −E[ln σ(s)], the non-saturating loss.",
        "drawn (n,) → one number, (). −ln σ(s) = ln(1 + e^(−s)).",
        "return F.softplus(...).mean()",
    ),
    reference=fool,
    cases=fool_cases,
    mistakes=(
        Mistake(
            "minimax",
            "That is the minimax loss, ln(1 − D): it points the right way, and falls asleep where "
            "scores are low. Which logarithm does the non-saturating loss take?",
            "all",
        ),
        Mistake(
            "caught",
            "Your forger learns to be *caught*: it pays for high scores. Which class should its "
            "drawings be taken for?",
            "all",
        ),
        Mistake(
            "sign",
            "Your loss is negative, and the worst drawings are rewarded. Which sign stands in "
            "front of the mean?",
            "all",
        ),
        Mistake(
            "hinge",
            "That is the forger's side of the hinge loss: the score itself. Where is the "
            "logarithm?",
            "all",
        ),
        Mistake(
            "no_logarithm",
            "You return −D. Between D and its loss stands a logarithm.",
            "all",
        ),
        Mistake(
            "missing",
            "You return 1 − D. Its slope is as flat as that of minimax. Which function of D grows "
            "without end as D goes to 0?",
            "all",
        ),
        Mistake("sum", "Your loss is a sum over the drawings. What does E[ ] stand for?", "all"),
        Mistake(
            "twice",
            "Your scores go through a sigmoid twice.",
            "all",
        ),
        Mistake(
            "outside",
            "You take the logarithm of the mean. Which comes first, the logarithm or the mean?",
            "all",
        ),
        Mistake("half", "Your number is half of it. What is divided by 2 there, and why?", "all"),
        Mistake(
            "margin",
            "That is what a real pair pays in the hinge game. Here it pays −ln σ(s).",
            "all",
        ),
        Mistake(
            "score_squares",
            "You take the squared error of the score, as the least-squares GAN does. Which loss "
            "does this exercise ask for?",
            "all",
        ),
    ),
    properties=(
        Property(
            "A mean of −ln σ(s) lies between that of the best drawing and that of the worst; yours "
            "does not.",
            better_scores_cost_less,
        ),
    ),
)

# ------------------------------------------------------------------ forces

SCORE = -4.0
LOW = 1 / (1 + math.exp(-SCORE))

FORCE = Predict(
    id="gans.force",
    title="Who is pushed, and how hard?",
    difficulty=2,
    minutes=10,
    hints=(
        "Differentiate each loss with respect to the score s, and turn the sign: the force points "
        "where the step goes.",
        "d/ds ln(1 − σ(s)) = −σ(s); d/ds (−ln σ(s)) = −(1 − σ(s)); d/ds (−s) = −1.",
        "Three numbers, none of them negative. σ(−4) = 1/(1 + e⁴).",
        "low = 1 / (1 + math.exp(...))\nanswer = [..., 1 - ..., ...]",
    ),
    truth=lambda: [LOW, 1 - LOW, 1.0],
    mistakes=(
        Mistake(
            "swapped",
            "You have minimax and non-saturating the other way round. Which of them falls asleep "
            "at low scores?",
            value=lambda: [1 - LOW, LOW, 1.0],
        ),
        Mistake(
            "slopes",
            "These are the slopes. The force is what a step of descent makes of them: the other "
            "sign.",
            value=lambda: [-LOW, LOW - 1, -1.0],
        ),
        Mistake(
            "losses",
            "These are the losses themselves. How much do they change when s does?",
            value=lambda: [math.log(1 - LOW), -math.log(LOW), -SCORE],
        ),
        Mistake(
            "score",
            "The first two are right. The hinge loss is −s: what is its slope, and does it depend "
            "on s?",
            value=lambda: [LOW, 1 - LOW, -SCORE],
        ),
        Mistake(
            "positive",
            "You have worked with s = +4. Drawings that are seen through have a *negative* score.",
            value=lambda: [1 - LOW, 1 - (1 - LOW), -1.0],
        ),
        Mistake(
            "product",
            "Your first two are equal: that is σ(1 − σ), the slope of the sigmoid. The logarithm "
            "has a slope, too: chain rule.",
            value=lambda: [LOW * (1 - LOW), LOW * (1 - LOW), 1.0],
        ),
    ),
)

# ------------------------------------------------------------------ find the bugs: two moves


def moves(
    generator: Tensor,
    inspector: Tensor,
    real: Tensor,
    noise: Tensor,
    rate: float,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: both players' weights after a move of each, first the inspector's."""
    if "forger_first" in wrong:
        return forger_first(generator, inspector, real, noise, rate)
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    drawn = noise @ g if "not_detached" in wrong else (noise @ g).detach()
    loss = judged(real @ d, drawn @ d, wrong)
    loss.backward()
    new = ascend(d, rate if "inspector_climbs" in wrong else -rate)
    player = d if "old_inspector" in wrong else new.requires_grad_()
    scores = (noise @ g) @ player
    tricked = fooled(scores, wrong)
    tricked.backward()
    if "both_move" in wrong:
        new = new.detach() - rate * player.grad
    moved = ascend(g, -rate)
    return torch.cat([moved.flatten(), new.detach()])


def forger_first(
    generator: Tensor, inspector: Tensor, real: Tensor, noise: Tensor, rate: float
) -> Tensor:
    """Return what comes out when the forger moves before the inspector."""
    g, d = generator.clone().requires_grad_(), inspector.clone().requires_grad_()
    fooled(noise @ g @ inspector, RIGHT).backward()
    moved = ascend(g, -rate)
    judged(real @ d, noise @ moved @ d, RIGHT).backward()
    return torch.cat([moved.flatten(), ascend(d, -rate)])


def fooled(scores: Tensor, wrong: Wrong) -> Tensor:
    """Return the forger's loss, or one that people take for it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "caught": lambda: F.softplus(scores).mean(),
        "minimax": lambda: -F.softplus(scores).mean(),
        "hinge": lambda: -scores.mean(),
        "forger_climbs": lambda: -F.softplus(-scores).mean(),
    }
    return next((way() for name, way in ways.items() if name in wrong), F.softplus(-scores).mean())


def judged(real: Tensor, drawn: Tensor, wrong: Wrong) -> Tensor:
    """Return the inspector's loss, perhaps without one of its halves."""
    if "drawn_only" in wrong:
        return F.softplus(drawn).mean()
    return F.softplus(-real).mean() + F.softplus(drawn).mean()


def ascend(weights: Tensor, rate: float) -> Tensor:
    """Return weights moved along their gradient."""
    slope = torch.zeros_like(weights) if weights.grad is None else weights.grad
    return (weights + rate * slope).detach().clone()


def move_cases() -> list[Case]:
    def case(size: int, many: int, rate: float, seed: int) -> Case:
        return Case(
            generator=random_tensor(2, size, seed=seed),
            inspector=random_tensor(size, seed=seed + 1),
            real=random_tensor(many, size, seed=seed + 2) + 1,
            noise=random_tensor(many + 1, 2, seed=seed + 3),
            rate=rate,
        )

    return [case(2, 2, 0.5, seed=0), case(3, 4, 0.7, seed=10), case(4, 3, 1.0, seed=20)]


MOVES = FindTheBug(
    id="gans.moves",
    title="Find the bugs: two moves",
    difficulty=3,
    minutes=25,
    differentiable=False,
    given=frozenset({"not_detached", "caught", "both_move"}),
    hints=(
        "There are three mistakes. Ask at every `backward()`: whose gradients does it fill, and "
        "whose should it fill? And whom does the forger want to be taken for?",
        "First d ← d − rate · ∂L/∂d. Then g ← g − rate · ∂L_fool/∂g, with the new d, which stands "
        "still. L_fool = −E[ln σ(s)].",
        "drawn (n, size) must not lead back to g in the first move. After it, g.grad has to be "
        "None. In the second move only g changes: (2, size).",
        "drawn = (noise @ g).detach()\n…\nfooled = F.softplus(...).mean()\nfooled.backward()\n"
        "with torch.no_grad():\n    g -= ...",
    ),
    reference=moves,
    cases=move_cases,
    mistakes=(
        Mistake(
            "not_detached",
            "The inspector's loss reaches the forger's gradient: its `backward()` goes on into g, "
            "and what it leaves there is added to the forger's own. What cuts it off?",
            "detach",
        ),
        Mistake(
            "caught",
            "The forger's loss pays for *high* scores: the labels are swapped, and it learns to be "
            "caught.",
            "fool",
        ),
        Mistake(
            "both_move",
            "The inspector moves a second time, along the forger's loss: it is made to be fooled. "
            "Who should stand still in the second move?",
            "second",
        ),
        Mistake(
            "old_inspector",
            "The forger plays against the inspector as it was *before* its move. In which order do "
            "they move?",
            "player",
        ),
        Mistake(
            "inspector_climbs",
            "The inspector walks up its loss instead of down.",
            "climb",
        ),
        Mistake(
            "forger_climbs",
            "The forger walks up its loss instead of down.",
            "fool",
        ),
        Mistake(
            "minimax",
            "Your forger has the minimax loss, ln(1 − σ(s)). Which one falls asleep, and which is "
            "asked for?",
            "fool",
        ),
        Mistake(
            "hinge",
            "Your forger has the loss of the hinge game, −s. The non-saturating one is asked for.",
            "fool",
        ),
        Mistake(
            "forger_first",
            "Your forger moves first, and the inspector then sees its new drawings. Who moves "
            "first here?",
            "detach second climb half fool player",
        ),
        Mistake(
            "drawn_only",
            "Real pairs have no say in the inspector's move.",
            "half",
        ),
    ),
)

# ------------------------------------------------------------------ spectral norm


def spectral(weight: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the matrix over its largest singular value."""
    values = torch.linalg.svdvals(weight)
    ways: dict[str, Callable[[], Tensor]] = {
        "frobenius": lambda: weight / weight.norm(),
        "entry": lambda: weight / weight.abs().max(),
        "rows": lambda: weight / weight.norm(dim=1, keepdim=True),
        "columns": lambda: weight / weight.norm(dim=0, keepdim=True),
        "squared": lambda: weight / values[0] ** 2,
        "sum": lambda: weight / values.sum(),
        "smallest": lambda: weight / values[-1],
        "value": lambda: values[0],
        "multiplied": lambda: weight * values[0],
        "root": lambda: weight / values[0].sqrt(),
        "clipped": lambda: weight.clamp(-1, 1),
        "orthogonal": lambda: turned_only(weight),
        "mean": lambda: weight / values.mean(),
        "row_sum": lambda: weight / weight.abs().sum(dim=1).max(),
    }
    return next((way() for name, way in ways.items() if name in wrong), weight / values[0])


def turned_only(weight: Tensor) -> Tensor:
    """Return the matrix with all its singular values set to 1."""
    left, _, right = torch.linalg.svd(weight, full_matrices=False)
    return left @ right


def spectral_cases() -> list[Case]:
    made = ((2, 3, 0), (4, 3, 10), (3, 3, 20), (2, 5, 30))
    return [Case(weight=1.7 * random_tensor(a, b, seed=seed)) for a, b, seed in made]


def stretches_nothing(case: Case, output: Tensor) -> bool:
    """Say whether the largest singular value is 1."""
    if output.shape != case["weight"].shape:
        return True
    return abs(torch.linalg.svdvals(output.double())[0].item() - 1) < 1e-3


SPECTRAL = Implement(
    id="gans.spectral",
    title="Spectral norm",
    difficulty=2,
    minutes=15,
    hints=(
        "By how much can the matrix stretch a vector at most? Divide by that.",
        "W / σ(W), with σ(W) the largest singular value: the largest |W v| over all |v| = 1.",
        "weight (out, in) → its singular values, largest first (`torch.linalg.svdvals`) → one "
        "number → (out, in).",
        "largest = torch.linalg.svdvals(...)[...]\nreturn ... / ...",
    ),
    reference=spectral,
    cases=spectral_cases,
    mistakes=(
        Mistake(
            "frobenius",
            "You divide by the root of the sum of all squares, the Frobenius norm. It is never "
            "smaller than the largest stretch: your layers shrink everything.",
            "all",
        ),
        Mistake(
            "entry",
            "You divide by the largest entry. A matrix of many small entries can stretch a lot.",
            "all",
        ),
        Mistake(
            "rows",
            "You make every row as long as 1. How far do all rows together stretch a vector?",
            "all",
        ),
        Mistake(
            "columns",
            "You make every column as long as 1. How far do all columns together stretch a vector?",
            "all",
        ),
        Mistake(
            "squared",
            "You divide by the square of the largest singular value: is yours an eigenvalue of "
            "W Wᵀ?",
            "all",
        ),
        Mistake(
            "sum",
            "You divide by the sum of the singular values, the nuclear norm. Which of them is the "
            "largest stretch?",
            "all",
        ),
        Mistake(
            "smallest",
            "You divide by the smallest singular value. In which order do they come?",
            "all",
        ),
        Mistake(
            "value",
            "You return the singular value. What is asked for is the matrix, divided by it.",
            "all",
        ),
        Mistake(
            "multiplied",
            "You multiply by the largest singular value, so that the layer stretches still more.",
            "all",
        ),
        Mistake(
            "root",
            "You divide by the root of the largest singular value. Is the root already in it?",
            "all",
        ),
        Mistake(
            "clipped",
            "You clip the entries, as the first Wasserstein GANs did. That bounds the entries, and "
            "not how far they stretch together.",
            "all",
        ),
        Mistake(
            "orthogonal",
            "You set *all* singular values to 1. Only the largest should become 1; the others keep "
            "their proportion to it.",
            "all",
        ),
        Mistake(
            "mean",
            "You divide by the mean of the singular values. Which of them is the largest stretch?",
            "all",
        ),
        Mistake(
            "row_sum",
            "You divide by the largest row sum: the most by which the largest *entry* of a vector "
            "can grow. Asked for is by how much its *length* can.",
            "all",
        ),
    ),
    properties=(
        Property(
            "The result should stretch no vector, and at least one not shrink: its largest "
            "singular value is 1, and yours is another.",
            stretches_nothing,
        ),
    ),
)

# ------------------------------------------------------------------ batch norm when you draw


def drawing(
    hidden: Tensor,
    mean: Tensor,
    variance: Tensor,
    scale: Tensor,
    shift: Tensor,
    eps: float,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: `(h − μ) / √(v + ε) · γ + β`, with the running mean and the running variance."""
    mean, variance = statistics(hidden, mean, variance, wrong)
    spread = spread_of(variance, eps, wrong)
    if "no_scale" in wrong:
        scale = torch.ones_like(scale)
    if "no_shift" in wrong:
        return (hidden - mean) / spread * scale
    if "shift_first" in wrong:
        return ((hidden - mean) / spread + shift) * scale
    return (hidden - mean) / spread * scale + shift


def statistics(
    hidden: Tensor, mean: Tensor, variance: Tensor, wrong: Wrong
) -> tuple[Tensor, Tensor]:
    """Return the mean and the variance that the hidden numbers are measured by."""
    own = hidden.mean(dim=0), hidden.var(dim=0, unbiased=False)
    if "training" in wrong:
        return own
    if "moved" in wrong:
        return 0.9 * mean + 0.1 * own[0], 0.9 * variance + 0.1 * own[1]
    if "row" in wrong:
        return hidden.mean(dim=1, keepdim=True), hidden.var(dim=1, keepdim=True, unbiased=False)
    ways = {
        "not_centred": (torch.zeros_like(mean), variance),
        "own_mean": (own[0], variance),
        "own_variance": (mean, own[1]),
    }
    return next((way for name, way in ways.items() if name in wrong), (mean, variance))


def spread_of(variance: Tensor, eps: float, wrong: Wrong) -> Tensor:
    """Return what the hidden numbers are divided by."""
    ways = {
        "no_root": lambda: variance + eps,
        "multiplied": lambda: 1 / (variance + eps).sqrt(),
        "no_eps": lambda: variance.sqrt(),
        "eps_outside": lambda: variance.sqrt() + eps,
    }
    return next((way() for name, way in ways.items() if name in wrong), (variance + eps).sqrt())


def drawing_cases() -> list[Case]:
    def case(many: int, width: int, seed: int) -> Case:
        mean = random_tensor(width, seed=seed) + 1
        others = 2 * random_tensor(many - 1, width, seed=seed + 1) + 3
        return Case(
            hidden=torch.cat([mean[None], others]),
            mean=mean,
            variance=random_tensor(width, seed=seed + 2).square() + 0.3,
            scale=random_tensor(width, seed=seed + 3) + 2,
            shift=random_tensor(width, seed=seed + 4) - 2,
            eps=0.05,
        )

    return [case(2, 3, seed=0), case(5, 2, seed=10), case(3, 4, seed=20)]


def the_mean_becomes_the_shift(case: Case, output: Tensor) -> bool:
    """Say whether the first row, which is the running mean itself, comes out as the shift."""
    if output.shape != case["hidden"].shape:
        return True
    return torch.allclose(output[0].to(case["shift"].dtype), case["shift"], atol=1e-4)


DRAWING = Implement(
    id="gans.drawing",
    title="Batch norm when you draw",
    difficulty=2,
    minutes=10,
    differentiable=False,
    hints=(
        "In training a row is measured by the batch that it comes in. Now there may be no batch. "
        "By what do you measure it?",
        "(h − μ) / √(v + ε) · γ + β, with the running mean μ and the running variance v.",
        "hidden (picture, width); mean, variance, scale, shift (width,): each column has its own. "
        "Nothing is averaged here. Result (picture, width).",
        "return (hidden - ...) / (... + eps).sqrt() * ... + ...",
    ),
    reference=drawing,
    cases=drawing_cases,
    mistakes=(
        Mistake(
            "training",
            "You measure the rows by the batch that they came in: that is training mode. Ask for "
            "one drawing alone, and it is its own mean: every drawing is the same. Which mean and "
            "which variance were kept from training?",
            "statistics",
        ),
        Mistake(
            "moved",
            "You move the running mean and variance a little towards this batch first. That is for "
            "training; what is drawn must not change who draws.",
            "statistics",
        ),
        Mistake(
            "row",
            "You take the mean and the variance along each row: that is layer norm. Batch norm has "
            "a mean for each *column*, and it is handed to you.",
            "statistics",
        ),
        Mistake("not_centred", "You do not subtract the running mean.", "statistics"),
        Mistake(
            "own_mean",
            "Your variance is the one that was kept, but your mean is that of this batch.",
            "statistics",
        ),
        Mistake(
            "own_variance",
            "Your mean is the one that was kept, but your variance is that of this batch.",
            "statistics",
        ),
        Mistake(
            "no_root",
            "You divide by the variance. What has the unit of the numbers themselves?",
            "spread",
        ),
        Mistake("multiplied", "You multiply by the standard deviation. Divide by it.", "spread"),
        Mistake(
            "no_eps",
            "Where is ε? Without it a column that never changed would be divided by 0.",
            "spread",
        ),
        Mistake(
            "eps_outside",
            "You add ε to the standard deviation. In batch norm it is added to the *variance*, "
            "under the root.",
            "spread",
        ),
        Mistake("no_scale", "Your columns are not multiplied by `scale`.", "scale shift"),
        Mistake("no_shift", "You do not add `shift`.", "shift"),
        Mistake(
            "shift_first",
            "You add `shift` before you multiply by `scale`. Which comes last?",
            "shift scale",
        ),
    ),
    properties=(
        Property(
            "A row that equals the running mean should come out as `shift`, whoever stands beside "
            "it; yours does not.",
            the_mean_becomes_the_shift,
        ),
    ),
)

# ------------------------------------------------------------------ diversity


def diversity(features: Tensor, letters: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the mean distance of two pictures of one letter, averaged over the letters."""
    groups = [features[letters == k] for k in letters.unique()]
    ways: dict[str, Callable[[], Tensor]] = {
        "all_letters": lambda: distances(features).mean(),
        "with_itself": lambda: mean_of([torch.cdist(g, g).mean() for g in groups]),
        "squared": lambda: mean_of([distances(g).square().mean() for g in groups]),
        "to_the_mean": lambda: mean_of([(g - g.mean(0)).norm(dim=1).mean() for g in groups]),
        "pooled": lambda: torch.cat([distances(g) for g in groups]).mean(),
        "largest": lambda: mean_of([distances(g).max() for g in groups]),
        "sums": lambda: mean_of([distances(g).sum() for g in groups]),
        "between": lambda: distances(torch.stack([g.mean(0) for g in groups])).mean(),
        "sum_of_letters": lambda: mean_of([distances(g).mean() for g in groups]) * len(groups),
        "deviation": lambda: mean_of([g.std(0).mean() for g in groups]),
        "city_block": lambda: mean_of([torch.pdist(g, p=1).mean() for g in groups]),
        "neighbours": lambda: mean_of([(g[1:] - g[:-1]).norm(dim=1).mean() for g in groups]),
        "half_empty": lambda: mean_of([torch.cdist(g, g).triu(1).mean() for g in groups]),
        "median": lambda: mean_of([distances(g).median() for g in groups]),
        "smallest": lambda: mean_of([distances(g).min() for g in groups]),
        "variance": lambda: mean_of([g.var(0).sum() for g in groups]),
    }
    right = mean_of([distances(g).mean() for g in groups])
    return next((way() for name, way in ways.items() if name in wrong), right)


def distances(group: Tensor) -> Tensor:
    """Return the distance of every two rows."""
    return torch.pdist(group)


def mean_of(numbers: list[Tensor]) -> Tensor:
    """Return the mean of some numbers."""
    return torch.stack(numbers).mean()


def diversity_cases() -> list[Case]:
    def case(letters: list[int], width: int, seed: int) -> Case:
        own = torch.tensor(letters)
        features = random_tensor(len(own), width, seed=seed) + 2 * own[:, None]
        return Case(features=features, letters=own)

    return [
        case([0, 0, 0, 1, 1], 2, seed=0),
        case([2, 0, 2, 0, 2, 2, 5, 5], 3, seed=10),
        case([1, 1, 1, 3, 3, 3, 3], 4, seed=20),
    ]


def letters_far_apart_do_not_count(case: Case, output: Tensor) -> bool:
    """Say whether the result is no larger than the largest distance within a letter."""
    own = [case["features"][case["letters"] == k] for k in case["letters"].unique()]
    return bool((output <= max(torch.pdist(group).max() for group in own) + 1e-5).all())


DIVERSITY = Implement(
    id="gans.diversity",
    title="One number that sees a collapse",
    difficulty=2,
    minutes=15,
    hints=(
        "Take one letter at a time. How far apart are two of its pictures, on average over all "
        "pairs? Then the mean over the letters.",
        "1/K Σ_k mean over i < j of ‖f_i − f_j‖, over the pictures i, j of letter k.",
        "features (picture, width); those of one letter: (n, width); `torch.pdist` gives the "
        "n(n − 1)/2 distances of its pairs. A mean for each letter, then the mean of those: ().",
        "means = []\nfor letter in letters.unique():\n    own = features[...]\n"
        "    means.append(torch.pdist(...).mean())\nreturn torch.stack(means)....",
    ),
    reference=diversity,
    cases=diversity_cases,
    mistakes=(
        Mistake(
            "all_letters",
            "You also measure from one letter to another. A forger that draws one picture a letter "
            "would look diverse. Which pairs count?",
            "all",
        ),
        Mistake(
            "with_itself",
            "Each picture's distance to itself is among yours, and it is always 0.",
            "all",
        ),
        Mistake("squared", "Your distances are squared.", "all"),
        Mistake(
            "to_the_mean",
            "You measure to the middle of each letter. Which distances are asked for?",
            "all",
        ),
        Mistake(
            "pooled",
            "You take one mean over all pairs, so that a letter with many pictures counts more. "
            "What comes first, the mean of each letter or the mean of all?",
            "all",
        ),
        Mistake(
            "deviation",
            "You take the standard deviation of each feature. That sees a collapse, too, but what "
            "is asked for is the distance between two pictures.",
            "all",
        ),
        Mistake(
            "neighbours",
            "You measure from each picture to the next one only. Which pairs i < j are left out?",
            "all",
        ),
        Mistake(
            "half_empty",
            "You take the upper half of the table of distances, and then the mean over the whole "
            "table, zeros and all. Over how many pairs should it be?",
            "all",
        ),
        Mistake("median", "You take the median of the distances, not the mean.", "all"),
        Mistake("smallest", "You take the smallest distance of each letter, not the mean.", "all"),
        Mistake(
            "variance",
            "You add up the variances of the features: that is half the mean *squared* distance of "
            "two pictures. What is asked for has no square.",
            "all",
        ),
        Mistake("largest", "You take the largest distance of each letter, not the mean.", "all"),
        Mistake("sums", "You add up the distances of a letter instead of averaging them.", "all"),
        Mistake(
            "between",
            "You measure between the middles of the letters. That says how well letters are told "
            "apart, and nothing about variety.",
            "all",
        ),
        Mistake("sum_of_letters", "You add up the letters. What is asked for is a mean.", "all"),
        Mistake(
            "city_block",
            "You add up absolute differences (city blocks). The distance asked for is the straight "
            "line.",
            "all",
        ),
    ),
    properties=(
        Property(
            "No mean of distances within letters exceeds the largest of them; yours does.",
            letters_far_apart_do_not_count,
        ),
    ),
)

# ------------------------------------------------------------------ the Fréchet distance

FRECHET = Predict(
    id="gans.frechet",
    title="The Fréchet distance of two Gaussians",
    difficulty=2,
    minutes=10,
    hints=(
        "In one dimension a covariance is a variance, the trace is the number itself, and the root "
        "of a product is the product of the standard deviations.",
        "(μ_r − μ_d)² + σ_r² + σ_d² − 2 σ_r σ_d.",
        "Two numbers: one for N(0, 1) and N(3, 4), whose *variance* is 4; one for a forger that "
        "copies.",
        "answer = [(0 - 3) ** 2 + ... + ... - 2 * ..., ...]",
    ),
    truth=lambda: [10.0, 0.0],
    mistakes=(
        Mistake(
            "no_root",
            "Your first number lacks the last term. What does − 2 (Σ_r Σ_d)^½ come to?",
            value=lambda: [14.0, 0.0],
        ),
        Mistake(
            "mean_only",
            "Your first number is the distance of the means. Their widths differ, too.",
            value=lambda: [9.0, 0.0],
        ),
        Mistake(
            "deviation",
            "You take 4 for a standard deviation. N(3, 4) has the *variance* 4.",
            value=lambda: [18.0, 0.0],
        ),
        Mistake(
            "not_squared",
            "The distance of the means is squared in the formula.",
            value=lambda: [4.0, 0.0],
        ),
        Mistake(
            "no_product_root",
            "You have multiplied the variances without the root: 2 · 1 · 4. What stands at the "
            "upper right of the bracket?",
            value=lambda: [6.0, 0.0],
        ),
        Mistake(
            "copyist_not_perfect",
            "The first is right. Somebody who hands over the real pictures has the same mean and "
            "the same covariance: what is left of the formula?",
            value=lambda: [10.0, 10.0],
        ),
    ),
)

EXERCISES = (INSPECTOR, FOOL, FORCE, MOVES, SPECTRAL, DRAWING, DIVERSITY, FRECHET)
