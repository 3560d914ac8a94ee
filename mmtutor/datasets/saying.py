"""Let eSpeak NG say texts and tell when each word begins: run as a program, it writes to a file.

The texts come on standard input, as JSON: a list of [text, voice, words per minute]. As in
`espeak`, the same list gives the same bytes in a fresh process only.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmtutor.datasets.espeak import Speaker


def main(target: Path, texts: Sequence[tuple[str, str, int]]) -> None:
    """Write the sound of all texts, when their words begin, and when the last of them ends.

    Where eSpeak NG cannot start or has no such voice, the process ends with the reason.
    """
    waves, bounds = [], []
    try:
        speaker = Speaker()
        for text in texts:
            waves.append(speaker.say(*text))
            bounds.append([*speaker.words, speaker.end])
    except (RuntimeError, OSError) as error:  # OSError: the library cannot be loaded
        sys.exit(str(error))
    lengths, counts = ([len(some) for some in several] for several in (waves, bounds))
    every = [sample for some in bounds for sample in some]
    np.savez(target, samples=np.concatenate(waves), lengths=lengths, bounds=every, counts=counts)


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.load(sys.stdin))
