"""The task that lmms-eval reads: its file, its functions and its documents fit each other."""

import importlib.util
import json

import numpy as np
import pytest
import yaml

from mmtutor.datasets.exam import as_lmms_eval


class Loader(yaml.SafeLoader):
    """Reads `!function utils.NAME` as its name, where the harness imports it."""


Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))


@pytest.fixture
def task(exam, tmp_path):
    """The files of a small task, written; the items that are in it."""
    some = [item for item in exam if item.medium in ("scene", "word")][::200]
    for name, text in as_lmms_eval(some, "small").items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="\n")
    return tmp_path, some


def functions(folder):
    spec = importlib.util.spec_from_file_location("utils_of_task", folder / "utils.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def documents(folder):
    return [json.loads(line) for line in (folder / "small.jsonl").read_text().splitlines()]


def test_the_task_file_names_what_stands_beside_it(task):
    folder, _ = task
    found = yaml.load((folder / "small.yaml").read_text(), Loader)
    assert (found["task"], found["dataset_path"], found["test_split"]) == ("small", "json", "test")
    assert (folder / found["dataset_kwargs"]["data_files"]["test"]).exists()
    fields = documents(folder)[0]
    assert {found["doc_to_text"], found["doc_to_target"]} <= set(fields)
    module = functions(folder)
    for key in ("doc_to_visual", "process_results"):
        file, name = found[key].split(".")
        assert file == "utils" and callable(getattr(module, name))
    metrics = {one["metric"] for one in found["metric_list"]}
    assert metrics == set(module.outcomes(fields, ["?"]))
    assert [one["higher_is_better"] for one in found["metric_list"]] == [True, False, False]


def test_a_document_shows_and_asks_what_the_item_does(task):
    folder, some = task
    module = functions(folder)
    for fields, item in zip(documents(folder), some, strict=True):
        (picture,) = module.shown(fields)
        assert np.array_equal(np.asarray(picture)[::4, ::4], item.shown().permute(1, 2, 0).numpy())
        assert item.question in fields["prompt"] and all(
            o in fields["prompt"] for o in item.options
        )
        said = module.outcomes(fields, [f"The answer is {item.answer}."])
        assert said == {"right": 1.0, "refused": 0.0, "unclear": 0.0}
        assert module.outcomes(fields, ["I cannot tell."])["refused"] == 1.0


def test_films_and_sounds_cannot_be_written(exam):
    with pytest.raises(ValueError, match="no item shows a picture"):
        as_lmms_eval([item for item in exam if item.medium == "sound"], "small")
