"""How good is a copyist with more to copy from? `python data/results/make_vit_copyist.py`.

The copyist of lesson 04, with 3 × 3 patches, on the lesson's unseen scenes: from 1,500 scenes, as
in the lesson, up to the 16,000 that its Vision Transformer learnt from. On one CPU core it takes
two minutes.
"""

from pathlib import Path

from make import as_text

import mmtutor
from mmtutor import vit
from mmtutor.datasets import scenes
from mmtutor.metrics import mean_iou

DONE = Path(__file__).parent / "vit_copyist.json"
QUESTIONS = ("colour",)
"""As in the lesson: a scene comes with a question, and other questions make other scenes."""


def measure(count: int) -> float:
    """Return the mean IoU of a copyist that has seen `count` scenes."""
    known = scenes.make_scenes(count, questions=QUESTIONS, seed=1)
    unseen = scenes.make_scenes(100, questions=QUESTIONS, seed=2002)
    copied = vit.copy_labels(known, unseen.pictures, size=vit.PIXELS_FULL.patch, reach=1)
    return round(mean_iou(copied, unseen.labels(), 1 + vit.PIXELS_FULL.kinds), 4)


if __name__ == "__main__":
    found = {f"{count:,} scenes": measure(count) for count in (1500, 6000, vit.PIXELS_FULL.scenes)}
    result = {"mean IoU": found, "made with": f"mmtutor {mmtutor.__version__}"}
    DONE.write_text(as_text(result), encoding="utf-8", newline="\n")
    print(found)
