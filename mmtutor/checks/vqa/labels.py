"""Which tokens carry the loss. Traps: the question, the sign, the missing end, one turn for all."""

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
from mmtutor.checks.gpt.shared import either

IGNORED = -100


def labels(tokens: Tensor, model: int, end: int, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: what stands behind a `model` sign, up to and with the next `end`."""
    said = spoken(tokens, model, end, wrong)
    ways: dict[str, Callable[[], Tensor]] = {
        "turned": lambda: tokens.masked_fill(said, IGNORED),
        "zero": lambda: tokens.masked_fill(~said, 0),
        "minus_one": lambda: tokens.masked_fill(~said, -1),
        "plus_hundred": lambda: tokens.masked_fill(~said, -IGNORED),
        "as_mask": lambda: said.long(),
        "shifted": lambda: tokens.masked_fill(~said, IGNORED).roll(-1, 1),
        "cut_short": lambda: tokens.masked_fill(~said, IGNORED)[:, 1:],
    }
    return either(ways, wrong, lambda: tokens.masked_fill(~said, IGNORED))


def spoken(tokens: Tensor, model: int, end: int, wrong: Wrong) -> Tensor:
    """Return which tokens the model is to say."""
    signs, ends = tokens == model, tokens == end
    begun, ended = signs.cumsum(1) - signs.long(), ends.cumsum(1) - ends.long()
    inside = begun > ended  # the sign itself lies outside, the end inside
    turn = begun * inside
    ways: dict[str, Callable[[], Tensor]] = {
        "sign_too": lambda: inside | signs,
        "sign_for_end": lambda: (inside & ~ends) | signs,
        "no_end": lambda: inside & ~ends,
        "no_zero": lambda: inside & (tokens != 0),
        "no_first": lambda: inside & ~signs.roll(1, 1),
        "only_first_word": lambda: inside & signs.roll(1, 1),
        "only_ends": lambda: inside & ends,
        "one_more": lambda: inside | ends.roll(1, 1),
        "first_turn": lambda: turn == 1,
        "last_turn": lambda: inside & (turn == begun.amax(1, keepdim=True)),
        "from_first": lambda: begun > 0,
        "from_last": lambda: begun == signs.sum(1, keepdim=True),
        "to_last_end": lambda: (begun > 0) & (ended < ends.sum(1, keepdim=True)),
        "user": lambda: ~inside & ~signs,
        "all_but_signs": lambda: ~signs,
        "first_row": lambda: inside[:1].expand_as(inside),
        "any_row": lambda: inside.any(0).expand_as(inside),
        "to_last_end_no_signs": lambda: (begun > 0) & (ended < ends.sum(1, keepdim=True)) & ~signs,
        "down_rows_from_sign": lambda: signs.cumsum(0) > ends.cumsum(0),
        "down_rows": lambda: signs.cumsum(0) - signs.long() > ends.cumsum(0) - ends.long(),
    }
    return either(ways, wrong, lambda: inside)


def labels_cases() -> list[Case]:
    def case(rows: list[list[tuple[int, int]]], side: str, model: int, end: int, seed: int) -> Case:
        """Rows of turns: so many tokens of others, then so many words of the model."""
        drawn = iter((random_tensor(600, seed=seed).abs() * 997).long().tolist())

        def word() -> int:
            return next(n for n in drawn if n not in (model, end, 0))

        made = []
        for turns in rows:
            row: list[int] = []
            for others, words in turns:
                row += [word() for _ in range(others)]
                row += [model, *(word() for _ in range(words)), end] if words >= 0 else []
            made.append(row)
        widest = max(map(len, made))
        full = [
            row + [0] * (widest - len(row)) if side == "right" else [0] * (widest - len(row)) + row
            for row in made
        ]
        return Case(tokens=torch.tensor(full), model=model, end=end)

    zero = case([[(2, 3), (1, 1)]], "right", 6, 7, 90)
    zero["tokens"][0, 4] = 0  # a word like any other
    return [
        case([[(2, 1)], [(3, 2)]], "right", 3, 4, 10),
        case([[(3, 2), (2, 1)], [(1, 1)], [(4, 3), (1, 2)]], "right", 1, 2, 20),
        case([[(2, 1), (3, 2), (1, 1)]], "right", 9, 1, 30),
        case([[(1, 1)], [(2, 3), (2, 1)]], "left", 5, 6, 40),
        case([[(3, -1)], [(2, 1)]], "right", 900, 901, 50),
        case([[(2, 0), (1, 2)], [(0, 2)], [(0, 1), (0, 1)], [(6, 4)]], "right", 4, 3, 60),
        case([[(1, 1), (2, -1)], [(5, 1), (0, 3)]], "left", 11, 12, 70),
        case([[(1, -1)], [(0, -1)]], "right", 5, 8, 80),
        zero,
    ]


def ends_are_said(case: Case, output: Tensor) -> bool:
    """Say whether every end is among the labels, once."""
    if output.shape != case["tokens"].shape:
        return True
    return int((output == case["end"]).sum()) == int((case["tokens"] == case["end"]).sum())


def no_sign_is_said(case: Case, output: Tensor) -> bool:
    """Say whether no `model` sign is a label."""
    return not bool((output == case["model"]).any())


def a_label_is_its_token(case: Case, output: Tensor) -> bool:
    """Say whether what is left is what stands there."""
    if output.shape != case["tokens"].shape:
        return True
    kept = output != IGNORED
    return torch.equal(output[kept], case["tokens"][kept].to(output.dtype))


def silent_before_the_model(case: Case, output: Tensor) -> bool:
    """Say whether nothing is a label before the first `model` sign."""
    if output.shape != case["tokens"].shape:
        return True
    before = (case["tokens"] == case["model"]).cumsum(1) == 0
    return bool((output[before] == IGNORED).all())


LABELS = Implement(
    id="vqa.labels",
    title="Which tokens carry the loss?",
    difficulty=1,
    minutes=10,
    hints=(
        "Write down a conversation with two questions and colour what the *model* says. Where does "
        "each coloured piece begin, and with which token does it end?",
        "A token is the model's if more `model` signs than `end` signs stand before it. (Before "
        "it: the token itself does not count.)",
        "tokens, and all that is computed of them: (row, token). `cumsum(1)` counts along a row; "
        "minus the token's own share, it counts what stood before.",
        "signs, ends = tokens == ..., tokens == ...\nbegun = signs.cumsum(1) - signs.long()\n"
        "ended = ...\nreturn tokens.masked_fill(..., -100)",
    ),
    reference=labels,
    cases=labels_cases,
    mistakes=(
        Mistake(
            "sign_too",
            "The `model` sign itself is a label in yours. Who writes it: the model, or the program "
            "that asks?",
            "what",
        ),
        Mistake(
            "sign_for_end",
            "Yours begins one token too early and stops one too early: the sign is a label and the "
            "end is none.",
            "what",
        ),
        Mistake(
            "no_end",
            "The `end` is no label in yours. Then the model never learns to stop.",
            "what",
        ),
        Mistake(
            "no_zero",
            "A word with the number 0 is no label in yours. It is a word like any other: a label "
            "is one by where it stands.",
            "what how",
        ),
        Mistake(
            "no_first",
            "The first word of each answer is no label in yours: yours begins one token too late.",
            "what",
        ),
        Mistake(
            "only_first_word",
            "Only the first token behind each sign is a label. Answers may have more words, and an "
            "end.",
            "what",
        ),
        Mistake("only_ends", "Only the ends are labels. What of the words before them?", "what"),
        Mistake(
            "one_more",
            "What follows an `end` is a label in yours, too: yours stops one token too late.",
            "what",
        ),
        Mistake(
            "first_turn",
            "Only the first answer of each row carries loss. A conversation may have several.",
            "what",
        ),
        Mistake(
            "last_turn",
            "Only the last answer of each row carries loss. A conversation may have several.",
            "what",
        ),
        Mistake(
            "from_first",
            "From the first `model` sign on everything is a label: later questions too, and "
            "padding. Where does an answer end?",
            "what",
        ),
        Mistake(
            "from_last",
            "Everything behind the *last* `model` sign of a row is a label, and nothing before it.",
            "what",
        ),
        Mistake(
            "to_last_end",
            "From the first `model` sign to the last `end` everything is a label. What the user "
            "says in between is none.",
            "what",
        ),
        Mistake(
            "to_last_end_no_signs",
            "What stands between two answers is a label in yours. An answer goes on to the *next* "
            "`end` only.",
            "what",
        ),
        Mistake(
            "user",
            "What everybody *but* the model says carries the loss in yours.",
            "what",
        ),
        Mistake("all_but_signs", "Only the `model` signs are left out.", "what"),
        Mistake(
            "first_row",
            "The first row decides for all rows. Each has its answers elsewhere.",
            "what",
        ),
        Mistake(
            "any_row",
            "A place where *any* row has an answer is a label in all rows.",
            "what",
        ),
        Mistake(
            "down_rows",
            "You count down the *rows*: what counts is how many signs stand before a token in its "
            "own row. Along which axis does `cumsum` go?",
            "what",
        ),
        Mistake(
            "down_rows_from_sign",
            "You count down the *rows*, and the sign itself counts. Along which axis does `cumsum` "
            "go? Each row is a conversation of its own.",
            "what",
        ),
        Mistake(
            "turned",
            "It is turned: what the model says is left out, and the rest is kept.",
            "how what",
        ),
        Mistake(
            "zero",
            "What is left out becomes 0, which is a token. Which number leaves a target out?",
            "how",
        ),
        Mistake("minus_one", "What is left out becomes −1. Which number is asked for?", "how"),
        Mistake("plus_hundred", "What is left out becomes 100. A sign is missing.", "how"),
        Mistake(
            "as_mask",
            "That is a mask of 0 and 1. Labels are the *tokens* that are to be said, and −100.",
            "how",
        ),
        Mistake(
            "shifted",
            "Your labels are moved by one place. The shift comes later, in the loss: here a label "
            "stands where its token stands.",
            "how",
        ),
        Mistake(
            "cut_short",
            "Your labels are one place shorter than the tokens. The shift comes later, in the "
            "loss: here they are as wide as the tokens.",
            "how",
        ),
    ),
    properties=(
        Property(
            "A `model` sign is among your labels. The model does not say it.", no_sign_is_said
        ),
        Property(
            "Each `end` closes an answer and is to be said. Yours has more or fewer of them.",
            ends_are_said,
        ),
        Property(
            "A label is the token that stands at the same place. In yours somewhere it is another "
            "number.",
            a_label_is_its_token,
        ),
        Property(
            "Before the first `model` sign of a row nobody expects anything of the model. Yours "
            "has labels there.",
            silent_before_the_model,
        ),
    ),
)
