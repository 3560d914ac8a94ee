"""How good are captions of scenes? Against five references, and against what is true."""

from collections.abc import Iterable, Sequence

from mmtutor.datasets.telling import Facts, Told, claims, truth
from mmtutor.metrics.captions import bleu, cider, meteor

FAULTS = ("absent", "wrong_colour", "wrong_number", "wrong_place", "wrong_relation", "left_out")
"""What can be wrong with a caption, as `Truth` counts it."""


def judged(captions: Sequence[str], told: Told) -> dict[str, float]:
    """Return every metric of a caption of each scene, as shares and means."""
    return against_references(captions, told) | against_truth(captions, told.facts)


def against_references(captions: Sequence[str], told: Told) -> dict[str, float]:
    """Return what metrics say that know nothing but the references."""
    words = [text.split() for text in captions]
    references = [[text.split() for text in several] for several in told.references]
    pairs = zip(captions, told.references, strict=True)
    return {
        "BLEU": bleu(words, references),
        "METEOR": meteor(words, references),
        "CIDEr": cider(words, references),
        "in references": mean(caption in several for caption, several in pairs),
    }


def against_truth(captions: Sequence[str], facts: Sequence[Facts]) -> dict[str, float]:
    """Return what is true of captions.

    Most are shares of the captions: all of it true; right (nothing left out either); each of
    `FAULTS`; a place said; a relation said. "absent of things" is the share of the things said that
    are not there (with "absent", CHAIR's two numbers: Rohrbach et al. 2018, arXiv:1809.02156);
    "wrong of relations" and "wrong of places" are shares of those said. "words" is the mean length.
    """
    found = [truth(text, one) for text, one in zip(captions, facts, strict=True)]
    said = [claims(text) for text in captions]
    return {
        "all true": mean(one.all_true for one in found),
        "right": mean(one.right for one in found),
        **{fault: mean(getattr(one, fault) > 0 for one in found) for fault in FAULTS},
        "absent of things": ratio(sum(t.absent for t in found), sum(t.said for t in found)),
        "places": mean(bool(one.places) for one in said),
        "relations": mean(bool(one.relations) for one in said),
        "wrong of relations": ratio(
            sum(t.wrong_relation for t in found), sum(len(c.relations) for c in said)
        ),
        "wrong of places": ratio(
            sum(t.wrong_place for t in found), sum(len(c.places) for c in said)
        ),
        "words": mean(len(text.split()) for text in captions),
    }


def mean(values: Iterable[float]) -> float:
    """Return the mean of numbers or of truths."""
    found = [float(value) for value in values]
    return sum(found) / len(found)


def ratio(some: int, all_of_them: int) -> float:
    """Return a share, 0 of nothing."""
    return some / all_of_them if all_of_them else 0.0
