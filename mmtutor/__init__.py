"""mmtutor: the package behind the course on multimodal models.

One module per lesson (`mmtutor.attention` belongs to `notebooks/01_attention.ipynb`), and common
rooms that every lesson shares: `datasets`, `training`, `metrics`, `plots`, `widgets`, `checks`.
Importing `mmtutor` loads none of them.
"""

__version__ = "0.1.0"
