"""Both ends of a path from one velocity. Traps: t and 1 − t, signs, the order, broadcasting."""

from collections.abc import Callable

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
from mmtutor.checks.generation.shared import beside, same_for_all
from mmtutor.checks.gpt.shared import either

Pair = tuple[Tensor, Tensor]
ALONE = "noise data time both"
"""The group of mistakes that are tried with no other."""


def to_noise(x: Tensor, velocities: Tensor, times: Tensor, wrong: Wrong = RIGHT) -> Pair:
    """Reference: `x − t v` and `x + (1 − t) v`, with each member's own t."""
    t = times_beside(times, x, wrong)
    v = -velocities if "turned" in wrong else velocities
    v = v[:1].expand_as(v) if "first_velocity" in wrong else v
    t = 1 - t if "times_exchanged" in wrong else t
    noise, data = begun(x, v, t, wrong), ended(x, v, t, wrong)
    if "parts" in wrong:
        return (1 - t) * noise, t * data
    if "both_divided" in wrong:
        return x - v / t, x + v / (1 - t)
    if "noise_from_data" in wrong:
        return data + v, data
    if "data_from_noise" in wrong:
        return noise, noise - v
    return noise, data


def times_beside(times: Tensor, x: Tensor, wrong: Wrong) -> Tensor:
    """Return the times beside the states, or with a fixed number of axes."""
    for name, axes in {"for_pictures": 3, "for_points": 1}.items():
        if name in wrong:
            return times.view(-1, *[1] * axes)
    return same_for_all(times, x, wrong)


def begun(x: Tensor, v: Tensor, t: Tensor, wrong: Wrong) -> Tensor:
    """Return the noise."""
    ways: dict[str, Callable[[], Tensor]] = {
        "noise_by_rest": lambda: x - (1 - t) * v,
        "noise_plus": lambda: x + t * v,
        "noise_plus_rest": lambda: x + (1 - t) * v,
        "noise_whole": lambda: x - v + 0 * t,
        "noise_is_x": lambda: x + 0 * t,
        "noise_divided": lambda: x - v / t.clamp(min=1e-3),
        "noise_weighted": lambda: (1 - t) * x - t * v,
        "noise_added": lambda: t * v + 0 * x,
        "noise_x_by_t": lambda: t * (x - v),
        "noise_bracket": lambda: (x - t) * v,
        "noise_over_rest_clamped": lambda: (x - t * (x + (1 - t) * v)) / (1 - t).clamp(min=1e-5),
        "noise_root": lambda: x - t.sqrt() * v,
        "noise_over_rest": lambda: x - t / (1 - t).clamp(min=1e-3) * v,
        "noise_safely": lambda: (x - t * (x + (1 - t) * v)) / (1 - t + 1e-3),
    }
    return either(ways, wrong, lambda: x - t * v)


def ended(x: Tensor, v: Tensor, t: Tensor, wrong: Wrong) -> Tensor:
    """Return the data."""
    ways: dict[str, Callable[[], Tensor]] = {
        "data_by_gone": lambda: x + t * v,
        "data_minus": lambda: x - (1 - t) * v,
        "data_minus_gone": lambda: x - t * v,
        "data_whole": lambda: x + v + 0 * t,
        "data_is_x": lambda: x + 0 * t,
        "data_is_way": lambda: v + 0 * x,
        "data_divided": lambda: x + v / (1 - t).clamp(min=1e-3),
        "data_weighted": lambda: t * x + (1 - t) * v,
        "data_one_more": lambda: x + (1 + t) * v,
        "data_bracket": lambda: (x + 1 - t) * v,
        "data_no_bracket": lambda: x + 1 - t * v,
        "data_x_by_rest": lambda: (1 - t) * (x + v),
        "data_over_time": lambda: x / t.clamp(min=1e-3) + 0 * v,
    }
    return either(ways, wrong, lambda: x + (1 - t) * v)


def ends_cases() -> list[Case]:
    def case(times: list[float], size: tuple[int, ...], seed: int, scale: float = 1.0) -> Case:
        return Case(
            x=scale * random_tensor(len(times), *size, seed=seed),
            velocities=scale * (random_tensor(len(times), *size, seed=seed + 1) + 0.4),
            times=torch.tensor(times),
        )

    twins = case([0.35, 0.8, 0.35, 0.55], (3, 2), 570, 30.0)
    for name in ("x", "velocities"):
        twins[name][2] = twins[name][0]
        twins[name][1, 0] = 0.0
    return [
        case([0.25, 0.6], (1,), 500),
        case([0.0, 0.55, 0.3137], (2,), 510),
        case([0.7, 0.2, 0.9], (3,), 515),
        case([0.8, 0.3, 0.45, 0.15], (3, 2, 5), 520),
        case([0.65, 1.0], (4, 3, 2), 530),
        case([0.55, 0.15, 0.9], (2, 3, 1), 535),
        case([0.4], (1, 2, 3), 540),
        case([0.12, 0.77, 0.5], (3, 1, 4), 545),
        case([0.0004, 0.9996, 0.2, 1.0, 0.6], (2, 4), 550),
        case([0.62, 0.18], (2, 3, 4, 2), 555),
        twins,
        case([0.33, 0.71, 0.95], (5,), 580, 0.003),
    ]


def fits(case: Case, output: Pair) -> bool:
    """Say whether both tensors have the shape of the states."""
    return all(torch.as_tensor(one).shape == case["x"].shape for one in output)


def one_velocity_apart(case: Case, output: Pair) -> bool:
    """Say whether the velocity leads from the noise to the data."""
    noise, data = (one.double() for one in output)
    return not fits(case, output) or agree(data - noise, case["velocities"].double())


def ends_meet(case: Case, output: Pair) -> bool:
    """Say whether x is the noise at time 0 and the data at time 1."""
    if not fits(case, output):
        return True
    start, over, x = case["times"] == 0, case["times"] == 1, case["x"].double()
    noise, data = (one.double() for one in output)
    return agree(noise[start], x[start]) and agree(data[over], x[over])


def lies_between(case: Case, output: Pair) -> bool:
    """Say whether mixing both at the time gives the state."""
    t = beside(case["times"], case["x"]).double()
    noise, data = (one.double() for one in output)
    return not fits(case, output) or agree((1 - t) * noise + t * data, case["x"].double())


def part_right(place: int, case: Case, output: Pair) -> bool:
    """Say whether one of the two is right."""
    wanted = to_noise(*case.values())[place].double()
    return not fits(case, output) or agree(output[place].double(), wanted)


def astray_at_ends_only(case: Case, output: Pair) -> bool:
    """Say whether both are right everywhere, or wrong not at the ends alone."""
    if not fits(case, output) or case["x"][0].numel() < 8:  # few numbers are right by chance
        return True
    both = zip(output, to_noise(*case.values()), strict=True)
    close = [torch.isclose(a.double(), b.double(), atol=1e-4).flatten(1).all(1) for a, b in both]
    right = torch.stack(close).all(0)
    end = (case["times"] < 0.001) | (case["times"] > 0.999)
    few = int((~end).sum()) < 2  # one alone may be right by chance
    return few or bool(right.all()) or not bool(right[~end].all())


def noise_right(case: Case, output: Pair) -> bool:
    """Say whether the noise is right."""
    return part_right(0, case, output)


def data_right(case: Case, output: Pair) -> bool:
    """Say whether the data are right."""
    return part_right(1, case, output)


TO_NOISE = Implement(
    id="generation.to_noise",
    title="Where does it come from, and where does it go?",
    difficulty=2,
    minutes=10,
    hints=(
        "You stand at 3 at time 0.25 and move by 4 in a unit of time. For how long have you been "
        "on the way, and how long is it still to go?",
        "noise = x − t · v, data = x + (1 − t) · v.",
        "x, velocities: (batch, …). times: (batch,), and so (batch, 1, …, 1) with as many axes as "
        "x has: `times.view(-1, *[1] * (x.dim() - 1))`.",
        "t = times.view(-1, *[1] * (...))\nnoise = x - ... * velocities\n"
        "data = x + (...) * velocities\nreturn noise, data",
    ),
    reference=to_noise,
    cases=ends_cases,
    mistakes=(
        Mistake(
            "times_exchanged",
            "t and 1 − t have changed places. At time 0.25, for how long has a path been on the "
            "way, and how long is it still to go?",
            "noise data both",
        ),
        Mistake(
            "turned",
            "Both signs are wrong: you go forward to the noise and back to the data.",
            "noise data both",
        ),
        Mistake(
            "noise_by_rest",
            "For the noise you go back by what is still to come, (1 − t). For how long has the "
            "path been on the way?",
            "noise swap",
        ),
        Mistake(
            "noise_plus",
            "For the noise you go *forward*. It lies behind.",
            "noise sign",
        ),
        Mistake(
            "noise_plus_rest",
            "Both tensors are the data in yours. Where is the noise?",
            ALONE,
        ),
        Mistake(
            "noise_whole",
            "For the noise you go back by the whole velocity, whatever the time. For how long has "
            "the path been on the way?",
            "noise",
        ),
        Mistake("noise_is_x", "Your noise is x itself, whatever the time.", "noise"),
        Mistake("noise_divided", "For the noise you divide by the time.", ALONE),
        Mistake("noise_weighted", "For the noise x has a weight in yours.", ALONE),
        Mistake("noise_added", "Your noise is t · v alone. From where does one go back?", ALONE),
        Mistake(
            "noise_x_by_t", "For the noise the time multiplies x, too: mind the brackets.", ALONE
        ),
        Mistake(
            "noise_bracket",
            "In your noise x is multiplied by the velocity, too: mind the brackets.",
            ALONE,
        ),
        Mistake(
            "noise_over_rest_clamped",
            "Your noise is divided by 1 − t, which is kept from becoming 0, and at time 1 it is "
            "wrong. There is a way without a division: go back along the velocity.",
            ALONE,
        ),
        Mistake("noise_root", "There is a root in your noise. The path is straight.", ALONE),
        Mistake(
            "noise_over_rest",
            "There is a 1 − t below the line in your noise, where none belongs.",
            ALONE,
        ),
        Mistake(
            "noise_safely",
            "Your noise is divided by 1 − t and a small number, which leads astray near time 1. "
            "There is a way without a division: go back along the velocity.",
            ALONE,
        ),
        Mistake(
            "data_by_gone",
            "For the data you go on by what lies behind, t. How long is it still to go?",
            "data swap",
        ),
        Mistake("data_minus", "For the data you go *back*. They lie ahead.", "data sign"),
        Mistake(
            "data_minus_gone",
            "Both tensors are the noise in yours. Where are the data?",
            ALONE,
        ),
        Mistake(
            "data_whole",
            "For the data you go on by the whole velocity, whatever the time. How long is it still "
            "to go?",
            "data",
        ),
        Mistake("data_is_x", "Your data are x itself, whatever the time.", "data"),
        Mistake("data_divided", "For the data you divide by 1 − t.", ALONE),
        Mistake("data_weighted", "For the data x has a weight in yours.", ALONE),
        Mistake("data_one_more", "For the data you go on by 1 + t.", ALONE),
        Mistake(
            "data_no_bracket",
            "In your data the brackets around 1 − t are missing: only t multiplies the velocity.",
            ALONE,
        ),
        Mistake("data_bracket", "Mind the brackets in your data: x is multiplied, too.", ALONE),
        Mistake(
            "data_x_by_rest", "For the data 1 − t multiplies x, too: mind the brackets.", ALONE
        ),
        Mistake(
            "data_over_time",
            "Your data are x divided by the time, as if the noise were 0.",
            ALONE,
        ),
        Mistake(
            "parts",
            "You return how much of the noise and of the data is in x: (1 − t) and t times what is "
            "asked for.",
            ALONE,
        ),
        Mistake(
            "both_divided",
            "You divide the velocity by the time. It says how far a path leads in the whole time: "
            "how much of it lies behind at time t?",
            ALONE,
        ),
        Mistake(
            "data_is_way",
            "Your data are the velocity itself. It says how far the way is; where does it lead to?",
            ALONE,
        ),
        Mistake(
            "noise_from_data",
            "For the noise you add the velocity to the data. It leads from noise to data, not on.",
            ALONE,
        ),
        Mistake(
            "data_from_noise",
            "For the data you take the velocity from the noise. It leads from noise to data.",
            ALONE,
        ),
        Mistake("first_time", "All members get the first one's time. Each has its own.", "time"),
        Mistake("last_time", "All members get the last one's time. Each has its own.", ALONE),
        Mistake("mean_time", "All members get the mean of the times. Each has its own.", "time"),
        Mistake("largest_time", "All members get the largest time.", ALONE),
        Mistake("times_turned", "The times come in reverse: the last one first.", ALONE),
        Mistake("rounded_time", "The times are rounded to 0 and 1.", ALONE),
        Mistake("first_velocity", "All members get the first one's velocity.", ALONE),
        Mistake(
            "last_axis",
            "The times lie along the *last* axis, and it works only where that is as long as the "
            "batch. To which axis do they belong?",
            "time",
        ),
        Mistake(
            "for_pictures",
            "Your times have three further axes, as for pictures. Points have one: count the axes "
            "of x.",
            "time",
        ),
        Mistake(
            "for_points",
            "Your times have one further axis, as for points. With more axes they lie along the "
            "wrong one, and it works only by chance: count the axes of x.",
            "time",
        ),
    ),
    properties=(
        Property(
            "It is right but for times at or near 0 or 1. Is there a division, or does something "
            "keep the time from becoming 0 or 1? Neither is needed.",
            astray_at_ends_only,
        ),
        Property(
            "At time 0 x is the noise itself, and at time 1 it is the data itself. In yours it is "
            "not.",
            ends_meet,
        ),
        Property(
            "The data are right, the noise is not. How far back is it, and in which direction?",
            lambda case, output: noise_right(case, output) or not data_right(case, output),
        ),
        Property(
            "The noise is right, the data are not. How far is it still to go, and in which "
            "direction?",
            lambda case, output: data_right(case, output) or not noise_right(case, output),
        ),
        Property(
            "From your noise to your data it is not the velocity: that is how far a path leads in "
            "the whole time.",
            one_velocity_apart,
        ),
        Property(
            "Mixed at its time, (1 − t) · noise + t · data, your noise and your data do not give x "
            "again. Does each member have its own time?",
            lies_between,
        ),
    ),
)
