"""Who works here: a name that also a shared account, a container and an odd machine have."""

import getpass
import hashlib
import os
from urllib.parse import quote

LONGEST = 100
"""Letters of a name in a file's name; systems allow 255 bytes for the whole."""


def person() -> str:
    """Return the name of whoever works here.

    JupyterHub's name comes first: its containers often run everybody under one account. An account
    that the system does not list is called by its number.
    """
    name = os.environ.get("JUPYTERHUB_USER") or account()
    return name.encode(errors="replace").decode()  # a name may hold bytes that are no letters


def account() -> str:
    """Return the name of the account, as the environment or the system has it."""
    try:
        return getpass.getuser()
    except (KeyError, ImportError, OSError):  # Python 3.11 on Unix, on Windows; since 3.13
        return f"uid-{os.getuid()}" if hasattr(os, "getuid") else "somebody"


def key(name: str) -> str:
    """Return a name as a part of a file's name; two people never share one."""
    safe = quote(name, safe="")
    digest = hashlib.sha256(name.encode()).hexdigest()
    return safe if len(safe) <= LONGEST else f"{safe[:LONGEST]}-{digest[:12]}"
