"""What a reader can drag, hover and type into. `import mmtutor` does not load it."""

from mmtutor.widgets.attention_explorer import AttentionExplorer
from mmtutor.widgets.frame_pad import FramePad
from mmtutor.widgets.fusion_dial import FusionDial
from mmtutor.widgets.search_box import SearchBox
from mmtutor.widgets.temperature_dial import TemperatureDial

__all__ = ["AttentionExplorer", "FramePad", "FusionDial", "SearchBox", "TemperatureDial"]
