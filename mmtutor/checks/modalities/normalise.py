"""Normalise pictures. Traps: statistics of the test pictures, two scales, channels viewed."""

from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    SHIFT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
)
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.modalities.shared import either

Statistics = tuple[Tensor, Tensor]
CHANNEL = (0, 1, 2)
"""Over these axes runs a mean that leaves one number for each channel."""


def normalise(training: Tensor, pictures: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: (x − mean) / deviation, both of the training set, channels before the pixels."""
    mean, deviation = statistics(training.double(), pictures.double(), wrong)
    x = pictures.double()
    if "pictures_in_shares" in wrong:
        x = x / 255
    if "statistics_in_shares" in wrong:
        mean, deviation = mean / 255, deviation / 255
    ways: dict[str, Callable[[], Tensor]] = {
        "wrapped": lambda: (x - mean.floor()) % 256 / deviation,
        "variance": lambda: (x - mean) / deviation.square(),
        "root": lambda: (x - mean) / deviation.sqrt(),
        "only_centred": lambda: x - mean,
        "only_divided": lambda: x / deviation,
        "multiplied": lambda: (x - mean) * deviation,
        "order": lambda: x / deviation - mean,
        "no_brackets": lambda: x - mean / deviation,
        "added": lambda: (x + mean) / deviation,
        "sign": lambda: (mean - x) / deviation,
        "shares_only": lambda: x / 255,
        "minus_one_to_one": lambda: x / 127.5 - 1,
        "constants": lambda: (x / 255 - 0.5) / 0.25,
    }
    z = either(ways, wrong, lambda: (x - mean) / deviation)
    return laid_out(z, wrong).float()


def statistics(training: Tensor, pictures: Tensor, wrong: Wrong) -> Statistics:
    """Return means and deviations, of what and over what the mistake says."""
    divisor = int("unbiased" in wrong)
    both = torch.cat([training, pictures])
    ways: dict[str, Callable[[], Statistics]] = {
        "of_the_pictures": lambda: measured(pictures, CHANNEL, divisor),
        "of_both": lambda: measured(both, CHANNEL, divisor),
        "of_each_picture": lambda: measured(pictures, (1, 2), divisor),
        "of_each_whole_picture": lambda: measured(pictures, (1, 2, 3), divisor),
        "own_deviation": lambda: (
            measured(training, CHANNEL, divisor)[0],
            measured(pictures, CHANNEL, divisor)[1],
        ),
        "own_mean": lambda: (
            measured(pictures, CHANNEL, divisor)[0],
            measured(training, CHANNEL, divisor)[1],
        ),
        "over_channels": lambda: measured(training, (0, 1, 2, 3), divisor),
        "of_each_place": lambda: measured(training, (0,), divisor),
        "of_each_pixel": lambda: measured(training, (0, 3), divisor),
        "of_each_column": lambda: measured(training, (0, 1, 3), divisor),
        "first_picture": lambda: measured(training[:1], CHANNEL, divisor),
        "mean_of_deviations": lambda: (
            training.mean(CHANNEL),
            training.std((1, 2), correction=divisor).mean(0),
        ),
        "deviation_of_means": lambda: (
            training.mean(CHANNEL),
            training.mean((1, 2)).std(0, correction=divisor),
        ),
        "range": lambda: (
            training.amin(CHANNEL),
            (training.amax(CHANNEL) - training.amin(CHANNEL)).clamp(min=1),
        ),
        "absolute": lambda: (
            training.mean(CHANNEL),
            (training - training.mean(CHANNEL)).abs().mean(CHANNEL),
        ),
        "imagenet": lambda: (
            torch.tensor([0.485, 0.456, 0.406]).double()[: training.shape[-1]] * 255,
            torch.tensor([0.229, 0.224, 0.225]).double()[: training.shape[-1]] * 255,
        ),
        "exchanged": lambda: measured(training.flip(-1), CHANNEL, divisor),
    }
    return either(ways, wrong, lambda: measured(training, CHANNEL, divisor))


def measured(x: Tensor, axes: tuple[int, ...], divisor: int) -> Statistics:
    """Return mean and deviation over some axes, which stay as axes of size 1."""
    return x.mean(axes, keepdim=True), x.std(axes, keepdim=True, correction=divisor)


def laid_out(z: Tensor, wrong: Wrong) -> Tensor:
    """Return (picture, channel, height, width), or what is taken for it."""
    pictures, height, width, channels = z.shape
    ways: dict[str, Callable[[], Tensor]] = {
        "channels_last": lambda: z,
        "viewed": lambda: z.reshape(pictures, channels, height, width),
        "sides_swapped": lambda: z.permute(0, 3, 2, 1),
        "blue_first": lambda: z.permute(0, 3, 1, 2).flip(1),
        "upside_down": lambda: z.permute(0, 3, 1, 2).flip(2),
        "channels_first_of_all": lambda: z.permute(3, 0, 1, 2),
    }
    return either(ways, wrong, lambda: z.permute(0, 3, 1, 2))


def normalise_cases() -> list[Case]:
    def case(train: int, test: int, sides: tuple[int, int], channels: int, seed: int) -> Case:
        dice = torch.Generator().manual_seed(seed + SHIFT.get())

        def drawn(many: int, low: int, high: int) -> Tensor:
            size = (many, *sides, channels)
            return torch.randint(low, high, size, generator=dice, dtype=torch.uint8)

        return Case(training=drawn(train, 0, 200), pictures=drawn(test, 60, 256))

    same = case(4, 2, (3, 5), 3, seed=30)
    return [
        case(3, 2, (2, 4), 3, seed=10),
        Case(training=same["training"], pictures=same["training"].clone()),
        case(5, 1, (3, 2), 3, seed=40),
        dim(case(4, 6, (5, 3), 3, seed=50)),
        case(1, 3, (4, 5), 3, seed=60),
        case(6, 3, (1, 5), 3, seed=70),
        case(5, 4, (6, 1), 3, seed=80),
        case(4, 5, (2, 3), 1, seed=90),
        case(7, 3, (4, 4), 3, seed=100),  # square: swapped sides keep the shape
    ]


def dim(case: Case) -> Case:
    """Make the training pictures nearly black, and one test picture white."""
    case["training"] = case["training"] % 3
    case["training"][0, 0] = torch.tensor([[0, 1, 2], [1, 2, 0], [2, 0, 1]], dtype=torch.uint8)
    case["pictures"][1] = 255
    case["pictures"][2] = 0
    return case


def is_itself(case: Case) -> bool:
    """Say whether the pictures are the training set."""
    return torch.equal(case["training"], case["pictures"])


def has_mean_zero(output: Tensor) -> bool:
    """Say whether each channel has mean 0."""
    return bool((output.double().mean((0, 2, 3)).abs() < 1e-3).all())


def has_deviation_one(output: Tensor) -> bool:
    """Say whether each channel has deviation 1, in either convention."""
    of_all, unbiased = (output.double().std((0, 2, 3), correction=one) for one in (0, 1))
    return bool(((of_all < 1.001) & (unbiased > 0.999)).all())


def keeps_pixels_together(case: Case, output: Tensor) -> bool:
    """Say whether in a channel brighter pixels stay brighter, place by place."""
    x = case["pictures"].permute(0, 3, 1, 2).double()
    z = output.double()
    if z.shape != x.shape:
        return True
    flat = [t.transpose(0, 1).flatten(1) for t in (x, z)]
    order = [(a[:, :, None] - a[:, None]).sign() for a in flat]
    order[1][(flat[1][:, :, None] - flat[1][:, None]).abs() < 1e-6] = 0
    return torch.equal(*order)


def is_right(case: Case, output: Tensor) -> bool:
    """Say whether the output is right, in either convention."""
    rights = (normalise(*case.values(), wrong=frozenset(w)) for w in ((), ("unbiased",)))
    return any(agree(torch.as_tensor(output), right) for right in rights)


NORMALISE = Implement(
    id="modalities.normalise",
    title="Normalise with what the training set has",
    difficulty=1,
    minutes=10,
    hints=(
        "Two things are to be done: numbers and layout. For the numbers: whose mean does a model "
        "know when a single new picture comes along?",
        "z = (x − mean_c) / deviation_c, with one mean and one deviation for each channel c, over "
        "all pixels of all *training* pictures. Then channels go before height and width.",
        "training (t, height, width, c) → mean over axes 0, 1, 2 → (c,). pictures (n, height, "
        "width, c) − (c,) fits as it is; at the end (n, height, width, c) → (n, c, height, width).",
        "seen = training.float()\nmean = seen.mean(dim=(0, 1, 2))\ndeviation = seen.std(dim=...)\n"
        "x = (pictures.float() - ...) / ...\nreturn x.permute(...)",
    ),
    reference=normalise,
    cases=normalise_cases,
    conventions=("unbiased",),
    mistakes=(
        Mistake(
            "of_the_pictures",
            "Mean and deviation are those of the *new pictures*, so the same picture becomes "
            "something else in other company. Which of the two sets did the model learn from?",
            "whose over",
        ),
        Mistake(
            "of_both",
            "Mean and deviation are those of both sets together. What may the model know of "
            "pictures that it has not learnt from?",
            "whose over",
        ),
        Mistake(
            "of_each_picture",
            "Each picture is normalised by its own mean and deviation: a dark one and a bright one "
            "look alike afterwards. Whose numbers does the card ask for?",
            "whose over",
        ),
        Mistake(
            "of_each_whole_picture",
            "Each picture is normalised by its own mean and deviation, all channels together. "
            "Whose numbers does the card ask for, and how many of each?",
            "whose over",
        ),
        Mistake(
            "own_deviation",
            "The mean is the training set's, the deviation that of the new pictures. Whose should "
            "both be?",
            "whose over step",
        ),
        Mistake(
            "own_mean",
            "The deviation is the training set's, the mean that of the new pictures. Whose should "
            "both be?",
            "whose over step",
        ),
        Mistake(
            "over_channels",
            "There is one mean and one deviation for all channels together. How many does the card "
            "ask for?",
            "whose over",
        ),
        Mistake(
            "of_each_place",
            "Every place in the picture has a mean and a deviation of its own. Over which axes "
            "should they run, so that one number for each channel is left?",
            "whose over unit step",
        ),
        Mistake(
            "of_each_pixel",
            "Every place has a mean and a deviation, and the channels share them. Over which axes "
            "should they run, so that one number for each channel is left?",
            "whose over unit step",
        ),
        Mistake(
            "of_each_column",
            "Every column of the picture has a mean and a deviation of its own, for all channels "
            "together. Were the axes counted after the channels had been moved?",
            "whose over unit step",
        ),
        Mistake(
            "first_picture",
            "Mean and deviation are those of the first training picture alone. How many are there?",
            "whose over",
        ),
        Mistake(
            "mean_of_deviations",
            "You average the deviations of the single training pictures, which leaves out how far "
            "these differ from each other. All pixels of all of them count together.",
            "whose over unit step",
        ),
        Mistake(
            "deviation_of_means",
            "You take the deviation of the training pictures' *means*, which leaves out how far "
            "the pixels of one picture differ. All pixels of all of them count together.",
            "whose over unit step",
        ),
        Mistake(
            "range",
            "You subtract the smallest value and divide by the range, so that the training set "
            "lies between 0 and 1. The card asks for mean and standard deviation.",
            "whose over unit step",
        ),
        Mistake(
            "absolute",
            "You divide by the mean *absolute* distance from the mean. The standard deviation is "
            "the root of the mean squared distance.",
            "whose over unit step",
        ),
        Mistake(
            "imagenet",
            "Those are mean and deviation of ImageNet, another set. Which set has the model "
            "learnt from here?",
            "whose over unit step",
        ),
        Mistake(
            "exchanged",
            "The channels' means and deviations stand in the other order: the blue one's goes to "
            "the red one. Were channels turned round in one place and not in the other?",
            "whose over unit step",
        ),
        Mistake(
            "pictures_in_shares",
            "The pictures are divided by 255 and the statistics are not: a mean of about 100 is "
            "taken from numbers up to 1. Do both count in the same unit?",
            "unit step",
        ),
        Mistake(
            "statistics_in_shares",
            "The training set is divided by 255 and the pictures are not: a mean below 1 is taken "
            "from numbers up to 255. Do both count in the same unit?",
            "unit step",
        ),
        Mistake(
            "wrapped",
            "The mean is a whole number and is taken away in `uint8`, where nothing is below 0: "
            "3 − 5 is 254. When do the numbers become decimals?",
            "unit step",
        ),
        Mistake(
            "variance",
            "You divide by the variance. Its root is the standard deviation.",
            "unit step",
        ),
        Mistake(
            "root",
            "You divide by the root of the deviation. `std` has taken the root already.",
            "unit step",
        ),
        Mistake(
            "only_centred",
            "The mean is taken away; the division by the deviation is missing.",
            "unit step",
        ),
        Mistake(
            "only_divided",
            "You divide by the deviation; the mean is not taken away.",
            "unit step",
        ),
        Mistake(
            "multiplied",
            "You multiply by the deviation. What makes a wide spread narrow?",
            "unit step",
        ),
        Mistake(
            "order",
            "You divide first and take the mean away afterwards, in another unit. Where do the "
            "brackets belong?",
            "unit step",
        ),
        Mistake(
            "no_brackets",
            "Only the *mean* is divided by the deviation: `a - b / c` divides first. Where do the "
            "brackets belong?",
            "unit step",
        ),
        Mistake("added", "You *add* the mean. Where should the middle come to lie?", "unit step"),
        Mistake(
            "sign",
            "Bright pixels come out low: the picture is taken from the mean. Which from which?",
            "unit step",
        ),
        Mistake(
            "shares_only",
            "The pictures are divided by 255, and that is all. What does the training set have to "
            "say?",
            "whose over unit step",
        ),
        Mistake(
            "minus_one_to_one",
            "The pictures are brought to −1 … 1, whatever the training set looks like. Which mean "
            "and which deviation does the card ask for?",
            "whose over unit step",
        ),
        Mistake(
            "constants",
            "Mean and deviation are 0.5 and 0.25 (of shares of 255), whatever the training set "
            "looks like. Whose does the card ask for?",
            "whose over unit step",
        ),
        Mistake(
            "channels_last",
            "The channels still stand last. Where does the card want them?",
            "layout",
        ),
        Mistake(
            "viewed",
            "The shape is right and the numbers stand in the wrong places: `view` and `reshape` "
            "only cut the row of numbers anew. What moves an axis?",
            "layout",
        ),
        Mistake(
            "sides_swapped",
            "The pictures lie on their sides: height and width have changed places, too. In which "
            "order do the axes come out?",
            "layout",
        ),
        Mistake(
            "blue_first",
            "The channels come out in the other order, blue first. Should their order change?",
            "layout",
        ),
        Mistake("upside_down", "The pictures stand on their heads. Is a side flipped?", "layout"),
        Mistake(
            "channels_first_of_all",
            "The channels stand before the pictures. Which axis comes first?",
            "layout",
        ),
    ),
    properties=(
        Property(
            "In one channel a brighter pixel should come out higher, whichever picture it is in, "
            "and at its own place. Yours does not: is something done to each picture or place by "
            "itself, has a pixel moved, is what is far out cut off, or did whole numbers wrap "
            "round (in `uint8` 3 − 5 is 254)?",
            keeps_pixels_together,
        ),
        Property(
            "Where the pictures *are* the training set, each channel should come out with mean 0. "
            "Yours has another mean: what is taken away, and when?",
            lambda case, output: not is_itself(case) or has_mean_zero(output),
        ),
        Property(
            "Where the pictures *are* the training set, each channel comes out with mean 0, as it "
            "should, but not with standard deviation 1. By what is it divided?",
            lambda case, output: not is_itself(case) or has_deviation_one(output),
        ),
        Property(
            "Where the pictures are the training set, mean and deviation come out as they should; "
            "where they are others, the numbers are not right. Whose mean and deviation are used, "
            "and are they the same for all pictures?",
            is_right,
        ),
    ),
)
