"""What a tool bought: the same simulated customers before the lesson's adviser with and without it.

The adviser is told what stands on the cards: what it gets wrong here, it gets wrong by not having
a tool, and not by its eyes.
"""

from collections.abc import Callable
from random import Random

from mmtutor import advisor as ad
from mmtutor.checks.advisor.tool import ASKED, is_right
from mmtutor.checks.engine.exercise import Case
from mmtutor.datasets.dialogues import (
    Catalogue,
    Reply,
    make_catalogue,
    make_messages,
    make_plan,
    visit,
)
from mmtutor.datasets.dialogues.customers import wishes
from mmtutor.datasets.dialogues.phrases import filled

Tool = Callable[..., int | None]
CUSTOMERS = 60
NUMBERS = ("none", "one", "two")


class WithTool(ad.PostcardAdviser):
    """Asks the tool first. What that passes on (−1, or nothing) it answers as always."""

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
        text = filled(random.choice(ASKED[which]), group._asdict())
        case, said = adviser.handed_over(text), adviser.reply(text).answer
        fits = said is not None and is_right(case, as_number(said))
        right, wrong = right + fits, wrong + (said is not None and not fits)
    return right / CUSTOMERS, wrong / CUSTOMERS


def as_number(said: str) -> int | None:
    """Return the number that an answer names, in words or in digits."""
    if said in NUMBERS:
        return NUMBERS.index(said)
    return int(said) if said.isdigit() else None
