"""`python -m tests.checks.cases [lesson or exercise]`: which rules do its cases not keep?"""

import sys

from tests.checks.cases import RULES, broken
from tests.checks.excused import chosen, excepted


def main(words: list[str]) -> None:
    """Print, for each exercise, the rules that nothing excuses, as `excused` would have them."""
    for rule, meaning in RULES.items():
        print(f"# {rule}: {meaning}")
    for id in chosen(words):
        left = [rule for rule in broken(id) if rule not in excepted(id)]
        print(f'\n[cases."{id}"]', *(f'"{rule}" = ""' for rule in left), sep="\n", flush=True)


main(sys.argv[1:])
