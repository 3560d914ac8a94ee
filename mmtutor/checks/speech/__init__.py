"""The exercises of lesson 17, speech."""

from mmtutor.checks.speech.alignment_scores import ALIGNMENT_SCORES
from mmtutor.checks.speech.bug_griffin import GRIFFIN_BUG
from mmtutor.checks.speech.collapsed import COLLAPSED
from mmtutor.checks.speech.ctc import CTC
from mmtutor.checks.speech.decibel import DECIBEL
from mmtutor.checks.speech.stretched import STRETCHED
from mmtutor.checks.speech.word_error import WORD_ERROR

EXERCISES = (COLLAPSED, CTC, STRETCHED, DECIBEL, ALIGNMENT_SCORES, WORD_ERROR, GRIFFIN_BUG)
