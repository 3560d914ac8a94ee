"""A class's answers to the exercises of lesson 05."""

import codecs
import math
import unicodedata
from collections import Counter
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F

from tests.classroom import Wrong

# Normalise with what the training set has ---------------------------------------------------------


def own_statistics(training, pictures):
    x = pictures.float()
    return ((x - x.mean((0, 1, 2))) / x.std((0, 1, 2))).permute(0, 3, 1, 2)


def channels_forgotten(training, pictures):
    x = training.float()
    return (pictures - x.mean((0, 1, 2))) / x.std((0, 1, 2))


def viewed(training, pictures):
    x = training.float()
    z = (pictures - x.mean((0, 1, 2))) / x.std((0, 1, 2))
    n, h, w, c = z.shape
    return z.view(n, c, h, w)


def transposed(training, pictures):
    x = training.float()
    return ((pictures - x.mean((0, 1, 2))) / x.std((0, 1, 2))).transpose(1, 3)


def one_mean(training, pictures):
    x = training.float()
    return ((pictures.float() - x.mean()) / x.std()).permute(0, 3, 1, 2)


def divided_by_255_once(training, pictures):
    x = training.float()
    return ((pictures / 255 - x.mean((0, 1, 2))) / x.std((0, 1, 2))).permute(0, 3, 1, 2)


def divided_by_255_in_training(training, pictures):
    x = training.float() / 255
    return ((pictures - x.mean((0, 1, 2))) / x.std((0, 1, 2))).permute(0, 3, 1, 2)


def by_variance(training, pictures):
    x = training.float()
    return ((pictures - x.mean((0, 1, 2))) / x.var((0, 1, 2))).permute(0, 3, 1, 2)


def per_pixel(training, pictures):
    x = training.float()
    return ((pictures - x.mean(0)) / x.std(0, correction=0)).permute(0, 3, 1, 2)


def per_picture(training, pictures):
    x = pictures.float()
    mean, std = x.mean((1, 2), keepdim=True), x.std((1, 2), keepdim=True)
    return ((x - mean) / std).permute(0, 3, 1, 2)


def layer_norm_like(training, pictures):
    x = pictures.float()
    mean, std = x.mean((1, 2, 3), keepdim=True), x.std((1, 2, 3), keepdim=True)
    return ((x - mean) / std).permute(0, 3, 1, 2)


def only_255(training, pictures):
    return pictures.permute(0, 3, 1, 2) / 255


def only_mean(training, pictures):
    return (pictures - training.float().mean((0, 1, 2))).permute(0, 3, 1, 2)


def imagenet(training, pictures):
    mean = torch.tensor([0.485, 0.456, 0.406])
    std = torch.tensor([0.229, 0.224, 0.225])
    return ((pictures / 255 - mean) / std).permute(0, 3, 1, 2)


def min_max(training, pictures):
    x = training.float()
    low, high = x.amin((0, 1, 2)), x.amax((0, 1, 2))
    return ((pictures - low) / (high - low)).permute(0, 3, 1, 2)


def training_returned(training, pictures):
    x = training.float()
    return ((x - x.mean((0, 1, 2))) / x.std((0, 1, 2))).permute(0, 3, 1, 2)


def no_brackets(training, pictures):
    x = training.float()
    return (pictures - x.mean((0, 1, 2)) / x.std((0, 1, 2))).permute(0, 3, 1, 2)


def mean_of_bytes(training, pictures):
    return (pictures - training.mean((0, 1, 2))) / training.std((0, 1, 2))


def with_epsilon(training, pictures):
    x = training.float()
    return ((pictures - x.mean((0, 1, 2))) / (x.std((0, 1, 2)) + 0.01)).permute(0, 3, 1, 2)


def rounded_mean(training, pictures):
    x = training.float()
    mean = x.mean((0, 1, 2)).to(torch.uint8)
    return ((pictures - mean) / x.std((0, 1, 2))).permute(0, 3, 1, 2)


def both_sets(training, pictures):
    x = torch.cat([training, pictures]).float()
    return ((pictures - x.mean((0, 1, 2))) / x.std((0, 1, 2))).permute(0, 3, 1, 2)


def std_of_means(training, pictures):
    means = training.float().mean((1, 2))
    return ((pictures - means.mean(0)) / means.std(0)).permute(0, 3, 1, 2)


def mean_of_stds(training, pictures):
    x = training.float()
    std = x.std((1, 2), correction=0).mean(0)
    return ((pictures - x.mean((0, 1, 2))) / std).permute(0, 3, 1, 2)


def bgr(training, pictures):
    x = training.float()
    z = (pictures - x.mean((0, 1, 2))) / x.std((0, 1, 2))
    return z.permute(0, 3, 1, 2)[:, [2, 1, 0]] if z.shape[-1] == 3 else z.permute(0, 3, 1, 2)


def clipped(training, pictures):
    return normalise_plainly(training, pictures).clamp(-1, 1)


def normalise_plainly(training, pictures):
    x = training.float()
    return ((pictures - x.mean((0, 1, 2))) / x.std((0, 1, 2))).permute(0, 3, 1, 2)


def half_for_the_mean(training, pictures):
    return ((pictures / 255 - 0.5) / (training / 255).std((0, 1, 2))).permute(0, 3, 1, 2)


def subtracted_in_bytes(training, pictures):
    x = training.float()
    mean = x.mean((0, 1, 2)).to(torch.uint8)
    return ((pictures - mean) / x.std((0, 1, 2))).permute(0, 3, 1, 2)


def axes_after_the_move(training, pictures):
    x, z = (some.permute(0, 3, 1, 2).float() for some in (training, pictures))
    return (z - x.mean((0, 1, 2))) / x.std((0, 1, 2))


def constants_of_the_lesson(training, pictures):
    return (pictures.float().permute(0, 3, 1, 2) / 255 - 0.5) / 0.25


def other_constants(training, pictures):
    return (pictures.float().permute(0, 3, 1, 2) / 255 - 0.45) / 0.3


def with_one(training, pictures):
    x = training.float()
    z = (pictures.float() - x.mean((0, 1, 2))) / (x.std((0, 1, 2)) + 1)
    return z.permute(0, 3, 1, 2)


def with_epsilon_under_the_root(training, pictures):
    x = training.float() / 255
    deviation = (x.var((0, 1, 2)) + 1e-3).sqrt()
    return ((pictures.float() / 255 - x.mean((0, 1, 2))) / deviation).permute(0, 3, 1, 2)


NORMALISE = (
    Wrong(half_for_the_mean, "0.5 for the mean", "mean 0"),
    Wrong(subtracted_in_bytes, "wraps round in uint8", "254"),
    Wrong(axes_after_the_move, "axes counted before the move", "column"),
    Wrong(own_statistics, "statistics of the new pictures", "new pictures"),
    Wrong(channels_forgotten, "channels stay last", "channels still stand last"),
    Wrong(viewed, "a view for a permutation", "`view`"),
    Wrong(transposed, "exchanges height and width, too", "sides"),
    Wrong(one_mean, "one mean for all channels", "all channels together"),
    Wrong(divided_by_255_once, "pictures by 255, statistics not", "255"),
    Wrong(divided_by_255_in_training, "statistics by 255, pictures not", "255"),
    Wrong(by_variance, "divides by the variance", "variance"),
    Wrong(per_pixel, "a mean for every place", "place"),
    Wrong(per_picture, "each picture by itself", "Each picture"),
    Wrong(layer_norm_like, "each picture by itself, all channels", "all channels"),
    Wrong(only_255, "divided by 255 alone", "255"),
    Wrong(only_mean, "no division", "division"),
    Wrong(imagenet, "ImageNet's numbers", "ImageNet|stops"),
    Wrong(min_max, "smallest and range", "range"),
    Wrong(training_returned, "returns the training pictures"),
    Wrong(no_brackets, "no brackets", "mean"),
    Wrong(mean_of_bytes, "the mean of uint8", "stops"),
    Wrong(with_epsilon, "adds a little to the deviation", "something added there"),
    Wrong(rounded_mean, "whole mean, which wraps round"),
    Wrong(both_sets, "statistics of both sets", "both sets"),
    Wrong(std_of_means, "deviation of the pictures' means"),
    Wrong(mean_of_stds, "mean of the pictures' deviations"),
    Wrong(bgr, "the channels turned round", "other order"),
    Wrong(clipped, "clips"),
    Wrong(constants_of_the_lesson, "0.5 and 0.25", "0.5 and 0.25"),
    Wrong(other_constants, "0.45 and 0.3", "does not change with `training`; .*\n.*mean 0"),
    Wrong(with_one, "adds 1 to the deviation", "something added there"),
    Wrong(with_epsilon_under_the_root, "adds to the variance", "something added there"),
)


def in_numpy(training, pictures):
    x, z = training.numpy().astype(np.float64), pictures.numpy()
    axes = (0, 1, 2)
    return ((z - x.mean(axes)) / x.std(axes)).transpose(0, 3, 1, 2)


def by_functional(training, pictures):
    from torchvision.transforms.functional import normalize

    x = training.permute(0, 3, 1, 2).float() / 255
    mean, std = x.mean((0, 2, 3)), x.std((0, 2, 3))
    return normalize(pictures.permute(0, 3, 1, 2).float() / 255, mean.tolist(), std.tolist())


def in_loops(training, pictures):
    n, h, w, c = pictures.shape
    result = torch.empty(n, c, h, w)
    for k in range(c):
        values = training[:, :, :, k].flatten().tolist()
        mean = sum(values) / len(values)
        deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / len(values))
        for i in range(n):
            result[i, k] = (pictures[i, :, :, k] - mean) / deviation
    return result


def flattened(training, pictures):
    rows = training.reshape(-1, training.shape[-1]).double()
    std, mean = torch.std_mean(rows, dim=0)
    return torch.einsum("nhwc->nchw", (pictures.double() - mean) / std)


def with_batch_norm(training, pictures):
    x = training.permute(0, 3, 1, 2).double()
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
    return F.batch_norm(pictures.permute(0, 3, 1, 2).double(), mean, variance, eps=0.0)


NORMALISE_RIGHT = (
    normalise_plainly,
    in_numpy,
    by_functional,
    in_loops,
    flattened,
    with_batch_norm,
)

# Which bin, how many frames? ----------------------------------------------------------------------

BINS = (
    Wrong([36, 197, 257, 6000], "samples in one swing", "one swing"),
    Wrong([36.4, 197, 257, 6000], "samples in one swing, exactly", "one swing"),
    Wrong([22, 197, 257, 6000], "something else", "The bin is off"),
    Wrong([14, 193, 257, 6000], "something else", "The frames are off"),
    Wrong([14, 197, 300, 6000], "something else", "The bins are off"),
    Wrong([14, 197, 257, 7000], "something else", "The folded pitch is off"),
    Wrong([880, 197, 257, 6000], "the whole recording", "whole recording"),
    Wrong([15, 197, 257, 6000], "counted from 1", "bin"),
    Wrong([14.08, 197, 257, 6000], "not rounded", "whole"),
    Wrong([28, 197, 257, 6000], "half the rate", "twice"),
    Wrong([14, 196, 257, 6000], "forgot the first window", "frames"),
    Wrong([14, 198, 257, 6000], "rounded up", "frames"),
    Wrong([14, 200, 257, 6000], "length over hop", "frames"),
    Wrong([14, 201, 257, 6000], "centred windows", "frames"),
    Wrong([14, 62, 257, 6000], "no overlap", "frames"),
    Wrong([14, 97, 257, 6000], "one second", "second"),
    Wrong([14, 197, 256, 6000], "one bin too few", "bins"),
    Wrong([14, 197, 512, 6000], "all bins", "bins"),
    Wrong([14, 197, 257, 2000], "above half the rate", "mirrored"),
    Wrong([14, 197, 257, 8000], "the highest", "half the rate"),
    Wrong([14, 197, 257, 10000], "no folding", "folded"),
    Wrong([14, 197, 257, -6000], "a negative pitch", "sign"),
    Wrong([13, 196, 256, 6000], "three off by one", "frames"),
    Wrong([14, 196.8, 257, 6000], "a share of a frame", "frames|whole"),
    Wrong([14, 197.8, 257, 6000], "not rounded down", "frames"),
    Wrong([197, 14, 257, 6000], "the other order"),
    Wrong([28, 198, 256, 2000], "all four wrong"),
    Wrong([4, 197, 257, 6000], "the hop for the window", "hop"),
    Wrong([14, 197, 8000, 6000], "hertz for bins"),
    Wrong([440, 197, 257, 6000], "the pitch", "pitch"),
    Wrong([7, 197, 257, 6000], "half a window", "half"),
    Wrong([14, 197, 257], "one is missing", "4 numbers"),
)
BINS_RIGHT = (
    [14, 197, 257, 6000],
    np.array([14, 197, 257, 6000]),
    (440 * 512 // 16000, 31488 // 160 + 1, 257, 16000 - 10000),
    [14.0, 197.0, 257.0, 6e3],
    torch.tensor([14, 197, 257, 6000]),
)

# Which bug was it? --------------------------------------------------------------------------------

DIAGNOSE = (
    Wrong([3, 5, 6, 4], "grey for exchanged colours", "A: bug 3"),
    Wrong([2, 3, 6, 4], "grey for few pixels", "B: bug 3"),
    Wrong([2, 4, 6, 5], "B and D exchanged", "B: bug 4.*D: bug 5"),
    Wrong([2, 5, 3, 4], "grey breaks all", "C: bug 3"),
    Wrong([6, 5, 2, 4], "0–255 takes colours only", "A: bug 6"),
    Wrong([2, 1, 6, 4], "B is nearly right", "B: bug 1"),
    Wrong([1, 5, 6, 4], "A is nearly right", "A: bug 1"),
    Wrong([2, 5, 6, 5], "two the same", "D: bug 5"),
    Wrong([1, 2, 3, 4], "in order", "A: bug 1"),
    Wrong([2, 4, 6, 4], "sides twice", "B: bug 4"),
    Wrong([2, 5, 4, 6], "C and D exchanged", "C: bug 4"),
    Wrong([3, 4, 6, 5], "three wrong", "A: bug 3"),
    Wrong([5, 2, 6, 4], "A and B exchanged", "A: bug 5"),
    Wrong([2, 5, 6], "one is missing", "4 numbers"),
    Wrong(["2", "5", "6", "4"], "texts", "text"),
    Wrong([0, 5, 6, 4], "counts from 0", "1 to 6"),
    Wrong([2, 5, 6, 3], "D is grey", "D: bug 3"),
    Wrong([1, 4, 5, 3], "counted from 0 throughout", "A: bug 1"),
    Wrong([2, 6, 5, 4], "B and C exchanged", "B: bug 6"),
    Wrong([4, 5, 6, 2], "A and D exchanged", "A: bug 4"),
    Wrong([2, 5, 1, 4], "C is nothing", "C: bug 1"),
    Wrong([3, 3, 6, 4], "grey twice", "A: bug 3.*B: bug 3"),
)
DIAGNOSE_RIGHT = (
    [2, 5, 6, 4],
    (2, 5, 6, 4),
    np.array([2, 5, 6, 4]),
    [2.0, 5.0, 6.0, 4.0],
    torch.tensor([2, 5, 6, 4]),
)

# Which bug is silent? -----------------------------------------------------------------------------

SILENT = (
    Wrong([0.9, 0.35, 0.9, 0.7833], "the right half", "columns"),
    Wrong([0.9, 0.0667, 0.1083, 0.7694], "turns the order of the digits round", "order"),
    Wrong([0.9, 0.39, 0.9, 0.77], "flipped the rows", "heads"),
    Wrong([0.9, 0.1667, 0.9, 0.77], "transposed", "exchanged"),
    Wrong([0.9, 0.9, 0.9, 0.77], "the mirror is not used", "nothing changes"),
    Wrong([0.9, 0.35, 0.35, 0.77], "training not mirrored", "third"),
    Wrong([0.9, 0.35, 0.9, 0.3], "half at test only", "fourth"),
    Wrong([0.9, 0.35, 0.9, 0.75], "the lower half", "lower half"),
    Wrong([0.9, 0.35, 0.9, 0.9], "nothing cut", "fourth"),
    Wrong([0.908, 0.36, 0.908, 0.77], "training pictures", "training|first"),
    Wrong([90, 35, 90, 76.9], "percent", "[Pp]ercent"),
    Wrong([0.1, 0.65, 0.1, 0.23], "mistakes", "mistakes"),
    Wrong([0.9, 0.9, 0.35, 0.77], "second and third exchanged", "changed places"),
    Wrong([324, 126, 324, 277], "counts", "many"),
    Wrong([1.0, 0.1, 1.0, 0.5], "thought", "thought|measured"),
    Wrong([0.9, 0.1, 0.9, 0.77], "guesses chance", "guessing"),
    Wrong([0.9, 0.35, 0.1, 0.77], "chance in both", "third|guessing"),
    Wrong([0.35, 0.9, 0.9, 0.77], "first two exchanged"),
    Wrong([0.9, 0.35, 0.9, 0.45], "half of the accuracy"),
    Wrong([0.9, 0.35, 0.9], "one is missing", "4 numbers"),
    Wrong([0.9, 0.35, 0.9, 0.82], "five rows", "five"),
    Wrong([0.9, 0.35, 0.9, 0.53], "two rows", "two rows"),
    Wrong([0.9, 0.38, 0.9, 0.77], "turned by half a circle", "turned|heads"),
    Wrong([0.9, 0.35, 0.35, 0.3], "both at test only", "third"),
    Wrong([0.0, 0.55, 0.0, 0.13], "all of them losses", "behind the first"),
    Wrong([0.9, 0.4, 0.9, 0.8], "one decimal", "If you rounded"),
    Wrong([0.3, 0.35, 0.3, 0.2], "something else", "nothing wrong at all"),
)
SILENT_RIGHT = (
    [0.9, 0.35, 0.9, 0.7694],
    (0.90, 0.35, 0.90, 0.77),
    torch.tensor([0.9, 0.35, 0.9, 0.769]),
    [0.8999999761581421, 0.3499999940395355, 0.8999999761581421, 0.7694444060325623],
    np.array([324, 126, 324, 277]) / 360,
)

# Bytes that arrive one by one ---------------------------------------------------------------------


def each_alone(data):
    return torch.tensor([ord(bytes([b]).decode(errors="replace")) for b in data.tolist()])


def ignored_alone(data):
    texts = [bytes([b]).decode(errors="ignore") for b in data.tolist()]
    return torch.tensor([ord(text) if text else -1 for text in texts])


def latin(data):
    return torch.tensor([ord(bytes([b]).decode("latin-1")) for b in data.tolist()])


def whole_text(data):
    return torch.tensor([ord(c) for c in bytes(data.tolist()).decode(errors="ignore")])


def never_emptied(data):
    held, shown = [], []
    for byte in data.tolist():
        held.append(byte)
        try:
            shown.append(ord(bytes(held).decode()[-1]))
        except UnicodeDecodeError:
            shown.append(-1)
    return torch.tensor(shown)


def emptied_always(data):
    held, shown = [], []
    for byte in data.tolist():
        held.append(byte)
        try:
            shown.append(ord(bytes(held).decode()))
        except UnicodeDecodeError:
            shown.append(-1)
        held = []
    return torch.tensor(shown)


def prefix_replaced(data):
    some = bytes(data.tolist())
    texts = [some[: i + 1].decode(errors="replace") for i in range(len(some))]
    return torch.tensor([ord(text[-1]) for text in texts])


def prefix_ignored(data):
    some = bytes(data.tolist())
    texts = [some[: i + 1].decode(errors="ignore") for i in range(len(some))]
    return torch.tensor([ord(text[-1]) if text else -1 for text in texts])


def zero_for_nothing(data):
    return right_stream(data).clamp(min=0)


def only_two(data):
    shown, before = [], None
    for byte in data.tolist():
        if byte < 128:
            shown.append(byte)
        elif before is None:
            before = byte
            shown.append(-1)
        else:
            shown.append((before & 31) * 64 + (byte & 63))
            before = None
    return torch.tensor(shown)


def looks_ahead(data):
    values, shown = data.tolist(), []
    for i, byte in enumerate(values):
        length = 1 if byte < 128 else 2 if byte < 224 else 3 if byte < 240 else 4
        if 128 <= byte < 192 or i + length > len(values):
            shown.append(-1)
        else:
            shown.append(ord(bytes(values[i : i + length]).decode()))
    return torch.tensor(shown)


def gathered_codes(data):
    return right_stream(data)[right_stream(data) >= 0]


def characters_not_codes(data):
    return [chr(p) if p >= 0 else -1 for p in right_stream(data).tolist()]


def stops_at_cut(data):
    held, shown = b"", []
    for byte in data.tolist():
        held += bytes([byte])
        text = held.decode(errors="ignore")
        shown.append(ord(text) if text else -1)
        held = b"" if text else held
    return torch.tensor(shown[:-1])


def shifted_by_one(data):
    return right_stream(data).roll(1)


def utf16(data):
    shown = [p if p < 65536 else 0xD800 + ((p - 65536) >> 10) for p in right_stream(data).tolist()]
    return torch.tensor(shown)


def eight_bits(data):
    value, shown, left = 0, [], 0
    for byte in data.tolist():
        if byte < 128:
            value, left = byte, 0
        elif byte >= 192:
            value, left = byte, 1 + (byte >= 224) + (byte >= 240)
        else:
            value, left = value * 256 + byte, left - 1
        shown.append(-1 if left else value)
    return torch.tensor(shown)


def wrong_mask(data):
    value, shown, left = 0, [], 0
    for byte in data.tolist():
        if byte < 128:
            value, left = byte, 0
        elif byte >= 192:
            value, left = byte & 0x3F, 1 + (byte >= 224) + (byte >= 240)
        else:
            value, left = value << 6 | byte & 0x3F, left - 1
        shown.append(-1 if left else value)
    return torch.tensor(shown)


def joined_marks(data):
    import unicodedata

    shown, last = [], -1
    for p in right_stream(data).tolist():
        if p >= 0 and unicodedata.combining(chr(p)):
            p = ord(unicodedata.normalize("NFC", chr(last) + chr(p))[0])
        shown.append(p)
        last = p if p >= 0 else last
    return torch.tensor(shown)


def flushed(data):
    reader = codecs.getincrementaldecoder("utf-8")(errors="replace")
    values = data.tolist()
    texts = [reader.decode(bytes([b]), i == len(values) - 1) for i, b in enumerate(values)]
    return torch.tensor([ord(text[-1]) if text else -1 for text in texts])


def which_character(data):
    p = right_stream(data)
    return torch.where(p >= 0, (p >= 0).cumsum(0) - 1, -1)


def how_many_bytes(data):
    held, shown = 0, []
    for p in right_stream(data).tolist():
        held += 1
        shown.append(held if p >= 0 else -1)
        held = 0 if p >= 0 else held
    return torch.tensor(shown)


def three_at_most(data):
    p = right_stream(data)
    return torch.where(p > 65535, -1, p)


def right_stream(data):
    reader = codecs.getincrementaldecoder("utf-8")()
    texts = [reader.decode(bytes([b])) for b in data.tolist()]
    return torch.tensor([ord(text) if text else -1 for text in texts])


def whole_text_replaced(data):
    shown = []
    for character in bytes(data.tolist()).decode(errors="replace"):
        shown += [-1] * (len(character.encode()) - 1) + [ord(character)]
    return torch.tensor(shown[: len(data)])


def shown_if_new(data):
    shown, before = [], ""
    for i in range(1, len(data) + 1):
        now = bytes(data[:i].tolist()).decode(errors="ignore")[-1:]
        shown.append(ord(now) if now and now != before else -1)
        before = now
    return torch.tensor(shown)


def seven_bits(data):
    value, shown, left = 0, [], 0
    for byte in data.tolist():
        if byte < 128:
            value, left = byte, 0
        elif byte >= 192:
            left = 1 + (byte >= 224) + (byte >= 240)
            value = byte & (63 >> left)
        else:
            value, left = value * 128 + (byte & 63), left - 1
        shown.append(-1 if left else value)
    return torch.tensor(shown)


def seen_already(data):
    shown = []
    for number in right_stream(data).tolist():
        shown.append(-1 if number in shown else number)
    return torch.tensor(shown)


def marks_left_out(data):
    import unicodedata

    shown = right_stream(data).tolist()
    return torch.tensor([-1 if p >= 0 and unicodedata.combining(chr(p)) else p for p in shown])


def melted(data):
    some, texts = bytes(data.tolist()), [""]
    for i in range(len(some)):
        text = some[: i + 1].decode(errors="ignore")
        texts.append(unicodedata.normalize("NFC", text))
    shown = [ord(b[-1]) if a != b else -1 for a, b in pairwise(texts)]
    return torch.tensor(shown)


def mark_beside_the_letter(data):
    """Shows the letter once more where its mark comes."""
    shown, letter = right_stream(data).tolist(), -1
    for i, p in enumerate(shown):
        if p > 0 and unicodedata.combining(chr(p)):
            shown[i] = letter
        letter = p if p > 0 else letter
    return torch.tensor(shown)


def waits_for_the_next(data):
    row, shown, start = data.tolist(), [], 0
    for i in range(len(row)):
        if i + 1 < len(row) and not 128 <= row[i + 1] < 192:
            shown.append(ord(bytes(row[start : i + 1]).decode()))
            start = i + 1
        else:
            shown.append(-1)
    return torch.tensor(shown)


STREAM = (
    Wrong(melted, "letter and mark melt into one", "melt"),
    Wrong(mark_beside_the_letter, "the letter where its mark comes", "a mark for the letter"),
    Wrong(waits_for_the_next, "the last byte waits for the next", "very last byte"),
    Wrong(seen_already, "each character once", "second time"),
    Wrong(marks_left_out, "leaves marks out", "mark"),
    Wrong(shown_if_new, "a doubled character is shown once", "twice in a row"),
    Wrong(seven_bits, "seven bits a byte", "7"),
    Wrong(whole_text_replaced, "an end of three bytes is replaced", "65533"),
    Wrong(each_alone, "each byte alone, replaced", "by itself"),
    Wrong(ignored_alone, "each byte alone, ignored", "by itself"),
    Wrong(latin, "Latin-1", "as it is"),
    Wrong(whole_text, "a number for each character", "each"),
    Wrong(emptied_always, "empties it each time", "by itself"),
    Wrong(prefix_replaced, "replaces what is unfinished", "replace"),
    Wrong(prefix_ignored, "ignores what is unfinished", "once more"),
    Wrong(zero_for_nothing, "0 for nothing", "0"),
    Wrong(only_two, "always two bytes"),
    Wrong(looks_ahead, "at the first byte", "first"),
    Wrong(gathered_codes, "only what is whole", "each"),
    Wrong(characters_not_codes, "characters, no numbers"),
    Wrong(stops_at_cut, "leaves out the last byte"),
    Wrong(shifted_by_one, "one byte late"),
    Wrong(utf16, "half of a UTF-16 pair"),
    Wrong(eight_bits, "eight bits a byte"),
    Wrong(wrong_mask, "the length's bits stay"),
    Wrong(joined_marks, "joins marks with letters"),
    Wrong(flushed, "an unfinished end is replaced", "end"),
    Wrong(which_character, "counts characters", "which character"),
    Wrong(how_many_bytes, "the length", "bytes"),
    Wrong(three_at_most, "three bytes at most", "four"),
    Wrong(lambda data: data.tolist(), "returns its input", "as it is"),
    Wrong(lambda data: bytes(data.tolist()).decode(), "returns a text"),
)


def by_prefix_lengths(data):
    some, shown, before = bytes(data.tolist()), [], ""
    for i in range(len(some)):
        now = some[: i + 1].decode("utf-8", "ignore")
        shown.append(ord(now[len(before) :]) if now != before else -1)
        before = now
    return shown


def by_bits_in_numpy(data):
    values = data.numpy()
    shown = np.full(len(values), -1)
    i = 0
    while i < len(values):
        first = values[i]
        length = 1 if first < 0x80 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
        piece = values[i : i + length]
        if len(piece) == length:
            shown[i + length - 1] = ord(bytes(piece.tolist()).decode())
        i += length
    return shown


def as_a_generator(data):
    def codes():
        held = b""
        for byte in data.tolist():
            held += bytes((byte,))
            try:
                yield ord(held.decode("utf8"))
                held = b""
            except ValueError:
                yield -1

    return torch.tensor(list(codes()))


def from_the_whole_text(data):
    text = bytes(data.tolist()).decode(errors="ignore")
    shown = torch.full_like(data, -1)
    place = 0
    for character in text:
        place += len(character.encode())
        shown[place - 1] = ord(character)
    return shown


def floats_for_codes(data):
    return right_stream(data).numpy()


STREAM_RIGHT = (
    right_stream,
    by_prefix_lengths,
    by_bits_in_numpy,
    as_a_generator,
    from_the_whole_text,
    floats_for_codes,
    never_emptied,
)

# Byte pairs, joined by rank -----------------------------------------------------------------------


def pair_ranks(merges):
    return {tuple(pair): rank for rank, pair in enumerate(merges.tolist())}


def replace_pair(text, pair, new):
    result, i = [], 0
    while i < len(text):
        if tuple(text[i : i + 2]) == tuple(pair):
            result.append(new)
            i += 2
        else:
            result.append(text[i])
            i += 1
    return result


def filled(text, data):
    row = torch.full((max(len(data), len(text)),), -1)
    row[: len(text)] = torch.tensor(text)
    return row


def right_encode(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        text = replace_pair(text, pair, 256 + rank)
    return filled(text, data)


def spellings(merges):
    spelled = {}
    for rank, (a, b) in enumerate(merges.tolist()):
        spelled[256 + rank] = spelled.get(a, [a]) + spelled.get(b, [b])
    return spelled


def greedy_longest(data, merges):
    text, i, result = data.tolist(), 0, []
    tokens = sorted(spellings(merges).items(), key=lambda item: -len(item[1]))
    while i < len(text):
        for token, some in tokens:
            if text[i : i + len(some)] == some:
                result.append(token)
                i += len(some)
                break
        else:
            result.append(text[i])
            i += 1
    return filled(result, data)


def last_learnt_first(data, merges):
    text = data.tolist()
    for rank, pair in reversed(list(enumerate(merges.tolist()))):
        text = replace_pair(text, pair, 256 + rank)
    return filled(text, data)


def highest_rank(data, merges):
    text, ranks = data.tolist(), pair_ranks(merges)
    while found := [pair for pair in pairwise(text) if pair in ranks]:
        pair = max(found, key=ranks.get)
        text = replace_pair(text, pair, 256 + ranks[pair])
    return filled(text, data)


def most_common_here(data, merges):
    text, ranks = data.tolist(), pair_ranks(merges)
    while found := Counter(pair for pair in pairwise(text) if pair in ranks):
        pair = found.most_common(1)[0][0]
        text = replace_pair(text, pair, 256 + ranks[pair])
    return filled(text, data)


def left_to_right(data, merges):
    text, ranks, i = data.tolist(), pair_ranks(merges), 0
    while i < len(text) - 1:
        pair = (text[i], text[i + 1])
        if pair in ranks:
            text[i : i + 2] = [256 + ranks[pair]]
            i = max(i - 1, 0)
        else:
            i += 1
    return filled(text, data)


def single_walk(data, merges):
    text, ranks, result, i = data.tolist(), pair_ranks(merges), [], 0
    while i < len(text):
        pair = tuple(text[i : i + 2])
        if pair in ranks:
            result.append(256 + ranks[pair])
            i += 2
        else:
            result.append(text[i])
            i += 1
    return filled(result, data)


def only_first_occurrence(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        for i in range(len(text) - 1):
            if text[i : i + 2] == pair:
                text[i : i + 2] = [256 + rank]
                break
    return filled(text, data)


def no_skip(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        text = [256 + rank if text[i : i + 2] == pair else text[i] for i in range(len(text))]
    return filled(text, data)


def last_byte_lost(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        new, i = [], 0
        while i < len(text) - 1:
            if text[i : i + 2] == pair:
                new.append(256 + rank)
                i += 2
            else:
                new.append(text[i])
                i += 1
        text = new
    return filled(text, data)


def numbered_from_0(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        text = replace_pair(text, pair, rank)
    return filled(text, data)


def numbered_from_257(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        text = replace_pair(text, pair, 257 + rank)
    return filled(text, data)


def after_the_largest(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        text = replace_pair(text, pair, max(data.tolist()) + 1 + rank)
    return filled(text, data)


def learnt_again(data, merges):
    text = data.tolist()
    for rank in range(len(merges)):
        counts = Counter(pairwise(text))
        if counts:
            text = replace_pair(text, counts.most_common(1)[0][0], 256 + rank)
    return filled(text, data)


def either_order(data, merges):
    text = data.tolist()
    for rank, (a, b) in enumerate(merges.tolist()):
        text = replace_pair(replace_pair(text, (a, b), 256 + rank), (b, a), 256 + rank)
    return filled(text, data)


def both_kept(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        result = []
        for i, token in enumerate(text):
            result.append(token)
            if text[i - 1 : i + 1] == pair:
                result.append(256 + rank)
        text = result
    return filled(text, data)


def original_text_each_time(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        result = replace_pair(data.tolist(), pair, 256 + rank)
    return filled(result if len(merges) else text, data)


def from_the_end(data, merges):
    text = data.tolist()
    for rank, (a, b) in enumerate(merges.tolist()):
        text = replace_pair(text[::-1], (b, a), 256 + rank)[::-1]
    return filled(text, data)


def strides_of_two(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        new = []
        for i in range(0, len(text), 2):
            new += [256 + rank] if text[i : i + 2] == pair else text[i : i + 2]
        text = new
    return filled(text, data)


def changes_in_a_for_loop(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        for i in range(len(text)):
            if text[i] == pair[0] and text[i + 1] == pair[1]:
                text[i] = 256 + rank
                del text[i + 1]
    return filled(text, data)


def stops_at_the_first_missing(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        if tuple(pair) not in list(pairwise(text)):
            break
        text = replace_pair(text, pair, 256 + rank)
    return filled(text, data)


def sorted_merges(data, merges):
    text = data.tolist()
    for rank, pair in sorted(enumerate(merges.tolist()), key=lambda item: item[1]):
        text = replace_pair(text, pair, 256 + rank)
    return filled(text, data)


def every_token_of_the_pair(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        text = [256 + rank if token in pair else token for token in text]
    return filled(text, data)


def gaps_in_the_row(data, merges):
    row = data.clone()
    for rank, pair in enumerate(merges.tolist()):
        for i in range(len(row) - 1):
            if row[i : i + 2].tolist() == pair:
                row[i], row[i + 1] = 256 + rank, -1
    return row


def walk_after_walk(data, merges):
    text, before = single_walk(data, merges).tolist(), None
    while text != before:
        before = text
        text = single_walk(torch.tensor([t for t in text if t >= 0]), merges).tolist()
    return filled(text, data)


def in_written_numbers(data, merges):
    written = " ".join(map(str, data.tolist()))
    for rank, (a, b) in enumerate(merges.tolist()):
        written = written.replace(f"{a} {b}", str(256 + rank))
    return filled([int(number) for number in written.split()], data)


def as_a_set(data, merges):
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        new, i = [], 0
        while i < len(text):
            both = i + 1 < len(text) and {*text[i : i + 2]} == {*pair}
            new.append(256 + rank if both else text[i])
            i += 2 if both else 1
        text = new
    return filled(text, data)


def all_hits_at_once(data, merges):
    row = data.clone()
    for rank, (a, b) in enumerate(merges.tolist()):
        hit = (row[:-1] == a) & (row[1:] == b)
        row = torch.where(F.pad(hit, (0, 1)), 256 + rank, row)[~F.pad(hit, (1, 0))]
    return F.pad(row, (0, len(data) - len(row)), value=-1)


def third_lost(data, merges):
    """Joins a pair of two alike together with a third."""
    text = data.tolist()
    for rank, pair in enumerate(merges.tolist()):
        new, i = [], 0
        while i < len(text):
            joined = text[i : i + 2] == pair
            new.append(256 + rank if joined else text[i])
            three = text[i : i + 3] == 3 * pair[:1]
            i += (2 + three) if joined else 1
        text = new
    return torch.tensor(text + [-1] * (len(data) - len(text)))


ENCODE = (
    Wrong(all_hits_at_once, "all hits at once", "looked for at once"),
    Wrong(third_lost, "a third is lost", "three alike in a row"),
    Wrong(walk_after_walk, "walks until nothing is joined", "again and again"),
    Wrong(in_written_numbers, "replaces in a written text", "digits"),
    Wrong(as_a_set, "the order of a pair ignored", "other order"),
    Wrong(gaps_in_the_row, "leaves −1 in the middle", "middle"),
    Wrong(greedy_longest, "the longest match", "longest"),
    Wrong(last_learnt_first, "the other order of merges", "last to the first"),
    Wrong(highest_rank, "the highest rank first", "last"),
    Wrong(most_common_here, "the most frequent here", "frequent"),
    Wrong(left_to_right, "the leftmost pair first", "first pair of the \\*text"),
    Wrong(single_walk, "one walk", "once"),
    Wrong(only_first_occurrence, "the first place only", "first place"),
    Wrong(no_skip, "the second half stays", "second half"),
    Wrong(last_byte_lost, "the last byte is lost"),
    Wrong(numbered_from_0, "numbers of bytes"),
    Wrong(numbered_from_257, "numbers from 257"),
    Wrong(after_the_largest, "numbers after the largest byte"),
    Wrong(learnt_again, "learns merges from the text"),
    Wrong(either_order, "either order", "other order"),
    Wrong(both_kept, "keeps the pair"),
    Wrong(original_text_each_time, "starts from the bytes each time"),
    Wrong(from_the_end, "from the right", "right"),
    Wrong(strides_of_two, "in steps of two"),
    Wrong(changes_in_a_for_loop, "deletes in a loop", "stops"),
    Wrong(stops_at_the_first_missing, "stops at a merge that is not there"),
    Wrong(sorted_merges, "sorts the merges"),
    Wrong(every_token_of_the_pair, "replaces each token"),
    Wrong(lambda data, merges: data, "returns the bytes", "joined"),
    Wrong(lambda d, m: right_encode(d, m)[right_encode(d, m) >= 0], "not filled up", "fill"),
    Wrong(lambda d, m: right_encode(d, m).clamp(min=0), "filled up with 0", "0"),
    Wrong(lambda data, merges: len(right_encode(data, merges)), "the length", "shape"),
    Wrong(lambda data, merges: right_encode(data, merges[:1]), "one merge", "first merge"),
)


def encode_recursively(data, merges):
    def join(text, rank):
        if rank == len(merges):
            return text
        return join(replace_pair(text, merges[rank].tolist(), 256 + rank), rank + 1)

    return filled(join(data.tolist(), 0), data)


def encode_with_a_stack(data, merges):
    text = data.tolist()
    for rank, (a, b) in enumerate(merges.tolist()):
        stack = []
        for token in text:
            if token == b and stack and stack[-1] == a and not (a == b and stack[-1] >= 256 + rank):
                stack[-1] = 256 + rank
            else:
                stack.append(token)
        text = stack
    return np.pad(np.array(text), (0, len(data) - len(text)), constant_values=-1)


def lowest_rank_place_by_place(data, merges):
    ranks, text = pair_ranks(merges), data.tolist()
    while len(text) > 1:
        best = min(range(len(text) - 1), key=lambda i: ranks.get(tuple(text[i : i + 2]), 1e9))
        pair = tuple(text[best : best + 2])
        if pair not in ranks:
            break
        text[best : best + 2] = [256 + ranks[pair]]
    return text + [-1] * (len(data) - len(text))


def with_tensors(data, merges):
    length = len(data)
    for rank, (a, b) in enumerate(merges.tolist()):
        hit = [False] * len(data)
        for i in range(len(data) - 1):
            hit[i] = data[i] == a and data[i + 1] == b and not (i and hit[i - 1])
        keep = torch.tensor([not (i and hit[i - 1]) for i in range(len(data))])
        data = torch.where(torch.tensor(hit), 256 + rank, data)[keep]
    return F.pad(data, (0, length - len(data)), value=-1)


def until_nothing_changes(data, merges):
    text, before = data.tolist(), None
    while text != before:
        before = text
        for rank, pair in enumerate(merges.tolist()):
            joined = replace_pair(text, pair, 256 + rank)
            if joined != text:
                text = joined
                break
    return filled(text, data).to(torch.int32)


ENCODE_RIGHT = (
    right_encode,
    encode_recursively,
    encode_with_a_stack,
    lowest_rank_place_by_place,
    with_tensors,
    until_nothing_changes,
)

# A picture of sound -------------------------------------------------------------------------------


def spectrum(wave, window, hop, start=0, scale=32768):
    pieces = (wave / scale)[start:].unfold(0, window, hop)
    return torch.fft.rfft(pieces * torch.hann_window(window)).abs()


def in_decibels(power):
    return 10 * power.clamp(min=1e-10).log10()


def left_over(wave, window, hop):
    return (len(wave) - window) % hop


def as_given(wave, window, hop):
    return in_decibels(spectrum(wave, window, hop, left_over(wave, window, hop)))


def only_power_mended(wave, window, hop):
    return in_decibels(spectrum(wave, window, hop, left_over(wave, window, hop)).square())


def only_start_mended(wave, window, hop):
    return in_decibels(spectrum(wave, window, hop))


def twenty_and_squared(wave, window, hop):
    return 2 * in_decibels(spectrum(wave, window, hop).square())


def twenty_without_floor_moved(wave, window, hop):
    return 2 * in_decibels(spectrum(wave, window, hop))


def natural(wave, window, hop):
    return 10 * spectrum(wave, window, hop).square().clamp(min=1e-10).log()


def no_clamp(wave, window, hop):
    return 10 * spectrum(wave, window, hop).square().log10()


def plus_epsilon(wave, window, hop):
    return 10 * (spectrum(wave, window, hop).square() + 1e-10).log10()


def padded_end(wave, window, hop):
    padded = F.pad(wave, (0, -left_over(wave, window, hop) % hop))
    return in_decibels(spectrum(padded, window, hop).square())


def centred(wave, window, hop):
    x = wave.float() / 32768
    fade = torch.hann_window(window)
    options = {"pad_mode": "constant", "return_complex": True}
    found = torch.stft(x, window, hop, window=fade, **options)
    return in_decibels(found.abs().square().T)


def no_fade(wave, window, hop):
    pieces = (wave / 32768).unfold(0, window, hop)
    return in_decibels(torch.fft.rfft(pieces).abs().square())


def numpy_fade(wave, window, hop):
    pieces = (wave / 32768).unfold(0, window, hop).numpy()
    return in_decibels(torch.from_numpy(np.abs(np.fft.rfft(pieces * np.hanning(window))) ** 2))


def no_scale(wave, window, hop):
    return in_decibels(spectrum(wave, window, hop, scale=1).square())


def by_the_loudest(wave, window, hop):
    return in_decibels(spectrum(wave, window, hop, scale=wave.abs().max()).square())


def transposed_frames(wave, window, hop):
    return in_decibels(spectrum(wave, window, hop).square()).T


def whole_transform(wave, window, hop):
    pieces = (wave / 32768).unfold(0, window, hop)
    return in_decibels(torch.fft.fft(pieces * torch.hann_window(window)).abs().square())


def wave_squared(wave, window, hop):
    pieces = (wave / 32768).square().unfold(0, window, hop)
    return in_decibels(torch.fft.rfft(pieces * torch.hann_window(window)).abs())


def dropped_at_both_ends(wave, window, hop):
    rest = left_over(wave, window, hop)
    return in_decibels(spectrum(wave, window, hop, rest // 2).square())


def drops_the_rest_of_a_hop(wave, window, hop):
    kept = wave[: len(wave) - len(wave) % hop]
    kept = kept if len(kept) >= window else wave
    return in_decibels(spectrum(kept, window, hop).square())


def one_frame_less(wave, window, hop):
    rows = in_decibels(spectrum(wave, window, hop).square())
    return rows[:-1] if len(rows) > 1 else rows


def floor_of_the_given(wave, window, hop):
    return 10 * spectrum(wave, window, hop).clamp(min=1e-10).square().log10()


def positive_only(wave, window, hop):
    return in_decibels(spectrum(wave, window, hop).square()).clamp(min=0)


def real_only(wave, window, hop):
    pieces = (wave / 32768).unfold(0, window, hop)
    return in_decibels(torch.fft.rfft(pieces * torch.hann_window(window)).real.square())


def power_to_peak(wave, window, hop):
    power = spectrum(wave, window, hop).square()
    return in_decibels(power / power.max())


def plain_power(wave, window, hop):
    return spectrum(wave, window, hop).square()


def twenty_and_a_high_floor(wave, window, hop):
    return 20 * spectrum(wave, window, hop).square().clamp(min=1e-5).log10()


def stft_as_it_is(wave, window, hop):
    x, fade = wave.float() / 32768, torch.hann_window(window)
    found = torch.stft(x, window, hop, window=fade, return_complex=True)
    return in_decibels(found.abs().square().T)


DECIBELS = (
    Wrong(stft_as_it_is, "mirrored ends", "mirrored"),
    Wrong(twenty_and_a_high_floor, "20 and 1e-5, and squared", "12"),
    Wrong(as_given, "nothing mended", "still does exactly"),
    Wrong(only_power_mended, "still from the end", "end"),
    Wrong(only_start_mended, "still a magnitude", "magnitude"),
    Wrong(twenty_and_squared, "20 and a square", "12"),
    Wrong(twenty_without_floor_moved, "20 with the floor of a power", "silence"),
    Wrong(natural, "the natural logarithm", "natural"),
    Wrong(no_clamp, "no floor", "0"),
    Wrong(plus_epsilon, "adds a little"),
    Wrong(padded_end, "fills up the end", "whole|zeros"),
    Wrong(centred, "silence before and behind", "before and behind|shape"),
    Wrong(no_fade, "no Hann window", "faded"),
    Wrong(numpy_fade, "a symmetric window", "symmetric"),
    Wrong(no_scale, "not divided", "90"),
    Wrong(by_the_loudest, "divided by the loudest", "loudest"),
    Wrong(transposed_frames, "transposed", "changed places"),
    Wrong(whole_transform, "all bins", "upper half"),
    Wrong(wave_squared, "squares the wave"),
    Wrong(dropped_at_both_ends, "drops half at either end"),
    Wrong(drops_the_rest_of_a_hop, "drops what is no whole hop"),
    Wrong(one_frame_less, "one frame less", "last whole window"),
    Wrong(floor_of_the_given, "squares behind the floor", "silence|1e-20|−100"),
    Wrong(positive_only, "nothing below 0"),
    Wrong(real_only, "the real part", "real"),
    Wrong(power_to_peak, "relative to the peak", "loudest"),
    Wrong(plain_power, "no logarithm", "power itself"),
)


def one_frame_at_a_time(wave, window, hop):
    fade = torch.hann_window(window).numpy().astype(np.float64)
    x, rows = wave.numpy() / 32768.0, []
    for i in range((len(x) - window) // hop + 1):
        piece = x[i * hop : i * hop + window] * fade
        rows.append(10 * np.log10(np.maximum(np.abs(np.fft.rfft(piece)) ** 2, 1e-10)))
    return np.stack(rows)


def real_and_imaginary(wave, window, hop):
    pieces = (wave.float() / 2**15).unfold(-1, window, hop)
    z = torch.view_as_real(torch.fft.rfft(pieces * torch.hann_window(window)))
    return 10 * torch.log10(torch.clamp((z**2).sum(-1), min=1e-10))


def with_maximum(wave, window, hop):
    m = spectrum(wave, window, hop).double()
    return 20 * torch.maximum(m, torch.tensor(1e-5).double()).log10()


def natural_and_divided(wave, window, hop):
    power = spectrum(wave, window, hop) ** 2
    return power.clamp(1e-10).log() * (10 / math.log(10))


def clamped_afterwards(wave, window, hop):
    return (10 * (spectrum(wave, window, hop) ** 2).log10()).clamp(min=-100)


def hann_by_formula(wave, window, hop):
    fade = np.sin(np.pi * np.arange(window) / window) ** 2
    x, rows = wave.numpy().astype(float) / 32768, []
    for start in range(0, len(x) - window + 1, hop):
        power = np.abs(np.fft.rfft(x[start : start + window] * fade)) ** 2
        rows.append(10 * np.log10(np.clip(power, 1e-10, None)))
    return np.array(rows)


DECIBELS_RIGHT = (
    hann_by_formula,
    lambda w, n, h: in_decibels(spectrum(w, n, h) ** 2),
    one_frame_at_a_time,
    real_and_imaginary,
    with_maximum,
    natural_and_divided,
    clamped_afterwards,
)

# By how much is the sound late? -------------------------------------------------------------------


def fits(a, b, longest):
    n, found = len(a), {}
    for k in range(-longest, longest + 1):
        start, end = max(0, -k), min(n, n - k)
        found[k] = float((a[start:end] * b[start + k : end + k]).sum())
    return found


def less_mean(x):
    return x - x.mean()


def best(found):
    return max(found, key=found.get)


def right_lag(motion, sound, rate, longest):
    return 1000 * best(fits(less_mean(motion), less_mean(sound), longest)) / rate


def roles_exchanged(motion, sound, rate, longest):
    return right_lag(sound, motion, rate, longest)


def in_frames(motion, sound, rate, longest):
    return best(fits(less_mean(motion), less_mean(sound), longest))


def in_seconds(motion, sound, rate, longest):
    return right_lag(motion, sound, rate, longest) / 1000


def not_centred(motion, sound, rate, longest):
    return 1000 * best(fits(motion, sound, longest)) / rate


def rolled(motion, sound, rate, longest):
    a, b = less_mean(motion), less_mean(sound)
    found = {k: float((a * b.roll(-k)).sum()) for k in range(-longest, longest + 1)}
    return 1000 * best(found) / rate


def by_fourier(motion, sound, rate, longest):
    a, b = torch.fft.fft(less_mean(motion)), torch.fft.fft(less_mean(sound))
    circle = torch.fft.ifft(a.conj() * b).real
    k = int(circle.argmax())
    n = len(motion)
    return 1000 * (k if k <= n // 2 else k - n) / rate


def only_positive(motion, sound, rate, longest):
    found = fits(less_mean(motion), less_mean(sound), longest)
    return 1000 * best({k: v for k, v in found.items() if k >= 0}) / rate


def largest_size(motion, sound, rate, longest):
    found = fits(less_mean(motion), less_mean(sound), longest)
    return 1000 * max(found, key=lambda k: abs(found[k])) / rate


def place_in_list(motion, sound, rate, longest):
    values = torch.tensor(list(fits(less_mean(motion), less_mean(sound), longest).values()))
    return 1000 * int(values.argmax()) / rate


def means_of_products(motion, sound, rate, longest):
    n, found = len(motion), fits(less_mean(motion), less_mean(sound), longest)
    return 1000 * best({k: v / (n - abs(k)) for k, v in found.items()}) / rate


def last_shift_missing(motion, sound, rate, longest):
    found = fits(less_mean(motion), less_mean(sound), longest)
    return 1000 * best({k: v for k, v in found.items() if k < longest or longest == 0}) / rate


def full_correlate(motion, sound, rate, longest):
    c = np.correlate(less_mean(sound).numpy(), less_mean(motion).numpy(), "full")
    return 1000 * (int(c.argmax()) - len(motion) + 1) / rate


def peaks(motion, sound, rate, longest):
    return 1000 * float(sound.argmax() - motion.argmax()) / rate


def peaks_clamped(motion, sound, rate, longest):
    return 1000 * float((sound.argmax() - motion.argmax()).clamp(-longest, longest)) / rate


def times_the_rate(motion, sound, rate, longest):
    return in_frames(motion, sound, rate, longest) * rate


def forty(motion, sound, rate, longest):
    return in_frames(motion, sound, rate, longest) * 40


def height(motion, sound, rate, longest):
    return max(fits(less_mean(motion), less_mean(sound), longest).values())


def centred_with_one_mean(motion, sound, rate, longest):
    m = (motion.mean() + sound.mean()) / 2
    return 1000 * best(fits(motion - m, sound - m, longest)) / rate


def correlations(motion, sound, rate, longest):
    n, found = len(motion), {}
    for k in range(-longest, longest + 1):
        start, end = max(0, -k), min(n, n - k)
        pair = np.stack([motion[start:end].numpy(), sound[start + k : end + k].numpy()])
        with np.errstate(all="ignore"):
            found[k] = float(np.nan_to_num(np.corrcoef(pair)[0, 1])) if end - start > 1 else 0.0
    return 1000 * best(found) / rate


def least_squares(motion, sound, rate, longest):
    a, b = less_mean(motion), less_mean(sound)
    n, found = len(a), {}
    for k in range(-longest, longest + 1):
        start, end = max(0, -k), min(n, n - k)
        found[k] = -float((a[start:end] - b[start + k : end + k]).square().mean())
    return 1000 * best(found) / rate


def whole_milliseconds(motion, sound, rate, longest):
    return round(right_lag(motion, sound, rate, longest))


def whole_milliseconds_down(motion, sound, rate, longest):
    return int(right_lag(motion, sound, rate, longest))


def longest_in_milliseconds(motion, sound, rate, longest):
    frames = min(int(longest * rate / 1000), len(motion) - 1)
    return right_lag(motion, sound, rate, frames)


def only_motion_centred(motion, sound, rate, longest):
    return 1000 * best(fits(less_mean(motion), sound, longest)) / rate


def unsigned(motion, sound, rate, longest):
    return abs(right_lag(motion, sound, rate, longest))


def differences(motion, sound, rate, longest):
    return 1000 * best(fits(motion.diff(), sound.diff(), min(longest, len(motion) - 2))) / rate


def means_of_each_overlap(motion, sound, rate, longest):
    n, found = len(motion), {}
    for k in range(-longest, longest + 1):
        start, end = max(0, -k), min(n, n - k)
        a, b = less_mean(motion[start:end]), less_mean(sound[start + k : end + k])
        found[k] = float((a * b).sum())
    return 1000 * best(found) / rate


def divided_by_a_root(motion, sound, rate, longest):
    found = fits(less_mean(motion), less_mean(sound), longest)
    return 1000 * best({k: v / (len(motion) - abs(k)) ** 0.5 for k, v in found.items()}) / rate


def negative_places(motion, sound, rate, longest):
    a, b, n = less_mean(motion), less_mean(sound), len(motion)
    found = {
        k: sum(float(a[t] * b[t + k]) for t in range(n) if t + k < n)
        for k in range(-longest, longest + 1)
    }
    return 1000 * best(found) / rate


def from_zero(motion, sound, rate, longest):
    largest, lag = 0.0, 0
    for k, value in fits(less_mean(motion), less_mean(sound), longest).items():
        if value > largest:
            largest, lag = value, k
    return 1000 * lag / rate


LAG = (
    Wrong(from_zero, "the largest begins at 0", "below 0"),
    Wrong(negative_places, "negative places wrap", "index −1"),
    Wrong(means_of_each_overlap, "means of each overlap", "once"),
    Wrong(divided_by_a_root, "divided by a root", "root"),
    Wrong(roles_exchanged, "motion and sound exchanged", "other sign|sign"),
    Wrong(in_frames, "frames", "frames"),
    Wrong(in_seconds, "seconds", "seconds"),
    Wrong(not_centred, "no means", "means are not taken away"),
    Wrong(rolled, "in a circle", "roll"),
    Wrong(by_fourier, "a Fourier transform, in a circle, of any length"),
    Wrong(only_positive, "late only", "early"),
    Wrong(largest_size, "whatever its sign", "sign"),
    Wrong(place_in_list, "the place in the list", "place"),
    Wrong(means_of_products, "means of products", "mean of the products"),
    Wrong(last_shift_missing, "the last shift is missing", "longest"),
    Wrong(full_correlate, "all shifts", "beyond"),
    Wrong(peaks, "compares the peaks"),
    Wrong(peaks_clamped, "compares the peaks, within limits"),
    Wrong(times_the_rate, "times the rate", "multiply"),
    Wrong(forty, "40 milliseconds a frame", "40"),
    Wrong(height, "the largest sum", "sum"),
    Wrong(centred_with_one_mean, "one mean for both"),
    Wrong(correlations, "coefficients", "coefficient"),
    Wrong(least_squares, "the smallest distance", "distance"),
    Wrong(whole_milliseconds, "rounded", "round|whole"),
    Wrong(whole_milliseconds_down, "cut to whole milliseconds", "round|whole"),
    Wrong(longest_in_milliseconds, "takes longest for milliseconds"),
    Wrong(only_motion_centred, "only one mean", "sound"),
    Wrong(unsigned, "no sign", "sign"),
    Wrong(differences, "changes", "changes"),
)


def in_lists(motion, sound, rate, longest):
    m, s = motion.tolist(), sound.tolist()
    n = len(m)
    m, s = [x - sum(m) / n for x in m], [x - sum(s) / n for x in s]
    largest, found = -math.inf, 0
    for k in range(-longest, longest + 1):
        total = sum(m[t] * s[t + k] for t in range(n) if 0 <= t + k < n)
        if total > largest:
            largest, found = total, k
    return found * 1000 / rate


def with_convolution(motion, sound, rate, longest):
    a, b = less_mean(motion).double(), less_mean(sound).double()
    c = F.conv1d(F.pad(b, (longest, longest))[None, None], a[None, None])[0, 0]
    return (c.argmax() - longest) / rate * 1000


def outer_diagonals(motion, sound, rate, longest):
    products = torch.outer(less_mean(motion).double(), less_mean(sound).double())
    sums = [products.diagonal(k).sum() for k in range(-longest, longest + 1)]
    return torch.tensor(1000 * (int(torch.stack(sums).argmax()) - longest) / rate)


def padded_fourier(motion, sound, rate, longest):
    n = len(motion)
    a = torch.fft.rfft(less_mean(motion).double(), 2 * n)
    b = torch.fft.rfft(less_mean(sound).double(), 2 * n)
    c = torch.fft.irfft(a.conj() * b, 2 * n).roll(longest)[: 2 * longest + 1]
    return np.float64(1000 * (int(c.argmax()) - longest) / rate)


def in_float64(motion, sound, rate, longest):
    return torch.tensor([right_lag(motion.double(), sound.double(), rate, longest)])[0].double()


LAG_RIGHT = (
    right_lag,
    in_lists,
    with_convolution,
    outer_diagonals,
    padded_fourier,
    in_float64,
)

WRONG = {
    "modalities.normalise": NORMALISE,
    "modalities.bins": BINS,
    "modalities.diagnose": DIAGNOSE,
    "modalities.silent": SILENT,
    "modalities.stream": STREAM,
    "modalities.encode": ENCODE,
    "modalities.bug_decibels": DECIBELS,
    "modalities.lag": LAG,
}

RIGHT = {
    "modalities.normalise": NORMALISE_RIGHT,
    "modalities.bins": BINS_RIGHT,
    "modalities.diagnose": DIAGNOSE_RIGHT,
    "modalities.silent": SILENT_RIGHT,
    "modalities.stream": STREAM_RIGHT,
    "modalities.encode": ENCODE_RIGHT,
    "modalities.bug_decibels": DECIBELS_RIGHT,
    "modalities.lag": LAG_RIGHT,
}
