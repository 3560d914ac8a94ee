"""The exercises of lesson 11, generative adversarial networks."""

from mmtutor.checks.gans.diversity import DIVERSITY
from mmtutor.checks.gans.drawing import DRAWING
from mmtutor.checks.gans.fool import FOOL
from mmtutor.checks.gans.force import FORCE
from mmtutor.checks.gans.frechet import FRECHET
from mmtutor.checks.gans.inspector import INSPECTOR
from mmtutor.checks.gans.moves import MOVES
from mmtutor.checks.gans.spectral import SPECTRAL

EXERCISES = (INSPECTOR, FOOL, FORCE, MOVES, SPECTRAL, DRAWING, DIVERSITY, FRECHET)
