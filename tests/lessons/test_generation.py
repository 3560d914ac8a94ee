"""From noise to what the words ask for: the path, the solvers, guidance, diffusion, cycles."""

import json
import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from scipy.integrate import solve_ivp
from torch import nn

from mmtutor import gans
from mmtutor import generation as flow
from mmtutor.attention import record_attention
from mmtutor.datasets import letters
from mmtutor.datasets.glyphs import FACES
from mmtutor.datasets.shipped import shipped
from mmtutor.metrics import judging
from mmtutor.training import seed_everything

POINTS = torch.tensor([[1.0, 0.5], [-1.2, 0.3], [0.2, -1.0]], dtype=torch.float64)
TINY = replace(flow.QUICK, steps=3, batch_size=8, width=24, hidden=32, blocks=1)


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    """Return normal numbers in double precision, the same at every call."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.fixture(scope="module")
def every() -> letters.Letters:
    """Every small letter in every face."""
    return letters.load_letters(letters.SMALL, side=16)


@pytest.fixture(scope="module")
def data(every: letters.Letters) -> gans.Pairs:
    """Two versions of each."""
    return gans.real_pairs(every, versions=2)


# ---------------------------------------------------------------------------- the path


def test_the_path_begins_at_noise_ends_at_data_and_goes_straight() -> None:
    noise, data = random(3, 2, 4), random(3, 2, 4, seed=1)
    times = torch.tensor([0.0, 1.0, 0.25], dtype=torch.float64)
    states, velocity = flow.on_the_way(noise, data, times)
    torch.testing.assert_close(states[0], noise[0])
    torch.testing.assert_close(states[1], data[1])
    torch.testing.assert_close(states[2], 0.75 * noise[2] + 0.25 * data[2])
    torch.testing.assert_close(velocity, data - noise)


def test_a_velocity_promises_noise_and_data() -> None:
    noise, data, times = random(5, 3), random(5, 3, seed=1), random(5, seed=2).sigmoid()
    states, velocity = flow.on_the_way(noise, data, times)
    for found, expected in zip(flow.to_noise(states, velocity, times), (noise, data), strict=True):
        torch.testing.assert_close(found, expected)


def test_the_loss_of_a_field_that_knows_is_nothing_and_each_has_its_own_noise_and_time() -> None:
    seen = {}

    class Knows(nn.Module):
        def forward(self, states: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
            seen["times"], seen["states"] = times, states
            return (1 - states) / (1 - times.unsqueeze(1))  # all data is 1

    seed_everything(0)
    assert flow.flow_loss(Knows(), torch.ones(64, 3)).item() == pytest.approx(0, abs=1e-6)
    assert len(seen["times"].unique()) == 64 and len(seen["states"].unique(dim=0)) == 64
    first = seen["times"]
    flow.flow_loss(Knows(), torch.ones(64, 3))
    assert not torch.equal(first, seen["times"])


# ---------------------------------------------------------------------------- solvers


@pytest.mark.parametrize("steps", [1, 3, 16])
@pytest.mark.parametrize("step", [flow.euler_step, flow.midpoint_step])
def test_on_a_single_datum_every_step_is_exact(steps: int, step) -> None:
    datum, noise = random(1, 5), random(4, 5, seed=1)
    moments = flow.trace(flow.exact_field(datum), noise, steps, step)
    torch.testing.assert_close(moments[-1], datum.expand(4, 5))
    for place, states in enumerate(moments):
        t = place / steps
        torch.testing.assert_close(states, (1 - t) * noise + t * datum)


@pytest.mark.parametrize(("name", "calls", "order"), [("Euler", 1, 1), ("midpoint", 2, 2)])
def test_errors_shrink_as_the_order_says(name: str, calls: int, order: int) -> None:
    field, noise = flow.exact_field(POINTS), random(6, 2, seed=3)

    def slope(time: float, flat: object) -> object:
        states = torch.tensor(flat).view(6, 2)
        return field(states, flow.all_at(time, states)).flatten().numpy()

    until = 0.9  # at 1 the field is not known: the way is cut, and stretched to 0 … 1
    known = solve_ivp(slope, (0, until), noise.flatten().numpy(), rtol=1e-10, atol=1e-10)
    known = torch.tensor(known.y[:, -1]).view(6, 2)

    def cut(states: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        return until * field(states, until * times)

    errors = [(flow.trace(cut, noise, n, flow.SOLVERS[name])[-1] - known).norm() for n in (80, 160)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.25)


def test_heun_is_exact_where_the_velocity_grows_with_time() -> None:
    def field(states: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        return 2 * times.unsqueeze(1).expand_as(states)

    noise = random(3, 2)
    torch.testing.assert_close(flow.trace(field, noise, 1, flow.heun_step)[-1], noise + 1)
    torch.testing.assert_close(flow.trace(field, noise, 1, flow.midpoint_step)[-1], noise + 1)
    torch.testing.assert_close(flow.euler(field, noise, 4), noise + 0.75)


@pytest.mark.parametrize(("name", "calls"), [("Euler", 1), ("midpoint", 2), ("Heun", 2)])
def test_solvers_ask_the_field_as_often_as_they_say(name: str, calls: int) -> None:
    asked = []

    def field(states: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        asked.append(times[0].item())
        return states

    flow.trace(field, torch.ones(2, 3), 4, flow.SOLVERS[name])
    assert len(asked) == 4 * calls and asked[0] == 0
    assert asked[::calls] == [0, 0.25, 0.5, 0.75]


def test_no_steps_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="no way with 0 steps"):
        flow.euler(lambda states, times: states, torch.zeros(1, 2), 0)


# ---------------------------------------------------------------------------- the exact field


def test_chances_are_those_of_bayes() -> None:
    states, times = random(5, 2), torch.tensor([0.0, 0.2, 0.5, 0.8, 0.95], dtype=torch.float64)
    density = torch.distributions.Normal(
        times.view(-1, 1, 1) * POINTS, (1 - times).view(-1, 1, 1).expand(5, 3, 2)
    )
    logs = density.log_prob(states.unsqueeze(1)).sum(dim=2)
    torch.testing.assert_close(flow.chances(POINTS, states, times), logs.softmax(dim=1))
    torch.testing.assert_close(
        flow.chances(POINTS, states[:1], times[:1]), torch.full((1, 3), 1 / 3).double()
    )


def test_the_exact_field_is_the_mean_velocity_there() -> None:
    """Of many straight paths, those that pass a small square have that velocity on average."""
    noise, goal = random(400_000, 2), POINTS[torch.arange(400_000) % 3]
    times = torch.full((400_000,), 0.4, dtype=torch.float64)
    states, velocity = flow.on_the_way(noise, goal, times)
    place = torch.tensor([[0.3, -0.1]], dtype=torch.float64)
    near = (states - place).abs().amax(dim=1) < 0.1
    expected = flow.exact_field(POINTS)(place, times[:1])
    torch.testing.assert_close(velocity[near].mean(dim=0), expected[0], atol=0.06, rtol=0)


def test_the_exact_field_leads_to_the_points_and_to_each_as_often() -> None:
    drawn = flow.euler(flow.exact_field(POINTS), random(3000, 2, seed=5), 100)
    apart, which = torch.cdist(drawn, POINTS).min(dim=1)
    assert apart.max() < 0.02
    assert which.bincount(minlength=3).min() > 900


def test_one_step_of_the_exact_field_draws_the_mean() -> None:
    drawn = flow.euler(flow.exact_field(POINTS), random(7, 2), 1)
    torch.testing.assert_close(drawn, POINTS.mean(dim=0).expand(7, 2))


def test_the_exact_field_is_not_known_at_the_end() -> None:
    with pytest.raises(ValueError, match="before time 1"):
        flow.exact_field(POINTS)(random(1, 2), torch.ones(1))


# ---------------------------------------------------------------------------- guidance


def test_guidance_of_0_1_and_2_is_silent_plain_and_beyond() -> None:
    silent, told = random(3, 4), random(3, 4, seed=1)
    torch.testing.assert_close(flow.guided(silent, told, 0.0), silent)
    torch.testing.assert_close(flow.guided(silent, told, 1.0), told)
    torch.testing.assert_close(flow.guided(silent, told, 2.0), 2 * told - silent)
    w = 0.7  # the other convention: Ho & Salimans 2022, equation 6
    torch.testing.assert_close(flow.guided(silent, told, 1 + w), (1 + w) * told - w * silent)
    scales = torch.tensor([0.0, 1.0, 3.0])
    found = flow.guided(silent, told, scales)
    for row, scale in enumerate(scales.tolist()):
        torch.testing.assert_close(found[row], flow.guided(silent[row], told[row], scale))


class Counts(nn.Module):
    """A model whose velocity is 1 for a caption and 0 for silence; it counts its calls."""

    numbers = 4

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(
        self, states: torch.Tensor, times: torch.Tensor, words: torch.Tensor
    ) -> torch.Tensor:
        self.calls += 1
        return (words != flow.SILENT).any(dim=1, keepdim=True) * torch.ones_like(states)


@pytest.mark.parametrize(("scale", "calls"), [(0.0, 1), (1.0, 1), (0.5, 2), (3.0, 2)])
def test_a_guided_field_asks_with_and_without_the_words(scale: float, calls: int) -> None:
    model, words = Counts(), torch.tensor([[1, 27, 30, 32], [2, 28, 31, 33]])
    field = flow.guided_field(model, words, scale)
    found = field(torch.zeros(2, 4), torch.zeros(2))
    assert model.calls == calls and (found == scale).all()


# ---------------------------------------------------------------------------- captions


def test_captions_are_numbers_and_text(every) -> None:
    words = flow.words_of(every)
    assert flow.say(words) == every.captions
    assert [words[:, i].min().item() for i in range(4)] == list(flow.START)
    assert words.max() == flow.VOCABULARY - 1 == len(flow.NAMES) - 1
    for row in words[::41]:
        assert flow.hear(", ".join(reversed(flow.say(row[None])[0].split(", ")))).tolist() == [
            row.tolist()
        ]
    assert flow.hear("bold g").tolist() == [[7, 0, 31, 0]] and flow.hear("").tolist() == [[0] * 4]
    assert flow.say(flow.hear("bold g")) == ["g, bold"]


def test_pairs_and_letters_have_the_same_captions(every, data) -> None:
    assert torch.equal(flow.words_of(data), flow.words_of(every).repeat_interleave(2, dim=0))
    assert torch.equal(flow.said_styles(flow.words_of(data)), data.styles)
    assert torch.equal(flow.faces_of(flow.words_of(every)), every.faces)


def test_words_that_cannot_be_said_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="no caption has the word “green”"):
        flow.hear("green g")
    with pytest.raises(ValueError, match="“bold” and “regular” cannot both be said"):
        flow.hear("g bold regular")


def test_captions_are_dropped_whole_and_shortened_to_the_letter(every) -> None:
    words = flow.words_of(every)[:4]
    draws = torch.tensor([0.1, 0.5, 0.2, 0.19])
    dropped = flow.drop_captions(words, draws, 0.2)
    assert (dropped[[0, 3]] == flow.SILENT).all() and torch.equal(dropped[1:3], words[1:3])
    short = flow.shorten_captions(words, draws, 0.2)
    assert torch.equal(short[:, 0], words[:, 0]) and torch.equal(short[1:3], words[1:3])
    assert (short[[0, 3], 1:] == flow.SILENT).all() and (words != flow.SILENT).all()
    assert torch.equal(flow.drop_captions(words, draws, 0.0), words)
    assert (flow.letters_alone(3)[:, 1:] == flow.SILENT).all()
    assert flow.letters_alone(3)[:, 0].bincount().tolist() == [0] + [3] * 26


# ---------------------------------------------------------------------------- the painter


def painter() -> flow.Painter:
    """A small painter whose blocks do something."""
    seed_everything(0)
    model = flow.Painter(9, width=16, hidden=24, blocks=2)
    for block in model.blocks:
        nn.init.normal_(block.told.weight, std=0.1)
    return model


def test_an_untrained_block_changes_nothing_and_learns() -> None:
    block, x, told = flow.ToldBlock(8, 12, 5), torch.randn(3, 8), torch.randn(3, 5)
    torch.testing.assert_close(block(x, told), x)
    block(x, told).square().sum().backward()
    assert block.told.weight.grad.abs().sum() > 0


def test_a_painter_hears_time_and_every_word() -> None:
    model, states = painter(), torch.randn(2, 9)
    times, words = torch.tensor([0.2, 0.7]), torch.tensor([[1, 27, 30, 32], [2, 28, 31, 33]])
    before = model(states, times, words)
    assert before.shape == (2, 9)
    assert not torch.allclose(before, model(states, times.flip(0), words))
    for place in range(4):
        other = words.clone()
        other[:, place] = flow.SILENT
        assert not torch.allclose(before, model(states, times, other))
    model(states, times, words).square().sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    with pytest.raises(ValueError, match="draws 9 numbers, not 4"):
        model(torch.zeros(2, 4), times, words)


def test_what_is_heard_is_the_sum_of_the_words() -> None:
    model, words = painter(), torch.tensor([[1, 27, 30, 32]])
    expected = sum(model.words.weight[word] for word in (1, 27, 30, 32))
    torch.testing.assert_close(model.listen(words)[0], expected)
    states, times = torch.randn(1, 9), torch.tensor([0.3])
    torch.testing.assert_close(
        model.velocity(states, times, model.listen(words)), model(states, times, words)
    )


def test_nothing_of_two_letters_is_in_two_parts_and_lesson_11_kept_the_last(every) -> None:
    parts = flow.split(every)
    captions = [set(part.captions) for part in parts]
    assert sum(map(len, captions)) == len(every) == len(set.union(*captions))
    assert captions[2] == set(every.select(letters.split_by_pair(every)[1]).captions)
    assert len(captions[1]) > 15


def test_a_loss_keeps_a_running_mean_of_the_weights() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    averaged = flow.Averaged(lambda model, x: model(x).mean(), model, 0.9)
    nn.init.ones_(model.weight)
    assert averaged(model, torch.ones(2, 1)).item() == 1
    assert averaged.mean.weight.item() == pytest.approx(0.1)
    averaged(model, torch.ones(2, 1))
    assert averaged.mean.weight.item() == pytest.approx(0.19)


def test_a_painter_trains_and_paints_the_same_from_the_same_seed(every, data) -> None:
    words = flow.words_of(data)
    one, two = (flow.train_painter(data.pictures, words, TINY) for _ in range(2))
    assert one[1].losses == two[1].losses and len(one[1].losses) == 3
    asked = words[:5]
    drawn = flow.paint(one[0], asked, steps=2)
    assert torch.equal(drawn, flow.paint(two[0], asked, steps=2))
    assert drawn.shape == (5, 256) and drawn.min() >= 0 and drawn.max() <= 1
    assert not torch.equal(drawn, flow.paint(one[0], asked, steps=2, seed=1))
    torch.testing.assert_close(flow.to_pixels(flow.to_states(data.pictures)), data.pictures)


def test_silence_is_learnt_as_often_as_the_recipe_says(data) -> None:
    heard = []

    class Hears(nn.Module):
        def forward(self, states, times, words) -> torch.Tensor:
            heard.append(words)
            return states

    seed_everything(0)
    words = flow.words_of(data).repeat(4, 1)
    recipe = replace(flow.QUICK, silent=0.3, short=0.5)
    flow.told_loss(Hears(), torch.zeros(len(words), 2), words, recipe)
    said = (heard[0] != flow.SILENT).sum(dim=1)
    assert (said == 0).float().mean().item() == pytest.approx(0.3, abs=0.03)
    assert (said == 1).float().mean().item() == pytest.approx(0.35, abs=0.03)
    assert ((said == 0) | (said == 1) | (said == 4)).all()


# ---------------------------------------------------------------------------- judging


class SeesPixels(judging.Judge):
    """A judge who takes the first pixel for the letter, and the second for the face."""

    def __init__(self) -> None:
        super().__init__(16, 26)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        letters_seen, faces_seen = (pixels[:, :2] * 26).round().long().T
        return torch.cat([F.one_hot(letters_seen, 26), F.one_hot(faces_seen, 12)], dim=1).float()

    def look(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels[:, 64:192]


def drawn_as(letters_seen: list[int], faces_seen: list[int]) -> torch.Tensor:
    """Pictures in which that judge sees these letters and faces."""
    return F.pad(torch.tensor([letters_seen, faces_seen]).T / 26, (0, 254))


def test_obedience_counts_what_was_said() -> None:
    pixels = drawn_as([0, 1, 2, 3], [0, 0, 11, 0])
    seen = flow.read(SeesPixels(), pixels)
    assert flow.say(seen)[2] == ", ".join(("c", *FACES[11][1:]))
    asked = seen.clone()
    asked[0, 0], asked[1, 2] = 9, 31  # another letter; bold
    assert flow.obeyed(SeesPixels(), pixels, asked) == {"letter": 0.75, "all": 0.5}
    asked[1, 1:] = flow.SILENT
    assert flow.obeyed(SeesPixels(), pixels, asked) == {"letter": 0.75, "all": 0.75}


def test_spread_is_within_a_caption_and_diversity_within_a_letter(data) -> None:
    judge, asked = SeesPixels(), flow.words_of(data)
    found = flow.variety(judge, data.pictures, asked, data)
    same = {"spread": 1, "diversity": 1, "precision": 1, "recall": 1, "Fréchet": 0}
    assert found == pytest.approx(same, abs=1e-3)
    first = data.pictures[::2].repeat_interleave(2, dim=0)  # one picture for each caption
    found = flow.variety(judge, first, asked, data)
    assert found["spread"] == 0 and found["diversity"] > 0.8


# ---------------------------------------------------------------------------- in the plane


def test_arrows_learn_to_lead_to_their_crescent() -> None:
    points, kinds = flow.crescents(2000)
    assert points.mean(dim=0).abs().max() < 0.1 and (kinds == 1).sum() == 1000
    model, _ = flow.train_arrows(points, kinds, replace(flow.ARROWS, steps=250))
    noise = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    for kind in (1, 2):
        asked = torch.full((400,), kind)
        drawn = flow.euler(lambda x, t, asked=asked: model(x, t, asked), noise, 20)
        apart = torch.cdist(drawn, points).min(dim=1)
        assert apart.values.median() < 0.15 < torch.cdist(noise, points).min(dim=1).values.median()
        assert (kinds[apart.indices] == kind).float().mean() > 0.65


# ---------------------------------------------------------------------------- diffusion


def test_on_the_straight_path_ddim_is_euler() -> None:
    """A velocity and the noise it promises are one thing: steps of either end at one place."""
    field, noise = flow.exact_field(POINTS), random(6, 2)

    def predict(states: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        return flow.to_noise(states, field(states, times), times)[0]

    begun = flow.trace(field, noise, 100)[1]  # at time 0.01, where DDIM begins
    moved = begun
    for now, later in torch.linspace(0.01, 1, 8).double().unfold(0, 2, 1).tolist():
        moved = flow.euler_step(field, moved, now, later - now)
    found = flow.ddim(predict, begun, 7, flow.STRAIGHT)
    torch.testing.assert_close(found, moved, atol=1e-5, rtol=1e-5)


def test_a_velocity_of_the_straight_path_predicts_the_noise_of_the_cosine_path() -> None:
    datum, noise, times = random(1, 3), random(5, 3, seed=1), random(5, seed=2).sigmoid()
    states = flow.blend(flow.COSINE, noise, datum.expand(5, 3), times)
    predict = flow.as_noise(flow.exact_field(datum))
    torch.testing.assert_close(predict(states, times), noise)
    shares = [part(times).square() for part in flow.COSINE]
    torch.testing.assert_close(sum(shares), torch.ones(5).double())


def test_the_same_field_draws_the_same_points_in_both_clothes() -> None:
    noise = random(200, 2, seed=4)
    drawn = flow.euler(flow.exact_field(POINTS), noise, 400)
    other = flow.ddim(flow.as_noise(flow.exact_field(POINTS)), noise, 400)
    assert (drawn - other).norm(dim=1).quantile(0.9) < 0.05


def test_the_noise_loss_of_who_knows_the_noise_is_nothing() -> None:
    class Knows(nn.Module):
        def forward(self, states: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
            t = times.unsqueeze(1)
            return (states - flow.COSINE.data(t)) / flow.COSINE.noise(t)  # all data is 1

    seed_everything(0)
    assert flow.noise_loss(Knows(), torch.ones(50, 3)).item() == pytest.approx(0, abs=1e-6)


# ---------------------------------------------------------------------------- longer captions


def test_a_couple_is_told_in_two_clauses_each_with_its_side(data) -> None:
    made = flow.couples(data, 60)
    assert made.texts.shape == (60, flow.LONG) and (made.texts[:, 5] == flow.COMMA).all()
    sides = set()
    for text, words in zip(made.texts.tolist(), made.words.tolist(), strict=True):
        for clause in (text[:5], text[6:]):
            side = set(clause) & {flow.LEFT, flow.RIGHT}
            assert set(clause) - side == set(words[flow.RIGHT in side])
        sides.add(flow.LEFT in text[:5])
    assert sides == {True, False} and len({tuple(row) for row in made.texts.tolist()}) == 60
    pictures = flow.halves(made.pixels).view(60, 2, 256)
    known = (pictures.unsqueeze(2) == data.pictures).all(dim=3).int()
    assert known.any(dim=2).all()
    assert torch.equal(flow.words_of(data)[known.argmax(dim=2)], made.words)


@pytest.mark.parametrize("listener", flow.LISTENERS)
def test_a_painter_hears_words_and_only_a_bag_forgets_their_order(data, listener: str) -> None:
    seed_everything(0)
    model = flow.ReadingPainter((16, 32), flow.LONG, listener, width=8)
    for block in model.blocks:
        nn.init.normal_(block.think.told.weight, std=0.1)
    texts = flow.couples(data, 3).texts
    states, times = torch.randn(3, 512), torch.rand(3)
    before = model(states, times, texts)
    assert before.shape == (3, 512)
    after = model(states, times, texts.roll(6, dims=1))
    assert torch.allclose(before, after, atol=1e-6) == (listener == "bag")
    assert not torch.allclose(before, model(states, times, 0 * texts))
    before.square().sum().backward()
    with pytest.raises(ValueError, match="draws 512 numbers, not 256"):
        model(states[:, :256], times, texts)


def test_a_way_of_hearing_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="bag, places, reader, attention, not 'ear'"):
        flow.ReadingPainter((16, 16), 4, "ear")


@pytest.mark.parametrize(("patch", "patches"), [(16, 2), (8, 8)])
def test_every_patch_looks_at_the_words(data, patch: int, patches: int) -> None:
    model = flow.ReadingPainter((16, 32), flow.LONG, patch=patch, width=8, blocks=2)
    with record_attention(model.blocks) as maps:
        model(torch.randn(2, 512), torch.rand(2), flow.couples(data, 2).texts)
    shapes = [tuple(found[0].shape) for found in maps.values()]
    assert shapes == [(2, 4, patches, 11 + patches)] * 2


def test_patches_lie_where_they_were(data) -> None:
    """With an identity on the way in and out, what comes back is the picture."""
    model = flow.ReadingPainter((16, 32), flow.LONG, "bag", width=256, blocks=0)
    model.leave[0] = nn.Identity()
    for layer in (model.enter, model.leave[1]):
        nn.init.eye_(layer.weight)
        nn.init.zeros_(layer.bias)
    nn.init.zeros_(model.patch_places)
    states = torch.randn(3, 512)
    found = model(states, torch.rand(3), flow.couples(data, 3).texts)
    torch.testing.assert_close(found, states)


# ---------------------------------------------------------------------------- few captions


def test_draws_and_joined_streams_keep_their_counts() -> None:
    few, many = (
        flow.Draws(torch.arange(3), batch_size=8),
        flow.Draws(torch.arange(100, 200), batch_size=4, seed=1),
    )
    (batch,) = flow.Joined(few, many)[5]
    assert (batch[:8] < 3).all() and (batch[8:] >= 100).all() and len(batch) == 12
    assert torch.equal(batch, flow.Joined(few, many)[5][0])
    assert not torch.equal(batch, flow.Joined(few, many)[6][0])


@pytest.mark.parametrize("count", [50, 200])
def test_few_pairs_are_spread_over_the_letters(data, count: int) -> None:
    chosen = flow.few(data, count)
    assert len(chosen.unique()) == count
    counts = data.letters[chosen].bincount(minlength=26)
    assert counts.max() - counts.min() <= 1
    assert not torch.equal(chosen, flow.few(data, count, seed=1))


def test_a_reader_says_how_sure_it_is(data) -> None:
    reader = flow.train_reader(data, replace(flow.READER, steps=2))
    words, sure = flow.read_with_confidence(reader, data.pictures[:6])
    assert torch.equal(words, flow.read(reader, data.pictures[:6]))
    scores = reader(data.pictures[:6]).detach()
    expected = scores[:, :26].softmax(dim=1).amax(dim=1) * scores[:, 26:].softmax(dim=1).amax(dim=1)
    torch.testing.assert_close(sure, expected)


# ---------------------------------------------------------------------------- the cheat


def test_the_parts_of_a_cycle_cost_what_they_say(data) -> None:
    seed_everything(0)
    cycle, words = flow.Cycle().eval(), flow.words_of(data)[:6]
    real, drawn = data.pictures[6:12], flow.Cycle.forward
    recipe = flow.CHEAT
    plain = flow.cycle_loss(cycle, words, real, real, words, recipe)
    torch.testing.assert_close(plain, flow.reading_loss(cycle.reader, drawn(cycle, words), words))
    none = flow.cycle_loss(cycle, words, real, real, words, replace(recipe, cycle=0.0))
    assert none.item() == 0
    near = flow.cycle_loss(cycle, words, real, real, words, replace(recipe, near=0.5))
    apart = torch.cdist(drawn(cycle, words), real).square().amin(dim=1).mean()
    torch.testing.assert_close(near - plain, 0.5 * apart, rtol=1e-3, atol=1e-3)
    paired = flow.cycle_loss(cycle, words, real, real, words, replace(recipe, paired=2.0))
    squares = (drawn(cycle, words) - real).square().sum(dim=1).mean()
    expected = 2 * (squares + flow.reading_loss(cycle.reader, real, words))
    torch.testing.assert_close(paired - plain, expected, rtol=1e-3, atol=1e-3)


def test_a_reader_that_has_learnt_learns_no_more(data) -> None:
    reader = flow.train_reader(data, replace(flow.READER, steps=2))
    before = {name: value.clone() for name, value in reader.state_dict().items()}
    words, recipe = flow.words_of(data), replace(flow.CHEAT, steps=3, batch_size=16)
    cycle = flow.train_cycle(words, data, data, recipe, reader)
    assert all(torch.equal(before[name], value) for name, value in reader.state_dict().items())
    assert cycle.reader is reader
    found = flow.examine(cycle, judging.Judge(16, 26), words[:20])
    assert set(found) == {"cycle", "judge, letter", "judge"}


def test_a_drawer_sends_every_moment_of_what_paint_draws() -> None:
    torch.manual_seed(0)
    model = flow.Painter(256, 32, 32, 1)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    drawn = flow.drawer(model, pictures=3)("g serif", "", 0.0, 1.5, 4, 7)
    assert drawn.shape == (5, 3, 16, 16) and drawn.dtype == torch.uint8
    words = flow.hear("g serif").expand(3, -1)
    same = flow.paint(model, words, 1.5, steps=4, seed=7)
    assert (drawn[-1].flatten(1).int() - (255 * same).int()).abs().max() <= 1


def test_between_two_captions_a_drawer_goes_from_one_to_the_other() -> None:
    torch.manual_seed(0)
    model = flow.Painter(256, 32, 32, 1)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    draw = flow.drawer(model, pictures=2)
    at_end = draw("a", "g", 1.0, 1.0, 2, 0)
    assert torch.equal(at_end, draw("g", "", 0.0, 1.0, 2, 0))
    half = draw("a", "g", 0.5, 1.0, 2, 0)
    assert not torch.equal(half, at_end) and not torch.equal(half, draw("a", "", 0.0, 1.0, 2, 0))
    with pytest.raises(ValueError, match="unicorn"):
        draw("unicorn", "", 0.0, 1.0, 2, 0)


# ---------------------------------------------------------------------------- shipped results


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, dict[str, list[float]]]]:
    """The tables of the lesson."""
    return json.loads(shipped("results/generation.json").read_text(encoding="utf-8"))


def test_the_lessons_painter_reaches_its_floors_from_three_seeds(found) -> None:
    row = found["guidance"]["1.5"]
    floors = {"letter": 0.97, "seen": 0.92, "unseen": 0.72, "recall": 0.9}
    assert all(len(row[name]) == 3 and min(row[name]) >= floor for name, floor in floors.items())


def test_the_validation_pairs_chose_the_guidance(found) -> None:
    valid = {scale: sum(row["valid"][:2]) for scale, row in found["guidance"].items()}
    assert max(valid, key=valid.get) == f"{flow.GUIDANCE:g}"


def test_more_guidance_costs_spread_that_diversity_does_not_show(found) -> None:
    rows = [found["guidance"][scale] for scale in ("1", "1.5", "2", "3", "5", "8")]
    for seed in range(2):
        spread = [row["spread"][seed] for row in rows]
        assert spread == sorted(spread, reverse=True)
        assert rows[-1]["diversity"][seed] > rows[0]["diversity"][seed]


def test_one_step_draws_the_mean_where_much_is_left_open(found) -> None:
    one, sixteen = (found["steps"][f"letter, {steps}"]["recall"] for steps in (1, 16))
    assert max(one) <= 0.15 and min(sixteen) >= 0.4


def test_the_cheat_is_perfect_before_its_own_reader_alone(found) -> None:
    row = found["cheat"]["near real pictures"]
    assert min(row["cycle"]) > 0.99 and max(row["judge"]) < 0.02
    mended, alone = (found["cheat"][n]["judge"] for n in ("near, 200 pairs", "200 pairs, no cycle"))
    assert min(mended) > max(alone) + 0.1


def test_the_cycle_buys_coverage_and_loses_no_obedience(found) -> None:
    """Beside as many captioned pairs a step, and beside twice as many."""
    for count in (50, 200):
        sure, alone, twice = (
            found["few"][f"{count}, {way}"] for way in ("sure", "captioned", "captioned twice")
        )
        for seed in range(2):
            more = max(alone["recall"][seed], twice["recall"][seed])
            assert sure["recall"][seed] > more + 0.05
        assert sum(sure["seen"]) > sum(alone["seen"]) - 0.05


def test_the_writer_of_patches_obeys_less_than_the_flow_and_more_with_three_times(found) -> None:
    once, thrice = (found["rivals"][f"autoregressive{more}"] for more in ("", ", 3 ×"))
    flow_row = found["guidance"]["1.5"]
    for metric in ("seen", "unseen"):
        assert len(once[metric]) == len(thrice[metric]) == 2
        assert max(once[metric]) < min(flow_row[metric])
        assert min(thrice[metric]) > max(once[metric])
    assert min(once["recall"]) >= 0.9 and max(once["Fréchet"]) <= 20
