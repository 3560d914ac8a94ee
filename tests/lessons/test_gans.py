"""Two players: the losses are the formulas, and each stands still while the other moves."""

import json
import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from mmtutor import gans
from mmtutor.datasets import letters
from mmtutor.datasets.shipped import shipped
from mmtutor.metrics import judging
from mmtutor.training import seed_everything

generator = torch.Generator().manual_seed(0)
REAL, DRAWN = torch.randn(2, 9, generator=generator)
TINY = replace(gans.QUICK, steps=3, batch_size=16)


@pytest.fixture(scope="module")
def small() -> letters.Letters:
    """Four letters in all faces."""
    return letters.load_letters("aegk", side=16)


@pytest.fixture(scope="module")
def data(small: letters.Letters) -> gans.Pairs:
    """Three versions of each."""
    return gans.real_pairs(small, versions=3)


# ---------------------------------------------------------------------------- losses


def test_the_inspectors_loss_is_the_value_of_the_game() -> None:
    """−E[ln D(real)] − E[ln(1 − D(drawn))]: Goodfellow et al. 2014, equation 1."""
    game = gans.GAMES["minimax"]
    value = REAL.sigmoid().log().mean() + (1 - DRAWN.sigmoid()).log().mean()
    torch.testing.assert_close(game.real(REAL) + game.drawn(DRAWN), -value)


FOOL = {
    "minimax": (lambda s: (1 - s.sigmoid()).log().mean(), lambda s: s.sigmoid()),
    "non-saturating": (lambda s: -s.sigmoid().log().mean(), lambda s: 1 - s.sigmoid()),
    "hinge": (lambda s: -s.mean(), torch.ones_like),
}


@pytest.mark.parametrize("name", gans.GAMES)
def test_the_forgers_losses_and_forces_are_those_of_the_table(name: str) -> None:
    formula, force = FOOL[name]
    scores = DRAWN.clone().requires_grad_()
    loss = gans.GAMES[name].fool(scores)
    torch.testing.assert_close(loss, formula(scores))
    (slope,) = torch.autograd.grad(loss * len(scores), scores)
    torch.testing.assert_close(-slope, force(scores.detach()))


def test_hinge_is_zero_beyond_the_margin() -> None:
    game = gans.GAMES["hinge"]
    assert game.real(torch.tensor([1.0, 3.0])) == 0 and game.drawn(torch.tensor([-1.5])) == 0
    assert game.real(torch.tensor([0.25])) == pytest.approx(0.75)


# ---------------------------------------------------------------------------- players


def test_words_are_chosen_whole_and_the_gradient_is_the_softmaxs() -> None:
    scores = torch.randn(5, gans.STYLE, generator=generator).requires_grad_()
    chosen = gans.choose_words(scores)
    sizes = gans.SIZES
    for part, raw in zip(chosen.split(sizes, dim=1), scores.split(sizes, dim=1), strict=True):
        assert (part.detach().round() == F.one_hot(raw.argmax(dim=1), raw.shape[1])).all()
    weights = torch.randn(5, gans.STYLE, generator=generator)
    (slope,) = torch.autograd.grad((chosen * weights).sum(), scores)
    soft = torch.cat([part.softmax(dim=1) for part in scores.split(sizes, dim=1)], dim=1)
    (expected,) = torch.autograd.grad((soft * weights).sum(), scores)
    torch.testing.assert_close(slope, expected)


@pytest.mark.parametrize("pack", [1, 2, 4])
def test_an_inspector_gives_a_score_for_each_pack_and_reads_all_of_it(data, pack: int) -> None:
    seed_everything(0)
    inspector = gans.Discriminator(4, pack=pack)
    some = data.select(torch.arange(8))
    before = inspector(some)
    assert before.shape == (8 // pack,)
    pictures, styles = some.pictures.clone(), some.styles.clone()
    pictures[-1], styles[0] = pictures[-1] + 0.1, 1 - styles[0]
    assert (inspector(some._replace(pictures=pictures)) != before).tolist()[-1]
    assert (inspector(some._replace(styles=styles)) != before).tolist()[0]
    assert (inspector(some._replace(letters=(some.letters + 1) % 4)) != before).all()


def test_spectral_norm_holds_every_layers_largest_singular_value_at_one(data) -> None:
    seed_everything(0)
    inspector = gans.Discriminator(4, spectral=True).train()
    some = data.select(torch.arange(8))
    for _ in range(60):
        inspector(some)  # a step of power iteration each
    layers = [part for part in inspector.modules() if isinstance(part, torch.nn.Linear)]
    for layer in layers:
        assert torch.linalg.svdvals(layer.weight)[0].item() == pytest.approx(1, abs=0.05)


def test_a_lie_changes_one_part_of_the_last_style_of_each_pack(data) -> None:
    seed_everything(0)
    some = data.select(torch.arange(40))
    lied = gans.with_wrong_style(some, pack=2)
    changed = torch.stack(
        [
            (a != b).any(dim=1)
            for a, b in zip(
                some.styles.split(gans.SIZES, 1), lied.styles.split(gans.SIZES, 1), strict=True
            )
        ]
    )
    assert changed.sum(dim=0).tolist() == [0, 1] * 20
    assert changed.any(dim=1).all()  # every part is lied about somewhere
    assert (lied.styles.sum(dim=1) == 3).all() and (lied.pictures == some.pictures).all()


def test_steepness_is_the_squared_slope_at_real_pairs() -> None:
    pairs = gans.Pairs(torch.rand(4, 6), torch.rand(4, 7), torch.zeros(4, dtype=torch.long))
    pairs = gans.Pairs(pairs.pictures.requires_grad_(), pairs.styles.requires_grad_(), pairs[2])
    slope, other = torch.randn(6), torch.randn(7)
    scores = pairs.pictures @ slope + pairs.styles @ other
    expected = slope.square().sum() + other.square().sum()
    torch.testing.assert_close(gans.steepness(scores, pairs), expected)


# ---------------------------------------------------------------------------- the loop


def test_packs_are_different_pairs_of_one_letter(data) -> None:
    seed_everything(0)
    recipe = replace(gans.QUICK, batch_size=64, pack=4)
    chosen = gans.packs(gans.places_of(data.letters, 4), recipe).view(-1, 4)
    assert (data.letters[chosen] == data.letters[chosen[:, :1]]).all()
    assert all(len(set(row)) == 4 for row in chosen.tolist())


def test_packs_that_cannot_be_filled_are_refused_in_a_sentence(data) -> None:
    places = gans.places_of(data.letters, 4)
    with pytest.raises(ValueError, match="packs of 2 do not fill a batch of 15 pairs"):
        gans.packs(places, replace(gans.QUICK, batch_size=15))
    with pytest.raises(ValueError, match="takes 2 pairs of a letter, and one has 1"):
        gans.packs([places[0], places[1][:1]], replace(gans.QUICK, batch_size=16))


def test_each_player_stands_still_while_the_other_moves(data, monkeypatch) -> None:
    """The discriminator's loss leaves no gradient in the generator, and no move changes both."""
    seen = []

    def move(mover, loss, share) -> None:
        before = [p.detach().clone() for group in mover.param_groups for p in group["params"]]
        plain(mover, loss, share)
        after = [p for group in mover.param_groups for p in group["params"]]
        seen.append(any(not torch.equal(a, b) for a, b in zip(before, after, strict=True)))

    plain = gans.move
    monkeypatch.setattr(gans, "move", move)
    gans.play(data, 4, TINY)
    assert seen == [True] * 6 and TINY.rate(0) > 0

    forger, inspector = gans.Generator(4), gans.Discriminator(4)
    some = data.select(torch.arange(16))
    drawn = gans.Pairs(*(part.detach() for part in forger(gans.noise(16), some.letters)))
    loss = gans.discriminator_loss(inspector, gans.GAMES["hinge"], some, drawn, gans.QUICK)
    loss.backward()
    assert all(p.grad is None for p in forger.parameters())
    assert all(p.grad is not None for p in inspector.parameters())


def test_the_running_mean_follows_by_its_share() -> None:
    a, b = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    before, other = a.weight.detach().clone(), b.weight.detach().clone()
    gans.follow(a, b, 0.9)
    torch.testing.assert_close(a.weight.detach(), 0.9 * before + 0.1 * other)
    torch.testing.assert_close(b.weight.detach(), other)


def test_the_same_seed_plays_the_same_game_and_keeps_its_frames(data) -> None:
    watch = [0, 1, 2, 3]
    one, two = (gans.play(data, 4, TINY, watch=watch, every=1) for _ in range(2))
    assert one.losses == two.losses and len(one.losses["G"]) == 3
    assert list(one.frames) == [0, 1, 2, 3]
    for step in one.frames:
        assert torch.equal(one.frames[step].pictures, two.frames[step].pictures)
    assert not torch.equal(one.frames[0].pictures, one.frames[3].pictures)
    assert gans.play(data, 4, TINY).losses == one.losses  # to be watched changes nothing
    assert not one.generator.training


def test_what_is_drawn_is_a_pair(data) -> None:
    match = gans.play(data, 4, TINY)
    drawn = gans.drawn_by(match.generator, gans.noise(10), torch.arange(10) % 4)
    assert drawn.pictures.min() >= 0 and drawn.pictures.max() <= 1
    assert (drawn.styles.round().sum(dim=1) == 3).all()


def test_real_pairs_are_moved_a_little_and_keep_their_words(small, data) -> None:
    assert len(data.letters) == 3 * len(small)
    assert (data.styles[::3] == small.words[:, -gans.STYLE :]).all()
    moved = (data.pictures[::3] - small.pixels).norm(dim=1)
    assert 0 < moved.mean() < 0.5 * torch.pdist(small.pixels).mean()
    again = gans.real_pairs(small, versions=3)
    assert torch.equal(again.pictures, data.pictures)


# ---------------------------------------------------------------------------- judging


def test_the_frechet_distance_is_that_of_gaussians() -> None:
    """Known: equal sets 0; a shift adds its squared length; scaling by 2 adds tr Σ."""
    seed_everything(0)
    a = torch.randn(400, 5) @ torch.randn(5, 5)
    assert judging.frechet_distance(a, a) == pytest.approx(0, abs=1e-4)
    shift = torch.tensor([3.0, 0, 0, 4, 0])
    assert judging.frechet_distance(a, a + shift) == pytest.approx(25, rel=1e-4)
    b = a - a.mean(dim=0)
    assert judging.frechet_distance(b, 2 * b) == pytest.approx(b.T.cov().trace().item(), rel=1e-3)


def test_the_frechet_distance_is_that_of_a_matrix_root() -> None:
    from scipy.linalg import sqrtm

    seed_everything(1)
    a, b = torch.randn(2, 60, 4).double()
    b = b @ torch.randn(4, 4).double() + 1
    first, second = a.T.cov(), b.T.cov()
    root = torch.tensor(sqrtm((first @ second).numpy()).real)
    expected = (a.mean(0) - b.mean(0)).square().sum() + (first + second - 2 * root).trace()
    assert judging.frechet_distance(a, b) == pytest.approx(expected.item(), rel=1e-6)


def test_what_is_covered_counts_places_within_reach() -> None:
    by = torch.tensor([[0.0], [1.0], [2.0], [3.0], [10.0]])  # reaches 3, 2, 2, 3, 9
    places = torch.tensor([[-2.9], [-3.1], [5.9], [18.9], [19.1]])
    assert judging.covered(places, by) == pytest.approx(3 / 5)
    assert judging.covered(by, by) == 1


def test_diversity_looks_within_a_letter_only() -> None:
    features = torch.tensor([[0.0], [2.0], [100.0], [104.0]])
    own = torch.tensor([0, 0, 1, 1])
    assert judging.diversity(features, own) == pytest.approx(3)
    assert judging.diversity(features[[0, 0, 2, 2]], own) == 0


def test_a_letter_with_one_picture_has_no_diversity() -> None:
    features, own = torch.tensor([[0.0], [2.0], [100.0]]), torch.tensor([0, 0, 1])
    assert judging.diversity(features, own) == pytest.approx(2)
    with pytest.raises(ValueError, match="no letter has two pictures"):
        judging.diversity(features[1:], own[1:])


def test_too_few_pictures_to_compare_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="two pictures or more"):
        judging.frechet_distance(torch.rand(9, 3), torch.rand(1, 3))
    with pytest.raises(ValueError, match="3 items do not have 3 neighbours"):
        judging.covered(torch.rand(9, 2), torch.rand(3, 2))


def test_the_nearest_is_found_with_its_distance() -> None:
    known = torch.tensor([[0.0, 0], [3, 4]])
    distance, place = judging.nearest_distance(torch.tensor([[0.0, 1], [3, 4]]), known)
    assert distance.tolist() == pytest.approx([1, 0], abs=1e-3) and place.tolist() == [0, 1]


def test_agreement_counts_each_part(monkeypatch) -> None:
    faces = torch.tensor([0, 1, 2, 8])  # sans; sans bold; sans slanted; serif
    monkeypatch.setattr(judging, "verdict", lambda judge, pixels: (faces, faces))
    said = letters.style_words(torch.tensor([0, 0, 2, 0]))
    found = judging.agreement(judging.Judge(16, 4), torch.zeros(4, 256), said)
    parts = {"family": 0.75, "weight": 0.75, "slant": 1.0, "all": 0.5}
    assert found == pytest.approx(parts)


# ---------------------------------------------------------------------------- tables and pictures


class SeesPixels(judging.Judge):
    """A judge who takes the first pixel for the letter, and the second for the face."""

    def __init__(self) -> None:
        super().__init__(16, 4)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        letters_seen, faces_seen = (pixels[:, :2] * 12).round().long().T
        return torch.cat([F.one_hot(letters_seen, 4), F.one_hot(faces_seen, 12)], dim=1).float()

    def look(self, pixels: torch.Tensor) -> torch.Tensor:
        return F.pad(pixels[:, :4], (0, 124))


def drawn_as(letters_seen: list[int], faces_seen: list[int]) -> torch.Tensor:
    """Pictures in which that judge sees these letters and faces."""
    seen = torch.tensor([letters_seen, faces_seen]).T / 12
    return F.pad(seen, (0, 254))


def said_as(faces: list[int]) -> torch.Tensor:
    """The styles of these faces."""
    return letters.style_words(torch.tensor(faces))


def test_single_pairs_are_scored_by_what_is_asked_and_what_is_said() -> None:
    pairs = gans.Pairs(
        drawn_as([0, 1, 2, 3], [0, 0, 8, 9]), said_as([0, 4, 8, 8]), torch.tensor([0, 1, 2, 2])
    )
    assert gans.letters_read(SeesPixels(), pairs) == 0.75
    found = gans.score_singles(SeesPixels(), pairs)  # sans taken for mono; regular for bold
    assert found == {"letter": 0.75, "agree": 0.5}


def test_variety_is_measured_beside_real_pairs() -> None:
    own = torch.arange(2).repeat_interleave(5)
    real = gans.Pairs(torch.rand(10, 256, generator=generator), torch.zeros(10, 7), own)
    judge, same = SeesPixels(), gans.Pairs(*real)
    found = gans.score_variety(judge, same, real)
    assert found == pytest.approx(
        {"diversity": 1, "precision": 1, "recall": 1, "Fréchet": 0}, abs=1e-3
    )
    closer = same._replace(pictures=0.5 * real.pictures)
    assert gans.score_variety(judge, closer, real)["diversity"] == pytest.approx(0.5)
    one = same._replace(pictures=real.pictures[:1].expand(10, -1))
    found = gans.score_variety(judge, one, real)
    assert found["diversity"] == 0 and found["precision"] == 1 and found["recall"] < 0.5


def test_a_copyist_hands_over_known_pairs_two_of_a_letter_in_a_row(data) -> None:
    seed_everything(0)
    copies = gans.copy_at_random(data, 24)
    same = (copies.pictures.unsqueeze(1) == data.pictures).all(dim=2)  # (copy, known)
    place = same.int().argmax(dim=1)
    assert same.any(dim=1).all() and (data.letters[place] == copies.letters).all()
    assert (copies.letters[::2] == copies.letters[1::2]).all()
    assert (place[::2] != place[1::2]).all() and len(copies.letters.unique()) > 1


def test_the_first_pairs_of_a_letter_keep_their_order(data) -> None:
    first = gans.first_of(data, 2, 5)
    assert (first.letters == 2).all()
    assert (first.pictures == data.pictures[data.letters == 2][:5]).all()


def test_a_claim_is_of_letter_and_whole_style(small) -> None:
    kept_back = small.find(["g, serif, bold, upright", "a, sans, regular, slanted"])
    styles = said_as([9, 9, 8, 2])  # serif bold twice, serif, sans slanted
    pairs = gans.Pairs(torch.zeros(4, 256), styles, torch.tensor([2, 0, 2, 0]))
    assert gans.claims(pairs, kept_back).tolist() == [True, False, False, True]


def test_under_a_drawing_stands_what_a_reader_can_see() -> None:
    said = gans.weight_and_slant(0.9 * said_as([0, 9, 7]))  # sans; serif bold; mono bold slanted
    assert said == ["regular upright", "bold upright", "bold slanted"]


def test_a_grid_has_a_row_for_each_letter(data) -> None:
    drawn = gans.grid(data, [1, 3], 5)
    assert len(drawn.axes) == 10
    first = gans.weight_and_slant(gans.first_of(data, 1, 1).styles)[0]
    assert drawn.axes[0].get_xlabel() == first


def test_new_is_what_claims_a_pair_kept_back_and_shows_it(small) -> None:
    """Kept back: letter 1 in face 4. One claims and shows it, one only claims, one only shows."""
    place = ((small.letters == 1) & (small.faces == 4)).nonzero()[0]
    kept = small.select(place)
    pictures = drawn_as([1, 1, 1, 2], [4, 5, 4, 4])
    pairs = gans.Pairs(pictures, said_as([4, 4, 5, 4]), torch.tensor([1, 1, 1, 2]))
    assert gans.found_new(SeesPixels(), pairs, kept) == 0.25


def test_a_report_holds_every_column(small, data) -> None:
    kept, judge = small.select(torch.tensor([0, 5])), judging.Judge(16, 4).eval()
    found = gans.report(judge, data, data, data, kept)
    assert list(found)[:2] == ["letter", "agree"] and list(found)[-2:] == ["to nearest", "new"]
    assert found["to nearest"] == pytest.approx(0, abs=1e-2) and found["recall"] == 1


def test_grain_moves_a_copy_away_and_leaves_ink_between_paper_and_black(data) -> None:
    seed_everything(0)
    copies = gans.copy_with_grain(data, 24, 0.0)
    assert judging.nearest_distance(copies.pictures, data.pictures)[0].max() < 1e-2
    seed_everything(0)
    grained = gans.copy_with_grain(data, 24, 0.1)
    away = (grained.pictures - copies.pictures).norm(dim=1)
    assert 0.05 * 16 < away.mean() < 0.1 * 16  # half of the grain on white paper is cut off
    assert grained.pictures.min() >= 0 and grained.pictures.max() <= 1


def test_styles_are_counted_within_a_letter() -> None:
    pairs = gans.Pairs(torch.rand(5, 4), said_as([0, 0, 3, 7, 7]), torch.tensor([0, 0, 0, 1, 1]))
    assert gans.styles_a_letter(pairs) == 1.5


def test_shipped_results_have_every_variant_and_more_than_one_seed() -> None:
    found = json.loads(shipped("results/gans_variants.json").read_text(encoding="utf-8"))
    one, several = found["one change"], found["several changes"]
    assert [*one] == [*gans.ONE_CHANGE] and [*several] == [*gans.SEVERAL_CHANGES]
    panels = gans.seed_panels(one | several, ["recall", "agree"])
    assert list(panels) == ["recall", "agree"]
    names = list(panels["recall"])
    assert names[:2] == ["as trained", "no running mean"]
    assert [names[0], *names[2:]] == [*one, *several]
    assert {len(seeds) for seeds in panels["agree"].values()} == {2, 3}
    assert panels["recall"]["as trained"] == one["as trained"]["recall"]
    assert panels["recall"]["no running mean"] == one["as trained"]["recall, last step"]


def test_shipped_openings_are_curves_from_two_seeds() -> None:
    found = json.loads(shipped("results/gans_variants.json").read_text(encoding="utf-8"))
    steps, lines = gans.opening_curves(found["opening"])
    assert steps == [55, 110, 165, 220, 275, 330] and list(lines) == [*found["opening"]]
    assert all(len(seeds) == 2 and {*map(len, seeds)} == {6} for seeds in lines.values())
    name = "minimax, Adam"
    assert [seed[1] for seed in lines[name]] == found["opening"][name]["letter, step 110"]


def test_an_other_slant_is_leaned_and_said(small) -> None:
    """A tall letter's top goes right, its foot left, and back again nearly where it was."""
    upright = gans.real_pairs(small.find(["k, sans, regular, upright"]), versions=1)
    slanted = gans.with_other_slant(upright)
    assert gans.weight_and_slant(slanted.styles) == ["regular slanted"]
    across = torch.arange(16.0)

    def middle(pairs: gans.Pairs, rows: slice) -> float:
        ink = pairs.pictures.view(16, 16)[rows].sum(dim=0)
        return ((ink * across).sum() / ink.sum()).item()

    assert middle(slanted, slice(0, 6)) > middle(upright, slice(0, 6)) + 0.3
    assert middle(slanted, slice(10, 16)) < middle(upright, slice(10, 16)) - 0.3
    back = gans.with_other_slant(slanted)
    assert (back.styles == upright.styles).all()
    assert (back.pictures - upright.pictures).norm() < (slanted.pictures - upright.pictures).norm()


def test_a_copyist_that_slants_claims_what_was_kept_back_in_one_of_seven(small) -> None:
    seed_everything(0)
    kept = small.find(["g, serif, bold, slanted", "a, sans, regular, upright"])
    shown = small.select((~gans.claims(gans.real_pairs(small, 1), kept)).nonzero().squeeze(1))
    known = gans.real_pairs(shown, versions=3)
    copies = gans.copy_and_slant(known, kept, 70, 0.0)
    assert len(copies.letters) == 70
    assert gans.claims(copies, kept).tolist() == [False] * 60 + [True] * 10


def test_two_of_a_letter_that_look_least_alike(small) -> None:
    pictures = torch.zeros(5, 256)
    pictures[:, 0] = torch.tensor([0.0, 0.2, 0.9, 0.5, 0.4])
    known = gans.Pairs(pictures, torch.rand(5, 7), torch.tensor([0, 0, 0, 1, 1]))
    two = gans.two_far_apart(SeesPixels(), known, 3)
    assert two.letters.tolist() == [0] * 6 + [1] * 6
    assert sorted({*two.pictures[:6, 0].tolist()}) == pytest.approx([0.0, 0.9])


def test_without_the_detach_not_a_bit_changes(data) -> None:
    """`move` sets gradients to zero first: the detach saves work, and the lesson says no more."""
    ended = []
    for detached in (True, False):
        seed_everything(0)
        forger, inspector = gans.Generator(4), gans.Discriminator(4)
        movers = [gans.adam(player, TINY) for player in (inspector, forger)]
        game, some = gans.GAMES[TINY.game], data.select(torch.arange(16))
        for _ in range(3):
            drawn = forger(gans.noise(16), some.letters)
            drawn = gans.Pairs(*(part.detach() for part in drawn)) if detached else drawn
            loss = gans.discriminator_loss(inspector, game, some, drawn, TINY)
            gans.move(movers[0], loss, 1.0)
            fooled = game.fool(inspector(forger(gans.noise(16), some.letters)))
            gans.move(movers[1], fooled, 1.0)
        ended.append(torch.cat([p.detach().flatten() for p in forger.parameters()]))
    assert torch.equal(*ended)


@pytest.mark.parametrize(
    "cost", [lambda w: w.sum() * math.inf, lambda w: (0 * w).abs().sqrt().sum()]
)
def test_a_player_whose_loss_or_gradient_is_not_finite_stays_where_it_was(cost):
    player = torch.nn.Linear(2, 1, bias=False)
    before, mover = player.weight.detach().clone(), torch.optim.Adam(player.parameters())
    with pytest.raises(FloatingPointError, match="stays where it was"):
        gans.move(mover, cost(player.weight), 1.0)
    assert torch.equal(player.weight, before) and not mover.state
