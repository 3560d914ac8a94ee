"""The exercises of lesson 20, advisor."""

from mmtutor.checks.advisor.updated import UPDATED

EXERCISES = (UPDATED,)
