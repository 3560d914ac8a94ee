"""Shared by the exercises of lesson 18, generation.

`same_for_all` makes mistakes with times (or scales) that the members of a batch share:
`on_the_way`, `guided`, `to_noise`.
"""

from torch import Tensor

from mmtutor.checks.engine.exercise import Wrong
from mmtutor.checks.engine.velocities import beside


def same_for_all(times: Tensor, states: Tensor, wrong: Wrong) -> Tensor:
    """Return a time for each member beside the states, or what a mistake makes of them.

    Along another axis they fit only where that is as long as the batch, or where one is 1.
    """
    shared = {
        "first_time": times[:1],
        "last_time": times[-1:],
        "mean_time": times.mean(0, keepdim=True),
        "largest_time": times.amax(0, keepdim=True),
        "next_time": times.roll(1),
        "times_turned": times.flip(0),
        "times_sorted": times.sort().values,
        "rounded_time": times.round(),
    }
    for name, some in shared.items():
        if name in wrong:
            return beside(some.expand_as(times), states)
    for name, after in {"last_axis": 0, "along_height": 1, "along_channel": 2}.items():
        if name in wrong:
            return times.view(-1, *[1] * after)
    return beside(times, states)
