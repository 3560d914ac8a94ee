"""The exercises of lesson 18, generation."""

from mmtutor.checks.generation.bug_flow import BUG_FLOW
from mmtutor.checks.generation.dropped import DROPPED
from mmtutor.checks.generation.euler import EULER
from mmtutor.checks.generation.guided import GUIDED
from mmtutor.checks.generation.on_the_way import ON_THE_WAY
from mmtutor.checks.generation.steps_needed import STEPS_NEEDED
from mmtutor.checks.generation.to_noise import TO_NOISE

EXERCISES = (ON_THE_WAY, EULER, GUIDED, DROPPED, TO_NOISE, STEPS_NEEDED, BUG_FLOW)
