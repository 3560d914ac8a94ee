"""A tool of one's own: any passes that serves some customers and harms none.

Traps: no card is shown, other messages that begin alike, the limit, a place for an id.
"""

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
from mmtutor.datasets.dialogues.phrases import filled
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
) -> int:
    """Reference: serves all three kinds of customers, which no answer has to."""
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
    ids = range(len(prices)) if "whole_shop" in wrong else shown
    chosen = (max if "dearest" in wrong else min)(ids, key=lambda i: prices[i])
    return list(shown).index(chosen) if "place" in wrong else chosen


def counted(
    which: str, shown: Sequence[int], prices: Sequence[int], limit: int, wrong: Wrong
) -> Sequence[int]:
    """Return the ids of the cards that are to be counted."""
    if which == "table" and "whole_shop" not in wrong:
        return shown
    free = limit <= 0 if "limit_zero" in wrong else limit < 0 or "limit_ignored" in wrong
    if which == "table" or free:
        return range(len(prices))
    most = limit - 1 if "limit_strict" in wrong else limit
    return [i for i, price in enumerate(prices) if price <= most]


def times(things: Things, found: Asking, wrong: Wrong) -> int:
    """Return 1 for a card that shows what is asked for, else 0."""
    looked = things[:1] if "first_thing" in wrong else things
    fits = [found.kind == kind and found.colour in ("", colour) for colour, kind in looked]
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
    if not outcome.is_numeric(output) or outcome.numbers(output).numel() != 1:
        return None
    number = outcome.numbers(output).item()
    return int(number) if number == number and number == int(number) else None


GROUPS = ("served", "asked", "no table", "other")


def group_of(row: Case) -> str:
    """Say which customers one belongs to."""
    found = asking(row["text"])
    if found is None:
        return "other"
    return "asked" if row["shown"] or found.which == "shop" else "no table"


def got(case: Case, outputs: list[Any]) -> tuple[int, ...]:
    """Return four numbers: all customers of the case, or 0 where something is not as it should be.

    Is one kind of question served? Then, of three groups: is nobody told anything wrong?
    """
    people = list(zip(rows(case), outputs, strict=True))
    harmed = {
        group_of(row)
        for row, output in people
        if whole(output) != PASSED_ON and not is_right(row, output)
    }
    fine = {group: group not in harmed for group in GROUPS[1:]}
    plain = all(is_plain(row) for row, _ in people)
    fine["served"] = not plain or max(shares(people).values()) >= BAR
    return tuple(len(people) * fine[group] for group in GROUPS)


def is_plain(row: Case) -> bool:
    """Say whether nothing is special about a customer: who is served is counted there."""
    whole_shop = row["shown"] == list(range(len(row["prices"])))
    single = all(len(card) == 1 for card in row["things"])
    return asking(row["text"]) is not None and whole_shop and single and row["limit"] < 0


def shares(people: Sequence[tuple[Case, Any]]) -> dict[str, float]:
    """Return, by kind of question, which share is answered rightly."""
    right: dict[str, list[bool]] = {which: [] for which in ASKED}
    for row, output in people:
        if found := asking(row["text"]):
            right[found.which].append(is_right(row, output))
    return {which: sum(some) / max(1, len(some)) for which, some in right.items()}


# ── Customers ─────────────────────────────────────────────────────────────────────────────────────

CARDS = 9


class Shop(NamedTuple):
    """A shop as a tool sees it: the cards shown, the prices, and what is seen on each card."""

    shown: list[int]
    prices: list[int]
    things: list[list[list[str]]]


def shop(chance: Random, things: Callable[[Random], list[list[str]]]) -> Shop:
    """Draw a shop, all of whose cards lie on the table."""
    prices = [chance.randint(3, 19) for _ in range(CARDS)]
    return Shop(list(range(CARDS)), prices, [things(chance) for _ in range(CARDS)])


def one_thing(chance: Random) -> list[list[str]]:
    """Draw a card with one thing."""
    return [[chance.choice(FEW), chance.choice(SOLD[:3])]]


FEW = ("red", "blue", "green")
"""So few colours and kinds that questions find something."""


def one_colour(chance: Random) -> list[list[str]]:
    """Draw a card with things of two kinds and one colour."""
    colour = chance.choice(FEW)
    return [[colour, kind] for kind in chance.sample(SOLD[:3], 2)]


def doubles(chance: Random) -> list[list[str]]:
    """Draw a card with two things that are alike, all in red."""
    return [["red", chance.choice(SOLD[:3])]] * 2


def colours(chance: Random) -> list[list[str]]:
    """Draw a card with two things, of two kinds and two colours."""
    pairs = zip(chance.sample(FEW, 2), chance.sample(SOLD[:3], 2), strict=True)
    return [list(pair) for pair in pairs]


def questions(chance: Random, some: Shop, kinds: Sequence[str] = tuple(ASKED)) -> list[str]:
    """Draw what customers ask, of each kind as many; half about a thing that is on a card."""
    texts = []
    for which in list(kinds) * chance.randint(3, 8):
        colour, kind = chance.choice(chance.choice(some.things))
        slots = {"colour": colour, "kind": kind}
        texts.append(filled(chance.choice(ASKED[which]), slots))
    return texts


def said(texts: Sequence[str], some: Shop, limit: int = -1) -> Case:
    """Return a case in which these sentences are said in a shop."""
    same = {"shown": some.shown, "prices": some.prices, "limit": limit, "things": some.things}
    return Case(text=list(texts), **{name: [value] * len(texts) for name, value in same.items()})


def ordinary(chance: Random, alike: bool) -> list[str]:
    """Draw what customers say to every adviser, heard and new.

    `alike`: that begins with "how many" or "which", else all but that.
    """
    seed = chance.randint(0, 10**6)
    texts = [m.text for new in (False, True) for m in make_messages(400, seed, new)]
    chosen = [t for t in texts if t.startswith(("how many", "which")) == alike]
    return chance.choices(chosen, k=chance.randint(9, 20))


def tool_cases() -> list[Case]:
    chance = drawing(7)
    plain, several = shop(chance, one_thing), shop(chance, one_colour)
    plain = plain._replace(prices=[19, *plain.prices[1:]])  # to say 0 serves nobody
    twice, crossed = shop(chance, doubles), shop(chance, colours)
    few, mixed = shop(chance, one_thing), shop(chance, one_thing)
    few = few._replace(shown=[0, 1, 2], prices=[9, 7, 8, *few.prices[3:-1], 3])
    mixed = mixed._replace(shown=[*chance.sample(range(3, CARDS), 3), 1])
    empty, cheap = shop(chance, one_thing)._replace(shown=[]), shop(chance, one_thing)
    cheap = cheap._replace(prices=[chance.choice((6, 7, 8)) for _ in range(CARDS - 1)] + [8])
    ask = partial(questions, chance)
    table = ("table", "least")
    return [
        said(ask(plain), plain),
        said(ask(several), several),
        said(ask(twice), twice),
        said(ask(crossed), crossed),
        said(ask(few), few),
        said(ask(mixed), mixed),
        said(ask(plain), plain, limit=sorted(plain.prices)[4]),
        said(ask(cheap), cheap, limit=8),
        said(ask(cheap), cheap, limit=0),
        said(ask(several, table), empty),
        said(ordinary(chance, alike=True), plain),
        said([*ODD, *ordinary(chance, alike=False)], several),
    ]


def all_is_well(group: str, case: Case, output: tuple[int, ...]) -> bool:
    """Say whether one of the four numbers is what it should be."""
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
            "it is for. Compare its condition with *both* sentences of the card, letter by letter.",
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
            "place",
            "Your tool returns the cheapest card's place in `shown`. Which id stands there?",
            "asked",
        ),
        Mistake(
            "dearest",
            "Your tool returns the dearest card.",
            "asked",
        ),
        Mistake(
            "things_counted",
            "Your tool counts things: a card with two stars is one card.",
            "asked",
        ),
        Mistake(
            "first_thing",
            "Your tool looks at the first thing of each card only.",
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
            "limit_ignored",
            "The customer has a limit, and your tool counts cards that cost more.",
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
            "Of none of the three kinds of questions nine in ten are answered rightly.",
            partial(all_is_well, "served"),
        ),
        Property(
            "Somebody who asks one of the three questions is told something wrong. What your tool "
            "is not for, or does not know, it passes on: −1.",
            partial(all_is_well, "asked"),
        ),
        Property(
            "Somebody asks for *these*, and no card is shown: −1. Your tool answers.",
            partial(all_is_well, "no table"),
        ),
        Property(
            "Somebody says something else, and your tool answers. The adviser that you have would "
            "have known better: −1.",
            partial(all_is_well, "other"),
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
