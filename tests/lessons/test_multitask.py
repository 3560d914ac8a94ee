"""Tasks that share, against hand-worked numbers, the papers' loops and PyTorch; the edges."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from mmtutor import multitask as mt
from mmtutor.datasets.tasks import (
    SAID,
    UNKNOWN,
    Splits,
    Tasks,
    few_labels,
    glyph_tasks,
    with_captions,
)

CLASSES = {"base": 5, "case": 2}
RECIPE = replace(mt.QUICK, steps=3, size=4000)


def some_tasks(count: int = 40, classes: dict[str, int] = CLASSES, seed: int = 0) -> Tasks:
    """Random pictures with random labels."""
    torch.manual_seed(seed)
    names = {task: tuple(map(str, range(n))) for task, n in classes.items()}
    labels = {task: torch.randint(n, (count,)) for task, n in classes.items()}
    return Tasks(torch.randn(count, 1, 16, 16), labels, names)


def both(model: torch.nn.Module, data: Tasks) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    return mt.multitask_loss(model(data.pictures), data.labels)


# ── Sharing ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("variant", mt.VARIANTS.values())
def test_every_way_has_one_signature_and_about_the_size_it_is_asked_for(variant) -> None:
    data = some_tasks()
    model = mt.build(variant, data, replace(mt.QUICK, size=40_000))
    shapes = {task: tuple(scores.shape) for task, scores in model(data.pictures).items()}
    assert shapes == {"base": (40, 5), "case": (40, 2)}
    assert abs(sum(p.numel() for p in model.parameters()) / 40_000 - 1) < 0.05


def test_hard_sharing_is_a_plain_network_with_the_same_weights() -> None:
    model, data = mt.HardSharing(6, 2, CLASSES), some_tasks()
    hidden = data.pictures.flatten(1)
    for layer in model.trunk:
        hidden = (hidden @ layer[0].weight.T + layer[0].bias).clamp(min=0)
    for task, head in model.heads.items():
        assert torch.allclose(
            model(data.pictures)[task], hidden @ head.weight.T + head.bias, atol=1e-6
        )


def test_hard_sharing_gets_the_sum_of_the_tasks_gradients_on_its_trunk() -> None:
    model, data = mt.HardSharing(6, 3, CLASSES).double(), some_tasks()
    data = replace(data, pictures=data.pictures.double())
    gradients = mt.task_gradients(model, data.pictures, data.labels)
    assert all(p.grad is None for p in model.parameters())
    both(model, data)[0].backward()
    for number, layer in enumerate(model.trunk, start=1):
        mine = torch.cat([p.grad.flatten() for p in layer.parameters()])
        summed = sum(found[f"layer {number}"] for found in gradients.values())
        assert torch.allclose(mine, summed, atol=1e-12)
    head = model.heads["case"]
    (own,) = torch.autograd.grad(both(model, data)[1]["case"], [head.weight])
    assert torch.allclose(head.weight.grad, own)  # the other task says nothing to this head


def test_branches_with_all_layers_are_hard_sharing_and_with_none_share_nothing() -> None:
    data = some_tasks()
    hard, whole = mt.HardSharing(6, 3, CLASSES), mt.Branches(6, 3, CLASSES, shared=3)
    whole.trunk.load_state_dict(hard.trunk.state_dict())
    whole.heads.load_state_dict(hard.heads.state_dict())
    for task, scores in hard(data.pictures).items():
        assert torch.equal(whole(data.pictures)[task], scores)
    apart = mt.Branches(6, 3, CLASSES, shared=0)
    both(apart, data)[1]["base"].backward()
    assert all(p.grad is None for p in apart.branches["case"].parameters())
    assert all(p.grad is not None for p in apart.branches["base"].parameters())
    assert mt.shared_weights(apart) == {}


def test_branches_share_the_first_layers_and_no_others() -> None:
    model, data = mt.Branches(6, 3, CLASSES, shared=2), some_tasks()
    assert list(mt.shared_weights(model)) == ["layer 1", "layer 2"]
    both(model, data)[1]["base"].backward()
    assert all(p.grad is not None for p in model.trunk.parameters())
    assert all(p.grad is None for p in model.branches["case"].parameters())


@pytest.mark.parametrize("shared", [-1, 4])
def test_more_layers_cannot_be_shared_than_there_are(shared: int) -> None:
    with pytest.raises(ValueError, match=f"of 3 layers, 0 to 3 can be shared, not {shared}"):
        mt.Branches(6, 3, CLASSES, shared=shared)


def test_alone_is_one_task() -> None:
    with pytest.raises(ValueError, match="one task, not 2"):
        mt.Alone(6, 2, CLASSES)
    assert list(mt.Alone(6, 2, {"case": 2}).heads) == ["case"]


def test_a_picture_of_another_size_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match="256 numbers"):
        mt.HardSharing(6, 2, CLASSES)(torch.zeros(2, 1, 32, 32))


# ── The soft penalty ──────────────────────────────────────────────────────────────────────────────


def test_the_soft_penalty_by_hand() -> None:
    model = mt.SoftSharing(1, 1, {"a": 2, "b": 2, "c": 2}, inputs=2)
    numbers = [((1.0, 2.0), 0.0), ((1.0, 0.0), 1.0), ((3.0, 2.0), 0.0)]
    for (weight, bias), trunk in zip(numbers, model.trunks.values(), strict=True):
        trunk[0][0].weight.data[:] = torch.tensor(weight)
        trunk[0][0].bias.data[:] = bias
    # a − b: 0, 2, −1 → 5;  a − c: −2, 0, 0 → 4;  b − c: −2, −2, 1 → 9
    assert mt.soft_penalty(model).item() == 18.0
    for head in model.heads.values():
        head.weight.data += torch.randn_like(head.weight)
    assert mt.soft_penalty(model).item() == 18.0  # heads do not count


def test_the_soft_penalty_is_a_squared_norm_that_pulls_both_sides_equally() -> None:
    model = mt.SoftSharing(4, 2, CLASSES).double()
    rows = [torch.nn.utils.parameters_to_vector(t.parameters()) for t in model.trunks.values()]
    penalty = mt.soft_penalty(model)
    assert torch.allclose(penalty, (rows[0] - rows[1]).norm() ** 2)
    penalty.backward()
    pulls = [torch.cat([p.grad.flatten() for p in t.parameters()]) for t in model.trunks.values()]
    assert torch.allclose(pulls[0], 2 * (rows[0] - rows[1])) and torch.equal(pulls[0], -pulls[1])


def test_one_network_or_equal_networks_pay_nothing() -> None:
    assert mt.soft_penalty(mt.SoftSharing(4, 2, {"case": 2})).item() == 0
    model = mt.SoftSharing(4, 2, CLASSES)
    model.trunks["case"].load_state_dict(model.trunks["base"].state_dict())
    assert mt.soft_penalty(model).item() == 0


# ── Losses ────────────────────────────────────────────────────────────────────────────────────────


def test_the_loss_by_hand_leaves_out_what_is_unknown() -> None:
    scores = {"a": torch.tensor([[0.0, math.log(3)], [9.0, -9.0]]), "b": torch.zeros(2, 4)}
    labels = {"a": torch.tensor([1, UNKNOWN]), "b": torch.tensor([0, 3])}
    total, losses = mt.multitask_loss(scores, labels, {"b": 10})
    assert losses["a"].item() == pytest.approx(math.log(4 / 3))
    assert losses["b"].item() == pytest.approx(math.log(4))
    assert total.item() == pytest.approx(math.log(4 / 3) + 10 * math.log(4))


def test_without_weights_the_loss_is_pytorchs_cross_entropies_added() -> None:
    data = few_labels(some_tasks(), "case", 7)
    scores = mt.HardSharing(6, 2, CLASSES)(data.pictures)
    expected = sum(F.cross_entropy(scores[t], data.labels[t], ignore_index=UNKNOWN) for t in scores)
    assert torch.allclose(mt.multitask_loss(scores, data.labels)[0], expected)


def test_a_task_without_any_label_costs_nothing_and_is_no_nan() -> None:
    scores = {"a": torch.randn(3, 2, requires_grad=True)}
    total, losses = mt.multitask_loss(scores, {"a": torch.full((3,), UNKNOWN)})
    total.backward()
    assert losses["a"].item() == 0 and scores["a"].grad.abs().sum() == 0


# ── Gradients ─────────────────────────────────────────────────────────────────────────────────────


def test_the_cosine_by_hand() -> None:
    a, b = torch.tensor([3.0, 4.0]), torch.tensor([4.0, 3.0])
    assert mt.cosine(a, b).item() == pytest.approx(24 / 25)
    assert mt.cosine(a, -2 * a).item() == pytest.approx(-1)
    assert mt.cosine(a, torch.tensor([-4.0, 3.0])).item() == 0
    assert mt.cosine(a, torch.zeros(2)).item() == 0


def test_cosines_by_layer_agree_with_pytorch_on_everything_in_one_row() -> None:
    model, data = mt.HardSharing(6, 3, CLASSES), some_tasks()
    base, case = mt.task_gradients(model, data.pictures, data.labels).values()
    found = mt.gradient_cosine(base, case)
    assert list(found) == ["layer 1", "layer 2", "layer 3"]
    for layer, value in found.items():
        expected = F.cosine_similarity(base[layer], case[layer], dim=0)
        assert value == pytest.approx(expected.item(), abs=1e-5)
    whole = mt.watch_cosine(data)(model)["all layers"]
    rows = torch.cat(list(base.values())), torch.cat(list(case.values()))
    assert whole == pytest.approx(F.cosine_similarity(*rows, dim=0).item(), abs=1e-5)


def test_equal_tasks_pull_the_same_way_and_gradients_come_without_a_tape_too() -> None:
    data = some_tasks(classes={"one": 3, "two": 3})
    data = replace(data, labels={"one": data.labels["one"], "two": data.labels["one"]})
    model = mt.HardSharing(6, 2, data.classes)
    model.heads["two"].load_state_dict(model.heads["one"].state_dict())
    with torch.no_grad():
        assert mt.watch_cosine(data)(model)["all layers"] == pytest.approx(1, abs=1e-5)


def test_where_nothing_is_shared_there_is_no_gradient_to_compare() -> None:
    data = some_tasks()
    with pytest.raises(ValueError, match="shares no layer"):
        mt.task_gradients(mt.SoftSharing(4, 2, CLASSES), data.pictures, data.labels)


# ── Surgery ───────────────────────────────────────────────────────────────────────────────────────


def plain_pcgrad(gradients: torch.Tensor, orders: list[list[int]]) -> torch.Tensor:
    """The paper's algorithm 1 with loops over numbers, for given orders."""
    rows = gradients.tolist()
    total = [0.0] * len(rows[0])
    for i, row in enumerate(rows):
        own = list(row)
        for j in orders[i]:
            dot = sum(x * y for x, y in zip(own, rows[j], strict=True))
            if j != i and dot < 0:
                square = sum(y * y for y in rows[j])
                own = [x - dot / square * y for x, y in zip(own, rows[j], strict=True)]
        total = [x + y for x, y in zip(total, own, strict=True)]
    return torch.tensor(total, dtype=gradients.dtype)


def test_surgery_by_hand() -> None:
    g, h = torch.tensor([1.0, 0.0]), torch.tensor([-1.0, 1.0])
    assert mt.project(g, h).tolist() == [0.5, 0.5]
    assert mt.project(h, g).tolist() == [0.0, 1.0]
    assert mt.pcgrad(torch.stack([g, h])).tolist() == [0.5, 1.5]
    assert torch.equal(mt.project(g, -h), g)  # they agree: nothing is cut


def test_surgery_equals_the_papers_loops_in_every_drawn_order() -> None:
    torch.manual_seed(1)
    gradients = torch.randn(4, 7, dtype=torch.float64)
    for seed in range(5):
        generator = torch.Generator().manual_seed(seed)
        orders = [torch.randperm(4, generator=generator).tolist() for _ in range(4)]
        found = mt.pcgrad(gradients, torch.Generator().manual_seed(seed))
        assert torch.allclose(found, plain_pcgrad(gradients, orders))


def test_the_order_matters_with_three_tasks() -> None:
    torch.manual_seed(1)
    gradients = torch.randn(3, 2, dtype=torch.float64) - torch.tensor([0.5, 0.0])
    gradients[0] = torch.tensor([1.0, 0.1])
    results = [mt.pcgrad(gradients, torch.Generator().manual_seed(seed)) for seed in range(8)]
    assert any(not torch.allclose(results[0], other) for other in results)


def test_surgery_leaves_tasks_that_agree_one_task_and_zeros_alone() -> None:
    agree = torch.tensor([[1.0, 2.0], [2.0, 1.0]])
    assert torch.equal(mt.pcgrad(agree), agree.sum(dim=0))
    assert torch.equal(mt.pcgrad(agree[:1]), agree[0])
    assert torch.equal(mt.pcgrad(torch.stack([agree[0], torch.zeros(2)])), agree[0])


def test_the_surgery_loss_has_the_plain_value_and_the_projected_gradient() -> None:
    classes = {"one": 3, "two": 3}
    data = some_tasks(classes=classes)
    model = mt.HardSharing(6, 2, classes)
    columns = torch.stack(list(data.labels.values()), dim=1)
    gradients = mt.task_gradients(model, data.pictures, data.labels)
    value = mt.surgery_loss(model, data.pictures, columns)
    assert torch.allclose(value, both(model, data)[0])
    value.backward()
    mine = torch.cat([p.grad.flatten() for p in model.trunk.parameters()])
    rows = torch.stack([mt.in_one_row(gradient) for gradient in gradients.values()])
    assert rows[0] @ rows[1] < 0, "choose another seed: nothing is operated on"
    assert torch.allclose(mine, mt.pcgrad(rows), atol=1e-6)
    both_heads = torch.autograd.grad(both(model, data)[0], list(model.heads.parameters()))
    for mine, plain in zip(model.heads.parameters(), both_heads, strict=True):
        assert torch.allclose(mine.grad, plain)  # heads are not operated on


# ── Weights that are learnt ───────────────────────────────────────────────────────────────────────


def test_uncertainty_by_hand() -> None:
    losses, s = torch.tensor([2.0, 0.5]), torch.tensor([math.log(4), 0.0])
    # e^(−ln 4) · 2 + (ln 4) / 2 = 0.5 + 0.693;  1 · 0.5 + 0 = 0.5
    assert mt.uncertainty_loss(losses, s).item() == pytest.approx(1 + math.log(2))
    sigma = (s / 2).exp()
    other = (losses / sigma**2 + sigma.log()).sum()  # as the paper writes it, equation 10
    assert mt.uncertainty_loss(losses, s).item() == pytest.approx(other.item())


def test_the_best_log_variance_is_ln_of_twice_the_loss_and_may_make_the_sum_negative() -> None:
    losses = torch.tensor([2.0, 0.05], dtype=torch.float64)
    s = (2 * losses).log().requires_grad_()
    value = mt.uncertainty_loss(losses, s)
    value.backward()
    assert s.grad.abs().max() < 1e-12
    assert mt.uncertainty_loss(losses[1:], s[1:]).item() < 0
    larger = 100 * losses  # in other units the best weights undo them: a constant is added
    moved = mt.uncertainty_loss(larger, (2 * larger).log())
    assert moved.item() == pytest.approx(value.item() + math.log(100))


def test_log_variances_are_trained_with_the_model() -> None:
    data = some_tasks()
    model = mt.learn_log_variances(mt.build(mt.HardSharing, data, RECIPE))
    mt.train(model, data, RECIPE, mt.uncertain_loss({"base": 100.0}), rates={"log_variances": 5.0})
    assert (model.log_variances != 0).all()
    assert model.log_variances[0] > model.log_variances[1]


# ── Batches and training ──────────────────────────────────────────────────────────────────────────


def test_every_task_gets_its_own_known_examples_and_only_they_count() -> None:
    data = few_labels(some_tasks(), "case", 5)
    batches = mt.TaskBatches(data, batch_size=8)
    pictures, labels = batches[0]
    assert tuple(pictures.shape) == (13, 1, 16, 16) and tuple(labels.shape) == (13, 2)
    assert ((labels != UNKNOWN).sum(dim=1) == 1).all()
    assert (labels[:8, 0] != UNKNOWN).all() and (labels[8:, 1] != UNKNOWN).all()
    known = data.pictures[data.labels["case"] != UNKNOWN]
    for picture in pictures[8:]:
        assert (picture == known).flatten(1).all(dim=1).any()


def test_a_task_meets_the_same_examples_alone_and_beside_another() -> None:
    data = few_labels(some_tasks(), "case", 20)
    beside, alone = (mt.TaskBatches(d, 8, seed=3) for d in (data, data.only(["case"])))
    for step in (0, 1, 5):
        (pictures, labels), (own, own_labels) = beside[step], alone[step]
        assert torch.equal(pictures[8:], own) and torch.equal(labels[8:, 1], own_labels[:, 0])


def test_training_repeats_and_soft_sharing_draws_the_networks_together() -> None:
    data = some_tasks()
    first, second = (mt.train_variant(mt.HardSharing, data, RECIPE, seed=1) for _ in range(2))
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)
    long = replace(RECIPE, steps=60)
    far, near = (
        mt.train_variant(mt.SoftSharing, data, long, loss=mt.plain_loss(soft=soft))
        for soft in (0.0, 1.0)
    )
    assert mt.soft_penalty(near) < 0.5 * mt.soft_penalty(far)


def test_two_tasks_that_are_one_help_each_other() -> None:
    """The same label under two names, few of the first: together it is learnt, alone it is not."""
    torch.manual_seed(0)
    pictures = torch.randn(2000, 1, 16, 16)
    label = (pictures[:, 0, :8, :8].mean(dim=(1, 2)) > 0).long()
    names = {"few": ("0", "1"), "many": ("0", "1")}
    data = Tasks(pictures, {"few": label, "many": label}, names)
    learn = few_labels(data.select(torch.arange(1500)), "few", 20)
    unseen = data.select(torch.arange(1500, 2000))
    recipe = replace(mt.QUICK, steps=150, size=10_000)
    together = mt.train_variant(mt.HardSharing, learn, recipe)
    alone = mt.train_variant(mt.Alone, learn.only(["few"]), recipe)
    gain = mt.right(together, unseen)["few"] - mt.right(alone, unseen.only(["few"]))["few"]
    assert gain > 0.05


# ── Labels that cost nothing, scores ──────────────────────────────────────────────────────────────


def test_rotations_are_a_task_more_on_pictures_of_their_own() -> None:
    data = some_tasks(6)
    more = mt.with_rotations(data)
    assert len(more) == 12 and more.classes == {"base": 5, "case": 2, "rotation": 4}
    assert (more.labels["rotation"][:6] == UNKNOWN).all()
    assert (more.labels["base"][6:] == UNKNOWN).all()
    for picture, turned, turns in zip(
        data.pictures, more.pictures[6:], more.labels["rotation"][6:].tolist(), strict=True
    ):
        assert torch.equal(turned.rot90(-turns, (-2, -1)), picture)


def test_majority_and_copyist_count_known_labels_only() -> None:
    pictures = torch.zeros(4, 1, 16, 16)
    pictures[1], pictures[2], pictures[3] = 1.0, 2.0, 3.0
    names = {"case": ("small", "capital")}
    learn = Tasks(pictures, {"case": torch.tensor([0, 1, 1, UNKNOWN])}, names)
    unseen = Tasks(pictures[[0, 3]], {"case": torch.tensor([0, 1])}, names)
    assert mt.majority(learn, unseen, "case") == 0.5
    assert mt.nearest_picture(learn, unseen, "case") == 1.0  # the fourth has no label to copy


def test_a_probe_reads_what_the_features_hold_and_no_more() -> None:
    data = some_tasks(400)
    data.pictures[:, 0, 0, 0] = 20.0 * data.labels["case"]  # stands in the picture, in one place
    model = mt.HardSharing(64, 1, CLASSES)
    learn, unseen = data.select(torch.arange(300)), data.select(torch.arange(300, 400))
    assert mt.features(model, unseen.pictures).shape == (100, 64)
    assert mt.probe(model, learn, unseen, "case") > 0.9
    model.trunk[0][0].weight.data[:, 0] = 0.0  # the trunk no longer looks there
    assert mt.probe(model, few_labels(learn, "case", 100), unseen, "case") < 0.7


def test_a_mixed_batch_repeats_and_learns_all_tasks() -> None:
    data = few_labels(some_tasks(80), "case", 20)
    first, second = (mt.train_mixed(data, RECIPE, seed=2) for _ in range(2))
    assert all(map(torch.equal, first.parameters(), second.parameters()))
    assert mt.right(first, data.only(["base"])).keys() == {"base"}


def test_a_copyist_with_a_helper_goes_through_its_labels() -> None:
    pictures = torch.arange(5.0).view(5, 1, 1, 1).expand(-1, 1, 16, 16).clone()
    names = {"vowel": ("no", "yes"), "base": ("a", "b", "c")}
    vowel = torch.tensor([1, UNKNOWN, 0, UNKNOWN, UNKNOWN])
    learn = Tasks(pictures, {"vowel": vowel, "base": torch.tensor([0, 1, 1, 0, 2])}, names)
    unseen = Tasks(pictures, {"vowel": torch.tensor([1, 0, 0, 1, 0]), "base": vowel}, names)
    # picture 3 is an a, and a is a vowel; c has no label, so the nearest labelled picture decides
    assert mt.nearest_by_helper(learn, unseen, "vowel", "base") == 1.0
    assert mt.nearest_picture(learn, unseen, "vowel") < 1.0


def test_gains_are_taken_seed_by_seed() -> None:
    part = {"alone": {"a": [0.5, 0.75]}, "with": {"a": {"b": [0.75, 0.5]}}}
    assert mt.gains(part) == {"a": {"b": [0.25, -0.25]}}
    assert mt.mean_gain({"alone": [0.5, 0.7], "beside": [0.7, 0.7]}) == pytest.approx(0.1)


def test_letters_are_drawn_as_ink_with_their_labels() -> None:
    figure = mt.plot_letters(some_tasks(3))
    assert len(figure.axes) == 3
    drawn = figure.axes[0].images[0].get_array()
    assert drawn.min() == 0 and drawn.max() == 255


@pytest.fixture(scope="module")
def captioned() -> Splits:
    return with_captions(glyph_tasks())


def test_a_caption_names_what_a_picture_has(captioned: Splits) -> None:
    names = captioned.train.names
    for example in (0, 99):
        labels = {task: own[example] for task, own in captioned.train.labels.items()}
        said = " ".join(names[task][labels[task]] for task in SAID)
        assert names["caption"][labels["caption"]] == said


def test_a_caption_can_leave_a_word_out() -> None:
    silent = with_captions(glyph_tasks(), ("weight", "case")).test
    assert set(silent.names["caption"]) == {
        f"{weight} {case}" for weight in ("bold", "regular") for case in ("capital", "small")
    }


def test_bags_hold_every_word_of_a_caption_once() -> None:
    bags = mt.bags_of_words(["a b", "b b c"])
    assert bags.tolist() == [[1, 1, 0], [0, 1, 1]]


def test_captions_with_the_same_words_in_another_order_score_alike(captioned: Splits) -> None:
    captions = ["bold e", "e bold", "regular e"]
    model = mt.FindsCaption(8, 2, {"caption": 3}, captions)
    scores = model(captioned.test.pictures[:4])["caption"]
    assert scores.shape == (4, 3)
    assert torch.allclose(scores[:, 0], scores[:, 1])
    assert not torch.allclose(scores[:, 0], scores[:, 2])
    assert scores.abs().max() <= mt.SHARPNESS + 1e-4


def test_answers_put_together_are_the_caption_of_the_likeliest_parts(captioned: Splits) -> None:
    model = mt.build(mt.HardSharing, captioned.train.only(SAID), mt.QUICK)
    some = captioned.test.select(torch.arange(8))
    found = mt.caption_of_answers(model, some, SAID)
    total = 0
    for place, task in enumerate(SAID):
        chance = mt.scores_of(model, some.pictures, task).log_softmax(dim=1)
        named = [caption.split(" ", 4)[place] for caption in some.names["caption"]]
        total = total + torch.stack([chance[:, some.names[task].index(n)] for n in named], 1)
    assert torch.equal(found, total.argmax(dim=1))


def test_words_find_more_captions_than_numbers(captioned: Splits) -> None:
    few = few_labels(captioned.train, "caption", 200).only(["caption"])
    captions = few.names["caption"]
    words = mt.train_variant(mt.FindsCaption, few, mt.QUICK, captions=captions)
    numbers = mt.train_variant(mt.HardSharing, few, mt.QUICK)
    found = [mt.right(model, captioned.test)["caption"] for model in (words, numbers)]
    assert found[0] > found[1] + 0.08
