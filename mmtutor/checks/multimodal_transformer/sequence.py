"""One sequence of three modalities. Traps: spans, the class token, where to count anew."""

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
from mmtutor.checks.multimodal_transformer.shared import Sizes, modality_of, spans


def one_sequence(
    words: Tensor,
    patches: Tensor,
    frames: Tensor,
    class_token: Tensor,
    modality: Tensor,
    place: Tensor,
    wrong: Wrong = RIGHT,
) -> Tensor:
    """Reference: the class token, then each token plus its modality's row and its place's row."""
    parts = [words, patches, frames]
    if "scaled" in wrong:
        parts = [x * x.shape[-1] ** 0.5 for x in parts]
    sizes: Sizes = (words.shape[1], patches.shape[1], frames.shape[1])
    if "multiplied" in wrong:
        x = torch.cat(parts, dim=1) * kinds(modality, sizes, wrong) + places(place, sizes, wrong)
    elif "positions_multiplied" in wrong:
        x = (torch.cat(parts, dim=1) + kinds(modality, sizes, wrong)) * places(place, sizes, wrong)
    elif "multiplied_together" in wrong:
        x = torch.cat(parts, dim=1) + kinds(modality, sizes, wrong) * places(place, sizes, wrong)
    else:
        x = torch.cat(parts, dim=1) + kinds(modality, sizes, wrong) + places(place, sizes, wrong)
    if {"other_order", "voice_first", "words_last"} & wrong:
        order = (0, 2, 1) if "other_order" in wrong else (2, 1, 0)
        order = (1, 2, 0) if "words_last" in wrong else order
        x = torch.cat([x[:, spans(sizes, 0)[i]] for i in order], dim=1)
    stops = [span.stop for span in spans(sizes, 0)]
    return with_class(x, class_token, modality, place, stops, wrong)


def kinds(modality: Tensor, sizes: Sizes, wrong: Wrong) -> Tensor:
    """Return what is added to every token (token, width) for its modality."""
    which = modality_of(sizes)[1:]
    early = torch.cat([which[1:], torch.tensor([-1])])  # laid on a sequence with the class token
    rows = modality[which]
    ways: dict[str, Callable[[], Tensor]] = {
        "no_modality": lambda: torch.zeros_like(rows),
        "one_for_all": lambda: modality[:1].expand_as(rows),
        "modalities_turned": lambda: modality[2 - which],
        "face_for_voice": lambda: modality[torch.tensor([0, 2, 1])[which]],
        "one_too_far": lambda: modality[torch.tensor([1, 2, 0])[which]],
        "span_early": lambda: modality[early] * (early >= 0)[:, None],
        "span_early_to_end": lambda: modality[torch.cat([which[1:], which[-1:]])],
        "modalities_averaged": lambda: modality.mean(0).expand_as(rows),
        "one_too_near": lambda: modality[torch.tensor([2, 0, 1])[which]],
        "span_late": lambda: modality[torch.cat([which[:1], which[:-1]])],
        "modality_twice": lambda: 2 * rows,
        "modalities_summed": lambda: modality.sum(0).expand_as(rows),
        "voice_as_face": lambda: modality[which.clamp(max=1)],
        "face_as_words": lambda: modality[torch.tensor([0, 0, 2])[which]],
        "modalities_taking_turns": lambda: modality[torch.arange(len(which)) % 3],
        "voice_unmarked": lambda: rows * (which < 2)[:, None],
        "words_unmarked": lambda: rows * (which > 0)[:, None],
        "modality_once": lambda: rows * starts(sizes)[:, None],
    }
    return either(ways, wrong, lambda: rows)


def starts(sizes: Sizes) -> Tensor:
    """Return 1 at the first token of every modality and 0 elsewhere."""
    return torch.cat([torch.arange(size) == 0 for size in sizes]).float()


def places(place: Tensor, sizes: Sizes, wrong: Wrong) -> Tensor:
    """Return what is added to every token (token, width) for its place."""
    count, width = sum(sizes), place.shape[1]
    anew = torch.cat([torch.arange(size) for size in sizes])
    none = torch.zeros(count, width)
    later = (torch.arange(count) >= sizes[0])[:, None]
    ways: dict[str, Callable[[], Tensor]] = {
        "no_positions": lambda: none,
        "runs_on_from_one": lambda: place[1 : count + 1],
        "places_wrap": lambda: place[anew % sizes[0]],
        "place_zero": lambda: place[:1].expand(count, -1),
        "last_rows": lambda: torch.cat([place[-size:] for size in sizes]),
        "words_from_one": lambda: place[anew + ~later.squeeze(1)],
        "runs_on": lambda: place[:count],
        "runs_on_from_class": lambda: place[1 : count + 1],
        "from_one": lambda: place[anew + 1],
        "words_only": lambda: place[anew].masked_fill(later, 0.0),
        "restarts_once": lambda: place[torch.cat([anew[: sizes[0]], torch.arange(sum(sizes[1:]))])],
        "patches_run_on": lambda: place[anew + sizes[0] * (modality_of(sizes)[1:] == 1)],
        "class_counts": lambda: place[anew + 1],
        "one_a_modality": lambda: place[modality_of(sizes)[1:]],
        "backwards": lambda: place[torch.cat([torch.arange(s).flip(0) for s in sizes])],
        "from_the_end": lambda: place.flip(0)[anew],
        "places_twice": lambda: 2 * place[anew],
    }
    return either(ways, wrong, lambda: place[anew])


def with_class(
    x: Tensor,
    class_token: Tensor,
    modality: Tensor,
    place: Tensor,
    stops: list[int],
    wrong: Wrong,
) -> Tensor:
    """Put the class token to the others, in one of the ways that people try."""
    first = class_token.expand(len(x), 1, -1)
    ways: dict[str, Callable[[], Tensor]] = {
        "class_placed": lambda: first + place[0],
        "class_counts": lambda: first + place[0],
        "runs_on_from_class": lambda: first + place[0],
        "class_marked": lambda: first + modality[0],
        "span_early": lambda: first + modality[0],
        "span_early_to_end": lambda: first + modality[0],
        "class_both": lambda: first + place[0] + modality[0],
        "class_last_row": lambda: first + modality[-1],
        "class_averaged": lambda: first + modality.mean(0),
        "class_zero": lambda: torch.zeros_like(first),
        "class_mean": lambda: x.mean(1, keepdim=True),
        "class_first_only": lambda: first * (torch.arange(len(x)) == 0)[:, None, None],
    }
    if "class_missing" in wrong:
        return x
    if "class_added" in wrong:
        return x + first
    if "class_thrice" in wrong:
        parts = x.tensor_split(torch.tensor(stops[:2]), dim=1)
        return torch.cat([token for part in parts for token in (first, part)], dim=1)
    if "class_both_ends" in wrong:
        return torch.cat([first, x, first], dim=1)
    if "class_last" in wrong:
        return torch.cat([x, first], dim=1)
    return torch.cat([either(ways, wrong, lambda: first), x], dim=1)


def sequence_cases() -> list[Case]:
    def case(batch: int, sizes: Sizes, width: int, more: int, seed: int) -> Case:
        names = ("words", "patches", "frames")
        tokens = {
            name: random_tensor(batch, size, width, seed=seed + i)
            for i, (name, size) in enumerate(zip(names, sizes, strict=True))
        }
        return Case(
            **tokens,
            class_token=random_tensor(width, seed=seed + 3),
            modality=random_tensor(3, width, seed=seed + 4),
            place=random_tensor(1 + sum(sizes) + more, width, seed=seed + 5),
        )

    loud = case(3, (2, 4, 3), 5, 2, 840)
    for name, values in loud.items():
        values.view(-1)[0], values.view(-1)[1], values.view(-1)[2] = 0.0, 30.0, -30.0
        if name == "words":
            values[1] = values[0]
    plain = case(2, (4, 2, 3), 3, 0, 850)
    plain["modality"].zero_()
    still = case(2, (3, 4, 2), 4, 1, 860)
    still["place"].zero_()
    bare = case(2, (1, 2, 3), 4, 1, 870)
    for name in ("modality", "place"):
        bare[name].zero_()
    return [
        case(2, (2, 3, 1), 2, 0, 800),
        bare,
        plain,
        still,
        case(1, (2, 4, 5), 6, 7, 810),
        case(4, (5, 1, 2), 3, 1, 820),
        case(5, (1, 4, 3), 1, 2, 830),
        loud,
    ]


def right(case: Case) -> Tensor:
    """Return the right sequence."""
    return one_sequence(*case.values())


def class_is_right(case: Case, output: Tensor) -> bool:
    """Say whether the first token is the class token, in every example."""
    return agree(output[:, 0], case["class_token"].expand(len(output), -1))


def right_without(*names: str) -> Callable[[Case, Tensor], bool]:
    """Return what says whether all is right where some arguments are 0 everywhere."""

    def holds(case: Case, output: Tensor) -> bool:
        return any(bool(case[name].any()) for name in names) or agree(output, right(case))

    return holds


SEQUENCE = Implement(
    id="multimodal_transformer.sequence",
    title="Three modalities, one sequence",
    difficulty=2,
    minutes=15,
    hints=(
        "Make each modality ready on its own before you put them together: what has to be added "
        "to a patch so that the encoder knows that it is a patch, and which one?",
        "token i of modality m becomes x + modality[m] + place[i], with i = 0, 1, 2, … in each "
        "modality. The class token stays as it is and comes first.",
        "words (batch, word, width) + modality[0] (width,) + place[:word] (word, width). The "
        "class token (width,) becomes (batch, 1, width). All four are joined along the axis of "
        "the tokens.",
        "first = class_token.expand(len(words), 1, -1)\nparts = [first]\n"
        "for m, x in enumerate([words, patches, frames]):\n"
        "  parts.append(x + modality[...] + place[: ...])\nreturn torch.cat(parts, dim=...)",
    ),
    reference=one_sequence,
    cases=sequence_cases,
    mistakes=(
        Mistake(
            "no_modality",
            "No token says which modality it is from: `modality` is not in it.",
            "kind",
        ),
        Mistake(
            "one_for_all",
            "All three modalities get the embedding of the words. Which row is that of the face?",
            "kind",
        ),
        Mistake(
            "modalities_turned",
            "The words get the voice's embedding, and the voice that of the words. In which order "
            "are the rows?",
            "kind",
        ),
        Mistake(
            "face_for_voice",
            "The patches get the voice's embedding, and the frames that of the face. In which "
            "order are the rows?",
            "kind",
        ),
        Mistake(
            "voice_as_face",
            "The frames get the face's embedding, like the patches. Which row is that of the "
            "voice?",
            "kind rare",
        ),
        Mistake(
            "face_as_words",
            "The patches get the words' embedding. Which row is that of the face?",
            "kind rare",
        ),
        Mistake(
            "one_too_far",
            "The embeddings are one modality off: the words get the face's. Where does counting "
            "begin?",
            "kind rare",
        ),
        Mistake(
            "span_early",
            "The modality embeddings lie one token too early: the class token gets that of the "
            "words, the last word that of the face, and the last frame none. Where do the words "
            "begin once the class token stands in front?",
            "kind class order",
        ),
        Mistake(
            "span_early_to_end",
            "The modality embeddings begin one token too early: the class token gets that of the "
            "words, the last word that of the face, the last patch that of the voice. Where do "
            "the words begin once the class token stands in front?",
            "kind class order",
        ),
        Mistake(
            "one_too_near",
            "The embeddings are one modality off: the words get the voice's (index −1, perhaps). "
            "Where does counting begin?",
            "kind rare",
        ),
        Mistake(
            "modalities_averaged",
            "Every token gets the *mean* of the three embeddings, and so none says anything. Which "
            "row belongs to which token?",
            "kind rare",
        ),
        Mistake(
            "multiplied_together",
            "You multiply the modality's row with the place's. The card adds both.",
            "kind place",
        ),
        Mistake(
            "scaled",
            "The tokens are multiplied by √width before anything is added, as some encoders do "
            "with their words. Does the card ask for it?",
            "kind place",
        ),
        Mistake(
            "span_late",
            "The modality embeddings lie one token too late: the first patch gets that of the "
            "words. Was the class token counted twice?",
            "kind rare",
        ),
        Mistake(
            "modality_twice", "The modality embedding is added twice to every token.", "kind rare"
        ),
        Mistake(
            "modalities_summed",
            "Every token gets the *sum* of the three embeddings, and so none says anything. Which "
            "row belongs to which token?",
            "kind rare",
        ),
        Mistake(
            "modalities_taking_turns",
            "The three embeddings take turns, token by token. Which tokens are from one modality?",
            "kind rare",
        ),
        Mistake(
            "words_unmarked",
            "The words have no modality embedding. Patches and frames are right.",
            "kind rare",
        ),
        Mistake(
            "voice_unmarked",
            "The frames have no modality embedding. Words and patches are right.",
            "kind rare",
        ),
        Mistake(
            "modality_once",
            "Only the first token of each modality gets its embedding. How does the encoder know "
            "of the others what they are?",
            "kind rare",
        ),
        Mistake(
            "multiplied",
            "Tokens are *multiplied* with the modality's embedding. The card adds it.",
            "kind place",
        ),
        Mistake("no_positions", "No token says where it stands: `place` is not in it.", "place"),
        Mistake(
            "runs_on",
            "Your positions run on through all three modalities. Where does counting begin anew?",
            "place",
        ),
        Mistake(
            "runs_on_from_one",
            "Your positions run on through the whole sequence, and the first word has place 1. "
            "Where does counting begin, and where does it begin anew?",
            "place",
        ),
        Mistake(
            "places_wrap",
            "Each modality has as many places as there are words, and then begins again. How many "
            "tokens has a modality of its own?",
            "place rare",
        ),
        Mistake(
            "runs_on_from_class",
            "Your positions run on through the whole sequence, and the class token takes place 0. "
            "Where does counting begin anew, and has the class token a place?",
            "place class order",
        ),
        Mistake(
            "from_one",
            "In each modality you count from 1. Which row of `place` is left over?",
            "place",
        ),
        Mistake("words_only", "Only the words have positions. Has a patch none?", "place"),
        Mistake(
            "words_from_one",
            "The words are counted from 1 and the others from 0. Which place has the first word?",
            "place rare",
        ),
        Mistake(
            "place_zero",
            "All tokens get place 0. Which row belongs to the second word?",
            "place rare",
        ),
        Mistake(
            "last_rows",
            "You take the *last* rows of `place` (a minus in the slice, perhaps). Which row "
            "belongs to the first word?",
            "place rare",
        ),
        Mistake(
            "restarts_once",
            "Counting begins anew at the first patch but not at the first frame.",
            "place rare",
        ),
        Mistake(
            "patches_run_on",
            "The patches are counted on from the words, the frames from 0. Where does counting "
            "begin anew?",
            "place rare",
        ),
        Mistake(
            "class_counts",
            "The class token takes place 0, and each modality begins at place 1. What does the "
            "card say of the class token, and of the first word?",
            "place class",
        ),
        Mistake(
            "one_a_modality",
            "All tokens of a modality get one row of `place`: it is chosen by the modality. By "
            "what does the card choose it?",
            "place rare",
        ),
        Mistake(
            "backwards",
            "In each modality you count from its end. Which token has place 0?",
            "place rare",
        ),
        Mistake(
            "from_the_end",
            "You take rows from the *end* of `place`. The table may be longer than needed: which "
            "row is that of place 0?",
            "place rare",
        ),
        Mistake("places_twice", "The positions are added twice to every token.", "place rare"),
        Mistake(
            "positions_multiplied",
            "Tokens are *multiplied* with their place's row. The card adds it.",
            "kind place",
        ),
        Mistake(
            "other_order",
            "The frames stand before the patches. In which order does the card have them?",
            "order",
        ),
        Mistake(
            "voice_first",
            "The frames stand first and the words last. In which order does the card have them?",
            "order rare",
        ),
        Mistake(
            "words_last",
            "The words stand at the end. In which order does the card have them?",
            "order rare",
        ),
        Mistake(
            "class_last",
            "The class token stands at the end. What is read afterwards is the token at place 0.",
            "class",
        ),
        Mistake("class_missing", "The class token is missing. Who shall answer?", "class"),
        Mistake(
            "class_added",
            "The class token is *added* to all the others. It is a token of its own: where does "
            "it stand?",
            "class",
        ),
        Mistake(
            "class_thrice",
            "A class token stands in front of each modality. One is enough, in front of all.",
            "class order rare",
        ),
        Mistake(
            "class_both_ends",
            "The class token stands at both ends. One is enough: at which does the card want it?",
            "class rare",
        ),
        Mistake(
            "class_placed",
            "The class token gets place 0 added. What does the card say of it?",
            "class place",
        ),
        Mistake(
            "class_marked",
            "The class token gets the modality embedding of the words added. Is it a word?",
            "class kind",
        ),
        Mistake(
            "class_both",
            "The class token is treated as a word: it gets the embedding of the words and place 0. "
            "What does the card say of it?",
            "class kind place",
        ),
        Mistake(
            "class_last_row",
            "The class token gets the modality embedding of the voice added (index −1, perhaps). "
            "Has it a modality?",
            "class kind rare",
        ),
        Mistake(
            "class_averaged",
            "The class token gets the mean of the three embeddings added. Has it a modality?",
            "class kind rare",
        ),
        Mistake(
            "class_zero",
            "The first token is 0 all over. Where is `class_token`?",
            "class rare",
        ),
        Mistake(
            "class_mean",
            "The first token is the mean of all the others. Which argument holds it?",
            "class kind place order",
        ),
        Mistake(
            "class_first_only",
            "Only the first example has the class token; in the others there is 0.",
            "class rare",
        ),
    ),
    properties=(
        Property(
            "The first token of every example should be `class_token`, just as it is. Yours is "
            "another: what stands at the front, and was anything added to it?",
            class_is_right,
        ),
        Property(
            "Where the rows of `modality` and of `place` are all 0 there is nothing to add, and "
            "you are wrong, too: in which order do the tokens come, and are they changed?",
            right_without("modality", "place"),
        ),
        Property(
            "Where all rows of `modality` are 0 you are wrong, too: which row of `place` does each "
            "token get, and what happens with it?",
            right_without("modality"),
        ),
        Property(
            "Where the positions are 0 you are wrong, too: which tokens get which row of "
            "`modality`?",
            right_without("place"),
        ),
    ),
)
