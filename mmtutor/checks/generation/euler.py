"""Euler's method from noise to data. Traps: the wrong time, a step too many, noise again."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

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
from mmtutor.checks.engine.velocities import Field
from mmtutor.checks.gpt.shared import either

Velocity = Callable[[Tensor, Tensor], Tensor]
ALONE = "time size count begin way sign end"
"""The group of mistakes that are tried with no other."""


def euler(velocity: Velocity, noise: Tensor, steps: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: in each step go on by velocity (here, at its beginning) times 1 / steps."""
    numbers = numbers_of_steps(steps, wrong)
    count = {"fewer": steps - 1, "more": steps + 1}
    n = next((some for name, some in count.items() if name in wrong), steps)
    x, passed = begun(noise, wrong), [noise]
    for i in numbers:
        x = gone_on(velocity, x, noise, i, n, wrong)
        passed.append(x)
    ways: dict[str, Callable[[], Tensor]] = {
        "path": lambda: torch.stack(passed),
        "path_mean": lambda: torch.stack(passed).mean(0),
        "ends_mean": lambda: torch.stack(passed[1:] or passed).mean(0),
        "way_only": lambda: x - noise,
        "first_member": lambda: x[:1].expand_as(x).clone(),
    }
    return either(ways, wrong, lambda: x)


def numbers_of_steps(steps: int, wrong: Wrong) -> list[int]:
    """Return the numbers of the steps that are made, in order."""
    ways = {
        "one_step_more": [*range(steps + 1)],
        "last_missing": [*range(steps - 1)],
        "first_missing": [*range(1, steps)],
        "returns_early": [0],
        "until_1": [*range(added_up(steps, False))],
        "until_past_1": [*range(added_up(steps, True))],
        "fewer": [*range(steps - 1)],
        "more": [*range(steps + 1)],
    }
    return next((some for name, some in ways.items() if name in wrong), [*range(steps)])


def added_up(steps: int, at_end: bool) -> int:
    """Return how many steps are made until 1 / steps, added up, reaches 1 (or passes it)."""
    time, count = 0.0, 0
    while time < 1 or (at_end and time == 1):
        time, count = time + 1 / steps, count + 1
    return count


def begun(noise: Tensor, wrong: Wrong) -> Tensor:
    """Return where the walk begins."""
    return torch.zeros_like(noise) if "from_zero" in wrong else noise


def gone_on(velocity: Velocity, x: Tensor, noise: Tensor, i: int, n: int, wrong: Wrong) -> Tensor:
    """Return where a step ends that begins at x."""
    t, size = time_of(i, n, wrong), size_of(i, n, wrong)
    asked = partial(asked_at, velocity)
    v = asked(noise if {"at_noise", "once"} & wrong else x, t)
    v = -v if "minus" in wrong else v
    later = partial(asked, t=t + 1 / n)
    ways: dict[str, Callable[[], Tensor]] = {
        "once": lambda: x + size * asked(noise, 0.0) * (-1 if "minus" in wrong else 1),
        "from_noise": lambda: noise + size * v,
        "noise_again": lambda: x + size * v + noise,
        "noise_left": lambda: x + size * v + (1 - t) * noise,
        "velocity_is_state": lambda: size * v,
        "velocity_is_data": lambda: v,
        "mixed_anew": lambda: mixed_anew(x + (1 - t) * v, noise, t + 1 / n),
        "heun": lambda: x + size * (v + later(x + size * v)) / 2,
        "midpoint": lambda: x + size * asked(x + size / 2 * v, t + 1 / n / 2),
        "scaled_state": lambda: x * (1 + size * v),
        "state_divided": lambda: size * (x + v),
        "time_by_member": lambda: x + size * velocity(x, torch.linspace(0, 1, len(x))),
    }
    return either(ways, wrong, lambda: x + size * v)


def mixed_anew(data: Tensor, noise: Tensor, t: float) -> Tensor:
    """Return what is on the straight way from the noise to these data at a time."""
    return (1 - t) * noise + t * data


def asked_at(velocity: Velocity, x: Tensor, t: float) -> Tensor:
    """Return the velocity of states at one time for all of them."""
    return velocity(x, torch.full((len(x),), float(t)))


def time_of(i: int, n: int, wrong: Wrong) -> float:
    """Return the time at which step i asks."""
    ways: dict[str, float] = {
        "end": (i + 1) / n,
        "middle": (i + 0.5) / n,
        "from_one": 1 - i / n,
        "down_to_zero": 1 - (i + 1) / n,
        "step_number": float(i),
        "step_number_from_1": float(i + 1),
        "always_zero": 0.0,
        "always_one": 1.0,
        "with_both_ends": i / max(n - 1, 1),
        "one_part_more": i / (n + 1),
        "short_parts": i / (n + 1),
        "own_size": 1 / n,
        "step_before": max(i - 1, 0) / n,
        "whole_time": float(i // n),
    }
    return next((some for name, some in ways.items() if name in wrong), i / n)


def size_of(i: int, n: int, wrong: Wrong) -> float:
    """Return the length of step i."""
    ways: dict[str, float] = {
        "no_size": 1.0,
        "size_one_more": 1 / (n + 1),
        "size_one_less": 1 / max(n - 1, 1),
        "size_root": n**-0.5,
        "size_square": n**-2,
        "size_count": float(n),
        "size_left": 1 - i / n,
        "size_time": i / n,
        "size_next_time": (i + 1) / n,
        "short_parts": 1 / (n + 1),
        "size_half": 0.5 / n,
        "size_shrinks": 1 / (n - i) if i < n else 1.0,
        "size_tenth": 0.1,
    }
    return next((some for name, some in ways.items() if name in wrong), 1 / n)


def euler_cases() -> list[Case]:
    def case(
        field: Field, size: tuple[int, ...], steps: int, seed: int, scale: float = 1.0
    ) -> Case:
        return Case(velocity=field, noise=scale * random_tensor(*size, seed=seed), steps=steps)

    twins = case(Field(-0.8, 1.5, 1.0, 0.4), (4, 3), 6, 260)
    twins["noise"][2] = twins["noise"][0]
    twins["noise"][1, 0] = 0.0
    return [
        case(Field(-1, 4), (2, 1), 2, 200),
        case(Field(0.5, -1, 1.5, 0.7), (3, 2), 1, 210),
        case(Field(still=2), (2, 5), 4, 220),
        case(Field(push=3, still=-1), (3, 2), 5, 225),
        case(Field(pull=-0.9, still=0.5), (2, 3), 3, 230),
        case(Field(0.7, 1.2, -2), (1, 4), 3, 235),
        case(Field(-1.3, 2, 1.6, -0.5), (5, 3, 2, 4), 7, 240),
        case(Field(0.4, -2, 1, 1), (3, 1, 4, 2), 2, 245),
        case(Field(-0.6, 50, 8), (2, 6), 10, 250, 30.0),
        twins,
        case(Field(0.9, 0.002, 0, 0.001), (3, 2), 4, 270, 0.003),
        case(Field(0.5, -1.5, 1.2), (6,), 5, 275),
        case(Field(0.3, 1, 0.8), (4, 7), 49, 280),
        case(Field(-0.2, 2, 0.6), (2, 2), 12, 285),
    ]


def agrees(where: Callable[[Case], bool], case: Case, output: Tensor) -> bool:
    """Say whether an answer is right on the inputs that `where` chooses."""
    right = euler(*case.values())
    return not where(case) or output.shape != right.shape or agree(output, right)


def is_still(case: Case) -> bool:
    """Say whether the velocity is the same everywhere and at all times."""
    return not case["velocity"].hears_time and not case["velocity"].hears_place


def is_time_alone(case: Case) -> bool:
    """Say whether the velocity changes with the time and not with the place."""
    return case["velocity"].hears_time and not case["velocity"].hears_place


def is_place_alone(case: Case) -> bool:
    """Say whether the velocity changes with the place and not with the time."""
    return case["velocity"].hears_place and not case["velocity"].hears_time


def noise_matters(case: Case, output: Tensor) -> bool:
    """Say whether the answer ends somewhere near where the right one does, members in order."""
    right = euler(*case.values())
    if output.shape != right.shape:
        return True
    still = replace(case["velocity"], pull=0.0, wave=0.0) == case["velocity"]
    return not still or agree(output - output[:1], right - right[:1])


EULER = Implement(
    id="generation.euler",
    title="From noise to data in steps",
    difficulty=2,
    minutes=15,
    hints=(
        "Do the example of the card by hand with 4 steps. At which times do you ask, and how long "
        "is a step?",
        "For i = 0 … n − 1: x ← x + velocity(x, i / n) / n. It begins with x = noise.",
        "x: the shape of the noise. t: (batch,), the same time for all, as a tensor: "
        "`torch.full((len(x),), time)`.",
        "x = noise\nfor i in range(...):\n    t = torch.full((len(x),), ...)\n"
        "    x = x + ... * velocity(x, t)\nreturn x",
    ),
    reference=euler,
    cases=euler_cases,
    mistakes=(
        Mistake(
            "end",
            "You ask at the time at which a step *ends*. At which time does the first step begin?",
            "time",
        ),
        Mistake("middle", "You ask at the time in the *middle* of a step.", "time"),
        Mistake(
            "from_one",
            "Your times run from 1 down. At which time is there nothing but noise?",
            "time count down",
        ),
        Mistake(
            "down_to_zero",
            "Your times run down, and the last is 0. At which time is there nothing but noise?",
            ALONE,
        ),
        Mistake(
            "step_number",
            "You hand over the *number* of the step for the time: 0, 1, 2 … Time runs from 0 to 1.",
            "time",
        ),
        Mistake(
            "step_number_from_1",
            "You hand over the number of the step, counted from 1, for the time. Time runs from 0 "
            "to 1.",
            ALONE,
        ),
        Mistake("always_zero", "You always ask at time 0. Time goes on.", ALONE),
        Mistake("always_one", "You always ask at time 1. Where does it begin?", ALONE),
        Mistake(
            "with_both_ends",
            "The last step asks at time 1 in yours, as with `linspace(0, 1, steps)`. When does the "
            "last step *begin*?",
            "time count",
        ),
        Mistake(
            "one_part_more",
            "Your times are i / (n + 1). When does the second of two steps begin?",
            ALONE,
        ),
        Mistake(
            "time_by_member",
            "In each step the members of the batch get times from 0 to 1, one after the other. All "
            "are at the same time: that at which the step begins.",
            ALONE,
        ),
        Mistake("own_size", "You hand over the length of a step for the time.", ALONE),
        Mistake("step_before", "You ask at the time at which the step *before* began.", ALONE),
        Mistake(
            "no_size",
            "You go on by the whole velocity in each step. How long is a step?",
            "size",
        ),
        Mistake(
            "size_one_more",
            "Your steps have the length 1 / (n + 1): n of them do not reach time 1.",
            "size",
        ),
        Mistake(
            "short_parts",
            "You cut the time into n + 1 parts and walk n of them: you do not reach time 1.",
            ALONE,
        ),
        Mistake(
            "size_one_less",
            "Your steps have the length 1 / (n − 1): n of them lead beyond time 1.",
            "size",
        ),
        Mistake(
            "size_root",
            "You multiply by the *root* of the length, as for noise that is added. A velocity is "
            "multiplied by the length itself.",
            ALONE,
        ),
        Mistake("size_square", "The length of a step comes in twice, as a square.", ALONE),
        Mistake("size_count", "You multiply by the number of steps. How long is one?", ALONE),
        Mistake(
            "size_left",
            "In each step you go all the way that is left, (1 − t) times the velocity. How long is "
            "a step?",
            ALONE,
        ),
        Mistake(
            "size_time",
            "You multiply by the time at which the step begins. How long is a step?",
            ALONE,
        ),
        Mistake(
            "size_next_time",
            "You multiply by the time at which the step ends. How long is a step?",
            ALONE,
        ),
        Mistake("size_half", "Your steps are half as long as they should be.", ALONE),
        Mistake(
            "size_shrinks",
            "Your steps become longer and longer. All are equally long.",
            ALONE,
        ),
        Mistake("size_tenth", "Your steps have the length 0.1, however many there are.", ALONE),
        Mistake(
            "one_step_more",
            "You make one step too many: the last one begins at time 1.",
            "count",
        ),
        Mistake(
            "until_1",
            "For some numbers of steps you make one too many. Lengths of steps that are added up "
            "may give 0.9999999 for 1: is that below 1? Count the steps instead.",
            ALONE,
        ),
        Mistake(
            "until_past_1",
            "You go on until the time is *above* 1: for most numbers of steps that is one too "
            "many. Count the steps instead.",
            ALONE,
        ),
        Mistake("last_missing", "The last step is missing.", "count time"),
        Mistake("first_missing", "The first step, which begins at time 0, is missing.", "count"),
        Mistake(
            "returns_early",
            "You return after the first step. Does your `return` stand inside of the loop?",
            ALONE,
        ),
        Mistake(
            "fewer",
            "You make one step fewer than asked for, each a little longer: `steps` points in time "
            "have `steps` − 1 steps between them.",
            ALONE,
        ),
        Mistake("more", "You make one step more than asked for, each a little shorter.", ALONE),
        Mistake("from_zero", "You begin at zeros. Begin at the noise.", "begin way"),
        Mistake(
            "at_noise",
            "You always ask for the velocity *at the noise*. Where are you meanwhile?",
            "way down",
        ),
        Mistake(
            "once",
            "You ask for the velocity once, at the beginning, and go on with it. Each step asks "
            "anew.",
            ALONE,
        ),
        Mistake(
            "from_noise",
            "Each step begins at the noise again. It begins where the one before has ended.",
            "way count begin",
        ),
        Mistake("noise_again", "You add the noise again in each step.", "way begin"),
        Mistake(
            "noise_left",
            "In each step you add what is left of the noise, (1 − t) times. It is in x already.",
            ALONE,
        ),
        Mistake(
            "velocity_is_state",
            "You put the velocity times the length where the state should be. A velocity says "
            "where to go *from here*.",
            "way begin size",
        ),
        Mistake(
            "velocity_is_data",
            "You take the velocity for the next state. It says where to go from here.",
            ALONE,
        ),
        Mistake(
            "mixed_anew",
            "In each step you mix the noise anew with the data that the velocity promises. Go on "
            "from where you are.",
            ALONE,
        ),
        Mistake(
            "heun",
            "You ask twice in each step and take the mean: that is Heun's method. Euler asks once.",
            ALONE,
        ),
        Mistake(
            "midpoint",
            "You ask a second time in the middle of each step: that is the midpoint method. Euler "
            "asks once.",
            ALONE,
        ),
        Mistake(
            "state_divided",
            "You divide the state by the number of steps, too: brackets? Only the velocity is "
            "multiplied by the length of a step.",
            ALONE,
        ),
        Mistake(
            "scaled_state",
            "You multiply the state. A velocity is *added* to it.",
            ALONE,
        ),
        Mistake(
            "minus",
            "You go back: there is a minus before the velocity. Noise is at time 0, and you walk "
            "to time 1.",
            "sign",
        ),
        Mistake("path", "You return the whole path. Only where you arrive is asked for.", "end"),
        Mistake("path_mean", "You return the mean over the path. Where do you arrive?", ALONE),
        Mistake(
            "ends_mean",
            "You return the mean of where the steps end. Where does the last one?",
            ALONE,
        ),
        Mistake(
            "way_only",
            "You return how far you have come. Where did you begin?",
            ALONE,
        ),
        Mistake("first_member", "All members end where the first one does.", ALONE),
    ),
    properties=(
        Property(
            "Members that begin apart end just as far apart where the velocity does not change "
            "with the place. In yours they do not.",
            noise_matters,
        ),
        Property(
            "Where the velocity is the same everywhere and at all times, the walk ends at noise + "
            "velocity, in however many steps. How many steps do you make, and how long are they?",
            partial(agrees, is_still),
        ),
        Property(
            "With one step it is to end at noise + velocity at the noise and at time 0.",
            partial(agrees, lambda case: case["steps"] == 1),
        ),
        Property(
            "It goes wrong where the velocity changes with the time alone: at which times do you "
            "ask?",
            partial(agrees, is_time_alone),
        ),
        Property(
            "It goes wrong where the velocity changes with the place alone: where do you ask, and "
            "from where do you go on?",
            partial(agrees, is_place_alone),
        ),
        Property(
            "It is off. Write down the first two steps by hand: when and where do you ask, how far "
            "do you go?",
            partial(agrees, lambda case: True),
        ),
    ),
)
