"""Rotary positions in either convention. Traps: half of each, values turned, lengths not kept."""

import math

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
from mmtutor.checks.engine.properties import agree

Three = tuple[Tensor, Tensor, Tensor]


def rotary(
    query: Tensor, key: Tensor, value: Tensor, positions: Tensor, wrong: Wrong = RIGHT
) -> Three:
    """Reference: pair i of every query and key at position p turned by `p / 10000^(2i/d)`.

    Pair i stands in columns 2i and 2i + 1 or, with "halves" in `wrong`, in i and i + d/2.
    """
    if "nothing" in wrong:
        return query, key, turned(value, positions, wrong) if "values" in wrong else value
    of_key = wrong ^ {"halves"} if "key_otherwise" in wrong else wrong
    turned_query = query if "key_alone" in wrong else turned(query, positions, wrong)
    turned_key = key if "query_alone" in wrong else turned(key, positions, of_key)
    if "query_back" in wrong:
        turned_query = turned(query, positions, wrong ^ {"backwards"})
    turned_value = turned(value, positions, wrong) if "values" in wrong else value
    return turned_query, turned_key, turned_value


def turned(x: Tensor, positions: Tensor, wrong: Wrong) -> Tensor:
    """Return vectors (…, position, width) with every pair of columns turned."""
    angle = angles(x, positions, wrong)
    if {"halves_in_neighbours", "neighbours_in_halves"} & wrong:
        return mixed(x, angle, "halves_in_neighbours" in wrong)
    cosine, sine = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    if "swapped" in wrong:
        cosine, sine = sine, cosine
    first, second = apart(x, halves(wrong, "split_halves", "split_neighbours"))
    if "added" in wrong:
        new = first + sine, second + cosine
    elif "no_minus" in wrong:
        new = first * cosine + second * sine, first * sine + second * cosine
    elif "own_cosine" in wrong:
        new = first * cosine, second * sine
    elif "overwritten" in wrong:
        first = first * cosine - second * sine
        new = first, first * sine + second * cosine
    else:
        new = first * cosine - second * sine, first * sine + second * cosine
    return together(*new, halves(wrong, "split_neighbours", "split_halves"))


def halves(wrong: Wrong, yes: str, no: str) -> bool:
    """Say whether pairs stand in two halves; two mistakes say so against the convention."""
    return yes in wrong or ("halves" in wrong and no not in wrong)


def apart(x: Tensor, in_halves: bool) -> tuple[Tensor, Tensor]:
    """Return the first and the second column of every pair."""
    half = x.shape[-1] // 2
    return (x[..., :half], x[..., half:]) if in_halves else (x[..., 0::2], x[..., 1::2])


def together(first: Tensor, second: Tensor, in_halves: bool) -> Tensor:
    """Put the columns of every pair back."""
    if in_halves:
        return torch.cat([first, second], dim=-1)
    return torch.stack([first, second], dim=-1).flatten(-2)


def mixed(x: Tensor, angle: Tensor, neighbours: bool) -> Tensor:
    """Pair the columns in one convention and lay out the angles in the other."""
    wide = torch.cat([angle, angle], -1) if neighbours else angle.repeat_interleave(2, dim=-1)
    first, second = apart(x, not neighbours)
    across = together(-second, first, not neighbours)
    return x * wide.cos().to(x.dtype) + across * wide.sin().to(x.dtype)


def angles(x: Tensor, positions: Tensor, wrong: Wrong) -> Tensor:
    """Return the angle of each pair at each position, (position, width / 2)."""
    p = positions.double()
    if "counted" in wrong:
        p = torch.arange(len(positions)).double()
    if "from_one" in wrong:
        p = p + 1
    if "backwards" in wrong:
        p = -p
    if "half_angle" in wrong:
        p = p / 2
    if "double_angle" in wrong:
        p = p * 2
    if "degrees" in wrong:
        p = p * math.pi / 180
    if "circles" in wrong:
        p = p * 2 * math.pi
    return p[:, None] * frequencies(x.shape[-1], wrong)


def frequencies(width: int, wrong: Wrong) -> Tensor:
    """Return how fast each pair turns."""
    i = torch.arange(width // 2, dtype=torch.float64)
    base = 1000.0 if "base" in wrong else 10000.0
    if "not_doubled" in wrong:
        return base ** -(i / width)
    if "doubled_again" in wrong:
        return base ** -(4 * i / width)
    if "multiplied" in wrong:
        return base ** (2 * i / width)
    if "pairs_from_one" in wrong:
        i = i + 1
    return torch.ones_like(i) if "one_frequency" in wrong else base ** -(2 * i / width)


def rotary_cases() -> list[Case]:
    def case(shape: tuple[int, ...], width: int, positions: list[int], seed: int) -> Case:
        *batch, value_width = shape
        return Case(
            query=random_tensor(*batch, len(positions), width, seed=seed),
            key=random_tensor(*batch, len(positions), width, seed=seed + 1),
            value=random_tensor(*batch, len(positions), value_width, seed=seed + 2),
            positions=torch.tensor(positions),
        )

    same = case((2, 6), 6, [0, 1, 2, 3, 4], 30)  # at every position the same query, the same key
    for name in ("query", "key"):
        same[name] = same[name][:, :1].repeat(1, 5, 1)
    odd = case((3, 2), 4, [3, 3, 130, 0], 40)
    for name in ("query", "key", "value"):
        odd[name].view(-1)[0], odd[name].view(-1)[1], odd[name].view(-1)[-1] = 0.0, 25.0, -25.0
        odd[name][1] = odd[name][0]
    return [
        case((2,), 4, [0, 1, 2], 10),
        same,
        case((2, 3, 8), 6, [5, 2, -4, 7], 50),
        odd,
        case((2, 1), 8, [1, 0], 60),
        case((4, 4), 2, [6], 70),
        case((1, 2), 16, [40, 41, -3], 80),
    ]


def lengths_kept(case: Case, output: Three) -> bool:
    """Say whether queries and keys are as long as they were."""
    return agree(output[0].norm(dim=-1), case["query"].norm(dim=-1)) and agree(
        output[1].norm(dim=-1), case["key"].norm(dim=-1)
    )


def left_at_zero(case: Case, output: Three) -> bool:
    """Say whether nothing turns at position 0."""
    start = case["positions"] == 0
    pairs = ((output[0], case["query"]), (output[1], case["key"]))
    return all(agree(new[..., start, :], old[..., start, :]) for new, old in pairs)


def by_distance(case: Case, output: Three) -> bool:
    """Say whether, of one query and one key at every position, scores depend on i − j alone."""
    query, key, p = case["query"], case["key"], case["positions"]
    if len(p) < 3 or not torch.equal(p, torch.arange(len(p))):
        return True
    if not agree(query, query[..., :1, :].expand_as(query)) or not agree(
        key, key[..., :1, :].expand_as(key)
    ):
        return True
    scores = output[0] @ output[1].mT
    return agree(scores[..., 1:, 1:], scores[..., :-1, :-1])


def is_right(case: Case, output: Three) -> bool:
    """Say whether all three are right, in one of the two conventions."""
    either = (rotary(*case.values(), wrong=frozenset(names)) for names in ((), ("halves",)))
    return any(all(map(agree, output, right)) for right in either)


ROTARY = Implement(
    id="transformer.rotary",
    title="Stretch: rotary positions",
    difficulty=3,
    minutes=25,
    hints=(
        "Cut a vector into pairs of numbers; each pair is an arrow in the plane. At position p "
        "turn "
        "the arrow of pair i by an angle that grows with p. What stays as it was: its length, or "
        "its direction? And who is compared by a dot product, so who has to be turned?",
        "angle = p / 10000^(2i/d), and (a, b) becomes (a cos − b sin, a sin + b cos). Queries and "
        "keys are turned, values are not.",
        "positions (position,) and frequencies (width / 2) give angles (position, width / 2); a "
        "and "
        "b are (…, position, width / 2) each, and together (…, position, width).",
        "i = torch.arange(width // 2)\nangle = positions[:, None] / 10000 ** (...)\n"
        "a, b = x[..., 0::2], x[..., 1::2]\n"
        "turned = torch.stack([..., ...], dim=-1).flatten(-2)",
    ),
    reference=rotary,
    cases=rotary_cases,
    conventions=("halves",),
    mistakes=(
        Mistake(
            "halves_in_neighbours",
            "You have half of each convention: columns 2i and 2i + 1 are a pair, but the angles "
            "are "
            "laid out for two halves, so the two of a pair turn by different angles. "
            "`repeat_interleave` or `cat`: which goes with your pairs?",
            "layout",
        ),
        Mistake(
            "neighbours_in_halves",
            "You have half of each convention: columns i and i + d/2 are a pair, but the angles "
            "are "
            "laid out for neighbours, so the two of a pair turn by different angles. "
            "`repeat_interleave` or `cat`: which goes with your pairs?",
            "layout",
        ),
        Mistake(
            "key_otherwise",
            "The query's pairs stand in one convention and the key's in the other, so their dot "
            "product compares columns that do not belong together. Choose one for both.",
            "layout who",
        ),
        Mistake(
            "split_neighbours",
            "You take neighbours apart, but you put the turned numbers back as two halves: the "
            "columns have changed places. (A score would not notice.) Put each number back where "
            "it came from.",
            "layout",
        ),
        Mistake(
            "split_halves",
            "You take two halves apart, but you put the turned numbers back as neighbours: the "
            "columns have changed places. (A score would not notice.) Put each number back where "
            "it came from.",
            "layout",
        ),
        Mistake(
            "values",
            "The values are turned, too. They are not compared but handed on: leave them.",
            "value",
        ),
        Mistake(
            "nothing",
            "Queries and keys come back as they were. Which argument says where a token stands, "
            "and "
            "what does it do to them?",
            "who layout direction function position unit frequency",
        ),
        Mistake(
            "query_alone",
            "The keys are not turned. A score then depends on where the query stands, and not on "
            "how far away the key is.",
            "who",
        ),
        Mistake(
            "key_alone",
            "The queries are not turned. A score then depends on where the key stands, and not on "
            "how far away the query is.",
            "who",
        ),
        Mistake(
            "query_back",
            "The queries turn one way and the keys the other, so a score depends on i + j. Both "
            "turn the same way.",
            "who direction",
        ),
        Mistake(
            "backwards",
            "All turns backwards: look at the two signs of the sine in (a cos − b sin, a sin + "
            "b cos).",
            "direction function",
        ),
        Mistake(
            "no_minus",
            "The lengths are not kept: of the two sines one needs a minus. Which?",
            "function layout direction",
        ),
        Mistake(
            "overwritten",
            "The second number of each pair is made of the *new* first one. Which `a` does the "
            "formula mean?",
            "function layout direction",
        ),
        Mistake(
            "own_cosine",
            "a is multiplied by a cosine and b by a sine, and that is all. A turn mixes the two.",
            "function layout direction",
        ),
        Mistake(
            "swapped",
            "Sine and cosine have changed places. At position 0 nothing should turn: which of the "
            "two is 1 there?",
            "function layout direction",
        ),
        Mistake(
            "added",
            "You *add* the sines and cosines, as sinusoid positions are added. Here the arrow is "
            "turned: its length stays.",
            "function layout direction",
        ),
        Mistake(
            "counted",
            "Your positions are 0, 1, 2, …, whatever is given. Which argument says where a token "
            "stands?",
            "position",
        ),
        Mistake(
            "from_one",
            "Your positions are one larger than those given. At position 0 nothing should turn.",
            "position",
        ),
        Mistake("half_angle", "All angles are half of what they should be.", "unit"),
        Mistake(
            "double_angle",
            "All angles are twice what they should be. Is something turned twice?",
            "unit",
        ),
        Mistake(
            "degrees",
            "Your angles are taken for degrees. `torch.sin` takes radians, and so does the "
            "formula.",
            "unit",
        ),
        Mistake(
            "circles",
            "Your angles carry a factor 2π, as if they counted whole turns. Does the formula have "
            "one?",
            "unit",
        ),
        Mistake(
            "not_doubled",
            "Your angles are those of an exponent half as large: i/d where the formula has 2i/d. "
            "(The "
            "root of 10000, 100, would do the same.)",
            "frequency",
        ),
        Mistake(
            "doubled_again",
            "Your angles are those of an exponent twice as large: 4i/d, where the formula has "
            "2i/d. Does your counter go 0, 1, 2, … or 0, 2, 4, … already?",
            "frequency",
        ),
        Mistake(
            "multiplied",
            "Your angles grow from pair to pair: p *times* the power. The formula divides by it.",
            "frequency",
        ),
        Mistake(
            "pairs_from_one",
            "Your pairs are counted from 1, so that the fastest is missing. What is i in the first "
            "pair?",
            "frequency",
        ),
        Mistake(
            "one_frequency",
            "All your pairs turn equally fast. Where does i come in?",
            "frequency layout unit",
        ),
        Mistake("base", "Your base is 1000. How many zeros has the card's?", "frequency"),
    ),
    properties=(
        Property(
            "The third thing should be the values as they came; yours is something else.",
            lambda case, output: agree(output[2], case["value"]),
        ),
        Property(
            "At position 0 the angle is 0 and nothing turns, so queries and keys should stay as "
            "they are there. Yours do not.",
            left_at_zero,
        ),
        Property(
            "A turn changes no length, but some query or key of yours is longer or shorter "
            "afterwards. Do the two numbers of a pair share one angle, and has one sine a minus?",
            lengths_kept,
        ),
        Property(
            "If one query and one key stand at every position, a score should depend on i − j "
            "alone; yours does not. Are both turned, the same way, and pair by pair alike?",
            by_distance,
        ),
        Property(
            "No length changes and nothing turns at position 0, yet the numbers are others: look "
            "at "
            "the angles, p / 10000^(2i/d), at the direction of the turn, and at which columns are "
            "a pair.",
            is_right,
        ),
    ),
)
