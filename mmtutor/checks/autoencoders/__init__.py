"""The exercises of a lesson."""

from mmtutor.checks.autoencoders.joint_loss import EXERCISES

__all__ = ["EXERCISES"]
