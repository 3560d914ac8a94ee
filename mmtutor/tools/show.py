"""How the commands print: one console, one kind of table."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

console = Console(markup=False, highlight=False, soft_wrap=True)

Cell = str | int | Text


def table(*titles: str, rows: Iterable[Sequence[Cell]], numbers: Sequence[str] = ()) -> None:
    """Print a table. The columns named in `numbers` are aligned to the right."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        drawn.add_column(title, justify="right" if title in numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(cell if isinstance(cell, Text) else str(cell) for cell in row))
    console.print(drawn, soft_wrap=False)


def good(text: str) -> Text:
    """Text that says that all is well."""
    return Text(text, style="green")


def bad(text: str) -> Text:
    """Text that says that something is to be done."""
    return Text(text, style="bold red")


def grey(text: str) -> Text:
    """Text that says that something is not there and need not be."""
    return Text(text, style="dim")
