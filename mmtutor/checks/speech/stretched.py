"""FastSpeech's length regulator. Traps: the first row for all, padding in front, letters of 0.

Ren et al. 2019, "FastSpeech", arXiv:1905.09263, section 3.2.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
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
from mmtutor.checks.gpt.shared import either


def stretched(states: Tensor, durations: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: each letter's vector as often as it lasts, zeros behind the end."""
    lasts = lengths(durations, wrong)
    rows = [repeated(*pair, wrong) for pair in zip(states, lasts, strict=True)]
    return together(rows, states, lasts, wrong)


def lengths(durations: Tensor, wrong: Wrong) -> Tensor:
    """Return how long each letter lasts."""
    first = durations[:1].expand_as(durations)
    ends = durations.cumsum(1)
    ways: dict[str, Callable[[], Tensor]] = {
        "first_row": lambda: first,
        "last_row": lambda: durations[-1:].expand_as(durations),
        "longest_letter": lambda: torch.full_like(durations, int(durations.max())),
        "first_letter": lambda: durations[:, :1].expand_as(durations),
        "at_least_one": lambda: durations.clamp(min=1),
        "one_more": lambda: durations + 1,
        "one_less": lambda: (durations - 1).clamp(min=0),
        "ends_as_lengths": lambda: ends,
        "backwards": lambda: durations.flip(1),
        "one_too_early": lambda: durations.roll(-1, 1),
        "one_too_late": lambda: durations.roll(1, 1),
        "as_ends": lambda: F.pad(durations, (1, 0)).diff(dim=1).clamp(min=0),
        "longest_of_batch": lambda: durations.amax(0).expand_as(durations),
        "mean": lambda: even(durations),
        "boundary": lambda: later(durations),
        "at_most_one": lambda: durations.clamp(max=1),
    }
    return either(ways, wrong, lambda: durations)


def even(durations: Tensor) -> Tensor:
    """Return durations that share each row's frames as evenly as whole frames allow."""
    letters, total = durations.shape[1], durations.sum(1, keepdim=True)
    return (
        (torch.arange(1, letters + 1) * total / letters)
        .ceil()
        .long()
        .diff(dim=1, prepend=torch.zeros_like(total))
    )


def later(durations: Tensor) -> Tensor:
    """Return durations if each frame at a boundary still belongs to the letter before it."""
    ends = durations.cumsum(1)
    frame = torch.arange(int(ends[:, -1].max())).expand(len(ends), -1).contiguous()
    letter = torch.searchsorted(ends, frame)
    real = frame < ends[:, -1:]
    own = letter[..., None] == torch.arange(durations.shape[1])
    return (own & real[..., None]).sum(1)


def repeated(states: Tensor, lasts: Tensor, wrong: Wrong) -> Tensor:
    """Return one text's frames (frame, width)."""
    count, letters = int(lasts.sum()), len(lasts)
    frames = states.repeat_interleave(lasts, 0)
    heard = lasts[lasts > 0]
    ways: dict[str, Callable[[], Tensor]] = {
        "tiled": lambda: states.repeat(count // letters + 1, 1)[:count],
        "shared_out": lambda: (states / lasts.clamp(min=1)[:, None]).repeat_interleave(lasts, 0),
        "multiplied": lambda: (states * lasts[:, None]).repeat_interleave(lasts, 0),
        "silent_shift": lambda: states[: len(heard)].repeat_interleave(heard, 0),
        "silent_last": lambda: states[letters - len(heard) :].repeat_interleave(heard, 0),
        "once": lambda: once(frames, lasts),
        "frames_backwards": lambda: frames.flip(0),
        "letters_backwards": lambda: states.flip(0).repeat_interleave(lasts, 0),
        "moved": lambda: states.roll(1, 0).repeat_interleave(lasts, 0),
        "moved_back": lambda: states.roll(-1, 0).repeat_interleave(lasts, 0),
        "last_letter_missing": lambda: states[:-1].repeat_interleave(lasts[:-1], 0),
        "first_letter_missing": lambda: states[1:].repeat_interleave(lasts[1:], 0),
        "last_letter_zero": lambda: (
            frames * (torch.arange(count) < count - int(lasts[-1]))[:, None]
        ),
        "zeros_for_none": lambda: with_gaps(states, lasts),
        "last_frame_zero": lambda: frames * (torch.arange(count) < count - 1)[:, None],
        "summed": lambda: frames.cumsum(0),
        "all_letters_mean": lambda: states.mean(0).expand(count, -1),
        "first_letter_only": lambda: states[:1].expand(count, -1),
    }
    return either(ways, wrong, lambda: frames)


def once(frames: Tensor, lasts: Tensor) -> Tensor:
    """Keep only the first frame of each letter; the others become zeros."""
    begins = (lasts.cumsum(0) - lasts)[lasts > 0]
    return frames * torch.zeros(len(frames)).index_fill(0, begins, 1.0)[:, None]


def with_gaps(states: Tensor, lasts: Tensor) -> Tensor:
    """Return the frames if a letter that lasts none leaves one of zeros."""
    real = (lasts > 0)[:, None]
    return (states * real).repeat_interleave(lasts.clamp(min=1), 0)


def together(rows: list[Tensor], states: Tensor, lasts: Tensor, wrong: Wrong) -> Tensor:
    """Return all texts' frames in one tensor."""
    pad = torch.nn.utils.rnn.pad_sequence
    size, short = max(map(len, rows)), min(map(len, rows))
    width = states.shape[2]
    ways: dict[str, Callable[[], Tensor]] = {
        "front": lambda: torch.stack([F.pad(row, (0, 0, size - len(row), 0)) for row in rows]),
        "both_sides": lambda: torch.stack([centred(row, size) for row in rows]),
        "last_goes_on": lambda: torch.stack([held(row, size) for row in rows]),
        "last_letter_behind": lambda: torch.stack(
            [
                torch.cat([row, text[-1:].expand(size - len(row), -1)])
                for row, text in zip(rows, states, strict=True)
            ]
        ),
        "again": lambda: torch.stack([cycled(row, size) for row in rows]),
        "ones": lambda: pad(rows, batch_first=True, padding_value=1.0),
        "minus_one": lambda: pad(rows, batch_first=True, padding_value=-1.0),
        "nan": lambda: pad(rows, batch_first=True, padding_value=float("nan")),
        "to_letters_longest": lambda: longer(rows, int(lasts.max()) * lasts.shape[1]),
        "to_sum_of_longest": lambda: longer(rows, int(lasts.amax(0).sum())),
        "silent_texts_dropped": lambda: pad([row for row in rows if len(row)], batch_first=True),
        "frames_of_letter": lambda: longer(
            [row[: int(lasts.max())] for row in rows], int(lasts.max())
        ),
        "alike": lambda: (
            F.interpolate(states.mT, size, mode="nearest").mT if size else states[:, :0]
        ),
        "cut": lambda: torch.stack([row[:short] for row in rows]),
        "first_length": lambda: torch.stack(
            [F.pad(row, (0, 0, 0, max(0, len(rows[0]) - len(row))))[: len(rows[0])] for row in rows]
        ),
        "one_row": lambda: torch.cat(rows),
        "one_row_batch": lambda: torch.cat(rows)[None],
        "frames_first": lambda: pad(rows),
        "letter_by_letter": lambda: letter_by_letter(states, lasts),
        "letter_axis": lambda: letter_by_letter(states, lasts).unflatten(1, (states.shape[1], -1)),
        "too_wide": lambda: F.pad(
            pad(rows, batch_first=True), (0, 0, 0, sum(map(len, rows)) - size)
        ),
        "one_frame_more": lambda: F.pad(pad(rows, batch_first=True), (0, 0, 0, 1)),
        "one_frame_less": lambda: pad(rows, batch_first=True)[:, :-1],
        "width_second": lambda: pad(rows, batch_first=True).mT,
        "first_text": lambda: rows[0][None],
        "no_batch": lambda: rows[0],
        "mask_of_frames": lambda: pad([row.new_ones(len(row)) for row in rows], batch_first=True),
        "mean_of_width": lambda: pad(rows, batch_first=True).sum(2) / width,
    }
    return either(ways, wrong, lambda: pad(rows, batch_first=True))


def longer(rows: list[Tensor], size: int) -> Tensor:
    """Return rows with so many frames, zeros behind them."""
    return torch.stack([F.pad(row, (0, 0, 0, size - len(row))) for row in rows])


def centred(row: Tensor, size: int) -> Tensor:
    """Return a row with zeros on both sides."""
    front = (size - len(row)) // 2
    return F.pad(row, (0, 0, front, size - len(row) - front))


def held(row: Tensor, size: int) -> Tensor:
    """Return a row whose last frame goes on (zeros, if it has none)."""
    return (
        torch.cat([row, row[-1:].expand(size - len(row), -1)]) if len(row) else centred(row, size)
    )


def cycled(row: Tensor, size: int) -> Tensor:
    """Return a row that begins again when it ends (zeros, if it has no frame)."""
    return row[torch.arange(size) % len(row)] if len(row) else centred(row, size)


def letter_by_letter(states: Tensor, lasts: Tensor) -> Tensor:
    """Return frames if each letter is filled up to the longest letter of the batch."""
    real = torch.arange(int(lasts.max())) < lasts[..., None]
    return (states[:, :, None] * real[..., None]).flatten(1, 2)


def stretched_cases() -> list[Case]:
    def case(durations: list[list[int]], width: int, seed: int, scale: float = 1.0) -> Case:
        lasts = torch.tensor(durations)
        states = scale * random_tensor(*lasts.shape, width, seed=seed)
        return Case(states=states, durations=lasts)

    def drawn(batch: int, letters: int, width: int, seed: int) -> Case:
        lasts = (random_tensor(batch, letters, seed=seed).abs() * 3).long()
        lasts[0, 0] = 2
        states = random_tensor(batch, letters, width, seed=seed + 1)
        return Case(states=states, durations=lasts)

    twins = case([[1, 2, 0, 3], [2, 2, 1, 2], [1, 2, 0, 3]], 5, 70, 40.0)
    twins["states"][2] = twins["states"][0]
    twins["states"][1, 2] = twins["states"][1, 1]
    twins["states"][1, 0, :3] = 0.0
    return [
        case([[2, 0, 1], [0, 4, 1]], 4, 10),
        case([[3, 1, 2, 1], [1, 2, 0, 0], [0, 0, 0, 0]], 2, 20),
        case([[0, 3, 0, 2, 0], [1, 1, 1, 0, 7]], 3, 30),
        case([[5], [2], [0], [3]], 3, 40),
        case([[1, 0, 6]], 1, 50),
        case([[2, 3], [4, 1], [2, 2]], 6, 55, 0.002),
        case([[0, 1], [0, 0]], 5, 60),
        case([[104, 1], [3, 120]], 3, 65),
        twins,
        case([[1]], 2, 75),
        drawn(4, 7, 5, 80),
        drawn(6, 3, 9, 85),
        drawn(2, 12, 4, 90),
    ]


def same_kind(case: Case, output: Tensor) -> bool:
    """Say whether an answer has the right shape."""
    return torch.as_tensor(output).shape == stretched(*case.values()).shape


def zeros_behind(case: Case, output: Tensor) -> bool:
    """Say whether all frames behind the end of a text are zeros."""
    if not same_kind(case, output):
        return True
    behind = torch.arange(output.shape[1]) >= case["durations"].sum(1, keepdim=True)
    return not bool(torch.as_tensor(output)[behind].any())


def begins_right(case: Case, output: Tensor) -> bool:
    """Say whether the first frame of each text is its first letter that lasts."""
    if not same_kind(case, output):
        return True
    return agree(torch.as_tensor(output)[:, 0], stretched(*case.values())[:, 0])


def frames_are_letters(case: Case, output: Tensor) -> bool:
    """Say whether every frame is zeros or a letter of its text."""
    if not same_kind(case, output):
        return True
    known = F.pad(case["states"], (0, 0, 0, 1))
    apart = (torch.as_tensor(output)[:, :, None] - known[:, None]).abs().amax(-1)
    return bool((apart.amin(-1) < 1e-4).all())


def letters_last(case: Case, output: Tensor) -> bool:
    """Say whether each text has the right frames, in whatever order."""
    if not same_kind(case, output):
        return True
    rows, right = torch.as_tensor(output), stretched(*case.values())
    return agree(rows.sort(1).values, right.sort(1).values)


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether all is right."""
    return not same_kind(case, output) or agree(torch.as_tensor(output), stretched(*case.values()))


STRETCHED = Implement(
    id="speech.stretched",
    title="Each letter as long as it lasts",
    difficulty=2,
    minutes=15,
    hints=(
        "Take one text alone. Which function repeats each row of a tensor its own number of "
        "times? What do several texts of different length need to fit into one tensor?",
        "Frame t belongs to the letter whose frames begin at or before t and end behind it: "
        "sum of the durations before it ≤ t < sum of the durations up to it.",
        "states: (batch, letter, width). One text stretched: (frames of its own, width). "
        "Result: (batch, the most frames of a text, width).",
        "rows = []\nfor row, lasts in zip(states, durations):\n"
        "    rows.append(row.repeat_interleave(..., dim=...))\n"
        "return torch.nn.utils.rnn.pad_sequence(rows, batch_first=...)",
    ),
    reference=stretched,
    cases=stretched_cases,
    mistakes=(
        Mistake(
            "first_row",
            "The durations of the first text are taken for all texts. Each has its own.",
            "row form",
        ),
        Mistake(
            "last_row",
            "The durations of the last text are taken for all texts. Each has its own.",
            "row form",
        ),
        Mistake(
            "longest_letter",
            "Every letter lasts as long as the longest one. Each has a duration of its own.",
            "row form",
        ),
        Mistake(
            "last_frame_zero",
            "The last frame of each text is zeros, too: one frame too early. Which frames lie "
            "behind the end?",
            "row form",
        ),
        Mistake(
            "summed",
            "The vectors are summed up from frame to frame. They are only repeated.",
            "row form",
        ),
        Mistake(
            "nan", "Behind the end of a shorter text stands NaN. Zeros are asked for.", "row form"
        ),
        Mistake(
            "to_letters_longest",
            "There are as many frames as if every letter were the longest one. How many has the "
            "longest text?",
            "row form",
        ),
        Mistake(
            "to_sum_of_longest",
            "There are as many frames as the longest letters of each place have together. How many "
            "has the longest text?",
            "row form",
        ),
        Mistake(
            "silent_texts_dropped",
            "A text in which no letter lasts is left out of the batch. It is all zeros.",
            "row form",
        ),
        Mistake(
            "first_letter",
            "All letters of a text last as long as its first one.",
            "row",
        ),
        Mistake(
            "at_least_one",
            "Every letter lasts at least one frame in yours. A letter that lasts 0 frames does not "
            "appear.",
            "row",
        ),
        Mistake(
            "one_more",
            "Every letter lasts one frame too long.",
            "row",
        ),
        Mistake(
            "one_less",
            "Every letter lasts one frame less than it should.",
            "row",
        ),
        Mistake(
            "ends_as_lengths",
            "Each letter lasts as long as all letters up to it together. Where does the sum come "
            "from?",
            "row",
        ),
        Mistake(
            "backwards",
            "The durations come backwards: the first letter lasts as long as the last one should.",
            "row",
        ),
        Mistake(
            "one_too_early",
            "Each letter lasts as long as the letter *behind* it should.",
            "row",
        ),
        Mistake(
            "one_too_late",
            "Each letter lasts as long as the letter *before* it should.",
            "row",
        ),
        Mistake(
            "as_ends",
            "You read durations as the frames in which letters end. They say how long each lasts.",
            "row",
        ),
        Mistake(
            "longest_of_batch",
            "Each letter lasts as long as the longest letter at its place in the batch.",
            "row form",
        ),
        Mistake(
            "mean",
            "All letters of a text last about equally long. Each has a duration of its own.",
            "row",
        ),
        Mistake(
            "boundary",
            "The length is right, but the first letter of a text lasts one frame too long and all "
            "that follow begin one frame too late. To which letter does the frame at a boundary "
            "belong? (`searchsorted` has a `right`.)",
            "row",
        ),
        Mistake(
            "at_most_one",
            "No letter lasts longer than one frame.",
            "row",
        ),
        Mistake(
            "tiled",
            "The whole text is repeated, letter after letter, and again. Each letter is repeated "
            "by itself, before the next one comes.",
            "row",
        ),
        Mistake(
            "shared_out",
            "Each letter is divided by how long it lasts. Its vector is repeated, not shared out.",
            "row",
        ),
        Mistake(
            "multiplied",
            "Each letter's vector is multiplied by how long it lasts. It is only repeated.",
            "row",
        ),
        Mistake(
            "silent_shift",
            "Durations of 0 are dropped, but their letters are not: so the durations that follow "
            "go to the wrong letters.",
            "row",
        ),
        Mistake(
            "silent_last",
            "Durations of 0 are dropped, and those that are left go to the last letters.",
            "row",
        ),
        Mistake(
            "once",
            "Only the first frame of each letter holds its vector; the others are zeros.",
            "row",
        ),
        Mistake(
            "frames_backwards",
            "The frames of each text come backwards.",
            "row",
        ),
        Mistake(
            "letters_backwards",
            "The letters come backwards, their durations do not.",
            "row",
        ),
        Mistake(
            "moved",
            "Each letter's frames hold the letter *before* it.",
            "row",
        ),
        Mistake(
            "moved_back",
            "Each letter's frames hold the letter *behind* it.",
            "row",
        ),
        Mistake(
            "last_letter_missing",
            "The last letter of each text is missing.",
            "row",
        ),
        Mistake(
            "last_letter_zero",
            "The last letter of each text is missing: zeros stand in its frames.",
            "row",
        ),
        Mistake(
            "zeros_for_none",
            "A letter that lasts 0 frames leaves a frame of zeros. It does not appear at all.",
            "row",
        ),
        Mistake(
            "first_letter_missing",
            "The first letter of each text is missing.",
            "row",
        ),
        Mistake(
            "all_letters_mean",
            "All frames of a text are the same: the mean of its letters.",
            "row",
        ),
        Mistake(
            "first_letter_only",
            "All frames of a text hold its first letter.",
            "row",
        ),
        Mistake("front", "The zeros stand in *front* of shorter texts. Put them behind.", "form"),
        Mistake(
            "both_sides",
            "Shorter texts stand in the middle, with zeros on both sides.",
            "form row",
        ),
        Mistake(
            "last_goes_on",
            "Behind the end of a shorter text its last frame goes on. Zeros are to stand there.",
            "form",
        ),
        Mistake(
            "last_letter_behind",
            "Behind the end of a shorter text stands its last letter. Zeros are to stand there.",
            "form row",
        ),
        Mistake(
            "again",
            "Behind the end of a shorter text it begins again. Zeros are to stand there.",
            "form row",
        ),
        Mistake(
            "ones",
            "Behind the end of a shorter text stand ones. Zeros are asked for.",
            "form row",
        ),
        Mistake(
            "minus_one",
            "Behind the end of a shorter text stands −1. Zeros are asked for.",
            "form row",
        ),
        Mistake(
            "cut",
            "All texts are cut to the length of the shortest one. Keep all frames of the longest.",
            "form",
        ),
        Mistake(
            "first_length",
            "All texts are as long as the first one. Which has the most frames?",
            "form row",
        ),
        Mistake(
            "one_row",
            "The frames of all texts stand in one long row. Each text has a row of its own.",
            "form row",
        ),
        Mistake(
            "one_row_batch",
            "The frames of all texts stand in one long row, a batch of one.",
            "form row",
        ),
        Mistake(
            "frames_first",
            "Frames come before the batch: which axis does `pad_sequence` put first?",
            "form",
        ),
        Mistake(
            "letter_by_letter",
            "Each *letter* is filled up to the longest one, so zeros stand between letters. Only "
            "behind the end of a text there are any.",
            "form row",
        ),
        Mistake(
            "frames_of_letter",
            "There are as many frames as the longest *letter* lasts. How many has the longest "
            "text?",
            "form row",
        ),
        Mistake(
            "alike",
            "All letters of all texts last about equally long: durations only decide how many "
            "frames there are. Each letter has a duration of its own.",
            "form row",
        ),
        Mistake(
            "letter_axis",
            "The letters are still an axis of their own, each filled up to the longest one.",
            "form row",
        ),
        Mistake(
            "too_wide",
            "There are as many frames as all texts have together. The longest one decides.",
            "form row",
        ),
        Mistake(
            "one_frame_more",
            "There is one frame too many, of zeros.",
            "form row",
        ),
        Mistake(
            "one_frame_less",
            "The last frame of the longest text is missing.",
            "form row",
        ),
        Mistake(
            "width_second",
            "Frames and width have changed places.",
            "form row",
        ),
        Mistake(
            "first_text",
            "Only the first text of the batch comes out.",
            "form row",
        ),
        Mistake(
            "no_batch",
            "Only the first text comes out, and no axis of the batch.",
            "form row",
        ),
        Mistake(
            "mask_of_frames",
            "That says which frames are real. What do they hold?",
            "form row",
        ),
        Mistake(
            "mean_of_width",
            "The width is gone: every vector has become its mean.",
            "form row",
        ),
    ),
    properties=(
        Property(
            "Every frame is to hold the vector of one letter of its own text as it is. Some of "
            "yours hold other numbers.",
            frames_are_letters,
        ),
        Property(
            "Not every text begins with its first letter that lasts at all.",
            begins_right,
        ),
        Property(
            "Behind the end of a shorter text there are to be zeros. Yours has other numbers "
            "there.",
            zeros_behind,
        ),
        Property(
            "Letters do not come as often as they last. Count the frames of each.", letters_last
        ),
        Property("The frames are the right ones, but not in the right order.", is_right),
    ),
)
