"""The text tower: its own tokens only, whatever else is in the batch, and equal to the field's."""

import pytest
import torch

from mmtutor.datasets import towers
from mmtutor.datasets.online import DatasetUnavailable
from mmtutor.datasets.towers import kept

needs_towers = pytest.mark.skipif(not towers.installed(), reason="the towers are not installed")
TEXTS = ["cat", "a cat that sleeps on the warm roof of a red house", "umbrella with rain drops"]


@pytest.fixture(scope="module")
def tower():
    return towers.load_text_tower()


def test_only_a_texts_own_tokens_count():
    vectors = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [99.0, -99.0]]])
    mask = torch.tensor([[1, 1, 0]])
    for given in (mask, mask.bool()):
        assert towers.masked_mean(vectors, given).tolist() == [[2.0, 4.0]]
    with pytest.raises(ValueError, match="without a token"):
        towers.masked_mean(vectors, torch.zeros_like(mask))


@needs_towers
def test_the_tower_is_frozen_and_has_its_size(tower):
    tokenizer, bert = tower
    assert not bert.training and not any(p.requires_grad for p in bert.parameters())
    assert sum(p.numel() for p in bert.parameters()) == 22_713_216
    assert tokenizer.tokenize("a cat") == ["a", "cat"]


@needs_towers
def test_a_text_says_the_same_alone_and_among_others():
    together = towers.text_features(TEXTS)
    alone = torch.cat([towers.text_features([one]) for one in TEXTS])
    assert together.shape == (3, 384)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@needs_towers
def test_the_order_of_the_texts_is_kept():
    turned = towers.text_features(TEXTS[::-1]).flip(0)
    torch.testing.assert_close(turned, towers.text_features(TEXTS), rtol=1e-4, atol=1e-5)


@needs_towers
def test_the_features_are_the_cards_means(tower):
    """The model's own card: the last hidden states, averaged where the attention mask is 1."""
    tokenizer, bert = tower
    tokens = tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.inference_mode():
        vectors = bert(**tokens).last_hidden_state
    mask = tokens["attention_mask"].bool()
    means = torch.stack([row[own].mean(dim=0) for row, own in zip(vectors, mask, strict=True)])
    torch.testing.assert_close(towers.text_features(TEXTS), means, rtol=1e-4, atol=1e-5)


@needs_towers
def test_the_tower_knows_what_is_alike():
    cat, kitten, tax = torch.nn.functional.normalize(
        towers.text_features(["a cat", "a small kitten", "income tax"]), dim=1
    )
    assert cat @ kitten > 0.6 > 0.3 > cat @ tax


@needs_towers
def test_layers_end_with_the_features():
    layers = towers.text_layers(TEXTS)
    assert layers.shape == (7, 3, 384)
    assert torch.equal(layers[-1], towers.text_features(TEXTS))
    assert not torch.equal(layers[0], layers[-1])


@needs_towers
def test_an_untrained_tower_depends_on_its_seed_and_touches_no_other_chance():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = towers.text_features(TEXTS, untrained=True, seed=1)
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(first, towers.text_features(TEXTS, untrained=True, seed=1))
    assert not torch.allclose(first, towers.text_features(TEXTS, untrained=True, seed=2))


@needs_towers
@pytest.mark.parametrize("texts", [[""], ["\N{CAT FACE}"], ["word " * 1000]])
def test_odd_texts_have_features_too(texts):
    assert towers.text_features(texts).isfinite().all()


@needs_towers
def test_no_text_is_a_sentence():
    with pytest.raises(ValueError, match="no text"):
        towers.text_features([])


def test_online_is_one_flag_away(monkeypatch):
    monkeypatch.setattr(kept, "answers", lambda server: True)
    import transformers

    asked = []

    def fake(name, **_):
        asked.append(name)
        return torch.nn.BatchNorm1d(3)

    monkeypatch.setattr(transformers.AutoTokenizer, "from_pretrained", fake)
    monkeypatch.setattr(transformers.BertModel, "from_pretrained", fake)
    _, tower = towers.load_text_tower(online=True)
    assert asked == ["sentence-transformers/all-MiniLM-L6-v2"] * 2
    assert not tower.training and not tower.weight.requires_grad


@pytest.mark.parametrize("answers", [True, False])
def test_a_silent_hub_is_a_sentence(monkeypatch, answers):
    monkeypatch.setattr(kept, "answers", lambda server: answers)
    import transformers

    def fail(*_, **__):
        raise OSError("a long story\nwith addresses")

    monkeypatch.setattr(transformers.AutoTokenizer, "from_pretrained", fail)
    with pytest.raises(DatasetUnavailable, match=r"pip install 'mmtutor\[towers\]'") as error:
        towers.load_text_tower(online=True)
    assert "\n" not in str(error.value)


def test_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(kept, "find_spec", lambda name: None)
    assert not towers.installed()
    for ask in (towers.load_text_tower, towers.new_text_tower, lambda: towers.text_features(["a"])):
        with pytest.raises(ModuleNotFoundError, match=r"pip install 'mmtutor\[towers\]'"):
            ask()
