"""Packs the manual that this Python carries: `python data/make_manual.py`, with CPython 3.11.7.

What is shipped was made once, so that every Python learns from the same text and every number in
the lessons can be had again. `data/manual.md` is the data card.
"""

import gzip
import json
from pydoc_data.topics import topics

from mmtutor.datasets.manual import PACKED

if __name__ == "__main__":
    text = json.dumps(topics, sort_keys=True, ensure_ascii=False)
    PACKED.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
