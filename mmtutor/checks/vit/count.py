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
    tolerance=0.0004,  # two decimals
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
            "It looks as if one side of the patch is cut in half and the other is not. How many "
            "small patches does one large one fall into when both sides are halved?",
            value=lambda: ((1 + 8) / BEFORE) ** 2,
        ),
        Mistake(
            "joins_the_square",
            "It looks as if the class token were added to the *squares*, 256 and 16. It is a "
            "token like the others: what is squared?",
            value=lambda: (16**2 + 1) / (4**2 + 1),
        ),
        Mistake(
            "one_row",
            "It looks as if a picture were one row of patches: 2 before, 4 after. In how many "
            "directions is it cut?",
            value=lambda: ((1 + 4) / (1 + 2)) ** 2,
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
        Mistake(
            "before",
            "So many weights the old map holds. How many times as many does the new one hold?",
            value=lambda: BEFORE**2,
        ),
        Mistake(
            "on_top",
            "So many times as many come *on top*. How many times as many does the new map hold in "
            "all?",
            value=lambda: (AFTER / BEFORE) ** 2 - 1,
        ),
        Mistake(
            "tokens_late",
            "It looks as if you compare tokens, 17 over 4: a map holds pairs of them, and the "
            "class token is missing before the halving.",
            value=lambda: AFTER / length(PATCH, 0),
        ),
        Mistake(
            "tokens_early",
            "It looks as if you compare tokens, 16 over 5: a map holds pairs of them, and the "
            "class token is missing after the halving.",
            value=lambda: length(PATCH // 2, 0) / BEFORE,
        ),
        Mistake(
            "two_class_tokens",
            "It looks as if there were two class tokens, (16 + 2)² over (4 + 2)². How many join "
            "the patches?",
            value=lambda: (length(PATCH // 2, 2) / length(PATCH, 2)) ** 2,
        ),
        Mistake(
            "without_self",
            "That comes out for pairs of *different* tokens, 17 · 16 over 5 · 4, and a token looks "
            "at itself, too. It is also 3.4 · 4: then how many tokens does each of the 17 look at, "
            "and each of the 5?",
            value=lambda: AFTER * (AFTER - 1) / (BEFORE * (BEFORE - 1)),
        ),
        Mistake(
            "once",
            "That comes out if each pair of tokens is counted once, 17 · 18 over 5 · 6. A looks at "
            "B, and B looks at A: two weights. (16² over 5² is near: does the class token leave?)",
            value=lambda: AFTER * (AFTER + 1) / (BEFORE * (BEFORE + 1)),
        ),
        Mistake(
            "cubed",
            "That is the third power of the tokens' ratio. A map has two sides.",
            value=lambda: (AFTER / BEFORE) ** 3,
        ),
        Mistake(
            "squared_twice",
            "That is the fourth power of the tokens' ratio. A map has two sides.",
            value=lambda: (AFTER / BEFORE) ** 4,
        ),
        Mistake(
            "eight",
            "A patch has two sides, and a map has two: halving doubles each. How many factors of 2 "
            "are there, and who else sits among the tokens?",
            value=lambda: 8.0,
        ),
        Mistake(
            "tokens_after",
            "So many tokens there are afterwards. How many weights does a map of them hold, and "
            "how many did the old one?",
            value=lambda: float(AFTER),
        ),
        Mistake(
            "tokens_before",
            "So many tokens there were before. How many weights does a map of them hold, and how "
            "many does the new one?",
            value=lambda: float(BEFORE),
        ),
        Mistake(
            "patches_only_after",
            "That is the size of the new map without its class token, and not yet a factor.",
            value=lambda: float(length(PATCH // 2, 0) ** 2),
        ),
        Mistake(
            "other_patches",
            "That comes out for patches of 8 and 4 pixels. Which two sizes does the card name?",
            value=lambda: (length(4) / length(8)) ** 2,
        ),
    ),
    properties=(
        Property(
            "Smaller patches make more tokens, so the map must grow: the factor is larger than 1.",
            lambda case, answer: bool(answer.item() > 1),
        ),
        Property(
            "Without a class token the factor would be 16. The class token is there before and "
            "after, so it makes the factor smaller; yours is larger. How many tokens are there "
            "each time?",
            lambda case, answer: answer.item() < 16,
        ),
        Property(
            "Every token looks at every other, so the map grows faster than the sentence itself; "
            "yours grows less.",
            lambda case, answer: answer.item() > AFTER / BEFORE,
        ),
        Property(
            "That does not come out exactly. Count the tokens before and after, class token "
            "included, square both numbers and divide, to two decimals.",
            lambda case, answer: abs(answer.item() - (AFTER / BEFORE) ** 2) < 0.005,
        ),
    ),
)
