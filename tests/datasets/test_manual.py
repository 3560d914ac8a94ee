"""The manual: one text on every Python, no paragraph on two sides, characters that come back."""

import hashlib
import json
import math
import subprocess
import sys
from collections import Counter

import pytest
import torch

from mmtutor.datasets.manual import (
    TEST,
    UNKNOWN,
    VALID,
    byte_pairs,
    characters,
    decode,
    encode,
    fresh,
    load_manual,
    paragraphs,
    runs,
    side,
    topics,
)

MANUAL = load_manual()


def test_the_text_is_the_one_that_the_lessons_were_written_for() -> None:
    """Whatever Python runs this: what is shipped decides, not what this Python carries."""
    sizes = [len(text) for text in MANUAL[:4]]
    assert sizes == [366_636, 20_544, 41_889, 70_616]
    digest = hashlib.sha256("\0".join(MANUAL[:4]).encode()).hexdigest()
    assert digest.startswith("41d3fd7dbb1c53f1")


def test_every_topic_has_one_side_and_every_name_in_the_lists_is_a_topic() -> None:
    sides = Counter(side(name) for name in topics())
    assert sides == {"train": 59, "valid": len(VALID), "test": len(TEST)}
    assert not set(VALID) & set(TEST)


def test_no_paragraph_is_on_two_sides_nor_twice_in_what_is_held_out() -> None:
    train, valid, test, _ = (Counter(paragraphs(text)) for text in MANUAL[:4])
    assert not set(train) & set(valid) and not (set(train) | set(valid)) & set(test)
    assert max(valid.values()) == max(test.values()) == 1


def test_near_copies_are_left_out_and_counted() -> None:
    seen = set().union(*(runs(p) for p in paragraphs(MANUAL.train) + paragraphs(MANUAL.valid)))
    known = [len(runs(p) & seen) / len(runs(p)) for p in paragraphs(MANUAL.test)]
    assert max(known) < 0.5
    assert set(paragraphs(MANUAL.test)) < set(paragraphs(MANUAL.test_with_copies))
    assert MANUAL.copied == pytest.approx(1 - 41_889 / 70_616)


def test_what_counts_as_a_copy() -> None:
    text = "one two three four five six seven eight nine ten"
    seen = runs(text)
    assert len(seen) == 6
    assert fresh(["One two three\nfour five six seven eight nine ten"], set(seen)) == []
    half = "one two three four five six seven eleven twelve thirteen"  # 3 of its 6 runs
    assert fresh([half], set(seen)) == []
    fewer = "one two three four five six eleven twelve thirteen fourteen"  # 2 of 6
    assert fresh([fewer, fewer], set(seen)) == [fewer]  # the second is a copy of the first
    assert fresh(["one two"], set(seen)) == ["one two"]  # short: only a copy where it is all


def test_paragraphs_are_split_at_blank_lines() -> None:
    assert paragraphs("\n\na\n  b\n \n\n  c\n") == ["a\n  b", "  c"]


def test_characters_come_back_and_others_are_unknown() -> None:
    alphabet = characters("banana\n")
    assert alphabet == "\nabn" + UNKNOWN
    numbers = encode("nab, ban", alphabet)
    assert numbers.dtype == torch.int64 and numbers.tolist() == [3, 1, 2, 4, 4, 2, 1, 3]
    assert decode(numbers, alphabet) == f"nab{UNKNOWN}{UNKNOWN}ban"
    assert encode("", alphabet).shape == (0,) and decode(encode("", alphabet), alphabet) == ""


def test_the_alphabet_of_the_manual() -> None:
    alphabet = characters(MANUAL.train)
    assert len(alphabet) == 103 and alphabet[-1] == UNKNOWN
    assert decode(encode(MANUAL.train, alphabet), alphabet) == MANUAL.train
    held_out = encode(MANUAL.valid + MANUAL.test, alphabet)
    assert (held_out == len(alphabet) - 1).sum() == 4


@pytest.mark.parametrize(("part", "bits"), [("valid", 4.79), ("test", 4.61)])
def test_the_cards_unigram(part: str, bits: float) -> None:
    counts, text = Counter(MANUAL.train), getattr(MANUAL, part)
    total = len(MANUAL.train) + 103
    found = -sum(math.log2((counts[c] + 1) / total) for c in text) / len(text)
    assert found == pytest.approx(bits, abs=0.005)


def test_byte_pairs_give_every_text_back() -> None:
    tokenizer = byte_pairs(MANUAL.test, 400)
    assert tokenizer.get_vocab_size() == 400
    for text in ("The yield statement", "猫 🐈 é", "", "\n  x"):
        assert tokenizer.decode(tokenizer.encode(text).ids) == text
    tokens = tokenizer.encode(MANUAL.test).ids
    assert len(tokens) < 0.6 * len(MANUAL.test)


def test_byte_pairs_are_the_same_in_every_process() -> None:
    text = "the cat sat on the mat " * 9
    program = "import json; from mmtutor.datasets.manual import byte_pairs;"
    program += f"print(json.dumps(byte_pairs({text!r}, 270).get_vocab()))"
    theirs = subprocess.check_output([sys.executable, "-c", program])
    assert json.loads(theirs) == byte_pairs(text, 270).get_vocab()


def test_fewer_tokens_than_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 256, the number of bytes, not 255"):
        byte_pairs("text", 255)
