"""Right answers to the exercises of lesson 13, transfer."""

import torch
import torch.nn.functional as F
from torch import nn


def pooled_by_product(tokens, mask):
    total = (tokens * mask[:, :, None]).sum(dim=1)
    return total / mask.sum(dim=1, keepdim=True)


def pooled_text_by_text(tokens, mask):
    return torch.stack([text[seen].mean(0) for text, seen in zip(tokens, mask.bool(), strict=True)])


def pooled_by_weights(tokens, mask):
    weights = mask.double() / mask.sum(1, keepdim=True)
    return torch.einsum("btw,bt->bw", tokens.double(), weights)


def split_by_a_mask(families, order, count):
    test = torch.zeros(len(families), dtype=torch.bool)
    for family in order:
        if test.sum() >= count:
            break
        test = test | (families == family)
    return test


def split_by_sizes(families, order, count):
    sizes = torch.tensor([(families == family).sum() for family in order])
    before = sizes.cumsum(0) - sizes
    return torch.isin(families, order[before < count])


def split_by_a_set(families, order, count):
    rows, chosen, held = families.tolist(), set(), 0
    for family in order.tolist():
        if held < count:
            chosen.add(family)
            held += rows.count(family)
    return torch.tensor([family in chosen for family in rows])


def ridge_by_centring(features, targets, strength):
    mean = features.mean(dim=0)
    x = features - mean
    weight = torch.linalg.solve(x.T @ x + strength * torch.eye(x.shape[1]), x.T @ targets)
    return weight, targets.mean(dim=0) - mean @ weight


# with a column of ones whose entry in the penalty is 0
def ridge_by_ones(features, targets, strength):
    x = torch.cat([features, torch.ones(len(features), 1)], dim=1).double()
    penalty = strength * torch.eye(x.shape[1], dtype=torch.float64)
    penalty[-1, -1] = 0.0
    both = torch.linalg.solve(x.T @ x + penalty, x.T @ targets.double())
    return both[:-1], both[-1]


# λ as further examples: least squares on the features with √λ I below them
def ridge_by_more_rows(features, targets, strength):
    x, y = features.double(), targets.double()
    mean, wanted = x.mean(0), y.mean(0)
    below = strength**0.5 * torch.eye(x.shape[1], dtype=torch.float64)
    rows = torch.cat([x - mean, below])
    zeros = torch.zeros(x.shape[1], y.shape[1], dtype=torch.float64)
    weight = torch.linalg.lstsq(rows, torch.cat([y - wanted, zeros])).solution
    return weight, wanted - mean @ weight


def lora_by_the_card(x, weight, bias, down, up, alpha):
    scale = alpha / len(down)
    return x @ weight.T + bias + scale * (x @ down.T @ up.T), weight + scale * (up @ down)


def lora_merged_first(x, weight, bias, down, up, alpha):
    merged = weight.double() + alpha / up.shape[1] * up.double() @ down.double()
    return F.linear(x.double(), merged, bias.double()), merged


def lora_by_linear(x, weight, bias, down, up, alpha):
    detour = F.linear(F.linear(x, down), up) * (alpha / down.size(0))
    change = torch.einsum("or,ri->oi", up, down) * alpha / down.size(0)
    return F.linear(x, weight, bias) + detour, weight + change


def trained_in_use(x, targets, weight, mean, variance, head, rate, decay, steps):
    tower = nn.Sequential(
        nn.Linear(weight.shape[1], weight.shape[0], bias=False),
        nn.BatchNorm1d(weight.shape[0], affine=False),
        nn.Tanh(),
    )
    tower[0].weight.data = weight.clone()
    tower[1].running_mean, tower[1].running_var = mean.clone(), variance.clone()
    tower.eval().requires_grad_(False)
    own = nn.Parameter(head.clone())
    optimiser = torch.optim.SGD([own], lr=rate, weight_decay=decay)
    for _ in range(steps):
        loss = ((tower(x) @ own - targets) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return tower[0].weight.detach(), tower[1].running_mean, tower[1].running_var, own.detach()


def trained_on_features(x, targets, weight, mean, variance, head, rate, decay, steps):
    features = F.batch_norm(x @ weight.T, mean, variance, training=False).tanh()
    own = head.clone().requires_grad_()
    for _ in range(steps):
        loss = F.mse_loss(features @ own, targets) + decay / 2 * own.square().sum()
        (slope,) = torch.autograd.grad(loss, own)
        own = (own - rate * slope).detach().requires_grad_()
    return weight, mean, variance, own.detach()


def trained_by_hand(x, targets, weight, mean, variance, head, rate, decay, steps):
    inner = x.double() @ weight.double().T
    features = torch.tanh((inner - mean) / torch.sqrt(variance.double() + 1e-5))
    own = head.double()
    for _ in range(steps):
        errors = features @ own - targets
        own = (1 - rate * decay) * own - rate * 2 / len(x) * errors @ features
    return weight.clone(), mean.clone(), variance.clone(), own


def cka_by_the_card(x, y):
    x, y = x - x.mean(dim=0), y - y.mean(dim=0)
    return (y.T @ x).square().sum() / ((x.T @ x).norm() * (y.T @ y).norm())


# by the examples' similarities: a cosine of two centred tables
def cka_by_similarities(x, y):
    centre = torch.eye(len(x), dtype=torch.float64) - 1 / len(x)
    first, second = (centre @ (z.double() @ z.double().T) @ centre for z in (x, y))
    return (first * second).sum() / (first.norm() * second.norm())


def cka_by_singular_values(x, y):
    x, y = (z.double() - z.double().mean(0, keepdim=True) for z in (x, y))
    (u, s, _), (v, t, _) = (torch.linalg.svd(z, full_matrices=False) for z in (x, y))
    overlap = (u.T @ v) ** 2
    return (s**2) @ overlap @ (t**2) / ((s**4).sum() * (t**4).sum()).sqrt()


def measured():
    def new():
        torch.manual_seed(23)
        layers = [nn.Linear(6, 9), nn.BatchNorm1d(9), nn.Tanh(), nn.Linear(9, 4), nn.BatchNorm1d(4)]
        return (
            nn.Sequential(*layers),
            nn.Linear(4, 1),
            torch.randn(10, 16, 6),
            torch.randn(10, 16, 1),
        )

    def one(training, zeroed):
        tower, head, x, y = new()
        before = {name: value.clone() for name, value in tower.state_dict().items()}
        output = tower.eval()(x[0])
        tower.train(training)
        tower.requires_grad_(zeroed)
        optimiser = torch.optim.SGD(
            [*tower.parameters(), *head.parameters()], lr=0.1, weight_decay=0.01
        )
        for batch, wanted in zip(x, y, strict=True):
            loss = ((head(tower(batch)) - wanted) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            for parameter in tower.parameters():
                if zeroed:
                    parameter.grad.zero_()
            optimiser.step()
        gap = (tower.eval()(x[0]) - output).abs().max().item()
        moved = [(value != before[name]).sum() for name, value in tower.state_dict().items()]
        return int(sum(moved)), gap

    return [one(True, False)[0], one(False, False)[0], one(True, False)[1], one(False, True)[0]]


RIGHT = {
    "transfer.pooled": [pooled_by_product, pooled_text_by_text, pooled_by_weights],
    "transfer.counted": [
        [3080, 73728, 113040, 1774464],
        (384 * 8 + 8, 6 * 2 * 2 * 8 * 384, 6 * (2 * 384 * 24 + 24 + 384), 1_774_464),
        torch.tensor([3080.0, 73728.0, 113040.0, 1774464.0]),
    ],
    "transfer.family": [split_by_a_mask, split_by_sizes, split_by_a_set],
    "transfer.ridge": [ridge_by_centring, ridge_by_ones, ridge_by_more_rows],
    "transfer.lora": [lora_by_the_card, lora_merged_first, lora_by_linear],
    "transfer.bug_frozen": [trained_in_use, trained_on_features, trained_by_hand],
    "transfer.moved": [measured(), [28, 0, 0.645, 116], (28, 0.0, 0.6450, 116.0)],
    "transfer.cka": [cka_by_the_card, cka_by_similarities, cka_by_singular_values],
}
