"""Mend a loss over conversations: which scores, which labels count, and by how many one divides."""

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

IGNORED = -100


def talk_loss(scores: Tensor, labels: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the mean surprise of all labels, each under the scores of the place before it."""
    before, wanted = placed(scores, labels, wrong)
    counted = chosen(wanted, wrong)
    surprise = surprises(before, wanted, wrong) * counted
    ways: dict[str, Callable[[], Tensor]] = {
        "all_places": lambda: surprise.sum() / labels.numel(),
        "later_places": lambda: surprise.sum() / wanted.numel(),
        "by_rows": lambda: surprise.sum() / len(labels),
        "by_width": lambda: surprise.sum() / labels.shape[1],
        "sum": lambda: surprise.sum(),
        "first_counted": lambda: surprise.sum() / (labels != IGNORED).sum(),
        "mean_of_rows": lambda: (surprise.sum(1) / counted.sum(1))[counted.any(1)].mean(),
        "zero_not_divided": lambda: surprise.sum() / (wanted > 0).sum(),
        "log_of_mean": lambda: -(((-surprise).exp() * counted).sum() / counted.sum()).log(),
        "negative": lambda: -surprise.sum() / counted.sum(),
        "perplexity": lambda: (surprise.sum() / counted.sum()).exp(),
        "last_row": lambda: surprise[-1].sum() / counted[-1].sum().clamp(min=1),
    }
    return either(ways, wrong, lambda: surprise.sum() / counted.sum())


def placed(scores: Tensor, labels: Tensor, wrong: Wrong) -> tuple[Tensor, Tensor]:
    """Return scores and the labels that are held against them."""
    ways: dict[str, Callable[[], tuple[Tensor, Tensor]]] = {
        "same_place": lambda: (scores[:, 1:], labels[:, 1:]),
        "same_place_all": lambda: (scores, labels),
        "next_place": lambda: (scores[:, 1:], labels[:, :-1]),
        "wraps": lambda: (scores.roll(1, 1), labels),
        "two_before": lambda: (scores[:, :-2], labels[:, 2:]),
        "last_missing": lambda: (scores[:, :-2], labels[:, 1:-1]),
        "row_above": lambda: (scores[:-1], labels[1:]),
        "row_below": lambda: (scores[1:], labels[:-1]),
        "flat": lambda: (scores.flatten(0, 1)[None, :-1], labels.flatten()[None, 1:]),
    }
    return either(ways, wrong, lambda: (scores[:, :-1], labels[:, 1:]))


def chosen(wanted: Tensor, wrong: Wrong) -> Tensor:
    """Return which labels count."""
    if "zero_skipped" in wrong:
        return wanted > 0
    if "ignored_counted" in wrong:
        return torch.ones_like(wanted, dtype=torch.bool)
    return wanted != IGNORED


def surprises(scores: Tensor, wanted: Tensor, wrong: Wrong) -> Tensor:
    """Return −ln p of each label; of what is ignored that of word 0."""
    places = wanted.clamp(min=0).unsqueeze(2)
    chances = scores.softmax(2).gather(2, places).squeeze(2)
    ways: dict[str, Callable[[], Tensor]] = {
        "not_logged": lambda: -chances,
        "missing": lambda: 1 - chances,
        "twice": lambda: -scores.softmax(2).log_softmax(2).gather(2, places).squeeze(2),
        "scores": lambda: -scores.gather(2, places).squeeze(2),
        "bits": lambda: -chances.log2(),
        "other_axis": lambda: -scores.log_softmax(1).gather(2, places).squeeze(2),
        "logged_scores": lambda: -scores.exp().log1p().gather(2, places).squeeze(2),
    }
    return either(ways, wrong, lambda: -chances.log())


def talk_loss_cases() -> list[Case]:
    def case(rows: list[list[int]], words: int, seed: int, scale: float = 2.0) -> Case:
        labels = torch.tensor(rows)
        return Case(scores=scale * random_tensor(*labels.shape, words, seed=seed), labels=labels)

    no = IGNORED
    twins = case([[no, 1, 0, 2], [no, no, 2, 1]], 3, 70)
    twins["scores"][0, 2, :2] = torch.tensor([0.0, -21.0])
    twins["scores"][1] = twins["scores"][0]
    return [
        case([[no, 1, 2], [no, no, 3]], 4, 10),
        case([[no, no, 0, 2, no]], 3, 20),
        case([[no, 4, 0, no, no, 1], [no, no, no, 2, 3, 0], [no, 5, no, no, no, no]], 6, 30),
        case([[2, 1, no, 0], [no, no, no, 1]], 3, 40),
        case([[no, no, no], [no, 1, 1], [0, 0, 0], [no, no, 1]], 2, 50),
        case([[no, 6, 3, 0, no, no, 2, 5], [no, no, no, no, 1, 1, no, no]], 7, 60, 12.0),
        twins,
        case([[no, 0, 0]], 1, 80),
        case([[no, no, 2, no]], 5, 85),
        case([[no, no, 119, 100], [no, 3, 0, no]], 120, 90),
    ]


def labels_that_count(case: Case) -> int:
    """Return how many labels have a place before them."""
    return int((case["labels"][:, 1:] != IGNORED).sum())


def one_label(case: Case, output: Tensor) -> bool:
    """Say whether it is right where there is a single label."""
    return labels_that_count(case) > 1 or agree(output, talk_loss(*case.values()))


def one_conversation(case: Case, output: Tensor) -> bool:
    """Say whether it is right where there is a single conversation."""
    return len(case["labels"]) > 1 or agree(output, talk_loss(*case.values()))


def several_conversations(case: Case, output: Tensor) -> bool:
    """Say whether it is right."""
    return agree(output, talk_loss(*case.values()))


def not_below_zero(case: Case, output: Tensor) -> bool:
    """Say whether a mean surprise is not negative."""
    return bool(float(output) >= -1e-6)


def later_scores_do_not_matter(case: Case, output: Tensor) -> bool:
    """Say whether the loss is what the scores before the labels give, and no others."""
    labels = case["labels"]
    kept = labels[:, 1:] != IGNORED
    if not bool(kept.any()):
        return True
    ahead = case["scores"][:, :-1].double().log_softmax(2)
    worst = -ahead[kept].amin()
    return bool(float(output) <= float(worst) + 1e-4)


TALK_LOSS_BUG = FindTheBug(
    id="vqa.bug_loss",
    title="Find the bugs: a loss that is too good",
    difficulty=2,
    minutes=15,
    hints=(
        "Take one row by hand: labels −100, 4, 0. Which scores say something about the 4? Is the 0 "
        "to be said? How many labels does the mean run over?",
        "loss = (1 / labels that count) Σ −ln softmax(scores at place − 1)[label].",
        "scores[row, place]: one number a word, for what comes *after* this place. A label counts "
        "if it is not −100 and has a place before it.",
        "for place in range(1, ...):\n    label = labels[row, place]\n    if label != ...:\n"
        "        chances = scores[row, ...].softmax(0)\n        total = total - ...\n"
        "        count = count + ...\nreturn total / ...",
    ),
    reference=talk_loss,
    given=frozenset({"same_place", "zero_skipped", "all_places"}),
    cases=talk_loss_cases,
    gradient=True,
    mistakes=(
        Mistake(
            "same_place",
            "You hold each label against the scores of its *own* place. A place that has read the "
            "word already says nothing about who could have guessed it. Which place guesses it?",
            "place",
        ),
        Mistake(
            "same_place_all",
            "You hold each label against the scores of its own place, the first included. Which "
            "place guesses it?",
            "place number",
        ),
        Mistake(
            "next_place",
            "You hold each label against the scores of the place *after* it.",
            "place number",
        ),
        Mistake(
            "wraps",
            "The label at place 0 is held against the last place: −1 counts from the end. Nothing "
            "stands before it, and so it does not count.",
            "place number which",
        ),
        Mistake(
            "two_before",
            "You hold each label against the scores two places before it.",
            "place number",
        ),
        Mistake(
            "row_above",
            "You shift along the rows: a label is held against the conversation above it. Which "
            "axis is that of the places?",
            "place number which",
        ),
        Mistake(
            "row_below",
            "You shift along the rows: a label is held against the conversation below it. Which "
            "axis is that of the places?",
            "place number which",
        ),
        Mistake(
            "flat",
            "You make one long row of all conversations, and shift that: the first place of a "
            "conversation is guessed by the end of the one before. Shift each row by itself.",
            "place number which",
        ),
        Mistake("last_missing", "The last place of each row is left out.", "place number"),
        Mistake(
            "zero_skipped",
            "Word 0 is a word like any other here. Which number says that a place does not count?",
            "which",
        ),
        Mistake(
            "ignored_counted",
            "Places with −100 count in yours.",
            "which number",
        ),
        Mistake(
            "all_places",
            "You divide by the number of *all* places. The mean runs over the labels that count: "
            "else a long question makes the loss small.",
            "number",
        ),
        Mistake(
            "later_places",
            "You divide by all places but the first of each row. The mean runs over the labels "
            "that count.",
            "number",
        ),
        Mistake(
            "by_rows",
            "You divide by the number of conversations. The mean runs over the labels that count.",
            "number",
        ),
        Mistake(
            "by_width",
            "You divide by the length of a conversation. The mean runs over the labels that count.",
            "number",
        ),
        Mistake("sum", "That is the sum. The mean over the labels is asked for.", "number"),
        Mistake(
            "first_counted",
            "A label at place 0 is counted when you divide, though no place before it could guess "
            "it.",
            "number place",
        ),
        Mistake(
            "mean_of_rows",
            "You take the mean of each conversation first. All labels count alike, in whichever "
            "conversation they stand.",
            "number",
        ),
        Mistake(
            "zero_not_divided",
            "Word 0 is missing where you count what to divide by.",
            "number which",
        ),
        Mistake(
            "log_of_mean",
            "You take the mean of the probabilities, and then its logarithm. Of each label the "
            "logarithm comes first.",
            "number surprise",
        ),
        Mistake("negative", "The loss is negative: a sign is missing.", "number"),
        Mistake("perplexity", "That is e to the loss: the perplexity.", "number"),
        Mistake("last_row", "Only the last conversation comes into your loss.", "number"),
        Mistake("not_logged", "The logarithm is missing.", "surprise"),
        Mistake("missing", "That is 1 − p. The surprise is −ln p.", "surprise"),
        Mistake(
            "scores",
            "You take the scores for log probabilities. They do not sum to 1: softmax first.",
            "surprise number",
        ),
        Mistake(
            "twice",
            "The softmax is taken twice: `cross_entropy` does it by itself.",
            "surprise",
        ),
        Mistake("bits", "That is in bits. The natural logarithm is asked for.", "surprise"),
        Mistake(
            "other_axis",
            "Your softmax runs over the places. It runs over the words.",
            "surprise",
        ),
        Mistake("logged_scores", "Your scores are not turned into shares of 1.", "surprise"),
    ),
    properties=(
        Property("−ln p is never negative, and neither is its mean.", not_below_zero),
        Property(
            "The loss is larger than the surprise of any single label under the scores of the "
            "place before it.",
            later_scores_do_not_matter,
        ),
        Property(
            "Where a single label counts, the loss is −ln p of that label under the scores of the "
            "place before it. Yours is another.",
            one_label,
        ),
        Property(
            "It is wrong for a single conversation already: the mean of −ln p over its labels, "
            "each under the scores of the place before it.",
            one_conversation,
        ),
        Property(
            "For some inputs it is wrong. Does every label count the same, in whichever "
            "conversation and at whichever place it stands?",
            several_conversations,
        ),
    ),
)
