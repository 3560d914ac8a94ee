"""Items on reading: which of four words is written? No option stands out without the picture."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import combinations, product
from random import Random

from mmtutor.datasets.exam.items import Item
from mmtutor.datasets.exam.showing import LETTER
from mmtutor.datasets.scenes import COLOURS, SIDE

LISTED = (
    "bad bag ban bar bat bed beg bet bid big bin bit bog bud bug bun bus cap car cat cog "
    "cot cub cup cut dad dam den did dig dim din dip dog dot dug fan far fat fed fig fin fit fog "
    "fun fur gap gas get god got gum gun had ham hat hen hid him hip hit hog hop hot hug hut jam "
    "jet job jog jug lap led leg let lid lip lit log lot mad man map mat men met mix mud mug nap "
    "net nod nut pad pan pat peg pen pet pig pin pit pod pot pub pup rag ran rat red rib rid "
    "rig rim rip rod rot rub rug run sad sap sat set sip sit sob sun tag tan tap tar tin tip top "
    "tub tug van vet wag war web wet wig win wit won"
)
WORDS = tuple(LISTED.split())
"""Three letters each; none is a word by which a text denies or refuses ("not")."""
READ = "which word is written ?"


@cache
def grids() -> tuple[tuple[str, ...], ...]:
    """Return all sets of four words that differ in two letters, each in two ways.

    Such as bag, bat, rag, rat. Each word shares as many letters with the other three as any, so
    that the options do not tell which of them is right.
    """
    found = set()
    for word, other in combinations(WORDS, 2):
        places = [i for i in range(3) if word[i] != other[i]]
        if len(places) == 2:
            choices = [sorted({a, b}) for a, b in zip(word, other, strict=True)]
            four = tuple("".join(letters) for letters in product(*choices))
            if set(four) <= set(WORDS):
                found.add(four)
    return tuple(sorted(found))


def words_to_read(count: int, seed: int) -> list[Item]:
    """Return `count` items; each grid that is drawn is asked four times, once for each word.

    The four times its options stand in one order, so that no place in it is right more often.
    Raises ValueError where `count` is no multiple of 4.
    """
    if count % 4:
        raise ValueError(f"{count} items do not ask for each of four words equally often")
    random = Random(f"reading {seed}")
    chosen = [random.sample(four, 4) for four in random.sample(grids(), count // 4)]
    asked = [(word, tuple(four)) for four in chosen for word in four]
    return [word_item("reading", i, *one, random) for i, one in enumerate(asked)]


def word_item(
    dimension: str, number: int, word: str, options: tuple[str, ...], random: Random
) -> Item:
    """Return an item with a word somewhere on the canvas."""
    shows = {
        "text": word,
        "colour": random.choice(list(COLOURS)),
        "left": random.randint(0, SIDE - LETTER * len(word)),
        "top": random.randint(0, SIDE - LETTER),
        "seed": random.randrange(10**6),
    }
    return Item(f"{dimension} {number}", dimension, "word", READ, word, options, "word", shows)


# ── How it is often done, and why that can be cracked ─────────────────────────────────────────────


def naive_words(count: int, seed: int) -> list[Item]:
    """Return items whose wrong options are each one letter away from the right one.

    That looks hard, and gives the answer away: see `middle_option`.
    """
    random, items = Random(f"naive {seed}"), []
    while len(items) < count:
        word = random.choice(WORDS)
        near = [other for other in WORDS if shared(word, other) == 2]
        if len(near) >= 3:
            options = random.sample([word, *random.sample(near, 3)], 4)
            items.append(word_item("naive", len(items), word, tuple(options), random))
    return items


def middle_option(options: Sequence[str]) -> str:
    """Return the option that shares most letters with the others: the first where some tie."""
    return max(options, key=lambda word: sum(shared(word, other) for other in options))


def shared(word: str, other: str) -> int:
    """Return at how many places two words have the same letter."""
    return Counter(a == b for a, b in zip(word, other, strict=True))[True]
