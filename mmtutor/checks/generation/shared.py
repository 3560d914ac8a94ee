"""Shared by the exercises of lesson 18, generation.

- `beside` gives times as many axes as states have: all but `dropped` and `steps_needed`;
- `same_for_all` makes mistakes with times (or scales) that the members of a batch share:
  `on_the_way`, `guided`, `to_noise`;
- `Field` is a velocity that a case can show: `euler`, `bug_flow`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import Wrong


def beside(times: Tensor, states: Tensor) -> Tensor:
    """Return times with as many axes as the states, so that each member has its own."""
    return times.view(-1, *[1] * (states.dim() - 1))


def same_for_all(times: Tensor, states: Tensor, wrong: Wrong) -> Tensor:
    """Return a time for each member beside the states, or what a mistake makes of them.

    Along another axis they fit only where that is as long as the batch, or where one is 1.
    """
    shared = {
        "first_time": times[:1],
        "last_time": times[-1:],
        "mean_time": times.mean(0, keepdim=True),
        "largest_time": times.amax(0, keepdim=True),
        "next_time": times.roll(1),
        "times_turned": times.flip(0),
        "times_sorted": times.sort().values,
        "rounded_time": times.round(),
    }
    for name, some in shared.items():
        if name in wrong:
            return beside(some.expand_as(times), states)
    for name, after in {"last_axis": 0, "along_height": 1, "along_channel": 2}.items():
        if name in wrong:
            return times.view(-1, *[1] * after)
    return beside(times, states)


@dataclass(frozen=True)
class Field:
    """A velocity `pull · x + push · t + wave · sin(2x + 3t) + still`, with a time for each state.

    Raises ValueError where states and times do not belong together.
    """

    pull: int | float = 0
    push: int | float = 0
    wave: int | float = 0
    still: int | float = 0

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        x, t = torch.as_tensor(x), torch.as_tensor(t)
        if t.shape != x.shape[:1]:
            raise ValueError(
                f"{len(x)} states need {len(x)} times, shape ({len(x)},), and the shape of t is "
                f"{tuple(t.shape)}"
            )
        t = beside(t, x)
        return self.pull * x + self.push * t + self.wave * torch.sin(2 * x + 3 * t) + self.still

    def __repr__(self) -> str:
        named = {"x": self.pull, "t": self.push, "sin(2x + 3t)": self.wave}
        parts = [f"{number:g}·{name}" for name, number in named.items() if number]
        return " + ".join([*parts, *([f"{self.still:g}"] if self.still or not parts else [])])

    @property
    def hears_time(self) -> bool:
        """Say whether the velocity changes with the time."""
        return bool(self.push or self.wave)

    @property
    def hears_place(self) -> bool:
        """Say whether the velocity changes with the state."""
        return bool(self.pull or self.wave)
