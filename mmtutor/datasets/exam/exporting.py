"""Write items so that VLMEvalKit reads them: a table with a picture, a question, letters a row.

It reads `NAME.tsv` from its data folder when it is asked for a data set that it does not know, and
whose table has columns A, B …: `CustomMCQDataset` in `vlmeval/dataset` of open-compass/VLMEvalKit.
"""

import csv
from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO, StringIO
from string import ascii_uppercase

from jaxtyping import UInt8
from torch import Tensor

from mmtutor.datasets.exam.items import Item

ENLARGED = 4
"""How many pixels along a side become one: models that read photographs need larger pictures."""


def as_png(picture: UInt8[Tensor, "3 high wide"], times: int = ENLARGED) -> bytes:
    """Return a picture as a PNG file, each pixel a square of `times` × `times`."""
    from PIL import Image

    large = picture.repeat_interleave(times, 1).repeat_interleave(times, 2)
    file = BytesIO()
    Image.fromarray(large.permute(1, 2, 0).contiguous().numpy()).save(file, "PNG")
    return file.getvalue()


def as_tsv(items: Sequence[Item]) -> str:
    """Return the items with a picture as a table: a line each, options under letters.

    Raises ValueError where there is no such item: films and sounds have no place in it.
    """
    seen = [item for item in items if item.medium in ("scene", "word")]
    if not seen:
        raise ValueError("no item shows a picture: films and sounds cannot be written so")
    letters = ascii_uppercase[: max(len(item.options) for item in seen)]
    names = ["index", "image", "question", *letters, "answer", "category"]
    text = StringIO()
    table = csv.DictWriter(text, names, delimiter="\t", lineterminator="\n")
    table.writeheader()
    for number, item in enumerate(seen):
        table.writerow(
            {
                "index": number,
                "image": b64encode(as_png(item.shown())).decode(),
                "question": item.question,
                **dict(zip(letters, item.options, strict=False)),
                "answer": letters[item.options.index(item.answer)],
                "category": item.dimension,
            }
        )
    return text.getvalue()
