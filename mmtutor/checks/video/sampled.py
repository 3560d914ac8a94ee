"""Choose frames of a film. Traps: the ends, the beginnings of the parts, steps that are rounded.

It is how temporal segment networks choose frames at test time (Wang et al. 2016, arXiv 1608.00859).
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.gpt.shared import either

Numbers = list[int]


def sampled(total: int, count: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the frame in the middle of each of `count` equal parts of a film."""
    places = range(count)
    last = max(count - 1, 1)
    ways: dict[str, Callable[[], Numbers]] = {
        "ends": lambda: [i * (total - 1) // last for i in places],
        "ends_rounded": lambda: [round(i * (total - 1) / last) for i in places],
        "inside": lambda: [(i + 1) * total // (count + 1) for i in places],
        "inside_ends": lambda: [(i + 1) * (total - 1) // (count + 1) for i in places],
        "first": lambda: list(places),
        "last": lambda: [total - count + i for i in places],
        "middle_of_film": lambda: [(total - count) // 2 + i for i in places],
        "begins": lambda: [i * total // count for i in places],
        "next_begins": lambda: [(i + 1) * total // count for i in places],
        "closes": lambda: [(i + 1) * total // count - 1 for i in places],
        "whole_step": lambda: [i * (total // count) for i in places],
        "whole_part": lambda: [i * (total // count) + total // count // 2 for i in places],
        "rounded": lambda: [math.floor((i + 0.5) * total / count + 0.5) for i in places],
        "rounded_even": lambda: [round((2 * i + 1) * total / (2 * count)) for i in places],
        "up": lambda: [-((-(2 * i + 1) * total) // (2 * count)) for i in places],
        "earlier": lambda: [((2 * i + 1) * total - 1) // (2 * count) for i in places],
        "half_even": lambda: [round((2 * i + 1) * total / (2 * count) - 0.5) for i in places],
        "half_less": lambda: [((2 * i + 1) * total - count) // (2 * count) for i in places],
        "precedence": lambda: [i + total // (2 * count) for i in places],
        "half_ends": lambda: [(i + 1) * total // (2 * count) for i in places],
        "exchanged": lambda: [(2 * i + 1) * count // (2 * total) for i in places],
        "exchanged_all": lambda: exactly(count, total),
        "last_frame": lambda: [(2 * i + 1) * (total - 1) // (2 * count) for i in places],
        "last_frame_rounded": lambda: [round((i + 0.5) * (total - 1) / count) for i in places],
        "inside_rounded": lambda: [round((i + 1) * total / (count + 1)) for i in places],
        "inside_ends_rounded": lambda: [round((i + 1) * (total - 1) / (count + 1)) for i in places],
        "end_less_half_frame": lambda: [int((i + 1) * total / count - 0.5) for i in places],
        "next_middles": lambda: [(2 * i + 3) * total // (2 * count) for i in places],
        "next_middles_cut": lambda: [
            min((2 * i + 3) * total // (2 * count), total - 1) for i in places
        ],
        "half_frame": lambda: [(2 * i * total + count) // (2 * count) for i in places],
        "half_part_whole": lambda: [i * total // count + total // count // 2 for i in places],
        "half_part_down": lambda: [(2 * i * total // count + total // count) // 2 for i in places],
        "middles": lambda: [middle(i, total, count) for i in places],
        "middles_down": lambda: [middle(i, total, count, 1) for i in places],
        "cuts_rounded": lambda: cuts_rounded(total, count),
        "unequal": lambda: [part[len(part) // 2] for part in unequal(total, count)],
        "unequal_earlier": lambda: [part[(len(part) - 1) // 2] for part in unequal(total, count)],
        "unequal_or_stop": lambda: [part[len(part) // 2] for part in whole(total, count)],
        "unequal_or_zero": lambda: [
            part[len(part) // 2] if part else 0 for part in whole(total, count)
        ],
        "part_up": lambda: in_steps(-(-total // count), count, 2 * total),
        "part_up_cut": lambda: in_steps(-(-total // count), count, total),
        "part_rounded": lambda: in_steps(round(total / count), count, 2 * total),
        "part_rounded_cut": lambda: in_steps(round(total / count), count, total),
        "first_is_zero": lambda: [0, *exactly(total, count)[1:]],
        "last_is_last": lambda: [*exactly(total, count)[:-1], total - 1],
        "both_ends": lambda: [0, *exactly(total, count)[1:-1], total - 1][:count],
        "stepped": lambda: list(range(0, total, max(total // count, 1)))[:count],
        "all_frames": lambda: list(range(total)),
        "once_only": lambda: list(dict.fromkeys(exactly(total, count))),
        "only_middle": lambda: [total // 2] * count,
        "from_one": lambda: [n + 1 for n in exactly(total, count)],
        "one_early": lambda: [n - 1 for n in exactly(total, count)],
        "backwards": lambda: exactly(total, count)[::-1],
        "cycled": lambda: exactly(total, count) if count <= total else cycled(total, count),
        "padded": lambda: exactly(total, count) if count <= total else padded(total, count),
        "step": lambda: list(range(total // count // 2, total, max(total // count, 1))),
        "random": lambda: drawn(total, count),
    }
    return torch.tensor(either(ways, wrong, lambda: exactly(total, count)))


def exactly(total: int, count: int) -> Numbers:
    """Return floor((i + 1/2) · total / count) in whole numbers."""
    return [(2 * i + 1) * total // (2 * count) for i in range(count)]


def middle(part: int, total: int, count: int, less: int = 0) -> int:
    """Return the middle of a part between two whole frames."""
    return (part * total // count + (part + 1) * total // count - less) // 2


def cuts_rounded(total: int, count: int) -> Numbers:
    """Return the middles of parts whose cuts are rounded to whole frames."""
    cuts = [round(i * total / count) for i in range(count + 1)]
    return [(a + b) // 2 for a, b in pairwise(cuts)]


def whole(total: int, count: int) -> list[Numbers]:
    """Return parts of whole frames, the first ones longer; there may be some without frames."""
    return [part.tolist() for part in np.array_split(np.arange(total), count)]


def unequal(total: int, count: int) -> list[Numbers]:
    """Return parts of whole frames, the first ones longer; one without frames has the last."""
    return [part or [total - 1] for part in whole(total, count)]


def in_steps(step: int, count: int, total: int) -> Numbers:
    """Return the middles of parts of so many whole frames, cut off at the end of a film."""
    return [min(i * step + step // 2, total - 1) for i in range(count)]


def cycled(total: int, count: int) -> Numbers:
    """Return the frames of a short film again and again."""
    return [i % total for i in range(count)]


def padded(total: int, count: int) -> Numbers:
    """Return the frames of a short film, then its last one again and again."""
    return [min(i, total - 1) for i in range(count)]


def drawn(total: int, count: int) -> Numbers:
    """Return a frame by chance in each part."""
    generator = torch.Generator().manual_seed(total)
    chance = torch.rand(count, generator=generator).tolist()
    return [math.floor((i + share) * total / count) for i, share in enumerate(chance)]


def sampled_cases() -> list[Case]:
    sizes = (
        *((10, 3), (16, 4), (7, 7), (5, 1), (30, 8), (299, 25), (3, 8), (1, 3), (2, 5)),
        *((1, 1), (100, 9), (13, 5), (64, 16), (11, 10), (250, 3), (9, 2), (6, 4), (6, 12)),
        *((4, 6), (14, 5), (30, 11), (52, 11)),  # middles that are whole, and floats fall short
    )
    chance = (random_tensor(4, 2, seed=10).abs() * 97).long()  # for a grader others
    drawn = [(20 + int(total) % 180, 2 + int(count) % 17) for total, count in chance]
    return [Case(total=total, count=count) for total, count in (*sizes, *drawn)]


def numbers(output: Tensor) -> Numbers:
    """Return the numbers of an answer."""
    return [int(n) for n in torch.as_tensor(output).flatten()]


def so_many(case: Case, output: Tensor) -> bool:
    """Say whether there are as many as asked for."""
    return len(numbers(output)) == case["count"]


def rises(case: Case, output: Tensor) -> bool:
    """Say whether no number is smaller than the one before."""
    found = numbers(output)
    return found == sorted(found)


def is_long(case: Case) -> bool:
    """Say whether a film is cut into parts, and each is a frame long at least."""
    return 1 < case["count"] <= case["total"]


def is_short(case: Case) -> bool:
    """Say whether a film has fewer frames than asked for."""
    return bool(case["count"] > case["total"])


def is_whole(case: Case) -> bool:
    """Say whether a film is one part."""
    return bool(case["count"] == 1)


def in_their_parts(case: Case, output: Tensor) -> bool:
    """Say whether in a long film the i-th frame lies in the i-th part."""
    total, count = case.values()
    return not is_long(case) or all(
        i * total // count <= n < (i + 1) * total / count for i, n in enumerate(numbers(output))
    )


def in_the_middle(where: Callable[[Case], bool], case: Case, output: Tensor) -> bool:
    """Say whether in some films all is right, but where a middle lies between two frames."""
    total, count = case.values()
    places = zip(range(count), numbers(output), exactly(total, count), strict=True)
    return not where(case) or all(
        mine == wanted or (2 * i + 1) * total % (2 * count) == 0 for i, mine, wanted in places
    )


def is_exact(case: Case, output: Tensor) -> bool:
    """Say whether all is right."""
    return numbers(output) == exactly(*case.values())


SAMPLED = Implement(
    id="video.sampled",
    title="A few frames of a long film",
    difficulty=1,
    minutes=10,
    hints=(
        "Draw a film of 10 frames as a bar from 0 to 10 and cut it into 3 equal parts. Where do "
        "the parts end, and where are their middles? Frame 5 covers the bar from 5 to 6.",
        "Part i goes from i · total / count to (i + 1) · total / count. Round the middle down.",
        "total, count: whole numbers. `count` whole numbers from 0 to total − 1, not falling.",
        "return [int((... + 0.5) * ... / ...) for i in range(count)]",
    ),
    reference=sampled,
    cases=sampled_cases,
    mistakes=(
        Mistake(
            "ends",
            "Your frames begin with the film's first and end with its last one, as `linspace` "
            "does. "
            "Which frame is the middle of the first part?",
            "where",
        ),
        Mistake(
            "ends_rounded",
            "Your frames go from the film's first to its last one, rounded. Which frame is the "
            "middle of the first part?",
            "where",
        ),
        Mistake(
            "inside",
            "You cut the film with `count` cuts, so there is one part more, and the cuts are your "
            "frames. Cut it into `count` parts and take their middles.",
            "where",
        ),
        Mistake(
            "inside_ends",
            "You put `count` cuts between frame 0 and the last one. Cut the film into `count` "
            "parts and take their middles.",
            "where",
        ),
        Mistake("first", "These are the film's first frames. The rest is never seen.", "where"),
        Mistake("last", "These are the film's last frames. The rest is never seen.", "where"),
        Mistake(
            "middle_of_film",
            "These are neighbours from the middle of the film. Its beginning and its end are never "
            "seen.",
            "where",
        ),
        Mistake(
            "begins",
            "Each frame is the *first* of its part. How far is it from there to the middle?",
            "where",
        ),
        Mistake(
            "next_begins",
            "Each frame is the first of the *next* part, and the last number is no frame at all.",
            "where",
        ),
        Mistake("closes", "Each frame is the *last* of its part. Where is the middle?", "where"),
        Mistake(
            "whole_step",
            "Your step is rounded to whole frames, and you begin at 0. With 30 frames and 8 parts "
            "a part is 3.75 frames long.",
            "where",
        ),
        Mistake(
            "whole_part",
            "You round the length of a part to whole frames before you multiply. With 30 frames "
            "and 8 parts the film's end is never seen.",
            "where",
        ),
        Mistake(
            "rounded",
            "You round to the nearest number. The frame that *covers* the middle is asked for: "
            "which covers 8.7?",
            "where",
        ),
        Mistake(
            "rounded_even",
            "You round to the nearest number, as `round` does. The frame that *covers* the middle "
            "is asked for: which covers 8.7?",
            "where",
        ),
        Mistake(
            "earlier",
            "If a middle lies between two frames, you take the earlier one. The later one is asked "
            "for.",
            "where",
        ),
        Mistake(
            "half_even",
            "If a middle lies between two frames, yours is now the earlier and now the later one: "
            "`round` goes to the even number. Take the later one.",
            "where",
        ),
        Mistake(
            "half_less",
            "You take half a frame away from the middle. Frame 5 covers the bar from 5 to 6: which "
            "covers 5.2?",
            "where",
        ),
        Mistake(
            "precedence",
            "Only the half is multiplied by the length of a part: `i + 0.5 * …` is "
            "`i + (0.5 * …)`.",
            "where",
        ),
        Mistake(
            "half_ends",
            "You halve where a part *ends*: half of the way from frame 0. The middle of a part "
            "lies between its beginning and its end.",
            "where",
        ),
        Mistake(
            "exchanged",
            "`total` and `count` have changed places in your formula.",
            "where",
        ),
        Mistake(
            "exchanged_all",
            "`total` and `count` have changed places: you take `total` frames from a film of "
            "`count`.",
            "where",
        ),
        Mistake(
            "up", "You round up. Which frame covers the place 1.7: frame 1 or frame 2?", "where"
        ),
        Mistake(
            "last_frame",
            "You spread the parts over total − 1. A film of 10 frames is a bar from 0 to 10.",
            "where",
        ),
        Mistake(
            "last_frame_rounded",
            "You spread the parts over total − 1, and round. A film of 10 frames is a bar from 0 "
            "to 10, and the frame that covers the middle is asked for.",
            "where",
        ),
        Mistake(
            "inside_rounded",
            "You cut the film with `count` cuts, so there is one part more, and the cuts, rounded, "
            "are your frames. Cut it into `count` parts and take their middles.",
            "where",
        ),
        Mistake(
            "inside_ends_rounded",
            "You put `count` cuts between frame 0 and the last one, and round. Cut the film into "
            "`count` parts and take their middles.",
            "where",
        ),
        Mistake(
            "end_less_half_frame",
            "You take half a *frame* away from the end of a part. How long is half a part?",
            "where",
        ),
        Mistake(
            "next_middles",
            "You begin with the second part, and end behind the film. Is the first part number 0 "
            "or number 1?",
            "where",
        ),
        Mistake(
            "next_middles_cut",
            "You begin with the second part, and the last frame comes for what would lie behind "
            "the film. Is the first part number 0 or number 1?",
            "where",
        ),
        Mistake(
            "half_frame",
            "You add half a *frame* to the beginning of a part. How long is half a part?",
            "where",
        ),
        Mistake(
            "half_part_whole",
            "You round twice: the beginning of a part, and half its length. Round once, at the "
            "end.",
            "where",
        ),
        Mistake(
            "half_part_down",
            "You round the length of a part before you halve it. Round once, at the end.",
            "where",
        ),
        Mistake(
            "middles",
            "You cut between whole frames first and take the middle then. The cuts are not "
            "rounded: "
            "only the middle is.",
            "where",
        ),
        Mistake(
            "middles_down",
            "You take the middle of the first and the last whole frame of a part. The parts are "
            "not "
            "rounded: only the middle is.",
            "where",
        ),
        Mistake(
            "cuts_rounded",
            "You round the cuts to whole frames first and take the middle then. Only the middle is "
            "rounded.",
            "where",
        ),
        Mistake(
            "unequal",
            "Your parts are of whole frames, the first ones longer, as `array_split` makes them. "
            "They are to be equal, and may begin within a frame.",
            "where",
        ),
        Mistake(
            "unequal_or_stop",
            "Your parts are of whole frames, as `array_split` makes them, and a short film has "
            "parts without any. They are to be equal, and may begin within a frame.",
            "where",
        ),
        Mistake(
            "unequal_or_zero",
            "Your parts are of whole frames, as `array_split` makes them, and a part without any "
            "gets frame 0. They are to be equal, and may begin within a frame.",
            "where",
        ),
        Mistake(
            "unequal_earlier",
            "Your parts are of whole frames, the first ones longer, and of two frames in the "
            "middle "
            "you take the earlier. The parts are to be equal, and may begin within a frame.",
            "where",
        ),
        Mistake(
            "part_up",
            "You round the length of a part *up* to whole frames before you multiply. With 30 "
            "frames and 8 parts a part is 3.75 frames long.",
            "where",
        ),
        Mistake(
            "part_up_cut",
            "You round the length of a part *up* to whole frames, and cut off what lies behind the "
            "film. With 30 frames and 8 parts a part is 3.75 frames long.",
            "where",
        ),
        Mistake(
            "part_rounded",
            "You round the length of a part to the nearest whole number before you multiply. With "
            "30 frames and 8 parts a part is 3.75 frames long.",
            "where",
        ),
        Mistake(
            "part_rounded_cut",
            "You round the length of a part to the nearest whole number, and cut off what lies "
            "behind the film. With 30 frames and 8 parts a part is 3.75 frames long.",
            "where",
        ),
        Mistake(
            "first_is_zero",
            "Your first number is always 0. Where is the middle of the first part?",
            "where",
        ),
        Mistake(
            "last_is_last",
            "Your last number is always the film's last frame. Where is the middle of the last "
            "part?",
            "where",
        ),
        Mistake(
            "both_ends",
            "Your first number is always 0 and your last one the film's last frame. Where are the "
            "middles of the first and the last part?",
            "where",
        ),
        Mistake(
            "stepped",
            "You step through the film in whole frames, from frame 0. Where is the middle of the "
            "first part?",
            "where",
        ),
        Mistake("all_frames", "These are all frames. `count` of them are asked for.", "where"),
        Mistake(
            "once_only",
            "Each frame comes once in yours. If the film has fewer frames than asked for, some "
            "come "
            "again.",
            "where",
        ),
        Mistake("only_middle", "You take the middle of the *film*, again and again.", "where"),
        Mistake("from_one", "You count frames from 1. The first is frame 0.", "where"),
        Mistake("one_early", "Each frame is one too early.", "where"),
        Mistake("backwards", "The last frame comes first. Time runs forwards.", "where"),
        Mistake(
            "cycled",
            "A film that is too short begins anew in yours. The same formula holds there, too: a "
            "frame comes several times in a row.",
            "where",
        ),
        Mistake(
            "padded",
            "A film that is too short is filled up with its last frame in yours. The same formula "
            "holds there, too.",
            "where",
        ),
        Mistake(
            "step",
            "You go through the film in whole steps, from the middle of the first. So there may be "
            "too many frames. Where are the parts if 30 frames are cut into 8?",
            "where",
        ),
        Mistake("random", "You take a frame by chance in each part. Take the middle.", "where"),
    ),
    properties=(
        Property("`count` numbers are asked for, however long the film is.", so_many),
        Property(
            "The frames are to be in order of time: no number is below the one before.", rises
        ),
        Property(
            "The i-th frame is to lie in the i-th part of the film. In yours one lies before its "
            "part or behind it: where does each part begin?",
            in_their_parts,
        ),
        Property(
            "Each frame lies in its part, but not always in the middle. How far is it from where a "
            "part begins, and is something rounded on the way there?",
            partial(in_the_middle, is_long),
        ),
        Property(
            "If one frame is asked for, the whole film is one part. Which frame covers its middle?",
            partial(in_the_middle, is_whole),
        ),
        Property(
            "A film that has fewer frames than asked for is not right yet. Does the same formula "
            "hold for it?",
            partial(in_the_middle, is_short),
        ),
        Property(
            "Only a middle that lies between two frames goes wrong in yours: take the later of the "
            "two. `round` goes to the even number, and a fraction that was rounded before may end "
            "just below the whole number.",
            is_exact,
        ),
    ),
)
