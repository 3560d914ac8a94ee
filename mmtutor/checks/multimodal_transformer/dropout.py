"""Modality dropout through the mask. Traps: which side is kept, nothing left, what was absent."""

from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.gpt.shared import either
from mmtutor.checks.multimodal_transformer.shared import Sizes, modality_of, padded


def drop_modalities(
    mask: Tensor, sizes: Sizes, draws: Tensor, share: float, wrong: Wrong = RIGHT
) -> Tensor:
    """Reference: hide a modality where its draw is low, but never the last that is there."""
    there = present(mask, sizes, first_place(wrong) if "all_early" in wrong else 1)
    if "there_by_first" in wrong:
        there = mask[:, is_first(sizes)]
    if "there_by_all" in wrong:
        there = ~present(~mask, sizes)
    if {"columns_turned", "face_for_voice"} & wrong:
        draws = draws[:, [2, 1, 0] if "columns_turned" in wrong else [0, 2, 1]]
    kept = kept_by_draw(draws, share, wrong)
    kept = rescued(kept, there, draws, wrong)
    kept = kept.flip(1) if "spread_turned" in wrong else kept
    which = modality_of(sizes, first_place(wrong))
    turns = (torch.arange(len(which)) - 1) % 3
    shown = kept[:, turns if "taking_turns" in wrong else which.clamp(min=0)]
    shown = shown | (which < 0) if "class_too" not in wrong else shown
    if "class_hidden" in wrong:
        shown = shown & (torch.arange(len(which)) > 0)
    ways: dict[str, Callable[[], Tensor]] = {
        "padding_back": lambda: shown,
        "padding_back_there": lambda: shown & ((which < 0) | there[:, which.clamp(min=0)]),
        "either_will_do": lambda: mask | shown,
        "which_are_kept": lambda: kept,
        "without_class": lambda: (mask & shown)[:, 1:],
        "kept_hidden": lambda: mask & ~shown,
        "hidden_ones": lambda: ~(mask & shown),
        "first_token_only": lambda: mask & (shown | ~is_first(sizes)),
    }
    return either(ways, wrong, lambda: mask & shown)


def present(mask: Tensor, sizes: Sizes, first: int = 1) -> Tensor:
    """Return of which modalities something is there (example, modality)."""
    which = modality_of(sizes, first)
    return torch.stack([mask[:, which == m].any(1) for m in range(3)], dim=1)


def is_first(sizes: Sizes) -> Tensor:
    """Return which tokens are the first of their modality."""
    which = modality_of(sizes)
    return torch.cat([torch.tensor([False]), which[1:] != which[:-1]])


def first_place(wrong: Wrong) -> int:
    """Return where the words are taken to begin."""
    return 0 if {"span_early", "all_early"} & wrong else 1


def kept_by_draw(draws: Tensor, share: float, wrong: Wrong) -> Tensor:
    """Return which modalities their own draws keep, or what people take for it."""
    ways: dict[str, Callable[[], Tensor]] = {
        "inverted": lambda: draws < share,
        "keeps_share": lambda: draws >= 1 - share,
        "inclusive": lambda: draws > share,
        "below_rest": lambda: draws < 1 - share,
        "one_low_drops_all": lambda: (draws >= share).all(1, keepdim=True).expand_as(draws),
        "half": lambda: draws >= 0.5,
        "first_draws": lambda: (draws[:1] >= share).expand_as(draws),
        "first_column": lambda: (draws[:, :1] >= share).expand_as(draws),
        "third_of_share": lambda: draws >= share / 3,
        "one_at_most": lambda: (draws >= share) | (draws > draws.amin(1, keepdim=True)),
        "largest_only": lambda: draws == draws.amax(1, keepdim=True),
        "mean_draw": lambda: (draws.mean(1, keepdim=True) >= share).expand_as(draws),
    }
    return either(ways, wrong, lambda: draws >= share)


def rescued(kept: Tensor, there: Tensor, draws: Tensor, wrong: Wrong) -> Tensor:
    """Keep something of an example of which nothing would be left, or what people do then."""
    lost = ~(kept & there).any(1, keepdim=True)
    none_kept = ~kept.any(1, keepdim=True)
    best = top(draws.masked_fill(~there, -1.0))
    number = torch.arange(3)
    ways: dict[str, Callable[[], Tensor]] = {
        "nothing_saved": lambda: kept,
        "saved_if_all_there": lambda: kept | (none_kept & best & there.all(1, keepdim=True)),
        "batch_saved": lambda: kept | (best & lost.all()),
        "absent_left_alone": lambda: kept | (lost & best) | ~there.all(1, keepdim=True),
        "absent_saved": lambda: kept | (none_kept & top(draws)),
        "saved_too_late": lambda: kept | (none_kept & best),
        "all_saved": lambda: kept | lost,
        "all_saved_if_none": lambda: kept | none_kept,
        "words_saved": lambda: kept | (lost & (number == 0)),
        "voice_saved": lambda: kept | (lost & (number == 2)),
        "smallest_saved": lambda: kept | (lost & top(-draws.masked_fill(~there, 2.0))),
        "first_there_saved": lambda: kept | (lost & top(there.float() - number / 9)),
    }
    return either(ways, wrong, lambda: kept | (lost & best))


def top(values: Tensor) -> Tensor:
    """Mark the largest of every row, the first of equals."""
    return values.argmax(1, keepdim=True) == torch.arange(values.shape[1])


def dropout_cases() -> list[Case]:
    def case(
        words: tuple[str, ...],
        faces: tuple[str, ...],
        voices: tuple[str, ...],
        draws: list[list[float]],
        share: float,
    ) -> Case:
        sizes = (len(words[0]), len(faces[0]), len(voices[0]))
        return Case(
            mask=padded(words, faces, voices), sizes=sizes, draws=torch.tensor(draws), share=share
        )

    return [
        case(
            ("110", "111", "011"),
            ("11",) * 3,
            ("1",) * 3,
            [[0.9, 0.2, 0.6], [0.1, 0.7, 0.3], [0.5, 0.95, 0.7]],
            0.4,
        ),
        case(
            ("1100", "1000", "0111", "1110"),
            ("111",) * 4,
            ("11",) * 4,
            [[0.1, 0.3, 0.2], [0.5, 0.49, 0.51], [0.3, 0.1, 0.05], [0.05, 0.2, 0.45]],
            0.5,
        ),
        # the voice of the second and the words of the third are absent, and the draws take the rest
        case(
            ("11000", "11110", "00000", "10000", "00000"),
            ("1111", "1111", "1111", "0000", "1111"),
            ("11", "00", "11", "11", "00"),
            [
                [0.8, 0.1, 0.9],
                [0.25, 0.125, 0.97],
                [0.75, 0.2, 0.1],
                [0.02, 0.95, 0.01],
                [0.3, 0.28, 0.29],
            ],
            0.31,
        ),
        case(
            ("1", "1", "1", "0"),
            ("11011", "11111", "00000", "11001"),
            ("110",) * 3 + ("000",),
            [[0.0, 0.6, 0.7], [0.9, 0.65, 0.4], [0.2, 0.99, 0.1], [0.5, 0.0, 0.1]],
            0.7,
        ),
        case(
            ("10", "11"),
            ("111", "111"),
            ("11110", "11100"),
            [[0.0, 0.9, 0.4], [0.5, 0.0, 0.2]],
            0.0,
        ),
        case(
            ("110", "011", "111"),
            ("1",) * 3,
            ("1111", "1110", "0000"),
            [[0.25, 0.75, 0.5], [0.1, 0.2, 0.15], [0.6, 0.1, 0.9]],
            1.0,
        ),
        # one of three is absent everywhere: the draws decide about the others all the same
        case(
            ("11", "01", "10", "00"),
            ("11", "10", "00", "11"),
            ("00", "00", "11", "01"),
            [[0.1, 0.9, 0.5], [0.2, 0.25, 0.1], [0.05, 0.02, 0.22], [0.6, 0.29, 0.8]],
            0.3,
        ),
        case(("1",), ("10",), ("111",), [[0.0004, 0.9994, 0.0006]], 0.0005),
        case(("1010",), ("1",), ("01",), [[0.203, 0.197, 0.204]], 0.2035),
    ]


def right(case: Case) -> Tensor:
    """Return the right mask."""
    return drop_modalities(*case.values())


def class_stays(case: Case, output: Tensor) -> bool:
    """Say whether the class token may always be looked at."""
    return bool(output[:, 0].all())


def nothing_appears(case: Case, output: Tensor) -> bool:
    """Say whether nothing is shown that was hidden before."""
    return output.shape == case["mask"].shape and not bool((output & ~case["mask"]).any())


def something_is_left(case: Case, output: Tensor) -> bool:
    """Say whether something is left of every example of which something was there."""
    before = case["mask"][:, 1:].any(1)
    return bool(output[:, 1:].any(1)[before].all())


def whole_modalities(case: Case, output: Tensor) -> bool:
    """Say whether each modality is as it was, or gone."""
    which, mask = modality_of(case["sizes"]), case["mask"]
    parts = [(output.bool()[:, which == m], mask[:, which == m]) for m in range(3)]
    return all(bool((~mine.any(1) | (mine == old).all(1)).all()) for mine, old in parts)


def easy(case: Case) -> Tensor:
    """Return which examples keep something by their draws alone."""
    kept = (case["draws"] >= case["share"]) & present(case["mask"], case["sizes"])
    return kept.any(1)


def draws_are_heard(case: Case, output: Tensor) -> bool:
    """Say whether the examples are right that keep something by their draws alone."""
    rows = easy(case)
    return torch.equal(output.bool()[rows], right(case)[rows])


DROPOUT = Implement(
    id="multimodal_transformer.dropout",
    title="Modality dropout through the mask",
    difficulty=2,
    minutes=20,
    hints=(
        "Do it in three steps: which modalities are there at all, which of them do the draws "
        "keep, and in which examples is then nothing left?",
        "kept = draws ≥ share. If no modality is both kept and there, the one with the largest "
        "draw among those that are there is kept, too. A token may be looked at if it could "
        "before *and* its modality is kept.",
        "there, kept: (batch, 3). Each column is spread over the tokens of its modality: "
        "(batch, size). With a column of True for the class token in front: (batch, token), "
        "as the mask.",
        "parts = mask[:, 1:].split(sizes, dim=1)\n"
        "there = torch.stack([part.any(1) for part in parts], dim=1)\nkept = draws >= ...\n"
        "lost = ~(kept & ...).any(1)\nbest = draws.masked_fill(~there, -1).argmax(1)\n"
        "kept[lost, best[lost]] = ...\n"
        "parts = [part & kept[:, ...] for m, part in enumerate(parts)]\n"
        "return torch.cat([mask[:, :1], ...], dim=1)",
    ),
    reference=drop_modalities,
    cases=dropout_cases,
    mistakes=(
        Mistake(
            "inverted",
            "You keep what should be dropped: a modality is dropped where its draw is *below* the "
            "share.",
            "draw rescue",
        ),
        Mistake(
            "keeps_share",
            "You keep a modality in the share of the cases in which it should be dropped. A draw "
            "below which number drops it?",
            "draw",
        ),
        Mistake(
            "inclusive",
            "A draw of exactly the share drops a modality in yours. With a share of 0, what "
            "happens to a draw of 0?",
            "draw",
        ),
        Mistake(
            "below_rest",
            "You keep a modality whose draw is below 1 − share. That is as often as the card has "
            "it, but not for the same draws: which ones does it drop?",
            "draw rescue",
        ),
        Mistake(
            "one_low_drops_all",
            "One low draw drops all three. Each draw decides about its own.",
            "draw rescue",
        ),
        Mistake(
            "half",
            "You compare the draws with 0.5, whatever the share is.",
            "draw",
        ),
        Mistake(
            "first_draws",
            "The first example's draws decide for all. Whose is the second row?",
            "draw one",
        ),
        Mistake(
            "first_column",
            "The first draw of an example decides about all three modalities. Which is the face's?",
            "draw rescue",
        ),
        Mistake(
            "columns_turned",
            "The draws are read from the wrong end: the first decides about the voice. Whose is "
            "it?",
            "draw rescue",
        ),
        Mistake(
            "face_for_voice",
            "The second draw decides about the voice and the third about the face. Which is whose?",
            "draw rescue",
        ),
        Mistake(
            "third_of_share",
            "You divide the share by three. It is already that of each modality.",
            "draw rescue",
        ),
        Mistake(
            "one_at_most",
            "At most one modality is dropped in yours, the one with the smallest draw. Each draw "
            "decides about its own.",
            "draw rescue few",
        ),
        Mistake(
            "largest_only",
            "You keep only the modality with the largest draw, always. When does the card ask for "
            "that?",
            "draw save",
        ),
        Mistake(
            "mean_draw",
            "You average the three draws, so all three go or stay together. Each draw decides "
            "about its own.",
            "draw save",
        ),
        Mistake(
            "nothing_saved",
            "Some examples lose all that they had. What does the card say then? (If you look for "
            "them: does the class token, which is always left, count among what is left?)",
            "save",
        ),
        Mistake(
            "absent_saved",
            "What you keep at last is sometimes a modality that is *absent*, so that nothing is "
            "left. Among which is the largest draw to be looked for?",
            "save rescue",
        ),
        Mistake(
            "there_by_first",
            "A modality whose *first* token is hidden counts as absent with you, even if others "
            "are there.",
            "save rescue place",
        ),
        Mistake(
            "there_by_all",
            "A modality with any padding counts as absent with you. When is nothing of it there?",
            "save rescue place",
        ),
        Mistake(
            "saved_too_late",
            "You save one only if all *three* are dropped. If the voice is absent and the other "
            "two are dropped, what is left?",
            "save rescue",
        ),
        Mistake(
            "saved_if_all_there",
            "You save one only where all three are *there*. If the voice is absent and the other "
            "two are dropped, what is left?",
            "save rescue one",
        ),
        Mistake(
            "batch_saved",
            "You save something only if *every* example of the batch has lost all. Each example "
            "is to be looked at by itself: which rows have lost all?",
            "save rescue few one form",
        ),
        Mistake(
            "absent_left_alone",
            "An example in which one is absent is left as it is. The draws decide about those "
            "that are there, also then.",
            "save rescue",
        ),
        Mistake(
            "all_saved",
            "Where nothing would be left you keep everything that was there. The card keeps one.",
            "save rescue",
        ),
        Mistake(
            "all_saved_if_none",
            "Where all three are dropped you keep everything, and where one is absent and the "
            "rest is dropped nothing is left. The card keeps one of those that are there.",
            "save rescue",
        ),
        Mistake(
            "words_saved",
            "Where nothing would be left it is always the words that you keep. Which one does the "
            "card choose?",
            "save few",
        ),
        Mistake(
            "voice_saved",
            "Where nothing would be left it is always the voice that you keep. Which one does the "
            "card choose?",
            "save few",
        ),
        Mistake(
            "smallest_saved",
            "Where nothing would be left you keep the one with the *smallest* draw.",
            "save few",
        ),
        Mistake(
            "first_there_saved",
            "Where nothing would be left you keep the first that is there. Which one does the card "
            "choose?",
            "save rescue",
        ),
        Mistake(
            "taking_turns",
            "The three columns take turns, token by token. How many tokens has each modality, one "
            "behind the other?",
            "place form",
        ),
        Mistake(
            "spread_turned",
            "What is kept is right, but it lands on the wrong tokens: the first column decides "
            "about the voice. Whose is it?",
            "place draw save",
        ),
        Mistake(
            "span_early",
            "Your spans begin one token too early: the class token goes with the words, the last "
            "word with the face. Where do the words begin, and at which end stands the class "
            "token?",
            "place",
        ),
        Mistake(
            "all_early",
            "All your spans begin one token too early, also where you look which modalities are "
            "there: the class token counts as a word, the last word as a patch. Where do the words "
            "begin?",
            "place save rescue",
        ),
        Mistake(
            "class_too",
            "The class token is dropped with the words. Whose is it?",
            "place",
        ),
        Mistake(
            "class_hidden",
            "The class token is hidden in every example. Who shall answer?",
            "place",
        ),
        Mistake(
            "without_class",
            "The place of the class token is missing in what you return.",
            "place form",
        ),
        Mistake(
            "padding_back",
            "Where a modality is kept all its places may be looked at: the padding is back. What "
            "did the mask say before?",
            "form",
        ),
        Mistake(
            "padding_back_there",
            "What is absent stays hidden, but of what is kept all places may be looked at: the "
            "padding is back. What did the mask say before?",
            "form place rescue",
        ),
        Mistake(
            "either_will_do",
            "A token may be looked at if it could before *or* if its modality is kept. Should both "
            "hold, or one of the two?",
            "form place",
        ),
        Mistake(
            "which_are_kept",
            "You return which modalities are kept. The mask of all tokens is asked for.",
            "form place",
        ),
        Mistake(
            "hidden_ones",
            "Your mask says what is *hidden*. What does True mean in this course?",
            "form",
        ),
        Mistake(
            "kept_hidden",
            "You hide what is kept, and the class token with it (a `~` or `masked_fill` the wrong "
            "way round). Which of them may be looked at?",
            "form place draw save",
        ),
        Mistake(
            "first_token_only",
            "Only the first token of a modality is hidden when it is dropped. How many has it?",
            "form place",
        ),
    ),
    properties=(
        Property(
            "The class token may always be looked at; in yours it is hidden somewhere.",
            class_stays,
        ),
        Property(
            "What was hidden before stays hidden; in yours something appears. How do the old mask "
            "and the draws go together?",
            nothing_appears,
        ),
        Property(
            "A modality is dropped as a whole or not at all; in yours a part of one is left. At "
            "which place does each begin and end?",
            whole_modalities,
        ),
        Property(
            "An example of which something is there may never lose all of it; somewhere one does "
            "in yours. Do you look at each example by itself, and in it only at what is there? "
            "(One modality may have been absent from the start; the class token is always there.)",
            something_is_left,
        ),
        Property(
            "Where the draws alone leave something you are wrong already: which draw decides about "
            "which modality, on which side of the share is it dropped, and does anything come back "
            "that need not?",
            draws_are_heard,
        ),
        Property(
            "Right where the draws alone leave something. Where they would take all that is there, "
            "you keep something else than the card: which one is it?",
            lambda case, output: torch.equal(output.bool(), right(case)),
        ),
    ),
)
