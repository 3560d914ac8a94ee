"""Count the mutants of exercises, killed and alive, and list those alive."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.checks.excused import chosen, equivalent
from tests.checks.mutation.mutants import Mutant, mutants
from tests.checks.mutation.trial import passes, verdict

STEPS = ("mistake", "relation", "property", "guard", "difference")


def row(name: str, *cells: object) -> str:
    """Return a line of the table."""
    return name.ljust(30) + "".join(str(cell).rjust(12) for cell in cells)


def counted(exercise: str, how: bool) -> tuple[list[int], list[Mutant]]:
    """Return the numbers of a line of the table, and the mutants alive that nothing excuses."""
    excused, made = equivalent(exercise), list(mutants(exercise))
    alive = [mutant for mutant in made if passes(mutant)]
    left = [mutant for mutant in alive if mutant.key not in excused]
    numbers = [len(made), len(made) - len(alive), len(alive) - len(left), len(left)]
    if not how:
        return numbers, left
    found = Counter(verdict(mutant).status for mutant in made if mutant not in alive)
    return [*numbers, *(found[step] for step in STEPS)], left


def listed(alive: list[Mutant]) -> Iterator[str]:
    """Write mutants as `tests/checks/excused` would have them, but for the reason."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for mutant in alive:
        groups[mutant.key[:3]].append(mutant.after)
    for key, after in groups.items():
        yield "\n[[mutant]]"
        named = zip(("exercise", "function", "before"), key, strict=True)
        yield from (f"{name} = {quoted(value)}" for name, value in named)
        yield "after = [\n" + "".join(f"    {quoted(text)},\n" for text in after) + "]"
        yield 'reason = ""'


def quoted(text: str) -> str:
    """Write a text in TOML."""
    return json.dumps(text, ensure_ascii=False)


def main(words: list[str]) -> None:
    """Print a line for each exercise as it is done, then the mutants that are alive."""
    how = "--how" in words
    print(row("mutants of right answers", "made", "killed", "equivalent", "ALIVE", *STEPS * how))
    alive, total = [], Counter()
    for exercise in chosen([word for word in words if word != "--how"]):
        numbers, left = counted(exercise, how)
        print(row(exercise, *numbers), flush=True)
        alive += left
        total.update(dict(enumerate(numbers)))
    print(row("all", *total.values()))
    print(*listed(alive), sep="\n")
