"""Mend the training of a flow: one noise for all steps, one time for all members, the way left."""

from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.engine.velocities import Field
from mmtutor.checks.gpt.shared import either

Velocity = Callable[[Tensor, Tensor], Tensor]
ALONE = "noise time target path heard loss"
"""The group of mistakes that are tried with no other."""


def flow_losses(
    velocity: Velocity, data: Tensor, noise: Tensor, times: Tensor, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: for each step the mean squared error of the velocity at its own x_t."""
    losses, sizes = [], []
    for step in range(len(times)):
        z, t = noise_of(noise, step, wrong), times_of(times, step, wrong)[:, None]
        x = mixed(z, data, time_of_x(t, wrong), wrong)
        heard = heard_time(times_of(times, step, wrong), wrong)
        found = velocity(seen(x, z, data, wrong), heard)
        losses.append(loss(found - target(z, data, x, t, noise, wrong), wrong))
        sizes.append((data - z).square().mean())
    total = torch.stack(losses)
    ways: dict[str, Callable[[], Tensor]] = {
        "over_steps": lambda: total.mean(),
        "added_up": lambda: total.cumsum(0),
        "last_step": lambda: total[-1],
        "first_step": lambda: total[0],
        "share_of_steps": lambda: total / len(total),
        "relative": lambda: total / torch.stack(sizes),
    }
    return either(ways, wrong, lambda: total)


def noise_of(noise: Tensor, step: int, wrong: Wrong) -> Tensor:
    """Return the noise (batch, number) of a step."""
    one = noise[step]
    ways: dict[str, Callable[[], Tensor]] = {
        "first_noise": lambda: noise[0],
        "last_noise": lambda: noise[-1],
        "noise_before": lambda: noise[max(step - 1, 0)],
        "noise_next": lambda: noise[(step + 1) % len(noise)],
        "one_noise": lambda: one[:1].expand_as(one),
        "noise_mean": lambda: one.mean(0).expand_as(one),
        "noise_of_steps": lambda: noise.mean(0),
        "noise_turned": lambda: one.flip(0),
        "noise_by_member": lambda: noise[:, 0][torch.arange(len(one)) % len(noise)],
        "no_noise": lambda: torch.zeros_like(one),
        "first_of_all": lambda: noise[0, :1].expand_as(one),
    }
    return either(ways, wrong, lambda: one)


def times_of(times: Tensor, step: int, wrong: Wrong) -> Tensor:
    """Return the times (batch,) of a step."""
    one = times[step]
    ways: dict[str, Callable[[], Tensor]] = {
        "one_time": lambda: one[:1].expand_as(one),
        "last_time": lambda: one[-1:].expand_as(one),
        "mean_time": lambda: one.mean(0, keepdim=True).expand_as(one),
        "first_times": lambda: times[0],
        "last_times": lambda: times[-1],
        "times_before": lambda: times[max(step - 1, 0)],
        "times_turned": lambda: one.flip(0),
        "first_of_all_times": lambda: times[0, :1].expand_as(one),
        "step_as_time": lambda: torch.full_like(one, step / len(times)),
        "rounded_times": lambda: one.round(),
    }
    return either(ways, wrong, lambda: one)


def time_of_x(t: Tensor, wrong: Wrong) -> Tensor:
    """Return the times (batch, 1) with which x is made."""
    ways = {"x_one_time": t[:1].expand_as(t), "x_mean_time": t.mean(0, keepdim=True).expand_as(t)}
    return next((some for name, some in ways.items() if name in wrong), t)


def mixed(z: Tensor, data: Tensor, t: Tensor, wrong: Wrong) -> Tensor:
    """Return the states on the way."""
    ways: dict[str, Callable[[], Tensor]] = {
        "wrong_end": lambda: t * z + (1 - t) * data,
        "roots": lambda: (1 - t).sqrt() * z + t.sqrt() * data,
        "diffusion": lambda: (1 - t.square()).clamp(min=0).sqrt() * z + t * data,
        "noise_kept": lambda: z + t * data,
        "noise_on_top": lambda: data + (1 - t) * z,
        "noise_by_t_on_top": lambda: data + t * z,
        "no_brackets": lambda: 1 - t * z + t * data,
        "data_weight_alone": lambda: t * data,
    }
    return either(ways, wrong, lambda: (1 - t) * z + t * data)


def heard_time(times: Tensor, wrong: Wrong) -> Tensor:
    """Return the times that the network hears."""
    ways: dict[str, Callable[[], Tensor]] = {
        "hears_rest": lambda: 1 - times,
        "hears_one": lambda: times[:1].expand_as(times),
        "hears_zero": lambda: torch.zeros_like(times),
        "hears_end": lambda: torch.ones_like(times),
        "hears_mean": lambda: times.mean(0, keepdim=True).expand_as(times),
    }
    return either(ways, wrong, lambda: times)


def seen(x: Tensor, z: Tensor, data: Tensor, wrong: Wrong) -> Tensor:
    """Return the states that the network sees."""
    ways = {"sees_noise": z, "sees_data": data, "sees_velocity": data - z}
    return next((some for name, some in ways.items() if name in wrong), x)


def target(z: Tensor, data: Tensor, x: Tensor, t: Tensor, noise: Tensor, wrong: Wrong) -> Tensor:
    """Return what the network's velocity is compared with."""
    ways: dict[str, Callable[[], Tensor]] = {
        "left": lambda: data - x,
        "gone": lambda: x - z,
        "turned": lambda: z - data,
        "noise_target": lambda: z,
        "data_target": lambda: data,
        "state_target": lambda: x,
        "summed": lambda: data + z,
        "speed_left": lambda: (data - x) / (1 - t).clamp(min=0.1),
        "speed_nearly": lambda: (data - x) / (1 - t + 1e-5),
        "no_target": lambda: torch.zeros_like(z),
        "target_first_noise": lambda: data - noise[0],
    }
    return either(ways, wrong, lambda: data - z)


def loss(errors: Tensor, wrong: Wrong) -> Tensor:
    """Return the loss of one step."""
    ways: dict[str, Callable[[], Tensor]] = {
        "total": lambda: errors.square().sum(),
        "over_members": lambda: errors.square().sum(1).mean(),
        "over_numbers": lambda: errors.square().mean(1).sum(),
        "absolute": lambda: errors.abs().mean(),
        "square_of_mean": lambda: errors.mean().square(),
        "root": lambda: errors.square().mean().sqrt(),
        "mean_of_roots": lambda: errors.square().mean(1).sqrt().mean(),
        "signed": lambda: errors.mean(),
        "half": lambda: errors.square().mean() / 2,
        "each_member": lambda: errors.square().mean(1),
        "first_member": lambda: errors[0].square().mean(),
        "largest": lambda: errors.square().amax(),
    }
    return either(ways, wrong, lambda: errors.square().mean())


def flow_cases() -> list[Case]:
    def case(
        field: Field, steps: int, batch: int, width: int, seed: int, scale: float = 1.0
    ) -> Case:
        return Case(
            velocity=field,
            data=scale * (random_tensor(batch, width, seed=seed) + 0.5),
            noise=scale * random_tensor(steps, batch, width, seed=seed + 1),
            times=(1.5 * random_tensor(steps, batch, seed=seed + 2)).sigmoid(),
        )

    twins = case(Field(-0.5, 1, 1.2, 0.3), 3, 4, 5, 770, 30.0)
    twins["data"][2] = twins["data"][0]
    twins["data"][1, 0] = twins["noise"][0, 1, 0] = 0.0
    twins["noise"][2] = twins["noise"][1]
    ends = case(Field(-1, 2, 0.7, 0.1), 4, 3, 2, 720)
    ends["times"][0] = torch.tensor([0.0, 1.0, 0.3137])
    ends["times"][2] = torch.tensor([0.9996, 0.0004, 0.0])
    still = case(Field(still=2.5), 2, 3, 4, 730)
    return [
        case(Field(-1, 2), 2, 3, 1, 700),
        case(Field(0.6, -1.5, 1, 0.5), 3, 2, 4, 710),
        ends,
        still,
        case(Field(push=-3, still=1), 3, 5, 2, 740),
        case(Field(0.8, 1, -1.5), 1, 4, 3, 750),
        case(Field(-0.7, 2.5, 0.9), 5, 1, 3, 755),
        case(Field(-0.4, 1.1, 0.8, -1), 6, 7, 4, 760, 0.03),
        twins,
    ]


def fits(case: Case, output: Tensor) -> bool:
    """Say whether there is one loss for each step."""
    return torch.as_tensor(output).shape == (len(case["times"]),)


def not_negative(case: Case, output: Tensor) -> bool:
    """Say whether no loss is negative."""
    return bool((torch.as_tensor(output) >= -1e-6).all())


def agrees(where: Callable[[Case], bool], case: Case, output: Tensor) -> bool:
    """Say whether the losses are right on the inputs that `where` chooses."""
    wanted = flow_losses(*case.values())
    return not where(case) or not fits(case, output) or agree(torch.as_tensor(output), wanted)


def is_still(case: Case) -> bool:
    """Say whether the network says the same, whatever it sees and hears."""
    return not case["velocity"].hears_time and not case["velocity"].hears_place


def hears_time_alone(case: Case) -> bool:
    """Say whether the network listens to the time and not to the state."""
    return case["velocity"].hears_time and not case["velocity"].hears_place


def first_step_right(case: Case, output: Tensor) -> bool:
    """Say whether the first step's loss is right, or another one is not."""
    wanted = flow_losses(*case.values())
    if not fits(case, output):
        return True
    close = torch.isclose(torch.as_tensor(output).double(), wanted.double(), rtol=1e-4, atol=1e-6)
    return not bool(close[0]) or bool(close.all())


def one_member_right(case: Case, output: Tensor) -> bool:
    """Say whether it is right where the batch has one member."""
    return agrees(lambda case: len(case["data"]) == 1, case, output)


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether it is right."""
    return agrees(lambda case: True, case, output)


BUG_FLOW = FindTheBug(
    id="generation.bug_flow",
    title="Find the bugs: a flow that has seen one noise",
    difficulty=2,
    minutes=15,
    given=frozenset({"first_noise", "one_time", "left"}),
    hints=(
        "Go through the program line by line and write the shape and the step of everything next "
        "to it. What is the same in all steps, and what for all members? Should it be?",
        "loss[s] = mean over members b and numbers of (velocity(x_t, t) − (data − noise[s]))², "
        "with t = times[s, b] for member b.",
        "noise[step]: (batch, number). times[step]: (batch,), and beside the numbers (batch, 1). "
        "velocity: (batch, number).",
        "for start, t in zip(noise, times):\n    x = (1 - t[:, None]) * ... + t[:, None] * ...\n"
        "    error = velocity(x, t) - (... - ...)\n    losses.append(...)",
    ),
    reference=flow_losses,
    cases=flow_cases,
    mistakes=(
        Mistake(
            "first_noise",
            "All steps use the *first* step's noise: the network never sees another. Which noise "
            "belongs to a step?",
            "noise",
        ),
        Mistake(
            "one_time",
            "All members of the batch get the *first* one's time. Each has a time of its own.",
            "time heard",
        ),
        Mistake(
            "left",
            "You compare with the way that is still *left* from x, which becomes shorter and "
            "shorter. What should the velocity be?",
            "target",
        ),
        Mistake("last_noise", "All steps use the *last* step's noise.", ALONE),
        Mistake("noise_before", "Each step uses the noise of the step *before*.", ALONE),
        Mistake("noise_next", "Each step uses the noise of the *next* step.", ALONE),
        Mistake(
            "one_noise",
            "All members of the batch get the first one's noise. Each has noise of its own.",
            "noise",
        ),
        Mistake("noise_mean", "All members get the mean of the batch's noise.", ALONE),
        Mistake("noise_of_steps", "You take the mean of the noise over the steps.", ALONE),
        Mistake("noise_turned", "The members get the noise in reverse order.", ALONE),
        Mistake(
            "noise_by_member",
            "Steps and members are mixed up in the noise: its first axis is that of the steps.",
            ALONE,
        ),
        Mistake("no_noise", "There is no noise in yours.", ALONE),
        Mistake(
            "first_of_all",
            "One and the same noise is used for all members in all steps.",
            ALONE,
        ),
        Mistake("last_time", "All members of the batch get the last one's time.", ALONE),
        Mistake("mean_time", "All members of the batch get the mean of its times.", "time heard"),
        Mistake(
            "first_times",
            "All steps use the first step's times. Each step has times of its own.",
            "time",
        ),
        Mistake("last_times", "All steps use the last step's times.", ALONE),
        Mistake("times_before", "Each step uses the times of the step before.", ALONE),
        Mistake("times_turned", "The members get the times in reverse order.", ALONE),
        Mistake("first_of_all_times", "One time is used for all members in all steps.", ALONE),
        Mistake(
            "step_as_time",
            "You make times of the number of the step. Each member has a time that was drawn.",
            ALONE,
        ),
        Mistake("rounded_times", "The times are rounded to 0 and 1.", ALONE),
        Mistake(
            "wrong_end",
            "Your time runs from the wrong end: at time 0 x is the data. What is it to be?",
            "path",
        ),
        Mistake(
            "roots",
            "You take roots of the weights. The way from noise to data is straight: its velocity "
            "is always data − noise.",
            "path",
        ),
        Mistake(
            "diffusion",
            "The *squares* of your weights sum to 1, as in diffusion. The way is straight here.",
            ALONE,
        ),
        Mistake("noise_kept", "At time 1 all the noise is still there in your x.", "path"),
        Mistake("noise_on_top", "The data are there as a whole at all times in your x.", ALONE),
        Mistake(
            "noise_by_t_on_top",
            "You put t times the noise on top of the whole data. What is left of each at time t?",
            ALONE,
        ),
        Mistake(
            "no_brackets",
            "In your x the brackets around 1 − t are missing: now only t multiplies the noise.",
            ALONE,
        ),
        Mistake("data_weight_alone", "The noise is missing in your x.", ALONE),
        Mistake(
            "hears_rest",
            "The network hears 1 − t, and x was made with t. Both must be the same time.",
            "heard",
        ),
        Mistake(
            "hears_one",
            "x is made with each member's time, but the network hears the first one's for all.",
            "heard time",
        ),
        Mistake(
            "x_one_time",
            "The network hears each member's own time, but x is made with the first one's for all.",
            "heard time",
        ),
        Mistake(
            "x_mean_time",
            "The network hears each member's own time, but x is made with their mean.",
            ALONE,
        ),
        Mistake("hears_zero", "The network always hears time 0.", ALONE),
        Mistake("hears_end", "The network always hears time 1.", ALONE),
        Mistake("hears_mean", "The network hears the mean of the times for all members.", ALONE),
        Mistake("sees_noise", "The network sees the noise. It is to see x, on the way.", ALONE),
        Mistake("sees_data", "The network sees the data. It is to see x, on the way.", ALONE),
        Mistake("sees_velocity", "The network sees the answer. It is to see x.", ALONE),
        Mistake(
            "gone",
            "You compare with the way that lies *behind*, x − noise. What should the velocity be?",
            "target",
        ),
        Mistake(
            "turned",
            "You compare with noise − data: a flow that learns it walks away from the data.",
            "target",
        ),
        Mistake(
            "noise_target",
            "You compare with the noise, as DDPM does. This network returns a velocity.",
            "target",
        ),
        Mistake("data_target", "You compare with the data. What is a velocity?", "target"),
        Mistake("state_target", "You compare with x itself. What is a velocity?", ALONE),
        Mistake("summed", "You compare with data + noise. Mind the sign.", ALONE),
        Mistake(
            "speed_left",
            "You divide the way left by the time left, and keep that from becoming 0. Near time 1 "
            "it is not data − noise any more.",
            ALONE,
        ),
        Mistake(
            "speed_nearly",
            "You divide the way left by the time left and a small number. At time 1 nothing is "
            "left of either, and it is not data − noise any more.",
            ALONE,
        ),
        Mistake("no_target", "The velocity is compared with nothing.", ALONE),
        Mistake(
            "target_first_noise",
            "x is made with the step's own noise, but you compare with data minus the *first* "
            "step's noise.",
            ALONE,
        ),
        Mistake(
            "total",
            "That is the sum of the squares. The mean over all numbers of the batch is asked for.",
            "loss",
        ),
        Mistake(
            "over_members",
            "You take the sum over the numbers of a member. The mean runs over all numbers.",
            ALONE,
        ),
        Mistake("over_numbers", "You take the sum over the members. The mean is asked for.", ALONE),
        Mistake("absolute", "You take the size of the errors. Squares are asked for.", "loss"),
        Mistake(
            "square_of_mean",
            "You take the mean first and then the square: errors of different signs cancel.",
            ALONE,
        ),
        Mistake("root", "That is the root of the mean square.", ALONE),
        Mistake("mean_of_roots", "You take a root for each member. None is asked for.", ALONE),
        Mistake("signed", "Your errors are not squared: they cancel.", ALONE),
        Mistake("half", "That is half of the mean square.", ALONE),
        Mistake(
            "each_member",
            "You return a loss for each member. One for each step is asked for.",
            ALONE,
        ),
        Mistake("first_member", "Only the first member of the batch comes into your loss.", ALONE),
        Mistake("largest", "That is the largest square of a step. The mean is asked for.", ALONE),
        Mistake(
            "over_steps",
            "You return the mean over the steps. One loss for each step is asked for.",
            ALONE,
        ),
        Mistake("added_up", "Your losses are added up from step to step.", ALONE),
        Mistake("last_step", "You return the last step's loss alone.", ALONE),
        Mistake(
            "first_step",
            "You return the first step's loss alone. Does the `return` stand inside of the loop?",
            ALONE,
        ),
        Mistake(
            "relative",
            "You divide by the mean square of the velocity that it should be. The error itself "
            "counts.",
            ALONE,
        ),
        Mistake("share_of_steps", "You divide by the number of steps.", ALONE),
    ),
    properties=(
        Property("A mean of squares is never negative.", not_negative),
        Property(
            "It is wrong even where the network says the same whatever it sees and hears: look at "
            "what you compare with, at its noise, and at the mean.",
            lambda case, output: agrees(is_still, case, output),
        ),
        Property(
            "It is wrong where the network listens to the time alone: which time does it hear for "
            "which member?",
            lambda case, output: agrees(hears_time_alone, case, output),
        ),
        Property(
            "The first step is right, a later one is not. What belongs to which step?",
            first_step_right,
        ),
        Property(
            "It is wrong for a batch of one already: write down x and what you compare with.",
            one_member_right,
        ),
        Property(
            "It is off. Write down, for one member in one step: its noise, its time, its x, and "
            "what the velocity is compared with.",
            is_right,
        ),
    ),
)
