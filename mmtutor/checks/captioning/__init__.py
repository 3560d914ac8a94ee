"""The exercises of lesson 14, captioning."""

from mmtutor.checks.captioning.beam import BEAM
from mmtutor.checks.captioning.bleu import BLEU
from mmtutor.checks.captioning.bug_beam import BEAM_BUG
from mmtutor.checks.captioning.chunks import CHUNKED
from mmtutor.checks.captioning.clipped import CLIPPED
from mmtutor.checks.captioning.hallucinated import HALLUCINATED
from mmtutor.checks.captioning.prefix_mask import PREFIX_MASK
from mmtutor.checks.captioning.shifted import SHIFTED
from mmtutor.checks.captioning.width import WIDTH

EXERCISES = (
    *(SHIFTED, PREFIX_MASK, CLIPPED, BLEU),
    *(HALLUCINATED, BEAM_BUG, WIDTH, CHUNKED, BEAM),
)
