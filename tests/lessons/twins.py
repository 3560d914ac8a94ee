"""Our modules and the field's, with the same weights.

The tests of the lessons compare them in float64, `benchmarks/gpu/equality.py` in float32 on a GPU.
"""

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import nn

from mmtutor import contrastive, vit
from mmtutor.attention import MultiHeadAttention
from mmtutor.transformer import DecoderBlock, EncoderBlock

if TYPE_CHECKING:
    from transformers import CLIPConfig


def torch_attention(ours: MultiHeadAttention) -> nn.MultiheadAttention:
    """Return PyTorch's attention with the weights of ours."""
    width, dtype = ours.output_projection.out_features, ours.output_projection.weight.dtype
    theirs = nn.MultiheadAttention(width, ours.heads, batch_first=True, dtype=dtype)
    load_attention(theirs, ours)
    return theirs


def load_attention(theirs: nn.MultiheadAttention, ours: MultiHeadAttention) -> None:
    """Put our weights into PyTorch's attention: its three projections are one matrix."""
    parts = (ours.query_projection, ours.key_projection, ours.value_projection)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    theirs.out_proj.load_state_dict(ours.output_projection.state_dict())


def torch_block(ours: EncoderBlock) -> nn.TransformerEncoderLayer:
    """Return PyTorch's layer with the weights of our block."""
    theirs = nn.TransformerEncoderLayer(*sizes_of(ours), **options_of(ours))
    load_attention(theirs.self_attn, ours.attention)
    load_network(theirs, ours)
    load_norms(theirs, ours.attention_norm, ours.network_norm)
    return theirs


def torch_decoder_block(ours: DecoderBlock) -> nn.TransformerDecoderLayer:
    """Return PyTorch's layer with the weights of our block."""
    theirs = nn.TransformerDecoderLayer(*sizes_of(ours), **options_of(ours))
    load_attention(theirs.self_attn, ours.attention)
    load_attention(theirs.multihead_attn, ours.cross_attention)
    load_network(theirs, ours)
    load_norms(theirs, ours.attention_norm, ours.cross_norm, ours.network_norm)
    return theirs


def sizes_of(ours: EncoderBlock) -> tuple[int, int, int]:
    """Return width, heads and the width inside the small network."""
    return ours.network[0].in_features, ours.attention.heads, ours.network[0].out_features


def options_of(ours: EncoderBlock) -> dict[str, Any]:
    """Return what PyTorch's layers must be told to be built as ours are."""
    options = {"norm_first": ours.norm_first, "dtype": ours.network[0].weight.dtype}
    return options | {"batch_first": True, "dropout": 0.0, "activation": F.gelu}


def load_network(theirs: nn.Module, ours: EncoderBlock) -> None:
    """Put the weights of our small network into PyTorch's layer."""
    theirs.linear1.load_state_dict(ours.network[0].state_dict())
    theirs.linear2.load_state_dict(ours.network[2].state_dict())


def load_norms(theirs: nn.Module, *ours: nn.LayerNorm) -> None:
    """Put our layer norms, in the order of the parts, into PyTorch's norm1, norm2 …"""
    for number, norm in enumerate(ours, start=1):
        getattr(theirs, f"norm{number}").load_state_dict(norm.state_dict())


def vision_transformers(channels: int) -> tuple[vit.VisionTransformer, nn.Module]:
    """Return ours and transformers' for pictures of 12 × 12 pixels, in float32."""
    from transformers import ViTConfig, ViTModel

    config = ViTConfig(
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=96,
        image_size=12,
        patch_size=4,
        num_channels=channels,
        layer_norm_eps=1e-5,
    )
    theirs = ViTModel(config).eval()
    for parameter in theirs.parameters():  # biases and norms start at 0 and 1: nothing to compare
        nn.init.normal_(parameter, std=0.3)
    ours = vit.VisionTransformer(12, 4, channels, width=24, depth=3, heads=4)
    ours.load_state_dict(vit.from_transformers(theirs.state_dict()))
    return ours, theirs


def clip_config(activation: str = "gelu", **text: int) -> "CLIPConfig":
    """Return a small CLIP; `text` changes its text tower."""
    from transformers import CLIPConfig

    sizes = {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_act": activation}
    words = {"vocab_size": 50, "max_position_embeddings": 9, "eos_token_id": 1}
    words |= {"hidden_size": 32, "intermediate_size": 128, "pad_token_id": 0, "bos_token_id": 3}
    pixels = {"hidden_size": 48, "intermediate_size": 192, "image_size": 16, "patch_size": 4}
    return CLIPConfig(
        text_config=sizes | words | text, vision_config=sizes | pixels, projection_dim=24
    )


def dual_encoders(activation: str = "gelu") -> tuple[contrastive.DualEncoder, nn.Module]:
    """Return ours and transformers' `CLIPModel`, in float32."""
    from transformers import CLIPModel

    theirs = CLIPModel(clip_config(activation)).eval()
    for parameter in theirs.parameters():
        parameter.data.normal_(std=0.2) if parameter.ndim else None
    ours = contrastive.clip_shaped(theirs.config)
    ours.load_state_dict(contrastive.from_transformers(theirs.state_dict()))
    return ours, theirs


def texts_of_many_lengths() -> torch.Tensor:
    """Return five texts of nine tokens, each of which ends (token 1) somewhere else."""
    texts = torch.randint(4, 50, (5, 9))
    texts[torch.arange(5), torch.tensor([3, 8, 5, 6, 2])] = 1
    return texts
