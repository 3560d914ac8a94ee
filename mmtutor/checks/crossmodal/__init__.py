"""The exercises of lesson 07, cross-modal attention."""

from mmtutor.checks.crossmodal.alpha import ALPHA
from mmtutor.checks.crossmodal.blind import BLIND
from mmtutor.checks.crossmodal.bug_padding import PADDING_BUG
from mmtutor.checks.crossmodal.cross_attention import CROSS_ATTENTION
from mmtutor.checks.crossmodal.gated import GATED
from mmtutor.checks.crossmodal.pointing import POINTING

EXERCISES = (CROSS_ATTENTION, PADDING_BUG, GATED, ALPHA, BLIND, POINTING)
