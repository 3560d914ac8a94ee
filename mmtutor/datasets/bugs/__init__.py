"""What goes wrong between a file and a network: classic bugs, each a function with a plain name.

A module for each modality. Every bug takes the pipeline that a model was trained with and raw
examples, and returns what the model is given instead. `BUGS` names them; `sentence` says what one
does. `orders` is a task of texts for which the order of words counts.
"""

from mmtutor.datasets.bugs import orders, pictures, sounds, texts
from mmtutor.datasets.bugs.named import Bug, right, sentence

__all__ = ["Bug", "orders", "pictures", "right", "sentence", "sounds", "texts"]
