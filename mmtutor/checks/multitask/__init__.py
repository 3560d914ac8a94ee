"""The exercises of lesson 09, multitask."""

from mmtutor.checks.multitask.bug_shared import SHARED_BUG
from mmtutor.checks.multitask.cosine import COSINE
from mmtutor.checks.multitask.helps import HELPS
from mmtutor.checks.multitask.loss import LOSS
from mmtutor.checks.multitask.negative import NEGATIVE
from mmtutor.checks.multitask.opposed import OPPOSED
from mmtutor.checks.multitask.pcgrad import PCGRAD
from mmtutor.checks.multitask.penalty import PENALTY
from mmtutor.checks.multitask.uncertainty import UNCERTAINTY

EXERCISES = (
    *(HELPS, LOSS, PENALTY, COSINE),
    *(SHARED_BUG, OPPOSED, NEGATIVE, UNCERTAINTY, PCGRAD),
)
