"""The table that VLMEvalKit reads: pictures that come back, and letters that say the answer."""

import csv
from base64 import b64decode
from io import BytesIO, StringIO

import numpy as np
import pytest
from PIL import Image

from mmtutor.datasets.exam.exporting import as_tsv


def test_what_is_written_comes_back(exam):
    some = [item for item in exam if item.medium in ("scene", "word")][::200]
    csv.field_size_limit(10**6)
    rows = list(csv.DictReader(StringIO(as_tsv(some)), delimiter="\t"))
    assert [*rows[0]] == ["index", "image", "question", *"ABCDEF", "answer", "category"]
    assert [int(row["index"]) for row in rows] == list(range(len(some)))
    for row, item in zip(rows, some, strict=True):
        assert row[row["answer"]] == item.answer and row["category"] == item.dimension
        assert [row[x] for x in "ABCDEF" if row[x]] == list(item.options)
        assert len(row["image"]) > 64  # what is shorter is read as the number of another row
        picture = np.asarray(Image.open(BytesIO(b64decode(row["image"]))))
        assert picture.shape == (256, 256, 3)
        assert np.array_equal(picture[::4, ::4], item.shown().permute(1, 2, 0).numpy())


def test_films_and_sounds_have_no_place_in_it(exam):
    with pytest.raises(ValueError, match="no item shows a picture"):
        as_tsv([item for item in exam if item.medium == "film"])
