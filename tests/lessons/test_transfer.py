"""Lesson 13: pretrained towers, and what is put on top of them."""

import pytest
import torch

from mmtutor import transfer
from mmtutor.datasets import towers
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
