"""What an exercise is worth: by how hard it is, and whether it takes long."""

from mmtutor.checks.engine.exercise import Exercise

LONG = 15
"""Minutes from which on an exercise is a long one."""
POINTS = {1: (1, 2), 2: (2, 3), 3: (4, 5)}
"""By difficulty: the points of a short exercise, and of a long one."""


def points(exercise: Exercise) -> int:
    """Return the points that a passed exercise brings; there are no halves."""
    return POINTS[exercise.difficulty][exercise.minutes >= LONG]
