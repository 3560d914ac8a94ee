"""Run a film backwards and say what is true then. Traps: 8 for 7, beginnings for ends, signs."""

from functools import cache
from itertools import combinations

from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together
from mmtutor.checks.video.shared import at, off, once, whole

LAST = 7
"""The last frame's number: there are eight."""
LAMPS = {"red": (1, 3), "blue": (4, 7), "green": (5, 6)}
"""The first and the last frame in which each lamp is alight."""
BALL = (2, 4, 6, 8, 10, 12, 10, 8)
"""In which column the ball is, frame by frame."""
TURN = BALL.index(max(BALL))


def order(lamps: dict[str, tuple[int, int]]) -> set[tuple[str, str]]:
    """Return the pairs of lamps of which the first goes on before the second."""
    return {(a, b) for a in lamps for b in lamps if lamps[a][0] < lamps[b][0]}


def turned(lamps: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Return the lamps of the film that runs backwards."""
    return {name: (LAST - last, LAST - first) for name, (first, last) in lamps.items()}


@cache
def right() -> list[float]:
    """Return what is asked for: three frames, a length, a way, a speed, and pairs that stay."""
    red, green, blue = (turned(LAMPS)[name] for name in ("red", "green", "blue"))
    stay = len(order(LAMPS) & order(turned(LAMPS)))
    long = blue[1] - blue[0] + 1
    numbers = (red[0], green[1], LAST - TURN, long, BALL[0] - BALL[-1], 2, stay)
    return [float(n) for n in numbers]


RED = (
    at("red_begin", 6, "Number 1 is the *last* frame of red. What was its end is its beginning."),
    at("red_eight", 5, "Number 1: the frames are 0 to 7. Which frame does frame 7 become?"),
    at("red_same", 1, "Number 1 is that of the film as it was."),
    at("red_end", 3, "Number 1 is red's last frame in the film as it was."),
    at("red_eight_begin", 7, "Number 1: frames are 0 to 7, and what was the end begins now."),
    at("red_middle", 2, "Number 1 is the middle of red's time in the film as it was."),
    at("red_blue", 0, "Number 1 is the first frame of *blue* now. When does red go on?"),
    at("red_before", 3.5, "Number 1 is no frame. The frames are 0, 1, … 7."),
)
GREEN = (
    at("green_end", 1, "Number 2 is the *first* frame of green. What was its beginning ends it."),
    at("green_eight", 3, "Number 2: the frames are 0 to 7. Which frame does frame 7 become?"),
    at(
        "green_same",
        6,
        "Number 2 is green's last frame in the film as it was, or red's now. What becomes of "
        "green's?",
    ),
    at("green_last_red_first", 4, "Number 2: that is when red goes on now. When does green end?"),
    at("green_begin", 5, "Number 2 is green's first frame in the film as it was."),
)
TURNING = (
    at("turn_same", TURN, "Number 3 is that of the film as it was."),
    at("turn_eight", 3, "Number 3: the frames are 0 to 7. Which frame does frame 5 become?"),
    at("turn_late", 1, "Number 3 is one too early. In which frame is the ball furthest right?"),
    at("turn_column", 12, "Number 3 is a column. In which *frame* does it happen?"),
    at("turn_middle", 4, "Number 3 is the middle of the film. Where is the ball furthest right?"),
    at("turn_left", 7, "Number 3: there the ball is furthest *left*. Where is it furthest right?"),
    at("turn_begin", 0, "Number 3: there the ball begins. In which frame is it furthest right?"),
    at("turn_six", 6, "Number 3 is behind the turn. In which frame is the ball furthest right?"),
)
LENGTH = (
    at("blue_difference", 3, "Number 4: from frame 4 to frame 7 there are four frames. Count."),
    at("blue_negative", -3, "Number 4 is below 0. How many frames is it?"),
    at("blue_negative_four", -4, "Number 4 is no frame and has no sign. How many frames is it?"),
    at("blue_five", 5, "Number 4 is one too many. Count the frames on your fingers."),
    at(
        "blue_zero",
        0,
        "Number 4: 0 is the frame in which blue goes on now. In how *many* frames is it alight?",
    ),
    at("blue_end", 7, "Number 4 is a frame. In how *many* is blue alight?"),
    at("blue_all", 8, "Number 4 is how many frames the film has. In how many is blue alight?"),
    at("blue_green", 2, "Number 4 is that of green."),
)
WAY = (
    at("way_same", 6, "Number 5 is that of the film as it was. Which way does the ball get now?"),
    at("way_path", -14, "Number 5 is all the way, with a sign. What is between start and end?"),
    at("way_path_same", 14, "Number 5 is all the way, to and fro. What is between start and end?"),
    at("way_zero", 0, "Number 5: the ball does not end where it began."),
    at("way_turn", -10, "Number 5 is one stretch of the way, up to the turn or from it on."),
    at("way_turn_same", 10, "Number 5 goes to the turn only. Take the last frame minus the first."),
    at("way_fro", 4, "Number 5 is the way to the turn. Take the last frame minus the first."),
    at("way_fro_back", -4, "Number 5 is the way back only. Take the last frame minus the first."),
    at(
        "way_second",
        -8,
        "Number 5 is the way without the first step, or 0 minus a column. Take the last frame's "
        "column minus the first frame's.",
    ),
    at("way_columns", -3, "Number 5 is in steps. Count columns."),
    at("way_end", 2, "Number 5 is the last column. How far is it from the first?"),
    at("way_start", 8, "Number 5 is the first column. How far is it from the last?"),
)
SPEED = (
    at("speed_negative", -2, "Number 6: how *many* columns a step? Either way it is above 0."),
    at("speed_half", 0.5, "Number 6 is upside down: columns a step."),
    at("speed_mean", 6 / 7, "Number 6 is the net way by all steps. How far is one step?"),
    at(
        "speed_mean_back",
        -6 / 7,
        "Number 6 is the net way, with a sign, by all steps. And one step?",
    ),
    at("speed_frames", 14 / 8, "Number 6: eight frames have seven steps between them."),
    at("speed_net_frames", 6 / 8, "Number 6 is the net way by frames. How far is one step?"),
    at("speed_all", 14, "Number 6 is all the steps together. How far is one step?"),
    at("speed_all_back", -14, "Number 6 is all the steps together, with a sign. And one step?"),
    at("speed_two_steps", 4, "Number 6 is two steps, there and back. How far is one?"),
    at("speed_net", 6, "Number 6 is the way from the first frame to the last. And one step?"),
    at("speed_one", 1, "Number 6 is half of it. Look at the row of columns."),
    at("speed_zero", 0, "Number 6: the ball moves in the film that runs backwards, too."),
)
SAME = (
    at(
        "none_stays",
        0,
        "Number 7: not all pairs change. One lamp is alight all the while that another one is, and "
        "longer. Which of them *goes on* first, either way?",
    ),
    at("all_stay", 3, "Number 7: most pairs change. Write down when each goes on, both times."),
    at("changed", 2, "Number 7 is how many pairs change. How many stay?"),
)


def are_frames(case: Case, answer: Tensor) -> bool:
    """Say whether the first three numbers are numbers of frames."""
    return all(frame in range(LAST + 1) for frame in answer.flatten()[:3].tolist())


SAME_FILM = (1.0, 6.0, float(TURN), 4.0, 6.0, 2.0, 3.0)
LEFT = (1, 2, 3, 5, 7)
"""The numbers that are others in the film as it was."""


def left(places: tuple[int, ...]) -> Mistake:
    """Return the answer in which some numbers are those of the film as it was."""
    values = [SAME_FILM[i] if i + 1 in places else n for i, n in enumerate(right())]
    *most, last = map(str, places)
    hint = (
        f"Numbers {', '.join(most)} and {last} are those of the film as it was. Run it backwards."
    )
    return whole("left_" + "".join(map(str, places)), hint, *values)


WHOLE = (
    whole("forwards", "These are the numbers of the film as it was. Run it backwards.", *SAME_FILM),
    *(left(some) for size in (3, 4) for some in combinations(LEFT, size) if some != (1, 2, 3)),
    whole(
        "forwards_turned",
        "The frames are those of the film as it was. Which frame does frame 0 become?",
        *(1, 6, 5, *right()[3:]),
    ),
    whole(
        "old_numbers",
        "The frames keep the numbers that they had forwards. Number them anew: frame 7 becomes "
        "frame 0.",
        *(3, 5, 5, *right()[3:]),
    ),
    whole(
        "below_zero",
        "Numbers 1 to 3 are below 0. Count the frames from 0, from the side that is shown first.",
        *(-4, -6, -6, *right()[3:]),
    ),
    whole(
        "from_eight",
        "Numbers 1 to 3 are one too many: the frames are 0 to 7. Which frame does frame 7 become?",
        *(5, 3, 3, *right()[3:]),
    ),
    whole(
        "ends_not_exchanged",
        "Numbers 1 and 2: you turned beginnings into beginnings. What ended first begins now.",
        *(6, 1, *right()[2:]),
    ),
    whole(
        "ends_not_exchanged_from_eight",
        "Numbers 1 to 3: the frames are 0 to 7, and what ended first begins now.",
        *(7, 2, 3, *right()[3:]),
    ),
    whole(
        "all_signs",
        "Numbers 5 and 6: a way has a sign, and how many columns a step has none.",
        *(*right()[:4], 6, -2, 1),
    ),
    whole(
        "nothing_stays",
        "Numbers 6 and 7: how many columns a step has no sign, and not all pairs change.",
        *(*right()[:5], -2, 0),
    ),
)

BACKWARDS = Predict(
    id="video.backwards",
    title="The film runs backwards",
    difficulty=1,
    minutes=10,
    hints=(
        "Write the frames 0 to 7 in a row, and below them 7 to 0. Mark when each lamp is alight in "
        "both rows.",
        "Frame t becomes 7 − t. What lasts from a to b lasts from 7 − b to 7 − a.",
        "Seven numbers: three frames from 0 to 7, a count of frames, columns with a sign, "
        "columns a "
        "step without one, a count of pairs from 0 to 3.",
        "red first = 7 − ... (which end?)\ngreen last = 7 − ...\nturn = 7 − ...\n"
        "blue = last − first + ...\nnet = columns[0] − columns[...]\nspeed = ...\n"
        "stay = pairs whose first is the same before and after",
    ),
    truth=right,
    tolerance=(1e-3,) * 7,
    mistakes=each_alone_or_together(
        right,
        *(once(*some) for some in (RED, GREEN, TURNING, LENGTH, WAY, SPEED, SAME)),
        whole=WHOLE,
        at_most=2,
    ),
    properties=(
        Property("Numbers 1 to 3 are frames: 0, 1, … 7.", are_frames),
        off(0, right, "In which frames is red alight, and which frames do they become?"),
        off(1, right, "In which frames is green alight, and which frames do they become?"),
        off(2, right, "In which frame is the ball furthest right, and which does it become?"),
        off(3, right, "Count the frames in which blue is alight."),
        off(4, right, "Take the last column minus the first, of the film that runs backwards."),
        off(5, right, "How far is it from one frame to the next?"),
        off(6, right, "Write down when each lamp goes on, forwards and backwards; compare by two."),
    ),
)
