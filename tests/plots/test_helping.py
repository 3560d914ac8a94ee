"""Who shares what, who helps whom, and which way gradients point."""

import numpy as np
import torch

from mmtutor import plots
from mmtutor.plots.helping import is_clear
from tests.plots.read import shown

GAINS = {
    "vowel": {"base": [0.05, 0.06, 0.04], "case": [0.02, -0.02, 0.01]},
    "base": {"vowel": [0.0, 0.01, -0.01], "case": [0.0, 0.0, 0.001]},
    "case": {"vowel": [0.01, 0.02, 0.0], "base": [-0.08, -0.07, -0.09]},
}


def test_four_ways_to_share_with_a_tie_only_where_it_is_soft() -> None:
    figure = plots.sharing_ways()
    assert [axes.get_title() for axes in figure.axes] == [
        "alone",
        "hard sharing",
        "branches",
        "soft sharing",
    ]
    assert [len(axes.lines) for axes in figure.axes] == [0, 0, 0, 2]


def test_the_matrix_writes_points_and_marks_what_is_clear() -> None:
    figure = plots.help_matrix(GAINS)
    written = {text.get_text(): text for text in figure.axes[0].texts}
    assert set(written) == {"+5.0", "+0.3", "+0.0", "+1.0", "−8.0"}
    assert written["+5.0"].get_weight() == "bold" and written["+1.0"].get_weight() == "normal"
    said = figure.description
    assert "vowel beside base +5.0; case beside base −8.0; 6 cells" in said


def test_a_gain_is_blue_a_loss_orange_and_a_task_has_no_cell_beside_itself() -> None:
    (image,) = plots.help_matrix(GAINS).axes[0].images
    table = image.get_array()
    assert np.isnan(np.diag(table.filled(np.nan))).all()
    gain, loss = (image.to_rgba(np.array([[value]]))[0, 0] for value in (8.0, -8.0))
    assert gain[2] > gain[0] and loss[0] > loss[2]


def test_luck_is_seldom_clear() -> None:
    torch.manual_seed(0)
    cells = torch.randn(5000, 5, dtype=torch.float64).tolist()
    share = sum(map(is_clear, cells)) / len(cells)
    assert 0.005 < share < 0.02  # about one in a hundred
    assert is_clear([0.05, 0.06, 0.04]) and not is_clear([0.05, -0.01, 0.02])


def test_cosines_have_one_scale_zero_in_its_middle_and_a_band() -> None:
    figure = plots.cosine_curves([0, 10], {"a + b": [[0.0, 0.5], [0.2, 0.7]], "c + d": [[-0.1, 0]]})
    panel = figure.axes[0]
    assert panel.get_ylim() == figure.axes[1].get_ylim() == (-1.05, 1.05)
    assert np.allclose(panel.lines[1].get_ydata(), [0.1, 0.6])
    assert figure.description.endswith("a + b +0.35, c + d −0.05.")
    assert not shown(figure)
