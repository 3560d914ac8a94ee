"""Monitors that learn what is usual: `python data/results/video_watching.py`.

What scores a frame (SCORERS), how scores of films are made comparable (WAYS), and what is odd. A
seed draws the films to learn from, to choose a threshold and to report on, the predictor's first
weights and the order of its batches. It goes on where it was stopped. On one CPU core it takes
three minutes.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import torch
import torch.nn.functional as F
from controls import Found, keep
from torch import Tensor, nn

from mmtutor import video
from mmtutor.datasets.watching import FRAME_RATE, ODD, Watching, make_watching
from mmtutor.metrics import monitoring
from mmtutor.video import SEEN

PLACE = Path(__file__).parent / "video_watching.json"
SEEDS = 3
LEARN, FILMS = 4000, 300
"""Films to learn from; films to choose a threshold, usual films and odd ones to report on."""
FALSE_FRAMES = 0.01
"""The share of usual validation frames that may alarm."""


@cache
def films(use: str, seed: int, odd: str | None = None) -> Watching:
    """Return the films for one use, of one seed, drawn once."""
    number = ("learn", "validation", "test", "odd").index(use)
    return make_watching(LEARN if use == "learn" else FILMS, 10 * seed + number, odd)


# ── What scores a frame ───────────────────────────────────────────────────────────────────────────


@cache
def predictor(seed: int) -> nn.Module:
    """Return a network that has learnt to predict a frame of usual films from two."""
    return video.learn_usual(films("learn", seed), replace(video.WATCH, seed=seed))


def surprise(watching: Watching, seed: int) -> Tensor:
    """Score frames by the mean squared error of what the predictor expected."""
    return video.surprise(predictor(seed), watching)


def change(watching: Watching, seed: int) -> Tensor:
    """Score frames by how much they differ from the one before: that is its copy's error."""
    return video.scaled(watching).double().diff(dim=1).square().mean(dim=2)[:, SEEN - 1 :]


def smooth(watching: Watching) -> Tensor:
    """Return the frames with every pixel the mean of 3 × 3, as (film, frame, 16, 16)."""
    frames = watching.frames.flatten(0, 1).float()
    return F.avg_pool2d(frames, 3, stride=1, padding=1, count_include_pad=False).view(
        *watching.frames.shape[:2], 16, 16
    )


def middle(light: Tensor) -> Tensor:
    """Return where the light is on average, across and down."""
    across, down = light.sum(dim=-2), light.sum(dim=-1)
    place = torch.arange(16.0)
    total = across.sum(dim=-1).clamp(min=1e-6)
    return torch.stack([(across @ place) / total, (down @ place) / total], dim=-1)


def motion(watching: Watching) -> Tensor:
    """Return of each frame how far the ball went, along its front and across, and how fast.

    Velocity and pose are what Reiss & Hoshen 2022 (arXiv 2212.00789) describe an object by.
    """
    frames = smooth(watching)
    body, front = middle((frames - 75).clamp(min=0)), middle((frames - 130).clamp(min=0))
    ahead = F.normalize(front - body, dim=-1)[:, SEEN:]
    moved = body.diff(dim=1)[:, SEEN - 1 :]
    along = (moved * ahead).sum(dim=-1)
    across = moved[..., 0] * ahead[..., 1] - moved[..., 1] * ahead[..., 0]
    return torch.stack([along, across, moved.norm(dim=-1)], dim=-1).double()


def looks(watching: Watching) -> Tensor:
    """Return of each frame its 8 × 8 means."""
    return F.avg_pool2d(watching.frames.flatten(0, 1).double(), 2).view(len(watching), -1, 64)[
        :, SEEN:
    ]


def unlikely(watching: Watching, seed: int) -> Tensor:
    """Score motion by its squared Mahalanobis distance from usual motion: a Gaussian's density."""
    usual = motion(films("learn", seed)).flatten(0, 1)
    away = motion(watching) - usual.mean(dim=0)
    return (away @ torch.linalg.inv(usual.T.cov()) * away).sum(dim=-1)


def far(features: Callable[[Watching], Tensor], watching: Watching, seed: int) -> Tensor:
    """Score frames by the distance to the nearest of 5,000 usual frames."""
    usual = features(films("learn", seed)).flatten(0, 1)
    some = usual[torch.randperm(len(usual), generator=torch.Generator().manual_seed(seed))[:5000]]
    spread = usual.std(dim=0)
    return torch.stack(
        [torch.cdist(film / spread, some / spread).amin(dim=1) for film in features(watching)]
    )


SCORERS = {
    "prediction from two frames": surprise,
    "copy of the last frame": change,
    "Gaussian of motion": unlikely,
    "neighbours in motion": partial(far, motion),
    "neighbours in looks": partial(far, looks),
}

# ── How scores of films are made comparable ───────────────────────────────────────────────────────

WAYS = {
    "raw": lambda scores: scores,
    "over its first three": monitoring.over_first,
    "0 to 1 in each film": monitoring.min_max,
    "0 to 1 with 1e-9": partial(monitoring.min_max, small=1e-9),
}


@cache
def scores(scorer: str, use: str, seed: int, odd: str | None = None) -> Tensor:
    """Return the scores of frames 2 to 15 of each film, computed once."""
    return SCORERS[scorer](films(use, seed, odd), seed)


def measured(scorer: str, way: str, odd: str, seed: int) -> Found:
    """Return how well a monitor finds what is odd: over all thresholds, and at one."""
    found = scores(scorer, "odd", seed, odd)
    validation, usual, strange = (
        WAYS[way](some)
        for some in (scores(scorer, "validation", seed), scores(scorer, "test", seed), found)
    )
    is_odd = films("odd", seed, odd).odd[:, SEEN:]
    both = torch.cat([strange, usual])
    truth = torch.cat([is_odd, torch.zeros_like(usual, dtype=torch.bool)])
    return {
        "AUC of frames in odd films": monitoring.auc_of_frames(strange, is_odd),
        "AUC of films": monitoring.auc_of_films(both, truth),
        "usual films alarmed": monitoring.usual_films_alarmed(both, truth),
        **at_one_threshold(validation, usual, strange, is_odd),
    }


def at_one_threshold(validation: Tensor, usual: Tensor, strange: Tensor, is_odd: Tensor) -> Found:
    """Return what happens at the threshold that usual validation films choose.

    "caught": the share of odd films with an alarm at or after the first odd frame; "delay": how
    many frames after it, on average over those films; -1 where there is none.
    """
    threshold = monitoring.threshold_for(validation, FALSE_FRAMES)
    delays = monitoring.delays(strange, is_odd, threshold)
    caught = delays[delays.isfinite()]
    alarms = monitoring.alarmed(usual, threshold)
    return {
        "false alarms an hour": monitoring.false_alarms_an_hour(alarms, FRAME_RATE),
        "caught": len(caught) / len(delays),
        "delay": caught.mean().item() if len(caught) else -1.0,
    }


EXPERIMENTS = {
    odd: {
        f"{scorer}, {way}": partial(measured, scorer, way, odd)
        for scorer in SCORERS
        for way in WAYS
    }
    for odd in ODD
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    keep(EXPERIMENTS, dict.fromkeys(ODD, SEEDS), PLACE)
