"""How good is an answer? Thin calls into scikit-learn, and two measures that no library has."""

from typing import NamedTuple

from jaxtyping import Bool, Float, Int
from torch import Tensor


class Scores(NamedTuple):
    """Shares between 0 and 1: of the claims that are right, of the truth that was found, and F1."""

    precision: float
    recall: float
    f1: float


def accuracy(predicted: Int[Tensor, " example"], target: Int[Tensor, " example"]) -> float:
    """The share of examples whose predicted class is the true one."""
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(target.cpu().numpy(), predicted.cpu().numpy()))


def balanced_accuracy(predicted: Int[Tensor, " example"], target: Int[Tensor, " example"]) -> float:
    """The share of each class that is found, averaged over classes: rare ones count as much."""
    from sklearn.metrics import balanced_accuracy_score

    return float(balanced_accuracy_score(target.cpu().numpy(), predicted.cpu().numpy()))


def precision_recall_f1(
    predicted: Int[Tensor, " example"], target: Int[Tensor, " example"], average: str = "macro"
) -> Scores:
    """Precision, recall and F1 in one go; a class that was never predicted has precision 0.

    `average` is scikit-learn's: "macro" (every class counts the same), "micro", "weighted" or
    "binary". Raises ValueError (from scikit-learn) for any other.
    """
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(
        target.cpu().numpy(), predicted.cpu().numpy(), average=average, zero_division=0
    )
    return Scores(float(precision), float(recall), float(f1))


def mean_iou(
    predicted: Int[Tensor, "*batch"], target: Int[Tensor, "*batch"], classes: int
) -> float:
    """Intersection over union, averaged over classes 1 … `classes` - 1 (class 0 is background).

    Over all pixels at once: a class that is missing from one picture is not counted there. A class
    that neither side holds is left out of the mean; ValueError where neither side holds any.
    """
    from sklearn.metrics import jaccard_score

    labels = [c for c in range(1, classes) if (predicted == c).any() or (target == c).any()]
    if not labels:
        raise ValueError("neither side holds any class but the background: nothing to score")
    truth, guess = target.flatten().cpu().numpy(), predicted.flatten().cpu().numpy()
    return float(jaccard_score(truth, guess, labels=labels, average="macro", zero_division=0))


def exact_match(
    predicted: Int[Tensor, "*batch position"], target: Int[Tensor, "*batch position"]
) -> float:
    """The share of sequences in which every single token is right."""
    return (predicted == target).all(dim=-1).float().mean().item()


def pointing_accuracy(
    weights: Float[Tensor, "*batch key"], target_mask: Bool[Tensor, "*batch key"]
) -> float:
    """The share of rows whose most attended key lies in the true region (the "pointing game").

    Where several keys share the largest weight, the row counts as the part of them that lies in the
    region, so that attention spread evenly scores exactly what chance scores. A row with an empty
    region is a miss. Source: Zhang et al., "Top-down Neural Attention by Excitation Backprop",
    2016, arXiv 1608.00507. The treatment of ties is ours, and there is no tolerance in pixels.
    """
    most_attended = weights == weights.amax(dim=-1, keepdim=True)  # (*batch, key)
    hits = (most_attended & target_mask).sum(dim=-1) / most_attended.sum(dim=-1)
    return hits.mean().item()


def recall_at(scores: Float[Tensor, "query key"], own: Int[Tensor, " query"], count: int) -> float:
    """The share of queries whose own key is among the `count` keys that score highest ("R@k").

    Where keys tie with the own one, a row counts as the part of the orders of the tied keys in
    which it gets among them: a model that gives every key the same score scores what chance scores.
    Raises ValueError where a score is no number: a model that fell apart must not look perfect.
    """
    if scores.isnan().any():
        raise ValueError("scores hold NaN: the model has fallen apart.")
    mine = scores.gather(1, own.unsqueeze(1))
    above, tied = (scores > mine).sum(dim=1), (scores == mine).sum(dim=1)
    return ((count - above) / tied).clamp(0, 1).mean().item()


def auroc(positive: Float[Tensor, " example"], negative: Float[Tensor, " other"]) -> float:
    """The chance that a positive example scores higher than a negative one; a tie counts a half.

    The area under the ROC curve: 0.5 is a coin, 1 is perfect.
    """
    from sklearn.metrics import roc_auc_score

    truth = [1] * len(positive) + [0] * len(negative)
    return float(roc_auc_score(truth, [*positive.tolist(), *negative.tolist()]))
