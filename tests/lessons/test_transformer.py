"""Lesson 02's module equals the field's implementations, in float64, outputs and gradients."""

import json
import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from mmtutor.attention import causal_mask, padding_mask, record_attention
from mmtutor.datasets.shipped import shipped
from mmtutor.training import Batches, fit, predict
from mmtutor.transformer import (
    COLOURS,
    ECHO,
    FULL,
    KINDS,
    NOT_ASKED,
    QUICK,
    RECALL,
    TOLD,
    DecoderBlock,
    EncoderBlock,
    LanguageModel,
    NGrams,
    RecurrentModel,
    RotaryAttention,
    Rules,
    Windows,
    among_the_seen,
    bits_per_character,
    by_distance,
    by_order,
    by_plan,
    echo,
    echo_loss,
    for_lstm,
    gradient_norms,
    language_loss,
    layer_norm,
    log_probabilities,
    look_up,
    lstm,
    mixture,
    new_language_model,
    new_recurrent_model,
    next_token_loss,
    over_time,
    recall,
    rotary,
    said_by_depth,
    share_right,
    sinusoid,
    without_norm,
    without_residual,
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


def test_the_last_depth_says_what_the_model_says():
    model = LanguageModel(7, 6, 8, 3, 2)
    tokens = torch.randint(7, (6,))
    said = said_by_depth(model, tokens)
    assert said.shape == (4, 6, 7)
    torch.testing.assert_close(said.sum(dim=-1), torch.ones(4, 6))
    torch.testing.assert_close(said[-1], model(tokens[None])[0].softmax(dim=-1))
    first = model.read_out(model.embed(tokens[None]))[0].softmax(dim=-1)
    torch.testing.assert_close(said[0], first)


def test_a_recurrent_model_reads_from_left_to_right():
    model = RecurrentModel(7, 4, 8)
    tokens = torch.randint(7, (2, 6))
    torch.testing.assert_close(model(tokens)[:, :3], model(tokens[:, :3]))


# ── Learning from a text, and scoring one ─────────────────────────────────────────────────────────


def test_next_token_loss_is_the_mean_over_what_follows():
    logits, tokens = random(2, 4, 5), torch.tensor([[1, 2, 3, 4], [4, 3, 0, 0]])
    pairs = [(0, 0, 2), (0, 1, 3), (0, 2, 4), (1, 0, 3)]  # row, place, what comes next
    by_hand = torch.stack([-logits.log_softmax(-1)[pair] for pair in pairs]).mean()
    assert_equal(next_token_loss(logits, tokens, padding=0), by_hand, logits)
    everything = F.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    assert_equal(next_token_loss(logits, tokens), everything, logits)


def test_windows_are_pieces_of_the_text_and_depend_on_seed_and_step_alone():
    windows = Windows(torch.arange(50), 7, batch_size=4)
    (batch,) = windows[3]
    assert batch.shape == (4, 7)
    assert (batch.diff(dim=1) == 1).all()
    assert torch.equal(batch, windows[3][0])
    assert not torch.equal(batch, windows[4][0])
    assert not torch.equal(batch, Windows(torch.arange(50), 7, 4, seed=1)[3][0])
    assert Windows(torch.arange(7), 7, 2)[0][0].tolist() == [list(range(7))] * 2
    with pytest.raises(ValueError, match="a text of 6 tokens holds no window of 7"):
        Windows(torch.arange(6), 7, 1)


@pytest.mark.parametrize("length", [2, 9, 17, 30, 41])
def test_every_character_is_scored_once_from_enough_before_it(length):
    """Of a model that looks back 8 tokens and no further, windows of 16 lose nothing."""

    class Local(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Parameter(torch.randn(40, 40, dtype=torch.float64))

        def forward(self, tokens):
            padded = F.pad(tokens, (7, 0)).unfold(1, 8, 1).sum(dim=-1) % 40
            return self.table[padded]

    model, text = Local(), torch.randint(40, (length,))
    whole = model(text[None, :-1]).log_softmax(-1)[0]
    expected = whole[torch.arange(length - 1), text[1:]]
    torch.testing.assert_close(log_probabilities(model, text, window=16), expected)


def test_guessing_among_eight_costs_three_bits():
    assert bits_per_character(torch.full((5,), 1 / 8).log()) == pytest.approx(3)


def test_a_mixture_is_the_mean_of_the_probabilities():
    first, second = torch.tensor([0.5, 0.1]), torch.tensor([0.25, 0.3])
    torch.testing.assert_close(
        mixture(first.log(), second.log()).exp(), torch.tensor([0.375, 0.2]).double()
    )


# ── Counting and rules ────────────────────────────────────────────────────────────────────────────


def test_kneser_ney_equals_a_count_by_hand():
    """Of "ababac" there are the pairs ab, ba, ab, ba, ac: after a came b twice and c once.

    Shorter context: b had one character in front of it (a), so had a (b) and c (a): a third each.
    """
    grams = NGrams("ababac", order=2, alphabet="abc", discount=0.5)
    third = (1 - 0.5) / 3 + 0.5 * 3 / 3 * (1 / 3)
    assert grams.probability("", "a") == pytest.approx(third)
    assert grams.probability("a", "b") == pytest.approx((2 - 0.5) / 3 + 0.5 * 2 / 3 * third)
    assert grams.probability("a", "c") == pytest.approx((1 - 0.5) / 3 + 0.5 * 2 / 3 * third)
    assert grams.probability("a", "a") == pytest.approx(0.5 * 2 / 3 * third)
    assert grams.probability("c", "a") == pytest.approx(third)  # nothing ever followed c
    logs = grams.log_probabilities("ab")
    assert logs.exp().tolist() == pytest.approx([11 / 18])


def test_kneser_ney_of_three_characters_equals_a_count_by_hand():
    """Triples of "abcabd": abc, bca, cab, abd. Distinct, they end in bc, ca, ab, bd: one each."""
    grams = NGrams("abcabd", order=3, alphabet="abcd", discount=0.5)
    one = 0.5 / 4 + 0.5 * 4 / 4 * (1 / 4)  # no context: a, b, c and d follow something different
    two = 0.5 / 2 + 0.5 * 2 / 2 * one  # after b: c and d
    assert grams.probability("b", "c") == pytest.approx(two)
    assert grams.probability("ab", "d") == pytest.approx(0.5 / 2 + 0.5 * 2 / 2 * two)
    assert grams.probability("zb", "d") == pytest.approx(two)


def test_a_character_that_follows_one_other_alone_is_no_likely_stranger():
    """ "u" comes as often as "a", but after "q" alone: after something new, "a" is likelier."""
    grams = NGrams("quququqa.ba,ca;da", order=2, alphabet="abcdqu.,;x")
    assert grams.probability("x", "a") > 2 * grams.probability("x", "u")


@settings(max_examples=30, deadline=None)
@given(st.text("abc", max_size=12), st.text("abcd", max_size=5), st.integers(1, 5))
def test_the_chances_of_all_characters_sum_to_one(text, context, order):
    chances = NGrams(text, order, alphabet="abcd").distribution(context)
    assert chances.sum().item() == pytest.approx(1)
    assert (chances > 0).all()


def test_rules_share_out_their_trust():
    rules = Rules("the queen", "ehnqtux ", trust=0.8)
    assert rules.rule("a q") == "u"
    assert rules.rule("xx") == ""
    share = (0 + 1) / (9 + 8)  # "x" never came; each character is counted once more
    assert rules.probability("q", "x") == pytest.approx(0.2 * share)
    assert rules.probability("xx", "x") == pytest.approx(share)
    assert sum(rules.probability("q", c) for c in "ehnqtux ") == pytest.approx(1)
    assert rules.covered("xqu") == pytest.approx(0.5)
    assert rules.log_probabilities("xq").shape == (1,)


# ── The echo task ─────────────────────────────────────────────────────────────────────────────────


def test_an_echo_says_the_word_of_so_long_ago():
    tokens, labels = echo(3, 10, 4)
    assert (labels[:, :4] == NOT_ASKED).all()
    assert torch.equal(labels[:, 4:], tokens[:, :6])
    assert not torch.equal(tokens, echo(3, 10, 4, seed=1)[0])
    assert share_right(labels, labels) == 1
    assert share_right(labels + 1, labels) == 0


def test_a_table_answers_what_it_has_seen():
    known = echo(50, 20, 1, words=3)
    tokens, labels = echo(20, 20, 1, words=3, seed=1)
    assert share_right(look_up(known, tokens, 2), labels) == 1  # the word before the last
    assert share_right(look_up(known, tokens, 1), labels) < 0.6  # the last word does not tell
    never_seen = look_up((torch.full((1, 20), 3), torch.full((1, 20), 3)), tokens, 3)
    assert (never_seen == 0).all()


def test_attention_echoes_from_far():
    recipe = replace(ECHO, steps=150, window=24, width=32)
    rows = echo(1000, 24, 12)
    model = new_language_model(recipe, 16)
    before = echo_loss(model, *rows).item()
    fit(model, Batches(*rows, batch_size=recipe.batch_size), echo_loss, recipe)
    tokens, labels = echo(50, 24, 12, seed=1)
    assert before > math.log(16) - 0.1
    assert share_right(predict(model, tokens).argmax(dim=-1), labels) > 0.9


# ── Recall ────────────────────────────────────────────────────────────────────────────────────────


def test_recall_asks_for_what_was_told():
    tokens, labels = recall(50, 15)
    assert tokens.shape == labels.shape == (50, 15)
    told, asked = tokens[:, : 2 * TOLD].tolist(), tokens[:, 2 * TOLD :]
    assert (labels[:, : 2 * TOLD] == NOT_ASKED).all()
    assert (asked < len(KINDS)).all()  # no answer stands in the row
    for pairs, questions, due in zip(told, asked.tolist(), labels.tolist(), strict=True):
        colour_of = dict(zip(pairs[::2], pairs[1::2], strict=True))
        assert len(colour_of) == TOLD  # each kind is told once
        assert [colour_of[kind] for kind in questions] == due[2 * TOLD :]
    assert set(tokens[:, :8].flatten().tolist()) == set(range(len(KINDS) + len(COLOURS)))
    assert torch.equal(tokens, recall(50, 15)[0])
    assert not torch.equal(tokens, recall(50, 15, seed=1)[0])


def test_who_knows_only_the_colours_names_the_commonest():
    told = torch.tensor([[0, 9, 1, 12, 2, 12, 3, 8, 1, 0]])
    assert (among_the_seen(told) == 12).all()
    rows, labels = recall(20_000, 12)
    # The commonest of 4 draws among 8 colours is there 1.65 times: 6,752 in all 4,096 draws.
    assert share_right(among_the_seen(rows), labels) == pytest.approx(6752 / 4096 / 4, abs=0.01)


# ── Depth ─────────────────────────────────────────────────────────────────────────────────────────


def test_without_residual_a_block_is_its_parts_alone():
    model = new_language_model(replace(QUICK, depth=1, width=8, heads=2), 5)
    block = without_residual(model).blocks[0]
    x = torch.randn(1, 3, 8)
    seen = block.attention_norm(x)
    expected = block.network(block.network_norm(block.attention(seen, seen, seen)))
    torch.testing.assert_close(block(x), expected)


def test_without_norm_no_norm_is_left():
    model = without_norm(new_language_model(replace(QUICK, width=8, heads=2), 5))
    assert not [part for part in model.modules() if isinstance(part, nn.LayerNorm)]
    assert model(torch.zeros(1, 3, dtype=torch.long)).isfinite().all()


def test_gradient_norms_are_those_of_the_blocks():
    model = new_language_model(replace(QUICK, depth=3, width=8, heads=2), 5)
    tokens = torch.randint(5, (2, 9))
    norms = gradient_norms(model, tokens)
    language_loss(model, tokens).backward()
    squares = [sum(p.grad.square().sum() for p in block.parameters()) for block in model.blocks]
    assert norms == pytest.approx([square.sqrt().item() for square in squares], rel=1e-4)


# ── Recipes ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("recipe", "tokens"), [(QUICK, 103), (FULL, 103), (ECHO, 16), (RECALL, 16)]
)
def test_the_two_rivals_have_as_many_parameters(recipe, tokens):
    with torch.device("meta"):
        models = new_language_model(recipe, tokens), new_recurrent_model(recipe, tokens)
    ours, rival = (sum(p.numel() for p in model.parameters()) for model in models)
    assert ours == pytest.approx(rival, rel=0.03)


def test_an_lstm_takes_three_steps_for_one():
    assert for_lstm(QUICK).steps == 3 * QUICK.steps
    assert for_lstm(QUICK).learning_rate == 2 * QUICK.learning_rate


# ── What the lesson shows ─────────────────────────────────────────────────────────────────────────


def test_results_are_sorted_by_what_the_lesson_asks():
    mixed = {"with n-grams": 1.0, "share": 1}
    rows = [
        {"model": "LSTM", "steps": 30, "test": 1.0, **mixed},
        {"model": "LSTM", "steps": 10, "test": 4.0, **mixed},
        {"model": "LSTM", "steps": 30, "test": 2.0, **mixed},
        {"model": "LSTM", "steps": 30, "test": 9.0, **mixed, "share": 0.5},
        {"model": "n-grams", "order": 3, "share": 1, "test": 5.0},
        {"model": "n-grams", "order": 3, "share": 0.5, "test": 6.0},
    ]
    assert over_time(rows) == {"LSTM": {10: 4.0, 30: 1.5}}
    assert list(over_time(rows)["LSTM"]) == [10, 30]
    assert by_order(rows) == {3: 5.0}
    echoes = [{"model": "none", "distance": d, "length 96": d / 10} for d in (1, 4)]
    assert by_distance(echoes) == {"no positions": {1: 0.1, 4: 0.4}}


def test_seeds_of_one_plan_stand_together():
    plan = {"norm": "pre", "without": "", "rate": 0.003, "warmup": 0.1}
    rows = [
        {**plan, "without": "norm", "seed": 0},
        {**plan, "without": "residual", "seed": 0},
        {**plan, "seed": 0},
        {**plan, "seed": 1},
    ]
    assert {name: [row["seed"] for row in of_it] for name, of_it in by_plan(rows).items()} == {
        "pre-norm, rate 0.003, warm-up 10%": [0, 1],
        "without norm, rate 0.003, warm-up 10%": [0],
        "pre-norm, without residual, rate 0.003, warm-up 10%": [0],
    }


def test_the_shipped_results_keep_what_the_lesson_promises():
    found = json.loads(shipped("results/transformer.json").read_text(encoding="utf-8"))
    assert by_order(found["race"])[8] <= 1.75
    networks = over_time(found["race"])
    assert networks["LSTM"][3600] <= 1.75 and networks["Transformer"][2400] <= 1.79
    right = by_distance(found["echo"])
    assert min(right["Transformer"].values()) >= 0.98
    assert max(right["LSTM"][32], right["LSTM"][64]) <= 0.2
    recalled = found["recall"]
    two = [row["right"] for row in recalled if (row["depth"], row["warmup"]) == (2, 0.25)]
    assert len(two) >= 2 and min(two) >= 0.95
