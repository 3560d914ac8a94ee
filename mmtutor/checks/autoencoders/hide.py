"""Modality dropout as two masks. Traps: a pair that loses both, and shares that are halved."""

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong


def hide(draw: Tensor, share: float, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: 1 where a side is present, 0 where it is hidden; a column for each."""
    first, second = draw >= share, draw < 1 - share
    ways = {
        "inverted": (~first, ~second),
        "both_lost": (first, first),
        "swapped": (second, first),
        "total": (draw >= share / 2, draw < 1 - share / 2),
        "first_only": (first, torch.ones_like(first)),
        "second_only": (torch.ones_like(first), second),
        "whole_batch": tuple(x[:1].expand_as(x) for x in (first, second)),
        "fair": (draw >= 0.5, draw < 0.5),
        "opposite": (first, ~first),
        "opposite_second": (second, ~second),
        "above": (draw > share, second),
        "up_to": (first, draw <= 1 - share),
        "both_edges": (draw > share, draw <= 1 - share),
        "mirrored": (draw <= 1 - share, draw > share),
        "hidden_swapped": (draw >= 1 - share, draw < share),
        "other_way": (first, draw >= 1 - share),
        "lost_with_it": (first, first & second),
        "twice": (first, draw < 2 * share),
        "double_share": (draw >= 2 * share, draw < 1 - 2 * share),
        "by_rank": counted(draw, share),
        "low_end": (first, (draw < share) | (draw >= 2 * share)),
        "high_end": ((draw >= 1 - share) | (draw < 1 - 2 * share), second),
        "quantiles": (draw >= draw.quantile(share), draw < draw.quantile(1 - share)),
        "both_turned": (draw < share, draw > 1 - share),
        "rounded": (draw.round() >= share, draw.round() < 1 - share),
    }
    found = next((way for name, way in ways.items() if name in wrong), (first, second))
    there = torch.stack(found, dim=0 if "rows" in wrong else 1).float()
    there = torch.cat(found).float().view(-1, 2) if "cut_anew" in wrong else there
    return there / (1 - share) if "rescaled" in wrong else there


def counted(draw: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Return who is left when a share of the pairs, counted out, loses each side."""
    place, lost = draw.argsort().argsort(), int(share * len(draw))
    return place >= lost, place < len(draw) - lost


def hide_cases() -> list[Case]:
    def case(draw: list[float], share: float) -> Case:
        return Case(draw=torch.tensor(draw), share=share)

    return [
        case([0.05, 0.95, 0.5], 0.2),
        case([0.3, 0.9, 0.02, 0.99, 0.6, 0.15, 0.45], 0.25),
        case([0.75, 0.1, 0.35, 0.65, 0.2], 0.3),
        case([0.55, 0.04, 0.25, 0.97, 0.75, 0.11, 0.88], 0.25),
        case([0.85], 0.4),
        case([0.0, 0.6, 0.97], 0.0),
        case([0.5, 0.2, 0.125, 0.9, 0.625], 0.5),
        case([0.123, 0.877, 0.128, 0.873, 0.5], 0.125),
        case([0.0005, 0.003, 0.9995, 0.0], 0.002),
    ]


def there_or_not(case: Case, output: Tensor) -> bool:
    """Say whether every number is 1 or 0."""
    return bool(((output == 0) | (output == 1)).all())


def nobody_loses_both(case: Case, output: Tensor) -> bool:
    """Say whether every pair has a side left."""
    return output.shape != (len(case["draw"]), 2) or bool(output.bool().any(1).all())


HIDE = Implement(
    id="autoencoders.hide",
    title="Modality dropout",
    difficulty=2,
    minutes=10,
    hints=(
        "Think of the draws as points on a line from 0 to 1. The lowest part of the line loses the "
        "first side, the highest part the second. Can a point lie in both?",
        "present_1 = (u ≥ share), present_2 = (u < 1 − share).",
        "draw (pair,) → two rows of True and False (pair,), as columns: (pair, 2). Then "
        "`.float()` makes 1 and 0 of them.",
        "first = draw >= ...\nsecond = draw < ...\n"
        "return torch.stack([first, second], dim=...).float()",
    ),
    reference=hide,
    cases=hide_cases,
    mistakes=(
        Mistake(
            "inverted",
            "Your 1 and 0 are the other way round. What does a 1 mean here?",
            "who",
        ),
        Mistake(
            "both_lost",
            "Whoever loses the first side loses the second, too, and the encoder sees nothing at "
            "all. From which end of the line should the second side's share be taken?",
            "who",
        ),
        Mistake(
            "swapped",
            "Your columns have changed places. Which side do the lowest draws lose?",
            "who",
        ),
        Mistake(
            "total",
            "Only half of the share is lost on each side. Is `share` meant for each side, or for "
            "both together?",
            "who",
        ),
        Mistake("first_only", "The second side is never hidden in your version.", "who"),
        Mistake("second_only", "The first side is never hidden in your version.", "who"),
        Mistake(
            "whole_batch",
            "All pairs lose the same side: the first draw decides for the whole batch. How many "
            "draws are there, and for whom?",
            "who",
        ),
        Mistake(
            "fair",
            "Each pair loses one side in your version, whatever the share is. Where does `share` "
            "come in?",
            "who",
        ),
        Mistake(
            "opposite",
            "Your second side is there exactly where the first is hidden, so no pair keeps both. "
            "Which share of the line should keep both?",
            "who",
        ),
        Mistake(
            "opposite_second",
            "Your columns are opposites, so no pair keeps both sides. Which share of the line "
            "should keep both?",
            "who",
        ),
        Mistake(
            "above",
            "A draw that is exactly `share` loses its first side in your version. Which sign "
            "stands in the first line, ≥ or >?",
            "who",
        ),
        Mistake(
            "up_to",
            "A draw that is exactly 1 − `share` keeps its second side in your version. Which sign "
            "stands in the second line, < or ≤?",
            "who",
        ),
        Mistake(
            "both_edges",
            "Both edges lie on the wrong side: draws that are exactly `share` or exactly 1 − "
            "`share`. Compare both signs with those on the card.",
            "who",
        ),
        Mistake(
            "mirrored",
            "Your line is mirrored: the lowest draws lose the second side, and both edges lie on "
            "the wrong side, too. Which side do the lowest draws lose?",
            "who",
        ),
        Mistake(
            "hidden_swapped",
            "It looks as if two things were turned round: your 1 says that a side is *hidden*, "
            "and the columns have changed places.",
            "who",
        ),
        Mistake(
            "other_way",
            "The second side is there for the *highest* draws in your version, and who is in the "
            "middle loses it. In which direction does the second sign point?",
            "who",
        ),
        Mistake(
            "lost_with_it",
            "Whoever loses the first side loses the second, too, in your version, besides those "
            "who should. Do the two conditions have anything to do with each other?",
            "who",
        ),
        Mistake(
            "twice",
            "Your second bound is 2 · `share`. In the lesson 2/3 was 1 − 1/3; what is it for "
            "another share?",
            "who",
        ),
        Mistake(
            "double_share",
            "Each side is lost in twice the share of the line. How long should its piece of the "
            "line be?",
            "who",
        ),
        Mistake(
            "by_rank",
            "You count pairs: so many of the batch lose a side, whatever their draws are. Here "
            "the draw alone decides, for each pair by itself.",
            "who",
        ),
        Mistake(
            "low_end",
            "Both shares lie at the low end of your line, one after the other. Which draws lose "
            "the second side?",
            "who",
        ),
        Mistake(
            "high_end",
            "Both shares lie at the high end of your line, one before the other. Which draws lose "
            "the first side?",
            "who",
        ),
        Mistake(
            "quantiles",
            "It looks as if your two bounds came from the draws of the batch (`quantile`?). Here "
            "they are `share` and 1 − `share`, whoever else is drawn.",
            "who",
        ),
        Mistake(
            "both_turned",
            "Both of your signs point the other way, so that whoever is in the middle has no side "
            "left. Which draws *keep* the first side?",
            "who",
        ),
        Mistake(
            "rounded",
            "You round the draws to 0 or 1 before you compare. Then `share` hardly matters: where "
            "on the line does a draw of 0.4 lie?",
            "who",
        ),
        Mistake(
            "rescaled",
            "You make up for what is hidden by scaling what is left, as `nn.Dropout` does. Here "
            "the result only says who is there: what should a 1 be?",
        ),
        Mistake(
            "rows",
            "Your result lies on its side: a row for each side instead of a column.",
            "layout",
        ),
        Mistake(
            "cut_anew",
            "Your numbers have the right shape in the wrong order: put one after the other, then "
            "cut into pairs, neighbours of *one* side share a row. Which function lays two rows "
            "side by side as columns?",
            "layout who",
        ),
    ),
    properties=(
        Property("A side is there (1) or it is not (0). Yours has other numbers.", there_or_not),
        Property(
            "Some pair loses both sides in your version, and has nothing to be drawn from.",
            nobody_loses_both,
        ),
    ),
)
