"""The exercises of a lesson."""

from mmtutor.checks.vit.rollout import EXERCISES

__all__ = ["EXERCISES"]
