"""How good is an answer, a drawing, a model? Scores, a judge of drawings, and costs."""

from mmtutor.metrics import costs
from mmtutor.metrics.scores import (
    Scores,
    accuracy,
    auroc,
    balanced_accuracy,
    exact_match,
    mean_iou,
    pointing_accuracy,
    precision_recall_f1,
    recall_at,
)

__all__ = [
    "Scores",
    "accuracy",
    "auroc",
    "balanced_accuracy",
    "costs",
    "exact_match",
    "mean_iou",
    "pointing_accuracy",
    "precision_recall_f1",
    "recall_at",
]
