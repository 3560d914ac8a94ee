"""What every test run needs, set before torch is imported and before a notebook's kernel starts.

It lies at the top so that `pytest --nbval-lax notebooks solutions` needs no variable.
"""

import os
import tempfile

# Two processes with two threads each on two cores fight, and take several times as long.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")
os.environ.setdefault("MMTUTOR_BUDGET", "quick")
os.environ["MMTUTOR_HEADLESS"] = "1"
# The reader's own progress stays as it is. The folder is removed when this process ends.
home = tempfile.TemporaryDirectory(prefix="mmtutor-")
os.environ["MMTUTOR_HOME"] = home.name

pytest_plugins = ["tests.running.notebooks", "tests.running.costs"]
