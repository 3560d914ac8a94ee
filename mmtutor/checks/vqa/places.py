"""Count what a picture costs a language model. Traps: pooling once, biases, what carries loss."""

from collections.abc import Callable
from functools import cache, partial

from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together

HIGH, WIDE, PATCH, POOL, TOWER, WIDTH = 96, 64, 8, 2, 48, 80
"""Pixels of a picture and of a patch, the pooling, and the widths of tower and language model."""
PATCHES = (HIGH // PATCH) * (WIDE // PATCH)
PLACES = PATCHES // POOL**2
LONG = POOL**2 * TOWER
TALK = (
    "<user> what colour is the star ? <model> red <end> "
    "<user> describe the scene <model> a red star and one sun <end>"
)
WORDS = len(TALK.split())


@cache
def right() -> list[float]:
    """Return places, parameters of the projector, tokens in all, and tokens with loss."""
    return [float(n) for n in (PLACES, LONG * WIDTH + WIDTH, PLACES + WORDS, 9)]


def is_near(place: int, case: Case, answer: Tensor) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) - right()[place]) < 0.5


def at(name: str, value: int | float, hint: str) -> Mistake:
    """Return a wrong number."""
    return Mistake(name, hint, value=lambda: float(value))


PLACES_WRONG = (
    at("places_unpooled", PATCHES, "Number 1 is the number of patches. Then 2 × 2 become one."),
    at(
        "places_halved",
        PATCHES / POOL,
        "Number 1: how many patches become one? 2 × 2, down and across.",
    ),
    at("places_square", 16, "Number 1 is that of a square picture. This one is 96 × 64."),
    at("places_class", PLACES + 1, "Number 1 counts a class token. This tower has none."),
    at(
        "places_side",
        (HIGH // PATCH),
        "Number 1 is half of what it should be, or the number of rows of patches.",
    ),
    at("places_columns", WIDE // PATCH, "Number 1 is the number of columns of patches."),
    at("places_added", (HIGH + WIDE) // PATCH, "Number 1 adds rows and columns of patches."),
    at(
        "places_squares_added",
        (HIGH + WIDE) // PATCH // POOL,
        "Number 1 adds rows and columns of squares. Each row of squares has as many as there are "
        "columns.",
    ),
    at("places_squares_across", WIDE // PATCH // POOL, "Number 1 is one row of squares."),
    at(
        "places_wide_square",
        36,
        "Number 1 is that of a square picture, as wide as it is high. It is 96 × 64.",
    ),
    at("places_pixels", HIGH * WIDE, "Number 1 is the number of pixels. How many patches?"),
    at(
        "places_pooled_twice",
        PLACES / POOL**2,
        "Number 1 is pooled twice, or is one side of the grid of squares. How many are there?",
    ),
)
WEIGHTS_WRONG = (
    at("weights_no_bias", LONG * WIDTH, "Number 2: a linear layer has a bias for each output."),
    at(
        "weights_unpooled",
        TOWER * WIDTH + WIDTH,
        "Number 2: the layer reads *four* patches at once, side by side. How many numbers is that?",
    ),
    at(
        "weights_unpooled_no_bias",
        TOWER * WIDTH,
        "Number 2: the layer reads *four* patches at once, and it has biases.",
    ),
    at(
        "weights_two",
        POOL * TOWER * WIDTH + WIDTH,
        "Number 2: four patches lie in a square of 2 × 2, not two.",
    ),
    at(
        "weights_long_bias",
        LONG * WIDTH + LONG,
        "Number 2: there is a bias for each *output*, not for each input.",
    ),
    at(
        "weights_every_place",
        PLACES * (LONG * WIDTH + WIDTH),
        "Number 2 counts a layer for each place. All places share one.",
    ),
    at(
        "weights_two_layers",
        LONG * WIDTH + WIDTH + WIDTH * WIDTH + WIDTH,
        "Number 2 is that of two layers. One is asked for.",
    ),
    at(
        "weights_wide_out",
        POOL**2 * (LONG * WIDTH + WIDTH),
        "Number 2: the layer gives 80 numbers for the whole square, not for each of its patches.",
    ),
    at("weights_output", WIDTH, "Number 2 is the width of what comes out. Count the weights."),
    at(
        "weights_pixels",
        3 * PATCH**2 * POOL**2 * WIDTH + WIDTH,
        "Number 2 reads pixels. The layer reads what the *tower* gives: 48 numbers a patch.",
    ),
    at(
        "weights_colours",
        3 * LONG * WIDTH + WIDTH,
        "Number 2 counts three colours. The tower gives 48 numbers for a patch, and nothing else.",
    ),
    at(
        "weights_one_bias",
        LONG * WIDTH + 1,
        "Number 2 has a single bias. There is one for each *output*.",
    ),
    at(
        "weights_patch_bias",
        POOL**2 * (TOWER * WIDTH + WIDTH),
        "Number 2 has a bias for each patch. The layer reads four patches as one vector: how many "
        "outputs has it?",
    ),
    at(
        "weights_both_biases",
        LONG * WIDTH + LONG + WIDTH,
        "Number 2 has a bias for each input, too. There is one for each *output* only.",
    ),
    at(
        "weights_two_no_bias",
        POOL * TOWER * WIDTH,
        "Number 2: four patches lie in a square of 2 × 2, not two; and there are biases.",
    ),
    at(
        "weights_added",
        LONG + WIDTH,
        "Number 2 adds what goes in and what comes out. Each input has a weight for each output.",
    ),
    at(
        "weights_every_place_no_bias",
        PLACES * LONG * WIDTH,
        "Number 2 counts weights for each place, and no biases. All places share one layer.",
    ),
    at(
        "weights_whole_picture",
        PLACES * LONG * WIDTH + WIDTH,
        "Number 2 reads the whole picture at once. The layer reads one square of patches, and is "
        "the same for all.",
    ),
    at(
        "weights_all_patches",
        PATCHES * (TOWER * WIDTH + WIDTH),
        "Number 2 counts a layer for each patch. All squares share one, and it reads four patches.",
    ),
    at(
        "weights_pixels_no_bias",
        3 * PATCH**2 * POOL**2 * WIDTH,
        "Number 2 has no biases, and it reads pixels (the layer reads what the *tower* gives: 48 "
        "numbers a patch) or gives 80 numbers for each patch of a square.",
    ),
    at(
        "weights_patch_pixels",
        PATCH**2 * WIDTH + WIDTH,
        "Number 2 reads 8 × 8 pixels. The layer reads what the *tower* gives: 48 numbers a patch.",
    ),
    at(
        "weights_back",
        LONG * WIDTH + TOWER,
        "Number 2: a bias belongs to each *output*. How many numbers come out?",
    ),
    at("weights_input", LONG, "Number 2 is how many numbers go in. Count the weights."),
)
TOKENS_WRONG = (
    at("tokens_text", WORDS, "Number 3 is the text alone. The picture's places count, too."),
    at(
        "tokens_no_signs",
        PLACES + WORDS - 6,
        "Number 3 leaves out the signs, or counts a word once that stands there again. Each word "
        "and each sign is a token, every time it stands there.",
    ),
    at(
        "tokens_unpooled",
        PATCHES + WORDS,
        "Number 3 counts all patches. How many places are there?",
    ),
    at("tokens_one_picture", 1 + WORDS, "Number 3 counts the picture as one token."),
    at(
        "tokens_twice",
        2 * PLACES + WORDS,
        "Number 3 counts the picture once for each question. It stands there once.",
    ),
    at("tokens_first", PLACES + 10, "Number 3 is that of the first question. There are two."),
    at("tokens_off", PLACES + WORDS + 1, "Number 3 is one too many. Count the signs once more."),
    at("tokens_less", PLACES + WORDS - 1, "Number 3 is one too few. Does “?” count?"),
)
LOSS_WRONG = (
    at(
        "loss_no_ends",
        7,
        "Number 4 is two too few. The model has to say each <end>, too (it has to learn to stop), "
        "the first answer, and a word every time it stands there.",
    ),
    at("loss_one_end", 8, "Number 4 counts one <end>. Each answer has its own."),
    at(
        "loss_signs",
        11,
        "Number 4 counts <model>, too. The program writes it, not the model.",
    ),
    at(
        "loss_signs_no_ends",
        13,
        "Number 4 is too many. Only the model's words and its <end> carry loss.",
    ),
    at("loss_last", 7 + 0.0, "Number 4 is that of one answer. Both carry loss."),
    at("loss_first", 2, "Number 4 is that of the first answer. Both carry loss."),
    at(
        "loss_text",
        WORDS,
        "Number 4 counts everything but the picture. What the user says carries none.",
    ),
    at("loss_all", PLACES + WORDS, "Number 4 counts every token. What carries the loss?"),
    at("loss_words", 1, "Number 4: the second answer is the model's, too, and each ends."),
    at("loss_answers", 2 - 0.0, "Number 4 is not the number of answers, but of their tokens."),
    at(
        "loss_user",
        WORDS - 9,
        "Number 4 counts what the model does *not* say.",
    ),
)


def once(*mistakes: Mistake) -> list[Mistake]:
    """Leave out mistakes whose number another one has."""
    seen: dict[float, Mistake] = {}
    for mistake in mistakes:
        seen.setdefault(mistake.value(), mistake)
    return list(seen.values())


def whole(name: str, hint: str, values: Callable[[], list[float]]) -> Mistake:
    """Return four wrong numbers."""
    return Mistake(name, hint, value=values)


FOLLOWING = tuple(
    whole(
        f"{wrong.name}_followed",
        f"{wrong.hint} Number 3 follows from it.",
        partial(lambda places: [places, right()[1], places + WORDS, right()[3]], wrong.value()),
    )
    for wrong in PLACES_WRONG
    if wrong.value
)
WHOLE = (
    *FOLLOWING,
    whole(
        "all_unpooled",
        "You have left out the pooling, everywhere: 2 × 2 patches become one token, four times as "
        "long.",
        lambda: [PATCHES, TOWER * WIDTH + WIDTH, PATCHES + WORDS, 9.0],
    ),
    whole(
        "last_two_exchanged",
        "Numbers 3 and 4 have changed places: all tokens first.",
        lambda: [*right()[:2], right()[3], right()[2]],
    ),
)
MISTAKES = each_alone_or_together(
    right,
    once(*PLACES_WRONG),
    once(*WEIGHTS_WRONG),
    once(*TOKENS_WRONG),
    once(*LOSS_WRONG),
    whole=WHOLE,
    at_most=2,
)


COUNTED = Predict(
    id="vqa.places",
    title="What does a picture cost?",
    difficulty=1,
    minutes=10,
    hints=(
        "Draw the grid of patches: how many across, how many down? Frame squares of 2 × 2.",
        "places = patches / 2². A linear layer from a to b numbers has a · b + b parameters.",
        "A pooled vector has 4 · 48 numbers. Tokens: the places, then every word and sign. Loss: "
        "the words behind each <model>, and each <end>.",
        "places = (96 / 8) · (64 / 8) / ...\nparameters = (... · 48) · 80 + ...\n"
        "tokens = places + ...\nwith loss = (1 + ...) + (6 + ...)",
    ),
    truth=right,
    tolerance=(1e-6, 1e-6, 1e-6, 1e-6),
    mistakes=MISTAKES,
    properties=(
        Property(
            "Number 1 is off. Count the patches across and down, then the squares of 2 × 2.",
            partial(is_near, 0),
        ),
        Property(
            "Number 2 is off. How many numbers go into the layer, how many come out, and what else "
            "does it learn?",
            partial(is_near, 1),
        ),
        Property(
            "Number 3 is off. Count the picture's places, and every word and sign of the text.",
            partial(is_near, 2),
        ),
        Property(
            "Number 4 is off. Count what the model has to say: the words of both answers, and what "
            "closes each.",
            partial(is_near, 3),
        ),
    ),
)
