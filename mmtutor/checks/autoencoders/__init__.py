"""The exercises of lesson 10, autoencoders."""

from mmtutor.checks.autoencoders.beta import BETA
from mmtutor.checks.autoencoders.find_bugs import BUGS
from mmtutor.checks.autoencoders.hide import HIDE
from mmtutor.checks.autoencoders.joint_loss import JOINT
from mmtutor.checks.autoencoders.kl import KL
from mmtutor.checks.autoencoders.product import PRODUCT
from mmtutor.checks.autoencoders.weight import WEIGHT

EXERCISES = (JOINT, HIDE, KL, PRODUCT, BUGS, BETA, WEIGHT)
