"""Parts of a name: what a Unicode name says about its character."""

import unicodedata

import pytest

from mmtutor.datasets.glyphs import Parts, parse_name

HAND_CHECKED = [
    ("é", Parts("latin", "small", "e", "acute")),
    ("Ω", Parts("greek", "capital", "omega", "none")),
    ("я", Parts("cyrillic", "small", "ya", "none")),
    ("Ấ", Parts("latin", "capital", "a", "circumflex and acute")),
    ("ß", Parts("latin", "small", "sharp s", "none")),
    ("ﬁ", Parts("latin", "small", "fi", "none")),
    ("Œ", Parts("latin", "capital", "oe", "none")),
    ("ɢ", Parts("latin", "small capital", "g", "none")),
    ("\u01c5", Parts("latin", "capital", "d", "small letter z with caron")),
    ("ʰ", Parts("latin", "small", "h", "none")),
    ("ⅷ", Parts("latin", "small", "none", "none")),
    ("ᾧ", Parts("greek", "small", "omega", "dasia and perispomeni and ypogegrammeni")),
    ("ϐ", Parts("greek", "none", "beta", "none")),
    ("Ѝ", Parts("cyrillic", "capital", "i", "grave")),
    ("ֆ", Parts("armenian", "small", "feh", "none")),
    ("ა", Parts("georgian", "none", "an", "none")),
    ("Ⴀ", Parts("georgian", "capital", "an", "none")),
    ("\ufb2a", Parts("hebrew", "none", "shin", "shin dot")),
    ("א", Parts("hebrew", "none", "alef", "none")),
    ("أ", Parts("arabic", "none", "alef", "hamza above")),
    ("ﻳ", Parts("arabic", "none", "yeh", "none")),
    ("ﻵ", Parts("arabic", "none", "lam with alef with madda above", "none")),
    ("٣", Parts("arabic", "none", "none", "none")),
    ("ڵ", Parts("arabic", "none", "lam", "small v")),
    ("ߊ", Parts("nko", "none", "a", "none")),
    ("ⵣ", Parts("tifinagh", "none", "yaz", "none")),
    ("ᐁ", Parts("canadian syllabics", "none", "e", "none")),
    ("𐌀", Parts("old italic", "none", "a", "none")),
    ("⠓", Parts("braille", "none", "none", "none")),
    ("𝐀", Parts("common", "capital", "a", "none")),
    ("ℓ", Parts("common", "small", "l", "none")),
    ("½", Parts("common", "none", "none", "none")),
    ("☂", Parts("common", "none", "none", "none")),
    ("▪", Parts("common", "none", "none", "none")),
    ("✝", Parts("common", "none", "none", "none")),
    ("ʼ", Parts("common", "none", "none", "none")),
    ("7", Parts("common", "none", "none", "none")),
]


@pytest.mark.parametrize(("character", "parts"), HAND_CHECKED)
def test_hand_checked_names(character, parts):
    assert parse_name(unicodedata.name(character).lower()) == parts
