"""Which item is meant. Traps: counted from 0, the whole catalogue, the cheapest, ties guessed."""

from collections.abc import Callable, Iterable
from functools import partial

from mmtutor.checks.advisor.shared import drawing
from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.gpt.shared import either

Shop = tuple[list[int], int, list[int], list[str]]
"""The ids that are shown, the id last talked about or −1, all prices, all colours."""
PLACES = {"the first one": 0, "the second one": 1, "the third one": 2}
LAST, CHEAPER, COLOUR = "the last one", "the cheaper one", "that colour"
UNCLEAR = -1


def meant(
    phrase: str,
    shown: list[int],
    last: int,
    prices: list[int],
    colours: list[str],
    wrong: Wrong = RIGHT,
) -> int:
    """Reference: the id of the item that a phrase means, or −1 where that is unclear."""
    if "last_as_place" in wrong and phrase in (CHEAPER, COLOUR):
        last = at(shown, last)
    if "last_left_out" in wrong:
        shown = [i for i in shown if i != last]
    shop = (shown, last, prices, colours)
    if "last_needed" in wrong and last < 0:
        found = UNCLEAR
    elif phrase in PLACES:
        found = by_place(PLACES[phrase], shop, wrong)
    elif phrase == LAST:
        found = at_the_end(shop, wrong)
    elif "cheapest_ever" in wrong and phrase == CHEAPER:
        found = min(shown, key=lambda i: prices[i], default=UNCLEAR)
    elif ("unasked" not in wrong and last < 0) or ("still_shown" in wrong and last not in shown):
        found = UNCLEAR
    else:
        found = (cheaper if phrase == CHEAPER else in_that_colour)(shop, wrong)
    unclear: dict[str, Callable[[], int]] = {
        "unclear_last": lambda: last,
        "unclear_first": lambda: shown[0] if shown else UNCLEAR,
        "unclear_zero": lambda: 0,
        "number": lambda: UNCLEAR,
    }
    if "whether" in wrong:
        return found != UNCLEAR
    if found == UNCLEAR:
        return either(unclear, wrong, lambda: UNCLEAR)
    return shown.index(found) if "number" in wrong and found in shown else found


def at(items: list[int], place: int) -> int:
    """Return what stands at a place, or −1 if nothing does."""
    return items[place] if 0 <= place < len(items) else UNCLEAR


def only(items: Iterable[int]) -> int:
    """Return the only one of some ids, or −1 if there is none or more than one."""
    found = list(items)
    return found[0] if len(found) == 1 else UNCLEAR


def shown_only(shown: list[int], item: int) -> int:
    """Return an id if it is shown, else −1."""
    return item if item in shown else UNCLEAR


def by_place(place: int, shop: Shop, wrong: Wrong) -> int:
    """Return what is shown at a place, counted from 0."""
    shown, last, prices, _ = shop
    ways: dict[str, Callable[[], int]] = {
        "from_zero": lambda: at(shown, place + 1),
        "clamped": lambda: at(shown, min(place, len(shown) - 1)),
        "around": lambda: at(shown, place % len(shown)) if shown else UNCLEAR,
        "of_catalogue": lambda: at([*range(len(prices))], place),
        "by_id": lambda: at(sorted(shown), place),
        "by_price": lambda: at(sorted(shown, key=lambda i: prices[i]), place),
        "from_end": lambda: at(shown[::-1], place),
        "place_itself": lambda: place if place < len(shown) else UNCLEAR,
        "three_needed": lambda: shown[place] if len(shown) >= len(PLACES) else UNCLEAR,
        "without_last": lambda: at([i for i in shown if i != last], place),
    }
    return either(ways, wrong, lambda: at(shown, place))


def at_the_end(shop: Shop, wrong: Wrong) -> int:
    """Return what is shown last."""
    shown, last, prices, _ = shop
    ways: dict[str, Callable[[], int]] = {
        "last_talked": lambda: last,
        "last_of_catalogue": lambda: len(prices) - 1,
        "last_first": lambda: at(shown, 0),
        "place_itself": lambda: len(shown) - 1,
        "last_highest": lambda: max(shown, default=UNCLEAR),
        "last_third": lambda: at(shown, 2),
        "last_fourth": lambda: at(shown, 3),
        "last_or_talked": lambda: shown[-1] if shown else last,
        "last_dearest": lambda: max(shown, key=lambda i: prices[i], default=UNCLEAR),
    }
    return either(ways, wrong, lambda: at(shown, len(shown) - 1))


def cheaper(shop: Shop, wrong: Wrong) -> int:
    """Return the only item shown that costs less than the one last talked about."""
    shown, last, prices, _ = shop
    limit = prices[last]
    less = [i for i in shown if prices[i] < limit]
    cheapest = min(shown, key=lambda i: prices[i], default=UNCLEAR)
    lowest = min((prices[i] for i in less), default=0)
    ways: dict[str, Callable[[], int]] = {
        "cheapest": lambda: only(i for i in shown if prices[i] == prices[cheapest]),
        "cheapest_first": lambda: cheapest,
        "cheapest_less": lambda: cheapest if less else UNCLEAR,
        "cheapest_less_only": lambda: only(i for i in less if prices[i] == lowest),
        "next_less": lambda: max(less, key=lambda i: prices[i], default=UNCLEAR),
        "first_less": lambda: at(less, 0),
        "last_less": lambda: at(less, len(less) - 1),
        "at_most": lambda: only(i for i in shown if prices[i] <= limit and i != last),
        "all_cheaper": lambda: only(i for i, price in enumerate(prices) if price < limit),
        "price_itself": lambda: only(prices[i] for i in less),
        "then_shown": lambda: shown_only(
            shown, only(i for i, price in enumerate(prices) if price < limit)
        ),
        "lower_id": lambda: only(i for i in shown if i < last),
        "price_by_place": lambda: only(
            i for i, price in zip(shown, prices, strict=False) if price < limit
        ),
        "both_by_place": lambda: only(
            i for i, price in zip(shown, prices, strict=False) if price < limit
        ),
        "cheaper_of_two": lambda: cheapest if len(shown) == 2 else UNCLEAR,
        "dearer": lambda: only(i for i in shown if prices[i] > limit),
        "than_shown_first": lambda: only(i for i in shown if prices[i] < prices[shown[0]]),
        "than_shown_last": lambda: only(i for i in shown if prices[i] < prices[shown[-1]]),
    }
    return either(ways, wrong, lambda: only(less))


def in_that_colour(shop: Shop, wrong: Wrong) -> int:
    """Return the only other item shown that has the colour of the one last talked about."""
    shown, last, prices, colours = shop
    alike = [i for i in shown if colours[i] == colours[last]]
    others = [i for i in alike if i != last]
    ways: dict[str, Callable[[], int]] = {
        "itself": lambda: only(alike),
        "itself_always": lambda: last,
        "itself_first": lambda: at(alike, 0),
        "first_alike": lambda: at(others, 0),
        "last_alike": lambda: at(others, len(others) - 1),
        "all_alike": lambda: only(
            i for i, one in enumerate(colours) if one == colours[last] and i != last
        ),
        "then_shown": lambda: shown_only(
            shown, only(i for i, one in enumerate(colours) if one == colours[last] and i != last)
        ),
        "both_by_place": lambda: only(
            i for i, one in zip(shown, colours, strict=False) if one == colours[last] and i != last
        ),
        "like_shown_last": lambda: only(i for i in shown[:-1] if colours[i] == colours[shown[-1]]),
        "price_unlike": lambda: only(i for i in alike if prices[i] != prices[last]),
        "unlike": lambda: only(i for i in shown if colours[i] != colours[last]),
    }
    return either(ways, wrong, lambda: only(others))


PRICES = [9, 5, 7, 7, 12, 3, 7, 20, 5, 0, 300]
COLOURS = ["red", "blue", "red", "green", "blue", "red", "blue", "black", "black", "grey", "pink"]
SHOWN: list[tuple[list[int], int]] = [
    ([4, 2, 7], 4),
    ([4, 2], 4),
    ([6, 3, 5], 6),
    ([2, 1, 8], 2),
    ([2, 6, 4], 2),
    ([2, 6, 5, 0], 2),
    ([0, 2, 5], 2),
    ([7, 4, 1], 0),
    ([], 3),
    ([], -1),
    ([3, 8, 6, 10], -1),
    ([8], 8),
    ([5], 0),
    ([10], -1),
    ([1], -1),
    ([2, 7, 0], -1),
    ([0, 7, 2], -1),
    ([0, 1, 4, 6], 1),
    ([1, 4, 6], 2),
    ([9, 10, 3], 10),
    ([10, 3, 9], 3),
    ([1, 0, 7, 8, 9], 7),
    ([5, 4, 3, 2], 0),
    ([6, 1, 10, 3], 9),
    ([7, 3], 10),
]
PLACED = 12
"""So many of them are asked for places, too."""


def meant_cases() -> list[Case]:
    compared = [CHEAPER, COLOUR]
    phrases = [*PLACES, LAST, *compared]

    def drawn(seed: int, phrase: str) -> Case:
        """A catalogue in few prices and colours, of which some is shown."""
        chance = drawing(seed)
        many = chance.randint(20, 40)
        prices = [chance.randint(1, 9) for _ in range(many)]
        colours = [chance.choice(["red", "green", "blue", "pink"]) for _ in range(many)]
        shown = chance.sample(range(many), chance.randint(2, 4))
        return Case(phrase=phrase, shown=shown, last=shown[0], prices=prices, colours=colours)

    written = [
        Case(phrase=phrase, shown=[*shown], last=last, prices=[*PRICES], colours=[*COLOURS])
        for row, (shown, last) in enumerate(SHOWN)
        for phrase in (phrases if row < PLACED else compared)
    ]
    twins = {"prices": [5, 9, 5, 7], "colours": ["red", "blue", "red", "red"]}
    written.append(Case(phrase=COLOUR, shown=[1, 2, 0], last=0, **twins))
    return [*written, *(drawn(n, phrase) for n in range(3) for phrase in compared)]


def is_right(which: Callable[[Case, int], bool], case: Case, output: float) -> bool:
    """Say whether an answer is right where `which` asks, by the input and the right answer."""
    wanted = meant(*case.values())
    return not which(case, wanted) or float(output) == wanted


def of_place(there: bool, case: Case, wanted: int) -> bool:
    """Say whether the phrase counts places, and something is (or is not) shown there."""
    return (case["phrase"] in PLACES) and (wanted >= 0) == there


def of_phrase(phrase: str, there: bool, case: Case, wanted: int) -> bool:
    """Say whether it is this phrase, and one item is (or is not) meant."""
    return case["phrase"] == phrase and (wanted >= 0) == there


def nothing_before(case: Case, wanted: int) -> bool:
    """Say whether the phrase leans on an item last talked about, and there is none."""
    return case["phrase"] in (CHEAPER, COLOUR) and case["last"] < 0


MEANT = Implement(
    id="advisor.meant",
    title="“The cheaper one”",
    difficulty=2,
    minutes=20,
    hints=(
        'Two lists matter: what is shown, in its order, and what is *compared with*. "The second '
        'one" needs only the first. Which phrases need the item last talked about?',
        "Collect the shown ids that fit: those with prices[i] < prices[last], or those other than "
        "`last` with colours[i] == colours[last]. Exactly one in the list: it is meant. Else −1.",
        "`shown` holds ids; `prices[id]` and `colours[id]` belong to one. −1 is a place in a list, "
        "too: the last. Ask for `last < 0` before you look anything up.",
        'places = {"the first one": 0, ...}\nif phrase in places:\n'
        "    return shown[...] if ... < len(shown) else -1\n"
        'if phrase == "the last one":\n    return ...\nif last < 0:\n    return -1\n'
        'if phrase == "the cheaper one":\n    fits = [i for i in shown if ...]\n'
        "else:\n    fits = [i for i in shown if ...]\nreturn fits[0] if ... else -1",
    ),
    reference=meant,
    cases=meant_cases,
    seconds=1.5,
    mistakes=(
        Mistake(
            "from_zero",
            'You count from 0: "the second one" is `shown[1]`.',
            "place",
        ),
        Mistake(
            "clamped",
            '"The third one" of two gives the last in yours. It is unclear: −1.',
            "place",
        ),
        Mistake(
            "around",
            '"The third one" of two begins again at the first in yours. It is unclear: −1.',
            "place end price colour unasked",
        ),
        Mistake(
            "of_catalogue",
            'You count in the whole catalogue. "The second one" is the second of those *shown*.',
            "place",
        ),
        Mistake(
            "by_id",
            "You count in the order of the ids. The customer sees the order of `shown`.",
            "place end price colour unasked",
        ),
        Mistake(
            "by_price",
            "You count in the order of the prices. The customer sees the order of `shown`.",
            "place end price colour unasked",
        ),
        Mistake(
            "from_end", "You count from the end of what is shown.", "place end price colour unasked"
        ),
        Mistake(
            "without_last",
            "You leave out the one last talked about when you count. It is shown like the others.",
            "place end price colour unasked",
        ),
        Mistake(
            "last_talked",
            '"The last one" is the one last talked about in yours. It is the last of those shown.',
            "end",
        ),
        Mistake(
            "last_of_catalogue",
            '"The last one" is the last of the catalogue in yours. It is the last of those shown.',
            "place end price colour unasked",
        ),
        Mistake(
            "last_first",
            '"The last one" is the first that is shown in yours.',
            "place end price colour unasked",
        ),
        Mistake(
            "last_highest",
            '"The last one" is the one with the highest id in yours. It is the last of those '
            "shown.",
            "place end price colour unasked",
        ),
        Mistake(
            "last_third",
            '"The last one" is the third in yours. There may be fewer shown, or more.',
            "place end price colour unasked",
        ),
        Mistake(
            "last_fourth",
            '"The last one" is the fourth in yours. There may be fewer shown, or more.',
            "place end price colour unasked",
        ),
        Mistake(
            "last_or_talked",
            'If nothing is shown, "the last one" is the one last talked about in yours. It is '
            "unclear: −1.",
            "place end price colour unasked",
        ),
        Mistake(
            "last_dearest",
            '"The last one" is the dearest of those shown in yours. Where is it in the list?',
            "place end price colour unasked",
        ),
        Mistake(
            "cheapest",
            '"The cheaper one" is the cheapest of all shown in yours. It costs less than the one '
            "*last talked about*.",
            "price",
        ),
        Mistake(
            "cheapest_first",
            '"The cheaper one" is the cheapest of all shown in yours, and of several the first. It '
            "costs less than the one *last talked about*; if several do, it is unclear.",
            "place end price colour unasked",
        ),
        Mistake(
            "cheapest_less",
            "If several cost less than the one last talked about, you take the cheapest. Which one "
            "is meant is unclear: −1.",
            "price",
        ),
        Mistake(
            "cheapest_less_only",
            "If several cost less than the one last talked about, you take the cheapest, unless "
            "two are equally cheap. Which one is meant is unclear as soon as there are two: −1.",
            "place end price colour unasked",
        ),
        Mistake(
            "next_less",
            "If several cost less than the one last talked about, you take the dearest of them. "
            "Which one is meant is unclear: −1.",
            "place end price colour unasked",
        ),
        Mistake(
            "first_less",
            "If several cost less than the one last talked about, you take the first of them. "
            "Which one is meant is unclear: −1.",
            "price",
        ),
        Mistake(
            "last_less",
            "If several cost less than the one last talked about, you take the last of them. Which "
            "one is meant is unclear: −1.",
            "place end price colour unasked",
        ),
        Mistake(
            "at_most",
            "What costs as much is cheaper in yours. It must cost *less*.",
            "place end price colour unasked",
        ),
        Mistake(
            "all_cheaper",
            'You look for "the cheaper one" in the whole catalogue. Only what is *shown* can be '
            "meant.",
            "price",
        ),
        Mistake(
            "lower_id",
            '"The cheaper one" has a lower *id* in yours. What does it cost?',
            "place end price colour unasked",
        ),
        Mistake(
            "price_by_place",
            "You look up prices by the place in `shown`. `prices[id]` belongs to an id.",
            "place end price colour unasked",
        ),
        Mistake(
            "both_by_place",
            "You look up prices and colours by the place in `shown`. `prices[id]` and "
            "`colours[id]` belong to an id.",
            "place end price colour unasked",
        ),
        Mistake(
            "cheaper_of_two",
            '"The cheaper one" is the cheaper of exactly two items shown in yours. It costs less '
            "than the one *last talked about*, however many are shown.",
            "place end price colour unasked",
        ),
        Mistake(
            "last_as_place",
            "You take `last` for a place in `shown`. It is an id.",
            "place end price colour unasked",
        ),
        Mistake(
            "still_shown",
            "Where the one last talked about is not shown any more, all is unclear in yours. It "
            "has a price and a colour all the same.",
            "place end price colour unasked",
        ),
        Mistake(
            "dearer",
            '"The cheaper one" costs *more* in yours.',
            "price",
        ),
        Mistake(
            "than_shown_first",
            "You compare with the price of the *first* one shown. It must cost less than the one "
            "last *talked about*.",
            "place end price colour unasked",
        ),
        Mistake(
            "than_shown_last",
            "You compare with the price of the last one *shown*. It must cost less than the one "
            "last *talked about*.",
            "place end price colour unasked",
        ),
        Mistake(
            "itself",
            'With "that colour" the one last talked about counts itself in yours. *Another* one is '
            "meant.",
            "colour",
        ),
        Mistake(
            "itself_always",
            'With "that colour" you return the one last talked about. *Another* one is meant.',
            "colour unasked",
        ),
        Mistake(
            "itself_first",
            "You return the first shown in that colour, which may be the one last talked about. "
            "*Another* one is meant, and two others are unclear.",
            "place end price colour unasked",
        ),
        Mistake(
            "first_alike",
            "If several others have that colour, you take the first. It is unclear: −1.",
            "colour",
        ),
        Mistake(
            "last_alike",
            "If several others have that colour, you take the last. It is unclear: −1.",
            "place end price colour unasked",
        ),
        Mistake(
            "all_alike",
            "You look for that colour in the whole catalogue. Only what is *shown* can be meant.",
            "colour",
        ),
        Mistake(
            "like_shown_last",
            "You look for the colour of the last one *shown*. It is that of the one last *talked "
            "about*.",
            "place end price colour unasked",
        ),
        Mistake(
            "unlike",
            'With "that colour" you return one in another colour.',
            "place end price colour unasked",
        ),
        Mistake(
            "unasked",
            "If nothing was talked about, `last` is −1, and `prices[-1]` is the price of the last "
            "item of the catalogue. Without it these phrases are unclear.",
            "unasked",
        ),
        Mistake(
            "unclear_last",
            "Where it is unclear you return the one last talked about. Ask the customer: −1.",
            "place end price colour unasked",
        ),
        Mistake(
            "unclear_first",
            "Where it is unclear you return the first one shown. Ask the customer: −1.",
            "place end price colour unasked",
        ),
        Mistake(
            "unclear_zero",
            "Where it is unclear you return 0. That is an id like others: −1.",
            "place end price colour unasked",
        ),
        Mistake(
            "whether",
            "You say *whether* one item is meant. Which one is it?",
            "place end price colour unasked",
        ),
        Mistake(
            "number",
            "You return the item's place among those shown. Its *id* is asked for: `shown[place]`.",
            "place end price colour unasked",
        ),
        Mistake(
            "last_left_out",
            "You take the one last talked about out of `shown` first, so that the others move "
            "up. It is on the screen like any other.",
            "place end price colour unasked",
        ),
        Mistake(
            "last_needed",
            "Where nothing was talked about, all is unclear in yours. A place on the screen "
            "needs no item before.",
            "place end price colour unasked",
        ),
        Mistake(
            "cheapest_ever",
            'You return the cheapest of those shown. "The cheaper one" is the only one that '
            "costs less than the one *last talked about*.",
            "place end price colour unasked",
        ),
        Mistake(
            "place_itself",
            "With first, second, third and last you return the *place*. Which id stands there "
            "in `shown`?",
            "place end price colour unasked",
        ),
        Mistake(
            "three_needed",
            'Where fewer than three are shown, "the first one" is unclear in yours, too. Only '
            "what is not there is.",
            "place end price colour unasked",
        ),
        Mistake(
            "price_itself",
            'With "the cheaper one" you return the *price*. Whose is it?',
            "place end price colour unasked",
        ),
        Mistake(
            "then_shown",
            "You look for the only one that fits in the whole catalogue, and ask then whether "
            "it is shown. What is not shown counts for nothing: look among those in `shown` "
            "only.",
            "place end price colour unasked",
        ),
        Mistake(
            "price_unlike",
            "Another item is one with another *price* in yours. Two may be equally dear: "
            "compare the ids.",
            "place end price colour unasked",
        ),
    ),
    properties=(
        Property(
            "First, second, third: count in `shown`, from its beginning. In yours somewhere "
            "another id comes out.",
            partial(is_right, partial(of_place, True)),
        ),
        Property(
            "First, second, third: where fewer are shown, it is −1. In yours somewhere it is not.",
            partial(is_right, partial(of_place, False)),
        ),
        Property(
            '"The last one" is the last of those shown. In yours somewhere it is not.',
            partial(is_right, partial(of_phrase, LAST, True)),
        ),
        Property(
            'If nothing is shown, "the last one" is −1. In yours somewhere it is not.',
            partial(is_right, partial(of_phrase, LAST, False)),
        ),
        Property(
            'If nothing was talked about, "the cheaper one" and "that colour" are −1. In yours '
            "somewhere they are not.",
            partial(is_right, nothing_before),
        ),
        Property(
            "One single item shown costs less than the one last talked about: it is the cheaper "
            "one. In yours somewhere it is not.",
            partial(is_right, partial(of_phrase, CHEAPER, True)),
        ),
        Property(
            "None or several of those shown cost less than the one last talked about: −1. In yours "
            "somewhere it is not.",
            partial(is_right, partial(of_phrase, CHEAPER, False)),
        ),
        Property(
            "One single *other* item shown has the colour of the one last talked about: it is "
            "meant. In yours somewhere it is not.",
            partial(is_right, partial(of_phrase, COLOUR, True)),
        ),
        Property(
            "None or several others shown have that colour: −1. In yours somewhere it is not.",
            partial(is_right, partial(of_phrase, COLOUR, False)),
        ),
    ),
)
