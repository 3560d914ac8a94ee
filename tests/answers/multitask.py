"""Right answers to the exercises of lesson 09, multitask."""

import math
from fractions import Fraction
from itertools import combinations

import torch
import torch.nn.functional as F
from torch import nn


def loss_by_known_rows(first_scores, first_labels, second_scores, second_labels, weights):
    def task_loss(scores, labels):
        known = labels != -100
        total = F.cross_entropy(scores[known], labels[known], reduction="sum")
        return total / max(int(known.sum()), 1)

    first = task_loss(first_scores, first_labels)
    return weights[0] * first + weights[1] * task_loss(second_scores, second_labels)


def loss_by_ignoring(first_scores, first_labels, second_scores, second_labels, weights):
    total = 0.0
    pairs = ((first_scores, first_labels), (second_scores, second_labels))
    for weight, (scores, labels) in zip(weights, pairs, strict=True):
        if (labels >= 0).any():
            total = total + weight * F.cross_entropy(scores, labels)
    return total


def loss_in_loops(first_scores, first_labels, second_scores, second_labels, weights):
    total = torch.zeros((), dtype=torch.float64)
    for scores, labels, weight in (
        (first_scores, first_labels, weights[0]),
        (second_scores, second_labels, weights[1]),
    ):
        prices = [
            row.double().logsumexp(0) - row[label]
            for row, label in zip(scores, labels.tolist(), strict=True)
            if label != -100
        ]
        if prices:
            total = total + weight * sum(prices) / len(prices)
    return total


def penalty_over_pairs(losses, trunks, heads, strength):
    gaps = [(trunks[a] - trunks[b]).square().sum() for a, b in combinations(range(len(trunks)), 2)]
    return losses.sum() + strength * sum(gaps)


def penalty_both_ways_halved(losses, trunks, heads, strength):
    flat = trunks.flatten(1)
    gaps = flat[:, None] - flat[None]
    return losses.sum() + strength * torch.einsum("abw,abw->", gaps, gaps) / 2


# Σ over pairs ‖θ_a − θ_b‖² = (number of tasks) · Σ ‖θ_a − mean‖²
def penalty_from_the_mean(losses, trunks, heads, strength):
    trunks = trunks.double()
    off = trunks - trunks.mean(dim=0, keepdim=True)
    return losses.sum() + strength * len(trunks) * (off**2).sum()


def cosine_in_one_row(first, second):
    a, b = first[:-1].flatten(), second[:-1].flatten()
    return F.cosine_similarity(a, b, dim=0)


def cosine_layer_by_layer(first, second):
    dot, a, b = 0.0, 0.0, 0.0
    for x, y in zip(first[:-1].double(), second[:-1].double(), strict=True):
        dot, a, b = dot + (x * y).sum(), a + (x * x).sum(), b + (y * y).sum()
    return dot / (a * b).sqrt() if a * b > 0 else torch.zeros(())


def cosine_by_unit_vectors(first, second):
    a, b = (F.normalize(g[: len(g) - 1].reshape(-1), dim=0) for g in (first, second))
    return torch.dot(a, b)


def trained_by_one_layer(x, targets, trunk, heads, rate, steps):
    shared = nn.Linear(trunk.shape[1], trunk.shape[0], bias=False)
    shared.weight.data = trunk.clone()
    own = nn.Parameter(heads.clone())
    optimiser = torch.optim.SGD([shared.weight, own], lr=rate)
    for _ in range(steps):
        hidden = torch.tanh(shared(x))
        loss = sum(((hidden @ own[t] - targets[t]) ** 2).mean() for t in range(2))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return shared.weight.detach(), own.detach()


def trained_by_autograd(x, targets, trunk, heads, rate, steps):
    trunk, heads = (w.double().requires_grad_() for w in (trunk, heads))
    for _ in range(steps):
        guessed = torch.tanh(x.double() @ trunk.T) @ heads.T
        loss = (guessed - targets.T).square().mean(0).sum()
        pulls = torch.autograd.grad(loss, (trunk, heads))
        trunk, heads = (w - rate * pull for w, pull in zip((trunk, heads), pulls, strict=True))
    return trunk, heads


def trained_by_hand(x, targets, trunk, heads, rate, steps):
    for _ in range(steps):
        hidden = torch.tanh(x @ trunk.T)
        off = hidden @ heads.T - targets.T  # (example, 2)
        inner = off @ heads * (1 - hidden**2)
        scale = 2 * rate / len(x)
        trunk, heads = trunk - scale * inner.T @ x, heads - scale * off.T @ hidden
    return trunk, heads


def uncertainty_by_where(losses, log_variances, regression):
    factor = torch.where(regression, 0.5, 1.0)
    return (factor * torch.exp(-log_variances) * losses + log_variances / 2).sum()


def uncertainty_task_by_task(losses, log_variances, regression):
    total = 0
    for loss, s, is_regression in zip(losses, log_variances, regression, strict=True):
        fitted = loss / s.exp()
        total = total + (fitted / 2 if is_regression else fitted) + 0.5 * s
    return total


def uncertainty_by_sigma(losses, log_variances, regression):
    sigma = (log_variances.double() / 2).exp()
    factor = 1 - regression.double() / 2
    return torch.dot(factor * losses, sigma**-2) + torch.log(sigma).sum()


def pcgrad_on_the_trunk(gradients, shared, orders):
    trunk = gradients[:, shared]
    total = gradients.sum(0)
    projected = trunk.clone()
    for i in range(len(trunk)):
        for j in orders[i].tolist():
            dot = projected[i] @ trunk[j]
            if j != i and dot < 0:
                projected[i] -= dot / (trunk[j] @ trunk[j]) * trunk[j]
    total[shared] = projected.sum(0)
    return total


def pcgrad_by_clamping(gradients, shared, orders):
    masked = (gradients * shared).double()
    result = (gradients * ~shared).sum(0).double()
    for i, order in enumerate(orders):
        g = masked[i]
        for j in order[order != i]:
            other = masked[j]
            g = g - (g @ other).clamp(max=0) / (other @ other).clamp(min=1e-30) * other
        result = result + g
    return result


def pcgrad_by_directions(gradients, shared, orders):
    units = F.normalize(gradients[:, shared], dim=1)
    parts = []
    for i, gradient in enumerate(gradients):
        new = gradient.clone()
        g = gradient[shared]
        for j in (int(j) for j in orders[i] if j != i):
            pull = torch.sum(g * units[j])
            g = g - torch.minimum(pull, torch.zeros(())) * units[j]
        new[shared] = g
        parts.append(new)
    return torch.stack(parts).sum(dim=0)


def measured():
    generator = torch.Generator().manual_seed(13)
    x = torch.randn(40, 6, generator=generator)
    rule, start = torch.randn(2, 6, generator=generator)
    noise = 0.3 * torch.randn(2, 40, generator=generator)
    wanted = {sign: torch.stack([x @ rule, sign * (x @ rule)]) + noise for sign in (1, -1)}

    def losses(trunk, heads, targets):
        return ((heads[:, None] * (x @ trunk) - targets) ** 2).mean(dim=1)

    def train(targets, train_heads, steps=100):
        trunk, heads = start.clone().requires_grad_(), torch.ones(2, requires_grad=train_heads)
        moved = [trunk, heads] if train_heads else [trunk]
        optimiser = torch.optim.SGD(moved, lr=0.05)
        for _ in range(steps):
            optimiser.zero_grad()
            losses(trunk, heads, targets).sum().backward()
            optimiser.step()
        return trunk.detach(), heads.detach()

    def cosine(trunk, targets):
        trunk = trunk.clone().requires_grad_()
        both = losses(trunk, torch.ones(2), targets)
        a, b = (torch.autograd.grad(one, trunk, retain_graph=True)[0] for one in both)
        return F.cosine_similarity(a, b, dim=0).item()

    fixed, own = (losses(*train(wanted[-1], h), wanted[-1]).mean().item() for h in (False, True))
    return [
        cosine(start, wanted[-1]),
        fixed,
        own,
        cosine(train(wanted[1], False, 30)[0], wanted[1]),
    ]


RIGHT = {
    "multitask.helps": [
        [2, 1, 5.5],
        (2, 1, Fraction(11, 2)),
        torch.tensor([2, 1, (5 + 6) / 2]),
    ],
    "multitask.loss": [loss_by_known_rows, loss_by_ignoring, loss_in_loops],
    "multitask.penalty": [penalty_over_pairs, penalty_both_ways_halved, penalty_from_the_mean],
    "multitask.cosine": [cosine_in_one_row, cosine_layer_by_layer, cosine_by_unit_vectors],
    "multitask.bug_shared": [trained_by_one_layer, trained_by_autograd, trained_by_hand],
    "multitask.opposed": [
        measured(),
        [-0.41, 6.874, 0.0912, -0.895],
        (-0.4100, 6.8744, 0.0912, -0.8948),
    ],
    "multitask.negative": [
        [-2.303, 10, -0.651, 0.184],
        [math.log(0.1), 10.0, 0.5 + math.log(0.1) / 2, math.exp(-1) / 2],
        torch.tensor([-2.3026, 10.0, -0.6513, 0.1839]),
    ],
    "multitask.uncertainty": [
        uncertainty_by_where,
        uncertainty_task_by_task,
        uncertainty_by_sigma,
    ],
    "multitask.pcgrad": [pcgrad_on_the_trunk, pcgrad_by_clamping, pcgrad_by_directions],
}
