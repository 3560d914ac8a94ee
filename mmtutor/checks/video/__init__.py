"""The exercises of lesson 16, video."""

from mmtutor.checks.video.backwards import BACKWARDS
from mmtutor.checks.video.bug_scores import SCORES_BUG
from mmtutor.checks.video.delays import DELAYS
from mmtutor.checks.video.order import ORDER
from mmtutor.checks.video.pairs import PAIRS
from mmtutor.checks.video.sampled import SAMPLED
from mmtutor.checks.video.tubelets import TUBELETS

EXERCISES = (PAIRS, TUBELETS, SAMPLED, BACKWARDS, ORDER, DELAYS, SCORES_BUG)
