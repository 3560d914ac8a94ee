"""Write items so that lmms-eval reads them: a task file, its functions, and a document a line.

A task is a folder: `NAME.yaml` names a data set and functions of the `utils.py` beside it. Data
sets of JSON lines are loaded by `datasets.load_dataset("json", data_files=…)`, as in
`ConfigurableTask.download` of `lmms_eval/api/task.py` (EvolvingLMMs-Lab/lmms-eval).
"""

import json
from base64 import b64encode
from collections.abc import Sequence

from mmtutor.datasets.exam.exporting import as_png
from mmtutor.datasets.exam.items import Item

WISH = "{question}\nAnswer with one of these words: {options}."
"""How somebody is asked who never learnt our questions."""
METRICS = ("right", "refused", "unclear")
"""Shares of all items; what is left is wrong."""
TASK = """\
task: {name}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {name}.jsonl
test_split: test
output_type: generate_until
doc_to_visual: !function utils.shown
doc_to_text: prompt
doc_to_target: answer
generation_kwargs:
  max_new_tokens: 32
  temperature: 0
  do_sample: false
process_results: !function utils.outcomes
metric_list:
{metrics}metadata:
  - version: {name}
"""
METRIC = """\
  - metric: {name}
    aggregation: mean
    higher_is_better: {better}
"""
UTILS = '''\
"""How a harness shows an item, and what becomes of an answer: needs mmtutor beside it."""

from base64 import b64decode
from io import BytesIO

from PIL import Image

from mmtutor.metrics.parsing import outcome


def shown(doc):
    """Return the pictures of a document: one."""
    return [Image.open(BytesIO(b64decode(doc["image"]))).convert("RGB")]


def outcomes(doc, results):
    """Return 1 for what became of the answer, and 0 for everything else."""
    found = outcome(results[0], doc["options"], doc["answer"])
    return {name: float(found == name) for name in ("right", "refused", "unclear")}
'''


def as_lmms_eval(items: Sequence[Item], name: str) -> dict[str, str]:
    """Return the files of a task by their names: the items with a picture.

    Write them into a folder, go there, and run `python -m lmms_eval --include_path . --tasks NAME`.
    Raises ValueError where there is no such item.
    """
    seen = [item for item in items if item.medium in ("scene", "word")]
    if not seen:
        raise ValueError("no item shows a picture: films and sounds cannot be written so")
    metrics = (METRIC.format(name=m, better=str(m == "right").lower()) for m in METRICS)
    return {
        f"{name}.yaml": TASK.format(name=name, metrics="".join(metrics)),
        "utils.py": UTILS,
        f"{name}.jsonl": "".join(f"{json.dumps(document(item))}\n" for item in seen),
    }


def document(item: Item) -> dict[str, str | list[str]]:
    """Return what the harness knows of an item: all fields are text, or a list of texts."""
    return {
        "id": item.id,
        "category": item.dimension,
        "prompt": WISH.format(question=item.question, options=", ".join(item.options)),
        "options": list(item.options),
        "answer": item.answer,
        "image": b64encode(as_png(item.shown())).decode(),
    }
