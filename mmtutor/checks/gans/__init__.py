"""The exercises of a lesson."""

from mmtutor.checks.gans.drawing import EXERCISES

__all__ = ["EXERCISES"]
