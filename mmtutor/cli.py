"""The command `mmtutor`. Each command's work is a module of its name in `mmtutor.tools`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mmtutor import __version__
from mmtutor.tools.plain import print_anywhere
from mmtutor.tools.rooms import course, find
from mmtutor.tools.trouble import Trouble, refusal


class InSentences(TyperGroup):
    """Print what a reader can mend as one sentence, on every terminal, and exit with 2."""

    def main(self, *args: Any, **options: Any) -> Any:
        print_anywhere()
        return super().main(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (Trouble, OSError) as error:
            sentence = refusal(error) if isinstance(error, OSError) else str(error)
            if not sentence:
                raise
            typer.echo(sentence, err=True)
            raise typer.Exit(2) from error


app = typer.Typer(
    cls=InSentences,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The course on multimodal models: start it, run it, see how far you are.",
)


def show_version(wanted: bool) -> bool:
    """Print the version and stop, where it was asked for."""
    if wanted:
        typer.echo(f"mmtutor {__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """Options that stand before the command."""


@app.command()
def doctor() -> None:
    """Look at this machine: what works, what does not, how to mend it."""
    from mmtutor.tools.doctor import doctor

    raise typer.Exit(0 if doctor() else 1)


@app.command()
def start(
    folder: Annotated[Path, typer.Argument(help="Made if need be.")] = Path("mmtutor-course"),
) -> None:
    """Copy lessons, exercises and data into a folder; your own files stay."""
    from mmtutor.tools.start import start

    written, kept = start(folder)
    typer.echo(f"{folder}: {len(written)} files written")
    for name in kept:
        typer.echo(f"{name} is yours and stays", err=True)
    typer.echo(f"Now: cd {folder} and mmtutor lab")


@app.command()
def lab(
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
    port: Annotated[
        int, typer.Option(help="Another is found if it is taken.", min=0, max=65535)
    ] = 8888,
) -> None:
    """Open the course in JupyterLab."""
    from mmtutor.tools.lab import lab

    raise typer.Exit(lab(course(), port, browser))


@app.command()
def advisor(
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Talk with lesson 20's adviser in a page of its own."""
    from mmtutor.tools.advisor import advisor

    advisor(browser)


@app.command()
def run(
    lesson: Annotated[str, typer.Argument(help="01, attention, 01_attention, or all.")],
    store: Annotated[bool, typer.Option("--store", help="Write outputs back.")] = False,
    timeout: Annotated[int, typer.Option(help="Seconds that a cell may take.", min=1)] = 600,
) -> None:
    """Run a lesson and its solutions without a browser; exit with 1 if anything fails."""
    chosen = find(lesson, course())
    from mmtutor.tools.run import report, run_all

    paths = [p for one in chosen for p in (one.notebook, one.solution) if p.is_file()]
    raise typer.Exit(0 if report(run_all(paths, timeout=timeout, store=store)) else 1)


@app.command()
def progress(
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write all of it as JSON.")
    ] = None,
) -> None:
    """Show the exercises that you tried and passed, and the hints that you used."""
    from mmtutor.tools.learning import export_progress, show_progress

    if export:
        return export_progress(export)
    show_progress()


@app.command()
def hint(id: Annotated[str, typer.Argument(help="An exercise, as attention.softmax.")]) -> None:
    """Show the next hint of an exercise."""
    from mmtutor.tools.learning import show_hint

    show_hint(id)


@app.command()
def data(
    force: Annotated[bool, typer.Option("--force", help="Build it again.")] = False,
) -> None:
    """Build the course's data, or load what was built."""
    from mmtutor.tools.data import data

    data(force)


@app.command()
def release(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1.")] = False,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Write what students get into this folder.")
    ] = None,
) -> None:
    """Generate the exercise notebooks from the solutions (for teachers)."""
    from mmtutor.tools import bundle as students
    from mmtutor.tools.release import outdated, release

    root = course()
    if bundle:
        count = students.bundle(root, bundle)
        return typer.echo(f"{bundle}: lessons, data, and {count} notebooks of exercises")
    changed = list(outdated(root)) if check else release(root)
    for path in changed:
        typer.echo(f"{path.relative_to(root)} {'differs' if check else 'written'}")
    typer.echo("The exercises equal the solutions." if not changed else "", nl=not changed)
    raise typer.Exit(1 if check and changed else 0)


@app.command()
def grade(
    submissions: Annotated[Path, typer.Argument(help="A folder of notebooks, or a zip.")],
    out: Annotated[Path, typer.Option(help="Where grades and feedback go.")] = Path("graded"),
) -> None:
    """Grade a class: answers run shut in, the judge elsewhere (for teachers)."""
    from mmtutor.grading.grade import grade, show
    from mmtutor.grading.process import Limits

    show(grade(submissions, out, Limits()), out)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="What grade wrote, or saved notebooks.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Where; else into that folder.")
    ] = None,
    names: Annotated[
        bool, typer.Option("--with-names/--without-names", help="Name students, or number them.")
    ] = True,
) -> None:
    """Show what a class got wrong: a page and a table (for teachers)."""
    from mmtutor.grading.report import report

    written, notes = report(folder, out or folder, names)
    for sentence in notes:
        typer.echo(sentence, err=True)
    for path in written:
        typer.echo(f"{path} written")


@app.command()
def glossary(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1.")] = False,
) -> None:
    """Collect the key terms of all lessons on one page (for authors)."""
    from mmtutor.tools.files import content, write
    from mmtutor.tools.glossary import glossary, page

    path, text = page(root := course()), glossary(root)
    differs = content(path) != text
    if differs and not check:
        write(path, text)
    state = "equals the lists" if not differs else "differs" if check else "written"
    typer.echo(f"{path.relative_to(root)} {state}")
    raise typer.Exit(1 if check and differs else 0)


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="Without a name: list them.")] = "",
) -> None:
    """Run a measurement of this package beside its peers."""
    from mmtutor.tools.bench import bench, show_list

    if not name:
        return show_list(course())
    raise typer.Exit(bench(course(), name))


if __name__ == "__main__":
    app()
