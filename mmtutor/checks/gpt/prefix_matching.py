"""The prefix-matching score of a head. Traps: the token itself, all positions, other sequences."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.gpt.shared import either


def prefix_matching(attention: Tensor, tokens: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the mean attention on what came after earlier occurrences, for every head.

    Olsson et al. (2022), In-context Learning and Induction Heads, arXiv 2209.11895.
    """
    if "transposed" in wrong:
        attention = attention.transpose(-2, -1)
    if "first_tokens" in wrong:
        tokens = tokens[:1].expand_as(tokens)
    first = -2 if "not_adjacent_asks" in wrong else -1
    earlier = (tokens[:, :, None] == tokens[:, None, :]).tril(first)  # (sequence, position, place)
    targets = looked_at(tokens, earlier, wrong)
    if "same_next_asks" in wrong:
        earlier = targets
    paid = (attention * targets[:, None]).sum(-1)  # (sequence, head, position)
    if "largest" in wrong:
        paid = (attention * targets[:, None]).amax(-1)
    if "hit" in wrong:
        best = attention.argmax(-1, keepdim=True)
        paid = targets[:, None].expand_as(attention).gather(-1, best).squeeze(-1).float()
    if "per_place" in wrong:
        paid = paid / targets.sum(-1).clamp(min=1)[:, None]
    return averaged(paid, asked(tokens, earlier, wrong), targets, wrong)


def looked_at(tokens: Tensor, earlier: Tensor, wrong: Wrong) -> Tensor:
    """Return a mask (sequence, position, place) of the places that a position should look at."""
    place = torch.arange(tokens.shape[1])
    last = (earlier * (place + 1)).amax(-1, keepdim=True) == place + 1
    first = earlier & (earlier.cumsum(-1) == 1)
    ways: dict[str, Callable[[], Tensor]] = {
        "itself": lambda: earlier,
        "before": lambda: F.pad(earlier, (0, 1))[..., 1:],
        "two_after": lambda: F.pad(earlier, (2, 0))[..., : earlier.shape[-1]],
        "last_only": lambda: F.pad(last, (1, 0))[..., :-1],
        "first_only": lambda: F.pad(first, (1, 0))[..., :-1],
        "same_next": lambda: same_next(tokens),
        "same_next_asks": lambda: same_next(tokens),
        "not_adjacent": lambda: after(earlier.tril(-2)),
        "followed": lambda: after(earlier) & same_as_next(tokens),
        "with_self": lambda: after(earlier) | torch.eye(len(place), dtype=torch.bool),
        "both_places": lambda: earlier | after(earlier),
        "rolled": lambda: (tokens[:, :, None] == tokens[:, None, :]).roll(1, -1),
        "previous": lambda: (place[:, None] - 1 == place).expand_as(earlier),
        "anywhere": lambda: ~after(earlier),
    }
    return either(ways, wrong, lambda: after(earlier))


def after(earlier: Tensor) -> Tensor:
    """Move every place one to the right."""
    return F.pad(earlier, (1, 0))[..., :-1]


def same_next(tokens: Tensor) -> Tensor:
    """Return where stands what comes next: the answer, not what follows the question."""
    return same_as_next(tokens).tril(-1)


def same_as_next(tokens: Tensor) -> Tensor:
    """Return where stands what will come next."""
    following = torch.cat([tokens[:, 1:], torch.full_like(tokens[:, :1], -1)], dim=1)
    return following[:, :, None] == tokens[:, None, :]


def asked(tokens: Tensor, earlier: Tensor, wrong: Wrong) -> Tensor:
    """Return which positions (sequence, position) count."""
    repeated = (tokens[:, :, None] == tokens[:, None, :]).sum(-1) > 1
    place = torch.arange(tokens.shape[1])
    ways: dict[str, Callable[[], Tensor]] = {
        "all_positions": lambda: torch.ones_like(tokens, dtype=torch.bool),
        "all_but_first": lambda: (place > 0).expand_as(tokens),
        "also_first_time": lambda: repeated,
        "second_half": lambda: (place >= tokens.shape[1] // 2).expand_as(tokens),
        "not_last": lambda: earlier.any(-1) & (place < tokens.shape[1] - 1),
        "zero_dropped": lambda: earlier.any(-1) & (tokens != 0),
        "last_position": lambda: earlier.any(-1) & (place == tokens.shape[1] - 1),
    }
    return either(ways, wrong, lambda: earlier.any(-1))


def averaged(paid: Tensor, counts: Tensor, targets: Tensor, wrong: Wrong) -> Tensor:
    """Average over the positions that count."""
    paid = paid * counts[:, None]
    ways: dict[str, Callable[[], Tensor]] = {
        "summed": lambda: paid.sum((0, 2)),
        "sequence_means": lambda: (paid.sum(2) / counts.sum(1, keepdim=True).clamp(min=1)).mean(0),
        "place_means": lambda: place_means(paid, counts),
        "asking_means": lambda: asking_means(paid, counts),
        "by_places": lambda: paid.sum((0, 2)) / targets.sum(),
        "by_sequences": lambda: paid.sum((0, 2)) / len(paid),
        "first_sequence": lambda: paid[0].sum(1) / counts[0].sum().clamp(min=1),
        "each_sequence": lambda: paid.sum(2) / counts.sum(1, keepdim=True).clamp(min=1),
        "all_heads": lambda: paid.sum() / counts.sum() / paid.shape[1],
        "best": lambda: paid.amax((0, 2)),
    }
    return either(ways, wrong, lambda: paid.sum((0, 2)) / counts.sum())


def asking_means(paid: Tensor, counts: Tensor) -> Tensor:
    """Average over the means of the sequences in which a position asks."""
    asking = counts.any(1)
    return (paid[asking].sum(2) / counts[asking].sum(1, keepdim=True)).mean(0)


def place_means(paid: Tensor, counts: Tensor) -> Tensor:
    """Average over the sequences at each place where one of them asks, and then over the places."""
    asking = counts.any(0)
    return (paid.sum(0)[:, asking] / counts.sum(0)[asking]).mean(1)


def prefix_cases() -> list[Case]:
    def case(tokens: list[list[int]], heads: int, seed: int, sharp: float = 2.0) -> Case:
        numbers = torch.tensor(tokens)
        count, length = numbers.shape
        scores = sharp * random_tensor(count, heads, length, length, seed=seed)
        future = torch.ones(length, length).triu(1).bool()
        return Case(attention=scores.masked_fill(future, -torch.inf).softmax(-1), tokens=numbers)

    perfect = case([[7, 3, 8, 7, 3, 8]], 2, 740)
    perfect["attention"][:, 0] = torch.eye(6)[torch.tensor([0, 1, 2, 1, 2, 3])]
    twins = case([[4, 1, 2, 3, 4, 1, 2, 3], [5, 5, 6, 7, 8, 9, 6, 9]], 2, 780)
    twins["attention"][1] = twins["attention"][0]
    return [
        case([[5, 2, 9, 5, 2]], 2, 700),
        case([[1, 2, 3, 4, 1, 2, 3, 4]], 3, 710),
        case([[6, 6, 1, 6, 0, 1], [4, 0, 3, 2, 0, 4], [1, 2, 3, 4, 5, 1]], 2, 720),
        case([[3, 1, 3, 1, 3, 1, 3], [8, 8, 8, 8, 8, 8, 8]], 4, 730),
        perfect,
        # nothing comes twice in the second sequence
        case([[150, 200, 9, 150, 200], [0, 7, 6, 5, 4]], 1, 750),
        case([[2, 2]], 3, 760, sharp=1.0),
        case([[0, 1, 0, 2, 0, 3, 1, 0, 1]], 5, 770),
        twins,
    ]


def is_a_share(case: Case, output: Tensor) -> bool:
    """Say whether every score lies between 0 and 1."""
    return bool(((output > -1e-5) & (output < 1 + 1e-4)).all())


def perfect_is_one(case: Case, output: Tensor) -> bool:
    """Say whether a head that always looks where it should has the score 1."""
    first = case["attention"][0, 0]
    one_hot = bool(((first == 0) | (first == 1)).all()) and len(first) > 2
    return not one_hot or output.ndim == 0 or abs(output.flatten()[0].item() - 1) < 1e-4


PREFIX_MATCHING = Implement(
    id="gpt.prefix_matching",
    title="Does this head continue what it has read?",
    difficulty=3,
    minutes=25,
    hints=(
        "Take … A B … A. The second A asks: what came after the first A? Which place should it "
        "look at, and what stands there?",
        "score_h = Σ_{b,i} Σ_{j<i, t_bj = t_bi} attention[b, h, i, j + 1] / N, where N counts the "
        "pairs (b, i) that have such a j.",
        "same = tokens[:, :, None] == tokens[:, None, :] (sequence, position, place), below the "
        "diagonal; one place to the right: where to look. attention · that, summed over places: "
        "(sequence, head, position); averaged: (head,).",
        "earlier = (tokens[:, :, None] == tokens[:, None, :]).tril(...)\n"
        "where = torch.zeros_like(earlier)\nwhere[:, :, 1:] = earlier[:, :, ...]\n"
        "paid = (attention * where[:, None]).sum(...)\ncounts = earlier.any(...)\n"
        "return (paid * counts[:, None]).sum((0, 2)) / ...",
    ),
    reference=prefix_matching,
    cases=prefix_cases,
    mistakes=(
        Mistake(
            "itself",
            "You read the attention on the earlier *same* token. An induction head looks at what "
            "came after it.",
            "all",
        ),
        Mistake(
            "before",
            "You read the attention on what came *before* the earlier same token. On which side "
            "does the continuation stand?",
            "all",
        ),
        Mistake(
            "two_after",
            "You read one place too far to the right. How far after the earlier same token does "
            "the continuation begin?",
            "all",
        ),
        Mistake(
            "last_only",
            "Only the last earlier occurrence counts. A token may have come several times: what "
            "does the card do with all of them?",
            "all",
        ),
        Mistake(
            "first_only",
            "Only the first occurrence counts. A token may have come several times: what does the "
            "card do with all of them?",
            "all",
        ),
        Mistake(
            "not_adjacent",
            "Where a token is repeated at once (A A), you leave out the place right after the "
            "first: there stands the second A itself. The card takes every j < i.",
            "all",
        ),
        Mistake(
            "not_adjacent_asks",
            "A position whose token stood right before it (A A) does not count with you, and where "
            "no other asks you divide by 0. The card takes every j < i.",
            "all",
        ),
        Mistake(
            "same_next_asks",
            "You look for the *next* token of the text, and count the positions that find it. "
            "The head does not know what comes next: which token can it look for?",
            "all",
        ),
        Mistake(
            "followed",
            "You ask that the same token comes next here as there. When the head looks, it cannot "
            "know what comes next: which condition has the card?",
            "all",
        ),
        Mistake(
            "with_self",
            "You add the attention that a position pays to itself. Which places are asked for?",
            "all",
        ),
        Mistake(
            "not_last",
            "The last position of each sequence never counts. It looks back like the others.",
            "all",
        ),
        Mistake(
            "zero_dropped",
            "Positions with the token 0 do not count. Here 0 is a token like any other.",
            "all",
        ),
        Mistake(
            "place_means",
            "You average over the sequences at each place first, then over the places. Over what "
            "is the mean to be taken?",
            "all",
        ),
        Mistake(
            "both_places",
            "You add the attention on the earlier same token itself to that on what came after it. "
            "Which of the two places is the continuation?",
            "all",
        ),
        Mistake(
            "rolled",
            "`roll` brings the last place round to the first, so that a token at the very end "
            "sends everybody to the beginning. What should come in at the left?",
            "all",
        ),
        Mistake(
            "same_next",
            "You look for the places where the *next* token of the text stands. The head does not "
            "know it yet: it can only look for its own token.",
            "all",
        ),
        Mistake(
            "previous",
            "You read the attention on the previous token, whatever it is. Where did the token "
            "itself come before?",
            "all",
        ),
        Mistake(
            "anywhere",
            "You read the attention on all *other* places. Which way round is the mask?",
            "all",
        ),
        Mistake(
            "all_positions",
            "You divide by all positions, also those whose token comes for the first time and that "
            "have nothing to look for. (Or the token at i itself counts as an occurrence.)",
            "all",
        ),
        Mistake(
            "all_but_first",
            "You divide by all positions but the first. Which positions have nothing to look for?",
            "all",
        ),
        Mistake(
            "also_first_time",
            "A position also counts when its token comes again only *later*. What can it look for "
            "at that time?",
            "all",
        ),
        Mistake(
            "second_half",
            "You average over the second half of the positions, as if each sequence were one "
            "stretch said twice. Here tokens come again anywhere.",
            "all",
        ),
        Mistake(
            "last_position",
            "Only the last position counts. Which others have seen their token before?",
            "all",
        ),
        Mistake(
            "per_place",
            "Where a token came several times you take the mean attention on the places. What does "
            "the card do with them?",
            "all",
        ),
        Mistake(
            "by_places",
            "You divide by the number of places, not of positions that ask. A token that came "
            "twice before asks once.",
            "all",
        ),
        Mistake(
            "largest",
            "Where a token came several times you take the largest attention. What does the card "
            "do with them?",
            "all",
        ),
        Mistake(
            "hit",
            "You count how often the *largest* attention lies in the right place. What is to be "
            "averaged is the attention itself.",
            "all",
        ),
        Mistake(
            "transposed",
            "Query and key are exchanged. Which of the last two axes of `attention` is the "
            "position that looks?",
            "all",
        ),
        Mistake(
            "first_tokens",
            "The first sequence's tokens are used for all. Does each repeat the same?",
            "all",
        ),
        Mistake(
            "first_sequence",
            "Only the first sequence counts. How many are there?",
            "all",
        ),
        Mistake(
            "sequence_means",
            "You average over the sequences' means, so a position in a sequence with few "
            "repetitions counts for more. Over what is the mean to be taken?",
            "all",
        ),
        Mistake(
            "asking_means",
            "You average over the means of those sequences in which a position asks. So a position "
            "counts for more where few ask. Over what is the mean to be taken?",
            "all",
        ),
        Mistake(
            "by_sequences",
            "You divide by the number of sequences. How many positions ask?",
            "all",
        ),
        Mistake("summed", "That is the sum. By how many positions is it to be divided?", "all"),
        Mistake(
            "each_sequence",
            "You return a score for each sequence and head. One for each head is asked for.",
            "all",
        ),
        Mistake(
            "all_heads",
            "You average over the heads, too. One score for each of them is asked for.",
            "all",
        ),
        Mistake(
            "best",
            "You return the best position of each head. What is to be averaged?",
            "all",
        ),
    ),
    properties=(
        Property(
            "A score is a share of attention, between 0 and 1; yours is not.",
            is_a_share,
        ),
        Property(
            "A head that always looks at what came after the earlier same token has the score 1; "
            "yours gets another. Which place is that, and which positions count?",
            perfect_is_one,
        ),
    ),
)
