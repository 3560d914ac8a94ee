"""Scenes: coloured objects anywhere on a small canvas, with questions that have one true answer.

A scene is 64 × 64 pixels with 1 to 6 objects of different kinds, each of any size and colour, none
over another, on slightly noisy paper. Every scene carries a caption, a question, its answer, and
the box and the ink of every object: *where a model looks can be scored, not only admired*.

**Answers are balanced.** Somebody who reads the question and never sees the picture is right as
often as chance (`CHANCE`). That holds by construction: kinds and colours are drawn evenly, the
object that is asked about is placed first, and the others make room.

**Pairs held out.** Every kind has one colour that it never has in a scene with `pairs="seen"`: a
test whether a model that knows "green" and "umbrella" knows a green umbrella.

Scenes are drawn when they are needed, thousands a second, and the same seed gives the same scenes.
`data/scenes.md` is the data card.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count as counting
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int8, Int64, UInt8
from torch import Tensor

from mmtutor.datasets.glyphs import draw

KINDS = {
    "umbrella": "☂",
    "star": "★",
    "heart": "♥",
    "anchor": "⚓",
    "flower": "✿",
    "airplane": "✈",
    "face": "☻",
    "sun": "☀",
    "castle": "♜",
    "horse": "♞",
    "flag": "⚑",
    "crown": "♛",
}
"""The objects: a word, and the character that is drawn for it."""
COLOURS = {
    "red": (0.85, 0.10, 0.10),
    "orange": (0.95, 0.55, 0.00),
    "green": (0.05, 0.60, 0.20),
    "blue": (0.10, 0.30, 0.90),
    "purple": (0.60, 0.15, 0.70),
    "black": (0.10, 0.10, 0.10),
}
"""What colour they can have: a word, and its red, green and blue from 0 to 1."""
ROWS = ("top", "middle", "bottom")
"""The thirds of the canvas, by the middle of an object's box."""
NUMBERS = ("one", "two", "three", "four", "five", "six")

SIDE = 64
"""The side of a scene in pixels."""
SMALLEST, LARGEST = 11, 17
"""The longer side of an object's ink, in pixels."""
NOISE = 0.03
"""The standard deviation of the paper's noise, as a share of the way from black to white."""
MARGIN = 3.0
"""Pixels by which an answer about places is clear: nothing lies on the line between two answers."""
FAINT = 60
"""Ink up to this much of 255 does not count as part of an object."""
NOTHING = -1

QUESTIONS = {
    "colour": "what colour is the {0}",
    "row": "which row is the {0} in",
    "side": "what is on the {side}",
    "count": "how many objects are there",
    "above": "is the {0} above the {1}",
    "exists": "is there any {0}",
}
"""What can be asked: a type, and its words."""
SIDES = ("left", "right")
NEEDED = {"side": 2, "above": 2}
"""How many objects a question needs, where one is not enough."""

TYPES = tuple(QUESTIONS)
PADDING = 0
WORDS = (
    "·",
    *dict.fromkeys(
        word for text in QUESTIONS.values() for word in text.split() if not word.startswith("{")
    ),
    *SIDES,
    "a",
    "an",
    "and",
    *COLOURS,
    *KINDS,
)
"""The tokens of questions and captions; number 0 is the padding."""
ANSWERS = (*COLOURS, *ROWS, *KINDS, *NUMBERS, "yes", "no")
"""The tokens of answers, whatever the question."""
LONGEST = max(len(text.split()) for text in QUESTIONS.values())
"""Words in the longest question."""
CHANCE = {
    "colour": 1 / (len(COLOURS) - 1),
    "row": 1 / len(ROWS),
    "side": 1 / len(KINDS),
    "count": 1 / len(NUMBERS),
    "above": 1 / 2,
    "exists": 1 / 2,
}
"""How often somebody is right who never sees the picture, with the default arguments."""
LONGEST_CAPTION = 3 * len(NUMBERS) + 1
"""Words in the longest caption: article, colour and kind of each object, and one "and"."""
IGNORED = -100
"""The answer that is no answer: `torch.nn.functional.cross_entropy` leaves it out."""


@dataclass(frozen=True, eq=False)
class Scenes:
    """Scenes with a question each. A slot that holds no object has kind and colour NOTHING.

    `boxes` are left, top, right, bottom in pixels, right and bottom exclusive. `owners` says for
    every pixel which slot's ink it is (NOTHING: paper). `questions` are numbers of `WORDS`,
    padded; `answers` are numbers of `ANSWERS`. `asked` is the slot that the question is about
    (NOTHING where it is about none), `types` the question's place in `TYPES`.
    """

    pictures: UInt8[Tensor, "scene 3 64 64"]
    owners: Int8[Tensor, "scene 64 64"]
    kinds: Int64[Tensor, "scene slot"]
    colours: Int64[Tensor, "scene slot"]
    boxes: Int64[Tensor, "scene slot 4"]
    types: Int64[Tensor, " scene"]
    questions: Int64[Tensor, "scene word"]
    answers: Int64[Tensor, " scene"]
    asked: Int64[Tensor, " scene"]

    def __len__(self) -> int:
        return len(self.pictures)

    def __repr__(self) -> str:
        return f"{len(self)} scenes of up to {self.kinds.shape[1]} objects"

    def picture(self, scene: int) -> UInt8[Tensor, "64 64 3"]:
        """One picture with its colours last, as plots want it."""
        return self.pictures[scene].permute(1, 2, 0)

    def question(self, scene: int) -> str:
        """The question in words, such as "what colour is the umbrella"."""
        return " ".join(WORDS[word] for word in self.questions[scene].tolist() if word != PADDING)

    def answer(self, scene: int) -> str:
        """The true answer, a word of `ANSWERS`."""
        return ANSWERS[self.answers[scene]]

    def objects(self, scene: int) -> list[str]:
        """What stands there, such as ["green umbrella", "orange star"]."""
        pairs = zip(self.kinds[scene].tolist(), self.colours[scene].tolist(), strict=True)
        return [f"{tuple(COLOURS)[c]} {tuple(KINDS)[k]}" for k, c in pairs if k != NOTHING]

    def caption(self, scene: int) -> str:
        """The scene in words: "a green umbrella and an orange star"."""
        nouns = [f"{'an' if name[0] in 'aeiou' else 'a'} {name}" for name in self.objects(scene)]
        return " and ".join(filter(None, [", ".join(nouns[:-1]), nouns[-1]]))

    def captions(self) -> Int64[Tensor, "scene word"]:
        """Every caption as numbers of `WORDS`, padded on the right."""
        texts = [self.caption(scene).replace(",", "") for scene in range(len(self))]
        return encode(texts, LONGEST_CAPTION)

    def every_question(
        self,
    ) -> tuple[Int64[Tensor, "scene question word"], Int64[Tensor, "scene question"]]:
        """Ask for the colour and the row of every object, and answer.

        A picture is costly to encode and a question is cheap: so one picture teaches more. Slots
        that hold no object have the answer IGNORED.
        """
        templates = _templates()[[TYPES.index("colour"), TYPES.index("row")]]  # (2, word)
        named = (WORDS.index("umbrella") + self.kinds)[:, :, None, None]  # (scene, slot, 1, 1)
        questions = torch.where(templates < 0, named, templates)  # (scene, slot, 2, word)
        colours, rows = (
            ANSWERS.index("red") + self.colours,
            ANSWERS.index("top") + _rows(self.boxes),
        )
        answers = torch.stack([colours, rows], dim=2)
        answers = answers.masked_fill((self.kinds == NOTHING).unsqueeze(2), IGNORED)
        return questions.flatten(1, 2), answers.flatten(1, 2)

    def labels(self) -> Int64[Tensor, "scene 64 64"]:
        """What every pixel shows: 0 is paper, 1 + k is the ink of kind k."""
        paper = torch.zeros(len(self), 1, dtype=torch.long)
        classes = torch.cat([paper, self.kinds + 1], dim=1)  # owner -1 becomes column 0
        return classes.gather(1, self.owners.long().flatten(1) + 1).view(-1, SIDE, SIDE)

    def asked_boxes(self) -> Int64[Tensor, "scene 4"]:
        """The box of the object that the question is about; zeros where it is about none."""
        chosen = self.boxes.gather(1, self.asked.clamp(min=0).view(-1, 1, 1).expand(-1, 1, 4))
        return chosen[:, 0] * (self.asked != NOTHING).unsqueeze(1)


def make_scenes(
    count: int,
    *,
    kinds: int = len(KINDS),
    objects: tuple[int, int] = (1, 6),
    questions: Sequence[str] = TYPES,
    placement: str = "anywhere",
    pairs: str = "seen",
    seed: int = 0,
) -> Scenes:
    """Draw `count` scenes.

    Args:
        count: how many.
        kinds: how many of `KINDS` take part, from the first.
        objects: the fewest and the most objects of a scene; every number is equally likely.
        questions: types out of `QUESTIONS`, equally likely.
        placement: "anywhere", or "jittered": each object's middle in a cell of its own, 3 × 3.
        pairs: "seen" (no kind in its held-out colour), "held_out" (the first object, which
            questions of colour and row are about, is in its held-out colour, the others are
            not) or "all".
        seed: the same seed and arguments give the same scenes.

    Raises ValueError, with what is allowed, for anything else.
    """
    _check(kinds, objects, questions, placement, pairs)
    generator = torch.Generator().manual_seed(seed)
    plan = _plan(count, kinds, objects, questions, pairs, generator)
    boxes = _arrange(
        plan, _place_anywhere if placement == "anywhere" else _place_in_cells, generator
    )
    pictures, owners = _paint(plan, boxes, generator)
    asked = _asked(plan, boxes)
    return Scenes(
        pictures,
        owners,
        plan.kinds.masked_fill(~plan.present, NOTHING),
        plan.colours.masked_fill(~plan.present, NOTHING),
        boxes * plan.present.unsqueeze(-1),
        plan.types,
        _questions(plan, asked),
        _answers(plan, boxes, asked),
        asked,
    )


def held_out_colour(kind: Int64[Tensor, "*shape"]) -> Int64[Tensor, "*shape"]:
    """The colour that this kind never has in a scene with `pairs="seen"`."""
    return kind % len(COLOURS)


def encode(texts: Sequence[str], longest: int = LONGEST) -> Int64[Tensor, "text {longest}"]:
    """Turn texts into numbers of `WORDS`, padded on the right to `longest` words.

    ValueError for an unknown word, or for none or too many.
    """
    rows = []
    for text in texts:
        words = text.lower().rstrip("?").split()
        if unknown := [word for word in words if word not in WORDS[1:]]:
            raise ValueError(f"the word {unknown[0]!r} is not among {', '.join(WORDS[1:])}")
        if not 0 < len(words) <= longest:
            raise ValueError(f"a text here has 1 to {longest} words, not {len(words)}: {text!r}")
        rows.append([WORDS.index(w) for w in words] + [PADDING] * (longest - len(words)))
    return torch.tensor(rows, dtype=torch.long).view(-1, longest)


def patches_in_box(
    boxes: Int64[Tensor, "scene 4"], grid: int
) -> Bool[Tensor, "scene {grid}*{grid}"]:
    """Which patches of a `grid` × `grid` cut lie in a box: those whose middle does."""
    middle = (torch.arange(grid) + 0.5) * SIDE / grid
    left, top, right, bottom = boxes.unsqueeze(-1).unbind(1)  # (scene, 1)
    down = (top <= middle) & (middle < bottom)  # (scene, grid)
    across = (left <= middle) & (middle < right)
    return (down.unsqueeze(2) & across.unsqueeze(1)).flatten(1)


def as_input(pictures: UInt8[Tensor, "scene 3 64 64"]) -> Float[Tensor, "scene 3 64 64"]:
    """Ink from 0 (white paper) to 1: what a network reads."""
    return 1 - pictures / 255


# ── What a scene holds ────────────────────────────────────────────────────────────────────────────


def _check(
    kinds: int, objects: tuple[int, int], questions: Sequence[str], placement: str, pairs: str
) -> None:
    """Raise ValueError for what `make_scenes` cannot draw."""
    fewest, most = objects
    if not 2 <= kinds <= len(KINDS):
        raise ValueError(f"kinds must be 2 to {len(KINDS)}, not {kinds}")
    if not 1 <= fewest <= most <= min(kinds, len(NUMBERS)):
        raise ValueError(
            f"objects must run from 1 to at most {min(kinds, len(NUMBERS))}, not {objects}: "
            "every object of a scene is of another kind"
        )
    if not questions or set(questions) - set(TYPES):
        raise ValueError(f"questions must be some of {', '.join(TYPES)}, not {questions!r}")
    if too_many := [name for name in questions if NEEDED.get(name, 1) > most]:
        raise ValueError(f"a question of type {too_many[0]!r} needs two objects")
    if "exists" in questions and most == kinds:
        raise ValueError("with every kind in a scene, there is none to ask for in vain")
    if placement not in ("anywhere", "jittered"):
        raise ValueError(f"placement must be anywhere or jittered, not {placement!r}")
    if pairs not in ("seen", "held_out", "all"):
        raise ValueError(f"pairs must be seen, held_out or all, not {pairs!r}")


@dataclass(frozen=True, eq=False)
class _Plan:
    """What is decided about scenes before anything has its place."""

    types: Int64[Tensor, " scene"]
    kinds: Int64[Tensor, "scene slot"]
    missing: Int64[Tensor, " scene"]  # a kind that is not in the scene
    colours: Int64[Tensor, "scene slot"]
    sizes: Int64[Tensor, "scene slot"]
    extents: Int64[Tensor, "scene slot 2"]  # height and width of the ink in pixels
    present: Bool[Tensor, "scene slot"]
    side: Int64[Tensor, " scene"]
    yes: Bool[Tensor, " scene"]  # a coin: the answer to a question of yes or no

    def asks(self, name: str) -> Bool[Tensor, " scene"]:
        """Say which scenes have a question of this type."""
        return self.types == TYPES.index(name)


def _plan(
    count: int,
    kinds: int,
    objects: tuple[int, int],
    questions: Sequence[str],
    pairs: str,
    generator: torch.Generator,
) -> _Plan:
    """Draw everything but the places, each possibility equally likely."""

    def draw_below(high: int, *shape: int) -> Int64[Tensor, "..."]:
        return torch.randint(high, shape, generator=generator)

    types = torch.tensor([TYPES.index(name) for name in questions])[
        draw_below(len(questions), count)
    ]
    order = torch.rand(count, kinds, generator=generator).argsort(dim=1)
    kind = order[:, : objects[1]]
    sizes = draw_below(LARGEST - SMALLEST + 1, *kind.shape)
    return _Plan(
        types,
        kind,
        order[:, -1],
        _colours(kind, pairs, generator),
        sizes,
        _extents()[kind, sizes],
        torch.arange(objects[1]) < _numbers(types, objects, generator).unsqueeze(1),
        draw_below(len(SIDES), count),
        draw_below(2, count).bool(),
    )


def _numbers(
    types: Int64[Tensor, " scene"], objects: tuple[int, int], generator: torch.Generator
) -> Int64[Tensor, " scene"]:
    """How many objects each scene has: every number that suits its question, equally likely."""
    fewest = torch.tensor([NEEDED.get(name, 1) for name in TYPES])[types].clamp(min=objects[0])
    share = torch.rand(len(types), generator=generator)
    return fewest + (share * (objects[1] + 1 - fewest)).long()


def _colours(
    kind: Int64[Tensor, "scene slot"], pairs: str, generator: torch.Generator
) -> Int64[Tensor, "scene slot"]:
    """A colour for every object, each allowed one equally likely."""
    if pairs == "all":
        return torch.randint(len(COLOURS), kind.shape, generator=generator)
    # One colour fewer, and every number from the held-out one on moves up by one.
    colour = torch.randint(len(COLOURS) - 1, kind.shape, generator=generator)
    colour = colour + (colour >= held_out_colour(kind))
    if pairs == "held_out":
        colour[:, 0] = held_out_colour(kind[:, 0])
    return colour


# ── Where the objects stand ───────────────────────────────────────────────────────────────────────


@runtime_checkable
class _Place(Protocol):
    """A way to place objects: some scenes' first corners and extents in, boxes out."""

    def __call__(
        self,
        first: Int64[Tensor, "scene 2"],
        extents: Int64[Tensor, "scene slot 2"],
        present: Bool[Tensor, "scene slot"],
        generator: torch.Generator,
    ) -> Int64[Tensor, "scene slot 4"]: ...


def _arrange(
    plan: _Plan, place: _Place, generator: torch.Generator
) -> Int64[Tensor, "scene slot 4"]:
    """A box for every object: none over another, and the question's answer clear.

    The first object is placed once, evenly over the three rows. Only the others are placed again
    until all is well, so that nothing about them bends where the first one stands.
    """
    first = _first_corner(plan.extents[:, 0], generator)
    boxes = torch.zeros(*plan.extents.shape[:2], 4, dtype=torch.long)
    todo = torch.arange(len(first))
    while len(todo):
        tried = place(first[todo], plan.extents[todo], plan.present[todo], generator)
        boxes[todo] = tried
        good = _apart(tried, plan.present[todo]) & _clear(plan, boxes)[todo]
        todo = todo[~good]
    return boxes


def _first_corner(
    extents: Int64[Tensor, "scene 2"], generator: torch.Generator
) -> Int64[Tensor, "scene 2"]:
    """Top and left of the first object: each third of the height and of the width is as likely."""
    third = torch.randint(3, extents.shape, generator=generator) * SIDE / 3
    low = (third + MARGIN - extents / 2).clamp(min=0).ceil()
    high = torch.minimum(third + SIDE / 3 - MARGIN - extents / 2, SIDE - extents).floor()
    return (low + torch.rand(extents.shape, generator=generator) * (high - low + 1)).long()


def _place_anywhere(
    first: Int64[Tensor, "scene 2"],
    extents: Int64[Tensor, "scene slot 2"],
    present: Bool[Tensor, "scene slot"],
    generator: torch.Generator,
) -> Int64[Tensor, "scene slot 4"]:
    """One object after the other, each at the first of a few random places that is free."""
    boxes = torch.zeros(*extents.shape[:2], 4, dtype=torch.long)
    boxes[:, 0] = _box(first, extents[:, 0])
    for slot in range(1, extents.shape[1]):
        room = SIDE + 1 - extents[:, slot].unsqueeze(1)  # (scene, 1, 2)
        corners = (torch.rand(len(boxes), TRIES, 2, generator=generator) * room).long()
        tried = _box(corners, extents[:, slot].unsqueeze(1).expand_as(corners))
        taken = _overlap(tried.unsqueeze(2), boxes[:, None, :slot]) & present[:, None, :slot]
        free = ~taken.any(dim=2)  # (scene, try)
        boxes[:, slot] = tried[torch.arange(len(tried)), free.float().argmax(dim=1)]
    return boxes


TRIES = 12
"""How many places are tried for one object before the whole scene is arranged anew."""


def _place_in_cells(
    first: Int64[Tensor, "scene 2"],
    extents: Int64[Tensor, "scene slot 2"],
    present: Bool[Tensor, "scene slot"],
    generator: torch.Generator,
) -> Int64[Tensor, "scene slot 4"]:
    """Each object's middle in a cell of its own, 3 × 3; the first keeps its place."""
    down, across = ((first + extents[:, 0] / 2) / (SIDE / 3)).long().unbind(1)
    order = torch.rand(len(first), 9, generator=generator)
    order.scatter_(1, (3 * down + across).unsqueeze(1), -1.0)  # its own cell comes first
    cells = order.argsort(dim=1)[:, : extents.shape[1]]
    room = SIDE // 3 + 1 - extents
    corner = torch.stack([cells // 3, cells % 3], dim=-1) * SIDE // 3  # (scene, slot, 2)
    corner += (torch.rand(room.shape, generator=generator) * room).long()
    corner[:, 0] = first
    return _box(corner, extents)


def _box(corner: Int64[Tensor, "*n 2"], extent: Int64[Tensor, "*n 2"]) -> Int64[Tensor, "*n 4"]:
    """Left, top, right, bottom from (top, left) and (height, width)."""
    return torch.cat([corner.flip(-1), (corner + extent).flip(-1)], dim=-1)


def _overlap(one: Int64[Tensor, "*#n 4"], other: Int64[Tensor, "*#n 4"]) -> Bool[Tensor, "..."]:
    """Say which boxes share a pixel or touch."""
    apart = (one[..., :2] > other[..., 2:]) | (other[..., :2] > one[..., 2:])
    return ~apart.any(dim=-1)


def _apart(
    boxes: Int64[Tensor, "scene slot 4"], present: Bool[Tensor, "scene slot"]
) -> Bool[Tensor, " scene"]:
    """Say in which scenes no object lies over another."""
    pairs = (present.unsqueeze(1) & present.unsqueeze(2)).triu(1)
    return ~(_overlap(boxes.unsqueeze(1), boxes.unsqueeze(2)) & pairs).flatten(1).any(dim=1)


def _clear(plan: _Plan, boxes: Int64[Tensor, "scene slot 4"]) -> Bool[Tensor, " scene"]:
    """Say in which scenes the question has an answer that nobody would argue about."""
    if boxes.shape[1] == 1:
        return torch.ones(len(boxes), dtype=torch.bool)
    down = _middles(boxes)[..., 1]
    nearest = _outwards(plan, boxes).topk(2, dim=1).values
    level = plan.asks("above") & ((down[:, 0] - down[:, 1]).abs() < MARGIN)
    return ~level & ~(plan.asks("side") & (nearest[:, 0] - nearest[:, 1] < MARGIN))


def _middles(boxes: Int64[Tensor, "scene slot 4"]) -> Float[Tensor, "scene slot 2"]:
    """The middle of every box: across, down."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2


def _rows(boxes: Int64[Tensor, "scene slot 4"]) -> Int64[Tensor, "scene slot"]:
    """In which of `ROWS` every box has its middle."""
    return (_middles(boxes)[..., 1] / (SIDE / 3)).long()


def _outwards(plan: _Plan, boxes: Int64[Tensor, "scene slot 4"]) -> Float[Tensor, "scene slot"]:
    """How far each object lies towards the side that is asked for."""
    signs = torch.where(plan.side == SIDES.index("left"), -1.0, 1.0)
    return (_middles(boxes)[..., 0] * signs.unsqueeze(1)).masked_fill(~plan.present, -torch.inf)


# ── What is asked ─────────────────────────────────────────────────────────────────────────────────


def _asked(plan: _Plan, boxes: Int64[Tensor, "scene slot 4"]) -> Int64[Tensor, " scene"]:
    """The slot that each question is about; NOTHING where it is about none."""
    asked = torch.zeros(len(boxes), dtype=torch.long)
    if boxes.shape[1] > 1:
        # "Is A above B" names the first two objects, in the order that makes the coin right.
        down = _middles(boxes)[..., 1]
        asked[plan.asks("above") & ((down[:, 0] < down[:, 1]) != plan.yes)] = 1
    asked = torch.where(plan.asks("side"), _outwards(plan, boxes).argmax(dim=1), asked)
    nobody = plan.asks("count") | (plan.asks("exists") & ~plan.yes)
    return asked.masked_fill(nobody, NOTHING)


def _answers(
    plan: _Plan, boxes: Int64[Tensor, "scene slot 4"], asked: Int64[Tensor, " scene"]
) -> Int64[Tensor, " scene"]:
    """The true answer of every question, as numbers of `ANSWERS`."""
    slot = asked.clamp(min=0).unsqueeze(1)
    of_type = {
        "colour": ANSWERS.index("red") + plan.colours.gather(1, slot)[:, 0],
        "row": ANSWERS.index("top") + _rows(boxes).gather(1, slot)[:, 0],
        "side": ANSWERS.index("umbrella") + plan.kinds.gather(1, slot)[:, 0],
        "count": ANSWERS.index("one") + plan.present.sum(dim=1) - 1,
        "above": ANSWERS.index("yes") + (~plan.yes).long(),
        "exists": ANSWERS.index("yes") + (~plan.yes).long(),
    }
    return torch.stack([of_type[name] for name in TYPES])[plan.types, torch.arange(len(asked))]


def _questions(plan: _Plan, asked: Int64[Tensor, " scene"]) -> Int64[Tensor, "scene word"]:
    """Every question as numbers of `WORDS`, padded on the right."""
    slots = torch.stack([asked.clamp(min=0), 1 - asked.clamp(0, 1)], dim=1)
    named = plan.kinds.gather(1, slots.clamp(max=plan.kinds.shape[1] - 1))
    absent = plan.asks("exists") & ~plan.yes
    named[absent, 0] = plan.missing[absent]
    fillers = torch.cat([named + WORDS.index("umbrella"), _words_of_side(plan)], dim=1)
    templates = _templates()[plan.types]  # (scene, word): below 0 where a word is to be filled in
    filled = fillers.gather(1, (-templates - 1).clamp(min=0))
    return torch.where(templates < 0, filled, templates)


def _words_of_side(plan: _Plan) -> Int64[Tensor, "scene 1"]:
    return (WORDS.index(SIDES[0]) + plan.side).unsqueeze(1)


@cache
def _templates() -> Int64[Tensor, "type word"]:
    """Questions as numbers: -1 and -2 stand for the kinds that they name, -3 for the side."""
    blanks = {"{0}": -1, "{1}": -2, "{side}": -3}
    rows = torch.full((len(TYPES), LONGEST), PADDING)
    for row, text in zip(rows, QUESTIONS.values(), strict=True):
        for place, word in enumerate(text.split()):
            row[place] = blanks[word] if word in blanks else WORDS.index(word)
    return rows


# ── Drawing ───────────────────────────────────────────────────────────────────────────────────────


def _paint(
    plan: _Plan, boxes: Int64[Tensor, "scene slot 4"], generator: torch.Generator
) -> tuple[UInt8[Tensor, "scene 3 64 64"], Int8[Tensor, "scene 64 64"]]:
    """Draw every object in its colour on noisy paper; and say whose ink every pixel is."""
    stamps = _stamps()[plan.kinds, plan.sizes].flatten(2) * plan.present.unsqueeze(2)
    taken = (1 - torch.tensor(list(COLOURS.values())))[plan.colours]  # what ink takes from white
    # A few scenes at a time stay in the processor's cache: three times as fast.
    parts = [part.split(64) for part in (boxes, stamps, taken)]
    drawn = [_paint_some(*part, generator) for part in zip(*parts, strict=True)]
    pictures, owners = zip(*drawn, strict=True)
    return torch.cat(pictures), torch.cat(owners)


def _paint_some(
    boxes: Int64[Tensor, "scene slot 4"],
    stamps: Float[Tensor, "scene slot stamp"],
    taken: Float[Tensor, "scene slot 3"],
    generator: torch.Generator,
) -> tuple[UInt8[Tensor, "scene 3 64 64"], Int8[Tensor, "scene 64 64"]]:
    """Draw a few scenes: `stamps` is how much ink, `taken` what a full stroke takes from white."""
    wide = SIDE + LARGEST  # a stamp at the rim may stand over, so that all stamps have one size
    ink = torch.zeros(len(boxes), 3, wide * wide)
    owners = torch.full((len(boxes), wide * wide), NOTHING, dtype=torch.int8)
    offsets = (torch.arange(LARGEST).unsqueeze(1) * wide + torch.arange(LARGEST)).flatten()
    for slot, (box, stamp, colour) in enumerate(
        zip(boxes.unbind(1), stamps.unbind(1), taken.unbind(1), strict=True)
    ):
        places = (box[:, 1] * wide + box[:, 0]).unsqueeze(1) + offsets  # (scene, stamp)
        strokes = stamp.unsqueeze(1) * colour.unsqueeze(2)  # (scene, 3, stamp)
        ink.scatter_add_(2, places.unsqueeze(1).expand_as(strokes), strokes)
        # No pixel has two owners, so that adding to -1 gives the slot's number.
        owners.scatter_add_(1, places, (stamp > FAINT / 255).to(torch.int8) * (slot + 1))
    ink = ink.view(-1, 3, wide, wide)[..., :SIDE, :SIDE]
    noise = torch.randn(ink.shape, generator=generator)
    pictures = noise.mul_(NOISE).add_(1).sub_(ink).clamp_(0, 1).mul_(255).round_()
    return pictures.to(torch.uint8), owners.view(-1, wide, wide)[..., :SIDE, :SIDE].contiguous()


@cache
def _stamps() -> Float[Tensor, "kind size high wide"]:
    """Every kind at every size: ink from 0 to 1, in the top left corner of a square."""
    stamps = torch.zeros(len(KINDS), LARGEST - SMALLEST + 1, LARGEST, LARGEST)
    for kind, character in enumerate(KINDS.values()):
        for size in range(LARGEST - SMALLEST + 1):
            cut = _cut_out(character, SMALLEST + size)
            stamps[kind, size, : cut.shape[0], : cut.shape[1]] = cut / 255
    return stamps


@cache
def _extents() -> Int64[Tensor, "kind size 2"]:
    """Height and width of every stamp's ink in pixels."""
    inked = _stamps() > 0
    return torch.stack([inked.any(dim=3).sum(dim=2), inked.any(dim=2).sum(dim=2)], dim=-1)


def _cut_out(character: str, longer: int) -> UInt8[Tensor, "height width"]:
    """Draw a character at the largest size at which no side of its ink exceeds `longer` pixels."""
    best = torch.zeros(0, 0, dtype=torch.uint8)
    for size in counting(longer):
        drawn = draw(character, size=size)
        rows, columns = (drawn > FAINT).any(dim=1).nonzero(), (drawn > FAINT).any(dim=0).nonzero()
        cut = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        if max(cut.shape) > longer:
            return best
        best = cut
