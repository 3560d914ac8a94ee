"""Mend a beam search: beams that do not follow their parents, and sentences that go on."""

from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import (
    RIGHT,
    Case,
    FindTheBug,
    Mistake,
    Property,
    Wrong,
    random_tensor,
)
from mmtutor.checks.engine.properties import agree
from mmtutor.checks.gpt.shared import either

Found = tuple[Tensor, Tensor]


def beam_search(table: Tensor, width: int, most: int, wrong: Wrong = RIGHT) -> Found:
    """Reference: the best sentence of a beam, and its score; word 0 begins it and ends it."""
    if {"put_aside", "put_aside_ended"} & wrong:
        return put_aside(table, width, most, "put_aside_ended" in wrong)
    kept = 1 if "greedy" in wrong else width
    beams = torch.zeros(kept, 1, dtype=torch.long)
    scores = torch.full((kept,), -torch.inf)
    scores[0] = 0.0
    finished = torch.zeros(kept, dtype=torch.bool)
    for _ in range(rounds(most, wrong)):
        totals = scores[:, None] + steps_of(table, beams, finished, wrong)
        scores, places = totals.flatten().topk(kept)
        parents, words = places // len(table), places % len(table)
        if "divided_by_width" in wrong:
            parents = places // width
        if "step_scores" in wrong:
            scores = steps_of(table, beams, finished, wrong).flatten()[places]
        beams = lengthened(beams, parents, words, wrong)
        finished = over(finished, parents, words, wrong)
        stops = {
            "stops_at_any": finished.any(),
            "stops_unfilled": finished[0],
            "all_unfilled": finished.all(),
        }
        if any(bool(stop) for name, stop in stops.items() if name in wrong):
            break
    return returned(table, beams[:, 1:], scores, finished, most, wrong)


def put_aside(table: Tensor, width: int, most: int, only_ended: bool) -> Found:
    """Search with ended sentences put aside: they take no place in the beam."""
    beams, ended = [(0.0, [0])], []
    rows = table.tolist()
    for _ in range(most):
        longer = [(s + step, [*w, n]) for s, w in beams for n, step in enumerate(rows[w[-1]])]
        best = sorted(longer, reverse=True)[:width]
        beams = [one for one in best if one[1][-1] != 0]
        ended += [one for one in best if one[1][-1] == 0]
    score, words = max((only_ended and ended) or [*ended, *beams])
    return torch.tensor([*words[1:], *[0] * most][:most]), torch.tensor(score)


def rounds(most: int, wrong: Wrong) -> int:
    """Return how many words are looked for."""
    ways = {"one_less": lambda: max(most - 1, 1), "one_more": lambda: most + 1}
    return either(ways, wrong, lambda: most)


def steps_of(table: Tensor, beams: Tensor, finished: Tensor, wrong: Wrong) -> Tensor:
    """Return the log probability of each next word after each beam (beam, word)."""
    steps = table[beams[:, -1]]
    nothing = torch.full_like(steps, -torch.inf)
    stays, paid = nothing.clone(), nothing.clone()
    stays[:, 0], paid[:, 0] = 0.0, steps[:, 0]
    last = finished[:, None]
    ways: dict[str, Callable[[], Tensor]] = {
        "goes_on": lambda: steps,
        "wiped": lambda: steps,
        "wiped_rescored": lambda: steps,
        "dropped": lambda: steps.masked_fill(last, -torch.inf),
        "free_words": lambda: steps.masked_fill(last, 0.0),
        "end_paid": lambda: torch.where(last, paid, steps),
    }
    return either(ways, wrong, lambda: torch.where(last, stays, steps))


def lengthened(beams: Tensor, parents: Tensor, words: Tensor, wrong: Wrong) -> Tensor:
    """Return the beams with their new words (beam, word)."""
    ways: dict[str, Callable[[], Tensor]] = {
        "parents_lost": lambda: beams,
        "rescored": lambda: beams,
        "first_parent": lambda: beams[parents[:1].expand_as(parents)],
    }
    before = either(ways, wrong, lambda: beams[parents])
    return torch.cat([before, words[:, None]], dim=1)


def over(finished: Tensor, parents: Tensor, words: Tensor, wrong: Wrong) -> Tensor:
    """Return which beams have ended."""
    ends = words == 0
    ways: dict[str, Callable[[], Tensor]] = {
        "finished_lost": lambda: finished | ends,
        "finished_now": lambda: ends,
    }
    return either(ways, wrong, lambda: finished[parents] | ends)


def returned(
    table: Tensor, beams: Tensor, scores: Tensor, finished: Tensor, most: int, wrong: Wrong
) -> Found:
    """Return the best sentence, as long as asked for, and its score."""
    said = (beams != 0).sum(1) + 1
    ended = scores.masked_fill(~finished, -1e4)
    ways: dict[str, Callable[[], Found]] = {
        "last_beam": lambda: (beams[-1], scores[-1]),
        "by_length": lambda: at((scores / said).argmax(), beams, scores),
        "length_score": lambda: at((scores / said).argmax(), beams, scores / said),
        "score_per_word": lambda: (beams[0], scores[0] / said[0]),
        "wiped": lambda: (beams[0] * ((beams[0] == 0).cumsum(0) == 0), scores[0]),
        "cut": lambda: (beams[0][: said[0]], scores[0]),
        "start_is_end": lambda: (beams[0] * 0, scores[0] * 0),
        "mean_score": lambda: (beams[0], scores[0] / most),
        "probability": lambda: (beams[0], scores[0].exp()),
        "ended_only": lambda: at(ended.argmax(), beams, scores),
        "shortest": lambda: at(said.argmin(), beams, scores),
        "all_beams": lambda: (beams, scores),
        "with_start": lambda: (torch.cat([beams[0, :1] * 0, beams[0]]), scores[0]),
    }
    sentence, score = either(ways, wrong, lambda: (beams[0], scores[0]))
    if "stops_at_any" in wrong and sentence.ndim == 1:
        sentence = torch.nn.functional.pad(sentence, (0, most - sentence.shape[0]))
    if "wiped_rescored" in wrong:
        sentence = sentence * ((sentence == 0).cumsum(0) == 0)
    if {"rescored", "wiped_rescored"} & wrong:
        score = own_score(table, sentence)
    return sentence, score


def own_score(table: Tensor, sentence: Tensor) -> Tensor:
    """Return the score of a sentence, up to its first end."""
    total, before = torch.zeros(()), 0
    for word in sentence.tolist():
        total, before = total + table[before, word], word
        if word == 0:
            break
    return total


def at(place: Tensor, beams: Tensor, scores: Tensor) -> Found:
    """Return one of the beams and its score."""
    return beams[place], scores[place]


def case(words: int, width: int, most: int, seed: int, end: float = 0.0, size: float = 1.5) -> Case:
    """Return a table of log probabilities of the next word, and how wide and long to search."""
    table = size * random_tensor(words, words, seed=seed)
    table[1:, 0] += end  # how readily a sentence ends
    table[0, 0] -= 3  # and hardly ever before its first word
    return Case(table=table.log_softmax(1), width=width, most=most)


def beam_cases() -> list[Case]:
    sure = case(4, 2, 5, 90)
    sure["table"][1] = torch.tensor([-25.0, -30.0, 0.0, -26.0])
    twins = case(5, 3, 6, 95, 0.5)
    twins["table"][3] = twins["table"][2]
    return [
        case(3, 2, 4, 10),
        case(4, 3, 5, 20),
        case(5, 2, 6, 30, 0.7),
        case(6, 4, 3, 40, 1.0),
        case(7, 3, 8, 50, -0.5),
        case(5, 1, 4, 60),
        case(8, 5, 1, 70),
        case(6, 3, 7, 80, 0.4),
        case(9, 6, 5, 85, 0.8),
        sure,
        twins,
        case(1, 1, 3, 99),
        case(120, 7, 9, 101, 2.0, 2.0),
        case(4, 110, 5, 103, 0.3),
        case(5, 4, 6, 105, 0.6, 0.8),
        case(6, 3, 9, 107, 1.2, 1.0),
        # in these a flag that stays with its rank freezes a sentence that has not ended
        case(6, 2, 6, 1025, 0.5, 1.0),
        case(7, 3, 9, 1107, 1.5, 2.0),
        case(6, 4, 9, 1312, 0.0, 2.0),
        case(3, 3, 6, 1392, 0.0, 0.6),
        case(6, 3, 9, 1237, -0.5, 2.0),
    ]


def right(case: Case) -> Found:
    """Return what is right."""
    return beam_search(*case.values())


def score_is_the_sentences(case: Case, output: Found) -> bool:
    """Say whether the score is that of the sentence."""
    sentence = torch.as_tensor(output[0])
    if sentence.max() >= len(case["table"]) or sentence.min() < 0:
        return False
    return agree(torch.as_tensor(output[1]), own_score(case["table"], sentence))


def nothing_behind_the_end(case: Case, output: Found) -> bool:
    """Say whether nothing but 0 follows the first 0."""
    ended = (torch.as_tensor(output[0]) == 0).cumsum(0) > 0
    return not bool((torch.as_tensor(output[0]) * ended).any())


def good_enough(case: Case, output: Found) -> bool:
    """Say whether the score is not below the right one."""
    return float(output[1]) >= float(right(case)[1]) - 1e-4


def ended_comes_back(case: Case, output: Found) -> bool:
    """Say whether the best sentence comes back where it has ended early."""
    best = right(case)[0]
    return not bool((best[:-1] == 0).any()) or torch.equal(torch.as_tensor(output[0]), best)


def greedy_is_right(case: Case, output: Found) -> bool:
    """Say whether it is right with a single beam."""
    if case["width"] > 1:
        return True
    sentence, score = right(case)
    return torch.equal(torch.as_tensor(output[0]), sentence) and agree(
        torch.as_tensor(output[1]), score
    )


BEAM_BUG = FindTheBug(
    id="captioning.bug_beam",
    title="Find the bugs: the best sentence is nobody's",
    difficulty=2,
    minutes=15,
    given=frozenset({"parents_lost", "goes_on"}),
    hints=(
        "There are two mistakes. Take the sentence that comes out and add up its log probabilities "
        "by hand: is that the score that comes with it? And what follows its first 0?",
        "After `topk` the beam at rank 0 may go on what stood at rank 1. And a sentence that has "
        "said 0 is over: its only next word is 0, and it costs nothing.",
        "parents (width,) says which old beam each new one comes from; beams[parents] is (width, "
        "length). steps (width, word): a finished row is −∞ but for a 0 at word 0.",
        "steps = table[beams[:, -1]].clone()\nfinished = (beams[:, 1:] == 0).any(dim=1)\n"
        "steps[finished] = ...\nsteps[finished, 0] = ...\n...\n"
        "beams = torch.cat([beams[...], words[:, None]], dim=1)",
    ),
    reference=beam_search,
    cases=beam_cases,
    mistakes=(
        Mistake(
            "parents_lost",
            "The beams keep their order while the scores get a new one. Which old beam does the "
            "candidate of rank 0 go on?",
            "parents",
        ),
        Mistake(
            "goes_on",
            "A sentence that has ended goes on: word 0 ends it, and it also begins the next one.",
            "steps",
        ),
        Mistake(
            "first_parent",
            "All beams go on the best one's parent. Each has its own.",
            "parents",
        ),
        Mistake(
            "dropped",
            "Sentences that have ended are lost. They stay in the beam with their score.",
            "steps over",
        ),
        Mistake(
            "free_words",
            "An ended sentence may go on with *any* word for nothing. Only with 0.",
            "steps over",
        ),
        Mistake(
            "end_paid",
            "An ended sentence pays for 0 again in each round. It costs nothing more.",
            "steps over",
        ),
        Mistake(
            "finished_lost",
            "Whether a sentence has ended stays with the *rank*. It goes with the parent, as the "
            "words do.",
            "over steps start",
        ),
        Mistake(
            "greedy",
            "All beams are one: only one is kept, or all begin with the score 0 and find the same. "
            "In the program that you were given there were `width`, and one of them began.",
            "start parents",
        ),
        Mistake(
            "step_scores",
            "The scores are those of the last word alone. They are sums.",
            "start steps over end",
        ),
        Mistake("one_less", "The search makes one round too few.", "rounds"),
        Mistake("one_more", "The search makes one round too many.", "rounds"),
        Mistake(
            "stops_at_any",
            "The search stops as soon as some beam has ended, even if a better one goes on.",
            "rounds steps over end start",
        ),
        Mistake(
            "stops_unfilled",
            "You stop when the best has ended, which is fine, but then the sentence is shorter "
            "than `most`. Behind its end stands 0.",
            "end start steps over parents rounds",
        ),
        Mistake(
            "all_unfilled",
            "You stop when all have ended, which is fine, but then the sentence is shorter than "
            "`most`. Behind its end stands 0.",
            "end start steps over parents rounds",
        ),
        Mistake(
            "wiped",
            "You wipe out what follows the end when all is over. The search went on all the same, "
            "and the score paid for it.",
            "end start steps over parents rounds",
        ),
        Mistake(
            "rescored",
            "You add up the score of the words that come out. It is that of the sentence now, but "
            "the sentence is still put together from several beams.",
            "end start steps over parents rounds",
        ),
        Mistake(
            "wiped_rescored",
            "Sentence and score belong together, but a better sum was in reach. Do long sentences "
            "get a bonus in yours? Or does the search go on behind an end, and you wipe that out "
            "when all is over? Until then others were thrown out for it.",
            "end start steps over parents rounds",
        ),
        Mistake(
            "put_aside",
            "You put ended sentences aside, so others get their places in the beam. Here they "
            "stay in it.",
            "end start steps over parents rounds",
        ),
        Mistake(
            "put_aside_ended",
            "You put ended sentences aside, so others get their places in the beam, and choose "
            "among them alone. Here they stay in the beam, and what has not ended may win.",
            "end start steps over parents rounds",
        ),
        Mistake("last_beam", "The last beam comes back. Which is the best?", "end start"),
        Mistake(
            "by_length",
            "You choose by the mean per word. Length is not made up for here: the best sum wins.",
            "end start",
        ),
        Mistake(
            "length_score",
            "You divide by the number of words. The score is a sum here.",
            "end start",
        ),
        Mistake(
            "mean_score",
            "The score is divided by the number of rounds. It is a sum here.",
            "end",
        ),
        Mistake(
            "score_per_word",
            "The score is divided by the number of words. It is a sum here.",
            "end",
        ),
        Mistake(
            "cut",
            "The sentence is cut off behind its end. It is as long as `most`, with 0 behind the "
            "end.",
            "end",
        ),
        Mistake(
            "start_is_end",
            "All that comes out is 0, at no cost. Does the 0 that *begins* it count as an end? "
            "Or is the 0 that ends one free, even the first time?",
            "end start steps over parents rounds",
        ),
        Mistake(
            "divided_by_width",
            "You divide by `width` to get the parents. How long is one row of (beam, word)?",
            "end start steps over parents rounds",
        ),
        Mistake("probability", "The score comes back as a probability, not as its log.", "end"),
        Mistake(
            "ended_only",
            "You choose among the ended sentences only. A sentence that is cut off after `most` "
            "words may win here, too.",
            "end start steps over",
        ),
        Mistake(
            "shortest", "The shortest sentence comes back. Which is the best?", "end start parents"
        ),
        Mistake("all_beams", "All beams come back. Only the best is asked for.", "end start"),
        Mistake(
            "with_start",
            "The sentence begins with the 0 that starts it. It was left out in the program that "
            "you were given.",
            "end",
        ),
    ),
    properties=(
        Property(
            "With a width of 1 (greedy) it is wrong already: there each round takes the best next "
            "word, until 0 is said.",
            greedy_is_right,
        ),
        Property(
            "Something follows the first 0 of a sentence. It is over there; or do the words before "
            "the 0 and those behind it come from two different sentences?",
            nothing_behind_the_end,
        ),
        Property(
            "The score is not that of the sentence: add up the log probabilities of its words, up "
            "to the first 0. Do words, scores and beams keep together?",
            score_is_the_sentences,
        ),
        Property(
            "The best sentence has ended, and it is not what comes back. Does each beam stay "
            "together, and an ended one in the beam, with its score?",
            ended_comes_back,
        ),
        Property(
            "A better sentence than yours was in reach of the beam.",
            good_enough,
        ),
    ),
)
