"""The exercises of a lesson."""

from mmtutor.checks.start_here.strongest_patch import EXERCISES

__all__ = ["EXERCISES"]
