"""How a number is related to the one asked for. The answer is not given away: a direction is left.

One or two numbers agree by chance with something sooner or later. So a relation must hold to four
digits, and only the commonest slips are looked for.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

EXACT = 5e-4
SHORT = "If you rounded, that is right as far as it goes, but more decimals are asked for."
"""A short number may just as well be another one that nobody rounded."""
COUNTED = 1000
"""Who counts one by one gets no further than this; a larger number has been calculated."""
OFF_BY_ONE = "You are off by one. Does the counting begin at 0 or at 1, and is the end included?"
SLIP = "You are off by one: a slip of arithmetic, or is something counted that is only one?"
PAIRS: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("The sign is wrong, and only the sign.", lambda x: -x),
    ("It is 1 minus the number that is asked for: its complement.", lambda x: 1 - x),
    ("The decimal point is off: a percentage for a share, or the reverse?", lambda x: 100 * x),
    ("The decimal point is off: a percentage for a share, or the reverse?", lambda x: x / 100),
    ("A factor of 2 is off: is something counted twice, or only once?", lambda x: 2 * x),
    ("A factor of 2 is off: is something counted twice, or only once?", lambda x: x / 2),
    ("A factor of 4 is off: where does a 2 come in twice?", lambda x: 4 * x),
    ("A factor of 4 is off: where does a 2 come in twice?", lambda x: x / 4),
    ("It is upside down: what is divided by what?", lambda x: 1 / x),
    ("A base is off: which logarithm do you take, ln, log₂ or log₁₀?", lambda x: x / math.log(2)),
    ("A base is off: which logarithm do you take, ln, log₂ or log₁₀?", lambda x: x * math.log(2)),
    ("A base is off: which logarithm do you take, ln, log₂ or log₁₀?", lambda x: x / math.log(10)),
    ("A base is off: which logarithm do you take, ln, log₂ or log₁₀?", lambda x: x * math.log(10)),
    ("A square or a root is one too many, or missing.", lambda x: x * x),
    ("A square or a root is one too many, or missing.", math.sqrt),
    ("An exponential or a logarithm is one too many, or missing.", math.exp),
    ("An exponential or a logarithm is one too many, or missing.", math.log),
    ("The decimal point is off.", lambda x: 10 * x),
    ("The decimal point is off.", lambda x: x / 10),
)


def relation(numbers: Tensor, truth: Tensor, tolerance: float) -> str | None:
    """Return a sentence on how the numbers are related to those asked for, None if they are not."""
    mine, wanted = numbers.flatten().tolist(), truth.flatten().tolist()
    if len(wanted) > 1 and (sentence := arranged(mine, wanted, tolerance)):
        return sentence
    if sentence := cut_short(mine, wanted):
        return sentence
    if any(x in (0.0, 1.0, -1.0) for x in wanted):
        return None
    if all(map(one_off, mine, wanted)):
        return OFF_BY_ONE if max(map(abs, wanted)) < COUNTED else SLIP
    return next((said for said, slip in PAIRS if slipped(slip, mine, wanted, tolerance)), None)


def slipped(
    slip: Callable[[float], float], mine: Sequence[float], wanted: Sequence[float], tolerance: float
) -> bool:
    """Say whether a slip leads from what is asked for to every number given."""
    try:
        made = [slip(x) for x in wanted]
    except (ValueError, OverflowError, ZeroDivisionError):
        return False
    bound = tolerance if slip is PAIRS[0][1] else min(EXACT, tolerance)  # a sign needs no digits
    return all(
        math.isclose(a, b, rel_tol=bound, abs_tol=0) for a, b in zip(made, mine, strict=True)
    )


def arranged(mine: Sequence[float], wanted: Sequence[float], tolerance: float) -> str | None:
    """Say that the right numbers come in the wrong order."""
    found, right = (torch.tensor(sorted(x)) for x in (mine, wanted))
    if not torch.allclose(found, right, rtol=min(tolerance, 0.01), atol=1e-6):
        return None
    reverse = torch.allclose(
        torch.tensor(mine[::-1]), torch.tensor(wanted), rtol=min(tolerance, 0.01), atol=1e-6
    )
    how = "in reverse order" if reverse else "in another order"
    return f"These are the right numbers, but {how}. Which comes first?"


def cut_short(mine: Sequence[float], wanted: Sequence[float]) -> str | None:
    """Say that the numbers are right as far as they go, and too short."""
    if not all(map(is_short, mine, wanted)):
        return None
    return SHORT


def is_short(mine: float, wanted: float) -> bool:
    """Say whether a number is the one wanted with too few decimals."""
    for digits in range(5):
        near = abs(mine - wanted) <= 0.5 * 10.0**-digits + 1e-9
        short = abs(mine - round(mine, digits)) < 1e-9
        if near and short and abs(wanted) > 10.0**-digits:
            return True
    return False


def one_off(mine: float, wanted: float) -> bool:
    """Say whether two whole numbers are neighbours."""
    whole = mine == round(mine) and wanted == round(wanted)
    return whole and abs(mine - wanted) == 1
