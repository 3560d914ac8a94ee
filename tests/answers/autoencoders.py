"""Right answers to the exercises of lesson 10, autoencoders."""

import torch
import torch.nn.functional as F


def joint_loss_by_torch(first, drawn_first, second, drawn_second, code, weights, penalty):
    one = F.mse_loss(drawn_first, first, reduction="sum") / len(first)
    two = F.mse_loss(drawn_second, second, reduction="sum") / len(first)
    return weights[0] * one + weights[1] * two + penalty * code.pow(2).sum() / len(code)


def joint_loss_pair_by_pair(first, drawn_first, second, drawn_second, code, weights, penalty):
    total = 0.0
    for a, b, c, d, z in zip(first, drawn_first, second, drawn_second, code, strict=True):
        total = total + weights[0] * torch.dot(a - b, a - b) + weights[1] * torch.dot(c - d, c - d)
        total = total + penalty * torch.dot(z, z)
    return total / len(first)


def joint_loss_by_norm(first, drawn_first, second, drawn_second, code, weights, penalty):
    sides = ((first - drawn_first, weights[0]), (second - drawn_second, weights[1]))
    sides += ((code, penalty),)
    return sum(w * torch.linalg.vector_norm(x, dim=1) ** 2 for x, w in sides).mean()


def hide_by_cat(draw, share):
    return torch.cat([(draw >= share)[:, None], (draw < 1 - share)[:, None]], dim=1).float()


def hide_in_a_loop(draw, share):
    return torch.tensor([[float(u >= share), float(u < 1 - share)] for u in draw.tolist()])


def hide_from_true(draw, share):
    present = torch.ones(len(draw), 2)
    present[draw < share, 0] = 0
    present[draw >= 1 - share, 1] = 0
    return present


def kl_by_torch(mean, log_variance):
    q = torch.distributions.Normal(mean, (log_variance / 2).exp())
    return torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0))


def kl_as_in_the_paper(mean, log_variance):
    return -0.5 * (1 + log_variance - mean**2 - log_variance.exp())


def kl_by_deviation(mean, log_variance):
    deviation = torch.exp(log_variance / 2)
    return (mean * mean + deviation * deviation - 1) / 2 - torch.log(deviation)


def product_with_the_prior_as_an_expert(means, variances, present):
    means = torch.cat([means, torch.zeros(1, means.shape[1])])
    precisions = torch.cat([present / variances, torch.ones(1, means.shape[1])])
    return torch.stack([(precisions * means).sum(0), torch.ones_like(means[0])]) / precisions.sum(0)


def product_one_by_one(means, variances, present):
    mean, variance = torch.zeros(means.shape[1]), torch.ones(means.shape[1])
    for m, v, there in zip(means, variances, present, strict=True):
        both = 1 / (1 / variance + 1 / v)
        mean = torch.where(there, both * (mean / variance + m / v), mean)
        variance = torch.where(there, both, variance)
    return torch.stack([mean, variance])


def product_by_masking(means, variances, present):
    precisions = (1 / variances).masked_fill(~present, 0.0)
    variance = 1 / (1 + precisions.sum(dim=0))
    return torch.stack([variance * torch.einsum("ep,ep->p", precisions, means), variance])


def vae_by_torch(pictures, weight, mean, log_variance, noise, beta):
    code = mean + torch.exp(0.5 * log_variance) * noise
    drawn = 0.5 * F.mse_loss(code @ weight, pictures, reduction="none").sum(dim=-1)
    return (drawn + beta * kl_by_torch(mean, log_variance).sum(dim=-1)).mean()


def vae_by_deviation(pictures, weight, mean, log_variance, noise, beta):
    deviation = log_variance.exp().sqrt()
    miss = pictures - torch.addcmul(mean, deviation, noise) @ weight
    far = kl_as_in_the_paper(mean, log_variance)
    return (miss.pow(2).sum() / 2 + beta * far.sum()) / len(pictures)


def vae_picture_by_picture(pictures, weight, mean, log_variance, noise, beta):
    rows = []
    for x, m, lv, e in zip(pictures, mean, log_variance, noise, strict=True):
        miss = x - (m + (lv / 2).exp() * e) @ weight
        rows.append(miss @ miss / 2 + beta * kl_by_deviation(m, lv).sum())
    return torch.stack(rows).mean()


RIGHT = {
    "autoencoders.joint_loss": [joint_loss_by_torch, joint_loss_pair_by_pair, joint_loss_by_norm],
    "autoencoders.hide": [hide_by_cat, hide_in_a_loop, hide_from_true],
    "autoencoders.kl": [kl_by_torch, kl_as_in_the_paper, kl_by_deviation],
    "autoencoders.product": [
        product_with_the_prior_as_an_expert,
        product_one_by_one,
        product_by_masking,
    ],
    "autoencoders.find_bugs": [vae_by_torch, vae_by_deviation, vae_picture_by_picture],
    "autoencoders.beta": [[1024, 1 / 1024], (1024.0, 0.000977), torch.tensor([1024, 2**-10])],
    "autoencoders.weight": [
        [8.866, 1.034, 10.444, 0.643],
        (8.9, 1.03, 10.4, 0.64),
        torch.tensor([8.87, 1.035, 10.45, 0.643]),
    ],
}
