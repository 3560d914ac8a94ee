"""Names as numbers: a word tokenizer for the names of characters and emoji.

A character's name is a short sentence over few words, so a word is a token. Hyphens separate,
digits stand alone ("braille pattern dots-1245" ends in four tokens, one for each dot), and every
Chinese character is a word of its own. The library `tokenizers` does the work, behind the interface
that all models of transformers have: `save_pretrained` and `from_pretrained` keep and fetch it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int64
from torch import Tensor

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

SPECIAL = ("[padding]", "[end]", "[unknown]")
"""What is no word: it fills up, it ends every text, it stands for a word never met."""
PADDING, END, UNKNOWN = range(len(SPECIAL))

WORD = r"\p{Han}|\p{Nd}|[\p{L}\p{M}&&[^\p{Han}]]+"
"""A Chinese character, a digit, or a run of letters. All else separates words."""


def word_tokenizer(
    texts: Iterable[str], longest: int = 16, fewest: int = 2
) -> "PreTrainedTokenizerFast":
    """Return a tokenizer that knows every word which `fewest` different texts hold.

    Rarer words become the unknown word, so that it is learnt too. A text of more than `longest`
    tokens loses its last words, never its end. Raises ValueError where no word is left.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    lower = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    split = pre_tokenizers.Split(Regex(WORD), behavior="removed", invert=True)
    counts: Counter[str] = Counter()
    for text in set(texts):
        counts.update({w for w, _ in split.pre_tokenize_str(lower.normalize_str(text))})
    known = sorted(word for word, count in counts.items() if count >= fewest)
    if not known:
        raise ValueError(f"no word occurs in {fewest} different texts: there is nothing to learn")
    numbers = {word: number for number, word in enumerate((*SPECIAL, *known))}
    words = Tokenizer(models.WordLevel(numbers, unk_token=SPECIAL[UNKNOWN]))
    words.normalizer, words.pre_tokenizer = lower, split
    words.post_processor = processors.TemplateProcessing(
        single=f"$A {SPECIAL[END]}", special_tokens=[(SPECIAL[END], END)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token=SPECIAL[PADDING],
        eos_token=SPECIAL[END],
        unk_token=SPECIAL[UNKNOWN],
        model_max_length=longest,
    )


def encode(
    tokenizer: "PreTrainedTokenizerFast", texts: Sequence[str]
) -> Int64[Tensor, "text longest"]:
    """Return the texts as numbers, each with its end, filled up to the tokenizer's length."""
    filled = tokenizer(list(texts), padding="max_length", truncation=True, return_tensors="pt")
    return filled["input_ids"]


def bags(
    tokenizer: "PreTrainedTokenizerFast", texts: Int64[Tensor, "text longest"]
) -> Float[Tensor, "text word"]:
    """Return which of the words that the tokenizer knows each text holds, 1 or 0, in any order."""
    held = torch.zeros(len(texts), len(tokenizer)).scatter(1, texts, 1.0)
    return held[:, len(SPECIAL) :]
