"""What a look without a word scores. Traps: the box's area for its patches, and the edges."""

from mmtutor.checks.engine.exercise import Mistake, Predict, Property

BOX, SCENE, PATCH = (12, 14, 29, 28), 64, 8
"""Left, top, right, bottom in pixels; the side of a scene and of a patch."""
MIDDLES = [PATCH * i + PATCH / 2 for i in range(SCENE // PATCH)]


def share(across: int, down: int) -> float:
    """Return which share of the patches a block of `across` × `down` patches is."""
    return across * down / (SCENE // PATCH) ** 2


def shares(counts: str) -> float:
    """Return the share that comes out when patches are counted as people do."""
    left, top, right, bottom = BOX

    def number(start: int, end: int) -> int:
        inside = {
            "middle": lambda m: start <= m < end,
            "inclusive": lambda m: start <= m <= end,
            "strict": lambda m: start < m < end,
            "corner": lambda m: start <= m - PATCH / 2 < end,
            "overlap": lambda m: m + PATCH / 2 > start and m - PATCH / 2 < end,
            "whole": lambda m: m - PATCH / 2 >= start and m + PATCH / 2 <= end,
        }
        return sum(map(inside[counts], MIDDLES))

    return share(number(left, right), number(top, bottom))


BLIND = Predict(
    id="crossmodal.blind",
    title="What does a blind look score?",
    difficulty=1,
    minutes=5,
    hints=(
        "Draw the line of the patches' middles along one side: 4, 12, 20, … Which of them lie "
        "between the left and the right edge of the box? Then do the same downwards.",
        "score = patches whose middle lies in the box / all patches. A middle m lies in it if "
        "left ≤ m < right and top ≤ m < bottom.",
        "There are 8 middles across and 8 down. The middles in the box form a block of (number "
        "across) × (number down) patches, out of 8 × 8.",
        "across = how many of 4, 12, 20, 28, … lie in 12 ≤ m < 29\n"
        "down = how many of them lie in 14 ≤ m < 28\n"
        "score = ... * ... / ...",
    ),
    truth=lambda: shares("middle"),
    mistakes=(
        Mistake(
            "area",
            "That is the box's share of the *pixels*. A look hits or misses with its whole patch, "
            "by one point of it: which one?",
            value=lambda: 17 * 14 / SCENE**2,
        ),
        Mistake(
            "overlap",
            "Nine patches of 64: it looks as if every patch counted that the box touches. Which "
            "point of a patch decides, and how many of these lie between 14 and 28?",
            value=lambda: shares("overlap"),
        ),
        Mistake(
            "whole",
            "One patch in 64: it looks as if a patch counted only where it lies in the box whole, "
            "or as if there were one right patch. Which point of a patch decides, and how many of "
            "these points does the box hold?",
            value=lambda: shares("whole"),
        ),
        Mistake(
            "corner",
            "Four patches of 64: it looks as if their top left corners decided (0, 8, 16, …), or "
            "as if the box's area were counted in patches. Where does the middle of the first "
            "patch lie, and which middles does the box hold?",
            value=lambda: shares("corner"),
        ),
        Mistake(
            "inclusive",
            "Six patches of 64: it looks as if a middle on the lower edge of the box counted, or "
            "as if its sides were rounded up to whole patches. Does a box that ends at 28 hold "
            "the 28, and one that begins at 14 the 12?",
            value=lambda: shares("inclusive"),
        ),
        Mistake(
            "inclusive_rounded",
            "It looks as if six patches of 64 counted, and two decimals are too few. Does a box "
            "that ends at 28 hold the 28, and one that begins at 14 the 12?",
            value=lambda: 0.09,
        ),
        Mistake(
            "strict",
            "Two patches of 64: it looks as if a middle were left out, or the box's sides rounded "
            "to whole patches. Does a box that begins at 12 hold the 12, and one that ends at 29 "
            "the 28?",
            value=lambda: shares("strict"),
        ),
        Mistake(
            "strict_rounded",
            "It looks as if two patches of 64 counted, and two decimals are too few. Does a box "
            "that begins at 12 hold the 12, and one that ends at 29 the 28?",
            value=lambda: 0.03,
        ),
        Mistake(
            "sizes",
            "It looks as if 29 and 28 were the box's width and height, or as if there were 16 "
            "patches. What do the third and the fourth number of a box say, and how many patches "
            "has the scene?",
            value=lambda: share(4, 3),
        ),
        Mistake(
            "across",
            "Three in eight: it looks as if that were the share of the *columns*. A look must also "
            "hit the right row: how often do both happen?",
            value=lambda: 3 / 8,
        ),
        Mistake(
            "down",
            "One in eight: it looks as if that were the share of the *rows*. A look must also hit "
            "the right column: how often do both happen?",
            value=lambda: 1 / 8,
        ),
        Mistake(
            "added",
            "It looks as if you added the share of the columns and that of the rows, or took a hit "
            "and a miss for equally likely. A look must hit both: how do such chances join?",
            value=lambda: 3 / 8 + 1 / 8,
        ),
        Mistake(
            "cut_short",
            "It looks as if the number were cut off after two decimals. Give three, and round.",
            value=lambda: 0.04,
        ),
        Mistake(
            "whole_rounded",
            "It looks as if one patch of 64 counted, and two decimals are too few. Which point of "
            "a patch decides, and how many of these points does the box hold?",
            value=lambda: 0.02,
        ),
        Mistake(
            "whole_rounded_less",
            "It looks as if one patch of 64 counted. Which point of a patch decides, and how many "
            "of these points does the box hold?",
            value=lambda: 0.016,
        ),
        Mistake(
            "sizes_rounded",
            "It looks as if 29 and 28 were the box's width and height, or as if there were 16 "
            "patches; and two decimals are too few. What do the third and the fourth number of a "
            "box say, and how many patches has the scene?",
            value=lambda: 0.19,
        ),
        Mistake(
            "across_rounded",
            "It looks as if that were the share of the *columns*. A look must also hit the right "
            "row: how often do both happen?",
            value=lambda: 0.38,
        ),
        Mistake(
            "point_right",
            "The decimal point is off: a zero behind it got lost.",
            value=lambda: 10 * shares("middle"),
        ),
        Mistake(
            "point_left",
            "The decimal point is off: there is a zero too many behind it.",
            value=lambda: shares("middle") / 10,
        ),
        Mistake(
            "among_touched",
            "One in three: it looks as if a look could fall only on patches that the box touches, "
            "or on three. Among how many patches does a blind look choose?",
            value=lambda: 3 / 9,
        ),
        Mistake(
            "none",
            "Not one? Write down the middles across, 4, 12, 20, …, and mark those between 12 and "
            "29. Then do the same downwards.",
            value=lambda: 0.0,
        ),
        Mistake(
            "answers",
            "That is how often a blind *answer* is right in the lesson. Here nothing is answered: "
            "on how many of the patches would a look be a hit?",
            value=lambda: 0.5 / 5 + 0.5 / 3,
        ),
        Mistake(
            "area_rounded",
            "It looks as if the box's area were compared with the scene's, or as if four patches "
            "counted; and two decimals are too few. By which one point does a look hit with its "
            "whole patch?",
            value=lambda: 0.06,
        ),
        Mistake(
            "lesson",
            "That is what the boxes of the lesson's scenes come to on average, or a number that is "
            "rounded to two decimals. How many middles lie in *this* box?",
            value=lambda: 0.0499,
        ),
        Mistake(
            "area_without_edges",
            "That is a share of the *pixels*, with the edges of the box left out. By which one "
            "point does a look hit with its whole patch?",
            value=lambda: 16 * 13 / SCENE**2,
        ),
        Mistake(
            "area_with_edges",
            "That is a share of the *pixels*, with all edges counted in. By which one point does a "
            "look hit with its whole patch?",
            value=lambda: 18 * 15 / SCENE**2,
        ),
        Mistake(
            "cut_off",
            "You cut the number off after three decimals. What is the fourth, and does it round "
            "up?",
            value=lambda: 0.046,
        ),
        Mistake(
            "one_less",
            "You divide by one patch too few. How many patches has a scene of 8 × 8?",
            value=lambda: 3 / 63,
        ),
        Mistake(
            "seven",
            "It looks as if a side had seven patches. How often do 8 pixels fit into 64?",
            value=lambda: 3 / 49,
        ),
        Mistake(
            "patches_by_pixels_rounded",
            "So small a number comes out if patches are divided by the number of *pixels*. Out of "
            "how many patches are they?",
            value=lambda: 0.0007,
        ),
        Mistake(
            "patches_by_pixels_one_digit",
            "A thousandth comes out if patches are divided by the number of *pixels*, and rounded. "
            "Out of how many patches are they?",
            value=lambda: 0.001,
        ),
        Mistake(
            "patches_by_pixels",
            "You divide a number of patches by the number of *pixels*. Out of how many patches are "
            "they?",
            value=lambda: 3 / SCENE**2,
        ),
        Mistake(
            "one_pixel",
            "That is one out of the pixels of the box. Out of what may a look choose, and which of "
            "these are hits?",
            value=lambda: 1 / (17 * 14),
        ),
        Mistake(
            "count",
            "So many patches have their middle in the box. Out of how many?",
            value=lambda: 3.0,
        ),
        Mistake(
            "percent",
            "That looks like a percentage. Give the score as a share of 1.",
            value=lambda: 100 * shares("middle"),
        ),
        Mistake(
            "inverse",
            "One look in so many hits. What share of the looks is that?",
            value=lambda: 1 / shares("middle"),
        ),
    ),
    properties=(
        Property(
            "A share lies between 0 and 1.", lambda case, answer: bool(0 <= answer.item() <= 1)
        ),
    ),
)
