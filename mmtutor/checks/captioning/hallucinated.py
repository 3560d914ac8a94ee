"""Objects said though absent, as CHAIR counts. Traps: synonyms, doubles, the wrong denominator."""

from collections.abc import Callable

from mmtutor.checks.captioning.shared import drawing
from mmtutor.checks.engine.exercise import RIGHT, Case, Implement, Mistake, Property, Wrong
from mmtutor.checks.gpt.shared import either

Words = list[str]
Pair = tuple[float, float]


def hallucinated(
    captions: list[Words],
    present: list[Words],
    names: list[tuple[str, str]],
    wrong: Wrong = RIGHT,
) -> Pair:
    """Reference: the share of captions with an absent object, and of objects said those absent."""
    seen = pictures(present, wrong)
    said = [objects(caption, dict(names), wrong) for caption in captions]
    absent = [missing(mine, there, wrong) for mine, there in zip(said, seen, strict=True)]
    ends: dict[str, Callable[[Pair], Pair]] = {
        "exchanged": lambda pair: (pair[1], pair[0]),
        "truthful": lambda pair: (1 - pair[0], 1 - pair[1]),
    }
    if "first_caption" in wrong:
        said, absent = [said[0], *([] for _ in said[1:])], [absent[0], *([] for _ in said[1:])]
    if "empty_pictures" in wrong:
        said = [mine if there else [] for mine, there in zip(said, present, strict=True)]
        absent = [no if there else [] for no, there in zip(absent, present, strict=True)]
    if "doubles_said" in wrong:
        said = [objects(caption, dict(names), frozenset({"doubles"})) for caption in captions]
    if "doubles_absent" in wrong:
        twice = [objects(caption, dict(names), frozenset({"doubles"})) for caption in captions]
        absent = [missing(mine, there, wrong) for mine, there in zip(twice, seen, strict=True)]
    pair = of_captions(said, absent, wrong), of_objects(said, absent, captions, seen, wrong)
    return either({n: lambda w=way: w(pair) for n, way in ends.items()}, wrong, lambda: pair)


def pictures(present: list[Words], wrong: Wrong) -> list[Words]:
    """Return what is in the picture of each caption, or what people look at."""
    ways: dict[str, Callable[[], list[Words]]] = {
        "first_picture": lambda: [present[0] for _ in present],
        "any_picture": lambda: [[o for there in present for o in there] for _ in present],
        "next_picture": lambda: present[1:] + present[:1],
    }
    return either(ways, wrong, lambda: present)


def objects(caption: Words, names: dict[str, str], wrong: Wrong) -> Words:
    """Return the objects that a caption says, each once, or what people take for them."""
    known = [(word, names[word]) for word in caption if word in names]
    ways: dict[str, Callable[[], Words]] = {
        "doubles": lambda: [thing for _, thing in known],
        "different_words": lambda: [thing for _, thing in dict.fromkeys(known)],
        "one_word_each": lambda: once(
            [thing for word, thing in known if {o: w for w, o in names.items()}[thing] == word]
        ),
        "words_themselves": lambda: [w for w in dict.fromkeys(caption) if w in names],
        "only_objects": lambda: [
            w for w in dict.fromkeys(caption) if w in names.values() and names.get(w) == w
        ],
        "inside_words": lambda: once(
            [thing for word in caption for name, thing in names.items() if name in word]
        ),
        "first_object": lambda: [thing for _, thing in known][:1],
        "cut_plural": lambda: once(
            [word.rstrip("s") for word in caption if word.rstrip("s") in names.values()]
        ),
        "neighbours": lambda: [
            thing
            for place, (_, thing) in enumerate(known)
            if not place or known[place - 1][1] != thing
        ],
        "all_words": lambda: once([names.get(word, word) for word in caption]),
    }
    return either(ways, wrong, lambda: once([thing for _, thing in known]))


def once(things: Words) -> Words:
    """Return each thing once, in the order in which they come."""
    return list(dict.fromkeys(things))


def missing(said: Words, there: Words, wrong: Wrong) -> Words:
    """Return what is said though it is not there."""
    left = list(there)
    ways: dict[str, Callable[[], Words]] = {
        "left_out": lambda: [thing for thing in once(there) if thing not in said],
        "left_out_doubles": lambda: [thing for thing in there if thing not in said],
        "present_said": lambda: [thing for thing in said if thing in there],
        "either_way": lambda: sorted(set(said) ^ set(there)),
        "not_the_first": lambda: [thing for thing in said if thing not in left[:1]],
    }
    return either(ways, wrong, lambda: [thing for thing in said if thing not in there])


def of_captions(said: list[Words], absent: list[Words], wrong: Wrong) -> float:
    """Return the share of captions that say an absent object."""
    bad = sum(map(bool, absent))
    speaking = sum(map(bool, said))
    pairs = zip(said, absent, strict=True)
    ways: dict[str, Callable[[], float]] = {
        "captions_with_objects": lambda: bad / max(speaking, 1),
        "all_absent": lambda: (
            sum(bool(mine) and len(no) == len(mine) for mine, no in pairs) / len(said)
        ),
        "objects_a_caption": lambda: sum(map(len, absent)) / len(said),
        "count_of_captions": lambda: float(bad),
        "silent_bad": lambda: sum(len(no) == len(mine) for mine, no in pairs) / len(said),
        "silent_bad_too": lambda: sum(bool(no) or not mine for mine, no in pairs) / len(said),
        "captions_of_objects": lambda: bad / max(sum(map(len, said)), 1),
        "any_caption": lambda: float(bad > 0),
        "more_than_one": lambda: sum(len(no) > 1 for no in absent) / len(said),
    }
    return either(ways, wrong, lambda: bad / len(said))


def of_objects(
    said: list[Words],
    absent: list[Words],
    captions: list[Words],
    there: list[Words],
    wrong: Wrong,
) -> float:
    """Return the share of the objects said that are absent."""
    bad, all_said = sum(map(len, absent)), sum(map(len, said))
    shares = [len(no) / len(mine) for mine, no in zip(said, absent, strict=True) if mine]
    kinds, bad_kinds = {o for s in said for o in s}, {o for s in absent for o in s}
    ways: dict[str, Callable[[], float]] = {
        "mean_of_captions": lambda: sum(shares) / len(said),
        "mean_where_said": lambda: sum(shares) / max(len(shares), 1),
        "kinds": lambda: len(bad_kinds) / max(len(kinds), 1),
        "of_all_words": lambda: bad / sum(map(len, captions)),
        "of_present": lambda: bad / sum(len(set(o)) for o in there),
        "of_present_doubles": lambda: bad / sum(map(len, there)),
        "per_caption": lambda: bad / len(said),
        "count_of_objects": lambda: float(bad),
        "of_true_ones": lambda: bad / max(all_said - bad, 1),
    }
    return either(ways, wrong, lambda: bad / max(all_said, 1))


NAMES = (
    *(("star", "star"), ("stars", "star"), ("sun", "sun"), ("suns", "sun")),
    *(("umbrella", "umbrella"), ("umbrellas", "umbrella"), ("parasol", "umbrella")),
    *(("cat", "cat"), ("kitten", "cat"), ("cats", "cat"), ("boat", "boat"), ("ship", "boat")),
)
OTHERS = ("a", "red", "blue", "two", "above", "starfish", "sunny", "boathouse", "catch")


def said(*pairs: tuple[str, str], names: tuple[tuple[str, str], ...] = NAMES) -> Case:
    """Return captions, each with the objects that are there."""
    return Case(
        captions=[caption.split() for caption, _ in pairs],
        present=[there.split() for _, there in pairs],
        names=list(names),
    )


def drawn(captions: int, seed: int, share: float, objects: int = 5) -> Case:
    """Captions of some objects of these pictures and some others, in several words."""
    chance = drawing(seed)
    kinds = list(dict.fromkeys(thing for _, thing in NAMES))[:objects]
    pairs = []
    for _ in range(captions):
        there = [chance.choice(kinds) for _ in range(chance.randint(1, 4))]
        words = []
        for _ in range(chance.randint(0, 5)):
            thing = chance.choice(there if chance.random() > share else kinds)
            word = chance.choice([w for w, o in NAMES if o == thing])
            words += [chance.choice(OTHERS), word]
        pairs.append((" ".join([*words, chance.choice(OTHERS)]), " ".join(there)))
    order = list(NAMES)
    chance.shuffle(order)
    return said(*pairs, names=tuple(order))


def hallucinated_cases() -> list[Case]:
    return [
        said(("a red star", "star"), ("a cat", "sun")),
        said(
            ("two stars above a star and a parasol", "star star"),
            ("a kitten above a boat", "cat"),
            ("red above blue", "sun"),
        ),
        said(
            ("a starfish above a sunny boathouse", "cat"),
            ("a ship above a boat", "boat sun"),
            ("a sun a cat a ship", "umbrella"),
            ("suns above a star", "sun"),
        ),
        said(("a red sunny", "star")),
        said(("a star", "cat")),
        said(("an umbrella above a parasol above an umbrella", "cat"), ("a cat", "cat boat")),
        drawn(5, 10, 0.5),
        drawn(9, 20, 0.4),
        drawn(14, 30, 0.7),
        drawn(7, 40, 0.9, objects=4),
        drawn(25, 50, 0.5),
        drawn(2, 60, 0.9),
        drawn(3, 70, 0.95),
        drawn(3, 80, 0.8),
        said(("a cat above a boat", "boat cat"), ("a sun", "sun sun")),
        said(
            ("a sun above a crescent and a star", "moon"),
            ("a cat on a red moon", "moon star"),
            ("a boat a crescent a moon", "star"),
            names=(("crescent", "moon"), ("moon", "moon"), ("star", "star"), ("red", "rose")),
        ),
        said(("a star a cat", "sun"), ("a boat a star a parasol", "sun"), ("a sun", "sun")),
        said(("a star and a cat", ""), ("a sun", "sun"), ("a boat", "boat")),  # nothing is there
    ]


def right(case: Case) -> Pair:
    """Return the right numbers."""
    return hallucinated(*case.values())


def close(a: float, b: float) -> bool:
    """Say whether two numbers agree."""
    return abs(float(a) - float(b)) < 1e-4


def shares(case: Case, output: Pair) -> bool:
    """Say whether both are shares."""
    return all(0 <= float(one) <= 1 + 1e-6 for one in output)


def captions_right(case: Case, output: Pair) -> bool:
    """Say whether the share of captions is right."""
    return close(output[0], right(case)[0])


def objects_right(case: Case, output: Pair) -> bool:
    """Say whether the share of objects is right."""
    return close(output[1], right(case)[1])


def repeats(case: Case) -> bool:
    """Say whether some caption says an object twice, in whichever words."""
    names = dict(case["names"])
    said = [[names[w] for w in caption if w in names] for caption in case["captions"]]
    return any(len(set(things)) < len(things) for things in said)


def right_without_repeats(case: Case, output: Pair) -> bool:
    """Say whether both are right wherever no caption says an object twice."""
    return repeats(case) or (captions_right(case, output) and objects_right(case, output))


HALLUCINATED = Implement(
    id="captioning.hallucinated",
    title="Said, but not there",
    difficulty=2,
    minutes=15,
    hints=(
        "First turn each caption into the set of objects that it says. Only then compare with the "
        "picture.",
        "Number 1: captions with at least one absent object / all captions. Number 2: Σ absent "
        "objects said / Σ objects said, both summed over the captions.",
        "captions and present have one list for each picture; `dict(names)` leads from a word to "
        "its object. A set forgets doubles.",
        "objects = dict(names)\nbad_captions = bad = said = 0\n"
        "for caption, there in zip(captions, present):\n"
        "    mine = {objects[word] for word in caption if ...}\n    absent = mine - set(...)\n"
        "    bad_captions += ...\n    bad += ...\n    said += ...\n"
        "return bad_captions / ..., bad / max(said, 1)",
    ),
    reference=hallucinated,
    cases=hallucinated_cases,
    mistakes=(
        Mistake(
            "doubles",
            "An object that a caption says twice counts twice. How often does the card count it?",
            "objects",
        ),
        Mistake(
            "different_words",
            "The same word counts once, but two words for one object count twice.",
            "objects",
        ),
        Mistake(
            "one_word_each",
            "You know one word for each object, the last in `names`. An object may have several.",
            "objects",
        ),
        Mistake(
            "words_themselves",
            "You compare *words* with the objects in the picture. “stars” is not absent if there "
            "is a star: which object does a word name?",
            "objects",
        ),
        Mistake(
            "only_objects",
            "Only words that are the object's own name are noticed. What of “stars” and “parasol”?",
            "objects",
        ),
        Mistake(
            "inside_words",
            "You find names *inside* other words: there is no star in “starfish”.",
            "objects",
        ),
        Mistake(
            "doubles_said",
            "An object that a caption says twice counts twice in what you divide by. How often "
            "does the card count it?",
            "objects number absent",
        ),
        Mistake(
            "doubles_absent",
            "An absent object that a caption says twice counts twice. How often does the card "
            "count it?",
            "objects number absent captions",
        ),
        Mistake(
            "first_object",
            "Only the first object of each caption is looked at.",
            "objects captions number",
        ),
        Mistake(
            "cut_plural",
            "You cut the s off. That does not find “parasol” or “kitten”: `names` has all words.",
            "objects",
        ),
        Mistake(
            "neighbours",
            "An object counts once only if nothing else is said in between.",
            "objects",
        ),
        Mistake(
            "all_words",
            "Words that are no object's name count as absent objects. Leave them out.",
            "objects captions number",
        ),
        Mistake(
            "first_caption",
            "Only the first caption is looked at. Does a `return` stand in the loop?",
            "picture objects absent all number captions",
        ),
        Mistake("first_picture", "All captions are compared with the first picture.", "picture"),
        Mistake(
            "any_picture",
            "An object counts as present if it is in *any* picture. Each caption has its own.",
            "picture",
        ),
        Mistake(
            "empty_pictures",
            "A picture with nothing in it is left out. What is true of all that is said of it?",
            "picture objects absent all number captions",
        ),
        Mistake("next_picture", "Captions and pictures have got out of step.", "picture"),
        Mistake(
            "left_out",
            "You count what is in the picture and *not said*. What is said and not there is asked "
            "for.",
            "absent objects all number",
        ),
        Mistake(
            "left_out_doubles",
            "You count what is in the picture and *not said*, twice if it is there twice. What is "
            "said and not there is asked for.",
            "absent objects all number",
        ),
        Mistake(
            "present_said",
            "You count what is said and there. The absent ones are asked for.",
            "absent all",
        ),
        Mistake(
            "either_way",
            "You count what is said and absent *and* what is there and not said. Only the first.",
            "absent objects all number",
        ),
        Mistake(
            "not_the_first",
            "You look only at the first object of each picture.",
            "absent picture",
        ),
        Mistake(
            "captions_with_objects",
            "Number 1: captions that say no object are left out of the count. They are captions, "
            "too, and right ones.",
            "captions all",
        ),
        Mistake(
            "all_absent",
            "Number 1: a caption counts only if *all* its objects are absent. One is enough.",
            "captions all",
        ),
        Mistake(
            "objects_a_caption",
            "Number 1 is the mean number of absent objects in a caption. A caption counts once.",
            "captions all",
        ),
        Mistake(
            "count_of_captions",
            "Number 1 is how many captions say something absent. What share of them all is that?",
            "captions all",
        ),
        Mistake(
            "silent_bad",
            "Number 1: a caption is wrong in yours if *nothing* of what it says is there, also "
            "one that says no object. What is asked for is one absent object.",
            "captions all",
        ),
        Mistake(
            "silent_bad_too",
            "Number 1: a caption that says no object counts as wrong in yours. It says nothing "
            "that is absent.",
            "captions all",
        ),
        Mistake(
            "captions_of_objects",
            "Number 1: you divide by the number of objects said. How many *captions* are there?",
            "captions all",
        ),
        Mistake(
            "any_caption",
            "Number 1 says only whether there is such a caption at all.",
            "captions all",
        ),
        Mistake(
            "more_than_one",
            "Number 1: a caption counts only if it says two absent objects or more. One is enough.",
            "captions all",
        ),
        Mistake(
            "mean_of_captions",
            "Number 2: you take each caption's share and average over all captions. Sum up the "
            "objects first, then divide.",
            "number all",
        ),
        Mistake(
            "mean_where_said",
            "Number 2: you take each caption's share and average. Sum up the objects first, then "
            "divide.",
            "number all",
        ),
        Mistake(
            "kinds",
            "Number 2: an object that several captions say counts once. In each caption it counts "
            "anew.",
            "number all objects",
        ),
        Mistake(
            "of_all_words",
            "Number 2: you divide by the number of words. How many *objects* are said?",
            "number all",
        ),
        Mistake(
            "of_present",
            "Number 2: you divide by the objects in the pictures. How many are *said*?",
            "number all",
        ),
        Mistake(
            "of_present_doubles",
            "Number 2: you divide by the objects in the pictures, with those that are there twice. "
            "How many are *said*?",
            "number all",
        ),
        Mistake(
            "per_caption",
            "Number 2: you divide by the number of captions. How many objects are said?",
            "number all",
        ),
        Mistake(
            "count_of_objects",
            "Number 2 is how many absent objects are said. A share is asked for.",
            "number all",
        ),
        Mistake(
            "of_true_ones",
            "Number 2: you divide the absent ones by the present ones. A share is of all that are "
            "said.",
            "number all",
        ),
        Mistake("exchanged", "The two numbers have changed places.", "end all absent"),
        Mistake(
            "truthful",
            "Those are the shares of what is *true*. What is said though absent is asked for.",
            "end all absent",
        ),
    ),
    properties=(
        Property("Both numbers are shares, from 0 to 1. One of yours is not.", shares),
        Property(
            "Yours is wrong even where no caption says an object twice. Which words name an "
            "object (one may have several), what is in *its* picture, and by how many do you "
            "divide?",
            right_without_repeats,
        ),
        Property(
            "Number 1 is off somewhere: how many of all captions say at least one absent object?",
            captions_right,
        ),
        Property(
            "Number 2 is off somewhere: of all objects said, each once in its caption, how many "
            "are absent?",
            objects_right,
        ),
    ),
)
