"""Lesson 03 equals GPT-2 and the tokenizers library, and keeps its promises at the edges."""

import json
import math

import pytest
import torch
import torch.nn.functional as F
from tokenizers import pre_tokenizers
from torch import nn

from mmtutor import gpt
from mmtutor.attention import causal_mask, maps_of, scaled_dot_product_attention
from mmtutor.datasets.manual import byte_pairs, characters, encode, load_manual
from mmtutor.datasets.sentences import ASKS_COLOUR, NEW, make_sentences
from mmtutor.datasets.shipped import shipped
from mmtutor.training import checkpoints
from mmtutor.transformer import bits_per_character, language_loss, log_probabilities, rotary

BOTH = pytest.mark.parametrize("positions", ["learnt", "rotary"])


def small(positions: str = "learnt", window: int = 12, **options: float) -> gpt.GPT:
    torch.manual_seed(0)
    model = gpt.GPT(11, window, 16, 2, 4, positions, **options).double().eval()
    with torch.no_grad():  # far from the small numbers of the start, or all would look alike
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return model


def some_tokens(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(11, shape, generator=torch.Generator().manual_seed(seed))


# ── Surprise ──────────────────────────────────────────────────────────────────────────────────────


class Copyist(nn.Module):
    """Its logits depend on a token alone, so that batch and padding cannot change them."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(11, 11).double()

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.table(tokens)


def test_perplexity_hears_nothing_of_batches_and_padding() -> None:
    torch.manual_seed(0)
    model, lengths = Copyist(), (9, 3, 6, 2)
    texts = [1 + some_tokens(1, n, seed=n) % 10 for n in lengths]  # no token is 0, the padding
    alone = gpt.perplexity(model, texts, padding=0)
    padded = torch.cat([F.pad(text, (0, 12 - text.shape[1])) for text in texts])
    for size in (1, 2, 3, 4):
        assert gpt.perplexity(model, padded.split(size), padding=0) == pytest.approx(alone)
    by_hand = sum(gpt.surprise(model(t), t)[0].item() for t in texts) / (sum(lengths) - 4)
    assert math.log(alone) == pytest.approx(by_hand)
    means = [gpt.perplexity(model, [text]) for text in texts]
    assert sum(means) / 4 != pytest.approx(alone, rel=1e-3)  # the trap


def test_perplexity_of_an_even_guess_is_the_vocabulary() -> None:
    model = Copyist()
    nn.init.zeros_(model.table.weight)
    assert gpt.perplexity(model, [some_tokens(2, 5)]) == pytest.approx(11)


def test_nothing_to_predict() -> None:
    one = some_tokens(3, 1)
    assert gpt.next_token_loss(torch.zeros(3, 1, 11), one).item() == 0
    with pytest.raises(ValueError, match="at least two"):
        gpt.perplexity(Copyist(), [one])


# ── Choices ───────────────────────────────────────────────────────────────────────────────────────

LOGITS = torch.tensor([0.5, 0.25, 0.15, 0.1], dtype=torch.float64).log()


@pytest.mark.parametrize("temperature", [1e-3, 0.5, 1.0, 2.0])
def test_temperature_divides_the_logits(temperature: float) -> None:
    found = gpt.next_distribution(LOGITS, temperature)
    assert torch.allclose(found, (LOGITS / temperature).softmax(-1))


def test_temperature_towards_0_is_greedy() -> None:
    logits = torch.randn(5, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    greedy = gpt.next_distribution(logits, 0.0)
    assert torch.equal(greedy.argmax(-1), logits.argmax(-1)) and (greedy.sum(-1) == 1).all()
    assert torch.allclose(gpt.next_distribution(logits, 1e-4), greedy, atol=1e-6)


def test_all_of_p_and_all_of_k_change_nothing() -> None:
    logits = torch.randn(5, 1000, generator=torch.Generator().manual_seed(0))
    plain = logits.softmax(-1)
    assert torch.equal(gpt.next_distribution(logits, top_p=1.0), plain / plain.sum(-1, True))
    assert torch.allclose(gpt.next_distribution(logits, top_k=2000), plain, atol=1e-7)


@pytest.mark.parametrize(
    ("p", "kept"), [(0.4, 1), (0.5, 1), (0.500001, 2), (0.74, 2), (0.76, 3), (0.99, 4)]
)
def test_the_token_that_crosses_p_stays(p: float, kept: int) -> None:
    found = gpt.next_distribution(LOGITS, top_p=p)
    assert (found > 0).tolist() == [i < kept for i in range(4)]
    assert torch.allclose(found[:kept], LOGITS.exp()[:kept] / LOGITS.exp()[:kept].sum())


@pytest.mark.parametrize(
    ("temperature", "k", "p"), [(1.0, 5, None), (0.7, None, 0.6), (1.3, 20, 0.8), (1.0, 1, 0.01)]
)
def test_choices_equal_transformers(temperature: float, k: int | None, p: float | None) -> None:
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    logits = torch.randn(7, 50, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    theirs = TemperatureLogitsWarper(temperature)(None, logits) if temperature != 1 else logits
    theirs = TopKLogitsWarper(k)(None, theirs) if k else theirs
    theirs = TopPLogitsWarper(p)(None, theirs) if p else theirs
    found = gpt.next_distribution(logits, temperature, k, p)
    assert torch.allclose(found, theirs.softmax(-1), atol=1e-12)


@pytest.mark.parametrize("wrong", [{"temperature": -1.0}, {"top_k": 0}, {"top_p": 0.0}])
def test_a_choice_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        gpt.next_distribution(LOGITS, **wrong)


# ── The model ─────────────────────────────────────────────────────────────────────────────────────


def test_equals_gpt2_of_transformers() -> None:
    """Logits, loss and every gradient, in float64, from a random configuration."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=11,
        n_positions=12,
        n_embd=16,
        n_layer=2,
        n_head=4,
        bos_token_id=0,
        eos_token_id=0,
    )
    torch.manual_seed(1)
    theirs, tokens = GPT2LMHeadModel(config).double().eval(), some_tokens(3, 9)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    ours = small()
    ours.load_state_dict(gpt.from_transformers(theirs.state_dict()))
    logits = theirs(tokens).logits
    assert torch.allclose(ours(tokens), logits, atol=1e-12)
    gpt.next_token_loss(logits, tokens).backward()
    language_loss(ours, tokens).backward()
    gradients = gpt.from_transformers({n: p.grad for n, p in theirs.named_parameters()})
    for name, parameter in ours.named_parameters():
        assert torch.allclose(parameter.grad, gradients[name], atol=1e-10), name


def test_weights_are_shared_and_counted_once() -> None:
    model = small()
    assert sum("token" in name for name in model.state_dict()) == 1
    blocks = 2 * (4 * (16 * 16 + 16) + 2 * 4 * 16 * 16 + 64 + 16 + 4 * 16)
    assert gpt.parameters(model) == 11 * 16 + 12 * 16 + blocks + 2 * 16


@BOTH
def test_no_token_hears_of_the_future(positions: str) -> None:
    model, tokens = small(positions), some_tokens(2, 9)
    changed = tokens.clone()
    changed[:, 6:] = (changed[:, 6:] + 1) % 11
    assert torch.equal(model(tokens)[:, :6], model(changed)[:, :6])
    assert not torch.allclose(model(tokens)[:, 6:], model(changed)[:, 6:])


@BOTH
def test_recording_changes_nothing(positions: str) -> None:
    model, tokens = small(positions), some_tokens(2, 9)
    maps = maps_of(model, tokens)
    assert maps.shape == (2, 2, 4, 9, 9)
    assert torch.allclose(maps.sum(-1), torch.ones(2, 2, 4, 9, dtype=torch.float64))
    assert (maps * ~causal_mask(9)).abs().max() == 0


def test_dropout_trains_and_rests() -> None:
    model, tokens = small(dropout=0.5), some_tokens(1, 9)
    assert torch.equal(model(tokens), model(tokens))
    model.train()
    assert not torch.equal(model(tokens), model(tokens))


def test_sentences_for_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="12 positions, not 13"):
        small()(some_tokens(1, 13))
    with pytest.raises(ValueError, match="'sinusoid'"):
        gpt.GPT(11, 12, 16, 2, 4, "sinusoid")
    with pytest.raises(ValueError, match="empty"):
        gpt.generate(small(), some_tokens(1, 0), 3)
    with pytest.raises(ValueError, match="room for 12 tokens, not for 13"):
        small("rotary")(some_tokens(1, 13), small("rotary").new_cache())


# ── The cache ─────────────────────────────────────────────────────────────────────────────────────


@BOTH
@pytest.mark.parametrize("steps", [[9], [1] * 9, [4, 1, 3, 1]])
def test_with_the_cache_the_logits_are_the_same(positions: str, steps: list[int]) -> None:
    model, tokens = small(positions), some_tokens(2, 9)
    cache = model.new_cache()
    parts = [model(part, cache) for part in tokens.split(steps, dim=1)]
    assert torch.allclose(torch.cat(parts, dim=1), model(tokens), atol=1e-12)
    assert cache.read == cache.kept == 9
    cache.forget()
    assert torch.allclose(model(tokens[:, :4], cache), model(tokens[:, :4]), atol=1e-12)


@BOTH
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_writing_with_and_without_the_cache(positions: str, temperature: float) -> None:
    """The same text, also far past the end of the window of 12."""
    model, prompt = small(positions), some_tokens(3, 5)
    texts = [
        gpt.generate(
            model,
            prompt,
            60,
            temperature=temperature,
            cache=cache,
            generator=torch.Generator().manual_seed(2),
        )
        for cache in (True, False)
    ]
    assert texts[0].shape == (3, 65) and torch.equal(*texts)
    assert torch.equal(texts[0][:, :5], prompt)


def test_where_the_window_starts() -> None:
    """It moves by half a window, and never holds more than a whole one nor less than half."""
    starts = [gpt.window_start(length, 8) for length in range(1, 18)]
    assert starts == [0] * 8 + [4] * 4 + [8] * 4 + [12]
    held = [length - gpt.window_start(length, 8) for length in range(9, 60)]
    assert min(held) == 5 and max(held) == 8


def test_a_sliding_cache_is_a_band() -> None:
    """Dropping the oldest keys is exact for one thing: a mask that shows the newest 6 tokens."""
    model, tokens = small("rotary"), some_tokens(1, 20)
    cache, found = model.new_cache(6), []
    for token in tokens.unbind(1):
        if cache.kept == 6:
            cache.forget(keep=5)
        found.append(model(token[:, None], cache))
    band = causal_mask(20) & ~causal_mask(20).tril(-6)
    x = model.token(tokens)
    for block in model.blocks:
        part, seen = block.attention, block.attention_norm(x)
        query, key, value = map(part.split, part.project(seen, seen, seen))
        query, key = (rotary(side, torch.arange(20)) for side in (query, key))
        gathered, _ = scaled_dot_product_attention(query, key, value, band)
        x = x + part.output_projection(part.join(gathered))
        x = x + block.network(block.network_norm(x))
    band_logits = F.linear(model.norm(x), model.token.weight)
    assert torch.allclose(torch.cat(found, dim=1), band_logits, atol=1e-12)
    last_six = model(tokens[:, -6:])[:, -1]
    assert not torch.allclose(found[-1][:, 0], last_six, atol=1e-3)  # not what reading anew gives


def test_drawing_follows_the_shares() -> None:
    shares = torch.tensor([[0.7, 0.3, 0.0]]).expand(20_000, 3)
    drawn = gpt.draw(shares, torch.Generator().manual_seed(0))
    assert drawn.float().mean().item() == pytest.approx(0.3, abs=0.01)


# ── Byte pairs ────────────────────────────────────────────────────────────────────────────────────

TEXTS = {
    "manual": lambda: load_manual().test[:20_000],
    "Chinese": lambda: "标记是什么?中文句子里没有空格。标记化,12三四。" * 3,
    "emoji": lambda: "👩‍👩‍👧 👍🏽👍🏽 😀😀 😀 it's we'll don't 'sd  \n\n  x\t\ty  ",
    "combining marks": lambda: "é é ñ ñ नमस्ते नमस्ते क्षि ½ ² Ⅷ",
    "runs": lambda: "aaaa aaaaaa aaa abababab abab",
}


@pytest.mark.parametrize("name", TEXTS)
def test_byte_pairs_equal_the_tokenizers_library(name: str) -> None:
    text = TEXTS[name]()
    merges, theirs = gpt.byte_pair_merges(text, 60), byte_pairs(text, 316)
    letters = dict(zip(sorted(pre_tokenizers.ByteLevel.alphabet()), gpt.BYTES, strict=True))

    def as_bytes(token: str) -> bytes:
        return b"".join(letters[letter] for letter in token)

    expected = json.loads(theirs.to_str())["model"]["merges"]
    assert merges == [(as_bytes(first), as_bytes(second)) for first, second in expected]
    tokens = gpt.byte_pair_encode(text, merges)
    assert tokens == [as_bytes(token) for token in theirs.encode(text).tokens]
    assert b"".join(tokens).decode() == text


def test_words_lose_nothing() -> None:
    for text in ("", " ", "a  b\n", "x = f(y, 2)  # I'll\t\u3000中文\u0301"):
        assert "".join(gpt.words(text)) == text


def test_joining_goes_from_left_to_right() -> None:
    assert gpt.joined([b"a", b"a", b"a"], (b"a", b"a")) == [b"aa", b"a"]
    assert gpt.byte_pair_merges("a", 5) == []


# ── Lines and heads ─────────────────────────────────────────────────────────────────────────


def test_a_power_law_is_found_again() -> None:
    sizes = [1e3, 1e4, 1e6]
    factor, exponent = gpt.power_law(sizes, [5 * n**-0.2 for n in sizes])
    assert factor == pytest.approx(5) and exponent == pytest.approx(0.2)
    with pytest.raises(ValueError, match="two different"):
        gpt.power_law([3.0, 3.0], [1.0, 2.0])


def test_prefix_matching_by_hand() -> None:
    """a b a b: place 2 must look at place 1, place 3 at place 2; the others have met nothing."""
    tokens = torch.tensor([[0, 1, 0, 1]])
    maps = torch.zeros(1, 2, 4, 4)
    maps[0, 0, 2, 1], maps[0, 0, 3, 2] = 1.0, 0.5  # head 0
    maps[0, 1, 2, 0], maps[0, 1, 3, 1] = 1.0, 1.0  # head 1 looks at the token itself
    assert gpt.prefix_matching(maps, tokens).tolist() == [0.75, 0.0]
    assert gpt.prefix_matching(maps[None], tokens).shape == (1, 2)


def test_a_head_can_be_silenced() -> None:
    torch.manual_seed(0)
    model, tokens = gpt.AttentionOnly(11, 16, 2, 4), some_tokens(2, 9)
    before = model(tokens)
    with gpt.without_head(model.layers[1], 2):
        assert not torch.allclose(model(tokens), before)
    assert torch.equal(model(tokens), before)


def test_repeated_sequences_can_be_known_after_one_period() -> None:
    tokens, periods = gpt.repeated_sequences(50, torch.Generator().manual_seed(0))
    for row, (period,) in zip(tokens.tolist(), periods.tolist(), strict=True):
        assert row[period:] == row[:-period] and len(set(row)) == period
    assert periods.min() == gpt.SHORTEST and periods.max() == gpt.LONGEST

    def knows(given: torch.Tensor) -> torch.Tensor:
        return F.one_hot(given.roll(-1, dims=1), gpt.KINDS_OF_TOKENS).float()

    knower = nn.Module()
    knower.register_parameter("one", nn.Parameter(torch.zeros(1)))
    knower.forward = knows
    assert gpt.repetitions_right(knower, tokens, periods) == 1.0
    stream = gpt.Repetitions(4, seed=1)
    assert torch.equal(stream[3][0], stream[3][0]) and not torch.equal(stream[3][0], stream[4][0])


def test_what_repeats_is_counted() -> None:
    assert gpt.repeated_share(torch.arange(40), 8) == 0
    assert gpt.repeated_share(torch.arange(10).repeat(4), 10) == pytest.approx(21 / 31)


# ── What is shipped ───────────────────────────────────────────────────────────────────────────────


def test_the_shipped_writer_guesses_the_manual() -> None:
    """Its first 8,000 characters of the test topics; the lesson reports all of them."""
    texts = load_manual()
    alphabet = characters(texts.train)
    model = gpt.new_gpt(gpt.SHIPPED, len(alphabet))
    about = checkpoints.load(shipped("checkpoints/manual.safetensors"), model)
    logs = log_probabilities(model, encode(texts.test[:8000], alphabet), model.window)
    assert bits_per_character(logs) <= 1.7
    assert "bits per character" in about["result"]


def test_the_shipped_reader_reads_its_prompt() -> None:
    reader = gpt.new_reader()
    checkpoints.load(shipped("checkpoints/prompts.safetensors"), reader)
    for formats in (ASKS_COLOUR, tuple(NEW)):
        for pairs in ("seen", "held out"):
            assert gpt.answers_right(reader, make_sentences(200, formats, pairs, seed=7)) >= 0.95
        shuffled = make_sentences(200, formats, shuffled=True, seed=7)
        assert gpt.answers_right(reader, shuffled) <= 0.3


def test_a_reader_is_trained_in_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stages that are asked for, and as many steps in all without the first."""
    taken: list[int] = []
    monkeypatch.setattr(gpt, "fit", lambda *args, **kwargs: taken.append(args[3].steps))
    gpt.train_reader()
    gpt.train_reader(repeats_first=False, colour_first=True)
    assert taken == [300, 1400, 1700]


def test_sentences_do_not_count_their_padding() -> None:
    reader, tokens = gpt.new_reader(), make_sentences(3, seed=1).tokens
    longer = F.pad(tokens, (0, 9))
    assert gpt.sentence_loss(reader, longer).item() == pytest.approx(
        gpt.sentence_loss(reader, tokens).item(), abs=1e-5
    )
