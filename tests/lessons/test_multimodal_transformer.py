"""Lesson 08's encoder equals PyTorch's on the same row; what is hidden has no say; the scores."""

import json
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from mmtutor import multimodal_transformer as mt
from mmtutor.attention import record_attention
from mmtutor.datasets.moods import LONGEST, WORDS, draw_face, limits, make_moods, rule, say
from mmtutor.datasets.shipped import shipped
from mmtutor.metrics import accuracy
from mmtutor.multimodal_transformer import (
    PIPELINES,
    QUICK,
    SUBSETS,
    BottleneckTransformer,
    Inputs,
    LateDecisions,
    LateFusion,
    LatentTransformer,
    MultimodalEmbedding,
    MultimodalTransformer,
    NoAttention,
    PooledTransformer,
    Sizes,
    TwoStreams,
)
from mmtutor.pipelines import FIRST, require_prepared
from mmtutor.training import checkpoints, predict, seed_everything
from tests.lessons.twins import torch_block

SIZES = Sizes(vocabulary=11, words=5, channels=1, side=8, patch=2, frames=3, bands=6)
VARIANTS = (
    MultimodalTransformer,
    TwoStreams,
    LateFusion,
    LateDecisions,
    NoAttention,
    PooledTransformer,
    BottleneckTransformer,
    LatentTransformer,
)
each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.__name__)
has = st.booleans()


def inputs(count: int = 4, seed: int = 0) -> Inputs:
    """Random examples in float64: sentences of 1 to 5 words, and every modality there."""
    generator = torch.Generator().manual_seed(seed)
    words = torch.randint(1, 11, (count, 5), generator=generator)
    lengths = torch.randint(1, 6, (count, 1), generator=generator)
    return Inputs(
        words * (torch.arange(5) < lengths),
        torch.randn(count, 1, 8, 8, generator=generator, dtype=torch.float64),
        torch.randn(count, 3, 6, generator=generator, dtype=torch.float64),
        torch.ones(count, 3, dtype=torch.bool),
    )


def made(variant: type[nn.Module], classes: int = 2) -> nn.Module:
    torch.manual_seed(0)
    return variant(8, classes, SIZES).double().eval()


def torch_encoder(ours: MultimodalTransformer) -> nn.TransformerEncoder:
    """PyTorch's encoder with the weights of our blocks."""
    layer = torch_block(ours.blocks[0])
    theirs = nn.TransformerEncoder(layer, len(ours.blocks), enable_nested_tensor=False)
    theirs.layers = nn.ModuleList(torch_block(block) for block in ours.blocks)
    return theirs.double()


# ---------------------------------------------------------------------------- one sequence


@settings(max_examples=20, deadline=None)
@given(there=st.lists(st.tuples(has, has, has), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_the_encoder_equals_pytorchs_on_the_same_row(there, seed):
    model = made(MultimodalTransformer)
    x = inputs(len(there), seed)._replace(there=torch.tensor(there))
    tokens, mask = model.embedding(*x)
    theirs = torch_encoder(model)(tokens, src_key_padding_mask=~mask)  # their True means: hidden
    torch.testing.assert_close(model.encode(*x), theirs, atol=1e-10, rtol=1e-10)


def test_gradients_equal_pytorchs_too():
    model, x = made(MultimodalTransformer), inputs()
    theirs = torch_encoder(model)
    tokens, mask = model.embedding(*x)
    tokens = tokens.detach().requires_grad_()
    ours = mt.run(model.blocks, tokens, mask)[:, 0].square().sum()
    other = theirs(tokens, src_key_padding_mask=~mask)[:, 0].square().sum()
    mine, found = (torch.autograd.grad(loss, tokens)[0] for loss in (ours, other))
    torch.testing.assert_close(mine, found, atol=1e-10, rtol=1e-10)


def test_kinds_and_positions_follow_the_lengths():
    assert mt.kinds((2, 1, 3)).tolist() == [0, 0, 1, 2, 2, 2]
    assert mt.restarting((2, 1, 3)).tolist() == [0, 1, 0, 0, 1, 2]
    assert SIZES.lengths == (5, 16, 3)


def test_the_class_token_stands_in_front_and_the_modalities_follow():
    parts = [torch.full((2, n, 4), float(n)) for n in (1, 3, 2)]
    row = mt.one_sequence(torch.zeros(4), parts)
    assert row[1, :, 0].tolist() == [0, 1, 3, 3, 3, 2, 2]


def test_visible_is_what_is_there_and_no_padding():
    real = [torch.tensor([[True, False]]), torch.tensor([[True]]), torch.tensor([[True, True]])]
    seen = mt.visible(torch.tensor([[True, False, True]]), real)
    assert seen.tolist() == [[True, True, False, False, True, True]]
    nothing = mt.visible(torch.zeros(1, 3, dtype=torch.bool), real)
    assert nothing.tolist() == [[True] + 5 * [False]]


def test_without_embeddings_an_exchange_of_modalities_changes_nothing():
    blocks = mt.encoder_blocks(8).double()
    first = torch.randn(8, dtype=torch.float64)
    parts = [torch.randn(2, n, 8, dtype=torch.float64) for n in (5, 16, 3)]
    marks = torch.randn(3, 1, 8, dtype=torch.float64)

    def class_token(parts):
        row = mt.one_sequence(first, parts)
        return mt.run(blocks, row, torch.ones(row.shape[:2], dtype=torch.bool))[:, 0]

    exchanged = [parts[2], parts[0], parts[1]]
    torch.testing.assert_close(class_token(parts), class_token(exchanged))
    marked = [part + mark for part, mark in zip(parts, marks, strict=True)]
    moved = [part + mark for part, mark in zip(exchanged, marks, strict=True)]
    assert (class_token(marked) - class_token(moved)).abs().max() > 1e-3


def test_an_address_is_a_position_and_a_modality():
    embedding = MultimodalEmbedding(8, SIZES).double().eval()
    x = inputs()
    found = torch.cat(embedding.parts(*x[:3]), dim=1)
    with torch.no_grad():
        embedding.position.weight.zero_()
        embedding.modality.weight.zero_()
    content = torch.cat(embedding.parts(*x[:3]), dim=1)
    address = (found - content)[0]
    torch.testing.assert_close(address[0] - address[5], address[1] - address[6])  # words, patches
    assert (address[0] - address[5]).abs().max() > 1e-3


@pytest.mark.parametrize(("marked", "restart", "tables"), [(False, True, 16), (True, False, 24)])
def test_an_embedding_may_lack_the_modality_or_restart_nowhere(marked, restart, tables):
    embedding = MultimodalEmbedding(8, SIZES, marked, restart).double().eval()
    assert len(embedding.position.weight) == tables
    assert (embedding.modality is not None) == marked
    tokens, mask = embedding(*inputs())
    assert tokens.shape == (4, 25, 8) and mask.shape == (4, 25)


# ---------------------------------------------------------------------------- every variant


@each_variant
def test_what_is_hidden_has_no_say(variant):
    model, x, y = made(variant), inputs(seed=1), inputs(seed=2)
    for hidden in range(3):
        seen = mt.covered(x, hidden)
        other = mt.swapped(seen, torch.arange(4), hidden)
        changed = [y[i] if i == hidden else t for i, t in enumerate(other)]
        torch.testing.assert_close(model(*seen), model(*changed))
        if variant is not NoAttention or hidden:  # of one word it sees which, too
            assert (model(*x) - model(*seen)).abs().max() > 1e-6


@each_variant
def test_padding_has_no_say_and_nothing_at_all_is_no_error(variant):
    model, x = made(variant), inputs()
    before = model(*x)
    with torch.no_grad():
        model.embedding.words.weight[0] += 3
    torch.testing.assert_close(model(*x), before)
    nothing = x._replace(there=torch.zeros(4, 3, dtype=torch.bool))
    assert model(*nothing).isfinite().all()


@each_variant
def test_every_weight_learns(variant):
    model = made(variant, classes=3).train()
    model(*inputs(8)).square().sum().backward()
    assert not [n for n, p in model.named_parameters() if p.grad is None and "class_token" not in n]


@each_variant
def test_variants_are_equally_large(variant):
    sizes = Sizes(70, 8, 1, 24, 4, 7, 24)
    model = mt.build(variant, QUICK, sizes)
    count = sum(p.numel() for p in model.parameters())
    assert abs(count / QUICK.size - 1) < 0.15  # widths go in steps of HEADS


def test_scores_of_late_decisions_are_a_sum():
    model, x = made(LateDecisions), inputs()
    full, without = model(*x), [model(*mt.covered(x, i)) for i in range(3)]
    nothing = model(*mt.only(x, []))
    torch.testing.assert_close(2 * full + nothing, sum(without))


def test_pooling_averages_squares():
    patches = torch.arange(16.0).view(1, 16, 1)
    assert mt.pool_squares(patches).flatten().tolist() == [2.5, 4.5, 10.5, 12.5]


def test_the_second_block_of_the_pooled_sees_a_quarter_of_the_patches():
    model = made(PooledTransformer)
    with record_attention(model) as maps:
        model(*inputs())
    assert [m[0].shape[-1] for m in maps.values()] == [25, 13]


def test_modalities_tell_each_other_only_through_the_bottleneck():
    model = made(BottleneckTransformer)
    with record_attention(model) as maps:
        model(*inputs())
    first = next(iter(maps.values()))
    assert [m.shape[-1] for m in first] == [4 + n for n in SIZES.lengths]


def test_latents_read_once():
    model = made(LatentTransformer)
    with record_attention(model) as maps:
        model(*inputs())
    shapes = [tuple(m[0].shape[-2:]) for m in maps.values()]
    assert sorted(shapes) == [(8, 8), (8, 8), (8, 25)]


# ---------------------------------------------------------------------------- missing modalities


@settings(max_examples=20, deadline=None)
@given(chance=st.floats(0, 1), seed=st.integers(0, 99))
def test_dropout_hides_what_is_there_and_never_everything(chance, seed):
    torch.manual_seed(seed)
    there = torch.rand(50, 3) < 0.7
    kept = mt.modality_dropout(there, chance)
    assert not (kept & ~there).any()
    assert torch.equal(kept.any(dim=1), there.any(dim=1))


def test_dropout_at_its_ends_and_in_between():
    there = torch.ones(20_000, 3, dtype=torch.bool)
    assert mt.modality_dropout(there, 0.0).all()
    assert mt.modality_dropout(there, 1.0).all()  # who would lose all keeps all
    torch.manual_seed(0)
    hidden = (~mt.modality_dropout(there, 0.2)).float().mean()
    assert hidden == pytest.approx(0.2 - 0.2**3, abs=0.01)


def test_subsets_are_seven():
    assert len(set(SUBSETS)) == 7
    assert mt.subset_name((0, 2)) == "words + voice"
    assert mt.only(inputs(), (1,)).there.tolist() == 4 * [[False, True, False]]


def test_votes_and_sums_by_hand():
    alone = torch.tensor([[[0.9, 0.1]], [[0.4, 0.6]], [[0.4, 0.6]]]).log()
    assert mt.vote(alone).tolist() == [1]
    assert mt.summed(alone).tolist() == [0]


# ---------------------------------------------------------------------------- scores and looks


def test_recalls_and_macro_f1_see_a_class_that_is_never_said():
    labels = torch.tensor([2] * 9 + [0])
    found = mt.scores(torch.full((10,), 2), labels)
    assert found["accuracy"] == 0.9
    assert found["lowest recall"] == 0.0
    assert found["macro F1"] == pytest.approx(0.5 * 2 * 0.9 / 1.9)
    assert mt.recalls(torch.tensor([2] * 10), labels) == [0.0, 1.0]


def test_attention_is_added_up_by_modality_without_the_class_token():
    looks = torch.tensor([[0.4, 0.1, 0.1, 0.3, 0.1]])
    shares = mt.by_modality(looks, torch.tensor([0, 0, 1, 2]))
    torch.testing.assert_close(shares, torch.tensor([[0.2, 0.3, 0.1]]))


def test_a_lift_compares_a_modality_with_itself():
    shares = torch.tensor([[0.1, 0.8, 0.1], [0.3, 0.6, 0.1]])
    lifts = mt.lift(shares)
    torch.testing.assert_close(lifts.mean(dim=0), torch.ones(3))
    assert lifts.argmax(dim=1).tolist() == [1, 0]
    assert mt.decider_found(lifts, torch.tensor([1, 1])) == 0.5


# ---------------------------------------------------------------------------- interventions


@pytest.fixture(scope="module")
def moods():
    return make_moods(300, seed=5)


def test_irony_is_where_the_decider_stands_alone(moods):
    alone = mt.alone_against_both(moods)
    against = (mt.senses(moods) != moods.labels.unsqueeze(1)).sum(dim=1)
    assert torch.equal(alone, against == 2)
    assert 0.15 < alone.float().mean() < 0.35


@pytest.mark.parametrize("modality", range(3))
def test_a_donor_says_the_opposite_and_has_the_same_eyes(moods, modality):
    donor = mt.donors(moods, modality)
    said = mt.senses(moods)
    assert (said[donor, modality] != said[:, modality]).all()
    assert torch.equal(moods.eyes[donor], moods.eyes)
    new = said.clone()
    new[:, modality] = said[donor, modality]
    changed = rule(*new.T, moods.eyes) != moods.labels
    assert torch.equal(changed, moods.decider == modality)


def test_without_a_partner_there_is_no_donor(moods):
    with pytest.raises(ValueError, match="no partner"):
        mt.donors(moods[moods.words == 1], 0)


def test_a_swap_changes_one_modality():
    x, donor = inputs(), torch.tensor([1, 0, 3, 2])
    y = mt.swapped(x, donor, 2)
    assert torch.equal(y.voices, x.voices[donor]) and torch.equal(y.faces, x.faces)
    assert torch.equal(y.words, x.words) and torch.equal(y.there, x.there)


# ---------------------------------------------------------------------------- raw moods, trained


def test_moods_become_tensors_of_unit_size(moods):
    x = mt.prepare(moods)
    assert mt.sizes_of(x).lengths == (LONGEST, 9, 7)
    assert mt.sizes_of(x).vocabulary == len(WORDS) + FIRST
    for numbers in (x.faces, x.voices):
        assert abs(numbers.mean()) < 0.5 and 0.7 < numbers.std() < 1.3


def test_an_example_is_shown_as_the_model_reads_it(moods):
    row = mt.as_row(moods, 0)
    assert len(row.words) == LONGEST and " ".join(row.words).split() == moods.texts[0].split()
    assert torch.equal(row.mel, mt.prepare(moods).voices[0])
    assert ("decide, " in row.title) == (moods.decider[0] == 0)
    caption = mt.captions(moods)[0]
    tone = ("negative", "positive")[moods.voice[0]]
    assert caption.endswith(f"{tone} tone")


def shipped_model() -> MultimodalTransformer:
    model = mt.build(MultimodalTransformer, QUICK, mt.sizes_of(mt.prepare(make_moods(2)))).eval()
    about = checkpoints.load(shipped("checkpoints/moods.safetensors"), model)
    require_prepared(about, **PIPELINES)
    return model


def test_the_shipped_model_reads_people_and_frames_it_never_saw():
    model, unseen = shipped_model(), make_moods(600, seed=77, test=True)
    x = mt.prepare(unseen)
    right = predict(model, *x).argmax(dim=1) == unseen.labels
    assert right.float().mean() >= 0.96
    assert right[mt.alone_against_both(unseen)].float().mean() >= 0.94
    found, best = mt.by_subset(model, x, unseen.labels), limits()
    assert all(found[mt.subset_name([i])] <= 0.74 for i in range(3))
    assert found["words + face"] >= 0.75 and best[frozenset({"words", "face"})] < 0.84
    for modality in range(3):
        swapped = mt.swapped(x, mt.donors(unseen, modality), modality)
        changed = mt.answers_changed(model, x, swapped)
        decides = unseen.decider == modality
        assert changed[decides].float().mean() >= 0.95
        assert changed[~decides].float().mean() <= 0.04


def test_the_judge_says_what_the_model_says():
    judge = mt.judge_of(shipped_model())
    face, wave = draw_face(eyes=0, mouth=0), say(0)
    said = judge("the film was lovely", face, wave, (True, True, True))
    assert said.positive > 0.5 and sum(said.shares) == pytest.approx(1) and said.unknown == ()
    covered = judge("the film was lovely", face, wave, (True, True, False))
    assert covered.shares[2] == 0
    assert judge("the zebra was lovely", face, wave, (True, True, True)).unknown == ("zebra",)
    assert judge("lovely", face, wave, (False, False, False)).shares == (0, 0, 0)
    for text in ("", "one two three four five six seven eight nine"):
        with pytest.raises(ValueError, match="1 to 8 words"):
            judge(text, face, wave, (True, True, True))


def test_results_hold_a_number_for_every_seed():
    results = json.loads(shipped("results/multimodal_transformer.json").read_text("utf-8"))
    assert {len(runs) for runs in results["one encoder"]["with dropout"].values()} == {5}
    assert min(results["one encoder"]["with dropout"]["accuracy"]) >= 0.96


def test_a_little_training_lowers_the_loss(moods):
    seed_everything(0)
    x = mt.prepare(moods)
    recipe = replace(QUICK, steps=30)
    model = mt.build(MultimodalTransformer, recipe, mt.sizes_of(x))
    history = mt.train(model, x, moods.words, replace(recipe, hidden=0.0))
    assert sum(history.losses[-5:]) < sum(history.losses[:5])
    assert accuracy(predict(model, *x).argmax(dim=1), moods.words) > 0.6
