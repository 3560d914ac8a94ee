"""What β weighs beside a mean of squares. Traps: swapped, a root, a square."""

from mmtutor.checks.autoencoders.shared import PIXELS
from mmtutor.checks.engine.exercise import Mistake, Predict

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
    mistakes=(
        Mistake(
            "swapped",
            "You have both numbers, the other way round. Does averaging make the first term small "
            "or large, compared with KL?",
            value=lambda: [1 / PIXELS, float(PIXELS)],
        ),
        Mistake(
            "root",
            "Your numbers are 32 and 1/32: that is the picture's side. How many pixels are summed?",
            value=lambda: [32.0, 1 / 32],
        ),
        Mistake(
            "same",
            "You say that nothing changes. A mean over n numbers is what part of their sum?",
            value=lambda: [1.0, 1.0],
        ),
        Mistake(
            "small_twice",
            "The second is right. Your friend's first term is small, and β = 1 stands beside it: "
            "does that make β count for more, or for less?",
            value=lambda: [1 / PIXELS, 1 / PIXELS],
        ),
        Mistake(
            "same_twice",
            "Your second number makes it worse: what must 1024 · β be, to be 1?",
            value=lambda: [float(PIXELS), float(PIXELS)],
        ),
        Mistake(
            "square",
            "You have divided twice. Only the first term is averaged, and only once.",
            value=lambda: [float(PIXELS) ** 2, 1 / PIXELS**2],
        ),
        Mistake(
            "half",
            "You have a ½ before one of the two errors. Here neither loss has one.",
            value=lambda: [PIXELS / 2, 2 / PIXELS],
        ),
        Mistake(
            "spread",
            "You have divided one of the two errors by 2 s². Here neither loss has an s.",
            value=lambda: [8.0 * PIXELS, 1 / (8 * PIXELS)],
        ),
        Mistake(
            "rounded",
            "Your second number is rounded too far: three digits are asked for, not three "
            "decimals. What is 1/1024 to three digits?",
            value=lambda: [float(PIXELS), 0.001],
        ),
        Mistake(
            "one",
            "The first is right. Your friend took β = 1 and was not happy with it: which β makes "
            "1024 · β equal to 1?",
            value=lambda: [float(PIXELS), 1.0],
        ),
    ),
)
