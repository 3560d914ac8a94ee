"""The exercises of lesson 06, fusion."""

from mmtutor.checks.fusion.gated import GATED
from mmtutor.checks.fusion.late_decisions import DECISIONS
from mmtutor.checks.fusion.limit import LIMIT
from mmtutor.checks.fusion.linear_head import LINEAR_HEAD
from mmtutor.checks.fusion.low_rank import LOW_RANK
from mmtutor.checks.fusion.macro_f1 import MACRO_F1
from mmtutor.checks.fusion.modality_dropout import DROPOUT_BUG
from mmtutor.checks.fusion.weighted_average import AVERAGE

EXERCISES = (AVERAGE, DECISIONS, GATED, LOW_RANK, DROPOUT_BUG, MACRO_F1, LIMIT, LINEAR_HEAD)
