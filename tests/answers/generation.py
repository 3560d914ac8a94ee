"""Right answers to the exercises of lesson 18, generation."""

import numpy as np
import torch
import torch.nn.functional as F


def way_by_axes(noise, data, times):
    t = times.view(-1, 1, 1, 1)
    return (1 - t) * noise + t * data, data - noise


def way_from_noise(noise, data, times):
    velocity = data - noise
    return noise + times[:, None, None, None] * velocity, velocity


def way_picture_by_picture(noise, data, times):
    pictures = [a + t * (b - a) for a, b, t in zip(noise, data, times.tolist(), strict=True)]
    return torch.stack(pictures), data - noise


def euler_in_a_loop(velocity, noise, steps):
    x = noise
    for step in range(steps):
        t = torch.full((len(x),), step / steps)
        x = x + velocity(x, t) / steps
    return x


def euler_over_times(velocity, noise, steps):
    x = noise.clone()
    for t in torch.arange(steps) / steps:
        x = x + velocity(x, t.expand(len(x))) * (1 / steps)
    return x


def euler_while(velocity, noise, steps):
    x, done = noise, 0
    while done < steps:
        x = torch.add(x, velocity(x, torch.ones(x.shape[0]) * done / steps), alpha=1 / steps)
        done += 1
    return x


def guided_by_two_calls(velocity, x, t, captions, null, scale):
    silent = velocity(x, t, torch.full_like(captions, null))
    told = velocity(x, t, captions)
    return silent + scale.view(-1, 1, 1, 1) * (told - silent)


def guided_in_one_batch(velocity, x, t, captions, null, scale):
    twice = torch.cat([captions, captions * 0 + null])
    told, silent = velocity(torch.cat([x, x]), torch.cat([t, t]), twice).chunk(2)
    s = scale[:, None, None, None]
    return s * told + (1 - s) * silent


def guided_by_lerp(velocity, x, t, captions, null, scale):
    silent = velocity(x, t, torch.ones_like(captions) * null)
    return silent.lerp(velocity(x, t, captions), scale[:, None, None, None])


def dropped_by_where(words, null, draws, share):
    return torch.where((draws < share)[:, None, None], null, words)


def dropped_by_index(words, null, draws, share):
    kept = words.clone()
    kept[draws < share] = null
    return kept


def dropped_by_weights(words, null, draws, share):
    lost = (draws < share).float()
    return words * (1 - lost)[:, None, None] + torch.einsum("b,wd->bwd", lost, null)


def ends_by_axes(x, velocities, times):
    t = times.view(-1, *[1] * (x.dim() - 1))
    return x - t * velocities, x + (1 - t) * velocities


def ends_one_from_the_other(x, velocities, times):
    back = torch.einsum("b...,b->b...", velocities, times)
    noise = x - back
    return noise, noise + velocities


def ends_member_by_member(x, velocities, times):
    rows = list(zip(x, velocities, times.tolist(), strict=True))
    noise = torch.stack([state - t * v for state, v, t in rows])
    return noise, torch.stack([state + (1 - t) * v for state, v, t in rows])


def flow_step_by_step(velocity, data, noise, times):
    losses = []
    for start, t in zip(noise, times, strict=True):
        x = (1 - t[:, None]) * start + t[:, None] * data
        losses.append((velocity(x, t) - (data - start)).square().mean())
    return torch.stack(losses)


def flow_by_library(velocity, data, noise, times):
    losses = torch.zeros(len(times))
    for step in range(len(times)):
        x = noise[step].lerp(data, times[step].unsqueeze(-1))
        losses[step] = F.mse_loss(velocity(x, times[step]), data - noise[step])
    return losses


def flow_in_one_batch(velocity, data, noise, times):
    x = noise + times[..., None] * (data - noise)
    found = velocity(x.flatten(0, 1), times.flatten()).view_as(x)
    return (found - data + noise).square().flatten(1).mean(1)


RIGHT = {
    "generation.on_the_way": [way_by_axes, way_from_noise, way_picture_by_picture],
    "generation.euler": [euler_in_a_loop, euler_over_times, euler_while],
    "generation.guided": [guided_by_two_calls, guided_in_one_batch, guided_by_lerp],
    "generation.dropped": [dropped_by_where, dropped_by_index, dropped_by_weights],
    "generation.to_noise": [ends_by_axes, ends_one_from_the_other, ends_member_by_member],
    "generation.steps_needed": [
        [12, 24, 12 * 2 * 5, 2 + 6, 5 + 18 / 2, 2 + (6 + 36) / 2, 7 - 0.75 * 12],
        np.array([12, 24, 120, 8, 14, 23, -2]),
        torch.tensor([12.0, 24.0, 120.0, 8.0, 14.0, 23.0, -2.0]),
    ],
    "generation.bug_flow": [flow_step_by_step, flow_by_library, flow_in_one_batch],
}
