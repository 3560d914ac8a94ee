"""Precompute the tables of lesson 13: `python data/results/make_transfer.py`.

Emoji, as pictures and by their names, into Unicode's groups. A seed changes which families are
learnt from, which of their emoji have a label, the first weights and the order of the batches.
Scores are balanced accuracies on the test families. What chooses a strength or a rate is the
validation families. It goes on where it was stopped.
"""

from transfer_layers import all_heads, layers, no_help
from transfer_probes import KEPT, Found, probes
from transfer_spoilt import leaks, quiet
from transfer_tuning import fine_tuning, forgetting


def gathered() -> Found:
    """Return everything that the file holds, and run what is not finished."""
    return {
        "probes": probes(),
        "fine-tuning": fine_tuning(),
        "forgetting": forgetting(),
        "quiet": quiet(),
        "leaks": leaks(),
        "no help": no_help(),
        "layers": layers(),
        "heads": all_heads(),
    }


if __name__ == "__main__":
    KEPT.write(gathered())
