"""Tables as plain text."""

from benchmarks._table import Table


def test_names_stand_left_and_numbers_right() -> None:
    table = Table("A title", "ms", "ratio")
    table.add_row("us", "1.5", "1.00")
    table.add_row("somebody", "10.5", "12.00")
    assert str(table).splitlines() == [
        "",
        "A title",
        "            ms  ratio",
        "-" * 21,
        "us         1.5   1.00",
        "somebody  10.5  12.00",
    ]
