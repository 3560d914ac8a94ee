"""What a trained model says about many examples, a chunk at a time."""

import torch
from torch import Tensor, nn


@torch.no_grad()
def predict(model: nn.Module, *inputs: Tensor, batch_size: int = 512) -> Tensor:
    """Return the model's outputs for all `inputs`, on the CPU, in evaluation mode.

    Works wherever the model lies. The model's mode is left as it was.
    """
    device, was_training = next(model.parameters()).device, model.training
    model.eval()
    try:
        chunks = zip(*(tensor.split(batch_size) for tensor in inputs), strict=True)
        return torch.cat([model(*[c.to(device) for c in chunk]).cpu() for chunk in chunks])
    finally:
        model.train(was_training)
