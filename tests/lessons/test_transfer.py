"""Lesson 13: pretrained towers, and what is put on top of them."""

import json
from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from torch import nn

from mmtutor import transfer
from mmtutor.datasets import towers
from mmtutor.datasets.shipped import shipped
from mmtutor.vit import VisionTransformer
from mmtutor.vit import from_transformers as vit_weights

TEXTS = ["black cat", "a word that nobody named", "umbrella with rain drops"]


def pictures(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, 32, 32), generator=generator, dtype=torch.uint8)


# ── The towers that are here ──────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def own():
    return transfer.own_towers()


def test_where_the_extra_is_missing_the_courses_own_towers_stand_in(monkeypatch):
    monkeypatch.setattr(towers, "installed", lambda: False)
    here = transfer.load_towers()
    assert here.about == towers.MISSING
    assert here.text_features(TEXTS).shape == here.picture_features(pictures(3)).shape == (3, 96)


def test_the_pretrained_towers_come_first(monkeypatch):
    monkeypatch.setattr(towers, "installed", lambda: True)
    here = transfer.load_towers()
    assert here.text_features is towers.text_features and "MiniLM" in here.about


def test_own_features_need_no_gradient_and_differ(own):
    for features in (own.text_features(TEXTS), own.picture_features(pictures(3))):
        assert not features.requires_grad and features.isfinite().all()
        assert not torch.allclose(features[0], features[1])


def test_own_towers_read_many_as_they_read_one(own):
    many = own.picture_features(pictures(300))
    torch.testing.assert_close(many[299:], own.picture_features(pictures(300)[299:]))


def test_ink_is_dark():
    paper = torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)
    paper[0, :, 0, 0] = torch.tensor([0, 0, 255], dtype=torch.uint8)  # a blue dot
    assert transfer.ink(paper)[0, 0].tolist() == [[pytest.approx(2 / 3), 0], [0, 0]]


# ── Our own blocks with a BERT's weights ──────────────────────────────────────────────────────────


def small_bert(**changes):
    """A BERT with random weights, in float64; its norms and biases are random, too."""
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3}
    config = BertConfig(
        vocab_size=20, intermediate_size=18, max_position_embeddings=9, **{**sizes, **changes}
    )
    torch.manual_seed(0)
    bert = BertModel(config).double().eval()
    with torch.no_grad():
        for parameter in bert.parameters():
            parameter.copy_(0.3 * torch.randn_like(parameter))
    return bert


def carried(bert) -> transfer.TextEncoder:
    model = transfer.bert_shaped(bert.config).to(next(bert.parameters()).dtype)
    model.load_state_dict(transfer.from_transformers(bert.state_dict()))
    return model


TOKENS = torch.tensor([[3, 7, 1, 4, 0, 0], [5, 2, 9, 9, 8, 6], [1, 0, 0, 0, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1], [1, 0, 0, 0, 0, 0]])


@pytest.mark.parametrize("heads", [1, 3])
def test_our_blocks_carry_a_berts_weights(heads):
    bert = small_bert(num_attention_heads=heads)
    theirs = bert(input_ids=TOKENS, attention_mask=MASK).last_hidden_state
    ours = carried(bert)(TOKENS, MASK)
    own = MASK.bool()
    torch.testing.assert_close(ours[own], theirs[own], rtol=1e-10, atol=1e-10)


def test_they_learn_alike():
    bert = small_bert()
    model, weights = carried(bert), torch.linspace(-1, 1, 12, dtype=torch.float64)
    theirs = bert(input_ids=TOKENS, attention_mask=MASK).last_hidden_state
    for vectors in (model(TOKENS, MASK), theirs):
        (transfer.masked_mean(vectors, MASK) * weights).sum().backward()
    norm = bert.encoder.layer[0].attention.output.LayerNorm
    torch.testing.assert_close(model.blocks[0].attention_norm.weight.grad, norm.weight.grad)
    words = bert.embeddings.word_embeddings.weight.grad
    torch.testing.assert_close(model.embedding.weight.grad, words)


@pytest.mark.skipif(not towers.installed(), reason="the towers are not installed")
def test_our_blocks_are_minilm():
    tokenizer, bert = towers.load_text_tower()
    tokens = tokenizer(TEXTS, padding=True, return_tensors="pt")
    given, bert = (tokens["input_ids"], tokens["attention_mask"]), bert.double()
    with torch.inference_mode():
        ours = transfer.masked_mean(carried(bert)(*given), given[1])
        theirs = transfer.masked_mean(bert(*given).last_hidden_state, given[1])
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


def test_lesson_04s_blocks_carry_a_vit():
    from transformers import ViTConfig, ViTModel

    config = ViTConfig(
        hidden_size=12,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=48,
        image_size=8,
        patch_size=4,
        layer_norm_eps=1e-5,
    )
    torch.manual_seed(0)
    vit = ViTModel(config, add_pooling_layer=False).double().eval()
    ours = VisionTransformer(8, 4, 3, 12, 2, 3).double()
    ours.load_state_dict(vit_weights(vit.state_dict()))
    seen = torch.rand(2, 3, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(ours(seen), vit(seen).last_hidden_state, rtol=1e-10, atol=1e-10)


def test_padding_changes_no_text():
    model = carried(small_bert())
    alone = model(TOKENS[:1, :4], MASK[:1, :4])
    torch.testing.assert_close(model(TOKENS, MASK)[:1, :4], alone)


# ── A probe ───────────────────────────────────────────────────────────────────────────────────────


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("examples", "features"), [(30, 5), (6, 20), (7, 7)])
@pytest.mark.parametrize("strength", [0.1, 30.0])
def test_ridge_is_scikit_learns(examples, features, strength):
    from sklearn.linear_model import Ridge

    x, y = normal(examples, features) + 3, normal(examples, 4, seed=1) - 2
    weight, bias = transfer.ridge(x, y, strength)
    theirs = Ridge(alpha=strength).fit(x.numpy(), y.numpy())
    torch.testing.assert_close(weight, torch.from_numpy(theirs.coef_.T), rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(bias, torch.from_numpy(theirs.intercept_), rtol=1e-8, atol=1e-10)


# ── A frozen tower ────────────────────────────────────────────────────────────────────────────────


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))


def state(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


def test_without_gradients_the_statistics_move_all_the_same():
    module = network().requires_grad_(False)
    before = state(module)
    module.train()(torch.randn(8, 3))
    buffers = ["1.running_mean", "1.running_var", "1.num_batches_tracked"]
    assert sorted(transfer.moved(before, module)) == sorted(buffers)


def test_a_frozen_network_stays_as_it_is_whatever_is_called():
    module, given = transfer.freeze(network()), torch.randn(8, 3)
    around, before = nn.Sequential(module, nn.Linear(2, 1)), state(module)
    assert around.train().training and not any(part.training for part in module.modules())
    first = module(given)
    around.train()(given).sum().backward()
    assert torch.equal(module(given), first)
    assert transfer.moved(before, module) == [] and transfer.trained(around) == 3
    assert transfer.moved(before, network().apply(lambda p: p)) == []  # the same seed, the same


def test_a_copy_of_a_frozen_network_is_frozen_for_itself():
    module = transfer.freeze(network())
    copy = deepcopy(module)
    assert not any(part.training for part in copy.train().modules())
    assert not any(
        one is other for one, other in zip(copy.modules(), module.modules(), strict=True)
    )


# ── A few numbers more ────────────────────────────────────────────────────────────────────────────


def lora_pair(rank: int = 2, alpha: float = 6.0) -> transfer.LoRALinear:
    layer = transfer.LoRALinear(nn.Linear(5, 3), rank, alpha)
    with torch.no_grad():
        layer.b.copy_(torch.randn(3, rank))
    return layer


def test_lora_changes_nothing_at_first_and_learns_two_matrices():
    linear = nn.Linear(5, 3)
    layer, given = transfer.LoRALinear(linear, 2, 4.0), torch.randn(7, 5)
    assert torch.equal(layer(given), linear(given))
    assert transfer.trained(layer) == 2 * (5 + 3)


def test_lora_merged_says_the_same_and_leaves_the_layer_alone():
    layer, given = lora_pair(), torch.randn(7, 5)
    weight = layer.linear.weight.clone()
    for _ in range(2):  # merging twice adds the change once
        torch.testing.assert_close(layer.merged()(given), layer(given))
    assert torch.equal(layer.linear.weight, weight)


@pytest.mark.parametrize(("rank", "alpha"), [(1, 1.0), (2, 6.0), (4, 2.0)])
def test_lora_is_pefts(rank, alpha):
    peft = pytest.importorskip("peft")
    bert = small_bert()
    ours = transfer.add_lora(deepcopy(bert), rank, alpha).double()
    config = peft.LoraConfig(r=rank, lora_alpha=alpha, target_modules=["query", "value"])
    theirs = peft.get_peft_model(deepcopy(bert), config).double().eval()
    layers = [part for part in theirs.modules() if isinstance(part, peft.tuners.lora.Linear)]
    own = [part for part in ours.modules() if isinstance(part, transfer.LoRALinear)]
    assert len(own) == len(layers) == 4
    with torch.no_grad():
        for place, (one, other) in enumerate(zip(own, layers, strict=True)):
            one.b.copy_(normal(*one.b.shape, seed=place))
            other.lora_A["default"].weight.copy_(one.a)
            other.lora_B["default"].weight.copy_(one.b)
    said = [model(TOKENS, MASK).last_hidden_state for model in (ours, theirs)]
    torch.testing.assert_close(*said, rtol=1e-10, atol=1e-10)
    for vectors in said:
        vectors.sum().backward()
    for one, other in zip(own, layers, strict=True):
        torch.testing.assert_close(one.a.grad, other.lora_A["default"].weight.grad)
        torch.testing.assert_close(one.b.grad, other.lora_B["default"].weight.grad)


def test_a_name_that_no_layer_has_is_a_sentence():
    with pytest.raises(ValueError, match="no linear layer called quarry"):
        transfer.add_lora(small_bert(), 2, 2.0, ["quarry"])


def test_adapters_change_nothing_at_first():
    bert = small_bert()
    changed = transfer.add_adapters(transfer.freeze(deepcopy(bert)), 4).double()
    said = (model(TOKENS, MASK).last_hidden_state for model in (bert, changed))
    torch.testing.assert_close(*said)
    assert transfer.trained(changed) == 4 * (12 * 4 + 4 + 4 * 12 + 12)  # two in each of two blocks


def test_words_keep_their_places_behind_a_prompt():
    """A prompt that nobody looks at changes nothing; one that is looked at does."""
    bert = small_bert()
    prompted = transfer.Prompted(bert, 3).double()
    plain = bert(TOKENS, MASK).last_hidden_state
    assert prompted(TOKENS, MASK).last_hidden_state.shape == plain.shape
    longer = torch.cat([torch.zeros_like(MASK[:, :3]), MASK], dim=1)
    words = bert.embeddings.word_embeddings(TOKENS)
    hidden = bert(
        inputs_embeds=torch.cat([prompted.prompt.expand(3, -1, -1), words], dim=1),
        attention_mask=longer,
        position_ids=torch.tensor([[0, 0, 0, 0, 1, 2, 3, 4, 5]]),
    )
    torch.testing.assert_close(hidden.last_hidden_state[:, 3:][MASK.bool()], plain[MASK.bool()])
    assert not torch.allclose(prompted(TOKENS, MASK).last_hidden_state, plain)


# ── A classifier on top ───────────────────────────────────────────────────────────────────────────

WAYS = {"probe": 0, "last block": None, "all": None, "LoRA 2": 2 * 2 * 2 * 24, "prompt": 5 * 12}


@pytest.mark.parametrize("way", [*WAYS, "adapter"])
def test_only_what_a_way_names_learns(way):
    bert = small_bert().float()
    model = transfer.TextClassifier(transfer.adapted(bert, way), 3, width=12)
    before = state(model)
    if (wanted := WAYS.get(way)) is not None:
        assert transfer.trained(model) == wanted + 3 * 13
    labels = torch.tensor([0, 1, 2])
    recipe = replace(transfer.QUICK, steps=2, batch_size=3)
    transfer.train(model, TOKENS, MASK, labels, recipe=recipe)
    learning = {name for name, part in model.named_parameters() if part.requires_grad}
    assert set(transfer.moved(before, model)) <= learning
    assert any(name.startswith("head") for name in transfer.moved(before, model))
    assert torch.equal(next(bert.parameters()), next(small_bert().float().parameters()))


def test_an_unknown_way_is_a_sentence():
    with pytest.raises(ValueError, match="no way 'by prayer'"):
        transfer.adapted(small_bert(), "by prayer")


def test_padding_plays_no_part_in_a_class():
    model = transfer.TextClassifier(small_bert().float(), 3, width=12).eval()
    nn.init.normal_(model.head.weight)
    together = model(TOKENS, MASK)
    alone = model(TOKENS[:1, :4], MASK[:1, :4])
    torch.testing.assert_close(together[:1], alone, rtol=1e-4, atol=1e-5)


# ── Both at once, and two layers compared ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("fusion", ["concatenation", "attention", "late sum"])
def test_every_fusion_hears_both_sides(fusion):
    torch.manual_seed(0)
    model = transfer.Joint((6, 4), 3, fusion, width=8)
    pictures, texts = torch.randn(5, 6, requires_grad=True), torch.randn(5, 4, requires_grad=True)
    scores = model(pictures, texts)
    assert scores.shape == (5, 3)
    scores[:, 0].sum().backward()
    assert (pictures.grad.abs().sum(dim=1) > 0).all() and (texts.grad.abs().sum(dim=1) > 0).all()


def test_a_late_sum_is_two_classifiers():
    model = transfer.Joint((6, 4), 3, "late sum")
    pictures, texts = torch.randn(5, 6), torch.randn(5, 4)
    alone = model(pictures, torch.zeros(5, 4)) + model(torch.zeros(5, 6), texts)
    twice = model(torch.zeros(5, 6), torch.zeros(5, 4))
    torch.testing.assert_close(model(pictures, texts), alone - twice)


def test_an_unknown_fusion_is_a_sentence():
    with pytest.raises(ValueError, match="no fusion 'glue'"):
        transfer.Joint((6, 4), 3, "glue")


def test_cka_of_turned_scaled_and_moved_features_is_one():
    x = normal(40, 6)
    turn = torch.linalg.qr(normal(6, 6, seed=1))[0]
    assert transfer.cka(x, 3 * x @ turn + 5) == pytest.approx(1)
    assert transfer.cka(x, x * torch.tensor([9.0, 1, 1, 1, 1, 1])) < 0.99


def test_cka_is_symmetric_and_low_for_strangers():
    x, y = normal(2000, 6), normal(2000, 3, seed=1)
    assert transfer.cka(x, y) == pytest.approx(transfer.cka(y, x))
    assert transfer.cka(x, y) < 0.02


def test_the_table_has_a_row_for_every_way() -> None:
    """Made-up results: what the tower gives has three rows, what is trained one a way."""
    scores = {"ridge": [0.1, 0.2], "nearest": [0.3, 0.4], "groups": [[0.0]]}
    cheap = {"5": scores, "20": scores}
    rich = {n: {**scores, "logistic": [0.5, 0.6]} for n in cheap}
    results = {
        "probes": {
            "labels": [5, 20],
            "groups": ["a"],
            "picture, pixels": cheap,
            "English name, tower": rich,
            "both, towers": cheap,
            "both, cheap": cheap,
            "both, trained": {"attention": {"5": [0.7], "20": [0.8]}},
            "saved by the picture": [],
        },
        "fine-tuning": {
            "rows": {way: {n: {"accuracy": [0.9]} for n in cheap} for way in ("all", "scratch")}
        },
    }
    rows = transfer.table_rows(results)
    assert rows["picture"] == {"pixels": {"5": [0.1, 0.2], "20": [0.1, 0.2]}}
    names = ["tower, ridge", "tower, nearest", "tower, logistic", "all", "from scratch"]
    assert list(rows["English name"]) == names
    assert rows["English name"]["tower, logistic"]["20"] == [0.5, 0.6]
    assert rows["both"]["attention, trained"] == {"5": [0.7], "20": [0.8]}


def test_a_few_examples_give_probabilities_and_length_does_not_count() -> None:
    known = torch.tensor([[1.0, 0], [2, 0.1], [0, 5], [0.1, 1], [0, 1]])
    labels = torch.tensor([0, 0, 1, 1, 1])
    things = torch.tensor([[3.0, 0], [0, 0.2], [0, 20], [1, 1]])
    found = transfer.chances(known, labels, things)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(4))
    assert found[0, 0] > 0.9 and found[1, 1] > 0.9
    torch.testing.assert_close(found[1], found[2])
    assert 0.4 < found[3, 0] < 0.6  # three examples of a class weigh no more than two


# ── Things to sort, and features that cost nothing ────────────────────────────────────────────────


def test_without_emoji_drawn_characters_stand_in(monkeypatch):
    monkeypatch.setattr(transfer.groups, "installed", lambda: False)
    task = transfer.load_task()
    assert "pip install" in task.missing and not transfer.complete()
    assert task.groups == transfer.SCRIPTS and task.things.emoji.symbols[0] == "A"
    assert task.things.labels.unique().tolist() == list(range(8))
    assert task.things.emoji.english[0] == "capital letter a"
    assert task.things.emoji.pictures.float().mean() > 127  # ink on white paper, as emoji are


def test_a_split_keeps_what_is_labelled_out_of_the_test():
    things = transfer.drawn_characters()
    labelled, valid, test = transfer.split_of(things, 5, seed=1)
    assert things.labels[labelled].bincount().tolist() == [5] * 8
    families = [set(things.families[part].tolist()) for part in (labelled, valid, test)]
    assert not families[0] & families[1] and not (families[0] | families[1]) & families[2]


def test_a_bag_counts_words_or_characters():
    assert transfer.bag(["Red red cat", "cat"]).tolist() == [[1, 2], [1, 0]]
    assert transfer.bag(["aab"], characters=True).tolist() == [[2, 1]]


def test_a_random_convolution_sees_no_even_colour_and_is_the_same_each_time():
    grey, some = torch.full((1, 3, 16, 16), 90, dtype=torch.uint8), pictures(2)
    assert transfer.one_convolution(grey).abs().max() < 1e-4
    first = transfer.one_convolution(some, count=8)
    assert first.shape == (2, 32) and torch.equal(first, transfer.one_convolution(some, count=8))


# ── A probe that validation chooses ───────────────────────────────────────────────────────────────


def clouds(apart):
    """Return 60 points in three clouds, their labels, and a split in thirds."""
    labels = torch.arange(60) % 3
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(60, 4, generator=generator)
    x[:, :3] += apart * torch.eye(3)[labels]
    return x, labels, tuple(torch.arange(60).split(20))


def test_a_probe_and_a_neighbour_tell_clouds_apart_and_know_nothing_of_noise():
    assert transfer.probed(*clouds(apart=9)) == transfer.nearest(*clouds(apart=9)) == 1
    assert transfer.probed(*clouds(apart=0)) < 0.7 and transfer.nearest(*clouds(apart=0)) < 0.7


def test_validation_chooses_the_strength_and_the_test_does_not():
    x, labels, split = clouds(apart=2)
    shuffled = labels.clone()
    shuffled[split[2]] = labels[split[2]].flip(0)
    assert transfer.probe(x, labels, split)[1] == transfer.probe(x, shuffled, split)[1]


def test_side_by_side_no_side_is_louder():
    x, labels, split = clouds(apart=9)
    both = transfer.side_by_side(x, 1000 * x, labelled=split[0])
    torch.testing.assert_close(both[:, :4], both[:, 4:], atol=1e-4, rtol=1e-4)
    assert transfer.probed(both, labels, split, scaled=True) == 1


# ── Where the evidence is ─────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(not towers.installed(), reason="the towers are not installed")
def test_a_score_is_the_mean_of_what_places_say_and_a_bias():
    maps, scores = transfer.evidence(pictures(2))
    layer = towers.last_layer(towers.load_picture_tower())
    total = maps.mean(dim=(1, 2)) + layer.bias[scores.argmax(dim=1)]
    torch.testing.assert_close(total, scores.max(dim=1).values, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(scores, towers.picture_scores(pictures(2)), atol=1e-3, rtol=1e-3)


# ── What the notebook asks for ────────────────────────────────────────────────────────────────────


def test_two_sides_together_know_what_each_knows_a_half_of():
    labels = torch.arange(80) % 4
    halves = torch.stack([labels // 2, labels % 2], dim=1).float()
    sides = (halves[:, :1].repeat(1, 3), halves[:, 1:].repeat(1, 5))
    split = (torch.arange(40), torch.arange(40, 60), torch.arange(60, 80))
    for fusion in ("concatenation", "attention", "late sum"):
        assert transfer.joint(fusion, sides, labels, split, seed=0) > 0.9
    blind = (torch.zeros_like(sides[0]), sides[1])
    assert transfer.joint("concatenation", blind, labels, split, seed=0) <= 0.5


def test_the_rows_of_probes_train_no_tower():
    rows = transfer.probe_rows(json.loads(shipped("results/transfer.json").read_text("utf-8")))
    assert set(rows) == {"picture", "English name"}
    assert "bag of words" in rows["English name"] and "one random convolution" in rows["picture"]
    assert not {"LoRA 4", "all", "from scratch"} & set(rows["English name"])


def test_layers_have_a_line_each_and_a_number_a_layer():
    results = json.loads(shipped("results/transfer.json").read_text("utf-8"))
    lines = transfer.layer_lines(results, "name", ["group"])
    assert list(lines) == ["group, trained", "group, untrained"]
    assert [len(line) for line in lines.values()] == [7, 7]
    first = [row[0] for row in results["layers"]["name, group, trained"]]
    assert lines["group, trained"][0] == pytest.approx(100 * sum(first) / len(first))


def test_a_tuned_copy_learns_and_the_tower_stays():
    bert = small_bert().float()
    before = deepcopy(bert.state_dict())
    tokens = torch.randint(0, 20, (24, 5), generator=torch.Generator().manual_seed(0))
    labels = torch.arange(24) % 2
    tokens[:, 1] = labels  # the second token says it
    split = (torch.arange(16), torch.arange(0), torch.arange(16, 24))
    examples, recipe = (tokens, torch.ones_like(tokens), labels), replace(transfer.QUICK, steps=150)
    learnt, share = transfer.tuned("all", bert, 1.0, examples, split, recipe)
    assert learnt > sum(part.numel() for part in bert.parameters())  # and a head
    assert share == 1 and not transfer.moved(before, bert)


@pytest.mark.skipif(not towers.installed(), reason="the towers are not installed")
def test_what_a_tower_sees_is_its_features():
    found = transfer.seen(towers.load_picture_tower(), pictures(2))
    torch.testing.assert_close(found, towers.picture_features(pictures(2)), atol=1e-4, rtol=1e-4)
