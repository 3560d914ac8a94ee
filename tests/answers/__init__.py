"""Right answers of every lesson."""

from tests.answers.contrastive import RIGHT

__all__ = ["RIGHT"]
