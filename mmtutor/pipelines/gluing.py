"""Words cut out of recordings where they truly begin, and put side by side: nothing is learnt."""

from collections import defaultdict
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from mmtutor.datasets.phrases import LEAD, TAIL, Phrases
from mmtutor.pipelines.mel_frames import Lengths, Mels, as_frames, frame_counts


class Recorded(NamedTuple):
    """A digit that was cut out of a recording, and the digits around it there; EDGE for none."""

    wave: Float[Tensor, " sample"]
    before: int
    behind: int


EDGE = -1


def glued(
    recorded: Phrases, wanted: Phrases, seed: int = 0, alike: bool = False
) -> tuple[Mels, Lengths]:
    """Return the frames of recorded words, cut out where they truly begin and put side by side.

    A rival of all that is learnt: of each word it takes any recording, or, if they are to be
    `alike`, one that was spoken between the same two words; else before the same one; else any.
    """
    random, of_word = Random(seed), recordings(recorded)
    waves = []
    for digits in wanted.digits.tolist():
        places = in_context(digits)
        fitting = [
            alike_ones(of_word[d], *around) if alike else of_word[d] for d, *around in places
        ]
        words = [random.choice(some).wave for some in fitting]
        waves.append(F.pad(torch.cat(words), (LEAD, TAIL)))
    counts = torch.tensor([len(wave) for wave in waves])
    rows = nn.utils.rnn.pad_sequence(waves, batch_first=True)
    return torch.cat([as_frames(some) for some in rows.split(10)]), frame_counts(counts)


def in_context(digits: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return each digit, the one before it and the one behind it; negative ones are none."""
    said = [digit for digit in digits if digit >= 0]
    return list(zip(said, [EDGE, *said[:-1]], [*said[1:], EDGE], strict=True))


def alike_ones(recorded: Sequence[Recorded], before: int, behind: int) -> Sequence[Recorded]:
    """Return the recordings with the same neighbours, or with the same one behind, or all."""
    same = [one for one in recorded if (one.before, one.behind) == (before, behind)]
    return same or [one for one in recorded if one.behind == behind] or recorded


def recordings(phrases: Phrases) -> dict[int, list[Recorded]]:
    """Return each digit's recordings, cut out of phrases."""
    found = defaultdict(list)
    waves = phrases.waves(torch.arange(len(phrases)))
    for wave, digits, bounds in zip(waves, phrases.digits, phrases.bounds, strict=True):
        places = zip(in_context(digits.tolist()), bounds[:-1], bounds[1:], strict=False)
        for (digit, before, behind), begin, end in places:
            found[digit].append(Recorded(wave[begin:end], before, behind))
    return found
