"""The one exercise of lesson 00."""

from mmtutor.checks.start_here.strongest_patch import STRONGEST_PATCH

EXERCISES = (STRONGEST_PATCH,)
