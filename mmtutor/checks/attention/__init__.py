"""The exercises of lesson 01, attention."""

from mmtutor.checks.attention.additive import ADDITIVE
from mmtutor.checks.attention.bug_future import CAUSAL_BUG
from mmtutor.checks.attention.bug_heads import HEADS_BUG
from mmtutor.checks.attention.predict import PREDICT
from mmtutor.checks.attention.scaled_dot_product import SCALED_DOT_PRODUCT
from mmtutor.checks.attention.softmax import SOFTMAX
from mmtutor.checks.attention.spread import MEASURE

EXERCISES = (SOFTMAX, PREDICT, SCALED_DOT_PRODUCT, MEASURE, CAUSAL_BUG, HEADS_BUG, ADDITIVE)
