"""Lesson 06's fusions: one signature and one size, equal to formulas and to torch; what they do."""

import json
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtutor import fusion
from mmtutor.datasets.paired import RULES, Pairs, Setting, make_pairs, without_sound
from mmtutor.datasets.shipped import shipped
from mmtutor.fusion import (
    ALONE,
    QUICK,
    VARIANTS,
    Comparison,
    Result,
    WithTasks,
    build,
    by_measure,
    compare,
    dropout_loss,
    fusion_loss,
    gradient_norms,
    kept_in_words,
    modality_dropout,
    pair_captions,
    percent,
    picture_ink,
    plot_imbalance,
    plot_robustness,
    probe,
    right,
    robustness,
    scaled,
    seed_means,
    train,
    train_experts,
    train_variant,
    weighted_loss,
)
from mmtutor.training import History, seed_everything
from mmtutor.vit import parameters
from tests.lessons.twins import torch_attention

EVERY = ALONE | VARIANTS
BRIEF = replace(QUICK, steps=60, pairs=2000, size=8000)
CLEAR = Setting(rule=RULES["redundant"])


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return make_pairs(CLEAR, 600)


def features(width: int = 6) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(4, width, generator=generator, dtype=torch.float64) for _ in "ab")


@pytest.mark.parametrize("name", list(EVERY))
def test_every_variant_has_one_signature_and_learns_in_all_its_parts(
    name: str, pairs: Pairs
) -> None:
    model = EVERY[name](8, 10)
    scores = model(pairs.pictures[:7], pairs.sounds[:7])
    assert scores.shape == (7, 10)
    F.cross_entropy(scores, pairs.labels[:7]).backward()
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize("name", list(EVERY))
def test_every_variant_reads_the_sides_that_it_should(name: str, pairs: Pairs) -> None:
    torch.manual_seed(0)
    model = EVERY[name](8, 10)
    pictures, sounds = pairs.pictures[:7], pairs.sounds[:7]
    plain = model(pictures, sounds)
    sees = not torch.allclose(plain, model(pictures.roll(1, 0), sounds))
    hears = not torch.allclose(plain, model(pictures, sounds.roll(1, 0)))
    assert (sees, hears) == (name != "sound alone", name != "picture alone")


@pytest.mark.parametrize("name", list(EVERY))
@pytest.mark.parametrize("size", [QUICK.size, fusion.FULL.size])
def test_sizes_are_matched(name: str, size: int) -> None:
    assert abs(parameters(build(EVERY[name], 4, size)) / size - 1) < 0.04


def test_every_variant_is_short() -> None:
    import inspect

    for variant in VARIANTS.values():
        assert len(inspect.getsource(variant).splitlines()) <= 30


# ------------------------------------------------------------------------ each equals its formula


def test_late_decisions_are_a_mean_of_probabilities(pairs: Pairs) -> None:
    model = VARIANTS["late decisions"](8, 10)
    sides = model.picture(pairs.pictures), model.sound(pairs.sounds)
    expected = sum(side.softmax(dim=1) for side in sides) / 2
    scores = model(pairs.pictures, pairs.sounds)
    assert torch.allclose(scores.exp(), expected, atol=1e-6)
    assert torch.allclose(scores.softmax(dim=1), expected, atol=1e-6)


def test_late_decisions_stay_finite_and_learn_when_both_are_sure() -> None:
    model = VARIANTS["late decisions"](8, 10)
    with torch.no_grad():
        for side in (model.picture, model.sound):
            side[1][2].bias.copy_(torch.tensor([1e4] + [0.0] * 9))
    scores = model(torch.zeros(2, 8, 8), torch.zeros(2, 19, 20))
    F.cross_entropy(scores, torch.tensor([3, 4])).backward()
    assert scores.isfinite().all()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    assert model.picture[1][2].bias.grad.any()


def test_early_fusion_is_one_network_over_one_long_list(pairs: Pairs) -> None:
    model = VARIANTS["early"](8, 10)
    both = torch.cat([pairs.pictures.flatten(1), pairs.sounds.flatten(1)], dim=1)
    assert torch.equal(model(pairs.pictures, pairs.sounds), model.classify(model.encode(both)))


def test_a_weighted_average_starts_even_and_its_weights_sum_to_one() -> None:
    model, (x1, x2) = VARIANTS["weighted average"](6, 2).double(), features()
    assert torch.allclose(model.meet(x1, x2), (x1 + x2) / 2)
    with torch.no_grad():
        model.weight_scores.copy_(torch.tensor([1.0, 3.0]).log())
    assert torch.allclose(model.meet(x1, x2), x1 / 4 + 3 * x2 / 4)


def test_a_gate_mixes_feature_by_feature() -> None:
    model, (x1, x2) = VARIANTS["gated"](6, 2).double(), features()
    g = torch.sigmoid(torch.cat([x1, x2], 1) @ model.gate.weight.T + model.gate.bias)
    assert torch.allclose(model.meet(x1, x2), g * x1 + (1 - g) * x2)
    assert torch.allclose(model.meet(x1, x1), x1)


def test_attention_fusion_equals_torchs_attention() -> None:
    model, (x1, x2) = VARIANTS["attention"](6, 2).double(), features()
    theirs = torch_attention(model.attention)
    tokens = torch.stack([x1, x2], dim=1)
    expected = (tokens + theirs(tokens, tokens, tokens)[0]).mean(dim=1)
    assert torch.allclose(model.meet(x1, x2), expected)
    assert torch.allclose(model.meet(x1, x2), model.meet(x2, x1))  # no side comes first


def test_the_low_rank_form_equals_torchs_bilinear_layer() -> None:
    model, (x1, x2) = VARIANTS["low-rank bilinear"](6, 2).double(), features()
    theirs = nn.Bilinear(7, 7, 6, bias=False, dtype=torch.float64)
    with torch.no_grad():
        theirs.weight.copy_(torch.einsum("rio,rjo->oij", model.u, model.v))
    ones = torch.ones(4, 1, dtype=torch.float64)
    expected = theirs(torch.cat([x1, ones], 1), torch.cat([x2, ones], 1))
    assert torch.allclose(model.meet(x1, x2), expected)


def test_the_appended_one_keeps_a_side_when_the_other_is_silent() -> None:
    model, (x1, x2) = VARIANTS["low-rank bilinear"](6, 2).double(), features()
    silent = torch.zeros_like(x2)
    assert not torch.allclose(model.meet(x1, silent)[0], model.meet(x1, silent)[1])


def test_hierarchical_fusion_meets_after_every_layer(pairs: Pairs) -> None:
    model = VARIANTS["hierarchical"](8, 10)
    scores = model(pairs.pictures, pairs.sounds)
    with torch.no_grad():
        model.join[1].weight[:, 16:] = 0  # what met first is not passed on
    assert not torch.allclose(scores, model(pairs.pictures, pairs.sounds))


# ------------------------------------------------------------------------ dropout and tasks


def test_modality_dropout_drops_a_share_and_never_both() -> None:
    torch.manual_seed(0)
    pictures, sounds = modality_dropout(torch.ones(4000, 8, 8), torch.ones(4000, 19, 20), 0.5)
    no_picture, no_sound = ((x == 0).flatten(1) for x in (pictures, sounds))
    assert torch.equal(no_picture.any(1), no_picture.all(1))
    assert torch.equal(no_sound.any(1), no_sound.all(1))
    assert not (no_picture.all(1) & no_sound.all(1)).any()
    for dropped in (no_picture, no_sound):
        assert abs(dropped.all(1).float().mean() - 0.25) < 0.03


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_modality_dropout_at_its_ends(share: float) -> None:
    pictures, sounds = modality_dropout(torch.ones(100, 8, 8), torch.ones(100, 19, 20), share)
    kept = pictures.flatten(1).any(1).int() + sounds.flatten(1).any(1).int()
    assert (kept == (2 if share == 0 else 1)).all()


def test_a_share_of_more_than_all_pairs_is_refused() -> None:
    with pytest.raises(ValueError, match=r"from 0 to 1 .* not 1\.5"):
        modality_dropout(torch.ones(4, 8, 8), torch.ones(4, 19, 20), 1.5)


def test_dropout_loss_without_dropout_is_the_loss(pairs: Pairs) -> None:
    model = build(VARIANTS["gated"], 10, 8000)
    data = (pairs.pictures, pairs.sounds, pairs.labels)
    assert torch.equal(dropout_loss(0.0)(model, *data), fusion_loss(model, *data))


def test_tasks_add_their_own_losses(pairs: Pairs) -> None:
    model = WithTasks(8, 10)
    data = (pairs.pictures, pairs.sounds, pairs.labels)
    plain = weighted_loss(0.0, 0.0)(model, *data)
    assert torch.allclose(plain, fusion_loss(model, *data))
    alone = F.cross_entropy(model.of_picture(model.picture(pairs.pictures)), pairs.labels)
    assert torch.allclose(weighted_loss(2.0, 0.0)(model, *data), plain + 2 * alone)


def test_gradient_norms_are_those_of_autograd_and_leave_no_trace(pairs: Pairs) -> None:
    model = WithTasks(8, 10)
    norms = gradient_norms(model, pairs)
    assert all(p.grad is None for p in model.parameters())
    fusion_loss(model, pairs.pictures, pairs.sounds, pairs.labels).backward()
    for part in ("picture", "sound"):
        grads = torch.cat([p.grad.flatten() for p in getattr(model, part).parameters()])
        assert norms[part] == pytest.approx(grads.norm().item(), rel=1e-4)


def test_a_probe_reads_an_encoder_and_leaves_it_alone(pairs: Pairs) -> None:
    torch.manual_seed(0)
    model = WithTasks(16, 10)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    unseen = make_pairs(CLEAR, 300, test=True)
    assert probe(model, "picture", pairs, unseen) > 0.25  # untrained features hold something
    blank = replace(unseen, pictures=torch.zeros_like(unseen.pictures))
    assert probe(model, "picture", pairs, blank) < 0.2
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


@pytest.mark.parametrize("name", fusion.WEIGHED)
def test_the_picture_counts_as_much_as_its_weight_and_its_features(name: str, pairs: Pairs) -> None:
    torch.manual_seed(0)
    model = VARIANTS[name](8, 10)
    weight, part = fusion.picture_weight(model, pairs), fusion.picture_part(model, pairs)
    assert weight.shape == part.shape == (len(pairs),)
    assert (weight > 0).all() and (weight < 1).all()
    with torch.no_grad():
        for parameter in model.sound.parameters():
            parameter.zero_()  # a silent side has no part, whatever its weight
    assert torch.allclose(fusion.picture_part(model, pairs), torch.ones(len(pairs)))


def test_lengths_are_of_what_can_be_read_and_of_what_is_lost(pairs: Pairs) -> None:
    model = VARIANTS["gated"](8, 10).eval()
    lost = torch.zeros(len(pairs), 2, dtype=torch.bool)
    lost[:5, 0] = lost[5:, 1] = True
    found = fusion.lengths(model, replace(pairs, lost=lost))
    with torch.no_grad():
        pictures = model.picture(pairs.pictures).norm(dim=1)
        sounds = model.sound(pairs.sounds).norm(dim=1)
    wanted = (pictures[5:], pictures[:5], sounds[:5], sounds[5:])
    assert list(found) == ["picture", "lost picture", "sound", "lost sound"]
    assert list(found.values()) == pytest.approx([x.mean().item() for x in wanted])


def test_a_weight_can_be_forced_on_attention(pairs: Pairs) -> None:
    torch.manual_seed(0)
    model = VARIANTS["attention"](8, 10).eval()
    with torch.no_grad():
        model.attention.query_projection.weight.zero_()
        model.attention.query_projection.bias.zero_()  # all scores are 0: an even look
        own = model(pairs.pictures, pairs.sounds)
        model.sound[-2].weight.zero_()  # after this the sound's features are the same for all
    torch.testing.assert_close(fusion.picture_weight(model, pairs), torch.full((len(pairs),), 0.5))
    silent = fusion.scores_with_weight(model, pairs, 0.0)
    torch.testing.assert_close(
        fusion.scores_with_weight(model, pairs, 0.5), model(pairs.pictures, pairs.sounds)
    )
    assert not torch.allclose(silent, fusion.scores_with_weight(model, pairs, 1.0))
    assert not torch.allclose(own, model(pairs.pictures, pairs.sounds))


# ------------------------------------------------------------------------ comparing


def test_a_copyist_of_pairs_trains_nothing_and_counts_its_neighbours() -> None:
    learn = make_pairs(CLEAR, 300)
    assert fusion.nearest_pairs(learn, learn, count=1) == 1
    assert 0.5 < fusion.nearest_pairs(learn, make_pairs(CLEAR, 200, test=True)) < 1
    strangers = replace(learn, labels=(learn.labels + 1) % 10)
    assert fusion.nearest_pairs(learn, strangers, count=1) == 0


@pytest.mark.parametrize(("rule", "floor"), [("redundant", 0.9), ("xor", 0.75)])
def test_experts_that_train_nothing_know_the_rule(rule: str, floor: float) -> None:
    setting = Setting(rule=RULES[rule])
    learn, unseen = make_pairs(setting, 1000), make_pairs(setting, 300, test=True)
    assert floor < fusion.nearest_experts(setting, learn, unseen) < 1
    assert fusion.nearest_experts(setting, learn, learn, count=1) == 1
    turned = Setting(rule=torch.where(RULES[rule] < 0, -1, (RULES[rule] + 1) % setting.classes))
    assert fusion.nearest_experts(turned, learn, learn, count=1) == 0  # the labels teach nothing


@pytest.mark.training
def test_rivals_are_those_of_the_setting() -> None:
    setting, brief = Setting(rule=RULES["xor"]), replace(BRIEF, pairs=600, steps=2)
    unseen = make_pairs(setting, 200, test=True)
    found = fusion.rivals(setting, unseen, brief)
    learn = make_pairs(setting, 600)
    assert found["trained experts"] == train_experts(learn, brief).right(setting, unseen)
    assert found["nearest experts"] == fusion.nearest_experts(setting, learn, unseen)
    assert found["nearest pairs"] == fusion.nearest_pairs(learn, unseen)
    assert found["with sides alike"] != found["nearest pairs"]


class Reads(nn.Module):
    """Guesses a digit from the first number of the picture (0) or of the sound (1)."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, pictures: Tensor, sounds: Tensor) -> Tensor:
        return self.weight * F.one_hot((pictures, sounds)[self.side][:, 0, 0].long(), 10)


def test_a_model_follows_the_side_that_it_reads() -> None:
    digits = torch.tensor([3, 3, 7, 1])
    pictures, sounds = torch.zeros(4, 8, 8), torch.zeros(4, 19, 20)
    pictures[:, 0, 0] = sounds[:, 0, 0] = digits.float()
    nothing = torch.zeros(4, 2, dtype=torch.bool)
    told = Pairs(pictures, sounds, digits, digits.repeat(2, 1).T, nothing)
    assert fusion.followed(Reads(0), told) == (1.0, 0.0)
    assert fusion.followed(Reads(1), told) == (0.0, 1.0)


@pytest.mark.training
def test_a_comparison_is_fair_repeatable_and_says_what_it_found() -> None:
    settings = {"clear": CLEAR, "xor": Setting(rule=RULES["xor"])}
    variants = {name: EVERY[name] for name in ("sound alone", "gated")}
    found = compare(variants, settings, seeds=2, recipe=BRIEF)
    assert len(found.results) == len(found.models) == 8
    again = compare({"gated": EVERY["gated"]}, {"xor": settings["xor"]}, seeds=1, recipe=BRIEF)
    assert again.values("xor", "gated")[0] == found.values("xor", "gated")[0]
    table = found.table("clear")
    assert table.splitlines()[0].split() == [
        "accuracy", "precision", "recall", "f1", "parameters"
    ]  # fmt: skip
    assert table.splitlines()[2].startswith("gated")
    unseen = make_pairs(CLEAR, 4000, test=True)
    assert right(found.models["clear", "gated", 1], unseen) == found.values("clear", "gated")[1]
    assert repr(found) == "Comparison of 8 trainings in 2 settings"
    figure = found.plot({"clear": {"limit": 1.0}})
    assert [axes.get_title() for axes in figure.axes] == ["clear", "xor"]
    curves = robustness(found, "clear", CLEAR, "lost_sound", [0.0, 1.0])
    assert list(curves) == ["sound alone", "gated"]
    assert len(curves["gated"]) == 2  # seeds
    for start, end in curves["sound alone"]:
        assert start > 0.8 and end < 0.2


def test_values_come_seed_by_seed() -> None:
    rows = [Result("s", "v", seed, 0.5 + seed / 10, 0.1, 0.2, 0.3, 7) for seed in range(3)]
    found = Comparison(rows)
    assert found.values("s", "v") == pytest.approx([0.5, 0.6, 0.7])
    assert found.values("s", "v", "f1") == [0.3] * 3 and found.values("s", "other") == []
    assert percent([0.5, 0.6, 0.7]) == "60.0 ± 10.0" and percent([0.5]) == "50.0 ± 0.0"


@pytest.mark.training
def test_fusing_learns_xor_and_averaged_verdicts_do_not() -> None:
    setting = Setting(rule=RULES["xor"])
    learn, unseen = make_pairs(setting, 6000), make_pairs(setting, 2000, test=True)
    scores = {}
    for name in ("late decisions", "late features"):
        seed_everything(0)
        model = build(VARIANTS[name], 2, QUICK.size)
        train(model, learn, QUICK)
        scores[name] = right(model, unseen)
    assert scores["late features"] > 0.85
    assert abs(scores["late decisions"] - 0.5) < 0.06


@pytest.mark.training
def test_modality_dropout_keeps_a_model_upright_when_its_sound_is_gone() -> None:
    learn, unseen = make_pairs(CLEAR, 4000), make_pairs(CLEAR, 1000, test=True)
    kept = []
    for loss in (fusion_loss, dropout_loss(0.5)):
        seed_everything(0)
        model = build(VARIANTS["late features"], 10, QUICK.size)
        train(model, learn, replace(QUICK, steps=200), loss)
        kept.append(right(model, without_sound(unseen)))
    assert kept[1] > 0.75 > kept[0]


@pytest.mark.training
def test_experts_combined_beat_each_alone_where_sides_complement() -> None:
    setting = Setting(rule=RULES["complementary"])
    unseen = make_pairs(setting, 1000, test=True)
    experts = train_experts(make_pairs(setting, 4000), replace(QUICK, steps=200))
    assert experts.right(setting, unseen) > 0.85


def test_the_two_budgets_are_one_recipe() -> None:
    assert type(fusion.QUICK) is type(fusion.FULL)
    assert fusion.FULL.steps > fusion.QUICK.steps and fusion.FULL.size > fusion.QUICK.size


# ------------------------------------------------------------------------ for the lesson's pictures


def test_a_seed_sets_first_weights_and_order_and_nothing_else_does(pairs: Pairs) -> None:
    brief = replace(BRIEF, steps=5)
    trained = [train_variant(VARIANTS["gated"], 10, pairs, brief, seed)[0] for seed in (1, 1, 2)]
    first, again, other = (torch.cat([p.flatten() for p in m.parameters()]) for m in trained)
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_options_of_training_reach_the_training(pairs: Pairs) -> None:
    brief = replace(BRIEF, steps=4)
    _, history = train_variant(
        VARIANTS["gated"], 10, pairs, brief, evaluate=lambda model: {"one": 1.0}, every=2
    )
    assert history.metrics == {"one": [(2, 1.0), (4, 1.0)]}


def comparison() -> Comparison:
    """Two models, two seeds, whose accuracies are known."""
    shares = {("early", 0): 0.5, ("early", 1): 0.7, ("gated", 0): 0.9, ("gated", 1): 0.2}
    rest = (0.0, 0.0, 0.0, 1)
    results = [Result("xor", v, seed, share, *rest) for (v, seed), share in shares.items()]
    inputs = {"early": 2, "gated": 1}
    models = {("xor", v, seed): nn.Linear(inputs[v], 1 + seed) for v, seed in shares}
    return Comparison(results, models)


def test_the_best_has_the_highest_mean_not_the_highest_seed() -> None:
    found = comparison()
    assert found.mean_accuracy("xor", "gated") == pytest.approx(0.55)
    assert found.best("xor", ("gated", "early")) == ("early", pytest.approx(0.6))


def test_a_measure_is_taken_of_every_seeds_model_of_one_variant(pairs: Pairs) -> None:
    def size(model: nn.Linear, pairs: Pairs) -> Tensor:
        return torch.full((len(pairs),), float(10 * model.in_features + model.out_features))

    found = comparison().measure("xor", "early", size, pairs)
    assert found.shape == (2, len(pairs)) and found[:, 0].tolist() == [21.0, 22.0]


def test_means_are_taken_over_the_chosen_pairs() -> None:
    found = {"gated": torch.tensor([[1.0, 2.0, 9.0], [3.0, 5.0, 9.0]])}
    assert seed_means(found, torch.tensor([True, True, False])) == {"gated": [1.5, 4.0]}


def test_results_are_turned_around_by_measure() -> None:
    runs = {"plain": [{"both": 0.9, "one": 0.1}, {"both": 0.8, "one": 0.2}], "mended": [{}, {}]}
    runs["mended"] = [{"one": 0.6, "both": 0.7}, {"one": 0.5, "both": 0.4}]
    assert by_measure(runs) == {
        "both": {"plain": [0.9, 0.8], "mended": [0.7, 0.4]},
        "one": {"plain": [0.1, 0.2], "mended": [0.6, 0.5]},
    }


def test_a_line_has_the_means_over_seeds() -> None:
    said = fusion.one_line("a", {"b": [0.25, 0.75], "c": [1]})
    assert said.split() == ["a", "b", "0.500,", "c", "1.000"]


def test_what_is_kept_is_the_share_of_the_means() -> None:
    said = kept_in_words([(0.8, 0.4, 0.3), (1.0, 0.5, 0.3)])
    assert said == "both 90.0 ± 14.1, zeros 45.0 ± 7.1 (50% kept), hiss 30.0 ± 0.0"


def test_only_the_named_side_is_scaled(pairs: Pairs) -> None:
    louder = scaled(pairs, sounds=100.0)
    assert torch.equal(louder.pictures, pairs.pictures)
    assert torch.equal(louder.sounds, 100 * pairs.sounds)
    assert torch.equal(louder.labels, pairs.labels)


def test_ink_is_what_the_digits_are_made_of() -> None:
    clean = make_pairs(replace(CLEAR, grain=0.0), 40)
    ink = picture_ink(clean.pictures)
    assert ink.dtype == torch.uint8
    assert ink.amin() == 0 and ink.amax() == 255
    assert len(ink.unique()) == 17  # the digits have 17 shades
    beyond = picture_ink(torch.tensor([-9.0, 9.0]).view(2, 1, 1).expand(2, 8, 8))
    assert beyond[:, 0, 0].tolist() == [0, 255]


def test_a_caption_says_what_is_lost_and_what_is_heard() -> None:
    some = make_pairs(Setting(rule=RULES["complementary"], lost_picture=0.5), 20)
    captions = pair_captions(some)
    for place, caption in enumerate(captions):
        assert caption.startswith("picture lost" if some.lost[place, 0] else "picture fine")
        assert caption.endswith(f"(the sound says {some.digits[place, 1]})")
    assert len({caption.split("\n")[0] for caption in captions}) == 2


def test_robustness_has_a_panel_for_each_noise_and_what_does_not_notice_it() -> None:
    curves = {
        "grain": {"picture alone": [[0.9, 0.1]], "sound alone": [[0.75, 0.75]], "x": [[0.8, 0.6]]},
        "hiss": {"picture alone": [[0.5, 0.5]], "sound alone": [[0.9, 0.2]], "x": [[0.8, 0.3]]},
    }
    figure = plot_robustness(curves, {"grain": [0.2, 1.5], "hiss": [0.01, 1.0]}, ["x"])
    grain, hiss = figure.axes
    assert [axes.get_title() for axes in figure.axes] == ["more grain", "more hiss"]
    assert grain.lines[0].get_ydata().tolist() == [0.8, 0.6]
    assert [grain.get_xscale(), hiss.get_xscale()] == ["linear", "log"]
    assert [axes.texts[0].get_text() for axes in figure.axes] == [
        "sound alone: 0.75",
        "picture alone: 0.5",
    ]
    assert figure.description == (
        "At the worst grain and hiss: "
        "picture alone 0.10, 0.50; sound alone 0.75, 0.20; x 0.60, 0.30."
    )


def test_imbalance_shows_gradients_and_probes_of_both_sides() -> None:
    history = History()
    for number, side in enumerate(("picture", "sound")):
        history.metrics[f"{side} gradient"] = [(30, 1.0 + number), (60, 0.5 + number)]
        history.metrics[f"{side} probe"] = [(30, 0.25 * number), (60, 0.5 + 0.25 * number)]
    figure = plot_imbalance(history, alone=0.625)
    gradients, probes = figure.axes
    assert [line.get_ydata().tolist() for line in gradients.lines] == [[1.0, 0.5], [2.0, 1.5]]
    assert [line.get_ydata().tolist() for line in probes.lines[:2]] == [[0.0, 0.5], [0.25, 0.75]]
    assert gradients.lines[0].get_xdata().tolist() == [30, 60]
    assert probes.texts[0].get_text() == "picture alone: 0.625"
    assert figure.description == "The picture's probe ends at 0.50; 0.62 alone."


def test_the_shipped_controls_are_of_these_models_and_of_several_seeds() -> None:
    controls = json.loads(shipped("results/fusion_controls.json").read_text(encoding="utf-8"))
    settings = ["redundant", "complementary", "xor", "poor sound"]
    assert all(list(found) == settings for found in controls["longer"].values())
    assert list(controls["seeds 3 to 5"]) == list(VARIANTS)
    for part in ("longer", "seeds 3 to 5", "hiss", "products"):
        runs = [shares for found in controls[part].values() for shares in found.values()]
        assert all(len(shares) == 3 for shares in runs)
        assert all(0.1 < share < 1 for shares in runs for share in shares)
