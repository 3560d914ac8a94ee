"""Emoji: pictures that fit their names, in two languages, and a sentence where they are missing."""

import pytest
import torch

from mmtutor.datasets import emoji as emoji_module
from mmtutor.datasets.emoji import installed, load_emoji, split_by_emoji

needs_emoji = pytest.mark.skipif(not installed(), reason="the emoji are not installed")


@pytest.fixture(scope="module")
def emoji():
    return load_emoji()


@needs_emoji
def test_what_there_is(emoji):
    assert len(emoji) > 3500
    assert emoji.pictures.shape == (len(emoji), 3, 32, 32) and emoji.pictures.dtype == torch.uint8
    assert list(emoji.symbols) == sorted(set(emoji.symbols))
    assert all(emoji.english) and all(emoji.chinese)


@needs_emoji
@pytest.mark.parametrize(
    ("symbol", "english", "chinese"),
    [
        ("\N{CAT FACE}", "cat face", "猫脸"),
        ("\N{UMBRELLA WITH RAIN DROPS}", "umbrella with rain drops", "雨伞"),
    ],
)
def test_names(emoji, symbol, english, chinese):
    place = emoji.symbols.index(symbol)
    assert emoji.english[place] == english
    assert emoji.chinese[place] == chinese


@needs_emoji
def test_pictures_have_the_colour_of_their_names(emoji):
    middle = emoji.pictures[:, :, 14:18, 14:18].float().mean(dim=(2, 3))
    for name, channel in (("red circle", 0), ("green circle", 1), ("blue circle", 2)):
        assert middle[emoji.english.index(name)].argmax() == channel
    corner = emoji.pictures[emoji.english.index("red circle"), :, 0, 0]
    assert (corner > 250).all()  # paper is white


@needs_emoji
def test_without_tones_one_drawing_stays_of_each(emoji):
    plain = emoji.without_tones()
    assert 1500 < len(plain) < len(emoji)
    assert not any("skin tone" in name for name in plain.english)
    assert "cat face" in plain.english


@needs_emoji
def test_the_split_is_fixed_and_complete(emoji):
    train, test = split_by_emoji(emoji)
    assert sorted(torch.cat([train, test]).tolist()) == list(range(len(emoji)))
    assert 0.07 < len(test) / len(emoji) < 0.13
    assert torch.equal(split_by_emoji(emoji)[1], test)
    chosen = emoji.select(test)
    assert chosen.symbols[0] == emoji.symbols[test[0]] and len(chosen) == len(test)


def test_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(emoji_module, "find_spec", lambda name: None)
    assert not emoji_module.installed()
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'mmtutor\[emoji\]'"):
        emoji_module.load_emoji()
