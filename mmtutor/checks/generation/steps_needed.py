"""Count calls, and walk by hand. Traps: pictures for calls, the time of a step, its length."""

import math
from functools import cache

from mmtutor.checks.engine.exercise import Predict
from mmtutor.checks.engine.places import each_alone_or_together
from mmtutor.checks.video.shared import at, off, once, whole

STEPS, BATCH = 12, 5
START, STEEP, FASTER = 2.0, 3.0, 12.0
"""Where the walk with velocity 3x + 12t² begins, and the 3 and the 12."""
NOISE, DATA = 7.0, -5.0
DONE, PARTS = 3, 4


def velocity(x: int | float, t: int | float) -> int | float:
    """Return the velocity of the card."""
    return STEEP * x + FASTER * t**2


ONE = START + velocity(START, 0)
HALF = START + velocity(START, 0) / 2
TWO = HALF + velocity(HALF, 0.5) / 2
HEUN = START + (velocity(START, 0) + velocity(ONE, 1)) / 2
EXACT = (START + 2 * FASTER / 27) * math.exp(3) - FASTER * (1 / 3 + 2 / 9 + 2 / 27)
"""Where the path leads that bends with the velocity at all times."""
STRAIGHT = NOISE + DONE / PARTS * (DATA - NOISE)


@cache
def right() -> list[float]:
    """Return the seven numbers."""
    return [float(STEPS), 2.0 * STEPS, 2.0 * STEPS * BATCH, ONE, TWO, HEUN, STRAIGHT]


EULER = (
    at("euler_pictures", STEPS * BATCH, "Number 1 counts pictures. One call takes a whole batch."),
    at("euler_more", STEPS + 1, "Number 1 is one too many: nobody asks at time 1."),
    at("euler_less", STEPS - 1, "Number 1 is one too few: the first step asks, too."),
    at("euler_twice", 2 * STEPS, "Number 1: how often does Euler ask in a step?"),
    at("euler_batch", BATCH, "Number 1 is the size of the batch. How often is it handed over?"),
    at("euler_once", 1, "Number 1: each step asks anew."),
    at("euler_sum", STEPS + BATCH, "Number 1 adds pictures. One call takes a whole batch."),
)
HEUN_CALLS = (
    at("heun_once", STEPS, "Number 2: how often does Heun ask in a step?"),
    at(
        "heun_kept",
        STEPS + 1,
        "Number 2: the second velocity of a step is asked for at the trial, not where the next "
        "step begins. Nothing is kept.",
    ),
    at("heun_thrice", 3 * STEPS, "Number 2: Heun asks at the beginning and at the trial."),
    at("heun_more", 2 * STEPS + 1, "Number 2 is one too many."),
    at("heun_less", 2 * STEPS - 1, "Number 2 is one too few."),
    at("heun_less_two", 2 * STEPS - 2, "Number 2 is two too few: how many steps are there?"),
    at("heun_more_two", 2 * STEPS + 2, "Number 2 is two too many: how many steps are there?"),
    at("heun_pictures", 2 * STEPS * BATCH, "Number 2 counts pictures, not calls."),
    at(
        "heun_pictures_once",
        STEPS * BATCH,
        "Number 2 counts pictures, and those of Euler. How often does Heun call?",
    ),
    at("heun_two", 2, "Number 2 is that of one step."),
    at("heun_half", STEPS / 2, "Number 2 is half as many as Euler's. Heun asks more often."),
    at("heun_square", STEPS**2, "Number 2 is a square. How often does Heun ask in a step?"),
)
PICTURES = (
    at("guided_once", STEPS * BATCH, "Number 3 leaves out the pictures without a caption."),
    at("guided_calls", 2 * STEPS, "Number 3 counts how often *one* picture goes through. Five do."),
    at("guided_batches", STEPS, "Number 3 counts calls. How many pictures are in each?"),
    at("guided_one_step", 2 * BATCH, "Number 3 is that of one step."),
    at("guided_heun", 4 * STEPS * BATCH, "Number 3 is that of Heun. It is Euler who draws."),
    at(
        "guided_more",
        2 * (STEPS + 1) * BATCH,
        "Number 3 has a step too many: nobody asks at time 1.",
    ),
    at("guided_less", 2 * (STEPS - 1) * BATCH, "Number 3 has a step too few."),
    at(
        "guided_sum",
        STEPS * BATCH + BATCH,
        "Number 3: the pictures without caption go through in every step, not once.",
    ),
    at("guided_plus_one", STEPS * (BATCH + 1), "Number 3: *each* picture has one without caption."),
    at("guided_squared", STEPS * BATCH**2, "Number 3 squares the batch. It is doubled."),
    at("guided_batch", BATCH, "Number 3: each picture goes through in every step, and doubly."),
    at("guided_three", 3 * STEPS * BATCH, "Number 3: a picture goes through twice in a step."),
)
ONE_STEP = (
    at(
        "one_end",
        START + velocity(START, 1),
        "Number 4 asks at time 1. At which time does the only step begin?",
    ),
    at("one_middle", START + velocity(START, 0.5), "Number 4 asks in the middle of the step."),
    at("one_velocity", velocity(START, 0) / 1, "Number 4 is the velocity. Where does it lead?"),
    at("one_back", START - velocity(START, 0), "Number 4 goes back: the sign is wrong."),
    at("one_t_1", velocity(START, 1), "Number 4 is the velocity at time 1."),
    at("one_half", HALF, "Number 4 is half a step. The only step is as long as the whole time."),
    at("one_heun", HEUN, "Number 4 is Heun's. Euler asks once."),
    at("one_two", TWO, "Number 4 is Euler's after two steps."),
    at(
        "one_first_only",
        START + FASTER,
        "Number 4 adds 12 alone. What is the velocity at x = 2 and t = 0?",
    ),
    at("one_plain_x", 2 * START, "Number 4 takes x for 3x. What is the velocity at x = 2?"),
    at("one_product", START * velocity(START, 1), "Number 4 multiplies. A velocity is added."),
    at(
        "one_exact",
        EXACT,
        "Number 4 is where the exact path leads. Euler takes straight steps.",
    ),
    at("one_midpoint", START + velocity(HALF, 0.5), "Number 4 is the midpoint method's."),
)
TWO_STEPS = (
    at(
        "two_once",
        HALF + velocity(START, 0) / 2,
        "Number 5 is that of one step: in the second, ask anew, from where you are then.",
    ),
    at(
        "two_whole",
        ONE + velocity(ONE, 0.5),
        "Number 5 goes on by the whole velocity each time. How long is a step?",
    ),
    at(
        "two_whole_late",
        ONE + velocity(ONE, 1),
        "Number 5 goes on by the whole velocity each time, and asks at time 1 in the second step.",
    ),
    at(
        "two_whole_zero",
        ONE + velocity(ONE, 0),
        "Number 5 goes on by the whole velocity each time, and always at time 0.",
    ),
    at("two_still", HALF + velocity(HALF, 0) / 2, "Number 5 asks at time 0 in both steps."),
    at(
        "two_late",
        HALF + velocity(HALF, 1) / 2,
        "Number 5 asks at time 1 in the second step. When does it begin?",
    ),
    at(
        "two_ends",
        START + velocity(START, 0.5) / 2 + velocity(START + velocity(START, 0.5) / 2, 1) / 2,
        "Number 5 asks at the *ends* of the steps.",
    ),
    at(
        "two_middles",
        START + velocity(START, 0.25) / 2 + velocity(START + velocity(START, 0.25) / 2, 0.75) / 2,
        "Number 5 asks in the *middle* of the steps.",
    ),
    at(
        "two_from_start",
        HALF + velocity(START, 0.5) / 2,
        "Number 5 asks at x = 2 in both steps. Where are you when the second begins?",
    ),
    at(
        "two_from_one",
        ONE + velocity(ONE, 0.5) / 2,
        "Number 5 makes the first step as long as the whole time.",
    ),
    at(
        "two_second_whole",
        HALF + velocity(HALF, 0.5),
        "Number 5 makes the second step too long. How long is it?",
    ),
    at(
        "two_not_squared",
        HALF + (STEEP * HALF + FASTER / 2) / 2,
        "Number 5 takes 12t for 12t². What is 0.5²?",
    ),
    at(
        "two_all_squared",
        HALF + (STEEP * HALF + (FASTER / 2) ** 2) / 2,
        "Number 5 squares 12t. Only t is squared.",
    ),
    at("two_half", HALF, "Number 5 is where the *first* step leads."),
    at("two_velocity", velocity(HALF, 0.5) / 2, "Number 5 is the way of the second step alone."),
    at("two_from_zero", START + velocity(HALF, 0.5) / 2, "Number 5 begins at 2 again."),
    at("two_thirds", START + velocity(HALF, 0.5), "Number 5 is the midpoint method's."),
    at("two_heun", HEUN, "Number 5 is Heun's after one step."),
    at(
        "two_exact",
        EXACT,
        "Number 5 is where the exact path leads. Euler takes straight steps.",
    ),
)
HEUN_STEP = (
    at(
        "heun_from_trial",
        ONE + (velocity(START, 0) + velocity(ONE, 1)) / 2,
        "Number 6 goes on from the trial. Go from the *beginning* of the step.",
    ),
    at("heun_sum", START + velocity(START, 0) + velocity(ONE, 1), "Number 6 takes the sum."),
    at("heun_second", START + velocity(ONE, 1), "Number 6 takes the second velocity alone."),
    at("heun_mean", (velocity(START, 0) + velocity(ONE, 1)) / 2, "Number 6 is the mean velocity."),
    at("heun_first", ONE, "Number 6 is Euler's: Heun asks a second time, at the trial."),
    at(
        "heun_not_moved",
        START + (velocity(START, 0) + velocity(START, 1)) / 2,
        "Number 6 asks the second time at x = 2. Where does the trial lead?",
    ),
    at(
        "heun_time_0",
        START + (velocity(START, 0) + velocity(ONE, 0)) / 2,
        "Number 6 asks the second time at time 0. When is the trial over?",
    ),
    at(
        "heun_time_half",
        START + (velocity(START, 0) + velocity(ONE, 0.5)) / 2,
        "Number 6 asks the second time at time 0.5. When is the trial over?",
    ),
    at(
        "heun_at_half",
        START + (velocity(START, 0) + velocity(HALF, 0.5)) / 2,
        "Number 6 makes half a step for trial. It is a whole one.",
    ),
    at("heun_midpoint", START + velocity(HALF, 0.5), "Number 6 is the midpoint method's."),
    at(
        "heun_half_step",
        START + (velocity(START, 0) + velocity(ONE, 1)) / 4,
        "Number 6 halves twice: the mean, and then a step that is as long as the whole time.",
    ),
    at("heun_two", TWO, "Number 6 is Euler's after two steps."),
    at(
        "heun_mean_place",
        (ONE + START + velocity(ONE, 1)) / 2 + START,
        "Number 6 takes a mean of places, and the beginning once more.",
    ),
    at(
        "heun_exact",
        EXACT,
        "Number 6 is where the exact path leads. Heun takes a straight step.",
    ),
    at(
        "heun_all_squared",
        START + (velocity(START, 0) + STEEP * ONE + FASTER**2) / 2,
        "Number 6 squares 12t. Only t is squared.",
    ),
    at(
        "heun_second_from_trial",
        ONE + velocity(ONE, 1),
        "Number 6 makes two whole steps, one after the other.",
    ),
)
THREE_OF_FOUR = (
    at(
        "straight_turned",
        NOISE - DONE / PARTS * (DATA - NOISE),
        "Number 7 goes the wrong way: the velocity is data − noise.",
    ),
    at("straight_end", DATA, "Number 7 is the end. How many steps are missing?"),
    at("straight_start", NOISE, "Number 7 is the noise."),
    at("straight_first", NOISE + (DATA - NOISE) / PARTS, "Number 7 is after *one* of four steps."),
    at("straight_half", (NOISE + DATA) / 2, "Number 7 is after two of four steps."),
    at(
        "straight_way",
        DONE / PARTS * (DATA - NOISE),
        "Number 7 is how far it has come. Where did it begin?",
    ),
    at(
        "straight_thirds",
        NOISE + DONE / (PARTS + 1) * (DATA - NOISE),
        "Number 7 has five steps. How long is one of four?",
    ),
    at(
        "straight_two_thirds",
        NOISE + 2 / 3 * (DATA - NOISE),
        "Number 7 is two thirds of the way. How many of the steps are done?",
    ),
    at(
        "straight_sum",
        NOISE + DONE / PARTS * (DATA + NOISE),
        "Number 7: the velocity is data *minus* noise. Mind the sign of −5.",
    ),
    at(
        "straight_long",
        NOISE + DONE * (DATA - NOISE),
        "Number 7 makes three steps of the whole length. How long is one of four?",
    ),
    at(
        "straight_data",
        NOISE + DONE / PARTS * DATA,
        "Number 7 takes the data for the velocity. What is taken from them?",
    ),
    at(
        "straight_from_data",
        DATA + DONE / PARTS * (DATA - NOISE),
        "Number 7 begins at the data.",
    ),
    at(
        "straight_shrinks",
        NOISE + (1 - (1 - 1 / PARTS) ** DONE) * (DATA - NOISE),
        "Number 7 goes a quarter of what is *left* in each step. The velocity stays data − noise.",
    ),
    at(
        "straight_unsigned",
        -STRAIGHT,
        "Number 7 has the wrong sign.",
    ),
)
AT_ENDS = START + velocity(START, 0.5) / 2
AT_ENDS += velocity(AT_ENDS, 1) / 2
BACK_HALF = START - velocity(START, 0) / 2
BACK_ONE = START - velocity(START, 0)
BACK = (
    BACK_ONE,
    BACK_HALF - velocity(BACK_HALF, 0.5) / 2,
    START - (velocity(START, 0) + velocity(BACK_ONE, 1)) / 2,
)
WHOLE = (
    whole(
        "two_networks",
        "Numbers 1 and 2 count pictures. A call takes a whole batch, whatever its size.",
        *(STEPS * BATCH, 2 * STEPS * BATCH, *right()[2:]),
    ),
    whole(
        "ends_asked",
        "Numbers 4 and 5 ask at the *ends* of the steps. Euler asks at their beginnings.",
        *(*right()[:3], START + velocity(START, 1), AT_ENDS, *right()[5:]),
    ),
    whole(
        "one_too_many",
        "In numbers 1 to 3 there is one step too many: nobody asks at time 1.",
        *(STEPS + 1, 2 * (STEPS + 1), 2 * (STEPS + 1) * BATCH, *right()[3:]),
    ),
    whole(
        "one_too_few",
        "In numbers 1 to 3 there is one step too few: the first step asks, too.",
        *(STEPS - 1, 2 * (STEPS - 1), 2 * (STEPS - 1) * BATCH, *right()[3:]),
    ),
    whole(
        "velocities_not_places",
        "Numbers 4 to 6 are how far it has come. Where did it begin?",
        *(*right()[:3], ONE - START, TWO - START, HEUN - START, STRAIGHT),
    ),
    whole(
        "velocities_not_places_all",
        "Numbers 4 to 7 are how far it has come. Where did it begin?",
        *(*right()[:3], ONE - START, TWO - START, HEUN - START, STRAIGHT - NOISE),
    ),
    whole(
        "backwards",
        "In numbers 4 to 7 the signs are wrong: the velocity is *added*.",
        *(*right()[:3], *BACK, 16.0),
    ),
)

STEPS_NEEDED = Predict(
    id="generation.steps_needed",
    title="Steps, calls and where they lead",
    difficulty=1,
    minutes=10,
    hints=(
        "Draw the time as a line from 0 to 1, and cut it into two steps. At which points does "
        "Euler ask, and at which does Heun?",
        "Euler: x ← x + v(x, t) · h. Heun: x ← x + (v(x, t) + v(x + v(x, t) · h, t + h)) / 2 · h. "
        "Here h = 1 / steps.",
        "Seven numbers: two counts of calls, a count of pictures (steps · pictures in the batch), "
        "and four places.",
        "calls = ...\ncalls of Heun = ... · 12\npictures = 12 · (2 · ...)\none = 2 + v(2, ...)\n"
        "half = 2 + v(2, 0) / 2\ntwo = half + v(half, ...) / 2\n"
        "heun = 2 + (v(2, 0) + v(..., 1)) / 2\n"
        "straight = 7 + ... · (−5 − 7)",
    ),
    truth=right,
    tolerance=(1e-3,) * 7,
    mistakes=each_alone_or_together(
        right,
        *(
            once(*some)
            for some in (
                *(EULER, HEUN_CALLS, PICTURES),
                *(ONE_STEP, TWO_STEPS, HEUN_STEP, THREE_OF_FOUR),
            )
        ),
        whole=WHOLE,
        at_most=2,
    ),
    properties=(
        off(0, right, "How many steps are there, and how often does Euler ask in each?"),
        off(1, right, "How often does Heun ask in a step?"),
        off(2, right, "How many pictures are in a batch, the doubled one, and how many batches?"),
        off(3, right, "What is the velocity at x = 2 and t = 0, and how long is the only step?"),
        off(4, right, "Where are you after the first step, at which time, and what is v there?"),
        off(5, right, "Which are the two velocities, and from where do you go by their mean?"),
        off(6, right, "How far is it from 7 to −5, and how much of it is done?"),
    ),
)
