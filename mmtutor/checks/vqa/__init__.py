"""The exercises of lesson 15, vqa."""

from mmtutor.checks.vqa.agreed import AGREED
from mmtutor.checks.vqa.bug_labels import LABELS_BUG
from mmtutor.checks.vqa.bug_loss import TALK_LOSS_BUG
from mmtutor.checks.vqa.by_type import BY_TYPE
from mmtutor.checks.vqa.labels import LABELS
from mmtutor.checks.vqa.places import COUNTED
from mmtutor.checks.vqa.pooled import POOLED
from mmtutor.checks.vqa.put_in import PUT_IN

EXERCISES = (COUNTED, LABELS, PUT_IN, POOLED, LABELS_BUG, TALK_LOSS_BUG, BY_TYPE, AGREED)
