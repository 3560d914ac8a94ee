"""The course on a JupyterHub; `python -m tests.hub` measures what a student costs there."""
