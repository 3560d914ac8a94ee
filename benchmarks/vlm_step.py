"""What a vision–language model costs: a training step and a written token, ours beside LLaVA's.

    python benchmarks/vlm_step.py [--size lesson|small] [--rounds 20] [--threads 1] [--new 32]

Beside ours stands transformers' `LlavaForConditionalGeneration` of the same numbers: a Vision
Transformer, two layers between, and a GPT-2, with PyTorch's fused attention in both. All start from
the same weights; the first lines check that they give the same loss and write the same tokens.

**A step** is the frozen tower on a batch of pictures, the projector and the language model forward,
the loss on the model's words alone, backward and AdamW (fused). A third row is ours as lesson 15
trains it: the tower's patches were computed before.

**Writing** is greedy, one text about one picture, with a cache of keys and values. LLaVA writes by
its own `generate`, and in a bare loop that does nothing but call the model.

The peers take turns, so that whatever else the machine does hits all alike; ratios are taken within
a turn.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import torch
from gpt_step import in_turn, table
from torch import Tensor, nn
from training_loop import busy, load

from mmtutor import vqa
from mmtutor.datasets.asking import END, IMAGE_TOKEN, MODEL_TOKEN, USER_TOKEN, WORDS
from mmtutor.gpt import GPT
from mmtutor.training import seed_everything
from mmtutor.vit import VisionTransformer

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
ASKED, SAID = 8, 4
"""Words of a question and of an answer."""
TURNS = 2
"""Questions of a conversation."""


class Size(NamedTuple):
    """A tower, a language model and their batch; each patch is one token."""

    side: int
    patch: int
    width: int
    depth: int
    heads: int
    batch: int

    @property
    def places(self) -> int:
        """Tokens of a picture."""
        return (self.side // self.patch) ** 2


SIZES = {
    "lesson": Size(side=64, patch=8, width=64, depth=4, heads=4, batch=32),
    "small": Size(side=128, patch=16, width=256, depth=6, heads=8, batch=8),
}
WINDOW = 128

Step = Callable[[], Tensor]


# ── The peers ─────────────────────────────────────────────────────────────────────────────────────


def llava(size: Size) -> nn.Module:
    """Return transformers' model, with random weights."""
    from transformers import GPT2Config, LlavaConfig, LlavaForConditionalGeneration, ViTConfig

    class Tied(LlavaForConditionalGeneration):
        """It looks for the table of words where GPT-2 has none: tied by hand below."""

        _tied_weights_keys = {}  # noqa: RUF012 - as transformers has it

    none = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    signs = {"bos_token_id": 0, "eos_token_id": END, "pad_token_id": 0}
    words = GPT2Config(
        vocab_size=len(WORDS),
        n_positions=WINDOW,
        n_embd=size.width,
        n_layer=size.depth,
        n_head=size.heads,
        **none,
        **signs,
    )
    sight = ViTConfig(
        hidden_size=size.width,
        num_hidden_layers=size.depth,
        num_attention_heads=size.heads,
        intermediate_size=4 * size.width,
        image_size=size.side,
        patch_size=size.patch,
    )
    config = LlavaConfig(
        vision_config=sight.to_dict(),
        text_config=words.to_dict(),
        image_token_index=IMAGE_TOKEN,
        vision_feature_layer=-1,
        tie_word_embeddings=False,
        attn_implementation="sdpa",
    )
    model = Tied(config)
    model.lm_head.weight = model.model.language_model.wte.weight
    with torch.no_grad():
        model.lm_head.weight[END] = 0.0  # no answer ends before it is as long as it has to be
    model.model.vision_tower.requires_grad_(False)
    return model


def ours_like(theirs: nn.Module, size: Size) -> vqa.VisionLanguageModel:
    """Return this course's model with LLaVA's weights."""
    shape = (size.side, size.patch, 3, size.width, size.depth, size.heads)
    tower = vqa.PatchesAlone(VisionTransformer(*shape))
    for block in tower.transformer.blocks:
        block.attention_norm.eps = block.network_norm.eps = 1e-12
    language = GPT(len(WORDS), WINDOW, size.width, size.depth, size.heads)
    projector = vqa.Projector(size.width, size.width, pool=1)
    model = vqa.VisionLanguageModel(tower, projector, language)
    model.load_state_dict(vqa.from_llava(theirs.state_dict()))
    return model


# ── A step ────────────────────────────────────────────────────────────────────────────────────────


def random_batch(size: Size) -> tuple[Tensor, Tensor]:
    """Return pictures, and conversations about them."""
    seed_everything(0)
    pictures = torch.rand(size.batch, 3, size.side, size.side)
    tokens = torch.randint(END + 1, len(WORDS), (size.batch, TURNS, ASKED + SAID + 3))
    tokens[:, :, 0], tokens[:, :, ASKED + 1], tokens[:, :, -1] = USER_TOKEN, MODEL_TOKEN, END
    places = torch.full((size.batch, size.places), IMAGE_TOKEN)
    return pictures.to(DEVICE), torch.cat([places, tokens.flatten(1)], dim=1).to(DEVICE)


def losses(ours: nn.Module, theirs: nn.Module, size: Size) -> dict[str, Step]:
    """Return what each computes of the same batch."""
    pictures, tokens = random_batch(size)
    labels, ones = vqa.labels_of(tokens), torch.ones_like(tokens)
    with torch.no_grad():
        known = ours.tower(pictures)

    def our_loss() -> Tensor:
        with torch.no_grad():
            patches = ours.tower(pictures)
        return vqa.conversation_loss(ours, patches, tokens)

    def their_loss() -> Tensor:
        said = theirs(input_ids=tokens, pixel_values=pictures, attention_mask=ones, labels=labels)
        return said.loss

    return {
        "mmtutor": our_loss,
        "mmtutor, patches known": lambda: vqa.conversation_loss(ours, known, tokens),
        "transformers": their_loss,
    }


def make_step(model: nn.Module, loss_of: Step) -> Callable[[], float]:
    """Return a function that takes one training step and returns its milliseconds."""
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learning, 1e-5, fused=True)

    def step() -> float:
        start = time.perf_counter()
        loss = loss_of()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()  # waits for a GPU
        return 1000 * (time.perf_counter() - start)

    return step


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────


def writers(
    ours: nn.Module, theirs: nn.Module, size: Size, new: int
) -> dict[str, Callable[[], list[str]]]:
    """Return, for each way to write, a function that answers one question about one picture."""
    pictures, tokens = random_batch(size)
    picture, prompt = pictures[:1], tokens[:1, : size.places + ASKED + 2]
    given = {"input_ids": prompt, "pixel_values": picture}
    given["attention_mask"] = torch.ones_like(prompt)

    def we() -> list[str]:
        return vqa.go_on(ours, ours.tower(picture), prompt, new)

    def they() -> list[str]:
        said = theirs.generate(**given, max_new_tokens=new, do_sample=False)
        return vqa.decode(said[:, prompt.shape[1] :])

    def in_a_loop() -> list[str]:
        answer = theirs(**given, use_cache=True, logits_to_keep=1)
        said = [answer.logits[:, -1].argmax(dim=1, keepdim=True)]
        while len(said) < new:
            kept = answer.past_key_values
            answer = theirs(input_ids=said[-1], past_key_values=kept, use_cache=True)
            said.append(answer.logits[:, -1].argmax(dim=1, keepdim=True))
        return vqa.decode(torch.cat(said, dim=1))

    return {"mmtutor": we, "transformers, generate": they, "transformers, bare loop": in_a_loop}


def per_token(write: Callable[[], list[str]], new: int) -> Callable[[], float]:
    """Return a function that writes once and returns milliseconds a token."""

    @torch.no_grad()
    def take() -> float:
        start = time.perf_counter()
        write()
        return 1000 * (time.perf_counter() - start) / new

    return take


# ── Measuring ─────────────────────────────────────────────────────────────────────────────────────


def alike(ours: nn.Module, theirs: nn.Module, size: Size, new: int) -> tuple[float, bool]:
    """Return by how much the losses differ at most, and whether all write the same."""
    with torch.no_grad():
        found = [loss_of().item() for loss_of in losses(ours, theirs, size).values()]
        texts = [write() for write in writers(ours, theirs, size, new).values()]
    return max(found) - min(found), all(text == texts[0] for text in texts)


def fastest(taken: dict[str, list[float]]) -> str:
    """Return which of transformers' rows is the fastest."""
    theirs = [name for name in taken if name.startswith("transformers")]
    return min(theirs, key=lambda name: median(taken[name]))


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="lesson")
    parser.add_argument("--rounds", type=int, default=20, help="turns of every peer")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch, for all peers")
    parser.add_argument("--new", type=int, default=32, help="tokens to write")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    print(f"torch {torch.__version__} on {DEVICE}, {chosen.threads} threads, {load()}")
    size = SIZES[chosen.size]
    seed_everything(0)
    theirs = llava(size).to(DEVICE).eval()
    ours = ours_like(theirs, size).to(DEVICE).eval()
    away, same = alike(ours, theirs, size, chosen.new)
    print(f"losses differ by {away:.1e}; all write the same: {same}")
    writing = writers(ours, theirs, size, chosen.new)
    timed = {name: per_token(write, chosen.new) for name, write in writing.items()}
    taken = in_turn(timed, chosen.rounds)
    print(table(f"{chosen.size}: writing", "ms a token", taken, fastest(taken)))
    models = {"mmtutor": ours.train(), "transformers": theirs.train()}
    steps = {
        name: make_step(models[name.split(",")[0]], loss_of)
        for name, loss_of in losses(ours, theirs, size).items()
    }
    taken = in_turn(steps, chosen.rounds)
    print(table(f"{chosen.size}: a training step", "ms", taken, fastest(taken)))
    print(busy())


if __name__ == "__main__":
    main()
