"""Tasks: pictures with a label for each of several tasks."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from jaxtyping import Bool, Float, Int64
from torch import Tensor

from mmtutor.datasets.scenes import IGNORED

UNKNOWN = IGNORED
"""The label that is no label, -100: `torch.nn.functional.cross_entropy` leaves it out."""


@dataclass(frozen=True, eq=False)
class Tasks:
    """Pictures, and for each task a label of every picture; `names` are what labels stand for.

    Pictures of a training set have mean 0 and standard deviation 1; others have the same scale.
    """

    pictures: Float[Tensor, "example channel side side"]
    labels: dict[str, Int64[Tensor, " example"]]
    names: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def classes(self) -> dict[str, int]:
        """How many classes each task has."""
        return {task: len(names) for task, names in self.names.items()}

    def select(self, which: Int64[Tensor, " chosen"] | Bool[Tensor, " example"]) -> "Tasks":
        """The examples at these positions, or where a mask is True."""
        labels = {task: values[which] for task, values in self.labels.items()}
        return replace(self, pictures=self.pictures[which], labels=labels)

    def only(self, tasks: Iterable[str]) -> "Tasks":
        """The same pictures with the labels of these tasks. KeyError for an unknown one."""
        tasks = tuple(tasks)
        return replace(
            self,
            labels={task: self.labels[task] for task in tasks},
            names={task: self.names[task] for task in tasks},
        )
