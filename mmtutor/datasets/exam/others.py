"""Items on time and on sound: films of lamps, and words that are sung."""

from random import Random

from mmtutor.datasets import spoken
from mmtutor.datasets.exam import showing
from mmtutor.datasets.exam.items import Item
from mmtutor.datasets.lamps import QUESTIONS

FILMS = 200
"""Films that are made together, to choose from."""
HEARD = "which word is sung ?"


def about_films(count: int, seed: int) -> list[Item]:
    """Return `count` items of the types that no single frame answers; each type equally often.

    For each text every answer is right equally often. Raises ValueError where `count` cannot be
    shared out so.
    """
    random, asked = Random(f"time {seed}"), [q for q in QUESTIONS if q.type != "size"]
    answers = showing.films(seed, FILMS).answers
    items = []
    for question in asked:
        each, rest = divmod(count, len(asked) * len(question.choices))
        if rest:
            raise ValueError(f"{count} items do not share out over {len(asked)} questions")
        number = QUESTIONS.index(question)
        for choice, answer in enumerate(question.choices):
            films = (answers[:, number] == choice).nonzero()[:, 0].tolist()
            for film in random.sample(films, each):
                shows = {"seed": seed, "count": FILMS, "number": film}
                name = f"time {len(items)}"
                items.append(
                    Item(
                        name,
                        "time",
                        question.type,
                        question.text,
                        answer,
                        question.choices,
                        "film",
                        shows,
                    )
                )
    return items


def about_sounds(count: int, seed: int) -> list[Item]:
    """Return `count` items: each of ten sung words equally often, by voices kept for testing."""
    random, sung = Random(f"sound {seed}"), showing.sung()
    _, kept = spoken.split(sung)
    items = []
    for word, name in enumerate(sung.words):
        own = kept[sung.digits[kept] == word].tolist()
        for number in random.sample(own, count // len(sung.words)):
            shows = {"number": number}
            items.append(
                Item(
                    f"sound {len(items)}",
                    "sound",
                    "sung",
                    HEARD,
                    name,
                    sung.words,
                    "sound",
                    shows,
                )
            )
    return items
