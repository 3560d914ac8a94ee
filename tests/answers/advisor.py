"""Right answers to the exercises of lesson 20, advisor."""

import torch


def updated_by_where(wishes, said, anew):
    left = torch.where(anew[:, None], -1, wishes)
    after = torch.where(said >= 0, said, left)
    return torch.where(said == -2, -1, after)


def updated_slot_by_slot(wishes, said, anew):
    found = []
    for old, message, fresh in zip(wishes.tolist(), said.tolist(), anew.tolist(), strict=True):
        row = []
        for wish, word in zip(old, message, strict=True):
            if word >= 0:
                row.append(word)
            elif word == -2 or fresh:
                row.append(-1)
            else:
                row.append(wish)
        found.append(row)
    return found


def updated_by_masks(wishes, said, anew):
    after = wishes.clone()
    after[anew] = -1
    after[said == -2] = -1
    after[said >= 0] = said[said >= 0]
    return after


RIGHT = {
    "advisor.updated": [updated_by_where, updated_slot_by_slot, updated_by_masks],
}
