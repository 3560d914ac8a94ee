"""A picture's features into a text. Traps: always in front, one picture for all, wrong order."""

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
from mmtutor.checks.gpt.shared import either


def put_in(words: Tensor, places: Tensor, features: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: the features of each row in order where its places are True."""
    rows, count, width = features.shape
    order: dict[str, Callable[[], Tensor]] = {
        "first_picture": lambda: features[:1].expand_as(features),
        "next_picture": lambda: features.roll(1, 0),
        "pictures_reversed": lambda: features.flip(0),
        "reversed": lambda: features.flip(1),
        "first_feature": lambda: features[:, :1].expand_as(features),
        "last_feature": lambda: features[:, -1:].expand_as(features),
        "mean_feature": lambda: features.mean(1, keepdim=True).expand_as(features),
        "rolled": lambda: features.roll(1, 1),
        "from_one": lambda: torch.cat([features[:, 1:], features[:, -1:]], 1),
        "by_feature": lambda: features.transpose(0, 1).reshape(rows, count, width),
        "numbers_turned": lambda: features.flip(2),
    }
    filled = either(order, wrong, lambda: features)
    ways: dict[str, Callable[[], Tensor]] = {
        "in_front": lambda: torch.cat([filled, words[:, count:]], 1),
        "at_end": lambda: torch.cat([words[:, :-count], filled], 1),
        "longer": lambda: torch.cat([filled, words], 1),
        "added": lambda: words + scattered(torch.zeros_like(words), places, filled),
        "multiplied": lambda: words * scattered(torch.ones_like(words), places, filled),
        "zeros": lambda: scattered(torch.zeros_like(words), places, filled),
        "turned": lambda: torch.where(places[..., None], words, at_all(filled, words)),
        "by_token": lambda: torch.where(places[..., None], at_all(filled, words), words),
        "first_row": lambda: scattered(words, places[:1].expand_as(places), filled),
        "from_first": lambda: behind_first(words, places, filled),
        "last_row_only": lambda: torch.cat([words[:-1], scattered(words, places, filled)[-1:]]),
        "first_row_only": lambda: torch.cat([scattered(words, places, filled)[:1], words[1:]]),
        "first_place_only": lambda: at_some(words, places, filled, places.cumsum(1) == 1),
        "last_place_only": lambda: at_some(
            words, places, filled, places.cumsum(1) == places.sum(1, keepdim=True)
        ),
        "counted_on": lambda: counted_on(words, places, filled),
        "one_counter": lambda: counted(words, places, filled, places.flatten().cumsum(0)),
        "down_rows": lambda: counted(words, places, filled, places.cumsum(0).flatten()),
    }
    return either(ways, wrong, lambda: scattered(words, places, filled))


def scattered(words: Tensor, places: Tensor, features: Tensor) -> Tensor:
    """Return the words with features at the places."""
    return words.masked_scatter(places[..., None].expand_as(words), features)


def at_some(words: Tensor, places: Tensor, features: Tensor, chosen: Tensor) -> Tensor:
    """Return the words with features at those places only that are chosen."""
    return torch.where((places & chosen)[..., None], scattered(words, places, features), words)


def counted_on(words: Tensor, places: Tensor, features: Tensor) -> Tensor:
    """Return the words where places are counted through all rows, up to the last feature."""
    number = places.flatten().cumsum(0).view_as(places)
    return counted(words, places, features, number.clamp(max=features.shape[1]).flatten())


def at_all(features: Tensor, words: Tensor) -> Tensor:
    """Return as many features as words, again and again."""
    return features[:, torch.arange(words.shape[1]) % features.shape[1]]


def behind_first(words: Tensor, places: Tensor, features: Tensor) -> Tensor:
    """Return the words with the features in one piece, from each row's first place on."""
    found = torch.cat([words, words[:, : features.shape[1]]], 1).clone()
    for row, first in enumerate(places.long().argmax(1).tolist()):
        found[row, first : first + features.shape[1]] = features[row]
    return found[:, : words.shape[1]]


def counted(words: Tensor, places: Tensor, features: Tensor, number: Tensor) -> Tensor:
    """Return the words where each place gets the feature of its number, counted from 1.

    Raises IndexError where there is no such feature.
    """
    row, token = places.nonzero().T
    which = number.view_as(places)[row, token] - 1
    if int(which.max()) >= features.shape[1]:
        raise IndexError(f"there is no feature {int(which.max())}")
    return words.index_put((row, token), features[row, which])


def put_in_cases() -> list[Case]:
    def case(rows: list[list[int]], length: int, width: int, seed: int, scale: float = 1.0) -> Case:
        places = torch.zeros(len(rows), length, dtype=torch.bool)
        for row, chosen in enumerate(rows):
            places[row, chosen] = True
        return Case(
            words=scale * random_tensor(len(rows), length, width, seed=seed),
            places=places,
            features=scale * random_tensor(len(rows), len(rows[0]), width, seed=seed + 1),
        )

    twins = case([[1, 4], [0, 2], [0, 2]], 5, 3, 70)
    twins["words"][2], twins["features"][2] = twins["words"][1], twins["features"][1]
    twins["words"][0, 0], twins["words"][0, 2], twins["features"][0, 0, 0] = 0.0, 0.0, 0.0
    twins["features"][0, 1] = twins["features"][0, 0]
    return [
        case([[1, 2], [2, 3]], 5, 3, 10),
        case([[0, 1, 2]], 6, 2, 20),
        case([[2, 3, 4, 5], [0, 1, 2, 3], [4, 5, 6, 7]], 8, 5, 30),
        case([[1, 3, 6], [0, 2, 4]], 7, 4, 40),
        case([[3], [0], [5], [2]], 6, 1, 50),
        case([[0, 1, 2, 3, 4], [2, 3, 5, 7, 8]], 9, 3, 60, 40.0),
        twins,
        case([[0]], 1, 2, 80),
    ]


def words_stay(case: Case, output: Tensor) -> bool:
    """Say whether words outside the places are as they were."""
    if output.shape != case["words"].shape:
        return True
    rest = ~case["places"]
    return torch.allclose(output[rest].double(), case["words"][rest].double(), atol=1e-6)


def features_come_in(case: Case, output: Tensor) -> bool:
    """Say whether each place holds a feature of its own row's picture."""
    if output.shape != case["words"].shape:
        return True
    pairs = zip(output.double(), case["places"], case["features"].double(), strict=True)
    return all(bool((torch.cdist(row[p], f).amin(1) < 1e-4).all()) for row, p, f in pairs)


PUT_IN = Implement(
    id="vqa.put_in",
    title="A picture between words",
    difficulty=2,
    minutes=10,
    hints=(
        "`words[places]` is a list of the vectors at the places of all rows, one behind the other. "
        "Which list of features fits there?",
        "The k-th place of row i gets features[i, k]; all other places keep words[i].",
        "words (row, token, width), places (row, token), features (row, feature, width). "
        "words[places]: (row · feature, width). The words must stay as they are: work on a copy.",
        "mixed = words.clone()\nmixed[...] = features.reshape(-1, ...)\nreturn mixed",
    ),
    reference=put_in,
    cases=put_in_cases,
    gradient=True,
    mistakes=(
        Mistake(
            "in_front",
            "The features stand at the beginning of every row in yours. The places may be "
            "elsewhere.",
            "where",
        ),
        Mistake("at_end", "The features stand at the end of every row in yours.", "where"),
        Mistake(
            "longer",
            "The features are put in front and the text becomes longer. They take the places of "
            "tokens that are there already.",
            "where",
        ),
        Mistake(
            "added",
            "The features are *added* to the vectors of the placeholders. They take their place.",
            "where",
        ),
        Mistake("multiplied", "The features are multiplied with what stood there.", "where"),
        Mistake("zeros", "All words have become 0. They stay as they are.", "where"),
        Mistake(
            "turned",
            "It is turned: the placeholders stay, and the words are replaced.",
            "where",
        ),
        Mistake(
            "first_row",
            "The first row's places are taken for all rows. Each row has its own.",
            "where",
        ),
        Mistake(
            "from_first",
            "The features stand in one piece from each row's first place on. Places need not be "
            "neighbours.",
            "where",
        ),
        Mistake(
            "last_row_only",
            "Only the last row gets its features. Is the copy made anew for each row?",
            "where order",
        ),
        Mistake(
            "first_row_only",
            "Only the first row gets its features. Where does the loop end?",
            "where order",
        ),
        Mistake(
            "first_place_only",
            "Only the first place of each row gets a feature. What stands at the others?",
            "where order",
        ),
        Mistake(
            "last_place_only",
            "Only the last place of each row gets a feature. What stands at the others?",
            "where order",
        ),
        Mistake(
            "counted_on",
            "The first row is right; behind it every place gets the last feature. The count begins "
            "anew in each row.",
            "where order",
        ),
        Mistake(
            "one_counter",
            "The first row is right; in the second you count on where the first stopped. Each row "
            "begins with its own first feature.",
            "where order",
        ),
        Mistake(
            "down_rows",
            "You count the places *above* a token, in its column. The number of a feature is how "
            "many places stand before it in its own row.",
            "where order",
        ),
        Mistake("first_picture", "Every row gets the first row's picture.", "order"),
        Mistake(
            "next_picture", "Every row gets the picture of another row: they are shifted.", "order"
        ),
        Mistake("pictures_reversed", "The pictures come in reverse: the last in front.", "order"),
        Mistake("reversed", "The features of each picture come in reverse.", "order"),
        Mistake(
            "first_feature", "Each place of a row gets the picture's *first* feature.", "order"
        ),
        Mistake("last_feature", "Each place of a row gets the picture's *last* feature.", "order"),
        Mistake(
            "mean_feature",
            "Each place of a row gets the mean of the picture's features. Each gets its own.",
            "order",
        ),
        Mistake(
            "from_one",
            "You count the places from 1: the first gets the second feature, and the last feature "
            "comes twice.",
            "order",
        ),
        Mistake(
            "by_token",
            "The number of the *token* decides which feature it gets. It is to be how many places "
            "stand before it in its row.",
            "where order",
        ),
        Mistake("rolled", "The features of each picture are moved by one place.", "order"),
        Mistake(
            "by_feature",
            "The pictures are mixed: your list takes the first feature of all pictures, then the "
            "second of all. Row by row, each row's features belong together.",
            "order",
        ),
        Mistake("numbers_turned", "The numbers of each feature come in reverse.", "order"),
    ),
    properties=(
        Property(
            "A word that is no placeholder has changed. Only the places are replaced.", words_stay
        ),
        Property(
            "Somewhere a place holds a vector that is none of its own picture's features.",
            features_come_in,
        ),
    ),
)
