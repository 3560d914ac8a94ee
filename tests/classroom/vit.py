"""A class's answers to the exercises of lesson 04."""

import math
from functools import partial, reduce

import einops
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.classroom import Wrong

# Cut a picture into patches -----------------------------------------------------------------------


def split(pictures, size):
    """Return the picture with axes (…, channels, row, y, column, x)."""
    *lead, channels, high, wide = pictures.shape
    return pictures.reshape(*lead, channels, high // size, size, wide // size, size)


def laid_out(order, flatten=3):
    """Cut with the six axes (channels 0, row 1, y 2, column 3, x 4) in another order."""

    def answer(pictures, size):
        x = split(pictures, size)
        lead = list(range(x.ndim - 5))
        x = x.permute(*lead, *(len(lead) + axis for axis in order))
        return x.flatten(-flatten).flatten(len(lead), -2)

    return answer


right_cut = laid_out((1, 3, 0, 2, 4))


def strips(pictures, size):
    channels, high, wide = pictures.shape[-3:]
    patches = high * wide // size**2
    return pictures.reshape(*pictures.shape[:-3], patches, channels * size * size)


def strips_by_channel(pictures, size):
    *lead, channels, high, wide = pictures.shape
    x = pictures.reshape(*lead, channels, high * wide // size**2, size * size)
    return x.movedim(-3, -2).flatten(-2)


def view_with_axes_mixed(pictures, size):
    *lead, channels, high, wide = pictures.shape
    x = pictures.reshape(*lead, high // size, wide // size, channels, size, size)
    return x.flatten(-3).flatten(-3, -2)


def sides_exchanged(pictures, size):
    *lead, channels, high, wide = pictures.shape
    x = pictures.reshape(*lead, channels, wide // size, size, high // size, size)
    return x.movedim((-4, -2), (-5, -4)).flatten(-3).flatten(-3, -2)


def size_and_number_exchanged(pictures, size):
    *lead, channels, high, wide = pictures.shape
    x = pictures.reshape(*lead, channels, size, high // size, size, wide // size)
    return x.movedim((-4, -2), (-5, -4)).flatten(-3).flatten(-3, -2)


def dilated(pictures, size):
    *lead, channels, high, wide = pictures.shape
    x = pictures.reshape(*lead, channels, size, high // size, size, wide // size)
    return x.movedim((-3, -1), (-5, -4)).flatten(-3).flatten(-3, -2)


def square_only(pictures, size):
    *lead, channels, high, _ = pictures.shape
    n = high // size
    x = pictures.reshape(*lead, channels, n, size, n, size)
    return x.movedim((-4, -2), (-5, -4)).flatten(-3).flatten(-3, -2)


def one_batch_axis(pictures, size):
    batch, channels, high, wide = pictures.shape
    x = pictures.reshape(batch, channels, high // size, size, wide // size, size)
    return x.permute(0, 2, 4, 1, 3, 5).reshape(batch, -1, channels * size**2)


def no_batch_axis(pictures, size):
    channels, high, wide = pictures.shape
    x = pictures.reshape(channels, high // size, size, wide // size, size)
    return x.permute(1, 3, 0, 2, 4).reshape(-1, channels * size**2)


def batch_swallowed(pictures, size):
    *_, channels, _, _ = pictures.shape
    return right_cut(pictures, size).reshape(-1, channels * size**2)


def three_channels(pictures, size):
    *lead, _, high, wide = pictures.shape
    x = pictures.reshape(*lead, 3, high // size, size, wide // size, size)
    return x.movedim((-4, -2), (-5, -4)).flatten(-3).flatten(-3, -2)


def as_grid(pictures, size):
    x = split(pictures, size).movedim((-4, -2), (-5, -4))
    return x.flatten(-3)


def as_squares(pictures, size):
    x = split(pictures, size).movedim((-4, -2), (-5, -4))
    return x.flatten(-5, -4)


def channels_kept(pictures, size):
    return split(pictures, size).transpose(-3, -2).flatten(-2).flatten(-3, -2)


def channels_apart(pictures, size):
    x = split(pictures, size).transpose(-3, -2)
    return x.flatten(-2).flatten(-4, -2)


def pixels_outside(pictures, size):
    x = split(pictures, size)  # (…, channels, row, y, column, x)
    *lead, channels, rows, _, columns, _ = x.shape
    lead_axes = list(range(len(lead)))
    order = [len(lead) + axis for axis in (2, 4, 0, 1, 3)]
    return x.permute(*lead_axes, *order).reshape(*lead, rows * columns, channels * size**2)


def unfolded(pictures, size):
    return F.unfold(pictures.reshape(-1, *pictures.shape[-3:]), size, stride=size)


def unfold_forgets_transpose(pictures, size):
    return unfolded(pictures, size).reshape(
        *pictures.shape[:-3], -1, unfolded(pictures, size).shape[-1]
    )


def unfold_reshaped(pictures, size):
    x = unfolded(pictures, size)
    return x.reshape(*pictures.shape[:-3], x.shape[-1], x.shape[-2])


def overlapping(pictures, size):
    x = F.unfold(pictures.reshape(-1, *pictures.shape[-3:]), size, stride=max(1, size // 2))
    return x.transpose(-2, -1).reshape(*pictures.shape[:-3], x.shape[-1], x.shape[-2])


def every_pixel(pictures, size):
    x = F.unfold(pictures.reshape(-1, *pictures.shape[-3:]), size)
    return x.transpose(-2, -1).reshape(*pictures.shape[:-3], x.shape[-1], x.shape[-2])


def first_channel_only(pictures, size):
    return right_cut(pictures[..., :1, :, :], size)


def mean_of_channels(pictures, size):
    return right_cut(pictures.mean(-3, keepdim=True), size)


def channels_last_given(pictures, size):
    return right_cut(pictures.movedim(-1, -3), size)


def flattened_first(pictures, size):
    return pictures.flatten(-3).unfold(-1, size * size, size * size)


def loop_by_columns(pictures, size):
    high, wide = pictures.shape[-2:]
    found = []
    for left in range(0, wide, size):
        for top in range(0, high, size):
            found.append(pictures[..., top : top + size, left : left + size].flatten(-3))
    return torch.stack(found, dim=-2)


def loop_misses_the_last(pictures, size):
    high, wide = pictures.shape[-2:]
    found = []
    for top in range(0, high - 1, size):
        for left in range(0, wide - size, size):
            found.append(pictures[..., top : top + size, left : left + size].flatten(-3))
    return torch.stack(found, dim=-2)


def loop_misses_both(pictures, size):
    high, wide = pictures.shape[-2:]
    found = []
    for top in range(0, high - size, size):
        for left in range(0, wide - size, size):
            found.append(pictures[..., top : top + size, left : left + size].flatten(-3))
    return torch.stack(found, dim=-2)


def unfold_alone(pictures, size):
    return F.unfold(pictures, size, stride=size)


def lines(pictures, size):
    x = split(pictures, size).movedim((-4, -3), (-5, -4))
    return x.reshape(*pictures.shape[:-3], -1, pictures.shape[-3] * size**2)


def overlapping_along(pictures, size):
    high, wide = pictures.shape[-2:]
    found = []
    for top in range(0, high, size):
        for left in range(wide - size + 1):
            found.append(pictures[..., top : top + size, left : left + size].flatten(-3))
    return torch.stack(found, dim=-2)


def loop_stacks_first(pictures, size):
    high, wide = pictures.shape[-2:]
    found = []
    for top in range(0, high, size):
        for left in range(0, wide, size):
            found.append(pictures[..., top : top + size, left : left + size].flatten(-3))
    return torch.stack(found)


def loop_over_numbers(pictures, size):
    high, wide = pictures.shape[-2:]
    found = []
    for row in range(high // size):
        for column in range(wide // size):
            found.append(pictures[..., row : row + size, column : column + size].flatten(-3))
    return torch.stack(found, dim=-2)


def in_chunks(pictures, size):
    rows = pictures.chunk(size, dim=-2)
    return torch.stack([p.flatten(-3) for r in rows for p in r.chunk(size, dim=-1)], dim=-2)


def whole_number(pictures, size):
    return right_cut(pictures, size).int()


def turned(pictures, size):
    return right_cut(pictures.transpose(-2, -1), size)


def cut_in_place(pictures, size):
    pictures /= 255
    return right_cut(pictures, size)


def loop(pictures, size):
    high, wide = pictures.shape[-2:]
    found = []
    for top in range(0, high, size):
        for left in range(0, wide, size):
            found.append(pictures[..., top : top + size, left : left + size].flatten(-3))
    return torch.stack(found, dim=-2)


def by_unfold(pictures, size):
    x = unfolded(pictures.float(), size).mT
    return x.reshape(*pictures.shape[:-3], *x.shape[-2:])


def by_einops(pictures, size):
    how = "... c (r y) (k x) -> ... (r k) (c y x)"
    return einops.rearrange(pictures, how, y=size, x=size)


def by_tensor_unfold(pictures, size):
    x = pictures.unfold(-2, size, size).unfold(-2, size, size)  # (…, channels, row, column, y, x)
    return x.movedim(-5, -3).flatten(-3).flatten(-3, -2)


def by_convolution(pictures, size):
    x = pictures.reshape(-1, *pictures.shape[-3:]).float()
    n = x.shape[1] * size * size
    kernels = torch.eye(n).view(n, x.shape[1], size, size)
    rows = F.conv2d(x, kernels, stride=size).flatten(2).mT
    return rows.reshape(*pictures.shape[:-3], *rows.shape[1:])


def by_pixel_unshuffle(pictures, size):
    return F.pixel_unshuffle(pictures, size).flatten(-2).transpose(-2, -1)


def patches_in_numpy(pictures, size):
    x = pictures.numpy()
    *lead, c, h, w = x.shape
    x = x.reshape(*lead, c, h // size, size, w // size, size)
    x = np.moveaxis(x, (-4, -2), (-5, -4))
    return x.reshape(*lead, (h // size) * (w // size), c * size * size)


def by_splitting(pictures, size):
    rows = pictures.split(size, dim=-2)
    return torch.stack([p.flatten(-3) for row in rows for p in row.split(size, -1)], dim=-2)


def picture_by_picture(pictures, size):
    if pictures.ndim > 3:
        return torch.stack([picture_by_picture(picture, size) for picture in pictures])
    return no_batch_axis(pictures, size)


class Patches(nn.Module):
    def forward(self, pictures, size):
        return right_cut(pictures.double(), size)


def by_index(pictures, size):
    c, h, w = pictures.shape[-3:]
    places = no_batch_axis(torch.arange(c * h * w).view(c, h, w), size)
    return pictures.flatten(-3)[..., places]


PATCHIFY = (
    Wrong(strips, "reshape alone"),
    Wrong(strips_by_channel, "reshape alone, channel by channel: strips"),
    Wrong(view_with_axes_mixed, "one reshape into the axes wanted"),
    Wrong(sides_exchanged, "height and width exchanged in the reshape"),
    Wrong(size_and_number_exchanged, "size and number of patches exchanged in the reshape"),
    Wrong(dilated, "takes every n-th pixel: split as (size, number)"),
    Wrong(square_only, "takes the picture for a square"),
    Wrong(one_batch_axis, "exactly one batch axis"),
    Wrong(no_batch_axis, "no batch axis"),
    Wrong(batch_swallowed, "patches of all pictures in one list"),
    Wrong(three_channels, "three channels built in"),
    Wrong(lambda p, s: right_cut(p, 2), "size 2 built in"),
    Wrong(lambda p, s: right_cut(p, 4), "size 4 built in"),
    Wrong(laid_out((3, 1, 0, 2, 4)), "column by column"),
    Wrong(laid_out((1, 3, 0, 4, 2)), "each patch turned on its side"),
    Wrong(laid_out((1, 3, 2, 4, 0)), "channels last"),
    Wrong(laid_out((1, 3, 2, 0, 4)), "line by line, channels in each line"),
    Wrong(laid_out((1, 3, 4, 2, 0)), "turned on its side, channels last"),
    Wrong(laid_out((3, 1, 2, 4, 0)), "column by column, channels last"),
    Wrong(laid_out((3, 1, 0, 4, 2)), "column by column, each turned on its side"),
    Wrong(laid_out((1, 2, 0, 3, 4)), "row and y, then the rest: lines, not squares"),
    Wrong(laid_out((2, 4, 0, 1, 3)), "y and x outside, row and column inside"),
    Wrong(pixels_outside, "permute(y, x, c, row, column)", "stands outside"),
    Wrong(turned, "height and width exchanged in the picture"),
    Wrong(as_grid, "returns rows and columns of patches", "two axes"),
    Wrong(as_squares, "returns squares, not rows of numbers", "small picture"),
    Wrong(channels_apart, "each channel has patches of its own", "every channel"),
    Wrong(channels_kept, "keeps an axis of channels", "axis of their own"),
    Wrong(unfold_forgets_transpose, "F.unfold without transpose"),
    Wrong(unfold_reshaped, "F.unfold with reshape for transpose"),
    Wrong(overlapping, "patches overlap by half"),
    Wrong(every_pixel, "a patch at every pixel"),
    Wrong(first_channel_only, "the first channel alone"),
    Wrong(mean_of_channels, "the mean of the channels"),
    Wrong(channels_last_given, "thinks the channels come last"),
    Wrong(flattened_first, "pieces of the flattened picture"),
    Wrong(loop_by_columns, "a loop over columns first"),
    Wrong(loop_misses_the_last, "a loop that ends too early", "last column of patches"),
    Wrong(loop_misses_both, "loops that end too early", "last row and the last column"),
    Wrong(unfold_alone, "F.unfold and nothing else", "stand in columns"),
    Wrong(lambda p, s: right_cut(p, s).movedim(-2, 0).flatten(1), "all in a row", "all.? pictures"),
    Wrong(lines, "row, y, channel, column, x", "one line of pixels"),
    Wrong(overlapping_along, "a step of 1 along a line", "along a line each begins"),
    Wrong(loop_stacks_first, "stacks along the first axis: right for one picture only"),
    Wrong(loop_over_numbers, "forgets to multiply the number by size"),
    Wrong(in_chunks, "cuts into size × size pieces, not pieces of size"),
    Wrong(cut_in_place, "divides the picture by 255 in place", "chang"),
    Wrong(lambda p, s: right_cut(p, s) / 255, "divides by 255"),
    Wrong(lambda p, s: right_cut(p, s).mT, "transposed"),
    Wrong(lambda p, s: right_cut(p, s).squeeze(), "squeezes"),
    Wrong(lambda p, s: right_cut(p, s).flip(-2), "the last patch first"),
    Wrong(lambda p, s: right_cut(p, s).flatten(-2), "one long row", "shape"),
    Wrong(lambda p, s: right_cut(p.flip(-3), s), "BGR for RGB"),
    Wrong(lambda p, s: right_cut(p.flip(-2), s), "from below"),
    Wrong(lambda p, s: F.avg_pool2d(p, s).flatten(-2).mT, "means of patches"),
    Wrong(whole_number, "cuts the numbers to whole ones"),
    Wrong(lambda p, s: p[..., ::s, ::s].flatten(-2).mT, "a pixel a patch", "first pixel of every"),
    Wrong(
        lambda p, s: einops.rearrange(p, "... (y i) (x j) -> ... (y x) (i j)", i=s), "no j", "infer"
    ),
)

PATCHIFY_RIGHT = (
    right_cut,
    loop,
    by_unfold,
    by_einops,
    by_tensor_unfold,
    by_convolution,
    by_pixel_unshuffle,
    patches_in_numpy,
    by_splitting,
    picture_by_picture,
    Patches(),
    by_index,
    partial(lambda tool, pictures, size: tool(pictures, size), loop),
)

# From patches to the encoder's input --------------------------------------------------------------


def class_rows(x, class_token):
    return class_token.expand(x.shape[0], 1, -1)


def projected_with_class(patches, projection, class_token):
    x = patches @ projection
    return torch.cat([class_rows(x, class_token), x], 1)


def tokens(patches, projection, class_token, positions):
    return projected_with_class(patches, projection, class_token) + positions


def class_last(patches, projection, class_token, positions):
    x = patches @ projection
    return torch.cat([x, class_rows(x, class_token)], 1) + positions


def class_last_own_position(patches, projection, class_token, positions):
    x = patches @ projection + positions[1:]
    return torch.cat([x, class_rows(x, class_token) + positions[0]], 1)


def no_positions(patches, projection, class_token, positions):
    return projected_with_class(patches, projection, class_token)


def positions_of_patches_only(patches, projection, class_token, positions):
    x = patches @ projection + positions[1:]
    return torch.cat([class_rows(x, class_token), x], 1)


def positions_too_early(patches, projection, class_token, positions):
    x = patches @ projection + positions[:-1]
    return torch.cat([class_rows(x, class_token), x], 1)


def position_of_class_only(patches, projection, class_token, positions):
    x = patches @ projection
    return torch.cat([class_rows(x, class_token) + positions[0], x], 1)


def positions_shifted(patches, projection, class_token, positions):
    return projected_with_class(patches, projection, class_token) + positions.roll(-1, 0)


def positions_turned(patches, projection, class_token, positions):
    return projected_with_class(patches, projection, class_token) + positions.flip(0)


def positions_twice(patches, projection, class_token, positions):
    return tokens(patches, projection, class_token, positions) + positions


def positions_multiplied(patches, projection, class_token, positions):
    return projected_with_class(patches, projection, class_token) * positions


def positions_subtracted(patches, projection, class_token, positions):
    return projected_with_class(patches, projection, class_token) - positions


def positions_beside(patches, projection, class_token, positions):
    x = projected_with_class(patches, projection, class_token)
    return torch.cat([x, positions.expand_as(x)], -1)


def positions_below(patches, projection, class_token, positions):
    x = projected_with_class(patches, projection, class_token)
    return torch.cat([x, positions.expand_as(x)], 1)


def first_position_for_all(patches, projection, class_token, positions):
    return projected_with_class(patches, projection, class_token) + positions[0]


def positions_before_the_projection(patches, projection, class_token, positions):
    x = (patches + positions[1:]) @ projection
    return torch.cat([class_rows(x, class_token) + positions[0], x], 1)


def class_added(patches, projection, class_token, positions):
    return patches @ projection + class_token + positions[1:]


def no_class(patches, projection, class_token, positions):
    return patches @ projection + positions[1:]


def class_of_zeros(patches, projection, class_token, positions):
    return tokens(patches, projection, torch.zeros_like(class_token), positions)


def class_is_the_mean(patches, projection, class_token, positions):
    x = patches @ projection
    return torch.cat([x.mean(1, keepdim=True), x], 1) + positions


def class_on_both_sides(patches, projection, class_token, positions):
    x, c = patches @ projection, class_rows(patches, class_token)
    return torch.cat([c, x, c], 1) + torch.cat([positions, positions[:1]])


def class_for_first_picture(patches, projection, class_token, positions):
    x = patches @ projection
    first = torch.zeros(len(x), 1, x.shape[-1])
    first[0, 0] = class_token
    return torch.cat([first, x], 1) + positions


def class_projected(patches, projection, class_token, positions):
    x = patches @ projection
    c = class_rows(x, class_token @ projection[: len(class_token)])
    return torch.cat([c, x], 1) + positions


def class_not_expanded(patches, projection, class_token, positions):
    return torch.cat([class_token, patches @ projection], 1) + positions


def class_with_batch_one(patches, projection, class_token, positions):
    return torch.cat([class_token[None, None], patches @ projection], 1) + positions


def beside_not_below(patches, projection, class_token, positions):
    x = patches @ projection
    c = class_token.expand_as(x)
    return torch.cat([c, x], -1)


def in_the_batch(patches, projection, class_token, positions):
    x = patches @ projection
    return torch.cat([class_token.expand(1, *x.shape[1:]), x], 0) + positions[1:]


def replaces_the_first(patches, projection, class_token, positions):
    x = patches @ projection
    return torch.cat([class_rows(x, class_token), x[:, 1:]], 1) + positions[:-1]


def replaces_and_pads(patches, projection, class_token, positions):
    x = patches @ projection
    c = class_rows(x, class_token)
    return torch.cat([c, x[:, 1:], x[:, -1:]], 1) + positions


def projection_transposed(patches, projection, class_token, positions):
    return tokens(patches, projection.T, class_token, positions)


def projection_reshaped(patches, projection, class_token, positions):
    weight = projection.reshape(projection.shape[1], projection.shape[0]).T
    return tokens(patches, weight, class_token, positions)


def not_projected(patches, projection, class_token, positions):
    return tokens(
        patches[..., : projection.shape[1]], torch.eye(projection.shape[1]), class_token, positions
    )


def first_picture_for_all(patches, projection, class_token, positions):
    return tokens(patches[:1].expand_as(patches), projection, class_token, positions)


def scaled_up(patches, projection, class_token, positions):
    x = projected_with_class(patches, projection, class_token)
    return x * math.sqrt(projection.shape[1]) + positions


def scaled_down(patches, projection, class_token, positions):
    x = patches @ projection / math.sqrt(projection.shape[0])
    return torch.cat([class_rows(x, class_token), x], 1) + positions


def normalised(patches, projection, class_token, positions):
    x = tokens(patches, projection, class_token, positions)
    return F.layer_norm(x, x.shape[-1:])


def rectified(patches, projection, class_token, positions):
    return tokens(patches, projection, class_token, positions).relu()


def patches_turned(patches, projection, class_token, positions):
    return tokens(patches.flip(1), projection, class_token, positions)


def sine_positions(patches, projection, class_token, positions):
    place = torch.arange(positions.shape[0])[:, None] / 10000 ** (
        torch.arange(positions.shape[1]) / positions.shape[1]
    )
    return tokens(patches, projection, class_token, place.sin())


def first_tokens_flat(patches, projection, class_token, positions):
    x = patches.flatten(0, 1) @ projection
    return torch.cat([class_token[None], x], 0)


def batch_of_two(patches, projection, class_token, positions):
    return torch.cat([class_token.expand(2, 1, -1), patches @ projection], 1) + positions


def in_place_position(patches, projection, class_token, positions):
    positions[0] += class_token
    positions[1:] += 0
    x = torch.cat([torch.zeros(len(patches), 1, len(class_token)), patches @ projection], 1)
    return x + positions


def class_last_and_no_positions(patches, projection, class_token, positions):
    x = patches @ projection
    return torch.cat([x, class_rows(x, class_token)], 1)


def filled(patches, projection, class_token, positions):
    out = positions.repeat(len(patches), 1, 1)
    out[:, 0] += class_token
    out[:, 1:] += patches @ projection
    return out


def in_letters(patches, projection, class_token, positions):
    x = torch.einsum("bnp,pw->bnw", patches, projection)
    c = einops.repeat(class_token, "w -> b 1 w", b=len(x))
    return torch.cat((c, x), dim=-2).add(positions)


def picture_after_picture(patches, projection, class_token, positions):
    found = []
    for picture in patches:
        found.append(torch.vstack([class_token, picture @ projection]) + positions)
    return torch.stack(found)


def tokens_in_numpy(patches, projection, class_token, positions):
    x, e, c, p = (t.numpy() for t in (patches, projection, class_token, positions))
    c = np.broadcast_to(c, (len(x), 1, c.size))
    return np.concatenate([c, x @ e], axis=1) + p


def number_by_number(patches, projection, class_token, positions):
    rows = []
    for picture in patches.tolist():
        lines = [
            [
                sum(a * b for a, b in zip(line, column, strict=True))
                for column in projection.T.tolist()
            ]
            for line in picture
        ]
        lines = [class_token.tolist(), *lines]
        rows.append(
            [
                [a + b for a, b in zip(line, place, strict=True)]
                for line, place in zip(lines, positions.tolist(), strict=True)
            ]
        )
    return rows


class Tokens:
    def __call__(self, patches, projection, class_token, positions):
        x = F.linear(patches.double(), projection.T.double())
        x = F.pad(x, (0, 0, 1, 0))
        x[:, 0] = class_token
        return x + positions[None]


def position_first(patches, projection, class_token, positions):
    first, rest = positions[:1] + class_token, positions[1:]
    return torch.cat(
        [
            first.expand(len(patches), 1, -1),
            torch.baddbmm(
                rest.expand(len(patches), -1, -1), patches, projection.expand(len(patches), -1, -1)
            ),
        ],
        1,
    )


def class_over_first(patches, projection, class_token, positions):
    x = (patches @ projection).clone()
    x[:, 0] = class_token
    return x + positions[:-1]


def class_before_and_added(patches, projection, class_token, positions):
    x = patches @ projection + class_token
    return torch.cat([class_rows(x, class_token), x], 1) + positions


def positions_before_and_after(patches, projection, class_token, positions):
    x = patches @ projection + positions[1:]
    return torch.cat([class_rows(x, class_token), x], 1) + positions


def first_picture_alone(patches, projection, class_token, positions):
    return torch.vstack([class_token, patches[0] @ projection]) + positions


def last_of_a_loop(patches, projection, class_token, positions):
    for picture in patches:
        x = torch.vstack([class_token, picture @ projection]) + positions
    return x


def joined_along_the_width(patches, projection, class_token, positions):
    x = patches @ projection
    return torch.cat([class_token.expand(*x.shape[:2], -1), x], dim=-1) + positions


def stacked_tokens(patches, projection, class_token, positions):
    x = patches @ projection
    return torch.stack([class_rows(x, class_token), x], dim=1) + positions


def joined_along_the_batch(patches, projection, class_token, positions):
    x = patches @ projection
    return torch.cat([class_token.expand(1, x.shape[1], -1), x], dim=0) + positions


TOKENS = (
    Wrong(class_last, "the class token at the end"),
    Wrong(class_last_own_position, "the class token at the end, with its own position"),
    Wrong(no_positions, "no positions"),
    Wrong(positions_of_patches_only, "no position for the class token"),
    Wrong(positions_too_early, "patches get the positions from row 0 on, the class token none"),
    Wrong(position_of_class_only, "a position for the class token alone"),
    Wrong(positions_shifted, "the class token gets the last... each gets the next one's position"),
    Wrong(positions_turned, "positions from the end"),
    Wrong(positions_twice, "positions twice"),
    Wrong(positions_multiplied, "multiplies by positions"),
    Wrong(positions_subtracted, "subtracts positions"),
    Wrong(positions_beside, "positions beside the tokens", "beside"),
    Wrong(positions_below, "positions below the tokens", "below"),
    Wrong(first_position_for_all, "one position for all"),
    Wrong(positions_before_the_projection, "adds positions before projecting"),
    Wrong(class_added, "adds the class token to every patch"),
    Wrong(no_class, "no class token"),
    Wrong(class_of_zeros, "a class token of zeros"),
    Wrong(class_is_the_mean, "the mean of the patches for the class token"),
    Wrong(class_on_both_sides, "a class token at both ends"),
    Wrong(class_for_first_picture, "a class token in the first picture alone"),
    Wrong(class_projected, "projects the class token"),
    Wrong(class_not_expanded, "cat of 1 axis with 3", "cat|dimension|axes|Error"),
    Wrong(class_with_batch_one, "a batch of 1 built in"),
    Wrong(beside_not_below, "the class token beside each patch"),
    Wrong(in_the_batch, "the class token as one more picture"),
    Wrong(replaces_the_first, "the class token takes the first patch's place"),
    Wrong(replaces_and_pads, "the class token takes the first patch's place, the last comes twice"),
    Wrong(projection_transposed, "projection transposed"),
    Wrong(projection_reshaped, "reshape for transpose"),
    Wrong(not_projected, "does not project"),
    Wrong(first_picture_for_all, "the first picture for all"),
    Wrong(scaled_up, "times the root of the width"),
    Wrong(scaled_down, "divided by the root of the pixels"),
    Wrong(normalised, "layer norm"),
    Wrong(rectified, "relu"),
    Wrong(patches_turned, "patches from the end"),
    Wrong(sine_positions, "sines for the positions given"),
    Wrong(first_tokens_flat, "no batch axis"),
    Wrong(batch_of_two, "a batch of two built in"),
    Wrong(in_place_position, "changes positions", "chang"),
    Wrong(class_last_and_no_positions, "class token last, and no positions"),
    Wrong(lambda *g: tokens(*g).squeeze(0), "squeezes the batch"),
    Wrong(lambda *g: tokens(*g).mT, "transposed"),
    Wrong(lambda *g: tokens(*g)[:, 0], "the class token alone", "first place"),
    Wrong(lambda *g: (tokens(*g), g[3]), "returns positions, too"),
    Wrong(lambda *g: tokens(*g).mean(1), "the mean of the tokens", "mean"),
    Wrong(class_over_first, "writes the class token over the first patch", "where the first patch"),
    Wrong(class_before_and_added, "also adds the class token", "added to every patch as well"),
    Wrong(positions_before_and_after, "positions twice for the patches", "positions twice"),
    Wrong(first_picture_alone, "the first picture alone", "Only the first picture"),
    Wrong(last_of_a_loop, "a loop that keeps the last", "Only the last picture"),
    Wrong(joined_along_the_width, "cat along the width", "Along which axis does `cat` join"),
    Wrong(stacked_tokens, "stack for cat", "for `cat` the axis"),
    Wrong(joined_along_the_batch, "cat along the batch", "Along which axis does `cat` join"),
)

TOKENS_RIGHT = (
    tokens,
    filled,
    in_letters,
    picture_after_picture,
    tokens_in_numpy,
    number_by_number,
    Tokens(),
    position_first,
    partial(lambda axis, *g: tokens(*g).movedim(axis, axis), 1),
)

# Half the patch: how much more attention? ---------------------------------------------------------

COUNT = (
    Wrong(16, "forgets the class token"),
    Wrong(16.0, "forgets the class token, as a float"),
    Wrong(4, "counts patches"),
    Wrong(3.4, "counts tokens: 17 / 5"),
    Wrong(4.25, "17 tokens by 4 patches"),
    Wrong(2, "half the side, twice as many"),
    Wrong(289, "the weights afterwards"),
    Wrong(25, "the weights before"),
    Wrong(264, "the weights that were added"),
    Wrong(10.56, "how many times more than before"),
    Wrong(0.0865, "before by after"),
    Wrong(1156, "percent"),
    Wrong(18.06, "289 / 16: the class token only afterwards"),
    Wrong(10.24, "256 / 25: the class token only before"),
    Wrong(9, "two class tokens: (18 / 6)²"),
    Wrong(20.25, "(18 / 4)²"),
    Wrong(13.6, "3.4 · 4: tokens by what each looks at", "It is also 3.4 · 4"),
    Wrong(10.2, "pairs, each once, and itself"),
    Wrong(25.0, "(16 − 1)² / (4 − 1)²"),
    Wrong(8, "a cube"),
    Wrong(64, "the patches' pixels"),
    Wrong(14.62, "patches of 8 and 4"),
    Wrong(15.63, "a picture of 64"),
    Wrong(46.24, "four heads"),
    Wrong(256, "16 patches squared"),
    Wrong(17, "tokens afterwards"),
    Wrong(5, "tokens before"),
    Wrong(12, "rounded to a whole number"),
    Wrong(11, "cut to a whole number"),
    Wrong(11.5, "cut to one decimal", "decimals"),
    Wrong(11.6, "rounded to one decimal", "more decimals"),
    Wrong(11.57, "a slip in the last decimal", "does not come out exactly"),
    Wrong(11.55, "a slip in the last decimal, downwards", "does not come out exactly"),
    Wrong(3.2, "16 tokens by 5", "16 over 5"),
    Wrong(133.6, "squared twice"),
    Wrong(39.3, "a power of 3"),
    Wrong("11.56", "a text", "text|quotation"),
    Wrong([25, 289], "both counts", "2"),
    Wrong((11, 56), "a comma for a point", "1|one|comma"),
    Wrong(None, "None", "None"),
    Wrong(lambda: 11.56, "a function", "function"),
    Wrong(False, "False", "number"),
    Wrong(-11.56, "the sign"),
    Wrong(0, "nothing"),
    Wrong(13.69, "3.7 squared", "does not come out exactly"),
)

COUNT_RIGHT = (
    11.56,
    289 / 25,
    (17 / 5) ** 2,
    np.float64(11.56),
    torch.tensor(11.56),
    [11.56],
    np.array(17) ** 2 / np.array(5) ** 2,
    torch.ones(17, 17).numel() / torch.ones(5, 5).numel(),
)

# Attention rollout --------------------------------------------------------------------------------


def rolled(layers, start=None, newest_left=True):
    """Multiply layers, the newest on the left (or on the right)."""
    flow = torch.eye(layers.shape[-1]) if start is None else start
    for layer in layers:
        flow = layer @ flow if newest_left else flow @ layer
    return flow


def mixed(maps, share=0.5):
    return (1 - share) * maps.mean(1) + share * torch.eye(maps.shape[-1])


def of_heads(combine):
    return lambda maps: rolled(0.5 * combine(maps) + 0.5 * torch.eye(maps.shape[-1]))


def not_halved(maps):
    return rolled(maps.mean(1) + torch.eye(maps.shape[-1]))


def half_of_map_only(maps):
    return rolled(0.5 * maps.mean(1) + torch.eye(maps.shape[-1]))


def half_of_identity_only(maps):
    return rolled(maps.mean(1) + 0.5 * torch.eye(maps.shape[-1]))


def half_and_no_identity(maps):
    return rolled(0.5 * maps.mean(1))


def per_head(maps):
    flows = [rolled(mixed(maps[:, h : h + 1])) for h in range(maps.shape[1])]
    return torch.stack(flows).mean(0)


def ones_for_identity(maps):
    return rolled(0.5 * maps.mean(1) + 0.5)


def ones_divided(maps):
    return rolled(0.5 * maps.mean(1) + 0.5 / maps.shape[-1])


def elementwise(maps):
    return mixed(maps).prod(0)


def wrong_axis(maps):
    return rolled(0.5 * maps.mean(0) + 0.5 * torch.eye(maps.shape[-1]))


def both_axes(maps):
    return mixed(maps.mean((0, 1))[None, None])[0]


def identity_at_the_end(maps):
    return 0.5 * rolled(maps.mean(1)) + 0.5 * torch.eye(maps.shape[-1])


def identity_in_the_first(maps):
    layers = maps.mean(1)
    first = 0.5 * layers[0] + 0.5 * torch.eye(maps.shape[-1])
    return rolled(layers[1:], first)


def not_in_the_first(maps):
    return rolled(mixed(maps)[1:], maps.mean(1)[0])


def columns_divided(maps):
    layers = maps.mean(1) + torch.eye(maps.shape[-1])
    return rolled(layers / layers.sum(-2, keepdim=True))


def from_zeros(maps):
    return rolled(mixed(maps), torch.zeros_like(maps[0, 0]))


def from_ones(maps):
    return rolled(mixed(maps), torch.ones_like(maps[0, 0]))


def first_twice(maps):
    layers = mixed(maps)
    return rolled(layers, layers[0])


def residual_on_the_heads(maps):
    return rolled((0.5 * maps + 0.5 * torch.eye(maps.shape[-1])).sum(1))


def squared(maps):
    return torch.linalg.matrix_power(mixed(maps)[-1], len(maps))


def two_layers(maps):
    layers = mixed(maps)
    return layers[1] @ layers[0]


def three_layers(maps):
    layers = mixed(maps)
    return layers[2] @ layers[1] @ layers[0]


def chain_of_pairs(maps):
    layers = mixed(maps)
    return torch.stack([layers[i + 1] @ layers[i] for i in range(len(layers) - 1)]).mean(0)


def normalised_at_the_end(maps):
    flow = not_halved(maps)
    return flow / flow.sum()


def softmaxed(maps):
    return rolled(mixed(maps.softmax(-1)))


def added_up(maps):
    return mixed(maps).sum(0)


def layer_means(maps):
    return mixed(maps).mean(0)


def turned_and_no_identity(maps):
    return rolled(maps.mean(1), newest_left=False)


def turned_and_not_halved(maps):
    return rolled(maps.mean(1) + torch.eye(maps.shape[-1]), newest_left=False)


def four_heads(maps):
    return rolled(0.5 * maps.sum(1) / 4 + 0.5 * torch.eye(maps.shape[-1]))


def five_tokens(maps):
    return rolled(0.5 * maps.mean(1) + 0.5 * torch.eye(5))


def in_place(maps):
    maps *= 0.5
    maps += 0.5 * torch.eye(maps.shape[-1])
    return rolled(maps.mean(1))


def divided_by_row(maps):
    layers = maps.mean(1) + torch.eye(maps.shape[-1])
    return rolled(layers / layers.sum(-1, keepdim=True))


def by_chain(maps):
    layers = mixed(maps)
    return torch.linalg.multi_dot(list(layers.flip(0))) if len(layers) > 1 else layers[0]


def reduced(maps):
    return reduce(lambda flow, layer: layer @ flow, mixed(maps))


def recursive(maps):
    last = mixed(maps[-1:])[0]
    return last if len(maps) == 1 else last @ recursive(maps[:-1])


def from_the_last(maps):
    flow = torch.eye(maps.shape[-1])
    for layer in reversed(mixed(maps)):
        flow = flow @ layer
    return flow


def rollout_in_numpy(maps):
    x = maps.numpy().mean(axis=1)
    x = 0.5 * (x + np.eye(x.shape[-1]))
    return reduce(np.matmul, x[::-1])


def rollout_in_loops(maps):
    _, heads, n, _ = maps.shape
    flow = [[float(i == j) for j in range(n)] for i in range(n)]
    for layer in maps.double().tolist():
        a = [
            [0.5 * sum(h[i][j] for h in layer) / heads + 0.5 * (i == j) for j in range(n)]
            for i in range(n)
        ]
        flow = [[sum(a[i][k] * flow[k][j] for k in range(n)) for j in range(n)] for i in range(n)]
    return flow


def token_by_token(maps):
    n = maps.shape[-1]
    rows = []
    for token in range(n):
        row = torch.eye(n)[token]
        for layer in mixed(maps).flip(0):
            row = torch.einsum("i,ij->j", row, layer)
        rows.append(row)
    return torch.stack(rows)


def transposed_twice(maps):
    flow = torch.eye(maps.shape[-1])
    for layer in mixed(maps):
        flow = flow @ layer.mT
    return flow.mT


class Rollout(nn.Module):
    def forward(self, maps):
        return rolled(mixed(maps.double()), torch.eye(maps.shape[-1]).double())


def identity_after_each(maps):
    flow = torch.eye(maps.shape[-1])
    for layer in maps.mean(1):
        flow = 0.5 * layer @ flow + 0.5 * torch.eye(maps.shape[-1])
    return flow


def every_layer(maps):
    flow, found = torch.eye(maps.shape[-1]), []
    for layer in mixed(maps):
        flow = layer @ flow
        found.append(flow)
    return torch.stack(found)


def power_of_the_mean(maps):
    return torch.linalg.matrix_power(mixed(maps).mean(0), len(maps))


ROLLOUT = (
    Wrong(lambda m: rolled(mixed(m), newest_left=False), "the first layer on the left"),
    Wrong(lambda m: rolled(m.mean(1)), "no identity"),
    Wrong(not_halved, "not halved"),
    Wrong(half_of_map_only, "the identity not halved"),
    Wrong(half_of_identity_only, "the map not halved"),
    Wrong(half_and_no_identity, "halved, and no identity"),
    Wrong(lambda m: rolled(mixed(m, 0.1)), "a tenth of identity"),
    Wrong(lambda m: rolled(mixed(m, 0.9)), "nine tenths of identity"),
    Wrong(of_heads(lambda m: m.sum(1)), "the sum of the heads"),
    Wrong(of_heads(lambda m: m.amax(1)), "the largest of the heads"),
    Wrong(of_heads(lambda m: m.amin(1)), "the smallest of the heads"),
    Wrong(of_heads(lambda m: m.median(1).values), "the median of the heads"),
    Wrong(of_heads(lambda m: m[:, 0]), "the first head"),
    Wrong(of_heads(lambda m: m[:, -1]), "the last head"),
    Wrong(of_heads(lambda m: m.prod(1)), "the product of the heads"),
    Wrong(four_heads, "four heads built in"),
    Wrong(five_tokens, "five tokens built in"),
    Wrong(two_layers, "two layers built in"),
    Wrong(three_layers, "three layers built in"),
    Wrong(per_head, "each head rolled out by itself"),
    Wrong(ones_for_identity, "adds one half everywhere"),
    Wrong(ones_divided, "an even look for the identity"),
    Wrong(elementwise, "multiplies number by number"),
    Wrong(wrong_axis, "averages the layers, multiplies the heads"),
    Wrong(both_axes, "averages over layers and heads"),
    Wrong(identity_at_the_end, "the identity once, at the end"),
    Wrong(identity_in_the_first, "the identity in the first layer alone"),
    Wrong(not_in_the_first, "no identity in the first layer"),
    Wrong(columns_divided, "columns sum to 1"),
    Wrong(from_zeros, "starts from zeros"),
    Wrong(from_ones, "starts from ones"),
    Wrong(first_twice, "the first layer twice"),
    Wrong(lambda m: rolled(mixed(m)[1:]), "leaves out the first layer"),
    Wrong(lambda m: rolled(mixed(m)[:-1]), "leaves out the last layer"),
    Wrong(lambda m: mixed(m)[-1], "the last layer alone"),
    Wrong(lambda m: m[-1].mean(0), "the last map alone"),
    Wrong(lambda m: mixed(m)[0], "the first layer alone"),
    Wrong(residual_on_the_heads, "sums over heads after mixing"),
    Wrong(squared, "a power of the last layer"),
    Wrong(chain_of_pairs, "the mean of products of neighbours"),
    Wrong(normalised_at_the_end, "divides once at the end, by everything"),
    Wrong(softmaxed, "softmax of the weights"),
    Wrong(added_up, "adds the layers"),
    Wrong(layer_means, "averages the layers"),
    Wrong(turned_and_no_identity, "the first layer on the left, no identity"),
    Wrong(turned_and_not_halved, "the first layer on the left, not halved"),
    Wrong(in_place, "changes the maps", "chang"),
    Wrong(lambda m: reduced(m).T, "transposed"),
    Wrong(lambda m: rolled(mixed(m.mT)), "each map transposed"),
    Wrong(lambda m: reduced(m)[0], "the class token's row alone", "one row"),
    Wrong(lambda m: reduced(m)[0, 1:], "the class token's look at patches", "from the patches"),
    Wrong(lambda m: reduced(m)[1:, 1:], "without the class token", "shape"),
    Wrong(lambda m: mixed(m).cumsum(0), "a running sum of layers", "shape"),
    Wrong(lambda m: rolled(mixed(m).mT), "turns every map over", "every map is turned over"),
    Wrong(power_of_the_mean, "a power of the mean layer", "multiplied with itself"),
    Wrong(identity_after_each, "half the identity after each product", "program's input"),
    Wrong(lambda m: mixed(m)[-1] @ rolled(mixed(m)), "the last twice", "last layer comes in twice"),
    Wrong(every_layer, "the flow after every layer", "after every layer"),
    Wrong(lambda m: rolled(0.5 * m.mean(1)), "halved, and no identity", "other half"),
)

ROLLOUT_RIGHT = (
    reduced,
    divided_by_row,
    by_chain,
    recursive,
    from_the_last,
    rollout_in_numpy,
    rollout_in_loops,
    token_by_token,
    transposed_twice,
    Rollout(),
    lambda maps: rolled((maps.mean(dim=1) + torch.eye(maps.shape[-1])) / 2),
    partial(lambda share, maps: rolled(mixed(maps, share)), 0.5),
)

# Find the bug: who speaks for the picture? --------------------------------------------------------


def told(x, head, scale=None, dim=-1, residual=True, read=0):
    weights = (x @ x.transpose(1, 2) / (scale or math.sqrt(x.shape[-1]))).softmax(dim)
    x = x + weights @ x if residual else weights @ x
    return x[:, read] @ head


def class_first(patches, class_token, positions):
    return torch.cat([class_token.expand(len(patches), 1, -1), patches], 1) + positions


def class_at_end(patches, class_token, positions):
    return torch.cat([patches, class_token.expand(len(patches), 1, -1)], 1) + positions


def scores_with(**how):
    return lambda p, c, e, head: told(class_first(p, c, e), head, **how)


def read_at_the_end(patches, class_token, positions, head):
    return told(class_at_end(patches, class_token, positions), head, read=-1)


def read_at_the_end_positions_turned(patches, class_token, positions, head):
    return told(class_at_end(patches, class_token, positions.flip(0)), head, read=-1)


def mean_of_all(patches, class_token, positions, head):
    x = class_first(patches, class_token, positions)
    x = x + (x @ x.mT / math.sqrt(x.shape[-1])).softmax(-1) @ x
    return x.mean(1) @ head


def mean_of_patches(patches, class_token, positions, head):
    x = class_first(patches, class_token, positions)
    x = x + (x @ x.mT / math.sqrt(x.shape[-1])).softmax(-1) @ x
    return x[:, 1:].mean(1) @ head


def sum_of_all(patches, class_token, positions, head):
    x = class_first(patches, class_token, positions)
    x = x + (x @ x.mT / math.sqrt(x.shape[-1])).softmax(-1) @ x
    return x.sum(1) @ head


def largest_of_all(patches, class_token, positions, head):
    x = class_first(patches, class_token, positions)
    x = x + (x @ x.mT / math.sqrt(x.shape[-1])).softmax(-1) @ x
    return x.amax(1) @ head


def every_token(patches, class_token, positions, head):
    x = class_first(patches, class_token, positions)
    x = x + (x @ x.mT / math.sqrt(x.shape[-1])).softmax(-1) @ x
    return x @ head


def without_positions(patches, class_token, positions, head):
    return told(class_first(patches, class_token, 0), head)


def positions_on_patches(patches, class_token, positions, head):
    x = torch.cat([class_token.expand(len(patches), 1, -1), patches + positions[1:]], 1)
    return told(x, head)


def position_on_class(patches, class_token, positions, head):
    x = torch.cat([(class_token + positions[0]).expand(len(patches), 1, -1), patches], 1)
    return told(x, head)


def positions_rolled(patches, class_token, positions, head):
    return told(class_first(patches, class_token, positions.roll(1, 0)), head)


def positions_rolled_back(patches, class_token, positions, head):
    return told(class_first(patches, class_token, positions.roll(-1, 0)), head)


def positions_flipped(patches, class_token, positions, head):
    return told(class_first(patches, class_token, positions.flip(0)), head)


def last_position_for_class(patches, class_token, positions, head):
    x = patches + positions[:-1]
    c = class_token + positions[-1]
    return told(torch.cat([c.expand(len(x), 1, -1), x], 1), head)


def attends_to_patches_only(patches, class_token, positions, head):
    x = class_first(patches, class_token, positions)
    weights = (x[:, :1] @ x[:, 1:].mT / math.sqrt(x.shape[-1])).softmax(-1)
    return (x[:, 0] + (weights @ x[:, 1:])[:, 0]) @ head


def no_attention(patches, class_token, positions, head):
    return class_first(patches, class_token, positions)[:, 0] @ head


def mean_look(patches, class_token, positions, head):
    x = class_first(patches, class_token, positions)
    return (x[:, 0] + x.mean(1)) @ head


def twice_round(patches, class_token, positions, head):
    x = class_first(patches, class_token, positions)
    for _ in range(2):
        x = x + (x @ x.mT / math.sqrt(x.shape[-1])).softmax(-1) @ x
    return x[:, 0] @ head


def class_for_first(patches, class_token, positions, head):
    x = torch.cat([torch.zeros_like(patches[:, :1]), patches], 1)
    x[0, 0] = class_token
    return told(x + positions, head)


def class_zero(patches, class_token, positions, head):
    return scores_with()(patches, class_token * 0, positions, head)


def softmax_of_scores(patches, class_token, positions, head):
    return scores_with()(patches, class_token, positions, head).softmax(-1)


def values_without_positions(patches, class_token, positions, head):
    x = class_first(patches, class_token, positions)
    weights = (x @ x.mT / math.sqrt(x.shape[-1])).softmax(-1)
    return (x + weights @ class_first(patches, class_token, 0))[:, 0] @ head


def rest_is_class_token(patches, class_token, positions, head):
    x = class_first(patches, class_token, positions)
    weights = (x @ x.mT / math.sqrt(x.shape[-1])).softmax(-1)
    return (class_token + (weights @ x)[:, 0]) @ head


def given_and_sorted(patches, class_token, positions, head):
    patches = patches.sort(dim=1).values
    return told(class_at_end(patches, class_token, positions), head)


def not_scaled_and_no_positions(patches, class_token, positions, head):
    return told(class_first(patches, class_token, 0), head, scale=1)


def class_row_only(patches, class_token, positions, head):
    x = class_first(patches, class_token, positions)
    query = x[:, 0]
    weights = (torch.einsum("bw,btw->bt", query, x) / query.shape[-1] ** 0.5).softmax(-1)
    return (query + torch.einsum("bt,btw->bw", weights, x)) @ head


def scores_in_numpy(patches, class_token, positions, head):
    p, c, e, h = (t.numpy() for t in (patches, class_token, positions, head))
    x = np.concatenate([np.broadcast_to(c, (len(p), 1, c.size)), p], 1) + e
    s = x @ x.transpose(0, 2, 1) / np.sqrt(x.shape[-1])
    w = np.exp(s - s.max(-1, keepdims=True))
    return (x + w / w.sum(-1, keepdims=True) @ x)[:, 0] @ h


def picture_by_picture_scores(patches, class_token, positions, head):
    found = []
    for picture in patches:
        x = torch.vstack([class_token, picture]) + positions
        weights = (x[0] @ x.T / math.sqrt(x.shape[1])).softmax(0)
        found.append((x[0] + weights @ x) @ head)
    return torch.stack(found)


def class_at_end_all_consistent(patches, class_token, positions, head):
    order = torch.cat([positions[1:], positions[:1]])
    return told(class_at_end(patches, class_token, order), head, read=-1)


def by_pytorch(patches, class_token, positions, head):
    x = class_first(patches, class_token, positions)
    return (x + F.scaled_dot_product_attention(x, x, x))[:, 0] @ head


class PictureScores(nn.Module):
    def forward(self, *given):
        p, c, e, head = (t.double() for t in given)
        return torch.matmul(told(class_first(p, c, e), torch.eye(len(c)).double()), head)


def parts_added(patches, class_token, positions, head):
    x = F.pad(patches, (0, 0, 1, 0)) + positions
    x[:, 0] += class_token
    return told(x, head)


def looked(x):
    weights = (x @ x.transpose(1, 2) / math.sqrt(x.shape[-1])).softmax(dim=-1)
    return x + weights @ x


def last_as_given(patches, class_token, positions):
    first = class_token.expand(len(patches), 1, -1)
    return torch.cat([patches, first], dim=1) + positions


def all_averaged_as_given(patches, class_token, positions, head):
    return looked(last_as_given(patches, class_token, positions)).mean(1) @ head


def patches_averaged_as_given(patches, class_token, positions, head):
    return looked(last_as_given(patches, class_token, positions))[:, :-1].mean(1) @ head


def largest_as_given(patches, class_token, positions, head):
    return looked(last_as_given(patches, class_token, positions)).amax(1) @ head


def turned_around(patches, class_token, positions, head):
    first = class_token.expand(len(patches), 1, -1)
    x = torch.cat([patches, first], dim=1) + positions.flip(0)
    return looked(x)[:, -1] @ head


def positions_at_the_end(patches, class_token, positions, head):
    first = class_token.expand(len(patches), 1, -1)
    return (looked(torch.cat([first, patches], dim=1)) + positions)[:, 0] @ head


def positions_off_by_one(patches, class_token, positions, head):
    first = class_token.expand(len(patches), 1, -1)
    return looked(torch.cat([first, patches + positions[:-1]], dim=1))[:, 0] @ head


def class_in_every_patch(patches, class_token, positions, head):
    return looked(patches + class_token + positions[1:])[:, 0] @ head


def head_forgotten(patches, class_token, positions, head):
    first = class_token.expand(len(patches), 1, -1)
    return looked(torch.cat([first, patches], dim=1) + positions)[:, 0]


def weights_turned_over(patches, class_token, positions, head):
    x = torch.cat([class_token.expand(len(patches), 1, -1), patches], dim=1) + positions
    weights = (x @ x.transpose(1, 2) / math.sqrt(x.shape[-1])).softmax(dim=-1)
    return (x + weights.transpose(1, 2) @ x)[:, 0] @ head


def own_positions_first_patch(patches, class_token, positions, head):
    first = class_token.expand(len(patches), 1, -1)
    return looked(torch.cat([patches, first], dim=1) + positions.roll(-1, 0))[:, 0] @ head


BUG_CLASS_TOKEN = (
    Wrong(
        lambda p, c, e, h: told(class_at_end(p, c, e), h), "the program as it was given", "still"
    ),
    Wrong(read_at_the_end, "reads the last token: its position is still the last patch's"),
    Wrong(read_at_the_end_positions_turned, "class last, positions turned round"),
    Wrong(scores_with(read=-1), "class first, reads the last token"),
    Wrong(scores_with(read=1), "reads the first patch"),
    Wrong(mean_of_all, "the mean of all tokens: the symptom goes"),
    Wrong(mean_of_patches, "the mean of the patches"),
    Wrong(sum_of_all, "the sum of all tokens"),
    Wrong(largest_of_all, "the largest of all tokens"),
    Wrong(every_token, "scores of every token", "every token"),
    Wrong(without_positions, "leaves positions out"),
    Wrong(positions_on_patches, "no position for the class token"),
    Wrong(position_on_class, "no positions for the patches"),
    Wrong(positions_rolled, "class first, everyone the position of the one before"),
    Wrong(positions_rolled_back, "class first, everyone the position of the next"),
    Wrong(positions_flipped, "positions from the end"),
    Wrong(last_position_for_class, "class first, but with the last position"),
    Wrong(attends_to_patches_only, "the class token does not look at itself"),
    Wrong(no_attention, "no attention: the symptom goes"),
    Wrong(mean_look, "an even look"),
    Wrong(twice_round, "two rounds of attention"),
    Wrong(class_for_first, "a class token in the first picture alone"),
    Wrong(class_zero, "a class token of zeros"),
    Wrong(softmax_of_scores, "a softmax at the end"),
    Wrong(values_without_positions, "values without positions"),
    Wrong(rest_is_class_token, "the residual without its position"),
    Wrong(given_and_sorted, "sorts the patches: the symptom goes"),
    Wrong(not_scaled_and_no_positions, "not scaled, and no positions"),
    Wrong(scores_with(scale=1), "not scaled"),
    Wrong(lambda p, c, e, h: scores_with(scale=c.shape[-1])(p, c, e, h), "no root"),
    Wrong(
        lambda p, c, e, h: scores_with(scale=math.sqrt(e.shape[0]))(p, c, e, h), "root of tokens"
    ),
    Wrong(
        lambda p, c, e, h: scores_with(scale=math.sqrt(h.shape[1]))(p, c, e, h), "root of classes"
    ),
    Wrong(scores_with(scale=math.sqrt(3)), "a width of 3 built in"),
    Wrong(scores_with(dim=1), "softmax over the queries"),
    Wrong(scores_with(dim=0), "softmax over the batch"),
    Wrong(scores_with(residual=False), "loses the residual path"),
    Wrong(lambda p, c, e, h: scores_with()(p.flip(1), c, e, h), "patches from the end"),
    Wrong(lambda p, c, e, h: scores_with()(p, c, e, h).squeeze(), "squeezes"),
    Wrong(lambda p, c, e, h: scores_with()(p, c, e, h)[0], "the first picture alone"),
    Wrong(lambda p, c, e, h: scores_with()(p, c, e, h).argmax(-1), "the class, not the scores"),
    Wrong(lambda p, c, e, h: told(class_at_end(p, c, 0), h, read=-1), "class last, no positions"),
    Wrong(
        lambda p, c, e, h: told(class_at_end(p, c, e), h, read=-1, residual=False),
        "reads the last, no residual",
    ),
    Wrong(all_averaged_as_given, "averages all, the order left", "still stands last"),
    Wrong(patches_averaged_as_given, "averages patches, the order left", "still stands last"),
    Wrong(largest_as_given, "the largest of all, the order left", "still stands last"),
    Wrong(turned_around, "turns the positions over, reads the last", "reverse order"),
    Wrong(positions_at_the_end, "adds positions after the attention", "after the attention"),
    Wrong(positions_off_by_one, "positions[:-1] for the patches, none else", "off by one"),
    Wrong(class_in_every_patch, "adds the class token to the patches", "added to every patch"),
    Wrong(head_forgotten, "forgets the head", "Which argument makes the scores"),
    Wrong(weights_turned_over, "turns the weights over", "or the weights turned over"),
    Wrong(
        own_positions_first_patch, "positions mended, the reading not", "read from the first patch"
    ),
)

BUG_CLASS_TOKEN_RIGHT = (
    scores_with(),
    class_row_only,
    scores_in_numpy,
    picture_by_picture_scores,
    class_at_end_all_consistent,
    by_pytorch,
    PictureScores(),
    parts_added,
    partial(lambda how, *given: scores_with(**how)(*given), {"read": 0}),
)

# Intersection over union --------------------------------------------------------------------------


def tables(predicted, target, c):
    """Return how many pixels are c in both maps, and in either."""
    p, t = predicted == c, target == c
    return (p & t).sum(), (p | t).sum()


def mean_over(ratio, first=1, extra=1):
    """The mean of `ratio(predicted, target, class)` over the classes where it is not None."""

    def answer(predicted, target, classes):
        found = [ratio(predicted, target, c) for c in range(first, classes + extra)]
        found = [one for one in found if one is not None]
        return torch.stack([torch.as_tensor(one, dtype=torch.float32) for one in found]).mean()

    return answer


def right_ratio(predicted, target, c):
    both, either = tables(predicted, target, c)
    return both / either if either > 0 else None


def zero_if_absent(predicted, target, c):
    both, either = tables(predicted, target, c)
    return both / either if either > 0 else torch.tensor(0.0)


def one_if_absent(predicted, target, c):
    both, either = tables(predicted, target, c)
    return both / either if either > 0 else torch.tensor(1.0)


def nan_if_absent(predicted, target, c):
    both, either = tables(predicted, target, c)
    return both / either


def only_in_target(predicted, target, c):
    return right_ratio(predicted, target, c) if (target == c).any() else None


def only_in_predicted(predicted, target, c):
    return right_ratio(predicted, target, c) if (predicted == c).any() else None


def only_in_both(predicted, target, c):
    both, either = tables(predicted, target, c)
    return both / either if both > 0 else None


def smoothed(predicted, target, c):
    both, either = tables(predicted, target, c)
    return (both + 1) / (either + 1)


def smoothed_if_present(predicted, target, c):
    both, either = tables(predicted, target, c)
    return (both + 1) / (either + 1) if either > 0 else None


def a_little_below(predicted, target, c):
    both, either = tables(predicted, target, c)
    return both / (either + 1e-6)


def by_sum(predicted, target, c):
    both, either = tables(predicted, target, c)
    total = (predicted == c).sum() + (target == c).sum()
    return both / total if either > 0 else None


def dice(predicted, target, c):
    both, either = tables(predicted, target, c)
    total = (predicted == c).sum() + (target == c).sum()
    return 2 * both / total if either > 0 else None


def precision(predicted, target, c):
    both, either = tables(predicted, target, c)
    return both / (predicted == c).sum().clamp(min=1) if either > 0 else None


def recall(predicted, target, c):
    both, either = tables(predicted, target, c)
    return both / (target == c).sum().clamp(min=1) if either > 0 else None


def precision_of_predicted(predicted, target, c):
    return precision(predicted, target, c) if (predicted == c).any() else None


def recall_of_present(predicted, target, c):
    return recall(predicted, target, c) if (target == c).any() else None


def upside_down(predicted, target, c):
    both, either = tables(predicted, target, c)
    return either / both if both > 0 else None


def by_smaller(predicted, target, c):
    both, either = tables(predicted, target, c)
    least = min((predicted == c).sum(), (target == c).sum())
    return (both / least if least > 0 else torch.tensor(0.0)) if either > 0 else None


def any_agreement(predicted, target, c):
    _, either = tables(predicted, target, c)
    return (predicted == target).sum() / either if either > 0 else None


def over_all_pixels(predicted, target, c):
    both, either = tables(predicted, target, c)
    return both / target.numel() if either > 0 else None


def class_accuracy(predicted, target, c):
    _, either = tables(predicted, target, c)
    return ((predicted == c) == (target == c)).float().mean() if either > 0 else None


def exclusive(predicted, target, c):
    p, t = predicted == c, target == c
    either = (p ^ t).sum()
    return (p & t).sum() / either if either > 0 else None


def error(predicted, target, c):
    found = right_ratio(predicted, target, c)
    return None if found is None else 1 - found


def whole_division(predicted, target, c):
    both, either = tables(predicted, target, c)
    return both // either if either > 0 else None


def products(predicted, target, c):
    p, t = predicted * (predicted == c), target * (target == c)
    either = (p + t).sum() - (p * t).sum()
    return (p * t).sum() / either if either != 0 else None


def each_picture(predicted, target, classes):
    pairs = zip(predicted, target, strict=True)
    found = [mean_over(right_ratio)(p[None], t[None], classes) for p, t in pairs]
    return torch.stack(found).nanmean()


def each_picture_then_class(predicted, target, classes):
    found = []
    for c in range(1, classes + 1):
        ratios = [right_ratio(p, t, c) for p, t in zip(predicted, target, strict=True)]
        ratios = [r for r in ratios if r is not None]
        if ratios:
            found.append(torch.stack(ratios).mean())
    return torch.stack(found).mean()


def first_picture(predicted, target, classes):
    return mean_over(right_ratio)(predicted[:1], target[:1], classes)


def classes_of_first_picture(predicted, target, classes):
    present = set(target[0].flatten().tolist()) | set(predicted[0].flatten().tolist())
    found = [right_ratio(predicted, target, c) for c in present if c > 0]
    return sum(found) / len(found)


def all_together(predicted, target, classes):
    both = either = 0
    for c in range(1, classes + 1):
        b, e = tables(predicted, target, c)
        both, either = both + b, either + e
    return both / either


def ink_alone(predicted, target, classes):
    p, t = predicted > 0, target > 0
    return (p & t).sum() / (p | t).sum()


def right_ink(predicted, target, classes):
    ink = (predicted > 0) | (target > 0)
    return (predicted == target)[ink].float().mean()


def accuracy(predicted, target, classes):
    return (predicted == target).float().mean()


def accuracy_on_objects(predicted, target, classes):
    return (predicted == target)[target > 0].float().mean()


def summed(predicted, target, classes):
    found = [right_ratio(predicted, target, c) for c in range(1, classes + 1)]
    return torch.stack([f for f in found if f is not None]).sum()


def divided_by_classes(predicted, target, classes):
    return summed(predicted, target, classes) / classes


def divided_by_one_more(predicted, target, classes):
    return summed(predicted, target, classes) / (classes + 1)


def list_of_all(predicted, target, classes):
    return [float(right_ratio(predicted, target, c) or 0) for c in range(1, classes + 1)]


def tensor_of_all(predicted, target, classes):
    return torch.tensor(list_of_all(predicted, target, classes))


def weighed_by_pixels(predicted, target, classes):
    total, weight = 0.0, 0
    for c in range(1, classes + 1):
        found, n = right_ratio(predicted, target, c), (target == c).sum()
        if found is not None:
            total, weight = total + found * n, weight + n
    return total / weight


def median(predicted, target, classes):
    found = [right_ratio(predicted, target, c) for c in range(1, classes + 1)]
    return torch.stack([f for f in found if f is not None]).median()


def classes_of_target(predicted, target, classes):
    return mean_over(right_ratio)(predicted, target, int(target.max()))


def classes_of_predicted(predicted, target, classes):
    return mean_over(right_ratio)(predicted, target, int(predicted.max()))


def unique_of_target(predicted, target, classes):
    found = [right_ratio(predicted, target, int(c)) for c in target.unique()]
    return torch.stack(found).mean()


def unique_of_target_no_paper(predicted, target, classes):
    found = [right_ratio(predicted, target, int(c)) for c in target.unique() if c > 0]
    return torch.stack(found).mean()


def three_classes(predicted, target, classes):
    return mean_over(right_ratio)(predicted, target, 3)


def twelve_classes(predicted, target, classes):
    return mean_over(zero_if_absent)(predicted, target, 12)


def without_paper_in_truth(predicted, target, classes):
    ink = target > 0
    return mean_over(right_ratio)(predicted[ink], target[ink], classes)


def without_paper_in_either(predicted, target, classes):
    ink = (target > 0) & (predicted > 0)
    return mean_over(right_ratio)(predicted[ink], target[ink], classes)


def in_percent(predicted, target, classes):
    return 100 * mean_over(right_ratio)(predicted, target, classes)


def rounded(predicted, target, classes):
    return round(mean_over(right_ratio)(predicted, target, classes).item(), 1)


def nan_of_mean(predicted, target, classes):
    return mean_over(nan_if_absent)(predicted, target, classes)


def sets_of_values(predicted, target, classes):
    p, t = set(predicted.flatten().tolist()) - {0}, set(target.flatten().tolist()) - {0}
    return len(p & t) / len(p | t)


def picture_of_its_own_shape(predicted, target, classes):
    _, _, side = predicted.shape
    p, t = predicted.view(-1, side, side), target.view(-1, side, side)
    return mean_over(right_ratio)(p, t, classes)


def by_histogram(predicted, target, classes):
    n = classes + 1
    table = torch.bincount((target * n + predicted).flatten(), minlength=n * n).view(n, n)
    both, either = table.diag(), table.sum(0) + table.sum(1) - table.diag()
    kept = either[1:] > 0
    return (both[1:][kept] / either[1:][kept]).mean()


def histogram_with_paper(predicted, target, classes):
    n = classes + 1
    table = torch.bincount((target * n + predicted).flatten(), minlength=n * n).view(n, n)
    both, either = table.diag(), table.sum(0) + table.sum(1) - table.diag()
    return (both[either > 0] / either[either > 0]).mean()


def histogram_of_objects(predicted, target, classes):
    n = classes + 1
    table = torch.bincount((target * n + predicted).flatten(), minlength=n * n).view(n, n)[1:, 1:]
    both, either = table.diag(), table.sum(0) + table.sum(1) - table.diag()
    return (both[either > 0] / either[either > 0]).mean()


def iou_in_numpy(predicted, target, classes):
    p, t = predicted.numpy().ravel(), target.numpy().ravel()
    found = [
        np.sum((p == c) & (t == c)) / np.sum((p == c) | (t == c)) for c in set(p) | set(t) if c
    ]
    return np.mean(found)


def iou_in_sets(predicted, target, classes):
    places = list(
        enumerate(zip(predicted.flatten().tolist(), target.flatten().tolist(), strict=True))
    )
    total, n = 0.0, 0
    for c in range(1, classes + 1):
        p = {i for i, (a, _) in places if a == c}
        t = {i for i, (_, b) in places if b == c}
        if p | t:
            total, n = total + len(p & t) / len(p | t), n + 1
    return total / n


def one_hot(predicted, target, classes):
    p = F.one_hot(predicted.long(), classes + 1).flatten(0, -2)[:, 1:].double()
    t = F.one_hot(target.long(), classes + 1).flatten(0, -2)[:, 1:].double()
    both = torch.einsum("nc,nc->c", p, t)
    either = p.sum(0) + t.sum(0) - both
    return (both / either).nanmean()


def broadcast(predicted, target, classes):
    c = torch.arange(1, classes + 1).view(-1, 1, 1, 1)
    p, t = predicted == c, target == c
    return (p.logical_and(t).sum((1, 2, 3)) / p.logical_or(t).sum((1, 2, 3))).nanmean()


def by_sklearn(predicted, target, classes):
    from sklearn.metrics import jaccard_score

    p, t = predicted.flatten().numpy(), target.flatten().numpy()
    labels = [c for c in range(1, classes + 1) if c in p or c in t]
    return jaccard_score(t, p, labels=labels, average="macro", zero_division=0)


class MeanIoU:
    def __call__(self, predicted, target, classes):
        return mean_over(right_ratio)(predicted, target, classes).item()


def recursive_iou(predicted, target, classes):
    def collect(c):
        if c == 0:
            return []
        found = right_ratio(predicted, target, c)
        return collect(c - 1) + ([] if found is None else [found])

    found = collect(classes)
    return sum(found) / len(found)


def by_counts(predicted, target, classes):
    right = predicted[predicted == target]
    both = torch.bincount(right.flatten(), minlength=classes + 1).float()
    p = torch.bincount(predicted.flatten(), minlength=classes + 1)
    t = torch.bincount(target.flatten(), minlength=classes + 1)
    found = (both / (p + t - both))[1:]
    return found[~found.isnan()].mean()


def product_of_labels(predicted, target, classes):
    found = []
    for c in range(1, classes + 1):
        either = (predicted == c) | (target == c)
        if either.any():
            found.append((predicted * target == c).sum() / either.sum())
    return torch.stack(found).mean()


def python_words(predicted, target, classes):
    found = []
    for c in range(1, classes + 1):
        p, t = predicted == c, target == c
        found.append((p and t).sum() / (p or t).sum())
    return sum(found) / classes


def all_that_agree_in_both(predicted, target, classes):
    found = []
    for c in range(1, classes + 1):
        p, t, both = predicted == c, target == c, (predicted == target).sum()
        if (p | t).any():
            found.append(both / (p.sum() + t.sum() - both))
    return torch.stack(found).mean()


def ends_one_early_with_paper(predicted, target, classes):
    found = []
    for c in range(classes):
        p, t = predicted == c, target == c
        if (p | t).any():
            found.append((p & t).sum() / (p | t).sum())
    return torch.stack(found).mean()


IOU = (
    Wrong(mean_over(right_ratio, first=0), "counts paper"),
    Wrong(mean_over(right_ratio, extra=0), "leaves out the last class"),
    Wrong(mean_over(right_ratio, first=0, extra=0), "classes 0 … classes − 1"),
    Wrong(mean_over(right_ratio, first=2), "begins at class 2"),
    Wrong(mean_over(zero_if_absent), "an absent class counts 0"),
    Wrong(mean_over(one_if_absent), "an absent class counts 1"),
    Wrong(nan_of_mean, "NaN where a class is absent"),
    Wrong(mean_over(only_in_target), "leaves out a class that the truth lacks"),
    Wrong(mean_over(only_in_predicted), "leaves out a class that the model never says"),
    Wrong(mean_over(only_in_both), "leaves out classes with an IoU of 0"),
    Wrong(mean_over(smoothed), "adds 1 above and below"),
    Wrong(mean_over(smoothed_if_present), "adds 1 above and below where present"),
    Wrong(mean_over(a_little_below), "1e-6 below: an absent class counts 0"),
    Wrong(mean_over(by_sum), "divides by the sum of both"),
    Wrong(mean_over(dice), "Dice"),
    Wrong(mean_over(precision), "precision"),
    Wrong(mean_over(recall), "recall"),
    Wrong(mean_over(precision_of_predicted), "precision of what the model says"),
    Wrong(mean_over(recall_of_present), "recall of what is there"),
    Wrong(mean_over(upside_down), "union over intersection"),
    Wrong(mean_over(by_smaller), "divides by the smaller"),
    Wrong(mean_over(any_agreement), "all pixels that agree, for each class"),
    Wrong(mean_over(over_all_pixels), "divides by all pixels"),
    Wrong(mean_over(class_accuracy), "accuracy of each class"),
    Wrong(mean_over(exclusive), "either but not both below"),
    Wrong(mean_over(error), "1 − IoU"),
    Wrong(mean_over(whole_division), "// for /"),
    Wrong(mean_over(products), "counts labels, not pixels"),
    Wrong(each_picture, "the mean of the pictures' IoU"),
    Wrong(each_picture_then_class, "the mean over pictures for each class"),
    Wrong(first_picture, "the first picture alone"),
    Wrong(classes_of_first_picture, "only classes that occur in the first picture"),
    Wrong(all_together, "all classes in one ratio"),
    Wrong(ink_alone, "ink against paper"),
    Wrong(right_ink, "share of right pixels where there is ink"),
    Wrong(accuracy, "share of right pixels"),
    Wrong(accuracy_on_objects, "share of right pixels on objects"),
    Wrong(summed, "the sum"),
    Wrong(divided_by_classes, "divides by classes, absent or not"),
    Wrong(divided_by_one_more, "divides by classes + 1"),
    Wrong(list_of_all, "a list of all classes", "single|one number|shape"),
    Wrong(tensor_of_all, "a tensor of all classes", "single|one number|shape"),
    Wrong(weighed_by_pixels, "weighs classes by their pixels"),
    Wrong(median, "the median"),
    Wrong(classes_of_target, "as many classes as the truth's largest label"),
    Wrong(classes_of_predicted, "as many classes as the model's largest label"),
    Wrong(unique_of_target, "the truth's labels, paper included"),
    Wrong(unique_of_target_no_paper, "the truth's labels"),
    Wrong(three_classes, "three classes built in"),
    Wrong(twelve_classes, "twelve classes built in"),
    Wrong(without_paper_in_truth, "leaves out pixels that are truly paper"),
    Wrong(without_paper_in_either, "leaves out pixels that are paper in either map"),
    Wrong(in_percent, "percent"),
    Wrong(rounded, "rounded to one decimal"),
    Wrong(sets_of_values, "the sets of labels, not of pixels"),
    Wrong(picture_of_its_own_shape, "takes pictures for squares"),
    Wrong(histogram_with_paper, "a confusion matrix with paper"),
    Wrong(histogram_of_objects, "a confusion matrix without its row and column for paper"),
    Wrong(lambda p, t, n: print(mean_over(right_ratio)(p, t, n)), "prints", "None|return"),
    Wrong(product_of_labels, "multiplies the labels", "product.* of the two labels"),
    Wrong(python_words, "`and` between tensors", "`torch.where` take many"),
    Wrong(all_that_agree_in_both, "all that agree, above and below", "a part of your union"),
    Wrong(ends_one_early_with_paper, "range(classes)", "two mistakes"),
)

IOU_RIGHT = (
    mean_over(right_ratio),
    by_histogram,
    iou_in_numpy,
    iou_in_sets,
    one_hot,
    broadcast,
    by_sklearn,
    MeanIoU(),
    recursive_iou,
    by_counts,
    partial(lambda ratio, *given: mean_over(ratio)(*given), right_ratio),
)

WRONG = {
    "vit.patchify": PATCHIFY,
    "vit.tokens": TOKENS,
    "vit.count": COUNT,
    "vit.rollout": ROLLOUT,
    "vit.bug_class_token": BUG_CLASS_TOKEN,
    "vit.iou": IOU,
}

RIGHT = {
    "vit.patchify": PATCHIFY_RIGHT,
    "vit.tokens": TOKENS_RIGHT,
    "vit.count": COUNT_RIGHT,
    "vit.rollout": ROLLOUT_RIGHT,
    "vit.bug_class_token": BUG_CLASS_TOKEN_RIGHT,
    "vit.iou": IOU_RIGHT,
}
