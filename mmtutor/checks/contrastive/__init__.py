"""The exercises of a lesson."""

from mmtutor.checks.contrastive.info_nce import EXERCISES

__all__ = ["EXERCISES"]
