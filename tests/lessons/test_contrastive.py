"""Two towers: equal to the field's, in numbers, gradients, weights and over processes."""

import inspect
import json
import math
from functools import partial

import pytest
import torch
import torch.nn.functional as F

from mmtutor import contrastive
from mmtutor.contrastive import (
    QUICK,
    SHORTEST,
    DualEncoder,
    Recommender,
    TextTransformer,
    alignment,
    chunked_contrastive_loss,
    clip_shaped,
    contrastive_loss,
    dual_encoder,
    effective_rank,
    embed,
    gather,
    information_bound,
    liking_loss,
    pair_loss,
    retrieval,
    shifted,
    sigmoid_loss,
    standardised,
    targets,
    uniformity,
    unit,
    without_some,
)
from mmtutor.datasets import emoji
from mmtutor.datasets.glyphs import load_glyphs, split_by_character
from mmtutor.datasets.names import encode, word_tokenizer
from mmtutor.datasets.shipped import shipped
from mmtutor.training import Batches, Recipe, fit, seed_everything
from mmtutor.vit import VisionTransformer, parameters
from tests.lessons.twins import clip_config, dual_encoders, texts_of_many_lengths
from tests.training.processes import in_two_processes


def units(pairs: int, width: int = 6, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(pairs, width, generator=generator, dtype=torch.float64), dim=-1)


LEFT, RIGHT = units(40), units(40, seed=1)
NAMES = torch.arange(40) // 3  # most names three times


# ── Losses ────────────────────────────────────────────────────────────────────────────────────────


def test_targets_share_a_row_among_equal_names():
    expected = torch.tensor([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]])
    assert torch.equal(targets(torch.tensor([4, 2, 4])), expected)


def test_guessing_costs_ln_of_the_pairs():
    same = units(1).expand(128, -1)
    assert contrastive_loss(same, same, 14.0).item() == pytest.approx(math.log(128))


@pytest.mark.parametrize("scale", [1.0, 14.0])
def test_the_loss_is_the_mean_of_two_cross_entropies(scale):
    rows = [-(scale * LEFT[i] @ RIGHT.T).log_softmax(0)[i] for i in range(40)]
    columns = [-(scale * LEFT @ RIGHT[i]).log_softmax(0)[i] for i in range(40)]
    expected = (sum(rows) + sum(columns)) / 80
    assert contrastive_loss(LEFT, RIGHT, scale).item() == pytest.approx(expected.item())
    different = torch.arange(40).flip(0)
    assert contrastive_loss(LEFT, RIGHT, scale, different).item() == pytest.approx(expected.item())


def test_a_copy_of_a_text_costs_the_same_whether_it_is_named_or_not():
    """Two rows with one text vector share the softmax anyway: naming them changes nothing."""
    texts = RIGHT.clone()
    texts[:3] = texts[0]
    names = torch.arange(40)
    names[:3] = 0
    plain = contrastive_loss(LEFT, texts, 9.0)
    assert contrastive_loss(LEFT, texts, 9.0, names).item() == pytest.approx(plain.item())


def test_two_ways_to_say_the_same_are_no_negatives():
    """Both pictures and both texts lie close: only the name says that they are no mistake."""
    near = F.normalize(torch.tensor([[1.0, 0.1, 0], [1, -0.1, 0], [0, 0, 1]]).double(), dim=1)
    names = torch.tensor([0, 0, 1])
    left = near.clone().requires_grad_()
    for loss, pushed in (
        (contrastive_loss(left, near, 30.0, names), False),
        (contrastive_loss(left, near, 30.0), True),
    ):
        (gradient,) = torch.autograd.grad(loss, left)
        apart = near[0] - near[1]
        assert bool((gradient[0] * apart).sum() < -1e-2) is pushed


def gradients(loss, *extra):
    left, right = LEFT.clone().requires_grad_(), RIGHT.clone().requires_grad_()
    scale = torch.tensor(9.0, dtype=torch.float64, requires_grad=True)
    value = loss(left, right, scale, *extra)
    return value, *torch.autograd.grad(value, (left, right, scale))


@pytest.mark.parametrize("chunk", [1, 7, 40, 64])
def test_the_loss_in_chunks_has_the_same_value_and_gradients(chunk):
    whole = gradients(contrastive_loss, NAMES)
    parts = gradients(partial(chunked_contrastive_loss, chunk=chunk), NAMES)
    for one, other in zip(whole, parts, strict=True):
        assert torch.allclose(one, other, atol=1e-7)  # targets are float32


def test_the_sigmoid_loss_asks_every_cell():
    bias, total = -3.0, 0.0
    for i in range(40):
        for j in range(40):
            score = 9.0 * LEFT[i] @ RIGHT[j] + bias
            total -= F.logsigmoid(score if NAMES[i] == NAMES[j] else -score).item()
    assert sigmoid_loss(LEFT, RIGHT, 9.0, bias, NAMES).item() == pytest.approx(total / 40)


def test_the_sigmoid_loss_is_that_of_transformers():
    from transformers import SiglipConfig, SiglipModel

    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
    sizes |= {"num_attention_heads": 2}
    picture = sizes | {"image_size": 8, "patch_size": 4}
    text = sizes | {"vocab_size": 20, "max_position_embeddings": 5}
    theirs = SiglipModel(SiglipConfig(text_config=text, vision_config=picture)).double().eval()
    pixels, words = torch.randn(6, 3, 8, 8).double(), torch.randint(3, 20, (6, 5))
    out = theirs(pixel_values=pixels, input_ids=words, return_loss=True)
    left, right = out.image_embeds, out.text_embeds
    mine = sigmoid_loss(
        left, right, theirs.logit_scale.exp().squeeze(), theirs.logit_bias.squeeze()
    )
    assert mine.item() == pytest.approx(out.loss.item())


# ── The same as CLIP ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("activation", ["gelu", "quick_gelu"])
def test_clips_weights_give_clips_outputs_loss_and_gradients(activation):
    seed_everything(0)
    ours, theirs = (model.double() for model in dual_encoders(activation))
    pictures = torch.randn(5, 3, 16, 16, dtype=torch.float64)
    texts = texts_of_many_lengths()
    out = theirs(pixel_values=pictures, input_ids=texts, return_loss=True)
    left, right, scale = ours(pictures, texts)
    loss = contrastive_loss(left, right, scale)
    assert torch.allclose(left, out.image_embeds) and torch.allclose(right, out.text_embeds)
    assert torch.allclose(scale * left @ right.T, out.logits_per_image)
    assert loss.item() == pytest.approx(out.loss.item())
    loss.backward()
    out.loss.backward()
    named = contrastive.from_transformers({n: p.grad for n, p in theirs.named_parameters()})
    for name, parameter in ours.named_parameters():
        if name != "picture.embedding.projection.bias":  # theirs has none
            assert torch.allclose(parameter.grad, named[name], atol=1e-10), name


def test_a_text_of_a_released_clip_ends_with_the_last_token():
    """Their configs say that the end is token 2; transformers then takes the largest."""
    from transformers import CLIPModel

    seed_everything(0)
    theirs = CLIPModel(clip_config(eos_token_id=2)).eval()
    ours = clip_shaped(theirs.config)
    ours.load_state_dict(contrastive.from_transformers(theirs.state_dict()))
    texts = torch.tensor([[5, 2, 7, 49, 0, 0], [9, 8, 7, 6, 5, 49]])
    out = theirs(pixel_values=torch.randn(2, 3, 16, 16), input_ids=texts)
    assert torch.allclose(ours.read(texts), out.text_embeds, atol=1e-5)


def test_a_clip_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="four times the width"):
        clip_shaped(clip_config(intermediate_size=64))


def test_what_stands_after_the_end_plays_no_part():
    seed_everything(0)
    tower = TextTransformer(tokens=20, longest=6, width=16, depth=2, heads=2).eval()
    texts = torch.tensor([[5, 6, 1, 0, 0, 0], [5, 6, 1, 9, 9, 9], [5, 7, 1, 0, 0, 0]])
    vectors = tower(texts)
    assert torch.equal(vectors[0], vectors[1])
    assert not torch.allclose(vectors[0], vectors[2])
    assert torch.allclose(tower(texts[:, :3]), vectors)  # padding changes nothing


def test_a_text_without_an_end_is_read_up_to_its_first_token():
    seed_everything(0)
    tower = TextTransformer(tokens=20, longest=6, width=16, depth=2, heads=2).eval()
    assert torch.equal(*tower(torch.tensor([[5, 6, 7], [5, 8, 9]])))


def test_the_temperature_is_bounded():
    model = small_model()
    assert model.scale.item() == pytest.approx(1 / 0.07)
    for beyond in (4.7, 9.0, 1000.0):
        model.log_scale.data.fill_(beyond)
        assert model.scale.item() == pytest.approx(100.0)


def test_a_temperature_beyond_its_bound_can_come_back():
    """Clamped, it would have no gradient: stuck at 100 for ever."""
    model = small_model()
    model.log_scale.data.fill_(4.7)
    mover = torch.optim.SGD([model.log_scale], lr=1e-3)
    for _ in range(5):
        mover.zero_grad()
        (model.scale - 30.0).square().backward()
        mover.step()
    assert model.scale.item() < 90


# ── Vectors of length 1 ───────────────────────────────────────────────────────────────────────────


def test_unit_vectors_are_those_of_torch_where_there_is_a_direction():
    vectors = 10 ** torch.linspace(-3.9, 4, 60).unsqueeze(1) * torch.randn(60, 8)
    vectors = vectors[vectors.norm(dim=1) > SHORTEST].requires_grad_()
    ours, theirs = unit(vectors), F.normalize(vectors, dim=-1)
    assert torch.equal(ours, theirs)
    assert torch.equal(*(torch.autograd.grad(y[:, 0].sum(), vectors)[0] for y in (ours, theirs)))


@pytest.mark.parametrize("length", [0.0, 1e-30, 1e-12, 0.9 * SHORTEST, 1.1 * SHORTEST, 1.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_gradient_of_a_unit_vector_is_at_most_what_it_says(length, dtype):
    vector = length * F.normalize(torch.ones(6, dtype=dtype), dim=0)
    steepest = torch.linalg.matrix_norm(torch.func.jacrev(unit)(vector), ord=2).item()
    assert steepest <= 1 / SHORTEST * 1.000001
    assert steepest == pytest.approx(1 / max(length, SHORTEST), rel=1e-5)


def test_a_zero_vector_does_not_blow_up_the_loss():
    """PyTorch's own normalising multiplies by 10¹² here."""
    for collapsed in ("picture_projection", "text_projection"):
        model = small_model()
        torch.nn.init.zeros_(getattr(model, collapsed).weight)
        loss = pair_loss(model, *small_batch(8))
        loss.backward()
        assert loss.item() == pytest.approx(math.log(8), abs=0.5)
        steepest = max(p.grad.norm().item() for p in model.parameters() if p.grad is not None)
        assert 0 < steepest < 100 / SHORTEST


def test_every_vector_of_the_module_is_made_by_unit():
    """No bound where somebody normalises in another way."""
    assert inspect.getsource(contrastive).count("F.normalize(") == 1


# ── Several processes ─────────────────────────────────────────────────────────────────────────────


def small_model() -> DualEncoder:
    seed_everything(0)
    picture = VisionTransformer(side=8, patch=4, channels=1, width=8, depth=1, heads=2)
    return DualEncoder(picture, TextTransformer(20, 5, width=8, depth=1, heads=2), width=6)


TWO = """
import sys
import torch
from mmtutor.training import Recipe, fit
from tests.lessons.test_contrastive import ONE_STEP, small_batch, small_model
from mmtutor.contrastive import pair_loss

class Stream:
    def __getitem__(self, step):
        return small_batch(int(sys.argv[2]))

model = small_model()
history = fit(model, Stream(), pair_loss, Recipe(**ONE_STEP))
if torch.distributed.get_rank() == 0:
    assert torch.distributed.get_world_size() == 2
    gradients = {n: p.grad for n, p in model.named_parameters()}
    torch.save((gradients, history.losses), sys.argv[1] + "/two.pt")
"""
ONE_STEP = {"steps": 1, "batch_size": 8, "learning_rate": 0.0, "clip": 1e9}


def small_batch(size: int) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(5)
    pictures = torch.randint(0, 256, (9, 8, 8), generator=generator, dtype=torch.uint8)
    texts = torch.randint(3, 20, (9, 5), generator=generator)
    texts[:, 4] = 1
    names = torch.tensor([0, 1, 2, 3, 4, 5, 2, 6, 1])
    return pictures[:size], texts[:size], names[:size]


@pytest.mark.serial
@pytest.mark.parametrize("size", [8, 9])
def test_two_processes_give_the_gradients_of_one(tmp_path, size):
    in_two_processes(TWO, tmp_path, size)
    theirs, losses = torch.load(tmp_path / "two.pt", weights_only=True)
    model = small_model()
    pictures, texts, names = small_batch(size)
    loss = pair_loss(model, pictures, texts, names)
    loss.backward()
    assert losses[0] == pytest.approx(loss.item(), rel=1e-5)
    for name, parameter in model.named_parameters():
        assert torch.allclose(parameter.grad, theirs[name], atol=1e-6), name
    # Without gathered negatives each would only have seen four pairs: another loss altogether.
    half = pair_loss(model, pictures[::2], texts[::2], names[::2])
    assert abs(half.item() - loss.item()) > 0.1


def test_alone_there_is_nothing_to_gather():
    assert gather(LEFT) is LEFT


# ── Pairs ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def glyphs():
    return load_glyphs()


@pytest.fixture(scope="module")
def tokenizer(glyphs):
    return word_tokenizer(glyphs.select(split_by_character(glyphs)[0]).captions)


def test_pairs_belong_together(glyphs, tokenizer):
    chosen = glyphs.select(torch.arange(0, len(glyphs), 97))
    pictures, texts, names = contrastive.glyph_pairs(chosen, tokenizer)
    assert torch.equal(texts, encode(tokenizer, chosen.captions))
    assert torch.equal(pictures, chosen.images)
    same = chosen.codepoints.unsqueeze(1) == chosen.codepoints
    assert torch.equal(names.unsqueeze(1) == names, same)


def test_one_each(glyphs):
    every = contrastive.one_each(glyphs)
    assert len(every) == len(every.codepoints.unique()) == 6492
    some = contrastive.one_each(glyphs, 100, seed=3)
    assert len(some) == len(some.codepoints.unique()) == 100
    place = (glyphs.codepoints == some.codepoints[0]).nonzero()[0]
    assert some.faces[0] == glyphs.faces[place]


@pytest.mark.parametrize("shape", [(3, 32, 32), (3, 3, 32, 32)])
def test_a_shift_moves_the_whole_picture(shape):
    pictures = torch.zeros(shape, dtype=torch.uint8)
    pictures[..., 10:20, 12:15] = torch.randint(1, 256, (*shape[:-2], 10, 3)).to(torch.uint8)
    seed_everything(1)
    moved = shifted(pictures, 2)
    assert moved.shape == pictures.shape and moved.dtype == torch.uint8
    for before, after in zip(pictures, moved, strict=True):
        moves = [(y, x) for y in range(-2, 3) for x in range(-2, 3)]
        assert any(torch.equal(after, before.roll(move, dims=(-2, -1))) for move in moves)
    assert shifted(pictures, 0) is pictures


def test_hidden_words_leave_the_order_and_the_end():
    texts = torch.tensor([[5, 6, 7, 8, 1, 0]]).expand(200, -1)
    seed_everything(0)
    for row in without_some(texts, 0.4).tolist():
        words = row[: row.index(1)]
        assert words == sorted(words) and set(words) <= {5, 6, 7, 8}
        assert set(row[row.index(1) + 1 :]) <= {0}
    assert without_some(texts, 0.0) is texts
    lost = 4 - (without_some(texts, 0.4) > 2).sum(dim=1).float()
    assert lost.mean().item() == pytest.approx(1.6, abs=0.3)


def test_retrieval_counts_ties_as_chance_does():
    same = units(1).expand(50, -1)
    scores = retrieval(same, same)
    assert scores["name R@1"] == pytest.approx(0.02)
    assert scores["picture R@10"] == pytest.approx(0.2)
    perfect = retrieval(units(50, 64), units(50, 64))
    assert set(perfect.values()) == {1.0}


# ── The space ─────────────────────────────────────────────────────────────────────────────────────


def test_a_collapsed_space_is_seen():
    same, spread = units(1, 16).expand(100, -1), units(100, 16)
    assert uniformity(same) == pytest.approx(0.0, abs=1e-6) and uniformity(spread) < -2
    assert effective_rank(same) == pytest.approx(1.0, abs=1e-3) and effective_rank(spread) > 12
    assert alignment(spread, spread) == 0.0
    assert alignment(spread, units(100, 16, seed=1)) == pytest.approx(2.0, abs=0.2)


def test_a_space_of_nothing_is_a_point():
    assert effective_rank(torch.zeros(5, 4)) == 1.0
    assert math.isnan(uniformity(torch.ones(1, 4)))


def test_batches_and_windows_that_do_not_fit_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="a batch of 65 pairs cannot come from 64"):
        information_bound(units(64), units(64), 1.0, 65)
    with pytest.raises(ValueError, match="a window of 40 pixels does not fit into a side of 32"):
        picture = torch.zeros(32, 32, dtype=torch.uint8)
        contrastive.occlusion(small_model(), picture, torch.ones(1, 6), window=40)


def test_the_information_bound_never_exceeds_ln_n():
    perfect = F.normalize(torch.eye(64), dim=-1)
    for size in (4, 16, 64):
        assert information_bound(perfect, perfect, 100.0, size) == pytest.approx(math.log(size))
    assert abs(information_bound(units(64).float(), units(64, seed=1).float(), 0.0, 16)) < 1e-6


def test_occlusion_finds_where_the_answer_lies(glyphs, tokenizer):
    """A tower that only looks at the upper left quarter: covering another place changes nothing."""

    class Corner(DualEncoder):
        def see(self, pictures):
            ink = pictures[:, 0, :16, :16].mean(dim=(1, 2))
            return torch.stack([ink, (1 - ink**2).sqrt()], dim=1)

    model = Corner(VisionTransformer(32, 8, 1, 8, 1, 2), TextTransformer(9, 5, 8, 1, 2), 2)
    picture = torch.full((32, 32), 255, dtype=torch.uint8)
    falls = contrastive.occlusion(model, picture, torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
    assert falls.shape == (2, 32, 32) and (falls[1] == 0).all()
    fall = falls[0]
    assert (fall[24:, 24:] == 0).all() and fall[:16, :16].min() > 0
    assert fall[:16, :16].mean() > 3 * fall[16:, :].mean()


# ── A recommender ─────────────────────────────────────────────────────────────────────────────────


def test_a_reader_is_a_set_of_likes():
    seed_everything(0)
    model = Recommender(features=6, width=5, hidden=8)
    likes = units(12).float().view(2, 6, 6)
    assert torch.allclose(model.reader(likes), model.reader(likes.flip(1)), atol=1e-6)
    assert torch.allclose(model.item(likes[0]).norm(dim=1), torch.ones(6))


def test_a_reader_who_likes_nothing_yet_has_a_vector_and_a_gradient():
    seed_everything(0)
    model = Recommender(features=6, width=5, hidden=8)
    vector = model.reader(torch.zeros(2, 0, 6))
    vector.sum().backward()
    assert torch.allclose(vector.norm(dim=1), torch.ones(2))
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
    loss = liking_loss(units(9).float())(model, torch.tensor([[1], [4], [7]]))
    assert loss.isfinite()  # the one thing that each liked is taken out, to be found again


def test_a_feature_that_all_things_share_is_zero():
    features = standardised(torch.full((5, 1), 0.3), torch.arange(5.0).unsqueeze(1))
    assert torch.allclose(features[:, 0], torch.zeros(5), atol=0.1)
    assert features[:, 1].std().item() == pytest.approx(1)


def test_features_of_both_sides_have_one_scale():
    features = standardised(100 * units(40).float(), units(40, 3, seed=2).float())
    assert features.shape == (40, 9)
    assert torch.allclose(features.mean(dim=0), torch.zeros(9), atol=1e-5)
    assert torch.allclose(features.std(dim=0), torch.ones(9), atol=1e-5)


def test_a_recommender_learns_what_goes_together():
    """Who likes one thing of a group likes the others: chance is 1 of 40, and 3 of 4 are known."""
    seed_everything(0)
    groups = torch.arange(40) // 4
    features = torch.eye(40)
    likes = torch.stack([torch.randperm(4) + 4 * group for group in range(10)]).repeat(30, 1)
    recipe = Recipe(steps=150, batch_size=64, learning_rate=1e-2)
    model = Recommender(40, width=16, hidden=32)
    fit(model, Batches(likes, batch_size=64), liking_loss(features), recipe)
    with torch.no_grad():
        scores = model.reader(features[likes[:10, :3]]) @ model.item(features).T
    best = scores.topk(4).indices
    assert (groups[best] == torch.arange(10).unsqueeze(1)).float().mean() > 0.9


# ── Learning ──────────────────────────────────────────────────────────────────────────────────────


def test_a_hundred_steps_find_names_never_seen_better_than_chance(glyphs, tokenizer):
    train, test = (glyphs.select(part) for part in split_by_character(glyphs))
    seed_everything(0)
    recipe = Recipe(steps=100, batch_size=128, learning_rate=2e-3)
    model = dual_encoder(QUICK, tokenizer)
    assert parameters(model) < 400_000
    pairs = contrastive.glyph_pairs(train, tokenizer)
    history = fit(model, Batches(*pairs, batch_size=128), pair_loss, recipe)
    assert history.losses[-1] < math.log(128) - 0.5
    pictures, texts, _ = contrastive.glyph_pairs(contrastive.one_each(test, 200), tokenizer)
    scores = retrieval(embed(model, pictures), embed(model, texts))
    assert scores["name R@10"] > 3 * 10 / 200


# ── What the lesson asks of its models ────────────────────────────────────────────────────────────


def test_names_are_found_among_those_of_the_glyphs_given(glyphs, tokenizer):
    seed_everything(0)
    model, some = dual_encoder(QUICK, tokenizer), contrastive.one_each(glyphs, 30)
    vectors = embed(model, some.images), embed(model, encode(tokenizer, some.captions))
    assert contrastive.find_names(model, some, tokenizer) == pytest.approx(retrieval(*vectors))


def test_shared_characters_come_once_and_from_the_first_glyphs(glyphs):
    some = glyphs.select(torch.arange(5, len(glyphs), 301))
    shared = contrastive.shared_characters(load_glyphs("stix"), some)
    both = set(load_glyphs("stix").codepoints.tolist()) & set(some.codepoints.tolist())
    assert sorted(shared.codepoints.tolist()) == sorted(both) and len(both) > 20
    assert shared.faces.min() >= 12  # STIX's own


def test_a_mistake_stands_beside_the_one_it_was_taken_for(glyphs):
    some = glyphs.select(torch.tensor([10, 500, 9000]))
    rows = contrastive.mistake_rows(some, torch.tensor([0, 2, 1]), [1, 2])
    assert list(rows) == ["1. missed", "2. missed"]
    pictures, captions = rows["2. missed"]
    assert torch.equal(pictures, some.images[[2, 1]])
    assert captions == [some.caption(2), f"chose: {some.caption(1)}"]


def test_the_memory_of_a_loss_holds_its_table_and_grows_with_its_square():
    def table(left, right):
        return (left @ right.T).exp().sum()

    small, large = (contrastive.loss_megabytes(table, pairs) for pairs in (256, 1024))
    assert small >= 256**2 * 4 / 1e6
    assert 8 < large / small < 16.5


def test_names_of_a_script_are_its_own_different_and_spread(glyphs):
    greek = contrastive.names_of_script(glyphs, "greek", 10)
    assert len(set(greek)) == 10 and all(name.startswith("greek") for name in greek)
    every = contrastive.names_of_script(glyphs, "greek", 10_000)
    assert greek[0] == every[0] and every.index(greek[-1]) > 0.8 * len(every)


def test_a_mark_is_all_that_a_pair_differs_in(glyphs):
    assert [contrastive.without_mark(c) for c in "éeǘŁ"] == ["e", "", "", ""]
    marked, bare = contrastive.mark_pairs(glyphs.select(torch.arange(3000)), glyphs, 12)
    assert len(marked) == len(bare) == 12 and (marked.faces == 0).all() and (bare.faces == 0).all()
    for with_mark, without in zip(marked.captions, bare.captions, strict=True):
        assert with_mark.startswith(f"{without} with ")


def test_a_mask_is_widened_on_all_sides():
    mask = torch.zeros(2, 9, 9, dtype=torch.bool)
    mask[0, 4, 3] = True
    wide = contrastive.widened(mask, 2)
    assert wide[0, 2:7, 1:6].all() and wide.sum() == 25


def test_emoji_are_compared_between_each_two_of_three_sides(tokenizer):
    seed_everything(0)
    names = ("latin small letter a", "latin small letter b", "greek", "arrow") * 5
    pictures = torch.randint(0, 256, (20, 3, 32, 32), dtype=torch.uint8)
    some = emoji.Emoji(pictures, tuple("abcdefghijklmnopqrst"), names, names[::-1])
    model = dual_encoder(QUICK, tokenizer, channels=3)
    routes = contrastive.emoji_routes(model, some, tokenizer)
    assert list(routes) == ["picture → English", "picture → Chinese", "English → Chinese"]
    english, chinese = (embed(model, encode(tokenizer, side)) for side in (names, names[::-1]))
    assert torch.equal(routes["picture → English"], embed(model, pictures) @ english.T)
    assert torch.equal(routes["English → Chinese"], english @ chinese.T)
    bags = contrastive.emoji_bags(some, "chinese", tokenizer)
    assert torch.allclose(bags.norm(dim=1), torch.ones(20)) and torch.equal(bags[0], bags[4])
    assert (bags[2] > 0).sum() == 4


# ── What learns nothing ───────────────────────────────────────────────────────────────────────────


def test_ink_is_dark_in_glyphs_and_in_colour():
    gray = torch.zeros(1, 32, 32, dtype=torch.uint8)
    gray[0, 4:8] = 200
    colour = (255 - gray).unsqueeze(1).expand(-1, 3, -1, -1)
    assert torch.allclose(contrastive.inks(colour)[0, :1024], contrastive.inks(gray)[0] / 3**0.5)
    assert contrastive.inks(gray).norm().item() == pytest.approx(1)


def test_a_twin_is_a_known_picture_of_nearly_the_same_ink():
    known = F.normalize(torch.tensor([[1.0, 0, 0], [0, 1, 0]]), dim=1)
    ink = F.normalize(torch.tensor([[1.0, 0.1, 0], [1, 1, 0], [0, 0, 1]]), dim=1)
    assert contrastive.twins(ink, known).tolist() == [True, False, False]
    assert contrastive.twins(ink, known, alike=0.7).tolist() == [True, True, False]


def test_neighbours_lend_their_words_the_nearest_most():
    known, words = torch.eye(3), torch.eye(3)
    ink = F.normalize(torch.tensor([[1.0, 0.5, 0.1]]), dim=1)
    one, three = (contrastive.neighbours_words(ink, known, words, n) for n in (1, 3))
    assert one.tolist() == [[1, 0, 0]]
    wanted = F.normalize((ink / 0.1).softmax(dim=1), dim=1)
    assert torch.allclose(three, wanted)


def test_ridge_words_have_the_setting_that_was_best_on_the_validation_split():
    tried = json.loads(shipped("results/contrastive.json").read_text(encoding="utf-8"))["ridge"]
    best = max(tried, key=lambda name: tried[name]["R@1"])
    sharpness, penalty = map(float, best.split(", "))
    defaults = inspect.signature(contrastive.ridge_words).parameters
    assert (sharpness, penalty) == (defaults["sharpness"].default, defaults["penalty"].default)


def test_ridge_words_are_those_of_the_field():
    from sklearn.kernel_ridge import KernelRidge

    ink, known, words = (units(n, seed=n).float() for n in (4, 9, 9))
    found = contrastive.ridge_words(ink, known, words, sharpness=4.0, penalty=0.2)
    # e^(4 (cosine − 1)) is the Gaussian kernel e^(−2 d²) of unit vectors.
    theirs = KernelRidge(alpha=0.2, kernel="rbf", gamma=2.0).fit(known, words).predict(ink)
    assert torch.allclose(found, F.normalize(torch.tensor(theirs).float(), dim=1), atol=1e-4)


# ── What the lesson counts ────────────────────────────────────────────────────────────────────────


def test_copies_of_a_text_leave_the_weights_slope_as_it_is_whatever_is_told():
    model, (pictures, texts, _) = small_model(), small_batch(6)
    names = torch.tensor([0, 0, 1, 2, 2, 3])
    copies = texts[names]
    plain, told = (
        contrastive.weight_slope(model, pictures, copies, who, 5.0) for who in (None, names)
    )
    assert torch.allclose(plain, told, atol=1e-5)
    other = contrastive.weight_slope(model, pictures, texts, names, 5.0)
    alone = contrastive.weight_slope(model, pictures, texts, None, 5.0)
    assert not torch.allclose(other, alone, atol=1e-3)
    assert len(plain) == sum(weight.numel() for weight in model.parameters()) - 1


def test_the_best_temperature_is_that_of_the_lowest_loss():
    left, right = units(20), F.normalize(units(20) + 0.4 * units(20, seed=2), dim=1)
    losses = {
        each: contrastive_loss(left, right, 1 / each).item() for each in (1.0, 0.3, 0.1, 0.01)
    }
    assert contrastive.best_temperature(left, right, [*losses]) == min(losses, key=losses.get)


def test_a_collapse_is_in_the_numbers_of_the_space():
    point = units(1).float().expand(50, -1)
    found = contrastive.space_numbers(point, point)
    assert found == pytest.approx(
        {"alignment": 0, "uniformity": 0, "rank": 1, "R@1": 0.02}, abs=1e-3
    )


def test_shares_right_count_every_class_the_same():
    truth, predicted = torch.tensor([0, 0, 0, 0, 2]), torch.tensor([0, 0, 0, 1, 1])
    assert contrastive.shares_right(predicted, truth) == pytest.approx((0.6, 0.375))


def test_the_same_mark_on_another_letter_is_a_known_name():
    known = {"latin small letter a with acute", "latin small letter e with acute"}
    assert contrastive.other_letter("latin small letter e with acute", known) == min(known)
    assert contrastive.other_letter("latin small letter e with horn", known) == ""


def test_a_word_finds_pictures_whose_names_hold_it(glyphs, tokenizer):
    some = contrastive.one_each(glyphs)
    words = contrastive.single_words(some)
    assert "acute" in words and "snowman" not in words and words == sorted(words)
    share = contrastive.words_found(dual_encoder(QUICK, tokenizer), some, ["acute"], tokenizer)
    assert 0 <= share < 0.5


def test_a_things_score_is_scale_times_cosine():
    seed_everything(0)
    model = Recommender(features=6, width=5, hidden=8)
    features, likes = units(9).float(), torch.tensor([[0, 3], [8, 1]])
    scores = contrastive.thing_scores(model, features, likes)
    assert scores.shape == (2, 9) and not scores.requires_grad
    cosine = model.reader(features[likes])[1] @ model.item(features)[4]
    assert scores[1, 4].item() == pytest.approx(cosine.item() / 0.07, rel=1e-4)
