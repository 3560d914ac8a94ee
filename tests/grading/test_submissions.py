"""What was handed in is found in every layout, and what cannot be graded gets one sentence."""

import json
import os
import stat
import zipfile
from pathlib import Path

import pytest

from mmtutor.grading.submissions import LARGEST, Refused, Submission, find
from mmtutor.tools.trouble import Trouble


def notebook(*cells: str) -> str:
    """A notebook as a text: the given code cells, and the check of an exercise."""
    code = [*cells, 'check("attention.softmax", softmax)']
    return json.dumps({"cells": [{"cell_type": "code", "source": [c]} for c in code]})


def put(folder: Path, name: str, text: str = notebook()) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def packed(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, notebook())
    return path


def whose(found: list[Submission]) -> list[tuple[str, str, str]]:
    return [(one.student, one.lesson, one.identifier) for one in found]


def test_a_flat_folder_names_students_by_their_files(tmp_path: Path) -> None:
    for name in ("ada_01_attention.ipynb", "01_attention bob.ipynb", "group_2_01_attention.ipynb"):
        put(tmp_path, name)
    found, refused = find(tmp_path)
    assert [one.student for one in found] == ["ada", "bob", "group_2"]
    assert not refused


def test_nbgraders_folder_is_read(tmp_path: Path) -> None:
    put(tmp_path, "submitted/ada/attention/01_attention.ipynb")
    put(tmp_path, "submitted/ada/attention/.ipynb_checkpoints/01_attention-checkpoint.ipynb")
    put(tmp_path, "submitted/bob/attention/01_attention.ipynb")
    put(tmp_path, "autograded/ada/attention/01_attention.ipynb")
    for place in (tmp_path, tmp_path / "submitted"):
        found, refused = find(place)
        assert whose(found) == [("ada", "attention", ""), ("bob", "attention", "")]
        assert not refused


def test_zips_of_moodle_and_canvas_are_read(tmp_path: Path) -> None:
    names = ("Ada Li_123_assignsubmission_file_/01_attention.ipynb", "__MACOSX/._x.ipynb")
    moodle = packed(tmp_path / "m.zip", *names, "Bob_124_assignsubmission_file_01_attention.ipynb")
    found, refused = find(moodle)
    assert whose(found) == [("Ada Li", "attention", "123"), ("Bob", "attention", "124")]
    assert not refused
    canvas = packed(
        tmp_path / "c.zip",
        "liada_4711_90001_01_attention.ipynb",
        "bobb_LATE_4712_90002_01_attention-1.ipynb",
    )
    assert whose(find(canvas)[0]) == [("bobb", "attention", "4712"), ("liada", "attention", "4711")]


def test_two_students_with_one_file_name_are_two(tmp_path: Path) -> None:
    put(tmp_path, "ada/work.ipynb")
    put(tmp_path, "bob/work.ipynb")
    assert [one.student for one in find(tmp_path)[0]] == ["ada", "bob"]


def test_one_student_with_two_notebooks_gets_one_graded_and_a_sentence(tmp_path: Path) -> None:
    put(tmp_path, "ada/a.ipynb")
    put(tmp_path, "ada/b.ipynb", notebook("x = 1"))
    found, refused = find(tmp_path)
    assert [one.name for one in found] == ["ada/a.ipynb"]
    assert [one.name for one in refused] == ["ada/b.ipynb"]
    assert "twice" in refused[0].sentence


def test_odd_names_become_one_line(tmp_path: Path) -> None:
    put(tmp_path, "a\"d'a\n<b>_01_attention.ipynb")
    (one,), _ = find(tmp_path)
    assert one.student == "a\"d'a <b>"


def damaged(folder: Path) -> None:
    """Files that cannot be graded, beside one that can."""
    put(folder, "good.ipynb")
    put(folder, "text.txt", "hello")
    put(folder, "broken.ipynb", "{")
    put(folder, "deep.ipynb", "[" * 100_000)
    put(folder, "list.ipynb", "[1, 2]")
    put(folder, "odd.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": 5}]}))
    put(folder, "many.ipynb", notebook(*["x = 1"] * 600))
    put(folder, "foreign.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": "x = 1"}]}))
    (folder / "link.ipynb").symlink_to(folder / "good.ipynb")
    (folder / "away").symlink_to("/etc")
    os.mkfifo(folder / "pipe.ipynb")
    with open(folder / "huge.ipynb", "wb") as file:
        file.truncate(2 * 2**30)


def test_what_cannot_be_graded_gets_one_sentence_and_the_rest_is_found(tmp_path: Path) -> None:
    damaged(tmp_path)
    found, refused = find(tmp_path)
    assert [one.student for one in found] == ["good"]
    why = {one.name: one.sentence for one in refused}
    words = {
        "text.txt": "no notebook",
        "broken.ipynb": "damaged",
        "deep.ipynb": "damaged",
        "list.ipynb": "damaged",
        "odd.ipynb": "damaged",
        "many.ipynb": "more than",
        "foreign.ipynb": "no exercise of this course",
        "link.ipynb": "link",
        "away": "link",
        "pipe.ipynb": "no ordinary file",
        "huge.ipynb": "MB",
    }
    assert why.keys() == words.keys()
    assert not [name for name, word in words.items() if word not in why[name]]
    assert not [name for name, sentence in why.items() if "\n" in sentence]


def test_a_zip_leads_nowhere(tmp_path: Path) -> None:
    path = packed(tmp_path / "z.zip", "../../evil.ipynb", "/etc/evil.ipynb", "ada/good.ipynb")
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("bob/link.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("carl/bomb.ipynb", b" " * (LARGEST + 1), zipfile.ZIP_DEFLATED)
    found, refused = find(path)
    assert [one.student for one in found] == ["ada"]
    assert len(refused) == 4
    assert sorted(p.name for p in tmp_path.iterdir()) == ["z.zip"]
    assert all(isinstance(one, Refused) and one.sentence.endswith(".") for one in refused)


def test_what_is_neither_folder_nor_zip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="neither"):
        find(tmp_path / "nothing")
