"""Right answers to the exercises of lesson 05, modalities."""

import codecs
import itertools

import numpy as np
import torch
import torch.nn.functional as F


def normalise_by_keepdim(training, pictures):
    x = training.double()
    mean = x.mean((0, 1, 2), keepdim=True)
    deviation = (x - mean).square().mean((0, 1, 2), keepdim=True).sqrt()
    return ((pictures - mean) / deviation).movedim(-1, 1)


def normalise_channel_by_channel(training, pictures):
    planes = []
    for channel in range(pictures.shape[-1]):
        seen = training[..., channel].double() / 255
        planes.append((pictures[..., channel] / 255 - seen.mean()) / seen.std())
    return torch.stack(planes, dim=1)


def normalise_channels_first(training, pictures):
    training, pictures = (x.permute(0, 3, 1, 2).float() / 255 for x in (training, pictures))
    mean, deviation = training.mean((0, 2, 3)), training.std((0, 2, 3))
    return (pictures - mean[:, None, None]) / deviation[:, None, None]


def stream_with_codecs(data):
    reader = codecs.getincrementaldecoder("utf-8")()
    shown = [reader.decode(bytes([byte])) for byte in data.tolist()]
    return torch.tensor([ord(text) if text else -1 for text in shown])


def stream_by_lengths(data):
    shown, left, value = [], 0, 0
    for byte in data.tolist():
        if byte < 0x80:
            left, value = 0, byte
        elif byte >= 0xF0:
            left, value = 3, byte & 0x07
        elif byte >= 0xE0:
            left, value = 2, byte & 0x0F
        elif byte >= 0xC0:
            left, value = 1, byte & 0x1F
        else:
            left, value = left - 1, value * 64 + (byte & 0x3F)
        shown.append(value if left == 0 else -1)
    return torch.tensor(shown)


def stream_by_prefixes(data):
    some, shown = bytes(data.tolist()), []
    before = 0
    for i in range(1, len(some) + 1):
        text = some[:i].decode(errors="ignore")
        shown.append(ord(text[-1]) if len(text) > before else -1)
        before = len(text)
    return torch.tensor(shown)


def encode_lowest_rank_first(data, merges):
    text = data.tolist()
    ranks = {tuple(pair): 256 + rank for rank, pair in enumerate(merges.tolist())}
    for _ in data:
        found = [
            (ranks[pair], i) for i, pair in enumerate(itertools.pairwise(text)) if pair in ranks
        ]
        if found:
            new, place = min(found)
            text[place : place + 2] = [new]
    return torch.tensor(text + [-1] * (len(data) - len(text)))


def encode_onto_a_stack(data, merges):
    text = data.tolist()
    for new, pair in enumerate(merges.tolist(), start=256):
        stack = []
        for token in text:
            if stack and [stack[-1], token] == pair:
                stack[-1] = new
            else:
                stack.append(token)
        text = stack
    return F.pad(torch.tensor(text), (0, len(data) - len(text)), value=-1)


def encode_in_strings(data, merges):
    written = "".join(chr(byte) for byte in data.tolist())
    for rank, (a, b) in enumerate(merges.tolist()):
        written = written.replace(chr(a) + chr(b), chr(256 + rank))
    row = torch.full_like(data, -1)
    row[: len(written)] = torch.tensor([ord(sign) for sign in written])
    return row


def decibels_of_magnitude(wave, window, hop):
    pieces = (wave / 32768).unfold(0, window, hop)
    magnitude = torch.fft.rfft(pieces * torch.hann_window(window)).abs()
    return 20 * magnitude.clamp(min=1e-5).log10()


def decibels_in_a_loop(wave, window, hop):
    wave, rows = wave.double() / 32768, []
    for start in range(0, len(wave) - window + 1, hop):
        piece = wave[start : start + window] * torch.hann_window(window, dtype=torch.float64)
        power = torch.fft.rfft(piece).abs() ** 2
        rows.append(10 * torch.log10(power.clamp(min=1e-10)))
    return torch.stack(rows)


def decibels_by_stft(wave, window, hop):
    fade = torch.hann_window(window, dtype=torch.float64)
    waves = wave.double() / 32768
    options = {"window": fade, "center": False, "return_complex": True}
    spectrum = torch.stft(waves, window, hop, **options)
    return 10 * spectrum.abs().square().clamp(min=1e-10).log10().T


def lag_by_dictionary(motion, sound, rate, longest):
    a, b = motion - motion.mean(), sound - sound.mean()
    fits = {}
    for k in range(-longest, longest + 1):
        left, right = (a[:-k], b[k:]) if k > 0 else (a[-k:], b[: len(b) + k])
        fits[k] = float(left @ right)
    return max(fits, key=fits.get) / rate * 1000


def lag_by_correlate(motion, sound, rate, longest):
    a = (motion - motion.mean()).double().numpy()
    b = (sound - sound.mean()).double().numpy()
    all_shifts = np.correlate(b, a, mode="full")  # from −(n − 1) to n − 1
    middle = len(a) - 1
    kept = all_shifts[middle - longest : middle + longest + 1]
    return (int(kept.argmax()) - longest) * 1000 / rate


def lag_by_padding(motion, sound, rate, longest):
    a, b = motion - motion.mean(), F.pad(sound - sound.mean(), (longest, longest))
    fits = b.unfold(0, len(a), 1) @ a  # shifts −longest … longest
    return 1000 * (fits.argmax() - longest) / rate


RIGHT = {
    "modalities.normalise": [
        normalise_by_keepdim,
        normalise_channel_by_channel,
        normalise_channels_first,
    ],
    "modalities.bins": [
        [14, 197, 257, 6000],
        (14.0, 197.0, 257.0, 6_000.0),
        torch.tensor([14, 197, 257, 6000]),
    ],
    "modalities.diagnose": [[2, 5, 6, 4], (2, 5, 6, 4), torch.tensor([2.0, 5.0, 6.0, 4.0])],
    "modalities.silent": [
        [0.9, 0.35, 0.9, 0.77],
        [324 / 360, 126 / 360, 324 / 360, 277 / 360],
        np.array([0.9, 0.35, 0.9, 0.769]),
    ],
    "modalities.stream": [stream_with_codecs, stream_by_lengths, stream_by_prefixes],
    "modalities.encode": [encode_lowest_rank_first, encode_onto_a_stack, encode_in_strings],
    "modalities.bug_decibels": [decibels_of_magnitude, decibels_in_a_loop, decibels_by_stft],
    "modalities.lag": [lag_by_dictionary, lag_by_correlate, lag_by_padding],
}
