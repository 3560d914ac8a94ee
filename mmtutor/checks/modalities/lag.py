"""By how much a sound is late. Traps: the sign, frames for milliseconds, a circle, no mean."""

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
from mmtutor.checks.modalities.shared import either


def lag(motion: Tensor, sound: Tensor, rate: float, longest: int, wrong: Wrong = RIGHT) -> float:
    """Reference: the shift of the largest cross-correlation, in milliseconds; late is positive."""
    a, b = centred(motion.double(), sound.double(), wrong)
    shifts = list(shifts_tried(longest, len(a), wrong))
    scores = torch.stack([score(a, b, k, wrong) for k in shifts])
    if "absolute" in wrong:
        scores = scores.abs()
    best = int(scores.argmin() if "least" in wrong else scores.argmax())
    if "starts_at_zero" in wrong and scores[best] <= 0:
        return 0.0
    if "last_of_ties" in wrong:
        best = len(scores) - 1 - int(scores.flip(0).argmax())
    k = float(best if "index" in wrong else shifts[best])
    ways: dict[str, Callable[[], float]] = {
        "frames": lambda: k,
        "seconds": lambda: k / rate,
        "times_rate": lambda: k * rate,
        "percent": lambda: 100 * k / rate,
        "sign": lambda: -1000 * k / rate,
        "size": lambda: abs(1000 * k / rate),
        "height": lambda: float(scores.max()),
        "twenty_five": lambda: 40 * k,
        "peaks": lambda: 1000 * float(sound.argmax() - motion.argmax()) / rate,
        "whole": lambda: float(int(1000 / rate)) * k,
    }
    return either(ways, wrong, lambda: 1000 * k / rate)


def centred(a: Tensor, b: Tensor, wrong: Wrong) -> tuple[Tensor, Tensor]:
    """Return both with mean 0, or otherwise."""
    ways: dict[str, Callable[[], tuple[Tensor, Tensor]]] = {
        "raw": lambda: (a, b),
        "sound_raw": lambda: (a - a.mean(), b),
        "motion_raw": lambda: (a, b - b.mean()),
        "changes": lambda: (a.diff(), b.diff()),
        "one_mean": lambda: (a - torch.cat([a, b]).mean(), b - torch.cat([a, b]).mean()),
        "medians": lambda: (a - a.median(), b - b.median()),
    }
    return either(ways, wrong, lambda: (a - a.mean(), b - b.mean()))


def shifts_tried(longest: int, length: int, wrong: Wrong) -> range:
    """Return by how many frames the sound is moved."""
    ways: dict[str, Callable[[], range]] = {
        "only_late": lambda: range(longest + 1),
        "only_early": lambda: range(-longest, 1),
        "end_missing": lambda: range(-longest, longest),
        "start_missing": lambda: range(-longest + 1, longest + 1),
        "all_shifts": lambda: range(-length + 1, length),
    }
    return either(ways, wrong, lambda: range(-longest, longest + 1))


def score(a: Tensor, b: Tensor, k: int, wrong: Wrong) -> Tensor:
    """Return how well the two fit if the sound is `k` frames late."""
    if "circle" in wrong:
        return (a * b.roll(-k)).sum()
    n = len(a)
    if "comes_in_at_the_end" in wrong and k < 0:
        return (a * b.roll(-k)).sum()
    left, right = a[max(-k, 0) : n - max(k, 0)], b[max(k, 0) : n - max(-k, 0)]
    ways: dict[str, Callable[[], Tensor]] = {
        "mean": lambda: (left * right).mean(),
        "means_of_overlap": lambda: ((left - left.mean()) * (right - right.mean())).sum(),
        "by_root": lambda: (left * right).sum() / len(left) ** 0.5,
        "pearson": lambda: torch.cosine_similarity(left - left.mean(), right - right.mean(), dim=0),
        "cosine": lambda: torch.cosine_similarity(left, right, dim=0),
        "distance": lambda: -(left - right).square().sum(),
        "mean_distance": lambda: -(left - right).square().mean(),
        "products_absolute": lambda: (left * right).abs().sum(),
    }
    return either(ways, wrong, lambda: (left * right).sum())


def lag_cases() -> list[Case]:
    def shifted(frames: int, late: int, rate: float, longest: int, seed: int) -> Case:
        """A motion and the sound it makes, so many frames later, with noise and a level."""
        motion = random_tensor(frames, seed=seed).abs() ** 2
        sound = torch.zeros(frames)
        kept = motion[max(-late, 0) : frames - max(late, 0)]
        sound[max(late, 0) : frames - max(-late, 0)] = 0.7 * kept
        sound = sound + 0.2 * random_tensor(frames, seed=seed + 1)
        return Case(motion=3 + motion, sound=sound - 20, rate=rate, longest=longest)

    flashes = torch.zeros(12), torch.zeros(12)
    flashes[0][3], flashes[1][5] = 1.0, 1.0
    tied = Case(motion=flashes[0], sound=flashes[1], rate=10.0, longest=4)
    return [
        tied,
        shifted(20, 2, 25.0, 5, seed=100),
        shifted(25, -3, 25.0, 4, seed=110),
        shifted(40, 0, 30.0, 8, seed=120),
        shifted(30, 6, 12.5, 6, seed=130),
        shifted(30, -5, 50.0, 5, seed=140),
        shifted(16, 1, 8.0, 1, seed=150),
        shifted(22, 4, 25.0, 3, seed=160),  # later than may be looked for
        shifted(24, -4, 25.0, 3, seed=170),
        narrow(),
        loud(),
        opposite(),
        *(drawn(frames, rate, longest, seed) for frames, rate, longest, seed in DRAWN),
        *mirrored(),
    ]


DRAWN = (
    *((9, 24.0, 6, 200), (14, 25.0, 9, 210), (11, 0.5, 7, 220), (18, 29.97, 12, 230)),
    *((10, 100.0, 3, 240), (13, 23.976, 4, 290), (17, 25.0, 2, 300), (12, 15.0, 8, 250)),
    *((8, 60.0, 5, 260), (21, 40.0, 10, 270), (12, 48.0, 8, 300), (16, 32.0, 11, 310)),
    (16, 25.0, 11, 390),
)
"""Frames, rate, longest and seed of what has no lag at all: then every detail decides."""


def drawn(frames: int, rate: float, longest: int, seed: int) -> Case:
    """Return two rows of noise with levels of their own."""
    a, b = random_tensor(frames, seed=seed), random_tensor(frames, seed=seed + 1)
    sound = b * (1 + b) - 1
    sound[-1] = sound.max()
    return Case(motion=30 * a + 2, sound=sound, rate=rate, longest=longest)


def narrow() -> Case:
    """Return rows that only differ in their third decimal, at a rate that is hardly above 0."""
    case = drawn(15, 0.0004, 6, seed=282)
    for name in ("motion", "sound"):
        case[name][2] = 1.004 * case[name].max()
    return Case(case, motion=case["motion"] / 10_000, sound=case["sound"] / 1000)


def loud() -> Case:
    """Return rows of tens, far on both sides of 0, with a tie for the largest."""
    motion = torch.tensor([0.0, 25.0, 0.0, 0.0, 50.0, 25.0, 25.0, 25.0, 25.0, 50.0, 50.0])
    sound = torch.tensor([60.0, -40.0, 0.0, 0.0, -60.0, -60.0, -60.0, 20.0, 60.0, 60.0, 80.0])
    return Case(motion=motion, sound=sound, rate=44_100.0, longest=4)


def opposite() -> Case:
    """Return a sound that goes against the motion: each sum is below 0, and 2 is the best shift."""
    motion = torch.tensor([0.0, 4.0, 4.0, 6.0, 2.0, 9.0, 9.0])
    sound = torch.tensor([9.0, 8.0, 8.0, 5.0, 0.0, 2.0, 3.0])
    return Case(motion=motion, sound=sound, rate=25.0, longest=2)


def mirrored() -> list[Case]:
    """Return a sound that is loud where the motion is weak: its best shift is another."""
    motion = torch.tensor([0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    sound = torch.tensor([0.0, 0.0, 0.0, -9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    early = Case(motion=sound.flip(0).clone(), sound=motion.flip(0).clone(), rate=20.0, longest=4)
    return [Case(motion=motion, sound=sound, rate=20.0, longest=5), early]


def whole_frames(case: Case, output: Tensor) -> bool:
    """Say whether the lag is a whole number of frames."""
    frames = torch.as_tensor(output).double() * case["rate"] / 1000
    return bool((frames - frames.round()).abs() < 1e-2)


def within(case: Case, output: Tensor) -> bool:
    """Say whether the lag is no longer than it may be."""
    return bool(torch.as_tensor(output).abs() <= 1000 * case["longest"] / case["rate"] + 1e-2)


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether the lag is right."""
    return agree(torch.as_tensor(output), torch.tensor(lag(*case.values())))


def one_flash(case: Case, output: Tensor) -> bool:
    """Say whether the lag is right where the motion is a single flash."""
    return int(case["motion"].count_nonzero()) != 1 or is_right(case, output)


LAG = Implement(
    id="modalities.lag",
    title="By how much is the sound late?",
    difficulty=2,
    minutes=15,
    hints=(
        "Draw two rows of eight numbers with one peak each, the second one's two places later. "
        "Write the second under the first, moved so that the peaks meet: which products are left?",
        "c(k) = Σ_t (motion_t − its mean) · (sound_{t+k} − its mean), over all t for which both "
        "exist; the lag is 1000 · k / rate for the k with the largest c.",
        "Both are (frame,). For k ≥ 0: motion[: n − k] meets sound[k:], for k < 0: motion[−k:] "
        "meets sound[: n + k]. 2 · longest + 1 sums, then one number.",
        "a, b = motion - ..., sound - ...\nbest, largest = 0, -math.inf\n"
        "for k in range(-longest, ...):\n  left = a[: n - k] if k >= 0 else a[-k:]\n"
        "  right = b[k:] if k >= 0 else b[: n + k]\n  c = (left * right).sum()\n"
        "  if c > largest: ...\nreturn 1000 * ...",
    ),
    reference=lag,
    cases=lag_cases,
    mistakes=(
        Mistake(
            "sign",
            "Your lag has the other sign: a sound that comes *late* should have a positive one. "
            "Which of the two do you move, and which way?",
            "unit",
        ),
        Mistake("frames", "Your lag counts frames. How many milliseconds has a frame?", "unit"),
        Mistake("seconds", "Your lag is in seconds. The card asks for milliseconds.", "unit"),
        Mistake(
            "times_rate",
            "You multiply frames by the rate. How long is a frame, at so many a second?",
            "unit",
        ),
        Mistake(
            "percent",
            "Your lag is a tenth of it: how many milliseconds has a second?",
            "unit",
        ),
        Mistake(
            "size",
            "Your lag has lost its sign. A sound may also come too early.",
            "unit",
        ),
        Mistake(
            "height",
            "You return the largest *sum*. By which shift is it reached?",
            "unit mean shifts score pick",
        ),
        Mistake(
            "peaks",
            "You compare the two places where motion and sound are largest. One large noise and it "
            "is wrong: the card compares *all* frames, for each shift.",
            "unit mean shifts score pick",
        ),
        Mistake(
            "twenty_five",
            "A frame has 40 milliseconds with you, as at 25 frames a second. Which rate is given?",
            "unit",
        ),
        Mistake(
            "whole",
            "A frame is rounded to whole milliseconds. Multiply first, divide then.",
            "unit pick",
        ),
        Mistake(
            "index",
            "You return the *place* of the largest sum in your list, which begins with the shift "
            "−longest. Which shift stands at that place?",
            "pick shifts unit",
        ),
        Mistake(
            "least",
            "You take the *smallest* sum. Where do the two fit best?",
            "pick score shifts mean unit",
        ),
        Mistake(
            "starts_at_zero",
            "Where every sum is below 0 you find no lag: it looks as if the largest one began at "
            "0. From where does a search for the largest begin?",
            "pick score shifts mean unit",
        ),
        Mistake(
            "absolute",
            "You take the sum that is largest whatever its sign: a motion and a sound that are "
            "opposites do not fit.",
            "pick score shifts mean",
        ),
        Mistake(
            "raw",
            "The means are not taken away. Then the levels decide, and with them how many frames "
            "overlap. What should both be on average?",
            "mean score shifts",
        ),
        Mistake(
            "sound_raw",
            "Only the motion's mean is taken away. What of the sound?",
            "mean score shifts",
        ),
        Mistake(
            "motion_raw",
            "Only the sound's mean is taken away. What of the motion?",
            "mean score shifts",
        ),
        Mistake(
            "changes",
            "You compare the *changes* from frame to frame. The card compares the values, without "
            "their mean.",
            "mean score shifts pick",
        ),
        Mistake(
            "one_mean",
            "One mean is taken away from both. Motion and sound have each a level of its own.",
            "mean score shifts pick",
        ),
        Mistake(
            "medians",
            "You take the medians away. The card asks for the means.",
            "mean score shifts pick",
        ),
        Mistake(
            "only_late",
            "Only shifts from 0 on are tried. A sound may also come too early.",
            "shifts mean score pick unit",
        ),
        Mistake(
            "only_early",
            "Only shifts up to 0 are tried. May the sound not come late?",
            "shifts mean score pick unit",
        ),
        Mistake(
            "end_missing",
            "The shift +longest is never tried. Where does `range` end?",
            "shifts mean score pick",
        ),
        Mistake(
            "start_missing",
            "The shift −longest is never tried. Where does your loop begin?",
            "shifts mean score pick",
        ),
        Mistake(
            "all_shifts",
            "All shifts are tried, also those beyond `longest`. Which may be taken?",
            "shifts mean score pick",
        ),
        Mistake(
            "circle",
            "What is moved out at one end comes in at the other, as with `roll` (or with a Fourier "
            "transform). Which frames have a partner?",
            "score mean shifts pick",
        ),
        Mistake(
            "comes_in_at_the_end",
            "For negative shifts the sound's last frames come in at the beginning: in Python index "
            "−1 is the last. Which frames have a partner?",
            "score mean shifts pick",
        ),
        Mistake(
            "mean",
            "You take the mean of the products, where the card takes their sum: few products, at "
            "long shifts, then weigh as much as many.",
            "score mean shifts pick",
        ),
        Mistake(
            "means_of_overlap",
            "For each shift you take away the means of the frames that overlap. The card takes "
            "away the mean of *all* frames, once, before anything is shifted.",
            "score mean shifts pick",
        ),
        Mistake(
            "by_root",
            "You divide each sum by the root of how many products it has. The card compares the "
            "sums as they are.",
            "score mean shifts pick",
        ),
        Mistake(
            "pearson",
            "You take the correlation coefficient of each overlap, with means and lengths of its "
            "own. The card takes both means away once, and sums products.",
            "score mean shifts pick",
        ),
        Mistake(
            "cosine",
            "You take the cosine of each overlap. The card sums products as they are.",
            "score mean shifts pick",
        ),
        Mistake(
            "distance",
            "You look for the smallest distance. The card looks for the largest sum of products.",
            "score mean shifts pick",
        ),
        Mistake(
            "mean_distance",
            "You look for the smallest mean distance. The card looks for the largest sum of "
            "products.",
            "score mean shifts pick",
        ),
        Mistake(
            "products_absolute",
            "The products lose their signs before they are summed. What does a negative one say?",
            "score mean shifts pick",
        ),
    ),
    properties=(
        Property(
            "The lag should be a whole number of frames, and a frame has 1000 / rate milliseconds. "
            "Yours is none.",
            whole_frames,
        ),
        Property(
            "Your lag is longer than `longest` frames. Which shifts may be tried, and how many "
            "milliseconds has a frame?",
            within,
        ),
        Property(
            "With one flash in frame 3 and one click in frame 5, the sound is 2 frames late; you "
            "find another lag. Which product is 1 there?",
            one_flash,
        ),
        Property(
            "Right for one flash and one click, but not for longer rows. Is it sums of products "
            "that you compare, are both means taken away before, and does each sum run over all "
            "frames that have a partner?",
            is_right,
        ),
    ),
)
