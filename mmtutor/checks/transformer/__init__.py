"""The exercises of lesson 02, the Transformer."""

from mmtutor.checks.transformer.bits import BITS
from mmtutor.checks.transformer.block import BLOCK
from mmtutor.checks.transformer.bug_decoder import DECODER_BUG
from mmtutor.checks.transformer.layer_norm import LAYER_NORM
from mmtutor.checks.transformer.loss import LOSS
from mmtutor.checks.transformer.predict import PREDICT
from mmtutor.checks.transformer.rotary import ROTARY
from mmtutor.checks.transformer.sinusoid import SINUSOID

EXERCISES = (LAYER_NORM, BITS, PREDICT, BLOCK, LOSS, DECODER_BUG, SINUSOID, ROTARY)
