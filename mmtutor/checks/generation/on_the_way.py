"""The straight path of flow matching. Traps: time from the wrong end, signs, one time for all.

The path is that of rectified flow (Liu et al. 2022, arXiv 2209.03003) and of flow matching with
σ = 0 (Lipman et al. 2022, arXiv 2210.02747).
"""

import math
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
from mmtutor.checks.generation.shared import same_for_all
from mmtutor.checks.gpt.shared import either

Pair = tuple[Tensor, Tensor]
ALONE = "path time target who both"
"""The group of mistakes that are tried with no other."""


def on_the_way(noise: Tensor, data: Tensor, times: Tensor, wrong: Wrong = RIGHT) -> Pair:
    """Reference: `(1 − t) noise + t data` with each member's own t, and `data − noise`."""
    if "exchanged" in wrong:
        noise, data = data, noise
    noise = noise[:1].expand_as(noise) if "first_noise" in wrong else noise
    t = same_for_all(times, data, wrong)
    x = mixed(noise, data, t, wrong)
    return x, target(noise, data, x, t, wrong)


def mixed(noise: Tensor, data: Tensor, t: Tensor, wrong: Wrong) -> Tensor:
    """Return the pictures on the way."""
    angle = t * math.pi / 2
    ways: dict[str, Callable[[], Tensor]] = {
        "reversed_time": lambda: t * noise + (1 - t) * data,
        "noise_kept": lambda: noise + t * data,
        "data_whole": lambda: (1 - t) * noise + data,
        "noise_on_top": lambda: data + t * noise,
        "from_data": lambda: data + t * (data - noise),
        "wrong_side": lambda: noise - t * (data - noise),
        "roots": lambda: (1 - t).sqrt() * noise + t.sqrt() * data,
        "diffusion": lambda: (1 - t.square()).clamp(min=0).sqrt() * noise + t * data,
        "noise_by_root": lambda: (1 - t).sqrt() * noise + t * data,
        "squares": lambda: (1 - t).square() * noise + t.square() * data,
        "circle": lambda: angle.cos() * noise + angle.sin() * data,
        "halves": lambda: (noise + data) / 2 + 0 * t,
        "minus_data": lambda: (1 - t) * noise - t * data,
        "noise_weight_alone": lambda: (1 - t) * noise,
        "data_weight_alone": lambda: t * data,
        "velocity_alone": lambda: t * (data - noise),
        "both_by_t": lambda: t * noise + t * data,
        "time_squared": lambda: noise + t.square() * (data - noise),
        "time_root": lambda: noise + t.sqrt() * (data - noise),
        "no_brackets": lambda: 1 - t * noise + t * data,
        "smooth": lambda: noise + (3 * t**2 - 2 * t**3) * (data - noise),
        "at_noise": lambda: noise + 0 * t,
        "at_data": lambda: data + 0 * t,
    }
    return either(ways, wrong, lambda: (1 - t) * noise + t * data)


def target(noise: Tensor, data: Tensor, x: Tensor, t: Tensor, wrong: Wrong) -> Tensor:
    """Return the velocity."""
    ways: dict[str, Callable[[], Tensor]] = {
        "turned": lambda: noise - data,
        "noise_target": lambda: noise,
        "data_target": lambda: data,
        "left": lambda: data - x,
        "gone": lambda: x - noise,
        "left_over_left": lambda: (data - x) / (1 - t + 1e-6),
        "gone_over_gone": lambda: (x - noise) / (t + 1e-6),
        "summed": lambda: data + noise,
        "size": lambda: (data - noise).abs(),
        "squared": lambda: (data - noise).square(),
        "mean_way": lambda: (data - noise).mean(0, keepdim=True).expand_as(data),
        "the_state": lambda: x,
    }
    return either(ways, wrong, lambda: data - noise)


def way_cases() -> list[Case]:
    def case(times: list[float], size: tuple[int, int, int], seed: int, scale: float = 1.0) -> Case:
        return Case(
            noise=scale * random_tensor(len(times), *size, seed=seed),
            data=scale * (random_tensor(len(times), *size, seed=seed + 1) + 0.5),
            times=torch.tensor(times),
        )

    twins = case([0.5, 0.1, 0.9, 0.5], (2, 3, 5), 170, 30.0)
    for name in ("noise", "data"):
        twins[name][3] = twins[name][0]
        twins[name][1, 0, 0, 0] = 0.0
    twins["data"][2, 1] = twins["noise"][2, 1]  # nothing moves here
    return [
        case([0.25, 0.75], (1, 1, 3), 100),
        case([0.0, 0.55, 0.3137], (2, 4, 5), 110),
        case([0.8, 0.3, 0.6], (1, 2, 3), 120),
        case([0.4, 1.0], (3, 2, 1), 130),
        case([0.7, 0.15, 0.45, 0.2], (4, 1, 2), 140),
        case([0.35], (3, 2, 4), 150),
        case([0.0004, 0.9996, 0.2, 0.65, 1.0], (2, 5, 3), 160),
        twins,
        case([0.62, 0.18, 0.91], (2, 5, 4), 180, 0.003),
    ]


def pairs(case: Case, output: Pair) -> bool:
    """Say whether both tensors have the shape of the pictures."""
    return all(torch.as_tensor(one).shape == case["data"].shape for one in output)


def ends(case: Case, output: Pair) -> bool:
    """Say whether the path begins at the noise and ends at the data."""
    start, over = case["times"] == 0, case["times"] == 1
    x = output[0]
    return not pairs(case, output) or (
        agree(x[start].double(), case["noise"][start].double())
        and agree(x[over].double(), case["data"][over].double())
    )


def between(case: Case, output: Pair) -> bool:
    """Say whether each pixel lies between its noise and its data."""
    low = torch.minimum(case["noise"], case["data"]).double()
    high = torch.maximum(case["noise"], case["data"]).double()
    room = 1e-4 * (1 + high - low)
    x = output[0]
    return not pairs(case, output) or bool(((x >= low - room) & (x <= high + room)).all())


def one_share(case: Case, output: Pair) -> bool:
    """Say whether all pixels of a picture have gone the same share of their way."""
    if not pairs(case, output):
        return True
    way = (case["data"] - case["noise"]).double().flatten(1)
    gone = (output[0].double() - case["noise"].double()).flatten(1)
    share = (gone * way).sum(1, keepdim=True) / way.square().sum(1, keepdim=True)
    return bool(torch.allclose(gone, share * way, atol=1e-3 * float(way.abs().max())))


def astray_at_ends_only(case: Case, output: Pair) -> bool:
    """Say whether the velocities are right everywhere, or wrong not at the ends alone."""
    if not pairs(case, output):
        return True
    wanted = (case["data"] - case["noise"]).double()
    right = torch.isclose(output[1].double(), wanted, atol=1e-4).flatten(1).all(1)
    end = (case["times"] < 0.001) | (case["times"] > 0.999)
    few = int((~end).sum()) < 2  # one alone may be right by chance
    return few or bool(right.all()) or not bool(right[~end].all())


def states_right(case: Case, output: Pair) -> bool:
    """Say whether the pictures on the way are right."""
    return not pairs(case, output) or agree(
        output[0].double(), on_the_way(*case.values())[0].double()
    )


def velocities_right(case: Case, output: Pair) -> bool:
    """Say whether the velocities are right."""
    return not pairs(case, output) or agree(
        output[1].double(), on_the_way(*case.values())[1].double()
    )


ON_THE_WAY = Implement(
    id="generation.on_the_way",
    title="On the way from noise to data",
    difficulty=1,
    minutes=10,
    hints=(
        "Take one pixel: 2 in the noise, 6 in the data. Write down where it is at the times 0, "
        "0.25, 0.5 and 1. How much of the noise is left at each of them?",
        "x_t = (1 − t) · noise + t · data; the velocity is the derivative of x_t by t.",
        "noise, data: (batch, channel, height, width). times: (batch,). So that each picture has "
        "its own time: (batch, 1, 1, 1).",
        "t = times[:, None, ...]\nx = (...) * noise + ... * data\nreturn x, ... - ...",
    ),
    reference=on_the_way,
    cases=way_cases,
    mistakes=(
        Mistake(
            "exchanged",
            "Noise and data have changed places in all you do: time 0 is data in yours. Which of "
            "them is it by the card?",
            ALONE,
        ),
        Mistake(
            "reversed_time",
            "Time runs from the wrong end in `x_t`: at time 0 yours is the data. What is it to be?",
            "path both",
        ),
        Mistake(
            "noise_kept",
            "At time 1 all the noise is still there in yours. How much of it is left at time t?",
            "path",
        ),
        Mistake(
            "data_whole",
            "The whole data are there at all times in yours, at time 0, too. How much of them is "
            "there at time t?",
            "path",
        ),
        Mistake(
            "noise_on_top",
            "You put t times the noise on top of the whole data. What is left of each at time t?",
            "path",
        ),
        Mistake(
            "from_data",
            "You begin at the data and go on from there. Where does the path begin?",
            "path",
        ),
        Mistake(
            "wrong_side",
            "You go from the noise *away* from the data: a sign is wrong in `x_t`.",
            "path",
        ),
        Mistake(
            "roots",
            "You take roots of the weights. On a straight path at constant speed, half of the "
            "time is half of the way.",
            "path",
        ),
        Mistake(
            "diffusion",
            "The *squares* of your weights sum to 1, as in diffusion: there is a root. Here the "
            "weights themselves do, and the path is straight.",
            "path",
        ),
        Mistake(
            "noise_by_root",
            "The weight of the noise is a root in yours. How much of it is left at half of the "
            "time?",
            ALONE,
        ),
        Mistake(
            "squares",
            "You square the weights: at half of the time there is a quarter of each. What do the "
            "two weights sum to?",
            ALONE,
        ),
        Mistake(
            "circle",
            "Sine and cosine lead along a circle. Here the path is straight, at a constant speed.",
            ALONE,
        ),
        Mistake("halves", "That is the middle of noise and data, whatever the time is.", ALONE),
        Mistake("minus_data", "In `x_t` the data come with a minus in yours.", "path"),
        Mistake("noise_weight_alone", "In `x_t` the data are missing.", ALONE),
        Mistake("data_weight_alone", "In `x_t` the noise is missing.", ALONE),
        Mistake(
            "velocity_alone",
            "In `x_t` you have how far a pixel has come. Where did it begin?",
            ALONE,
        ),
        Mistake("both_by_t", "Noise and data have the same weight in your `x_t`.", ALONE),
        Mistake(
            "time_squared",
            "Your path begins slowly: at half of the time it is a quarter of the way. The speed is "
            "constant.",
            ALONE,
        ),
        Mistake(
            "time_root",
            "Your path begins too fast: there is a root of the time. The speed is constant.",
            ALONE,
        ),
        Mistake(
            "no_brackets",
            "In `x_t` the brackets around 1 − t are missing: now only t multiplies the noise.",
            ALONE,
        ),
        Mistake(
            "smooth",
            "You begin and end slowly. Here the speed is constant.",
            ALONE,
        ),
        Mistake("at_noise", "Your `x_t` is the noise at all times.", ALONE),
        Mistake("at_data", "Your `x_t` is the data at all times.", ALONE),
        Mistake("first_time", "All pictures get the first one's time. Each has its own.", "time"),
        Mistake("last_time", "All pictures get the last one's time. Each has its own.", ALONE),
        Mistake("mean_time", "All pictures get the mean of the times. Each has its own.", "time"),
        Mistake("largest_time", "All pictures get the largest time. Each has its own.", ALONE),
        Mistake("next_time", "Each picture gets the time of another one.", ALONE),
        Mistake("times_turned", "The times come in reverse order: the last one first.", ALONE),
        Mistake("times_sorted", "The times are sorted. Each belongs to its own picture.", ALONE),
        Mistake("rounded_time", "The times are rounded to 0 and 1 in yours.", ALONE),
        Mistake(
            "last_axis",
            "The times lie along the *width*: each column of pixels has a time, and it works only "
            "where the batch is as large as the width. To which axis do they belong?",
            "time",
        ),
        Mistake(
            "along_height",
            "The times lie along the *height*: each row of pixels has a time, and it works only "
            "where the batch is as large as the height. To which axis do they belong?",
            ALONE,
        ),
        Mistake(
            "along_channel",
            "The times lie along the *channels*, and it works only where there are as many of them "
            "as pictures. To which axis do they belong?",
            ALONE,
        ),
        Mistake("first_noise", "All pictures get the first one's noise.", ALONE),
        Mistake(
            "turned",
            "Your velocity leads back from the data to the noise: the sign is wrong.",
            "target both",
        ),
        Mistake(
            "noise_target", "Instead of the velocity you return the noise, as for DDPM.", "target"
        ),
        Mistake("data_target", "Instead of the velocity you return the data.", "target"),
        Mistake(
            "left",
            "Your velocity is the way that is still *left*, from `x_t` to the data. How much does "
            "a pixel change in the whole time, from 0 to 1?",
            "target",
        ),
        Mistake(
            "gone",
            "Your velocity is the way that lies *behind*, from the noise to `x_t`. How much does a "
            "pixel change in the whole time, from 0 to 1?",
            "target",
        ),
        Mistake(
            "left_over_left",
            "You divide the way left by the time left, and at time 1 nothing is left of either. "
            "Can you tell the velocity from noise and data alone?",
            ALONE,
        ),
        Mistake(
            "gone_over_gone",
            "You divide the way done by the time gone, and at time 0 nothing is gone of either. "
            "Can you tell the velocity from noise and data alone?",
            ALONE,
        ),
        Mistake("summed", "Your velocity is a sum. How much does a pixel *change*?", "target"),
        Mistake("size", "Your velocity has lost its sign. Some pixels become darker.", ALONE),
        Mistake("squared", "Your velocity is squared. That belongs to the loss.", ALONE),
        Mistake(
            "mean_way",
            "Your velocity is the mean over the batch. Each picture has its own way to go.",
            ALONE,
        ),
        Mistake("the_state", "Both tensors are `x_t` in yours. Where is the velocity?", ALONE),
    ),
    properties=(
        Property(
            "Your velocity is right but for times at or near 0 or 1. Where does the time come into "
            "it? It has no say.",
            astray_at_ends_only,
        ),
        Property("At time 0 `x_t` is to be the noise, at time 1 the data. Yours is not.", ends),
        Property(
            "Somewhere a pixel of your `x_t` does not lie between its noise and its data.", between
        ),
        Property(
            "Not all pixels of a picture have gone the same share of their way in your `x_t`.",
            one_share,
        ),
        Property(
            "Your velocity is off. By how much does a pixel change from time 0 to time 1?",
            velocities_right,
        ),
        Property(
            "Your `x_t` is off. At time 0.25 each pixel of a picture has gone a quarter of its "
            "way: is it so for each picture, with its own time?",
            states_right,
        ),
    ),
)
