"""Mend a preparation of tokens: labels from before the picture got its places, and no shift."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.gpt.shared import either

Pair = tuple[Tensor, Tensor]
IGNORED = -100


def prepared(tokens: Tensor, said: Tensor, image: int, count: int, wrong: Wrong = RIGHT) -> Pair:
    """Reference: each picture gets its places, labels and all; then one is read, the next said."""
    copies = repeats(tokens, image, count, wrong)
    labels = silenced(tokens, said, image, wrong)
    longer = tokens.repeat_interleave(copies)
    length = len(longer)
    fitted: dict[str, Callable[[], Tensor]] = {
        "labels_too_early": lambda: F.pad(labels, (0, length - len(labels)), value=IGNORED),
        "padded_in_front": lambda: F.pad(labels, (length - len(labels), 0), value=IGNORED),
        "padded_with_zero": lambda: F.pad(labels, (0, length - len(labels))),
        "padded_by_count": lambda: F.pad(labels, (0, count), value=IGNORED)[:length],
        "tokens_cut": lambda: labels,
        "places_are_labels": lambda: labels.repeat_interleave(copies).where(
            longer != image, longer
        ),
        "shifted_before": lambda: F.pad(labels[1:], (0, 1), value=IGNORED).repeat_interleave(
            copies
        ),
    }
    full = either(fitted, wrong, lambda: labels.repeat_interleave(copies))
    if "all_in_front" in wrong:
        order = (longer != image).long().argsort(stable=True)
        longer, full = longer[order], full[order]
    if "tokens_cut" in wrong:
        longer = longer[: len(labels)]
    return moved(longer, full, wrong)


def repeats(tokens: Tensor, image: int, count: int, wrong: Wrong) -> Tensor:
    """Return how often each token stands in the longer text."""
    pictures = tokens == image
    first = pictures & (pictures.cumsum(0) == 1)
    ways: dict[str, Callable[[], Tensor]] = {
        "one_more": lambda: torch.where(pictures, count + 1, 1),
        "one_less": lambda: torch.where(pictures, count - 1, 1),
        "first_picture": lambda: torch.where(first, count, 1),
        "not_expanded": lambda: torch.ones_like(tokens),
        "all_expanded": lambda: torch.full_like(tokens, count),
        "picture_dropped": lambda: torch.where(pictures, 0, 1),
    }
    return either(ways, wrong, lambda: torch.where(pictures, count, 1))


def silenced(tokens: Tensor, said: Tensor, image: int, wrong: Wrong) -> Tensor:
    """Return the labels of the short text."""
    ways: dict[str, Callable[[], Tensor]] = {
        "everything": lambda: tokens,
        "all_but_pictures": lambda: tokens.masked_fill(tokens == image, IGNORED),
        "turned": lambda: tokens.masked_fill(said, IGNORED),
        "zero": lambda: tokens.masked_fill(~said, 0),
        "minus_one": lambda: tokens.masked_fill(~said, -1),
    }
    return either(ways, wrong, lambda: tokens.masked_fill(~said, IGNORED))


def moved(read: Tensor, labels: Tensor, wrong: Wrong) -> Pair:
    """Return what is read and what is to be said there."""
    ways: dict[str, Callable[[], Pair]] = {
        "not_shifted": lambda: (read[:-1], labels[:-1]),
        "backwards": lambda: (read[1:], labels[:-1]),
        "two_ahead": lambda: (read[:-2], labels[2:]),
        "whole": lambda: (read, labels),
        "inputs_whole": lambda: (read, labels[1:]),
        "same_length": lambda: (read, F.pad(labels[1:], (0, 1), value=IGNORED)),
        "rolled": lambda: (read, labels.roll(-1)),
        "later_only": lambda: (read[1:], labels[1:]),
        "shifted_before": lambda: (read[:-1], labels[:-1]),
        "exchanged": lambda: (labels[1:], read[:-1]),
    }
    return either(ways, wrong, lambda: (read[:-1], labels[1:]))


def prepared_cases() -> list[Case]:
    def case(turns: list[tuple[int, int]], count: int, image: int, seed: int) -> Case:
        """Turns of so many tokens of others (−1: a picture) and so many of the model."""
        drawn = iter((random_tensor(400, seed=seed).abs() * 500).long().tolist())

        def word() -> int:
            return next(n for n in drawn if n != image)

        tokens: list[int] = []
        said: list[bool] = []
        for others, words in turns:
            before = [image] if others < 0 else [word() for _ in range(others)]
            tokens += [*before, *(word() for _ in range(words))]
            said += [False] * len(before) + [True] * words
        return Case(tokens=torch.tensor(tokens), said=torch.tensor(said), image=image, count=count)

    again = case([(-1, 0), (4, 3), (3, 2)], 3, 9, 95)
    again["tokens"][1:] %= 3  # what the model says is said by others, too
    return [
        case([(-1, 0), (2, 2)], 3, 7, 10),
        case([(2, 0), (-1, 0), (3, 1), (2, 2)], 4, 1, 20),
        case([(-1, 3)], 5, 9, 30),  # a caption: the model speaks right behind the picture
        case([(-1, 0), (1, 2), (-1, 0), (3, 3), (2, 0)], 2, 2, 40),
        case([(1, 0), (-1, 0), (-1, 0), (4, 2)], 6, 250, 50),
        case([(-1, 0), (2, 3), (1, 1)], 1, 4, 60),
        case([(0, 1), (3, 2), (2, 1)], 4, 600, 70),  # no picture at all
        case([(0, 2), (-1, 2)], 3, 0, 80),
        case([(-1, 0), (1, 1)], 16, 3, 90),
        again,
        case([(-1, 0)], 2, 5, 97),
        case([(-1, 0), (3, 1), (-1, 0), (1, 2)], 4, 11, 99),
    ]


def pairs_agree(case: Case, output: Pair) -> bool:
    """Say whether what is to be said at one place is what is read at the next."""
    read, said = torch.as_tensor(output[0]), torch.as_tensor(output[1])
    if read.shape != said.shape:
        return True
    kept = said[:-1] != IGNORED
    return torch.equal(read[1:][kept].long(), said[:-1][kept].long())


def labels_are_kept(case: Case, output: Pair) -> bool:
    """Say whether the labels are those of the short text, in order (all but a first token's)."""
    labels = torch.as_tensor(output[1])
    wanted = case["tokens"][1:][case["said"][1:]]
    return torch.equal(labels[labels != IGNORED].long(), wanted)


def text_is_read(case: Case, output: Pair) -> bool:
    """Say whether what is read is the text with all places but for its last token."""
    tokens = case["tokens"]
    longer = tokens.repeat_interleave(torch.where(tokens == case["image"], case["count"], 1))
    return torch.equal(torch.as_tensor(output[0]).long(), longer[:-1])


def length_is_right(case: Case, output: Pair) -> bool:
    """Say whether both are one shorter than the text with all its places."""
    pictures = int((case["tokens"] == case["image"]).sum())
    length = len(case["tokens"]) + pictures * (case["count"] - 1) - 1
    return len(output[0]) == len(output[1]) == length


LABELS_BUG = FindTheBug(
    id="vqa.bug_labels",
    title="Find the bugs: the labels stand somewhere else",
    difficulty=2,
    minutes=15,
    given=frozenset({"labels_too_early", "not_shifted"}),
    hints=(
        "There are two mistakes. Print both results side by side, one pair a line. What is to be "
        "said where the last token of the question is read, and what does the program say?",
        "When the picture gets its places, all that stands behind it moves, and its labels have to "
        "move with it. Then the target at place t is the label at t + 1.",
        "tokens, said, labels: (token,). Longer: (token + (count − 1) · pictures,). Both results "
        "are one shorter than that.",
        "labels = tokens.masked_fill(~said, -100)\ncopies = torch.where(tokens == image, ..., 1)\n"
        "tokens = tokens.repeat_interleave(copies)\nlabels = labels....(copies)\n"
        "return tokens[:-1], labels[...]",
    ),
    reference=prepared,
    cases=prepared_cases,
    mistakes=(
        Mistake(
            "labels_too_early",
            "The labels are made before the picture gets its places and are filled up at the end. "
            "So they stand too far in front: which tokens move when a picture gets its places?",
            "fit",
        ),
        Mistake(
            "not_shifted",
            "What is to be said at each place is the token that is read there. A model learns to "
            "copy from that.",
            "shift",
        ),
        Mistake(
            "padded_in_front",
            "The labels are filled up in *front*. That is right only for what stands behind the "
            "last picture. Where do the new places stand?",
            "fit",
        ),
        Mistake(
            "padded_with_zero",
            "The labels are filled up with 0, which is a token, and at the end.",
            "fit what",
        ),
        Mistake(
            "padded_by_count",
            "The labels are still filled up at the end. Where do the new places stand?",
            "fit copies",
        ),
        Mistake(
            "tokens_cut",
            "You cut the longer text to the length of the old labels. Its last words are lost.",
            "fit copies",
        ),
        Mistake(
            "all_in_front",
            "The pictures' places stand in front of the text. Each picture's belong where the "
            "picture stood.",
            "fit copies",
        ),
        Mistake(
            "places_are_labels",
            "The picture's places carry loss. Nobody says a picture: −100.",
            "fit what",
        ),
        Mistake(
            "shifted_before",
            "You shift the labels before the picture gets its places. Behind a picture stands the "
            "first word, and its label is wanted *once*, at the picture's last place.",
            "fit shift what",
        ),
        Mistake("one_more", "Each picture gets one place too many.", "copies"),
        Mistake(
            "one_less",
            "Each picture gets one place too few: its own `image` is one of the `count`, or was "
            "it taken out?",
            "copies",
        ),
        Mistake(
            "first_picture",
            "Only the first picture gets its places. There may be several, or none.",
            "copies",
        ),
        Mistake(
            "not_expanded",
            "The pictures get no places any more: `image` stands there once. The program that you "
            "were given repeated it.",
            "copies fit",
        ),
        Mistake("all_expanded", "All tokens are repeated, not only the pictures.", "copies"),
        Mistake(
            "picture_dropped", "The pictures are gone. Each has `count` places.", "copies fit what"
        ),
        Mistake(
            "everything",
            "All tokens carry loss. What others say was left out in the program that you were "
            "given.",
            "what fit",
        ),
        Mistake(
            "all_but_pictures",
            "All words carry loss. `said` tells which the model says.",
            "what fit",
        ),
        Mistake("turned", "`said` is turned: what others say carries loss.", "what fit"),
        Mistake("zero", "What is left out became 0, which is a token. It is −100.", "what fit"),
        Mistake("minus_one", "What is left out became −1. It is −100.", "what fit"),
        Mistake(
            "backwards",
            "You read the later token and ask for the earlier one.",
            "shift",
        ),
        Mistake("two_ahead", "Your labels are moved by two places.", "shift"),
        Mistake(
            "whole",
            "Nothing is shifted: both are as long as the text. All but the last are read, all but "
            "the first are to be said.",
            "shift",
        ),
        Mistake(
            "inputs_whole",
            "What is read is one longer than what is to be said. Behind the last nothing is said.",
            "shift",
        ),
        Mistake(
            "same_length",
            "Both are as long as the text, but nothing is to be said behind the last token: leave "
            "it out, as the program that you were given did.",
            "shift",
        ),
        Mistake(
            "rolled",
            "`roll` brings the first label round to the end. What is to be said behind the last "
            "token? Leave it out.",
            "shift",
        ),
        Mistake(
            "later_only",
            "Both begin at the second token, so the first is never read and nothing is shifted.",
            "shift",
        ),
        Mistake(
            "exchanged", "What is read and what is to be said have changed places.", "shift what"
        ),
    ),
    properties=(
        Property(
            "Both results are to be one shorter than the text in which each picture has its "
            "places.",
            length_is_right,
        ),
        Property(
            "What is read is the text itself: every picture `count` times, every word once, and "
            "the last token left out. In yours something else is read.",
            text_is_read,
        ),
        Property(
            "What is to be said at one place is what is read at the next. In yours somewhere it is "
            "not: print the pairs.",
            pairs_agree,
        ),
        Property(
            "The targets are the tokens that `said` marks, in their order, each once, and nothing "
            "else. Yours are others.",
            labels_are_kept,
        ),
    ),
)
