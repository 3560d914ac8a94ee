"""Precompute the tables of lesson 19: `python data/results/make_evaluation.py`.

Every model of the course sits perception-1; what is chosen (habits, temperature, popular pairs) is
chosen on practice-1. Shipped models have one seed; what is trained here has the seed's first
weights and batches. It goes on where it was stopped. On one CPU core it takes about 15 minutes.
`evaluation_marks.json` keeps the outcome of every item.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from random import Random
from statistics import mean

import torch
from controls import Found, keep
from make import as_text
from torch import Tensor

from mmtutor import captioning, evaluation, video, vqa
from mmtutor.datasets import corrupting
from mmtutor.datasets.asking import CAPTION_WISH, make_asked, parse_among
from mmtutor.datasets.asking.words import NUMBERS
from mmtutor.datasets.exam import (
    PERCEPTION_1,
    PRACTICE_1,
    PROBES,
    Item,
    best_blind,
    chance,
    make_exam,
    make_probes,
    naive_words,
    pairs_right,
    popular_pairs,
)
from mmtutor.datasets.exam.blind import share_by_heart, text_of
from mmtutor.datasets.exam.reading import middle_option
from mmtutor.datasets.lamps import make_lamps
from mmtutor.datasets.telling import make_told
from mmtutor.evaluation import Ask, Mark, Reply, Sitter, compare, rows_of, sit
from mmtutor.metrics.calibration import (
    best_temperature,
    bins_of,
    brier,
    confidence_at,
    expected_calibration_error,
    log_score,
)
from mmtutor.metrics.comparing import holm
from mmtutor.metrics.intervals import bootstrap
from mmtutor.metrics.parsing import FAULTY, Parser, careful, wrapped
from mmtutor.metrics.selective import area_under_risk, risk_at, risk_coverage
from mmtutor.metrics.telling import against_truth
from mmtutor.training import predict, seed_everything

PLACE = Path(__file__).parent / "evaluation.json"
MARKS = Path(__file__).parent / "evaluation_marks.json"
SEEDS = dict.fromkeys(
    (
        *("held against", "card", "compared", "pictures", "words", "calibration", "selective"),
        *("absent", "captions", "parsers", "twins", "agreement", "naive options"),
    ),
    1,
)
SOME = 5
"""Of the items about scenes, each so-manieth takes part where pictures or words are spoilt."""
COVERAGES = tuple(k / 20 for k in range(1, 21))


@cache
def exam() -> tuple[Item, ...]:
    """Return the examination."""
    return make_exam(PERCEPTION_1)


@cache
def practice() -> tuple[Item, ...]:
    """Return the items on which anything is chosen."""
    return make_exam(PRACTICE_1)


def scenes_of(items: Sequence[Item], step: int = 1) -> list[Item]:
    """Return items about scenes, all or some."""
    return [item for item in items if item.medium == "scene"][::step]


# ── Who sits ──────────────────────────────────────────────────────────────────────────────────────


@cache
def seeing() -> evaluation.Seeing:
    """Return the vision–language model that the course ships."""
    return evaluation.Seeing()


def own_captions(pictures: Tensor) -> list[str]:
    """Return the captions of the vision–language model."""
    model = seeing().model
    return vqa.answer(model, model.watch(pictures), [CAPTION_WISH] * len(pictures))


@cache
def captioner(seed: int) -> Callable[[Tensor], list[str]]:
    """Return lesson 14's captioner, trained by its quick recipe."""
    recipe = replace(captioning.QUICK, seed=seed)
    told = make_told(recipe.scenes, kinds=recipe.kinds, seed=1)
    model, _ = captioning.train("cross-attention", told, recipe)
    return partial(captioning.greedy, model.eval())


def film_reader(seed: int) -> evaluation.Watching:
    """Return lesson 16's reader of films, trained by its quick recipe."""
    recipe = replace(video.QUICK, seed=seed)
    seed_everything(seed)
    model = video.FilmReader()
    video.train(model, make_lamps(recipe.films, seed=1), recipe)
    return evaluation.Watching(partial(predict, model))


class OneFrame(evaluation.Watching):
    """Follows lamps in a film of which one frame is repeated: what a single picture tells."""

    def answers(self, shown: Sequence[Tensor], asks: Sequence[Ask]) -> list[Reply]:
        """Show the fourth frame all the time."""
        return super().answers([film[3:4].expand_as(film) for film in shown], asks)


SITTERS: dict[str, Callable[[int], Sitter]] = {
    "15 vision–language model": lambda seed: seeing(),
    "15 its captions, read by a program": lambda seed: evaluation.Telling(own_captions),
    "14 captioner, read by a program": lambda seed: evaluation.Telling(captioner(seed)),
    "07 words that look": lambda seed: evaluation.WordsLook(),
    "12 names of letters": lambda seed: evaluation.LetterNames(),
    "16 reader of films": film_reader,
    "05 reader of sounds": evaluation.Listening.trained,
    "15 language model, blind": lambda seed: evaluation.Talking(choose=True),
    "a program looks, 15 answers": lambda seed: evaluation.ProgramAndTalk(),
    "nearest known picture": lambda seed: evaluation.Nearest(practice()),
    "one frame, followed": lambda seed: OneFrame(evaluation.by_tracking),
    "most frequent answer": lambda seed: evaluation.Habit(practice()),
    "always yes": lambda seed: evaluation.Always(),
    "always I do not know": lambda seed: evaluation.Always("i do not know"),
    "a program that measures": lambda seed: evaluation.Program(),
}
SHORT = {"right": "r", "wrong": "w", "refused": "-", "unclear": "?"}
"""How an outcome is written in `evaluation_marks.json`; "." is an item that was not sat."""


@cache
def sat(name: str, seed: int) -> list[Mark]:
    """Let somebody sit the examination, and write down every outcome of seed 0."""
    marks = sit(SITTERS[name](seed), exam())
    if seed == 0:
        write_down(name, marks)
    return marks


def write_down(name: str, marks: Sequence[Mark]) -> None:
    """Add a sitter to the file of outcomes, and what it said where it was not right."""
    text = MARKS.read_text(encoding="utf-8") if MARKS.exists() else "{}"
    found = json.loads(text)
    outcomes = {mark.item.id: SHORT[mark.outcome] for mark in marks}
    said = {mark.item.id: mark.reply.text for mark in marks if mark.outcome in ("wrong", "unclear")}
    found["examination"], found["outcomes"] = PERCEPTION_1.version, found.get("outcomes", {})
    found["outcomes"][name] = "".join(outcomes.get(item.id, ".") for item in exam())
    found["said"] = found.get("said", {}) | ({name: said} if len(said) < 400 else {})
    MARKS.write_text(as_text(found), encoding="utf-8", newline="\n")


# ── The card ──────────────────────────────────────────────────────────────────────────────────────


def held_against(name: str, seed: int) -> Found:
    """Return what a score is held against, by dimension."""
    ways = {
        "chance": chance,
        "best blind": best_blind,
        "one answer for each type": partial(best_blind, key=lambda item: item.type),
    }
    return ways[name](exam())


def card(name: str, seed: int) -> Found:
    """Return a sitter's share of right answers by dimension, with the ends of its interval."""
    marks, found = sat(name, seed), {}
    for dimension, row in rows_of(marks).items():
        found |= {
            dimension: row.right.mean,
            f"{dimension} | low": row.right.low,
            f"{dimension} | high": row.right.high,
            f"{dimension} | refused": row.refused / row.items,
            f"{dimension} | unclear": row.unclear / row.items,
        }
    pairs = pairs_right({mark.item.id: mark.right for mark in marks}, [m.item for m in marks])
    return found | ({"both of a pair": mean(pairs)} if pairs else {})


RIVALS = ("15 its captions, read by a program", "14 captioner, read by a program")
RIVALS += ("15 language model, blind", "nearest known picture", "a program looks, 15 answers")


def compared(seed: int) -> Found:
    """Compare the vision–language model with rivals on all scenes: gap, McNemar, Holm."""
    mine = [mark for mark in sat("15 vision–language model", 0) if mark.item.medium == "scene"]
    others = {name: compare(mine, sat(name, 0)) for name in RIVALS}
    adjusted = holm([other.p for other in others.values()])
    found = {}
    for (name, other), p in zip(others.items(), adjusted, strict=True):
        found |= {name: other.gap.mean, f"{name} | low": other.gap.low}
        found |= {f"{name} | high": other.gap.high, f"{name} | p": other.p, f"{name} | Holm": p}
    return found


# ── Worse pictures, other words ───────────────────────────────────────────────────────────────────


def interval(marks: Sequence[Mark], name: str) -> Found:
    """Return a share of right answers under a name, with the ends of its interval."""
    right = rows_of(marks)["all"].right
    return {name: right.mean, f"{name} | low": right.low, f"{name} | high": right.high}


def by(change: corrupting.Change, strength: float) -> evaluation.Change:
    """Return a change of this strength, as `sit` calls it."""

    def worse(picture: Tensor, seed: int) -> Tensor:
        return change(picture, strength, seed)

    return worse


def spoilt(name: str, seed: int) -> Found:
    """Return what is right of worse and worse pictures, and how sure the model still is."""
    change, strengths = corrupting.CORRUPTIONS[name]
    found = {}
    for strength in strengths:
        marks = sit(seeing(), scenes_of(exam(), SOME), by(change, strength))
        found |= interval(marks, f"{strength:g}")
        found[f"{strength:g} | sure"] = evaluation.confidences(marks).mean().item()
    return found


def other_face(seed: int) -> Found:
    """Return how lesson 12 reads the words in other typefaces."""
    sitter, found = evaluation.LetterNames(), {}
    words = [item for item in exam() if item.medium == "word"]
    for face in ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono-Bold", "STIXGeneral"):
        some = [replace(item, shows={**item.shows, "face": face}) for item in words]
        found |= interval(sit(sitter, some), face)
    return found


def worded(seed: int) -> Found:
    """Return what is right when the same is asked in other words, or with typed errors."""
    some, found = scenes_of(exam(), SOME), {}
    for name, reword in corrupting.PARAPHRASES.items():
        found |= interval(sit(seeing(), some, reword=reword), name)
    for count in (1, 2):
        typed = partial(corrupting.typos, count=count, seed=count)
        found |= interval(sit(seeing(), some, reword=typed), f"typos {count}")
    return found


def listed(seed: int) -> Found:
    """Return what is right when the options are listed behind the question, in several orders."""
    some = [item for item in scenes_of(exam(), SOME) if set(item.options) <= set(NUMBERS)]
    random, found = Random(0), {}
    orders = {
        "as they are": lambda item: item.options,
        "reversed": lambda item: item.options[::-1],
        "right one first": lambda item: sorted(item.options, key=lambda o: o != item.answer),
        "right one last": lambda item: sorted(item.options, key=lambda o: o == item.answer),
        "random": lambda item: random.sample(item.options, len(item.options)),
    }
    for name, order in orders.items():
        asked = [replace(i, question=f"{i.question} {' '.join(order(i))}") for i in some]
        found |= interval(sit(seeing(), asked), name)
    return found


# ── How sure, and when to keep silent ─────────────────────────────────────────────────────────────


@cache
def judged(which: str, spread: float) -> tuple[Tensor, Tensor]:
    """Return the scores of all words for scenes of an examination, and the words that are right."""
    items = scenes_of(exam() if which == "exam" else practice())
    pictures = [corrupting.noise(item.shown(), spread, i) for i, item in enumerate(items)]
    scores = torch.cat(
        [
            seeing().scores(pictures[i : i + 250], [x.question for x in items[i : i + 250]])
            for i in range(0, len(items), 250)
        ]
    )
    return scores, torch.tensor([NUMBERS[item.answer] for item in items])


def calibrated(spread: float, fitted: float | None, seed: int) -> Found:
    """Return how well confidence fits, at temperature 1 or at the best of some practice.

    `fitted` is the noise of the practice pictures on which the temperature is fitted.
    """
    temperature = 1.0 if fitted is None else best_temperature(*judged("practice", fitted))
    scores, target = judged("exam", spread)
    right = scores.argmax(dim=1) == target
    sure = confidence_at(scores.double(), temperature).clamp(max=1.0)
    found = {
        "temperature": temperature,
        "right": right.double().mean().item(),
        "confidence": sure.mean().item(),
        "ECE": expected_calibration_error(sure, right),
        "Brier": brier(sure, right),
        "log score": log_score(sure.clamp(1e-6, 1 - 1e-6), right),
    }
    for number, some in enumerate(bins_of(sure, right)):
        if some.count:
            found[f"bin {number} | count"] = some.count
            found[f"bin {number} | confidence"] = some.confidence
            found[f"bin {number} | right"] = some.right
    return found


def selective(spread: float, seed: int) -> Found:
    """Return the risk at each coverage, and the mean of all, also if silence were drawn by lot."""
    scores, target = judged("exam", spread)
    right = scores.argmax(dim=1) == target
    curve = risk_coverage(confidence_at(scores.double()), right)
    found = {f"{share:g}": risk_at(curve, share) for share in COVERAGES}
    return found | {"area": area_under_risk(curve), "by lot": (~right).double().mean().item()}


# ── What is not there ─────────────────────────────────────────────────────────────────────────────


@cache
def probes(way: str) -> list[Item]:
    """Return probes about 300 scenes; what is popular was counted in scenes to learn from."""
    popular = popular_pairs(make_told(3000, kinds=6, seed=1))
    return make_probes(make_told(300, kinds=6, seed=9003), way, popular)


PROBED = {
    "15 vision–language model": seeing,
    "15 language model, blind": lambda: evaluation.Talking(choose=True),
    "15 its captions, read by a program": lambda: evaluation.Telling(own_captions),
    "14 captioner, read by a program": lambda: evaluation.Telling(captioner(0)),
    "always yes": evaluation.Always,
}


def absent(way: str, name: str, seed: int) -> Found:
    """Return how a sitter answers probes: what POPE reports, with yes as the positive class."""
    items = probes(way)
    said = [parse_among(m.reply.text, m.item.options) for m in sit(PROBED[name](), items)]
    truth = [item.answer for item in items]
    pairs = list(zip(said, truth, strict=True))
    hits, claimed = pairs.count(("yes", "yes")), said.count("yes")
    precision = hits / claimed if claimed else 0.0
    recall = hits / truth.count("yes")
    right = bootstrap(torch.tensor([a == b for a, b in pairs]))
    return {
        "right": right.mean,
        "right | low": right.low,
        "right | high": right.high,
        "precision": precision,
        "recall": recall,
        "F1": 2 * precision * recall / (precision + recall) if hits else 0.0,
        "yes": claimed / len(said),
        "yes to what is not there": pairs.count(("yes", "no")) / truth.count("no"),
        "best blind": share_by_heart(items, text_of),
        "items": float(len(items)),
    }


def chair(name: str, seed: int) -> Found:
    """Return what captions say that is not there, of 300 scenes."""
    told = make_told(300, kinds=6, seed=9004)
    caption = own_captions if name.startswith("15") else captioner(seed)
    return against_truth(caption(told.scenes.pictures), told.facts)


# ── The examiner is examined ──────────────────────────────────────────────────────────────────────


def parsed_by(parser: Parser, seed: int) -> Found:
    """Return the score that a parser gives to the same replies, plain and wrapped."""
    marks = [mark for mark in sat("15 vision–language model", 0) if mark.item.medium == "scene"]
    texts = {
        "plain": [m.reply.text for m in marks],
        "wrapped": [wrapped(m.reply.text, m.item.options, m.item.id) for m in marks],
    }
    found = {}
    for name, replies in texts.items():
        read = [parser(t, m.item.options) for t, m in zip(replies, marks, strict=True)]
        right = [a == m.item.answer for a, m in zip(read, marks, strict=True)]
        found |= {name: mean(right), f"{name} | none": mean(a is None for a in read)}
    return found


def naive_options(seed: int) -> Found:
    """Return how often the middle option is right, of naive items and of the examination's."""
    items = {"naive": naive_words(1000, seed=9005)}
    items["perception-1"] = [item for item in exam() if item.medium == "word"]
    return {
        name: mean(middle_option(item.options) == item.answer for item in some)
        for name, some in items.items()
    }


# ── Twins across the split, and agreement ─────────────────────────────────────────────────────────


def twins(share: float, seed: int) -> Found:
    """Let the nearest known picture know a share of the examination, under other noise.

    Its score then, the share that a hash and that ink says is known, and the score without those.
    """
    items = scenes_of(exam())
    leaked = Random(seed).sample(items, round(share * len(items)))
    known, again = [*scenes_of(practice()), *leaked], partial(corrupting.noise, spread=0.03)
    marks = sit(evaluation.Nearest(known, again), items)
    mine = torch.stack([item.shown() for item in items])
    theirs = torch.stack([again(item.shown(), seed=i) for i, item in enumerate(known)])
    alike = evaluation.look_alikes(mine, theirs)
    rest = [mark for mark, twin in zip(marks, alike.tolist(), strict=True) if not twin]
    return {
        **interval(marks, "right"),
        **interval(rest, "right without twins"),
        "found by hash": evaluation.copies(mine, theirs).float().mean().item(),
        "found by ink": alike.float().mean().item(),
    }


def agreement(seed: int) -> Found:
    """Return how often the model says the same of a picture and of its scene in words.

    And whether it stands by the colour that it said, asked again with yes or no (lesson 15).
    """
    shown = {mark.item.id: mark.reply.text for mark in sat("15 vision–language model", 0)}
    told = [m for m in sat("a program looks, 15 answers", 0) if m.outcome != "refused"]
    same = [shown[mark.item.id] == mark.reply.text for mark in told]
    asked = make_asked(600, scenes=300, types=("colour",), seed=9006)
    model = seeing().model
    stands = vqa.stands_by(model, model.watch(asked.told.scenes.pictures), asked, goes_on=False)
    return {
        "shown and told alike": mean(same),
        "yes to its own colour": stands.by_its_own,
        "yes to another colour": stands.by_another,
    }


Experiment = Callable[[int], Found]
NOISES = (0.0, 0.1, 0.2)
EXPERIMENTS: Mapping[str, Mapping[str, Experiment]] = {
    "held against": {
        name: partial(held_against, name)
        for name in ("chance", "best blind", "one answer for each type")
    },
    "card": {name: partial(card, name) for name in SITTERS},
    "compared": {"15 vision–language model": compared},
    "pictures": {
        **{name: partial(spoilt, name) for name in corrupting.CORRUPTIONS},
        "typeface": other_face,
    },
    "words": {"said otherwise": worded, "options listed": listed},
    "calibration": {
        **{f"noise {spread:g}, as it is": partial(calibrated, spread, None) for spread in NOISES},
        **{f"noise {spread:g}, fitted": partial(calibrated, spread, 0.0) for spread in NOISES},
        **{f"noise {s:g}, fitted on noise": partial(calibrated, s, s) for s in NOISES[1:]},
    },
    "selective": {f"noise {spread:g}": partial(selective, spread) for spread in NOISES},
    "absent": {f"{way}, {name}": partial(absent, way, name) for way in PROBES for name in PROBED},
    "captions": {name: partial(chair, name) for name in ("15 its captions", "14 captioner")},
    "parsers": {
        name: partial(parsed_by, parser)
        for name, parser in {"the course's": careful, **FAULTY}.items()
    },
    "naive options": {"the middle option": naive_options},
    "twins": {f"{share:.0%} known": partial(twins, share) for share in (0.0, 0.1, 0.3)},
    "agreement": {"15 vision–language model": agreement},
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    keep(EXPERIMENTS, SEEDS, PLACE)
