"""Count tokens and pairs in three kinds of attention. Traps: products, frames, a token by itself.

Factorised attention is model 3 of ViViT (Arnab et al. 2021, arXiv 2103.15691) and the divided
attention of TimeSformer (Bertasius et al. 2021, arXiv 2102.05095).
"""

from functools import cache

from mmtutor.checks.engine.exercise import Mistake, Predict
from mmtutor.checks.engine.places import each_alone_or_together
from mmtutor.checks.video.shared import at, off, once, whole

FRAMES, HIGH, WIDE, LONG, PATCH = 20, 48, 64, 2, 8
"""Frames and pixels of the film, frames and pixels of a tubelet."""
STEPS = FRAMES // LONG
SPACE = (HIGH // PATCH) * (WIDE // PATCH)
TOKENS = STEPS * SPACE
JOINT, APART = TOKENS**2, STEPS * SPACE**2
OVER_TIME = SPACE * STEPS**2
CAUSAL = STEPS * (STEPS + 1) // 2
"""In how many pairs of steps the second is not later than the first."""


@cache
def right() -> list[float]:
    """Return the tokens, and the pairs of joint, factorised and framewise attention."""
    return [float(n) for n in (TOKENS, JOINT, APART + OVER_TIME, APART)]


TOKENS_WRONG = (
    at(
        "tokens_frames",
        FRAMES * SPACE,
        "Number 1 cuts every frame by itself. How many frames does a tubelet hold?",
    ),
    at("tokens_step", SPACE, "Number 1 is that of one step in time. How many steps are there?"),
    at("tokens_steps", STEPS, "Number 1 is the number of steps. How many tubelets has each?"),
    at("tokens_down", STEPS * HIGH // PATCH, "Number 1 cuts the height and forgets the width."),
    at("tokens_across", STEPS * WIDE // PATCH, "Number 1 cuts the width and forgets the height."),
    at(
        "tokens_one_side",
        STEPS * HIGH * WIDE // PATCH,
        "Number 1 cuts one side only: a patch is 8 pixels high *and* 8 wide.",
    ),
    at(
        "tokens_frames_square",
        FRAMES * (HIGH // PATCH) ** 2,
        "Number 1 is that of square frames, and of every frame by itself.",
    ),
    at(
        "tokens_square",
        STEPS * (HIGH // PATCH) ** 2,
        "Number 1 is that of square frames. They are 48 × 64.",
    ),
    at(
        "tokens_patch",
        STEPS * PATCH**2,
        "Number 1 has 64 places in a step. That is how many pixels a patch has, or the places of a "
        "square frame: how many patches fit in a frame of 48 × 64?",
    ),
    at("tokens_pixels", FRAMES * HIGH * WIDE, "Number 1 counts pixels. How many lie in a tubelet?"),
    at("tokens_colours", 3 * TOKENS, "Number 1 counts each colour. A tubelet holds all three."),
    at("tokens_class", TOKENS + 1, "Number 1 counts a class token. There is none here."),
    at("tokens_classes", STEPS * (SPACE + 1), "Number 1 counts a class token in each step."),
    at("tokens_overlap", (FRAMES - 1) * SPACE, "Number 1: your tubelets overlap in time."),
    at(
        "tokens_size",
        LONG * PATCH**2 * 3,
        "Number 1 is how many numbers a tubelet holds, or 2 · 24 · 8. A tubelet is 2 frames long "
        "and 8 × 8 pixels wide: how many are there?",
    ),
    at(
        "tokens_sides_added",
        FRAMES * HIGH * WIDE / (LONG + 2 * PATCH),
        "Number 1 divides by the *sum* of a tubelet's sides. How many pixels does it hold?",
    ),
    at("tokens_sum", STEPS + SPACE, "Number 1 adds steps and places. Each step has every place."),
    at(
        "tokens_rows_and_columns",
        STEPS * (HIGH + WIDE) // PATCH,
        "Number 1 adds rows and columns of a step. Each row has every column.",
    ),
    at(
        "tokens_multiplied",
        FRAMES * LONG * SPACE,
        "Number 1 multiplies by the frames of a tubelet. Two frames are *one* step.",
    ),
    at("tokens_long", TOKENS // LONG, "Number 1 divides by the frames of a tubelet twice."),
)
JOINT_WRONG = (
    at("joint_tokens", TOKENS, "Number 2 is what *one* token looks at. All of them look."),
    at(
        "joint_others",
        TOKENS * (TOKENS - 1),
        "Number 2 leaves out that a token looks at itself, too.",
    ),
    at(
        "joint_unordered",
        TOKENS * (TOKENS - 1) // 2,
        "Number 2 counts each two tokens once. A as query and B as key is one pair, B as query and "
        "A as key another.",
    ),
    at(
        "joint_causal",
        TOKENS * (TOKENS + 1) // 2,
        "Number 2 is that of a causal mask. Here tokens look ahead, too.",
    ),
    at(
        "joint_causal_steps",
        SPACE**2 * CAUSAL,
        "Number 2 is that of a causal mask over the steps. There is no mask: tokens look ahead, "
        "too.",
    ),
    at("joint_step", SPACE**2, "Number 2 is that of one step. Here steps look at each other."),
    at("joint_apart", APART, "Number 2 stays within each step. Joint: every token at every token."),
    at(
        "joint_factorised",
        APART + OVER_TIME,
        "Number 2 is that of factorised attention. Joint: every token at every token.",
    ),
    at("joint_colours", 3 * JOINT, "Number 2 counts each colour. A token holds all three."),
    at(
        "joint_colours_both",
        9 * JOINT,
        "Number 2 has a token for each colour. A tubelet holds all three.",
    ),
    at("joint_half", JOINT / 2, "Number 2 is halved. A and B as query and key are two pairs."),
    at(
        "joint_long",
        LONG * JOINT,
        "Number 2 is twice as large: the two frames of a tubelet are one token, and a query and a "
        "key are *one* pair.",
    ),
    at("joint_steps", OVER_TIME, "Number 2 looks through time only. Joint: at every token."),
    at("joint_double", 2 * TOKENS, "Number 2 doubles the tokens. Each looks at *all* of them."),
    at(
        "joint_frames",
        (FRAMES * SPACE) ** 2,
        "Number 2 counts the two frames of a tubelet by themselves. They are one token.",
    ),
)
FACTORISED_WRONG = (
    at(
        "factorised_product",
        JOINT,
        "Number 3 is as large as number 2. One after the other: do the two kinds of pairs "
        "multiply?",
    ),
    at(
        "factorised_encoder",
        APART + STEPS**2,
        "Number 3 has one token a step look through time (ViViT's model 2). Here every place does.",
    ),
    at("factorised_space", APART, "Number 3 looks at the frame only. Then comes time."),
    at("factorised_time", OVER_TIME, "Number 3 looks through time only. First comes the frame."),
    at(
        "factorised_one",
        SPACE + STEPS,
        "Number 3 is what *one* token looks at. How many tokens look?",
    ),
    at(
        "factorised_once",
        SPACE**2 + STEPS**2,
        "Number 3 counts one step and one place. How many steps are there, and how many places?",
    ),
    at(
        "factorised_step",
        SPACE**2 + OVER_TIME,
        "Number 3 counts the pairs of one step. How many steps are there?",
    ),
    at(
        "factorised_itself_once",
        APART + OVER_TIME - TOKENS,
        "Number 3 counts each token's look at itself once. It looks at itself in both parts.",
    ),
    at(
        "factorised_others",
        APART + OVER_TIME - 2 * TOKENS,
        "Number 3 leaves out that a token looks at itself, too: in both parts.",
    ),
    at(
        "factorised_exchanged",
        SPACE * SPACE**2 + STEPS * STEPS**2,
        "Number 3: there is one square of places for each *step*, and one of steps for each "
        "*place*.",
    ),
    at("factorised_colours", 3 * (APART + OVER_TIME), "Number 3 counts each colour."),
    at(
        "factorised_half",
        (APART + OVER_TIME) / 2,
        "Number 3 is halved. A and B as query and key are two pairs.",
    ),
    at(
        "factorised_multiplied",
        APART * OVER_TIME,
        "Number 3 multiplies the two kinds of pairs. One attention comes after the other.",
    ),
    at(
        "factorised_time_frames",
        APART + SPACE * FRAMES**2,
        "Number 3 looks at 20 frames through time. How many *steps* are there?",
    ),
    at(
        "factorised_time_keys",
        APART + TOKENS * FRAMES,
        "Number 3: a token looks at 20 frames through time. How many *steps* are there?",
    ),
    at(
        "factorised_space_frames",
        FRAMES * SPACE**2 + OVER_TIME,
        "Number 3 counts the two frames of a tubelet by themselves in the first attention. They "
        "are one token: how many steps are there?",
    ),
    at(
        "factorised_sum_squared",
        (SPACE + STEPS) ** 2,
        "Number 3 squares places and steps together. A token looks at S + T tokens, and S · T "
        "tokens look.",
    ),
    at(
        "factorised_too",
        JOINT + APART + OVER_TIME,
        "Number 3 adds joint attention. Factorised attention stands in its place.",
    ),
    at(
        "factorised_counts",
        2 * TOKENS,
        "Number 3 counts tokens, in both parts. How many does each of them look at?",
    ),
    at(
        "factorised_of_step",
        (APART + OVER_TIME) // STEPS,
        "Number 3 is that of one step. How many steps are there?",
    ),
    at(
        "factorised_two",
        TOKENS * (SPACE + LONG),
        "Number 3 looks at the two frames of a tubelet through time. They are one token: how many "
        "steps are there?",
    ),
    at("factorised_tokens", TOKENS, "Number 3 counts tokens. How many does each look at?"),
    at(
        "factorised_axial",
        TOKENS * (HIGH // PATCH + WIDE // PATCH + STEPS),
        "Number 3 looks along a row and a column only. A token looks at *all* tokens of its step.",
    ),
    at(
        "factorised_neighbours",
        TOKENS * (SPACE + 3),
        "Number 3 looks at the steps next to its own only. Through time a token looks at all "
        "steps.",
    ),
    at(
        "factorised_causal",
        APART + SPACE * CAUSAL,
        "Number 3 has a causal mask over the steps. There is no mask: tokens look ahead, too.",
    ),
    at("factorised_twice", 2 * APART, "Number 3 looks at the frame twice. Then comes time."),
    at("factorised_added", JOINT + APART, "Number 3: in neither part does a token look at all."),
    at(
        "factorised_summed",
        TOKENS + APART + OVER_TIME,
        "Number 3 counts the tokens, too. They are queries and keys of pairs, and no pairs.",
    ),
    at(
        "factorised_frames",
        FRAMES * SPACE**2 + SPACE * FRAMES**2,
        "Number 3 counts every frame by itself. How many steps in time are there?",
    ),
)
APART_WRONG = (
    at("apart_one", SPACE**2, "Number 4 is that of one step. How many steps are there?"),
    at(
        "apart_frames",
        FRAMES * SPACE**2,
        "Number 4 counts the two frames of a tubelet by themselves. They are one token: how many "
        "steps in time do the tubelets make?",
    ),
    at("apart_tokens", TOKENS, "Number 4 counts tokens. How many does each look at?"),
    at("apart_joint", JOINT, "Number 4 has all tokens look at all. Only those of its own step!"),
    at(
        "apart_others",
        TOKENS * (SPACE - 1),
        "Number 4 leaves out that a token looks at itself, too.",
    ),
    at("apart_half", TOKENS * (SPACE - 1) // 2, "Number 4 counts each two tokens once."),
    at(
        "apart_causal",
        TOKENS * (SPACE + 1) // 2,
        "Number 4 is that of a causal mask, or counts each two tokens once.",
    ),
    at(
        "apart_mean",
        APART + STEPS**2,
        "Number 4 has the steps look at each other at the end. A mean needs no pairs.",
    ),
    at(
        "apart_mean_counted",
        APART + STEPS,
        "Number 4 counts the mean over the steps. A mean needs no pairs.",
    ),
    at(
        "apart_mean_tokens",
        APART + TOKENS,
        "Number 4 counts every token once more. Is it for the mean? A mean needs no pairs.",
    ),
    at(
        "apart_mean_places",
        APART + SPACE,
        "Number 4 counts the mean at every place. A mean needs no pairs.",
    ),
    at("apart_colours", 3 * APART, "Number 4 counts each colour. A token holds all three."),
    at("apart_halved", APART / 2, "Number 4 is halved. A and B as query and key are two pairs."),
    at("apart_over_time", OVER_TIME, "Number 4 looks through time. Only within a step!"),
    at(
        "apart_factorised",
        APART + OVER_TIME,
        "Number 4 is that of factorised attention. Here nothing looks through time.",
    ),
    at(
        "apart_averaged", SPACE, "Number 4: the mean comes *after* the attention, over its results."
    ),
)


def counted(steps: int, space: int) -> tuple[int, int, int, int]:
    """Return the four numbers for so many steps in time and so many places in each."""
    tokens, apart = steps * space, steps * space**2
    return tokens, tokens**2, apart + space * steps**2, apart


FOLLOWED = tuple(
    whole(f"{name}_followed", f"{hint} The other numbers follow from it.", *counted(steps, space))
    for name, steps, space, hint in (
        ("frames", FRAMES, SPACE, "You cut every frame by itself. How long is a tubelet?"),
        ("overlap", FRAMES - 1, SPACE, "Your tubelets overlap in time."),
        ("square", STEPS, (HIGH // PATCH) ** 2, "You count square frames. They are 48 × 64."),
        ("wide", STEPS, (WIDE // PATCH) ** 2, "You count square frames. They are 48 × 64."),
        ("class", STEPS, SPACE + 1, "You count a class token in each step. There is none here."),
        ("colours", STEPS, 3 * SPACE, "You count each colour. A tubelet holds all three."),
        ("pooled", STEPS // 2, SPACE, "You divide by the frames of a tubelet twice."),
        ("one_side", STEPS, HIGH * WIDE // PATCH, "A patch is 8 pixels high *and* 8 wide."),
        ("sum", STEPS, (HIGH + WIDE) // PATCH, "You add rows and columns. Each row has them all."),
        ("pixels", FRAMES, HIGH * WIDE, "You count pixels. How many lie in a tubelet?"),
        ("one_step", 1, SPACE, "You have one step only. How many steps in time are there?"),
        ("one_place", STEPS, 1, "You have one token a step. How many tubelets has each step?"),
    )
)
WHOLE = (
    *FOLLOWED[:3],
    Mistake(
        "wide_followed",
        "You have 64 places in a step. That is how many pixels a patch has, or the places of a "
        "square frame: how many patches fit in a frame of 48 × 64? The other numbers follow from "
        "it.",
        value=FOLLOWED[3].value,
    ),
    *FOLLOWED[4:],
    whole(
        "last_two_exchanged",
        "Numbers 3 and 4 have changed places: factorised attention comes before the mean.",
        *(TOKENS, JOINT, APART, APART + OVER_TIME),
    ),
    whole(
        "class_joint",
        "Numbers 1 and 2 count a class token. There is none here.",
        *(TOKENS + 1, (TOKENS + 1) ** 2, APART + OVER_TIME, APART),
    ),
    whole(
        "nobody_itself",
        "In all three you leave out that a token looks at itself, too.",
        TOKENS,
        TOKENS * (TOKENS - 1),
        APART + OVER_TIME - 2 * TOKENS,
        TOKENS * (SPACE - 1),
    ),
    whole(
        "pairs_of_colours",
        "Numbers 2 to 4 are three times too large. A token holds all three colours, and is one.",
        *(TOKENS, 3 * JOINT, 3 * (APART + OVER_TIME), 3 * APART),
    ),
    whole(
        "for_one",
        "Numbers 2 to 4 are what *one* token looks at. Count the pairs of all of them.",
        *(TOKENS, TOKENS, SPACE + STEPS, SPACE),
    ),
    whole(
        "each_two_once",
        "Numbers 2 to 4 are halved: A as query and B as key is one pair, B as query and A as key "
        "another.",
        *(TOKENS, JOINT / 2, (APART + OVER_TIME) / 2, APART / 2),
    ),
    whole(
        "each_two_once_others",
        "Numbers 2 to 4 count each two tokens once. A as query and B as key is one pair, B as "
        "query and A as key another, and a token looks at itself, too.",
        TOKENS,
        TOKENS * (TOKENS - 1) // 2,
        (APART + OVER_TIME) // 2 - TOKENS,
        (APART - TOKENS) // 2,
    ),
    whole(
        "each_two_once_itself",
        "Numbers 2 to 4 count each two tokens once. A as query and B as key is one pair, B as "
        "query and A as key another.",
        TOKENS,
        TOKENS * (TOKENS + 1) // 2,
        (APART + OVER_TIME) // 2 + TOKENS,
        (APART + TOKENS) // 2,
    ),
    whole(
        "causal_steps",
        "Numbers 2 and 3 are those of a causal mask over the steps. There is no mask: tokens look "
        "ahead, too.",
        *(TOKENS, SPACE**2 * CAUSAL, APART + SPACE * CAUSAL, APART),
    ),
    whole(
        "second_and_third_exchanged",
        "Numbers 2 and 3 have changed places: joint attention comes before factorised attention.",
        *(TOKENS, APART + OVER_TIME, JOINT, APART),
    ),
    whole(
        "thousands",
        "Your numbers are in thousands. Write them out.",
        *(n / 1000 for n in (TOKENS, JOINT, APART + OVER_TIME, APART)),
    ),
    whole(
        "pairs_in_thousands",
        "Numbers 2 to 4 are in thousands. Write them out.",
        *(TOKENS, *(n / 1000 for n in (JOINT, APART + OVER_TIME, APART))),
    ),
    whole(
        "two_lists",
        "Number 3 lacks the frame, and number 4 is one step's. First each token looks at all of "
        "its step, and there are several steps.",
        *(TOKENS, JOINT, OVER_TIME, SPACE**2),
    ),
)

PAIRS = Predict(
    id="video.pairs",
    title="What does looking through time cost?",
    difficulty=1,
    minutes=10,
    hints=(
        "Draw one step in time as a grid of places, and all steps behind one another. How many "
        "places has the grid, and how many steps are there?",
        "T steps with S places each: T · S tokens. Pairs: tokens that look, times tokens that each "
        "looks at.",
        "T = frames / frames of a tubelet, S = (height / 8) · (width / 8). One token looks at T "
        "· S "
        "tokens, at S and then at T, or at S.",
        "T, S = 20 / ..., (48 / 8) · ...\ntokens = T · S\njoint = tokens · ...\n"
        "factorised = tokens · S + tokens · ...\nframes = tokens · ...",
    ),
    truth=right,
    tolerance=(1e-4, 1e-5, 1e-5, 1e-5),
    mistakes=each_alone_or_together(
        right,
        once(*TOKENS_WRONG),
        once(*JOINT_WRONG),
        once(*FACTORISED_WRONG),
        once(*APART_WRONG),
        whole=WHOLE,
        at_most=2,
    ),
    properties=(
        off(0, right, "How many steps in time do the tubelets make, and how many lie in a step?"),
        off(1, right, "How many tokens look, and at how many does each of them look?"),
        off(
            2,
            right,
            "At how many tokens does one look in its step, and at how many through time? The two "
            "looks come one after the other.",
        ),
        off(3, right, "How many tokens look, and how many are there in one step?"),
    ),
)
