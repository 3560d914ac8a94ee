"""The exercises of lesson 12, contrastive."""

from mmtutor.checks.contrastive.chance import CHANCE
from mmtutor.checks.contrastive.gradient import GRADIENT
from mmtutor.checks.contrastive.info_nce import INFO_NCE
from mmtutor.checks.contrastive.similarities import SIMILARITIES
from mmtutor.checks.contrastive.small_clip import SMALL_CLIP
from mmtutor.checks.contrastive.targets import TARGETS
from mmtutor.checks.contrastive.temperature import TEMPERATURE
from mmtutor.checks.contrastive.zero_shot import ZERO_SHOT

EXERCISES = (SIMILARITIES, INFO_NCE, TARGETS, SMALL_CLIP, ZERO_SHOT, CHANCE, GRADIENT, TEMPERATURE)
