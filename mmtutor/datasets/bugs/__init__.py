"""What goes wrong between a file and a network: classic bugs, each a function with a plain name.

A module for each modality: `right` prepares raw examples as they should be, every other function
does one thing wrong and can stand in its place. `BUGS` names them; the first line of a function's
description says what it does (`sentence`).
"""

from mmtutor.datasets.bugs import orders, pictures, sounds, texts
from mmtutor.datasets.bugs.cases import Case
from mmtutor.datasets.bugs.named import Preparation, sentence

__all__ = ["Case", "Preparation", "orders", "pictures", "sentence", "sounds", "texts"]
