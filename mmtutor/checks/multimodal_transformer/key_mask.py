"""One mask for a sequence of three modalities. Traps: padding, absence, the class token, axes."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.crossmodal.shared import flags
from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.gpt.shared import either


def key_mask(
    words: Tensor, present: Tensor, patches: int, frames: int, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: the class token, then words, patches and frames; True may be looked at."""
    present = held(present, wrong)
    real = real_words(words, wrong)
    if "counts_turned" in wrong:
        patches, frames = frames, patches
    parts = [
        real if {"absent_ignored", "no_words_ignored"} & wrong else joined(real, present, wrong),
        side(present[:, 1], patches, {"absent_ignored", "no_face_ignored"} & wrong),
        side(present[:, 2], frames, {"absent_ignored", "no_voice_ignored"} & wrong),
    ]
    if "other_order" in wrong:
        parts = [parts[0], parts[2], parts[1]]
    rest = torch.cat(parts, dim=1)
    rest = ~rest if {"inverted", "inverted_rest"} & wrong else rest
    return laid(with_class(rest, words, present, wrong), wrong)


def held(present: Tensor, wrong: Wrong) -> Tensor:
    """Return which modalities are there (example, modality), or what people take for it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "columns_turned": lambda: present.flip(1),
        "face_for_voice": lambda: present[:, [0, 2, 1]],
        "any_example": lambda: present.any(0).expand_as(present),
        "all_examples": lambda: present.all(0).expand_as(present),
        "any_side": lambda: torch.cat(
            [present[:, :1], present.any(0).expand_as(present)[:, 1:]], 1
        ),
        "all_sides": lambda: torch.cat(
            [present[:, :1], present.all(0).expand_as(present)[:, 1:]], 1
        ),
        "first_present": lambda: present[:1].expand_as(present),
        "first_side": lambda: torch.cat([present[:, :1], present[:1].expand_as(present)[:, 1:]], 1),
        "all_or_nothing": lambda: present.all(1, keepdim=True).expand_as(present),
        "any_of_them": lambda: present.any(1, keepdim=True).expand_as(present),
        "words_decide": lambda: present[:, :1].expand_as(present),
    }
    return either(ways, wrong, lambda: present)


def real_words(words: Tensor, wrong: Wrong) -> Tensor:
    """Return which words are no padding, or what people take for it."""
    real = words != 0
    ways: dict[str, Callable[[], Tensor]] = {
        "padding_attends": lambda: torch.ones_like(real),
        "padding_only": lambda: ~real,
        "unknown_hidden": lambda: words > 1,
        "in_front": lambda: torch.arange(words.shape[1]) < real.sum(1, keepdim=True),
        "up_to_last": lambda: real.flip(1).cumsum(1).flip(1) > 0,
        "longest": lambda: real.any(0).expand_as(real),
        "first_words": lambda: real[:1].expand_as(real),
        "no_padding_at_all": lambda: real.all(1, keepdim=True).expand_as(real),
    }
    return either(ways, wrong, lambda: real)


def joined(real: Tensor, present: Tensor, wrong: Wrong) -> Tensor:
    """Return which words may be looked at."""
    there = present[:, :1]
    return real | there if "either_will_do" in wrong else real & there


def side(there: Tensor, count: int, ignored: set[str]) -> Tensor:
    """Return as many tokens as a modality has, all there or all absent."""
    row = torch.ones_like(there) if ignored else there
    return row[:, None].expand(-1, count)


def with_class(rest: Tensor, words: Tensor, present: Tensor, wrong: Wrong) -> Tensor:
    """Put the class token to the others."""
    always = torch.ones_like(rest[:, :1])
    if "class_missing" in wrong:
        return rest
    if "class_last" in wrong:
        return torch.cat([rest, always], dim=1)
    ways: dict[str, Callable[[], Tensor]] = {
        "class_hidden": lambda: ~always,
        "inverted": lambda: ~always,
        "class_with_words": lambda: present[:, :1],
        "class_with_any": lambda: present.any(1, keepdim=True),
        "class_with_first_word": lambda: words[:, :1] != 0,
    }
    return torch.cat([either(ways, wrong, lambda: always), rest], dim=1)


def laid(mask: Tensor, wrong: Wrong) -> Tensor:
    """Give a mask (example, token) the axes that scores have."""
    ways: dict[str, Callable[[], Tensor]] = {
        "no_axes": lambda: mask,
        "one_axis": lambda: mask[:, None],
        "query_side": lambda: mask[:, None, :, None],
        "two_at_the_end": lambda: mask[:, :, None, None],
        "both_sides": lambda: mask[:, None, :, None] & mask[:, None, None],
        "added": lambda: torch.zeros(mask.shape).masked_fill(~mask, -math.inf)[:, None, None],
    }
    return either(ways, wrong, lambda: mask[:, None, None])


def mask_cases() -> list[Case]:
    def case(words: list[list[int]], present: Tensor, patches: int, frames: int) -> Case:
        return Case(words=torch.tensor(words), present=present, patches=patches, frames=frames)

    return [
        case([[5, 2, 0], [7, 0, 0]], flags("111", "101"), 2, 1),
        case([[3, 1, 4, 1], [1, 0, 0, 0], [6, 9, 2, 0]], flags("110", "111", "011"), 3, 2),
        case([[0, 0, 8, 120], [4, 0, 7, 0], [0, 0, 0, 0]], flags("101", "111", "111"), 1, 5),
        case(
            [[9, 3], [2, 0], [0, 1], [6, 5], [3, 3]], flags("100", "010", "001", "000", "110"), 4, 3
        ),
        case([[4]], flags("011"), 2, 3),
        case([[0, 3, 1, 0, 2, 8], [5, 1, 1, 3, 9, 9]], flags("111", "110"), 9, 4),
    ]


def looked_at(case: Case, output: Tensor) -> Tensor:
    """Return the mask as (example, token), whatever axes of size 1 it has."""
    return output.reshape(len(case["words"]), -1)


def class_is_seen(case: Case, output: Tensor) -> bool:
    """Say whether the first token may always be looked at."""
    return bool(looked_at(case, output)[:, 0].all())


def words_are_right(case: Case, output: Tensor) -> bool:
    """Say whether the words that are there are right."""
    words, there = case["words"], case["present"][:, 0]
    mine = looked_at(case, output)[:, 1 : 1 + words.shape[1]]
    return torch.equal(mine[there].bool(), (words != 0)[there])


def absent_is_hidden(case: Case, output: Tensor) -> bool:
    """Say whether all of a modality that is absent is hidden."""
    mine = looked_at(case, output).bool()
    word, patches = case["words"].shape[1], case["patches"]
    parts = mine[:, 1:].tensor_split([word, word + patches], dim=1)
    there = torch.stack([part.any(1) for part in parts], dim=1)
    return not bool((there & ~case["present"]).any())


def there_is_seen(case: Case, output: Tensor) -> bool:
    """Say whether all of a face and of a voice that are there may be looked at."""
    return torch.equal(looked_at(case, output).bool(), looked_at(case, key_mask(*case.values())))


AXES = "axes"
CLASS = "class"
INSIDE = "inside"

KEY_MASK = Implement(
    id="multimodal_transformer.key_mask",
    title="One mask for the whole sequence",
    difficulty=1,
    minutes=10,
    hints=(
        "Draw the sequence of the first example on paper: the class token, its words, its patches, "
        "its frames. Under each token write True or False. Which argument decides about which?",
        "class: True. A word: it is no padding *and* words are there. A patch: the face is there. "
        "A frame: the voice is there.",
        "(batch, 1), (batch, word), (batch, patches) and (batch, frames), one behind the other: "
        "(batch, token). Then two axes of size 1, for heads and queries: (batch, 1, 1, token).",
        "first = torch.ones(len(words), 1, dtype=torch.bool)\n"
        "real = (words != 0) & present[:, ...]\n"
        "face = present[:, 1:2].expand(-1, ...)\nvoice = ...\n"
        "return torch.cat([first, real, face, voice], dim=...)[:, None, None]",
    ),
    reference=key_mask,
    cases=mask_cases,
    mistakes=(
        Mistake(
            "padding_attends",
            "The padding of the words may be looked at. Which number in `words` is no word?",
            INSIDE,
        ),
        Mistake(
            "padding_only",
            "Of the words only the *padding* may be looked at. What does True mean here?",
            "inside inverted",
        ),
        Mistake(
            "absent_ignored",
            "What is absent may be looked at all the same. What does `present` say of the second "
            "example's face?",
            "inside present",
        ),
        Mistake(
            "no_words_ignored",
            "Where the words are absent (`present[:, 0]` is False) yours may still be looked at. "
            "Patches and frames are right.",
            "inside present",
        ),
        Mistake(
            "no_face_ignored",
            "Where the face is absent its patches may still be looked at. Words and frames are "
            "right.",
            "inside present",
        ),
        Mistake(
            "no_voice_ignored",
            "Where the voice is absent its frames may still be looked at. Words and patches are "
            "right.",
            "inside present",
        ),
        Mistake(
            "either_will_do",
            "A word may be looked at if it is no padding *or* if words are there. Should both be "
            "asked for, or one of the two?",
            "inside present",
        ),
        Mistake(
            "unknown_hidden",
            "The number 1 is hidden, too. It stands for a word that the vocabulary does not know: "
            "is nothing said there?",
            INSIDE,
        ),
        Mistake(
            "in_front",
            "It looks as if you counted the real words and took so many from the front. Padding "
            "may stand anywhere: what does each number say?",
            INSIDE,
        ),
        Mistake(
            "up_to_last",
            "You hide only the padding behind the last word. Padding may stand anywhere: what does "
            "each number say?",
            INSIDE,
        ),
        Mistake(
            "longest",
            "You hide only what is padding in *every* text of the batch. What of the padding in "
            "the short ones?",
            INSIDE,
        ),
        Mistake(
            "first_words",
            "The first text's padding serves for all texts. Which row belongs to the second?",
            INSIDE,
        ),
        Mistake(
            "no_padding_at_all",
            "A text with any padding in it is hidden as a whole. What of its words?",
            INSIDE,
        ),
        Mistake(
            "columns_turned",
            "You read `present` from the wrong end. Which column is that of the words?",
            "inside present",
        ),
        Mistake(
            "face_for_voice",
            "The face's column of `present` decides about the frames, and the voice's about the "
            "patches. Which column is which?",
            "inside present",
        ),
        Mistake(
            "first_present",
            "The first example's row of `present` serves for all examples. Which row belongs to "
            "the second?",
            "inside present",
        ),
        Mistake(
            "first_side",
            "The first example's face and voice decide for all examples. The words are right: "
            "which row of `present` belongs to the second?",
            "inside present",
        ),
        Mistake(
            "any_example",
            "You hide a modality only where it is absent in *every* example of the batch. What "
            "does each row of `present` say?",
            "inside present",
        ),
        Mistake(
            "all_examples",
            "You hide a modality in all examples as soon as it is absent in *one*. What does each "
            "row of `present` say?",
            "inside present",
        ),
        Mistake(
            "any_side",
            "You hide face and voice only where they are absent in *every* example of the batch. "
            "The words are right: what does each row of `present` say?",
            "inside present",
        ),
        Mistake(
            "all_sides",
            "You hide the face in all examples as soon as it is absent in *one*, and the voice "
            "likewise. The words are right: what does each row of `present` say?",
            "inside present",
        ),
        Mistake(
            "all_or_nothing",
            "If one modality is absent you hide all three. Which column decides about which?",
            "inside present",
        ),
        Mistake(
            "any_of_them",
            "A modality that is absent may be looked at if another one is there. Which column "
            "decides about which?",
            "inside present",
        ),
        Mistake(
            "words_decide",
            "The first column of `present` decides about all three modalities. Which column is "
            "that of the face?",
            "inside present",
        ),
        Mistake(
            "counts_turned",
            "There are as many patches in your mask as there are frames, and the other way round.",
            "inside present",
        ),
        Mistake(
            "other_order",
            "The frames stand before the patches. In which order does the card have them?",
            "inside present",
        ),
        Mistake(
            "inverted",
            "Your mask is inverted: it says what is *hidden*. What does True mean in this course?",
            "inside class present inverted",
        ),
        Mistake(
            "inverted_rest",
            "Behind the class token your mask is inverted: it says what is *hidden*. What does "
            "True mean in this course?",
            "inside class present inverted",
        ),
        Mistake(
            "class_hidden",
            "Nobody may look at the class token, not even itself. Is it padding?",
            CLASS,
        ),
        Mistake(
            "class_missing",
            "Your mask is one token short. Which token stands in front of the words?",
            CLASS,
        ),
        Mistake(
            "class_last",
            "The place for the class token is at the end of your mask, so all others are off by "
            "one. Where does it stand in the sequence?",
            CLASS,
        ),
        Mistake(
            "class_with_words",
            "The class token is hidden where the words are absent. Whose is it?",
            "class present",
        ),
        Mistake(
            "class_with_any",
            "The class token is hidden where all three are absent. Somebody has to answer even "
            "then: what does the card say of it?",
            "class present",
        ),
        Mistake(
            "class_with_first_word",
            "The class token is hidden where the first word is padding. Does it belong to the "
            "words?",
            "class inside",
        ),
        Mistake(
            "no_axes",
            "Each example has its row, but axes are lined up from the right: a mask (batch, token) "
            "meets scores (batch, head, query, key) at their axes query and key. Where are two "
            "axes of size 1 missing?",
            AXES,
        ),
        Mistake(
            "one_axis",
            "Axes are lined up from the right: the first axis of your (batch, 1, token) meets the "
            "*heads* of scores (batch, head, query, key). How many axes does it need?",
            AXES,
        ),
        Mistake(
            "query_side",
            "Your tokens lie along the axis of the queries: who is hidden may not *look*, and "
            "everybody may look at it. Which axis of (batch, head, query, key) is that of the "
            "ones that are looked at?",
            AXES,
        ),
        Mistake(
            "two_at_the_end",
            "Your axes of size 1 stand at the end, so the tokens meet the *heads*. Which axis of "
            "(batch, head, query, key) is that of the ones that are looked at?",
            AXES,
        ),
        Mistake(
            "both_sides",
            "You hide it on both sides: padding may not look, either. A row without any place to "
            "look at is none a softmax can work with; who looks does not matter. Which axis is "
            "asked for?",
            AXES,
        ),
        Mistake(
            "added",
            "That is a mask to be *added* to scores, 0 and −∞. This course's masks are boolean: "
            "True may be looked at.",
            AXES,
        ),
    ),
    properties=(
        Property(
            "Everybody may look at the class token, in every example; in yours it is hidden "
            "somewhere. Which place is its own?",
            class_is_seen,
        ),
        Property(
            "All of a modality that is absent should be hidden; in yours somewhere is something "
            "to look at. Which row of `present` belongs to which example, and which column to "
            "which tokens, and to how many?",
            absent_is_hidden,
        ),
        Property(
            "Of texts that are there each word may be looked at and no padding; somewhere yours "
            "has it otherwise. What is padding, and at which place begin the words?",
            words_are_right,
        ),
        Property(
            "The words are right, and what is absent is hidden. Something else that is there is "
            "hidden, too: how many patches are there, and how many frames?",
            there_is_seen,
        ),
    ),
)
