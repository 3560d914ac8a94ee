"""What the course ships beside its package: trained models and results, in the folder `data`."""

from pathlib import Path

from mmtutor.datasets.cache import REPOSITORY


def shipped(name: str) -> Path:
    """Return where a shipped file or folder lies, such as `checkpoints/pixels.safetensors`.

    It is looked for in the repository that the package runs from, then in the folders around the
    working directory: an installed package brings none of them. Raises FileNotFoundError, with a
    sentence that says what to do, where it is in neither.
    """
    for root in (REPOSITORY, Path.cwd(), *Path.cwd().parents):
        if (place := root / "data" / name).exists():
            return place
    raise FileNotFoundError(
        f"data/{name} is not here: trained models and results lie in a copy of the course; "
        "`mmtutor start` makes one, open the notebook there."
    )
