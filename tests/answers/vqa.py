"""Right answers to the exercises of lesson 15, vqa."""

from collections import Counter
from fractions import Fraction

import torch
import torch.nn.functional as F

from mmtutor.checks.vqa import by_type


def labels_by_counting(tokens, model, end):
    signs, ends = tokens == model, tokens == end
    begun = signs.cumsum(1) - signs.long()
    ended = ends.cumsum(1) - ends.long()
    return tokens.masked_fill(begun <= ended, -100)


def labels_token_by_token(tokens, model, end):
    found = torch.full_like(tokens, -100)
    for row in range(len(tokens)):
        speaks = False
        for place, token in enumerate(tokens[row].tolist()):
            if token == model:
                speaks = True
            elif speaks:
                found[row, place] = token
                speaks = token != end
    return found


def labels_by_slices(tokens, model, end):
    rows = tokens.tolist()
    found = [[-100] * len(row) for row in rows]
    for row, kept in zip(rows, found, strict=True):
        start = 0
        while model in row[start:]:
            first = row.index(model, start) + 1
            start = row.index(end, first) + 1
            kept[first:start] = row[first:start]
    return torch.tensor(found)


def put_in_by_mask(words, places, features):
    mixed = words.clone()
    mixed[places] = features.reshape(-1, features.shape[-1])
    return mixed


def put_in_by_number(words, places, features):
    which = (places.cumsum(1) - 1).clamp(min=0)
    chosen = features.gather(1, which.unsqueeze(-1).expand(-1, -1, words.shape[-1]))
    return torch.where(places.unsqueeze(-1), chosen, words)


def put_in_one_by_one(words, places, features):
    rows = []
    for row, kept, picture in zip(words, places, features, strict=True):
        left = iter(picture)
        rows.append(torch.stack([next(left) if k else w for w, k in zip(row, kept, strict=True)]))
    return torch.stack(rows)


def pooled_by_axes(patches, rows, pool):
    count, number, width = patches.shape
    columns = number // rows
    grid = patches.reshape(count, rows // pool, pool, columns // pool, pool, width)
    return grid.transpose(2, 3).reshape(count, number // pool**2, pool**2 * width)


def pooled_square_by_square(patches, rows, pool):
    columns = patches.shape[1] // rows
    squares = []
    for top in range(0, rows, pool):
        for left in range(0, columns, pool):
            inside = [
                patches[:, (top + down) * columns + left + right]
                for down in range(pool)
                for right in range(pool)
            ]
            squares.append(torch.cat(inside, dim=-1))
    return torch.stack(squares, dim=1)


def pooled_by_unfold(patches, rows, pool):
    width = patches.shape[2]
    grid = patches.mT.unflatten(2, (rows, -1))
    columns = F.unfold(grid, pool, stride=pool)
    return columns.unflatten(1, (width, -1)).permute(0, 3, 2, 1).flatten(2)


def prepared_by_repeating(tokens, said, image, count):
    labels = tokens.masked_fill(~said, -100)
    copies = torch.where(tokens == image, count, 1)
    return tokens.repeat_interleave(copies)[:-1], labels.repeat_interleave(copies)[1:]


def prepared_token_by_token(tokens, said, image, count):
    text, labels = [], []
    for token, mine in zip(tokens.tolist(), said.tolist(), strict=True):
        times = count if token == image else 1
        text += times * [token]
        labels += times * [token if mine else -100]
    return torch.tensor(text[:-1]), torch.tensor(labels[1:])


def prepared_by_places(tokens, said, image, count):
    pictures = (tokens == image).long()
    places = torch.arange(len(tokens)) + (count - 1) * (pictures.cumsum(0) - pictures)
    length = len(tokens) + (count - 1) * int(pictures.sum())
    text = torch.full((length,), image)
    text[places] = tokens
    labels = torch.full((length,), -100)
    labels[places[said]] = tokens[said]
    return text[:-1], labels[1:]


def talk_loss_by_library(scores, labels):
    ahead, wanted = scores[:, :-1], labels[:, 1:]
    return F.cross_entropy(ahead.flatten(0, 1), wanted.flatten(), ignore_index=-100)


def talk_loss_in_loops(scores, labels):
    total, count = torch.zeros(()), 0
    for row in range(labels.shape[0]):
        for place in range(1, labels.shape[1]):
            label = labels[row, place]
            if label != -100:
                total = total - scores[row, place - 1].log_softmax(0)[label]
                count += 1
    return total / count


def talk_loss_of_the_kept(scores, labels):
    kept = labels[:, 1:] >= 0
    ahead, wanted = scores[:, :-1][kept], labels[:, 1:][kept]
    return (ahead.logsumexp(-1) - ahead[torch.arange(len(wanted)), wanted]).mean()


def agreed_person_by_person(answer, people):
    scores = []
    for i in range(len(people)):
        others = people[:i] + people[i + 1 :]
        scores.append(min(others.count(answer) / 3, 1))
    return sum(scores) / len(scores)


def agreed_by_formula(answer, people):
    same, n = Counter(people)[answer], len(people)
    with_one_less, with_all = min(Fraction(same - 1, 3), 1), min(Fraction(same, 3), 1)
    return float((same * with_one_less + (n - same) * with_all) / n)


def agreed_by_tensors(answer, people):
    same = torch.tensor([float(said == answer) for said in people])
    return ((same.sum() - same) / 3).clamp(max=1).mean()


PLACES = (96 // 8 // 2) * (64 // 8 // 2)

RIGHT = {
    "vqa.places": [
        [PLACES, 4 * 48 * 80 + 80, PLACES + 22, 9],
        [24, 15440, 46, 9],
        torch.tensor([24.0, 15440.0, 46.0, 9.0]),
    ],
    "vqa.labels": [labels_by_counting, labels_token_by_token, labels_by_slices],
    "vqa.put_in": [put_in_by_mask, put_in_by_number, put_in_one_by_one],
    "vqa.pooled": [pooled_by_axes, pooled_square_by_square, pooled_by_unfold],
    "vqa.bug_labels": [prepared_by_repeating, prepared_token_by_token, prepared_by_places],
    "vqa.bug_loss": [talk_loss_by_library, talk_loss_in_loops, talk_loss_of_the_kept],
    "vqa.by_type": [
        [
            194 / 240,
            by_type.by_type(by_type.hits(by_type.SCENES)),
            by_type.by_type(by_type.hits(by_type.turned(1))),
            0.75,
        ],
        [0.808, 0.825, 0.464, 0.75],
        torch.tensor([0.80833, 0.825, 0.46389, 0.75]),
    ],
    "vqa.agreed": [agreed_person_by_person, agreed_by_formula, agreed_by_tensors],
}
