"""The exercises of lesson 20, advisor."""

from mmtutor.checks.advisor.both_errors import BOTH_ERRORS
from mmtutor.checks.advisor.bug_adviser import ADVISER_BUG
from mmtutor.checks.advisor.grounded import GROUNDED
from mmtutor.checks.advisor.meant import MEANT
from mmtutor.checks.advisor.reranked import RERANKED
from mmtutor.checks.advisor.tool import TOOL
from mmtutor.checks.advisor.turns import PREDICTED
from mmtutor.checks.advisor.updated import UPDATED

EXERCISES = (UPDATED, MEANT, RERANKED, BOTH_ERRORS, GROUNDED, PREDICTED, ADVISER_BUG, TOOL)
