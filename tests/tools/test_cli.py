"""The command `mmtutor`: its commands are there, and what a reader can mend is a sentence."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import mmtutor
from mmtutor.cli import app
from tests.tools.small import mmtutor_, write


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "99"], "There is no lesson '99'; there are 00_start_here, or all."),
        (["hint", "attention.sofmax"], "There is no exercise 'attention.sofmax'; did you mean"),
        (["hint", "nonsense"], "There is no exercise 'nonsense'"),
        (["bench", "nonsense"], "There is no benchmark 'nonsense'; there are: none."),
    ],
)
def test_an_unknown_name_is_one_sentence(course: Path, arguments: list[str], says: str) -> None:
    write(course / "notebooks" / "00_start_here.ipynb", "1")
    result = mmtutor_(*arguments)
    assert result.exit_code == 2
    assert result.output.startswith(says) and result.output.count("\n") == 1


def test_version_and_help() -> None:
    assert mmtutor_("--version").output == f"mmtutor {mmtutor.__version__}\n"
    output = mmtutor_("--help").output
    names = (
        "doctor",
        "lab",
        "advisor",
        "run",
        "progress",
        "hint",
        "data",
        "release",
        "grade",
        "report",
        "glossary",
        "bench",
    )
    assert not [name for name in names if name not in output]


@pytest.mark.parametrize("error", [KeyError("1"), FileNotFoundError("1"), OSError(5, "I/O error")])
def test_a_mistake_of_ours_does_not_look_like_one_of_the_readers(
    course: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Only Trouble, and what a system may refuse, become a sentence."""

    def broken(word: str, root: Path) -> None:
        raise error

    monkeypatch.setattr("mmtutor.cli.find", broken)
    assert CliRunner().invoke(app, ["run", "1"]).exception is error


@pytest.mark.parametrize("arguments", [["run", "1"], ["bench"], ["release"], ["lab"]])
def test_a_folder_without_permission_is_one_sentence(
    course: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    def closed(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied", str(course / "notebooks"))

    monkeypatch.setattr("mmtutor.cli.course", closed)
    result = mmtutor_(*arguments)
    assert result.exit_code == 2 and result.output.count("\n") == 1
    assert result.output.startswith(
        f"{course / 'notebooks'} cannot be used: you have no permission"
    )
