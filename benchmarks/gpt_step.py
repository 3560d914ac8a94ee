"""How fast a GPT learns and writes: a training step and tokens per second, ours beside its peers.

    python benchmarks/gpt_step.py [--rounds 10] [--threads 1] [--new 256]

**A step** is forward, cross-entropy, backward and AdamW (fused) on one batch of windows. All have
the same vocabulary, window, width, depth, heads, learnt positions, tied weights and no dropout.

**Writing** is greedy, one text, from a prompt of one token to a full window, each with its own
cache of keys and values (minGPT has none).

The peers take turns, so that whatever else the machine does hits all alike; ratios are taken within
a turn. The first lines check that all write the same text from the same weights.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch
from _table import Table
from torch import Tensor, nn
from torch.nn import functional as F
from training_loop import busy, load, spread

from mmtutor import gpt
from mmtutor.training import seed_everything

TOKENS, WINDOW, WIDTH, DEPTH, HEADS, BATCH = 103, 256, 128, 4, 4, 4
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


# ── The peers ─────────────────────────────────────────────────────────────────────────────────────


class MinBlock(nn.Module):
    """A block in the manner of minGPT: one projection for all three, attention in the open."""

    def __init__(self) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.c_attn, self.c_proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.c_fc, self.out = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.register_buffer("bias", torch.tril(torch.ones(WINDOW, WINDOW)))

    def forward(self, x: Tensor) -> Tensor:
        """Attend, think."""
        length = x.shape[1]
        parts = self.c_attn(self.ln_1(x)).split(WIDTH, dim=2)
        q, k, v = (part.unflatten(2, (HEADS, -1)).transpose(1, 2) for part in parts)
        scores = (q @ k.transpose(-2, -1)) * (WIDTH // HEADS) ** -0.5
        scores = scores.masked_fill(self.bias[:length, :length] == 0, float("-inf"))
        gathered = (F.softmax(scores, dim=-1) @ v).transpose(1, 2).flatten(2)
        x = x + self.c_proj(gathered)
        return x + self.out(F.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))


class MinGPT(nn.Module):
    """A GPT in the manner of Karpathy's minGPT; tied weights, as the others have them."""

    def __init__(self) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(TOKENS, WIDTH), nn.Embedding(WINDOW, WIDTH)
        self.blocks = nn.Sequential(*(MinBlock() for _ in range(DEPTH)))
        self.ln_f = nn.LayerNorm(WIDTH)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the logits."""
        places = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.blocks(self.wte(tokens) + self.wpe(places))
        return F.linear(self.ln_f(x), self.wte.weight)


def theirs() -> nn.Module:
    """Return transformers' GPT-2, with PyTorch's fused attention."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=TOKENS,
        n_positions=WINDOW,
        n_embd=WIDTH,
        n_layer=DEPTH,
        n_head=HEADS,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=0,
        eos_token_id=None,
        pad_token_id=0,
        attn_implementation="sdpa",
    )
    return GPT2LMHeadModel(config)


def as_min(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return GPT-2's weights under the names of `MinGPT`."""
    ours = {}
    for name, tensor in weights.items():
        if name == "lm_head.weight":
            continue
        if name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight")):
            tensor = tensor.T
        for old, new in (
            ("transformer.h.", "blocks."),
            ("transformer.", ""),
            ("mlp.c_proj", "out"),
            ("mlp.", ""),
            ("attn.c", "c"),
        ):
            name = name.replace(old, new)
        ours[name] = tensor
    return ours


def build() -> dict[str, nn.Module]:
    """Return all three, with the same weights."""
    seed_everything(0)
    models = {
        "mmtutor": gpt.GPT(TOKENS, WINDOW, WIDTH, DEPTH, HEADS),
        "minGPT": MinGPT(),
        "transformers": theirs(),
    }
    weights = models["transformers"].state_dict()
    models["mmtutor"].load_state_dict(gpt.from_transformers(weights))
    models["minGPT"].load_state_dict(as_min(weights), strict=False)  # the masks stay
    return {name: model.to(DEVICE) for name, model in models.items()}


def logits_of(model: nn.Module, tokens: Tensor) -> Tensor:
    """Return the logits, whatever the model calls them."""
    said = model(tokens)
    return getattr(said, "logits", said)


# ── Measuring ─────────────────────────────────────────────────────────────────────────────────────


def make_step(model: nn.Module) -> Callable[[], float]:
    """Return a function that takes one training step and returns its milliseconds."""
    tokens = torch.randint(TOKENS, (BATCH, WINDOW), device=DEVICE)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4, fused=True)

    def step() -> float:
        start = time.perf_counter()
        loss = gpt.next_token_loss(logits_of(model, tokens), tokens)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()  # waits for a GPU
        return 1000 * (time.perf_counter() - start)

    return step


@torch.no_grad()
def write(name: str, model: nn.Module, prompt: Tensor, new: int, cache: bool = True) -> Tensor:
    """Continue a prompt greedily with each package's own means."""
    if name == "mmtutor":
        return gpt.generate(model, prompt, new, temperature=0, cache=cache)
    if name == "transformers":
        options = {"max_new_tokens": new, "do_sample": False, "use_cache": cache}
        return model.generate(prompt, attention_mask=torch.ones_like(prompt), **options)
    for _ in range(new):  # as minGPT's own `generate`: all that was written is read again
        following = logits_of(model, prompt)[:, -1].argmax(dim=-1, keepdim=True)
        prompt = torch.cat([prompt, following], dim=1)
    return prompt


def in_turn(takes: dict[str, Callable[[], float]], turns: int) -> dict[str, list[float]]:
    """Call each in turn; who begins changes."""
    names, taken = list(takes), {name: [] for name in takes}
    for name in names:
        takes[name]()  # not timed: memory and caches fill
    for turn in range(turns):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            taken[name].append(takes[name]())
    return taken


def tokens_per_second(
    name: str, model: nn.Module, new: int, cache: bool = True
) -> Callable[[], float]:
    """Return a function that writes once and returns tokens per second."""
    prompt = torch.zeros(1, 1, dtype=torch.long, device=DEVICE)

    def take() -> float:
        start = time.perf_counter()
        write(name, model, prompt, new, cache)
        return new / (time.perf_counter() - start)

    return take


def table(title: str, unit: str, taken: dict[str, list[float]], best: str) -> Table:
    """Return medians and ratios to `best`, taken within a turn."""
    found = Table(title, unit, f"to {best}")
    for name, numbers in taken.items():
        ratios = [mine / theirs for mine, theirs in zip(numbers, taken[best], strict=True)]
        found.add_row(name, spread(numbers, 1), spread(ratios))
    return found


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10, help="turns of every peer")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch, for all peers")
    parser.add_argument("--new", type=int, default=WINDOW - 1, help="tokens to write")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    print(f"torch {torch.__version__} on {DEVICE}, {chosen.threads} threads, {load()}")
    models = build()
    prompt = torch.zeros(1, 1, dtype=torch.long, device=DEVICE)
    texts = [write(name, model.eval(), prompt, 40) for name, model in models.items()]
    print("all write the same:", all(torch.equal(text, texts[0]) for text in texts))
    writers = {
        f"{name}, cache": tokens_per_second(name, models[name], chosen.new)
        for name in ("mmtutor", "transformers")
    }
    writers |= {
        f"{name}, no cache": tokens_per_second(name, model, chosen.new, cache=False)
        for name, model in models.items()
    }
    taken = in_turn(writers, max(2, chosen.rounds // 4))
    print(table("writing", "tokens/s", taken, "transformers, cache"))
    steps = {name: make_step(model.train()) for name, model in models.items()}
    taken = in_turn(steps, chosen.rounds)
    best = min(set(models) - {"mmtutor"}, key=lambda name: median(taken[name]))
    print(table("a training step", "ms", taken, best))
    print(busy())


if __name__ == "__main__":
    main()
