"""What the reader sees under an exercise: one card, in a notebook, a terminal or a file."""

import re
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Literal, NamedTuple

Status = Literal[
    "passed", "not attempted", "guard", "mistake", "relation", "property", "difference"
]
MIME = "application/vnd.mmtutor.verdict+json"
SIGNS = {"passed": ("✓", "#2e7d32"), "not attempted": ("○", "#7f7f7f")}
FAILED = ("✗", "#c62828")


class Judgement(NamedTuple):
    """How an answer was found, what to say about it, and which known mistakes it makes."""

    status: Status
    sentences: tuple[str, ...] = ()
    mistakes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Verdict:
    """The card of one answer: `status`, the sentences, and what was tried.

    `mistakes` holds the names of the known mistakes that the answer makes, if any. `remarks` say
    what a reader should know besides: they decide nothing.
    """

    exercise: str
    title: str
    status: Status
    sentences: tuple[str, ...]
    tried: str = ""
    mistakes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    def said(self) -> list[str]:
        """Return what stands under the headline: the sentences, then the remarks."""
        return [*self.sentences, *(f"By the way: {remark}" for remark in self.remarks)]

    def headline(self) -> str:
        """Say in a few words how it went."""
        word = {"passed": "passed", "not attempted": "not attempted yet"}.get(
            self.status, "not yet"
        )
        return f"{self.title}: {word}"

    def __repr__(self) -> str:
        sign, _ = SIGNS.get(self.status, FAILED)
        lines = [f"{sign} {self.headline()}", *(f"  {sentence}" for sentence in self.said())]
        return "\n".join([*lines, f"  Tried: {self.tried}"] if self.tried else lines)

    def to_html(self) -> str:
        """Write the card as HTML that reads on a light and on a dark page."""
        sign, colour = SIGNS.get(self.status, FAILED)
        body = "".join(f"<p style='margin:.3em 0'>{markup(s)}</p>" for s in self.said())
        tried = f"<small style='display:block;opacity:.75'>Tried: {markup(self.tried)}</small>"
        return (
            f"<div style='border-left:4px solid {colour};padding:.3em .9em;max-width:48em'>"
            f"<b><span style='color:{colour}'>{sign}</span> {escape(self.headline())}</b>"
            f"{body}{tried if self.tried else ''}</div>"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        card = {key: value for key, value in asdict(self).items() if key != "remarks" or value}
        return {"text/plain": repr(self), "text/html": self.to_html(), MIME: card}


def markup(sentence: str) -> str:
    """Escape a sentence for HTML; what stands in `backticks` becomes code, in *stars* emphasis."""
    parts = escape(sentence).split("`")
    if len(parts) % 2 == 0:  # a lonely backtick: leave it alone
        return escape(sentence)
    return "".join(f"<code>{p}</code>" if i % 2 else emphasised(p) for i, p in enumerate(parts))


def emphasised(text: str) -> str:
    """Set *words* between stars in italics; a star between spaces is a product."""
    return re.sub(r"(?<![\w*])\*(\w(?:[^*]*\w)?)\*(?![\w*])", r"<em>\1</em>", text)
