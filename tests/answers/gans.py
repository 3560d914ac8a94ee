"""Right answers to the exercises of lesson 11, generative adversarial networks."""

import torch
import torch.nn.functional as F


def inspector_by_torch(real, drawn):
    one = F.binary_cross_entropy_with_logits(real, torch.ones_like(real))
    return one + F.binary_cross_entropy_with_logits(drawn, torch.zeros_like(drawn))


def inspector_by_logarithms(real, drawn):
    return -F.logsigmoid(real).mean() - F.logsigmoid(-drawn).mean()


def inspector_by_sums(real, drawn):
    real, drawn = real.double(), drawn.double()  # e^100 is no float32
    one = torch.log1p(torch.exp(-real)).sum() / len(real)
    return one + torch.log1p(torch.exp(drawn)).sum() / drawn.numel()


def fool_by_torch(drawn):
    return F.binary_cross_entropy_with_logits(drawn, torch.ones_like(drawn))


def fool_by_softplus(drawn):
    return F.softplus(-drawn).mean()


def fool_by_logarithm(drawn):
    return -(1 / (1 + torch.exp(-drawn.double()))).log().mean()


def moves_by_grad(generator, inspector, real, noise, rate):
    d = inspector.clone().requires_grad_()
    loss = inspector_by_torch(real @ d, (noise @ generator).detach() @ d)
    d = (d - rate * torch.autograd.grad(loss, d)[0]).detach()
    g = generator.clone().requires_grad_()
    slope = torch.autograd.grad(fool_by_torch(noise @ g @ d), g)[0]
    return torch.cat([(g - rate * slope).detach().flatten(), d])


def moves_by_optimisers(generator, inspector, real, noise, rate):
    g, d = torch.nn.Parameter(generator.clone()), torch.nn.Parameter(inspector.clone())
    first, second = torch.optim.SGD([d], lr=rate), torch.optim.SGD([g], lr=rate)
    inspector_by_logarithms(real @ d, (noise @ g).detach() @ d).backward()
    first.step()
    second.zero_grad()
    fool_by_softplus((noise @ g) @ d).backward()
    second.step()
    return torch.cat([g.detach().flatten(), d.detach()])


def moves_by_hand(generator, inspector, real, noise, rate):
    drawn = noise @ generator
    up = ((real @ inspector).sigmoid() - 1) @ real / len(real)
    down = (drawn @ inspector).sigmoid() @ drawn / len(drawn)
    inspector = inspector - rate * (up + down)
    push = ((drawn @ inspector).sigmoid() - 1) / len(drawn)
    slope = noise.T @ torch.outer(push, inspector)
    return torch.cat([(generator - rate * slope).flatten(), inspector])


def spectral_by_svd(weight):
    return weight / torch.linalg.svdvals(weight)[0]


def spectral_by_norm(weight):
    return weight / torch.linalg.matrix_norm(weight, ord=2)


def spectral_by_eigenvalues(weight):
    return weight / torch.linalg.eigvalsh(weight.T @ weight)[-1].sqrt()


def drawing_by_formula(hidden, mean, variance, scale, shift, eps):
    return (hidden - mean) / (variance + eps).sqrt() * scale + shift


def drawing_by_torch(hidden, mean, variance, scale, shift, eps):
    return torch.nn.functional.batch_norm(hidden, mean, variance, scale, shift, False, 0.1, eps)


def drawing_column_by_column(hidden, mean, variance, scale, shift, eps):
    columns = []
    for k in range(hidden.shape[1]):
        slope = scale[k] / torch.sqrt(variance[k] + eps)
        columns.append(slope * hidden[:, k] + (shift[k] - slope * mean[k]))
    return torch.stack(columns, dim=1)


def diversity_by_pdist(features, letters):
    groups = [features[letters == k] for k in letters.unique()]
    return torch.stack([torch.pdist(group).mean() for group in groups]).mean()


def diversity_by_cdist(features, letters):
    found = []
    for k in set(letters.tolist()):
        group = features[letters == k]
        n = len(group)
        apart = torch.cdist(group, group, compute_mode="donot_use_mm_for_euclid_dist")
        found.append(apart.sum() / (n * (n - 1)))
    return sum(found) / len(found)


def diversity_pair_by_pair(features, letters):
    found = {}
    for i in range(len(features)):
        for j in range(i):
            if letters[i] == letters[j]:
                gap = (features[i] - features[j]).square().sum().sqrt()
                found.setdefault(int(letters[i]), []).append(gap)
    return torch.stack([torch.stack(gaps).mean() for gaps in found.values()]).mean()


RIGHT = {
    "gans.inspector": [inspector_by_torch, inspector_by_logarithms, inspector_by_sums],
    "gans.fool": [fool_by_torch, fool_by_softplus, fool_by_logarithm],
    "gans.force": [[0.018, 0.982, 1], (0.01799, 0.98201, 1.0), torch.tensor([0.018, 0.982, 1.0])],
    "gans.moves": [moves_by_grad, moves_by_optimisers, moves_by_hand],
    "gans.spectral": [spectral_by_svd, spectral_by_norm, spectral_by_eigenvalues],
    "gans.drawing": [drawing_by_formula, drawing_by_torch, drawing_column_by_column],
    "gans.diversity": [diversity_by_pdist, diversity_by_cdist, diversity_pair_by_pair],
    "gans.frechet": [[10.0, 0.0], (10, 0), torch.tensor([10.0, 0.0])],
}
