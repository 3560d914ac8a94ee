"""Visual question answering: equal to LLaVA, places and labels, stages, answers."""

import pytest
import torch
from torch import nn

from mmtutor import vqa
from mmtutor.datasets import asking
from mmtutor.gpt import GPT
from mmtutor.vit import VisionTransformer

# ---------------------------------------------------------------------------- equal to the field


def tiny_llava():
    """Return transformers' LLaVA: a ViT, two layers between, a GPT-2; random weights, float64."""
    from transformers import GPT2Config, LlavaConfig, LlavaForConditionalGeneration, ViTConfig

    class Untied(LlavaForConditionalGeneration):
        _tied_weights_keys: dict = {}  # it looks for the table where GPT-2 has none

    words = GPT2Config(
        vocab_size=30,
        n_positions=64,
        n_embd=24,
        n_layer=2,
        n_head=2,
        bos_token_id=0,
        eos_token_id=0,
    )
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    sight = ViTConfig(**sizes, intermediate_size=64, image_size=16, patch_size=4)
    config = LlavaConfig(
        vision_config=sight.to_dict(),
        text_config=words.to_dict(),
        image_token_index=asking.IMAGE_TOKEN,
        vision_feature_layer=-1,
        projector_hidden_act="gelu",
        tie_word_embeddings=False,
    )
    torch.manual_seed(0)
    model = Untied(config).double().eval()
    model.lm_head.weight = model.model.language_model.wte.weight
    return model


def ours_like(llava):
    tower = vqa.PatchesAlone(VisionTransformer(16, 4, 3, 16, 2, 2))
    for block in tower.transformer.blocks:
        block.attention_norm.eps = block.network_norm.eps = 1e-12
    language = GPT(30, 64, 24, 2, 2)
    model = vqa.VisionLanguageModel(tower, vqa.Projector(16, 24, pool=1), language).double()
    missing = model.load_state_dict(vqa.from_llava(llava.state_dict()), strict=False)
    assert not missing.unexpected_keys and not missing.missing_keys
    return model


def test_equals_llava_with_its_weights():
    llava = tiny_llava()
    ours = ours_like(llava)
    pixels = torch.rand(3, 3, 16, 16, dtype=torch.float64)
    words = torch.randint(5, 30, (3, 9))
    places = torch.full((3, 16), asking.IMAGE_TOKEN)
    tokens = torch.cat([words[:, :2], places, words[:, 2:]], dim=1)
    with torch.no_grad():
        theirs = llava(input_ids=tokens, pixel_values=pixels).logits
        said = ours(ours.tower(pixels), tokens)
    assert torch.allclose(said, theirs, atol=1e-10)
