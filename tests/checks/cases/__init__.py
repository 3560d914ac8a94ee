"""Are the inputs of an exercise wide enough? Rules that every exercise's `cases()` keep.

`axes` looks at sizes, `values` at zeros and ties, `narrow` gives the reference narrower inputs than
it was given and asks whether anybody notices. `broken` collects what an exercise does not keep.
What makes no sense for an exercise stands in `tests/checks/excused`, with a reason.
`python -m tests.checks.cases gans vit.iou` prints what is left.
"""

from mmtutor import checks
from mmtutor.checks.engine.exercise import Implement
from tests.checks.cases.axes import never_all_different, never_one
from tests.checks.cases.narrow import unnoticed
from tests.checks.cases.values import never_tied, never_zero

RULES = {
    "different": "in some case, all sizes that are not bound to each other are different",
    "one": "this size is 1 in some case",
    "zero": "this argument holds a zero in some case",
    "tie": "the two largest of a row are equal in some case, and nearly equal in another",
    "negative": "some case shows that this may be below 0",
    "small": "some case shows that this may be far below 1, and 0 in a tensor",
    "below_one": "some case shows that this may be below 1",
    "above_one": "some case shows that this may be above 1",
    "huge": "some case shows that this may be above 20 or below -20",
    "exact": "some case shows that two decimals of this are too few",
    "squeezed": "some case shows that an axis of size 1 stays in the result",
    "members": "some case shows that what is true of the first example is not true of all",
    "whole_negative": "some case shows that whole numbers may be below 0",
    "whole_huge": "some case shows that whole numbers may be above 99",
    "fixed": "some case shows that this is not what it is in the first case",
}
"""What the words mean that `broken` returns; the name of an argument or an axis follows them."""


def broken(id: str) -> list[str]:
    """Return the rules that the cases of an exercise do not keep: "zero scores", "one mask[1]"."""
    exercise = checks.find(id)
    assert isinstance(exercise, Implement)
    found = [never_all_different, never_one, never_zero, never_tied, unnoticed]
    return [rule for look in found for rule in look(exercise)]
