"""The collection: captions, labels and further questions agree with what stands there."""

import torch

from mmtutor.datasets.scenes import ANSWERS, IGNORED, LONGEST_CAPTION, NOTHING, WORDS, make_scenes
from tests.datasets.scenes.reader import present, there, true_answer


def test_labels_agree_with_owners_and_kinds(few):
    labels = few.labels()
    assert torch.equal(labels == 0, few.owners == NOTHING)
    for scene in range(300):
        for slot in range(few.kinds.shape[1]):
            shown = labels[scene][few.owners[scene] == slot]
            assert (shown == few.kinds[scene, slot] + 1).all()


def test_captions_name_exactly_what_stands_there(few):
    for scene in range(500):
        nouns = few.caption(scene).replace(" and ", ", ").split(", ")
        objects = there(few, scene)
        assert len(nouns) == len(objects)
        for noun, (kind, (colour, _)) in zip(nouns, objects.items(), strict=True):
            article = "an" if colour == "orange" else "a"
            assert noun == f"{article} {colour} {kind}"


def test_commas_and_and():
    captions = {}
    data = make_scenes(100, seed=4)
    for scene in range(100):
        captions[int(present(data)[scene].sum())] = data.caption(scene)
    assert "and" not in captions[1] and "," not in captions[1]
    assert captions[2].count(" and ") == 1 and "," not in captions[2]
    for number in range(3, 7):
        assert captions[number].count(",") == number - 2
        assert captions[number].count(" and ") == 1


def test_captions_as_numbers_read_back(few):
    part = make_scenes(200, seed=7)
    for scene, row in enumerate(part.captions().tolist()):
        words = " ".join(WORDS[word] for word in row if word)
        assert words == part.caption(scene).replace(",", "")
    full = make_scenes(50, objects=(6, 6)).captions()
    assert full.shape == (50, LONGEST_CAPTION) and full.all()  # the longest ones fill it


def test_every_question_about_a_scene_is_true():
    data = make_scenes(200, seed=9)
    questions, answers = data.every_question()
    for scene in range(len(data)):
        objects, count = there(data, scene), 0
        for question, answer in zip(
            questions[scene].tolist(), answers[scene].tolist(), strict=True
        ):
            if answer == IGNORED:
                continue
            words = [WORDS[word] for word in question if word]
            name = "colour" if words[1] == "colour" else "row"
            assert ANSWERS[answer] == true_answer(name, words, objects)
            count += 1
        assert count == 2 * len(objects)
