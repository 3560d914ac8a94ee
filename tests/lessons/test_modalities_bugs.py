"""Lesson 05's readers and bugs, lags, scales: what they promise, and the shipped numbers."""

import math
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import mean
from typing import Any

import nbformat
import pytest
import torch

from mmtutor import modalities
from mmtutor.datasets import bugs, spoken
from mmtutor.datasets.films import KINDS as FILM_KINDS
from mmtutor.datasets.films import Films, make_films
from mmtutor.datasets.scenes import COLOURS
from mmtutor.modalities import (
    LONGEST,
    ORDERS,
    PADDING,
    PICTURES,
    SOUNDS,
    SYNC,
    SyncTowers,
    Task,
    answers_in_words,
    best_lag,
    brightness,
    bug_cases,
    bug_results,
    bug_table,
    by_seed,
    channel_statistics,
    costs,
    errors,
    every_way,
    lag_table,
    lags_by_hand,
    lags_by_towers,
    learnt_at_scales,
    loudness,
    lowness,
    match_by_shift,
    matches_by_hand,
    motion,
    nearest_right,
    new_reader,
    one_object,
    picture_task,
    reader_loss,
    resample_in_time,
    shares_right,
    silent,
    sound_task,
    sync_inputs,
    sync_loss,
    text_reader,
    text_task,
    train_reader,
    train_towers,
)
from mmtutor.training.finite import NotFinite

# ── Readers ───────────────────────────────────────────────────────────────────────────────────────


@cache
def tasks() -> dict[str, Task]:
    return {"picture": picture_task(200, 50), "sound": sound_task(), "text": text_task(200, 50)}


@pytest.mark.parametrize("name", ["picture", "sound", "text"])
def test_a_reader_answers_every_question_and_learns_from_each(name: str) -> None:
    task = tasks()[name]
    reader = new_reader(task)
    examples = task.pipeline.prepare(task.learn[:8])
    scores = reader(examples)
    sizes = [len(answers) for answers in task.answers.values()]
    assert scores.shape == (8, len(sizes), max(sizes))
    assert scores.isfinite().sum(dim=-1).tolist() == [sizes] * 8
    loss = reader_loss(reader, examples, task.learn_labels[:8])
    loss.backward()
    assert loss.isfinite() and all(p.grad.isfinite().all() for p in reader.answer.parameters())


def test_pipelines_standardise_what_is_learnt_from() -> None:
    pictures, _ = one_object(1000, seed=1)
    mean, deviation = channel_statistics(pictures[:, ::2, ::2])
    assert mean == pytest.approx(PICTURES.mean, abs=0.003)
    assert deviation == pytest.approx(PICTURES.deviation, rel=0.25)  # smaller, without antialiasing
    prepared = PICTURES.prepare(pictures)
    assert prepared.mean().abs() < 0.05 and abs(prepared.std() - 1) < 0.05
    if tasks()["sound"].learn is not None and spoken.load_spoken().source == "espeak":
        mels = SOUNDS.prepare(tasks()["sound"].learn)
        assert mels.mean().abs() < 0.05 and abs(mels.std() - 1) < 0.05


def test_labels_say_what_is_in_the_picture() -> None:
    pictures, labels = one_object(60, seed=5)
    ink = 255 - pictures.float()
    rows = (ink.clamp(min=40) - 40).sum(dim=(2, 3))  # (picture, high), the paper's noise left out
    middle = (rows * torch.arange(64)).sum(dim=1) / rows.sum(dim=1)
    assert ((middle / 64 * 3).long() == labels[:, 2]).float().mean() > 0.95
    darkest = pictures.flatten(1, 2).float().sum(dim=2).argmin(dim=1)
    found = pictures.flatten(1, 2)[torch.arange(60), darkest] / 255
    colours = torch.tensor(list(COLOURS.values()))
    assert (torch.cdist(found, colours).argmin(dim=1) == labels[:, 1]).float().mean() > 0.95


def test_padding_has_no_say_in_a_text_and_a_bag_does_not_know_places() -> None:
    ids = ORDERS.prepare(["not the red star, the blue heart"])
    bag, reader = text_reader([6], positions=False).eval(), text_reader([6]).eval()
    shuffled = ids[:, [4, 2, 0, 3, 1, *range(5, 20)]]
    assert torch.allclose(bag(ids), bag(shuffled), atol=1e-5)
    assert not torch.allclose(reader(ids), reader(shuffled), atol=1e-3)
    with torch.no_grad():
        before = reader(ids)
        reader.body.word.weight[PADDING] += 5
        assert torch.allclose(reader(ids), before, atol=1e-5)
        assert reader(torch.zeros_like(ids)).isfinite().all()


def test_a_table_shows_one_reader_the_same_examples_in_every_way() -> None:
    task = tasks()["picture"]
    reader = new_reader(task)
    table = bug_table(reader, task)
    assert list(table) == ["right", *task.bugs]
    assert table["grey"] == shares_right(reader, task, bugs.pictures.grey)
    each = modalities.shares_by_answer(reader, task, "colour", bugs.pictures.grey)
    counts = task.unseen_labels[:, 1].bincount(minlength=6) / len(task.unseen)
    total = sum(n * s for n, s in zip(counts.tolist(), each.values(), strict=True) if n)
    assert total == pytest.approx(table["grey"]["colour"], abs=1e-5)
    assert task.chance == {"kind": 1 / 6, "colour": 1 / 6, "row": 1 / 3}


def test_a_lookup_takes_the_answers_of_the_nearest_example() -> None:
    task = tasks()["picture"]
    same = replace(task, unseen=task.learn[5:9], unseen_labels=task.learn_labels[5:9])
    assert nearest_right(same) == {"kind": 1.0, "colour": 1.0, "row": 1.0}
    labels = task.learn_labels[5:9].clone()
    labels[0, 1] = (labels[0, 1] + 1) % 6
    assert nearest_right(replace(same, unseen_labels=labels))["colour"] == 0.75


def test_a_reader_says_its_answer_in_words() -> None:
    task = tasks()["picture"]
    said = answers_in_words(new_reader(task), task, task.pipeline.prepare(task.unseen[:1]))
    kind, colour, row = said.split(", ")
    assert kind in task.answers["kind"] and colour in COLOURS and row in ("top", "middle", "bottom")


def test_a_sound_is_learnt_and_three_bugs_cost_what_the_lesson_says() -> None:
    task = sound_task()
    table = bug_table(train_reader(task), task)
    assert table["right"]["digit"] >= 0.95
    if spoken.load_spoken().source == "espeak":
        assert table["hop halved"]["digit"] <= 0.5
        assert table["one window late"]["digit"] <= 0.5


def test_infinite_numbers_end_a_training() -> None:
    task = sound_task()
    silence = replace(task, learn=torch.zeros_like(task.learn))
    with pytest.raises(NotFinite):
        train_reader(silence, bugs.sounds.logarithm_of_0)


# ── What is silent ────────────────────────────────────────────────────────────────────────────────


def shares(*values: float) -> list[dict[str, float]]:
    return by_seed({"kind": values, "row": (1.0,) * len(values)})


def test_a_bug_is_silent_if_the_mean_loses_less_than_three_points() -> None:
    right = shares(0.96, 0.97, 0.98)
    assert silent(right, shares(0.94, 0.95, 0.94))
    assert not silent(right, shares(0.94, 0.93, 0.94))


def test_one_question_that_breaks_is_enough() -> None:
    broken = by_seed({"kind": (0.96, 0.97, 0.98), "row": (0.3, 0.3, 0.3)})
    assert not silent(shares(0.96, 0.97, 0.98), broken)


# ── The shipped numbers ───────────────────────────────────────────────────────────────────────────

results = cache(bug_results)


def share(part: str, name: str, question: str) -> float:
    return mean(results()[part][name][question])


def test_pictures_cost_what_the_lesson_says() -> None:
    assert min(share("picture, at test", "right", q) for q in ("kind", "colour", "row")) >= 0.93
    assert share("picture, at test", "blue for red", "colour") <= 0.6
    assert share("picture, at test", "blue for red", "kind") >= 0.93
    assert share("picture, at test", "patches transposed", "row") <= 0.75
    assert share("picture, in both", "blue for red", "colour") >= 0.98


def test_sounds_and_texts_cost_what_the_lesson_says() -> None:
    assert share("sound, at test", "right", "digit") >= 0.95
    assert share("sound, at test", "hop halved", "digit") <= 0.5
    assert share("sound, at test", "one window late", "digit") <= 0.8
    assert share("text, at test", "right", "thing") >= 0.98
    assert share("text, at test", "padded left", "thing") <= 0.65
    assert share("rivals", "bag of words", "thing") < 0.7


def test_a_norm_hides_a_factor() -> None:
    parts = "sound, at test", "sound with a norm, at test"
    with_norm = [share(parts[1], name, "digit") for name in ("right", "logarithm to base 10")]
    assert with_norm[0] == with_norm[1] >= 0.95
    assert share(parts[0], "logarithm to base 10", "digit") < 0.8


def test_every_preparation_has_three_seeds_in_both_columns() -> None:
    for name, task in tasks().items():
        for where in ("at test", "in both"):
            part = results()[f"{name}, {where}"]
            assert list(part) == ["right", *task.bugs]
            assert all(set(found) == set(task.answers) for found in part.values())
            assert all(len(v) == 3 for found in part.values() for v in found.values())


def test_more_steps_mend_what_is_only_slow_and_not_what_is_destroyed() -> None:
    longer = results()["picture, in both, three times the steps"]
    assert min(longer["mean of imagenet"]["kind"]) > 0.98
    assert min(longer["not normalised"]["kind"]) > 0.9
    assert max(longer["channels viewed"]["colour"]) < 0.9
    assert max(longer["divided twice"]["kind"]) < 0.2


def test_a_bug_costs_what_its_worst_question_loses() -> None:
    rows = costs(results(), "picture")
    assert [row.name for row in rows] == ["right", *bugs.pictures.BUGS]
    row = next(row for row in rows if row.name == "blue for red")
    assert row.question == "colour" and row.silent == (False, True)
    assert row.at_test == results()["picture, at test"]["blue for red"]["colour"]
    assert row.in_both == results()["picture, in both"]["blue for red"]["colour"]


def test_no_bug_is_silent_at_test_and_most_are_in_both() -> None:
    rows = [row for name in tasks() for row in costs(results(), name)[1:]]
    assert [sum(row.silent[i] for row in rows) for i in range(2)] == [0, 17] and len(rows) == 29


def test_the_bench_has_a_case_for_every_bug_and_keeps_what_is_right() -> None:
    readers = {name: new_reader(task) for name, task in tasks().items()}
    cases = bug_cases(tasks(), readers, {"picture": 3, "sound": 2, "text": 1})
    names = [(name, bug) for name, task in tasks().items() for bug in task.bugs]
    assert [(case.modality, case.name) for case in cases] == names
    for case in cases:
        task = tasks()[case.modality]
        assert set(case.scores) == set(task.answers) and len(case.said.split(", ")) == len(
            task.answers
        )
    assert torch.equal(cases[0].right, PICTURES.prepare(tasks()["picture"].unseen[3:4])[0])
    first = next(case for case in cases if case.name == "padded left")
    assert len(first.right) == len(first.bugged) == 20 and first.bugged[0] == "·"
    words = [token for token in first.right if token != "·"]
    assert words == ORDERS.cut(tasks()["text"].unseen[1])


def test_an_example_is_shown_in_every_way() -> None:
    task = tasks()["picture"]
    shown, said = every_way(task, new_reader(task), place=1)
    assert list(shown) == list(said) == ["right", *task.bugs]
    assert all(picture.shape == (32, 32, 3) for picture in shown.values())
    off = shown["upside down"].flip(0).int() - shown["right"].int()
    assert off.abs().max() <= 1
    low, high = said["divided twice"].split("\n")[1].split(" to ")
    assert low.startswith("−1") and high.startswith("−1")  # (0 to 1/255 − 0.98) / 0.07


# ── Alignment in time ─────────────────────────────────────────────────────────────────────────────


def test_matches_are_sums_over_the_middle_of_the_picture() -> None:
    generator = torch.Generator().manual_seed(0)
    seen, heard = (torch.randn(2, 9, 3, generator=generator) for _ in range(2))
    found = match_by_shift(seen, heard, longest=2)
    for film in range(2):
        for shift in range(-2, 3):
            products = [seen[film, t] @ heard[film, t + shift] for t in range(2, 7)]
            assert found[film, shift + 2] == pytest.approx(float(sum(products)) / 5, abs=1e-5)


@pytest.mark.parametrize("late", [-39, -3, 0, 7, 39])
def test_a_sound_that_is_late_has_a_positive_lag(late: int) -> None:
    generator = torch.Generator().manual_seed(1)
    seen = torch.randn(1, 256, 1, generator=generator)
    heard = seen.roll(late, dims=1)
    assert best_lag(match_by_shift(seen, heard)).item() == pytest.approx(10 * late, abs=6)


def test_the_top_of_a_parabola_lies_between_two_steps() -> None:
    shift = torch.arange(-LONGEST, LONGEST + 1)
    assert best_lag(-((shift - 3.3) ** 2).unsqueeze(0)).item() == pytest.approx(33, abs=0.01)
    assert best_lag(torch.zeros(1, 81)).isfinite().all()


def test_fewer_moments_are_means_and_more_lie_between() -> None:
    values = torch.arange(100.0).view(1, 100, 1)
    assert torch.allclose(resample_in_time(values, 10)[0, :, 0], 4.5 + 10 * torch.arange(10.0))
    assert torch.equal(resample_in_time(values, 100), values)
    more = resample_in_time(torch.tensor([[[0.0], [2.0]]]), 4)[0, :, 0]
    assert more.tolist() == [0.0, 0.5, 1.5, 2.0]


def test_hand_methods_measure_what_they_are_called() -> None:
    frames = torch.zeros(1, 64, 16, 16, 1, dtype=torch.uint8)
    frames[0, :, 3, 5] = 160
    frames[0, 10:, 3, 5], frames[0, 10:, 12, 5] = 0, 160
    films = Films(frames, torch.zeros(1, 20480).short(), torch.zeros(1), torch.zeros(1, 16), "x")
    assert lowness(films)[0, [0, 63], 0].tolist() == [3.0, 12.0]
    assert motion(films)[0, :, 0].nonzero().tolist() == [[10]]
    assert torch.allclose(brightness(films), torch.full((1, 64, 1), 160 / 256))
    assert loudness(films).abs().max() == 0


def test_brightness_finds_flashes_and_lowness_finds_a_ball() -> None:
    flashes, balls = (make_films(100, seed=9, kind=kind) for kind in ("flash", "flicker"))
    assert errors(lags_by_hand(flashes, brightness), flashes)["within 20 ms"] >= 0.9
    assert errors(lags_by_hand(balls, lowness), balls)["within 20 ms"] >= 0.85
    assert errors(lags_by_hand(balls, brightness), balls)["within 20 ms"] <= 0.45
    assert matches_by_hand(balls, motion).shape == (100, 2 * LONGEST + 1)


def test_towers_read_a_moment_every_ten_milliseconds() -> None:
    clips, mels = sync_inputs(make_films(2, seed=3, kind="bounce"))
    towers = SyncTowers()
    assert towers.seen(clips).shape == towers.heard(mels).shape == (2, 256, 16)
    assert torch.allclose(towers.heard(mels).norm(dim=-1), torch.ones(2, 256), atol=1e-5)
    assert towers(clips, mels).shape == (2, 81)
    towers.sharpness.data.fill_(-torch.inf)  # all shifts alike
    even = sync_loss(towers, clips, mels)
    assert even.item() == pytest.approx(math.log(81))


def test_towers_say_shift_and_not_place() -> None:
    """What is late by a step is late by a step in the scores: nothing knows which shift is 0."""
    clips, mels = sync_inputs(make_films(2, seed=3, kind="bounce"))
    towers, later = SyncTowers().eval(), mels.roll(1, dims=1)
    before, after = towers(clips, mels), towers(clips, later)
    assert torch.allclose(after[:, 7:-5], before[:, 6:-6], atol=1e-4)


@pytest.mark.training
def test_towers_learn_from_films_in_time_to_find_lags(monkeypatch: Any) -> None:
    monkeypatch.setattr(modalities, "SYNC", replace(SYNC, steps=120))
    towers = train_towers(["bounce"], count=1000)
    films = make_films(100, seed=9, kind="bounce")
    assert errors(lags_by_towers(films, towers), films)["within 20 ms"] >= 0.9


def test_errors_are_in_milliseconds() -> None:
    films = make_films(4, seed=1)
    off = torch.tensor([0.0, 10.0, -20.0, 50.0])
    assert errors(films.lags + off, films) == {
        "mean error": pytest.approx(20),
        "within 20 ms": 0.75,
    }


def lag(name: str, what: str) -> float:
    part = "lags by hand" if name in modalities.BY_HAND else "lags by towers"
    return mean(results()[part][name][what])


def test_shipped_lags_are_what_the_lesson_says() -> None:
    learnt = "towers, learnt from flicker"
    assert lag(learnt, "flicker: within 20 ms") >= 0.95
    assert lag(learnt, "flash: within 20 ms") <= 0.3
    assert lag("towers, learnt from all three", "flash: within 20 ms") >= 0.9
    assert max(lag(n, "flicker: within 20 ms") for n in ("brightness", "motion")) <= 0.45
    assert lag("lowness", "flicker: within 20 ms") >= 0.9
    for name in (*modalities.BY_HAND, learnt):
        assert lag(name, "metronome: within 20 ms") <= 0.7
    assert lag("on the floor", "flicker: within 20 ms") >= 0.98
    assert lag("on the floor", "flicker: mean error") > 2 * lag(learnt, "flicker: mean error")
    assert len(lag_table(results()).splitlines()) == 1 + 5 + 3
    assert all(kind in lag_table(results()) for kind in FILM_KINDS)


# ── Scales ────────────────────────────────────────────────────────────────────────────────────────


def test_a_factor_of_100_silences_the_other_modality() -> None:
    found = learnt_at_scales(1.0, 100.0)
    assert found["seen"] < 0.6 and found["heard"] > 0.9
    assert learnt_at_scales(1.0, 1.0)["seen"] > 0.75
    longer = results()["scales, ten times the steps"]
    assert min(longer["equal"]["seen"]) > 0.9 and max(longer["sound × 100"]["seen"]) < 0.6


SOLUTIONS = Path(__file__).parents[2] / "solutions" / "05_modalities.ipynb"


def scores_on_the_card() -> dict[str, list[str]]:
    """The rows A to D of the table that the exercise `diagnose` shows."""
    notebook = nbformat.read(SOLUTIONS, as_version=4)
    rows = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = re.findall(r"^\| ([A-D]) \| (\S+) \| (\S+) \| (\S+) \|$", rows, re.MULTILINE)
    return {row: scores for row, *scores in found}


def test_the_card_of_diagnose_shows_what_the_readers_scored() -> None:
    names = ("blue for red", "every second pixel", "not divided", "sides swapped")
    card = scores_on_the_card()
    assert "".join(card) == "ABCD"
    for scores, name in zip(card.values(), names, strict=True):
        means = [mean(seeds) for seeds in results()["picture, at test"][name].values()]
        assert [float(score) for score in scores] == pytest.approx(means, abs=0.0051), name
