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
from tests.checks.cases.values import never_one_sided, never_tied, never_twins, never_zero

RULES = {
    "different": "all sizes that are not bound to each other are different in some case",
    "one": "this size is 1 in some case",
    "zero": "this argument holds a zero in some case",
    "twins": "this argument holds two equal members in some case",
    "tie": "the two largest of a row are equal in some case, and nearly equal in another",
    "one_sided": "the first holds an id that the second does not hold, in some case",
    "negative": "a case shows that this may be below 0",
    "small": "a case shows that this may be far below 1 (0 in a tensor, 0.0005 for a number)",
    "below_one": "a case shows that this may be below 1",
    "above_one": "a case shows that this may be above 1",
    "high": "a case shows that this may be above 20",
    "low": "a case shows that this may be below -20",
    "exact": "a case shows that two decimals of this are too few",
    "squeezed": "a case shows that an axis of size 1 stays in the result",
    "members": "a case shows that what holds for the first along this axis does not hold for all",
    "whole_negative": "a case shows that these whole numbers may be below 0",
    "whole_huge": "a case shows that these whole numbers may be above 99",
    "fixed": "a case shows that this number is not what it is in the first case",
    "counted": "a case shows that this number is not the largest id in that argument",
    "counted_from_0": "a case shows that this number is not the largest id in there, and one",
}
"""What the words mean that `broken` returns; the name of an argument or an axis follows them."""

LOOKS = (
    *(never_all_different, never_one),
    *(never_zero, never_twins, never_tied, never_one_sided),
    unnoticed,
)


def broken(id: str) -> list[str]:
    """Return the rules that the cases of an exercise do not keep: "zero scores", "one mask[1]"."""
    exercise = checks.find(id)
    assert isinstance(exercise, Implement)
    return [rule for look in LOOKS for rule in look(exercise)]
