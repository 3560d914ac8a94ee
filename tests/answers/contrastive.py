"""Right answers to the exercises of lesson 12, contrastive."""

import math

import numpy as np
import torch
import torch.nn.functional as F


def similarities_by_normalize(pictures, texts, temperature):
    return F.normalize(pictures, dim=-1) @ F.normalize(texts, dim=-1).mT / temperature


def similarities_dividing_by_lengths(pictures, texts, temperature):
    lengths = torch.outer(pictures.norm(dim=1), texts.norm(dim=1))
    return torch.einsum("nd,md->nm", pictures, texts) / lengths / temperature


def similarities_by_broadcasting(pictures, texts, temperature):
    return F.cosine_similarity(pictures[:, None], texts[None], dim=-1).double() / temperature


def similarities_in_a_loop(pictures, texts, temperature):
    def cosine(a, b):
        return (a * b).sum() / (a.square().sum().sqrt() * b.square().sum().sqrt())

    return torch.stack([torch.stack([cosine(p, t) / temperature for t in texts]) for p in pictures])


def info_nce_by_torch(scores):
    own = torch.arange(len(scores))
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2


def info_nce_through_logarithms(scores):
    both = scores.logsumexp(0) + scores.logsumexp(1)
    return (both / 2 - scores.diagonal()).mean()


def info_nce_with_an_identity(scores):
    own = torch.eye(*scores.shape, dtype=torch.float64)
    shares = scores.double().log_softmax(-1) + scores.double().log_softmax(-2)
    return -(own * shares).sum() / (2 * len(scores))


def info_nce_question_by_question(scores):
    n, paid = len(scores), 0.0
    for i in range(n):
        for question in (scores[i], scores[:, i]):
            paid = paid + (question - scores[i, i]).logsumexp(0)
    return paid / (2 * n)


def targets_by_counting(names):
    same = torch.eq(names[:, None], names[None, :])
    return same / same.sum(-1, keepdim=True)


def targets_in_a_loop(names):
    n, values = len(names), names.tolist()
    shares = torch.zeros(n, n, dtype=torch.float64)
    for i in range(n):
        for j in range(n):
            if values[i] == values[j]:
                shares[i, j] = 1 / values.count(values[i])
    return shares


def targets_by_one_hot(names):
    belongs = F.one_hot(names.unique(return_inverse=True)[1]).float()
    return belongs @ (belongs / belongs.sum(0)).T


def targets_by_softmax(names):
    return torch.where(names.view(-1, 1) == names, 0.0, -math.inf).softmax(dim=1)


def clip_by_torch(pictures, texts, log_scale):
    pictures, texts = F.normalize(pictures, dim=1), F.normalize(texts, dim=1)
    scores = log_scale.exp().clamp(max=100) * texts @ pictures.T
    own = torch.arange(len(scores))
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2


def clip_line_by_line(pictures, texts, log_scale):
    pictures = pictures / pictures.norm(dim=1, keepdim=True)
    texts = texts / texts.norm(dim=1, keepdim=True)
    scores = log_scale.exp().clamp(max=100) * texts @ pictures.T
    wanted = torch.eye(len(scores))
    text_loss = -(wanted * scores.log_softmax(dim=1)).sum(dim=1)
    picture_loss = -(wanted.T * scores.T.log_softmax(dim=1)).sum(dim=1)
    return ((text_loss + picture_loss) / 2).mean()


def clip_in_float64(pictures, texts, log_scale):
    cosines = F.cosine_similarity(texts.double()[:, None], pictures.double()[None], dim=-1)
    scores = cosines * log_scale.double().clamp(max=math.log(100)).exp()
    both = scores.logsumexp(0).mean() + scores.logsumexp(1).mean()
    return both / 2 - scores.trace() / len(scores)


def clip_pair_by_pair(pictures, texts, log_scale):
    scale = torch.minimum(log_scale.exp(), torch.tensor(100.0))
    left, right = ([v / v.norm() for v in side] for side in (pictures, texts))
    costs = []
    for i, (p, t) in enumerate(zip(left, right, strict=True)):
        row = torch.stack([scale * (t @ other) for other in left])
        column = torch.stack([scale * (p @ other) for other in right])
        costs.append(-row.log_softmax(0)[i] / 2 - column.log_softmax(0)[i] / 2)
    return sum(costs) / len(costs)


def zero_shot_by_normalize(pictures, prompts):
    return (pictures @ F.normalize(prompts.mean(dim=1), dim=-1).T).argmax(dim=1)


def zero_shot_by_sum(pictures, prompts):
    classes = prompts.sum(1)  # a sum points where the mean points
    return torch.einsum("nd,cd->nc", pictures, classes / classes.norm(dim=1, keepdim=True)).argmax(
        1
    )


def zero_shot_in_a_loop(pictures, prompts):
    found = []
    for picture in pictures.double():
        scores = [torch.cosine_similarity(picture, p.double().mean(0), dim=0) for p in prompts]
        found.append(max(range(len(scores)), key=lambda c: scores[c]))
    return torch.tensor(found)


def zero_shot_by_distance(pictures, prompts):
    return torch.cdist(pictures, F.normalize(prompts.mean(1), dim=1)).min(dim=1).indices


def gradient_by_softmax(scores):
    both = scores.softmax(0) + scores.softmax(1) - 2 * torch.eye(len(scores))
    return both / (2 * len(scores))


def gradient_by_numpy(scores):
    s = scores.numpy().astype(np.float64)
    rows, columns = np.exp(s - s.max(1, keepdims=True)), np.exp(s - s.max(0, keepdims=True))
    shares = rows / rows.sum(1, keepdims=True) + columns / columns.sum(0, keepdims=True)
    return torch.from_numpy((shares / 2 - np.eye(len(s))) / len(s))


def gradient_by_logarithms(scores):
    rows, columns = scores.double().log_softmax(1).exp(), scores.double().T.log_softmax(1).exp().T
    own = torch.eye(len(scores))
    return ((rows - own) / len(scores) + (columns - own) / len(scores)) / 2


def gradient_in_a_loop(scores):
    n, result = len(scores), torch.zeros_like(scores)
    for i in range(n):
        result[i] += scores[i].softmax(0)
        result[:, i] += scores[:, i].softmax(0)
        result[i, i] -= 2
    return result / (2 * n)


RIGHT = {
    "contrastive.similarities": [
        similarities_by_normalize,
        similarities_dividing_by_lengths,
        similarities_by_broadcasting,
        similarities_in_a_loop,
    ],
    "contrastive.info_nce": [
        info_nce_by_torch,
        info_nce_through_logarithms,
        info_nce_with_an_identity,
        info_nce_question_by_question,
    ],
    "contrastive.targets": [
        targets_by_counting,
        targets_in_a_loop,
        targets_by_one_hot,
        targets_by_softmax,
    ],
    "contrastive.small_clip": [
        clip_by_torch,
        clip_line_by_line,
        clip_in_float64,
        clip_pair_by_pair,
    ],
    "contrastive.zero_shot": [
        zero_shot_by_normalize,
        zero_shot_by_sum,
        zero_shot_in_a_loop,
        zero_shot_by_distance,
    ],
    "contrastive.chance": [
        [4.852, 5.545, 0.002],
        (math.log(128), math.log(256), 1 / 500),
        torch.tensor([7 * math.log(2), 8 * math.log(2), 0.002]),
        [4.85, 5.55, 0.002],
    ],
    "contrastive.gradient": [
        gradient_by_softmax,
        gradient_by_numpy,
        gradient_by_logarithms,
        gradient_in_a_loop,
    ],
    "contrastive.temperature": [
        [0.1736, 0.6595, 0.03],
        (0.17, 0.66, 0.03),
        torch.tensor([0.174, 0.66, 0.03]),
    ],
}
