"""The temperature dial: its numbers are PyTorch's, what is refused, the static twin."""

import math
import re

import matplotlib.pyplot as plt
import pytest
import torch
import torch.nn.functional as F
import traitlets

from mmtutor import plots
from mmtutor.contrastive import contrastive_loss
from mmtutor.plots import temperature as dial
from mmtutor.widgets import TemperatureDial

generator = torch.Generator().manual_seed(0)
LEFT, RIGHT = F.normalize(torch.randn(2, 4, 3, generator=generator, dtype=torch.float64), dim=-1)
COSINES = LEFT @ RIGHT.T
LABELS = ["grave", "acute", "macron", "breve"]
EQUAL = torch.full((3, 3), 0.5) + 0.5 * torch.eye(3)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


@pytest.mark.parametrize("temperature", [0.005, 0.07, 1.0])
def test_the_numbers_are_those_of_pytorch(temperature: float) -> None:
    """Softmax, the loss of `mmtutor.contrastive`, and its gradient by autograd."""
    cosines = COSINES.clone().requires_grad_()
    scores = cosines / temperature
    own = torch.arange(4)
    value = (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2
    value.backward()
    array = COSINES.numpy()
    torch.testing.assert_close(torch.tensor(dial.shares(array, temperature)), scores.softmax(1))
    assert dial.loss(array, temperature) == pytest.approx(value.item())
    expected = contrastive_loss(LEFT, RIGHT, 1 / temperature).item()
    assert dial.loss(array, temperature) == pytest.approx(expected)
    torch.testing.assert_close(torch.tensor(dial.gradient(array, temperature)), cosines.grad)


def test_the_hardest_takes_more_of_the_push_as_the_temperature_falls() -> None:
    found = [dial.hardest(COSINES.numpy(), t, 0) for t in (1.0, 0.2, 0.02)]
    assert len({column for column, _, _ in found}) == 1
    shares = [share for _, share, _ in found]
    assert shares == sorted(shares)
    assert shares[0] < 0.5
    assert shares[-1] > 0.95


def test_the_sentence_says_loss_chance_and_the_hardest() -> None:
    says = dial.sentence(EQUAL.numpy().astype(float), 0.5, ["a", "b", "c"], ["x", "y", "z"])
    by_hand = math.log(1 + 2 * math.exp(-1))  # own 1 against two of 0.5, at τ = 0.5
    assert says.startswith(f"τ = 0.5: loss {by_hand:.2f} nats (chance ln 3 = 1.10); in row “a”")
    assert says.endswith("“y”, takes 50 % of the push")  # of two equals the first
    done = dial.sentence(EQUAL.numpy().astype(float), 0.005, ["a", "b", "c"], ["x", "y", "z"])
    assert done.endswith("in row “a” hardly anything is pushed any more")


@pytest.mark.parametrize(
    ("value", "text"),
    [(-28.61, "−28.6"), (0.934, "+0.93"), (-0.004, "0.00"), (9.996, "+10.0")],
)
def test_a_signed_number_has_three_digits_at_most(value: float, text: str) -> None:
    assert dial.signed(value) == text


REFUSED = [
    (torch.zeros(2, 3), LABELS, "a square"),
    (torch.zeros(1, 1), ["a"], "2 to 10 rows, not 1"),
    (torch.zeros(11, 11), ["a"] * 11, "2 to 10 rows, not 11"),
    (COSINES, LABELS[:3], "3 labels in left_labels for 4 pairs"),
    (COSINES / 0.07, LABELS, "do not divide by τ"),
    (COSINES * math.nan, LABELS, "between -1 and 1"),
]


@pytest.mark.parametrize(("cosines", "labels", "says"), REFUSED)
def test_what_does_not_fit_is_a_sentence_in_both(cosines, labels, says) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        TemperatureDial(cosines, labels, labels)
    with pytest.raises(ValueError, match=re.escape(says)):
        plots.temperature_rows(cosines, (0.1,), labels, labels)


def test_temperature_and_row_stay_inside() -> None:
    made = TemperatureDial(COSINES, LABELS, LABELS)
    for outside in (0.004, 2.1, math.nan):
        with pytest.raises(traitlets.TraitError, match=r"from 0\.005 to 2"):
            made.temperature = outside
        with pytest.raises(ValueError, match=r"from 0\.005 to 2"):
            plots.temperature_rows(COSINES, (outside,), LABELS, LABELS)
    with pytest.raises(traitlets.TraitError, match="row must lie from 0 to 3, not 4"):
        made.row = 4
    assert (made.temperature, made.row) == (0.07, 0)
    assert repr(made).startswith("Temperature dial over 4 pairs")


def test_the_static_twin_has_a_column_for_each_temperature() -> None:
    figure = plots.temperature_rows(COSINES, (1.0, 0.07), LABELS, LABELS)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    loss = dial.two_digits(dial.loss(COSINES.numpy(), 0.07))
    assert titles[1] == f"τ = 0.07\nloss {loss} nats (chance 1.39)"
    assert dial.sentence(COSINES.numpy(), 0.07, LABELS, LABELS) in figure.description
    shares = dial.shares(COSINES.numpy(), 1.0)
    drawn = [text.get_text() for text in figure.axes[0].texts]
    assert drawn == [f"{share:.2f}" for share in shares.flat]
