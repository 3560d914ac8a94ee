"""The course's figures: what is drawn, what is said about it, and what is refused."""

import base64
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from mmtutor import plots

WORDS = ["the", "red", "star"]


@dataclass
class Recorded:
    """The parts of a training history that a curve needs."""

    steps: list[int] = field(default_factory=lambda: list(range(1, 201)))
    losses: list[float] = field(default_factory=lambda: [2 / step for step in range(1, 201)])
    metrics: dict[str, list[tuple[int, float]]] = field(
        default_factory=lambda: {"accuracy": [(100, 0.5), (200, 0.75)]}
    )


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open between tests."""
    yield
    plt.close("all")


@pytest.fixture
def maps() -> torch.Tensor:
    """Two heads over three words; the largest weight, 0.8, is head 1's from star to red."""
    maps = torch.full((2, 3, 3), 1 / 3)
    maps[1, 2] = torch.tensor([0.15, 0.8, 0.05])
    return maps


def shown(figure: Figure) -> list[str]:
    """All text that is drawn inside a figure's panels."""
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def scales(figure: Figure) -> list[tuple[float, float]]:
    """The two ends of the colour scale of every map in a figure."""
    images = [image for axes in figure.axes for image in axes.images]
    return [tuple(round(float(end), 3) for end in image.get_clim()) for image in images]


def test_attention_maps_share_a_bar_from_zero_to_the_largest_weight(maps: torch.Tensor) -> None:
    figure = plots.attention_maps(maps, WORDS, WORDS)
    assert scales(figure) == [(0, 0.8), (0, 0.8)]
    bar = figure.axes[-1]
    assert [label.get_text() for label in bar.get_yticklabels()] == ["0.00", "0.40", "0.80"]


def test_attention_maps_number_their_cells_while_there_is_room(maps: torch.Tensor) -> None:
    assert shown(plots.attention_maps(maps, WORDS, WORDS)).count("0.80") == 1
    large = torch.full((1, 9, 9), 1 / 9)
    assert shown(plots.attention_maps(large, list("abcdefghi"), list("abcdefghi"))) == []


def test_attention_maps_label_both_axes(maps: torch.Tensor) -> None:
    figure = plots.attention_maps(maps[:, :2], ["a", "b"], WORDS, titles=["early", "late"])
    assert [axes.get_title() for axes in figure.axes[:2]] == ["early", "late"]
    assert figure.get_supylabel() == "query (who looks)"
    assert figure.get_supxlabel() == "key (where)"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in figure.axes[1].get_xticklabels()] == WORDS


def test_attention_maps_say_where_each_head_looks_most(maps: torch.Tensor) -> None:
    text = plots.attention_maps(maps, WORDS, WORDS).description
    assert "head 1: star looks most at red, 0.80" in text


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_attention_maps_take_what_training_gives(maps: torch.Tensor, dtype: torch.dtype) -> None:
    figure = plots.attention_maps(maps.to(dtype).requires_grad_(), WORDS, WORDS)
    assert figure.axes[0].images[0].get_array().shape == (3, 3)


def test_attention_maps_of_nothing_but_zeros_keep_a_bar() -> None:
    figure = plots.attention_maps(np.zeros((1, 3, 3)), WORDS, WORDS)
    assert scales(figure) == [(0, 1)]


@pytest.mark.parametrize("heads", [1, 2, 3, 5, 7])
def test_attention_maps_hide_panels_without_a_map(heads: int) -> None:
    labels = list("abcdefgh")
    figure = plots.attention_maps(torch.full((heads, 8, 8), 1 / 8), labels, labels)
    visible = [axes for axes in figure.axes[:-1] if axes.get_visible()]
    assert len(visible) == heads
    assert figure.get_size_inches()[0] <= 11


@pytest.mark.parametrize(
    ("queries", "keys", "message"),
    [(WORDS[:2], WORDS, "2 labels in queries"), (WORDS, [*WORDS, "x"], "4 labels in keys")],
)
def test_attention_maps_refuse_labels_that_do_not_fit(maps, queries, keys, message) -> None:
    with pytest.raises(ValueError, match=message):
        plots.attention_maps(maps, queries, keys)
    with pytest.raises(ValueError, match="1 titles for 2 maps"):
        plots.attention_maps(maps, WORDS, WORDS, titles=["only one"])


def test_attention_history_shows_both_ends_and_at_most_six_moments() -> None:
    maps = torch.softmax(torch.arange(20.0).view(20, 1, 1) * torch.eye(3), -1)
    figure = plots.attention_history(maps, list(range(0, 2000, 100)), WORDS, WORDS)
    titles = [axes.get_title() for axes in figure.axes[:-1]]
    assert len(titles) == 6
    assert (titles[0], titles[-1]) == ("step 0", "step 1900")
    assert len(set(scales(figure))) == 1
    with pytest.raises(ValueError, match="2 steps for 20 maps"):
        plots.attention_history(maps, [0, 1], WORDS, WORDS)


def test_attention_over_picture_marks_and_names_the_strongest_patch() -> None:
    weights = torch.full((16,), 0.01)
    weights[6] = 0.85
    box = (34.0, 18.0, 46.0, 30.0)
    picture = torch.rand(64, 64, 3)
    figure = plots.attention_over_picture(picture, weights, (4, 4), [box], "umbrella")
    seen = figure.axes[1]
    assert shown(figure) == ["0.85"]
    assert seen.texts[0].xy == (40.0, 24.0)  # the middle of row 1, column 2, in pixels
    assert box[:2] in [patch.get_xy() for patch in seen.patches]
    assert figure.description == "“umbrella” looks most at patch row 1, column 2 of 4 x 4: 0.85."


def test_attention_over_picture_takes_bytes_and_a_grid_of_weights() -> None:
    picture = np.zeros((8, 16, 3), dtype=np.uint8)
    figure = plots.attention_over_picture(picture, np.eye(2, 4), (2, 4))
    assert scales(figure)[-1] == (0, 1)
    assert figure.axes[1].get_xlim() == (0, 16)


@pytest.mark.parametrize(
    ("picture", "patches", "message"),
    [
        (torch.rand(64, 64, 3), 15, "15 weights for a grid of 4 x 4"),
        (torch.rand(64, 64, 3) * 255, 16, "floats between 0 and 1"),
        (torch.full((64, 64, 3), float("nan")), 16, "floats between 0 and 1"),
    ],
)
def test_attention_over_picture_refuses_what_does_not_fit(picture, patches, message) -> None:
    with pytest.raises(ValueError, match=message):
        plots.attention_over_picture(picture, torch.ones(patches), (4, 4))


def test_training_curve_draws_loss_metric_and_named_baselines() -> None:
    figure = plots.training_curve(Recorded(), {"chance": 0.1, "guess the mode": 0.3})
    loss, metric = figure.axes
    assert list(loss.lines[0].get_ydata()) == Recorded().losses
    assert list(metric.lines[0].get_ydata()) == [0.5, 0.75]
    assert [line.get_linestyle() for line in metric.lines[1:]] == ["--", "--"]
    assert [text.get_text() for text in metric.texts] == ["chance: 0.1", "guess the mode: 0.3"]
    assert "loss from 2 to 0.01, accuracy 0.75 at the end, chance 0.1" in figure.description


def test_training_curve_mean_stays_on_the_curve() -> None:
    straight = Recorded(losses=[300.0 - step for step in range(1, 201)], metrics={})
    raw, mean = plots.training_curve(straight).axes[0].lines
    on_raw = np.interp(mean.get_xdata(), raw.get_xdata(), raw.get_ydata())
    assert np.abs(on_raw - mean.get_ydata()).max() <= 0.5


def test_training_curve_without_metrics_has_one_panel() -> None:
    assert len(plots.training_curve(Recorded(metrics={})).axes) == 1


@pytest.mark.parametrize(
    ("history", "message"),
    [(Recorded(steps=[], losses=[]), "no steps yet"), (Recorded(metrics={}), "no metric")],
)
def test_training_curve_refuses_a_history_that_says_nothing(history, message) -> None:
    with pytest.raises(ValueError, match=message):
        plots.training_curve(history, {"chance": 0.1})


@pytest.mark.parametrize("text", ["", "  ", "two\nlines"])
def test_a_description_is_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        plots.describe(plt.subplots()[0], text)


def test_an_empty_figure_cannot_be_described() -> None:
    with pytest.raises(ValueError, match="draw first"):
        plots.describe(Figure(), "nothing")


def test_a_notebook_stores_each_figure_once_with_its_description(tmp_path: Path) -> None:
    start = "import matplotlib.pyplot as plt\nfrom mmtutor import plots\n"
    drawn = "plots.describe(plt.subplots()[0], 'a < b')"
    endings = [start + drawn, drawn + ";", f"figure = {drawn}", f"display({drawn})"]
    book = new_notebook(cells=[new_code_cell(cell) for cell in endings])
    NotebookClient(book, timeout=60, resources={"metadata": {"path": tmp_path}}).execute()
    for cell in nbformat.from_dict(book).cells:
        picture, sentence = cell.outputs
        assert picture.metadata["image/png"]["alt"] == "a < b"
        assert base64.b64decode(picture.data["image/png"]).startswith(b"\x89PNG")
        assert sentence.data["text/html"] == "<p><small>a &lt; b</small></p>"
        assert {picture.data["text/plain"], sentence.data["text/plain"]} == {"a < b"}


def test_several_pictures_share_a_bar_and_smooth_between_patches() -> None:
    weights = torch.zeros(2, 4)
    weights[0, 3], weights[1, 0] = 0.5, 0.8
    picture = torch.ones(8, 8, 3)
    figure = plots.attention_over_pictures(
        [picture, picture], weights, (2, 2), ["star", "heart"], boxes=[(4, 4, 8, 8), None]
    )
    smooth = [
        image for axes in figure.axes for image in axes.images if image.get_cmap().name == "viridis"
    ]
    maps = [image for image in smooth if image.get_array().shape == (8, 8)]
    assert [image.get_clim()[1] for image in maps] == pytest.approx([0.8, 0.8])
    first = maps[0].get_array()
    assert first[7, 7] == pytest.approx(0.5) and 0 < first[3, 3] < first[5, 5] < 0.5
    titles = [axes.get_title() for axes in figure.axes[:2]]
    assert titles == ["star: 0.50", "heart: 0.80"]
    assert "star: 0.50" in figure.description
    with pytest.raises(ValueError, match="one of each"):
        plots.attention_over_pictures([picture], weights, (2, 2), ["star"])


def test_patches_are_numbered_in_reading_order() -> None:
    figure = plots.numbered_patches(torch.ones(8, 12, 3), (2, 3), first=1)
    numbers = [text for text in shown(figure) if text.isdigit()]
    assert numbers == [str(n) for n in range(1, 7)] * 2  # on the patches, and in the sentence


def test_each_patch_has_a_map_of_its_position() -> None:
    similarity = torch.eye(6)
    figure = plots.position_maps(similarity, (2, 3))
    panels = figure.axes[:6]
    assert [panel.images[0].get_clim() for panel in panels] == [(-1, 1)] * 6
    assert panels[4].images[0].get_array()[1, 1] == 1


def test_label_maps_give_every_class_its_colour_in_every_row() -> None:
    truth = torch.tensor([[[0, 1], [2, 2]]])
    picture = torch.ones(2, 2, 3)
    figure = plots.label_maps([picture], {"truth": truth, "model": 0 * truth}, ["paper", "a", "b"])
    one, other = (axes.images[0] for axes in figure.axes[1:3])
    assert one.norm.vmin == other.norm.vmin and one.norm.vmax == other.norm.vmax
    labels = [label.get_text() for label in figure.axes[-1].get_yticklabels()]
    assert labels == ["paper", "a", "b"]


def test_a_caption_of_two_lines_is_described_in_one() -> None:
    figure = plots.picture_row([torch.ones(4, 4, 3)], ["what is it?\na star"])
    assert figure.description == "1 pictures: what is it? a star."


# ------------------------------------------------------------------------ sounds and seeds


def test_a_sound_is_drawn_as_wave_spectrum_and_mel_picture() -> None:
    wave, spectrum, mel = torch.zeros(800), torch.rand(9, 33), torch.rand(9, 20)
    figure = plots.wave_to_mel(wave, spectrum, mel, rate=8000, name="“three”")
    titles = [axes.get_title() for axes in figure.axes[:3]]
    assert titles == ["waveform", "short-time Fourier, 9 × 33", "log-mel, 9 × 20"]
    assert figure.axes[1].images[0].get_extent() == [0, 0.1, 0, 4]  # seconds and kilohertz
    assert np.allclose(figure.axes[2].images[0].get_array(), mel.T)
    assert figure.description.startswith("“three” as a waveform of 800 samples")


def test_a_row_of_sounds_has_one_scale() -> None:
    figure = plots.log_mel_row(torch.rand(3, 9, 20), WORDS)
    assert len(set(scales(figure))) == 1
    assert [axes.get_title() for axes in figure.axes] == WORDS


def test_every_seed_is_a_dot_and_every_level_a_named_line() -> None:
    runs = {"picture alone": [0.5, 0.6], "gated": [0.8, 0.9]}
    figure = plots.seed_dots({"xor": runs}, {"xor": {"limit": 1.0}}, "share right")
    panel = figure.axes[0]
    dots = [tuple(point) for rows in panel.collections for point in rows.get_offsets()]
    assert dots == [(0.5, 0), (0.6, 0), (0.8, 1), (0.9, 1)]
    assert shown(figure) == ["0.550", "0.850", "limit 1.000"]
    assert panel.get_ylim()[0] > panel.get_ylim()[1]  # the first row stands on top
    assert figure.description == "xor: from gated 0.850 down to picture alone 0.550."


def test_curves_over_seeds_show_mean_and_spread() -> None:
    lines = plots.Lines(
        x=[1, 10],
        lines={"early": [[0.2, 0.4], [0.4, 0.8]]},
        xlabel="hiss",
        ylabel="share",
        log=True,
    )
    figure = plots.seed_curves({"more hiss": lines}, "one line")
    panel = figure.axes[0]
    assert np.allclose(panel.lines[0].get_ydata(), [0.3, 0.6])
    band = panel.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == 0.8 and panel.get_xscale() == "log"


def test_a_rule_is_a_table_with_a_number_for_every_pair_that_occurs() -> None:
    figure = plots.rule_tables({"redundant": [[0, -1], [-1, 1]], "xor": [[0, 1], [1, 0]]})
    assert [text.get_text() for text in figure.axes[0].texts] == ["0", "1"]
    assert [text.get_text() for text in figure.axes[1].texts] == ["0", "1", "1", "0"]
    assert "redundant (2 labels)" in figure.description


def test_the_diagram_shows_four_places_to_meet() -> None:
    figure = plots.meeting_places()
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["early", "hierarchical", "late, features", "late, decisions"]
    boxes = [[t.get_text() for t in axes.texts if t.get_text()] for axes in figure.axes]
    assert boxes[0].count("picture") == 1 and boxes[1].count("met") == 2
    assert boxes[3].count("decision") == 3


def test_a_chart_gets_a_palette_and_a_photograph_keeps_its_colours() -> None:
    from io import BytesIO

    from PIL import Image

    from mmtutor.plots.describe import smaller

    def packed(pixels: np.ndarray) -> Image.Image:
        buffer = BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        return Image.open(BytesIO(base64.b64decode(smaller(buffer.getvalue()))))

    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    chart = np.full((100, 100, 3), 255, dtype=np.uint8)
    chart[40:60] = (213, 94, 0)
    assert packed(noise).mode == "RGB" and (np.asarray(packed(noise)) == noise).all()
    assert packed(chart).mode == "P" and (np.asarray(packed(chart).convert("RGB")) == chart).all()


def test_named_bars_are_one_panel_for_each_score_in_one_order() -> None:
    panels = {
        "exact": {"two layers": 1.0, "rival": 0.25},
        "letters": {"rival": 0.5, "two layers": 0.125},
    }
    figure = plots.named_bars(panels, "share")
    heights = [[bar.get_height() for bar in axes.patches] for axes in figure.axes]
    assert heights == [[1.0, 0.25], [0.125, 0.5]]
    assert [axes.get_title() for axes in figure.axes] == ["exact", "letters"]
    ticks = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert ticks == ["two\nlayers", "rival"]
    assert figure.description == (
        "exact: two layers 1, rival 0.25; letters: two layers 0.125, rival 0.5."
    )
    with pytest.raises(ValueError, match="each of two layers, rival"):
        plots.named_bars({**panels, "loss": {"rival": 1.0}}, "share")
