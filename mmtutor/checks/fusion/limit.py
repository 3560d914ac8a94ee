"""The best accuracy that can be had. Traps: lucky guesses, and pairs that the other side saves."""

from mmtutor.checks.engine.exercise import Mistake, Predict, Property

NO_PICTURE, NO_SOUND, LABELS = 0.4, 0.2, 10


def lucky(known: float, labels: int = LABELS) -> float:
    """Return the accuracy of reading a share of the pairs and guessing in the rest."""
    return known + (1 - known) / labels


PICTURE_READ, SOUND_READ = 1 - NO_PICTURE, 1 - NO_SOUND
EITHER_READ = 1 - NO_PICTURE * NO_SOUND
RESCUED_BY_LOST = SOUND_READ + NO_SOUND * NO_PICTURE
"""0.88: where the sound is lost, the *lost* pictures taken for those that help."""
BY_PICTURE, BY_SOUND, BY_BOTH = lucky(PICTURE_READ), lucky(SOUND_READ), lucky(EITHER_READ)

LIMIT = Predict(
    id="fusion.limit",
    title="How good can anybody be?",
    difficulty=1,
    minutes=5,
    hints=(
        "Take 1,000 pairs. In how many can the picture be read? And in the others: is every guess "
        "wrong?",
        "accuracy = P(read) + P(not read) · 1/10. With both, nothing can be read only where the "
        "picture *and* the sound are lost.",
        "Two numbers between 0 and 1: first with the picture alone, then with both. Independent "
        "chances are multiplied.",
        "alone = 0.6 + ... * ...\nneither = ... * ...\nboth = (1 - neither) + ... * ...",
    ),
    truth=lambda: [BY_PICTURE, BY_BOTH],
    tolerance=0.005,
    mistakes=(
        Mistake(
            "no_luck",
            "Those are the shares of the pairs that can be read. What does a guess among ten "
            "labels add in the rest?",
            value=lambda: [PICTURE_READ, EITHER_READ],
        ),
        Mistake(
            "no_luck_with_both",
            "In your second number nobody guesses where both are lost. How often is a guess right?",
            value=lambda: [BY_PICTURE, EITHER_READ],
        ),
        Mistake(
            "no_luck_alone",
            "In your first number nobody guesses where the picture is lost. How often is a guess "
            "right?",
            value=lambda: [PICTURE_READ, BY_BOTH],
        ),
        Mistake(
            "product",
            "Your second number asks that picture *and* sound can be read. Both show the same "
            "digit: how many of them must be read?",
            value=lambda: [BY_PICTURE, lucky(PICTURE_READ * SOUND_READ)],
        ),
        Mistake(
            "product_no_luck",
            "Your second number asks that picture *and* sound can be read, and nobody guesses. "
            "Both show the same digit: how many must be read, and what if none can?",
            value=lambda: [PICTURE_READ, PICTURE_READ * SOUND_READ],
        ),
        Mistake(
            "product_no_guess",
            "Your second number asks that picture *and* sound can be read, and then nobody "
            "guesses. Both show the same digit: how many must be read, and what if none can?",
            value=lambda: [BY_PICTURE, PICTURE_READ * SOUND_READ],
        ),
        Mistake(
            "product_of_accuracies",
            "Your second number is the product of two accuracies: it asks that both be right. "
            "Both show the same digit: how many of them must be read?",
            value=lambda: [BY_PICTURE, BY_PICTURE * BY_SOUND],
        ),
        Mistake(
            "mean",
            "Your second number is the mean of the two alone. Where the picture is lost, does the "
            "sound tell nothing?",
            value=lambda: [BY_PICTURE, (BY_PICTURE + BY_SOUND) / 2],
        ),
        Mistake(
            "better",
            "Your second number is what the sound reaches alone, as if the sound were lost only "
            "where the picture is. They are lost independently: how often are both?",
            value=lambda: [BY_PICTURE, BY_SOUND],
        ),
        Mistake(
            "better_no_luck",
            "Your second number is the share in which the *sound* can be read. Where it is lost, "
            "can the picture help? And if not, is every guess wrong?",
            value=lambda: [PICTURE_READ, SOUND_READ],
        ),
        Mistake(
            "mean_no_luck",
            "Your second number is the mean of the two shares that can be read. Where one is lost, "
            "does the other tell nothing? And if both are, is every guess wrong?",
            value=lambda: [PICTURE_READ, (PICTURE_READ + SOUND_READ) / 2],
        ),
        Mistake(
            "two_guesses",
            "Your second number combines the two accuracies, lucky guesses included, as if one "
            "could guess twice and know which guess is right. When does anybody have to guess?",
            value=lambda: [BY_PICTURE, 1 - (1 - BY_PICTURE) * (1 - BY_SOUND)],
        ),
        Mistake(
            "losses_added",
            "You add the two losses. Where the picture is lost, how often is the sound lost, too?",
            value=lambda: [BY_PICTURE, lucky(1 - NO_PICTURE - NO_SOUND)],
        ),
        Mistake(
            "rescued_by_lost",
            "Your second number counts 80 % + 20 % · 40 % as read (or 1 − 60 % · 20 %), and nobody "
            "guesses. Where the sound is lost, in how many pairs does the picture help, and what "
            "is left to do in the others?",
            value=lambda: [BY_PICTURE, RESCUED_BY_LOST],
        ),
        Mistake(
            "rescued_by_lost_no_luck",
            "Nobody guesses in your numbers, and the second counts 80 % + 20 % · 40 % as read (or "
            "1 − 60 % · 20 %). Where the sound is lost, in how many pairs does the picture help?",
            value=lambda: [PICTURE_READ, RESCUED_BY_LOST],
        ),
        Mistake(
            "rescued_by_lost_with_luck",
            "In your second number somebody has to guess in 60 % · 20 % of the pairs. Nothing can "
            "be read only where both are *lost*: which two chances are multiplied?",
            value=lambda: [BY_PICTURE, lucky(RESCUED_BY_LOST)],
        ),
        Mistake(
            "swapped",
            "Your first number is what the *sound* reaches alone. Which of the two is lost in "
            "40 %?",
            value=lambda: [BY_SOUND, BY_BOTH],
        ),
        Mistake(
            "other_order",
            "The numbers stand in the other order. Which is asked for first?",
            value=lambda: [BY_BOTH, BY_PICTURE],
        ),
        Mistake(
            "coin",
            "You guess as with a coin. Among how many labels does one guess?",
            value=lambda: [lucky(PICTURE_READ, 2), lucky(EITHER_READ, 2)],
        ),
        Mistake(
            "ninth",
            "One in nine guesses is right in your numbers. Among how many labels does one guess "
            "who knows nothing?",
            value=lambda: [lucky(PICTURE_READ, 9), lucky(EITHER_READ, 9)],
        ),
        Mistake(
            "hundredth",
            "One in a hundred guesses is right in your numbers. The rule is redundant: how many "
            "pairs of digits occur?",
            value=lambda: [lucky(PICTURE_READ, 100), lucky(EITHER_READ, 100)],
        ),
        Mistake(
            "tenth_of_all",
            "You add a whole tenth. In which part of the pairs does anybody have to guess?",
            value=lambda: [PICTURE_READ + 1 / LABELS, EITHER_READ + 1 / LABELS],
        ),
        Mistake(
            "lost_for_read",
            "You take the shares that are *lost* for those that can be read. What does 40 % say?",
            value=lambda: [lucky(NO_PICTURE), lucky(1 - PICTURE_READ * SOUND_READ)],
        ),
        Mistake(
            "lost",
            "Those are the shares in which nothing can be read. What happens in all the others?",
            value=lambda: [NO_PICTURE, NO_PICTURE * NO_SOUND],
        ),
        Mistake(
            "luck_alone",
            "Those are the lucky guesses. What of the pairs that can be read?",
            value=lambda: [NO_PICTURE / LABELS, NO_PICTURE * NO_SOUND / LABELS],
        ),
        Mistake(
            "errors",
            "Those are the shares of mistakes. What is left for the right answers?",
            value=lambda: [1 - BY_PICTURE, 1 - BY_BOTH],
        ),
        Mistake(
            "losses_added_no_luck",
            "You add the two losses, and nobody guesses. Where the picture is lost, how often is "
            "the sound lost, too?",
            value=lambda: [BY_PICTURE, 1 - NO_PICTURE - NO_SOUND],
        ),
        Mistake(
            "other_order_no_luck",
            "The numbers stand in the other order, and nobody guesses. Which is asked for first, "
            "and what does a guess among ten labels add?",
            value=lambda: [EITHER_READ, PICTURE_READ],
        ),
        Mistake(
            "shares_lost",
            "Those are the shares in which each side is lost, as the card gives them. How often is "
            "somebody right who can read all the others?",
            value=lambda: [NO_PICTURE, NO_SOUND],
        ),
        Mistake(
            "certain_with_both",
            "With both you are never wrong in your version. What can be read where both are lost?",
            value=lambda: [BY_PICTURE, 1.0],
        ),
        Mistake(
            "certain",
            "You are never wrong in your version. What can be read where a side is lost?",
            value=lambda: [1.0, 1.0],
        ),
        Mistake(
            "chance",
            "That is chance: somebody who reads nothing. In which share of the pairs can the "
            "picture be read?",
            value=lambda: [1 / LABELS, 1 / LABELS],
        ),
        Mistake(
            "lesson",
            "Those are the numbers of the lesson, where each side is lost in 30 %. What is lost "
            "here?",
            value=lambda: [lucky(0.7), lucky(1 - 0.3 * 0.3)],
        ),
        Mistake(
            "one_decimal",
            "Your second number is rounded too far to tell whether the guesses are in it. How many "
            "decimals does the card ask for?",
            value=lambda: [BY_PICTURE, 0.9],
        ),
        Mistake(
            "percent",
            "Those are percentages. Give shares of 1.",
            value=lambda: [100 * BY_PICTURE, 100 * BY_BOTH],
        ),
    ),
    properties=(
        Property(
            "An accuracy lies between 0 and 1.",
            lambda case, answer: bool(((answer >= 0) & (answer <= 1)).all()),
        ),
        Property(
            "Who has both can do as if there were only the picture, so the second number cannot be "
            "the smaller one; yours is.",
            lambda case, answer: bool(answer.flatten()[0] <= answer.flatten()[-1]),
        ),
    ),
)
