"""Towers: two networks that others have trained on far more than this course has, read from disk.

`text` is a BERT that reads English (MiniLM, 22.7 million numbers, trained on a billion pairs of
sentences); `pictures` is a network that sorts photographs into ImageNet's thousand classes
(EfficientNet-Lite0, 4.7 million numbers). Both come with packages from pip, the extra `towers`, so
that no hub is needed; `data/towers.md` is their card. What they say about a text or a picture,
their features, is computed once and kept in the cache.
"""

from mmtutor.datasets.towers.kept import MISSING, installed
from mmtutor.datasets.towers.pictures import (
    CLASS_NAMES,
    PREPARE,
    PREPARE_ONLINE,
    last_layer,
    load_picture_tower,
    new_picture_tower,
    picture_features,
    picture_scores,
    prepare_pictures,
)
from mmtutor.datasets.towers.text import (
    TEXT_TOWER,
    load_text_tower,
    load_tokenizer,
    masked_mean,
    new_text_tower,
    text_features,
    text_layers,
)

__all__ = [
    "CLASS_NAMES",
    "MISSING",
    "PREPARE",
    "PREPARE_ONLINE",
    "TEXT_TOWER",
    "installed",
    "last_layer",
    "load_picture_tower",
    "load_text_tower",
    "load_tokenizer",
    "masked_mean",
    "new_picture_tower",
    "new_text_tower",
    "picture_features",
    "picture_scores",
    "prepare_pictures",
    "text_features",
    "text_layers",
]
