"""The tokenizer of names: what is a word, what is unknown, what is kept."""

import pytest
import torch

from mmtutor.datasets.names import END, PADDING, SPECIAL, UNKNOWN, bags, encode, word_tokenizer

TEXTS = [
    "latin small letter e with acute",
    "braille pattern dots-1245",
    "猫脸",
    "left-pointing arrow",
]


@pytest.fixture(scope="module")
def tokenizer():
    return word_tokenizer(TEXTS, longest=8, fewest=1)


def words(tokenizer, text: str) -> list[str]:
    numbers = [n for n in encode(tokenizer, [text])[0].tolist() if n > END]
    return tokenizer.convert_ids_to_tokens(numbers)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("latin small letter e", ["latin", "small", "letter", "e"]),
        ("LATIN  Small\tletter", ["latin", "small", "letter"]),
        ("left-pointing arrow", ["left", "pointing", "arrow"]),
        ("braille dots-15", ["braille", "dots", "1", "5"]),
        ("猫脸", ["猫", "脸"]),
        ("latin猫letter", ["latin", "猫", "letter"]),
        ("arrow, (acute)!", ["arrow", "acute"]),
    ],
)
def test_what_is_a_word(tokenizer, text, expected):
    assert words(tokenizer, text) == expected


def test_a_word_never_met_is_unknown_and_others_stay(tokenizer):
    assert words(tokenizer, "latin umbrella") == ["latin", "[unknown]"]
    assert encode(tokenizer, ["umbrella"])[0, 0] == UNKNOWN


def test_every_text_ends_and_is_filled_up(tokenizer):
    numbers = encode(tokenizer, ["arrow", "", "latin small letter e with acute arrow left pattern"])
    assert numbers.shape == (3, 8) and numbers.dtype == torch.int64
    assert ((numbers == END).sum(dim=1) == 1).all()
    assert (numbers[0, 2:] == PADDING).all() and (numbers[1, 1:] == PADDING).all()
    assert numbers[2, -1] == END  # too long: words are lost, not the end


def test_rare_words_become_unknown():
    tokenizer = word_tokenizer(["cat face", "cat eye", "cat face"], fewest=2)
    # "face" occurs twice, but in one text: what counts is the number of different texts.
    assert words(tokenizer, "cat face eye") == ["cat", "[unknown]", "[unknown]"]


def test_no_word_left():
    with pytest.raises(ValueError, match="nothing to learn"):
        word_tokenizer(["cat", "dog"], fewest=2)


def test_kept_and_fetched_through_transformers(tokenizer, tmp_path):
    from transformers import AutoTokenizer

    tokenizer.save_pretrained(tmp_path)
    fetched = AutoTokenizer.from_pretrained(tmp_path)
    texts = [*TEXTS, "umbrella-12", ""]
    assert torch.equal(encode(fetched, texts), encode(tokenizer, texts))
    assert len(fetched) == len(tokenizer) and fetched.pad_token_id == PADDING


def test_numbers_become_words_again(tokenizer):
    numbers = encode(tokenizer, ["Left-pointing ARROW"])[0]
    assert tokenizer.decode(numbers, skip_special_tokens=True) == "left pointing arrow"


def test_a_bag_holds_the_words_and_nothing_special(tokenizer):
    texts = ["small latin small letter", "umbrella arrow", ""]
    held = bags(tokenizer, encode(tokenizer, texts))
    known = tokenizer.convert_ids_to_tokens(list(range(len(SPECIAL), len(tokenizer))))
    assert held.shape == (3, len(known)) and set(held.unique().tolist()) == {0, 1}
    bag = [{w for w, there in zip(known, row, strict=True) if there} for row in held.tolist()]
    assert bag == [{"small", "latin", "letter"}, {"arrow"}, set()]
