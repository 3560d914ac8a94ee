"""A table as plain text: the benchmarks run where there is only torch."""


class Table:
    """A title, headings and rows; the first column is a name, the others are numbers."""

    def __init__(self, title: str, *headings: str) -> None:
        self.title, self.rows = title, [("", *headings)]

    def add_row(self, *cells: str) -> None:
        """Add a row with as many cells as there are headings, after its name."""
        self.rows.append(cells)

    def __str__(self) -> str:
        name, *numbers = (max(map(len, column)) for column in zip(*self.rows, strict=True))
        lines = [
            "  ".join([row[0].ljust(name), *map(str.rjust, row[1:], numbers)]) for row in self.rows
        ]
        lines.insert(1, "-" * len(lines[0]))
        return "\n".join(["", self.title, *lines, ""])
