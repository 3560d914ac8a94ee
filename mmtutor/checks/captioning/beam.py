"""One step of beam search. Traps: scores without their parents, and sentences that never end."""

from collections.abc import Callable

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
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.gpt.shared import either

Kept = tuple[Tensor, Tensor, Tensor]


def beam_step(
    scores: Tensor,
    finished: Tensor,
    log_probs: Tensor,
    end: int,
    width: int,
    wrong: Wrong = RIGHT,
) -> Kept:
    """Reference: every unfinished beam goes on with every word, a finished one stays as it is."""
    steps = steps_of(finished, log_probs, end, wrong)
    totals = totals_of(scores, steps, finished, end, wrong)
    if "best_beams_first" in wrong:
        totals[ranks_of(scores) >= width] = -torch.inf
    best = chosen(totals, width, wrong)
    parents, words = best // log_probs.shape[1], best % log_probs.shape[1]
    if "stuck_words" in wrong:
        words = torch.where(finished[parents], 0 if end else 1, words)
    if "words_by_width" in wrong:
        words = best % width
    if "divided_by_width" in wrong:
        parents = best // width
    if "words_of_parent_0" in wrong:
        parents = parents * 0
    return returned(totals.flatten()[best], parents, words, scores, log_probs, wrong)


def steps_of(finished: Tensor, log_probs: Tensor, end: int, wrong: Wrong) -> Tensor:
    """Return what each word costs each beam (beam, word)."""
    nothing = torch.full_like(log_probs, -torch.inf)
    stays, paid, first = nothing.clone(), nothing.clone(), nothing.clone()
    stays[:, end] = 0.0
    paid[:, end] = log_probs[:, end]
    first[:, 0] = 0.0
    over = finished[:, None]
    ways: dict[str, Callable[[], Tensor]] = {
        "extended": lambda: log_probs,
        "dropped": lambda: log_probs.masked_fill(over, -torch.inf),
        "dropped_low": lambda: log_probs.masked_fill(over, -1e9),
        "end_paid": lambda: torch.where(over, paid, log_probs),
        "free_words": lambda: log_probs.masked_fill(over, 0.0),
        "end_is_0": lambda: torch.where(over, first, log_probs),
        "end_free_too": lambda: torch.where(over & (stays == 0), 0.0, log_probs),
        "end_free_for_all": lambda: torch.where(
            stays == 0, 0.0, log_probs.masked_fill(over, -torch.inf)
        ),
        "first_decides": lambda: torch.where(over[:1], stays, log_probs),
        "turned": lambda: torch.where(~over, stays, log_probs),
        "any_over": lambda: torch.where(over.any(), stays, log_probs),
        "end_forbidden": lambda: torch.where(over, stays, torch.where(stays == 0, -1e4, log_probs)),
        "probability_one": lambda: torch.where(over, torch.where(stays == 0, 1.0, -1e4), log_probs),
    }
    return either(ways, wrong, lambda: torch.where(over, stays, log_probs))


def totals_of(scores: Tensor, steps: Tensor, finished: Tensor, end: int, wrong: Wrong) -> Tensor:
    """Return the score of every beam with every word (beam, word)."""
    before = scores[:, None]
    ways: dict[str, Callable[[], Tensor]] = {
        "no_scores": lambda: steps,
        "multiplied": lambda: before * steps,
        "probabilities": lambda: before + steps.exp(),
        "first_score": lambda: scores[0] + steps,
        "subtracted": lambda: before - steps.clamp(min=-1e4),
        "sorted_scores": lambda: scores.sort(descending=True).values[:, None] + steps,
    }
    return either(ways, wrong, lambda: before + steps)


def chosen(totals: Tensor, width: int, wrong: Wrong) -> Tensor:
    """Return the places of the best among all beams and words (width,)."""
    flat = totals.flatten()
    beams, words = totals.shape
    finite = totals.masked_fill(totals < -9e3, -torch.inf)
    each = finite.max(1).values.argsort(descending=True, stable=True)
    best_words = finite.argmax(1)
    ways: dict[str, Callable[[], Tensor]] = {
        "worst": lambda: finite.masked_fill(finite.isinf(), torch.inf).flatten().argsort()[:width],
        "unsorted": lambda: flat.argsort(descending=True, stable=True)[:width].sort().values,
        "one_a_beam": lambda: (each * words + best_words[each])[:width],
        "best_beam_only": lambda: (
            totals.max(1).values.argmax() * words
            + totals[totals.max(1).values.argmax()].argsort(descending=True, stable=True)[:width]
        ),
        "first_beam_only": lambda: totals[0].argsort(descending=True, stable=True)[:width],
        "best_word_of_first": lambda: (
            torch.arange(beams)[:, None] * words + best_words[:, None]
        ).flatten()[:width],
        "as_many_as_before": lambda: flat.argsort(descending=True, stable=True)[:beams],
        "one_more": lambda: flat.argsort(descending=True, stable=True)[: width + 1],
        "one_less": lambda: flat.argsort(descending=True, stable=True)[: max(width - 1, 1)],
        "only_first": lambda: flat.argsort(descending=True, stable=True)[:1],
        "worst_first": lambda: flat.argsort(descending=True, stable=True)[:width].flip(0),
    }
    return either(ways, wrong, lambda: flat.argsort(descending=True, stable=True)[:width])


def returned(
    best: Tensor, parents: Tensor, words: Tensor, scores: Tensor, log_probs: Tensor, wrong: Wrong
) -> Kept:
    """Return scores, parents and words, or what people hand over instead."""
    places = parents * log_probs.shape[1] + words
    ways: dict[str, Callable[[], Kept]] = {
        "old_scores": lambda: (scores[parents], parents, words),
        "unmasked_scores": lambda: (scores[parents] + log_probs[parents, words], parents, words),
        "step_alone": lambda: (best - scores[parents], parents, words),
        "ranks": lambda: (best, torch.arange(len(best)), words),
        "parents_words_exchanged": lambda: (best, words, parents),
        "places": lambda: (best, parents, places),
        "divided_by_beams": lambda: (best, places // len(scores), places % len(scores)),
        "scores_last": lambda: (parents, words, best),
        "as_probability": lambda: (best.exp(), parents, words),
        "parents_sorted": lambda: (best, parents.sort().values, words),
        "parents_ranked": lambda: (best, ranks_of(scores)[parents], words),
    }
    return either(ways, wrong, lambda: (best, parents, words))


def ranks_of(scores: Tensor) -> Tensor:
    """Return which place each beam has when the best comes first."""
    return scores.argsort(descending=True, stable=True).argsort()


def case(finished: str, words: int, end: int, width: int, seed: int, size: float = 1.5) -> Case:
    """Return a step of a beam search: which beams have ended, scores, log probabilities."""
    beams = len(finished)
    table = size * random_tensor(beams, words, seed=seed)
    return Case(
        scores=-2 * random_tensor(beams, seed=seed + 1).abs() - 1,
        finished=torch.tensor([one == "1" for one in finished]),
        log_probs=table.log_softmax(1),
        end=end,
        width=width,
    )


def beam_cases() -> list[Case]:
    begin = case("0", 6, 4, 4, 30)
    begin["scores"][:] = 0.0  # nothing is said yet
    loud = case("0100", 5, 2, 3, 70, 20.0)
    loud["scores"][:] = torch.tensor([-26.0, -25.0, -31.0, -24.0])
    close = case("001", 6, 1, 4, 80, 0.02)
    close["scores"][:] = torch.tensor([-1.0, -1.004, -2.9])
    over = case("111", 5, 3, 2, 90)
    twins = case("0010", 4, 3, 2, 100)
    twins["log_probs"][1] = twins["log_probs"][0]
    sure = case("010", 4, 0, 8, 110)
    sure["log_probs"][0] = torch.tensor([-30.0, -0.001, -31.0, -29.0])
    crowd = case("10" * 8, 110, 104, 120, 120)
    tail = case("010", 7, 3, 5, 130)
    tail["scores"][:] = torch.tensor([-4.0, -0.5, -3.5])
    late = case("00", 4, 3, 1, 160)  # the second beam has the best candidate
    late["scores"][:] = torch.tensor([-1.0, -2.0])
    late["log_probs"][:] = torch.tensor([[0.22, 0.25, 0.24, 0.29], [0.9, 0.05, 0.03, 0.02]]).log()
    return [
        case("01", 3, 2, 2, 10),
        case("010", 5, 0, 2, 20),
        begin,
        case("0110", 7, 3, 5, 40),
        case("00", 4, 1, 3, 50),
        case("10010", 6, 5, 4, 60),
        case("0010", 3, 0, 1, 65),
        loud,
        close,
        over,
        twins,
        sure,
        crowd,
        tail,
        case("01", 1, 0, 2, 140),
        case("100", 8, 6, 7, 150),
        late,
    ]


def right(case: Case) -> Kept:
    """Return what is right."""
    return beam_step(*case.values())


def sorted_scores(case: Case, output: Kept) -> bool:
    """Say whether the best comes first."""
    scores = torch.as_tensor(output[0])
    return bool((scores[:-1] >= scores[1:] - 1e-6).all())


def without_finished(case: Case, output: Kept) -> bool:
    """Say whether all is right where no beam is finished."""
    return bool(case["finished"].any()) or all(map(agree, output, right(case)))


def scores_belong(case: Case, output: Kept) -> bool:
    """Say whether each score is that of its parent and its word."""
    best, parents, words = (torch.as_tensor(one) for one in output)
    if parents.max() >= len(case["scores"]) or words.max() >= case["log_probs"].shape[1]:
        return False
    step = case["log_probs"][parents, words].masked_fill(case["finished"][parents], 0.0)
    return torch.allclose(best, case["scores"][parents] + step, atol=1e-4)


def finished_say_end(case: Case, output: Kept) -> bool:
    """Say whether a finished beam is followed by the end alone."""
    parents, words = (torch.as_tensor(one) for one in output[1:])
    if parents.max() >= len(case["finished"]):
        return True
    return bool((words[case["finished"][parents]] == case["end"]).all())


def some_finished_kept(case: Case, output: Kept) -> bool:
    """Say whether some finished beam is kept where one should be."""
    over, parents = case["finished"], torch.as_tensor(output[1])
    if parents.max() >= len(over):
        return True
    return bool(over[parents].any()) or not bool(over[right(case)[1]].any())


def finished_stay(case: Case, output: Kept) -> bool:
    """Say whether finished beams are kept where they should be."""
    over = case["finished"]
    parents, theirs = torch.as_tensor(output[1]), right(case)[1]
    if parents.max() >= len(over):
        return True
    return sorted(parents[over[parents]].tolist()) == sorted(theirs[over[theirs]].tolist())


BEAM = Implement(
    id="captioning.beam",
    title="One step of a beam search",
    difficulty=3,
    minutes=20,
    hints=(
        "Write down every candidate of the first input with its score: an unfinished beam has one "
        "for each word, a finished one has exactly one.",
        "candidate (beam, word) = score of the beam + log probability of the word. For a finished "
        "beam: + 0 for `end`, −∞ for all other words.",
        "The candidates are (beam, word). Flattened, place = beam · words + word: so `//` gives "
        "the parent and `%` the word.",
        "steps = log_probs.clone()\nsteps[finished] = ...\nsteps[finished, end] = ...\n"
        "totals = (scores[:, None] + steps).flatten()\nbest, places = totals.topk(...)\n"
        "return best, places // ..., places % ...",
    ),
    reference=beam_step,
    cases=beam_cases,
    mistakes=(
        Mistake(
            "extended",
            "Finished beams go on with any word. A caption that has ended has ended.",
            "step",
        ),
        Mistake(
            "dropped",
            "Finished beams are thrown away. They stay candidates, each with its own score.",
            "step",
        ),
        Mistake(
            "dropped_low",
            "Finished beams get scores so low that they are as good as thrown away. They stay "
            "candidates, each with its own score.",
            "step total",
        ),
        Mistake(
            "end_paid",
            "A finished beam pays for its end again at every step. What has ended costs nothing "
            "more.",
            "step total",
        ),
        Mistake(
            "free_words",
            "A finished beam may go on with *every* word for nothing. It has one candidate only.",
            "step total",
        ),
        Mistake(
            "end_is_0",
            "A finished beam is followed by word 0. Which word is it to be followed by?",
            "step total",
        ),
        Mistake(
            "end_free_too",
            "A finished beam stays, but it may go on with other words as well.",
            "step total",
        ),
        Mistake(
            "end_free_for_all",
            "`end` costs nothing in *every* beam. Only where a beam is finished it does not.",
            "step total",
        ),
        Mistake(
            "first_decides", "The first beam decides for all whether they are finished.", "step"
        ),
        Mistake(
            "turned",
            "The *unfinished* beams stay, and the finished ones go on.",
            "step total",
        ),
        Mistake("any_over", "As soon as one beam is finished, all stay.", "step total"),
        Mistake(
            "end_forbidden",
            "An unfinished beam can never end in yours. Who would be finished, then?",
            "step total",
        ),
        Mistake(
            "probability_one",
            "A finished beam gets 1 added. That is a probability; which logarithm has it?",
            "step total",
        ),
        Mistake(
            "no_scores",
            "The scores so far are not in it: a beam is judged by its last word alone.",
            "total",
        ),
        Mistake(
            "multiplied",
            "You multiply log probabilities. Probabilities multiply; what do their logarithms do?",
            "total step",
        ),
        Mistake(
            "probabilities",
            "You add a probability to a score that is a sum of log probabilities.",
            "total step",
        ),
        Mistake("first_score", "The first beam's score is added to all.", "total"),
        Mistake("subtracted", "You subtract the log probability of the word.", "total step"),
        Mistake(
            "sorted_scores",
            "You sort the scores before you add them, so a beam gets another beam's.",
            "total",
        ),
        Mistake("worst", "You keep the *worst* candidates.", "choice step total"),
        Mistake(
            "unsorted",
            "You keep the right ones, but in the order of beams and words. The best comes first.",
            "choice",
        ),
        Mistake(
            "one_a_beam",
            "Each beam keeps only its own best word. Two candidates may come from one beam, and "
            "none from another.",
            "choice step total",
        ),
        Mistake(
            "best_beams_first",
            "You choose the best *beams* first, and then among their words. A beam that lies "
            "behind may have the best next word: compare all candidates.",
            "choice step total flat",
        ),
        Mistake(
            "best_beam_only",
            "All that you keep come from one beam, the one with the best candidate.",
            "choice step total",
        ),
        Mistake(
            "first_beam_only",
            "Only the first beam's candidates are looked at.",
            "choice step total flat",
        ),
        Mistake(
            "best_word_of_first",
            "Each beam keeps its own best word, in the order of the beams. All candidates compete.",
            "choice step total rank",
        ),
        Mistake(
            "as_many_as_before",
            "You keep as many beams as there were. `width` says how many.",
            "choice",
        ),
        Mistake("one_more", "You keep one candidate too many.", "choice"),
        Mistake("one_less", "You keep one candidate too few.", "choice"),
        Mistake("only_first", "You keep a single candidate. `width` says how many.", "choice step"),
        Mistake("worst_first", "The best comes first; in yours it comes last.", "choice"),
        Mistake(
            "stuck_words",
            "A finished beam is kept with its score, but the word that follows is not `end`.",
            "end step total choice",
        ),
        Mistake(
            "words_of_parent_0",
            "All parents are 0. A place in the flat row is beam · words + word.",
            "end choice",
        ),
        Mistake(
            "old_scores",
            "The scores that you return are those of the parents, without the new word.",
            "end total",
        ),
        Mistake(
            "step_alone",
            "The scores that you return are the last word's alone. They are sums.",
            "end total",
        ),
        Mistake(
            "ranks",
            "Your parents are 0, 1, 2 …: each candidate is given to the beam of its rank. Whose "
            "caption does it go on?",
            "end rank",
        ),
        Mistake(
            "parents_words_exchanged",
            "Parents and words have changed places: `//` by the number of words gives the beam, "
            "and `%` the word.",
            "end",
        ),
        Mistake(
            "places",
            "Your words are places in the flattened row. What is left of one when its beam is "
            "taken out?",
            "end flat",
        ),
        Mistake(
            "divided_by_beams",
            "You divide by the number of *beams*. How long is one row of (beam, word)?",
            "end",
        ),
        Mistake(
            "divided_by_width",
            "For the parents you divide by `width`. How long is one row of (beam, word)?",
            "end",
        ),
        Mistake(
            "words_by_width",
            "For the words you take the remainder by `width`. How long is one row of (beam, word)?",
            "end",
        ),
        Mistake(
            "unmasked_scores",
            "The right ones are kept, but the scores that you return are added up anew, and "
            "finished beams pay for a word in them.",
            "end total step",
        ),
        Mistake("scores_last", "Three things in another order: scores, parents, words.", "end"),
        Mistake(
            "as_probability",
            "The scores come back as probabilities. They stay logarithms.",
            "end total",
        ),
        Mistake(
            "parents_sorted",
            "The parents are sorted by themselves, so they no longer belong to their words.",
            "end choice",
        ),
        Mistake(
            "parents_ranked",
            "Your parents are counted among *sorted* beams. Which number has each of them in "
            "`scores`, as it was given?",
            "end choice",
        ),
    ),
    properties=(
        Property(
            "Yours is wrong even where no beam is finished. Which candidates are there, what is "
            "the score of one, and where in the flat row does it stand?",
            without_finished,
        ),
        Property(
            "Somewhere a finished beam is among the best, and none of your parents is one. Does it "
            "stay a candidate, with its own score and its own number?",
            some_finished_kept,
        ),
        Property(
            "A finished beam is followed by `end`, and by nothing else.",
            finished_say_end,
        ),
        Property(
            "Some score is not that of its parent and its word: the parent's score plus the word's "
            "log probability or, if the parent is finished, plus 0.",
            scores_belong,
        ),
        Property(
            "A finished beam is one candidate with its own score. In yours it is kept where others "
            "are better, or lost, or there twice.",
            finished_stay,
        ),
        Property("The best comes first. Your scores are not in that order.", sorted_scores),
    ),
)
