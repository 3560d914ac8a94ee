"""Characters from bytes that arrive one by one. Traps: each byte alone, shown too early, twice."""

import unicodedata
from collections.abc import Callable

import torch
from torch import Tensor

from mmtutor.checks.engine.exercise import RIGHT, SHIFT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.modalities.shared import either

NOTHING = -1
"""What stands for a byte that completes no character."""
UNREADABLE = 0xFFFD
"""The sign that Python puts where bytes are no character: �."""


def stream(data: Tensor, wrong: Wrong = RIGHT) -> Tensor:
    """Reference: for each byte the code point of the character it completes, or −1."""
    given = data.tolist()
    ways: dict[str, Callable[[], list[int]]] = {
        "one_by_one": lambda: [point if point < 128 else UNREADABLE for point in given],
        "one_by_one_nothing": lambda: [p if p < 128 else NOTHING for p in given],
        "byte_shown": lambda: byte_shown(given),
        "replaced": lambda: so_far(given, "replace"),
        "ignored": lambda: so_far(given, "ignore"),
        "at_first": lambda: at_first(given),
        "at_every": lambda: at_every(given),
        "one_late": lambda: [NOTHING, *completed(given)][: len(given)],
        "at_next_start": lambda: at_next_start(given),
        "zeros": lambda: [max(point, 0) for point in completed(given)],
        "two_bytes": lambda: completed(given, longest=2),
        "three_bytes": lambda: completed(given, longest=3),
        "gathered": lambda: gathered(given),
        "only_characters": lambda: [p for p in completed(given) if p != NOTHING],
        "last_six_bits": lambda: low_bits(given),
        "eights": lambda: assembled(given, shift=8),
        "backwards": lambda: assembled(given, backwards=True),
        "whole_first": lambda: assembled(given, keep_lead=True),
        "lead_alike": lambda: assembled(given, lead_bits=5),
        "whole_rest": lambda: assembled(given, keep_rest=True),
        "strung_together": lambda: strung_together(given),
        "always_two": lambda: always_two(given),
        "lengths": lambda: lengths(given),
        "waiting": lambda: waiting(given),
        "cut_to_16_bits": lambda: [p if p < 0x10000 else p & 0xFFFF for p in completed(given)],
        "sevens": lambda: assembled(given, shift=7),
        "torn_replaced": lambda: torn_replaced(given),
        "only_once": lambda: only_once(given),
        "only_when_new": lambda: only_when_new(given),
        "numbered": lambda: numbered(given),
        "held_to_the_end": lambda: at_the_end(given),
        "unfinished_shown": lambda: unfinished(given),
        "composed": lambda: composed(given),
        "last_never": lambda: [*completed(given)[:-1], NOTHING],
    }
    return torch.tensor(either(ways, wrong, lambda: completed(given)), dtype=torch.int64)


def length_of(first: int) -> int:
    """Return how many bytes a character has that begins with this byte."""
    return 1 + (first >= 0xC0) + (first >= 0xE0) + (first >= 0xF0)


def characters(data: list[int]) -> list[list[int]]:
    """Cut valid UTF-8 into characters; the last may be unfinished."""
    starts = [i for i, byte in enumerate(data) if byte & 0xC0 != 0x80]
    return [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]


def point(character: list[int]) -> int:
    """Return the code point of a whole character."""
    return ord(bytes(character).decode())


def whole(character: list[int]) -> bool:
    """Say whether no byte of a character is still to come."""
    return len(character) == length_of(character[0])


def completed(data: list[int], longest: int = 4) -> list[int]:
    """Return −1 for all bytes but the last of a character; longer ones are never shown."""
    shown: list[int] = []
    for one in characters(data):
        seen = whole(one) and len(one) <= longest
        shown += [NOTHING] * (len(one) - 1) + [point(one) if seen else NOTHING]
    return shown


def byte_shown(data: list[int]) -> list[int]:
    """Show the newest byte as long as a character is unfinished."""
    shown = zip(completed(data), data, strict=True)
    return [byte if number == NOTHING else number for number, byte in shown]


def so_far(data: list[int], errors: str) -> list[int]:
    """Decode all bytes so far and show the last character, whatever is done with errors."""
    texts = [bytes(data[: i + 1]).decode(errors=errors) for i in range(len(data))]
    return [ord(text[-1]) if text else NOTHING for text in texts]


def at_first(data: list[int]) -> list[int]:
    """Show a character at its first byte, before the others have come."""
    return [
        number
        for one in characters(data)
        for number in [point(one) if whole(one) else NOTHING] + [NOTHING] * (len(one) - 1)
    ]


def at_every(data: list[int]) -> list[int]:
    """Show a character at each of its bytes."""
    return [
        number
        for one in characters(data)
        for number in [point(one) if whole(one) else NOTHING] * len(one)
    ]


def at_next_start(data: list[int]) -> list[int]:
    """Show a character of several bytes only when the next one begins."""
    shown, before = [], NOTHING
    for one in characters(data):
        own = point(one) if len(one) == 1 else NOTHING
        shown += [before if before != NOTHING else own] + [NOTHING] * (len(one) - 1)
        before = point(one) if len(one) > 1 and whole(one) else NOTHING
    return shown


def torn_replaced(data: list[int]) -> list[int]:
    """Decode all at once; a torn end becomes a character of three bytes."""
    shown: list[int] = []
    for character in bytes(data).decode(errors="replace"):
        shown += [NOTHING] * (len(character.encode()) - 1) + [ord(character)]
    return (shown + [NOTHING] * len(data))[: len(data)]


def only_when_new(data: list[int]) -> list[int]:
    """Show a character only if it is another one than the one before."""
    shown, before = [], NOTHING
    for number in completed(data):
        shown.append(NOTHING if number == before else number)
        before = before if number == NOTHING else number
    return shown


def only_once(data: list[int]) -> list[int]:
    """Show a character only the first time."""
    shown: list[int] = []
    for number in completed(data):
        shown.append(NOTHING if number in shown else number)
    return shown


def gathered(data: list[int]) -> list[int]:
    """Show all characters in a row, and what is left over as −1."""
    shown = [p for p in completed(data) if p != NOTHING]
    return shown + [NOTHING] * (len(data) - len(shown))


def at_the_end(data: list[int]) -> list[int]:
    """Show what is whole at the very end: the last character alone."""
    last = [p for p in completed(data) if p != NOTHING][-1:] or [NOTHING]
    return [NOTHING] * (len(data) - 1) + last


def low_bits(data: list[int]) -> list[int]:
    """Take the six bits of the last byte for the whole character."""
    shown = completed(data)
    return [p if p < 128 else byte & 0x3F for p, byte in zip(shown, data, strict=True)]


def assembled(
    data: list[int],
    shift: int = 6,
    lead_bits: int = 0,
    backwards: bool = False,
    keep_lead: bool = False,
    keep_rest: bool = False,
) -> list[int]:
    """Put the bits of each character together, in a way that may be wrong."""
    shown: list[int] = []
    for one in characters(data):
        bits = lead_bits if len(one) > 1 and lead_bits else 7 - length_of(one[0])
        lead = one[0] if len(one) == 1 or keep_lead else one[0] & (2**bits - 1)
        parts = [lead, *(byte if keep_rest else byte & 0x3F for byte in one[1:])]
        value = 0
        for part in parts[::-1] if backwards else parts:
            value = (value << shift) + part
        shown += [NOTHING] * (len(one) - 1) + [value if whole(one) else NOTHING]
    return shown


def strung_together(data: list[int]) -> list[int]:
    """Take all bits of a character's bytes for one number, as `int.from_bytes` does."""
    return [
        number
        for one in characters(data)
        for number in [NOTHING] * (len(one) - 1)
        + [int.from_bytes(bytes(one), "big") if whole(one) else NOTHING]
    ]


def always_two(data: list[int]) -> list[int]:
    """Take every byte from 128 on for the first or second of two."""
    shown, held = [], NOTHING
    for byte in data:
        if byte < 128:
            shown.append(byte)
        elif held == NOTHING:
            held = byte
            shown.append(NOTHING)
        else:
            shown.append((held & 0x1F) << 6 | byte & 0x3F)
            held = NOTHING
    return shown


def lengths(data: list[int]) -> list[int]:
    """Return how many bytes a character has, where it is complete."""
    return [
        number
        for one in characters(data)
        for number in [NOTHING] * (len(one) - 1) + [len(one) if whole(one) else NOTHING]
    ]


def waiting(data: list[int]) -> list[int]:
    """Return how many bytes are still to come."""
    return [length_of(one[0]) - 1 - i for one in characters(data) for i in range(len(one))]


def numbered(data: list[int]) -> list[int]:
    """Return which character of the text a byte completes, counted from 0."""
    seen, shown = 0, []
    for number in completed(data):
        shown.append(NOTHING if number == NOTHING else seen)
        seen += number != NOTHING
    return shown


def unfinished(data: list[int]) -> list[int]:
    """Show a � for what is left unfinished at the end of the text."""
    last = characters(data)[-1]
    return [*completed(data)[:-1], point(last) if whole(last) else UNREADABLE]


def composed(data: list[int]) -> list[int]:
    """Let a letter and the mark behind it melt into one, as NFC does, and show the last of all."""
    shown, text = [], ""
    for number in completed(data):
        text = unicodedata.normalize("NFC", text + chr(max(number, 0)) * (number != NOTHING))
        shown.append(NOTHING if number == NOTHING else ord(text[-1]))
    return shown


def stream_cases() -> list[Case]:
    texts = [
        "aé",
        "你好 a",
        "ab\n",
        "naïve 🎈!",
        "e\u0301",
        "שלום",
        "👩\u200d👧",
        "z",
        "é",
        "¢€𝄞~",
        "aab ééé 你你",
        "🎈🎈1",
    ]
    cut = [
        "ok 你".encode()[:-1],
        "x🎈".encode()[:-2],
        "ß".encode()[:1],
        "a🎈".encode()[:-3],
        "é🎈".encode()[:-1],
    ]
    more = [
        "\U00050000\U000fffff",
        "\x00\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff",
        "ñandú, 東京; ok",
        "\ufffd\ufeff",
    ]
    texts_in_bytes = [text.encode() for text in texts]
    rows = [*texts_in_bytes, *cut, *(text.encode() for text in more)]
    return [Case(data=as_tensor(characters_before() + row)) for row in rows]


def characters_before() -> bytes:
    """Return what stands in front of every text: nothing, or for who grades other characters."""
    if not SHIFT.get():
        return b""
    dice = torch.Generator().manual_seed(SHIFT.get())
    kinds = ((0x61, 0x7A), (0xC0, 0x17F), (0x4E00, 0x9FA5), (0x1F400, 0x1F440))  # 1 to 4 bytes
    drawn = [torch.randint(first, last, (), generator=dice).item() for first, last in kinds]
    return "".join(map(chr, drawn)).encode()


def as_tensor(some: bytes) -> Tensor:
    """Return bytes as whole numbers."""
    return torch.tensor(list(some), dtype=torch.int64)


def plain_letters(case: Case, output: Tensor) -> bool:
    """Say whether each byte below 128 stands for itself, at its own place."""
    plain = case["data"] < 128
    return output.shape != plain.shape or torch.equal(output[plain], case["data"][plain])


def no_bytes(case: Case, output: Tensor) -> bool:
    """Say whether the bytes of unfinished characters are not all shown as they are."""
    early = torch.tensor(waiting(case["data"].tolist())) > 0
    same = output.shape == early.shape and (output == case["data"])[early]
    return not early.any() or not bool(torch.as_tensor(same).all())


def nothing_early(case: Case, output: Tensor) -> bool:
    """Say whether nothing is shown as long as a byte of the character is to come."""
    early = torch.tensor(waiting(case["data"].tolist())) > 0
    return output.shape != early.shape or bool((output[early] == NOTHING).all())


def marks_stay(case: Case, output: Tensor) -> bool:
    """Say whether the characters are right in a text that has marks for the letter before."""
    return not has_marks(case) or torch.equal(output.long(), stream(case["data"]))


def has_marks(case: Case) -> bool:
    """Say whether a character of a text is a mark that combines with the one before."""
    shown = (chr(number) for number in completed(case["data"].tolist()) if number != NOTHING)
    return any(map(unicodedata.combining, shown))


def all_shown(case: Case, output: Tensor) -> bool:
    """Say whether something is shown for each character that is complete."""
    complete = torch.tensor(completed(case["data"].tolist())) != NOTHING
    return output.shape != complete.shape or bool((output[complete] != NOTHING).all())


STREAM = Implement(
    id="modalities.stream",
    title="Bytes that arrive one by one",
    difficulty=2,
    minutes=15,
    hints=(
        "Keep the bytes that are not shown yet. With each new one ask: are they a whole character "
        "now? How does Python tell you that bytes are none?",
        "A byte below 128 is a character. One from 192 on begins a character of 2 bytes, from 224 "
        "on of 3, from 240 on of 4; the bytes between 128 and 191 go on with it.",
        "data (byte,) → a list of numbers; `held`, a list of at most 4 bytes; "
        "bytes(held).decode() gives a text of one character or raises UnicodeDecodeError; "
        "ord(character) is its code point; one number for each byte.",
        "held, shown = [], []\nfor byte in data.tolist():\n  held.append(byte)\n  try:\n"
        "    shown.append(ord(bytes(held).decode()))\n    held = ...\n"
        "  except UnicodeDecodeError:\n    shown.append(...)\nreturn torch.tensor(shown)",
    ),
    reference=stream,
    cases=stream_cases,
    mistakes=(
        Mistake(
            "one_by_one",
            "Each byte is decoded by itself, and whatever needs more than one becomes � (65533). "
            "Which bytes make a character *together*?",
            "all",
        ),
        Mistake(
            "one_by_one_nothing",
            "Only bytes below 128 are ever shown: it looks as if each byte were decoded by itself. "
            "What becomes of those that are no character yet?",
            "all",
        ),
        Mistake(
            "byte_shown",
            "While a character is unfinished you show the newest byte itself. What should stand "
            "there?",
            "all",
        ),
        Mistake(
            "replaced",
            "While a character is unfinished you show � (65533), as errors='replace' does. What "
            "should stand there?",
            "all",
        ),
        Mistake(
            "ignored",
            "While a character is unfinished you show the one before it once more. What is the "
            "*last* character of the text so far, if an unfinished one is left out, as "
            "errors='ignore' does?",
            "all",
        ),
        Mistake(
            "at_first",
            "A character is shown at its *first* byte, when the others have not come yet. Which "
            "of its bytes completes it?",
            "all",
        ),
        Mistake(
            "at_every",
            "A character is shown at every one of its bytes. Which of them completes it?",
            "all",
        ),
        Mistake(
            "one_late",
            "Everything comes one byte late. Is a character looked for before the new byte is "
            "added?",
            "all",
        ),
        Mistake(
            "at_next_start",
            "A character of several bytes is shown only when the next one begins. Its first byte "
            "says how many there are: is the last of them there already?",
            "all",
        ),
        Mistake(
            "zeros",
            "Where no character is complete you have 0, which is a character itself (NUL). What "
            "does the card ask for?",
            "all",
        ),
        Mistake(
            "two_bytes",
            "Characters of three and four bytes are never shown. How long can one be?",
            "all",
        ),
        Mistake(
            "three_bytes",
            "Characters of four bytes, such as 🎈, are never shown. How long can one be?",
            "all",
        ),
        Mistake(
            "gathered",
            "All characters stand in a row at the beginning. Each should stand at the byte that "
            "completes it.",
            "all",
        ),
        Mistake(
            "only_characters",
            "You return one number for each *character*. The card asks for one for each byte: "
            "what stands for those that complete nothing?",
            "all",
        ),
        Mistake(
            "last_six_bits",
            "Only the last byte of a character is read: its six bits. What do the others hold?",
            "all",
        ),
        Mistake(
            "eights",
            "Each further byte moves the bits by 8. How many of its bits belong to the character?",
            "all",
        ),
        Mistake(
            "sevens",
            "Each further byte moves the bits by 7. How many of its bits belong to the character?",
            "all",
        ),
        Mistake(
            "torn_replaced",
            "Right, but for a text that ends three bytes into a character of four: there stands "
            "� (65533), as errors='replace' puts it. What should stand there?",
            "all",
        ),
        Mistake(
            "only_when_new",
            "A character that comes twice in a row is shown once. Is it only compared with the one "
            "before?",
            "all",
        ),
        Mistake(
            "only_once",
            "A character that comes a second time is not shown any more. Should it be?",
            "all",
        ),
        Mistake(
            "backwards",
            "The bytes of a character are put together in the other order. Which holds the "
            "highest bits?",
            "all",
        ),
        Mistake(
            "whole_first",
            "The first byte of a character is taken with the bits that say its length. Which of "
            "them are the character's?",
            "all",
        ),
        Mistake(
            "lead_alike",
            "The first byte always gives five bits. The longer the character, the fewer are left "
            "of it: 5, 4, 3.",
            "all",
        ),
        Mistake(
            "whole_rest",
            "The further bytes are taken with the two bits 10 that mark them. How many are the "
            "character's?",
            "all",
        ),
        Mistake(
            "strung_together",
            "The bytes of a character are strung together with all their bits. Some of these only "
            "say how long it is, or that it goes on: which are the character's?",
            "all",
        ),
        Mistake(
            "always_two",
            "Every character beyond the 128 first has two bytes with you. What says the first "
            "byte about its length?",
            "all",
        ),
        Mistake(
            "lengths",
            "You return how many *bytes* the character has. Which character is it?",
            "all",
        ),
        Mistake(
            "waiting",
            "You return how many bytes are still to come. Which character is complete when none "
            "is?",
            "all",
        ),
        Mistake(
            "cut_to_16_bits",
            "Code points above 65535 have lost their upper bits. In which type are they kept?",
            "all",
        ),
        Mistake(
            "numbered",
            "You return which character of the text it is, counted from 0. Its code point is "
            "asked for.",
            "all",
        ),
        Mistake(
            "held_to_the_end",
            "Nothing is shown before the last byte of all. Does the reader have to wait so long?",
            "all",
        ),
        Mistake(
            "unfinished_shown",
            "What is left unfinished at the end is shown as � (65533). It completes nothing: what "
            "does the card ask for?",
            "all",
        ),
        Mistake(
            "composed",
            "A letter and the mark behind it (e and U+0301) melt into one character, as NFC does. "
            "The card asks for the mark itself, at its last byte.",
            "all",
        ),
        Mistake(
            "last_never",
            "What the very last byte completes is never shown: does it wait for the next byte? "
            "The first byte of a character says how many it has.",
            "all",
        ),
    ),
    properties=(
        Property(
            "A byte below 128 is a character by itself, and its code point is the byte. Yours does "
            "not show it at its place.",
            plain_letters,
        ),
        Property(
            "A byte from 128 on is shown as it is, as `chr` and Latin-1 do, though its character "
            "is not complete. How many bytes has an é in UTF-8?",
            no_bytes,
        ),
        Property(
            "Something is shown before its last byte has come. What does the first byte of a "
            "character say about its length?",
            nothing_early,
        ),
        Property(
            "At the last byte of some character stands −1. Every character is to be shown, however "
            "many bytes it has: also a second time, and also a mark that is not seen by itself.",
            all_shown,
        ),
        Property(
            "Letters of one byte are right, and nothing comes too early; what a longer character "
            "becomes at its last byte is not right. Which bits of each byte are its own, by how "
            "many places do they move, and does anything of the character before stay?",
            lambda case, output: (
                has_marks(case) or torch.equal(output.long(), stream(case["data"]))
            ),
        ),
        Property(
            "Only a text with a mark for the letter before it comes out wrong, such as e and "
            "U+0301. The mark is a character of its own: do letter and mark melt into one (NFC)?",
            marks_stay,
        ),
    ),
)
