"""Grading a class: points, verdicts as files, and what becomes of them.

`points` says what an exercise is worth, `record` is one student's verdicts on one lesson.
"""
