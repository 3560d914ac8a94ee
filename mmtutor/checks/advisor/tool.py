"""A tool of one's own: any passes that serves some customers and harms none.

Traps: no card is shown, other messages that begin alike, the limit, a place for an id, "an".
"""

import itertools
import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from random import Random
from typing import Any, NamedTuple

from mmtutor import advisor as ad
from mmtutor.checks.advisor.shared import drawing
from mmtutor.checks.engine import outcome
from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.engine.rows import rows
from mmtutor.datasets.dialogues import (
    SOLD,
    Catalogue,
    Reply,
    make_catalogue,
    make_messages,
    make_plan,
    visit,
)
from mmtutor.datasets.dialogues.customers import wishes
from mmtutor.datasets.dialogues.phrases import ORDINALS, filled
from mmtutor.datasets.scenes import COLOURS

PASSED_ON = -1
BAR = 0.9
"""Of one kind of question so large a share must be answered rightly."""
ASKED = {
    "table": ("how many of these show a {kind} ?", "on how many of these is there a {kind} ?"),
    "least": ("which of these is the cheapest ?", "which of these costs least ?"),
    "shop": (
        "how many cards with a {colour} {kind} do you have ?",
        "on how many of your cards is there a {colour} {kind} ?",
    ),
}
"""Kind of question → sentences, as the card of the exercise lists them."""
ODD = ("", " ", "?", "42", "a", "star", "how", "hello", "the", ". . .", "red", "zebras !")
Things = Sequence[Sequence[str]]
"""Colour and kind of each thing on a card."""


class Asking(NamedTuple):
    """What a sentence asks for."""

    which: str
    colour: str
    kind: str


@cache
def asking(text: str) -> Asking | None:
    """Read one of the sentences of ASKED; None for any other."""
    words = {"colour": "|".join(COLOURS), "kind": "|".join(SOLD)}
    for which, sentences in ASKED.items():
        for sentence in sentences:
            sign = re.escape(sentence).replace(r"\ a\ \{", r"\ an?\ \{")
            for name, known in words.items():
                sign = sign.replace(rf"\{{{name}\}}", f"(?P<{name}>{known})")
            if found := re.fullmatch(sign, text):
                said = found.groupdict()
                return Asking(which, said.get("colour", ""), said.get("kind", ""))
    return None


def tool(
    text: str,
    shown: Sequence[int],
    prices: Sequence[int],
    limit: int,
    things: Sequence[Things],
    wrong: Wrong = RIGHT,
) -> int | str:
    """Reference: serves all three kinds of customers, which no answer has to."""
    if "text" in wrong:
        answer = tool(text, shown, prices, limit, things)
        return answer if answer == PASSED_ON else str(answer)
    found = asking(text)
    if found is None or "never" in wrong:
        greedy = "always" in wrong or ("greedy" in wrong and text.startswith("how many"))
        return 0 if greedy else PASSED_ON
    if not shown and found.which != "shop":
        return 0 if wrong & {"no_table", "always"} else PASSED_ON
    if found.which == "least":
        return least(shown, prices, wrong)
    ids = counted(found.which, shown, prices, limit, wrong)
    return sum(times(things[i], found, wrong) for i in ids)


def least(shown: Sequence[int], prices: Sequence[int], wrong: Wrong) -> int:
    """Return the id of the cheapest card."""
    ids = range(len(prices)) if "least_of_all" in wrong else shown
    chosen = (max if "dearest" in wrong else min)(ids, key=lambda i: prices[i])
    if "price" in wrong:
        return prices[chosen]
    if "price_sought" in wrong:
        return list(prices).index(prices[chosen])
    return list(shown).index(chosen) if "place" in wrong else chosen


def counted(
    which: str, shown: Sequence[int], prices: Sequence[int], limit: int, wrong: Wrong
) -> Sequence[int]:
    """Return the ids of the cards that are to be counted."""
    if "places_counted" in wrong and which == "table":
        return range(len(shown))
    here = shown if which == "table" or "table_only" in wrong else range(len(prices))
    ids = range(len(prices)) if "whole_shop" in wrong else here
    limited = which == "shop" or "limit_for_all" in wrong
    none = limit <= 0 if "limit_zero" in wrong else limit < 0 and "minus_one" not in wrong
    if not limited or none or "limit_ignored" in wrong:
        return ids
    most = limit - 1 if "limit_strict" in wrong else limit
    return [i for i in ids if prices[i] <= most]


def times(things: Things, found: Asking, wrong: Wrong) -> int:
    """Return 1 for a card that shows what is asked for, else 0."""
    looked = things[:1] if "first_thing" in wrong else things
    if "alone" in wrong and len(things) > 1:
        return 0
    pairs = [thing[::-1] for thing in looked] if "turned_round" in wrong else looked
    fits = [found.kind == kind and found.colour in ("", colour) for colour, kind in pairs]
    if "colour_ignored" in wrong:
        fits = [found.kind == kind for _, kind in looked]
    if "crossed" in wrong:
        colours, kinds = ({thing[part] for thing in looked} for part in (0, 1))
        fits = [found.kind in kinds and (not found.colour or found.colour in colours)]
    return sum(fits) if "things_counted" in wrong else int(any(fits))


# ── What customers got ────────────────────────────────────────────────────────────────────────────


def is_right(row: Case, output: Any) -> bool:
    """Say whether an answer is right; of equally cheap cards any is."""
    wanted, found = tool(*row.values()), whole(output)
    cheapest = getattr(asking(row["text"]), "which", "") == "least" and wanted != PASSED_ON
    if cheapest and found in row["shown"]:
        return row["prices"][found] == row["prices"][wanted]
    return found == wanted


def whole(output: Any) -> int | None:
    """Return an output as a whole number, None where it is none."""
    if isinstance(output, int):
        return output
    if not outcome.is_numeric(output) or outcome.numbers(output).numel() != 1:
        return None
    number = outcome.numbers(output).item()
    return int(number) if number == number and number == int(number) else None


GROUPS = (
    *("served", "form", "other", "how many", "no table", "none"),
    *("more", "fewer", "hidden", "dearer"),
)
FEW_TOLD = 10
"""So many customers must hear 0 before it is said that all of them do."""


def group_of(row: Case) -> str:
    """Say which customers one belongs to: a kind of question, no card on the table, or others."""
    found = asking(row["text"])
    if found is None:
        return "how many" if row["text"].startswith("how many") else "other"
    return found.which if row["shown"] or found.which == "shop" else "no table"


def harm(row: Case, output: Any) -> str:
    """Say what is wrong with an answer, as one of the groups; nothing if it is none, or right."""
    group, told = group_of(row), whole(output)
    if told in (None, PASSED_ON) or is_right(row, output):
        return ""
    if group == "least":
        return "dearer" if told in row["shown"] else "hidden"
    if group not in ("table", "shop"):
        return group
    return "more" if told > tool(*row.values()) else "fewer"


def hears_none(people: Sequence[tuple[Case, Any]], which: str) -> bool:
    """Say whether all who ask about cards that are there, and are told a number, hear 0."""
    asked = [(row, whole(output)) for row, output in people if group_of(row) == which]
    told = [number for row, number in asked if tool(*row.values()) > 0 and number != PASSED_ON]
    return len(told) >= min(FEW_TOLD, len(people)) and not any(told) and None not in told


def got(case: Case, outputs: list[Any]) -> tuple[int, ...]:
    """Return a number for each group: all customers, or 0 where something is not as it should be.

    Is one kind of question served? Does everybody get a whole number? Is nobody told anything
    wrong: who says something else, who asks for how many, who asks for the cheapest?
    """
    people = list(zip(rows(case), outputs, strict=True))
    harmed = {harm(row, output) for row, output in people}
    fine = {group: group not in harmed for group in GROUPS}
    fine["served"] = max(shares(people).values()) >= bar(case)
    fine["form"] = None not in [whole(output) for output in outputs]
    fine["none"] = not any(hears_none(people, which) for which in ("table", "shop"))
    return tuple(len(people) * fine[group] for group in GROUPS)


def bar(case: Case) -> float:
    """Return which share of one kind of question must be answered: in the crowd nine in ten.

    In the smallest shop more than one of the two sentences; elsewhere it is not counted.
    """
    if len(set(case["limit"])) > 1:
        return BAR
    small = len(case["text"]) > 1 and len(case["prices"][0]) == SMALL
    return SENTENCE if small else 0.0


def shares(people: Sequence[tuple[Case, Any]]) -> dict[str, float]:
    """Return, by kind of question, which share is answered, be it rightly or not."""
    answered: dict[str, list[bool]] = {which: [] for which in ASKED}
    for row, output in people:
        if found := asking(row["text"]):
            answered[found.which].append(whole(output) != PASSED_ON)
    return {which: sum(some) / max(1, len(some)) for which, some in answered.items()}


# ── Customers ─────────────────────────────────────────────────────────────────────────────────────

CARDS, SMALL = 9, 3
CROWD = 24
"""So many shops the crowd is in."""
SENTENCE = 0.6
"""More than those who say one of the two sentences, which are half."""
FEW, PLAIN = ("red", "blue", "green"), ("star", "heart", "flower")
"""So few colours and kinds that questions find something; "an" stands before none."""
COSTS = range(11, 30)
"""No price is an id."""


class Shop(NamedTuple):
    """A shop as a tool sees it: the cards shown, the prices, and what is seen on each card."""

    shown: list[int]
    prices: list[int]
    things: list[list[list[str]]]


def shop(chance: Random, things: Callable[[Random], list[list[str]]], cards: int = CARDS) -> Shop:
    """Draw a shop, all of whose cards lie on the table. Each price is another."""
    prices = chance.sample(COSTS, cards)
    return Shop(list(range(cards)), prices, [things(chance) for _ in range(cards)])


def one_thing(chance: Random) -> list[list[str]]:
    """Draw a card with one thing."""
    return [[chance.choice(FEW), chance.choice(PLAIN)]]


def one_colour(chance: Random) -> list[list[str]]:
    """Draw a card with things of two kinds and one colour."""
    colour = chance.choice(FEW)
    return [[colour, kind] for kind in chance.sample(PLAIN, 2)]


def doubles(chance: Random) -> list[list[str]]:
    """Draw a card with two things that are alike, all in red."""
    return [["red", chance.choice(PLAIN)]] * 2


def colours(chance: Random) -> list[list[str]]:
    """Draw a card with two things, of two kinds and two colours."""
    pairs = zip(chance.sample(FEW, 2), chance.sample(PLAIN, 2), strict=True)
    return [list(pair) for pair in pairs]


def anything(chance: Random) -> list[list[str]]:
    """Draw a card with one to three things; orange, before which stands "an", is frequent."""
    every = [*COLOURS, "orange"]
    return [[chance.choice(every), chance.choice(SOLD)] for _ in range(chance.randint(1, 3))]


def everything(chance: Random) -> Shop:
    """Draw a shop in which each thing of each colour is on a card."""
    pairs = [[colour, kind] for colour in COLOURS for kind in SOLD]
    chance.shuffle(pairs)
    return shop(chance, lambda _: [pairs.pop() for _ in range(len(COLOURS) * len(SOLD) // CARDS)])


def questions(
    chance: Random, some: Shop, kinds: Sequence[str] = tuple(ASKED), count: int = 4
) -> list[str]:
    """Draw what customers ask, all sentences as often, each about a thing that is on a card."""
    texts = []
    for number, which in itertools.product(range(count), kinds):
        colour, kind = chance.choice(chance.choice(some.things))
        slots = {"colour": colour, "kind": kind}
        texts.append(filled(ASKED[which][number % 2], slots))
    return texts


def said(texts: Sequence[str], some: Shop, limit: int = -1) -> Case:
    """Return a case in which these sentences are said in a shop."""
    same = {"shown": some.shown, "prices": some.prices, "limit": limit, "things": some.things}
    return Case(text=list(texts), **{name: [value] * len(texts) for name, value in same.items()})


def crowd(chance: Random) -> Case:
    """Return a case of many shops, as they come: half of the customers have a limit.

    On one table in four lies no card; there only the third question is asked.
    """
    parts = []
    for number in range(CROWD):
        some = shop(chance, anything)
        shown = chance.sample(range(CARDS), chance.randint(1, 4)) if number % 4 else []
        some = some._replace(shown=shown)
        limit = chance.choice(some.prices) if number % 2 else -1
        texts = questions(chance, some, tuple(ASKED) if shown else ("shop",), 2)
        parts.append(said(texts, some, limit))
    return Case({name: [value for part in parts for value in part[name]] for name in parts[0]})


def ordinary(chance: Random, alike: bool) -> list[str]:
    """Return what customers say to every adviser, heard and new: each sentence once.

    `alike`: that begins with "how many" or "which", else all but that.
    """
    seed = chance.randint(0, 10**6)
    texts = [m.text for new in (False, True) for m in make_messages(800, seed, new)]
    words = "|".join((*COLOURS, *SOLD, *ORDINALS))
    once = {re.sub(rf"\b(?:{words})s?\b|\d+|\ban?\b", "", text): text for text in texts}
    return [t for t in once.values() if t.startswith(("how many", "which")) == alike]


def tool_cases() -> list[Case]:
    chance = drawing(7)
    small, plain = shop(chance, one_thing, SMALL), shop(chance, one_thing)
    several, twice, crossed = (shop(chance, each) for each in (one_colour, doubles, colours))
    few, mixed, twin, rich = *(shop(chance, one_thing) for _ in range(3)), everything(chance)
    several = several._replace(prices=sorted(several.prices))  # there the first is right
    twice = twice._replace(prices=sorted(twice.prices, reverse=True))  # and there the last
    few = few._replace(shown=[2, 1, 0], prices=[9, 7, 8, *few.prices[3:-1], 3])
    mixed = mixed._replace(shown=[*chance.sample(range(4, CARDS), 3), 1])
    # the first card, which is not shown, is as cheap as any, and like the last
    twin = Shop(
        shown=[*range(1, CARDS)],
        prices=[min(twin.prices[1:]), *twin.prices[1:]],
        things=[twin.things[-1], *twin.things[1:]],
    )
    empty, cheap = shop(chance, one_thing)._replace(shown=[]), shop(chance, one_thing)
    cheap = cheap._replace(prices=[18] * CARDS)  # the dearest is as right as the cheapest
    ask = partial(questions, chance)
    return [
        said(ask(small), small),
        said(ask(plain), plain),
        said(ask(several), several),
        said(ask(twice), twice),
        said(ask(crossed), crossed),
        said(ask(few), few),
        said(ask(mixed), mixed),
        said(ask(twin), twin),
        said(ask(plain), plain, limit=sorted(plain.prices)[4]),
        said(ask(plain), plain, limit=max(plain.prices) + 1),
        said(ask(plain, ("table", "least")), plain, limit=min(plain.prices)),
        said(ask(cheap), cheap, limit=18),
        said(ask(cheap), cheap, limit=0),
        said(ask(empty), empty),
        said(ordinary(chance, alike=True), rich),
        said([*ODD, *ordinary(chance, alike=False)], rich),
        crowd(chance),
    ]


def all_is_well(group: str, case: Case, output: tuple[int, ...]) -> bool:
    """Say whether the number of a group is what it should be."""
    return output[GROUPS.index(group)] == len(case["text"])


TOOL = Implement(
    id="advisor.tool",
    title="A tool of your own",
    difficulty=3,
    minutes=25,
    hints=(
        "One kind of question is enough. For which of the three do you need the fewest of the "
        "arguments? Write down what must be true of `text` before you answer at all.",
        "Of these: the ids in `shown` whose things hold the kind, counted. The cheapest: the id in "
        "`shown` with the least price. In the shop: ids with price ≤ limit whose things hold the "
        "colour *and* the kind in one pair, counted.",
        "`text`: a string. `shown`: ids. `prices[id]`: a number. `limit`: a number or −1. "
        "`things[id]`: pairs of colour and kind, one for each thing. The result: one number.",
        "words = text.split()\n"
        'if not shown or not text.startswith("how many of these show"):\n    return ...\n'
        "kind = words[...]\nreturn sum(any(k == ... for _, k in things[i]) for i in ...)",
    ),
    reference=tool,
    cases=tool_cases,
    together=got,
    mistakes=(
        Mistake(
            "never",
            "Nobody is told anything wrong, but too few are served: your tool passes on (−1) what "
            "it is for. Compare its condition with *both* sentences of the card, letter by letter. "
            "And does it answer where there is no limit?",
            "pass asked table",
        ),
        Mistake(
            "text",
            "Your tool returns a text. A number is asked for: 2, not '2'.",
            "pass asked table",
        ),
        Mistake(
            "always",
            "Your tool answers every message: who says hello gets a number, too. What is not "
            "its business it passes on: −1.",
            "pass asked table",
        ),
        Mistake(
            "greedy",
            'Your tool takes every message that begins with "how many". "How many stars are '
            'there on the first one ?" is for the adviser that you have.',
            "pass",
        ),
        Mistake(
            "no_table",
            "No card is shown, and your tool answers for *these*. Then nothing can be meant: −1.",
            "table",
        ),
        Mistake(
            "whole_shop",
            "*These* are the cards in `shown`. Your tool goes through the whole shop.",
            "asked",
        ),
        Mistake(
            "least_of_all",
            "Your tool returns the cheapest card of the whole shop. *These* are those in `shown`.",
            "asked",
        ),
        Mistake(
            "table_only",
            "In the shop are all cards, shown or not. Your tool counts those in `shown` only.",
            "asked",
        ),
        Mistake(
            "place",
            "Your tool returns the cheapest card's place in `shown`. Which id stands there?",
            "asked",
        ),
        Mistake(
            "places_counted",
            "Your tool looks at the cards 0, 1, 2 … for as many as are shown. The ids of those "
            "that are shown stand *in* `shown`.",
            "asked",
        ),
        Mistake(
            "price",
            "Your tool returns the least price. The customer asks which card: its id.",
            "asked",
        ),
        Mistake(
            "price_sought",
            "Your tool finds the least price on the table, then the first card of the shop that "
            "costs so much: that one may not be shown.",
            "asked",
        ),
        Mistake(
            "dearest",
            "On the table lies a card that costs less than the one that your tool returns. Does it "
            "take the dearest, or one by its place in another order?",
            "asked",
        ),
        Mistake(
            "things_counted",
            "Your tool counts things: a card with two stars is one card.",
            "asked",
        ),
        Mistake(
            "first_thing",
            "A star beside a heart is not always found. Does your tool look at one thing of a "
            "card only, the first or the last, or want *all* to fit? One that fits is enough.",
            "asked",
        ),
        Mistake(
            "alone",
            "A red star beside a blue heart is a red star, too. Your tool counts only cards that "
            "show nothing else.",
            "asked",
        ),
        Mistake(
            "crossed",
            "A red heart beside a blue star is no red star: colour and kind of the *same* thing "
            "must fit.",
            "asked",
        ),
        Mistake(
            "colour_ignored",
            "Your tool hears the kind and not the colour: it counts stars of all colours.",
            "asked",
        ),
        Mistake(
            "turned_round",
            "Whoever asks about cards that are there hears 0. A thing is a pair `[colour, kind]`: "
            "the colour comes first. Does your tool compare each with the right word?",
            "asked",
        ),
        Mistake(
            "limit_ignored",
            "The customer has a limit, and your tool counts cards that cost more.",
            "asked",
        ),
        Mistake(
            "limit_for_all",
            "The limit counts for the shop only. Your tool leaves out shown cards that cost more.",
            "asked",
        ),
        Mistake(
            "minus_one",
            "A limit of −1 says that there is none. Your tool takes it for one: nothing costs so "
            "little.",
            "asked",
        ),
        Mistake(
            "limit_zero",
            "A limit of 0 is a limit: nothing costs so little. −1 says that there is none, and "
            "`if limit` is false for 0 only.",
            "asked",
        ),
        Mistake(
            "limit_strict",
            "A card that costs exactly the limit is not counted in yours. It may cost so much: ≤.",
            "asked",
        ),
    ),
    properties=(
        Property(
            "What your tool returns is no whole number: a text, a list or a fraction.",
            partial(all_is_well, "form"),
        ),
        Property(
            "Somebody says something else, and your tool answers. The adviser that you have would "
            "have known better: −1.",
            partial(all_is_well, "other"),
        ),
        Property(
            "Somebody asks how many, but in none of the sentences of the card, and your tool "
            "answers. The adviser that you have would have known better: −1.",
            partial(all_is_well, "how many"),
        ),
        Property(
            "Somebody asks for *these*, and no card is shown: −1. Your tool answers.",
            partial(all_is_well, "no table"),
        ),
        Property(
            "Who asks about cards that are there hears 0 from your tool. Which word of the "
            "message is the kind (the sign is a word, too), and which part of a thing, "
            "`[colour, kind]`?",
            partial(all_is_well, "none"),
        ),
        Property(
            "Somebody who asks how many hears too large a number. If your tool is not for this "
            "question: −1. Else: is each card counted once, and only if one thing on it is of "
            "the kind (and the colour) asked for? *These* must be shown; in the shop they cost "
            "at most the limit.",
            partial(all_is_well, "more"),
        ),
        Property(
            "Somebody who asks how many hears too small a number. If your tool is not for this "
            "question: −1. Else: does every card count by itself, from the first to the last, "
            "with all things on it, in the shop whether shown or not, if it costs at most the "
            "limit? How many, not whether.",
            partial(all_is_well, "fewer"),
        ),
        Property(
            "Somebody who asks for the cheapest hears what is no id of a shown card. If your "
            "tool is not for this question: −1. Else: does yours begin with one that may not be "
            "shown, or return a place or a price?",
            partial(all_is_well, "hidden"),
        ),
        Property(
            "Somebody who asks for the cheapest hears the id of a card, and another that is "
            "shown costs less. If your tool is not for this question: −1. Else: which prices "
            "does it compare, and whose id does it return?",
            partial(all_is_well, "dearer"),
        ),
        Property(
            "Of none of the three kinds of questions nine in ten are answered: your tool passes "
            'on (−1) too many. Does it answer where the number is 0, after "an", whatever the '
            "prices and the limit are and, in the shop, where no card is shown?",
            partial(all_is_well, "served"),
        ),
    ),
)


# ── What a tool bought ────────────────────────────────────────────────────────────────────────────

Tool = Callable[..., int | None]
CUSTOMERS = 60
"""Who come for each row of the table."""
NUMBERS = ("none", "one", "two")


class WithTool(ad.PostcardAdviser):
    """Asks the tool first. What that passes on (−1, or nothing) it answers as always.

    It is told what stands on the cards: what it gets wrong here, it does not get wrong by its eyes.
    """

    def __init__(self, catalogue: Catalogue, tool: Tool) -> None:
        """Take a tool and the router of the lesson."""
        super().__init__(catalogue, ad.all_facts(catalogue), ad.LearntRouter(make_messages(600)))
        self.tool = tool

    def handed_over(self, text: str) -> Case:
        """Return what the tool is given: no more than the adviser knows."""
        cards, limit = self.catalogue.cards, int(self.state.wanted.get("limit", -1))
        return Case(
            text=text,
            shown=list(self.state.shown),
            prices=[card.price for card in cards],
            limit=limit,
            things=[[[g.colour, g.kind] for g in c.facts for _ in range(g.number)] for c in cards],
        )

    def reply(self, text: str) -> Reply:
        """Answer with the tool, or without."""
        found = self.tool(*self.handed_over(text).values())
        if found is None or found < 0:
            return super().reply(text)
        return Reply(f"{found}.", answer=str(int(found)))


def bought(tool: Tool) -> None:
    """Print what customers got without a tool and with it: three questions, and all the rest."""
    shop = make_catalogue(seed=7)
    both = [WithTool(shop, each) for each in (lambda *_: None, tool)]
    print(f"{'':58} without  with the tool")
    for which, (sentence, _) in ASKED.items():
        rows = [asked(adviser, which) for adviser in both]
        for name, before, after in zip(("right", "wrong"), *rows, strict=True):
            print(f"{name}: {sentence:52} {before:.2f}     {after:.2f}")
    rows = [ad.judged(visit(adviser, shop, CUSTOMERS, seed=1), shop) for adviser in both]
    for name in ("success", "right answers", "said in vain"):
        print(f"all other messages: {name:38}  {rows[0][name]:.2f}     {rows[1][name]:.2f}")


def asked(adviser: WithTool, which: str) -> tuple[float, float]:
    """Return how often one of the questions is answered rightly, and how often wrongly."""
    right, wrong = 0, 0
    for number in range(CUSTOMERS):
        random = Random(f"{which} {number}")
        adviser.forget()
        for message in wishes(make_plan(adviser.catalogue, random, possible=True), random, False):
            adviser.reply(message.text)
        group = random.choice(random.choice(adviser.catalogue.cards).facts)
        slots = {"colour": group.colour, "kind": group.kind}
        text = filled(random.choice(ASKED[which]), slots)
        case, said = adviser.handed_over(text), adviser.reply(text).answer
        fits = said is not None and is_right(case, as_number(said))
        right, wrong = right + fits, wrong + (said is not None and not fits)
    return right / CUSTOMERS, wrong / CUSTOMERS


def as_number(said: str) -> int | None:
    """Return the number that an answer names, in words or in digits."""
    if said in NUMBERS:
        return NUMBERS.index(said)
    return int(said) if said.isdigit() else None
