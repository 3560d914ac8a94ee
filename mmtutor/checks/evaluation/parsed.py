"""Read an answer out of a sentence. Traps: parts of words, signs, "not", two answers, a refusal."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import partial

from mmtutor.checks.engine.exercise import RIGHT, SHIFT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.gpt.shared import either
from mmtutor.checks.vqa.shared import drawing

Words = list[str]
UNDECIDED = -1
SIGNS, ENDS = re.compile(r"[.,;:!?]"), re.compile(r"[.!?]")


def parsed(text: str, options: Words, wrong: Wrong = RIGHT) -> int | bool:
    """Reference: the number of the only option that is said and not denied, −1 without one."""
    found = decided(mentions(text, options, wrong), options, wrong)
    ways: dict[str, Callable[[], int | bool]] = {
        "from_one": lambda: found + 1 if found >= 0 else found,
        "from_the_end": lambda: len(options) - 1 - found if found >= 0 else found,
        "never_undecided": lambda: max(found, 0),
        "undecided_is_next": lambda: found if found >= 0 else len(options),
        "whether": lambda: found >= 0,
        "undecided_is_last": lambda: found % len(options),
        "how_many": lambda: 1 if found >= 0 else UNDECIDED,
        "place_of_word": lambda: place_of_word(text, options[found]) if found >= 0 else UNDECIDED,
    }
    return either(ways, wrong, lambda: found)


def place_of_word(text: str, option: str) -> int:
    """Return which word of a text is the first that says an option, and is not denied."""
    _, words = tokens(text, [], RIGHT)
    pairs = enumerate(zip(["", *words], words, strict=False))
    return next(place for place, (before, word) in pairs if word == option and before != "not")


def decided(said: Words, options: Words, wrong: Wrong) -> int:
    """Return the number of the option on which the mentions agree, or what people return."""
    different = [option for option in options if option in said]
    often = Counter(said).most_common(2)
    tied = len(often) == 2 and often[0][1] == often[1][1]
    ways: dict[str, Callable[[], Words]] = {
        "first": lambda: said[:1],
        "last": lambda: said[-1:],
        "most": lambda: [] if tied else [option for option, _ in often[:1]],
        "most_or_first": lambda: [option for option, _ in often[:1]],
        "once_only": lambda: said if len(said) == 1 else [],
        "first_option": lambda: different[:1],
        "last_option": lambda: different[-1:],
        "three_are_many": lambda: different[:1] if len(different) < 3 else [],
        "guesses_first": lambda: different or options[:1],
    }
    chosen = either(ways, wrong, lambda: different)
    return options.index(chosen[0]) if len(chosen) == 1 else UNDECIDED


def mentions(text: str, options: Words, wrong: Wrong) -> Words:
    """Return the options that are said and not denied, as often as they are, in order."""
    gaps, words = tokens(text, options, wrong)
    fits = matching(wrong)
    found = [
        (option, denied(gaps, words, place, wrong))
        for place, word in enumerate(words)
        for option in options
        if fits(word, option) and not (place == 0 and "first_unheard" in wrong)
    ]
    out = {option for option, no in found if no}
    kept = [option for option, no in found if not no]
    left = [option for option in options if option not in out]
    ways: dict[str, Callable[[], Words]] = {
        "denied_for_good": lambda: [option for option in kept if option not in out],
        "for_good_by_spaces": lambda: [option for option in kept if option not in out],
        "searched": lambda: searched(text.lower(), options),
        "denied_ends": lambda: [] if out else kept,
        "denied_is_another": lambda: kept if len(dict(found)) == 1 else [],
        "denied_is_other": lambda: kept + (left if len(options) == 2 and out else []),
        "what_is_left": lambda: left if out and not kept and len(left) == 1 else kept,
    }
    return either(ways, wrong, lambda: kept)


def searched(text: str, options: Words) -> Words:
    """Return the options that stand somewhere without "not " in front, found by a search."""
    return [one for one in options if re.search(rf"(?<!not )\b{one}\b", text)]


def matching(wrong: Wrong) -> Callable[[str, str], bool]:
    """Return what says whether a word is an option."""
    ways: dict[str, Callable[[], Callable[[str, str], bool]]] = {
        "inside": lambda: lambda word, option: option in word,
        "begins": lambda: str.startswith,
        "ends": lambda: str.endswith,
        "plural": lambda: lambda word, option: word in (option, f"{option}s"),
    }
    return either(ways, wrong, lambda: str.__eq__)


PATTERNS = {
    "letters_only": r"[a-z]+",
    "apostrophes": r"[a-z0-9']+",
    "hyphens": r"[a-z0-9-]+",
    "split": r"\S+",
    "ends_only": r"\S+",
    "lines": r"[^\n]+",
    "cased": r"[a-zA-Z0-9]+",
    "any_letter": r"\w+",
    "accents": r"[^\W_]+",
    "typed_signs": r"[^\s!-/:-@\[-`{-~]+",
    "alpha": r"[^\W\d_]+",
    "digits_apart": r"[a-z]+|[0-9]+",
}


def tokens(text: str, options: Words, wrong: Wrong) -> tuple[Words, Words]:
    """Return the words, and for each what stands before it since the last one."""
    heard = text.replace("Not", "nor") if "not_cased" in wrong else text
    lowered = heard if "cased" in wrong else heard.lower()
    if "signs_deleted" in wrong:
        lowered = re.sub(r"[^a-z0-9\sA-Z]", "", lowered)
    if "folded" in wrong:
        lowered = unicodedata.normalize("NFKD", lowered).encode("ascii", "ignore").decode()
    if "cut_out" in wrong:
        lowered = re.sub("|".join(f"not {option}" for option in options), "", lowered)
    if "first_line" in wrong:
        lowered = lowered.split("\n")[0]
    if "last_sentence" in wrong:
        lowered = next((part for part in re.split("[.!?]", lowered)[::-1] if part.strip()), "")
    pattern = next((p for name, p in PATTERNS.items() if name in wrong), r"[a-z0-9]+")
    words = re.findall(pattern, lowered)
    gaps = re.split(pattern, lowered)[: len(words)]
    if "ends_only" in wrong:
        words = [re.sub(r"^\W+|\W+$", "", word) for word in words]
    return gaps, some(words, lowered, wrong)


def some(words: Words, text: str, wrong: Wrong) -> Words:
    """Return those words that people look at; the others become nothing."""
    ways: dict[str, Callable[[], Words]] = {
        "whole_text": lambda: [text.strip()][: len(words)] + [""] * (len(words) - 1),
        "whole_cleaned": lambda: words if len(words) == 1 else [""] * len(words),
        "first_word": lambda: only(words, {0}),
        "last_word": lambda: only(words, {len(words) - 1}),
        "after_is": lambda: only(words, {i + 1 for i, w in enumerate(words) if w == "is"}),
        "first_letter": lambda: [words[0][0]] + [""] * (len(words) - 1) if words else [],
    }
    return either(ways, wrong, lambda: words)


def only(words: Words, places: set[int]) -> Words:
    """Return the words, with nothing where nobody looks."""
    return [word if i in places else "" for i, word in enumerate(words)]


def unparted(gaps: Words, words: Words, place: int, signs: re.Pattern[str]) -> Words:
    """Return the words before a place that no such sign parts from it."""
    between = ["".join(gaps[i + 1 : place + 1]) for i in range(place)]
    return [word for word, gap in zip(words, between, strict=False) if not signs.search(gap)]


def denied(gaps: Words, words: Words, place: int, wrong: Wrong) -> bool:
    """Say whether the word at a place is denied: the word right before it is "not"."""
    before = words[place - 1] if place else ""
    ways: dict[str, Callable[[], bool]] = {
        "not_ignored": lambda: False,
        "not_anywhere": lambda: "not" in words,
        "not_before": lambda: "not" in words[:place],
        "not_in_clause": lambda: "not" in unparted(gaps, words, place, SIGNS),
        "not_in_sentence": lambda: "not" in unparted(gaps, words, place, ENDS),
        "not_two_words": lambda: "not" in words[max(place - 2, 0) : place],
        "not_behind": lambda: words[place + 1 : place + 2] == ["not"],
        "not_ending": lambda: before.endswith("not"),
        "not_beginning": lambda: before.startswith("not"),
        "cannot": lambda: before in ("not", "cannot"),
        "last_before_first": lambda: words[place - 1] == "not",
        "cut_out": lambda: False,
        "for_good_by_spaces": lambda: before == "not" and not gaps[place].strip(),
        "not_by_spaces": lambda: before == "not" and not gaps[place].strip(),
        "not_over_lines": lambda: before == "not" and "\n" not in gaps[place],
        "not_first": lambda: before == "not" and "not" not in words[: place - 1],
        "not_not": lambda: before == "not" and words[place - 2 : place - 1] != ["not"],
        "other_words": lambda: before in ("not", "no", "never", "t"),
        "no_and_never": lambda: before in ("not", "no", "never"),
        "contractions": lambda: before in ("not", "t"),
        "no_denies": lambda: before in ("not", "no"),
    }
    return either(ways, wrong, lambda: before == "not")


LETTERS, YES_NO, COLOURS = ["a", "b", "c", "d"], ["yes", "no"], ["red", "blue", "green"]
NUMBERS = ["2", "3", "12"]
TEXTS = (
    ("B", LETTERS),
    ("The answer is B.", LETTERS),
    ("Not B, the answer is D", LETTERS),
    ("I notice nothing.", YES_NO),
    ("", YES_NO),
    ("Yes, yes!", YES_NO),
    ("red or blue", COLOURS),
    ("I cannot tell.", YES_NO),
    ("not red, not blue", COLOURS),
    ("not the red one", COLOURS),
    ("It is not red but blue.", COLOURS),
    ("(C)", LETTERS),
    ("12", NUMBERS),
    ("There are 2, not 3.", NUMBERS),
    ("blue-green", COLOURS),
    ("the dog's", ["cat", "dog"]),
    ("NO", YES_NO),
    ("Not red ... well, it is red", COLOURS),
    ("A knot: red.", COLOURS),
    ("Not: green! Blue", COLOURS),
    ("It isn't green", COLOURS),
    ("Blue, blue, blue or red?", COLOURS),
    ("red not blue", COLOURS),
    ("reddish", COLOURS),
    ("infrared", COLOURS),
    ("\n\n  Green\n", COLOURS),
    ("yes/no", YES_NO),
    ("No green here", COLOURS),
    ("never blue", COLOURS),
    ("d, not c", LETTERS),
    ("Well, of the four I would take the second one: b", LETTERS),
    ("not a, not b, not c", LETTERS),
    ("not not red", COLOURS),
    ("dark red, not dark blue", COLOURS),
    ("yes", ["no", "yes"]),
    ("red, green and blue", COLOURS),
    ("That is not it. Red.", COLOURS),
    ("two dogs", ["cat", "dog"]),
    ("The colour is green, I think", COLOURS),
    ("blue not", COLOURS),
    ("No, I do not know.", YES_NO),
    ("'no'", YES_NO),
    ("A12 3", NUMBERS),
    ("c.d", LETTERS),
    ("don't: no", YES_NO),
    ("Is it red? It is not blue.", COLOURS),
    ("The one on the left\nis red", COLOURS),
    ("There is no star.", ["star", "heart"]),
    ("a yes-man", YES_NO),
    ("r.e.d.", COLOURS),
    ("knot red", COLOURS),
    ("blue blue blue red", COLOURS),
    ("red red", COLOURS),
    ("green blue red", COLOURS),
    ("it is not red but red it is", COLOURS),
    ("two dogs", ["dog", "cat"]),
    ("the dog's tail", ["dog", "cat"]),
    ("red-grey", COLOURS),
    ("not green-grey", COLOURS),
    ("blue grey", COLOURS),
    ("red blue blue", COLOURS),
    ("b, c or d", LETTERS),
    ("The answer is B or D", LETTERS),
    ("The answer is red. No, it is blue", COLOURS),
    ("I see a sun", ["star", "sun", "square"]),
    ("A knot: blue.", COLOURS),
    ("grey, g.r.e.e.n", COLOURS),
    ("blue-grey", COLOURS),
    ("not not blue", COLOURS),
    ("Blue blue!", COLOURS),
    ("green blue", COLOURS),
    ("It isn't red", COLOURS),
    ("Red. Not: blue", COLOURS),
    ("Blue? Not: red", COLOURS),
    ("answer_b", LETTERS),
    ("'star'", ["star", "heart"]),
    ("Ça va", LETTERS),
    ("the dog’s", ["cat", "dog"]),
    ("It is not\nred. Blue", COLOURS),
    ("not yes", YES_NO),
    ("Not yes? Yes!", YES_NO),
    ("réd", COLOURS),
    ("knot-red", COLOURS),
    ("02 or 3", NUMBERS),
    ("Two or 3", NUMBERS),
    ("Red, so not blue; but I say so because it is dark", COLOURS),
    ("Yeah", YES_NO),
    ("y", YES_NO),
    ("Option 2", LETTERS),
    ("Nothing: red", COLOURS),
    ("I cannot! Red", COLOURS),
)
"""Answers of models, and what they were to choose from."""


def drawn(seed: int) -> Case:
    """A sentence about two of the options, behind a hum where nobody may know it beforehand."""
    chance = drawing(seed)
    options = chance.choice([LETTERS, COLOURS, YES_NO, NUMBERS])
    one, other = chance.sample(options, 2)
    forms = ("Not {0}, {1}!", "{0}, not {1}", "I say: {1}", "{0} or {1}", "Is it {0}? Not {0}.")
    sentence = chance.choice(forms).format(one, other.upper())
    hum = "".join(chance.choices("klmpvwxz", k=6)) + ": " if SHIFT.get() else ""
    return Case(text=hum + sentence, options=options)


def long_list() -> Case:
    """A longer list of options, its last one said; how long it is, nobody knows beforehand."""
    shift = SHIFT.get()
    options = list("abcdefghi"[: 6 + shift % 4 if shift else 5])
    return Case(text=f"I say {options[-1].upper()}.", options=options)


def parsed_cases() -> list[Case]:
    written = [Case(text=text, options=list(options)) for text, options in TEXTS]
    return [*written, *(drawn(seed) for seed in range(12)), long_list()]


def is_right(which: Callable[[str, Words, Words], bool], case: Case, output: float) -> bool:
    """Say whether an answer is right on the texts that `which` chooses by text, words, options."""
    _, words = tokens(case["text"], [], RIGHT)
    said = [word for word in words if word in case["options"]]
    return not which(case["text"], words, said) or float(output) == parsed(*case.values())


def has_none(text: str, words: Words, said: Words) -> bool:
    """Say whether no option stands in a text as a word."""
    return not said


def is_plain(text: str, words: Words, said: Words) -> bool:
    """Say whether one option is said, and nothing is denied."""
    return len(set(said)) == 1 and "not" not in words


def has_several(text: str, words: Words, said: Words) -> bool:
    """Say whether several options are said, and nothing is denied."""
    return len(set(said)) > 1 and "not" not in words


def has_not(text: str, words: Words, said: Words) -> bool:
    """Say whether an option is said, and the word "not", too."""
    return bool(said) and "not" in words


PARSED = Implement(
    id="evaluation.parsed",
    title="What did it answer?",
    difficulty=2,
    minutes=20,
    seconds=2.5,
    hints=(
        "Cut the text into words first, and forget the text: everything else is about this list. "
        'What is "notice" in it, and what is "B,"?',
        'Said are the words that are options and do not come right after the word "not". If all '
        "of these are one option, it is the answer.",
        '`re.findall(r"[a-z0-9]+", text.lower())` gives the list of words, without signs. A set '
        "holds each option once, however often it is said.",
        "words = re.findall(..., text.lower())\nsaid = set()\n"
        "for before, word in zip(['', *words], words):\n"
        "    if word in options and ...:\n        said.add(word)\n"
        "return options.index(said.pop()) if ... else -1",
    ),
    reference=parsed,
    cases=parsed_cases,
    mistakes=(
        Mistake(
            "inside",
            'You find options *inside* of words: "no" in "notice", "red" in "reddish". Cut the '
            "text into words, and compare whole ones.",
            "fits words",
        ),
        Mistake(
            "begins",
            'A word that only *begins* with an option counts in yours: "no" in "notice". '
            "Where must the word end?",
            "fits words",
        ),
        Mistake(
            "ends",
            'A word that only *ends* with an option counts in yours: "red" in "infrared". '
            "Where must the word begin?",
            "fits words",
        ),
        Mistake(
            "plural",
            'You take an "s" off. "dogs" is another word than "dog" here.',
            "words fits not decides number",
        ),
        Mistake(
            "split",
            'Signs stick to your words: "b." is not "b". `split()` cuts at spaces only.',
            "words",
        ),
        Mistake(
            "ends_only",
            'You take signs off the ends of what stands between spaces. What about "yes/no" and '
            '"dog\'s"?',
            "words",
        ),
        Mistake(
            "letters_only",
            'Digits are lost in your words. An option may be "2".',
            "words",
        ),
        Mistake(
            "apostrophes",
            'An apostrophe belongs to the word in yours. "dog\'s" is two words: "dog" and "s".',
            "words",
        ),
        Mistake(
            "hyphens",
            'A hyphen belongs to the word in yours. "blue-green" is two words.',
            "words",
        ),
        Mistake(
            "signs_deleted",
            'You delete signs, so that two words grow together: "yes/no" becomes "yesno". A sign '
            "*separates*.",
            "words",
        ),
        Mistake(
            "cased",
            'You compare without making the letters small: "B" and "b" are the same answer.',
            "words",
        ),
        Mistake(
            "whole_text",
            "Only a text that is an option and nothing else counts in yours. Models talk.",
            "words fits not decides",
        ),
        Mistake(
            "whole_cleaned",
            "Only a text of one single word counts in yours. Models talk.",
            "words fits not decides",
        ),
        Mistake(
            "first_word",
            "You look at the first word only. Where may the answer stand?",
            "words fits not decides",
        ),
        Mistake(
            "first_letter",
            "You look at the first letter of the text only.",
            "words fits not decides",
        ),
        Mistake(
            "last_word",
            "You look at the last word only. Where may the answer stand?",
            "words fits not decides",
        ),
        Mistake(
            "first_line",
            "You read the first line only. A line break separates words, no more.",
            "words fits not decides number",
        ),
        Mistake(
            "after_is",
            'You look right behind the word "is" only. Where else may the answer stand?',
            "words fits not decides",
        ),
        Mistake(
            "not_ignored",
            'You never ask for "not". In "Not B, the answer is D" B is said, but does not count.',
            "not",
        ),
        Mistake(
            "not_anywhere",
            'One "not" in the text, and nothing counts in yours. It denies the word right '
            "behind it only.",
            "not",
        ),
        Mistake(
            "not_before",
            'In yours a "not" denies all that follows. It denies the word right behind it only.',
            "not",
        ),
        Mistake(
            "not_in_clause",
            'In yours a "not" denies all until the next sign. It denies the word right behind it '
            "only.",
            "not words",
        ),
        Mistake(
            "not_two_words",
            'In yours a "not" denies the next two words. It denies the word right behind it only.',
            "words fits not decides number",
        ),
        Mistake(
            "not_behind",
            'You ask whether "not" comes right *behind* the option. It stands before what it '
            "denies.",
            "words fits not decides number",
        ),
        Mistake(
            "not_ending",
            'A word that *ends* with "not" denies in yours: "knot", "cannot". Only the whole word '
            "does.",
            "not",
        ),
        Mistake(
            "not_by_spaces",
            'Between "not" and the option you allow spaces only. Signs separate words and are '
            'nothing else: "Not: green" denies green.',
            "not words",
        ),
        Mistake(
            "not_first",
            'Only the first "not" denies in yours. Each of them denies what comes right behind it.',
            "words fits not decides number",
        ),
        Mistake(
            "not_not",
            'Two times "not" is a yes in yours. The word right before the option is "not": it is '
            "denied.",
            "not",
        ),
        Mistake(
            "other_words",
            'Other words deny in yours, too: "no", "never", "isn\'t". Here only "not" does.',
            "not",
        ),
        Mistake(
            "no_and_never",
            '"no" and "never" deny in yours, too. Here only the word "not" does.',
            "not words",
        ),
        Mistake(
            "contractions",
            '"isn\'t" denies in yours, too. Here only the word "not" does.',
            "not words",
        ),
        Mistake("no_denies", '"no" denies in yours, too. Here only the word "not" does.', "not"),
        Mistake(
            "denied_for_good",
            "What was denied once never counts again in yours. It is this *one* mention that does "
            'not count: in "not red ... well, it is red" the second one does.',
            "not",
        ),
        Mistake(
            "for_good_by_spaces",
            'What is denied once never counts again in yours, and between "not" and the option '
            "you allow spaces only. It is this *one* mention that does not count, whatever signs "
            "stand between.",
            "not words",
        ),
        Mistake(
            "cut_out",
            'You cut "not " and the option out of the text before it is cut into words. What '
            'happens to "knot red", and to "Not: red"?',
            "not words decides number",
        ),
        Mistake(
            "what_is_left",
            "Where all options but one are denied you take the one that is left. Only what is said "
            "counts.",
            "not decides number",
        ),
        Mistake(
            "first",
            "If two options are said you take the one that is said first. Two different ones are "
            "no answer.",
            "decides",
        ),
        Mistake(
            "last",
            "If two options are said you take the one that is said last. Two different ones are no "
            "answer.",
            "decides",
        ),
        Mistake(
            "most",
            "You take what is said most often. Two different options are no answer, however often "
            "each is said.",
            "words fits not decides number",
        ),
        Mistake(
            "most_or_first",
            "You take what is said most often, and of two that are said as often the first. Two "
            "different options are no answer.",
            "decides",
        ),
        Mistake(
            "once_only",
            'An option that is said twice is no answer in yours. "Yes, yes!" is one.',
            "decides",
        ),
        Mistake(
            "first_option",
            "If two options are said you take the one that stands first in `options`. Two "
            "different ones are no answer.",
            "decides",
        ),
        Mistake(
            "last_option",
            "If two options are said you take the one that stands last in `options`. Two different "
            "ones are no answer.",
            "words fits not decides number",
        ),
        Mistake(
            "three_are_many",
            "Three different options are no answer in yours, and two are. Two are none, either.",
            "words fits not decides number",
        ),
        Mistake(
            "guesses_first",
            "Where nothing is said you guess the first option. Silence is no answer: −1.",
            "decides number",
        ),
        Mistake("from_one", "You count the options from 1. `options[0]` is number 0.", "number"),
        Mistake(
            "from_the_end",
            "You count the options from the end. `options[0]` is number 0.",
            "words fits not decides number",
        ),
        Mistake(
            "never_undecided",
            "You return 0 where −1 is asked for: so whatever cannot be read becomes the first "
            "option.",
            "number",
        ),
        Mistake(
            "undecided_is_next",
            "You return the number behind the last option where −1 is asked for.",
            "words fits not decides number",
        ),
        Mistake(
            "undecided_is_last",
            "Where nothing can be read you return the *last* option: −1 was used as a place.",
            "words fits not decides number",
        ),
        Mistake("whether", "You say *whether* there is an answer. Which is it?", "number decides"),
        Mistake(
            "any_letter",
            "Your words hold more than a to z and digits, as `\\w` does: an underscore "
            'separates in "answer_b", and so does a letter with an accent.',
            "words fits",
        ),
        Mistake(
            "alpha",
            "Digits are lost in your words, and letters with an accent are not, as `isalpha` "
            "has it. Letters from a to z and digits make a word.",
            "words fits not decides number",
        ),
        Mistake(
            "searched",
            'You search the text for each option without "not " in front. "knot " ends so, '
            'too, and "Not: red" has a sign between.',
            "words fits not decides number",
        ),
        Mistake(
            "accents",
            "A letter with an accent belongs to the word in yours. Letters are a to z here; "
            "everything else separates.",
            "words fits not decides number",
        ),
        Mistake(
            "typed_signs",
            "Only the signs of a list separate in yours, as in `string.punctuation`. A curly "
            "apostrophe ’ is none of them: what is no letter from a to z and no digit "
            "separates.",
            "words fits not decides number",
        ),
        Mistake(
            "digits_apart",
            'Letters and digits are parted in yours. "A12" is one word.',
            "words fits not decides number",
        ),
        Mistake(
            "not_cased",
            'You look for "not" before the letters are small: "Not B" denies B, too.',
            "words fits not decides number",
        ),
        Mistake(
            "last_sentence",
            "You read the last sentence only. A point separates words, no more.",
            "words fits not decides number",
        ),
        Mistake(
            "first_unheard",
            "You never look at the first word. Nothing stands before it, but it may be an option.",
            "words fits not decides number",
        ),
        Mistake(
            "denied_ends",
            "You give up as soon as one mention is denied. The others still count.",
            "words fits not decides number",
        ),
        Mistake(
            "not_in_sentence",
            'In yours a "not" denies all that follows in the sentence. It denies the word '
            "right behind it only.",
            "words fits not decides number",
        ),
        Mistake(
            "not_beginning",
            'A word that *begins* with "not" denies in yours: "nothing". Only the whole word does.',
            "words fits not decides number",
        ),
        Mistake(
            "cannot",
            '"cannot" denies in yours, too. Here only the word "not" does.',
            "words fits not decides number",
        ),
        Mistake(
            "last_before_first",
            "Before the first word you look at the last one: `words[-1]`. Nothing stands "
            "before it.",
            "words fits not decides number",
        ),
        Mistake(
            "denied_is_another",
            'What is denied still makes a second option in yours, so that "Not B, the answer '
            'is D" is undecided. A denied mention counts for nothing.',
            "words fits not decides number",
        ),
        Mistake(
            "not_over_lines",
            'Between "not" and the option you allow no line break. What stands between two words '
            'makes no difference: "not", a new line, "red" denies red.',
            "words fits not decides number",
        ),
        Mistake(
            "denied_is_other",
            'Of two options a denied one stands for the other in yours: "not yes" for "no". What '
            "is denied counts for nothing.",
            "words fits not decides number",
        ),
        Mistake(
            "folded",
            'You turn letters with an accent into plain ones, "é" into "e", or drop other signs: '
            "two words grow together. What is no letter from a to z and no digit *separates*.",
            "words fits not decides number",
        ),
        Mistake(
            "place_of_word",
            "You return the place of the *word* in the text. Which place has it in `options`?",
            "words fits not decides number",
        ),
        Mistake(
            "how_many",
            "You return *how many* options are said. Which one is it?",
            "words fits not decides number",
        ),
    ),
    properties=(
        Property(
            "One option is said, nothing is denied: the answer is its number. In yours somewhere "
            "it is not.",
            partial(is_right, is_plain),
        ),
        Property(
            "No option stands in the text as a whole word: that is −1. In yours somewhere it is "
            "not.",
            partial(is_right, has_none),
        ),
        Property(
            "Several options are said and none is denied: that is −1. In yours somewhere it is "
            "not.",
            partial(is_right, has_several),
        ),
        Property(
            'A text with "not" is read wrongly. It denies the word right behind it, that once, '
            "and nothing else.",
            partial(is_right, has_not),
        ),
    ),
)
