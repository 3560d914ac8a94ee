"""Count what is trained in four ways of transfer. Traps: biases, both factors, all blocks."""

from functools import partial
from itertools import accumulate

from torch import Tensor

from mmtutor.checks.engine.exercise import Case, Mistake, Predict, Property
from mmtutor.checks.engine.places import each_alone_or_together

WIDTH, INNER, BLOCKS, CLASSES = 384, 1536, 6, 8
RANK, ALPHA, NECK = 8, 32, 24
"""A text tower of MiniLM's sizes; the rank and α of LoRA; the bottleneck of an adapter."""
LAYER_NORMS = 2 * 2 * WIDTH
PROBE = WIDTH * CLASSES + CLASSES
PAIR = RANK * WIDTH + WIDTH * RANK
"""The two factors beside one matrix."""
ADAPTER = WIDTH * NECK + NECK + NECK * WIDTH + WIDTH


def block(bias: int = 1, squares: int = 4, inner: int = 2, norms: int = LAYER_NORMS) -> int:
    """Count a block: so many square matrices, so many of the two of its inner layer, the norms."""
    attention = squares * (WIDTH * WIDTH + bias * WIDTH)
    wide = (0, WIDTH * INNER + bias * INNER, 2 * WIDTH * INNER + bias * (INNER + WIDTH))[inner]
    return attention + wide + norms


def right() -> list[float]:
    """Count the four."""
    return [float(n) for n in (PROBE, BLOCKS * 2 * PAIR, BLOCKS * ADAPTER, block())]


def is_right(place: int, case: Case, answer: Tensor) -> bool:
    """Say whether one of the numbers is right."""
    return float(answer.flatten()[place]) == right()[place]


def is_exact(case: Case, answer: Tensor) -> bool:
    """Say whether numbers that are nearly right are more than rounded ones."""
    pairs = list(zip(answer.flatten().tolist(), right(), strict=True))
    near = all(abs(mine / its - 1) < 0.01 for mine, its in pairs)
    rounded = all(mine == its or is_rounded(mine, its) for mine, its in pairs)
    return not near or not rounded or answer.flatten().tolist() == right()


def is_rounded(mine: float, its: float) -> bool:
    """Say whether a number is another one whose last digits are 0, up or down."""
    return any(abs(mine - its) < 10**k and mine % 10**k == 0 for k in range(1, 6))


def at(name: str, value: int, hint: str) -> Mistake:
    """Return a wrong number and what to say of it."""
    return Mistake(name, hint, value=lambda: float(value))


FIRST = (
    at("probe_no_bias", WIDTH * CLASSES, "Number 1: and the bias of each class?"),
    at("probe_bias_of_width", WIDTH * CLASSES + WIDTH, "Number 1: a bias belongs to each *class*."),
    at("probe_one_bias", WIDTH * CLASSES + 1, "Number 1: how many biases have eight classes?"),
    at("probe_inner", INNER * CLASSES + CLASSES, "Number 1: how long is the vector of a text?"),
    at("probe_width", WIDTH, "Number 1: each class has a row of weights of its own."),
    at("probe_sum", WIDTH + CLASSES, "Number 1: a matrix has width *times* classes numbers."),
)
SECOND = (
    at(
        "lora_half",
        BLOCKS * PAIR,
        "Number 2 is half of it: in each block two matrices get a detour (queries, values), and "
        "each detour has two factors, A and B.",
    ),
    at("lora_one_block", 2 * PAIR, "Number 2 is that of one block. How many are there?"),
    at("lora_one_pair", PAIR, "Number 2 is one detour. How many matrices get one?"),
    at(
        "lora_full",
        BLOCKS * 2 * WIDTH * WIDTH,
        "Number 2 counts the matrices themselves: they are frozen. How large are A and B?",
    ),
    at(
        "lora_alpha",
        BLOCKS * 2 * 2 * ALPHA * WIDTH,
        "Number 2 is too large by α/r: α changes what the detour gives, not how many numbers it "
        "has.",
    ),
    at(
        "lora_qkv",
        BLOCKS * 3 * PAIR,
        "Number 2: only queries and values get a detour, not keys.",
    ),
    at(
        "lora_everywhere",
        BLOCKS * (4 * PAIR + 2 * RANK * (WIDTH + INNER)),
        "Number 2: only queries and values get a detour, not all six layers of a block.",
    ),
    at(
        "lora_with_full",
        BLOCKS * 2 * (PAIR + WIDTH * WIDTH),
        "Number 2 has the matrices themselves in it: they are frozen.",
    ),
    at(
        "lora_four",
        BLOCKS * 4 * PAIR,
        "Number 2 is twice as much as it should be: only two of the four matrices get a detour, of "
        "one A and one B.",
    ),
    at(
        "lora_biased",
        BLOCKS * 2 * (PAIR + WIDTH),
        "Number 2: the detours have no bias.",
    ),
    at(
        "lora_biased_both",
        BLOCKS * 2 * (PAIR + WIDTH + RANK),
        "Number 2: the two factors have no biases.",
    ),
    at(
        "lora_with_probe",
        BLOCKS * 2 * PAIR + PROBE,
        "Number 2 has the probe in it. The card leaves the classifier out.",
    ),
    at("lora_small", BLOCKS * 2 * RANK * RANK, "Number 2: A is (rank, width), not (rank, rank)."),
)
THIRD = (
    at(
        "adapter_no_bias",
        BLOCKS * 2 * WIDTH * NECK,
        "Number 3: both layers of an adapter have a bias.",
    ),
    at(
        "adapter_down_biased",
        BLOCKS * (2 * WIDTH * NECK + NECK),
        "Number 3: the way up has a bias, too, as wide as the tower.",
    ),
    at(
        "adapter_up_biased",
        BLOCKS * (2 * WIDTH * NECK + WIDTH),
        "Number 3: the way down has a bias, too, one for each number of the bottleneck.",
    ),
    at("adapter_one_block", ADAPTER, "Number 3 is that of one block. How many are there?"),
    at(
        "adapter_half",
        BLOCKS * (WIDTH * NECK + NECK),
        "Number 3 is the way down alone. How does it come up again?",
    ),
    at(
        "adapter_half_up",
        BLOCKS * (WIDTH * NECK + WIDTH),
        "Number 3 is one of the two ways, or its bias is that of the other.",
    ),
    at(
        "adapter_two",
        BLOCKS * 2 * ADAPTER,
        "Number 3: the card has *one* adapter in each block.",
    ),
    at(
        "adapter_inner",
        BLOCKS * (2 * INNER * NECK + NECK + INNER),
        "Number 3: an adapter begins and ends at the tower's width, not at the inner one.",
    ),
    at(
        "adapter_with_probe",
        BLOCKS * ADAPTER + PROBE,
        "Number 3 has the probe in it. The card leaves the classifier out.",
    ),
    at(
        "adapter_double_up",
        BLOCKS * (2 * WIDTH * NECK + 2 * WIDTH),
        "Number 3: the bias on the way down is as long as the bottleneck.",
    ),
    at(
        "adapter_double_down",
        BLOCKS * (2 * WIDTH * NECK + 2 * NECK),
        "Number 3: the bias on the way up is as long as the width.",
    ),
)
LAST = (
    at(
        "block_no_bias_no_norm",
        block(bias=0, norms=0),
        "Number 4: biases and layer norms are missing, or it is rounded: exactly is asked for.",
    ),
    at("block_no_bias", block(bias=0), "Number 4: each of the six layers has a bias."),
    at(
        "block_no_norm",
        block(norms=0),
        "Number 4: either the layer norms are missing, or biases are: those of attention, or that "
        "of the layer 384 → 1,536.",
    ),
    at(
        "block_no_inner_bias",
        block() - INNER - WIDTH,
        "Number 4: the two layers of the inner part have biases, too.",
    ),
    at(
        "block_one_bias",
        block() - WIDTH,
        "Number 4: a bias of the width is missing, or a row of a layer norm.",
    ),
    at(
        "block_half_norms",
        block(norms=LAYER_NORMS // 2),
        "Number 4 has half of the layer norms' numbers (or two biases too few): there are two "
        "layer norms, and each has a weight *and* a bias.",
    ),
    at(
        "block_quarter_norms",
        block(norms=WIDTH),
        "Number 4: either of the two layer norms, each of two rows, only one row is counted, or "
        "the bias of the layer 384 → 1,536 is as long as those of the others.",
    ),
    at("block_three", block(squares=3), "Number 4: after the heads comes one more matrix."),
    at(
        "block_three_bare",
        block(squares=3, norms=0),
        "Number 4: after the heads comes one more matrix, and the layer norms are missing.",
    ),
    at("block_attention", block(inner=0, norms=0), "Number 4 is the attention alone."),
    at("block_attention_norms", block(inner=0), "Number 4 has no inner layer: 384 → 1,536 → 384."),
    at("block_inner", block(squares=0, norms=0), "Number 4 is the inner layer alone."),
    at("block_one_way", block(inner=1), "Number 4: the inner layer has a way back, too."),
    at("block_all", BLOCKS * block(), "Number 4: only the *last* block is trained."),
    at(
        "block_with_probe",
        block() + PROBE,
        "Number 4 has the probe in it. The card leaves the classifier out.",
    ),
)


WHOLE = (
    Mistake(
        "all_added",
        "You add them up: each number has those before in it. Each way of transfer stands for "
        "itself.",
        value=lambda: [float(n) for n in accumulate(right())],
    ),
    Mistake(
        "all_bytes",
        "Those are bytes, four for each. How many *numbers* are trained?",
        value=lambda: [4 * n for n in right()],
    ),
    Mistake(
        "all_millions",
        "Those are millions. All four can be given to the last digit.",
        value=lambda: [n / 1e6 for n in right()],
    ),
    Mistake(
        "all_thousands",
        "Those are thousands. All four can be given to the last digit.",
        value=lambda: [n / 1e3 for n in right()],
    ),
    Mistake(
        "all_biases",
        "All biases are missing.",
        value=lambda: [
            WIDTH * CLASSES,
            BLOCKS * 2 * PAIR,
            BLOCKS * 2 * WIDTH * NECK,
            block(bias=0),
        ],
    ),
    Mistake(
        "all_biases_and_norms",
        "All biases are missing, and the layer norms.",
        value=lambda: [
            WIDTH * CLASSES,
            BLOCKS * 2 * PAIR,
            BLOCKS * 2 * WIDTH * NECK,
            block(bias=0, norms=0),
        ],
    ),
    Mistake(
        "all_one_block",
        "Numbers 2 and 3 are those of one block. How many are there?",
        value=lambda: [PROBE, 2 * PAIR, ADAPTER, block()],
    ),
    Mistake(
        "all_with_probe",
        "The probe is in all of them. The card leaves the classifier out from number 2 on.",
        value=lambda: [PROBE, BLOCKS * 2 * PAIR + PROBE, BLOCKS * ADAPTER + PROBE, block() + PROBE],
    ),
)
MISTAKES = each_alone_or_together(
    right, list(FIRST), list(SECOND), list(THIRD), list(LAST), whole=WHOLE, at_most=2
)
OFF = (
    "Number 1 is off. A linear layer from a text's vector to the classes: how many weights has it, "
    "and how many biases?",
    "Number 2 is off. How large are the two factors beside one matrix, how many matrices of a "
    "block get them, and how many blocks are there?",
    "Number 3 is off. A layer from the width down to the bottleneck and one up again, each with "
    "its bias, in every block.",
    "Number 4 is off. Four layers of attention, two of the inner part, each with a bias, and two "
    "layer norms: in one block.",
)


COUNTED = Predict(
    id="transfer.counted",
    title="How much is trained?",
    difficulty=1,
    minutes=10,
    hints=(
        "Write down the shape of every matrix and every bias that is trained. A product for each "
        "matrix, one length for each bias.",
        "probe: width · classes + classes. LoRA, beside one matrix: r · width + width · r. "
        "Adapter: width · m + m + m · width + width. A linear layer from a to b: a · b + b.",
        "Six blocks have 6 · 2 detours and 6 adapters. The last block: four layers 384 → 384, one "
        "384 → 1,536, one 1,536 → 384, two layer norms of 2 · 384.",
        "probe = 384 * 8 + ...\nlora = 6 * 2 * (8 * 384 + ...)\n"
        "adapter = 6 * (384 * 24 + ... + 24 * 384 + ...)\n"
        "block = 4 * (384 * 384 + ...) + (384 * 1536 + ...) + (...) + 2 * ...",
    ),
    truth=right,
    tolerance=1e-7,
    mistakes=MISTAKES,
    properties=(
        Property("Those are rounded. All four can be given to the last digit.", is_exact),
        *(Property(sentence, partial(is_right, n)) for n, sentence in enumerate(OFF)),
    ),
)
