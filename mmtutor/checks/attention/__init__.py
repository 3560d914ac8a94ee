"""The exercises of a lesson."""

from mmtutor.checks.attention.scaled_dot_product import EXERCISES

__all__ = ["EXERCISES"]
