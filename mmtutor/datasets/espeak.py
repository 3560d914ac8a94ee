"""Digits spoken by eSpeak NG, in many voices: run as a program, it writes them to a file.

The library answers through a callback and is not repeatable from call to call, but the same calls
in a fresh process give the same bytes. So the set is made in a process of its own, and kept.
eSpeak NG comes with the package `espeakng-loader` (GPL-3, an optional extra of the course).
"""

import ctypes
import os
import sys
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path

import numpy as np
from jaxtyping import Int16

ESPEAK_RATE = 22050
"""Samples per second that eSpeak NG makes."""
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
VOICES = (
    *("Alex", "Andrea", "Andy", "Annie", "Denis", "Diogo", "Gene", "Henrique", "Hugo", "Lee"),
    *("Marco", "Mario", "Michael", "Mike", "Nguyen", "Storm", "adam", "anika", "antonio", "aunty"),
    *("belinda", "benjamin", "boris", "caleb", "david", "ed", "edward", "f1", "f4", "grandma"),
    *("ian", "john", "linda", "m1", "m2", "m3", "m4", "m5", "m6", "m7"),
    *("m8", "marcelo", "max", "michel", "miguel", "norbert", "pablo", "paul", "pedro", "quincy"),
    *("rob", "shelby", "steph", "travis", "zac"),
)
"""Speakers: variants of eSpeak NG's voice, those that say a word twice in the same way."""
ACCENTS = ("en", "en-us")
SPEEDS = (150, 190)
"""Words per minute. eSpeak NG's own choice is 175."""
SYNCHRONOUS, RATE_PARAMETER, UTF8 = 2, 1, 1
OPTIONS = 0x0001 | 0x8000
"""Ask the library to tell when phonemes begin, and to report what is wrong, not to end all."""
LAST_EVENT, WORD_EVENT, PHONEME_EVENT = 0, 1, 7
PAUSES = (b"_:", b"_")
"""Phonemes that are silence."""
LONGEST_PATH = 159
"""Bytes of the longest path to its data that the library has room for."""


def installed() -> bool:
    """Say whether eSpeak NG can be used here."""
    return find_spec("espeakng_loader") is not None


class Event(ctypes.Structure):
    """What eSpeak NG tells beside the sound: what begins at which sample (`espeak_EVENT`)."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("utterance", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("milliseconds", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user", ctypes.c_void_p),
        ("phoneme", ctypes.c_char * 8),
    )


class Speaker:
    """eSpeak NG, ready to speak, one per process. RuntimeError says why where it cannot.

    `words` are the samples at which the words of what was said last begin, `end` the one at which
    the last of them ends.
    """

    def __init__(self) -> None:
        import espeakng_loader

        folder = os.fsencode(espeakng_loader.get_data_path())
        if len(folder) > LONGEST_PATH:  # it would cut the path off, and look elsewhere
            raise RuntimeError(f"the path to its data has {len(folder)} bytes, over {LONGEST_PATH}")
        self.library = ctypes.CDLL(espeakng_loader.get_library_path())
        if self.library.espeak_Initialize(SYNCHRONOUS, 0, folder, OPTIONS) != ESPEAK_RATE:
            letters = "" if folder.isascii() else ", whose path has letters outside ASCII"
            raise RuntimeError(f"it cannot read its data{letters}")
        self.pieces: list[Int16[np.ndarray, " sample"]] = []
        self.words: list[int] = []
        self.end = 0
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event)
        )
        self.callback = kind(self.receive)  # kept, or it is collected while C still calls it
        self.library.espeak_SetSynthCallback(self.callback)

    def receive(
        self,
        samples: "ctypes._Pointer[ctypes.c_short]",
        count: int,
        events: "ctypes._Pointer[Event]",
    ) -> int:
        """Take the next piece of sound and what is told of it; 0 means: go on."""
        if samples and count > 0:
            self.pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        for event in takewhile(lambda event: event.type != LAST_EVENT, events or ()):
            self.note(event)
        return 0

    def note(self, event: Event) -> None:
        """Keep when a word begins, and when the first pause after it does."""
        if event.type == WORD_EVENT:
            self.words.append(event.sample)
        spoken = self.words and self.end <= self.words[-1]
        if event.type == PHONEME_EVENT and event.phoneme in PAUSES and spoken:
            self.end = event.sample

    def say(self, text: str, voice: str, speed: int) -> Int16[np.ndarray, " sample"]:
        """Return `text` as sound: none where there is nothing to say, as for an empty text.

        RuntimeError where the voice is unknown.
        """
        self.pieces.clear()
        self.words, self.end = [], 0
        if self.library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise RuntimeError(f"eSpeak NG has no voice {voice!r}")
        self.library.espeak_SetParameter(RATE_PARAMETER, speed, 0)
        letters = text.encode()
        self.library.espeak_Synth(letters, len(letters) + 1, 0, 1, 0, UTF8, None, None)
        return np.concatenate([np.zeros(0, dtype=np.int16), *self.pieces])


def main(target: Path) -> None:
    """Let every speaker say every digit in both accents and speeds; write it all to `target`.

    Where eSpeak NG cannot start, the process ends with the reason on its error output.
    """
    try:
        speaker = Speaker()
    except (RuntimeError, OSError) as error:  # OSError: the library cannot be loaded
        sys.exit(str(error))
    spoken = [
        (speaker.say(word, f"{accent}+{voice}", speed), digit, number)
        for number, voice in enumerate(VOICES)
        for accent in ACCENTS
        for speed in SPEEDS
        for digit, word in enumerate(WORDS)
    ]
    waves, digits, voices = zip(*spoken, strict=True)
    lengths = [len(wave) for wave in waves]
    np.savez(target, samples=np.concatenate(waves), lengths=lengths, digits=digits, voices=voices)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
