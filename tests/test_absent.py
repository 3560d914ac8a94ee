"""What is absent has no effect, whatever stands there: outputs and gradients as for zeros."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmtutor import autoencoders as ae
from mmtutor.attention import (
    FEW,
    MultiHeadAttention,
    known_cross_entropy,
    record_attention,
    reversing_loss,
    scaled_dot_product_attention,
)
from mmtutor.crossmodal import (
    PictureTokens,
    QuestionAnswerer,
    answer_loss,
    colour_loss,
    silhouettes,
)
from mmtutor.datasets.scenes import ANSWERS, IGNORED, PADDING, encode, make_scenes
from mmtutor.datasets.words import encode as encode_words
from mmtutor.fusion import modality_dropout
from mmtutor.training import seed_everything

PRESENT = torch.tensor([[True, True], [True, False], [False, True], [False, False]])


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def with_gradients(output: Tensor, *leaves: Tensor) -> list[Tensor]:
    """An output and the gradients of a weighted sum of it, with zeros where there is none."""
    weights = torch.linspace(-1, 1, output.numel()).view_as(output)
    found = torch.autograd.grad((output * weights).sum(), leaves, allow_unused=True)
    zeros = (torch.zeros_like(leaf) for leaf in leaves)
    return [output, *(z if g is None else g for g, z in zip(found, zeros, strict=True))]


class Says(nn.Module):
    """A model that says the same whatever it reads."""

    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = output

    def forward(self, *_: Tensor) -> Tensor:
        return self.output


# Each case: what stands where something is absent in, outputs and gradients out.


def two_sides(kind: type[nn.Module], training: bool, filled: float) -> list[Tensor]:
    seed_everything(0)
    model = kind((5, 3), code=4, hidden=16).train(training)
    sides = [random(4, size, seed=size) for size in (5, 3)]
    sides = [
        side.masked_fill(~there.unsqueeze(1), filled).requires_grad_()
        for side, there in zip(sides, PRESENT.T, strict=True)
    ]
    drawn = torch.cat([part.flatten() for part in model(*sides, PRESENT)])
    return with_gradients(drawn, *sides, *model.parameters())


def experts(filled: float) -> list[Tensor]:
    absent = ~PRESENT.T.unsqueeze(2)
    given = [random(2, 4, 3, seed=seed).masked_fill(absent, filled) for seed in (1, 2)]
    given = [numbers.requires_grad_() for numbers in given]
    return with_gradients(torch.cat(ae.product_of_experts(*given, PRESENT)), *given)


def dropped_modalities(filled: float) -> list[Tensor]:
    seed_everything(0)
    dropped = [side == 0 for side in modality_dropout(torch.ones(20, 4), torch.ones(20, 6), 0.8)]
    assert all(side.any() and not side.all() for side in dropped)
    given = [
        random(*gone.shape, seed=8).masked_fill(gone, filled).requires_grad_() for gone in dropped
    ]
    seed_everything(0)
    return with_gradients(torch.cat(modality_dropout(*given, 0.8), dim=1), *given)


def padded_question(filled: float) -> list[Tensor]:
    seed_everything(0)
    model = QuestionAnswerer(PictureTokens(64, 8, 3, 16), 16, 2)
    with torch.no_grad():
        model.word.weight[PADDING] = filled
    texts = encode(["what colour is the star", "star", "umbrella"], 7)
    pictures = make_scenes(3, seed=1).pictures
    return with_gradients(model(pictures, texts), *model.parameters())


def ignored_letters(filled: float) -> list[Tensor]:
    words = encode_words(["cat", "umbrella"])
    scores = random(2, 12, 27).masked_fill((words == 0).unsqueeze(2), filled).requires_grad_()
    return with_gradients(reversing_loss(Says(scores), words), scores)


def ignored_answers(filled: float) -> list[Tensor]:
    scenes = make_scenes(3, objects=(2, 3), questions=("colour",), seed=5)
    questions, answers = scenes.every_question()
    gone = answers == IGNORED
    assert gone.any() and not gone.all()
    scores = random(*answers.shape, len(ANSWERS)).masked_fill(gone.unsqueeze(-1), filled)
    scores.requires_grad_()
    return with_gradients(answer_loss(Says(scores), scenes.pictures, questions, answers), scores)


def paper(filled: float) -> list[Tensor]:
    scenes = make_scenes(3, objects=(2, 3), seed=5)
    white = F.max_pool2d(silhouettes(scenes.pictures), 8).flatten(2) == 0  # patches without ink
    assert white.any() and not white.all()
    colours = random(3, 3, 64).sigmoid().masked_fill(white, filled).requires_grad_()
    loss = colour_loss(Says(colours), scenes.pictures, scenes.captions())
    return with_gradients(loss, colours)


CASES: dict[str, Callable[[float], list[Tensor]]] = {
    "joint autoencoder": lambda filled: two_sides(ae.JointAutoencoder, True, filled),
    "joint VAE": lambda filled: two_sides(ae.JointVAE, True, filled),
    "joint VAE, evaluated": lambda filled: two_sides(ae.JointVAE, False, filled),
    "product of experts": experts,
    "dropped modalities": dropped_modalities,
    "padding of a question": padded_question,
    "padding of a reversed word": ignored_letters,
    "ignored answers": ignored_answers,
    "paper without ink": paper,
}


@pytest.mark.parametrize("filled", [math.nan, math.inf, -math.inf, 1e30, -200.0])
@pytest.mark.parametrize("name", CASES)
def test_what_is_absent_has_no_effect(name: str, filled: float) -> None:
    zeros, others = CASES[name](0.0), CASES[name](filled)
    assert all(tensor.isfinite().all() for tensor in zeros)
    assert zeros[1:] and any(tensor.any() for tensor in zeros[1:])
    for zero, other in zip(zeros, others, strict=True):
        assert torch.equal(zero, other)


@pytest.mark.parametrize("sides", [ae.FIRST, ae.SECOND])
@pytest.mark.parametrize("kind", [ae.JointAutoencoder, ae.JointVAE])
def test_a_side_that_is_hidden_may_be_anything(kind: type[nn.Module], sides) -> None:
    seed_everything(0)
    model, given = kind((5, 3), code=4, hidden=16).eval(), [random(6, 5), random(6, 3)]
    before = ae.draw(model, *given, sides)
    given[sides.index(False)].fill_(math.nan)
    assert all(map(torch.equal, before, ae.draw(model, *given, sides)))


# ------------------------------------------------------------------------ nothing is left


def test_where_all_labels_are_ignored_the_loss_is_zero_and_teaches_nothing() -> None:
    scores = random(4, 5).requires_grad_()
    loss = known_cross_entropy(scores, torch.full((4,), -1), -1)
    loss.backward()
    assert loss == 0 and scores.grad.abs().max() == 0


def test_the_loss_of_known_labels_is_the_mean_over_them() -> None:
    scores, labels = random(6, 5), torch.tensor([3, -1, 0, 4, -1, 1])
    theirs = F.cross_entropy(scores, labels, ignore_index=-1)
    assert torch.equal(known_cross_entropy(scores, labels, -1), theirs)


def test_a_question_of_padding_alone_gets_a_finite_answer() -> None:
    model = QuestionAnswerer(PictureTokens(64, 8, 3, 16), 16, 2)
    pictures, nothing = make_scenes(2, seed=1).pictures, torch.full((2, 5), PADDING)
    scores = model(pictures, nothing)
    scores.sum().backward()
    torch.testing.assert_close(scores, model.answer(torch.zeros(2, 16)))
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_a_batch_without_ink_costs_nothing() -> None:
    white, captions = torch.full((2, 3, 64, 64), 255, dtype=torch.uint8), torch.zeros(2, 1).long()
    colours = random(2, 3, 64).requires_grad_()
    loss = colour_loss(Says(colours), white, captions)
    loss.backward()
    assert loss == 0 and colours.grad.abs().max() == 0


# ------------------------------------------------------------------------ attention, as in PyTorch


def masked_last(keys: int) -> Tensor:
    """Nobody may look at the last key."""
    return torch.ones(3, keys, dtype=torch.bool).index_fill_(1, torch.tensor([keys - 1]), False)


@pytest.mark.parametrize("keys", [4, 64])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_masked_value_that_is_no_number_gives_nan_as_in_torch(bad: float, keys: int) -> None:
    query, key, value = random(2, 3, 8, seed=1), random(2, keys, 8, seed=2), random(2, keys, 8)
    value[0, -1, 5] = bad
    ours = scaled_dot_product_attention(query, key, value, masked_last(keys))[0]
    theirs = F.scaled_dot_product_attention(query, key, value, attn_mask=masked_last(keys))
    assert ours.isnan().any() and torch.equal(ours.isnan(), theirs.isnan())
    torch.testing.assert_close(ours, theirs, equal_nan=True)


@pytest.mark.parametrize("keys", [4, 64])
@pytest.mark.parametrize("bad", [1e30, -1e30, 0.0])
def test_a_masked_key_or_value_that_is_a_number_has_no_effect(bad: float, keys: int) -> None:
    found = []
    for filled in (0.0, bad):
        given = [random(2, size, 8, seed=size) for size in (3, keys, keys)]
        for side in given[1:]:
            side[:, -1] = filled
        given = [side.requires_grad_() for side in given]
        output = scaled_dot_product_attention(*given, masked_last(keys))[0]
        found.append(with_gradients(output, *given))
    assert all(map(torch.equal, *found))


def test_a_masked_key_that_is_no_number_shows_in_the_gradient() -> None:
    """PyTorch's own gives NaN at once; here no masked score is read, but the gradient is NaN."""
    query, key, value = random(3, 8, seed=1).requires_grad_(), random(4, 8, seed=2), random(4, 8)
    key[-1] = math.nan
    output = scaled_dot_product_attention(query, key, value, masked_last(4))[0]
    assert output.isfinite().all()
    assert torch.autograd.grad(output.sum(), query)[0].isnan().all()
    assert F.scaled_dot_product_attention(query, key, value, masked_last(4)).isnan().all()


@pytest.mark.parametrize("keys", [FEW, FEW + 1])
def test_a_masked_token_that_is_no_number_gives_nan_on_every_path(keys: int) -> None:
    attention, tokens = MultiHeadAttention(8, 2), random(2, keys, 8)
    tokens[0, -1] = math.nan
    mask = torch.ones(keys, keys, dtype=torch.bool).index_fill_(1, torch.tensor([keys - 1]), False)
    with record_attention(attention):
        in_the_open = attention(tokens, tokens, tokens, mask)
    for output in (in_the_open, attention(tokens, tokens, tokens, mask)):
        assert output[0].isnan().all() and output[1].isfinite().all()


# ------------------------------------------------------------------------ too large for a number


@pytest.mark.parametrize("log_variance", [-200.0, -50.0, 20.0, 100.0, 1e4])
def test_a_variance_beyond_all_numbers_stays_finite_and_leads_back(log_variance: float) -> None:
    value, mean = torch.tensor([log_variance], requires_grad=True), torch.ones(1)
    kl = ae.kl_to_prior(mean, value)
    kl.backward()
    assert kl.isfinite() and value.grad.isfinite()
    assert (value.grad > 0) == (log_variance > 0) and value.grad.abs() >= 0.499
    assert ae.sample(mean, value).isfinite()


def test_kl_grows_with_the_variance_beyond_the_limit_too() -> None:
    kl = ae.kl_to_prior(torch.zeros(400), torch.linspace(1, 200, 400))
    assert (kl.diff() > 0).all()


def test_up_to_its_limit_the_exponential_is_the_exponential() -> None:
    x = torch.linspace(-60, ae.STEEPEST, 1001, requires_grad=True)
    ours, theirs = ae.finite_exp(x), x.exp()
    assert torch.equal(ours, theirs)
    assert torch.equal(*(torch.autograd.grad(y.sum(), x)[0] for y in (ours, theirs)))


def test_beyond_its_limit_the_exponential_is_its_tangent() -> None:
    x = torch.tensor([20.0, 21.0, 100.0], dtype=torch.float64, requires_grad=True)
    y = ae.finite_exp(x)
    torch.testing.assert_close(y.detach(), math.exp(20) * torch.tensor([1.0, 2, 81]).double())
    (slope,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(slope, torch.full_like(x, math.exp(20)))


@pytest.mark.parametrize("certainty", [-200.0, 100.0])
def test_an_expert_may_be_as_sure_or_unsure_as_it_likes(certainty: float) -> None:
    means = torch.tensor([[[2.0]], [[-1.0]]], requires_grad=True)
    log_variances = torch.tensor([[[certainty]], [[0.0]]], requires_grad=True)
    mean, log_variance = ae.product_of_experts(means, log_variances, ae.seeing(ae.BOTH, 1))
    assert mean.item() == pytest.approx(2.0 if certainty < 0 else -0.5)
    (mean + log_variance).sum().backward()
    assert means.grad.isfinite().all() and log_variances.grad.isfinite().all()


def test_a_vae_whose_encoder_explodes_still_has_a_loss_and_gradients() -> None:
    seed_everything(0)
    model = ae.JointVAE((5, 3), code=4, hidden=16)
    with torch.no_grad():
        for encoder in model.encoders:
            encoder[-1].bias[4:] = -300.0  # log variances: e^300 is ∞
    loss = ae.vae_loss(model, random(6, 5), random(6, 3), replace(ae.VAE, dropout=0.0))
    loss.backward()
    assert loss.isfinite() and all(p.grad.isfinite().all() for p in model.parameters())
