"""The lists of mistakes are test cases: every exercise is tried on its own list."""

import inspect
import math
import re
import time
from itertools import combinations
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch

from mmtutor import checks
from mmtutor.checks.engine import outcome, progress
from mmtutor.checks.engine.call import Raised
from mmtutor.checks.engine.exercise import (
    Case,
    FindTheBug,
    Implement,
    Mistake,
    Number,
    Property,
)
from mmtutor.checks.engine.judge import judge, outcomes
from tests.answers import RIGHT

ALL = checks.all_exercises()
FUNCTIONS = [e for e in ALL if isinstance(e, Implement)]
NUMBERS = [e for e in ALL if isinstance(e, Number)]
# Pairs are many: `make test-fast` leaves them to `make test`.
WRONG = [
    pytest.param(e, wrong, marks=[pytest.mark.pairs] if len(wrong) > 1 else [])
    for e in FUNCTIONS
    for wrong in e.combinations()
]


def name(value):
    if isinstance(value, frozenset):
        return "+".join(sorted(value))
    if isinstance(value, Property):  # its repr holds an address, another in each process
        return value.sentence
    return getattr(value, "id", None) or getattr(value, "__name__", None) or repr(value)


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("MMTUTOR_HOME", str(tmp_path))


def make(exercise, wrong):
    """Return an answer that makes exactly the mistakes in `wrong`."""
    return lambda *arguments: exercise.reference(*arguments, wrong=wrong)


# The lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("exercise", "wrong"), WRONG, ids=name)
def test_every_mistake_and_every_pair_gets_its_own_hints_and_no_other(exercise, wrong):
    verdict = judge(exercise, make(exercise, wrong))
    assert verdict.status == "mistake"
    assert set(verdict.mistakes) == wrong
    hints = [m.hint for m in exercise.mistakes if m.name in wrong]
    others = [m.hint for m in exercise.mistakes if m.name not in wrong]
    assert all(hint in verdict.sentences for hint in hints)
    assert not any(hint in verdict.sentences for hint in others)


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=name)
def test_every_mistake_leaves_something_to_recognise(exercise):
    for mistake in exercise.mistakes:
        results = outcomes(exercise, frozenset({mistake.name}))
        assert not all(isinstance(result, Raised) for result in results), mistake.name


@pytest.mark.parametrize("exercise", NUMBERS, ids=name)
def test_every_wrong_number_gets_its_own_hint(exercise):
    for mistake in exercise.mistakes:
        verdict = judge(exercise, mistake.value())
        assert verdict.mistakes == (mistake.name,)
        assert verdict.sentences == (mistake.hint,)


@pytest.mark.parametrize(
    ("exercise", "answer"), [(e, a) for e in ALL for a in RIGHT[e.id]], ids=name
)
def test_right_answers_pass_however_they_are_written(exercise, answer):
    verdict = judge(exercise, answer)
    assert verdict.passed, verdict


@pytest.mark.parametrize("exercise", ALL, ids=name)
def test_the_card_is_complete(exercise):
    assert len(RIGHT[exercise.id]) >= 3
    assert len(exercise.mistakes) >= 5
    assert len(set(exercise.hints)) == 4
    assert 1 <= exercise.difficulty <= 3 and exercise.minutes > 0
    for a, b in combinations(exercise.mistakes, 2):
        assert a.name != b.name and a.hint != b.hint


@pytest.mark.parametrize(
    ("exercise", "rule"), [(e, rule) for e in FUNCTIONS for rule in e.properties], ids=name
)
def test_a_property_is_kept_by_right_answers_and_broken_by_some_mistake(exercise, rule):
    cases = exercise.cases()
    for answer in [make(exercise, frozenset()), *RIGHT[exercise.id]]:
        assert all(rule.holds(case, answer(*case.values())) for case in cases)

    def breaks(mistake: Mistake) -> bool:
        results = outcomes(exercise, frozenset({mistake.name}))
        pairs = [(c, r) for c, r in zip(cases, results, strict=True) if not isinstance(r, Raised)]
        return not all(rule.holds(case, result) for case, result in pairs)

    assert any(map(breaks, exercise.mistakes))


@pytest.mark.parametrize("exercise", [e for e in ALL if isinstance(e, FindTheBug)], ids=name)
def test_the_program_handed_out_is_recognised(exercise):
    verdict = judge(exercise, make(exercise, exercise.given))
    assert set(verdict.mistakes) == exercise.given
    assert "It still does exactly what the program you were given does." in verdict.sentences


@pytest.mark.parametrize("exercise", [e for e in ALL if isinstance(e, FindTheBug)], ids=name)
def test_the_program_in_the_notebook_is_the_one_handed_out(exercise):
    lesson, short = exercise.id.split(".")
    (path,) = Path("solutions").glob(f"*_{lesson}.ipynb")
    cells = {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}
    space = {"torch": torch, "math": math}
    exec(cells[f"{short.replace('_', '-')}-given"], space)
    (program,) = (value for value in space.values() if inspect.isfunction(value))
    assert set(judge(exercise, program).mistakes) == exercise.given


# Bad input ----------------------------------------------------------------------------------------


def twice(x: torch.Tensor, wrong=frozenset()) -> torch.Tensor:
    return x * (3 if "thrice" in wrong else 2)


TWICE = Implement(
    id="test.twice",
    title="Twice",
    difficulty=1,
    minutes=1,
    hints=("a", "b", "c", "d"),
    reference=twice,
    cases=lambda: [Case(x=torch.tensor([1.0, -2.0])), Case(x=torch.ones(2, 3))],
    mistakes=(Mistake("thrice", "That is three times."),),
    seconds=0.5,
)


def changes_input(x):
    x *= 2
    return x


def never_returns(x):
    while True:
        pass


def raises(x):
    return x @ missing  # noqa: F821


def prints(x):
    print("here", x)
    return x * 2


class Silent(Exception):
    def __str__(self):
        raise RuntimeError


def silent(x):
    raise Silent


def long_message(x):
    raise ValueError("x" * 1_000_000)


def prints_only(x):
    print(x * 2)


BAD = {
    "not a function": (torch.ones(2), "needs your function itself, but it got a Tensor"),
    "wrong signature": (lambda: 1, r"called with \(x\)"),
    "too many arguments": (lambda x, y: x, r"called with \(x\), but yours is written as"),
    "returns None": (lambda x: {}.get("x"), "returns None"),
    "returns a list": (
        lambda x: (x * 2).tolist(),
        "returns a list, but a torch tensor",
    ),
    "returns an array": (lambda x: (x * 2).numpy(), "returns a ndarray"),
    "returns a tuple": (lambda x: (x * 2, x), "returns a tuple"),
    "returns NaN": (lambda x: x / 0 * 0, "returns NaN"),
    "wrong shape": (lambda x: x.sum(), r"shape \(\), but the shape should be \(2,\)"),
    "wrong numbers": (lambda x: (x * 2).int(), "type torch.int32, but torch.float32"),
    "half precision": (lambda x: (x * 2).half(), "type torch.float16"),
    "changes its input": (changes_input, r"changes its input \(x\)"),
    "raises": (raises, r"NameError in `return x @ missing.*`: name 'missing' is not defined"),
    "prints": (prints, "also prints"),
    "prints only": (prints_only, "prints its result but returns nothing"),
    "never returns": (never_returns, "still running when its time was up"),
    "cuts the gradient": (lambda x: x.detach() * 2, "gradient does not flow"),
    "through numpy": (lambda x: torch.tensor(x.numpy() * 2), "gradient does not flow"),
    "new leaf": (lambda x: (x * 2).detach().requires_grad_(), "gradient does not flow"),
    "half detached": (lambda x: x + x.detach(), "gradient does not flow"),
    "sparse": (lambda x: (x * 2).to_sparse(), "sparse"),
    "meta": (lambda x: (x * 2).to("meta"), "sparse or empty-handed"),
    "huge number": (lambda x: 10**400, "returns a int"),
    "silent exception": (silent, "stops with Silent in"),
    "long message": (long_message, "stops with ValueError"),
    "leaves": (lambda x: exit(), "SystemExit"),
    "dots inside": (lambda x: ..., "still a `...`"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_answer_gets_one_sentence(case, capsys):
    answer, sentence = BAD[case]
    verdict = judge(TWICE, answer)
    assert verdict.status == "guard"
    assert len(verdict.sentences) == 1 and len(verdict.sentences[0]) < 500
    assert re.search(sentence, verdict.sentences[0]), verdict
    assert capsys.readouterr().out == ""


def test_nothing_bad_is_recorded_as_passed(monkeypatch):
    monkeypatch.setattr(checks, "find", lambda id: TWICE)
    for answer, _ in BAD.values():
        checks.check("test.twice", answer)
    assert progress.load()["test.twice"]["passed"] is False
    assert progress.load()["test.twice"]["attempts"] == len(BAD)


@pytest.mark.serial
def test_a_loop_without_end_costs_little_time():
    begun = time.perf_counter()
    judge(TWICE, never_returns)
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("blank", [..., lambda x: ..., [..., 1.0]])
def test_a_blank_is_not_an_attempt(blank):
    if callable(blank):

        def blank(x):
            """Return twice x."""

    assert judge(TWICE, blank).status == "not attempted"


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=name)
def test_a_wrong_answer_in_float64_is_judged_like_any_other(exercise):
    def double(x):
        return x.double() if isinstance(x, torch.Tensor) and x.is_floating_point() else x

    def spoilt(x):
        whole = isinstance(x, torch.Tensor) and not x.is_floating_point()
        return x + 7 if whole else x * 1.1

    def answer(*arguments):
        output = exercise.reference(*map(double, arguments))
        return tuple(map(spoilt, output)) if isinstance(output, tuple) else spoilt(output)

    assert judge(exercise, answer).status in ("property", "difference")


def test_a_swapped_pair_is_named_and_a_list_of_two_is_a_pair():
    exercise = checks.find("attention.scaled_dot_product")
    swapped = judge(exercise, lambda *a: exercise.reference(*a)[::-1])
    assert "come back in the other order" in swapped.sentences[0]
    assert judge(exercise, lambda *a: list(exercise.reference(*a))).passed


def test_overwriting_what_the_gradient_needs_is_a_sentence():
    def softmax(scores, temperature):
        positive = (scores / temperature - (scores / temperature).amax(-1, keepdim=True)).exp()
        positive /= positive.sum(-1, keepdim=True)
        return positive

    verdict = judge(checks.find("attention.softmax"), softmax)
    assert verdict.status == "guard" and "you overwrite a result" in verdict.sentences[0]


def test_nothing_but_nan_is_blamed_on_nobody():
    exercise = checks.find("attention.bug_future")

    def answer(x, q, k, v):
        scores = (x @ q) @ (x @ k).mT
        seen = torch.ones_like(scores).tril().bool()
        return (scores * seen + ~seen * -math.inf).softmax(-1) @ (x @ v)

    verdict = judge(exercise, answer)
    assert verdict.status == "guard" and "0 · ∞" in verdict.sentences[0]


def test_an_unlisted_mistake_gets_the_first_difference():
    verdict = judge(TWICE, lambda x: x * 2 + 0.5)
    assert verdict.status == "difference"
    assert "x = [1.0, -2.0]: yours gives [2.5, -3.5]" in verdict.sentences[0]
    assert "expected [2.0, -4.0]" in verdict.sentences[0]


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=name)
def test_constants_and_identities_are_not_blamed_on_a_listed_mistake(exercise):
    first = next(iter(exercise.cases()[0]))
    for answer in (lambda *a: torch.zeros(1), lambda *a: a[0], lambda *a: a[0] * 0 + 0.5):
        verdict = judge(exercise, answer)
        assert verdict.status in ("guard", "property", "difference"), (first, verdict)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("0.88", "is a text"),
        (None, "is None"),
        (lambda: 1, "is a function"),
        (True, "True or False"),
        ({}, "is a dict"),
        ([0.1, 0.9], "you gave 2"),
        (float("nan"), "not a finite number"),
        (10**400, "a number is asked for"),
        (0.5, "too small"),
        (-0.88, "between 0 and 1"),
    ],
)
def test_bad_numbers_get_one_sentence(answer, sentence):
    verdict = judge(checks.find("attention.predict"), answer)
    assert not verdict.passed
    assert sentence in verdict.sentences[0]


@pytest.mark.parametrize(
    "answer", [0.881, np.float32(0.881), torch.tensor([0.881]), [0.881], np.array([0.881])]
)
def test_numbers_come_in_many_types(answer):
    assert judge(checks.find("attention.predict"), answer).passed


def test_an_unknown_exercise_is_named_with_its_neighbours():
    with pytest.raises(LookupError, match=r"did you mean attention\.softmax"):
        checks.check("attention.sofmax", lambda x: x)


# What is shown and kept ---------------------------------------------------------------------------


def test_a_verdict_shows_itself_in_three_ways():
    bundle = judge(TWICE, lambda x: x * 3)._repr_mimebundle_()
    assert bundle["text/plain"].startswith("✗ Twice: not yet\n  That is three times.")
    assert "That is three times." in bundle["text/html"]
    assert bundle["application/vnd.mmtutor.verdict+json"]["status"] == "mistake"


def test_learners_text_is_escaped():
    def answer(x):
        raise ValueError("<script>alert(1)</script>")

    assert "<script>" not in judge(TWICE, answer).to_html()


def test_hints_come_in_order_and_do_not_repeat_before_the_last():
    hints = checks.find("attention.softmax").hints
    shown = [checks.hint("attention.softmax").text for _ in range(5)]
    assert shown == [*hints, hints[0]]


def test_what_was_passed_stays_passed():
    checks.check("attention.predict", 0.8808)
    checks.check("attention.predict", 0.5)
    checks.check("attention.predict", ...)
    entry = progress.load()["attention.predict"]
    assert entry["passed"] is True and entry["attempts"] == 2


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"a": 1}', "\x00", '{"attention.predict": {"attempts": null}}', "[" * 100_000],
)
def test_an_unreadable_progress_file_is_set_aside(text):
    progress.location().write_text(text)
    with pytest.warns(UserWarning, match="set aside as progress.unreadable"):
        checks.check("attention.predict", 0.8808)
    assert progress.load()["attention.predict"]["passed"] is True
    kept = list(progress.location().parent.glob("progress.unreadable-*.json"))
    assert [k.read_text() for k in kept] == [text]


def test_progress_that_cannot_be_saved_is_a_warning(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MMTUTOR_HOME", str(tmp_path / "file" / "below"))
    monkeypatch.setattr(progress, "UNSAVED", {})
    with pytest.warns(UserWarning, match="could not be"):
        assert checks.check("attention.predict", 0.8808).passed
    with pytest.warns(UserWarning, match="could not be"):
        assert [checks.hint("attention.predict").number for _ in range(3)] == [1, 2, 3]


def test_outcomes_are_compared_by_value():
    one = torch.tensor(1.0)
    assert outcome.same(1, one) and outcome.same((one, 2), (1.0, 2))
    assert not outcome.same(one, torch.tensor([1.0]))
    assert not outcome.same(torch.tensor(True), one)
    assert not outcome.same("1", one)
