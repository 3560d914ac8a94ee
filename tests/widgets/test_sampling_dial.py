"""The sampling dial and its static twin: what is drawn, what is refused, what is said."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import traitlets
from torch import Tensor

from mmtutor import plots
from mmtutor.plots.sampling import entropy, sentence
from mmtutor.widgets import SamplingDial

NAMES = ["a", "b", " ", "the"]
LOGITS = torch.tensor([2.0, 1.0, 0.0, -1.0])


def scores(text: str) -> Tensor:
    """A made-up model: the same logits after every text, moved on by one place per letter."""
    if "x" in text:
        raise ValueError("there is no x in this alphabet")
    return LOGITS.roll(len(text) - 1)


def distribution(
    logits: Tensor, temperature: float, top_k: int | None, top_p: float | None
) -> Tensor:
    """The shares at a temperature, cut off in the plainest way."""
    if temperature == 0:
        return (logits == logits.max()).float()
    shares = (logits / temperature).softmax(dim=-1)
    ranked = shares.sort(descending=True).values
    kept = shares >= ranked[(top_k or len(shares)) - 1]
    if top_p is not None:
        kept &= shares >= ranked[int((ranked.cumsum(dim=0) < top_p).sum())]
    return shares * kept / (shares * kept).sum()


def dial(prompt: str = ".") -> SamplingDial:
    return SamplingDial(scores, distribution, NAMES, prompt)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


def test_the_bars_show_both_the_model_and_the_dials() -> None:
    made = dial()
    shares = LOGITS.softmax(dim=0).tolist()
    assert [name for name, _, _ in made._bars] == ["a", "b", "␣", "the"]
    assert [before for _, before, _ in made._bars] == pytest.approx(shares)
    made.top_k = 2
    assert [before for _, before, _ in made._bars] == pytest.approx(shares)
    half = [share / sum(shares[:2]) for share in shares[:2]]
    assert [after for _, _, after in made._bars] == pytest.approx([*half, 0, 0])
    assert made._sentence == f"“a” has {half[0]:.2f}; 2 of 4 tokens are left; entropy 0.84 bits"


def test_nothing_cut_off_is_said_as_none() -> None:
    asked = []

    def spy(logits: Tensor, **cut: object) -> Tensor:
        asked.append(cut)
        return logits.softmax(dim=0)

    made = SamplingDial(scores, spy, NAMES)
    made.top_p, made.top_k = 0.5, 3
    nothing = {"temperature": 1.0, "top_k": None, "top_p": None}
    assert asked[:2] == [nothing, nothing]
    assert asked[-1] == {"temperature": 1.0, "top_k": 3, "top_p": 0.5}


def test_greedy_text_is_the_likeliest_token_each_time() -> None:
    made = dial()
    made.temperature = 0.0
    made.grow(3)
    # the logits move on by one place with every letter: "a", then "b", then " ", …
    assert made.text == ".ab " and made._sentence.startswith(
        "“the” has 1.00; 1 of 4 tokens is left"
    )


def test_the_text_grows_by_what_is_left_and_comes_back_the_same() -> None:
    made = dial("a")
    made.grow(30)
    first = made.text
    assert first.startswith("a") and len(set(first)) > 2 and made._prompt == "a"
    made.restart()
    assert made.text == "a"
    made.grow(30)
    assert made.text == first
    made.text = "ab"  # typed: a new prompt
    made.grow(2)
    made.restart()
    assert made.text == "ab"


def test_a_drawn_token_is_as_frequent_as_its_bar() -> None:
    made = SamplingDial(lambda _: LOGITS, distribution, [*NAMES[:3], "t"], ".")
    made.top_p = 0.9
    made.grow(600)
    found = [made.text.count(letter) / 600 for letter in "ab t"]
    np.testing.assert_allclose(found, [bar[2] for bar in made._bars], atol=0.06)
    assert found[3] == 0


def test_a_text_that_cannot_be_read_is_a_sentence_and_nothing_grows() -> None:
    made = dial("a")
    made.text = "ax"
    made.grow(3)
    assert (made.text, made._error) == ("ax", "there is no x in this alphabet")
    made.text = "ab"
    assert made._error == ""
    made.text = ""
    assert made._error.startswith("type at least one letter")
    for prompt in ("ax", ""):
        with pytest.raises(ValueError, match=r"there is no x|at least one letter"):
            dial(prompt)


def test_the_buttons_of_the_page() -> None:
    made = dial("a")
    made._handle_custom_msg({"do": "grow", "count": 2}, [])
    assert len(made.text) > 2
    made._handle_custom_msg({"do": "restart"}, [])
    assert made.text == "a"


@pytest.mark.parametrize(
    ("name", "outside"),
    [("temperature", -0.1), ("temperature", 2.1), ("top_p", 0.0), ("top_p", 1.1), ("top_k", -1)],
)
def test_a_dial_outside_its_range_is_refused(name: str, outside: float) -> None:
    made = dial()
    with pytest.raises(traitlets.TraitError):
        setattr(made, name, outside)
    assert repr(made) == "Sampling dial over 4 tokens, live in a running notebook"


def test_probabilities_that_are_none_are_refused_by_both() -> None:
    logits = {"as it is": LOGITS}
    with pytest.raises(ValueError, match="0 or more and sum to 1"):
        plots.sampling_bars(logits, NAMES)
    with pytest.raises(ValueError, match="0 or more and sum to 1"):
        SamplingDial(scores, lambda logits, **_: logits, NAMES)
    with pytest.raises(ValueError, match="one per name"):
        plots.sampling_bars({"as it is": LOGITS.softmax(dim=0)}, NAMES[1:])
    with pytest.raises(ValueError, match="at least one setting"):
        plots.sampling_bars({}, NAMES)


def test_entropy_and_sentence_by_hand() -> None:
    assert entropy(np.array([0.5, 0.25, 0.25])) == 1.5
    assert entropy(np.array([1.0, 0.0])) == 0.0
    said = sentence(np.array([0.0, 0.75, 0.25, 0.0]), NAMES)
    assert said == "“b” has 0.75; 2 of 4 tokens are left; entropy 0.81 bits"


def test_the_static_twin_has_a_panel_of_bars_for_each_setting() -> None:
    given = {"as it is": LOGITS.flip(0).softmax(dim=0), "greedy": torch.eye(4)[3]}
    figure = plots.sampling_bars(given, NAMES, most=3)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["the", "␣", "b"]
    outline, bars = (box.patches for box in figure.axes[1].containers)
    assert [bar.get_width() for bar in bars] == [1, 0, 0]
    expected = given["as it is"].flip(0)[:3].tolist()
    assert [bar.get_width() for bar in outline] == pytest.approx(expected)
    assert figure.axes[1].get_title() == "greedy\n1 left, 0.00 bits"
    assert "greedy: “the” has 1.00; 1 of 4 tokens is left" in figure.description
