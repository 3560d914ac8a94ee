"""What a reader can drag, hover and type into. `import mmtutor` does not load it."""

from mmtutor.widgets.adviser_desk import AdviserDesk
from mmtutor.widgets.attention_explorer import AttentionExplorer
from mmtutor.widgets.bug_bench import BugBench
from mmtutor.widgets.caption_desk import CaptionDesk
from mmtutor.widgets.depth_lens import DepthLens
from mmtutor.widgets.drawing_desk import DrawingDesk
from mmtutor.widgets.film_player import FilmPlayer
from mmtutor.widgets.frame_pad import FramePad
from mmtutor.widgets.fusion_dial import FusionDial
from mmtutor.widgets.mood_lab import MoodLab
from mmtutor.widgets.probe_pad import ProbePad
from mmtutor.widgets.report_card import ReportCard
from mmtutor.widgets.sampling_dial import SamplingDial
from mmtutor.widgets.scene_chat import SceneChat
from mmtutor.widgets.search_box import SearchBox
from mmtutor.widgets.speaker import Speaker
from mmtutor.widgets.temperature_dial import TemperatureDial
from mmtutor.widgets.weight_dial import WeightDial

__all__ = [
    "AdviserDesk",
    "AttentionExplorer",
    "BugBench",
    "CaptionDesk",
    "DepthLens",
    "DrawingDesk",
    "FilmPlayer",
    "FramePad",
    "FusionDial",
    "MoodLab",
    "ProbePad",
    "ReportCard",
    "SamplingDial",
    "SceneChat",
    "SearchBox",
    "Speaker",
    "TemperatureDial",
    "WeightDial",
]
