"""Functions that a case may hold: each is its numbers, so that it travels to an answer elsewhere.

An answer that is graded lives in a process of its own, and nothing that runs is sent there. These
are known on both sides; what is sent are their names and numbers.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


def beside(times: Tensor, states: Tensor) -> Tensor:
    """Return times with as many axes as the states, so that each member has its own."""
    return times.view(-1, *[1] * (states.dim() - 1))


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


@dataclass(frozen=True)
class Captioned:
    """A velocity `pull · x + push · t + c · (2 + cos x)`, with a number c for each caption.

    Raises ValueError where states, times and captions do not belong together.
    """

    pull: float
    push: float

    def __call__(self, x: Tensor, t: Tensor, captions: Tensor) -> Tensor:
        x, t = torch.as_tensor(x), torch.as_tensor(t)
        if not isinstance(captions, Tensor) or captions.is_floating_point():
            raise ValueError("captions are a tensor of whole numbers: an embedding looks them up")
        if t.shape != x.shape[:1] or captions.dim() != 2 or len(captions) != len(x):
            raise ValueError(
                f"{len(x)} states need {len(x)} times and {len(x)} captions; the shape of t is "
                f"{tuple(t.shape)}, that of captions {tuple(captions.shape)}"
            )
        places = torch.arange(1, captions.shape[1] + 1)
        said = torch.sin(0.7 * captions * places + places).sum(1)
        return self.pull * x + self.push * beside(t, x) + beside(said, x) * (2 + torch.cos(x))

    def __repr__(self) -> str:
        return f"{self.pull:g}·x + {self.push:g}·t + caption·(2 + cos x)"


KNOWN = {known.__name__: known for known in (Field, Captioned)}
"""Every function that travels, by its name."""
