"""How much larger a map is at half the patch. Traps: the class token; tokens for pairs."""

from mmtutor.checks.engine.exercise import Mistake, Predict, Property

SIDE, PATCH = 32, 16


def length(patch: int, class_token: int = 1) -> int:
    """Return how many tokens a picture of `SIDE` pixels gives."""
    return class_token + (SIDE // patch) ** 2


BEFORE, AFTER = length(PATCH), length(PATCH // 2)

COUNT = Predict(
    id="vit.count",
    title="Half the patch: how much more attention?",
    difficulty=1,
    minutes=5,
    hints=(
        "Draw the picture and the cuts, before and after. How many patches are there each time, "
        "and who else sits among the tokens?",
        "tokens = 1 + (side / patch)². A map holds a weight for each pair of tokens: tokens².",
        "Both sides of the picture are cut into side / patch pieces. A map has the shape "
        "(tokens, tokens). The answer is one number: the new map's size divided by the old one's.",
        "before = 1 + (32 / 16) ** 2\nafter = 1 + (32 / ...) ** 2\nfactor = (...) / (...)",
    ),
    truth=lambda: (AFTER / BEFORE) ** 2,
    mistakes=(
        Mistake(
            "no_class_token",
            "That is the factor for the patches alone. Which token is not a patch?",
            value=lambda: (length(PATCH // 2, 0) / length(PATCH, 0)) ** 2,
        ),
        Mistake(
            "class_token_late",
            "You count the class token after the halving, but not before it. When does it join?",
            value=lambda: (AFTER / length(PATCH, 0)) ** 2,
        ),
        Mistake(
            "class_token_early",
            "You count the class token before the halving, but not after it. Does it leave?",
            value=lambda: (length(PATCH // 2, 0) / BEFORE) ** 2,
        ),
        Mistake(
            "one_side",
            "You cut one side of the patch in half and leave the other. How many small patches "
            "does one large one fall into when both sides are halved?",
            value=lambda: ((1 + 8) / BEFORE) ** 2,
        ),
        Mistake(
            "tokens",
            "By so much the *sentence* grows. A map holds a weight for each pair: how does that "
            "number grow with the length?",
            value=lambda: AFTER / BEFORE,
        ),
        Mistake(
            "patches",
            "So many times as many *patches* there are. Two things are left: is every token a "
            "patch, and how many weights does a map of them hold?",
            value=lambda: 4.0,
        ),
        Mistake(
            "twice",
            "The side of a patch is halved, but the cost does not grow by that factor. How many "
            "sides has a patch, and how many tokens does each token look at?",
            value=lambda: 2.0,
        ),
        Mistake(
            "inverse",
            "Your number is less than 1. Do smaller patches make more tokens, or fewer? Which of "
            "the two maps do you divide by?",
            value=lambda: (BEFORE / AFTER) ** 2,
        ),
        Mistake(
            "not_divided",
            "So many weights the new map holds. How many times as many is that?",
            value=lambda: AFTER**2,
        ),
        Mistake(
            "difference",
            "So many weights come *on top*. How many times as many are there?",
            value=lambda: AFTER**2 - BEFORE**2,
        ),
    ),
    properties=(
        Property(
            "Smaller patches make more tokens, so the map must grow: the factor is larger than 1.",
            lambda case, answer: bool(answer.item() > 1),
        ),
    ),
)
