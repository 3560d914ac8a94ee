"""The exercises of a lesson."""

from mmtutor.checks.crossmodal.cross_attention import EXERCISES

__all__ = ["EXERCISES"]
