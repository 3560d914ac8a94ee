"""Lesson 01's module equals the field's implementations, in float64, outputs and gradients."""

import math
from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from mmtutor.attention import (
    FEW,
    QUICK,
    AdditiveAttention,
    AttentionReverser,
    BilinearAttention,
    MultiHeadAttention,
    NoAttention,
    added_by,
    causal_mask,
    gradient_of_largest,
    look_after_transplant,
    maps_of,
    masked_softmax,
    new_reverser,
    padding_mask,
    record_attention,
    reversing_loss,
    scaled_dot_product_attention,
    scores_without,
    transplant,
    without_head,
    words_and_letters_right,
)
from mmtutor.datasets.words import ALPHABET, backwards, encode, random_words
from mmtutor.training import predict
from tests.lessons.twins import torch_attention

sizes = st.integers(1, 6)
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4, torch.bfloat16: 5e-2}


def random(*shape: int, seed: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(*shape, generator=generator, dtype=torch.float64)
    return values.to(dtype).requires_grad_()


def gradients(output: torch.Tensor, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    weights = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)
    return list(torch.autograd.grad((output * weights).sum(), inputs))


@settings(max_examples=60, deadline=None)
@given(
    leading=st.lists(st.integers(1, 3), max_size=3),
    queries=sizes,
    keys=sizes,
    width=sizes,
    value_width=sizes,
    share=st.sampled_from([None, 0.0, 0.4, 0.9, 1.0]),
    dtype=st.sampled_from(list(TOLERANCE)),
    seed=st.integers(0, 1000),
)
def test_equals_torch(leading, queries, keys, width, value_width, share, dtype, seed):
    query = random(*leading, queries, width, seed=seed, dtype=dtype)
    key = random(*leading, keys, width, seed=seed + 1, dtype=dtype)
    value = random(*leading, keys, value_width, seed=seed + 2, dtype=dtype)
    generator = torch.Generator().manual_seed(seed)
    mask = None if share is None else torch.rand(queries, keys, generator=generator) < share
    ours, weights = scaled_dot_product_attention(query, key, value, mask)
    theirs = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    close = {"atol": TOLERANCE[dtype], "rtol": TOLERANCE[dtype]}
    torch.testing.assert_close(ours, theirs, **close)
    assert weights.shape == (*leading, queries, keys)
    if dtype == torch.float64:
        inputs = [query, key, value]
        for a, b in zip(gradients(ours, inputs), gradients(theirs, inputs), strict=True):
            torch.testing.assert_close(a, b, **close)


def test_a_query_that_may_look_nowhere_gets_zeros():
    query, key, value = (random(2, 3, 4, seed=s) for s in range(3))
    mask = torch.tensor([[True, True, True], [False, False, False], [True, False, True]])
    output, weights = scaled_dot_product_attention(query, key, value, mask)
    assert torch.equal(output[:, 1], torch.zeros(2, 4, dtype=torch.float64))
    assert torch.equal(weights[:, 1], torch.zeros(2, 3, dtype=torch.float64))
    assert all(g.isfinite().all() for g in gradients(output, [query, key, value]))


def test_a_mask_of_numbers_is_refused_in_a_sentence():
    with pytest.raises(TypeError, match=r"must be boolean \(True = may look\)"):
        masked_softmax(torch.zeros(2, 2), torch.ones(2, 2))


@settings(max_examples=25, deadline=None)
@given(
    batch=st.integers(1, 3),
    queries=sizes,
    keys=sizes,
    heads=st.sampled_from([1, 2, 4]),
    part=st.integers(1, 3),
    masked=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_multi_head_equals_torch(batch, queries, keys, heads, part, masked, seed):
    torch.manual_seed(seed)
    width = heads * part
    ours = MultiHeadAttention(width, heads).double()
    theirs = torch_attention(ours)
    query = random(batch, queries, width, seed=seed)
    key, value = (random(batch, keys, width, seed=seed + i) for i in (1, 2))
    mask = torch.rand(queries, keys) < 0.7
    mask[:, 0] = True  # PyTorch's module has no rule for a query that may look nowhere
    mask = mask if masked else None
    with record_attention(ours) as maps:
        in_the_open = ours(query, key, value, mask)
    fused = ours(query, key, value, mask)
    hidden = None if mask is None else ~mask  # PyTorch's module alone means the opposite
    expected, weights = theirs(query, key, value, attn_mask=hidden, average_attn_weights=False)
    close = {"atol": 1e-9, "rtol": 1e-9}
    torch.testing.assert_close(fused, expected, **close)
    torch.testing.assert_close(in_the_open, expected, **close)
    torch.testing.assert_close(maps[""][0], weights.detach(), **close)
    inputs = [query, key, value]
    for a, b in zip(gradients(fused, inputs), gradients(expected, inputs), strict=True):
        torch.testing.assert_close(a, b, **close)


def test_multi_head_takes_any_leading_dimensions_and_a_mask_for_each_batch():
    attention = MultiHeadAttention(8, 2).double()
    x = random(2, 3, 5, 8, seed=0)
    lengths = torch.tensor([[5, 2, 1], [4, 3, 5]])
    mask = (torch.arange(5) < lengths.unsqueeze(-1)).unsqueeze(-2)
    together = attention(x, x, x, mask)
    for i in range(2):
        for j in range(3):
            alone = attention(x[i, j], x[i, j], x[i, j], mask[i, j])
            torch.testing.assert_close(together[i, j], alone)


@pytest.mark.parametrize("keys", [FEW, FEW + 1, 3 * FEW])
def test_few_keys_and_many_give_what_torch_gives(keys):
    attention = MultiHeadAttention(8, 2).double()
    query, key = random(2, 5, 8, seed=0), random(2, keys, 8, seed=1)
    mask = torch.rand(2, 1, keys, generator=torch.Generator().manual_seed(2)) < 0.7
    with record_attention(attention) as maps:
        recorded = attention(query, key, key, mask)
    assert maps[""][0].shape == (2, 2, 5, keys)
    torch.testing.assert_close(attention(query, key, key, mask), recorded)
    split = [attention.split(part) for part in attention.project(query, key, key)]
    theirs = F.scaled_dot_product_attention(*split, attn_mask=mask.unsqueeze(1))
    torch.testing.assert_close(attention.output_projection(attention.join(theirs)), recorded)


def test_one_product_for_all_three_projections_changes_nothing():
    attention = MultiHeadAttention(8, 2).double()
    x = random(2, 5, 8, seed=0)
    for joint, apart in zip(
        attention.project(x, x, x), attention.project(x, x.clone(), x), strict=True
    ):
        torch.testing.assert_close(joint, apart)


def test_numbers_for_a_mask_are_refused_in_both_paths():
    attention, x = MultiHeadAttention(8, 2), torch.randn(2, 3, 8)
    for path in (nullcontext(), record_attention(attention)):
        with path, pytest.raises(TypeError, match="must be boolean"):
            attention(x, x, x, torch.ones(3, 3))


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="3 heads cannot share a width of 8"):
        MultiHeadAttention(8, 3)


def test_additive_scores_equal_the_formula_in_loops():
    attention = AdditiveAttention(3, 4, 5).double()
    query, key, value = (
        random(2, n, w, seed=i) for i, (n, w) in enumerate([(2, 3), (6, 4), (6, 7)])
    )
    output, weights = attention(query, key, value)
    w, u, v = (
        p.weight for p in (attention.query_projection, attention.key_projection, attention.score)
    )
    for b in range(2):
        for q in range(2):
            scores = [v[0] @ torch.tanh(w @ query[b, q] + u @ key[b, k]) for k in range(6)]
            torch.testing.assert_close(weights[b, q], torch.stack(scores).softmax(0))
    torch.testing.assert_close(output, weights @ value)


def test_bilinear_scores_equal_torch_bilinear():
    attention = BilinearAttention(3, 4).double()
    query, key = random(2, 3, seed=0), random(5, 4, seed=1)
    theirs = nn.Bilinear(4, 3, 1, bias=False).double()
    with torch.no_grad():
        theirs.weight[0].copy_(attention.projection.weight)
    pairs = theirs(key.repeat(2, 1), query.repeat_interleave(5, 0)).view(2, 5)
    output, weights = attention(query, key, key)
    torch.testing.assert_close(weights, pairs.softmax(-1))
    torch.testing.assert_close(output, weights @ key)


@pytest.mark.parametrize("attention", [AdditiveAttention(4, 4, 8), BilinearAttention(4, 4)])
def test_the_other_forms_take_masks_too(attention):
    x = torch.randn(2, 3, 4)
    _, weights = attention(x, x, x, causal_mask(3))
    assert weights.triu(1).abs().max() == 0
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3))


def test_masks():
    assert causal_mask(3).tolist() == [[True, False, False], [True, True, False], [True] * 3]
    mask = padding_mask(torch.tensor([2, 0]), 3)
    assert mask.tolist() == [[[True, True, False]], [[False, False, False]]]


def test_attention_does_not_see_order():
    attention = MultiHeadAttention(8, 2).double()
    x, order = random(1, 5, 8, seed=0), torch.tensor([3, 0, 4, 1, 2])
    shuffled = x[:, order]
    torch.testing.assert_close(
        attention(shuffled, shuffled, shuffled), attention(x, x, x)[:, order]
    )


def test_scaling_keeps_the_spread_of_the_scores():
    for width in (16, 256):
        query, key = random(4000, width, seed=1), random(4000, width, seed=2)
        spread = (query * key).sum(-1).div(math.sqrt(width)).std().item()
        assert 0.95 < spread < 1.05


def test_recording_keeps_every_map_and_ends():
    model = AttentionReverser(27, 12, 16, (2, 1))
    words = random_words(4)
    with record_attention(model) as maps:
        model(words)
        model(words)
    model(words)
    assert list(maps) == ["layers.0", "layers.1"]
    assert [m.shape for m in maps["layers.0"]] == [(4, 2, 12, 12)] * 2
    assert not maps["layers.1"][0].requires_grad


def test_recording_ends_after_an_error():
    model = AttentionReverser(27, 12, 16, (1,))
    with pytest.raises(RuntimeError), record_attention(model):
        raise RuntimeError
    assert model.layers[0].record is None


def test_recording_nothing_is_an_error():
    with (
        pytest.raises(ValueError, match="no MultiHeadAttention"),
        record_attention(nn.Linear(2, 2)),
    ):
        pass


def test_the_padding_never_matters():
    torch.manual_seed(0)
    model = AttentionReverser(len(ALPHABET), QUICK.longest, 16, (2, 1)).double()
    words = encode(["cat", "umbrella"])
    before = model(words)[:, :3]
    with torch.no_grad():
        model.letter.weight[0] += 1.0
    torch.testing.assert_close(model(words)[:, :3], before)


def test_an_untrained_reverser_guesses():
    torch.manual_seed(0)
    model = AttentionReverser(len(ALPHABET), QUICK.longest, QUICK.width, QUICK.heads)
    loss = reversing_loss(model, random_words(256)).item()
    assert abs(loss - math.log(26)) < 0.5


def test_all_maps_of_a_model_lie_in_one_tensor():
    torch.manual_seed(0)
    model, words = AttentionReverser(27, 12, 16, (2, 2)), random_words(600)
    maps = maps_of(model, words)  # more words than `predict` reads at once
    assert maps.shape == (2, 600, 2, 12, 12)
    with record_attention(model) as by_name:
        model(words)
    for found, name in zip(maps, ("layers.0", "layers.1"), strict=True):
        torch.testing.assert_close(found, by_name[name][0])


def test_maps_of_different_shapes_are_refused_in_a_sentence():
    model = AttentionReverser(27, 12, 16, (1, 2))
    with pytest.raises(ValueError, match=r"differ in shape: layers.0 \(3, 1, 12, 12\), layers.1"):
        maps_of(model, random_words(3))


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_gradient_of_the_largest_weight_goes_back_to_the_query(scale):
    """By hand: w (1 - w) of its own key, minus w times the weight of each other key; over scale."""
    query, key = random(4, 5, seed=0), random(6, 5, seed=1)
    weights = (query @ key.T / scale).softmax(dim=-1)
    largest, place = weights.max(dim=-1, keepdim=True)
    one = torch.arange(6) == place
    by_score = largest * (one.double() - weights)
    torch.testing.assert_close(gradient_of_largest(query, key, scale), by_score @ key / scale)
    assert query.grad is None and key.grad is None


def test_a_layer_adds_what_it_gathered():
    torch.manual_seed(0)
    model, words = AttentionReverser(27, 12, 16, (1, 1)), random_words(600)
    x = model.letter(words) + model.position
    first = model.layers[0](x, x, x, (words > 0).unsqueeze(1))
    torch.testing.assert_close(added_by(model, 0, words), first)
    x = x + first
    second = model.layers[1](x, x, x, (words > 0).unsqueeze(1))
    torch.testing.assert_close(added_by(model, 1, words), second)


def test_a_transplant_holds_at_its_places_and_ends_with_the_block():
    torch.manual_seed(0)
    model, words = AttentionReverser(27, 12, 16, (1, 1)), encode(["abcdef", "ghijkl"])
    own, giver = added_by(model, 0, words), added_by(model, 0, words.roll(1, dims=0))
    with transplant(model, layer=0, added=giver, places=slice(1, 4)):
        mixed = added_by(model, 0, words)
    assert torch.equal(mixed[:, 1:4], giver[:, 1:4])
    assert torch.equal(mixed[:, :1], own[:, :1]) and torch.equal(mixed[:, 4:], own[:, 4:])
    assert not torch.equal(mixed, own)
    assert torch.equal(added_by(model, 0, words), own)


def test_a_transplant_of_another_number_of_words_is_refused_and_removed():
    model, words = AttentionReverser(27, 12, 16, (1,)), random_words(3)
    added = added_by(model, 0, words)
    message = "a transplant of 3 words for 2 words"
    with pytest.raises(ValueError, match=message), transplant(model, 0, added, places=slice(0, 1)):
        predict(model, words[:2])
    predict(model, words[:2])


def test_the_look_after_a_transplant_is_that_of_the_giver_where_all_is_exchanged():
    """Words of one length and one set of positions: only what layer 0 adds makes them differ."""
    torch.manual_seed(0)
    model, words = AttentionReverser(27, 12, 16, (1, 1)), random_words(50, shortest=12)
    own = maps_of(model, words)[1, :, 0].argmax(dim=-1)
    whole, nothing = slice(0, 12), slice(0, 0)
    assert torch.equal(look_after_transplant(model, words, words, whole), own)
    giver = words.roll(1, dims=0)
    assert torch.equal(look_after_transplant(model, giver, words, nothing), own)
    assert not torch.equal(look_after_transplant(model, giver, words, whole), own)


def test_what_is_forbidden_to_a_layer_gets_no_weight_there_and_only_there():
    torch.manual_seed(0)
    model, words = AttentionReverser(27, 12, 16, (1, 1)), random_words(600, shortest=12)
    nothing = torch.zeros(600, 12, 12, dtype=torch.bool)
    torch.testing.assert_close(scores_without(model, 1, words, nothing), predict(model, words))
    forbidden = nothing.clone()
    forbidden[:, 3, 5] = True
    with record_attention(model) as maps:
        scores = scores_without(model, 1, words, forbidden)
    assert (maps["layers.1"][0][:, 0, 3, 5] == 0).all()
    assert (maps["layers.0"][0][:, 0, 3, 5] > 0).all()
    assert (maps["layers.1"][0][:, 0, 2, 5] > 0).all()
    changed = (scores - predict(model, words)).abs().amax(dim=-1) > 1e-4  # (word, place)
    assert changed[:, 3].any() and not changed[:, :3].any() and not changed[:, 4:].any()


def test_a_silent_head_adds_nothing_and_the_model_keeps_its_own():
    torch.manual_seed(0)
    model, words = AttentionReverser(27, 12, 16, (2, 2)), random_words(5)
    before, bias = predict(model, words), model.layers[1].output_projection.bias
    one, other = (without_head(model, 1, head) for head in (0, 1))
    both = added_by(one, 1, words) + added_by(other, 1, words) - bias  # each adds the bias
    torch.testing.assert_close(both, added_by(model, 1, words))
    assert not torch.allclose(added_by(one, 1, words), added_by(other, 1, words))
    assert torch.equal(predict(model, words), before)


def test_a_new_reverser_is_drawn_by_the_seed_of_its_recipe():
    first, again = new_reverser(QUICK), new_reverser(QUICK)
    other = new_reverser(replace(QUICK, seed=1, heads=(2,)))
    assert torch.equal(first.letter.weight, again.letter.weight)
    assert not torch.equal(first.letter.weight, other.letter.weight)
    assert [layer.heads for layer in other.layers] == [2]


def test_without_attention_every_place_of_the_answer_reads_the_whole_word():
    torch.manual_seed(0)
    model = NoAttention(len(ALPHABET), 12, 16)
    before, after = (model(encode([word])) for word in ("umbrella", "umbrellb"))
    assert before.shape == (1, 12, len(ALPHABET))
    assert ((before - after).abs().amax(dim=-1) > 0).all()


class Reversed(nn.Module):
    """Writes every word backwards, but takes each "a" for a "b"."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))  # `predict` asks where a model's weights lie

    def forward(self, words):
        answer = backwards(words)
        answer = torch.where(answer == ALPHABET.index("a"), ALPHABET.index("b"), answer)
        return F.one_hot(answer, len(ALPHABET)).float()


def test_words_and_letters_are_counted_without_the_padding():
    found = words_and_letters_right(Reversed(), encode(["cat", "umbrella", "xyz"]))
    assert found == pytest.approx({"exact match": 1 / 3, "letters": 12 / 14})
