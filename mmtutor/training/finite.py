"""A loss or a gradient that is not finite ends a training, and nothing that was learnt is lost."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mmtutor.training.history import History


class NotFinite(ArithmeticError):
    """Training met a number that is not finite; `history` holds the steps before it."""

    def __init__(self, sentence: str, history: History) -> None:
        super().__init__(sentence)
        self.history = history

    def _render_traceback_(self) -> list[str]:
        """Show the sentence alone in a notebook: the traceback would only show the loop."""
        return [f"{type(self).__name__}: {self}"]


class LastGood:
    """Holds a model at its last finite state, without waiting for a GPU at every step.

    From the first bad step on, the device itself leaves out the optimiser's steps (the way that
    gradient scalers do: `found_inf`). Python hears of it when losses are brought from the device:
    at once on a CPU, after at most 50 steps on a GPU.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Watch over the parameters that `optimizer` moves and the buffers of `model`."""
        device = next(model.parameters()).device
        self.model, self.optimizer = model, optimizer
        self.bad = torch.zeros((), dtype=torch.bool, device=device)
        self.numbers = torch.zeros(2, device=device)  # loss and gradient's norm of the bad step
        self.buffers = [buffer.clone() for buffer in model.buffers()]

    def before_step(self) -> None:
        """Remember the buffers (running means, for instance): a forward pass changes them."""
        pairs = zip(self.buffers, self.model.buffers(), strict=True)
        self.buffers = [torch.where(self.bad, kept, now) for kept, now in pairs]

    def after_backward(self, loss: Float[Tensor, ""], norm: Float[Tensor, ""]) -> None:
        """Let the optimiser step only while every loss and gradient so far was finite."""
        numbers = torch.stack([loss.detach().float(), norm.float()])
        self.numbers = torch.where(self.bad, self.numbers, numbers)
        self.bad = self.bad | ~numbers.isfinite().all()
        self.optimizer.found_inf = self.bad.float()

    def check(self, history: History) -> None:
        """Raise NotFinite if one of the losses that have arrived belongs to a bad step."""
        if history.pending or not self.bad:
            return
        with torch.no_grad():
            for kept, now in zip(self.buffers, self.model.buffers(), strict=True):
                now.copy_(kept)
        done = self.optimizer_steps()
        del history.losses[done:]
        raise NotFinite(self.sentence(done + 1), history)

    def optimizer_steps(self) -> int:
        """Return how many steps the optimiser really took: it counts none that was left out."""
        states = self.optimizer.state.values()
        return max((int(state["step"]) for state in states), default=0)

    def sentence(self, step: int) -> str:
        """Say what was not finite, what is safe, and where to look."""
        loss = self.numbers[0].item()
        what = (
            f"the loss is {loss}"
            if not math.isfinite(loss)
            else f"the loss is {loss:.3g}, but its gradient is not finite"
        )
        return (
            f"At step {step} {what}. The model keeps what it had learnt by step {step - 1}. Look "
            f"at batches[{step - 1}] (an infinite number or NaN in the data?), then at each log, "
            "exp, root and division of the loss, then at the learning rate."
        )
