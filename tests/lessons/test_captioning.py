"""Captioning: what decoders may see, teacher forcing, decoding against brute force, looks."""

from dataclasses import replace
from itertools import product

import pytest
import torch
from torch import nn

from mmtutor import captioning as cp
from mmtutor.captioning import QUICK, VARIANTS
from mmtutor.datasets.scenes import as_input
from mmtutor.datasets.telling import END, LONGEST, PADDING, START, encode, make_told
from mmtutor.plots.caption_desk import Wish, told

SIGHTED = ("cross-attention", "prefix")
TINY = replace(QUICK, width=16, heads=2)


@pytest.fixture(scope="module")
def scenes():
    return make_told(12, kinds=6, seed=3)


@pytest.fixture(scope="module")
def captions(scenes):
    return encode([five[0] for five in scenes.references])


@pytest.fixture(params=VARIANTS)
def model(request):
    torch.manual_seed(0)
    return cp.build(request.param, TINY).eval()


# ---------------------------------------------------------------------------- decoders


def test_those_that_see_have_equally_many_parameters():
    counts = [sum(p.numel() for p in cp.build(name, QUICK).parameters()) for name in SIGHTED]
    assert abs(counts[0] - counts[1]) <= 4 and counts[0] == 192_067


def test_a_word_sees_no_later_word(model, scenes, captions):
    before = model(scenes.scenes.pictures, captions)
    later = captions.clone()
    later[:, 6:] = END
    after = model(scenes.scenes.pictures, later)
    assert torch.allclose(before[:, :6], after[:, :6], atol=1e-5)
    assert not torch.allclose(before[:, 6:], after[:, 6:], atol=1e-3)


def test_only_the_blind_one_does_not_see(scenes, captions):
    pictures = scenes.scenes.pictures
    for name in VARIANTS:
        torch.manual_seed(0)
        one = cp.build(name, TINY).eval()
        same = torch.allclose(one(pictures, captions), one(pictures.flip(0), captions), atol=1e-5)
        assert same == (name == "blind")


def test_several_captions_of_one_picture_are_as_if_each_had_its_own(model, scenes, captions):
    pictures = scenes.scenes.pictures[:4]
    several = model(pictures, captions)  # three captions in a row for each
    each = model(pictures.repeat_interleave(3, dim=0), captions)
    assert torch.allclose(several, each, atol=1e-5)


def test_the_prefix_mask():
    assert cp.prefix_mask(2, 3).int().tolist() == [
        [1, 1, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [1, 1, 1, 1, 1],
    ]


def test_cross_attention_is_pytorchs_decoder(scenes, captions):
    """The same weights in `nn.TransformerDecoderLayer` give the same scores, in float64."""
    torch.manual_seed(1)
    ours = cp.build("cross-attention", TINY).double().eval()
    seen = ours.tower(as_input(scenes.scenes.pictures).double())
    x = ours.embed(captions)
    mask = nn.Transformer.generate_square_subsequent_mask(LONGEST, dtype=torch.float64)
    for block in ours.blocks:
        theirs = nn.TransformerDecoderLayer(
            16, 2, 64, 0.0, "gelu", batch_first=True, norm_first=True, dtype=torch.float64
        ).eval()
        copy_into(theirs, block)
        x = theirs(x, seen, mask)
    expected = ours.out(ours.norm(x))
    assert torch.allclose(ours.say(seen, captions), expected, atol=1e-10)


def copy_into(theirs: nn.TransformerDecoderLayer, ours: nn.Module) -> None:
    """Give PyTorch's layer our block's weights."""
    pairs = {"self_attn": ours.attention, "multihead_attn": ours.cross_attention}
    for name, attention in pairs.items():
        there = getattr(theirs, name)
        parts = (
            attention.query_projection,
            attention.key_projection,
            attention.value_projection,
        )
        there.in_proj_weight.data = torch.cat([part.weight.data for part in parts])
        there.in_proj_bias.data = torch.cat([part.bias.data for part in parts])
        there.out_proj.load_state_dict(attention.output_projection.state_dict())
    theirs.norm1.load_state_dict(ours.attention_norm.state_dict())
    theirs.norm2.load_state_dict(ours.cross_norm.state_dict())
    theirs.norm3.load_state_dict(ours.network_norm.state_dict())
    theirs.linear1.load_state_dict(ours.network[0].state_dict())
    theirs.linear2.load_state_dict(ours.network[2].state_dict())


# ---------------------------------------------------------------------------- learning


def test_what_is_read_is_one_place_before_what_is_to_be_said():
    captions = torch.tensor([[START, 7, 8, END, PADDING], [START, 9, END, PADDING, PADDING]])
    inputs, targets = cp.shifted(captions)
    assert inputs.tolist() == [[START, 7, 8, END], [START, 9, END, PADDING]]
    assert targets.tolist() == [[7, 8, END, -100], [9, END, -100, -100]]


def test_the_loss_leaves_padding_out(model, scenes, captions):
    pictures = scenes.scenes.pictures
    loss = cp.caption_loss(model, pictures, captions)
    scores = model(pictures, captions[:, :-1]).log_softmax(dim=2)
    said = [
        scores[scene, place - 1, captions[scene, place]]
        for scene, place in (captions[:, 1:] != PADDING).nonzero().add(torch.tensor([0, 1]))
    ]
    assert torch.allclose(loss, -torch.stack(said).mean(), atol=1e-5)


def test_batches_hold_pictures_with_one_of_their_references(scenes):
    batches = cp.CaptionBatches(scenes, 6, seed=1)
    pictures, captions = batches[4]
    again = batches[4]
    assert torch.equal(pictures, again[0]) and torch.equal(captions, again[1])
    assert not torch.equal(captions, batches[5][1])
    known = {
        row.numpy().tobytes(): {*map(tuple, encode(five).tolist())}
        for row, five in zip(scenes.scenes.pictures, scenes.references, strict=True)
    }
    for picture, caption in zip(pictures, captions, strict=True):
        assert tuple(caption.tolist()) in known[picture.numpy().tobytes()]


@pytest.mark.training
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_few_captions_are_learnt_by_heart(variant):
    few = make_told(4, kinds=6, seed=5)
    few = replace(few, references=[five[:1] * 5 for five in few.references])
    model, history = cp.train(variant, few, replace(QUICK, steps=100, batch_size=4, width=32))
    right = cp.greedy(model, few.scenes.pictures) == [five[0] for five in few.references]
    assert right == (variant != "blind")
    assert len(history.losses) == 100


# ---------------------------------------------------------------------------- decoding


class Table(nn.Module):
    """A decoder whose scores for the next word depend on the last two words, from a table."""

    def __init__(self, seed: int, likely_end: float = 2.0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.few = [END, 5, 6]  # all that it ever says
        self.table = torch.full((2, cp.TOKENS, cp.TOKENS, cp.TOKENS), -torch.inf)
        table = 2 * torch.randn(2, cp.TOKENS, cp.TOKENS, 3, generator=generator)
        table[..., 0] += likely_end
        self.table[..., self.few] = table

    def see(self, pictures):
        return torch.arange(len(pictures)).view(-1, 1, 1) % 2.0

    def say(self, seen, captions):
        which = cp.for_each_caption(seen, captions)[:, 0, 0].long()
        before = nn.functional.pad(captions, (1, 0))[:, :-1]
        return self.table[which.unsqueeze(1), before, captions]


def log_probability(model, picture, words):
    """Of a caption of a Table, its end included."""
    ids, total = [PADDING, START], 0.0
    for word in [*words, END]:
        total += model.table[picture, ids[-2], ids[-1]].log_softmax(0)[word].item()
        ids.append(word)
    return total


PICTURES = torch.zeros(2, 3, 64, 64, dtype=torch.uint8)


def numbers(caption):
    return encode([caption])[0, 1:].tolist()[: len(caption.split())]


@pytest.mark.parametrize("power", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_wide_beam_finds_the_best_caption(seed, power):
    """Against all captions of up to seven words; longer ones are too unlikely."""
    model = Table(seed, likely_end=4.0)
    found = cp.beam(model, PICTURES, 64, power)
    for picture in (0, 1):
        everything = [w for n in range(8) for w in product([5, 6], repeat=n)]
        best = max(
            everything,
            key=lambda w: log_probability(model, picture, w) / (len(w) + 1) ** power,
        )
        assert numbers(found[picture]) == [*best]


@pytest.mark.parametrize("seed", range(6))
def test_a_wider_beam_never_loses_to_greedy_here_and_one_beam_is_greedy(seed):
    model = Table(seed)
    greedy, one, two = (
        cp.greedy(model, PICTURES),
        cp.beam(model, PICTURES, 1),
        cp.beam(model, PICTURES, 8),
    )
    assert one == greedy
    for picture in (0, 1):
        first, better = (
            log_probability(model, picture, numbers(c[picture])) for c in (greedy, two)
        )
        assert better >= first - 1e-5


def test_beam_of_one_is_greedy_for_real_decoders(model, scenes):
    pictures = scenes.scenes.pictures
    assert cp.beam(model, pictures, 1) == cp.greedy(model, pictures)
    assert cp.beam(model, pictures[:1], 4) == cp.beam(model, pictures, 4)[:1]


def test_a_cold_sample_is_greedy_and_a_warm_one_follows_its_seed(model, scenes):
    pictures = scenes.scenes.pictures
    seeds = [torch.Generator().manual_seed(seed) for seed in (1, 1, 2)]
    assert cp.sample(model, pictures, 1e-4) == cp.greedy(model, pictures)
    one, same, other = (cp.sample(model, pictures, 1.0, seed) for seed in seeds)
    assert one == same != other


def test_a_beginning_is_gone_on_from(model, scenes):
    pictures = scenes.scenes.pictures[:3]
    ways = (cp.greedy, cp.sample, lambda *args, **more: cp.beam(*args, 2, **more))
    for way in ways:
        captions = way(model, pictures, beginning="a red star and")
        assert all(caption.startswith("a red star and") for caption in captions)
    with pytest.raises(ValueError, match="'pink'"):
        cp.greedy(model, pictures, "a pink")


def test_samples_come_as_often_as_they_are_likely():
    model, many = Table(7), torch.zeros(4000, 3, 64, 64, dtype=torch.uint8)
    drawn = cp.sample(model, many, 1.0, torch.Generator().manual_seed(0))[::2]
    share = sum(caption == "" for caption in drawn) / len(drawn)
    expected = model.table[0, PADDING, START].softmax(0)[END].item()
    assert abs(share - expected) < 4 * (expected * (1 - expected) / len(drawn)) ** 0.5 + 1e-9


# ---------------------------------------------------------------------------- looks


@pytest.mark.parametrize("variant", SIGHTED)
def test_looks_are_shares_of_attention_over_the_picture(variant, scenes):
    model = cp.build(variant, TINY).eval()
    texts = [five[0] for five in scenes.references]
    maps = cp.word_attention(model, scenes.scenes.pictures, texts)
    assert maps.shape == (2, len(scenes), LONGEST, 64)
    total = maps.sum(dim=-1)
    if variant == "cross-attention":
        assert torch.allclose(total, torch.ones_like(total), atol=1e-5)
    else:  # a word looks at words, too
        assert (total < 1).all() and (total[:, :, 0] > 0.5).all()


def test_the_place_before_a_noun_predicts_it(scenes, monkeypatch):
    """A model that looks at the right box one place before each noun, and nowhere else."""
    grid, texts = 8, [five[0] for five in scenes.references]
    maps = torch.zeros(1, len(scenes), LONGEST, grid * grid)
    for scene, row in enumerate(encode(texts).tolist()):
        there = {group.kind: group.boxes for group in scenes.facts[scene]}
        for place, word in enumerate(row):
            if word in cp.NOUNS:
                boxes = torch.tensor(there[cp.NOUNS[word]])
                inside = cp.patches_in_box(boxes, grid).any(dim=0)
                maps[0, scene, place - 1] = inside.float()
                maps[0, scene, place] = (~inside).float()
    monkeypatch.setattr(cp, "word_attention", lambda *_: maps)
    model = cp.build("cross-attention", TINY)
    assert cp.pointing(model, scenes, texts) == [1.0]
    assert cp.pointing(model, scenes, texts, reads=True) == [0.0]


def test_nouns_that_name_what_is_not_there_are_left_out(scenes):
    model = cp.build("cross-attention", TINY).eval()
    kinds = {group.kind for group in scenes.facts[0]}
    absent = next(k for k in ("umbrella", "star", "heart", "anchor") if k not in kinds)
    texts = [f"a red {absent} and a red {next(iter(kinds))}"] * len(scenes)
    one = replace(scenes, facts=[scenes.facts[0]] * len(scenes))
    looks, inside = cp.noun_looks(model, one, texts)
    assert looks.shape == (2, len(scenes), 64) and inside.shape == (len(scenes), 64)


# ---------------------------------------------------------------------------- the desk


@pytest.mark.parametrize("way", ["greedy", "beam 2", "sample"])
def test_the_desk_gets_a_caption_with_shares_looks_and_a_verdict(way, scenes):
    torch.manual_seed(0)
    model = cp.build("cross-attention", TINY).eval()
    said = told(cp.desk_teller(model, scenes, 1), Wish(2, "A  red star and", way))
    assert said.words[:4] == ("a", "red", "star", "and") and said.given == 4
    assert all(0 <= share <= 1 for share in said.shares)
    assert said.looks.shape == (len(said.words), 64)
    assert said.verdict.endswith(".")


def test_shares_are_the_models_probabilities(scenes):
    model = cp.build("cross-attention", TINY).eval()
    picture = scenes.scenes.pictures[:1]
    shares = cp.word_shares(model, picture, "a red star")
    scores = model(picture, encode(["a red star"]))[0].softmax(dim=1)
    expected = [scores[place, word].item() for place, word in enumerate(numbers("a red star"))]
    assert shares == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("caption", "verdict"),
    [
        ("{right}", "All is true, and nothing is left out."),
        ("a {kind}", "All is true. left out: {rest}."),
        ("", "Not true. left out: {count}."),
        ("{right} zzz", "Not true. words that make no sense: 1."),
    ],
)
def test_a_verdict_says_what_is_false(caption, verdict, scenes):
    scene = next(i for i, facts in enumerate(scenes.facts) if facts[0].number == 1)
    facts = scenes.facts[scene]
    blanks = {"right": scenes.right(scene)[0], "kind": facts[0].kind}
    blanks |= {"count": len(facts), "rest": len(facts) - 1}
    found = cp.truth(caption.format(**blanks), facts)
    assert cp.says_truth(found) == verdict.format(**blanks)
