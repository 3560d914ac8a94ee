"""Several tasks, one network: what they share, when they help, and what to do when they pull apart.

Every model has one signature, `model(pictures) -> {task: scores}`, so that one table can compare
them all at the same number of parameters (lesson 09). A label that is not known is -100.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from statistics import mean
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from mmtutor import fusion
from mmtutor.attention import known_cross_entropy
from mmtutor.datasets.tasks import UNKNOWN, Tasks
from mmtutor.fusion import InARow
from mmtutor.metrics import accuracy
from mmtutor.training import Batches, History, Loss, Recipe, fit, seed_everything

Pictures = Float[Tensor, "example *picture"]
Scores = dict[str, Float[Tensor, "example _"]]
"""By task, a score for each of its classes; `_`, because tasks differ in their number."""
Labels = Mapping[str, Int64[Tensor, " example"]]
"""By task, a class for each example, or UNKNOWN."""
Gradients = dict[str, Float[Tensor, " _"]]
"""By shared layer, the gradient of its weights and biases in one row."""

PIXELS = 16 * 16
"""Numbers in a picture."""
CAPTION_WIDTH, SHARPNESS = 32, 10.0
"""Numbers in the vector of a caption, and what multiplies a cosine to make it a score."""

# ── Three ways of sharing ─────────────────────────────────────────────────────────────────────────


def layers(inputs: int, width: int, count: int) -> nn.Sequential:
    """Return `count` layers, each `Linear` and ReLU; the first reads `inputs` numbers."""
    sizes = [inputs] + [width] * count
    made = [nn.Sequential(nn.Linear(a, b), nn.ReLU()) for a, b in pairwise(sizes)]
    return nn.Sequential(*made)


def heads(width: int, tasks: Mapping[str, int]) -> nn.ModuleDict:
    """Return a head for each task: a linear layer with a score for each of its classes."""
    return nn.ModuleDict({task: nn.Linear(width, classes) for task, classes in tasks.items()})


class HardSharing(nn.Module):
    """Hard sharing: one trunk for all tasks, a head for each.

    Source: Caruana 1997, "Multitask Learning", Machine Learning 28, section 1.
    """

    def __init__(
        self, width: int, depth: int, tasks: Mapping[str, int], inputs: int = PIXELS
    ) -> None:
        """`tasks` says how many classes each task has."""
        super().__init__()
        self.in_a_row = InARow(inputs)
        self.trunk = layers(inputs, width, depth)
        self.heads = heads(width, tasks)

    def shared(self) -> nn.Sequential:
        """Return the layers that all tasks use."""
        return self.trunk

    def forward(self, pictures: Pictures) -> Scores:
        """Return, by task, a score for each class."""
        features = self.trunk(self.in_a_row(pictures))
        return {task: head(features) for task, head in self.heads.items()}


class Alone(HardSharing):
    """The baseline: one task has the network to itself.

    Raises ValueError for more or fewer tasks than one.
    """

    def __init__(
        self, width: int, depth: int, tasks: Mapping[str, int], inputs: int = PIXELS
    ) -> None:
        if len(tasks) != 1:
            raise ValueError(f"a task that is alone is one task, not {len(tasks)}")
        super().__init__(width, depth, tasks, inputs)


class Branches(nn.Module):
    """Branches: the first `shared` layers are common, the others are each task's own.

    With `shared` equal to `depth` it is hard sharing, with 0 the tasks share nothing. Raises
    ValueError for a number outside these.
    """

    def __init__(
        self,
        width: int,
        depth: int,
        tasks: Mapping[str, int],
        shared: int = 1,
        inputs: int = PIXELS,
    ) -> None:
        super().__init__()
        if not 0 <= shared <= depth:
            raise ValueError(f"of {depth} layers, 0 to {depth} can be shared, not {shared}")
        self.in_a_row = InARow(inputs)
        self.trunk = layers(inputs, width, shared)
        before = width if shared else inputs
        own = {task: layers(before, width, depth - shared) for task in tasks}
        self.branches = nn.ModuleDict(own)
        self.heads = heads(width if depth else inputs, tasks)

    def shared(self) -> nn.Sequential:
        """Return the layers that all tasks use."""
        return self.trunk

    def forward(self, pictures: Pictures) -> Scores:
        """Return, by task, a score for each class."""
        common = self.trunk(self.in_a_row(pictures))
        return {task: self.heads[task](own(common)) for task, own in self.branches.items()}


class SoftSharing(nn.Module):
    """Soft sharing: a whole network for each task; `soft_penalty` ties their trunks together.

    Source: Duong et al. 2015, "Low Resource Dependency Parsing", ACL, who tie two parsers with a
    squared norm.
    """

    def __init__(
        self, width: int, depth: int, tasks: Mapping[str, int], inputs: int = PIXELS
    ) -> None:
        super().__init__()
        self.in_a_row = InARow(inputs)
        self.trunks = nn.ModuleDict({task: layers(inputs, width, depth) for task in tasks})
        self.heads = heads(width, tasks)

    def shared(self) -> nn.Sequential:
        """Return no layers: tasks use none together."""
        return nn.Sequential()

    def forward(self, pictures: Pictures) -> Scores:
        """Return, by task, a score for each class."""
        rows = self.in_a_row(pictures)
        return {task: head(self.trunks[task](rows)) for task, head in self.heads.items()}


class FindsCaption(HardSharing):
    """Hard sharing with a task "caption" whose classes are sentences, not numbers.

    Its head gives a vector; so does every caption, the sum of a learnt vector for each of its
    words. A caption's score is SHARPNESS times their cosine, so captions that share words are
    near each other. Lesson 12 has the idea with a better reader of words.
    """

    def __init__(
        self,
        width: int,
        depth: int,
        tasks: Mapping[str, int],
        captions: Sequence[str],
        inputs: int = PIXELS,
    ) -> None:
        super().__init__(width, depth, {**tasks, "caption": CAPTION_WIDTH}, inputs)
        self.register_buffer("bags", bags_of_words(captions))
        self.words = nn.Linear(self.bags.shape[1], CAPTION_WIDTH, bias=False)

    def forward(self, pictures: Pictures) -> Scores:
        """Return, by task, a score for each class; for "caption" one for each caption."""
        scores = super().forward(pictures)
        found, said = F.normalize(scores["caption"]), F.normalize(self.words(self.bags))
        return {**scores, "caption": SHARPNESS * found @ said.T}


def bags_of_words(captions: Sequence[str]) -> Float[Tensor, "caption word"]:
    """Return which words each caption has: a row of zeros and ones, a column for each word."""
    words = sorted({word for caption in captions for word in caption.split()})
    rows = [[float(word in caption.split()) for word in words] for caption in captions]
    return torch.tensor(rows)


Multitask = HardSharing | Branches | SoftSharing
Variant = type[HardSharing] | type[Branches] | type[SoftSharing]
VARIANTS: dict[str, Variant] = {
    "hard sharing": HardSharing,
    "branches": Branches,
    "soft sharing": SoftSharing,
}
"""Every way of sharing, by name."""


def soft_penalty(model: SoftSharing) -> Float[Tensor, ""]:
    """Return `Σ ‖θ_a − θ_b‖²` over all pairs of tasks: squared distances of their trunks.

    Heads do not count: they have different sizes and different things to say.
    """
    pairs = combinations(model.trunks.values(), 2)
    squares = [
        (a - b).square().sum()
        for first, second in pairs
        for a, b in zip(first.parameters(), second.parameters(), strict=True)
    ]
    return torch.stack(squares).sum() if squares else torch.zeros(())


# ── A loss for each task ──────────────────────────────────────────────────────────────────────────


def multitask_loss(
    scores: Scores, labels: Labels, weights: Mapping[str, float | int] | None = None
) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, ""]]]:
    """Return the weighted sum of the tasks' losses, and each loss without its weight.

    A task's loss is the mean cross-entropy, in nats, of the examples whose label is known; 0 where
    none is. A task that `weights` do not name has weight 1.
    """
    weights = weights or {}
    losses = {
        task: known_cross_entropy(found, labels[task], UNKNOWN) for task, found in scores.items()
    }
    total = sum(weights.get(task, 1.0) * loss for task, loss in losses.items())
    return total, losses


# ── Do the tasks pull the same way? ───────────────────────────────────────────────────────────────


def shared_weights(model: Multitask) -> dict[str, list[nn.Parameter]]:
    """Return the weights and biases that all tasks use, by layer: "layer 1" reads the picture."""
    return {
        f"layer {number}": list(layer.parameters())
        for number, layer in enumerate(model.shared(), start=1)
    }


def task_gradients(model: Multitask, pictures: Pictures, labels: Labels) -> dict[str, Gradients]:
    """Return, by task and shared layer, the gradient of the task's own loss.

    Only weights that all tasks use are asked: on a head no two tasks can disagree. The model's own
    `.grad` stays as it is. Raises ValueError where nothing is shared.
    """
    by_layer = shared_weights(model)
    if not by_layer:
        raise ValueError("this model shares no layer, so its tasks cannot pull at the same weights")
    with torch.enable_grad():  # also while `fit` evaluates
        _, losses = multitask_loss(model(pictures), labels)
        return {task: gradients_of(loss, by_layer) for task, loss in losses.items()}


def gradients_of(
    loss: Float[Tensor, ""], by_layer: Mapping[str, Sequence[nn.Parameter]]
) -> Gradients:
    """Return a loss's gradient, a row of numbers for each layer."""
    weights = [weight for layer in by_layer.values() for weight in layer]
    found = iter(torch.autograd.grad(loss, weights, retain_graph=True))
    return {
        layer: torch.cat([next(found).flatten() for _ in own]) for layer, own in by_layer.items()
    }


def in_one_row(gradients: Gradients) -> Float[Tensor, " number"]:
    """Stand the gradients of all layers in one row."""
    return torch.cat(list(gradients.values()))


def cosine(a: Float[Tensor, " number"], b: Float[Tensor, " number"]) -> Float[Tensor, ""]:
    """Return `a · b / (‖a‖ ‖b‖)`, from −1 (opposed) to 1 (the same way); 0 where either is zero."""
    lengths = a.norm() * b.norm()
    return torch.where(lengths > 0, a @ b / lengths.clamp(min=torch.finfo(a.dtype).tiny), 0.0)


def gradient_cosine(a: Gradients, b: Gradients) -> dict[str, float]:
    """Return the cosine of two tasks' gradients for each shared layer."""
    return {layer: cosine(a[layer], b[layer]).item() for layer in a}


def watch_cosine(data: Tasks) -> Callable[[Multitask], dict[str, float]]:
    """Return an `evaluate` for `fit`: the cosine of two tasks' gradients on all of these examples.

    By shared layer, and as "all layers" over all shared weights. `data` has two tasks.
    """

    def evaluate(model: Multitask) -> dict[str, float]:
        first, second = task_gradients(model, data.pictures, data.labels).values()
        whole = cosine(in_one_row(first), in_one_row(second)).item()
        return gradient_cosine(first, second) | {"all layers": whole}

    return evaluate


# ── Gradient surgery ──────────────────────────────────────────────────────────────────────────────


def project(
    gradient: Float[Tensor, " number"], other: Float[Tensor, " number"]
) -> Float[Tensor, " number"]:
    """Take out of a gradient what points against another: `g − (g · h / ‖h‖²) h` if `g · h < 0`."""
    overlap = gradient @ other
    if overlap >= 0:
        return gradient
    return gradient - overlap / (other @ other) * other


def pcgrad(
    gradients: Float[Tensor, "task number"], generator: torch.Generator | None = None
) -> Float[Tensor, " number"]:
    """Return the sum of the tasks' gradients, each first freed of its conflicts with the others.

    Row i is projected against the *original* gradients of all other tasks, one after the other, in
    a random order of its own. Rows hold shared weights only. Source: Yu et al. 2020, "Gradient
    Surgery for Multi-Task Learning", arXiv:2001.06782, algorithm 1.
    """
    total = torch.zeros_like(gradients[0])
    for i, own in enumerate(gradients):
        for j in torch.randperm(len(gradients), generator=generator).tolist():
            if j != i:
                own = project(own, gradients[j])
        total = total + own
    return total


# ── Weights of tasks ──────────────────────────────────────────────────────────────────────────────


def uncertainty_loss(
    losses: Float[Tensor, " task"], log_variances: Float[Tensor, " task"]
) -> Float[Tensor, ""]:
    """Return `Σ exp(−s) L + s / 2`: losses weighed by learnt log variances `s = ln σ²`.

    The second term keeps s from growing without end. The sum may be negative, which harms nothing.
    Source: Kendall et al. 2018, arXiv:1705.07115, equation 10: `L / σ² + ln σ`.
    """
    return (torch.exp(-log_variances) * losses + log_variances / 2).sum()


def learn_log_variances(model: Multitask) -> Multitask:
    """Give a model a log variance for each task, 0 at first, to be trained with the rest."""
    model.log_variances = nn.Parameter(torch.zeros(len(model.heads)))
    return model


def uncertain_loss(units: Mapping[str, float | int] | None = None) -> Loss:
    """Return `uncertainty_loss` as the loss of a training; the model has `log_variances`.

    `units` multiply tasks' losses, as if they were measured in other units.
    """
    units = units or {}

    def loss(model: Multitask, pictures: Pictures, labels: Tensor) -> Float[Tensor, ""]:
        _, losses = multitask_loss(model(pictures), by_task(model, labels))
        measured = [units.get(task, 1.0) * value for task, value in losses.items()]
        return uncertainty_loss(torch.stack(measured), model.log_variances)

    return loss


# ── A task without labels ─────────────────────────────────────────────────────────────────────────


def with_rotations(data: Tasks, seed: int = 0) -> Tasks:
    """Return the data with a task "rotation" more, whose labels cost nothing.

    Every picture is there a second time, turned by 0, 90, 180 or 270 degrees; by how many is its
    only label. Source: Gidaris et al. 2018, "Unsupervised Representation Learning by Predicting
    Image Rotations", arXiv:1803.07728.
    """
    turns = torch.randint(4, (len(data),), generator=torch.Generator().manual_seed(seed))
    pairs = zip(data.pictures, turns.tolist(), strict=True)
    turned = torch.stack([picture.rot90(turn, (-2, -1)) for picture, turn in pairs])
    nothing = torch.full_like(turns, UNKNOWN)
    labels = {task: torch.cat([known, nothing]) for task, known in data.labels.items()}
    return Tasks(
        torch.cat([data.pictures, turned]),
        labels | {"rotation": torch.cat([nothing, turns])},
        data.names | {"rotation": ("0°", "90°", "180°", "270°")},
    )


# ── Training ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class MultitaskRecipe(Recipe):
    """How a model is trained: its number of parameters, its layers, and what ties soft sharing.

    In each step every task gets `batch_size` examples whose label it knows.
    """

    size: int
    depth: int = 3
    soft: float = 1e-3


QUICK = MultitaskRecipe(
    steps=300,
    batch_size=32,
    learning_rate=3e-3,
    size=40_000,
    expect="One or two seconds for each training.",
)
FULL = MultitaskRecipe(
    steps=2_000,
    batch_size=128,
    learning_rate=2e-3,
    size=200_000,
    expect="Some seconds for each training. Nobody has run it yet.",
)


def build(variant: Variant, data: Tasks, recipe: MultitaskRecipe, **options: Any) -> Multitask:
    """Return a model of about `recipe.size` parameters for these tasks; `options` go to it."""
    inputs = data.pictures[0].numel()

    def of_width(width: int, _: int) -> nn.Module:
        return variant(width, recipe.depth, data.classes, inputs=inputs, **options)

    return fusion.build(of_width, 0, recipe.size)


class TaskBatches:
    """Batches in which every task has the same number of examples whose label it knows.

    An example stands there for one task and is UNKNOWN to the others, so that a task meets the same
    examples in the same order, whoever is trained beside it.
    """

    def __init__(self, data: Tasks, batch_size: int, seed: int = 0) -> None:
        """A task with fewer labels than `batch_size` gets all of them in each step."""
        self.parts = []
        for labels in data.labels.values():
            known = labels != UNKNOWN
            size = min(batch_size, int(known.sum()))
            pictures = data.pictures[known]
            self.parts.append(Batches(pictures, labels[known], batch_size=size, seed=seed))

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        """Return pictures, and their labels with a column for each task."""
        pictures, labels = zip(*(part[step] for part in self.parts), strict=True)
        return torch.cat(pictures), block_diagonal(labels)


def block_diagonal(
    labels: Sequence[Int64[Tensor, " _"]],
) -> Int64[Tensor, "example task"]:
    """Stand the tasks' labels one below the other, each in its own column, UNKNOWN elsewhere."""
    return torch.block_diag(*[own.unsqueeze(1) - UNKNOWN for own in labels]) + UNKNOWN


def by_task(model: Multitask, labels: Int64[Tensor, "example task"]) -> Labels:
    """Name the columns of a batch's labels by the model's tasks."""
    return dict(zip(model.heads, labels.unbind(dim=1), strict=True))


def plain_loss(weights: Mapping[str, float | int] | None = None, soft: float = 0.0) -> Loss:
    """Return the loss of a training: the tasks' weighted sum, plus `soft` times `soft_penalty`.

    The penalty counts only for a model that shares softly.
    """

    def loss(model: Multitask, pictures: Pictures, labels: Tensor) -> Float[Tensor, ""]:
        total, _ = multitask_loss(model(pictures), by_task(model, labels), weights)
        return total + soft * soft_penalty(model) if isinstance(model, SoftSharing) else total

    return loss


def surgery_loss(model: Multitask, pictures: Pictures, labels: Tensor) -> Float[Tensor, ""]:
    """Return the sum of the tasks' losses, with a gradient that has been through PCGrad.

    Its value is the plain sum. On shared weights its gradient is `pcgrad`'s: what the surgery
    changes is added as a constant times the weights. Heads keep their own gradients.
    """
    named = by_task(model, labels)
    total, losses = multitask_loss(model(pictures), named)
    by_layer = shared_weights(model)
    rows = torch.stack([in_one_row(gradients_of(loss, by_layer)) for loss in losses.values()])
    change = pcgrad(rows) - rows.sum(dim=0)
    weights = torch.cat([w.flatten() for layer in by_layer.values() for w in layer])
    extra = change @ weights
    return total + extra - extra.detach()


def train(
    model: Multitask,
    data: Tasks,
    recipe: MultitaskRecipe,
    loss: Loss | None = None,
    **options: object,
) -> History:
    """Train a model on the tasks that `data` has labels of; `options` go to `fit`."""
    batches = TaskBatches(data, recipe.batch_size, recipe.seed)
    loss = loss or plain_loss(soft=recipe.soft)
    return fit(model, batches, loss, recipe, **{"every": recipe.steps, **options})


def train_variant(
    variant: Variant,
    data: Tasks,
    recipe: MultitaskRecipe,
    seed: int = 0,
    loss: Loss | None = None,
    **options: Any,
) -> Multitask:
    """Build a variant at the recipe's size and train it from this seed; `options` go to `build`."""
    seed_everything(seed)
    model = build(variant, data, recipe, **options)
    train(model, data, replace(recipe, seed=seed), loss)
    return model


def train_mixed(data: Tasks, recipe: MultitaskRecipe, seed: int = 0) -> Multitask:
    """Train hard sharing on batches of all pictures alike: few labels are then few in each batch.

    A batch is as large as that of `train`, and every label that is known counts.
    """
    seed_everything(seed)
    model = build(HardSharing, data, recipe)
    columns = torch.stack(list(data.labels.values()), dim=1)
    size = recipe.batch_size * len(data.labels)
    # Not `seed` itself: `few_labels` draws with it, and its choice would fill the first batches.
    batches = Batches(data.pictures, columns, batch_size=size, seed=seed + 100)
    fit(model, batches, plain_loss(), replace(recipe, seed=seed), every=recipe.steps)
    return model


# ── Scores ────────────────────────────────────────────────────────────────────────────────────────


def scores_of(model: Multitask, pictures: Pictures, task: str) -> Float[Tensor, "example class"]:
    """Return the scores for one task, without a gradient."""
    with torch.no_grad():
        return model(pictures)[task]


def right(model: Multitask, data: Tasks) -> dict[str, float]:
    """Return, by task, how often the class with the highest score is the label."""
    return {
        task: accuracy(scores_of(model, data.pictures, task).argmax(dim=1), labels)
        for task, labels in data.labels.items()
        if task in model.heads
    }


def majority(learn: Tasks, unseen: Tasks, task: str) -> float:
    """Return how often the commonest known label of `learn` is right on `unseen`."""
    labels = learn.labels[task]
    commonest = labels[labels != UNKNOWN].mode().values
    return (unseen.labels[task] == commonest).double().mean().item()


def nearest_picture(learn: Tasks, unseen: Tasks, task: str) -> float:
    """Return how often the label of the most similar labelled picture is right: a copyist."""
    return accuracy(copied(learn, unseen, task), unseen.labels[task])


def copied(learn: Tasks, unseen: Tasks, task: str) -> Int64[Tensor, " example"]:
    """Return for each unseen picture the label of the most similar one whose label is known."""
    known = learn.labels[task] != UNKNOWN
    distances = torch.cdist(unseen.pictures.flatten(1), learn.pictures[known].flatten(1))
    return learn.labels[task][known][distances.argmin(dim=1)]


def nearest_by_helper(learn: Tasks, unseen: Tasks, task: str, helper: str) -> float:
    """Return how often a copyist is right that uses the helper's labels, too.

    It copies the helper's label of the most similar picture, and says what most pictures with this
    label are that have a label for the task. Where none has, it copies the task's label.
    """
    labels, classes = learn.labels[task], learn.classes
    known = labels != UNKNOWN
    votes = torch.zeros(classes[helper], classes[task])
    votes.index_put_((learn.labels[helper][known], labels[known]), torch.ones(()), accumulate=True)
    found = votes[copied(learn, unseen, helper)]  # (example, class of the task)
    answers = found.argmax(dim=1)
    answers = torch.where(found.sum(dim=1) > 0, answers, copied(learn, unseen, task))
    return accuracy(answers, unseen.labels[task])


def probe(model: HardSharing, learn: Tasks, unseen: Tasks, task: str) -> float:
    """Return how often a linear classifier is right that reads a task off the trunk's features.

    It learns from the known labels of `learn` and is asked about `unseen`; the trunk stays as it
    is. The classifier is scikit-learn's ridge regression.
    """
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    labels = learn.labels[task]
    known = labels != UNKNOWN
    reader = make_pipeline(StandardScaler(), RidgeClassifier(alpha=10.0))
    reader.fit(features(model, learn.pictures[known]).numpy(), labels[known].numpy())
    return float(reader.score(features(model, unseen.pictures).numpy(), unseen.labels[task]))


def caption_of_answers(
    model: Multitask, unseen: Tasks, said: Sequence[str]
) -> Int64[Tensor, " example"]:
    """Return the caption whose parts a network of several tasks finds likeliest: a rival.

    `said` are the tasks that a caption names, in its order. A caption's score is the sum of the
    log probabilities of its parts.
    """
    captions = [caption.split(" ", len(said) - 1) for caption in unseen.names["caption"]]
    total = torch.zeros(len(unseen), len(captions))
    for task, words in zip(said, zip(*captions, strict=True), strict=True):
        columns = torch.tensor([unseen.names[task].index(word) for word in words])
        total += scores_of(model, unseen.pictures, task).log_softmax(dim=1)[:, columns]
    return total.argmax(dim=1)


@torch.no_grad()
def features(model: HardSharing, pictures: Pictures) -> Float[Tensor, "example width"]:
    """Return what the trunk makes of pictures: all that the heads see."""
    return model.trunk(model.in_a_row(pictures))


def gains(
    matrix: Mapping[str, Mapping[str, Any]],
) -> dict[str, dict[str, list[float]]]:
    """Return, by helped task and helper, what the helper adds to being alone, for every seed.

    `matrix` is what `data/results/multitask.json` holds for one number of labels.
    """
    return {
        task: {
            helper: [
                with_it - alone for with_it, alone in zip(runs, matrix["alone"][task], strict=True)
            ]
            for helper, runs in beside.items()
        }
        for task, beside in matrix["with"].items()
    }


def mean_gain(runs: Mapping[str, Sequence[float]]) -> float:
    """Return the mean over seeds of what the second of two ways scores above the first."""
    without, beside = runs.values()
    return mean(beside) - mean(without)


def plot_letters(letters: Tasks) -> Any:
    """Draw letters in a row, each with its labels beneath."""
    from mmtutor import plots

    rows = letters.pictures.flatten(1)
    low = rows.amin(dim=1, keepdim=True)  # paper, whatever the scale
    ink = plots.as_ink((rows - low) / (rows.amax(dim=1, keepdim=True) - low))
    names = letters.names
    texts = [
        "\n".join(names[task][labels[place]] for task, labels in letters.labels.items())
        for place in range(len(letters))
    ]
    return plots.frames(ink.unsqueeze(0), [texts])
