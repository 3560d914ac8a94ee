"""The exercises of lesson 05, modalities."""

from mmtutor.checks.modalities.bins import BINS_AND_FRAMES
from mmtutor.checks.modalities.bug_decibels import DECIBELS_BUG
from mmtutor.checks.modalities.diagnose import DIAGNOSE
from mmtutor.checks.modalities.encode import ENCODE
from mmtutor.checks.modalities.lag import LAG
from mmtutor.checks.modalities.normalise import NORMALISE
from mmtutor.checks.modalities.silent import SILENT
from mmtutor.checks.modalities.stream import STREAM

EXERCISES = (
    *(NORMALISE, BINS_AND_FRAMES, DIAGNOSE, SILENT),
    *(STREAM, ENCODE, DECIBELS_BUG, LAG),
)
