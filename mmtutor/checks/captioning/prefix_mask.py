"""Who may look at whom behind a prefix. Traps: a causal picture, padding's rows for its columns."""

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


def prefix_mask(patches: int, real: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: True where the token of the row may look at the token of the column."""
    total = patches + real.shape[1]
    may = allowed(patches, total, wrong)
    seen = torch.cat([torch.ones(len(real), patches, dtype=torch.bool), columns(real, wrong)], 1)
    whole = may.expand(len(real), total, total)
    ways: dict[str, Callable[[], Tensor]] = {
        "real_in_front": lambda: (
            whole & torch.cat([columns(real, wrong), seen[:, :patches]], 1)[:, None]
        ),
        "padding_seen": lambda: whole,
        "padding_rows": lambda: whole & seen[:, :, None],
        "padding_both": lambda: whole & seen[:, None] & seen[:, :, None],
        "padding_sees_itself": lambda: whole & (seen[:, None] | torch.eye(total, dtype=torch.bool)),
        "padding_sees_all": lambda: (whole & seen[:, None]) | ~seen[:, :, None],
        "padding_either": lambda: whole & (seen[:, None] | seen[:, :, None]),
        "padding_added": lambda: whole | seen[:, None],
    }
    return returned(either(ways, wrong, lambda: whole & seen[:, None]), patches, wrong)


def first(patches: int, total: int) -> Tensor:
    """Return which tokens are of the picture (token,)."""
    return torch.arange(total) < patches


def allowed(patches: int, total: int, wrong: Wrong) -> Tensor:
    """Return who may look at whom as long as there is no padding."""
    picture = first(patches, total)
    earlier = torch.ones(total, total, dtype=torch.bool).tril()
    strictly = earlier.tril(-1)
    itself = torch.eye(total, dtype=torch.bool)
    rows, both = picture[:, None], picture[:, None] & picture
    ways: dict[str, Callable[[], Tensor]] = {
        "causal": lambda: earlier,
        "picture_sees_words": lambda: earlier | rows,
        "picture_alone": lambda: (earlier & ~rows) | itself,
        "picture_only": lambda: torch.where(rows, both, picture.expand(total, total)),
        "words_blind": lambda: (earlier & (rows == picture)) | both,
        "words_see_all": lambda: both | ~rows,
        "not_itself": lambda: strictly | both,
        "picture_not_itself": lambda: torch.where(rows, both & ~itself, earlier),
        "later": lambda: torch.where(rows, both, earlier.T | picture),
        "one_further": lambda: both | (~rows & torch.ones_like(earlier).tril(1)),
        "all": lambda: torch.ones_like(earlier),
        "only_before": lambda: both | (~rows & (picture | itself | itself.roll(-1, 1)) & earlier),
        "last_patch_causal": lambda: earlier | (both & first(patches - 1, total)),
        "moved_triangle": lambda: torch.ones_like(earlier).tril(int(picture.sum())),
        "moved_triangle_less": lambda: torch.ones_like(earlier).tril(int(picture.sum()) - 1),
        "one_too_many": lambda: (
            earlier | (first(patches + 1, total)[:, None] & first(patches + 1, total))
        ),
    }
    return either(ways, wrong, lambda: earlier | both)


def columns(real: Tensor, wrong: Wrong) -> Tensor:
    """Return which words (caption, word) are no padding, or what people take for it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "real_turned": lambda: ~real,
        "first_caption": lambda: real[:1].expand_as(real),
        "last_caption": lambda: real[-1:].expand_as(real),
        "in_any": lambda: real.any(0).expand_as(real),
        "in_all": lambda: real.all(0).expand_as(real),
        "by_count": lambda: torch.arange(real.shape[1]) < real.sum(1, keepdim=True),
    }
    return either(ways, wrong, lambda: real)


def returned(mask: Tensor, patches: int, wrong: Wrong) -> Tensor:
    """Return the mask, or what people hand over instead."""
    ways: dict[str, Callable[[], Tensor]] = {
        "turned": lambda: ~mask,
        "transposed": lambda: mask.mT,
        "words_first": lambda: mask.roll((-patches, -patches), (1, 2)),
        "one_for_all": lambda: mask[0],
        "words_alone": lambda: mask[:, patches:],
        "four_axes": lambda: mask[:, None],
    }
    return either(ways, wrong, lambda: mask)


def case(patches: int, *rows: str) -> Case:
    """Return captions as rows of 1 (a word) and 0 (padding)."""
    return Case(patches=patches, real=torch.tensor([[c == "1" for c in row] for row in rows]))


def drawn(patches: int, captions: int, words: int, seed: int) -> Case:
    """Captions of a random number of words, and now and then a hole."""
    lengths = (random_tensor(captions, 1, seed=seed).abs() * words).long() % words + 1
    real = torch.arange(words) < lengths
    holes = random_tensor(captions, words, seed=seed + 1) > 1.3
    return Case(patches=patches, real=real & ~holes)


def prefix_cases() -> list[Case]:
    return [
        case(2, "110", "111"),
        case(3, "10", "11"),
        drawn(2, 3, 5, 10),
        case(4, "111", "110", "100", "111", "110"),
        case(1, "1101", "1110"),
        case(5, "0011", "1111", "0111"),
        case(3, "1"),
        drawn(6, 2, 4, 20),
        drawn(5, 4, 7, 30),
        case(2, "000", "101", "111"),
    ]


def parts(case: Case, output: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Cut the mask into picture–picture, picture–word, word–picture and word–word."""
    n = case["patches"]
    return output[:, :n, :n], output[:, :n, n:], output[:, n:, :n], output[:, n:, n:]


def right(case: Case) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the right four parts."""
    return parts(case, prefix_mask(*case.values()))


def part_is_right(place: int) -> Callable[[Case, Tensor], bool]:
    """Return a rule: one of the four parts is right."""
    return lambda case, output: torch.equal(parts(case, output)[place], right(case)[place])


def never_later(case: Case, output: Tensor) -> bool:
    """Say whether no word sees a later one."""
    return not bool(parts(case, output)[3].triu(1).any())


def never_padding(case: Case, output: Tensor) -> bool:
    """Say whether nobody sees padding."""
    return not bool((output[:, :, case["patches"] :] & ~case["real"][:, None]).any())


PREFIX_MASK = Implement(
    id="captioning.prefix_mask",
    title="A mask with a picture in front",
    difficulty=1,
    minutes=10,
    hints=(
        "Draw the square for two patches and three words. Which of its four parts (patch or word "
        "looks at patch or word) is full, which is empty, which is a triangle?",
        "allowed = (column ≤ row) or (row and column are both of the picture); then, in each "
        "caption, the columns of padding become False.",
        "With P patches and W words: a square (P + W, P + W), the same for all; `real` with P "
        "Trues in front is (caption, P + W), and enters as (caption, 1, P + W).",
        "total = patches + real.shape[1]\nmay = torch.ones(total, total, dtype=torch.bool).tril()\n"
        "may[..., ...] = True\nfront = torch.ones(len(real), patches, dtype=torch.bool)\n"
        "seen = torch.cat([front, ...], dim=1)\nreturn may & seen[...]",
    ),
    reference=prefix_mask,
    cases=prefix_cases,
    mistakes=(
        Mistake(
            "causal",
            "Your mask is causal over the picture, too: the first patch sees nothing but itself. "
            "Has a picture an order in which it is read?",
            "may",
        ),
        Mistake(
            "picture_sees_words",
            "The picture sees the words that are to be said. What would it carry to the first "
            "word's place?",
            "may",
        ),
        Mistake("picture_alone", "Each patch sees only itself. All patches are there.", "may"),
        Mistake(
            "picture_only",
            "The words see the picture but no word. What do they know of the sentence so far?",
            "may padding real",
        ),
        Mistake("words_blind", "The words do not see the picture.", "may"),
        Mistake(
            "words_see_all",
            "The words see later words, too: they could copy what they are to say.",
            "may",
        ),
        Mistake(
            "not_itself",
            "A word does not see itself. It is what is read there: it may.",
            "may self",
        ),
        Mistake("picture_not_itself", "A patch does not see itself. It may.", "may"),
        Mistake("later", "The words see the *later* words and not the earlier ones.", "may"),
        Mistake(
            "one_further",
            "Each word sees one word too far: the next one, which it is to say.",
            "may",
        ),
        Mistake("all", "Everybody sees everybody. Who should not see whom?", "may all"),
        Mistake(
            "only_before",
            "Each word sees itself and the word before. All earlier words are there.",
            "may",
        ),
        Mistake(
            "last_patch_causal",
            "The last patch is left out of the prefix: the other patches do not see it. Where does "
            "a slice end?",
            "may",
        ),
        Mistake(
            "one_too_many",
            "Your prefix is one token too long: the picture sees the first word. Where does a "
            "slice end?",
            "may",
        ),
        Mistake(
            "moved_triangle",
            "You move the whole triangle by `patches`, so the words see ahead, too. Only the "
            "square of the picture is to be opened.",
            "may",
        ),
        Mistake(
            "moved_triangle_less",
            "You move the whole triangle by `patches` − 1, so the words see ahead, too. Only the "
            "square of the picture is to be opened.",
            "may",
        ),
        Mistake("padding_seen", "Padding is seen. What is `real` for?", "padding"),
        Mistake(
            "padding_rows",
            "You close the *rows* of padding, so padding sees nobody, but everybody still sees it. "
            "Which axis is the one that is looked at?",
            "padding",
        ),
        Mistake(
            "padding_both",
            "You close the rows of padding as well as its columns. A row without any True becomes "
            "NaN in a softmax; only the columns are asked for.",
            "padding",
        ),
        Mistake(
            "padding_sees_itself",
            "Padding sees itself. It is to be seen by nobody.",
            "padding self",
        ),
        Mistake(
            "padding_sees_all",
            "The rows of padding are all True. They are as any other word's.",
            "padding",
        ),
        Mistake(
            "padding_either",
            "Padding is hidden from padding only. Nobody should see it.",
            "padding",
        ),
        Mistake(
            "padding_added",
            "Two conditions, of which *either* opens the mask in yours. Both should have to hold.",
            "padding may",
        ),
        Mistake(
            "real_in_front",
            "The columns of `real` begin at 0 in yours, as if the words stood in front. In the "
            "sequence the picture is first.",
            "padding",
        ),
        Mistake("real_turned", "You hide the words and show the padding.", "padding real"),
        Mistake("first_caption", "The first caption's padding decides for all.", "padding real"),
        Mistake("last_caption", "The last caption's padding decides for all.", "padding real"),
        Mistake(
            "in_any",
            "A word is hidden only where it is padding in *all* captions. Each has its own.",
            "padding real",
        ),
        Mistake(
            "in_all",
            "A word is hidden where it is padding in *any* caption. Each has its own.",
            "padding real",
        ),
        Mistake(
            "by_count",
            "You count the words of each caption and take the first so many. `real` says which "
            "they are; padding may stand elsewhere.",
            "padding real",
        ),
        Mistake(
            "turned",
            "Your mask is True where one may *not* look. Here True means: may look.",
            "end",
        ),
        Mistake(
            "transposed",
            "Rows and columns are exchanged. The row is who looks, the column what is looked at.",
            "end all",
        ),
        Mistake(
            "words_first", "The words stand before the picture. The picture is first.", "end all"
        ),
        Mistake(
            "one_for_all",
            "There is one mask for all captions. Each has padding of its own.",
            "end real",
        ),
        Mistake(
            "words_alone",
            "The rows of the picture are missing. Patches look, too.",
            "end may",
        ),
        Mistake("four_axes", "There is an axis too many (one for heads?).", "end"),
    ),
    properties=(
        Property("Somebody sees padding.", never_padding),
        Property("Some word sees a later word, which it is to say.", never_later),
        Property(
            "Where a patch looks at patches it is not right: all of them see each other.",
            part_is_right(0),
        ),
        Property(
            "Where a patch looks at words it is not right: the picture sees no word.",
            part_is_right(1),
        ),
        Property(
            "Where a word looks at patches it is not right: every word, also padding, sees them "
            "all.",
            part_is_right(2),
        ),
        Property(
            "Where words look at words something is not right. Each, also padding, sees itself and "
            "all earlier ones, except for padding.",
            part_is_right(3),
        ),
    ),
)
