"""`python -m tests.checks.mutation [lesson or exercise]`: which damaged right answers pass?"""

import sys

from tests.checks.mutation.report import main

main(sys.argv[1:])
