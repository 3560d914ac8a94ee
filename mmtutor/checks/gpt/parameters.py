"""Count the parameters of a small GPT. Traps: the tied head twice, positions, biases, norms."""

from collections import Counter
from itertools import combinations

from mmtutor.checks.engine.exercise import Mistake, Predict, Property

VOCABULARY, WINDOW, WIDTH, HIDDEN, BLOCKS, HEADS = 500, 64, 32, 128, 3, 4


def parameters(wrong: frozenset[str] = frozenset()) -> int:
    """Return how many numbers the GPT of the card learns."""
    bias = 0 if "no_biases" in wrong else 1
    embedding = 0 if "no_embedding" in wrong else VOCABULARY * WIDTH
    places = 0 if "no_positions" in wrong else WINDOW * WIDTH
    head = VOCABULARY * WIDTH if "head_twice" in wrong else 0
    head += VOCABULARY if "head_bias" in wrong else 0
    last = 0 if {"no_last_norm", "no_norms"} & wrong else 2 * WIDTH
    last = WIDTH if "scales_only" in wrong else last
    blocks = 1 if "one_block" in wrong else BLOCKS
    return embedding + places + head + last + blocks * block(bias, wrong)


def block(bias: int, wrong: frozenset[str]) -> int:
    """Return how many numbers one block learns."""
    maps = 3 if "no_projection" in wrong else 4
    biased = {"attention_no_bias": 0, "three_no_bias": 1}
    biases = next((many for name, many in biased.items() if name in wrong), maps * bias)
    attention = maps * WIDTH * WIDTH + biases * WIDTH
    if "by_heads" in wrong:
        attention *= HEADS
    if "full_heads" in wrong:
        attention = (3 * HEADS + 1) * WIDTH * (WIDTH + 1)
    if "full_heads_back" in wrong:
        attention += (HEADS - 1) * WIDTH * (3 * (WIDTH + 1) + WIDTH)
    if "one_head" in wrong:
        part = WIDTH // HEADS
        attention = 3 * (WIDTH + 1) * part + (part + 1) * WIDTH
    bias = 0 if "hidden_no_bias" in wrong else bias
    hidden = WIDTH * HIDDEN + HIDDEN * WIDTH + bias * (HIDDEN + WIDTH)
    if "half_feed_forward" in wrong:
        hidden = WIDTH * HIDDEN + bias * HIDDEN
    if "no_feed_forward" in wrong:
        hidden = 0
    norms = 1 if "one_norm" in wrong else 0 if "no_norms" in wrong else 2
    return attention + hidden + norms * (WIDTH if "scales_only" in wrong else 2 * WIDTH)


SLIPS = {
    "head_twice": "the tied output layer is counted again, as a matrix of its own",
    "head_bias": "the output layer gets a bias",
    "no_positions": "the learnt positions are missing",
    "no_embedding": "the embedding is missing (tied, it counts once and not never)",
    "no_biases": "all biases of the linear maps are missing",
    "attention_no_bias": "the biases of the attention's maps (or the blocks' norms) are missing",
    "three_no_bias": "the maps to queries, keys and values have no biases",
    "hidden_no_bias": "the feed-forward maps have no biases",
    "no_last_norm": "the layer norm after the last block is missing",
    "no_norms": "all layer norms are missing",
    "one_norm": "each block has only one layer norm",
    "scales_only": "the layer norms have scales and no shifts (or the number was rounded)",
    "no_projection": "the attention's map from the heads back to the width is missing",
    "by_heads": "the attention is multiplied by the heads, which only share out the width",
    "full_heads": "each head makes queries, keys and values of the whole width",
    "full_heads_back": "each head has the whole width, and the map back joins all of them",
    "one_head": "a single head of width 8 is counted, and there are four of them",
    "half_feed_forward": "the feed-forward part goes there and not back",
    "no_feed_forward": "the feed-forward parts are missing",
    "one_block": "there is a single block",
}
"""What each slip looks like, in words that follow "as if"."""
EXCLUSIVE = (
    {
        *("no_biases", "attention_no_bias", "three_no_bias", "by_heads", "no_projection"),
        *("full_heads", "full_heads_back", "one_head"),
    },
    {"no_biases", "hidden_no_bias", "half_feed_forward", "no_feed_forward"},
    {"no_last_norm", "no_norms", "one_norm", "scales_only"},
    {"head_twice", "no_embedding"},
)
"""Slips that are never made together."""


def sentence(slips: tuple[str, ...]) -> str:
    """Say what the slips look like."""
    return f"It looks as if {', and '.join(SLIPS[slip] for slip in slips)}. Is it so on the card?"


def alike(slips: tuple[str, ...]) -> bool:
    """Say whether two slips exclude each other."""
    return any(len(set(slips) & one) > 1 for one in EXCLUSIVE)


def count_with(slips: tuple[str, ...]) -> float:
    """Return how many numbers the GPT seems to learn."""
    return float(parameters(frozenset(slips)))


def totals() -> dict[str, float]:
    """Return numbers that people stop at."""
    rule, tables = 12 * WIDTH**2 * BLOCKS, (VOCABULARY + WINDOW) * WIDTH
    one = block(1, frozenset())
    named = {
        "rule_of_thumb": rule,
        "rule_of_thumb_and_embedding": rule + VOCABULARY * WIDTH,
        "rule_of_thumb_and_tables": rule + tables,
        "blocks": BLOCKS * one,
        "block": one,
        "tables": tables,
        "thousands": parameters() / 1000,
    }
    return {name: float(total) for name, total in named.items()}


def slips() -> list[tuple[str, ...]]:
    """Return single slips, and those pairs to which nothing else leads."""
    single = [(name,) for name in SLIPS]
    pairs = [pair for pair in combinations(SLIPS, 2) if not alike(pair)]
    taken = Counter([*map(count_with, [*single, *pairs]), float(parameters()), *totals().values()])
    return [*single, *(pair for pair in pairs if taken[count_with(pair)] == 1)]


PARAMETERS = Predict(
    id="gpt.parameters",
    title="How many parameters has this GPT?",
    difficulty=1,
    minutes=10,
    hints=(
        "Make a list: embedding, positions, one block, the last layer norm, the head. Which of "
        "them shares its matrix with another?",
        "A linear map from a to b has a·b + b numbers with its bias; a layer norm of width d has "
        "2d. A block: two norms, four maps d → d, one d → 4d and one 4d → d.",
        "Embedding (500, 32), positions (64, 32); attention: 4 maps (32, 32), whatever the number "
        "of heads; feed-forward: (32, 128) and (128, 32).",
        "block = 2 * 64 + 4 * (32 * 32 + ...) + (32 * 128 + ...) + (128 * 32 + ...)\n"
        "answer = 500 * 32 + 64 * ... + 3 * block + ...",
    ),
    truth=lambda: float(parameters()),
    tolerance=1e-9,
    mistakes=(
        *(
            Mistake("+".join(some), sentence(some), value=lambda some=some: count_with(some))
            for some in slips()
        ),
        Mistake(
            "rule_of_thumb",
            "That is the rule of thumb, 12 · width² for each block, and only the blocks. The exact "
            "number has more: embedding, positions, biases, norms.",
            value=lambda: totals()["rule_of_thumb"],
        ),
        Mistake(
            "rule_of_thumb_and_embedding",
            "That is the rule of thumb, 12 · width² for each block, with the embedding. Positions, "
            "biases and norms are missing.",
            value=lambda: totals()["rule_of_thumb_and_embedding"],
        ),
        Mistake(
            "rule_of_thumb_and_tables",
            "That is the rule of thumb, 12 · width² for each block, with embedding and positions. "
            "Biases and norms are missing.",
            value=lambda: totals()["rule_of_thumb_and_tables"],
        ),
        Mistake(
            "blocks",
            "So many are in the blocks. What comes before and after them?",
            value=lambda: totals()["blocks"],
        ),
        Mistake(
            "block",
            "So many are in one block. How many blocks are there, and what comes before and after?",
            value=lambda: totals()["block"],
        ),
        Mistake(
            "tables",
            "Those are embedding and positions. What do the blocks add?",
            value=lambda: totals()["tables"],
        ),
        Mistake(
            "thousands",
            "That looks like thousands. Give the number itself.",
            value=lambda: totals()["thousands"],
        ),
    ),
    properties=(
        Property(
            "A number of parameters is a whole number.",
            lambda case, answer: bool((answer == answer.round()).all()),
        ),
        Property(
            "The embedding alone has 500 · 32 numbers; yours is less in all.",
            lambda case, answer: answer.item() >= VOCABULARY * WIDTH,
        ),
        Property(
            "That is more than if the output layer had a matrix of its own. Which part do you "
            "count twice, or with too large a matrix?",
            lambda case, answer: answer.item() <= parameters(frozenset({"head_twice"})),
        ),
        Property(
            "Very near: less than one in a hundred is missing or too much. That is a bias or a "
            "layer norm: go through the small parts once more.",
            lambda case, answer: not 0 < abs(answer.item() / parameters() - 1) < 0.01,
        ),
    ),
)
