"""The exercises of lesson 03, gpt."""

from mmtutor.checks.gpt.bug_cache import CACHE_BUG
from mmtutor.checks.gpt.merge import MERGE
from mmtutor.checks.gpt.parameters import PARAMETERS
from mmtutor.checks.gpt.perplexity import PERPLEXITY
from mmtutor.checks.gpt.prefix_matching import PREFIX_MATCHING
from mmtutor.checks.gpt.temperature import TEMPERATURE
from mmtutor.checks.gpt.top_p import TOP_P
from mmtutor.checks.gpt.windows import WINDOWS

EXERCISES = (
    *(WINDOWS, PARAMETERS, PERPLEXITY, TEMPERATURE, TOP_P),
    *(MERGE, CACHE_BUG, PREFIX_MATCHING),
)
