"""The attention explorer's Python side: what is sent to the page, and what is refused."""

import subprocess
import sys

import numpy as np
import pytest
import torch
import traitlets

from mmtutor import plots
from mmtutor.plots.style import DIM
from mmtutor.widgets import AttentionExplorer
from mmtutor.widgets.attention_explorer import ONE

WORDS = ["the", "red", "star"]


def received(explorer: AttentionExplorer) -> np.ndarray:
    """The weights as the page decodes them."""
    fixed = np.frombuffer(explorer._weights, dtype="<u2").reshape(explorer._shape)
    return fixed / ONE


def random_maps(*shape: int) -> torch.Tensor:
    """Random attention weights, each row with the sum 1."""
    return torch.softmax(torch.randn(*shape, generator=torch.Generator().manual_seed(0)), -1)


def test_weights_arrive_exact_to_more_digits_than_are_shown() -> None:
    maps = random_maps(5, 2, 4, 3, 3)
    explorer = AttentionExplorer(maps, WORDS, WORDS)
    assert np.abs(received(explorer) - maps.numpy()).max() < 1e-5


@pytest.mark.parametrize(
    ("shape", "full"),
    [
        ((3, 3), (1, 1, 1, 3, 3)),
        ((4, 3, 3), (1, 1, 4, 3, 3)),
        ((2, 4, 3, 3), (1, 2, 4, 3, 3)),
        ((5, 2, 4, 3, 3), (5, 2, 4, 3, 3)),
    ],
)
def test_missing_leading_dimensions_get_size_one(shape, full) -> None:
    maps = random_maps(*shape)
    explorer = AttentionExplorer(maps, WORDS, WORDS)
    assert tuple(explorer._shape) == full
    np.testing.assert_allclose(received(explorer).reshape(shape), maps, atol=1e-5)


@pytest.mark.parametrize(
    "convert", [torch.Tensor.bfloat16, torch.Tensor.double, torch.Tensor.numpy]
)
def test_any_float_tensor_or_array_is_taken(convert) -> None:
    maps = random_maps(3, 3)
    np.testing.assert_allclose(
        received(AttentionExplorer(convert(maps), WORDS, WORDS))[0, 0, 0], maps, atol=3e-3
    )


def test_weights_that_still_have_a_gradient_are_taken() -> None:
    maps = random_maps(3, 3)
    explorer = AttentionExplorer(maps.clone().requires_grad_(), WORDS, WORDS)
    np.testing.assert_allclose(received(explorer)[0, 0, 0], maps, atol=1e-4)


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (torch.rand(3), r"must have the shape \(steps, layers, heads, query, key\)"),
        (torch.rand(1, 1, 1, 1, 3, 3), "must have the shape"),
        (torch.rand(0, 3, 3), "no dimension of size 0"),
        (torch.tensor([[0.5, float("nan"), 0.5]] * 3), "NaN"),
        (torch.tensor([[0.5, float("inf"), 0.5]] * 3), "infinite"),
        (torch.full((3, 3), -0.2), "before the softmax"),
        (torch.full((3, 3), 2.5), "from 2.5 to 2.5"),
    ],
)
def test_maps_that_are_no_attention_weights_are_refused(maps, message) -> None:
    with pytest.raises(ValueError, match=message):
        AttentionExplorer(maps, WORDS, WORDS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"queries": WORDS[:2]}, "2 labels in queries, but maps of shape .* need 3"),
        ({"keys": [*WORDS, "x"]}, "4 labels in keys"),
        ({"steps": [0, 100]}, "2 labels in steps.* need 5"),
    ],
)
def test_labels_that_do_not_match_are_refused(change, message) -> None:
    given = {"queries": WORDS, "keys": WORDS, "steps": None, **change}
    with pytest.raises(ValueError, match=message):
        AttentionExplorer(random_maps(5, 1, 2, 3, 3), **given)


@pytest.mark.parametrize(
    ("picture", "grid", "message"),
    [
        (torch.rand(8, 8, 3), None, "needs its grid"),
        (None, (2, 2), "needs its picture"),
        (torch.rand(8, 8, 3), (2, 3), "2 x 3 patches does not fit 4 keys"),
        (torch.rand(8, 8, 3) * 255, (2, 2), "floats between 0 and 1"),
    ],
)
def test_pictures_that_do_not_fit_are_refused(picture, grid, message) -> None:
    with pytest.raises(ValueError, match=message):
        AttentionExplorer(random_maps(3, 4), WORDS, list("abcd"), picture=picture, grid=grid)


def test_pictures_travel_as_bytes() -> None:
    picture = torch.rand(4, 6, 3)
    explorer = AttentionExplorer(
        random_maps(3, 6), WORDS, list("abcdef"), picture=picture, grid=(2, 3)
    )
    assert explorer._picture_size == [4, 6]
    sent = np.frombuffer(explorer._picture, np.uint8).reshape(4, 6, 3)
    assert np.abs(sent / 255 - picture.numpy()).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("shape", [(4, 3), (2, 4, 3), (3, 2, 4, 3), (5, 3, 2, 4, 3)])
def test_the_way_back_is_filled_in_like_the_maps(shape) -> None:
    maps = random_maps(*shape[:-2], 3, 4)
    back = random_maps(*shape)
    explorer = AttentionExplorer(maps, WORDS, list("abcd"), back=back.requires_grad_())
    sent = np.frombuffer(explorer._back, dtype="<u2").reshape(shape) / ONE
    assert np.abs(sent - back.detach().numpy()).max() < 1e-5


def test_the_way_back_may_leave_out_what_the_maps_spell_out() -> None:
    back = random_maps(4, 3)
    explorer = AttentionExplorer(random_maps(1, 1, 1, 3, 4), WORDS, list("abcd"), back=back)
    sent = np.frombuffer(explorer._back, dtype="<u2").reshape(4, 3) / ONE
    assert np.abs(sent - back.numpy()).max() < 1e-4


@pytest.mark.parametrize(
    ("back", "message"),
    [
        (random_maps(5, 1, 2, 3, 4), r"\(5, 1, 2, 4, 3\).*, not \(5, 1, 2, 3, 4\)"),  # not turned
        (random_maps(2, 4, 3), r"back must have the shape .* not \(2, 4, 3\)"),  # one step of five
        (random_maps(5, 1, 2, 4, 2), "back must have the shape"),
        (random_maps(1, 5, 1, 2, 4, 3), "back must have the shape"),
        (torch.tensor(0.5), "back must have the shape"),
        (torch.full((5, 1, 2, 4, 3), float("nan")), "back must not hold NaN"),
        (torch.full((5, 1, 2, 4, 3), 2.5), "back must hold attention weights .* the softmax"),
    ],
)
def test_a_way_back_that_does_not_fit_is_refused_in_one_sentence(back, message) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        AttentionExplorer(random_maps(5, 1, 2, 3, 4), WORDS, list("abcd"), back=back)
    assert "\n" not in str(refused.value)


def over_picture(**given: object) -> AttentionExplorer:
    """Three words over a picture of 6 x 8 pixels, 2 x 2 patches."""
    given = {"picture": torch.rand(6, 8, 3), "grid": (2, 2), **given}
    return AttentionExplorer(random_maps(3, 4), WORDS, list("abcd"), **given)


def test_true_boxes_travel_in_pixels_and_none_is_empty() -> None:
    boxes = [None, (0, 1, 8, 6), torch.tensor([1, 2, 3, 4])]
    assert over_picture(boxes=boxes)._boxes == [[], [0, 1, 8, 6], [1, 2, 3, 4]]
    assert over_picture()._boxes == []


@pytest.mark.parametrize(
    ("box", "why"),
    [
        ((0, 0, 0, 0), "empty"),
        ((3, 1, 2, 4), "left and right swapped"),
        ((0, 0, 6, 8), "height and width swapped"),
        ((-1, 0, 2, 2), "outside"),
        ((0, 0, 2, float("nan")), "no number"),
        ((0, 0, 2), "three numbers"),
        (torch.zeros(2, 4), "two boxes"),
    ],
)
def test_a_box_that_does_not_lie_in_the_picture_is_refused_by_its_word(box, why) -> None:
    message = r"The box of “red” must be .* picture 8 wide and 6 high, or None"
    with pytest.raises(ValueError, match=message):
        over_picture(boxes=[None, box, None])


def test_boxes_need_a_picture_and_one_for_each_query() -> None:
    with pytest.raises(ValueError, match="2 boxes for 3 queries: give one"):
        over_picture(boxes=[None, (0, 0, 2, 2)])
    with pytest.raises(ValueError, match="boxes are drawn on a picture: give picture="):
        over_picture(boxes=[None] * 3, picture=None, grid=None)


def test_it_starts_at_the_trained_end_of_the_history() -> None:
    explorer = AttentionExplorer(random_maps(5, 2, 4, 3, 3), WORDS, WORDS, steps=range(0, 50, 10))
    assert (explorer.step, explorer.query, explorer.head, explorer.layer) == (4, 0, 0, 0)
    assert explorer._step_labels == ["0", "10", "20", "30", "40"]


@pytest.mark.parametrize(("name", "size"), [("step", 5), ("layer", 2), ("head", 4), ("query", 3)])
def test_what_is_shown_can_be_set_but_not_outside_the_maps(name: str, size: int) -> None:
    explorer = AttentionExplorer(random_maps(5, 2, 4, 3, 3), WORDS, WORDS)
    setattr(explorer, name, size - 1)
    assert explorer.get_state()[name] == size - 1
    for outside in (size, -1):
        with pytest.raises(traitlets.TraitError, match=f"{name} must lie from 0 to {size - 1}"):
            setattr(explorer, name, outside)
    assert getattr(explorer, name) == size - 1


def test_a_stored_notebook_says_what_it_was_in_a_sentence() -> None:
    explorer = AttentionExplorer(random_maps(5, 2, 4, 3, 3), WORDS, WORDS)
    bundle, _ = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == (
        "Attention explorer, live in a running notebook. "
        "Queries: 3, keys: 3, heads: 4, layers: 2, training steps: 5"
    )


def test_colours_are_those_of_the_static_figures() -> None:
    explorer = AttentionExplorer(random_maps(3, 3), WORDS, WORDS)
    palette = np.frombuffer(explorer._palette, np.uint8).reshape(256, 3)
    assert palette[0].tolist() == [68, 1, 84]  # viridis begins in dark purple
    assert palette[255].tolist() == [253, 231, 37]  # and ends in yellow
    assert plots.QUERY in str(explorer._css) and plots.KEY in str(explorer._css)


def test_over_a_picture_a_weight_is_a_brightness_as_in_the_static_figures() -> None:
    explorer = over_picture(picture=torch.zeros(6, 8, 3))
    assert explorer._dim == DIM
    assert set(explorer._picture) == {102}  # black is lifted, else no light would show on it
    script = str(explorer._esm)
    assert "[0, 0, 0, Math.round(255 * (1 - explorer.brightness(row[i], top)))]" in script


def test_importing_mmtutor_or_its_plots_does_not_load_widgets() -> None:
    code = "import sys, mmtutor, mmtutor.plots; print({'ipywidgets', 'anywidget'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
