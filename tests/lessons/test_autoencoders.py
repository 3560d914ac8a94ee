"""One code for two modalities: the loss as written, hidden sides, the KL term, experts, walks."""

import math
from dataclasses import replace
from functools import partial
from itertools import combinations

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from mmtutor import autoencoders as ae
from mmtutor.datasets import letters
from mmtutor.training import Batches, fit, seed_everything

generator = torch.Generator().manual_seed(0)
FIRST, SECOND = torch.rand(6, 5, generator=generator), torch.rand(6, 3, generator=generator)


def small(kind=ae.JointAutoencoder) -> torch.nn.Module:
    """A model for sides of five and three numbers."""
    seed_everything(0)
    return kind((5, 3), code=4, hidden=16)


def test_the_loss_is_the_formula() -> None:
    model = small()
    recipe = replace(ae.QUICK, dropout=0.0, weights=(1.5, 4.0), penalty=0.1)
    first, second, code = model(FIRST, SECOND, ae.seeing(ae.BOTH, 6))
    by_hand = sum(
        1.5 * ((FIRST[i] - first[i]) ** 2).sum()
        + 4.0 * ((SECOND[i] - second[i]) ** 2).sum()
        + 0.1 * (code[i] ** 2).sum()
        for i in range(6)
    )
    torch.testing.assert_close(ae.joint_loss(model, FIRST, SECOND, recipe), by_hand / 6)


@pytest.mark.parametrize("kind", [ae.JointAutoencoder, ae.JointVAE])
@pytest.mark.parametrize(("sides", "hidden"), [(ae.FIRST, 1), (ae.SECOND, 0)])
def test_a_hidden_side_changes_nothing(kind, sides, hidden) -> None:
    model, given = small(kind).eval(), [FIRST, SECOND]
    before = ae.draw(model, *given, sides)
    given[hidden] = torch.randn_like(given[hidden])
    for one, other in zip(before, ae.draw(model, *given, sides), strict=True):
        torch.testing.assert_close(one, other)
    given[1 - hidden] = torch.randn_like(given[1 - hidden])
    assert not torch.allclose(before[0], ae.draw(model, *given, sides)[0])


def test_a_missing_side_is_not_a_side_of_zeros() -> None:
    model, zeros = small(), torch.zeros(6, 3)
    there = model.encode(FIRST, zeros, ae.seeing(ae.BOTH, 6))
    assert not torch.allclose(there, model.encode(FIRST, zeros, ae.seeing(ae.FIRST, 6)))


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5])
def test_dropout_hides_each_side_as_often_and_never_both(share: float) -> None:
    seed_everything(0)
    present = ae.modality_dropout(20_000, share)
    assert present.any(dim=1).all()
    hidden = 1 - present.float().mean(dim=0)
    torch.testing.assert_close(hidden, torch.full((2,), share), atol=0.015, rtol=0)


def test_a_share_above_a_half_is_refused() -> None:
    with pytest.raises(ValueError, match=r"from 0 to 0\.5 .* not 0\.6"):
        ae.modality_dropout(4, 0.6)


def test_kl_is_pytorchs_and_what_chance_says() -> None:
    mean, log_variance = torch.randn(7, 3, generator=generator), torch.randn(7, 3) - 1
    q, prior = Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)
    closed = ae.kl_to_prior(mean, log_variance)
    torch.testing.assert_close(closed, kl_divergence(q, prior))
    seed_everything(0)
    z = ae.sample(mean.expand(100_000, 7, 3), log_variance.expand(100_000, 7, 3))
    by_chance = (q.log_prob(z) - prior.log_prob(z)).mean(dim=0)
    torch.testing.assert_close(closed, by_chance, atol=0.05, rtol=0.02)


def test_a_sample_has_its_mean_and_variance_and_passes_gradients() -> None:
    seed_everything(0)
    mean = torch.full((50_000,), 2.0, requires_grad=True)
    log_variance = torch.full((50_000,), 0.25).log().requires_grad_()
    z = ae.sample(mean, log_variance)
    assert z.mean().item() == pytest.approx(2, abs=0.01)
    assert z.std().item() == pytest.approx(0.5, abs=0.01)
    z.square().sum().backward()
    assert mean.grad.abs().sum() > 0 and log_variance.grad.abs().sum() > 0


def test_a_product_of_experts_is_the_product_of_their_densities() -> None:
    """Up to a factor: log of the product minus log of the result is the same everywhere."""
    means = torch.tensor([[[1.0, -2.0]], [[3.0, 0.5]]])
    log_variances = torch.tensor([[[0.0, 0.7]], [[-0.7, -1.0]]])
    z = torch.linspace(-3, 3, 11).unsqueeze(1)
    for sides in (ae.BOTH, ae.FIRST, ae.SECOND):
        mean, log_variance = ae.product_of_experts(means, log_variances, ae.seeing(sides, 1))
        total = Normal(0.0, 1.0).log_prob(z)
        for there, m, v in zip(sides, means, log_variances, strict=True):
            total = total + there * Normal(m, (v / 2).exp()).log_prob(z)
        rest = total - Normal(mean, (log_variance / 2).exp()).log_prob(z)
        torch.testing.assert_close(rest, rest[:1].expand_as(rest), atol=1e-4, rtol=0)


def test_with_nobody_present_the_product_is_the_prior() -> None:
    numbers = torch.randn(2, 4, 3, generator=generator)
    nobody = torch.zeros(4, 2, dtype=torch.bool)
    mean, log_variance = ae.product_of_experts(numbers, numbers, nobody)
    assert mean.abs().max() == 0 and log_variance.abs().max() == 0


def test_the_vae_loss_is_the_negative_elbo_up_to_a_constant() -> None:
    """β = 1 and λ = 1: −E[ln p(x | z)] + KL, with p a Gaussian of standard deviation `spread`."""
    recipe = replace(ae.VAE, weights=(1.0, 1.0), dropout=0.0, spread=0.5, beta=1.0)
    model = small(ae.JointVAE).eval()  # in evaluation mode the code is its mean: no chance
    first, second, mean, log_variance = model(FIRST, SECOND, ae.seeing(ae.BOTH, 6))
    likelihood = sum(
        Normal(x, 0.5).log_prob(real).sum(dim=1) for x, real in ((first, FIRST), (second, SECOND))
    )
    constant = 8 * Normal(0.0, 0.5).log_prob(torch.tensor(0.0))
    elbo = likelihood - constant - ae.kl_to_prior(mean, log_variance).sum(dim=1)
    torch.testing.assert_close(ae.vae_loss(model, FIRST, SECOND, recipe), -elbo.mean())


def test_beta_weighs_kl_and_the_weights_the_errors() -> None:
    recipe = replace(ae.VAE, weights=(1.5, 4.0), dropout=0.0, spread=0.5, beta=3.0)
    model = small(ae.JointVAE).eval()
    first, second, mean, log_variance = model(FIRST, SECOND, ae.seeing(ae.BOTH, 6))
    errors = 1.5 * (first - FIRST).square().sum(1) + 4.0 * (second - SECOND).square().sum(1)
    expected = errors / 0.5 + 3.0 * ae.kl_to_prior(mean, log_variance).sum(dim=1)
    torch.testing.assert_close(ae.vae_loss(model, FIRST, SECOND, recipe), expected.mean())


def watched(model: torch.nn.Module) -> torch.nn.Module:
    """Let a model draw zeros from codes of zeros, and keep what it reads."""

    def forward(first, second, present):
        model.read, model.present = (first, second), present
        zeros = torch.zeros_like(first), torch.zeros_like(second)
        codes = 2 if isinstance(model, ae.JointVAE) else 1
        return *zeros, *(torch.zeros(len(first), 4) for _ in range(codes))

    model.forward = forward
    return model


@pytest.mark.parametrize("loss", [ae.joint_loss, ae.vae_loss])
def test_both_losses_hide_the_share_that_the_recipe_says(loss) -> None:
    kind, recipe = {
        ae.joint_loss: (ae.JointAutoencoder, ae.QUICK),
        ae.vae_loss: (ae.JointVAE, ae.VAE),
    }[loss]
    model, sides = watched(small(kind)), (torch.zeros(9_000, 5), torch.zeros(9_000, 3))
    loss(model, *sides, replace(recipe, dropout=0.25))
    shares = model.present.float().mean(dim=0)
    torch.testing.assert_close(shares, torch.full((2,), 0.75), atol=0.02, rtol=0)


def test_noise_is_on_what_is_read_and_not_on_what_is_compared() -> None:
    model, recipe = watched(small()), replace(ae.QUICK, noise=0.5, dropout=0.0)
    first = torch.ones(4_000, 5)
    loss = ae.joint_loss(model, first, torch.zeros(4_000, 3), recipe)
    assert loss.item() == pytest.approx(5)  # five ones against five zeros, without a grain of noise
    assert (model.read[0] - first).std().item() == pytest.approx(0.5, abs=0.02)
    assert (model.read[1] == 0).all()


def test_a_vae_draws_by_chance_in_training_and_from_the_mean_after() -> None:
    model = small(ae.JointVAE)
    draws = [model(FIRST, SECOND, ae.seeing(ae.BOTH, 6))[0] for _ in range(2)]
    assert not torch.allclose(*draws)
    model.eval()
    torch.testing.assert_close(*(ae.draw(model, FIRST, SECOND)[0] for _ in range(2)))


def test_a_dimension_is_active_where_its_mean_moves() -> None:
    moves = torch.linspace(-1, 1, 50)  # of variance 0.35
    mean = torch.stack([torch.zeros(50), moves, torch.ones(50), moves / 4, moves / 8], dim=1)
    assert ae.active_dimensions(mean) == 2  # 0.35 and 0.02, but not 0.005


def test_a_plane_has_its_corners_and_is_straight_between() -> None:
    corners = torch.randn(4, 3, generator=generator)
    plane = ae.plane(corners, 5)
    assert plane.shape == (5, 5, 3)
    torch.testing.assert_close(plane[[0, 0, -1, -1], [0, -1, 0, -1]], corners)
    torch.testing.assert_close(plane[0, 2], corners[:2].mean(dim=0))
    torch.testing.assert_close(plane[2, 2], corners.mean(dim=0))


def test_mismatch_scores_compare_with_what_the_other_side_says() -> None:
    model = small().eval()
    scores = ae.mismatch(model, FIRST, SECOND)
    drawn = model(torch.zeros(6, 5), SECOND, ae.seeing(ae.SECOND, 6))[0]
    torch.testing.assert_close(scores["first from second"], (drawn - FIRST).square().sum(dim=1))
    said = model(FIRST, torch.zeros(6, 3), ae.seeing(ae.FIRST, 6))[1]
    torch.testing.assert_close(scores["second from first"], (said - SECOND).square().sum(dim=1))
    again = model(FIRST, SECOND, ae.seeing(ae.BOTH, 6))
    for name, real, side in (("first", FIRST, again[0]), ("second", SECOND, again[1])):
        expected = (side - real).square().sum(dim=1)
        torch.testing.assert_close(scores[f"{name}, both seen"], expected)


def test_codes_and_drawings_are_the_models_own() -> None:
    model = small()
    for sides in (ae.BOTH, ae.SECOND):
        drawn_first, drawn_second, code = model(FIRST, SECOND, ae.seeing(sides, 6))
        codes = ae.codes_of(model, FIRST, SECOND, sides)
        torch.testing.assert_close(codes, code)
        assert not codes.requires_grad
        for drawn, theirs in zip(
            ae.draw_codes(model, codes), (drawn_first, drawn_second), strict=True
        ):
            torch.testing.assert_close(drawn, theirs)
            assert not drawn.requires_grad


def test_mean_errors_are_those_of_what_the_model_draws_from_these_sides() -> None:
    model = small().eval()
    drawn = ae.draw(model, FIRST, SECOND, ae.SECOND)
    by_hand = [sum(((drawn[s] - x) ** 2).flatten()) / 6 for s, x in enumerate((FIRST, SECOND))]
    found = ae.mean_errors(model, FIRST, SECOND, ae.SECOND)
    assert found == pytest.approx([error.item() for error in by_hand])
    assert found != pytest.approx(ae.mean_errors(model, FIRST, SECOND))


def test_dropout_makes_the_difference_on_a_tiny_task() -> None:
    """Second = a linear function of first: with dropout it can be drawn from first alone."""
    seed_everything(1)
    first = torch.randn(512, 6)
    second = first @ torch.randn(6, 3)
    errors = {}
    for dropout in (0.0, 1 / 3):
        recipe = replace(ae.QUICK, steps=200, dropout=dropout, penalty=0.0)
        seed_everything(0)
        model = ae.JointAutoencoder((6, 3), code=6, hidden=64)
        batches = Batches(first, second, batch_size=recipe.batch_size)
        fit(model, batches, partial(ae.joint_loss, recipe=recipe), recipe)
        drawn = ae.draw(model, first, second, ae.FIRST)[1]
        errors[dropout] = ae.squared_error(drawn, second).mean().item()
    assert errors[1 / 3] < 0.3 * errors[0.0]


# ---------------------------------------------------------------------------- letters


@pytest.fixture(scope="module")
def every() -> letters.Letters:
    """Both cases in all faces."""
    return letters.load_letters()


def test_captions_and_words_say_the_same(every: letters.Letters) -> None:
    assert len(every) == 52 * 12
    assert every.captions[0] == "a, sans, regular, upright"
    assert letters.read(every.words) == every.captions
    assert every.words.sum(dim=1).unique().tolist() == [4]
    assert len(set(every.captions)) == len(every)
    blurred = every.words + 0.3 * torch.rand(every.words.shape)
    assert letters.read(blurred) == every.captions


def test_no_pair_is_on_both_sides_and_letters_and_faces_are(every: letters.Letters) -> None:
    train, test = letters.split_by_pair(every)
    assert sorted(torch.cat([train, test]).tolist()) == list(range(len(every)))
    assert 0.15 < len(test) / len(every) < 0.25
    kept = every.select(train)
    assert len(kept.letters.unique()) == 52 and len(kept.faces.unique()) == 12
    again = letters.split_by_pair(every.select(torch.arange(len(every)).flip(0)))[1]
    assert sorted((len(every) - 1 - again).tolist()) == sorted(test.tolist())


def test_pictures_are_those_of_the_course_at_any_size(every: letters.Letters) -> None:
    from mmtutor.datasets.glyphs import FACES, draw

    place = every.captions.index("g, serif, bold, slanted")
    assert (every.images[place] == draw("g", FACES[int(every.faces[place])].name)).all()
    tiny = letters.load_letters(letters.SMALL, side=16)
    assert tiny.images.shape == (26 * 12, 16, 16)
    assert tiny.pixels.max() <= 1 and tiny.pixels.shape == (26 * 12, 256)


def test_the_loudest_word_of_each_part_is_found(every: letters.Letters) -> None:
    blurred = every.words + 0.3 * torch.rand(every.words.shape)
    assert (letters.loudest(blurred, "letter") == every.letters).all()
    for part, names in letters.STYLES.items():
        said = [names[place] for place in letters.loudest(blurred, part).tolist()]
        assert all(word in text for word, text in zip(said, every.captions, strict=True))


def test_letters_are_found_by_their_captions_in_the_order_asked(every: letters.Letters) -> None:
    wanted = ["o, serif, regular, upright", "g, mono, bold, slanted"]
    assert every.find(wanted).captions == wanted
    with pytest.raises(ValueError, match="no letter here has the caption “g, gothic”"):
        every.find([wanted[0], "g, gothic"])


def test_a_copy_is_of_the_letter_first_and_then_of_the_nearest_face(every: letters.Letters) -> None:
    known = every.find(
        ["g, sans, regular, upright", "g, serif, bold, upright", "o, serif, bold, slanted"]
    )
    asked = every.find(["g, serif, bold, slanted", "o, sans, regular, upright"])
    assert (ae.copy_nearest(known, asked) == known.pixels[[1, 2]]).all()


def test_pairs_of_words_are_ridge_regression_on_all_pairs(every: letters.Letters) -> None:
    known, asked = (every.select(part) for part in letters.split_by_pair(every))

    def pairs(words):  # (caption, word · word)
        return (words.unsqueeze(2) * words.unsqueeze(1)).flatten(1).double()

    mean, rows = known.pixels.mean(dim=0), pairs(known.words)
    inverse = torch.linalg.inv(rows.T @ rows + 2.0 * torch.eye(rows.shape[1]))
    expected = mean + pairs(asked.words) @ inverse @ rows.T @ (known.pixels - mean).double()
    drawn = ae.draw_pairs_of_words(known, asked, 2.0)
    torch.testing.assert_close(drawn.double(), expected, atol=1e-3, rtol=1e-3)


def test_sets_of_words_are_ridge_regression_on_all_sets(every: letters.Letters) -> None:
    """A set of k words is a feature of √(√e − 1)^k: two captions that share n words get e^(n/2)."""
    known, asked = (every.select(part) for part in letters.split_by_pair(every))

    def sets(words):
        said = [row.nonzero().flatten().tolist() for row in words]
        return [{s for k in range(5) for s in combinations(row, k)} for row in said]

    column = {s: i for i, s in enumerate(sorted(set().union(*sets(every.words))))}
    weight = torch.tensor([(math.e**0.5 - 1) ** (len(s) / 2) for s in column], dtype=torch.float64)

    def features(words):  # (caption, set)
        rows = torch.zeros(len(words), len(column), dtype=torch.float64)
        for row, found in zip(rows, sets(words), strict=True):
            row[[column[s] for s in found]] = 1
        return rows * weight

    mean, rows = known.pixels.mean(dim=0).double(), features(known.words)
    gram = rows @ rows.T + 2.0 * torch.eye(len(rows))
    shares = torch.linalg.solve(gram, known.pixels.double() - mean)
    expected = mean + features(asked.words) @ rows.T @ shares
    drawn = ae.draw_sets_of_words(known, asked, 2.0)
    torch.testing.assert_close(drawn.double(), expected, atol=1e-3, rtol=1e-3)


def test_a_thickened_picture_has_a_pixel_more_to_the_right_and_below() -> None:
    picture = torch.zeros(1, 4, 4)
    picture[0, 1, 1], picture[0, 3, 3] = 0.5, 1.0
    expected = torch.zeros(1, 4, 4)
    expected[0, 1:3, 1:3], expected[0, 3, 3] = 0.5, 1.0
    assert (ae.thickened(picture.flatten(1)) == expected.flatten(1)).all()


def test_the_widths_of_a_network_are_told() -> None:
    assert ae.widths(ae.network(7, 5, 5, 2)) == [7, 5, 5, 2]


def test_two_faces_are_paired_character_by_character() -> None:
    from mmtutor.datasets.glyphs import FACES, draw, load_glyphs

    some = load_glyphs()
    some = some.select(torch.randperm(len(some), generator=generator)[:20_000])
    characters, sans, serif = ae.in_two_faces(some, 0, 8)
    codes = [set(some.codepoints[some.faces == face].tolist()) for face in (0, 8)]
    assert characters.tolist() == sorted(codes[0] & codes[1])
    character = chr(characters[100])
    for drawn, face in ((sans, 0), (serif, 8)):
        assert (
            (255 * drawn[100]).round().view(32, 32).equal(draw(character, FACES[face].name).float())
        )
