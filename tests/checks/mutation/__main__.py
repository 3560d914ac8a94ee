"""`python -m tests.checks.mutation [lesson or exercise]`: which damaged right answers pass?

With `--how` also by which step the others are told, which takes several times as long.
"""

import sys

from tests.checks.mutation.report import main

main(sys.argv[1:])
