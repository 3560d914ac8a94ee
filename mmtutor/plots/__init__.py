"""The course's pictures: one matplotlib figure per question, one visual language for all of them.

A colour means the same thing in every lesson. Attention always has the same map and the same bar
from 0 to its maximum; over a picture it is a brightness, which leaves the hues alone. Chance and
baselines are grey dashed lines with their name on them. Figures carry their own white ground, so
that they read on a light and on a dark page.

Every function returns a `matplotlib.figure.Figure` that has been through `describe`: a notebook
shows it once, with one line of text under it for those who cannot see it, whether the cell ends in
a semicolon or not. `players` alone returns sounds.
"""

from mmtutor.plots.adviser_desk import adviser_desk
from mmtutor.plots.attention import attention_history, attention_maps
from mmtutor.plots.bench import BugCase, Scores, bug_bench
from mmtutor.plots.bugs import Cost, cost_columns, found_lags, prepared_pictures, share_table
from mmtutor.plots.caption_desk import caption_desk
from mmtutor.plots.compare import bars, curves, heat_map, named_bars, vectors
from mmtutor.plots.conversation import conversation_tokens
from mmtutor.plots.depth import depth_lens
from mmtutor.plots.describe import as_array, as_picture, describe
from mmtutor.plots.diagrams import meeting_places, transformer_family
from mmtutor.plots.dial import fusion_dial
from mmtutor.plots.examination import (
    corruption_curves,
    reliability_diagram,
    report_card,
    risk_coverage_curves,
)
from mmtutor.plots.film_player import film_player
from mmtutor.plots.films import changes, filmstrip, filmstrips, look_over_time, time_line
from mmtutor.plots.flow import arrows, ways
from mmtutor.plots.frames import as_ink, frames, ink_rows, moments, sheet, two_lines
from mmtutor.plots.helping import cosine_curves, help_matrix, sharing_ways
from mmtutor.plots.label_rows import label_rows
from mmtutor.plots.looks import (
    attention_over_picture,
    attention_over_picture_history,
    attention_over_pictures,
)
from mmtutor.plots.mood_lab import Verdict, mood_lab
from mmtutor.plots.pairs import nearest_rows, on_paper, similarity_matrix, space_map
from mmtutor.plots.patches import label_maps, numbered_patches, position_maps
from mmtutor.plots.pictures import picture_row
from mmtutor.plots.players import Players, players
from mmtutor.plots.postcards import postcards
from mmtutor.plots.preparing import (
    mel_triangles,
    raw_and_prepared,
    sampled_tones,
    spectra,
)
from mmtutor.plots.probe_pad import Shelf, probe_pad
from mmtutor.plots.sampling import sampling_bars
from mmtutor.plots.scene_chat import scene_chat
from mmtutor.plots.sequence import TokenRow, token_rows
from mmtutor.plots.sound import log_mel_row, wave_to_mel
from mmtutor.plots.speaking import Look, Said, looks, speaker, spoken
from mmtutor.plots.spread import Lines, rule_tables, seed_curves, seed_dots
from mmtutor.plots.stations import stations
from mmtutor.plots.style import (
    ATTENTION,
    BASELINE,
    FUSED,
    INK,
    KEY,
    PICTURE,
    QUERY,
    SOUND,
    STYLE,
    TEXT,
    baseline,
)
from mmtutor.plots.surprise import surprise_text
from mmtutor.plots.temperature import temperature_rows
from mmtutor.plots.training import Curve, training_curve
from mmtutor.plots.tuning import tuning_ways
from mmtutor.plots.weights import weight_dial

__all__ = [
    "ATTENTION",
    "BASELINE",
    "FUSED",
    "INK",
    "KEY",
    "PICTURE",
    "QUERY",
    "SOUND",
    "STYLE",
    "TEXT",
    "BugCase",
    "Cost",
    "Curve",
    "Lines",
    "Look",
    "Players",
    "Said",
    "Scores",
    "Shelf",
    "TokenRow",
    "Verdict",
    "adviser_desk",
    "arrows",
    "as_array",
    "as_ink",
    "as_picture",
    "attention_history",
    "attention_maps",
    "attention_over_picture",
    "attention_over_picture_history",
    "attention_over_pictures",
    "bars",
    "baseline",
    "bug_bench",
    "caption_desk",
    "changes",
    "conversation_tokens",
    "corruption_curves",
    "cosine_curves",
    "cost_columns",
    "curves",
    "depth_lens",
    "describe",
    "film_player",
    "filmstrip",
    "filmstrips",
    "found_lags",
    "frames",
    "fusion_dial",
    "heat_map",
    "help_matrix",
    "ink_rows",
    "label_maps",
    "label_rows",
    "log_mel_row",
    "look_over_time",
    "looks",
    "meeting_places",
    "mel_triangles",
    "moments",
    "mood_lab",
    "named_bars",
    "nearest_rows",
    "numbered_patches",
    "on_paper",
    "picture_row",
    "players",
    "position_maps",
    "postcards",
    "prepared_pictures",
    "probe_pad",
    "raw_and_prepared",
    "reliability_diagram",
    "report_card",
    "risk_coverage_curves",
    "rule_tables",
    "sampled_tones",
    "sampling_bars",
    "scene_chat",
    "seed_curves",
    "seed_dots",
    "share_table",
    "sharing_ways",
    "sheet",
    "similarity_matrix",
    "space_map",
    "speaker",
    "spectra",
    "spoken",
    "stations",
    "surprise_text",
    "temperature_rows",
    "time_line",
    "token_rows",
    "training_curve",
    "transformer_family",
    "tuning_ways",
    "two_lines",
    "vectors",
    "wave_to_mel",
    "ways",
    "weight_dial",
]
