"""What β weighs beside a mean of squares. Traps: swapped, a root, a square."""

import math

from mmtutor.checks.autoencoders.shared import PIXELS
from mmtutor.checks.engine.exercise import Mistake, Predict
from mmtutor.checks.engine.places import each_alone_or_together

FIRST = [
    Mistake(
        "first_small",
        "Your first number is small. Your friend's error is a mean, so it is small, and β = 1 "
        "stands "
        "beside it: does that make β count for more, or for less?",
        value=lambda: 1 / PIXELS,
    ),
    Mistake(
        "first_same",
        "Your first number is the β that your friend typed in. Multiply the friend's loss until "
        "its "
        "first term is a sum: what stands before KL then?",
        value=lambda: 1.0,
    ),
    Mistake(
        "first_root",
        "Your first number is the picture's side. How many pixels are averaged?",
        value=lambda: 32.0,
    ),
    Mistake(
        "first_rounded",
        "Your first number is rounded: how many pixels exactly are averaged?",
        value=lambda: 1000.0,
    ),
    Mistake(
        "first_half",
        "Your first number has a ½ before one of the two errors. Here neither loss has one.",
        value=lambda: PIXELS / 2,
    ),
    Mistake(
        "first_double",
        "Your first number has a factor of 2, as from a ½ before one of the errors. Here neither "
        "loss has one.",
        value=lambda: 2.0 * PIXELS,
    ),
    Mistake(
        "first_spread",
        "Your first number has one of the two errors divided by 2 s². Here neither loss has an s.",
        value=lambda: 8.0 * PIXELS,
    ),
    Mistake(
        "first_words",
        "Your first number counts the words of the caption, too. What does your friend draw?",
        value=lambda: PIXELS + 59.0,
    ),
    Mistake(
        "first_colours",
        "Your first number counts three colours. How many numbers has a picture of this friend's?",
        value=lambda: 3.0 * PIXELS,
    ),
    Mistake(
        "first_one_less",
        "Your first number is one off. Over how many pixels is the mean?",
        value=lambda: PIXELS - 1.0,
    ),
    Mistake(
        "first_one_more",
        "Your first number is one too large. Over how many pixels is the mean, and is the factor "
        "added or multiplied?",
        value=lambda: PIXELS + 1.0,
    ),
    Mistake(
        "first_comma",
        "Your first number is a little more than 1. The comma in 1,024 parts the thousands: how "
        "many pixels are that?",
        value=lambda: PIXELS / 1000,
    ),
]
SECOND = [
    Mistake(
        "second_large",
        "Your second number makes it worse: what must 1024 · β be, to be 1?",
        value=lambda: float(PIXELS),
    ),
    Mistake(
        "second_one",
        "Your second number is the β that your friend was not happy with: which β makes 1024 · β "
        "equal to 1?",
        value=lambda: 1.0,
    ),
    Mistake(
        "second_root",
        "Your second number is one over the picture's side. How many pixels are averaged?",
        value=lambda: 1 / 32,
    ),
    Mistake(
        "second_decimals",
        "Your second number is rounded too far: three digits are asked for, not three decimals. "
        "What is 1/1024 to three digits?",
        value=lambda: 0.001,
    ),
    Mistake(
        "second_two_digits",
        "Your second number has two significant digits, and three are asked for. (Zeros at the "
        "front do not count.)",
        value=lambda: 0.00098,
    ),
    Mistake(
        "second_cut",
        "Your second number is cut off after two significant digits. Three are asked for, rounded.",
        value=lambda: 0.00097,
    ),
    Mistake(
        "second_one_digit_more",
        "Your second number has a zero too few behind the point. What is 1/1024?",
        value=lambda: 0.00977,
    ),
    Mistake(
        "second_percent",
        "Your second number is in percent. β is a factor: write it as such.",
        value=lambda: 100 / PIXELS,
    ),
    Mistake(
        "second_comma",
        "Your second number is a thousand times too large. The comma in 1,024 parts the thousands: "
        "what is one over that number?",
        value=lambda: 1000 / PIXELS,
    ),
    Mistake(
        "second_exponent",
        "Your second number has lost the minus of its exponent, it seems: e4 makes it larger, e-4 "
        "smaller. What must 1024 · β be, to be 1?",
        value=lambda: 1e8 / PIXELS,
    ),
    Mistake(
        "second_double",
        "Your second number has a factor of 2, as from a ½ before one of the errors. Here neither "
        "loss has one.",
        value=lambda: 2 / PIXELS,
    ),
    Mistake(
        "second_half",
        "Your second number has a ½ before one of the two errors. Here neither loss has one.",
        value=lambda: 0.5 / PIXELS,
    ),
    Mistake(
        "second_spread",
        "Your second number has one of the two errors divided by 2 s². Here neither loss has an s.",
        value=lambda: 1 / (8 * PIXELS),
    ),
    Mistake(
        "second_negative",
        "Your second number is negative: then the furthest from the prior would be the best.",
        value=lambda: -1 / PIXELS,
    ),
    Mistake(
        "second_minus_large",
        "Your second number is negative, and large: then the furthest from the prior would be the "
        "best. What must 1024 · β be, to be 1?",
        value=lambda: -float(PIXELS),
    ),
    Mistake(
        "second_one_less",
        "Your second number is one over one pixel less. Over how many pixels is the mean?",
        value=lambda: 1 / (PIXELS - 1),
    ),
    Mistake(
        "second_colours",
        "Your second number counts three colours. How many numbers has a picture of this friend's?",
        value=lambda: 1 / (3 * PIXELS),
    ),
    Mistake(
        "second_zero",
        "Your second number is rounded to nothing: with β = 0 there is no KL at all.",
        value=lambda: 0.0,
    ),
]


WHOLE = (
    Mistake(
        "swapped",
        "You have both numbers, the other way round. Does averaging make the first term small "
        "or large, compared with KL?",
        value=lambda: [1 / PIXELS, float(PIXELS)],
    ),
    Mistake(
        "same",
        "You say that nothing changes. A mean over n numbers is what part of their sum?",
        value=lambda: [1.0, 1.0],
    ),
    Mistake(
        "root",
        "Your numbers are 32 and 1/32: that is the picture's side. How many pixels are summed?",
        value=lambda: [32.0, 1 / 32],
    ),
    Mistake(
        "square",
        "The 1,024 comes in twice in your numbers. Only the first term is averaged, and only once.",
        value=lambda: [float(PIXELS) ** 2, 1 / PIXELS**2],
    ),
    Mistake(
        "logarithms",
        "You have taken logarithms. Which factor makes one loss of the other?",
        value=lambda: [math.log(PIXELS), -math.log(PIXELS)],
    ),
)

BETA = Predict(
    id="autoencoders.beta",
    title="What does β weigh?",
    difficulty=2,
    minutes=5,
    hints=(
        "Write both losses down, one under the other. By which factor do their first terms differ? "
        "Multiply the whole second loss by it: minimising is not changed by a factor.",
        "mean = sum / n. L_mean = E/n + β KL = (E + n β KL)/n.",
        "Two numbers: the factor of the KL term in the bracket above, for β = 1; then the β that "
        "brings it back to 1.",
        "[n * ..., 1 / ...]",
    ),
    truth=lambda: [float(PIXELS), 1 / PIXELS],
    tolerance=0.0008,
    mistakes=each_alone_or_together(
        lambda: [float(PIXELS), 1 / PIXELS], FIRST, SECOND, whole=WHOLE
    ),
)
