"""What a model says about many examples, a chunk at a time."""

import torch

from mmtutor.training import (
    predict,
)
from tests.training.small import network, task


def test_predict_goes_in_chunks_and_leaves_the_mode_alone():
    model, (x, _) = network().train(), task()
    together = predict(model, x)
    torch.testing.assert_close(predict(model, x, batch_size=5), together)
    assert model.training and not together.requires_grad
