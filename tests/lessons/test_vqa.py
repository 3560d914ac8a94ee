"""Visual question answering: equal to LLaVA, places and labels, stages, answers."""

from random import Random
from typing import ClassVar

import pytest
import torch

from mmtutor import vqa
from mmtutor.datasets import asking
from mmtutor.datasets.asking import by_hand
from mmtutor.datasets.scenes import NOTHING
from mmtutor.datasets.telling.groups import GROUPS
from mmtutor.gpt import GPT
from mmtutor.vit import VisionTransformer

# ---------------------------------------------------------------------------- equal to the field


def tiny_llava():
    """Return transformers' LLaVA: a ViT, two layers between, a GPT-2; random weights, float64."""
    from transformers import GPT2Config, LlavaConfig, LlavaForConditionalGeneration, ViTConfig

    class Untied(LlavaForConditionalGeneration):
        _tied_weights_keys: ClassVar = {}  # it looks for the table where GPT-2 has none

    words = GPT2Config(
        vocab_size=30,
        n_positions=64,
        n_embd=24,
        n_layer=2,
        n_head=2,
        bos_token_id=0,
        eos_token_id=0,
    )
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    sight = ViTConfig(**sizes, intermediate_size=64, image_size=16, patch_size=4)
    config = LlavaConfig(
        vision_config=sight.to_dict(),
        text_config=words.to_dict(),
        image_token_index=asking.IMAGE_TOKEN,
        vision_feature_layer=-1,
        projector_hidden_act="gelu",
        tie_word_embeddings=False,
    )
    torch.manual_seed(0)
    model = Untied(config).double().eval()
    model.lm_head.weight = model.model.language_model.wte.weight
    return model


def ours_like(llava):
    tower = vqa.PatchesAlone(VisionTransformer(16, 4, 3, 16, 2, 2))
    for block in tower.transformer.blocks:
        block.attention_norm.eps = block.network_norm.eps = 1e-12
    language = GPT(30, 64, 24, 2, 2)
    model = vqa.VisionLanguageModel(tower, vqa.Projector(16, 24, pool=1), language).double()
    missing = model.load_state_dict(vqa.from_llava(llava.state_dict()), strict=False)
    assert not missing.unexpected_keys and not missing.missing_keys
    return model


def test_equals_llava_with_its_weights():
    llava = tiny_llava()
    ours = ours_like(llava)
    pixels = torch.rand(3, 3, 16, 16, dtype=torch.float64)
    words = torch.randint(5, 30, (3, 9))
    places = torch.full((3, 16), asking.IMAGE_TOKEN)
    tokens = torch.cat([words[:, :2], places, words[:, 2:]], dim=1)
    with torch.no_grad():
        theirs = llava(input_ids=tokens, pixel_values=pixels).logits
        said = ours(ours.tower(pixels), tokens)
    assert torch.allclose(said, theirs, atol=1e-10)


# ---------------------------------------------------------------------------- patches to tokens


def test_pooling_takes_squares_in_reading_order():
    numbered = torch.arange(16.0).view(1, 16, 1)
    assert vqa.pooled(numbered, 2)[0].tolist() == [
        [0, 1, 4, 5],
        [2, 3, 6, 7],
        [8, 9, 12, 13],
        [10, 11, 14, 15],
    ]
    assert torch.equal(vqa.pooled(numbered, 1), numbered)
    assert vqa.pooled(numbered, 4).shape == (1, 1, 16)


@pytest.mark.parametrize(("patches", "pool"), [(15, 1), (16, 3), (9, 2)])
def test_patches_that_cannot_be_pooled_are_named(patches, pool):
    with pytest.raises(ValueError, match=f"{patches} patches cannot be pooled {pool} by {pool}"):
        vqa.pooled(torch.zeros(1, patches, 2), pool)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_projector_makes_one_vector_a_group(layers):
    assert vqa.Projector(6, 10, layers, pool=2)(torch.rand(3, 16, 6)).shape == (3, 4, 10)


def test_features_stand_where_places_were_kept():
    at = asking.IMAGE_TOKEN
    tokens = torch.tensor([[at, 7, at, 0], [7, at, 8, at]])
    words, features = torch.zeros(2, 4, 1), torch.arange(1.0, 5.0).view(2, 2, 1)
    assert vqa.put_in(words, tokens, features)[..., 0].tolist() == [[1, 0, 2, 0], [0, 3, 0, 4]]
    assert not words.any()  # what was given stays as it was


def test_every_text_keeps_as_many_places_as_its_picture_has_tokens():
    at = asking.IMAGE_TOKEN
    tokens = torch.tensor([[at, 7, 7, 7], [at, at, at, 7]])  # four places, four features
    with pytest.raises(ValueError, match=r"a text keeps 1 places .* which has 2 tokens"):
        vqa.put_in(torch.zeros(2, 4, 1), tokens, torch.zeros(2, 2, 1))


# ---------------------------------------------------------------------------- labels


def learnt(text: str) -> str:
    tokens = asking.encode([text], length=40)
    labels = vqa.labels_of(tokens)[0]
    return " ".join(asking.WORDS[i] for i in labels.tolist() if i != vqa.IGNORED)


def test_the_models_words_and_its_end_are_learnt_in_every_turn():
    turns = [("what colour is the star ?", "red"), ("describe the scene", "a red star")]
    assert learnt(asking.conversation(turns, 4)) == "red <end> a red star <end>"


def test_nothing_is_learnt_of_what_is_still_to_be_said():
    assert learnt(asking.conversation([("what colour is the star ?", None)], 4)) == ""


def test_questions_carry_loss_if_one_wants_it_so():
    tokens = asking.encode([asking.conversation([("what ?", "red")], 2)], length=9)
    kept = vqa.all_words(tokens)[0]
    assert (kept != vqa.IGNORED).tolist() == [False] * 2 + [True] * 6 + [False]


def test_the_loss_is_the_mean_over_what_the_model_says():
    model = small_model()
    patches = torch.rand(2, 64, 64)
    tokens = asking.encode(
        [asking.conversation([("what ?", "red")]), asking.conversation([("what ?", "a red star")])]
    )
    log_shares = model(patches, tokens).log_softmax(dim=2)
    said = [
        -log_shares[row, at - 1, tokens[row, at]]
        for row, at in (vqa.labels_of(tokens) != vqa.IGNORED).nonzero().tolist()
    ]
    assert len(said) == 6
    assert torch.allclose(vqa.conversation_loss(model, patches, tokens), torch.stack(said).mean())


# ---------------------------------------------------------------------------- training


def small_model(pool: int = 2) -> vqa.VisionLanguageModel:
    torch.manual_seed(0)
    language = GPT(len(asking.WORDS), vqa.WINDOW, 64, 1, 2, positions="rotary")
    return vqa.new_model(vqa.new_tower().eval(), language, pool=pool)


@pytest.fixture(scope="module")
def asked():
    return asking.make_asked(48, scenes=20, seed=3)


def test_a_stage_changes_its_parts_alone(asked):
    recipe = vqa.TalkRecipe(steps=2, batch_size=8, learning_rate=1e-2, captions=0.5)
    for stage, parts in (
        (vqa.stage_one, {"projector"}),
        (vqa.stage_two, {"projector", "language"}),
    ):
        model = small_model()
        before = {name: p.detach().clone() for name, p in model.named_parameters()}
        stage(model, vqa.lessons_of(model, asked), recipe)
        moved = {
            name.split(".")[0]
            for name, p in model.named_parameters()
            if not torch.equal(before[name], p)
        }
        assert moved == parts


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_batch_has_its_share_of_captions(asked, share):
    model = small_model()
    lessons = vqa.lessons_of(model, asked)
    talks = [(lessons.captions, share), (lessons.questions, 1 - share)]
    patches, tokens = vqa.TalkBatches(lessons.patches, talks, 8, seed=1)[0]
    wish = asking.encode([asking.CAPTION_WISH])[0].tolist()
    wishes = sum(row[17:20] == wish for row in tokens.tolist())
    assert wishes == 8 * share and patches.shape == (8, 64, 64)
    assert (tokens[:, -1] != asking.PADDING).any()  # no wider than the longest


# ---------------------------------------------------------------------------- answers


def test_answers_with_a_cache_are_those_without():
    model = small_model().eval()
    patches, wishes = torch.rand(3, 64, 64), ["what colour is the star ?", "what ?", "red ?"]
    said = vqa.answer(model, patches, wishes, limit=5)
    for row, wish in enumerate(wishes):
        tokens = asking.encode([asking.conversation([(wish, None)])])
        begun = tokens.shape[1]
        for _ in range(5):
            word = model(patches[row : row + 1], tokens)[:, -1].argmax(1, keepdim=True)
            tokens = torch.cat([tokens, word], dim=1)
        text = asking.decode(tokens[:, begun:])[0].split(asking.STOP)[0].strip()
        assert said[row] == text


def test_an_answer_reads_the_turns_before():
    model = small_model().eval()
    patches, before = torch.rand(1, 64, 64), [[("what colour is the star ?", "red")]]
    tokens = asking.encode([asking.conversation([*before[0], ("what ?", None)])])
    word = model(patches, tokens)[0, -1].argmax()
    said = asking.decode(word.view(1, 1))[0].removesuffix(asking.STOP)
    assert vqa.answer(model, patches, ["what ?"], 1, before) == [said]


def test_shares_are_counted_type_by_type():
    types = ["colour", "row", "colour", "colour", "colour"]
    found = vqa.shares([True, False, False, True, False], types)
    assert found["colour"] == 0.5 and found["row"] == 0.0


def test_who_does_not_look_is_right_as_often_as_chance():
    known, test = (asking.make_asked(n, scenes=n // 4, seed=n) for n in (4000, 800))
    for rival in (vqa.most_frequent, vqa.question_alone):
        found = rival(known, test)
        for kind, chance in zip(asking.TYPES, (6, 3, 3, 3, 2, 2, 2, 6), strict=True):
            assert abs(found[kind] - 1 / chance) < 0.17, (rival, kind, found[kind])


def test_shuffled_pictures_are_all_others():
    patches = torch.arange(5.0).view(5, 1, 1)
    assert not (vqa.shuffled(patches) == patches).any()
    assert sorted(vqa.shuffled(patches).flatten().tolist()) == [0, 1, 2, 3, 4]


# ---------------------------------------------------------------------------- looks


def test_boxes_are_laid_on_the_places(asked):
    marked = vqa.inside(small_model(), asked)
    for row, question in zip(marked.view(-1, 4, 4), asked.questions, strict=True):
        assert row.any() == bool(question.boxes)
        for left, top, right, bottom in question.boxes:
            assert row[top // 16, left // 16] and row[(bottom - 1) // 16, (right - 1) // 16]


def test_ink_stands_where_things_stand(asked):
    ink = vqa.most_ink(small_model(), asked)
    owners = asked.told.scenes.owners
    for row, scene in zip(ink, asked.scene.tolist(), strict=True):
        assert row.mean().item() == pytest.approx((owners[scene] >= 0).float().mean().item())


def test_looks_are_shares_of_the_place_that_answers(asked):
    model = small_model(pool=1)
    patches = model.watch(asked.told.scenes.pictures)[:2]
    maps = vqa.looks(model, patches, ["what ?", "what colour is the star ?"])
    assert maps.shape == (1, 2, 64)
    assert (maps >= 0).all() and (maps.sum(dim=2) < 1).all()


def test_who_looks_away_answers_alike_before_any_picture(asked):
    model = small_model()  # one layer: what the words before have seen cannot be read from them
    patches = model.watch(asked.told.scenes.pictures)[:2]
    tokens = asking.encode([asking.conversation([("what colour is the star ?", None)])] * 2)
    seen = model(patches, tokens)
    with vqa.looking_away(model, [0]):
        away = model(patches, tokens)
    assert not torch.allclose(seen[0, -1], seen[1, -1], atol=1e-4)
    torch.testing.assert_close(away[0, -1], away[1, -1])
    torch.testing.assert_close(away[:, :-1], seen[:, :-1])  # only the newest place looks away
    torch.testing.assert_close(model(patches, tokens), seen)


def test_a_model_that_always_says_two_is_counted(monkeypatch):
    monkeypatch.setattr(
        vqa, "answer", lambda _model, _patches, wishes, limit: ["two"] * len(wishes)
    )
    found = vqa.numbers_said(small_model(), by_hand.CASES["two in a row"])
    assert found == {"none": 0.0, "one": 0.0, "two": 1.0}


def test_things_stand_in_their_cells_and_are_one_kind_and_another():
    for cells in by_hand.CASES.values():
        *some, other = by_hand.scene_with(cells, Random(0))
        assert len(some) == len(cells) and len({(t.kind, t.colour) for t in some}) == 1
        assert [(t.top // 21, t.left // 21) for t in some] == list(cells)
        assert other.kind != some[0].kind and other.row == "bottom"
        by_hand.draw_things((*some, other))


def test_a_model_that_says_red_stands_by_red(asked, monkeypatch):
    def answer(_model, _patches, wishes, limit=24, before=None):
        return ["red" if "colour" in wish else "yes" if "red" in wish else "no" for wish in wishes]

    monkeypatch.setattr(vqa, "answer", answer)
    model = small_model()
    found = vqa.stands_by(model, model.watch(asked.told.scenes.pictures), asked, goes_on=True)
    assert found == (1.0, 0.0)


def test_an_asker_answers_and_says_where_it_looked(asked):
    model = small_model()
    picture = asked.told.scenes.pictures[0]
    said, look = vqa.asker(model, 0)(picture, "What colour is  the star ?")
    patches = model.watch(picture.unsqueeze(0))
    assert said == vqa.answer(model, patches, ["what colour is the star ?"])[0]
    assert torch.equal(look, vqa.looks(model, patches, ["what colour is the star ?"])[0, 0])
    with pytest.raises(ValueError, match="do not have the word 'unicorn'"):
        vqa.asker(model, 0)(picture, "what colour is the unicorn ?")


def test_one_thing_is_covered_and_then_the_thing_itself(monkeypatch):
    told, seen = asking.make_asked(200, scenes=100, seed=3).told, []

    def answer(_model, pictures, wishes, limit):
        seen.append(pictures)
        return ["red"] * len(wishes)

    model = small_model()
    monkeypatch.setattr(model, "watch", lambda pictures: pictures)
    monkeypatch.setattr(vqa, "answer", answer)
    found = vqa.covered(model, told)
    whole, without_other, without_itself = seen
    other, own = ((whole != paper).any(dim=1) for paper in (without_other, without_itself))
    assert other.any(dim=(1, 2)).all() and own.any(dim=(1, 2)).all() and not (other & own).any()
    assert (without_other.movedim(1, -1)[other] == 255).all()
    ratio = other.sum(dim=(1, 2)) / own.sum(dim=(1, 2))
    assert found.ink == pytest.approx(ratio.double().median().item(), rel=0.1)
    assert 0 < found.nothing == found.another == found.itself < 1


def test_of_three_single_things_the_two_with_most_equal_ink_are_taken():
    told = asking.make_asked(200, scenes=100, seed=3).told
    scenes = told.scenes
    for scene in range(20):
        slots = vqa.most_alike(scenes, scene)
        single = [
            s
            for s in range(GROUPS)
            if scenes.kinds[scene, s] != NOTHING and scenes.kinds[scene, s + GROUPS] == NOTHING
        ]
        if len(single) < 2:
            assert slots is None
            continue
        ink = [int((scenes.owners[scene] == s).sum()) for s in range(GROUPS)]
        gaps = {abs(ink[a] - ink[b]) for a in single for b in single if a < b}
        assert abs(ink[slots[0]] - ink[slots[1]]) == min(gaps)
