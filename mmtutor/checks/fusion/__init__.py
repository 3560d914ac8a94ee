"""The exercises of a lesson."""

from mmtutor.checks.fusion.gated import EXERCISES

__all__ = ["EXERCISES"]
