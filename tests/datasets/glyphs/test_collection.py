"""The collection: as many pictures and words as promised, each with its caption."""

from tests.datasets.glyphs.find import position


def test_as_many_as_promised(glyphs):
    assert len(glyphs) >= 45_000
    assert len(glyphs.characters) >= 6_000
    assert len(glyphs.words) >= 2_000
    assert glyphs.faces.unique().tolist() == list(range(12))


def test_every_picture_has_ink_and_paper(glyphs):
    pixels = glyphs.images.flatten(1)
    assert pixels.amax(dim=1).gt(0).all()
    assert (pixels == 0).any(dim=1).all()


def test_captions(glyphs):
    place = position(glyphs, "é", "DejaVuSerif-Italic")
    assert glyphs.caption(place) == "latin small letter e with acute"
    assert glyphs.captions[place] == glyphs.caption(place)
    assert len(glyphs.captions) == len(glyphs)
    assert {"umbrella", "acute", "cyrillic"} <= set(glyphs.words)
    assert list(glyphs.words) == sorted(set(glyphs.words))


def test_stix_shows_known_characters_in_new_faces(glyphs, stix):
    assert len(stix) >= 5_000
    assert stix.faces.unique().tolist() == [12, 13, 14, 15]
    assert set(stix.codepoints.tolist()) < set(glyphs.codepoints.tolist())
    assert stix.words == glyphs.words
    assert {stix.label("family")[place] for place in range(0, len(stix), 50)} == {"stix"}
