"""Lesson 04's module equals transformers' ViT in float64; patches four ways; rollout by hand."""

import json

import einops
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtutor.attention import record_attention
from mmtutor.datasets import scenes
from mmtutor.datasets.shipped import shipped
from mmtutor.vit import (
    NO_TWIN,
    ConvolutionalNetwork,
    ConvolutionalStem,
    PatchEmbedding,
    PictureClassifier,
    PixelClassifier,
    VisionTransformer,
    attention_rollout,
    copy_labels,
    first_letters,
    from_transformers,
    ink_of,
    least_squares,
    load_scripts,
    look_by_distance,
    middle_patch,
    parameters,
    patches_alone,
    patches_apart,
    patchify,
    position_similarity,
    predict_alone,
    predict_pixels,
    random_features,
    share_inside,
    twin_labels,
    unpatchify,
    windows,
)
from tests.lessons.twins import vision_transformers

few = st.integers(1, 3)


def pictures(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@settings(max_examples=40, deadline=None)
@given(batch=few, channels=few, rows=few, columns=few, size=st.sampled_from([1, 2, 3, 5]))
def test_four_ways_to_cut_a_picture_are_one(batch, channels, rows, columns, size):
    x = pictures(batch, channels, rows * size, columns * size)
    ours = patchify(x, size)
    by_unfold = F.unfold(x, size, stride=size).transpose(1, 2)
    by_einops = einops.rearrange(x, "b c (r y) (k x) -> b (r k) (c y x)", y=size, x=size)
    eye = torch.eye(channels * size**2, dtype=x.dtype)
    kernels = eye.view(-1, channels, size, size)  # each picks one pixel of a patch
    by_convolution = F.conv2d(x, kernels, stride=size).flatten(2).transpose(1, 2)
    for theirs in (by_unfold, by_einops, by_convolution):
        assert torch.equal(ours, theirs)
    assert torch.equal(unpatchify(ours, size, rows), x)


def test_patches_come_in_reading_order():
    x = torch.arange(16.0).view(1, 4, 4)
    assert patchify(x, 2)[1].tolist() == [2, 3, 6, 7]
    assert patchify(x, 2)[2].tolist() == [8, 9, 12, 13]


def test_patches_that_do_not_fill_the_picture_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="do not fill"):
        patchify(torch.zeros(1, 8, 9), 4)
    with pytest.raises(ValueError, match="do not fill"):
        VisionTransformer(side=9, patch=4, channels=1, width=8, depth=1, heads=2)


def test_the_patch_embedding_is_a_strided_convolution():
    embedding = PatchEmbedding(3, 4, 8).double()
    x = pictures(2, 3, 8, 12)
    kernels = embedding.projection.weight.view(8, 3, 4, 4)
    theirs = F.conv2d(x, kernels, embedding.projection.bias, stride=4).flatten(2).transpose(1, 2)
    torch.testing.assert_close(embedding(x), theirs)


@pytest.mark.parametrize("channels", [1, 3])
def test_equals_transformers(channels):
    torch.manual_seed(0)
    ours, theirs = (model.double() for model in vision_transformers(channels))
    x = pictures(2, channels, 12, 12).requires_grad_()
    mine, other = ours(x), theirs(x).last_hidden_state
    torch.testing.assert_close(mine, other, atol=1e-9, rtol=1e-9)
    weights = torch.linspace(-1, 1, mine.numel(), dtype=mine.dtype).view_as(mine)
    gradients = [torch.autograd.grad((out * weights).sum(), x)[0] for out in (mine, other)]
    torch.testing.assert_close(*gradients, atol=1e-8, rtol=1e-8)


def test_weights_under_the_older_names_load_too():
    old = {
        "vit.encoder.layer.0.attention.attention.query.weight": "attention.query_projection.weight",
        "vit.encoder.layer.0.attention.output.dense.bias": "attention.output_projection.bias",
        "vit.encoder.layer.0.intermediate.dense.weight": "network.0.weight",
        "vit.encoder.layer.0.output.dense.weight": "network.2.weight",
        "vit.encoder.layer.0.layernorm_after.bias": "network_norm.bias",
    }
    assert list(from_transformers(dict.fromkeys(old, torch.zeros(1)))) == [
        f"blocks.0.{name}" for name in old.values()
    ]


def test_without_positions_shuffled_patches_change_nothing():
    model = VisionTransformer(12, 4, 1, width=8, depth=2, heads=2).double()
    x = patchify(pictures(2, 1, 12, 12), 4)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(0))
    shuffled, plain = (unpatchify(rows, 4, 3) for rows in (x[:, order], x))
    assert not torch.allclose(model(shuffled)[:, 0], model(plain)[:, 0])
    torch.nn.init.zeros_(model.position)
    torch.testing.assert_close(model(shuffled)[:, 0], model(plain)[:, 0])
    torch.testing.assert_close(model(shuffled)[:, 1:], model(plain)[:, 1:][:, order])


def test_heads_read_the_class_token_and_the_patches():
    model = VisionTransformer(16, 4, 3, width=8, depth=1, heads=2)
    x = torch.randn(2, 3, 16, 16)
    assert PictureClassifier(model, 5)(x).shape == (2, 5)
    assert PixelClassifier(model, 4, 7)(x).shape == (2, 7, 16, 16)
    with record_attention(PixelClassifier(model, 4, 7)) as maps:
        model(x)
    assert next(iter(maps.values()))[0].shape == (2, 2, 17, 17)


def test_a_pixel_is_read_from_its_own_patch():
    model = PixelClassifier(VisionTransformer(8, 4, 1, 8, 0, 2), 4, 3).double()
    x = pictures(1, 1, 8, 8)
    changed = x.clone()
    changed[..., :4, 4:] += 1  # the second patch; without blocks no other patch can know
    different = (model(x) != model(changed)).any(dim=1)[0]
    assert different[:4, 4:].all() and not different[4:].any() and not different[:4, :4].any()


def test_the_stem_sees_evenly_around_each_patch():
    stem = ConvolutionalStem(1, 8, 16).double().eval()
    x = pictures(1, 1, 64, 64).requires_grad_()
    token = stem(x)[0, 4 * 8 + 4]  # the patch in row 4, column 4 of 8
    seen = torch.autograd.grad(token.sum(), x)[0][0, 0].nonzero()
    low, high = seen.amin(0), seen.amax(0)
    assert torch.equal(low + high + 1, torch.tensor([72, 72]))  # middle 36 = 4 · 8 + 4, both ways
    assert torch.equal(high - low + 1, torch.tensor([22, 22]))


def test_a_stem_that_cannot_halve_says_so():
    with pytest.raises(ValueError, match="halving gives"):
        ConvolutionalStem(3, 6, 16)


def test_the_network_beside_it():
    model = ConvolutionalNetwork(1, (8, 16), classes=4)
    assert model(torch.randn(3, 1, 8, 8)).shape == (3, 4)
    assert parameters(model) == (9 + 1) * 8 + 16 + (8 * 9 + 1) * 16 + 32 + 17 * 4


def test_rollout_by_hand():
    looks = torch.tensor([[[0.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [0.5, 0.5]]])
    # Layer 0 with its residual: every row [½, ½]. Layer 1: [1, 0] and [¼, ¾].
    expected = torch.tensor([[0.5, 0.5], [0.5, 0.5]])
    torch.testing.assert_close(attention_rollout(looks), expected)
    torch.testing.assert_close(attention_rollout(looks[1:]), torch.tensor([[1, 0], [0.25, 0.75]]))


@settings(max_examples=20, deadline=None)
@given(layers=st.integers(1, 4), tokens=st.integers(1, 6), batch=few)
def test_rollout_keeps_rows_that_sum_to_one(layers, tokens, batch):
    maps = pictures(layers, batch, tokens, tokens).softmax(-1)
    flow = attention_rollout(maps)
    torch.testing.assert_close(flow.sum(-1), torch.ones(batch, tokens, dtype=torch.float64))


def test_similar_positions():
    position = torch.tensor([[1.0, 0.0], [0.0, 2.0], [-3.0, 0.0]])
    expected = torch.tensor([[1.0, 0.0, -1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 1.0]])
    torch.testing.assert_close(position_similarity(position), expected)


# ------------------------------------------------------------------------ what the lesson measures


@pytest.fixture(scope="module")
def scripts():
    return load_scripts()


def test_scripts_share_no_character_and_leave_out_what_belongs_to_several(scripts):
    codes = scripts.glyphs.codepoints
    assert not set(codes[scripts.train].tolist()) & set(codes[scripts.test].tolist())
    used = scripts.labels[torch.cat([scripts.train, scripts.test])]
    assert scripts.names.index("common") not in used
    assert (
        len(used)
        > 0.9 * len(codes) * (scripts.labels != scripts.names.index("common")).float().mean()
    )
    assert scripts.pixels.shape[1:] == (1, 32, 32) and scripts.pixels.amax() == 1


def test_a_twin_has_the_label_that_most_of_the_same_training_pictures_have():
    a, b, c = torch.zeros(2, 2), torch.ones(2, 2), torch.eye(2)
    pixels = torch.stack([a, a, a, b, a, b, c])
    labels = torch.tensor([4, 5, 5, 6, 7, 8, 9])
    train, test = torch.tensor([0, 1, 2, 3]), torch.tensor([4, 6, 5])
    assert twin_labels(pixels, labels, train, test).tolist() == [5, NO_TWIN, 6]


def test_random_features_are_sums_without_their_negative_half():
    rows = pictures(40, 6).float()
    features = random_features(rows, 30, seed=1)
    assert features.shape == (40, 30) and features.amin() == 0 < features.amax()
    weights = torch.randn(6, 30, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(features, (rows @ weights).clamp(min=0))
    assert not torch.equal(features, random_features(rows, 30, seed=2))


def test_least_squares_reaches_what_can_be_reached_and_a_ridge_keeps_it_small():
    features, labels = pictures(12, 5), torch.arange(12) % 3
    wanted = F.one_hot(labels).double()
    exact = least_squares(features, labels, ridge=0.0)
    torch.testing.assert_close(exact, torch.linalg.lstsq(features, wanted).solution)
    assert least_squares(features, labels).norm() < exact.norm()


def test_the_shipped_race_has_a_score_for_every_case_and_seed():
    raced = json.loads(shipped("results/vit_race.json").read_text(encoding="utf-8"))
    tables = [raced[table] for table in ("accuracy", "apart", "alike")]
    assert len({tuple(table) for table in tables}) == 1 and len(tables[0]) == 9
    assert {len(seeds) for table in tables for seeds in table.values()} == {3}
    letters = [score for table in tables[:2] for seeds in table.values() for score in seeds]
    assert all(0.44 < score < 0.913 for score in letters)  # the majority; believes its labels


def test_a_copyist_with_more_to_copy_from_is_better():
    found = json.loads(shipped("results/vit_copyist.json").read_text(encoding="utf-8"))["mean IoU"]
    scores = list(found.values())
    assert scores == sorted(scores) and scores[0] < 0.85 < scores[-1] <= 1


def test_the_first_letter_of_each_script_is_a_letter_of_another_script(scripts):
    chosen = first_letters(scripts, 5)
    caption, test, script = scripts.glyphs.caption, scripts.test, scripts.labels
    assert len(chosen) == 5 and set(chosen) <= set(test.tolist())
    assert all("letter" in caption(position) for position in chosen)
    assert (script[chosen].diff() > 0).all()
    before = test[(test < chosen[1]) & (script[test] == script[chosen[1]])]
    assert not any("letter" in caption(position) for position in before.tolist())


def test_each_patch_stands_alone_on_a_white_page():
    picture = torch.randint(0, 200, (2, 3, 8, 12), dtype=torch.uint8)
    pages = patches_alone(picture, 4)
    assert pages.shape == (2, 6, 3, 8, 12)
    assert torch.equal(pages.amin(dim=1), picture)  # together they are the picture
    alone = pages[1, 4]  # row 1, column 1
    assert torch.equal(alone[:, 4:, 4:8], picture[1, :, 4:, 4:8])
    alone[:, 4:, 4:8] = 255
    assert (alone == 255).all()


def test_a_patch_with_its_neighbours_keeps_the_ring_around_it():
    picture = torch.randint(0, 200, (1, 3, 12, 16), dtype=torch.uint8)  # 3 × 4 patches
    page = patches_alone(picture, 4, reach=1)[0, 4]  # row 1, column 0
    assert torch.equal(page[:, :, :8], picture[0, :, :, :8])
    assert (page[:, :, 8:] == 255).all()
    everything = patches_alone(picture, 4, reach=3)[0]
    assert torch.equal(everything, picture.expand(12, -1, -1, -1))


def test_other_pictures_may_stand_around_a_patch_that_is_alone():
    picture = torch.randint(0, 200, (2, 3, 8, 12), dtype=torch.uint8)
    other = torch.randint(0, 200, (2, 3, 8, 12), dtype=torch.uint8)
    page = patches_alone(picture, 4, around=other)[1, 4]  # row 1, column 1
    assert torch.equal(page[:, 4:, 4:8], picture[1, :, 4:, 4:8])
    page[:, 4:, 4:8] = other[1, :, 4:, 4:8]
    assert torch.equal(page, other[1])


def test_windows_reach_over_the_neighbours_and_beyond_the_edge_lies_paper():
    ink = torch.zeros(1, 4, 6, dtype=torch.bool)
    ink[0, 0, 2] = ink[0, 3, 5] = True  # in patch 1, and in patch 5, of 2 × 3 patches
    assert windows(ink, 2, 0)[0].sum(dim=1).tolist() == [0, 1, 0, 0, 0, 1]
    wide = windows(ink, 2, 1)[0]  # (patch, 6 · 6)
    assert wide.sum(dim=1).tolist() == [1, 2, 2, 1, 2, 2]
    assert wide[0].view(6, 6)[2, 4] == 1 and wide[0].view(6, 6)[:2].sum() == 0


def test_a_copyist_labels_what_it_has_seen():
    some = scenes.make_scenes(30, questions=("colour",), seed=0)
    copied, truth = copy_labels(some, some.pictures, 8, reach=1), some.labels()
    assert (copied == truth)[ink_of(some.pictures)].float().mean() > 0.99
    strange = scenes.make_scenes(5, questions=("colour",), seed=9)
    inked = ink_of(strange.pictures)
    right = [
        (copy_labels(some, strange.pictures, 8, reach) == strange.labels())[inked].float().mean()
        for reach in (0, 1)
    ]
    assert 1 / 12 < right[0] < right[1] < 1  # the neighbours help
    empty = torch.full((1, 3, 64, 64), 255, dtype=torch.uint8)
    assert not copy_labels(some, empty, 8, reach=1).any()


def wild_classifier(depth):
    """An untrained model of patches of 32 pixels whose answers differ from pixel to pixel."""
    torch.manual_seed(0)
    model = PixelClassifier(VisionTransformer(64, 32, 3, 8, depth, 2), 32, 3)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=2.0)
    return model


def test_what_is_drawn_alone_comes_from_each_patchs_own_page():
    model = wild_classifier(depth=1)
    pictures = torch.randint(0, 200, (2, 3, 64, 64), dtype=torch.uint8)
    alone = predict_alone(model, pictures)
    pages = patches_alone(pictures, 32)
    own = predict_pixels(model, pages[:, 2])[:, 32:, :32]  # the page of row 1, column 0
    assert torch.equal(alone[:, 32:, :32], own)
    assert not torch.equal(alone, predict_pixels(model, pictures))
    assert torch.equal(
        predict_alone(model, pictures, around=pictures), predict_pixels(model, pictures)
    )


def test_without_blocks_a_patch_alone_says_what_it_says_in_company():
    model = wild_classifier(depth=0)
    pictures = torch.randint(0, 200, (2, 3, 64, 64), dtype=torch.uint8)
    assert torch.equal(predict_alone(model, pictures), predict_pixels(model, pictures))


def test_the_middle_of_a_box_lies_in_a_patch_that_the_box_holds():
    assert middle_patch(torch.tensor([[0, 0, 8, 8], [48, 8, 64, 24]]), 8).tolist() == [0, 23]
    some = scenes.make_scenes(50, questions=("colour",), seed=0)
    boxes = some.asked_boxes()
    inside = scenes.patches_in_box(boxes, 8)
    assert ((boxes[:, 2:] - boxes[:, :2]) > 8).all()  # larger than a patch: no doubt
    assert inside.gather(1, middle_patch(boxes, 8).unsqueeze(1)).all()


def test_the_share_inside_leaves_out_what_a_patch_keeps_of_itself():
    inside = torch.tensor([[True, True, False, False]])
    maps = torch.zeros(1, 4, 4)
    maps[0, 0] = torch.tensor([0.5, 0.3, 0.1, 0.1])  # 0.3 of the other 0.5 stays inside
    maps[0, 1] = torch.tensor([0.1, 0.5, 0.2, 0.2])  # 0.1 of 0.5
    maps[0, 2:] = 0.25  # patches outside do not count
    assert share_inside(maps, inside) == pytest.approx((0.6 + 0.2) / 2)
    even = torch.ones(1, 4, 4)
    assert share_inside(even, inside) == pytest.approx(1 / 3)
    maps[0, 1] = torch.tensor([0.0, 1.0, 0.0, 0.0])  # gathers from nobody else
    assert share_inside(maps, inside) == pytest.approx(0.6 / 2)
    lonely = torch.eye(4, dtype=torch.bool)[:1]  # one patch: all that it gathers comes from outside
    both = share_inside(maps.expand(2, -1, -1), torch.cat([inside, lonely]))
    assert both == share_inside(maps, inside)


def test_distance_counts_patches_like_a_chess_king():
    apart = patches_apart(3, 3)
    assert apart[4].tolist() == [1, 1, 1, 1, 0, 1, 1, 1, 1]
    assert apart[0].tolist() == [0, 1, 2, 1, 1, 2, 2, 2, 2]
    assert torch.equal(apart, apart.T)
    assert patches_apart(1, 4)[0].tolist() == patches_apart(4, 1)[0].tolist() == [0, 1, 2, 3]


def test_looks_by_distance_are_multiples_of_an_even_look():
    looks = torch.full((2, 5, 10, 10), 0.1)
    looks[:, :, :, 0] = 0.7  # the class token is left out
    torch.testing.assert_close(look_by_distance(looks, 3), torch.ones(2, 3))
    looks[1, :, 1:, 1:] = torch.eye(9)
    torch.testing.assert_close(look_by_distance(looks, 3)[1], torch.tensor([9.0, 0.0, 0.0]))
