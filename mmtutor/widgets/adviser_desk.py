"""The adviser's desk: talk with a shop's adviser, and see its evidence and all that it keeps.

It knows no adviser: `adviser` replies. Its script and its style lie beside this file and travel
with the notebook's own connection: nothing is fetched from anywhere. Its static twin is
`mmtutor.plots.adviser_desk`; `mmtutor advisor` serves the same in a page of its own.
"""

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO

import anywidget
import traitlets
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from mmtutor.datasets.dialogues import ORDINALS, Adviser, Card
from mmtutor.plots.adviser_desk import Turn, on_show, said_to, state_of
from mmtutor.plots.describe import as_picture
from mmtutor.widgets.style import script_of, style_of


class Conversation:
    """One customer before an adviser: what was said, what is kept, and what went wrong last.

    Nothing of a customer is anywhere else than in `turns`, `error` and the adviser.
    """

    def __init__(
        self, adviser: Adviser, pictures: UInt8[Tensor, "card 3 high wide"], cards: Sequence[Card]
    ) -> None:
        """Raise ValueError for another number of cards than of pictures."""
        if len(pictures) != len(cards):
            raise ValueError(f"{len(cards)} cards need as many pictures, not {len(pictures)}.")
        self.adviser, self.pictures, self.cards = adviser, pictures, tuple(cards)
        self.forget()

    def forget(self) -> None:
        """Let the adviser forget the customer, and delete what was said."""
        self.turns, self.error = list[Turn](), ""
        self.adviser.forget()

    def say(self, text: str) -> None:
        """Say something; where there is no reply, `error` says why, in a sentence."""
        self.error = ""
        try:
            self.turns.append(said_to(self.adviser, text, len(self.cards)))
        except ValueError as problem:
            self.error = " ".join(str(problem).split())
        except Exception as problem:  # a learner's adviser: the page says it, not the kernel's log
            reason = " ".join(f"{type(problem).__name__}: {problem}".split())
            self.error = f"The adviser broke off: {reason}."

    def view(self) -> dict[str, object]:
        """Return what a page shows, as plain data: turns, state, the cards in them, error.

        `state` is as it is now, also where a reply failed.
        """
        state = state_of(self.adviser)
        shown = [card for turn in self.turns for card in on_show(turn.reply)]
        numbers = {*shown, *(card for card in state.get("shown", ()) if card < len(self.cards))}
        cards = {str(card): self.card(card) for card in sorted(numbers)}
        turns = [as_shown(turn) for turn in self.turns]
        return {"turns": turns, "state": state, "cards": cards, "error": self.error}

    def card(self, number: int) -> dict[str, object]:
        """Return what a page shows of a card: never what is true of it, which is for the judge."""
        picture = self.pictures[number]
        height, width = picture.shape[1:]
        card = self.cards[number]
        shown = {"title": card.title, "price": card.price, "picture": as_address(picture)}
        return {**shown, "size": [width, height]}


def as_shown(turn: Turn) -> dict[str, object]:
    """Return a turn as plain data; its `cards` are all that it shows, the one it is about first."""
    reply = turn.reply
    return {
        "said": turn.text,
        "reply": reply.text,
        "cards": on_show(reply),
        "shown": list(reply.shown),
        "about": reply.about,
        "answer": reply.answer,
        "confidence": float(reply.confidence),
        "box": None if reply.box is None else list(reply.box),
    }


def as_address(picture: UInt8[Tensor, "3 high wide"]) -> str:
    """Return a picture as an address that holds it: a page fetches nothing."""
    file = BytesIO()
    Image.fromarray(as_picture(picture.movedim(0, 2))).save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"


class AdviserDesk(anywidget.AnyWidget):
    """A chat with an adviser; beside it stands what it keeps, with a button that deletes all.

    `turns`, `state` and `error` are plain data, to be read. A new customer comes to the desk: the
    adviser forgets whom it knew before.

    Args:
        adviser: it replies and forgets; what it keeps is looked for in its `state`. Where it raises
            ValueError, the page shows the sentence.
        pictures: the cards' pictures.
        cards: of each, the title and the price are shown.

    Raises:
        ValueError: not as many pictures as cards.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)

    turns = traitlets.List().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    error = traitlets.Unicode("").tag(sync=True)
    _cards = traitlets.Dict().tag(sync=True)
    _ordinals = traitlets.List(list(ORDINALS)).tag(sync=True)

    def __init__(
        self, adviser: Adviser, pictures: UInt8[Tensor, "card 3 high wide"], cards: Sequence[Card]
    ) -> None:
        self._conversation = Conversation(adviser, pictures, cards)
        super().__init__(**for_the_page(self._conversation))
        self.on_msg(self._heard)

    def say(self, text: str) -> None:
        """Say something, as if it had been typed."""
        self._conversation.say(text)
        self._put()

    def forget(self) -> None:
        """Delete all that is kept of the customer: by the adviser, and on the page."""
        self._conversation.forget()
        self._put()

    def _heard(self, _widget: object, told: dict[str, object], _buffers: object) -> None:
        """Do what the page asks for: {"say": text} or {"forget": true}."""
        if told.get("forget"):
            self.forget()
        elif isinstance(text := told.get("say"), str):
            self.say(text)

    def _put(self) -> None:
        """Show the conversation as it is now."""
        with self.hold_sync():  # the page sees a turn as a whole
            for name, value in for_the_page(self._conversation).items():
                setattr(self, name, value)

    def __repr__(self) -> str:
        """One sentence: what a stored notebook says where the widget cannot be drawn."""
        count = len(self._conversation.cards)
        return f"Adviser's desk in a shop of {count} postcards, live in a running notebook"


def for_the_page(conversation: Conversation) -> dict[str, object]:
    """Return a conversation by the names that the page has for it."""
    view = conversation.view()
    return {"_cards": view.pop("cards"), **view}
