"""The exercises of lesson 19, evaluation."""

from mmtutor.checks.evaluation.bug_exam import EXAM_BUG
from mmtutor.checks.evaluation.coverage import COVERAGE
from mmtutor.checks.evaluation.ece import ECE
from mmtutor.checks.evaluation.f1 import F1
from mmtutor.checks.evaluation.items_needed import ITEMS_NEEDED
from mmtutor.checks.evaluation.mcnemar import MCNEMAR
from mmtutor.checks.evaluation.paired import PAIRED
from mmtutor.checks.evaluation.parsed import PARSED

EXERCISES = (PARSED, F1, ECE, PAIRED, MCNEMAR, COVERAGE, ITEMS_NEEDED, EXAM_BUG)
