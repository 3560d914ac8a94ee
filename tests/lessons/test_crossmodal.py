"""Lesson 07's module equals PyTorch's attention with other keys; gates, masks, lengths, scenes."""

import json
import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtutor.attention import record_attention
from mmtutor.crossmodal import (
    COLOURS_QUICK,
    NOUNS,
    QUICK,
    AveragedFusion,
    Colouriser,
    CrossAttention,
    GatedCrossAttention,
    PictureTokens,
    QuestionAnswerer,
    TokenReader,
    TwoWayAttention,
    WeightedResidualFusion,
    answer_loss,
    colour_accuracy,
    colour_loss,
    cover,
    hits,
    ink_in_patches,
    naming,
    next_colour,
    noun_boxes,
    noun_looks,
    noun_place,
    on_white,
    paint,
    painted,
    painted_colours,
    patch_maps,
    pointing,
    question_answerer,
    question_looks,
    recipe_scenes,
    resample,
    silhouettes,
    ways_to_meet,
    word_maps,
)
from mmtutor.datasets.scenes import (
    COLOURS,
    IGNORED,
    NOTHING,
    PADDING,
    WORDS,
    as_input,
    encode,
    held_out_colour,
    make_scenes,
    patches_in_box,
)
from mmtutor.datasets.shipped import shipped
from mmtutor.training import Batches, fit, seed_everything
from tests.lessons.twins import torch_attention

few = st.integers(1, 5)


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@settings(max_examples=30, deadline=None)
@given(batch=few, queries=few, keys=few, masked=st.booleans(), seed=st.integers(0, 99))
def test_cross_attention_equals_torch_with_other_keys(batch, queries, keys, masked, seed):
    torch.manual_seed(seed)
    ours = CrossAttention(8, 2).double()
    theirs = torch_attention(ours.attention)
    x, y = random(batch, queries, 8, seed=seed), random(batch, keys, 8, seed=seed + 1)
    real = torch.arange(keys) < torch.randint(1, keys + 1, (batch, 1)) if masked else None
    hidden = None if real is None else ~real  # PyTorch's True means: hidden
    found, weights = theirs(ours.norm(x), y, y, hidden, average_attn_weights=False)
    torch.testing.assert_close(ours(x, y, real), x + found, atol=1e-10, rtol=1e-10)
    with record_attention(ours) as maps:
        ours(x, y, real)
    torch.testing.assert_close(maps["attention"][0], weights, atol=1e-10, rtol=1e-10)


def test_gradients_equal_torch_too():
    ours = CrossAttention(8, 2).double()
    theirs = torch_attention(ours.attention)
    x, y = random(2, 3, 8).requires_grad_(), random(2, 5, 8, seed=1).requires_grad_()
    mine = torch.autograd.grad(ours(x, y).square().sum(), (x, y))
    found = theirs(ours.norm(x), y, y)[0]
    other = torch.autograd.grad((x + found).square().sum(), (x, y))
    torch.testing.assert_close(mine, other, atol=1e-9, rtol=1e-9)


def test_two_ways_read_what_was_there_before():
    block = TwoWayAttention(8, 2).double()
    text, picture = random(2, 3, 8), random(2, 5, 8, seed=1)
    new_text, new_picture = block(text, picture)
    torch.testing.assert_close(new_text, block.text_reads(text, picture))
    torch.testing.assert_close(new_picture, block.picture_reads(picture, text))


def test_padding_on_either_side_has_no_say():
    block = TwoWayAttention(8, 2).double()
    text, picture = random(1, 4, 8), random(1, 6, 8, seed=1)
    text_mask = torch.tensor([[True, True, True, False]])
    picture_mask = torch.tensor([[True] * 5 + [False]])
    before = block(text, picture, text_mask, picture_mask)
    text[0, 3] += 100
    picture[0, 5] -= 100
    after = block(text, picture, text_mask, picture_mask)
    torch.testing.assert_close(after[0][:, :3], before[0][:, :3])
    torch.testing.assert_close(after[1][:, :5], before[1][:, :5])


def test_a_gate_starts_closed_and_opens():
    block = GatedCrossAttention(8, 2).double()
    x, y = random(2, 3, 8), random(2, 5, 8, seed=1)
    assert torch.equal(block(x, y), x)
    block(x, y).square().sum().backward()
    assert block.attention_gate.grad != 0  # closed, and still able to learn to open
    with torch.no_grad():
        block.attention_gate.fill_(0.5)
        block.network_gate.fill_(-2.0)
    found = block.attention(block.attention_norm(x), y, y)
    middle = x + torch.tensor(0.5).tanh() * found
    expected = middle + torch.tensor(-2.0).tanh() * block.network(block.network_norm(middle))
    torch.testing.assert_close(block(x, y), expected)


def test_the_weighted_residual_form():
    fusion = WeightedResidualFusion(8, 2, alpha=0.25).double()
    text, picture = random(2, 3, 8), random(2, 3, 8, seed=1)
    found = fusion.attention(text, picture, picture)
    torch.testing.assert_close(fusion(text, picture), found + 0.75 * (text + picture))
    fusion(text, picture).sum().backward()
    torch.testing.assert_close(fusion.alpha.grad, -(text + picture).sum())


def test_lengths_that_differ_are_refused_in_a_sentence_that_helps():
    fusion = WeightedResidualFusion(8, 2).double()
    text, picture = random(2, 3, 8), random(2, 6, 8, seed=1)
    with pytest.raises(ValueError, match=r"3 words and 6 patches.*resample\(picture, 3\)"):
        fusion(text, picture)
    assert fusion(text, resample(picture, 3)).shape == text.shape
    torch.testing.assert_close(resample(picture, 3)[:, 1], picture[:, 2:4].mean(dim=1))


def test_what_is_kept_of_a_picture_is_averaged_down() -> None:
    fusion = AveragedFusion(8, 2, alpha=0.25).double()
    text, picture = random(2, 3, 8), random(2, 6, 8, seed=1)
    kept = 0.75 * (text + picture.unflatten(1, (3, 2)).mean(dim=2))
    torch.testing.assert_close(
        fusion(text, picture), fusion.attention(text, picture, picture) + kept
    )


def test_ways_to_meet_differ_where_their_names_say() -> None:
    ways = ways_to_meet(8, 2)
    gates = [ways[f"gate {state}"].attention_gate.tanh().item() for state in ("closed", "open")]
    assert gates == [0.0, pytest.approx(0.964, abs=1e-3)]
    learnt = {name: ways[name].alpha.requires_grad for name in ("α = 0", "α = 1", "α learnt")}
    assert learnt == {"α = 0": False, "α = 1": False, "α learnt": True}
    assert ways["α = 1"].alpha == 1 and isinstance(ways["plain"], CrossAttention)


def test_the_shipped_controls_are_of_these_ways_to_meet() -> None:
    controls = json.loads(shipped("results/crossmodal.json").read_text(encoding="utf-8"))
    assert list(controls["meet"]) == list(ways_to_meet(8, 2))
    for runs in controls["meet"].values():
        assert {len(shares) for shares in runs.values()} == {3}


@pytest.mark.parametrize("name", ways_to_meet(8, 2))
def test_padding_does_not_change_what_a_reader_of_tokens_answers(name: str) -> None:
    reader = TokenReader(ways_to_meet(8, 2)[name], 8).double().eval()
    tokens, short = random(2, 6, 8), encode(["what colour is the star"], 5).expand(2, -1)
    long = encode(["what colour is the star"], 9).expand(2, -1)
    if not name.startswith("α"):  # these add stretches of the picture, as many as words
        torch.testing.assert_close(reader(tokens, short), reader(tokens, long))
    before = reader(tokens, long)
    reader.word.weight.data[PADDING] = math.nan
    torch.testing.assert_close(reader(tokens, long), before)


@pytest.fixture(scope="module")
def scenes():
    return make_scenes(64, kinds=6, objects=(3, 6), questions=("colour", "row"), seed=5)


def test_several_questions_are_answered_as_one_by_one(scenes):
    model = QuestionAnswerer(PictureTokens(64, 8, 3, 16), 16, 2).eval()
    questions, _ = scenes.every_question()
    together = model(scenes.pictures[:4], questions[:4])
    one = model(scenes.pictures[:4], questions[:4, 5])
    torch.testing.assert_close(together[:, 5], one)


def test_padding_does_not_change_an_answer(scenes):
    model = QuestionAnswerer(PictureTokens(64, 8, 3, 16), 16, 2).eval()
    short = encode(["what colour is the star"], 5).expand(4, -1)
    long = encode(["what colour is the star"], 9).expand(4, -1)
    pictures = scenes.pictures[:4]
    torch.testing.assert_close(model(pictures, short), model(pictures, long))


def test_answers_to_objects_that_are_not_there_do_not_count(scenes):
    model = QuestionAnswerer(PictureTokens(64, 8, 3, 16), 16, 2).eval()
    questions, answers = scenes.every_question()
    loss = answer_loss(model, scenes.pictures, questions, answers)
    real = answers != IGNORED
    scores = model(scenes.pictures, questions)
    torch.testing.assert_close(loss, F.cross_entropy(scores[real], answers[real]))


def test_the_look_of_a_word_is_the_words_alone(scenes):
    model = QuestionAnswerer(PictureTokens(64, 8, 3, 16), 16, 2).eval()
    pictures = scenes.pictures[:2]
    a = encode(["what colour is the star"]).expand(2, -1)
    b = encode(["star heart"]).expand(2, -1)
    looks = [noun_looks(word_maps(model, pictures, text), text) for text in (a, b)]
    assert looks[0].shape == (2, 64)
    torch.testing.assert_close(*looks)


def test_a_silhouette_has_no_colour(scenes):
    shapes = silhouettes(scenes.pictures)
    assert set(shapes.unique().tolist()) == {0.0, 1.0}
    ink = scenes.owners >= 0
    assert shapes[:, 0][~ink].sum() == 0  # never on paper
    rim = shapes[:, 0][ink] == 0  # an object's palest pixels (its ink starts at 60 of 255) drop out
    assert rim.float().mean() < 0.2
    assert as_input(scenes.pictures).amax(dim=1)[ink][rim].max() <= 0.4
    again = make_scenes(64, kinds=6, objects=(3, 6), questions=("colour", "row"), seed=5)
    recoloured = recolour(again)
    same = silhouettes(recoloured) == shapes
    assert same.all()  # turning the colours round changes no shape


def recolour(scenes):
    """Give every stroke another colour: turn the channels round."""
    return scenes.pictures[:, [1, 2, 0]]


def test_paint_gives_each_patch_its_colour():
    colours = torch.rand(1, 3, 64)
    painted = paint(colours, torch.ones(1, 1, 64, 64))
    torch.testing.assert_close(painted[0, :, 8, 17], colours[0, :, 8 + 2])
    assert paint(colours, torch.zeros(1, 1, 64, 64)).abs().sum() == 0


class Painter(torch.nn.Module):
    """Paints every patch in one colour."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.word = torch.nn.Embedding(1, 1)
        self.ink = 1 - torch.tensor(COLOURS[name])

    def forward(self, shapes, captions):
        return self.ink.view(1, 3, 1).expand(len(shapes), 3, 64)


def test_painted_colours_are_those_of_the_paint(scenes):
    made = painted_colours(Painter("purple"), scenes, scenes.captions())
    there = scenes.kinds >= 0
    assert made.shape == scenes.kinds.shape
    assert (made[there] == list(COLOURS).index("purple")).all()


@pytest.mark.parametrize("name", COLOURS)
def test_colour_accuracy_counts_objects(scenes, name):
    there = scenes.kinds >= 0
    share = (scenes.colours == list(COLOURS).index(name))[there].float().mean().item()
    measured = colour_accuracy(Painter(name), scenes, scenes.captions())
    assert measured == pytest.approx(share, abs=1e-6)


def test_the_recipes_learn_a_little():
    seed_everything(0)
    train, test = recipe_scenes(QUICK, 512, seed=1), recipe_scenes(QUICK, 100, seed=2)
    model = question_answerer(QUICK)
    batches = Batches(train.pictures, *train.every_question(), batch_size=32)
    short = type(QUICK)(**{**vars(QUICK), "steps": 25, "batch_size": 32})
    history = fit(model, batches, answer_loss, short)
    assert sum(history.losses[-5:]) < 0.7 * sum(history.losses[:5])
    assert 0 <= pointing(model, test) <= 1
    painter = Colouriser(PictureTokens(64, 8, 1, 16), 16, 2)
    batches = Batches(train.pictures, train.captions(), batch_size=32)
    short = type(QUICK)(**{**vars(COLOURS_QUICK), "steps": 15, "batch_size": 32})
    history = fit(painter, batches, colour_loss, short)
    assert history.losses[-1] < history.losses[0]
    assert 0 <= naming(painter, test) <= 1
    maps = patch_maps(painter, test.pictures, test.captions())
    assert maps.shape[:3] == (100, 2, 64)
    padding = (test.captions() == PADDING)[:, None, None].expand_as(maps)
    assert maps[padding].abs().max() == 0 and WORDS[PADDING] == "·"


# ---------------------------------------------------------------------------- tests of a look


def test_a_look_hits_where_its_strongest_patch_is_inside() -> None:
    looks = torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3], [0.4, 0.4, 0.2]])
    inside = torch.tensor([[False, True, False], [False, True, True], [True, False, False]])
    assert hits(looks, inside).tolist() == [True, False, True]


def test_question_looks_are_those_of_the_noun_asked_about() -> None:
    seed_everything(0)
    asked = recipe_scenes(QUICK, 5, seed=3)
    model = question_answerer(QUICK)
    maps = word_maps(model, asked.pictures, asked.questions)  # (scene, head, word, patch)
    looks = question_looks(model, asked)
    for scene in range(5):
        place = noun_place(asked, scene, asked.questions[scene])
        torch.testing.assert_close(looks[scene], maps[scene, :, place].mean(dim=0))
    shares = hits(looks, patches_in_box(asked.asked_boxes(), 8)).float().mean()
    assert pointing(model, asked) == pytest.approx(shares.item())


def test_a_noun_is_found_in_question_and_caption() -> None:
    asked = recipe_scenes(QUICK, 20, seed=4)
    second = replace(asked, asked=torch.ones_like(asked.asked))  # about another object
    for scene in range(20):
        for data, text in ((asked, asked.questions[scene]), (second, asked.captions()[scene])):
            kind = data.kinds[scene, data.asked[scene]]
            noun = WORDS.index("umbrella") + int(kind)
            assert noun_place(data, scene, text) == (text == noun).nonzero()


def test_the_next_colour_is_another_and_one_that_the_kind_may_have() -> None:
    some = recipe_scenes(QUICK, 200, seed=5)
    new = next_colour(some, some.asked)
    own = torch.arange(200)
    kinds, colours = some.kinds[own, some.asked], some.colours[own, some.asked]
    assert (new != colours).all() and (new != held_out_colour(kinds)).all()
    assert new.min() >= 0 and new.max() < len(COLOURS)


def test_the_ink_of_an_object_is_counted_patch_by_patch() -> None:
    some = recipe_scenes(QUICK, 5, seed=6)
    owned = some.owners == some.asked.view(-1, 1, 1)
    shares = ink_in_patches(owned)  # (scene, patch)
    for scene, patch in ((0, 0), (3, 27), (4, 63)):
        row, column = divmod(patch, 8)
        square = owned[scene, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        assert shares[scene, patch] == square.float().mean()
    torch.testing.assert_close(64 * shares.sum(dim=1), owned.float().sum(dim=(1, 2)))


def test_every_word_has_the_box_of_what_it_names() -> None:
    some = recipe_scenes(COLOURS_QUICK, 4, seed=8)  # 2 to 6 objects: some slots are empty
    for scene, caption in enumerate(some.captions()):
        boxes = noun_boxes(some, scene, caption)
        count = int((some.kinds[scene] != NOTHING).sum())
        assert [box for box in boxes if box] == some.boxes[scene, :count].tolist()
        assert all(
            (box is None) == (word not in NOUNS) for box, word in zip(boxes, caption, strict=True)
        )


def test_covering_lays_white_over_one_patch_and_nothing_else() -> None:
    pictures = torch.zeros(2, 3, 64, 64, dtype=torch.uint8)
    white = cover(pictures, torch.tensor([0, 10])) == 255  # row 0, column 0; row 1, column 2
    assert white[0, :, :8, :8].all() and white[1, :, 8:16, 16:24].all()
    assert white.sum(dim=(1, 2, 3)).tolist() == [3 * 64, 3 * 64]


def test_ink_is_taken_from_white_paper() -> None:
    black = on_white(torch.tensor([1.0, 0.0]).view(1, 1, 1, 2))
    assert black.tolist() == [[[[0, 0, 0], [1, 1, 1]]]]
    red = on_white(torch.tensor([0.0, 1.0, 0.25]).view(1, 3, 1, 1))
    assert red.tolist() == [[[[1, 0, 0.75]]]]


def test_painted_pictures_are_the_models_colours_in_the_silhouettes() -> None:
    seed_everything(0)
    scene = recipe_scenes(COLOURS_QUICK, 2, seed=7)
    model = Colouriser(PictureTokens(64, 8, 1, 16), 16, 4)
    shapes = silhouettes(scene.pictures)
    ink = paint(model(shapes, scene.captions()), shapes).detach()
    seen = painted(model, scene.pictures, scene.captions())
    torch.testing.assert_close(seen, 1 - ink.permute(0, 2, 3, 1))
    assert (seen[shapes[:, 0] == 0] == 1).all()
