"""The exercises of lesson 18, generation."""

from mmtutor.checks.generation.euler import EULER
from mmtutor.checks.generation.on_the_way import ON_THE_WAY

EXERCISES = (ON_THE_WAY, EULER)
