"""Draw the report card that the README shows: `python data/results/draw_evaluation.py`."""

import json
from pathlib import Path

from mmtutor import plots
from mmtutor.evaluation import read_intervals

HERE = Path(__file__).parent
PICTURE = HERE.parent / "pictures" / "report_card.png"
SHOWN = {
    "15 vision–language model": "15 sees and speaks",
    "15 language model, blind": "15 its language model, blind",
    "14 captioner, read by a program": "14 captions",
    "07 words that look": "07 words that look",
    "12 names of letters": "12 names of letters",
    "05 reader of sounds": "05 sounds",
    "16 reader of films": "16 films",
}
"""Which models are drawn, and what they are called."""


def draw() -> None:
    """Write the picture, and print its description for the README."""
    found = json.loads((HERE / "evaluation.json").read_text(encoding="utf-8"))
    card = {name: read_intervals(found["card"][key]) for key, name in SHOWN.items()}
    ceiling = read_intervals(found["card"]["a program that measures"])
    against = {
        name: {dimension: seeds[0] for dimension, seeds in found["held against"][name].items()}
        for name in ("chance", "best blind")
    }
    against["a program that measures"] = {name: some.mean for name, some in ceiling.items()}
    figure = plots.report_card(card, against)
    figure.savefig(PICTURE, dpi=110)
    print(figure.description)


if __name__ == "__main__":
    draw()
