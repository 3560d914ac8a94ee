"""Can something be kept in a folder, and which folder is the reader's own?"""

import os
from pathlib import Path

from mmtutor.tools.trouble import Trouble


def existing(path: Path) -> Path:
    """Return the path, or the nearest one above it that exists."""
    return next(place for place in (path, *path.parents) if os.path.exists(place))


def can_be_written(path: Path) -> bool:
    """Say whether a file could be written, or made with its folders, at `path`."""
    place = existing(path)
    return os.access(place, os.W_OK) and (place == path or place.is_dir())


def home() -> Path:
    """Return the reader's home folder; Trouble where the system knows none, as in some containers.

    Jupyter asks for it before all else, and shows a traceback where there is none.
    """
    try:
        return Path.home()
    except RuntimeError:
        raise Trouble(
            "This account has no home folder, and Jupyter needs one: "
            "set HOME to a folder of yours and try again."
        ) from None


def home_for_jupyter() -> Path:
    """Return where JupyterLab keeps its files; Trouble where it could not."""
    place = Path(os.environ.get("JUPYTER_DATA_DIR") or home())
    if can_be_written(place / "any"):
        return place
    raise Trouble(
        f"JupyterLab keeps its files in {place}, which cannot be written: "
        "set HOME to a folder of yours and try again."
    )
