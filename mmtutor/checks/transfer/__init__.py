"""The exercises of lesson 13, transfer."""

from mmtutor.checks.transfer.bug_frozen import FROZEN_BUG
from mmtutor.checks.transfer.cka import CKA
from mmtutor.checks.transfer.counted import COUNTED
from mmtutor.checks.transfer.family import FAMILY
from mmtutor.checks.transfer.lora import LORA
from mmtutor.checks.transfer.moved import MOVED
from mmtutor.checks.transfer.pooled import POOLED
from mmtutor.checks.transfer.ridge import RIDGE

EXERCISES = (POOLED, COUNTED, FAMILY, RIDGE, LORA, FROZEN_BUG, MOVED, CKA)
