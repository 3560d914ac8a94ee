"""Parts: what a Unicode name says about its character: script, case, base letter, marks."""

import re
from functools import cache
from typing import NamedTuple


class Parts(NamedTuple):
    """What a Unicode name says about its character, as words. "none" where it says nothing."""

    script: str
    case: str
    base: str
    marks: str


SCRIPTS = (
    *("common", "latin", "greek", "cyrillic", "armenian", "georgian", "coptic", "hebrew", "arabic"),
    *("nko", "lao", "lisu", "tifinagh", "ogham", "old italic", "canadian syllabics", "braille"),
)
"""16 writing systems, and "common" for what belongs to none or to many: digits, signs, arrows."""

BICAMERAL = {"latin", "greek", "cyrillic", "armenian", "georgian", "coptic"}
"""The scripts that have capital and small letters."""

LATIN_UNSAID = (
    *("modifier letter small ", "modifier letter capital ", "roman numeral ", "small roman "),
    *("feminine ordinal", "masculine ordinal", "turned capital ", "turned small "),
)
"""How the names of Latin letters begin that do not say so."""

CASES = ("none", "capital", "small", "small capital")

SCRIPT = re.compile(rf"\b({'|'.join(SCRIPTS[1:])})\b(?! cross)")
STYLED = re.compile(r"^(mathematical|script|double-struck|black-letter)\b.*? (capital|small) ")
LETTER = re.compile(
    r"\b(?:letter|syllabics)(?: small)?(?: capital)?(?: greek| cyrillic| georgian)? (?P<base>.+)$"
)
SYMBOL = re.compile(r"^greek(?: capital| small)? (?P<base>.+) symbol$")
LIGATURE = re.compile(r"\bligature (?P<base>.+)$")
FORM = re.compile(r" (isolated|initial|medial|final) form$")


@cache
def parse_name(name: str) -> Parts:
    """Reads a caption: its script, case, base letter and marks.

    `parse_name("latin small letter e with acute")` is `Parts("latin", "small", "e", "acute")`.
    Ligatures count as one base letter. Several marks make one label ("circumflex and acute"). The
    initial, medial and final forms of an Arabic letter share its labels.
    """
    script = script_of(name)
    base, marks = base_and_marks(FORM.sub("", name), script)
    return Parts(script, case_of(name, script), base or "none", marks or "none")


def script_of(name: str) -> str:
    """The first script that the name mentions, crosses apart; for some letters it goes unsaid."""
    if found := SCRIPT.search(name):
        return found[1]
    return "latin" if name.startswith(LATIN_UNSAID) else "common"


def case_of(name: str, script: str) -> str:
    """Capital, small or small capital, in scripts that know the difference; else "none"."""
    if script not in BICAMERAL and not STYLED.search(name):
        return "none"
    found = re.search(r"\bsmall capital\b|\bcapital\b|\bsmall\b", name)
    return found[0] if found else "none"


def base_and_marks(name: str, script: str) -> tuple[str, str]:
    """What stands before and after the first " with " of a letter's own name; else nothing."""
    if styled := STYLED.search(name):
        return name[styled.end() :].removesuffix(" symbol"), ""
    if script == "common":
        return "", ""
    if ligature := LIGATURE.search(name):
        return ligature["base"], ""
    letter = LETTER.search(name) or SYMBOL.search(name)
    base, _, marks = letter["base"].partition(" with ") if letter else ("", "", "")
    return base, marks
