"""Bins, frames and a folded pitch. Traps: half the rate, the first window, counting from 1."""

from torch import Tensor

from mmtutor.checks.engine.exercise import Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together

RATE, SECONDS, WINDOW, HOP = 16_000, 2, 512, 160
PITCH, HIGH = 440, 10_000
SAMPLES = RATE * SECONDS


def right() -> list[float]:
    """Return bin, frames, bins in all, and the pitch that 10,000 Hz is taken for."""
    frames = (SAMPLES - WINDOW) // HOP + 1
    return [float(round(PITCH * WINDOW / RATE)), float(frames), WINDOW / 2 + 1, float(RATE - HIGH)]


def is_right(answer: Tensor, place: int) -> bool:
    """Say whether one of the numbers is right."""
    return abs(float(answer.flatten()[place]) - right()[place]) < 1e-3


def wrong(name: str, hint: str, number: float | int) -> Mistake:
    """Return a mistake in one place."""
    return Mistake(name, hint, value=lambda: float(number))


BIN = [
    wrong(
        "bin_between",
        "The bin: so it comes out of the division. A bin is a whole number: which is nearest?",
        PITCH * WINDOW / RATE,
    ),
    wrong(
        "bin_from_one",
        "The bin: yours is one further up, or rounded up. Bins are counted from 0, and bin 0 holds "
        "0 Hz.",
        15,
    ),
    wrong("bin_before", "The bin: yours is one too low. What has bin 0 for a pitch?", 13),
    wrong(
        "bin_of_half",
        "The bin: yours is twice as far up. The *whole* rate is divided by the length of the "
        "window; half of it is the highest pitch.",
        28,
    ),
    wrong(
        "bin_half_window",
        "The bin: yours lies half as far up. Into how many steps is the whole rate divided?",
        7,
    ),
    wrong(
        "bin_by_hop",
        "The bin: it looks as if the hop were the length of the Fourier transform. How many "
        "samples does it work on?",
        round(PITCH * HOP / RATE),
    ),
    wrong(
        "bin_recording",
        "The bin: it looks as if the whole recording went into one transform. How many samples has "
        "a window?",
        PITCH * SECONDS,
    ),
    wrong(
        "bin_period",
        "The bin: so many samples has one swing of 440 Hz. How many swings fit into a window?",
        36,
    ),
    wrong(
        "bin_period_exactly",
        "The bin: 16,000 / 440 samples has one swing. How many swings fit into a window of 512?",
        RATE / PITCH,
    ),
    wrong(
        "bin_width",
        "The bin: so many hertz lie between two bins. How many such steps lead to 440 Hz?",
        RATE / WINDOW,
    ),
    wrong(
        "bin_pitch",
        "The bin: that is the pitch itself. How many hertz lie between two bins?",
        PITCH,
    ),
]
FRAMES = [
    wrong(
        "frames_by_hop",
        "The frames: that is the length over the hop, as if a window could begin at the very last "
        "hop and hang over the end. Where may the last one begin?",
        SAMPLES // HOP,
    ),
    wrong(
        "frames_first",
        "The frames: you count the *hops* that fit behind the first window. How many windows are "
        "that?",
        (SAMPLES - WINDOW) // HOP,
    ),
    wrong(
        "frames_up",
        "The frames: yours is one more, rounded up. May a window hang over the end?",
        -(-(SAMPLES - WINDOW) // HOP) + 1,
    ),
    wrong(
        "frames_between",
        "The frames: so it comes out of the division. How many windows are *whole*?",
        (SAMPLES - WINDOW) / HOP + 1,
    ),
    wrong(
        "frames_centred",
        "The frames: so many there are if half a window of silence is put before and behind, as "
        "`torch.stft` does unless told otherwise. The card puts none.",
        SAMPLES // HOP + 1,
    ),
    wrong(
        "frames_apart",
        "The frames: you put the windows side by side. How far apart do two of them begin?",
        SAMPLES // WINDOW,
    ),
    wrong(
        "frames_one_second",
        "The frames: so many fit into one second. How long is the recording?",
        (RATE - WINDOW) // HOP + 1,
    ),
]
BINS = [
    wrong(
        "bins_window",
        "The bins: as many come out of a transform of 512 numbers in all. For a sound the upper "
        "half says the same as the lower one; up to half the rate there are fewer.",
        WINDOW,
    ),
    wrong(
        "bins_half",
        "The bins: yours is one too few. Count them for a window of 4 samples: which pitches, from "
        "0 up to half the rate, both ends included?",
        WINDOW // 2,
    ),
    wrong("bins_more", "The bins: yours is one too many. Count them for 4 samples.", 258),
    wrong(
        "bins_hop",
        "The bins: it looks as if they came from the hop. How long is what is transformed?",
        HOP // 2 + 1,
    ),
    wrong(
        "bins_whole",
        "The bins: that is the window's length and one. Only pitches up to *half* the rate can be "
        "told apart.",
        WINDOW + 1,
    ),
]
FOLDED = [
    wrong(
        "folded_not",
        "The folded pitch: the highest that 16,000 samples a second can tell lies below that. What "
        "becomes of a higher one?",
        HIGH,
    ),
    wrong(
        "folded_over_half",
        "The folded pitch: by so much it lies above half the rate. It is mirrored there: how far "
        "does it come down, and from where?",
        HIGH - RATE // 2,
    ),
    wrong(
        "folded_limit",
        "The folded pitch: that is half the rate, the highest pitch that can be told. One above it "
        "is not cut off there but mirrored.",
        RATE // 2,
    ),
    wrong(
        "folded_negative",
        "The folded pitch: its size is right. Heard is a pitch of which sign?",
        HIGH - RATE,
    ),
    wrong(
        "folded_sum",
        "The folded pitch: that lies above half the rate, too. Which of the pitches 10,000 ± "
        "16,000 lies within?",
        HIGH + RATE,
    ),
    wrong(
        "folded_halved",
        "The folded pitch: it looks as if it were halved. It is mirrored at half the rate.",
        HIGH // 2,
    ),
    wrong("folded_gone", "The folded pitch: it does not vanish. Where is it mirrored?", 0),
]

BINS_AND_FRAMES = Predict(
    id="modalities.bins",
    title="Which bin, how many frames?",
    difficulty=1,
    minutes=10,
    hints=(
        "Take a window of 4 samples at a rate of 8 and draw it: which pitches fit into it 0, 1 and "
        "2 times? How many windows, a hop of 1 apart, fit into 6 samples?",
        "Bin k is k · rate / window hertz. Frames: ⌊(samples − window) / hop⌋ + 1. A pitch f "
        "above half the rate is heard as rate − f.",
        "The samples of the whole recording are rate · seconds. Bins run from 0 to window / 2. The "
        "answer is a list of four numbers.",
        "rate, samples, window, hop = 16_000, 32_000, 512, 160\n"
        "answer = [round(440 / (rate / ...)), (samples - ...) // hop + ..., window // 2 + ..., "
        "rate - ...]",
    ),
    truth=right,
    tolerance=1e-6,
    mistakes=each_alone_or_together(right, BIN, FRAMES, BINS, FOLDED),
    properties=(
        Property(
            "Bins and frames are counted: the first three are whole numbers.",
            lambda case, answer: bool((answer.flatten()[:3] % 1 == 0).all()),
        ),
        Property(
            "The bin of 440 Hz must be one of the bins that there are.",
            lambda case, answer: 0 <= float(answer.flatten()[0]) < float(answer.flatten()[2]),
        ),
        Property(
            "No pitch above half the rate, 8,000 Hz, can be heard in such a recording.",
            lambda case, answer: 0 <= float(answer.flatten()[3]) <= RATE / 2,
        ),
        Property(
            "A window of 512 samples begins every 160 samples, in 32,000: there are fewer windows "
            "than 200, and more than 190.",
            lambda case, answer: 190 < float(answer.flatten()[1]) < 200,
        ),
        Property(
            "The bin is off. How many hertz lie between two bins, and how many such steps lead "
            "from bin 0, which holds 0 Hz, to 440 Hz?",
            lambda case, answer: is_right(answer, 0),
        ),
        Property(
            "The frames are off. The first window begins at sample 0, each further one a hop "
            "later, and the last must lie within the recording. How many are that?",
            lambda case, answer: is_right(answer, 1),
        ),
        Property(
            "The bins are off. Count them for a window of 4 samples: which pitches, from 0 up to "
            "half the rate, both ends included?",
            lambda case, answer: is_right(answer, 2),
        ),
        Property(
            "The folded pitch is off. By how much does 10,000 Hz lie above half the rate, and "
            "where does it land if it is mirrored there?",
            lambda case, answer: is_right(answer, 3),
        ),
    ),
)
