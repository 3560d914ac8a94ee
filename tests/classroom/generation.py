"""What a class hands in to the exercises of lesson 18."""

import itertools
import math

import numpy as np
import torch

from tests.classroom import Wrong

# ── 1 · On the way from noise to data ─────────────────────────────────────────────────────────────


def as_column(times):
    return times[:, None, None, None]


def way_reversed(noise, data, times):
    t = as_column(times)
    return t * noise + (1 - t) * data, data - noise


def way_turned(noise, data, times):
    t = as_column(times)
    return (1 - t) * noise + t * data, noise - data


def way_exchanged(noise, data, times):
    t = as_column(times)
    return t * noise + (1 - t) * data, noise - data


def way_first_time(noise, data, times):
    t = times[0]
    return (1 - t) * noise + t * data, data - noise


def way_mean_time(noise, data, times):
    t = times.mean()
    return noise + t * (data - noise), data - noise


def way_along_width(noise, data, times):
    return (1 - times) * noise + times * data, data - noise


def way_roots(noise, data, times):
    t = as_column(times)
    return (1 - t).sqrt() * noise + t.sqrt() * data, data - noise


def way_diffusion(noise, data, times):
    t = as_column(times)
    return (1 - t**2).sqrt() * noise + t * data, data - noise


def way_circle(noise, data, times):
    t = as_column(times) * math.pi / 2
    return t.cos() * noise + t.sin() * data, data - noise


def way_noise_added(noise, data, times):
    return data + (1 - as_column(times)) * noise, data - noise


def way_data_added(noise, data, times):
    return noise + as_column(times) * data, data - noise


def way_left(noise, data, times):
    t = as_column(times)
    x = (1 - t) * noise + t * data
    return x, data - x


def way_gone(noise, data, times):
    t = as_column(times)
    x = (1 - t) * noise + t * data
    return x, x - noise


def way_over_time(noise, data, times):
    t = as_column(times)
    return (1 - t) * noise + t * data, (data - noise) * t


def way_two_axes(noise, data, times):
    t = times[:, None]
    return (1 - t) * noise + t * data, data - noise


def way_wrong_order(noise, data, times):
    t = as_column(times)
    return data - noise, (1 - t) * noise + t * data


def way_no_velocity(noise, data, times):
    t = as_column(times)
    return (1 - t) * noise + t * data


def way_predicts_noise(noise, data, times):
    t = as_column(times)
    return (1 - t) * noise + t * data, noise


def way_predicts_data(noise, data, times):
    t = as_column(times)
    return (1 - t) * noise + t * data, data


def way_from_data(noise, data, times):
    return data + as_column(times) * (data - noise), data - noise


def way_in_place(noise, data, times):
    t = as_column(times)
    velocity = data - noise
    noise *= 1 - t
    return noise + t * data, velocity


def way_last_time(noise, data, times):
    t = times[-1]
    return noise * (1 - t) + data * t, data - noise


def way_speed(noise, data, times):
    t = times[:, None, None, None]
    x_t = noise + t * (data - noise)
    velocity = (x_t - noise) / t
    return x_t, velocity


def way_one_too_few(noise, data, times):
    xs = []
    for i in range(len(times) - 1):
        xs.append((1 - times[i]) * noise[i] + times[i] * data[i])
    return torch.stack(xs), data - noise


def way_no_brackets(noise, data, times):
    t = times.view(-1, 1, 1, 1)
    return 1 - t * noise + t * data, data - noise


WAY = (
    Wrong(way_reversed, "time from the wrong end", "wrong end|time 0|At time"),
    Wrong(way_turned, "sign of the velocity", "back|sign|other way"),
    Wrong(way_exchanged, "noise and data exchanged", "exchanged|places"),
    Wrong(way_first_time, "the first time for all", "first"),
    Wrong(way_mean_time, "the mean time", "mean"),
    Wrong(way_along_width, "times along the width", "width"),
    Wrong(way_roots, "weights of diffusion", "root"),
    Wrong(way_diffusion, "weights whose squares sum to 1", "square|root|sum"),
    Wrong(way_circle, "on a circle", "circle|straight|speed"),
    Wrong(way_noise_added, "noise added to whole data", "data"),
    Wrong(way_data_added, "data added to whole noise", "noise"),
    Wrong(way_left, "what is left", "left|still"),
    Wrong(way_gone, "what is behind", "since|so far|behind|gone"),
    Wrong(way_over_time, "velocity times the time", "time"),
    Wrong(way_two_axes, "two axes only", ""),
    Wrong(way_wrong_order, "the two in the other order", "order"),
    Wrong(way_no_velocity, "the velocity is missing", "2 things"),
    Wrong(way_predicts_noise, "the noise for the velocity", "noise"),
    Wrong(way_predicts_data, "the data for the velocity", "data"),
    Wrong(way_from_data, "begins at the data", "data"),
    Wrong(way_in_place, "in place", "changes its input"),
    Wrong(way_last_time, "the last time for all", "last"),
    Wrong(way_speed, "the way gone divided by the time gone", "0 or 1"),
    Wrong(way_one_too_few, "the last picture is missing", "empty"),
    Wrong(way_no_brackets, "no brackets around 1 − t", "brackets"),
)


def way_lerp(noise, data, times):
    return torch.lerp(noise, data, as_column(times)), data - noise


def way_numpy(noise, data, times):
    n, d, t = noise.numpy(), data.numpy(), times.numpy().reshape(-1, 1, 1, 1)
    return n + t * (d - n), d - n


def way_member_by_member(noise, data, times):
    rows = [(1 - t) * n + t * d for n, d, t in zip(noise, data, times, strict=True)]
    return torch.stack(rows), torch.stack([d - n for n, d in zip(noise, data, strict=True)])


def way_einsum(noise, data, times):
    kept = torch.einsum("bchw,b->bchw", noise, 1 - times)
    return kept + torch.einsum("bchw,b->bchw", data, times), data - noise


def way_double(noise, data, times):
    t = times.double().view(-1, 1, 1, 1)
    velocity = data.double() - noise.double()
    return noise.double() + t * velocity, velocity


WAY_RIGHT = (way_lerp, way_numpy, way_member_by_member, way_einsum, way_double)

# ── 2 · From noise to data in steps ───────────────────────────────────────────────────────────────


def times_of(x, time):
    return torch.full((len(x),), float(time))


def euler_end(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = x + velocity(x, times_of(x, (i + 1) / steps)) / steps
    return x


def euler_middle(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = x + velocity(x, times_of(x, (i + 0.5) / steps)) / steps
    return x


def euler_from_one(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = x + velocity(x, times_of(x, 1 - i / steps)) / steps
    return x


def euler_backwards(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = x - velocity(x, times_of(x, 1 - i / steps)) / steps
    return x


def euler_one_more(velocity, noise, steps):
    x = noise
    for i in range(steps + 1):
        x = x + velocity(x, times_of(x, i / steps)) / steps
    return x


def euler_one_less(velocity, noise, steps):
    x = noise
    for i in range(1, steps):
        x = x + velocity(x, times_of(x, i / steps)) / steps
    return x


def euler_linspace(velocity, noise, steps):
    x = noise
    for t in torch.linspace(0, 1, steps):
        x = x + velocity(x, times_of(x, t)) / steps
    return x


def euler_points(velocity, noise, steps):
    x, times = noise, torch.linspace(0, 1, steps)
    for i in range(steps - 1):
        x = x + velocity(x, times_of(x, times[i])) * (times[i + 1] - times[i])
    return x


def euler_no_length(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = x + velocity(x, times_of(x, i / steps))
    return x


def euler_whole_times(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = x + velocity(x, times_of(x, i)) / steps
    return x


def euler_once(velocity, noise, steps):
    v = velocity(noise, times_of(noise, 0))
    x = noise
    for _ in range(steps):
        x = x + v / steps
    return x


def euler_at_noise(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = x + velocity(noise, times_of(x, i / steps)) / steps
    return x


def euler_from_noise(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = noise + velocity(x, times_of(x, i / steps)) / steps
    return x


def euler_noise_again(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = x + velocity(x, times_of(x, i / steps)) / steps + noise
    return x


def euler_fresh_noise(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = x + velocity(x, times_of(x, i / steps)) / steps
        x = x + (1 / steps) ** 0.5 * torch.randn_like(x)
    return x


def euler_minus(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = x - velocity(x, times_of(x, i / steps)) / steps
    return x


def euler_length_one_more(velocity, noise, steps):
    x, size = noise, 1 / (steps + 1)
    for i in range(steps):
        x = x + size * velocity(x, times_of(x, i * size))
    return x


def euler_heun(velocity, noise, steps):
    x = noise
    for i in range(steps):
        first = velocity(x, times_of(x, i / steps))
        second = velocity(x + first / steps, times_of(x, (i + 1) / steps))
        x = x + (first + second) / 2 / steps
    return x


def euler_number(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = x + velocity(x, i / steps) / steps
    return x


def euler_path(velocity, noise, steps):
    x, path = noise, [noise]
    for i in range(steps):
        x = x + velocity(x, times_of(x, i / steps)) / steps
        path.append(x)
    return torch.stack(path)


def euler_returns_early(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = x + velocity(x, times_of(x, i / steps)) / steps
        return x


def euler_jump(velocity, noise, steps):
    x = noise
    for i in range(steps):
        t = i / steps
        x = x + (1 - t) * velocity(x, times_of(x, t))
    return x


def euler_in_place(velocity, noise, steps):
    for i in range(steps):
        noise += velocity(noise, times_of(noise, i / steps)) / steps
    return noise


def euler_velocity_only(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = velocity(x, times_of(x, i / steps)) / steps
    return x


def euler_added_up(velocity, noise, steps):
    x = noise.clone()
    dt = 1 / steps
    t = 0.0
    while t < 1:
        x = x + dt * velocity(x, torch.full((x.shape[0],), t))
        t += dt
    return x


def euler_time_by_member(velocity, noise, steps):
    x = noise
    t = torch.linspace(0, 1, len(noise))
    for _ in range(steps):
        x = x + velocity(x, t) / steps
    return x


def euler_mean_of_ends(velocity, noise, steps):
    x, all_x = noise, []
    for i in range(steps):
        x = x + velocity(x, torch.full((len(x),), i / steps)) / steps
        all_x.append(x)
    return torch.stack(all_x).mean(0)


def euler_midpoint(velocity, noise, steps):
    x, h = noise, 1 / steps
    for i in range(steps):
        t = torch.full((len(x),), i * h)
        half = x + h / 2 * velocity(x, t)
        x = x + h * velocity(half, t + h / 2)
    return x


def euler_last_velocity(velocity, noise, steps):
    x = noise
    for i in range(steps):
        v = velocity(x, torch.full((len(x),), i / steps))
        x = x + v / steps
    return v


def euler_no_first_length(velocity, noise, steps):
    times = torch.arange(steps) / steps
    x, before = noise, 0.0
    for t in times:
        x = x + velocity(x, t.expand(len(x))) * (t - before)
        before = t
    return x


def euler_all_divided(velocity, noise, steps):
    x = noise
    for i in range(steps):
        x = (x + velocity(x, times_of(x, i / steps))) / steps
    return x


EULER = (
    Wrong(euler_end, "time at the end of the step", "end"),
    Wrong(euler_middle, "time in the middle of the step", "middle"),
    Wrong(euler_from_one, "times from 1 down", "1"),
    Wrong(euler_backwards, "all from time 1 backwards", "1|minus|back"),
    Wrong(euler_one_more, "one step more", "too many|one more|more"),
    Wrong(euler_one_less, "the first step is missing", "first"),
    Wrong(euler_linspace, "linspace with both ends", "linspace|last"),
    Wrong(euler_points, "one step fewer", "fewer|points"),
    Wrong(euler_no_length, "length forgotten", "How long is a step"),
    Wrong(euler_whole_times, "number of the step for the time", "number"),
    Wrong(euler_once, "velocity once only", "once|again|first"),
    Wrong(euler_at_noise, "velocity at the noise", "noise|where"),
    Wrong(euler_from_noise, "each step from the noise", "noise"),
    Wrong(euler_noise_again, "noise added in each step", "noise"),
    Wrong(euler_fresh_noise, "fresh noise in each step", "random|chance"),
    Wrong(euler_minus, "the sign", "back|minus|sign"),
    Wrong(euler_length_one_more, "length 1/(n + 1)", "n \\+ 1|short|length"),
    Wrong(euler_heun, "Heun's method", "Heun|twice|once"),
    Wrong(euler_number, "one number for the times", "need 2 times"),
    Wrong(euler_path, "the whole path", "arrive|axis|path"),
    Wrong(euler_returns_early, "return inside of the loop", "first step|return"),
    Wrong(euler_jump, "jumps to the end each time", "length|rest|left"),
    Wrong(euler_in_place, "in place", "changes its input"),
    Wrong(euler_velocity_only, "the velocity for the state", "velocity|where you are"),
    Wrong(euler_added_up, "lengths added up until 1", "Count the steps"),
    Wrong(euler_time_by_member, "a time for each member", "members"),
    Wrong(euler_mean_of_ends, "the mean of where the steps end", "mean"),
    Wrong(euler_midpoint, "the midpoint method", "midpoint"),
    Wrong(euler_last_velocity, "the last velocity", "`v`"),
    Wrong(euler_no_first_length, "the first step has no length", "first"),
    Wrong(euler_all_divided, "the state divided, too", "brackets"),
)


def euler_by_linspace(velocity, noise, steps):
    times = torch.linspace(0, 1, steps + 1)
    x = noise.clone()
    for now, later in itertools.pairwise(times):
        x += (later - now) * velocity(x, now.repeat(len(x)))
    return x


def euler_recursive(velocity, noise, steps, done=0):
    if done == steps:
        return noise
    t = torch.ones(len(noise)) * done / steps
    return euler_recursive(velocity, noise + velocity(noise, t) / steps, steps, done + 1)


def euler_time_grows(velocity, noise, steps):
    x, t = noise, torch.zeros(noise.shape[0])
    for _ in range(steps):
        x = x + velocity(x, t) * (1 / steps)
        t = t + 1 / steps
    return x


def euler_double(velocity, noise, steps):
    x = noise.double()
    for i in range(steps):
        t = torch.full((len(x),), i / steps, dtype=torch.float64)
        x = torch.add(x, velocity(x, t), alpha=1 / steps)
    return x


def euler_asks_twice(velocity, noise, steps):
    x = noise
    for i in range(steps):
        t = torch.full((len(x),), i / steps)
        v = torch.zeros_like(velocity(x, t)) + velocity(x, t)
        x = x + v / steps
    return x


def euler_asks_at_the_end(velocity, noise, steps):
    x = noise
    t = torch.zeros(len(x))
    v = velocity(x, t)
    for _ in range(steps):
        x = x + v / steps
        t = t + 1 / steps
        v = velocity(x, t)
    return x


EULER_RIGHT = (
    euler_by_linspace,
    euler_recursive,
    euler_time_grows,
    euler_double,
    euler_asks_twice,
    euler_asks_at_the_end,
)

# ── 3 · Guided by the words ───────────────────────────────────────────────────────────────────────


def both(velocity, x, t, captions, null):
    return velocity(x, t, torch.full_like(captions, null)), velocity(x, t, captions)


def guided_other(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    s = as_column(scale)
    return (1 + s) * told - s * silent


def guided_turned(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    return told + as_column(scale) * (silent - told)


def guided_away(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    return silent - as_column(scale) * (told - silent)


def guided_mean(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    return (silent + told) / 2


def guided_added(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    return silent + as_column(scale) * told


def guided_difference(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    return as_column(scale) * (told - silent)


def guided_one_call(velocity, x, t, captions, null, scale):
    return as_column(scale) * velocity(x, t, captions)


def guided_plain(velocity, x, t, captions, null, scale):
    return velocity(x, t, captions)


def guided_clipped(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    return silent + as_column(scale).clamp(0, 1) * (told - silent)


def guided_no_negative(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    return silent + as_column(scale).clamp(min=0) * (told - silent)


def guided_first_scale(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    return silent + scale[0] * (told - silent)


def guided_width(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    return silent + scale * (told - silent)


def guided_zeros(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, 0)
    return silent + as_column(scale) * (told - silent)


def guided_first_word(velocity, x, t, captions, null, scale):
    nothing = captions.clone()
    nothing[:, 0] = null
    silent, told = velocity(x, t, nothing), velocity(x, t, captions)
    return silent + as_column(scale) * (told - silent)


def guided_in_place(velocity, x, t, captions, null, scale):
    told = velocity(x, t, captions)
    captions[:] = null
    silent = velocity(x, t, captions)
    return silent + as_column(scale) * (told - silent)


def guided_exchanged(velocity, x, t, captions, null, scale):
    told, silent = both(velocity, x, t, captions, null)
    return silent + as_column(scale) * (told - silent)


def guided_scale_of_told(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    return as_column(scale) * told - (as_column(scale) - 1) * silent + silent


def guided_mean_scale(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    return torch.lerp(silent, told, scale.mean())


def guided_null_number(velocity, x, t, captions, null, scale):
    silent, told = velocity(x, t, null), velocity(x, t, captions)
    return silent + as_column(scale) * (told - silent)


def guided_one_null_caption(velocity, x, t, captions, null, scale):
    silent = velocity(x, t, torch.full((1, captions.shape[1]), null))
    told = velocity(x, t, captions)
    return silent + as_column(scale) * (told - silent)


def guided_doubled_wrong_half(velocity, x, t, captions, null, scale):
    nothing = torch.full_like(captions, null)
    twice = torch.cat([captions, nothing])
    silent, told = velocity(torch.cat([x, x]), torch.cat([t, t]), twice).chunk(2)
    return silent + as_column(scale) * (told - silent)


def guided_whole_scale(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    return silent + as_column(scale.int()) * (told - silent)


def guided_interleaved(velocity, x, t, captions, null, scale):
    both = torch.cat([torch.full_like(captions, null), captions])
    v = velocity(x.repeat_interleave(2, 0), t.repeat_interleave(2), both)
    without, told = v.chunk(2)
    return without + scale.view(-1, 1, 1, 1) * (told - without)


def guided_short_null(velocity, x, t, captions, null, scale):
    empty = torch.full((len(x), 1), null)
    without = velocity(x, t, empty)
    told = velocity(x, t, captions)
    return without + scale[:, None, None, None] * (told - without)


def guided_as_long(velocity, x, t, captions, null, scale):
    s = scale.view(-1, 1, 1, 1)
    c, u = velocity(x, t, captions), velocity(x, t, torch.full_like(captions, null))
    g = u + s * (c - u)
    return (
        g * c.flatten(1).norm(dim=1).view(-1, 1, 1, 1) / g.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    )


def guided_silent_at_0(velocity, x, t, captions, null, scale):
    without = velocity(x, torch.zeros_like(t), torch.full_like(captions, null))
    told = velocity(x, t, captions)
    return without + scale[:, None, None, None] * (told - without)


GUIDED = (
    Wrong(guided_other, "the other convention", "convention|1 \\+|from the velocity \\*with|with"),
    Wrong(guided_turned, "from told to silent", "without|turned|other way"),
    Wrong(guided_away, "away from the words", "away|sign"),
    Wrong(guided_mean, "the mean", "mean"),
    Wrong(guided_added, "told added", "add|difference"),
    Wrong(guided_difference, "the beginning is missing", "begin|without"),
    Wrong(guided_one_call, "only one call, scaled", "with"),
    Wrong(guided_plain, "no guidance", "scale|with"),
    Wrong(guided_clipped, "scale between 0 and 1", "1"),
    Wrong(guided_no_negative, "no scale below 0", "below 0"),
    Wrong(guided_first_scale, "the first scale for all", "first"),
    Wrong(guided_width, "scales along the width", "width"),
    Wrong(guided_zeros, "null taken for 0", "says nothing"),
    Wrong(guided_first_word, "the first word only", "first word"),
    Wrong(guided_in_place, "in place", "changes its input"),
    Wrong(guided_exchanged, "the two exchanged", "without|turned|other way"),
    Wrong(guided_scale_of_told, "silent once too often", ""),
    Wrong(guided_mean_scale, "the mean scale", "mean"),
    Wrong(guided_null_number, "a number for captions", "caption"),
    Wrong(guided_one_null_caption, "one caption for the batch", "caption"),
    Wrong(guided_doubled_wrong_half, "the wrong half", "without|turned|other way"),
    Wrong(guided_whole_scale, "whole scales", "round|whole"),
    Wrong(guided_interleaved, "pictures and captions in different orders", "double batch"),
    Wrong(guided_short_null, "an empty caption of one word", "`1`"),
    Wrong(guided_as_long, "as long as the one with the caption", "proportions"),
    Wrong(guided_silent_at_0, "asked at time 0 without the caption", "time 0"),
)


def guided_doubled(velocity, x, t, captions, null, scale):
    nothing = torch.full_like(captions, null)
    twice = torch.cat([nothing, captions])
    silent, told = velocity(torch.cat([x, x]), t.repeat(2), twice).chunk(2)
    return silent + scale.view(-1, 1, 1, 1) * (told - silent)


def guided_weights(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    s = as_column(scale)
    return (1 - s) * silent + s * told


def guided_lerp(velocity, x, t, captions, null, scale):
    return torch.lerp(*both(velocity, x, t, captions, null), as_column(scale))


def guided_one_by_one(velocity, x, t, captions, null, scale):
    rows = []
    for i in range(len(x)):
        one = slice(i, i + 1)
        silent = velocity(x[one], t[one], captions[one] * 0 + null)
        rows.append(silent + scale[i] * (velocity(x[one], t[one], captions[one]) - silent))
    return torch.cat(rows)


def guided_from_told(velocity, x, t, captions, null, scale):
    silent, told = both(velocity, x, t, captions, null)
    return told + as_column(scale - 1) * (told - silent)


GUIDED_RIGHT = (guided_doubled, guided_weights, guided_lerp, guided_one_by_one, guided_from_told)

# ── 4 · A caption is dropped as a whole ───────────────────────────────────────────────────────────


def dropped_inverted(words, null, draws, share):
    return torch.where((draws >= share)[:, None, None], null, words)


def dropped_at_share(words, null, draws, share):
    return torch.where((draws <= share)[:, None, None], null, words)


def dropped_zeros(words, null, draws, share):
    return words * (draws >= share)[:, None, None]


def dropped_scaled(words, null, draws, share):
    return torch.where((draws < share)[:, None, None], null, words / (1 - share))


def dropped_first_decides(words, null, draws, share):
    return null.expand_as(words).clone() if draws[0] < share else words


def dropped_any(words, null, draws, share):
    return null.expand_as(words).clone() if (draws < share).any() else words


def dropped_by_word(words, null, draws, share):
    return torch.where((draws < share)[:, None], null, words)


def dropped_by_number(words, null, draws, share):
    return torch.where(draws < share, null, words)


def dropped_removed(words, null, draws, share):
    return words[draws >= share]


def dropped_in_place(words, null, draws, share):
    words[draws < share] = null
    return words


def dropped_first_null(words, null, draws, share):
    return torch.where((draws < share)[:, None, None], null[0], words)


def dropped_mean_null(words, null, draws, share):
    return torch.where((draws < share)[:, None, None], null.mean(0), words)


def dropped_added(words, null, draws, share):
    return words + (draws < share)[:, None, None] * null


def dropped_own_draws(words, null, draws, share):
    lost = torch.rand(words.shape[:2]) < share
    return torch.where(lost[..., None], null, words)


def dropped_first_words(words, null, draws, share):
    found = words.clone()
    found[draws < share, 0] = null[0]
    return found


def dropped_high(words, null, draws, share):
    return torch.where((draws > 1 - share)[:, None, None], null, words)


def dropped_detached(words, null, draws, share):
    return torch.where((draws < share)[:, None, None], null.detach(), words)


def dropped_data(words, null, draws, share):
    found = words.clone()
    found.data[draws < share] = null.data
    return found


def dropped_count(words, null, draws, share):
    found = words.clone()
    found[: round(share * len(words))] = null
    return found


def dropped_half(words, null, draws, share):
    return torch.where((draws < 0.5)[:, None, None], null, words)


def dropped_mixed(words, null, draws, share):
    return (1 - share) * words + share * null


def dropped_neighbour(words, null, draws, share):
    return torch.where((draws < share)[:, None, None], words.roll(1, 0), words)


def dropped_moved(words, null, draws, share):
    out = []
    for i in range(len(words)):
        if draws[i].item() < share:
            out.append(null)
    return torch.stack(out + [words[i] for i in range(len(words)) if draws[i] >= share])


DROPPED = (
    Wrong(dropped_inverted, "inverted", "turned|stay|inverted"),
    Wrong(dropped_at_share, "a draw at the share", "equal|below"),
    Wrong(dropped_zeros, "zeros", "zeros"),
    Wrong(dropped_scaled, "scaled as dropout does", "1 −|scale|larger"),
    Wrong(dropped_first_decides, "the first draw for all", "first"),
    Wrong(dropped_any, "any draw for all", "any|one draw|all"),
    Wrong(dropped_by_word, "draws along the words", "word"),
    Wrong(dropped_by_number, "draws along the width", ""),
    Wrong(dropped_removed, "removed from the batch", "batch|short"),
    Wrong(dropped_in_place, "in place", "changes its input"),
    Wrong(dropped_first_null, "the first vector of null", "first"),
    Wrong(dropped_mean_null, "the mean of null", "mean"),
    Wrong(dropped_added, "added", "add|replace"),
    Wrong(dropped_own_draws, "draws of its own, per word", "random"),
    Wrong(dropped_first_words, "the first word only", "first word"),
    Wrong(dropped_high, "high draws", "high|below|above"),
    Wrong(dropped_detached, "null gets no gradient", "gradient"),
    Wrong(dropped_data, "no gradient for null", "gradient"),
    Wrong(dropped_count, "a count from the front", "first|draws"),
    Wrong(dropped_half, "one half built in", "share"),
    Wrong(dropped_mixed, "mixed", "mix|draws"),
    Wrong(dropped_neighbour, "the neighbour's caption", "another caption|other"),
    Wrong(dropped_moved, "the dropped ones come first", "changed places"),
)


def dropped_loop(words, null, draws, share):
    return torch.stack([null if d < share else w for w, d in zip(words, draws, strict=True)])


def dropped_multiplied(words, null, draws, share):
    lost = (draws < share).float().view(-1, 1, 1)
    return lost * null + (1 - lost) * words


def dropped_indexed(words, null, draws, share):
    found = words.clone()
    found[draws < share] = null
    return found


def dropped_double(words, null, draws, share):
    kept = torch.ge(draws, share)[:, None, None]
    return torch.where(kept, words.double(), null.double())


def dropped_by_numpy(words, null, draws, share):
    lost = torch.from_numpy(draws.numpy() < share)
    return torch.where(lost[:, None, None], null, words)


def dropped_by_list(words, null, draws, share):
    rows = [null if d < share else w for w, d in zip(words, draws.tolist(), strict=True)]
    return torch.stack(rows)


def dropped_by_heaviside(words, null, draws, share):
    kept = torch.heaviside(draws - share, torch.ones(())).view(-1, 1, 1)
    return kept * words + (1 - kept) * null


DROPPED_RIGHT = (
    dropped_loop,
    dropped_multiplied,
    dropped_indexed,
    dropped_double,
    dropped_by_numpy,
    dropped_by_list,
    dropped_by_heaviside,
)

# ── 5 · Where does it come from, and where does it go? ────────────────────────────────────────────


def beside(times, x):
    return times.reshape(-1, *[1] * (x.dim() - 1))


def ends_exchanged_times(x, velocities, times):
    t = beside(times, x)
    return x - (1 - t) * velocities, x + t * velocities


def ends_turned(x, velocities, times):
    t = beside(times, x)
    return x + t * velocities, x - (1 - t) * velocities


def ends_order(x, velocities, times):
    t = beside(times, x)
    return x + (1 - t) * velocities, x - t * velocities


def ends_whole(x, velocities, times):
    return x - velocities, x + velocities


def ends_data_whole(x, velocities, times):
    return x - beside(times, x) * velocities, x + velocities


def ends_data_by_t(x, velocities, times):
    t = beside(times, x)
    return x - t * velocities, x + t * velocities


def ends_noise_by_rest(x, velocities, times):
    t = beside(times, x)
    return x - (1 - t) * velocities, x + (1 - t) * velocities


def ends_noise_is_velocity(x, velocities, times):
    t = beside(times, x)
    return x - velocities, x + (1 - t) * velocities


def ends_divided(x, velocities, times):
    t = beside(times, x)
    data = x + (1 - t) * velocities
    return (x - t * data) / (1 - t), data


def ends_divided_safely(x, velocities, times):
    t = beside(times, x)
    data = x + (1 - t) * velocities
    return (x - t * data) / (1 - t + 1e-3), data


def ends_first_time(x, velocities, times):
    t = times[0]
    return x - t * velocities, x + (1 - t) * velocities


def ends_mean_time(x, velocities, times):
    t = times.mean()
    return x - t * velocities, x + (1 - t) * velocities


def ends_last_axis(x, velocities, times):
    return x - times * velocities, x + (1 - times) * velocities


def ends_pictures_only(x, velocities, times):
    t = times[:, None, None, None]
    return x - t * velocities, x + (1 - t) * velocities


def ends_points_only(x, velocities, times):
    t = times[:, None]
    return x - t * velocities, x + (1 - t) * velocities


def ends_from_data(x, velocities, times):
    t = beside(times, x)
    data = x + (1 - t) * velocities
    return data + velocities, data


def ends_data_from_noise(x, velocities, times):
    t = beside(times, x)
    noise = x - t * velocities
    return noise, noise - velocities


def ends_one(x, velocities, times):
    return x + (1 - beside(times, x)) * velocities


def ends_weighted(x, velocities, times):
    t = beside(times, x)
    return (1 - t) * x - t * velocities, t * x + (1 - t) * velocities


def ends_in_place(x, velocities, times):
    t = beside(times, x)
    data = x + (1 - t) * velocities
    x -= t * velocities
    return x, data


def ends_sum(x, velocities, times):
    t = beside(times, x)
    return x - t * velocities, x + (1 + t) * velocities


def ends_no_time(x, velocities, times):
    return x, x + velocities


def ends_velocity_for_data(x, velocities, times):
    t = times.view(-1, *[1] * (x.dim() - 1))
    return x - t * velocities, velocities


def ends_parts(x, velocities, times):
    t = times.view(-1, *[1] * (x.dim() - 1))
    noise = (1 - t) * (x - t * velocities)
    data = t * (x + (1 - t) * velocities)
    return noise, data


def ends_over_time(x, velocities, times):
    t = times.view(-1, *[1] * (x.dim() - 1))
    return x - velocities / t, x + velocities / (1 - t)


def ends_zero_at_0(x, velocities, times):
    t = times.view(-1, *[1] * (x.dim() - 1))
    noise = torch.where(t == 0, torch.zeros_like(x), x - t * velocities)
    return noise, noise + velocities


ENDS = (
    Wrong(ends_exchanged_times, "t and 1 − t exchanged", "exchanged|time"),
    Wrong(ends_turned, "signs turned", "sign|back|turned"),
    Wrong(ends_order, "the two in the other order", "order"),
    Wrong(ends_whole, "a whole velocity both ways", "whole"),
    Wrong(ends_data_whole, "a whole velocity to the data", "whole|left"),
    Wrong(ends_data_by_t, "t for the data", "data|left"),
    Wrong(ends_noise_by_rest, "1 − t for the noise", "noise"),
    Wrong(ends_noise_is_velocity, "a whole velocity to the noise", "noise|whole"),
    Wrong(ends_divided, "divided by 1 − t", "NaN"),
    Wrong(ends_divided_safely, "divided by a little more", ""),
    Wrong(ends_first_time, "the first time", "first"),
    Wrong(ends_mean_time, "the mean time", "mean"),
    Wrong(ends_last_axis, "times along the last axis", "last"),
    Wrong(ends_pictures_only, "pictures only", "axes|shape"),
    Wrong(ends_points_only, "points only", ""),
    Wrong(ends_from_data, "data plus velocity", "noise"),
    Wrong(ends_data_from_noise, "noise minus velocity", "data"),
    Wrong(ends_one, "only the data", "2 things"),
    Wrong(ends_weighted, "x is weighted, too", "x"),
    Wrong(ends_in_place, "in place", "changes its input"),
    Wrong(ends_sum, "1 + t", "data|left"),
    Wrong(ends_no_time, "without the time", "times"),
    Wrong(ends_velocity_for_data, "the velocity for the data", "velocity itself"),
    Wrong(ends_parts, "what each has in x", "how much"),
    Wrong(ends_over_time, "divided by the time", "divide"),
    Wrong(ends_zero_at_0, "zeros at time 0", "holds a 0"),
)


def ends_einsum(x, velocities, times):
    back = torch.einsum("b...,b->b...", velocities, times)
    return x - back, x + velocities - back


def ends_numpy(x, velocities, times):
    x, v = x.numpy(), velocities.numpy()
    t = times.numpy().reshape((-1,) + (1,) * (x.ndim - 1))
    return x - t * v, x + (1 - t) * v


def ends_transposed(x, velocities, times):
    last = velocities.movedim(0, -1)
    back, on = (last * times).movedim(-1, 0), (last * (1 - times)).movedim(-1, 0)
    return x - back, x + on


def ends_rows(x, velocities, times):
    rows = list(zip(x, velocities, times, strict=True))
    noise = torch.stack([a - t * v for a, v, t in rows])
    return noise, noise + velocities


ENDS_RIGHT = (ends_einsum, ends_numpy, ends_transposed, ends_rows)

# ── 6 · Steps, calls and where they lead ──────────────────────────────────────────────────────────

STEPS = (
    Wrong([13, 24, 120, 8, 14, 23, -2], "one more call", "Number 1"),
    Wrong([60, 24, 120, 8, 14, 23, -2], "a call for each picture", "batch"),
    Wrong([60, 120, 120, 8, 14, 23, -2], "calls for each picture, both", "batch"),
    Wrong([12, 12, 120, 8, 14, 23, -2], "Heun asks once", "Heun"),
    Wrong([12, 13, 120, 8, 14, 23, -2], "Heun keeps the last velocity", "kept"),
    Wrong([12, 36, 120, 8, 14, 23, -2], "Heun asks three times", "Number 2"),
    Wrong([12, 24, 60, 8, 14, 23, -2], "guided once", "without"),
    Wrong([12, 24, 24, 8, 14, 23, -2], "calls for pictures", "Number 3"),
    Wrong([12, 24, 12, 8, 14, 23, -2], "calls of one batch", "Number 3"),
    Wrong([12, 24, 240, 8, 14, 23, -2], "Heun, guided", "Heun"),
    Wrong([12, 24, 120, 20, 14, 23, -2], "time 1 in one step", "time 1"),
    Wrong([12, 24, 120, 6, 14, 23, -2], "the velocity", "velocity"),
    Wrong([12, 24, 120, 8, 8, 23, -2], "velocity asked once", "ask anew"),
    Wrong([12, 24, 120, 8, 35, 23, -2], "no length of the step", "How long"),
    Wrong([12, 24, 120, 8, 12.5, 23, -2], "time stays 0", "time 0"),
    Wrong([12, 24, 120, 8, 18.5, 23, -2], "time 1 in the second step", "time 1"),
    Wrong([12, 24, 120, 8, 15.5, 23, -2], "not squared", "12t"),
    Wrong([12, 24, 120, 8, 14, 29, -2], "Heun goes on from the trial", "trial"),
    Wrong([12, 24, 120, 8, 14, 44, -2], "sum of velocities", "sum"),
    Wrong([12, 24, 120, 8, 14, 21, -2], "the mean velocity for where it leads", "Number 6"),
    Wrong([12, 24, 120, 8, 14, 14, -2], "the second velocity at the beginning", "Number 6"),
    Wrong([12, 24, 120, 8, 14, 23, 16], "sign of the velocity", "wrong way"),
    Wrong([12, 24, 120, 8, 14, 23, -5], "at the end already", "end"),
    Wrong([12, 24, 120, 8, 14, 23, 4], "one step of four", "one"),
    Wrong([12, 24, 120, 8, 14, 23], "six numbers", "7"),
    Wrong([12, 24, 120, 20, 22.25, 23, -2], "times at the ends", "ends"),
)

STEPS_RIGHT = (
    (12, 24, 120, 8, 14, 23, -2),
    np.array([12, 24, 120, 8, 14, 23, -2]),
    [12.0, 24.0, 12 * 2 * 5, 8, 5 + 18 / 2, 2 + (6 + 36) / 2, 7 - 9],
    torch.tensor([12, 24, 120, 8, 14, 23, -2]),
)

# ── 7 · Find the bugs: a flow that has seen one noise ─────────────────────────────────────────────


def losses_of(velocity, data, noise, times, loss):
    rows = [loss(velocity, data, z, t) for z, t in zip(noise, times, strict=True)]
    return torch.stack(rows)


def right_loss(velocity, data, z, t):
    x = (1 - t[:, None]) * z + t[:, None] * data
    return (velocity(x, t) - (data - z)).square().mean()


def flow_as_given(velocity, data, noise, times):
    start, losses = noise[0], []
    for step in range(len(times)):
        t = times[step, 0]
        x = (1 - t) * start + t * data
        error = velocity(x, t.expand(len(data))) - (data - x)
        losses.append(error.square().mean())
    return torch.stack(losses)


def flow_noise_mended(velocity, data, noise, times):
    losses = []
    for step in range(len(times)):
        start, t = noise[step], times[step, 0]
        x = (1 - t) * start + t * data
        error = velocity(x, t.expand(len(data))) - (data - x)
        losses.append(error.square().mean())
    return torch.stack(losses)


def flow_target_mended(velocity, data, noise, times):
    start, losses = noise[0], []
    for step in range(len(times)):
        t = times[step, 0]
        x = (1 - t) * start + t * data
        error = velocity(x, t.expand(len(data))) - (data - start)
        losses.append(error.square().mean())
    return torch.stack(losses)


def flow_time_left(velocity, data, noise, times):
    losses = []
    for start, moment in zip(noise, times, strict=True):
        t = moment[0]
        x = (1 - t) * start + t * data
        error = velocity(x, t.expand(len(data))) - (data - start)
        losses.append(error.square().mean())
    return torch.stack(losses)


def flow_noise_left(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        return right_loss(velocity, data, noise[0], t)

    return losses_of(velocity, data, noise, times, loss)


def flow_target_left(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        x = (1 - t[:, None]) * z + t[:, None] * data
        return (velocity(x, t) - (data - x)).square().mean()

    return losses_of(velocity, data, noise, times, loss)


def flow_times_of_first_step(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        return right_loss(velocity, data, z, times[0])

    return losses_of(velocity, data, noise, times, loss)


def flow_one_noise_for_batch(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        return right_loss(velocity, data, z[:1].expand_as(data), t)

    return losses_of(velocity, data, noise, times, loss)


def flow_turned(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        x = (1 - t[:, None]) * z + t[:, None] * data
        return (velocity(x, t) - (z - data)).square().mean()

    return losses_of(velocity, data, noise, times, loss)


def flow_wrong_end(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        x = t[:, None] * z + (1 - t[:, None]) * data
        return (velocity(x, t) - (data - z)).square().mean()

    return losses_of(velocity, data, noise, times, loss)


def flow_predicts_noise(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        x = (1 - t[:, None]) * z + t[:, None] * data
        return (velocity(x, t) - z).square().mean()

    return losses_of(velocity, data, noise, times, loss)


def flow_at_noise(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        return (velocity(z, t) - (data - z)).square().mean()

    return losses_of(velocity, data, noise, times, loss)


def flow_summed(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        return len(data) * data.shape[1] * right_loss(velocity, data, z, t)

    return losses_of(velocity, data, noise, times, loss)


def flow_sum_over_numbers(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        return data.shape[1] * right_loss(velocity, data, z, t)

    return losses_of(velocity, data, noise, times, loss)


def flow_absolute(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        x = (1 - t[:, None]) * z + t[:, None] * data
        return (velocity(x, t) - (data - z)).abs().mean()

    return losses_of(velocity, data, noise, times, loss)


def flow_mean_of_steps(velocity, data, noise, times):
    return losses_of(velocity, data, noise, times, right_loss).mean()


def flow_network_time(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        x = (1 - t[:, None]) * z + t[:, None] * data
        return (velocity(x, 1 - t) - (data - z)).square().mean()

    return losses_of(velocity, data, noise, times, loss)


def flow_first_time_for_network(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        x = (1 - t[:, None]) * z + t[:, None] * data
        return (velocity(x, t[:1].expand(len(t))) - (data - z)).square().mean()

    return losses_of(velocity, data, noise, times, loss)


def flow_mean_time(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        return right_loss(velocity, data, z, t.mean().expand(len(t)))

    return losses_of(velocity, data, noise, times, loss)


def flow_roots(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        x = (1 - t[:, None]).sqrt() * z + t[:, None].sqrt() * data
        return (velocity(x, t) - (data - z)).square().mean()

    return losses_of(velocity, data, noise, times, loss)


def flow_squared_mean(velocity, data, noise, times):
    def loss(velocity, data, z, t):
        x = (1 - t[:, None]) * z + t[:, None] * data
        return (velocity(x, t) - (data - z)).mean().square()

    return losses_of(velocity, data, noise, times, loss)


def flow_last_step(velocity, data, noise, times):
    return right_loss(velocity, data, noise[-1], times[-1])


def flow_nearly_1(velocity, data, noise, times):
    losses = []
    for step in range(len(times)):
        t = times[step][:, None]
        x = (1 - t) * noise[step] + t * data
        error = velocity(x, times[step]) - (data - x) / (1 - t + 1e-5)
        losses.append(error.square().mean())
    return torch.stack(losses)


def flow_relative(velocity, data, noise, times):
    losses = []
    for step in range(len(times)):
        t = times[step][:, None]
        x = (1 - t) * noise[step] + t * data
        goal = data - noise[step]
        losses.append((velocity(x, times[step]) - goal).square().sum() / goal.square().sum())
    return torch.stack(losses)


def flow_x_of_first_noise(velocity, data, noise, times):
    start, losses = noise[0], []
    for step in range(len(times)):
        t = times[step][:, None]
        x = (1 - t) * start + t * data
        error = velocity(x, times[step]) - (data - noise[step])
        losses.append(error.square().mean())
    return torch.stack(losses)


def flow_one_too_few(velocity, data, noise, times):
    losses = []
    for step in range(len(times) - 1):
        t = times[step][:, None]
        x = (1 - t) * noise[step] + t * data
        error = velocity(x, times[step]) - (data - noise[step])
        losses.append(error.square().mean())
    return torch.stack(losses)


FLOW = (
    Wrong(flow_as_given, "as given", "given"),
    Wrong(flow_noise_mended, "only the noise is mended", "time"),
    Wrong(flow_target_mended, "only the velocity is mended", "noise"),
    Wrong(flow_time_left, "one time for the batch", "time"),
    Wrong(flow_noise_left, "the first step's noise", "noise"),
    Wrong(flow_target_left, "the velocity from x", "left|x"),
    Wrong(flow_times_of_first_step, "the first step's times", "times|first"),
    Wrong(flow_one_noise_for_batch, "one noise for the batch", "noise"),
    Wrong(flow_turned, "the velocity turned", "sign|turned|back|noise −"),
    Wrong(flow_wrong_end, "time from the wrong end", "end|exchanged|time"),
    Wrong(flow_predicts_noise, "the noise is predicted", "noise"),
    Wrong(flow_at_noise, "the network sees noise only", "noise"),
    Wrong(flow_summed, "the sum", "sum"),
    Wrong(flow_sum_over_numbers, "the sum over numbers", "sum|times"),
    Wrong(flow_absolute, "absolute errors", "Squares"),
    Wrong(flow_mean_of_steps, "the mean over steps", "step"),
    Wrong(flow_network_time, "another time for the network", "network|1 − t"),
    Wrong(flow_first_time_for_network, "the network hears one time", "time"),
    Wrong(flow_mean_time, "the mean time", "mean"),
    Wrong(flow_roots, "weights of diffusion", "root"),
    Wrong(flow_squared_mean, "the square of the mean", "square|mean"),
    Wrong(flow_last_step, "the last step only", "step|axis"),
    Wrong(flow_nearly_1, "divided by the time left, nearly", "small number"),
    Wrong(flow_relative, "a relative error", "divide"),
    Wrong(flow_x_of_first_noise, "x of the first noise", "later"),
    Wrong(flow_one_too_few, "the last step is missing", "empty"),
)


def flow_right(velocity, data, noise, times):
    return losses_of(velocity, data, noise, times, right_loss)


def flow_all_at_once(velocity, data, noise, times):
    t = times[..., None]
    x = (1 - t) * noise + t * data
    found = velocity(x.flatten(0, 1), times.flatten()).view_as(x)
    return (found - (data - noise)).square().mean((1, 2))


def flow_floats(velocity, data, noise, times):
    return [float(right_loss(velocity, data, z, t)) for z, t in zip(noise, times, strict=True)]


def flow_library(velocity, data, noise, times):
    losses = []
    for z, t in zip(noise, times, strict=True):
        x = torch.lerp(z, data, t.unsqueeze(1))
        losses.append(torch.nn.functional.mse_loss(velocity(x, t), data - z))
    return torch.stack(losses)


FLOW_RIGHT = (flow_right, flow_all_at_once, flow_floats, flow_library)

WRONG = {
    "generation.on_the_way": WAY,
    "generation.euler": EULER,
    "generation.guided": GUIDED,
    "generation.dropped": DROPPED,
    "generation.to_noise": ENDS,
    "generation.steps_needed": STEPS,
    "generation.bug_flow": FLOW,
}
RIGHT = {
    "generation.on_the_way": WAY_RIGHT,
    "generation.euler": EULER_RIGHT,
    "generation.guided": GUIDED_RIGHT,
    "generation.dropped": DROPPED_RIGHT,
    "generation.to_noise": ENDS_RIGHT,
    "generation.steps_needed": STEPS_RIGHT,
    "generation.bug_flow": FLOW_RIGHT,
}
