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
    names = ("doctor", "lab", "run", "progress", "hint", "data", "release", "bench")
    assert not [name for name in names if name not in output]


def test_trouble_is_the_only_exception_that_becomes_a_sentence(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours must not look like a mistake of the reader's."""

    def broken(word: str, root: Path) -> None:
        raise KeyError(word)

    monkeypatch.setattr("mmtutor.cli.find", broken)
    assert isinstance(CliRunner().invoke(app, ["run", "1"]).exception, KeyError)
