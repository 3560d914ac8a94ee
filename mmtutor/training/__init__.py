"""Training for the whole course: recipe, budget, batches, history, the fit loop, checkpoints."""

from mmtutor.training import checkpoints
from mmtutor.training.batches import Batches, Stream
from mmtutor.training.device import half_precision
from mmtutor.training.history import History, Look
from mmtutor.training.loop import Loss, fit, progress
from mmtutor.training.prediction import predict
from mmtutor.training.recipe import Recipe, budget, choose, seed_everything
from mmtutor.training.threads import settle_threads

settle_threads()

__all__ = [
    "Batches",
    "History",
    "Look",
    "Loss",
    "Recipe",
    "Stream",
    "budget",
    "checkpoints",
    "choose",
    "fit",
    "half_precision",
    "predict",
    "progress",
    "seed_everything",
]
