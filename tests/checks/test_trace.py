"""The trace lays the parts of two versions side by side and finds the first that departs."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mmtutor.checks.trace import LOGS, RESULT, part, trace, trace_answer
from mmtutor.checks.transformer.shared import linear, normalise, self_attention


class Small(nn.Module):
    """Two layers with a ReLU between, or without."""

    def __init__(self, bends: bool = True) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.bends = nn.Linear(3, 4), nn.Linear(4, 2), bends

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return self.second(x.relu() if self.bends else x)


X = torch.arange(6.0).view(2, 3) - 2


def test_two_that_are_the_same_have_nothing_to_tell() -> None:
    found = trace(Small(), Small(), X)
    assert [row.right.name for row in found.rows] == ["first", "second", RESULT]
    assert found.marks() == ["✓"] * 3 and found.sentence() == "The result is right."


def test_the_numbers_are_those_of_what_comes_out() -> None:
    @part
    def known(x: Tensor) -> Tensor:
        return torch.tensor([[1.0, -3.0], [1.0, 1.0]])

    found = trace(known, known, X)
    assert found.rows[0].cells() == ["known", "0.000", "1.732", "3.000", "0.000", "1.732", "3.000"]


def test_what_is_wrong_inside_a_part_is_told_from_what_is_wrong_before_it() -> None:
    inside = Small()
    with torch.no_grad():
        inside.second.bias += 1
    said = trace(inside, Small(), X).sentence()
    assert said == (
        "Up to `first` all is right. `second` gets what it should and gives something else: look "
        "inside."
    )
    said = trace(Small(bends=False), Small(), X).sentence()
    assert "`second` is given something else: look at what comes before it." in said


def test_what_comes_after_the_last_part_is_found() -> None:
    said = trace(lambda x: 2 * linear(x, x.T), lambda x: linear(x, x.T), X).sentence()
    assert said == "Up to `linear` all is right. The result is not: look at what comes after it."


def test_a_part_that_runs_twice_has_a_number() -> None:
    twice = lambda x: linear(linear(x, x.T), x)  # noqa: E731
    found = trace(lambda x: linear(x, x.T) @ x, twice, X)
    assert [row.right.name for row in found.rows] == ["linear", "linear (2)", RESULT]
    assert found.marks() == ["✓", "–", "✓"]


def test_a_part_that_does_not_run_is_named_where_the_result_is_wrong() -> None:
    said = trace(lambda x: x, lambda x: linear(x, x.T), X).sentence()
    assert said == "`linear` does not run in yours."


def test_a_version_that_stops_says_where_and_how_far_it_came() -> None:
    def stops(x: Tensor) -> Tensor:
        return linear(linear(x, x.T), x.T)

    found = trace(stops, lambda x: linear(linear(x, x.T), x), X)
    assert "`linear (2)` does not run in yours. It stops with RuntimeError" in found.sentence()
    assert found.marks() == ["✓", "–", "–"]


def test_a_trace_leaves_nothing_behind() -> None:
    model = Small()
    trace(model, Small(), X)
    assert not LOGS and not model.first._forward_hooks
    assert linear(X, X.T).shape == (2, 2)  # a part works without a trace


def test_a_module_that_gives_several_things_is_told_by_the_first() -> None:
    torch.manual_seed(0)
    attention = nn.MultiheadAttention(3, 1, batch_first=True)
    found = trace(attention, attention, X[None], X[None], X[None])
    assert (
        found.rows[-1].right.made.shape == (1, 2, 3) and found.sentence() == "The result is right."
    )


def test_the_table_reads_as_text_and_as_a_page() -> None:
    found = trace(Small(bends=False), Small(), X)
    text, page = repr(found), found._repr_html_()
    lines = text.splitlines()
    assert len({len(line) for line in lines[1:-1]}) == 1  # columns stand below one another
    assert lines[2].startswith("✓ first") and lines[3].startswith("✗ second")
    assert page.count("<tr>") == 2 + len(found.rows) and "<code>second</code>" in page


def block(change: Callable[[Tensor], Tensor]) -> Callable[..., Any]:
    """An answer to `transformer.block` in which something else happens to the hidden numbers."""

    def answer(x: Tensor, matrices: Tensor, first: Tensor, second: Tensor) -> Tensor:
        x = x + self_attention(normalise(x), matrices)
        return x + linear(change(linear(normalise(x), first)), second)

    return answer


def test_an_answer_is_traced_beside_the_reference_of_its_exercise() -> None:
    assert trace_answer("transformer.block", block(torch.relu)).marks() == ["✓"] * 6
    found = trace_answer("transformer.block", block(torch.sigmoid))
    assert "Up to `linear` all is right. `linear (2)` is given something else" in found.sentence()


def test_what_cannot_be_traced_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    blank = trace_answer("transformer.block", ...)
    assert repr(blank) == "Not attempted yet: replace the `...` first."
    assert blank._repr_html_().startswith("<p>Not attempted")
    assert "It is called with (x, matrices" in repr(trace_answer("transformer.block", lambda x: x))
    with pytest.raises(ValueError, match="no function"):
        trace_answer("transformer.predict", 1)
    monkeypatch.delattr("mmtutor.checks.find")
    assert "no reference" in repr(trace_answer("transformer.block", block(torch.relu)))
