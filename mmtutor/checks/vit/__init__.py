"""The exercises of lesson 04, the Vision Transformer."""

from mmtutor.checks.vit.bug_class_token import CLASS_TOKEN_BUG
from mmtutor.checks.vit.count import COUNT
from mmtutor.checks.vit.iou import IOU
from mmtutor.checks.vit.patchify import PATCHIFY
from mmtutor.checks.vit.rollout import ROLLOUT
from mmtutor.checks.vit.tokens import TOKENS

EXERCISES = (PATCHIFY, TOKENS, COUNT, ROLLOUT, CLASS_TOKEN_BUG, IOU)
