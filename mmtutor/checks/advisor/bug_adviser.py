"""Mend an adviser that never refuses: its scores are divided by the best of them.

So the best is always 1, and no threshold below 1 is ever missed.
"""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.gpt.shared import either

Rows = list[list[int | float]]


def reply(messages: Tensor, items: Tensor, threshold: float, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the id of the nearest item by cosine, or −1 where that is below the threshold."""
    scores = scaled(compared(messages, items, wrong), wrong)
    others: dict[str, Callable[[], Tensor]] = {
        "which_by_product": lambda: chosen(messages @ items.T, wrong),
        "which_by_distance": lambda: chosen(-torch.cdist(messages, items), wrong),
    }
    which = either(others, wrong, lambda: chosen(scores, wrong))
    enough = is_enough(scores, threshold, wrong)
    ends: dict[str, Callable[[], Tensor]] = {
        "never_refuses": lambda: which,
        "zero_refused": lambda: torch.where(enough, which, 0),
        "next_refused": lambda: torch.where(enough, which, scores.shape[1]),
        "from_one": lambda: torch.where(enough, which + 1, -1),
        "whether": lambda: enough,
        "dropped": lambda: which[enough],
        "turned": lambda: torch.where(enough, -1, which),
        "first_enough": lambda: first_enough(scores, threshold),
        "last_enough": lambda: last_enough(scores, threshold),
        "best_so_far": lambda: best_so_far(scores, threshold),
    }
    return either(ends, wrong, lambda: torch.where(enough, which, -1))


def first_enough(scores: Tensor, threshold: float) -> Tensor:
    """Return the first item whose score is enough, or −1."""
    enough = scores >= threshold
    return torch.where(enough.any(1), enough.int().argmax(1), -1)


def last_enough(scores: Tensor, threshold: float) -> Tensor:
    """Return the last item whose score is enough, or −1."""
    found = first_enough(scores.flip(1), threshold)
    return torch.where(found < 0, -1, scores.shape[1] - 1 - found)


def best_so_far(scores: Tensor, threshold: float) -> Tensor:
    """Return what comes out if the best score so far is kept from one message to the next."""
    own = scores.amax(1)
    best = own.cummax(0).values
    of = (own >= best[:, None] - 1e-6).int().argmax(1)
    return torch.where(best >= threshold, scores.argmax(1)[of], -1)


def compared(messages: Tensor, items: Tensor, wrong: Wrong) -> Tensor:
    """Return how near each item is to each message (message, item)."""
    said, shown = F.normalize(messages, dim=1), F.normalize(items, dim=1)
    ways: dict[str, Callable[[], Tensor]] = {
        "norm_of_products": lambda: F.normalize(messages @ items.T, dim=1),
        "zero_nan": lambda: messages / messages.norm(dim=1, keepdim=True) @ shown.T,
        "dot": lambda: messages @ items.T,
        "items_only": lambda: messages @ shown.T,
        "messages_only": lambda: said @ items.T,
        "normal_by_column": lambda: F.normalize(messages, dim=0) @ F.normalize(items, dim=0).T,
        "distance": lambda: -torch.cdist(said, shown),
        "near": lambda: -torch.cdist(said, shown),
        "distance_left": lambda: 1 - torch.cdist(said, shown),
        "by_sums": lambda: F.normalize(messages, 1.0, 1) @ F.normalize(items, 1.0, 1).T,
        "angle": lambda: 1 - (said @ shown.T).clamp(-1, 1).acos() / torch.pi,
        "square_length": lambda: by_square_length(messages) @ by_square_length(items).T,
        "one_length": lambda: messages / messages.norm() @ shown.T,
        "centred": lambda: F.normalize(centred(messages), dim=1) @ F.normalize(centred(items)).T,
        "absolute": lambda: (said @ shown.T).abs(),
        "squared": lambda: (said @ shown.T).square(),
        "zero_to_one": lambda: (1 + said @ shown.T) / 2,
    }
    return either(ways, wrong, lambda: said @ shown.T)


def by_square_length(rows: Tensor) -> Tensor:
    """Return rows divided by their squared lengths, as without the root."""
    return rows / rows.square().sum(1, keepdim=True).clamp(min=1e-12)


def centred(rows: Tensor) -> Tensor:
    """Return rows less their means."""
    return rows - rows.mean(1, keepdim=True)


def scaled(scores: Tensor, wrong: Wrong) -> Tensor:
    """Return the scores in the units in which they meet the threshold."""
    best, least = scores.amax(1, keepdim=True), scores.amin(1, keepdim=True)
    ways: dict[str, Callable[[], Tensor]] = {
        "by_best": lambda: scores / best,
        "by_best_above_0": lambda: torch.where(best > 0, scores / best, scores),
        "by_range": lambda: (scores - least) / (best - least),
        "by_sum": lambda: scores / scores.sum(1, keepdim=True),
        "by_softmax": lambda: scores.softmax(1),
        "by_spread": lambda: (scores - scores.mean(1, keepdim=True)) / spread(scores),
        "by_best_of_all": lambda: scores / scores.max(),
        "by_range_of_all": lambda: (scores - scores.min()) / (scores.max() - scores.min()),
        "by_best_of_item": lambda: scores / scores.amax(0, keepdim=True),
        "by_norm": lambda: F.normalize(scores, dim=1),
        "minus_best": lambda: scores - best,
        "minus_mean": lambda: scores - scores.mean(1, keepdim=True),
        "by_mean": lambda: scores / scores.mean(1, keepdim=True),
        "by_positive_best": lambda: scores / best.clamp(min=1e-8),
        "by_absolute_best": lambda: scores / scores.abs().amax(1, keepdim=True),
        "clamped": lambda: (scores / best).clamp(0, 1),
    }
    return either(ways, wrong, lambda: scores)


def spread(scores: Tensor) -> Tensor:
    """Return the standard deviation of each message's scores; of a single one it is NaN."""
    single = scores.shape[1] == 1
    return scores * torch.nan if single else scores.std(1, keepdim=True)


def chosen(scores: Tensor, wrong: Wrong) -> Tensor:
    """Return the id of the nearest item for each message."""
    order = scores.argsort(dim=1, descending=True, stable=True)
    ways: dict[str, Callable[[], Tensor]] = {
        "farthest": lambda: scores.argmin(1),
        "second": lambda: order[:, min(1, order.shape[1] - 1)],
        "first_message": lambda: scores[:1].argmax(1).expand(len(scores)).clone(),
    }
    return either(ways, wrong, lambda: scores.argmax(1))


def is_enough(scores: Tensor, threshold: float, wrong: Wrong) -> Tensor:
    """Say for which messages the best score is enough."""
    best = scores.amax(1)
    ways: dict[str, Callable[[], Tensor]] = {
        "strict": lambda: best > threshold,
        "near": lambda: best >= -threshold,
        "all_or_none": lambda: (best >= threshold).all().expand_as(best),
        "any_or_none": lambda: (best >= threshold).any().expand_as(best),
        "mean_enough": lambda: scores.mean(1) >= threshold,
        "every_item": lambda: scores.amin(1) >= threshold,
        "mean_of_best": lambda: (best.mean() >= threshold).expand_as(best),
        "by_margin": lambda: margin(scores) >= threshold,
    }
    return either(ways, wrong, lambda: best >= threshold)


def margin(scores: Tensor) -> Tensor:
    """Return by how much the best score is above the second; of a single one, itself."""
    order = scores.sort(1, descending=True).values
    return order[:, 0] - order[:, 1] if order.shape[1] > 1 else order[:, 0]


def reply_cases() -> list[Case]:
    def case(messages: int, items: int, width: int, threshold: float, seed: int) -> Case:
        """Messages that are some item and noise, of which the longer ones are noise mostly."""
        drawn = random_tensor(items, width, seed=seed)
        noise = random_tensor(messages, width, seed=seed + 1)
        near = drawn[torch.arange(messages) % items]
        much = torch.linspace(0.1, 3.0, messages)[:, None]
        long = torch.linspace(30.0, 0.01, items)[:, None]
        return Case(messages=(near + much * noise) * much, items=drawn * long, threshold=threshold)

    def written(messages: Rows, items: Rows, threshold: float) -> Case:
        return Case(messages=torch.tensor(messages), items=torch.tensor(items), threshold=threshold)

    corner = [[1.0, 0, 0, 0], [0, 2.0, 0, 0], [0, 0, 3.0, 3.0]]
    return [
        written([[2.0, 0.5], [-1.0, -1.0]], [[1.0, 0.0], [0.0, 3.0]], 0.6),
        written([[1.0, 1, 1, -1], [5.0, 0, 1, 0], [0, 0, 0, 0]], corner, 0.5),
        written([[1.0, 1, 1, 1.01], [1.0, 1, 1, 1.01], [0.1, 9.0, 1, 2]], corner, 0.72),
        written([[1.0], [-2.0], [0.001]], [[4.0]], 0.3),
        written([[0.0, 0.0], [0.5, -1.0]], [[1.0, 0.0]], -0.2),
        written([[0.0, 0.0]], [[1.0, 2.0]], 0.0),
        written([[3.0, 4.0]], [[0.0, 2.0], [1.0, 0.2]], 0.805),
        written([[3.0, 4.0]], [[0.0, 2.0], [1.0, 0.2]], 0.79),
        written([[-1.0, -2.0], [-3.0, 0.1]], [[1.0, 1.0], [2.0, 0.5]], 0.1),
        written([[-1.0, -2.0], [-3.0, 0.1], [1, 0.9]], [[1.0, 1.0], [2.0, 0.5]], -0.95),
        written([[0.02, 0.01], [60.0, -80.0], [0.5, 0.6]], [[90.0, 10.0], [0.01, 0.03]], 0.9995),
        written([[30.0, 100.0], [-30.0, -100.0]], [[1.0, 1.0], [0, 1], [-1, -1], [0, -1]], 0.9),
        case(7, 4, 6, 0.5, 10),
        case(5, 9, 3, 0.8, 20),
        case(12, 6, 8, 0.3, 30),
        case(1, 5, 4, 0.05, 40),
        case(10, 1, 5, 0.2, 50),
        case(9, 7, 2, 0.999, 60),
        case(30, 12, 16, 0.0005, 70),
        case(20, 8, 5, 0.62, 80),
        case(20, 8, 5, 0.618, 80),
    ]


def nearest(case: Case) -> Tensor:
    """Return the right scores."""
    return F.normalize(case["messages"], dim=1) @ F.normalize(case["items"], dim=1).T


def holds(which: Callable[[Tensor, float], Tensor], case: Case, output: Tensor) -> bool:
    """Say whether answers are right for the messages that `which` chooses by their best score."""
    found, wanted = torch.as_tensor(output), reply(*case.values())
    places = which(nearest(case).amax(1), case["threshold"])
    return found.shape != wanted.shape or torch.equal(found[places].long(), wanted[places])


def below(best: Tensor, threshold: float) -> Tensor:
    """Choose messages to which nothing is near enough."""
    return best < threshold


def above(best: Tensor, threshold: float) -> Tensor:
    """Choose messages to which something is near enough."""
    return best >= threshold


ADVISER_BUG = FindTheBug(
    id="advisor.bug_adviser",
    title="An adviser that knows everything",
    difficulty=2,
    minutes=15,
    hints=(
        "Print the best score of each message, right before it meets the threshold. What do you "
        "see?",
        "Whatever is divided by the largest of itself has 1 as its largest. A cosine has a scale "
        "already: 1 is the same direction, 0 nothing in common.",
        "scores: (message, item), best and which: (message). The threshold is meant for cosines.",
        "scores = F.normalize(messages, dim=1) @ F.normalize(items, dim=1).T\n"
        "best, which = scores.max(1)\nreturn torch.where(best >= ..., which, ...)",
    ),
    reference=reply,
    given=frozenset({"by_best"}),
    cases=reply_cases,
    mistakes=(
        Mistake(
            "by_best",
            "Nearly everything is answered: what is the largest score, whatever the message?",
            "units",
        ),
        Mistake(
            "clamped",
            "What is below 0 or above 1 was cut off, but the scores are still divided by the best. "
            "What is the largest, whatever the message?",
            "units compare choice enough",
        ),
        Mistake(
            "by_positive_best",
            "The division by 0 is mended, not the division. What is the largest score of a message "
            "that has nothing to do with any item?",
            "units compare choice enough",
        ),
        Mistake(
            "by_absolute_best",
            "You divide by the largest score without its sign. Each message still has a scale of "
            "its own.",
            "units compare choice enough",
        ),
        Mistake(
            "by_range",
            "You scale the scores of each message to 0 … 1. The best is 1, whatever the message.",
            "units compare choice enough",
        ),
        Mistake(
            "by_sum",
            "You divide by the sum of a message's scores. How near an item is then hangs on how "
            "many others there are.",
            "units compare choice enough",
        ),
        Mistake(
            "by_softmax",
            "A softmax says how much nearer the best is than the others, not how near. The "
            "threshold is meant for cosines.",
            "units compare choice enough",
        ),
        Mistake(
            "by_spread",
            "You measure in standard deviations of a message's own scores. A cosine has a scale "
            "already.",
            "units compare choice enough",
        ),
        Mistake(
            "by_best_of_all",
            "You divide by the best score of *all* messages. So what one customer hears hangs on "
            "what the others ask.",
            "units compare choice enough",
        ),
        Mistake(
            "by_range_of_all",
            "You scale the scores of all messages together to 0 … 1. So what one customer hears "
            "hangs on what the others ask.",
            "units compare choice enough",
        ),
        Mistake(
            "by_best_of_item",
            "You divide by the best score of each *item*. So what one customer hears hangs on what "
            "the others ask.",
            "units compare choice enough",
        ),
        Mistake(
            "by_norm",
            "You bring each message's scores to length 1. A cosine has a scale already.",
            "units compare choice enough",
        ),
        Mistake(
            "minus_best",
            "You take the best score away from all: the best is 0, whatever the message.",
            "units compare choice enough",
        ),
        Mistake(
            "minus_mean",
            "You take a message's mean score away. A cosine has a scale already.",
            "units compare choice enough",
        ),
        Mistake(
            "by_mean",
            "You divide by a message's mean score. A cosine has a scale already.",
            "units compare choice enough",
        ),
        Mistake(
            "dot",
            "A long vector is near to everything in yours: neither messages nor items have length "
            "1. That line of the program was right.",
            "compare units choice enough",
        ),
        Mistake(
            "items_only",
            "The messages are not brought to length 1 in yours: a long message is sure of "
            "everything. That line of the program was right.",
            "compare units choice enough",
        ),
        Mistake(
            "messages_only",
            "The items are not brought to length 1 in yours: a long one is near to everything. "
            "That line of the program was right.",
            "compare units choice enough",
        ),
        Mistake(
            "normal_by_column",
            "You bring columns to length 1. Each message and each item is a row.",
            "compare units choice enough",
        ),
        Mistake(
            "distance",
            "That is a distance. The threshold is meant for cosines.",
            "compare units choice enough",
        ),
        Mistake(
            "near",
            "You compare distances with the threshold: near is what is *at most* so far. It is "
            "meant for cosines.",
            "compare units choice enough end",
        ),
        Mistake(
            "distance_left",
            "You take 1 − the distance for the cosine. It is another number: 1 − d²/2.",
            "compare units choice enough end",
        ),
        Mistake(
            "square_length",
            "You divide by the square of the length: is there a root missing?",
            "compare units choice enough end",
        ),
        Mistake(
            "by_sums",
            "You divide by the sum of the sizes (`p=1`). The length of a vector has squares and a "
            "root.",
            "compare units choice enough end",
        ),
        Mistake(
            "angle",
            "You make an angle of the cosine. The threshold is meant for the cosine itself.",
            "compare units choice enough end",
        ),
        Mistake(
            "one_length",
            "You divide all messages by one length. Each has its own.",
            "compare units choice enough end",
        ),
        Mistake(
            "centred",
            "You take from each vector its mean first: that is a correlation. A cosine is taken of "
            "the vectors as they are.",
            "compare units choice enough end",
        ),
        Mistake(
            "first_enough",
            "You return the *first* item whose cosine is at least the threshold. Which has the "
            "largest?",
            "compare units choice enough end",
        ),
        Mistake(
            "absolute",
            "The opposite of an item is near to it in yours: a cosine has a sign.",
            "compare units choice enough",
        ),
        Mistake(
            "squared",
            "You square the cosines. The threshold is meant for cosines as they are.",
            "compare units choice enough",
        ),
        Mistake(
            "zero_to_one",
            "You move the cosines to 0 … 1. The threshold is meant for cosines as they are.",
            "compare units choice enough",
        ),
        Mistake(
            "farthest",
            "You return the item that is *least* near.",
            "choice",
        ),
        Mistake("second", "You return the second nearest item.", "choice"),
        Mistake(
            "first_message",
            "All customers hear the first one's item.",
            "choice compare units enough end",
        ),
        Mistake(
            "strict",
            "A score that equals the threshold is refused in yours. It is answered: ≥.",
            "enough units end",
        ),
        Mistake(
            "all_or_none",
            "If one message is refused, all are in yours. Each is decided by itself.",
            "enough units end",
        ),
        Mistake(
            "any_or_none",
            "If one message is answered, all are in yours. Each is decided by itself.",
            "enough units end",
        ),
        Mistake(
            "mean_enough",
            "The *mean* score of a message meets the threshold in yours. The best does.",
            "enough units choice end",
        ),
        Mistake(
            "every_item",
            "The *least* score of a message meets the threshold in yours. The best does.",
            "enough units choice end",
        ),
        Mistake(
            "mean_of_best",
            "The mean over all messages meets the threshold in yours. Each is decided by itself.",
            "enough units choice end",
        ),
        Mistake(
            "by_margin",
            "You ask how far the best is ahead of the second. How near is it?",
            "enough units choice end",
        ),
        Mistake(
            "never_refuses",
            "Nothing is refused in yours. What is the threshold for?",
            "end units compare choice enough",
        ),
        Mistake(
            "zero_refused",
            "A refusal is −1. Item 0 is an item like others.",
            "end units choice enough compare",
        ),
        Mistake(
            "next_refused",
            "A refusal is −1, not one id more.",
            "end units choice enough compare",
        ),
        Mistake(
            "from_one",
            "Ids begin at 0.",
            "end units choice enough compare",
        ),
        Mistake(
            "whether",
            "You say *whether* something is near enough. Which item is it?",
            "end units choice enough compare",
        ),
        Mistake(
            "dropped",
            "Messages without an answer are missing in your result. There is a number for each.",
            "end units choice enough compare",
        ),
        Mistake(
            "turned",
            "It is the wrong way round: what is near enough is refused.",
            "end units choice enough compare",
        ),
        Mistake(
            "norm_of_products",
            "You bring the products to length 1 rather than the vectors. Each message and each "
            "item has a length of its own.",
            "compare units choice enough end",
        ),
        Mistake(
            "which_by_product",
            "You choose the item by the product of the vectors as they are: a long item wins. "
            "The *cosine* chooses, too.",
            "compare units choice enough end",
        ),
        Mistake(
            "which_by_distance",
            "You choose the item by its distance. The *cosine* chooses, too: how long a vector "
            "is does not matter.",
            "compare units choice enough end",
        ),
        Mistake(
            "last_enough",
            "You return the *last* item whose cosine is at least the threshold. Which has the "
            "largest?",
            "compare units choice enough end",
        ),
        Mistake(
            "best_so_far",
            "The best of one message is kept for the next in yours. Each message begins anew.",
            "compare units choice enough end",
        ),
        Mistake(
            "zero_nan",
            "A message of nothing but zeros has the cosine 0 with everything. Its length is 0, "
            "and 0/0 is NaN: what does `normalize` do?",
            "compare units choice enough end",
        ),
        Mistake(
            "by_best_above_0",
            "You divide by the best score wherever it is above 0: there it is 1 still, whatever "
            "the message.",
            "compare units choice enough end",
        ),
    ),
    properties=(
        Property(
            "A message whose best cosine is below the threshold gets −1. In yours somewhere it "
            "does not.",
            partial(holds, below),
        ),
        Property(
            "A message whose best cosine is at least the threshold gets the id of that item. In "
            "yours somewhere it does not.",
            partial(holds, above),
        ),
    ),
)
