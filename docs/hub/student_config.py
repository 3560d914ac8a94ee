"""What each student's server does at its start, as that student: it lays the course out.

Whoever changed a notebook finds it as it was; whoever removed one gets a new one. Where the copying
fails, as on a full disk, the server starts all the same, and its log says why.
"""

import os
from pathlib import Path

from mmtutor.tools.copies import copies

c = get_config()  # noqa: F821 (Jupyter gives it)
# Variables are lost with a kernel, files are not: a lesson that nobody runs for an hour gives back
# its memory, though its page be open.
c.MappingKernelManager.cull_idle_timeout = 3600
c.MappingKernelManager.cull_connected = True
copies(Path(os.environ["MMTUTOR_COURSE"]), Path.home() / "course")
