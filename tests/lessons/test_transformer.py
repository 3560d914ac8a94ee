"""Lesson 02's module equals the field's implementations, in float64, outputs and gradients."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from mmtutor.attention import causal_mask, padding_mask, record_attention
from mmtutor.transformer import (
    DecoderBlock,
    EncoderBlock,
    LanguageModel,
    RecurrentModel,
    RotaryAttention,
    layer_norm,
    lstm,
    rotary,
    sinusoid,
)
from tests.lessons.twins import torch_block, torch_decoder_block

CLOSE = {"atol": 1e-9, "rtol": 1e-9}


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_()


def gradients(output: torch.Tensor, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    weights = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)
    return list(torch.autograd.grad((output * weights).sum(), inputs, retain_graph=True))


def assert_equal(ours: torch.Tensor, theirs: torch.Tensor, *inputs: torch.Tensor) -> None:
    """Outputs are the same, and so are the gradients of the inputs."""
    torch.testing.assert_close(ours, theirs, **CLOSE)
    pairs = zip(gradients(ours, [*inputs]), gradients(theirs, [*inputs]), strict=True)
    for mine, other in pairs:
        torch.testing.assert_close(mine, other, **CLOSE)


def shaken(model: nn.Module) -> nn.Module:
    """The same with every weight drawn anew: norms and biases start at 1 and 0, and prove less."""
    torch.manual_seed(1)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
    return model


# ── Layer norm and positions ──────────────────────────────────────────────────────────────────────


@settings(max_examples=30, deadline=None)
@given(
    leading=st.lists(st.integers(1, 3), max_size=3),
    width=st.integers(1, 7),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
    seed=st.integers(0, 1000),
)
def test_layer_norm_equals_torch(leading, width, scale, seed):
    x, weight, bias = random(*leading, width, seed=seed), random(width), random(width, seed=1)
    large = x * scale
    theirs = F.layer_norm(large, (width,), weight, bias)
    assert_equal(layer_norm(large, weight, bias), theirs, x, weight, bias)


def test_sinusoids_are_those_of_the_paper():
    table = sinusoid(50, 8).double()
    for position, number in ((0, 0), (3, 2), (49, 6)):
        angle = torch.tensor(position / 10_000 ** (number / 8), dtype=torch.float64)
        torch.testing.assert_close(table[position, number], angle.sin(), atol=1e-5, rtol=0)
        torch.testing.assert_close(table[position, number + 1], angle.cos(), atol=1e-5, rtol=0)


def test_an_odd_width_has_no_pairs():
    with pytest.raises(ValueError, match="a width of 5 is odd"):
        sinusoid(3, 5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.sampled_from([2, 4, 10]))
def test_a_rotary_score_depends_on_the_distance_alone(i, j, shift, width):
    query, key = random(1, width), random(1, width, seed=1)

    def score(i: int, j: int) -> torch.Tensor:
        turned = rotary(query, torch.tensor([i])), rotary(key, torch.tensor([j]))
        return (turned[0] * turned[1]).sum()

    torch.testing.assert_close(score(i, j), score(i + shift, j + shift), atol=1e-4, rtol=1e-4)


def test_rotary_keeps_norms_and_leaves_position_0_as_it_is():
    x = random(2, 3, 6)
    turned = rotary(x, torch.tensor([0, 5, 1000]))
    torch.testing.assert_close(turned[:, 0], x[:, 0])
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1))
    assert not torch.allclose(turned[:, 1], x[:, 1])


def test_rotary_is_that_of_llama():
    from transformers.models.llama.modeling_llama import rotate_half

    x = random(1, 5, 8)
    angles = torch.arange(5).unsqueeze(1) / 10_000 ** (torch.arange(0, 8, 2) / 8)
    angles = torch.cat([angles, angles], dim=-1)
    theirs = x * angles.cos() + rotate_half(x) * angles.sin()
    torch.testing.assert_close(rotary(x, torch.arange(5)), theirs, atol=1e-6, rtol=1e-6)


def test_rotary_attention_does_not_notice_where_a_sentence_begins():
    attention = RotaryAttention(8, 2).double()
    x = random(1, 6, 8)
    with record_attention(attention) as maps:
        attention(x, x, x)
        attention(x[:, 2:], x[:, 2:], x[:, 2:])
    whole, part = maps[""]
    same = whole[..., 2:, 2:] / whole[..., 2:, 2:].sum(dim=-1, keepdim=True)
    torch.testing.assert_close(same, part, atol=1e-6, rtol=1e-6)


# ── Blocks ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("masked", [False, True])
def test_a_block_equals_torch(norm, masked):
    ours = shaken(EncoderBlock(8, 2, hidden=12, norm=norm).double())
    theirs, x = torch_block(ours), random(3, 5, 8)
    mask = causal_mask(5) if masked else None
    # PyTorch's layers say with True what may *not* be seen.
    output = theirs(x, src_mask=None if mask is None else ~mask)
    assert_equal(ours(x, mask), output, x)
    weights = [ours.network[0].weight, ours.network_norm.bias]
    others = [theirs.linear1.weight, theirs.norm2.bias]
    pairs = gradients(ours(x, mask), weights), gradients(output, others)
    for mine, other in zip(*pairs, strict=True):
        torch.testing.assert_close(mine, other, **CLOSE)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_decoder_block_equals_torch(norm):
    ours = shaken(DecoderBlock(8, 2, hidden=12, norm=norm).double())
    theirs, x, memory = torch_decoder_block(ours), random(3, 5, 8), random(3, 7, 8, seed=1)
    words = padding_mask(torch.tensor([7, 2, 4]), 7)
    output = theirs(x, memory, tgt_mask=~causal_mask(5), memory_key_padding_mask=~words.squeeze(1))
    assert_equal(ours(x, memory, causal_mask(5), words), output, x, memory)


def test_a_block_of_neither_norm_is_refused():
    with pytest.raises(ValueError, match="must be 'pre' or 'post', not 'both'"):
        EncoderBlock(8, 2, norm="both")


def test_dropout_acts_while_training_alone():
    block = EncoderBlock(8, 2, dropout=0.5)
    x = torch.randn(2, 5, 8)
    assert not torch.equal(block(x), block(x))
    assert torch.equal(block.eval()(x), block(x))


# ── Language models ───────────────────────────────────────────────────────────────────────────────


def test_an_lstm_equals_torch():
    theirs, x = shaken(nn.LSTM(4, 6, batch_first=True).double()), random(3, 5, 4)
    assert_equal(lstm(x, theirs), theirs(x)[0], x, *theirs.parameters())


@pytest.mark.parametrize("positions", ["none", "sinusoid", "learnt", "rotary"])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_language_model_does_not_see_the_future(positions, norm):
    model = LanguageModel(7, 6, 8, 2, 2, positions, norm)
    tokens = torch.randint(7, (2, 6))
    changed = tokens.clone()
    changed[:, 4] = (tokens[:, 4] + 1) % 7
    before, after = model(tokens), model(changed)
    assert before.shape == (2, 6, 7)
    torch.testing.assert_close(before[:, :4], after[:, :4])
    assert not torch.allclose(before[:, 4:], after[:, 4:])


def test_only_positions_tell_the_order_of_what_was_before():
    tokens = torch.tensor([[1, 2, 3, 4]])
    swapped = torch.tensor([[2, 1, 3, 4]])
    torch.manual_seed(0)
    for positions in ("none", "sinusoid", "learnt", "rotary"):
        model = LanguageModel(5, 4, 8, 1, 2, positions)
        same = torch.allclose(model(tokens)[:, -1], model(swapped)[:, -1], atol=1e-6)
        assert same == (positions == "none")


def test_learnt_positions_end():
    with pytest.raises(ValueError, match="knows 4 positions, not 5"):
        LanguageModel(5, 4, 8, 1, 2, "learnt")(torch.zeros(1, 5, dtype=torch.long))
    assert LanguageModel(5, 4, 8, 1, 2, "rotary")(torch.zeros(1, 5, dtype=torch.long)).shape[1] == 5


def test_the_stream_ends_in_what_the_model_says():
    model = LanguageModel(7, 6, 8, 3, 2)
    tokens = torch.randint(7, (2, 6))
    depths = list(model.stream(tokens))
    assert len(depths) == 4
    torch.testing.assert_close(model.read_out(depths[-1]), model(tokens))


def test_a_recurrent_model_reads_from_left_to_right():
    model = RecurrentModel(7, 4, 8)
    tokens = torch.randint(7, (2, 6))
    torch.testing.assert_close(model(tokens)[:, :3], model(tokens[:, :3]))
