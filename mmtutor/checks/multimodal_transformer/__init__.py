"""The exercises of lesson 08, the multimodal Transformer."""

from mmtutor.checks.multimodal_transformer.always_neutral import ALWAYS_NEUTRAL
from mmtutor.checks.multimodal_transformer.bug_forward import FORWARD_BUG
from mmtutor.checks.multimodal_transformer.dropout import DROPOUT
from mmtutor.checks.multimodal_transformer.key_mask import KEY_MASK
from mmtutor.checks.multimodal_transformer.lift import LIFT
from mmtutor.checks.multimodal_transformer.limits import LIMITS
from mmtutor.checks.multimodal_transformer.pooled import POOLED
from mmtutor.checks.multimodal_transformer.sequence import SEQUENCE
from mmtutor.checks.multimodal_transformer.swap_cover import SWAP_COVER

EXERCISES = (
    *(LIMITS, ALWAYS_NEUTRAL, KEY_MASK, POOLED),
    *(SEQUENCE, FORWARD_BUG, DROPOUT, SWAP_COVER, LIFT),
)
