"""Mend a classifier that reads the first token, but has put the class token last."""

import math

import torch
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
from mmtutor.checks.engine.properties import agree


def picture_scores(
    patches: Tensor, class_token: Tensor, positions: Tensor, head: Tensor, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: one round of self-attention, then scores from the class token alone."""
    x = sentence(patches, class_token, positions, wrong)
    seen = x if "before" in wrong else attend(x, wrong)
    if "twice" in wrong:
        seen = attend(seen, wrong)
    if "positions_late" in wrong:
        seen = seen + positions
    if "no_head" in wrong:
        return read_out(seen, wrong)
    scores = read_out(seen, wrong) @ head
    return scores.softmax(-1) if "probabilities" in wrong else scores


def sentence(patches: Tensor, class_token: Tensor, positions: Tensor, wrong: Wrong) -> Tensor:
    """Return the tokens that enter the attention: (batch, 1 + patches, width)."""
    first = class_token.expand(len(patches), 1, -1)
    if "class_of_zeros" in wrong:
        first = torch.zeros_like(first)
    if "class_once" in wrong:
        first = torch.cat([first[:1], torch.zeros_like(first[1:])])
    if "class_added" in wrong:
        return patches + first + positions[1:]
    if "shifted" in wrong:
        return torch.cat([first, patches + positions[:-1]], dim=1)
    if "patches_turned" in wrong:
        return torch.cat([first, patches.flip(1)], dim=1) + positions
    if LAST & wrong:
        return torch.cat([patches, first], dim=1) + positions
    if {"no_positions", "positions_late"} & wrong:
        return torch.cat([first, patches], dim=1)
    if "patches_only" in wrong:
        return torch.cat([first, patches + positions[1:]], dim=1)
    if "class_only" in wrong:
        return torch.cat([first + positions[0], patches], dim=1)
    if "rolled_back" in wrong:
        positions = positions.roll(-1, 0)
    if "turned" in wrong:
        positions = positions.flip(0)
    return torch.cat([first, patches], dim=1) + positions


LAST = {"appended", "half_mended", "mean_all_last", "mean_patches_last", "largest_last"}
"""Mistakes that leave the class token at the end."""


def attend(x: Tensor, wrong: Wrong) -> Tensor:
    """Let every token look at all of them: (batch, tokens, width)."""
    scale = 1.0 if "no_scale" in wrong else math.sqrt(x.shape[-1])
    if "by_width" in wrong:
        scale = x.shape[-1]
    if "by_tokens" in wrong:
        scale = math.sqrt(x.shape[1])
    scores = x @ x.transpose(1, 2) / scale
    if "even_look" in wrong:
        scores = torch.zeros_like(scores)
    if "without_self" in wrong:
        scores = scores.masked_fill(torch.eye(x.shape[1]).bool(), -math.inf)
    gathered = scores.softmax(1 if "axis" in wrong else -1) @ x
    return gathered if "no_residual" in wrong else x + gathered


def read_out(x: Tensor, wrong: Wrong) -> Tensor:
    """Return the vector, or the vectors, that the scores are made of."""
    if "every_token" in wrong:
        return x
    if "first_example" in wrong:
        return x[0]
    if "mean_patches_last" in wrong:
        return x[:, :-1].mean(1)
    if {"mean_all", "mean_all_last"} & wrong:
        return x.mean(1)
    if "sum_all" in wrong:
        return x.sum(1)
    if {"largest", "largest_last"} & wrong:
        return x.amax(1)
    if "mean_patches" in wrong:
        return x[:, 1:].mean(1)
    if "first_patch" in wrong:
        return x[:, 1]
    return x[:, -1] if {"half_mended", "last_patch"} & wrong else x[:, 0]


def bug_cases() -> list[Case]:
    def case(shape: tuple[int, ...], seed: int) -> Case:
        batch, count, width, classes = shape
        return Case(
            patches=random_tensor(batch, count, width, seed=seed),
            class_token=random_tensor(width, seed=seed + 1),
            positions=random_tensor(1 + count, width, seed=seed + 2),
            head=random_tensor(width, classes, seed=seed + 3),
        )

    reordered = case((2, 4, 3, 3), 70)
    reordered["patches"][1] = reordered["patches"][0].flip(0)
    reordered["positions"].zero_()
    low, high = case((3, 4, 5, 2), 80), case((3, 4, 5, 2), 85)
    for name in ("patches", "head"):  # what meets a large number is small
        low[name].view(-1)[0], low[name].view(-1)[1], low[name].view(-1)[-1] = 0.0, 25.0, -25.0
        high[name] /= 25
    for name in ("class_token", "positions"):
        high[name].view(-1)[0], high[name].view(-1)[1], high[name].view(-1)[2] = 0.0, 25.0, -25.0
        low[name] /= 25
    high["patches"][1] = high["patches"][0]
    return [
        case((2, 2, 3, 2), 50),
        case((3, 5, 4, 2), 60),
        reordered,
        case((1, 1, 1, 1), 90),
        low,
        high,
    ]


def order_is_no_news(case: Case, scores: Tensor) -> bool:
    """Say whether a picture and its patches in another order agree, where positions are 0."""
    return bool(case["positions"].any()) or agree(scores[0], scores[1])


def pictures_differ(case: Case, scores: Tensor) -> bool:
    """Say whether different pictures get different scores."""
    if len(scores) < 2 or torch.equal(case["patches"][0], case["patches"][1]):
        return True
    return not case["positions"].any() or not agree(scores[0], scores[1])


def is_right(case: Case, scores: Tensor) -> bool:
    """Say whether the scores are those of the mended program."""
    return agree(scores, picture_scores(*case.values()))


CLASS_TOKEN_BUG = FindTheBug(
    id="vit.bug_class_token",
    title="Find the bug: who speaks for the picture?",
    difficulty=2,
    minutes=15,
    given=frozenset({"appended"}),
    hints=(
        "Follow one token through the program: the class token. Give it the values 100, 100, … and "
        "print `x` after each line. Is it where the last line looks for it?",
        "z_0 = [x_class; x_1; … x_N] + E_pos, one round of attention, and then scores = z^0 head: "
        "only the vector with number 0 is read.",
        "x (batch, 1 + N, width) has the class token at [:, 0], and row 0 of the positions "
        "(1 + N, width) is made for it. What is read: (batch, width). The scores: (batch, "
        "classes).",
        "first = class_token.expand(len(patches), 1, -1)\n"
        "x = torch.cat([..., ...], dim=1) + positions\n"
        "weights = ...  # as before\nx = x + weights @ x\nreturn x[:, ...] @ head",
    ),
    reference=picture_scores,
    cases=bug_cases,
    mistakes=(
        Mistake(
            "appended",
            "The scores are read from the patch in the top left corner. After `torch.cat`, which "
            "token has the number 0?",
            "read order",
        ),
        Mistake(
            "half_mended",
            "You read the class token now, and the symptom is gone. But look at the positions: "
            "which row was made for the class token, and which one does it get?",
            "read order",
        ),
        Mistake(
            "last_patch",
            "The class token has moved, and so has your reading: now the last patch speaks. Which "
            "of the two changes was needed?",
            "read",
        ),
        Mistake(
            "first_patch",
            "Every token has the position that was made for it, but the scores are read from the "
            "first patch. Where in your `x` does the class token stand?",
            "read",
        ),
        Mistake(
            "mean_all",
            "You average all tokens, the class token among them. The order of the patches no "
            "longer matters, but who was to speak for the picture?",
            "read",
        ),
        Mistake(
            "mean_patches",
            "You average the patches and leave the class token out. Some models do, and then they "
            "need none. Here it has been given a place: what is it for?",
            "read",
        ),
        Mistake(
            "before",
            "Every picture gets the same scores: the class token is read before it has looked at "
            "anything. In which line does it meet the patches?",
            "read residual scale axis positions",
        ),
        Mistake(
            "mean_all_last",
            "You average all tokens, so their order no longer matters. But who was to speak for "
            "the picture? And the class token still stands last, where it gets a patch's position.",
            "read order axis",
        ),
        Mistake(
            "mean_patches_last",
            "You average the patches and leave out the class token, which still stands last. It "
            "has been given a place and a position of its own: what is it for?",
            "read order",
        ),
        Mistake(
            "largest_last",
            "You take the largest number among all tokens, so their order no longer matters. But "
            "who was to speak for the picture? And the class token still stands last, where it "
            "gets a patch's position.",
            "read order",
        ),
        Mistake(
            "no_head",
            "You return a vector as wide as a token. Which argument makes the scores of the "
            "classes from it?",
            "head",
        ),
        Mistake(
            "class_added",
            "The class token is added to every patch instead of joining them as a token. How many "
            "tokens should look at each other?",
            "read order positions token",
        ),
        Mistake(
            "first_example",
            "You get scores for each token of the *first picture*. Which axis does `x[0]` count "
            "along, and which one did you mean?",
            "read",
        ),
        Mistake(
            "every_token",
            "You return scores for every token. How many verdicts does a picture need?",
            "read",
        ),
        Mistake(
            "patches_only",
            "The class token comes without a position now: row 0 of the table is never used. To "
            "what did the program that you were given add the positions?",
            "positions order",
        ),
        Mistake(
            "no_positions",
            "The positions are gone. The symptom was shown with positions of zero, where nothing "
            "can tell; what happens to real ones?",
            "positions order",
        ),
        Mistake(
            "no_residual",
            "The attention's result replaces the tokens. What did the program do with the tokens "
            "that went in?",
            "residual",
        ),
        Mistake(
            "no_scale",
            "The scores of the attention are no longer scaled. What did the program divide by?",
            "scale",
        ),
        Mistake(
            "axis",
            "The weights with which a token gathers should sum to 1 over the keys; yours do so "
            "over the queries (another axis in the softmax, or the weights turned over). Which "
            "axis holds the keys?",
            "axis",
        ),
        Mistake(
            "probabilities",
            "You return probabilities. Did the program that you were given end with a softmax?",
            "head",
        ),
        Mistake(
            "sum_all",
            "You sum all tokens. The order of the patches no longer matters, but who was to speak "
            "for the picture?",
            "read",
        ),
        Mistake(
            "largest",
            "You take the largest number among all tokens. The order of the patches no longer "
            "matters, but who was to speak for the picture?",
            "read",
        ),
        Mistake(
            "class_only",
            "The class token has its position, but the patches have none. To what did the program "
            "that you were given add the positions?",
            "positions order",
        ),
        Mistake(
            "rolled_back",
            "The class token stands first now, but the positions are off by one: everyone has the "
            "row of the one after. Which row was made for the class token?",
            "positions order",
        ),
        Mistake(
            "turned",
            "The positions run from the end. Which row was made for the class token?",
            "positions order",
        ),
        Mistake(
            "shifted",
            "The class token has no position, and the patches are off by one: the first patch gets "
            "the row that was made for the class token. To what did the program that you were "
            "given add the positions?",
            "positions order",
        ),
        Mistake(
            "positions_late",
            "The positions come in after the attention, so no token knows its place while it "
            "looks. Where did the program that you were given add them?",
            "positions order read rounds",
        ),
        Mistake(
            "patches_turned",
            "The class token has its own position now, but the patches stand in reverse order to "
            "theirs: the last one gets row 1. What have you turned around?",
            "positions order",
        ),
        Mistake(
            "class_of_zeros",
            "The token that speaks begins as zeros. Which argument holds its first value?",
            "token order",
        ),
        Mistake(
            "class_once",
            "Only the first picture gets the class token. How many pictures are in the batch?",
            "token order read",
        ),
        Mistake(
            "twice",
            "The tokens look at each other twice. How many rounds has the program that you were "
            "given?",
            "rounds read",
        ),
        Mistake(
            "even_look",
            "Every token looks at all others alike. What decides, in the program that you were "
            "given, how much a token takes from another?",
            "scale axis look read order",
        ),
        Mistake(
            "without_self",
            "No token looks at itself. In the program that you were given it does, besides the "
            "residual path.",
            "look axis",
        ),
        Mistake(
            "by_width",
            "The attention's scores are divided by the width itself. What did the program divide "
            "by?",
            "scale",
        ),
        Mistake(
            "by_tokens",
            "The attention's scores are divided by the root of the number of tokens. What did the "
            "program divide by?",
            "scale",
        ),
    ),
    properties=(
        Property(
            "Where all positions are 0, nobody knows the order of the patches, so it cannot change "
            "the scores; yours change.",
            order_is_no_news,
        ),
        Property(
            "Two different pictures should get different scores; yours get the same.",
            pictures_differ,
        ),
        Property(
            "The symptom is gone, but even where all positions are 0 the scores are not those of "
            "the mended program. The class token speaks; all the rest stays as it was: which "
            "tokens there are, scale, softmax over the keys, the residual path, one round, the "
            "head.",
            lambda case, scores: bool(case["positions"].any()) or is_right(case, scores),
        ),
        Property(
            "Where all positions are 0 the scores are right, elsewhere they are not. Row 0 of the "
            "positions was made for the class token, row i for patch i: do they get them, before "
            "they look at each other? And do you use no size that is the same by chance?",
            is_right,
        ),
    ),
)
