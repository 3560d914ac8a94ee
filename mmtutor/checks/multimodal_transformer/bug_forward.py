"""Mend a fusing forward: the mask lies one place off, and the last frame answers."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from mmtutor.checks.crossmodal.shared import flags
from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.gpt.shared import either


def verdict(
    words: Tensor,
    face: Tensor,
    voice: Tensor,
    real: Tensor,
    class_token: Tensor,
    modality: Tensor,
    matrices: Tensor,
    head: Tensor,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: one sequence, one layer of attention, and the class token's scores."""
    first = class_token.expand(len(words), 1, -1)
    if {"zeroed", "zeroed_before"} & wrong:
        moved = 0.0 if "zeroed_before" in wrong else modality[0]
        words = (words + moved) * real.unsqueeze(-1) - moved
    x = torch.cat([first, *marked(words, face, voice, modality, wrong)], dim=1)
    if "class_marked" in wrong:
        x = torch.cat([x[:, :1] + modality[0], x[:, 1:]], dim=1)
    scores = asked(x, matrices, wrong)
    values = x if "values_are_x" in wrong else x @ matrices[2]
    found = weights(scores, hidden(real, x.shape[1], wrong), wrong) @ values
    x = found if "no_residual" in wrong else x + found
    result = read(x, real, wrong)
    return result if "no_head" in wrong else result @ head


def marked(
    words: Tensor, face: Tensor, voice: Tensor, modality: Tensor, wrong: Wrong
) -> list[Tensor]:
    """Return the tokens of each modality with its embedding."""
    ways: dict[str, Callable[[], list[Tensor]]] = {
        "no_modality": lambda: [words, face, voice],
        "one_for_all": lambda: [part + modality[0] for part in (words, face, voice)],
        "voice_left_out": lambda: [words + modality[0], face + modality[1]],
    }
    right = [words + modality[0], face + modality[1], voice + modality[2]]
    return either(ways, wrong, lambda: right)


def asked(x: Tensor, matrices: Tensor, wrong: Wrong) -> Tensor:
    """Return the scores (batch, query, key)."""
    scores = x @ matrices[0] @ (x @ matrices[1]).mT
    scores = scores.mT if "keys_ask" in wrong else scores
    return scores if "no_scale" in wrong else scores / math.sqrt(x.shape[-1])


def hidden(real: Tensor, tokens: int, wrong: Wrong) -> Tensor:
    """Return what may be looked at (batch, token), or what people take for it."""
    words, around = real.shape[1], partial(placed, tokens)
    ways: dict[str, Callable[[], Tensor]] = {
        "mask_early": lambda: around(0, real),
        "mask_late": lambda: around(2, real),
        "mask_at_the_end": lambda: around(tokens - words, real),
        "zeroed": lambda: torch.ones(len(real), tokens).bool(),
        "zeroed_before": lambda: torch.ones(len(real), tokens).bool(),
        "no_mask": lambda: torch.ones(len(real), tokens).bool(),
        "inverted": lambda: ~around(1, real),
        "words_inverted": lambda: around(1, ~real),
        "in_front": lambda: around(1, torch.arange(words) < real.sum(1, keepdim=True)),
        "first_text": lambda: around(1, real[:1].expand_as(real)),
        "words_alone": lambda: around(1, real, fill=False),
        "class_hidden": lambda: around(1, real) & (torch.arange(tokens) > 0),
        "rest_by_words": lambda: around(1, real) & real.any(1, keepdim=True),
    }
    return either(ways, wrong, lambda: around(1, real))


def placed(tokens: int, before: int, mask: Tensor, fill: bool = True) -> Tensor:
    """Put a mask of the words behind so many places, and `fill` what is left of the sequence."""
    left = torch.full_like(mask[:, :1], fill).expand(-1, before)
    right = torch.full_like(mask[:, :1], fill).expand(-1, tokens - mask.shape[1] - before)
    return torch.cat([left, mask, right], dim=1)


def weights(scores: Tensor, seen: Tensor, wrong: Wrong) -> Tensor:
    """Return the weights (batch, query, key) of scores under a mask."""
    side = seen[:, None]
    if "after_softmax" in wrong:
        return scores.softmax(-1) * side
    if "over_queries" in wrong:
        return scores.masked_fill(~side, -1e9).softmax(-2)
    side = ~side if "hides_the_seen" in wrong else side
    fills = {"filled_with_zero": 0.0, "hides_the_seen": -1e9}
    fill = next((number for name, number in fills.items() if name in wrong), -math.inf)
    return scores.masked_fill(~side, fill).softmax(-1)


def read(x: Tensor, real: Tensor, wrong: Wrong) -> Tensor:
    """Return the vector (batch, width) that answers, or another."""
    word = real.shape[1]
    ways: dict[str, Callable[[], Tensor]] = {
        "reads_last": lambda: x[:, -1],
        "reads_first_word": lambda: x[:, 1],
        "reads_mean": lambda: x.mean(1),
        "reads_mean_without_class": lambda: x[:, 1:].mean(1),
        "reads_real_mean": lambda: real_mean(x, real),
        "reads_sum": lambda: x.sum(1),
        "reads_first_patch": lambda: x[:, 1 + word],
        "reads_largest": lambda: x.amax(1),
        "reads_first_example": lambda: x[:1, 0].expand(len(x), -1),
    }
    return either(ways, wrong, lambda: x[:, 0])


def real_mean(x: Tensor, real: Tensor) -> Tensor:
    """Return the mean over all tokens that are no padding."""
    seen = torch.ones(x.shape[:2]).bool()
    seen[:, 1 : 1 + real.shape[1]] = real
    return (x * seen[..., None]).sum(1) / seen.sum(1, keepdim=True)


def forward_cases() -> list[Case]:
    def case(
        real: tuple[str, ...],
        face: int,
        voice: int,
        width: int,
        classes: int,
        seed: int,
        strength: float = 1.0,
    ) -> Case:
        mask = flags(*real)
        batch, word = mask.shape
        return Case(
            words=random_tensor(batch, word, width, seed=seed),
            face=random_tensor(batch, face, width, seed=seed + 1),
            voice=random_tensor(batch, voice, width, seed=seed + 2),
            real=mask,
            class_token=random_tensor(width, seed=seed + 3),
            modality=random_tensor(3, width, seed=seed + 4),
            matrices=strength * random_tensor(3, width, width, seed=seed + 5),
            head=random_tensor(width, classes, seed=seed + 6),
        )

    silent = case(("110", "100"), 2, 1, 3, 2, 1210)
    silent["matrices"][2].zero_()  # what is gathered adds nothing
    whole = case(("111", "111"), 1, 2, 4, 3, 1220)
    loud = case(("1100", "0110"), 3, 2, 4, 3, 1250, 0.1)
    for name in ("words", "face", "voice", "class_token", "modality"):
        loud[name].view(-1)[0], loud[name].view(-1)[1], loud[name].view(-1)[2] = 0.0, 25.0, -25.0
    loud["matrices"][0].zero_()  # everything is looked at alike
    heavy = case(("110", "101"), 2, 3, 3, 2, 1260, 0.1)
    for name in ("matrices", "head"):
        heavy[name].view(-1)[0], heavy[name].view(-1)[1] = 25.0, -25.0
        heavy[name].view(-1)[2], heavy[name].view(-1)[-1] = 0.0, 25.0
    twins = case(("1101", "1011"), 2, 3, 5, 2, 1270)
    for name in ("words", "face", "voice"):
        twins[name][1] = twins[name][0]
    return [
        case(("10", "11"), 2, 1, 2, 2, 1200),
        silent,
        whole,
        case(("1100", "1111", "1000"), 5, 2, 6, 4, 1230),
        case(("1101", "1000"), 5, 7, 6, 8, 1235),
        case(("01101", "00000", "10110", "11110"), 3, 7, 1, 2, 1240),
        case(("1",), 1, 3, 4, 1, 1245),
        loud,
        heavy,
        twins,
    ]


def right(case: Case) -> Tensor:
    """Return the right scores."""
    return verdict(*case.values())


def right_if_silent(case: Case, output: Tensor) -> bool:
    """Say whether all is right where what is gathered adds nothing."""
    return bool(case["matrices"][2].any()) or agree(output, right(case))


def right_if_whole(case: Case, output: Tensor) -> bool:
    """Say whether all is right where no word is padding."""
    return not bool(case["real"].all()) or agree(output, right(case))


FORWARD_BUG = FindTheBug(
    id="multimodal_transformer.bug_forward",
    title="Find the bugs: who answers, and who is hidden?",
    difficulty=2,
    minutes=20,
    given=frozenset({"mask_early", "reads_last"}),
    hints=(
        "There are two mistakes. Write the sequence of an example with two real words of three on "
        "paper, and under it the mask, place by place. Then: whose vector goes to the head?",
        "sequence: class token, words, face, voice. mask: True, `real`, True …, True …. The class "
        "token's vector answers.",
        "x (batch, 1 + word + patch + frame, width), mask (batch, 1 + word + patch + frame); "
        "what answers is (batch, width), then (batch, class).",
        "always = torch.ones(len(words), ..., dtype=torch.bool)\n"
        "seen = torch.cat([always[:, :1], ..., always[:, 1:]], dim=1)\n...\n"
        "return x[:, ...] @ head",
    ),
    reference=verdict,
    cases=forward_cases,
    mistakes=(
        Mistake(
            "mask_early",
            "The mask lies one place too early on the sequence: its first entry, made for the "
            "first word, falls on the class token, and a place of padding may be looked at. What "
            "stands in front of the words?",
            "mask",
        ),
        Mistake(
            "mask_late",
            "The mask lies one place too late on the sequence. How many tokens stand in front of "
            "the words?",
            "mask",
        ),
        Mistake(
            "mask_at_the_end",
            "The mask of the words lies on the end of the sequence. Where do the words stand?",
            "mask",
        ),
        Mistake(
            "no_mask",
            "Padding may be looked at: no mask is at work, or it lies on the tokens that *look*. "
            "The program you were given had one on the right axis, one place off.",
            "mask side",
        ),
        Mistake(
            "zeroed",
            "The padding becomes 0 and may be looked at. A score of 0 is a score like any other, "
            "so it takes its part of the attention. What keeps a softmax from giving it any?",
            "mask side rest",
        ),
        Mistake(
            "zeroed_before",
            "The padding becomes 0 (and then gets the words' embedding) and may be looked at, so "
            "it takes its part of the attention. What keeps a softmax from giving it any?",
            "mask side rest",
        ),
        Mistake(
            "inverted",
            "The whole mask is inverted: only padding may be looked at. What does True mean?",
            "mask side rest",
        ),
        Mistake(
            "words_inverted",
            "Of the words only the padding may be looked at. What does True mean in `real`?",
            "mask",
        ),
        Mistake(
            "in_front",
            "It looks as if you counted the real words and took so many from the front. Padding "
            "may stand anywhere: what does `real` say of each place?",
            "mask",
        ),
        Mistake(
            "first_text",
            "The first text's padding serves for all texts. Which row belongs to the second?",
            "mask",
        ),
        Mistake(
            "words_alone",
            "Only words may be looked at. Face, voice and class token have no padding: what stands "
            "in their places of the mask?",
            "mask side rest",
        ),
        Mistake(
            "class_hidden",
            "Nobody may look at the class token, not even itself. Is it padding?",
            "mask side",
        ),
        Mistake(
            "rest_by_words",
            "Where a text is all padding, face, voice and class token are hidden with it. Is "
            "anything wrong with them?",
            "mask side",
        ),
        Mistake(
            "after_softmax",
            "The mask comes after the softmax, so the weights no longer sum to 1. It was right in "
            "the program you were given.",
            "side",
        ),
        Mistake(
            "over_queries",
            "The softmax runs over the tokens that look. It was right in the program you were "
            "given.",
            "side",
        ),
        Mistake(
            "hides_the_seen",
            "You fill where the mask is True, so what may be looked at is hidden: `masked_fill` "
            "fills where it gets True. It was right in the program you were given.",
            "side mask rest",
        ),
        Mistake(
            "keys_ask",
            "Keys and queries have changed places. They were right in the program you were given.",
            "rest",
        ),
        Mistake(
            "values_are_x",
            "What is gathered is x itself: the values (`matrices[2]`) are not used. They were "
            "right in the program you were given.",
            "rest",
        ),
        Mistake(
            "filled_with_zero",
            "Hidden scores become 0, which is a score like any other. It was right in the program "
            "you were given.",
            "side",
        ),
        Mistake(
            "reads_last",
            "The token at the *end* answers: that is the last frame of the voice. Where does the "
            "class token stand?",
            "read",
        ),
        Mistake(
            "reads_first_word",
            "The first *word* answers. Where does the class token stand?",
            "read",
        ),
        Mistake(
            "reads_mean",
            "The mean over all tokens answers, padding included. Which token is there to answer?",
            "read",
        ),
        Mistake(
            "reads_mean_without_class",
            "The mean over all tokens but the class token answers. Which token is there to answer?",
            "read",
        ),
        Mistake(
            "reads_real_mean",
            "The mean over all real tokens answers. Which token is there to answer?",
            "read",
        ),
        Mistake(
            "reads_sum",
            "The sum over all tokens answers. Which token is there to answer?",
            "read",
        ),
        Mistake(
            "reads_largest",
            "The largest number over all tokens answers. Which token is there to answer?",
            "read",
        ),
        Mistake(
            "reads_first_patch",
            "The first patch of the face answers. Where does the class token stand?",
            "read",
        ),
        Mistake(
            "reads_first_example",
            "The first *example's* class token answers for all. Along which axis do the tokens "
            "stand?",
            "read mask",
        ),
        Mistake(
            "no_modality",
            "The modality embeddings are gone. They were right in the program you were given.",
            "rest",
        ),
        Mistake(
            "one_for_all",
            "All modalities get the embedding of the words. They were right in the program you "
            "were given.",
            "rest",
        ),
        Mistake(
            "voice_left_out",
            "The voice is gone. It had its place in the program you were given.",
            "rest mask",
        ),
        Mistake(
            "class_marked",
            "The class token gets the embedding of the words. In the program you were given it had "
            "none.",
            "rest",
        ),
        Mistake(
            "no_residual",
            "What is gathered replaces x. What did the program you were given do with it?",
            "rest",
        ),
        Mistake(
            "no_scale",
            "The scores are no longer divided by the root of the width, as they were.",
            "rest",
        ),
        Mistake(
            "no_head",
            "The class token's vector comes back as it is. Where is `head`?",
            "rest",
        ),
    ),
    properties=(
        Property(
            "Where what is gathered adds nothing (`matrices[2]` is 0) `class_token @ head` should "
            "come out, for every example. Yours is another: who answers, and what is gathered?",
            right_if_silent,
        ),
        Property(
            "Where no word is padding the mask hides nothing, and you are wrong there, too. What "
            "does the class token gather, and what becomes of it?",
            right_if_whole,
        ),
        Property(
            "Where no word is padding all is right. Where some is, it is not: which place of the "
            "mask belongs to which token, and does what is hidden get no attention at all?",
            lambda case, output: agree(output, right(case)),
        ),
    ),
)
