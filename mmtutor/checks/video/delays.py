"""How long until the alarm? Traps: alarms that come too early, films without anything odd, ends."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    Implement,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.gpt.shared import either

INF, NAN = float("inf"), float("nan")


def delays(scores: Tensor, odd: Tensor, threshold: float, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: frames from where a film becomes odd to the first alarm; ∞ if none, NaN if not."""
    begins = begun(odd, wrong)
    counts = counted(odd, begins, wrong)
    scores = zeroed(scores, odd, wrong)
    loud = alarms(scores, threshold, wrong)
    found = waited(loud, counts, begins, scores, odd, wrong)
    return finished(found, loud, odd, wrong)


def begun(odd: Tensor, wrong: Wrong) -> Tensor:
    """Return the first odd frame of each film (0 if there is none)."""
    length = odd.shape[1]
    ways: dict[str, Callable[[], Tensor]] = {
        "from_end": lambda: length - 1 - odd.flip(1).long().argmax(1),
        "from_behind": lambda: length - odd.flip(1).long().argmax(1),
        "first_film": lambda: odd.long().argmax(1)[:1].expand(len(odd)),
        "last_film": lambda: odd.long().argmax(1)[-1:].expand(len(odd)),
        "from_before": lambda: (odd.long().argmax(1) - 1).clamp(min=0),
        "from_zero": lambda: torch.zeros(len(odd), dtype=torch.long),
        "any_film": lambda: odd.any(0).long().argmax().expand(len(odd)),
    }
    return either(ways, wrong, lambda: odd.long().argmax(1))


def counted(odd: Tensor, begins: Tensor, wrong: Wrong) -> Tensor:
    """Return in which frames an alarm counts."""
    frame = torch.arange(odd.shape[1])
    first = odd.long().argmax(1)[:, None]
    ways: dict[str, Callable[[], Tensor]] = {
        "within_only": lambda: odd,
        "within_but_last": lambda: odd & odd.roll(-1, 1) & (frame < len(frame) - 1),
        "last_frame_out": lambda: (frame >= begins[:, None]) & (frame < len(frame) - 1),
        "as_long_as_odd": lambda: (
            (frame >= begins[:, None]) & (frame <= begins[:, None] + odd.sum(1, keepdim=True))
        ),
        "after_first": lambda: frame > begins[:, None],
        "early_count": lambda: torch.ones_like(odd),
        "zero_outside": lambda: torch.ones_like(odd),
        "zero_before": lambda: torch.ones_like(odd),
        "one_early": lambda: frame >= begins[:, None] - 1,
        "behind_only": lambda: (frame >= first) & ~odd,
        "quiet_only": lambda: ~odd,
    }
    return either(ways, wrong, lambda: frame >= begins[:, None])


def zeroed(scores: Tensor, odd: Tensor, wrong: Wrong) -> Tensor:
    """Return the scores, those that are not to count replaced by 0."""
    ways: dict[str, Callable[[], Tensor]] = {
        "zero_outside": lambda: scores * odd,
        "zero_before": lambda: scores * odd.cummax(1).values,
    }
    return either(ways, wrong, lambda: scores)


def alarms(scores: Tensor, threshold: float, wrong: Wrong) -> Tensor:
    """Return the frames with an alarm."""
    loud = scores > threshold
    ways: dict[str, Callable[[], Tensor]] = {
        "at_threshold": lambda: scores >= threshold,
        "quiet": lambda: scores <= threshold,
        "below": lambda: scores < threshold,
        "a_half": lambda: scores > 0.5,
        "above_zero": lambda: scores > 0,
        "above_mean": lambda: scores > scores.mean(1, keepdim=True),
        "magnitude": lambda: scores.abs() > threshold,
        "rising": lambda: loud & ~before(loud),
        "two_in_a_row": lambda: loud & before(loud.flip(1)).flip(1),
        "second_of_two": lambda: loud & before(loud),
        "film_mean": lambda: (scores.mean(1, keepdim=True) > threshold).expand_as(scores),
    }
    return either(ways, wrong, lambda: loud)


def before(loud: Tensor) -> Tensor:
    """Return whether the frame before each has an alarm; none is before the first."""
    return torch.cat([torch.zeros_like(loud[:, :1]), loud[:, :-1]], 1)


def waited(
    loud: Tensor, counts: Tensor, begins: Tensor, scores: Tensor, odd: Tensor, wrong: Wrong
) -> Tensor:
    """Return the frames waited in each film, ∞ where no alarm counts."""
    frame = torch.arange(loud.shape[1], dtype=torch.float32)
    heard, start = loud & counts, begins[:, None]
    none, soonest = ~heard.any(1), (frame - start).where(heard, INF).amin(1)
    ways: dict[str, Callable[[], Tensor]] = {
        "last_alarm": lambda: (frame - start).where(heard, -INF).amax(1),
        "largest": lambda: (scores.where(counts, -INF).argmax(1) - begins).float(),
        "first_largest": lambda: (scores.argmax(1) - begins).float(),
        "frame_of_alarm": lambda: frame.expand_as(scores).where(heard, INF).amin(1),
        "how_many": lambda: heard.sum(1).float(),
        "false_alarms": lambda: (loud & (frame < start)).sum(1).float(),
        "missed": lambda: (odd & ~loud).sum(1).float(),
        "missed_all": lambda: (~loud & (frame >= start)).sum(1).float(),
        "first_without_sign": lambda: (frame - start).where(loud, INF).amin(1).abs(),
        "minus_last": lambda: soonest - (odd.sum(1) - 1),
        "minus_end": lambda: soonest - odd.sum(1),
        "late_from_end": lambda: late(soonest, odd, capped=False),
        "late_capped": lambda: late(soonest, odd, capped=True),
        "zero_is_never": lambda: soonest.where(soonest != 0, INF),
        "frame_zero_is_never": lambda: soonest.where(heard.long().argmax(1) != 0, INF),
        "nearest": lambda: (frame - start).abs().where(loud, INF).amin(1),
        "first_of_film": lambda: first_of_film(frame - start, loud),
        "early_clamped": lambda: (frame - start).where(loud, INF).amin(1).clamp(min=0),
        "from_after": lambda: (frame - start - 1).where(loud & (frame > start), INF).amin(1),
        "one_more": lambda: (frame - start + 1).where(heard, INF).amin(1),
        "one_less": lambda: (frame - start - 1).where(heard, INF).amin(1),
        "mean_alarm": lambda: (frame - start).expand_as(scores).where(heard, NAN).nanmean(1),
    }
    right = either(ways, wrong, lambda: soonest)
    return right.where(~none, INF) if names_alarm(wrong) else right


def late(waits: Tensor, odd: Tensor, *, capped: bool) -> Tensor:
    """Return the waits, those behind the odd frames cut off there or counted from there."""
    stretch = odd.sum(1).float()
    behind = stretch if capped else waits - (stretch - 1)
    return waits.where((waits < stretch) | waits.isinf(), behind)


def names_alarm(wrong: Wrong) -> bool:
    """Say whether a mistake is about the alarms that are heard: ∞ stands where there are none."""
    return bool({"last_alarm", "largest", "mean_alarm", "how_many", "missed", "missed_all"} & wrong)


def first_of_film(waits: Tensor, loud: Tensor) -> Tensor:
    """Return the wait for the first alarm of the whole film, ∞ where it comes too early."""
    first = waits.where(loud, INF).amin(1)
    return first.where(first >= 0, INF)


def finished(found: Tensor, loud: Tensor, odd: Tensor, wrong: Wrong) -> Tensor:
    """Return the waits with what stands for "never" and for "nothing odd"."""
    endless, usual = found.isinf(), ~odd.any(1)
    length = float(odd.shape[1])
    left = length - odd.long().argmax(1)
    never: dict[str, Callable[[], Tensor]] = {
        "never_minus_one": lambda: found.masked_fill(endless, -1.0),
        "never_zero": lambda: found.masked_fill(endless, 0.0),
        "never_nan": lambda: found.masked_fill(endless, NAN),
        "never_length": lambda: found.masked_fill(endless, length),
        "never_rest": lambda: found.where(~endless, left),
        "never_negative": lambda: found.masked_fill(endless, -INF),
        "never_begin_above": lambda: found.where(~endless, odd.long().argmax(1).float()),
        "never_stretch": lambda: found.where(~endless, odd.sum(1).float()),
        "never_if_silent": lambda: found.where(
            ~endless | ~loud.any(1), -odd.long().argmax(1).float()
        ),
        "never_begin": lambda: found.where(~endless, -odd.long().argmax(1).float()),
    }
    found = either(never, wrong, lambda: found)
    false = (loud & (torch.arange(odd.shape[1]) < odd.long().argmax(1)[:, None])).any(1)
    ways: dict[str, Callable[[], Tensor]] = {
        "usual_zero": lambda: found.masked_fill(usual, 0.0),
        "usual_endless": lambda: found.masked_fill(usual, INF),
        "usual_minus_one": lambda: found.masked_fill(usual, -1.0),
        "usual_negative": lambda: found.masked_fill(usual, -INF),
        "until_usual": lambda: found[(~usual).long().cumprod(0).bool()],
        "usual_as_odd": lambda: found,
        "usual_from_zero": lambda: found.masked_fill(usual | odd[:, 0], NAN),
        "usual_or_false": lambda: found.masked_fill(usual | false, NAN),
        "all_odd": lambda: found.masked_fill(~odd.all(1), NAN),
        "quiet_usual": lambda: found.masked_fill(usual & ~loud.any(1), NAN),
        "usual_left_out": lambda: found[~usual],
        "endless_left_out": lambda: found.masked_fill(usual, NAN)[usual | ~endless],
        "heard_only": lambda: found[~usual & ~endless],
        "mean_of_heard": lambda: found[~usual & ~endless].mean(),
        "mean": lambda: found.masked_fill(usual, NAN).nanmean(),
    }
    return either(ways, wrong, lambda: found.masked_fill(usual, NAN))


def delays_cases() -> list[Case]:
    def film(length: int, first: int, last: int, *loud: int) -> tuple[list[bool], list[float]]:
        return (
            [first <= t <= last for t in range(length)],
            [2.0 if t in loud else 0.25 if t % 2 else -0.5 for t in range(length)],
        )

    def case(films: list[tuple[list[bool], list[float]]], threshold: float, seed: int) -> Case:
        odd = torch.tensor([marks for marks, _ in films])
        scores = torch.tensor([row for _, row in films]) + 0.5 * random_tensor(
            *odd.shape, seed=seed
        ).clamp(-1, 1)
        return Case(scores=scores + threshold - 1, odd=odd, threshold=threshold)

    def drawn(films: int, length: int, threshold: float, seed: int, scale: float) -> Case:
        chance = random_tensor(films, 2, seed=seed).abs()
        first = (chance[:, :1] * length / 2).floor()
        last = first + (chance[:, 1:] * length / 3).floor()
        first[-1] = last[-1] = length  # the last film is usual
        frame = torch.arange(length)
        scores = scale * random_tensor(films, length, seed=seed + 1) + threshold - scale
        return Case(scores=scores, odd=(frame >= first) & (frame <= last), threshold=threshold)

    exact = case([film(6, 2, 4, 5), film(6, 1, 5, 3), film(6, 3, 3), film(6, 9, 9, 2)], 0.5, 70)
    exact["scores"][0, 3], exact["scores"][1, 1:3] = 0.5, 0.5
    exact["scores"][2, 0], exact["scores"][2, 4] = 0.0, 0.504
    low = case([film(7, 2, 4, 4, 6), film(7, 3, 6, 1), film(7, 9, 9, 5)], -30.0, 75)
    near = case([film(5, 1, 3, 3), film(5, 9, 9, 2), film(5, 1, 3, 3)], 0.001, 76)
    near["scores"][2] = near["scores"][0] = torch.tensor([-0.5, 0.0, 0.0004, 0.0016, 3.0])
    return [
        case([film(6, 2, 3, 1, 3, 5), film(6, 1, 4), film(6, 9, 9, 2)], 1.5, 10),
        case([film(9, 3, 4, 0, 6), film(9, 2, 5, 2), film(9, 4, 8, 3), film(9, 9, 9)], 25.0, 20),
        case([film(8, 0, 7, 7), film(8, 5, 7, 4), film(8, 7, 7, 7), film(8, 6, 6, 1, 2)], 0.8, 30),
        case([film(1, 0, 0, 0), film(1, 0, 0), film(1, 9, 9, 0)], -3.0, 40),
        case([film(10, 4, 6, 2, 3)], 1.0, 50),
        case([film(5, 9, 9), film(5, 9, 9, 1)], 2.0, 60),
        exact,
        low,
        near,
        case([film(11, 6, 8, 0, 2, 3, 7), film(11, 5, 10, 1, 3, 4, 9), film(11, 11, 11)], 0.7, 65),
        case(
            [
                film(12, 5, 8, 3, 4, 5, 9),
                film(12, 6, 7, *range(12)),
                film(12, 2, 4, 8),
                film(12, 12, 12),
            ],
            0.3,
            68,
        ),
        drawn(6, 11, 1.25, 80, 1.0),
        drawn(4, 16, -2.0, 85, 4.0),
        drawn(7, 5, 110.0, 90, 30.0),
    ]


def agrees(where: Callable[[Tensor], Tensor], case: Case, output: Tensor) -> bool:
    """Say whether an answer is right for the films that `where` chooses by their right delay."""
    wanted = delays(*case.values())
    found = torch.as_tensor(output)
    if found.shape != wanted.shape:
        return True
    chosen = where(wanted)
    return torch.allclose(
        found[chosen].double(), wanted[chosen].double(), atol=1e-4, equal_nan=True
    )


def is_whole(case: Case, output: Tensor) -> bool:
    """Say whether every finite delay is a whole number."""
    found = torch.as_tensor(output)
    finite = found[found.isfinite()]
    return bool((finite == finite.round()).all())


def never_below_zero(case: Case, output: Tensor) -> bool:
    """Say whether no delay is below 0."""
    return not bool((torch.as_tensor(output) < 0).any())


def never_nan(case: Case, output: Tensor) -> bool:
    """Say whether no film with something odd gets NaN."""
    found = torch.as_tensor(output)
    return not bool(found[case["odd"].any(1)].isnan().any())


def never_endless(case: Case, output: Tensor) -> bool:
    """Say whether no film with an alarm that counts gets ∞."""
    found = torch.as_tensor(output)
    return not bool(found[delays(*case.values()).isfinite()].isinf().any())


DELAYS = Implement(
    id="video.delays",
    title="How long until the alarm?",
    difficulty=2,
    minutes=15,
    hints=(
        "Write one film down: below each frame its number, whether it is odd, and whether there is "
        "an alarm. Strike out the alarms before the first odd frame. What is left?",
        "begin = first odd frame. Delay = the smallest t − begin over all t ≥ begin with "
        "scores[t] > threshold.",
        "scores, odd: (film, frame). begin: (film,), by `odd.long().argmax(1)`. Frames that count: "
        "(film, frame). Result: (film,), floats.",
        "begin = odd.long().argmax(1, keepdim=True)\nwait = torch.arange(...) - begin\n"
        "heard = (scores > threshold) & ...\n"
        "delay = torch.where(heard, wait, float('inf'))....\n"
        "return torch.where(odd.any(1), delay, ...)",
    ),
    reference=delays,
    cases=delays_cases,
    mistakes=(
        Mistake(
            "within_only",
            "Alarms that come after the odd frames are over do not count in yours. They come late, "
            "but they come.",
            "core",
        ),
        Mistake(
            "within_but_last",
            "Alarms count in odd frames but the last one of them in yours. They may come later "
            "still.",
            "core",
        ),
        Mistake(
            "last_frame_out",
            "An alarm in the film's last frame does not count in yours. Where does Python's "
            "`range` or slice stop?",
            "core",
        ),
        Mistake(
            "as_long_as_odd",
            "You wait as many frames as are odd and no longer. A late alarm counts, however late.",
            "core",
        ),
        Mistake(
            "after_first",
            "An alarm in the first odd frame itself does not count in yours. Its delay is 0.",
            "core",
        ),
        Mistake(
            "early_count",
            "An alarm before anything is odd counts in yours: so some delays are below 0. It is "
            "false.",
            "core",
        ),
        Mistake(
            "zero_outside",
            "You put 0 for the scores of usual frames. A threshold below 0 is exceeded by 0, and "
            "alarms after the odd frames are lost.",
            "core",
        ),
        Mistake(
            "zero_before",
            "You put 0 for the scores before the first odd frame. A threshold below 0 is exceeded "
            "by 0: take away the alarms, not the scores.",
            "core",
        ),
        Mistake("one_early", "An alarm one frame too early counts in yours.", "core"),
        Mistake(
            "behind_only",
            "Alarms in odd frames do not count in yours, only those after them.",
            "core",
        ),
        Mistake("quiet_only", "Only alarms in frames that are *not* odd count in yours.", "core"),
        Mistake(
            "early_clamped",
            "An early alarm makes the delay 0 in yours. It is false and does not count: what "
            "comes after it?",
            "core",
        ),
        Mistake(
            "first_of_film",
            "If the first alarm of a film comes too early, you never look for another one.",
            "core end",
        ),
        Mistake(
            "nearest",
            "You take the alarm *nearest* to the beginning, before it or after it. Those before it "
            "do not count.",
            "core",
        ),
        Mistake(
            "first_without_sign",
            "You take the film's first alarm, and the sign is lost: one that comes too early "
            "counts as if it came late. It is false and does not count.",
            "core",
        ),
        Mistake(
            "minus_last",
            "You look for an alarm from the first odd frame on, but count from the *last* one. The "
            "end of what is odd does not matter.",
            "core",
        ),
        Mistake(
            "minus_end",
            "You look for an alarm from the first odd frame on, but count from the frame behind "
            "the last one. The end of what is odd does not matter.",
            "core",
        ),
        Mistake(
            "late_from_end",
            "An alarm after the odd frames is counted from the *last* odd frame in yours. Every "
            "delay is counted from the first one.",
            "core",
        ),
        Mistake(
            "late_capped",
            "A delay is never longer than the odd frames in yours. A late alarm counts as late as "
            "it comes.",
            "core",
        ),
        Mistake(
            "zero_is_never",
            "A delay of 0 becomes ∞ in yours, as if nothing had been found. Python takes the "
            "number 0 for False: ask whether there *is* an alarm.",
            "core end",
        ),
        Mistake(
            "frame_zero_is_never",
            "An alarm in frame 0 is not seen in yours: the number 0 counts as if nothing had been "
            "found. `argmax` gives 0 for both: ask whether there *is* an alarm.",
            "core end",
        ),
        Mistake(
            "from_end",
            "You count from the *last* odd frame. From which on is the film odd?",
            "core",
        ),
        Mistake(
            "from_behind", "You count from the end of the odd frames, not from the first.", "core"
        ),
        Mistake("first_film", "All films begin to be odd where the first one does.", "core"),
        Mistake("last_film", "All films begin to be odd where the last one does.", "core"),
        Mistake("any_film", "All films begin to be odd where the earliest one does.", "core"),
        Mistake("from_before", "You count from the last frame *before* it is odd.", "core"),
        Mistake(
            "from_zero",
            "You count from the film's first frame. From which on is it odd?",
            "core",
        ),
        Mistake(
            "frame_of_alarm",
            "That is the *frame* of the alarm. How long is it since the film became odd?",
            "core",
        ),
        Mistake("last_alarm", "You take the last alarm. The first one is asked for.", "core"),
        Mistake(
            "largest",
            "You take the frame with the highest score. The first one above the threshold is the "
            "alarm.",
            "core",
        ),
        Mistake(
            "first_largest",
            "You take the frame with the film's highest score, wherever it is, and whatever the "
            "threshold.",
            "core end usual",
        ),
        Mistake("how_many", "You count alarms. When comes the first?", "core"),
        Mistake(
            "false_alarms",
            "You count the alarms that come too early. They do not count: when comes the first one "
            "that does?",
            "core end",
        ),
        Mistake(
            "missed",
            "You count all odd frames without an alarm. Stop at the first alarm.",
            "core",
        ),
        Mistake(
            "missed_all",
            "You count all frames without an alarm from the first odd one on. Stop at the first "
            "alarm.",
            "core",
        ),
        Mistake("mean_alarm", "You average over all alarms. The first one is asked for.", "core"),
        Mistake(
            "from_after",
            "You begin to look and to count one frame after the first odd one. An alarm in that "
            "one comes after 0 frames.",
            "core",
        ),
        Mistake(
            "one_more",
            "It is one frame too many: an alarm in the first odd frame comes after 0 frames.",
            "core",
        ),
        Mistake("one_less", "It is one frame too few.", "core"),
        Mistake(
            "at_threshold",
            "A score that is *equal* to the threshold is an alarm in yours. It must be above it.",
            "core",
        ),
        Mistake("quiet", "You look for the first frame *without* an alarm.", "core"),
        Mistake("below", "An alarm is a score *below* the threshold in yours.", "core"),
        Mistake("a_half", "Your threshold is 0.5. It is given.", "core"),
        Mistake("above_zero", "Your threshold is 0. It is given.", "core"),
        Mistake(
            "above_mean", "Your threshold is the film's own mean. One is given, for all.", "core"
        ),
        Mistake("magnitude", "The sign of the scores is lost.", "core"),
        Mistake(
            "rising",
            "An alarm counts only where it begins in yours. One that goes on from before counts in "
            "the first odd frame, too.",
            "core",
        ),
        Mistake(
            "two_in_a_row",
            "An alarm counts in yours only if the next frame has one, too. One frame above the "
            "threshold is enough.",
            "core",
        ),
        Mistake(
            "second_of_two",
            "An alarm counts in yours only if the frame before has one, too. One frame above the "
            "threshold is enough.",
            "core",
        ),
        Mistake(
            "film_mean",
            "You compare each film's mean with the threshold. Every frame has a score of its own.",
            "core",
        ),
        Mistake(
            "never_minus_one", "Where no alarm comes you return −1. It is ∞: it never comes.", "end"
        ),
        Mistake(
            "never_zero",
            "Where no alarm comes you return 0, as if it came at once. It is ∞.",
            "end",
        ),
        Mistake(
            "never_nan",
            "Where no alarm comes you return NaN. That stands for films without anything odd; here "
            "it is ∞.",
            "end",
        ),
        Mistake(
            "never_length",
            "Where no alarm comes you return the length of the film. It is ∞.",
            "end",
        ),
        Mistake(
            "never_rest",
            "Where no alarm comes you return how many frames are left. It is ∞.",
            "end",
        ),
        Mistake(
            "never_stretch",
            "Where no alarm comes you return how many frames are odd. It is ∞.",
            "end core",
        ),
        Mistake(
            "never_if_silent",
            "∞ stands in yours only if the film has no alarm at all. One that comes too early does "
            "not count, there either.",
            "end core",
        ),
        Mistake("never_negative", "Where no alarm comes you return −∞. It is ∞.", "end"),
        Mistake(
            "never_begin",
            "Where no alarm comes, `argmax` of nothing but False gives 0, and from that you take "
            "the beginning. It is ∞.",
            "end",
        ),
        Mistake(
            "never_begin_above",
            "Where no alarm comes you return the first odd frame: `argmax` of nothing but False is "
            "0, and a sign was lost. It is ∞.",
            "end",
        ),
        Mistake(
            "usual_zero",
            "A film without anything odd gets 0 in yours. There is nothing to wait for: NaN.",
            "usual",
        ),
        Mistake(
            "usual_endless",
            "A film without anything odd gets ∞ in yours. There is nothing to wait for: NaN.",
            "usual",
        ),
        Mistake(
            "usual_minus_one",
            "A film without anything odd gets −1 in yours. There is nothing to wait for: NaN.",
            "usual",
        ),
        Mistake(
            "usual_negative",
            "A film without anything odd gets −∞ in yours. There is nothing to wait for: NaN.",
            "usual",
        ),
        Mistake(
            "until_usual",
            "Your loop ends at the first film without anything odd. Each film has a place in the "
            "result: go on with the next.",
            "usual",
        ),
        Mistake(
            "usual_as_odd",
            "A film without anything odd is treated as if it were odd from frame 0 on. `argmax` of "
            "nothing but False is 0.",
            "usual core",
        ),
        Mistake(
            "usual_from_zero",
            "A film that is odd from frame 0 on gets NaN in yours, as if nothing were odd. A "
            "change from usual to odd is not to be seen in it.",
            "usual core",
        ),
        Mistake(
            "usual_or_false",
            "A film with a false alarm gets NaN in yours. False alarms do not count, and others "
            "may follow.",
            "usual core",
        ),
        Mistake(
            "all_odd",
            "A film that is not odd *throughout* gets NaN in yours. NaN is for those in which "
            "nothing is odd.",
            "usual core end",
        ),
        Mistake(
            "quiet_usual",
            "A film without anything odd gets NaN in yours only if it has no alarm. It has no "
            "delay, whatever alarms there are.",
            "usual core end",
        ),
        Mistake(
            "usual_left_out",
            "Films without anything odd are left out. Each film has a place in the result.",
            "usual",
        ),
        Mistake(
            "endless_left_out",
            "Films in which no alarm comes are left out. Each film has a place in the result: ∞.",
            "usual end",
        ),
        Mistake(
            "heard_only",
            "Only films with an alarm that counts have a place in your result. Each film has one: "
            "∞ and NaN stand for the others.",
            "usual end",
        ),
        Mistake(
            "mean_of_heard",
            "That is the mean over the films with an alarm. One number for each film is asked for.",
            "usual end core",
        ),
        Mistake(
            "mean",
            "That is the mean over the films. One number each is asked for.",
            "usual end core",
        ),
    ),
    properties=(
        Property("A delay is a whole number of frames, ∞ or NaN.", is_whole),
        Property(
            "No delay is below 0: an alarm before anything is odd is false.", never_below_zero
        ),
        Property(
            "NaN is for films without anything odd. In yours another film gets it: what is special "
            "about that film?",
            never_nan,
        ),
        Property(
            "A film without anything odd has no delay: NaN, not ∞, whatever alarms it has.",
            partial(agrees, torch.isnan),
        ),
        Property(
            "If no alarm comes in the first odd frame or later, the delay is ∞, even if one came "
            "before.",
            partial(agrees, torch.isinf),
        ),
        Property(
            "In yours a film gets ∞ though an alarm comes in its first odd frame or later. Which "
            "alarm do you not see?",
            never_endless,
        ),
        Property(
            "Somewhere an alarm in the first odd frame itself does not get the delay 0.",
            partial(agrees, lambda wanted: wanted == 0),
        ),
        Property(
            "Films with an alarm at once are right, others are not. How many frames are there from "
            "the first odd one to the first alarm after it?",
            partial(agrees, lambda wanted: wanted > 0),
        ),
    ),
)
