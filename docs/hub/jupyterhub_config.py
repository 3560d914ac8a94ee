"""A JupyterHub for the course, to try on one machine: anybody may be anybody, from here only.

`jupyterhub -f docs/hub/jupyterhub_config.py`; docs/classroom.md says what lies in the folder
MMTUTOR_HUB, and what to put in the place of the two lines marked TRIAL before a class comes.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 (JupyterHub gives it)
HERE = Path(__file__).resolve().parent
HUB = Path(os.environ.get("MMTUTOR_HUB", "/srv/mmtutor")).resolve()
if not (HUB / "course").is_dir():
    sys.exit(f"There is no {HUB / 'course'}: docs/classroom.md says how to make it.")
STATE = HUB / "state"
STATE.mkdir(mode=0o700, exist_ok=True)

# The course is at http://127.0.0.1:8000/mmtutor/; beside other services, give it another path.
c.JupyterHub.bind_url = "http://127.0.0.1:8000/mmtutor/"
c.JupyterHub.db_url = f"sqlite:///{STATE}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")

c.JupyterHub.authenticator_class = "dummy"  # TRIAL: any password will do
c.Authenticator.allow_all = True
c.Authenticator.username_pattern = "[a-z0-9][a-z0-9._@-]*"  # a name becomes a folder's name
c.JupyterHub.spawner_class = "simple"  # TRIAL: all students share the hub's own account
c.SimpleLocalProcessSpawner.home_dir_template = f"{HUB}/homes/{{username}}"

c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = [f"--config={HERE / 'student_config.py'}"]
c.Spawner.default_url = "/lab/tree/course"
# The first start of a day, with a cold disk and a class that begins at once, takes its time.
c.Spawner.start_timeout = 180
c.Spawner.http_timeout = 180
c.JupyterHub.concurrent_spawn_limit = 2 * (os.cpu_count() or 1)
c.Spawner.environment = {
    "MMTUTOR_COURSE": str(HUB / "course"),
    "MMTUTOR_CACHE": str(HUB / "cache"),
    # One core each: more threads than cores make everybody slower.
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MMTUTOR_BUDGET": "quick",
    "JUPYTER_PREFER_ENV_PATH": "1",
}

# A server that nobody used for an hour is stopped; the student's files stay.
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"],
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]
