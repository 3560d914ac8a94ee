"""Glyphs: the pictures, their order, labels and splits."""

import subprocess
import sys
import time
import unicodedata
import warnings

import pytest
import torch

from mmtutor.datasets import glyphs as module
from mmtutor.datasets.glyphs import (
    FACES,
    ORDER,
    Glyphs,
    Parts,
    draw,
    load_glyphs,
    order_hash,
    parse_name,
    split_by_character,
    split_by_face,
)


@pytest.fixture(scope="module")
def cache_folder(tmp_path_factory):
    """A cache of this module's own: the first load draws, the later ones read."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("MMTUTOR_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def glyphs(cache_folder):
    return load_glyphs()


@pytest.fixture(scope="module")
def labels(glyphs):
    return {name: glyphs.label(name) for name in Parts._fields + module.Face._fields[1:]}


@pytest.fixture(scope="module")
def stix(cache_folder):
    return load_glyphs("stix")


def position(glyphs: Glyphs, character: str, face: str = "DejaVuSans") -> int:
    found = (glyphs.codepoints == ord(character)) & (glyphs.faces == module.face_number(face))
    return int(found.nonzero().item())


def rows_with_ink(picture) -> tuple[int, int]:
    rows = picture.amax(dim=1).nonzero()
    return int(rows.min()), int(rows.max())


# ── The set ───────────────────────────────────────────────────────────────────────────────────────


def test_as_many_as_promised(glyphs):
    assert len(glyphs) >= 45_000
    assert len(glyphs.characters) >= 6_000
    assert len(glyphs.words) >= 2_000
    assert glyphs.faces.unique().tolist() == list(range(12))


def test_every_picture_has_ink_and_paper(glyphs):
    pixels = glyphs.images.flatten(1)
    assert pixels.amax(dim=1).gt(0).all()
    assert (pixels == 0).any(dim=1).all()


def test_order_is_code_point_then_face(glyphs):
    key = glyphs.codepoints.long() * len(FACES) + glyphs.faces
    assert (key.diff() > 0).all()


@pytest.mark.parametrize("typeface", ["dejavu", "stix"])
def test_same_number_same_character_on_any_machine(typeface, request):
    found = request.getfixturevalue("glyphs" if typeface == "dejavu" else "stix")
    assert order_hash(found.codepoints, found.faces) == ORDER[typeface]


@pytest.mark.parametrize(
    ("number", "character", "face"),
    [
        (0, "!", "DejaVuSans"),
        (11, "!", "DejaVuSerif-BoldItalic"),
        (12, '"', "DejaVuSans"),
        (12 * 32, "A", "DejaVuSans"),
    ],
)
def test_hand_counted_places(glyphs, number, character, face):
    """ASCII from "!" on has no gap and is in all 12 faces, so these places follow by counting."""
    assert glyphs.character(number) == character
    assert FACES[glyphs.faces[number]].name == face


def test_other_typefaces_are_noticed(glyphs, monkeypatch):
    monkeypatch.setitem(module.ORDER, "dejavu", "of another matplotlib")
    with pytest.warns(UserWarning, match="not those that the course was made with"):
        load_glyphs()


def test_captions(glyphs):
    place = position(glyphs, "é", "DejaVuSerif-Italic")
    assert glyphs.caption(place) == "latin small letter e with acute"
    assert glyphs.captions[place] == glyphs.caption(place)
    assert len(glyphs.captions) == len(glyphs)
    assert {"umbrella", "acute", "cyrillic"} <= set(glyphs.words)
    assert list(glyphs.words) == sorted(set(glyphs.words))


def test_what_is_left_out(glyphs):
    present = set(glyphs.characters.tolist())
    for name in ("SPACE", "COMBINING ACUTE ACCENT", "ZERO WIDTH JOINER", "BRAILLE PATTERN BLANK"):
        assert ord(unicodedata.lookup(name)) not in present
    assert not present & module.NOT_CHARACTERS
    assert 0xE000 not in present  # private use: no name


def test_unknown_typeface():
    with pytest.raises(ValueError, match="dejavu, stix"):
        load_glyphs("helvetica")


# ── Speed and cache ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.serial
def test_drawn_in_15_seconds_loaded_in_1(tmp_path, monkeypatch):
    monkeypatch.setenv("MMTUTOR_CACHE", str(tmp_path))
    start = time.perf_counter()
    fresh = load_glyphs()
    drawn = time.perf_counter()
    kept = load_glyphs()
    loaded = time.perf_counter()
    assert drawn - start <= 15
    assert loaded - drawn <= 1
    for field in ("images", "codepoints", "faces", "characters"):
        assert torch.equal(getattr(fresh, field), getattr(kept, field))


def test_loading_does_not_draw(glyphs, monkeypatch):
    monkeypatch.setattr(module, "_build", lambda typeface: pytest.fail("drawn again"))
    assert torch.equal(load_glyphs().images, glyphs.images)


@pytest.mark.parametrize("what", ["builder", "typefaces", "matplotlib", "pillow", "unicode"])
def test_any_other_source_draws_again(stix, what, monkeypatch):
    changed = {**module.fingerprint(), what: "another"}
    monkeypatch.setattr(module, "fingerprint", lambda: changed)
    built = []
    build = module._build
    monkeypatch.setattr(
        module, "_build", lambda typeface: built.append(typeface) or build(typeface)
    )
    assert torch.equal(load_glyphs("stix").images, stix.images)
    assert built == ["stix"]


def test_import_is_light():
    heavy = "{'transformers', 'sklearn', 'ipywidgets', 'matplotlib', 'PIL', 'torchvision'}"
    code = f"import sys, mmtutor.datasets.glyphs; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


# ── Labels ────────────────────────────────────────────────────────────────────────────────────────

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
def test_hand_checked_names(glyphs, labels, character, parts):
    assert parse_name(unicodedata.name(character).lower()) == parts
    place = int((glyphs.codepoints == ord(character)).nonzero()[0])
    for label, expected in parts._asdict().items():
        assert labels[label][place] == expected


@pytest.mark.parametrize(
    ("face", "family", "weight", "slant"),
    [
        ("DejaVuSans", "sans", "regular", "upright"),
        ("DejaVuSansMono-BoldOblique", "mono", "bold", "slanted"),
        ("DejaVuSerif-Italic", "serif", "regular", "slanted"),
        ("DejaVuSerif-Bold", "serif", "bold", "upright"),
    ],
)
def test_hand_checked_faces(glyphs, labels, face, family, weight, slant):
    place = position(glyphs, "Ω", face)
    assert labels["family"][place] == family
    assert labels["weight"][place] == weight
    assert labels["slant"][place] == slant


def test_bold_has_more_ink_and_names_of_faces_tell_the_truth(glyphs):
    """Faces are named by hand above: the pictures must agree."""
    letters = glyphs.select(glyphs.codepoints == ord("H"))
    ink = letters.images.flatten(1).float().mean(dim=1)
    is_bold = letters.label("weight").values == 1
    assert ink[is_bold].min() > ink[~is_bold].max()


def test_sixteen_scripts_and_common(glyphs):
    script = glyphs.label("script")
    assert script.names[0] == "common"
    assert len(script.names) == 17
    assert script.values.unique().tolist() == list(range(17))


@pytest.mark.parametrize("label", ["script", "case", "base", "marks", "family", "weight", "slant"])
def test_numbers_mean_the_same_in_every_selection(glyphs, labels, stix, label):
    whole = labels[label]
    part = torch.arange(100, len(glyphs), 777)
    assert torch.equal(glyphs.select(part).label(label).values, whole.values[part])
    assert stix.label(label).names == whole.names


def test_unknown_label(glyphs):
    with pytest.raises(ValueError, match="script, case, base, marks, family, weight, slant"):
        glyphs.label("colour")


# ── STIX ──────────────────────────────────────────────────────────────────────────────────────────


def test_stix_shows_known_characters_in_new_faces(glyphs, stix):
    assert len(stix) >= 5_000
    assert stix.faces.unique().tolist() == [12, 13, 14, 15]
    assert set(stix.codepoints.tolist()) < set(glyphs.codepoints.tolist())
    assert stix.words == glyphs.words
    assert {stix.label("family")[place] for place in range(0, len(stix), 50)} == {"stix"}


# ── Splits ────────────────────────────────────────────────────────────────────────────────────────


def test_no_character_on_both_sides(glyphs):
    train, test = split_by_character(glyphs, held_out=0.1)
    assert torch.equal(torch.cat([train, test]).sort().values, torch.arange(len(glyphs)))
    seen, held = (set(glyphs.codepoints[part].tolist()) for part in (train, test))
    assert not seen & held
    assert 0.08 < len(held) / len(glyphs.characters) < 0.12


def test_split_by_character_is_fixed_and_depends_on_the_seed(glyphs):
    _, test = split_by_character(glyphs, seed=0)
    _, again = split_by_character(glyphs, seed=0)
    _, other = split_by_character(glyphs, seed=1)
    held = glyphs.select(test).codepoints.unique()
    assert torch.equal(test, again)
    assert not torch.equal(test, other)
    assert [chr(code) for code in held[:8]] == list("&,=DH\\an")


def test_a_held_out_character_is_held_out_of_stix_too(glyphs, stix):
    _, test = split_by_character(glyphs)
    train_stix, test_stix = split_by_character(stix)
    held = set(glyphs.codepoints[test].tolist())
    assert set(stix.codepoints[test_stix].tolist()) <= held
    assert not set(stix.codepoints[train_stix].tolist()) & held


@pytest.mark.parametrize("share", [-0.1, 0.0, 1.0, 2.0])
def test_impossible_share(glyphs, share):
    with pytest.raises(ValueError, match="between 0 and 1"):
        split_by_character(glyphs, held_out=share)


def test_no_face_on_both_sides(glyphs):
    train, test = split_by_face(glyphs, "DejaVuSerif-Italic")
    assert len(train) + len(test) == len(glyphs)
    assert set(glyphs.faces[test].tolist()) == {10}
    assert 10 not in glyphs.faces[train]
    with pytest.raises(ValueError, match="DejaVuSansMono"):
        split_by_face(glyphs, "Arial")


# ── Drawing ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("character", "face"), [("é", "DejaVuSans"), ("☂", "DejaVuSansMono-Bold")])
def test_draw_draws_what_the_set_holds(glyphs, character, face):
    assert torch.equal(draw(character, face), glyphs.images[position(glyphs, character, face)])


@pytest.mark.parametrize("size", [8, 16, 33, 64])
def test_other_sizes(size):
    picture = draw("Q", size=size)
    top, bottom = rows_with_ink(picture)
    assert picture.shape == (size, size)
    assert 0.4 * size < bottom - top + 1 < 0.8 * size


def test_size_and_baseline_are_kept():
    capital, small, descender = (rows_with_ink(draw(letter)) for letter in "Hxp")
    assert capital[1] == small[1] == 23  # the baseline: rows 0 to 23 are above it
    assert capital[0] < small[0]
    assert descender[1] > small[1]


def test_no_ink_is_cut_off(glyphs):
    """As much ink as on a canvas without edges, for every glyph that reaches the picture's edge."""
    edges = [
        glyphs.images[:, 0],
        glyphs.images[:, -1],
        glyphs.images[..., 0],
        glyphs.images[..., -1],
    ]
    at_edge = torch.stack(edges).amax(dim=(0, 2)).nonzero().squeeze(1).tolist()
    assert len(at_edge) > 100  # else this test would look at nothing
    for place in [*at_edge, *range(0, len(glyphs), 50)]:
        character, face = glyphs.character(place), FACES[glyphs.faces[place]].name
        whole = module._fitting_font(character, face, 32).getmask(character, mode="L")
        assert int(glyphs.images[place].sum()) == sum(bytes(whole)), (character, face)


def test_only_what_does_not_fit_is_drawn_smaller():
    assert module._fitting_font("W", "DejaVuSans-Bold", 32).size == 22
    assert module._fitting_font("ᙲ", "DejaVuSans-Bold", 32).size < 22  # 44 pixels wide at 22


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ab",), "one character, not 2"),
        (("",), "one character, not 0"),
        (("a", "Arial"), "DejaVuSerif"),
        (("漢",), "no drawing of '漢' \\(U\\+6F22\\)"),
        (("a", "DejaVuSans", 7), "at least 8 pixels"),
    ],
)
def test_what_cannot_be_drawn(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw(*arguments)


def test_no_warning_on_a_sound_machine(glyphs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_glyphs()
