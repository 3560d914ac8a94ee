"""Targets where names repeat. Traps: the identity, and rows that do not sum to 1."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.contrastive.shared import either
from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.engine.properties import agree


def targets(names: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: in each row an equal share for every column with the same name."""
    if "no_axis" in wrong:
        same = (names == names).float()
        return same / same.sum()
    if "as_columns" in wrong:
        return torch.eye(len(names))[names]  # where there is no such row, this raises
    if "classes" in wrong:
        return F.one_hot(names).float()
    if "by_places" in wrong and (names < 0).any():
        raise RuntimeError  # as `one_hot` and `bincount` do
    same = (names.unsqueeze(1) == names).float()
    first = F.one_hot(same.argmax(1), len(names)).float()
    ways: dict[str, Callable[[], Tensor]] = {
        "identity": lambda: torch.eye(len(names)),
        "no_self_safe": lambda: same - torch.eye(len(names)),
        "no_self": lambda: same - torch.eye(len(names)),
        "different": lambda: 1 - same,
        "first_only": lambda: first,
        "up_to_here": lambda: same.tril(),
        "further_on": lambda: same.triu(),
        "side_by_side": lambda: same.tril(1).triu(-1),
        "neighbours": lambda: ((names.unsqueeze(1) - names).abs() <= 1).float(),
        "signs": lambda: (names.abs().unsqueeze(1) == names.abs()).float(),
        "rounded_names": lambda: (names.float().unsqueeze(1) == names.float()).float(),
        "sorted": lambda: (names.sort().values.unsqueeze(1) == names.sort().values).float(),
        "everybody": lambda: torch.ones_like(same),
        "nobody": lambda: torch.zeros_like(same),
    }
    asked = either(ways, wrong, same)
    return asked if "nobody" in wrong else divided(asked, names, wrong)


def divided(same: Tensor, names: Tensor, wrong: Wrong) -> Tensor:
    """Make shares of zeros and ones, in one of the ways that people try."""
    ways: dict[str, Callable[[], Tensor]] = {
        "not_divided": lambda: same,
        "by_n": lambda: same / len(names),
        "by_names": lambda: same / len(names.unique()),
        "by_total": lambda: same / same.sum(),
        "by_root": lambda: F.normalize(same, dim=1),
        "softmax": lambda: same.softmax(1),
        "two_built_in": lambda: same / 2,
        "half_of_copies": lambda: torch.where(same.sum(1, keepdim=True) > 1, same / 2, same),
        "one_too_many": lambda: same / (same.sum(1, keepdim=True) + 1),
        "half_for_itself": lambda: with_half_for_itself(same),
        "own_whole": lambda: (same / same.sum(1, keepdim=True)).fill_diagonal_(1),
        "by_place": lambda: same / names.bincount().unsqueeze(1),
        "squared": lambda: same / same.sum(1, keepdim=True).square(),
        "no_self_safe": lambda: same / same.sum(1, keepdim=True).clamp(min=1),
    }
    return either(ways, wrong, same / same.sum(1, keepdim=True))


def with_half_for_itself(same: Tensor) -> Tensor:
    """Return half for a row's own column, and the other half shared by the copies."""
    own = torch.eye(len(same))
    copies = same - own
    count = copies.sum(1, keepdim=True)
    return torch.where(count > 0, (own + copies / count.clamp(min=1)) / 2, own)


def name_cases() -> list[Case]:
    rows = ([4, 4, 1], [0, 2, 0, 5, 0], [3, 1, 3, 3, 1, 7], [2, 0, 1], [9, 8, 8, 2, 9, 8, 0])
    rows = (*rows, [3], [-3, 3, -3, 16777217, 16777216, 0, -7, 16777217], [40, 296, 40, 1040])
    return [Case(names=torch.tensor(row)) for row in rows]


def rows_sum_to_one(case: Case, output: Tensor) -> bool:
    """Say whether the shares of each row sum to 1."""
    sums = output.double().sum(-1)
    return output.shape != (len(case["names"]),) * 2 or agree(sums, torch.ones_like(sums))


def same_name_same_share(case: Case, output: Tensor) -> bool:
    """Say whether two columns with one name get the same share in every row."""
    same = case["names"].unsqueeze(1) == case["names"]
    first = same.int().argmax(1)  # for each column the first with its name
    return output.shape != same.shape or agree(output.nan_to_num(), output[:, first].nan_to_num())


def others_get_nothing(case: Case, output: Tensor) -> bool:
    """Say whether a column with another name has no share."""
    same = case["names"].unsqueeze(1) == case["names"]
    return output.shape != same.shape or not bool(output[~same].any())


TARGETS = Implement(
    id="contrastive.targets",
    title="Two captions that are the same",
    difficulty=2,
    minutes=15,
    hints=(
        "Take one row and ask of every column: does it have this row's name? Then think of the "
        "row as a probability: what is there to share, and among how many?",
        "t_ij = 1 / (how often the name of i occurs) where the names of i and j are equal, else 0.",
        "names as a column (n, 1) against names as a row (n,): booleans (n, n). Their sum along "
        "each row: (n, 1). Shares (n, n), as floats.",
        "same = names.unsqueeze(...) == names\nreturn same / same.sum(dim=..., keepdim=...)",
    ),
    reference=targets,
    cases=name_cases,
    mistakes=(
        Mistake(
            "identity",
            "Only the diagonal gets something. When two pictures have the same name, is the "
            "other one's text wrong?",
            "who share",
        ),
        Mistake(
            "no_self",
            "A row's own column gets nothing: you leave the pair itself out, and 0/0 where a name "
            "occurs once. Is a picture's own text a right answer?",
            "who",
        ),
        Mistake(
            "no_self_safe",
            "A row's own column gets nothing, and a name that occurs once has a row of zeros. Is a "
            "picture's own text a right answer?",
            "who share",
        ),
        Mistake(
            "different",
            "The shares go to the columns with *another* name. Who belongs together?",
            "who",
        ),
        Mistake(
            "first_only",
            "Only the first text with a name gets something. Is the second one, which says the "
            "same, wrong?",
            "who share",
        ),
        Mistake(
            "up_to_here",
            "Only texts up to a row's own count as right. What of one further along that says the "
            "same?",
            "who",
        ),
        Mistake(
            "everybody",
            "Every column gets the same share, whatever its name. Which columns are right answers?",
            "who share",
        ),
        Mistake(
            "not_divided",
            "Right answers get a whole 1 each, so that a row with two of them sums to 2. What "
            "should a row of probabilities sum to?",
            "share",
        ),
        Mistake(
            "by_n",
            "You divide by the number of columns. Among how many of them is a row shared?",
            "share",
        ),
        Mistake(
            "by_names",
            "You divide by how many different names there are. Among how many columns is a row "
            "shared?",
            "share",
        ),
        Mistake(
            "by_total",
            "Your whole matrix sums to 1. What should each row sum to?",
            "share",
        ),
        Mistake(
            "by_root",
            "You divide by the root of the count: the *squares* of a row sum to 1. What should sum "
            "to 1?",
            "share",
        ),
        Mistake(
            "softmax",
            "A softmax gives something to every column, also to the wrong ones. What is the "
            "exponential of 0?",
            "share",
        ),
        Mistake(
            "no_axis",
            "You compare each name with itself. (`.T` does nothing to a single axis.) Where does "
            "`names` need a new axis, so that each meets each?",
            "who share",
        ),
        Mistake(
            "classes",
            "Your columns are names: this says which name each row has. What are the columns of "
            "(n, n)?",
            "who share",
        ),
        Mistake(
            "further_on",
            "Only texts from a row's own on count as right. What of one before it that says the "
            "same?",
            "who",
        ),
        Mistake(
            "side_by_side",
            "A copy counts only if it stands right beside. Copies may stand anywhere: which pairs "
            "of rows should be compared?",
            "who",
        ),
        Mistake(
            "neighbours",
            "Names whose numbers lie close together count as the same. The numbers mean nothing: "
            "when are two names the same?",
            "who",
        ),
        Mistake(
            "signs",
            "The sign of the numbers has no say. They mean nothing, but −3 and 3 are two names.",
            "who",
        ),
        Mistake(
            "rounded_names",
            "You turn the numbers into floats, and large ones that differ by 1 become the same. "
            "In which type are they compared exactly?",
            "who",
        ),
        Mistake(
            "sorted",
            "You sort the names first: the rows are no longer those of the batch.",
            "who",
        ),
        Mistake(
            "by_places",
            "You use the numbers as places, as `one_hot` and `bincount` do. They mean nothing: "
            "they may be negative, or huge. What else can be done with two names than ask whether "
            "they are equal?",
            "who",
        ),
        Mistake(
            "two_built_in",
            "You halve, whatever the row. How many columns have a row's name?",
            "share",
        ),
        Mistake(
            "half_of_copies",
            "Every name that comes again gets halves. What if it comes three times?",
            "share who",
        ),
        Mistake(
            "one_too_many",
            "You count one too many. How many columns have a row's name?",
            "share",
        ),
        Mistake(
            "half_for_itself",
            "A row's own column gets half, and its copies share the other half. What does *equal* "
            "share ask for?",
            "share who",
        ),
        Mistake(
            "squared",
            "You divide by the square of the count, or twice. What should a row of probabilities "
            "sum to?",
            "share",
        ),
        Mistake(
            "nobody",
            "Your matrix is all zeros. If you compare two members of a tensor with `is`, or look "
            "one up in a set: they are never the same *thing*. How do you ask whether their "
            "numbers are equal?",
            "who share",
        ),
        Mistake(
            "as_columns",
            "You use the number of a name as the number of a column. They mean nothing: which "
            "columns have the same name as row i?",
            "who share",
        ),
        Mistake(
            "by_place",
            "Place k of `bincount(names)` says how often the *name* k occurs, and you divide "
            "*row* k by it. How often does the name of row k occur?",
            "who share",
        ),
        Mistake(
            "own_whole",
            "A row's own column gets a whole 1, and its copies a share on top. What should a row "
            "of probabilities sum to?",
            "who share",
        ),
    ),
    properties=(
        Property(
            "A column with another name gets nothing; somewhere yours does.",
            others_get_nothing,
        ),
        Property(
            "What a row has to give is 1 in all; somewhere your row sums to something else.",
            rows_sum_to_one,
        ),
        Property(
            "Two columns with the same name are equally right; somewhere yours get different "
            "shares.",
            same_name_same_share,
        ),
    ),
)
