"""mmtutor: the package behind the course on multimodal models.

One module per lesson (`mmtutor.attention` belongs to `notebooks/01_attention.ipynb`), and common
rooms that every lesson shares: `datasets`, `training`, `metrics`, `plots`, `widgets`, `checks`.
Importing `mmtutor` loads none of them.
"""

__version__ = "1.0.0"


def ready() -> None:
    """Print what the course runs with here; every lesson's first cell calls this.

    Raises RuntimeError, in a sentence that says what to do, where torch is missing or too old.
    """
    from mmtutor.tools.doctor import greeting  # imported late: `import mmtutor` stays light

    print(greeting())
