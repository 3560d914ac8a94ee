"""Shared by `beta` and `weight` of lesson 10, which both count a picture's pixels."""

PIXELS = 1024
